"""JSON: a list of objects, stable within a major version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from convlint.report import View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convlint.findings import Edit, Evidence, Finding, Fix


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write all findings as one list. Lines and columns are 1-based; columns count Unicode characters."""
    dump([finding_as_json(finding) for finding in findings], out)


def dump(value: Any, out: TextIO) -> None:
    """Write a JSON value in ASCII, so that no encoding of the reader can spoil it."""
    json.dump(value, out, indent=2)
    out.write("\n")


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """One finding.

    ``fix`` is the repair, or null; where several would do, it is the first and
    ``alternatives`` holds the others.
    """
    place = finding.location
    value: dict[str, Any] = {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "symbol": finding.symbol,
        "evidence": [_evidence(step, place.file) for step in finding.evidence],
        "help": finding.help,
        "fix": _fix(finding.fixes[0], place.file) if finding.fixes else None,
        "source": finding.source,
        "confirmed": finding.confirmed,
        "url": finding.url,
    }
    if len(finding.fixes) > 1:
        value["alternatives"] = [_fix(fix, place.file) for fix in finding.fixes[1:]]
    return value


def _evidence(step: Evidence, file: str) -> dict[str, Any]:
    value: dict[str, Any] = {"line": step.location.line, "column": step.location.column, "text": step.text}
    if step.location.file != file:
        value["file"] = step.location.file
    return value


def _fix(fix: Fix, file: str) -> dict[str, Any]:
    return {
        "applicability": fix.applicability,
        "description": fix.description,
        "verified": fix.verified,
        "edits": [_edit(edit, file) for edit in fix.edits],
    }


def _edit(edit: Edit, file: str) -> dict[str, Any]:
    place = edit.location
    value: dict[str, Any] = {
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "content": edit.content,
    }
    if place.file != file:
        value["file"] = place.file
    return value
