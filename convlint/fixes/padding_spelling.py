"""CL206: the padding in the case that the function wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.spelling import respell
from convlint.problems import PaddingSpelling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Replace the string."""
    problem = case.observation.problem
    if isinstance(problem, PaddingSpelling):
        yield from respell(case, "padding", problem.given, problem.wanted)
