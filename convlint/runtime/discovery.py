"""Finds what can be built in a file, from its syntax alone."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Literal

from convlint.catalog.names import canonical
from convlint.lazy import dataclass

Kind = Literal["function", "model", "model-class", "layer-class"]

_MODELS = frozenset({"keras.Model", "keras.Sequential"})
_LAYER_BASES = frozenset({"keras.layers.Layer"})
_MODEL_CALLS = (
    "keras.applications.",
    "keras.models.load_model",
    "keras.models.clone_model",
    "keras.models.model_from_json",
)


@dataclass(frozen=True)
class Candidate:
    """Something that can be built.

    ``required`` are the parameters without a default (for a class: those of its ``__init__``).
    """

    name: str
    kind: Kind
    line: int
    required: tuple[str, ...] = ()


def find_candidates(source: Path | str) -> tuple[Candidate, ...]:
    """Builders of a file or a text, in order; empty where it can't be read or does not parse."""
    try:
        return candidates_in(source.read_bytes() if isinstance(source, Path) else source)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return ()


def candidates_in(source: str | bytes) -> tuple[Candidate, ...]:
    """Builders in a source text: functions that return a Keras model, module-level models,
    subclasses of ``Model`` and ``Layer``.

    Only names whose imports lead to ``keras`` or ``tf.keras`` count.

    Raises:
        SyntaxError: the text does not parse.
    """
    tree = ast.parse(source)
    return tuple(sorted(_Finder(tree).find(), key=lambda candidate: candidate.line))


class _Finder:
    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.names: dict[str, str] = {}
        self.model_makers: set[str] = set()
        """Functions and classes of this file whose call gives a model."""
        for node in ast.walk(tree):
            self._read_import(node)

    def _read_import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                self.names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if alias.name != "*":
                    self.names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                elif canonical(node.module).split(".")[0] == "keras":
                    for name in ("Model", "Sequential", "Layer"):
                        self.names.setdefault(name, f"{node.module}.{name}")

    def _canonical(self, node: ast.expr) -> str:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.names:
            return ""
        return canonical(".".join([self.names[node.id], *reversed(parts)]))

    def find(self) -> list[Candidate]:
        found = self._classes()
        functions = [node for node in self.tree.body if isinstance(node, ast.FunctionDef)]
        while True:
            # A builder may hand on what another builder of the file returns.
            more = [f for f in functions if f.name not in self.model_makers and self._returns_model(f)]
            if not more:
                break
            self.model_makers.update(function.name for function in more)
        found += [
            Candidate(function.name, "function", function.lineno, _required(function.args))
            for function in functions
            if function.name in self.model_makers
        ]
        seen: set[str] = set()
        for node in self.tree.body:
            for name, value in _assignments(node):
                if name not in seen and self._makes_model(value, set()):
                    seen.add(name)
                    found.append(Candidate(name, "model", node.lineno))
        return found

    def _classes(self) -> list[Candidate]:
        found: list[Candidate] = []
        kinds: dict[str, Kind] = {}
        for node in self.tree.body:
            if not isinstance(node, ast.ClassDef):
                continue
            kind: Kind | None = None
            for base in node.bases:
                name = self._canonical(base)
                if name in _MODELS or kinds.get(getattr(base, "id", "")) == "model-class":
                    kind = "model-class"
                elif name in _LAYER_BASES or kinds.get(getattr(base, "id", "")) == "layer-class":
                    kind = "layer-class"
            if kind is None:
                continue
            kinds[node.name] = kind
            if kind == "model-class":
                self.model_makers.add(node.name)
            init = next((f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"), None)
            found.append(Candidate(node.name, kind, node.lineno, _required(init.args, skip=1) if init else ()))
        return found

    def _makes_model(self, value: ast.expr | None, local: set[str]) -> bool:
        if isinstance(value, ast.Name):
            return value.id in local
        if isinstance(value, ast.Tuple):
            return any(self._makes_model(part, local) for part in value.elts)
        if isinstance(value, ast.IfExp):
            return self._makes_model(value.body, local) or self._makes_model(value.orelse, local)
        if not isinstance(value, ast.Call):
            return False
        if isinstance(value.func, ast.Name) and value.func.id in self.model_makers:
            return True
        name = self._canonical(value.func)
        return name in _MODELS or (name.startswith(_MODEL_CALLS) and name.rpartition(".")[2] not in _PREPROCESSING)

    def _returns_model(self, function: ast.FunctionDef) -> bool:
        local: set[str] = set()
        own = list(_own_nodes(function))
        for node in own:
            for name, value in _assignments(node):
                if self._makes_model(value, local):
                    local.add(name)
        return any(isinstance(node, ast.Return) and self._makes_model(node.value, local) for node in own)


_PREPROCESSING = frozenset({"preprocess_input", "decode_predictions"})


def _own_nodes(function: ast.FunctionDef) -> list[ast.AST]:
    """Nodes of a function in source order, those of nested functions and classes left out."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = list(reversed(function.body))
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))
    return found


def _assignments(node: ast.AST) -> list[tuple[str, ast.expr | None]]:
    if isinstance(node, ast.Assign):
        return [(target.id, node.value) for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [(node.target.id, node.value)]
    return []


def _required(arguments: ast.arguments, skip: int = 0) -> tuple[str, ...]:
    plain = [*arguments.posonlyargs, *arguments.args][skip:]
    without_default = plain[: len(plain) - len(arguments.defaults)] if arguments.defaults else plain
    keyword_only = [arg for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults) if default is None]
    return tuple(arg.arg for arg in [*without_default, *keyword_only])
