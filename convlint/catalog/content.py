"""What operations leave of the facts about a tensor's values."""

from __future__ import annotations

from collections.abc import Sequence

from convlint.catalog.tensor import Activated, Classes, Content, OneHot, Tensor
from convlint.shapes.dims import Unknown, product
from convlint.shapes.shape import AnyShape

ENOUGH = 64
"""Entries for each class from which a random draw holds every class: one is missing with a chance below 1e-27."""


def same_entries(x: Tensor) -> Content | None:
    """After an operation that keeps every entry but may move it: ``reshape``, ``transpose``, a shuffle."""
    return x.content if isinstance(x.content, Classes) else None


def same_rows(x: Tensor) -> Content | None:
    """After an operation that keeps every entry, and the last axis where it is."""
    return None if isinstance(x.content, Activated) else x.content


def some_entries(x: Tensor, shape: AnyShape) -> Content | None:
    """After an operation that takes a part of the entries: classes in any order are all there in a large part."""
    if not isinstance(x.content, Classes):
        return None
    if shape == x.shape and not isinstance(shape, Unknown) and all(isinstance(size, int) for size in shape):
        return None if not x.content.mixed else x.content
    return drawn_classes(x.content.low, x.content.high, shape) if x.content.mixed else None


def some_rows(x: Tensor, shape: AnyShape) -> Content | None:
    """After an operation that picks along the first axis."""
    return x.content if isinstance(x.content, OneHot) and x.rank not in (None, 0, 1) else some_entries(x, shape)


def drawn_classes(low: int, high: int, shape: AnyShape) -> Classes | None:
    """Classes drawn at random, all about equally often; None where so few are drawn that one may be missing."""
    count = None if isinstance(shape, Unknown) else product(shape)
    if not isinstance(count, int) or high < low or count < ENOUGH * (high - low + 1):
        return None
    return Classes(low, high, mixed=True)


def united(tensors: Sequence[Tensor]) -> Content | None:
    """The entries of several tensors together, along an axis that is not the last where they are one-hot."""
    contents = [tensor.content for tensor in tensors]
    if contents and all(isinstance(content, OneHot) for content in contents):
        return OneHot()
    classes = [content for content in contents if isinstance(content, Classes)]
    if not classes or len(classes) < len(contents):
        return None
    mixed = all(content == classes[0] for content in classes) and classes[0].mixed
    return Classes(min(c.low for c in classes), max(c.high for c in classes), mixed)


def shifted(x: Tensor, by: int) -> Content | None:
    """Classes after ``x + by``."""
    if not isinstance(x.content, Classes):
        return None
    return Classes(x.content.low + by, x.content.high + by, x.content.mixed)
