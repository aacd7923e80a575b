"""CL604: put the tensors into a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix, positional_of
from convlint.problems import MergeInputsNotList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``Add()(a, b)`` becomes ``Add()([a, b])``; a tensor alone has nothing to be joined with."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, MergeInputsNotList) or call is None or problem.count < 2:
        return
    tensors = positional_of(call)[: problem.count]
    if len(tensors) < problem.count:
        return
    start, end = case.argument_span(tensors[0])[0], case.argument_span(tensors[-1])[1]
    edits = [case.edit(start, start, "["), case.edit(end, end, "]")]
    yield from fix("safe", "put the tensors into a list", edits)
