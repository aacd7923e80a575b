"""Mutable state of the analysed program, with undo.

Scopes, lists, attributes: everything that a program can change lives in dictionaries that
are written through one :class:`Journal`. Where a condition is not known, both branches run
one after the other from the same state, and what they changed is joined.
"""

from __future__ import annotations

from collections.abc import Hashable, MutableMapping
from typing import Any

from convlint.lazy import dataclass

Slots = MutableMapping[Any, Any]


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


class Journal:
    """Writes to slots, and takes them back."""

    def __init__(self) -> None:
        self._entries: list[tuple[Slots, Hashable, object]] = []
        self._marks = 0

    def set(self, slots: Slots, key: Hashable, value: object) -> None:
        """Write one slot; ``MISSING`` removes it."""
        if self._marks:
            self._entries.append((slots, key, slots.get(key, MISSING)))
        if value is MISSING:
            slots.pop(key, None)
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
            if before is MISSING:
                slots.pop(key, None)
            else:
                slots[key] = before
        del self._entries[mark:]
        self._marks -= 1
        return list(changed.values())
