"""CL69x: saved models."""

from __future__ import annotations

from convlint.problems.base import Problem
from convlint.shapes.shape import Shape


class SavedModelCode(Problem):
    """Loading the file runs code that is in it, or that it names. ``operation`` is the layer or the file."""

    what: str


class SavedModelMismatch(Problem):
    """The configuration, the weights and the Keras that shall load them contradict each other."""

    what: str
    repair: str
    """Empty where there is none but the program that made the model."""


class SavedWeightShape(Problem):
    """A stored array has another shape than the configuration makes."""

    weight: str
    stored_shape: Shape
    expected_shape: Shape
