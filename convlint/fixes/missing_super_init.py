"""CL610: call the constructor of the Keras class first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix
from convlint.problems import MissingSuperInit
from convlint.static.values import FunctionValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``super().__init__()`` as the first statement, behind the docstring."""
    init = (case.site.values or {}).get("init")
    if not isinstance(case.observation.problem, MissingSuperInit) or not isinstance(init, FunctionValue):
        return
    body = init.node.body
    if not isinstance(body, cst.IndentedBlock):
        return
    first = next((line for line in body.body if not _is_text(line)), None)
    if not isinstance(first, cst.SimpleStatementLine) or not first.body:
        return
    start = case.source.span(first.body[0])[0]
    text = case.source.text
    indent = text[max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1 : start]
    edit = case.edit(start, start, f"super().__init__(){case.newline}{indent}")
    yield from fix("safe", "begin with `super().__init__()`", [edit])


def _is_text(line: cst.BaseStatement) -> bool:
    """Whether the statement is a docstring."""
    if not isinstance(line, cst.SimpleStatementLine) or not isinstance(line.body[0], cst.Expr):
        return False
    return isinstance(line.body[0].value, cst.SimpleString | cst.ConcatenatedString)
