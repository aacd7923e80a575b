"""CL202: let the layer read the layout that the layers in front of it wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix
from convlint.fixes.layers import constructor, set_argument
from convlint.problems import MixedDataFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """State the ``data_format`` at the layer's constructor."""
    problem, call = case.observation.problem, constructor(case)
    if isinstance(problem, MixedDataFormat) and call is not None:
        edit = set_argument(case, call, "data_format", f'"{problem.layout}"')
        yield from fix("unsafe", f'read the maps as data_format="{problem.layout}"', [edit])
