"""What a notebook or another tool calls: check, inspect, compare, shapes.

::

    run = check_paths(["model.py"], Settings())
    for finding in run.findings:
        print(finding.code, finding.message)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from convlint import files
from convlint.analysis import Analyser, Analysis, Judged
from convlint.findings import Finding, Location, Observation, Source
from convlint.problems import InternalFault, UnreadableFile
from convlint.repair import repair, with_fixes
from convlint.rules.registry import load
from convlint.settings import FixMode, Settings

if TYPE_CHECKING:
    from convlint.building import Site
    from convlint.diagnosis import Diagnosis
    from convlint.runtime.client import BuildReport, BuildTarget, Comparison
    from convlint.static.analysis import KnownTensor
    from convlint.traceback.reading import Log

Progress = Callable[[int, int, str], None]
"""Called before each file with the number done, the number of all, and the file."""


@dataclass(frozen=True)
class Change:
    """A file that fixes changed, or would change.

    Attributes:
        before: text as it was.
        after: text with the fixes.
        repaired: the findings that are gone.
        written: whether the file holds ``after`` now.
    """

    file: str
    before: str
    after: str
    repaired: tuple[Finding, ...]
    written: bool


@dataclass(frozen=True)
class Run:
    """What a check brought.

    Attributes:
        findings: those that remain, by file and line.
        files_checked: files looked at, those included that don't mention Keras.
        errors: what convlint could not do, one sentence each.
        notes: what a user may want to know: assumptions, what was not built.
        changes: what fixes changed.
        sources: text of every file that findings speak about.
        unfinished: how many files could not be analysed to their end; CL906 says where and why.
    """

    findings: tuple[Finding, ...] = ()
    files_checked: int = 0
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    unfinished: int = 0

    @property
    def exit_code(self) -> int:
        """0 nothing found, 1 findings or pending changes, 2 convlint could not do its work."""
        if self.errors:
            return 2
        return 1 if self.findings or any(not change.written for change in self.changes) else 0


@dataclass
class _Check:
    """A run while it is under way."""

    analyser: Analyser
    site: Site | None = None
    findings: list[Finding] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    layout_mattered: bool = False
    unfinished: int = 0

    @property
    def settings(self) -> Settings:
        return self.analyser.settings

    def check(self, file: str) -> None:
        """Check one file; whatever goes wrong in here, the next one is checked."""
        try:
            source = files.read(file)
        except files.FileProblem as problem:
            place = Location(file, 1, 1, 1, 1)
            self._report(self.analyser.judge([Observation(UnreadableFile(file, str(problem)), place, "static")]))
            return
        if not files.mentions_keras(source.data):
            return
        self.sources[file] = source.text
        try:
            self._check_source(source)
        except Exception as error:  # a bug of ours becomes CL909 and costs no other file its findings
            if os.environ.get("CONVLINT_DEBUG"):
                raise
            self._report([self.analyser.internal_fault(file, error)])

    def _check_source(self, source: files.SourceText) -> None:
        analysis = self.analyser.analyse(source.file, source.text)
        if self.settings.fix is not FixMode.NONE:
            analysis = self._repair(source, analysis)
        chosen = [one for one in analysis.judged if self.analyser.reports(one.finding)]
        findings = [one.finding for one in chosen]
        if self.settings.offer_fixes:
            findings = with_fixes(self.analyser, analysis, chosen)
        if self.site is not None:
            findings = self._build(source.file, chosen, findings)
        self.findings += findings
        self.unfinished += bool(analysis.result.unfinished)
        if analysis.result.assumed_image_data_format is not None and (
            not self.settings.image_data_format.is_default or any(one.code.startswith("CL2") for one in findings)
        ):
            self.layout_mattered = True

    def _repair(self, source: files.SourceText, analysis: Analysis) -> Analysis:
        repaired = repair(self.analyser, analysis, self.settings.fix)
        if repaired.analysis.text == source.text:
            return analysis
        written = False
        if not self.settings.diff:
            try:
                files.write_atomically(source.file, source.encode(repaired.analysis.text), source.data)
            except files.FileProblem as problem:
                self.errors.append(str(problem))
                return analysis
            written = True
        after = repaired.analysis
        self.changes.append(Change(source.file, source.text, after.text, repaired.applied, written))
        self.sources[source.file] = after.text
        return after

    def _build(self, file: str, chosen: Sequence[Judged], findings: Sequence[Finding]) -> list[Finding]:
        from convlint.building import merge
        from convlint.runtime.client import RuntimeUnavailable

        assert self.site is not None
        try:
            built = self.site.build(file)
        except RuntimeUnavailable as error:
            self.errors.append(f"--build: {error}")
            self.site = None
            return list(findings)
        self.notes += built.notes
        merged = merge(self.analyser, chosen, findings, built)
        merged = self.site.without_refuted(file, self.sources[file], merged)
        return [one for one in merged if one.source == "static" or self.analyser.reports(one)]

    def _report(self, judged: Iterable[Judged]) -> None:
        self.findings += [
            one.finding
            for one in judged
            # A fault of convlint's own can't be selected away: it would look like a clean file.
            if self.analyser.reports(one.finding) or isinstance(one.observation.problem, InternalFault)
        ]


def check_paths(
    paths: Sequence[str | os.PathLike[str]], settings: Settings | None = None, progress: Progress | None = None
) -> Run:
    """Check files and folders.

    Args:
        paths: files, and folders that are searched.
        settings: defaults where not given.
        progress: told before each file.

    Raises:
        convlint.rules.registry.UnknownRule: ``select`` or ``ignore`` name no rule.
    """
    settings = settings or Settings()
    check = _Check(Analyser(settings, load()))
    found = files.find(paths)
    check.errors += found.errors
    with ExitStack() as stack:
        if settings.build:
            from convlint.building import Site

            check.site = stack.enter_context(Site(check.analyser))
        for done, file in enumerate(found.files):
            if progress is not None:
                progress(done, len(found.files), file)
            check.check(file)
    if check.layout_mattered:
        layout = settings.image_data_format
        check.notes.insert(0, f"image_data_format is taken to be {layout.value} ({layout.origin})")
    findings = _unique(check.findings)
    others = {step.location.file for one in findings for step in one.evidence} | {one.location.file for one in findings}
    return Run(
        tuple(findings),
        len(found.files),
        tuple(check.errors),
        tuple(dict.fromkeys(check.notes)),
        tuple(check.changes),
        check.sources | files.sources(others - set(check.sources)),
        check.unfinished,
    )


def _unique(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in order; what two files told about a module that both import is told once."""
    kept: dict[tuple[str, str, int, int, str], Finding] = {}
    for one in findings:
        place = one.location
        key = (one.code, os.path.realpath(place.file), place.line, place.column, one.message)
        if key not in kept or (one.fixes and not kept[key].fixes) or one.confirmed:
            kept[key] = one
    return sorted(kept.values(), key=lambda one: (one.location, one.code))


# --- shapes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shapes:
    """The tensors of one file that have names."""

    file: str
    text: str
    tensors: tuple[KnownTensor, ...]
    findings: tuple[Finding, ...] = ()


def shapes_of(file: str, settings: Settings | None = None) -> Shapes:
    """The shape of every named tensor of a file.

    Raises:
        convlint.files.FileProblem: the file can't be read or decoded.
    """
    settings = settings or Settings()
    analyser = Analyser(settings, load())
    source = files.read(file)
    analysis = analyser.analyse(file, source.text)
    findings = tuple(one.finding for one in analysis.judged if analyser.reports(one.finding))
    return Shapes(file, source.text, analysis.result.tensors, findings)


# --- builds --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Inspection:
    """A model as the installed Keras built it, as its source tells it or as it was saved, and what is wrong with it."""

    report: BuildReport
    findings: tuple[Finding, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    source: Source = "build"


def inspect(target: BuildTarget, settings: Settings | None = None) -> Inspection:
    """Build a target with the installed Keras, in a process of its own.

    Raises:
        convlint.runtime.client.RuntimeUnavailable: Keras can't be imported.
    """
    from convlint.runtime.client import Workshop
    from convlint.runtime.explain import explain

    settings = settings or Settings()
    analyser = Analyser(settings, load())
    with Workshop() as workshop:
        report = workshop.build(_limited(target, settings))
    judged = analyser.judge(explain(report, analyser.registry.recognise))
    findings = tuple(one.finding for one in judged if analyser.reports(one.finding))
    return Inspection(report, findings, files.sources({one.location.file for one in findings} | {target.file}))


def inspect_saved(file: str, settings: Settings | None = None) -> Inspection:
    """Read a saved model or a weights file; nothing in it is run, imported or unpickled.

    Raises:
        convlint.files.FileProblem: it is no model, or broken.
    """
    from convlint.runtime.reports import BuildReport
    from convlint.saved.containers import Unreadable
    from convlint.saved.inspection import inspect_saved as read

    settings = settings or Settings()
    analyser = Analyser(settings, load())
    layout = settings.image_data_format.value
    try:
        found = read(file, layout, settings.keras)
    except Unreadable as error:
        raise files.FileProblem(f"{file}: {error}") from error
    judged = analyser.judge(found.observations)
    report = BuildReport(
        file, file, "built", model=found.model, image_data_format=layout, layers=found.layers, params=found.params,
        notes=found.notes,
    )  # fmt: skip
    return Inspection(report, tuple(one.finding for one in judged if analyser.reports(one.finding)), source="saved")


def diagnose(log: Log, settings: Settings | None = None, name: str = "<text>") -> Diagnosis:
    """Explain the errors of a log.

    Args:
        log: of :func:`convlint.logs.read`, :func:`convlint.logs.run` or
            :func:`convlint.traceback.reading.read_log`.
        settings: defaults where not given.
        name: of the text.
    """
    from convlint.diagnosis import diagnose as explain

    return explain(Analyser(settings or Settings(), load()), log, name)


def inspect_static(target: BuildTarget, settings: Settings | None = None) -> Inspection:
    """Derive a target's layers from its source; neither it nor Keras is imported.

    Raises:
        convlint.files.FileProblem: the file can't be read or decoded.
    """
    from convlint.runtime.discovery import find_candidates
    from convlint.runtime.reports import BuildReport
    from convlint.static.inspection import GivenInput, inspect_source

    settings = settings or Settings()
    analyser = Analyser(settings, load())
    source = files.read(target.file)
    candidates = tuple(candidate.name for candidate in find_candidates(Path(target.file)))
    layout = settings.image_data_format.value
    report = BuildReport(str(target), target.file, "no-such-builder", image_data_format=layout, candidates=candidates)
    builder = target.builder or (candidates[0] if len(candidates) == 1 else "")
    if not builder:
        which = f"it has {', '.join(candidates)}" if candidates else "none was found in it"
        message = f"{Path(target.file).name} needs a builder's name: {which}"
        return Inspection(replace(report, message=message), source="static")
    inputs = [GivenInput(one.shape, one.name, one.dtype) for one in target.inputs]
    found = inspect_source(
        source.text,
        target.file,
        builder,
        analyser.static,
        arguments=target.arguments,
        inputs=inputs,
        candidates=candidates,
    )
    judged = analyser.judge(found.observations)
    findings = tuple(one.finding for one in judged if analyser.reports(one.finding))
    report = replace(
        report,
        status=found.status,
        message=found.message,
        model=found.model,
        layers=found.layers,
        params=found.params,
        missing=found.missing,
        notes=found.notes,
    )
    files_named = {one.location.file for one in findings} | {target.file}
    return Inspection(report, findings, files.sources(files_named), "static")


def compare(first: BuildTarget, second: BuildTarget, settings: Settings | None = None) -> Comparison:
    """Run two implementations over the same values; inputs stand in the first target.

    Raises:
        convlint.runtime.client.RuntimeUnavailable: Keras can't be imported.
    """
    from convlint.runtime.client import Workshop

    settings = settings or Settings()
    with Workshop() as workshop:
        return workshop.compare(_limited(first, settings), _limited(second, settings), first.inputs)


def _limited(target: BuildTarget, settings: Settings) -> BuildTarget:
    return replace(
        target,
        image_data_format=settings.image_data_format.value,
        time_limit=settings.time_limit,
        memory_limit=settings.memory_limit,
    )
