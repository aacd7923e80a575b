"""CL410: one probability comes from a sigmoid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix, nodes_within, quoted_like
from convlint.problems import SoftmaxOverOne

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``"softmax"`` becomes ``"sigmoid"``."""
    if not isinstance(case.observation.problem, SoftmaxOverOne):
        return
    found = [
        node
        for node in nodes_within(case.site.node)
        if isinstance(node, cst.SimpleString) and node.evaluated_value == "softmax"
    ]
    if len(found) == 1:
        edit = case.replace(found[0], quoted_like(found[0].value, "sigmoid"))
        yield from fix("unsafe", "apply a sigmoid", [edit])
