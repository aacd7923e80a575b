"""``convlint check``."""

from __future__ import annotations

import difflib
import os
import sys
from dataclasses import replace
from difflib import get_close_matches
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
from convlint.report import FORMATS, Checked, plural, reporter, tally
from convlint.settings import FixMode, Settings, keras_generation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convlint.api import Run
    from convlint.checking import Change
    from convlint.findings import Finding
    from convlint.report import View


_FORMAT_HELP = f"How to print: {', '.join(FORMATS)}."


def _known_format(name: str) -> str:
    if name not in FORMATS:
        near = get_close_matches(name, FORMATS, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise typer.BadParameter(f"no format is called {name}{hint} There are {', '.join(FORMATS)}.")
    return name


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
    output_format: Annotated[
        str, typer.Option("--output-format", metavar="FORMAT", callback=_known_format, help=_FORMAT_HELP)
    ] = "text",
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
        offer_fixes=not diff and FORMATS[output_format].repairs,
        build=build,
        image_data_format=read_layout(image_data_format),
        keras=keras_generation(),
        time_limit=time_limit,
        memory_limit=read_size(memory_limit),
    )
    from convlint.api import check_paths
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
        view = view_of_run(run, view_of(sys.stdout, color, run.sources))
        reporter(output_format)(run.findings, sys.stdout, view)
        if output_format == "github":
            write_step_summary(run.findings, view)
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


def checked_of(run: Run) -> Checked:
    """What a run looked at, as reporters tell it."""
    return Checked(run.files_checked, run.unread, run.unfinished, run.errors, run.notes)


def view_of_run(run: Run, view: View) -> View:
    """What a reporter may know of a run, beside the stream that it prints to."""
    from convlint.rules.registry import load

    pages = {page.code: page for page in load().pages}
    return replace(view, pages=pages, checked=checked_of(run), root=os.getcwd(), links=_links(os.environ))


def _links(environment: Mapping[str, str]) -> str:
    """Where the files of the commit that a CI service checks can be read."""
    server, repository, commit = (environment.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "SHA"))
    if server and repository and commit:
        return f"{server}/{repository}/blob/{commit}"
    project, commit = environment.get("CI_PROJECT_URL"), environment.get("CI_COMMIT_SHA")
    return f"{project}/-/blob/{commit}" if project and commit else ""


def write_step_summary(findings: Sequence[Finding], view: View) -> None:
    """Append a summary for people where GitHub Actions asks for one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8", errors="backslashreplace", newline="\n") as out:
            reporter("markdown")(findings, out, view)
    except OSError as error:
        say(f"note: no step summary, {path} can't be written: {error.strerror}")


def summary(run: Run) -> str:
    """What the run came to, and what it did not look at, in one line."""
    text = "; ".join((tally(run.findings, run.files_checked), *checked_of(run).gaps))
    repaired = sum(len(change.repaired) for change in run.changes)
    if repaired:
        written = all(change.written for change in run.changes)
        text += f"; {plural(repaired, 'finding')} {'repaired' if written else 'would be repaired'}"
    best = [finding.fixes[0].applicability for finding in run.findings if finding.fixes]
    offers = [
        f"{count} with {option}" for option, count in (
            ("--fix", best.count("safe")), ("--unsafe-fixes", best.count("unsafe")),
        ) if count
    ]  # fmt: skip
    if offers:
        text += f"; repairable: {', '.join(offers)}"
    return text
