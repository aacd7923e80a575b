"""Mutable state of the analysed program, with undo.

Scopes, lists, attributes: everything that a program can change lives in dictionaries that
are written through one :class:`Journal`. Where a condition is not known, both branches run
one after the other from the same state, and what they changed is joined.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import count
from typing import Any

from convlint.lazy import dataclass

_births = count()
UNBORN = float("inf")
"""The birth of what is younger than everything."""


def now() -> float:
    """A point in time: whatever is made from here on is born later."""
    return next(_births)


class Slots(dict[Any, object]):
    """What one object of the analysed program holds. ``born`` tells which of two objects is the older one."""

    __slots__ = ("born",)

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.born: float = next(_births)


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
"""Content of a slot that does not exist."""


@dataclass(frozen=True)
class Change:
    """A slot that a branch changed, and what it held at the branch's end."""

    slots: Slots
    key: Hashable
    value: object


@dataclass(eq=False)
class Epoch:
    """A time in which nothing changed that is older than it.

    The variables of modules are always older: an epoch begins where they do. So what a function can reach beside its
    arguments and its own variables is older, too: it got there by a write that began an epoch.

    Attributes:
        began: when it began.
        oldest: the birth of the oldest slots that were written since somebody set this.
    """

    began: float = 0
    oldest: float = UNBORN

    def note(self, born: float) -> None:
        """Slots of this birth are written."""
        if born < self.oldest:  # noqa: PLR1730  # asked for each variable: a call of `min` costs three times as much
            self.oldest = born
        if born < self.began:
            self.turn()

    def turn(self) -> None:
        """Begin another one: whatever there is now is older than it."""
        self.began = now()


class Journal:
    """Writes to slots, and takes them back."""

    def __init__(self, epoch: Epoch | None = None) -> None:
        self._entries: list[tuple[Slots, Hashable, object]] = []
        self._marks = 0
        self.epoch = epoch or Epoch()

    def set(self, slots: Slots, key: Hashable, value: object) -> None:
        """Write one slot; ``MISSING`` removes it."""
        before = slots.get(key, MISSING)
        if before is value:
            return
        self.epoch.note(slots.born)
        if self._marks:
            self._entries.append((slots, key, before))
        if value is MISSING:
            del slots[key]
        else:
            slots[key] = value

    def mark(self) -> int:
        """Begin a stretch that :meth:`take_back` can undo."""
        self._marks += 1
        return len(self._entries)

    def take_back(self, mark: int) -> list[Change]:
        """Undo everything since the mark; returns each changed slot with its last content."""
        changed: dict[tuple[int, Hashable], Change] = {}
        for slots, key, _ in self._entries[mark:]:
            where = (id(slots), key)
            if where not in changed:
                changed[where] = Change(slots, key, slots.get(key, MISSING))
        for slots, key, before in reversed(self._entries[mark:]):
            self.epoch.note(slots.born)
            if before is MISSING:
                slots.pop(key, None)
            else:
                slots[key] = before
        del self._entries[mark:]
        self._marks -= 1
        return list(changed.values())
