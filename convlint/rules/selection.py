"""Which rules report: the words of ``select`` and ``ignore``, from the weakest source to the strongest.

The words are codes (``CL101``), beginnings of codes (``CL1``), names (``channel-mismatch``) and ``ALL``.
Within one source the more precise word wins, as in Ruff: ``select = ["CL1"]`` with ``ignore = ["CL101"]`` and
``ignore = ["CL1"]`` with ``select = ["CL101"]`` both mean what they say. Of two equally precise words ``ignore`` wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

EXACT = 100
"""Precision of a code or name; of a beginning it is its length."""


@dataclass(frozen=True)
class Selection:
    """What one source (a configuration file, the command line) says.

    Attributes:
        select: the rules that report instead of those that weaker sources chose; None where nothing is said.
        ignore: rules that don't.
        extend_select: rules that report besides.
        extend_ignore: the same as ``ignore``, in a list that inheriting does not replace.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    extend_ignore: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.select is not None or bool(self.ignore or self.extend_select or self.extend_ignore)


def precision(word: str, codes: Iterable[str]) -> int:
    """How much a word says: 0 for ``ALL``, the length of a beginning, :data:`EXACT` for one rule."""
    upper = word.strip().upper()
    if upper == "ALL":
        return 0
    if upper in codes or not any(code.startswith(upper) for code in codes):
        return EXACT
    return len(upper)


def apply(
    selection: Selection, before: Iterable[str], meaning: Callable[[str], Iterable[str]], codes: Iterable[str]
) -> frozenset[str]:
    """Codes of the rules that report once a source has had its say.

    Args:
        selection: of the source.
        before: the codes that report where it says nothing more.
        meaning: codes that a word stands for.
        codes: all that exist.
    """
    known = frozenset(codes)
    chosen = set(before)
    words = [(precision(word, known), False, word) for word in (*(selection.select or ()), *selection.extend_select)]
    words += [(precision(word, known), True, word) for word in (*selection.ignore, *selection.extend_ignore)]
    for _, ignored, word in sorted(words, key=lambda entry: entry[:2]):
        if ignored:
            chosen.difference_update(meaning(word))
        else:
            chosen.update(meaning(word))
    return frozenset(chosen)
