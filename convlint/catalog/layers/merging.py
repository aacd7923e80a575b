"""Layers that take several tensors, and their functional forms."""

from __future__ import annotations

from itertools import combinations
from typing import ClassVar

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import show_value
from convlint.catalog.layer import Call, Layer, Misread
from convlint.catalog.registry import function, layer
from convlint.catalog.shaping import concatenated, contradict_outside
from convlint.catalog.signature import Arguments
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import (
    ArgumentSize,
    AxisOutOfRange,
    ConcatShapeMismatch,
    ContractionMismatch,
    DefaultAxisMismatchSilent,
    MergeShapeMismatch,
)
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dim, Dynamic, Unknown, proved_different
from convlint.shapes.shape import AnyShape, Shape, broadcast_dims


def merged_kind(tensors: list[Tensor]) -> Kind:
    """How a layer's output on these inputs exists."""
    kinds = {tensor.kind for tensor in tensors}
    return next(kind for kind in (Kind.SYMBOLIC, Kind.TRACED, Kind.UNKNOWN, Kind.EAGER) if kind in kinds | {Kind.EAGER})


def merged_layout(tensors: list[Tensor]) -> str | None:
    """The layout that the inputs agree on."""
    layouts = {tensor.layout for tensor in tensors}
    return layouts.pop() if len(layouts) == 1 else None


class Elementwise(Layer):
    """Computes entry by entry; samples broadcast, batches must agree.

    A dynamic size against a known one stays dynamic.

    Source: ``keras/src/layers/merging/base_merge.py``.
    """

    keeps_integers = True
    takes_many = True
    wants_list = True
    exactly: ClassVar[int | None] = None

    def merge(self, ctx: Context, tensors: list[Tensor]) -> object:
        if self.exactly is not None and len(tensors) != self.exactly:
            raise Refused(ArgumentSize(ctx.operation, "inputs", f"{len(tensors)} tensors", f"{self.exactly} tensors"))
        kind, layout = merged_kind(tensors), merged_layout(tensors)
        shapes = [tensor.shape for tensor in tensors]
        known = [shape for shape in shapes if not isinstance(shape, Unknown) and shape]
        if len(known) != len(shapes):
            return Tensor(UNKNOWN, tensors[0].dtype, kind)
        batch = _common_batch(ctx, known)
        sample: Shape = known[0][1:]
        for shape in known[1:]:
            sample = _merge_samples(ctx, known[0], sample, shape)
        return Tensor((batch, *sample), tensors[0].dtype, kind, layout)


def _common_batch(ctx: Context, shapes: list[Shape]) -> Dim:
    numbers = [shape for shape in shapes if isinstance(shape[0], int)]
    for shape in numbers[1:]:
        if shape[0] != numbers[0][0]:
            raise Refused(MergeShapeMismatch(ctx.operation, numbers[0], shape))
    if numbers:
        return numbers[0][0]
    batches = {shape[0] for shape in shapes}
    return batches.pop() if len(batches) == 1 else UNKNOWN


def _merge_samples(ctx: Context, first: Shape, sample: Shape, shape: Shape) -> Shape:
    other = shape[1:]
    longer, shorter = (sample, other) if len(sample) >= len(other) else (other, sample)
    if not shorter:
        return longer
    lead = len(longer) - len(shorter)
    merged: list[Dim] = list(longer[:lead])
    for a, b in zip(longer[lead:], shorter):
        if isinstance(a, Unknown) or isinstance(b, Unknown):
            merged.append(UNKNOWN)
        elif isinstance(a, Dynamic) or isinstance(b, Dynamic):
            merged.append(DYNAMIC)
        else:
            size = broadcast_dims(a, b)
            if size is None:
                raise Refused(MergeShapeMismatch(ctx.operation, first, shape))
            merged.append(size)
    return tuple(merged)


@layer("Add()")
class Add(Elementwise):
    """Sum."""


@layer("Subtract()")
class Subtract(Elementwise):
    """Difference of exactly two."""

    exactly = 2


@layer("Multiply()")
class Multiply(Elementwise):
    """Product."""


@layer("Average()")
class Average(Elementwise):
    """Mean."""


@layer("Maximum()")
class Maximum(Elementwise):
    """Largest."""


@layer("Minimum()")
class Minimum(Elementwise):
    """Smallest."""


@layer("Concatenate(axis=-1)")
class Concatenate(Layer):
    """Joins tensors along an axis; all others must agree.

    Source: ``keras/src/layers/merging/concatenate.py``.
    """

    keeps_integers = True
    takes_many = True
    wants_list = True

    def configure(self, ctx: Context) -> None:
        self.axis = self.arguments["axis"]

    def merge(self, ctx: Context, tensors: list[Tensor]) -> object:
        kind = merged_kind(tensors)
        axis = self.axis
        if isinstance(axis, bool) or not isinstance(axis, int):
            return Tensor(UNKNOWN, tensors[0].dtype, kind)
        layout = merged_layout(tensors)

        def joined() -> Tensor:
            shape = joined_shape(ctx, [tensor.shape for tensor in tensors], axis)
            return Tensor(shape, tensors[0].dtype, kind, layout)

        misread = self._misread(ctx, [tensor.shape for tensor in tensors], layout)
        return joined() if misread is None else misread.state(ctx, joined)

    def _misread(self, ctx: Context, shapes: list[AnyShape], layout: str | None) -> Misread | None:
        """Maps with the channels in front are joined along the default axis, and would fit along their channels."""
        if "axis" in getattr(self.arguments, "given", ("axis",)) or layout != "channels_first":
            return None
        known = [shape for shape in shapes if not isinstance(shape, Unknown) and len(shape) >= 4]
        if len(known) < len(shapes) or any(contradict_outside(one, other, 1) for one, other in combinations(known, 2)):
            return None
        return Misread(
            DefaultAxisMismatchSilent(ctx.operation, known[0], len(known[0]) - 1, known[0][-1], 1, known[0][1])
        )


def joined_shape(ctx: Context, shapes: list[AnyShape], axis: int) -> AnyShape:
    """Shape of a concatenation.

    Raises:
        Refused: no such axis, other ranks, or other sizes beside the axis.
    """
    known = [shape for shape in shapes if not isinstance(shape, Unknown)]
    if not known:
        return UNKNOWN
    first = known[0]
    if not -len(first) <= axis < len(first):
        raise Refused(AxisOutOfRange(ctx.operation, str(axis), first))
    for one, other in combinations(known, 2):
        if contradict_outside(one, other, axis):
            raise Refused(ConcatShapeMismatch(ctx.operation, axis % len(first), one, other))
    return concatenated(known, axis, symbolic=True) if len(known) == len(shapes) else UNKNOWN


@layer("Dot(axes, normalize=False)")
class Dot(Layer):
    """Sums over one axis of each of two tensors, sample by sample.

    Source: ``keras/src/layers/merging/dot.py``.
    """

    keeps_integers = True
    takes_many = True
    wants_list = True

    def configure(self, ctx: Context) -> None:
        self.axes = read.axes(self.arguments["axes"])
        if not isinstance(self.axes, Unknown) and not isinstance(self.arguments["axes"], int) and len(self.axes) != 2:
            raise Refused(ArgumentSize(ctx.operation, "axes", show_value(self.arguments["axes"]), "1 or 2 integers"))

    def merge(self, ctx: Context, tensors: list[Tensor]) -> object:
        if len(tensors) != 2:
            raise Refused(ArgumentSize(ctx.operation, "inputs", f"{len(tensors)} tensors", "2 tensors"))
        (first, second), kind = (tensor.shape for tensor in tensors), merged_kind(tensors)
        if isinstance(first, Unknown) or isinstance(second, Unknown) or isinstance(self.axes, Unknown):
            return Tensor(UNKNOWN, tensors[0].dtype, kind)
        axes = self.axes if len(self.axes) == 2 else self.axes * 2
        for axis, shape in zip(axes, (first, second)):
            if not -len(shape) <= axis < len(shape):
                raise Refused(AxisOutOfRange(ctx.operation, str(axis), shape))
        one, other = axes[0] % len(first), axes[1] % len(second)
        if proved_different(first[one], second[other]):
            raise Refused(ContractionMismatch(ctx.operation, first, second, first[one], second[other]))
        if one == 0 or other == 0:
            return Tensor(UNKNOWN, tensors[0].dtype, kind)
        left = first[:one] + first[one + 1 :]
        right = second[1:other] + second[other + 1 :]
        shape = left + right
        return Tensor(shape if len(shape) > 1 else (*shape, 1), tensors[0].dtype, kind)


_MERGES = {
    "add": Add, "subtract": Subtract, "multiply": Multiply, "average": Average, "maximum": Maximum,
    "minimum": Minimum,
}  # fmt: skip


@function(*(f"keras.layers.{name}(inputs, **kwargs)" for name in _MERGES))
def merge_function(ctx: Context, inputs: object, called: str) -> object:
    """``keras.layers.add([a, b])``: makes the layer and calls it."""
    made = _MERGES[called.rpartition(".")[2]](ctx, {})
    return made.call(ctx, Call(inputs))[0]


@function("keras.layers.concatenate(inputs, axis=-1, **kwargs)")
def concatenate_function(ctx: Context, inputs: object, axis: object, given: frozenset[str]) -> object:
    """``keras.layers.concatenate([a, b])``."""
    arguments = Arguments(axis=axis)
    arguments.given = given
    return Concatenate(ctx, arguments).call(ctx, Call(inputs))[0]


@function("keras.layers.dot(inputs, axes=-1, **kwargs)")
def dot_function(ctx: Context, inputs: object, axes: object) -> object:
    """``keras.layers.dot([a, b], axes=1)``."""
    return Dot(ctx, {"axes": axes}).call(ctx, Call(inputs))[0]
