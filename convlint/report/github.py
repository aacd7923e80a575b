"""Workflow commands: GitHub shows them beside the changed lines.

Source: "Workflow commands for GitHub Actions", Setting an error message; the runner's
``ActionCommand.cs`` for what is escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from convlint.report import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convlint.findings import Finding

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}
_ORDER = ("error", "warning", "info")


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write one command a finding, errors first: GitHub shows ten of a level and drops the rest."""
    for finding in sorted(findings, key=lambda one: _ORDER.index(one.severity)):
        place = finding.location
        properties = {
            "file": place.file.replace("\\", "/"),
            "line": str(place.line),
            "endLine": str(place.end_line),
            "title": f"{finding.code} {finding.name}",
        }
        if place.cell:
            # The page that GitHub annotates has the lines of the JSON, not those of the cell.
            properties = {"file": properties["file"], "title": f"{properties['title']} ({place.home.split(':')[-1]})"}
        elif place.line == place.end_line:
            # GitHub refuses columns of an annotation that spans lines.
            properties |= {"col": str(place.column), "endColumn": str(place.end_column)}
        listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        message = finding.message + (f"\n{finding.help}" if finding.help else "")
        out.write(f"::{_LEVELS[finding.severity]} {listed}::{_data(message)}\n")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
