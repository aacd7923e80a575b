"""What a notebook or another tool calls: check, inspect, compare, shapes.

::

    run = check_paths(["model.py"], Settings())
    for finding in run.findings:
        print(finding.code, finding.message)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from convlint import files, programs
from convlint.configuration import Configurations
from convlint.findings import Finding, Source
from convlint.lazy import dataclass
from convlint.pipeline import Progress, Run, check_paths, check_text
from convlint.results import Change
from convlint.settings import Settings, for_program

if TYPE_CHECKING:
    from convlint.analysis import Analyser
    from convlint.diagnosis import Diagnosis
    from convlint.runtime.client import BuildReport, BuildTarget, Comparison, Workshop
    from convlint.static.reading import KnownTensor
    from convlint.traceback.reading import Log

__all__ = [
    "Change", "Inspection", "Progress", "Run", "Shapes", "Suppressed", "add_suppressions", "check_paths", "check_text",
    "compare", "diagnose", "inspect", "inspect_all", "inspect_saved", "inspect_static", "shapes_of",
]  # fmt: skip


def _for_file(settings: Settings | Configurations | None, file: str, data: bytes = b"") -> Settings:
    """What holds for a file with this content."""
    settings = settings.for_file(file) if isinstance(settings, Configurations) else settings or Settings()
    return for_program(settings, data)


def _analyser(settings: Settings) -> Analyser:
    # What checks files that are known from an earlier run loads neither the analysis nor the rules.
    from convlint.analysis import Analyser
    from convlint.rules.registry import load

    return Analyser(settings, load())


# --- suppressions --------------------------------------------------------------------------------


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
    from convlint import suppressions

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


# --- shapes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shapes:
    """The tensors of one file.

    Attributes:
        file: as findings print it.
        text: of the file.
        tensors: those that got names, and those that layers gave; in the order of the source.
        findings: what is wrong in the file.
        cells: number and text of the code cells of a notebook.
    """

    file: str
    text: str
    tensors: tuple[KnownTensor, ...]
    findings: tuple[Finding, ...] = ()
    cells: tuple[tuple[int, str], ...] = ()

    @property
    def parts(self) -> tuple[tuple[int, str], ...]:
        """What lines are counted in: the cells of a notebook, or the file as cell 0."""
        return self.cells or ((0, self.text),)


def shapes_of(file: str, settings: Settings | Configurations | None = None) -> Shapes:
    """The shape of every tensor of a file that has a name or comes out of a layer.

    Args:
        file: a Python file, a notebook or a document.
        settings: as for :func:`check_paths`.

    Raises:
        convlint.files.FileProblem: the file can't be read or decoded.
    """
    program = programs.read(file)
    analyser = _analyser(_for_file(settings, file, program.source.data))
    analyser.static = replace(analyser.static, remember=True)
    analysis = analyser.analyse(file, program.text)
    findings = (program.told(one.finding) for one in analysis.judged if analyser.reports(one.finding))
    known = () if analysis.result.read is None else analysis.result.read().tensors
    placed = ((one, program.placed(one.location)) for one in known)
    return Shapes(
        file,
        program.source.text,
        tuple(replace(one, location=place) for one, place in placed if place is not None),
        tuple(one for one in findings if one is not None),
        tuple((cell.number, "\n".join(cell.raw)) for cell in program.cells if cell.number),
    )


# --- builds --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Inspection:
    """A model as the installed Keras built it, as its source tells it or as it was saved, and what is wrong with it."""

    report: BuildReport
    findings: tuple[Finding, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    source: Source = "build"


def inspect(
    target: BuildTarget, settings: Settings | Configurations | None = None, workshop: Workshop | None = None
) -> Inspection:
    """Build a target with the installed Keras, in a process of its own.

    Args:
        target: what to build.
        settings: as for :func:`check_paths`.
        workshop: where; a new one if None.

    Raises:
        convlint.runtime.client.RuntimeUnavailable: Keras can't be imported.
    """
    from convlint.building import judge_report
    from convlint.runtime.client import Workshop

    settings = _for_file(settings, target.file)
    analyser = _analyser(settings)
    with nullcontext(workshop) if workshop is not None else Workshop() as place:
        report = place.build(_limited(target, settings))
    findings = tuple(one.finding for one in judge_report(analyser, report) if analyser.reports(one.finding))
    return Inspection(report, findings, files.sources(_files_of(report, findings)))


def inspect_all(
    targets: Sequence[BuildTarget | str],
    settings: Settings | Configurations | None = None,
    *,
    static: bool = False,
    jobs: int = 1,
) -> Iterator[Inspection | files.FileProblem]:
    """Inspect targets, with one worker for those that are built.

    Args:
        targets: something to build, or the path of a saved model.
        settings: as for :func:`check_paths`.
        static: derive what could be built from its source instead.
        jobs: how many are built side by side.

    Yields:
        For each target, in order, what was found, or why it could not be read.

    Raises:
        convlint.runtime.client.RuntimeUnavailable: Keras can't be imported.
    """
    from concurrent.futures import ThreadPoolExecutor

    from convlint.runtime.client import Workshop

    def one(target: BuildTarget | str) -> Inspection | files.FileProblem:
        try:
            if isinstance(target, str):
                return inspect_saved(target, settings)
            return inspect_static(target, settings) if static else inspect(target, settings, workshop)
        except files.FileProblem as problem:
            return problem

    with Workshop(jobs=min(jobs, len(targets))) as workshop, ThreadPoolExecutor(workshop.jobs) as pool:
        yield from pool.map(one, targets) if workshop.jobs > 1 else map(one, targets)


def inspect_saved(file: str, settings: Settings | Configurations | None = None) -> Inspection:
    """Read a saved model or a weights file; nothing in it is run, imported or unpickled.

    Raises:
        convlint.files.FileProblem: it is no model, or broken.
    """
    from convlint.runtime.reports import BuildReport
    from convlint.saved.containers import Unreadable
    from convlint.saved.inspection import inspect_saved as read

    settings = _for_file(settings, file)
    analyser = _analyser(settings)
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


def diagnose(log: Log, settings: Settings | Configurations | None = None, name: str = "<text>") -> Diagnosis:
    """Explain the errors of a log.

    Args:
        log: of :func:`convlint.logs.read`, :func:`convlint.logs.run` or
            :func:`convlint.traceback.reading.read_log`.
        settings: as for :func:`check_paths`; those of a file hold for the errors on its lines.
        name: of the text.
    """
    from convlint.diagnosis import diagnose as explain

    analysers: dict[Settings, Analyser] = {}

    def analyser_for(file: str, data: bytes = b"") -> Analyser:
        wanted = _for_file(settings, file, data)
        if wanted not in analysers:
            analysers[wanted] = _analyser(wanted)
        return analysers[wanted]

    return explain(analyser_for, log, name)


def inspect_static(
    target: BuildTarget, settings: Settings | Configurations | None = None, *, text: str | None = None
) -> Inspection:
    """Derive a target's layers from its source; neither it nor Keras is imported.

    Args:
        target: what to derive.
        settings: as for :func:`check_paths`.
        text: the content of the file, where it is not what the disk holds.

    Raises:
        convlint.files.FileProblem: the file can't be read or decoded.
    """
    from convlint.runtime.discovery import find_candidates
    from convlint.runtime.reports import BuildReport
    from convlint.static.inspection import GivenInput, inspect_source

    text = files.read(target.file).text if text is None else text
    settings = _for_file(settings, target.file, text.encode("utf-8", "replace"))
    analyser = _analyser(settings)
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


def compare(first: BuildTarget, second: BuildTarget, settings: Settings | Configurations | None = None) -> Comparison:
    """Run two implementations over the same values; inputs stand in the first target.

    Args:
        first: what to run.
        second: the other one.
        settings: as for :func:`check_paths`.

    Raises:
        convlint.runtime.client.RuntimeUnavailable: Keras can't be imported.
        convlint.files.FileProblem: a saved model is none, or loading it would run code.
    """
    from convlint.runtime.client import Workshop

    for side in (first, second):
        if side.saved:
            _check_loadable(side.file)
    one, other = (_limited(side, _for_file(settings, side.file)) for side in (first, second))
    with Workshop() as workshop:
        return workshop.compare(one, other, first.inputs)


def _check_loadable(file: str) -> None:
    """Refuse what Keras would run code to load, before Keras sees it."""
    from convlint.saved.containers import Unreadable, open_content
    from convlint.saved.suspicion import suspicious

    try:
        content = open_content(file)
    except Unreadable as error:
        raise files.FileProblem(f"{file}: {error}") from error
    if content.config is None and content.kind != "savedmodel":
        raise files.FileProblem(f"{file}: it holds weights without a model, and there is nothing to call")
    found = next(iter(suspicious(content.config)), None)
    if found is not None or content.escapes:
        what = f"`{found[0] or file}` {found[1]}" if found is not None else "it holds entries outside its own folder"
        raise files.FileProblem(f"{file}: it is not loaded, because {what} (convlint inspect {file})")


def _limited(target: BuildTarget, settings: Settings) -> BuildTarget:
    return replace(
        target,
        image_data_format=settings.image_data_format.value,
        time_limit=settings.time_limit,
        memory_limit=settings.memory_limit,
    )
