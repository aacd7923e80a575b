"""Pooling layers: the largest or the mean value of a window, or of the whole image."""

from __future__ import annotations

from typing import ClassVar

from convlint.catalog import arguments as read
from convlint.catalog.context import Context
from convlint.catalog.layer import Layer
from convlint.catalog.registry import layer
from convlint.catalog.spatial import channel_axis, slide
from convlint.catalog.tensor import Tensor
from convlint.shapes.dims import UNKNOWN, Dim, Unknown


class SpatialLayer(Layer):
    """A layer without weights that knows which axes are the image's."""

    spatial_rank: ClassVar[int]

    @property
    def ranks(self) -> tuple[int, ...]:  # type: ignore[override]
        """Accepted input ranks, batch included."""
        return (self.spatial_rank + 2,)

    def configure(self, ctx: Context) -> None:
        self.data_format = read.data_format(ctx, self.arguments.get("data_format"))

    def arranged(self, x: Tensor, spatial: tuple[Dim, ...]) -> Tensor:
        """The output: the input's batch and channels around other spatial sizes."""
        if isinstance(x.shape, Unknown):
            return Tensor((UNKNOWN,) * (self.spatial_rank + 2), x.dtype, x.kind)
        if isinstance(self.data_format, Unknown):
            return Tensor((x.shape[0],) + (UNKNOWN,) * (self.spatial_rank + 1), x.dtype, x.kind)
        channels = x.shape[channel_axis(self.data_format)]
        inner = (*spatial, channels) if self.data_format == "channels_last" else (channels, *spatial)
        return Tensor((x.shape[0], *inner), x.dtype, x.kind, self.data_format)


class Pooling(SpatialLayer):
    """One value for each window of ``pool_size``.

    Shape: channels_last ``(batch, *spatial, channels) -> (batch, *positions, channels)``.

    Source: ``keras/src/layers/pooling/base_pooling.py``.
    """

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        given, rank = self.arguments, self.spatial_rank
        self.pool_size = read.window(ctx, "pool_size", given["pool_size"], rank)
        self.strides = self.pool_size
        if given["strides"] is not None:
            self.strides = read.window(ctx, "strides", given["strides"], rank)
        self.padding = read.lower_case_padding(ctx, given["padding"], ("valid", "same"))

    def output(self, ctx: Context, x: Tensor) -> object:
        ones = (1,) * self.spatial_rank
        places = slide(ctx, x, self.data_format, self.pool_size, self.strides, ones, self.padding)
        return self.arranged(x, places)


class GlobalPooling(SpatialLayer):
    """One value for each channel.

    Shape: channels_last ``(batch, *spatial, channels) -> (batch, channels)``; with ``keepdims``
    ``(batch, 1, ..., channels)``.

    Source: ``keras/src/layers/pooling/base_global_pooling.py``.
    """

    def output(self, ctx: Context, x: Tensor) -> object:
        kept = self.arranged(x, (1,) * self.spatial_rank)
        keepdims = self.arguments["keepdims"]
        if keepdims is False:
            if isinstance(kept.shape, Unknown) or isinstance(self.data_format, Unknown):
                batch = UNKNOWN if isinstance(kept.shape, Unknown) else kept.shape[0]
                return Tensor((batch, UNKNOWN), x.dtype, x.kind)
            return Tensor((kept.shape[0], kept.shape[channel_axis(self.data_format)]), x.dtype, x.kind)
        return kept if keepdims is True else Tensor(UNKNOWN, x.dtype, x.kind)


@layer("MaxPooling1D(pool_size=2, strides=None, padding='valid', data_format=None, name=None)", "MaxPool1D")
class MaxPooling1D(Pooling):
    """The largest value, one spatial axis."""

    spatial_rank = 1


@layer("MaxPooling2D(pool_size=(2, 2), strides=None, padding='valid', data_format=None, name=None)", "MaxPool2D")
class MaxPooling2D(Pooling):
    """The largest value, two spatial axes."""

    spatial_rank = 2


@layer("MaxPooling3D(pool_size=(2, 2, 2), strides=None, padding='valid', data_format=None, name=None)", "MaxPool3D")
class MaxPooling3D(Pooling):
    """The largest value, three spatial axes."""

    spatial_rank = 3


@layer(
    "AveragePooling1D(pool_size, strides=None, padding='valid', data_format=None, name=None)",
    "AvgPool1D",
    keras2="AveragePooling1D(pool_size=2, strides=None, padding='valid', data_format=None)",
)
class AveragePooling1D(Pooling):
    """The mean, one spatial axis."""

    spatial_rank = 1


@layer(
    "AveragePooling2D(pool_size, strides=None, padding='valid', data_format=None, name=None)",
    "AvgPool2D",
    keras2="AveragePooling2D(pool_size=(2, 2), strides=None, padding='valid', data_format=None)",
)
class AveragePooling2D(Pooling):
    """The mean, two spatial axes."""

    spatial_rank = 2


@layer(
    "AveragePooling3D(pool_size, strides=None, padding='valid', data_format=None, name=None)",
    "AvgPool3D",
    keras2="AveragePooling3D(pool_size=(2, 2, 2), strides=None, padding='valid', data_format=None)",
)
class AveragePooling3D(Pooling):
    """The mean, three spatial axes."""

    spatial_rank = 3


@layer("GlobalMaxPooling1D(data_format=None, keepdims=False)", "GlobalMaxPool1D")
class GlobalMaxPooling1D(GlobalPooling):
    """The largest value, one spatial axis."""

    spatial_rank = 1


@layer("GlobalMaxPooling2D(data_format=None, keepdims=False)", "GlobalMaxPool2D")
class GlobalMaxPooling2D(GlobalPooling):
    """The largest value, two spatial axes."""

    spatial_rank = 2


@layer("GlobalMaxPooling3D(data_format=None, keepdims=False)", "GlobalMaxPool3D")
class GlobalMaxPooling3D(GlobalPooling):
    """The largest value, three spatial axes."""

    spatial_rank = 3


@layer("GlobalAveragePooling1D(data_format=None, keepdims=False)", "GlobalAvgPool1D")
class GlobalAveragePooling1D(GlobalPooling):
    """The mean, one spatial axis."""

    spatial_rank = 1


@layer("GlobalAveragePooling2D(data_format=None, keepdims=False)", "GlobalAvgPool2D")
class GlobalAveragePooling2D(GlobalPooling):
    """The mean, two spatial axes."""

    spatial_rank = 2


@layer("GlobalAveragePooling3D(data_format=None, keepdims=False)", "GlobalAvgPool3D")
class GlobalAveragePooling3D(GlobalPooling):
    """The mean, three spatial axes."""

    spatial_rank = 3


class AdaptivePooling(SpatialLayer):
    """As many values along each spatial axis as ``output_size`` says.

    Shape: channels_last ``(batch, *spatial, channels) -> (batch, *output_size, channels)``.

    Source: ``keras/src/layers/pooling/base_adaptive_pooling.py``.
    """

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        self.output_size = read.window(ctx, "output_size", self.arguments["output_size"], self.spatial_rank)

    def output(self, ctx: Context, x: Tensor) -> object:
        return self.arranged(x, self.output_size)


@layer("AdaptiveAveragePooling1D(output_size, data_format=None)")
class AdaptiveAveragePooling1D(AdaptivePooling):
    """The mean, one spatial axis."""

    spatial_rank = 1


@layer("AdaptiveAveragePooling2D(output_size, data_format=None)")
class AdaptiveAveragePooling2D(AdaptivePooling):
    """The mean, two spatial axes."""

    spatial_rank = 2


@layer("AdaptiveAveragePooling3D(output_size, data_format=None)")
class AdaptiveAveragePooling3D(AdaptivePooling):
    """The mean, three spatial axes."""

    spatial_rank = 3


@layer("AdaptiveMaxPooling1D(output_size, data_format=None)")
class AdaptiveMaxPooling1D(AdaptivePooling):
    """The largest value, one spatial axis."""

    spatial_rank = 1


@layer("AdaptiveMaxPooling2D(output_size, data_format=None)")
class AdaptiveMaxPooling2D(AdaptivePooling):
    """The largest value, two spatial axes."""

    spatial_rank = 2


@layer("AdaptiveMaxPooling3D(output_size, data_format=None)")
class AdaptiveMaxPooling3D(AdaptivePooling):
    """The largest value, three spatial axes."""

    spatial_rank = 3
