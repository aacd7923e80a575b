"""CL502: the axis that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix
from convlint.problems import DataRankMismatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """An axis for the batch, or one at the end; a data set in batches."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, DataRankMismatch) or call is None:
        return
    repair = problem.repair or (f"{problem.data}[..., None]" if problem.missing else "")
    if not repair:
        return
    for argument in call.args:
        if case.value_text(argument) == problem.data:
            yield from fix("unsafe", f"add {problem.missing}", [case.replace_value(argument, repair)])
            return
