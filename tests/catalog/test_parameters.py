"""What the catalog says that classes and methods take, against the installed Keras."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from convlint.catalog.parameters import listed, parameters_of
from convlint.catalog.registry import all_layers
from convlint.catalog.signature import REQUIRED
from tests.catalog.agreement import resolve

REFUSES_THE_REST = ("keras.optimizers.", "keras.Model.evaluate")
"""They have ``**kwargs`` and raise over what is in it."""


@pytest.mark.parametrize("name", sorted(listed()))
def test_parameters(name: str, keras: Any) -> None:
    """Names, order, which are needed, and whether others are taken."""
    signature = parameters_of(name)
    assert signature is not None
    target = resolve(name)
    real = list(inspect.signature(target).parameters.values())
    if inspect.isfunction(target):
        real = real[1:]
    named = [one for one in real if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)]
    mine = [(one.name, one.default is REQUIRED, one.keyword_only) for one in signature.parameters]
    assert mine == [(one.name, one.default is one.empty, one.kind is one.KEYWORD_ONLY) for one in named]
    if not name.startswith(REFUSES_THE_REST):
        assert signature.takes_any_keyword == any(one.kind is one.VAR_KEYWORD for one in real)


@pytest.mark.parametrize("name", ["Adam", "SGD", "RMSprop", "AdamW", "Lion"])
def test_optimizers_take_no_other_keywords(name: str, keras: Any) -> None:
    with pytest.raises(ValueError, match="not recognized"):
        getattr(keras.optimizers, name)(speed=1)


def test_evaluate_takes_no_other_keywords(keras: Any) -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="not recognized"):
        model.evaluate(keras.ops.ones((2, 1)), keras.ops.ones((2, 1)), epochs=1)


@pytest.mark.parametrize("name", sorted(name.rpartition(".")[2] for name in all_layers()))
def test_layers_that_take_numbers(name: str, keras: Any) -> None:
    """Keras' ``DataLayer`` converts what it is called on, some layers say that they let it pass; the others refuse."""
    from keras.src.layers.preprocessing.data_layer import DataLayer

    real = getattr(keras.layers, name, None)
    takes = real is not None and any(
        base is DataLayer or "_allow_non_tensor_positional_args = True" in inspect.getsource(base)
        for base in real.__mro__
        if base.__module__.startswith("keras.src.layers")
    )
    assert all_layers()[f"keras.layers.{name}"].cls.takes_numbers == takes
