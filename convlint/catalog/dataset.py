"""What yields batches or samples: ``tf.data.Dataset``, Keras' loaders, generators, ``Sequence`` classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Union

from convlint.catalog import arguments as read
from convlint.catalog.functions.common import as_tensor, literal_dtype
from convlint.catalog.objects import LibraryObject, Many
from convlint.catalog.tensor import Classes, Kind, Tensor
from convlint.lazy import dataclass
from convlint.shapes.dims import UNKNOWN, Dim, Dynamic, Unknown
from convlint.shapes.shape import AnyShape


@dataclass(frozen=True, slots=True)
class Dataset:
    """A source of elements.

    Attributes:
        element: one element as the consumer receives it: a Tensor, a tuple or dict of them
            (``(x, y)`` or ``(x, y, weights)``), or unknown. A batched source's tensors have
            their batch axis in front. Classes that its tensors hold are those of all elements together.
        length: how many elements there are, where known.
        maker: the function that made it as the program spells it (``image_dataset_from_directory``),
            empty once an unknown function has been mapped over it.
        settings: the arguments of that call, defaults included, that decide the element
            (``label_mode``, ``class_mode``, ``image_size``, ``color_mode``, ``batch_size`` …).
    """

    element: object = UNKNOWN
    length: Union[Dim, Unknown] = UNKNOWN
    maker: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)


_TENSORFLOW = frozenset(
    {"image_dataset_from_directory", "text_dataset_from_directory", "audio_dataset_from_directory",
     "timeseries_dataset_from_array", "tf.data", "tfds.load", ""}
)  # fmt: skip


def is_tensorflow(dataset: Dataset) -> bool:
    """Whether the data set is a ``tf.data.Dataset``, and not a generator or an iterator of Keras."""
    return dataset.maker in _TENSORFLOW


def tensor_structure(value: object) -> object:
    """A structure as ``tf.data`` holds it: lists and numbers become tensors, tuples and dictionaries stay."""
    if isinstance(value, Tensor):
        return replace(value, kind=Kind.EAGER, shape=open_sizes(value.shape))
    if isinstance(value, tuple):
        return tuple(map(tensor_structure, value))
    if isinstance(value, dict):
        return {key: tensor_structure(part) for key, part in value.items()}
    if isinstance(value, str | bytes):
        return Tensor((), "string", Kind.EAGER)
    if isinstance(value, bool | int | float | list | Many | LibraryObject):
        made = as_tensor(value)
        dtype = made.dtype if isinstance(made.dtype, str) else literal_dtype(value, "tensorflow.")
        return Tensor(open_sizes(made.shape), dtype, Kind.EAGER, content=made.content)
    return value if isinstance(value, Dataset) or value is None else UNKNOWN


def open_sizes(shape: AnyShape) -> AnyShape:
    """The shape with what TensorFlow leaves open (``None``) as unknown."""
    return shape if isinstance(shape, Unknown) else tuple(UNKNOWN if isinstance(d, Dynamic) else d for d in shape)


def one_of(element: object) -> object:
    """What is known of a single element: the classes that all elements hold together need not be in each."""

    def without_classes(tensor: Tensor) -> Tensor:
        return replace(tensor, content=None) if isinstance(tensor.content, Classes) else tensor

    return each(element, without_classes)


def each(structure: object, change: Callable[[Tensor], object]) -> object:
    """The structure with every tensor changed."""
    if isinstance(structure, Tensor):
        return change(structure)
    if isinstance(structure, tuple):
        return tuple(each(part, change) for part in structure)
    if isinstance(structure, list):
        return [each(part, change) for part in structure]
    if isinstance(structure, dict):
        return {key: each(part, change) for key, part in structure.items()}
    return structure if isinstance(structure, Dataset) else UNKNOWN


def leaves(structure: object) -> list[Tensor]:
    """The tensors of a structure."""
    if isinstance(structure, Tensor):
        return [structure]
    parts = structure if isinstance(structure, tuple) else structure.values() if isinstance(structure, dict) else ()
    return [leaf for part in parts for leaf in leaves(part)]


def specified(signature: object, shapes: object) -> object:
    """The element that ``output_signature`` or ``output_shapes`` of ``from_generator`` declares."""
    if isinstance(signature, Tensor | tuple | dict):
        return signature
    return _declared(shapes) if shapes is not None and not isinstance(shapes, Unknown) else UNKNOWN


def _declared(shapes: object) -> object:
    plain = isinstance(shapes, tuple | list) and all(part is None or isinstance(part, int) for part in shapes)
    if plain or isinstance(shapes, list):
        return Tensor(open_sizes(read.dims(shapes)), UNKNOWN, Kind.EAGER)
    if isinstance(shapes, tuple):
        return tuple(map(_declared, shapes))
    if isinstance(shapes, dict):
        return {key: _declared(part) for key, part in shapes.items()}
    return UNKNOWN
