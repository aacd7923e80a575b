"""CL301: ``None`` in the target of a reshape, replaced by ``-1`` or by the size at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.dynamic_size import run_time_sizes
from convlint.fixes.editing import fix
from convlint.problems import DynamicDimInShape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """One unknown size: let the reshape work it out. Several: ask for them when the line runs."""
    problem = case.observation.problem
    target = _target(case)
    if not isinstance(problem, DynamicDimInShape) or target is None:
        return
    elements = [element.value for element in target.elements]
    if any(isinstance(element, cst.StarredElement) for element in target.elements):
        return
    if len(elements) != len(problem.target_shape):
        return
    unknown = [elements[axis] for axis in problem.axes]
    if len(unknown) == 1 and -1 not in problem.target_shape:
        yield from fix("safe", "write -1 for the size that is only known at run time", [case.replace(unknown[0], "-1")])
        return
    sizes = run_time_sizes(case, unknown)
    if sizes is not None:
        edits, extra = sizes
        yield from fix("unsafe", "read the sizes at run time", edits, extra)


def _target(case: Case) -> cst.Tuple | cst.List | None:
    nodes = case.site.argument_nodes or {}
    for name in ("target", "shape", "target_shape", "newshape"):
        node = nodes.get(name)
        if isinstance(node, cst.Tuple | cst.List):
            return node
    return None
