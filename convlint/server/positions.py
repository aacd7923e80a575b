"""Places in the units of an editor: lines from 0, columns in the code units that client and server agreed on."""

from __future__ import annotations

from lsprotocol import types


def units_before(line: str, column: int, encoding: str) -> int:
    """Code units that the first ``column`` characters of a line take."""
    if line.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return min(column, len(line))
    part = line[:column]
    if encoding == types.PositionEncodingKind.Utf8:
        return len(part.encode("utf-8", "surrogatepass"))
    return len(part) + sum(character > "\uffff" for character in part)


def column_of(line: str, units: int, encoding: str) -> int:
    """Characters before a place; a place behind the end of the line, as the protocol allows it, is its end."""
    if line.isascii() or encoding == types.PositionEncodingKind.Utf32:
        return min(units, len(line))
    used = 0
    for column, character in enumerate(line):
        if used >= units:
            return column
        used += units_before(character, 1, encoding)
    return len(line)
