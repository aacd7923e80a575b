"""CL406: exchange the first two arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix, positional_of
from convlint.problems import ExchangedArguments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Write each in the other's place."""
    if not isinstance(case.observation.problem, ExchangedArguments) or case.call is None:
        return
    positional = positional_of(case.call)
    if len(positional) >= 2:
        first, second = positional[:2]
        edits = [case.replace_value(first, case.value_text(second)), case.replace_value(second, case.value_text(first))]
        yield from fix("unsafe", "exchange the two", edits)
