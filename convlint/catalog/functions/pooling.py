"""Pooling functions of TensorFlow, ``keras.ops`` and ``keras.backend``."""

from __future__ import annotations

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.functions.common import as_tensor, kind_of
from convlint.catalog.functions.convolution import tf_layout, tf_padding, tf_strides
from convlint.catalog.registry import function
from convlint.catalog.spatial import channel_axis, slide
from convlint.catalog.tensor import Tensor
from convlint.problems import InputRankMismatch
from convlint.shapes.dims import UNKNOWN, Dim, Unknown

_TF = "input: x, ksize: size, strides, padding"


@function(
    f"tensorflow.nn.max_pool({_TF}, data_format=None, name=None)",
    f"tensorflow.nn.avg_pool({_TF}, data_format=None, name=None)",
    f"tensorflow.nn.max_pool1d({_TF}, data_format='NWC', name=None)",
    f"tensorflow.nn.avg_pool1d({_TF}, data_format='NWC', name=None)",
    f"tensorflow.nn.max_pool2d({_TF}, data_format='NHWC', name=None)",
    f"tensorflow.nn.avg_pool2d({_TF}, data_format='NHWC', name=None)",
    f"tensorflow.nn.max_pool3d({_TF}, data_format='NDHWC', name=None)",
    f"tensorflow.nn.avg_pool3d({_TF}, data_format='NDHWC', name=None)",
)
def tf_pool(
    ctx: Context, x: object, size: object, strides: object, padding: object, data_format: object, called: str
) -> Tensor:
    """``(batch, *spatial, channels)`` to ``(batch, *positions, channels)``.

    Source: ``tensorflow/python/ops/nn_ops.py``.
    """
    tensor = as_tensor(x)
    rank = int(called[-2]) if called.endswith("d") else None if tensor.rank is None else tensor.rank - 2
    if rank is None or not 1 <= rank <= 3:
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    layout = tf_layout(ctx, data_format, rank)
    word = tf_padding(ctx, padding)
    groups = _pooled_channels(size, rank)
    if groups is not None and groups == _pooled_channels(strides, rank):
        return _pool_channels(tensor, groups, called)
    window = tf_strides(ctx, size, layout, rank, "ksize")
    steps = tf_strides(ctx, strides, layout, rank)
    return pooled(ctx, tensor, layout, window, steps, (1,) * rank, word, called)


def _pooled_channels(value: object, rank: int) -> int | None:
    """The last entry of ``(1, 1, 1, n)``, a window over the channels alone; None for any other."""
    if not isinstance(value, list | tuple) or len(value) != rank + 2 or any(step != 1 for step in value[:-1]):
        return None
    return value[-1] if isinstance(value[-1], int) and value[-1] > 1 else None


def _pool_channels(x: Tensor, groups: int, called: str) -> Tensor:
    """``(batch, *spatial, channels)`` to ``(batch, *spatial, channels / groups)``.

    Source: measured with TensorFlow 2.21 on a CPU; other devices, ``avg_pool`` and sizes that
    do not divide have no kernel for it or give something else.
    """
    kind = kind_of(called, x)
    channels = UNKNOWN if isinstance(x.shape, Unknown) or not x.shape else x.shape[-1]
    if isinstance(x.shape, Unknown) or "max_pool" not in called or not isinstance(channels, int) or channels % groups:
        return Tensor(UNKNOWN, x.dtype, kind)
    return Tensor((*x.shape[:-1], channels // groups), x.dtype, kind)


@function(
    "tensorflow.nn.pool(input: x, window_shape: size, pooling_type, strides=None, padding='VALID', data_format=None, "
    "dilations=None, name=None)"
)
def tf_general_pool(
    ctx: Context,
    x: object,
    size: object,
    strides: object,
    padding: object,
    data_format: object,
    dilations: object,
    called: str,
) -> Tensor:
    """A pool of as many axes as the window has."""
    tensor = as_tensor(x)
    if not isinstance(size, list | tuple) or not 1 <= len(size) <= 3:
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    rank = len(size)
    layout = tf_layout(ctx, data_format, rank)
    word = tf_padding(ctx, padding)
    steps = read.window(ctx, "strides", 1 if strides is None else strides, rank)
    gaps = read.window(ctx, "dilations", 1 if dilations is None else dilations, rank)
    return pooled(ctx, tensor, layout, read.window(ctx, "window_shape", size, rank), steps, gaps, word, called)


@function(
    "keras.ops.max_pool(inputs: x, pool_size: size, strides=None, padding='valid', data_format=None)",
    "keras.ops.average_pool(inputs: x, pool_size: size, strides=None, padding='valid', data_format=None)",
)
def ops_pool(
    ctx: Context, x: object, size: object, strides: object, padding: object, data_format: object, called: str
) -> Tensor:
    """A pool of as many axes as the tensor has between batch and channels.

    Source: ``keras/src/ops/nn.py``, ``max_pool``.
    """
    tensor = as_tensor(x)
    layout = read.data_format(ctx, data_format)
    word = read.padding(ctx, padding, ("valid", "same"))
    if tensor.rank is None or not 3 <= tensor.rank <= 5:
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    rank = tensor.rank - 2
    window = read.window(ctx, "pool_size", size, rank)
    steps = window if strides is None else read.window(ctx, "strides", strides, rank)
    return pooled(ctx, tensor, layout, window, steps, (1,) * rank, word, called)


@function(
    "keras.backend.pool2d(x, pool_size: size, strides=(1, 1), padding='valid', data_format=None, pool_mode='max')",
    "keras.backend.pool3d(x, pool_size: size, strides=(1, 1, 1), padding='valid', data_format=None, pool_mode='max')",
)
def backend_pool(
    ctx: Context, x: object, size: object, strides: object, padding: object, data_format: object, called: str
) -> Tensor:
    """The function behind the pooling layers; its strides are 1 unless given."""
    rank = int(called[-2])
    layout = read.data_format(ctx, data_format)
    word = read.lower_case_padding(ctx, padding, ("valid", "same"))
    window = read.window(ctx, "pool_size", size, rank)
    steps = read.window(ctx, "strides", strides, rank)
    return pooled(ctx, as_tensor(x), layout, window, steps, (1,) * rank, word, called)


def pooled(
    ctx: Context,
    x: Tensor,
    layout: str | Unknown,
    window: tuple[Dim, ...],
    strides: tuple[Dim, ...],
    dilation: tuple[Dim, ...],
    padding: str | Unknown,
    called: str,
) -> Tensor:
    """The output of a pool.

    Raises:
        Refused: wrong rank, or a window too large.
    """
    rank, kind = len(window), kind_of(called, x)
    if x.rank is not None and x.rank != rank + 2:
        assert not isinstance(x.shape, Unknown)
        raise Refused(InputRankMismatch(ctx.operation, str(rank + 2), x.rank, x.shape))
    places = slide(ctx, x, layout, window, strides, dilation, padding)
    if isinstance(x.shape, Unknown) or isinstance(layout, Unknown):
        return Tensor((UNKNOWN,) * (rank + 2), x.dtype, kind)
    channels = x.shape[channel_axis(layout)]
    inner = (*places, channels) if layout == "channels_last" else (channels, *places)
    return Tensor((x.shape[0], *inner), x.dtype, kind, layout)
