"""The kernel against the input: channel counts, and kernels written in PyTorch's order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from convlint.catalog.context import Context
from convlint.catalog.spatial import channel_axis, spatial_axes
from convlint.catalog.tensor import Tensor
from convlint.problems import (
    AccidentalGroupedConv,
    ChannelMismatch,
    KernelLayoutOIHW,
    KernelLayoutOIHWSilent,
    KernelLayoutOIHWWindow,
)
from convlint.shapes.dims import Dim, Unknown
from convlint.shapes.shape import AnyShape, Shape
from convlint.shapes.windows import positions


class KernelOrder(NamedTuple):
    """How Keras and PyTorch order the axes of one kind of kernel.

    Attributes:
        channels: axis of the input channels, from the end, in Keras' order.
        torch_channels: axis that equals the input channels in PyTorch's order.
        torch_tail: PyTorch's two leading axes in the order in which Keras has them at the end.
        groups: whether TensorFlow reads a multiple of the channels as a grouped convolution.
    """

    channels: int
    torch_channels: int
    torch_tail: tuple[int, int]
    groups: bool


CONVOLUTION = KernelOrder(-2, 1, (1, 0), True)
"""Keras ``(*window, in, out)``; PyTorch ``(out, in, *window)``."""
TRANSPOSED = KernelOrder(-1, 0, (1, 0), False)
"""Keras ``(*window, out, in)``; PyTorch ``(in, out, *window)``."""
DEPTHWISE = KernelOrder(-2, 0, (0, 1), False)
"""Keras ``(*window, in, multiplier)``; PyTorch ``(in * multiplier, 1, *window)``."""


def from_oihw(spatial_rank: int, order: KernelOrder = CONVOLUTION) -> tuple[int, ...]:
    """The permutation that takes PyTorch's order to Keras': ``(2, 3, 1, 0)`` for a 2-D convolution."""
    return (*range(2, spatial_rank + 2), *order.torch_tail)


def check_kernel(
    ctx: Context,
    x: Tensor,
    kernel: AnyShape,
    layout: str | Unknown,
    strides: Sequence[Dim],
    padding: str | Unknown,
    order: KernelOrder = CONVOLUTION,
) -> AnyShape:
    """Compare a convolution kernel with the input it meets.

    States ``KernelLayoutOIHW`` where PyTorch's reading of the kernel fits and this one does
    not, else ``ChannelMismatch``.

    Returns:
        The shape of the kernel that was meant: transposed where the order was the fault.

    Source: TensorFlow's ``Conv2DOp``: "input depth must be evenly divisible by filter depth";
    a whole multiple runs as a grouped convolution. Its depthwise and transposed convolutions,
    and ``keras.ops.conv`` on a symbolic Keras tensor, want the very number.
    """
    if isinstance(x.shape, Unknown) or isinstance(kernel, Unknown) or isinstance(layout, Unknown):
        return kernel
    if len(x.shape) != len(kernel):
        return kernel
    channels, wanted, filters = x.shape[channel_axis(layout)], kernel[order.channels], kernel[-1]
    if not isinstance(channels, int) or not isinstance(wanted, int) or wanted <= 0:
        return kernel
    spatial = tuple(x.shape[axis] for axis in spatial_axes(len(kernel) - 2, layout))
    swapped = _reads_as_oihw(kernel, channels, spatial, strides, padding, order)
    groups = channels // wanted if order.groups else 1
    if channels == wanted * groups and groups > 0 and (not isinstance(filters, int) or filters % groups == 0):
        if swapped and (groups > 1 or not _window_reaches(kernel[:-2], spatial, padding, order)):
            raises = groups == 1 and padding == "valid"
            return _state_layout(ctx, x.shape, kernel, channels, wanted, order, raises=raises)
        if groups > 1 and len(kernel) < 5:  # the kernels of 3-D convolutions refuse groups or not, by device
            ctx.note(AccidentalGroupedConv(ctx.operation, channels, wanted, groups, kernel))
        return kernel
    if swapped:
        return _state_layout(ctx, x.shape, kernel, channels, wanted, order, raises=True)
    ctx.fault(ChannelMismatch(ctx.operation, channels, wanted, x.shape, kernel, layout))
    return kernel


def _state_layout(
    ctx: Context, shape: Shape, kernel: Shape, channels: int, wanted: int, order: KernelOrder, *, raises: bool
) -> Shape:
    permutation = from_oihw(len(kernel) - 2, order)
    expected = tuple(kernel[axis] for axis in permutation)
    facts = (ctx.operation, kernel, expected, permutation, channels, wanted, shape)
    if not raises:
        ctx.note(KernelLayoutOIHWSilent(*facts))
        return kernel
    ctx.fault(KernelLayoutOIHWWindow(*facts, kernel[:-2]) if channels == wanted else KernelLayoutOIHW(*facts))
    return expected


def _reads_as_oihw(
    kernel: Shape,
    channels: int,
    spatial: Shape,
    strides: Sequence[Dim],
    padding: str | Unknown,
    order: KernelOrder,
) -> bool:
    """Whether PyTorch's reading fits: channels agree and its window is no larger than the image."""
    window = kernel[2:]
    if kernel[order.torch_channels] != channels or not all(isinstance(size, int) for size in kernel):
        return False
    if order is DEPTHWISE and kernel[1] != 1:
        return False
    if order is TRANSPOSED:
        # Any window fits a transposed convolution; a kernel in the order of a plain one comes first.
        return kernel[-2] != channels and len(set(window)) == 1
    if len(set(kernel[:-2])) == 1 and len(set(window)) > 1:
        return False  # a square window as it stands, an oblong one when read the other way
    if padding != "valid":
        return all(not isinstance(size, int) or taps <= 2 * size - 1 for taps, size in zip(window, spatial))  # type: ignore[operator]
    places = [positions(size, taps, stride) for size, taps, stride in zip(spatial, window, strides)]
    return all(not isinstance(place, int) or place > 0 for place in places)


def _window_reaches(window: Shape, spatial: Shape, padding: str | Unknown, order: KernelOrder) -> bool:
    """Whether each tap of the window can meet data somewhere on the image."""
    if order is TRANSPOSED:
        return True
    for taps, size in zip(window, spatial):
        if isinstance(taps, int) and isinstance(size, int) and taps > (size if padding == "valid" else 2 * size - 1):
            return False
    return True
