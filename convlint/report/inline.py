"""What is printed in a terminal as a piece of HTML, for notebooks."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import TextIO

from convlint.report import View

Writer = Callable[[TextIO, View], None]
WIDTH = 110
"""Columns of a notebook's output."""
_FRAME = (
    '<pre style="font-family: ui-monospace, Menlo, Consolas, monospace; white-space: pre; overflow-x: auto; '
    'line-height: 1.35; margin: 0">{code}</pre>'
)


def as_text(write: Writer, sources: Mapping[str, str]) -> str:
    """What a writer prints, without colours and without a limit to its width."""
    out = io.StringIO()
    write(out, View(sources))
    return out.getvalue()


def as_html(write: Writer, sources: Mapping[str, str]) -> str:
    """The same with colours; everything in it is escaped."""
    from rich.console import Console
    from rich.text import Text

    out = io.StringIO()
    write(out, View(sources, WIDTH, color=True))
    console = Console(record=True, file=io.StringIO(), width=10_000, legacy_windows=False, _environ={})
    console.print(Text.from_ansi(out.getvalue()), soft_wrap=True)
    return console.export_html(inline_styles=True, code_format=_FRAME)
