"""Builders found in a file, from its syntax alone."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from convlint.runtime.discovery import candidates_in


def found(source: str) -> list[tuple[Any, ...]]:
    return [(c.name, c.kind, c.line, c.required) for c in candidates_in(textwrap.dedent(source))]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            """
            from tensorflow.keras import layers as L, Model
            import tensorflow as tf
            def net(classes, *, width, depth=3):
                x = L.Input((8, 8, 1))
                return Model(x, L.Dense(classes)(x))
            def both():
                m = tf.keras.models.Sequential()
                if True:
                    m.add(L.Dense(3))
                return m, 1
            def outer():
                return net(3, width=4)
            """,
            [
                ("net", "function", 4, ("classes", "width")),
                ("both", "function", 7, ()),
                ("outer", "function", 12, ()),
            ],
            id="functions that return a model",
        ),
        pytest.param(
            """
            import keras
            from keras.models import *
            class Net(Model):
                def __init__(self, units, rate=0.1):
                    super().__init__()
            class Deeper(Net):
                pass
            class Block(keras.layers.Layer):
                pass
            model = Net(3)
            backbone: object = keras.applications.VGG16(weights=None)
            """,
            [
                ("Net", "model-class", 4, ("units",)),
                ("Deeper", "model-class", 7, ()),
                ("Block", "layer-class", 9, ()),
                ("model", "model", 11, ()),
                ("backbone", "model", 12, ()),
            ],
            id="classes and module-level models",
        ),
        pytest.param(
            """
            from sklearn.linear_model import Model
            from keras.applications.vgg16 import preprocess_input
            def net():
                return Model(3)
            def inner():
                def build():
                    return 1
                return build
            x = preprocess_input(3)
            class Model2(Model): pass
            """,
            [],
            id="other libraries' models, and what is no model",
        ),
    ],
)
def test_candidates(source: str, expected: list[tuple[Any, ...]]) -> None:
    assert found(source) == expected
