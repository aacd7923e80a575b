"""CL105: the samples counted as an axis of one sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix
from convlint.fixes.inputs import declarations
from convlint.problems import BatchInInputShape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``x.shape`` becomes ``x.shape[1:]``; a literal loses its first entry."""
    problem = case.observation.problem
    if not isinstance(problem, BatchInInputShape):
        return
    for word, node in declarations(case):
        if word.startswith("batch"):
            continue
        if isinstance(node, cst.Attribute) and node.attr.value == "shape":
            yield from fix("safe", "declare the shape of one sample", [case.after(node, "[1:]")])
            return
        if not isinstance(node, cst.Tuple | cst.List) or len(node.elements) != len(problem.declared_shape):
            continue
        if len(node.elements) < 2:
            continue
        first, second = node.elements[0].value, node.elements[1].value
        edit = case.edit(case.source.span(first)[0], case.source.span(second)[0], "")
        edits = [edit]
        if len(node.elements) == 2 and isinstance(node, cst.Tuple):
            end = case.source.span(second)[1]
            if not case.source.text[end:].lstrip().startswith(","):
                edits.append(case.edit(end, end, ","))
        yield from fix("unsafe", "declare the shape of one sample", edits)
        return
