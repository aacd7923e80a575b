"""Checkstyle's XML, which nearly every tool that shows warnings can read.

Source: ``com.puppycrawl.tools.checkstyle.XMLLogger``; the severities are those of Checkstyle.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from convlint.report import View
from convlint.report.places import line_in_file, path_of, told
from convlint.report.xml import element, write_xml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convlint.findings import Finding


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write a ``file`` element for each file; columns count Unicode characters."""
    root = element(None, "checkstyle", {"version": "4.3"})
    ordered = sorted(findings, key=lambda one: one.location)
    for file, those in groupby(ordered, key=lambda one: path_of(one.location.file, view)):
        parent = element(root, "file", {"name": file})
        for finding in those:
            place = finding.location
            column = {} if place.cell else {"column": place.column}
            told_of = {"severity": finding.severity, "message": told(finding)}
            source = {"source": f"convlint.{finding.code}.{finding.name}"}
            element(parent, "error", {"line": line_in_file(place), **column, **told_of, **source})
    write_xml(root, out)
