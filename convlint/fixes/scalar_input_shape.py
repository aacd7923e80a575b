"""CL415: an input shape as a tuple."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix, keyword_of, positional_of
from convlint.problems import ScalarInputShape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``Input((4))`` becomes ``Input((4,))``, ``Input(28, 28)`` becomes ``Input((28, 28))``."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, ScalarInputShape) or call is None:
        return
    positional = positional_of(call)
    if len(positional) == 2:
        start, end = case.argument_span(positional[0])[0], case.argument_span(positional[1])[1]
        edit = case.edit(start, end, f"({case.source.text[start:end]})")
    else:
        found = keyword_of(call, "shape")
        argument = positional[0] if positional else found[1] if found is not None else None
        if argument is None:
            return
        edit = case.replace_value(argument, f"({case.code(argument.value)},)")
    yield from fix("safe", f"write {problem.wanted}", [edit])
