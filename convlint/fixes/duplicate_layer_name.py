"""CL413: a name of its own for the second layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import advice, fix, keyword_of
from convlint.fixes.layers import constructor
from convlint.problems import DuplicateLayerName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Number the name; where one line makes both layers the number has to come from the loop."""
    problem, call = case.observation.problem, constructor(case)
    if not isinstance(problem, DuplicateLayerName):
        return
    found = keyword_of(call, "name") if call is not None else None
    if found is None or not isinstance(found[1].value, cst.SimpleString):
        yield from advice("put a number into the name, or leave it out: Keras then numbers the layers itself")
        return
    string = found[1].value
    end = len(string.quote)
    text = f"{string.value[:-end]}_2{string.value[-end:]}"
    yield from fix("unsafe", f"name it {text}", [case.replace(string, text)])
