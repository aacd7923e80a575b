"""What operations leave of the facts about a tensor's values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from convlint.catalog.tensor import Activated, Classes, Content, OneHot, Ragged, Tensor
from convlint.shapes.dims import Unknown, product
from convlint.shapes.shape import AnyShape

ENOUGH = 30
"""Entries for each class from which a random draw holds every class: one is missing with a chance below 1e-11."""
MOST_LITERALS = 10_000


def same_entries(x: Tensor) -> Content | None:
    """After an operation that keeps every entry but may move it: ``transpose``, ``sort``, a shuffle."""
    if isinstance(x.content, Ragged):
        return x.content
    return replace(x.content, mixed=False) if isinstance(x.content, Classes) else None


def same_order(x: Tensor, shape: AnyShape) -> Content | None:
    """After an operation that keeps every entry in its order: ``reshape``, ``squeeze``."""
    if isinstance(x.content, Classes):
        return x.content
    kept = not isinstance(shape, Unknown) and not isinstance(x.shape, Unknown) and shape and x.shape
    return x.content if isinstance(x.content, OneHot) and kept and _same_last(x.shape, shape) else None


def _same_last(before: AnyShape, after: AnyShape) -> bool:
    assert not isinstance(before, Unknown) and not isinstance(after, Unknown)
    return isinstance(before[-1], int) and before[-1] == after[-1]


def same_values(x: Tensor) -> Content | None:
    """After a change of the dtype, or a copy."""
    return x.content if isinstance(x.content, Classes | OneHot | Ragged) else entry_by_entry(x)


def entry_by_entry(x: Tensor) -> Activated | None:
    """After an operation on each entry by itself: a model's output is one still, of no known activation."""
    return Activated("") if isinstance(x.content, Activated) else None


def some_entries(x: Tensor, shape: AnyShape) -> Content | None:
    """After an operation that takes a part of the entries: a large part of a mixture holds all classes."""
    if isinstance(x.content, Ragged):
        return x.content if shape else None
    if not isinstance(x.content, Classes) or not x.content.mixed:
        return None
    return drawn_classes(x.content.low, x.content.high, shape)


def some_rows(x: Tensor, shape: AnyShape) -> Content | None:
    """After an operation that picks along the first axis."""
    return x.content if isinstance(x.content, OneHot) and x.rank not in (None, 0, 1) else some_entries(x, shape)


def shuffled_rows(x: Tensor, shape: AnyShape) -> Content | None:
    """After a random choice along the first axis, without repetition."""
    content = x.content
    if isinstance(content, Ragged):
        return content
    if isinstance(content, Classes) and content.even:
        if shape == x.shape:
            return replace(content, mixed=True)
        return drawn_classes(content.low, content.high, shape)
    return some_rows(x, shape)


def drawn_classes(low: int, high: int, shape: AnyShape) -> Classes | None:
    """Classes drawn at random, all about equally often; None where so few are drawn that one may be missing."""
    count = None if isinstance(shape, Unknown) else product(shape)
    if not isinstance(count, int) or high < low or count < ENOUGH * (high - low + 1):
        return None
    return Classes(low, high, even=True, mixed=True)


def united(tensors: Sequence[Tensor], *, last: bool) -> Content | None:
    """The entries of several tensors together; ``last`` says that they are joined along the last axis."""
    contents = [tensor.content for tensor in tensors]
    if contents and all(isinstance(content, OneHot) for content in contents):
        return None if last else OneHot()
    classes = [content for content in contents if isinstance(content, Classes)]
    if not classes or len(classes) < len(contents):
        return None
    first = classes[0]
    if all(content == first for content in classes):
        return first
    return Classes(min(c.low for c in classes), max(c.high for c in classes))


def shifted(x: Tensor, by: object) -> Content | None:
    """Classes after ``x + by``."""
    if not isinstance(x.content, Classes) or not isinstance(by, int) or isinstance(by, bool):
        return None
    low = x.content.low + by
    # Unsigned numbers wrap around below 0.
    return replace(x.content, low=low, high=x.content.high + by) if low >= 0 or x.dtype in _SIGNED else None


_SIGNED = ("int8", "int16", "int32", "int64", "float16", "float32", "float64")


def literal_content(value: object, shape: AnyShape) -> Content | None:
    """What nested lists of numbers hold: class numbers in a column, rows with a single 1."""
    if isinstance(shape, Unknown) or not isinstance(value, list | tuple) or not value or len(value) > MOST_LITERALS:
        return None
    if len(shape) == 1 or (len(shape) == 2 and shape[1] == 1):
        numbers = list(_numbers(value))
        whole = all(isinstance(number, int) and not isinstance(number, bool) for number in numbers)
        return Classes(min(numbers), max(numbers)) if whole and numbers else None  # type: ignore[arg-type, type-var]
    if len(shape) == 2:
        rows = [list(_numbers(row)) for row in value if isinstance(row, list | tuple)]
        if rows and all(row.count(1) == 1 and row.count(0) == len(row) - 1 for row in rows):
            return OneHot()
        numbers = list(_numbers(value))
        whole = all(isinstance(number, int) and not isinstance(number, bool) for number in numbers)
        # Rows of 0 and 1 are answers to several questions; larger numbers are indices.
        return Classes(min(numbers), max(numbers)) if whole and numbers and max(numbers) > 1 else None  # type: ignore[arg-type, type-var, operator]
    return None


def is_ragged(value: object) -> bool:
    """Whether these are lists of whole numbers of different lengths."""
    if not isinstance(value, list | tuple) or not value or not all(isinstance(row, list | tuple) for row in value):
        return False
    numbers = [number for row in value for number in row]
    return len({len(row) for row in value}) > 1 and all(type(number) is int for number in numbers)


def _numbers(value: list[object] | tuple[object, ...]) -> Iterator[object]:
    for part in value:
        if isinstance(part, list | tuple):
            yield from _numbers(part)
        else:
            yield part
