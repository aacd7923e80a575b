"""``convlint inspect`` and ``convlint compare``: models and functions as tables and verdicts."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convlint.cli.options import (
    ArgumentOption,
    ColorOption,
    ConfigOption,
    FormatOption,
    InputOption,
    IsolatedOption,
    KerasOption,
    LayoutOption,
    MemoryOption,
    TableFormat,
    TimeOption,
    configured,
    fail,
)
from convlint.cli.terminal import Color, complain, say, view_of

if TYPE_CHECKING:
    from convlint.api import Inspection
    from convlint.runtime.client import BuildReport, BuildTarget

_REQUEST = ("no-such-builder", "missing-arguments", "bad-arguments", "not-a-builder", "skipped")
"""Ways to end that say something about the request, not about the model."""


def inspect(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET...",
            help="model.py:build_model, package.module:Net, or a saved model: .keras, .h5, .json, a folder.",
        ),
    ],
    arg: ArgumentOption = None,
    inputs: InputOption = None,
    static: Annotated[
        bool, typer.Option("--static", help="Derive the layers from the source; nothing is imported or run.")
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", help="Also write a page with the graph as a picture; it needs no network."
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", min=1, help="How many to build side by side.")] = 1,
    show_output: Annotated[
        bool, typer.Option("--show-output", help="Also show what the programs print, on the standard error.")
    ] = False,
    output_format: FormatOption = TableFormat.TEXT,
    image_data_format: LayoutOption = None,
    keras: KerasOption = None,
    time_limit: TimeOption = None,
    memory_limit: MemoryOption = None,
    color: ColorOption = Color.AUTO,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Build models and show each layer: shapes, layout, weights, and what is wrong."""
    flags = {
        "image-data-format": image_data_format, "keras": keras, "time-limit": time_limit, "memory-limit": memory_limit,
    }  # fmt: skip
    configurations = configured(flags, config, isolated)
    from convlint import api
    from convlint.files import FileProblem
    from convlint.report import model
    from convlint.runtime.client import RuntimeUnavailable

    wanted = [_wanted(target, arg, inputs) for target in targets]
    shown: list[api.Inspection] = []
    status = 0
    as_json = output_format is TableFormat.JSON
    try:
        for inspection in api.inspect_all(wanted, configurations, static=static, jobs=jobs):
            if isinstance(inspection, FileProblem):
                complain(str(inspection))
                status = 2
                continue
            report = inspection.report
            if not as_json and report.status not in _REQUEST:
                if shown:
                    sys.stdout.write("\n")
                model.write_text(inspection, sys.stdout, view_of(sys.stdout, color, inspection.sources))
                sys.stdout.flush()
            shown.append(inspection)
            _say_notes(report)
            if show_output:
                _say_output(report)
            status = max(status, _judged(inspection))
    except RuntimeUnavailable as error:
        raise fail(str(error)) from None
    if as_json and shown:
        if len(targets) > 1:
            model.write_json_list(shown, sys.stdout)
        else:
            model.write_json(shown[0], sys.stdout, view_of(sys.stdout, color))
        sys.stdout.flush()
    if html is not None and shown:
        from convlint.report.picture import page

        try:
            html.write_text(page(shown), encoding="utf-8")
        except OSError as error:
            raise fail(f"{html}: {error.strerror or error}") from None
    raise typer.Exit(status)


def _judged(inspection: Inspection) -> int:
    """The exit code for one target; says what could not be shown."""
    report = inspection.report
    if inspection.findings and report.status not in _REQUEST:
        return 1
    if not report.ok:
        complain(_about(report))
        return 2
    if not report.layers and inspection.source != "saved":
        complain(f"{report.target}: it was run to its end, and no layer was made or called; there is nothing to show")
        return 2
    return 0


def _wanted(target: str, arg: list[str] | None, inputs: list[str] | None) -> BuildTarget | str:
    """What a target names: a saved model by its path, or something to build."""
    from convlint.saved.containers import is_saved

    if not is_saved(target):
        return _target(target, arg, inputs)
    if arg or inputs:
        raise fail(f"{target}: a saved model takes no --arg and no --input")
    return target


def compare(
    first: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="A function, layer, model, builder or PyTorch module (a.py:f), a saved model, or an expression: "
            '"keras.layers.Dense(4)".',
        ),
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="The other one: b.py:g.")],
    arg: ArgumentOption = None,
    inputs: InputOption = None,
    output_format: FormatOption = TableFormat.TEXT,
    image_data_format: LayoutOption = None,
    time_limit: TimeOption = None,
    memory_limit: MemoryOption = None,
    color: ColorOption = Color.AUTO,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
) -> None:
    """Run two implementations on the same values: are they the same function?"""
    flags = {"image-data-format": image_data_format, "time-limit": time_limit, "memory-limit": memory_limit}
    configurations = configured(flags, config, isolated)
    a, b = _side(first, arg, inputs), replace(_side(second, arg, inputs), inputs=())
    from convlint import api
    from convlint.files import FileProblem
    from convlint.report import comparison
    from convlint.runtime.client import RuntimeUnavailable

    try:
        result = api.compare(a, b, configurations)
    except (RuntimeUnavailable, FileProblem) as error:
        raise fail(str(error)) from None
    write = comparison.write_json if output_format is TableFormat.JSON else comparison.write_text
    if result.verdict != "failed" or output_format is TableFormat.JSON:
        write(result, (first, second), sys.stdout, view_of(sys.stdout, color))
        sys.stdout.flush()
    if result.verdict == "failed":
        for report in result.failures:
            if report is not None:
                complain(_about(report))
        raise fail(result.message or "the two could not be compared")
    raise typer.Exit(0 if result.verdict in ("equal", "rounding") else 1)


def _target(text: str, arguments: list[str] | None, inputs: list[str] | None) -> BuildTarget:
    from convlint.runtime.client import TargetError, parse_target

    try:
        return parse_target(text, arguments=arguments or (), inputs=inputs or ())
    except TargetError as error:
        raise fail(str(error)) from None


def _side(text: str, arguments: list[str] | None, inputs: list[str] | None) -> BuildTarget:
    """One side of a comparison: a saved model, an expression, or something in a file."""
    from convlint.runtime.client import BuildTarget, TargetError, parse_expression, parse_input
    from convlint.saved.containers import is_saved

    saved, expression = is_saved(text), parse_expression(text)
    if not saved and expression is None:
        return _target(text, arguments, inputs)
    try:
        specs = tuple(map(parse_input, inputs or ()))
    except TargetError as error:
        raise fail(str(error)) from None
    if saved:
        return BuildTarget(text, inputs=specs, saved=True)
    return BuildTarget("expression.py", inputs=specs, expression=expression or "")


def _about(report: BuildReport) -> str:
    text = f"{report.target}: {report.message or report.status}"
    if report.candidates and not any(name in report.message for name in report.candidates):
        text += f" (this file has {', '.join(report.candidates)})"
    return text


def _say_output(report: BuildReport) -> None:
    for stream, text in (("standard output", report.stdout), ("standard error", report.stderr)):
        if text.strip():
            say(f"what {report.target} wrote to its {stream}:")
            for line in text.splitlines():
                say(f"  {line}")


def _say_notes(report: BuildReport) -> None:
    for note in report.notes:
        say(f"note: {note}")
