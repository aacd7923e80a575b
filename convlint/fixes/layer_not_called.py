"""CL603: call the layer, or make one of its class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix, nodes_within
from convlint.problems import LayerClassNotMade, LayerNotCalled
from convlint.static.syntax import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``Flatten`` becomes ``Flatten()``; ``x = Flatten()`` becomes ``x = Flatten()(x)`` if ``x`` was bound."""
    problem, call = case.observation.problem, case.call
    if call is None:
        return
    if isinstance(problem, LayerClassNotMade):
        for node in _values(call):
            if isinstance(node, cst.Name | cst.Attribute) and dotted(node).rpartition(".")[2] == problem.layer:
                yield from fix("safe", f"make a layer: `{problem.layer}()`", [case.after(node, "()")])
                return
    if isinstance(problem, LayerNotCalled):
        made = getattr((case.site.values or {}).get("layer"), "node", None)
        name = _rebound(case, made) if isinstance(made, cst.Call) else None
        if made is not None and name is not None:
            yield from fix("unsafe", f"call the layer on `{name}`", [case.after(made, f"({name})")])


def _values(call: cst.Call) -> Iterator[cst.BaseExpression]:
    """The arguments, and what lists among them hold."""
    for argument in call.args:
        if isinstance(argument.value, cst.List | cst.Tuple):
            yield from (element.value for element in argument.value.elements)
        else:
            yield argument.value


def _rebound(case: Case, made: cst.Call) -> str | None:
    """The name that the layer is bound to, where an earlier statement of the file bound it, too."""
    bound: set[str] = set()
    for node in nodes_within(case.source.module):
        if not isinstance(node, cst.Assign):
            continue
        names = [target.target.value for target in node.targets if isinstance(target.target, cst.Name)]
        if node.value is made:
            return next((name for name in names if name in bound), None)
        bound.update(names)
    return None
