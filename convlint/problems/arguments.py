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
