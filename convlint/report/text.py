"""For people: the finding, the path of the shape through the source, what to do, and the repair.

::

    model.py:12:5: error CL101 channel-mismatch: `conv1` was built for 1 input channels and receives 3
       8 | x = keras.Input((28, 28, 3))   x: (None, 28, 28, 3)
      12 | y = conv1(x)
         |     ^^^^^^^^
      help: give color images a layer of their own
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from typing import TYPE_CHECKING, TextIO

from convlint.edits import apply, split_lines
from convlint.lazy import dataclass
from convlint.report import View
from convlint.report.console import console_for
from convlint.report.plain import TAB, chop, columns, cut, one_line, printable, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from convlint.findings import Edit, Evidence, Finding, Fix, Location

SEVERITY_STYLES = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}
APPLICABILITY = {
    "safe": "fix (--fix)",
    "unsafe": "fix (--unsafe-fixes)",
    "display": "suggestion",
}
MAX_SPAN_LINES = 6
"""Lines of one expression that are shown."""
MAX_DIFF_LINES = 14
"""Lines of a repair that are shown."""
MAX_STEP_LINES = 4
"""Lines of the shape's path that are shown, the nearest to the fault; JSON has them all."""
PIPE_WIDTH = 200
"""Columns after which source lines are cut in a pipe."""


def write(findings: Sequence[Finding], out: TextIO, view: View = View()) -> None:  # noqa: B008  # frozen
    """Write all findings, an empty line between them."""
    if not findings:
        return  # rich takes as long to load as a run over files that are known
    console = console_for(out, view)
    for index, finding in enumerate(findings):
        if index:
            _line(console)
        _Block(console, view, finding).write()


def _line(console: Console, *parts: tuple[str, str]) -> None:
    from rich.text import Text

    console.print(Text.assemble(*parts), soft_wrap=True)


@dataclass
class _Block:
    """One finding on its way to the console."""

    console: Console
    view: View
    finding: Finding

    def write(self) -> None:
        self._headline()
        self._frames()
        if self.finding.suppressed:
            self._paragraph("suppressed", self.finding.suppressed, "magenta")
        if self.finding.confirmed:
            fails = self.finding.severity == "error"
            how = "fails on this line in the same way" if fails else "builds it, and shows the same"
            self._paragraph("confirmed", f"the installed Keras {how}", "green")
        if self.finding.help:
            self._paragraph("help", self.finding.help, "cyan")
        if len(self.finding.fixes) > 1:
            self._paragraph("fixes", "several repairs fit; choose the one that is meant", "cyan")
        for fix in self.finding.fixes:
            self._fix(fix)

    # --- words ----------------------------------------------------------------------------------

    def _headline(self) -> None:
        finding = self.finding
        place = finding.location
        where = f"{one_line(place.home)}:{place.line}:{place.column}:"
        label = f"{where} {finding.severity} {finding.code} {finding.name}:"
        lines = wrap(f"{label} {one_line(finding.message)}", self.view.width, "    ")
        severity = SEVERITY_STYLES[finding.severity]
        styles = [(where, "bold"), (finding.severity, severity), (finding.code, severity), (f"{finding.name}:", "dim")]
        for line in lines:
            parts: list[tuple[str, str]] = []
            rest = line
            while styles:
                word, style = styles[0]
                before, found, after = rest.partition(word)
                if not found or before.strip():
                    break
                parts += [(before, ""), (word, style)]
                rest = after
                styles.pop(0)
            _line(self.console, *parts, (rest, ""))

    def _paragraph(self, label: str, text: str, style: str) -> None:
        for index, paragraph in enumerate(printable(text).splitlines()):
            head = f"  {label}: " if not index else "    "
            lines = wrap(f"{head.strip()} {paragraph}".strip(), _less(self.view.width, 2), "    ")
            for number, line in enumerate(lines):
                if not index and not number:
                    _line(self.console, ("  ", ""), (f"{label}:", style), (line[len(label) + 1 :], ""))
                else:
                    _line(self.console, ("  ", ""), (line, ""))

    # --- source ---------------------------------------------------------------------------------

    def _frames(self) -> None:
        by_file: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        place = self.finding.location
        steps = self.finding.evidence if self.view.explain else _nearest(self.finding.evidence)
        for step in steps:
            texts = by_file[step.location.home][step.location.line]
            if step.text not in texts:
                texts.append(step.text)
        here = by_file.pop(place.home, {})
        for file, lines in by_file.items():
            _line(self.console, (f"  in {one_line(file)}", "dim"))
            _Excerpt(self, file, lines, None).write()
        _Excerpt(self, place.home, here, place).write()
        left_out = len(self.finding.evidence) - len(steps)
        if left_out:
            earlier = "one earlier step" if left_out == 1 else f"{left_out} earlier steps"
            _line(self.console, (f"     … {earlier} with --explain", "dim"))

    def _fix(self, fix: Fix) -> None:
        label = APPLICABILITY[fix.applicability]
        self._paragraph(label, fix.description, "green")
        for sign, line in changes_of(fix, self.view):
            style = "red" if sign == "-" else "green"
            text = _source_line(line)
            pieces = [text] if self.view.width is None else chop(text, max(self.view.width - 6, 8))
            for index, piece in enumerate(pieces):
                _line(self.console, (f"    {' ' if index else sign} ", style), (piece, style))


def _nearest(steps: Sequence[Evidence]) -> Sequence[Evidence]:
    """The last steps of a path, which runs as the program does, as far as they fit :data:`MAX_STEP_LINES` lines."""
    kept: set[tuple[str, int]] = set()
    for index in range(len(steps) - 1, -1, -1):
        kept.add((steps[index].location.file, steps[index].location.line))
        if len(kept) > MAX_STEP_LINES:
            return steps[index + 1 :]
    return steps


def _less(width: int | None, taken: int) -> int | None:
    return None if width is None else max(width - taken, 1)


@dataclass
class _Excerpt:
    """Lines of one file, in order, with what is known beside them."""

    block: _Block
    file: str
    evidence: dict[int, list[str]]
    span: Location | None

    @property
    def lines(self) -> Sequence[str]:
        return self.block.view.lines(self.file)

    def write(self) -> None:
        numbers = set(self.evidence)
        if self.span is not None:
            last = min(self.span.end_line, self.span.line + MAX_SPAN_LINES - 1)
            numbers |= set(range(self.span.line, last + 1))
        shown = [number for number in sorted(numbers) if 0 < number <= len(self.lines)]
        if not shown:
            return
        gutter = max(4, len(str(shown[-1])) + 1)
        width = self.block.view.width or PIPE_WIDTH
        room = max(width - gutter - 3, 8)
        codes = {number: _source_line(self.lines[number - 1]) for number in shown}
        beside = max((columns(codes[number]) for number in shown if number in self.evidence), default=0) + 3
        for number in shown:
            self._source(number, codes[number], gutter, room, beside)
            self._carets(number, gutter, room)
            if self.span is not None and number == shown[-1] and self.span.end_line > number >= self.span.line:
                _line(self.block.console, (f"{'…':>{gutter}} |", "dim"))

    def _source(self, number: int, code: str, gutter: int, room: int, beside: int) -> None:
        console = self.block.console
        in_span = self.span is not None and self.span.line <= number <= self.span.end_line
        start = self._start(number) if in_span else 0
        shown = _window(code, start, room)
        head = (f"{number:>{gutter}} | ", "dim")
        texts = [printable(" ".join(text.split())) for text in self.evidence.get(number, [])]
        widest = max(map(columns, texts), default=0)
        if not texts:
            _line(console, head, (shown, ""))
        elif beside + min(widest, 10_000) <= room and columns(code) <= room:
            first, *more = texts
            _line(console, head, (shown.ljust(beside - columns(shown) + len(shown)), ""), (first, "cyan"))
            for text in more:
                _line(console, (" " * gutter + " | ", "dim"), (" " * beside + text, "cyan"))
        else:
            _line(console, head, (shown, ""))
            for text in texts:
                for line in wrap(text, max(room - 4, 8), "  "):
                    _line(console, (" " * gutter + " | ", "dim"), (f"    {line}", "cyan"))

    def _start(self, number: int) -> int:
        """Column, from 0, at which the span begins on a line, tabs expanded."""
        assert self.span is not None
        line = self.lines[number - 1]
        column = self.span.column - 1 if number == self.span.line else len(line) - len(line.lstrip())
        return columns(_expanded(line[:column]))

    def _carets(self, number: int, gutter: int, room: int) -> None:
        if self.span is None or number != self.span.line or self.span.end_line != self.span.line:
            return
        line = self.lines[number - 1]
        start, end = self._start(number), columns(_expanded(line[: self.span.end_column - 1]))
        offset = _offset(_source_line(line), start, room)
        start, end = start - offset, min(max(end - offset, start - offset + 1), room)
        style = SEVERITY_STYLES[self.block.finding.severity]
        _line(self.block.console, (" " * gutter + " | ", "dim"), (" " * start + "^" * max(end - start, 1), style))


def _source_line(line: str) -> str:
    return _expanded(line).rstrip()


def _expanded(line: str) -> str:
    return printable(line.replace("\t", TAB))


def _offset(code: str, start: int, room: int) -> int:
    """Columns to leave out on the left so that the span can be seen."""
    if columns(code) <= room or start < room * 2 // 3:
        return 0
    return start - room // 4


def _window(code: str, start: int, room: int) -> str:
    offset = _offset(code, start, room)
    if not offset:
        return cut(code, room)
    while columns(code) and offset > 0:
        offset -= columns(code[0])
        code = code[1:]
    return cut("…" + code[1:], room)


def changes_of(fix: Fix, view: View) -> list[tuple[str, str]]:
    """The lines that a fix takes away and puts in."""
    changes: list[tuple[str, str]] = []
    by_file: dict[str, list[Edit]] = defaultdict(list)
    for edit in fix.edits:
        by_file[edit.location.home].append(edit)
    for file, edits in by_file.items():
        text = view.sources.get(file)
        if text is None:
            continue
        before, after = split_lines(text), split_lines(apply(text, edits))
        for line in difflib.unified_diff(before, after, n=0, lineterm=""):
            if line[:3] not in ("---", "+++") and line[:2] != "@@":
                changes.append((line[0], line[1:]))
    changes = [(sign, line) for sign, line in changes if sign in "+-"]
    indent = min((len(line) - len(line.lstrip()) for _, line in changes if line.strip()), default=0)
    if len(changes) > MAX_DIFF_LINES:
        return []
    return [(sign, line[indent:]) for sign, line in changes]
