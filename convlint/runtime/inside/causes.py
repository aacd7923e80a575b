"""Why two implementations differ: each cause is tried, and named only where the difference goes away with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise, permutations
from typing import Any

import numpy as np

from convlint.lazy import dataclass
from convlint.runtime.inside import measuring
from convlint.runtime.inside.framework import keras, role
from convlint.runtime.inside.sides import PRECISIONS, Side, as_arrays, caller

Array = Any

_CONFIGURED = {
    "padding": "padding",
    "epsilon": "epsilon",
    "activation": "activation",
    "use_bias": "bias",
    "data_format": "data-format",
}
"""Words of a layer's configuration and the cause that each is; another word is named as itself."""
_ACTIVATIONS = ("relu", "sigmoid", "tanh", "softmax", "elu", "selu", "softplus", "softsign", "silu", "gelu",
                "leaky_relu", "exponential", "hard_sigmoid", "relu6", "mish", "log_softmax")  # fmt: skip
_EPSILONS = (1e-3, 1e-5, 1e-6, 1e-7, 1e-12)
_IDENTITIES = ("name", "trainable", "dtype", "seed")


@dataclass(frozen=True)
class Cause:
    """What makes the difference; ``detail`` fills the sentence that people read."""

    name: str
    detail: str = ""


@dataclass
class Pair:
    """Two sides, what they were given and what they gave."""

    sides: tuple[Side, Side]
    given: tuple[list[Array], list[Array]]
    outputs: tuple[Array, Array]
    allowed: float

    def swapped(self) -> Pair:
        """The same with A and B exchanged."""
        return Pair(self.sides[::-1], self.given[::-1], self.outputs[::-1], self.allowed)

    def agrees(self, output: Array) -> bool:
        """Whether an output that the first side gives after a change is the second side's."""
        other = self.outputs[1]
        if output.size != other.size:
            return False
        return measuring.relative(output.reshape(other.shape), other) <= self.allowed

    def run(self, layer: Any, *arrays: Array) -> Array:
        """A changed copy of the first side's layer on its inputs, or on others."""
        (output, *_) = as_arrays(caller(layer)(*(arrays or self.given[0])))
        return output


def find(pair: Pair) -> Cause | None:
    """The first cause that explains the whole difference."""
    fits = measuring.without_ones(pair.outputs[0].shape) == measuring.without_ones(pair.outputs[1].shape)
    if fits and vanishes_in_float64(pair.sides, pair.given):
        return Cause("precision")
    order = permuted(*pair.outputs)
    if order is not None:
        return Cause(order)
    for experiment in (_configured, _epsilons, _kernels, _one_sided, _data_formats, _flatten_orders):
        for tried in (pair, pair.swapped()):
            for cause, run in experiment(tried):
                if _succeeds(tried, run):
                    return cause
    same_shape = pair.outputs[0].shape == pair.outputs[1].shape
    if same_shape:
        for tried in (pair, pair.swapped()):
            found = _activation(tried) or _bias(tried)
            if found is not None:
                return found
    return Cause("padding") if same_shape and _interior_agrees(pair) else None


def _succeeds(pair: Pair, run: Callable[[], Array]) -> bool:
    try:
        return pair.agrees(run())
    except Exception:  # a trial that can't be made proves nothing
        return False


# --- one experiment each ----------------------------------------------------------------------------


def _configured(pair: Pair) -> Iterator[tuple[Cause, Callable[[], Array]]]:
    """The layer with one word of its configuration as in the other's."""
    first, second = (side.layer for side in pair.sides)
    if first is None or type(first) is not type(second) or isinstance(first, keras.Model):
        return
    for word, (mine, other) in differing(first, second).items():
        cause = Cause(_CONFIGURED.get(word, word), f"{word} is {_shown(mine)} and {_shown(other)}")
        yield cause, partial(_run_with, pair, first, **{word: other})


def _run_with(pair: Pair, layer: Any, **changes: Any) -> Array:
    return pair.run(copy_of(layer, **changes))


def differing(first: Any, second: Any) -> dict[str, tuple[Any, Any]]:
    """Words of two layers' configurations that differ."""
    mine, other = first.get_config(), second.get_config()
    both = [word for word in mine if word in other and word not in _IDENTITIES]
    return {word: (mine[word], other[word]) for word in both if mine[word] != other[word]}


def _shown(value: Any) -> str:
    return str(value.get("class_name", value)) if isinstance(value, dict) else str(value)


def _epsilons(pair: Pair) -> Iterator[tuple[Cause, Callable[[], Array]]]:
    """Normalization with the epsilon of another implementation."""
    layer, module = pair.sides[0].layer, pair.sides[1].module
    mine = getattr(layer, "epsilon", None)
    if not isinstance(mine, float):
        return
    for other in dict.fromkeys([float(getattr(module, "eps", mine)), *_EPSILONS]):
        if other != mine:
            run = partial(_run_with, pair, layer, epsilon=other)
            yield Cause("epsilon", f"epsilon is {mine:g} and {other:g}"), run


def _kernels(pair: Pair) -> Iterator[tuple[Cause, Callable[[], Array]]]:
    """Kernels turned around, or with axes exchanged that have the same size."""
    layer = pair.sides[0].layer
    kernels = [weight for weight in layer.weights if role(weight) == "kernel"] if layer is not None else []
    windows = [kernel for kernel in kernels if len(kernel.shape) > 2]

    def run(change: Callable[[Array], Array], chosen: list[Any]) -> Array:
        saved = [np.asarray(kernel) for kernel in chosen]
        try:
            for kernel, plain in zip(chosen, saved):
                kernel.assign(change(plain))
            return pair.run(layer)
        finally:
            for kernel, plain in zip(chosen, saved):
                kernel.assign(plain)

    if windows:
        yield Cause("flipped-kernel"), partial(run, _flip, windows)
    for rank in sorted({len(kernel.shape) for kernel in kernels}):
        chosen = [kernel for kernel in kernels if len(kernel.shape) == rank]
        for order in list(permutations(range(rank)))[1:]:
            fitting = [kernel for kernel in chosen if tuple(kernel.shape[axis] for axis in order) == kernel.shape]
            if fitting:
                yield Cause("transposed-kernel", str(order)), partial(run, partial(np.transpose, axes=order), fitting)


def _flip(kernel: Array) -> Array:
    return np.flip(kernel, axis=tuple(range(kernel.ndim - 2)))


def _one_sided(pair: Pair) -> Iterator[tuple[Cause, Callable[[], Array]]]:
    """``same`` puts the odd cell at the end only; here both get ``kernel // 2``, as PyTorch pads."""
    layer = pair.sides[0].layer
    if getattr(layer, "padding", None) != "same" or not pair.given[0]:
        return
    sizes = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if not isinstance(sizes, tuple):
        return
    dilations = getattr(layer, "dilation_rate", None) or (1,) * len(sizes)
    spread = [(size - 1) * rate + 1 for size, rate in zip(sizes, dilations)]
    x = pair.given[0][0]
    around = [(0, 0)] * x.ndim
    start = 1 if layer.data_format == "channels_last" else 2
    for index, size in enumerate(spread):
        around[start + index] = (size // 2, size // 2)
    # Max pooling never picks a padded cell.
    filler = np.finfo("float32").min if "Max" in type(layer).__name__ else 0
    detail = f"{', '.join(str(size // 2) for size in spread)} on both sides"
    yield (
        Cause("one-sided-padding", detail),
        lambda: pair.run(copy_of(layer, padding="valid"), np.pad(x, around, constant_values=filler)),
    )


def _data_formats(pair: Pair) -> Iterator[tuple[Cause, Callable[[], Array]]]:
    """The input read with its channels at the other end."""
    side = pair.sides[0]
    if len(pair.given[0]) != 1 or pair.given[0][0].ndim < 3:
        return
    x = pair.given[0][0]
    for source, goal in ((-1, 1), (1, -1)):
        moved = np.moveaxis(x, source, goal)
        if moved.shape != x.shape and side.layer is not None:
            continue

        def run(moved: Array = moved, source: int = source, goal: int = goal) -> Array:
            (output, *_) = as_arrays(side.apply(moved))
            if pair.agrees(output) or output.ndim != x.ndim:
                return output
            return np.moveaxis(output, goal, source)

        yield Cause("data-format"), run


def _flatten_orders(pair: Pair) -> Iterator[tuple[Cause, Callable[[], Array]]]:
    """What is flattened, flattened with the channels first: by the layer itself, or by the rows of a Dense."""
    layer = pair.sides[0].layer
    if isinstance(layer, keras.layers.Flatten | keras.layers.Reshape) and pair.given[0][0].ndim > 2:
        x = pair.given[0][0]
        for source, goal in ((-1, 1), (1, -1)):
            yield Cause("flatten-order"), partial(pair.run, layer, np.moveaxis(x, source, goal))
    if not isinstance(layer, keras.Model):
        return
    layers = list(layer.layers)
    for flatten, dense in pairwise(layers):
        if not isinstance(flatten, keras.layers.Flatten) or not isinstance(dense, keras.layers.Dense):
            continue
        *sizes, channels = flatten.input.shape[1:]
        if not sizes or None in (*sizes, channels):
            continue
        order = np.moveaxis(np.arange(np.prod([*sizes, channels])).reshape(*sizes, channels), -1, 0).ravel()
        for rows in (order, np.argsort(order)):

            def run(dense: Any = dense, rows: Array = rows) -> Array:
                plain = np.asarray(dense.kernel)
                try:
                    dense.kernel.assign(plain[rows])
                    return pair.run(layer)
                finally:
                    dense.kernel.assign(plain)

            yield Cause("flatten-order"), run


def _activation(pair: Pair) -> Cause | None:
    """Whether the second output is the first one behind an activation."""
    for name in _ACTIVATIONS:
        function = getattr(keras.activations, name)
        if _succeeds(pair, partial(_activated, function, pair.outputs[0])):
            return Cause("activation", name)
    return None


def _activated(function: Callable[[Any], Any], x: Array) -> Array:
    return np.asarray(function(x))


def _bias(pair: Pair) -> Cause | None:
    """Whether the outputs differ by a number for each channel."""
    first, second = (output.astype("float64") for output in pair.outputs)
    if first.ndim < 2 or first.size < 2 * first.shape[-1]:
        return None
    for axis in dict.fromkeys((first.ndim - 1, 1)):
        others = tuple(index for index in range(first.ndim) if index != axis)
        if int(np.prod([first.shape[index] for index in others])) < 2:
            continue
        bias = (second - first).mean(axis=others, keepdims=True)
        if np.any(bias) and measuring.relative(first + bias, second) <= pair.allowed:
            return Cause("bias", f"between {bias.min():.3g} and {bias.max():.3g} for each channel")
    return None


def _interior_agrees(pair: Pair) -> bool:
    """Whether the outputs differ along the borders of the image only."""
    first, second = pair.outputs
    if first.ndim < 3:
        return False
    kernels = [shape for side in pair.sides if (shape := measuring.first_kernel(side)) is not None]
    margin = max([size // 2 for shape in kernels for size in shape[:-2]] or [1])
    axes = range(1, first.ndim - 1)
    if any(first.shape[axis] <= 2 * margin for axis in axes):
        return False
    inner = tuple(slice(margin, -margin) if axis in axes and margin else slice(None) for axis in range(first.ndim))
    return measuring.relative(first, second) > pair.allowed >= measuring.relative(first[inner], second[inner])


def permuted(a: Array, b: Array) -> str | None:
    """Whether B is A with its axes in another order."""
    if sorted(a.shape) != sorted(b.shape) or a.ndim > 5 or a.size == 0:
        return None
    for order in permutations(range(a.ndim)):
        if order == tuple(range(a.ndim)) or tuple(a.shape[axis] for axis in order) != b.shape:
            continue
        if measuring.relative(np.transpose(a, order), b) <= 1e-5:
            moved_channels = order in ((0, a.ndim - 1, *range(1, a.ndim - 1)), (0, *range(2, a.ndim), 1))
            return "layout" if moved_channels and a.ndim > 2 else "transposed"
    return None


# --- copies -----------------------------------------------------------------------------------------


def copy_of(layer: Any, **changes: Any) -> Any:
    """A copy of a layer with other words in its configuration, and its weights where they still fit."""
    made = type(layer).from_config(layer.get_config() | changes)
    if layer.built and not made.built:
        made.build(*layer.get_build_config().values())
    mine = {role(weight): weight for weight in layer.weights}
    for weight in made.weights:
        source = mine.get(role(weight))
        if source is not None and source.shape == weight.shape:
            weight.assign(np.asarray(source))
    return made


def vanishes_in_float64(sides: tuple[Side, Side], given: tuple[list[Array], list[Array]]) -> bool:
    """Whether the difference goes away when both sides compute in float64."""
    exact = [_apply_in(side, arrays, "float64") for side, arrays in zip(sides, given)]
    if exact[0] is None or exact[1] is None or exact[0].size != exact[1].size:
        return False
    a, b = exact[0], exact[1].reshape(exact[0].shape)
    if a.dtype.name != "float64" or b.dtype.name != "float64":
        return False
    return measuring.relative(a, b) <= 8 * PRECISIONS["float64"] * 1024


def _apply_in(side: Side, values: list[Array], dtype: str) -> Array | None:
    """The side's output with inputs and layers in another precision, None where it can't be had."""
    before = keras.config.floatx()
    try:
        keras.config.set_floatx(dtype)
        arrays = [array.astype(dtype) if array.dtype.kind == "f" else array for array in values]
        if side.module is not None:
            import copy

            from convlint.runtime.inside import torch_modules

            apply = torch_modules.caller(copy.deepcopy(side.module).double())
            return side.seen(as_arrays(apply(*arrays))[0])
        if side.layer is None:
            return as_arrays(side.apply(*arrays))[0]
        return as_arrays(caller(_in_precision(side.layer, dtype))(*arrays))[0]
    except Exception:  # what can't be computed in this precision proves nothing, either
        return None
    finally:
        keras.config.set_floatx(before)


def _in_precision(layer: Any, dtype: str) -> Any:
    """A copy of the layer that computes in ``dtype``, with the same weights."""
    config = layer.get_config()
    if isinstance(layer, keras.Model):
        for part in config.get("layers", []):
            part["config"]["dtype"] = dtype
    config["dtype"] = dtype
    copy = type(layer).from_config(config)
    if not copy.built and layer.built:
        copy.build(*layer.get_build_config().values())
    copy.set_weights([np.asarray(weight) for weight in layer.weights])
    return copy
