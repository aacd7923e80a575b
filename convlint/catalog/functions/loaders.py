"""What Keras itself loads: folders of files, sequences of words, time series."""

from __future__ import annotations

from collections.abc import Mapping

from convlint.catalog import arguments as read
from convlint.catalog.context import Context
from convlint.catalog.dataset import Dataset
from convlint.catalog.functions.common import as_tensor, dtype_of
from convlint.catalog.objects import LibraryObject
from convlint.catalog.registry import function
from convlint.catalog.tensor import Classes, Kind, OneHot, Ragged, Tensor
from convlint.shapes.dims import UNKNOWN, Dim, Linear, Unknown
from convlint.shapes.shape import AnyShape, Shape

_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}


def _channels(color_mode: object) -> Dim:
    return _CHANNELS.get(color_mode, UNKNOWN) if isinstance(color_mode, str) else UNKNOWN


def _size(value: object) -> tuple[Dim, Dim]:
    if isinstance(value, int | Linear) and not isinstance(value, bool):
        return value, value
    sizes = read.dims(value)
    return (UNKNOWN, UNKNOWN) if isinstance(sizes, Unknown) or len(sizes) != 2 else (sizes[0], sizes[1])


def _image(ctx: Context, size: tuple[Dim, Dim], channels: Dim, data_format: object) -> AnyShape:
    layout = read.data_format(ctx, data_format)
    if isinstance(layout, Unknown):
        return UNKNOWN
    return (*size, channels) if layout == "channels_last" else (channels, *size)


def _label(mode: object, classes: Dim, batched: Shape) -> object:
    """One label, as ``label_mode`` says; MISSING for none."""
    if mode in ("int", "sparse"):
        return Tensor(batched, "int32", Kind.EAGER)
    if mode == "categorical":
        return Tensor((*batched, classes), "float32", Kind.EAGER, content=OneHot())
    if mode == "binary":
        return Tensor((*batched, 1), "float32", Kind.EAGER)
    return UNKNOWN


def _class_count(class_names: object, labels: object) -> Dim:
    names = class_names if isinstance(class_names, list | tuple) else None
    return UNKNOWN if names is None else len(names)


@function(
    "keras.utils.image_dataset_from_directory(directory, labels='inferred', label_mode='int', class_names=None, "
    "color_mode='rgb', batch_size=32, image_size=(256, 256), shuffle=True, seed=None, validation_split=None, "
    "subset=None, interpolation='bilinear', follow_links=False, crop_to_aspect_ratio=False, "
    "pad_to_aspect_ratio=False, data_format=None, format='tf', verbose=True)",
    "keras.preprocessing.image_dataset_from_directory(directory, labels='inferred', label_mode='int', "
    "class_names=None, color_mode='rgb', batch_size=32, image_size=(256, 256), shuffle=True, seed=None, "
    "validation_split=None, subset=None, interpolation='bilinear', follow_links=False, crop_to_aspect_ratio=False, "
    "pad_to_aspect_ratio=False, data_format=None, format='tf', verbose=True)",
    foreign=True,
)
def images_in_folders(
    ctx: Context,
    labels: object,
    label_mode: object,
    class_names: object,
    color_mode: object,
    batch_size: object,
    image_size: object,
    subset: object,
    data_format: object,
) -> object:
    """``(images, labels)`` in ``float32``; images alone without labels.

    Source: ``keras/src/utils/image_dataset_utils.py``; measured: integer labels are ``int32``
    ``(batch,)``, binary ones ``float32`` ``(batch, 1)``, categorical ones one-hot.
    """
    batch: Shape = () if batch_size is None else (UNKNOWN,)
    image = _image(ctx, _size(image_size), _channels(color_mode), data_format)
    shape: AnyShape = UNKNOWN if isinstance(image, Unknown) else (*batch, *image)
    pixels = Tensor(shape, "float32", Kind.EAGER)
    settings = {"label_mode": label_mode, "color_mode": color_mode, "image_size": image_size, "batch_size": batch_size}
    return _folders(
        "image_dataset_from_directory", pixels, labels, label_mode, _class_count(class_names, labels), batch, subset,
        settings,
    )  # fmt: skip


def _folders(
    maker: str,
    data: Tensor,
    labels: object,
    label_mode: object,
    classes: Dim,
    batch: Shape,
    subset: object,
    settings: Mapping[str, object],
) -> object:
    plain = labels is None or label_mode is None
    element: object = data if plain else (data, _label(label_mode, classes, batch))
    if isinstance(labels, Unknown) or isinstance(label_mode, Unknown):
        element = UNKNOWN
    made = Dataset(element, UNKNOWN, maker, settings)
    if subset == "both":
        return made, made
    return UNKNOWN if isinstance(subset, Unknown) else made


@function(
    "keras.utils.text_dataset_from_directory(directory, labels='inferred', label_mode='int', class_names=None, "
    "batch_size=32, max_length=None, shuffle=True, seed=None, validation_split=None, subset=None, "
    "follow_links=False, format='tf', verbose=True)",
    "keras.preprocessing.text_dataset_from_directory(directory, labels='inferred', label_mode='int', "
    "class_names=None, batch_size=32, max_length=None, shuffle=True, seed=None, validation_split=None, subset=None, "
    "follow_links=False, format='tf', verbose=True)",
    foreign=True,
)
def texts_in_folders(
    ctx: Context, labels: object, label_mode: object, class_names: object, batch_size: object, subset: object
) -> object:
    """``(texts, labels)``; texts are strings."""
    batch: Shape = () if batch_size is None else (UNKNOWN,)
    texts = Tensor(batch, "string", Kind.EAGER)
    settings = {"label_mode": label_mode, "batch_size": batch_size}
    count = _class_count(class_names, labels)
    return _folders("text_dataset_from_directory", texts, labels, label_mode, count, batch, subset, settings)


@function(
    "keras.utils.audio_dataset_from_directory(directory, labels='inferred', label_mode='int', class_names=None, "
    "batch_size=32, sampling_rate=None, output_sequence_length=None, ragged=False, shuffle=True, seed=None, "
    "validation_split=None, subset=None, follow_links=False, verbose=True)",
    foreign=True,
)
def sounds_in_folders(
    ctx: Context,
    labels: object,
    label_mode: object,
    class_names: object,
    batch_size: object,
    output_sequence_length: object,
    ragged: object,
    subset: object,
) -> object:
    """``(waves, labels)``; waves are ``(samples, channels)``, and how many channels the files tell."""
    batch: Shape = () if batch_size is None else (UNKNOWN,)
    length = UNKNOWN if output_sequence_length is None else read.dim(output_sequence_length)
    waves = Tensor((*batch, length, UNKNOWN) if ragged is False else UNKNOWN, "float32", Kind.EAGER)
    settings = {"label_mode": label_mode, "batch_size": batch_size}
    count = _class_count(class_names, labels)
    return _folders("audio_dataset_from_directory", waves, labels, label_mode, count, batch, subset, settings)


@function(
    "keras.utils.timeseries_dataset_from_array(data, targets, sequence_length, sequence_stride=1, sampling_rate=1, "
    "batch_size=128, shuffle=False, seed=None, start_index=None, end_index=None)",
    "keras.preprocessing.timeseries_dataset_from_array(data, targets, sequence_length, sequence_stride=1, "
    "sampling_rate=1, batch_size=128, shuffle=False, seed=None, start_index=None, end_index=None)",
    "keras.preprocessing.sequence.timeseries_dataset_from_array(data, targets, sequence_length, sequence_stride=1, "
    "sampling_rate=1, batch_size=128, shuffle=False, seed=None, start_index=None, end_index=None)",
    foreign=True,
)
def windows_of_series(
    ctx: Context, data: object, targets: object, sequence_length: object, batch_size: object
) -> object:
    """Windows of ``sequence_length`` rows, and the target of each.

    Source: ``keras/src/utils/timeseries_dataset_utils.py``.
    """
    whole = as_tensor(data)
    batch: Shape = () if batch_size is None else (UNKNOWN,)
    shape: AnyShape = UNKNOWN
    if not isinstance(whole.shape, Unknown) and whole.shape:
        shape = (*batch, read.dim(sequence_length), *whole.shape[1:])
    x = Tensor(shape, whole.dtype, Kind.EAGER)
    settings = {"sequence_length": sequence_length, "batch_size": batch_size}
    element: object = x
    if targets is not None:
        wanted = as_tensor(targets)
        rest: AnyShape = UNKNOWN
        if not isinstance(wanted.shape, Unknown) and wanted.shape:
            rest = (*batch, *wanted.shape[1:])
        element = (x, Tensor(rest, wanted.dtype, Kind.EAGER))
    return Dataset(element, UNKNOWN, "timeseries_dataset_from_array", settings)


# --- ImageDataGenerator ------------------------------------------------------------------------

_GENERATOR = "keras.preprocessing.image.ImageDataGenerator"


@function(
    f"{_GENERATOR}(featurewise_center=False, samplewise_center=False, featurewise_std_normalization=False, "
    "samplewise_std_normalization=False, zca_whitening=False, zca_epsilon=1e-06, rotation_range=0, "
    "width_shift_range=0.0, height_shift_range=0.0, brightness_range=None, shear_range=0.0, zoom_range=0.0, "
    "channel_shift_range=0.0, fill_mode='nearest', cval=0.0, horizontal_flip=False, vertical_flip=False, "
    "rescale=None, preprocessing_function=None, data_format=None, validation_split=0.0, interpolation_order=1, "
    "dtype=None)",
    foreign=True,
)
def image_generator(ctx: Context, data_format: object) -> LibraryObject:
    """Changes images and hands them out in batches."""
    return LibraryObject(_GENERATOR, {"data_format": data_format})


def _class_mode(mode: object, classes: Dim) -> object:
    """Labels of a batch. Source: ``keras/src/legacy/preprocessing/image.py``; measured dtypes."""
    batch: Shape = (UNKNOWN,)
    if mode in ("binary", "sparse"):
        return Tensor(batch, "float32", Kind.ARRAY)
    if mode == "categorical":
        return Tensor((*batch, classes), "float32", Kind.ARRAY, content=OneHot())
    return UNKNOWN


def _classes(classes: object) -> Dim:
    return len(classes) if isinstance(classes, list | tuple) and classes else UNKNOWN


def _batches(maker: str, images: Tensor, class_mode: object, classes: Dim, settings: Mapping[str, object]) -> Dataset:
    if class_mode is None:
        element: object = images
    elif class_mode == "input":
        element = (images, images)
    elif isinstance(class_mode, Unknown):
        element = UNKNOWN
    else:
        element = (images, _class_mode(class_mode, classes))
    return Dataset(element, UNKNOWN, maker, settings)


@function(
    f"{_GENERATOR}.flow_from_directory(self: generator, directory, target_size=(256, 256), color_mode='rgb', "
    "classes=None, class_mode='categorical', batch_size=32, shuffle=True, seed=None, save_to_dir=None, "
    "save_prefix='', save_format='png', follow_links=False, subset=None, interpolation='nearest', "
    "keep_aspect_ratio=False)",
    f"{_GENERATOR}.flow_from_dataframe(self: generator, dataframe, directory=None, x_col='filename', y_col='class', "
    "weight_col=None, target_size=(256, 256), color_mode='rgb', classes=None, class_mode='categorical', "
    "batch_size=32, shuffle=True, seed=None, save_to_dir=None, save_prefix='', save_format='png', subset=None, "
    "interpolation='nearest', validate_filenames=True, **kwargs)",
    foreign=True,
)
def flow_from_files(
    ctx: Context,
    generator: object,
    target_size: object,
    color_mode: object,
    classes: object,
    class_mode: object,
    batch_size: object,
    called: str,
    y_col: object = "class",
    weight_col: object = None,
) -> object:
    """``(images, labels)`` of files: ``float32``, scaled to ``target_size``."""
    if not isinstance(generator, LibraryObject) or weight_col is not None:
        return UNKNOWN
    image = _image(ctx, _size(target_size), _channels(color_mode), generator.facts.get("data_format"))
    shape: AnyShape = UNKNOWN if isinstance(image, Unknown) else (UNKNOWN, *image)
    images = Tensor(shape, "float32", Kind.ARRAY)
    maker = called.rpartition(".")[2]
    settings = {
        "class_mode": class_mode,
        "target_size": target_size,
        "color_mode": color_mode,
        "batch_size": batch_size,
    }
    if class_mode == "raw":
        columns = len(y_col) if isinstance(y_col, list | tuple) else None
        raw = Tensor((UNKNOWN,) if columns is None else (UNKNOWN, columns), UNKNOWN, Kind.ARRAY)
        return Dataset((images, raw), UNKNOWN, maker, settings)
    return _batches(maker, images, class_mode, _classes(classes), settings)


@function(
    f"{_GENERATOR}.flow(self: generator, x, y=None, batch_size=32, shuffle=True, sample_weight=None, seed=None, "
    "save_to_dir=None, save_prefix='', save_format='png', ignore_class_split=False, subset=None)",
    foreign=True,
)
def flow(ctx: Context, generator: object, x: object, y: object, batch_size: object, sample_weight: object) -> object:
    """Batches of arrays; a tuple as ``x`` holds images and other inputs."""
    if not isinstance(generator, LibraryObject) or isinstance(x, tuple) or sample_weight is not None:
        return Dataset(maker="flow")

    def batched(tensor: Tensor, dtype: object) -> Tensor:
        shape: AnyShape = UNKNOWN
        if not isinstance(tensor.shape, Unknown) and tensor.shape:
            shape = (UNKNOWN, *tensor.shape[1:])
        content = tensor.content if isinstance(tensor.content, OneHot) and tensor.rank not in (None, 1) else None
        return Tensor(shape, dtype if isinstance(dtype, str) else UNKNOWN, Kind.ARRAY, content=content)

    images = batched(as_tensor(x), "float32")
    if y is None:
        return Dataset(images, UNKNOWN, "flow", {"batch_size": batch_size})
    labels = as_tensor(y)
    return Dataset((images, batched(labels, labels.dtype)), UNKNOWN, "flow", {"batch_size": batch_size})


@function(f"{_GENERATOR}.fit(self: generator, x, augment=False, rounds=1, seed=None)", foreign=True)
def fit_generator(ctx: Context) -> None:
    """Statistics of the data; no shape depends on them."""


@function(f"{_GENERATOR}.random_transform(self: generator, x, seed=None)",
          f"{_GENERATOR}.standardize(self: generator, x)", foreign=True)  # fmt: skip
def transform_image(ctx: Context, x: object) -> Tensor:
    """One image, changed."""
    tensor = as_tensor(x)
    return Tensor(tensor.shape, UNKNOWN, Kind.ARRAY)


# --- words -------------------------------------------------------------------------------------


@function(
    "keras.utils.pad_sequences(sequences, maxlen=None, dtype='int32', padding='pre', truncating='pre', value=0.0)",
    "keras.preprocessing.sequence.pad_sequences(sequences, maxlen=None, dtype='int32', padding='pre', "
    "truncating='pre', value=0.0)",
    foreign=True,
)
def pad_sequences(ctx: Context, sequences: object, maxlen: object, dtype: object, value: object) -> Tensor:
    """Lists of numbers in rows of one length: ``(samples, maxlen)``, or as long as the longest.

    Entries that are lists themselves keep their inner axes.
    """
    rows = as_tensor(sequences)
    count: Dim = UNKNOWN
    if isinstance(sequences, list | tuple):
        count = len(sequences)
    elif not isinstance(rows.shape, Unknown) and rows.shape:
        count = rows.shape[0]
    length: Dim = UNKNOWN if maxlen is None else read.dim(maxlen)
    if maxlen is None and rows.rank == 2 and rows.dtype != "object" and isinstance(rows.shape, tuple):
        length = rows.shape[1]
    inner: Shape = ()
    if rows.rank is not None and rows.rank > 2 and isinstance(rows.shape, tuple):
        inner = rows.shape[2:]
    content = None
    long_enough = maxlen is None or (isinstance(maxlen, int) and maxlen >= _MOST_OF_A_TEXT)
    words = rows.content.words if isinstance(rows.content, Ragged) else rows.content
    if isinstance(words, Classes) and long_enough and isinstance(value, int | float):
        content = Classes(min(words.low, int(value)), max(words.high, int(value)))
    return Tensor((count, length, *inner), dtype_of(dtype, "int32"), Kind.ARRAY, content=content)


_MOST_OF_A_TEXT = 80
"""Words of each text that must stay for its frequent words to stay: a third of a review's average length."""
_TOKENIZER = "keras.preprocessing.text.Tokenizer"


@function(
    f"{_TOKENIZER}(num_words=None, filters=None, lower=True, split=' ', char_level=False, oov_token=None, "
    "analyzer=None, **kwargs)",
    foreign=True,
)
def tokenizer(ctx: Context, num_words: object) -> LibraryObject:
    """Turns words into numbers."""
    return LibraryObject(_TOKENIZER, {"num_words": num_words})


@function(
    f"{_TOKENIZER}.texts_to_sequences(self: tokenizer, texts)",
    f"{_TOKENIZER}.sequences_to_texts(self: tokenizer, texts)",
    foreign=True,
)
def texts_to_sequences(ctx: Context, texts: object) -> object:
    """A list of lists of unequal length; as many as there are texts."""
    return UNKNOWN


@function(
    f"{_TOKENIZER}.texts_to_matrix(self: tokenizer, texts, mode='binary')",
    f"{_TOKENIZER}.sequences_to_matrix(self: tokenizer, texts, mode='binary')",
    foreign=True,
)
def texts_to_matrix(ctx: Context, tokenizer: object, texts: object) -> Tensor:
    """``(texts, num_words)``, ``float64``."""
    words = tokenizer.facts.get("num_words") if isinstance(tokenizer, LibraryObject) else None
    return Tensor((UNKNOWN, read.dim(words) if isinstance(words, int) else UNKNOWN), "float64", Kind.ARRAY)


@function(f"{_TOKENIZER}.fit_on_texts(self: tokenizer, texts)",
          f"{_TOKENIZER}.fit_on_sequences(self: tokenizer, sequences)", foreign=True)  # fmt: skip
def fit_on_texts(ctx: Context) -> None:
    """Learns the words."""


# --- pictures ----------------------------------------------------------------------------------

PICTURE = "PIL.Image.Image"


@function(
    "keras.utils.load_img(path, color_mode='rgb', target_size=None, interpolation='nearest', keep_aspect_ratio=False)",
    "keras.preprocessing.image.load_img(path, color_mode='rgb', target_size=None, interpolation='nearest', "
    "keep_aspect_ratio=False)",
    foreign=True,
)
def load_img(ctx: Context, color_mode: object, target_size: object) -> LibraryObject:
    """A picture of Pillow's; gray ones have no axis for their one channel."""
    height, width = (UNKNOWN, UNKNOWN) if target_size is None else _size(target_size)
    channels = _channels(color_mode)
    shape: AnyShape = UNKNOWN
    if isinstance(channels, int):
        shape = (height, width) if channels == 1 else (height, width, channels)
    return LibraryObject(PICTURE, {"array": Tensor(shape, "uint8", Kind.ARRAY)})


@function(
    "keras.utils.img_to_array(img: x, data_format=None, dtype=None)",
    "keras.preprocessing.image.img_to_array(img: x, data_format=None, dtype=None)",
)
def img_to_array(ctx: Context, x: object, data_format: object, dtype: object) -> Tensor:
    """``(height, width, channels)`` in ``float32``; gray pictures get an axis of 1.

    Source: ``keras/src/utils/image_utils.py``.
    """
    found = dtype_of(dtype, "float32")
    layout = read.data_format(ctx, data_format)
    shape = as_tensor(x).shape
    if isinstance(shape, Unknown) or isinstance(layout, Unknown) or len(shape) not in (2, 3):
        return Tensor((UNKNOWN,) * 3, found, Kind.ARRAY)
    height, width, *channels = shape
    depth: Dim = channels[0] if channels else 1
    if isinstance(x, LibraryObject) and layout == "channels_first":
        return Tensor((depth, height, width), found, Kind.ARRAY)
    if not channels:
        return Tensor((1, height, width) if layout == "channels_first" else (height, width, 1), found, Kind.ARRAY)
    return Tensor(shape, found, Kind.ARRAY)


@function("keras.utils.array_to_img(x, data_format=None, scale=True, dtype=None)",
          "keras.preprocessing.image.array_to_img(x, data_format=None, scale=True, dtype=None)",
          foreign=True)  # fmt: skip
def array_to_img(ctx: Context, x: object, data_format: object) -> LibraryObject:
    """A picture of Pillow's."""
    shape = as_tensor(x).shape
    known = not isinstance(shape, Unknown) and len(shape) == 3 and data_format in (None, "channels_last")
    if known and isinstance(shape, tuple) and isinstance(shape[2], int):
        size: AnyShape = shape[:2] if shape[2] == 1 else shape
        return LibraryObject(PICTURE, {"array": Tensor(size, "uint8", Kind.ARRAY)})
    return LibraryObject(PICTURE)


@function("keras.utils.get_file(fname=None, *rest, **kwargs)", foreign=True)
def get_file(ctx: Context) -> object:
    """A path."""
    return UNKNOWN


_APPLICATIONS = (
    "convnext", "densenet", "efficientnet", "efficientnet_v2", "imagenet_utils", "inception_resnet_v2", "inception_v3",
    "mobilenet", "mobilenet_v2", "mobilenet_v3", "nasnet", "resnet", "resnet50", "resnet_v2", "vgg16", "vgg19",
    "xception",
)  # fmt: skip


@function(*(f"keras.applications.{name}.preprocess_input(x, data_format=None, *rest, **kwargs)"
            for name in _APPLICATIONS), foreign=True)  # fmt: skip
def preprocess_input(ctx: Context, x: object, called: str) -> Tensor:
    """The pixels in the range, and the order of the colours, of a pretrained model: the same shape."""
    tensor = as_tensor(x)
    keep = isinstance(tensor.dtype, str) and tensor.dtype == "float32"
    return Tensor(tensor.shape, "float32" if keep else UNKNOWN, tensor.kind, tensor.layout)
