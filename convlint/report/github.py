"""Workflow commands: GitHub shows them beside the changed lines.

Source: "Workflow commands for GitHub Actions", Setting an error message; the runner's
``ActionCommand.cs`` for what is escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from convlint.report import View
from convlint.report.places import shown, utf16_columns
from convlint.report.plain import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convlint.findings import Finding

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}
_ORDER = ("error", "warning", "info")


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write one command a finding, errors first: GitHub shows ten of a level and drops the rest."""
    for finding in sorted(findings, key=lambda one: _ORDER.index(one.severity)):
        place = finding.location
        properties = {"file": shown(place.file, view)}
        if not place.cell:  # the page that GitHub annotates has the lines of the JSON, not those of the cell
            properties |= {"line": str(place.line), "endLine": str(place.end_line)}
        properties["title"] = f"{finding.code} {finding.name}"
        if not place.cell and place.line == place.end_line:
            # GitHub refuses columns of an annotation that spans lines.
            start, end = utf16_columns(place, view)
            properties |= {"col": str(start), "endColumn": str(end)}
        cell = f"cell {place.cell}, line {place.line}: " if place.cell else ""
        message = cell + finding.message + (f"\n{finding.help}" if finding.help else "")
        _command(out, _LEVELS[finding.severity], properties, message)
    for level, texts in (("error", view.checked.errors), ("warning", view.checked.gaps)):
        for text in texts:
            _command(out, level, {"title": "convlint"}, text)


def _command(out: TextIO, level: str, properties: Mapping[str, str], text: str) -> None:
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    out.write(f"::{level} {listed}::{_data(text)}\n")


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
