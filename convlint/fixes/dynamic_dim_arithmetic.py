"""CL302: arithmetic with a size that is ``None`` while the model is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.dynamic_size import run_time_sizes
from convlint.fixes.editing import fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Calculate with the sizes at run time; Python's own ``range`` can't."""
    if not isinstance(case.site.node, cst.BinaryOperation):
        return
    sizes = run_time_sizes(case, [case.site.node])
    if sizes is not None:
        edits, extra = sizes
        yield from fix("unsafe", "read the size at run time", edits, extra)
