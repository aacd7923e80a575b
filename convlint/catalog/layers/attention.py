"""Attention layers."""

from __future__ import annotations

from collections.abc import Mapping

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.layer import Built, Call, Layer, autocast
from convlint.catalog.layers.merging import merged_kind
from convlint.catalog.registry import layer
from convlint.catalog.tensor import Tensor
from convlint.problems import ArgumentSize, UndefinedFeatureDim
from convlint.shapes.dims import UNKNOWN, Dim, Dynamic, Unknown
from convlint.shapes.shape import Shape


@layer(
    "MultiHeadAttention(num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None, "
    "attention_axes=None, sliding_window=None, flash_attention=None, kernel_initializer='glorot_uniform', "
    "bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, "
    "kernel_constraint=None, bias_constraint=None, use_gate=False, seed=None)"
)
class MultiHeadAttention(Layer):
    """``call(query, value, key=None)``.

    Shape: query ``(batch, ..., features)`` to ``(batch, ..., features)``, or ``output_shape`` in
    the last place. Kernels: ``(features, num_heads, key_dim)``, out ``(num_heads, value_dim, features)``.

    Source: ``keras/src/layers/attention/multi_head_attention.py``.
    """

    def configure(self, ctx: Context) -> None:
        given = self.arguments
        self.heads = read.positive(ctx, "num_heads", given["num_heads"])
        self.key_dim = read.positive(ctx, "key_dim", given["key_dim"])
        value_dim = given["value_dim"]
        self.value_dim = self.key_dim if value_dim is None else read.positive(ctx, "value_dim", value_dim)

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        query, built = call.keywords.get("query", call.inputs), call.built
        value, key = call.argument("value", 1), call.argument("key", 2)
        if not isinstance(query, Tensor) or isinstance(query.shape, Unknown) or not query.shape:
            return call.unknown
        for tensor in (query, value, key):
            if isinstance(_last(tensor), Dynamic) and isinstance(tensor, Tensor) and isinstance(tensor.shape, tuple):
                raise Refused(UndefinedFeatureDim(ctx.operation, len(tensor.shape) - 1, tensor.shape))
        if built is None or isinstance(built.input_shape, Unknown):
            built = Built(
                query.shape, self._weights(query.shape[-1], _last(value), _last(value if key is None else key))
            )
        scores = call.keywords.get("return_attention_scores", False)
        if scores is not False:
            return UNKNOWN, built
        return self._output(query), built

    def _output(self, query: Tensor) -> object:
        assert not isinstance(query.shape, Unknown)
        x = autocast(query)
        wanted = self.arguments["output_shape"]
        last: Shape = (query.shape[-1],)
        if wanted is not None:
            sizes = read.dims((wanted,) if isinstance(wanted, int) else wanted)
            if isinstance(sizes, Unknown):
                return Tensor(UNKNOWN, x.dtype, x.kind)
            last = sizes
        return Tensor((*query.shape[:-1], *last), x.dtype, x.kind)

    def _weights(self, query: Dim, value: Dim, key: Dim) -> Mapping[str, Shape]:
        output = self.arguments["output_shape"]
        sizes = read.dims((output,) if isinstance(output, int) else output) if output is not None else (query,)
        last: Shape = (UNKNOWN,) if isinstance(sizes, Unknown) else sizes
        kernels: dict[str, Shape] = {
            "query/kernel": (query, self.heads, self.key_dim),
            "key/kernel": (key, self.heads, self.key_dim),
            "value/kernel": (value, self.heads, self.value_dim),
            "attention_output/kernel": (self.heads, self.value_dim, *last),
        }
        if self.arguments["use_gate"] is True:
            kernels["gate/kernel"] = (query, self.heads, self.value_dim)
        if self.arguments["use_bias"] is not False:
            for name, shape in list(kernels.items()):
                place, _, _ = name.partition("/")
                kernels[f"{place}/bias"] = last if place == "attention_output" else shape[1:]
        return kernels


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
        return result, Built(UNKNOWN, self.made(last))

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
        if isinstance(query.shape, Unknown) or not query.shape:
            return Tensor(UNKNOWN, query.dtype, kind)
        return Tensor((*query.shape[:-1], _last(value)), query.dtype, kind)


@layer("AdditiveAttention(use_scale=True, dropout=0.0)")
class AdditiveAttention(Attention):
    """Scores by a sum instead of a product."""

    passed_on = frozenset({"score_mode", "seed"})

    def made(self, last: Dim) -> Mapping[str, Shape]:
        return {} if self.arguments["use_scale"] is False else {"scale": (last,)}
