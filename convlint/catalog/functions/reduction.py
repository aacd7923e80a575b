"""Functions that sum axes up: sums, means, extremes and their places."""

from __future__ import annotations

from convlint.catalog.context import Context
from convlint.catalog.functions.common import as_tensor, kind_of, normal_axes, normal_axis
from convlint.catalog.registry import function
from convlint.catalog.tensor import Classes, Kind, NumpyInt, Tensor
from convlint.shapes.dims import UNKNOWN, Dim, Unknown, add, product
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


@function(
    *(template.format(name) for template, names in _REDUCE.items() for name in names.split()),
    "keras.ops.nanmax(x, axis=None, keepdims=False)",
    "keras.ops.nanmin(x, axis=None, keepdims=False)",
    "keras.ops.nanstd(x, axis=None, keepdims=False)",
    "keras.ops.nanvar(x, axis=None, keepdims=False)",
    "keras.ops.nanmedian(x, axis=None, keepdims=False)",
    "keras.ops.nanprod(x, axis=None, keepdims=False)",
)
def reduce(ctx: Context, x: object, axis: object, keepdims: object, called: str) -> Tensor | int:
    """``(a, b, c)`` over axis 1: ``(a, c)``, with ``keepdims`` ``(a, 1, c)``; over none: all of them.

    Raises:
        Refused: the tensor has no such axis.
    """
    tensor = as_tensor(x)
    if called.endswith(".norm") and axis is None and keepdims is not False:
        return Tensor(UNKNOWN, UNKNOWN, kind_of(called, tensor))
    if called.startswith("numpy.") and isinstance(tensor.content, Classes) and axis is None and keepdims is False:
        # `np.max(labels) + 1` is the usual way to count classes.
        extreme = {"max": tensor.content.high, "amax": tensor.content.high, "min": tensor.content.low}
        known = extreme.get(called.rpartition(".")[2])
        if known is not None:
            return NumpyInt(known)
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
    "keras.ops.nanargmax(x, axis=None, keepdims=False)",
    "keras.ops.nanargmin(x, axis=None, keepdims=False)",
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


@function(
    "numpy.unique(ar: x, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, "
    "sorted=True)"
)
def unique(
    ctx: Context, x: object, return_index: object, return_inverse: object, return_counts: object, axis: object
) -> object:
    """The different entries in order, and where they stand or how often."""
    tensor = as_tensor(x)
    flags = (return_index, return_inverse, return_counts)
    if axis is not None or not all(isinstance(flag, bool) for flag in flags):
        return UNKNOWN
    content = tensor.content
    even = isinstance(content, Classes) and content.even
    size: Dim = content.high - content.low + 1 if isinstance(content, Classes) and even else UNKNOWN
    dtype = tensor.dtype if isinstance(x, Tensor) else UNKNOWN
    found: list[object] = [Tensor((size,), dtype, Kind.ARRAY, content=content if even else None)]
    places = Tensor((size,), "int64", Kind.ARRAY)
    if return_index:
        found.append(places)
    if return_inverse:
        found.append(Tensor(tensor.shape, "int64", Kind.ARRAY))
    if return_counts:
        found.append(places)
    return found[0] if len(found) == 1 else tuple(found)


@function(
    "numpy.argsort(a: x, axis=-1, kind=None, order=None, *, stable=None)",
    "numpy.ndarray.argsort(x, axis=-1, kind=None, order=None, *, stable=None)",
)
def order_of(ctx: Context, x: object, axis: object) -> Tensor:
    """The places of the entries in order; of the flattened array without an axis."""
    tensor = as_tensor(x)
    if axis is None:
        size = UNKNOWN if isinstance(tensor.shape, Unknown) else product(tensor.shape)
        return Tensor((size,), "int64", Kind.ARRAY)
    return Tensor(tensor.shape or (1,), "int64", Kind.ARRAY)


@function("numpy.nonzero(a: x)", "numpy.ndarray.nonzero(x)")
def places_of_truth(ctx: Context, x: object) -> object:
    """The places of what is not 0, an array for each axis."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or not tensor.shape:
        return UNKNOWN
    return tuple(Tensor((UNKNOWN,), "int64", Kind.ARRAY) for _ in tensor.shape)


@function("numpy.diff(a: x, n=1, axis=-1, *rest, **kwargs)")
def differences(ctx: Context, x: object, n: object, axis: object) -> Tensor:
    """Each entry minus the one before, ``n`` times over: shorter by ``n``."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or not tensor.shape or not isinstance(axis, int) or not isinstance(n, int):
        return Tensor(UNKNOWN, UNKNOWN, Kind.ARRAY)
    place = normal_axis(ctx, axis, tensor.shape)
    size = add(tensor.shape[place], -n)
    if n < 0 or (isinstance(size, int) and size < 0):
        return Tensor((UNKNOWN,) * len(tensor.shape), UNKNOWN, Kind.ARRAY)
    return Tensor((*tensor.shape[:place], size, *tensor.shape[place + 1 :]), UNKNOWN, Kind.ARRAY)


@function(
    "keras.ops.percentile(x, q, axis=None, method='linear', keepdims=False)",
    "keras.ops.nanpercentile(x, q, axis=None, method='linear', keepdims=False)",
    "keras.ops.quantile(x, q, axis=None, method='linear', keepdims=False)",
    "keras.ops.nanquantile(x, q, axis=None, method='linear', keepdims=False)",
)
def quantile(ctx: Context, x: object, q: object, axis: object, keepdims: object, called: str) -> Tensor:
    """A value of each row below which a part ``q`` of it lies; for several parts one axis more, in front."""
    tensor = as_tensor(x)
    shape = reduced_shape(ctx, tensor.shape, axis, keepdims)
    if isinstance(q, list | tuple) and not isinstance(shape, Unknown):
        shape = (len(q), *shape)
    elif not isinstance(q, int | float):
        shape = UNKNOWN
    return Tensor(shape, UNKNOWN, kind_of(called, tensor))


@function(
    "keras.ops.average(x, axis=None, weights=None)",
    "keras.ops.ptp(x, axis=None, keepdims=False)",
    "keras.ops.nancumsum(x, axis=None, dtype=None)",
    "keras.ops.nancumprod(x, axis=None, dtype=None)",
)
def average(ctx: Context, x: object, axis: object, called: str, keepdims: object = False) -> Tensor:
    """A mean or a range; ``nancumsum`` keeps the axis, and flattens without one."""
    tensor = as_tensor(x)
    kind = kind_of(called, tensor)
    if "cum" in called:
        if isinstance(tensor.shape, Unknown):
            return Tensor(UNKNOWN, UNKNOWN, kind)
        return Tensor((product(tensor.shape),) if axis is None else tensor.shape, UNKNOWN, kind)
    return Tensor(reduced_shape(ctx, tensor.shape, axis, keepdims), UNKNOWN, kind)
