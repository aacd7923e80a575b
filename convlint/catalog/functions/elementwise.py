"""Functions that compute entry by entry, with broadcasting where they take several tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from convlint.catalog import activations
from convlint.catalog.content import entry_by_entry, same_entries, same_values, shuffled_rows
from convlint.catalog.context import Context, Refused
from convlint.catalog.functions.common import as_tensor, dtype_of, kind_of, literal_dtype, normal_axis, promoted
from convlint.catalog.registry import function
from convlint.catalog.shaping import note_fixed_batch
from convlint.catalog.tensor import Classes, Content, Kind, Tensor
from convlint.catalog.training import hidden_broadcast
from convlint.problems import MergeShapeMismatch
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dynamic, Unknown
from convlint.shapes.shape import broadcast

_UFUNC = "/, out=None, *, where=True, dtype=None, **kwargs"

_KEEP = {
    "tensorflow.{}(x, name=None)": "abs floor negative round sign square",
    "tensorflow.math.{}(x, name=None)": "abs ceil floor negative sign square reciprocal conj",
    "tensorflow.nn.{}(features: x, name=None)": "relu relu6",
    "keras.ops.{}(x)": "abs absolute ceil copy floor negative relu relu6 sign square conj fabs trunc",
    "keras.backend.{}(x)": "abs round sign square",
    "keras.activations.{}(x)": "linear relu6",
    f"numpy.{{}}(x, {_UFUNC})": "abs absolute negative sign square conjugate floor ceil trunc positive rint",
}
_FLOAT = {
    "tensorflow.{}(x, name=None)": "acos acosh asin asinh atan atanh cos cosh exp sigmoid sin sinh sqrt tan tanh",
    "tensorflow.math.{}(x, name=None)": "acos asin atan cos cosh exp expm1 log log1p log_sigmoid rsqrt sigmoid sin "
    "sinh sqrt tan tanh erf",
    "tensorflow.nn.{}(features: x, name=None)": "elu selu softplus softsign",
    "tensorflow.nn.{}(x, name=None)": "sigmoid tanh",
    "tensorflow.nn.{}(features: x, beta=1.0)": "silu swish",
    "tensorflow.math.{}(features: x, name=None)": "softplus softsign",
    "keras.ops.{}(x)": "arccos arccosh arcsin arcsinh arctan arctanh cos cosh erf exp exp2 expm1 hard_sigmoid "
    "hard_silu hard_swish log log10 log1p log2 log_sigmoid reciprocal rsqrt selu sigmoid silu sin sinh softplus "
    "softsign sqrt swish tan tanh deg2rad rad2deg hard_tanh tanh_shrink",
    "keras.backend.{}(x)": "cos exp hard_sigmoid log sigmoid sin softplus softsign sqrt tanh",
    "keras.activations.{}(x)": "exponential hard_sigmoid mish selu sigmoid silu softplus softsign swish tanh",
    f"numpy.{{}}(x, {_UFUNC})": "arccos arccosh arcsin arcsinh arctan arctanh cos cosh deg2rad rad2deg radians "
    "degrees exp exp2 expm1 log log10 log1p log2 sin sinh sqrt tan tanh reciprocal cbrt",
}
_TRUTH = {
    "tensorflow.math.{}(x, name=None)": "is_finite is_inf is_nan logical_not",
    "tensorflow.{}(x, name=None)": "logical_not",
    "keras.ops.{}(x)": "isfinite isinf isnan logical_not",
    f"numpy.{{}}(x, {_UFUNC})": "isfinite isinf isnan logical_not signbit",
}


def _texts(table: dict[str, str]) -> list[str]:
    return [template.format(name) for template, names in table.items() for name in names.split()]


def unchanged(x: object, called: str) -> Tensor:
    """A tensor of the same shape, dtype and layout, made by the named function."""
    tensor = as_tensor(x)
    dtype = tensor.dtype if isinstance(x, Tensor) else literal_dtype(x, called)
    return Tensor(tensor.shape, dtype, kind_of(called, tensor), tensor.layout)


@function(
    *_texts(_KEEP),
    "tensorflow.identity(input: x, name=None)",
    "keras.ops.conjugate(x)",
    "keras.ops.real(x)",
    "keras.ops.imag(x)",
    "keras.ops.bitwise_invert(x)",
    "keras.ops.bitwise_not(x)",
    "keras.ops.nan_to_num(x, nan=0.0, posinf=None, neginf=None)",
    "keras.ops.hard_shrink(x, threshold=0.5)",
    "keras.ops.soft_shrink(x, threshold=0.5)",
    "keras.ops.threshold(x, threshold, default_value)",
    "keras.ops.sparsemax(x, axis=-1)",
    "keras.ops.squareplus(x, b=4)",
    "keras.activations.celu(x, alpha=1.0)",
    "keras.activations.hard_shrink(x, threshold=0.5)",
    "keras.activations.soft_shrink(x, threshold=0.5)",
    "keras.activations.threshold(x, threshold, default_value)",
    "keras.activations.sparsemax(x, axis=-1)",
    "keras.activations.squareplus(x, b=4)",
    "tensorflow.math.real(input: x, name=None)",
    "tensorflow.math.imag(input: x, name=None)",
    "tensorflow.math.rint(x, name=None)",
    "tensorflow.math.round(x, name=None)",
    "tensorflow.math.reciprocal_no_nan(x, name=None)",
    "tensorflow.image.yiq_to_rgb(images: x)",
    "tensorflow.image.yuv_to_rgb(images: x)",
    "tensorflow.image.random_jpeg_quality(image: x, min_jpeg_quality, max_jpeg_quality, seed=None)",
    "tensorflow.image.adjust_jpeg_quality(image: x, jpeg_quality, dct_method='', name=None)",
    "tensorflow.image.stateless_random_brightness(image: x, max_delta, seed)",
    "tensorflow.image.stateless_random_contrast(image: x, lower, upper, seed)",
    "tensorflow.image.stateless_random_flip_left_right(image: x, seed)",
    "tensorflow.image.stateless_random_flip_up_down(image: x, seed)",
    "tensorflow.image.stateless_random_hue(image: x, max_delta, seed)",
    "tensorflow.image.stateless_random_saturation(image: x, lower, upper, seed=None)",
    "keras.ops.image.hsv_to_rgb(images: x, data_format=None)",
    "keras.ops.image.rgb_to_hsv(images: x, data_format=None)",
    "keras.ops.image.gaussian_blur(images: x, kernel_size=(3, 3), sigma=(1.0, 1.0), data_format=None)",
    "keras.ops.image.affine_transform(images: x, transform, interpolation='bilinear', fill_mode='constant', "
    "fill_value=0, data_format=None)",
    "keras.ops.image.perspective_transform(images: x, start_points, end_points, interpolation='bilinear', "
    "fill_value=0, data_format=None)",
    "keras.ops.image.elastic_transform(images: x, alpha=20.0, sigma=5.0, interpolation='bilinear', "
    "fill_mode='reflect', fill_value=0.0, seed=None, data_format=None)",
    "tensorflow.stop_gradient(input: x, name=None)",
    "tensorflow.nn.leaky_relu(features: x, alpha=0.2, name=None)",
    "tensorflow.nn.gelu(features: x, approximate=False, name=None)",
    "tensorflow.nn.l2_normalize(x, axis=None, epsilon=1e-12, name=None, dim=None)",
    "tensorflow.math.l2_normalize(x, axis=None, epsilon=1e-12, name=None, dim=None)",
    "tensorflow.linalg.l2_normalize(x, axis=None, epsilon=1e-12, name=None, dim=None)",
    "tensorflow.nn.dropout(x, rate, noise_shape=None, seed=None, name=None)",
    "tensorflow.clip_by_value(t: x, clip_value_min, clip_value_max, name=None)",
    "tensorflow.cumsum(x, axis=0, exclusive=False, reverse=False, name=None)",
    "tensorflow.math.cumsum(x, axis=0, exclusive=False, reverse=False, name=None)",
    "tensorflow.sort(values: x, axis=-1, direction='ASCENDING', name=None)",
    "tensorflow.random.shuffle(value: x, seed=None, name=None)",
    "tensorflow.nn.local_response_normalization(input: x, depth_radius=5, bias=1, alpha=1, beta=0.5, name=None)",
    "tensorflow.nn.bias_add(value: x, bias, data_format=None, name=None)",
    "keras.ops.stop_gradient(variable: x)",
    "keras.ops.clip(x, x_min, x_max)",
    "keras.ops.leaky_relu(x, negative_slope=0.2)",
    "keras.ops.elu(x, alpha=1.0)",
    "keras.ops.celu(x, alpha=1.0)",
    "keras.ops.gelu(x, approximate=True)",
    "keras.ops.normalize(x, axis=-1, order=2, epsilon=None)",
    "keras.ops.sort(x, axis=-1)",
    "keras.ops.tril(x, k=0)",
    "keras.ops.triu(x, k=0)",
    "keras.ops.round(x, decimals=0)",
    "keras.random.dropout(inputs: x, rate, noise_shape=None, seed=None)",
    "keras.random.shuffle(x, axis=0, seed=None)",
    "keras.backend.relu(x, alpha=0.0, max_value=None, threshold=0.0)",
    "keras.backend.elu(x, alpha=1.0)",
    "keras.backend.clip(x, min_value, max_value)",
    "keras.backend.l2_normalize(x, axis=None)",
    "keras.backend.dropout(x, level, noise_shape=None, seed=None)",
    "keras.backend.stop_gradient(variables: x)",
    "keras.backend.pow(x, a)",
    "keras.backend.cumsum(x, axis=0)",
    "keras.backend.bias_add(x, bias, data_format=None)",
    "keras.activations.relu(x, negative_slope=0.0, max_value=None, threshold=0.0)",
    "keras.activations.elu(x, alpha=1.0)",
    "keras.activations.gelu(x, approximate=False)",
    "keras.activations.leaky_relu(x, negative_slope=0.2)",
    "keras.utils.normalize(x, axis=-1, order=2)",
    "numpy.clip(a: x, a_min=None, a_max=None, out=None, **kwargs)",
    "numpy.round(a: x, decimals=0, out=None)",
    "numpy.around(a: x, decimals=0, out=None)",
    "numpy.sort(a: x, axis=-1, kind=None, order=None, *, stable=None)",
    "numpy.copy(a: x, order='K', subok=False)",
    "numpy.nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None)",
    "numpy.tril(m: x, k=0)",
    "numpy.triu(m: x, k=0)",
    "numpy.ascontiguousarray(a: x, dtype=None, *, like=None)",
    "numpy.ndarray.copy(x, order='C')",
    "numpy.ndarray.clip(x, min=None, max=None, out=None, **kwargs)",
    "numpy.ndarray.round(x, decimals=0, out=None)",
    "numpy.ndarray.conj(x)",
)
def keep(ctx: Context, x: object, called: str) -> Tensor:
    """``f(x)`` with the shape and the dtype of ``x``."""
    result, tensor = unchanged(x, called), as_tensor(x)
    content = _KEPT_VALUES.get(called.rpartition(".")[2])
    return replace(result, content=_activation(called) if content is None else content(tensor))


_KEPT_VALUES: dict[str, Callable[[Tensor], Content | None]] = {
    **dict.fromkeys(("copy", "identity", "stop_gradient", "ascontiguousarray"), same_values),
    **dict.fromkeys(("round", "around", "rint", "floor", "ceil", "sign", "abs", "absolute", "clip"), entry_by_entry),
    "sort": same_entries,
    "shuffle": lambda x: shuffled_rows(x, x.shape),
}


def _activation(called: str) -> Content | None:
    home, _, name = called.rpartition(".")
    return activations.activated(name) if not home.startswith("numpy") else None


@function(
    "tensorflow.nn.softmax(logits: x, axis=None, name=None)",
    "tensorflow.math.softmax(logits: x, axis=None, name=None)",
    "keras.ops.softmax(x, axis=-1)",
    "keras.backend.softmax(x, axis=-1)",
    "keras.activations.softmax(x, axis=-1)",
)
def softmax(ctx: Context, x: object, axis: object, called: str) -> Tensor:
    """Positive numbers that sum to 1 along an axis, the last one unless told."""
    result = unchanged(x, called)
    if isinstance(axis, int) and isinstance(result.shape, tuple) and result.shape:
        normal_axis(ctx, axis, result.shape)
    return replace(result, content=activations.softmaxed(ctx, as_tensor(x), axis))


@function(
    "tensorflow.nn.log_softmax(logits: x, axis=None, name=None)",
    "keras.ops.log_softmax(x, axis=-1)",
    "keras.activations.log_softmax(x, axis=-1)",
)
def log_softmax(ctx: Context, x: object, axis: object, called: str) -> Tensor:
    """Logarithms of a softmax."""
    return replace(softmax(ctx, x, axis, called), content=_activation(called))


@function(
    *_texts(_FLOAT),
    "keras.ops.cbrt(x)",
    "keras.ops.erfc(x)",
    "keras.ops.erfinv(x)",
    "keras.ops.i0(x)",
    "keras.ops.sinc(x)",
    "keras.ops.angle(x)",
    "keras.ops.sparse_plus(x)",
    "keras.ops.sparse_sigmoid(x)",
    "keras.activations.hard_silu(x)",
    "keras.activations.hard_swish(x)",
    "keras.activations.hard_tanh(x)",
    "keras.activations.log_sigmoid(x)",
    "keras.activations.sparse_plus(x)",
    "keras.activations.sparse_sigmoid(x)",
    "keras.activations.tanh_shrink(x)",
    "tensorflow.math.acosh(x, name=None)",
    "tensorflow.math.asinh(x, name=None)",
    "tensorflow.math.atanh(x, name=None)",
    "tensorflow.math.digamma(x, name=None)",
    "tensorflow.math.erfc(x, name=None)",
    "tensorflow.math.erfinv(x, name=None)",
    "tensorflow.math.erfcinv(x, name=None)",
    "tensorflow.math.lgamma(x, name=None)",
    "tensorflow.math.ndtri(x, name=None)",
    "tensorflow.math.bessel_i0(x, name=None)",
    "tensorflow.math.bessel_i1(x, name=None)",
    "numpy.sinc(x)",
    "numpy.i0(x)",
    "numpy.angle(z: x, deg=False)",
    "numpy.fabs(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)",
)
def float_function(ctx: Context, x: object, called: str) -> Tensor:
    """``f(x)`` with the shape of ``x``; NumPy answers integers in ``float64``."""
    result = unchanged(x, called)
    dtype = result.dtype
    if isinstance(dtype, str) and not dtype.startswith(("float", "bfloat", "complex")):
        dtype = "float64" if called.startswith("numpy.") and dtype in ("int32", "int64") else UNKNOWN
    return replace(result, dtype=dtype, content=_activation(called))


@function(
    *_texts(_TRUTH),
    "keras.ops.isneginf(x)",
    "keras.ops.isposinf(x)",
    "keras.ops.isreal(x)",
    "keras.ops.signbit(x)",
    "numpy.isneginf(x, out=None)",
    "numpy.isposinf(x, out=None)",
    "numpy.isreal(x)",
    "numpy.iscomplex(x)",
)
def truth_function(ctx: Context, x: object, called: str) -> Tensor:
    """A yes or no for each entry."""
    result = unchanged(x, called)
    return Tensor(result.shape, "bool", result.kind, result.layout)


_ARITHMETIC = {
    "tensorflow.{}(x, y, name=None)": "add subtract multiply maximum minimum pow",
    "tensorflow.math.{}(x, y, name=None)": "add subtract multiply maximum minimum pow floordiv floormod "
    "squared_difference divide_no_nan",
    "keras.ops.{}(x1: x, x2: y)": "add subtract multiply maximum minimum power floor_divide mod divide_no_nan "
    "fmax fmin hypot arctan2",
    "keras.backend.{}(x, y)": "maximum minimum",
    f"numpy.{{}}(x1: x, x2: y, {_UFUNC})": "add subtract multiply maximum minimum power floor_divide mod remainder "
    "fmax fmin hypot arctan2",
}
_QUOTIENT = {
    "tensorflow.{}(x, y, name=None)": "divide truediv",
    "tensorflow.math.{}(x, y, name=None)": "divide truediv",
    "keras.ops.{}(x1: x, x2: y)": "divide true_divide",
    f"numpy.{{}}(x1: x, x2: y, {_UFUNC})": "divide true_divide",
}
_COMPARISON = {
    "tensorflow.{}(x, y, name=None)": "equal not_equal greater greater_equal less less_equal logical_and logical_or",
    "tensorflow.math.{}(x, y, name=None)": "equal not_equal greater greater_equal less less_equal logical_and "
    "logical_or",
    "keras.ops.{}(x1: x, x2: y)": "equal not_equal greater greater_equal less less_equal logical_and logical_or "
    "logical_xor",
    "keras.backend.{}(x, y)": "equal not_equal greater greater_equal less less_equal",
    f"numpy.{{}}(x1: x, x2: y, {_UFUNC})": "equal not_equal greater greater_equal less less_equal logical_and "
    "logical_or logical_xor",
}


def combine(ctx: Context, called: str, *values: object) -> Tensor:
    """The broadcast of several values, with the promoted dtype.

    Raises:
        Refused: two of the shapes do not broadcast.
    """
    tensors = [as_tensor(value) for value in values]
    shape = tensors[0].shape
    for index, tensor in enumerate(tensors[1:], start=1):
        merged = broadcast(shape, tensor.shape)
        if merged is None:
            first = tensors[0].shape if index == 1 else shape
            assert not isinstance(first, Unknown) and not isinstance(tensor.shape, Unknown)
            raise Refused(MergeShapeMismatch(ctx.operation, first, tensor.shape))
        shape = merged
    note_fixed_batch(ctx, tensors)
    layouts = {tensor.layout for tensor in tensors if tensor.shape != ()}
    layout = layouts.pop() if len(layouts) == 1 else None
    kind = Kind.EAGER if all(isinstance(value, int | float) for value in values) else None
    return Tensor(shape, promoted(called, *values), kind or kind_of(called, *tensors), layout)


@function(
    *_texts(_ARITHMETIC),
    "keras.ops.gcd(x1: x, x2: y)",
    "keras.ops.lcm(x1: x, x2: y)",
    "keras.ops.fmod(x1: x, x2: y)",
    "keras.ops.nextafter(x1: x, x2: y)",
    "tensorflow.math.mod(x, y, name=None)",
    "tensorflow.math.atan2(y: x, x: y, name=None)",
    "tensorflow.math.multiply_no_nan(x, y, name=None)",
    "tensorflow.math.xdivy(x, y, name=None)",
    "tensorflow.math.xlogy(x, y, name=None)",
    "tensorflow.math.xlog1py(x, y, name=None)",
    "tensorflow.math.nextafter(x1: x, x2: y, name=None)",
    "tensorflow.atan2(y: x, x: y, name=None)",
    "tensorflow.truncatediv(x, y, name=None)",
    "tensorflow.truncatemod(x, y, name=None)",
    "numpy.fmod(x1: x, x2: y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True,"
    " signature=None)",
    "numpy.gcd(x1: x, x2: y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, "
    "signature=None)",
    "numpy.lcm(x1: x, x2: y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, "
    "signature=None)",
    "numpy.bitwise_and(x1: x, x2: y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, "
    "subok=True, signature=None)",
    "numpy.bitwise_or(x1: x, x2: y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, "
    "subok=True, signature=None)",
    "numpy.bitwise_xor(x1: x, x2: y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, "
    "subok=True, signature=None)",
    "numpy.logaddexp(x1: x, x2: y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, "
    "subok=True, signature=None)",
    "numpy.heaviside(x1: x, x2: y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, "
    "subok=True, signature=None)",
    "numpy.copysign(x1: x, x2: y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, "
    "subok=True, signature=None)",
    "numpy.nextafter(x1: x, x2: y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, "
    "subok=True, signature=None)",
)
def arithmetic(ctx: Context, x: object, y: object, called: str) -> Tensor:
    """``f(x, y)``, broadcast."""
    _note_hidden_broadcast(ctx, called, x, y)
    return combine(ctx, called, x, y)


def _note_hidden_broadcast(ctx: Context, called: str, x: object, y: object) -> None:
    if called.rpartition(".")[2] in _DIFFERENCES and isinstance(x, Tensor) and isinstance(y, Tensor):
        problem = hidden_broadcast(ctx.operation, x, y)
        if problem is not None:
            ctx.note(problem)


_DIFFERENCES = frozenset({"subtract", "squared_difference", "equal", "not_equal"})
"""What compares predictions with targets; a product or a greater-than may be meant to make a table."""


@function(
    "keras.ops.bitwise_and(x, y)",
    "keras.ops.bitwise_or(x, y)",
    "keras.ops.bitwise_xor(x, y)",
    "keras.ops.bitwise_left_shift(x, y)",
    "keras.ops.bitwise_right_shift(x, y)",
    "keras.ops.left_shift(x, y)",
    "keras.ops.right_shift(x, y)",
    "keras.ops.polar(abs_: x, angle: y)",
)
def combination(ctx: Context, x: object, y: object, called: str) -> Tensor:
    """``f(x, y)``, broadcast; where one size is free these ops do not say what the other makes of it."""
    result = combine(ctx, called, x, y)
    shape = result.shape
    for value in (x, y):
        sizes = as_tensor(value).shape
        if isinstance(shape, Unknown) or isinstance(sizes, Unknown):
            continue
        lead = len(shape) - len(sizes)
        free = {lead + index for index, size in enumerate(sizes) if isinstance(size, Dynamic)}
        shape = tuple(UNKNOWN if at in free and size is not DYNAMIC else size for at, size in enumerate(shape))
    return Tensor(shape, UNKNOWN if called.endswith("polar") else result.dtype, result.kind, result.layout)


@function(
    *_texts(_QUOTIENT),
    "keras.ops.heaviside(x1: x, x2: y)",
    "keras.ops.ldexp(x1: x, x2: y)",
    "keras.ops.logaddexp(x1: x, x2: y)",
    "keras.ops.logaddexp2(x1: x, x2: y)",
)
def quotient(ctx: Context, x: object, y: object, called: str) -> Tensor:
    """``x / y``; integers by integers are floats."""
    result = combine(ctx, called, x, y)
    dtype = result.dtype
    if isinstance(dtype, str) and not dtype.startswith(("float", "bfloat", "complex")):
        dtype = "float64" if called.startswith("numpy.") else UNKNOWN
    return Tensor(result.shape, dtype, result.kind, result.layout)


@function(
    *_texts(_COMPARISON),
    "tensorflow.math.logical_xor(x, y, name='LogicalXor')",
)
def comparison(ctx: Context, x: object, y: object, called: str) -> Tensor:
    """A yes or no for each pair."""
    _note_hidden_broadcast(ctx, called, x, y)
    result = combine(ctx, called, x, y)
    return Tensor(result.shape, "bool", result.kind, result.layout)


@function(
    "tensorflow.where(condition, x=None, y=None, name=None)",
    "keras.ops.where(condition, x1: x=None, x2: y=None)",
    "keras.backend.switch(condition, then_expression: x, else_expression: y)",
    "numpy.where(condition, x=None, y=None, /)",
)
def where(ctx: Context, condition: object, x: object, y: object, called: str) -> object:
    """The entries of ``x`` or ``y``, broadcast; with one argument the indices, which are not known."""
    if called == "numpy.where" and x is None and y is None:
        shape = as_tensor(condition).shape
        places = () if isinstance(shape, Unknown) else shape
        return tuple(Tensor((UNKNOWN,), "int64", Kind.ARRAY) for _ in places) or UNKNOWN
    if x is None or y is None or called == "keras.backend.switch":
        return UNKNOWN
    result = combine(ctx, called, condition, x, y)
    return Tensor(result.shape, promoted(called, x, y), result.kind, result.layout)


@function("tensorflow.add_n(inputs, name=None)")
def add_many(ctx: Context, inputs: object, called: str) -> Tensor:
    """The sum of a list of tensors of one shape."""
    if not isinstance(inputs, list | tuple) or not inputs:
        return Tensor()
    return combine(ctx, called, *inputs)


@function(
    "tensorflow.cast(x, dtype, name=None)",
    "tensorflow.saturate_cast(value: x, dtype, name=None)",
    "keras.ops.cast(x, dtype)",
    "keras.ops.saturate_cast(x, dtype)",
    "keras.backend.cast(x, dtype)",
    "numpy.astype(x, dtype, /, *, copy=True, device=None)",
    "numpy.ndarray.astype(x, dtype, order='K', casting='unsafe', subok=True, copy=True)",
    "tensorflow.image.convert_image_dtype(image: x, dtype, saturate=False, name=None)",
)
def cast(ctx: Context, x: object, dtype: object, called: str) -> Tensor:
    """Another dtype, the same shape."""
    result = unchanged(x, called)
    found = dtype_of(dtype)
    tensor = as_tensor(x)
    wraps = isinstance(tensor.content, Classes) and tensor.content.low < 0
    fits = isinstance(found, str) and found.startswith(("float", "int") if wraps else ("float", "int", "uint"))
    content = same_values(tensor) if fits else None
    return Tensor(result.shape, found, result.kind, result.layout, content)


@function("keras.backend.cast_to_floatx(x)")
def cast_to_floatx(ctx: Context, x: object, called: str) -> Tensor:
    """``float32``, the same shape."""
    result = unchanged(x, called)
    return Tensor(result.shape, "float32", result.kind, result.layout)
