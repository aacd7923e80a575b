"""How deeply a text is nested: the parser has no limit of its own, and ends the process where its stack ends."""

from __future__ import annotations

import re
from io import StringIO
from itertools import accumulate
from token import OP
from tokenize import TokenError, generate_tokens


class TooDeep(ValueError):
    """More brackets, or more operators, one inside the other than can be parsed."""


MAX_NESTING = 200
"""``MAXLEVEL`` of CPython's tokenizer. libcst has no such limit and takes cubic time beyond it."""
MAX_CHAIN = 1_000
"""Operators, calls, attributes or ``elif``, each inside the next. CPython refuses most of them between 2,000 and 3,000;
libcst takes up to 5 s for 2,000, and from 3,500 on (``lambda``) it overflows a stack of 8 MB."""

_BRACKETS = re.compile(r"[()\[\]{}]")
_STEPS = {bracket: 1 if bracket in "([{" else -1 for bracket in "()[]{}"}
_MAY_LINK = (*"+-*/%@&|^~.<>([{", "and", "or", "not", "if", "lambda", "await")
_ELIF = re.compile(r"^([ \t]*)(?=[^\s#])(elif\b|else\b)?", re.MULTILINE)
_LINKS = re.compile(
    r"""(?:\"{3}(?:\\.|.)*?\"{3} | '{3}(?:\\.|.)*?'{3}
        | \"(?:\\.|[^\"\\\n])*\" | '(?:\\.|[^'\\\n])*' | \#[^\n]* | \\\r?\n)
      | (?P<link>\b(?:and|or|not|lambda|if|await)\b | \*\*|//|<<|>>|[-+*/%@&|^~.])
      | (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<end>[,;]) | (?P<line>[\r\n])""",
    re.VERBOSE | re.DOTALL,
)


def check_nesting(text: str) -> None:
    """Refuse what the parser can't read.

    Raises:
        TooDeep: the text is nested more deeply than the limits above.
    """
    # Counted from the lowest point: closing brackets in a string must not hide how deep the code goes.
    depths = list(accumulate(map(_STEPS.__getitem__, _BRACKETS.findall(text)), initial=0))
    if max(depths) - min(depths) > MAX_NESTING:
        _check_brackets(text)
    # A twentieth of a parse, for the few texts that have enough of them at all.
    if sum(map(text.count, _MAY_LINK)) > MAX_CHAIN and _longest_chain(text) > MAX_CHAIN:
        raise TooDeep(f"more than {MAX_CHAIN:,} operators in one expression")
    if text.count("elif") > MAX_CHAIN and _longest_elif(text) > MAX_CHAIN:
        raise TooDeep(f"more than {MAX_CHAIN:,} times elif")


def _check_brackets(text: str) -> None:
    """Brackets in strings and comments do not count; this way is slower and exact. Raises TooDeep."""
    try:
        tokens = generate_tokens(StringIO(text).readline)
        steps = [_STEPS[token.string] for token in tokens if token.string in _STEPS and token.type == OP]
    except (TokenError, SyntaxError) as error:
        # From Python 3.12 on the tokenizer itself refuses the nesting.
        raise TooDeep(str(error.args[0])) from error
    if max(accumulate(steps, initial=0)) > MAX_NESTING:
        raise TooDeep("too many nested parentheses")


def _longest_chain(text: str) -> int:
    """The most operators that may stand one inside the other; those of all brackets around count."""
    longest, around, here = 0, [], 0
    for match in _LINKS.finditer(text):
        kind = match.lastgroup
        if kind == "link":
            here += 1
        elif kind == "open":
            around.append(here + 1)
            here += 1
        elif kind == "close":
            here = around.pop() if around else here
        elif kind == "end":
            here = around[-1] if around else 0
        elif kind == "line" and not around:
            here = 0
        longest = max(here, longest)
    return longest


def _longest_elif(text: str) -> int:
    """The most ``elif`` that belong to one ``if``."""
    longest, counts = 0, dict[str, int]()
    for match in _ELIF.finditer(text.replace("\r", "\n")):
        indent, word = match.groups()
        if word == "elif":
            counts[indent] = counts.get(indent, 0) + 1
            longest = max(longest, counts[indent])
        elif word is None:
            counts = {known: count for known, count in counts.items() if len(known) < len(indent)}
    return longest
