"""CL301: ``None`` in the target of a reshape, replaced by ``-1`` or by the size at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.catalog.tensor import Tensor
from convlint.fixes.dynamic_size import run_time_sizes
from convlint.fixes.editing import fix
from convlint.problems import DynamicDimInShape
from convlint.shapes.dims import Dynamic, Unknown
from convlint.static.values import ListValue, ReadDynamic, items_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    infers = case.site.callee.rpartition(".")[2] == "reshape"
    if infers and len(unknown) == 1 and -1 not in problem.target_shape:
        yield from fix("safe", "write -1 for the size that is only known at run time", [case.replace(unknown[0], "-1")])
        return
    sizes = run_time_sizes(case, unknown, _sizes_of_x(case, dict(zip(problem.axes, unknown))))
    if sizes is not None:
        edits, extra = sizes
        yield from fix("unsafe", "read the sizes at run time", edits, extra)


def _sizes_of_x(case: Case, elements: Mapping[int, cst.BaseExpression]) -> dict[cst.CSTNode, tuple[str, int]]:
    """The entries of the target that hold a size of the very tensor that is reshaped, or a batch like its own."""
    x, node = (case.site.values or {}).get("x"), (case.site.argument_nodes or {}).get("x")
    target = (case.site.values or {}).get("target")
    if not isinstance(x, Tensor) or not isinstance(node, cst.Name) or not isinstance(target, tuple | ListValue):
        return {}
    entries = items_of(target)
    if isinstance(entries, Unknown):
        return {}
    found: dict[cst.CSTNode, tuple[str, int]] = {}
    for index, element in elements.items():
        size = entries[index] if index < len(entries) else None
        if not isinstance(size, ReadDynamic):
            continue
        its_own = size.tensor.origin is x.origin and x.origin is not None
        if its_own or (size.axis == 0 and not isinstance(x.shape, Unknown) and isinstance(x.shape[0], Dynamic)):
            found[element] = (node.value, size.axis)
    return found


def _target(case: Case) -> cst.Tuple | cst.List | None:
    nodes = case.site.argument_nodes or {}
    for name in ("target", "shape", "target_shape", "newshape"):
        node = nodes.get(name)
        if isinstance(node, cst.Tuple | cst.List):
            return node
    return None
