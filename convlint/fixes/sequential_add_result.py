"""CL615: ``model.add(...)`` on a line of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix, nodes_within
from convlint.problems import SequentialAddResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``model = model.add(layer)`` becomes ``model.add(layer)``."""
    call = (case.site.values or {}).get("call")
    if not isinstance(case.observation.problem, SequentialAddResult) or not isinstance(call, cst.Call):
        return
    owner = call.func.value if isinstance(call.func, cst.Attribute) else None
    for node in nodes_within(case.source.module):
        if not isinstance(node, cst.Assign) or node.value is not call or not isinstance(owner, cst.Name):
            continue
        names = [target.target.value for target in node.targets if isinstance(target.target, cst.Name)]
        if names == [owner.value] and len(node.targets) == 1:
            start = case.source.span(node.targets[0].target)[0]
            yield from fix("safe", "keep the model", [case.edit(start, case.source.span(call)[0], "")])
