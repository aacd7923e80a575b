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
