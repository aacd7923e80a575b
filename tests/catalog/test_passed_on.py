"""Keywords that constructors hand to their base classes, against the installed Keras."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from convlint.catalog.context import Context, Refused
from convlint.catalog.layer import Call
from convlint.catalog.registry import all_layers
from convlint.catalog.signature import REQUIRED
from convlint.catalog.tensor import Tensor
from convlint.shapes.dims import DYNAMIC

GIVEN: dict[str, object] = {
    "units": 4, "filters": 4, "kernel_size": 1, "factor": 0.1, "rate": 0.1, "height": 8, "width": 8, "stddev": 0.1,
    "height_factor": 0.1, "width_factor": 0.1, "dims": (1,), "n": 2, "target_shape": (-1,), "input_dim": 3,
    "output_dim": 3, "num_heads": 1, "key_dim": 2, "head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1,
    "scale": 1.0, "axes": 1, "activation": "relu", "pool_size": 2, "output_size": 1,
    "equation": "ab,bc->ac", "output_shape": 3, "num_bins": 4, "max_number": 3,
}  # fmt: skip
"""A value for each argument that some layer requires."""
VALUES: dict[str, object] = {
    "bounding_box_format": "xyxy", "seed": 1, "score_mode": "dot", "lora_rank": 2, "factor": 0.1,
}  # fmt: skip
OBJECTS = {"layer", "cell", "function", "layers", "cells"}
"""Required arguments that are no plain values; their layers are left out."""


def inherited(cls: type) -> Iterator[inspect.Parameter]:
    """Parameters of the constructors above the class's own, as far as ``**kwargs`` reach."""
    for base in cls.__mro__:
        if "__init__" in base.__dict__:
            parameters = inspect.signature(base.__init__).parameters.values()  # type: ignore[misc]
            if base is not cls:
                yield from (p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))
            if not any(p.kind is p.VAR_KEYWORD for p in parameters):
                return


def cases() -> list[str]:
    plain = []
    for name, entry in all_layers().items():
        required = {p.name for p in entry.signature.parameters if p.default is REQUIRED}
        if not required & OBJECTS and name != "keras.layers.InputLayer":
            plain.append(name.rpartition(".")[2])
    return sorted(plain)


@pytest.mark.parametrize("name", cases())
def test_inherited_keywords(name: str, keras: Any) -> None:
    """A keyword that Keras takes on behalf of a base class is no unknown argument."""
    cls = getattr(keras.layers, name, None)
    if cls is None:
        pytest.skip("a class of Keras 2 only")
    entry = all_layers()[f"keras.layers.{name}"]
    given = {p.name: GIVEN[p.name] for p in entry.signature.parameters if p.default is REQUIRED}
    for parameter in inherited(cls):
        if parameter.name == "self" or parameter.name in given:
            continue
        default = None if parameter.default is parameter.empty else parameter.default
        keywords = {**given, parameter.name: VALUES.get(parameter.name, default)}
        try:
            cls(**keywords)
        except (TypeError, ValueError):
            continue
        try:
            entry.make(Context(name), [], keywords)
        except Refused as refused:
            pytest.fail(f"{name}({parameter.name}=…) works in Keras: {refused.problem}")


def test_rms_scaling_leaves_out_beta(keras: Any) -> None:
    """``rms_scaling`` turns the offset off, whatever ``center`` says."""
    layer = keras.layers.LayerNormalization(rms_scaling=True, scale=False)
    layer.build((None, 5))
    spec = all_layers()["keras.layers.LayerNormalization"].make(Context(), [], {"rms_scaling": True, "scale": False})
    _, built = spec.call(Context(), Call(Tensor((DYNAMIC, 5))))
    assert [tuple(weight.shape) for weight in layer.weights] == list(built.weights.values())
