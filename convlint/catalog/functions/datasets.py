"""Known data: what loaders and splitters return."""

from __future__ import annotations

import math

from convlint.catalog import arguments as read
from convlint.catalog.content import shuffled_rows, some_rows
from convlint.catalog.context import Context, Refused
from convlint.catalog.functions.common import as_tensor
from convlint.catalog.objects import LibraryObject, Many
from convlint.catalog.registry import function
from convlint.catalog.tensor import Classes, Content, Kind, Ragged, Tensor
from convlint.problems import ArgumentSize
from convlint.shapes.dims import UNKNOWN, Dim, Unknown
from convlint.shapes.shape import Shape


def _array(shape: Shape, dtype: str, content: Content | None = None) -> Tensor:
    return Tensor(shape, dtype, Kind.ARRAY, content=content)


_IMAGES: dict[str, tuple[int, int, Shape, Shape]] = {
    "mnist": (60000, 10000, (28, 28), ()),
    "fashion_mnist": (60000, 10000, (28, 28), ()),
    "cifar10": (50000, 10000, (32, 32, 3), (1,)),
    "cifar100": (50000, 10000, (32, 32, 3), (1,)),
}
"""Training samples, test samples, shape of an image, shape of a label.

Source: ``keras/src/datasets/``; the shapes stand in the docstrings of ``load_data``.
"""


@function(
    "keras.datasets.mnist.load_data(path='mnist.npz')",
    "keras.datasets.fashion_mnist.load_data()",
    "keras.datasets.cifar10.load_data()",
    "keras.datasets.cifar100.load_data(label_mode='fine')",
)
def load_images(ctx: Context, called: str, label_mode: object = "fine") -> object:
    """``(x_train, y_train), (x_test, y_test)``; pixels are ``uint8``, labels too but for CIFAR-100 (``int64``)."""
    name = called.split(".")[2]
    train, test, image, label = _IMAGES[name]
    labels = "int64" if name == "cifar100" else "uint8"
    classes = 10 if name != "cifar100" else {"fine": 100, "coarse": 20}.get(str(label_mode))
    content = None if classes is None else Classes(0, classes - 1, even=True, mixed=True)
    return tuple((_array((n, *image), "uint8"), _array((n, *label), labels, content)) for n in (train, test))


COMMON_WORDS = 10_000
"""Words of the reviews so frequent that each occurs dozens of times: the largest index below ``num_words`` is there."""


@function(
    "keras.datasets.imdb.load_data(path='imdb.npz', num_words=None, skip_top=0, maxlen=None, seed=113, start_char=1, "
    "oov_char=2, index_from=3, **kwargs)",
    "keras.datasets.reuters.load_data(path='reuters.npz', num_words=None, skip_top=0, maxlen=None, test_split=0.2, "
    "seed=113, start_char=1, oov_char=2, index_from=3)",
)
def load_texts(
    ctx: Context, called: str, maxlen: object, num_words: object, index_from: object, test_split: object = 0.2
) -> object:
    """Lists of word indices of unequal length, in arrays of objects; ``maxlen`` drops the long ones."""
    imdb = ".imdb." in called
    if maxlen is not None or (not imdb and not isinstance(test_split, int | float)):
        sizes: tuple[object, object] = (UNKNOWN, UNKNOWN)
    elif imdb:
        sizes = (25000, 25000)
    else:
        assert isinstance(test_split, int | float)
        train = int(11228 * (1 - test_split))
        sizes = (train, 11228 - train)
    # The newswires' 46 topics all occur in both parts of the default split, some a dozen times only.
    content = None
    if maxlen is None:
        content = Classes(0, 1, even=True, mixed=True) if imdb else Classes(0, 45) if test_split == 0.2 else None
    words = None
    if imdb and maxlen is None and index_from == 3 and isinstance(num_words, int) and 100 <= num_words <= COMMON_WORDS:
        words = Classes(1, num_words - 1)
    return tuple(
        (Tensor((n,), "object", Kind.ARRAY, content=Ragged(words)), Tensor((n,), "int64", Kind.ARRAY, content=content))  # type: ignore[arg-type]
        for n in sizes
    )


@function(
    "keras.datasets.boston_housing.load_data(path='boston_housing.npz', test_split=0.2, seed=113)",
    "keras.datasets.california_housing.load_data(version='large', path='california_housing.npz', test_split=0.2, "
    "seed=113)",
)
def load_tables(ctx: Context, called: str, test_split: object, version: object = "large") -> object:
    """Rows of features and a price each.

    Source: 506 rows of 13 features; 20640 (``small``: 600) of 8.
    """
    boston = ".boston_housing." in called
    features = 13 if boston else 8
    rows = 506 if boston else {"large": 20640, "small": 600}.get(str(version), 0)
    if not isinstance(test_split, int | float) or not rows:
        return UNKNOWN
    train = int(rows * (1 - test_split))
    dtype = "float64" if boston else "float32"
    return tuple((_array((n, features), dtype), _array((n,), dtype)) for n in (train, rows - train))


_TABLES: dict[str, tuple[Shape, str, str]] = {
    "load_digits": ((1797, 64), "float64", "int64"),
    "load_iris": ((150, 4), "float64", "int64"),
    "load_wine": ((178, 13), "float64", "int64"),
    "load_breast_cancer": ((569, 30), "float64", "int64"),
    "load_diabetes": ((442, 10), "float64", "float64"),
}
"""Rows and columns, dtype of the features and of the target. Source: measured with scikit-learn 1.9."""
_LABELS = {
    "load_digits": Classes(0, 9, even=True, mixed=True),
    "load_iris": Classes(0, 2, even=True),
    "load_wine": Classes(0, 2, even=True),
    "load_breast_cancer": Classes(0, 1, even=True),
}
"""The target's classes; those of the flowers and the wines stand in order. Source: measured likewise."""


@function(
    "sklearn.datasets.load_digits(*, n_class=10, return_X_y=False, as_frame=False)",
    "sklearn.datasets.load_iris(*, return_X_y=False, as_frame=False)",
    "sklearn.datasets.load_wine(*, return_X_y=False, as_frame=False)",
    "sklearn.datasets.load_breast_cancer(*, return_X_y=False, as_frame=False)",
    "sklearn.datasets.load_diabetes(*, return_X_y=False, as_frame=False, scaled=True)",
)
def load_table(ctx: Context, called: str, return_X_y: object, as_frame: object, n_class: object = 10) -> object:  # noqa: N803
    """``(data, target)``, or an object that holds them; the digits also as 8 x 8 ``images``."""
    name = called.rpartition(".")[2]
    shape, dtype, labels = _TABLES[name]
    if as_frame is not False or n_class != 10 or not isinstance(return_X_y, bool):
        return UNKNOWN
    data, target = _array(shape, dtype), _array(shape[:1], labels, _LABELS.get(name))
    if return_X_y:
        return data, target
    images = {"images": _array((1797, 8, 8), "float64")} if name == "load_digits" else {}
    return LibraryObject(BUNCH, {"data": data, "target": target, **images})


BUNCH = "sklearn.utils.Bunch"


@function(f"{BUNCH}.__getitem__(self, key)", f"{BUNCH}.__getattr__(self, key)", foreign=True)
def entry_of_bunch(ctx: Context, self: object, key: object) -> object:
    """``digits.data``, or ``digits["data"]``."""
    facts = self.facts if isinstance(self, LibraryObject) else {}
    return facts.get(key, UNKNOWN) if isinstance(key, str) else UNKNOWN


@function("sklearn.datasets.load_sample_image(image_name)")
def load_sample_image(ctx: Context, image_name: object) -> object:
    """One of scikit-learn's two photographs, each 427 by 640 pixels."""
    known = image_name in ("china.jpg", "flower.jpg")
    return _array((427, 640, 3), "uint8") if known else Tensor((UNKNOWN,) * 3, "uint8", Kind.ARRAY)


@function("sklearn.datasets.load_sample_images()")
def load_sample_images(ctx: Context) -> object:
    """Both photographs."""
    images = [_array((427, 640, 3), "uint8")] * 2
    return LibraryObject(BUNCH, {"images": images, "filenames": ["china.jpg", "flower.jpg"]})


@function(
    "sklearn.model_selection.train_test_split(*rest, test_size=None, train_size=None, random_state=None, "
    "shuffle=True, stratify=None)"
)
def train_test_split(
    ctx: Context, rest: tuple[object, ...], test_size: object, train_size: object, shuffle: object
) -> object:
    """Each array cut in two: ``x_train, x_test, y_train, y_test``.

    Raises:
        Refused: the arrays hold different numbers of samples.

    Source: ``sklearn/model_selection/_split.py``, ``_validate_shuffle_split``: the test part
    is rounded up, 25 % by default.
    """
    tensors = [as_tensor(value) for value in rest]
    lengths = {
        t.shape[0] for t in tensors if not isinstance(t.shape, Unknown) and t.shape and isinstance(t.shape[0], int)
    }
    if len(lengths) > 1:
        wanted = "arrays with one number of samples"
        raise Refused(ArgumentSize(ctx.operation, "arrays", " and ".join(map(str, sorted(map(int, lengths)))), wanted))
    pick = some_rows if shuffle is False else shuffled_rows
    parts: list[object] = []
    for value, tensor in zip(rest, tensors):
        length = UNKNOWN if isinstance(tensor.shape, Unknown) or not tensor.shape else tensor.shape[0]
        sizes = _split_sizes(length, test_size, train_size) if isinstance(length, int) else (UNKNOWN, UNKNOWN)
        for size in sizes:
            shape = UNKNOWN if isinstance(tensor.shape, Unknown) else (size, *tensor.shape[1:])
            part = Tensor(shape, tensor.dtype, tensor.kind, content=pick(tensor, shape))
            parts.append(_as_given(value, part))
    return parts


def _as_given(value: object, part: Tensor) -> object:
    """A part of the data in the form in which the whole was given: frames stay frames, lists lists."""
    if isinstance(value, Tensor):
        return part
    if isinstance(value, LibraryObject):
        return value.with_facts(array=part)
    if isinstance(value, list | tuple | Many) and not isinstance(part.shape, Unknown):
        return Many(Tensor(part.shape[1:], part.dtype, part.kind))
    return UNKNOWN


def _split_sizes(length: int, test_size: object, train_size: object) -> tuple[Dim, Dim]:
    for size in (test_size, train_size):
        if size is not None and (isinstance(size, bool) or not isinstance(size, int | float)):
            return UNKNOWN, UNKNOWN
    if test_size is None and train_size is None:
        test_size = 0.25
    test = math.ceil(test_size * length) if isinstance(test_size, float) else test_size
    train = math.floor(train_size * length) if isinstance(train_size, float) else train_size
    if test is None and isinstance(train, int):
        test = length - train
    if train is None and isinstance(test, int):
        train = length - test
    return read.dim(train), read.dim(test)
