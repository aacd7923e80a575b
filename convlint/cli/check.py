"""``convlint check``."""

from __future__ import annotations

import difflib
import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convlint.cli.help import GroupedCommand
from convlint.cli.options import (
    CONFIGURATION,
    ConfigOption,
    IsolatedOption,
    fail,
    split_words,
)
from convlint.cli.progress import ProgressBar
from convlint.cli.terminal import Color, complain, say, view_of
from convlint.report import FORMATS, Checked, View, plural, reporter, tally
from convlint.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convlint.api import Run
    from convlint.checking import Change
    from convlint.configuration import Configurations
    from convlint.findings import Finding

RULES, FILES, FIXES, BUILDS, OUTPUT = "Which rules", "Which files", "Fixes", "Builds", "Output"


class CheckCommand(GroupedCommand):
    """``convlint check`` with its help."""

    examples = (
        "convlint check                          the current folder",
        "convlint check src 'tests/**/test_*.py' --select CL1,CL2",
        "convlint check model.py --fix --diff    what would be repaired",
        "convlint check --build train.py         and let Keras confirm it",
        "git show HEAD:model.py | convlint check - --stdin-filename model.py",
    )


def check(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Files, folders, patterns; - is the standard input.", show_default=False)
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select", metavar="RULES", help="Rules to report: CL101,CL2,torch-argument,ALL.", rich_help_panel=RULES
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="RULES", help="Rules not to report.", rich_help_panel=RULES)
    ] = None,
    extend_select: Annotated[
        list[str] | None,
        typer.Option("--extend-select", metavar="RULES", help="Rules to report besides.", rich_help_panel=RULES),
    ] = None,
    extend_ignore: Annotated[
        list[str] | None,
        typer.Option("--extend-ignore", metavar="RULES", help="The same as --ignore.", rich_help_panel=RULES),
    ] = None,
    per_file_ignores: Annotated[
        list[str] | None,
        typer.Option(
            "--per-file-ignores",
            metavar="PATTERN:RULE",
            help="Rules not to report in some files: 'tests/**:CL6'.",
            rich_help_panel=RULES,
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="Rules that are off by default: strict, port or ci.",
            rich_help_panel=RULES,
        ),
    ] = None,
    keras: Annotated[
        str | None,
        typer.Option(
            "--keras", metavar="2|3", help="The generation of Keras that the programs run on.", rich_help_panel=RULES
        ),
    ] = None,
    image_data_format: Annotated[
        str | None,
        typer.Option(
            "--image-data-format",
            metavar="LAYOUT",
            help="channels_last or channels_first; as in keras.json where not given.",
            rich_help_panel=RULES,
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="PATTERNS", help="Files and folders to leave out.", rich_help_panel=FILES),
    ] = None,
    extend_exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--extend-exclude",
            metavar="PATTERNS",
            help="Files and folders to leave out besides.",
            rich_help_panel=FILES,
        ),
    ] = None,
    force_exclude: Annotated[
        bool | None,
        typer.Option(
            "--force-exclude/--no-force-exclude",
            help="Leave excluded files out even where they are named.",
            rich_help_panel=FILES,
        ),
    ] = None,
    respect_gitignore: Annotated[
        bool | None,
        typer.Option(
            "--respect-gitignore/--no-respect-gitignore",
            help="Leave out what .gitignore excludes.",
            rich_help_panel=FILES,
        ),
    ] = None,
    markdown: Annotated[
        bool | None,
        typer.Option(
            "--markdown/--no-markdown",
            help="Check the Python blocks of Markdown and Quarto documents, too.",
            rich_help_panel=FILES,
        ),
    ] = None,
    show_files: Annotated[
        bool, typer.Option("--show-files", help="Print the files that would be checked.", rich_help_panel=FILES)
    ] = False,
    fix: Annotated[
        bool | None,
        typer.Option("--fix/--no-fix", help="Apply the fixes that keep what the program means.", rich_help_panel=FIXES),
    ] = None,
    unsafe_fixes: Annotated[
        bool | None,
        typer.Option(
            "--unsafe-fixes/--no-unsafe-fixes",
            help="Apply fixes that change what the program does, too.",
            rich_help_panel=FIXES,
        ),
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what fixes would change, and change nothing.", rich_help_panel=FIXES)
    ] = False,
    exit_non_zero_on_fix: Annotated[
        bool, typer.Option("--exit-non-zero-on-fix", help="Exit with 1 where a fix was made.", rich_help_panel=FIXES)
    ] = False,
    build: Annotated[
        bool | None,
        typer.Option(
            "--build/--no-build", help="Also build with the installed Keras: runs the code.", rich_help_panel=BUILDS
        ),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            "--time-limit", metavar="SECONDS", help="Time that one build may take; 60.", rich_help_panel=BUILDS
        ),
    ] = None,
    memory_limit: Annotated[
        str | None,
        typer.Option(
            "--memory-limit", metavar="SIZE", help="Memory that one build may take; 4GB.", rich_help_panel=BUILDS
        ),
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option("--output-format", metavar="FORMAT", help=f"{', '.join(FORMATS)}.", rich_help_panel=OUTPUT),
    ] = None,
    output_file: Annotated[
        str | None, typer.Option("--output-file", metavar="FILE", help="Where findings go.", rich_help_panel=OUTPUT)
    ] = None,
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report", metavar="FORMAT=FILE", help="Another report besides: sarif=a.sarif.", rich_help_panel=OUTPUT
        ),
    ] = None,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Print how often each rule reports.", rich_help_panel=OUTPUT)
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print findings and nothing else.", rich_help_panel=OUTPUT)
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say which settings hold.", rich_help_panel=OUTPUT)
    ] = False,
    exit_zero: Annotated[
        bool,
        typer.Option("--exit-zero", "-e", help="Exit with 0 even where something was found.", rich_help_panel=OUTPUT),
    ] = False,
    color: Annotated[
        Color, typer.Option("--color", help="When to print colours.", rich_help_panel=OUTPUT, show_default=False)
    ] = Color.AUTO,
    config: ConfigOption = None,
    isolated: IsolatedOption = False,
    show_settings: Annotated[
        bool, typer.Option("--show-settings", help="Print the settings that hold here.", rich_help_panel=CONFIGURATION)
    ] = False,
) -> None:
    """Find mistakes in programs that use Keras.

    Exits with 0 where nothing is found, with 1 where something is, with 2 where convlint can't do its work.
    """
    flags = {
        "select": split_words(select) or None,
        "ignore": split_words(ignore) or None,
        "extend-select": split_words(extend_select) or None,
        "extend-ignore": split_words(extend_ignore) or None,
        "per-file-ignores": _read_per_file_ignores(per_file_ignores),
        "profile": profile,
        "keras": keras,
        "image-data-format": image_data_format,
        "exclude": split_words(exclude) or None,
        "extend-exclude": split_words(extend_exclude) or None,
        "markdown": markdown,
        "force-exclude": force_exclude,
        "respect-gitignore": respect_gitignore,
        "fix": True if fix is None and (diff or unsafe_fixes) else fix,
        "unsafe-fixes": unsafe_fixes,
        "build": build,
        "time-limit": time_limit,
        "memory-limit": memory_limit,
        "output-format": output_format,
    }
    configurations = configured(flags, config, isolated, Settings(diff=diff))
    chosen = configurations.run.get("output-format", "text")
    reports = [_read_report(word) for word in report or ()]
    shown = [] if statistics else [chosen]
    repairs = any(FORMATS[name].repairs for name in (*shown, *(name for name, _ in reports)))
    configurations.base = Settings(diff=diff, offer_fixes=not diff and repairs)
    if show_files or show_settings:
        _show(paths or ["."], configurations, settings=show_settings)
        return
    with ExitStack() as stack:
        out = sys.stdout if output_file is None else stack.enter_context(_opened(output_file))
        from convlint.api import check_paths

        try:
            with ProgressBar() as progress:
                run = check_paths(paths or ["."], configurations, progress)
        except SettingsError as error:
            raise fail(str(error)) from None
        if diff:
            for change in run.changes:
                out.write(unified_diff(change))
        elif statistics:
            from convlint.report import statistics as counted

            counted.write(run.findings, out, as_json=chosen in ("json", "jsonl"))
        else:
            view = view_of_run(run, view_of(out, color, run.sources))
            reporter(chosen)(run.findings, out, view)
            if chosen == "github":
                write_step_summary(run.findings, view)
        out.flush()
    for name, file in reports:
        with _opened(file, "--report") as beside:
            reporter(name)(run.findings, beside, view_of_run(run, View(run.sources)))
    if verbose:
        _say_what_holds(configurations, run)
    if not quiet:
        for note in run.notes:
            say(f"note: {note}")
        if not run.files_checked and not run.errors:
            say(f"note: no Python files in {', '.join(paths or ['.'])}")
    for reason in run.errors:
        complain(reason)
    if not quiet:
        say(summary(run))
    status = run.exit_code
    if exit_zero and status == 1:
        status = 0
    if exit_non_zero_on_fix and not status and any(change.written for change in run.changes):
        status = 1
    raise typer.Exit(status)


def configured(
    flags: Mapping[str, Any], config: Sequence[str] | None, isolated: bool, base: Settings | None = None
) -> Configurations:
    """The configuration files and the options of the command line together; a broken ``keras.json`` is a warning."""
    from convlint.configuration import Configurations

    try:
        found = Configurations(
            {key: value for key, value in flags.items() if value is not None},
            config=config or (), isolated=isolated, base=base or Settings(),
        )  # fmt: skip
        if found.run.layer_of("image-data-format") is None:
            warning = found.image_data_format[1]
            if warning:
                say(f"warning: {warning}")
    except SettingsError as error:
        raise fail(str(error)) from None
    return found


def _read_per_file_ignores(words: Sequence[str] | None) -> dict[str, list[str]] | None:
    """``--per-file-ignores 'tests/**:CL6,old.py:CL7'`` as the table that it stands for."""
    if not words:
        return None
    table: dict[str, list[str]] = {}
    for word in split_words(words):
        pattern, colon, rule = word.rpartition(":")
        if not colon or not pattern or not rule.strip():
            raise fail(f"--per-file-ignores {word}: it reads PATTERN:RULE, as in 'tests/**:CL6'")
        table.setdefault(pattern.strip(), []).append(rule.strip())
    return table


def _opened(file: str, option: str = "--output-file") -> Any:
    try:
        return open(file, "w", encoding="utf-8", errors="backslashreplace", newline="")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise fail(f"{option} {file}: {reason}") from None


def _read_report(word: str) -> tuple[str, str]:
    """Format and file of ``sarif=convlint.sarif``."""
    name, equals, file = word.partition("=")
    if name not in FORMATS:
        near = get_close_matches(name, FORMATS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FORMATS)}"
        raise fail(f"--report {word}: no format is called {name}; {hint}")
    if not equals or not file:
        raise fail(f"--report {word}: after the format and = comes a file: {name}=FILE")
    return name, file


def _show(paths: Sequence[str], configurations: Configurations, *, settings: bool) -> None:
    from convlint import files
    from convlint.report import configuration as report

    try:
        found = files.find(paths, configurations)
        if settings:
            report.write_text(configurations.describe(found.files[0] if found.files else None), sys.stdout)
        else:
            for file in found.files:
                sys.stdout.write(f"{file}\n")
    except SettingsError as error:
        raise fail(str(error)) from None
    for reason in found.errors:
        complain(reason)
    sys.stdout.flush()
    raise typer.Exit(2 if found.errors else 0)


def _say_what_holds(configurations: Configurations, run: Run) -> None:
    source = configurations.run.file()
    say(f"configuration: {'none' if source is None else source.name}")
    target = configurations.target(configurations.here)
    say(f"Keras generation: {target.generation} ({target.origin})")
    layout = configurations.layout(configurations.run)
    say(f"image_data_format: {layout.value} ({layout.origin})")
    say(f"files: {run.files_checked}")


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
