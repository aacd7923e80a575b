"""What takes time to make is made when it is first needed: here, the methods of data classes."""

from __future__ import annotations

import dataclasses
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, **options):
        """:func:`dataclasses.dataclass` that writes the methods of a class when one of them is first looked up.

        They are six texts to compile, half a millisecond for each class, and a run makes objects of every third class
        that it imports. Options that need another class (``slots``) or more methods (``order``) are met at once.
        """
        if cls is None:
            return lambda cls: dataclass(cls, **options)
        if options.keys() - {"frozen", "eq", "repr"} or vars(cls).keys() & {"__init__", "__eq__", "__hash__"}:
            return dataclasses.dataclass(cls, **options)
        _postpone(cls, **options)
        return cls


__all__ = ["dataclass"]

_WRITING = RLock()


class _StandIn:
    """Stands under a name of a class until that name is looked up."""

    def __init__(self, name: str, write: Callable[[], type]) -> None:
        self.name = name
        self.write = write

    def __get__(self, instance: object, owner: type) -> Any:
        written = vars(self.write())[self.name]
        return written.__get__(instance, owner) if hasattr(written, "__get__") else written


def _postpone(cls: type, *, frozen: bool = False, eq: bool = True, repr: bool = True) -> None:
    """Put stand-ins under all names that :func:`dataclasses.dataclass` would write."""
    names = ["__init__", "__dataclass_fields__", "__dataclass_params__", "__match_args__"]
    names += ["__eq__", "__hash__"] * eq + ["__setattr__", "__delattr__"] * frozen + ["__repr__"] * repr
    waiting = [name for name in names if name not in vars(cls)]

    def write() -> type:
        with _WRITING:
            while waiting:
                delattr(cls, waiting.pop())
                if not waiting:
                    dataclasses.dataclass(frozen=frozen, eq=eq, repr=repr)(cls)
        return cls

    if not cls.__doc__:
        cls.__doc__ = cls.__name__  # else the signature would be asked for, and be one
    for name in waiting:
        setattr(cls, name, _StandIn(name, write))
