"""``tf.image`` and ``keras.ops.image``."""

from __future__ import annotations

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.functions.common import as_tensor, kind_of
from convlint.catalog.registry import function
from convlint.catalog.spatial import channel_axis, slide
from convlint.catalog.tensor import Tensor
from convlint.problems import ArgumentSize
from convlint.shapes.dims import UNKNOWN, Dim, Unknown, multiply
from convlint.shapes.shape import Shape, show_shape


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
    shape = as_tensor(x).shape
    if not isinstance(shape, Unknown) and shape and isinstance(shape[-1], int) and shape[-1] != 1:
        raise Refused(ArgumentSize(ctx.operation, "images", show_shape(shape), "a last axis of 1"))
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


@function(
    "keras.ops.image.rgb_to_grayscale(images: x, data_format=None)",
)
def ops_to_gray(ctx: Context, x: object, data_format: object, called: str) -> Tensor:
    """Three channels to one, which stays as an axis."""
    tensor, layout = as_tensor(x), read.data_format(ctx, data_format)
    if isinstance(tensor.shape, Unknown) or isinstance(layout, Unknown) or len(tensor.shape) not in (3, 4):
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))
    at = len(tensor.shape) - (1 if layout == "channels_last" else 3)
    return Tensor((*tensor.shape[:at], 1, *tensor.shape[at + 1 :]), tensor.dtype, kind_of(called, tensor))


@function(
    "tensorflow.image.central_crop(image: x, central_fraction: fraction)",
    "keras.ops.image.crop_images(images: x, top_cropping=None, left_cropping=None, bottom_cropping=None, "
    "right_cropping=None, target_height=None, target_width=None, data_format=None)",
    "keras.ops.image.pad_images(images: x, top_padding=None, left_padding=None, bottom_padding=None, "
    "right_padding=None, target_height=None, target_width=None, data_format=None)",
    "keras.ops.image.map_coordinates(inputs: x, coordinates, order, fill_mode='constant', fill_value=0)",
    "keras.ops.image.scale_and_translate(images: x, output_shape, scale, translation, spatial_dims, method, "
    "antialias=True)",
    "keras.ops.image.sobel_edges(images: x, data_format=None)",
    "keras.ops.image.ssim(image1: x, image2, max_val=1.0, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, "
    "data_format=None)",
    "keras.ops.image.extract_patches_3d(volumes: x, size, strides=None, dilation_rate=1, padding='valid', "
    "data_format=None)",
    "tensorflow.image.crop_and_resize(image: x, boxes, box_indices, crop_size, method='bilinear', "
    "extrapolation_value=0.0, name=None)",
    "tensorflow.image.extract_glimpse(input: x, size, offsets, centered=True, normalized=True, noise='uniform', "
    "name=None)",
    "tensorflow.image.psnr(a: x, b, max_val, name=None)",
    "tensorflow.image.ssim(img1: x, img2, max_val, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, "
    "return_index_map=False)",
    "tensorflow.image.ssim_multiscale(img1: x, img2, max_val, power_factors=(0.0448, 0.2856, 0.3001, 0.2363, "
    "0.1333), filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03)",
    "tensorflow.image.sobel_edges(image: x)",
    "tensorflow.image.image_gradients(image: x)",
    "tensorflow.image.total_variation(images: x, name=None)",
    "tensorflow.image.rot90(image: x, k=1, name=None)",
    "tensorflow.image.transpose(image: x, name=None)",
    "tensorflow.image.draw_bounding_boxes(images: x, boxes, colors, name=None)",
    "tensorflow.image.stateless_random_crop(value: x, size, seed, name=None)",
)
def other_image(ctx: Context, x: object, called: str) -> object:
    """An image whose size hangs on more than the shape, or several results."""
    return UNKNOWN


@function(
    "keras.ops.image.extract_patches(images: x, size, strides=None, dilation_rate: dilation=1, padding='valid', "
    "data_format=None)",
)
def ops_patches(
    ctx: Context,
    x: object,
    size: object,
    strides: object,
    dilation: object,
    padding: object,
    data_format: object,
    called: str,
) -> Tensor:
    """Patches of an image in the channels: ``(batch, h', w', kh * kw * channels)``."""
    tensor, layout = as_tensor(x), read.data_format(ctx, data_format)
    if isinstance(size, tuple | list) and len(size) == 3:
        return Tensor(UNKNOWN, tensor.dtype, kind_of(called, tensor))  # patches of volumes
    word = read.padding(ctx, padding, ("valid", "same"))
    window = read.window(ctx, "size", size, 2)
    steps = window if strides is None else read.window(ctx, "strides", strides, 2)
    gaps = read.window(ctx, "dilation_rate", dilation, 2)
    kind = kind_of(called, tensor)
    if isinstance(tensor.shape, Unknown) or isinstance(layout, Unknown) or len(tensor.shape) != 4:
        return Tensor(UNKNOWN, tensor.dtype, kind)
    places = slide(ctx, tensor, layout, window, steps, gaps, word)
    depth = multiply(multiply(window[0], window[1]), tensor.shape[channel_axis(layout)])
    inner = (*places, depth) if layout == "channels_last" else (depth, *places)
    return Tensor((tensor.shape[0], *inner), tensor.dtype, kind, layout)
