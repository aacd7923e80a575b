"""What runs, and differs on another machine, in another framework's numbers, or only in its price."""

from __future__ import annotations

import libcst as cst

from convlint.catalog.generations import show_value
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import (
    ChannelsFirstPortability,
    FlattenExplosion,
    PortNormalizationDefaults,
    PortSamePadding,
    PrecisionCast,
    PredictInLoop,
    RedundantTranspose,
)
from convlint.shapes.dims import Unknown
from convlint.static.run import Frame, Run
from convlint.static.values import LayerValue, Origin, Value

MANY_WEIGHTS = 10_000_000
"""Weights of one ``Dense`` behind a ``Flatten`` from which it is worth a remark: 40 MB."""

_WINDOWS = ("Conv", "MaxPool", "AveragePool", "DepthwiseConv", "SeparableConv")
_DEFAULTS = {
    "BatchNormalization": {"epsilon": (0.001, "1e-05"), "momentum": (0.99, "0.9, written 0.1")},
    "LayerNormalization": {"epsilon": (0.001, "1e-05")},
    "GroupNormalization": {"epsilon": (0.001, "1e-05")},
}
"""Defaults of Keras and what PyTorch has instead. Source: ``inspect.signature`` of both."""


def check_layer(run: Run, frame: Frame, node: cst.CSTNode, layer: LayerValue) -> None:
    """State what is particular about a layer as it is made."""
    arguments = layer.spec.arguments
    name = layer.class_name
    if name.startswith(_WINDOWS) and getattr(layer.spec, "data_format", None) == "channels_first":
        run.state_problem(ChannelsFirstPortability(layer.shown), frame, node)
    strides = arguments.get("strides")
    if name.startswith(_WINDOWS) and "Transpose" not in name and arguments.get("padding") in ("same", "SAME"):
        sizes = strides if isinstance(strides, tuple | list) else (strides,)
        if all(type(size) is int for size in sizes) and any(type(size) is int and size > 1 for size in sizes):
            run.state_problem(PortSamePadding(layer.shown, show_value(strides)), frame, node)
    known = _DEFAULTS.get(name, {})
    same = [
        f"{word}={ours} (PyTorch: {theirs})" for word, (ours, theirs) in known.items() if arguments.get(word) == ours
    ]
    if same:
        run.state_problem(PortNormalizationDefaults(layer.shown, " and ".join(same)), frame, node)


def check_call(run: Run, frame: Frame, node: cst.CSTNode, layer: LayerValue, label: str, x: Value) -> None:
    """State what is particular about a layer as it is called."""
    if not isinstance(x, Tensor):
        return
    before = x.origin.maker if isinstance(x.origin, Origin) else None
    wide = x.dtype == "float64" and layer.spec.arguments.get("dtype") is None
    if x.kind in (Kind.ARRAY, Kind.EAGER) and wide and not isinstance(x.shape, Unknown):
        run.state_problem(PrecisionCast(label, x.shape), frame, node, (x,))
    if before is None:
        return
    if layer.class_name == "Permute" and before.class_name == "Permute":
        first, second = before.spec.arguments.get("dims"), layer.spec.arguments.get("dims")
        if _undone(first, second):
            run.state_problem(RedundantTranspose(label, show_value(first), show_value(second)), frame, node, (x,))
    if layer.class_name == "Dense" and before.class_name == "Flatten" and not isinstance(x.shape, Unknown):
        features, units = x.shape[-1], layer.spec.arguments.get("units")
        if isinstance(features, int) and isinstance(units, int) and features * units >= MANY_WEIGHTS:
            run.state_problem(FlattenExplosion(label, features, units, features * units), frame, node, (x,))


def _undone(first: object, second: object) -> bool:
    """Whether two permutations of the axes 1, 2, … together change nothing."""
    if not isinstance(first, tuple | list) or not isinstance(second, tuple | list) or len(first) != len(second):
        return False
    if not all(type(axis) is int and 1 <= axis <= len(first) for axis in (*first, *second)):
        return False
    return [first[axis - 1] for axis in second] == list(range(1, len(first) + 1)) != list(first)


def check_predict(run: Run, frame: Frame, node: cst.CSTNode, shown: str, name: str) -> None:
    """State a ``predict`` inside a loop."""
    if name == "predict" and frame.loop_depth:
        run.state_problem(PredictInLoop(shown), frame, node)
