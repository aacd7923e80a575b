"""Functions that move numbers about: reshape, transpose, join, split, repeat, pad, pick."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from convlint.catalog import arguments as read
from convlint.catalog.content import literal_content, same_entries, same_order, some_rows, united
from convlint.catalog.context import Context, Refused
from convlint.catalog.functions.common import (
    as_tensor,
    dtype_of,
    kind_of,
    literal_dtype,
    normal_axes,
    normal_axis,
    promoted,
    tensors_of,
)
from convlint.catalog.generations import show_value
from convlint.catalog.objects import Many
from convlint.catalog.registry import function
from convlint.catalog.shaping import concatenated, contradict_outside, infer_reshape, note_fixed_batch, sharper
from convlint.catalog.tensor import Classes, Kind, OneHot, Tensor
from convlint.problems import (
    ArgumentSize,
    AxisOutOfRange,
    ClassesBeyondDepth,
    ConcatShapeMismatch,
    DynamicDimInShape,
    DynamicDimInShapeSilent,
    HardCodedBatch,
    MergeShapeMismatch,
    ReshapeSizeMismatch,
    TwoInferredDims,
)
from convlint.shapes.dims import (
    DYNAMIC,
    UNKNOWN,
    Dim,
    Dynamic,
    Unknown,
    add,
    ceil_divide,
    floor_divide,
    is_whole,
    multiply,
    product,
    proved_different,
)
from convlint.shapes.shape import AnyShape, Shape, broadcast_dims


def target_shape(ctx: Context, target: object) -> AnyShape:
    """A shape argument that needs numbers; ``None`` in it is stated, and the work goes on.

    Source: measured with Keras 3.15 and TensorFlow 2.21: ``tf.reshape``, ``tf.zeros``,
    ``tf.broadcast_to``, ``tf.tile``, ``keras.ops.zeros`` and NumPy raise on any ``None``.
    """
    sizes = read.dims((target,) if isinstance(target, int) and not isinstance(target, bool) else target)
    if isinstance(sizes, Unknown):
        return UNKNOWN
    dynamic = tuple(axis for axis, size in enumerate(sizes) if isinstance(size, Dynamic))
    if dynamic:
        ctx.fault(DynamicDimInShape(ctx.operation, sizes, dynamic))
    return sizes


@function(
    "tensorflow.reshape(tensor: x, shape: target, name=None)",
    "keras.ops.reshape(x, newshape: target)",
    "keras.backend.reshape(x, shape: target)",
    "numpy.reshape(a: x, /, shape: target=None, order='C', *, newshape=None, copy=None)",
)
def reshape(
    ctx: Context, x: object, target: object, called: str = "keras.ops.reshape", newshape: object = None
) -> Tensor:
    """The same numbers in another shape; one ``-1`` is worked out.

    ``None`` in the target is stated except where ``keras.ops.reshape`` may meet a symbolic
    Keras tensor: there it is a dynamic size. NumPy before 2.4 takes the target as ``newshape=`` too.

    Raises:
        Refused: two ``-1``, or another number of elements.
    """
    tensor = as_tensor(x)
    if target is None:
        target = UNKNOWN if newshape is None else newshape
    kind = kind_of(called, tensor)
    lenient = _takes_none(ctx, tensor, called)
    wanted = read.dims(target) if lenient and not isinstance(target, int) else target_shape(ctx, target)
    dtype = tensor.dtype if isinstance(x, Tensor) else literal_dtype(x, called)
    if isinstance(wanted, Unknown):
        return Tensor(UNKNOWN, dtype, kind)
    if wanted.count(-1) > 1:
        raise Refused(TwoInferredDims(ctx.operation, wanted))
    dynamic = sum(isinstance(size, Dynamic) for size in wanted)
    if dynamic and lenient and tensor.kind is Kind.SYMBOLIC and called == "keras.ops.reshape":
        # Measured with Keras 3.15: the model is built, and its `Reshape.call` refuses None whatever data comes.
        places = tuple(axis for axis, size in enumerate(wanted) if isinstance(size, Dynamic))
        ctx.note(DynamicDimInShapeSilent(ctx.operation, wanted, places))
    if dynamic and not lenient and dynamic == 1 and -1 not in wanted:
        # What was meant is evident: the size that nobody knows is the one to infer.
        wanted = tuple(-1 if isinstance(size, Dynamic) else size for size in wanted)
        dynamic = 0
    _note_fixed_batch(ctx, tensor, wanted)
    shape = _reshaped(ctx, tensor, wanted)
    return Tensor(shape, dtype, kind, content=same_order(tensor, shape))


def _note_fixed_batch(ctx: Context, x: Tensor, wanted: Shape) -> None:
    """State a target that fits one batch size only, and writes it in front, where the batch is free."""
    if isinstance(x.shape, Unknown) or not x.is_symbolic or len(x.shape) < 2 or not isinstance(x.shape[0], Dynamic):
        return
    if not wanted or not all(isinstance(size, int) and size > 0 for size in (*x.shape[1:], *wanted)):
        return
    before, after, batch = product(x.shape[1:]), product(wanted), wanted[0]
    if isinstance(batch, int) and batch > 1 and isinstance(before, int) and batch * before == after:
        ctx.note(HardCodedBatch(ctx.operation, x.shape, wanted, batch))


def _takes_none(ctx: Context, x: Tensor, called: str) -> bool:
    symbolic = x.kind is Kind.SYMBOLIC and not ctx.inside_call and ctx.keras >= 3
    return symbolic or (called.startswith("keras.ops.") and x.kind is Kind.UNKNOWN)


def _reshaped(ctx: Context, x: Tensor, wanted: Shape) -> Shape:
    if isinstance(x.shape, Unknown):
        return tuple(UNKNOWN if size == -1 else size for size in wanted)
    if any(isinstance(size, Unknown) for size in (*x.shape, *wanted)):
        if -1 in wanted and not any(isinstance(size, Dynamic) for size in wanted):
            return tuple(UNKNOWN if size == -1 else size for size in wanted)
        return wanted
    if any(isinstance(size, Dynamic) for size in (*x.shape, *wanted)):
        _check_multiple(ctx, x, wanted)
        return tuple(DYNAMIC if size == -1 else size for size in wanted)
    return infer_reshape(ctx, x.shape, wanted)


def _check_multiple(ctx: Context, x: Tensor, wanted: Shape) -> None:
    """With a free batch the target must still be a multiple of one sample; TensorFlow checks it in a graph."""
    assert not isinstance(x.shape, Unknown)
    known = product(tuple(size for size in x.shape if isinstance(size, int)))
    after = product(wanted)
    if x.kind is not Kind.TRACED or not all(isinstance(size, int | Dynamic) for size in x.shape):
        return
    if isinstance(after, int) and after > 0 and isinstance(known, int) and known > 0 and after % known:
        raise Refused(ReshapeSizeMismatch(ctx.operation, x.shape, wanted, product(x.shape), after))


@function("numpy.ndarray.reshape(x, *rest, order='C', copy=None)")
def reshape_method(ctx: Context, x: object, rest: tuple[object, ...]) -> Tensor:
    """``x.reshape(2, 3)`` or ``x.reshape((2, 3))``."""
    single = len(rest) == 1 and not isinstance(rest[0], int)
    return reshape(ctx, x, rest[0] if single else rest, "numpy.reshape")


@function("numpy.ndarray.view(x, dtype=None, type=None)")
def unknown_array(ctx: Context, x: object) -> Tensor:
    """An array of which nothing is known."""
    return Tensor(UNKNOWN, UNKNOWN, Kind.ARRAY)


@function(
    "keras.backend.flatten(x)",
    "keras.ops.ravel(x)",
    "numpy.ravel(a: x, order='C')",
    "numpy.ndarray.ravel(x, order='C')",
    "numpy.ndarray.flatten(x, order='C')",
)
def ravel(ctx: Context, x: object, called: str) -> Tensor:
    """One axis, whatever it was before."""
    tensor = as_tensor(x)
    size = UNKNOWN if isinstance(tensor.shape, Unknown) else product(tensor.shape)
    return Tensor((size,), tensor.dtype, kind_of(called, tensor), content=same_order(tensor, (size,)))


@function("keras.backend.batch_flatten(x)")
def batch_flatten(ctx: Context, x: object, called: str) -> Tensor:
    """One axis a sample."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or not tensor.shape:
        return Tensor((UNKNOWN, UNKNOWN), tensor.dtype, kind_of(called, tensor))
    return Tensor((tensor.shape[0], product(tensor.shape[1:])), tensor.dtype, kind_of(called, tensor))


def permuted(ctx: Context, x: Tensor, order: object, kind: Kind) -> Tensor:
    """The tensor with its axes in another order; ``None`` turns the order round."""
    if isinstance(x.shape, Unknown):
        axes = read.axes(order)
        shape: AnyShape = UNKNOWN if isinstance(axes, Unknown) or isinstance(order, int) else (UNKNOWN,) * len(axes)
        return Tensor(shape, x.dtype, kind)
    rank = len(x.shape)
    axes = tuple(reversed(range(rank))) if order is None else read.axes(order)
    if isinstance(axes, Unknown):
        return Tensor((UNKNOWN,) * rank if isinstance(order, list | tuple) else UNKNOWN, x.dtype, kind)
    normal = [axis % rank for axis in axes if -rank <= axis < rank]
    if sorted(normal) != list(range(rank)) or len(normal) != len(axes):
        raise Refused(AxisOutOfRange(ctx.operation, show_value(tuple(axes)), x.shape))
    shape = tuple(x.shape[axis] for axis in normal)
    return Tensor(shape, x.dtype, kind, _moved_layout(x, normal), same_entries(x))


def _moved_layout(x: Tensor, order: Sequence[int]) -> str | None:
    if x.layout is None or len(order) < 3 or order[0] != 0:
        return None
    place = order.index(len(order) - 1 if x.layout == "channels_last" else 1)
    return {len(order) - 1: "channels_last", 1: "channels_first"}.get(place)


@function(
    "tensorflow.transpose(a: x, perm: order=None, conjugate=False, name='transpose')",
    "keras.ops.transpose(x, axes: order=None)",
    "keras.backend.permute_dimensions(x, pattern: order)",
    "keras.backend.transpose(x)",
    "numpy.transpose(a: x, axes: order=None)",
    "numpy.permute_dims(a: x, axes: order=None)",
)
def transpose(ctx: Context, x: object, order: object = None, called: str = "keras.ops.transpose") -> Tensor:
    """The axes in the given order.

    Raises:
        Refused: the order names an axis that is not there, or one twice.
    """
    tensor = as_tensor(x)
    return permuted(ctx, tensor, order, kind_of(called, tensor))


@function("numpy.ndarray.transpose(x, *rest)")
def transpose_method(ctx: Context, x: object, rest: tuple[object, ...]) -> Tensor:
    """``x.transpose(0, 2, 1)`` or ``x.transpose((0, 2, 1))``."""
    tensor = as_tensor(x)
    order = None if not rest else rest[0] if len(rest) == 1 and not isinstance(rest[0], int) else rest
    return permuted(ctx, tensor, order, kind_of("numpy.", tensor))


@function(
    "keras.ops.swapaxes(x, axis1, axis2)",
    "numpy.swapaxes(a: x, axis1, axis2)",
    "numpy.ndarray.swapaxes(x, axis1, axis2)",
)
def swapaxes(ctx: Context, x: object, axis1: object, axis2: object, called: str) -> Tensor:
    """Two axes exchanged."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or not isinstance(axis1, int) or not isinstance(axis2, int):
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    order = list(range(len(tensor.shape)))
    one, other = normal_axis(ctx, axis1, tensor.shape), normal_axis(ctx, axis2, tensor.shape)
    order[one], order[other] = other, one
    return permuted(ctx, tensor, order, kind_of(called, tensor))


@function(
    "tensorflow.linalg.matrix_transpose(a: x, name='matrix_transpose', conjugate=False)",
    "numpy.matrix_transpose(x, /)",
)
def matrix_transpose(ctx: Context, x: object, called: str) -> Tensor:
    """The last two axes exchanged."""
    return swapaxes(ctx, x, -1, -2, called)


@function("keras.ops.moveaxis(x, source, destination)", "numpy.moveaxis(a: x, source, destination)")
def moveaxis(ctx: Context, x: object, source: object, destination: object, called: str) -> Tensor:
    """Axes taken out and put in elsewhere."""
    tensor = as_tensor(x)
    sources, targets = read.axes(source), read.axes(destination)
    if isinstance(tensor.shape, Unknown) or isinstance(sources, Unknown) or isinstance(targets, Unknown):
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    taken = [normal_axis(ctx, axis, tensor.shape) for axis in sources]
    places = [normal_axis(ctx, axis, tensor.shape) for axis in targets]
    if len(taken) != len(places):
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    order = [axis for axis in range(len(tensor.shape)) if axis not in taken]
    for place, axis in sorted(zip(places, taken)):
        order.insert(place, axis)
    return permuted(ctx, tensor, order, kind_of(called, tensor))


@function("numpy.rollaxis(a: x, axis, start=0)")
def rollaxis(ctx: Context, x: object, axis: object, start: object, called: str) -> Tensor:
    """One axis moved before another."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or not isinstance(axis, int) or not isinstance(start, int):
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    taken, rank = normal_axis(ctx, axis, tensor.shape), len(tensor.shape)
    if not -rank <= start <= rank:
        raise Refused(AxisOutOfRange(ctx.operation, str(start), tensor.shape))
    place = start + rank if start < 0 else start
    order = [index for index in range(rank) if index != taken]
    order.insert(place - 1 if taken < place else place, taken)
    return permuted(ctx, tensor, order, kind_of(called, tensor))


@function(
    "tensorflow.expand_dims(input: x, axis, name=None)",
    "keras.ops.expand_dims(x, axis)",
    "keras.backend.expand_dims(x, axis=-1)",
    "numpy.expand_dims(a: x, axis)",
)
def expand_dims(ctx: Context, x: object, axis: object, called: str = "keras.ops.expand_dims") -> Tensor:
    """New axes of size 1 at the given places."""
    tensor = as_tensor(x)
    places = read.axes(axis)
    dtype = tensor.dtype if isinstance(x, Tensor) else literal_dtype(x, called)
    if isinstance(tensor.shape, Unknown) or isinstance(places, Unknown):
        return Tensor(UNKNOWN, dtype, kind_of(called, tensor))
    extra = len(places)
    at = {normal_axis(ctx, place, tensor.shape, extra=extra) for place in places}
    rest = iter(tensor.shape)
    shape = tuple(1 if index in at else next(rest) for index in range(len(tensor.shape) + len(at)))
    return Tensor(shape, dtype, kind_of(called, tensor), content=same_order(tensor, shape))


@function(
    "tensorflow.squeeze(input: x, axis=None, name=None)",
    "keras.ops.squeeze(x, axis=None)",
    "keras.backend.squeeze(x, axis)",
    "numpy.squeeze(a: x, axis=None)",
    "numpy.ndarray.squeeze(x, axis=None)",
)
def squeeze(ctx: Context, x: object, axis: object, called: str) -> Tensor:
    """Axes of size 1 taken out; all of them without ``axis``.

    Raises:
        Refused: the axis is not there, or its size is proved not to be 1.
    """
    tensor = as_tensor(x)
    kind = kind_of(called, tensor)
    if isinstance(tensor.shape, Unknown):
        return Tensor(UNKNOWN, tensor.dtype, kind)
    if axis is None or (isinstance(axis, list | tuple) and not axis):
        if not all(isinstance(size, int) for size in tensor.shape):
            # keras.ops keeps dynamic sizes; at run time one of them may be 1.
            if called.startswith("keras.ops") and all(isinstance(size, int | Dynamic) for size in tensor.shape):
                return Tensor(tuple(size for size in tensor.shape if size != 1), tensor.dtype, kind)
            return Tensor(UNKNOWN, tensor.dtype, kind)
        shape = tuple(size for size in tensor.shape if size != 1)
        return Tensor(shape, tensor.dtype, kind, content=same_order(tensor, shape))
    axes = normal_axes(ctx, axis, tensor.shape)
    if isinstance(axes, Unknown):
        return Tensor(UNKNOWN, tensor.dtype, kind)
    for index in axes:
        if proved_different(tensor.shape[index], 1) and isinstance(tensor.shape[index], int):
            raise Refused(AxisOutOfRange(ctx.operation, show_value(axis), tensor.shape))
    shape = tuple(size for index, size in enumerate(tensor.shape) if index not in axes)
    return Tensor(shape, tensor.dtype, kind, content=same_order(tensor, shape))


@function(
    "tensorflow.concat(values, axis, name='concat')",
    "keras.ops.concatenate(xs: values, axis=0)",
    "keras.backend.concatenate(tensors: values, axis=-1)",
    "numpy.concatenate(arrays: values, /, axis=0, out=None, *, dtype=None, casting='same_kind')",
    "numpy.concat(arrays: values, /, axis=0, out=None, *, dtype=None, casting='same_kind')",
)
def concatenate(ctx: Context, values: object, axis: object, called: str = "keras.ops.concatenate") -> Tensor:
    """Tensors joined along an axis that they have.

    Raises:
        Refused: no such axis, other ranks, or other sizes beside the axis.
    """
    if isinstance(values, Many):
        return _joined_many(ctx, as_tensor(values.element), axis, called)
    tensors = tensors_of(values)
    if isinstance(tensors, Unknown) or not tensors:
        return Tensor(UNKNOWN, UNKNOWN, kind_of(called, Tensor()))
    kind, dtype = kind_of(called, *tensors), promoted(called, *tensors)
    if axis is None and called.startswith("numpy."):
        sizes = [UNKNOWN if isinstance(t.shape, Unknown) else product(t.shape) for t in tensors]
        return Tensor((_total(sizes),), dtype, kind)
    known = [tensor.shape for tensor in tensors if not isinstance(tensor.shape, Unknown)]
    if not known or not isinstance(axis, int):
        return Tensor(UNKNOWN, dtype, kind)
    joined = normal_axis(ctx, axis, known[0])
    # keras.ops compares symbolic tensors with the first only.
    pairs = zip(known[:1] * len(known), known[1:]) if kind is Kind.SYMBOLIC else combinations(known[:64], 2)
    for one, other in pairs:
        if contradict_outside(one, other, joined):
            raise Refused(ConcatShapeMismatch(ctx.operation, joined, one, other))
    if len(known) < len(tensors):
        return Tensor(UNKNOWN, dtype, kind)
    if joined:
        note_fixed_batch(ctx, tensors)
    layouts = {tensor.layout for tensor in tensors}
    shape = concatenated(known, joined, symbolic=kind is Kind.SYMBOLIC)
    content = united(tensors, last=joined == len(shape) - 1)
    return Tensor(shape, dtype, kind, layouts.pop() if len(layouts) == 1 else None, content)


def _joined_many(ctx: Context, entry: Tensor, axis: object, called: str) -> Tensor:
    """An unknown number of such tensors, joined along an axis that they have."""
    kind = kind_of(called, entry)
    if axis is None and called.startswith("numpy."):
        return Tensor((UNKNOWN,), entry.dtype, kind)
    if isinstance(entry.shape, Unknown) or not isinstance(axis, int):
        return Tensor(UNKNOWN, entry.dtype, kind)
    place = normal_axis(ctx, axis, entry.shape)
    content = entry.content if isinstance(entry.content, OneHot) and place < len(entry.shape) - 1 else None
    return Tensor(_with_size(entry.shape, place, UNKNOWN), entry.dtype, kind, content=content)


def _total(sizes: Sequence[Dim]) -> Dim:
    total: Dim = 0
    for size in sizes:
        total = add(total, size)
    return total


@function(
    "tensorflow.stack(values, axis=0, name='stack')",
    "keras.ops.stack(x: values, axis=0)",
    "keras.backend.stack(x: values, axis=0)",
    "numpy.stack(arrays: values, axis=0, out=None, *, dtype=None, casting='same_kind')",
)
def stack(ctx: Context, values: object, axis: object, called: str) -> Tensor:
    """Tensors of one shape joined along a new axis.

    Raises:
        Refused: no such place, or other shapes.
    """
    if isinstance(values, Many):
        entry = as_tensor(values.element)
        kind = kind_of(called, entry)
        if isinstance(entry.shape, Unknown) or not isinstance(axis, int):
            return Tensor(UNKNOWN, entry.dtype, kind)
        at = normal_axis(ctx, axis, entry.shape, extra=1)
        return Tensor((*entry.shape[:at], UNKNOWN, *entry.shape[at:]), entry.dtype, kind)
    tensors = tensors_of(values)
    if isinstance(tensors, Unknown) or not tensors:
        return Tensor(UNKNOWN, UNKNOWN, kind_of(called, Tensor()))
    kind = kind_of(called, *tensors)
    dtype = promoted(called, *(values if isinstance(values, list | tuple) else tensors))
    known = [tensor.shape for tensor in tensors if not isinstance(tensor.shape, Unknown)]
    if not known or not isinstance(axis, int):
        return Tensor(UNKNOWN, dtype, kind)
    place = normal_axis(ctx, axis, known[0], extra=1)
    merged = list(known[0])
    for shape in known[1:]:
        if len(shape) != len(merged) or any(map(proved_different, merged, shape)):
            raise Refused(ConcatShapeMismatch(ctx.operation, place, known[0], shape))
        merged = [sharper(a, b) for a, b in zip(merged, shape)]
    if len(known) < len(tensors):
        return Tensor(UNKNOWN, dtype, kind)
    merged.insert(place, len(tensors))
    return Tensor(tuple(merged), dtype, kind, content=united(tensors, last=place == len(merged) - 1))


@function(
    "numpy.vstack(tup: values, *, dtype=None, casting='same_kind')",
    "numpy.hstack(tup: values, *, dtype=None, casting='same_kind')",
    "numpy.dstack(tup: values)",
    "numpy.column_stack(tup: values)",
    "numpy.row_stack(tup: values, *, dtype=None, casting='same_kind')",
    "keras.ops.vstack(xs: values)",
    "keras.ops.hstack(xs: values)",
    "keras.ops.dstack(xs: values)",
)
def pile(ctx: Context, values: object, called: str) -> Tensor:
    """NumPy's stacks by name; they lift tensors to the rank they need."""
    if isinstance(values, Many):
        entry, last = as_tensor(values.element), called.rpartition(".")[2]
        axes = {"vstack": 0, "row_stack": 0, "column_stack": 1, "hstack": 1}
        if entry.rank is not None and entry.rank >= 2 and last in axes:
            return _joined_many(ctx, entry, axes[last], called)
        if entry.rank == 1 and last in ("vstack", "row_stack") and called.startswith("numpy."):
            return Tensor((UNKNOWN, *entry.shape), entry.dtype, kind_of(called, entry))  # type: ignore[misc]
        return Tensor(UNKNOWN, entry.dtype, kind_of(called, entry))
    tensors = tensors_of(values)
    if isinstance(tensors, Unknown) or not tensors:
        return Tensor(UNKNOWN, UNKNOWN, kind_of(called, Tensor()))
    last = called.rpartition(".")[2]
    if called == "keras.ops.vstack" and any(tensor.rank is None or tensor.rank < 2 for tensor in tensors):
        # Keras 3.15 gives (6,) for the vstack of two vectors of 3, not NumPy's (2, 3).
        return Tensor(UNKNOWN, UNKNOWN, kind_of(called, *tensors))
    lifted: list[object] = []
    for tensor in tensors:
        shape = tensor.shape
        if not isinstance(shape, Unknown):
            if last in ("vstack", "row_stack") and len(shape) < 2:
                shape = (1, *(shape or (1,)))
            elif last == "column_stack" and len(shape) < 2:
                shape = (*(shape or (1,)), 1)
            elif last == "dstack" and len(shape) < 3:
                shape = (1, *(shape or (1,)), 1) if len(shape) < 2 else (*shape, 1)
            elif last == "hstack" and not shape:
                shape = (1,)
        lifted.append(Tensor(shape, tensor.dtype, tensor.kind, content=same_order(tensor, shape)))
    first = as_tensor(lifted[0]).shape
    flat = not isinstance(first, Unknown) and len(first) == 1
    axis = {"vstack": 0, "row_stack": 0, "dstack": 2, "column_stack": 1}.get(last, 0 if flat else 1)
    if isinstance(first, Unknown) and last == "hstack":
        return Tensor(UNKNOWN, UNKNOWN, kind_of(called, *tensors))
    return concatenate(ctx, lifted, axis, called)


@function(
    "tensorflow.split(value: x, num_or_size_splits: sections, axis=0, num=None, name='split')",
    "keras.ops.split(x, indices_or_sections: sections, axis=0)",
    "keras.ops.array_split(x, indices_or_sections: sections, axis=0)",
    "numpy.split(ary: x, indices_or_sections: sections, axis=0)",
    "numpy.array_split(ary: x, indices_or_sections: sections, axis=0)",
)
def split(ctx: Context, x: object, sections: object, axis: object, called: str) -> object:
    """A list of parts. A number cuts evenly; TensorFlow's list holds sizes, the others' holds places.

    Raises:
        Refused: no such axis, or the size is proved not to be divisible.
    """
    tensor = as_tensor(x)
    if not isinstance(axis, int):
        return UNKNOWN
    kind = kind_of(called, tensor)
    size: Dim = UNKNOWN
    if not isinstance(tensor.shape, Unknown):
        size = tensor.shape[normal_axis(ctx, axis, tensor.shape)]
    sizes = _section_sizes(ctx, size, sections, called)
    if sizes is None:
        return UNKNOWN
    return [Tensor(_with_size(tensor.shape, axis, part), tensor.dtype, kind, tensor.layout) for part in sizes]


def _with_size(shape: AnyShape, axis: int, size: Dim) -> AnyShape:
    if isinstance(shape, Unknown):
        return UNKNOWN
    place = axis % len(shape)
    return (*shape[:place], size, *shape[place + 1 :])


def _section_sizes(ctx: Context, size: Dim, sections: object, called: str) -> list[Dim] | None:
    if isinstance(sections, int) and not isinstance(sections, bool) and 0 < sections <= 256:
        if not isinstance(size, int):
            part = DYNAMIC if isinstance(size, Dynamic) else UNKNOWN
            return [part] * sections
        if called.endswith(".array_split"):
            return [(size + sections - 1 - index) // sections for index in range(sections)]
        if size % sections:
            wanted = f"a divisor of the size {size}"
            raise Refused(ArgumentSize(ctx.operation, "sections", str(sections), wanted))
        return [size // sections] * sections
    if not isinstance(sections, list | tuple) or not all(isinstance(part, int) for part in sections):
        return None
    numbers = [part for part in sections if isinstance(part, int)]
    if called.startswith("tensorflow."):
        if -1 in numbers:
            rest = add(size, -sum(part for part in numbers if part != -1))
            return [rest if part == -1 else part for part in numbers]
        if isinstance(size, int) and sum(numbers) != size:
            raise Refused(ArgumentSize(ctx.operation, "num_or_size_splits", str(numbers), f"sizes that sum to {size}"))
        return list(numbers)
    if not isinstance(size, int) or any(part < 0 or part > size for part in numbers) or sorted(numbers) != numbers:
        return [UNKNOWN] * (len(numbers) + 1)
    return [after - before for before, after in zip([0, *numbers], [*numbers, size])]


@function(
    "tensorflow.unstack(value: x, num=None, axis=0, name='unstack')",
    "keras.ops.unstack(x, num=None, axis=0)",
    "numpy.unstack(x, /, *, axis=0)",
)
def unstack(ctx: Context, x: object, axis: object, called: str, num: object = None) -> object:
    """A list of tensors, one for each place along the axis."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or not isinstance(axis, int):
        return UNKNOWN
    place = normal_axis(ctx, axis, tensor.shape)
    size = tensor.shape[place]
    count = size if isinstance(size, int) else num
    if not isinstance(count, int) or count > 256:
        return UNKNOWN
    shape = tensor.shape[:place] + tensor.shape[place + 1 :]
    return [Tensor(shape, tensor.dtype, kind_of(called, tensor))] * count


@function(
    "tensorflow.tile(input: x, multiples: repeats, name=None)",
    "keras.ops.tile(x, repeats)",
    "keras.backend.tile(x, n: repeats)",
    "numpy.tile(A: x, reps: repeats)",
)
def tile(ctx: Context, x: object, repeats: object, called: str) -> Tensor:
    """The tensor laid side by side, as often along each axis as ``repeats`` says."""
    tensor = as_tensor(x)
    kind = kind_of(called, tensor)
    if called.startswith(("tensorflow.", "keras.backend.")) and isinstance(repeats, int):
        repeats = (repeats,)
    times = read.dims((repeats,) if isinstance(repeats, int) else repeats)
    if not isinstance(times, Unknown) and tensor.kind is not Kind.SYMBOLIC:
        times = target_shape(ctx, repeats)
    if isinstance(tensor.shape, Unknown) or isinstance(times, Unknown):
        return Tensor(UNKNOWN, tensor.dtype, kind)
    shape = tensor.shape
    if len(times) != len(shape):
        if called.startswith(("tensorflow.", "keras.backend.")):
            raise Refused(ArgumentSize(ctx.operation, "multiples", show_value(times), f"{len(shape)} numbers"))
        rank = max(len(shape), len(times))
        shape = (1,) * (rank - len(shape)) + shape
        times = (1,) * (rank - len(times)) + times
    return Tensor(tuple(map(multiply, shape, times)), tensor.dtype, kind)


@function(
    "tensorflow.repeat(input: x, repeats, axis=None, name=None)",
    "keras.ops.repeat(x, repeats, axis=None)",
    "keras.backend.repeat_elements(x, rep: repeats, axis)",
    "numpy.repeat(a: x, repeats, axis=None)",
    "numpy.ndarray.repeat(x, repeats, axis=None)",
)
def repeat(ctx: Context, x: object, repeats: object, axis: object, called: str) -> Tensor:
    """Each entry several times over; without an axis of the flattened tensor."""
    tensor = as_tensor(x)
    kind = kind_of(called, tensor)
    if isinstance(tensor.shape, Unknown):
        return Tensor((UNKNOWN,) if axis is None else UNKNOWN, tensor.dtype, kind)
    times = read.dim(repeats) if is_whole(repeats) else UNKNOWN
    if axis is None:
        content = same_entries(tensor) if isinstance(times, int) and times > 0 else None
        return Tensor((multiply(product(tensor.shape), times),), tensor.dtype, kind, content=content)
    if not isinstance(axis, int):
        return Tensor(UNKNOWN, tensor.dtype, kind)
    place = normal_axis(ctx, axis, tensor.shape)
    return Tensor(
        _with_size(tensor.shape, place, multiply(tensor.shape[place], times)), tensor.dtype, kind, tensor.layout
    )


@function("keras.backend.repeat(x, n)")
def repeat_vector(ctx: Context, x: object, n: object, called: str) -> Tensor:
    """``(batch, features)`` to ``(batch, n, features)``."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or len(tensor.shape) != 2:
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    return Tensor((tensor.shape[0], read.dim(n), tensor.shape[1]), tensor.dtype, kind_of(called, tensor))


@function(
    "tensorflow.pad(tensor: x, paddings: width, mode='CONSTANT', constant_values=0, name=None)",
    "keras.ops.pad(x, pad_width: width, mode='constant', constant_values=None)",
    "numpy.pad(array: x, pad_width: width, mode='constant', **kwargs)",
)
def pad(ctx: Context, x: object, width: object, called: str) -> Tensor:
    """Entries added before and after along each axis; ``width`` holds a pair for each.

    Raises:
        Refused: another number of pairs than axes.
    """
    tensor = as_tensor(x)
    kind = kind_of(called, tensor)
    if isinstance(tensor.shape, Unknown):
        return Tensor(UNKNOWN, tensor.dtype, kind)
    rank = len(tensor.shape)
    unknown = Tensor((UNKNOWN,) * rank, tensor.dtype, kind, tensor.layout)
    if isinstance(width, int) and not isinstance(width, bool) and not called.startswith("tensorflow."):
        width = [(width, width)] * rank
    if not isinstance(width, list | tuple) or not all(isinstance(pair, list | tuple) for pair in width):
        return unknown
    if len(width) == 1 and not called.startswith("tensorflow."):
        width = list(width) * rank
    pairs = [tuple(map(read.dim, pair)) for pair in width if isinstance(pair, list | tuple)]
    if len(pairs) != rank:
        raise Refused(ArgumentSize(ctx.operation, "paddings", show_value(tuple(width)), f"{rank} pairs"))
    if any(len(pair) != 2 for pair in pairs):
        return unknown
    shape = tuple(add(size, add(before, after)) for size, (before, after) in zip(tensor.shape, pairs))
    return Tensor(shape, tensor.dtype, kind, tensor.layout)


@function(
    "keras.backend.spatial_2d_padding(x, padding=((1, 1), (1, 1)), data_format=None)",
    "keras.backend.spatial_3d_padding(x, padding=((1, 1), (1, 1), (1, 1)), data_format=None)",
    "keras.backend.temporal_padding(x, padding=(1, 1))",
)
def spatial_padding(
    ctx: Context, x: object, padding: object, called: str, data_format: object = "channels_last"
) -> Tensor:
    """Zeros around the image."""
    tensor = as_tensor(x)
    rank = {"spatial_2d_padding": 2, "spatial_3d_padding": 3}.get(called.rpartition(".")[2], 1)
    layout = read.data_format(ctx, data_format)
    margins = read.margins(ctx, "padding", padding, rank)
    if isinstance(tensor.shape, Unknown) or isinstance(layout, Unknown) or len(tensor.shape) != rank + 2:
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    sizes = list(tensor.shape)
    first = 1 if layout == "channels_last" else 2
    for index, (before, after) in enumerate(margins, start=first):
        sizes[index] = add(sizes[index], add(before, after))
    return Tensor(tuple(sizes), tensor.dtype, kind_of(called, tensor), layout)


@function(
    "tensorflow.reverse(tensor: x, axis, name=None)",
    "keras.ops.flip(x, axis=None)",
    "keras.backend.reverse(x, axes: axis)",
    "numpy.flip(m: x, axis=None)",
    "tensorflow.roll(input: x, shift, axis, name=None)",
    "keras.ops.roll(x, shift, axis=None)",
    "numpy.roll(a: x, shift, axis=None)",
    "numpy.fliplr(m: x)",
    "numpy.flipud(m: x)",
    "keras.ops.fliplr(x)",
    "keras.ops.flipud(x)",
)
def flip(ctx: Context, x: object, called: str, axis: object = None) -> Tensor:
    """The same shape, its entries in another order along the axes."""
    tensor = as_tensor(x)
    if axis is not None and not isinstance(tensor.shape, Unknown):
        normal_axes(ctx, axis, tensor.shape)
    return Tensor(tensor.shape, tensor.dtype, kind_of(called, tensor), tensor.layout)


@function("numpy.rot90(m: x, k=1, axes=(0, 1))", "keras.ops.rot90(array: x, k=1, axes=(0, 1))")
def rot90(ctx: Context, x: object, k: object, axes: object, called: str) -> Tensor:
    """A quarter turn in the plane of two axes."""
    tensor = as_tensor(x)
    plane = read.axes(axes)
    if isinstance(tensor.shape, Unknown) or isinstance(plane, Unknown) or not isinstance(k, int) or len(plane) != 2:
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    return (
        swapaxes(ctx, tensor, *plane, called) if k % 2 else Tensor(tensor.shape, tensor.dtype, kind_of(called, tensor))
    )


@function(
    "tensorflow.broadcast_to(input: x, shape: target, name=None)",
    "keras.ops.broadcast_to(x, shape: target)",
    "numpy.broadcast_to(array: x, shape: target, subok=False)",
)
def broadcast_to(ctx: Context, x: object, target: object, called: str) -> Tensor:
    """The tensor repeated along axes of size 1 until it has the shape.

    Raises:
        Refused: it can't have that shape.
    """
    tensor = as_tensor(x)
    kind = kind_of(called, tensor)
    wanted = read.dims(target) if tensor.kind in (Kind.SYMBOLIC, Kind.UNKNOWN) else target_shape(ctx, target)
    if isinstance(wanted, Unknown):
        return Tensor(UNKNOWN, tensor.dtype, kind)
    if not isinstance(tensor.shape, Unknown) and -1 not in wanted:
        shape = tensor.shape
        pairs = list(zip(reversed(shape), reversed(wanted)))
        if len(shape) > len(wanted) or any(
            broadcast_dims(a, b) is None or (b == 1 and _above_one(a)) for a, b in pairs
        ):
            raise Refused(MergeShapeMismatch(ctx.operation, shape, wanted))
        batch = wanted[0] if wanted else UNKNOWN
        if tensor.is_symbolic and len(shape) == len(wanted) > 1 and isinstance(shape[0], Dynamic) and _above_one(batch):
            assert isinstance(batch, int)
            ctx.note(HardCodedBatch(ctx.operation, shape, wanted, batch))
    return Tensor(tuple(UNKNOWN if size == -1 else size for size in wanted), tensor.dtype, kind)


def _above_one(size: Dim) -> bool:
    return isinstance(size, int) and size > 1


@function(
    "tensorflow.gather(params: x, indices, validate_indices=None, axis=None, batch_dims=0, name=None)",
    "tensorflow.nn.embedding_lookup(params: x, ids: indices, max_norm=None, name=None)",
    "keras.ops.take(x, indices, axis=None)",
    "keras.backend.gather(reference: x, indices)",
    "numpy.take(a: x, indices, axis=None, out=None, mode='raise')",
    "numpy.ndarray.take(x, indices, axis=None, out=None, mode='raise')",
)
def take(ctx: Context, x: object, indices: object, called: str, axis: object = None, batch_dims: object = 0) -> Tensor:
    """The entries at the indices along one axis; TensorFlow's default is the first, NumPy's the flattened."""
    tensor, places = as_tensor(x), as_tensor(indices)
    kind = kind_of(called, tensor, places)
    if isinstance(tensor.shape, Unknown) or isinstance(places.shape, Unknown) or batch_dims != 0:
        return Tensor(UNKNOWN, tensor.dtype, kind)
    if axis is None:
        if called.startswith(("numpy.", "keras.ops.")):
            return Tensor(places.shape, tensor.dtype, kind)
        axis = 0
    if not isinstance(axis, int):
        return Tensor(UNKNOWN, tensor.dtype, kind)
    place = normal_axis(ctx, axis, tensor.shape)
    shape = (*tensor.shape[:place], *places.shape, *tensor.shape[place + 1 :])
    content = some_rows(tensor, shape) if place == 0 else None
    return Tensor(shape, tensor.dtype, kind, content=content)


@function(
    "tensorflow.one_hot(indices: x, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None)",
    "keras.ops.one_hot(x, num_classes: depth, axis=-1, dtype=None, sparse=False)",
    "keras.backend.one_hot(indices: x, num_classes: depth)",
    "keras.utils.to_categorical(x, num_classes: depth=None)",
)
def one_hot(
    ctx: Context,
    x: object,
    depth: object,
    called: str,
    axis: object = -1,
    dtype: object = None,
    on_value: object = None,
    off_value: object = None,
) -> Tensor:
    """One axis more, of as many entries as there are classes.

    ``to_categorical`` drops a last axis of size 1 and answers arrays in ``float64``.
    """
    tensor = as_tensor(x)
    classes = _class_count(x) if depth is None else read.dim(depth)
    utility = called.startswith("keras.utils.")
    content = tensor.content if isinstance(x, Tensor) else literal_content(x, tensor.shape)
    if utility and tensor.kind is Kind.ARRAY and isinstance(content, Classes) and isinstance(classes, int):
        _check_depth(ctx, content, classes)
    kind = Kind.ARRAY if utility and tensor.kind in (Kind.ARRAY, Kind.UNKNOWN) else kind_of(called, tensor)
    default: str | Unknown = "float32"
    if utility and tensor.kind in (Kind.ARRAY, Kind.UNKNOWN):
        default = "float64" if tensor.kind is Kind.ARRAY else UNKNOWN
    found = dtype_of(dtype, default)
    place = -1 if axis is None else axis
    if isinstance(tensor.shape, Unknown) or not isinstance(place, int):
        return Tensor(UNKNOWN, found, kind)
    shape = tensor.shape
    if utility and len(shape) > 1:
        if isinstance(shape[-1], int):
            shape = shape[:-1] if shape[-1] == 1 else shape
        else:
            return Tensor(UNKNOWN, found, kind)
    at = normal_axis(ctx, place, shape, extra=1)
    plain = at == len(shape) and on_value in (None, 1) and off_value in (None, 0)
    return Tensor((*shape[:at], classes, *shape[at:]), found, kind, content=OneHot() if plain else None)


def _check_depth(ctx: Context, labels: Classes, classes: int) -> None:
    """Measured with Keras 3.15: below 0 NumPy's index counts from the end; TensorFlow's tensors get rows of zeros."""
    if labels.high >= classes or labels.low < -classes:
        ctx.fault(ClassesBeyondDepth(ctx.operation, labels.low, labels.high, classes))


def _class_count(labels: object) -> Dim:
    """Classes that ``to_categorical`` finds in labels: the largest and one."""
    tensor = as_tensor(labels)
    content = tensor.content if isinstance(labels, Tensor) else literal_content(labels, tensor.shape)
    return content.high + 1 if isinstance(content, Classes) and content.high >= 0 else UNKNOWN


@function(
    "tensorflow.slice(input_: x, begin, size, name=None)",
    "keras.ops.slice(inputs: x, start_indices: begin, shape: size)",
)
def slice_of(ctx: Context, x: object, begin: object, size: object, called: str) -> Tensor:
    """A block of the tensor; ``-1`` in TensorFlow's sizes means the rest."""
    tensor = as_tensor(x)
    sizes, starts = read.dims(size), read.dims(begin)
    kind = kind_of(called, tensor)
    if isinstance(sizes, Unknown):
        return Tensor(UNKNOWN, tensor.dtype, kind)
    if -1 in sizes:
        if isinstance(tensor.shape, Unknown) or isinstance(starts, Unknown) or len(starts) != len(tensor.shape):
            return Tensor((UNKNOWN,) * len(sizes), tensor.dtype, kind)
        rest = [add(whole, -start) if isinstance(start, int) else UNKNOWN for whole, start in zip(tensor.shape, starts)]
        sizes = tuple(left if part == -1 else part for part, left in zip(sizes, rest))
    return Tensor(sizes, tensor.dtype, kind, tensor.layout)


@function(
    "tensorflow.nn.space_to_depth(input: x, block_size, data_format='NHWC', name=None)",
    "tensorflow.nn.depth_to_space(input: x, block_size, data_format='NHWC', name=None)",
)
def exchange_depth(ctx: Context, x: object, block_size: object, data_format: object, called: str) -> Tensor:
    """Blocks of pixels become channels, or channels blocks."""
    tensor = as_tensor(x)
    kind, block = kind_of(called, tensor), read.dim(block_size)
    if isinstance(tensor.shape, Unknown) or len(tensor.shape) != 4 or data_format != "NHWC":
        return Tensor((UNKNOWN,) * 4, tensor.dtype, kind)
    batch, height, width, channels = tensor.shape
    area = multiply(block, block)
    if called.endswith("depth_to_space"):
        shape = (batch, multiply(height, block), multiply(width, block), floor_divide(channels, area))
    else:
        shape = (batch, floor_divide(height, block), floor_divide(width, block), multiply(channels, area))
    return Tensor(shape, tensor.dtype, kind, "channels_last")


@function("numpy.atleast_2d(*rest)", "numpy.atleast_3d(*rest)", "numpy.atleast_1d(*rest)")
def at_least(ctx: Context, rest: tuple[object, ...], called: str) -> object:
    """Axes of size 1 put in front until there are enough (``atleast_3d``: around)."""
    if len(rest) != 1:
        return UNKNOWN
    tensor = as_tensor(rest[0])
    shape, rank = tensor.shape, int(called[-2])
    if isinstance(shape, Unknown) or (rank == 3 and len(shape) < 3):
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    return Tensor((1,) * (rank - len(shape)) + shape, tensor.dtype, kind_of(called, tensor))


@function("numpy.append(arr: x, values, axis=None)")
def append(ctx: Context, x: object, values: object, axis: object, called: str) -> Tensor:
    """Two arrays joined; flattened without an axis."""
    return concatenate(ctx, [as_tensor(x), as_tensor(values)], axis, called)


@function("numpy.cumsum(a: x, axis=None, dtype=None, out=None)", "numpy.cumprod(a: x, axis=None, dtype=None, out=None)",
          "keras.ops.cumsum(x, axis=None, dtype=None)")  # fmt: skip
def cumulate(ctx: Context, x: object, axis: object, called: str) -> Tensor:
    """Running totals; flattened without an axis."""
    tensor = as_tensor(x)
    if axis is None and not isinstance(tensor.shape, Unknown):
        return Tensor((product(tensor.shape),), UNKNOWN, kind_of(called, tensor))
    return Tensor(tensor.shape, UNKNOWN, kind_of(called, tensor))


@function("tensorflow.image.extract_patches(images: x, sizes, strides, rates, padding, name=None)")
def image_patches(
    ctx: Context, x: object, sizes: object, strides: object, rates: object, padding: object, called: str
) -> Tensor:
    """Patches of an image in the channels: ``(batch, h', w', kh * kw * channels)``."""
    tensor = as_tensor(x)
    kind = kind_of(called, tensor)
    numbers = [read.axes(value) for value in (sizes, strides, rates)]
    if isinstance(tensor.shape, Unknown) or len(tensor.shape) != 4 or padding not in ("SAME", "VALID"):
        return Tensor((UNKNOWN,) * 4, tensor.dtype, kind)
    if any(isinstance(value, Unknown) or len(value) != 4 for value in numbers):
        return Tensor((UNKNOWN,) * 4, tensor.dtype, kind)
    window, steps, gaps = (value for value in numbers if not isinstance(value, Unknown))
    places: list[Dim] = []
    for index in (1, 2):
        extent = (window[index] - 1) * gaps[index] + 1
        size = tensor.shape[index] if padding == "SAME" else add(tensor.shape[index], 1 - extent)
        places.append(ceil_divide(size, steps[index]))
    depth = multiply(tensor.shape[3], window[1] * window[2])
    return Tensor((tensor.shape[0], *places, depth), tensor.dtype, kind)


@function(
    "keras.ops.hsplit(x, indices_or_sections: sections)",
    "keras.ops.vsplit(x, indices_or_sections: sections)",
    "keras.ops.dsplit(x, indices_or_sections: sections)",
    "numpy.hsplit(ary: x, indices_or_sections: sections)",
    "numpy.vsplit(ary: x, indices_or_sections: sections)",
    "numpy.dsplit(ary: x, indices_or_sections: sections)",
)
def split_along(ctx: Context, x: object, sections: object, called: str) -> object:
    """Cut along the second axis (the only one of a vector), the first, or the third."""
    tensor = as_tensor(x)
    axis = {"vsplit": 0, "dsplit": 2}.get(called.rpartition(".")[2], 0 if tensor.rank == 1 else 1)
    return split(ctx, x, sections, axis, called)
