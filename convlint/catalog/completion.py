"""What a message leaves out and the catalog knows: today's name of a module, the Keras word for a PyTorch one.

A message of Keras' names the fault and the word that caused it; how the call reads today it does not say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import OPS_FOR_BACKEND, TORCH_METHODS
from convlint.catalog.names import canonical, moved_module
from convlint.catalog.registry import find_function, find_layer
from convlint.catalog.signature import bind
from convlint.problems import (
    Keras1Argument,
    MovedImport,
    PaddingSpelling,
    Problem,
    RemovedBackendFunction,
    TorchArgument,
    TorchMethod,
    UnknownArgument,
)
from convlint.shapes.dims import UNKNOWN

Facts = Mapping[str, object]


def complete(problem: type[Problem], facts: Facts) -> dict[str, object]:
    """Fields of a Problem as far as a message told them, and what follows from them.

    Args:
        problem: the class.
        facts: its fields by name; those that are missing or empty may be filled.
    """
    told = dict(facts)
    rule = next((rule for kind, rule in _RULES if issubclass(problem, kind)), None)
    for name, value in (rule(problem, told) if rule is not None else {}).items():
        if told.get(name, "") in ("", ()):
            told[name] = value
    return told


def _moved(problem: type[Problem], facts: Facts) -> Facts:
    name = str(facts.get("operation", ""))
    today = moved_module(name)
    return {} if today is None else {"replacement": today}


def _removed(problem: type[Problem], facts: Facts) -> Facts:
    return {"replacement": OPS_FOR_BACKEND.get(str(facts.get("operation", "")), "")}


def _method(problem: type[Problem], facts: Facts) -> Facts:
    return {"replacement": TORCH_METHODS.get(str(facts.get("method", "")), "")}


def _spelling(problem: type[Problem], facts: Facts) -> Facts:
    given = str(facts.get("given", ""))
    return {"wanted": given.swapcase()} if given else {}


def _argument(problem: type[Problem], facts: Facts) -> Facts:
    """Asks the catalog's own binding what it says of the word that Keras refused."""
    name = str(facts.get("operation", "")).removesuffix(".__init__")
    words: Any = facts.get("arguments", facts.get("argument", ()))
    spelled = canonical(name)
    entry = find_layer(f"keras.layers.{name.rpartition('.')[2]}") or find_function(spelled)
    if entry is None or not words:
        return {}
    given = dict.fromkeys((words,) if isinstance(words, str) else words, UNKNOWN)
    ctx = Context(name)
    try:
        bind(ctx, entry.signature, (), given, open_ended=True)
    except Refused as refused:
        if refused.problem is not None:
            ctx.noted.append(refused.problem)
    return next((vars(noted) for noted in ctx.noted if type(noted) is problem), {})


_RULES: tuple[tuple[type[Problem], Callable[[type[Problem], Facts], Facts]], ...] = (
    (MovedImport, _moved),
    (RemovedBackendFunction, _removed),
    (TorchMethod, _method),
    (PaddingSpelling, _spelling),
    (TorchArgument, _argument),
    (Keras1Argument, _argument),
    (UnknownArgument, _argument),
)
