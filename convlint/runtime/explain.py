"""From what the worker saw to observations on the user's own lines.

The catalog is asked first, with the very layer, configuration and shapes that failed, so that a build
states the same Problem as the static front end. Where it has no answer, the caller's ``recognise`` reads
the message; where that has none either, the message itself is the reason (``BuildFailed``).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from convlint.catalog import losses, training
from convlint.catalog.context import Context
from convlint.catalog.layer import Built, Call, Layer
from convlint.catalog.registry import find_function, find_layer
from convlint.catalog.remarks import layer_remarks
from convlint.catalog.stated import by_default, decides_layout, ignored_input_shape, scrambled
from convlint.catalog.tensor import Classes, Content, Kind, OneHot, Tensor
from convlint.findings import Evidence, Location, Observation
from convlint.lazy import dataclass
from convlint.problems import (
    AccidentalGroupedConv,
    BatchInInputShape,
    BuildFailed,
    ClassCountMismatch,
    FitBeforeCompile,
    FixedBatchBeside,
    HardCodedBatch,
    InitialStateMismatch,
    InputRankMismatch,
    Keras1Argument,
    LateDataFormat,
    LateDataFormatSilent,
    MissingArgument,
    MixedDataFormat,
    MixedDataFormatSilent,
    Problem,
    RankChanged,
    SoftmaxWithBinaryLoss,
    SyntaxFault,
    TargetBroadcast,
    TorchArgument,
    UnknownArgument,
)
from convlint.runtime.lines import (
    assigned_name,
    called_as,
    data_of,
    divides,
    layer_variable,
    line_location,
    operation_on,
    tree_of,
)
from convlint.runtime.lost import lost_weights
from convlint.runtime.reports import COMPILING, TRAINING, BuildReport, Frame, TracedCall, TracedLayer
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dynamic, Unknown
from convlint.shapes.shape import Shape, shape_from_keras, show_shape

Recognise = Callable[[str], "Problem | None"]

MAX_STEPS = 8
"""Steps of the shape's path that are shown."""
_ARGUMENT_FAULTS = (Keras1Argument, MissingArgument, TorchArgument, UnknownArgument)
_SYMBOLIC_LETS_PASS = (FixedBatchBeside, HardCodedBatch, InitialStateMismatch)
"""Faults at which Keras raises when data comes, and not while a model is put together."""


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


_WHILE_TRAINING = (ClassCountMismatch, SoftmaxWithBinaryLoss, TargetBroadcast)
"""Faults that a dry run, which has no values, gets past: wrong results, or an error once values are there."""


@dataclass(frozen=True)
class _Told:
    """What the catalog says of a call: what runs all the same, and what raises."""

    silent: list[Problem] = field(default_factory=list)
    raising: list[Problem] = field(default_factory=list)


@dataclass
class _Explainer:
    report: BuildReport
    recognise: Recognise
    specs: dict[int, Layer | None] = field(default_factory=dict)
    remarks: dict[int, list[Problem]] = field(default_factory=dict)
    """What each layer's constructor takes otherwise than it was meant."""
    built: dict[int, Built] = field(default_factory=dict)
    layouts: dict[int, str | None] = field(default_factory=dict)
    """Layout of each tensor whose making the catalog followed."""
    contents: dict[int, Content] = field(default_factory=dict)
    """What is proved of the values of each tensor that a call gave."""
    producers: dict[int, TracedCall] = field(default_factory=dict)
    compiled: set[int] = field(default_factory=set)
    """Models whose loss was held against their output when they were compiled."""
    fed: dict[tuple[int, str], list[Shape | None]] = field(default_factory=dict)
    """Shapes of data and targets that each model's methods got first, since it was compiled."""

    def __post_init__(self) -> None:
        self.created = {layer.number: layer for layer in self.report.created}
        self.calls = {call.number: call for call in self.report.calls}

    def observations(self) -> Iterator[Observation]:
        found: dict[tuple[type[Problem], Location], Observation] = {}
        called: set[int] = set()
        for call in self.report.calls:
            told = self._consult(call)
            for tensor in call.outputs:
                self.producers.setdefault(tensor["id"], call)
            first_time = call.layer not in called
            if call.layer is not None:
                called.add(call.layer)
            if not call.ended or not (call.direct or call.name in (TRAINING, COMPILING)) or not first_time:
                continue
            for one in self._silent(call, told.silent):
                found.setdefault((type(one.problem), one.location), one)
        for layer in self.report.created:
            self._spec(layer.number)
            for problem in self.remarks.get(layer.number, ()):
                one = self._observe(problem, layer.file, layer.line, layer.function)
                found.setdefault((type(problem), one.location), one)
        for problem, at in lost_weights(self.report):
            one = self._observe(problem, at.file, at.line, at.function)
            found.setdefault((type(problem), one.location), one)
        for one in self._ending():
            found.setdefault((type(one.problem), one.location), one)
        yield from found.values()

    def _silent(self, call: TracedCall, told: list[Problem]) -> Iterator[Observation]:
        """What runs and is not what was meant, each at its line."""
        for problem in told:
            if isinstance(problem, AccidentalGroupedConv) and divides(call.file, call.line):
                continue  # the groups are meant
            yield self._observe(problem, call.file, call.line, call.function, call)
        layer, spec = self.created.get(call.layer or 0), self._spec(call.layer)
        if layer is None or spec is None or len(call.inputs) != 1:
            return
        x = self._tensor(call.inputs[0], call)
        label = self._label(call, call.line)
        ignored = ignored_input_shape(label, spec, x)
        if ignored is not None:
            yield self._observe(ignored, layer.file, layer.line, layer.function, call)
        reshape = self.producers.get(call.inputs[0]["id"])
        is_reshape = reshape is not None and re.search(r"\.[Rr]eshape$", reshape.details["class_name"] or reshape.name)
        if reshape is not None and is_reshape and x.layout is None and len(reshape.inputs) == 1:
            before = self._tensor(reshape.inputs[0], reshape)
            moved = scrambled(self._label(reshape, reshape.line), before, x.shape, spec, label)
            if moved is not None:
                yield self._observe(moved, reshape.file, reshape.line, reshape.function, reshape)

    # --- what ended it --------------------------------------------------------------------------

    def _ending(self) -> list[Observation]:
        report = self.report
        if report.failure is not None and report.status in ("raised", "out-of-memory"):
            return self._failure()
        if report.status == "crashed":
            open_calls = [call for call in report.calls if not call.ended]
            if open_calls and not report.dry_run:
                call = open_calls[-1]
                problems = self._consult(call).raising
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
            problems = self._consult(call).raising
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
        return outer if outer is not None and self._consult(outer).raising else call

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

    def _consult(self, call: TracedCall) -> _Told:
        """What the catalog says of a call, and what it knows of its results."""
        before = self.built.get(call.layer) if call.layer is not None else None
        inside = call.inside_call and call.layer is None
        label = self._label(call, call.line)
        ctx = Context(label, call.image_data_format, self.report.keras, inside_call=inside)
        try:
            result = ctx.ask(lambda ctx: self._apply(ctx, call))
        except Exception:  # what really ran may hold values that the catalog never met: then it has no opinion
            return _Told()
        if call.ended and call.layer is not None and before is None and call.details.get("weights") is not None:
            weights = {name: tuple(shape) for name, shape in call.details["weights"]}
            if call.inputs and call.inputs[0]["shape"] is not None:
                self.built[call.layer] = Built(shape_from_keras(call.inputs[0]["shape"]), weights)
        self._remember(call, result)
        told = _Told()
        for problem in ctx.noted:
            raises = any(problem is one for one in ctx.faults) and not isinstance(problem, _SYMBOLIC_LETS_PASS)
            (told.raising if raises else told.silent).append(self._sharpen(problem, call))
        return told

    def _apply(self, ctx: Context, call: TracedCall) -> object:
        if call.name in (TRAINING, COMPILING):
            (self._train if call.name == TRAINING else self._compile)(ctx, call)
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
                ctx = self._context(layer)
                try:
                    self.specs[number] = made = entry.make(ctx, *self._constructor(layer))
                    name = layer.class_name.rpartition(".")[2]
                    self.remarks[number] = [
                        *(problem for problem in ctx.noted if problem not in ctx.faults),
                        *layer_remarks(_class_as_spelled(layer), name, made),
                    ]
                except Exception:  # no opinion on this layer, as above
                    self.specs[number] = None
        return self.specs[number]

    def _train(self, ctx: Context, call: TracedCall) -> None:
        """Judge what a dry run gave to a model, as the static front end does."""
        facts = call.keywords
        method = str(facts["method"])
        operation, data, targets = data_of(call.file, call.line, method)
        if not facts["compiled"] and method in ("fit", "evaluate"):
            ctx.note(FitBeforeCompile(operation, operation.rpartition(".")[0] or "the model"))
            return
        self._check_ranks(ctx, facts, operation, (data, targets))
        declared, given = (_facts_shape(facts[key]) for key in ("declared", "data"))
        if declared is not None and given is not None:
            fed = training.feed(declared, given, checks_sizes=not facts["sequential"])
            problem = training.judge_input(operation, data, given, declared, fed, raises=not call.ended)
            if problem is not None:
                (ctx.note if _passes(problem) else ctx.fault)(problem)
                return
        chosen, predicted = self._loss_and_output(facts)
        if chosen is None or predicted is None:
            return
        if facts["model"] not in self.compiled:
            for problem in training.judge_output(operation, chosen, predicted):
                ctx.note(problem)
        target = _facts_shape(facts["target"])
        if target is not None:
            given_targets = Tensor(target, content=_facts_content(dict(facts["values"])))
            found = training.judge_target(operation, chosen, targets, given_targets, predicted)
            if found is not None:
                (ctx.note if _passes(found) else ctx.fault)(found)

    def _check_ranks(self, ctx: Context, facts: Mapping[str, Any], operation: str, names: Sequence[str]) -> None:
        """State data or targets with another number of axes than in an earlier call of the same method."""
        shapes = [_facts_shape(facts[key]) for key in ("data", "target")]
        before = self.fed.setdefault((facts["model"], str(facts["method"])), shapes)
        for name, first, now in zip(names, before, shapes):
            if first is not None and now is not None and len(first) != len(now) and facts["keeps_functions"]:
                ctx.note(RankChanged(operation, name, now, first))

    def _compile(self, ctx: Context, call: TracedCall) -> None:
        """Judge a loss and the metrics beside it for the output of a model, as far as it is built."""
        facts = call.keywords
        self.fed = {key: shapes for key, shapes in self.fed.items() if key[0] != facts["model"]}
        chosen, predicted = self._loss_and_output(facts)
        if chosen is None or predicted is None:
            return
        self.compiled.add(facts["model"])
        operation = called_as(call.file, call.line, lambda name: name == "compile") or "compile"
        for problem in training.judge_output(operation, chosen, predicted):
            ctx.note(problem)
        for metric in facts["metrics"]:
            wrong = training.judge_metric(operation, metric, metric, chosen, predicted)
            if wrong is not None:
                ctx.note(wrong)

    def _loss_and_output(self, facts: Mapping[str, Any]) -> tuple[losses.Loss | None, Tensor | None]:
        chosen, output = losses.loss_named(str(facts["shown_loss"] or facts["loss"])), _facts_shape(facts["output"])
        if chosen is not None:
            chosen = replace(chosen, from_logits=facts["from_logits"] is True, ignore_class=facts["ignore_class"])
        return chosen, None if output is None else Tensor(output, content=self.contents.get(facts["end"]))

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
        content = self.contents.get(tensor["id"])
        return Tensor(shape, tensor["dtype"], Kind(tensor["kind"]), self._layout(tensor, call), content)

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
                if known.content is not None and tensor["kind"] == "symbolic":
                    self.contents[tensor["id"]] = known.content

    def _sharpen(self, problem: Problem, call: TracedCall) -> Problem:
        """The most specific problem that the whole build proves."""
        if isinstance(problem, MixedDataFormat) and self._both_by_default(call):
            late = LateDataFormatSilent if isinstance(problem, MixedDataFormatSilent) else LateDataFormat
            return late(**vars(problem))
        if not isinstance(problem, InputRankMismatch) or not call.inputs:
            return problem
        producer = self.producers.get(call.inputs[0]["id"])
        if producer is None or not producer.name.endswith(".Input"):
            return problem
        declared = problem.input_shape[1:]
        if declared and str(len(declared)) == problem.expected_rank and isinstance(declared[0], Dynamic):
            return BatchInInputShape(problem.operation, declared, declared[1:], declared[0])
        return problem

    def _both_by_default(self, call: TracedCall) -> bool:
        """Whether the layer and the one that decided its input's layout both go by the default layout."""
        reader = self._spec(call.layer)
        before = self.producers.get(call.inputs[0]["id"]) if call.inputs else None
        while before is not None:
            maker = self._spec(before.layer)
            if maker is not None and decides_layout(maker, before.details["class_name"].rpartition(".")[2]):
                return reader is not None and by_default(reader) and by_default(maker)
            before = self.producers.get(before.inputs[0]["id"]) if before.inputs else None
        return False

    # --- words and places ---------------------------------------------------------------------------

    def _label(self, call: TracedCall, line: int) -> str:
        """The layer or function in the user's words."""
        if call.details.get("operator"):
            return operation_on(call.file, line) or call.name.rpartition(".")[2]
        if not call.details.get("class_name"):
            last = call.name.rpartition(".")[2]
            return called_as(call.file, line, lambda name: name == last) or last
        layer = self.created.get(call.layer) if call.layer is not None else None
        bare = _class_as_spelled(layer) if layer is not None else call.details["class_name"].rpartition(".")[2]
        named = layer is not None and isinstance(layer.keywords.get("name"), str)
        text = layer_variable(call.file, line, bare) if call.direct else ""
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
            name = assigned_name(producer.file, producer.line) or self._label(producer, producer.line)
            steps.append((producer.number, Evidence(line_location(producer.file, producer.line), f"{name}: {shape}")))
        return tuple(evidence for _, evidence in sorted(steps, key=lambda step: step[0]))


def _class_as_spelled(layer: TracedLayer) -> str:
    """The class as the program calls it: ``Convolution2D`` is also a name of ``Conv2D``."""
    entry = find_layer(layer.class_name)
    text = "" if entry is None else called_as(
        layer.file, layer.line, lambda name: find_layer(f"keras.layers.{name}") is entry
    )  # fmt: skip
    return (text or layer.class_name).rpartition(".")[2]


def _passes(problem: Problem) -> bool:
    """Whether a dry run gets past a problem with data or targets."""
    return type(problem).__name__.endswith("Silent") or isinstance(problem, _WHILE_TRAINING)


def _facts_content(values: Mapping[str, Any]) -> Content | None:
    """What is proved of targets that the dry run held."""
    if values.get("one_hot"):
        return OneHot()
    return Classes(values["lowest"], values["highest"]) if "lowest" in values else None


def _facts_shape(value: object) -> Shape | None:
    return shape_from_keras(value) if isinstance(value, list) else None


def _definition_line(report: BuildReport) -> int:
    """Where the builder is defined, 1 where that is not known."""
    tree = tree_of(report.file)
    name = report.target.rpartition(":")[2]
    for node in tree.body if tree is not None else ():
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node.lineno
    return 1
