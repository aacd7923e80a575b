"""``convlint check``: its options.

Annotations are no texts in here: Typer would evaluate each of them three times.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated, Any

import typer

from convlint.cli import running
from convlint.cli.help import GroupedCommand
from convlint.cli.options import CONFIGURATION, ConfigOption, IsolatedOption, configured, fail, split_words
from convlint.cli.running import STDIN, Wish
from convlint.cli.terminal import Color
from convlint.report import FORMATS
from convlint.settings import LAYOUTS

RULES, FILES, FIXES, BUILDS, KNOWN, RUNNING, OUTPUT = (
    "Which rules", "Which files", "Fixes", "Builds", "Known findings", "Speed", "Output",
)  # fmt: skip


def formats() -> list[str]:
    """For completion: the output formats."""
    return list(FORMATS)


def rule_codes() -> list[str]:
    """For completion: the codes of all rules."""
    from convlint.rules.registry import load

    return [page.code for page in load().pages]


class CheckCommand(GroupedCommand):
    """``convlint check`` with its help; ``--add-suppressions=REASON`` takes a value that may be left out."""

    examples = (
        "convlint check                          the current folder",
        "convlint check src 'tests/**/test_*.py' --select CL1,CL2",
        "convlint check model.py --fix --diff    what would be repaired",
        "convlint check --build train.py         and let Keras confirm it",
        "git show HEAD:model.py | convlint check - --stdin-filename model.py",
    )

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments, with the reason as an option of its own."""
        words: list[str] = []
        for word in args:
            option, equals, reason = word.partition("=")
            if option == "--add-suppressions" and equals:
                words += [option, f"--suppression-reason={reason}"]
            else:
                words.append(word)
        return super().parse_args(ctx, words)


def check(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Files, folders, patterns; - is the standard input.", show_default=False)
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select",
            metavar="RULES",
            autocompletion=rule_codes,
            help="Rules to report: CL101,CL2,torch-argument,ALL.",
            rich_help_panel=RULES,
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore", metavar="RULES", autocompletion=rule_codes, help="Rules not to report.", rich_help_panel=RULES
        ),
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
            autocompletion=lambda: ["strict", "port", "ci"],
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
            autocompletion=lambda: list(LAYOUTS),
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
    stdin_filename: Annotated[
        str | None,
        typer.Option(
            "--stdin-filename",
            metavar="NAME",
            help="The file that the standard input stands for.",
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
    ask: Annotated[
        bool, typer.Option("--ask", help="Show each fix, and ask before it is made.", rich_help_panel=FIXES)
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what fixes would change, and change nothing.", rich_help_panel=FIXES)
    ] = False,
    fix_only: Annotated[
        bool,
        typer.Option("--fix-only", help="Apply fixes, and report nothing of what is left.", rich_help_panel=FIXES),
    ] = False,
    show_fixes: Annotated[
        bool, typer.Option("--show-fixes", help="Print what was repaired.", rich_help_panel=FIXES)
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
    jobs: Annotated[
        str | None,
        typer.Option("--jobs", "-j", metavar="N", help="Processes that check files; auto.", rich_help_panel=RUNNING),
    ] = None,
    cache: Annotated[
        bool | None,
        typer.Option(
            "--cache/--no-cache",
            " /-n",
            help="Keep results, and analyse only what changed since.",
            rich_help_panel=RUNNING,
        ),
    ] = None,
    cache_dir: Annotated[
        str | None,
        typer.Option(
            "--cache-dir",
            metavar="FOLDER",
            envvar="CONVLINT_CACHE_DIR",
            show_envvar=False,
            help="Where results are kept; .convlint_cache.",
            rich_help_panel=RUNNING,
        ),
    ] = None,
    output_format: Annotated[
        str | None,
        typer.Option(
            "--output-format",
            metavar="FORMAT",
            envvar="CONVLINT_OUTPUT_FORMAT",
            show_envvar=False,
            autocompletion=formats,
            help=f"{', '.join(FORMATS)}.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    output_file: Annotated[
        str | None,
        typer.Option("--output-file", "-o", metavar="FILE", help="Where findings go.", rich_help_panel=OUTPUT),
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
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Check again whenever a file changes.", rich_help_panel=OUTPUT)
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say which settings hold.", rich_help_panel=OUTPUT)
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the whole path of each shape.", rich_help_panel=OUTPUT)
    ] = False,
    exit_zero: Annotated[
        bool,
        typer.Option("--exit-zero", "-e", help="Exit with 0 even where something was found.", rich_help_panel=OUTPUT),
    ] = False,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline", metavar="FILE", help="Known findings, which are not told again.", rich_help_panel=KNOWN
        ),
    ] = None,
    write_baseline: Annotated[
        str | None,
        typer.Option("--write-baseline", metavar="FILE", help="Write what is found as known.", rich_help_panel=KNOWN),
    ] = None,
    add_suppressions: Annotated[
        bool,
        typer.Option(
            "--add-suppressions",
            help="Write a comment behind each line that is reported; =REASON says why.",
            rich_help_panel=KNOWN,
        ),
    ] = False,
    reason: Annotated[str, typer.Option("--suppression-reason", hidden=True)] = "",
    show_suppressed: Annotated[
        bool, typer.Option("--show-suppressed", help="Print what is suppressed, too.", rich_help_panel=KNOWN)
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
        "fix": True if ask or (fix is None and (diff or unsafe_fixes or fix_only)) else fix,
        # Who is asked decides about unsafe ones, too.
        "unsafe-fixes": True if ask and unsafe_fixes is None else unsafe_fixes,
        "build": build,
        "jobs": int(jobs) if jobs is not None and jobs.isdecimal() else jobs,
        "cache": cache,
        "cache-dir": cache_dir,
        "time-limit": time_limit,
        "memory-limit": memory_limit,
        "baseline": baseline,
        "output-format": output_format,
    }
    wish = Wish(
        tuple(paths or [STDIN if stdin_filename else "."]),
        stdin_filename=stdin_filename or STDIN,
        ask=ask,
        diff=diff,
        fix_only=fix_only,
        show_fixes=show_fixes,
        statistics=statistics,
        explain=explain,
        show_suppressed=show_suppressed,
        output_file=output_file,
        reports=tuple(_read_report(word) for word in report or ()),
        color=color,
        quiet=quiet,
        verbose=verbose,
        exit_zero=exit_zero,
        exit_non_zero_on_fix=exit_non_zero_on_fix,
    )
    if watch:
        raise typer.Exit(running.watch(lambda: configured(flags, config, isolated), wish))
    configurations = configured(flags, config, isolated)
    if show_files or show_settings:
        raise typer.Exit(running.show(configurations, wish, settings=show_settings))
    if add_suppressions and (diff or ask or fix_only):
        other = "--diff" if diff else "--ask" if ask else "--fix-only"
        raise fail(f"--add-suppressions writes comments in place of fixes, and does not go together with {other}")
    if add_suppressions:
        raise typer.Exit(running.add_suppressions(configurations, wish, reason))
    if write_baseline is not None:
        raise typer.Exit(running.write_baseline(configurations, wish, write_baseline))
    raise typer.Exit(running.check(configurations, wish))


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
