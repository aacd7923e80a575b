"""The job "compare": two implementations over the same values, and why they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from convlint.runtime.inside import building, causes, measuring, sides, weights
from convlint.runtime.inside.framework import keras
from convlint.runtime.inside.sides import Side, as_arrays
from convlint.runtime.inside.tracing import Tracer

Event = dict[str, Any]
Array = Any

SEED = 20240229
FREE_SIZE = 16
"""Size given to an axis that a model leaves free."""


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
    found: list[Side] = []
    for letter in ("a", "b"):
        try:
            found.append(sides.load(job[letter]))
        except building.Unbuildable as unbuildable:
            return _failed(letter, job[letter], unbuildable.outcome["message"])
    notes: list[str] = []
    try:
        shared = _inputs(found, job["inputs"], notes, whole=whole)
        _face(found, shared, notes)
        given = [_fit_inputs(side, shared, notes) for side in found]
    except Unfit as unfit:
        return {"status": "compared", "verdict": "failed", "message": str(unfit), "notes": notes}
    # The first run builds; weights are then made equal, and the second run is the one that counts.
    for letter, side, arrays in zip("ab", found, given):
        failure = _run(side, arrays, tracer)
        if isinstance(failure, dict):
            return _failed(letter, job[letter], failure["core"], failure)
    weights.share(found, notes, np.random.default_rng(SEED))
    outputs: list[list[Array]] = []
    for letter, side, arrays in zip("ab", found, given):
        result = _run(side, arrays, tracer)
        if isinstance(result, dict):
            return _failed(letter, job[letter], result["core"], result)
        outputs.append(result)
    kernels = [measuring.first_kernel(side) for side in found]
    outcome = _measure(found, given, outputs, notes)
    return {"status": "compared", "notes": list(dict.fromkeys(notes)), "kernel_shapes": kernels, **outcome}


def _failed(letter: str, request: Mapping[str, Any], message: str, failure: Event | None = None) -> Event:
    return {
        "status": "compared",
        "verdict": "failed",
        "message": f"{request['label']} fails: {message}",
        "side": letter,
        "failure": failure,
        "notes": [],
    }


# --- values -----------------------------------------------------------------------------------------


def _inputs(found: list[Side], specs: list[Event], notes: list[str], *, whole: bool) -> list[Array] | None:
    """Arrays for each spec, or for the inputs that a model declares; None where both take none.

    With ``whole`` the first size of a spec counts the samples; else there is one sample.
    """
    if all(side.parameters == 0 for side in found):
        return None
    if specs:
        shapes = [tuple(spec["shape"]) for spec in specs]
        dtypes = [spec["dtype"] or "float64" for spec in specs]
    else:
        declared = next((side.input_shapes for side in found if side.input_shapes), None)
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


def _face(found: list[Side], shared: list[Array] | None, notes: list[str]) -> None:
    """Let a PyTorch module see images as it wants them, and show what it gives as Keras does."""
    if all(side.module is not None for side in found):
        return
    for side in found:
        if side.module is None or not shared:
            continue
        from convlint.runtime.inside import torch_modules

        recurrent = getattr(side.module, "batch_first", None)
        if recurrent is False:
            side.order = (1, 0, 2)
            notes.append(f"`{side.name}` gets the same values with the time first (batch_first=False)")
        rank = torch_modules.spatial_rank(side.module)
        if rank == shared[0].ndim - 2 and _channels_last(found):
            side.order = (0, shared[0].ndim - 1, *range(1, shared[0].ndim - 1))
            notes.append(f"`{side.name}` gets the same values with the channels first, and gives them so")


def _channels_last(found: list[Side]) -> bool:
    own = [getattr(layer, "data_format", None) for side in found for layer in measuring.layers_of(side)]
    return next((layout for layout in own if isinstance(layout, str)), keras.config.image_data_format()) == (
        "channels_last"
    )


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
    if filled[1:] == array.shape[1:]:
        return array
    if None not in filled and measuring.without_ones(filled) == measuring.without_ones(array.shape):
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


def _run(side: Side, arrays: list[Array], tracer: Tracer) -> Any:
    """The outputs as arrays, or a failure event."""
    before = set(tracer.first_calls)
    try:
        keras.utils.set_random_seed(SEED)
        outputs = as_arrays(side.apply(*[array.copy() for array in arrays]))
    except Exception as error:
        return building.describe_failure(error, tracer)
    if side.layer is None:
        side.made = [
            call.layer for key, call in tracer.first_calls.items()
            if key not in before and not isinstance(call.layer, keras.Model)
        ]  # fmt: skip
    return outputs


# --- measuring --------------------------------------------------------------------------------------


def _measure(found: list[Side], given: list[list[Array]], outputs: list[list[Array]], notes: list[str]) -> Event:
    counts = [len(arrays) for arrays in outputs]
    if counts[0] != counts[1]:
        message = f"A gives {counts[0]} outputs and B gives {counts[1]}"
        return {"verdict": "failed", "message": message}
    allowed = [measuring.tolerance(found, pair) for pair in zip(*outputs)]
    measured = [_measure_output(a, b) for a, b in zip(*outputs)]
    index = max(range(counts[0]), key=lambda number: measured[number].pop("apart") / (allowed[number] or 1.0))
    a, b = outputs[0][index], outputs[1][index]
    if counts[0] > 1:
        notes.append(f"of {counts[0]} outputs the one that differs most is shown, number {index + 1}")
        for side in found:
            side.only(index)
    outcome: Event = {
        "shapes": [list(a.shape), list(b.shape)], "dtypes": [a.dtype.name, b.dtype.name], "first_difference": None,
        "cause": None, "detail": "", **measured[index],
    }  # fmt: skip
    if outcome["max_abs"] is None and a.size != b.size:
        return outcome | {"verdict": "different"}
    fits = measuring.without_ones(a.shape) == measuring.without_ones(b.shape)
    if fits and a.shape != b.shape:
        notes.append(f"the outputs hold the same axes but for axes of length 1, {a.shape} and {b.shape}")
    pair = causes.Pair(
        (found[0], found[1]), (given[0], given[1]), (a, b.reshape(a.shape) if fits else b), allowed[index]
    )
    if not fits:
        cause = causes.find(pair)
        return outcome | {"verdict": "different", "cause": cause.name if cause is not None else None}
    if outcome["max_abs"] == 0:
        return outcome | {"verdict": "equal", "cause": "precision" if a.dtype != b.dtype else None}
    if outcome["max_abs"] is None:
        notes.append("one side holds NaN or infinity where the other does not")
        return outcome | {"verdict": "different"}
    if outcome["max_rel"] <= allowed[index]:
        vanishes = a.dtype != b.dtype or causes.vanishes_in_float64(pair.sides, pair.given)
        return outcome | {"verdict": "rounding", "cause": "precision" if vanishes else None}
    name, inner = _first_difference(pair)
    cause = (causes.find(inner) if inner is not None else None) or causes.find(pair)
    if cause is not None:
        outcome |= {"cause": cause.name, "detail": cause.detail}
    return outcome | {"verdict": "different", "first_difference": name}


def _measure_output(a: Array, b: Array) -> Event:
    """How far apart two outputs are; ``apart`` orders several of them."""
    nothing: Event = {"max_abs": None, "max_rel": None, "position": None}
    if measuring.without_ones(a.shape) != measuring.without_ones(b.shape):
        return nothing | {"apart": math.inf}
    found = nothing | measuring.difference(a, b.reshape(a.shape))
    if not math.isfinite(found["max_abs"]):
        return nothing | {"apart": math.inf}
    return found | {"apart": found["max_rel"]}


def _first_difference(pair: causes.Pair) -> tuple[str | None, causes.Pair | None]:
    """The first layer whose output departs, for models that match layer by layer, and the two layers alone."""
    try:
        steps = list(weights.steps(pair))
    except Exception:  # models whose inner tensors can't be had
        return None, None
    for name, inner in steps:
        a, b = inner.outputs
        if a.size != b.size or measuring.relative(a, b.reshape(a.shape)) > pair.allowed:
            return name, inner if len(steps) > 1 else None
    return None, None
