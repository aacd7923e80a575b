"""Help that is grouped: the options of a command under the headings that their ``rich_help_panel`` names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperCommand, TyperGroup

from convlint.cli.options import fail

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


class CommandList(TyperGroup):
    """All commands; the help ends with examples."""

    examples = (
        "convlint check src --fix              what is wrong, and repair it",
        "convlint inspect model.py:build       the layers of a model, with shapes",
        "convlint diagnose -- python train.py  why it fails",
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
        if args[0] not in self.commands and not args[0].startswith("--"):
            from convlint.cli import mistyped

            raise fail(mistyped.about_command(args[0], self.commands))
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

        if not isinstance(error, mistyped.UsageError):
            raise
        raise fail(mistyped.about(error)) from None


def _write_examples(formatter: Any, examples: tuple[str, ...]) -> None:
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")
