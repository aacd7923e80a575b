"""The graph and the layer table of a program as its calls show them: where no finished functional model tells more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from convlint.runtime.reports import COMPILING, GRAPH, BuildReport, TracedCall
from convlint.summary import Edge, LayerRow, ModelGraph

_FLOWING = ("symbolic", "traced")
"""Kinds of tensors that have no values yet; arrays and variables are constants of the graph."""
_INPUT = "keras.layers.Input"


def with_trace(report: BuildReport) -> BuildReport:
    """The report with the graph that its calls show; with their table, too, where the build did not come to its end."""
    if not report.calls:
        return report
    level = _outermost(report.calls)
    graph = report.graph if report.graph.boxes else _graph(level, report)
    if report.layers or report.ok:
        return replace(report, graph=graph)
    rows = {box.name: box for box in reversed(graph.boxes) if not _is_function(box)}
    return replace(report, graph=graph, layers=tuple(reversed(rows.values())))


def _is_function(box: LayerRow) -> bool:
    return "." in box.class_name


def _outermost(calls: Sequence[TracedCall]) -> list[TracedCall]:
    """The calls that tell most: the program's own, or those inside the one model of its own that it calls."""
    children: dict[int | None, list[TracedCall]] = {}
    for call in calls:
        if call.name not in (COMPILING, GRAPH):
            children.setdefault(call.parent, []).append(call)
    level = children.get(None, [])
    while True:
        inner = [call for call in level if call.number in children and _is_own(call)]
        if not inner or {call.name for call in level} - {_INPUT} != {inner[0].name}:
            return level
        level = children[next((call for call in inner if not call.ended), inner[0]).number]


def _is_own(call: TracedCall) -> bool:
    name = call.details.get("class_name", "")
    return bool(name) and not name.startswith("keras.layers.")


def _graph(level: Sequence[TracedCall], report: BuildReport) -> ModelGraph:
    """A box for each call, and one for each tensor that comes from elsewhere."""
    boxes: list[LayerRow] = []
    edges: list[Edge] = []
    made_by = {call.parent: call for call in report.calls if call.details.get("class_name")}
    makers: dict[int, int] = {}
    failed = None
    open_calls = _around(report)
    for call in level:
        sources = [(_maker(tensor, makers, boxes), tensor) for tensor in call.inputs]
        number = len(boxes)
        boxes.append(_box(call, made_by.get(call.number)))
        edges += [Edge(source, number, _shape(tensor)) for source, tensor in sources if source is not None]
        if call.number in open_calls:
            failed = number
        for tensor in call.outputs:
            makers.setdefault(tensor["id"], number)
    return ModelGraph(tuple(boxes), tuple(edges), failed)


def _around(report: BuildReport) -> set[int]:
    """Numbers of the calls that the build ended in."""
    if report.ok:
        return set()
    parents = {call.number: call.parent for call in report.calls}
    if report.failure is None:
        return {call.number for call in report.calls if not call.ended}
    found: set[int] = set()
    number = report.failure.call
    while number is not None:
        found.add(number)
        number = parents.get(number)
    return found


def _maker(tensor: Mapping[str, Any], makers: dict[int, int], boxes: list[LayerRow]) -> int | None:
    if tensor["id"] not in makers:
        if tensor["kind"] not in _FLOWING:
            return None
        makers[tensor["id"]] = len(boxes)
        shapes = (_shape(tensor),)
        kind = "InputLayer" if tensor["kind"] == "symbolic" else "input"
        boxes.append(LayerRow(_name(tensor), kind, shapes, shapes, None, None, None, "", 0))
    return makers[tensor["id"]]


def _box(call: TracedCall, inner: TracedCall | None) -> LayerRow:
    """The box of a call; ``inner`` is the layer that a function called, such as the ``Add`` of ``layers.add``."""
    function = not call.details.get("class_name")
    name, kind = call.name, call.details.get("class_name", "").rpartition(".")[2]
    details = call.details
    if call.name == _INPUT:
        name, kind = _name(call.outputs[0]) if call.outputs else "input", "InputLayer"
    elif function and inner is not None and call.name.startswith("keras.layers."):
        name, kind = inner.name, inner.details["class_name"].rpartition(".")[2]
        details, function = inner.details, False
    elif function:
        name, kind = call.name.rpartition(".")[2], call.name
    kernel = details.get("kernel_shape")
    return LayerRow(
        name,
        kind,
        tuple(_shapes(call.inputs)),
        tuple(_shapes(call.outputs)),
        None if function else details.get("params"),
        details.get("data_format"),
        tuple(kernel) if kernel is not None else None,
        call.file,
        call.line,
    )


def _shapes(tensors: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int | None, ...] | str]:
    return map(_shape, tensors)


def _shape(tensor: Mapping[str, Any]) -> tuple[int | None, ...] | str:
    return "?" if tensor["shape"] is None else tuple(tensor["shape"])


def _name(tensor: Mapping[str, Any]) -> str:
    """The name that the program gave to an input; automatic ones count all tensors and tell nothing."""
    name: str = tensor["name"]
    return "input" if not name or name.startswith("keras_tensor") else name
