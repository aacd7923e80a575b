"""Fixes: proposed, proved by another analysis, and applied until nothing changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from convlint.edits import apply, disjoint, touched_lines
from convlint.lazy import dataclass
from convlint.settings import FixMode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from convlint.analysis import Analyser, Analysis, Judged
    from convlint.findings import Finding, Fix

Choice = Callable[["Finding", "Fix", str], bool]
"""Says whether a repair is made, from the finding, the repair and the text that it changes."""
MAX_ROUNDS = 10
TRIED_ALONE = 24
"""Repairs in one file up to which each is proved by an analysis of its own."""
_ABOUT_SIZES = ("CL1", "CL2", "CL5", "CL9")
"""Rules whose findings a repair elsewhere in the file can cause. All others judge how one place is
written; a repair that lets the analysis reach such a place reveals the fault and does not make it."""


def offers(analyser: Analyser, analysis: Analysis, judged: Sequence[Judged]) -> list[tuple[Fix, ...]]:
    """The repairs of each finding that hold.

    A repair holds when the edited text, analysed again, has one finding of this rule less, and no
    other that the repair could have caused: none in the lines that it changes, and none about
    sizes, layouts or data anywhere. Where several repairs of one finding are proposed none is safe.
    """
    from convlint.fixes import propose

    proposed = [propose(one.observation) for one in judged]
    trials = [_Trial(one.finding, fix) for one, fixes in zip(judged, proposed) for fix in fixes if fix.edits]
    held = _proved(analyser, analysis, trials)
    return [tuple(_offered(fixes, held)) for fixes in proposed]


def _offered(proposed: Sequence[Fix], held: Collection[int]) -> Iterator[Fix]:
    for fix in proposed:
        if not fix.edits:
            yield fix
        elif id(fix) in held:
            demoted = len(proposed) > 1 and fix.applicability == "safe"
            yield replace(fix, applicability="unsafe" if demoted else fix.applicability, verified=True)


@dataclass(frozen=True, eq=False)
class _Trial:
    finding: Finding
    fix: Fix


def _proved(analyser: Analyser, analysis: Analysis, trials: Sequence[_Trial]) -> set[int]:
    """Identities of the fixes that hold.

    Each is tried alone; a file with more than :data:`TRIED_ALONE` is tried in halves, so that a
    file with hundreds of findings does not need hundreds of analyses.
    """
    waiting = [[trial] for trial in trials] if len(trials) <= TRIED_ALONE else _groups(trials)
    held: set[int] = set()
    while waiting:
        group = waiting.pop()
        if _holds(analyser, analysis, group):
            held.update(id(trial.fix) for trial in group)
        elif len(group) > 1:
            middle = len(group) // 2
            waiting += [group[:middle], group[middle:]]
    return held


def _groups(trials: Sequence[_Trial]) -> list[list[_Trial]]:
    """Trials whose edits can be made at once."""
    groups: list[list[_Trial]] = []
    ends: list[tuple[int, int]] = []
    for trial in sorted(trials, key=lambda one: min(edit.location for edit in one.fix.edits)):
        start = min((edit.location.line, edit.location.column) for edit in trial.fix.edits)
        end = max((edit.location.end_line, edit.location.end_column) for edit in trial.fix.edits)
        for index, last in enumerate(ends):
            if last < start:
                groups[index].append(trial)
                ends[index] = end
                break
        else:
            groups.append([trial])
            ends.append(end)
    return groups


def _holds(analyser: Analyser, analysis: Analysis, trials: Sequence[_Trial]) -> bool:
    edits = [edit for trial in trials for edit in trial.fix.edits]
    if any(edit.location.file != analysis.file for edit in edits):
        return False
    try:
        text = apply(analysis.text, edits)
    except ValueError:
        return False
    after = analyser.analyse(analysis.file, text)
    if len(after.result.unfinished) > len(analysis.result.unfinished):
        return False
    before_counts, after_counts = _counts(analysis), _counts(after)
    wanted = Counter(finding.code for finding in {id(trial.finding): trial.finding for trial in trials}.values())
    if any(after_counts[code] > before_counts[code] - number for code, number in wanted.items()):
        return False
    # A comment that suppressed what the repair takes away is unused now, and that is as it should be.
    grown = {code for code, count in after_counts.items() if count > before_counts[code] and code != "CL901"}
    if any(code.startswith(_ABOUT_SIZES) for code in grown):
        return False
    touched = set(touched_lines(edits))
    return not any(
        one.finding.code in grown
        and touched.intersection(range(one.finding.location.line, one.finding.location.end_line + 1))
        for one in after.judged
    )


def _counts(analysis: Analysis) -> Counter[str]:
    return Counter(one.finding.code for one in analysis.judged)


@dataclass(frozen=True)
class Repaired:
    """A file after its fixes.

    Attributes:
        analysis: of the new text.
        applied: the findings that were repaired.
        conflicts: findings whose repairs hold, each alone, and can't be made together.
    """

    analysis: Analysis
    applied: tuple[Finding, ...] = ()
    conflicts: tuple[Finding, ...] = ()


def repair(analyser: Analyser, analysis: Analysis, mode: FixMode, choose: Choice | None = None) -> Repaired:
    """Apply fixes until nothing changes, at most :data:`MAX_ROUNDS` times.

    Where several repairs of one finding hold, the first is taken, and only with
    ``FixMode.UNSAFE``. Every round ends in a text that parses; one that does not is thrown away.

    Args:
        analyser: that made the analysis.
        analysis: of the text to repair.
        mode: which repairs may be made.
        choose: asked about each of them; all are made where not given.
    """
    applied: list[Finding] = []
    seen = {analysis.text}
    conflicts: tuple[Finding, ...] = ()
    for _ in range(MAX_ROUNDS):
        chosen, findings = _choose(analyser, analysis, mode, choose)
        conflicts = tuple(findings)
        if not chosen:
            break
        text = apply(analysis.text, (edit for fix in chosen for edit in fix.edits))
        after = analyser.analyse(analysis.file, text)
        if text in seen or any(one.finding.code == "CL900" for one in after.judged):
            break
        seen.add(text)
        applied += findings
        analysis = after
        conflicts = ()
    return Repaired(analysis, tuple(applied), conflicts)


def _choose(
    analyser: Analyser, analysis: Analysis, mode: FixMode, choose: Choice | None
) -> tuple[list[Fix], list[Finding]]:
    """Fixes that can be made at once."""
    allowed = ("safe", "unsafe") if mode is FixMode.UNSAFE else ("safe",)
    chosen: list[Fix] = []
    findings: list[Finding] = []
    reporting = [one for one in analysis.judged if analyser.reports(one.finding)]
    for judged, offered in zip(reporting, offers(analyser, analysis, reporting)):
        fixes = [fix for fix in offered if fix.edits and fix.applicability in allowed]
        for fix in fixes if choose is not None else fixes[:1]:
            # One that touches the same text as another waits for the next round.
            if not all(disjoint(fix.edits, other.edits) for other in chosen):
                break
            if choose is None or choose(judged.finding, fix, analysis.text):
                chosen.append(fix)
                findings.append(judged.finding)
                break
    return chosen, findings


def with_fixes(analyser: Analyser, analysis: Analysis, judged: Sequence[Judged]) -> list[Finding]:
    """The findings with the repairs that hold."""
    return [replace(one.finding, fixes=fixes) for one, fixes in zip(judged, offers(analyser, analysis, judged))]
