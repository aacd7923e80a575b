"""The layers of a built model, as a table or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from convlint.report.console import console_for
from convlint.report.json import dump, finding_as_json
from convlint.report.plain import one_line, wrap
from convlint.report.table import layout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convlint.api import Inspection
    from convlint.report import View
    from convlint.summary import TableShape

_HEAD = ("layer", "class", "input", "output", "params", "layout", "kernel", "line")


def write_text(inspection: Inspection, out: TextIO, view: View) -> None:
    """A title, one row a layer, the sum of the weights, then the findings."""
    from rich.text import Text

    from convlint.report import text

    report = inspection.report
    console = console_for(out, view)
    if report.layers:
        title = f"{one_line(report.model or report.target)} ({report.image_data_format})"
        console.print(Text(title, style="bold"), soft_wrap=True)
        rows = [
            (
                one_line(row.name),
                one_line(row.class_name),
                _shapes(row.input_shapes),
                _shapes(row.output_shapes),
                "?" if row.params is None else f"{row.params:,}",
                row.data_format or "",
                "" if row.kernel_shape is None else _shape(row.kernel_shape),
                f"{one_line(row.file)}:{row.line}" if row.line else "",
            )
            for row in report.layers
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


def _shape(shape: TableShape) -> str:
    if isinstance(shape, str):
        return shape
    return str(tuple(_Bare(size) if isinstance(size, str) else size for size in shape))


class _Bare(str):
    """Text that prints without quotes: the name of a size."""

    def __repr__(self) -> str:
        return str(self)


def _shape_as_json(shape: TableShape) -> list[int | str | None] | str:
    return shape if isinstance(shape, str) else list(shape)


def _shapes(shapes: Iterable[TableShape]) -> str:
    return ", ".join(map(_shape, shapes))


def write_json(inspection: Inspection, out: TextIO, view: View) -> None:
    """One object; a dynamic dim is ``null``."""
    dump(inspection_as_json(inspection), out)


def inspection_as_json(inspection: Inspection) -> dict[str, Any]:
    """The object that :func:`write_json` writes."""
    report = inspection.report
    return {
        "model": report.model or None,
        "source": inspection.source,
        "status": report.status,
        "image_data_format": report.image_data_format,
        "params": report.params,
        "layers": [
            {
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
            for row in report.layers
        ],
        "findings": [finding_as_json(finding) for finding in inspection.findings],
    }


__all__ = ["wrap", "write_json", "write_text"]
