"""What the server asks its worker, and what comes back: plain data that passes between two processes."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Union

from convlint.findings import Finding, Fix
from convlint.lazy import dataclass
from convlint.programs import SyntaxProblem
from convlint.runtime.discovery import Candidate
from convlint.static.reading import Reading


@dataclass(frozen=True)
class Options:
    """What the editor's own configuration says; empty for what is left to the project's.

    Attributes:
        select: codes, beginnings of codes or names of the rules that report.
        ignore: rules that don't report.
        profile: turns on rules that are off by default.
        image_data_format: the layout before a program changes it.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profile: str = ""
    image_data_format: str | None = None


@dataclass(frozen=True)
class Subject:
    """A text to be looked at.

    Attributes:
        key: names the document.
        version: of the text, counted by the server.
        file: path as findings print it.
        text: Python.
        folder: the folder of the workspace that the file belongs to; imports and configuration start there.
        options: see there.
        problems: why cells of a notebook are no Python.
        round: another number once configuration files or imported modules may have changed.
    """

    key: str
    version: int
    file: str
    text: str
    folder: str
    options: Options = field(default_factory=Options)
    problems: tuple[SyntaxProblem, ...] = ()
    round: int = 0


@dataclass(frozen=True)
class Check:
    """Analyse a text. Answered twice: by :class:`Checked` as soon as findings are known, then by :class:`Read`."""

    subject: Subject


@dataclass(frozen=True)
class Offer:
    """Prove the fixes of some findings of a check. Answered by :class:`Offered`."""

    subject: Subject
    wanted: tuple[int, ...]


@dataclass(frozen=True)
class Repair:
    """Apply every safe fix. Answered by :class:`Repaired`."""

    subject: Subject


@dataclass(frozen=True)
class Inspect:
    """Derive the layers of a builder. Answered by :class:`Inspected`."""

    subject: Subject
    builder: str


@dataclass(frozen=True)
class Forget:
    """A document was closed. Answered by :class:`Done`."""

    key: str


Job = Union[Check, Offer, Repair, Inspect, Forget]


@dataclass(frozen=True)
class Checked:
    """The findings of a text, in its order.

    ``parsed`` is False where the text does not parse, ``message`` says what kept convlint from its work.
    """

    findings: tuple[Finding, ...] = ()
    parsed: bool = True
    message: str = ""


@dataclass(frozen=True)
class Read:
    """What else is known of the text."""

    reading: Reading = field(default_factory=Reading)
    builders: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class Offered:
    """For each finding that was asked for the fixes that hold."""

    fixes: tuple[tuple[Fix, ...], ...]


@dataclass(frozen=True)
class Repaired:
    """The text after its fixes."""

    text: str


@dataclass(frozen=True)
class Inspected:
    """A layer table: as ``convlint inspect --output-format json`` prints it, as text, and why there is none."""

    model: dict[str, Any] = field(default_factory=dict)
    table: str = ""
    message: str = ""


@dataclass(frozen=True)
class Done:
    """Nothing to tell."""


@dataclass(frozen=True)
class Failed:
    """The job ended in an error of convlint's own, or in one that the user can mend."""

    message: str


Answer = Union[Checked, Read, Offered, Repaired, Inspected, Done, Failed]
