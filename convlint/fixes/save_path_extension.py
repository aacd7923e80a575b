"""CL709: a file name with an ending that Keras 3 takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeGuard

import libcst as cst

from convlint.fixes.editing import fix, keyword_of, nodes_within
from convlint.problems import SavePathExtension

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Exchange the ending wherever the file names the file; other programs that read it must follow."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, SavePathExtension) or call is None or "load" in problem.operation.rpartition(".")[2]:
        return
    ending = problem.wanted.partition(" ")[0]
    kind = keyword_of(call, "save_format")
    if kind is not None and case.code(kind[1].value).strip("'\"") == "h5":
        ending = ".h5"  # what the program asks for
    for argument in call.args:
        text = argument.value
        if isinstance(text, cst.SimpleString) and text.evaluated_value == problem.path:
            inner = _ENDING.sub("", problem.path)
            written = text.value.replace(problem.path, f"{inner}{ending}", 1)
            if inner and written != text.value:
                named = [node for node in nodes_within(case.source.module) if _is_text(node, problem.path)]
                edits = [case.replace(node, node.value.replace(problem.path, f"{inner}{ending}", 1)) for node in named]
                yield from fix("unsafe", f"save to `{inner}{ending}`", edits)


def _is_text(node: cst.CSTNode, path: str) -> TypeGuard[cst.SimpleString]:
    """Whether the file is named here, too: what is saved under another name is loaded under that name."""
    return isinstance(node, cst.SimpleString) and node.evaluated_value == path


_ENDING = re.compile(r"(?:\.weights)?\.(?:h5|hdf5|keras|tf|ckpt|pb|json|model|hdf|weights)$")
