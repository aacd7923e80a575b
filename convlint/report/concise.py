"""One line a finding, in the form that editors and CI logs turn into links."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from convlint.report import View
from convlint.report.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convlint.findings import Finding


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write ``file:line:column: severity CODE name: message`` for each finding."""
    for finding in findings:
        out.write(f"{headline(finding)}\n")


def headline(finding: Finding) -> str:
    """The finding in one line."""
    place = finding.location
    return (
        f"{one_line(place.home)}:{place.line}:{place.column}: {finding.severity} {finding.code} {finding.name}: "
        f"{one_line(finding.message)}" + (f" (suppressed {one_line(finding.suppressed)})" if finding.suppressed else "")
    )
