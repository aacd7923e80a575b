"""Fixes: proposed, proved by another analysis, and applied until nothing changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from convlint.analysis import Analyser, Analysis, Judged
from convlint.edits import apply, disjoint
from convlint.findings import Finding, Fix
from convlint.settings import FixMode

MAX_ROUNDS = 10
_ABOUT_SIZES = ("CL1", "CL2", "CL5", "CL9")
"""Rules whose findings a repair elsewhere in the file can cause. All others judge how one place is
written; a repair that lets the analysis reach such a place reveals the fault and does not make it."""


def offer(analyser: Analyser, analysis: Analysis, judged: Judged) -> tuple[Fix, ...]:
    """The repairs of one finding that hold.

    A repair holds when the edited text, analysed again, has one finding of this rule less, and no
    other that the repair could have caused: none in the lines that it changes, and none about
    sizes, layouts or data anywhere.
    """
    from convlint.fixes import propose

    proposed = propose(judged.observation)
    held = [
        replace(fix, verified=True) if fix.edits else fix
        for fix in proposed
        if not fix.edits or _holds(analyser, analysis, judged.finding, fix)
    ]
    if len(held) > 1 or len(proposed) > 1:
        held = [replace(fix, applicability="unsafe") if fix.applicability == "safe" else fix for fix in held]
    return tuple(held)


def _holds(analyser: Analyser, analysis: Analysis, finding: Finding, fix: Fix) -> bool:
    if any(edit.location.file != analysis.file for edit in fix.edits):
        return False
    try:
        text = apply(analysis.text, fix.edits)
    except ValueError:
        return False
    after = analyser.analyse(analysis.file, text)
    if len(after.result.unfinished) > len(analysis.result.unfinished):
        return False
    before_counts, after_counts = _counts(analysis), _counts(after)
    if after_counts[finding.code] >= before_counts[finding.code]:
        return False
    grown = {code for code, count in after_counts.items() if count > before_counts[code]}
    if any(code.startswith(_ABOUT_SIZES) for code in grown):
        return False
    touched = set(_touched_lines(fix))
    return not any(
        one.finding.code in grown and touched.intersection(range(one.finding.location.line, one.finding.location.end_line + 1))
        for one in after.judged
    )


def _counts(analysis: Analysis) -> Counter[str]:
    return Counter(one.finding.code for one in analysis.judged)


def _touched_lines(fix: Fix) -> Iterator[int]:
    """Lines of the edited text that the fix wrote."""
    shift = 0
    for edit in sorted(fix.edits, key=lambda edit: edit.location):
        added = edit.content.count("\n")
        yield from range(edit.location.line + shift, edit.location.line + shift + added + 1)
        shift += added - (edit.location.end_line - edit.location.line)


@dataclass(frozen=True)
class Repaired:
    """A file after its fixes.

    Attributes:
        analysis: of the new text.
        applied: the findings that were repaired.
    """

    analysis: Analysis
    applied: tuple[Finding, ...] = ()


def repair(analyser: Analyser, analysis: Analysis, mode: FixMode) -> Repaired:
    """Apply fixes until nothing changes, at most :data:`MAX_ROUNDS` times.

    Where several repairs of one finding hold, the first is taken, and only with
    ``FixMode.UNSAFE``. Every round ends in a text that parses; one that does not is thrown away.
    """
    applied: list[Finding] = []
    seen = {analysis.text}
    for _ in range(MAX_ROUNDS):
        chosen, findings = _choose(analyser, analysis, mode)
        if not chosen:
            break
        text = apply(analysis.text, (edit for fix in chosen for edit in fix.edits))
        after = analyser.analyse(analysis.file, text)
        if text in seen or any(one.finding.code == "CL900" for one in after.judged):
            break
        seen.add(text)
        applied += findings
        analysis = after
    return Repaired(analysis, tuple(applied))


def _choose(analyser: Analyser, analysis: Analysis, mode: FixMode) -> tuple[list[Fix], list[Finding]]:
    """Fixes that can be made at once."""
    allowed = ("safe", "unsafe") if mode is FixMode.UNSAFE else ("safe",)
    chosen: list[Fix] = []
    findings: list[Finding] = []
    for judged in analysis.judged:
        if not analyser.reports(judged.finding):
            continue
        fixes = [fix for fix in offer(analyser, analysis, judged) if fix.edits and fix.applicability in allowed]
        if fixes and all(disjoint(fixes[0].edits, other.edits) for other in chosen):
            chosen.append(fixes[0])
            findings.append(judged.finding)
    return chosen, findings


def with_fixes(analyser: Analyser, analysis: Analysis, judged: Sequence[Judged]) -> list[Finding]:
    """The findings with the repairs that hold."""
    return [replace(one.finding, fixes=offer(analyser, analysis, one)) for one in judged]
