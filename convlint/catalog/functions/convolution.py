"""Convolution functions: the caller owns the kernel and answers for its layout."""

from __future__ import annotations

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.functions.common import as_tensor, result_kind
from convlint.catalog.kernels import check_kernel
from convlint.catalog.registry import function
from convlint.catalog.spatial import slide
from convlint.catalog.tensor import Tensor
from convlint.problems import DataFormatSpelling, InputRankMismatch, InvalidPadding, PaddingSpelling, StridesLayout
from convlint.shapes.dims import UNKNOWN, Dim, Unknown


@function("tensorflow.nn.conv2d(input: x, filters: kernel, strides, padding, data_format='NHWC', dilations=None, name=None)")
def tf_conv2d(
    ctx: Context, x: object, kernel: object, strides: object, padding: object, data_format: object, dilations: object
) -> Tensor:
    """``(batch, h, w, in)`` and ``(kh, kw, in, out)`` to ``(batch, h', w', out)``.

    Source: ``tensorflow/python/ops/nn_ops.py``, ``conv2d_v2``.
    """
    layout = tf_layout(ctx, data_format, 2)
    word = tf_padding(ctx, padding)
    steps = tf_strides(ctx, strides, layout, 2)
    dilation = tf_strides(ctx, 1 if dilations is None else dilations, layout, 2)
    return convolve(ctx, as_tensor(x), as_tensor(kernel), layout, steps, dilation, word)


@function(
    "keras.backend.conv2d(x, kernel, strides=(1, 1), padding='valid', data_format=None, dilation_rate: dilations=(1, 1))",
)
def backend_conv2d(
    ctx: Context, x: object, kernel: object, strides: object, padding: object, data_format: object, dilations: object
) -> Tensor:
    """The function behind ``Conv2D``; kernel ``(kh, kw, in, out)`` in either layout.

    Source: ``keras/src/legacy/backend.py``, ``conv2d``.
    """
    layout = read.data_format(ctx, data_format)
    word = read.padding(ctx, padding, ("valid", "same"))
    steps = read.window(ctx, "strides", strides, 2)
    dilation = read.window(ctx, "dilation_rate", dilations, 2)
    return convolve(ctx, as_tensor(x), as_tensor(kernel), layout, steps, dilation, word)


def convolve(
    ctx: Context,
    x: Tensor,
    kernel: Tensor,
    layout: str | Unknown,
    strides: tuple[Dim, ...],
    dilation: tuple[Dim, ...],
    padding: str | Unknown,
) -> Tensor:
    """A convolution of ``x`` with a kernel ``(*window, in, out)``.

    Raises:
        Refused: wrong rank, wrong channels, a kernel in another order, a window too large.
    """
    rank = len(strides)
    for tensor in (x, kernel):
        if tensor.rank is not None and tensor.rank != rank + 2:
            assert not isinstance(tensor.shape, Unknown)
            raise Refused(InputRankMismatch(ctx.operation, str(rank + 2), tensor.rank, tensor.shape))
    check_kernel(ctx, x, kernel.shape, layout, strides, padding)
    window = (UNKNOWN,) * rank if isinstance(kernel.shape, Unknown) else kernel.shape[:-2]
    filters = UNKNOWN if isinstance(kernel.shape, Unknown) else kernel.shape[-1]
    places = slide(ctx, x, layout, window, strides, dilation, padding)
    batch = UNKNOWN if isinstance(x.shape, Unknown) else x.shape[0]
    kind = result_kind(x, kernel)
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
        ctx.note(DataFormatSpelling(ctx.operation, value, wanted))
        return value.lower()
    raise Refused(DataFormatSpelling(ctx.operation, value, f"{last} or {first}"))


def tf_padding(ctx: Context, value: object) -> str | Unknown:
    """``SAME`` or ``VALID`` in Keras' lower case; explicit paddings are unknown."""
    if not isinstance(value, str):
        return UNKNOWN
    if value in ("SAME", "VALID"):
        return value.lower()
    if value.upper() in ("SAME", "VALID"):
        ctx.note(PaddingSpelling(ctx.operation, value, value.upper()))
        return value.lower()
    raise Refused(InvalidPadding(ctx.operation, repr(value), '"SAME", "VALID"'))


def tf_strides(ctx: Context, value: object, layout: str | Unknown, spatial_rank: int) -> tuple[Dim, ...]:
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
    return read.window(ctx, "strides", value, spatial_rank)
