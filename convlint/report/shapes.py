"""The source with the shape of every tensor beside its line: for a terminal, a program, a browser, a paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TextIO
from xml.sax.saxutils import escape, quoteattr

from convlint.edits import split_lines
from convlint.lazy import dataclass
from convlint.report.console import console_for
from convlint.report.json import dump
from convlint.report.plain import TAB, columns, cut, one_line, printable, wrap
from convlint.shapes.dims import Unknown
from convlint.shapes.shape import shape_as_json, show_shape

if TYPE_CHECKING:
    from convlint.api import Shapes
    from convlint.report import View
    from convlint.static.reading import KnownTensor

PIPE_MARGIN = 88
"""Where shapes start in a pipe, unless the longest line with one is shorter."""
MAX_NAME = 32
"""Characters of the expression that stands before a shape."""
GAP = 2
"""Columns at least between a line and its shape."""
STYLES = {"channels_last": "cyan", "channels_first": "magenta", "": "green"}
"""Colour of a shape by its layout."""


@dataclass(frozen=True)
class Note:
    """What stands beside a line."""

    text: str
    layout: str


@dataclass(frozen=True)
class Line:
    """A line of source, safe to print, with its number and its shapes."""

    number: int
    text: str
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Section:
    """A file, or a cell of a notebook; the title is empty where there is only one file."""

    title: str
    lines: tuple[Line, ...]


def sections(shapes: Sequence[Shapes]) -> list[Section]:
    """Everything that is to be shown, in order."""
    found: list[Section] = []
    for one in shapes:
        for cell, text in one.parts:
            title = f"{one_line(one.file)}:cell {cell}" if cell else one_line(one.file) if len(shapes) > 1 else ""
            found.append(Section(title, tuple(_lines(one, cell, text))))
    return found


def _lines(shapes: Shapes, cell: int, text: str) -> Iterator[Line]:
    beside: dict[int, list[KnownTensor]] = {}
    for tensor in shapes.tensors:
        if tensor.location.cell == cell:
            beside.setdefault(tensor.location.end_line, []).append(tensor)
    lines = [printable(line.replace("\t", TAB).rstrip()) for line in split_lines(text)]
    while lines and not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        there = beside.get(number, ())
        notes = (Note(_label(tensor, alone=len(there) == 1), tensor.layout or "") for tensor in there)
        yield Line(number, line, tuple(dict.fromkeys(notes)))


def _label(tensor: KnownTensor, *, alone: bool) -> str:
    """Name, shape, dtype and layout; an expression that has the line for itself needs no name."""
    name = one_line(tensor.text)
    short = name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"
    known = [_shapes(tensor) if alone and not name.isidentifier() else f"{short}: {_shapes(tensor)}"]
    if not isinstance(tensor.dtype, Unknown):
        known.append(str(tensor.dtype))
    if tensor.layout:
        known.append(tensor.layout)
    return " ".join(known)


def _shapes(tensor: KnownTensor) -> str:
    """The shape; in a loop the first and the last."""
    if len(tensor.shapes) < 2:
        return show_shape(tensor.shape)
    return f"{show_shape(tensor.shapes[0])} … {show_shape(tensor.shapes[-1])}"


def _margin(lines: Sequence[Line], room: int | None) -> int:
    """The column in which shapes start."""
    widest_line = max((columns(line.text) for line in lines if line.notes), default=0)
    if room is None:
        return min(widest_line + GAP + 1, PIPE_MARGIN)
    widest_note = max((columns(note.text) for line in lines for note in line.notes), default=0)
    return min(widest_line + GAP + 1, room - widest_note)


def write_text(shapes: Sequence[Shapes], out: TextIO, view: View) -> None:
    """The whole source; shapes stand at the right, or below the line where there is no room."""
    from rich.text import Text

    console = console_for(out, view)
    for place, section in enumerate(sections(shapes)):
        gutter = len(str(len(section.lines)))
        room = None if view.width is None else max(view.width - gutter - 3, 16)
        margin = _margin(section.lines, room)
        if section.title:
            console.print(Text(f"{chr(10) if place else ''}{section.title}", style="bold"), soft_wrap=True)
        for line in section.lines:
            head = f"{line.number:>{gutter}} | "
            shown = line.text if room is None else cut(line.text, room)
            indent, notes = max(margin, 4), line.notes
            if notes and columns(line.text) + GAP <= margin:
                space, indent = " " * (margin - columns(shown)), margin
                console.print(Text.assemble((head, "dim"), shown, space, _styled(notes[0])), soft_wrap=True)
                notes = notes[1:]
            else:
                console.print(Text.assemble((head, "dim"), shown), soft_wrap=True)
            for note in notes:
                for part in wrap(note.text, None if room is None else max(room - indent, 12), "  "):
                    body = (" " * gutter + " | " + " " * indent, "dim")
                    console.print(Text.assemble(body, _styled(Note(part, note.layout))), soft_wrap=True)


def _styled(note: Note) -> tuple[str, str]:
    return note.text, STYLES[note.layout]


def write_json(shapes: Sequence[Shapes], out: TextIO, view: View) -> None:
    """One object a tensor, in the order of the source."""
    dump([_tensor_as_json(tensor) for one in shapes for tensor in one.tensors], out)


def _tensor_as_json(tensor: KnownTensor) -> dict[str, Any]:
    place = tensor.location
    value: dict[str, Any] = {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "text": tensor.text,
        "shape": shape_as_json(tensor.shape),
        "dtype": None if isinstance(tensor.dtype, Unknown) else str(tensor.dtype),
        "layout": tensor.layout,
    }
    if place.cell:
        value["cell"] = place.cell
    if len(tensor.shapes) > 1:
        value["shapes"] = [shape_as_json(shape) for shape in tensor.shapes]
    return value


def write_html(shapes: Sequence[Shapes], out: TextIO, view: View) -> None:
    """A page that needs nothing else, in ASCII: what encoding the file gets makes no difference."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((files("convlint.report") / "templates" / "shapes.html").read_text("utf-8"))
    text = template.render(
        title=", ".join(one_line(one.file) for one in shapes),
        sections=sections(shapes),
        layouts=_layouts(shapes),
    )
    out.write(text.encode("ascii", "xmlcharrefreplace").decode("ascii"))
    out.write("\n")


def _layouts(shapes: Sequence[Shapes]) -> list[str]:
    return sorted({tensor.layout for one in shapes for tensor in one.tensors if tensor.layout})


# --- a picture -----------------------------------------------------------------------------------

CELL, ROW, PAD = 8.0, 19.0, 16.0
"""Width of a column, height of a line, and the space around, in pixels."""
PICTURE_MARGIN = 100
"""The rightmost column in which shapes start in a picture."""
_INK = {
    "line": "#24292f", "number": "#8c959f", "title": "#24292f",
    "channels_last": "#0b6e99", "channels_first": "#a0268e", "": "#3f7d2b",
}  # fmt: skip


def write_svg(shapes: Sequence[Shapes], out: TextIO, view: View) -> None:
    """A picture: text that can be selected, in columns that stay where they are whatever the font."""
    rows: list[list[tuple[int, str, str]]] = []
    for section in sections(shapes):
        if section.title:
            rows += [[]] if rows else []
            rows.append([(0, section.title, "title")])
        gutter = len(str(len(section.lines))) + 2
        margin = min(_margin(section.lines, None), PICTURE_MARGIN) + gutter
        for line in section.lines:
            row = [(gutter - 2 - len(str(line.number)), str(line.number), "number"), (gutter, line.text, "line")]
            notes = list(line.notes)
            if notes and columns(line.text) + GAP + gutter <= margin:
                row.append((margin, notes[0].text, notes[0].layout))
                notes.pop(0)
            rows.append(row)
            rows += [[(margin, note.text, note.layout)] for note in notes]
    width = max((column + columns(text) for row in rows for column, text, _ in row), default=0) * CELL + 2 * PAD
    height = len(rows) * ROW + 2 * PAD
    label = escape(", ".join(one_line(one.file) for one in shapes))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img">',
        f"<title>Shapes in {label}</title>",
        "<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        "white-space:pre}.title{font-weight:bold}</style>",
        f'<rect width="{width:g}" height="{height:g}" rx="8" fill="#ffffff" stroke="#d0d7de"/>',
    ]
    for index, row in enumerate(rows):
        y = PAD + (index + 0.75) * ROW
        for column, text, kind in row:
            indent = len(text) - len(text.lstrip(" "))
            bare = text.strip(" ")
            if bare:
                x, length = PAD + (column + indent) * CELL, columns(bare) * CELL
                bold = ' class="title"' if kind == "title" else ""
                parts.append(
                    f'<text x="{x:g}" y="{y:g}" fill={quoteattr(_INK[kind])}{bold} textLength="{length:g}" '
                    f'lengthAdjust="spacingAndGlyphs" xml:space="preserve">{escape(bare)}</text>'
                )
    parts.append("</svg>")
    out.write("\n".join(parts).encode("ascii", "xmlcharrefreplace").decode("ascii"))
    out.write("\n")


WRITERS = {"text": write_text, "json": write_json, "html": write_html, "svg": write_svg}
"""The formats of ``convlint shapes``."""
