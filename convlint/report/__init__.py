"""One module per output format; each is a pure function from findings to text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TextIO

from convlint.findings import Finding

FORMATS = {
    "text": "convlint.report.text",
    "concise": "convlint.report.concise",
    "json": "convlint.report.json",
    "github": "convlint.report.github",
}
"""Name of a format and the module whose ``write`` prints it."""


@dataclass(frozen=True)
class View:
    """What a reporter may know of where it prints.

    Attributes:
        sources: the texts that findings and evidence are in, by ``Location.home``: files, and cells of notebooks.
        width: columns of the terminal; None for a pipe, where no line is broken.
        color: whether the reader sees colours.
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    width: int | None = None
    color: bool = False


Reporter = Callable[[Sequence[Finding], TextIO, View], None]


def reporter(name: str) -> Reporter:
    """The ``write`` function of a format; its module is loaded now, not before."""
    found: Reporter = import_module(FORMATS[name]).write
    return found
