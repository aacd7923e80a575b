"""``convlint.lazy``: a data class is the one that ``dataclasses`` makes, whatever is asked of it first."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import pkgutil

import pytest

import convlint
from convlint.lazy import dataclass


def make(decorator):
    @decorator(frozen=True)
    class Point:
        """A point."""

        x: int
        y: tuple[int, ...] = ()
        seen: list[int] = dataclasses.field(default_factory=list, compare=False)

    @decorator(frozen=True)
    class Named(Point):
        name: str = "p"

        def __repr__(self) -> str:
            return self.name

    @decorator
    class Open:
        x: int

    return Point, Named, Open


QUESTIONS = {
    "made": lambda point, named, _: (point(1).x, named(1, name="q").name),
    "printed": lambda point, named, _: (repr(point(1, (2,))).split(".")[-1], repr(named(1))),
    "compared": lambda point, named, _: (point(1) == point(1, (), [3]), point(1) == point(2), point(1) == named(1)),
    "hashed": lambda point, *_: len({point(1), point(1), point(2)}),
    "fields": lambda *classes: [[field.name for field in dataclasses.fields(one)] for one in classes],
    "positions in patterns": lambda *classes: [one.__match_args__ for one in classes],
    "replaced": lambda point, named, _: (dataclasses.replace(point(1), x=5).x, dataclasses.replace(named(1), x=5).x),
    "as a dictionary": lambda *classes: [dataclasses.asdict(one(1)) for one in classes],
    "an undecorated child": lambda point, *_: type("Child", (point,), {})(4).x,
}


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_answers(ask):
    assert ask(*make(dataclass)) == ask(*make(dataclasses.dataclass))


def test_frozen():
    point, named, free = make(dataclass)
    for one in (point(1), named(1)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            one.x = 2
        with pytest.raises(dataclasses.FrozenInstanceError):
            del one.x
    changed = free(1)
    changed.x = 2
    assert changed == free(2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(changed)


@pytest.mark.parametrize("decorator", [dataclass, dataclasses.dataclass])
def test_objects_that_were_not_made_by_the_class(decorator):
    """Unpickled objects, say: nothing called ``__init__``."""
    point, _, free = make(decorator)
    one, other = (object.__new__(point) for _ in range(2))
    for made in (one, other):
        vars(made).update(x=1, y=(), seen=[])
    assert one == other
    assert hash(one) == hash(point(1))
    unmade = object.__new__(free)
    with pytest.raises(TypeError, match="unhashable"):
        hash(unmade)
    with pytest.raises(dataclasses.FrozenInstanceError):
        other.x = 3
    assert copy.copy(one) == one


def test_nothing_is_written_before_it_is_needed():
    point, named, free = make(dataclass)
    before = [type(vars(one)["__init__"]).__name__ for one in (point, named, free)]
    named(1)
    after = [type(vars(one)["__init__"]).__name__ for one in (point, named, free)]
    assert before == ["_StandIn"] * 3
    assert after == ["function", "function", "_StandIn"], "a base is written with its child"


def test_every_class_can_be_written():
    """What is wrong with a definition is not met before somebody makes an object."""
    written = set()
    for module in pkgutil.walk_packages(convlint.__path__, "convlint."):
        if ".runtime.inside" in module.name or module.name in ("convlint.__main__", "convlint.runtime.worker"):
            continue
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, type) and one.__module__.startswith("convlint") and dataclasses.is_dataclass(one):
                written |= {one} if dataclasses.fields(one) else set()
    assert len(written) > 150
