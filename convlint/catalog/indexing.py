"""Shape of ``x[index]`` by NumPy's and TensorFlow's rules."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from convlint.catalog.content import some_entries
from convlint.catalog.functions.common import as_tensor
from convlint.catalog.objects import Many
from convlint.catalog.tensor import Content, Kind, OneHot, Tensor
from convlint.shapes.dims import UNKNOWN, Dim, Dynamic, Linear, Unknown, is_whole, subtract
from convlint.shapes.shape import AnyShape, broadcast


def indexed(x: Tensor, index: object) -> Tensor:
    """``x[index]``.

    Args:
        x: the array or tensor.
        index: one index or a tuple of them: numbers, ``slice`` objects, ``None``, ``...``,
            lists and tensors of numbers or truths.

    Returns:
        The part, with what is known of its values; of unknown shape where the index can't be followed.
    """
    shape = index_shape(x.shape, index, of_data=x.kind is Kind.ARRAY)
    if x.dtype == "object" and shape == ():
        return Tensor()  # the entry itself, a list or a text
    return Tensor(shape, x.dtype, x.kind, content=_content(x, shape, index))


def index_shape(shape: AnyShape, index: object, *, of_data: bool = False) -> AnyShape:
    """Shape of ``x[index]``; unknown for what can't be followed.

    ``of_data`` says that the array is data: ``data[10:70]`` of an unknown length is 60 long, as its program knows.
    """
    if isinstance(shape, Unknown):
        return UNKNOWN
    parts = list(index) if isinstance(index, tuple) else [index]
    if any(isinstance(part, Unknown) and not isinstance(part, Many) for part in parts):
        return UNKNOWN
    if sum(part is Ellipsis for part in parts) > 1:
        return UNKNOWN
    used = sum(map(_axes_taken, parts))
    if used > len(shape):
        return UNKNOWN
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    fancy = [part for part in parts if _is_fancy(part)]
    chosen = _fancy_shape(fancy) if fancy else ()
    if isinstance(chosen, Unknown):
        return UNKNOWN
    # Index arrays that stand apart put their axes in front of all others; a number between them counts as one.
    apart = len(fancy) > 1 and _stand_apart(parts)
    if len(fancy) == 1 and any(isinstance(part, int | Linear) for part in parts):
        apart = _stand_apart(parts)
    result: list[Dim] = []
    placed = False
    axis = 0
    for part in parts:
        if part is Ellipsis:
            rest = len(shape) - used
            result.extend(shape[axis : axis + rest])
            axis += rest
        elif part is None:
            result.append(1)
        elif isinstance(part, slice):
            result.append(slice_length(shape[axis], part, of_data=of_data))
            axis += 1
        elif _is_fancy(part):
            if not placed and not apart:
                result.extend(chosen)
            placed = True
            axis += _axes_taken(part)
        elif is_whole(part):
            axis += 1
        else:
            return UNKNOWN
    return (*chosen, *result) if apart else tuple(result)


def surplus(shape: AnyShape, index: object) -> int:
    """How many indices are too many: those that take an axis for certain, against the axes there are."""
    parts = index if isinstance(index, tuple) else (index,)
    certain = [part for part in parts if isinstance(part, slice) or type(part) is int]
    return 0 if isinstance(shape, Unknown) else max(0, len(certain) - len(shape))


def _is_fancy(part: object) -> bool:
    return isinstance(part, list | Many) or (isinstance(part, Tensor) and part.shape != ())


def _stand_apart(parts: Sequence[object]) -> bool:
    """Whether a slice, ``None`` or ``...`` separates the indices that are arrays or numbers."""
    advanced = [i for i, part in enumerate(parts) if _is_fancy(part) or isinstance(part, int | Linear | Tensor)]
    return any(b - a > 1 for a, b in pairwise(advanced))


def _axes_taken(part: object) -> int:
    if part is Ellipsis or part is None:
        return 0
    if isinstance(part, Tensor) and part.dtype == "bool" and part.rank is not None:
        return part.rank
    return 1


def _fancy_shape(parts: Sequence[object]) -> AnyShape:
    """The axes that index arrays put in place of those they index: their common shape."""
    shape: AnyShape | None = ()
    for part in parts:
        one = _one_fancy(part)
        shape = None if shape is None else broadcast(shape, one)
    return UNKNOWN if shape is None else shape


def _one_fancy(part: object) -> AnyShape:
    if isinstance(part, Tensor):
        if part.dtype == "bool":
            return (UNKNOWN,)
        return part.shape if isinstance(part.dtype, str) and "int" in part.dtype else UNKNOWN
    if isinstance(part, Many):
        element = part.element
        return (UNKNOWN,) if isinstance(element, int) and not isinstance(element, bool) else UNKNOWN
    if isinstance(part, list):
        if part and all(isinstance(entry, bool) for entry in part):
            return (sum(map(bool, part)),)
        if any(isinstance(entry, bool) or not isinstance(entry, int | list | Linear) for entry in part):
            return UNKNOWN
        return as_tensor(part).shape
    return UNKNOWN


def slice_length(size: Dim, part: slice, *, of_data: bool = False) -> Dim:
    """Length of ``lower:upper:step`` along an axis."""
    if part.start is None and part.stop is None and part.step in (None, 1, -1):
        return size
    if _columns_of_file(size):
        return _cut_of_table(size, part)
    known = all(value is None or isinstance(value, int) for value in (part.start, part.stop, part.step))
    if of_data and known and isinstance(size, Unknown) and part.start is not None and part.step in (None, 1):
        return part.stop - part.start if part.stop is not None and 0 <= part.start < part.stop else UNKNOWN
    if known and part.step != 0:
        if isinstance(size, int):
            return len(range(size)[part])
        if isinstance(size, Dynamic):
            # x[:, :5] of a free size is at most 5 long, so Keras leaves it open.
            return size
        return UNKNOWN
    if part.step in (None, 1) and isinstance(part.start, int | Linear) and isinstance(part.stop, int | Linear):
        # x[i : i + 5]: five, wherever the array goes on that far; a last part that is shorter comes after whole ones.
        length = subtract(part.stop, part.start)
        fits = isinstance(length, int) and length >= 0 and not (isinstance(size, int) and size < length)
        return length if fits and _moves(part.start) and _moves(part.stop) else UNKNOWN
    return UNKNOWN


def _columns_of_file(size: Dim) -> bool:
    """Whether the size is the whole width of a table in a file: its program knows the file, and cuts what is there."""
    if not isinstance(size, Linear) or size.offset or len(size.factors) != 1:
        return False
    atom, factor = size.factors[0]
    return factor == 1 and isinstance(atom, str) and atom.startswith("columns")


def _cut_of_table(size: Dim, part: slice) -> Dim:
    start, stop = part.start or 0, part.stop
    if part.step not in (None, 1) or not isinstance(start, int) or not (stop is None or isinstance(stop, int)):
        return UNKNOWN
    if stop is None:
        return subtract(size, start) if start >= 0 else -start
    if start >= 0 and stop >= 0:
        return max(0, stop - start)
    if stop < 0:
        return subtract(size, start - stop) if start >= 0 else max(0, stop - start)
    return UNKNOWN


def _moves(place: object) -> bool:
    return isinstance(place, Linear)


def _content(x: Tensor, shape: AnyShape, index: object) -> Content | None:
    """What ``x[index]`` still holds: class numbers where enough of them are left, rows where the last axis is."""
    if x.content is None or isinstance(x.shape, Unknown) or isinstance(shape, Unknown):
        return None
    if not isinstance(x.content, OneHot):
        return some_entries(x, shape)
    parts = list(index) if isinstance(index, tuple) else [index]
    whole = (len(x.shape) > 1 and sum(map(_axes_taken, parts)) < len(x.shape)) or _is_whole(parts[-1])
    return x.content if whole and shape and not any(part is None for part in parts[-1:]) else None


def _is_whole(part: object) -> bool:
    return part is Ellipsis or (isinstance(part, slice) and part == slice(None))
