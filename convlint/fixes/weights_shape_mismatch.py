"""CL116: the array with its axes in the order of the weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.catalog.tensor import Kind, Tensor
from convlint.fixes.editing import fix
from convlint.problems import WeightsShapeMismatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Transpose the array where that makes it fit."""
    problem = case.observation.problem
    node = (case.site.argument_nodes or {}).get("array")
    if not isinstance(problem, WeightsShapeMismatch) or not problem.permutation or node is None:
        return
    array = (case.site.values or {}).get("array")
    names = ["keras.ops.transpose", "tensorflow.transpose"]
    if isinstance(array, Tensor) and array.kind is Kind.ARRAY:
        names.insert(0, "numpy.transpose")
    spelled = case.spell(*names)
    if spelled is not None:
        text = f"{spelled[0]}({case.code(node)}, {problem.permutation})"
        yield from fix("unsafe", f"transpose it to {problem.weight_shape}", [case.replace(node, text)], spelled[1])
