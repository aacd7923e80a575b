"""Recurrent layers, and the layers that wrap another layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.layer import Built, Call, Layer, autocast
from convlint.catalog.registry import layer
from convlint.catalog.spatial import channel_axis, slide
from convlint.catalog.tensor import Tensor
from convlint.problems import ArgumentSize, InputRankMismatch, StrideWithDilation, UndefinedFeatureDim
from convlint.shapes.dims import UNKNOWN, Dim, Dynamic, Unknown, scale
from convlint.shapes.shape import Shape

_KERNELS = (
    "use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros'"
)
_LIMITS = (
    "kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, "
    "kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0"
)
_RETURNS = "return_sequences=False, return_state=False, go_backwards=False, stateful=False"


class Recurrent(Layer):
    """Reads a sequence step by step.

    Shape: ``(batch, steps, features) -> (batch, units)``, with ``return_sequences``
    ``(batch, steps, units)``; with ``return_state`` a tuple of that and the last states
    ``(batch, units)``. Kernel: ``(features, gates * units)``.

    Source: ``keras/src/layers/rnn/``.
    """

    ranks = (3,)
    passed_on = frozenset({"zero_output_for_mask"})
    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1

    def configure(self, ctx: Context) -> None:
        self.units = read.positive(ctx, "units", self.arguments["units"])

    def feature_axis(self) -> int | None:
        return -1

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        features: Dim = UNKNOWN if isinstance(x.shape, Unknown) else x.shape[-1]
        width = scale(self.units, self.gates)
        made: dict[str, Shape] = {"kernel": (features, width), "recurrent_kernel": (self.units, width)}
        if self.arguments["use_bias"] is not False:
            made["bias"] = self.bias(width)
        return made

    def bias(self, width: Dim) -> Shape:
        """Shape of the bias."""
        return (width,)

    def output(self, ctx: Context, x: Tensor) -> object:
        batch, steps = (UNKNOWN, UNKNOWN) if isinstance(x.shape, Unknown) else x.shape[:2]
        return returned(self.arguments, x, batch, steps, (self.units,), self.states)


def returned(arguments: Mapping[str, object], x: Tensor, batch: Dim, steps: Dim, state: Shape, states: int) -> object:
    """What a recurrent layer gives back, by ``return_sequences`` and ``return_state``."""
    last = Tensor((batch, *state), x.dtype, x.kind)
    sequences, with_state = arguments["return_sequences"], arguments["return_state"]
    if not isinstance(sequences, bool | int) or not isinstance(with_state, bool | int):
        return UNKNOWN
    result = replace(last, shape=(batch, steps, *state)) if sequences else last
    return (result, *[last] * states) if with_state else result


@layer(f"SimpleRNN(units, activation='tanh', {_KERNELS}, {_LIMITS}, {_RETURNS}, unroll=False, seed=None)")
class SimpleRNN(Recurrent):
    """One gate."""


@layer(
    f"GRU(units, activation='tanh', recurrent_activation='sigmoid', {_KERNELS}, {_LIMITS}, seed=None, {_RETURNS}, "
    "unroll=False, reset_after=True, use_cudnn='auto')"
)
class GRU(Recurrent):
    """Three gates; ``reset_after`` keeps a second bias."""

    gates = 3
    passed_on = frozenset({"zero_output_for_mask", "implementation"})

    def bias(self, width: Dim) -> Shape:
        return (width,) if self.arguments["reset_after"] is False else (2, width)


@layer(
    f"LSTM(units, activation='tanh', recurrent_activation='sigmoid', {_KERNELS}, unit_forget_bias=True, {_LIMITS}, "
    f"seed=None, {_RETURNS}, unroll=False, use_cudnn='auto')"
)
class LSTM(Recurrent):
    """Four gates and two states."""

    gates, states = 4, 2
    passed_on = frozenset({"zero_output_for_mask", "implementation"})


@layer("RNN(cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, "
       "zero_output_for_mask=False)")  # fmt: skip
class RNN(Layer):
    """A cell of any kind; its output is not known."""


class ConvRecurrent(Layer):
    """A sequence of images, read by convolutions.

    Shape: channels_last ``(batch, steps, *spatial, channels) -> (batch, *positions, filters)``.
    Kernel: ``(*kernel_size, channels, 4 * filters)``.

    Source: ``keras/src/layers/rnn/conv_lstm.py``.
    """

    spatial_rank: ClassVar[int]
    passed_on = frozenset({"zero_output_for_mask", "unroll"})

    @property
    def ranks(self) -> tuple[int, ...]:  # type: ignore[override]
        """Accepted input ranks, batch and steps included."""
        return (self.spatial_rank + 3,)

    def configure(self, ctx: Context) -> None:
        given, rank = self.arguments, self.spatial_rank
        self.filters = read.positive(ctx, "filters", given["filters"])
        self.kernel_size = read.window(ctx, "kernel_size", given["kernel_size"], rank)
        self.strides = read.window(ctx, "strides", given["strides"], rank)
        self.dilation = read.window(ctx, "dilation_rate", given["dilation_rate"], rank)
        self.padding = read.padding(ctx, given["padding"], ("valid", "same"))
        self.data_format = read.data_format(ctx, given["data_format"])
        strided = any(isinstance(step, int) and step > 1 for step in self.strides)
        if strided and any(isinstance(step, int) and step > 1 for step in self.dilation):
            raise Refused(StrideWithDilation(ctx.operation, str(self.strides), str(self.dilation)))

    def feature_axis(self) -> int | None:
        if isinstance(self.data_format, Unknown):
            return None
        return -1 if self.data_format == "channels_last" else 2

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        axis = self.feature_axis()
        channels: Dim = UNKNOWN if axis is None or isinstance(x.shape, Unknown) else x.shape[axis]
        width = scale(self.filters, 4)
        made: dict[str, Shape] = {
            "kernel": (*self.kernel_size, channels, width),
            "recurrent_kernel": (*self.kernel_size, self.filters, width),
        }
        if self.arguments["use_bias"] is not False:
            made["bias"] = (width,)
        return made

    def output(self, ctx: Context, x: Tensor) -> object:
        if isinstance(x.shape, Unknown) or isinstance(self.data_format, Unknown):
            return UNKNOWN
        for axis, size in enumerate(x.shape[2:], start=2):
            if isinstance(size, Dynamic):
                raise Refused(UndefinedFeatureDim(ctx.operation, axis, x.shape))
        step = replace(x, shape=(x.shape[0], *x.shape[2:]), layout=self.data_format)
        window = (self.kernel_size, self.strides, self.dilation)
        places = slide(ctx, step, self.data_format, *window, self.padding, filters=self.filters)
        state = (*places, self.filters) if channel_axis(self.data_format) == -1 else (self.filters, *places)
        return returned(self.arguments, x, x.shape[0], x.shape[1], state, 2)


def _conv_lstm(rank: int) -> str:
    return (
        f"ConvLSTM{rank}D(filters, kernel_size, strides=1, padding='valid', data_format=None, "
        f"dilation_rate=1, activation='tanh', recurrent_activation='sigmoid', {_KERNELS}, "
        f"unit_forget_bias=True, {_LIMITS}, seed=None, {_RETURNS})"
    )


@layer(_conv_lstm(1))
class ConvLSTM1D(ConvRecurrent):
    """One spatial axis."""

    spatial_rank = 1


@layer(_conv_lstm(2))
class ConvLSTM2D(ConvRecurrent):
    """Two spatial axes."""

    spatial_rank = 2


@layer(_conv_lstm(3))
class ConvLSTM3D(ConvRecurrent):
    """Three spatial axes."""

    spatial_rank = 3


def inner_layer(value: object) -> Layer | None:
    """The catalog's layer in a wrapper's argument, or in the front end's object for one."""
    if isinstance(value, Layer):
        return value
    held = getattr(value, "layer", None)
    return held if isinstance(held, Layer) else None


class Wrapper(Layer):
    """A layer around another one, which is unknown where the catalog does not have it."""

    def configure(self, ctx: Context) -> None:
        self.inner = inner_layer(self.arguments["layer"])


@layer("TimeDistributed(layer)")
class TimeDistributed(Wrapper):
    """Calls its layer on each step: ``(batch, steps, *sample)`` as ``(batch, *sample)``.

    Source: ``keras/src/layers/rnn/time_distributed.py``.
    """

    min_rank = 3

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        inputs, built = call.inputs, call.built
        if not isinstance(inputs, Tensor) or isinstance(inputs.shape, Unknown):
            return call.unknown
        x, shape = autocast(inputs), inputs.shape
        if len(shape) < 3:
            raise Refused(InputRankMismatch(ctx.operation, "3 or more", len(shape), shape))
        if self.inner is None:
            return Tensor(UNKNOWN, UNKNOWN, x.kind), built or Built(UNKNOWN, {})
        step = replace(x, shape=(shape[0], *shape[2:]), layout=None)
        before = built
        if built is not None and not isinstance(built.input_shape, Unknown):
            before = Built((built.input_shape[0], *built.input_shape[2:]), built.weights)
        result, after = self.inner.call(ctx, replace(call, inputs=step, built=before))
        if not isinstance(result, Tensor) or isinstance(result.shape, Unknown):
            return Tensor(UNKNOWN, UNKNOWN, x.kind), Built(shape, after.weights)
        spread = replace(result, shape=(result.shape[0], shape[1], *result.shape[1:]), layout=None)
        return spread, Built(shape, after.weights)


@layer("Bidirectional(layer, merge_mode='concat', weights=None, backward_layer=None)")
class Bidirectional(Wrapper):
    """Runs its layer forwards and backwards and merges the two.

    Source: ``keras/src/layers/rnn/bidirectional.py``.
    """

    modes = ("sum", "mul", "concat", "ave", None)

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        self.mode = self.arguments["merge_mode"]
        if isinstance(self.mode, str) and self.mode not in self.modes:
            wanted = '"sum", "mul", "concat", "ave" or None'
            raise Refused(ArgumentSize(ctx.operation, "merge_mode", repr(self.mode), wanted))

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        if self.inner is None or not isinstance(call.inputs, Tensor) or self.arguments["backward_layer"] is not None:
            return call.unknown
        before = built = call.built
        if built is not None:
            forward = {name[8:]: shape for name, shape in built.weights.items() if name.startswith("forward_")}
            before = Built(built.input_shape, forward)
        result, after = self.inner.call(ctx, replace(call, built=before))
        weights = {f"{way}_{name}": shape for way in ("forward", "backward") for name, shape in after.weights.items()}
        return self._merged(result), Built(after.input_shape, weights)

    def _merged(self, result: object) -> object:
        first, states = (result[0], result[1:]) if isinstance(result, tuple) and result else (result, ())
        if not isinstance(first, Tensor) or isinstance(first.shape, Unknown) or isinstance(self.mode, Unknown):
            return UNKNOWN
        if self.mode is None:
            outputs: tuple[object, ...] = (first, first)
        elif self.mode == "concat":
            outputs = (replace(first, shape=(*first.shape[:-1], scale(first.shape[-1], 2))),)
        else:
            outputs = (first,)
        if states:
            return (*outputs, *states, *states)
        return outputs[0] if len(outputs) == 1 else outputs


@layer("SpectralNormalization(layer, power_iterations=1)")
class SpectralNormalization(Wrapper):
    """Keeps its layer's output; what it adds to the weights is not known."""

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        if self.inner is None:
            return call.unknown
        result, after = self.inner.call(ctx, call)
        return result, Built(after.input_shape, {**after.weights, "vector_u": (UNKNOWN,)})
