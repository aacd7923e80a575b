"""Where data comes from: data sets, generators, and objects of other libraries that data passes through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import libcst as cst

from convlint.catalog.dataset import Dataset, is_tensorflow, one_of, specified, tensor_structure
from convlint.catalog.objects import Changed, LibraryObject, Many
from convlint.catalog.registry import find_attribute, find_function
from convlint.catalog.tensor import Kind, Tensor
from convlint.shapes.dims import UNKNOWN, Dim, Unknown
from convlint.static import builtins, calls, library
from convlint.static.journal import MISSING, Slots
from convlint.static.run import Frame, Run
from convlint.static.syntax import dotted
from convlint.static.values import (
    DictValue,
    FunctionValue,
    Instance,
    IteratorValue,
    ListValue,
    Method,
    ObjectValue,
    Partial,
    Value,
    items_of,
    join,
    many,
)

Arguments = Sequence[Value]
Keywords = Mapping[str, Value]

SEQUENCE_BASES = frozenset({"keras.utils.Sequence", "keras.utils.PyDataset", "keras.utils.data_utils.Sequence"})
"""Classes whose ``__getitem__`` makes a batch."""


def generated(frame: Frame) -> Value:
    """What a generator function's finished activation hands out: one by one, or what all of it has in common."""
    if frame.yields_exactly:
        return IteratorValue(tuple(frame.yielded))
    return _source(frame.yielded)


def _source(elements: Arguments) -> Dataset:
    common: Value = MISSING
    for element in elements:
        common = join(common, element)
    return Dataset(UNKNOWN if common is MISSING else library.to_catalog(common), maker="generator")


def as_dataset(run: Run, frame: Frame, node: cst.CSTNode, value: Value) -> Dataset | None:
    """The value as a source of batches; None for anything else.

    A ``Sequence`` of the program yields what its ``__getitem__`` returns, an iterator what its
    ``__iter__`` or ``__next__`` gives.
    """
    if isinstance(value, Dataset):
        return value
    if isinstance(value, IteratorValue) and not isinstance(value.items, Unknown):
        return _source(value.items[:64])
    if not isinstance(value, Instance):
        return None
    if isinstance(value.cls.lookup("__next__"), FunctionValue):
        items = builtins.iterate(run, frame, node, value)
        element = items.element if isinstance(items, Many) else UNKNOWN
        return Dataset(library.to_catalog(element), maker="generator")
    if SEQUENCE_BASES.isdisjoint(value.cls.external_bases()):
        return None
    return Dataset(library.to_catalog(item_of_instance(run, frame, node, value, run.fresh_symbol())), maker="Sequence")


def as_data(run: Run, frame: Frame, node: cst.CSTNode, value: Value) -> Value:
    """Data as ``fit`` sees it: frames and series as the arrays that they hold, a ``Sequence`` as its batches."""
    if isinstance(value, ObjectValue):
        known = value.known
        return known.array if isinstance(known, LibraryObject) and known.cls.startswith("pandas.") else value
    if isinstance(value, DictValue):
        parts = {key: as_data(run, frame, node, part) for key, part in value.entries.items()}
        changed = any(part is not value.entries[key] for key, part in parts.items())
        return DictValue(parts, open_ended=value.open) if changed else value
    if isinstance(value, tuple | ListValue):
        items = items_of(value)
        if isinstance(items, Unknown) or len(items) > MAX_PARTS:
            return value
        given = tuple(as_data(run, frame, node, part) for part in items)
        if all(one is other for one, other in zip(given, items)):
            return value
        return given if isinstance(value, tuple) else ListValue(given)
    return as_dataset(run, frame, node, value) or value


MAX_PARTS = 64
"""Longer lists hold samples, and a model has not that many inputs."""


def entry(run: Run, frame: Frame, node: cst.CSTNode, value: Value) -> Value:
    """What each round of a loop over the value meets."""
    if isinstance(value, Dataset):
        return library.from_catalog(run, frame, node, one_of(value.element), "element", ())
    known = value.known if isinstance(value, ObjectValue) else UNKNOWN
    if isinstance(known, LibraryObject) and find_function(f"{known.cls}.__iter__") is not None:
        found = _ask(run, frame, node, value, "__iter__", [])
        return found.element if isinstance(found, Many) else UNKNOWN
    return UNKNOWN


def item_of_instance(run: Run, frame: Frame, node: cst.CSTNode, instance: Instance, index: Value) -> Value:
    """``instance[index]`` by the class' own ``__getitem__``."""
    return _call_own(run, frame, instance, "__getitem__", [index])


def _call_own(run: Run, frame: Frame, instance: Instance, name: str, positional: Arguments) -> Value:
    function = instance.cls.lookup(name)
    if not isinstance(function, FunctionValue):
        return UNKNOWN
    return calls.invoke(run, frame, function, [instance, *positional], {}, receiver=instance)


# --- objects ---------------------------------------------------------------------------------


def read(run: Run, frame: Frame, node: cst.CSTNode, base: Dataset | ObjectValue, name: str) -> Value:
    """``base.name``."""
    if isinstance(base, Dataset):
        if name == "element_spec":
            return library.from_catalog(run, frame, node, base.element, name, ())
        return Method(base, name)
    known = base.known
    if isinstance(known, Unknown):
        return UNKNOWN
    rule = find_attribute(f"{known.cls}.{name}")
    if rule is not None:
        return library.from_catalog(run, frame, node, rule(known, f"{known.cls}.{name}"), name, (known.array,))
    if find_function(f"{known.cls}.{name}") is None and find_function(f"{known.cls}.__getattr__") is not None:
        found = _ask(run, frame, node, base, "__getattr__", [name])
        if found is not UNKNOWN:
            return found
    return Method(base, name)


def write(run: Run, base: ObjectValue, name: str, value: Value) -> None:
    """``base.name = value``."""
    known = base.known
    rule = None if isinstance(known, Unknown) else find_function(f"{known.cls}.__setattr__")
    answer = None if rule is None else rule.call(run.context(name), [known, name, library.to_catalog(value)], {})
    run.journal.set(base.state, "object", answer.receiver if isinstance(answer, Changed) else UNKNOWN)


_CHANGE_IN_PLACE = frozenset({"insert", "update", "set_params", "partial_fit", "fit", "adapt", "drop", "sort"})


def call_method(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    base: Value,
    name: str,
    positional: Arguments,
    keywords: Keywords,
    open_ended: bool,
) -> Value:
    """``base.name(…)``."""
    if isinstance(base, Dataset):
        return _call_dataset(run, frame, node, base, name, positional, keywords, open_ended)
    assert isinstance(base, ObjectValue)
    known = base.known
    found = None if isinstance(known, Unknown) else find_function(f"{known.cls}.{name}")
    if found is None:
        if name in _CHANGE_IN_PLACE or keywords.get("inplace", False) is not False:
            run.journal.set(base.state, "object", UNKNOWN)
        return UNKNOWN
    return library.call_function(
        run, frame, node, found, found.name, [base, *positional], keywords, open_ended, _label(node, name)
    )


def _label(node: cst.CSTNode, name: str) -> str:
    return dotted(node.func) if isinstance(node, cst.Call) else name


def _ask(run: Run, frame: Frame, node: cst.CSTNode, base: Value, name: str, positional: Arguments) -> Value:
    """A method that Python itself calls (``__getitem__``)."""
    known = base.known if isinstance(base, ObjectValue) else UNKNOWN
    found = None if isinstance(known, Unknown) else find_function(f"{known.cls}.{name}")
    if found is None:
        return UNKNOWN
    return library.call_function(run, frame, node, found, found.name, [base, *positional], {}, False, name)


def change(run: Run, positional: Arguments, receiver: LibraryObject) -> None:
    """The object that a method was called on is another one now."""
    if positional and isinstance(positional[0], ObjectValue):
        run.journal.set(positional[0].state, "object", receiver)


def get_item(run: Run, frame: Frame, node: cst.CSTNode, base: Dataset | ObjectValue, index: Value) -> Value:
    """``base[index]``; a Keras iterator gives a batch."""
    if isinstance(base, Dataset):
        return entry(run, frame, node, base) if isinstance(index, int) else UNKNOWN
    return _ask(run, frame, node, base, "__getitem__", [index])


def set_item(run: Run, frame: Frame, node: cst.CSTNode, base: ObjectValue, index: Value, value: Value) -> None:
    """``base[index] = value``."""
    known = base.known
    if isinstance(known, LibraryObject) and find_function(f"{known.cls}.__setitem__") is not None:
        _ask(run, frame, node, base, "__setitem__", [index, value])
    else:
        run.journal.set(base.state, "object", UNKNOWN)


def operate(run: Run, left: Value, right: Value, *, dtype: str | Unknown = UNKNOWN) -> Value:
    """``left <op> right`` with a frame or series among them.

    pandas aligns rows by their labels and never refuses lengths: the columns are the wider side's.
    """
    known = [side.known for side in (left, right) if isinstance(side, ObjectValue)]
    found = [one for one in known if isinstance(one, LibraryObject) and one.cls.startswith("pandas.")]
    if not found or len(found) < len(known):
        return UNKNOWN
    widest = max(found, key=lambda one: one.array.rank or 0)
    shape = widest.array.shape
    if isinstance(shape, tuple) and len(known) > 1:
        shape = (UNKNOWN, *shape[1:])
    array = replace(widest.array, shape=shape, dtype=dtype, content=None)
    return ObjectValue(Slots({"object": widest.with_facts(array=array)}))


# --- data sets -------------------------------------------------------------------------------


def _call_dataset(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    base: Dataset,
    name: str,
    positional: Arguments,
    keywords: Keywords,
    open_ended: bool,
) -> Value:
    if name in ("next", "__next__", "get_next"):
        return entry(run, frame, node, base)
    if name == "__iter__":
        return base
    if not is_tensorflow(base) or open_ended:
        return UNKNOWN
    method = _METHODS.get(name)
    if method is not None:
        return method(run, frame, node, base, positional, keywords)
    found = find_function(f"tensorflow.data.Dataset.{name}")
    if found is None:
        return UNKNOWN
    return library.call_function(
        run, frame, node, found, found.name, [base, *positional], keywords, open_ended, _label(node, name)
    )


def _apply(run: Run, frame: Frame, node: cst.CSTNode, base: Dataset, function: Value) -> Value:
    """Call a function of the program on an element, as ``Dataset.map`` does: a tuple becomes several arguments."""
    element = library.from_catalog(run, frame, node, base.element, "element", ())
    arguments = list(element) if isinstance(element, tuple) else [element]
    return calls.call(run, frame, node, function, arguments, {}, open_ended=isinstance(element, Unknown))


def _mapped(
    run: Run, frame: Frame, node: cst.CSTNode, base: Dataset, positional: Arguments, keywords: Keywords
) -> Value:
    """``map``: the function's answer is the element."""
    function = positional[0] if positional else keywords.get("map_func", UNKNOWN)
    element = tensor_structure(library.to_catalog(_apply(run, frame, node, base, function)))
    same = _shapes(element) is not None and _shapes(element) == _shapes(base.element)
    return Dataset(element, base.length, base.maker if same else "tf.data", base.settings if same else {})


def _shapes(element: object) -> object:
    """The shapes of an element's tensors, None where one is not known."""
    if isinstance(element, Tensor):
        return None if isinstance(element.shape, Unknown) else element.shape
    if isinstance(element, tuple):
        parts = [_shapes(part) for part in element]
        return None if None in parts else tuple(parts)
    if isinstance(element, dict):
        shapes = {key: _shapes(part) for key, part in element.items()}
        return None if None in shapes.values() else shapes
    return None


def _filtered(
    run: Run, frame: Frame, node: cst.CSTNode, base: Dataset, positional: Arguments, keywords: Keywords
) -> Value:
    """``filter``, ``take_while``: fewer elements."""
    _apply(run, frame, node, base, positional[0] if positional else keywords.get("predicate", UNKNOWN))
    return replace(base, element=one_of(base.element), length=UNKNOWN)


def _flattened(
    run: Run, frame: Frame, node: cst.CSTNode, base: Dataset, positional: Arguments, keywords: Keywords
) -> Value:
    """``flat_map``, ``interleave``: the elements of the data sets that the function makes."""
    made = _apply(run, frame, node, base, positional[0] if positional else keywords.get("map_func", UNKNOWN))
    if not isinstance(made, Dataset):
        return Dataset(maker="tf.data")
    lengths = (base.length, made.length)
    length: Dim = lengths[0] * lengths[1] if all(isinstance(n, int) for n in lengths) else UNKNOWN  # type: ignore[operator]
    return Dataset(made.element, length, "tf.data")


def _applied(
    run: Run, frame: Frame, node: cst.CSTNode, base: Dataset, positional: Arguments, keywords: Keywords
) -> Value:
    """``apply``: the function takes the whole data set."""
    function = positional[0] if positional else keywords.get("transformation_func", UNKNOWN)
    made = calls.call(run, frame, node, function, [base], {})
    return made if isinstance(made, Dataset) else Dataset(maker="tf.data")


def _numpy_iterator(
    run: Run, frame: Frame, node: cst.CSTNode, base: Dataset, positional: Arguments, keywords: Keywords
) -> Value:
    """``as_numpy_iterator``: the same elements as arrays."""

    def arrays(part: object) -> object:
        if isinstance(part, Tensor):
            return replace(part, kind=Kind.ARRAY)
        if isinstance(part, tuple):
            return tuple(map(arrays, part))
        return {key: arrays(inner) for key, inner in part.items()} if isinstance(part, dict) else part

    return Dataset(arrays(base.element), base.length, "generator")


DatasetMethod = Callable[[Run, Frame, cst.CSTNode, Dataset, Arguments, Keywords], Value]

_METHODS: dict[str, DatasetMethod] = {
    "map": _mapped,
    "filter": _filtered,
    "take_while": _filtered,
    "flat_map": _flattened,
    "interleave": _flattened,
    "apply": _applied,
    "as_numpy_iterator": _numpy_iterator,
}
"""Methods that call functions of the program, or know them."""


def _from_generator(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    """``Dataset.from_generator``: what the signature declares, and what the generator is seen to yield."""
    names = ("generator", "output_types", "output_shapes", "args", "output_signature")
    given = {**dict(zip(names, positional)), **keywords}
    declared = specified(
        library.to_catalog(given.get("output_signature")), library.to_catalog(given.get("output_shapes"))
    )
    function = given.get("generator", UNKNOWN)
    if not isinstance(function, FunctionValue | Partial | Method) and not hasattr(function, "function"):
        return Dataset(declared, maker="tf.data")
    arguments = given.get("args")
    made = calls.call(run, frame, node, function, list(arguments) if isinstance(arguments, tuple) else [], {})
    source = as_dataset(run, frame, node, made)
    if isinstance(declared, Unknown) and source is not None:
        declared = tensor_structure(source.element)
    return Dataset(declared, maker="tf.data")


def builtin(run: Run, frame: Frame, node: cst.CSTNode, name: str, positional: Arguments) -> Value:
    """Python's own functions where a data set or an object is among the arguments; MISSING for the others."""
    first = positional[0] if positional else None
    if isinstance(first, Dataset):
        if name == "next":
            return entry(run, frame, node, first)
        if name in ("iter", "reversed"):
            return first
        if name == "len":
            return first.length
        if name == "enumerate":
            return Dataset((Tensor((), "int64", Kind.ARRAY), first.element), first.length, "generator")
        if name in ("list", "tuple", "sorted"):
            return library.from_catalog(run, frame, node, Many(first.element), name, ())
    if name in ("enumerate", "zip") and any(isinstance(value, Tensor | ObjectValue) for value in positional):
        columns = [_entries(run, frame, node, value) for value in positional[: 1 if name == "enumerate" else None]]
        if name == "enumerate":
            return Many((run.fresh_symbol(), columns[0]))
        return Many(tuple(columns))
    if name == "zip" and any(isinstance(value, Dataset) for value in positional):
        parts = [value.element if isinstance(value, Dataset) else UNKNOWN for value in positional]
        return Dataset(tuple(parts), maker="generator")
    if isinstance(first, ObjectValue):
        if name == "len":
            return _ask(run, frame, node, first, "__len__", [])
        if name == "dict":
            return _ask(run, frame, node, first, "__dict__", [])
        if name in ("list", "tuple", "sorted"):
            return _ask(run, frame, node, first, "__iter__", [])
    return MISSING


def _entries(run: Run, frame: Frame, node: cst.CSTNode, value: Value) -> Value:
    """What a loop over one of several columns meets."""
    if isinstance(value, Tensor):
        shape = UNKNOWN if isinstance(value.shape, Unknown) or not value.shape else value.shape[1:]
        return Tensor(shape, value.dtype, value.kind) if shape != () or value.rank == 1 else UNKNOWN
    if isinstance(value, Dataset | ObjectValue):
        return entry(run, frame, node, value)
    items = items_of(value)
    found = many(items) if isinstance(items, tuple) else items
    return found.element if isinstance(found, Many) else UNKNOWN


HANDLERS: dict[str, Callable[[Run, Frame, cst.CSTNode, Arguments, Keywords], Value]] = {
    "tensorflow.data.Dataset.from_generator": _from_generator,
}
"""Functions that call functions of the program."""
