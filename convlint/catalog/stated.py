"""What a layer's constructor states about its input and its layout, beside what arrives."""

from __future__ import annotations

from collections.abc import Sequence

from convlint.catalog.arguments import dim
from convlint.catalog.layer import Layer
from convlint.catalog.layers.core import Embedding, InputLayer
from convlint.catalog.layers.recurrent import Recurrent
from convlint.catalog.spatial import IMAGE_CHANNELS
from convlint.catalog.tensor import Tensor
from convlint.problems import IgnoredInputShape, ReshapeNotTranspose
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dim, Unknown
from convlint.shapes.shape import AnyShape, Shape, shapes_contradict

_WORDS = ("input_shape", "batch_input_shape", "batch_shape", "input_dim")
_FOLLOW_LAYOUT = ("SpatialDropout2D", "SpatialDropout3D")


def declared_shape(layer: Layer) -> AnyShape | None:
    """The input shape that ``input_shape=`` and its like declare, batch included; None where none of them is given."""
    arguments = layer.arguments
    shape: AnyShape | None = None
    for key in ("batch_input_shape", "batch_shape"):
        whole = arguments.get(key)
        if isinstance(whole, list | tuple):
            shape = tuple(map(dim, whole))
    given = arguments.get("input_shape")
    if isinstance(given, list | tuple):
        shape = (DYNAMIC, *map(dim, given))
    elif given is not None:
        shape = UNKNOWN
    elif shape is None and "input_dim" in arguments and not isinstance(layer, Embedding):
        size = arguments["input_dim"]
        length = arguments.get("input_length")
        inner = tuple(map(dim, (size,) if length is None else (length, size)))
        shape = (DYNAMIC, UNKNOWN, *inner) if isinstance(layer, Recurrent) and length is None else (DYNAMIC, *inner)
    elif shape is None and isinstance(layer, Embedding) and isinstance(arguments.get("input_length"), int):
        shape = (DYNAMIC, dim(arguments["input_length"]))
    return shape


def ignored_input_shape(operation: str, layer: Layer, x: Tensor) -> IgnoredInputShape | None:
    """A declared input shape that contradicts what arrives: only the first layer of a ``Sequential`` reads it."""
    word = next((word for word in _WORDS if layer.arguments.get(word) is not None), None)
    if word is None or isinstance(layer, InputLayer | Embedding):
        return None
    declared = declared_shape(layer)
    if declared is None or isinstance(declared, Unknown) or isinstance(x.shape, Unknown) or not x.shape:
        return None
    if len(declared) == len(x.shape) and not shapes_contradict(declared[1:], x.shape[1:]):
        return None
    return IgnoredInputShape(operation, word, declared[1:], x.shape)


def decides_layout(layer: Layer, class_name: str) -> bool:
    """Whether a layer says where the channels are, and does not only go by the layers in front of it."""
    return "data_format" in layer.arguments and class_name not in _FOLLOW_LAYOUT


def by_default(layer: Layer) -> bool:
    """Whether a layer goes by the default layout."""
    return layer.arguments.get("data_format") is None


def scrambled(operation: str, before: Tensor, after: AnyShape, layer: Layer, reader: str) -> ReshapeNotTranspose | None:
    """A reshape in front of a spatial layer that was meant to move the channels.

    The shapes prove it: the target is the source with its channels at the other end, and the layer reads them there.

    Args:
        operation: the reshape.
        before: what it was given.
        after: the shape that it gave.
        layer: the spatial layer.
        reader: its name.
    """
    reads = getattr(layer, "data_format", None)
    if not isinstance(reads, str) or isinstance(before.shape, Unknown) or isinstance(after, Unknown):
        return None
    rank = len(before.shape)
    order = (0, *range(2, rank), 1) if reads == "channels_last" else (0, rank - 1, *range(1, rank - 1))
    if rank < 4 or len(after) != rank or not _scrambles(before.shape, after, order):
        return None
    channels = before.shape[1 if reads == "channels_last" else -1]
    others = before.shape[2:] if reads == "channels_last" else before.shape[1:-1]
    wrote = "channels_first" if reads == "channels_last" else "channels_last"
    if before.layout != wrote and not are_channels(channels, others):
        return None
    return ReshapeNotTranspose(operation, before.shape, after, order, reader)


def are_channels(size: Dim, others: Shape) -> bool:
    """Whether an axis is as short as the channels of an image, and shorter than the others."""
    if not isinstance(size, int) or size > IMAGE_CHANNELS:
        return False
    return all(isinstance(other, int) and other > size for other in others)


def _scrambles(before: Shape, after: Shape, order: Sequence[int]) -> bool:
    """Whether ``after`` has the shape of ``before`` with its axes in this order, and more than axes of 1 move."""
    if tuple(before[axis] for axis in order)[1:] != after[1:]:
        return False
    sizes = before[1:]
    if not all(isinstance(size, int) for size in sizes) or sizes == after[1:]:
        return False
    moved = [axis for axis in order if axis and before[axis] != 1]
    return moved != sorted(moved)
