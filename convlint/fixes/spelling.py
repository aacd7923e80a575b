"""A string argument in another spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix, keyword_of, quoted_like

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def respell(case: Case, word: str, given: str, wanted: str) -> Iterator[Fix]:
    """Replace a literal string argument; silent where ``wanted`` names several words or the value is no literal."""
    if case.call is None or not wanted.replace("_", "").isalpha():
        return
    node = (case.site.argument_nodes or {}).get(word)
    if node is None:
        found = keyword_of(case.call, word)
        node = found[1].value if found is not None else None
    if isinstance(node, cst.SimpleString) and node.evaluated_value == given:
        edit = case.replace(node, quoted_like(node.value, wanted))
        yield from fix("safe", f"write {quoted_like(node.value, wanted)}", [edit])
