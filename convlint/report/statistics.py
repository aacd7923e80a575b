"""How often each rule reports."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TextIO

from convlint.report.json import dump

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convlint.findings import Finding


def write(findings: Sequence[Finding], out: TextIO, *, as_json: bool = False) -> None:
    """One line for each rule, the most frequent first: how often, code, name."""
    counts = Counter((one.code, one.name) for one in findings)
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    if as_json:
        dump([{"code": code, "name": name, "count": count} for (code, name), count in rows], out)
        return
    width = len(str(rows[0][1])) if rows else 0
    for (code, name), count in rows:
        out.write(f"{count:>{width}}  {code}  {name}\n")
