"""Objects: layers and models of the library, and instances of the program's own classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import libcst as cst

from convlint.catalog import arguments as read
from convlint.catalog.context import Context
from convlint.catalog.layer import Built, Call
from convlint.catalog.registry import find_layer
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import Keras1Argument, PositionalWeightName, UndefinedWeightShape
from convlint.shapes.dims import UNKNOWN, Dynamic, Unknown
from convlint.static import (
    attributes,
    calls,
    consumers,
    generations,
    graph,
    hooks,
    library,
    models,
    porting,
    stdlib,
    training,
    usage,
)
from convlint.static.journal import MISSING
from convlint.static.run import Frame, Run, stamp
from convlint.static.syntax import dotted
from convlint.static.usage import keras_role
from convlint.static.values import (
    ClassValue,
    DictValue,
    FunctionValue,
    Instance,
    LayerValue,
    ListValue,
    ModelValue,
    Super,
    Value,
    forget,
    items_of,
)

Arguments = Sequence[Value]
Keywords = Mapping[str, Value]

SPEC, MODEL, BUILT, WEIGHTS = "keras spec", "keras model", "keras built", "keras weights"
"""Keys of an instance's attributes under which its Keras base class keeps things."""


# --- layers of the library -------------------------------------------------------------------


def call_layer(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    layer: LayerValue,
    positional: Arguments,
    keywords: Keywords,
    *,
    open_ended: bool = False,
) -> Value:
    """Call a layer object on tensors."""
    result = _run_layer(run, frame, node, layer, positional, keywords, open_ended=open_ended)
    return graph.record(run, frame, node, layer, positional, keywords, result)


def _run_layer(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    layer: LayerValue,
    positional: Arguments,
    keywords: Keywords,
    *,
    open_ended: bool,
) -> Value:
    inputs = positional[0] if positional else keywords.get("inputs", UNKNOWN)
    more = [library.to_catalog(value) for value in positional[1:]]
    named = {key: library.to_catalog(value) for key, value in keywords.items() if key != "inputs"}
    label = _layer_label(node, layer)
    if usage.state_uncalled(run, frame, node, label, inputs):
        return Tensor()
    if layer.class_name == "Lambda":
        return _call_lambda(run, frame, node, layer, inputs)
    usage.state_captured(run, frame, node, layer)
    usage.check_package_of_input(run, frame, node, layer, inputs)
    porting.check_call(run, frame, node, layer, label, inputs)
    parents = library.tensors_in(*positional, *keywords.values())
    if layer.class_name == "TimeDistributed" and isinstance(layer.function, Instance | ModelValue):
        return Tensor()
    given = library.to_catalog(inputs)
    if isinstance(given, Unknown) and not layer.spec.takes_many:
        given = Tensor()

    def apply(ctx: Context) -> Value:
        output, built = layer.spec.call(ctx, Call(given, layer.built, more, named, open_ended))
        run.journal.set(layer.state, "built", built)
        return output

    callee = f"keras.layers.{layer.class_name}"
    result = run.consult(frame, node, label, apply, parents, callee=callee, values={"layer": layer})
    if isinstance(result, Unknown):
        return Tensor()
    consumers.note_reader(run, frame, layer, inputs)
    if isinstance(result, Tensor):
        return stamp(result, frame, node, label, parents, layer)
    return library.from_catalog(run, frame, node, result, label, parents)


def _receiver(node: cst.CSTNode, layer: LayerValue) -> str:
    """The layer whose method is called, in the user's words."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return dotted(node.func.value) or layer.name or layer.shown
    return layer.name or layer.shown


def _layer_label(node: cst.CSTNode, layer: LayerValue) -> str:
    """The layer in the user's words: its variable, the name it was given, or its class."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name | cst.Attribute) and node is not layer.node:
        text = dotted(node.func)
        if text.rpartition(".")[2] not in ("add", "call", "__call__"):
            return text
    return layer.name or layer.shown


def _call_lambda(run: Run, frame: Frame, node: cst.CSTNode, layer: LayerValue, inputs: Value) -> Value:
    run.lambdas.append((layer, layer.node if layer.unit is frame.unit else node))
    try:
        with inside_call(run):
            result = calls.call(run, frame, node, layer.function, [_traced(inputs)], {})
    finally:
        run.lambdas.pop()
    return _untraced(run, frame, node, result, inputs)


def call_layer_method(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    layer: LayerValue,
    name: str,
    positional: Arguments,
    keywords: Keywords,
    *,
    open_ended: bool,
) -> Value:
    """A method of a layer object."""
    if name in ("call", "__call__"):
        return call_layer(run, frame, node, layer, positional, keywords, open_ended=open_ended)
    if name == "build" and positional:
        consumers.build(run, frame, node, layer, positional[0], _receiver(node, layer))
        return None
    if name == "set_weights" and positional:
        consumers.check_set_weights(run, frame, node, layer, positional[0], _receiver(node, layer))
        return None
    if name == "build" or name.startswith(("set_", "load_")):
        run.journal.set(layer.state, "built", Built(UNKNOWN, {}))
    return UNKNOWN


@contextmanager
def inside_call(run: Run) -> Iterator[None]:
    """Keras traces a layer's ``call`` or a ``Lambda`` meanwhile."""
    before, run.inside_call = run.inside_call, True
    try:
        yield
    finally:
        run.inside_call = before


def map_tensors(value: Value, change: Callable[[Tensor], Value]) -> Value:
    """The value with each of its tensors changed."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple):
        return tuple(map_tensors(item, change) for item in value)
    if isinstance(value, ListValue) and not isinstance(value.items, Unknown):
        return ListValue([map_tensors(item, change) for item in value.items])
    if isinstance(value, DictValue):
        return DictValue({k: map_tensors(v, change) for k, v in value.entries.items()}, open_ended=value.open)
    return value


def _traced(value: Value) -> Value:
    """Inputs as ``call`` sees them: graph tensors instead of Keras' placeholders."""
    return map_tensors(value, lambda x: replace(x, kind=Kind.TRACED) if x.kind is Kind.SYMBOLIC else x)


def _untraced(run: Run, frame: Frame, node: cst.CSTNode, result: Value, inputs: Value) -> Value:
    parents = library.tensors_in(inputs)
    outside = Kind.SYMBOLIC if any(x.kind is Kind.SYMBOLIC for x in parents) else None

    def give_back(x: Tensor) -> Tensor:
        return replace(x, kind=outside) if outside is not None and x.kind in (Kind.TRACED, Kind.EAGER) else x

    return map_tensors(result, give_back)


# --- classes of the program ------------------------------------------------------------------


def instantiate(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    cls: ClassValue,
    positional: Arguments,
    keywords: Keywords,
    *,
    open_ended: bool = False,
) -> Value:
    """Make an instance of a class of the program."""
    run.called.add(cls.node)
    member = stdlib.enum_member(cls, positional)
    if member is not MISSING:
        return member
    instance = Instance(cls)
    initialiser = cls.lookup("__init__")
    if isinstance(initialiser, FunctionValue):
        calls.invoke(
            run, frame, initialiser, [instance, *positional], keywords, open_ended=open_ended, receiver=instance
        )
    elif cls.dataclass_fields is not None:
        stdlib.initialise_fields(run, frame, node, instance, positional, keywords, open_ended=open_ended)
    elif keras_role(cls) is not None:
        _library_init(run, frame, node, instance, positional, keywords, open_ended)
    return instance


def _library_init(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    instance: Instance,
    positional: Arguments,
    keywords: Keywords,
    open_ended: bool,
) -> None:
    """The constructor of the Keras base class."""
    hidden = open_ended and "name" not in keywords
    name = UNKNOWN if hidden else graph.name_of(run, instance.cls.name, keywords.get("name"))
    run.journal.set(instance.attributes, "name", name)
    for base in instance.cls.external_bases():
        entry = find_layer(base)
        if entry is not None:
            # With several bases each takes its own keywords and hands on the others'.
            several = len(instance.cls.external_bases()) > 1 or instance.cls.has_unknown_base()
            with run.mute(several):
                spec = library.make_layer(run, frame, node, entry, positional, {**keywords, "name": name}, open_ended)
            run.journal.set(instance.attributes, SPEC, spec)
            return
        if base == "keras.Sequential":
            model = models.make_sequential(run, frame, node, positional, {**keywords, "name": name})
            run.journal.set(instance.attributes, MODEL, model)
            return
        if base == "keras.Model" and (positional or "inputs" in keywords):
            model = models.make_model(run, frame, node, positional, {**keywords, "name": name})
            run.journal.set(instance.attributes, MODEL, model)
            return


def call_instance(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    instance: Instance,
    positional: Arguments,
    keywords: Keywords,
    *,
    open_ended: bool = False,
) -> Value:
    """Call an instance: its ``__call__``, or ``call`` as Keras runs it."""
    own = instance.cls.lookup("__call__")
    if isinstance(own, FunctionValue):
        return calls.invoke(
            run, frame, own, [instance, *positional], keywords, open_ended=open_ended, receiver=instance
        )
    if keras_role(instance.cls) is None:
        for value in (*positional, *keywords.values()):
            forget(run.journal, value)
        return UNKNOWN
    function = instance.cls.lookup("call")
    for x in library.tensors_in(*positional):
        consumers.note_need(run, x)
    if function is not MISSING and not isinstance(function, FunctionValue):
        return UNKNOWN  # `Network.call = wrap(Network.call)`
    if not isinstance(function, FunctionValue):
        return _call_base(run, frame, node, instance, positional, keywords)
    _build_instance(run, frame, node, instance, positional, keywords)
    given = [_traced(value) for value in positional]
    named = {name: _traced(value) for name, value in keywords.items()}
    with inside_call(run):
        result = calls.invoke(run, frame, function, [instance, *given], named, open_ended=open_ended, receiver=instance)
    result = _label_output(
        run, frame, node, _untraced(run, frame, node, result, tuple(positional)), instance, positional
    )
    return graph.record(run, frame, node, instance, positional, keywords, result)


def _label_output(
    run: Run, frame: Frame, node: cst.CSTNode, result: Value, instance: Instance, positional: Arguments
) -> Value:
    if isinstance(result, Tensor):
        # The layers inside `call` are no layers of the model that the instance is put into.
        inner = (replace(result, kind=Kind.TRACED),)
        parents = inner if result.origin is not None else library.tensors_in(*positional)
        return stamp(result, frame, node, instance.cls.name, parents)
    return result


def _call_base(
    run: Run, frame: Frame, node: cst.CSTNode, instance: Instance, positional: Arguments, keywords: Keywords
) -> Value:
    spec, model = instance.attributes.get(SPEC), instance.attributes.get(MODEL)
    if isinstance(spec, LayerValue):
        result = _run_layer(run, frame, node, spec, positional, keywords, open_ended=False)
    elif isinstance(model, ModelValue):
        result = models.run_model(run, frame, node, model, positional, keywords)
    else:
        result = Tensor()
    return graph.record(run, frame, node, instance, positional, keywords, result)


def _build_instance(
    run: Run, frame: Frame, node: cst.CSTNode, instance: Instance, positional: Arguments, keywords: Keywords
) -> None:
    """Run the user's ``build`` before the first call."""
    build = instance.cls.lookup("build")
    if not isinstance(build, FunctionValue) or instance.attributes.get(BUILT) is True:
        return
    run.journal.set(instance.attributes, BUILT, True)
    first = positional[0] if positional else next(iter(keywords.values()), UNKNOWN)
    calls.invoke(run, frame, build, [instance, _shapes(first)], {}, receiver=instance)


def _shapes(value: Value) -> Value:
    if isinstance(value, Tensor):
        return attributes.dims_of(value)
    items = items_of(value) if isinstance(value, ListValue | tuple) else UNKNOWN
    return UNKNOWN if isinstance(items, Unknown) else ListValue([_shapes(item) for item in items])


def call_keras_method(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    instance: Instance,
    name: str,
    positional: Arguments,
    keywords: Keywords,
    *,
    open_ended: bool = False,
) -> Value:
    """A method that an instance has from its Keras base class."""
    known = instance.cls.has_known_methods()
    if known and keras_role(instance.cls) == "model" and not isinstance(instance.attributes.get(MODEL), ModelValue):
        generations.check_method(run, frame, node, instance, name, positional, keywords, open_ended=open_ended)
    if name in ("add_weight", "add_variable"):
        weight = _add_weight(run, frame, node, positional, keywords)
        held = instance.attributes.get(WEIGHTS, ())
        run.journal.set(instance.attributes, WEIGHTS, (*held, weight) if isinstance(held, tuple) else UNKNOWN)
        return weight
    if name in ("call", "__call__"):
        return call_instance(run, frame, node, instance, positional, keywords)
    if name == "build":
        run.journal.set(instance.attributes, BUILT, True)
        return None
    if not known:
        return UNKNOWN  # a base that nobody knows may have a method of that name
    model = instance.attributes.get(MODEL)
    if isinstance(model, ModelValue):
        return call_model_method(run, frame, node, model, name, positional, keywords, open_ended=open_ended)
    if training.handles(name) and keras_role(instance.cls) == "model":
        return training.call_method(run, frame, node, instance, name, positional, keywords, open_ended=open_ended)
    if name in ("get_config", "get_base_config"):
        return DictValue(open_ended=True)
    return UNKNOWN


def _add_weight(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    """``add_weight(shape, …)``; Keras 2 put ``name`` in front."""
    usage.state_made_in_call(run, frame, node, None, "add_weight")
    shown = dotted(node) if isinstance(node, cst.Call) else "add_weight"
    if run.settings.keras >= 3 and positional and isinstance(positional[0], str):
        run.state_problem(PositionalWeightName(shown, positional[0]), frame, node)
    candidates = [keywords.get("shape"), *positional[:2]]
    shape = next((value for value in candidates if isinstance(value, tuple | ListValue)), None)
    dims = (
        library.to_catalog(shape)
        if shape is not None
        else ()
        if not positional and "shape" not in keywords
        else UNKNOWN
    )
    # Only what was read from a shape: a None of the program's own may be a default that raises.
    if isinstance(dims, list | tuple) and any(isinstance(dim, Dynamic) for dim in dims):
        run.state_problem(UndefinedWeightShape(shown, tuple(map(read.dim, dims))), frame, node)
        return Tensor()
    return stamp(Tensor(read.dims(dims), "float32", Kind.EAGER), frame, node, "add_weight", ())


def call_super_method(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    value: Super,
    name: str,
    positional: Arguments,
    keywords: Keywords,
    open_ended: bool,
) -> Value:
    """``super().name(…)`` that ends in the library."""
    instance = value.instance
    if not isinstance(instance, Instance) or keras_role(instance.cls) is None:
        return DictValue(open_ended=True) if name == "get_config" else UNKNOWN
    if name == "get_config":
        return usage.base_config(instance)
    if name == "__init__":
        _library_init(run, frame, node, instance, positional, keywords, open_ended)
        return None
    if name in ("call", "__call__"):
        return _call_base(run, frame, node, instance, positional, keywords)
    return call_keras_method(run, frame, node, instance, name, positional, keywords, open_ended=open_ended)


# --- models ----------------------------------------------------------------------------------


def call_model(
    run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue, positional: Arguments, keywords: Keywords
) -> Value:
    """Call a model on tensors."""
    usage.state_captured(run, frame, node, model)
    if not training.check_call(run, frame, node, model, positional):
        return Tensor()
    return models.call_model(run, frame, node, model, positional, keywords)


def call_model_method(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    model: ModelValue,
    name: str,
    positional: Arguments,
    keywords: Keywords,
    *,
    open_ended: bool = False,
) -> Value:
    """A method of a model."""
    generations.check_method(run, frame, node, model, name, positional, keywords, open_ended=open_ended)
    hooks.ask(run, frame, node, f"keras.Model.{name}", positional, keywords)
    porting.check_predict(run, frame, node, dotted(node) if isinstance(node, cst.Call) else name, name)
    if name == "add" and model.sequential:
        for layer in positional[:1]:
            models.add_layer(run, frame, node, model, layer)
        return None
    if name == "pop" and model.sequential:
        return models.pop_layer(run, frame, node, model)
    if name == "get_layer":
        return models.get_layer(model, positional, keywords)
    if name == "count_params":
        return UNKNOWN
    if name == "build" and model.sequential:
        models.build_sequential(run, frame, node, model, positional[0] if positional else keywords.get("input_shape"))
        return None
    if name in ("call", "__call__"):
        return call_model(run, frame, node, model, positional, keywords)
    if name == "compile":
        models.check_identifiers(run, frame, node, positional, keywords)
    if training.handles(name):
        return training.call_method(run, frame, node, model, name, positional, keywords, open_ended=open_ended)
    return UNKNOWN


def state_keras1_model(run: Run, frame: Frame, node: cst.CSTNode, keywords: Keywords) -> None:
    """``Model(input=…, output=…)``: the words of Keras 1."""
    old = tuple(word for word in ("input", "output") if word in keywords)
    shown = dotted(node.func) if isinstance(node, cst.Call) else "Model"
    arguments = {f"{word}s": _source(frame, node, word) for word in old}
    words = ", ".join(f"{name}={text}" for name, text in arguments.items())
    run.state_problem(Keras1Argument(shown.rpartition(".")[2], old, words), frame, node, callee="keras.Model")


def _source(frame: Frame, node: cst.CSTNode, word: str) -> str:
    if isinstance(node, cst.Call):
        for argument in node.args:
            if argument.keyword is not None and argument.keyword.value == word:
                return frame.unit.source.module.code_for_node(argument.value)
    return "…"
