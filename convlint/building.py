"""The runtime front end's part of a check: build what a file defines, and compare with the static findings."""

from __future__ import annotations

import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from convlint import files, programs
from convlint.analysis import Judged
from convlint.diagnosis import explain_failure
from convlint.edits import apply, touched_lines
from convlint.findings import Observation
from convlint.lazy import dataclass
from convlint.problems import BatchInInputShapeSilent, BuildFailed, StaticRuntimeDisagreement
from convlint.runtime.client import BuildReport, BuildTarget, Candidate, Workshop, find_candidates
from convlint.runtime.explain import explain
from convlint.runtime.lines import line_location
from convlint.shapes.dims import DYNAMIC, Dynamic
from convlint.shapes.shape import show_shape

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from types import TracebackType

    from convlint.analysis import Analyser
    from convlint.findings import Evidence, Finding, Fix, Location
    from convlint.programs import Program
    from convlint.runtime.reports import TracedCall


@dataclass(frozen=True)
class Built:
    """What building one file showed."""

    judged: tuple[Judged, ...] = ()
    reports: tuple[BuildReport, ...] = ()
    notes: tuple[str, ...] = ()

    def renamed(self, copy: str, file: str) -> Built:
        """The same of the file that a copy stands for."""

        def placed(place: Location) -> Location:
            return replace(place, file=file) if place.file == copy else place

        def followed(steps: Sequence[Evidence]) -> tuple[Evidence, ...]:
            return tuple(replace(step, location=placed(step.location)) for step in steps)

        judged = (
            Judged(
                replace(seen, location=placed(seen.location), evidence=followed(seen.evidence)),
                replace(found, location=placed(found.location), evidence=followed(found.evidence)),
            )
            for seen, found in ((one.observation, one.finding) for one in self.judged)
        )
        reports = (
            replace(one, calls=tuple(replace(call, file=file) if call.file == copy else call for call in one.calls))
            for one in self.reports
        )
        return Built(tuple(judged), tuple(reports), tuple(note.replace(copy, file) for note in self.notes))


@dataclass
class Site:
    """Where builds happen during one run: one warm worker for all files.

    Args:
        analyser: of the run.
        jobs: how many targets are built side by side.
    """

    analyser: Analyser
    jobs: int = 1
    _begun: dict[str, Future[list[BuildReport]]] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.workshop = Workshop(jobs=self.jobs)

    def __enter__(self) -> Site:
        self._stack.enter_context(self.workshop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for future in self._begun.values():
            future.cancel()
        self._stack.close()

    def begin(self, wanted: Sequence[str]) -> None:
        """Build programs ahead, side by side, where there is more than one job; :meth:`build` waits for them."""
        if self.jobs < 2:
            return
        pool = ThreadPoolExecutor(self.jobs)
        self._stack.callback(pool.shutdown, cancel_futures=True)
        for file in wanted:
            with suppress(files.FileProblem):
                source = files.read(file)
                if files.mentions_keras(source.data) and programs.from_source(source).is_plain:
                    self._begun[file] = pool.submit(self._reports, file)

    def build(self, program: Program) -> Built:
        """Run a file dry, and build every builder in it that needs no arguments.

        Raises:
            RuntimeUnavailable: Keras can't be imported.
        """
        if program.is_plain:
            return self._built(program.file, program.file)
        try:
            with _copied(program, program.text) as copy:
                return self._built(copy, program.file)
        except (OSError, files.FileProblem) as error:
            return Built(notes=(f"{program.file}: not built, because no copy of it could be made: {error}",))

    def _built(self, runs: str, file: str) -> Built:
        """What is said of a file, by running it or its copy."""
        notebook = file.lower().endswith(files.NOTEBOOKS)
        begun = self._begun.pop(runs, None)
        reports = begun.result() if begun is not None else self._reports(runs, notebook=notebook)
        skipped = [
            f"{one.name} (convlint inspect {runs}:{one.name} {' '.join(f'--arg {name}=…' for name in one.required)})"
            for one in _builders(runs, reports[0])
            if one.required
        ]
        found: list[Judged] = []
        notes: list[str] = []
        for report in reports:
            explained = judge_report(self.analyser, report)
            found += explained
            notes += [f"{report.target}: {note}" for note in _notes(report, bool(explained))]
        if skipped and not notebook:
            notes.append(f"{runs}: not built, because arguments are missing: {', '.join(skipped)}")
        return Built(_once(found), tuple(reports), tuple(notes)).renamed(runs, file)

    def _reports(self, file: str, *, notebook: bool = False) -> list[BuildReport]:
        """What a dry run of the file shows, then what each of its builders does that the run did not call."""
        script = self.workshop.run_script(self._target(file, notebook=notebook))
        builders = [one.name for one in _builders(file, script) if not one.required]
        built = [self.workshop.build(self._target(file, name, notebook=notebook), trains=False) for name in builders]
        # A module that fails as it did in the dry run says nothing of the builder.
        return [script, *(one for one in built if one.failure is None or not _same_end(one, script))]

    def without_refuted(self, program: Program, findings: Sequence[Finding]) -> list[Finding]:
        """The findings without the fixes that a build refutes.

        Only what the build confirmed can be refuted: the edited file, built again, still fails in
        the lines of the finding or in those that the fix wrote, and not by another fault that is
        known to be there.
        """
        kept: list[Finding] = []
        for one in findings:
            if one.confirmed:
                others = {
                    other.code for other in findings if other is not one and _overlap(other.location, one.location)
                }
                held = tuple(fix for fix in one.fixes if not fix.edits or not self._refuted(program, one, fix, others))
                kept.append(replace(one, fixes=held))
            else:
                kept.append(one)
        return kept

    def _refuted(self, program: Program, finding: Finding, fix: Fix, others: Collection[str]) -> bool:
        edited = apply(program.text, fix.edits)
        try:
            with _copied(program, edited) as copy:
                met = self._built(copy, program.file).judged
        except (OSError, files.FileProblem):
            return False
        shift = edited.count("\n") - program.text.count("\n")
        lines = set(touched_lines(fix.edits)) | {finding.location.line + shift}
        return any(
            one.finding.severity == "error" and one.finding.location.line in lines and one.finding.code not in others
            for one in met
            if one.finding.location.file == program.file
        )

    def _target(self, file: str, builder: str = "", *, notebook: bool = False) -> BuildTarget:
        settings = self.analyser.settings
        return BuildTarget(
            file,
            builder,
            image_data_format=settings.image_data_format.value,
            time_limit=settings.time_limit,
            memory_limit=settings.memory_limit,
            notebook=notebook,
        )


def is_built(file: str) -> bool:
    """Whether a file is a program that can be run: the blocks of a document are not meant to be."""
    return file.lower().endswith(files.SUFFIXES)


@contextmanager
def _copied(program: Program, text: str) -> Iterator[str]:
    """A file with this text, among links to what lies beside the program's own."""
    with tempfile.TemporaryDirectory(prefix="convlint-") as scratch:
        copy = Path(scratch, Path(program.file).with_suffix(".py").name)
        if program.file.lower().endswith(files.NOTEBOOKS):
            # What only IPython can tell ends the run there: nobody knows its value.
            copy.write_text(text.replace("= get_ipython()  #", "= get_ipython(None)  #"), "utf-8", "replace")
        else:
            copy.write_bytes(program.source.encode(text))
        for entry in Path(program.file).resolve().parent.iterdir():
            if entry.name not in (copy.name, "__pycache__"):
                Path(scratch, entry.name).symlink_to(entry)
        yield str(copy)


def _same_end(one: BuildReport, other: BuildReport) -> bool:
    """Whether two runs of a file ended by the same exception, on the same line outside of all functions."""
    first, second = one.failure, other.failure
    if first is None or second is None or not first.frames or not second.frames:
        return False
    places = [(end.core, end.frames[-1].line, end.frames[-1].function) for end in (first, second)]
    return places[0] == places[1] and places[0][2] == "<module>"


def _builders(file: str, script: BuildReport) -> Iterator[Candidate]:
    for candidate in find_candidates(Path(file)):
        if candidate.kind == "function" and candidate.name not in script.built:
            yield candidate


def _notes(report: BuildReport, explained: bool) -> Iterator[str]:
    """What a report says that no finding says."""
    if report.ok or explained or not report.message:
        return
    reason = report.message.splitlines()[0]
    yield f"the dry run ended early ({reason})" if report.dry_run and report.status == "raised" else reason


def judge_report(analyser: Analyser, report: BuildReport) -> tuple[Judged, ...]:
    """What a build or a dry run showed, as findings.

    Where the trace does not tell what ended it, and where the source tells it better, the source at the user's line
    speaks; where neither does, the message.
    """
    explained = analyser.judge(explain(report, analyser.registry.recognise))
    failure = report.failure
    if failure is None or report.status != "raised" or not failure.frames:
        return explained
    lines = {(frame.file, frame.line) for frame in failure.frames}
    ending = [
        one
        for one in explained
        if one.finding.severity == "error" and (one.finding.location.file, one.finding.location.line) in lines
    ]
    proved, told = explain_failure(analyser, failure)
    named = {one.finding.code for one in ending if not isinstance(one.observation.problem, BuildFailed)}
    if named and (proved is None or proved.code in named):
        return explained
    cause = proved or told
    if cause is None:
        return explained
    at = failure.frames[-1]
    problem = BuildFailed(at.function.strip("<>") or report.target, f"{failure.exception}: {failure.core}")
    observation = Observation(problem, line_location(at.file, at.line), "build", cause.symbol, cause.evidence)
    others = tuple(one for one in explained if one not in ending and one.finding.code != cause.code)
    return (*others, Judged(observation, replace(cause, location=observation.location, source="build", fixes=())))


def _once(found: Sequence[Judged]) -> tuple[Judged, ...]:
    """One finding for each fault and line: a dry run and a build meet the same ones."""
    first: dict[tuple[str, str, int], Judged] = {}
    for one in found:
        first.setdefault((one.finding.code, one.finding.location.file, one.finding.location.line), one)
    return tuple(first.values())


def merge(analyser: Analyser, static: Sequence[Judged], findings: Sequence[Finding], built: Built) -> list[Finding]:
    """Static findings confirmed or withdrawn by the build, and what only the build met.

    Args:
        analyser: of the run.
        static: the static observations, in the order of ``findings``.
        findings: their findings, with fixes.
        built: of the same file.
    """
    merged = list(findings)
    for index, (judged, finding) in enumerate(zip(static, findings)):
        if finding.severity == "error" and _contradicted(judged.observation, built.reports):
            merged[index] = _withdrawn(analyser, judged)
    for judged in built.judged:
        confirmed = _same_fault(judged, merged)
        if confirmed is None:
            confirmed = _told_at_compile(judged, merged)
        if confirmed is None:
            confirmed = _declared_batch(judged, static)
        if confirmed is None:
            merged.append(judged.finding)
        else:
            merged[confirmed] = replace(merged[confirmed], confirmed=True)
    return sorted(merged, key=lambda one: (one.location, one.code))


def _same_fault(judged: Judged, findings: Sequence[Finding]) -> int | None:
    """Index of the static finding that is the same fault: a line raises only once."""
    met = judged.finding
    near = [
        index
        for index, one in enumerate(findings)
        if one.source == "static" and one.code != "CL905" and _overlap(one.location, met.location)
    ]
    same = next((index for index in near if findings[index].code == met.code), None)
    if same is not None or met.severity != "error":
        return same
    if isinstance(judged.observation.problem, BuildFailed) or met.source == "build":
        return next((index for index in near if findings[index].severity == "error"), None)
    return None


def _told_at_compile(judged: Judged, findings: Sequence[Finding]) -> int | None:
    """Index of the only static warning of this rule: it stands where the model is compiled, above where it trains."""
    met = judged.finding
    if met.severity == "error":
        return None
    same = [index for index, one in enumerate(findings) if one.source == "static" and one.code == met.code]
    above = [index for index in same if findings[index].location.line < met.location.line]
    return above[0] if len(same) == len(above) == 1 else None


def _declared_batch(judged: Judged, static: Sequence[Judged]) -> int | None:
    """Index of the declared input shape that the data, met at last, does not fit."""
    met = judged.observation.problem
    if not isinstance(met, BuildFailed):
        return None
    for index, one in enumerate(static):
        problem = one.observation.problem
        if not isinstance(problem, BatchInInputShapeSilent):
            continue
        if show_shape((DYNAMIC, *problem.declared_shape)) in met.reason:
            return index
    return None


def _overlap(a: Location, b: Location) -> bool:
    return a.file == b.file and a.line <= b.end_line and b.line <= a.end_line


def _contradicted(observation: Observation, reports: Sequence[BuildReport]) -> bool:
    """Whether the very call that is said to raise came back, with the very shapes, every time it ran."""
    wanted = getattr(observation.problem, "input_shape", None)
    if not isinstance(wanted, tuple):
        return False
    place = observation.location
    calls = [
        call
        for report in reports
        for call in report.calls
        if call.direct and call.file == place.file and place.line <= call.line <= place.end_line
    ]
    return bool(calls) and all(call.ended and _on_shape(call, wanted) for call in calls)


def _on_shape(call: TracedCall, wanted: tuple[object, ...]) -> bool:
    shapes = [tensor.get("shape") for tensor in call.inputs]
    plain = [None if isinstance(dim, Dynamic) else dim for dim in wanted]
    return bool(shapes) and isinstance(shapes[0], list) and shapes[0] == plain


def _withdrawn(analyser: Analyser, judged: Judged) -> Finding:
    finding, observation = judged.finding, judged.observation
    problem = StaticRuntimeDisagreement(observation.problem.operation, finding.code, finding.message)
    return analyser.registry.finding(replace(observation, problem=problem, evidence=()))
