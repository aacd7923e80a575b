"""CL6xx: API misuse and habits from other frameworks."""

from __future__ import annotations

from convlint.problems.base import Problem


class DiscardedResult(Problem):
    """The value of a function or layer without side effects is thrown away."""

    argument: str
    """The plain name of the first argument, or empty."""


class TensorInConstructor(Problem):
    """A tensor is passed where the layer's first constructor argument belongs."""

    argument: str


class TorchArgument(Problem):
    """A PyTorch keyword; ``keras_argument`` is empty where Keras has no equivalent."""

    argument: str
    keras_argument: str


class TorchMethod(Problem):
    """A PyTorch method on a Keras or TensorFlow tensor."""

    method: str
    replacement: str
