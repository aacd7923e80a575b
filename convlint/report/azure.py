"""Logging commands of Azure Pipelines.

Source: Microsoft Learn, "Logging commands", ``task.logissue``; azure-pipelines-task-lib, ``taskcommand.ts``, for what
is escaped. There are errors and warnings, so that a remark is a warning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from convlint.report import View
from convlint.report.places import shown, told, utf16_columns
from convlint.report.plain import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convlint.findings import Finding


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write one command a finding, and one for each thing that was not checked."""
    for finding in findings:
        place = finding.location
        properties = {
            "type": "error" if finding.severity == "error" else "warning",
            "sourcepath": shown(place.file, view),
            "linenumber": str(place.line),
            "columnnumber": str(utf16_columns(place, view)[0]),
            "code": finding.code,
        }
        if place.cell:
            del properties["linenumber"], properties["columnnumber"]
        listed = "".join(f"{key}={_property(value)};" for key, value in properties.items())
        out.write(f"##vso[task.logissue {listed}]{_data(f'{told(finding)} ({finding.name})')}\n")
    for kind, texts in (("error", view.checked.errors), ("warning", view.checked.gaps)):
        for text in texts:
            out.write(f"##vso[task.logissue type={kind};]{_data(f'convlint: {text}')}\n")


def _data(text: str) -> str:
    return printable(text).replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace("]", "%5D").replace(";", "%3B")
