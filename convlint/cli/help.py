"""The list of commands, and help that is grouped: options under the headings that their ``rich_help_panel`` names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from convlint.lazy import dataclass

REST = "Other options"


class GroupedCommand(TyperCommand):
    """A command whose help lists its options by group, and then examples."""

    examples: tuple[str, ...] = ()

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The options, a heading for each group."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                kind = "Arguments" if parameter.param_type_name == "argument" else REST
                panel = getattr(parameter, "rich_help_panel", None)
                groups.setdefault(panel if isinstance(panel, str) else kind, []).append(record)
        for heading in sorted(groups, key=lambda heading: heading == REST):
            with formatter.section(heading):
                formatter.write_dl(groups[heading], col_max=28, col_spacing=2)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The examples, each as it is typed."""
        _write_examples(formatter, self.examples)


@dataclass(frozen=True)
class Entry:
    """A command that is not loaded yet.

    Attributes:
        module: where it is, in ``convlint.cli``; its function has the command's name.
        summary: the first sentence of its help, word for word.
        cls: the class of the command there, if it has one of its own.
    """

    module: str
    summary: str
    cls: str = ""

    def load(self, name: str) -> Any:
        """The command as Typer makes it."""
        module = import_module(f"convlint.cli.{self.module}")
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.command(name, cls=getattr(module, self.cls) if self.cls else None)(getattr(module, name))
        return typer.main.get_command(alone)


COMMANDS = {
    "check": Entry("check", "Find mistakes in programs that use Keras.", "CheckCommand"),
    "inspect": Entry("model", "Build models and show each layer: shapes, layout, weights, and what is wrong."),
    "diagnose": Entry(
        "diagnose", "Explain the errors in a traceback or log, or those of a command.", "CommandBehindDashes"
    ),
    "compare": Entry("model", "Run two implementations on the same values: are they the same function?"),
    "shapes": Entry("shapes", "Print source files with the shape of every tensor beside its line, coloured by layout."),
    "rule": Entry("rule", "Print the manual of a rule; the list of all rules without a code."),
    "config": Entry("config", "Print the settings that hold for a file, and where each comes from."),
    "server": Entry("server", "Answer an editor (Language Server Protocol), over standard input and output."),
}


class CommandList(TyperGroup):
    """All commands, each loaded when it is asked for; the help ends with examples."""

    examples = (
        "convlint check src --fix              what is wrong, and repair it",
        "convlint inspect model.py:build       the layers of a model, with shapes",
        "convlint diagnose -- python train.py  why it fails",
    )

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; None where there is none of that name."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.commands[cmd_name] = COMMANDS[cmd_name].load(cmd_name)
        return self.commands.get(cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands with the first sentence of their help; none is loaded for that."""
        limit = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, TyperCommand(name, help=entry.summary).get_short_help_str(limit))
                    for name, entry in COMMANDS.items()
                ]
            )

    def get_params(self, ctx: Any) -> list[Any]:
        """The options; what Typer says of completion is cut to a line."""
        params: list[Any] = super().get_params(ctx)
        for param in params:
            if param.name == "show_completion":
                param.help = "Print completion for the current shell."
        return params

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words in front of the command."""
        if not args:
            return super().parse_args(ctx, args)
        with _told_in_a_sentence():
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is meant."""
        if args[0] not in COMMANDS and not args[0].startswith("--"):
            from convlint.cli import mistyped
            from convlint.cli.options import fail

            raise fail(mistyped.about_command(args[0], COMMANDS))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with _told_in_a_sentence():
            return super().invoke(ctx)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The examples, each as it is typed."""
        _write_examples(formatter, self.examples)


@contextmanager
def _told_in_a_sentence() -> Iterator[None]:
    """A command line that can't be understood ends like everything else that convlint can't do."""
    try:
        yield
    except Exception as error:
        from convlint.cli import mistyped
        from convlint.cli.options import fail

        if not isinstance(error, mistyped.UsageError):
            raise
        raise fail(mistyped.about(error)) from None


def _write_examples(formatter: Any, examples: tuple[str, ...]) -> None:
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")
