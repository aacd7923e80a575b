"""One run of ``convlint check``: what was wished for, from the configuration to the exit status."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from convlint.cli.options import fail
from convlint.cli.progress import ProgressBar
from convlint.cli.terminal import Color, complain, say, view_of
from convlint.lazy import dataclass
from convlint.report import FORMATS, Checked, View, plural, reporter, tally
from convlint.report.concise import headline
from convlint.report.plain import printable
from convlint.settings import CACHE_FOLDER, Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from convlint.api import Run
    from convlint.configuration import Configurations
    from convlint.findings import Finding
    from convlint.results import Change
    from convlint.rules.documents import Page


BASE = Settings(jobs=0, cache_folder=CACHE_FOLDER)
"""What holds on the command line where nothing else is said."""


STDIN = "-"
"""The path that stands for the standard input."""


@dataclass(frozen=True)
class Wish:
    """What a run is to do and to say, beside what configuration files may hold."""

    paths: tuple[str, ...]
    stdin_filename: str = STDIN
    ask: bool = False
    diff: bool = False
    fix_only: bool = False
    show_fixes: bool = False
    statistics: bool = False
    explain: bool = False
    show_suppressed: bool = False
    output_file: str | None = None
    reports: tuple[tuple[str, str], ...] = ()
    color: Color = Color.AUTO
    quiet: bool = False
    verbose: bool = False
    exit_zero: bool = False
    exit_non_zero_on_fix: bool = False


def check(configurations: Configurations, wish: Wish) -> int:
    """Check, print, and say how to exit."""
    chosen = configurations.run.get("output-format", "text")
    from_stdin = STDIN in wish.paths
    reason = _contradiction(configurations, wish, chosen)
    if reason:
        raise fail(reason)
    formats = [*([] if wish.statistics else [chosen]), *(name for name, _ in wish.reports)]
    shows_fixes = not wish.diff and any(FORMATS[name].repairs for name in formats)
    configurations.base = replace(BASE, diff=wish.diff, explain=wish.explain, offer_fixes=shows_fixes)
    with ExitStack() as stack:
        out = sys.stdout if wish.output_file is None else stack.enter_context(_opened(wish.output_file))
        run = _run_of_stdin(configurations, wish) if from_stdin else _run(configurations, wish)
        if from_stdin and not wish.diff and configurations.run.get("fix", False):
            # What goes in comes out, repaired; findings go where they don't mix with it.
            out.write(run.changes[0].after if run.changes else run.sources.get(wish.stdin_filename, ""))
            out.flush()
            out = sys.stderr
            run = replace(run, changes=tuple(replace(change, written=True) for change in run.changes))
        if wish.diff:
            # A pipe gets the file's own bytes, which `patch` needs; a terminal would take some of them for commands.
            shown = printable if out.isatty() else str
            for change in run.changes:
                out.write(shown(unified_diff(change)))
        elif wish.fix_only:
            pass
        elif wish.statistics:
            from convlint.report import statistics as counted

            counted.write(run.findings, out, as_json=chosen in ("json", "jsonl"))
        else:
            view = replace(view_of_run(run, view_of(out, wish.color, run.sources)), explain=wish.explain)
            findings = sorted((*run.findings, *run.suppressed), key=_by_place) if wish.show_suppressed else run.findings
            reporter(chosen)(findings, out, view)
            if chosen == "github":
                write_step_summary(run.findings, view)
        out.flush()
    for name, file in wish.reports:
        with _opened(file, "--report") as beside:
            reporter(name)(run.findings, beside, view_of_run(run, View(run.sources)))
    if wish.verbose:
        _say_what_holds(configurations, run)
    if not wish.quiet:
        for note in run.notes:
            say(f"note: {note}")
        if not run.files_checked and not run.errors:
            say(f"note: {_nothing_to_do(configurations, wish)}")
    for reason in run.errors:
        complain(reason)
    if wish.show_fixes:
        _say_what_was_repaired(run)
    if not wish.quiet:
        say(summary(run))
    if wish.fix_only:
        changed = any(change.written for change in run.changes)
        return 2 if run.errors else int(wish.exit_non_zero_on_fix and changed)
    if wish.exit_non_zero_on_fix and not run.exit_code and any(change.written for change in run.changes):
        return 1
    return 0 if wish.exit_zero and run.exit_code == 1 else run.exit_code


def _contradiction(configurations: Configurations, wish: Wish, chosen: str) -> str:
    """What of a wish does not go together, as a sentence; empty where all of it does."""
    if wish.show_suppressed and not FORMATS[chosen].suppressed:
        return f"--show-suppressed: the format {chosen} has no way to say that a finding is suppressed"
    if STDIN not in wish.paths:
        named = wish.stdin_filename != STDIN
        return "--stdin-filename names the standard input; give - in place of files" if named else ""
    if len(wish.paths) > 1:
        return "- is the standard input, and stands alone"
    if wish.ask or configurations.run.get("build", False):
        return f"{'--ask' if wish.ask else '--build'} needs a file, and not the standard input"
    return ""


def _run(configurations: Configurations, wish: Wish) -> Run:
    from convlint.api import check_paths

    try:
        if wish.ask:
            from convlint.cli.asking import Asker

            return check_paths(wish.paths, configurations, None, Asker(wish.color))
        with ProgressBar() as progress:
            return check_paths(wish.paths, configurations, progress)
    except SettingsError as error:
        raise fail(str(error)) from None


def _run_of_stdin(configurations: Configurations, wish: Wish) -> Run:
    from convlint import files
    from convlint.api import Run, check_text

    name = wish.stdin_filename
    data = sys.stdin.buffer.read()
    try:
        if configurations.run.get("force-exclude", False) and files.is_excluded(name, False, configurations):
            return Run(sources={name: data.decode("utf-8", "replace")})
        return check_text(data, name, configurations)
    except SettingsError as error:
        raise fail(str(error)) from None


def _by_place(finding: Finding) -> tuple[Any, str]:
    return finding.location, finding.code


def add_suppressions(configurations: Configurations, wish: Wish, reason: str) -> int:
    """Write the comments and say what came of it."""
    from convlint import api

    configurations.base = replace(BASE, offer_fixes=False)
    try:
        with ProgressBar() as progress:
            # What the baseline knows stays known.
            done = api.add_suppressions(wish.paths, configurations.without("fix"), reason, progress)
    except SettingsError as error:
        raise fail(str(error)) from None
    for sentence in done.errors:
        complain(sentence)
    say(f"{plural(len(done.findings), 'finding')} suppressed in {plural(len(done.files), 'file')}")
    return 2 if done.errors else 0


def write_baseline(configurations: Configurations, wish: Wish, file: str) -> int:
    """Write a baseline with everything that is found."""
    from convlint import baseline

    configurations.base = replace(BASE, offer_fixes=False)
    run = _run(configurations.without("baseline", "fix"), wish)
    entries = baseline.entries_of(run.findings, run.sources, file)
    with _opened(file, "--write-baseline") as stream:
        stream.write(baseline.written(entries))
    for sentence in run.errors:
        complain(sentence)
    known = sum(entry.count for entry in entries)
    say(f"{plural(known, 'finding')} of {plural(len({entry.file for entry in entries}), 'file')} written to {file}")
    left = len(run.findings) - known
    if left:
        say(f"note: {plural(left, 'finding')} can't be put into a baseline: files that could not be checked")
    return 2 if run.errors else 0


def _opened(file: str, option: str = "--output-file") -> Any:
    try:
        return open(file, "w", encoding="utf-8", errors="backslashreplace", newline="")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise fail(f"{option} {file}: {reason}") from None


def show(configurations: Configurations, wish: Wish, *, settings: bool) -> int:
    """Print the files of a run, or the settings that hold for the first of them."""
    from convlint import files
    from convlint.report import configuration as report

    try:
        found = files.find(wish.paths, configurations)
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
    return 2 if found.errors else 0


def _nothing_to_do(configurations: Configurations, wish: Wish) -> str:
    """Why no file was checked."""
    from convlint import files

    shown = ", ".join(wish.paths)
    if STDIN in wish.paths:
        return f"{wish.stdin_filename} is excluded"
    excluded = files.find(wish.paths, configurations).excluded
    if len(excluded) == len(wish.paths):
        return f"{', '.join(excluded)} {'is' if len(excluded) == 1 else 'are'} excluded"
    return f"no Python files in {shown}"


def _say_what_was_repaired(run: Run) -> None:
    for change in run.changes:
        for one in change.repaired:
            say(f"{'repaired' if change.written else 'would be repaired'}: {headline(one)}")


def _say_what_holds(configurations: Configurations, run: Run) -> None:
    source = configurations.run.file()
    say(f"configuration: {'none' if source is None else source.name}")
    target = configurations.target(configurations.here)
    say(f"Keras generation: {target.generation} ({target.origin})")
    layout = configurations.layout(configurations.run)
    say(f"image_data_format: {layout.value} ({layout.origin})")
    say(f"files: {run.files_checked}, {run.cached} of them known from earlier runs")


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
    folder = os.getcwd()
    root = _repository(os.environ, folder)
    return replace(view, pages=_Pages(), checked=checked_of(run), root=root, folder=folder, links=_links(os.environ))


def _repository(environment: Mapping[str, str], folder: str) -> str:
    """Where a CI service checked the repository out, and looks for files; elsewhere the current folder."""
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILD_SOURCESDIRECTORY"):
        root = os.path.realpath(environment[name]) if environment.get(name) else ""
        if root and os.path.realpath(folder).startswith(os.path.join(root, "")):
            return root
    return folder


class _Pages(Mapping[str, "Page"]):
    """The rules by code, read when a format wants them: most do not."""

    @cached_property
    def _pages(self) -> dict[str, Page]:
        from convlint.rules.registry import load

        return {page.code: page for page in load().pages}

    def __getitem__(self, code: str) -> Page:
        return self._pages[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pages)

    def __len__(self) -> int:
        return len(self._pages)


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


def watch(configured: Callable[[], Configurations], wish: Wish) -> int:
    """Check again whenever a file changes; what is wrong with the configuration is said and waited out.

    Args:
        configured: reads the configuration anew.
        wish: of each round.
    """
    import typer

    from convlint.cli.watching import rounds
    from convlint.configuration import NAMES
    from convlint.files import DOCUMENTS, SUFFIXES

    if STDIN in wish.paths or wish.ask:
        raise fail("--watch needs files, and nobody to ask")

    def matters(file: str) -> bool:
        return file.endswith((*SUFFIXES, *DOCUMENTS, *NAMES))

    try:
        for _ in rounds(wish.paths, matters):
            try:
                check(configured(), wish)
            except typer.Exit as fault:
                if fault.exit_code:
                    say("note: nothing was checked")
    except KeyboardInterrupt:
        pass  # the way in which watching ends
    return 0
