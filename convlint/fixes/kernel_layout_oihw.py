"""CL204: a kernel in PyTorch's order, brought into Keras' by a transposition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.catalog.tensor import Kind, Tensor
from convlint.fixes.editing import fix
from convlint.problems import KernelLayoutOIHW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Transpose the kernel where it is handed over."""
    problem = case.observation.problem
    node = (case.site.argument_nodes or {}).get("kernel")
    if not isinstance(problem, KernelLayoutOIHW) or node is None:
        return
    kernel = (case.site.values or {}).get("kernel")
    names = ["keras.ops.transpose", "tensorflow.transpose", "tensorflow.keras.ops.transpose"]
    if isinstance(kernel, Tensor) and kernel.kind is Kind.ARRAY:
        names.insert(0, "numpy.transpose")
    elif isinstance(kernel, Tensor) and kernel.kind is Kind.SYMBOLIC:
        names.remove("tensorflow.transpose")
    elif case.site.callee.startswith("tensorflow."):
        names = ["tensorflow.transpose", *names]
    spelled = case.spell(*names)
    if spelled is None:
        return
    name, extra = spelled
    text = f"{name}({case.code(node)}, {problem.permutation})"
    description = f"transpose the kernel to {problem.expected_shape}"
    yield from fix("unsafe", description, [case.replace(node, text)], extra)
