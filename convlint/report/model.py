"""The layers of a built model, as a table or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from convlint.report.console import console_for
from convlint.report.json import dump, finding_as_json
from convlint.report.plain import one_line, wrap
from convlint.report.table import layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convlint.api import Inspection
    from convlint.findings import Finding
    from convlint.report import View
    from convlint.summary import LayerRow, TableShape

_HEAD = ("layer", "class", "input", "output", "params", "layout", "kernel", "line", "found")


def write_text(inspection: Inspection, out: TextIO, view: View) -> None:
    """A title, one row a layer, the sum of the weights, then the findings."""
    from rich.text import Text

    from convlint.report import text

    report = inspection.report
    console = console_for(out, view)
    if report.layers:
        title = f"{one_line(report.model or report.target)} ({report.image_data_format})"
        console.print(Text(title, style="bold"), soft_wrap=True)
        found = findings_at(report.layers, inspection.findings)
        rows = [
            (
                one_line(row.name),
                one_line(row.class_name),
                shapes_text(row.input_shapes),
                shapes_text(row.output_shapes),
                "?" if row.params is None else f"{row.params:,}",
                row.data_format or "",
                "" if row.kernel_shape is None else shape_text(row.kernel_shape),
                f"{one_line(row.file)}:{row.line}" if row.line else "",
                ", ".join(dict.fromkeys(one.code for one in found.get(index, ()))),
            )
            for index, row in enumerate(report.layers)
        ]
        head, *body = layout(_HEAD, rows, view.width, right=(4,))
        stacked = len(body) + 1 != len(rows) + 1 or not head.startswith(_HEAD[0])
        console.print(Text(head, style="" if stacked else "dim"), soft_wrap=True)
        for line in body:
            console.print(Text(line), soft_wrap=True)
        if report.params is not None:
            console.print(Text(f"{report.params:,} weights"), soft_wrap=True)
    if report.layers and inspection.findings:
        console.print()
    text.write(inspection.findings, out, view)


def shape_text(shape: TableShape) -> str:
    """A shape as Python prints it, the names of sizes without quotes."""
    if isinstance(shape, str):
        return shape
    return str(tuple(_Bare(size) if isinstance(size, str) else size for size in shape))


class _Bare(str):
    """Text that prints without quotes: the name of a size."""

    def __repr__(self) -> str:
        return str(self)


def _shape_as_json(shape: TableShape) -> list[int | str | None] | str:
    return shape if isinstance(shape, str) else list(shape)


def shapes_text(shapes: Iterable[TableShape]) -> str:
    """Shapes, one after the other."""
    return ", ".join(map(shape_text, shapes))


def write_json(inspection: Inspection, out: TextIO, view: View) -> None:
    """One object; a dynamic dim is ``null``."""
    dump(inspection_as_json(inspection), out)


def write_json_list(inspections: Sequence[Inspection], out: TextIO) -> None:
    """A list of such objects, for several targets."""
    dump(list(map(inspection_as_json, inspections)), out)


def inspection_as_json(inspection: Inspection) -> dict[str, Any]:
    """The object that :func:`write_json` writes."""
    report = inspection.report
    return {
        "model": report.model or None,
        "source": inspection.source,
        "status": report.status,
        "image_data_format": report.image_data_format,
        "params": report.params,
        "layers": [_row_as_json(row) for row in report.layers],
        "findings": [finding_as_json(finding) for finding in inspection.findings],
    }


def _row_as_json(row: LayerRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "class": row.class_name,
        "input_shapes": [_shape_as_json(shape) for shape in row.input_shapes],
        "output_shapes": [_shape_as_json(shape) for shape in row.output_shapes],
        "params": row.params,
        "data_format": row.data_format,
        "kernel_shape": None if row.kernel_shape is None else _shape_as_json(row.kernel_shape),
        "file": row.file or None,
        "line": row.line or None,
    }


def findings_at(rows: Sequence[LayerRow], findings: Sequence[Finding]) -> dict[int, list[Finding]]:
    """The findings at each row, by its place in the table: those of its line, and those that name it."""
    found: dict[int, list[Finding]] = {}
    for finding in findings:
        place = finding.location
        if any(row.line for row in rows):
            here = [
                index
                for index, row in enumerate(rows)
                if row.line and row.file == place.file and place.line <= row.line <= place.end_line
            ]
            named = [index for index in here if _is_named(rows[index], finding.message)]
            # Of several layers on one line the one that gave nothing is where it ended.
            ended = [index for index in here if not rows[index].output_shapes or "?" in rows[index].output_shapes]
            here = named or (ended if finding.severity == "error" and ended else here)
        else:
            here = [index for index, row in enumerate(rows) if f"`{row.name}`" in finding.message]
        for index in here:
            found.setdefault(index, []).append(finding)
    return found


def _is_named(row: LayerRow, message: str) -> bool:
    return any(f"`{word}`" in message for word in (row.name, row.class_name) if word)


__all__ = ["findings_at", "shape_text", "shapes_text", "wrap", "write_json", "write_json_list", "write_text"]
