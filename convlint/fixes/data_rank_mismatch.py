"""CL501, CL502: the order of the axes, or the axis that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix
from convlint.problems import DataRankMismatch, DataShapeMismatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """An axis for the batch, or one at the end; a data set in batches."""
    problem, call = case.observation.problem, case.call
    if isinstance(problem, DataShapeMismatch) and call is not None:
        yield from _in_order(case, call, problem)
    if not isinstance(problem, DataRankMismatch) or call is None:
        return
    repair = problem.repair or (f"{problem.data}[..., None]" if problem.missing else "")
    if not repair:
        return
    for argument in call.args:
        if case.value_text(argument) == problem.data:
            yield from fix("unsafe", f"add {problem.missing}", [case.replace_value(argument, repair)])
            return


def _in_order(case: Case, call: cst.Call, problem: DataShapeMismatch) -> Iterator[Fix]:
    """``np.transpose`` in the program's spelling, where one order of the axes makes the data fit."""
    spelled = case.spell("numpy.transpose")
    if spelled is None or not problem.repair.startswith("np.transpose("):
        return
    repair = f"{spelled[0]}({problem.repair.removeprefix('np.transpose(')}"
    for argument in call.args:
        if case.value_text(argument) == problem.data:
            yield from fix("unsafe", "move the channels to the other end", [case.replace_value(argument, repair)])
            return
