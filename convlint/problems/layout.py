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


class KernelLayoutOIHW(Problem):
    """A kernel in PyTorch's order ``(out, in, *window)`` where ``(*window, in, out)`` is needed."""

    kernel_shape: Shape
    expected_shape: Shape
    permutation: tuple[int, ...]
    input_channels: Dim
    kernel_channels: Dim
    input_shape: Shape


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
