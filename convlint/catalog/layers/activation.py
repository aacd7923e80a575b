"""Activations and dropout: layers that keep the shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from convlint.catalog import activations
from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import show_value
from convlint.catalog.layer import Layer, Misread
from convlint.catalog.layers.core import Unchanged
from convlint.catalog.layers.normalization import misread_channels
from convlint.catalog.registry import layer
from convlint.catalog.spatial import channel_axis
from convlint.catalog.tensor import Content, Tensor
from convlint.problems import (
    ArgumentSize,
    AxisOutOfRange,
    ChannelAxisMismatchSilent,
    DefaultAxisMismatchSilent,
    UndefinedFeatureDim,
)
from convlint.shapes.dims import UNKNOWN, Dynamic, Unknown
from convlint.shapes.shape import Shape


@layer("Activation(activation)")
class Activation(Unchanged):
    """A function by name."""

    def content(self, ctx: Context, x: Tensor, output: Tensor) -> Content | None:
        name = self.arguments["activation"]
        return x.content if name == "linear" else activations.apply(ctx, name, x)

    def misread(self, ctx: Context, x: Tensor) -> Misread | None:
        return misread_softmax(ctx, x) if self.arguments["activation"] in SOFTMAX else None


SOFTMAX = ("softmax", "log_softmax")
"""Activations that work along an axis: the last one."""


def misread_softmax(ctx: Context, x: Tensor) -> Misread | None:
    """A softmax along the last axis of maps whose channels come first."""
    if x.layout != "channels_first" or isinstance(x.shape, Unknown) or len(x.shape) < 4:
        return None
    last = len(x.shape) - 1
    return Misread(DefaultAxisMismatchSilent(ctx.operation, x.shape, last, x.shape[last], 1, x.shape[1]))


@layer("ReLU(max_value=None, negative_slope=0.0, threshold=0.0)")
class ReLU(Unchanged):
    """Cuts off below ``threshold``."""

    def content(self, ctx: Context, x: Tensor, output: Tensor) -> Content | None:
        return activations.activated("relu")


# Keras 3 still takes the old ``alpha``, with a warning.
@layer("LeakyReLU(negative_slope=0.3, *, alpha=0.3)", keras2="LeakyReLU(alpha=0.3)")
class LeakyReLU(Unchanged):
    """A small slope below 0."""

    def content(self, ctx: Context, x: Tensor, output: Tensor) -> Content | None:
        return activations.activated("leaky_relu")


@layer("ELU(alpha=1.0)")
class ELU(Unchanged):
    """Exponential below 0."""

    def content(self, ctx: Context, x: Tensor, output: Tensor) -> Content | None:
        return activations.activated("elu")


@layer("Softmax(axis=-1)")
class Softmax(Unchanged):
    """Sums to 1 along an axis."""

    def misread(self, ctx: Context, x: Tensor) -> Misread | None:
        return None if "axis" in getattr(self.arguments, "given", ("axis",)) else misread_softmax(ctx, x)

    def content(self, ctx: Context, x: Tensor, output: Tensor) -> Content | None:
        return activations.apply(ctx, "softmax", x, self.arguments["axis"])


@layer("PReLU(alpha_initializer='Zeros', alpha_regularizer=None, alpha_constraint=None, shared_axes=None)")
class PReLU(Layer):
    """A learned slope for each entry of a sample, shared along ``shared_axes`` (which count the batch as 0).

    Source: ``keras/src/layers/activations/prelu.py``.
    """

    def misread(self, ctx: Context, x: Tensor) -> Misread | None:
        """Slopes shared along the two spatial axes of the other layout."""
        shared = read.axes(self.arguments["shared_axes"]) if self.arguments["shared_axes"] is not None else UNKNOWN
        if isinstance(x.shape, Unknown) or isinstance(shared, Unknown) or len(x.shape) != 4:
            return None
        other = (1, 2) if x.layout == "channels_first" else (2, 3) if x.layout == "channels_last" else ()
        if tuple(sorted(shared)) != other:
            return None
        left, right = (3, 1) if x.layout == "channels_first" else (1, 3)
        return Misread(
            ChannelAxisMismatchSilent(ctx.operation, x.shape, str(x.layout), left, x.shape[left], right, x.shape[right])
        )

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        given = self.arguments["shared_axes"]
        shared = () if given is None else read.axes(given)
        if isinstance(x.shape, Unknown) or isinstance(shared, Unknown):
            return {"alpha": (UNKNOWN,)}
        sizes = list(x.shape[1:])
        for axis in shared:
            if not -len(sizes) <= axis - 1 < len(sizes):
                raise Refused(AxisOutOfRange(ctx.operation, str(axis), x.shape))
            sizes[axis - 1] = 1
        for index, size in enumerate(sizes):
            if isinstance(size, Dynamic):
                raise Refused(UndefinedFeatureDim(ctx.operation, index + 1, x.shape))
        return {"alpha": tuple(sizes)}

    def output(self, ctx: Context, x: Tensor) -> object:
        return x


class Dropping(Unchanged):
    """A layer with a rate between 0 and 1 that works in training only."""

    argument: ClassVar[str] = "rate"

    def configure(self, ctx: Context) -> None:
        rate = self.arguments[self.argument]
        if isinstance(rate, int | float) and not isinstance(rate, bool) and not 0 <= rate <= 1:
            raise Refused(ArgumentSize(ctx.operation, self.argument, show_value(rate), "a number between 0 and 1"))


@layer("Dropout(rate, noise_shape=None, seed=None)")
class Dropout(Dropping):
    """Sets entries to 0."""


@layer("AlphaDropout(rate, noise_shape=None, seed=None)")
class AlphaDropout(Dropping):
    """Keeps mean and variance."""


@layer("GaussianDropout(rate, seed=None)")
class GaussianDropout(Dropping):
    """Multiplies by noise."""


@layer("GaussianNoise(stddev, seed=None)")
class GaussianNoise(Dropping):
    """Adds noise."""

    argument = "stddev"


@layer("SpatialDropout1D(rate, seed=None, name=None, dtype=None)")
class SpatialDropout1D(Dropping):
    """Drops whole channels of a sequence."""

    ranks = (3,)
    closed = True


@layer("SpatialDropout2D(rate, data_format=None, seed=None, name=None, dtype=None)")
class SpatialDropout2D(Dropping):
    """Drops whole channels of an image."""

    ranks = (4,)
    closed = True

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        self.data_format = read.data_format(ctx, self.arguments["data_format"])

    def misread(self, ctx: Context, x: Tensor) -> Misread | None:
        if isinstance(x.shape, Unknown) or isinstance(self.data_format, Unknown):
            return None
        return misread_channels(ctx, x, channel_axis(self.data_format) % len(x.shape))


@layer("SpatialDropout3D(rate, data_format=None, seed=None, name=None, dtype=None)")
class SpatialDropout3D(SpatialDropout2D):
    """Drops whole channels of a volume."""

    ranks = (5,)
    closed = True
