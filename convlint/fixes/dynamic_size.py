"""``x.shape[i]`` where it is ``None``, replaced by the size that the tensor has at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import nodes_within
from convlint.fixes.torch_method import function_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from convlint.findings import Edit
    from convlint.fixes.editing import Case


def run_time_sizes(
    case: Case, expressions: Iterable[cst.CSTNode], named: Mapping[cst.CSTNode, tuple[str, int]] | None = None
) -> tuple[list[Edit], tuple[Edit, ...]] | None:
    """Edits that turn every ``x.shape`` in the expressions into a call, and those for an import.

    Args:
        case: the finding.
        expressions: what holds the sizes.
        named: for expressions that only name a size, the tensor that it was read from and the axis.
    """
    spelled = case.spell(*function_names(case, "keras.ops.shape", "tensorflow.shape"))
    if spelled is None:
        return None
    name, extra = spelled
    edits: list[Edit] = []
    for expression in expressions:
        shapes = [
            node for node in nodes_within(expression) if isinstance(node, cst.Attribute) and node.attr.value == "shape"
        ]
        if not shapes and named and expression in named:
            tensor, axis = named[expression]
            edits.append(case.replace(expression, f"{name}({tensor})[{axis}]"))
            continue
        if not shapes:
            return None
        edits += [case.replace(node, f"{name}({case.code(node.value)})") for node in shapes]
    return edits, extra
