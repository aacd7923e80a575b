"""What the repairs around ``compile`` and ``fit`` have in common: the loss, the last layer, the loader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import nodes_within, quoted_like

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Edit
    from convlint.fixes.editing import Case


def called(node: cst.CSTNode) -> str:
    """The last name of what a call calls, empty for other nodes."""
    if not isinstance(node, cst.Call):
        return ""
    if isinstance(node.func, cst.Attribute):
        return node.func.attr.value
    return node.func.value if isinstance(node.func, cst.Name) else ""


def words(case: Case, word: str) -> list[cst.CSTNode]:
    """Places in the file that spell a name of the library: as a string, or as the last part of a dotted name."""
    found: list[cst.CSTNode] = []
    for node in nodes_within(case.source.module):
        if isinstance(node, cst.SimpleString) and node.evaluated_value == word:
            found.append(node)
        elif isinstance(node, cst.Attribute) and node.attr.value == word:
            found.append(node.attr)
    return found


def rename(case: Case, word: str, other: str) -> Edit | None:
    """The one place that spells a word, spelled otherwise; None where there are several, or none."""
    places = words(case, word)
    if len(places) != 1:
        return None
    place = places[0]
    return case.replace(place, quoted_like(place.value, other) if isinstance(place, cst.SimpleString) else other)


def layers_on_the_way(case: Case) -> Iterator[cst.Call]:
    """Calls at the places that the evidence names, the last step first."""
    for step in reversed(case.observation.evidence):
        if step.location.file != case.source.file:
            continue
        for node in nodes_within(case.source.module):
            if isinstance(node, cst.Call) and case.source.location(node) == step.location:
                yield node
                break


def constructor(node: cst.Call) -> cst.Call:
    """``Dense(10)`` in ``Dense(10)(x)``."""
    return node.func if isinstance(node.func, cst.Call) else node


def calls_named(case: Case, name: str) -> list[cst.Call]:
    """Every call of this name in the file."""
    return [node for node in nodes_within(case.source.module) if isinstance(node, cst.Call) and called(node) == name]
