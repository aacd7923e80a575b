"""The constructor behind a layer, and its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import keyword_of, positional_of
from convlint.static.values import LayerValue

if TYPE_CHECKING:
    from convlint.findings import Edit
    from convlint.fixes.editing import Case


def constructor(case: Case) -> cst.Call | None:
    """The call that made the layer which the problem is about, where it stands in this file."""
    layer = (case.site.values or {}).get("layer")
    if isinstance(layer, LayerValue) and layer.unit.source is case.source and isinstance(layer.node, cst.Call):
        return layer.node
    return None


def set_argument(case: Case, call: cst.Call, word: str, text: str, place: int | None = None) -> Edit | None:
    """Give an argument a value: in place of the one it has, by keyword or at its ``place``, or as a new one."""
    if any(argument.star for argument in call.args):
        return None
    found = keyword_of(call, word)
    if found is not None:
        return case.replace_value(found[1], text)
    positional = positional_of(call)
    if place is not None and place < len(positional):
        return case.replace_value(positional[place], text)
    return case.add_argument(call, f"{word}={text}")
