"""``convlint shapes``."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from convlint.cli.options import ColorOption, FormatOption, LayoutOption, TableFormat, fail, read_layout
from convlint.cli.terminal import Color, say, view_of
from convlint.settings import Settings, keras_generation


def shapes(
    file: Annotated[str, typer.Argument(help="A Python file.")],
    output_format: FormatOption = TableFormat.TEXT,
    image_data_format: LayoutOption = None,
    color: ColorOption = Color.AUTO,
) -> None:
    """Print a source file with the shape of every tensor beside its line."""
    settings = Settings(image_data_format=read_layout(image_data_format), keras=keras_generation())
    from convlint import api, files
    from convlint.report import shapes as report

    found = files.find([file])
    if found.errors:
        raise fail(found.errors[0])
    if os.path.isdir(file):
        raise fail(f"{file}: a folder; `convlint shapes` prints one file")
    name = found.files[0]
    try:
        result = api.shapes_of(name, settings)
    except files.FileProblem as problem:
        raise fail(f"{name}: {problem}") from None
    write = report.write_json if output_format is TableFormat.JSON else report.write_text
    write(result, sys.stdout, view_of(sys.stdout, color))
    sys.stdout.flush()
    syntax = next((one for one in result.findings if one.code == "CL900"), None)
    if syntax is not None:
        raise fail(f"{name}:{syntax.location.line}:{syntax.location.column}: {syntax.message}")
    if result.findings:
        count = len(result.findings)
        say(f"note: `convlint check {name}` explains {count} finding{'s' if count > 1 else ''} in this file")
