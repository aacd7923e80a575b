"""CL405: the word that was meant."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import advice, fix, nodes_within, quoted_like
from convlint.problems import UnknownIdentifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Replace the string where one letter makes the difference, and else say what is near."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, UnknownIdentifier) or call is None or not problem.nearest:
        return
    given = ast.literal_eval(problem.given)
    strings = [
        node for node in nodes_within(call) if isinstance(node, cst.SimpleString) and node.evaluated_value == given
    ]
    if len(strings) == 1 and _one_letter_apart(given, problem.nearest):
        text = quoted_like(strings[0].value, problem.nearest)
        yield from fix("safe", f"write {text}", [case.replace(strings[0], text)])
    else:
        yield from advice(f'write "{problem.nearest}", if that is what was meant')


def _one_letter_apart(first: str, second: str) -> bool:
    """Whether inserting, removing, replacing or exchanging one letter makes one word of the other."""
    start = next((i for i, (a, b) in enumerate(zip(first, second)) if a != b), min(len(first), len(second)))
    one, other = first[start:], second[start:]
    exchanged = len(one) > 1 and one[1::-1] == other[:2] and one[2:] == other[2:]
    return one[1:] == other[1:] or one[1:] == other or one == other[1:] or exchanged
