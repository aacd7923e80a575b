"""CL205: the layout in the words of the function that is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.spelling import respell
from convlint.problems import DataFormatSpelling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Replace the string."""
    problem = case.observation.problem
    if isinstance(problem, DataFormatSpelling):
        yield from respell(case, "data_format", problem.given, problem.wanted)
