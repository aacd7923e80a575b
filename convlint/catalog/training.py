"""What ``fit``, ``evaluate`` and ``predict`` do with data: the model's inputs, its outputs, its loss.

Pure functions of shapes and contents; every front end that knows some of them asks here. Keras' own
repairs are part of the answers: what Keras brings into shape by itself is no problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from convlint.catalog.activations import UNBOUNDED
from convlint.catalog.dataset import Dataset
from convlint.catalog.losses import Family, Loss, Meeting, Outcome, meet
from convlint.catalog.tensor import Activated, Classes, OneHot, Tensor
from convlint.lazy import dataclass
from convlint.problems import (
    ClassCountMismatch,
    ClassCountMismatchSilent,
    DataRankMismatch,
    DataShapeMismatch,
    DataShapeMismatchSilent,
    HiddenBroadcast,
    IntegerLabels,
    LoaderImageSize,
    LoaderLabelMode,
    LogitsAsProbabilities,
    MetricMismatch,
    MetricMismatchSilent,
    MetricOnLogits,
    MetricTargetRank,
    OneHotLabels,
    OneUnitCrossentropy,
    OutputNotReduced,
    OutputNotReducedSilent,
    ProbabilitiesAsLogits,
    Problem,
    SoftmaxWithBinaryLoss,
    TargetBroadcast,
    TargetShapeMismatch,
)
from convlint.shapes.dims import UNKNOWN, Dynamic, Unknown, proved_different, proved_equal
from convlint.shapes.shape import Shape

# --- data against the inputs ----------------------------------------------------------------------


class Feeding(Enum):
    """What a model with a declared input does with data of another shape."""

    FITS = "fits"
    RAISES_RANK = "raises for the number of axes"
    RAISES_SIZE = "raises for a size"
    UNCHECKED = "differs in a size that Keras does not check"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Fed:
    """The answer of :func:`feed`: ``axis`` is the first that differs, ``shape`` what the layers receive."""

    feeding: Feeding
    shape: Shape = ()
    axis: int = 0


def feed(declared: Shape, given: Shape, *, checks_sizes: bool) -> Fed:
    """Give data to an input.

    Args:
        declared: the input, batch included.
        given: the data as the model receives it, batch included.
        checks_sizes: whether the model compares sizes itself. A functional model does, a
            ``Sequential`` leaves it to its layers.

    Returns:
        A missing or superfluous last axis of 1 is repaired, as Keras does it.

    Source: ``keras/src/models/functional.py``, ``_adjust_input_rank``;
    ``keras/src/layers/input_spec.py``, ``assert_input_compatibility``.
    """
    if not given or not declared:
        return Fed(Feeding.UNKNOWN)
    adjusted = _adjust_rank(declared, given)
    if isinstance(adjusted, Feeding):
        return Fed(adjusted)
    different = next((axis for axis in range(1, len(declared)) if _differ(declared[axis], adjusted[axis])), None)
    if different is None:
        return Fed(Feeding.FITS, adjusted)
    if checks_sizes:
        left, right = (shape[:-1] if shape[-1] == 1 else shape for shape in (declared, given))
        if any(_differ(a, b) for a, b in list(zip(left, right))[1:]):
            return Fed(Feeding.RAISES_SIZE, adjusted, different)
    return Fed(Feeding.UNCHECKED, adjusted, different)


def _differ(declared: object, given: object) -> bool:
    return isinstance(declared, int) and isinstance(given, int) and declared != given


def _adjust_rank(declared: Shape, given: Shape) -> Shape | Feeding:
    if len(given) == len(declared):
        return given
    if len(given) == len(declared) + 1 and not _proved_no_one(given[-1]):
        return given[:-1] if given[-1] == 1 else Feeding.UNKNOWN
    if len(given) == len(declared) - 1 and not _proved_no_one(declared[-1]):
        return (*given, 1) if declared[-1] == 1 else Feeding.UNKNOWN
    return Feeding.RAISES_RANK


def _proved_no_one(size: object) -> bool:
    return (isinstance(size, int) and size != 1) or isinstance(size, Dynamic)


def judge_input(
    operation: str, data: str, given: Shape, declared: Shape, fed: Fed, *, raises: bool, dataset: bool = False
) -> Problem | None:
    """The problem with data that does not fit a declared input.

    Args:
        operation: as the user calls it (``model.fit``).
        data: the user's name for the data.
        given: shape of the data as it is given.
        declared: the input, batch included.
        fed: what :func:`feed` said.
        raises: for data whose sizes Keras itself does not check: whether a layer refuses it.
        dataset: whether the data are elements of a data set, which ``batch`` would put into batches.
    """
    if fed.feeding in (Feeding.FITS, Feeding.UNKNOWN):
        return None
    sample = declared[1:]
    lacks_batch = len(given) == len(sample) and all(
        isinstance(a, int) and (a == b or isinstance(b, Dynamic)) for a, b in zip(given, sample)
    )
    certain = any(isinstance(size, int) for size in sample)
    if fed.feeding is Feeding.UNCHECKED and not raises:
        if lacks_batch:
            return None
        return _sizes(DataShapeMismatchSilent, operation, data, given, declared, fed)
    if lacks_batch and certain:
        repair = f"{data}.batch(32)" if dataset else f"{data}[None]"
        return DataRankMismatch(operation, data, given, declared, "the axis of the batch", repair)
    if fed.feeding is not Feeding.RAISES_RANK:
        return _sizes(DataShapeMismatch, operation, data, given, declared, fed)
    if len(given) == len(declared) - 1 and not any(_differ(a, b) for a, b in zip(declared[1:-1], given[1:])):
        return DataRankMismatch(operation, data, given, declared, "the last axis", "")
    return DataRankMismatch(operation, data, given, declared, "", "")


def _sizes(
    kind: type[DataShapeMismatch], operation: str, data: str, given: Shape, declared: Shape, fed: Fed
) -> DataShapeMismatch:
    order = _order_that_fits(given, declared)
    repair = f"np.transpose({data}, {order})" if order else ""
    return kind(operation, data, given, declared, fed.axis, fed.shape[fed.axis], declared[fed.axis], repair)


def _order_that_fits(given: Shape, declared: Shape) -> tuple[int, ...]:
    """The one order of axes, batch in front, that makes the data fit: channels moved to the other end."""
    if len(given) != len(declared) or len(given) < 4 or not all(isinstance(size, int) for size in given[1:]):
        return ()
    last = len(given) - 1
    moved = ((0, *range(2, last + 1), 1), (0, last, *range(1, last)))
    fitting = [
        order for order in moved if all(not _differ(declared[axis], given[place]) for axis, place in enumerate(order))
    ]
    return fitting[0] if len(fitting) == 1 else ()


# --- output against the loss ----------------------------------------------------------------------


def judge_output(operation: str, loss: Loss, output: Tensor) -> Iterator[Problem]:
    """What is wrong with a loss for an output, whatever the targets are."""
    facts = loss.facts
    if not facts.wants or isinstance(output.shape, Unknown) or not output.shape:
        return
    units = output.shape[-1]
    activation = output.content.activation if isinstance(output.content, Activated) else ""
    if facts.wants == "softmax" and units == 1:
        if activation != "softmax":  # a softmax over one unit is told where it is applied
            yield OneUnitCrossentropy(operation, loss.shown, output.shape)
        return
    if loss.from_logits is False and activation in UNBOUNDED:
        yield LogitsAsProbabilities(operation, loss.shown, activation, facts.wants)
    elif loss.from_logits is True and activation in ("softmax", "sigmoid"):
        yield ProbabilitiesAsLogits(operation, loss.shown, activation)


_HITS = {
    "categorical_accuracy": Family.ROWS,
    "sparse_categorical_accuracy": Family.NUMBERS,
    "binary_accuracy": Family.BINARY,
}
_METRIC_FOR = {family: name for name, family in _HITS.items()}


def judge_metric(operation: str, metric: str, shown: str, loss: Loss, output: Tensor) -> Problem | None:
    """What is wrong with a metric beside a loss, whatever the targets are.

    Args:
        operation: as the user calls it (``model.compile``).
        metric: its name in ``keras.metrics``, in snake case; with the threshold of its default.
        shown: as the program spells it.
        loss: see there.
        output: of the model.

    Source: ``keras/src/trainers/compile_utils.py``, ``get_metric``; measured with Keras 3.15: class numbers in
    ``categorical_accuracy`` raise nothing.
    """
    family = loss.facts.family
    if isinstance(output.shape, Unknown) or not output.shape:
        return None
    units = output.shape[-1]
    one_unit = units == 1 and metric in ("accuracy", "acc", "binary_accuracy")
    if family is Family.BINARY and one_unit and loss.from_logits is True and output.content == Activated("linear"):
        return MetricOnLogits(operation, shown, loss.shown)
    if not isinstance(units, int) or units < 2 or family not in _METRIC_FOR or metric not in _HITS:
        return None
    wanted, reads = _METRIC_FOR[family], _HITS[metric]
    if family is Family.NUMBERS and reads is Family.ROWS:
        return MetricMismatchSilent(operation, shown, loss.shown, wanted)
    if (family, reads) in ((Family.NUMBERS, Family.BINARY), (Family.ROWS, Family.NUMBERS)):
        return MetricMismatch(operation, shown, loss.shown, wanted)
    return None


_ENTRY_BY_ENTRY = frozenset(
    {"binary_crossentropy", "categorical_crossentropy", "bce", "ce", "crossentropy", "cross_entropy", "f1_score",
     "fbeta_score"}
)  # fmt: skip


def judge_metric_rank(
    operation: str, metric: str, shown: str, name: str, target: Tensor, output: Tensor
) -> MetricTargetRank | None:
    """A metric that Keras 3 does not bring to the rank of the output: targets ``(n,)`` for one unit ``(n, 1)``.

    Source: measured with Keras 3.15; losses and every other metric of ``keras.metrics`` expand the targets.
    """
    if metric not in _ENTRY_BY_ENTRY or isinstance(target.shape, Unknown) or isinstance(output.shape, Unknown):
        return None
    if len(target.shape) != 1 or len(output.shape) != 2 or output.shape[1] != 1:
        return None
    return MetricTargetRank(operation, shown, name, target.shape, output.shape)


def hidden_broadcast(operation: str, first: Tensor, second: Tensor) -> HiddenBroadcast | None:
    """The predictions of one unit ``(n, 1)`` meeting targets ``(n,)`` entry by entry.

    Only what a layer made counts as a prediction: ``x[:, None] - x`` is written to get a table.
    """
    flat, column = (first, second) if first.rank == 1 else (second, first)
    if flat.rank != 1 or column.rank != 2 or isinstance(flat.shape, Unknown) or isinstance(column.shape, Unknown):
        return None
    if not isinstance(column.content, Activated) or (flat.content is not None and isinstance(flat.content, Activated)):
        return None
    size, rows = flat.shape[0], column.shape[0]
    both_dynamic = isinstance(size, Dynamic) and isinstance(rows, Dynamic)
    if column.shape[1] != 1 or not (both_dynamic or proved_equal(size, rows)) or size == 1:
        return None
    assert not isinstance(first.shape, Unknown) and not isinstance(second.shape, Unknown)
    return HiddenBroadcast(operation, first.shape, second.shape, (rows, size))


# --- targets against output and loss ---------------------------------------------------------------

_OTHER = {
    "categorical_crossentropy": "sparse_categorical_crossentropy",
    "sparse_categorical_crossentropy": "categorical_crossentropy",
    "CategoricalCrossentropy": "SparseCategoricalCrossentropy",
    "SparseCategoricalCrossentropy": "CategoricalCrossentropy",
}


def judge_target(operation: str, loss: Loss, name: str, target: Tensor, output: Tensor) -> Problem | None:
    """What is wrong with targets for an output under a loss, the most specific problem.

    Args:
        operation: as the user calls it (``model.fit``).
        loss: see there.
        name: the user's name for the targets.
        target: whole, the batch in front.
        output: whole, the same batch in front.
    """
    if isinstance(target.shape, Unknown) or isinstance(output.shape, Unknown):
        return None
    if not target.shape or not output.shape:
        return None
    met = meet(loss, target.shape, output.shape)
    if met.outcome is Outcome.UNKNOWN:
        # One-hot rows of an unknown number of classes are no class numbers all the same.
        rows = isinstance(target.content, OneHot) and loss.facts.family is Family.NUMBERS
        if rows and len(target.shape) == len(output.shape) and output.shape[-1] != 1:
            return OneHotLabels(operation, loss.shown, name, target.shape, output.shape, _other(loss))
        return None
    if met.outcome is Outcome.FITS:
        return _judge_classes(operation, loss, name, target, output)
    return _judge_shapes(operation, loss, name, target, output, met)


def _judge_shapes(
    operation: str, loss: Loss, name: str, target: Tensor, output: Tensor, met: Meeting
) -> Problem | None:
    wanted, given = output.shape, target.shape
    assert not isinstance(wanted, Unknown) and not isinstance(given, Unknown)
    family, units = loss.facts.family, wanted[-1]
    several = isinstance(units, int) and units > 1
    numbers = given[:-1] if len(given) == len(wanted) and given[-1] == 1 else given
    if family is Family.ROWS and several and len(numbers) == len(wanted) - 1 and _agree(numbers, wanted[:-1]):
        return IntegerLabels(operation, loss.shown, name, given, wanted, _other(loss))
    if (
        family is Family.NUMBERS
        and several
        and len(given) == len(wanted)
        and (isinstance(target.content, OneHot) or (_agree(given, wanted) and given[-1] == units))
    ):
        return OneHotLabels(operation, loss.shown, name, given, wanted, _other(loss))
    if _one_row_for_each(loss, given, wanted):
        if met.outcome is Outcome.STRETCHES:
            return OutputNotReducedSilent(operation, loss.shown, name, given, wanted, wanted[1:-1])
        return OutputNotReduced(operation, loss.shown, name, given, wanted, wanted[1:-1])
    rows = isinstance(target.content, OneHot) and len(given) == len(wanted) and _agree(given[:-1], wanted[:-1])
    if family is Family.ROWS and rows and isinstance(given[-1], int) and isinstance(units, int) and given[-1] > units:
        return ClassCountMismatch(operation, loss.shown, name, 0, given[-1] - 1, units)
    if met.outcome is Outcome.STRETCHES:
        return TargetBroadcast(operation, loss.shown, name, given, wanted, met.common)
    return TargetShapeMismatch(operation, loss.shown, name, given, wanted)


def _agree(first: Shape, second: Shape) -> bool:
    return not any(proved_different(a, b) for a, b in zip(first, second))


def _other(loss: Loss) -> str:
    return _OTHER.get(loss.shown, _OTHER[loss.facts.name])


def _one_row_for_each(loss: Loss, given: Shape, wanted: Shape) -> bool:
    """Whether the targets are one number or one row for each sample, and the output still has other axes."""
    if len(wanted) < 3 or len(given) > 2:
        return False
    if len(given) == 1 or given[1] == 1:
        return True
    return loss.facts.family is not Family.NUMBERS and given[1] == wanted[-1]


def _judge_classes(operation: str, loss: Loss, name: str, target: Tensor, output: Tensor) -> Problem | None:
    assert not isinstance(output.shape, Unknown)
    family, units = loss.facts.family, output.shape[-1]
    content = target.content
    if not isinstance(units, int):
        return None
    if isinstance(content, Classes):
        low, high = content.low, content.high
        if family is Family.NUMBERS and loss.ignore_class is None and units > 1 and (low < 0 or high >= units):
            return ClassCountMismatch(operation, loss.shown, name, low, high, units)
        if family is Family.BINARY and (low < 0 or high > 1):
            return ClassCountMismatchSilent(operation, loss.shown, name, low, high, units)
    activation = output.content.activation if isinstance(output.content, Activated) else ""
    if family is Family.BINARY and units > 2 and activation == "softmax" and isinstance(content, OneHot):
        return SoftmaxWithBinaryLoss(operation, loss.shown, name, units)
    return None


# --- loaders ----------------------------------------------------------------------------------------

_MODES = {Family.ROWS: "categorical", Family.NUMBERS: "int", Family.BINARY: "binary"}
_CHANNELS = {1: "grayscale", 3: "rgb", 4: "rgba"}


def judge_labels_of_loader(
    operation: str, loss: Loss, source: Dataset, problem: Problem | None, output: Tensor
) -> Problem | None:
    """A problem with the labels of a loader is one of the setting that makes them.

    Args:
        operation: as the user calls it (``model.fit``).
        loss: see there.
        source: what the program loaded.
        problem: what :func:`judge_target` said of the labels.
        output: of the model.
    """
    argument = next((word for word in ("label_mode", "class_mode") if word in source.settings), "")
    mode = source.settings.get(argument)
    family = loss.facts.family
    if not argument or not isinstance(mode, str) or family not in _MODES or isinstance(output.shape, Unknown):
        return problem
    rows_for_one = family is Family.BINARY and mode == "categorical" and output.shape[-1] == 1
    if not rows_for_one and not isinstance(problem, IntegerLabels | OneHotLabels | TargetShapeMismatch):
        return problem
    wanted = _MODES[family]
    if wanted == "int" and argument == "class_mode":
        wanted = "sparse"
    if wanted == mode or isinstance(problem, OutputNotReduced | TargetBroadcast):
        return problem
    return LoaderLabelMode(operation, source.maker, argument, repr(mode), loss.shown, output.shape, repr(wanted))


def judge_images_of_loader(source: Dataset, problem: Problem | None) -> Problem | None:
    """A problem with the images of a loader is one of the setting that makes them."""
    if not isinstance(problem, DataShapeMismatch) or problem.repair:
        return problem
    size = next((word for word in ("image_size", "target_size") if word in source.settings), "")
    if not size or len(problem.input_shape) != 4:
        return problem
    if problem.axis in (1, 2):
        wanted = repr(tuple(problem.input_shape[1:3]))
        argument = size
    else:
        channels = problem.input_size
        wanted = repr(_CHANNELS[channels]) if isinstance(channels, int) and channels in _CHANNELS else ""
        argument = "color_mode"
    given = source.settings.get(argument)
    shown = repr(tuple(given)) if isinstance(given, list | tuple) else repr(given)
    return LoaderImageSize(
        problem.operation, source.maker, argument, shown, problem.data_shape, problem.input_shape, wanted
    )


def common_batch(samples: object, batch_size: object) -> int | Unknown:
    """How many samples the first batch of an array holds; Keras takes 32 unless told."""
    size = 32 if batch_size is None else batch_size
    if not isinstance(size, int) or not isinstance(samples, int):
        return UNKNOWN
    return min(size, samples)
