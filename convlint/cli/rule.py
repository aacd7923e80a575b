"""``convlint rule``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from convlint.cli.options import ColorOption, FormatOption, TableFormat, fail
from convlint.cli.terminal import Color, complain, view_of


def rule(
    code: Annotated[str | None, typer.Argument(help="A code or name: CL101, channel-mismatch.")] = None,
    search: Annotated[
        str | None, typer.Option("--search", metavar="TEXT", help='Words, or an error message: "1 != 8".')
    ] = None,
    output_format: FormatOption = TableFormat.TEXT,
    color: ColorOption = Color.AUTO,
) -> None:
    """Print the manual of a rule; the list of all rules without a code."""
    from convlint.report import rules
    from convlint.rules.registry import UnknownRule, load

    registry = load()
    view = view_of(sys.stdout, color)
    if code is not None:
        try:
            page = registry.page(code)
        except UnknownRule as error:
            raise fail(str(error)) from None
        if output_format is TableFormat.JSON:
            rules.write_page_json(page, sys.stdout)
        else:
            rules.write_page(page, sys.stdout, view)
        return
    pages = registry.search(search) if search is not None else registry.pages
    if output_format is TableFormat.JSON:
        rules.write_list_json(pages, sys.stdout)
    else:
        rules.write_list(pages, sys.stdout, view)
    if not pages:
        complain(f"no rule speaks of {search!r}")
        raise typer.Exit(1)
