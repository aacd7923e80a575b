"""The abstract tensor."""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from typing import Union

from convlint.lazy import dataclass
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
class Classes:
    """The tensor holds proved class numbers: integers from ``low`` to ``high``, both included and both present.

    Attributes:
        low: the smallest.
        high: the largest.
        even: every class between them occurs, and about equally often.
        mixed: besides, they stand in no order, so that any large part holds them all too.
    """

    low: int
    high: int
    even: bool = False
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class Ragged:
    """An array of objects whose entries are lists of whole numbers, of different lengths; ``words`` are the numbers."""

    words: Classes | None = None


@dataclass(frozen=True, slots=True)
class OneHot:
    """The last axis of the tensor holds one 1 among zeros: ``to_categorical``, ``np.eye(k)[y]``, ``one_hot``."""


@dataclass(frozen=True, slots=True)
class Activated:
    """The tensor is what an activation function made: ``softmax``, ``sigmoid``, ``linear`` …

    ``linear`` is claimed only where the last layer is known to apply nothing; empty is an output that was rounded,
    compared with a number or otherwise changed since.
    """

    activation: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """The array has one axis and holds exactly these: ``np.linspace(0, 0.2, 18)``, ``np.arange(4)``."""

    values: tuple[int | float, ...]


class NumpyInt(int):
    """A whole number of one of NumPy's types, such as ``np.prod(shape)``: the layers of Keras 3 want an ``int``."""

    def __add__(self, other: int) -> int:
        return _as_numpy(int.__add__(self, other))

    def __sub__(self, other: int) -> int:
        return _as_numpy(int.__sub__(self, other))

    def __mul__(self, other: int) -> int:
        return _as_numpy(int.__mul__(self, other))

    def __floordiv__(self, other: int) -> int:
        return _as_numpy(int.__floordiv__(self, other))

    def __mod__(self, other: int) -> int:
        return _as_numpy(int.__mod__(self, other))

    __radd__, __rmul__ = __add__, __mul__


def _as_numpy(result: int) -> int:
    return NumpyInt(result) if isinstance(result, int) else result


Content = Union[Classes, Ragged, OneHot, Activated, Numbers]


@dataclass(frozen=True, slots=True)
class Tensor:
    """What is known of a tensor.

    ``layout`` says which axis holds the channels (``channels_last``, ``channels_first``)
    where a spatial layer decided it. ``content`` is what is proved of the values, and None
    after every operation that does not say it keeps them. ``origin`` belongs to the front end that follows the
    tensor; the catalog never looks at it, and results leave the catalog without one.
    """

    shape: AnyShape = UNKNOWN
    dtype: Union[str, Unknown] = UNKNOWN
    kind: Kind = Kind.UNKNOWN
    layout: str | None = None
    content: Content | None = None
    origin: object | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return show_shape(self.shape)

    def made_at(self, origin: object | None) -> Tensor:
        """The same tensor with another origin; of all that changes in tensors this does most often."""
        return Tensor(self.shape, self.dtype, self.kind, self.layout, self.content, origin)

    @property
    def rank(self) -> int | None:
        """Number of axes, ``None`` when unknown."""
        return None if isinstance(self.shape, Unknown) else len(self.shape)

    @property
    def is_symbolic(self) -> bool:
        """Whether the tensor has no values when its line runs."""
        return self.kind in (Kind.SYMBOLIC, Kind.TRACED)
