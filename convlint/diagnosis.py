"""From a log to causes: each error, the rule that explains it, the user's own line and the repair.

Three witnesses speak, the strongest first: the source at the user's line, analysed again; the shapes
that the message prints, held against the catalog; the wording, held against the rule pages.
"""

from __future__ import annotations

import ast
import os
import re
from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from convlint import files, programs
from convlint.findings import Evidence, Finding, Location
from convlint.lazy import dataclass
from convlint.messages import core_message
from convlint.repair import with_fixes
from convlint.shapes.dims import Unknown
from convlint.traceback.endings import EXPLANATIONS
from convlint.traceback.frames import Frame
from convlint.traceback.operations import read_operation, surroundings
from convlint.traceback.reading import Log, Raised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from convlint.analysis import Analyser, Analysis, Judged
    from convlint.rules.registry import Match, Registry
    from convlint.runtime.reports import Failure

MAX_SOURCE = 2_000_000
"""Bytes of a source file up to which it is analysed again."""
PASTED = "<pasted code>"
"""Stands for the file where a text names a line without one."""
MAX_CAUSES = 4
"""Possible causes that are told for one error."""
_NO_MESSAGE = re.compile(r"Warning\b|^\s*(?:\d{4}-\d\d-\d\d|[WI] tensorflow|[WI]\d{4} |WARNING)")
_GIVES_DATA = re.compile(
    r"\.(?:fit|evaluate|predict|(?:train|test|predict)_on_batch|(?:fit|evaluate|predict)_generator)\("
    r"|in (?:train|test|predict)_function\b"
)
"""A line that hands data to a model."""
_REFUSED_INPUT = re.compile(r"\bInput \d+ (?:with name|of layer) ")
"""A layer looks at its input before it is called: what stands around such a message is another layer or a model."""
_MODELS = ("Sequential", "Functional", "Model")
_ABOUT_LAYERS = "CL1"
_ABOUT_DATA = "CL5"
_CALL = re.compile(r"(?<![\w.])([A-Za-z_][\w.]*)\(")


class AnalyserFor(Protocol):
    """Gives the analyser under whose settings a file is looked at."""

    def __call__(self, file: str, data: bytes = b"", /) -> Analyser:
        """The analyser for a file with this content."""
        ...


@dataclass(frozen=True)
class Explained:
    """One error and what brought it about.

    Attributes:
        raised: the error as the text shows it.
        core: its innermost message.
        findings: causes, the likeliest first; empty where no rule knows the error.
        certain: whether the first cause is proved by the text or the source; else all are possible.
        advice: what would decide, or what to try where nothing is recognised.
    """

    raised: Raised
    core: str
    findings: tuple[Finding, ...]
    certain: bool
    advice: str = ""

    @property
    def recognised(self) -> bool:
        """Whether a rule explains the error."""
        return bool(self.findings)

    @property
    def place(self) -> str:
        """The user's line as it is printed, empty where the text names none."""
        frame = self.raised.user_frame
        if frame is None:
            return ""
        return f"{frame.file or PASTED}:{frame.line}" if frame.line else frame.file


@dataclass(frozen=True)
class Diagnosis:
    """What a text held.

    Attributes:
        errors: the last one first.
        sources: text of every file that findings speak about.
        lines: of the text.
    """

    errors: tuple[Explained, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    lines: int = 0


def diagnose(analyser_for: AnalyserFor, log: Log, name: str = "<text>") -> Diagnosis:
    """Explain every error of a log.

    Args:
        analyser_for: for a file, with its content where that is known.
        log: what was read.
        name: of the text; stands for the place where an error names none.
    """
    doctor = _Doctor(analyser_for, name)
    raised = log.errors or tuple(doctor.spoken(log.opening))
    explained = tuple(doctor.explain(one) for one in reversed(raised))
    named = {one.location.file for error in explained for one in error.findings}
    named |= {step.location.file for error in explained for one in error.findings for step in one.evidence}
    notebooks = {one.location.file for error in explained for one in error.findings if one.location.cell}
    cells = programs.texts(notebooks, {})
    return Diagnosis(explained, files.sources(named - {name, PASTED}) | cells, log.lines)


def explain_failure(analyser: Analyser, failure: Failure) -> tuple[Finding | None, Finding | None]:
    """What ended a build, as the source at the user's line proves it and as its message does; None where it does not.

    Args:
        analyser: of this run.
        failure: the exception that came out of the program.
    """
    frames = tuple(Frame(one.file, one.line, one.function, one.code) for one in failure.frames)
    raised = Raised(failure.exception, failure.message, frames)
    doctor = _Doctor(lambda *_: analyser, frames[-1].file if frames else "")
    proved = next(doctor.from_source(raised), None)
    told, certain = doctor.from_text(raised)
    match = told[0] if certain and told[0].judgement.severity == "error" else None
    return proved, doctor.finding(match, raised) if match is not None else None


@dataclass
class _Doctor:
    """Explains the errors of one text; each source file is analysed once."""

    analyser_for: AnalyserFor
    name: str
    analyses: dict[str, tuple[Analyser, Analysis]] = field(default_factory=dict)

    @cached_property
    def registry(self) -> Registry:
        """The rules: the same for every file."""
        return self.analyser_for(self.name).registry

    def _analysis(self, file: str, text: str, data: bytes) -> tuple[Analyser, Analysis]:
        if file not in self.analyses:
            analyser = self.analyser_for(file, data)
            self.analyses[file] = analyser, analyser.analyse(file, text)
        return self.analyses[file]

    def explain(self, raised: Raised) -> Explained:
        """The causes of one error."""
        core = core_message(raised.message)
        proved = tuple(self.from_source(raised))
        matches, certain = self.from_text(raised)
        if certain and matches[0].page.code.startswith(_ABOUT_LAYERS) and _on_data(raised):
            certain = False  # a layer refuses what the data brings: that the model is at fault is not proved
        findings = [self.finding(match, raised) for match in matches if match.judgement.severity == "error"]
        certain = certain and bool(findings)
        if proved:
            codes = {one.code for one in proved}
            findings = [*proved, *(one for one in findings if one.code not in codes and not certain)]
            certain = True
        findings = findings[:1] if certain else findings[:MAX_CAUSES]
        return Explained(raised, core, tuple(findings), certain, self._advice(raised, findings, certain))

    def spoken(self, lines: Sequence[str]) -> Iterator[Raised]:
        """Errors of a short text that holds the message alone, without the exception's name."""
        for number, line in enumerate(lines, 1):
            if len(line) > 20 and not _NO_MESSAGE.search(line):
                matches = self.registry.matches(line)
                if matches and matches[0].judgement.severity == "error":
                    yield Raised("", line.strip(), line=number)

    # --- witnesses --------------------------------------------------------------------------------

    def from_text(self, raised: Raised) -> tuple[tuple[Match, ...], bool]:
        """What the message and those of the exceptions before it say."""
        registry = self.registry
        best: tuple[tuple[Match, ...], bool] = ((), False)
        on_data = _on_data(raised)
        for one in (raised, *raised.earlier):
            known = _known(one, raised)
            if on_data:
                known.pop("input_shape", None)  # of the layer that refused; here the model's own is in question
            operation = read_operation(one.message)
            problems = operation.problems(str(known.get("operation", ""))) if operation is not None else ()
            if problems and not on_data:
                return tuple(map(registry.match_of, problems)), len(problems) == 1
            matches = registry.matches(_shown(one, raised), known, () if on_data else (_ABOUT_DATA,))
            if not matches and not on_data:
                matches = registry.matches(_shown(one, raised), known)
            if on_data:
                told = [*map(registry.match_of, problems), *matches]
                first: dict[str, Match] = {}
                for match in told:
                    first.setdefault(match.page.code, match)
                matches = tuple(sorted(first.values(), key=lambda match: not match.page.code.startswith(_ABOUT_DATA)))
            if matches and matches[0].certain:
                return matches, True
            best = best if best[0] else (matches, False)
        return best

    def from_source(self, raised: Raised) -> Iterator[Finding]:
        """What the static front end proves of the user's line, where the file is there and still the same."""
        frame = raised.user_frame
        if frame is None or not frame.line:
            return
        if self.name.endswith(".ipynb") and not os.path.isfile(frame.file):
            yield from self._from_cells(frame)
        if not frame.file.endswith(".py"):
            return
        for one in self._judged(frame):
            place = one.finding.location
            if one.finding.severity == "error" and place.line <= frame.line <= place.end_line:
                found = with_fixes(*self.analyses[frame.file], [one])[0]
                yield replace(found, source="traceback")

    def _from_cells(self, frame: Frame) -> Iterator[Finding]:
        """The same for a cell of the notebook that the error stands in: the one that has the printed line."""
        printed = " ".join(frame.source.split())
        try:
            program = programs.read(self.name)
        except files.FileProblem:
            return
        fitting = [
            cell.number
            for cell in program.cells
            if printed and frame.line <= len(cell.raw) and printed in " ".join(cell.raw[frame.line - 1].split())
        ]
        if len(fitting) != 1:
            return
        analyser, analysis = self._analysis(self.name, program.text, program.source.data)
        for one in analysis.judged:
            place = program.placed(one.finding.location)
            if place is None or place.cell != fitting[0] or not place.line <= frame.line <= place.end_line:
                continue
            told = program.told(with_fixes(analyser, analysis, [one])[0])
            if told is not None and told.severity == "error":
                yield replace(told, source="traceback")

    def _judged(self, frame: Frame) -> tuple[Judged, ...]:
        try:
            if not os.path.isfile(frame.file) or os.path.getsize(frame.file) > MAX_SOURCE:
                return ()
            source = files.read(frame.file)
            _, analysis = self._analysis(frame.file, source.text, source.data)
        except (OSError, ValueError, files.FileProblem):
            return ()
        lines = analysis.text.splitlines()
        printed = " ".join(frame.source.split())
        if frame.line > len(lines) or (printed and printed not in " ".join(lines[frame.line - 1].split())):
            return ()
        return analysis.judged

    # --- findings ---------------------------------------------------------------------------------

    def finding(self, match: Match, raised: Raised) -> Finding:
        frame = raised.user_frame
        place = self._place(frame, raised.line)
        steps = {
            (one.file, one.line): Evidence(
                self._place(one, raised.line), f"in {one.function}" if one.function else "here"
            )
            for one in raised.frames
            if not one.is_framework and one.line and (frame is None or (one.file, one.line) != (frame.file, frame.line))
        }
        evidence = tuple(steps.values())
        page = match.page
        return Finding(
            page.code, page.name, match.judgement.severity, match.message, place,
            frame.function if frame is not None else "", evidence, match.help, "traceback", page.path,
        )  # fmt: skip

    def _place(self, frame: Frame | None, line: int) -> Location:
        if frame is None or not frame.line:
            return Location(self.name, max(line, 1), 1, max(line, 1), 1)
        return Location(frame.file or PASTED, frame.line, 1, frame.line, 1)

    def _advice(self, raised: Raised, findings: Sequence[Finding], certain: bool) -> str:
        if certain:
            return ""
        frame = raised.user_frame
        there = frame is not None and os.path.isfile(frame.file)
        if findings:
            if there and frame is not None:
                return f"the shapes there; `convlint check --build {frame.file}` builds the model to see them."
            return "the source; run this where the program's files lie, or print the shapes in front of that line."
        if raised.exception in EXPLANATIONS:
            meaning, advice = EXPLANATIONS[raised.exception]
            return f"{meaning}. {advice}".strip()
        if not raised.complete:
            return "the text ends before the exception; its last lines say what went wrong."
        where = (
            f"look at {frame.file or 'the pasted code'}, line {frame.line}"
            if frame and frame.line
            else "find the last line of your own code"
        )
        tries = [f"{where}, and print what goes in there"]
        if there and frame is not None:
            tries.append(f"`convlint check --build {frame.file}`")
        tries.append("`keras.config.disable_traceback_filtering()` (Keras 3) shows the frames inside Keras")
        return "no rule knows this error. What to try: " + "; ".join(tries) + "."


def _on_data(raised: Raised) -> bool:
    """Whether a model was at work on data when the error came, and not being put together."""
    lines = (frame.source for frame in raised.frames if not frame.is_framework)
    around = surroundings(raised.message).layers
    inside = bool(around) and _REFUSED_INPUT.search(raised.message) is not None
    return inside or any(map(_GIVES_DATA.search, [*lines, raised.message])) or not set(around).isdisjoint(_MODELS)


def _shown(one: Raised, outer: Raised) -> str:
    """The error below the line that raised it, as Python's prompt shows both: what wordings may speak of."""
    frame = one.user_frame or outer.user_frame
    line = f">>> {frame.source}\n" if frame is not None and frame.source else ""
    return f"{line}{one.exception}: {one.message}"


def _known(one: Raised, outer: Raised) -> dict[str, object]:
    """Facts that stand around a message: the layer that was called, else the call on the user's line."""
    around = surroundings(one.message)
    known: dict[str, object] = {}
    frame = one.user_frame or outer.user_frame
    operation = around.layers[-1] if around.layers else called_in(frame.source) if frame is not None else ""
    if operation:
        known["operation"] = operation
    if not isinstance(around.input_shape, Unknown):
        known["input_shape"] = around.input_shape
    return known


def called_in(source: str) -> str:
    """The function or layer that a line of code calls; empty where it calls several, or none."""
    try:
        tree = ast.parse(source.strip().removeprefix("return ").rstrip(":"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        names = _CALL.findall(source[:500])
        return names[0] if len(names) == 1 else ""
    names = [
        ast.unparse(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    ]
    return names[0] if len(names) == 1 and _CALL.match(names[0] + "(") else ""
