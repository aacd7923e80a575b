"""Normalization layers: the shape stays, the weights follow an axis."""

from __future__ import annotations

from collections.abc import Mapping

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.layer import Layer, Misread
from convlint.catalog.layers.core import Unchanged
from convlint.catalog.registry import layer
from convlint.catalog.tensor import Tensor
from convlint.problems import ArgumentSize, AxisOutOfRange, ChannelAxisMismatchSilent, UndefinedFeatureDim
from convlint.shapes.dims import UNKNOWN, Dynamic, Unknown
from convlint.shapes.shape import Shape

_SCALE_OPTIONS = (
    "beta_initializer='zeros', gamma_initializer='ones', beta_regularizer=None, gamma_regularizer=None, "
    "beta_constraint=None, gamma_constraint=None"
)


class Normalizing(Layer):
    """A layer with weights of the size of the axes that it normalizes over or keeps.

    Source: ``keras/src/layers/normalization/``.
    """

    names: tuple[str, ...] = ()

    def configure(self, ctx: Context) -> None:
        self.axes = read.axes(self.arguments["axis"])

    def feature_axis(self) -> int | None:
        single = not isinstance(self.axes, Unknown) and len(self.axes) == 1
        return self.axes[0] if single and self._made() and not isinstance(self.axes, Unknown) else None

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        self._check_axes(ctx, x)
        made = self._made()
        return dict.fromkeys(made, self.kept(ctx, x)) if made else {}

    def _check_axes(self, ctx: Context, x: Tensor) -> None:
        if isinstance(x.shape, Unknown) or isinstance(self.axes, Unknown):
            return
        for axis in self.axes:
            if not -len(x.shape) <= axis < len(x.shape):
                raise Refused(AxisOutOfRange(ctx.operation, str(axis), x.shape))

    def _made(self) -> list[str]:
        return [*(name for name, on in self.switches() if on is not False), *self.names]

    def switches(self) -> tuple[tuple[str, object], ...]:
        """Weights that an argument turns off."""
        return ("gamma", self.arguments["scale"]), ("beta", self.arguments["center"])

    def kept(self, ctx: Context, x: Tensor) -> Shape:
        """Sizes along the layer's axes.

        Raises:
            Refused: the tensor has no such axis, or its size is not known while building.
        """
        if isinstance(x.shape, Unknown) or isinstance(self.axes, Unknown):
            return (UNKNOWN,)
        self._check_axes(ctx, x)
        for axis in self.axes:
            if isinstance(x.shape[axis], Dynamic):
                raise Refused(UndefinedFeatureDim(ctx.operation, axis % len(x.shape), x.shape))
        return tuple(x.shape[axis] for axis in self.axes)

    def output(self, ctx: Context, x: Tensor) -> object:
        return x


class NormalizingChannels(Normalizing):
    """A layer whose one axis is meant to hold the channels."""

    def misread(self, ctx: Context, x: Tensor) -> Misread | None:
        if isinstance(x.shape, Unknown) or isinstance(self.axes, Unknown) or len(self.axes) != 1:
            return None
        return misread_channels(ctx, x, self.axes[0] % len(x.shape))


def misread_channels(ctx: Context, x: Tensor, axis: int) -> Misread | None:
    """A layer takes ``axis`` for the channels of a spatial layer's output, and it is the one of the other layout.

    Sequences are spared where the channels are last: a statistic for each step may be meant.
    """
    if x.layout is None or isinstance(x.shape, Unknown) or len(x.shape) < (3 if x.layout == "channels_first" else 4):
        return None
    other, right = (-1, 1) if x.layout == "channels_first" else (1, -1)
    if axis != other % len(x.shape):
        return None
    right %= len(x.shape)
    return Misread(
        ChannelAxisMismatchSilent(ctx.operation, x.shape, x.layout, axis, x.shape[axis], right, x.shape[right])
    )


@layer(
    "BatchNormalization(axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True, beta_initializer='zeros', "
    "gamma_initializer='ones', moving_mean_initializer='zeros', moving_variance_initializer='ones', "
    "beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None, renorm=False, "
    "renorm_clipping=None, renorm_momentum=0.99, synchronized=False)"
)
class BatchNormalization(NormalizingChannels):
    """Statistics over all axes but one, which holds the channels."""

    names = ("moving_mean", "moving_variance")

    def switches(self) -> tuple[tuple[str, object], ...]:
        renorm = self.arguments["renorm"] is True
        extra = tuple((name, renorm) for name in ("moving_stddev", "renorm_mean", "renorm_stddev"))
        return (*super().switches(), *extra)


@layer(f"LayerNormalization(axis=-1, epsilon=0.001, center=True, scale=True, {_SCALE_OPTIONS})")
class LayerNormalization(Normalizing):
    """Statistics within each sample, over the given axes."""

    passed_on = frozenset({"rms_scaling"})

    def switches(self) -> tuple[tuple[str, object], ...]:
        if self.arguments.get("rms_scaling", False) is not False:
            return (("gamma", True),)
        return super().switches()

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        if not isinstance(self.axes, Unknown):
            self.axes = tuple(sorted(self.axes))


@layer("RMSNormalization(axis=-1, epsilon=1e-06)")
class RMSNormalization(Normalizing):
    """Division by the root mean square."""

    def switches(self) -> tuple[tuple[str, object], ...]:
        return (("scale", True),)


@layer(f"GroupNormalization(groups=32, axis=-1, epsilon=0.001, center=True, scale=True, {_SCALE_OPTIONS})")
class GroupNormalization(NormalizingChannels):
    """Statistics within groups of channels."""

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        self.kept(ctx, x)  # the groups are checked even when there is no weight
        return super().weights(ctx, x)

    def kept(self, ctx: Context, x: Tensor) -> Shape:
        sizes = super().kept(ctx, x)
        groups = self.arguments["groups"]
        size = sizes[0] if len(sizes) == 1 else UNKNOWN
        if isinstance(size, int) and isinstance(groups, int) and groups > 0 and size % groups:
            wanted = f"a divisor of the {size} input channels"
            raise Refused(ArgumentSize(ctx.operation, "groups", str(groups), wanted))
        return sizes


@layer("UnitNormalization(axis=-1)")
class UnitNormalization(Unchanged):
    """Division by the norm."""


@layer("Normalization(axis=-1, mean=None, variance=None, invert=False)")
class Normalization(Normalizing):
    """Statistics of the training data, learned by ``adapt``; ``axis`` names the axes that keep their own."""

    takes_numbers = True

    def configure(self, ctx: Context) -> None:
        given = self.arguments["axis"]
        self.axes = () if given is None else read.axes(given)
        self.stated = self.arguments["mean"] is not None

    def switches(self) -> tuple[tuple[str, object], ...]:
        return (("mean", not self.stated),)

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        shape = self.kept(ctx, x)
        return {} if self.stated else {"mean": shape, "variance": shape, "count": ()}
