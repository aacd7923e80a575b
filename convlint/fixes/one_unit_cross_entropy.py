"""CL509: two classes and one unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix
from convlint.fixes.training import rename
from convlint.problems import OneUnitCrossentropy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """The binary cross-entropy."""
    problem = case.observation.problem
    if isinstance(problem, OneUnitCrossentropy):
        other = "binary_crossentropy" if problem.loss.islower() else "BinaryCrossentropy"
        yield from fix("unsafe", f"use `{other}`", [rename(case, problem.loss, other)])
