"""pandas, and tables read from text: unknown rows, columns as far as the program tells.

A frame remembers its ``array``, and the names of its ``columns`` in a tuple where they are
known. A width that is not known is a symbol of its own: what the program cuts out of it by
numbers (``frame.iloc[:, 0:8]``) is as wide as it says.
"""

from __future__ import annotations

from convlint.catalog import arguments as read
from convlint.catalog.context import Context
from convlint.catalog.functions.common import as_tensor, dtype_of
from convlint.catalog.functions.shaping import reshape_method
from convlint.catalog.indexing import indexed, slice_length
from convlint.catalog.objects import Changed, LibraryObject, Many
from convlint.catalog.registry import attribute, function
from convlint.catalog.tensor import Content, Kind, OneHot, Tensor
from convlint.shapes.dims import UNKNOWN, Dim, Unknown, add, is_whole, subtract

FRAME, SERIES, INDEX = "pandas.DataFrame", "pandas.Series", "pandas.Index"
_INDEXERS = ("iloc", "loc")
Names = tuple[object, ...] | None


def frame(rows: Dim, width: Dim, columns: Names = None, content: Content | None = None) -> LibraryObject:
    """A data frame."""
    if columns is not None:
        width = len(columns)
    array = Tensor((rows, width), UNKNOWN, Kind.ARRAY, content=content)
    return LibraryObject(FRAME, {"array": array, "columns": columns})


def series(rows: Dim, dtype: str | Unknown = UNKNOWN, content: Content | None = None) -> LibraryObject:
    """One column, or one row."""
    return LibraryObject(SERIES, {"array": Tensor((rows,), dtype, Kind.ARRAY, content=content)})


def _size(table: object) -> tuple[Dim, Dim]:
    """Rows and columns of a frame."""
    shape = as_tensor(table).shape
    return (shape[0], shape[1]) if not isinstance(shape, Unknown) and len(shape) == 2 else (UNKNOWN, UNKNOWN)


def _names(table: object) -> Names:
    found = table.facts.get("columns") if isinstance(table, LibraryObject) else None
    return found if isinstance(found, tuple) else None


def _listed(value: object) -> Names:
    """Names that an argument lists, one or several; None where they are not known."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return (value,)
    if isinstance(value, list | tuple) and all(isinstance(part, str | int | tuple) for part in value):
        return tuple(value)
    return None


def _replaced(table: object, made: LibraryObject, inplace: object) -> object:
    """The answer of a method that can also change its frame (``inplace=True``)."""
    if inplace is False:
        return made
    changed = made if inplace is True else LibraryObject(made.cls)
    return Changed(None if inplace is True else UNKNOWN, changed)


# --- reading -----------------------------------------------------------------------------------


@function(
    "pandas.read_csv(filepath_or_buffer, *rest, sep=',', header='infer', names=None, index_col=None, usecols=None, "
    "chunksize=None, iterator=False, squeeze=False, nrows=None, **kwargs)",
    "pandas.read_table(filepath_or_buffer, *rest, sep=',', header='infer', names=None, index_col=None, "
    "usecols=None, chunksize=None, iterator=False, squeeze=False, nrows=None, **kwargs)",
    "pandas.read_excel(io, *rest, names=None, index_col=None, usecols=None, nrows=None, sheet_name=0, **kwargs)",
    foreign=True,
)
def read_table(
    ctx: Context,
    names: object,
    index_col: object,
    usecols: object,
    chunksize: object = None,
    iterator: object = False,
    squeeze: object = False,
    sheet_name: object = 0,
) -> object:
    """Rows and columns of a file."""
    if chunksize is not None or iterator is not False or squeeze is not False or not isinstance(sheet_name, int | str):
        return UNKNOWN
    columns: Names = None
    if usecols is None and names is not None:
        columns = _listed(names)
    elif usecols is not None and not isinstance(usecols, str):
        columns = _listed(usecols)
        if columns is not None and not all(isinstance(name, str) for name in columns):
            return frame(UNKNOWN, len(columns) if index_col is None else UNKNOWN)
    if columns is not None and index_col is not None and index_col is not False:
        index = _listed(index_col)
        if index is None or len(index) != 1:
            return frame(UNKNOWN, UNKNOWN)
        if isinstance(index[0], int):
            index = (columns[index[0]],) if -len(columns) <= index[0] < len(columns) else ()
        columns = tuple(name for name in columns if name not in index)
    return frame(UNKNOWN, ctx.fresh("columns"), columns)


@function(
    "pandas.read_pickle(filepath_or_buffer, *rest, **kwargs)",
    "pandas.read_parquet(path, *rest, **kwargs)",
    "pandas.read_feather(path, *rest, **kwargs)",
    foreign=True,
)
def read_other(ctx: Context, called: str) -> object:
    """A frame; a pickle may hold anything."""
    return UNKNOWN if called.endswith("pickle") else frame(UNKNOWN, ctx.fresh("columns"))


@function("pandas.DataFrame(data=None, index=None, columns=None, dtype=None, copy=None)", foreign=True)
def make_frame(ctx: Context, data: object, columns: object) -> object:
    """A frame of columns by name, or of an array."""
    named = None if columns is None else _listed(columns)
    if isinstance(data, dict):
        sizes = [as_tensor(part).shape for part in data.values()]
        rows = [shape[0] for shape in sizes if not isinstance(shape, Unknown) and shape]
        return frame(rows[0] if rows else UNKNOWN, UNKNOWN, named if columns is not None else tuple(data))
    if isinstance(data, Tensor | list | LibraryObject):
        shape = as_tensor(data).shape
        if not isinstance(shape, Unknown) and len(shape) in (1, 2):
            width = 1 if len(shape) == 1 else shape[1]
            return frame(shape[0], width, named)
    return frame(UNKNOWN, UNKNOWN, named)


@function("pandas.Series(data=None, index=None, dtype=None, name=None, copy=None)", foreign=True)
def make_series(ctx: Context, data: object, dtype: object) -> object:
    """One column."""
    tensor = as_tensor(data)
    if isinstance(tensor.shape, Unknown) or len(tensor.shape) != 1:
        return series(UNKNOWN)
    return series(tensor.shape[0], dtype_of(dtype, tensor.dtype if isinstance(data, Tensor) else UNKNOWN))


@function("pandas.get_dummies(data, prefix=None, prefix_sep='_', dummy_na=False, columns=None, sparse=False, "
          "drop_first=False, dtype=None)", foreign=True)  # fmt: skip
def get_dummies(ctx: Context, data: object, drop_first: object, dummy_na: object) -> object:
    """A column for each value; of a series one-hot rows."""
    shape = as_tensor(data).shape
    rows = UNKNOWN if isinstance(shape, Unknown) or not shape else shape[0]
    single = not isinstance(shape, Unknown) and len(shape) == 1 and drop_first is False
    return frame(rows, ctx.fresh("columns"), content=OneHot() if single and dummy_na is True else None)


@function(
    "pandas.concat(objs, *rest, axis=0, join='outer', ignore_index=False, **kwargs)",
    foreign=True,
)
def concat(ctx: Context, objs: object, axis: object, rest: tuple[object, ...]) -> object:
    """Frames below each other, or side by side."""
    if rest or not isinstance(objs, list | tuple) or axis not in (0, 1, "index", "columns"):
        return frame(UNKNOWN, UNKNOWN)
    parts = [part for part in objs if isinstance(part, LibraryObject)]
    if len(parts) < len(objs) or not parts:
        return UNKNOWN
    if axis in (0, "index"):
        if all(part.cls == SERIES for part in parts):
            return series(UNKNOWN)
        same = all(part.cls == FRAME and _names(part) == _names(parts[0]) for part in parts)
        known = same and _names(parts[0]) is not None
        return frame(UNKNOWN, _size(parts[0])[1] if known else UNKNOWN, _names(parts[0]) if known else None)
    width: Dim = 0
    for part in parts:
        width = add(width, 1 if part.cls == SERIES else _size(part)[1])
    return frame(UNKNOWN, width)


@function("pandas.merge(left, right, *rest, **kwargs)", f"{FRAME}.merge(self, right, *rest, **kwargs)",
          f"{FRAME}.join(self, other, *rest, **kwargs)", f"{FRAME}.append(self, other, *rest, **kwargs)",
          "pandas.DataFrame.from_dict(data, *rest, **kwargs)", foreign=True)  # fmt: skip
def merged(ctx: Context) -> LibraryObject:
    """Some frame."""
    return frame(UNKNOWN, ctx.fresh("columns"))


@function("pandas.to_numeric(arg: self, errors='raise', downcast=None, **kwargs)",
          "pandas.to_datetime(arg: self, *rest, **kwargs)", foreign=True)  # fmt: skip
def converted(ctx: Context, self: object) -> object:
    """The column as numbers or times."""
    return self if isinstance(self, LibraryObject) and self.cls == SERIES else UNKNOWN


# --- taking out ----------------------------------------------------------------------------------


@function(f"{FRAME}.__getitem__(self, key)", foreign=True)
def pick(ctx: Context, self: object, key: object) -> object:
    """A column by name, several by a list of names, rows by truths or a slice."""
    rows, width = _size(self)
    if isinstance(key, str):
        return series(rows)
    if isinstance(key, slice):
        return frame(slice_length(rows, key), width, _names(self))
    if isinstance(key, list) and _listed(key) is not None:
        return frame(rows, UNKNOWN, _listed(key))
    if isinstance(key, LibraryObject) and key.cls == INDEX:
        return frame(rows, read.dim(key.facts.get("size")))
    if isinstance(key, LibraryObject | Tensor):
        mask = as_tensor(key)
        if mask.rank == 2:
            return frame(rows, width, _names(self))
        return frame(UNKNOWN, width, _names(self)) if mask.rank == 1 and mask.dtype == "bool" else UNKNOWN
    if isinstance(key, tuple) and _names(self) is not None and all(isinstance(part, str) for part in key):
        return frame(rows, len(key)) if set(key) <= set(_names(self) or ()) else UNKNOWN
    return UNKNOWN


@function(f"{FRAME}.__getattr__(self, name)", foreign=True)
def column_by_attribute(ctx: Context, self: object, name: object) -> object:
    """``frame.age`` is a column where the frame is known to have one of that name."""
    return series(_size(self)[0]) if name in (_names(self) or ()) else UNKNOWN


@attribute(*(f"{cls}.{name}" for cls in (FRAME, SERIES) for name in _INDEXERS))
def indexer(table: LibraryObject, name: str) -> LibraryObject:
    """``frame.iloc``: what takes the brackets."""
    return LibraryObject(f"pandas.indexing.{name.rpartition('.')[2]}", {"table": table})


@function(*(f"pandas.indexing.{name}.__getitem__(self, key)" for name in _INDEXERS), foreign=True)
def pick_at(ctx: Context, self: object, key: object, called: str) -> object:
    """Rows and columns by place (``iloc``) or by label (``loc``, whose slices include their end)."""
    table = self.facts.get("table") if isinstance(self, LibraryObject) else None
    if not isinstance(table, LibraryObject):
        return UNKNOWN
    by_place = ".iloc." in called
    array = as_tensor(table)
    if table.cls == SERIES:
        return _part_of_series(array, key, by_place)
    parts = key if isinstance(key, tuple) and len(key) == 2 else (key, slice(None))
    rows = _rows(array, parts[0], by_place)
    columns = parts[1]
    names = _names(table)
    width = _size(table)[1]
    if isinstance(columns, slice):
        if columns == slice(None):
            chosen: tuple[Dim, Names] = (width, names)
        elif by_place:
            exact = isinstance(width, int)
            cut = names[columns] if names is not None and _plain(columns) else None
            chosen = (slice_length(width, columns) if exact or _plain(columns) else UNKNOWN, cut)
        else:
            chosen = (UNKNOWN, None)
    elif isinstance(columns, list) and _listed(columns) is not None:
        listed = _listed(columns) or ()
        chosen = (len(listed), None if by_place else listed)
    elif isinstance(columns, LibraryObject | Tensor | Many):
        chosen = (UNKNOWN, None)
    elif isinstance(columns, str) or is_whole(columns):
        return series(rows) if rows is not None else UNKNOWN
    else:
        return UNKNOWN
    return series(chosen[0]) if rows is None else frame(rows, *chosen)


def _plain(part: slice) -> bool:
    return all(value is None or isinstance(value, int) for value in (part.start, part.stop, part.step))


def _rows(array: Tensor, key: object, by_place: bool) -> Dim | None:
    """Rows that are left; None where a single one is taken."""
    rows = UNKNOWN if isinstance(array.shape, Unknown) else array.shape[0]
    if isinstance(key, slice):
        return slice_length(rows, key) if by_place or key == slice(None) else UNKNOWN
    if isinstance(key, str) or is_whole(key):
        return None if by_place else UNKNOWN
    if isinstance(key, list) and key and not any(isinstance(part, bool) for part in key):
        return len(key) if by_place else UNKNOWN
    found = as_tensor(key)
    whole = isinstance(found.dtype, str) and "int" in found.dtype
    if by_place and isinstance(key, Tensor) and found.rank == 1 and whole:
        return found.shape[0] if isinstance(found.shape, tuple) else UNKNOWN
    return UNKNOWN


def _part_of_series(array: Tensor, key: object, by_place: bool) -> object:
    rows = _rows(array, key, by_place)
    return UNKNOWN if rows is None or isinstance(key, str | int) else series(rows, array.dtype)


@function(f"{SERIES}.__getitem__(self, key)", foreign=True)
def pick_from_series(ctx: Context, self: object, key: object) -> object:
    """Entries by truths or a slice; one by its label."""
    array = as_tensor(self)
    if isinstance(key, slice) and not isinstance(array.shape, Unknown):
        return series(slice_length(array.shape[0], key), array.dtype)
    mask = as_tensor(key)
    return series(UNKNOWN, array.dtype) if isinstance(key, LibraryObject | Tensor) and mask.rank == 1 else UNKNOWN


@function(f"{FRAME}.pop(self, item)", foreign=True)
def pop(ctx: Context, self: object, item: object) -> object:
    """A column taken out of the frame."""
    if not isinstance(self, LibraryObject):
        return UNKNOWN
    rows, width = _size(self)
    names = _names(self)
    left = None if names is None else tuple(name for name in names if name != item)
    width = subtract(width, 1)
    return Changed(series(rows), frame(rows, width, left if names is not None and item in names else None))


@function(
    f"{FRAME}.drop(self, labels=None, *, axis=0, index=None, columns=None, level=None, inplace=False, errors='raise')",
    foreign=True,
)
def drop(
    ctx: Context, self: object, labels: object, axis: object, index: object, columns: object, inplace: object,
    errors: object,
) -> object:  # fmt: skip
    """Columns or rows left out."""
    rows, width = _size(self)
    if axis in (1, "columns"):
        columns, labels = labels, None
    if labels is not None or index is not None:
        rows = UNKNOWN
    if columns is None:
        return _replaced(self, frame(rows, width, _names(self)), inplace)
    gone, names = _listed(columns), _names(self)
    if gone is None or errors != "raise" or axis not in (0, 1, "index", "columns"):
        return _replaced(self, frame(rows, ctx.fresh("columns")), inplace)
    left = None if names is None else tuple(name for name in names if name not in gone)
    return _replaced(self, frame(rows, subtract(width, len(set(gone))), left), inplace)


# --- changing -------------------------------------------------------------------------------------


@function(f"{FRAME}.__setitem__(self, key, value)", foreign=True)
def put(ctx: Context, self: object, key: object, value: object) -> object:
    """A column written, a new one or one that was there."""
    rows, width = _size(self)
    names = _names(self)
    listed = _listed(key) if isinstance(key, str | list) else None
    if isinstance(key, LibraryObject | Tensor):
        return Changed(None, frame(rows, width, names))
    if listed is None or names is None:
        return Changed(None, frame(rows, ctx.fresh("columns")))
    return Changed(None, frame(rows, UNKNOWN, (*names, *(name for name in listed if name not in names))))


@function(*(f"pandas.indexing.{name}.__setitem__(self, key, value)" for name in _INDEXERS), foreign=True)
def put_at(ctx: Context) -> object:
    """Entries written; new rows and columns may come of it."""
    return UNKNOWN


@function(f"{FRAME}.insert(self, loc, column, value, allow_duplicates=False)", foreign=True)
def insert(ctx: Context, self: object, column: object) -> object:
    """A new column."""
    rows, width = _size(self)
    return Changed(None, frame(rows, add(width, 1)))


_KEEP = ("fillna", "ffill", "bfill", "replace", "sort_values", "sort_index", "clip", "round", "interpolate")
_KEEP_PLAIN = ("copy", "astype", "abs", "applymap", "isnull", "isna", "notnull", "rank", "shift", "convert_dtypes")


@function(*(f"{cls}.{name}(self, *rest, inplace=False, **kwargs)" for cls in (FRAME, SERIES) for name in _KEEP),
          foreign=True)  # fmt: skip
def same_table(ctx: Context, self: object, inplace: object) -> object:
    """The same rows and columns."""
    if not isinstance(self, LibraryObject):
        return UNKNOWN
    array = as_tensor(self)
    return _replaced(self, self.with_facts(array=Tensor(array.shape, UNKNOWN, array.kind)), inplace)


@function(*(f"{cls}.{name}(self, *rest, **kwargs)" for cls in (FRAME, SERIES) for name in _KEEP_PLAIN), foreign=True)
def changed_table(ctx: Context, self: object, rest: tuple[object, ...], called: str) -> object:
    """The same rows and columns with other entries."""
    if not isinstance(self, LibraryObject):
        return UNKNOWN
    array, last = as_tensor(self), called.rpartition(".")[2]
    dtype: str | Unknown = UNKNOWN
    if last in ("isnull", "isna", "notnull"):
        dtype = "bool"
    elif last == "astype" and rest:
        dtype = dtype_of(rest[0])
    elif last == "copy":
        dtype = array.dtype
    content = array.content if last in ("copy", "astype") and isinstance(array.content, OneHot) else None
    return self.with_facts(array=Tensor(array.shape, dtype, array.kind, content=content))


@function(
    *(f"{cls}.{name}(self, *rest, inplace=False, axis=0, **kwargs)" for cls in (FRAME, SERIES)
      for name in ("dropna", "drop_duplicates")),
    *(f"{cls}.{name}(self, *rest, inplace=False, axis=0, **kwargs)" for cls in (FRAME, SERIES)
      for name in ("sample", "head", "tail", "query", "nlargest")),
    foreign=True,
)  # fmt: skip
def fewer_rows(
    ctx: Context, self: object, rest: tuple[object, ...], inplace: object, axis: object, called: str
) -> object:
    """Some of the rows."""
    if not isinstance(self, LibraryObject):
        return UNKNOWN
    array = as_tensor(self)
    if isinstance(array.shape, Unknown):
        return self
    by_columns = axis not in (0, "index") or (called.endswith("dropna") and rest and rest[0] not in (0, "index"))
    if by_columns:
        return _replaced(self, frame(UNKNOWN, ctx.fresh("columns")), inplace)
    made = self.with_facts(array=Tensor((UNKNOWN, *array.shape[1:]), array.dtype, array.kind))
    return _replaced(self, made, inplace)


@function(
    f"{FRAME}.reset_index(self, level=None, *, drop=False, inplace=False, **kwargs)",
    f"{SERIES}.reset_index(self, level=None, *, drop=False, inplace=False, **kwargs)",
    f"{FRAME}.set_index(self, keys: level, *, drop=True, append=False, inplace=False, verify_integrity=False)",
    f"{FRAME}.rename(self, mapper: level=None, *, drop=True, inplace=False, **kwargs)",
    foreign=True,
)
def reset_index(ctx: Context, self: object, drop: object, inplace: object, called: str) -> object:
    """The index becomes a column unless it is dropped."""
    if not isinstance(self, LibraryObject):
        return UNKNOWN
    if called.endswith(".rename"):
        return _replaced(self, frame(*_size(self)), inplace)
    if called.endswith("reset_index") and drop is True:
        return _replaced(self, self, inplace)
    return _replaced(self, frame(_size(self)[0], ctx.fresh("columns")), inplace) if self.cls == FRAME else UNKNOWN


# --- as arrays --------------------------------------------------------------------------------------


@attribute(f"{FRAME}.values", f"{SERIES}.values")
def values(table: LibraryObject, name: str) -> Tensor:
    """The entries as an array."""
    return as_tensor(table)


@function(*(f"{cls}.{name}(self, dtype=None, *rest, **kwargs)" for cls in (FRAME, SERIES)
            for name in ("to_numpy", "as_matrix")), f"{SERIES}.ravel(self, dtype=None)", foreign=True)  # fmt: skip
def to_numpy(ctx: Context, self: object, dtype: object) -> Tensor:
    """The entries as an array."""
    array = as_tensor(self)
    return Tensor(array.shape, dtype_of(dtype, array.dtype), Kind.ARRAY, content=array.content)


@attribute(f"{FRAME}.shape", f"{SERIES}.shape", f"{FRAME}.columns", f"{FRAME}.T", f"{FRAME}.size", f"{SERIES}.size",
           f"{FRAME}.index", f"{SERIES}.index")  # fmt: skip
def facts_of_table(table: LibraryObject, name: str) -> object:
    """Sizes and names."""
    shape, last = as_tensor(table).shape, name.rpartition(".")[2]
    if isinstance(shape, Unknown):
        return UNKNOWN
    if last == "shape":
        return shape
    if last == "columns":
        names = _names(table)
        return names if names is not None else LibraryObject(INDEX, {"size": shape[1]})
    if last == "T":
        return frame(shape[1], shape[0])
    return shape[0] if last == "size" and len(shape) == 1 else UNKNOWN


@function(f"{FRAME}.__setattr__(self, name, value)", f"{SERIES}.__setattr__(self, name, value)", foreign=True)
def set_attribute(ctx: Context, self: object, name: object, value: object) -> object:
    """``frame.columns = [...]`` names the columns, ``frame.index = ...`` the rows."""
    if not isinstance(self, LibraryObject):
        return UNKNOWN
    if name == "columns" and self.cls == FRAME:
        return Changed(None, frame(*_size(self), _listed(value)))
    if name in ("index", "name"):
        return Changed(None, self)
    names = _names(self)
    return Changed(None, self if names is not None and name in names else LibraryObject(self.cls))


@function(f"{FRAME}.__len__(self)", f"{SERIES}.__len__(self)", f"{INDEX}.__len__(self)", foreign=True)
def length(ctx: Context, self: object) -> object:
    """Rows; of an index its entries."""
    if isinstance(self, LibraryObject) and self.cls == INDEX:
        return read.dim(self.facts.get("size"))
    shape = as_tensor(self).shape
    return UNKNOWN if isinstance(shape, Unknown) else shape[0]


@function(f"{FRAME}.__iter__(self)", f"{FRAME}.keys(self)", foreign=True)
def names_of(ctx: Context, self: object) -> object:
    """A loop over a frame meets the names of its columns."""
    names = _names(self)
    return UNKNOWN if names is None else list(names)


@function(f"{FRAME}.__dict__(self)", foreign=True)
def columns_by_name(ctx: Context, self: object) -> object:
    """``dict(frame)``: the columns by name."""
    names, rows = _names(self), _size(self)[0]
    return UNKNOWN if names is None else {str(name): series(rows) for name in names}


@function(f"{SERIES}.tolist(self)", f"{SERIES}.to_list(self)", f"{SERIES}.__iter__(self)", foreign=True)
def entries(ctx: Context, self: object) -> object:
    """The entries as a list."""
    return Many(Tensor((), as_tensor(self).dtype, Kind.ARRAY))


@function(f"{SERIES}.unique(self)", foreign=True)
def unique(ctx: Context) -> Tensor:
    """The different entries."""
    return Tensor((UNKNOWN,), UNKNOWN, Kind.ARRAY)


@function("pandas.factorize(values: self, *rest, **kwargs)", f"{SERIES}.factorize(self, *rest, **kwargs)", foreign=True)
def factorize(ctx: Context, self: object) -> object:
    """A number for each different entry."""
    shape = as_tensor(self).shape
    rows = UNKNOWN if isinstance(shape, Unknown) or not shape else shape[0]
    return Tensor((rows,), "int64", Kind.ARRAY), UNKNOWN


@function(*(f"{SERIES}.{name}(self, *rest, **kwargs)" for name in ("map", "apply")), foreign=True)
def mapped(ctx: Context, self: object) -> object:
    """A function applied to each entry."""
    shape = as_tensor(self).shape
    return UNKNOWN if isinstance(shape, Unknown) else series(shape[0])


@function(f"{SERIES}.isin(self, values)", f"{SERIES}.between(self, left, right, inclusive='both')",
          f"{SERIES}.duplicated(self, keep='first')", foreign=True)  # fmt: skip
def tested(ctx: Context, self: object) -> object:
    """A yes or no for each entry."""
    shape = as_tensor(self).shape
    return UNKNOWN if isinstance(shape, Unknown) else series(shape[0], "bool")


@function(f"{SERIES}.to_frame(self, name=None)", foreign=True)
def to_frame(ctx: Context, self: object) -> object:
    """One column as a frame."""
    shape = as_tensor(self).shape
    return UNKNOWN if isinstance(shape, Unknown) else frame(shape[0], 1)


@function(*(f"{FRAME}.{name}(self, axis=0, *rest, **kwargs)" for name in ("mean", "std", "min", "max", "sum", "median",
            "var", "nunique", "count")), foreign=True)  # fmt: skip
def summed(ctx: Context, self: object, axis: object) -> object:
    """A number for each column, or each row; columns of words may be left out."""
    return series(_size(self)[0] if axis in (1, "columns") else UNKNOWN)


@function(f"{FRAME}.select_dtypes(self, include=None, exclude=None)", foreign=True)
def select_dtypes(ctx: Context, self: object) -> LibraryObject:
    """Some of the columns."""
    return frame(_size(self)[0], ctx.fresh("columns"))


@function("numpy.load(file, mmap_mode=None, allow_pickle=False, *rest, **kwargs)", foreign=True)
def load(ctx: Context, file: object) -> object:
    """An array from a ``.npy`` file, several by name from an ``.npz``."""
    if not isinstance(file, str):
        return UNKNOWN
    return Tensor(kind=Kind.ARRAY) if file.endswith(".npy") else LibraryObject("numpy.load.npz")


@function("numpy.load.npz.__getitem__(self, key)", foreign=True)
def array_of_file(ctx: Context) -> Tensor:
    """An array of which nothing is known."""
    return Tensor(kind=Kind.ARRAY)


# --- tables as text ----------------------------------------------------------------------------------

TABLE = "numpy.loadtxt.table"


@function(
    "numpy.loadtxt(fname, dtype='float64', comments='#', delimiter=None, converters=None, skiprows=0, usecols=None, "
    "unpack=False, ndmin=0, encoding=None, max_rows=None, *, quotechar=None, like=None)",
    "numpy.genfromtxt(fname, dtype='float64', comments='#', delimiter=None, skip_header=0, skip_footer=0, "
    "converters=None, missing_values=None, filling_values=None, usecols=None, names=None, *rest, **kwargs)",
    foreign=True,
)
def loadtxt(ctx: Context, dtype: object, usecols: object, unpack: object = False, names: object = None,
            ndmin: object = 0, rest: object = ()) -> object:  # fmt: skip
    """Numbers from a file; a file of one column makes one axis, so the rank shows when the array is used."""
    if unpack is not False or names is not None or rest:
        return UNKNOWN
    columns = _listed(usecols)
    if columns is not None and len(columns) > 1:
        return Tensor((UNKNOWN, len(columns)), dtype_of(dtype), Kind.ARRAY)
    grid = Tensor((UNKNOWN, ctx.fresh("columns")), dtype_of(dtype), Kind.ARRAY)
    if ndmin == 2 and usecols is None:
        return grid
    return LibraryObject(TABLE, {"array": Tensor(kind=Kind.ARRAY), "grid": grid})


@function(f"{TABLE}.__getitem__(self, key)", foreign=True)
def pick_from_table(ctx: Context, self: object, key: object) -> object:
    """Two indices prove two axes."""
    grid = self.facts.get("grid") if isinstance(self, LibraryObject) else None
    if isinstance(key, tuple) and isinstance(grid, Tensor) and sum(part is not None for part in key) == 2:
        return indexed(grid, key)
    if isinstance(key, slice):
        return self
    return Tensor(kind=Kind.ARRAY)


@function(f"{TABLE}.astype(self, dtype, *rest, **kwargs)", f"{TABLE}.copy(self, dtype=None)", foreign=True)
def cast_table(ctx: Context, self: object, dtype: object) -> object:
    """The same table."""
    grid = self.facts.get("grid") if isinstance(self, LibraryObject) else None
    if not isinstance(self, LibraryObject) or not isinstance(grid, Tensor):
        return UNKNOWN
    return self.with_facts(grid=Tensor(grid.shape, dtype_of(dtype, grid.dtype), grid.kind))


@function(f"{TABLE}.reshape(self, *rest, order='C')", foreign=True)
def reshape_table(ctx: Context, rest: tuple[object, ...]) -> Tensor:
    """Whatever it was, its shape is known now."""
    return reshape_method(ctx, Tensor(kind=Kind.ARRAY), rest)


@attribute(f"{TABLE}.T", f"{TABLE}.shape")
def table_attribute(table: LibraryObject, name: str) -> object:
    """The axes turned round, or their sizes."""
    return UNKNOWN if name.endswith("shape") else Tensor(kind=Kind.ARRAY)
