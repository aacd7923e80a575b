"""CL510: the loss for classes that exclude each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix
from convlint.fixes.training import rename
from convlint.problems import SoftmaxWithBinaryLoss

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case

_CATEGORICAL = {
    "binary_crossentropy": "categorical_crossentropy",
    "BinaryCrossentropy": "CategoricalCrossentropy",
}


def propose(case: Case) -> Iterator[Fix]:
    """``categorical_crossentropy`` where the loss is spelled once."""
    problem = case.observation.problem
    if isinstance(problem, SoftmaxWithBinaryLoss) and problem.loss in _CATEGORICAL:
        other = _CATEGORICAL[problem.loss]
        yield from fix("unsafe", f"use `{other}`", [rename(case, problem.loss, other)])
