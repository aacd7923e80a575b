"""Window arithmetic, as tables of cases and against a count by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlint.catalog.spatial import idle_taps
from convlint.shapes.dims import DYNAMIC, UNKNOWN, add, floor_divide, symbol
from convlint.shapes.windows import positions, same_positions, transposed_length, window_extent


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "expected"),
    [
        pytest.param(28, 3, 1, 1, 26, id="interior positions only"),
        pytest.param(3, 3, 1, 1, 1, id="kernel covers the input exactly"),
        pytest.param(5, 7, 1, 1, -1, id="kernel does not fit"),
        pytest.param(28, 3, 2, 1, 13, id="every second place"),
        pytest.param(28, 3, 1, 2, 24, id="dilated"),
        pytest.param(DYNAMIC, 3, 2, 1, DYNAMIC, id="dynamic size"),
        pytest.param(UNKNOWN, 3, 2, 1, UNKNOWN, id="unknown size"),
        pytest.param(symbol("n"), 3, 1, 1, add(symbol("n"), -2), id="symbol"),
        pytest.param(symbol("n"), 2, 2, 1, add(floor_divide(add(symbol("n"), -2), 2), 1), id="symbol, strided"),
    ],
)
def test_positions(size: object, kernel: int, stride: int, dilation: int, expected: object) -> None:
    """Without padding a kernel fits ``(size - extent) // stride + 1`` times."""
    assert positions(size, kernel, stride, dilation) == expected  # type: ignore[arg-type]


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 4), st.integers(1, 3))
def test_positions_counts(size: int, kernel: int, stride: int, dilation: int) -> None:
    """The formula is the number of starts at which the last tap is still inside."""
    extent = window_extent(kernel, dilation)
    starts = [start for start in range(0, size, stride) if start + extent <= size]  # type: ignore[operator]
    found = positions(size, kernel, stride, dilation)
    assert isinstance(found, int)
    assert max(found, 0) == len(starts)


@pytest.mark.parametrize(("size", "stride", "expected"), [(28, 1, 28), (28, 2, 14), (29, 2, 15), (DYNAMIC, 2, DYNAMIC)])
def test_same_positions(size: object, stride: int, expected: object) -> None:
    """``same`` padding leaves one place for each stride begun."""
    assert same_positions(size, stride) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "output_padding", "expected"),
    [
        pytest.param(14, 3, 2, "same", None, 28, id="same doubles"),
        pytest.param(14, 3, 2, "valid", None, 29, id="valid adds the overhang"),
        pytest.param(14, 2, 3, "valid", None, 42, id="no overhang when the stride is longer"),
        pytest.param(14, 3, 2, "same", 1, 28, id="explicit output padding"),
        pytest.param(14, 4, 2, "same", 1, 27, id="even kernel"),
        pytest.param(14, 3, 2, "valid", 1, 30, id="valid with output padding"),
        pytest.param(DYNAMIC, 3, 2, "same", None, DYNAMIC, id="dynamic"),
    ],
)
def test_transposed_length(
    size: object, kernel: int, stride: int, padding: str, output_padding: int | None, expected: object
) -> None:
    """As ``compute_conv_transpose_output_shape`` of Keras 3.15 gives them."""
    assert transposed_length(size, kernel, stride, padding, output_padding) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "taps", "idle"),
    [
        pytest.param(1, 8, 7, id="the 8 x 8 kernel on a 1-pixel axis: 7 rows never meet data"),
        pytest.param(1, 1, 0, id="one tap on one pixel"),
        pytest.param(4, 7, 0, id="the longest kernel that is used whole"),
        pytest.param(4, 8, 1, id="one tap too long"),
    ],
)
def test_idle_taps(size: int, taps: int, idle: int) -> None:
    """Taps beyond ``2 * size - 1`` see only the zeros of ``same`` padding."""
    assert idle_taps(size, taps, 1, 1) == idle


def test_a_window_is_not_dilated_unless_it_is_said() -> None:
    assert window_extent(3) == 3
