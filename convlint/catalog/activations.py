"""What activation functions prove of the values they return."""

from __future__ import annotations

from convlint.catalog.context import Context
from convlint.catalog.tensor import Activated, Tensor
from convlint.problems import DoubleSoftmax, SoftmaxOverOne
from convlint.shapes.dims import Unknown

UNBOUNDED = frozenset(
    {"linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "tanh", "softplus", "softsign",
     "mish", "exponential"}
)  # fmt: skip
"""Activations whose values are no probabilities."""

NAMES = UNBOUNDED | {"softmax", "sigmoid", "hard_sigmoid", "log_softmax", "log_sigmoid"}
"""Functions of ``keras.activations``, ``keras.ops`` and ``tf.nn`` that leave a name on their result."""


SOFTMAX = Activated("softmax")


def activated(name: object) -> Activated | None:
    """What is known of a result by an ``activation`` argument; ``None`` applies nothing."""
    if name is None:
        return Activated("linear")
    return Activated(name) if isinstance(name, str) and name in NAMES else None


def apply(ctx: Context, name: object, x: Tensor, axis: object = -1) -> Activated | None:
    """What is known of ``name(x)``, for the last step of a layer; notes a softmax over one number."""
    known = activated(name)
    if known is None or known.activation != "softmax":
        return known
    known = softmaxed(ctx, x, axis)
    if known is not None and not isinstance(x.shape, Unknown) and x.shape and x.shape[-1] == 1:
        ctx.note(SoftmaxOverOne(ctx.operation, x.shape))
    return known


def softmaxed(ctx: Context, x: Tensor, axis: object) -> Activated | None:
    """What is known of ``softmax(x, axis)``; notes one of what already is one."""
    if axis not in (-1, None) and axis != (x.rank or 0) - 1:
        return None
    if x.content == SOFTMAX and not isinstance(x.shape, Unknown) and x.shape and x.shape[-1] != 1:
        ctx.note(DoubleSoftmax(ctx.operation, x.shape))
    return SOFTMAX


def kept(x: Tensor, output: Tensor) -> Activated | None:
    """What is known of values that only moved; a softmax stays one while its axis stays the last."""
    known = x.content
    if not isinstance(known, Activated) or isinstance(x.shape, Unknown) or isinstance(output.shape, Unknown):
        return None
    same_axis = isinstance(x.shape[-1], int) and x.shape[-1] == output.shape[-1]
    return known if same_axis or known.activation != "softmax" else None
