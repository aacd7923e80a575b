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
        str | None, typer.Argument(help="A file or folder; the current folder if none.", show_default=False)
    ] = None,
    output_format: FormatOption = TableFormat.TEXT,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Print the settings that hold for a file, and where each comes from."""
    if file is not None and not os.path.exists(file):
        from convlint.files import nearest

        near = nearest(file)
        raise fail(f"{file}: no such file or folder" + (f"; did you mean {near}?" if near else ""))
    configurations = configured({}, config, isolated)
    from convlint.report import configuration as report

    write = report.write_json if output_format is TableFormat.JSON else report.write_text
    try:
        effective = configurations.describe(file)
    except SettingsError as error:
        raise fail(str(error)) from None
    write(effective, sys.stdout)
    sys.stdout.flush()
