"""Calls that are remembered: equal arguments in an equal state give an equal result.

Much of what a program calls is called again and again: with the same constants, or, where functions that nobody calls
are tried, with unknown arguments. A call is remembered where

- it sees no variables of another function, which may change at any time;
- its arguments are constants, unknown, symbols, lists of them, or objects that are older than the epoch;
- what it returns holds nothing that could be told from another copy;
- it wrote nothing that is older than itself, and made no symbol of its own.

It is remembered for the epoch (see ``journal.py``): as long as nothing is written that is older.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from types import NoneType
from typing import TYPE_CHECKING

from convlint.catalog.objects import Many
from convlint.catalog.tensor import Kind, NumpyInt, Tensor
from convlint.lazy import dataclass
from convlint.shapes.dims import Dynamic, Linear, Unknown
from convlint.static.journal import MISSING, UNBORN, Slots, now
from convlint.static.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    External,
    FunctionValue,
    Instance,
    IteratorValue,
    LayerValue,
    ListValue,
    ModelValue,
    ModuleValue,
    Namespace,
    ObjectValue,
    SetValue,
    StdlibObject,
    Value,
)

if TYPE_CHECKING:
    from convlint.static.run import Run

_CONSTANTS = frozenset(
    {int, float, bool, str, bytes, NoneType, NumpyInt, Unknown, Linear, Dynamic, External, type(Ellipsis), range}
)
_LISTS = frozenset({ListValue, SetValue, IteratorValue})
_DICTIONARIES = frozenset({DictValue, Namespace})
MAX_PARTS = 64
"""Values that the arguments of a call may hold together; comparing more costs as much as running most functions."""


class _Incomparable(Exception):
    """Holds something that nobody can tell from another one of its kind."""


@dataclass(frozen=True)
class _Answer:
    """What a call gave.

    Attributes:
        result: what it returned.
        names: how many automatic names of each kind it gave away.
        given: the arguments that are compared by identity, kept so that no other object gets theirs.
    """

    result: Value
    names: Mapping[str, int]
    given: Sequence[Value]


@dataclass(frozen=True)
class Question:
    """A call that may be remembered.

    Attributes:
        key: equal for calls that give the same.
        given: the arguments that are compared by identity.
    """

    key: Hashable
    given: Sequence[Value]


class Recall:
    """What the calls of one analysis gave."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, _Answer] = {}
        self._epoch = 0.0

    def ask(
        self,
        run: Run,
        function: FunctionValue,
        positional: Sequence[Value],
        keywords: Mapping[str, Value],
        open_ended: bool,
        receiver: Value,
    ) -> Question | None:
        """The question for a call; None where its answer can't be remembered."""
        if (
            run.trials
            or run.scales is not None
            or run.called_operations is not None
            or function.manages_context
            or not function.scope.is_global
        ):
            return None
        given: list[Value] = [function]
        key = _Key(run.journal.epoch.began, given)
        try:
            arguments = (
                tuple([key.of(value) for value in positional]),
                tuple([(name, key.of(value)) for name, value in keywords.items()]) if keywords else (),
                key.of(receiver),
            )
        except _Incomparable:
            return None
        guarded = run.imports_guarded > 0
        around = (run.muted > 0, run.inside_call, run.exercising, run.inside_loss, run.replaying, guarded)
        return Question((id(function), arguments, open_ended, around), given)

    def answer(self, run: Run, question: Question) -> Value:
        """What the same call gave before, ``MISSING`` where there was none."""
        epoch = run.journal.epoch.began
        if epoch != self._epoch:
            self._epoch = epoch
            self._answers.clear()
        known = self._answers.get(question.key)
        if known is None:
            return MISSING
        for stem, more in known.names.items():
            count = run.names.get(stem, 0)
            run.journal.set(run.names, stem, count + more if isinstance(count, int) else count)
        return _Copy(epoch, 0, known.given).of(known.result)

    def listen(self, run: Run, question: Question, perform: Callable[[], Value]) -> Value:
        """Perform a call whose answer is not known, and remember what it gives where that can be."""
        epoch = run.journal.epoch
        during, before, epoch.oldest = epoch.began, epoch.oldest, UNBORN
        began, symbols, names = now(), run.symbols, dict(run.names)
        try:
            result = perform()
            if epoch.began == during == self._epoch and epoch.oldest >= began and run.symbols == symbols:
                self._keep(question, began, result, _more(names, run.names))
        finally:
            epoch.oldest = min(epoch.oldest, before)
        return result

    def _keep(self, question: Question, began: float, result: Value, names: Mapping[str, int] | None) -> None:
        if names is not None:
            try:
                copy = _Copy(self._epoch, began, question.given).of(result)
            except _Incomparable:
                return
            self._answers[question.key] = _Answer(copy, names, question.given)


def _more(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, int] | None:
    """How many more automatic names of each kind were given away; None where that is not known."""
    more: dict[str, int] = {}
    for stem, count in after.items():
        known = before.get(stem, 0)
        if not isinstance(count, int) or not isinstance(known, int):
            return None
        if count != known:
            more[stem] = count - known
    return more


class _Key:
    """Makes of values what is equal only for values that no function can tell apart."""

    def __init__(self, since: float, given: list[Value]) -> None:
        self._since, self._given, self._left = since, given, MAX_PARTS

    def of(self, value: Value) -> Hashable:
        """Raises _Incomparable."""
        kind = type(value)
        if kind in _CONSTANTS:
            return (kind, value)
        self._left -= 1
        if self._left < 0:
            raise _Incomparable
        if kind is tuple:
            return (kind, *[self.of(part) for part in value])  # type: ignore[attr-defined]
        if kind in _LISTS:
            assert isinstance(value, ListValue)
            return (kind, self.of(value.items))
        if kind in _DICTIONARIES:
            assert isinstance(value, DictValue)
            return (kind, value.open, *[(key, self.of(part)) for key, part in value.entries.items()])
        if isinstance(value, Many):
            return (kind, self.of(value.element))
        if isinstance(value, BoundMethod):
            return (kind, self.of(value.receiver), self.of(value.function))
        slots = _slots(value)
        if isinstance(value, Tensor) or (slots is not None and slots.born < self._since):
            self._given.append(value)
            return id(value)
        raise _Incomparable


class _Copy:
    """Copies what a function returned, so that nobody changes what is remembered."""

    def __init__(self, since: float, began: float, given: Sequence[Value]) -> None:
        self._since, self._began, self._given = since, began, given

    def of(self, value: Value) -> Value:
        """Raises _Incomparable."""
        kind = type(value)
        if kind in _CONSTANTS:
            return value
        if kind is tuple:
            return tuple([self.of(part) for part in value])  # type: ignore[attr-defined]
        if isinstance(value, Many):
            return Many(self.of(value.element))
        if kind in _LISTS and isinstance(value, ListValue) and self._is_own(value.state):
            copy = self.of(value.items)
            assert isinstance(copy, tuple | range | Unknown)
            return kind(copy)
        if kind is DictValue and isinstance(value, DictValue) and self._is_own(value.entries, value.state):
            parts = {key: self.of(part) for key, part in value.entries.items()}
            return DictValue(parts, open_ended=value.open)
        if isinstance(value, Tensor):
            if value.kind in (Kind.ARRAY, Kind.EAGER) or any(value is one for one in self._given):
                return value
            raise _Incomparable
        slots = _slots(value)
        if slots is not None and slots.born < self._since:
            return value
        raise _Incomparable

    def _is_own(self, *slots: Slots) -> bool:
        """Whether the call made it."""
        return all(one.born >= self._began for one in slots)


def _slots(value: Value) -> Slots | None:
    """What tells the age of an object, if it has one."""
    if isinstance(value, Instance):
        return value.attributes if value.cls.scope.is_global else None
    if isinstance(value, LayerValue | ModelValue | StdlibObject | ObjectValue):
        return value.state
    if isinstance(value, FunctionValue | ClassValue):
        return value.scope.variables if value.scope.is_global else None
    if isinstance(value, ModuleValue):
        return value.unit.scope.variables
    return None
