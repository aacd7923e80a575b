"""CL412: leave out what nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix, keyword_of
from convlint.fixes.layers import constructor
from convlint.problems import IgnoredInputShape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Remove the argument from the layer's constructor."""
    problem, call = case.observation.problem, constructor(case)
    if not isinstance(problem, IgnoredInputShape) or call is None:
        return
    found = keyword_of(call, problem.argument)
    if found is not None:
        yield from fix("safe", f"remove `{problem.argument}`", [case.remove_argument(call, found[0])])
