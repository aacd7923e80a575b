"""Functional and sequential models: how they are put together and called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import libcst as cst

from convlint.catalog import arguments as read
from convlint.catalog.context import Context
from convlint.catalog.identifiers import KNOWN, unknown_identifier
from convlint.catalog.layers.core import InputLayer
from convlint.catalog.registry import find_layer
from convlint.catalog.stated import declared_shape, ignored_input_shape
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import BatchInInputShapeSilent, DuplicateLayerName
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Unknown
from convlint.shapes.shape import AnyShape, Shape, shapes_contradict
from convlint.static import graph, objects, usage
from convlint.static.run import Frame, Run, stamp
from convlint.static.syntax import dotted
from convlint.static.values import (
    Applied,
    DictValue,
    GraphNode,
    Instance,
    LayerValue,
    ListValue,
    ModelValue,
    Origin,
    Value,
    forget,
    items_of,
)


def input_tensor(run: Run, frame: Frame, node: cst.CSTNode, made: Tensor, name: Value) -> Tensor:
    """A tensor as what an ``InputLayer`` of this name stands for."""
    return graph.produce(frame, node, _input_layer(run, frame, node, made, name), made)


def _input_layer(run: Run, frame: Frame, node: cst.CSTNode, made: Tensor, name: Value) -> LayerValue:
    entry = find_layer("keras.layers.InputLayer")
    assert entry is not None
    sizes = made.shape if isinstance(made.shape, Unknown) else list(made.shape)
    spec = entry.make(Context(), [], {"batch_shape": sizes, "dtype": made.dtype})
    given = name if isinstance(name, str) else ""
    full_name = graph.name_of(run, "InputLayer", name)
    return LayerValue(spec, "InputLayer", "Input", given, frame.unit, node, full_name=full_name)


def make_sequential(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    """``keras.Sequential([…])``."""
    model = ModelValue(frame.unit, node, sequential=True)
    model.full_name = graph.name_of(run, "Sequential", _name_argument(positional, keywords))
    layers = positional[0] if positional else keywords.get("layers")
    if layers is None:
        return model
    items = items_of(layers)
    if isinstance(items, Unknown):
        forget(run.journal, model)
        return model
    for item in items:
        _put_layer(run, frame, node, model, item)
    _rebuilt(run, model)
    return model


def _name_argument(positional: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
    return keywords.get("name", positional[2] if len(positional) > 2 else None)


def _rebuilt(run: Run, model: ModelValue) -> None:
    """Keras makes a functional model inside a ``Sequential`` whose input is known, each time it changes."""
    layers = model.state["layers"]
    if isinstance(layers, tuple) and len(layers) > 1 and model.state["inputs"] is not None:
        graph.automatic_name(run, "Functional")


def add_layer(run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue, layer: Value) -> None:
    """``model.add(layer)``: the output so far goes through the new layer."""
    _put_layer(run, frame, node, model, layer)
    _rebuilt(run, model)


def _put_layer(run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue, layer: Value) -> None:
    state = model.state
    usage.check_packages(run, frame, node, layer, usage.package_of(model.unit, model.node))
    layers = state["layers"]
    if usage.state_class_for_layer(run, frame, node, dotted(node) if isinstance(node, cst.Call) else "add", layer):
        layer = UNKNOWN
    if not isinstance(layers, tuple):
        return
    run.step()
    run.pay(len(layers) >> 10)
    first = not layers
    if isinstance(layer, LayerValue) and layer.name:
        others = [other for other in layers if isinstance(other, LayerValue) and other.name == layer.name]
        if any(other is not layer for other in others):
            where = layer.node if layer.unit is frame.unit else node
            values = {"layer": layer if all(other.node is not layer.node for other in others) else None}
            run.state_problem(DuplicateLayerName("Sequential", layer.name), frame, where, values=values)
    if isinstance(layer, Tensor):
        run.journal.set(state, "layers", (*layers, layer))
        if first:
            run.journal.set(state, "inputs", layer)
            run.journal.set(state, "outputs", layer)
        return
    declared = declared_input(run, frame, layer) if first else None
    if declared is not None:
        only_input = isinstance(layer, LayerValue) and isinstance(layer.spec, InputLayer)
        if graph.place_of(declared) is None:
            declared = input_tensor(run, frame, node, declared, None)
        run.journal.set(state, "inputs", declared)
        run.journal.set(state, "outputs", declared)
        run.journal.set(state, "layers", (layer,) if only_input else (declared, layer))
        if only_input:
            return
    else:
        run.journal.set(state, "layers", (*layers, layer))
    before = state["outputs"]
    if before is None:
        if not isinstance(layer, LayerValue | Instance | ModelValue):
            run.journal.set(state, "outputs", UNKNOWN)
        return
    if isinstance(before, Unknown):
        before = Tensor()
    if isinstance(layer, LayerValue) and not first:
        check_declared_shape(run, frame, layer.node if layer.unit is frame.unit else node, layer, before)
    after = pass_through(run, frame, node, layer, before)
    run.journal.set(state, "outputs", after)


def pop_layer(run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue) -> Value:
    """``model.pop()``: what is left runs again."""
    layers = model.state["layers"]
    if not isinstance(layers, tuple) or not layers:
        forget(run.journal, model)
        return UNKNOWN
    *rest, last = layers
    run.journal.set(model.state, "layers", tuple(rest))
    x = model.state["inputs"]
    if x is not None:
        with run.mute():
            for layer in rest:
                if not graph.is_input(layer):
                    x = pass_through(run, frame, node, layer, x)
        run.journal.set(model.state, "outputs", x)
        _rebuilt(run, model)
    return last


def get_layer(model: ModelValue, positional: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
    """``model.get_layer("name")`` or ``model.get_layer(index=3)``."""
    layers = graph.layers_of(model)
    if layers is None:
        return UNKNOWN
    index = keywords.get("index", positional[1] if len(positional) > 1 else None)
    if isinstance(index, int):
        return layers[index] if -len(layers) <= index < len(layers) else UNKNOWN
    name = positional[0] if positional else keywords.get("name")
    named = [layer for layer in layers if isinstance(name, str) and graph.full_name(layer) == name]
    return named[0] if len(named) == 1 else UNKNOWN


def build_sequential(run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue, shape: Value) -> None:
    """``model.build((None, 28, 28, 1))``: the layers are called on an input of that shape."""
    sizes = items_of(shape)
    if model.state["inputs"] is not None or isinstance(sizes, Unknown):
        return
    x = stamp(Tensor(_dims(tuple(sizes)), "float32", Kind.SYMBOLIC), frame, node, "input", ())
    _declare(run, frame, node, model, x, where=node)


def _declare(
    run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue, x: Tensor, where: cst.CSTNode | None = None
) -> None:
    """Give a ``Sequential`` without a declared input the one that it first meets.

    Findings stand at ``where``, else at each layer's own expression.
    """
    layers = model.state["layers"]
    if not isinstance(layers, tuple):
        return
    declared = input_tensor(run, frame, node, x, None)
    result: Value = declared
    for layer in layers:
        result = pass_through(run, frame, node, layer, result, where)
    run.journal.set(model.state, "layers", (declared, *layers))
    run.journal.set(model.state, "inputs", declared)
    run.journal.set(model.state, "outputs", result)
    _rebuilt(run, model)


def pass_through(
    run: Run, frame: Frame, node: cst.CSTNode, layer: Value, x: Value, where: cst.CSTNode | None = None
) -> Value:
    """The output of one layer of a ``Sequential``; findings stand at ``where``, else at the layer's own expression."""
    if isinstance(layer, LayerValue):
        own = layer.node if layer.unit is frame.unit else node
        return objects.call_layer(run, frame, where or own, layer, [x], {})
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
    if isinstance(layer.spec, InputLayer):
        produced = layer.spec.produced
        return stamp(produced, frame, layer.node, layer.class_name, ())
    shape = declared_shape(layer.spec)
    if shape is None:
        return None
    return stamp(Tensor(shape, "float32", Kind.SYMBOLIC), frame, layer.node, "input", ())


def check_declared_shape(run: Run, frame: Frame, node: cst.CSTNode, layer: LayerValue, x: Value) -> None:
    """State an ``input_shape=`` that contradicts what arrives: only the first layer of a ``Sequential`` reads it."""
    if not isinstance(x, Tensor):
        return
    problem = ignored_input_shape(layer.name or layer.shown, layer.spec, x)
    if problem is not None:
        callee, values = f"keras.layers.{layer.class_name}", {"layer": layer}
        run.state_problem(problem, frame, node, (x,), callee=callee, values=values)


def check_names(run: Run, frame: Frame, node: cst.CSTNode, layers: Value) -> None:
    """State two layers of a functional model that were given the same name."""
    named: dict[str, LayerValue] = {}
    for layer in layers if isinstance(layers, tuple) else ():
        if isinstance(layer, LayerValue) and layer.name:
            other = named.setdefault(layer.name, layer)
            if other is not layer:
                values = {"layer": layer if layer.node is not other.node else None}
                run.state_problem(DuplicateLayerName("Model", layer.name), frame, node, values=values)
                return


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
    model.full_name = graph.name_of(run, "Functional", _name_argument(positional, keywords))
    shown = dotted(node) if isinstance(node, cst.Call) else "Model"
    if not usage.state_uncalled(run, frame, node, shown, inputs):
        usage.state_uncalled(run, frame, node, shown, outputs)
    model.state["inputs"] = _structure(inputs)
    model.state["outputs"] = _structure(outputs)
    found = _graph_between(run, frame, node, inputs, outputs)
    if found is None:
        if usage.state_disconnected(run, frame, node, shown, _tensors(inputs), _tensors(outputs)):
            model.state["inputs"] = model.state["outputs"] = UNKNOWN  # there is no such model to be given data
    else:
        usage.remember_graph(run, found)
    model.state[GRAPH] = found
    layers = None if found is None else tuple(part for part in found.operations if not isinstance(part, Applied))
    model.state["layers"] = UNKNOWN if layers is None else layers
    check_names(run, frame, node, model.state["layers"])
    return model


BUILT = "keras built"
GRAPH = "keras graph"
"""Key under which a functional model keeps its :class:`graph.Graph`."""


def _graph_between(run: Run, frame: Frame, node: cst.CSTNode, inputs: Value, outputs: Value) -> graph.Graph | None:
    """The graph of a functional model; a new input stands for each tensor in the middle of another graph."""
    starts, ends = _tensors(inputs), _tensors(outputs)
    if not starts or not ends:
        return None
    return graph.collect(starts, ends, lambda x: input_tensor(run, frame, node, replace(x, origin=None), UNKNOWN))


def _tensors(value: Value) -> list[Tensor]:
    """The tensors of a structure in order; none where something in it is not known."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, DictValue):
        return [] if value.open else _tensors(tuple(graph.by_key(value)))
    items = items_of(value) if isinstance(value, ListValue | tuple) else UNKNOWN
    if isinstance(items, Unknown):
        return []
    parts = [_tensors(item) for item in items]
    return [tensor for part in parts for tensor in part] if all(parts) else []


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
    result = run_model(run, frame, node, model, positional, keywords)
    return graph.record(run, frame, node, model, positional, keywords, result)


def run_model(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    model: ModelValue,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
) -> Value:
    """What a model gives for new tensors."""
    x = positional[0] if positional else keywords.get("inputs", UNKNOWN)
    inputs, outputs = model.state["inputs"], model.state["outputs"]
    if model.sequential:
        return _call_sequential(run, frame, node, model, x)
    if isinstance(x, ListValue):
        items = items_of(x)
        x = UNKNOWN if isinstance(items, Unknown) else items[0] if len(items) == 1 else tuple(items)
    if isinstance(inputs, Tensor) and isinstance(x, Tensor) and _same_sample(inputs.shape, x.shape):
        return _retarget(run, frame, node, outputs, x)
    replayed = _replay(run, frame, node, model, x)
    if replayed is not None:
        return replayed
    if isinstance(outputs, Tensor):
        return stamp(Tensor(kind=x.kind if isinstance(x, Tensor) else Kind.UNKNOWN), frame, node, model.name, ())
    if isinstance(outputs, tuple):
        return ListValue([Tensor() for _ in outputs])
    return UNKNOWN


def _replay(run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue, x: Value) -> Value | None:
    """Run a functional model's graph on other inputs; None where the graph, or what fits it, is not known."""
    known, declared = model.state[GRAPH], _tensors(model.state["inputs"])
    given = _tensors(x)
    if not isinstance(known, graph.Graph) or len(given) != len(declared) or not declared:
        return None
    by_name = isinstance(x, DictValue) is not isinstance(model.state["inputs"], DictValue)
    if by_name or any(not _fits(want, have) for want, have in zip(declared, given)):
        return None
    sorts = [one.kind for one in given]
    kind = sorts[0] if all(one is sorts[0] for one in sorts) else Kind.UNKNOWN

    def call(part: GraphNode, positional: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
        return _again(run, part, positional, keywords)

    # What goes wrong inside on inputs that fit was told where the model was made, or follows from a size that was free.
    before, run.replaying = run.replaying, True
    try:
        with run.mute():
            found = graph.replay(known, given, call)
    finally:
        run.replaying = before

    def give(out: Tensor) -> Tensor:
        place = graph.place_of(out)
        result = found.get(place, UNKNOWN) if place is not None else UNKNOWN
        if not isinstance(result, Tensor):
            return Tensor(kind=kind)
        return stamp(replace(result, kind=Kind.EAGER if kind is Kind.ARRAY else kind), frame, node, "model", given)

    outputs = model.state["outputs"]
    if isinstance(outputs, tuple):
        return ListValue([give(out) if isinstance(out, Tensor) else UNKNOWN for out in outputs])
    return graph.substitute(outputs, give)


def try_layers(run: Run, model: ModelValue, x: Tensor) -> None:
    """Run a functional model's graph on a tensor that its layers may refuse; for a trial (:meth:`Run.apart`)."""
    known = model.state[GRAPH]
    if isinstance(known, graph.Graph) and isinstance(model.state["inputs"], Tensor):
        graph.replay(known, [x], lambda part, positional, keywords: _again(run, part, positional, keywords))


def _fits(declared: Tensor, given: Tensor) -> bool:
    """Whether Keras lets a tensor in: known sizes are those that were declared."""
    if isinstance(declared.shape, Unknown) or isinstance(given.shape, Unknown):
        return False
    return len(declared.shape) == len(given.shape) and not shapes_contradict(declared.shape[1:], given.shape[1:])


def _again(run: Run, part: GraphNode, positional: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
    """Call what one node of a graph called."""
    frame = Frame(part.unit, part.unit.scope)
    operation = part.operation
    if isinstance(operation, Applied):
        return operation.again(positional, keywords)
    if isinstance(operation, LayerValue):
        return objects.call_layer(run, frame, part.node, operation, positional, keywords)
    if isinstance(operation, ModelValue):
        return call_model(run, frame, part.node, operation, positional, keywords)
    return objects.call_instance(run, frame, part.node, operation, positional, keywords)


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
    if inputs is None and layers and not run.replaying and model.state.get(BUILT) is not True:
        # Keras builds the model on the first tensor that it meets, and counts the names.
        run.journal.set(model.state, BUILT, True)
        graph.automatic_name(run, "InputLayer")
        graph.automatic_name(run, "Functional")
    declared = isinstance(inputs, Tensor) and shapes_contradict(inputs.shape, x.shape)
    result: Value = x
    # Keras checks a declared input itself; what follows from a wrong one is not reported again.
    with run.mute(declared):
        for layer in layers:
            if graph.is_input(layer):
                continue
            result = pass_through(run, frame, node, layer, result)
    return Tensor() if declared else result


def check_identifiers(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> None:
    """State the strings given to ``compile`` that name no optimizer, loss or metric."""
    given = {**dict(zip(("optimizer", "loss", "loss_weights", "metrics"), positional)), **keywords}
    ctx = run.context("compile")
    if ctx.registers_names:
        return
    for argument, kind in (
        ("optimizer", "optimizer"),
        ("loss", "loss"),
        ("metrics", "metric"),
        ("weighted_metrics", "metric"),
    ):
        for word in _words(given.get(argument)):
            # A loss is a fine metric, and the other way round.
            either = kind in ("loss", "metric") and any(word in KNOWN[other] for other in ("loss", "metric"))
            problem = None if either else unknown_identifier(ctx, argument, kind, word)
            if problem is not None:
                run.state_problem(problem, frame, node, values={"word": word})


def _words(value: Value) -> Iterator[str]:
    """The strings in a structure of lists and dictionaries."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, DictValue):
        for item in value.entries.values():
            yield from _words(item)
    elif isinstance(value, ListValue | tuple):
        items = items_of(value)
        if not isinstance(items, Unknown):
            for item in items:
                yield from _words(item)
