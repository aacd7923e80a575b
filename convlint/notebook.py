"""Notebooks read as programs, and what changed in a cell written back without touching anything else."""

from __future__ import annotations

import json
import re
from difflib import SequenceMatcher
from itertools import chain
from typing import TYPE_CHECKING

from convlint.files import FileProblem, SourceText, Undecodable
from convlint.lazy import dataclass
from convlint.programs import Cell, Program, SyntaxProblem, checked, imported_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True)
class Notebook(Program):
    """The code cells in their order (``nbformat`` 3 and 4); ``# In[n]`` stands before each."""

    @classmethod
    def of(cls, source: SourceText) -> Notebook:
        """Read a notebook.

        Raises:
            Undecodable: the text is no notebook.
        """
        cells, forgiven = _code_cells(source.text)
        libraries = imported_names("\n".join(text for _, text in cells))
        lines: list[str] = []
        placed: list[Cell] = []
        problems: list[SyntaxProblem] = []
        for number, text in cells:
            lines.append(f"# In[{number}]:")
            raw = _lines(text)
            code, problem = checked(raw, len(lines) + 1, libraries)
            if problem is not None:
                problems.append(problem)
            placed.append(Cell(number, len(lines) + 1, 1, tuple(raw), tuple(code)))
            lines.extend(code)
        if not placed:
            placed.append(Cell(1, len(lines) + 1, 1, (), ()))
        return cls(source, "\n".join(lines) + "\n", tuple(placed), tuple(problems), frozenset(forgiven))

    @property
    def broken(self) -> tuple[int, ...]:
        """Numbers of the cells that are no Python."""
        return tuple(cell.number for cell in self.cells if any(cell.start <= p.line < cell.end for p in self.problems))

    def place(self, line: int) -> tuple[int, int]:
        """The cell that a line of the text stands in, and the line there; both from 1."""
        cell = max((cell for cell in self.cells if cell.start <= line), key=lambda cell: cell.start)
        return cell.number, line - cell.start + 1

    def _with_cells(self, changed: Mapping[Cell, Sequence[str]]) -> str:
        new = {cell.number: list(lines) for cell, lines in changed.items()}
        text = self.source.text
        ascii_only = text.isascii() and "\\u" in text
        for number, (start, end) in sorted(_sources(text), reverse=True):
            if number in new:
                text = text[:start] + _encoded(text[start:end], new[number], ascii_only) + text[end:]
        return text


def read_notebook(file: str, data: bytes) -> Notebook:
    """The code of a notebook.

    Raises:
        Undecodable: the bytes are no notebook.
    """
    try:
        text = data.decode("utf-8-sig")
    except ValueError as error:
        raise Undecodable(f"it is no notebook ({type(error).__name__})") from error
    return Notebook.of(SourceText(file, text, "utf-8", b"", data))


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _code_cells(text: str) -> tuple[list[tuple[int, str]], set[int]]:
    """Number and text of each code cell, and the numbers of those that are meant to raise."""
    try:
        content = json.loads(text)
        cells = content["cells"] if "cells" in content else [c for s in content["worksheets"] for c in s["cells"]]
        code = [
            (number, "".join(cell.get("source", cell.get("input", ""))))
            for number, cell in enumerate(cells, start=1)
            if cell.get("cell_type") == "code"
        ]
        forgiven = {
            number
            for number, cell in enumerate(cells, start=1)
            if "raises-exception" in ((cell.get("metadata") or {}).get("tags") or ())
        }
        metadata = content.get("metadata") or {}
        named = (metadata.get("language_info") or {}).get("name")
        language = named or (metadata.get("kernelspec") or {}).get("language")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Undecodable(f"it is no notebook ({type(error).__name__})") from error
    if isinstance(language, str) and "python" not in language.lower():
        return [], set()
    return code, forgiven


# --- writing -------------------------------------------------------------------------------------

_SPACE = re.compile(r"[ \t\n\r]*")
_scan = json.JSONDecoder().raw_decode


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Keys of the object at an offset, with the offsets of their values."""
    at = _skip(text, at + 1)
    while text[at] == '"':
        key, at = _scan(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, end = _scan(text, start)
        yield key, start, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _entries(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Offsets of the entries of the array at an offset."""
    at = _skip(text, at + 1)
    while text[at] != "]":
        _, end = _scan(text, at)
        yield at, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _value_of(text: str, at: int, key: str) -> tuple[int, int] | None:
    """Offsets of the value of a key; the last one counts, as for every reader of JSON."""
    return {name: (start, end) for name, start, end in _members(text, at)}.get(key)


def _sources(text: str) -> Iterator[tuple[int, tuple[int, int]]]:
    """Number of each cell and the offsets of its source."""
    top = _skip(text, 0)
    lists = [_value_of(text, top, "cells")]
    if lists[0] is None:
        sheets = _value_of(text, top, "worksheets")
        lists = [_value_of(text, start, "cells") for start, _ in _entries(text, sheets[0])] if sheets else []
    number = 0
    for cells in lists:
        for start, _ in _entries(text, cells[0]) if cells else ():
            number += 1
            found = _value_of(text, start, "source") or _value_of(text, start, "input")
            if found is not None:
                yield number, found


def _encoded(raw: str, lines: list[str], ascii_only: bool) -> str:
    """The source of a cell with other lines, written as it was; lines that stay keep their very characters."""

    def literal(text: str) -> str:
        return json.dumps(text, ensure_ascii=ascii_only)

    newline = "\r\n" if "\\r\\n" in raw else "\n"
    if not raw.startswith("["):
        return literal(newline.join(lines))
    spans = list(_entries(raw, 0))
    if not spans:
        raise FileProblem("a fix would fill an empty cell; the file stays as it was")
    # Entries of one line stay together: Jupyter breaks them at characters that end no line for Python, too.
    before: list[str] = [""]
    literals: list[list[str]] = [[]]
    for start, end in spans:
        if before[-1].endswith("\n"):
            before.append("")
            literals.append([])
        before[-1] += _scan(raw, start)[0]
        literals[-1].append(raw[start:end])
    after = [f"{line}{newline}" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    written: list[str] = []
    for kind, i, j, low, high in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        written += chain.from_iterable(literals[i:j]) if kind == "equal" else map(literal, after[low:high])
    opening, closing = raw[: spans[0][0]], raw[spans[-1][1] :]
    between = raw[spans[0][1] : spans[1][0]] if len(spans) > 1 else f",{opening[1:]}"
    return opening + between.join(written) + closing
