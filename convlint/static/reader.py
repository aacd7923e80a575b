"""Reads out of an analysis what an editor shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from typing import Literal

import libcst as cst

from convlint.catalog.tensor import Kind, Tensor
from convlint.findings import Evidence, Location
from convlint.lazy import dataclass
from convlint.shapes.dims import Dynamic, Linear, Unknown
from convlint.shapes.shape import AnyShape, show_shape
from convlint.static import graph, summary
from convlint.static.reading import (
    Expression,
    Fact,
    Hint,
    KnownTensor,
    LayerFact,
    Reading,
    SizeFact,
    Step,
    Symbol,
    TensorFact,
)
from convlint.static.run import Run, Seen
from convlint.static.source import SourceFile
from convlint.static.syntax import children
from convlint.static.usage import keras_role
from convlint.static.values import ClassValue, Instance, LayerValue, ModelValue, Origin, Value, join

MAX_TEXT = 60
_BARE = (cst.Integer, cst.Float, cst.SimpleString)
_MADE = (cst.Call, cst.BinaryOperation)


def named_tensors(run: Run, source: SourceFile) -> tuple[KnownTensor, ...]:
    """The tensors that got names, in the order of the source."""
    known = [
        KnownTensor(source.location(node), name, tensor.shape, tensor.dtype, tensor.layout, _shapes_of(run, node))
        for node, (unit, name, tensor) in run.tensors.items()
        if unit.source is source
    ]
    return tuple(sorted(known, key=lambda tensor: tensor.location))


def _shapes_of(run: Run, node: cst.CSTNode) -> tuple[AnyShape, ...]:
    """The shapes that a name stood for, one after the other; nothing where it is always the same."""
    seen = (run.seen or {}).get(node)
    shapes = [value.shape for value in seen.values if isinstance(value, Tensor)] if seen is not None else []
    return tuple(shapes) if len(shapes) > 1 else ()


def read(run: Run, source: SourceFile) -> Reading:
    """What is known of a file's expressions after its analysis."""
    return _Reader(run, source).read()


@dataclass
class _Reader:
    run: Run
    source: SourceFile
    steps: list[Step] = field(default_factory=list)
    known: dict[int, tuple[int, Origin]] = field(default_factory=dict)
    """The step of each origin, by its identity; the origin is held so that no other one takes its identity."""

    def read(self) -> Reading:
        seen = {node: one for node, one in (self.run.seen or {}).items() if one.unit.source is self.source}
        expressions = [
            expression
            for node, one in seen.items()
            if not isinstance(node, _BARE) and (expression := self.expression(node, one)).facts
        ]
        expressions.sort(key=lambda one: one.location)
        named = named_tensors(self.run, self.source)
        hints, unnamed = self.hints(seen, {one.location.end_line for one in named})
        tensors = tuple(sorted((*named, *unnamed), key=lambda one: one.location))
        return Reading(tuple(expressions), tuple(hints), tuple(self.symbols(seen)), tuple(self.steps), tensors)

    # --- expressions -------------------------------------------------------------------------

    def expression(self, node: cst.CSTNode, seen: Seen) -> Expression:
        text = " ".join(self.source.code(node).split())
        found = (fact for value in seen.values if (fact := self.fact(value)) is not None)
        facts = dict.fromkeys(fact for fact in found if not isinstance(fact, SizeFact) or fact.text != text)
        text = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
        return Expression(self.source.location(node), text, tuple(facts), seen.cut)

    def fact(self, value: Value) -> Fact | None:
        if isinstance(value, Tensor):
            kind = "" if value.kind is Kind.UNKNOWN else value.kind.value
            if isinstance(value.shape, Unknown) and isinstance(value.dtype, Unknown):
                return None
            return TensorFact(show_shape(value.shape), _word(value.dtype), value.layout or "", kind, self.step(value))
        if isinstance(value, LayerValue | ModelValue | Instance):
            if not summary.is_keras_object(value):
                return None
            layers = summary.layers_in(value) if not isinstance(value, LayerValue) else None
            return LayerFact(summary.row(value), None if layers is None else len(layers))
        text = _size(value)
        return None if text is None else SizeFact(text)

    def step(self, tensor: Tensor) -> int | None:
        """The step of a tensor and, before it, those of everything it was made from."""
        waiting = [tensor]
        while waiting:
            origin = waiting[-1].origin
            if not isinstance(origin, Origin) or id(origin) in self.known:
                waiting.pop()
                continue
            missing = [
                parent
                for parent in origin.parents
                if isinstance(parent.origin, Origin) and id(parent.origin) not in self.known
            ]
            if missing:
                waiting += missing
                continue
            self.known[id(origin)] = len(self.steps), origin
            parents = [self.known[id(parent.origin)][0] for parent in origin.parents if id(parent.origin) in self.known]
            text = f"{' '.join(origin.label.split())}: {show_shape(waiting[-1].shape)}"
            self.steps.append(Step(Evidence(origin.source.location(origin.node), text), tuple(parents)))
        found = self.known.get(id(tensor.origin))
        return None if found is None else found[0]

    # --- hints -------------------------------------------------------------------------------

    def hints(self, seen: dict[cst.CSTNode, Seen], told: set[int]) -> tuple[list[Hint], list[KnownTensor]]:
        """Behind each call, and each expression that got a name, the shape; of several that end in a line the whole.

        Args:
            seen: expressions of the file.
            told: lines on which a tensor gets a name.

        Returns:
            The hints, and the tensors behind those of them that stand on other lines.
        """
        named = set(_named_values(self.source.module, self.run))
        called = {id(node.func) for node in seen if isinstance(node, cst.Call)}
        spans: list[tuple[int, int, cst.CSTNode, Seen]] = []
        for node, one in seen.items():
            if id(node) not in named and (not isinstance(node, cst.Call) or id(node) in called):
                continue
            if any(self.outputs(value) for value in one.values):
                spans.append((*self.source.span(node), node, one))
        ends: dict[int, list[tuple[int, int]]] = {}
        hints: list[Hint] = []
        unnamed: list[KnownTensor] = []
        for start, end, node, one in sorted(spans, key=lambda span: (span[0], -span[1])):
            place = self.source.location_of(start, end)
            others = ends.setdefault(place.end_line, [])
            if any(first <= start and end <= last for first, last in others):
                continue
            others.append((start, end))
            shown = [found for value in one.values if (found := self.outputs(value))]
            label = shown[0] if shown[-1] == shown[0] else f"{shown[0]} … {shown[-1]}"
            hints.append(Hint(place.end_line, place.end_column, label, self.detail(one.values)))
            if place.end_line not in told and id(node) not in named:
                unnamed += self.unnamed(place, self.source.code(node), one.values)
        return hints, unnamed

    def unnamed(self, place: Location, code: str, values: Sequence[Value]) -> Iterator[KnownTensor]:
        """The tensor that an expression gives, or the one that the layer in it gave."""
        tensors = [tensor for value in values for tensor in self.tensors_behind(value)]
        if tensors:
            whole = tensors[0]
            for tensor in tensors[1:]:
                joined = join(whole, tensor)
                whole = joined if isinstance(joined, Tensor) else whole
            shapes = tuple(dict.fromkeys(tensor.shape for tensor in tensors))
            several = shapes if len(shapes) > 1 else ()
            yield KnownTensor(place, " ".join(code.split()), whole.shape, whole.dtype, whole.layout, several)

    def tensors_behind(self, value: Value) -> list[Tensor]:
        """The tensor itself; of a layer the one that it gave first."""
        if isinstance(value, Tensor):
            return [value]
        if isinstance(value, LayerValue | Instance) and summary.is_keras_object(value):
            first = graph.first_call(value)
            if first is not None and first.outputs and len(first.outputs) == 1:
                return list(first.outputs)
        return []

    def outputs(self, value: Value) -> str:
        """The shape that an expression stands for; of a layer what it gave. Empty where nothing is known."""
        if isinstance(value, Tensor):
            return "" if isinstance(value.shape, Unknown) else show_shape(value.shape)
        if isinstance(value, LayerValue | Instance) and summary.is_keras_object(value):
            first = graph.first_call(value)
            if first is not None and first.outputs:
                return ", ".join(filter(None, map(self.outputs, first.outputs)))
        return ""

    def detail(self, values: Sequence[Value]) -> str:
        words: dict[str, None] = {}
        for value in values:
            if isinstance(value, Tensor):
                words.update(dict.fromkeys(filter(None, (_word(value.dtype), value.layout))))
            elif isinstance(value, LayerValue | Instance):
                row = summary.row(value)
                words[f"{row.name}: {row.class_name}"] = None
                if row.params is not None:
                    words[f"{row.params:,} weights"] = None
        return ", ".join(words)

    # --- symbols -----------------------------------------------------------------------------

    def symbols(self, seen: dict[cst.CSTNode, Seen]) -> list[Symbol]:
        """Models and layers, each inside the function, class or model that makes it."""
        found: list[tuple[int, int, Symbol]] = []
        for node, one in seen.items():
            value = one.values[0]
            if isinstance(node, cst.Call) and isinstance(value, LayerValue | ModelValue | Instance):
                made = self.made(node, value, len(one.values), one.cut)
                if made is not None:
                    found.append((*self.source.span(node), made))
        for node in _definitions(self.source.module):
            place, name = self.source.location(node), node.name.value
            detail = _bases(self.run, node) if isinstance(node, cst.ClassDef) else ""
            kind: Literal["class", "function"] = "class" if isinstance(node, cst.ClassDef) else "function"
            definition = Symbol(name, detail, kind, place, self.source.location(node.name))
            found.append((*self.source.span(node), definition))
        return _nested(found)

    def made(self, node: cst.Call, value: LayerValue | ModelValue | Instance, times: int, cut: bool) -> Symbol | None:
        """The symbol of a layer or model; None for what only refers to one that was made elsewhere."""
        if not summary.is_keras_object(value):
            return None
        if isinstance(value, LayerValue | ModelValue) and value.node is not node:
            return None
        row = summary.row(value)
        place = self.source.location(node)
        is_model = isinstance(value, ModelValue) or (isinstance(value, Instance) and keras_role(value.cls) == "model")
        detail = row.class_name
        outputs = self.outputs(value)
        if outputs:
            detail += f" {outputs}"
        elif is_model and row.params is not None:
            detail += f", {row.params:,} weights"
        if times > 1:
            detail += f", {times}{'+' if cut else ''} of them"
        name = row.name if row.name != "?" else row.class_name
        selection = self.source.location(node.func)
        return Symbol(name, detail, "model" if is_model else "layer", place, selection)


def _nested(found: Iterable[tuple[int, int, Symbol]]) -> list[Symbol]:
    """Symbols inside those that hold them; functions and classes without any are left out."""
    ordered = sorted(found, key=lambda one: (one[0], -one[1]))
    roots: list[_Branch] = []
    open_branches: list[_Branch] = []
    for start, end, symbol in ordered:
        while open_branches and open_branches[-1].end < end:
            open_branches.pop()
        while open_branches and open_branches[-1].end <= start:
            open_branches.pop()
        branch = _Branch(end, symbol)
        (open_branches[-1].inner if open_branches else roots).append(branch)
        open_branches.append(branch)
    return [whole for branch in roots if (whole := branch.symbol_with_inner()) is not None]


@dataclass
class _Branch:
    end: int
    symbol: Symbol
    inner: list[_Branch] = field(default_factory=list)

    def symbol_with_inner(self) -> Symbol | None:
        inner = tuple(symbol for branch in self.inner if (symbol := branch.symbol_with_inner()) is not None)
        if not inner and (self.symbol.kind == "function" or (self.symbol.kind == "class" and not self.symbol.detail)):
            return None
        return replace(self.symbol, children=inner)


def _definitions(module: cst.Module) -> Iterator[cst.FunctionDef | cst.ClassDef]:
    waiting: list[cst.CSTNode] = [module]
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            yield node
        if not isinstance(node, cst.BaseExpression):
            waiting.extend(children(node))


def _named_values(module: cst.Module, run: Run) -> Iterator[int]:
    """Identities of the expressions whose tensor got a name."""
    waiting: list[cst.CSTNode] = [module]
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.Assign) and any(target.target in run.tensors for target in node.targets):
            if isinstance(node.value, _MADE):
                yield id(node.value)
        elif isinstance(node, cst.AugAssign) and node.target in run.tensors:
            yield id(node.value)
        elif not isinstance(node, cst.BaseExpression):
            waiting.extend(children(node))


def _bases(run: Run, node: cst.ClassDef) -> str:
    """The Keras class that a class derives from."""
    for unit in run.units.values():
        for cls in unit.classes if unit is not None else ():
            if cls.node is node and isinstance(cls, ClassValue) and keras_role(cls) is not None:
                return next((name for name in cls.external_bases() if name.startswith("keras")), "")
    return ""


def _word(value: str | Unknown) -> str:
    return "" if isinstance(value, Unknown) else str(value).removeprefix("python ")


def _size(value: Value) -> str | None:
    """A number, or a tuple of numbers, as text; None for everything else."""
    if isinstance(value, Dynamic):
        return "None"
    if isinstance(value, int | Linear) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, tuple) and value and len(value) <= 6:
        parts = [_size(part) if not isinstance(part, tuple) else None for part in value]
        if all(part is not None for part in parts):
            return f"({', '.join(filter(None, parts))}{',' if len(parts) == 1 else ''})"
    return None
