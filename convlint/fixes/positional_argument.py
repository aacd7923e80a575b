"""CL713: the argument gets its name; numbers become an array."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix, positional_of
from convlint.problems import NumbersForTensor, PositionalFlag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``training=True``, ``np.array([[1.0, 2.0]])``."""
    problem, call = case.observation.problem, case.call
    if call is None:
        return
    given = positional_of(call)
    if isinstance(problem, PositionalFlag) and problem.argument and len(given) == 2:
        edit = case.replace_value(given[1], f"{problem.argument}={case.value_text(given[1])}")
        yield from fix("safe", f"name the argument: `{problem.argument}=`", [edit])
    elif isinstance(problem, NumbersForTensor) and given:
        spelled = case.spell("numpy.array")
        if spelled is not None:
            edit = case.replace_value(given[0], f"{spelled[0]}({case.value_text(given[0])})")
            yield from fix("safe", "make one array of the numbers", [edit], spelled[1])
