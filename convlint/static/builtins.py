"""Python's own functions, and methods of strings, lists, tuples and dictionaries."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from convlint.catalog.objects import Many
from convlint.catalog.tensor import Tensor
from convlint.shapes.dims import UNKNOWN, Dynamic, Linear, Unknown
from convlint.static.journal import MISSING
from convlint.static.values import (
    ClassValue,
    DictValue,
    External,
    FunctionValue,
    Instance,
    ItemsOrUnknown,
    LayerValue,
    ListValue,
    ModelValue,
    SliceValue,
    Value,
    forget,
    items_of,
    join_lengths,
    many,
    truth,
)

if TYPE_CHECKING:
    from convlint.static.run import Run

BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_")) | {"__import__"}

_STRING_METHODS = frozenset(
    {"lower", "upper", "strip", "lstrip", "rstrip", "startswith", "endswith", "replace", "split", "join", "format",
     "title", "capitalize", "isdigit", "count", "find", "rpartition", "partition", "rsplit"}
)  # fmt: skip


def call_method(
    run: Run, receiver: Value, name: str, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    """A method of a list, a dictionary, a tuple or a string."""
    if isinstance(receiver, ListValue):
        return _list_method(run, receiver, name, positional)
    if isinstance(receiver, DictValue):
        return _dict_method(run, receiver, name, positional, keywords)
    if isinstance(receiver, str):
        return _string_method(receiver, name, positional, keywords)
    if isinstance(receiver, tuple):
        if name in ("as_list", "copy", "tolist", "to_list"):
            return ListValue(receiver)
        if name == "num_elements":
            return UNKNOWN
        if name == "index" and len(positional) == 1 and positional[0] in receiver:
            return receiver.index(positional[0])
    return UNKNOWN


def _list_method(run: Run, receiver: ListValue, name: str, positional: Sequence[Value]) -> Value:
    items = receiver.items
    first = positional[0] if positional else None

    def put(changed: Sequence[Value] | Unknown) -> None:
        run.journal.set(receiver.state, "items", changed if isinstance(changed, Unknown) else tuple(changed))

    if name == "copy":
        return ListValue(items)
    if isinstance(items, Many):
        return _many_method(receiver, items, name, first, put)
    if isinstance(items, Unknown):
        return UNKNOWN
    if name == "append" and len(positional) == 1:
        put((*items, first))
        return None
    if name == "extend" and len(positional) == 1:
        added = items_of(first)
        put(join_lengths(items, added) if isinstance(added, Unknown) else (*items, *added))
        return None
    if name == "insert" and len(positional) == 2 and isinstance(first, int):
        changed = list(items)
        changed.insert(first, positional[1])
        put(changed)
        return None
    if name == "pop":
        index = first if positional else -1
        if isinstance(index, int) and -len(items) <= index < len(items):
            changed = list(items)
            taken = changed.pop(index)
            put(changed)
            return taken
        put(UNKNOWN)
        return UNKNOWN
    if name == "reverse":
        put(tuple(reversed(items)))
        return None
    if name == "clear":
        put(())
        return None
    if name in ("index", "count"):
        return UNKNOWN
    forget(run.journal, receiver)
    return UNKNOWN


def _many_method(
    receiver: ListValue, items: Many, name: str, first: Value, put: Callable[[Sequence[Value] | Unknown], None]
) -> Value:
    """A method of a list of unknown length."""
    if name in ("append", "insert"):
        put(many((items.element, first)) if name == "append" else UNKNOWN)
    elif name == "extend":
        put(join_lengths(items, items_of(first)))
    elif name == "pop":
        return items.element
    elif name not in ("reverse", "sort", "clear", "remove", "index", "count"):
        put(UNKNOWN)
    return UNKNOWN if name in ("index", "count") else None


def _dict_method(
    run: Run, receiver: DictValue, name: str, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    key = positional[0] if positional else None
    known = isinstance(key, str | int | float | bool | type(None) | tuple)
    if name in ("get", "pop", "setdefault") and positional and known:
        return _dict_lookup(run, receiver, name, key, positional[1] if len(positional) > 1 else None)
    if name in ("keys", "values", "items"):
        if receiver.open:
            return UNKNOWN
        entries = receiver.entries
        return {"keys": tuple(entries), "values": tuple(entries.values()), "items": tuple(entries.items())}[name]
    if name == "copy":
        return DictValue(receiver.entries, open_ended=receiver.open)
    if name == "update":
        if isinstance(key, DictValue):
            for other, value in key.entries.items():
                run.journal.set(receiver.entries, other, value)
            if key.open:
                forget(run.journal, receiver)
        elif positional:
            forget(run.journal, receiver)
        for word, value in keywords.items():
            run.journal.set(receiver.entries, word, value)
        return None
    forget(run.journal, receiver)
    return UNKNOWN


def _dict_lookup(run: Run, receiver: DictValue, name: str, key: Value, default: Value) -> Value:
    try:
        present = key in receiver.entries
    except TypeError:
        return UNKNOWN
    if present:
        value = receiver.entries[key]
        if name == "pop":
            run.journal.set(receiver.entries, key, MISSING)
        return value
    if receiver.open:
        return UNKNOWN
    if name == "setdefault":
        run.journal.set(receiver.entries, key, default)
    return default


def _string_method(receiver: str, name: str, positional: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
    if name not in _STRING_METHODS:
        return UNKNOWN
    plain = (str, int, float, bool)
    if name == "join":
        items = items_of(positional[0]) if positional else UNKNOWN
        if isinstance(items, Unknown) or not all(isinstance(item, str) for item in items):
            return UNKNOWN
        return receiver.join(str(item) for item in items)
    if not all(isinstance(value, plain) for value in (*positional, *keywords.values())):
        return UNKNOWN
    try:
        result = getattr(receiver, name)(*positional, **keywords)
    except (TypeError, ValueError, IndexError, KeyError, OverflowError, MemoryError):
        return UNKNOWN
    return ListValue(tuple(result)) if isinstance(result, list) else result


def size_of(value: Value) -> Value:
    """``len(value)``."""
    if isinstance(value, Tensor):
        return UNKNOWN if isinstance(value.shape, Unknown) or not value.shape else value.shape[0]
    if isinstance(value, str):
        return len(value)
    items = items_of(value)
    return UNKNOWN if isinstance(items, Unknown) else len(items)


def is_instance(value: Value, kind: Value) -> bool | None:
    """``isinstance(value, kind)``; None where that is not known."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    answers: list[bool | None] = []
    for one in kinds:
        name = one.canonical.rpartition(".")[2] if isinstance(one, External) else None
        answers.append(_is_one(value, one, name))
    if True in answers:
        return True
    return None if None in answers else False


_PLAIN_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "int": int, "float": float, "str": str, "bool": bool, "bytes": bytes, "tuple": tuple, "list": ListValue,
    "dict": DictValue, "Integral": int, "Number": (int, float),
}  # fmt: skip
_KNOWN = (
    int,
    float,
    str,
    bytes,
    tuple,
    ListValue,
    DictValue,
    Tensor,
    LayerValue,
    ModelValue,
    FunctionValue,
    type(None),
)


def _is_one(value: Value, kind: Value, name: str | None) -> bool | None:
    if isinstance(value, Dynamic):
        return False if name in _PLAIN_TYPES else None
    if isinstance(value, Unknown | Linear):
        return None
    if isinstance(kind, ClassValue):
        if isinstance(value, Instance):
            if kind in tuple(value.cls.mro()):
                return True
            return None if value.cls.has_unknown_base() else False
        return False if isinstance(value, _KNOWN) else None
    if name in ("list", "tuple") and isinstance(value, Tensor | int | float | str | type(None) | LayerValue):
        return False
    if name is not None and name in _PLAIN_TYPES and isinstance(value, _KNOWN):
        return isinstance(value, _PLAIN_TYPES[name])
    return None


def fold(name: str, positional: Sequence[Value]) -> Value:
    """Builtins that only compute: ``int``, ``max``, ``zip`` …"""
    first = positional[0] if positional else None
    if name in ("list", "tuple", "sorted", "reversed", "set", "frozenset", "iter"):
        return _sequence(name, positional)
    if name == "enumerate":
        items = items_of(first)
        start = positional[1] if len(positional) > 1 else 0
        if isinstance(items, Many):
            return Many((UNKNOWN, items.element))
        if isinstance(items, Unknown) or not isinstance(start, int):
            return UNKNOWN
        return tuple((start + index, item) for index, item in enumerate(items))
    if name == "zip":
        columns = [items_of(value) for value in positional]
        if any(type(column) is Unknown for column in columns):
            return UNKNOWN
        if any(isinstance(column, Many) for column in columns):
            return _zip_many(columns)
        return tuple(zip(*columns))
    if name in ("min", "max", "sum"):
        return _extreme(name, positional)
    if name == "slice" and 1 <= len(positional) <= 3:
        lower, upper, *step = positional if len(positional) > 1 else (None, first)
        return SliceValue(lower, upper, step[0] if step else None)
    if name in ("all", "any"):
        items = items_of(first)
        if isinstance(items, Unknown):
            return UNKNOWN
        answers = [truth(item) for item in items]
        stop = name == "any"
        return stop if stop in answers else (UNKNOWN if None in answers else not stop)
    return _scalar(name, positional)


def _zip_many(columns: Sequence[ItemsOrUnknown]) -> Value:
    """``zip`` where a list of unknown length is among the columns."""
    parts: list[Value] = []
    for column in columns:
        entry = column if isinstance(column, Many) else many(column)  # type: ignore[arg-type]
        parts.append(entry.element if isinstance(entry, Many) else UNKNOWN)
    return Many(tuple(parts))


def _sequence(name: str, positional: Sequence[Value]) -> Value:
    if not positional:
        return () if name == "tuple" else ListValue(())
    items = items_of(positional[0])
    if isinstance(items, Many) and name not in ("set", "frozenset"):
        return ListValue(items) if name in ("list", "sorted") else items
    if isinstance(items, Unknown) or len(items) > 100_000 or name in ("set", "frozenset"):
        return UNKNOWN
    if name == "sorted":
        plain = all(isinstance(item, int | float) for item in items) or all(isinstance(item, str) for item in items)
        return ListValue(sorted(items)) if plain and len(positional) == 1 else UNKNOWN  # type: ignore[type-var]
    if name == "reversed":
        return tuple(reversed(items))
    return ListValue(tuple(items)) if name == "list" else tuple(items)


def _extreme(name: str, positional: Sequence[Value]) -> Value:
    items = items_of(positional[0]) if len(positional) == 1 else tuple(positional)
    if isinstance(items, Unknown) or not items or not all(isinstance(item, int | float) for item in items):
        return UNKNOWN
    if isinstance(items, range) and len(items) > 100_000:
        return UNKNOWN
    functions: dict[str, Callable[[Any], Value]] = {"min": min, "max": max, "sum": sum}
    return functions[name](items)


_FOLDED: Mapping[str, Callable[..., Value]] = {
    "int": int, "float": float, "str": str, "abs": abs, "round": round, "bool": bool, "divmod": divmod, "ord": ord,
    "chr": chr, "pow": pow,
}  # fmt: skip


def _scalar(name: str, positional: Sequence[Value]) -> Value:
    if not positional or not all(isinstance(value, int | float | str) for value in positional):
        first = positional[0] if positional else UNKNOWN
        return first if name == "int" and isinstance(first, Linear) else UNKNOWN
    function = _FOLDED.get(name)
    if function is None or (name == "pow" and any(isinstance(v, int) and v > 1000 for v in positional)):
        return UNKNOWN
    try:
        return function(*positional)
    except (TypeError, ValueError, ArithmeticError):
        return UNKNOWN
