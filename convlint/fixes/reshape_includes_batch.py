"""CL110: leave the batch out of the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix
from convlint.fixes.layers import constructor
from convlint.problems import ReshapeIncludesBatchSilent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Drop the first entry of a target that is written out."""
    call = constructor(case)
    if not isinstance(case.observation.problem, ReshapeIncludesBatchSilent) or call is None or not call.args:
        return
    target = call.args[0].value
    if isinstance(target, cst.Tuple | cst.List) and len(target.elements) > 1:
        first, second = target.elements[:2]
        edit = case.edit(case.source.span(first.value)[0], case.source.span(second.value)[0], "")
        yield from fix("safe", "leave the batch out of the target", [edit])
