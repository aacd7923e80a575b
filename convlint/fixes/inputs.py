"""Where the shape of an input was declared: the literal or ``.shape`` behind a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import nodes_within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.fixes.editing import Case

_WORDS = ("shape", "input_shape", "batch_shape", "batch_input_shape")
_INPUTS = ("Input", "InputLayer")


def declarations(case: Case) -> Iterator[tuple[str, cst.BaseExpression]]:
    """Expressions that declare an input shape on the way of the tensor, with their keyword.

    Looks at the calls on the lines of the evidence and at the call itself; a plain name is
    followed to the one assignment that the file has for it.
    """
    lines = {step.location.line for step in case.observation.evidence if step.location.file == case.source.file}
    lines.add(case.observation.location.line)
    for node in nodes_within(case.source.module):
        if not isinstance(node, cst.Call):
            continue
        place = case.source.location(node)
        if not lines.intersection(range(place.line, place.end_line + 1)):
            continue
        for index, argument in enumerate(node.args):
            word = argument.keyword.value if argument.keyword is not None else ""
            if (not word and not index and _last_name(node.func) in _INPUTS) or word in _WORDS:
                yield word or "shape", _followed(case, argument.value)


def _last_name(function: cst.BaseExpression) -> str:
    if isinstance(function, cst.Attribute):
        return function.attr.value
    return function.value if isinstance(function, cst.Name) else ""


def _followed(case: Case, node: cst.BaseExpression) -> cst.BaseExpression:
    if not isinstance(node, cst.Name):
        return node
    values: list[cst.BaseExpression] = []
    for other in nodes_within(case.source.module):
        if isinstance(other, cst.Assign):
            values += [other.value for target in other.targets if _last_name(target.target) == node.value]
        elif isinstance(other, cst.Param | cst.AnnAssign | cst.AugAssign | cst.For):
            name = other.name if isinstance(other, cst.Param) else other.target
            values += [node] if _last_name(name) == node.value else []
    return values[0] if len(values) == 1 else node
