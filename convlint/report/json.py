"""JSON: a list of objects, stable within a major version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from convlint.report import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convlint.findings import Edit, Evidence, Finding, Fix, Location


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write all findings as one list. Lines and columns are 1-based; columns count Unicode characters.

    In a notebook ``cell`` is the place of the cell among all cells, from 1, and lines count inside it; else null.
    """
    dump([finding_as_json(finding) for finding in findings], out)


def dump(value: Any, out: TextIO) -> None:
    """Write a JSON value in ASCII, so that no encoding of the reader can spoil it."""
    json.dump(value, out, indent=2)
    out.write("\n")


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """One finding.

    ``fix`` is the repair, or null; where several would do, it is the first and
    ``alternatives`` holds the others. ``suppressed`` is there only where it holds why.
    """
    place = finding.location
    value: dict[str, Any] = {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "file": place.file,
        "cell": place.cell or None,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "symbol": finding.symbol,
        "evidence": [_evidence(step, place) for step in finding.evidence],
        "help": finding.help,
        "fix": _fix(finding.fixes[0], place) if finding.fixes else None,
        "source": finding.source,
        "confirmed": finding.confirmed,
        "url": finding.url,
    }
    if finding.suppressed:
        value["suppressed"] = finding.suppressed
    if len(finding.fixes) > 1:
        value["alternatives"] = [_fix(fix, place) for fix in finding.fixes[1:]]
    return value


def _evidence(step: Evidence, near: Location) -> dict[str, Any]:
    place = step.location
    return {"line": place.line, "column": place.column, "text": step.text} | _elsewhere(place, near)


def _elsewhere(place: Location, near: Location) -> dict[str, Any]:
    """File and cell of a place that is not where the finding is."""
    value: dict[str, Any] = {}
    if place.file != near.file:
        value["file"] = place.file
    if place.home != near.home and place.cell:
        value["cell"] = place.cell
    return value


def _fix(fix: Fix, near: Location) -> dict[str, Any]:
    return {
        "applicability": fix.applicability,
        "description": fix.description,
        "verified": fix.verified,
        "edits": [_edit(edit, near) for edit in fix.edits],
    }


def _edit(edit: Edit, near: Location) -> dict[str, Any]:
    place = edit.location
    value: dict[str, Any] = {
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "content": edit.content,
    }
    return value | _elsewhere(place, near)
