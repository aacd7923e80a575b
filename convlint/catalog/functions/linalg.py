"""Products that sum over axes: matmul, dot, tensordot, einsum."""

from __future__ import annotations

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.functions.common import as_tensor, kind_of, normal_axis, promoted
from convlint.catalog.registry import function
from convlint.catalog.tensor import Tensor
from convlint.problems import ContractionMismatch, MergeShapeMismatch
from convlint.shapes.dims import UNKNOWN, Dim, Unknown, product, proved_different
from convlint.shapes.shape import Shape, broadcast


def _mismatch(ctx: Context, first: Shape, second: Shape, one: Dim, other: Dim) -> Refused:
    return Refused(ContractionMismatch(ctx.operation, first, second, one, other))


@function(
    "tensorflow.matmul(a: x, b: y, transpose_a=False, transpose_b=False, adjoint_a=False, adjoint_b=False, "
    "a_is_sparse=False, b_is_sparse=False, output_type=None, grad_a=False, grad_b=False, name=None)",
    "tensorflow.linalg.matmul(a: x, b: y, transpose_a=False, transpose_b=False, adjoint_a=False, adjoint_b=False, "
    "a_is_sparse=False, b_is_sparse=False, output_type=None, grad_a=False, grad_b=False, name=None)",
    "keras.ops.matmul(x1: x, x2: y)",
    "numpy.matmul(x1: x, x2: y, /, out=None, **kwargs)",
)
def matmul(
    ctx: Context,
    x: object,
    y: object,
    transpose_a: object = False,
    transpose_b: object = False,
    adjoint_a: object = False,
    adjoint_b: object = False,
    called: str = "keras.ops.matmul",
) -> Tensor:
    """``(..., n, k)`` times ``(..., k, m)`` is ``(..., n, m)``; what stands before broadcasts.

    Raises:
        Refused: the inner sizes differ, or what stands before does not broadcast.
    """
    first, second = as_tensor(x), as_tensor(y)
    kind, dtype = kind_of(called, first, second), promoted(called, first, second)
    unknown = Tensor(UNKNOWN, dtype, kind)
    if isinstance(first.shape, Unknown) or isinstance(second.shape, Unknown):
        return unknown
    a, b = first.shape, second.shape
    turns = (transpose_a, adjoint_a, transpose_b, adjoint_b)
    if not all(isinstance(turn, bool) for turn in turns) or not a or not b:
        return unknown
    if (transpose_a or adjoint_a) and len(a) > 1:
        a = (*a[:-2], a[-1], a[-2])
    if (transpose_b or adjoint_b) and len(b) > 1:
        b = (*b[:-2], b[-1], b[-2])
    if called.startswith("tensorflow.") and (len(a) < 2 or len(b) < 2):
        return unknown
    left = a if len(a) > 1 else (1, *a)
    right = b if len(b) > 1 else (*b, 1)
    if proved_different(left[-1], right[-2]):
        raise _mismatch(ctx, a, b, left[-1], right[-2])
    lead = broadcast(left[:-2], right[:-2])
    if lead is None:
        raise Refused(MergeShapeMismatch(ctx.operation, a, b))
    if isinstance(lead, Unknown):
        return unknown
    tail: Shape = (left[-2], right[-1])
    if len(a) == 1:
        tail = tail[1:]
    if len(b) == 1:
        tail = tail[:-1]
    return Tensor((*lead, *tail), dtype, kind)


@function(
    "keras.ops.dot(x1: x, x2: y)",
    "keras.backend.dot(x, y)",
    "numpy.dot(a: x, b: y, out=None)",
    "numpy.ndarray.dot(x, b: y, out=None)",
)
def dot(ctx: Context, x: object, y: object, called: str) -> Tensor:
    """Sums over the last axis of one and the last but one of the other; the rest stand side by side."""
    first, second = as_tensor(x), as_tensor(y)
    kind, dtype = kind_of(called, first, second), promoted(called, first, second)
    a, b = first.shape, second.shape
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return Tensor(UNKNOWN, dtype, kind)
    if not a or not b:
        return Tensor(a or b, dtype, kind)
    if called == "keras.backend.dot" and (len(a) < 2 or len(b) < 2):
        return Tensor(UNKNOWN, dtype, kind)
    place = -1 if len(b) == 1 else -2
    if proved_different(a[-1], b[place]):
        raise _mismatch(ctx, a, b, a[-1], b[place])
    rest = b[:-1] if place == -1 else (*b[:-2], b[-1])
    return Tensor((*a[:-1], *rest), dtype, kind)


@function(
    "tensorflow.tensordot(a: x, b: y, axes, name=None)",
    "tensorflow.linalg.tensordot(a: x, b: y, axes, name=None)",
    "keras.ops.tensordot(x1: x, x2: y, axes=2)",
    "numpy.tensordot(a: x, b: y, axes=2)",
)
def tensordot(ctx: Context, x: object, y: object, axes: object, called: str) -> Tensor:
    """Sums over pairs of axes: the last ``axes`` with the first, or two lists of them."""
    first, second = as_tensor(x), as_tensor(y)
    kind, dtype = kind_of(called, first, second), promoted(called, first, second)
    a, b = first.shape, second.shape
    unknown = Tensor(UNKNOWN, dtype, kind)
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return unknown
    if isinstance(axes, int) and not isinstance(axes, bool):
        if not 0 <= axes <= min(len(a), len(b)):
            return unknown
        left, right = tuple(range(len(a) - axes, len(a))), tuple(range(axes))
    elif isinstance(axes, list | tuple) and len(axes) == 2:
        one, other = read.axes(axes[0]), read.axes(axes[1])
        if isinstance(one, Unknown) or isinstance(other, Unknown) or len(one) != len(other):
            return unknown
        left = tuple(normal_axis(ctx, axis, a) for axis in one)
        right = tuple(normal_axis(ctx, axis, b) for axis in other)
    else:
        return unknown
    for i, j in zip(left, right):
        if proved_different(a[i], b[j]):
            raise _mismatch(ctx, a, b, a[i], b[j])
    kept = tuple(size for index, size in enumerate(a) if index not in left)
    return Tensor((*kept, *(size for index, size in enumerate(b) if index not in right)), dtype, kind)


@function(
    "tensorflow.einsum(equation, *rest, **kwargs)",
    "tensorflow.linalg.einsum(equation, *rest, **kwargs)",
    "keras.ops.einsum(subscripts: equation, *rest, **kwargs)",
    "numpy.einsum(equation, *rest, **kwargs)",
)
def einsum(ctx: Context, equation: object, rest: tuple[object, ...], called: str) -> Tensor:
    """A letter an axis; letters that the right side lacks are summed over. NumPy broadcasts a size of 1.

    Raises:
        Refused: one letter stands for two sizes.
    """
    tensors = [as_tensor(value) for value in rest]
    kind, dtype = kind_of(called, *tensors), promoted(called, *tensors) if tensors else UNKNOWN
    unknown = Tensor(UNKNOWN, dtype, kind)
    if not isinstance(equation, str) or "." in equation or not tensors:
        return unknown
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(tensors):
        return unknown
    numpy = called.startswith("numpy.")
    sizes: dict[str, Dim] = {}
    where: dict[str, Shape] = {}
    for term, tensor in zip(terms, tensors):
        if isinstance(tensor.shape, Unknown) or len(tensor.shape) != len(term):
            return unknown
        for letter, size in zip(term, tensor.shape):
            before = sizes.get(letter)
            if before is not None and proved_different(before, size) and not (numpy and 1 in (before, size)):
                raise _mismatch(ctx, where[letter], tensor.shape, before, size)
            if before is None or (isinstance(size, int) and size != 1) or before == 1:
                sizes[letter], where[letter] = size, tensor.shape
    if not arrow:
        right = "".join(sorted(letter for letter in sizes if left.count(letter) == 1))
    return Tensor(tuple(sizes.get(letter, UNKNOWN) for letter in right), dtype, kind)


@function("keras.backend.batch_dot(x, y, axes=None)", "tensorflow.linalg.matvec(a: x, b: y, transpose_a=False, "
          "adjoint_a=False, a_is_sparse=False, b_is_sparse=False, name=None)", "numpy.inner(a: x, b: y, /)",
          "numpy.vdot(a: x, b: y, /)", "numpy.kron(a: x, b: y)", "keras.ops.inner(x1: x, x2: y)")  # fmt: skip
def other_product(ctx: Context, x: object, y: object, called: str) -> Tensor:
    """A product whose shape is not worked out."""
    tensors = as_tensor(x), as_tensor(y)
    return Tensor(UNKNOWN, promoted(called, *tensors), kind_of(called, *tensors))


@function("numpy.outer(a: x, b: y, out=None)", "keras.ops.outer(x1: x, x2: y)")
def outer(ctx: Context, x: object, y: object, called: str) -> Tensor:
    """Every entry of one times every entry of the other: ``(a, b)``."""
    tensors = as_tensor(x), as_tensor(y)
    shape = tuple(UNKNOWN if isinstance(t.shape, Unknown) else product(t.shape) for t in tensors)
    return Tensor(shape, promoted(called, *tensors), kind_of(called, *tensors))


@function("numpy.linalg.inv(a: x)", "tensorflow.linalg.inv(input: x, adjoint=False, name=None)", "keras.ops.inv(x)")
def inverse(ctx: Context, x: object, called: str) -> Tensor:
    """The inverse has the shape of the matrix."""
    tensor = as_tensor(x)
    return Tensor(tensor.shape, tensor.dtype, kind_of(called, tensor))
