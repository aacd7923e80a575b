"""CL709: a file name with an ending that Keras 3 takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix
from convlint.problems import SavePathExtension

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Exchange the ending of a plain text; another file is written then, so the programs that read it must follow."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, SavePathExtension) or call is None or "load" in problem.operation.rpartition(".")[2]:
        return
    ending = problem.wanted.partition(" ")[0]
    for argument in call.args:
        text = argument.value
        if isinstance(text, cst.SimpleString) and text.evaluated_value == problem.path:
            inner = _ENDING.sub("", problem.path)
            written = text.value.replace(problem.path, f"{inner}{ending}", 1)
            if inner and written != text.value:
                yield from fix("unsafe", f"save to `{inner}{ending}`", [case.replace(text, written)])


_ENDING = re.compile(r"(?:\.weights)?\.(?:h5|hdf5|keras|tf|ckpt|pb|json|model|hdf|weights)$")
