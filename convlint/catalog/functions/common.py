"""What the function rules share."""

from __future__ import annotations

import re
from collections.abc import Sequence

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.objects import LibraryObject, Many
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import AxisOutOfRange
from convlint.shapes.dims import UNKNOWN, Unknown
from convlint.shapes.shape import AnyShape, Shape


def as_tensor(value: object) -> Tensor:
    """A value where a tensor is expected: numbers and nested lists become arrays.

    A symbol may stand for anything, a tensor too: a parameter of a function nobody calls.
    """
    if isinstance(value, Tensor):
        return value
    if isinstance(value, bool):
        return Tensor((), "bool", Kind.ARRAY)
    if isinstance(value, int | float):
        return Tensor((), UNKNOWN, Kind.ARRAY)
    if isinstance(value, list | tuple):
        parts = [as_tensor(part) for part in value]
        return Tensor(_stacked(parts), UNKNOWN, _common_kind(value, parts))
    if isinstance(value, LibraryObject):
        return value.array
    if isinstance(value, Many):
        entry = as_tensor(value.element)
        return (
            Tensor() if isinstance(entry.shape, Unknown) else Tensor((UNKNOWN, *entry.shape), entry.dtype, entry.kind)
        )
    return Tensor()


def list_kind(value: Sequence[object]) -> Kind:
    """How a list of values exists: an array of numbers, or what its tensors are."""
    return _common_kind(value, [as_tensor(part) for part in value])


def nested_shape(value: Sequence[object]) -> AnyShape:
    """Shape of the array that nested lists make; unknown when an entry is or they are ragged."""
    return _stacked([as_tensor(part) for part in value])


def _common_kind(value: Sequence[object], parts: Sequence[Tensor]) -> Kind:
    tensors = [part for given, part in zip(value, parts) if isinstance(given, Tensor | list | tuple)]
    return Kind.ARRAY if all(tensor.kind is Kind.ARRAY for tensor in tensors) else result_kind(*tensors)


def _stacked(parts: Sequence[Tensor]) -> AnyShape:
    if not parts:
        return (0,)
    first = parts[0].shape
    if not isinstance(first, tuple) or any(part.shape != first for part in parts):
        return UNKNOWN
    return (len(parts), *first)


def result_kind(*tensors: Tensor) -> Kind:
    """How the result of a function of these tensors exists: symbolic wins, then unknown."""
    kinds = {tensor.kind for tensor in tensors}
    for kind in (Kind.SYMBOLIC, Kind.TRACED, Kind.UNKNOWN):
        if kind in kinds:
            return kind
    return Kind.EAGER


def kind_of(called: str, *tensors: Tensor) -> Kind:
    """How the result of the named function exists: NumPy makes arrays of all but symbolic tensors."""
    kind = result_kind(*tensors)
    return Kind.ARRAY if called.startswith("numpy.") and kind in (Kind.EAGER, Kind.UNKNOWN) else kind


def literal_dtype(value: object, called: str) -> str | Unknown:
    """The dtype that a library gives to Python numbers or lists of them."""
    while isinstance(value, list | tuple) and value:
        kinds = {type(part) for part in value}
        if int in kinds and float in kinds:
            value = 0.0
            break
        value = value[0]
    if isinstance(value, Tensor):
        return value.dtype
    numpy = called.startswith("numpy.")
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, float):
        return "float64" if numpy else "float32"
    if isinstance(value, int):
        return "int64" if numpy else "int32"
    return UNKNOWN


_DTYPES = {
    "float": "float64", "double": "float64", "half": "float16", "single": "float32", "int": "int64", "bool_": "bool",
    "f2": "float16", "f4": "float32", "f8": "float64", "f": "float32", "d": "float64", "i4": "int32", "i8": "int64",
    "u1": "uint8", "i1": "int8",
}  # fmt: skip


def dtype_of(value: object, default: str | Unknown = UNKNOWN) -> str | Unknown:
    """A ``dtype`` argument in its long spelling; the default for ``None``."""
    if value is None:
        return default
    return _DTYPES.get(value, value) if isinstance(value, str) else UNKNOWN


_PARTS = re.compile(r"(bfloat|float|uint|int|complex|bool)(\d*)$")


def promoted(called: str, *values: object) -> str | Unknown:
    """The dtype of an operation between values; Python's own numbers follow the tensors.

    Source: NumPy's promotion (NEP 50); TensorFlow refuses mixed dtypes, ``keras.ops`` lets
    floats win over integers of any width.
    """
    strong = [value.dtype for value in values if isinstance(value, Tensor)]
    if any(isinstance(dtype, Unknown) for dtype in strong):
        return UNKNOWN
    names = {dtype for dtype in strong if isinstance(dtype, str)}
    weak_float = any(isinstance(value, float) for value in values)
    if not names or any(not isinstance(value, Tensor | int | float) for value in values):
        return UNKNOWN
    if len(names) == 1:
        name = next(iter(names))
        if weak_float and not name.startswith(("float", "bfloat", "complex")):
            return "float64" if called.startswith("numpy.") else UNKNOWN
        return UNKNOWN if name == "bool" and len(values) > len(strong) else name
    return _promote_two(called, names) if len(names) == 2 and not weak_float else UNKNOWN


def _promote_two(called: str, names: set[str]) -> str | Unknown:
    parts = sorted((match.groups() for match in map(_PARTS.match, names) if match), key=lambda pair: pair[0])
    if len(parts) != 2:
        return UNKNOWN
    (kind, bits), (other, other_bits) = parts
    if kind == other and kind != "bool":
        return f"{kind}{max(int(bits), int(other_bits))}" if called.startswith("numpy.") else UNKNOWN
    if "bool" in (kind, other) and called.startswith("numpy."):
        return f"{other}{other_bits}" if kind == "bool" else f"{kind}{bits}"
    if kind == "float" and other in ("int", "uint"):
        if not called.startswith("numpy."):
            return f"float{bits}" if called.startswith("keras.ops") else UNKNOWN
        return f"float{max(int(bits), 64 if int(other_bits) >= 32 else 32 if int(other_bits) == 16 else 16)}"
    return UNKNOWN


def normal_axis(ctx: Context, axis: int, shape: Shape, *, extra: int = 0) -> int:
    """The axis counted from the front, for a tensor with ``extra`` axes more than ``shape``.

    Raises:
        Refused: the tensor has no such axis.
    """
    rank = len(shape) + extra
    if not -rank <= axis < rank:
        raise Refused(AxisOutOfRange(ctx.operation, str(axis), shape))
    return axis % rank


def normal_axes(ctx: Context, axis: object, shape: Shape) -> tuple[int, ...] | Unknown:
    """One axis or several, counted from the front; all for ``None``."""
    if axis is None:
        return tuple(range(len(shape)))
    given = read.axes(axis)
    return given if isinstance(given, Unknown) else tuple(normal_axis(ctx, one, shape) for one in given)


def tensors_of(value: object) -> list[Tensor] | Unknown:
    """The tensors of a list argument; unknown when the list is."""
    if isinstance(value, list | tuple):
        return [as_tensor(part) for part in value]
    if isinstance(value, Tensor) and not isinstance(value.shape, Unknown) and value.shape:
        length = value.shape[0]
        if isinstance(length, int) and length <= 64:
            return [Tensor(value.shape[1:], value.dtype, value.kind)] * length
    return UNKNOWN
