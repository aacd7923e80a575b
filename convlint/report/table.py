"""Tables that fit: side by side where there is room, stacked where there is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.report.plain import columns, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = 2


def layout(
    head: Sequence[str], rows: Sequence[Sequence[str]], width: int | None, right: Sequence[int] = ()
) -> list[str]:
    """Lines of a table.

    Args:
        head: titles of the columns.
        rows: cells; a column that is empty in every row is left out.
        width: columns of the terminal, None for no limit. A table that does not fit is written
            as one block a row, ``title: cell`` under the first cell.
        right: columns that are aligned to the right.
    """
    kept = [index for index in range(len(head)) if any(row[index] for row in rows)]
    widths = [max(columns(text) for text in (head[index], *(row[index] for row in rows))) for index in kept]
    if width is not None and sum(widths) + GAP * (len(widths) - 1) > width:
        return _stacked(head, rows, kept, width)
    aligned = [index in right for index in kept]
    lines = [_line([head[index] for index in kept], widths, aligned)]
    lines += [_line([row[index] for index in kept], widths, aligned) for row in rows]
    return lines


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    parts = []
    for cell, width, is_right in zip(cells, widths, right):
        space = " " * (width - columns(cell))
        parts.append(space + cell if is_right else cell + space)
    return (" " * GAP).join(parts).rstrip()


def _stacked(head: Sequence[str], rows: Sequence[Sequence[str]], kept: Sequence[int], width: int) -> list[str]:
    lines: list[str] = []
    first, *others = kept
    for row in rows:
        lines += wrap(row[first], width, "    ")
        for index in others:
            if row[index]:
                lines += [f"  {line}" for line in wrap(f"{head[index]}: {row[index]}", max(width - 2, 8), "    ")]
    return lines
