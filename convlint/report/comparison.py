"""Two implementations side by side, and the verdict in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from convlint.report.console import console_for
from convlint.report.json import dump
from convlint.report.plain import one_line, wrap
from convlint.report.table import layout

if TYPE_CHECKING:
    from convlint.report import View
    from convlint.runtime.reports import Comparison

_STYLES = {"equal": "bold green", "rounding": "bold green"}
_CAUSES = {
    "precision": "they compute with different precision ({first} and {second})",
    "flipped-kernel": "one of them flips its kernel: a convolution against a cross-correlation",
    "transposed-kernel": "one of them has its kernel with the axes in the order {detail}",
    "padding": "they agree in the interior and differ along the border, where the padding is",
    "one-sided-padding": "`same` puts the odd cell at the end only, the other pads {detail}",
    "data-format": "one of them reads the channels from the other end of the shape",
    "flatten-order": "one of them flattens with the channels first, so the rows of the matrix behind it are others",
    "epsilon": "the normalizations divide by different numbers: {detail}",
    "activation": "one of them has an activation that the other does not: {detail}",
    "bias": "one of them adds a bias, the other does not: {detail}",
    "layout": "one output is the other with its axes in another order",
    "transposed": "one output is the other with two axes exchanged",
}
"""Sentences for causes; a word of a layer's configuration is its own."""


def sentence(comparison: Comparison) -> str:
    """The verdict for people."""
    verdict = comparison.verdict
    if verdict == "equal":
        return "equal: every number is the same"
    if verdict == "failed":
        return f"failed: {comparison.message or 'one of them could not be run'}"
    if verdict == "different" and comparison.max_abs is None:
        first, second = (_plain(shape) for shape in comparison.shapes)
        text = f"different shapes: {first} and {second}"
    else:
        size = f"largest difference {_number(comparison.max_abs)}, {_number(comparison.max_rel)} of the largest value"
        if verdict == "rounding":
            text = f"the same function up to rounding: {size}"
        else:
            text = f"different: {size}" + (f", at {comparison.position}" if comparison.position else "")
    if comparison.first_difference:
        text += f"; the first layer that departs is {comparison.first_difference}"
    if comparison.cause:
        cause = _CAUSES.get(comparison.cause, "{detail}")
        if comparison.detail and comparison.cause == "padding":
            cause = "{detail}"
        if comparison.cause == "precision" and comparison.dtypes[0] == comparison.dtypes[1]:
            cause = "the difference vanishes when both compute in float64"
        text += f"; {cause.format(first=comparison.dtypes[0], second=comparison.dtypes[1], detail=comparison.detail)}"
    return text


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.2g}"


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def write_text(comparison: Comparison, names: tuple[str, str], out: TextIO, view: View) -> None:
    """A table with a row for each side, the verdict, and what was done to make them comparable."""
    from rich.text import Text

    console = console_for(out, view)
    if comparison.verdict != "failed":
        rows = [
            (
                one_line(names[index]),
                _plain(comparison.shapes[index]),
                _plain(comparison.dtypes[index]),
                _plain(comparison.kernel_shapes[index]),
            )
            for index in (0, 1)
        ]
        for line in layout(("", "output", "dtype", "kernel"), rows, view.width):
            console.print(Text(line), soft_wrap=True)
    style = _STYLES.get(comparison.verdict, "bold red")
    for line in wrap(one_line(sentence(comparison)), view.width, "  "):
        console.print(Text(line, style=style), soft_wrap=True)
    for note in comparison.notes:
        for line in wrap(f"note: {one_line(note)}", view.width, "  "):
            console.print(Text(line, style="dim"), soft_wrap=True)


def write_json(comparison: Comparison, names: tuple[str, str], out: TextIO, view: View) -> None:
    """One object; numbers are null where there is nothing to measure."""
    dump(
        {
            "targets": list(names),
            "verdict": comparison.verdict,
            "shapes": [None if shape is None else list(shape) for shape in comparison.shapes],
            "dtypes": list(comparison.dtypes),
            "max_abs": comparison.max_abs,
            "max_rel": comparison.max_rel,
            "first_difference": comparison.first_difference,
            "cause": comparison.cause,
            "detail": comparison.detail or None,
            "kernel_shapes": [None if shape is None else list(shape) for shape in comparison.kernel_shapes],
            "message": comparison.message,
            "notes": list(comparison.notes),
        },
        out,
    )
