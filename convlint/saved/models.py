"""From a configuration to layers and shapes, with the catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import KERAS1_RENAMES, KERAS1_WINDOWS
from convlint.catalog.layer import Built, Call, Layer
from convlint.catalog.names import canonical
from convlint.catalog.registry import find_layer
from convlint.catalog.tensor import Kind, Tensor
from convlint.lazy import dataclass
from convlint.problems import Problem
from convlint.shapes.dims import UNKNOWN, Unknown
from convlint.shapes.shape import AnyShape, Shape, shape_from_keras

MAX_LAYERS = 20_000
MAX_SIZE = 1 << 53
"""Sizes beyond it are no sizes; numbers of a million digits would take for ever to print."""
MAX_RANK = 32
MAX_STEPS = 1_000_000
"""Calls of a graph that are looked at: a file may list them in the worst order."""
MAX_DEPTH = 20
"""Models inside models."""
MODELS = ("Sequential", "Functional", "Model")
_WRAPPED = ("layer", "backward_layer", "cell")
_NO_ARGUMENTS = frozenset({"name", "dtype", "trainable", "batch_input_shape", "batch_shape", "input_shape", "weights"})

KERAS1_WORDS = frozenset(KERAS1_RENAMES) - {"bias", "p", "sigma", "input", "output", "init", "output_dim"} | {
    word for words in KERAS1_WINDOWS.values() for word in words
}

Place = tuple[str, int, int]
"""A tensor: the layer that made it, which of its calls, which of its outputs."""


@dataclass(frozen=True)
class SavedCall:
    """One call of a layer: its first argument, the others, the keywords. Tensors are nested lists of :data:`Place`."""

    first: Any
    more: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)

    @property
    def places(self) -> list[Any]:
        """All tensors that it is given."""
        return [self.first, *self.more, *self.keywords.values()]

    @property
    def tensors(self) -> Iterator[Place]:
        """The places alone, in order."""
        waiting = self.places[::-1]
        while waiting:
            one = waiting.pop()
            if isinstance(one, list):
                waiting += one[::-1]
            elif isinstance(one, tuple):
                yield one


@dataclass
class SavedLayer:
    """One layer of a configuration.

    Attributes:
        name: in the model.
        class_name: as saved.
        module: as saved; empty where the file does not say.
        config: as saved.
        calls: what each call is given.
        spec: the catalog's layer, None for one that it does not know.
        inner: the layers of a model inside this one.
        built: what its first call fixed.
        inputs: shapes of its first call, and ``outputs`` what came out.
        problems: what the catalog says of its configuration and its calls.
    """

    name: str
    class_name: str
    module: str
    config: Mapping[str, Any]
    calls: list[SavedCall] = field(default_factory=list)
    spec: Layer | None = None
    inner: SavedModel | None = None
    built: Built | None = None
    inputs: tuple[AnyShape, ...] = ()
    outputs: tuple[AnyShape, ...] = ()
    problems: list[Problem] = field(default_factory=list)


@dataclass
class SavedModel:
    """A model of a configuration, its layers in the order of the file."""

    name: str
    layers: list[SavedLayer] = field(default_factory=list)
    sequential: bool = False
    inputs: Any = ()
    outputs: Any = ()
    given: AnyShape = UNKNOWN
    """Input shape that a Sequential was built on, where the file keeps it apart from the layers."""
    cut_short: bool = False

    def walk(self) -> Iterator[SavedLayer]:
        """Every layer; those of an inner model behind it."""
        for layer in self.layers:
            yield layer
            if layer.inner is not None:
                yield from layer.inner.walk()


def read_model(config: Any, depth: int = 0) -> SavedModel | None:
    """The model that a configuration describes; None where it is a class of the user's own."""
    if not isinstance(config, Mapping) or depth > MAX_DEPTH:
        return None
    class_name, inner = config.get("class_name"), config.get("config")
    if isinstance(inner, list):  # Keras 1 and 2.0: a Sequential is a list of layers
        inner = {"layers": inner}
    if class_name not in MODELS or not isinstance(inner, Mapping) or not isinstance(inner.get("layers"), list):
        return None
    model = SavedModel(_text(inner.get("name")) or str(class_name).lower(), sequential=class_name == "Sequential")
    build = inner.get("build_input_shape") or (config.get("build_config") or {}).get("input_shape")
    model.given = _shape(build)
    model.inputs, model.outputs = _places(inner.get("input_layers")), _places(inner.get("output_layers"))
    for entry in inner["layers"]:
        if len(model.layers) >= MAX_LAYERS:
            model.cut_short = True
            break
        if isinstance(entry, Mapping):
            model.layers.append(_layer(entry, depth))
    return model


def _layer(entry: Mapping[str, Any], depth: int) -> SavedLayer:
    config = entry.get("config")
    config = config if isinstance(config, Mapping) else {}
    name = _text(entry.get("name")) or _text(config.get("name"))
    class_name = _text(entry.get("class_name")) or "?"
    layer = SavedLayer(name or class_name, class_name, _text(entry.get("module")), config)
    layer.inner = read_model(entry, depth + 1)
    nodes = entry.get("inbound_nodes")
    layer.calls = [_call(node) for node in nodes] if isinstance(nodes, list) else []
    return layer


def _text(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""


def _call(node: Any) -> SavedCall:
    """What one call was given: Keras 3 writes arguments, Keras 1 and 2 lists of places."""
    if isinstance(node, Mapping):
        arguments = node.get("args")
        first, *more = arguments if isinstance(arguments, list) and arguments else [None]
        return SavedCall(_places(first), tuple(map(_argument, more[:MAX_RANK])), _keywords(node.get("kwargs")))
    if isinstance(node, list) and node and all(isinstance(part, list) for part in node):
        places = [_places(part) for part in node]
        keywords = _keywords(node[0][3] if len(node[0]) > 3 else None)
        return SavedCall(places[0] if len(places) == 1 else places, (), keywords)
    return SavedCall(None)


def _keywords(value: Any) -> Mapping[str, Any]:
    return {name: _argument(one) for name, one in value.items()} if isinstance(value, Mapping) else {}


def _argument(value: Any) -> Any:
    """A tensor's place, or a plain value, which no place can be mistaken for; None for anything else."""
    if isinstance(value, bool | int | float | str):
        return _Plain(value)
    return _places(value)


@dataclass(frozen=True)
class _Plain:
    """An argument that is no tensor."""

    value: bool | int | float | str


def _places(value: Any) -> Any:
    """Places of tensors in what a file says of them: one, or a list of them."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__" and isinstance(value.get("config"), Mapping):
            return _places(value["config"].get("keras_history"))
        return None
    if not isinstance(value, list):
        return None
    if len(value) >= 3 and isinstance(value[0], str) and all(isinstance(part, int) for part in value[1:3]):
        return (value[0], value[1], value[2])
    return [_places(part) for part in value[:1000]]


def _shape(value: Any) -> AnyShape:
    if isinstance(value, list) and 0 < len(value) <= MAX_RANK and all(size is None or _is_size(size) for size in value):
        return shape_from_keras(value)
    return UNKNOWN


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_SIZE


# --- shapes --------------------------------------------------------------------------------------


def follow(model: SavedModel, layout: str, keras: int, given: Sequence[object] = ()) -> object:
    """Follow shapes through a model: fills in each layer, and returns what the model gives.

    Args:
        model: as read; its layers are filled in.
        layout: the default ``image_data_format``.
        keras: generation that shall load it.
        given: tensors, where it is called inside another model.
    """
    surroundings = _Surroundings(layout, keras)
    for layer in model.layers:
        if layer.inner is None and layer.class_name != "InputLayer":
            layer.spec = surroundings.make(layer)
    return surroundings.chain(model, given) if model.sequential else surroundings.graph(model, given)


@dataclass
class _Surroundings:
    layout: str
    keras: int

    def make(self, layer: SavedLayer) -> Layer | None:
        """The catalog's layer; what it says against the configuration goes to the layer's problems."""
        entry = find_layer(canonical(f"keras.layers.{layer.class_name}")) if _is_layer(layer) else None
        if entry is None or is_keras1(layer):
            return None
        signature = entry.signature_in(self.keras)
        given = {
            name: self._value(name, value)
            for name, value in layer.config.items()
            if name not in _NO_ARGUMENTS and signature.accepts(name) and not _is_twin(layer, name)
        }
        ctx = self._context(layer)
        try:
            spec = entry.make(ctx, (), given)
        except Refused as refused:
            if refused.problem is not None:
                layer.problems.append(refused.problem)
            return None
        except Exception:  # a file may hold values that no program hands to a layer: then the catalog has no opinion
            return None
        layer.problems += ctx.noted
        return spec

    def _context(self, layer: SavedLayer) -> Context:
        return Context(layer.name, self.layout, self.keras, inside_call=True)

    def _value(self, name: str, value: Any) -> object:
        """A configured value as the catalog takes it; serialized objects are not known."""
        if name in _WRAPPED and isinstance(value, Mapping):
            inner = _layer(value, MAX_DEPTH)
            return self.make(inner) or UNKNOWN
        if isinstance(value, list):
            if name == "axis" and len(value) == 1:
                return value[0]
            return tuple(self._value("", part) for part in value[:MAX_RANK])
        if isinstance(value, Mapping) or (isinstance(value, int) and abs(value) >= MAX_SIZE):
            return UNKNOWN
        return value

    def chain(self, model: SavedModel, given: Sequence[object]) -> object:
        """Sequential: each layer on what the one before gave."""
        x: object = given[0] if len(given) == 1 else _first_input(model)
        for layer in model.layers:
            x = self.apply(layer, x, (), {})
        return x

    def graph(self, model: SavedModel, given: Sequence[object]) -> object:
        """Functional: each call as soon as all its inputs are known."""
        known: dict[Place, object] = {}
        entries = model.inputs if isinstance(model.inputs, list) else [model.inputs]
        for place, tensor in zip(entries, given):
            if isinstance(place, tuple):
                known[place] = tensor
        waiting: list[tuple[SavedLayer, int, SavedCall]] = []
        for layer in model.layers:
            if layer.class_name == "InputLayer" and not layer.calls:
                tensor = known.setdefault((layer.name, 0, 0), _declared(layer))
                layer.inputs = layer.outputs = (_shape_of(tensor),)
            waiting += [(layer, number, call) for number, call in enumerate(layer.calls)]
        steps = 0
        while waiting and steps < MAX_STEPS:
            steps += len(waiting)
            left = []
            for layer, number, call in waiting:
                if _all_known(call.places, known):
                    more = [_fetched(one, known) for one in call.more]
                    keywords = {name: _fetched(one, known) for name, one in call.keywords.items()}
                    result = self.apply(layer, _fetched(call.first, known), more, keywords)
                    parts = result if isinstance(result, list | tuple) else [result]
                    known.update({(layer.name, number, index): part for index, part in enumerate(parts)})
                else:
                    left.append((layer, number, call))
            if len(left) == len(waiting):
                break
            waiting = left
        return _fetched(model.outputs, known) or Tensor()

    def apply(
        self, layer: SavedLayer, inputs: object, more: Sequence[object], keywords: Mapping[str, object]
    ) -> object:
        """One call of a layer."""
        if layer.class_name == "InputLayer":
            tensor = (
                inputs if isinstance(inputs, Tensor) and not isinstance(inputs.shape, Unknown) else _declared(layer)
            )
            layer.inputs = layer.outputs = (_shape_of(tensor),)
            return tensor
        first = not layer.inputs
        if first:
            layer.inputs = tuple(map(_shape_of, inputs if isinstance(inputs, list | tuple) else [inputs]))
        if layer.inner is not None:
            parts = inputs if isinstance(inputs, list | tuple) else [inputs]
            result: object = follow(layer.inner, self.layout, self.keras, parts)
        elif layer.spec is None:
            result = Tensor()
        else:
            result = self._called(layer, layer.spec, Call(inputs, layer.built, more, keywords))
        if first:
            layer.outputs = tuple(map(_shape_of, result if isinstance(result, list | tuple) else [result]))
        return result

    def _called(self, layer: SavedLayer, spec: Layer, call: Call) -> object:
        ctx = self._context(layer)
        try:
            result, layer.built = spec.call(ctx, call)
        except Refused as refused:
            if refused.problem is not None:
                layer.problems.append(refused.problem)
            return Tensor()
        except Exception:  # as above
            return Tensor()
        layer.problems += ctx.noted
        return result


def _is_layer(layer: SavedLayer) -> bool:
    """Whether the class is one of Keras' layers, and not an operation or a class of the user's of the same name."""
    home = layer.module
    return not home or home == "keras.layers" or home.startswith(("keras.src.layers", "tf_keras", "keras.layers."))


def _is_twin(layer: SavedLayer, name: str) -> bool:
    """Whether a part of a configuration says nothing new: Bidirectional saves the backward layer it made itself."""
    forward, backward = layer.config.get("layer"), layer.config.get(name)
    if name != "backward_layer" or not isinstance(forward, Mapping) or not isinstance(backward, Mapping):
        return False
    first, second = forward.get("config"), backward.get("config")
    same = isinstance(first, Mapping) and isinstance(second, Mapping) and first.get("units") == second.get("units")
    return same and forward.get("class_name") == backward.get("class_name")


def _first_input(model: SavedModel) -> Tensor:
    """What a Sequential is called on: the shape that its first layer declares, or that the model was built on."""
    first = model.layers[0] if model.layers else None
    declared = _declared(first) if first is not None else Tensor()
    if isinstance(declared.shape, Unknown):
        return Tensor(model.given, "float32", Kind.SYMBOLIC)
    return declared


def _declared(layer: SavedLayer) -> Tensor:
    config = layer.config
    shape = _shape(config.get("batch_shape") or config.get("batch_input_shape"))
    dtype = config.get("dtype")
    return Tensor(shape, dtype if isinstance(dtype, str) else "float32", Kind.SYMBOLIC)


def _shape_of(value: object) -> AnyShape:
    return value.shape if isinstance(value, Tensor) else UNKNOWN


def _all_known(places: Any, known: Mapping[Place, object]) -> bool:
    if isinstance(places, list):
        return all(_all_known(part, known) for part in places)
    return places is None or isinstance(places, _Plain) or places in known


def _fetched(places: Any, known: Mapping[Place, object]) -> object:
    if isinstance(places, list):
        return [_fetched(part, known) for part in places]
    if isinstance(places, _Plain):
        return places.value
    return known.get(places, Tensor()) if places is not None else None


def is_keras1(layer: SavedLayer) -> bool:
    """Whether a configuration was written by Keras 1; a word alone that later layers have, too, does not say it."""
    return bool(KERAS1_WORDS.intersection(layer.config)) and "kernel_initializer" not in layer.config


def expected_weights(layer: SavedLayer) -> Mapping[str, Shape]:
    """Weights that the configuration makes; empty where that is not known."""
    return layer.built.weights if layer.built is not None else {}
