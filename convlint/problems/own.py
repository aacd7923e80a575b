"""CL9xx: convlint itself."""

from __future__ import annotations

from convlint.problems.base import Problem


class SyntaxFault(Problem):
    """The file does not parse."""

    reason: str


class UnreadableFile(Problem):
    """The file can't be read or decoded."""

    reason: str


class BuildFailed(Problem):
    """The runtime build raised, hung or died, and no rule explains it."""

    reason: str


class StaticRuntimeDisagreement(Problem):
    """The real build contradicts a static finding, which is withdrawn."""

    code: str
    claim: str


class AnalysisIncomplete(Problem):
    """What was not analysed, and why."""

    reason: str


class InternalFault(Problem):
    """convlint met a bug of its own; the run goes on without this file."""

    reason: str


class UnusedSuppression(Problem):
    """A comment that suppresses nothing; ``words`` are those without effect."""

    words: tuple[str, ...]


class UnknownSuppressionCode(Problem):
    """A comment names a rule that does not exist."""

    word: str
    suggestion: str


class UnknownDirective(Problem):
    """A comment reads like a suppression and is none."""

    word: str
    suggestion: str


class BareSuppression(Problem):
    """A comment suppresses every rule; ``codes`` are those that it suppressed."""

    codes: tuple[str, ...]


class StaleBaselineEntry(Problem):
    """A baseline knows a finding that no longer occurs; ``operation`` is the file it was in."""

    code: str
    text: str
