"""Errors of a log and their causes, for people or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from convlint.report.console import console_for
from convlint.report.json import dump, finding_as_json
from convlint.report.plain import cut, one_line, wrap

if TYPE_CHECKING:
    from rich.console import Console

    from convlint.diagnosis import Diagnosis, Explained
    from convlint.report import View

MAX_MESSAGE = 400
"""Characters of an error's own message that are repeated."""


def write_text(diagnosis: Diagnosis, out: TextIO, view: View) -> None:
    """The last error first: what was raised where, its cause, what to do."""
    console = console_for(out, view)
    for index, error in enumerate(diagnosis.errors):
        if index:
            console.print()
        _headline(console, error, view)
        if error.certain:
            from convlint.report import text

            text.write(error.findings, out, view)
        elif error.findings:
            _candidates(console, error, view)
        if error.advice:
            label = "what would decide" if error.findings else "not recognised"
            _paragraph(console, label, error.advice, view, "yellow")


def _headline(console: Console, error: Explained, view: View) -> None:
    from rich.text import Text

    what = error.raised.exception or ("message" if error.raised.complete else "cut off")
    said = cut(one_line(" ".join(error.core.split())), MAX_MESSAGE)
    times = f" ({error.raised.times} times)" if error.raised.times > 1 else ""
    where = f"{one_line(error.place)}: " if error.place else ""
    first, *others = wrap(f"{where}{what}{times}: {said}".removesuffix(": "), view.width, "    ")
    console.print(Text(first, style="bold"), soft_wrap=True)
    for line in others:
        console.print(Text(line), soft_wrap=True)
    frame = error.raised.user_frame
    if frame is not None and frame.source and not _is_shown(error, view):
        number = f"{frame.line or '':>6} | "
        console.print(Text.assemble((number, "dim"), one_line(frame.source)), soft_wrap=True)


def _is_shown(error: Explained, view: View) -> bool:
    """Whether the finding's excerpt shows the user's line."""
    return error.certain and error.findings[0].location.file in view.sources


def _candidates(console: Console, error: Explained, view: View) -> None:
    from rich.text import Text

    single = len(error.findings) == 1
    head = (
        "the text alone does not prove it; a possible cause:"
        if single
        else "several causes are possible, the likeliest first:"
    )
    console.print(Text(f"  {head}"), soft_wrap=True)
    for number, finding in enumerate(error.findings, 1):
        _paragraph(console, f"{number}. {finding.code} {finding.name}", one_line(finding.message), view, "bold yellow")
        if finding.help:
            _paragraph(console, "   help", one_line(finding.help), view, "cyan")


def _paragraph(console: Console, label: str, text: str, view: View, style: str) -> None:
    from rich.text import Text

    width = None if view.width is None else max(view.width - 2, 1)
    for index, line in enumerate(wrap(f"{label}: {one_line(text)}", width, "     ")):
        if index:
            console.print(Text(f"  {line}"), soft_wrap=True)
        else:
            rest = line.removeprefix(f"{label.strip()}:").removeprefix(f"{label}:")
            console.print(Text.assemble("  ", (f"{label}:", style), rest), soft_wrap=True)


def write_json(diagnosis: Diagnosis, out: TextIO, view: View) -> None:
    """One object about the last error; ``errors`` holds all of them, the last one first."""
    errors = [_as_json(error) for error in diagnosis.errors]
    value: dict[str, Any] = dict(errors[0]) if errors else {"recognised": False, "exception": None, "findings": []}
    value["errors"] = errors
    dump(value, out)


def _as_json(error: Explained) -> dict[str, Any]:
    frame = error.raised.user_frame
    return {
        "recognised": error.recognised,
        "exception": error.raised.exception or None,
        "message": error.core,
        "file": (frame.file or None) if frame is not None else None,
        "line": (frame.line or None) if frame is not None else None,
        "certain": error.certain,
        "times": error.raised.times,
        "advice": error.advice or None,
        "findings": [finding_as_json(finding) for finding in error.findings],
    }
