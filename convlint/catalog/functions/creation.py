"""Functions that make tensors out of shapes, numbers and lists."""

from __future__ import annotations

import math

from convlint.catalog import arguments as read
from convlint.catalog.content import drawn_classes, is_ragged, literal_content, same_values, shuffled_rows
from convlint.catalog.context import Context
from convlint.catalog.functions.common import as_tensor, dtype_of, kind_of, literal_dtype, promoted
from convlint.catalog.functions.shaping import target_shape
from convlint.catalog.objects import Many
from convlint.catalog.registry import function
from convlint.catalog.tensor import Classes, Kind, Numbers, OneHot, Ragged, Tensor
from convlint.shapes.dims import UNKNOWN, Dim, Linear, Unknown, is_whole, subtract
from convlint.shapes.shape import AnyShape, broadcast

_NUMPY = "dtype=None, order='C', *, device=None, like=None"


def made_kind(called: str) -> Kind:
    """NumPy makes arrays, everybody else tensors."""
    return Kind.ARRAY if called.startswith(("numpy.", "sklearn.")) else Kind.EAGER


def plain_dtype(called: str) -> str:
    """The dtype of a library's zeros."""
    return "float64" if called.startswith("numpy.") else "float32"


@function(
    "tensorflow.zeros(shape, dtype='float32', name=None, layout=None)",
    "tensorflow.ones(shape, dtype='float32', name=None, layout=None)",
    "keras.ops.zeros(shape, dtype=None)",
    "keras.ops.ones(shape, dtype=None)",
    "keras.ops.empty(shape, dtype=None)",
    "keras.backend.zeros(shape, dtype=None, name=None)",
    "keras.backend.ones(shape, dtype=None, name=None)",
    f"numpy.zeros(shape, {_NUMPY})",
    f"numpy.ones(shape, {_NUMPY})",
    f"numpy.empty(shape, {_NUMPY})",
    "tensorflow.random.normal(shape, mean=0.0, stddev=1.0, dtype='float32', seed=None, name=None)",
    "tensorflow.random.truncated_normal(shape, mean=0.0, stddev=1.0, dtype='float32', seed=None, name=None)",
    "tensorflow.random.uniform(shape, minval=0, maxval=None, dtype='float32', seed=None, name=None)",
    "tensorflow.random.stateless_normal(shape, seed, mean=0.0, stddev=1.0, dtype='float32', name=None, "
    "alg='auto_select')",
    "tensorflow.random.stateless_uniform(shape, seed, minval=0, maxval=None, dtype='float32', name=None, "
    "alg='auto_select')",
    "keras.random.normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None)",
    "keras.random.truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None)",
    "keras.random.uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None)",
    "keras.random.gamma(shape, alpha, dtype=None, seed=None)",
    "keras.random.beta(shape, alpha, beta, dtype=None, seed=None)",
    "keras.random.binomial(shape, counts, probabilities, dtype=None, seed=None)",
    "tensorflow.random.stateless_truncated_normal(shape, seed, mean=0.0, stddev=1.0, dtype='float32', name=None, "
    "alg='auto_select')",
    "keras.backend.random_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None)",
    "keras.backend.random_uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None)",
    "keras.backend.truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None)",
    "keras.backend.random_bernoulli(shape, p=0.0, dtype=None, seed=None)",
    "keras.backend.random_normal_variable(shape, mean, scale, dtype=None, name=None, seed=None)",
    "keras.backend.random_uniform_variable(shape, low, high, dtype=None, name=None, seed=None)",
)
def filled(ctx: Context, shape: object, dtype: object, called: str) -> Tensor:
    """A tensor of the given shape; a number is a shape of one axis in NumPy.

    ``None`` in the shape is stated: all of them raise.
    """
    return Tensor(target_shape(ctx, shape), dtype_of(dtype, plain_dtype(called)), made_kind(called))


@function(
    "keras.random.randint(shape, minval, maxval, dtype='int32', seed=None)",
)
def random_integers(ctx: Context, shape: object, dtype: object, called: str) -> Tensor:
    """Whole numbers of the given shape."""
    return Tensor(target_shape(ctx, shape), dtype_of(dtype, "int32"), made_kind(called))


@function(
    "tensorflow.fill(dims: shape, value, name=None, layout=None)",
    "keras.ops.full(shape, fill_value: value, dtype=None)",
    f"numpy.full(shape, fill_value: value, {_NUMPY})",
)
def full(ctx: Context, shape: object, value: object, called: str, dtype: object = None) -> Tensor:
    """A tensor of one number."""
    default = "float32" if called.startswith("keras.") else literal_dtype(value, called)
    return Tensor(target_shape(ctx, shape), dtype_of(dtype, default), made_kind(called))


@function(
    "tensorflow.zeros_like(input: x, dtype=None, name=None, layout=None)",
    "tensorflow.ones_like(input: x, dtype=None, name=None, layout=None)",
    "keras.ops.zeros_like(x, dtype=None)",
    "keras.ops.ones_like(x, dtype=None)",
    "keras.ops.empty_like(x, dtype=None)",
    "keras.ops.full_like(x, fill_value, dtype=None)",
    "keras.backend.zeros_like(x, dtype=None, name=None)",
    "keras.backend.ones_like(x, dtype=None, name=None)",
    "numpy.zeros_like(a: x, dtype=None, order='K', subok=True, shape=None, *, device=None)",
    "numpy.ones_like(a: x, dtype=None, order='K', subok=True, shape=None, *, device=None)",
    "numpy.empty_like(prototype: x, dtype=None, order='K', subok=True, shape=None, *, device=None)",
    "numpy.full_like(a: x, fill_value, dtype=None, order='K', subok=True, shape=None, *, device=None)",
)
def like(ctx: Context, x: object, dtype: object, called: str, shape: object = None) -> Tensor:
    """A tensor of the same shape."""
    tensor = as_tensor(x)
    own = tensor.dtype if isinstance(x, Tensor) else literal_dtype(x, called)
    wanted = tensor.shape if shape is None else target_shape(ctx, shape)
    return Tensor(wanted, dtype_of(dtype, own), kind_of(called, tensor), tensor.layout)


@function(
    "tensorflow.eye(num_rows: rows, num_columns: columns=None, batch_shape=None, dtype='float32', name=None)",
    "tensorflow.linalg.eye(num_rows: rows, num_columns: columns=None, batch_shape=None, dtype='float32', name=None)",
    "keras.ops.eye(N: rows, M: columns=None, k=0, dtype=None)",
    "keras.ops.identity(n: rows, dtype=None)",
    "keras.backend.eye(size: rows, dtype=None, name=None)",
    "numpy.eye(N: rows, M: columns=None, k=0, dtype=None, order='C', *, device=None, like=None)",
    "numpy.identity(n: rows, dtype=None, *, like=None)",
)
def eye(
    ctx: Context,
    rows: object,
    dtype: object,
    called: str,
    columns: object = None,
    batch_shape: object = None,
    k: object = 0,
) -> Tensor:
    """Ones on the diagonal."""
    found, kind = dtype_of(dtype, plain_dtype(called)), made_kind(called)
    height = read.dim(rows)
    width = height if columns is None else read.dim(columns)
    lead: AnyShape = () if batch_shape is None else read.dims(batch_shape)
    square = columns is None and k == 0
    shape: AnyShape = UNKNOWN if isinstance(lead, Unknown) else (*lead, height, width)
    return Tensor(shape, found, kind, content=OneHot() if square else None)


@function(
    "tensorflow.range(start, limit: stop=None, delta: step=1, dtype=None, name='range')",
    "keras.ops.arange(start, stop=None, step=None, dtype=None)",
    "keras.backend.arange(start, stop=None, step=1, dtype='int32')",
    "numpy.arange(start, stop=None, step=1, dtype=None, *, device=None, like=None)",
)
def arange(ctx: Context, start: object, stop: object, step: object, dtype: object, called: str) -> Tensor:
    """``start, start + step, ...`` below ``stop``; with one number from 0 up to it."""
    if stop is None:
        start, stop = 0, start
    if step is None:
        step = 1
    floats = any(isinstance(value, float) for value in (start, stop, step))
    known = all(isinstance(value, int | float | Linear) for value in (start, stop, step))
    default = literal_dtype(0.0 if floats else 0, called) if known else UNKNOWN
    plain = called == "numpy.arange" and dtype is None
    content = _counted(start, stop, step) if plain else None
    return Tensor((_range_length(start, stop, step),), dtype_of(dtype, default), made_kind(called), content=content)


MAX_NUMBERS = 1_000
"""Longer arrays are data."""


def _counted(start: object, stop: object, step: object) -> Numbers | None:
    if not isinstance(start, int) or not isinstance(stop, int) or not isinstance(step, int) or not step:
        return None
    numbers = range(start, stop, step)
    return Numbers(tuple(numbers)) if len(numbers) <= MAX_NUMBERS else None


def _range_length(start: object, stop: object, step: object) -> Dim:
    if isinstance(start, int) and isinstance(stop, int) and isinstance(step, int) and step:
        return len(range(start, stop, step))
    if isinstance(start, int | Linear) and isinstance(stop, int | Linear) and step == 1:
        return subtract(stop, start)
    if all(isinstance(value, int | float) for value in (start, stop, step)) and step:
        assert isinstance(start, int | float) and isinstance(stop, int | float) and isinstance(step, int | float)
        length = (stop - start) / step
        # Near a whole number the answer hangs on rounding.
        return UNKNOWN if abs(length - round(length)) < 1e-6 and not length.is_integer() else max(0, math.ceil(length))
    return UNKNOWN


@function(
    "tensorflow.linspace(start, stop, num, name=None, axis=0)",
    "keras.ops.linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0)",
    "numpy.linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None)",
    "keras.ops.logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0)",
    "keras.ops.geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0)",
    "numpy.geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0)",
    "numpy.logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0)",
)
def linspace(
    ctx: Context,
    start: object,
    stop: object,
    num: object,
    called: str,
    retstep: object = False,
    dtype: object = None,
    endpoint: object = True,
) -> object:
    """``num`` numbers from ``start`` to ``stop``."""
    if retstep is not False or not isinstance(start, int | float) or not isinstance(stop, int | float):
        return UNKNOWN
    numbers = None
    if called == "numpy.linspace" and endpoint is True and dtype is None and type(num) is int and 0 < num < MAX_NUMBERS:
        step = (stop - start) / (num - 1) if num > 1 else 0.0
        last = (float(stop),) if num > 1 else ()
        numbers = Numbers((*(index * step + start for index in range(max(num - 1, 1))), *last))
    return Tensor((read.dim(num),), dtype_of(dtype, plain_dtype(called)), made_kind(called), content=numbers)


@function(
    "numpy.array(object: x, dtype=None, *, copy=True, order='K', subok=False, ndmin=0, ndmax=0, like=None)",
    "numpy.asarray(a: x, dtype=None, order=None, *, device=None, copy=None, like=None)",
    "numpy.asanyarray(a: x, dtype=None, order=None, *, device=None, copy=None, like=None)",
    "tensorflow.convert_to_tensor(value: x, dtype=None, dtype_hint=None, name=None)",
    "tensorflow.constant(value: x, dtype=None, shape=None, name='Const')",
    "tensorflow.Variable(initial_value: x=None, trainable=None, validate_shape=True, caching_device=None, name=None, "
    "variable_def=None, dtype=None, **kwargs)",
    "keras.ops.convert_to_tensor(x, dtype=None, sparse=None, ragged=None)",
    "keras.ops.array(x, dtype=None)",
    "keras.ops.convert_to_numpy(x)",
    "keras.Variable(initializer: x, shape=None, dtype=None, trainable=True, **kwargs)",
    "keras.backend.constant(value: x, dtype=None, shape=None, name=None)",
    "keras.backend.variable(value: x, dtype=None, name=None, constraint=None)",
    "keras.backend.eval(x)",
    "keras.backend.get_value(x)",
)
def convert(
    ctx: Context, x: object, called: str, dtype: object = None, shape: object = None, ndmin: object = 0
) -> Tensor:
    """The value as a tensor or an array."""
    tensor = as_tensor(x)
    arrays = called.startswith("numpy.") or called in (
        "keras.ops.convert_to_numpy",
        "keras.backend.get_value",
        "keras.backend.eval",
    )
    kind = kind_of("numpy." if arrays else called, tensor)
    own = tensor.dtype if isinstance(x, Tensor) else literal_dtype(x, "numpy." if arrays else called)
    if called in ("keras.backend.constant", "keras.backend.variable"):
        own = "float32"
    if isinstance(x, list | tuple) and any(isinstance(part, Tensor) for part in x):
        own = promoted(called, *x)
    if isinstance(x, Many) and isinstance(x.element, Tensor):
        own = x.element.dtype
    found: AnyShape = tensor.shape
    if shape is not None:
        found = target_shape(ctx, shape)
    elif ndmin != 0:
        found = UNKNOWN
    content = same_values(tensor) if found == tensor.shape else None
    if isinstance(x, list | tuple) and shape is None:
        content = literal_content(x, found)
    made = dtype_of(dtype, own)
    if called == "numpy.array" and made == "object" and is_ragged(x):
        return Tensor((len(x),), made, kind, content=Ragged())  # type: ignore[arg-type]
    return Tensor(found, dtype_of(dtype, own), kind, tensor.layout, content)


def _size(size: object) -> AnyShape:
    """A shape, or the one size of a vector."""
    return read.dims((size,) if is_whole(size) else size)


def _drawn(size: object, *parameters: object) -> AnyShape:
    """Shape of a draw: ``size``, or the broadcast of the parameters."""
    if size is not None:
        return _size(size)
    shape: AnyShape | None = ()
    for value in parameters:
        shape = broadcast(() if shape is None else shape, as_tensor(value).shape)
    return UNKNOWN if shape is None else shape


@function("numpy.random.rand(*rest)", "numpy.random.randn(*rest)", "numpy.random.RandomState.rand(*rest)",
          "numpy.random.RandomState.randn(*rest)")  # fmt: skip
def rand(ctx: Context, rest: tuple[object, ...]) -> object:
    """``rand(2, 3)``: the sizes are arguments."""
    return Tensor(target_shape(ctx, rest), "float64", Kind.ARRAY) if rest else UNKNOWN


_LEGACY = ("", "RandomState.")
_ALL = (*_LEGACY, "Generator.")


def _random(text: str, homes: tuple[str, ...] = _ALL) -> tuple[str, ...]:
    return tuple(f"numpy.random.{home}{text}" for home in homes)


@function(
    *_random("normal(loc: a=0.0, scale: b=1.0, size=None)"),
    *_random("uniform(low: a=0.0, high: b=1.0, size=None)"),
    *_random("standard_normal(size=None)", _LEGACY),
    *_random("random(size=None)", _LEGACY),
    *_random("random_sample(size=None)", _LEGACY),
    *_random("standard_normal(size=None, dtype=None, out=None)", ("Generator.",)),
    *_random("random(size=None, dtype=None, out=None)", ("Generator.",)),
    *_random("exponential(scale: a=1.0, size=None)"),
    *_random("beta(a, b, size=None)"),
    *_random("gamma(shape: a, scale: b=1.0, size=None)"),
    *_random("lognormal(mean: a=0.0, sigma: b=1.0, size=None)"),
    *_random("laplace(loc: a=0.0, scale: b=1.0, size=None)"),
    *_random("logistic(loc: a=0.0, scale: b=1.0, size=None)"),
    *_random("gumbel(loc: a=0.0, scale: b=1.0, size=None)"),
    *_random("chisquare(df: a, size=None)"),
    *_random("rayleigh(scale: a=1.0, size=None)"),
    "numpy.random.sample(size=None)",
    "numpy.random.ranf(size=None)",
)
def draw(ctx: Context, size: object, a: object = 0.0, b: object = 0.0, dtype: object = None) -> object:
    """Numbers from a distribution; without a size one number, or one for each parameter."""
    shape = _drawn(size, a, b)
    return UNKNOWN if shape == () and size is None else Tensor(shape, dtype_of(dtype, "float64"), Kind.ARRAY)


@function(
    *_random("randint(low, high=None, size=None, dtype=None)", _LEGACY),
    *_random("integers(low, high=None, size=None, dtype=None, endpoint=False)", ("Generator.",)),
)
def draw_integers(
    ctx: Context,
    low: object,
    high: object,
    size: object,
    dtype: object = None,
    endpoint: object = False,
) -> object:
    """Whole numbers from ``low``, below ``high``; below ``low`` and from 0 with one number."""
    shape = _drawn(size, low, 0 if high is None else high)
    if shape == () and size is None:
        return UNKNOWN
    first, last = (0, low) if high is None else (low, high)
    content = None
    if isinstance(first, int) and isinstance(last, int) and isinstance(endpoint, bool):
        content = drawn_classes(first, last - (not endpoint), shape)
    return Tensor(shape, dtype_of(dtype, "int64"), Kind.ARRAY, content=content)


@function(
    *_random("multivariate_normal(mean, cov, size=None, *rest, **kwargs)", _LEGACY),
    *_random("multivariate_normal(mean, cov, size=None, *rest, **kwargs)", ("Generator.",)),
)
def draw_vectors(ctx: Context, mean: object, size: object) -> Tensor:
    """A vector as long as ``mean`` for each place of ``size``."""
    center = as_tensor(mean).shape
    lead = () if size is None else _size(size)
    known = not isinstance(center, Unknown) and len(center) == 1 and not isinstance(lead, Unknown)
    return Tensor((*lead, *center) if known else UNKNOWN, "float64", Kind.ARRAY)  # type: ignore[misc]


@function(*_random("poisson(lam: a=1.0, size=None)"), *_random("binomial(n: a, p: b, size=None)"))
def draw_counts(ctx: Context, size: object, a: object, b: object = 0) -> object:
    """Counts from a distribution."""
    shape = _drawn(size, a, b)
    return UNKNOWN if shape == () and size is None else Tensor(shape, "int64", Kind.ARRAY)


@function(
    *_random("choice(a, size=None, replace=True, p=None)", _LEGACY),
    *_random("choice(a, size=None, replace=True, p=None, axis=0, shuffle=True)", ("Generator.",)),
)
def choice(ctx: Context, a: object, size: object, p: object, axis: object = 0) -> object:
    """Entries of ``a``, or numbers below it."""
    if size is None:
        return UNKNOWN
    source = as_tensor(a)
    shape = _size(size)
    if isinstance(shape, Unknown) or isinstance(source.shape, Unknown) or axis != 0:
        return Tensor(UNKNOWN, UNKNOWN, Kind.ARRAY)
    dtype = source.dtype if isinstance(a, Tensor) else literal_dtype(a, "numpy.")
    if isinstance(a, list | tuple) and p is None:
        literal = literal_content(a, source.shape)
        even = isinstance(literal, Classes) and len({*a}) == literal.high - literal.low + 1 == len(a)
        content = drawn_classes(literal.low, literal.high, shape) if even and isinstance(literal, Classes) else None
    else:
        number = isinstance(a, int) and p is None
        content = drawn_classes(0, a - 1, shape) if number and isinstance(a, int) else None
    return Tensor((*shape, *source.shape[1:]), dtype, Kind.ARRAY, content=content)


@function(*_random("permutation(x)", _LEGACY), *_random("permutation(x, axis=0)", ("Generator.",)))
def permutation(ctx: Context, x: object) -> Tensor:
    """The entries of ``x`` in another order, or the numbers below it."""
    if is_whole(x):
        return Tensor((read.dim(x),), "int64", Kind.ARRAY)
    source = as_tensor(x)
    dtype = source.dtype if isinstance(x, Tensor) else literal_dtype(x, "numpy.")
    return Tensor(source.shape, dtype, Kind.ARRAY, content=shuffled_rows(source, source.shape))


@function("numpy.meshgrid(*rest, copy=True, sparse=False, indexing='xy')",
          "keras.ops.meshgrid(*rest, indexing='xy')",
          "tensorflow.meshgrid(*rest, indexing='xy', **kwargs)")  # fmt: skip
def meshgrid(ctx: Context, rest: tuple[object, ...], called: str, indexing: object, sparse: object = False) -> object:
    """One grid for each of the coordinates."""
    tensors = [as_tensor(value) for value in rest]
    sizes: list[Dim] = []
    for tensor in tensors:
        if isinstance(tensor.shape, Unknown) or len(tensor.shape) != 1:
            return UNKNOWN
        sizes.append(tensor.shape[0])
    if sparse is not False or indexing not in ("xy", "ij"):
        return UNKNOWN
    if indexing == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    return [Tensor(tuple(sizes), tensor.dtype, kind_of(called, tensor)) for tensor in tensors]


@function(
    "keras.random.categorical(logits: x, num_samples: number, dtype='int32', seed=None)",
    "tensorflow.random.categorical(logits: x, num_samples: number, dtype=None, seed=None, name=None)",
    "tensorflow.random.stateless_categorical(logits: x, num_samples: number, seed, dtype='int64', name=None)",
)
def categorical(ctx: Context, x: object, number: object, called: str) -> Tensor:
    """``(batch, classes)`` logits to ``(batch, number)`` drawn classes."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or len(tensor.shape) != 2:
        return Tensor((UNKNOWN, read.dim(number)), UNKNOWN, kind_of(called, tensor))
    return Tensor((tensor.shape[0], read.dim(number)), UNKNOWN, kind_of(called, tensor))


@function(
    "tensorflow.random.gamma(shape, alpha: a, beta=None, dtype='float32', seed=None, name=None)",
    "tensorflow.random.poisson(shape, lam: a, dtype='float32', seed=None, name=None)",
)
def drawn_for_each(ctx: Context, shape: object, a: object) -> Tensor:
    """A block of this shape for each parameter."""
    lead, parameters = _size(shape), as_tensor(a)
    if isinstance(lead, Unknown) or isinstance(parameters.shape, Unknown):
        return Tensor(UNKNOWN, UNKNOWN, Kind.EAGER)
    return Tensor((*lead, *parameters.shape), UNKNOWN, Kind.EAGER)


@function(
    "tensorflow.sequence_mask(lengths, maxlen: most=None, dtype='bool', name=None)",
)
def sequence_mask(ctx: Context, lengths: object, most: object, called: str) -> Tensor:
    """A row of truths for each length, ``maxlen`` long."""
    tensor = as_tensor(lengths)
    if isinstance(tensor.shape, Unknown):
        return Tensor(UNKNOWN, UNKNOWN, kind_of(called, tensor))
    return Tensor((*tensor.shape, UNKNOWN if most is None else read.dim(most)), UNKNOWN, kind_of(called, tensor))
