"""CL706: what an attribute of older tensors, layers and optimizers is called today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix, nodes_within
from convlint.problems import RemovedAttribute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``x.get_shape()`` becomes ``x.shape``, and ``x.shape.as_list()`` becomes ``list(x.shape)``."""
    problem, node = case.observation.problem, case.site.node
    if not isinstance(problem, RemovedAttribute) or not isinstance(node, cst.Attribute):
        return
    owner = case.code(node.value)
    called = next(
        (one for one in nodes_within(case.source.module) if isinstance(one, cst.Call) and one.func is node), None
    )
    listed = _listed(case, called)
    if problem.attribute == "get_shape" and listed is not None:
        yield from fix("safe", f"write `list({owner}.shape)`", [case.replace(listed, f"list({owner}.shape)")])
    elif problem.attribute == "get_shape" and called is not None and not called.args:
        yield from fix("safe", "read `.shape`", [case.replace(called, f"{owner}.shape")])
    elif problem.attribute in ("as_list", "ndims"):
        outer: cst.CSTNode | None = called if problem.attribute == "as_list" else node
        function = "list" if problem.attribute == "as_list" else "len"
        if outer is not None:
            yield from fix("safe", f"write `{function}({owner})`", [case.replace(outer, f"{function}({owner})")])
    elif problem.attribute == "value":
        yield from fix("safe", "leave out `.value`", [case.replace(node, owner)])
    elif problem.attribute == "_keras_shape":
        yield from fix("safe", "read `.shape`", [case.replace(node.attr, "shape")])
    elif problem.attribute == "lr":
        yield from fix("safe", "read `.learning_rate`", [case.replace(node.attr, "learning_rate")])
    elif problem.attribute in ("output_shape", "input_shape"):
        yield from fix("unsafe", f"read `.{problem.replacement}`", [case.replace(node.attr, problem.replacement)])


def _listed(case: Case, shape: cst.Call | None) -> cst.Call | None:
    """``x.get_shape().as_list()`` around ``x.get_shape()``."""
    for node in nodes_within(case.source.module):
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.value is shape:
            return node if node.func.attr.value == "as_list" and not node.args else None
    return None
