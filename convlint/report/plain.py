"""Text that is safe to print: source code and file names may hold anything."""

from __future__ import annotations

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
TAB = "    "


def printable(text: str) -> str:
    """Text without control characters, which would reach the terminal as commands."""
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def one_line(text: str) -> str:
    """Printable text without line breaks."""
    return printable(" ".join(text.split()) if "\n" in text or "\r" in text else text)


def columns(text: str) -> int:
    """Terminal columns that a text takes; wide East Asian characters take two."""
    if text.isascii():
        return len(text)
    return sum(_columns_of(character) for character in text)


def _columns_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """The text in at most ``width`` columns; what does not fit ends in ``…``."""
    if columns(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        used += _columns_of(character)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


_WORD = re.compile(r"(?:\([^()\s]+(?:, [^()\s]+)*,?\)|\S)+")
"""What stays on one line: a word, and a shape such as ``(None, 28, 28, 3)`` with what touches it."""


def wrap(text: str, width: int | None, indent: str = "") -> list[str]:
    """Lines of at most ``width`` columns, broken at spaces; further lines are indented.

    A word longer than a line stays whole: a broken path is worse than a long line.
    """
    if width is None:
        return [text]
    words = [part for word in _WORD.findall(text) for part in _parts(word, width - len(indent))]
    if not words:
        return [""]
    lines, current = [], words[0]
    for word in words[1:]:
        if columns(current) + 1 + columns(word) > width:
            lines.append(current)
            current = indent + word
        else:
            current = f"{current} {word}"
    return [*lines, current]


def _parts(word: str, width: int) -> list[str]:
    return [word] if columns(word) <= width else word.split()


def chop(text: str, width: int) -> list[str]:
    """Pieces of at most ``width`` columns, for text whose spaces must stay."""
    pieces, current, used = [], "", 0
    for character in text:
        taken = _columns_of(character)
        if used + taken > width and current:
            pieces.append(current)
            current, used = "", 0
        current += character
        used += taken
    return [*pieces, current]
