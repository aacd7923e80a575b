"""Functions that pick diagonals, differences, windows and places out of tensors."""

from __future__ import annotations

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.functions.common import as_tensor, dtype_of, kind_of, normal_axis
from convlint.catalog.functions.elementwise import combine
from convlint.catalog.functions.shaping import concatenate, target_shape
from convlint.catalog.registry import function
from convlint.catalog.spatial import spatial_axes
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import ArgumentSize
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dim, Dynamic, Linear, Unknown, add, floor_divide, multiply, product
from convlint.shapes.shape import AnyShape, Shape


def without(shape: Shape, *axes: int) -> Shape:
    """The shape with these axes taken out."""
    return tuple(size for index, size in enumerate(shape) if index not in axes)


def replaced(shape: Shape, axis: int, size: Dim) -> Shape:
    """The shape with another size along an axis."""
    return (*shape[:axis], size, *shape[axis + 1 :])


def smaller(value: Dim) -> Dim:
    """A size that is 0 where the subtraction would make it negative."""
    return max(value, 0) if isinstance(value, int) else UNKNOWN if isinstance(value, Linear) else value


def diagonal_length(rows: Dim, columns: Dim, offset: int) -> Dim:
    """Entries of a diagonal ``offset`` places above the main one."""
    if not isinstance(rows, int) or not isinstance(columns, int):
        return UNKNOWN
    return max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))


@function(
    "keras.ops.diagonal(x, offset=0, axis1=0, axis2=1)",
    "keras.ops.trace(x, offset=0, axis1=0, axis2=1)",
    "numpy.diagonal(a: x, offset=0, axis1=0, axis2=1)",
    "numpy.trace(a: x, offset=0, axis1=0, axis2=1, dtype=None, out=None)",
)
def diagonal(ctx: Context, x: object, offset: object, axis1: object, axis2: object, called: str) -> Tensor:
    """The diagonal of two axes, as the last axis; ``trace`` sums over it."""
    tensor = as_tensor(x)
    kind, shape = kind_of(called, tensor), tensor.shape
    numbers = isinstance(offset, int) and isinstance(axis1, int) and isinstance(axis2, int)
    dtype = tensor.dtype if called.endswith("diagonal") else UNKNOWN
    if isinstance(shape, Unknown) or not numbers or len(shape) < 2:
        return Tensor(UNKNOWN, dtype, kind)
    assert isinstance(offset, int) and isinstance(axis1, int) and isinstance(axis2, int)
    one, other = normal_axis(ctx, axis1, shape), normal_axis(ctx, axis2, shape)
    lead = without(shape, one, other)
    if called.endswith("trace"):
        return Tensor(lead, dtype, kind)
    return Tensor((*lead, diagonal_length(shape[one], shape[other], offset)), dtype, kind)


@function(
    "keras.ops.diag(x, k: offset=0)",
    "keras.ops.diagflat(x, k: offset=0)",
    "numpy.diag(v: x, k: offset=0)",
    "numpy.diagflat(v: x, k: offset=0)",
)
def diag(ctx: Context, x: object, offset: object, called: str) -> Tensor:
    """A square matrix with the entries on a diagonal; ``diag`` of a matrix is its diagonal."""
    tensor = as_tensor(x)
    kind, shape = kind_of(called, tensor), tensor.shape
    if isinstance(shape, Unknown) or not isinstance(offset, int):
        return Tensor(UNKNOWN, tensor.dtype, kind)
    if called.endswith("diag") and len(shape) == 2:
        return Tensor((diagonal_length(shape[0], shape[1], offset),), tensor.dtype, kind)
    if called.endswith("diag") and len(shape) != 1:
        raise Refused(ArgumentSize(ctx.operation, "x", f"a tensor of {len(shape)} axes", "1 or 2 axes"))
    size = add(product(shape), abs(offset))
    return Tensor((size, size), tensor.dtype, kind)


@function(
    "keras.ops.diff(a: x, n=1, axis=-1)",
)
def diff(ctx: Context, x: object, n: object, axis: object, called: str, prepend: object = None,
         append: object = None) -> Tensor:  # fmt: skip
    """What each entry is more than the one before: ``n`` entries fewer along the axis."""
    tensor = as_tensor(x)
    kind, shape = kind_of(called, tensor), tensor.shape
    if isinstance(shape, Unknown) or not isinstance(n, int) or not isinstance(axis, int):
        return Tensor(UNKNOWN, UNKNOWN, kind)
    if any(value is not None and "no value" not in str(value) for value in (prepend, append)):
        return Tensor(UNKNOWN, UNKNOWN, kind)
    at = normal_axis(ctx, axis, shape)
    return Tensor(replaced(shape, at, smaller(add(shape[at], -n))), UNKNOWN, kind)


@function(
    "keras.ops.trapezoid(y: x, x: at=None, dx=1.0, axis=-1)",
)
def trapezoid(ctx: Context, x: object, axis: object, called: str) -> Tensor:
    """The area under each line: one axis less."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or not isinstance(axis, int):
        return Tensor(UNKNOWN, UNKNOWN, kind_of(called, tensor))
    return Tensor(without(tensor.shape, normal_axis(ctx, axis, tensor.shape)), UNKNOWN, kind_of(called, tensor))


@function(
    "keras.ops.append(x1: x, x2: values, axis=None)",
)
def append_tensors(ctx: Context, x: object, values: object, axis: object, called: str) -> Tensor:
    """Two tensors joined; flattened without an axis."""
    if axis is None:
        first, second = as_tensor(x), as_tensor(values)
        shapes = first.shape, second.shape
        if isinstance(shapes[0], Unknown) or isinstance(shapes[1], Unknown):
            return Tensor((UNKNOWN,), UNKNOWN, kind_of(called, first, second))
        return Tensor((add(product(shapes[0]), product(shapes[1])),), UNKNOWN, kind_of(called, first, second))
    return concatenate(ctx, [as_tensor(x), as_tensor(values)], axis, called)


@function(
    "keras.ops.kron(x1: x, x2: y)",
)
def kron(ctx: Context, x: object, y: object, called: str) -> Tensor:
    """Every entry of one times the whole other: the sizes multiply."""
    first, second = as_tensor(x), as_tensor(y)
    kind = kind_of(called, first, second)
    a, b = first.shape, second.shape
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return Tensor(UNKNOWN, UNKNOWN, kind)
    rank = max(len(a), len(b))
    free = any(isinstance(size, Dynamic) for size in (*a, *b))
    if free and len(a) != len(b):
        return Tensor(UNKNOWN, UNKNOWN, kind)
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    sizes = zip(a, b)
    return Tensor(tuple(DYNAMIC if DYNAMIC in pair else multiply(*pair) for pair in sizes), UNKNOWN, kind)


@function(
    "keras.ops.take_along_axis(x, indices, axis=None)",
    "numpy.take_along_axis(arr: x, indices, axis=-1)",
)
def take_along_axis(ctx: Context, x: object, indices: object, axis: object, called: str) -> Tensor:
    """An entry for each index, along one axis."""
    tensor, places = as_tensor(x), as_tensor(indices)
    kind = kind_of(called, tensor, places)
    if isinstance(tensor.shape, Unknown) or isinstance(places.shape, Unknown):
        return Tensor(UNKNOWN, tensor.dtype, kind)
    if axis is None or not isinstance(axis, int) or len(places.shape) != len(tensor.shape):
        return Tensor(UNKNOWN, tensor.dtype, kind)
    at = normal_axis(ctx, axis, tensor.shape)
    sizes = zip(tensor.shape, places.shape)
    shape = tuple(
        new if index == at else old if new == 1 else new if old in (1, new) else UNKNOWN
        for index, (old, new) in enumerate(sizes)
    )
    return Tensor(shape, tensor.dtype, kind)


@function(
    "keras.ops.argsort(x, axis=-1)",
    "tensorflow.argsort(values: x, axis=-1, direction='ASCENDING', stable=False, name=None)",
    "keras.ops.argpartition(x, kth, axis=-1)",
)
def argsort(ctx: Context, x: object, axis: object, called: str) -> Tensor:
    """The places of the entries in order; without an axis those of the flattened tensor."""
    tensor = as_tensor(x)
    kind = kind_of(called, tensor)
    if isinstance(tensor.shape, Unknown) or (axis is not None and not isinstance(axis, int)):
        return Tensor(UNKNOWN, "int32", kind)
    if axis is None:
        return Tensor((product(tensor.shape),), "int32", kind)
    if not tensor.shape and called == "keras.ops.argsort" and not tensor.is_symbolic:
        return Tensor((1,), "int32", kind)  # measured: the place of a number among itself, as in NumPy
    normal_axis(ctx, axis, tensor.shape)
    return Tensor(tensor.shape, "int32", kind)


@function(
    "keras.ops.searchsorted(sorted_sequence, values: x, side='left')",
    "keras.ops.digitize(x, bins)",
    "numpy.digitize(x, bins, right=False)",
)
def places_among(ctx: Context, x: object, called: str) -> Tensor:
    """Where each value belongs in a sorted sequence: the shape of the values."""
    tensor = as_tensor(x)
    return Tensor(tensor.shape, UNKNOWN, kind_of(called, tensor))


@function(
    "keras.ops.tri(N: rows, M: columns=None, k=0, dtype=None)",
    "numpy.tri(N: rows, M: columns=None, k=0, dtype='float64', *, like=None)",
)
def tri(ctx: Context, rows: object, columns: object, dtype: object, called: str) -> Tensor:
    """Ones on and under a diagonal."""
    numpy = called.startswith("numpy.")
    height = read.dim(rows)
    width = height if columns is None else read.dim(columns)
    kind = Kind.ARRAY if numpy else Kind.EAGER
    default = UNKNOWN if numpy else "float32"
    return Tensor((height, width), dtype_of(None if numpy else dtype, default), kind)


@function(
    "keras.ops.vander(x, N: columns=None, increasing=False)",
    "numpy.vander(x, N: columns=None, increasing=False)",
)
def vander(ctx: Context, x: object, columns: object, called: str) -> Tensor:
    """The powers of each entry."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or len(tensor.shape) != 1:
        return Tensor((UNKNOWN, UNKNOWN), UNKNOWN, kind_of(called, tensor))
    width = tensor.shape[0] if columns is None else read.dim(columns)
    return Tensor((tensor.shape[0], width), UNKNOWN, kind_of(called, tensor))


@function(
    "keras.ops.slice_update(inputs: x, start_indices, updates)",
    "keras.ops.scatter_update(inputs: x, indices, updates, reduction=None)",
    "tensorflow.tensor_scatter_nd_add(tensor: x, indices, updates, bad_indices_policy='', name=None)",
    "tensorflow.tensor_scatter_nd_max(tensor: x, indices, updates, bad_indices_policy='', name=None)",
    "tensorflow.tensor_scatter_nd_min(tensor: x, indices, updates, bad_indices_policy='', name=None)",
    "tensorflow.tensor_scatter_nd_sub(tensor: x, indices, updates, bad_indices_policy='', name=None)",
    "tensorflow.tensor_scatter_nd_update(tensor: x, indices, updates, name=None)",
)
def updated(ctx: Context, x: object, called: str) -> Tensor:
    """Some entries changed: the shape stays."""
    tensor = as_tensor(x)
    return Tensor(tensor.shape, tensor.dtype, kind_of(called, tensor))


@function(
    "keras.ops.scatter(indices, values, shape: target)",
    "tensorflow.scatter_nd(indices, updates: values, shape: target, bad_indices_policy='', name=None)",
)
def scatter(ctx: Context, values: object, target: object, called: str) -> Tensor:
    """Zeros of a shape, with values at some places."""
    tensor = as_tensor(values)
    kind = kind_of(called, tensor)
    wanted: AnyShape = read.dims(target) if kind is Kind.SYMBOLIC else target_shape(ctx, target)
    return Tensor(wanted, tensor.dtype, kind)


@function(
    "keras.ops.extract_sequences(x, sequence_length: length, sequence_stride: step)",
)
def extract_sequences(ctx: Context, x: object, length: object, step: object, called: str) -> Tensor:
    """``(..., samples)`` to ``(..., windows, length)``."""
    tensor, size, stride = as_tensor(x), read.dim(length), read.dim(step)
    if isinstance(tensor.shape, Unknown) or not tensor.shape:
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    samples = tensor.shape[-1]
    windows: Dim = UNKNOWN
    if isinstance(samples, int) and isinstance(size, int) and isinstance(stride, int) and samples >= size:
        windows = 1 + (samples - size) // stride
    return Tensor((*tensor.shape[:-1], windows, size), tensor.dtype, kind_of(called, tensor))


@function(
    "keras.ops.space_to_depth(x, block_size, data_format='channels_last')",
    "keras.ops.depth_to_space(x, block_size, data_format='channels_last')",
)
def exchange_pixels(ctx: Context, x: object, block_size: object, data_format: object, called: str) -> Tensor:
    """Blocks of pixels become channels, or channels blocks, in either layout."""
    tensor, block = as_tensor(x), read.dim(block_size)
    layout = read.data_format(ctx, data_format)
    kind = kind_of(called, tensor)
    if isinstance(tensor.shape, Unknown) or isinstance(layout, Unknown) or len(tensor.shape) != 4:
        return Tensor((UNKNOWN,) * 4, tensor.dtype, kind)
    first, second = spatial_axes(2, layout)
    channel = 3 if layout == "channels_last" else 1
    sizes, area = list(tensor.shape), multiply(block, block)
    enlarge = called.endswith("depth_to_space")
    for axis in (first, second):
        sizes[axis] = multiply(sizes[axis], block) if enlarge else _whole(sizes[axis], block)
    sizes[channel] = _whole(sizes[channel], area) if enlarge else multiply(sizes[channel], area)
    return Tensor(tuple(sizes), tensor.dtype, kind, layout)


def _whole(size: Dim, parts: Dim) -> Dim:
    """The quotient where it is even."""
    even = isinstance(size, int) and isinstance(parts, int) and parts > 0 and size % parts == 0
    return floor_divide(size, parts) if even else UNKNOWN


@function(
    "keras.ops.get_item(x, key)",
    "keras.ops.view(x, dtype=None)",
    "keras.ops.rearrange(tensor: x, pattern, **axes_lengths)",
    "keras.ops.select(condlist: conditions, choicelist: choices, default=0)",
    "keras.ops.fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1)",
    "keras.ops.unfold(x, kernel_size, dilation=1, padding=0, stride=1)",
    "keras.ops.cross(x1: x, x2: y, axisa=-1, axisb=-1, axisc=-1, axis=None)",
    "keras.ops.correlate(x1: x, x2: y, mode='valid')",
    "numpy.cross(a: x, b: y, axisa=-1, axisb=-1, axisc=-1, axis=None)",
    "tensorflow.gather_nd(params: x, indices, batch_dims=0, name=None, bad_indices_policy='')",
    "tensorflow.boolean_mask(tensor: x, mask, axis=None, name='boolean_mask')",
    "tensorflow.strided_slice(input_: x, begin, end, strides=None, begin_mask=0, end_mask=0, ellipsis_mask=0, "
    "new_axis_mask=0, shrink_axis_mask=0, var=None, name=None)",
    "tensorflow.linalg.cross(a: x, b, name=None)",
)
def some_of(ctx: Context, called: str, x: object = None, y: object = None) -> Tensor:
    """A tensor whose shape hangs on more than the shapes of its arguments."""
    return Tensor(UNKNOWN, UNKNOWN, kind_of(called, as_tensor(x), as_tensor(y)))


@function(
    "keras.ops.vdot(x1: x, x2: y)",
    "keras.ops.psnr(x1: x, x2: y, max_val)",
)
def number_of_two(ctx: Context, x: object, y: object, called: str) -> Tensor:
    """One number out of two tensors."""
    return Tensor((), UNKNOWN, kind_of(called, as_tensor(x), as_tensor(y)))


@function(
    "keras.ops.bincount(x, weights=None, minlength=0, sparse=False)",
    "keras.ops.corrcoef(x)",
    "keras.ops.unique(x, sorted=True, return_index=False, return_inverse=False, return_counts=False, axis=None, "
    "size=None, fill_value=None)",
    "keras.ops.nonzero(x)",
    "keras.ops.histogram(x, bins=10, range=None)",
    "keras.ops.unravel_index(indices: x, shape)",
)
def counted(ctx: Context, called: str, x: object) -> object:
    """How many there are of each value, or where they stand: known once there are values."""
    return UNKNOWN


@function("tensorflow.ensure_shape(x, shape: target, name=None)", pure=False)
def ensure_shape(ctx: Context, x: object, target: object, called: str) -> Tensor:
    """The tensor, with sizes that the program promises."""
    tensor = as_tensor(x)
    wanted = read.dims(target)
    if isinstance(wanted, Unknown) or isinstance(tensor.shape, Unknown) or len(wanted) != len(tensor.shape):
        return Tensor(wanted, tensor.dtype, kind_of(called, tensor))
    sharper = tuple(old if isinstance(old, int) else new for old, new in zip(tensor.shape, wanted))
    return Tensor(sharper, tensor.dtype, kind_of(called, tensor), tensor.layout)


@function(
    "keras.ops.isclose(x1: x, x2: y, rtol=1e-05, atol=1e-08, equal_nan=False)",
    "numpy.isclose(a: x, b: y, rtol=1e-05, atol=1e-08, equal_nan=False)",
    "keras.ops.isin(x1: x, x2: elements, assume_unique=False, invert=False)",
)
def close(ctx: Context, x: object, called: str, y: object = 0.0) -> Tensor:
    """A yes or no for each pair; ``isin``: for each entry."""
    result = combine(ctx, called, x, y)
    return Tensor(result.shape, "bool", result.kind)
