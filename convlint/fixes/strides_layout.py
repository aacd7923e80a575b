"""CL208: strides with one entry for each axis that moves."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix
from convlint.problems import StridesForEveryAxis, StridesLayout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Write the strides as the function reads them."""
    problem = case.observation.problem
    node = (case.site.argument_nodes or {}).get("strides")
    if not isinstance(problem, StridesLayout | StridesForEveryAxis) or node is None:
        return
    try:
        ast.literal_eval(problem.wanted)
    except (ValueError, SyntaxError):
        return
    bracketed = isinstance(node, cst.Tuple) and node.lpar  # its brackets stay
    content = problem.wanted[1:-1] if bracketed else problem.wanted
    yield from fix("unsafe", f"write strides {problem.wanted}", [case.replace(node, content)])
