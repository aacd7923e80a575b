"""The tables of names that are gone, against the installed Keras and TensorFlow."""

from __future__ import annotations

import importlib

import pytest

from convlint.catalog.gone import BACKEND, GONE, ONLY_IN_TENSORFLOW, TENSORFLOW1, successor

pytest.importorskip("tensorflow")


def exists(name: str) -> bool:
    """Whether an import or a chain of attributes reaches the name."""
    package, *rest = name.split(".")
    reached: object = importlib.import_module(package)
    for part in rest:
        try:
            reached = getattr(reached, part)
        except (AttributeError, ImportError):
            break
    else:
        return True
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


BOTH = [name for plain in GONE for name in (plain, f"tensorflow.{plain}")]
NAMES = [*BOTH, *(f"tensorflow.{name}" for name in BACKEND), *TENSORFLOW1, *ONLY_IN_TENSORFLOW]


@pytest.mark.parametrize("names", [NAMES], ids=["all"])
def test_what_is_called_gone_is_gone(names: list[str]) -> None:
    """Neither an import nor an attribute reaches any of them."""
    assert [name for name in names if exists(name)] == []


def test_every_successor_exists() -> None:
    """What a finding tells people to use is there."""
    wrong = {name: today for name in NAMES if (today := successor(name)) and not exists(today)}
    assert wrong == {}


def test_keras_2_still_has_its_own_names() -> None:
    """On Keras 2 only the names of TensorFlow 1 are gone."""
    assert successor("keras.layers.ThresholdedReLU", 2) is None
    assert successor("tensorflow.keras.layers.CuDNNLSTM", 2) is None
    assert successor("tensorflow.placeholder", 2) == ""
    assert successor("tensorflow.keras.preprocessing.image.ImageDataGenerator") is None
