"""Text edits: applying them, telling whether they touch each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from convlint.findings import Edit, Location

_LINE_END = re.compile(r"\r\n|\r|\n")


def line_starts(text: str) -> list[int]:
    """Offsets at which Python's lines begin: after ``\\n``, ``\\r\\n`` and ``\\r``, and nothing else."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def split_lines(text: str) -> list[str]:
    """Python's lines, without their ends."""
    return _LINE_END.split(text)


def span_of(location: Location, starts: Sequence[int]) -> tuple[int, int]:
    """Offsets of a location in a text whose lines start at ``starts``."""
    return (
        starts[location.line - 1] + location.column - 1,
        starts[location.end_line - 1] + location.end_column - 1,
    )


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made; the same edit given twice is made once.

    Raises:
        ValueError: two edits touch the same text.
    """
    starts = line_starts(text)
    ordered = sorted({(*span_of(edit.location, starts), edit.content) for edit in edits})
    parts: list[str] = []
    done = 0
    for start, end, content in ordered:
        if start < done:
            raise ValueError(f"two edits touch offset {start}")
        parts += [text[done:start], content]
        done = end
    return "".join([*parts, text[done:]])


def disjoint(edits: Iterable[Edit], others: Iterable[Edit]) -> bool:
    """Whether two groups of edits can be made at once; an edit that both want may be shared."""
    wanted, others = set(edits), set(others)
    return not any(_touch(one.location, other.location) for one in wanted - others for other in others)


def _touch(a: Location, b: Location) -> bool:
    if a.home != b.home:
        return False
    return (a.line, a.column) <= (b.end_line, b.end_column) and (b.line, b.column) <= (a.end_line, a.end_column)


def touched_lines(edits: Iterable[Edit]) -> Iterator[int]:
    """Lines of the edited text that the edits of one file wrote."""
    shift = 0
    for edit in sorted(edits, key=lambda edit: edit.location):
        added = edit.content.count("\n")
        yield from range(edit.location.line + shift, edit.location.line + shift + added + 1)
        shift += added - (edit.location.end_line - edit.location.line)
