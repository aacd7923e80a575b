"""CL701: the words of Keras 1 as today's Keras has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.catalog.generations import (
    KERAS1_LAYOUTS,
    KERAS1_METHOD_WORDS,
    KERAS1_RENAMES,
    KERAS1_WINDOWS,
    REMOVED_METHODS,
)
from convlint.catalog.registry import find_layer
from convlint.fixes import removed_argument
from convlint.fixes.editing import fix, has_keyword, keyword_of, positional_of, quoted_like
from convlint.problems import Keras1Argument

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convlint.findings import Edit, Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Rename each old word; put the parts of a window together."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, Keras1Argument) or call is None or any(argument.star for argument in call.args):
        return
    method = problem.operation.rpartition(".")[2]
    method = REMOVED_METHODS.get(method, method)
    if method in KERAS1_METHOD_WORDS:
        words = removed_argument.old_words(case, call, method)
        if words is not None:
            yield from fix("safe", f"write {problem.keras_arguments or 'the words of today'}", words)
        return
    window = _window(case)
    edits = _window_edits(case, call, window)
    if edits is None:
        return
    for word in problem.arguments:
        if word in window:
            continue
        edit = _renamed(case, call, word)
        if edit is None:
            return
        edits.append(edit)
    yield from fix("safe", f"write {problem.keras_arguments or 'the words of today'}", edits)


def _window(case: Case) -> Sequence[str]:
    entry = find_layer(case.site.callee)
    return KERAS1_WINDOWS.get(entry.signature.name if entry is not None else "", ())


def _window_edits(case: Case, call: cst.Call, window: Sequence[str]) -> list[Edit] | None:
    """``32, 3, 3`` or ``nb_row=3, nb_col=3`` as one ``kernel_size``; None where it can't be written."""
    if not window:
        return []
    positional = positional_of(call)
    if len(positional) > len(window):
        parts = positional[1 : len(window) + 1]
        if any(has_keyword(call, word) for word in window):
            return None
        start, end = case.argument_span(parts[0])[0], case.argument_span(parts[-1])[1]
        inner = case.source.text[start:end]
        return [case.edit(start, end, f"({inner})")]
    named = [(index, argument) for word in window for index, argument in _all(keyword_of(call, word))]
    if not named:
        return []
    before = positional[1:]
    if len(before) + len(named) != len(window):
        return None
    values = [case.value_text(argument) for argument in before] + [case.value_text(argument) for _, argument in named]
    size = f"({', '.join(values)})"
    if before:
        start, end = case.argument_span(before[0])[0], case.argument_span(before[-1])[1]
        return [case.edit(start, end, size)] + [case.remove_argument(call, index) for index, _ in named]
    kept = min(index for index, _ in named)
    edits = [case.edit(*case.argument_span(call.args[kept]), f"kernel_size={size}")]
    return edits + [case.remove_argument(call, index) for index, _ in named if index != kept]


def _all(found: tuple[int, cst.Arg] | None) -> list[tuple[int, cst.Arg]]:
    return [] if found is None else [found]


def _renamed(case: Case, call: cst.Call, word: str) -> Edit | None:
    found = keyword_of(call, word)
    today = KERAS1_RENAMES.get(word)
    if found is None or today is None or has_keyword(call, today):
        return None
    index, argument = found
    if word != "dim_ordering":
        return case.rename_keyword(argument, today)
    if not isinstance(argument.value, cst.SimpleString):
        return None
    old = argument.value.evaluated_value
    if not isinstance(old, str) or old not in KERAS1_LAYOUTS:
        return None
    layout = KERAS1_LAYOUTS[old]
    if layout is None:
        return case.remove_argument(call, index)
    return case.edit(*case.argument_span(argument), f"{today}={quoted_like(argument.value.value, layout)}")
