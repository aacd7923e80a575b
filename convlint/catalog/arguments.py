"""Readers for constructor arguments: each returns the value, unknown, or refuses as Keras does."""

from __future__ import annotations

from typing import Union

from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import show_value
from convlint.problems import ArgumentSize, DataFormatSpelling, InvalidPadding
from convlint.shapes.dims import UNKNOWN, Dim, Linear, Unknown

KERAS_LAYOUTS = {"NHWC": "channels_last", "NWC": "channels_last", "NDHWC": "channels_last",
                 "NCHW": "channels_first", "NCW": "channels_first", "NCDHW": "channels_first"}  # fmt: skip
"""TensorFlow's layout names and the Keras words for them."""


def positive(ctx: Context, argument: str, value: object) -> Dim:
    """A whole number above 0, such as ``filters`` or ``units``."""
    if isinstance(value, bool) or not isinstance(value, int | float | Linear):
        return UNKNOWN
    if isinstance(value, float):
        return int(value) if value.is_integer() and value > 0 else UNKNOWN
    if isinstance(value, int) and value <= 0:
        raise Refused(ArgumentSize(ctx.operation, argument, show_value(value), "a number above 0"))
    return value


def window(ctx: Context, argument: str, value: object, rank: int, *, allow_zero: bool = False) -> tuple[Dim, ...]:
    """An integer or a tuple of ``rank`` integers, such as ``kernel_size``; one entry an axis."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = (value,) * rank
    if not isinstance(value, list | tuple):
        return (UNKNOWN,) * rank
    if len(value) != rank:
        plural = "integer" if rank == 1 else "integers"
        raise Refused(ArgumentSize(ctx.operation, argument, show_value(tuple(value)), f"{rank} {plural}"))
    for part in value:
        if isinstance(part, int) and (part < 0 or (part == 0 and not allow_zero)):
            raise Refused(ArgumentSize(ctx.operation, argument, show_value(tuple(value)), "numbers above 0"))
    return tuple(part if isinstance(part, int | Linear) else UNKNOWN for part in value)


def data_format(ctx: Context, value: object) -> Union[str, Unknown]:
    """``channels_last`` or ``channels_first``; the default in force for ``None``."""
    if value is None:
        return ctx.default_data_format()
    if not isinstance(value, str):
        return UNKNOWN
    lowered = value.lower()
    if lowered in ("channels_last", "channels_first"):
        return lowered
    wanted = KERAS_LAYOUTS.get(value.upper(), "")
    if wanted:
        ctx.note(DataFormatSpelling(ctx.operation, value, wanted))
        return wanted
    raise Refused(DataFormatSpelling(ctx.operation, value, "channels_last or channels_first"))


def padding(ctx: Context, value: object, allowed: tuple[str, ...]) -> Union[str, Unknown]:
    """A padding word in lower case; Keras layers take any case."""
    if isinstance(value, Unknown) or not isinstance(value, str | int | tuple | list):
        return UNKNOWN
    if isinstance(value, str) and value.lower() in allowed:
        return value.lower()
    raise Refused(InvalidPadding(ctx.operation, show_value(value), ", ".join(f'"{word}"' for word in allowed)))
