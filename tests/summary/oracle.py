"""What Keras itself says about a model, in the form of a layer table; weights are not allocated."""

from __future__ import annotations

import importlib
import math
from functools import cache
from typing import Any

from convlint.static.analysis import StaticSettings
from convlint.static.inspection import StaticInspection, inspect_source

Row = tuple[object, ...]


@cache
def keras() -> Any:
    """The installed Keras, with weights that exist only once somebody asks for their values."""
    module = importlib.import_module("keras")
    lazy_weights = importlib.import_module("convlint.runtime.inside.lazy_weights")
    assert lazy_weights.install()
    return module


def kernel_shape(layer: Any) -> list[int] | None:
    return importlib.import_module("convlint.runtime.inside.tracing").kernel_shape(layer)


def rows_of_keras(model: Any) -> list[Row]:
    """Name, class, input and output shapes, weights, layout and kernel of each layer."""
    rows: list[Row] = []
    for layer in model.layers:
        node = layer._inbound_nodes[0]
        outputs = [list(x.shape) for x in node.outputs]
        rows.append(
            (
                layer.name,
                type(layer).__name__,
                [list(x.shape) for x in node.input_tensors] or outputs,
                outputs,
                sum(math.prod(weight.shape) for weight in layer.weights),
                getattr(layer, "data_format", None),
                kernel_shape(layer),
            )
        )
    return rows


def rows_of_source(inspection: StaticInspection) -> list[Row]:
    """The same of what the source tells."""
    return [
        (
            row.name,
            row.class_name,
            [list(shape) for shape in row.input_shapes],
            [list(shape) for shape in row.output_shapes],
            row.params,
            row.data_format,
            None if row.kernel_shape is None else list(row.kernel_shape),
        )
        for row in inspection.layers
    ]


def inspect(text: str, file: str, builder: str, layout: str = "channels_last", **arguments: object) -> StaticInspection:
    """The static table of a builder."""
    return inspect_source(text, file, builder, StaticSettings(image_data_format=layout), arguments=arguments)
