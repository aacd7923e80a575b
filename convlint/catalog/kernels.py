"""The kernel against the input: channel counts, and kernels written in PyTorch's order."""

from __future__ import annotations

from collections.abc import Sequence

from convlint.catalog.context import Context, Refused
from convlint.catalog.spatial import channel_axis, spatial_axes
from convlint.catalog.tensor import Tensor
from convlint.problems import AccidentalGroupedConv, ChannelMismatch, KernelLayoutOIHW, KernelLayoutOIHWSilent
from convlint.shapes.dims import Dim, Unknown
from convlint.shapes.shape import AnyShape, Shape
from convlint.shapes.windows import positions


def from_oihw(spatial_rank: int) -> tuple[int, ...]:
    """The permutation that takes ``(out, in, *window)`` to ``(*window, in, out)``."""
    return (*range(2, spatial_rank + 2), 1, 0)


def check_kernel(
    ctx: Context,
    x: Tensor,
    kernel: AnyShape,
    layout: str | Unknown,
    strides: Sequence[Dim],
    padding: str | Unknown,
) -> None:
    """Compare a convolution kernel ``(*window, in, out)`` with the input it meets.

    Raises:
        Refused: with ``KernelLayoutOIHW`` where PyTorch's reading of the kernel fits and
            this one does not, else with ``ChannelMismatch``.

    Source: TensorFlow's ``Conv2DOp``: "input depth must be evenly divisible by filter depth";
    a whole multiple runs as a grouped convolution.
    """
    if isinstance(x.shape, Unknown) or isinstance(kernel, Unknown) or isinstance(layout, Unknown):
        return
    if len(x.shape) != len(kernel):
        return
    channels, wanted, filters = x.shape[channel_axis(layout)], kernel[-2], kernel[-1]
    spatial = tuple(x.shape[axis] for axis in spatial_axes(len(kernel) - 2, layout))
    if not isinstance(channels, int) or not isinstance(wanted, int) or wanted <= 0:
        return
    swapped = _reads_as_oihw(kernel, channels, spatial, strides, padding)
    groups = channels // wanted
    if channels % wanted == 0 and (not isinstance(filters, int) or filters % groups == 0):
        if swapped and (groups > 1 or not _window_reaches(kernel[:-2], spatial, padding)):
            problem = KernelLayoutOIHWSilent if padding != "valid" or groups > 1 else KernelLayoutOIHW
            _state_layout(ctx, problem, x.shape, kernel, channels, wanted)
        elif groups > 1:
            ctx.note(AccidentalGroupedConv(ctx.operation, channels, wanted, groups, kernel))
        return
    if swapped:
        _state_layout(ctx, KernelLayoutOIHW, x.shape, kernel, channels, wanted)
    raise Refused(ChannelMismatch(ctx.operation, channels, wanted, x.shape, kernel, layout))


def _state_layout(
    ctx: Context, problem: type[KernelLayoutOIHW], shape: Shape, kernel: Shape, channels: int, wanted: int
) -> None:
    permutation = from_oihw(len(kernel) - 2)
    expected = tuple(kernel[axis] for axis in permutation)
    stated = problem(ctx.operation, kernel, expected, permutation, channels, wanted, shape)
    if problem is KernelLayoutOIHW:
        raise Refused(stated)
    ctx.note(stated)


def _reads_as_oihw(
    kernel: Shape, channels: int, spatial: Shape, strides: Sequence[Dim], padding: str | Unknown
) -> bool:
    """Whether ``(out, in, *window)`` fits: channels agree and the window is no larger than the image."""
    window = kernel[2:]
    if kernel[1] != channels or not all(isinstance(size, int) for size in kernel):
        return False
    if padding != "valid":
        return all(not isinstance(size, int) or taps <= 2 * size - 1 for taps, size in zip(window, spatial))  # type: ignore[operator]
    places = [positions(size, taps, stride) for size, taps, stride in zip(spatial, window, strides)]
    return all(not isinstance(place, int) or place > 0 for place in places)


def _window_reaches(window: Shape, spatial: Shape, padding: str | Unknown) -> bool:
    """Whether each tap of the window can meet data somewhere on the image."""
    for taps, size in zip(window, spatial):
        if isinstance(taps, int) and isinstance(size, int):
            if taps > (size if padding == "valid" else 2 * size - 1):
                return False
    return True
