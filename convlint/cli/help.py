"""Help that is grouped: the options of a command under the headings that their ``rich_help_panel`` names."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

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
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{'':{formatter.current_indent}}{example}\n")
