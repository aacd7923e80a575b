"""``convlint shapes``."""

from __future__ import annotations

import os
import sys
from enum import Enum
from typing import Annotated

import typer

from convlint.cli.options import ColorOption, ConfigOption, IsolatedOption, KerasOption, LayoutOption, configured, fail
from convlint.cli.terminal import Color, complain, say, view_of


class ShapesFormat(str, Enum):
    """Formats of shapes."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    SVG = "svg"


def shapes(
    paths: Annotated[list[str], typer.Argument(metavar="FILES...", help="Python files and notebooks.")],
    output_format: Annotated[
        ShapesFormat,
        typer.Option("--output-format", help="How to print: html is a page, svg a picture, for several files one."),
    ] = ShapesFormat.TEXT,
    image_data_format: LayoutOption = None,
    keras: KerasOption = None,
    color: ColorOption = Color.AUTO,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Print source files with the shape of every tensor beside its line, coloured by layout."""
    configurations = configured({"image-data-format": image_data_format, "keras": keras}, config, isolated)
    from convlint import api, files
    from convlint.report import shapes as report

    found = files.find(paths, configurations)
    if found.errors:
        raise fail(found.errors[0])
    folder = next((path for path in paths if os.path.isdir(path)), None)
    if folder is not None:
        raise fail(f"{folder}: a folder; `convlint shapes` prints files")
    results: list[api.Shapes] = []
    failed = False
    for name in found.files:
        try:
            results.append(api.shapes_of(name, configurations))
        except files.FileProblem as problem:
            complain(f"{name}: {problem}")
            failed = True
    if results:
        report.WRITERS[output_format.value](results, sys.stdout, view_of(sys.stdout, color))
        sys.stdout.flush()
    for result in results:
        syntax = next((one for one in result.findings if one.code == "CL900"), None)
        if syntax is not None:
            complain(f"{syntax.location.home}:{syntax.location.line}:{syntax.location.column}: {syntax.message}")
            failed = True
        elif result.findings:
            count = len(result.findings)
            say(f"note: `convlint check {result.file}` explains {count} finding{'s' if count > 1 else ''} in this file")
    if failed:
        raise typer.Exit(2)
