"""Notebooks read as programs: the code cells in their order, each line where it stands in its cell."""

from __future__ import annotations

import ast
import json
import re
import warnings
from dataclasses import dataclass

from convlint.files import Undecodable

_MAGIC = re.compile(r"^(?P<indent>\s*)(?P<mark>%%?|!!?|\?\??)(?=\S)")
_ASSIGNED_MAGIC = re.compile(r"^(?P<target>\s*[\w, .()\[\]]+=\s*)[%!]")
_HELP = re.compile(r"^\s*[\w.]+\?{1,2}\s*$")
_PYTHON_CELLS = ("%%time", "%%timeit", "%%capture", "%%prun", "%%tensorflow_version")
"""Cell magics that run what stands below them as Python."""


@dataclass(frozen=True)
class Notebook:
    """A notebook as one program.

    Attributes:
        text: the code cells, one after the other; ``# In[n]`` stands before each.
        starts: line of the text on which each cell's own first line stands.
        numbers: for each of these cells its place among all cells of the notebook, from 1.
        broken: places of the cells that are no Python; they are left out.
    """

    text: str
    starts: tuple[int, ...] = ()
    numbers: tuple[int, ...] = ()
    broken: tuple[int, ...] = ()

    def place(self, line: int) -> tuple[int, int]:
        """The cell that a line of the text stands in, and the line there; both from 1."""
        index = max((i for i, start in enumerate(self.starts) if start <= line), default=0)
        return self.numbers[index], line - self.starts[index] + 1


def read_notebook(file: str, data: bytes) -> Notebook:
    """The code of a notebook (``nbformat`` 3 and 4).

    Raises:
        Undecodable: the bytes are no notebook.
    """
    try:
        content = json.loads(data.decode("utf-8-sig"))
        cells = content["cells"] if "cells" in content else [c for s in content["worksheets"] for c in s["cells"]]
        code = [
            (number, "".join(cell.get("source", cell.get("input", ""))))
            for number, cell in enumerate(cells, start=1)
            if cell.get("cell_type") == "code"
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Undecodable(f"it is no notebook ({type(error).__name__})") from error
    lines: list[str] = []
    starts: list[int] = []
    broken: list[int] = []
    for number, source in code:
        lines.append(f"# In[{number}]:")
        starts.append(len(lines) + 1)
        python = plain_python(source)
        if not _parses(python):
            broken.append(number)
            python = "\n".join(f"# {line}" for line in python.split("\n"))
        lines.extend(python.split("\n"))
    return Notebook("\n".join(lines) + "\n", tuple(starts), tuple(n for n, _ in code), tuple(broken))


def plain_python(source: str) -> str:
    """A cell without what only IPython understands; every line stays where it is."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    first = next((line.strip() for line in source.split("\n") if line.strip()), "")
    if first.startswith("%%") and not first.startswith(_PYTHON_CELLS):
        return "\n".join(f"# {line}" for line in source.split("\n"))
    if _parses(source):
        return source
    lines: list[str] = []
    continued = False
    for line in source.split("\n"):
        magic = _MAGIC.match(line)
        assigned = _ASSIGNED_MAGIC.match(line)
        if continued:
            lines.append(f"# {line}")
        elif magic is not None:
            lines.append(f"{magic['indent']}pass  # {line.strip()}")
        elif assigned is not None:
            lines.append(f"{assigned['target']}get_ipython()  # {line.strip()}")
        elif _HELP.match(line):
            lines.append(f"# {line}")
        else:
            lines.append(line)
            continue
        continued = line.rstrip().endswith("\\")
    return "\n".join(lines)


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            compile(text, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
