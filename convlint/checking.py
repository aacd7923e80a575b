"""The check of one file: a file and its settings in, plain data out."""

from __future__ import annotations

import os
from dataclasses import field, replace
from typing import TYPE_CHECKING

from convlint import files, programs
from convlint.analysis import Analyser, Analysis, Judged
from convlint.digest import digest_of
from convlint.findings import Finding, Location, Observation
from convlint.garbage import rare_collections
from convlint.lazy import dataclass
from convlint.problems import InternalFault, SyntaxFault, UnreadableFile
from convlint.repair import repair, with_fixes
from convlint.results import Change, FileResult
from convlint.rules.registry import load
from convlint.settings import FixMode, Settings, for_program
from convlint.static.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from convlint.building import Site
    from convlint.programs import Program
    from convlint.repair import Choice
    from convlint.suppressions import Suppression


class Checker:
    """Checks files, one after the other.

    Args:
        site: where files are built, for a run with ``--build``.

    Raises:
        convlint.rules.registry.UnknownRule: from :meth:`analyser`; ``select`` or ``ignore`` name no rule.
    """

    def __init__(self) -> None:
        self.registry = load()
        self.disk = Disk()
        self.site: Site | None = None
        self.choose: Choice | None = None
        """Asked about each repair; all are made where there is nobody."""
        self._analysers: dict[Settings, Analyser] = {}

    def analyser(self, settings: Settings) -> Analyser:
        """The analyser under these settings; files of one run may differ in them."""
        known = self._analysers.get(settings)
        if known is None:
            known = self._analysers[settings] = Analyser(settings, self.registry, self.disk)
        return known

    @rare_collections()
    def check(self, file: str, settings: Settings, data: bytes | None = None) -> FileResult:
        """Check one file; whatever goes wrong in here is part of the result.

        Args:
            file: as findings print it.
            settings: that hold for it.
            data: its content, where that is not to be read from the disk.
        """
        asked = self.disk.record()
        analyser = self.analyser(settings)
        try:
            source = files.read(file) if data is None else files.decode(file, data)
            if not files.mentions_keras(source.data):
                return FileResult(file)
            program = programs.from_source(source)
        except files.FileProblem as problem:
            place = Location(file, 1, 1, 1, 1)
            judged = analyser.judge([Observation(UnreadableFile(file, str(problem)), place, "static")])
            return FileResult(file, tuple(_reported(analyser, judged)), unread=True)
        analyser = self.analyser(for_program(settings, source.data))
        try:
            result = _ProgramCheck(analyser, program, self).result()
        except Exception as error:  # a bug of ours becomes CL909 and costs no other file its findings
            if os.environ.get("CONVLINT_DEBUG"):
                raise
            return FileResult(file, tuple(_reported(analyser, [analyser.internal_fault(file, error)])), unread=True)
        if result.change is not None:
            self.disk.forget()
            return result
        if result.errors or any(one.code == "CL909" for one in result.findings):
            return result
        return replace(result, digest=digest_of(source.data), asked=asked)

    def lost(self, file: str, settings: Settings, reason: str) -> FileResult:
        """The result of a file whose check took its process down."""
        analyser = self.analyser(settings)
        return FileResult(file, tuple(_reported(analyser, [analyser.lost(file, reason)])), unread=True)


@dataclass
class _ProgramCheck:
    """The check of one program while it is under way."""

    analyser: Analyser
    program: Program
    checker: Checker
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    change: Change | None = None
    suppressed: list[tuple[Finding, Suppression]] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return self.analyser.settings

    def result(self) -> FileResult:
        """Analyse, repair where that is asked for, judge, and build where that is asked for."""
        analysis = self.analyser.analyse(self.program.file, self.program.text)
        if self.settings.fix is not FixMode.NONE:
            analysis = self._repair(analysis)
        self.suppressed += analysis.suppressed
        judged = (*analysis.judged, *self._broken_cells())
        chosen = [one for one in judged if self.analyser.reports(one.finding)]
        findings = [one.finding for one in chosen]
        if self.settings.offer_fixes:
            findings = with_fixes(self.analyser, analysis, chosen)
        if self.checker.site is not None:
            findings = self._build(self.checker.site, chosen, findings)
        layout_mattered = analysis.result.assumed_image_data_format is not None and (
            not self.settings.image_data_format.is_default or any(one.code.startswith("CL2") for one in findings)
        )
        return FileResult(
            self.program.file,
            tuple(told for one in findings if (told := self.program.told(one)) is not None),
            tuple(self.errors),
            tuple(self.notes),
            self.change,
            bool(analysis.result.unfinished),
            layout_mattered,
            unread=any(isinstance(one.observation.problem, SyntaxFault) for one in analysis.judged),
            about_keras=True,
            suppressed=tuple(self._suppressed()),
            used=analysis.used,
        )

    def _suppressed(self) -> Iterator[Finding]:
        """The findings that comments suppress, each with the place and the reason of its comment."""
        for finding, comment in self.suppressed:
            told = self.program.told(finding)
            if told is None:
                continue
            here = Location(finding.location.file, comment.line, 1, comment.line, 1)
            place = self.program.placed(here) or here
            where = f"cell {place.cell}, line {place.line}" if place.cell else f"line {place.line}"
            reason = f": {comment.reason}" if comment.reason else ""
            yield replace(told, suppressed=f"by the comment on {where}{reason}")

    def _broken_cells(self) -> tuple[Judged, ...]:
        file = self.program.file
        return self.analyser.judge(
            Observation(
                SyntaxFault(file, one.reason), Location(file, one.line, one.column, one.line, one.column), "static"
            )
            for one in self.program.problems
        )

    def _repair(self, analysis: Analysis) -> Analysis:
        source = self.program.source
        repaired = repair(self.analyser, analysis, self.settings.fix, self.checker.choose)
        for one in repaired.conflicts:
            where = (self.program.told(one) or one).location
            place = f"{where.home}:{where.line}"
            self.notes.append(f"{place}: the repair of {one.code} conflicts with another one and was not made")
        if repaired.analysis.text == self.program.text:
            return analysis
        written = False
        try:
            text = self.program.written(repaired.analysis.text)
            if not self.settings.diff:
                files.write_atomically(source.file, source.encode(text), source.data)
                written = True
        except files.FileProblem as problem:
            self.errors.append(str(problem))
            return analysis
        applied = tuple(told for one in repaired.applied if (told := self.program.told(one)) is not None)
        self.change = Change(source.file, source.text, text, applied, written)
        self.program = programs.from_source(replace(source, text=text, data=source.encode(text)))
        return repaired.analysis

    def _build(self, site: Site, chosen: Sequence[Judged], findings: Sequence[Finding]) -> list[Finding]:
        from convlint.building import is_built, merge
        from convlint.runtime.client import RuntimeUnavailable

        if not is_built(self.program.file):
            self.notes.append(f"{self.program.file}: --build runs no documents")
            return list(findings)
        try:
            built = site.build(self.program)
        except RuntimeUnavailable as error:
            self.errors.append(f"--build: {error}")
            self.checker.site = None
            return list(findings)
        self.notes += built.notes
        text = self.program.text
        merged = merge(self.analyser, chosen, findings, built)
        merged = site.without_refuted(self.program, merged)
        reported = [one for one in merged if one.source == "static" or self.analyser.reports(one)]
        return self._without_suppressed(text, reported)

    def _without_suppressed(self, text: str, findings: Sequence[Finding]) -> list[Finding]:
        """What comments leave of the findings of a build; a comment that suppresses one of them is not unused."""
        file = self.program.file
        texts = {file: text}
        used: set[int] = set()
        kept: list[Finding] = []
        for finding in findings:
            by = self.analyser.hits(finding, texts) if finding.source == "build" else []
            if by:
                self.suppressed.append((finding, by[0].suppression))
                used.update(hit.suppression.line for hit in by if finding.location.file == file)
            else:
                kept.append(finding)
        return [one for one in kept if one.code != "CL901" or one.location.line not in used]


def _reported(analyser: Analyser, judged: Iterable[Judged]) -> list[Finding]:
    return [
        one.finding
        for one in judged
        # A fault of convlint's own can't be selected away: it would look like a clean file.
        if analyser.reports(one.finding) or isinstance(one.observation.problem, InternalFault)
    ]
