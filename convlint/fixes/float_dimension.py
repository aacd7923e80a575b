"""CL408: a whole number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix, nodes_within
from convlint.problems import FloatDimension

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Edit, Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``//`` for ``/``, ``32`` for ``32.0``, in the argument itself."""
    problem = case.observation.problem
    if not isinstance(problem, FloatDimension) or not problem.wanted:
        return
    node = (case.site.argument_nodes or {}).get(problem.argument)
    edits = [] if node is None else list(_whole(case, node))
    if edits:
        yield from fix("safe", "compute with whole numbers", edits)


def _whole(case: Case, node: cst.CSTNode) -> Iterator[Edit]:
    for part in nodes_within(node):
        if isinstance(part, cst.Divide):
            yield case.replace(
                part, "//" if case.code(part).strip() == case.code(part) else case.code(part).replace("/", "//")
            )
        elif isinstance(part, cst.Float) and float(part.value).is_integer():
            yield case.replace(part, str(int(float(part.value))))
