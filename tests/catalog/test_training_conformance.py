"""Losses and model inputs against the installed Keras: the same shapes are refused, stretched and repaired."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convlint.catalog.losses import _CLASSES, FACTS, Loss, Outcome, loss_named, meet
from convlint.catalog.training import Feeding, feed
from convlint.shapes.dims import DYNAMIC

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")

SIZES = st.sampled_from([1, 1, 2, 3, 4])
SAMPLES = st.lists(SIZES, max_size=3).map(tuple)
CHECKED = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def keras3(keras: Any) -> None:
    if not hasattr(keras, "StatelessScope"):
        pytest.skip("the facts are those of Keras 3")


def runs(function: Any, *arguments: Any) -> bool:
    try:
        function(*arguments)
    except Exception:
        return False
    return True


@pytest.mark.parametrize("name", sorted(FACTS))
@pytest.mark.parametrize("plain", [False, True], ids=["object", "function"])
def test_losses_refuse_what_keras_refuses(keras: Any, name: str, plain: bool) -> None:
    """A loss object and a plain loss function, on targets and outputs of random shapes with one batch."""
    import numpy as np

    function = getattr(keras.losses, name)
    compared = function if plain else keras.losses.deserialize({"class_name": class_of(name), "config": {}})

    @CHECKED
    @given(batch=st.sampled_from([1, 2, 3, 5]), target=SAMPLES, output=SAMPLES.filter(len))
    def check(batch: int, target: tuple[int, ...], output: tuple[int, ...]) -> None:
        first, second = (batch, *target), (batch, *output)
        met = meet(Loss(FACTS[name], name, plain=plain), first, second)
        assert met.outcome is not Outcome.UNKNOWN
        y_true = np.zeros(first, "int32" if name.startswith("sparse") else "float32")
        real = runs(compared, y_true, np.full(second, 0.5, "float32"))
        assert real == (met.outcome is not Outcome.RAISES), (first, second, met)

    check()


def class_of(name: str) -> str:
    return next(cls for cls, (function, _) in _CLASSES.items() if function == name)


@pytest.mark.parametrize("name", sorted(FACTS))
def test_stretching_changes_the_number_of_comparisons(keras: Any, name: str) -> None:
    """Where a plain loss function stretches, it returns a value for each place of the common shape."""
    import numpy as np

    @CHECKED
    @given(target=SAMPLES, output=SAMPLES.filter(len))
    def check(target: tuple[int, ...], output: tuple[int, ...]) -> None:
        first, second = (2, *target), (2, *output)
        met = meet(Loss(FACTS[name], name, plain=True), first, second)
        if met.outcome is not Outcome.STRETCHES:
            return
        values = getattr(keras.losses, name)(np.zeros(first, "float32"), np.full(second, 0.5, "float32"))
        assert tuple(values.shape) == met.common[:-1]

    check()


@pytest.mark.parametrize("spelling", ["mse", "MSE", "mae", "mape", "msle", "kld", "MeanSquaredError", "huber"])
def test_spellings_are_those_of_keras(keras: Any, spelling: str) -> None:
    """Every spelling that the table knows is one that ``compile`` takes, for the same function."""
    known = loss_named(spelling)
    assert known is not None
    found = keras.losses.get(spelling)
    assert known.facts.name in (getattr(found, "__name__", ""), getattr(getattr(found, "fn", None), "__name__", ""))


@pytest.mark.parametrize("sequential", [True, False], ids=["sequential", "functional"])
def test_inputs_take_what_keras_takes(keras: Any, sequential: bool) -> None:
    """A declared input and data of random shapes: taken, repaired or refused as Keras does it."""
    import numpy as np

    models: dict[tuple[int | None, ...], Any] = {}

    def model(declared: tuple[int | None, ...]) -> Any:
        if declared not in models:
            entry = keras.Input(declared)
            layer = keras.layers.Activation("relu")
            models[declared] = keras.Sequential([entry, layer]) if sequential else keras.Model(entry, layer(entry))
        return models[declared]

    @CHECKED
    @given(
        declared=st.lists(st.one_of(SIZES, st.none()), min_size=1, max_size=3).map(tuple),
        data=st.lists(SIZES, max_size=4).map(tuple),
    )
    def check(declared: tuple[int | None, ...], data: tuple[int, ...]) -> None:
        whole = (DYNAMIC, *(DYNAMIC if size is None else size for size in declared))
        fed = feed(whole, (5, *data), checks_sizes=not sequential)
        assert fed.feeding is not Feeding.UNKNOWN
        try:
            result = model(declared)(np.zeros((5, *data), "float32"))
        except ValueError:
            assert fed.feeding in (Feeding.RAISES_RANK, Feeding.RAISES_SIZE), (declared, data, fed)
        else:
            assert fed.feeding in (Feeding.FITS, Feeding.UNCHECKED), (declared, data, fed)
            assert tuple(result.shape) == fed.shape

    check()
