"""The layer table of a model as its source tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from convlint.catalog.tensor import Tensor
from convlint.shapes.dims import UNKNOWN, Dim, Unknown, product
from convlint.shapes.shape import AnyShape, shape_as_json
from convlint.static import graph
from convlint.static.journal import MISSING
from convlint.static.models import GRAPH
from convlint.static.objects import MODEL, SPEC, WEIGHTS
from convlint.static.usage import keras_role
from convlint.static.values import (
    Applied,
    DictValue,
    GraphNode,
    Instance,
    LayerValue,
    ListValue,
    ModelValue,
    Operation,
    Origin,
    Value,
)
from convlint.summary import Edge, LayerRow, ModelGraph, TableShape

MAX_DEPTH = 6
"""Models inside models whose graphs are drawn."""


def is_keras_object(value: Value) -> bool:
    """Whether a value is a layer or a model."""
    return isinstance(value, LayerValue | ModelValue) or (
        isinstance(value, Instance) and keras_role(value.cls) is not None
    )


def model_in(value: Value) -> Value:
    """The layer or model that a builder returned, alone or among others; MISSING where there is none."""
    if is_keras_object(value):
        return value
    items = value.items if isinstance(value, ListValue) else value
    if isinstance(items, tuple):
        return next((item for item in items if is_keras_object(item)), MISSING)
    return MISSING


def title(value: Value) -> str:
    """What Keras calls the model."""
    name = graph.full_name(value)
    return name if isinstance(name, str) else "?"


def layers_in(value: Value) -> tuple[Value, ...] | None:
    """The layers of a model in Keras' order, a layer itself alone; None where they are not known."""
    if isinstance(value, ModelValue):
        return graph.layers_of(value)
    if isinstance(value, Instance) and keras_role(value.cls) == "model":
        model = value.attributes.get(MODEL)
        return graph.layers_of(model) if isinstance(model, ModelValue) else tuple(_tracked(value))
    return (value,)


def _tracked(instance: Instance) -> Iterator[Value]:
    """Layers that an object holds, in the order in which they were assigned: Keras tracks lists and dictionaries too.

    Source: ``keras/src/layers/layer.py``, ``_tracker``.
    """
    seen: set[int] = set()
    for name, value in instance.attributes.items():
        if isinstance(name, str) and " " not in name:
            yield from _layers_among(value, seen)


def _layers_among(value: Value, seen: set[int]) -> Iterator[Value]:
    if is_keras_object(value):
        if id(value) not in seen:
            seen.add(id(value))
            yield value
    elif isinstance(value, ListValue | tuple):
        items = value.items if isinstance(value, ListValue) else value
        for item in () if isinstance(items, Unknown) else items:
            yield from _layers_among(item, seen)
    elif isinstance(value, DictValue):
        for item in value.entries.values():
            yield from _layers_among(item, seen)


def row(operation: Value) -> LayerRow:
    """One row of the table."""
    assert isinstance(operation, LayerValue | ModelValue | Instance)
    first = graph.first_call(operation)
    name = graph.full_name(operation)
    inputs, outputs, file, line = _call(operation, first)
    return LayerRow(
        name if isinstance(name, str) else "?",
        class_name(operation),
        inputs,
        outputs,
        parameters([operation]),
        _data_format(operation),
        _kernel(operation),
        file,
        line,
    )


def _call(operation: Operation, first: Value) -> tuple[tuple[TableShape, ...], tuple[TableShape, ...], str, int]:
    if not isinstance(first, GraphNode):
        if isinstance(operation, Applied | Instance):
            return (), (), "", 0
        place = operation.unit.source.location(operation.node)
        return (), (), place.file, place.line
    outputs = tuple(_shape(x.shape) for x in first.outputs or ())
    given = list(graph.tensors_of([*first.positional, *first.keywords.values()]))
    inputs = tuple(_shape(x.shape) for x in given) if given or first.inputs else outputs
    place = first.unit.source.location(first.node)
    return inputs, outputs, place.file, place.line


def picture(model: Value, depth: int = 0) -> ModelGraph:
    """The graph of a model, as far as its source tells it; those of the models in it, too."""
    drawn = _picture(model)
    if depth >= MAX_DEPTH:
        return drawn
    inside = (one for one in layers_in(model) or () if one is not model and _is_model(one))
    inner = ((row(one).name, picture(one, depth + 1)) for one in inside)
    return replace(drawn, inner=tuple((name, graph) for name, graph in inner if graph.boxes))


def _is_model(value: Value) -> bool:
    return isinstance(value, ModelValue) or (isinstance(value, Instance) and keras_role(value.cls) == "model")


def _picture(model: Value) -> ModelGraph:
    if isinstance(model, Instance) and isinstance(model.attributes.get(MODEL), ModelValue):
        model = model.attributes[MODEL]
    if isinstance(model, ModelValue) and not model.sequential:
        known = model.state.get(GRAPH)
        return _drawn(known.nodes) if isinstance(known, graph.Graph) else ModelGraph()
    layers = layers_in(model) or ()
    if isinstance(model, ModelValue):
        return _chain([row(layer) for layer in layers if is_keras_object(layer)])
    return picture_of_calls(layer for layer in layers if is_keras_object(layer))


def picture_of_calls(operations: Iterable[Value]) -> ModelGraph:
    """The graph between the first calls of layers, models and functions."""
    states = (
        graph.state_of(one) if isinstance(one, LayerValue | ModelValue | Instance) else None for one in operations
    )
    calls = (state.get(graph.FIRST) for state in states if state is not None)
    return _drawn([call for call in calls if isinstance(call, GraphNode)])


def _chain(rows: Sequence[LayerRow]) -> ModelGraph:
    """The boxes of a ``Sequential``, behind one for its input."""
    shapes = rows[0].input_shapes if rows else ()
    entry = [LayerRow("input", "InputLayer", shapes, shapes, 0, None, None, "", 0)] if shapes else []
    boxes = [*entry, *rows]
    given = [box.output_shapes[0] if box.output_shapes else "?" for box in boxes]
    return ModelGraph(tuple(boxes), tuple(Edge(index, index + 1, given[index]) for index in range(len(boxes) - 1)))


def _drawn(nodes: Sequence[GraphNode]) -> ModelGraph:
    """A box for each node, and the tensors between them."""
    numbers = {id(node): index for index, node in enumerate(nodes)}
    # Inside a layer's own call tensors are in no graph, but the same object goes from one layer to the next.
    makers = {id(x): index for index, node in enumerate(nodes) for x in node.outputs or ()}
    edges = []
    for index, node in enumerate(nodes):
        for x in graph.tensors_of([*node.positional, *node.keywords.values()]):
            call = x.origin.call if isinstance(x.origin, Origin) else None
            source = numbers.get(id(call), makers.get(id(x)))
            if source is not None and source != index:
                edges.append(Edge(source, index, _shape(x.shape)))
    return ModelGraph(tuple(map(_box, nodes)), tuple(edges))


def _box(node: GraphNode) -> LayerRow:
    inputs, outputs, file, line = _call(node.operation, node)
    operation = node.operation
    if is_keras_object(operation):
        made = row(operation)
        return replace(made, input_shapes=inputs, output_shapes=outputs, file=file, line=line)
    shown = operation.name if isinstance(operation, Applied) and isinstance(operation.name, str) else "?"
    return LayerRow(shown, "", inputs, outputs, None, None, None, file, line)


def _shape(shape: AnyShape) -> TableShape:
    known = shape_as_json(shape)
    return known if isinstance(known, str) else tuple(known)


def class_name(operation: Value) -> str:
    """The bare class."""
    if isinstance(operation, LayerValue):
        return operation.class_name
    if isinstance(operation, ModelValue):
        return "Sequential" if operation.sequential else "Functional"
    return operation.cls.name if isinstance(operation, Instance) else ""


def _own_layer(operation: Value) -> LayerValue | None:
    """The catalog's layer that an operation is, or derives from."""
    if isinstance(operation, Instance):
        operation = operation.attributes.get(SPEC)
    return operation if isinstance(operation, LayerValue) else None


def _data_format(operation: Value) -> str | None:
    layer = _own_layer(operation)
    found = None if layer is None else layer.spec.kept_data_format
    return found if isinstance(found, str) else None


def _kernel(operation: Value) -> TableShape | None:
    layer = _own_layer(operation)
    if layer is None or layer.built is None or "recurrent_kernel" in layer.built.weights:
        return None
    weights = layer.built.weights
    found = weights.get("kernel", weights.get("depthwise_kernel"))
    return None if found is None else _shape(found)


def parameters(operations: Iterable[Value]) -> int | None:
    """The number of weights of layers and models, what they share counted once; None where it is not known."""
    total: Dim = 0
    for size in _sizes(operations, set()):
        if not isinstance(total, int) or not isinstance(size, int):
            return None
        total += size
    return total if isinstance(total, int) else None


def _sizes(operations: Iterable[Value], seen: set[int]) -> Iterator[Dim]:
    for operation in operations:
        if id(operation) in seen:
            continue
        seen.add(id(operation))
        if isinstance(operation, LayerValue):
            yield 0 if operation.built is None else operation.built.parameters
            inner = operation.function
            if is_keras_object(inner) and not isinstance(inner, LayerValue):
                yield from _sizes([inner], seen)
        elif isinstance(operation, ModelValue):
            layers = graph.layers_of(operation)
            yield from [UNKNOWN] if layers is None else _sizes(layers, seen)
        elif isinstance(operation, Instance):
            yield from _sizes_of_instance(operation, seen)


def _sizes_of_instance(instance: Instance, seen: set[int]) -> Iterator[Dim]:
    held = instance.attributes.get(WEIGHTS, ())
    if not isinstance(held, tuple) or any(value is UNKNOWN for value in instance.attributes.values()):
        yield UNKNOWN
        return
    for weight in held:
        known = isinstance(weight, Tensor) and not isinstance(weight.shape, Unknown)
        yield product(weight.shape) if known else UNKNOWN
    own = [instance.attributes[key] for key in (SPEC, MODEL) if key in instance.attributes]
    yield from _sizes([*own, *_tracked(instance)], seen)


__all__ = ["layers_in", "model_in", "parameters", "picture", "picture_of_calls", "row", "title"]
