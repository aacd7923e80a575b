"""One module per output format; each is a pure function from findings to text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, TextIO

from convlint.edits import split_lines
from convlint.findings import Finding
from convlint.lazy import dataclass

if TYPE_CHECKING:
    from convlint.rules.documents import Page


@dataclass(frozen=True)
class Format:
    """An output format.

    Attributes:
        module: whose ``write`` prints it.
        reader: who reads it.
        repairs: whether it shows fixes, so that they are worth being verified.
        suppressed: whether it has a way to say that a finding is suppressed.
    """

    module: str
    reader: str
    repairs: bool = False
    suppressed: bool = False


FORMATS: Mapping[str, Format] = {
    "text": Format("convlint.report.text", "people", repairs=True, suppressed=True),
    "concise": Format("convlint.report.concise", "editors and logs: one line a finding", suppressed=True),
    "json": Format("convlint.report.json", "programs: one list", repairs=True, suppressed=True),
    "jsonl": Format("convlint.report.jsonl", "programs: one object a line", repairs=True, suppressed=True),
    "sarif": Format(
        "convlint.report.sarif",
        "GitHub code scanning, Visual Studio, Azure (SARIF 2.1.0)",
        repairs=True,
        suppressed=True,
    ),
    "github": Format("convlint.report.github", "GitHub Actions: annotations and a step summary"),
    "gitlab": Format("convlint.report.gitlab", "GitLab Code Quality"),
    "azure": Format("convlint.report.azure", "Azure Pipelines"),
    "teamcity": Format("convlint.report.teamcity", "TeamCity inspections"),
    "junit": Format("convlint.report.junit", "Jenkins and others that show test results"),
    "checkstyle": Format("convlint.report.checkstyle", "Jenkins warnings and many others"),
    "pylint": Format("convlint.report.pylint", "what parses pylint's output"),
    "rdjson": Format("convlint.report.rdjson", "reviewdog, with suggestions", repairs=True),
    "markdown": Format("convlint.report.markdown", "merge requests and job summaries"),
    "html": Format(
        "convlint.report.html", "a browser: one page that needs nothing else", repairs=True, suppressed=True
    ),
}
"""The formats of ``convlint check`` by name."""


@dataclass(frozen=True)
class Checked:
    """What a run looked at, and what it could not do, beside its findings.

    Attributes:
        files: how many files were looked at.
        unread: files that could not be read or parsed, so that nothing in them was checked.
        unfinished: how many files could not be analysed to their end.
        errors: what convlint could not do, one sentence each.
        notes: what a reader may want to know, one sentence each.
    """

    files: int = 0
    unread: tuple[str, ...] = ()
    unfinished: int = 0
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def gaps(self) -> tuple[str, ...]:
        """What was not checked, one phrase each."""
        counts = (
            (len(self.unread), "could not be checked at all (CL900, CL908, CL909)"),
            (self.unfinished, "could not be analysed completely (CL906)"),
        )
        return tuple(f"{plural(count, 'file')} {what}" for count, what in counts if count)


@dataclass(frozen=True)
class View:
    """What a reporter may know of where it prints.

    Attributes:
        sources: the texts that findings and evidence are in, by ``Location.home``: files, and cells of notebooks.
        width: columns of the terminal; None for a pipe, where no line is broken.
        color: whether the reader sees colours.
        pages: the rules by code, for formats that carry their manual.
        checked: what the run looked at.
        explain: whether to tell the whole path of each shape.
        root: folder that the reader looks for files in; empty to tell paths as they are.
        folder: the absolute folder that paths of findings begin in, below ``root``.
        links: address under which the files can be read on the web, followed by ``/path#L12``; empty for none.
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    width: int | None = None
    color: bool = False
    pages: Mapping[str, Page] = field(default_factory=dict)
    checked: Checked = field(default_factory=Checked)
    root: str = ""
    explain: bool = False
    folder: str = ""
    links: str = ""

    @cached_property
    def _split(self) -> dict[str, list[str]]:
        return {}

    def lines(self, name: str) -> Sequence[str]:
        """The lines of a source without their ends; none where it is not known."""
        if name not in self._split:
            text = self.sources.get(name)
            self._split[name] = [] if text is None else split_lines(text)
        return self._split[name]


Reporter = Callable[[Sequence[Finding], TextIO, View], None]


def reporter(name: str) -> Reporter:
    """The ``write`` function of a format; its module is loaded now, not before."""
    found: Reporter = import_module(FORMATS[name].module).write
    return found


_WORDS = (("error", "error"), ("warning", "warning"), ("info", "remark"))


def tally(findings: Sequence[Finding], files: int) -> str:
    """``2 errors, 1 warning in 5 files``, or that nothing was found."""
    severities = [finding.severity for finding in findings if not finding.suppressed]
    parts = [plural(severities.count(severity), word) for severity, word in _WORDS if severity in severities]
    return f"{', '.join(parts) or 'nothing found'} in {plural(files, 'file')}"


def plural(count: int, word: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
