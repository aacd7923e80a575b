"""``compile``, ``fit``, ``evaluate``, ``predict`` and their like: data against model, targets against loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import libcst as cst

from convlint.catalog import losses, training
from convlint.catalog.dataset import Dataset
from convlint.catalog.losses import Loss
from convlint.catalog.registry import find_function
from convlint.catalog.tensor import Kind, Ragged, Tensor
from convlint.catalog.training import Feeding
from convlint.lazy import dataclass
from convlint.problems import (
    ArithmeticOnDynamicDim,
    ChannelMismatch,
    ConcatShapeMismatch,
    ContractionMismatch,
    DataRankMismatch,
    FitBeforeCompile,
    InputCountMismatch,
    InputKeyMissing,
    InputRankMismatch,
    ListAsData,
    LossKeyUnknown,
    MergeShapeMismatch,
    Problem,
    RaggedData,
    RankChanged,
    ReshapeSizeMismatch,
    SampleCountMismatch,
    SequenceNotReturned,
    SharedLayerShapeChange,
    SoftmaxWithBinaryLoss,
    UndefinedFeatureDim,
    WindowTooLarge,
)
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dim, Dynamic, Unknown, proved_different
from convlint.static import calls, consumers, datasets, library, models, objects
from convlint.static.journal import MISSING, Slots
from convlint.static.run import Frame, Met, Run, stamp
from convlint.static.values import (
    COMPILED,
    DictValue,
    External,
    FunctionValue,
    Instance,
    LayerValue,
    ListValue,
    LossValue,
    MetricValue,
    ModelValue,
    Origin,
    Value,
    items_of,
)

Arguments = Sequence[Value]
Keywords = Mapping[str, Value]

_PARAMETERS = {
    "compile": ("optimizer", "loss"),
    "fit": ("x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data", "shuffle",
            "class_weight", "sample_weight"),
    "evaluate": ("x", "y", "batch_size", "verbose", "sample_weight"),
    "predict": ("x", "batch_size"),
    "train_on_batch": ("x", "y", "sample_weight"),
    "test_on_batch": ("x", "y", "sample_weight"),
    "predict_on_batch": ("x",),
}  # fmt: skip
"""Parameters of a model's methods by position, as far as Keras 2 and 3 agree on their order."""

_DATA = ("x", "y", "sample_weight", "validation_data")
_NEED_COMPILE = frozenset({"fit", "evaluate", "train_on_batch", "test_on_batch"})
_OWN_STEPS = ("train_step", "test_step", "predict_step", "compute_loss", "make_train_function", "make_test_function")
_RAISING = (
    ChannelMismatch, ConcatShapeMismatch, ContractionMismatch, InputRankMismatch, MergeShapeMismatch,
    ReshapeSizeMismatch, SequenceNotReturned, SharedLayerShapeChange, UndefinedFeatureDim, WindowTooLarge,
    ArithmeticOnDynamicDim,
)  # fmt: skip
"""What a layer refuses when data of another size runs through it."""

Model = ModelValue | Instance


@dataclass(frozen=True)
class Compiled:
    """What ``compile`` was given, and where."""

    loss: Value
    metrics: Value
    node: cst.CSTNode
    frame: Frame
    keeps_functions: bool
    """Whether Keras makes one function for training and keeps it."""


@dataclass(frozen=True)
class Given:
    """One thing that the program gives: its value and its text, as messages name it."""

    value: Value
    text: str


@dataclass(frozen=True)
class Feed:
    """What one call gives to a model.

    ``batch`` is what the first axis of each array becomes while Keras traces the model;
    ``batched`` is false for the elements of a data set that nobody batched.
    """

    operation: str
    x: Given
    y: Given
    weights: Given
    from_dataset: Dataset | None = None
    batch: Dim | Unknown = DYNAMIC
    first_batch: Dim = UNKNOWN
    validation_split: Value = 0.0

    @property
    def trains(self) -> bool:
        """Whether the call has targets, so that its data are samples."""
        return self.operation.rpartition(".")[2] in _NEED_COMPILE


def handles(name: str) -> bool:
    """Whether this module implements the model's method."""
    return name in _PARAMETERS


def call_method(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    model: Model,
    name: str,
    positional: Arguments,
    keywords: Keywords,
    *,
    open_ended: bool = False,
) -> Value:
    """A method of a model that has to do with training."""
    given = dict(zip(_PARAMETERS[name], positional))
    given.update(keywords)
    given.update({part: datasets.as_data(run, frame, node, given[part]) for part in _DATA if part in given})
    if isinstance(model, Instance) and any(model.cls.lookup(step) is not MISSING for step in _OWN_STEPS):
        return UNKNOWN
    if name == "compile":
        _compile(run, frame, node, model, given, open_ended)
        return None
    nodes = _argument_nodes(node, name)
    operation = _operation(node, name)
    compiled = _state(model).get(COMPILED)
    if name in _NEED_COMPILE and compiled is None:
        if isinstance(model, ModelValue) and not run.exercising:
            shown = operation.rpartition(".")[0] or "the model"
            run.state_problem(FitBeforeCompile(operation, shown), frame, node)
        return UNKNOWN
    feed = _feed(run, frame, node, operation, given, nodes)
    output = _judge(run, frame, node, model, feed, compiled if name in _NEED_COMPILE else None)
    if name in _KEPT:
        _check_ranks(run, frame, node, model, name, feed, compiled, output)
    if name == "fit":
        _validate(run, frame, node, model, given, nodes, operation, compiled)
    if not name.startswith("predict"):
        return UNKNOWN
    return _predicted(run, frame, node, output, feed)


def _state(model: Model) -> Slots:
    return model.state if isinstance(model, ModelValue) else model.attributes


def _operation(node: cst.CSTNode, name: str) -> str:
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        owner = node.func.value
        if isinstance(owner, cst.Name):
            return f"{owner.value}.{name}"
        if isinstance(owner, cst.Attribute) and isinstance(owner.value, cst.Name):
            return f"{owner.value.value}.{owner.attr.value}.{name}"
    return name


def _argument_nodes(node: cst.CSTNode, name: str) -> dict[str, cst.BaseExpression]:
    """The expressions behind the arguments, by parameter."""
    if not isinstance(node, cst.Call) or any(argument.star for argument in node.args):
        return {}
    plain = [argument.value for argument in node.args if argument.keyword is None]
    nodes = dict(zip(_PARAMETERS.get(name, ("x",)), plain))
    nodes.update({argument.keyword.value: argument.value for argument in node.args if argument.keyword is not None})
    return nodes


def _text(frame: Frame, node: cst.BaseExpression | None, otherwise: str) -> str:
    """An expression as messages name it; a description where it is too long for a name."""
    if node is None:
        return otherwise
    text = " ".join(frame.unit.source.shown(node).split())
    return text if len(text) <= 40 else otherwise


# --- losses as values ---------------------------------------------------------------------------------


def call_library(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    name: str,
    positional: Arguments,
    keywords: Keywords,
    *,
    open_ended: bool = False,
) -> Value:
    """Something of ``keras.losses`` or ``keras.metrics`` is called: a class, or a function on tensors."""
    last = name.rpartition(".")[2]
    function, entry = losses.loss_named(last, plain=True), find_function(name)
    if function is not None and not function.spelled_as_object:
        told = UNKNOWN if open_ended or len(positional) > 2 else keywords.get("from_logits", False)
        function = replace(function, from_logits=told if isinstance(told, bool) else UNKNOWN)
        if not open_ended and "axis" not in keywords:
            call_loss(run, frame, node, function, positional, keywords)
    if entry is not None:
        with run.mute(function is not None):
            return library.call_function(run, frame, node, entry, name, positional, keywords, open_ended)
    if function is not None and not function.spelled_as_object:
        return Tensor()
    given = [library.to_catalog(value) for value in positional]
    named = {key: library.to_catalog(value) for key, value in keywords.items()}
    if ".losses." not in name:
        return _make_metric(last, positional, keywords, open_ended)
    made = run.consult(
        frame, node, last, lambda ctx: losses.make_loss(ctx, last, given, named, open_ended=open_ended), callee=name
    )
    return LossValue(made) if isinstance(made, Loss) else UNKNOWN


_ACCURACIES = {
    "BinaryAccuracy": "binary_accuracy",
    "CategoricalAccuracy": "categorical_accuracy",
    "SparseCategoricalAccuracy": "sparse_categorical_accuracy",
}


def _make_metric(last: str, positional: Arguments, keywords: Keywords, open_ended: bool) -> Value:
    """``keras.metrics.Name(…)``; one with a threshold of its own is not followed."""
    name = _ACCURACIES.get(last)
    plain = not positional and not open_ended and not set(keywords) - {"name", "dtype"}
    return MetricValue(name, last) if name is not None and plain else UNKNOWN


def call_loss(
    run: Run, frame: Frame, node: cst.CSTNode, loss: Loss, positional: Arguments, keywords: Keywords
) -> Value:
    """A loss called on targets and an output, as in a loop of the program's own."""
    nodes = dict(zip(("y_true", "y_pred"), [arg.value for arg in node.args])) if isinstance(node, cst.Call) else {}
    given = dict(zip(("y_true", "y_pred"), positional))
    given.update(keywords)
    target, output = given.get("y_true"), given.get("y_pred")
    if isinstance(target, Tensor) and isinstance(output, Tensor):
        operation = _text(frame, node.func if isinstance(node, cst.Call) else None, loss.shown)
        name = _text(frame, nodes.get("y_true"), "the targets")
        found = [*training.judge_output(operation, loss, output)]
        if not found:
            problem = training.judge_target(operation, loss, name, target, output)
            found = [problem] if problem is not None else []
        for problem in found:
            run.state_problem(problem, frame, node, (target, output))
    if not loss.plain:
        shape = () if loss.reduces else UNKNOWN
        return stamp(Tensor(shape, "float32", Kind.EAGER), frame, node, loss.shown, library.tensors_in(target, output))
    return Tensor()


def resolve(value: Value) -> Value:
    """A ``loss`` argument as a Loss where the table has it; functions and structures stay what they are."""
    if isinstance(value, LossValue):
        return value.loss
    if isinstance(value, str):
        return losses.loss_named(value) or UNKNOWN
    if isinstance(value, External):
        home, _, last = value.canonical.rpartition(".")
        if home.endswith(("losses", "metrics")):
            return losses.loss_named(last) or UNKNOWN
    return value


# --- compile --------------------------------------------------------------------------------------------


def _compile(
    run: Run, frame: Frame, node: cst.CSTNode, model: Model, given: Mapping[str, Value], open_ended: bool
) -> None:
    loss = UNKNOWN if open_ended and "loss" not in given else given.get("loss")
    keeps = not open_ended and given.get("run_eagerly") in (None, False)
    compiled = Compiled(loss, given.get("metrics"), node, frame, keeps)
    run.journal.set(_state(model), COMPILED, compiled)
    for key in _KEPT.values():
        run.journal.set(_state(model), key, None)
    if isinstance(model, ModelValue):
        _judge_outputs(run, compiled, model.state["outputs"])


def _judge_outputs(run: Run, compiled: Compiled, outputs: Value) -> None:
    """State what is wrong between loss and output, whatever the data is; it stands at ``compile``."""
    operation = _operation(compiled.node, "compile")
    for loss, output in _pairs(compiled.loss, outputs):
        if isinstance(loss, Loss) and isinstance(output, Tensor):
            for problem in training.judge_output(operation, loss, output):
                run.state_problem(problem, compiled.frame, compiled.node, (output,))
            if isinstance(outputs, Tensor):
                _judge_metrics(run, compiled, operation, loss, output)


def _judge_metrics(run: Run, compiled: Compiled, operation: str, loss: Loss, output: Tensor) -> None:
    for metric in _metrics(compiled):
        name = metric.name if isinstance(metric, MetricValue) else metric
        if isinstance(name, str):
            shown = metric.shown if isinstance(metric, MetricValue) else name
            problem = training.judge_metric(operation, name, shown, loss, output)
            if problem is not None:
                run.state_problem(problem, compiled.frame, compiled.node, (output,))


def _metrics(compiled: Compiled) -> Sequence[Value]:
    """The metrics of a model with one output, where they are plainly given."""
    metrics = compiled.metrics
    if not isinstance(metrics, ListValue | tuple):
        return ()
    items = items_of(metrics)
    return () if isinstance(items, Unknown) else tuple(items)


def _pairs(loss: Value, outputs: Value) -> Iterator[tuple[Value, Value]]:
    """Each output with its loss; nothing where that is not plain."""
    flat = _flat(outputs)
    if flat is None:
        return
    chosen = resolve(loss)
    if isinstance(chosen, ListValue | tuple):
        several = items_of(chosen)
        if not isinstance(several, Unknown) and len(several) == len(flat):
            yield from zip(map(resolve, several), flat.values())
    elif isinstance(chosen, DictValue):
        if not chosen.open:
            for key, output in flat.items():
                name = key if isinstance(key, str) else _layer_name(output)
                if name in chosen.entries:
                    yield resolve(chosen.entries[name]), output
    else:
        for output in flat.values():
            yield chosen, output


def _flat(structure: Value) -> dict[Value, Value] | None:
    """The parts of a structure by place or key; None where it is not known."""
    if isinstance(structure, Tensor):
        return {0: structure}
    if isinstance(structure, DictValue):
        return None if structure.open else dict(structure.entries)
    if isinstance(structure, ListValue | tuple):
        items = items_of(structure)
        return None if isinstance(items, Unknown) else dict(enumerate(items))
    return None


def _layer_name(output: Value) -> str:
    """The name that the program gave to the layer an output comes from."""
    origin = output.origin if isinstance(output, Tensor) else None
    return origin.maker.name if isinstance(origin, Origin) and origin.maker is not None else ""


# --- what a call gives ----------------------------------------------------------------------------------


def _feed(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    operation: str,
    given: Mapping[str, Value],
    nodes: Mapping[str, cst.BaseExpression],
) -> Feed:
    def told(name: str, otherwise: str) -> Given:
        value = datasets.as_data(run, frame, node, given.get(name))
        return Given(value, _text(frame, nodes.get(name), otherwise))

    x, y = told("x", "the data"), told("y", "the targets")
    weights = told("sample_weight", "the sample weights")
    fitting = operation.rpartition(".")[2] == "fit"
    if isinstance(x.value, Dataset):
        return _from_dataset(run, frame, nodes.get("x", node), operation, x, x.value)
    samples = _samples(x.value)
    first: Dim = training.common_batch(samples, given.get("batch_size"))
    if operation.endswith("on_batch"):
        first = samples
    split = given.get("validation_split", 0.0) if fitting else 0.0
    return Feed(operation, x, y, weights, None, DYNAMIC if fitting else UNKNOWN, first, split)


def _from_dataset(run: Run, frame: Frame, place: cst.CSTNode, operation: str, x: Given, source: Dataset) -> Feed:
    element = library.from_catalog(run, frame, place, source.element, x.text, ())
    parts: Sequence[Value] = (element,)
    if isinstance(element, tuple) and 1 <= len(element) <= 3:
        parts = element
    elif not isinstance(element, Tensor | DictValue):
        parts = (UNKNOWN,)
    target = f"the targets of {x.text}"
    texts = (x.text, target, "the sample weights")
    values = [*parts, UNKNOWN, UNKNOWN] if len(parts) == 1 else [*parts, UNKNOWN]
    named = [Given(value, text) for value, text in zip(values, texts)]
    named += [Given(UNKNOWN, text) for text in texts[len(named) :]]
    return Feed(operation, named[0], named[1], named[2], source, UNKNOWN, UNKNOWN)


def _samples(value: Value) -> Dim:
    """Length of the first axis of an array, or of the first array of several."""
    first = next(iter(library.tensors_in(value)), None)
    if first is None or isinstance(first.shape, Unknown) or not first.shape:
        return UNKNOWN
    return first.shape[0]


def _validate(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    model: Model,
    given: Mapping[str, Value],
    nodes: Mapping[str, cst.BaseExpression],
    operation: str,
    compiled: Value,
) -> None:
    """Judge ``validation_data`` like the training data."""
    held = datasets.as_data(run, frame, node, given.get("validation_data"))
    place = nodes.get("validation_data")
    if isinstance(held, Dataset):
        text = _text(frame, place, "the validation data")
        feed = _from_dataset(run, frame, place or node, operation, Given(held, text), held)
    elif isinstance(held, tuple | ListValue):
        items = items_of(held)
        if isinstance(items, Unknown) or not 2 <= len(items) <= 3:
            return
        elements = [part.value for part in place.elements] if isinstance(place, cst.Tuple | cst.List) else []
        named = dict(zip(("x", "y", "sample_weight"), elements)) if len(elements) == len(items) else {}
        feed = _feed(run, frame, node, operation, dict(zip(("x", "y", "sample_weight"), items)), named)
    else:
        return
    _judge(run, frame, node, model, feed, compiled)


# --- judging --------------------------------------------------------------------------------------------


def _judge(run: Run, frame: Frame, node: cst.CSTNode, model: Model, feed: Feed, compiled: Value) -> Value:
    """State what is wrong with a call's data; returns the model's output for it."""
    if _not_arrays(run, frame, node, feed):
        return UNKNOWN
    if _is_list_of_samples(model, feed):
        run.state_problem(ListAsData(feed.operation, feed.x.text), frame, node)
        return UNKNOWN
    counted = feed.from_dataset is None and _unequal_counts(run, frame, node, feed)
    output = _output(run, frame, node, model, feed)
    if isinstance(output, Unknown) or not isinstance(compiled, Compiled):
        return output
    if not isinstance(model, ModelValue) or model.state["outputs"] is None:
        _judge_outputs(run, compiled, output)
    if _unknown_loss_key(run, frame, node, feed.operation, compiled, output):
        return output
    if not counted:
        _judge_targets(run, frame, node, feed, compiled, output)
    return output


_KEPT = {name: f"shapes of {name}" for name in ("fit", "evaluate", "predict")}
"""Methods whose function Keras keeps, each with the key under which the model's state holds what it was given."""


def _check_ranks(
    run: Run, frame: Frame, node: cst.CSTNode, model: Model, name: str, feed: Feed, compiled: Value, output: Value
) -> None:
    """State data or targets that have another number of axes than in an earlier call of the same method.

    Source: measured with Keras 3.15 on TensorFlow: the graph that is made for both ranks knows neither.
    """
    if not isinstance(model, ModelValue) or run.settings.keras < 3:
        return
    before = model.state.get(_KEPT[name])
    plain = compiled.keeps_functions if isinstance(compiled, Compiled) else compiled is None
    shapes = tuple(part.value.shape if isinstance(part.value, Tensor) else UNKNOWN for part in (feed.x, feed.y))
    if isinstance(output, Unknown) or feed.from_dataset is not None or not plain:
        run.journal.set(model.state, _KEPT[name], UNKNOWN)
        return
    if isinstance(before, tuple):
        for part, first, now in zip((feed.x, feed.y), before, shapes):
            if isinstance(first, tuple) and isinstance(now, tuple) and len(first) != len(now):
                run.state_problem(RankChanged(feed.operation, part.text, now, first), frame, node)
                return
    elif before is None:
        run.journal.set(model.state, _KEPT[name], shapes)


def _unknown_loss_key(
    run: Run, frame: Frame, node: cst.CSTNode, operation: str, compiled: Compiled, outputs: Value
) -> bool:
    """State a loss for an output that the model does not have; Keras looks when it first computes the loss."""
    given = resolve(compiled.loss)
    flat = None if isinstance(outputs, DictValue) else _flat(outputs)
    if not isinstance(given, DictValue) or given.open or flat is None:
        return False
    names = [_full_name(output) for output in flat.values()]
    keys = [key for key in given.entries if isinstance(key, str) and key not in names]
    if not keys or not all(names):
        return False
    run.state_problem(LossKeyUnknown(operation, keys[0], tuple(names)), frame, node, tuple(library.tensors_in(outputs)))
    return True


def _full_name(output: Value) -> str:
    """What Keras calls an output; empty where that is not known."""
    origin = output.origin if isinstance(output, Tensor) else None
    maker = origin.maker if isinstance(origin, Origin) else None
    name = maker.full_name if isinstance(maker, LayerValue | ModelValue) else UNKNOWN
    return name if isinstance(name, str) else ""


def _not_arrays(run: Run, frame: Frame, node: cst.CSTNode, feed: Feed) -> bool:
    """State arrays of lists, and Python lists of numbers in place of arrays; Keras 2 converted the latter."""
    if feed.from_dataset is not None:
        return False
    found = False
    for part in (feed.x, feed.y):
        if _is_array_of_lists(part.value):
            run.state_problem(RaggedData(feed.operation, part.text), frame, node, library.tensors_in(part.value))
            found = True
        elif run.settings.keras >= 3 and _is_list_of_numbers(part.value):
            run.state_problem(ListAsData(feed.operation, part.text), frame, node)
            found = True
    return found


def _is_array_of_lists(value: Value) -> bool:
    """Whether this is what ``imdb.load_data`` gives: texts as numbers, each as long as it is."""
    return isinstance(value, Tensor) and value.dtype == "object" and isinstance(value.content, Ragged)


def _is_list_of_numbers(value: Value) -> bool:
    if not isinstance(value, ListValue):
        return False
    items = items_of(value)
    if isinstance(items, Unknown) or not items:
        return False
    first = items[0]
    return (isinstance(first, int | float) and not isinstance(first, bool)) or _is_list_of_numbers(first)


def _is_list_of_samples(model: Model, feed: Feed) -> bool:
    """Whether a model with one input gets a list of several arrays: each of them would be an input."""
    if not isinstance(feed.x.value, ListValue) or not isinstance(model, ModelValue):
        return False
    declared, items = model.state["inputs"], items_of(feed.x.value)
    single = isinstance(declared, Tensor) or (declared is None and model.sequential)
    several = not isinstance(items, Unknown) and len(items) > 1
    return single and several and all(isinstance(item, Tensor) for item in items)  # type: ignore[union-attr]


def _unequal_counts(run: Run, frame: Frame, node: cst.CSTNode, feed: Feed) -> bool:
    """State arrays of one call with different numbers of samples."""
    counted: list[tuple[str, Dim, Tensor]] = []
    for part in (feed.x, feed.y, feed.weights):
        flat = _flat(part.value)
        for place, value in (flat or {}).items():
            if isinstance(value, Tensor) and not isinstance(value.shape, Unknown) and value.shape:
                text = part.text if len(flat or ()) == 1 else f"{part.text}[{place!r}]"
                counted.append((text, value.shape[0], value))
    for text, size, tensor in counted[1:]:
        first_text, first_size, first = counted[0]
        if proved_different(size, first_size) and _counted_by_keras(feed, first_size, size):
            run.state_problem(
                SampleCountMismatch(feed.operation, first_text, first_size, text, size), frame, node, (first, tensor)
            )
            return True
    return False


def _counted_by_keras(feed: Feed, first_size: Dim, size: Dim) -> bool:
    """Whether Keras meets the difference: ``validation_split`` cuts all arrays where the first one is to be cut.

    Source: ``keras/src/trainers/data_adapters/array_slicing.py``, ``train_validation_split``.
    """
    split = feed.validation_split
    if split is None or split == 0:
        return True
    if not isinstance(split, float) or not isinstance(first_size, int) or not isinstance(size, int):
        return False
    return size < int(first_size * (1.0 - split))


def _output(run: Run, frame: Frame, node: cst.CSTNode, model: Model, feed: Feed) -> Value:
    """What the model returns for the data, unknown where it refuses it or nothing is known."""
    if isinstance(model, Instance):
        return _output_of_class(run, frame, node, model, feed)
    declared = model.state["inputs"]
    if declared is None:
        return _build(run, frame, node, model, feed)
    inputs, given = _flat(declared), _flat(feed.x.value)
    if inputs is None or not all(isinstance(part, Tensor) for part in inputs.values()):
        return model.state["outputs"] if isinstance(feed.x.value, Unknown) else UNKNOWN
    if given is None:
        return model.state["outputs"]
    paired = _pair_inputs(run, frame, node, feed, inputs, given)
    if paired is None:
        return UNKNOWN
    fitting = [
        _check_input(run, frame, node, model, feed, text, x, entry)
        for text, x, entry in paired
        if isinstance(x, Tensor) and isinstance(entry, Tensor)
    ]
    if not all(fitting):
        return UNKNOWN
    return _precise_output(run, frame, node, model, feed)


def _pair_inputs(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    feed: Feed,
    inputs: Mapping[Value, Value],
    given: Mapping[Value, Value],
) -> list[tuple[str, Value, Value]] | None:
    """Each input with its data and a name for that; states too few arrays and missing keys."""
    text = feed.x.text
    by_key = isinstance(feed.x.value, DictValue)
    names = {key if isinstance(key, str) else _input_name(entry): entry for key, entry in inputs.items()}
    if by_key:
        if "" in names or len(names) != len(inputs):
            return None
        missing = next((name for name in names if name not in given), None)
        if missing is not None and all(isinstance(key, str) for key in given):
            keys = tuple(str(key) for key in given)
            run.state_problem(InputKeyMissing(feed.operation, text, str(missing), keys), frame, node)
            return None
        return [(f"{text}[{name!r}]", given[name], entry) for name, entry in names.items()]
    if any(isinstance(key, str) for key in inputs):
        return None
    if len(given) != len(inputs):
        if all(isinstance(value, Tensor) for value in given.values()):
            tensors = library.tensors_in(*given.values())
            run.state_problem(InputCountMismatch(feed.operation, text, len(inputs), len(given)), frame, node, tensors)
        return None
    if len(inputs) == 1:
        shown = text if isinstance(feed.x.value, Tensor) else f"{text}[0]"
        return [(shown, *pair) for pair in zip(given.values(), inputs.values())]
    return [(f"{text}[{place}]", value, inputs[place]) for place, value in given.items()]


def _input_name(entry: Value) -> str:
    """The name that the program gave to an input."""
    origin = entry.origin if isinstance(entry, Tensor) else None
    if not isinstance(origin, Origin) or not isinstance(origin.node, cst.Call):
        return ""
    for argument in origin.node.args:
        if argument.keyword is not None and argument.keyword.value == "name":
            value = argument.value
            return str(value.evaluated_value) if isinstance(value, cst.SimpleString) else ""
    return ""


def _as_fed(x: Tensor, feed: Feed) -> Tensor:
    """The data as the model receives it while Keras traces it."""
    if isinstance(x.shape, Unknown) or not x.shape or feed.from_dataset is not None:
        return replace(x, kind=Kind.TRACED)
    return replace(x, shape=(feed.batch, *x.shape[1:]), kind=Kind.TRACED)


def _check_input(
    run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue, feed: Feed, text: str, x: Tensor, declared: Tensor
) -> bool:
    """Whether one array fits its input; states why not."""
    if isinstance(x.shape, Unknown) or isinstance(declared.shape, Unknown) or not x.shape:
        return True
    if x.dtype == "object" or (len(x.shape) == 1 and isinstance(x.dtype, Unknown)):
        return True  # an array of objects has the shapes of its entries, which may be unequal
    if _counts_samples(declared, x, feed):
        models.check_declared_batch(run, frame, model, x, has_samples=True)
        return False
    consumers.check_fed(run, frame, node, feed.operation, declared, x)
    fed = training.feed(declared.shape, x.shape, checks_sizes=not model.sequential)
    raises = False
    if fed.feeding is Feeding.UNCHECKED:
        raises = _refused_inside(run, frame, node, model, replace(x, shape=fed.shape))
    problem = training.judge_input(
        feed.operation, text, x.shape, declared.shape, fed, raises=raises, dataset=feed.from_dataset is not None
    )
    if feed.from_dataset is not None:
        problem = training.judge_images_of_loader(feed.from_dataset, problem)
    if problem is None:
        return fed.feeding is not Feeding.UNCHECKED
    run.state_problem(problem, frame, node, (declared, x))
    return False


def _counts_samples(declared: Tensor, x: Tensor, feed: Feed) -> bool:
    """Whether an input was declared with the shape of the whole array.

    The same shapes are met where one sample is given without an axis for the batch; then the declaration
    does not say ``x.shape``, and no targets count it as many.
    """
    if isinstance(declared.shape, Unknown) or isinstance(x.shape, Unknown) or feed.from_dataset is not None:
        return False
    if len(x.shape) < 2 or declared.shape[1:] != x.shape or not isinstance(declared.origin, Origin):
        return False
    if ".shape" in declared.origin.source.shown(declared.origin.node):
        return True
    samples = _samples(feed.y.value)
    return feed.trains and (isinstance(samples, Unknown) or samples == x.shape[0])


def _refused_inside(run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue, x: Tensor) -> bool:
    """Whether a layer of the model refuses data of this shape."""
    layers = model.state["layers"]
    if isinstance(x.shape, Unknown):
        return False
    with run.apart() as met:
        given = replace(x, shape=(DYNAMIC, *x.shape[1:]), kind=Kind.TRACED)
        if not model.sequential or not isinstance(layers, tuple):
            models.try_layers(run, model, given)
            return any(isinstance(one.problem, _RAISING) for one in met.values())
        result: Value = given
        for layer in layers:
            if isinstance(layer, Tensor) or (isinstance(layer, LayerValue) and layer.class_name == "InputLayer"):
                continue
            result = models.pass_through(run, frame, node, layer, result)
            if any(isinstance(one.problem, _RAISING) for one in met.values()):
                return True
    return False


def _precise_output(run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue, feed: Feed) -> Value:
    """The model's output for this data: sizes that the declaration left open are known now."""
    x = feed.x.value
    if not isinstance(x, Tensor) or not isinstance(model.state["inputs"], Tensor):
        return model.state["outputs"]
    declared = model.state["inputs"].shape
    if isinstance(declared, Unknown) or isinstance(x.shape, Unknown):
        return model.state["outputs"]
    fed = training.feed(declared, x.shape, checks_sizes=True)
    if fed.feeding is not Feeding.FITS or not any(isinstance(size, Dynamic) for size in declared[1:]):
        return model.state["outputs"]
    result = models.call_model(run, frame, node, model, [_as_fed(replace(x, shape=fed.shape), feed)], {})
    return model.state["outputs"] if isinstance(result, Tensor) and isinstance(result.shape, Unknown) else result


def _build(run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue, feed: Feed) -> Value:
    """A ``Sequential`` without a declared input is built by its first data."""
    layers, x = model.state["layers"], feed.x.value
    if isinstance(x, ListValue | tuple):
        items = items_of(x)
        x = items[0] if not isinstance(items, Unknown) and len(items) == 1 else UNKNOWN
    if not isinstance(layers, tuple) or not isinstance(x, Tensor) or x.dtype == "object":
        return UNKNOWN
    before = dict(run.met)
    result: Value = _as_fed(x, feed)
    for layer in layers:
        result = models.pass_through(run, frame, node, layer, result)
        new = [key for key in run.met if key not in before]
        refused = [key for key in new if isinstance(run.met[key].problem, _RAISING)]
        if refused:
            _blame_data(run, frame, node, feed, run.met[refused[0]], refused[0], x)
            return UNKNOWN
    return result


def _blame_data(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    feed: Feed,
    met: Met,
    key: tuple[type[Problem], cst.CSTNode, str],
    x: Tensor,
) -> None:
    """A first layer that needs another rank than the data has: the call that gives the data is what is wrong."""
    problem = met.problem
    if (
        not isinstance(problem, InputRankMismatch)
        or isinstance(x.shape, Unknown)
        or not problem.expected_rank.isdigit()
    ):
        return
    if problem.input_shape[1:] != x.shape[1:] or problem.actual_rank != len(x.shape):
        return
    del run.met[key]
    wanted = (DYNAMIC,) + (UNKNOWN,) * (int(problem.expected_rank) - 1)
    short = int(problem.expected_rank) - len(x.shape)
    missing = "the last axis" if short == 1 and feed.from_dataset is None else ""
    run.state_problem(
        DataRankMismatch(feed.operation, feed.x.text, x.shape, wanted, missing, ""), frame, node, (x, *met.tensors)
    )


def _output_of_class(run: Run, frame: Frame, node: cst.CSTNode, model: Instance, feed: Feed) -> Value:
    """What ``call`` of the program's own model returns for the data."""
    x = feed.x.value
    if _flat(x) is None or not isinstance(model.cls.lookup("call"), FunctionValue):
        return UNKNOWN
    traced = objects.map_tensors(x, lambda tensor: _as_fed(tensor, feed))
    return objects.call_instance(run, frame, node, model, [traced], {})


def _judge_targets(run: Run, frame: Frame, node: cst.CSTNode, feed: Feed, compiled: Compiled, output: Value) -> None:
    """State targets that do not go with the output under the loss."""
    outputs, targets = _flat(output), _flat(feed.y.value)
    if outputs is None or targets is None or len(outputs) != len(targets):
        return
    if all(isinstance(key, str) for key in targets) != all(isinstance(key, str) for key in outputs):
        return
    by_output = {id(out): loss for loss, out in _pairs(compiled.loss, output)}
    for place, predicted in outputs.items():
        target, loss = targets.get(place), by_output.get(id(predicted))
        text = feed.y.text if isinstance(feed.y.value, Tensor) else f"{feed.y.text}[{place!r}]"
        if isinstance(target, Tensor) and isinstance(predicted, Tensor):
            _judge_target(run, frame, node, feed, compiled, loss, text, target, predicted)


def _judge_target(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    feed: Feed,
    compiled: Compiled,
    loss: Value,
    text: str,
    target: Tensor,
    output: Tensor,
) -> None:
    if isinstance(target.shape, Unknown) or isinstance(output.shape, Unknown):
        return
    if not target.shape or not output.shape:
        return
    for metric in _metrics(compiled):
        if isinstance(metric, FunctionValue):
            _call_custom(run, frame, metric, target, output, metric=True)
        elif run.settings.keras >= 3 and isinstance(metric, MetricValue | str):
            name, shown = (metric, metric) if isinstance(metric, str) else (metric.name, metric.shown)
            unequal = training.judge_metric_rank(feed.operation, name, shown, text, target, output)
            if unequal is not None:
                run.state_problem(unequal, frame, node, (target, output))
    if isinstance(loss, FunctionValue | Instance):
        _call_custom(run, frame, loss, target, output)
        return
    if not isinstance(loss, Loss):
        return
    # The first batch decides whether the batch of one side meets a feature of the other.
    met_target, met_output = target, output
    if feed.from_dataset is None:
        met_target = replace(target, shape=(feed.first_batch, *target.shape[1:]))
        met_output = replace(output, shape=(feed.first_batch, *output.shape[1:]))
    problem = training.judge_target(feed.operation, loss, text, met_target, met_output)
    if feed.from_dataset is not None:
        problem = training.judge_labels_of_loader(feed.operation, loss, feed.from_dataset, problem, output)
    if problem is None:
        return
    shapes = {"target_shape": target.shape, "output_shape": (DYNAMIC, *output.shape[1:])}
    facts = {key: shapes.get(key, value) for key, value in vars(problem).items()}
    if isinstance(problem, SoftmaxWithBinaryLoss):
        # The data is right; what is wrong was said at `compile`.
        frame, node = compiled.frame, compiled.node
    run.state_problem(type(problem)(**facts), frame, node, (output, target))


def _call_custom(
    run: Run, frame: Frame, custom: Value, target: Tensor, output: Tensor, *, metric: bool = False
) -> None:
    """Run a loss or metric of the program on what ``fit`` gives it.

    ``compile`` brings targets and output to one rank for a loss function, not for a ``Loss`` class and not for
    metrics. Source: measured with Keras 3.15.
    """
    assert not isinstance(target.shape, Unknown) and not isinstance(output.shape, Unknown)
    function, receiver = custom, None
    if isinstance(custom, Instance):
        function, receiver = custom.cls.lookup("call"), custom
    if not isinstance(function, FunctionValue):
        return
    shapes = ((DYNAMIC, *target.shape[1:]), (DYNAMIC, *output.shape[1:]))
    if receiver is None and not metric:
        shapes = losses.same_rank(*shapes)
    y_true = Tensor(shapes[0], "float32", Kind.TRACED, content=target.content, origin=target.origin)
    y_pred = Tensor(shapes[1], "float32", Kind.TRACED, content=output.content, origin=output.origin)
    before, run.inside_loss = run.inside_loss, function.name
    try:
        with objects.inside_call(run):
            calls.invoke(run, frame, function, [receiver, y_true, y_pred] if receiver else [y_true, y_pred], {})
    finally:
        run.inside_loss = before


# --- results and calls ----------------------------------------------------------------------------------


def _predicted(run: Run, frame: Frame, node: cst.CSTNode, output: Value, feed: Feed) -> Value:
    samples = UNKNOWN if feed.from_dataset is not None else _samples(feed.x.value)

    def one(tensor: Tensor) -> Tensor:
        shape = tensor.shape
        if not isinstance(shape, Unknown) and shape:
            shape = (samples, *shape[1:])
        return stamp(replace(tensor, shape=shape, kind=Kind.ARRAY), frame, node, "predict", (tensor,))

    return objects.map_tensors(output, one)


def check_call(run: Run, frame: Frame, node: cst.CSTNode, model: ModelValue, positional: Arguments) -> bool:
    """Whether a model can be called on its argument; states why not."""
    x = positional[0] if positional else UNKNOWN
    declared = model.state["inputs"]
    if not isinstance(x, Tensor) or not isinstance(declared, Tensor):
        return True
    nodes = _argument_nodes(node, "")
    operation = _text(frame, node.func, "the model") if isinstance(node, cst.Call) else "the model"
    text = _text(frame, nodes.get("x"), "the data")
    feed = Feed(operation, Given(x, text), Given(None, ""), Given(None, ""), None, DYNAMIC)
    return _check_input(run, frame, node, model, feed, text, x, declared)
