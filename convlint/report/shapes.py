"""The source with the shape of every named tensor beside its line."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TextIO

from convlint.edits import split_lines
from convlint.report.console import console_for
from convlint.report.json import dump
from convlint.report.plain import TAB, columns, cut, one_line, printable, wrap
from convlint.shapes.dims import Unknown
from convlint.shapes.shape import shape_as_json, show_shape

if TYPE_CHECKING:
    from convlint.api import Shapes
    from convlint.report import View
    from convlint.static.analysis import KnownTensor

PIPE_MARGIN = 88
"""Where shapes start in a pipe, unless the longest line with one is shorter."""


def write_text(shapes: Shapes, out: TextIO, view: View) -> None:
    """The whole file; shapes stand at the right, or below the line where there is no room."""
    from rich.text import Text

    console = console_for(out, view)
    beside: dict[int, list[str]] = defaultdict(list)
    for tensor in shapes.tensors:
        beside[tensor.location.line].append(_label(tensor))
    lines = [printable(line.replace("\t", TAB).rstrip()) for line in split_lines(shapes.text)]
    while lines and not lines[-1]:
        lines.pop()
    widest_text = max((columns(text) for texts in beside.values() for text in texts), default=0)
    widest_line = max((columns(lines[line - 1]) for line in beside), default=0)
    gutter = len(str(len(lines)))
    room = None if view.width is None else max(view.width - gutter - 3, 16)
    margin = min(widest_line + 3, PIPE_MARGIN) if room is None else min(widest_line + 3, room - widest_text)
    for number, line in enumerate(lines, 1):
        head = f"{number:>{gutter}} | "
        texts = beside.get(number, [])
        shown = line if room is None else cut(line, room)
        if texts and columns(line) + 2 <= margin:
            first, *texts = texts
            shown += " " * (margin - columns(shown))
            console.print(Text.assemble((head, "dim"), shown, (first, "cyan")), soft_wrap=True)
            indent = margin
        else:
            console.print(Text.assemble((head, "dim"), shown), soft_wrap=True)
            indent = max(margin, 4)
        for text in texts:
            for part in wrap(text, None if room is None else max(room - indent, 12), "  "):
                body = " " * indent + part
                console.print(Text.assemble((" " * gutter + " | ", "dim"), (body, "cyan")), soft_wrap=True)


def _label(tensor: KnownTensor) -> str:
    known = [f"{one_line(tensor.text)}: {show_shape(tensor.shape)}"]
    if not isinstance(tensor.dtype, Unknown):
        known.append(str(tensor.dtype))
    if tensor.layout:
        known.append(tensor.layout)
    return " ".join(known)


def write_json(shapes: Shapes, out: TextIO, view: View) -> None:
    """One object a tensor, in the order of the source."""
    dump(
        [
            {
                "file": tensor.location.file,
                "line": tensor.location.line,
                "column": tensor.location.column,
                "end_line": tensor.location.end_line,
                "end_column": tensor.location.end_column,
                "text": tensor.text,
                "shape": shape_as_json(tensor.shape),
                "dtype": None if isinstance(tensor.dtype, Unknown) else str(tensor.dtype),
                "layout": tensor.layout,
            }
            for tensor in shapes.tensors
        ],
        out,
    )
