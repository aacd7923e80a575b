"""The algebra of sizes: laws that hold for every value of the names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlint.shapes.dims import (
    DYNAMIC,
    UNKNOWN,
    Dim,
    Linear,
    Product,
    Quotient,
    add,
    ceil_divide,
    floor_divide,
    join,
    multiply,
    product,
    proved_different,
    proved_equal,
    scale,
    show,
    subtract,
    symbol,
)
from convlint.shapes.shape import broadcast, read_dim, shape_as_json, shapes_contradict, show_shape

NAMES = ("h", "n", "w")
VALUES = st.fixed_dictionaries({name: st.integers(1, 40) for name in NAMES})


def sizes() -> st.SearchStrategy[Dim]:
    """Numbers and sums of names."""
    leaves = st.one_of(st.integers(-6, 20), st.sampled_from([symbol(name) for name in NAMES]))
    return st.recursive(
        leaves, lambda inner: st.builds(add, inner, inner) | st.builds(scale, inner, st.integers(-3, 3))
    )


def value(size: Dim, names: dict[str, int]) -> int:
    """The number that a size is for these values of the names."""
    if isinstance(size, int):
        return size
    assert isinstance(size, Linear)
    total = size.offset
    for atom, factor in size.factors:
        if isinstance(atom, str):
            total += factor * names[atom]
        elif isinstance(atom, Quotient):
            total += factor * (value(atom.numerator, names) // atom.divisor)
        else:
            assert isinstance(atom, Product)
            total += factor * value(atom.left, names) * value(atom.right, names)
    return total


@given(sizes(), sizes(), VALUES)
def test_operations_compute(a: Dim, b: Dim, names: dict[str, int]) -> None:
    """Sum, difference and product of sizes are those of their values."""
    assert value(add(a, b), names) == value(a, names) + value(b, names)
    assert value(subtract(a, b), names) == value(a, names) - value(b, names)
    assert value(multiply(a, b), names) == value(a, names) * value(b, names)


@given(sizes(), st.integers(1, 7), VALUES)
def test_divisions_compute(a: Dim, divisor: int, names: dict[str, int]) -> None:
    """Floor and ceiling divisions are Python's, for negative numbers too."""
    assert value(floor_divide(a, divisor), names) == value(a, names) // divisor
    assert value(ceil_divide(a, divisor), names) == -(-value(a, names) // divisor)


@given(sizes(), sizes(), sizes())
def test_laws(a: Dim, b: Dim, c: Dim) -> None:
    """Equal sizes have one form, so the laws of a commutative group are equality."""
    assert add(a, b) == add(b, a)
    assert add(add(a, b), c) == add(a, add(b, c))
    assert multiply(a, b) == multiply(b, a)
    assert subtract(add(a, b), b) == a
    assert add(a, 0) == a


@given(sizes(), sizes(), VALUES)
def test_proofs_are_sound(a: Dim, b: Dim, names: dict[str, int]) -> None:
    """What is proved equal or different is so for every value."""
    if proved_equal(a, b):
        assert value(a, names) == value(b, names)
    if proved_different(a, b):
        assert value(a, names) != value(b, names)
    assert not (proved_equal(a, b) and proved_different(a, b))


@pytest.mark.parametrize("operation", [add, subtract, multiply, floor_divide])
@given(size=sizes())
def test_the_weaker_knowledge_wins(operation: object, size: Dim) -> None:
    """Unknown absorbs everything, dynamic everything but unknown; neither proves anything."""
    assert callable(operation)
    assert operation(UNKNOWN, size) is UNKNOWN
    assert operation(DYNAMIC, UNKNOWN) is UNKNOWN
    assert operation(DYNAMIC, size) is DYNAMIC
    assert not proved_equal(DYNAMIC, DYNAMIC)
    assert not proved_different(DYNAMIC, size)
    assert not proved_different(UNKNOWN, size)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (32, "32"),
        (DYNAMIC, "None"),
        (UNKNOWN, "?"),
        (add(scale(symbol("n"), 2), 1), "2*n + 1"),
        (add(symbol("n"), -1), "n - 1"),
        (floor_divide(symbol("h"), 2), "h//2"),
        (floor_divide(add(symbol("h"), 1), 2), "(h + 1)//2"),
        (multiply(symbol("w"), symbol("h")), "h*w"),
    ],
)
def test_sizes_read_as_users_write_them(size: Dim, text: str) -> None:
    assert show(size) == text


def test_join_keeps_what_both_paths_agree_on() -> None:
    assert join(3, 3) == 3
    assert join(DYNAMIC, DYNAMIC) is DYNAMIC
    assert join(3, DYNAMIC) is UNKNOWN
    assert join(symbol("n"), symbol("m")) is UNKNOWN


def test_product_of_no_sizes_is_one() -> None:
    assert product(()) == 1
    assert product((2, symbol("n"), 3)) == scale(symbol("n"), 6)


def test_products_have_an_end() -> None:
    """A number that is squared in a loop would fill the memory; what no array has is not known."""
    assert product((1 << 63, 1 << 63, 1 << 63)) == 1 << 189
    assert product((1 << 255, 2)) == UNKNOWN
    assert product((-(1 << 255), 2)) == UNKNOWN


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param((4, 3), (3,), (4, 3), id="shorter is padded in front"),
        pytest.param((4, 1), (1, 5), (4, 5), id="ones stretch"),
        pytest.param((4, 3), (4, 5), None, id="3 against 5"),
        pytest.param((DYNAMIC, 3), (7, 3), (7, 3), id="a number beats None"),
        pytest.param((DYNAMIC, 3), (1, 3), (DYNAMIC, 3), id="one leaves None"),
        pytest.param((symbol("n"),), (symbol("n"),), (symbol("n"),), id="equal symbols"),
        pytest.param((symbol("n"),), (symbol("m"),), (UNKNOWN,), id="either may be 1"),
        pytest.param((symbol("n"),), (5,), (5,), id="5, or n is wrong"),
        pytest.param((DYNAMIC,), (symbol("n"),), (symbol("n"),), id="n beats None"),
        pytest.param((UNKNOWN,), (1,), (UNKNOWN,), id="one says nothing"),
        pytest.param(UNKNOWN, (1,), UNKNOWN, id="rank unknown"),
    ],
)
def test_broadcast(first: object, second: object, expected: object) -> None:
    """NumPy's rule on what is known; None is a refusal that is proved."""
    assert broadcast(first, second) == expected  # type: ignore[arg-type]
    assert broadcast(second, first) == expected  # type: ignore[arg-type]


def test_shapes_as_text_and_json() -> None:
    shape = (DYNAMIC, 28, symbol("n"), UNKNOWN)
    assert show_shape(shape) == "(None, 28, n, ?)"
    assert shape_as_json(shape) == [None, 28, "n", "?"]
    assert shape_as_json(UNKNOWN) == "?"


def test_contradiction_needs_proof() -> None:
    assert shapes_contradict((1, 2), (1, 2, 3))
    assert shapes_contradict((1, 2), (1, 3))
    assert not shapes_contradict((1, DYNAMIC), (1, 3))
    assert not shapes_contradict((symbol("n"),), (symbol("m"),))
    assert not shapes_contradict(UNKNOWN, (1,))


def test_a_size_goes_into_itself_once() -> None:
    n = symbol("n")
    assert floor_divide(n, n) == 1
    assert floor_divide(n, add(n, 1)) == UNKNOWN


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("None", DYNAMIC),
        ("?", DYNAMIC),
        ("-1", DYNAMIC),
        ("Dimension(None)", DYNAMIC),
        ("28", 28),
        ("n", UNKNOWN),
        ("9" * 19, 10**19 - 1),
        ("9" * 20, UNKNOWN),
    ],
)
def test_sizes_are_read_as_keras_prints_them(text: str, size: object) -> None:
    assert read_dim(text) == size
