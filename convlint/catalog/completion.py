"""What a message leaves out and the catalog knows: today's name of a module, the Keras word for a PyTorch one.

A message of Keras' names the fault and the word that caused it; how the call reads today it does not say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import OPS_FOR_BACKEND, TORCH_METHODS
from convlint.catalog.gone import successor
from convlint.catalog.names import canonical
from convlint.catalog.registry import find_function, find_layer
from convlint.catalog.signature import bind
from convlint.problems import (
    DataRankMismatch,
    DataShapeMismatch,
    IntegerLabels,
    Keras1Argument,
    MovedImport,
    OneHotLabels,
    OutputNotReduced,
    PaddingSpelling,
    Problem,
    RemovedBackendFunction,
    TargetShapeMismatch,
    TorchArgument,
    TorchMethod,
    UnknownArgument,
)
from convlint.shapes.dims import UNKNOWN
from convlint.shapes.shape import Shape

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


def fits(problem: type[Problem], facts: Facts) -> bool:
    """Whether what a message told can be this Problem: the same wording often stands for several.

    Facts that are missing contradict nothing.
    """
    rule = next((rule for kind, rule in _TELLING_APART if issubclass(problem, kind)), None)
    return rule is None or rule(facts)


def _shapes(facts: Facts, *names: str) -> tuple[Shape, ...] | None:
    found = tuple(facts.get(name) for name in names)
    return found if all(isinstance(shape, tuple) and shape for shape in found) else None  # type: ignore[return-value]


def _same_rank(facts: Facts) -> bool:
    shapes = _shapes(facts, "input_shape", "data_shape")
    return shapes is None or len(shapes[0]) == len(shapes[1])


def _other_rank(facts: Facts) -> bool:
    shapes = _shapes(facts, "input_shape", "data_shape")
    return shapes is None or len(shapes[0]) != len(shapes[1])


def _integer_labels(facts: Facts) -> bool:
    """One number for each sample, for an output of several classes."""
    shapes = _shapes(facts, "target_shape", "output_shape")
    if shapes is None:
        return True
    target, output = shapes
    return len(output) == 2 and output[-1] != 1 and (len(target) == 1 or (len(target) == 2 and target[-1] == 1))


def _one_hot_labels(facts: Facts) -> bool:
    """As many columns as classes; TensorFlow prints the targets of a sparse loss as one long row."""
    shapes = _shapes(facts, "target_shape", "output_shape")
    if shapes is None:
        return True
    target, output = shapes
    if len(target) == 1 and len(output) == 2 and all(isinstance(size, int) for size in (*target, *output)):
        return target[0] == output[0] * output[1]  # type: ignore[operator]
    return target == output


def _not_reduced(facts: Facts) -> bool:
    """One target for each sample, and an output with axes of space or time; TensorFlow prints both flattened."""
    shapes = _shapes(facts, "target_shape", "output_shape")
    if shapes is None:
        return True
    target, output = shapes
    if len(target) == 1 and len(output) == 2 and isinstance(target[0], int) and isinstance(output[0], int):
        return target[0] < output[0] and output[0] % target[0] == 0 if target[0] else False
    return len(target) <= 2 and len(output) >= 3


def _refused_targets(facts: Facts) -> bool:
    """Whether no rule says more about these two shapes."""
    if _shapes(facts, "target_shape", "output_shape") is None:
        return True
    two_units = facts["output_shape"][-1] == 2  # type: ignore[index]
    return not _not_reduced(facts) and (two_units or not _integer_labels(facts))


def _moved(problem: type[Problem], facts: Facts) -> Facts:
    name = str(facts.get("operation", ""))
    today = successor(name)
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


_TELLING_APART: tuple[tuple[type[Problem], Callable[[Facts], bool]], ...] = (
    (DataShapeMismatch, _same_rank),
    (DataRankMismatch, _other_rank),
    (IntegerLabels, _integer_labels),
    (OneHotLabels, _one_hot_labels),
    (OutputNotReduced, _not_reduced),
    (TargetShapeMismatch, _refused_targets),
)
_RULES: tuple[tuple[type[Problem], Callable[[type[Problem], Facts], Facts]], ...] = (
    (MovedImport, _moved),
    (RemovedBackendFunction, _removed),
    (TorchMethod, _method),
    (PaddingSpelling, _spelling),
    (TorchArgument, _argument),
    (Keras1Argument, _argument),
    (UnknownArgument, _argument),
)
