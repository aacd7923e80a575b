"""CL4xx: layer arguments."""

from __future__ import annotations

from convlint.problems.base import Problem
from convlint.shapes.shape import Shape


class InvalidPadding(Problem):
    """A padding that this layer or function does not know."""

    given: str
    allowed: str


class StrideWithDilation(Problem):
    """Strides and dilation both above 1."""

    strides: str
    dilation_rate: str


class ArgumentSize(Problem):
    """A tuple of the wrong length, or a number outside the range that the layer accepts."""

    argument: str
    given: str
    wanted: str


class SoftmaxOverOne(Problem):
    """Softmax along an axis of size 1: the result is 1 whatever the input."""

    output_shape: Shape


class UnknownArgument(Problem):
    """A keyword that the layer or function does not take; ``nearest`` is empty or a real one."""

    argument: str
    nearest: str


class MissingArgument(Problem):
    """A required argument that the call does not give."""

    argument: str


class ScalarInputShape(Problem):
    """An integer where ``Input`` wants a tuple: ``Input((4))``."""

    given: str
    wanted: str


class ExchangedArguments(Problem):
    """The first two arguments stand in each other's place: ``Dense("relu", 10)``."""

    first: str
    second: str
    first_given: str
    second_given: str


class UnknownIdentifier(Problem):
    """A string that Keras can't resolve; ``nearest`` is empty or the one name that is near."""

    argument: str
    kind: str
    given: str
    nearest: str


class FloatDimension(Problem):
    """A size with a decimal point; ``wanted`` is the whole number, or empty where there is none."""

    argument: str
    given: str
    wanted: str


class FloatDimensionSilent(FloatDimension):
    """The same in ``Reshape``, where the size silently becomes ``None``."""


class UnknownWeightsName(Problem):
    """``weights="ImageNet"``: a name that a network of ``keras.applications`` does not have."""

    given: str
    suggestion: str


class NumpyInteger(Problem):
    """A size is a whole number of one of NumPy's types, and Keras 3 asks for an ``int``."""

    argument: str
    given: str


class IgnoredInputShape(Problem):
    """``input_shape=`` on a layer that is not the first; something else arrives, and nobody is told."""

    argument: str
    declared_shape: Shape
    input_shape: Shape


class DuplicateLayerName(Problem):
    """Two layers of one model have the same name."""

    name: str
