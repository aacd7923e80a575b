"""The abstract tensor."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Union

from convlint.shapes.dims import UNKNOWN, Unknown
from convlint.shapes.shape import AnyShape, show_shape


class Kind(Enum):
    """How a tensor exists when its line runs."""

    SYMBOLIC = "symbolic"
    """A ``KerasTensor``: outside any layer, while a functional model is put together."""
    TRACED = "traced"
    """A graph tensor: inside ``Layer.call`` or a ``Lambda`` while Keras traces it."""
    EAGER = "eager"
    """A TensorFlow tensor or variable with values."""
    ARRAY = "array"
    """A NumPy array."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Tensor:
    """What is known of a tensor.

    ``layout`` says which axis holds the channels (``channels_last``, ``channels_first``)
    where a spatial layer decided it. ``origin`` belongs to the front end that follows the
    tensor; the catalog never looks at it, and results leave the catalog without one.
    """

    shape: AnyShape = UNKNOWN
    dtype: Union[str, Unknown] = UNKNOWN
    kind: Kind = Kind.UNKNOWN
    layout: str | None = None
    origin: object | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return show_shape(self.shape)

    @property
    def rank(self) -> int | None:
        """Number of axes, ``None`` when unknown."""
        return None if isinstance(self.shape, Unknown) else len(self.shape)

    @property
    def is_symbolic(self) -> bool:
        """Whether the tensor has no values when its line runs."""
        return self.kind in (Kind.SYMBOLIC, Kind.TRACED)
