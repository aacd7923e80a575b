"""Image preprocessing: layers that resize, crop or recolour."""

from __future__ import annotations

from typing import ClassVar

from convlint.catalog import arguments as read
from convlint.catalog.context import Context
from convlint.catalog.layer import Layer
from convlint.catalog.layers.core import Unchanged
from convlint.catalog.registry import layer
from convlint.catalog.tensor import Tensor
from convlint.shapes.dims import UNKNOWN, Unknown

_LAYOUT = "data_format=None"
_SEED = "seed=None"
_FOR_IMAGES = frozenset({"bounding_box_format", "data_format"})
"""What ``BaseImagePreprocessingLayer`` takes, and with it every layer of images."""


@layer("Rescaling(scale, offset=0.0)")
class Rescaling(Unchanged):
    """``x * scale + offset``; integers become ``float32``."""

    def output(self, ctx: Context, x: Tensor) -> object:
        return Tensor(x.shape, "float32", x.kind, x.layout)


class Resized(Layer):
    """Images of ``height`` by ``width``, one (rank 3) or a batch of them (rank 4).

    Source: ``keras/src/layers/preprocessing/image_preprocessing/resizing.py``.
    """

    batched: ClassVar[tuple[int, ...]] = (3, 4)
    passed_on = _FOR_IMAGES

    def configure(self, ctx: Context) -> None:
        self.height = read.dim(self.arguments["height"])
        self.width = read.dim(self.arguments["width"])
        self.data_format = read.data_format(ctx, self.arguments["data_format"])

    def output(self, ctx: Context, x: Tensor) -> object:
        if isinstance(x.shape, Unknown) or isinstance(self.data_format, Unknown):
            return Tensor(UNKNOWN, UNKNOWN, x.kind)
        if len(x.shape) not in self.batched:
            return Tensor(UNKNOWN, UNKNOWN, x.kind)
        sizes = list(x.shape)
        first = len(sizes) - (3 if self.data_format == "channels_last" else 2)
        sizes[first : first + 2] = [self.height, self.width]
        return Tensor(tuple(sizes), "float32", x.kind, self.data_format if len(sizes) == 4 else None)


@layer(
    "Resizing(height, width, interpolation='bilinear', crop_to_aspect_ratio=False, pad_to_aspect_ratio=False, "
    "fill_mode='constant', fill_value=0.0, antialias=False, data_format=None)"
)
class Resizing(Resized):
    """Interpolates."""


@layer("CenterCrop(height, width, data_format=None)")
class CenterCrop(Resized):
    """Cuts out the middle; enlarges what is too small."""

    ranks = (3, 4)


@layer("RandomCrop(height, width, seed=None, data_format=None, name=None)")
class RandomCrop(Resized):
    """Cuts out a random place."""

    batched = (3, 4, 5)
    min_rank = 3
    passed_on = _FOR_IMAGES | {"factor"}


class Augmentation(Unchanged):
    """Changes pixels in training, never the shape."""

    passed_on = _FOR_IMAGES

    def configure(self, ctx: Context) -> None:
        if self.arguments.get("data_format") is not None:
            read.data_format(ctx, self.arguments["data_format"])


@layer(f"RandomFlip(mode='horizontal_and_vertical', {_SEED}, {_LAYOUT})")
class RandomFlip(Augmentation):
    """Mirrors."""


@layer(f"RandomRotation(factor, fill_mode='reflect', interpolation='bilinear', {_SEED}, fill_value=0.0, {_LAYOUT})")
class RandomRotation(Augmentation):
    """Turns."""


@layer(
    "RandomTranslation(height_factor, width_factor, fill_mode='reflect', interpolation='bilinear', "
    f"{_SEED}, fill_value=0.0, {_LAYOUT})"
)
class RandomTranslation(Augmentation):
    """Moves."""


@layer(
    "RandomZoom(height_factor, width_factor=None, fill_mode='reflect', interpolation='bilinear', "
    f"{_SEED}, fill_value=0.0, {_LAYOUT})"
)
class RandomZoom(Augmentation):
    """Zooms."""


@layer(f"RandomBrightness(factor, value_range=(0, 255), {_SEED})")
class RandomBrightness(Augmentation):
    """Brightens."""


@layer(f"RandomContrast(factor, value_range=(0, 255), {_SEED})")
class RandomContrast(Augmentation):
    """Changes the contrast."""


@layer(f"RandomGrayscale(factor=0.5, {_LAYOUT}, {_SEED})")
class RandomGrayscale(Augmentation):
    """Takes the colour out, not the channels."""


@layer(f"RandomHue(factor, value_range=(0, 255), {_LAYOUT}, {_SEED})")
class RandomHue(Augmentation):
    """Turns the colour circle."""


@layer(f"RandomSaturation(factor, value_range=(0, 255), {_LAYOUT}, {_SEED})")
class RandomSaturation(Augmentation):
    """Changes the saturation."""


@layer(f"RandomSharpness(factor, value_range=(0, 255), {_LAYOUT}, {_SEED})")
class RandomSharpness(Augmentation):
    """Sharpens."""


@layer(
    "RandomShear(x_factor=0.0, y_factor=0.0, interpolation='bilinear', fill_mode='reflect', fill_value=0.0, "
    f"{_LAYOUT}, {_SEED})"
)
class RandomShear(Augmentation):
    """Shears."""


@layer(f"RandomGaussianBlur(factor=1.0, kernel_size=3, sigma=1.0, value_range=(0, 255), {_LAYOUT}, {_SEED})")
class RandomGaussianBlur(Augmentation):
    """Blurs."""


@layer(f"RandomErasing(factor=1.0, scale=(0.02, 0.33), fill_value=None, value_range=(0, 255), {_SEED}, {_LAYOUT})")
class RandomErasing(Augmentation):
    """Erases a rectangle."""
