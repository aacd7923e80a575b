"""What reshaping means for sizes, for layers and functions alike."""

from __future__ import annotations

from collections.abc import Sequence

from convlint.catalog.context import Context, Refused
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import FixedBatchBeside, ReshapeSizeMismatch
from convlint.shapes.dims import UNKNOWN, Dim, Dynamic, Linear, Unknown, add, floor_divide, product, proved_different
from convlint.shapes.shape import Shape


def infer_reshape(ctx: Context, source: Shape, target: Shape) -> Shape:
    """The target with its ``-1`` worked out.

    Args:
        ctx: for the operation's name.
        source: sizes before, without dynamic ones.
        target: sizes after; at most one ``-1``, and no dynamic ones.

    Returns:
        The target; the inferred size is unknown where the numbers are.

    Raises:
        Refused: the element counts are proved to differ. Which of the sizes was meant is not
            known, so nothing goes on with any of them.

    Source: ``keras/src/ops/operation_utils.py``, ``compute_reshape_output_shape``.
    """
    before = product(source)
    if -1 not in target:
        after = product(target)
        if proved_different(before, after):
            raise Refused(ReshapeSizeMismatch(ctx.operation, source, target, before, after))
        return target
    rest = product(tuple(size for size in target if size != -1))
    inferred: Dim = UNKNOWN
    if isinstance(before, int) and isinstance(rest, int):
        if rest == 0 or before % rest:
            raise Refused(ReshapeSizeMismatch(ctx.operation, source, target, before, rest))
        inferred = before // rest
    elif isinstance(before, Linear):
        # The symbols cancel, or nothing is said: whether the division is even is not known.
        inferred = _quotient(before, rest, source, target)
    return tuple(inferred if size == -1 else size for size in target)


def _quotient(before: Dim, rest: Dim, source: Shape, target: Shape) -> Dim:
    if isinstance(rest, int) and isinstance(before, Linear) and rest > 0:
        even = before.offset % rest == 0 and all(factor % rest == 0 for _, factor in before.factors)
        return floor_divide(before, rest) if even else UNKNOWN
    left = list(source)
    for size in target:
        if size != -1 and size in left:
            left.remove(size)
        elif size != -1:
            return UNKNOWN
    return product(tuple(left))


def contradict_outside(first: Shape, second: Shape, axis: int) -> bool:
    """Whether two shapes can't be joined along the axis: other ranks, or other sizes beside it."""
    if len(first) != len(second):
        return True
    joined = axis % len(first)
    return any(index != joined and proved_different(a, b) for index, (a, b) in enumerate(zip(first, second)))


def concatenated(shapes: list[Shape], axis: int, *, symbolic: bool) -> Shape:
    """Shape of a concatenation of shapes that agree.

    Beside the joined axis Keras takes the first tensor's sizes while it is ``symbolic``;
    TensorFlow lets known sizes win over dynamic ones.
    """
    joined = axis % len(shapes[0])
    sizes = list(shapes[0])
    for shape in shapes[1:]:
        for index, size in enumerate(shape):
            if index == joined:
                sizes[index] = add(sizes[index], size)
            elif not symbolic or isinstance(sizes[index], Unknown):
                sizes[index] = sharper(sizes[index], size)
    return tuple(sizes)


def sharper(a: Dim, b: Dim) -> Dim:
    """The better known of two sizes that are the same."""
    for kind in (int, Linear, Dynamic):
        found = next((size for size in (a, b) if isinstance(size, kind)), None)
        if found is not None:
            both = isinstance(a, Dynamic) and isinstance(b, Dynamic)
            return found if kind is not Dynamic or both else UNKNOWN
    return UNKNOWN


def note_fixed_batch(ctx: Context, tensors: Sequence[Tensor]) -> None:
    """State an array of more than one sample that is joined with, or added to, tensors whose batch is free.

    Source: measured with Keras 3.15: the model is built, and each batch of another size raises.
    """
    shapes = [tensor.shape for tensor in tensors if not isinstance(tensor.shape, Unknown)]
    if len(shapes) < len(tensors) or min(map(len, shapes), default=0) < 2 or len(set(map(len, shapes))) > 1:
        return
    free = [shape for tensor, shape in zip(tensors, shapes) if tensor.is_symbolic and isinstance(shape[0], Dynamic)]
    made = [shape for tensor, shape in zip(tensors, shapes) if tensor.kind in (Kind.ARRAY, Kind.EAGER)]
    fixed = next((shape for shape in made if isinstance(shape[0], int) and shape[0] > 1), None)
    if free and fixed is not None and isinstance(fixed[0], int):
        ctx.note(FixedBatchBeside(ctx.operation, fixed, free[0], fixed[0]))
