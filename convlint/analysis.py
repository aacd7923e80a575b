"""One file, analysed and judged: the step that checking, verifying and fixing share."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from convlint import files, suppressions
from convlint.findings import Finding, Location, Observation
from convlint.lazy import dataclass
from convlint.problems import InternalFault, Problem, saved
from convlint.rules.registry import UnknownRule
from convlint.settings import reporting
from convlint.static.analysis import StaticResult, StaticSettings, analyse_source
from convlint.static.evidence import MAX_STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convlint.rules.registry import Registry
    from convlint.settings import Settings
    from convlint.static.disk import Disk
    from convlint.suppressions import Suppression


EXPLAINED_STEPS = 1_000
"""Steps of the path of a shape that are told at most."""


@dataclass(frozen=True)
class Judged:
    """An observation and the finding that it makes."""

    observation: Observation
    finding: Finding


@dataclass(frozen=True)
class Analysis:
    """What one file told.

    Attributes:
        file: as findings print it.
        text: what was analysed.
        judged: everything met, selected or not, in the order of the source; without what comments suppress, and
            without what rules say that are off by default and that nobody turned on.
        suppressed: the findings that comments suppress, each with its comment.
        used: comments in other files that suppressed something, by file and line.
        result: the static front end's answer.
    """

    file: str
    text: str
    judged: tuple[Judged, ...]
    result: StaticResult
    suppressed: tuple[tuple[Finding, Suppression], ...] = ()
    used: frozenset[tuple[str, int]] = frozenset()


class Analyser:
    """Analyses texts under the settings of one run.

    Args:
        disk: shared by the analyses of a run; a fresh one for each where not given.

    Raises:
        convlint.rules.registry.UnknownRule: ``select`` or ``ignore`` name no rule.
    """

    def __init__(self, settings: Settings, registry: Registry, disk: Disk | None = None) -> None:
        self.settings = settings
        self.disk = disk
        self.registry = registry
        here = Path.cwd()
        self.static = StaticSettings(
            image_data_format=settings.image_data_format.value,
            keras=settings.keras,
            roots=tuple(folder for folder in (here, here / "src") if folder.is_dir()),
            hooks=registry.hooks,
            wants=self._wants,
            path_steps=EXPLAINED_STEPS if settings.explain else MAX_STEPS,
        )
        self._meanings: dict[str, frozenset[str]] = {}
        if settings.names_rules:
            self.reporting  # noqa: B018  # tells at once what is wrong

    @cached_property
    def reporting(self) -> frozenset[str]:
        """Codes of the rules that report."""
        return reporting(self.registry, self.settings)

    @cached_property
    def _default(self) -> frozenset[str]:
        return frozenset(page.code for page in self.registry.pages if page.is_default)

    @cached_property
    def _elsewhere(self) -> frozenset[str]:
        """Codes of what the analysis of a source file does not find."""
        return frozenset(
            page.code
            for page in self.registry.pages
            if page.code.startswith("CL9") or set(page.judges) <= set(vars(saved))
        )

    @cached_property
    def _off(self) -> frozenset[str]:
        return frozenset(page.code for page in self.registry.pages if not page.is_default) - self.reporting

    def _wants(self, kind: type[Problem]) -> bool:
        """Whether anybody asked for the rule that judges this kind of problem."""
        return self.registry.judge_of(kind).code not in self._off

    def analyse(self, file: str, text: str) -> Analysis:
        """Analyse a text as the content of ``file``."""
        result = analyse_source(text, file, self.static, self.disk)
        judged = self.judge(result.observations)
        texts = {file: text}
        kept: list[Judged] = []
        hidden: list[tuple[Finding, list[suppressions.Hit]]] = []
        for one in judged:
            by = self.hits(one.finding, texts)
            if by:
                hidden.append((one.finding, by))
            else:
                kept.append(one)
        if suppressions.read(text):
            here = [(finding, by) for finding, by in hidden if finding.location.file == file]
            kept += self.judge(self._faults(file, text, here, complete=not result.unfinished))
        return Analysis(
            file,
            text,
            tuple(kept),
            result,
            tuple((finding, by[0].suppression) for finding, by in hidden if self.reports(finding)),
            frozenset(
                (os.path.realpath(finding.location.file), hit.suppression.line)
                for finding, by in hidden
                for hit in by
                if finding.location.file != file
            ),
        )

    def hits(self, finding: Finding, texts: dict[str, str]) -> list[suppressions.Hit]:
        """The comments that suppress a finding.

        Args:
            finding: in any file.
            texts: of files, as they are now; those that are missing are read and kept there.
        """
        if finding.code == "CL909":
            return []  # it would look like a clean file
        file = finding.location.file
        if file not in texts:
            texts.update(files.sources([file]) or {file: ""})
        found = suppressions.read(texts[file])
        return suppressions.hits(found, finding, self._meaning) if found else []

    def _faults(
        self, file: str, text: str, hidden: list[tuple[Finding, list[suppressions.Hit]]], *, complete: bool
    ) -> Iterable[Observation]:
        @cache
        def doubtful() -> frozenset[int]:
            weighed = analyse_source(text, file, replace(self.static, weigh=True), self.disk)
            return frozenset() if weighed.doubtful is None else weighed.doubtful

        ran = suppressions.Ran(
            self.reporting, self._elsewhere, self._default, complete, self.settings.callers_known, doubtful
        )
        return suppressions.faults(file, text, hidden, ran, self._meaning, self._nearest)

    def _meaning(self, word: str) -> frozenset[str]:
        if word not in self._meanings:
            try:
                pages = self.registry.select([word])
            except UnknownRule:
                pages = ()
            self._meanings[word] = frozenset(page.code for page in pages)
        return self._meanings[word]

    def _nearest(self, word: str) -> str:
        try:
            self.registry.select([word])
        except UnknownRule as error:
            return error.suggestion or ""
        return ""

    def judge(self, observations: Iterable[Observation]) -> tuple[Judged, ...]:
        """Observations with their findings; the same finding is kept once."""
        judged: dict[tuple[str, Location, str], Judged] = {}
        for observation in observations:
            finding = self.registry.finding(observation)
            if finding.code in self._off:
                continue
            judged.setdefault((finding.code, finding.location, finding.message), Judged(observation, finding))
        return tuple(judged.values())

    def reports(self, finding: Finding) -> bool:
        """Whether the rule of this finding is selected."""
        return finding.code in self.reporting

    def internal_fault(self, file: str, error: BaseException) -> Judged:
        """A bug of convlint's own, as a finding about the file that brought it to light."""
        return self.lost(file, f"{type(error).__name__}: {error}".strip().removesuffix(":"))

    def lost(self, file: str, reason: str) -> Judged:
        """That a file was not checked, through no fault of its own."""
        place = Location(file, 1, 1, 1, 1)
        return self.judge([Observation(InternalFault(file, reason), place, "static")])[0]
