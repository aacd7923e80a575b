"""What is particular about a layer's arguments: remarks for ports, other backends and speed, not faults."""

from __future__ import annotations

from collections.abc import Iterator

from convlint.catalog.generations import show_value
from convlint.catalog.layer import Layer
from convlint.problems import (
    ChannelsFirstPortability,
    PortNormalizationDefaults,
    PortSamePadding,
    Problem,
    RecurrentWithoutCudnn,
)

_WINDOWS = ("Conv", "MaxPool", "AveragePool", "DepthwiseConv", "SeparableConv")
_DEFAULTS = {
    "BatchNormalization": {"epsilon": (0.001, "1e-05"), "momentum": (0.99, "0.9, written 0.1")},
    "LayerNormalization": {"epsilon": (0.001, "1e-05")},
    "GroupNormalization": {"epsilon": (0.001, "1e-05")},
}
"""Defaults of Keras and what PyTorch has instead. Source: ``inspect.signature`` of both."""

_LSTM = {
    "recurrent_dropout": 0, "activation": "tanh", "recurrent_activation": "sigmoid", "unroll": False, "use_bias": True,
}  # fmt: skip
_CUDNN: dict[str, dict[str, object]] = {"LSTM": _LSTM, "GRU": _LSTM | {"reset_after": True}}
"""Arguments that cuDNN's kernels have. Source: ``keras/src/backend/tensorflow/rnn.py``, ``cudnn_ok``."""


def layer_remarks(operation: str, name: str, layer: Layer) -> Iterator[Problem]:
    """What there is to say of a layer of the class ``name`` as it is made."""
    arguments = layer.arguments
    if name.startswith(_WINDOWS) and layer.kept_data_format == "channels_first":
        yield ChannelsFirstPortability(operation)
    strides = arguments.get("strides")
    if name.startswith(_WINDOWS) and "Transpose" not in name and arguments.get("padding") in ("same", "SAME"):
        sizes = strides if isinstance(strides, tuple | list) else (strides,)
        if all(type(size) is int for size in sizes) and any(type(size) is int and size > 1 for size in sizes):
            yield PortSamePadding(operation, show_value(strides))
    fast = _CUDNN.get(name, {}) if arguments.get("use_cudnn") == "auto" else {}
    for word, wanted in fast.items():
        given = arguments.get(word)
        if isinstance(given, str | bool | int | float) and given != wanted:
            yield RecurrentWithoutCudnn(operation, word, show_value(given))
            break
    known = _DEFAULTS.get(name, {})
    same = [
        f"{word}={ours} (PyTorch: {theirs})" for word, (ours, theirs) in known.items() if arguments.get(word) == ours
    ]
    if same:
        yield PortNormalizationDefaults(operation, " and ".join(same))
