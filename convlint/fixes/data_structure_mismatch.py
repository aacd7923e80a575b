"""CL511: one array instead of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix
from convlint.problems import ListAsData

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``np.array(…)`` around the argument, where the program imports NumPy."""
    problem, call = case.observation.problem, case.call
    spelled = case.spell("numpy.array")
    if not isinstance(problem, ListAsData) or call is None or spelled is None:
        return
    for argument in call.args:
        if case.value_text(argument) == problem.data:
            edit = case.replace_value(argument, f"{spelled[0]}({problem.data})")
            yield from fix("safe", "make one array of the list", [edit], spelled[1])
            return
