"""Checks that every sliding window shares: does it fit, and is the layout the one it expects?"""

from __future__ import annotations

from collections.abc import Sequence

from convlint.catalog.context import Context, Refused
from convlint.catalog.tensor import Tensor
from convlint.problems import ChannelsFirstInput, ChannelsFirstInputSilent, WindowTooLarge
from convlint.shapes.dims import UNKNOWN, Dim, Unknown
from convlint.shapes.shape import Shape
from convlint.shapes.windows import positions, same_positions, window_extent


def spatial_axes(rank: int, layout: str) -> range:
    """Axes that a window slides over, for a tensor of ``rank`` spatial axes plus two."""
    return range(1, rank + 1) if layout == "channels_last" else range(2, rank + 2)


def channel_axis(layout: str) -> int:
    """The axis that holds the channels."""
    return -1 if layout == "channels_last" else 1


def slide(
    ctx: Context,
    x: Tensor,
    layout: str | Unknown,
    size: Sequence[Dim],
    strides: Sequence[Dim],
    dilation: Sequence[Dim],
    padding: str | Unknown,
    *,
    filters: Dim | None = None,
) -> tuple[Dim, ...]:
    """Spatial output sizes of a window over ``x``.

    Shape: ``(batch, *spatial, channels)`` or ``(batch, channels, *spatial)`` to one size for
    each spatial axis. ``causal`` pads like ``same``. ``filters`` is the number of channels that
    a window with weights makes; where some of its weights only ever see padding, that is noted.
    A pool has none.

    Raises:
        Refused: a window does not fit its axis (``WindowTooLarge``), or it would fit if
            the tensor were read as channels-first (``ChannelsFirstInput``).
    """
    if isinstance(x.shape, Unknown) or isinstance(layout, Unknown):
        return (UNKNOWN,) * len(size)
    axes = spatial_axes(len(size), layout)
    sizes = tuple(x.shape[axis] for axis in axes)
    if isinstance(padding, Unknown):
        return (UNKNOWN,) * len(size)
    if padding == "valid":
        result = tuple(map(positions, sizes, size, strides, dilation))
        for axis, places in zip(axes, result):
            index = axis - axes[0]
            extent = window_extent(size[index], dilation[index])
            if isinstance(places, int) and places <= 0:
                _refuse_window(ctx, x.shape, x.layout, layout, axis, extent, size, dilation)
        return result
    result = tuple(map(same_positions, sizes, strides))
    if padding == "same" and filters is not None:
        _note_idle_taps(ctx, x, layout, size, strides, dilation, result, filters)
    return result


IMAGE_CHANNELS = 4
"""Red, green, blue, alpha."""


def _refuse_window(
    ctx: Context,
    shape: Shape,
    decided: str | None,
    layout: str,
    axis: int,
    extent: Dim,
    window: Sequence[Dim],
    dilation: Sequence[Dim],
) -> None:
    size = shape[axis]
    assert isinstance(size, int) and isinstance(extent, int)
    if decided is None and layout == "channels_last" and axis == 1 and fits_channels_first(shape, window, dilation):
        raise Refused(ChannelsFirstInput(ctx.operation, shape, tuple(window), size, extent, (*shape[2:], size)))
    raise Refused(WindowTooLarge(ctx.operation, axis, size, extent, shape, tuple(window), layout))


def fits_channels_first(shape: Shape, window: Sequence[Dim], dilation: Sequence[Dim]) -> bool:
    """Whether every window fits once the first sample axis is taken for the channels.

    A last axis as short as the channels of an image is one: ``(1, 100, 3)`` is a strip of color.
    """
    channels, spatial = shape[1], shape[2:]
    if isinstance(spatial[-1], int) and spatial[-1] <= IMAGE_CHANNELS:
        return False
    extents = [window_extent(taps, step) for taps, step in zip(window, dilation)]
    return (
        len(window) > 1
        and isinstance(channels, int)
        and all(
            isinstance(size, int) and isinstance(extent, int) and extent <= size and channels < size
            for size, extent in zip(spatial, extents)
        )
    )


def idle_taps(size: int, taps: int, stride: int, dilation: int) -> int:
    """Kernel taps along an axis that only ever see the zeros of ``same`` padding.

    They never receive a gradient. TensorFlow pads ``total // 2`` in front and the rest behind.
    """
    places = -(-size // stride)
    total = max((places - 1) * stride + (taps - 1) * dilation + 1 - size, 0)
    before = total // 2
    starts = [place * stride - before for place in range(places)]
    return sum(not any(0 <= start + tap * dilation < size for start in starts) for tap in range(taps))


def _note_idle_taps(
    ctx: Context,
    x: Tensor,
    layout: str,
    window: Sequence[Dim],
    strides: Sequence[Dim],
    dilation: Sequence[Dim],
    result: Sequence[Dim],
    filters: Dim,
) -> None:
    assert not isinstance(x.shape, Unknown)
    size, taps, stride, step = x.shape[1], window[0], strides[0], dilation[0]
    if x.layout is not None or layout != "channels_last" or not fits_channels_first(x.shape, window, dilation):
        return
    if not (isinstance(size, int) and isinstance(taps, int) and isinstance(stride, int) and isinstance(step, int)):
        return
    if taps <= 2 * size - 1:
        return
    idle = idle_taps(size, taps, stride, step)
    if idle:
        output = (x.shape[0], *result, filters)
        ctx.note(
            ChannelsFirstInputSilent(
                ctx.operation, x.shape, tuple(window), size, taps, (*x.shape[2:], size), idle, output
            )
        )
