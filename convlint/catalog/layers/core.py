"""Input, Dense, Embedding and the layers that only pass tensors on."""

from __future__ import annotations

from collections.abc import Mapping

from convlint.catalog import activations
from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import show_value
from convlint.catalog.layer import Layer
from convlint.catalog.registry import function, layer
from convlint.catalog.tensor import Content, Kind, Tensor
from convlint.problems import ArgumentSize, MissingArgument, ScalarInputShape
from convlint.shapes.dims import UNKNOWN, Dim, Unknown
from convlint.shapes.shape import AnyShape, Shape


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
        for size in value:
            if isinstance(size, float | str) or (isinstance(size, int) and size < 0):
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
        return made

    def output(self, ctx: Context, x: Tensor) -> object:
        if isinstance(x.shape, Unknown):
            return Tensor(UNKNOWN, x.dtype, x.kind)
        layout = x.layout if x.layout == "channels_last" else None
        return Tensor((*x.shape[:-1], self.units), x.dtype, x.kind, layout)

    def content(self, ctx: Context, x: Tensor, output: Tensor) -> Content | None:
        return activations.apply(ctx, self.arguments["activation"], output)


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

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        return {"embeddings": (self.input_dim, self.output_dim)}

    def output(self, ctx: Context, x: Tensor) -> object:
        if isinstance(x.shape, Unknown):
            return Tensor(UNKNOWN, "float32", x.kind)
        return Tensor((*x.shape, self.output_dim), "float32", x.kind)


@layer("Identity()")
class Identity(Unchanged):
    """Nothing happens."""

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
