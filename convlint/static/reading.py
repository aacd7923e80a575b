"""What an editor shows of a program: what every expression is, the shape behind every layer, the models of a file.

Plain data, which :mod:`convlint.static.reader` makes.
"""

from __future__ import annotations

from typing import Literal, Union

from convlint.findings import Evidence, Location
from convlint.lazy import dataclass
from convlint.shapes.dims import Unknown
from convlint.shapes.shape import AnyShape
from convlint.summary import LayerRow

MAX_STEPS = 8
"""Steps of a path that are shown."""


@dataclass(frozen=True)
class KnownTensor:
    """A tensor of the program.

    Attributes:
        location: of the target of its assignment; of the expression where it got no name.
        text: the code that stands there.
        shape: what is known of it, whatever the path and the turn of the loop.
        dtype: likewise.
        layout: likewise.
        shapes: in a loop the shapes one after the other, if it was several.
    """

    location: Location
    text: str
    shape: AnyShape
    dtype: Union[str, Unknown]
    layout: str | None
    shapes: tuple[AnyShape, ...] = ()


@dataclass(frozen=True)
class TensorFact:
    """A tensor: its shape as Keras prints it; dtype and layout are empty where they are not known.

    ``kind`` is that of :class:`convlint.catalog.tensor.Kind`, ``step`` where in ``Reading.steps`` it came about.
    """

    shape: str
    dtype: str = ""
    layout: str = ""
    kind: str = ""
    step: int | None = None


@dataclass(frozen=True)
class Step:
    """Where a tensor came about, and the steps of those that it was made from."""

    evidence: Evidence
    parents: tuple[int, ...] = ()


@dataclass(frozen=True)
class LayerFact:
    """A layer or model: its row in the layer table, and how many layers a model has."""

    row: LayerRow
    layers: int | None = None


@dataclass(frozen=True)
class SizeFact:
    """A whole number or a tuple of them."""

    text: str


Fact = Union[TensorFact, LayerFact, SizeFact]


@dataclass(frozen=True)
class Expression:
    """An expression and what it was, one fact for each other value; ``cut`` where there were more."""

    location: Location
    text: str
    facts: tuple[Fact, ...]
    cut: bool = False


@dataclass(frozen=True)
class Hint:
    """A shape to be shown behind a layer; lines and columns are 1-based."""

    line: int
    column: int
    label: str
    detail: str = ""


@dataclass(frozen=True)
class Symbol:
    """A builder, a model or a layer, with what it holds."""

    name: str
    detail: str
    kind: Literal["function", "class", "model", "layer"]
    location: Location
    selection: Location
    children: tuple[Symbol, ...] = ()


@dataclass(frozen=True)
class Reading:
    """All of it, in the order of the source."""

    expressions: tuple[Expression, ...] = ()
    hints: tuple[Hint, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    steps: tuple[Step, ...] = ()
    tensors: tuple[KnownTensor, ...] = ()

    def path(self, fact: TensorFact) -> tuple[Evidence, ...]:
        """The last steps by which a shape came about, in the order in which they happened."""
        queue = [] if fact.step is None else [fact.step]
        found: dict[int, Evidence] = {}
        while queue and len(found) < MAX_STEPS:
            index = queue.pop(0)
            if index not in found:
                found[index] = self.steps[index].evidence
                queue.extend(self.steps[index].parents)
        return tuple(dict.fromkeys(reversed(found.values())))

    def at(self, line: int, column: int) -> Expression | None:
        """The smallest expression that holds a place."""
        place = (line, column)
        found = [
            one
            for one in self.expressions
            if (one.location.line, one.location.column) <= place <= (one.location.end_line, one.location.end_column)
        ]
        # Two expressions may touch; the one that begins at the place is meant.
        return min(
            found,
            key=lambda one: (
                one.location.end_line - one.location.line,
                one.location.end_column - one.location.column if one.location.line == one.location.end_line else 0,
                -one.location.column,
            ),
            default=None,
        )
