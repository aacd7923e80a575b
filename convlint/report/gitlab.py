"""GitLab's Code Quality report: a subset of the issues of Code Climate.

Source: GitLab Docs, "Code Quality report format". Issues with equal fingerprints are shown once, and a
fingerprint that changes is a new issue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from convlint.report import View
from convlint.report.fingerprints import fingerprints
from convlint.report.json import dump
from convlint.report.places import shown, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convlint.findings import Finding

_SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write one list of issues. GitLab asks for lines only, relative to the repository's root."""
    dump(
        [
            {
                "type": "issue",
                "description": f"{finding.code}: {told(finding)}",
                "check_name": finding.name,
                "categories": ["Bug Risk"],
                "fingerprint": fingerprint,
                "severity": _SEVERITIES[finding.severity],
                "location": {"path": shown(finding.location.file, view), "lines": _lines(finding)},
            }
            for finding, fingerprint in zip(findings, fingerprints(findings, view))
        ],
        out,
    )


def _lines(finding: Finding) -> dict[str, int]:
    place = finding.location
    return {"begin": 1, "end": 1} if place.cell else {"begin": place.line, "end": place.end_line}
