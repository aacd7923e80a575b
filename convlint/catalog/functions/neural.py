"""Normalizations, attention, gates, and the largest of many, as functions."""

from __future__ import annotations

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.functions.common import as_tensor, kind_of, normal_axis
from convlint.catalog.registry import function
from convlint.catalog.spatial import channel_axis, spatial_axes
from convlint.catalog.tensor import Tensor
from convlint.problems import ArgumentSize
from convlint.shapes.dims import UNKNOWN, Dim, Dynamic, Unknown, multiply
from convlint.shapes.shape import AnyShape


@function(
    "keras.ops.batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=0.001)",
    "keras.ops.layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None, **kwargs)",
    "keras.ops.rms_normalization(x, scale=None, axis=-1, epsilon=None)",
    "keras.backend.batch_normalization(x, mean, var, beta, gamma, axis=-1, epsilon=0.001)",
    "tensorflow.nn.batch_normalization(x, mean, variance, offset, scale, variance_epsilon, name=None)",
    "tensorflow.nn.lrn(input: x, depth_radius=5, bias=1, alpha=1, beta=0.5, name=None)",
    "tensorflow.clip_by_norm(t: x, clip_norm, axes=None, name=None)",
    "tensorflow.math.cumprod(x, axis=0, exclusive=False, reverse=False, name=None)",
    "tensorflow.math.cumulative_logsumexp(x, axis=0, exclusive=False, reverse=False, name=None)",
    "keras.ops.cumprod(x, axis=None, dtype=None)",
    "keras.backend.cumprod(x, axis=0)",
)
def normalized(ctx: Context, x: object, called: str, axis: object = -1) -> Tensor:
    """Other values, the same shape; ``keras.ops.cumprod`` without an axis flattens."""
    tensor = as_tensor(x)
    if axis is None:
        return Tensor(UNKNOWN, UNKNOWN, kind_of(called, tensor))
    return Tensor(tensor.shape, tensor.dtype, kind_of(called, tensor), tensor.layout)


@function(
    "keras.ops.glu(x, axis=-1)",
    "keras.activations.glu(x, axis=-1)",
)
def glu(ctx: Context, x: object, axis: object, called: str) -> Tensor:
    """Half of an axis, gated by the other half.

    Raises:
        Refused: the axis has an odd size.
    """
    tensor = as_tensor(x)
    kind = kind_of(called, tensor)
    if isinstance(tensor.shape, Unknown) or not isinstance(axis, int):
        return Tensor(UNKNOWN, tensor.dtype, kind)
    at = normal_axis(ctx, axis, tensor.shape)
    size = tensor.shape[at]
    if not isinstance(size, int):
        half: Dim = size if isinstance(size, Dynamic) else UNKNOWN
        return Tensor((*tensor.shape[:at], half, *tensor.shape[at + 1 :]), tensor.dtype, kind)
    if size % 2:
        raise Refused(ArgumentSize(ctx.operation, "x", f"{size} entries along axis {at}", "an even number"))
    return Tensor((*tensor.shape[:at], size // 2, *tensor.shape[at + 1 :]), tensor.dtype, kind)


@function(
    "keras.ops.dot_product_attention(query: x, key, value, bias=None, mask=None, scale=None, is_causal=False, "
    "flash_attention=None, attn_logits_soft_cap=None)",
)
def dot_product_attention(ctx: Context, x: object, value: object, called: str) -> Tensor:
    """``(batch, steps, heads, size)`` thrice to the same."""
    query, values = as_tensor(x), as_tensor(value)
    return Tensor(query.shape, query.dtype, kind_of(called, query, values))


@function(
    "keras.ops.top_k(x, k, sorted=True)",
    "tensorflow.math.top_k(input: x, k=1, sorted=True, index_type='int32', name=None)",
    "tensorflow.nn.top_k(input: x, k=1, sorted=True, index_type='int32', name=None)",
)
def top_k(ctx: Context, x: object, k: object, called: str) -> object:
    """The k largest along the last axis, and their places."""
    tensor, size = as_tensor(x), read.dim(k)
    kind = kind_of(called, tensor)
    if isinstance(tensor.shape, Unknown) or not tensor.shape:
        return Tensor(UNKNOWN, tensor.dtype, kind), Tensor(UNKNOWN, "int32", kind)
    last = tensor.shape[-1]
    if isinstance(last, int) and isinstance(size, int) and size > last and called.startswith("tensorflow."):
        raise Refused(ArgumentSize(ctx.operation, "k", str(size), f"at most {last}, the size of the last axis"))
    shape = (*tensor.shape[:-1], size)
    return Tensor(shape, tensor.dtype, kind), Tensor(shape, "int32", kind)


@function(
    "keras.ops.in_top_k(targets: x, predictions, k)",
    "tensorflow.math.in_top_k(targets: x, predictions, k, name=None)",
    "tensorflow.nn.in_top_k(targets: x, predictions, k, name=None)",
)
def in_top_k(ctx: Context, x: object, called: str) -> Tensor:
    """A yes or no for each target."""
    tensor = as_tensor(x)
    return Tensor(tensor.shape, "bool", kind_of(called, tensor))


@function(
    "keras.ops.multi_hot(inputs: x, num_classes: classes=None, axis=-1, dtype=None, sparse=False, **kwargs)",
)
def multi_hot(ctx: Context, x: object, classes: object, axis: object, called: str) -> Tensor:
    """``(batch, n)`` class numbers to ``(batch, classes)``."""
    tensor = as_tensor(x)
    shape: AnyShape = UNKNOWN
    if isinstance(tensor.shape, tuple) and len(tensor.shape) == 2 and axis == -1 and classes is not None:
        shape = (tensor.shape[0], read.dim(classes))
    return Tensor(shape, UNKNOWN, kind_of(called, tensor))


@function(
    "keras.ops.segment_max(data: x, segment_ids: ids, num_segments: segments=None, sorted=False)",
    "keras.ops.segment_min(data: x, segment_ids: ids, num_segments: segments=None, sorted=False)",
    "keras.ops.segment_prod(data: x, segment_ids: ids, num_segments: segments=None, sorted=False)",
    "keras.ops.segment_sum(data: x, segment_ids: ids, num_segments: segments=None, sorted=False)",
    "tensorflow.math.unsorted_segment_max(data: x, segment_ids: ids, num_segments: segments, name=None)",
    "tensorflow.math.unsorted_segment_mean(data: x, segment_ids: ids, num_segments: segments, name=None)",
    "tensorflow.math.unsorted_segment_min(data: x, segment_ids: ids, num_segments: segments, name=None)",
    "tensorflow.math.unsorted_segment_prod(data: x, segment_ids: ids, num_segments: segments, name=None)",
    "tensorflow.math.unsorted_segment_sqrt_n(data: x, segment_ids: ids, num_segments: segments, name=None)",
    "tensorflow.math.unsorted_segment_sum(data: x, segment_ids: ids, num_segments: segments, name=None)",
)
def segments(ctx: Context, x: object, segments: object, called: str) -> Tensor:
    """One row for each segment."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or not tensor.shape:
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    count: Dim = UNKNOWN if segments is None else read.dim(segments)
    return Tensor((count, *tensor.shape[1:]), tensor.dtype, kind_of(called, tensor))


@function(
    "keras.ops.adaptive_average_pool(inputs: x, output_size: size, data_format=None)",
    "keras.ops.adaptive_max_pool(inputs: x, output_size: size, data_format=None)",
)
def adaptive_pool(ctx: Context, x: object, size: object, data_format: object, called: str) -> Tensor:
    """As many values along each spatial axis as ``output_size`` says."""
    tensor, layout = as_tensor(x), read.data_format(ctx, data_format)
    kind = kind_of(called, tensor)
    if isinstance(tensor.shape, Unknown) or isinstance(layout, Unknown) or not 3 <= len(tensor.shape) <= 5:
        return Tensor(UNKNOWN, tensor.dtype, kind)
    rank = len(tensor.shape) - 2
    wanted = read.window(ctx, "output_size", size if isinstance(size, tuple | list) else UNKNOWN, rank)
    channels = tensor.shape[channel_axis(layout)]
    inner = (*wanted, channels) if layout == "channels_last" else (channels, *wanted)
    return Tensor((tensor.shape[0], *inner), tensor.dtype, kind, layout)


@function(
    "keras.backend.resize_volumes(x, depth_factor: depth, height_factor: height, width_factor: width, data_format)",
)
def resize_volumes(
    ctx: Context, x: object, depth: object, height: object, width: object, data_format: object, called: str
) -> Tensor:
    """Volumes enlarged by whole factors."""
    tensor, layout = as_tensor(x), read.data_format(ctx, data_format)
    if isinstance(tensor.shape, Unknown) or isinstance(layout, Unknown) or len(tensor.shape) != 5:
        return Tensor((UNKNOWN,) * 5, tensor.dtype, kind_of(called, tensor))
    sizes = list(tensor.shape)
    for axis, factor in zip(spatial_axes(3, layout), (depth, height, width)):
        sizes[axis] = multiply(sizes[axis], read.dim(factor))
    return Tensor(tuple(sizes), tensor.dtype, kind_of(called, tensor), layout)


@function(
    "tensorflow.nn.crelu(features: x, axis=-1, name=None)",
)
def crelu(ctx: Context, x: object, axis: object, called: str) -> Tensor:
    """The tensor and its negative beside each other: twice as long along the axis."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or not isinstance(axis, int):
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    at = normal_axis(ctx, axis, tensor.shape)
    shape = (*tensor.shape[:at], multiply(tensor.shape[at], 2), *tensor.shape[at + 1 :])
    return Tensor(shape, tensor.dtype, kind_of(called, tensor))


@function(
    "tensorflow.nn.max_pool_with_argmax(input: x, ksize, strides, padding, data_format='NHWC', "
    "output_dtype='int64', include_batch_in_index=False, name=None)",
    "tensorflow.nn.fractional_max_pool(value: x, pooling_ratio, pseudo_random=False, overlapping=False, seed=0, "
    "name=None)",
    "tensorflow.nn.fractional_avg_pool(value: x, pooling_ratio, pseudo_random=False, overlapping=False, seed=0, "
    "name=None)",
    "tensorflow.nn.dilation2d(input: x, filters, strides, padding, data_format, dilations, name=None)",
    "tensorflow.nn.erosion2d(value: x, filters, strides, padding, data_format, dilations, name=None)",
    "tensorflow.nn.conv_transpose(input: x, filters, output_shape, strides, padding='SAME', data_format=None, "
    "dilations=None, name=None)",
    "tensorflow.nn.weighted_moments(x, axes, frequency_weights, keepdims=False, name=None)",
    "tensorflow.nn.sufficient_statistics(x, axes, shift=None, keepdims=False, name=None)",
    "tensorflow.math.segment_max(data: x, segment_ids, name=None)",
    "tensorflow.math.segment_mean(data: x, segment_ids, name=None)",
    "tensorflow.math.segment_min(data: x, segment_ids, name=None)",
    "tensorflow.math.segment_prod(data: x, segment_ids, name=None)",
    "tensorflow.math.segment_sum(data: x, segment_ids, name=None)",
    "tensorflow.math.bincount(arr: x, weights=None, minlength=None, maxlength=None, dtype='int32', name=None, "
    "axis=None, binary_output=False)",
    "tensorflow.math.confusion_matrix(labels: x, predictions, num_classes=None, weights=None, dtype='int32', "
    "name=None)",
)
def other_neural(ctx: Context, called: str, x: object) -> object:
    """Several results, or a size that hangs on values."""
    return UNKNOWN
