"""Convolution functions: the caller owns the kernel and answers for its layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.functions.common import as_tensor, kind_of
from convlint.catalog.kernels import CONVOLUTION, DEPTHWISE, TRANSPOSED, KernelOrder, check_kernel
from convlint.catalog.registry import function
from convlint.catalog.spatial import slide, spatial_axes
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import (
    DataFormatSpelling,
    InputRankMismatch,
    InvalidPadding,
    PaddingSpelling,
    StridesLayout,
    StrideWithDilation,
)
from convlint.shapes.dims import UNKNOWN, Dim, Unknown, multiply
from convlint.shapes.windows import transposed_length

_STRICT = CONVOLUTION._replace(groups=False)
"""``keras.ops.conv`` on a symbolic Keras tensor does not know of groups. Measured with Keras 3.15."""


@function(
    "tensorflow.nn.conv1d(input: x, filters: kernel, stride: strides, padding, data_format='NWC', dilations=None, "
    "name=None)",
    "tensorflow.nn.conv2d(input: x, filters: kernel, strides, padding, data_format='NHWC', dilations=None, name=None)",
    "tensorflow.nn.conv3d(input: x, filters: kernel, strides, padding, data_format='NDHWC', dilations=None, name=None)",
)
def tf_conv(
    ctx: Context,
    x: object,
    kernel: object,
    strides: object,
    padding: object,
    data_format: object,
    dilations: object,
    called: str,
) -> Tensor:
    """``(batch, *spatial, in)`` and ``(*window, in, out)`` to ``(batch, *positions, out)``.

    Source: ``tensorflow/python/ops/nn_ops.py``, ``conv2d_v2``.
    """
    rank = int(called[-2])
    layout = tf_layout(ctx, data_format, rank)
    word = tf_padding(ctx, padding)
    if rank == 3 and isinstance(strides, int) and not isinstance(strides, bool):
        # Measured with TensorFlow 2.21: conv3d alone takes no plain number.
        wanted = [1, strides, strides, strides, 1] if layout == "channels_last" else [1, 1, strides, strides, strides]
        name = "NDHWC" if layout == "channels_last" else "NCDHW"
        ctx.fault(StridesLayout(ctx.operation, (strides,), name, str(wanted)))
    steps = tf_strides(ctx, strides, layout, rank)
    dilation = tf_strides(ctx, 1 if dilations is None else dilations, layout, rank, "dilations")
    return convolve(ctx, as_tensor(x), as_tensor(kernel), layout, steps, dilation, word)


@function(
    "tensorflow.nn.convolution(input: x, filters: kernel, strides=None, padding='VALID', data_format=None, "
    "dilations=None, name=None)",
    "tensorflow.nn.atrous_conv2d(value: x, filters: kernel, rate: dilations, padding, name=None)",
)
def tf_general_conv(
    ctx: Context,
    x: object,
    kernel: object,
    padding: object,
    dilations: object,
    called: str,
    strides: object = None,
    data_format: object = None,
) -> Tensor:
    """A convolution of as many axes as the kernel has but two."""
    tensor, weights = as_tensor(x), as_tensor(kernel)
    known = weights.rank if weights.rank is not None else tensor.rank
    if known is None or not 3 <= known <= 5:
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor, weights))
    rank = known - 2
    layout = tf_layout(ctx, data_format, rank)
    word = tf_padding(ctx, padding)
    steps = tf_strides(ctx, 1 if strides is None else strides, layout, rank)
    dilation = tf_strides(ctx, 1 if dilations is None else dilations, layout, rank, "dilations")
    if called == "tensorflow.nn.convolution" and _any_above_1(steps) and _any_above_1(dilation):
        raise Refused(StrideWithDilation(ctx.operation, str(steps), str(dilation)))
    return convolve(ctx, tensor, weights, layout, steps, dilation, word)


@function(
    "keras.backend.conv1d(x, kernel, strides=1, padding='valid', data_format=None, dilation_rate: dilations=1)",
    "keras.backend.conv2d(x, kernel, strides=(1, 1), padding='valid', data_format=None, "
    "dilation_rate: dilations=(1, 1))",
    "keras.backend.conv3d(x, kernel, strides=(1, 1, 1), padding='valid', data_format=None, "
    "dilation_rate: dilations=(1, 1, 1))",
)
def backend_conv(
    ctx: Context,
    x: object,
    kernel: object,
    strides: object,
    padding: object,
    data_format: object,
    dilations: object,
    called: str,
) -> Tensor:
    """The functions behind ``Conv1D`` to ``Conv3D``; kernel ``(*window, in, out)`` in either layout.

    Source: ``keras/src/legacy/backend.py``, ``conv2d``.
    """
    rank = int(called[-2])
    layout = read.data_format(ctx, data_format)
    word = read.lower_case_padding(ctx, padding, ("valid", "same", "causal") if rank == 1 else ("valid", "same"))
    steps = read.window(ctx, "strides", strides, rank)
    dilation = read.window(ctx, "dilation_rate", dilations, rank)
    return convolve(ctx, as_tensor(x), as_tensor(kernel), layout, steps, dilation, word)


def _ops_rank(*tensors: Tensor) -> int | None:
    ranks = [tensor.rank for tensor in tensors if tensor.rank is not None]
    return ranks[0] - 2 if ranks and 3 <= ranks[0] <= 5 else None


@function("keras.ops.conv(inputs: x, kernel, strides=1, padding='valid', data_format=None, dilation_rate: dilations=1)")
def ops_conv(
    ctx: Context,
    x: object,
    kernel: object,
    strides: object,
    padding: object,
    data_format: object,
    dilations: object,
    called: str = "keras.ops.conv",
) -> Tensor:
    """A convolution of as many axes as the input has; kernel ``(*window, in, out)`` in either layout.

    Source: ``keras/src/ops/nn.py``, ``conv``.
    """
    tensor, weights = as_tensor(x), as_tensor(kernel)
    layout = read.data_format(ctx, data_format)
    word = read.padding(ctx, padding, ("valid", "same"))
    rank = _ops_rank(tensor, weights)
    if rank is None:
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor, weights))
    steps = read.window(ctx, "strides", strides, rank)
    dilation = read.window(ctx, "dilation_rate", dilations, rank)
    strict = tensor.kind is Kind.SYMBOLIC and not ctx.inside_call
    return convolve(ctx, tensor, weights, layout, steps, dilation, word, _STRICT if strict else CONVOLUTION)


@function(
    "tensorflow.nn.depthwise_conv2d(input: x, filter: kernel, strides, padding, data_format=None, dilations=None, "
    "name=None)"
)
def tf_depthwise(
    ctx: Context, x: object, kernel: object, strides: object, padding: object, data_format: object, dilations: object
) -> Tensor:
    """``(batch, h, w, in)`` and ``(kh, kw, in, multiplier)`` to ``(batch, h', w', in * multiplier)``."""
    layout = tf_layout(ctx, data_format, 2)
    word = tf_padding(ctx, padding)
    steps = tf_strides(ctx, strides, layout, 2)
    dilation = tf_strides(ctx, 1 if dilations is None else dilations, layout, 2, "dilations")
    return convolve(ctx, as_tensor(x), as_tensor(kernel), layout, steps, dilation, word, DEPTHWISE)


@function(
    "keras.backend.depthwise_conv2d(x, depthwise_kernel: kernel, strides=(1, 1), padding='valid', data_format=None, "
    "dilation_rate: dilations=(1, 1))"
)
def backend_depthwise(
    ctx: Context, x: object, kernel: object, strides: object, padding: object, data_format: object, dilations: object
) -> Tensor:
    """The function behind ``DepthwiseConv2D``."""
    layout = read.data_format(ctx, data_format)
    word = read.lower_case_padding(ctx, padding, ("valid", "same"))
    steps = read.window(ctx, "strides", strides, 2)
    dilation = read.window(ctx, "dilation_rate", dilations, 2)
    return convolve(ctx, as_tensor(x), as_tensor(kernel), layout, steps, dilation, word, DEPTHWISE)


@function(
    "keras.ops.depthwise_conv(inputs: x, kernel, strides=1, padding='valid', data_format=None, "
    "dilation_rate: dilations=1)"
)
def ops_depthwise(
    ctx: Context,
    x: object,
    kernel: object,
    strides: object,
    padding: object,
    data_format: object,
    dilations: object,
    called: str,
) -> Tensor:
    """A convolution of each channel by itself, in one or two axes."""
    tensor, weights = as_tensor(x), as_tensor(kernel)
    layout = read.data_format(ctx, data_format)
    word = read.padding(ctx, padding, ("valid", "same"))
    rank = _ops_rank(tensor, weights)
    if rank is None:
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor, weights))
    steps = read.window(ctx, "strides", strides, rank)
    dilation = read.window(ctx, "dilation_rate", dilations, rank)
    return convolve(ctx, tensor, weights, layout, steps, dilation, word, DEPTHWISE)


@function(
    "tensorflow.nn.separable_conv2d(input: x, depthwise_filter: kernel, pointwise_filter: pointwise, strides, padding, "
    "data_format=None, dilations=None, name=None)"
)
def tf_separable(
    ctx: Context,
    x: object,
    kernel: object,
    pointwise: object,
    strides: object,
    padding: object,
    data_format: object,
    dilations: object,
) -> Tensor:
    """A depthwise convolution and a 1 x 1 convolution ``(1, 1, in * multiplier, out)`` after it."""
    middle = tf_depthwise(ctx, x, kernel, strides, padding, data_format, dilations)
    return _pointwise(ctx, middle, as_tensor(pointwise))


@function(
    "keras.backend.separable_conv2d(x, depthwise_kernel: kernel, pointwise_kernel: pointwise, strides=(1, 1), "
    "padding='valid', data_format=None, dilation_rate: dilations=(1, 1))"
)
def backend_separable(
    ctx: Context,
    x: object,
    kernel: object,
    pointwise: object,
    strides: object,
    padding: object,
    data_format: object,
    dilations: object,
) -> Tensor:
    """The function behind ``SeparableConv2D``."""
    middle = backend_depthwise(ctx, x, kernel, strides, padding, data_format, dilations)
    return _pointwise(ctx, middle, as_tensor(pointwise))


@function(
    "keras.ops.separable_conv(inputs: x, depthwise_kernel: kernel, pointwise_kernel: pointwise, strides=1, "
    "padding='valid', data_format=None, dilation_rate: dilations=1)"
)
def ops_separable(
    ctx: Context,
    x: object,
    kernel: object,
    pointwise: object,
    strides: object,
    padding: object,
    data_format: object,
    dilations: object,
    called: str,
) -> Tensor:
    """A depthwise convolution and a convolution with a window of 1 after it."""
    middle = ops_depthwise(ctx, x, kernel, strides, padding, data_format, dilations, called)
    return _pointwise(ctx, middle, as_tensor(pointwise))


def _pointwise(ctx: Context, middle: Tensor, kernel: Tensor) -> Tensor:
    if middle.rank is None or not 3 <= middle.rank <= 5 or middle.layout is None:
        return Tensor(UNKNOWN, middle.dtype, middle.kind)
    ones = (1,) * (middle.rank - 2)
    return convolve(ctx, middle, kernel, middle.layout, ones, ones, "valid", _STRICT)


@function(
    "tensorflow.nn.conv1d_transpose(input: x, filters: kernel, output_shape, strides, padding='SAME', "
    "data_format='NWC', dilations=None, name=None)",
    "tensorflow.nn.conv2d_transpose(input: x, filters: kernel, output_shape, strides, padding='SAME', "
    "data_format='NHWC', dilations=None, name=None)",
    "tensorflow.nn.conv3d_transpose(input: x, filters: kernel, output_shape, strides, padding='SAME', "
    "data_format='NDHWC', dilations=None, name=None)",
)
def tf_transposed(
    ctx: Context,
    x: object,
    kernel: object,
    output_shape: object,
    strides: object,
    padding: object,
    data_format: object,
    called: str,
) -> Tensor:
    """``(batch, *spatial, in)`` and ``(*window, out, in)`` to ``output_shape``, batch included."""
    rank = int(called.removesuffix("_transpose")[-2])
    layout = tf_layout(ctx, data_format, rank)
    word = tf_padding(ctx, padding)
    steps = tf_strides(ctx, strides, layout, rank)
    return _to_given_shape(ctx, as_tensor(x), as_tensor(kernel), output_shape, layout, steps, word, called)


@function(
    "keras.backend.conv2d_transpose(x, kernel, output_shape, strides=(1, 1), padding='valid', data_format=None, "
    "dilation_rate: dilations=(1, 1))"
)
def backend_transposed(
    ctx: Context,
    x: object,
    kernel: object,
    output_shape: object,
    strides: object,
    padding: object,
    data_format: object,
    called: str,
) -> Tensor:
    """The function behind ``Conv2DTranspose``; ``output_shape`` counts the batch."""
    layout = read.data_format(ctx, data_format)
    word = read.lower_case_padding(ctx, padding, ("valid", "same"))
    steps = read.window(ctx, "strides", strides, 2)
    return _to_given_shape(ctx, as_tensor(x), as_tensor(kernel), output_shape, layout, steps, word, called)


def _to_given_shape(
    ctx: Context,
    x: Tensor,
    kernel: Tensor,
    output_shape: object,
    layout: str | Unknown,
    strides: Sequence[Dim],
    padding: str | Unknown,
    called: str,
) -> Tensor:
    rank = len(strides)
    _check_ranks(ctx, rank, x, kernel)
    check_kernel(ctx, x, kernel.shape, layout, strides, padding, TRANSPOSED)
    shape = read.dims(output_shape)
    kind = kind_of(called, x, kernel)
    if isinstance(shape, Unknown) or len(shape) != rank + 2 or isinstance(layout, Unknown):
        return Tensor((UNKNOWN,) * (rank + 2), x.dtype, kind)
    return Tensor(shape, x.dtype, kind, layout)


@function(
    "keras.ops.conv_transpose(inputs: x, kernel, strides=1, padding='valid', output_padding=None, data_format=None, "
    "dilation_rate: dilations=1)"
)
def ops_transposed(
    ctx: Context,
    x: object,
    kernel: object,
    strides: object,
    padding: object,
    output_padding: object,
    data_format: object,
    dilations: object,
    called: str,
) -> Tensor:
    """``(batch, *spatial, in)`` and ``(*window, out, in)`` to ``(batch, *lengths, out)``.

    Source: ``keras/src/backend/common/backend_utils.py``, ``compute_conv_transpose_output_shape``.
    """
    tensor, weights = as_tensor(x), as_tensor(kernel)
    layout = read.data_format(ctx, data_format)
    word = read.padding(ctx, padding, ("valid", "same"))
    rank, kind = _ops_rank(tensor, weights), kind_of(called, tensor, weights)
    if rank is None:
        return Tensor(UNKNOWN, tensor.dtype, kind)
    steps = read.window(ctx, "strides", strides, rank)
    gaps = read.window(ctx, "dilation_rate", dilations, rank)
    extra: Sequence[Dim | None] = (None,) * rank
    if output_padding is not None:
        extra = read.window(ctx, "output_padding", output_padding, rank, allow_zero=True)
    _check_ranks(ctx, rank, tensor, weights)
    weights = replace(weights, shape=check_kernel(ctx, tensor, weights.shape, layout, steps, word, TRANSPOSED))
    unknown = Tensor((UNKNOWN,) * (rank + 2), tensor.dtype, kind)
    if any(isinstance(part, Unknown) for part in (tensor.shape, weights.shape, layout, word)):
        return unknown
    assert not isinstance(tensor.shape, Unknown) and not isinstance(weights.shape, Unknown)
    assert not isinstance(layout, Unknown) and not isinstance(word, Unknown)
    lengths = tuple(
        transposed_length(tensor.shape[axis], taps, step, word, more, gap)
        for axis, taps, step, more, gap in zip(spatial_axes(rank, layout), weights.shape, steps, extra, gaps)
    )
    inner = (*lengths, weights.shape[-2]) if layout == "channels_last" else (weights.shape[-2], *lengths)
    return Tensor((tensor.shape[0], *inner), tensor.dtype, kind, layout)


def _check_ranks(ctx: Context, rank: int, *tensors: Tensor) -> None:
    for tensor in tensors:
        if tensor.rank is not None and tensor.rank != rank + 2:
            assert not isinstance(tensor.shape, Unknown)
            raise Refused(InputRankMismatch(ctx.operation, str(rank + 2), tensor.rank, tensor.shape))


def convolve(
    ctx: Context,
    x: Tensor,
    kernel: Tensor,
    layout: str | Unknown,
    strides: tuple[Dim, ...],
    dilation: tuple[Dim, ...],
    padding: str | Unknown,
    order: KernelOrder = CONVOLUTION,
) -> Tensor:
    """A convolution of ``x`` with a kernel ``(*window, in, out)``, or a depthwise one.

    Raises:
        Refused: wrong rank, wrong channels, a kernel in another order, a window too large.
    """
    rank = len(strides)
    _check_ranks(ctx, rank, x, kernel)
    kernel = replace(kernel, shape=check_kernel(ctx, x, kernel.shape, layout, strides, padding, order))
    window = (UNKNOWN,) * rank if isinstance(kernel.shape, Unknown) else kernel.shape[:-2]
    filters: Dim = UNKNOWN
    if not isinstance(kernel.shape, Unknown):
        filters = multiply(kernel.shape[-2], kernel.shape[-1]) if order is DEPTHWISE else kernel.shape[-1]
    places = slide(ctx, x, layout, window, strides, dilation, padding, filters=filters)
    batch = UNKNOWN if isinstance(x.shape, Unknown) else x.shape[0]
    kind = kind_of("", x, kernel)
    if isinstance(layout, Unknown):
        return Tensor((batch,) + (UNKNOWN,) * (rank + 1), x.dtype, kind)
    inner = (*places, filters) if layout == "channels_last" else (filters, *places)
    return Tensor((batch, *inner), x.dtype, kind, layout)


def tf_layout(ctx: Context, value: object, spatial_rank: int) -> str | Unknown:
    """TensorFlow's layout name as Keras' word; None means channels_last."""
    last, first = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}[spatial_rank]
    if value is None or value == last:
        return "channels_last"
    if value == first:
        return "channels_first"
    if not isinstance(value, str):
        return UNKNOWN
    wanted = {"channels_last": last, "channels_first": first}.get(value.lower(), "")
    if wanted:
        ctx.fault(DataFormatSpelling(ctx.operation, value, wanted))
        return value.lower()
    raise Refused(DataFormatSpelling(ctx.operation, value, f"{last} or {first}"))


def tf_padding(ctx: Context, value: object) -> str | Unknown:
    """``SAME`` or ``VALID`` in Keras' lower case; explicit paddings are unknown."""
    if not isinstance(value, str):
        return UNKNOWN
    if value in ("SAME", "VALID"):
        return value.lower()
    if value.upper() in ("SAME", "VALID"):
        ctx.fault(PaddingSpelling(ctx.operation, value, value.upper()))
        return value.lower()
    raise Refused(InvalidPadding(ctx.operation, repr(value), '"SAME", "VALID"'))


def _any_above_1(steps: Sequence[Dim]) -> bool:
    return any(isinstance(step, int) and step > 1 for step in steps)


def tf_strides(
    ctx: Context, value: object, layout: str | Unknown, spatial_rank: int, argument: str = "strides"
) -> tuple[Dim, ...]:
    """Spatial strides out of TensorFlow's 1, ``spatial_rank`` or ``spatial_rank + 2`` entries."""
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, list | tuple) and len(value) == spatial_rank + 2 and not isinstance(layout, Unknown):
        last = layout == "channels_last"
        spatial = tuple(value[1:-1]) if last else tuple(value[2:])
        others = (value[0], value[-1] if last else value[1])
        if any(isinstance(step, int) and step != 1 for step in others):
            steps = [step for step in value if step != 1]
            step = steps[0] if len(set(steps)) == 1 else "s"
            wanted = [1, step, step, 1] if last else [1, 1, step, step]
            raise Refused(StridesLayout(ctx.operation, tuple(value), "NHWC" if last else "NCHW", str(wanted)))
        value = spatial
    return read.window(ctx, argument, value, spatial_rank)
