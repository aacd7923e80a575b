"""CL210: name the axis where the default is the wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import advice, fix
from convlint.fixes.layers import constructor, set_argument
from convlint.problems import DefaultAxisMismatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Give ``axis``; an activation by name takes none, so that it becomes a layer."""
    problem = case.observation.problem
    call = constructor(case) or case.call
    if not isinstance(problem, DefaultAxisMismatch) or call is None:
        return
    if case.site.callee.rpartition(".")[2] in ("Concatenate", "concatenate", "Softmax"):
        edit = set_argument(case, call, "axis", str(problem.channel_axis))
        yield from fix("unsafe", f"work along axis={problem.channel_axis}", [edit])
    else:
        yield from advice(f"apply `Softmax(axis={problem.channel_axis})` as a layer of its own")
