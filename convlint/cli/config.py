"""``convlint config``."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from convlint.cli.options import ConfigOption, FormatOption, IsolatedOption, TableFormat, configured, fail
from convlint.settings import SettingsError


def config(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE|OPTION]",
            help="A file or folder, the current folder if none; or an option, which is explained.",
            show_default=False,
        ),
    ] = None,
    output_format: FormatOption = TableFormat.TEXT,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Print the settings that hold for a file, and where each comes from."""
    if file is not None and not os.path.exists(file):
        _explain(file)
        return
    configurations = configured({}, config, isolated)
    from convlint.report import configuration as report

    write = report.write_json if output_format is TableFormat.JSON else report.write_text
    try:
        effective = configurations.describe(file)
    except SettingsError as error:
        raise fail(str(error)) from None
    write(effective, sys.stdout)
    sys.stdout.flush()


def _explain(word: str) -> None:
    """Print what an option means."""
    from convlint.configuration import nearest_option
    from convlint.files import nearest
    from convlint.options import BY_KEY
    from convlint.report import configuration as report

    option = BY_KEY.get(word.removeprefix("--"))
    if option is None:
        file = nearest(word)
        near = file or nearest_option(word)
        missing = "no such file or folder" if file else "no such file or folder, and no option"
        raise fail(f"{word}: {missing}" + (f"; did you mean {near}?" if near else ""))
    report.write_option(option, sys.stdout)
    sys.stdout.flush()
