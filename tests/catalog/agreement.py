"""One call, done twice: by the catalog and by the installed library."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from convlint.catalog.context import Context, Refused
from convlint.catalog.layer import Built, Call
from convlint.catalog.registry import find_function, find_layer
from convlint.catalog.tensor import Kind, Tensor
from convlint.shapes.dims import UNKNOWN, Dynamic, Unknown


@dataclass(frozen=True)
class Spec:
    """A tensor argument; ``None`` in the shape is dynamic."""

    shape: tuple[int | None, ...]
    dtype: str = "float32"


@dataclass(frozen=True)
class Outcome:
    """What came out: shapes and dtypes in order, the weights (name, shape, trainable), or why it was refused."""

    shapes: tuple[Any, ...] = ()
    weights: tuple[tuple[str, Any, bool], ...] = ()
    dtypes: tuple[Any, ...] = ()
    refused: str = ""


def abstract(value: Any, kind: Kind) -> Any:
    """The catalog's form of an argument."""
    if isinstance(value, Spec):
        shape = tuple(Dynamic_or(size) for size in value.shape)
        return Tensor(shape, value.dtype, kind)
    if isinstance(value, dict):
        return {key: abstract(part, kind) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(abstract(part, kind) for part in value)
    return value


def Dynamic_or(size: int | None) -> Any:  # noqa: N802
    from convlint.shapes.dims import DYNAMIC

    return DYNAMIC if size is None else size


def concrete(value: Any, make: Callable[[Spec], Any]) -> Any:
    """The library's form of an argument."""
    if isinstance(value, Spec):
        return make(value)
    if isinstance(value, dict):
        return {key: concrete(part, make) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(concrete(part, make) for part in value)
    return value


def _flat(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [leaf for part in value for leaf in _flat(part)]
    return [value]


def by_catalog(ctx: Context, call: Callable[[], tuple[Any, Built]]) -> Outcome:
    """The catalog's outcome. Problems that stop the program are refusals, noted or raised."""
    try:
        result, built = call()
    except Refused as refusal:
        return Outcome(refused=repr(refusal.problem))
    if ctx.raised:
        return Outcome(refused=repr(ctx.noted))
    leaves = _flat(result)
    shapes = tuple(leaf.shape if isinstance(leaf, Tensor) else UNKNOWN for leaf in leaves)
    dtypes = tuple(leaf.dtype if isinstance(leaf, Tensor) else UNKNOWN for leaf in leaves)
    weights = tuple((name.rpartition("/")[2], shape, name not in built.fixed) for name, shape in built.weights.items())
    return Outcome(shapes, weights, dtypes)


NOTHING = Built(UNKNOWN, {})


def by_library(call: Callable[[], tuple[Any, Sequence[Any]]]) -> Outcome:
    """The library's outcome; any exception is a refusal."""
    try:
        result, weights = call()
    except Exception as problem:
        return Outcome(refused=f"{type(problem).__name__}: {problem}"[:300])
    leaves = _flat(result)
    return Outcome(
        tuple(tuple(leaf.shape) for leaf in leaves),
        tuple(weights),
        tuple(getattr(leaf.dtype, "name", str(leaf.dtype)) for leaf in leaves),
    )


def same_dim(mine: Any, real: int | None) -> bool:
    """Whether the catalog's size allows the real one."""
    if isinstance(mine, Unknown):
        return True
    return real is None if isinstance(mine, Dynamic) else mine == real


def same_shape(mine: Any, real: tuple[int | None, ...]) -> bool:
    """Whether the catalog's shape allows the real one."""
    if isinstance(mine, Unknown):
        return True
    return len(mine) == len(real) and all(map(same_dim, mine, real))


def disagreement(mine: Outcome, real: Outcome) -> str:
    """Why the two outcomes contradict each other; empty when they do not."""
    if bool(mine.refused) != bool(real.refused):
        return f"catalog: {mine.refused or mine.shapes}; library: {real.refused or real.shapes}"
    if mine.refused:
        return ""
    if mine.shapes == (UNKNOWN,):
        return ""
    if len(mine.shapes) != len(real.shapes) or not all(map(same_shape, mine.shapes, real.shapes)):
        return f"shapes: catalog {mine.shapes}, library {real.shapes}"
    return ""


def fully_known(outcome: Outcome) -> bool:
    """Whether the catalog left nothing open."""
    return not any(
        isinstance(shape, Unknown) or any(isinstance(size, Unknown) for size in shape) for shape in outcome.shapes
    )


SPREAD = ("MultiHeadAttention", "GroupQueryAttention")
"""Layers that take their tensors one by one."""


def layer_outcomes(
    keras: Any, name: str, arguments: Mapping[str, Any], inputs: Any, given: Mapping[str, Any], *, eager: bool = False
) -> tuple[Outcome, Outcome]:
    """Build a layer and call it once, in the catalog and in Keras."""
    entry = find_layer(f"keras.layers.{name}")
    assert entry is not None
    ctx = Context(operation=name)
    spread = name in SPREAD or name.endswith("Cell") or name == "StackedRNNCells"
    kind = Kind.EAGER if eager else Kind.SYMBOLIC

    def mine() -> tuple[Any, Built]:
        made = entry.make(ctx, (), {key: inner_spec(value) for key, value in arguments.items()})
        parts = abstract(inputs, kind)
        first, more = (parts[0], parts[1:]) if spread else (parts, ())
        return made.call(ctx, Call(first, None, more, abstract(dict(given), kind)))

    def make(spec: Spec) -> Any:
        if not eager:
            return keras.Input(batch_shape=spec.shape, dtype=spec.dtype)
        if spec.dtype == "string":
            import tensorflow as tf

            return tf.fill(spec.shape, "a b")
        return keras.ops.ones(spec.shape, dtype=spec.dtype)

    def real() -> tuple[Any, Sequence[Any]]:
        made = getattr(keras.layers, name)(**{key: inner_real(keras, value) for key, value in arguments.items()})
        parts, named = concrete(inputs, make), concrete(dict(given), make)
        result = made(*parts, **named) if spread else made(parts, **named)
        trained = {id(weight) for weight in made.trainable_weights}
        return result, [(weight.name, tuple(weight.shape), id(weight) in trained) for weight in made.weights]

    return by_catalog(ctx, mine), by_library(real)


@dataclass(frozen=True)
class Inner:
    """A layer given to a wrapper."""

    name: str
    arguments: tuple[tuple[str, Any], ...]


def inner_spec(value: Any) -> Any:
    """The catalog's form of a wrapped layer."""
    if isinstance(value, list):
        return [inner_spec(part) for part in value]
    if not isinstance(value, Inner):
        return value
    entry = find_layer(f"keras.layers.{value.name}")
    assert entry is not None
    arguments = {key: inner_spec(part) for key, part in value.arguments}
    return entry.make(Context(operation=value.name), (), arguments)


def inner_real(keras: Any, value: Any) -> Any:
    """Keras' form of a wrapped layer."""
    if isinstance(value, list):
        return [inner_real(keras, part) for part in value]
    if not isinstance(value, Inner):
        return value
    return getattr(keras.layers, value.name)(**{key: inner_real(keras, part) for key, part in value.arguments})


def resolve(name: str) -> Any:
    """The real function behind a canonical name."""
    for prefix, module in (
        ("keras.backend.", "keras.src.legacy.backend"),
        ("numpy.", "numpy"),
        ("tensorflow.", "tensorflow"),
        ("keras.", "keras"),
        ("sklearn.model_selection.", "sklearn.model_selection"),
        ("sklearn.datasets.", "sklearn.datasets"),
    ):
        if name.startswith(prefix):
            found: Any = importlib.import_module(module)
            for part in name[len(prefix) :].split("."):
                found = getattr(found, part, None)
                if found is None:
                    return None
            return found
    return None


GRAPH_ONLY = ("tensorflow.linalg.", "tensorflow.math.unsorted")


def function_outcomes(name: str, positional: Sequence[Any], keywords: Mapping[str, Any]) -> tuple[Outcome, Outcome]:
    """Call a function in the catalog and for real, on values of the kind that it takes.

    ``keras.ops`` gets symbolic tensors when a shape is dynamic, eager ones otherwise.
    """
    import keras
    import numpy as np
    import tensorflow as tf

    entry = find_function(name)
    assert entry is not None
    leaves = [leaf for leaf in _flat([*positional, *keywords.values()]) if isinstance(leaf, Spec)]
    symbolic = any(None in leaf.shape for leaf in leaves)
    numpy = name.startswith(("numpy.", "sklearn."))
    kind = Kind.SYMBOLIC if symbolic else Kind.ARRAY if numpy else Kind.EAGER
    ctx = Context(operation=name)

    def make(spec: Spec) -> Any:
        if symbolic:
            return keras.KerasTensor(spec.shape, dtype=spec.dtype)
        value = np.zeros(spec.shape, dtype=spec.dtype)
        return value if numpy else tf.constant(value)

    def mine() -> tuple[Any, Built]:
        given = [abstract(value, kind) for value in positional]
        named = {key: abstract(value, kind) for key, value in keywords.items()}
        return entry.call(ctx, given, named), NOTHING

    def real() -> tuple[Any, Sequence[Any]]:
        given = [concrete(value, make) for value in positional]
        named = {key: concrete(value, make) for key, value in keywords.items()}
        if name.startswith("numpy.ndarray."):
            result = getattr(given[0], name.rpartition(".")[2])(*given[1:], **named)
        elif ("pool" in name and not name.startswith("keras.ops.")) or name.startswith(GRAPH_ONLY):
            # TensorFlow's eager pooling dies of a floating point exception when the window does not fit,
            # and no matrix of zeros has an inverse.
            result = tf.function(lambda: resolve(name)(*given, **named)).get_concrete_function().structured_outputs
        else:
            result = resolve(name)(*given, **named)
        return result, ()

    return by_catalog(ctx, mine), by_library(real)
