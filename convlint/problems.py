"""The vocabulary: one frozen class per kind of fault.

A Problem is a fact, stated by whichever front end met it. It names the user's own things
and the numbers that contradict each other; it holds no prose, no severity and no syntax.
The rule pages in ``rules/`` say which code judges it and how it reads.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from convlint.shapes.dims import Dim
from convlint.shapes.shape import Shape


@dataclass(frozen=True)
class Problem:
    """Base of all faults. ``operation`` is the layer or function as the user calls it."""

    operation: str

    @classmethod
    def field_names(cls) -> frozenset[str]:
        """Names that a message template may use."""
        return frozenset(field.name for field in fields(cls))


# --- CL1xx: channels, kernels and sizes ------------------------------------------------------


@dataclass(frozen=True)
class ChannelMismatch(Problem):
    """The kernel was made for another number of channels than the input has."""

    input_channels: Dim
    kernel_channels: Dim
    input_shape: Shape
    kernel_shape: Shape
    data_format: str


@dataclass(frozen=True)
class AccidentalGroupedConv(Problem):
    """TensorFlow computes a grouped convolution because the channels divide by the kernel's."""

    input_channels: int
    kernel_channels: int
    groups: int
    kernel_shape: Shape


@dataclass(frozen=True)
class InputRankMismatch(Problem):
    """A layer of fixed rank receives another one. Ranks count the batch axis."""

    expected_rank: str
    actual_rank: int
    input_shape: Shape


@dataclass(frozen=True)
class SequenceNotReturned(Problem):
    """A recurrent layer gives its last state only, and the next layer needs the sequence."""

    producer: str
    input_shape: Shape


@dataclass(frozen=True)
class BatchInInputShape(Problem):
    """``input_shape`` counts the samples as if they were an axis of one sample; it raises."""

    declared_shape: Shape
    sample_shape: Shape
    samples: Dim


@dataclass(frozen=True)
class BatchInInputShapeSilent(BatchInInputShape):
    """The same where the layer accepts any rank, so that nothing raises until the data comes."""


@dataclass(frozen=True)
class WindowTooLarge(Problem):
    """A kernel or pool does not fit the axis even once. ``axis`` counts the batch as 0."""

    axis: int
    size: int
    window: int
    input_shape: Shape
    window_shape: Shape
    data_format: str


@dataclass(frozen=True)
class MergeShapeMismatch(Problem):
    """Shapes that meet in an element-wise operation and do not broadcast."""

    first_shape: Shape
    second_shape: Shape


@dataclass(frozen=True)
class ConcatShapeMismatch(Problem):
    """Joined tensors differ on another axis than the joined one, or in rank."""

    axis: int
    first_shape: Shape
    second_shape: Shape


@dataclass(frozen=True)
class ReshapeSizeMismatch(Problem):
    """The target of a reshape holds another number of elements than its source."""

    input_shape: Shape
    target_shape: Shape
    input_size: Dim
    target_size: Dim


@dataclass(frozen=True)
class ContractionMismatch(Problem):
    """The axes that a product sums over have different sizes."""

    first_shape: Shape
    second_shape: Shape
    first_size: Dim
    second_size: Dim


@dataclass(frozen=True)
class AxisOutOfRange(Problem):
    """An axis or a permutation that the tensor does not have."""

    axis: str
    input_shape: Shape


@dataclass(frozen=True)
class UndefinedFeatureDim(Problem):
    """A layer with weights receives ``None`` on the axis its weights depend on."""

    axis: int
    input_shape: Shape


@dataclass(frozen=True)
class SharedLayerShapeChange(Problem):
    """One layer object, built for one number of features, is called on another."""

    axis: int
    built_size: int
    input_size: int
    input_shape: Shape


# --- CL2xx: data_format and layout -----------------------------------------------------------


@dataclass(frozen=True)
class ChannelsFirstInput(Problem):
    """A channels-first shape read as channels_last: the window does not fit the channel axis."""

    input_shape: Shape
    window_shape: Shape
    size: int
    window: int
    declared_shape: Shape


@dataclass(frozen=True)
class ChannelsFirstInputSilent(ChannelsFirstInput):
    """The same with ``same`` padding: it runs, and part of the kernel only ever sees padding."""

    idle_taps: int
    output_shape: Shape


@dataclass(frozen=True)
class KernelLayoutOIHW(Problem):
    """A kernel in PyTorch's order ``(out, in, *window)`` where ``(*window, in, out)`` is needed."""

    kernel_shape: Shape
    expected_shape: Shape
    permutation: tuple[int, ...]
    input_channels: Dim
    kernel_channels: Dim
    input_shape: Shape


@dataclass(frozen=True)
class KernelLayoutOIHWSilent(KernelLayoutOIHW):
    """The same where the numbers coincide, so that nothing raises."""


@dataclass(frozen=True)
class DataFormatSpelling(Problem):
    """``NHWC`` where Keras wants ``channels_last``, or the other way round."""

    given: str
    wanted: str


@dataclass(frozen=True)
class PaddingSpelling(Problem):
    """Lower-case padding for ``tf.nn``, upper-case for a function that wants lower case."""

    given: str
    wanted: str


@dataclass(frozen=True)
class StridesLayout(Problem):
    """Four-entry strides that step over the batch or the channels."""

    strides: tuple[Dim, ...]
    data_format: str
    wanted: str


# --- CL3xx: symbolic and dynamic dimensions --------------------------------------------------


@dataclass(frozen=True)
class DynamicDimInShape(Problem):
    """``None`` read from ``.shape`` goes into a shape argument that needs numbers."""

    target_shape: Shape
    axes: tuple[int, ...]


@dataclass(frozen=True)
class TwoInferredDims(Problem):
    """More than one ``-1`` in the target of a reshape."""

    target_shape: Shape


@dataclass(frozen=True)
class ArithmeticOnDynamicDim(Problem):
    """``None`` read from ``.shape`` takes part in arithmetic, ``range`` or an order comparison."""

    expression: str
    source: str


@dataclass(frozen=True)
class PythonFlowOnSymbolic(Problem):
    """Python's ``if``, ``while``, ``for``, ``len`` or ``bool`` over a symbolic tensor."""

    statement: str


@dataclass(frozen=True)
class NumpyOnSymbolic(Problem):
    """A NumPy function receives a symbolic tensor."""

    replacement: str


@dataclass(frozen=True)
class TfFunctionOnKerasTensor(Problem):
    """Keras 3 and a ``tf.*`` function is called on a symbolic Keras tensor outside a layer."""

    replacement: str


# --- CL4xx: layer arguments ------------------------------------------------------------------


@dataclass(frozen=True)
class InvalidPadding(Problem):
    """A padding that this layer or function does not know."""

    given: str
    allowed: str


@dataclass(frozen=True)
class StrideWithDilation(Problem):
    """Strides and dilation both above 1."""

    strides: str
    dilation_rate: str


@dataclass(frozen=True)
class ArgumentSize(Problem):
    """A tuple of the wrong length, or a number outside the range that the layer accepts."""

    argument: str
    given: str
    wanted: str


@dataclass(frozen=True)
class UnknownArgument(Problem):
    """A keyword that the layer or function does not take; ``nearest`` is empty or a real one."""

    argument: str
    nearest: str


@dataclass(frozen=True)
class MissingArgument(Problem):
    """A required argument that the call does not give."""

    argument: str


@dataclass(frozen=True)
class ScalarInputShape(Problem):
    """An integer where ``Input`` wants a tuple: ``Input((4))``."""

    given: str
    wanted: str


# --- CL6xx: API misuse and habits from other frameworks --------------------------------------


@dataclass(frozen=True)
class DiscardedResult(Problem):
    """The value of a function or layer without side effects is thrown away."""

    argument: str
    """The plain name of the first argument, or empty."""


@dataclass(frozen=True)
class TensorInConstructor(Problem):
    """A tensor is passed where the layer's first constructor argument belongs."""

    argument: str


@dataclass(frozen=True)
class TorchArgument(Problem):
    """A PyTorch keyword; ``keras_argument`` is empty where Keras has no equivalent."""

    argument: str
    keras_argument: str


@dataclass(frozen=True)
class TorchMethod(Problem):
    """A PyTorch method on a Keras or TensorFlow tensor."""

    method: str
    replacement: str


# --- CL7xx: Keras generations ----------------------------------------------------------------


@dataclass(frozen=True)
class Keras1Argument(Problem):
    """Keywords of Keras 1; ``keras_arguments`` is how today's call reads."""

    arguments: tuple[str, ...]
    keras_arguments: str


@dataclass(frozen=True)
class MovedImport(Problem):
    """A module or name that moved or went; ``replacement`` is empty where it has no successor."""

    replacement: str


@dataclass(frozen=True)
class RemovedBackendFunction(Problem):
    """A ``keras.backend`` function that Keras 3 no longer has."""

    replacement: str


# --- CL9xx: convlint itself ------------------------------------------------------------------


@dataclass(frozen=True)
class SyntaxFault(Problem):
    """The file does not parse."""

    reason: str


@dataclass(frozen=True)
class UnreadableFile(Problem):
    """The file can't be read or decoded."""

    reason: str


@dataclass(frozen=True)
class BuildFailed(Problem):
    """The runtime build raised, hung or died, and no rule explains it."""

    reason: str


@dataclass(frozen=True)
class StaticRuntimeDisagreement(Problem):
    """The real build contradicts a static finding, which is withdrawn."""

    code: str
    claim: str


@dataclass(frozen=True)
class AnalysisIncomplete(Problem):
    """What was not analysed, and why."""

    reason: str


@dataclass(frozen=True)
class InternalFault(Problem):
    """convlint met a bug of its own; the run goes on without this file."""

    reason: str
