"""Who reads a tensor, and what that proves of where it came from: reshapes that scramble, indices, weights."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from convlint.catalog.kernels import CONVOLUTION, DEPTHWISE, TRANSPOSED, from_oihw
from convlint.catalog.layer import Built, weights_mismatch
from convlint.catalog.layers.core import Embedding
from convlint.catalog.stated import are_channels, scrambled
from convlint.catalog.tensor import Tensor
from convlint.problems import ChannelsMovedToFront, ReshapeNotTranspose, WeightsCountMismatch
from convlint.shapes.dims import UNKNOWN, Unknown
from convlint.shapes.shape import Shape, shapes_contradict
from convlint.static.run import Frame, Run
from convlint.static.syntax import dotted
from convlint.static.values import LayerValue, Origin, Value, items_of

MAX_STEPS = 12
"""Steps of a tensor's way that are looked at."""


def note_reader(run: Run, frame: Frame, layer: LayerValue, x: Value) -> None:
    """Remember that a layer reads a tensor: what it is handed, and the model's input that it comes from."""
    if not isinstance(x, Tensor):
        return
    source = _source(x)
    if isinstance(source.origin, Origin):
        if layer.spec.ranks or layer.class_name in ("TimeDistributed", "Lambda"):
            run.axes_needed.add(source.origin.node)
        if not source.origin.parents:
            run.readers.setdefault(id(source.origin), layer)
    if x.layout is None:
        check_reshaped(run, frame, layer, x)
        check_moved(run, frame, layer, x)


def note_need(run: Run, x: Tensor) -> None:
    """Remember that something which the analysis does not know in detail takes a tensor as it is."""
    source = _source(x)
    if isinstance(source.origin, Origin):
        run.axes_needed.add(source.origin.node)


def _source(x: Tensor) -> Tensor:
    """The tensor from which operations made this one that keep the shape of each sample."""
    for _ in range(MAX_STEPS):
        origin = x.origin
        if not isinstance(origin, Origin) or not origin.parents or isinstance(x.shape, Unknown):
            return x
        before = origin.parents[0]
        if isinstance(before.shape, Unknown) or not before.shape or before.shape[1:] != x.shape[1:]:
            return x
        x = before
    return x


def _is_reshape(origin: Origin) -> bool:
    if origin.maker is not None:
        return origin.maker.class_name == "Reshape"
    return isinstance(origin.node, cst.Call) and dotted(origin.node.func).rpartition(".")[2] == "reshape"


def check_reshaped(run: Run, frame: Frame, layer: LayerValue, x: Tensor) -> None:
    """State a reshape in front of a spatial layer that was meant to move the channels.

    The shapes prove it: the target is the source with its channels at the other end, and the layer reads them there.
    """
    source = _source(x)
    origin = source.origin
    if not isinstance(origin, Origin) or not origin.parents or not _is_reshape(origin):
        return
    before = origin.parents[0]
    label = origin.maker.shown if origin.maker is not None else origin.label
    if isinstance(origin.node, cst.Call) and origin.maker is None:
        label = dotted(origin.node.func) or label
    problem = scrambled(label, before, source.shape, layer.spec, layer.name or layer.shown)
    if problem is not None and origin.source is frame.unit.source:
        run.state_problem(problem, frame, origin.node, (before,), values={"layer": origin.maker, "x": before})


def check_moved(run: Run, frame: Frame, layer: LayerValue, x: Tensor) -> None:
    """State a permutation that puts the channels of images in front of a spatial layer that reads them at the end.

    The shapes prove it: before the permutation the last axis was as short as channels are, and now it is the first.
    """
    source = _source(x)
    origin = source.origin
    if getattr(layer.spec, "data_format", None) != "channels_last" or len(layer.spec.ranks) != 1:
        return
    if not layer.class_name.startswith(_SLIDING) or layer.class_name.startswith("ConvLSTM"):
        return
    if not isinstance(origin, Origin) or not origin.parents or origin.source is not frame.unit.source:
        return
    before = origin.parents[0]
    if isinstance(before.shape, Unknown) or isinstance(source.shape, Unknown) or len(source.shape) < 4:
        return
    if before.layout is not None or len(before.shape) != len(source.shape) or not _is_permutation(origin):
        return
    channels = source.shape[1]
    if channels == 1 or not are_channels(channels, source.shape[2:]):
        return
    if before.shape[-1] != channels or sorted(map(str, before.shape[1:-1])) != sorted(map(str, source.shape[2:])):
        return
    assert isinstance(channels, int)
    label = origin.maker.shown if origin.maker is not None else origin.label
    if isinstance(origin.node, cst.Call) and origin.maker is None:
        label = dotted(origin.node.func) or label
    problem = ChannelsMovedToFront(layer.name or layer.shown, label, source.shape, channels)
    run.state_problem(problem, frame, origin.node, (before,), values={"layer": layer})


_SLIDING = ("Conv", "DepthwiseConv", "SeparableConv", "MaxPooling", "AveragePooling")


def _is_permutation(origin: Origin) -> bool:
    if origin.maker is not None:
        return origin.maker.class_name == "Permute"
    if not isinstance(origin.node, cst.Call):
        return False
    return dotted(origin.node.func).rpartition(".")[2] in ("transpose", "permute_dimensions", "moveaxis", "rollaxis")


def check_fed(run: Run, frame: Frame, node: cst.CSTNode, operation: str, declared: Tensor, x: Tensor) -> None:
    """State what the layer behind a model's input proves of the data given to it."""
    layer = run.readers.get(id(declared.origin))
    if layer is None:
        return
    if isinstance(layer.spec, Embedding):
        problem = layer.spec.misread_indices(layer.name or layer.shown, x)
        if problem is not None:
            run.state_problem(problem, frame, node, (x,))
    elif x.layout is None:
        check_reshaped(run, frame, layer, x)
        check_moved(run, frame, layer, x)


def build(run: Run, frame: Frame, node: cst.CSTNode, layer: LayerValue, shape: Value, label: str) -> None:
    """``layer.build(shape)``: the weights exist from now on."""
    from convlint.static import library

    sizes = library.read_shape(shape)
    known = layer.spec.feature_axis() is not None or isinstance(layer.spec, Embedding)
    built: Value = UNKNOWN
    if known and not isinstance(sizes, Unknown):
        x = Tensor(sizes)
        built = run.consult(frame, node, label, lambda ctx: layer.spec.built_on(ctx, x), values={"layer": layer})
    run.journal.set(layer.state, "built", built if isinstance(built, Built) else Built(UNKNOWN, {}))


def check_set_weights(run: Run, frame: Frame, node: cst.CSTNode, layer: LayerValue, arrays: Value, label: str) -> None:
    """State arrays that do not fit the weights of the layer one by one."""
    items = items_of(arrays)
    if isinstance(items, Unknown):
        return
    built = layer.built
    if built is None:
        # A method of the program may run before or after the one that builds the layer.
        if items and layer.spec.feature_axis() is not None and not frame.symbol:
            run.state_problem(WeightsCountMismatch(label, len(items), 0, ()), frame, node, values={"layer": layer})
        return
    if isinstance(built.input_shape, Unknown) or not built.weights:
        return
    names = tuple(built.weights)
    if len(items) != len(names):
        problem = WeightsCountMismatch(label, len(items), len(names), names)
        run.state_problem(problem, frame, node, values={"layer": layer})
        return
    elements = dict(enumerate(_elements(node)))
    for place, (name, array) in enumerate(zip(names, items)):
        if not isinstance(array, Tensor) or isinstance(array.shape, Unknown):
            continue
        wanted = built.weights[name]
        if shapes_contradict(array.shape, wanted):
            problem_ = weights_mismatch(label, name, wanted, array.shape)
            nodes = {"array": elements[place]} if place in elements else {}
            run.state_problem(problem_, frame, node, (array,), values={"array": array}, argument_nodes=nodes)
            return
        _check_reshaped_kernel(run, frame, array, wanted, label)


def _elements(node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    if isinstance(node, cst.Call) and node.args and isinstance(node.args[0].value, cst.List | cst.Tuple):
        yield from (element.value for element in node.args[0].value.elements)


def _check_reshaped_kernel(run: Run, frame: Frame, array: Tensor, wanted: Shape, reader: str) -> None:
    origin = array.origin
    if not isinstance(origin, Origin) or not origin.parents or not _is_reshape(origin) or len(wanted) < 3:
        return
    before = origin.parents[0]
    if isinstance(before.shape, Unknown) or len(before.shape) != len(wanted) or origin.source is not frame.unit.source:
        return
    for kind in (CONVOLUTION, TRANSPOSED, DEPTHWISE):
        order = from_oihw(len(wanted) - 2, kind)
        moved = [axis for axis in order if before.shape[axis] != 1]
        fits = tuple(before.shape[axis] for axis in order) == wanted and before.shape != wanted
        if fits and moved != sorted(moved):
            shown = dotted(origin.node.func) if isinstance(origin.node, cst.Call) else origin.label
            problem = ReshapeNotTranspose(shown, before.shape, wanted, order, reader)
            run.state_problem(problem, frame, origin.node, (before,), values={"layer": None, "x": before})
            return
