"""CL409: ``int(...)`` around the size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix
from convlint.problems import NumpyInteger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """The argument, converted where it is given."""
    problem = case.observation.problem
    if not isinstance(problem, NumpyInteger):
        return
    node = (case.site.argument_nodes or {}).get(problem.argument)
    if node is not None:
        yield from fix("safe", "convert it to an int", [case.before(node, "int("), case.after(node, ")")])
