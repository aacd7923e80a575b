"""Input, Dense, Embedding and the layers that only pass tensors on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NoReturn

from convlint.catalog import activations
from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import show_value
from convlint.catalog.layer import Built, Call, Layer, weights_mismatch
from convlint.catalog.registry import function, layer
from convlint.catalog.tensor import Classes, Content, Kind, Tensor
from convlint.problems import (
    ArgumentSize,
    ContractionMismatch,
    IndexOutOfRange,
    InputRankMismatch,
    MissingArgument,
    ScalarInputShape,
    UndefinedFeatureDim,
)
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dim, Dynamic, Unknown, proved_different
from convlint.shapes.shape import AnyShape, Shape, shapes_contradict


@function(
    "keras.layers.Input(shape=None, batch_size=None, dtype=None, sparse=None, ragged=None, batch_shape=None, "
    "name=None, tensor=None, optional=False)"
)
def make_input(
    ctx: Context, shape: object, batch_size: object, dtype: object, batch_shape: object, tensor: object
) -> Tensor:
    """A symbolic tensor ``(batch, *shape)``; the batch is dynamic unless given.

    Source: ``keras/src/layers/core/input_layer.py``.
    """
    if tensor is not None:
        return tensor if isinstance(tensor, Tensor) else Tensor(kind=Kind.SYMBOLIC)
    return Tensor(input_shape(ctx, shape, batch_size, batch_shape), _input_dtype(dtype), Kind.SYMBOLIC)


def input_shape(ctx: Context, shape: object, batch_size: object, batch_shape: object) -> AnyShape:
    """Shape of an input, batch included, out of the arguments of ``Input``.

    Raises:
        Refused: no shape, or one that holds negative or fractional sizes.
    """
    if batch_shape is not None:
        return _checked(ctx, "batch_shape", batch_shape)
    if shape is None:
        raise Refused(MissingArgument(ctx.operation, "shape"))
    if isinstance(shape, int) and not isinstance(shape, bool):
        several = isinstance(batch_size, int)
        wanted = (shape, batch_size) if several else (shape,)
        given = f"{shape}, {batch_size}" if several else str(shape)
        ctx.fault(ScalarInputShape(ctx.operation, given, show_value(wanted)))
        shape, batch_size = wanted, None
    inner = _checked(ctx, "shape", shape)
    return UNKNOWN if isinstance(inner, Unknown) else (read.dim(batch_size), *inner)


def _checked(ctx: Context, argument: str, value: object) -> AnyShape:
    if isinstance(value, list | tuple):
        value = [read.whole(ctx, argument, size) for size in value]
        for size in value:
            if isinstance(size, str) or (isinstance(size, int) and size < 0):
                wanted = "whole numbers, 0 or more, or None"
                raise Refused(ArgumentSize(ctx.operation, argument, show_value(tuple(value)), wanted))
    return read.dims(value)


def _input_dtype(value: object) -> str | Unknown:
    return "float32" if value is None else value if isinstance(value, str) else UNKNOWN


class Unchanged(Layer):
    """A layer whose output has the shape and dtype of its input."""

    def output(self, ctx: Context, x: Tensor) -> object:
        return x


@layer(
    "InputLayer(shape=None, batch_size=None, dtype=None, sparse=None, ragged=None, batch_shape=None, "
    "input_tensor=None, optional=False, name=None, **kwargs)"
)
class InputLayer(Unchanged):
    """The first layer of a ``Sequential``; ``produced`` is the tensor that it stands for."""

    def configure(self, ctx: Context) -> None:
        given = self.arguments
        shape = given["shape"] if given["shape"] is not None else given.get("input_shape")
        batch_shape = given["batch_shape"] if given["batch_shape"] is not None else given.get("batch_input_shape")
        tensor = given["input_tensor"]
        if tensor is not None:
            self.produced = tensor if isinstance(tensor, Tensor) else Tensor(kind=Kind.SYMBOLIC)
            return
        sizes = input_shape(ctx, shape, given["batch_size"], batch_shape)
        self.produced = Tensor(sizes, _input_dtype(given["dtype"]), Kind.SYMBOLIC)


@layer(
    "Dense(units, activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', "
    "kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, "
    "bias_constraint=None, lora_rank=None, lora_alpha=None, quantization_config=None)"
)
class Dense(Layer):
    """A product with a matrix along the last axis, whatever stands before it.

    Shape: ``(batch, ..., features) -> (batch, ..., units)``. Kernel: ``(features, units)``.

    Source: ``keras/src/layers/core/dense.py``.
    """

    min_rank = 2

    def configure(self, ctx: Context) -> None:
        self.units = read.positive(ctx, "units", self.arguments["units"])

    def feature_axis(self) -> int | None:
        return -1

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        features: Dim = UNKNOWN if isinstance(x.shape, Unknown) else x.shape[-1]
        made: dict[str, Shape] = {"kernel": (features, self.units)}
        if self.arguments["use_bias"] is not False:
            made["bias"] = (self.units,)
        return with_lora(made, "kernel", self.arguments)

    def fixed(self, names: Iterable[str]) -> frozenset[str]:
        return fixed_by_lora(super().fixed(names), "kernel", self.arguments)

    def output(self, ctx: Context, x: Tensor) -> object:
        if isinstance(x.shape, Unknown):
            return Tensor(UNKNOWN, self.compute_dtype, x.kind)
        layout = x.layout if x.layout == "channels_last" else None
        return Tensor((*x.shape[:-1], self.units), self.compute_dtype, x.kind, layout)

    def content(self, ctx: Context, x: Tensor, output: Tensor) -> Content | None:
        return activations.apply(ctx, self.arguments["activation"], output)


def with_lora(made: dict[str, Shape], name: str, arguments: Mapping[str, object]) -> Mapping[str, Shape]:
    """The weights, and the two thin matrices that ``lora_rank`` puts beside one of them.

    Source: ``keras/src/layers/core/dense.py``, ``enable_lora``.
    """
    rank = arguments.get("lora_rank")
    if not rank:
        return made
    kernel, thin = made[name], read.dim(rank)
    return {**made, f"lora_{name}_a": (*kernel[:-1], thin), f"lora_{name}_b": (thin, kernel[-1])}


def fixed_by_lora(fixed: frozenset[str], name: str, arguments: Mapping[str, object]) -> frozenset[str]:
    """What does not train: the weight beside which ``lora_rank`` puts its matrices, too."""
    return fixed | {name} if arguments.get("lora_rank") else fixed


@layer(
    "EinsumDense(equation, output_shape, activation=None, bias_axes=None, kernel_initializer='glorot_uniform', "
    "bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, kernel_constraint=None, "
    "bias_constraint=None, lora_rank=None, lora_alpha=None, gptq_unpacked_column_size=None, quantization_config=None)"
)
class EinsumDense(Layer):
    """A product with a kernel, axis by axis as the equation says.

    Shape: with ``"abc,cd->abd"`` and ``(None, 64)`` from ``(batch, b, c)`` to ``(batch, b, 64)``; kernel ``(c, 64)``.

    Source: ``keras/src/layers/core/einsum_dense.py``, ``_analyze_einsum_string``.
    """

    def configure(self, ctx: Context) -> None:
        equation, given = self.arguments["equation"], self.arguments["output_shape"]
        self.partial = read.dims((given,) if isinstance(given, int) else given)
        self.terms: tuple[str, str, str] | None = None
        self.left = self.right = False
        if not isinstance(equation, str):
            return
        found = _EQUATION.match(equation) or _LEFT.match(equation) or _RIGHT.match(equation)
        if found is None:
            # Keras finds out when the layer is built.
            return
        self.terms, self.left = (found[1], found[2], found[3]), found.re is _LEFT
        self.right = found.re is _RIGHT

    def _analyzed(self, ctx: Context, x: Tensor) -> tuple[Shape, Shape, Shape | None] | None:
        """Shapes of the output, the kernel and the bias; None where they can't be told."""
        if self.terms is None or isinstance(self.partial, Unknown) or isinstance(x.shape, Unknown):
            return None
        source, kernel, target = self.terms
        hidden = len(x.shape) - len(source)
        if hidden < 0 or (hidden > 0 and not self.left and not self.right):
            wanted = f"{len(source)} or more" if self.left or self.right else str(len(source))
            raise Refused(InputRankMismatch(ctx.operation, wanted, len(x.shape), x.shape))
        before = x.shape[1:hidden] if self.left else ()
        after = x.shape[len(source) :] if not self.left else ()
        output: Shape = (x.shape[0], *before, *self.partial, *after)
        shift = hidden if self.left else 0
        if len(output) != len(target) + hidden:
            wanted = f"{len(output) - len(self.partial)} sizes fewer than the {len(target) + hidden} of the output"
            return self._wrong(ctx, "output_shape", show_value(self.partial), wanted)
        of_input = {letter: x.shape[place + shift] for place, letter in enumerate(source)}
        of_output = {letter: output[place + shift] for place, letter in enumerate(target)}
        for letter in source:
            here, there = of_input[letter], of_output.get(letter, DYNAMIC)
            free = isinstance(here, Dynamic) and isinstance(there, int)
            if not isinstance(there, Dynamic) and (free or proved_different(here, there)):
                raise Refused(ContractionMismatch(ctx.operation, x.shape, output, here, there))
        for letter in target:
            if letter not in source and letter not in kernel:
                return self._wrong(ctx, "equation", f"the output axis {letter!r}", "an axis of the input or the kernel")
        for letter in kernel:
            if letter not in source and letter not in target:
                return self._wrong(ctx, "equation", f"the kernel axis {letter!r}", "an axis of the input or the output")
        made = self._made(ctx, x, of_input, of_output, hidden)
        if x.kind is not Kind.SYMBOLIC:
            # A size that output_shape leaves open is the input's once there are values.
            letters = zip(output[shift:], target)
            output = (*output[:shift], *(of_input.get(a, b) if b is DYNAMIC else b for b, a in letters), *after)
        return output, *made

    def _wrong(self, ctx: Context, argument: str, given: str, wanted: str) -> NoReturn:
        raise Refused(ArgumentSize(ctx.operation, argument, given, wanted))

    def _made(
        self, ctx: Context, x: Tensor, of_input: Mapping[str, Dim], of_output: Mapping[str, Dim], hidden: int
    ) -> tuple[Shape, Shape | None]:
        """Shapes of the kernel and the bias, by the sizes of the letters."""
        assert self.terms is not None and not isinstance(x.shape, Unknown)
        source, kernel, target = self.terms
        sizes = {letter: of_output.get(letter, of_input.get(letter, UNKNOWN)) for letter in kernel}
        axes = self.arguments["bias_axes"]
        known = axes if isinstance(axes, str) else ""
        for letter in known:
            if letter not in target:
                self._wrong(ctx, "bias_axes", repr(axes), f"axes of the output {target!r}")
        for letter in (*kernel, *known):
            if isinstance(sizes.get(letter, of_output.get(letter)), Dynamic):
                shift = hidden if self.left else 0
                axis = source.index(letter) + shift if letter in source else len(x.shape) - 1
                raise Refused(UndefinedFeatureDim(ctx.operation, axis, x.shape))
        bias: Shape | None = None if axes is None else (UNKNOWN,)
        if known:
            first = min(target.index(letter) for letter in known)
            ones = (1,) * (0 if self.left else hidden)
            bias = (*(of_output[letter] if letter in known else 1 for letter in target[first:]), *ones)
        return tuple(sizes[letter] for letter in kernel), bias

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        analyzed = self._analyzed(ctx, x)
        if analyzed is None:
            return {"kernel": (UNKNOWN,)}
        _, kernel, bias = analyzed
        made = {"kernel": kernel} if bias is None else {"kernel": kernel, "bias": bias}
        return with_lora(made, "kernel", self.arguments)

    def fixed(self, names: Iterable[str]) -> frozenset[str]:
        return fixed_by_lora(super().fixed(names), "kernel", self.arguments)

    def output(self, ctx: Context, x: Tensor) -> object:
        analyzed = self._analyzed(ctx, x)
        return Tensor(UNKNOWN if analyzed is None else analyzed[0], self.compute_dtype, x.kind)

    def content(self, ctx: Context, x: Tensor, output: Tensor) -> Content | None:
        return activations.apply(ctx, self.arguments["activation"], output)


_EQUATION = re.compile(r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$")
_LEFT = re.compile(r"\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)$")
_RIGHT = re.compile(r"([a-zA-Z]{2,})\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\.$")


@layer(
    "Embedding(input_dim, output_dim, embeddings_initializer='uniform', embeddings_regularizer=None, "
    "embeddings_constraint=None, mask_zero=False, weights=None, lora_rank=None, lora_alpha=None, "
    "quantization_config=None)"
)
class Embedding(Layer):
    """A vector for each integer.

    Shape: ``(batch, ...) -> (batch, ..., output_dim)``. Weights: ``(input_dim, output_dim)``.

    Source: ``keras/src/layers/core/embedding.py``.
    """

    def configure(self, ctx: Context) -> None:
        self.input_dim = read.positive(ctx, "input_dim", self.arguments["input_dim"])
        self.output_dim = read.positive(ctx, "output_dim", self.arguments["output_dim"])
        given = self.arguments.get("weights")
        table = given[0] if isinstance(given, list | tuple) and len(given) == 1 else given
        wanted = (self.input_dim, self.output_dim)
        shape = table.shape if isinstance(table, Tensor) else UNKNOWN
        if not isinstance(shape, Unknown) and shapes_contradict(shape, wanted):
            raise Refused(weights_mismatch(ctx.operation, "embeddings", wanted, shape))

    def misread_indices(self, operation: str, x: Tensor) -> IndexOutOfRange | None:
        """The fault of class numbers that the table does not have."""
        if not isinstance(x.content, Classes) or not isinstance(self.input_dim, int):
            return None
        if x.content.low >= 0 and x.content.high < self.input_dim:
            return None
        return IndexOutOfRange(operation, x.content.low, x.content.high, self.input_dim)

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        return with_lora({"embeddings": (self.input_dim, self.output_dim)}, "embeddings", self.arguments)

    def fixed(self, names: Iterable[str]) -> frozenset[str]:
        return fixed_by_lora(super().fixed(names), "embeddings", self.arguments)

    def output(self, ctx: Context, x: Tensor) -> object:
        if isinstance(x.shape, Unknown):
            return Tensor(UNKNOWN, self.compute_dtype, x.kind)
        problem = self.misread_indices(ctx.operation, x)
        if problem is not None:
            ctx.fault(problem)
        return Tensor((*x.shape, self.output_dim), self.compute_dtype, x.kind)


@layer(
    "ReversibleEmbedding(input_dim, output_dim, tie_weights=True, embeddings_initializer='uniform', "
    "embeddings_regularizer=None, embeddings_constraint=None, mask_zero=False, reverse_dtype=None, "
    "logit_soft_cap=None)"
)
class ReversibleEmbedding(Embedding):
    """An embedding that also goes back: ``call(x, reverse=True)`` gives a score for each entry.

    Source: ``keras/src/layers/core/reversible_embedding.py``.
    """

    passed_on = frozenset({"weights", "lora_rank", "lora_alpha", "quantization_config"})

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        made = dict(super().weights(ctx, x))
        if self.arguments["tie_weights"] is not True:
            made["reverse_embeddings"] = (self.output_dim, self.input_dim)
        return made

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        result, built = super().call(ctx, call)
        reverse = call.argument("reverse", 1)
        if not reverse:
            return result, built
        x = call.inputs
        if reverse is not True or not isinstance(x, Tensor) or isinstance(x.shape, Unknown) or not x.shape:
            return UNKNOWN, built
        kind = self.autocast(x).kind
        return Tensor((*x.shape[:-1], self.input_dim), self.compute_dtype, kind), built


@layer("Identity()")
class Identity(Unchanged):
    """Nothing happens."""

    keeps_integers = True

    def content(self, ctx: Context, x: Tensor, output: Tensor) -> Content | None:
        return x.content


@layer("ActivityRegularization(l1=0.0, l2=0.0)")
class ActivityRegularization(Unchanged):
    """Adds to the loss only."""


@layer("Masking(mask_value=0.0)")
class Masking(Unchanged):
    """Marks steps to skip."""


@layer("Lambda(function, output_shape=None, mask=None, arguments=None)")
class Lambda(Layer):
    """A function of the user's; the front end that can follow it does, the catalog can't."""
