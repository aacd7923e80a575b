"""Shapes: tuples of dims, and what happens to several of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Union

from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dim, Dynamic, Linear, Unknown, join, proved_different

Shape = tuple[Dim, ...]
AnyShape = Union[Shape, Unknown]
"""A shape, or :data:`UNKNOWN` when not even the rank is known."""


def show_shape(shape: AnyShape) -> str:
    """The shape as Keras prints it: ``(None, 28, 28, 1)``; ``?`` when the rank is unknown."""
    return "?" if isinstance(shape, Unknown) else repr(tuple(shape))


def shape_as_json(shape: AnyShape) -> list[int | str | None] | str:
    """The JSON form: a dynamic dim is ``null``, a symbol its text, an unknown dim or shape ``"?"``."""
    if isinstance(shape, Unknown):
        return "?"
    return [_dim_as_json(dim) for dim in shape]


def _dim_as_json(dim: Dim) -> int | str | None:
    if isinstance(dim, Dynamic):
        return None
    return dim if isinstance(dim, int) else str(dim)


def shape_from_keras(shape: Iterable[int | None]) -> Shape:
    """A Keras shape (``None`` for dynamic) as a Shape."""
    return tuple(DYNAMIC if dim is None else int(dim) for dim in shape)


def read_dim(text: str) -> Dim:
    """One size of a printed shape: ``None``, ``?``, ``-1``, ``Dimension(None)`` are dynamic; no number is unknown."""
    text = text.strip().removeprefix("Dimension(").removesuffix(")")
    if text in ("None", "?", "-1"):
        return DYNAMIC
    return int(text) if text.isdigit() and text.isascii() and len(text) < 20 else UNKNOWN


def read_shape(text: str) -> Shape:
    """A shape as any Keras prints it: ``(None, 28, 28, 1)``, ``[?,1,28,28]`` or ``[1 1]``."""
    return tuple(map(read_dim, filter(None, re.split(r"[\s,]+", text.strip().strip("()[]")))))


def rank(shape: AnyShape) -> int | None:
    """Number of axes, ``None`` when unknown."""
    return None if isinstance(shape, Unknown) else len(shape)


def join_shapes(a: AnyShape, b: AnyShape) -> AnyShape:
    """What is known about a shape that is ``a`` on one path and ``b`` on another."""
    if isinstance(a, Unknown) or isinstance(b, Unknown) or len(a) != len(b):
        return UNKNOWN
    return tuple(join(x, y) for x, y in zip(a, b))


def broadcast_dims(a: Dim, b: Dim) -> Dim | None:
    """The common size of two broadcast axes; ``None`` when they are proved not to broadcast."""
    if isinstance(a, int) and a == 1:
        return b
    if isinstance(b, int) and b == 1:
        return a
    if isinstance(a, int) and isinstance(b, int):
        return a if a == b else None
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        # An unknown size must fit the known one, or be 1 and take it over.
        return next((dim for dim in (a, b) if isinstance(dim, int)), UNKNOWN)
    if isinstance(a, Dynamic) or isinstance(b, Dynamic):
        return next((dim for dim in (a, b) if not isinstance(dim, Dynamic)), DYNAMIC)
    if isinstance(a, Linear) and isinstance(b, Linear) and a == b:
        return a
    # Two different symbols, or a symbol against a number: 1 may still make them fit.
    return next((dim for dim in (a, b) if isinstance(dim, int)), UNKNOWN)


def broadcast(a: AnyShape, b: AnyShape) -> AnyShape | None:
    """NumPy broadcasting of two shapes; ``None`` when they are proved not to broadcast."""
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return UNKNOWN
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    padded: Shape = (1,) * (len(longer) - len(shorter)) + tuple(shorter)
    dims: list[Dim] = []
    for x, y in zip(longer, padded):
        dim = broadcast_dims(x, y)
        if dim is None:
            return None
        dims.append(dim)
    return tuple(dims)


def shapes_contradict(a: AnyShape, b: AnyShape) -> bool:
    """Whether the two can't be the same shape in any run."""
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return False
    return len(a) != len(b) or any(proved_different(x, y) for x, y in zip(a, b))
