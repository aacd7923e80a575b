"""Python's own functions, and methods of strings, lists, tuples and dictionaries."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import libcst as cst

from convlint.catalog.dataset import Dataset
from convlint.catalog.objects import Many
from convlint.catalog.tensor import Tensor
from convlint.problems import FloatDimension, PythonFlowOnSymbolic
from convlint.shapes.dims import UNKNOWN, Dynamic, Linear, Unknown
from convlint.static import attributes, calls, datasets, expressions, generations, tensors
from convlint.static.journal import MISSING
from convlint.static.run import Frame, Run
from convlint.static.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    EnumMember,
    External,
    FunctionValue,
    Instance,
    ItemsOrUnknown,
    IteratorValue,
    LayerValue,
    ListValue,
    Method,
    ModelValue,
    NamedTuple,
    Namespace,
    ObjectValue,
    Origin,
    Partial,
    RecordType,
    SetValue,
    SliceValue,
    Value,
    forget,
    items_of,
    join_lengths,
    many,
    truth,
)

BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_")) | {"__import__"}

MAX_ITEMS = 100_000
"""Longer sequences and texts are not made: nobody's layer list is that long."""
MAX_NUMBER_IN_TEXT = 1_000
"""Widths in format strings beyond it would make texts that no name has."""

_STRING_METHODS = frozenset(
    {"lower", "upper", "strip", "lstrip", "rstrip", "startswith", "endswith", "replace", "split", "join", "format",
     "title", "capitalize", "isdigit", "count", "find", "rpartition", "partition", "rsplit", "zfill", "ljust",
     "rjust", "center", "isnumeric", "isalpha", "isupper", "islower", "swapcase", "removeprefix", "removesuffix",
     "splitlines", "index", "rfind", "casefold", "isdecimal", "isidentifier", "isalnum", "isspace"}
)  # fmt: skip


def call_method(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    receiver: Value,
    name: str,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
) -> Value:
    """A method of a list, a dictionary, a set, a tuple or a string."""
    if isinstance(receiver, IteratorValue):
        return _next(run, receiver) if name in ("__next__", "send") else UNKNOWN
    if isinstance(receiver, SetValue):
        return _set_method(run, receiver, name, positional)
    if isinstance(receiver, ListValue):
        return _list_method(run, frame, node, receiver, name, positional, keywords)
    if isinstance(receiver, DictValue):
        return _dict_method(run, receiver, name, positional, keywords)
    if isinstance(receiver, str):
        return _string_method(run, receiver, name, positional, keywords)
    if isinstance(receiver, NamedTuple) and name in ("_asdict", "_replace"):
        items = dict(zip(receiver.kind.fields, receiver))
        if name == "_asdict":
            return DictValue(items)
        return NamedTuple.of(receiver.kind, [keywords.get(field, item) for field, item in items.items()])
    if isinstance(receiver, tuple | range):
        return _tuple_method(receiver, name, positional)
    return UNKNOWN


def _tuple_method(receiver: tuple[Value, ...] | range, name: str, positional: Sequence[Value]) -> Value:
    if name in ("as_list", "copy", "tolist", "to_list"):
        return ListValue(tuple(receiver))
    if name in ("index", "count") and len(positional) == 1:
        return _position(receiver, name, positional[0])
    return UNKNOWN


def _position(items: Sequence[Value], name: str, wanted: Value) -> Value:
    """``items.index(wanted)`` or ``items.count(wanted)``; every comparison on the way must be decided."""
    if isinstance(items, range):
        return UNKNOWN
    count = 0
    for index, item in enumerate(items):
        equal = expressions.equal(item, wanted)
        if equal is None:
            return UNKNOWN
        if equal and name == "index":
            return index
        count += equal
    return count if name == "count" else UNKNOWN


def _put(run: Run, receiver: ListValue, changed: Sequence[Value] | Unknown) -> None:
    if not isinstance(changed, Unknown):
        changed = tuple(changed) if len(changed) <= MAX_ITEMS else UNKNOWN
    run.journal.set(receiver.state, "items", changed)


def _list_method(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    receiver: ListValue,
    name: str,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
) -> Value:
    items = receiver.items
    first = positional[0] if positional else None
    if name == "copy":
        return ListValue(items)
    if isinstance(items, Many):
        return _many_method(items, name, first, partial(_put, run, receiver))
    if isinstance(items, Unknown):
        return None if name in ("append", "extend", "insert", "sort", "reverse", "clear", "remove") else UNKNOWN
    run.pay_for_copy(items)
    if name in ("append", "appendleft") and len(positional) == 1:
        _put(run, receiver, (*items, first) if name == "append" else (first, *items))
        return None
    if name in ("extend", "extendleft") and len(positional) == 1:
        added = iterate(run, frame, node, first)
        if isinstance(added, Unknown) or len(added) > MAX_ITEMS:
            _put(run, receiver, join_lengths(items, added) if isinstance(added, Unknown) else UNKNOWN)
        else:
            _put(run, receiver, (*items, *added) if name == "extend" else (*reversed(tuple(added)), *items))
        return None
    if name == "insert" and len(positional) == 2 and isinstance(first, int):
        changed = list(items)
        changed.insert(first, positional[1])
        _put(run, receiver, changed)
        return None
    if name in ("pop", "popleft"):
        return remove_at(run, receiver, first if positional else -1 if name == "pop" else 0)
    if name == "remove" and len(positional) == 1:
        index = _position(items, "index", first)
        _put(run, receiver, (*items[:index], *items[index + 1 :]) if isinstance(index, int) else UNKNOWN)
        return None
    if name == "sort":
        ordered = _sorted(run, frame, node, items, keywords)
        _put(run, receiver, UNKNOWN if isinstance(ordered, Unknown) else ordered)
        return None
    if name == "reverse":
        _put(run, receiver, tuple(reversed(items)))
        return None
    if name == "clear":
        _put(run, receiver, ())
        return None
    if name == "index" and len(positional) == 1 and isinstance(first, str | int):
        plain = all(isinstance(item, str | int) for item in items)
        return items.index(first) if plain and first in items else UNKNOWN
    if name in ("index", "count"):
        return _position(items, name, first) if len(positional) == 1 else UNKNOWN
    forget(run.journal, receiver)
    return UNKNOWN


def remove_at(run: Run, receiver: ListValue, index: Value) -> Value:
    """Take one item out of a list; which one was taken."""
    items = receiver.items
    if isinstance(items, Unknown) or not isinstance(index, int) or not -len(items) <= index < len(items):
        _put(run, receiver, UNKNOWN)
        return UNKNOWN
    changed = list(items)
    taken = changed.pop(index)
    _put(run, receiver, changed)
    return taken


def make_set(values: Sequence[Value] | Unknown) -> SetValue:
    """A set of these values; what it holds is unknown unless all are constants."""
    if isinstance(values, Unknown) or not all(map(expressions.is_key, values)):
        return SetValue(UNKNOWN)
    return SetValue(tuple(dict.fromkeys(values)))


def _set_method(run: Run, receiver: SetValue, name: str, positional: Sequence[Value]) -> Value:
    items = receiver.items
    others = [value.items if isinstance(value, ListValue) else items_of(value) for value in positional]
    if name == "copy":
        return make_set(items)
    if isinstance(items, Unknown):
        return None if name in ("add", "update", "discard", "remove", "clear") else UNKNOWN
    if name == "add" and len(positional) == 1:
        _put(run, receiver, make_set((*items, positional[0])).items)
        return None
    if name in ("discard", "remove") and len(positional) == 1 and expressions.is_key(positional[0]):
        _put(run, receiver, tuple(item for item in items if item != positional[0]))
        return None
    if name == "clear":
        _put(run, receiver, ())
        return None
    if any(isinstance(other, Unknown) or not all(map(expressions.is_key, other[:MAX_ITEMS])) for other in others):
        forget(run.journal, receiver)
        return UNKNOWN
    known = [set(other) for other in others if not isinstance(other, Unknown)]
    if name == "update":
        _put(run, receiver, make_set(tuple(set(items).union(*known))).items)
        return None
    if name in ("union", "intersection", "difference", "symmetric_difference"):
        return make_set(tuple(getattr(set(items), name)(*known)))
    if name in ("issubset", "issuperset", "isdisjoint") and len(known) == 1:
        return bool(getattr(set(items), name)(*known))
    forget(run.journal, receiver)
    return UNKNOWN


def _many_method(items: Many, name: str, first: Value, put: Callable[[Sequence[Value] | Unknown], None]) -> Value:
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
    if name in ("get", "pop", "setdefault") and positional and expressions.is_key(key):
        return _dict_lookup(run, receiver, name, key, positional[1:])
    if name == "get":
        return UNKNOWN
    if name in ("keys", "values", "items"):
        if receiver.open:
            return UNKNOWN
        entries = receiver.entries
        return {"keys": tuple(entries), "values": tuple(entries.values()), "items": tuple(entries.items())}[name]
    if name in ("copy", "copy_and_resolve_references", "to_dict"):
        return type(receiver)(receiver.entries, open_ended=receiver.open)
    if name == "clear":
        for known in list(receiver.entries):
            run.journal.set(receiver.entries, known, MISSING)
        run.journal.set(receiver.state, "open", False)
        return None
    if name == "popitem" and receiver.entries and not receiver.open:
        last = next(reversed(receiver.entries))
        value = receiver.entries[last]
        run.journal.set(receiver.entries, last, MISSING)
        return (last, value)
    if name == "update":
        update(run, receiver, positional, keywords)
        return None
    if isinstance(receiver, Namespace) and name in ("lock", "unlock", "freeze"):
        return None
    forget(run.journal, receiver)
    return UNKNOWN


def update(run: Run, receiver: DictValue, positional: Sequence[Value], keywords: Mapping[str, Value]) -> None:
    """``receiver.update(…)``, ``receiver |= …``."""
    for other in positional:
        pairs = pairs_of(other)
        if isinstance(pairs, Unknown):
            forget(run.journal, receiver)
            continue
        if isinstance(other, DictValue) and other.open:
            forget(run.journal, receiver)
        for key, value in pairs:
            run.journal.set(receiver.entries, key, value)
    for word, value in keywords.items():
        run.journal.set(receiver.entries, word, value)


def pairs_of(value: Value) -> list[tuple[Value, Value]] | Unknown:
    """Keys and values of a dictionary or of a sequence of pairs."""
    if isinstance(value, DictValue):
        return list(value.entries.items())
    items = items_of(value)
    if isinstance(items, Unknown) or len(items) > MAX_ITEMS:
        return UNKNOWN
    pairs: list[tuple[Value, Value]] = []
    for item in items:
        pair = items_of(item)
        if isinstance(pair, Unknown) or len(pair) != 2 or not expressions.is_key(pair[0]):
            return UNKNOWN
        pairs.append((pair[0], pair[1]))
    return pairs


def _dict_lookup(run: Run, receiver: DictValue, name: str, key: Value, default: Sequence[Value]) -> Value:
    if key in receiver.entries:
        value = receiver.entries[key]
        if name == "pop":
            run.journal.set(receiver.entries, key, MISSING)
        return value
    if receiver.open:
        return UNKNOWN
    if name == "pop" and not default:
        return UNKNOWN
    fallback = default[0] if default else None
    if name == "setdefault":
        run.journal.set(receiver.entries, key, fallback)
    return fallback


def _string_method(
    run: Run, receiver: str, name: str, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    if name not in _STRING_METHODS:
        return UNKNOWN
    if name == "join":
        items = items_of(positional[0]) if positional else UNKNOWN
        if isinstance(items, Unknown) or len(items) > MAX_ITEMS:
            return UNKNOWN
        run.pay(len(items) >> 3)
        words = [item for item in items if isinstance(item, str)]
        if len(words) < len(items) or sum(map(len, words)) + len(receiver) * len(words) > MAX_ITEMS:
            return UNKNOWN
        return receiver.join(words)
    plain = [value for value in (*positional, *keywords.values()) if _is_plain(value)]
    if len(plain) < len(positional) + len(keywords):
        return UNKNOWN
    if name == "format" and not formats_shortly(receiver, plain):
        return UNKNOWN
    if any(isinstance(value, int) and abs(value) > MAX_NUMBER_IN_TEXT for value in plain) and name != "format":
        return UNKNOWN
    if name == "replace" and len(receiver) * max((len(v) for v in plain if isinstance(v, str)), default=1) > MAX_ITEMS:
        return UNKNOWN
    run.pay_for_copy(receiver)
    try:
        result = getattr(receiver, name)(*positional, **keywords)
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, MemoryError):
        return UNKNOWN
    return ListValue(tuple(result)) if isinstance(result, list) else result


def _is_plain(value: Value) -> bool:
    if isinstance(value, tuple):
        return type(value) is tuple and all(_is_plain(item) for item in value[:16]) and len(value) <= 16
    return value is None or isinstance(value, str | int | float | bool)


_NUMBERS = re.compile(r"\d+")


def formats_shortly(template: str, values: Sequence[Value]) -> bool:
    """Whether filling the template makes no text of a gigabyte: ``"%1000000000d"``, ``"{:{}}"``."""
    numbers = [int(digits[:9]) for digits in _NUMBERS.findall(template)]
    if any(number > MAX_NUMBER_IN_TEXT for number in numbers):
        return False
    taken = "*" in template or "{" in template[template.find("{") + 1 :].partition("}")[0] or ":{" in template
    if taken and any(isinstance(value, int) and abs(value) > MAX_NUMBER_IN_TEXT for value in values):
        return False
    return len(template) + sum(len(value) for value in values if isinstance(value, str)) <= MAX_ITEMS


# --- functions -------------------------------------------------------------------------------


def iterate(run: Run, frame: Frame, node: cst.CSTNode, value: Value) -> ItemsOrUnknown:
    """What the program meets when it goes through the value; iterators are used up by it."""
    if isinstance(value, IteratorValue):
        items = value.items
        if not isinstance(items, Unknown):
            run.journal.set(value.state, "items", ())
        return items
    if isinstance(value, Instance):
        return _iterate_instance(run, frame, node, value)
    if isinstance(value, Dataset | ObjectValue):
        return _some(datasets.entry(run, frame, node, value))
    if isinstance(value, ClassValue):
        return tuple(one for one in value.scope.variables.values() if isinstance(one, EnumMember)) or UNKNOWN
    return items_of(value)


def _some(entry: Value) -> Many | Unknown:
    """A sequence of unknown length of such entries."""
    return UNKNOWN if type(entry) is Unknown else Many(entry)


def _iterate_instance(run: Run, frame: Frame, node: cst.CSTNode, value: Instance) -> ItemsOrUnknown:
    if isinstance(value.cls.lookup("__iter__"), FunctionValue):
        made = special(run, frame, node, value, "__iter__")
        if isinstance(made, Instance):
            return _some(special(run, frame, node, made, "__next__"))
        return iterate(run, frame, node, made)
    if isinstance(value.cls.lookup("__next__"), FunctionValue):
        return _some(special(run, frame, node, value, "__next__"))
    length = special(run, frame, node, value, "__len__")
    if isinstance(length, int) and 0 <= length <= MAX_INDEXED:
        return [special(run, frame, node, value, "__getitem__", index) for index in range(length)]
    return _some(special(run, frame, node, value, "__getitem__", run.fresh_symbol()))


MAX_INDEXED = 64
"""Entries that are asked for one by one of an object that is indexed."""


def special(run: Run, frame: Frame, node: cst.CSTNode, value: Value, name: str, *arguments: Value) -> Value:
    """Call a method by which Python's own syntax works (``__len__``); unknown where there is none."""
    method = value.cls.lookup(name) if isinstance(value, Instance) else MISSING
    if not isinstance(method, FunctionValue):
        return UNKNOWN
    return calls.call(run, frame, node, BoundMethod(value, method), list(arguments), {})


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


_PLAIN_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,), "float": (float,), "str": (str,), "bool": (bool,), "bytes": (bytes,), "tuple": (tuple,),
    "list": (ListValue,), "dict": (DictValue,), "set": (SetValue,), "Integral": (int,), "Number": (int, float),
    "Real": (int, float), "Mapping": (DictValue,), "Sequence": (tuple, str, ListValue, range), "range": (range,),
    "Iterable": (tuple, str, ListValue, DictValue, SetValue, range),
}  # fmt: skip
_KNOWN = (
    int, float, str, bytes, tuple, range, ListValue, DictValue, Tensor, LayerValue, ModelValue, FunctionValue,
    EnumMember, type(None),
)  # fmt: skip


def _is_one(value: Value, kind: Value, name: str | None) -> bool | None:
    if isinstance(value, Dynamic):
        return False if name in _PLAIN_TYPES else None
    if isinstance(value, Unknown | Linear | IteratorValue | Namespace):
        return None
    if isinstance(value, Tensor) and value.shape == ():
        return None  # a number of which only the dtype is known is a tensor without axes here
    if isinstance(kind, ClassValue):
        if isinstance(value, Instance | EnumMember):
            if kind in value.cls.mro():
                return True
            return None if value.cls.has_unknown_base() else False
        if isinstance(value, NamedTuple):
            return value.kind.cls is kind
        return False if isinstance(value, _KNOWN) else None
    if isinstance(kind, RecordType):
        return value.kind is kind if isinstance(value, NamedTuple) else None
    if name in ("list", "tuple") and isinstance(value, Tensor | int | float | str | type(None) | LayerValue):
        return False
    if name is not None and name in _PLAIN_TYPES and isinstance(value, _KNOWN):
        exact = type(value) if isinstance(value, ListValue) else None
        return exact in _PLAIN_TYPES[name] if exact is not None else isinstance(value, _PLAIN_TYPES[name])
    if isinstance(value, LayerValue) and name in ("Layer", value.class_name):
        return True
    return True if isinstance(value, ModelValue) and name == "Model" else None


def call_builtin(
    run: Run, frame: Frame, node: cst.CSTNode, name: str, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    """Call one of Python's own functions."""
    first = positional[0] if positional else None
    of_data = datasets.builtin(run, frame, node, name, positional)
    if of_data is not MISSING:
        return of_data
    if name in ("range", "int", "float") and any(isinstance(value, Dynamic) for value in positional):
        tensors.state_dynamic(run, frame, node, positional)
        return UNKNOWN
    if name == "range":
        _state_float_bound(run, frame, node, positional)
        return _range(run, positional)
    if name == "len":
        return _len(run, frame, node, first)
    function = _FUNCTIONS.get(name)
    if function is not None:
        return function(run, frame, node, positional, keywords)
    if name in _SILENT:
        return None
    return _scalar(name, positional)


_LARGEST_BOUND = 1 << 61


def _state_float_bound(run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value]) -> None:
    """State ``range(n / 2)``, which is a TypeError whatever the quotient is."""
    words = ("stop",) if len(positional) == 1 else ("start", "stop", "step")
    nodes = [argument.value for argument in node.args] if isinstance(node, cst.Call) else []
    for word, value, part in zip(words, positional, nodes):
        if isinstance(value, float):
            wanted = str(int(value)) if value.is_integer() else ""
            problem = FloatDimension("range", word, repr(value), wanted)
            run.state_problem(problem, frame, node, argument_nodes={word: part})
            return


def _range(run: Run, positional: Sequence[Value]) -> Value:
    bounds = [int(value) for value in positional if isinstance(value, int)]
    if len(bounds) != len(positional) or not 1 <= len(bounds) <= 3 or bounds[2:] == [0]:
        return Many(run.fresh_symbol())
    # `len` of a longer one would not fit a machine word.
    return Many(run.fresh_symbol()) if any(abs(bound) > _LARGEST_BOUND for bound in bounds) else range(*bounds)


def _len(run: Run, frame: Frame, node: cst.CSTNode, value: Value) -> Value:
    if isinstance(value, Tensor) and tensors.lacks_values(run, value):
        label = value.origin.label if isinstance(value.origin, Origin) else "x"
        run.state_problem(PythonFlowOnSymbolic(label, "len"), frame, node, (value,))
        return UNKNOWN
    if isinstance(value, Instance):
        return special(run, frame, node, value, "__len__")
    return size_of(value)


def _isinstance(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    answer = is_instance(positional[0], positional[1]) if len(positional) == 2 else None
    return UNKNOWN if answer is None else answer


def _issubclass(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    cls, wanted = positional if len(positional) == 2 else (UNKNOWN, UNKNOWN)
    if not isinstance(cls, ClassValue):
        return UNKNOWN
    if isinstance(wanted, ClassValue | External) and any(base == wanted for base in cls.mro()):
        return True
    return UNKNOWN if not isinstance(wanted, ClassValue) or cls.has_unknown_base() else False


def _getattr(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    if len(positional) < 2 or not isinstance(positional[1], str):
        return UNKNOWN
    has = _has(run, positional[0], positional[1])
    if has is False and len(positional) == 3:
        return positional[2]
    value = attributes.read(run, frame, node, positional[0], positional[1])
    return UNKNOWN if has is None and len(positional) == 3 and isinstance(value, Method) else value


def _hasattr(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    if len(positional) != 2 or not isinstance(positional[1], str):
        return UNKNOWN
    has = _has(run, positional[0], positional[1])
    return UNKNOWN if has is None else has


def _has(run: Run, owner: Value, name: str) -> bool | None:
    """Whether a value has an attribute; a library's module not where the name is gone."""
    if isinstance(owner, External) and not generations.exists(run, f"{owner.name}.{name}"):
        return False
    return attributes.has(owner, name)


def _setattr(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    if len(positional) == 3 and isinstance(positional[1], str):
        attributes.write(run, positional[0], positional[1], positional[2])
    elif positional:
        forget(run.journal, positional[0])
    return None


def _vars(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    if not positional:
        return UNKNOWN
    return attributes.dictionary_of(positional[0])


def _globals(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    known = DictValue(open_ended=True)
    known.entries = frame.scope.module_scope().variables
    return known


def make_dict(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    """``dict(…)``."""
    made = DictValue()
    if positional:
        first = positional[0]
        items = iterate(run, frame, node, first) if isinstance(first, IteratorValue) else UNKNOWN
        pairs = pairs_of(first if isinstance(items, Unknown) else tuple(items))
        if isinstance(pairs, Unknown):
            return DictValue(open_ended=True)
        made.entries.update(pairs)
        made.state["open"] = isinstance(first, DictValue) and first.open
    made.entries.update(keywords)
    return made


def _map(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    if len(positional) < 2:
        return UNKNOWN
    columns = [iterate(run, frame, node, column) for column in positional[1:]]
    known = [column for column in columns if not isinstance(column, Unknown)]
    if len(known) < len(columns) or min(map(len, known)) > MAX_CALLED:
        row = [_entry_of(column) for column in columns]
        return _some(calls.call(run, frame, node, positional[0], row, {}))
    return tuple(calls.call(run, frame, node, positional[0], list(row), {}) for row in zip(*known))


def _filter(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    items = iterate(run, frame, node, positional[1]) if len(positional) == 2 else UNKNOWN
    if isinstance(items, Unknown) or len(items) > MAX_CALLED:
        return _some(_entry_of(items))
    kept: list[Value] = []
    for item in items:
        keep = truth(item if positional[0] is None else calls.call(run, frame, node, positional[0], [item], {}))
        if keep is None:
            return many(items)
        if keep:
            kept.append(item)
    return tuple(kept)


MAX_CALLED = 10_000
"""Entries for which ``map`` and ``filter`` call a function one by one."""


def _entry_of(items: ItemsOrUnknown) -> Value:
    """What all entries have in common."""
    found = items if isinstance(items, Unknown) else many(items[:MAX_INDEXED]) if len(items) <= MAX_INDEXED else UNKNOWN
    return found.element if isinstance(found, Many) else UNKNOWN


def _enumerate(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    items = iterate(run, frame, node, positional[0]) if positional else UNKNOWN
    start = positional[1] if len(positional) > 1 else keywords.get("start", 0)
    if isinstance(items, Unknown) or not isinstance(start, int) or len(items) > MAX_ITEMS:
        return Many((UNKNOWN, _entry_of(items)))
    run.pay(len(items) >> 3)
    return tuple(enumerate(items, start))


def _zip(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    columns = [iterate(run, frame, node, value) for value in positional]
    known = [column for column in columns if not isinstance(column, Unknown)]
    if len(known) < len(columns) or (known and min(map(len, known)) > MAX_ITEMS):
        return Many(tuple(map(_entry_of, columns)))
    run.pay(min(map(len, known), default=0) >> 3)
    return tuple(zip(*known))


def _sequence(make: Callable[[Sequence[Value] | Unknown], Value]) -> Builtin:
    """``list``, ``tuple``, ``set`` …: what ``make`` makes of the items."""

    def build(
        run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
    ) -> Value:
        if not positional:
            return make(())
        source = positional[0]
        # A set has its items in no order: what is made of it has them all, and nobody knows in which.
        to_set = isinstance(source, SetValue) and make is make_set
        items = source.items if isinstance(source, SetValue) and to_set else iterate(run, frame, node, source)
        if isinstance(items, Unknown) or len(items) > MAX_ITEMS:
            return make(_some(_entry_of(items)))
        run.pay(len(items) >> 3)
        return make(tuple(items))

    return build


def _sorted_of(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    source = positional[0] if positional else UNKNOWN
    items = source.items if isinstance(source, SetValue) else iterate(run, frame, node, source)
    if isinstance(items, Unknown) or len(items) > MAX_ITEMS:
        return ListValue(_some(_entry_of(items)))
    return ListValue(_sorted(run, frame, node, items, keywords))


def _sorted(
    run: Run, frame: Frame, node: cst.CSTNode, items: Sequence[Value], keywords: Mapping[str, Value]
) -> Sequence[Value] | Unknown:
    run.pay(len(items) >> 2)
    key, backwards = keywords.get("key"), truth(keywords.get("reverse", False))
    keys: list[Any] = list(items) if key is None else [calls.call(run, frame, node, key, [i], {}) for i in items]
    if backwards is None or not _comparable(keys):
        return UNKNOWN
    order = sorted(range(len(items)), key=keys.__getitem__, reverse=backwards)
    return [items[index] for index in order]


def _comparable(keys: Sequence[Any]) -> bool:
    if all(type(key) is tuple for key in keys):
        widths = {len(key) for key in keys if isinstance(key, tuple)}
        columns = zip(*keys) if len(widths) == 1 else ()
        return len(keys) < 2 or (len(widths) == 1 and all(_comparable(column) for column in columns))
    return all(isinstance(key, int | float) for key in keys) or all(isinstance(key, str) for key in keys)


def _extreme(choose: Callable[..., Any]) -> Builtin:
    """``min`` and ``max``."""

    def pick(
        run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
    ) -> Value:
        items: ItemsOrUnknown = tuple(positional)
        if len(positional) == 1:
            source = positional[0]
            items = source.items if isinstance(source, SetValue) else iterate(run, frame, node, source)
        if isinstance(items, Unknown) or len(items) > MAX_ITEMS:
            return UNKNOWN
        if not items:
            return keywords.get("default", UNKNOWN)
        run.pay(len(items) >> 3)
        key = keywords.get("key")
        keys: list[Any] = list(items) if key is None else [calls.call(run, frame, node, key, [i], {}) for i in items]
        if not _comparable(keys):
            return UNKNOWN
        return items[choose(range(len(items)), key=keys.__getitem__)]

    return pick


def _sum(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    source = positional[0] if positional else UNKNOWN
    items = source.items if isinstance(source, SetValue) else iterate(run, frame, node, source)
    total = positional[1] if len(positional) > 1 else keywords.get("start", 0)
    if isinstance(items, Unknown) or len(items) > MAX_ITEMS:
        return UNKNOWN
    run.pay(len(items) >> 3)
    numbers = [item for item in items if isinstance(item, int | float)]
    if len(numbers) == len(items) and isinstance(total, int | float):
        return sum(numbers, total)
    for item in items:
        run.step()
        total = expressions.apply_operator(run, frame, node, cst.Add, total, item)
        if total is UNKNOWN:
            break
    return total


def _every(stop: bool) -> Builtin:
    """``all`` and ``any``."""

    def ask(
        run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
    ) -> Value:
        source = positional[0] if positional else UNKNOWN
        items = source.items if isinstance(source, SetValue) else iterate(run, frame, node, source)
        if isinstance(items, Unknown) or len(items) > MAX_ITEMS:
            return UNKNOWN
        run.pay(len(items) >> 3)
        answers = [truth(item) for item in items]
        return stop if stop in answers else (UNKNOWN if None in answers else not stop)

    return ask


def _next(run: Run, iterator: IteratorValue, default: Sequence[Value] = ()) -> Value:
    items = iterator.items
    if isinstance(items, Unknown):
        return items.element if isinstance(items, Many) and not default else UNKNOWN
    if not items:
        return default[0] if default else UNKNOWN
    run.journal.set(iterator.state, "items", items[1:])
    return items[0]


def _next_of(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    first = positional[0] if positional else UNKNOWN
    if isinstance(first, IteratorValue):
        return _next(run, first, positional[1:])
    if isinstance(first, Instance):
        return special(run, frame, node, first, "__next__")
    # What hands out its items once, but is modelled as a tuple of them all: the first of `zip(…)`, not its second.
    return UNKNOWN


def _iter(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    first = positional[0] if len(positional) == 1 else UNKNOWN
    if isinstance(first, IteratorValue):
        return first
    if isinstance(first, Tensor):
        inner = first.shape[1:] if not isinstance(first.shape, Unknown) and first.shape else UNKNOWN
        return IteratorValue(Many(replace(first, shape=inner, layout=None, content=None)))
    if isinstance(first, Instance) and isinstance(first.cls.lookup("__iter__"), FunctionValue):
        return special(run, frame, node, first, "__iter__")
    items = iterate(run, frame, node, first)
    return UNKNOWN if type(items) is Unknown else IteratorValue(items)


def _type(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    if len(positional) != 1:
        return UNKNOWN
    value = positional[0]
    if isinstance(value, Instance):
        return value.cls
    for kind, name in _TYPE_NAMES.items():
        if type(value) is kind:
            return External(f"builtins.{name}")
    return UNKNOWN


def _callable(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    value = positional[0] if positional else UNKNOWN
    if isinstance(value, FunctionValue | ClassValue | LayerValue | ModelValue | BoundMethod | Partial | RecordType):
        return True
    if value is None or isinstance(value, int | float | str | tuple | ListValue | DictValue):
        return False
    return UNKNOWN


def _slice(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    parts = list(positional)
    if len(parts) == 1:
        parts = [None, parts[0]]
    return SliceValue(*parts, *[None] * (3 - len(parts))) if 2 <= len(parts) <= 3 else UNKNOWN


def _list_of(items: Sequence[Value] | Unknown) -> Value:
    return ListValue(items)


def _tuple_of(items: Sequence[Value] | Unknown) -> Value:
    return items if isinstance(items, Unknown) else tuple(items)


def _reversed_of(items: Sequence[Value] | Unknown) -> Value:
    return items if isinstance(items, Unknown) else tuple(reversed(items))


Builtin = Callable[[Run, Frame, cst.CSTNode, Sequence[Value], Mapping[str, Value]], Value]

_FUNCTIONS: Mapping[str, Builtin] = {
    "isinstance": _isinstance,
    "issubclass": _issubclass,
    "getattr": _getattr,
    "hasattr": _hasattr,
    "setattr": _setattr,
    "vars": _vars,
    "globals": _globals,
    "dict": make_dict,
    "map": _map,
    "filter": _filter,
    "enumerate": _enumerate,
    "zip": _zip,
    "list": _sequence(_list_of),
    "tuple": _sequence(_tuple_of),
    "set": _sequence(make_set),
    "frozenset": _sequence(make_set),
    "reversed": _sequence(_reversed_of),
    "sorted": _sorted_of,
    "min": _extreme(min),
    "max": _extreme(max),
    "sum": _sum,
    "all": _every(False),
    "any": _every(True),
    "iter": _iter,
    "next": _next_of,
    "type": _type,
    "callable": _callable,
    "slice": _slice,
}

_SILENT = frozenset({"print", "breakpoint", "delattr"})

_TYPE_NAMES: Mapping[type, str] = {
    int: "int", float: "float", str: "str", bool: "bool", tuple: "tuple", ListValue: "list", DictValue: "dict",
    SetValue: "set", range: "range",
}  # fmt: skip

_FOLDED: Mapping[str, Callable[..., Value]] = {
    "int": int, "float": float, "str": str, "abs": abs, "round": round, "bool": bool, "divmod": divmod, "ord": ord,
    "chr": chr, "pow": pow, "hex": hex, "oct": oct, "bin": bin, "repr": repr,
}  # fmt: skip


def fold_number(name: str, text: str) -> Value:
    """``int(text)`` or ``float(text)``."""
    return _scalar(name, [text])


def _scalar(name: str, positional: Sequence[Value]) -> Value:
    first = positional[0] if positional else UNKNOWN
    if name == "bool" and len(positional) == 1:
        answer = truth(first)
        return UNKNOWN if answer is None else answer
    if not positional or not all(isinstance(value, int | float | str) for value in positional):
        return first if name == "int" and isinstance(first, Linear) else UNKNOWN
    function = _FOLDED.get(name)
    if function is None or (name == "pow" and any(isinstance(v, int) and abs(v) > 1000 for v in positional[1:])):
        return UNKNOWN
    if any(isinstance(value, str) and len(value) > MAX_NUMBER_IN_TEXT for value in positional):
        return UNKNOWN
    try:
        result = function(*positional)
    except (TypeError, ValueError, ArithmeticError):
        return UNKNOWN
    return UNKNOWN if isinstance(result, complex) or (isinstance(result, int) and abs(result) > 1 << 64) else result
