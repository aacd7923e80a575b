"""Where output goes: streams, colours, widths, messages."""

from __future__ import annotations

import os
import shutil
import sys
from enum import Enum
from typing import TYPE_CHECKING, TextIO

from convlint.report import View

if TYPE_CHECKING:
    from collections.abc import Mapping


class Color(str, Enum):
    """When output has colours."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def wants_color(choice: Color, out: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Whether to print colours: the option, then ``NO_COLOR``, then ``FORCE_COLOR``, then the terminal."""
    environment = os.environ if environment is None else environment
    if choice is not Color.AUTO:
        return choice is Color.ALWAYS
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return out.isatty() and environment.get("TERM") != "dumb"


def view_of(out: TextIO, color: Color, sources: Mapping[str, str] | None = None) -> View:
    """What a reporter may know about a stream."""
    width = max(shutil.get_terminal_size().columns, 20) if out.isatty() else None
    return View(sources or {}, width, wants_color(color, out))


def prepare_streams() -> None:
    """Let a character that the terminal's encoding lacks print as an escape instead of raising."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """A message beside the findings."""
    from convlint.report.plain import printable

    sys.stderr.write(f"{printable(text)}\n")


def complain(text: str) -> None:
    """What convlint could not do."""
    say(f"convlint: {text}")
