"""``tf.image`` and ``keras.ops.image``."""

from __future__ import annotations

from convlint.catalog import arguments as read
from convlint.catalog.context import Context
from convlint.catalog.functions.common import as_tensor, kind_of
from convlint.catalog.registry import function
from convlint.catalog.tensor import Tensor
from convlint.shapes.dims import UNKNOWN, Dim, Unknown, multiply
from convlint.shapes.shape import Shape


def resized(x: Tensor, height: Dim, width: Dim, layout: str | Unknown, called: str, dtype: str | Unknown) -> Tensor:
    """One image or a batch of them with other spatial sizes."""
    kind = kind_of(called, x)
    if isinstance(x.shape, Unknown) or isinstance(layout, Unknown) or len(x.shape) not in (3, 4):
        return Tensor(UNKNOWN, dtype, kind)
    sizes = list(x.shape)
    first = len(sizes) - (3 if layout == "channels_last" else 2)
    sizes[first : first + 2] = [height, width]
    return Tensor(tuple(sizes), dtype, kind, layout if len(sizes) == 4 else None)


def _pair(size: object) -> tuple[Dim, Dim]:
    sizes = read.dims(size)
    return (UNKNOWN, UNKNOWN) if isinstance(sizes, Unknown) or len(sizes) != 2 else (sizes[0], sizes[1])


@function(
    "tensorflow.image.resize(images: x, size, method='bilinear', preserve_aspect_ratio=False, antialias=False, "
    "name=None)"
)
def resize(ctx: Context, x: object, size: object, method: object, preserve_aspect_ratio: object, called: str) -> Tensor:
    """``(batch, h, w, c)`` to ``(batch, *size, c)``; ``float32`` unless the method is ``nearest``."""
    tensor = as_tensor(x)
    height, width = _pair(size) if preserve_aspect_ratio is False else (UNKNOWN, UNKNOWN)
    dtype = "float32" if method in ("bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian") else UNKNOWN
    return resized(tensor, height, width, "channels_last", called, tensor.dtype if method == "nearest" else dtype)


@function(
    "tensorflow.image.resize_with_pad(image: x, target_height: height, target_width: width, method='bilinear', "
    "antialias=False)",
    "tensorflow.image.resize_with_crop_or_pad(image: x, target_height: height, target_width: width)",
    "tensorflow.image.crop_to_bounding_box(image: x, offset_height, offset_width, target_height: height, "
    "target_width: width)",
    "tensorflow.image.pad_to_bounding_box(image: x, offset_height, offset_width, target_height: height, "
    "target_width: width)",
)
def to_size(ctx: Context, x: object, height: object, width: object, called: str) -> Tensor:
    """The images at ``height`` by ``width``."""
    tensor = as_tensor(x)
    dtype = "float32" if called.endswith("resize_with_pad") else tensor.dtype
    return resized(tensor, read.dim(height), read.dim(width), "channels_last", called, dtype)


@function(
    "keras.ops.image.resize(images: x, size, interpolation='bilinear', antialias=False, crop_to_aspect_ratio=False, "
    "pad_to_aspect_ratio=False, fill_mode='constant', fill_value=0.0, data_format=None)"
)
def ops_resize(ctx: Context, x: object, size: object, data_format: object, called: str) -> Tensor:
    """The images at another size, in either layout."""
    layout = read.data_format(ctx, data_format)
    tensor = as_tensor(x)
    return resized(tensor, *_pair(size), layout, called, tensor.dtype)


@function(
    "keras.backend.resize_images(x, height_factor, width_factor, data_format, interpolation='nearest')",
)
def resize_images(
    ctx: Context, x: object, height_factor: object, width_factor: object, data_format: object, called: str
) -> Tensor:
    """The images enlarged by whole factors."""
    layout, tensor = read.data_format(ctx, data_format), as_tensor(x)
    if isinstance(tensor.shape, Unknown) or isinstance(layout, Unknown) or len(tensor.shape) != 4:
        return Tensor((UNKNOWN,) * 4, tensor.dtype, kind_of(called, tensor))
    first = 1 if layout == "channels_last" else 2
    height = multiply(tensor.shape[first], read.dim(height_factor))
    width = multiply(tensor.shape[first + 1], read.dim(width_factor))
    return resized(tensor, height, width, layout, called, tensor.dtype)


def _with_channels(x: Tensor, channels: int, called: str) -> Tensor:
    shape: Shape | Unknown = x.shape if isinstance(x.shape, Unknown) else (*x.shape[:-1], channels)
    return Tensor(shape, x.dtype, kind_of(called, x), x.layout)


@function("tensorflow.image.rgb_to_grayscale(images: x, name=None)")
def to_gray(ctx: Context, x: object, called: str) -> Tensor:
    """Three channels to one, which stays as an axis."""
    return _with_channels(as_tensor(x), 1, called)


@function("tensorflow.image.grayscale_to_rgb(images: x, name=None)")
def to_rgb(ctx: Context, x: object, called: str) -> Tensor:
    """One channel three times."""
    return _with_channels(as_tensor(x), 3, called)


@function("tensorflow.image.random_crop(value: x, size, seed=None, name=None)")
def random_crop(ctx: Context, x: object, size: object, called: str) -> Tensor:
    """A block of the given shape."""
    tensor = as_tensor(x)
    return Tensor(read.dims(size), tensor.dtype, kind_of(called, tensor))


@function(
    "tensorflow.image.flip_left_right(image: x)",
    "tensorflow.image.flip_up_down(image: x)",
    "tensorflow.image.random_flip_left_right(image: x, seed=None)",
    "tensorflow.image.random_flip_up_down(image: x, seed=None)",
    "tensorflow.image.adjust_brightness(image: x, delta)",
    "tensorflow.image.adjust_contrast(images: x, contrast_factor)",
    "tensorflow.image.adjust_gamma(image: x, gamma=1, gain=1)",
    "tensorflow.image.adjust_hue(image: x, delta, name=None)",
    "tensorflow.image.adjust_saturation(image: x, saturation_factor, name=None)",
    "tensorflow.image.random_brightness(image: x, max_delta, seed=None)",
    "tensorflow.image.random_contrast(image: x, lower, upper, seed=None)",
    "tensorflow.image.random_hue(image: x, max_delta, seed=None)",
    "tensorflow.image.random_saturation(image: x, lower, upper, seed=None)",
    "tensorflow.image.rgb_to_hsv(images: x, name=None)",
    "tensorflow.image.rgb_to_yuv(images: x)",
    "tensorflow.image.rgb_to_yiq(images: x)",
    "tensorflow.image.hsv_to_rgb(images: x, name=None)",
)
def recoloured(ctx: Context, x: object, called: str) -> Tensor:
    """Other pixels, the same shape."""
    tensor = as_tensor(x)
    return Tensor(tensor.shape, tensor.dtype, kind_of(called, tensor), tensor.layout)


@function("tensorflow.image.per_image_standardization(image: x)")
def standardized(ctx: Context, x: object, called: str) -> Tensor:
    """Mean 0 and variance 1, in ``float32``."""
    tensor = as_tensor(x)
    return Tensor(tensor.shape, "float32", kind_of(called, tensor), tensor.layout)
