"""The Reviewdog Diagnostic Format, with repairs as suggestions.

Source: reviewdog, ``proto/rdf/reviewdog.proto``: columns count bytes of UTF-8, the end is exclusive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from convlint.edits import apply, line_starts, span_of
from convlint.findings import Edit, Location
from convlint.report import View
from convlint.report.json import dump
from convlint.report.places import link_of_rule, shown, told, utf8_columns
from convlint.report.plain import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convlint.findings import Finding, Fix

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write one result with all diagnostics."""
    dump({"source": {"name": "convlint"}, "diagnostics": [_diagnostic(one, view) for one in findings]}, out)


def _diagnostic(finding: Finding, view: View) -> dict[str, Any]:
    place = finding.location
    location: dict[str, Any] = {"path": shown(place.file, view)}
    if not place.cell:
        location["range"] = _range(place, view)
    code = {"value": finding.code} | link_of_rule(finding)
    message = told(finding) + (f"\n{printable(finding.help)}" if finding.help else "")
    value: dict[str, Any] = {
        "message": message, "location": location, "severity": _SEVERITIES[finding.severity], "code": code,
    }  # fmt: skip
    suggestions = [made for fix in finding.fixes if (made := _suggestion(fix, place, view)) is not None]
    return value | ({"suggestions": suggestions} if suggestions else {})


def _range(place: Location, view: View) -> dict[str, Any]:
    start, end = utf8_columns(place, view)
    return {"start": {"line": place.line, "column": start}, "end": {"line": place.end_line, "column": end}}


def _suggestion(fix: Fix, place: Location, view: View) -> dict[str, Any] | None:
    """A fix as one replacement: a reader who takes half of its edits has a broken program.

    None for advice, and where the edits lie in other files than the finding.
    """
    text = view.sources.get(place.home)
    if text is None or place.cell or fix.applicability == "display" or not fix.edits:
        return None
    if any(edit.location.file != place.file for edit in fix.edits):
        return None
    merged = merge(fix.edits, text)
    return {"range": _range(merged.location, view), "text": merged.content}


def merge(edits: Sequence[Edit], text: str) -> Edit:
    """All edits of one text as a single one, from the start of the first to the end of the last."""
    first = min(edit.location for edit in edits)
    last = max((edit.location for edit in edits), key=lambda one: (one.end_line, one.end_column))
    whole = Location(first.file, first.line, first.column, last.end_line, last.end_column)
    start, end = span_of(whole, line_starts(text))
    after = apply(text, edits)
    return Edit(whole, after[start : len(after) - (len(text) - end)])
