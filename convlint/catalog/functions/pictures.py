"""Pictures from Pillow, OpenCV, scikit-image and their like."""

from __future__ import annotations

from convlint.catalog import arguments as read
from convlint.catalog.context import Context
from convlint.catalog.functions.common import as_tensor
from convlint.catalog.objects import Changed, LibraryObject
from convlint.catalog.registry import attribute, function
from convlint.catalog.tensor import Kind, Tensor
from convlint.shapes.dims import UNKNOWN, Dim, Unknown, subtract
from convlint.shapes.shape import AnyShape

PICTURE = "PIL.Image.Image"
_BANDS = {"L": 1, "P": 1, "1": 1, "F": 1, "I": 1, "RGB": 3, "RGBA": 4, "CMYK": 4, "YCbCr": 3, "HSV": 3, "LAB": 3}
"""Bands of Pillow's modes; one band has no axis."""


def picture(height: Dim, width: Dim, bands: Dim, dtype: str | Unknown = "uint8") -> LibraryObject:
    """A picture of Pillow's; ``bands`` is unknown where the file tells."""
    shape: AnyShape = UNKNOWN
    if isinstance(bands, int):
        shape = (height, width) if bands == 1 else (height, width, bands)
    facts = {"array": Tensor(shape, dtype, Kind.ARRAY), "height": height, "width": width, "bands": bands}
    return LibraryObject(PICTURE, facts)


def _facts(image: object) -> tuple[Dim, Dim, Dim, str | Unknown]:
    if not isinstance(image, LibraryObject):
        return UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN
    array = image.array
    if "height" not in image.facts and not isinstance(array.shape, Unknown):
        height, width, *bands = array.shape
        return height, width, bands[0] if bands else 1, array.dtype
    height, width, bands_known = (read.dim(image.facts.get(key, UNKNOWN)) for key in ("height", "width", "bands"))
    return height, width, bands_known, array.dtype


@function("PIL.Image.open(fp, mode='r', formats=None)", foreign=True)
def open_picture(ctx: Context) -> LibraryObject:
    """A picture whose size and colours the file tells."""
    return picture(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)


@function("PIL.Image.new(mode, size, color=0)", foreign=True)
def new_picture(ctx: Context, mode: object, size: object) -> LibraryObject:
    """A picture of one colour; sizes are width and height."""
    sizes = read.dims(size)
    width, height = (UNKNOWN, UNKNOWN) if isinstance(sizes, Unknown) or len(sizes) != 2 else sizes
    return picture(height, width, _BANDS.get(str(mode), UNKNOWN), "uint8" if mode in ("L", "RGB", "RGBA") else UNKNOWN)


@function("PIL.Image.fromarray(obj, mode=None)", foreign=True)
def picture_of_array(ctx: Context, obj: object, mode: object) -> LibraryObject:
    """The array as a picture."""
    tensor = as_tensor(obj)
    if isinstance(tensor.shape, Unknown) or len(tensor.shape) not in (2, 3) or mode is not None:
        return picture(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    height, width, *bands = tensor.shape
    return picture(height, width, bands[0] if bands else 1, tensor.dtype)


@function(f"{PICTURE}.convert(self, mode=None, *rest, **kwargs)", foreign=True)
def convert(ctx: Context, self: object, mode: object) -> LibraryObject:
    """Other colours: ``L`` is gray, without an axis for its one band."""
    height, width, _, _ = _facts(self)
    bands = _BANDS.get(mode, UNKNOWN) if isinstance(mode, str) else UNKNOWN
    return picture(height, width, bands, "uint8" if mode in ("L", "RGB", "RGBA", "P", "CMYK") else UNKNOWN)


@function(f"{PICTURE}.resize(self, size, *rest, **kwargs)", foreign=True)
def resize(ctx: Context, self: object, size: object) -> LibraryObject:
    """``size`` is width and height."""
    _, _, bands, dtype = _facts(self)
    sizes = read.dims(size)
    width, height = (UNKNOWN, UNKNOWN) if isinstance(sizes, Unknown) or len(sizes) != 2 else sizes
    return picture(height, width, bands, dtype)


@function(f"{PICTURE}.crop(self, box=None)", foreign=True)
def crop(ctx: Context, self: object, box: object) -> LibraryObject:
    """``box`` is left, upper, right, lower."""
    height, width, bands, dtype = _facts(self)
    sides = read.dims(box)
    if box is None:
        return picture(height, width, bands, dtype)
    if isinstance(sides, Unknown) or len(sides) != 4:
        return picture(UNKNOWN, UNKNOWN, bands, dtype)
    left, upper, right, lower = sides
    return picture(subtract(lower, upper), subtract(right, left), bands, dtype)


@function(
    f"{PICTURE}.copy(self)",
    f"{PICTURE}.rotate(self, angle, resample=0, expand=0, *rest, **kwargs)",
    f"{PICTURE}.filter(self, filter)",
    f"{PICTURE}.transpose(self, method)",
    foreign=True,
)
def turned(ctx: Context, self: object, called: str, expand: object = 0) -> LibraryObject:
    """The same size, but for a turn that makes room and a transposition."""
    height, width, bands, dtype = _facts(self)
    if called.endswith("transpose") or expand not in (0, False):
        return picture(UNKNOWN, UNKNOWN, bands, dtype)
    return picture(height, width, bands, dtype)


@function(f"{PICTURE}.thumbnail(self, size, *rest, **kwargs)", foreign=True)
def thumbnail(ctx: Context, self: object) -> Changed:
    """Smaller in place, as far as the proportions allow."""
    _, _, bands, dtype = _facts(self)
    return Changed(None, picture(UNKNOWN, UNKNOWN, bands, dtype))


@function(f"{PICTURE}.load(self)", f"{PICTURE}.close(self)", f"{PICTURE}.show(self, title=None)",
          f"{PICTURE}.save(self, fp, *rest, **kwargs)", f"{PICTURE}.verify(self)", foreign=True)  # fmt: skip
def used(ctx: Context) -> object:
    """Nothing of the picture changes."""
    return UNKNOWN


@attribute(f"{PICTURE}.size", f"{PICTURE}.width", f"{PICTURE}.height")
def picture_size(image: LibraryObject, name: str) -> object:
    """``size`` is width and height."""
    height, width, _, _ = _facts(image)
    return {"size": (width, height), "width": width, "height": height}[name.rpartition(".")[2]]


@function("PIL.ImageOps.grayscale(image)", foreign=True)
def gray(ctx: Context, image: object) -> LibraryObject:
    """One band."""
    height, width, _, _ = _facts(image)
    return picture(height, width, 1)


@function("PIL.ImageOps.fit(image, size, *rest, **kwargs)", "PIL.ImageOps.pad(image, size, *rest, **kwargs)",
          foreign=True)  # fmt: skip
def fit(ctx: Context, image: object, size: object) -> LibraryObject:
    """Cut or filled up to width and height."""
    return resize(ctx, image, size)


# --- OpenCV --------------------------------------------------------------------------------------


def _array(shape: AnyShape, dtype: str | Unknown = UNKNOWN) -> Tensor:
    return Tensor(shape, dtype, Kind.ARRAY)


_FLAGS: dict[object, AnyShape] = {
    **dict.fromkeys((0, "cv2.IMREAD_GRAYSCALE", "cv2.CV_LOAD_IMAGE_GRAYSCALE"), (UNKNOWN, UNKNOWN)),
    **dict.fromkeys((1, "cv2.IMREAD_COLOR", "cv2.CV_LOAD_IMAGE_COLOR"), (UNKNOWN, UNKNOWN, 3)),
}


@function("cv2.imread(filename, flags=1)", "cv2.imdecode(buf: filename, flags)", foreign=True)
def imread(ctx: Context, flags: object) -> Tensor:
    """``(height, width, 3)`` in BGR order, ``(height, width)`` in gray; the file tells with any other flag."""
    shape = _FLAGS.get(flags, UNKNOWN) if isinstance(flags, int | str) and not isinstance(flags, bool) else UNKNOWN
    return _array(shape, UNKNOWN if isinstance(shape, Unknown) else "uint8")


def _seen(x: object) -> AnyShape:
    """The shape that OpenCV gives back: it drops an axis of one channel."""
    shape = as_tensor(x).shape
    if isinstance(shape, Unknown) or len(shape) not in (2, 3):
        return UNKNOWN
    if len(shape) == 3:
        if not isinstance(shape[2], int):
            return UNKNOWN
        return shape[:2] if shape[2] == 1 else shape
    return shape


@function("cv2.resize(src: x, dsize, dst=None, fx=None, fy=None, interpolation=None)", foreign=True)
def cv_resize(ctx: Context, x: object, dsize: object) -> Tensor:
    """``dsize`` is width and height. Source: measured with OpenCV 4: ``(9, 9, 1)`` becomes ``(h, w)``."""
    shape, sizes = _seen(x), read.dims(dsize)
    dtype = as_tensor(x).dtype
    if isinstance(shape, Unknown):
        return _array(UNKNOWN, dtype)
    width, height = (UNKNOWN, UNKNOWN) if isinstance(sizes, Unknown) or len(sizes) != 2 else sizes
    return _array((height, width, *shape[2:]), dtype)


_SAME_CHANNELS = frozenset(
    f"cv2.COLOR_{a}2{b}" for a in ("BGR", "RGB", "HSV", "LAB", "YUV", "HLS", "Lab", "YCrCb", "YCR_CB")
    for b in ("BGR", "RGB", "HSV", "LAB", "YUV", "HLS", "Lab", "YCrCb", "YCR_CB")
)  # fmt: skip


@function("cv2.cvtColor(src: x, code, dst=None, dstCn=None, *rest, **kwargs)", foreign=True)
def cv_color(ctx: Context, x: object, code: object) -> Tensor:
    """Other colours: gray has no channel axis."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or len(tensor.shape) not in (2, 3) or not isinstance(code, str):
        return _array(UNKNOWN, tensor.dtype)
    size = tensor.shape[:2]
    if code.endswith("2GRAY"):
        return _array(size, tensor.dtype)
    if code in ("cv2.COLOR_GRAY2BGR", "cv2.COLOR_GRAY2RGB", "cv2.COLOR_BGRA2BGR", "cv2.COLOR_RGBA2RGB"):
        return _array((*size, 3), tensor.dtype)
    if code in ("cv2.COLOR_BGR2BGRA", "cv2.COLOR_RGB2RGBA", "cv2.COLOR_BGR2RGBA", "cv2.COLOR_GRAY2BGRA"):
        return _array((*size, 4), tensor.dtype)
    return _array((*size, 3), tensor.dtype) if code in _SAME_CHANNELS else _array(UNKNOWN, tensor.dtype)


@function(
    "cv2.GaussianBlur(src: x, ksize, sigmaX, *rest, **kwargs)",
    "cv2.medianBlur(src: x, ksize, dst=None)",
    "cv2.blur(src: x, ksize, *rest, **kwargs)",
    "cv2.bilateralFilter(src: x, d, sigmaColor, sigmaSpace, *rest, **kwargs)",
    "cv2.equalizeHist(src: x, dst=None)",
    "cv2.flip(src: x, flipCode, dst=None)",
    "cv2.dilate(src: x, kernel, *rest, **kwargs)",
    "cv2.erode(src: x, kernel, *rest, **kwargs)",
    "cv2.bitwise_not(src: x, *rest, **kwargs)",
    "cv2.Canny(image: x, threshold1, threshold2, *rest, **kwargs)",
    foreign=True,
)
def cv_filter(ctx: Context, x: object, called: str) -> Tensor:
    """The same size; edges have no channels."""
    shape = _seen(x)
    if called.endswith("Canny") and not isinstance(shape, Unknown):
        return _array(shape[:2], "uint8")
    return _array(shape, as_tensor(x).dtype)


@function(
    "cv2.threshold(src: x, thresh, maxval, type, dst=None)",
    foreign=True,
)
def cv_threshold(ctx: Context, x: object) -> object:
    """The threshold and the picture."""
    return UNKNOWN, _array(_seen(x), as_tensor(x).dtype)


# --- others --------------------------------------------------------------------------------------


@function(
    "matplotlib.pyplot.imread(fname, format=None)",
    "matplotlib.image.imread(fname, format=None)",
    "imageio.imread(uri, *rest, **kwargs)",
    "imageio.v2.imread(uri, *rest, **kwargs)",
    "imageio.v3.imread(uri, *rest, **kwargs)",
    "skimage.io.imread(fname, as_gray=False, *rest, **kwargs)",
    foreign=True,
)
def read_picture(ctx: Context, as_gray: object = False) -> Tensor:
    """An array whose axes the file tells; gray pictures have two."""
    return _array((UNKNOWN, UNKNOWN)) if as_gray is True else _array(UNKNOWN)


@function("skimage.transform.resize(image: x, output_shape, *rest, **kwargs)", foreign=True)
def sk_resize(ctx: Context, x: object, output_shape: object) -> Tensor:
    """The first axes as ``output_shape`` says, the channels where it does not say."""
    sizes, shape = read.dims(output_shape), as_tensor(x).shape
    if isinstance(sizes, Unknown):
        return _array(UNKNOWN)
    if len(sizes) == 3:
        return _array(sizes)
    if isinstance(shape, Unknown) or len(shape) < len(sizes):
        return _array(UNKNOWN)
    return _array((*sizes, *shape[len(sizes) :]))


@function("skimage.color.rgb2gray(rgb: x, *rest, **kwargs)", foreign=True)
def sk_gray(ctx: Context, x: object) -> Tensor:
    """Without the channel axis."""
    shape = as_tensor(x).shape
    known = not isinstance(shape, Unknown) and len(shape) >= 3 and shape[-1] in (3, 4)
    return _array(shape[:-1] if known and isinstance(shape, tuple) else UNKNOWN)
