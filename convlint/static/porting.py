"""What runs, and differs on another machine, in another framework's numbers, or only in its price."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from convlint.catalog.generations import show_value
from convlint.catalog.remarks import layer_remarks
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import (
    BackendSpecificOp,
    FlattenExplosion,
    LoopOverChannels,
    PortFlattenOrder,
    PrecisionCast,
    PredictInLoop,
    RedundantTranspose,
)
from convlint.shapes.dims import Unknown
from convlint.static.run import Frame, Run
from convlint.static.syntax import dotted
from convlint.static.values import LayerValue, Origin, Value

MANY_WEIGHTS = 10_000_000
"""Weights of one ``Dense`` behind a ``Flatten`` from which it is worth a remark: 40 MB."""


def check_layer(run: Run, frame: Frame, node: cst.CSTNode, layer: LayerValue) -> None:
    """State what is particular about a layer as it is made."""
    for problem in layer_remarks(layer.shown, layer.class_name, layer.spec):
        run.state_problem(problem, frame, node)


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
        _check_flatten_order(run, frame, node, label, x)
        features, units = x.shape[-1], layer.spec.arguments.get("units")
        if isinstance(features, int) and isinstance(units, int) and features * units >= MANY_WEIGHTS:
            run.state_problem(FlattenExplosion(label, features, units, features * units), frame, node, (x,))


def _check_flatten_order(run: Run, frame: Frame, node: cst.CSTNode, label: str, x: Tensor) -> None:
    """State maps that are flattened with their channels last, unless one pixel or one channel leaves no order."""
    origin = x.origin
    maps = origin.parents[0] if isinstance(origin, Origin) and origin.parents else None
    if maps is None or isinstance(maps.shape, Unknown) or isinstance(x.shape, Unknown):
        return
    sizes = maps.shape[1:]
    if len(sizes) < 2 or maps.layout != "channels_last" or not all(isinstance(size, int) for size in sizes):
        return
    if sizes[-1] != 1 and any(size != 1 for size in sizes[:-1]):
        run.state_problem(PortFlattenOrder(label, maps.shape, x.shape), frame, node, (maps,))


_CONVOLUTIONS = re.compile(r"(?:\w+\.)*(?:depthwise_)?conv(?:[123]d|olution)?$")


def check_function(run: Run, frame: Frame, node: cst.CSTNode, name: str, tensors: Sequence[Tensor]) -> None:
    """State what is particular about a function of a library as it is called."""
    if not isinstance(node, cst.Call) or not tensors:
        return
    traced = run.inside_call and not run.inside_loss and tensors[0].kind is Kind.TRACED
    if name.startswith("tensorflow.") and not name.startswith("tensorflow.keras.") and traced:
        run.state_problem(BackendSpecificOp(dotted(node.func)), frame, node)
    if frame.loop_depth and _CONVOLUTIONS.match(name):
        _check_channel_loop(run, frame, node, dotted(node.func), tensors[0])


def _check_channel_loop(run: Run, frame: Frame, node: cst.CSTNode, label: str, x: Tensor) -> None:
    """State a convolution of one channel that was cut out of a tensor with several."""
    if isinstance(x.shape, Unknown) or len(x.shape) < 3 or x.shape[-1] != 1:
        return
    for _ in range(4):
        origin = x.origin
        if not isinstance(origin, Origin) or not origin.parents:
            return
        x = origin.parents[0]
        if isinstance(x.shape, Unknown):
            return
        if isinstance(origin.node, cst.Subscript):
            channels = x.shape[-1]
            if len(x.shape) >= 3 and isinstance(channels, int) and channels > 1 and _takes_channel(origin.node):
                run.state_problem(LoopOverChannels(label, x.shape), frame, node, (x,))
            return


def _takes_channel(node: cst.Subscript) -> bool:
    """Whether the last index is computed: ``x[..., i]``, ``x[:, :, :, i:i + 1]``."""
    last = node.slice[-1].slice
    part = last.value if isinstance(last, cst.Index) else last.lower if isinstance(last, cst.Slice) else None
    return part is not None and not isinstance(part, cst.Integer | cst.UnaryOperation)


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
