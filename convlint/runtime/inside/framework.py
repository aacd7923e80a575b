"""The Keras at work, under the names of Keras 3: its own, or Keras 2 in their place.

Keras 2 is at work where TensorFlow before 2.16 brings it, and where ``TF_USE_LEGACY_KERAS`` asks for ``tf_keras``.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import types
from typing import Any

import tensorflow as tf

from convlint.runtime.processes import legacy_keras


class _Keras2:
    """A module of Keras 2 with what the worker uses of Keras 3."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.Layer = module.layers.Layer
        # Not the types of an Input and a model: making one starts threads of TensorFlow, which a fork does not have.
        engine = module.layers.Layer.__module__.rpartition(".")[0]
        self.KerasTensor = importlib.import_module(f"{engine}.keras_tensor").KerasTensor
        self.Functional = importlib.import_module(f"{engine}.functional").Functional
        self.Variable = tf.Variable
        self.ops = types.SimpleNamespace()
        self.tree = types.SimpleNamespace(flatten=tf.nest.flatten, map_structure=tf.nest.map_structure)
        backend = module.backend
        self.config = types.SimpleNamespace(
            image_data_format=backend.image_data_format, set_image_data_format=backend.set_image_data_format,
            floatx=backend.floatx, set_floatx=backend.set_floatx, disable_traceback_filtering=lambda: None,
        )  # fmt: skip

    def StatelessScope(self, **_: Any) -> contextlib.AbstractContextManager[None]:  # noqa: N802  # as in Keras 3
        """Nothing: the weights of Keras 2 exist as soon as a layer is built."""
        return contextlib.nullcontext()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)


def _found() -> Any:
    module = importlib.import_module("tf_keras" if legacy_keras(os.environ) else "keras")
    return module if hasattr(module, "KerasTensor") else _Keras2(module)


keras: Any = _found()
GENERATION = 2 if isinstance(keras, _Keras2) else 3
Functional: Any = (
    keras.Functional if GENERATION == 2 else importlib.import_module("keras.src.models.functional").Functional
)
"""The class of functional models."""


def role(weight: Any) -> str:
    """What a weight is to its layer: ``kernel``."""
    path: str = getattr(weight, "path", "") or weight.name
    return path.rpartition("/")[2].partition(":")[0]
