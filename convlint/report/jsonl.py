"""JSON Lines: the objects of ``json``, one a line, so that a reader need not wait for the last."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TextIO

from convlint.report import View
from convlint.report.json import finding_as_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convlint.findings import Finding


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write one object a line; columns count Unicode characters."""
    for finding in findings:
        out.write(json.dumps(finding_as_json(finding), separators=(",", ":")) + "\n")
