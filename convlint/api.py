"""What a notebook or another tool calls: check, inspect, compare, shapes.

::

    run = check_paths(["model.py"], Settings())
    for finding in run.findings:
        print(finding.code, finding.message)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from convlint import baseline as baselines
from convlint import files, programs, suppressions
from convlint.analysis import Analyser
from convlint.checking import Change, Checker, FileResult, unique
from convlint.configuration import Configurations
from convlint.findings import Finding, Source
from convlint.rules.registry import load
from convlint.settings import FixMode, Settings

if TYPE_CHECKING:
    from convlint.diagnosis import Diagnosis
    from convlint.repair import Choice
    from convlint.runtime.client import BuildReport, BuildTarget, Comparison, Workshop
    from convlint.static.analysis import KnownTensor
    from convlint.traceback.reading import Log

Progress = Callable[[int, int, str], None]
"""Called before each file with the number done, the number of all, and the file."""


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
        unread: files that could not be read or parsed, so that nothing in them was checked.
        suppressed: findings that are not counted; ``Finding.suppressed`` says why.
    """

    findings: tuple[Finding, ...] = ()
    files_checked: int = 0
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    unfinished: int = 0
    unread: tuple[str, ...] = ()
    suppressed: tuple[Finding, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 nothing found, 1 findings or pending changes, 2 convlint could not do its work."""
        if self.errors:
            return 2
        return 1 if self.findings or any(not change.written for change in self.changes) else 0


def check_paths(
    paths: Sequence[str | os.PathLike[str]],
    settings: Settings | Configurations | None = None,
    progress: Progress | None = None,
    choose: Choice | None = None,
) -> Run:
    """Check files and folders.

    Args:
        paths: files, and folders that are searched.
        settings: the same for every file, or those of configuration files; defaults where not given.
        progress: told before each file.
        choose: asked about each repair before it is made.

    Raises:
        convlint.rules.registry.UnknownRule: ``select`` or ``ignore`` name no rule.
        convlint.configuration.ConfigurationError: a configuration file can't be used.
    """
    configurations = settings if isinstance(settings, Configurations) else None
    settings = settings.for_run() if isinstance(settings, Configurations) else settings or Settings()
    settings_for = (lambda _: settings) if configurations is None else configurations.for_file
    known = baselines.read(settings.baseline) if settings.baseline else None
    checker = Checker()
    checker.choose = choose
    analyser = checker.analyser(settings)
    found = files.find(paths, configurations)
    results: list[FileResult] = []
    with ExitStack() as stack:
        if settings.build:
            from convlint.building import Site

            checker.site = stack.enter_context(Site(analyser))
        for done, file in enumerate(found.files):
            if progress is not None:
                progress(done, len(found.files), file)
            own = replace(settings_for(file), callers_known=file in found.searched)
            results.append(checker.check(file, own))
    run = _run_of(found, results, checker, settings_for)
    if known is None:
        return run

    def was_judged(file: str, code: str, source: str) -> bool:
        """Whether this run would have found it there, whoever calls the functions of that file."""
        result = complete.get(os.path.realpath(file))
        if result is None or (source == "build" and not settings.build):
            return False
        return code in checker.analyser(settings_for(result.file)).reporting

    complete = {
        os.path.realpath(result.file): result
        for result in results
        if result.file in found.searched and not result.unread and not result.unfinished
    }
    return _with_baseline(run, known, analyser, was_judged)


def check_text(data: bytes, file: str, settings: Settings | Configurations | None = None) -> Run:
    """Check a text that stands for a file; nothing is written.

    Args:
        data: the content.
        file: its name: findings print it, its ending says how the content is read, configuration and imports are
            looked up beside it. It need not exist.
        settings: as for :func:`check_paths`; of fixes ``Run.changes`` tells what they would change.
    """
    for_run = settings.for_run() if isinstance(settings, Configurations) else settings or Settings()
    settings_for = settings.for_file if isinstance(settings, Configurations) else lambda _: for_run
    known = baselines.read(for_run.baseline) if for_run.baseline else None
    checker = Checker()
    result = checker.check(file, replace(settings_for(file), diff=True), data)
    run = _run_of(files.Found((file,)), [result], checker, settings_for)
    try:
        text = run.changes[0].after if run.changes else files.decode(file, data).text
        source = files.SourceText(file, text, "utf-8", b"", data)
        run = replace(run, sources=run.sources | programs.from_source(source).texts())
    except files.FileProblem:
        pass  # it is a finding
    return run if known is None else _with_baseline(run, known, checker.analyser(for_run), lambda *_: False)


def _with_baseline(
    run: Run, baseline: baselines.Baseline, analyser: Analyser, was_judged: Callable[[str, str, str], bool]
) -> Run:
    """A run without the findings that a baseline knows, and with what no longer occurs (CL907)."""
    from convlint.fixes import propose

    applied = baselines.apply(baseline, run.findings, run.sources)
    run = replace(run, findings=applied.new, suppressed=tuple(unique((*run.suppressed, *applied.known))))
    stale: dict[baselines.Entry, Finding] = {}
    for entry, observation in baselines.stale_observations(baseline, applied.stale, was_judged):
        for one in analyser.judge([observation]):
            if analyser.reports(one.finding):
                fixes = tuple(replace(fix, verified=True) for fix in propose(observation))
                stale[entry] = replace(one.finding, fixes=fixes)
    if not stale:
        return run
    if analyser.settings.fix is FixMode.NONE:
        sources = run.sources | {baseline.file: baseline.text}
        return replace(run, findings=tuple(unique((*run.findings, *stale.values()))), sources=sources)
    text = baselines.without(baseline, stale)
    written = not analyser.settings.diff
    if written:
        try:
            files.write_atomically(baseline.file, text.encode(), Path(baseline.file).read_bytes())
        except (files.FileProblem, OSError) as problem:
            return replace(run, errors=(*run.errors, str(problem)))
    change = Change(baseline.file, baseline.text, text, tuple(stale.values()), written)
    return replace(run, changes=(*run.changes, change))


@dataclass(frozen=True)
class Suppressed:
    """What writing suppressions brought.

    Attributes:
        findings: those that comments suppress now.
        files: that were changed.
        errors: what could not be suppressed, one sentence each.
    """

    findings: tuple[Finding, ...] = ()
    files: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def add_suppressions(
    paths: Sequence[str | os.PathLike[str]],
    settings: Settings | Configurations | None = None,
    reason: str = "",
    progress: Progress | None = None,
) -> Suppressed:
    """Write a comment behind the line of every finding, so that the next check does not tell it.

    Args:
        paths: files, and folders that are searched.
        settings: as for :func:`check_paths`.
        reason: put behind each comment.
        progress: told before each file.
    """
    configurations = settings if isinstance(settings, Configurations) else None
    run = check_paths(paths, settings, progress)
    inside = {os.path.realpath(file) for file in files.find(paths, configurations).files}
    by_file: dict[str, list[Finding]] = {}
    errors = list(run.errors)
    for one in run.findings:
        if one.code.startswith("CL9"):
            errors.append(f"{one.location.home}:{one.location.line}: {one.code} is not suppressed: {one.message}")
        elif os.path.realpath(one.location.file) not in inside:
            errors.append(f"{one.location.home}:{one.location.line}: {one.code} lies in a file that is not checked")
        else:
            by_file.setdefault(one.location.file, []).append(one)
    done: list[Finding] = []
    changed: list[str] = []
    for file, findings in by_file.items():
        try:
            program = programs.read(file)
            places = [program.unplaced(one.location) for one in findings]
            text, left = suppressions.with_suppressions(
                program.text, [(place, one.code) for place, one in zip(places, findings)], reason
            )
            homeless = [one for place, one in zip(places, findings) if place in left]
            if text != program.text:
                source = program.source
                files.write_atomically(file, source.encode(program.written(text)), source.data)
                changed.append(file)
        except files.FileProblem as problem:
            errors.append(str(problem))
            continue
        done += [one for one in findings if one not in homeless]
        errors += [f"{file}:{one.location.line}: no place for a comment about {one.code}" for one in homeless]
    return Suppressed(tuple(done), tuple(changed), tuple(errors))


def _run_of(
    found: files.Found, results: Sequence[FileResult], checker: Checker, settings_for: Callable[[str], Settings]
) -> Run:
    """What the results of all files, in the order of the files, come to."""
    used = frozenset[tuple[str, int]]().union(*(result.used for result in results))

    def counts(one: Finding, file: str) -> bool:
        place = one.location
        if one.code == "CL901" and (os.path.realpath(place.file), place.line) in used:
            return False  # a file that imports this one needs the comment
        # A finding in a module that the checked file imports is judged by the settings of that module.
        return place.file == file or checker.analyser(settings_for(place.file)).reports(one)

    findings = unique(one for result in results for one in result.findings if counts(one, result.file))
    suppressed = unique(one for result in results for one in result.suppressed if counts(one, result.file))
    changes = tuple(result.change for result in results if result.change is not None)
    places = [
        place for one in (*findings, *suppressed) for place in (one.location, *(step.location for step in one.evidence))
    ]
    return Run(
        tuple(findings),
        len(found.files),
        (*found.errors, *(error for result in results for error in result.errors)),
        tuple(dict.fromkeys(_notes(results, settings_for))),
        changes,
        programs.texts(
            {place.file for place in places} | {change.file for change in changes},
            {change.file: change.after for change in changes},
        ),
        sum(result.unfinished for result in results),
        tuple(result.file for result in results if result.unread),
        tuple(suppressed),
    )


def _notes(results: Sequence[FileResult], settings_for: Callable[[str], Settings]) -> Iterator[str]:
    for result in results:
        settings = settings_for(result.file)
        if result.layout_mattered:
            layout = settings.image_data_format
            yield f"image_data_format is taken to be {layout.value} ({layout.origin})"
        if result.about_keras and settings.keras < 3:
            yield f"Keras {settings.keras} is taken for granted ({settings.keras_origin}); --keras 3 checks for Keras 3"
    for result in results:
        yield from result.notes


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
    text = programs.read(file).text
    analysis = analyser.analyse(file, text)
    findings = tuple(one.finding for one in analysis.judged if analyser.reports(one.finding))
    return Shapes(file, text, analysis.result.tensors, findings)


# --- builds --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Inspection:
    """A model as the installed Keras built it, as its source tells it or as it was saved, and what is wrong with it."""

    report: BuildReport
    findings: tuple[Finding, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    source: Source = "build"


def inspect(target: BuildTarget, settings: Settings | None = None, workshop: Workshop | None = None) -> Inspection:
    """Build a target with the installed Keras, in a process of its own.

    Args:
        target: what to build.
        settings: defaults where not given.
        workshop: where; a new one if None.

    Raises:
        convlint.runtime.client.RuntimeUnavailable: Keras can't be imported.
    """
    from convlint.runtime.client import Workshop
    from convlint.runtime.explain import explain

    settings = settings or Settings()
    analyser = Analyser(settings, load())
    with nullcontext(workshop) if workshop is not None else Workshop() as place:
        report = place.build(_limited(target, settings))
    judged = analyser.judge(explain(report, analyser.registry.recognise))
    findings = tuple(one.finding for one in judged if analyser.reports(one.finding))
    return Inspection(report, findings, files.sources(_files_of(report, findings)))


def inspect_all(
    targets: Iterable[BuildTarget | str], settings: Settings | None = None, *, static: bool = False
) -> Iterator[Inspection | files.FileProblem]:
    """Inspect targets one after the other, with one worker for those that are built.

    Args:
        targets: something to build, or the path of a saved model.
        settings: defaults where not given.
        static: derive what could be built from its source instead.

    Yields:
        For each target what was found, or why it could not be read.

    Raises:
        convlint.runtime.client.RuntimeUnavailable: Keras can't be imported.
    """
    with ExitStack() as stack:
        workshop: Workshop | None = None
        for target in targets:
            try:
                if isinstance(target, str):
                    yield inspect_saved(target, settings)
                elif static:
                    yield inspect_static(target, settings)
                else:
                    if workshop is None:
                        from convlint.runtime.client import Workshop

                        workshop = stack.enter_context(Workshop())
                    yield inspect(target, settings, workshop)
            except files.FileProblem as problem:
                yield problem


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
        graph=found.graph, notes=found.notes,
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


def inspect_static(target: BuildTarget, settings: Settings | None = None, *, text: str | None = None) -> Inspection:
    """Derive a target's layers from its source; neither it nor Keras is imported.

    Args:
        target: what to derive.
        settings: defaults where not given.
        text: the content of the file, where it is not what the disk holds.

    Raises:
        convlint.files.FileProblem: the file can't be read or decoded.
    """
    from convlint.runtime.discovery import find_candidates
    from convlint.runtime.reports import BuildReport
    from convlint.static.inspection import GivenInput, inspect_source

    settings = settings or Settings()
    analyser = Analyser(settings, load())
    text = files.read(target.file).text if text is None else text
    candidates = tuple(candidate.name for candidate in find_candidates(text))
    layout = settings.image_data_format.value
    report = BuildReport(str(target), target.file, "no-such-builder", image_data_format=layout, candidates=candidates)
    builder = target.builder or (candidates[0] if len(candidates) == 1 else "")
    if not builder:
        which = f"it has {', '.join(candidates)}" if candidates else "none was found in it"
        message = f"{Path(target.file).name} needs a builder's name: {which}"
        return Inspection(replace(report, message=message), source="static")
    inputs = [GivenInput(one.shape, one.name, one.dtype) for one in target.inputs]
    found = inspect_source(
        text,
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
        graph=found.graph,
        missing=found.missing,
        notes=found.notes,
    )
    return Inspection(report, findings, files.sources(_files_of(report, findings)), "static")


def _files_of(report: BuildReport, findings: Iterable[Finding]) -> set[str]:
    """The files whose text a picture of the model shows."""
    called = {box.file for box in report.graph.boxes if box.file}
    return called | {one.location.file for one in findings} | {report.file}


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
