"""scikit-learn: made-up data, scalers, encoders and the splits of cross-validation."""

from __future__ import annotations

from convlint.catalog import arguments as read
from convlint.catalog.content import ENOUGH, shuffled_rows
from convlint.catalog.context import Context
from convlint.catalog.dataset import Dataset
from convlint.catalog.functions.common import as_tensor
from convlint.catalog.objects import Changed, LibraryObject, Many
from convlint.catalog.registry import attribute, function
from convlint.catalog.tensor import Classes, Content, Kind, OneHot, Tensor
from convlint.shapes.dims import UNKNOWN, Dim, Unknown
from convlint.shapes.shape import AnyShape


def _made(features: Dim, samples: object, labels: Content | None, dtype: str = "int64") -> object:
    count = read.dim(samples)
    return Tensor((count, features), "float64", Kind.ARRAY), Tensor((count,), dtype, Kind.ARRAY, content=labels)


def _even(classes: object, samples: object, shuffle: object, least: int) -> Classes | None:
    """Classes of made-up data, which come in equal parts; ``least`` samples for each prove that all occur."""
    if not isinstance(classes, int) or not isinstance(samples, int) or samples < least * classes:
        return None
    return Classes(0, classes - 1, even=True, mixed=shuffle is True)


@function(
    "sklearn.datasets.make_classification(n_samples=100, n_features=20, *, n_informative=2, n_redundant=2, "
    "n_repeated=0, n_classes=2, n_clusters_per_class=2, weights=None, flip_y=0.01, class_sep=1.0, hypercube=True, "
    "shift=0.0, scale=1.0, shuffle=True, random_state=None, return_X_y=True)",
    foreign=True,
)
def make_classification(
    ctx: Context, n_samples: object, n_features: object, n_classes: object, weights: object, shuffle: object,
    return_X_y: object,  # noqa: N803
) -> object:  # fmt: skip
    """``(samples, features)`` and a class each; a hundredth of the classes is redrawn."""
    if return_X_y is not True:
        return UNKNOWN
    labels = _even(n_classes, n_samples, shuffle, ENOUGH) if weights is None else None
    return _made(read.dim(n_features), n_samples, labels)


@function(
    "sklearn.datasets.make_blobs(n_samples=100, n_features=2, *, centers=None, cluster_std=1.0, "
    "center_box=(-10.0, 10.0), shuffle=True, random_state=None, return_centers=False)",
    foreign=True,
)
def make_blobs(
    ctx: Context, n_samples: object, n_features: object, centers: object, shuffle: object, return_centers: object
) -> object:
    """Clouds of points, three without ``centers``."""
    if return_centers is not False or not isinstance(n_samples, int):
        return UNKNOWN
    count, features = (3 if centers is None else centers), read.dim(n_features)
    if not isinstance(count, int):
        where = as_tensor(centers).shape
        known = not isinstance(where, Unknown) and len(where) == 2
        count, features = (where[0], where[1]) if known and isinstance(where, tuple) else (None, UNKNOWN)
    return _made(features, n_samples, _even(count, n_samples, shuffle, 1))


@function(
    "sklearn.datasets.make_moons(n_samples=100, *, shuffle=True, noise=None, random_state=None)",
    "sklearn.datasets.make_circles(n_samples=100, *, shuffle=True, noise=None, random_state=None, factor=0.8)",
    foreign=True,
)
def make_pair(ctx: Context, n_samples: object, shuffle: object) -> object:
    """Points in the plane in two classes."""
    samples = n_samples if isinstance(n_samples, int) else UNKNOWN
    return _made(2, samples, _even(2, samples, shuffle, 1))


@function(
    "sklearn.datasets.make_regression(n_samples=100, n_features=100, *, n_informative=10, n_targets=1, bias=0.0, "
    "effective_rank=None, tail_strength=0.5, noise=0.0, shuffle=True, coef=False, random_state=None)",
    foreign=True,
)
def make_regression(ctx: Context, n_samples: object, n_features: object, n_targets: object, coef: object) -> object:
    """Features and a number for each sample, or ``n_targets`` of them."""
    if coef is not False or not isinstance(n_targets, int):
        return UNKNOWN
    count = read.dim(n_samples)
    y: AnyShape = (count,) if n_targets == 1 else (count, n_targets)
    return Tensor((count, read.dim(n_features)), "float64", Kind.ARRAY), Tensor(y, "float64", Kind.ARRAY)


@function(
    "sklearn.datasets.fetch_california_housing(*, data_home=None, download_if_missing=True, return_X_y=False, "
    "as_frame=False, n_retries=3, delay=1.0)",
    foreign=True,
)
def california(ctx: Context, return_X_y: object, as_frame: object) -> object:  # noqa: N803
    """20640 districts of 8 features and a price. Source: scikit-learn's manual."""
    if as_frame is not False or not isinstance(return_X_y, bool):
        return UNKNOWN
    data, target = Tensor((20640, 8), "float64", Kind.ARRAY), Tensor((20640,), "float64", Kind.ARRAY)
    return (data, target) if return_X_y else LibraryObject("sklearn.utils.Bunch", {"data": data, "target": target})


@function("sklearn.utils.shuffle(*rest, random_state=None, n_samples=None)", foreign=True)
def shuffle(ctx: Context, rest: tuple[object, ...], n_samples: object) -> object:
    """The arrays with their rows in another order, the same in all of them."""
    if n_samples is not None:
        return UNKNOWN
    found: list[object] = []
    for value in rest:
        if isinstance(value, Tensor):
            tensor = as_tensor(value)
            found.append(Tensor(tensor.shape, tensor.dtype, tensor.kind, content=shuffled_rows(tensor, tensor.shape)))
        else:
            found.append(value if isinstance(value, LibraryObject | Many) else UNKNOWN)
    return found[0] if len(found) == 1 else found


# --- scalers: the shape stays -----------------------------------------------------------------

_SCALERS = {
    "StandardScaler": "*, copy=True, with_mean=True, with_std=True",
    "MinMaxScaler": "feature_range=(0, 1), *, copy=True, clip=False",
    "MaxAbsScaler": "*, copy=True, clip=False",
    "RobustScaler": "*, with_centering=True, with_scaling=True, quantile_range=(25.0, 75.0), copy=True, "
    "unit_variance=False",
    "Normalizer": "norm='l2', *, copy=True",
    "QuantileTransformer": "*, n_quantiles=1000, output_distribution='uniform', **kwargs",
    "PowerTransformer": "method='yeo-johnson', *, standardize=True, copy=True",
    "Binarizer": "*, threshold=0.0, copy=True",
}
_HOME = "sklearn.preprocessing"


@function(*(f"{_HOME}.{name}({text})" for name, text in _SCALERS.items()), foreign=True)
def scaler(ctx: Context, called: str) -> LibraryObject:
    """Scales every column by itself."""
    return LibraryObject(called)


@function(
    *(f"{_HOME}.{name}.fit(self: scaler, X: x, *rest, **kwargs)" for name in _SCALERS),
    *(f"{_HOME}.{name}.partial_fit(self: scaler, X: x, *rest, **kwargs)" for name in _SCALERS),
    foreign=True,
)
def fit_scaler(ctx: Context, scaler: object, called: str) -> object:
    """Learns means or limits; gives the scaler back."""
    return scaler


@function(
    *(f"{_HOME}.{name}.{method}(self: scaler, X: x, *rest, **kwargs)" for name in _SCALERS
      for method in ("transform", "inverse_transform")),
    *(f"{_HOME}.{name}.fit_transform(self: scaler, X: x, y=None, **fit_params)" for name in _SCALERS),
    foreign=True,
)  # fmt: skip
def scaled(ctx: Context, x: object) -> Tensor:
    """The same shape as an array; integers become ``float64``, floats keep their width.

    Source: measured with scikit-learn 1.9.
    """
    tensor = as_tensor(x)
    if not isinstance(x, Tensor):
        return Tensor(tensor.shape, UNKNOWN, Kind.ARRAY)
    keep = isinstance(tensor.dtype, str) and tensor.dtype in ("float32", "float64")
    whole = isinstance(tensor.dtype, str) and tensor.dtype.startswith(("int", "uint"))
    return Tensor(tensor.shape, tensor.dtype if keep else "float64" if whole else UNKNOWN, Kind.ARRAY)


@function("sklearn.preprocessing.scale(X: x, *rest, **kwargs)", "sklearn.preprocessing.minmax_scale(X: x, *rest, "
          "**kwargs)", "sklearn.preprocessing.normalize(X: x, norm='l2', *, axis=1, copy=True, return_norm=False)",
          foreign=True)  # fmt: skip
def scale(ctx: Context, x: object, return_norm: object = False) -> object:
    """The same shape."""
    return Tensor(as_tensor(x).shape, UNKNOWN, Kind.ARRAY) if return_norm is False else UNKNOWN


# --- encoders: labels become numbers or columns -------------------------------------------------


@function(f"{_HOME}.LabelEncoder()", foreign=True)
def label_encoder(ctx: Context) -> LibraryObject:
    """Numbers labels from 0 in their sorted order."""
    return LibraryObject(f"{_HOME}.LabelEncoder")


def _different(y: object) -> int | None:
    """How many different labels there are, where that is proved."""
    tensor = as_tensor(y)
    if isinstance(tensor.content, Classes) and tensor.content.even:
        return tensor.content.high - tensor.content.low + 1
    if isinstance(y, list | tuple) and y and all(isinstance(part, str | int) for part in y):
        return len(set(y))
    return None


def _encoded(y: object) -> Tensor:
    tensor, count = as_tensor(y), _different(y)
    shape = tensor.shape
    if isinstance(shape, Unknown):
        length: Dim = len(y) if isinstance(y, list | tuple) else UNKNOWN
        shape = (length,)
    elif len(shape) == 2:
        shape = shape[:1]
    even = isinstance(tensor.content, Classes) and tensor.content.even
    mixed = isinstance(tensor.content, Classes) and tensor.content.mixed
    content = None if count is None else Classes(0, count - 1, even=even, mixed=mixed)
    return Tensor(shape, "int64", Kind.ARRAY, content=content)


@function(f"{_HOME}.LabelEncoder.fit(self: encoder, y)", foreign=True)
def fit_labels(ctx: Context, encoder: object, y: object) -> object:
    """Learns the labels."""
    if not isinstance(encoder, LibraryObject):
        return UNKNOWN
    return Changed(encoder, encoder.with_facts(count=_different(y)))


@function(f"{_HOME}.LabelEncoder.fit_transform(self: encoder, y)", foreign=True)
def fit_encode_labels(ctx: Context, encoder: object, y: object) -> object:
    """The number of each label; all numbers from 0 occur."""
    if not isinstance(encoder, LibraryObject):
        return UNKNOWN
    return Changed(_encoded(y), encoder.with_facts(count=_different(y)))


@function(f"{_HOME}.LabelEncoder.transform(self: encoder, y)", foreign=True)
def encode_labels(ctx: Context, y: object) -> Tensor:
    """The number of each label; which of them occur is not known."""
    found = _encoded(y)
    return Tensor(found.shape, found.dtype, found.kind)


@function(f"{_HOME}.LabelEncoder.inverse_transform(self: encoder, y)",
          "sklearn.preprocessing.LabelBinarizer.inverse_transform(self: encoder, Y: y, threshold=None)",
          foreign=True)  # fmt: skip
def decode_labels(ctx: Context, y: object) -> Tensor:
    """The labels of numbers."""
    shape = as_tensor(y).shape
    return Tensor(UNKNOWN if isinstance(shape, Unknown) else shape[:1], UNKNOWN, Kind.ARRAY)


@function(f"{_HOME}.LabelBinarizer(*, neg_label=0, pos_label=1, sparse_output=False)", foreign=True)
def label_binarizer(ctx: Context, neg_label: object, pos_label: object, sparse_output: object) -> object:
    """Makes a column for each label; of two labels a single one."""
    if (neg_label, pos_label, sparse_output) != (0, 1, False):
        return UNKNOWN
    return LibraryObject(f"{_HOME}.LabelBinarizer")


def _binarized(y: object, count: object) -> Tensor:
    """Source: measured: 2 labels give ``(n, 1)``, more of them ``(n, count)``, ``int64``."""
    shape = as_tensor(y).shape
    rows: Dim = len(y) if isinstance(y, list | tuple) else UNKNOWN
    if not isinstance(shape, Unknown):
        rows = shape[0] if shape else UNKNOWN
    if not isinstance(count, int):
        return Tensor((rows, UNKNOWN), "int64", Kind.ARRAY)
    columns = 1 if count <= 2 else count
    return Tensor((rows, columns), "int64", Kind.ARRAY, content=OneHot() if columns > 1 else None)


@function(f"{_HOME}.LabelBinarizer.fit(self: encoder, y)", foreign=True)
def fit_binarizer(ctx: Context, encoder: object, y: object) -> object:
    """Learns the labels."""
    if not isinstance(encoder, LibraryObject):
        return UNKNOWN
    return Changed(encoder, encoder.with_facts(count=_different(y)))


@function(f"{_HOME}.LabelBinarizer.fit_transform(self: encoder, y)", foreign=True)
def fit_binarize(ctx: Context, encoder: object, y: object) -> object:
    """A row of zeros and a 1 for each label."""
    if not isinstance(encoder, LibraryObject):
        return UNKNOWN
    count = _different(y)
    return Changed(_binarized(y, count), encoder.with_facts(count=count))


@function(f"{_HOME}.LabelBinarizer.transform(self: encoder, y)", foreign=True)
def binarize(ctx: Context, encoder: object, y: object) -> object:
    """Rows for labels that may be new: those are all zero."""
    found = _binarized(y, encoder.facts.get("count") if isinstance(encoder, LibraryObject) else None)
    return Tensor(found.shape, found.dtype, found.kind)


@function(
    f"{_HOME}.OneHotEncoder(*, categories='auto', drop=None, sparse=None, sparse_output=True, dtype='float64', "
    "handle_unknown='error', min_frequency=None, max_categories=None, feature_name_combiner='concat')",
    foreign=True,
)
def one_hot_encoder(
    ctx: Context, drop: object, sparse: object, sparse_output: object, dtype: object, min_frequency: object,
    max_categories: object,
) -> object:  # fmt: skip
    """A column for each value of each column; a sparse matrix unless ``sparse_output=False`` (once ``sparse``)."""
    if drop is not None or min_frequency is not None or max_categories is not None:
        return UNKNOWN
    dense = sparse_output is False or sparse is False
    return LibraryObject(f"{_HOME}.OneHotEncoder", {"dense": dense, "dtype": dtype})


def _columns(x: object) -> Dim:
    """Columns that the values of one column become."""
    tensor = as_tensor(x)
    if isinstance(tensor.shape, Unknown) or len(tensor.shape) != 2 or tensor.shape[1] != 1:
        return UNKNOWN
    count = _different(x)
    return UNKNOWN if count is None else count


def _expanded(encoder: LibraryObject, x: object, columns: object) -> object:
    tensor = as_tensor(x)
    rows = UNKNOWN if isinstance(tensor.shape, Unknown) or not tensor.shape else tensor.shape[0]
    single = not isinstance(tensor.shape, Unknown) and len(tensor.shape) == 2 and tensor.shape[1] == 1
    dtype = encoder.facts.get("dtype")
    width = read.dim(columns)
    array = Tensor(
        (rows, width), dtype if isinstance(dtype, str) else UNKNOWN, Kind.ARRAY, content=OneHot() if single else None
    )
    return array if encoder.facts.get("dense") is True else LibraryObject(SPARSE, {"entries": array})


@function(f"{_HOME}.OneHotEncoder.fit(self: encoder, X: x, y=None)", foreign=True)
def fit_one_hot(ctx: Context, encoder: object, x: object) -> object:
    """Learns the values of each column."""
    if not isinstance(encoder, LibraryObject):
        return UNKNOWN
    return Changed(encoder, encoder.with_facts(columns=_columns(x)))


@function(f"{_HOME}.OneHotEncoder.fit_transform(self: encoder, X: x, y=None, **fit_params)", foreign=True)
def fit_encode_one_hot(ctx: Context, encoder: object, x: object) -> object:
    """``(samples, values)``; sparse unless asked otherwise."""
    if not isinstance(encoder, LibraryObject):
        return UNKNOWN
    columns = _columns(x)
    return Changed(_expanded(encoder, x, columns), encoder.with_facts(columns=columns))


@function(f"{_HOME}.OneHotEncoder.transform(self: encoder, X: x)", foreign=True)
def encode_one_hot(ctx: Context, encoder: object, x: object) -> object:
    """The columns that ``fit`` made."""
    if not isinstance(encoder, LibraryObject):
        return UNKNOWN
    return _expanded(encoder, x, encoder.facts.get("columns"))


SPARSE = "scipy.sparse.csr_matrix"


@function(f"{SPARSE}.toarray(self: matrix, order=None, out=None)",
          f"{SPARSE}.todense(self: matrix, order=None, out=None)", foreign=True)  # fmt: skip
def dense(ctx: Context, matrix: object) -> object:
    """The matrix as an array."""
    return matrix.facts.get("entries", UNKNOWN) if isinstance(matrix, LibraryObject) else UNKNOWN


@attribute(f"{SPARSE}.shape", f"{SPARSE}.A")
def sparse_attribute(matrix: LibraryObject, name: str) -> object:
    """Shape and entries of a sparse matrix."""
    entries = matrix.facts.get("entries")
    if name.endswith(".A") or not isinstance(entries, Tensor):
        return UNKNOWN if entries is None else entries
    return UNKNOWN if isinstance(entries.shape, Unknown) else entries.shape


@function(
    f"{_HOME}.MultiLabelBinarizer(*, classes=None, sparse_output=False)",
    f"{_HOME}.OrdinalEncoder(*, categories='auto', dtype='float64', **kwargs)",
    foreign=True,
)
def other_encoder(ctx: Context, called: str, classes: object = None, sparse_output: object = False) -> object:
    """Encoders of several columns or of sets of labels."""
    if sparse_output is not False:
        return UNKNOWN
    count = len(classes) if isinstance(classes, list | tuple) else None
    return LibraryObject(called, {} if count is None else {"count": count})


@function(
    f"{_HOME}.MultiLabelBinarizer.fit_transform(self: encoder, y: x)",
    f"{_HOME}.MultiLabelBinarizer.transform(self: encoder, y: x)",
    f"{_HOME}.OrdinalEncoder.fit_transform(self: encoder, X: x, y=None, **fit_params)",
    f"{_HOME}.OrdinalEncoder.transform(self: encoder, X: x)",
    foreign=True,
)
def other_encoded(ctx: Context, encoder: object, x: object, called: str) -> Tensor:
    """Sets of labels as rows of zeros and ones; columns of words as columns of numbers."""
    tensor = as_tensor(x)
    if ".OrdinalEncoder." in called:
        return Tensor(tensor.shape, UNKNOWN, Kind.ARRAY)
    rows: Dim = len(x) if isinstance(x, list | tuple) else UNKNOWN
    if not isinstance(tensor.shape, Unknown) and tensor.shape:
        rows = tensor.shape[0]
    count = encoder.facts.get("count") if isinstance(encoder, LibraryObject) else None
    return Tensor((rows, count if isinstance(count, int) else UNKNOWN), UNKNOWN, Kind.ARRAY)


@function(
    f"{_HOME}.MultiLabelBinarizer.fit(self: encoder, y)",
    f"{_HOME}.OrdinalEncoder.fit(self: encoder, X, y=None)",
    foreign=True,
)
def fit_other(ctx: Context, encoder: object) -> object:
    """Learns the values; gives the encoder back."""
    return encoder


# --- fewer columns -----------------------------------------------------------------------------


@function("sklearn.decomposition.PCA(n_components=None, *, copy=True, whiten=False, **kwargs)", foreign=True)
def pca(ctx: Context, n_components: object) -> LibraryObject:
    """Projects on the main axes."""
    return LibraryObject("sklearn.decomposition.PCA", {"columns": n_components})


@function("sklearn.decomposition.PCA.fit(self: pca, X: x, y=None)", foreign=True)
def fit_pca(ctx: Context, pca: object) -> object:
    """Learns the axes."""
    return pca


@function(
    "sklearn.decomposition.PCA.fit_transform(self: pca, X: x, y=None)",
    "sklearn.decomposition.PCA.transform(self: pca, X: x)",
    foreign=True,
)
def projected(ctx: Context, pca: object, x: object) -> Tensor:
    """``(samples, n_components)``."""
    shape = as_tensor(x).shape
    rows = UNKNOWN if isinstance(shape, Unknown) or not shape else shape[0]
    columns = pca.facts.get("columns") if isinstance(pca, LibraryObject) else None
    whole = isinstance(columns, int) and not isinstance(columns, bool)
    return Tensor((rows, columns if whole and isinstance(columns, int) else UNKNOWN), UNKNOWN, Kind.ARRAY)


# --- cross-validation --------------------------------------------------------------------------


@function(
    "sklearn.model_selection.KFold(n_splits=5, *, shuffle=False, random_state=None)",
    "sklearn.model_selection.StratifiedKFold(n_splits=5, *, shuffle=False, random_state=None)",
    "sklearn.model_selection.ShuffleSplit(n_splits=10, *, test_size=None, train_size=None, random_state=None)",
    "sklearn.model_selection.StratifiedShuffleSplit(n_splits=10, *, test_size=None, train_size=None, "
    "random_state=None)",
    "sklearn.model_selection.TimeSeriesSplit(n_splits=5, **kwargs)",
    "sklearn.model_selection.GroupKFold(n_splits=5, **kwargs)",
    foreign=True,
)
def folds(ctx: Context) -> LibraryObject:
    """Makes indices of training and test samples."""
    return LibraryObject("sklearn.model_selection.KFold")


@function("sklearn.model_selection.KFold.split(self: folds, X, y=None, groups=None)", foreign=True)
def split(ctx: Context) -> Dataset:
    """Pairs of index arrays."""
    places = Tensor((UNKNOWN,), "int64", Kind.ARRAY)
    return Dataset((places, places), UNKNOWN, "generator")


@function("sklearn.utils.class_weight.compute_class_weight(class_weight, *, classes, y)", foreign=True)
def class_weights(ctx: Context, classes: object) -> Tensor:
    """A weight for each class."""
    return Tensor(as_tensor(classes).shape, "float64", Kind.ARRAY)
