"""TeamCity's service messages: a type of inspection for each rule, an inspection for each finding.

Source: TeamCity documentation, "Service Messages", Reporting Inspections. Values may take 4,000 characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from convlint.report import View
from convlint.report.places import line_in_file, shown, told
from convlint.report.plain import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convlint.findings import Finding

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "info": "WEAK WARNING"}
_ESCAPES = str.maketrans({"|": "||", "'": "|'", "[": "|[", "]": "|]", "\n": "|n", "\r": "|r"})
MAX_VALUE = 4000
"""Characters of one value that TeamCity reads."""


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write types before the inspections that need them; TeamCity's inspections have a line and no column."""
    known: set[str] = set()
    for finding in findings:
        if finding.code not in known:
            known.add(finding.code)
            page = view.pages.get(finding.code)
            told_of = finding.name if page is None else page.summary
            values = {"id": finding.code, "name": f"{finding.code} {finding.name}", "description": told_of}
            _message(out, "inspectionType", values | {"category": "convlint"})
        place = finding.location
        message = told(finding) + (f"\n{finding.help}" if finding.help else "")
        values = {"typeId": finding.code, "message": message, "file": shown(place.file, view)}
        line = {"line": str(line_in_file(place))}
        _message(out, "inspection", values | line | {"SEVERITY": _SEVERITIES[finding.severity]})
    for status, texts in (("ERROR", view.checked.errors), ("WARNING", view.checked.gaps)):
        for text in texts:
            _message(out, "message", {"text": f"convlint: {text}", "status": status})


def _message(out: TextIO, name: str, values: dict[str, str]) -> None:
    listed = " ".join(f"{key}='{_escaped(printable(value)[:MAX_VALUE])}'" for key, value in values.items())
    out.write(f"##teamcity[{name} {listed}]\n")


def _escaped(text: str) -> str:
    """The value in ASCII: every other UTF-16 unit as ``|0xNNNN``."""
    text = text.translate(_ESCAPES)
    if text.isascii():
        return text
    units = memoryview(text.encode("utf-16-be", "surrogatepass"))
    codes = (units[index] << 8 | units[index + 1] for index in range(0, len(units), 2))
    return "".join(chr(code) if code < 0x80 else f"|0x{code:04x}" for code in codes)
