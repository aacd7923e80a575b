"""CL205: transpose where a reshape scrambles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.catalog.tensor import Kind, Tensor
from convlint.fixes.editing import fix, positional_of
from convlint.fixes.layers import constructor
from convlint.problems import ReshapeNotTranspose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``Permute`` for the layer, ``transpose`` for a function or method."""
    problem, call, layer = case.observation.problem, case.call, constructor(case)
    if not isinstance(problem, ReshapeNotTranspose) or call is None:
        return
    if layer is not None:
        name = layer.func.attr if isinstance(layer.func, cst.Attribute) else layer.func
        spelled = case.spell("keras.layers.Permute", "tensorflow.keras.layers.Permute")
        if len(layer.args) == 1 and (isinstance(layer.func, cst.Attribute) or spelled is not None):
            text = "Permute" if isinstance(layer.func, cst.Attribute) else spelled[0] if spelled else "Permute"
            edits = [case.replace(name, text), case.replace_value(layer.args[0], str(problem.permutation[1:]))]
            yield from fix("unsafe", "permute the axes", edits)
        return
    x = (case.site.values or {}).get("x")
    if not isinstance(call.func, cst.Attribute) or not isinstance(x, Tensor):
        return
    owner = case.code(call.func.value)
    module = case.site.names.get(owner.partition(".")[0])
    if module is None:
        tensor = owner
        names = ["numpy.transpose"] if x.kind is Kind.ARRAY else ["keras.ops.transpose", "tensorflow.transpose"]
        spelled = case.spell(*names)
        function = spelled[0] if spelled is not None else ""
    else:
        positional = positional_of(call)
        tensor, function = (case.code(positional[0].value), f"{owner}.transpose") if positional else ("", "")
    if tensor and function:
        text = f"{function}({tensor}, {problem.permutation})"
        yield from fix("unsafe", "transpose instead", [case.replace(call, text)])
