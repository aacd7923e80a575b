"""What convlint says about real code, and how much of it convlint follows.

    python -m benchmarks.corpus FOLDER... [--processes 2] [--findings all] [--json OUT]

Runs the static front end over every ``.py`` and ``.ipynb`` file below the folders that mentions Keras and prints

- each finding of severity error or warning, with the lines around it;
- the share of calls of layers and models, and of ``fit``, ``evaluate``, ``predict`` and their like, whose input shapes
  were known, and why the others were not, the most frequent cause first;
- the slowest files.

The cause is found by following the unknown value back to where it was born. That is done by wrapping the evaluators of
the interpreter from outside: a normal run pays nothing for it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import libcst as cst

from convlint import files
from convlint.analysis import Analyser
from convlint.catalog.dataset import Dataset
from convlint.catalog.tensor import Tensor
from convlint.notebook import read_notebook
from convlint.rules.registry import load
from convlint.settings import Settings
from convlint.shapes.dims import Linear, Unknown
from convlint.static import calls, expressions, statements
from convlint.static.objects import keras_role
from convlint.static.syntax import dotted
from convlint.static.values import (
    BoundMethod,
    External,
    FunctionValue,
    Instance,
    LayerValue,
    ListValue,
    Method,
    ModelValue,
    items_of,
)

DATA_METHODS = frozenset(
    {"fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch", "fit_generator",
     "evaluate_generator", "predict_generator"}
)  # fmt: skip
CONTEXT = 2
"""Lines shown before and behind a finding."""


@dataclass
class Share:
    """How many calls there were, and why the inputs of some were unknown."""

    calls: int = 0
    known: int = 0
    causes: Counter[str] = field(default_factory=Counter)

    def add(self, other: Share) -> None:
        """Count what another file told, too."""
        self.calls += other.calls
        self.known += other.known
        self.causes += other.causes

    def __str__(self) -> str:
        return f"{self.known} of {self.calls} ({100 * self.known / max(self.calls, 1):.1f} %)"


@dataclass
class Report:
    """What one file told."""

    file: str
    seconds: float = 0.0
    findings: list[dict[str, Any]] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    layers: Share = field(default_factory=Share)
    data: Share = field(default_factory=Share)
    places: list[str] = field(default_factory=list)


def is_known(value: object, depth: int = 0) -> bool:
    """Whether the rank and every size but the batch's of all tensors in a value are known."""
    if isinstance(value, Tensor):
        return not isinstance(value.shape, Unknown) and not any(isinstance(dim, Unknown) for dim in value.shape[1:])
    if isinstance(value, Dataset):
        return is_known(value.element, depth + 1)
    if isinstance(value, tuple | ListValue):
        items = items_of(value)
        return not isinstance(items, Unknown) and depth < 4 and all(is_known(item, depth + 1) for item in items[:64])
    if hasattr(value, "entries"):
        return depth < 4 and not value.open and all(is_known(item, depth + 1) for item in value.entries.values())
    return value is None or isinstance(value, bool | int | float | str)


class Tracer:
    """Follows unknown values back to where they were born; one for each file."""

    def __init__(self) -> None:
        self.cause: dict[int, str] = {}
        self.bound: dict[tuple[int, str], str] = {}
        self.returned: dict[int, str] = {}
        self.last = ""
        self.callees: dict[int, str] = {}
        self.running: list[cst.CSTNode] = []
        self.layer_calls: dict[cst.CSTNode, str] = {}
        self.data_calls: dict[cst.CSTNode, str] = {}
        self.kept: list[object] = []

    # -- where unknown values come from --

    def saw(self, node: cst.CSTNode, frame: Any, value: object) -> None:
        """An expression was evaluated."""
        if is_known(value) or not _is_unknown(value):
            self.cause.pop(id(node), None)
            return
        self.last = self.cause[id(node)] = self._why(node, frame)

    def _why(self, node: cst.CSTNode, frame: Any) -> str:
        if isinstance(node, cst.Name):
            return self._why_name(node, frame)
        if isinstance(node, cst.Call):
            return self._why_call(node)
        for child in _operands(node):
            if id(child) in self.cause:
                return self.cause[id(child)]
        if isinstance(node, cst.Attribute):
            return f"attribute .{node.attr.value}"
        return f"expression {type(node).__name__}"

    def _why_name(self, node: cst.Name, frame: Any) -> str:
        scope = frame.scope
        while scope is not None:
            if node.value in scope.variables:
                known = self.bound.get((id(scope.variables), node.value))
                if known is None and _is_unknown(scope.variables[node.value]):
                    return "parameter of a function that nobody calls"
                return known or "differs between branches or rounds"
            scope = scope.parent
        return f"unknown name {node.value}"

    def _why_call(self, node: cst.Call) -> str:
        if id(node.func) in self.cause:
            return self.cause[id(node.func)]
        body = self.returned.get(id(node))
        if body:
            return body
        callee = self.callees.get(id(node), "")
        if callee.partition(".")[0] != "builtins" and "." in callee and not calls.is_known_library_name(callee):
            return f"function {callee}"
        for argument in node.args:
            if id(argument.value) in self.cause:
                return self.cause[id(argument.value)]
        return f"function {self.callees.get(id(node), dotted(node.func))}"

    # -- calls --

    def enter(
        self, node: cst.CSTNode, callee: object, positional: Sequence[object], keywords: Mapping[str, object]
    ) -> None:
        """A call begins: what does it receive?"""
        self.running.append(node)
        self.returned.pop(id(node), None)
        self.callees[id(node)] = _shown(callee, node)
        if _is_layer(callee):
            inputs = [*positional, *(keywords[k] for k in ("inputs", "x") if k in keywords)]
            self._judge(self.layer_calls, node, inputs[:1])
        name = callee.name if isinstance(callee, Method) else ""
        if name in DATA_METHODS:
            inputs = [*positional[:2], *(keywords[k] for k in ("x", "y", "generator") if k in keywords)]
            self._judge(self.data_calls, node, inputs)

    def _judge(self, table: dict[cst.CSTNode, str], node: cst.CSTNode, inputs: Sequence[object]) -> None:
        if inputs and all(map(is_known, inputs)):
            table[node] = ""
        elif table.get(node) != "":
            cause = "no arguments"
            if isinstance(node, cst.Call):
                arguments = [self.cause[id(a.value)] for a in node.args if id(a.value) in self.cause]
                cause = arguments[0] if arguments else self.last
            if any(isinstance(value, Linear) for value in inputs):
                cause = "parameter of a function that nobody calls"
            table[node] = cause

    def bind(self, frame: Any, target: cst.CSTNode, value: object) -> None:
        """A name or attribute was assigned."""
        if isinstance(target, cst.Name):
            key = (id(frame.scope.owner(target.value).variables), target.value)
            self.kept.append(frame.scope)
            if _is_unknown(value):
                self.bound[key] = self.last
            else:
                self.bound.pop(key, None)

    def parameters(self, scope: Any, function: FunctionValue) -> None:
        """A function of the program was entered."""
        self.kept.append(scope)
        call = self.running[-1] if self.running else None
        if not isinstance(call, cst.Call):
            return
        arguments = list(call.args)
        names = [param.name.value for param in function.node.params.params]
        if function.owner is not None and function.binding == "method":
            names = names[1:]
        for index, argument in enumerate(arguments):
            name = argument.keyword.value if argument.keyword else names[index] if index < len(names) else ""
            cause = self.cause.get(id(argument.value))
            if cause and name in scope.variables:
                self.bound[id(scope.variables), name] = cause


def _operands(node: cst.CSTNode) -> Iterable[cst.CSTNode]:
    from convlint.static.syntax import children

    stack = list(children(node))
    while stack:
        child = stack.pop(0)
        yield child
        if isinstance(child, cst.Element | cst.Arg | cst.SubscriptElement | cst.Index):
            stack.extend(children(child))


def _is_unknown(value: object, depth: int = 0) -> bool:
    if isinstance(value, Tensor | Dataset):
        return not is_known(value)
    if isinstance(value, ListValue | tuple):
        items = items_of(value)
        deep = depth > 3  # a list may hold itself
        return isinstance(items, Unknown) or (not deep and any(_is_unknown(item, depth + 1) for item in items[:16]))
    return isinstance(value, Unknown)


def _is_layer(callee: object) -> bool:
    if isinstance(callee, Instance):
        return keras_role(callee.cls) is not None
    return isinstance(callee, LayerValue | ModelValue)


def _shown(callee: object, node: cst.CSTNode) -> str:
    if isinstance(callee, External):
        return callee.canonical
    if isinstance(callee, Method):
        return f"{type(callee.receiver).__name__}.{callee.name}"
    if isinstance(callee, BoundMethod):
        callee = callee.function
    if isinstance(callee, FunctionValue):
        return f"{callee.name} of the program"
    return dotted(node.func) if isinstance(node, cst.Call) else type(callee).__name__


def attach(tracer: list[Tracer]) -> None:
    """Make the interpreter tell the tracer in ``tracer[0]``."""

    def watch(evaluator: Callable[..., object]) -> Callable[..., object]:
        def evaluate(run: Any, node: cst.CSTNode, frame: Any) -> object:
            value = evaluator(run, node, frame)
            tracer[0].saw(node, frame, value)
            return value

        return evaluate

    table = expressions._EVALUATORS
    table.update({kind: watch(evaluator) for kind, evaluator in table.items()})
    call, bind, parameters, execute_return = (
        calls.call, statements.bind_target, calls._bind_parameters, statements._return,
    )  # fmt: skip

    def seen_call(run: Any, frame: Any, node: Any, callee: Any, positional: Any, keywords: Any, **more: Any) -> object:
        tracer[0].enter(node, callee, positional, keywords)
        try:
            return call(run, frame, node, callee, positional, keywords, **more)
        finally:
            tracer[0].running.pop()

    def seen_bind(run: Any, frame: Any, target: Any, value: Any) -> None:
        tracer[0].bind(frame, target, value)
        bind(run, frame, target, value)

    def seen_parameters(scope: Any, function: Any, *rest: Any) -> None:
        parameters(scope, function, *rest)
        tracer[0].parameters(scope, function)

    def seen_return(run: Any, node: Any, frame: Any) -> object:
        completion = execute_return(run, node, frame)
        if tracer[0].running and node.value is not None and id(node.value) in tracer[0].cause:
            tracer[0].returned[id(tracer[0].running[-1])] = tracer[0].cause[id(node.value)]
        return completion

    calls.call = seen_call  # type: ignore[assignment]
    calls._bind_parameters = seen_parameters
    statements.bind_target = seen_bind
    statements._EXECUTORS[cst.Return] = seen_return  # type: ignore[assignment]


_tracer = [Tracer()]
_analyser: Analyser | None = None


def start() -> None:
    """Prepare a process."""
    global _analyser  # noqa: PLW0603
    attach(_tracer)
    _analyser = Analyser(Settings(), load())


def text_of(path: Path) -> str | None:
    """The program in a file, None where it has nothing to do with Keras or can't be read."""
    try:
        data = path.read_bytes()
        if not files.mentions_keras(data):
            return None
        if path.suffix == ".ipynb":
            return read_notebook(str(path), data).text
        return files.decode(str(path), data).text
    except (OSError, files.FileProblem):
        return None


def run_file(path: Path) -> Report | None:
    """Analyse one file."""
    text = text_of(path)
    if text is None:
        return None
    assert _analyser is not None
    _tracer[0] = tracer = Tracer()
    began = time.perf_counter()
    analysis = _analyser.analyse(str(path), text)
    report = Report(str(path), time.perf_counter() - began)
    lines = text.splitlines()
    for judged in analysis.judged:
        finding = judged.finding
        if finding.severity not in ("error", "warning"):
            continue
        first, last = finding.location.line - CONTEXT - 1, finding.location.end_line + CONTEXT
        here = finding.location.file == str(path)
        context = lines[max(first, 0) : last] if here else []
        report.findings.append(
            {
                "code": finding.code, "severity": finding.severity, "message": finding.message,
                "place": f"{finding.location.file}:{finding.location.line}", "context": context,
                "evidence": [f"{step.location.line}: {step.text}" for step in finding.evidence],
            }
        )  # fmt: skip
    report.unfinished = list(analysis.result.unfinished)
    for share, table in ((report.layers, tracer.layer_calls), (report.data, tracer.data_calls)):
        share.calls = len(table)
        share.known = sum(not cause for cause in table.values())
        share.causes = Counter(cause for cause in table.values() if cause)
    report.places = [
        f"{cause}: {cst.Module([]).code_for_node(node)[:100]!r}"
        for table in (tracer.layer_calls, tracer.data_calls)
        for node, cause in table.items()
        if cause
    ]
    return report


def programs(folders: Sequence[str]) -> list[Path]:
    """Python files and notebooks below the folders."""
    found: list[Path] = []
    for folder in map(Path, folders):
        every = [folder] if folder.is_file() else sorted(folder.rglob("*"))
        found += [path for path in every if path.suffix in (".py", ".ipynb") and path.is_file()]
    return found


def main() -> None:
    """Print what the corpus told."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--causes", type=int, default=25, help="how many causes to print")
    parser.add_argument("--slowest", type=int, default=10, help="how many files to print")
    parser.add_argument("--json", help="write everything there, too")
    options = parser.parse_args()
    layers, data = Share(), Share()
    reports: list[Report] = []
    with multiprocessing.Pool(options.processes, start, maxtasksperchild=200) as pool:
        for report in pool.imap_unordered(run_file, programs(options.folders), chunksize=4):
            if report is None:
                continue
            reports.append(report)
            layers.add(report.layers)
            data.add(report.data)
    reports.sort(key=lambda one: one.file)
    shown: set[tuple[str, str, str]] = set()
    for report in reports:
        for finding in report.findings:
            key = (finding["place"], finding["code"], finding["message"])
            if key not in shown:
                shown.add(key)
                print(f"\n{finding['place']}: {finding['severity']} {finding['code']} {finding['message']}")
                print("\n".join(f"    | {line}" for line in finding["context"]))
                print("\n".join(f"    from {step}" for step in finding["evidence"]))
    print(f"\n{len(reports)} files, {len(shown)} findings")
    print(f"inputs known: layers and models {layers}; fit, evaluate, predict … {data}")
    for title, share in (("layers and models", layers), ("fit, evaluate, predict", data)):
        print(f"\nwhy unknown, {title}:")
        for cause, count in share.causes.most_common(options.causes):
            print(f"  {count:5} {cause}")
    print("\nnot analysed to the end:")
    for report in reports:
        for reason in report.unfinished:
            print(f"  {report.file}: {reason}")
    print("\nslowest:")
    for report in sorted(reports, key=lambda one: -one.seconds)[: options.slowest]:
        print(f"  {report.seconds:6.2f} s  {report.file}")
    if options.json:
        told = [{**vars(report), "layers": vars(report.layers), "data": vars(report.data)} for report in reports]
        Path(options.json).write_text(json.dumps(told), encoding="utf-8")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
