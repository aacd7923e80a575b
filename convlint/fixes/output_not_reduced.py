"""CL507: what joins the places of an image or the steps of a sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix, keyword_of, nodes_within
from convlint.fixes.training import called, constructor, layers_on_the_way
from convlint.problems import OutputNotReduced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Edit, Fix
    from convlint.fixes.editing import Case

_RECURRENT = ("LSTM", "GRU", "SimpleRNN")


def propose(case: Case) -> Iterator[Fix]:
    """The last state of the last recurrent layer, or ``Flatten()`` in front of the last layer."""
    if not isinstance(case.observation.problem, OutputNotReduced):
        return
    layers = list(layers_on_the_way(case))
    for layer in layers:
        for node in nodes_within(layer):
            if isinstance(node, cst.Call) and called(node) in _RECURRENT:
                found = keyword_of(node, "return_sequences")
                if found is not None:
                    edit = case.replace_value(found[1], "False")
                    yield from fix("unsafe", f"let the {called(node)} return its last state", [edit])
                return
    last = next((layer for layer in layers if called(constructor(layer)) == "Dense"), None)
    if last is not None:
        yield from _flatten(case, last)


def _flatten(case: Case, layer: cst.Call) -> Iterator[Fix]:
    spelled = _beside(case, constructor(layer))
    if spelled is None:
        return
    name, extra = spelled
    edit = _inserted(case, layer, f"{name}()")
    if edit is not None:
        yield from fix("unsafe", "join all places in front of the last layer", [edit], extra)


def _beside(case: Case, layer: cst.Call) -> tuple[str, tuple[Edit, ...]] | None:
    """``Flatten`` in the spelling of the layer."""
    if isinstance(layer.func, cst.Attribute):
        return f"{case.code(layer.func.value)}.Flatten", ()
    return case.spell("keras.layers.Flatten", "tensorflow.keras.layers.Flatten")


def _inserted(case: Case, layer: cst.Call, flatten: str) -> Edit | None:
    if isinstance(layer.func, cst.Call):
        return case.replace_value(layer.args[0], f"{flatten}({case.value_text(layer.args[0])})") if layer.args else None
    text, start = case.source.text, case.source.span(layer)[0]
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    before = text[line:start]
    if before.strip().endswith(".add("):
        return case.edit(line, line, f"{before}{flatten}){case.newline}")
    if not before.strip():
        return case.edit(start, start, f"{flatten},{case.newline}{before}")
    return case.edit(start, start, f"{flatten}, ")
