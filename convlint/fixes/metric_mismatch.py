"""CL517: the metric that reads the targets as the loss does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix
from convlint.fixes.training import rename
from convlint.problems import MetricMismatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """The metric of the loss, where it is given by name."""
    problem = case.observation.problem
    if isinstance(problem, MetricMismatch) and problem.metric.islower():
        yield from fix("unsafe", f"use `{problem.wanted}`", [rename(case, problem.metric, problem.wanted)])
