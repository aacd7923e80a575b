"""Patterns of ``match`` statements."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from convlint.shapes.dims import UNKNOWN, Unknown
from convlint.static import attributes, builtins, expressions, statements
from convlint.static.run import Frame, Run
from convlint.static.values import (
    ClassValue,
    DictValue,
    Instance,
    ListValue,
    NamedTuple,
    SetValue,
    Value,
    items_of,
)


def fits(run: Run, frame: Frame, pattern: cst.MatchPattern, value: Value) -> bool | None:
    """Whether the value fits, None where that is not known; names of the pattern are bound unless it does not."""
    if isinstance(pattern, cst.MatchValue | cst.MatchSingleton):
        return expressions.equal(value, expressions.evaluate(run, pattern.value, frame))
    if isinstance(pattern, cst.MatchAs):
        answer = True if pattern.pattern is None else fits(run, frame, pattern.pattern, value)
        if pattern.name is not None and answer is not False:
            statements.bind_target(run, frame, pattern.name, value)
        return answer
    if isinstance(pattern, cst.MatchOr):
        return _one_of(run, frame, [element.pattern for element in pattern.patterns], value)
    if isinstance(pattern, cst.MatchList | cst.MatchTuple):
        return _sequence(run, frame, pattern.patterns, value)
    if isinstance(pattern, cst.MatchMapping):
        return _mapping(run, frame, pattern, value)
    if isinstance(pattern, cst.MatchClass):
        return _class(run, frame, pattern, value)
    return None


def _one_of(run: Run, frame: Frame, choices: Sequence[cst.MatchPattern], value: Value) -> bool | None:
    unsure = False
    for choice in choices:
        answer = fits(run, frame, choice, value)
        if answer is True and not unsure:
            return True
        unsure = unsure or answer is not False
    return None if unsure else False


def _every(answers: Sequence[bool | None]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


def _sequence(
    run: Run, frame: Frame, elements: Sequence[cst.MatchSequenceElement | cst.MatchStar], value: Value
) -> bool | None:
    if isinstance(value, str | int | float | DictValue | SetValue) or value is None:
        return False
    items = items_of(value) if isinstance(value, tuple | ListValue | range) else UNKNOWN
    starred = next((i for i, element in enumerate(elements) if isinstance(element, cst.MatchStar)), None)
    if isinstance(items, Unknown):
        for element in elements:
            _bind_unknown(run, frame, element)
        return None
    if len(items) < len(elements) - 1 or (starred is None and len(items) != len(elements)):
        return False
    behind = 0 if starred is None else len(elements) - starred - 1
    answers: list[bool | None] = []
    for index, element in enumerate(elements):
        if isinstance(element, cst.MatchStar):
            if element.name is not None:
                middle = ListValue(tuple(items[index : len(items) - behind]))
                statements.bind_target(run, frame, element.name, middle)
            continue
        place = index if starred is None or index < starred else len(items) - (len(elements) - index)
        answers.append(fits(run, frame, element.value, items[place]))
        if answers[-1] is False:
            return False
    return _every(answers)


def _bind_unknown(run: Run, frame: Frame, element: cst.MatchSequenceElement | cst.MatchStar) -> None:
    if isinstance(element, cst.MatchStar):
        if element.name is not None:
            statements.bind_target(run, frame, element.name, ListValue(UNKNOWN))
    else:
        fits(run, frame, element.value, UNKNOWN)


def _mapping(run: Run, frame: Frame, pattern: cst.MatchMapping, value: Value) -> bool | None:
    known = isinstance(value, DictValue)
    if not known and isinstance(value, str | int | float | tuple | ListValue | None):
        return False
    answers: list[bool | None] = [] if known else [None]
    taken: list[Value] = []
    for element in pattern.elements:
        key = expressions.evaluate(run, element.key, frame)
        taken.append(key)
        item: Value = UNKNOWN
        if isinstance(value, DictValue) and expressions.is_key(key):
            if key not in value.entries and not value.open:
                return False
            item = value.entries.get(key, UNKNOWN)
            answers.append(True if key in value.entries else None)
        answers.append(fits(run, frame, element.pattern, item))
    if pattern.rest is not None:
        rest = DictValue(open_ended=True)
        if isinstance(value, DictValue):
            rest = DictValue({k: v for k, v in value.entries.items() if k not in taken}, open_ended=value.open)
        statements.bind_target(run, frame, pattern.rest, rest)
    return _every(answers)


_TAKES_ITSELF = frozenset({"int", "float", "str", "bool", "bytes", "list", "tuple", "dict", "set", "frozenset"})
"""Types whose pattern ``int(n)`` binds the value itself."""


def _class(run: Run, frame: Frame, pattern: cst.MatchClass, value: Value) -> bool | None:
    cls = expressions.evaluate(run, pattern.cls, frame)
    answers = [builtins.is_instance(value, cls)]
    if answers[0] is False:
        return False
    names = _positions(cls)
    for index, element in enumerate(pattern.patterns):
        itself = isinstance(pattern.cls, cst.Name) and pattern.cls.value in _TAKES_ITSELF
        inner = value if itself else _part(run, frame, pattern, value, names[index]) if index < len(names) else UNKNOWN
        answers.append(fits(run, frame, element.value, inner))
    for keyword in pattern.kwds:
        inner = _part(run, frame, pattern, value, keyword.key.value)
        answers.append(fits(run, frame, keyword.pattern, inner))
    return _every(answers)


def _positions(cls: Value) -> tuple[str, ...]:
    """``__match_args__`` of a class."""
    if not isinstance(cls, ClassValue):
        return ()
    given = cls.lookup("__match_args__")
    if isinstance(given, tuple):
        return tuple(name for name in given if isinstance(name, str))
    return cls.dataclass_fields or ()


def _part(run: Run, frame: Frame, pattern: cst.MatchClass, value: Value, name: str) -> Value:
    known = isinstance(value, Instance | NamedTuple)
    return attributes.read(run, frame, pattern, value, name) if known else UNKNOWN
