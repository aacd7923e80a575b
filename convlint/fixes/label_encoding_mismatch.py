"""CL505: the loss that takes the labels as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix
from convlint.fixes.training import rename, words
from convlint.problems import IntegerLabels, OneHotLabels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case

_METRICS = ("categorical_accuracy", "sparse_categorical_accuracy")


def propose(case: Case) -> Iterator[Fix]:
    """The other of the two losses; a metric that is named after it goes with it."""
    problem = case.observation.problem
    if not isinstance(problem, IntegerLabels | OneHotLabels):
        return
    edits = [rename(case, problem.loss, problem.other_loss)]
    old, new = _METRICS if isinstance(problem, IntegerLabels) else reversed(_METRICS)
    if words(case, old):
        edits.append(rename(case, old, new))
    yield from fix("unsafe", f"use `{problem.other_loss}`", edits)
