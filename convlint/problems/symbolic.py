"""CL3xx: symbolic and dynamic dimensions."""

from __future__ import annotations

from convlint.problems.base import Problem
from convlint.shapes.shape import Shape


class DynamicDimInShape(Problem):
    """``None`` read from ``.shape`` goes into a shape argument that needs numbers."""

    target_shape: Shape
    axes: tuple[int, ...]


class DynamicDimInShapeSilent(DynamicDimInShape):
    """The same in ``keras.ops.reshape`` on a Keras tensor: the model is built, and fails when it runs."""


class TwoInferredDims(Problem):
    """More than one ``-1`` in the target of a reshape."""

    target_shape: Shape


class ArithmeticOnDynamicDim(Problem):
    """``None`` read from ``.shape`` takes part in arithmetic, ``range`` or an order comparison."""

    expression: str
    source: str


class PythonFlowOnSymbolic(Problem):
    """Python's ``if``, ``while``, ``for``, ``len`` or ``bool`` over a symbolic tensor."""

    statement: str


class NumpyOnSymbolic(Problem):
    """A NumPy function receives a symbolic tensor."""

    replacement: str


class ValuesOfSymbolic(Problem):
    """``x.numpy()`` or ``x[0] = 1`` on a symbolic tensor. ``instead`` is what to write."""

    expression: str
    instead: str


class TfFunctionOnKerasTensor(Problem):
    """Keras 3 and a ``tf.*`` function is called on a symbolic Keras tensor outside a layer."""

    replacement: str


class StaticBatchInLoss(Problem):
    """A loss or metric computes with the size of the batch as ``.shape`` states it, which is ``None`` in ``fit``."""

    expression: str
    source: str


class FixedBatchBeside(Problem):
    """An array for one batch size stands beside a tensor whose batch is free."""

    fixed_shape: Shape
    free_shape: Shape
    batch: int


class HardCodedBatch(Problem):
    """A reshape writes the batch size as a number, where the batch is free."""

    input_shape: Shape
    target_shape: Shape
    batch: int
