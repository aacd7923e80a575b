"""``convlint check``."""

from __future__ import annotations

import difflib
import sys
from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from convlint.cli.options import (
    ColorOption,
    LayoutOption,
    MemoryOption,
    TimeOption,
    fail,
    read_layout,
    read_size,
    split_words,
)
from convlint.cli.progress import ProgressBar
from convlint.cli.terminal import Color, complain, say, view_of
from convlint.settings import FixMode, Settings, keras_generation

if TYPE_CHECKING:
    from convlint.api import Run
    from convlint.checking import Change


class OutputFormat(str, Enum):
    """The formats of :data:`convlint.report.FORMATS`."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    GITHUB = "github"


class Profile(str, Enum):
    """The profiles of :data:`convlint.rules.documents.PROFILES`."""

    STRICT = "strict"
    PORT = "port"
    CI = "ci"


def check(
    paths: Annotated[list[str] | None, typer.Argument(help="Files or folders; the current folder if none.")] = None,
    build: Annotated[bool, typer.Option("--build", help="Also build with the installed Keras: runs the code.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Apply the fixes that keep what the program means.")] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="Apply fixes that change what the program does, too.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what fixes would change, and change nothing.")] = False,
    select: Annotated[
        list[str] | None, typer.Option("--select", metavar="CODES", help="Rules to report: CL101,CL2,torch-argument.")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", metavar="CODES", help="Rules not to report.")] = None,
    profile: Annotated[
        Profile | None, typer.Option("--profile", help="Rules that are off by default: style, porting, other machines.")
    ] = None,
    output_format: Annotated[OutputFormat, typer.Option("--output-format", help="How to print.")] = OutputFormat.TEXT,
    image_data_format: LayoutOption = None,
    time_limit: TimeOption = 60.0,
    memory_limit: MemoryOption = "4GB",
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 even where something was found.")] = False,
    color: ColorOption = Color.AUTO,
) -> None:
    """Find mistakes in Python files that use Keras."""
    mode = FixMode.UNSAFE if unsafe_fixes else FixMode.SAFE if fix or diff else FixMode.NONE
    settings = Settings(
        select=split_words(select),
        ignore=split_words(ignore),
        profile="" if profile is None else profile.value,
        fix=mode,
        diff=diff,
        offer_fixes=not diff and output_format in (OutputFormat.TEXT, OutputFormat.JSON),
        build=build,
        image_data_format=read_layout(image_data_format),
        keras=keras_generation(),
        time_limit=time_limit,
        memory_limit=read_size(memory_limit),
    )
    from convlint.api import check_paths
    from convlint.report import reporter
    from convlint.rules.registry import UnknownRule

    try:
        with ProgressBar() as progress:
            run = check_paths(paths or ["."], settings, progress)
    except UnknownRule as error:
        raise fail(f"{_option_of(error.word, settings)}: {error}") from None
    if diff:
        for change in run.changes:
            sys.stdout.write(unified_diff(change))
    else:
        reporter(output_format.value)(run.findings, sys.stdout, view_of(sys.stdout, color, run.sources))
    sys.stdout.flush()
    for note in run.notes:
        say(f"note: {note}")
    if not run.files_checked and not run.errors:
        say(f"note: no Python files in {', '.join(paths or ['.'])}")
    for reason in run.errors:
        complain(reason)
    say(summary(run))
    raise typer.Exit(0 if exit_zero and run.exit_code == 1 else run.exit_code)


def _option_of(word: str, settings: Settings) -> str:
    return "--select" if word in settings.select else "--ignore"


def unified_diff(change: Change) -> str:
    """What a fix would change, as ``patch`` reads it."""
    lines = difflib.unified_diff(
        _kept_lines(change.before), _kept_lines(change.after), f"a/{change.file}", f"b/{change.file}"
    )
    parts = []
    for line in lines:
        ended = line.endswith(("\n", "\r"))
        parts.append(line if ended else f"{line}\n\\ No newline at end of file\n")
    return "".join(parts)


def _kept_lines(text: str) -> list[str]:
    """Lines with their ends; only ``\\n`` ends a line for ``patch``."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def summary(run: Run) -> str:
    """What the run came to, in one line."""
    counts: Counter[str] = Counter(finding.severity for finding in run.findings)
    parts = [_plural(counts[severity], word) for severity, word in _WORDS if counts[severity]]
    files = _plural(run.files_checked, "file")
    text = f"{', '.join(parts)} in {files}" if parts else f"nothing found in {files}"
    if run.unfinished:
        text += f"; {_plural(run.unfinished, 'file')} could not be analysed completely (CL906)"
    repaired = sum(len(change.repaired) for change in run.changes)
    if repaired:
        written = all(change.written for change in run.changes)
        text += f"; {_plural(repaired, 'finding')} {'repaired' if written else 'would be repaired'}"
    best = [finding.fixes[0].applicability for finding in run.findings if finding.fixes]
    offers = [
        f"{count} with {option}" for option, count in (
            ("--fix", best.count("safe")), ("--unsafe-fixes", best.count("unsafe")),
        ) if count
    ]  # fmt: skip
    if offers:
        text += f"; repairable: {', '.join(offers)}"
    return text


_WORDS = (("error", "error"), ("warning", "warning"), ("info", "remark"))


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
