"""What all layers have in common: construction, building, repeated calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import ClassVar, TypeVar

from convlint.catalog.context import Context, Refused
from convlint.catalog.kernels import CONVOLUTION, DEPTHWISE, TRANSPOSED, from_oihw
from convlint.catalog.spatial import channel_axis
from convlint.catalog.tensor import Content, Kind, Tensor
from convlint.lazy import dataclass
from convlint.problems import (
    InputRankMismatch,
    MergeInputsNotList,
    MixedDataFormatSilent,
    Problem,
    SharedLayerShapeChange,
    UndefinedFeatureDim,
    WeightsShapeMismatch,
)
from convlint.shapes.dims import UNKNOWN, Dim, Dynamic, Unknown, product, proved_different
from convlint.shapes.shape import AnyShape, Shape

Answer = TypeVar("Answer")

BASE_KEYWORDS = frozenset(
    {
        "name",
        "dtype",
        "trainable",
        "autocast",
        "activity_regularizer",
        "input_shape",
        "batch_input_shape",
        "batch_shape",
        "input_dim",
        "batch_size",
        "input_length",
        "weights",
        "dynamic",
    }
)
"""Keywords that ``keras.Layer`` itself takes, in one generation or another."""

KERAS2_KEYWORDS = frozenset(
    {"fused", "virtual_batch_size", "adjustment", "renorm", "renorm_clipping", "renorm_momentum", "time_major",
     "implementation"}
)  # fmt: skip
"""Keywords of normalization and recurrent layers that ended with Keras 2."""


@dataclass(frozen=True)
class Built:
    """What the first call fixed: the input it saw and the weights it made."""

    input_shape: AnyShape
    weights: Mapping[str, Shape]
    fixed: frozenset[str] = frozenset()
    """Names of the weights that training does not change."""

    @property
    def parameters(self) -> Dim:
        """Number of weights, trainable or not."""
        return _count(self.weights.values())

    @property
    def trainable_parameters(self) -> Dim:
        """Number of weights that training changes."""
        return _count(shape for name, shape in self.weights.items() if name not in self.fixed)


def _count(shapes: Iterable[Shape]) -> Dim:
    total = 0
    for shape in shapes:
        size = product(shape)
        if not isinstance(size, int):
            return UNKNOWN
        total += size
    return total


_FIXED = frozenset(
    {"moving_mean", "moving_variance", "moving_stddev", "renorm_mean", "renorm_stddev", "mean", "variance", "count",
     "vector_u"}
)  # fmt: skip
"""Weights that layers make with ``trainable=False``."""


@dataclass(frozen=True)
class Call:
    """One call of a layer object.

    Attributes:
        inputs: a Tensor, a list or tuple of them, or anything else (then unknown).
        built: what an earlier call on the same layer object fixed, or None.
        more: what the call gives by position after its first argument.
        keywords: what it gives by name (``value`` of an attention, ``initial_state``).
        open_ended: whether it may give more that is not known (``**data``).
    """

    inputs: object
    built: Built | None = None
    more: Sequence[object] = ()
    keywords: Mapping[str, object] = field(default_factory=dict)
    open_ended: bool = False

    def argument(self, name: str, place: int) -> object:
        """An argument after the first, by name or by its place; None where it is not given."""
        return self.more[place - 1] if place <= len(self.more) else self.keywords.get(name)

    @property
    def unknown(self) -> tuple[object, Built]:
        """The answer where nothing is known of the call."""
        return UNKNOWN, self.built or Built(UNKNOWN, {})


@dataclass(frozen=True)
class Misread:
    """A layer takes one axis for another. ``silent`` is how that is told where Keras does not raise."""

    silent: Problem

    def state(self, ctx: Context, compute: Callable[[], Answer]) -> Answer:
        """Compute what the layer makes of it.

        Raises:
            Refused: Keras raises over the very axes; the problem is told as the class that ``silent`` derives from.
        """
        before = len(ctx.noted)
        try:
            answer = compute()
        except Refused as refusal:
            del ctx.noted[before:]
            raises = type(self.silent).__mro__[1]
            raise Refused(raises(**vars(self.silent))) from refusal
        ctx.note(self.silent)
        return answer


def is_float(dtype: str | Unknown) -> bool:
    """Whether this is proved to be a floating-point type."""
    return isinstance(dtype, str) and dtype.startswith(("float", "bfloat"))


def _compute_dtype(dtype: object) -> str | Unknown:
    """The type in which a layer of this ``dtype`` computes."""
    if dtype is None:
        return "float32"
    return dtype.removeprefix("mixed_") if isinstance(dtype, str) else UNKNOWN


def spreads(given: Shape, wanted: Shape) -> bool:
    """Whether an array may fill a weight: its axes, counted from the end, are the weight's or 1, as far as is known."""
    if len(given) > len(wanted):
        return False
    return not any(proved_different(a, b) and a != 1 for a, b in zip(reversed(given), reversed(wanted)))


def weights_mismatch(operation: str, weight: str, wanted: Shape, given: Shape) -> WeightsShapeMismatch:
    """The fault, with the order of axes that would fit: PyTorch's to Keras', or the two axes of a matrix exchanged."""
    rank = len(given)
    orders = [from_oihw(rank - 2, order) for order in (CONVOLUTION, TRANSPOSED, DEPTHWISE)] if rank > 2 else []
    orders += [(*range(rank - 2), rank - 1, rank - 2)] if rank > 1 else []
    fitting = (order for order in orders if tuple(given[axis] for axis in order) == wanted)
    return WeightsShapeMismatch(operation, weight, wanted, given, next(fitting, ()))


class Layer:
    """A layer with its configuration.

    A subclass reads its arguments in :meth:`configure`, names its weights in :meth:`weights`
    and computes its output in :meth:`output`. All three refuse by raising ``Refused`` exactly
    where Keras raises. Instances are never changed after construction.
    """

    ranks: ClassVar[tuple[int, ...]] = ()
    """Accepted input ranks, batch included; empty for any."""
    min_rank: ClassVar[int] = 1
    passed_on: ClassVar[frozenset[str]] = frozenset()
    """Keywords that the constructor does not list and hands to its base class through ``**kwargs``."""
    closed: ClassVar[bool] = False
    """Whether the constructor of Keras 3 takes no keywords but those it lists."""
    keeps_integers: ClassVar[bool] = False
    """Whether an output made of integers is one of integers, also while a model is put together."""
    takes_numbers: ClassVar[bool] = False
    """Whether it makes tensors of Python's own numbers and texts when it is called on them."""
    takes_many: ClassVar[bool] = False
    """Whether the layer is called on a list of tensors."""
    wants_list: ClassVar[bool] = False
    """Whether it refuses a tensor alone, and tensors one by one."""

    def __init__(self, ctx: Context, arguments: Mapping[str, object]) -> None:
        self.arguments = arguments
        self.compute_dtype = _compute_dtype(arguments.get("dtype"))
        self.configure(ctx)

    def configure(self, ctx: Context) -> None:
        """Read and check the constructor's arguments."""

    @property
    def kept_data_format(self) -> object:
        """The layout in the layer's attribute of that name, None where it has none."""
        return getattr(self, "data_format", None)

    def feature_axis(self) -> int | None:
        """The input axis that the weights depend on (may be negative), or None."""
        return None

    def weights(self, ctx: Context, x: Tensor) -> Mapping[str, Shape]:
        """Name and shape of each weight that a first call on ``x`` makes."""
        return {}

    def fixed(self, names: Iterable[str]) -> frozenset[str]:
        """Those of the layer's weights that training does not change."""
        if self.arguments.get("trainable", True) is False:
            return frozenset(names)
        return frozenset(name for name in names if name.rpartition("/")[2] in _FIXED)

    def built_on(self, ctx: Context, x: Tensor) -> Built:
        """What a first call on ``x`` fixes."""
        made = self.weights(ctx, x)
        self._check_initializers(ctx, made)
        return Built(x.shape, made, self.fixed(made))

    def autocast(self, x: Tensor) -> Tensor:
        """The input as the layer sees it: arrays become tensors, floats of any width have its ``compute_dtype``.

        Source: ``Layer.__call__`` converts float inputs unless ``autocast=False``; integers stay. While a
        model is put together most layers say ``compute_dtype`` of their output without looking at the input
        (``Layer.compute_output_spec``); called on integers some of them return integers, others raise.
        """
        kind = Kind.EAGER if x.kind is Kind.ARRAY else x.kind
        cast = self.arguments.get("autocast", True)
        dtype = x.dtype
        if is_float(dtype):
            dtype = dtype if cast is False else self.compute_dtype if cast is True else UNKNOWN
        elif not self.keeps_integers:
            dtype = self.compute_dtype if kind is Kind.SYMBOLIC else UNKNOWN
        return replace(x, kind=kind, dtype=dtype, origin=None)

    def output(self, ctx: Context, x: Tensor) -> object:
        """What a call on ``x`` returns: a Tensor, or a tuple or list of them."""
        return Tensor(kind=x.kind)

    def content(self, ctx: Context, x: Tensor, output: Tensor) -> Content | None:
        """What is proved of the values that a call on ``x`` returns; shape and dtype are those of ``output``."""
        return None

    def merge(self, ctx: Context, tensors: list[Tensor]) -> object:
        """What a call on a list returns, for layers with ``takes_many``."""
        return Tensor()

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        """Call the layer.

        Args:
            ctx: the surroundings; ``ctx.operation`` names the layer.
            call: what the program gives.

        Returns:
            The output, and what is fixed from now on.
        """
        inputs, built = call.inputs, call.built
        if self.takes_many:
            if isinstance(inputs, list | tuple) and inputs and all(isinstance(part, Tensor) for part in inputs):
                tensors = [self.autocast(part) for part in inputs if isinstance(part, Tensor)]
                return self.merge(ctx, tensors), built or Built(UNKNOWN, {})
            self._refuse_unlisted(ctx, call)
            return call.unknown
        x = inputs[0] if isinstance(inputs, list | tuple) and len(inputs) == 1 else inputs
        if not isinstance(x, Tensor):
            return call.unknown
        self._check_rank(ctx, x)
        misread = self.misread(ctx, x)
        if misread is None:
            return self._computed(ctx, x, built)
        output, built = misread.state(ctx, lambda: self._computed(ctx, x, built))
        if isinstance(output, Tensor) and output.layout != x.layout:
            output = replace(output, layout=None)  # told once: what the channels are now is anybody's guess
        return output, built

    def _computed(self, ctx: Context, x: Tensor, built: Built | None) -> tuple[object, Built]:
        self._check_features(ctx, x, built)
        x = self.autocast(x)
        if built is None or isinstance(built.input_shape, Unknown):
            built = self.built_on(ctx, x)
        result = self.output(ctx, x)
        if isinstance(result, Tensor):
            result = replace(result, content=self.content(ctx, x, result))
        return result, built

    def _check_initializers(self, ctx: Context, weights: Mapping[str, Shape]) -> None:
        """An array that shall fill a weight has its shape, or is spread over it.

        Source: measured with Keras 3.15: an array given directly must have the very shape; ``Constant(array)`` is
        broadcast. Only what neither takes is refused here.
        """
        for name, shape in weights.items():
            given = self.arguments.get(f"{name}_initializer")
            if isinstance(given, Tensor) and not isinstance(given.shape, Unknown) and not spreads(given.shape, shape):
                raise Refused(weights_mismatch(ctx.operation, name, shape, given.shape))

    def misread(self, ctx: Context, x: Tensor) -> Misread | None:
        """How the layer misreads the axes of a tensor whose layout is known."""
        wanted = getattr(self, "data_format", None)
        if x.layout is None or not isinstance(wanted, str) or wanted == x.layout or isinstance(x.shape, Unknown):
            return None
        if len(x.shape) < 4:
            return None
        taken, axis = x.shape[channel_axis(wanted)], channel_axis(x.layout) % len(x.shape)
        return Misread(MixedDataFormatSilent(ctx.operation, x.shape, wanted, x.layout, taken, x.shape[axis], axis))

    def _refuse_unlisted(self, ctx: Context, call: Call) -> None:
        """``Add()(a, b)`` and ``Add()(a)``: tensors that are not in a list.

        Source: measured; Keras binds the second tensor to no parameter, or counts its inputs.
        """
        if self.wants_list and isinstance(call.inputs, Tensor):
            more = [value for value in call.more if isinstance(value, Tensor)]
            if len(more) == len(call.more):
                raise Refused(MergeInputsNotList(ctx.operation, 1 + len(more)))

    def _check_rank(self, ctx: Context, x: Tensor) -> None:
        if isinstance(x.shape, Unknown):
            return
        if self.ranks and len(x.shape) not in self.ranks:
            wanted = " or ".join(str(rank) for rank in self.ranks)
            raise Refused(InputRankMismatch(ctx.operation, wanted, len(x.shape), x.shape))
        if len(x.shape) < self.min_rank:
            raise Refused(InputRankMismatch(ctx.operation, f"{self.min_rank} or more", len(x.shape), x.shape))

    def _check_features(self, ctx: Context, x: Tensor, built: Built | None) -> None:
        axis = self.feature_axis()
        if axis is None or isinstance(x.shape, Unknown) or not -len(x.shape) <= axis < len(x.shape):
            return
        size = x.shape[axis]
        if isinstance(size, Dynamic):
            raise Refused(UndefinedFeatureDim(ctx.operation, axis % len(x.shape), x.shape))
        if built is None or isinstance(built.input_shape, Unknown) or len(built.input_shape) != len(x.shape):
            return
        before = built.input_shape[axis]
        if isinstance(before, int) and isinstance(size, int) and before != size:
            raise Refused(SharedLayerShapeChange(ctx.operation, axis % len(x.shape), before, size, x.shape))
