"""Subscripts: ``value[index]`` for sequences, dictionaries and tensors."""

from __future__ import annotations

import libcst as cst

from convlint.catalog.dataset import Dataset
from convlint.catalog.indexing import indexed, surplus
from convlint.catalog.objects import Many
from convlint.catalog.tensor import Numbers, Tensor
from convlint.shapes.dims import UNKNOWN, Unknown, is_whole
from convlint.static import builtins, calls, datasets, expressions, library, stdlib, tensors
from convlint.static.journal import MISSING
from convlint.static.run import Frame, Run
from convlint.static.values import (
    ClassValue,
    DictValue,
    EnumMember,
    External,
    Instance,
    ItemsOrUnknown,
    ListValue,
    ObjectValue,
    SliceValue,
    Value,
    forget,
    items_of,
    join,
)


def get(run: Run, frame: Frame, node: cst.CSTNode, base: Value, index: Value) -> Value:
    """The value of ``base[index]``."""
    if isinstance(base, Tensor):
        if isinstance(base.content, Numbers) and isinstance(index, int):
            return _pick(base.content.values, index)
        wanted = library.to_catalog(index)
        if surplus(base.shape, wanted):
            tensors.state_indices(run, frame, node, base, wanted)
        return indexed(base, wanted)
    if isinstance(base, ObjectValue | Dataset):
        return datasets.get_item(run, frame, node, base, index)
    if isinstance(base, Many):
        return base if isinstance(index, SliceValue) else _one_of(base, index)
    if isinstance(base, DictValue):
        return _look_up(run, frame, node, base, index)
    if isinstance(base, Instance):
        return builtins.special(run, frame, node, base, "__getitem__", index)
    if isinstance(base, ClassValue) and isinstance(base.lookup(str(index)), EnumMember):
        return base.lookup(str(index))
    if isinstance(base, ListValue):
        if isinstance(base.items, Many):
            return ListValue(base.items) if isinstance(index, SliceValue) else _one_of(base.items, index)
        picked = UNKNOWN if isinstance(base.items, Unknown) else _pick(base.items, index)
        if isinstance(picked, tuple):
            run.pay_for_copy(picked)
        return ListValue(picked) if isinstance(picked, tuple) and isinstance(index, SliceValue) else picked
    if isinstance(base, tuple | str | range):
        return _pick(base, index)
    if isinstance(base, ClassValue | External):
        # Subscripted classes are type annotations: list[int], Optional[str].
        return base
    return UNKNOWN


def _one_of(items: Many, index: Value) -> Value:
    """One entry of a list of unknown length; what else may stand in the brackets is not known."""
    return items.element if is_whole(index) else UNKNOWN


def _look_up(run: Run, frame: Frame, node: cst.CSTNode, base: DictValue, index: Value) -> Value:
    if not expressions.is_key(index):
        return UNKNOWN
    if index not in base.entries and "factory" in base.state and not base.open:
        made = calls.call(run, frame, node, base.state["factory"], [], {})
        run.journal.set(base.entries, index, made)
        return made
    return base.entries.get(index, UNKNOWN)


def _pick(items: tuple[Value, ...] | str | range, index: Value) -> Value:
    if isinstance(index, bool | int):
        return items[index] if -len(items) <= index < len(items) else UNKNOWN
    if isinstance(index, SliceValue):
        chosen = python_slice(index)
        return UNKNOWN if chosen is None else items[chosen]
    return UNKNOWN


def set_item(run: Run, frame: Frame, node: cst.CSTNode, base: Value, index: Value, value: Value) -> None:
    """``base[index] = value``."""
    if isinstance(base, Tensor):
        library.state_item_assignment(run, frame, node, base)
        run.forget_content(frame, base)
    elif base == External("os.environ"):
        stdlib.set_environment(run, index, value)
    elif isinstance(base, ObjectValue):
        datasets.set_item(run, frame, node, base, index, value)
    elif isinstance(base, Instance):
        builtins.special(run, frame, node, base, "__setitem__", index, value)
    elif isinstance(base, DictValue):
        if expressions.is_key(index):
            run.journal.set(base.entries, index, value)
        else:
            forget_item(run, base)
    elif isinstance(base, ListValue):
        items = base.items
        if isinstance(items, Many):
            run.journal.set(base.state, "items", join(items, (value,)))
            return
        if isinstance(items, Unknown):
            return
        if isinstance(index, int) and -len(items) <= index < len(items):
            changed = list(items)
            changed[index] = value
            run.journal.set(base.state, "items", tuple(changed))
        elif isinstance(index, SliceValue):
            _replace_slice(run, base, index, items_of(value))
        else:
            run.journal.set(base.state, "items", UNKNOWN)


def _replace_slice(run: Run, base: ListValue, index: SliceValue, values: ItemsOrUnknown) -> None:
    """``base[lower:upper] = values``; ``del base[lower:upper]`` puts nothing there."""
    chosen = python_slice(index)
    if chosen is None or isinstance(values, Unknown) or isinstance(base.items, Unknown):
        run.journal.set(base.state, "items", UNKNOWN)
        return
    changed = list(base.items)
    try:
        changed[chosen] = values
    except ValueError:
        run.journal.set(base.state, "items", UNKNOWN)
        return
    run.journal.set(base.state, "items", tuple(changed))


def delete_item(run: Run, base: Value, index: Value) -> None:
    """``del base[index]``."""
    if isinstance(base, DictValue) and expressions.is_key(index) and index in base.entries:
        run.journal.set(base.entries, index, MISSING)
    elif isinstance(base, ListValue) and isinstance(index, SliceValue):
        _replace_slice(run, base, index, ())
    elif isinstance(base, ListValue) and isinstance(index, int) and not isinstance(base.items, Unknown):
        builtins.remove_at(run, base, index)
    else:
        forget_item(run, base)


def forget_item(run: Run, base: Value) -> None:
    """Something of the container changed, and it is not known what."""
    if isinstance(base, ListValue | DictValue):
        forget(run.journal, base)


def python_slice(part: SliceValue) -> slice | None:
    """The slice where all its parts are known and its step is not 0."""
    parts = [value for value in (part.lower, part.upper, part.step) if value is None or isinstance(value, int)]
    return slice(*parts) if len(parts) == 3 and part.step != 0 else None
