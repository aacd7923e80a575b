"""What every Problem is: a frozen record with one field for each annotation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**options):
        """Means something to type checkers only."""
        return lambda cls: cls


@dataclass_transform(frozen_default=True)
class Record:
    """A frozen dataclass whose methods are written once.

    ``@dataclass`` compiles source for each class: a hundred of them cost more start-up time than reading a file.
    """

    _fields: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls) -> None:
        cls._fields = {**cls._fields, **cls.__annotations__}

    def __init__(self, *values: Any, **named: Any) -> None:
        cls = type(self)
        given = dict(zip(cls._fields, values), **named)
        if len(given) != len(values) + len(named) or not given.keys() <= cls._fields.keys():
            raise TypeError(f"{cls.__name__}({', '.join(cls._fields)}) was given {values!r} and {named!r}")
        for name in cls._fields:
            if name not in given and not hasattr(cls, name):
                raise TypeError(f"{cls.__name__} needs {name!r}")
        self.__dict__.update({name: given[name] if name in given else getattr(cls, name) for name in cls._fields})

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be set")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"


class Problem(Record):
    """Base of all faults. ``operation`` is the layer or function as the user calls it."""

    operation: str

    @classmethod
    def fields(cls) -> Mapping[str, str]:
        """Names that a message template may use, each with its annotation as written."""
        return cls._fields
