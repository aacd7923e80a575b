"""Spellings: from the dotted name a program uses to the catalog's canonical one."""

from __future__ import annotations

from functools import lru_cache

_PREFIXES = (
    ("tensorflow.compat.v1.keras", "keras"),
    ("tensorflow.compat.v2.keras", "keras"),
    ("tensorflow.compat.v1", "tensorflow"),
    ("tensorflow.compat.v2", "tensorflow"),
    ("tensorflow.python.keras", "keras"),
    ("tensorflow.keras", "keras"),
    ("tensorflow.contrib.keras", "keras"),
    ("tensorflow.experimental.numpy", "numpy"),
    ("tf_keras.src", "keras"),
    ("tf_keras", "keras"),
    ("keras.api._v2.keras", "keras"),
    ("keras.api", "keras"),
    ("keras._tf_keras.keras", "keras"),
    ("keras.layers.convolutional", "keras.layers"),
    ("keras.layers.core", "keras.layers"),
    ("keras.layers.pooling", "keras.layers"),
    ("keras.layers.merge", "keras.layers"),
    ("keras.layers.normalization", "keras.layers"),
    ("keras.layers.recurrent", "keras.layers"),
    ("keras.layers.embeddings", "keras.layers"),
    ("keras.layers.wrappers", "keras.layers"),
    ("keras.layers.noise", "keras.layers"),
    ("keras.layers.local", "keras.layers"),
    ("keras.layers.advanced_activations", "keras.layers"),
    ("keras.layers.experimental.preprocessing", "keras.layers"),
    ("keras.engine.topology", "keras.layers"),
    ("keras.engine.input_layer", "keras.layers"),
    ("keras.engine.base_layer", "keras.layers"),
    ("keras.engine.training", "keras.models"),
    ("keras.engine.sequential", "keras.models"),
    ("keras.engine", "keras.layers"),
    ("keras.src.layers", "keras.layers"),
)
"""Module prefixes and what they mean; the longest match wins, and the result is looked up again."""

_NAMES = {
    "keras.Input": "keras.layers.Input",
    "keras.InputLayer": "keras.layers.InputLayer",
    "keras.Layer": "keras.layers.Layer",
    "keras.models.Input": "keras.layers.Input",
    "keras.layers.Model": "keras.Model",
    "keras.models.Model": "keras.Model",
    "keras.models.Functional": "keras.Model",
    "keras.Functional": "keras.Model",
    "keras.models.Sequential": "keras.Sequential",
    "keras.layers.Sequential": "keras.Sequential",
    "keras.config.image_data_format": "keras.backend.image_data_format",
    "keras.config.set_image_data_format": "keras.backend.set_image_data_format",
    "keras.utils.np_utils.to_categorical": "keras.utils.to_categorical",
}

_SORTED_PREFIXES = sorted(_PREFIXES, key=lambda pair: -len(pair[0]))


@lru_cache(maxsize=4096)
def canonical(dotted: str) -> str:
    """The catalog's name for a fully qualified name; unknown names come back unchanged.

    ``tensorflow.keras.layers.Convolution2D`` gives ``keras.layers.Convolution2D`` (the layer
    table knows both class names), ``keras.Input`` gives ``keras.layers.Input``.
    """
    for prefix, meaning in _SORTED_PREFIXES:
        if dotted == prefix or dotted.startswith(prefix + "."):
            return canonical(meaning + dotted[len(prefix) :])
    return _NAMES.get(dotted, dotted)
