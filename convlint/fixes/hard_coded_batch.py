"""CL307: -1 for the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix
from convlint.problems import HardCodedBatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Replace the first entry of a target that is written out."""
    node = (case.site.argument_nodes or {}).get("target")
    if (
        isinstance(case.observation.problem, HardCodedBatch)
        and isinstance(node, cst.Tuple | cst.List)
        and node.elements
    ):
        yield from fix("unsafe", "let -1 stand for the batch", [case.replace(node.elements[0].value, "-1")])
