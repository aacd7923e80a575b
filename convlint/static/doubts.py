"""The lines on which something is not known: a build may meet a fault there that the source does not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.catalog.objects import Many
from convlint.catalog.tensor import Tensor
from convlint.shapes.dims import Dynamic, Linear, Unknown
from convlint.static import summary
from convlint.static.syntax import children
from convlint.static.usage import keras_role
from convlint.static.values import DictValue, Instance, ListValue, ModelValue, Value

if TYPE_CHECKING:
    from convlint.static.run import Scales
    from convlint.static.source import SourceFile


def is_known(value: Value) -> bool:
    """Whether nothing about a value is left open that a build could find out."""
    if isinstance(value, Tensor):
        shape = value.shape
        return not isinstance(value.dtype, Unknown) and not isinstance(shape, Unknown) and all(map(_is_size, shape))
    if isinstance(value, ModelValue) or (isinstance(value, Instance) and keras_role(value.cls) == "model"):
        return summary.parameters([value]) is not None
    if isinstance(value, tuple):
        return all(map(is_known, value))
    if isinstance(value, ListValue):
        return not isinstance(value.items, Unknown) and all(map(is_known, value.items))
    if isinstance(value, DictValue):
        return all(map(is_known, value.entries.values()))
    return not isinstance(value, Unknown | Linear | Many)


def _is_size(dim: object) -> bool:
    return isinstance(dim, int | Dynamic)


def doubtful_lines(scales: Scales, source: SourceFile) -> frozenset[int]:
    """The lines with an expression that was not known, or with a call that was not reached."""
    lines: set[int] = set()
    waiting: list[cst.CSTNode] = [source.module]
    while waiting:
        node = waiting.pop()
        if not scales.weighed.get(node, not isinstance(node, cst.Call)):
            place = source.location(node)
            lines.update(range(place.line, place.end_line + 1))
        waiting.extend(children(node))
    return frozenset(lines)
