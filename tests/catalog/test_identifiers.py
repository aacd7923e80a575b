"""The words that Keras resolves, against the installed Keras."""

from __future__ import annotations

from importlib import import_module

import pytest

from convlint.catalog.context import Context
from convlint.catalog.identifiers import KNOWN, unknown_identifier

WHERE = {"activation": "activations", "initializer": "initializers", "regularizer": "regularizers",
         "constraint": "constraints", "loss": "losses", "metric": "metrics", "optimizer": "optimizers"}  # fmt: skip
SPECIAL = {"metric": {"acc", "ce", "crossentropy"}}
"""What ``compile`` understands before it looks into the list."""


@pytest.mark.parametrize("kind", WHERE)
def test_every_word_is_known(kind: str) -> None:
    """The list is Keras' own."""
    pytest.importorskip("keras", minversion="3.15")
    module = import_module(f"keras.src.{WHERE[kind]}")
    assert set(module.ALL_OBJECTS_DICT) == KNOWN[kind] - SPECIAL.get(kind, set())


@pytest.mark.parametrize("kind", ["activation", "initializer", "regularizer", "constraint", "optimizer"])
@pytest.mark.parametrize("word", ["relu", "ReLU", "zeros", "HeNormal", "l1_l2", "max_norm", "Adam", "adm", "tanhh"])
def test_keras_agrees(kind: str, word: str) -> None:
    """A word is a fault exactly where ``get`` raises."""
    keras = pytest.importorskip("keras", minversion="3.15")
    get = getattr(keras, WHERE[kind]).get
    found = unknown_identifier(Context("Dense"), kind, kind, word)
    if found is None:
        get(word)
    else:
        with pytest.raises(ValueError, match="Could not interpret"):
            get(word)
