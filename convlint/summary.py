"""The layer table of a model, whoever made it: the installed Keras or the static front end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

TableShape = Union[tuple[Union[int, str, None], ...], str]
"""A shape with its batch: None for a dynamic size, a symbol's text or ``"?"`` for one that is not known, ``"?"`` alone
where not even the rank is."""


@dataclass(frozen=True)
class LayerRow:
    """One row of the layer table.

    ``class_name`` is the bare class; shapes count the batch; ``params`` is None where it is not known;
    ``file`` and ``line`` say where the program calls the layer, ``line`` 0 where no line of the program does.
    """

    name: str
    class_name: str
    input_shapes: tuple[TableShape, ...]
    output_shapes: tuple[TableShape, ...]
    params: int | None
    data_format: str | None
    kernel_shape: TableShape | None
    file: str
    line: int
