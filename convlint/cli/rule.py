"""``convlint rule``."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Annotated

import typer

from convlint.cli.options import ColorOption, FormatOption, TableFormat, fail
from convlint.cli.terminal import Color, complain, view_of


class RuleSeverity(str, Enum):
    """The severities of findings."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


def rule(
    code: Annotated[str | None, typer.Argument(help="A code or name: CL101, channel-mismatch.")] = None,
    search: Annotated[
        str | None, typer.Option("--search", metavar="TEXT", help='Words, or an error message: "1 != 8".')
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", metavar="CODE", help="Only rules whose code begins so: CL2, CL10.")
    ] = None,
    severity: Annotated[
        RuleSeverity | None, typer.Option("--severity", help="Only rules that report with this severity.")
    ] = None,
    fixable: Annotated[
        bool | None, typer.Option("--fixable/--not-fixable", help="Only rules for which a fix exists, or none.")
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
            begun = [page for page in registry.pages if page.code.startswith(code.upper())]
            if not begun:
                raise fail(str(error)) from None
            raise fail(f"{code} begins {len(begun)} codes; convlint rule --group {code} lists them") from None
        if output_format is TableFormat.JSON:
            rules.write_page_json(page, sys.stdout)
        else:
            rules.write_page(page, sys.stdout, view)
        return
    pages = registry.search(search) if search is not None else registry.pages
    prefix = "" if group is None else f"CL{group}" if group.isdigit() else group.upper()
    pages = tuple(
        page
        for page in pages
        if page.code.startswith(prefix)
        and (severity is None or any(said.severity == severity.value for said in page.judges.values()))
        and (fixable is None or rules.is_fixable(page) is fixable)
    )
    if output_format is TableFormat.JSON:
        rules.write_list_json(pages, sys.stdout)
    else:
        rules.write_list(pages, sys.stdout, view)
    if not pages:
        complain("no rule fits" if search is None else f"no rule speaks of {search!r}")
        raise typer.Exit(1)
