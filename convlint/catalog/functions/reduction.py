"""Functions that sum axes up: sums, means, extremes and their places."""

from __future__ import annotations

from convlint.catalog.context import Context
from convlint.catalog.functions.common import as_tensor, kind_of, normal_axes
from convlint.catalog.registry import function
from convlint.catalog.tensor import Tensor
from convlint.shapes.dims import UNKNOWN, Unknown
from convlint.shapes.shape import AnyShape

_REDUCE = {
    "tensorflow.reduce_{}(input_tensor: x, axis=None, keepdims=False, name=None)": "all any logsumexp max mean min "
    "prod sum",
    "tensorflow.math.reduce_{}(input_tensor: x, axis=None, keepdims=False, name=None)": "all any logsumexp max mean "
    "min prod std sum variance euclidean_norm",
    "keras.ops.{}(x, axis=None, keepdims=False)": "all amax amin any logsumexp mean std sum var median nanmean nansum",
    "keras.ops.{}(x, axis=None, keepdims=False, initial=None)": "max min",
    "keras.ops.{}(x, axis=None, keepdims=False, dtype=None)": "prod",
    "keras.ops.{}(x, ord=None, axis=None, keepdims=False)": "norm",
    "keras.backend.{}(x, axis=None, keepdims=False)": "all any logsumexp max mean min prod std sum var",
    "numpy.{}(a: x, axis=None, out=None, keepdims=False, *, where=True)": "all any",
    "numpy.{}(a: x, axis=None, out=None, keepdims=False, initial=None, where=True)": "amax amin max min nanmax nanmin",
    "numpy.{}(a: x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True)": "prod sum nansum",
    "numpy.{}(a: x, axis=None, dtype=None, out=None, keepdims=False, *, where=True)": "mean nanmean",
    "numpy.{}(a: x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, "
    "correction=0)": "std var nanstd nanvar",
    "numpy.{}(a: x, axis=None, out=None, overwrite_input=False, keepdims=False)": "median nanmedian",
    "numpy.{}(a: x, axis=None, out=None, keepdims=False)": "ptp",
    "numpy.linalg.{}(x, ord=None, axis=None, keepdims=False)": "norm",
    "numpy.ndarray.{}(x, axis=None, out=None, keepdims=False, initial=None, where=True)": "max min",
    "numpy.ndarray.{}(x, axis=None, out=None, keepdims=False, *, where=True)": "all any",
    "numpy.ndarray.{}(x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True)": "prod sum",
    "numpy.ndarray.{}(x, axis=None, dtype=None, out=None, keepdims=False, *, where=True)": "mean",
    "numpy.ndarray.{}(x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None)": "std var",
}


@function(*(template.format(name) for template, names in _REDUCE.items() for name in names.split()))
def reduce(ctx: Context, x: object, axis: object, keepdims: object, called: str) -> Tensor:
    """``(a, b, c)`` over axis 1: ``(a, c)``, with ``keepdims`` ``(a, 1, c)``; over none: all of them.

    Raises:
        Refused: the tensor has no such axis.
    """
    tensor = as_tensor(x)
    if called.endswith(".norm") and axis is None and keepdims is not False:
        return Tensor(UNKNOWN, UNKNOWN, kind_of(called, tensor))
    shape = reduced_shape(ctx, tensor.shape, axis, keepdims)
    layout = tensor.layout if keepdims is True else None
    return Tensor(shape, _dtype(called, tensor), kind_of(called, tensor), layout)


def reduced_shape(ctx: Context, shape: AnyShape, axis: object, keepdims: object) -> AnyShape:
    """What is left of a shape; unknown where the axes or ``keepdims`` are."""
    if axis is None and keepdims is False:
        return ()
    if isinstance(shape, Unknown) or not isinstance(keepdims, bool):
        return UNKNOWN
    axes = normal_axes(ctx, axis, shape)
    if isinstance(axes, Unknown):
        return UNKNOWN
    if keepdims:
        return tuple(1 if index in axes else size for index, size in enumerate(shape))
    return tuple(size for index, size in enumerate(shape) if index not in axes)


def _dtype(called: str, x: Tensor) -> str | Unknown:
    last = called.rpartition(".")[2]
    if last in ("all", "any", "reduce_all", "reduce_any"):
        return "bool"
    if not isinstance(x.dtype, str) or x.dtype.startswith(("float", "bfloat")):
        return x.dtype
    extreme = any(word in last for word in ("max", "min", "ptp"))
    if extreme or (called.startswith("tensorflow.") and last in ("reduce_sum", "reduce_prod", "reduce_mean")):
        return x.dtype
    if called.startswith("numpy."):
        if last in ("mean", "std", "var", "median", "nanmean", "nanstd", "nanvar", "nanmedian"):
            return "float64"
        return {"int": "int64", "boo": "int64", "uin": "uint64"}.get(x.dtype[:3], UNKNOWN)
    return UNKNOWN


@function(
    "tensorflow.argmax(input: x, axis=None, output_type: dtype='int64', name=None)",
    "tensorflow.argmin(input: x, axis=None, output_type: dtype='int64', name=None)",
    "tensorflow.math.argmax(input: x, axis=None, output_type: dtype='int64', name=None)",
    "tensorflow.math.argmin(input: x, axis=None, output_type: dtype='int64', name=None)",
    "keras.ops.argmax(x, axis=None, keepdims=False)",
    "keras.ops.argmin(x, axis=None, keepdims=False)",
    "keras.backend.argmax(x, axis=-1)",
    "keras.backend.argmin(x, axis=-1)",
    "numpy.argmax(a: x, axis=None, out=None, *, keepdims=False)",
    "numpy.argmin(a: x, axis=None, out=None, *, keepdims=False)",
    "numpy.ndarray.argmax(x, axis=None, out=None, *, keepdims=False)",
    "numpy.ndarray.argmin(x, axis=None, out=None, *, keepdims=False)",
)
def place(ctx: Context, x: object, axis: object, called: str, keepdims: object = False) -> Tensor:
    """The index of the largest or smallest entry; TensorFlow's default axis is the first."""
    tensor = as_tensor(x)
    if called.startswith("tensorflow.") and axis is None:
        axis = 0
    shape = reduced_shape(ctx, tensor.shape, axis, keepdims)
    return Tensor(shape, "int32" if called.startswith("keras.ops") else "int64", kind_of(called, tensor))


@function(
    "tensorflow.math.count_nonzero(input: x, axis=None, keepdims=None, dtype='int64', name=None)",
    "keras.ops.count_nonzero(x, axis=None)",
    "numpy.count_nonzero(a: x, axis=None, *, keepdims=False)",
)
def count_nonzero(ctx: Context, x: object, axis: object, called: str, keepdims: object = False) -> Tensor:
    """How many entries are not 0."""
    tensor = as_tensor(x)
    shape = reduced_shape(ctx, tensor.shape, axis, False if keepdims is None else keepdims)
    return Tensor(shape, "int32" if called.startswith("keras.") else "int64", kind_of(called, tensor))


@function(
    "tensorflow.nn.moments(x, axes: axis, shift=None, keepdims=False, name=None)",
    "keras.ops.moments(x, axes: axis, keepdims=False, synchronized=False)",
)
def moments(ctx: Context, x: object, axis: object, keepdims: object, called: str) -> object:
    """Mean and variance."""
    tensor = as_tensor(x)
    one = Tensor(reduced_shape(ctx, tensor.shape, axis, keepdims), tensor.dtype, kind_of(called, tensor))
    return one, one
