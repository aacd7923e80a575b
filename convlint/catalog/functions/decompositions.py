"""Matrices taken apart: decompositions, inverses, determinants, solutions of equations."""

from __future__ import annotations

from convlint.catalog.context import Context, Refused
from convlint.catalog.functions.common import as_tensor, kind_of
from convlint.catalog.registry import function
from convlint.catalog.tensor import Tensor
from convlint.problems import ArgumentSize, ContractionMismatch
from convlint.shapes.dims import UNKNOWN, Dim, Unknown, proved_different
from convlint.shapes.shape import Shape, show_shape


def matrices(ctx: Context, x: Tensor, *, square: bool = False) -> Shape | None:
    """The shape of one matrix or a stack of them, None where it is not known.

    Raises:
        Refused: the tensor has fewer than two axes, or is not square where it must be.
    """
    if isinstance(x.shape, Unknown):
        return None
    if len(x.shape) < 2:
        raise Refused(ArgumentSize(ctx.operation, "x", f"a tensor of {len(x.shape)} axes", "2 axes or more"))
    if square and isinstance(x.shape[-1], int) and isinstance(x.shape[-2], int) and x.shape[-1] != x.shape[-2]:
        raise Refused(ArgumentSize(ctx.operation, "x", f"a tensor {show_shape(x.shape)}", "square matrices"))
    return x.shape


@function(
    "keras.ops.cholesky(x, upper=False)",
    "keras.ops.cholesky_inverse(x, upper=False)",
    "tensorflow.linalg.cholesky(input: x, name=None)",
    "tensorflow.linalg.sqrtm(input: x, name=None)",
)
def square_matrix(ctx: Context, x: object, called: str) -> Tensor:
    """A square matrix of the same size for each."""
    tensor = as_tensor(x)
    shape = matrices(ctx, tensor, square=True)
    return Tensor(UNKNOWN if shape is None else shape, tensor.dtype, kind_of(called, tensor))


@function(
    "keras.ops.det(x)",
    "keras.ops.logdet(x)",
    "tensorflow.linalg.det(input: x, name=None)",
    "tensorflow.linalg.logdet(matrix: x, name=None)",
    "numpy.linalg.det(a: x)",
)
def determinant(ctx: Context, x: object, called: str) -> Tensor:
    """One number for each square matrix."""
    tensor = as_tensor(x)
    shape = matrices(ctx, tensor, square=called != "keras.ops.logdet")
    return Tensor(UNKNOWN if shape is None else shape[:-2], UNKNOWN, kind_of(called, tensor))


@function(
    "tensorflow.linalg.trace(x, name=None)",
)
def trace_of(ctx: Context, x: object, called: str) -> Tensor:
    """One number for each matrix."""
    tensor = as_tensor(x)
    shape = matrices(ctx, tensor)
    return Tensor(UNKNOWN if shape is None else shape[:-2], tensor.dtype, kind_of(called, tensor))


@function(
    "keras.ops.eig(x)",
    "keras.ops.eigh(x)",
    "tensorflow.linalg.eig(tensor: x, name=None)",
    "tensorflow.linalg.eigh(tensor: x, name=None)",
)
def eigenvalues(ctx: Context, x: object, called: str) -> object:
    """Eigenvalues ``(..., n)`` and eigenvectors ``(..., n, n)``."""
    tensor = as_tensor(x)
    shape, kind = matrices(ctx, tensor, square=True), kind_of(called, tensor)
    if shape is None:
        return Tensor(UNKNOWN, UNKNOWN, kind), Tensor(UNKNOWN, UNKNOWN, kind)
    return Tensor(shape[:-1], UNKNOWN, kind), Tensor(shape, UNKNOWN, kind)


def _smallest(a: Dim, b: Dim) -> Dim:
    if a == b and not isinstance(a, Unknown):
        return a
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else UNKNOWN


@function(
    "keras.ops.qr(x, mode='reduced')",
)
def qr(ctx: Context, x: object, mode: object, called: str) -> object:
    """``(..., m, n)`` as ``(..., m, k)`` and ``(..., k, n)``; k is the smaller one, or m for ``complete``."""
    tensor = as_tensor(x)
    shape, kind = matrices(ctx, tensor), kind_of(called, tensor)
    if isinstance(mode, str) and mode not in ("reduced", "complete"):
        raise Refused(ArgumentSize(ctx.operation, "mode", repr(mode), '"reduced" or "complete"'))
    if shape is None or not isinstance(mode, str):
        return Tensor(UNKNOWN, tensor.dtype, kind), Tensor(UNKNOWN, tensor.dtype, kind)
    rows, columns = shape[-2:]
    inner = rows if mode == "complete" else _smallest(rows, columns)
    lead = shape[:-2]
    return Tensor((*lead, rows, inner), tensor.dtype, kind), Tensor((*lead, inner, columns), tensor.dtype, kind)


@function(
    "keras.ops.svd(x, full_matrices: full=True, compute_uv: compute=True)",
)
def svd(ctx: Context, x: object, full: object, compute: object, called: str) -> object:
    """``u``, the singular values and ``v`` of matrices ``(..., m, n)``."""
    tensor = as_tensor(x)
    shape, kind = matrices(ctx, tensor), kind_of(called, tensor)
    if shape is None or not isinstance(full, bool) or not isinstance(compute, bool):
        return UNKNOWN
    rows, columns = shape[-2:]
    inner, lead = _smallest(rows, columns), shape[:-2]
    values = Tensor((*lead, inner), tensor.dtype, kind)
    if not compute:
        return values
    left = Tensor((*lead, rows, rows if full else inner), tensor.dtype, kind)
    return left, values, Tensor((*lead, columns if full else inner, columns), tensor.dtype, kind)


@function(
    "keras.ops.pinv(x, rcond=None)",
)
def pseudo_inverse(ctx: Context, x: object, called: str) -> Tensor:
    """``(..., m, n)`` to ``(..., n, m)``."""
    tensor = as_tensor(x)
    shape = matrices(ctx, tensor)
    turned = UNKNOWN if shape is None else (*shape[:-2], shape[-1], shape[-2])
    return Tensor(turned, tensor.dtype, kind_of(called, tensor))


@function(
    "keras.ops.solve(a: x, b: y)",
    "keras.ops.solve_triangular(a: x, b: y, lower=False)",
    "tensorflow.linalg.solve(matrix: x, rhs: y, adjoint=False, name=None)",
)
def solve(ctx: Context, x: object, y: object, called: str) -> Tensor:
    """The solution has the shape of the right side.

    Raises:
        Refused: the matrix is not square, or has another number of rows than the right side.
    """
    tensor, right = as_tensor(x), as_tensor(y)
    shape, kind = matrices(ctx, tensor, square=True), kind_of(called, tensor, right)
    if shape is None or isinstance(right.shape, Unknown):
        return Tensor(right.shape, UNKNOWN, kind)
    at = -1 if len(right.shape) == len(shape) - 1 else -2
    if len(right.shape) >= -at and len(right.shape) in (len(shape), len(shape) - 1):
        rows = right.shape[at]
        if proved_different(shape[-1], rows):
            raise Refused(ContractionMismatch(ctx.operation, shape, right.shape, shape[-1], rows))
        return Tensor(right.shape, UNKNOWN, kind)
    return Tensor(UNKNOWN, UNKNOWN, kind)


@function(
    "keras.ops.lstsq(a: x, b: y, rcond=None)",
    "keras.ops.lu_factor(x)",
    "keras.ops.matrix_rank(x, tol=None)",
    "keras.ops.jvp(fun: x, primals, tangents, has_aux=False)",
    "tensorflow.linalg.lstsq(matrix: x, rhs: y, l2_regularizer=0.0, fast=True, name=None)",
    "tensorflow.linalg.norm(tensor: x, ord='euclidean', axis=None, keepdims=None, name=None)",
    "tensorflow.linalg.normalize(tensor: x, ord='euclidean', axis=None, name=None)",
    "tensorflow.linalg.matrix_rank(a: x, tol=None, validate_args=False, name=None)",
    "tensorflow.linalg.pinv(a: x, rcond=None, validate_args=False, name=None)",
    "tensorflow.linalg.qr(input: x, full_matrices=False, name=None)",
    "tensorflow.linalg.svd(tensor: x, full_matrices=False, compute_uv=True, name=None)",
    "tensorflow.linalg.lu(input: x, output_idx_type='int32', name=None)",
    "tensorflow.linalg.adjoint(matrix: x, name=None)",
    "tensorflow.linalg.band_part(input: x, num_lower, num_upper, name=None)",
    "tensorflow.linalg.diag(diagonal: x, name='diag', k=0, num_rows=-1, num_cols=-1, padding_value=0, "
    "align='RIGHT_LEFT')",
    "tensorflow.linalg.diag_part(input: x, name='diag_part', k=0, padding_value=0, align='RIGHT_LEFT')",
    "tensorflow.linalg.set_diag(input: x, diagonal, name='set_diag', k=0, align='RIGHT_LEFT')",
    "tensorflow.norm(tensor: x, ord='euclidean', axis=None, keepdims=None, name=None)",
    "numpy.linalg.eig(a: x)",
    "numpy.linalg.eigh(a: x, UPLO='L')",
    "numpy.linalg.svd(a: x, full_matrices=True, compute_uv=True, hermitian=False)",
    "numpy.linalg.qr(a: x, mode='reduced')",
    "numpy.linalg.pinv(a: x, rcond=None, hermitian=False, *, rtol=None)",
    "numpy.linalg.lstsq(a: x, b, rcond=None)",
    "numpy.linalg.solve(a: x, b)",
    "numpy.linalg.matrix_rank(A: x, tol=None, hermitian=False, *, rtol=None)",
    "tensorflow.linalg.expm(input: x, name=None)",
    "tensorflow.linalg.logm(input: x, name=None)",
    "keras.ops.slogdet(x)",
    "tensorflow.linalg.slogdet(input: x, name=None)",
)
def other_decomposition(ctx: Context, called: str, x: object, y: object = None) -> object:
    """Known once there are values, or used too rarely to be worth a rule."""
    return UNKNOWN
