"""The layer table and the graph of a model, whoever made them: the installed Keras, the source or a saved file."""

from __future__ import annotations

from typing import Union

from convlint.lazy import dataclass

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


@dataclass(frozen=True)
class Edge:
    """A tensor on its way from one box to another, both by their place among the boxes."""

    source: int
    target: int
    shape: TableShape


@dataclass(frozen=True)
class ModelGraph:
    """What flows where: a box for each call of a layer or a function, every box behind those that it needs.

    Attributes:
        boxes: a layer that is called twice has two.
        edges: by target.
        failed: the box in which the build ended, None where it did not.
        inner: the graphs of models that are boxes, by the name of the box.
    """

    boxes: tuple[LayerRow, ...] = ()
    edges: tuple[Edge, ...] = ()
    failed: int | None = None
    inner: tuple[tuple[str, ModelGraph], ...] = ()


NO_GRAPH = ModelGraph()
