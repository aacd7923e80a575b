"""What front ends hand up (observations) and what reporters print (findings)."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from convlint.lazy import dataclass

if TYPE_CHECKING:
    from convlint.problems import Problem

Severity = Literal["error", "warning", "info"]
Source = Literal["static", "build", "saved", "traceback"]
Applicability = Literal["safe", "unsafe", "display"]


class SetupError(ValueError):
    """convlint can't work with what it was given: a rule page, a rule pack. Reads as the sentence it prints."""


@dataclass(frozen=True)
class Location:
    """A stretch of source. Lines and columns are 1-based; columns count Unicode characters.

    In a notebook ``cell`` says which of its cells, from 1, and lines count inside the cell; 0 in any other file.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    cell: int = 0

    @property
    def home(self) -> str:
        """What the lines are counted in, as people read it: the file, or ``book.ipynb:cell 3``."""
        return f"{self.file}:cell {self.cell}" if self.cell else self.file

    def _key(self) -> tuple[str, int, int, int, int, int]:
        return (self.file, self.cell, self.line, self.column, self.end_line, self.end_column)

    def __lt__(self, other: Location) -> bool:
        return self._key() < other._key()


@dataclass(frozen=True)
class Evidence:
    """One step of the path that a number took: where, and what was known there."""

    location: Location
    text: str


@dataclass(frozen=True)
class Observation:
    """A Problem, where it was met and how it came about.

    ``site`` is the front end's own handle on the syntax, for the code that makes fixes;
    nobody else looks into it.
    """

    problem: Problem
    location: Location
    source: Source
    symbol: str = ""
    evidence: tuple[Evidence, ...] = ()
    site: object | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Edit:
    """Replace the text of ``location`` by ``content``."""

    location: Location
    content: str


@dataclass(frozen=True)
class Fix:
    """A repair: text edits and how far they may be trusted.

    ``verified`` is true once the edited source was analysed again, the finding was gone
    and no new one had appeared.
    """

    applicability: Applicability
    description: str
    edits: tuple[Edit, ...]
    verified: bool = False


@dataclass(frozen=True)
class Finding:
    """One fault as it is printed.

    ``fixes`` holds one repair, or all plausible ones where several would do (then none
    is ``safe``). ``confirmed`` is true when the runtime front end met the same fault. ``suppressed`` says
    why the finding is not counted, such as ``by the comment on line 12``; empty for one that is.
    """

    code: str
    name: str
    severity: Severity
    message: str
    location: Location
    symbol: str
    evidence: tuple[Evidence, ...]
    help: str
    source: Source
    url: str
    fixes: tuple[Fix, ...] = ()
    confirmed: bool | None = None
    suppressed: str = ""
