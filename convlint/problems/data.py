"""CL5xx: data, labels and losses."""

from __future__ import annotations

from convlint.problems.base import Problem
from convlint.shapes.dims import Dim
from convlint.shapes.shape import Shape


class DataShapeMismatch(Problem):
    """The data has the axes that the model declares, with other sizes. ``axis`` counts the batch as 0."""

    data: str
    data_shape: Shape
    input_shape: Shape
    axis: int
    data_size: Dim
    input_size: Dim
    repair: str


class DataShapeMismatchSilent(DataShapeMismatch):
    """The same where Keras looks at none of these sizes: a ``Sequential`` does not check its own input."""


class DataRankMismatch(Problem):
    """The data has more or fewer axes than the model needs. ``missing`` names the axis, where that is evident."""

    data: str
    data_shape: Shape
    input_shape: Shape
    missing: str
    repair: str


class TargetShapeMismatch(Problem):
    """The loss refuses these targets for this output."""

    loss: str
    target: str
    target_shape: Shape
    output_shape: Shape


class TargetBroadcast(TargetShapeMismatch):
    """The loss stretches targets or output to a common shape instead of refusing them."""

    result_shape: Shape


class OutputNotReduced(TargetShapeMismatch):
    """One target for each sample, while the output still has axes of space or time; the loss refuses."""

    extra: Shape


class OutputNotReducedSilent(OutputNotReduced):
    """The same with a loss that stretches the targets over these axes."""


class IntegerLabels(TargetShapeMismatch):
    """Class numbers, where the loss wants one-hot rows."""

    other_loss: str


class OneHotLabels(TargetShapeMismatch):
    """One-hot rows, where the loss wants class numbers."""

    other_loss: str


class ClassCountMismatch(Problem):
    """The labels hold classes that the output has no unit for."""

    loss: str
    target: str
    low: int
    high: int
    units: int


class ClassCountMismatchSilent(ClassCountMismatch):
    """Labels outside 0 and 1 in a binary cross-entropy: nothing raises, the loss has no lower bound."""


class ClassesBeyondDepth(Problem):
    """``to_categorical`` is told of fewer classes than the labels hold."""

    low: int
    high: int
    classes: int


class LogitsAsProbabilities(Problem):
    """A cross-entropy that wants probabilities gets an output without softmax or sigmoid."""

    loss: str
    activation: str
    wanted: str


class ProbabilitiesAsLogits(Problem):
    """A cross-entropy with ``from_logits=True`` gets an output that went through softmax or sigmoid."""

    loss: str
    activation: str


class DoubleSoftmax(Problem):
    """Softmax of what is a softmax already."""

    input_shape: Shape


class OneUnitCrossentropy(Problem):
    """A cross-entropy between classes, over one output unit."""

    loss: str
    output_shape: Shape


class SoftmaxWithBinaryLoss(Problem):
    """Binary cross-entropy on a softmax over more than two classes with one-hot targets."""

    loss: str
    target: str
    units: int


class SampleCountMismatch(Problem):
    """Arrays that belong together have different numbers of samples."""

    data: str
    samples: Dim
    other: str
    other_samples: Dim


class InputCountMismatch(Problem):
    """The model has another number of inputs than it is given arrays."""

    data: str
    expected: int
    given: int


class InputKeyMissing(Problem):
    """A dictionary of arrays lacks an input of the model."""

    data: str
    key: str
    given: tuple[str, ...]


class LossKeyUnknown(Problem):
    """``compile`` was given a loss under a name that no output of the model has."""

    key: str
    outputs: tuple[str, ...]


class ListAsData(Problem):
    """A Python list of numbers, or of one array for each sample, where Keras 3 takes one array."""

    data: str


class RaggedData(Problem):
    """An array whose entries are lists of different lengths, where numbers are needed."""

    data: str


class LoaderLabelMode(Problem):
    """A loader makes labels in another form than the loss, or the output, needs."""

    loader: str
    argument: str
    mode: str
    loss: str
    output_shape: Shape
    wanted: str


class LoaderImageSize(Problem):
    """A loader makes images of another size, or with other channels, than the model declares."""

    loader: str
    argument: str
    given: str
    data_shape: Shape
    input_shape: Shape
    wanted: str


class HiddenBroadcast(Problem):
    """``(n,)`` and ``(n, 1)`` meet entry by entry and become ``(n, n)``."""

    first_shape: Shape
    second_shape: Shape
    result_shape: Shape


class MetricMismatch(Problem):
    """A metric that reads the targets in another encoding than the loss, and refuses them."""

    metric: str
    loss: str
    wanted: str


class MetricMismatchSilent(MetricMismatch):
    """The same where the metric counts something else and raises nothing."""


class MetricTargetRank(Problem):
    """A metric that wants targets with the axes of the output gets them with one less."""

    metric: str
    data: str
    target_shape: Shape
    output_shape: Shape


class MetricOnLogits(Problem):
    """Accuracy asks whether the output is above 0.5, and the output is a logit, whose middle is 0."""

    metric: str
    loss: str


class FitBeforeCompile(Problem):
    """A model that was never compiled is asked to train or to evaluate."""

    model: str


class RankChanged(Problem):
    """A model gets data or targets with another number of axes than the last time; ``data`` is their name."""

    data: str
    data_shape: Shape
    first_shape: Shape
