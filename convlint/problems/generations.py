"""CL7xx: Keras generations."""

from __future__ import annotations

from convlint.problems.base import Problem


class Keras1Argument(Problem):
    """Keywords of Keras 1; ``keras_arguments`` is how today's call reads."""

    arguments: tuple[str, ...]
    keras_arguments: str


class MovedImport(Problem):
    """A module or name that moved or went; ``replacement`` is empty where it has no successor."""

    replacement: str


class RemovedBackendFunction(Problem):
    """A ``keras.backend`` function that Keras 3 no longer has."""

    replacement: str


class MovedName(Problem):
    """A name that ``library`` no longer has; ``replacement`` is empty where it has no successor."""

    library: str
    replacement: str


class RemovedLayer(Problem):
    """A layer class that Keras 3 gave up."""

    replacement: str


class RemovedArgument(Problem):
    """A keyword of Keras 2 that Keras 3 refuses; ``replacement`` is today's word, or empty."""

    argument: str
    replacement: str


class PositionalWeightName(Problem):
    """``add_weight("w", …)`` as Keras 2 took it: the first parameter is the shape today."""

    name: str


class RemovedAttribute(Problem):
    """An attribute that tensors, shapes, layers or optimizers no longer have."""

    attribute: str
    replacement: str


class RemovedMethod(Problem):
    """A method that models no longer have; ``replacement`` is the call that does its work."""

    method: str
    replacement: str


class OptimizerArgument(Problem):
    """An optimizer's keyword that Keras 3 refuses."""

    argument: str
    replacement: str


class PositionalFlag(Problem):
    """A value that is no tensor stands by position where a layer or model is called."""

    value: str
    argument: str


class NumbersForTensor(Problem):
    """A layer or model is called on Python's own numbers, which Keras 2 made a tensor of."""

    data: str


class OptimizerDecayIgnored(Problem):
    """``decay=`` of an optimizer: Keras 3 takes it and does nothing with it."""

    value: str


class LegacyOptimizer(Problem):
    """An optimizer of ``keras.optimizers.legacy``."""

    replacement: str


class PositionalKernelSize(Problem):
    """``Conv2D(32, 3, 3)`` in a Keras 1 program: the second 3 is the stride today."""

    written: str
    meant: str
    strides: str


class SavePathExtension(Problem):
    """A file name that Keras 3 does not save to or load from; ``wanted`` lists the endings that it takes."""

    path: str
    wanted: str


class InputShapeArgument(Problem):
    """The shape of the input is given to a layer instead of an ``Input``."""

    argument: str


class IgnoredArgument(Problem):
    """A keyword that Keras 3 takes with a warning; ``replacement`` is today's word, or empty where it does nothing."""

    argument: str
    replacement: str


class DictInputGivenList(Problem):
    """A model whose inputs have names is given a list."""

    names: tuple[str, ...]
