"""Options that several commands share, and how their words are read."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convlint.cli.terminal import Color, complain, say
from convlint.settings import ImageDataFormat, SettingsError

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
TimeOption = Annotated[
    float, typer.Option("--time-limit", metavar="SECONDS", min=0.1, help="Time that one build may take.")
]
MemoryOption = Annotated[
    str, typer.Option("--memory-limit", metavar="SIZE", help="Memory that one build may take: 512MB, 4GB.")
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


def read_layout(option: str | None) -> ImageDataFormat:
    """The layout of this run: the option's, else that of the configuration here, else that of ``keras.json``."""
    found = configured({"image-data-format": option}, None, False)
    return found.layout(found.run)


def read_keras() -> int:
    """The generation of Keras that programs here run on."""
    found = configured({}, None, False)
    return found.target(found.here).generation


def read_size(text: str) -> int:
    """Bytes in ``512MB`` or ``4GB``; units are powers of 1024."""
    from convlint.options import WrongValue, size_of

    try:
        return size_of(text)
    except WrongValue as error:
        raise fail(f"--memory-limit {error}") from None


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
