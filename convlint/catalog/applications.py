"""``keras.applications``: what each builder accepts, and the features that it gives.

The layers themselves are not repeated here: the static front end reads them from the source of the
installed Keras where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from convlint.lazy import dataclass
from convlint.problems import (
    ApplicationChannels,
    ApplicationClasses,
    ApplicationTooSmall,
    ApplicationTopShape,
    Problem,
    UnknownWeightsName,
)
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dim, Dynamic, Unknown, add
from convlint.shapes.shape import AnyShape, Shape
from convlint.shapes.windows import positions

Window = tuple[int, int, int]

_HALVE: Window = (2, 2, 0)
"""Kernel, stride and padded pixels of what halves an axis and drops an odd pixel: ``MaxPooling2D(2)``."""
_HALVE_UP: Window = (1, 2, 0)
"""What halves an axis and rounds up: ``padding="same"`` with a stride of 2."""
_INCEPTION: tuple[Window, ...] = ((3, 2, 0), (3, 1, 0), (3, 2, 0), (3, 1, 0), (3, 2, 0), (3, 2, 0), (3, 2, 0))
_USUAL = ("include_top", "weights", "input_tensor", "input_shape", "pooling", "classes")
_CONVNEXT = ("include_top", "include_preprocessing", "weights", "input_tensor", "input_shape", "pooling", "classes")
_SHAPE_FIRST = ("input_shape",)


@dataclass(frozen=True)
class Application:
    """One builder.

    Attributes:
        name: the function.
        module: its module in ``keras/src/applications``.
        channels: of the features, without the classifier.
        windows: kernel, stride and padded pixels of everything that shrinks the image, in order.
        default: height and width of the images that the ImageNet weights were trained on.
        minimum: the smallest height and width.
        order: the first parameters by position.
        checks_shape: whether it compares ``input_shape`` with what the ImageNet weights need.
        by_size: sizes that have ImageNet weights of their own.
    """

    name: str
    module: str
    channels: int
    windows: tuple[Window, ...]
    default: int = 224
    minimum: int = 32
    order: tuple[str, ...] = _USUAL
    checks_shape: bool = True
    by_size: tuple[int, ...] = ()

    def features(self, size: Dim) -> Dim:
        """Length of the features along an axis of the image."""
        for kernel, stride, padded in self.windows:
            if isinstance(size, Dynamic | Unknown):
                return size
            size = positions(add(size, padded), kernel, stride)
        return size

    def trained_on(self, height: object, width: object) -> int:
        """Size of the images that the weights for images like these were trained on."""
        return height if isinstance(height, int) and height == width and height in self.by_size else self.default


def _family(
    module: str, windows: tuple[Window, ...], builders: Mapping[str, tuple[int, int]], **more: object
) -> list[Application]:
    return [
        Application(name, module, channels, windows, default, **more)  # type: ignore[arg-type]
        for name, (channels, default) in builders.items()
    ]


_RESNET: tuple[Window, ...] = ((7, 2, 6), (3, 2, 2))

APPLICATIONS: Mapping[str, Application] = {
    one.name: one
    for one in (
        *_family("vgg16", (_HALVE,) * 5, {"VGG16": (512, 224)}),
        *_family("vgg19", (_HALVE,) * 5, {"VGG19": (512, 224)}),
        *_family(
            "resnet",
            (*_RESNET, *(_HALVE_UP,) * 3),
            {"ResNet50": (2048, 224), "ResNet101": (2048, 224), "ResNet152": (2048, 224)},
        ),
        *_family(
            "resnet_v2",
            (*_RESNET, *(_HALVE_UP,) * 3),
            {"ResNet50V2": (2048, 224), "ResNet101V2": (2048, 224), "ResNet152V2": (2048, 224)},
        ),
        *_family(
            "densenet",
            (*_RESNET, *(_HALVE,) * 3),
            {"DenseNet121": (1024, 224), "DenseNet169": (1664, 224), "DenseNet201": (1920, 224)},
        ),
        *_family("inception_v3", _INCEPTION, {"InceptionV3": (2048, 299)}, minimum=75),
        *_family("inception_resnet_v2", _INCEPTION, {"InceptionResNetV2": (1536, 299)}, minimum=75),
        *_family("xception", ((3, 2, 0), (3, 1, 0), *(_HALVE_UP,) * 4), {"Xception": (2048, 299)}, minimum=71),
        *_family(
            "mobilenet",
            (_HALVE_UP, *(_HALVE,) * 4),
            {"MobileNet": (1024, 224)},
            order=_SHAPE_FIRST,
            by_size=(128, 160, 192, 224),
        ),
        *_family(
            "mobilenet_v2",
            (_HALVE_UP,) * 5,
            {"MobileNetV2": (1280, 224)},
            order=_SHAPE_FIRST,
            by_size=(96, 128, 160, 192, 224),
        ),
        *_family(
            "mobilenet_v3",
            (_HALVE_UP,) * 5,
            {"MobileNetV3Small": (576, 224), "MobileNetV3Large": (960, 224)},
            order=_SHAPE_FIRST,
            checks_shape=False,
        ),
        *_family(
            "nasnet",
            ((3, 2, 0), *(_HALVE_UP,) * 4),
            {"NASNetMobile": (1056, 224), "NASNetLarge": (4032, 331)},
            order=_SHAPE_FIRST,
        ),
        *_family(
            "efficientnet",
            (_HALVE_UP,) * 5,
            {
                "EfficientNetB0": (1280, 224), "EfficientNetB1": (1280, 240), "EfficientNetB2": (1408, 260),
                "EfficientNetB3": (1536, 300), "EfficientNetB4": (1792, 380), "EfficientNetB5": (2048, 456),
                "EfficientNetB6": (2304, 528), "EfficientNetB7": (2560, 600),
            },
        ),
        *_family(
            "efficientnet_v2",
            (_HALVE_UP,) * 5,
            {
                "EfficientNetV2B0": (1280, 224), "EfficientNetV2B1": (1280, 240), "EfficientNetV2B2": (1408, 260),
                "EfficientNetV2B3": (1536, 300), "EfficientNetV2S": (1280, 384), "EfficientNetV2M": (1280, 480),
                "EfficientNetV2L": (1280, 480),
            },
        ),
        *_family(
            "convnext",
            ((4, 4, 0), *(_HALVE,) * 3),
            {
                "ConvNeXtTiny": (768, 224), "ConvNeXtSmall": (768, 224), "ConvNeXtBase": (1024, 224),
                "ConvNeXtLarge": (1536, 224), "ConvNeXtXLarge": (2048, 224),
            },
            order=_CONVNEXT,
        ),
    )
}  # fmt: skip
"""Every builder by its name.

Source: Keras 3.15; ``tests/summary/test_transfer.py`` compares each with the installed one.
"""


def image_sides(shape: Shape, data_format: str) -> tuple[Dim, Dim, Dim]:
    """Height, width and channels in the shape of one image."""
    if data_format == "channels_first":
        return shape[1], shape[2], shape[0]
    return shape[0], shape[1], shape[2]


def arranged(height: Dim, width: Dim, channels: Dim, data_format: str) -> Shape:
    """The shape of one image."""
    return (channels, height, width) if data_format == "channels_first" else (height, width, channels)


def refusal(
    operation: str,
    one: Application,
    input_shape: Shape | None,
    data_format: str,
    *,
    weights: object,
    include_top: object,
    classes: object,
) -> Problem | None:
    """What Keras raises for these arguments; None where nothing, or where that is not known.

    Source: ``keras/src/applications/imagenet_utils.py``, ``obtain_input_shape``.
    """
    pretrained = weights == "imagenet"
    meant = _meant(weights) if isinstance(weights, str) and not pretrained else None
    if meant is not None:
        return UnknownWeightsName(operation, repr(weights), meant)
    if pretrained and include_top is True and type(classes) is int and classes != 1000:
        return ApplicationClasses(operation, classes)
    if input_shape is None or len(input_shape) != 3:
        return None
    height, width, channels = image_sides(input_shape, data_format)
    if pretrained and include_top is True and one.checks_shape:
        size = one.trained_on(height, width)
        wanted = arranged(size, size, 3, data_format)
        known = all(isinstance(part, int | Dynamic) for part in input_shape)
        return ApplicationTopShape(operation, input_shape, wanted) if known and input_shape != wanted else None
    if pretrained and one.checks_shape and isinstance(channels, int) and channels != 3:
        return ApplicationChannels(operation, input_shape, channels)
    small = [side for side in (height, width) if isinstance(side, int) and side < one.minimum]
    both = isinstance(height, int) and isinstance(width, int)
    if small and (one.checks_shape or both) and (include_top is False or weights is None or pretrained):
        return ApplicationTooSmall(operation, input_shape, one.minimum)
    return None


def _meant(weights: str) -> str | None:
    """What was meant by a name of weights; None where it may be a path, or something else entirely."""
    if set(weights) & set("./\\~$") or not weights:
        return None
    if weights.lower() == "none":
        return "None"
    return "'imagenet'" if get_close_matches(weights.lower(), ["imagenet"], cutoff=0.75) else None


def output_shape(
    one: Application, image: Shape, data_format: str, *, include_top: object, pooling: object, classes: object
) -> AnyShape:
    """Shape that the builder's model gives for images of this shape, batch included."""
    if include_top is True:
        return (DYNAMIC, classes if type(classes) is int else UNKNOWN)
    if include_top is not False:
        return UNKNOWN
    if pooling in ("avg", "max"):
        return (DYNAMIC, one.channels)
    if pooling is not None:
        return UNKNOWN
    height, width, _ = image_sides(image, data_format)
    return (DYNAMIC, *arranged(one.features(height), one.features(width), one.channels, data_format))
