"""Arithmetic of sliding windows along one spatial axis: convolution, pooling and their transposes."""

from __future__ import annotations

from convlint.shapes.dims import Dim, add, ceil_divide, floor_divide, multiply, scale, subtract


def window_extent(kernel: Dim, dilation: Dim = 1) -> Dim:
    """Pixels that a dilated kernel spans: ``(kernel - 1) * dilation + 1``."""
    return add(multiply(subtract(kernel, 1), dilation), 1)


def positions(size: Dim, kernel: Dim, stride: Dim = 1, dilation: Dim = 1) -> Dim:
    """Count the places a kernel fits along one spatial axis, without padding.

    Args:
        size: input length along the axis, in pixels (audio: samples).
        kernel: taps before dilation, at least 1.
        stride: pixels between two places.
        dilation: pixels between two taps.

    Returns:
        Places; 0 or less means that the kernel does not fit even once. Keras refuses
        such a layer, so the caller states ``WindowTooLarge``.

    Source: ``keras/src/ops/operation_utils.py``, ``compute_conv_output_shape``.
    """
    return add(floor_divide(subtract(size, window_extent(kernel, dilation)), stride), 1)


def same_positions(size: Dim, stride: Dim = 1) -> Dim:
    """Places with ``padding="same"``: ``ceil(size / stride)``, whatever the kernel."""
    return ceil_divide(size, stride)


def transposed_length(
    size: Dim, kernel: Dim, stride: Dim, padding: str, output_padding: Dim | None = None, dilation: Dim = 1
) -> Dim:
    """Length that a transposed convolution gives to an axis.

    Source: ``keras/src/backend/common/backend_utils.py``,
    ``compute_conv_transpose_output_shape``.
    """
    extent = window_extent(kernel, dilation)
    scaled = multiply(size, stride)
    if output_padding is None:
        if padding == "same":
            return scaled
        rest = subtract(extent, stride)
        return add(scaled, rest if not isinstance(rest, int) else max(rest, 0))
    if padding == "same":
        trimmed = subtract(extent, scale(floor_divide(extent, 2), 2))
        return add(add(multiply(subtract(size, 1), stride), trimmed), output_padding)
    return add(add(multiply(subtract(size, 1), stride), extent), output_padding)
