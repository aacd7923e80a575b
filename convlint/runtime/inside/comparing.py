"""The job "compare": two implementations over the same values, and why they differ."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from convlint.runtime.inside import building, loading
from convlint.runtime.inside.tracing import Tracer, kernel_shape

Event = dict[str, Any]
Array = Any

SEED = 20240229
FREE_SIZE = 16
"""Size given to an axis that a model leaves free."""
PRECISIONS = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
"""Distance from 1 to the next number, for each type (IEEE 754, and 8 bits of bfloat16's significand)."""


@dataclass
class Side:
    """A or B: something that can be applied to arrays."""

    name: str
    target: Any
    apply: Callable[..., Any]
    input_shapes: list[tuple[int | None, ...]] | None
    parameters: int
    """Count of arrays it takes."""
    layer: Any = None
    made: list[Any] | None = None
    """Layers that a function made, in order, once it ran."""


class Unfit(Exception):
    """The comparison can't be made; the text says why."""


def compare(job: Mapping[str, Any], tracer: Tracer) -> Event:
    """Run one comparison; returns the outcome event.

    ``--input`` gives the shape of one sample. Where that fails and the same sizes work as those of
    a whole batch, they were meant as such, and a note says so.
    """
    outcome = _compare(job, tracer, whole=False)
    if outcome["verdict"] == "failed" and job["inputs"] and all(len(spec["shape"]) > 1 for spec in job["inputs"]):
        again = _compare(job, tracer, whole=True)
        if again["verdict"] != "failed":
            return again
    return outcome


def _compare(job: Mapping[str, Any], tracer: Tracer, *, whole: bool) -> Event:
    sides = []
    for letter in ("a", "b"):
        request = job[letter]
        try:
            sides.append(_load_side(request))
        except building.Unbuildable as unbuildable:
            return _failed(letter, request, unbuildable.outcome["message"])
    notes: list[str] = []
    try:
        shared = _inputs(sides, job["inputs"], notes, whole=whole)
        values = [_fit_inputs(side, shared, notes) for side in sides]
    except Unfit as unfit:
        return {"status": "compared", "verdict": "failed", "message": str(unfit), "notes": notes}
    # The first run builds; weights are then made equal, and the second run is the one that counts.
    for letter, side, arrays in zip("ab", sides, values):
        failure = _run(side, arrays, tracer)
        if isinstance(failure, dict):
            return _failed(letter, job[letter], failure["core"], failure)
    _share_weights(sides, notes)
    outputs: list[Array] = []
    for letter, side, arrays in zip("ab", sides, values):
        result = _run(side, arrays, tracer)
        if isinstance(result, dict):
            return _failed(letter, job[letter], result["core"], result)
        outputs.append(result)
    outcome = _measure(sides, values, outputs, notes)
    return {"status": "compared", "notes": notes, "kernel_shapes": [_kernel(side) for side in sides], **outcome}


def _failed(letter: str, request: Mapping[str, Any], message: str, failure: Event | None = None) -> Event:
    where = f"{Path(request['file']).name}:{request['builder']}"
    return {
        "status": "compared",
        "verdict": "failed",
        "message": f"{where} fails: {message}",
        "side": letter,
        "failure": failure,
        "notes": [],
    }


# --- the two sides ----------------------------------------------------------------------------------


def _load_side(request: Mapping[str, Any]) -> Side:
    file = Path(request["file"])
    module = loading.load_module(file)
    name, target = building.resolve(module, file, request["builder"])
    arguments = dict(request["arguments"])
    if isinstance(target, type) and issubclass(target, keras.Layer):
        building._check_arguments(name, target, arguments)
        target = target(**arguments)
        arguments = {}
    if isinstance(target, keras.Layer):
        return _layer_side(name, target)
    if not callable(target):
        array = np.asarray(target)
        if array.dtype == object:
            raise building.Unbuildable("not-a-builder", f"`{name}` is a {type(target).__name__}, nothing to compare")
        return Side(name, target, lambda: array, [], 0)
    signature = inspect.signature(target)
    open_parameters = [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.name not in arguments
    ]
    if not open_parameters:
        building._check_arguments(name, target, arguments)
        result = target(**arguments)
        if isinstance(result, keras.Layer):
            return _layer_side(name, result)
        if callable(result) and not isinstance(result, tf.Tensor | np.ndarray | keras.Variable):
            return Side(name, result, result, None, 1)
        return Side(name, result, lambda: result, [], 0)

    def apply(*arrays: Array) -> Any:
        return target(**arguments, **dict(zip(open_parameters, arrays)))

    return Side(name, target, apply, None, len(open_parameters))


def _layer_side(name: str, layer: Any) -> Side:
    shapes: list[tuple[int | None, ...]] | None = None
    if isinstance(layer, keras.Model):
        try:
            declared = layer.inputs
        except (AttributeError, ValueError):
            declared = None
        if declared:
            shapes = [tuple(tensor.shape)[1:] for tensor in declared]
    count = len(shapes) if shapes else max(building._positional(layer), 1)

    def apply(*arrays: Array) -> Any:
        if len(arrays) == 1:
            return layer(arrays[0])
        return layer(*arrays) if building._positional(layer) >= len(arrays) else layer(list(arrays))

    return Side(name, layer, apply, shapes, count, layer)


# --- values -----------------------------------------------------------------------------------------


def _inputs(sides: list[Side], specs: list[Event], notes: list[str], *, whole: bool) -> list[Array] | None:
    """Arrays for each spec, or for the inputs that a model declares; None where both take none.

    With ``whole`` the first size of a spec counts the samples; else there is one sample.
    """
    if all(side.parameters == 0 for side in sides):
        return None
    if specs:
        shapes = [tuple(spec["shape"]) for spec in specs]
        dtypes = [spec["dtype"] or "float64" for spec in specs]
    else:
        declared = next((side.input_shapes for side in sides if side.input_shapes), None)
        if declared is None:
            raise Unfit('neither side declares the shape of its input; give it with --input "64 64 3"')
        shapes, dtypes = declared, ["float64"] * len(declared)
    if whole:
        notes.append("--input is read as the shape of a whole batch: its first size counts the samples")
    generator = np.random.default_rng(SEED)
    arrays = []
    for shape, dtype in zip(shapes, dtypes):
        batch, sample = (shape[0] or 1, shape[1:]) if whole else (1, shape)
        full = (batch, *(FREE_SIZE if size is None else size for size in sample))
        if np.issubdtype(np.dtype(dtype), np.integer):
            arrays.append(generator.integers(0, 10, full).astype(dtype))
        else:
            arrays.append(generator.random(full).astype(dtype))
        notes.append(f"input: {full} {dtype}, the same random values in [0, 1) for both")
    return arrays


def _fit_inputs(side: Side, arrays: list[Array] | None, notes: list[str]) -> list[Array]:
    """The arrays in the shapes that this side declares, where they differ by axes of length 1 only."""
    if side.parameters == 0 or arrays is None:
        return []
    if len(arrays) < side.parameters and side.layer is None:
        raise Unfit(f"`{side.name}` takes {side.parameters} arrays and {len(arrays)} are given with --input")
    used = arrays[: side.parameters] if side.layer is None else arrays
    shapes = side.input_shapes
    if not shapes and isinstance(side.layer, keras.Layer):
        return [_with_rank(array, side.layer, notes, side.name) for array in used]
    if not shapes:
        return used
    fitted = []
    for array, shape in zip(used, shapes):
        wanted = tuple(1 if index == 0 else size for index, size in enumerate((1, *shape)))
        fitted.append(_reshaped(array, wanted, notes, side.name))
    return fitted


def _reshaped(array: Array, wanted: tuple[int | None, ...], notes: list[str], name: str) -> Array:
    filled = tuple(given if size is None and len(wanted) == array.ndim else size
                   for size, given in zip(wanted, (*array.shape, *[None] * len(wanted))))  # fmt: skip
    if filled == array.shape:
        return array
    if None not in filled and _without_ones(filled) == _without_ones(array.shape):
        notes.append(f"`{name}` gets the same values as {filled}")
        return array.reshape(filled)
    raise Unfit(f"`{name}` declares an input of {tuple(wanted[1:])} and is given {array.shape[1:]}")


def _with_rank(array: Array, layer: Any, notes: list[str], name: str) -> Array:
    """Add a last axis of 1 where the layer takes one rank more."""
    spec = layer.input_spec
    rank = getattr(spec, "ndim", None) or getattr(spec, "min_ndim", None)
    if rank is not None and rank == array.ndim + 1:
        notes.append(f"`{name}` gets the same values as {(*array.shape, 1)}")
        return array[..., np.newaxis]
    return array


def _without_ones(shape: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(size for size in shape if size != 1)


def _run(side: Side, arrays: list[Array], tracer: Tracer) -> Any:
    """The output as an array, or a failure event."""
    before = set(tracer.first_calls)
    try:
        keras.utils.set_random_seed(SEED)
        result = side.apply(*[array.copy() for array in arrays])
        output = _as_array(result)
    except Exception as error:
        return building.describe_failure(error, tracer)
    if side.layer is None:
        side.made = [
            call.layer for key, call in tracer.first_calls.items()
            if key not in before and not isinstance(call.layer, keras.Model)
        ]  # fmt: skip
    return output


def _as_array(result: Any) -> Array:
    flat = keras.tree.flatten(result)
    if len(flat) != 1:
        raise TypeError(f"it returns {len(flat)} values, and one array is compared")
    value = flat[0]
    if isinstance(value, keras.Variable):
        value = value.value
    if isinstance(value, keras.KerasTensor):
        raise TypeError("it returns a symbolic tensor, which has no values; return the model instead")
    dtype = getattr(getattr(value, "dtype", None), "name", None)
    array = np.asarray(value)
    if array.dtype.kind not in "fiub" and dtype not in PRECISIONS:
        raise TypeError(f"it returns {type(value).__name__}, not numbers")
    return array


# --- weights ----------------------------------------------------------------------------------------


def _share_weights(sides: list[Side], notes: list[str]) -> None:
    first, second = (side.layer for side in sides)
    if first is None or second is None or not first.weights or not second.weights:
        return
    source, goal = first.weights, second.weights
    pairs = list(zip(source, goal))
    if len(source) != len(goal) or any(not _same_but_ones(a.shape, b.shape) for a, b in pairs):
        kinds = [", ".join(str(tuple(weight.shape)) for weight in weights) or "none" for weights in (source, goal)]
        notes.append(f"the weights could not be shared: A has {kinds[0]}; B has {kinds[1]}")
        return
    for a, b in pairs:
        b.assign(np.asarray(a).reshape(tuple(b.shape)))
    reshaped = [pair for pair in pairs if tuple(pair[0].shape) != tuple(pair[1].shape)]
    how = "".join(f", {tuple(a.shape)} read as {tuple(b.shape)}" for a, b in reshaped)
    notes.append(f"B uses the weights of A{how}")


def _same_but_ones(a: Any, b: Any) -> bool:
    return _without_ones(tuple(a)) == _without_ones(tuple(b))


def _kernel(side: Side) -> list[int] | None:
    layers = _leaves(side.layer) if side.layer is not None else side.made or []
    return next((shape for shape in map(kernel_shape, layers) if shape is not None), None)


def _leaves(layer: Any) -> list[Any]:
    if isinstance(layer, keras.Model):
        return [leaf for part in layer.layers for leaf in _leaves(part)]
    return [layer]


# --- measuring --------------------------------------------------------------------------------------


def _measure(sides: list[Side], values: list[list[Array]], outputs: list[Array], notes: list[str]) -> Event:
    a, b = outputs
    outcome: Event = {
        "shapes": [list(output.shape) for output in outputs],
        "dtypes": [output.dtype.name for output in outputs],
        "max_abs": None,
        "max_rel": None,
        "first_difference": None,
        "cause": None,
        "position": None,
    }
    if a.shape != b.shape:
        if _without_ones(a.shape) != _without_ones(b.shape):
            cause = _permuted(a, b)
            return outcome | {"verdict": "shapes-differ", "cause": cause}
        notes.append(f"the outputs hold the same axes but for axes of length 1, {a.shape} and {b.shape}")
    flat_b = b.reshape(a.shape)
    outcome |= _difference(a, flat_b)
    if outcome["max_abs"] == 0:
        return outcome | {"verdict": "identical", "cause": "precision" if a.dtype != b.dtype else None}
    if math.isnan(outcome["max_abs"]):
        notes.append("one side holds NaN or infinity where the other does not")
        outcome |= {"max_abs": None, "max_rel": None}
        return outcome | {"verdict": "different"}
    allowed = _tolerance(sides, outputs)
    if outcome["max_rel"] <= allowed:
        differ = a.dtype != b.dtype
        vanishes = differ or _vanishes_in_float64(sides, values)
        return outcome | {"verdict": "rounding", "cause": "precision" if vanishes else None}
    outcome["cause"] = _cause(sides, values, a, flat_b, allowed)
    outcome["first_difference"] = _first_difference(sides, values, allowed)
    return outcome | {"verdict": "different"}


def _difference(a: Array, b: Array) -> Event:
    if a.size == 0:
        return {"max_abs": 0.0, "max_rel": 0.0}
    left, right = a.astype("float64"), b.astype("float64")
    with np.errstate(invalid="ignore"):
        equal = (left == right) | (np.isnan(left) & np.isnan(right))
        distance = np.where(equal, 0.0, np.abs(left - right))
    position = np.unravel_index(int(np.argmax(distance)), distance.shape)
    largest = float(distance[position])
    magnitudes = np.abs(np.concatenate([left.ravel(), right.ravel()]))
    scale = float(magnitudes[np.isfinite(magnitudes)].max(initial=0.0))
    return {
        "max_abs": largest,
        "max_rel": largest / scale if scale else 0.0,
        "position": [int(index) for index in position],
    }


def _tolerance(sides: list[Side], outputs: list[Array]) -> float:
    """How much rounding explains, relative to the largest output.

    A sum of ``n`` products, added up in any order, is off by ``sqrt(n)`` roundings on average; 8 of
    these leave room for the unlucky ones and for a few layers after one another.
    """
    coarsest = max(PRECISIONS.get(output.dtype.name, 0.0) for output in outputs)
    longest, depth = 1, 1
    for side in sides:
        leaves = _leaves(side.layer) if side.layer is not None else side.made or []
        kernels = [shape for shape in map(kernel_shape, leaves) if shape]
        depth = max(depth, len(kernels))
        longest = max([longest, *(math.prod(shape[:-1]) for shape in kernels)])
        for layer in leaves:
            coarsest = max(coarsest, PRECISIONS.get(layer.compute_dtype, 0.0))
    return 8 * coarsest * math.sqrt(max(longest, 64)) * depth


def _apply_in(side: Side, values: list[Array], dtype: str) -> Array | None:
    """The side's output with inputs and layers in another precision, None where it can't be had."""
    before = keras.config.floatx()
    try:
        keras.config.set_floatx(dtype)
        arrays = [array.astype(dtype) if array.dtype.kind == "f" else array for array in values]
        if side.layer is None:
            return _as_array(side.apply(*arrays))
        copy = _in_precision(side.layer, dtype)
        if copy is None:
            return None
        return _as_array(_layer_side(side.name, copy).apply(*arrays))
    except Exception:
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


def _vanishes_in_float64(sides: list[Side], values: list[list[Array]]) -> bool:
    exact = [_apply_in(side, arrays, "float64") for side, arrays in zip(sides, values)]
    if exact[0] is None or exact[1] is None or exact[0].size != exact[1].size:
        return False
    a, b = exact[0], exact[1].reshape(exact[0].shape)
    if a.dtype.name != "float64" or b.dtype.name != "float64":
        return False
    return bool(_difference(a, b)["max_rel"] <= 8 * PRECISIONS["float64"] * 1024)


def _cause(sides: list[Side], values: list[list[Array]], a: Array, b: Array, allowed: float) -> str | None:
    """Tries causes by experiment; the first that explains the whole difference."""
    if _vanishes_in_float64(sides, values):
        return "precision"
    if _flipped(sides, values, b, allowed) or _flipped(sides[::-1], values[::-1], a, allowed):
        return "flipped-kernel"
    if _interior_agrees(sides, a, b, allowed):
        return "padding"
    return _permuted(a, b)


def _flipped(sides: list[Side], values: list[list[Array]], other: Array, allowed: float) -> bool:
    """Whether the first side gives the other's output once its kernels are turned around."""
    layer = sides[0].layer
    if layer is None:
        return False
    kernels = [weight for weight in layer.weights if weight.path.endswith("kernel") and len(weight.shape) > 2]
    if not kernels:
        return False
    saved = [np.asarray(kernel) for kernel in kernels]
    try:
        for kernel, plain in zip(kernels, saved):
            kernel.assign(np.flip(plain, axis=tuple(range(plain.ndim - 2))))
        turned = _as_array(sides[0].apply(*values[0]))
        return turned.size == other.size and bool(_difference(turned.reshape(other.shape), other)["max_rel"] <= allowed)
    finally:
        for kernel, plain in zip(kernels, saved):
            kernel.assign(plain)


def _interior_agrees(sides: list[Side], a: Array, b: Array, allowed: float) -> bool:
    """Whether the outputs differ along the borders of the image only."""
    if a.ndim < 3:
        return False
    kernels = [shape for side in sides if (shape := _kernel(side)) is not None]
    margin = max([size // 2 for shape in kernels for size in shape[:-2]] or [1])
    axes = range(1, a.ndim - 1)
    if any(a.shape[axis] <= 2 * margin for axis in axes):
        return False
    inner = tuple(slice(margin, -margin) if axis in axes and margin else slice(None) for axis in range(a.ndim))
    return bool(_difference(a, b)["max_rel"] > allowed >= _difference(a[inner], b[inner])["max_rel"])


def _permuted(a: Array, b: Array) -> str | None:
    """Whether B is A with its axes in another order, or with the same numbers read in another one."""
    if sorted(a.shape) != sorted(b.shape) or a.ndim > 5 or a.size == 0:
        return None
    for order in permutations(range(a.ndim)):
        if order == tuple(range(a.ndim)) or tuple(a.shape[axis] for axis in order) != b.shape:
            continue
        if _difference(np.transpose(a, order), b)["max_rel"] <= 1e-5:
            moved_channels = order in ((0, a.ndim - 1, *range(1, a.ndim - 1)), (0, *range(2, a.ndim), 1))
            return "layout" if moved_channels and a.ndim > 2 else "transposed"
    return None


def _first_difference(sides: list[Side], values: list[list[Array]], allowed: float) -> str | None:
    """The first layer whose output departs, for two models with the same count of layers."""
    first, second = (side.layer for side in sides)
    if not isinstance(first, keras.Model) or not isinstance(second, keras.Model):
        return None
    chains = [[layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
              for model in (first, second)]  # fmt: skip
    if len(chains[0]) != len(chains[1]):
        return None
    try:
        results = []
        for model, chain, arrays in zip((first, second), chains, values):
            probe = keras.Model(model.inputs, [layer.output for layer in chain])
            results.append([np.asarray(output) for output in keras.tree.flatten(probe(arrays[0]))])
    except Exception:
        return None
    for layer, a, b in zip(chains[0], *results):
        if a.size != b.size or _difference(a, b.reshape(a.shape))["max_rel"] > allowed:
            return str(layer.name)
    return None
