"""Objects of other libraries that data passes through, and sequences of unknown length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from convlint.catalog.tensor import Tensor
from convlint.lazy import dataclass
from convlint.shapes.dims import Unknown


class Many(Unknown):
    """A sequence of unknown length whose entries are all as ``element`` says: a list filled by a loop over files."""

    __slots__ = ("element",)

    def __init__(self, element: object) -> None:
        self.element = element

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Many) and bool(self.element == other.element)

    def __hash__(self) -> int:
        return hash(Many)


@dataclass(frozen=True, slots=True)
class LibraryObject:
    """A scaler, a data frame, an image: what is known of it.

    Attributes:
        cls: the class under its canonical name (``sklearn.preprocessing.StandardScaler``); its
            methods stand in the catalog as functions of that name and the method's, with the
            object as first argument, its attributes under ``@attribute``.
        facts: what its class' rules remember, by their own names; a fact that is missing is not known.
    """

    cls: str
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def array(self) -> Tensor:
        """The object where an array is wanted (``np.asarray(image)``)."""
        found = self.facts.get("array")
        return found if isinstance(found, Tensor) else Tensor()

    def with_facts(self, **facts: object) -> LibraryObject:
        """The object after it changed."""
        return LibraryObject(self.cls, {**self.facts, **facts})


@dataclass(frozen=True, slots=True)
class Changed:
    """The answer of a method that changes its object (``scaler.fit(x)``, ``frame.pop("y")``)."""

    result: object
    receiver: LibraryObject
