"""CL2xx: data_format and layout."""

from __future__ import annotations

from convlint.problems.base import Problem
from convlint.shapes.dims import Dim
from convlint.shapes.shape import Shape


class ChannelsFirstInput(Problem):
    """A channels-first shape read as channels_last: the window does not fit the channel axis."""

    input_shape: Shape
    window_shape: Shape
    size: int
    window: int
    declared_shape: Shape


class ChannelsFirstInputSilent(ChannelsFirstInput):
    """The same with ``same`` padding: it runs, and part of the kernel only ever sees padding."""

    idle_taps: int
    output_shape: Shape


class ChannelsMovedToFront(Problem):
    """Images whose channels a permutation has just put in front, read by a layer that takes them at the end."""

    moved: str
    input_shape: Shape
    channels: int


class MixedDataFormat(Problem):
    """A layer reads another layout than the layers in front of it wrote, and raises over it.

    ``taken`` is the size that it takes for the channels; they are ``channels``, on axis ``channel_axis``.
    """

    input_shape: Shape
    data_format: str
    layout: str
    taken: Dim
    channels: Dim
    channel_axis: int


class MixedDataFormatSilent(MixedDataFormat):
    """The same where the sizes fit, so that nothing raises."""


class LateDataFormat(MixedDataFormat):
    """Both layers go by the default layout, which was changed between their constructors; it raises."""


class LateDataFormatSilent(LateDataFormat):
    """The same where the sizes fit, so that nothing raises."""


class ChannelAxisMismatch(Problem):
    """A layer takes a spatial axis of a convolution's output for the channels, and raises over it."""

    input_shape: Shape
    layout: str
    axis: int
    taken: Dim
    channel_axis: int
    channels: Dim


class ChannelAxisMismatchSilent(ChannelAxisMismatch):
    """The same where the axis has a size, so that nothing raises."""


class DefaultAxisMismatch(Problem):
    """A layer works along its default axis, the last one, on maps whose channels come first; it raises."""

    input_shape: Shape
    axis: int
    taken: Dim
    channel_axis: int
    channels: Dim


class DefaultAxisMismatchSilent(DefaultAxisMismatch):
    """The same where the sizes fit, so that nothing raises."""


class ReshapeNotTranspose(Problem):
    """A reshape where the axes were to be exchanged: the shape is right and the numbers are scrambled."""

    input_shape: Shape
    target_shape: Shape
    permutation: tuple[int, ...]
    reader: str


class KernelLayoutOIHW(Problem):
    """A kernel in PyTorch's order ``(out, in, *window)`` where ``(*window, in, out)`` is needed."""

    kernel_shape: Shape
    expected_shape: Shape
    permutation: tuple[int, ...]
    input_channels: Dim
    kernel_channels: Dim
    input_shape: Shape


class KernelLayoutOIHWWindow(KernelLayoutOIHW):
    """The same where only the window, read in Keras' order, contradicts the image: it is too large."""

    window: Shape


class KernelLayoutOIHWSilent(KernelLayoutOIHW):
    """The same where the numbers coincide, so that nothing raises."""


class DataFormatSpelling(Problem):
    """``NHWC`` where Keras wants ``channels_last``, or the other way round."""

    given: str
    wanted: str


class PaddingSpelling(Problem):
    """Lower-case padding for ``tf.nn``, upper-case for a function that wants lower case."""

    given: str
    wanted: str


class StridesLayout(Problem):
    """Four-entry strides that step over the batch or the channels."""

    strides: tuple[Dim, ...]
    data_format: str
    wanted: str


class StridesForEveryAxis(Problem):
    """A Keras layer is given strides as ``tf.nn`` takes them, the batch and the channels included."""

    strides: tuple[Dim, ...]
    wanted: str
