"""What a notebook or another tool calls: check, inspect, compare, shapes.

::

    run = check_paths(["model.py"], Settings())
    for finding in run.findings:
        print(finding.code, finding.message)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from convlint import files, programs
from convlint.analysis import Analyser
from convlint.checking import Change, Checker, FileResult, unique
from convlint.configuration import Configurations
from convlint.findings import Finding, Source
from convlint.rules.registry import load
from convlint.settings import Settings

if TYPE_CHECKING:
    from convlint.diagnosis import Diagnosis
    from convlint.runtime.client import BuildReport, BuildTarget, Comparison
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
    """

    findings: tuple[Finding, ...] = ()
    files_checked: int = 0
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    unfinished: int = 0
    unread: tuple[str, ...] = ()

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
) -> Run:
    """Check files and folders.

    Args:
        paths: files, and folders that are searched.
        settings: the same for every file, or those of configuration files; defaults where not given.
        progress: told before each file.

    Raises:
        convlint.rules.registry.UnknownRule: ``select`` or ``ignore`` name no rule.
        convlint.configuration.ConfigurationError: a configuration file can't be used.
    """
    configurations = settings if isinstance(settings, Configurations) else None
    settings = settings.for_run() if isinstance(settings, Configurations) else settings or Settings()
    settings_for = (lambda _: settings) if configurations is None else configurations.for_file
    checker = Checker()
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
            results.append(checker.check(file, settings_for(file)))
    return _run_of(found, results, checker, settings_for)


def _run_of(
    found: files.Found, results: Sequence[FileResult], checker: Checker, settings_for: Callable[[str], Settings]
) -> Run:
    """What the results of all files, in the order of the files, come to."""
    findings = unique(
        one
        for result in results
        for one in result.findings
        # A finding in a module that this file imports is judged by the settings of that module.
        if one.location.file == result.file or checker.analyser(settings_for(one.location.file)).reports(one)
    )
    changes = tuple(result.change for result in results if result.change is not None)
    places = [place for one in findings for place in (one.location, *(step.location for step in one.evidence))]
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
