"""CL706: the name, and what stands behind it, by keyword."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case

_KERAS2_ORDER = ("name", "shape", "dtype", "initializer", "regularizer", "trainable")


def propose(case: Case) -> Iterator[Fix]:
    """Words in front of the arguments that have none."""
    call = case.call
    if call is None or any(argument.star for argument in call.args):
        return
    plain = [argument for argument in call.args if argument.keyword is None]
    if len(plain) <= len(_KERAS2_ORDER):
        edits = [case.before(argument.value, f"{word}=") for word, argument in zip(_KERAS2_ORDER, plain)]
        yield from fix("safe", "name the arguments", edits)
