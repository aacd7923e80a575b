"""What is said of words that no command and no option has: the nearest right one, or what does it here.

People come with the words of other linters, Ruff's above all.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

# Some versions of Typer bring a Click of their own; either is reached by the class that Typer exports.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""Something about the command line is wrong."""

_BY_SELECTION = "--select and --ignore say what is repaired too, and --ask asks before each fix"
OPTIONS = {
    "--add-noqa": "--add-suppressions writes such comments",
    "--config-file": "--config FILE names one",
    "--disable": "--ignore leaves rules out",
    "--enable": "--extend-select adds rules",
    "--extend-fixable": _BY_SELECTION,
    "--extend-per-file-ignores": "it stands in configuration files; --per-file-ignores is for the command line",
    "--fixable": _BY_SELECTION,
    "--format": "--output-format chooses how findings are printed",
    "--ignore-noqa": "--show-suppressed prints what comments hide",
    "--no-preview": "no rule is in preview; --profile turns on those that are off by default",
    "--preview": "no rule is in preview; --profile turns on those that are off by default",
    "--rcfile": "--config FILE names one",
    "--show-source": "the format text shows the source, and concise does not",
    "--silent": "--quiet prints findings and nothing else",
    "-s": "--quiet prints findings and nothing else",
    "--target-version": "--keras says which generation of Keras a program runs on; Python's version does not matter",
    "--unfixable": _BY_SELECTION,
    ("rule", "--all"): "without a code it lists all rules",
}
"""Options of other linters, and what does their work here; with a command's name only behind that."""
COMMANDS = {
    "analyze": "inspect",
    "explain": "rule",
    "fix": "check --fix",
    "generate-shell-completion": "--show-completion",
    "help": "--help",
    "lint": "check",
    "linter": "rule",
    "lsp": "server",
    "version": "--version",
}
"""Commands of other linters, and those that do their work here."""


def about_command(word: str, commands: Mapping[str, Any]) -> str:
    """A sentence about a word that stands where a command should."""
    if word == "-" or os.path.exists(word) or word.endswith((".py", ".ipynb")):
        return f"what is to be done with {word}? convlint check {word} looks for mistakes in it"
    if word == "clean":
        return "there is no command clean; results are kept in the folder .convlint_cache, which may be removed"
    near = COMMANDS.get(word) or next(iter(get_close_matches(word, commands, n=1)), "")
    meant = f"did you mean convlint {near}?" if near else f"there are {', '.join(commands)}"
    return f"there is no command {word}; {meant}"


def about(error: Any) -> str:
    """A sentence about a command line that could not be understood."""
    context = error.ctx
    command = context.command.name if context is not None else ""
    word = getattr(error, "option_name", None)
    if word is None or type(error).__name__ != "NoSuchOption":
        said = error.format_message().strip().rstrip(".")
        return f"{command}{': ' if command else ''}{said[:1].lower()}{said[1:]}"
    instead = OPTIONS.get((command, word)) or (OPTIONS.get(word) if command == "check" else None)
    if instead:
        return f"{command} has no option {word}: {instead}"
    group = context.command
    names = group.list_commands(context) if hasattr(group, "list_commands") else ()
    owner = next((one for one in names if any(word in p.opts for p in group.get_command(context, one).params)), "")
    if owner:
        return f"{word} stands behind its command: convlint {owner} {word}"
    own = {option for param in context.command.params for option in (*param.opts, *param.secondary_opts)}
    near = get_close_matches(word, sorted(own), n=1)
    meant = f"did you mean {near[0]}?" if near else f"{context.command_path} --help lists them"
    return f"{command} has no option {word}; {meant}"
