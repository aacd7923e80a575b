"""CL601: keep the value of a call that has no other effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix
from convlint.problems import DiscardedResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Assign the value to the name of the first argument."""
    problem, node = case.observation.problem, case.site.node
    if isinstance(node, cst.Expr):
        node = node.value
    if isinstance(problem, DiscardedResult) and problem.argument and isinstance(node, cst.Call):
        name = problem.argument
        yield from fix("unsafe", f"assign the result to `{name}`", [case.before(node, f"{name} = ")])
