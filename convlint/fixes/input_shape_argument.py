"""CL708, CL706: the shape of the input as an ``Input`` in front of the first layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix, keyword_of, nodes_within
from convlint.problems import InputShapeArgument, RemovedArgument
from convlint.static.syntax import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Edit, Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``Sequential([Dense(4, input_shape=s)])`` becomes ``Sequential([Input(s), Dense(4)])``; the same for ``add``."""
    problem, call = case.observation.problem, case.call
    if call is None or not isinstance(problem, InputShapeArgument | RemovedArgument):
        return
    found = keyword_of(call, problem.argument)
    spelled = case.spell("keras.Input", "keras.layers.Input", "tensorflow.keras.Input", "tensorflow.keras.layers.Input")
    if found is None or spelled is None:
        return
    value = case.value_text(found[1])
    shape = {"input_shape": value, "batch_input_shape": f"batch_shape={value}", "input_dim": f"({value},)"}.get(
        problem.argument
    )
    if shape is None or (problem.argument == "input_dim" and _is_recurrent(call)):
        return
    place = _place(case, call, f"{spelled[0]}({shape})")
    if place is not None:
        edits = [place, case.remove_argument(call, found[0])]
        yield from fix("safe", "begin the model with an `Input`", edits, spelled[1])


def _is_recurrent(call: cst.Call) -> bool:
    return dotted(call.func).rpartition(".")[2] in ("LSTM", "GRU", "SimpleRNN", "Conv1D", "Convolution1D")


def _place(case: Case, call: cst.Call, declared: str) -> Edit | None:
    """Where the ``Input`` goes: in front of the first layer of a list, or of the first ``add``."""
    outer = _layer_with(case, call)
    for node in nodes_within(case.source.module):
        if isinstance(node, cst.List) and node.elements and node.elements[0].value is outer:
            start = case.source.span(outer)[0]
            indent = case.source.text[_line_start(case, start) : start]
            between = f"{case.newline}{indent}" if not indent.strip() and indent else " "
            return case.edit(start, start, f"{declared},{between}")
        if (
            isinstance(node, cst.SimpleStatementLine)
            and len(node.body) == 1
            and isinstance(node.body[0], cst.Expr)
            and isinstance(node.body[0].value, cst.Call)
        ):
            add = node.body[0].value
            if len(add.args) == 1 and add.args[0].value is outer and dotted(add.func).endswith(".add"):
                start = case.source.span(add)[0]
                indent = case.source.text[_line_start(case, start) : start]
                if indent.strip():
                    return None
                return case.edit(start, start, f"{dotted(add.func)}({declared}){case.newline}{indent}")
    return None


def _line_start(case: Case, offset: int) -> int:
    text = case.source.text
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def _layer_with(case: Case, call: cst.Call) -> cst.Call:
    """The layer itself, or the wrapper that is made of it."""
    for node in nodes_within(case.source.module):
        if isinstance(node, cst.Call) and any(argument.value is call for argument in node.args):
            wrapper = dotted(node.func).rpartition(".")[2]
            if wrapper in ("Bidirectional", "TimeDistributed"):
                return node
    return call
