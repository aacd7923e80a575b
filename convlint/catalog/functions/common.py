"""What the function rules share."""

from __future__ import annotations

from convlint.catalog.tensor import Kind, Tensor
from convlint.shapes.dims import UNKNOWN, Linear
from convlint.shapes.shape import AnyShape


def as_tensor(value: object) -> Tensor:
    """A value where a tensor is expected: numbers and nested lists become arrays."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, bool):
        return Tensor((), "bool", Kind.ARRAY)
    if isinstance(value, int | float | Linear):
        return Tensor((), UNKNOWN, Kind.ARRAY)
    if isinstance(value, list | tuple):
        return Tensor(nested_shape(value), UNKNOWN, Kind.ARRAY)
    return Tensor()


def nested_shape(value: list[object] | tuple[object, ...]) -> AnyShape:
    """Shape of the array that nested lists make; unknown when an entry is or they are ragged."""
    if not value:
        return (0,)
    inner = [as_tensor(part).shape for part in value]
    first = inner[0]
    if not isinstance(first, tuple) or any(shape != first for shape in inner):
        return UNKNOWN
    return (len(value), *first)


def result_kind(*tensors: Tensor) -> Kind:
    """How the result of a function of these tensors exists: symbolic wins, then unknown."""
    kinds = {tensor.kind for tensor in tensors}
    for kind in (Kind.SYMBOLIC, Kind.TRACED, Kind.UNKNOWN):
        if kind in kinds:
            return kind
    return Kind.EAGER
