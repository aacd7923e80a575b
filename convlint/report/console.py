"""The rich console that reporters print to; rich itself loads when one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

    from convlint.report import View

UNLIMITED = 100_000
"""Width in a pipe: nothing is broken there."""


def console_for(out: TextIO, view: View) -> Console:
    """A console that prints to ``out`` as the view says, and decides nothing by itself."""
    from rich.console import Console

    return Console(
        file=out,
        width=view.width or UNLIMITED,
        force_terminal=view.color,
        color_system="standard" if view.color else None,
        no_color=not view.color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
