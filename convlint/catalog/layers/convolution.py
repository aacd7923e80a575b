"""Convolution layers of every rank; they own their kernels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import ClassVar

from convlint.catalog import activations
from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.layer import Built, Call, Layer
from convlint.catalog.layers.activation import SOFTMAX, misread_softmax
from convlint.catalog.layers.core import fixed_by_lora, with_lora
from convlint.catalog.registry import layer
from convlint.catalog.spatial import channel_axis, slide, spatial_axes
from convlint.catalog.tensor import Content, Tensor
from convlint.problems import ArgumentSize, StrideWithDilation
from convlint.shapes.dims import UNKNOWN, Dim, Unknown, floor_divide, multiply
from convlint.shapes.shape import Shape
from convlint.shapes.windows import transposed_length

_WEIGHT_OPTIONS = (
    "activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', "
    "kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, "
    "kernel_constraint=None, bias_constraint=None"
)


_LORA = frozenset({"lora_rank", "lora_alpha"})
"""What ``BaseConv`` takes and the classes above it do not list."""


class Convolution(Layer):
    """A convolution with ``filters`` kernels.

    Shape: channels_last ``(batch, *spatial, channels) -> (batch, *positions, filters)``;
    channels_first ``(batch, channels, *spatial) -> (batch, filters, *positions)``.
    Kernel: ``(*kernel_size, channels // groups, filters)`` in either layout.

    Source: ``keras/src/layers/convolutional/base_conv.py``.
    """

    spatial_rank: ClassVar[int]
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    def configure(self, ctx: Context) -> None:
        given, rank = self.arguments, self.spatial_rank
        self.filters = read.positive(ctx, "filters", given["filters"])
        self.kernel_size = read.window(ctx, "kernel_size", given["kernel_size"], rank)
        self.strides = read.window(ctx, "strides", given["strides"], rank)
        self.dilation = read.window(ctx, "dilation_rate", given["dilation_rate"], rank)
        self.padding = read.padding(ctx, given["padding"], self.paddings)
        self.data_format = read.data_format(ctx, given["data_format"])
        self.groups = read.positive(ctx, "groups", given["groups"])
        self.use_bias = given["use_bias"] is not False
        self._check_groups(ctx)
        self._check_strides(ctx)

    def _check_groups(self, ctx: Context) -> None:
        if isinstance(self.filters, int) and isinstance(self.groups, int) and self.filters % self.groups:
            wanted = f"a divisor of the {self.filters} filters"
            raise Refused(ArgumentSize(ctx.operation, "groups", str(self.groups), wanted))

    def _check_strides(self, ctx: Context) -> None:
        strided = any(isinstance(step, int) and step > 1 for step in self.strides)
        dilated = any(isinstance(step, int) and step > 1 for step in self.dilation)
        if strided and dilated:
            raise Refused(StrideWithDilation(ctx.operation, str(self.strides), str(self.dilation)))

    @property
    def ranks(self) -> tuple[int, ...]:  # type: ignore[override]
        """Accepted input ranks, batch included."""
        return (self.spatial_rank + 2,)

    def feature_axis(self) -> int | None:
        return None if isinstance(self.data_format, Unknown) else channel_axis(self.data_format)

    def channels(self, x: Tensor) -> Dim:
        """Channels of the input, unknown where the shape or the layout is."""
        axis = self.feature_axis()
        return UNKNOWN if axis is None or isinstance(x.shape, Unknown) else x.shape[axis]

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        channels = self.channels(x)
        if isinstance(channels, int) and isinstance(self.groups, int) and channels % self.groups:
            wanted = f"a divisor of the {channels} input channels"
            raise Refused(ArgumentSize(ctx.operation, "groups", str(self.groups), wanted))
        made = {"kernel": (*self.kernel_size, floor_divide(channels, self.groups), self.filters)}
        return with_lora(self.with_bias(made, self.filters), "kernel", self.arguments)

    def fixed(self, names: Iterable[str]) -> frozenset[str]:
        return fixed_by_lora(super().fixed(names), "kernel", self.arguments)

    def with_bias(self, weights: dict[str, Shape], size: Dim) -> dict[str, Shape]:
        """Add the bias unless ``use_bias`` is false."""
        if self.use_bias:
            weights["bias"] = (size,)
        return weights

    def output(self, ctx: Context, x: Tensor) -> object:
        return self.slid(ctx, x, self.filters)

    def content(self, ctx: Context, x: Tensor, output: Tensor) -> Content | None:
        # A softmax works on the last axis, where channels_last has its channels.
        name = self.arguments["activation"]
        if output.layout == "channels_last" or name != "softmax":
            return activations.apply(ctx, name, output)
        return None

    def slid(self, ctx: Context, x: Tensor, filters: Dim) -> Tensor:
        """The output of the window, with this many channels."""
        window = (self.kernel_size, self.strides, self.dilation)
        places = slide(ctx, x, self.data_format, *window, self.padding, filters=filters)
        return self.arranged(x, places, filters)

    def arranged(self, x: Tensor, spatial: tuple[Dim, ...], channels: Dim) -> Tensor:
        """The output tensor, its axes in the order of the layer's layout."""
        batch = UNKNOWN if isinstance(x.shape, Unknown) else x.shape[0]
        if isinstance(self.data_format, Unknown):
            return Tensor((batch,) + (UNKNOWN,) * (len(spatial) + 1), x.dtype, x.kind)
        inner = (*spatial, channels) if self.data_format == "channels_last" else (channels, *spatial)
        return Tensor((batch, *inner), x.dtype, x.kind, self.data_format)

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        x = call.inputs
        if ctx.keras < 3 and isinstance(x, Tensor) and x.rank is not None and x.rank > self.spatial_rank + 2:
            # Keras 2 takes the axes in front for batches: TensorFlow's `squeeze_batch_dims`.
            call = replace(call, inputs=replace(x, shape=UNKNOWN))
        output, built = super().call(ctx, call)
        if isinstance(output, Tensor) and self.arguments["activation"] in SOFTMAX:
            misread = misread_softmax(ctx, output)
            if misread is not None:
                ctx.note(misread.silent)
        return output, built


@layer(
    "Conv1D(filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, groups=1, "
    f"{_WEIGHT_OPTIONS})",
    "Convolution1D",
)
class Conv1D(Convolution):
    """One spatial axis; ``causal`` padding looks only backwards."""

    spatial_rank = 1
    passed_on = _LORA
    paddings = ("valid", "same", "causal")


@layer(
    "Conv2D(filters, kernel_size, strides=(1, 1), padding='valid', data_format=None, dilation_rate=(1, 1), groups=1, "
    f"{_WEIGHT_OPTIONS})",
    "Convolution2D",
)
class Conv2D(Convolution):
    """Two spatial axes."""

    spatial_rank = 2
    passed_on = _LORA


@layer(
    "Conv3D(filters, kernel_size, strides=(1, 1, 1), padding='valid', data_format=None, dilation_rate=(1, 1, 1), "
    f"groups=1, {_WEIGHT_OPTIONS})",
    "Convolution3D",
)
class Conv3D(Convolution):
    """Three spatial axes."""

    spatial_rank = 3
    passed_on = _LORA


_DEPTHWISE_OPTIONS = (
    "activation=None, use_bias=True, depthwise_initializer='glorot_uniform', bias_initializer='zeros', "
    "depthwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, "
    "depthwise_constraint=None, bias_constraint=None"
)
_SEPARABLE_OPTIONS = (
    "activation=None, use_bias=True, depthwise_initializer='glorot_uniform', "
    "pointwise_initializer='glorot_uniform', bias_initializer='zeros', depthwise_regularizer=None, "
    "pointwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, "
    "depthwise_constraint=None, pointwise_constraint=None, bias_constraint=None"
)


class DepthwiseConvolution(Convolution):
    """A convolution of each channel by itself, ``depth_multiplier`` kernels a channel.

    Shape: channels_last ``(batch, *spatial, channels) -> (batch, *positions, channels * depth_multiplier)``.
    Kernel: ``(*kernel_size, channels, depth_multiplier)``. Strides together with dilation are accepted.

    Source: ``keras/src/layers/convolutional/base_depthwise_conv.py``.
    """

    def configure(self, ctx: Context) -> None:
        given, rank = self.arguments, self.spatial_rank
        self.depth_multiplier = read.positive(ctx, "depth_multiplier", given["depth_multiplier"])
        self.kernel_size = read.window(ctx, "kernel_size", given["kernel_size"], rank)
        self.strides = read.window(ctx, "strides", given["strides"], rank)
        self.dilation = read.window(ctx, "dilation_rate", given["dilation_rate"], rank)
        self.padding = read.padding(ctx, given["padding"], ("valid", "same"))
        self.data_format = read.data_format(ctx, given["data_format"])
        self.use_bias = given["use_bias"] is not False

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        channels = self.channels(x)
        made = {"kernel": (*self.kernel_size, channels, self.depth_multiplier)}
        return self.with_bias(made, multiply(channels, self.depth_multiplier))

    def output(self, ctx: Context, x: Tensor) -> object:
        return self.slid(ctx, x, multiply(self.channels(x), self.depth_multiplier))


@layer(
    "DepthwiseConv1D(kernel_size, strides=1, padding='valid', depth_multiplier=1, data_format=None, "
    f"dilation_rate=1, {_DEPTHWISE_OPTIONS})"
)
class DepthwiseConv1D(DepthwiseConvolution):
    """One spatial axis."""

    spatial_rank = 1


@layer(
    "DepthwiseConv2D(kernel_size, strides=(1, 1), padding='valid', depth_multiplier=1, data_format=None, "
    f"dilation_rate=(1, 1), {_DEPTHWISE_OPTIONS})"
)
class DepthwiseConv2D(DepthwiseConvolution):
    """Two spatial axes."""

    spatial_rank = 2


class SeparableConvolution(DepthwiseConvolution):
    """A depthwise convolution followed by a 1 x 1 convolution.

    Shape: channels_last ``(batch, *spatial, channels) -> (batch, *positions, filters)``.
    Kernels: ``(*kernel_size, channels, depth_multiplier)`` and
    ``(1, ..., channels * depth_multiplier, filters)``.

    Source: ``keras/src/layers/convolutional/base_separable_conv.py``.
    """

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        self.filters = read.positive(ctx, "filters", self.arguments["filters"])

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        channels = self.channels(x)
        inner = multiply(channels, self.depth_multiplier)
        made: dict[str, Shape] = {
            "depthwise_kernel": (*self.kernel_size, channels, self.depth_multiplier),
            "pointwise_kernel": (*(1,) * self.spatial_rank, inner, self.filters),
        }
        return self.with_bias(made, self.filters)

    def output(self, ctx: Context, x: Tensor) -> object:
        return self.slid(ctx, x, self.filters)


@layer(
    "SeparableConv1D(filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, "
    f"depth_multiplier=1, {_SEPARABLE_OPTIONS})",
    "SeparableConvolution1D",
)
class SeparableConv1D(SeparableConvolution):
    """One spatial axis."""

    spatial_rank = 1


@layer(
    "SeparableConv2D(filters, kernel_size, strides=(1, 1), padding='valid', data_format=None, "
    f"dilation_rate=(1, 1), depth_multiplier=1, {_SEPARABLE_OPTIONS})",
    "SeparableConvolution2D",
)
class SeparableConv2D(SeparableConvolution):
    """Two spatial axes."""

    spatial_rank = 2


class TransposedConvolution(Convolution):
    """A convolution run backwards: it enlarges the image.

    Shape: channels_last ``(batch, *spatial, channels) -> (batch, *lengths, filters)``.
    Kernel: ``(*kernel_size, filters, channels)``.

    Source: ``keras/src/layers/convolutional/base_conv_transpose.py``.
    """

    def configure(self, ctx: Context) -> None:
        given, rank = self.arguments, self.spatial_rank
        self.filters = read.positive(ctx, "filters", given["filters"])
        self.kernel_size = read.window(ctx, "kernel_size", given["kernel_size"], rank)
        self.strides = read.window(ctx, "strides", given["strides"], rank)
        self.dilation = read.window(ctx, "dilation_rate", given["dilation_rate"], rank)
        self.padding = read.padding(ctx, given["padding"], ("valid", "same"))
        self.data_format = read.data_format(ctx, given["data_format"])
        self.use_bias = given["use_bias"] is not False
        self.output_padding: tuple[Dim | None, ...] = (None,) * rank
        if given["output_padding"] is not None:
            self.output_padding = read.window(ctx, "output_padding", given["output_padding"], rank, allow_zero=True)
        self._check_strides(ctx)
        for extra, step in zip(self.output_padding, self.strides):
            if isinstance(extra, int) and isinstance(step, int) and extra >= step:
                wanted = f"less than strides={self.strides}"
                raise Refused(ArgumentSize(ctx.operation, "output_padding", str(self.output_padding), wanted))

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        made = {"kernel": (*self.kernel_size, self.filters, self.channels(x))}
        return self.with_bias(made, self.filters)

    def output(self, ctx: Context, x: Tensor) -> object:
        sizes: tuple[Dim, ...] = (UNKNOWN,) * self.spatial_rank
        if not isinstance(x.shape, Unknown) and not isinstance(self.data_format, Unknown):
            sizes = tuple(x.shape[axis] for axis in spatial_axes(self.spatial_rank, self.data_format))
        if isinstance(self.padding, Unknown):
            return self.arranged(x, (UNKNOWN,) * self.spatial_rank, self.filters)
        padding = self.padding
        lengths = tuple(
            transposed_length(size, taps, step, padding, extra, dilation)
            for size, taps, step, extra, dilation in zip(
                sizes, self.kernel_size, self.strides, self.output_padding, self.dilation
            )
        )
        return self.arranged(x, lengths, self.filters)


@layer(
    "Conv1DTranspose(filters, kernel_size, strides=1, padding='valid', output_padding=None, data_format=None, "
    f"dilation_rate=1, {_WEIGHT_OPTIONS})",
    "Convolution1DTranspose",
)
class Conv1DTranspose(TransposedConvolution):
    """One spatial axis."""

    spatial_rank = 1


@layer(
    "Conv2DTranspose(filters, kernel_size, strides=(1, 1), padding='valid', output_padding=None, "
    f"data_format=None, dilation_rate=(1, 1), {_WEIGHT_OPTIONS})",
    "Convolution2DTranspose",
    "Deconvolution2D",
    "Deconv2D",
)
class Conv2DTranspose(TransposedConvolution):
    """Two spatial axes."""

    spatial_rank = 2


@layer(
    "Conv3DTranspose(filters, kernel_size, strides=(1, 1, 1), padding='valid', data_format=None, "
    f"output_padding=None, dilation_rate=(1, 1, 1), {_WEIGHT_OPTIONS})",
    "Convolution3DTranspose",
    "Deconvolution3D",
    "Deconv3D",
)
class Conv3DTranspose(TransposedConvolution):
    """Three spatial axes."""

    spatial_rank = 3
