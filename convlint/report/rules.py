"""The manual: the list of rules, and one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from convlint.fixes import is_repairable
from convlint.report.console import console_for
from convlint.report.json import dump
from convlint.report.plain import cut, wrap
from convlint.report.text import SEVERITY_STYLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convlint.report import View
    from convlint.rules.documents import Page

_PLAIN_TO = 60
"""Terminals narrower than this show the summary below the name."""


def is_fixable(page: Page) -> bool:
    """Whether a fix exists for something that the rule reports."""
    return any(map(is_repairable, page.judges))


def write_list(pages: Sequence[Page], out: TextIO, view: View) -> None:
    """One line a rule: code, severity, name, and what it is about."""
    from rich.text import Text

    console = console_for(out, view)
    longest = max((len(page.name) for page in pages), default=0)
    for page in pages:
        summary = " ".join(page.summary.split())
        parts: list[Any] = [(page.code, "bold"), "  ", (f"{page.severity:<7}", SEVERITY_STYLES[page.severity]), "  "]
        if view.width is not None and view.width < longest + _PLAIN_TO:
            console.print(Text.assemble(*parts, page.name), soft_wrap=True)
            for line in wrap(summary, max(view.width - 4, 8)):
                console.print(Text.assemble("    ", (line, "dim")), soft_wrap=True)
            continue
        room = None if view.width is None else view.width - longest - 19
        text = summary if room is None else cut(summary, room)
        console.print(Text.assemble(*parts, page.name.ljust(longest), "  ", (text, "dim")), soft_wrap=True)


def write_page(page: Page, out: TextIO, view: View) -> None:
    """The page of a rule: rendered in a terminal, as Markdown in a pipe."""
    off = "" if page.is_default else f"; off by default, on with --profile {' or '.join(page.profiles)}"
    title = f"{page.code} {page.name} ({page.severity}{off})"
    if view.width is None:
        out.write(f"{title}\n\n{page.body.strip()}\n")
        return
    from rich.markdown import Markdown
    from rich.text import Text

    console = console_for(out, view)
    console.print(Text(title, style=SEVERITY_STYLES[page.severity]), soft_wrap=True)
    console.print(Markdown(page.body, code_theme="ansi_light", hyperlinks=False), width=min(view.width, 100))


def write_list_json(pages: Sequence[Page], out: TextIO) -> None:
    """One object a rule."""
    dump([_page(page) for page in pages], out)


def write_page_json(page: Page, out: TextIO) -> None:
    """One object with the whole page."""
    dump(_page(page) | {"page": page.body.strip()}, out)


def _page(page: Page) -> dict[str, Any]:
    return {
        "code": page.code,
        "name": page.name,
        "severity": page.severity,
        "summary": " ".join(page.summary.split()),
        "default": page.is_default,
        "profiles": list(page.profiles),
        "fixable": is_fixable(page),
        "since": page.since,
        "url": page.path,
    }
