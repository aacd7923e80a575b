"""CL1xx: channels, kernels and sizes."""

from __future__ import annotations

from convlint.problems.base import Problem
from convlint.shapes.dims import Dim
from convlint.shapes.shape import Shape


class ChannelMismatch(Problem):
    """The kernel was made for another number of channels than the input has."""

    input_channels: Dim
    kernel_channels: Dim
    input_shape: Shape
    kernel_shape: Shape
    data_format: str


class AccidentalGroupedConv(Problem):
    """TensorFlow computes a grouped convolution because the channels divide by the kernel's."""

    input_channels: int
    kernel_channels: int
    groups: int
    kernel_shape: Shape


class InputRankMismatch(Problem):
    """A layer of fixed rank receives another one. Ranks count the batch axis."""

    expected_rank: str
    actual_rank: int
    input_shape: Shape


class SequenceNotReturned(Problem):
    """A recurrent layer gives its last state only, and the next layer needs the sequence."""

    producer: str
    input_shape: Shape


class BatchInInputShape(Problem):
    """``input_shape`` counts the samples as if they were an axis of one sample; it raises."""

    declared_shape: Shape
    sample_shape: Shape
    samples: Dim


class BatchInInputShapeSilent(BatchInInputShape):
    """The same where the layer accepts any rank, so that nothing raises until the data comes."""


class InitialStateMismatch(Problem):
    """A recurrent layer starts from another number of states, or larger or smaller ones, than it keeps."""

    wanted: str
    given: str


class WindowTooLarge(Problem):
    """A kernel or pool does not fit the axis even once. ``axis`` counts the batch as 0."""

    axis: int
    size: int
    window: int
    input_shape: Shape
    window_shape: Shape
    data_format: str


class MergeShapeMismatch(Problem):
    """Shapes that meet in an element-wise operation and do not broadcast."""

    first_shape: Shape
    second_shape: Shape


class ConcatShapeMismatch(Problem):
    """Joined tensors differ on another axis than the joined one, or in rank."""

    axis: int
    first_shape: Shape
    second_shape: Shape


class ReshapeSizeMismatch(Problem):
    """The target of a reshape holds another number of elements than its source."""

    input_shape: Shape
    target_shape: Shape
    input_size: Dim
    target_size: Dim


class ContractionMismatch(Problem):
    """The axes that a product sums over have different sizes."""

    first_shape: Shape
    second_shape: Shape
    first_size: Dim
    second_size: Dim


class ContractionMismatchSilent(ContractionMismatch):
    """The same in a layer that is not checked while a model is built; the first data raises."""


class AxisOutOfRange(Problem):
    """An axis or a permutation that the tensor does not have."""

    axis: str
    input_shape: Shape


class NoPermutation(Problem):
    """The order that a ``Permute`` layer gets is no permutation of the axes 1, 2, … of a sample."""

    dims: str
    count: int


class TooManyIndices(Problem):
    """``x[0, 0, 0]`` on a tensor with fewer axes."""

    indices: int
    input_shape: Shape


class UnpackedCount(Problem):
    """``a, b, c = …`` of something that has another number of entries."""

    names: int
    entries: int


class UndefinedFeatureDim(Problem):
    """A layer with weights receives ``None`` on the axis its weights depend on."""

    axis: int
    input_shape: Shape


class UndefinedWeightShape(Problem):
    """A layer of the program's own asks for a weight of a size that is ``None`` while the model is built."""

    shape: Shape


class SharedLayerShapeChange(Problem):
    """One layer object, built for one number of features, is called on another."""

    axis: int
    built_size: int
    input_size: int
    input_shape: Shape


class ApplicationTooSmall(Problem):
    """A model of ``keras.applications`` is asked for images below its smallest size."""

    input_shape: Shape
    minimum: int


class ApplicationChannels(Problem):
    """ImageNet weights are wanted for images that do not have three channels."""

    input_shape: Shape
    channels: int


class ApplicationTopShape(Problem):
    """The ImageNet classifier is wanted for images of another size than it was trained on."""

    input_shape: Shape
    wanted: Shape


class ApplicationClasses(Problem):
    """The ImageNet classifier is wanted for another number of classes than the thousand it knows."""

    classes: int


class ReshapeIncludesBatch(Problem):
    """The target of ``Reshape`` starts with the batch, which makes one axis of 1 too many; a later layer raises."""

    input_shape: Shape
    target_shape: Shape
    output_shape: Shape
    sample_shape: Shape


class ReshapeIncludesBatchSilent(ReshapeIncludesBatch):
    """The same where nothing raises."""


class WeightsShapeMismatch(Problem):
    """A weight is given an array of another shape. ``permutation`` is the order that would fit, or empty."""

    weight: str
    weight_shape: Shape
    given_shape: Shape
    permutation: tuple[int, ...]


class WeightsCountMismatch(Problem):
    """``set_weights`` is given another number of arrays than the layer has weights."""

    given: int
    wanted: int
    weights: tuple[str, ...]


class IndexOutOfRange(Problem):
    """Proved indices reach beyond the table of an ``Embedding``."""

    low: int
    high: int
    input_dim: int
