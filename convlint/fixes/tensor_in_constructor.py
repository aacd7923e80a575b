"""CL602: make the layer first, then call it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix, positional_of
from convlint.problems import TensorInConstructor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``Flatten(x)`` becomes ``Flatten()(x)``; what else the constructor was given stays with it."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, TensorInConstructor) or call is None:
        return
    positional = positional_of(call)
    if not positional or call.args[0] is not positional[0]:
        return
    tensor = case.value_text(positional[0])
    if len(call.args) == 1:
        edits = [case.after(call.func, "()")]
    else:
        edits = [case.remove_argument(call, 0), case.after(call, f"({tensor})")]
    yield from fix("safe", f"call the layer on `{' '.join(tensor.split())}`", edits)
