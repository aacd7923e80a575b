"""One page for a browser that needs nothing else: no network, no folder beside it, and no script to be read."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any, TextIO

from convlint import __version__
from convlint.lazy import dataclass
from convlint.report import View, tally
from convlint.report.markdown import CODE
from convlint.report.places import link_of, shown, where
from convlint.report.plain import TAB, one_line, printable
from convlint.report.text import APPLICABILITY, changes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

    from convlint.findings import Finding, Location

_TEMPLATES = files("convlint.report") / "templates"
_WORDS = {"error": "error", "warning": "warning", "info": "remark"}


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write the page in ASCII: what encoding the file gets makes no difference."""
    from jinja2 import Environment
    from markupsafe import Markup

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    style, script = (_TEMPLATES.joinpath(name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    environment.filters["code"] = _with_code
    template = environment.from_string(_TEMPLATES.joinpath("report.html").read_text(encoding="utf-8"))
    ordered = sorted(findings, key=lambda one: (one.location, one.code))
    groups = [
        (shown(file, view), [_told(finding, view) for finding in those])
        for file, those in groupby(ordered, key=lambda one: one.location.file)
    ]
    codes = Counter(finding.code for finding in ordered)
    text = template.render(
        version=__version__,
        summary=tally(ordered, view.checked.files),
        gaps=[one_line(text) for text in (*view.checked.errors, *reversed(view.checked.gaps))],
        unread=[shown(file, view) for file in view.checked.unread],
        notes=[one_line(text) for text in view.checked.notes],
        severities=[
            (severity, word, count)
            for severity, word in _WORDS.items()
            if (count := sum(finding.severity == severity for finding in ordered))
        ],
        names=[(code, next(one.name for one in ordered if one.code == code), codes[code]) for code in sorted(codes)],
        groups=groups,
        pages=[
            (view.pages[code], Markup(_rendered(view.pages[code].body))) for code in sorted(codes) if code in view.pages
        ],
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}",
    )
    out.write(text.encode("ascii", "xmlcharrefreplace").decode("ascii"))
    out.write("\n")


def _with_code(text: str) -> Markup:
    """Escaped text in which what stands between backticks is code."""
    from markupsafe import Markup

    parts = CODE.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else part for index, part in enumerate(parts)
    )


def _hash(text: str) -> str:
    """By which a page's policy allows this style or script and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _rendered(body: str) -> str:
    """A rule's page without its title. Its Markdown may hold no HTML."""
    from markdown_it import MarkdownIt

    title, _, rest = body.strip().partition("\n")
    rendered: str = (
        MarkdownIt("commonmark", {"html": False}).enable("table").render(rest if title[:2] == "# " else body)
    )
    return printable(rendered)


def _told(finding: Finding, view: View) -> dict[str, Any]:
    """A finding in words that the template prints as they are."""
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "word": _WORDS[finding.severity],
        "message": one_line(finding.message),
        "symbol": one_line(finding.symbol),
        "where": where(finding.location, view),
        "link": link_of(finding.location, view),
        "frames": list(_frames(finding, view)),
        "help": printable(finding.help),
        "confirmed": finding.confirmed,
        "suppressed": one_line(finding.suppressed),
        "fixes": [
            (APPLICABILITY[fix.applicability], printable(fix.description),
             [(sign, _code(line)) for sign, line in changes_of(fix, view)])
            for fix in finding.fixes
        ],
    }  # fmt: skip


@dataclass(frozen=True)
class _Row:
    """A line of source: what stands before, in and after the marked part, and what is known there."""

    number: int
    before: str
    marked: str
    after: str
    notes: tuple[str, ...]


def _frames(finding: Finding, view: View) -> Iterator[tuple[str, list[_Row]]]:
    """The whole path of the shape, the file of the finding last, each as lines with notes."""
    notes: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    place = finding.location
    for step in finding.evidence:
        known = notes[step.location.home][step.location.line]
        if step.text not in known:
            known.append(" ".join(printable(step.text).split()))
    here = notes.pop(place.home, {})
    for home, lines in notes.items():
        yield one_line(home), _rows(home, lines, None, view)
    yield "", _rows(place.home, here, place, view)


def _rows(home: str, notes: dict[int, list[str]], span: Location | None, view: View) -> list[_Row]:
    lines = view.lines(home)
    numbers = set(notes) | (set() if span is None else set(range(span.line, span.end_line + 1)))
    rows = []
    for number in sorted(one for one in numbers if 0 < one <= len(lines)):
        line = lines[number - 1]
        start, end = len(line), len(line)
        if span is not None and span.line <= number <= span.end_line:
            start = span.column - 1 if number == span.line else len(line) - len(line.lstrip())
            end = span.end_column - 1 if number == span.end_line else len(line)
            if start >= end and number == span.line:  # a place between characters, or behind the last
                line, end = f"{line} " if start >= len(line) else line, start + 1
        parts = (_code(line[:start]), _code(line[start:end]), _code(line[end:]))
        rows.append(_Row(number, *parts, tuple(notes.get(number, ()))))
    return rows


def _code(line: str) -> str:
    return printable(line.replace("\t", TAB))
