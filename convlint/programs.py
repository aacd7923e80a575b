"""Files as programs: Python as it stands, the code cells of a notebook, the Python blocks of a Markdown document.

A program is analysed as one text, in which every line of code is a line of the file. What is said about the text is
then told in the lines of the file, or of the cell, and what a fix changed is written back to where it came from.
"""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from dataclasses import field, replace
from difflib import SequenceMatcher
from itertools import pairwise, takewhile
from keyword import iskeyword
from typing import TYPE_CHECKING

from convlint import files
from convlint.edits import split_lines
from convlint.files import FileProblem, SourceText
from convlint.findings import Edit, Evidence, Finding, Fix, Location
from convlint.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence


@dataclass(frozen=True)
class SyntaxProblem:
    """Why a cell is no Python; the line counts in the program."""

    line: int
    column: int
    reason: str


@dataclass(frozen=True)
class Cell:
    """A stretch of a program that stands in the file line for line.

    Attributes:
        number: of the cell among all cells of a notebook, from 1; 0 where lines count in the file.
        start: line of the program on which the cell begins.
        first: the same line where it comes from: in the file, 1 in a cell.
        raw: the lines as the file has them, without their ends.
        code: the lines as the program has them.
    """

    number: int
    start: int
    first: int
    raw: tuple[str, ...]
    code: tuple[str, ...]

    @property
    def end(self) -> int:
        """Line of the program behind the cell."""
        return self.start + len(self.code)

    def shift(self, line: int) -> int:
        """Columns that stand before a line of the program in the file: of a block in a list or a quotation."""
        raw, code = self.raw[line - self.start], self.code[line - self.start]
        return len(raw) - len(code) if raw != code and raw.endswith(code) else 0

    def prefix(self, index: int) -> str:
        """What stands before the code in one of the lines.

        Raises:
            FileProblem: the line of the program only stands for the one in the file.
        """
        raw, code = self.raw[index], self.code[index]
        if not raw.endswith(code):
            raise FileProblem("a fix would change a line that only IPython understands")
        return raw[: len(raw) - len(code)]


@dataclass(frozen=True)
class Program:
    """A file as one text of Python.

    Attributes:
        source: the file.
        text: what is analysed.
        cells: where the lines of the text come from; empty where the text is the file.
        problems: why some cells are no Python.
    """

    source: SourceText
    text: str
    cells: tuple[Cell, ...] = ()
    problems: tuple[SyntaxProblem, ...] = ()
    forgiven: frozenset[int] = field(default_factory=frozenset)
    """Numbers of cells that are meant to raise (tag ``raises-exception``)."""

    @property
    def file(self) -> str:
        """As findings print it."""
        return self.source.file

    @property
    def is_plain(self) -> bool:
        """Whether the text is the file."""
        return not self.cells

    # --- places ---------------------------------------------------------------------------------

    def _cell_at(self, line: int) -> Cell | None:
        return next((cell for cell in self.cells if cell.start <= line < cell.end), None)

    def placed(self, place: Location) -> Location | None:
        """A place in the text as a place in the file; None where nothing of the file stands there."""
        if self.is_plain or place.file != self.file:
            return place
        cell, last = self._cell_at(place.line), self._cell_at(place.end_line)
        if cell is None or cell is not last:
            return None
        return Location(
            self.file,
            place.line - cell.start + cell.first,
            place.column + cell.shift(place.line),
            place.end_line - cell.start + cell.first,
            place.end_column + cell.shift(place.end_line),
            cell.number,
        )

    def unplaced(self, place: Location) -> Location:
        """A place in the file as a place in the text."""
        cell = next(
            (
                one
                for one in self.cells
                if one.number == place.cell and one.first <= place.line < one.first + len(one.code)
            ),
            None,
        )
        if cell is None:
            return place
        shift = cell.start - cell.first
        return Location(
            self.file,
            place.line + shift,
            place.column - cell.shift(place.line + shift),
            place.end_line + shift,
            place.end_column - cell.shift(place.end_line + shift),
        )

    def _edit(self, edit: Edit) -> Edit | None:
        place = edit.location
        found = self.placed(place)
        if found is not None:
            return replace(edit, location=found)
        before = self._cell_at(place.line - 1)
        if before is None or place.column != 1 or (place.line, 1) != (place.end_line, place.end_column):
            return None
        # A line put behind the last one of a cell: the text goes on there, the cell ends without a line end.
        line, column = place.line - 1, len(before.code[-1]) + 1
        behind = self.placed(Location(self.file, line, column, line, column))
        return None if behind is None else Edit(behind, "\n" + edit.content.removesuffix("\n"))

    def _fix(self, fix: Fix) -> Fix | None:
        edits = [self._edit(edit) for edit in fix.edits]
        if not all(edits):
            return None
        return replace(fix, edits=tuple(edit for edit in edits if edit is not None))

    def told(self, finding: Finding) -> Finding | None:
        """A finding about the text as one about the file; None where it is about a cell that is meant to raise."""
        if self.is_plain:
            return finding
        place = self.placed(finding.location) or Location(self.file, 1, 1, 1, 1)
        if place.cell in self.forgiven and place.file == self.file and finding.severity == "error":
            return None
        evidence = [Evidence(at, step.text) for step in finding.evidence if (at := self.placed(step.location))]
        fixes = tuple(fix for fix in map(self._fix, finding.fixes) if fix is not None)
        return replace(finding, location=place, evidence=tuple(evidence), fixes=fixes)

    # --- texts ----------------------------------------------------------------------------------

    def texts(self) -> dict[str, str]:
        """What findings show lines of, by :attr:`~convlint.findings.Location.home`."""
        if all(cell.number == 0 for cell in self.cells):
            return {self.file: self.source.text}
        return {Location(self.file, 1, 1, 1, 1, cell.number).home: "\n".join(cell.raw) for cell in self.cells}

    def written(self, text: str) -> str:
        """The file's text once the program's text is another one.

        Lines that are the same stay as the file has them.

        Raises:
            FileProblem: the change can't be written back.
        """
        if self.is_plain:
            return text
        changed: dict[Cell, list[tuple[int, int, list[str]]]] = {}
        after = split_lines(text)
        for i, j, low, high in self._differences(split_lines(self.text), after):
            # Lines count from 1 in a cell. What is put between two lines belongs to the cell of the first, if any.
            cell = self._cell_at(i + 1) if i < j else self._cell_at(i) or self._cell_at(i + 1)
            if cell is None or j >= cell.end:
                raise FileProblem(f"{self.file}: a fix would change what is no code; the file stays as it was")
            begin, end = i + 1 - cell.start, j + 1 - cell.start
            try:
                prefixes = [cell.prefix(index) for index in range(begin, end)] or [cell.prefix(max(begin - 1, 0))]
            except FileProblem as problem:
                raise FileProblem(f"{self.file}: {problem}; the file stays as it was") from problem
            lines = [f"{prefixes[0]}{line}" if line else line for line in after[low:high]]
            changed.setdefault(cell, []).append((begin, end, lines))
        return self._with_cells({cell: _spliced(cell.raw, parts) for cell, parts in changed.items()})

    def _differences(self, before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
        """Lines ``i:j`` that became ``low:high``, from 0; what stands between two marks is compared with itself."""
        marks = [before[cell.start - 2] for cell in self.cells if cell.start > 1]
        old, new = _positions(before, marks), _positions(after, marks)
        if len(old) != len(new):
            raise FileProblem(f"{self.file}: a fix would go over the end of a cell; the file stays as it was")
        for (start, end), (low, high) in zip(pairwise([0, *old, len(before)]), pairwise([0, *new, len(after)])):
            one, other = before[start:end], after[low:high]
            same = _shared(one, other)
            one, other = one[same:], other[same:]
            tail = _shared(one[::-1], other[::-1])
            one, other = one[: len(one) - tail], other[: len(other) - tail]
            for kind, i, j, k, m in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
                if kind != "equal":
                    yield start + same + i, start + same + j, low + same + k, low + same + m

    def _with_cells(self, changed: Mapping[Cell, Sequence[str]]) -> str:
        """The file's text with other lines in some cells, whose lines are lines of the file."""
        lines = files.kept_lines(self.source.text)
        for cell, raw in sorted(changed.items(), key=lambda item: -item[0].first):
            first = cell.first - 1
            ending = lines[first][len(lines[first].rstrip("\r\n")) :] or "\n"
            last = lines[first + len(cell.raw) - 1]
            new = [f"{line}{ending}" for line in raw]
            if new and last == last.rstrip("\r\n"):
                new[-1] = new[-1].removesuffix(ending)
            lines[first : first + len(cell.raw)] = new
        return "".join(lines)


def _shared(one: Iterable[str], other: Iterable[str]) -> int:
    """How many lines are the same from the first on."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other)))


def _positions(lines: Sequence[str], marks: Iterable[str]) -> list[int]:
    """Where the marks stand, one behind the other, as far as they do."""
    found: list[int] = []
    for mark in marks:
        place = next((at for at in range(found[-1] + 1 if found else 0, len(lines)) if lines[at] == mark), None)
        if place is None:
            break
        found.append(place)
    return found


def _spliced(lines: Sequence[str], parts: Iterable[tuple[int, int, list[str]]]) -> list[str]:
    result = list(lines)
    for begin, end, new in sorted(parts, reverse=True):
        result[begin:end] = new
    return result


# --- reading -------------------------------------------------------------------------------------


def read(file: str) -> Program:
    """A file as a program.

    Raises:
        FileProblem: it can't be opened.
        Undecodable: it is no text, or no notebook.
    """
    return from_source(files.read(file))


def from_source(source: SourceText) -> Program:
    """The program in a text; the file's name says how it is read. Raises Undecodable."""
    name = source.file.lower()
    if name.endswith(files.NOTEBOOKS):
        from convlint.notebook import Notebook

        return Notebook.of(source)
    if name.endswith(files.DOCUMENTS):
        return _document(source)
    if _PERCENT_CELL.search(source.text) is not None and not parses(source.text):
        code = plain_python(source.text)
        if code != source.text:
            lines = source.text.count("\n") + (not source.text.endswith("\n"))
            raw, python = split_lines(source.text)[:lines], code.split("\n")[:lines]
            return Program(source, code, (Cell(0, 1, 1, tuple(raw), tuple(python)),))
    return Program(source, source.text)


_PERCENT_CELL = re.compile(r"^# ?%%", re.MULTILINE)
_PYTHON_BLOCK = re.compile(r"^\{?\.?(?:python3?|py3?|ipython3?|code-cell\}?\s+i?python3?)(?![\w-])", re.IGNORECASE)
_LEFT_ALONE = re.compile(
    r"\b(?:eval\s*[:=]\s*false|skip|ignore|raises|no-?lint|convlint\s*[:=]\s*off)\b", re.IGNORECASE
)
"""Words behind the language by which documents say that a block is not to be run."""


def _document(source: SourceText) -> Program:
    """The Python blocks of a Markdown document, on their own lines; everything else is an empty line."""
    from markdown_it import MarkdownIt

    raw = split_lines(source.text)
    lines = [""] * len(raw)
    cells: list[Cell] = []
    problems: list[SyntaxProblem] = []
    libraries = imported_names(source.text)
    for token in MarkdownIt("commonmark").parse(_without_front_matter("\n".join(raw))):
        info = token.info.strip()
        if token.type != "fence" or token.map is None or not _PYTHON_BLOCK.match(info) or _LEFT_ALONE.search(info):
            continue
        start = token.map[0] + 1
        code = token.content.split("\n")[:-1] if token.content else []
        if not code or any(line.lstrip().startswith(">>>") for line in code):
            continue
        lines[start - 1] = f"# %% {len(cells) + 1}"
        python, problem = checked(code, start + 1, libraries)
        if problem is not None:
            problems.append(problem)
        cells.append(Cell(0, start + 1, start + 1, tuple(raw[start : start + len(code)]), tuple(python)))
        lines[start : start + len(code)] = python
    if not cells:
        # Nothing of the file is code; it is still no plain Python file.
        cells.append(Cell(0, len(lines) + 1, len(lines) + 1, (), ()))
    return Program(source, "\n".join(lines), tuple(cells), tuple(problems))


def _without_front_matter(text: str) -> str:
    """The text with its YAML header emptied, line for line: ``---`` below text would make it a heading."""
    header = re.match(r"---[ \t]*\n.*?\n---[ \t]*(?:\n|$)", text, re.DOTALL)
    return text if header is None else "\n" * header[0].count("\n") + text[header.end() :]


def texts(wanted: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """The texts of those files that can be read, by ``Location.home``.

    Args:
        wanted: files.
        known: texts of files that are not, or not yet, what the disk holds.
    """
    found: dict[str, str] = {}
    for file in wanted:
        try:
            source = files.read(file)
            if file in known:
                source = replace(source, text=known[file])
            found |= from_source(source).texts()
        except FileProblem:
            continue
    return found


# --- cells ---------------------------------------------------------------------------------------

_MAGIC = re.compile(r"^(?P<indent>\s*)(?P<mark>%%?(?=\S)|!!?(?!=)|\?\??(?=\S))")
_TIMED = re.compile(r"^(?P<indent>\s*)%time (?P<code>.*\S.*)$")
_ASSIGNED_MAGIC = re.compile(r"^(?P<target>\s*[\w, .()\[\]]+=\s*)[%!]")
_HELP = re.compile(r"^\s*[\w.]+\?{1,2}\s*$")
_AUTOMAGIC = re.compile(r"^(?:cd|ls|ll|pwd|cat|mkdir|rmdir|rm|cp|mv|pip3?|conda|mamba)(?:\s+(?![=(.,\[+*/<>-]).*)?$")
_PYTHON_CELLS = ("%%time", "%%timeit", "%%capture", "%%prun", "%%tensorflow_version")
"""Cell magics that run what stands below them as Python."""
_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")


def plain_python(source: str) -> str:
    """A cell without what only IPython understands; every line stays where it is."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    first = next((line.strip() for line in source.split("\n") if line.strip()), "")
    if first.startswith("%%") and not first.startswith(_PYTHON_CELLS):
        return "\n".join(f"# {line}" for line in source.split("\n"))
    if parses(source):
        return source
    lines: list[str] = []
    continued = False
    for line in source.split("\n"):
        magic = _MAGIC.match(line) or _AUTOMAGIC.match(line)
        timed = _TIMED.match(line)
        assigned = _ASSIGNED_MAGIC.match(line)
        if continued:
            lines.append(f"# {line}")
        elif timed is not None and parses(timed["code"]):
            # What is timed runs, and binds names; `if 1: ` is as wide as `%time `.
            lines.append(f"{timed['indent']}if 1: {timed['code']}")
            continue
        elif magic is not None:
            lines.append(f"{magic.groupdict().get('indent') or ''}pass  # {line.strip()}")
        elif assigned is not None:
            lines.append(f"{assigned['target']}get_ipython()  # {line.strip()}")
        elif _HELP.match(line):
            lines.append(f"# {line}")
        else:
            lines.append(line)
            continue
        continued = line.rstrip().endswith("\\")
    return "\n".join(lines)


_IMPORT = re.compile(r"^\s*(?:from\s+\S+\s+)?import\s+(?P<names>.+)$", re.MULTILINE)


def imported_names(text: str) -> frozenset[str]:
    """Words of import statements: they stand for libraries, whatever happens in a cell that is no Python."""
    return frozenset(word for found in _IMPORT.finditer(text) for word in re.findall(r"\w+", found["names"]))


def checked(
    lines: Sequence[str], start: int, libraries: Collection[str] = ()
) -> tuple[list[str], SyntaxProblem | None]:
    """The code of a cell as it is analysed.

    A cell that is no Python becomes comments, and nothing is known afterwards of the names in it: whoever repairs it
    may have meant to change them.

    Args:
        lines: of the cell.
        start: line of the program on which the cell begins.
        libraries: names that stay known, unless the cell imports them itself.
    """
    python = plain_python("\n".join(lines))
    try:
        _compile(python)
    except SyntaxError as error:
        line, column, reason = error.lineno or 1, error.offset or 1, error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        line, column, reason = 1, 1, str(error) or "nested too deeply to parse"
    else:
        return python.split("\n"), None
    words = {word for word in _WORD.findall(python) if not iskeyword(word)}
    names = sorted(words - _NEVER_BOUND - (set(libraries) - imported_names(python)))
    commented = [f"# {text}" for text in python.split("\n")]
    commented[0] = " = ".join([*names, "get_ipython()"]) + f"  {commented[0]}"
    line = min(max(line, 1), len(commented))
    column = min(max(column, 1), len(python.split("\n")[line - 1]) + 1)
    return commented, SyntaxProblem(start + line - 1, column, reason)


_NEVER_BOUND = frozenset(dir(builtins)) | {"get_ipython"}


def _compile(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        compile(text, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def parses(text: str) -> bool:
    """Whether Python reads the text; ``await`` outside functions is read, too."""
    try:
        _compile(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
