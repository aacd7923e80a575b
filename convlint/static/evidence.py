"""From problems on syntax nodes to observations with places and the path of the shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from convlint.catalog.stated import by_default, decides_layout
from convlint.catalog.tensor import Activated, Tensor
from convlint.findings import Evidence, Observation
from convlint.problems import (
    AccidentalGroupedConv,
    BatchInInputShape,
    BatchInInputShapeSilent,
    ChannelsFirstInput,
    ChannelsMovedToFront,
    ClassCountMismatch,
    DataRankMismatch,
    DataShapeMismatch,
    DiscardedResult,
    DynamicDimInShape,
    HiddenBroadcast,
    InputRankMismatch,
    Keras1Argument,
    LateDataFormat,
    LateDataFormatSilent,
    LoaderImageSize,
    MissingArgument,
    MixedDataFormat,
    MixedDataFormatSilent,
    MovedName,
    PositionalKernelSize,
    Problem,
    RemovedBackendFunction,
    ReshapeIncludesBatch,
    ReshapeIncludesBatchSilent,
    SampleCountMismatch,
    SequenceNotReturned,
    TargetShapeMismatch,
    TfFunctionOnKerasTensor,
    TorchArgument,
    UnknownArgument,
    WindowTooLarge,
)
from convlint.shapes.dims import Dim, Dynamic, Unknown
from convlint.shapes.shape import show_shape
from convlint.static import usage
from convlint.static.run import Met, Run
from convlint.static.site import Site
from convlint.static.syntax import children, dotted
from convlint.static.values import LayerValue, ListValue, Origin, ReadDynamic, items_of

MAX_STEPS = 8
"""Steps of the path of a shape that are told where nobody asks for all."""

_ABOUT_WORDS = (
    DiscardedResult,
    Keras1Argument,
    MissingArgument,
    RemovedBackendFunction,
    TorchArgument,
    UnknownArgument,
)
"""Problems of spelling: no shape leads to them."""


def observations(run: Run) -> tuple[Observation, ...]:
    """Everything the run met, in the order of the source."""
    usage.check_unread(run)
    met = [one for one in run.met.values() if not _follows(run, one) and not usage.is_reached(run, one)]
    told = [(replace_problem(run, one), one) for one in met if not _said_by_another(one, met)]
    wanted = run.settings.wants
    found = [_observe(problem, one, run.settings.path_steps) for problem, one in told if wanted(type(problem))]
    return tuple(sorted(found, key=lambda one: (one.location, type(one.problem).__name__)))


def _follows(run: Run, met: Met) -> bool:
    """Whether the problem only follows from another one, or from how the analysis itself calls a function."""
    if isinstance(met.problem, ReshapeIncludesBatchSilent):
        return met.node in run.axes_needed or any(_declared_at(other) is met.node for other in run.met.values())
    if isinstance(met.problem, PositionalKernelSize):
        told = any(isinstance(other.problem, Keras1Argument) and other.node is met.node for other in run.met.values())
        return told or not _written_for_keras1(run, met.problem)
    if isinstance(met.problem, ChannelsMovedToFront):
        return any(isinstance(other.problem, ChannelsFirstInput) for other in run.met.values())
    if isinstance(met.problem, AccidentalGroupedConv):
        return _is_divided(met)
    if isinstance(met.problem, HiddenBroadcast):
        # `scores - scores[:, 0]` compares predictions with each other: that table is meant.
        column = [tensor for tensor in _lineage(met.tensors[:2]) if isinstance(tensor.content, Activated)]
        return bool(_origins(column) & _ancestors(tensor for tensor in met.tensors[:2] if tensor.rank == 1))
    if isinstance(met.problem, MovedName) and not met.problem.replacement:
        # A program for TensorFlow 1 needs another library; that is said once, not for each of its names.
        return next(filter(_has_no_successor, run.met.values())) is not met
    if isinstance(met.problem, TfFunctionOnKerasTensor):
        return (RemovedBackendFunction, met.node, "") in run.met
    if isinstance(met.problem, BatchInInputShapeSilent):
        return any(_declared_at(other) is met.node for other in run.met.values())
    if isinstance(met.problem, DynamicDimInShape):
        # A `None` that is only the default of a parameter may never be passed.
        target = met.argument_nodes.get("target")
        read = any(isinstance(value, ReadDynamic) for value in _flat(met.values.values()))
        return not read and not (target is not None and "None" in met.frame_unit.source.module.code_for_node(target))
    return False


def _said_by_another(met: Met, all_met: Sequence[Met]) -> bool:
    """Whether data that does not fit is what another finding is about already.

    ``fit``, ``evaluate`` and ``predict`` meet one contradiction between a model and its data each; a layer that
    refuses what an input declares stops the program before any data comes.
    """
    if isinstance(met.problem, SampleCountMismatch):
        return any(isinstance(one.problem, DataRankMismatch) and one.node is met.node for one in all_met)
    facts = _contradiction(met.problem)
    if facts is None and not isinstance(met.problem, LoaderImageSize):
        return False
    before = all_met[: next(place for place, one in enumerate(all_met) if one is met)]
    if facts is not None and any(
        _contradiction(one.problem) == facts and _origins(met.tensors) & _origins(one.tensors) for one in before
    ):
        return True
    if not isinstance(met.problem, DataShapeMismatch | DataRankMismatch | LoaderImageSize):
        return False
    declared = _origins(met.tensors[:1])
    return any(isinstance(one.problem, _REFUSED_INPUTS) and declared & _ancestors(one.tensors) for one in before)


_REFUSED_INPUTS = (InputRankMismatch, WindowTooLarge, ChannelsFirstInput, DataShapeMismatch, DataRankMismatch)
"""What a layer or model says of an input that was declared wrongly."""


def _contradiction(problem: Problem) -> tuple[object, ...] | None:
    """The two sides of a contradiction between a model and its data, samples apart; None for other problems."""
    if isinstance(problem, DataShapeMismatch | DataRankMismatch):
        return problem.input_shape, problem.data_shape[1:]
    if isinstance(problem, TargetShapeMismatch):
        return problem.loss, problem.output_shape[1:], problem.target_shape[1:]
    if isinstance(problem, ClassCountMismatch):
        return problem.loss, problem.units
    return None


def _is_divided(met: Met) -> bool:
    """Whether the program divides to know the channels of a kernel: it wants groups."""
    kernels = [tensor for tensor in met.tensors if isinstance(tensor.origin, Origin)][1:]
    for tensor in kernels:
        origin = tensor.origin
        while isinstance(origin, Origin):
            if _divides(origin):
                return True
            origin = origin.parents[0].origin if origin.parents else None
    return False


def _divides(origin: Origin) -> bool:
    """Whether a quotient is part of the expression, or of what the names in it are bound to."""
    names: set[str] = set()
    queue: list[cst.CSTNode] = [origin.node]
    bound: dict[str, list[cst.BaseExpression]] | None = None
    while queue:
        node = queue.pop()
        if isinstance(node, cst.FloorDivide | cst.Divide):
            return True
        name = node.attr.value if isinstance(node, cst.Attribute) else getattr(node, "value", None)
        if isinstance(node, cst.Name | cst.Attribute) and isinstance(name, str) and name not in names:
            names.add(name)
            bound = bound if bound is not None else _bound_names(origin.source.module)
            queue.extend(bound.get(name, ()))
        queue.extend(children(node))
    return False


def _bound_names(module: cst.Module) -> dict[str, list[cst.BaseExpression]]:
    """Names and attributes that are assigned anywhere in a file, with what they get."""
    found: dict[str, list[cst.BaseExpression]] = {}
    queue: list[cst.CSTNode] = [module]
    while queue:
        node = queue.pop()
        if isinstance(node, cst.Assign):
            for target in node.targets:
                name = dotted(target.target).rpartition(".")[2]
                if name:
                    found.setdefault(name, []).append(node.value)
        queue.extend(children(node))
    return found


def _origins(tensors: Iterable[Tensor]) -> set[int]:
    return {id(tensor.origin.node) for tensor in tensors if isinstance(tensor.origin, Origin)}


def _ancestors(tensors: Iterable[Tensor]) -> set[int]:
    """The nodes at which the tensors, and all they were made from, came about."""
    return _origins(_lineage(tensors))


def _lineage(tensors: Iterable[Tensor]) -> Iterator[Tensor]:
    """The tensors, and all they were made from."""
    seen: set[int] = set()
    queue = list(tensors)
    while queue:
        tensor = queue.pop()
        origin = tensor.origin
        if isinstance(origin, Origin) and id(origin.node) not in seen:
            seen.add(id(origin.node))
            queue.extend(origin.parents)
            yield tensor


def _has_no_successor(met: Met) -> bool:
    return isinstance(met.problem, MovedName) and not met.problem.replacement


def _written_for_keras1(run: Run, problem: PositionalKernelSize) -> bool:
    """Whether the program has another trait of Keras 1: the class' old name, or an old word anywhere."""
    if "Convolution" in problem.operation or "Deconvolution" in problem.operation:
        return True
    return any(
        isinstance(other.problem, Keras1Argument)
        or (isinstance(other.problem, PositionalKernelSize) and "onvolution" in other.problem.operation)
        for other in run.met.values()
    )


def _declared_at(met: Met) -> cst.CSTNode | None:
    """The input whose declaration is the cause of a rank that does not fit."""
    if not isinstance(met.problem, InputRankMismatch) or not met.tensors:
        return None
    origin = met.tensors[0].origin
    return origin.node if isinstance(origin, Origin) else None


def _flat(values: Iterable[object]) -> Iterator[object]:
    for value in values:
        if isinstance(value, tuple | ListValue):
            items = items_of(value)
            if not isinstance(items, Unknown):
                yield from items
        else:
            yield value


def _observe(problem: Problem, met: Met, steps: int) -> Observation:
    source = met.frame_unit.source
    site = Site(source, met.node, met.statement, met.names, met.callee, met.values or None, met.argument_nodes or None)
    return Observation(problem, source.location(met.node), "static", met.symbol, path(met, steps), site)


def path(met: Met, limit: int) -> tuple[Evidence, ...]:
    """The last steps by which the shapes came about, in the order in which they happened."""
    if isinstance(met.problem, _ABOUT_WORDS):
        return ()
    steps: list[Evidence] = []
    seen: set[int] = set()
    queue: list[Tensor] = list(met.tensors)
    while queue and len(steps) < limit:
        tensor = queue.pop(0)
        origin = tensor.origin
        if not isinstance(origin, Origin) or id(origin.node) in seen:
            continue
        seen.add(id(origin.node))
        if origin.node is not met.node:
            label = " ".join(origin.label.split())
            location = origin.source.location(origin.node)
            steps.append(Evidence(location, f"{label}: {show_shape(tensor.shape)}"))
        queue.extend(origin.parents)
    return tuple(reversed(steps))


_KEEP_SEQUENCES = frozenset(
    {"Dropout", "BatchNormalization", "LayerNormalization", "Activation", "ReLU", "GaussianNoise"}
)


def _sequence_dropped_by(x: Tensor) -> str:
    """The recurrent layer that gave this tensor without its steps, looking through layers that keep the shape."""
    origin = x.origin
    while isinstance(origin, Origin) and origin.maker is not None and origin.maker.class_name in _KEEP_SEQUENCES:
        origin = origin.parents[0].origin if origin.parents else None
    if not isinstance(origin, Origin) or origin.maker is None:
        return ""
    layer = origin.maker
    inner = layer.function if layer.class_name == "Bidirectional" else layer
    if not isinstance(inner, LayerValue) or inner.class_name not in ("LSTM", "GRU", "SimpleRNN"):
        return ""
    arguments = inner.spec.arguments
    if arguments.get("return_sequences") is not False or arguments.get("return_state") is not False:
        return ""
    return layer.name or layer.shown


def _both_by_default(met: Met) -> bool:
    """Whether the layer and the one that decided its input's layout both go by the default layout."""
    reader, tensor = met.values.get("layer"), met.tensors[0] if met.tensors else None
    while tensor is not None and isinstance(tensor.origin, Origin):
        maker = tensor.origin.maker
        if maker is not None and decides_layout(maker.spec, maker.class_name):
            return isinstance(reader, LayerValue) and by_default(reader.spec) and by_default(maker.spec)
        tensor = tensor.origin.parents[0] if tensor.origin.parents else None
    return False


def _has_keras1_words(run: Run) -> bool:
    """Whether some call of the program has words that only Keras 1 had; it shares ``bias`` with PyTorch."""
    return any(isinstance(met.problem, Keras1Argument) for met in run.met.values())


def replace_problem(run: Run, met: Met) -> Problem:
    """The most specific problem that the whole program proves."""
    problem = met.problem
    if isinstance(problem, TorchArgument) and problem.argument == "bias" and _has_keras1_words(run):
        return Keras1Argument(problem.operation, ("bias",), "use_bias=…")
    if isinstance(problem, MixedDataFormat) and _both_by_default(met):
        late = LateDataFormatSilent if isinstance(problem, MixedDataFormatSilent) else LateDataFormat
        return late(**vars(problem))
    if not isinstance(problem, InputRankMismatch) or not met.tensors:
        return problem
    x = met.tensors[0]
    if not isinstance(x.origin, Origin) or isinstance(x.shape, Unknown):
        return problem
    recurrent = _sequence_dropped_by(x)
    if recurrent and problem.expected_rank.startswith("3") and problem.actual_rank == 2:
        return SequenceNotReturned(problem.operation, recurrent, problem.input_shape)
    batched = run.met.get((ReshapeIncludesBatchSilent, x.origin.node, ""))
    if batched is not None:
        return ReshapeIncludesBatch(**{**vars(batched.problem), "operation": problem.operation})
    if x.origin.parents:
        return problem
    declared = tuple(x.shape[1:])
    if str(len(declared)) != problem.expected_rank or not declared:
        return problem
    samples: Dim | None = None
    if isinstance(declared[0], Dynamic) or declared in run.data_shapes:
        samples = declared[0]
    if samples is None:
        return problem
    return BatchInInputShape(problem.operation, declared, declared[1:], samples)
