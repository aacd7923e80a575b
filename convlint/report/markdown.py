"""Markdown as GitHub and GitLab read it: for job summaries and comments on merge requests."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from convlint.report import View, tally
from convlint.report.places import link_of, shown
from convlint.report.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convlint.findings import Finding, Location

MAX_CHARACTERS = 900_000
"""GitHub drops a step's summary of more than 1 MiB as a whole."""
MAX_NAMES = 20
"""Files that were not checked, by name."""
_SEVERITIES = {"error": "🛑 error", "warning": "⚠️ warning", "info": "ℹ️ remark"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#&])")
CODE = re.compile(r"`([^`]+)`")
"""What messages mark as code."""


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write what the run came to, what was not checked, a table for each file, and what the rules mean."""
    out.write(f"## convlint: {escaped(tally(findings, view.checked.files))}\n")
    gaps = (*view.checked.errors, *reversed(view.checked.gaps))
    if gaps:
        out.write("\nNot checked:\n\n")
        out.write("".join(f"- {escaped(gap)}\n" for gap in gaps))
        out.write("".join(f"  - {escaped(shown(file, view))}\n" for file in view.checked.unread[:MAX_NAMES]))
    room = MAX_CHARACTERS
    done = 0
    ordered = sorted(findings, key=lambda one: one.location)
    for file, group in groupby(ordered, key=lambda one: one.location.file):
        head = f"\n### {escaped(shown(file, view))}\n\n| Line | | Rule | |\n|---:|---|---|---|\n"
        for row in (_row(finding, view) for finding in group):
            room -= len(head) + len(row)
            if room < 0:
                out.write(f"\nand {len(findings) - done} more.\n")
                return
            out.write(head + row)
            head = ""
            done += 1
    for text in _rules(findings, view):
        room -= len(text)
        if room < 0:
            return
        out.write(text)


def _row(finding: Finding, view: View) -> str:
    message = escaped(finding.message)
    if finding.help:
        message += f"<br>{escaped(finding.help)}"
    rule = f"{finding.code} {finding.name}"
    return f"| {_line(finding.location, view)} | {_SEVERITIES[finding.severity]} | {rule} | {message} |\n"


def _line(place: Location, view: View) -> str:
    text = f"cell {place.cell}, {place.line}" if place.cell else str(place.line)
    link = link_of(place, view)
    return f"[{text}]({link})" if link else text


def _rules(findings: Sequence[Finding], view: View) -> Iterator[str]:
    pages = [view.pages[code] for code in sorted({finding.code for finding in findings}) if code in view.pages]
    if pages:
        yield "\n### What these rules mean\n"
    for page in pages:
        told_of = [page.sections[name] for name in ("What goes wrong", "Use instead") if name in page.sections]
        body = "\n\n".join((f"**{page.summary}**", *told_of))
        yield f"\n<details><summary>{page.code} {page.name}</summary>\n\n{body}\n\n</details>\n"


def escaped(text: str) -> str:
    """Text that prints as it is, in a table too; what stands between backticks stays code."""
    text = one_line(text)
    parts = CODE.split(text)
    return "".join(
        "`" + part.replace("|", "\\|") + "`" if index % 2 else _SPECIAL.sub(r"\\\1", part)
        for index, part in enumerate(parts)
    )
