"""Subscripts: ``value[index]`` for sequences, dictionaries and tensors."""

from __future__ import annotations

import libcst as cst

from convlint.catalog.tensor import Tensor
from convlint.shapes.dims import UNKNOWN, Dim, Dynamic, Linear, Unknown
from convlint.shapes.shape import AnyShape, Shape
from convlint.static.run import Frame, Run
from convlint.static.values import (
    ClassValue,
    DictValue,
    External,
    ListValue,
    SliceValue,
    Value,
    forget,
)


def get(run: Run, frame: Frame, node: cst.CSTNode, base: Value, index: Value) -> Value:
    """The value of ``base[index]``."""
    if isinstance(base, Tensor):
        return Tensor(index_shape(base.shape, index), base.dtype, base.kind)
    if isinstance(base, DictValue):
        try:
            return base.entries.get(index, UNKNOWN)
        except TypeError:
            return UNKNOWN
    if isinstance(base, ListValue):
        picked = UNKNOWN if isinstance(base.items, Unknown) else _pick(base.items, index)
        return ListValue(picked) if isinstance(picked, tuple) and isinstance(index, SliceValue) else picked
    if isinstance(base, tuple | str | range):
        return _pick(base, index)
    if isinstance(base, ClassValue | External):
        # Subscripted classes are type annotations: list[int], Optional[str].
        return base
    return UNKNOWN


def _pick(items: tuple[Value, ...] | str | range, index: Value) -> Value:
    if isinstance(index, bool | int):
        return items[index] if -len(items) <= index < len(items) else UNKNOWN
    if isinstance(index, SliceValue):
        chosen = python_slice(index)
        return UNKNOWN if chosen is None else items[chosen]
    return UNKNOWN


def set_item(run: Run, frame: Frame, node: cst.CSTNode, base: Value, index: Value, value: Value) -> None:
    """``base[index] = value``."""
    if isinstance(base, DictValue):
        if isinstance(index, str | int | float | bool | type(None)):
            run.journal.set(base.entries, index, value)
        else:
            forget_item(run, base)
    elif isinstance(base, ListValue):
        items = base.items
        if isinstance(items, Unknown):
            return
        if isinstance(index, int) and -len(items) <= index < len(items):
            changed = list(items)
            changed[index] = value
            run.journal.set(base.state, "items", tuple(changed))
        else:
            run.journal.set(base.state, "items", UNKNOWN)


def forget_item(run: Run, base: Value) -> None:
    """Something of the container changed, and it is not known what."""
    if isinstance(base, ListValue | DictValue):
        forget(run.journal, base)


def index_shape(shape: AnyShape, index: Value) -> AnyShape:
    """Shape of ``x[index]`` by NumPy's and TensorFlow's rules; unknown for what can't be followed."""
    if isinstance(shape, Unknown):
        return UNKNOWN
    parts = list(index) if isinstance(index, tuple) else [index]
    if any(isinstance(part, Unknown | Linear) and part is UNKNOWN for part in parts):
        return UNKNOWN
    used = sum(_axes_taken(part) for part in parts)
    if used < 0 or used > len(shape):
        return UNKNOWN
    if Ellipsis not in parts:
        parts.append(Ellipsis)
    result: list[Dim] = []
    fancy = 0
    axis = 0
    for part in parts:
        if part is Ellipsis:
            rest = len(shape) - used
            result.extend(shape[axis : axis + rest])
            axis += rest
        elif part is None:
            result.append(1)
        elif isinstance(part, SliceValue):
            result.append(slice_length(shape[axis], part))
            axis += 1
        elif isinstance(part, Tensor | ListValue):
            fancy += 1
            chosen = _fancy(part)
            if chosen is None or fancy > 1:
                return UNKNOWN
            result.extend(chosen)
            axis += _axes_taken(part)
        elif isinstance(part, int | Linear) and not isinstance(part, bool):
            axis += 1
        else:
            return UNKNOWN
    return tuple(result)


def _axes_taken(part: Value) -> int:
    if part is Ellipsis or part is None:
        return 0
    if isinstance(part, Tensor) and part.dtype == "bool" and part.rank is not None:
        return part.rank
    return 1


def _fancy(part: Tensor | ListValue) -> Shape | None:
    if isinstance(part, Tensor):
        if isinstance(part.shape, Unknown):
            return None
        if part.dtype == "bool":
            return (UNKNOWN,)
        return part.shape if isinstance(part.dtype, str) else None
    return None if isinstance(part.items, Unknown) else (len(part.items),)


def python_slice(part: SliceValue) -> slice | None:
    """The slice where all its parts are known and its step is not 0."""
    parts = [value for value in (part.lower, part.upper, part.step) if value is None or isinstance(value, int)]
    return slice(*parts) if len(parts) == 3 and part.step != 0 else None


def slice_length(size: Dim, part: SliceValue) -> Dim:
    """Length of ``lower:upper:step`` along an axis."""
    if part.lower is None and part.upper is None and part.step in (None, 1, -1):
        return size
    chosen = python_slice(part)
    if chosen is not None and isinstance(size, int):
        return len(range(size)[chosen])
    if chosen is not None and isinstance(size, Dynamic):
        # x[:, :5] of a free size is at most 5 long, so Keras leaves it open.
        return size
    return UNKNOWN
