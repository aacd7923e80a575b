"""CL406: a keyword that is misspelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix, has_keyword, keyword_of
from convlint.problems import UnknownArgument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Write the real word; safe where one letter makes the difference."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, UnknownArgument) or not problem.nearest or call is None:
        return
    found = keyword_of(call, problem.argument)
    if found is None or has_keyword(call, problem.nearest):
        return
    near = one_letter_apart(problem.argument, problem.nearest)
    edit = case.rename_keyword(found[1], problem.nearest)
    yield from fix("safe" if near else "unsafe", f"write `{problem.nearest}`", [edit])


def one_letter_apart(a: str, b: str) -> bool:
    """Whether one letter put in, left out, exchanged with another or with its neighbour turns one into the other."""
    if abs(len(a) - len(b)) > 1 or a == b:
        return False
    start = next((index for index, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[start:], b[start:]
    return (
        rest_a[1:] == rest_b[1:]
        or rest_a[1:] == rest_b
        or rest_a == rest_b[1:]
        or (rest_a[:2] == rest_b[:2][::-1] and len(rest_a) > 1 and rest_a[2:] == rest_b[2:])
    )
