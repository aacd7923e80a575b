"""Attention layers."""

from __future__ import annotations

from collections.abc import Mapping

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.layer import Built, Call, Layer
from convlint.catalog.layers.merging import merged_kind
from convlint.catalog.registry import layer
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import (
    ArgumentSize,
    ContractionMismatch,
    ContractionMismatchSilent,
    InputRankMismatch,
    MergeShapeMismatch,
    MissingArgument,
    UndefinedFeatureDim,
)
from convlint.shapes.dims import UNKNOWN, Dim, Dynamic, Unknown, proved_different
from convlint.shapes.shape import AnyShape, Shape


class HeadedAttention(Layer):
    """Attention with projections: ``call(query, value, key=None)``.

    Source: ``keras/src/layers/attention/``.
    """

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        query, built = call.keywords.get("query", call.inputs), call.built
        value, key = call.argument("value", 1), call.argument("key", 2)
        missing = value is None and "value" not in call.keywords and not call.open_ended
        if missing and _all_tensors(query):
            raise Refused(MissingArgument(ctx.operation, "value"))
        if not isinstance(query, Tensor) or isinstance(query.shape, Unknown) or not query.shape:
            return call.unknown
        if missing and not call.more:
            raise Refused(MissingArgument(ctx.operation, "value"))
        for tensor in (query, value, key):
            if isinstance(_last(tensor), Dynamic) and isinstance(tensor, Tensor) and isinstance(tensor.shape, tuple):
                raise Refused(UndefinedFeatureDim(ctx.operation, len(tensor.shape) - 1, tensor.shape))
        self.check(ctx, query, value, value if key is None else key)
        if built is None or isinstance(built.input_shape, Unknown):
            made = self.projections(query.shape[-1], _last(value), _last(value if key is None else key))
            built = Built(query.shape, made, self.fixed(made))
        x = self.autocast(query)
        output = Tensor(self.attended(query.shape), self.compute_dtype, x.kind)
        scores = call.keywords.get("return_attention_scores", False)
        if scores is False:
            return output, built
        return (output, self.scores(ctx, query.shape, value, x.kind)) if scores is True else UNKNOWN, built

    def check(self, ctx: Context, query: Tensor, value: object, key: object) -> None:
        """Compare the inputs with each other."""
        if not isinstance(value, Tensor) or not isinstance(key, Tensor):
            return
        if isinstance(value.shape, Unknown) or isinstance(key.shape, Unknown):
            return
        different = len(value.shape) != len(key.shape)
        if different or any(map(proved_different, value.shape[1:-1], key.shape[1:-1])):
            raise Refused(MergeShapeMismatch(ctx.operation, value.shape, key.shape))

    def projections(self, query: Dim, value: Dim, key: Dim) -> Mapping[str, Shape]:
        """The weights, for inputs with these numbers of features."""
        raise NotImplementedError

    def attended(self, query: Shape) -> AnyShape:
        """Shape of the output."""
        return query

    def scores(self, ctx: Context, query: Shape, value: object, kind: Kind) -> Tensor:
        """The weights of attention, where they are asked for."""
        return Tensor(UNKNOWN, self.compute_dtype, kind)


def _with_biases(kernels: dict[str, Shape], arguments: Mapping[str, object]) -> Mapping[str, Shape]:
    """A bias after each kernel: along the axes that the kernel makes."""
    if arguments["use_bias"] is False:
        return {f"{name}/kernel": shape for name, shape in kernels.items()}
    made: dict[str, Shape] = {}
    for name, shape in kernels.items():
        made[f"{name}/kernel"] = shape
        made[f"{name}/bias"] = shape[2:] if name == "attention_output" else shape[1:]
    return made


@layer(
    "MultiHeadAttention(num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None, "
    "attention_axes=None, sliding_window=None, flash_attention=None, kernel_initializer='glorot_uniform', "
    "bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, "
    "kernel_constraint=None, bias_constraint=None, use_gate=False, seed=None)"
)
class MultiHeadAttention(HeadedAttention):
    """Every head projects queries, keys and values.

    Shape: query ``(batch, ..., features)`` to ``(batch, ..., features)``, or ``output_shape`` in
    the last place. Kernels: ``(features, num_heads, key_dim)``, out ``(num_heads, value_dim, features)``.
    """

    def configure(self, ctx: Context) -> None:
        given = self.arguments
        self.heads = read.positive(ctx, "num_heads", given["num_heads"])
        self.key_dim = read.positive(ctx, "key_dim", given["key_dim"])
        value_dim = given["value_dim"]
        self.value_dim = self.key_dim if value_dim is None else read.positive(ctx, "value_dim", value_dim)
        wanted = given["output_shape"]
        self.last: AnyShape | None = None
        if wanted is not None:
            self.last = read.dims((wanted,) if isinstance(wanted, int) else wanted)

    def attended(self, query: Shape) -> AnyShape:
        if self.last is None:
            return query
        return UNKNOWN if isinstance(self.last, Unknown) else (*query[:-1], *self.last)

    def projections(self, query: Dim, value: Dim, key: Dim) -> Mapping[str, Shape]:
        last: Shape = (query,) if self.last is None else (UNKNOWN,) if isinstance(self.last, Unknown) else self.last
        kernels: dict[str, Shape] = {
            "query": (query, self.heads, self.key_dim),
            "key": (key, self.heads, self.key_dim),
            "value": (value, self.heads, self.value_dim),
        }
        if self.arguments["use_gate"] is True:
            kernels["gate"] = (query, self.heads, self.value_dim)
        kernels["attention_output"] = (self.heads, self.value_dim, *last)
        return _with_biases(kernels, self.arguments)

    def scores(self, ctx: Context, query: Shape, value: object, kind: Kind) -> Tensor:
        # While the model is put together Keras takes the queries' length for that of the values too.
        shape: AnyShape = UNKNOWN
        if len(query) == 3 and isinstance(value, Tensor) and isinstance(value.shape, tuple) and len(value.shape) == 3:
            same = query[1] == value.shape[1] and not isinstance(query[1], Unknown)
            shape = (query[0], self.heads, query[1], query[1] if same else UNKNOWN)
        return Tensor(shape, self.compute_dtype, kind)


@layer(
    "GroupQueryAttention(head_dim, num_query_heads, num_key_value_heads, dropout=0.0, use_bias=True, "
    "sliding_window=None, flash_attention=None, kernel_initializer='glorot_uniform', bias_initializer='zeros', "
    "kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, "
    "bias_constraint=None, use_gate=False, seed=None)",
)
class GroupQueryAttention(HeadedAttention):
    """Several heads of queries share the keys and values of one.

    Shape: query ``(batch, steps, features)`` to the same. Kernels: ``(features, num_query_heads, head_dim)``.
    """

    def configure(self, ctx: Context) -> None:
        given = self.arguments
        self.head = read.positive(ctx, "head_dim", given["head_dim"])
        self.queries = read.positive(ctx, "num_query_heads", given["num_query_heads"])
        self.others = read.positive(ctx, "num_key_value_heads", given["num_key_value_heads"])
        if isinstance(self.queries, int) and isinstance(self.others, int) and self.queries % self.others:
            wanted = f"a divisor of num_query_heads={self.queries}"
            raise Refused(ArgumentSize(ctx.operation, "num_key_value_heads", str(self.others), wanted))

    def projections(self, query: Dim, value: Dim, key: Dim) -> Mapping[str, Shape]:
        kernels: dict[str, Shape] = {
            "query": (query, self.queries, self.head),
            "key": (key, self.others, self.head),
            "value": (value, self.others, self.head),
        }
        if self.arguments["use_gate"] is True:
            kernels["gate"] = (query, self.queries, self.head)
        kernels["attention_output"] = (self.queries, self.head, query)
        return _with_biases(kernels, self.arguments)

    def check(self, ctx: Context, query: Tensor, value: object, key: object) -> None:
        for tensor in (query, value, key):
            if isinstance(tensor, Tensor) and isinstance(tensor.shape, tuple) and len(tensor.shape) != 3:
                raise Refused(InputRankMismatch(ctx.operation, "3", len(tensor.shape), tensor.shape))
        if isinstance(value, Tensor) and isinstance(value.shape, tuple) and isinstance(query.shape, tuple):
            features, other = query.shape[-1], value.shape[-1]
            if proved_different(features, other):
                raise Refused(ContractionMismatch(ctx.operation, query.shape, value.shape, features, other))
        super().check(ctx, query, value, key)


def _last(value: object) -> Dim:
    if isinstance(value, Tensor) and not isinstance(value.shape, Unknown) and value.shape:
        return value.shape[-1]
    return UNKNOWN


@layer("Attention(use_scale=False, score_mode='dot', dropout=0.0, seed=None)")
class Attention(Layer):
    """``call([query, value, key])``: ``(batch, q, d)`` and ``(batch, v, e)`` to ``(batch, q, e)``.

    Source: ``keras/src/layers/attention/attention.py``.
    """

    takes_many = True

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        result, built = super().call(ctx, call)
        if call.keywords.get("return_attention_scores", False) is not False:
            result = UNKNOWN
        if built.weights or not isinstance(call.inputs, list | tuple):
            return result, built
        last = _last(call.inputs[-1] if len(call.inputs) != 2 else call.inputs[1])
        made = self.made(last)
        return result, Built(UNKNOWN, made, self.fixed(made))

    def made(self, last: Dim) -> Mapping[str, Shape]:
        """The weights, for keys whose last axis has this size."""
        weights: dict[str, Shape] = {}
        if self.arguments["use_scale"] is True:
            weights["scale"] = ()
        if self.arguments["score_mode"] == "concat":
            weights["concat_score_weight"] = ()
        return weights

    def merge(self, ctx: Context, tensors: list[Tensor]) -> object:
        if len(tensors) not in (2, 3):
            raise Refused(ArgumentSize(ctx.operation, "inputs", f"{len(tensors)} tensors", "2 or 3 tensors"))
        query, value = tensors[0], tensors[1]
        kind = merged_kind(tensors)
        self._compare(ctx, query, tensors[-1] if len(tensors) == 3 else value, kind)
        if isinstance(query.shape, Unknown) or not query.shape:
            return Tensor(UNKNOWN, query.dtype, kind)
        return Tensor((*query.shape[:-1], _last(value)), query.dtype, kind)

    def _compare(self, ctx: Context, query: Tensor, key: Tensor, kind: Kind) -> None:
        """Query and key are multiplied along their last axis, which Keras does not compare while a model is built."""
        if isinstance(query.shape, Unknown) or isinstance(key.shape, Unknown) or not key.shape:
            return
        one, other = query.shape[-1], key.shape[-1]
        if self.arguments.get("score_mode") != "dot" or not isinstance(one, int) or not isinstance(other, int):
            return
        if one == other:
            return
        if kind is Kind.EAGER:
            raise Refused(ContractionMismatch(ctx.operation, query.shape, key.shape, one, other))
        ctx.note(ContractionMismatchSilent(ctx.operation, query.shape, key.shape, one, other))


def _all_tensors(value: object) -> bool:
    """Whether this is a tensor, or a list of nothing else."""
    return isinstance(value, Tensor) or (isinstance(value, list | tuple) and all(map(_all_tensors, value)))


@layer("AdditiveAttention(use_scale=True, dropout=0.0)")
class AdditiveAttention(Attention):
    """Scores by a sum instead of a product."""

    passed_on = frozenset({"score_mode", "seed"})

    def made(self, last: Dim) -> Mapping[str, Shape]:
        return {} if self.arguments["use_scale"] is False else {"scale": (last,)}
