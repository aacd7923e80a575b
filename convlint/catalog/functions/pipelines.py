"""``tf.data``: what each step makes of an element.

Sizes that TensorFlow itself leaves open (``None`` in ``element_spec``) are unknown here: when an
element is used they are numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.dataset import Dataset, each, leaves, one_of, open_sizes, tensor_structure
from convlint.catalog.functions.common import as_tensor, dtype_of
from convlint.catalog.registry import function
from convlint.catalog.tensor import Classes, Kind, OneHot, Tensor
from convlint.problems import ArgumentSize
from convlint.shapes.dims import UNKNOWN, Dim, Dynamic, Unknown, ceil_divide, floor_divide
from convlint.shapes.shape import AnyShape, Shape

_HOME = "tensorflow.data.Dataset"


def _first_removed(tensor: Tensor) -> Tensor:
    if isinstance(tensor.shape, Unknown) or not tensor.shape:
        return replace(tensor, shape=UNKNOWN, content=None)
    shape = tensor.shape[1:]
    kept = isinstance(tensor.content, Classes) or (isinstance(tensor.content, OneHot) and shape)
    return Tensor(shape, tensor.dtype, tensor.kind, content=tensor.content if kept else None)


def _with_first(size: Dim) -> Callable[[Tensor], Tensor]:
    def put(tensor: Tensor) -> Tensor:
        shape: AnyShape = UNKNOWN if isinstance(tensor.shape, Unknown) else (size, *tensor.shape)
        kept = isinstance(tensor.content, Classes) or (isinstance(tensor.content, OneHot) and tensor.rank)
        return Tensor(shape, tensor.dtype, tensor.kind, content=tensor.content if kept else None)

    return put


@function(f"{_HOME}.from_tensor_slices(tensors, name=None)")
def from_slices(ctx: Context, tensors: object) -> Dataset:
    """One element for each entry along the first axis of all the tensors.

    Raises:
        Refused: the tensors' first axes differ.

    Source: measured with TensorFlow 2.21: "Dimension 5 and 4 are not compatible".
    """
    whole = tensor_structure(tensors)
    sizes = [leaf.shape[0] for leaf in leaves(whole) if not isinstance(leaf.shape, Unknown) and leaf.shape]
    numbers = sorted({size for size in sizes if isinstance(size, int)})
    if len(numbers) > 1:
        text = " and ".join(map(str, numbers))
        raise Refused(ArgumentSize(ctx.operation, "tensors", text, "tensors with one number of entries"))
    known: Dim = numbers[0] if numbers else sizes[0] if sizes else UNKNOWN
    return Dataset(each(whole, _first_removed), known, "tf.data")


@function(f"{_HOME}.from_tensors(tensors, name=None)")
def from_tensors(ctx: Context, tensors: object) -> Dataset:
    """One element: the tensors themselves."""
    return Dataset(tensor_structure(tensors), 1, "tf.data")


@function(f"{_HOME}.range(*rest, output_type=None, name=None, **kwargs)")
def numbers(ctx: Context, rest: tuple[object, ...], output_type: object) -> Dataset:
    """Whole numbers, one an element."""
    bounds = [value for value in rest if isinstance(value, int)]
    known = len(bounds) == len(rest) and 1 <= len(bounds) <= 3 and bounds[2:] != [0]
    return Dataset(
        Tensor((), dtype_of(output_type, "int64"), Kind.EAGER), len(range(*bounds)) if known else UNKNOWN, "tf.data"
    )


@function(
    "tensorflow.data.TFRecordDataset(filenames, *rest, **kwargs)",
    "tensorflow.data.TextLineDataset(filenames, *rest, **kwargs)",
    f"{_HOME}.list_files(file_pattern: filenames, shuffle=None, seed=None, name=None)",
    foreign=True,
)
def lines(ctx: Context, filenames: object) -> Dataset:
    """Strings from files, one an element."""
    return Dataset(Tensor((), "string", Kind.EAGER), UNKNOWN, "tf.data")


@function(
    "tensorflow.data.experimental.make_csv_dataset(*rest, **kwargs)",
    f"{_HOME}.load(*rest, **kwargs)",
    foreign=True,
)
def loaded(ctx: Context) -> object:
    """A data set whose elements are not known."""
    return Dataset(maker="tf.data")


@function("tensorflow.data.experimental.CsvDataset(filenames, record_defaults, *rest, **kwargs)", foreign=True)
def csv_rows(ctx: Context, record_defaults: object, kwargs: object = None) -> Dataset:
    """A tuple of single values for each line, one for each of the defaults."""
    if not isinstance(record_defaults, list | tuple):
        return Dataset(maker="tf.data")
    return Dataset(tuple(Tensor((), UNKNOWN, Kind.EAGER) for _ in record_defaults), UNKNOWN, "tf.data")


@function("tensorflow.audio.decode_wav(contents, desired_channels=-1, desired_samples=-1, name=None)", foreign=True)
def decode_wav(ctx: Context, desired_channels: object, desired_samples: object) -> object:
    """``(samples, channels)`` and the sampling rate."""
    samples, channels = (
        read.dim(value) if isinstance(value, int) and value >= 0 else UNKNOWN
        for value in (desired_samples, desired_channels)
    )
    return Tensor((samples, channels), "float32", Kind.EAGER), Tensor((), "int32", Kind.EAGER)


def _labelled(image: Shape, classes: int) -> dict[str, Tensor]:
    label = Tensor((), "int64", Kind.EAGER)
    return {"image": Tensor(image, "uint8", Kind.EAGER), "label": label} if classes else {}


_PHOTOGRAPH: Shape = (UNKNOWN, UNKNOWN, 3)
_TFDS: dict[str, dict[str, Tensor]] = {
    **{name: _labelled((28, 28, 1), 10) for name in ("mnist", "fashion_mnist", "kmnist", "emnist")},
    **{name: _labelled((32, 32, 3), 10) for name in ("cifar10", "svhn_cropped")},
    **{
        name: _labelled(_PHOTOGRAPH, 2)
        for name in ("cats_vs_dogs", "tf_flowers", "oxford_flowers102", "horses_or_humans", "rock_paper_scissors",
                     "beans", "food101", "stanford_dogs")
    },
    "imdb_reviews": {"text": Tensor((), "string", Kind.EAGER), "label": Tensor((), "int64", Kind.EAGER)},
}  # fmt: skip
"""Features of popular sets, input and label in the order of ``as_supervised``.

Source: https://www.tensorflow.org/datasets/catalog, the section "Feature structure" of each.
"""


@function(
    "tensorflow_datasets.load(name, *, split=None, data_dir=None, batch_size=None, shuffle_files=False, "
    "download=True, as_supervised=False, with_info=False, **kwargs)",
    foreign=True,
)
def tfds_load(
    ctx: Context, name: object, split: object, batch_size: object, as_supervised: object, with_info: object
) -> object:
    """A data set for each split; a dictionary of them without one, and a description beside them on demand."""
    if not isinstance(as_supervised, bool) or not isinstance(with_info, bool):
        return UNKNOWN
    plain = name.partition("/")[0].partition(":")[0] if isinstance(name, str) and "/" not in name else ""
    features = _TFDS.get(plain)
    element: object = UNKNOWN
    if features is not None:
        element = tuple(features.values()) if as_supervised else dict(features)
        if batch_size is not None:
            element = each(element, _with_first(UNKNOWN))
    one = Dataset(element, UNKNOWN, "tfds.load")
    made: object = UNKNOWN
    if isinstance(split, str):
        made = one
    elif isinstance(split, list | tuple):
        made = [one for _ in split]
    elif split is None:
        parts = ("train", "test", "unsupervised") if plain == "imdb_reviews" else ("train", "test")
        made = dict.fromkeys(parts, one) if plain in _TRAIN_AND_TEST else UNKNOWN
    return (made, UNKNOWN) if with_info else made


_TRAIN_AND_TEST = frozenset({"mnist", "fashion_mnist", "kmnist", "cifar10", "imdb_reviews"})


@function(f"{_HOME}.zip(*rest, datasets=None, name=None)")
def zipped(ctx: Context, rest: tuple[object, ...], datasets: object, called: str) -> object:
    """Elements of several data sets side by side; as long as the shortest."""
    parts: object = datasets if datasets is not None else rest[0] if len(rest) == 1 else rest
    if isinstance(parts, Dataset):
        parts = (parts,) if datasets is None else parts
    found = _datasets(parts)
    if not found:
        return Dataset(maker="tf.data")
    lengths = [one.length for one in found if isinstance(one, Dataset)]
    known = [size for size in lengths if isinstance(size, int)]
    return Dataset(_elements(parts), min(known) if len(known) == len(found) else UNKNOWN, "tf.data")


def _datasets(structure: object) -> list[object]:
    if isinstance(structure, tuple | list):
        return [leaf for part in structure for leaf in _datasets(part)]
    if isinstance(structure, dict):
        return [leaf for part in structure.values() for leaf in _datasets(part)]
    return [structure]


def _elements(structure: object) -> object:
    if isinstance(structure, tuple | list):
        return tuple(map(_elements, structure))
    if isinstance(structure, dict):
        return {key: _elements(part) for key, part in structure.items()}
    return structure.element if isinstance(structure, Dataset) else UNKNOWN


@function(
    f"{_HOME}.batch(self: dataset, batch_size, drop_remainder=False, num_parallel_calls=None, deterministic=None, "
    "name=None)",
    f"{_HOME}.ragged_batch(self: dataset, batch_size, drop_remainder=False, row_splits_dtype='int64', name=None)",
)
def batch(ctx: Context, dataset: object, batch_size: object, drop_remainder: object, called: str) -> object:
    """``batch_size`` elements stacked; the last batch may be smaller unless it is dropped or comes out even."""
    if not isinstance(dataset, Dataset):
        return UNKNOWN
    size, length = read.dim(batch_size), dataset.length
    even = isinstance(size, int) and isinstance(length, int) and size > 0 and length % size == 0 and length > 0
    first = size if drop_remainder is True or even else UNKNOWN
    count: Dim = UNKNOWN
    if isinstance(size, int) and size > 0 and isinstance(drop_remainder, bool):
        count = floor_divide(length, size) if drop_remainder else ceil_divide(length, size)
    if called.endswith("ragged_batch"):
        return replace(dataset, element=UNKNOWN, length=count)
    return replace(dataset, element=_batched(dataset.element, first), length=count)


def _batched(element: object, first: Dim) -> object:
    if isinstance(element, Dataset):
        return UNKNOWN
    return each(element, _with_first(first))


@function(
    f"{_HOME}.padded_batch(self: dataset, batch_size, padded_shapes=None, padding_values=None, drop_remainder=False, "
    "name=None)"
)
def padded_batch(
    ctx: Context, dataset: object, batch_size: object, padded_shapes: object, drop_remainder: object
) -> object:
    """Elements stacked, each filled up to the given shape; to the longest where that says nothing."""
    if not isinstance(dataset, Dataset):
        return UNKNOWN
    size = read.dim(batch_size)
    first = size if drop_remainder is True else UNKNOWN
    element = dataset.element
    if padded_shapes is not None:
        element = _padded(element, padded_shapes)
    return replace(dataset, element=_batched(element, first), length=UNKNOWN)


def _padded(element: object, shapes: object) -> object:
    if isinstance(element, tuple) and isinstance(shapes, tuple | list) and len(shapes) == len(element):
        return tuple(map(_padded, element, shapes))
    if isinstance(element, dict) and isinstance(shapes, dict) and shapes.keys() == element.keys():
        return {key: _padded(element[key], shapes[key]) for key in element}
    if isinstance(element, Tensor):
        sizes = read.dims(shapes)
        if isinstance(sizes, Unknown):
            return Tensor(UNKNOWN, element.dtype, element.kind)
        shape = tuple(UNKNOWN if isinstance(s, Dynamic) or s == -1 else s for s in sizes)
        return Tensor(shape, element.dtype, element.kind)
    return UNKNOWN


@function(f"{_HOME}.unbatch(self: dataset, name=None)")
def unbatch(ctx: Context, dataset: object) -> object:
    """Batches taken apart."""
    if not isinstance(dataset, Dataset):
        return UNKNOWN
    return replace(dataset, element=each(dataset.element, _first_removed), length=UNKNOWN)


@function(
    f"{_HOME}.shuffle(self: dataset, buffer_size, seed=None, reshuffle_each_iteration=True, name=None)",
    f"{_HOME}.cache(self: dataset, filename='', name=None)",
    f"{_HOME}.prefetch(self: dataset, buffer_size, name=None)",
    f"{_HOME}.with_options(self: dataset, options, name=None)",
    f"{_HOME}.ignore_errors(self: dataset, log_warning=False, name=None)",
    f"{_HOME}.snapshot(self: dataset, *rest, **kwargs)",
)
def same_elements(ctx: Context, dataset: object) -> object:
    """The same elements."""
    return dataset if isinstance(dataset, Dataset) else UNKNOWN


@function(
    f"{_HOME}.repeat(self: dataset, count=None, name=None)",
    f"{_HOME}.take(self: dataset, count, name=None)",
    f"{_HOME}.skip(self: dataset, count, name=None)",
    f"{_HOME}.shard(self: dataset, num_shards: count, index, name=None)",
)
def some_elements(ctx: Context, dataset: object, count: object, called: str) -> object:
    """The same elements, more or fewer of them; ``-1`` stands for all."""
    if not isinstance(dataset, Dataset):
        return UNKNOWN
    length: Dim = UNKNOWN
    last = called.rpartition(".")[2]
    if last != "repeat":
        dataset = replace(dataset, element=one_of(dataset.element))
    if isinstance(count, int) and isinstance(dataset.length, int):
        if last == "take":
            length = dataset.length if count < 0 else min(count, dataset.length)
        elif last == "skip":
            length = 0 if count < 0 else max(0, dataset.length - count)
        elif last == "repeat" and count >= 0:
            length = dataset.length * count
    return replace(dataset, length=length)


@function(f"{_HOME}.concatenate(self: dataset, dataset: other, name=None)")
def one_after_the_other(ctx: Context, dataset: object, other: object) -> object:
    """One data set behind another; sizes that differ are open."""
    if not isinstance(dataset, Dataset) or not isinstance(other, Dataset):
        return UNKNOWN
    total = (
        dataset.length + other.length if isinstance(dataset.length, int) and isinstance(other.length, int) else UNKNOWN
    )
    same = _same_shapes(dataset.element, other.element)
    return Dataset(dataset.element if same else UNKNOWN, total, dataset.maker if same else "tf.data")


def _same_shapes(a: object, b: object) -> bool:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.shape == b.shape and a.dtype == b.dtype and a.content == b.content
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same_shapes, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same_shapes(a[key], b[key]) for key in a)
    return False


@function(f"{_HOME}.enumerate(self: dataset, start=0, name=None)")
def enumerated(ctx: Context, dataset: object) -> object:
    """A number in front of each element."""
    if not isinstance(dataset, Dataset):
        return UNKNOWN
    return Dataset((Tensor((), "int64", Kind.EAGER), dataset.element), dataset.length, "tf.data")


@function(f"{_HOME}.window(self: dataset, size, shift=None, stride=1, drop_remainder=False, name=None)")
def window(
    ctx: Context, dataset: object, size: object, shift: object, stride: object, drop_remainder: object
) -> object:
    """Data sets of ``size`` elements each; a tuple or dictionary of them where the elements are one."""
    if not isinstance(dataset, Dataset):
        return UNKNOWN
    length = read.dim(size) if drop_remainder is True else UNKNOWN

    def windows(part: object) -> object:
        if isinstance(part, tuple):
            return tuple(map(windows, part))
        if isinstance(part, dict):
            return {key: windows(inner) for key, inner in part.items()}
        return Dataset(one_of(part), length, "tf.data")

    return Dataset(windows(dataset.element), UNKNOWN, "tf.data")


@function(f"{_HOME}.cardinality(self: dataset)", "tensorflow.data.experimental.cardinality(dataset)")
def cardinality(ctx: Context, dataset: object) -> object:
    """How many elements there are; an endless or unknown number is negative."""
    return dataset.length if isinstance(dataset, Dataset) and isinstance(dataset.length, int) else UNKNOWN


@function("tensorflow.TensorSpec(shape, dtype='float32', name=None)",
          "tensorflow.RaggedTensorSpec(shape=None, dtype='float32', ragged_rank=None, row_splits_dtype='int64')",
          foreign=True)  # fmt: skip
def spec(ctx: Context, shape: object, dtype: object, called: str) -> Tensor:
    """The description of a tensor."""
    sizes = read.dims(shape)
    return Tensor(open_sizes(sizes), dtype_of(dtype, "float32"), Kind.EAGER)


@function("tensorflow.io.read_file(filename, name=None)", "tensorflow.strings.as_string(input: filename, precision=-1, "
          "scientific=False, shortest=False, width=-1, fill='', name=None)", foreign=True)  # fmt: skip
def text_of(ctx: Context, filename: object, called: str) -> Tensor:
    """A string, or one for each entry."""
    given = as_tensor(filename) if not isinstance(filename, str) else Tensor(())
    return (
        Tensor((), "string", Kind.EAGER) if called.endswith("read_file") else Tensor(given.shape, "string", Kind.EAGER)
    )


@function(
    "tensorflow.io.decode_jpeg(contents, channels=0, *rest, **kwargs)",
    "tensorflow.io.decode_png(contents, channels=0, *rest, **kwargs)",
    "tensorflow.image.decode_jpeg(contents, channels=0, *rest, **kwargs)",
    "tensorflow.image.decode_png(contents, channels=0, *rest, **kwargs)",
    "tensorflow.io.decode_image(contents, channels=None, dtype='uint8', name=None, expand_animations=True)",
    "tensorflow.image.decode_image(contents, channels=None, dtype='uint8', name=None, expand_animations=True)",
    "tensorflow.io.decode_bmp(contents, channels=0, name=None)",
    "tensorflow.image.decode_bmp(contents, channels=0, name=None)",
    foreign=True,
)
def decoded(
    ctx: Context,
    contents: object,
    channels: object,
    called: str,
    dtype: object = "uint8",
    expand_animations: object = False,
) -> Tensor:
    """An image of unknown size; its channels as asked for. ``decode_image`` may meet an animation."""
    if expand_animations is not False:
        return Tensor(UNKNOWN, dtype_of(dtype, "uint8"), Kind.EAGER)
    depth: Dim = channels if isinstance(channels, int) and channels > 0 and not isinstance(channels, bool) else UNKNOWN
    return Tensor((UNKNOWN, UNKNOWN, depth), dtype_of(dtype, "uint8"), Kind.EAGER)


@function("tensorflow.io.decode_gif(contents, name=None)", "tensorflow.image.decode_gif(contents, name=None)",
          foreign=True)  # fmt: skip
def decoded_animation(ctx: Context, contents: object) -> Tensor:
    """Frames of an animation."""
    return Tensor((UNKNOWN, UNKNOWN, UNKNOWN, 3), "uint8", Kind.EAGER)


@function("keras.utils.split_dataset(dataset, left_size=None, right_size=None, shuffle=False, seed=None, "
          "preferred_backend=None)", foreign=True)  # fmt: skip
def split_dataset(ctx: Context, dataset: object, left_size: object, right_size: object) -> object:
    """A data set, arrays or a tuple of arrays cut in two data sets."""
    if isinstance(dataset, Dataset):
        element = dataset.element
    else:
        element = each(tensor_structure(dataset), _first_removed)
    return Dataset(element, UNKNOWN, "tf.data"), Dataset(element, UNKNOWN, "tf.data")
