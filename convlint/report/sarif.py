"""SARIF 2.1.0: a run with its rules, results, their paths, repairs, and what was not checked.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub Docs, "SARIF support for code
scanning", for what is shown there: ``help.markdown``, related locations, ``primaryLocationLineHash``.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TextIO

from convlint import __version__
from convlint.findings import Evidence
from convlint.report import View
from convlint.report.fingerprints import fingerprints, line_hashes
from convlint.report.json import dump
from convlint.report.places import link_of_rule, shown, told, uri_of, utf16_columns
from convlint.report.plain import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convlint.findings import Edit, Finding, Fix, Location

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_SEVERITIES = {"error": "error", "warning": "warning", "info": "recommendation"}
_ROOT = "%SRCROOT%"
_KINDS = {
    "not-checked": ("A file was not checked, or not to its end.", "What is in it may be right or wrong."),
    "failed": ("Something could not be done.", "The exit code of such a run is 2."),
    "note": ("Something that a reader may want to know.", "It changes nothing about the results."),
}
"""What a run tells beside its results."""


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write one log with one run. Columns count UTF-16 units, and the log says so."""
    codes = sorted({finding.code for finding in findings})
    indices = {code: index for index, code in enumerate(codes)}
    by_code = {finding.code: finding for finding in reversed(findings)}
    hashes: dict[str, list[str]] = {}
    prints = fingerprints(findings, view)
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "convlint",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(by_code[code], view) for code in codes],
                "notifications": [_kind(name, text, help_text) for name, (text, help_text) in _KINDS.items()],
            }
        },
        "columnKind": "utf16CodeUnits",
        "invocations": [_invocation(view)],
        "results": [
            _result(finding, view, indices, _prints(finding, view, hashes, own))
            for finding, own in zip(findings, prints)
        ],
    }
    dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, out)


def _rule(finding: Finding, view: View) -> dict[str, Any]:
    page = view.pages.get(finding.code)
    severity = finding.severity if page is None else page.severity
    value: dict[str, Any] = {
        "id": finding.code,
        "name": _pascal(finding.name),
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {"tags": ["keras"], "precision": "very-high", "problem.severity": _SEVERITIES[severity]},
    }
    value |= {"helpUri": link["url"]} if (link := link_of_rule(finding)) else {}
    if page is not None:
        body = page.body.strip()
        value["shortDescription"] = {"text": page.summary}
        value["fullDescription"] = {"text": page.summary}
        value["help"] = {"text": body, "markdown": body}
    return value


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def _result(finding: Finding, view: View, indices: Mapping[str, int], prints: Mapping[str, str]) -> dict[str, Any]:
    location = _location(finding.location, view)
    if finding.symbol:
        location["logicalLocations"] = [{"fullyQualifiedName": printable(finding.symbol), "kind": "function"}]
    help_text = f"\n{printable(finding.help)}" if finding.help else ""
    value: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": indices[finding.code],
        "level": _LEVELS[finding.severity],
        "kind": "fail",
        "message": {"text": told(finding) + help_text},
        "locations": [location],
        "partialFingerprints": prints,
        "properties": {"source": finding.source, "confirmed": finding.confirmed},
    }
    if finding.suppressed:
        kind = "external" if finding.suppressed.startswith("by the baseline") else "inSource"
        value["suppressions"] = [{"kind": kind, "justification": printable(finding.suppressed)}]
    if finding.evidence:
        value["relatedLocations"] = [_step(step, view) | {"id": number} for number, step in enumerate(finding.evidence)]
        path = [*finding.evidence, Evidence(finding.location, finding.message)]
        value["codeFlows"] = [{"threadFlows": [{"locations": [{"location": _step(step, view)} for step in path]}]}]
    fixes = [made for fix in finding.fixes if (made := _fix(fix, view))]
    if fixes:
        value["fixes"] = fixes
    return value


def _step(step: Evidence, view: View) -> dict[str, Any]:
    return _location(step.location, view) | {"message": {"text": " ".join(printable(step.text).split())}}


def _location(place: Location, view: View) -> dict[str, Any]:
    """A place of the source. Of a notebook the start of the file: its lines are JSON, and none of them is meant."""
    physical: dict[str, Any] = {"artifactLocation": _artifact(place.file, view), "region": {"startLine": 1}}
    if not place.cell:
        physical["region"] = _region(place, view)
        lines = view.lines(place.home)
        if 0 < place.line <= place.end_line <= len(lines):
            physical["region"]["snippet"] = {"text": _text_of(place, lines)}
            around = range(max(place.line - 2, 1), min(place.end_line + 2, len(lines)) + 1)
            text = "\n".join(lines[number - 1] for number in around)
            physical["contextRegion"] = {"startLine": around[0], "endLine": around[-1], "snippet": {"text": text}}
    return {"physicalLocation": physical}


def _text_of(place: Location, lines: Sequence[str]) -> str:
    text = list(lines[place.line - 1 : place.end_line])
    text[-1] = text[-1][: place.end_column - 1]
    text[0] = text[0][place.column - 1 :]
    return "\n".join(text)


def _region(place: Location, view: View) -> dict[str, Any]:
    start, end = utf16_columns(place, view)
    return {"startLine": place.line, "startColumn": start, "endLine": place.end_line, "endColumn": end}


def _artifact(file: str, view: View) -> dict[str, Any]:
    uri = uri_of(file, view)
    return {"uri": uri} if ":" in uri else {"uri": uri, "uriBaseId": _ROOT}


def _fix(fix: Fix, view: View) -> dict[str, Any] | None:
    by_file: dict[str, list[Edit]] = defaultdict(list)
    for edit in fix.edits:
        by_file[edit.location.file].append(edit)
    if fix.applicability == "display" or not by_file or any(edit.location.cell for edit in fix.edits):
        return None
    return {
        "description": {"text": f"{printable(fix.description)} ({fix.applicability})"},
        "artifactChanges": [
            {"artifactLocation": _artifact(file, view), "replacements": [_replacement(edit, view) for edit in edits]}
            for file, edits in by_file.items()
        ],
    }


def _replacement(edit: Edit, view: View) -> dict[str, Any]:
    return {"deletedRegion": _region(edit.location, view), "insertedContent": {"text": edit.content}}


def _prints(finding: Finding, view: View, hashes: dict[str, list[str]], own: str) -> dict[str, str]:
    place = finding.location
    lines = view.lines(place.home)
    if place.cell or not 0 < place.line <= len(lines):
        return {"convlint/v1": own}
    if place.home not in hashes:
        hashes[place.home] = line_hashes(lines)
    return {"primaryLocationLineHash": hashes[place.home][place.line - 1], "convlint/v1": own}


def _invocation(view: View) -> dict[str, Any]:
    checked = view.checked
    notes = [_note("failed", "error", text) for text in checked.errors]
    for file in checked.unread:
        where = {"physicalLocation": {"artifactLocation": _artifact(file, view)}}
        text = f"{shown(file, view)} could not be read or parsed, so that nothing in it was checked"
        notes.append(_note("not-checked", "error", text) | {"locations": [where]})
    if checked.unfinished:
        notes.append(_note("not-checked", "warning", checked.gaps[-1]))
    notes += [_note("note", "note", text) for text in checked.notes]
    value: dict[str, Any] = {"executionSuccessful": not checked.errors}
    return value | ({"toolExecutionNotifications": notes} if notes else {})


def _kind(name: str, text: str, help_text: str) -> dict[str, Any]:
    told_of = {"text": text}
    return {"id": name, "shortDescription": told_of, "fullDescription": told_of, "help": {"text": help_text}}


def _note(kind: str, level: str, text: str) -> dict[str, Any]:
    return {"descriptor": {"id": kind}, "level": level, "message": {"text": printable(text)}}
