"""Functional and sequential models: how they are put together and called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import libcst as cst

from convlint.catalog import arguments as read
from convlint.catalog.layers.core import InputLayer
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import BatchInInputShapeSilent
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Unknown
from convlint.shapes.shape import AnyShape, Shape, shapes_contradict
from convlint.static import objects, usage
from convlint.static.run import Frame, Run, stamp
from convlint.static.syntax import dotted
from convlint.static.values import (
    DictValue,
    Instance,
    LayerValue,
    ListValue,
    ModelValue,
    Origin,
    Value,
    items_of,
)


def make_sequential(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    """``keras.Sequential([…])``."""
    model = ModelValue(frame.unit, node, sequential=True)
    layers = positional[0] if positional else keywords.get("layers")
    if layers is None:
        return model
    items = items_of(layers)
    if isinstance(items, Unknown):
        for key in ("layers", "inputs", "outputs"):
            model.state[key] = UNKNOWN
        return model
    for item in items:
        add_layer(run, frame, node, model, item)
    return model


def add_layer(run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue, layer: Value) -> None:
    """``model.add(layer)``: the output so far goes through the new layer."""
    state = model.state
    layers = state["layers"]
    if usage.state_class_for_layer(run, frame, node, dotted(node) if isinstance(node, cst.Call) else "add", layer):
        layer = UNKNOWN
    if not isinstance(layers, tuple):
        return
    first = not layers
    run.journal.set(state, "layers", (*layers, layer))
    if isinstance(layer, Tensor):
        if first:
            run.journal.set(state, "inputs", layer)
            run.journal.set(state, "outputs", layer)
        return
    declared = declared_input(run, frame, layer) if first else None
    if declared is not None:
        run.journal.set(state, "inputs", declared)
        run.journal.set(state, "outputs", declared)
        if isinstance(layer, LayerValue) and isinstance(layer.spec, InputLayer):
            return
    before = state["outputs"]
    if before is None:
        if not isinstance(layer, LayerValue | Instance | ModelValue):
            run.journal.set(state, "outputs", UNKNOWN)
        return
    if isinstance(before, Unknown):
        before = Tensor()
    after = pass_through(run, frame, node, layer, before)
    run.journal.set(state, "outputs", after)


def pass_through(run: Run, frame: Frame, node: cst.CSTNode, layer: Value, x: Value) -> Value:
    """The output of one layer of a ``Sequential``; findings stand at the layer's own expression."""
    if isinstance(layer, LayerValue):
        where = layer.node if layer.unit is frame.unit else node
        return objects.call_layer(run, frame, where, layer, [x], {})
    if isinstance(layer, ModelValue):
        return call_model(run, frame, node, layer, [x], {})
    if isinstance(layer, Instance):
        return objects.call_instance(run, frame, node, layer, [x], {})
    return UNKNOWN


def declared_input(run: Run, frame: Frame, layer: Value) -> Tensor | None:
    """The input that a first layer declares by ``input_shape=`` and its like, or None."""
    if isinstance(layer, ModelValue):
        inputs = layer.state["inputs"]
        return inputs if isinstance(inputs, Tensor) else None
    if not isinstance(layer, LayerValue):
        return None
    arguments = layer.spec.arguments
    if isinstance(layer.spec, InputLayer):
        produced = layer.spec.produced
        return stamp(produced, frame, layer.node, layer.class_name, ())
    shape: AnyShape | None = None
    for key in ("batch_input_shape", "batch_shape"):
        whole = arguments.get(key)
        if isinstance(whole, list | tuple):
            shape = _dims(whole)
    given = arguments.get("input_shape")
    if isinstance(given, list | tuple):
        shape = (DYNAMIC, *_dims(given))
    elif given is not None:
        shape = UNKNOWN
    elif shape is None and "input_dim" in arguments and layer.class_name != "Embedding":
        size = arguments["input_dim"]
        length = arguments.get("input_length")
        inner = _dims((size,)) if length is None else _dims((length, size))
        recurrent = layer.class_name in ("LSTM", "GRU", "SimpleRNN")
        shape = (DYNAMIC, UNKNOWN, *inner) if recurrent and length is None else (DYNAMIC, *inner)
    elif shape is None and layer.class_name == "Embedding" and isinstance(arguments.get("input_length"), int):
        shape = (DYNAMIC, *_dims((arguments["input_length"],)))
    if shape is None:
        return None
    return stamp(Tensor(shape, "float32", Kind.SYMBOLIC), frame, layer.node, "input", ())


def _dims(values: list[object] | tuple[object, ...]) -> Shape:
    return tuple(read.dim(value) for value in values)


def make_model(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    """``keras.Model(inputs, outputs)``."""
    inputs = positional[0] if positional else keywords.get("inputs", keywords.get("input"))
    outputs = positional[1] if len(positional) > 1 else keywords.get("outputs", keywords.get("output"))
    model = ModelValue(frame.unit, node, sequential=False)
    if "inputs" not in keywords and "outputs" not in keywords and ("input" in keywords or "output" in keywords):
        objects.state_keras1_model(run, frame, node, keywords)
    shown = dotted(node) if isinstance(node, cst.Call) else "Model"
    if not usage.state_uncalled(run, frame, node, shown, inputs):
        usage.state_uncalled(run, frame, node, shown, outputs)
    model.state["inputs"] = _structure(inputs)
    model.state["outputs"] = _structure(outputs)
    model.state["layers"] = UNKNOWN
    return model


def _structure(value: Value) -> Value:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, ListValue | tuple):
        items = items_of(value)
        if isinstance(items, Unknown):
            return UNKNOWN
        return items[0] if len(items) == 1 and isinstance(items[0], Tensor) else tuple(items)
    if isinstance(value, DictValue):
        return value
    return UNKNOWN


def call_model(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    model: ModelValue,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
) -> Value:
    """Call a model on new tensors."""
    x = positional[0] if positional else keywords.get("inputs", UNKNOWN)
    inputs, outputs = model.state["inputs"], model.state["outputs"]
    if model.sequential:
        return _call_sequential(run, frame, node, model, x)
    if isinstance(x, ListValue):
        items = items_of(x)
        x = UNKNOWN if isinstance(items, Unknown) else items[0] if len(items) == 1 else tuple(items)
    if isinstance(inputs, Tensor) and isinstance(x, Tensor) and _same_sample(inputs.shape, x.shape):
        return _retarget(run, frame, node, outputs, x)
    if isinstance(outputs, Tensor):
        return stamp(Tensor(kind=x.kind if isinstance(x, Tensor) else Kind.UNKNOWN), frame, node, model.name, ())
    if isinstance(outputs, tuple):
        return ListValue([Tensor() for _ in outputs])
    return UNKNOWN


def check_declared_batch(run: Run, frame: Frame, model: ModelValue, x: Value, *, has_samples: bool) -> None:
    """State an input that was declared with the shape of the whole array that the model is now given.

    Where the array may be one sample (``has_samples`` is false, in ``predict``) it is one, unless the declaration
    reads a shape.
    """
    declared = model.state["inputs"]
    if not isinstance(declared, Tensor) or not isinstance(x, Tensor) or not isinstance(declared.origin, Origin):
        return
    if isinstance(declared.shape, Unknown) or isinstance(x.shape, Unknown) or len(x.shape) < 2:
        return
    if declared.shape[1:] != x.shape or not all(isinstance(size, int) for size in x.shape):
        return
    origin = declared.origin
    if not has_samples and ".shape" not in origin.source.module.code_for_node(origin.node):
        return
    run.state_problem(
        BatchInInputShapeSilent(_written(origin), x.shape, x.shape[1:], x.shape[0]), frame, origin.node, (x,)
    )


def _written(origin: Origin) -> str:
    return dotted(origin.node) if isinstance(origin.node, cst.BaseExpression) else origin.label


def _same_sample(declared: AnyShape, given: AnyShape) -> bool:
    if isinstance(declared, Unknown) or isinstance(given, Unknown) or len(declared) != len(given):
        return False
    return declared[1:] == given[1:] and not any(isinstance(dim, Unknown) for dim in given[1:])


def _retarget(run: Run, frame: Frame, node: cst.CSTNode, outputs: Value, x: Tensor) -> Value:
    """The outputs of a model for inputs of the declared shape: only the batch is the caller's."""
    if isinstance(outputs, tuple):
        return ListValue([_retarget(run, frame, node, part, x) for part in outputs])
    if not isinstance(outputs, Tensor) or isinstance(outputs.shape, Unknown) or isinstance(x.shape, Unknown):
        return Tensor(kind=x.kind)
    kind = Kind.EAGER if x.kind is Kind.ARRAY else x.kind
    same_batch = bool(outputs.shape) and outputs.shape[0] == DYNAMIC
    shape = (x.shape[0], *outputs.shape[1:]) if same_batch else outputs.shape
    return stamp(replace(outputs, shape=shape, kind=kind), frame, node, "model", (x,))


def _call_sequential(run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue, x: Value) -> Value:
    layers = model.state["layers"]
    if isinstance(x, ListValue) and not isinstance(x.items, Unknown) and len(x.items) == 1:
        x = x.items[0]
    inputs = model.state["inputs"]
    if isinstance(inputs, Tensor) and isinstance(x, Tensor) and _same_sample(inputs.shape, x.shape):
        return _retarget(run, frame, node, model.state["outputs"], x)
    if not isinstance(layers, tuple) or not isinstance(x, Tensor):
        return Tensor()
    declared = isinstance(inputs, Tensor) and shapes_contradict(inputs.shape, x.shape)
    result: Value = x
    # Keras checks a declared input itself; what follows from a wrong one is not reported again.
    with run.mute(declared):
        for layer in layers:
            if isinstance(layer, Tensor) or (isinstance(layer, LayerValue) and isinstance(layer.spec, InputLayer)):
                continue
            result = pass_through(run, frame, node, layer, result)
    return Tensor() if declared else result
