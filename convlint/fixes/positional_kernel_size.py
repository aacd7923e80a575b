"""CL703: the two sizes of the kernel as one argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix, positional_of
from convlint.problems import PositionalKernelSize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``Convolution2D(32, 3, 3)`` becomes ``Convolution2D(32, (3, 3))``; safe under the name that Keras 1 gave it."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, PositionalKernelSize) or call is None:
        return
    axes = 3 if "3D" in problem.operation else 2
    sizes = positional_of(call)[1 : 1 + axes]
    if len(sizes) < axes:
        return
    start, end = case.argument_span(sizes[0])[0], case.argument_span(sizes[-1])[1]
    edits = [case.edit(start, start, "("), case.edit(end, end, ")")]
    old = "onvolution" in problem.operation
    yield from fix("safe" if old else "unsafe", f"write `{problem.meant}`", edits)
