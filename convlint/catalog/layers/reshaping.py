"""Layers that move numbers about without computing with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from convlint.catalog import activations
from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import show_value
from convlint.catalog.layer import Layer
from convlint.catalog.layers.pooling import SpatialLayer
from convlint.catalog.registry import layer
from convlint.catalog.shaping import infer_reshape
from convlint.catalog.spatial import spatial_axes
from convlint.catalog.tensor import Content, Tensor
from convlint.problems import (
    ArgumentSize,
    InputRankMismatch,
    NoPermutation,
    ReshapeIncludesBatchSilent,
    TwoInferredDims,
    WindowTooLarge,
)
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dim, Dynamic, Unknown, add, multiply, product, subtract
from convlint.shapes.shape import Shape


@layer("Flatten(data_format=None)")
class Flatten(Layer):
    """One axis a sample: ``(batch, a, b) -> (batch, a * b)``.

    Source: ``keras/src/layers/reshaping/flatten.py``.
    """

    keeps_integers = True

    def configure(self, ctx: Context) -> None:
        # The layout only orders the entries; asking for it would claim that the shape depends on it.
        given = self.arguments["data_format"]
        self._order = ctx.image_data_format if given is None else read.data_format(ctx, given)

    @property
    def kept_data_format(self) -> object:
        return self._order

    def output(self, ctx: Context, x: Tensor) -> object:
        if isinstance(x.shape, Unknown):
            return Tensor((UNKNOWN, UNKNOWN), x.dtype, x.kind)
        return Tensor((x.shape[0], product(x.shape[1:])), x.dtype, x.kind)

    def content(self, ctx: Context, x: Tensor, output: Tensor) -> Content | None:
        return activations.kept(x, output)


@layer("Reshape(target_shape)")
class Reshape(Layer):
    """Another shape for each sample: ``(batch, *sample) -> (batch, *target_shape)``.

    A ``None`` in the target is inferred like ``-1``, and makes Keras give up on the sizes.

    Source: ``keras/src/layers/reshaping/reshape.py``.
    """

    keeps_integers = True

    def configure(self, ctx: Context) -> None:
        given = self.arguments["target_shape"]
        self.target: Shape | Unknown = UNKNOWN
        if isinstance(given, int) and not isinstance(given, bool):
            wanted = f"a tuple such as ({given},)"
            raise Refused(ArgumentSize(ctx.operation, "target_shape", show_value(given), wanted))
        if isinstance(given, list | tuple):
            # A size with a decimal point becomes None in Keras, and nobody is told.
            self.target = tuple(read.dim(read.whole(ctx, "target_shape", size, silent=True)) for size in given)
            if self.target.count(-1) > 1:
                raise Refused(TwoInferredDims(ctx.operation, self.target))
            if any(isinstance(size, int) and size < -1 for size in self.target):
                wanted = "numbers 0 or more, and at most one -1"
                raise Refused(ArgumentSize(ctx.operation, "target_shape", show_value(tuple(given)), wanted))

    def output(self, ctx: Context, x: Tensor) -> object:
        batch: Dim = UNKNOWN if isinstance(x.shape, Unknown) else x.shape[0]
        if isinstance(self.target, Unknown):
            return Tensor(UNKNOWN, x.dtype, x.kind)
        if isinstance(x.shape, Unknown):
            return Tensor((batch, *(UNKNOWN if size == -1 else size for size in self.target)), x.dtype, x.kind)
        sample = x.shape[1:]
        self._note_batch(ctx, x.shape)
        if any(isinstance(size, Dynamic) for size in (*sample, *self.target)):
            inferred: Shape = tuple(DYNAMIC if size == -1 else size for size in self.target)
            return Tensor((batch, *inferred), x.dtype, x.kind)
        return Tensor((batch, *infer_reshape(ctx, sample, self.target)), x.dtype, x.kind)

    def content(self, ctx: Context, x: Tensor, output: Tensor) -> Content | None:
        return activations.kept(x, output)

    def _note_batch(self, ctx: Context, shape: Shape) -> None:
        """State a leading ``-1`` or ``None`` where the other entries, three or more, hold the whole sample."""
        assert not isinstance(self.target, Unknown)
        first, others = self.target[:1], self.target[1:]
        if first not in ((-1,), (DYNAMIC,)) or len(others) < 3 or not all(isinstance(size, int) for size in others):
            return
        if product(shape[1:]) == product(others) and -1 not in others:
            output = (shape[0], 1 if first == (-1,) else DYNAMIC, *others)
            ctx.note(ReshapeIncludesBatchSilent(ctx.operation, shape, self.target, output, others))


@layer("Permute(dims)")
class Permute(Layer):
    """Reorders the axes of a sample; ``dims`` counts from 1.

    Source: ``keras/src/layers/reshaping/permute.py``.
    """

    keeps_integers = True

    def configure(self, ctx: Context) -> None:
        given = self.arguments["dims"]
        self.order: tuple[int, ...] | Unknown = UNKNOWN
        if isinstance(given, list | tuple):
            self.order = read.axes(given)
            if not isinstance(self.order, Unknown) and sorted(self.order) != list(range(1, len(self.order) + 1)):
                raise Refused(NoPermutation(ctx.operation, show_value(tuple(given)), len(self.order)))

    def output(self, ctx: Context, x: Tensor) -> object:
        if isinstance(x.shape, Unknown) or isinstance(self.order, Unknown):
            return Tensor(UNKNOWN, x.dtype, x.kind)
        if len(x.shape) != len(self.order) + 1:
            raise Refused(InputRankMismatch(ctx.operation, str(len(self.order) + 1), len(x.shape), x.shape))
        return Tensor((x.shape[0], *(x.shape[axis] for axis in self.order)), x.dtype, x.kind)


@layer("RepeatVector(n)")
class RepeatVector(Layer):
    """``(batch, features) -> (batch, n, features)``."""

    ranks = (2,)

    def configure(self, ctx: Context) -> None:
        self.n = read.positive(ctx, "n", self.arguments["n"])

    def output(self, ctx: Context, x: Tensor) -> object:
        if isinstance(x.shape, Unknown):
            return Tensor((UNKNOWN, self.n, UNKNOWN), x.dtype, x.kind)
        return Tensor((x.shape[0], self.n, x.shape[1]), x.dtype, x.kind)


class Enlarging(SpatialLayer):
    """Repeats pixels: each spatial size times ``size``."""

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        self.size = read.window(ctx, "size", self.arguments["size"], self.spatial_rank)

    def output(self, ctx: Context, x: Tensor) -> object:
        return self.arranged(x, tuple(map(multiply, self.spatial(x), self.size)))

    def spatial(self, x: Tensor) -> Shape:
        """The input's spatial sizes."""
        return spatial_sizes(x, self.data_format, self.spatial_rank)


def spatial_sizes(x: Tensor, layout: str | Unknown, rank: int) -> Shape:
    """Sizes of the axes that hold the image, unknown where the shape or the layout is."""
    if isinstance(x.shape, Unknown) or isinstance(layout, Unknown):
        return (UNKNOWN,) * rank
    return tuple(x.shape[axis] for axis in spatial_axes(rank, layout))


@layer("UpSampling1D(size=2)")
class UpSampling1D(Enlarging):
    """``(batch, steps, features)``; it knows channels_last only."""

    spatial_rank = 1

    def configure(self, ctx: Context) -> None:
        self.data_format = "channels_last"
        self.size = read.window(ctx, "size", (self.arguments["size"],), 1)


@layer("UpSampling2D(size=(2, 2), data_format=None, interpolation='nearest')")
class UpSampling2D(Enlarging):
    """Two spatial axes."""

    spatial_rank = 2


@layer("UpSampling3D(size=(2, 2, 2), data_format=None)")
class UpSampling3D(Enlarging):
    """Three spatial axes."""

    spatial_rank = 3


class Margins(SpatialLayer):
    """Adds or removes pixels at the borders."""

    argument: ClassVar[str] = "padding"

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        self.margins = read.margins(
            ctx,
            self.argument,
            self.arguments[self.argument],
            self.spatial_rank,
            allow_negative=self.argument == "padding",
        )

    def totals(self) -> Sequence[Dim]:
        """Pixels on both sides together, for each axis."""
        return [add(before, after) for before, after in self.margins]

    def output(self, ctx: Context, x: Tensor) -> object:
        sizes = spatial_sizes(x, self.data_format, self.spatial_rank)
        return self.arranged(x, tuple(map(add, sizes, self.totals())))


@layer("ZeroPadding1D(padding=1, data_format=None)")
class ZeroPadding1D(Margins):
    """One spatial axis."""

    spatial_rank = 1


@layer("ZeroPadding2D(padding=(1, 1), data_format=None)")
class ZeroPadding2D(Margins):
    """Two spatial axes."""

    spatial_rank = 2


@layer("ZeroPadding3D(padding=((1, 1), (1, 1), (1, 1)), data_format=None)")
class ZeroPadding3D(Margins):
    """Three spatial axes."""

    spatial_rank = 3


class Cropping(Margins):
    """Removes pixels at the borders; something must remain."""

    argument = "cropping"

    def output(self, ctx: Context, x: Tensor) -> object:
        sizes = spatial_sizes(x, self.data_format, self.spatial_rank)
        left = tuple(map(subtract, sizes, self.totals()))
        for index, (size, rest, total) in enumerate(zip(sizes, left, self.totals())):
            if isinstance(size, int) and isinstance(rest, int) and isinstance(total, int) and rest <= 0:
                assert not isinstance(x.shape, Unknown) and not isinstance(self.data_format, Unknown)
                axis = spatial_axes(self.spatial_rank, self.data_format)[index]
                window = tuple(self.totals())
                raise Refused(WindowTooLarge(ctx.operation, axis, size, total + 1, x.shape, window, self.data_format))
        return self.arranged(x, left)


@layer("Cropping1D(cropping=(1, 1))")
class Cropping1D(Cropping):
    """``(batch, steps, features)``; it knows channels_last only."""

    spatial_rank = 1

    def configure(self, ctx: Context) -> None:
        self.data_format = "channels_last"
        self.margins = read.margins(ctx, "cropping", self.arguments["cropping"], 1)


@layer("Cropping2D(cropping=((0, 0), (0, 0)), data_format=None)")
class Cropping2D(Cropping):
    """Two spatial axes."""

    spatial_rank = 2


@layer("Cropping3D(cropping=((1, 1), (1, 1), (1, 1)), data_format=None)")
class Cropping3D(Cropping):
    """Three spatial axes."""

    spatial_rank = 3
