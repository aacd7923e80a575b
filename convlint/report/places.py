"""Where a finding is, in the words of those who read a format: paths, addresses, columns.

convlint counts Unicode characters. SARIF and editors count UTF-16 units, reviewdog counts bytes of UTF-8.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

from convlint.report.plain import one_line

if TYPE_CHECKING:
    from convlint.findings import Finding, Location
    from convlint.report import View


def path_of(file: str, view: View) -> str:
    """The file as seen from the view's root, with forward slashes; it may hold anything, see :func:`shown`."""
    if view.root and (view.folder or os.path.isabs(file)):
        below = os.path.relpath(os.path.join(view.folder, file), view.root)
        if below.split(os.sep)[0] != os.pardir:
            file = below
    return file.replace(os.sep, "/").removeprefix("./")


def shown(file: str, view: View) -> str:
    """The path of a file as text that can be printed and encoded."""
    return one_line(path_of(file, view))


def uri_of(file: str, view: View) -> str:
    """The file as a reference of RFC 3986: its bytes, percent-encoded; absolute paths become ``file`` addresses."""
    path = path_of(file, view)
    quoted = quote_from_bytes(_bytes_of(path), safe="/!$&'()*+,;=@~")
    if path.startswith("/"):
        return f"file://{quoted}"
    if os.path.isabs(path):
        return f"file:///{quoted}"
    # A colon in the first step of a relative reference would be read as a scheme; it is quoted above.
    return quoted


def _bytes_of(path: str) -> bytes:
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:  # no file of this system, but a name that somebody gave
        return path.encode("utf-8", "surrogatepass")


def link_of(place: Location, view: View) -> str:
    """Address of a line on the web, empty where the view knows none."""
    uri = uri_of(place.file, view)
    if not view.links or ":" in uri or uri.startswith("../"):
        return ""
    anchor = "" if place.cell else f"#L{place.line}"
    return f"{view.links}/{uri}{anchor}"


def link_of_rule(finding: Finding) -> dict[str, str]:
    """``url`` of the rule's page, where it can be read on the web."""
    return {"url": finding.url} if "://" in finding.url else {}


def where(place: Location, view: View) -> str:
    """``model.py:5:9``, or ``book.ipynb:cell 3:5:9``."""
    cell = f"cell {place.cell}:" if place.cell else ""
    return f"{shown(place.file, view)}:{cell}{place.line}:{place.column}"


def line_in_file(place: Location) -> int:
    """The line for readers who know files only: those of a notebook are lines of JSON, and none of them is meant."""
    return 1 if place.cell else place.line


def told(finding: Finding) -> str:
    """The message on one line; in a notebook it says which cell, since the place can't."""
    place = finding.location
    cell = f"cell {place.cell}, line {place.line}: " if place.cell else ""
    return cell + one_line(finding.message)


def utf16_columns(place: Location, view: View) -> tuple[int, int]:
    """First column and the one behind the last, in UTF-16 units."""
    return _columns(place, view, "utf-16-le", 2)


def utf8_columns(place: Location, view: View) -> tuple[int, int]:
    """First column and the one behind the last, in bytes of UTF-8."""
    return _columns(place, view, "utf-8", 1)


def _columns(place: Location, view: View, codec: str, unit: int) -> tuple[int, int]:
    lines = view.lines(place.home)

    def counted(line: int, column: int) -> int:
        text = lines[line - 1][: column - 1] if 0 < line <= len(lines) else ""
        return column if text.isascii() else column - len(text) + len(text.encode(codec, "surrogatepass")) // unit

    return counted(place.line, place.column), counted(place.end_line, place.end_column)
