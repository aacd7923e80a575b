"""``convlint diagnose``."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from convlint.cli.options import (
    ColorOption,
    ConfigOption,
    FormatOption,
    IsolatedOption,
    KerasOption,
    LayoutOption,
    TableFormat,
    configured,
    fail,
)
from convlint.cli.terminal import Color, say, view_of

COMMAND = "convlint.command"
"""Where the words behind ``--`` are kept."""


class CommandBehindDashes(TyperCommand):
    """Keeps the words behind ``--`` apart: they are a command to run."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments in front of ``--``."""
        if "--" in args:
            place = args.index("--")
            ctx.meta[COMMAND] = args[place + 1 :]
            args = args[:place]
        return super().parse_args(ctx, args)


def diagnose(
    ctx: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE|-] [-- COMMAND ...]", help="A log, traceback or notebook; - is the standard input."
        ),
    ] = None,
    output_format: FormatOption = TableFormat.TEXT,
    image_data_format: LayoutOption = None,
    keras: KerasOption = None,
    color: ColorOption = Color.AUTO,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Explain the errors in a traceback or log, or those of a command.

    Exits with 1 where the text holds an error or the command fails, with 0 where not.
    """
    configurations = configured({"image-data-format": image_data_format, "keras": keras}, config, isolated)
    command: list[str] | None = ctx.meta.get(COMMAND)
    from convlint import api, logs

    try:
        if command is not None:
            if file is not None:
                raise fail("give a file or a command, not both")
            status, log = logs.run(command, quiet=output_format is TableFormat.JSON)
            name = command[0]
        else:
            if file is None and sys.stdin.isatty():
                say("paste the error, then press Ctrl-D")
            name = "<stdin>" if file in (None, "-") else str(file)
            status, log = None, logs.read(file)
    except logs.LogProblem as problem:
        raise fail(str(problem)) from None
    result = api.diagnose(log, configurations, name)
    from convlint.report import diagnosis as report

    write = report.write_json if output_format is TableFormat.JSON else report.write_text
    failed = bool(result.errors) if status is None else status != 0
    if failed or output_format is TableFormat.JSON:
        if status is not None and output_format is TableFormat.TEXT:
            sys.stdout.write("\n")
        write(result, sys.stdout, view_of(sys.stdout, color, result.sources))
        sys.stdout.flush()
    if status:
        say(
            f"the command ended with {logs.status_in_words(status)}"
            + ("" if result.errors else "; its output holds no error")
        )
    elif status is None and not result.errors:
        say(f"no error in {log.lines} line{'s' if log.lines != 1 else ''}")
    raise typer.Exit(1 if failed else 0)
