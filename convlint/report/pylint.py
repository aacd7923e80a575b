"""The lines of ``pylint --output-format=parseable``.

A rule's letters say its group; those of pylint say how grave a message is, and its readers go by them. So
CL101 is told as ``E101`` (an error), ``W101`` (a warning) or ``C101`` (a remark), with the rule's code in the text.

Source: pylint, ``pylint/reporters/text.py``; Jenkins' reader takes ``path:line: [X123(name), object] text``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from convlint.report import View
from convlint.report.places import line_in_file, shown, told
from convlint.report.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convlint.findings import Finding

_LETTERS = {"error": "E", "warning": "W", "info": "C"}


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write one line a finding."""
    for finding in findings:
        place = finding.location
        code = _LETTERS[finding.severity] + finding.code.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        subject = f"{code}({finding.name}), {one_line(finding.symbol)}"
        text = f"{finding.code} {told(finding)}"
        out.write(f"{shown(place.file, view)}:{line_in_file(place)}: [{subject}] {text}\n")
