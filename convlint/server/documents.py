"""The texts that an editor has open: how changes arrive, and how files and notebooks become programs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lsprotocol import types
from pygls.uris import to_fs_path
from pygls.workspace import TextDocument, Workspace

from convlint.edits import line_starts, split_lines
from convlint.lazy import dataclass
from convlint.programs import SyntaxProblem, checked, imported_names
from convlint.server.positions import column_of, units_before

if TYPE_CHECKING:
    from convlint.findings import Location


class Text(TextDocument):
    """A text whose lines end where the protocol says: at ``\\n``, ``\\r\\n`` and ``\\r``.

    pygls ends them wherever ``str.splitlines`` does, at a form feed for instance, so that a change behind one lands in
    another line.
    """

    def apply_change(self, change: types.TextDocumentContentChangeEvent) -> None:
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            self._source = change.text
            return
        text = self.source
        starts, lines = line_starts(text), split_lines(text)
        start = self._offset(change.range.start, starts, lines)
        end = max(self._offset(change.range.end, starts, lines), start)
        self._source = text[:start] + change.text + text[end:]

    def _offset(self, position: types.Position, starts: Sequence[int], lines: Sequence[str]) -> int:
        if position.line >= len(lines):
            return len(self.source)
        encoding = str(self.position_codec.encoding)
        return starts[position.line] + column_of(lines[position.line], position.character, encoding)


class Texts(Workspace):
    """All open texts."""

    def _create_text_document(
        self, doc_uri: str, source: str | None = None, version: int | None = None, language_id: str | None = None
    ) -> Text:
        return Text(
            doc_uri,
            source=source,
            version=version,
            language_id=language_id,
            sync_kind=self._sync_kind,
            position_codec=self._position_codec,
        )


@dataclass(frozen=True)
class Part:
    """A text of the editor inside a program: the file itself, or one cell of a notebook.

    Attributes:
        uri: of the text.
        version: that the editor gave it.
        lines: as the editor has them.
        start: the line of the program, from 1, on which the first of them stands.
        altered: lines, from 1, that the program has in another form: magics.
    """

    uri: str
    version: int | None
    lines: Sequence[str]
    start: int = 1
    altered: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Program:
    """What is analysed as one.

    Attributes:
        uri: of the file or the notebook.
        file: its path.
        text: Python.
        parts: where the text comes from.
        encoding: of columns.
        problems: why cells of a notebook are no Python.
    """

    uri: str
    file: str
    text: str
    parts: tuple[Part, ...]
    encoding: str
    problems: tuple[SyntaxProblem, ...] = ()
    _starts: tuple[int, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", tuple(part.start for part in self.parts))

    def part_at(self, line: int) -> Part | None:
        """The part that a line of the program, from 1, belongs to; None for a line between two cells."""
        index = bisect_right(self._starts, line) - 1
        if index < 0:
            return None
        part = self.parts[index]
        return part if line < part.start + len(part.lines) else None

    def part_of(self, uri: str) -> Part | None:
        """The part that is this text."""
        return next((part for part in self.parts if part.uri == uri), None)

    def position(self, line: int, column: int) -> tuple[Part, types.Position] | None:
        """A place of the program, 1-based, as the editor counts it; None where it is in no part."""
        part = self.part_at(line)
        if part is None:
            return None
        text = part.lines[line - part.start]
        return part, types.Position(line - part.start, units_before(text, column - 1, self.encoding))

    def range(self, location: Location) -> tuple[Part, types.Range] | None:
        """A stretch of the program as the editor counts it."""
        start = self.position(location.line, location.column)
        if start is None:
            return None
        part, first = start
        last_line = min(location.end_line, part.start + len(part.lines) - 1)
        column = location.end_column if last_line == location.end_line else len(part.lines[last_line - part.start]) + 1
        end = self.position(last_line, column)
        return part, types.Range(first, first if end is None else end[1])

    def place(self, uri: str, position: types.Position) -> tuple[int, int] | None:
        """Line and column of the program, 1-based, of a place in one of its texts."""
        part = self.part_of(uri)
        if part is None or position.line >= len(part.lines):
            return None
        return part.start + position.line, column_of(part.lines[position.line], position.character, self.encoding) + 1

    def is_altered(self, part: Part, first: int, last: int) -> bool:
        """Whether one of these lines of the program does not stand in the editor as it was analysed."""
        return any(line - part.start + 1 in part.altered for line in range(first, last + 1))


def program_of(workspace: Workspace, uri: str) -> Program | None:
    """The program that an open text belongs to: a Python file, or the notebook around a cell; None for other texts."""
    notebook = workspace.get_notebook_document(cell_uri=uri) or workspace.get_notebook_document(notebook_uri=uri)
    encoding = str(workspace.position_encoding)
    if notebook is not None:
        return _notebook_program(workspace, notebook, encoding)
    text = workspace.text_documents.get(unquote(uri))
    if text is None or text.language_id not in ("python", None, ""):
        return None
    source = text.source
    part = Part(text.uri, text.version, split_lines(source))
    return Program(text.uri, path_of(text.uri), source, (part,), encoding)


def _notebook_program(workspace: Workspace, notebook: types.NotebookDocument, encoding: str) -> Program:
    code = [
        (number, text)
        for number, cell in enumerate(notebook.cells, 1)
        if cell.kind is types.NotebookCellKind.Code
        and (text := workspace.text_documents.get(unquote(cell.document))) is not None
        and text.language_id == "python"
    ]
    libraries = imported_names("\n".join(text.source for _, text in code))
    lines: list[str] = []
    parts: list[Part] = []
    problems: list[SyntaxProblem] = []
    for number, text in code:
        lines.append(f"# In[{number}]:")
        own = split_lines(text.source)
        python, problem = checked(own, len(lines) + 1, libraries)
        if problem is not None:
            problems.append(problem)
        altered = frozenset(index for index, (a, b) in enumerate(zip(own, python), 1) if a != b)
        parts.append(Part(text.uri, text.version, own, len(lines) + 1, altered))
        lines += python
    whole = "\n".join([*lines, ""])
    return Program(notebook.uri, path_of(notebook.uri), whole, tuple(parts), encoding, tuple(problems))


def path_of(uri: str) -> str:
    """The path of a text; for one that is in no file, a name that no file has."""
    return to_fs_path(uri) or f"<{uri.rpartition('/')[2].rpartition(':')[2] or 'untitled'}>"
