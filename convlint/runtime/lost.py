"""Weights that a build makes and that its model does not have: nothing raises, and they never learn."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from convlint.problems import (
    LambdaCapturesWeights,
    OverwrittenOutput,
    Problem,
    UnusedBranch,
    WeightsCreatedInCallSilent,
)
from convlint.runtime.lines import layer_variable, ways_to
from convlint.runtime.reports import GRAPH, BuildReport, Frame, TracedCall, TracedLayer

_LAMBDA = "keras.layers.Lambda"
_CONDITIONS = (ast.If, ast.IfExp, ast.Try, ast.BoolOp, ast.Match, ast.With)
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)


def lost_weights(report: BuildReport) -> Iterator[tuple[Problem, Frame]]:
    """Layers whose weights no model has, each with the user's line."""
    calls = {call.number: call for call in report.calls}
    created = {layer.number: layer for layer in report.created if layer.direct}
    yield from _captured(calls, created)
    yield from _made_in_call(calls, created)
    yield from _left_over(calls, created)


def _spelled(layer: TracedLayer) -> str:
    return layer.class_name.rpartition(".")[2]


def _trains(call: TracedCall) -> bool:
    return call.ended and call.layer is not None and bool(call.details.get("trains"))


def _captured(calls: dict[int, TracedCall], created: dict[int, TracedLayer]) -> Iterator[tuple[Problem, Frame]]:
    """Layers that only the function of a ``Lambda`` calls."""
    inside: dict[int, tuple[TracedCall, TracedCall]] = {}
    outside: set[int] = set()
    for call in calls.values():
        if call.layer is None or not _trains(call):
            continue
        around = [outer.details.get("class_name", "") for outer in _around(call, calls)]
        layers = [name for name in around if name]
        if _LAMBDA not in layers:
            outside.add(call.layer)
        elif layers[0] == _LAMBDA:
            outer = next(one for one in _around(call, calls) if one.details.get("class_name") == _LAMBDA)
            inside.setdefault(call.layer, (call, outer))
    for number, (call, outer) in inside.items():
        if number not in outside and number in created and outer.line:
            shown = layer_variable(call.file, call.line, _spelled(created[number])) or call.name
            name = created[outer.layer].keywords.get("name") if outer.layer in created else None
            problem = LambdaCapturesWeights(name if isinstance(name, str) else "Lambda", shown)
            yield problem, Frame(outer.file, outer.line, outer.function)


def _around(call: TracedCall, calls: dict[int, TracedCall]) -> Iterator[TracedCall]:
    """The calls that a call was made in, the nearest first."""
    while call.parent is not None and call.parent in calls:
        call = calls[call.parent]
        yield call


def _made_in_call(calls: dict[int, TracedCall], created: dict[int, TracedLayer]) -> Iterator[tuple[Problem, Frame]]:
    """Layers that a class's ``call`` makes anew each time, and does not keep."""
    told: set[tuple[str, int]] = set()
    for call in calls.values():
        layer = created.get(call.layer) if call.layer is not None else None
        if layer is None or layer.function != "call" or not _trains(call) or (layer.file, layer.line) in told:
            continue
        for way in ways_to(layer.file, layer.line):
            scopes = [node for node in way if isinstance(node, ast.ClassDef | ast.FunctionDef)][-2:]
            if len(scopes) < 2 or not isinstance(scopes[0], ast.ClassDef) or scopes[1].name != "call":
                continue
            owner, function = scopes
            below = way[way.index(function) :]
            if any(isinstance(node, _CONDITIONS) for node in below) or _keeps(way):
                continue
            told.add((layer.file, layer.line))
            problem = WeightsCreatedInCallSilent(f"{owner.name}.call", _spelled(layer))
            yield problem, Frame(layer.file, layer.line, layer.function)
            break


def _keeps(way: list[ast.AST]) -> bool:
    return any(
        isinstance(node, ast.Assign) and any(not isinstance(target, ast.Name) for target in node.targets)
        for node in way
    )


def _left_over(calls: dict[int, TracedCall], created: dict[int, TracedLayer]) -> Iterator[tuple[Problem, Frame]]:
    """Layers made on the spot whose output nobody reads, beside a model that goes on from the same tensor."""
    read: dict[int, list[TracedCall]] = {}
    for call in calls.values():
        for tensor in call.inputs:
            read.setdefault(tensor["id"], []).append(call)
    inside = _graphs(calls)
    for call in calls.values():
        given = [tensor["id"] for tensor in call.inputs]
        if call.layer not in created or not call.direct or not _trains(call) or not given or not call.outputs:
            continue
        if any(tensor["kind"] != "symbolic" or tensor["id"] in read for tensor in call.outputs):
            continue
        name, body = _bound_by(call)
        if not inside.issuperset(given) or not name or body is None or name.startswith("_"):
            continue
        mentions = [node for node in ast.walk(body) if isinstance(node, ast.Name) and node.id == name]
        label, place = _spelled(created[call.layer]), Frame(call.file, call.line, call.function)
        if len(mentions) == 1:
            yield UnusedBranch(label, name), place
        elif any(
            other.ended
            and [tensor["id"] for tensor in other.inputs] == given
            and other.file == call.file
            and other.line > call.line
            and _bound_by(other) == (name, body)
            and all(
                node.lineno in (call.line, other.line) for node in mentions if call.line <= node.lineno <= other.line
            )
            for other in read[given[0]]
        ):
            yield OverwrittenOutput(label, name), place


def _graphs(calls: dict[int, TracedCall]) -> set[int]:
    """The tensors that functional models are made of."""
    makers = {tensor["id"]: call for call in calls.values() for tensor in call.outputs}
    found: set[int] = set()
    open_ends = [tensor["id"] for call in calls.values() if call.name == GRAPH for tensor in call.inputs]
    while open_ends:
        number = open_ends.pop()
        if number not in found:
            found.add(number)
            open_ends += [tensor["id"] for tensor in makers[number].inputs] if number in makers else []
    return found


def _bound_by(call: TracedCall) -> tuple[str, ast.AST | None]:
    """The name that ``name = Layer(...)(x)`` on the call's line binds, and the function or file around it."""
    for way in ways_to(call.file, call.line):
        statement = way[-1]
        if not isinstance(statement, ast.Assign) or statement.lineno != call.line or len(statement.targets) != 1:
            continue
        target, value = statement.targets[0], statement.value
        if isinstance(target, ast.Name) and isinstance(value, ast.Call) and isinstance(value.func, ast.Call):
            body = next(node for node in reversed(way) if isinstance(node, ast.FunctionDef | ast.Module))
            below = way[way.index(body) :]
            if not any(isinstance(node, _LOOPS) for node in below):
                return target.id, body
    return "", None
