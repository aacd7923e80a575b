"""How far apart two outputs are, and how far rounding alone may take them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from convlint.runtime.inside.framework import keras
from convlint.runtime.inside.sides import PRECISIONS, Side
from convlint.runtime.inside.tracing import kernel_shape

Event = dict[str, Any]
Array = Any


def difference(a: Array, b: Array) -> Event:
    """Largest absolute difference, the same relative to the largest magnitude, and where it is.

    ``max_abs`` is NaN or infinite where one side holds such a number and the other does not.
    """
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


def relative(a: Array, b: Array) -> float:
    """The largest difference relative to the largest magnitude; infinite where it is no number."""
    found = float(difference(a, b)["max_rel"])
    return math.inf if math.isnan(found) else found


def tolerance(sides: Sequence[Side], outputs: Sequence[Array]) -> float:
    """How much rounding explains, relative to the largest output.

    A sum of ``n`` products, added up in any order, is off by ``sqrt(n)`` roundings on average; 8 of
    these leave room for the unlucky ones and for a few layers after one another.
    """
    coarsest = max(PRECISIONS.get(output.dtype.name, 0.0) for output in outputs)
    longest, depth = 1, 1
    for side in sides:
        shapes = kernels(side)
        depth = max(depth, len(shapes))
        longest = max([longest, *(math.prod(shape[:-1]) for shape in shapes)])
        for layer in layers_of(side):
            coarsest = max(coarsest, PRECISIONS.get(layer.compute_dtype, 0.0))
        if side.module is not None:
            types = (str(weight.dtype).removeprefix("torch.") for weight in side.module.parameters())
            coarsest = max([coarsest, *(PRECISIONS.get(dtype, 0.0) for dtype in types)])
    return 8 * coarsest * math.sqrt(max(longest, 64)) * depth


def kernels(side: Side) -> list[list[int]]:
    """Shapes of all kernels of a side, in order."""
    if side.module is not None:
        from convlint.runtime.inside import torch_modules

        found = (torch_modules.weights(part).get("kernel") for _, part in torch_modules.leaves(side.module))
        return [list(kernel.shape) for kernel in found if kernel is not None]
    return [shape for shape in map(kernel_shape, layers_of(side)) if shape]


def first_kernel(side: Side) -> list[int] | None:
    """Shape of the first kernel, None where there is none."""
    return next(iter(kernels(side)), None)


def layers_of(side: Side) -> list[Any]:
    """The Keras layers of a side, models taken apart."""
    return leaves(side.layer) if side.layer is not None else side.made or []


def leaves(layer: Any) -> list[Any]:
    """The layers of a model, those of models inside it in their place; a layer itself alone."""
    if isinstance(layer, keras.Model):
        return [leaf for part in layer.layers for leaf in leaves(part)]
    return [layer]


def without_ones(shape: Sequence[Any]) -> tuple[Any, ...]:
    """The sizes that count: Conv1D and Conv2D over the whole width differ by axes of length 1."""
    return tuple(size for size in shape if size != 1)
