"""From what the worker saw to observations on the user's own lines.

The catalog is asked first, with the very layer, configuration and shapes that failed, so that a build
states the same Problem as the static front end. Where it has no answer, the caller's ``recognise`` reads
the message; where that has none either, the message itself is the reason (``BuildFailed``).
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from convlint.catalog import losses, training
from convlint.catalog.activations import activated
from convlint.catalog.context import Context
from convlint.catalog.layer import Built, Call, Layer
from convlint.catalog.registry import find_function, find_layer
from convlint.catalog.tensor import Kind, Tensor
from convlint.findings import Evidence, Location, Observation
from convlint.problems import (
    AccidentalGroupedConv,
    BatchInInputShape,
    BuildFailed,
    FixedBatchBeside,
    HardCodedBatch,
    InitialStateMismatch,
    InputRankMismatch,
    Keras1Argument,
    LogitsAsProbabilities,
    MissingArgument,
    OneUnitCrossentropy,
    ProbabilitiesAsLogits,
    Problem,
    SyntaxFault,
    TargetBroadcast,
    TorchArgument,
    UnknownArgument,
)
from convlint.runtime.reports import TRAINING, BuildReport, Frame, TracedCall, TracedLayer
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dynamic, Unknown
from convlint.shapes.shape import Shape, shape_from_keras, show_shape

Recognise = Callable[[str], "Problem | None"]

MAX_STEPS = 8
"""Steps of the shape's path that are shown."""
_ARGUMENT_FAULTS = (Keras1Argument, MissingArgument, TorchArgument, UnknownArgument)
_RUNS_ANYWAY = (
    AccidentalGroupedConv,
    FixedBatchBeside,
    HardCodedBatch,
    InitialStateMismatch,
    LogitsAsProbabilities,
    OneUnitCrossentropy,
    ProbabilitiesAsLogits,
    TargetBroadcast,
)
"""Faults, besides those named ``...Silent``, that a symbolic build may let pass."""


def explain(report: BuildReport, recognise: Recognise | None = None) -> tuple[Observation, ...]:
    """State what a build or a dry run showed.

    Args:
        report: of :class:`convlint.runtime.client.Workshop`.
        recognise: reads an error message without wrappings; None where it says nothing.

    Returns:
        Silent mistakes of calls that went well, in order, and the fault that ended the build, if
        one did. Empty for a report that is about the request (no such builder, missing
        arguments) or that the build can't judge.
    """
    return tuple(_Explainer(report, recognise or (lambda message: None)).observations())


def is_silent(problem: Problem) -> bool:
    """Whether Keras builds in spite of this problem."""
    return type(problem).__name__.endswith("Silent") or isinstance(problem, _RUNS_ANYWAY)


@dataclass
class _Explainer:
    report: BuildReport
    recognise: Recognise
    specs: dict[int, Layer | None] = field(default_factory=dict)
    built: dict[int, Built] = field(default_factory=dict)
    layouts: dict[int, str | None] = field(default_factory=dict)
    """Layout of each tensor whose making the catalog followed."""
    producers: dict[int, TracedCall] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.created = {layer.number: layer for layer in self.report.created}
        self.calls = {call.number: call for call in self.report.calls}

    def observations(self) -> Iterator[Observation]:
        found: dict[tuple[type[Problem], Location], Observation] = {}
        called: set[int] = set()
        for call in self.report.calls:
            problems = self._consult(call)
            for tensor in call.outputs:
                self.producers.setdefault(tensor["id"], call)
            first_time = call.layer not in called
            if call.layer is not None:
                called.add(call.layer)
            if not call.ended or not (call.direct or call.name == TRAINING) or not first_time:
                continue
            for problem in problems:
                if is_silent(problem):
                    one = self._observe(problem, call.file, call.line, call.function, call)
                    found.setdefault((type(problem), one.location), one)
        for one in self._ending():
            found.setdefault((type(one.problem), one.location), one)
        yield from found.values()

    # --- what ended it --------------------------------------------------------------------------

    def _ending(self) -> list[Observation]:
        report = self.report
        if report.failure is not None and report.status in ("raised", "out-of-memory"):
            return self._failure()
        if report.status == "crashed":
            open_calls = [call for call in report.calls if not call.ended]
            if open_calls and not report.dry_run:
                call = open_calls[-1]
                problems = [problem for problem in self._consult(call) if not is_silent(problem)]
                if problems:
                    return [self._observe(problem, call.file, call.line, call.function, call) for problem in problems]
            return [self._failed(report.message)]
        if report.status in ("timeout", "out-of-memory", "exited", "garbled") and not report.dry_run:
            return [self._failed(report.message)]
        return []

    def _failure(self) -> list[Observation]:
        report, failure = self.report, self.report.failure
        assert failure is not None
        if report.status == "out-of-memory":
            return [] if report.dry_run else [self._failed(report.message)]
        place = failure.frames[-1] if failure.frames else Frame(report.file, 1, "")
        if failure.exception in ("SyntaxError", "IndentationError", "TabError"):
            return [self._observe(SyntaxFault(Path(place.file).name, failure.core), place.file, place.line, "")]
        call = self._training(self.calls.get(failure.call)) if failure.call is not None else None
        layer = self.created.get(failure.layer) if failure.layer is not None else None
        problems: list[Problem] = []
        if call is not None:
            problems = [problem for problem in self._consult(call) if not is_silent(problem)]
            if call.line and not self._is_deeper(place, call):
                place = Frame(call.file, call.line, call.function)
        elif layer is not None:
            problems = self._make(layer)
        if failure.exception == "TypeError" and any(isinstance(one, _ARGUMENT_FAULTS) for one in problems):
            # The call did not get as far as its shapes.
            problems = [one for one in problems if isinstance(one, _ARGUMENT_FAULTS)]
        if not problems:
            recognised = self.recognise(failure.core)
            if recognised is not None:
                problems = [recognised]
            elif report.dry_run and call is None and layer is None:
                # The stand-ins of a dry run may be at fault themselves.
                return []
            else:
                name = place.function.strip("<>") or report.target
                if call is not None:
                    name = self._label(call, place.line)
                problems = [BuildFailed(name, f"{failure.exception}: {failure.core}")]
        return [self._observe(problem, place.file, place.line, place.function, call) for problem in problems]

    def _training(self, call: TracedCall | None) -> TracedCall | None:
        """The ``fit`` around a call that failed, where the data or the targets are what is wrong; else the call."""
        outer = call
        while outer is not None and outer.name != TRAINING:
            outer = self.calls.get(outer.parent) if outer.parent is not None else None
        return outer if outer is not None and self._consult(outer) else call

    def _is_deeper(self, place: Frame, call: TracedCall) -> bool:
        """Whether the exception came from an own line inside the failing call, not from the line that made it."""
        failure = self.report.failure
        assert failure is not None
        lines = [(frame.file, frame.line) for frame in failure.frames]
        where = (call.file, call.line)
        return where in lines and lines.index(where) < len(lines) - 1 and (place.file, place.line) != where

    def _failed(self, reason: str) -> Observation:
        report = self.report
        open_calls = [call for call in report.calls if not call.ended and call.line]
        if report.stack:
            place = report.stack[-1]
        elif report.failure is not None and report.failure.frames:
            place = report.failure.frames[-1]
        elif open_calls:
            place = Frame(open_calls[-1].file, open_calls[-1].line, open_calls[-1].function)
        else:
            place = Frame(report.file, _definition_line(report), "")
        name = report.target.rpartition(":")[2] if ":" in report.target else Path(report.file).name
        call = open_calls[-1] if open_calls else None
        return self._observe(BuildFailed(name, reason), place.file, place.line, place.function, call)

    # --- asking the catalog -----------------------------------------------------------------------

    def _consult(self, call: TracedCall) -> list[Problem]:
        """What the catalog says of a call, and what it knows of its results."""
        before = self.built.get(call.layer) if call.layer is not None else None
        inside = call.inside_call and call.layer is None
        label = self._label(call, call.line)
        ctx = Context(label, call.image_data_format, self.report.keras, inside_call=inside)
        try:
            result = ctx.ask(lambda ctx: self._apply(ctx, call))
        except Exception:  # what really ran may hold values that the catalog never met: then it has no opinion
            return []
        if call.ended and call.layer is not None and before is None and call.details.get("weights") is not None:
            weights = {name: tuple(shape) for name, shape in call.details["weights"]}
            if call.inputs and call.inputs[0]["shape"] is not None:
                self.built[call.layer] = Built(shape_from_keras(call.inputs[0]["shape"]), weights)
        self._remember(call, result)
        return [self._sharpen(problem, call) for problem in ctx.noted]

    def _apply(self, ctx: Context, call: TracedCall) -> object:
        if call.name == TRAINING:
            self._train(ctx, call)
            return None
        positional = [self._value(value, call, inside=False) for value in call.arguments]
        keywords = {name: self._value(value, call, inside=False) for name, value in call.keywords.items()}
        class_name = call.details.get("class_name", "")
        if class_name:
            spec = self._spec(call.layer)
            if spec is None:
                return UNKNOWN
            inputs = positional[0] if positional else keywords.pop("inputs", UNKNOWN)
            built = self.built.get(call.layer) if call.layer is not None else None
            return spec.call(ctx, Call(inputs, built, positional[1:], keywords))[0]
        entry = find_function(call.name)
        return UNKNOWN if entry is None else entry.call(ctx, positional, keywords)

    def _spec(self, number: int | None) -> Layer | None:
        """The catalog's layer for one that the program made; None where it can't have one."""
        if number is None:
            return None
        if number not in self.specs:
            self.specs[number] = None
            layer = self.created.get(number)
            entry = find_layer(layer.class_name) if layer is not None else None
            if layer is not None and entry is not None:
                try:
                    self.specs[number] = entry.make(self._context(layer), *self._constructor(layer))
                except Exception:  # no opinion on this layer, as above
                    self.specs[number] = None
        return self.specs[number]

    def _train(self, ctx: Context, call: TracedCall) -> None:
        """Judge what a dry run gave to a model, as the static front end does."""
        facts = call.keywords
        operation, data, targets = _data_of(call.file, call.line, str(facts["method"]))
        declared, given, output = (_facts_shape(facts[key]) for key in ("declared", "data", "output"))
        if declared is not None and given is not None:
            fed = training.feed(declared, given, checks_sizes=not facts["sequential"])
            problem = training.judge_input(operation, data, given, declared, fed, raises=not call.ended)
            if problem is not None:
                ctx.note(problem)
                return
        chosen = losses.loss_named(str(facts["loss"]))
        if chosen is None or output is None:
            return
        chosen = replace(chosen, from_logits=facts["from_logits"] is True)
        predicted = Tensor(output, content=activated(facts["activation"] or UNKNOWN))
        for problem in training.judge_output(operation, chosen, predicted):
            ctx.note(problem)
        target = _facts_shape(facts["target"])
        if target is not None:
            found = training.judge_target(operation, chosen, targets, Tensor(target), predicted)
            if found is not None:
                ctx.note(found)

    def _make(self, layer: TracedLayer) -> list[Problem]:
        """What the catalog says of a constructor call that failed."""
        entry = find_layer(layer.class_name)
        if entry is None:
            return []
        ctx = self._context(layer)
        try:
            ctx.ask(lambda ctx: entry.make(ctx, *self._constructor(layer)))
        except Exception:  # no opinion, as above
            return []
        return list(ctx.noted)

    def _context(self, layer: TracedLayer) -> Context:
        return Context(_class_as_spelled(layer), layer.image_data_format, self.report.keras)

    def _constructor(self, layer: TracedLayer) -> tuple[list[object], dict[str, object]]:
        return (
            [self._value(value, None, inside=False) for value in layer.arguments],
            {name: self._value(value, None, inside=False) for name, value in layer.keywords.items()},
        )

    def _value(self, value: Any, call: TracedCall | None, *, inside: bool) -> object:
        """A traced argument as the catalog takes it."""
        if value is None and inside and call is not None:
            return DYNAMIC
        if isinstance(value, list):
            return [self._value(part, call, inside=True) for part in value]
        if not isinstance(value, Mapping):
            return value
        if "tuple" in value:
            return tuple(self._value(part, call, inside=True) for part in value["tuple"])
        if "tensor" in value:
            return self._tensor(value["tensor"], call)
        if "layer" in value:
            return self._spec(value["layer"]) or UNKNOWN
        return UNKNOWN

    def _tensor(self, tensor: Mapping[str, Any], call: TracedCall | None) -> Tensor:
        shape = UNKNOWN if tensor["shape"] is None else shape_from_keras(tensor["shape"])
        return Tensor(shape, tensor["dtype"], Kind(tensor["kind"]), self._layout(tensor, call))

    def _layout(self, tensor: Mapping[str, Any], call: TracedCall | None) -> str | None:
        """The tensor's layout. One of unknown making counts as decided, so that nothing is concluded from it."""
        number = tensor["id"]
        if number not in self.layouts:
            layout: str | None = "channels_last"
            parent = self.calls.get(call.parent) if call is not None and call.parent is not None else None
            if parent is not None:
                # Inside a layer's call: the same tensor as the one it was called on, seen from inside.
                twins = [outer for outer in parent.inputs if outer["shape"] == tensor["shape"]]
                known = {self.layouts.get(outer["id"], "channels_last") for outer in twins}
                if len(known) == 1:
                    layout = known.pop()
            self.layouts[number] = layout
        return self.layouts[number]

    def _remember(self, call: TracedCall, result: object) -> None:
        results = list(result) if isinstance(result, list | tuple) else [result]
        for tensor, known in zip(call.outputs, results):
            if isinstance(known, Tensor) and not isinstance(known.shape, Unknown):
                self.layouts[tensor["id"]] = known.layout

    def _sharpen(self, problem: Problem, call: TracedCall) -> Problem:
        """A rank too high because ``input_shape`` counts the samples, where the declared shape proves it."""
        if not isinstance(problem, InputRankMismatch) or not call.inputs:
            return problem
        producer = self.producers.get(call.inputs[0]["id"])
        if producer is None or not producer.name.endswith(".Input"):
            return problem
        declared = problem.input_shape[1:]
        if declared and str(len(declared)) == problem.expected_rank and isinstance(declared[0], Dynamic):
            return BatchInInputShape(problem.operation, declared, declared[1:], declared[0])
        return problem

    # --- words and places ---------------------------------------------------------------------------

    def _label(self, call: TracedCall, line: int) -> str:
        """The layer or function in the user's words."""
        if call.details.get("operator"):
            return _operation_on(call.file, line) or call.name.rpartition(".")[2]
        if not call.details.get("class_name"):
            last = call.name.rpartition(".")[2]
            return _called_as(call.file, line, lambda name: name == last) or last
        layer = self.created.get(call.layer) if call.layer is not None else None
        bare = _class_as_spelled(layer) if layer is not None else call.details["class_name"].rpartition(".")[2]
        named = layer is not None and isinstance(layer.keywords.get("name"), str)
        text = _layer_variable(call.file, line, bare) if call.direct else ""
        return text or (call.name if named or not call.direct else bare)

    def _observe(
        self, problem: Problem, file: str, line: int, function: str, call: TracedCall | None = None
    ) -> Observation:
        symbol = "" if function.startswith("<") else function
        path = self._path(call, file, line) if call is not None else ()
        return Observation(problem, line_location(file, line), "build", symbol, path)

    def _path(self, call: TracedCall, file: str, line: int) -> tuple[Evidence, ...]:
        """How the shapes came about: the calls whose results reach this one, nearest first found."""
        steps: list[tuple[int, Evidence]] = []
        queue = list(call.inputs)
        seen = {call.number}
        while queue and len(steps) < MAX_STEPS:
            tensor = queue.pop(0)
            producer = self.producers.get(tensor["id"])
            if producer is None or producer.number in seen or not producer.line:
                continue
            seen.add(producer.number)
            queue.extend(producer.inputs)
            if producer.name.endswith(".get_item"):
                continue  # x[...] stands inside other calls, and is no step that a reader looks for
            shape = "?" if tensor["shape"] is None else show_shape(shape_from_keras(tensor["shape"]))
            name = _assigned_name(producer.file, producer.line) or self._label(producer, producer.line)
            steps.append((producer.number, Evidence(line_location(producer.file, producer.line), f"{name}: {shape}")))
        return tuple(evidence for _, evidence in sorted(steps, key=lambda step: step[0]))


def line_location(file: str, line: int) -> Location:
    """A whole line, from its first character that is not blank to its end."""
    text = linecache.getline(file, line).rstrip("\r\n")
    stripped = text.strip()
    column = len(text) - len(text.lstrip()) + 1
    return Location(file, max(line, 1), column, max(line, 1), column + max(len(stripped), 1))


# --- the user's source ------------------------------------------------------------------------------

_trees: dict[str, tuple[float, ast.Module | None]] = {}


def _tree(file: str) -> ast.Module | None:
    path = Path(file)
    try:
        changed = path.stat().st_mtime
        if file not in _trees or _trees[file][0] != changed:
            linecache.checkcache(file)
            _trees[file] = (changed, ast.parse(path.read_bytes()))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    return _trees[file][1]


def _calls_on(file: str, line: int) -> list[ast.Call]:
    """Calls that begin on a line or span it, the innermost first."""
    tree = _tree(file)
    if tree is None:
        return []
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return sorted(found, key=lambda node: ((node.end_lineno or 0) - node.lineno, abs(node.lineno - line)))


def _called_as(file: str, line: int, matches: Callable[[str], bool]) -> str:
    """The callee's text of a call on this line whose last name matches; empty where none does."""
    for node in _calls_on(file, line):
        if isinstance(node.func, ast.Name | ast.Attribute):
            text = ast.unparse(node.func)
            if matches(text.rpartition(".")[2]) and "(" not in text:
                return text
    return ""


def _data_of(file: str, line: int, method: str) -> tuple[str, str, str]:
    """``model.fit``, ``x_train`` and ``y_train`` as the line spells them."""
    for node in _calls_on(file, line):
        if not isinstance(node.func, ast.Attribute):
            continue
        given = {word.arg: word.value for word in node.keywords if word.arg}
        given.update(zip(("x", "y"), node.args))
        texts = [ast.unparse(given[key]) if key in given else "" for key in ("x", "y")]
        data, targets = (text if 0 < len(text) <= 40 else "" for text in texts)
        return ast.unparse(node.func), data or "the data", targets or "the targets"
    return method, "the data", "the targets"


def _facts_shape(value: object) -> Shape | None:
    return shape_from_keras(value) if isinstance(value, list) else None


def _operation_on(file: str, line: int) -> str:
    """The text of the only arithmetic on a line; empty where there are several."""
    tree = _tree(file)
    found = [
        node
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.BinOp) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    text = ast.unparse(found[0]) if len(found) == 1 else ""
    return text if len(text) <= 60 else ""


def _class_as_spelled(layer: TracedLayer) -> str:
    """The class as the program calls it: ``Convolution2D`` is also a name of ``Conv2D``."""
    entry = find_layer(layer.class_name)
    text = "" if entry is None else _called_as(
        layer.file, layer.line, lambda name: find_layer(f"keras.layers.{name}") is entry
    )  # fmt: skip
    return (text or layer.class_name).rpartition(".")[2]


def _layer_variable(file: str, line: int, class_name: str) -> str:
    """The variable through which a layer is called on this line; empty where it can't be told."""
    imported = _imported_names(file)
    found: set[str] = set()
    for node in _calls_on(file, line):
        text = ast.unparse(node.func)
        if isinstance(node.func, ast.Call):
            if ast.unparse(node.func.func).rpartition(".")[2] == class_name:
                return ""
        elif isinstance(node.func, ast.Name | ast.Attribute) and node.lineno == line:
            root, last = text.partition(".")[0], text.rpartition(".")[2]
            if root not in imported and last not in ("add", "call", "__call__") and last.islower() and "(" not in text:
                found.add(text)
    return found.pop() if len(found) == 1 else ""


def _imported_names(file: str) -> set[str]:
    """Names that the file's imports bind."""
    tree = _tree(file)
    return {
        (alias.asname or alias.name).partition(".")[0]
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def _assigned_name(file: str, line: int) -> str:
    """The name that a statement beginning on this line assigns to."""
    tree = _tree(file)
    if tree is None:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and node.lineno == line and len(node.targets) == 1:
            return ast.unparse(node.targets[0])
    return ""


def _definition_line(report: BuildReport) -> int:
    """Where the builder is defined, 1 where that is not known."""
    tree = _tree(report.file)
    name = report.target.rpartition(":")[2]
    for node in tree.body if tree is not None else ():
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node.lineno
    return 1


__all__ = ["Recognise", "explain", "is_silent", "line_location"]
