"""Help that is grouped: the options of a command under the headings that their ``rich_help_panel`` names."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

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

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The examples, each as it is typed."""
        _write_examples(formatter, self.examples)


def _write_examples(formatter: Any, examples: tuple[str, ...]) -> None:
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")
