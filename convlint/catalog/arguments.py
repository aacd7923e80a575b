"""Readers for arguments: each returns the value, unknown, or refuses as Keras does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Union

from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import show_value
from convlint.catalog.tensor import Kind, NumpyInt, Tensor
from convlint.problems import (
    ArgumentSize,
    DataFormatSpelling,
    FloatDimension,
    FloatDimensionSilent,
    InvalidPadding,
    NumpyInteger,
    PaddingSpelling,
    StridesForEveryAxis,
)
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dim, Dynamic, Linear, Unknown

KERAS_LAYOUTS = {"NHWC": "channels_last", "NWC": "channels_last", "NDHWC": "channels_last",
                 "NCHW": "channels_first", "NCW": "channels_first", "NCDHW": "channels_first"}  # fmt: skip
"""TensorFlow's layout names and the Keras words for them."""


_WANT_INT = frozenset(
    {"units", "input_dim", "output_dim", "n", "num_heads", "key_dim", "kernel_size", "strides", "dilation_rate",
     "pool_size", "size", "padding", "cropping"}
)  # fmt: skip
"""Arguments for which the layers of Keras 3 take no integer of NumPy's; ``filters`` and ``groups`` take one."""


def python_int(ctx: Context, argument: str, value: object) -> object:
    """A whole number, where it is one of NumPy's as the ``int`` that was meant.

    Source: measured with Keras 3.15: ``isinstance(units, int)``; Keras 2 converted it.
    """
    scalar = isinstance(value, Tensor) and value.shape == () and value.kind is Kind.ARRAY
    whole_scalar = scalar and isinstance(value, Tensor) and str(value.dtype).startswith(("int", "uint"))
    if not (isinstance(value, NumpyInt) or whole_scalar):
        return value
    if argument in _WANT_INT and ctx.keras >= 3:
        ctx.fault(NumpyInteger(ctx.operation, argument, str(int(value)) if isinstance(value, NumpyInt) else "…"))
    return int(value) if isinstance(value, NumpyInt) else UNKNOWN


def positive(ctx: Context, argument: str, value: object) -> Dim:
    """A whole number above 0, such as ``filters`` or ``units``."""
    value = python_int(ctx, argument, value)
    if isinstance(value, bool) or not isinstance(value, int | float | str | Linear):
        return UNKNOWN
    value = whole(ctx, argument, value)
    if not isinstance(value, int | Linear) or (isinstance(value, int) and value <= 0):
        raise Refused(ArgumentSize(ctx.operation, argument, show_value(value), "a whole number above 0"))
    return value


def whole(ctx: Context, argument: str, value: object, *, silent: bool = False) -> object:
    """A size without its decimal point: ``32.0`` is told and read as ``32``; anything else comes back as it is.

    Raises:
        Refused: the number is no whole one.
    """
    if not isinstance(value, float):
        return value
    meant = str(int(value)) if value.is_integer() else ""
    problem = FloatDimensionSilent if silent else FloatDimension
    fault = problem(ctx.operation, argument, show_value(value), meant)
    if silent:
        ctx.note(fault)
        return int(value) if meant else None
    if not meant:
        raise Refused(fault)
    ctx.fault(fault)
    return int(value)


def window(ctx: Context, argument: str, value: object, rank: int, *, allow_zero: bool = False) -> tuple[Dim, ...]:
    """An integer or a tuple of ``rank`` integers, such as ``kernel_size``; one entry an axis."""
    plural = "integer" if rank == 1 else "integers"
    value = whole(ctx, argument, python_int(ctx, argument, value))
    if isinstance(value, str):
        raise Refused(ArgumentSize(ctx.operation, argument, show_value(value), f"{rank} {plural}"))
    if isinstance(value, int | Linear) and not isinstance(value, bool):
        value = (value,) * rank
    if not isinstance(value, list | tuple):
        return (UNKNOWN,) * rank
    if argument == "strides" and len(value) == rank + 2 and all(type(step) is int for step in value):
        value = _spatial_strides(ctx, value)
    if len(value) != rank:
        raise Refused(ArgumentSize(ctx.operation, argument, show_value(tuple(value)), f"{rank} {plural}"))
    value = [whole(ctx, argument, part) for part in value]
    smallest = "0 or more" if allow_zero else "above 0"
    for part in value:
        if isinstance(part, int) and (part < 0 or (part == 0 and not allow_zero)):
            raise Refused(ArgumentSize(ctx.operation, argument, show_value(tuple(value)), f"numbers {smallest}"))
    return tuple(part if isinstance(part, int | Linear) else UNKNOWN for part in value)


def _spatial_strides(ctx: Context, given: Sequence[int]) -> Sequence[int]:
    """Strides as ``tf.nn.conv2d`` takes them, without those for the batch and the channels."""
    spatial = given[1:-1] if given[0] == given[-1] == 1 else given[2:] if given[0] == given[1] == 1 else ()
    if not spatial:
        return given
    ctx.fault(StridesForEveryAxis(ctx.operation, tuple(given), show_value(tuple(spatial))))
    return spatial


def margins(
    ctx: Context, argument: str, value: object, rank: int, *, allow_negative: bool = False
) -> tuple[tuple[Dim, Dim], ...]:
    """Pixels before and after each of ``rank`` axes, as ``padding`` and ``cropping`` are written.

    One number stands for all, ``rank`` entries for the axes, each a number or a pair. With one
    axis the entries are the two sides, as in ``ZeroPadding1D((1, 2))``.
    """
    if isinstance(value, Linear) or (isinstance(value, int) and not isinstance(value, bool)):
        if isinstance(value, int) and value < 0 and not (allow_negative and rank > 1):
            raise Refused(ArgumentSize(ctx.operation, argument, show_value(value), "numbers 0 or more"))
        return ((value, value),) * rank
    if isinstance(value, float | str):
        raise Refused(ArgumentSize(ctx.operation, argument, show_value(value), f"a number, or {rank} entries"))
    if not isinstance(value, list | tuple):
        return ((UNKNOWN, UNKNOWN),) * rank
    if rank == 1:
        before, after = window(ctx, argument, value, 2, allow_zero=True)
        return ((before, after),)
    if len(value) != rank:
        raise Refused(ArgumentSize(ctx.operation, argument, show_value(tuple(value)), f"a number, or {rank} entries"))
    pairs = [window(ctx, argument, part, 2, allow_zero=True) for part in value]
    return tuple((before, after) for before, after in pairs)


def dims(value: object) -> tuple[Dim, ...] | Unknown:
    """A shape as a program writes it; ``None`` is a dynamic dim, what is not known stays unknown."""
    return tuple(dim(part) for part in value) if isinstance(value, list | tuple) else UNKNOWN


def dim(value: object) -> Dim:
    """One entry of a shape."""
    if value is None or isinstance(value, Dynamic):
        return DYNAMIC
    return value if isinstance(value, int | Linear) and not isinstance(value, bool) else UNKNOWN


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
        ctx.fault(DataFormatSpelling(ctx.operation, value, wanted))
        return wanted
    raise Refused(DataFormatSpelling(ctx.operation, value, "channels_last or channels_first"))


def padding(ctx: Context, value: object, allowed: tuple[str, ...]) -> Union[str, Unknown]:
    """A padding word in lower case; Keras' convolution layers and ``keras.ops`` take any case."""
    if isinstance(value, Unknown) or not isinstance(value, str | int | tuple | list):
        return UNKNOWN
    if isinstance(value, str) and value.lower() in allowed:
        return value.lower()
    raise Refused(InvalidPadding(ctx.operation, show_value(value), ", ".join(f'"{word}"' for word in allowed)))


def lower_case_padding(ctx: Context, value: object, allowed: tuple[str, ...]) -> Union[str, Unknown]:
    """A padding word where Keras wants it in lower case: its pooling layers and ``keras.backend``.

    Source: measured with Keras 3.15: ``MaxPooling2D(padding="SAME")(x)`` raises "Argument
    `padding` must be either 'valid' or 'same'", ``K.conv2d`` "Invalid padding: SAME". The
    pooling layers of Keras 2 lowered the word themselves.
    """
    word = padding(ctx, value, allowed)
    if isinstance(word, str) and word != value and isinstance(value, str) and ctx.keras >= 3:
        ctx.fault(PaddingSpelling(ctx.operation, value, word))
    return word


def axes(value: object) -> tuple[int, ...] | Unknown:
    """An axis or several, as numbers; unknown unless every one is known."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,)
    if isinstance(value, list | tuple) and all(isinstance(part, int) for part in value):
        return tuple(part for part in value if isinstance(part, int))
    return UNKNOWN


def choice(ctx: Context, argument: str, value: object, allowed: Sequence[object]) -> str | Unknown | None:
    """One of a few words, such as ``output_mode``; None where that is allowed."""
    if value is None and None in allowed:
        return None
    if value is None or isinstance(value, str):
        if value not in allowed:
            wanted = " or ".join(f'"{word}"' if isinstance(word, str) else str(word) for word in allowed)
            raise Refused(ArgumentSize(ctx.operation, argument, repr(value), wanted))
        return value
    return UNKNOWN
