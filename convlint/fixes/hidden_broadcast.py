"""CL518: targets and predictions with the same axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix, positional_of
from convlint.problems import HiddenBroadcast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Edit, Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Take the one column of the predictions, or give the targets a column of their own."""
    problem = case.observation.problem
    sides = _sides(case.site.node)
    if not isinstance(problem, HiddenBroadcast) or sides is None:
        return
    column, flat = sides if len(problem.first_shape) == 2 else reversed(sides)
    yield from fix("unsafe", "take the one column of the predictions", [_indexed(case, column, "[:, 0]")])
    yield from fix("unsafe", "give the targets a second axis", [_indexed(case, flat, "[:, None]")])


def _sides(node: cst.CSTNode) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    if isinstance(node, cst.BinaryOperation):
        return node.left, node.right
    if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
        return node.left, node.comparisons[0].comparator
    if isinstance(node, cst.Call) and len(positional_of(node)) >= 2:
        return node.args[0].value, node.args[1].value
    return None


def _indexed(case: Case, node: cst.BaseExpression, index: str) -> Edit:
    plain = isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.Call) or node.lpar
    return case.behind(node, index) if plain else case.replace(node, f"({case.code(node)}){index}")
