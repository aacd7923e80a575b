"""Image preprocessing: layers that resize, crop or recolour."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import show_value
from convlint.catalog.layer import Built, Call, Layer
from convlint.catalog.layers.core import Unchanged
from convlint.catalog.layers.wrapping import inner_layer, part_of, prefixed
from convlint.catalog.registry import layer
from convlint.catalog.tensor import Tensor
from convlint.problems import ArgumentSize, InputRankMismatch
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dynamic, Unknown
from convlint.shapes.shape import Shape

_LAYOUT = "data_format=None"
_SEED = "seed=None"
_FOR_IMAGES = frozenset({"bounding_box_format", "data_format"})
"""What ``BaseImagePreprocessingLayer`` takes, and with it every layer of images."""


@layer("Rescaling(scale, offset=0.0)")
class Rescaling(Unchanged):
    """``x * scale + offset``; integers become ``float32``."""

    takes_numbers = True

    def output(self, ctx: Context, x: Tensor) -> object:
        return Tensor(x.shape, self.compute_dtype, x.kind, x.layout)


class Resized(Layer):
    """Images of ``height`` by ``width``, one (rank 3) or a batch of them (rank 4).

    Source: ``keras/src/layers/preprocessing/image_preprocessing/resizing.py``.
    """

    takes_numbers = True
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
        first = self.first_axis(x.shape)
        sizes[first : first + 2] = [self.height, self.width]
        return Tensor(tuple(sizes), self.compute_dtype, x.kind, self.data_format if len(sizes) == 4 else None)

    def first_axis(self, shape: Shape) -> int:
        """The axis of the height; that of the width is the next."""
        return len(shape) - (3 if self.data_format == "channels_last" else 2)


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

    def output(self, ctx: Context, x: Tensor) -> object:
        """Inside a ``call`` Keras traces the cut itself, and what it cuts out of a free size has a free size.

        Source: measured with Keras 3.15; both sizes are free where one is, unless another is known to be too small.
        """
        made = super().output(ctx, x)
        if not ctx.inside_call or not isinstance(made, Tensor) or not isinstance(made.shape, tuple):
            return made
        assert isinstance(x.shape, tuple)
        first = self.first_axis(x.shape)
        cut = (first, first + 1)
        before = [x.shape[axis] for axis in cut]
        small = any(
            isinstance(size, int) and isinstance(wanted, int) and size < wanted
            for size, wanted in zip(before, (self.height, self.width))
        )
        if small or not any(isinstance(size, Dynamic) for size in before):
            return made
        return replace(made, shape=tuple(DYNAMIC if axis in cut else size for axis, size in enumerate(made.shape)))


@layer("RandomCrop(height, width, seed=None, data_format=None, name=None)")
class RandomCrop(Resized):
    """Cuts out a random place."""

    batched = (3, 4, 5)
    min_rank = 3
    passed_on = _FOR_IMAGES | {"factor"}


_WITH_FACTOR = _FOR_IMAGES | {"factor"}


class Augmentation(Unchanged):
    """Changes pixels in training, never the shape."""

    takes_numbers = True

    passed_on = _FOR_IMAGES
    bounds: ClassVar[tuple[int, int]] = (-1, 1)
    """Between what a ``factor`` must lie."""

    def configure(self, ctx: Context) -> None:
        if self.arguments.get("data_format") is not None:
            read.data_format(ctx, self.arguments["data_format"])
        self._check_factor(ctx, self.arguments.get("factor"))

    def _check_factor(self, ctx: Context, factor: object) -> None:
        """A number, or a pair of them that reaches into the bounds.

        Source: ``keras/src/layers/preprocessing/image_preprocessing/base_image_preprocessing_layer.py``.
        """
        low, high = self.bounds
        pair = (factor, factor) if isinstance(factor, int | float) else factor
        if not isinstance(pair, list | tuple) or not all(isinstance(part, int | float) for part in pair):
            return
        if len(pair) != 2 or pair[0] > high or pair[1] < low:
            wanted = f"a number from {low} to {high}, or two of them"
            raise Refused(ArgumentSize(ctx.operation, "factor", show_value(factor), wanted))


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

    bounds = (0, 1)


@layer(f"RandomGrayscale(factor=0.5, {_LAYOUT}, {_SEED})")
class RandomGrayscale(Augmentation):
    """Takes the colour out, not the channels."""

    bounds = (0, 1)

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        factor = self.arguments["factor"]
        if isinstance(factor, list | tuple):
            raise Refused(ArgumentSize(ctx.operation, "factor", show_value(factor), "a number from 0 to 1"))


@layer(f"RandomHue(factor, value_range=(0, 255), {_LAYOUT}, {_SEED})")
class RandomHue(Augmentation):
    """Turns the colour circle."""

    bounds = (0, 1)


@layer(f"RandomSaturation(factor, value_range=(0, 255), {_LAYOUT}, {_SEED})")
class RandomSaturation(Augmentation):
    """Changes the saturation."""


@layer(f"RandomSharpness(factor, value_range=(0, 255), {_LAYOUT}, {_SEED})")
class RandomSharpness(Augmentation):
    """Sharpens."""

    bounds = (0, 1)


@layer(
    "RandomShear(x_factor=0.0, y_factor=0.0, interpolation='bilinear', fill_mode='reflect', fill_value=0.0, "
    f"{_LAYOUT}, {_SEED})"
)
class RandomShear(Augmentation):
    """Shears."""


@layer(f"RandomGaussianBlur(factor=1.0, kernel_size=3, sigma=1.0, value_range=(0, 255), {_LAYOUT}, {_SEED})")
class RandomGaussianBlur(Augmentation):
    """Blurs."""

    bounds = (0, 1)


@layer(f"RandomErasing(factor=1.0, scale=(0.02, 0.33), fill_value=None, value_range=(0, 255), {_SEED}, {_LAYOUT})")
class RandomErasing(Augmentation):
    """Erases a rectangle."""

    bounds = (0, 1)


@layer(
    "AugMix(value_range=(0, 255), num_chains=3, chain_depth=3, factor=0.3, alpha=1.0, all_ops=True, "
    "interpolation='bilinear', seed=None, data_format=None)"
)
class AugMix(Augmentation):
    """Mixes chains of changes."""

    bounds = (0, 1)


@layer("AutoContrast(value_range=(0, 255))")
class AutoContrast(Augmentation):
    """Stretches the contrast."""


@layer(
    "ContrastLimitedAdaptiveHistogramEqualization(value_range=(0, 255), clip_limit=4.0, tile_grid_size=(8, 8), "
    "data_format=None)"
)
class ContrastLimitedAdaptiveHistogramEqualization(Augmentation):
    """Evens out the histogram, tile by tile."""

    passed_on = _WITH_FACTOR


@layer("Equalization(value_range=(0, 255), bins=256, data_format=None)")
class Equalization(Augmentation):
    """Evens out the histogram."""

    passed_on = _WITH_FACTOR
    keeps_integers = True


@layer(
    "RandAugment(value_range=(0, 255), num_ops=2, factor=0.5, interpolation='bilinear', seed=None, data_format=None)"
)
class RandAugment(Augmentation):
    """A few changes at random."""

    bounds = (0, 1)


@layer(f"RandomColorDegeneration(factor, value_range=(0, 255), {_LAYOUT}, {_SEED})")
class RandomColorDegeneration(Augmentation):
    """Takes some of the colour out."""

    def output(self, ctx: Context, x: Tensor) -> object:
        layout = read.data_format(ctx, self.arguments["data_format"])
        if isinstance(x.shape, Unknown) or isinstance(layout, Unknown):
            return x
        if len(x.shape) not in (3, 4):
            raise Refused(InputRankMismatch(ctx.operation, "3 or 4", len(x.shape), x.shape))
        channels = x.shape[-1 if layout == "channels_last" else -3]
        if isinstance(channels, int) and channels != 3:
            raise Refused(ArgumentSize(ctx.operation, "images", f"{channels} channels", "3 channels"))
        return x


@layer(
    "RandomColorJitter(value_range=(0, 255), brightness_factor=None, contrast_factor=None, saturation_factor=None, "
    "hue_factor=None, seed=None, data_format=None)"
)
class RandomColorJitter(Augmentation):
    """Changes brightness, contrast, saturation and hue."""

    passed_on = _WITH_FACTOR


@layer(
    "RandomElasticTransform(factor=1.0, scale=1.0, interpolation='bilinear', fill_mode='reflect', fill_value=0.0, "
    "value_range=(0, 255), seed=None, data_format=None)"
)
class RandomElasticTransform(Augmentation):
    """Bends."""

    bounds = (0, 1)


@layer("RandomInvert(factor=1.0, value_range=(0, 255), seed=None, data_format=None)")
class RandomInvert(Augmentation):
    """Turns light into dark."""

    bounds = (0, 1)


@layer(
    "RandomPerspective(factor=1.0, scale=1.0, interpolation='bilinear', fill_value=0.0, seed=None, data_format=None)"
)
class RandomPerspective(Augmentation):
    """Tilts."""

    bounds = (0, 1)


@layer(f"RandomPosterization(factor, value_range=(0, 255), {_LAYOUT}, {_SEED})")
class RandomPosterization(Augmentation):
    """Fewer shades."""

    bounds = (1, 8)


@layer("Solarization(addition_factor=0.0, threshold_factor=0.0, value_range=(0, 255), seed=None)")
class Solarization(Augmentation):
    """Turns what is light into dark."""


@layer("CutMix(factor=1.0, seed=None, data_format=None)")
class CutMix(Augmentation):
    """Pastes a piece of another image in; it takes a dictionary of images and labels."""

    bounds = (0, 1)


@layer("MixUp(alpha=0.2, data_format=None, seed=None)")
class MixUp(Augmentation):
    """Blends two images; it takes a dictionary of images and labels."""

    passed_on = _WITH_FACTOR


@layer("MaxNumBoundingBoxes(max_number, fill_value=-1)")
class MaxNumBoundingBoxes(Augmentation):
    """Cuts or fills the list of boxes; it takes a dictionary."""

    passed_on = _WITH_FACTOR


@layer("Pipeline(layers, name=None)")
class Pipeline(Layer):
    """Preprocessing layers one after the other.

    Source: ``keras/src/layers/preprocessing/pipeline.py``.
    """

    takes_numbers = True
    closed = True

    def configure(self, ctx: Context) -> None:
        given = self.arguments["layers"]
        found = [inner_layer(part) for part in given] if isinstance(given, list | tuple) else [None]
        self.parts = [part for part in found if part is not None]
        self.known = len(self.parts) == len(found)

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        value = call.inputs
        if not self.known:
            return call.unknown
        weights: dict[str, Shape] = {}
        fixed = frozenset[str]()
        for index, part in enumerate(self.parts):
            value, built = part.call(ctx, Call(value, part_of(call.built, str(index), UNKNOWN)))
            made, kept = prefixed(str(index), built)
            weights.update(made)
            fixed |= kept
        shape = call.inputs.shape if isinstance(call.inputs, Tensor) else UNKNOWN
        return value, Built(shape, weights, fixed)
