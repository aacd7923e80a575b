"""``inspect --static``: the layer table of one builder, from its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import libcst as cst

from convlint.catalog.tensor import Kind, Tensor
from convlint.findings import Observation
from convlint.lazy import dataclass
from convlint.shapes.dims import DYNAMIC, Unknown
from convlint.static import calls, graph, models, objects, summary
from convlint.static.analysis import StaticResult, StaticSettings, execute_module, parse, result_of, to_the_end
from convlint.static.journal import MISSING
from convlint.static.run import Frame, Run
from convlint.static.source import SourceFile
from convlint.static.values import (
    Applied,
    ClassValue,
    DictValue,
    FunctionValue,
    Instance,
    LayerValue,
    ListValue,
    ModelValue,
    ModuleValue,
    Value,
)
from convlint.summary import NO_GRAPH, LayerRow, ModelGraph

Status = Literal["built", "raised", "skipped", "no-such-builder", "missing-arguments", "bad-arguments", "not-a-builder"]
STEPS = 50_000_000
PATIENCE = 100
"""The user waits for this one builder: a model of a thousand layers takes some seconds."""


@dataclass(frozen=True)
class GivenInput:
    """An input as the user describes it: the shape of one sample."""

    shape: tuple[int | None, ...]
    name: str = ""
    dtype: str | None = None


@dataclass(frozen=True)
class StaticInspection:
    """What the source of a builder tells.

    Attributes:
        status: ``built``, or why there is no table, in the words of the runtime front end.
        message: one sentence for the user; empty when built.
        model: what Keras would call the model.
        layers: the layer table.
        params: weights of the whole model, None where they are not known.
        graph: what flows where.
        observations: problems met on the way.
        missing: parameters that nobody gave.
        notes: what was left out, and why.
    """

    status: Status
    message: str = ""
    model: str = ""
    layers: tuple[LayerRow, ...] = ()
    params: int | None = None
    graph: ModelGraph = NO_GRAPH
    observations: tuple[Observation, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _NotBuilt(Exception):
    """There is no table; says why."""

    def __init__(self, status: Status, message: str, missing: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.status, self.message, self.missing = status, message, tuple(missing)


@dataclass
class _Inspection:
    """One inspection under way."""

    run: Run
    source: SourceFile
    frame: Frame
    candidates: Sequence[str]
    notes: list[str] = field(default_factory=list)


def inspect_source(
    text: str,
    file: str,
    builder: str,
    settings: StaticSettings,
    *,
    arguments: Mapping[str, object] | None = None,
    inputs: Sequence[GivenInput] = (),
    candidates: Sequence[str] = (),
) -> StaticInspection:
    """Derive the layer table of a builder.

    Args:
        text: decoded source.
        file: the path as it shall be printed.
        builder: name of a function, class, layer or model in it; dots lead into classes.
        settings: what an analysis starts from.
        arguments: for the builder, by name.
        inputs: for what is called on tensors.
        candidates: names that are worth to be suggested.

    Returns:
        Never raises: what can't be built says why.
    """
    parsed = parse(text, file)
    if isinstance(parsed, StaticResult):
        return StaticInspection("raised", "the file does not parse", observations=parsed.observations)
    run = Run(replace(settings, step_budget=STEPS, patience=PATIENCE), Path.cwd())
    outcome = StaticInspection("raised", "the analysis did not come to its end")
    with to_the_end(run):
        inspection = _Inspection(run, parsed, execute_module(run, parsed, Path(file).stem), candidates)
        run.met.clear()
        run.stopped.clear()
        try:
            value = _construct(inspection, builder, dict(arguments or {}), list(inputs))
            outcome = _describe(inspection, builder, value)
        except _NotBuilt as reason:
            outcome = StaticInspection(reason.status, reason.message, missing=reason.missing)
        outcome = replace(outcome, notes=tuple(inspection.notes))
    result = result_of(run, parsed)
    notes = (*outcome.notes, *(f"not analysed to the end: {reason}" for reason in result.unfinished))
    return replace(outcome, observations=result.observations, notes=notes)


def _find(inspection: _Inspection, builder: str) -> Value:
    frame = inspection.frame
    value: Value = ModuleValue(frame.unit)
    for part in builder.split("."):
        if isinstance(value, ModuleValue):
            found = value.unit.scope.find(part)
        elif isinstance(value, ClassValue):
            found = value.lookup(part)
        elif isinstance(value, Instance):
            found = value.attributes.get(part, MISSING)
        else:
            found = MISSING
        if found is MISSING:
            raise _NotBuilt("no-such-builder", _no_such(inspection, builder))
        value = found
    return value


def _no_such(inspection: _Inspection, builder: str) -> str:
    public = [
        name
        for name, value in inspection.frame.scope.variables.items()
        if isinstance(value, FunctionValue | ClassValue | ModelValue | LayerValue | Instance)
        and isinstance(name, str)
        and name[:1] != "_"
    ]
    nearest = get_close_matches(builder, [*inspection.candidates, *public], n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    listed = f" Builders in the file: {', '.join(inspection.candidates)}." if inspection.candidates else ""
    return f"{Path(inspection.source.file).name} has no `{builder}`{hint}{listed}"


def _construct(inspection: _Inspection, builder: str, arguments: dict[str, object], inputs: list[GivenInput]) -> Value:
    """Call a function, instantiate a class, call a layer on inputs."""
    run, frame = inspection.run, inspection.frame
    target = _find(inspection, builder)
    given = {name: from_python(value) for name, value in arguments.items()}
    if isinstance(target, LayerValue | ModelValue) or summary.is_keras_object(target):
        if arguments:
            raise _NotBuilt("bad-arguments", f"`{builder}` is finished and takes no arguments")
        return _called(inspection, builder, target, inputs)
    run.called_operations = {}
    if isinstance(target, FunctionValue):
        rest = _fill(inspection, builder, target, given, inputs)
        value = calls.invoke(run, frame, target, [], given)
    elif isinstance(target, ClassValue):
        initialiser = target.lookup("__init__")
        if isinstance(initialiser, FunctionValue):
            _check_arguments(builder, initialiser, given, skip=1)
        value, rest = calls.call(run, frame, target.node, target, [], given), inputs
    else:
        raise _NotBuilt("not-a-builder", f"`{builder}` is not a function, a class, a layer or a model")
    if summary.is_keras_object(value) and (rest or not _is_built(value)):
        return _called(inspection, builder, value, rest)
    return value


def from_python(value: object) -> Value:
    """A Python literal as a value of the analysed program."""
    if isinstance(value, list):
        return ListValue([from_python(item) for item in value])
    if isinstance(value, tuple):
        return tuple(from_python(item) for item in value)
    if isinstance(value, dict):
        return DictValue({key: from_python(item) for key, item in value.items()})
    return value


def _fill(
    inspection: _Inspection,
    builder: str,
    function: FunctionValue,
    given: dict[str, Value],
    inputs: list[GivenInput],
) -> list[GivenInput]:
    """Give inputs to the parameters that want them; returns those that are left."""
    names = _parameters(function)
    rest = list(inputs)
    for spec in inputs:
        if spec.name in names:
            given[spec.name] = _input(inspection, function.node, spec)
            rest.remove(spec)
    open_names = [name for name in names if name not in function.defaults and name not in given]
    for name, spec in zip(open_names, [spec for spec in rest if not spec.name]):
        given[name] = _input(inspection, function.node, spec)
        rest.remove(spec)
    _check_arguments(builder, function, given)
    return rest


def _parameters(function: FunctionValue) -> list[str]:
    params = function.node.params
    return [param.name.value for param in (*params.posonly_params, *params.params, *params.kwonly_params)]


def _check_arguments(builder: str, function: FunctionValue, given: Mapping[str, Value], skip: int = 0) -> None:
    names = _parameters(function)[skip:]
    for name in given:
        if name not in names and function.node.params.star_kwarg is None:
            nearest = get_close_matches(name, names, n=1, cutoff=0.5)
            hint = f"; did you mean {nearest[0]}?" if nearest else f"; it takes {', '.join(names) or 'none'}"
            raise _NotBuilt("bad-arguments", f"`{builder}` takes no argument `{name}`{hint}")
    missing = [name for name in names if name not in given and name not in function.defaults]
    if missing:
        how = " ".join(f"--arg {name}=..." for name in missing)
        listed = ", ".join(f"`{name}`" for name in missing)
        raise _NotBuilt(
            "missing-arguments",
            f'`{builder}` needs {listed}, which nobody gave; use {how} (or --input "224 224 3" for a tensor)',
            missing,
        )


def _input(inspection: _Inspection, node: cst.CSTNode, spec: GivenInput) -> Tensor:
    sizes = (DYNAMIC, *(DYNAMIC if size is None else size for size in spec.shape))
    made = Tensor(sizes, spec.dtype or "float32", Kind.SYMBOLIC)
    return models.input_tensor(inspection.run, inspection.frame, node, made, spec.name or None)


def _is_built(value: Value) -> bool:
    if isinstance(value, LayerValue):
        return value.built is not None
    if isinstance(value, ModelValue):
        return value.state["inputs"] is not None
    if isinstance(value, Instance):
        model = value.attributes.get(objects.MODEL)
        return _is_built(model) if isinstance(model, ModelValue) else value.attributes.get(graph.FIRST) is not None
    return True


def _called(inspection: _Inspection, builder: str, value: Value, inputs: Sequence[GivenInput]) -> Value:
    """The layer or model, called on its inputs where they are known."""
    run, frame = inspection.run, inspection.frame
    if not inputs:
        if not _is_built(value):
            inspection.notes.append(f"`{builder}` was made but not called: give the shape of its input with --input")
        return value
    node = value.cls.node if isinstance(value, Instance) else getattr(value, "node", inspection.source.module)
    named = {spec.name: _input(inspection, node, spec) for spec in inputs if spec.name}
    tensors: list[Value] = [_input(inspection, node, spec) for spec in inputs if not spec.name]
    function = value.cls.lookup("call") if isinstance(value, Instance) else None
    wanted = _parameters(function)[1:] if isinstance(function, FunctionValue) else []
    if named and all(name in wanted for name in named):
        calls.call(run, frame, node, value, tensors, named)
    elif named and not tensors:
        calls.call(run, frame, node, value, [DictValue(named) if len(named) > 1 else next(iter(named.values()))], {})
    else:
        tensors += named.values()
        required = [name for name in wanted if name not in ("training", "mask", "initial_state", "verbose")]
        if isinstance(function, FunctionValue):
            required = [name for name in required if name not in function.defaults]
        several = len(tensors) > 1 and len(required) < len(tensors)
        calls.call(run, frame, node, value, [ListValue(tensors)] if several else tensors, {})
    return value


def _describe(inspection: _Inspection, builder: str, value: Value) -> StaticInspection:
    """The table of what was made."""
    run = inspection.run
    found = summary.model_in(value)
    if found is MISSING:
        operations = run.called_operations or {}
        rows = [one for one in operations.values() if not isinstance(one, Applied | ModelValue)]
        if isinstance(value, Tensor) and rows:
            return StaticInspection(
                "built",
                model=builder,
                layers=tuple(map(summary.row, rows)),
                params=summary.parameters(rows),
                graph=summary.picture_of_calls(operations.values()),
            )
        raise _NotBuilt("raised", _why_nothing(inspection, builder, value))
    layers = summary.layers_in(found)
    if layers is None:
        raise _NotBuilt("skipped", f"the source does not tell which layers `{builder}` puts together")
    rows_of = tuple(summary.row(layer) for layer in layers if summary.is_keras_object(layer))
    if len(rows_of) < len(layers):
        inspection.notes.append(f"{len(layers) - len(rows_of)} layers of `{builder}` are not known")
    picture = summary.picture(found)
    return StaticInspection("built", "", summary.title(found), rows_of, summary.parameters([found]), picture)


def _why_nothing(inspection: _Inspection, builder: str, value: Value) -> str:
    raised = inspection.run.last_raise
    if isinstance(value, Unknown) and raised is not None:
        unit, node = raised
        place = unit.source.location(node)
        return f"`{builder}` ends at {place.file}:{place.line}: {unit.source.shown(node)}"
    if isinstance(value, Unknown):
        return f"the source does not tell what `{builder}` returns"
    return f"`{builder}` returns no model"
