"""Recurrent layers and their cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.layer import Built, Call, Layer
from convlint.catalog.layers.wrapping import inner_layer, prefixed
from convlint.catalog.registry import layer
from convlint.catalog.spatial import channel_axis, slide
from convlint.catalog.tensor import Tensor
from convlint.problems import InitialStateMismatch, StrideWithDilation, UndefinedFeatureDim
from convlint.shapes.dims import UNKNOWN, Dim, Dynamic, Unknown, proved_different, scale, show
from convlint.shapes.shape import Shape, show_shape

_KERNELS = (
    "use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros'"
)
_LIMITS = (
    "kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, "
    "kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0"
)
_CELL_LIMITS = _LIMITS.replace("activity_regularizer=None, ", "")
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

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        self._check_states(ctx, call.argument("initial_state", 1))
        return super().call(ctx, call)

    def _check_states(self, ctx: Context, given: object) -> None:
        """Compare the states that a call starts from with those the layer keeps.

        Source: measured with Keras 3.15: nothing is compared while a model is put together; with data the matrix
        product of the first step raises, or the list of states is too short or too long.
        """
        states = [given] if isinstance(given, Tensor) else given
        if not isinstance(states, list | tuple) or not all(isinstance(state, Tensor) for state in states):
            return
        sizes = [state.shape[1] for state in states if not isinstance(state.shape, Unknown) and len(state.shape) == 2]
        if len(states) == self.states and not any(proved_different(size, self.units) for size in sizes):
            return
        one, wanted = f"(batch, {show(self.units)})", "a state" if self.states == 1 else f"{self.states} states"
        count = "one tensor" if len(states) == 1 else f"{len(states)} tensors"
        shown = ", ".join(show_shape(state.shape) for state in states)
        ctx.fault(InitialStateMismatch(ctx.operation, f"{wanted} {one}", f"{count} {shown}"))

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        return gate_weights(x, self.units, self.gates, self.arguments)

    def output(self, ctx: Context, x: Tensor) -> object:
        batch, steps = (UNKNOWN, UNKNOWN) if isinstance(x.shape, Unknown) else x.shape[:2]
        last = Tensor((batch, self.units), self.compute_dtype, x.kind)
        return returned(self.arguments, last, steps, (last,) * self.states)


def gate_weights(x: Tensor, units: Dim, gates: int, arguments: Mapping[str, object]) -> Mapping[str, Shape]:
    """The weights of a cell; a GRU with ``reset_after`` keeps a second bias."""
    features: Dim = UNKNOWN if isinstance(x.shape, Unknown) else x.shape[-1]
    width = scale(units, gates)
    made: dict[str, Shape] = {"kernel": (features, width), "recurrent_kernel": (units, width)}
    if arguments["use_bias"] is not False:
        made["bias"] = (width,) if arguments.get("reset_after", False) is False else (2, width)
    return made


def returned(arguments: Mapping[str, object], last: Tensor, steps: Dim, states: object) -> object:
    """What a recurrent layer gives back, by ``return_sequences`` and ``return_state``.

    ``last`` is the output of the last step, ``states`` a tuple of the states after it.
    """
    sequences, with_state = arguments["return_sequences"], arguments["return_state"]
    if not isinstance(sequences, bool | int) or not isinstance(with_state, bool | int):
        return UNKNOWN
    assert not isinstance(last.shape, Unknown)
    result = replace(last, shape=(last.shape[0], steps, *last.shape[1:])) if sequences else last
    if not with_state:
        return result
    return (result, *states) if isinstance(states, tuple) else UNKNOWN


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


@layer(
    f"LSTM(units, activation='tanh', recurrent_activation='sigmoid', {_KERNELS}, unit_forget_bias=True, {_LIMITS}, "
    f"seed=None, {_RETURNS}, unroll=False, use_cudnn='auto')"
)
class LSTM(Recurrent):
    """Four gates and two states."""

    gates, states = 4, 2
    passed_on = frozenset({"zero_output_for_mask", "implementation"})


class Cell(Layer):
    """One step of a recurrent layer: ``call(inputs, states)`` gives the output and the new states.

    Shape: ``(batch, features)`` and states ``(batch, units)`` to ``(batch, units)`` and as many states.

    Source: ``keras/src/layers/rnn/``.
    """

    min_rank = 2
    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1
    count = 1
    """How many cells it consists of."""

    def configure(self, ctx: Context) -> None:
        self.units = read.positive(ctx, "units", self.arguments["units"])

    def feature_axis(self) -> int | None:
        return -1

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        return gate_weights(x, self.units, self.gates, self.arguments)

    @property
    def state_sizes(self) -> tuple[object, ...] | Unknown:
        """Size of each state; of cells on cells, a tuple for each."""
        return (self.units,) * self.states

    @property
    def output_size(self) -> Dim:
        """Size of what the cell gives out."""
        return self.units

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        result, built = super().call(ctx, call)
        if not isinstance(result, Tensor):
            return result, built
        states = call.argument("states", 1)
        if not isinstance(states, list | tuple):
            return (result, UNKNOWN), built
        like = result if self.arguments.get("dtype") is None else replace(result, dtype=UNKNOWN)
        return (result, _states(like, self.state_sizes, listed=True)), built

    def output(self, ctx: Context, x: Tensor) -> object:
        batch: Dim = UNKNOWN if isinstance(x.shape, Unknown) else x.shape[0]
        return Tensor((batch, self.output_size), self.output_dtype, x.kind)

    @property
    def output_dtype(self) -> str | Unknown:
        """Type of what the cell gives out."""
        return self.compute_dtype


def _states(like: Tensor, sizes: tuple[object, ...] | Unknown, *, listed: bool) -> object:
    """The states of cells, a list within the list for each cell that stands on others."""
    if isinstance(sizes, Unknown) or isinstance(like.shape, Unknown):
        return UNKNOWN
    batch = like.shape[0]
    made: list[object] = [
        _states(like, size, listed=True) if isinstance(size, tuple) else replace(like, shape=(batch, read.dim(size)))
        for size in sizes
    ]
    return made if listed else tuple(made)


MAX_CELLS = 1_000
"""Stacks may hold one stack twice: the cells could double with each level."""


@layer(f"SimpleRNNCell(units, activation='tanh', {_KERNELS}, {_CELL_LIMITS}, seed=None)")
class SimpleRNNCell(Cell):
    """One gate."""


@layer(
    f"GRUCell(units, activation='tanh', recurrent_activation='sigmoid', {_KERNELS}, {_CELL_LIMITS}, "
    "reset_after=True, seed=None)"
)
class GRUCell(Cell):
    """Three gates."""

    gates = 3
    passed_on = frozenset({"implementation"})


@layer(
    f"LSTMCell(units, activation='tanh', recurrent_activation='sigmoid', {_KERNELS}, unit_forget_bias=True, "
    f"{_CELL_LIMITS}, seed=None)"
)
class LSTMCell(Cell):
    """Four gates and two states."""

    gates, states = 4, 2
    passed_on = frozenset({"implementation"})


@layer("StackedRNNCells(cells)")
class StackedRNNCells(Cell):
    """Each cell reads what the one before it gives out.

    Source: ``keras/src/layers/rnn/stacked_rnn_cells.py``.
    """

    def configure(self, ctx: Context) -> None:
        self.cells = cells_of(self.arguments["cells"])
        self.count = sum(cell.count for cell in self.cells or ())
        if self.count > MAX_CELLS:
            self.cells = None

    def feature_axis(self) -> int | None:
        return -1 if self.cells else None

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        made: dict[str, Shape] = {}
        for index, cell in enumerate(self.cells or ()):
            made.update(prefixed(f"cell_{index}", cell.built_on(ctx, x))[0])
            x = replace(x, shape=UNKNOWN if isinstance(x.shape, Unknown) else (x.shape[0], cell.output_size))
        return made

    @property
    def state_sizes(self) -> tuple[object, ...] | Unknown:
        if self.cells is None:
            return UNKNOWN
        sizes = [cell.state_sizes for cell in self.cells]
        return UNKNOWN if any(isinstance(size, Unknown) for size in sizes) else tuple(map(_bare, sizes))

    @property
    def output_size(self) -> Dim:
        return self.cells[-1].output_size if self.cells else UNKNOWN

    @property
    def output_dtype(self) -> str | Unknown:
        plain = self.cells and all(cell.arguments.get("dtype") is None for cell in self.cells)
        return "float32" if plain and self.arguments.get("dtype") is None else UNKNOWN


def _bare(sizes: tuple[object, ...] | Unknown) -> object:
    """A single state stands without a list of its own."""
    return sizes[0] if isinstance(sizes, tuple) and len(sizes) == 1 else sizes


def cells_of(value: object) -> list[Cell] | None:
    """The cells of a list, None where one is not the catalog's."""
    if not isinstance(value, list | tuple) or not value:
        return None
    found = [inner_layer(part) for part in value]
    cells = [cell for cell in found if isinstance(cell, Cell)]
    return cells if len(cells) == len(found) else None


@layer("RNN(cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, "
       "zero_output_for_mask=False)")  # fmt: skip
class RNN(Layer):
    """Runs a cell, or a list of them, over a sequence.

    Shape: ``(batch, steps, features) -> (batch, output_size)``; more with ``return_sequences`` and ``return_state``.

    Source: ``keras/src/layers/rnn/rnn.py``.
    """

    min_rank = 3

    def configure(self, ctx: Context) -> None:
        given = self.arguments["cell"]
        if isinstance(given, list | tuple):
            several = cells_of(given)
            self.cell: Cell | None = None if several is None else StackedRNNCells(ctx, {"cells": several})
            return
        held = inner_layer(given)
        self.cell = held if isinstance(held, Cell) else None

    def feature_axis(self) -> int | None:
        return None if self.cell is None else self.cell.feature_axis()

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        if self.cell is None:
            return {"cell/?": (UNKNOWN,)}
        step = x if isinstance(x.shape, Unknown) else replace(x, shape=(x.shape[0], *x.shape[2:]))
        return prefixed("cell", self.cell.built_on(ctx, step))[0]

    def output(self, ctx: Context, x: Tensor) -> object:
        if self.cell is None:
            return UNKNOWN
        batch, steps = (UNKNOWN, UNKNOWN) if isinstance(x.shape, Unknown) else x.shape[:2]
        last = Tensor((batch, self.cell.output_size), self.compute_dtype, x.kind)
        states = _states(last, self.cell.state_sizes, listed=False)
        return returned(self.arguments, last, steps, states)


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
        last = Tensor((x.shape[0], *state), self.compute_dtype, x.kind)
        return returned(self.arguments, last, x.shape[1], (last, last))


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
