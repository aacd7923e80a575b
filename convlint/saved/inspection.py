"""A saved model as a table, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import prod

from convlint.catalog.gone import successor
from convlint.findings import Location, Observation
from convlint.lazy import dataclass
from convlint.problems import Problem, SavedModelCode, SavedModelMismatch, SavedWeightShape
from convlint.saved.containers import Content, Unreadable, Weights, open_content
from convlint.saved.models import (
    KERAS1_WORDS,
    MAX_LAYERS,
    SavedLayer,
    SavedModel,
    expected_weights,
    follow,
    is_keras1,
    read_model,
)
from convlint.saved.suspicion import suspicious
from convlint.shapes.dims import Unknown
from convlint.shapes.shape import AnyShape, Shape, shape_as_json
from convlint.summary import Edge, LayerRow, ModelGraph, TableShape

_OPERATIONS = ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "AddLoss", "AddMetric")
"""Layers that Keras 2 made of TensorFlow functions in a functional model."""
_KERAS2_WORDS = {
    "groups": ("DepthwiseConv1D", "DepthwiseConv2D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose",
               "SeparableConv1D", "SeparableConv2D"),
    "time_major": ("SimpleRNN", "LSTM", "GRU", "RNN"),
}  # fmt: skip
"""Words that Keras 2 writes into configurations and Keras 3 refuses. Source: measured with Keras 3.15."""
Arrays = tuple[tuple[str, Shape], ...]
"""Stored arrays of one layer: the name of each and its shape."""


@dataclass(frozen=True)
class SavedReport:
    """What a file holds.

    Attributes:
        kind: ``keras``, ``hdf5``, ``json`` or ``savedmodel``.
        model: its name; empty for weights alone.
        keras_version: that wrote it, as far as it says.
        layers: the layer table.
        params: numbers in all weights, None where that is not known.
        graph: what flows where, by the configuration.
        observations: what is wrong with it.
        notes: what was not read, and why.
    """

    file: str
    kind: str
    model: str
    keras_version: str
    layers: tuple[LayerRow, ...]
    params: int | None
    graph: ModelGraph
    observations: tuple[Observation, ...]
    notes: tuple[str, ...]


def inspect_saved(file: str, layout: str = "channels_last", keras: int = 3) -> SavedReport:
    """Read a saved model; nothing in it is run, imported or unpickled.

    Args:
        file: an archive, an HDF5 file, a JSON file or a SavedModel folder.
        layout: the default ``image_data_format``.
        keras: generation that shall load it.

    Raises:
        Unreadable: it is no model, or broken.
    """
    content = open_content(file)
    try:
        return _Inspector(file, content, keras).report(layout)
    except RecursionError as error:
        raise Unreadable("the configuration is nested too deep to be a model") from error


@dataclass
class _Inspector:
    file: str
    content: Content
    keras: int

    def report(self, layout: str) -> SavedReport:
        content = self.content
        model = read_model(content.config)
        notes = list(content.notes)
        if model is not None:
            follow(model, layout, self.keras)
            if model.cut_short:
                notes.append("the configuration has more layers than convlint reads")
        elif content.config is not None:
            notes.append("the model is a class of its own program; its layers are not in the file")
        stored = _stored(model, content.weights)
        found = [*self._code(), *self._generations(model)]
        if model is not None:
            found += self._layers(model, stored)
        rows = tuple(self._rows(model, stored))
        known = [row.params for row in rows if row.params is not None]
        place = Location(self.file, 1, 1, 1, 1)
        return SavedReport(
            self.file,
            content.kind,
            model.name if model is not None else "",
            content.keras_version,
            rows,
            sum(known) if rows and len(known) == len(rows) else None,
            _graph(model, rows, stored) if model is not None else ModelGraph(),
            tuple(Observation(one, place, "saved", one.operation) for one in found),
            tuple(notes),
        )

    # --- what is wrong ------------------------------------------------------------------------------

    def _code(self) -> Iterator[Problem]:
        for layer, what in suspicious(self.content.config):
            yield SavedModelCode(layer or self.file, what)
        for name in self.content.escapes[:10]:
            yield SavedModelCode(
                self.file, f"holds an entry `{name[:120]}`, which unpacking would write outside its folder"
            )

    def _generations(self, model: SavedModel | None) -> Iterator[Problem]:
        """What the Keras that shall load the file refuses."""
        content = self.content
        written_by = content.keras_version.partition(".")[0]
        if content.kind == "savedmodel" and self.keras >= 3:
            what = "is a SavedModel folder, which load_model of Keras 3 does not take"
            yield SavedModelMismatch(
                self.file, what, '`keras.layers.TFSMLayer(folder, call_endpoint="serving_default")` runs it'
            )
        if self.keras == 2 and (written_by == "3" or (content.kind == "keras" and _names_batch_shape(model))):
            yield SavedModelMismatch(self.file, "was written by Keras 3, and Keras 2 can't load it", "")
        for layer in model.walk() if model is not None else ():
            old = sorted(KERAS1_WORDS.intersection(layer.config)) if is_keras1(layer) else []
            if old:
                yield SavedModelMismatch(layer.name, f"is configured in words of Keras 1 ({', '.join(old[:4])})", "")
            elif self.keras >= 3:
                yield from _of_keras2(layer)

    def _layers(self, model: SavedModel, stored: Mapping[int, Arrays]) -> Iterator[Problem]:
        outer = {id(layer) for layer in model.layers}
        for layer in model.walk():
            yield from layer.problems
            if (
                self.content.weights is not None
                and not is_keras1(layer)
                and (id(layer) in outer or id(layer) in stored)
            ):
                yield from self._against_weights(layer, stored.get(id(layer), ()))

    def _against_weights(self, layer: SavedLayer, arrays: Arrays) -> Iterator[Problem]:
        assert self.content.weights is not None
        expected = expected_weights(layer)
        if not expected or not all(isinstance(size, int) for shape in expected.values() for size in shape):
            return
        if not arrays:
            if self.content.weights.arrays:
                yield SavedModelMismatch(
                    layer.name, "has weights by its configuration, and the file holds none for it", ""
                )
            return
        if len(arrays) != len(expected) or sorted(shape for _, shape in arrays) == sorted(expected.values()):
            return
        for (_, stored), (weight, wanted) in zip(arrays, expected.items()):
            if stored != wanted:
                yield SavedWeightShape(layer.name, weight, stored, wanted)
                return

    # --- the table ----------------------------------------------------------------------------------

    def _rows(self, model: SavedModel | None, stored: Mapping[int, Arrays]) -> Iterator[LayerRow]:
        if model is not None:
            for layer in model.layers:
                yield _row(layer, stored)
        elif self.content.weights is not None:
            for name, arrays in _groups(self.content.weights).items():
                kernel = next((shape for key, shape in arrays if len(shape) > 1), None)
                yield LayerRow(name, "", (), (), _count(arrays), None, kernel, "", 0)  # type: ignore[arg-type]


def _names_batch_shape(model: SavedModel | None) -> bool:
    return model is not None and any("batch_shape" in layer.config for layer in model.walk())


def _of_keras2(layer: SavedLayer) -> Iterator[Problem]:
    name = layer.class_name
    if name in _OPERATIONS:
        what = f"is a {name}, which Keras 2 makes of a TensorFlow function and Keras 3 does not have"
        yield SavedModelMismatch(layer.name, what, "")
    elif not layer.module.startswith("keras.src") and successor(f"keras.layers.{name}") == "":
        yield SavedModelMismatch(layer.name, f"is a {name}, which Keras 3 does not have", "")
    for word, classes in _KERAS2_WORDS.items():
        if word in layer.config and name in classes:
            what = f"is a {name} configured with `{word}`, which Keras 2 wrote and Keras 3 refuses"
            yield SavedModelMismatch(
                layer.name, what, f"a subclass of {name} whose __init__ drops `{word}`, as custom_objects"
            )


def _graph(model: SavedModel, rows: Sequence[LayerRow], stored: Mapping[int, Arrays]) -> ModelGraph:
    """A box for each call of a layer, in the order of the file."""
    numbers: dict[tuple[str, int], int] = {}
    boxes: list[LayerRow] = []
    for layer, row in zip(model.layers, rows):
        for call in range(max(len(layer.calls), 1)):
            numbers[layer.name, call] = len(boxes)
            boxes.append(row)
    if model.sequential:
        pairs: Iterator[tuple[int, int]] = zip(range(len(boxes)), range(1, len(boxes)))
    else:
        pairs = _pairs(model, numbers)
    given = [box.output_shapes[0] if box.output_shapes else "?" for box in boxes]
    inner = (
        (layer.name, _graph(layer.inner, [_row(one, stored) for one in layer.inner.layers], stored))
        for layer in model.layers
        if layer.inner is not None
    )
    edges = tuple(Edge(a, b, given[a]) for a, b in islice(pairs, MAX_LAYERS))
    return ModelGraph(tuple(boxes), edges, inner=tuple(inner))


def _pairs(model: SavedModel, numbers: Mapping[tuple[str, int], int]) -> Iterator[tuple[int, int]]:
    for layer in model.layers:
        for index, call in enumerate(layer.calls):
            for name, node, _ in call.tensors:
                # Keras 2 counts the call in which an inner model was made; then there is one more than the file lists.
                source = numbers.get((name, node), numbers.get((name, node - 1)))
                if source is not None:
                    yield source, numbers[layer.name, index]


def _row(layer: SavedLayer, stored: Mapping[int, Arrays]) -> LayerRow:
    weights = expected_weights(layer)
    kernel = weights.get("kernel") or weights.get("depthwise_kernel")
    data_format = getattr(layer.spec, "data_format", None)
    return LayerRow(
        layer.name, layer.class_name, tuple(map(_shown, layer.inputs)), tuple(map(_shown, layer.outputs)),
        _params(layer, stored), data_format if isinstance(data_format, str) else None,
        None if kernel is None else _shown(kernel), "", 0,
    )  # fmt: skip


def _params(layer: SavedLayer, stored: Mapping[int, Arrays]) -> int | None:
    """Numbers in the weights of a layer: as its configuration makes them, else as they are stored."""
    if layer.inner is not None:
        counts = [_params(one, stored) for one in layer.inner.layers]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else _count(stored[id(layer)]) if id(layer) in stored else None
    if layer.class_name == "InputLayer":
        return 0
    if layer.built is not None and layer.spec is not None and (layer.built.weights or not _is_open(layer)):
        count = layer.built.parameters
        if isinstance(count, int):
            return count
    return _count(stored[id(layer)]) if id(layer) in stored else None


def _is_open(layer: SavedLayer) -> bool:
    """Whether an input's shape is not known, so that no weights does not mean that there are none."""
    return any(isinstance(shape, Unknown) for shape in layer.inputs)


def _shown(shape: AnyShape) -> TableShape:
    value = shape_as_json(shape)
    return value if isinstance(value, str) else tuple(value)


def _count(arrays: Arrays) -> int:
    return sum(prod(size for size in shape if isinstance(size, int)) for _, shape in arrays)


# --- stored arrays -------------------------------------------------------------------------------


def _groups(weights: Weights) -> Mapping[str, Arrays]:
    """Arrays of a weights file by the folder that they lie in."""
    groups: dict[str, list[tuple[str, Shape]]] = {}
    for path, shape in weights.arrays.items():
        folder, _, name = path.rpartition("/")
        if shape is not None and not path.startswith(("optimizer", "_layer_checkpoint")):
            groups.setdefault(folder.removesuffix("/vars"), []).append((name, shape))
    return {name: tuple(arrays) for name, arrays in sorted(groups.items())}


def _stored(model: SavedModel | None, weights: Weights | None) -> Mapping[int, Arrays]:
    """Arrays of each layer, by the layer's identity."""
    if model is None or weights is None:
        return {}
    for root in ("model_weights", ""):
        if any(key.startswith("layer_names") for key in weights.names.get(root, {})):
            return {id(layer): arrays for layer in model.layers if (arrays := _by_name(layer.name, root, weights))}
    return dict(_by_path(model, "", weights))


def _by_name(name: str, root: str, weights: Weights) -> Arrays:
    """Keras 1 and 2, and the HDF5 files of Keras 3: a group for each layer's name, which lists its arrays in order."""
    group = f"{root}/{name}" if root else name
    lists = weights.names.get(group, {})
    words = [word for key in sorted(lists) if key.startswith("weight_names") for word in lists[key]]
    found = ((word, weights.arrays.get(f"{group}/{word}")) for word in words)
    return tuple((word, shape) for word, shape in found if shape is not None)


def _by_path(model: SavedModel, prefix: str, weights: Weights) -> Iterator[tuple[int, Arrays]]:
    """Keras 3: ``layers/conv2d_1/vars/0``, where the name is the class, counted.

    Source: ``keras/src/saving/saving_lib.py``, ``_save_container_state``.
    """
    below: dict[str, list[tuple[str, Shape]]] = {}
    start = f"{prefix}layers/"
    for path, shape in weights.arrays.items():
        if path.startswith(start) and shape is not None and "/seed_generator/" not in path:
            name, _, rest = path[len(start) :].partition("/")
            below.setdefault(name, []).append((rest, shape))
    used: dict[str, int] = {}
    for layer in model.layers:
        name = _snake_case(layer.class_name)
        if name in used:
            used[name] += 1
            name = f"{name}_{used[name]}"
        else:
            used[name] = 0
        if layer.inner is not None:
            yield from _by_path(layer.inner, f"{start}{name}/", weights)
        elif name in below:
            yield id(layer), tuple(sorted(below[name], key=lambda array: _natural(array[0])))


def _natural(path: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in path.split("/"))


def _snake_case(name: str) -> str:
    """Source: ``keras/src/utils/naming.py``, ``to_snake_case``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
