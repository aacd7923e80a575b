"""Options that several commands share, and how their words are read."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convlint.cli.terminal import Color, complain, say
from convlint.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convlint.configuration import Configurations


class TableFormat(str, Enum):
    """Formats of the commands that print no list of findings."""

    TEXT = "text"
    JSON = "json"


ColorOption = Annotated[Color, typer.Option("--color", help="When to print colours.")]
FormatOption = Annotated[TableFormat, typer.Option("--output-format", help="How to print.")]
LayoutOption = Annotated[
    str | None,
    typer.Option(
        "--image-data-format",
        metavar="LAYOUT",
        help="channels_last or channels_first; as in keras.json where not given.",
    ),
]
KerasOption = Annotated[
    str | None, typer.Option("--keras", metavar="2|3", help="The generation of Keras that the programs run on.")
]
TimeOption = Annotated[
    float | None, typer.Option("--time-limit", metavar="SECONDS", help="Time that one build may take; 60.")
]
MemoryOption = Annotated[
    str | None, typer.Option("--memory-limit", metavar="SIZE", help="Memory that one build may take; 4GB.")
]
ArgumentOption = Annotated[
    list[str] | None,
    typer.Option("--arg", metavar="NAME=VALUE", help="An argument of the builder; the value is a Python literal."),
]
InputOption = Annotated[
    list[str] | None,
    typer.Option("--input", metavar="SHAPE", help='Shape of one sample: "224 224 3" or "x: 224 224 3 float32".'),
]

CONFIGURATION = "Configuration"
ConfigOption = Annotated[
    list[str] | None,
    typer.Option(
        "--config", metavar="FILE|KEY=VALUE", rich_help_panel=CONFIGURATION,
        help="A configuration file instead of those nearby, or one option: 'profile=strict'.",
    ),
]  # fmt: skip
IsolatedOption = Annotated[
    bool, typer.Option("--isolated", help="Read no configuration files.", rich_help_panel=CONFIGURATION)
]


def fail(text: str) -> typer.Exit:
    """Say what could not be done; the caller raises what comes back."""
    complain(text)
    return typer.Exit(2)


def split_words(words: Sequence[str] | None) -> tuple[str, ...]:
    """``--select CL1,CL2 --select CL301`` as one tuple."""
    return tuple(word.strip() for group in words or () for word in group.split(",") if word.strip())


def configured(flags: Mapping[str, Any], config: Sequence[str] | None, isolated: bool) -> Configurations:
    """The configuration files and the options of the command line together; a broken ``keras.json`` is a warning."""
    from convlint.configuration import Configurations

    try:
        found = Configurations(
            {key: value for key, value in flags.items() if value is not None},
            config=config or (), isolated=isolated,
        )  # fmt: skip
        if found.run.layer_of("image-data-format") is None:
            warning = found.image_data_format[1]
            if warning:
                say(f"warning: {warning}")
    except SettingsError as error:
        raise fail(str(error)) from None
    return found
