"""JUnit's XML: a suite for each file with findings, a failed case for each of them.

Source: ``junit-10.xsd`` of the xunit plugin of Jenkins.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from convlint.report import View
from convlint.report.places import path_of, told, where
from convlint.report.plain import one_line
from convlint.report.xml import element, write_xml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from convlint.findings import Finding

_NOT_CHECKED = ("CL900", "CL908", "CL909")
"""What is no fault of the program, but a file that could not be checked: an error in JUnit's words."""


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write all suites; where nothing was found, one suite with one case that passed."""
    errors = sum(finding.code in _NOT_CHECKED for finding in findings)
    cases = max(len(findings), 1)
    failures = len(findings) - errors
    root = element(None, "testsuites", {"name": "convlint", "tests": cases, "failures": failures, "errors": errors})
    ordered = sorted(findings, key=lambda one: one.location)
    for file, group in groupby(ordered, key=lambda one: path_of(one.location.file, view)):
        _suite(root, file, list(group), view)
    if not findings:
        suite = element(root, "testsuite", {"name": "convlint", "tests": 1, "failures": 0, "errors": 0})
        element(suite, "testcase", {"name": "nothing found", "classname": "convlint"})
    said = "\n".join((*view.checked.errors, *view.checked.gaps))
    if said:
        element(root[-1], "system-err", {}, said)
    write_xml(root, out)


def _suite(root: Element, file: str, findings: Sequence[Finding], view: View) -> None:
    errors = sum(finding.code in _NOT_CHECKED for finding in findings)
    counts = {"tests": len(findings), "failures": len(findings) - errors, "errors": errors}
    suite = element(root, "testsuite", {"name": file, **counts})
    for finding in findings:
        place = finding.location
        cell = f"cell {place.cell}, " if place.cell else ""
        name = f"{finding.code} {finding.name} ({cell}{place.line}:{place.column})"
        case = element(suite, "testcase", {"name": name, "classname": file})
        lines = [f"{where(place, view)}: {finding.severity} {finding.code}: {one_line(finding.message)}"]
        lines += [f"{where(step.location, view)}: {one_line(step.text)}" for step in finding.evidence]
        lines += [f"help: {finding.help}"] if finding.help else []
        kind = "error" if finding.code in _NOT_CHECKED else "failure"
        element(case, kind, {"message": told(finding), "type": finding.severity}, "\n".join(lines))
