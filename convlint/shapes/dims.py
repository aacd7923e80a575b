"""One size along one axis, and what can be proved about it.

A dim is an ``int``, :data:`DYNAMIC` (Keras itself does not know it while building),
a :class:`Linear` (unknown to convlint, but the same size wherever it appears) or
:data:`UNKNOWN` (nothing is known; it never proves anything).
"""

from __future__ import annotations

from typing import Union

from convlint.lazy import dataclass


class Dynamic:
    """Type of :data:`DYNAMIC`; printed ``None``, as Keras prints it.

    All dynamic sizes compare equal. A front end may derive a class that remembers where
    the size was read, so test with ``isinstance``, never with ``is``.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "None"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dynamic)

    def __hash__(self) -> int:
        return hash(Dynamic)


class Unknown:
    """Type of :data:`UNKNOWN`; printed ``?``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "?"


DYNAMIC = Dynamic()
UNKNOWN = Unknown()
TOO_LARGE = 1 << 256
"""Products beyond it are no sizes: a program that squares a number in a loop would fill the memory."""


@dataclass(frozen=True, slots=True)
class Quotient:
    """``numerator // divisor`` where the division does not come out even for every value."""

    numerator: Linear
    divisor: int

    def __str__(self) -> str:
        inner = str(self.numerator)
        return f"({inner})//{self.divisor}" if not inner.isidentifier() else f"{inner}//{self.divisor}"


@dataclass(frozen=True, slots=True)
class Product:
    """Product of two sizes that are both unknown; ``left`` sorts before ``right``."""

    left: Linear
    right: Linear

    def __str__(self) -> str:
        return "*".join(f"({side})" if side.offset else str(side) for side in (self.left, self.right))


class Given(str):
    """What a caller gives for a parameter: a number, but a tuple or an array would do in many places too."""

    __slots__ = ()


Atom = Union[str, Quotient, Product]


@dataclass(frozen=True, slots=True)
class Linear:
    """An unknown size in normal form: ``offset + sum(factor * atom)``.

    ``factors`` is sorted by the atoms' text and holds no zero, so two sizes are equal
    exactly when they are equal for every value of the names: ``n + n == 2 * n`` and
    ``n != n + 1`` need no solver.
    """

    offset: int
    factors: tuple[tuple[Atom, int], ...]

    def __str__(self) -> str:
        terms = [_term(atom, factor) for atom, factor in self.factors]
        if self.offset:
            terms.append(str(self.offset))
        return " + ".join(terms).replace("+ -", "- ")

    __repr__ = __str__


Dim = Union[int, Linear, Dynamic, Unknown]


def _term(atom: Atom, factor: int) -> str:
    if factor == 1:
        return str(atom)
    return f"-{atom}" if factor == -1 else f"{factor}*{atom}"


def symbol(name: str) -> Linear:
    """A size that convlint does not know but can tell from others by its name."""
    return Linear(0, ((name, 1),))


def is_whole(value: object) -> bool:
    """Whether this is surely a number, and no tuple, slice or array that a caller gives."""
    if isinstance(value, Linear):
        return not any(_may_be_given(atom) for atom, _ in value.factors)
    return isinstance(value, int) and not isinstance(value, bool)


def _may_be_given(atom: Atom) -> bool:
    if isinstance(atom, Quotient):
        return not is_whole(atom.numerator)
    if isinstance(atom, Product):
        return not (is_whole(atom.left) and is_whole(atom.right))
    return isinstance(atom, Given)


def _linear(offset: int, factors: dict[Atom, int]) -> int | Linear:
    kept = {atom: factor for atom, factor in factors.items() if factor}
    if not kept:
        return offset
    return Linear(offset, tuple(sorted(kept.items(), key=lambda item: str(item[0]))))


def _weakest(a: Dim, b: Dim) -> Dynamic | Unknown | None:
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return UNKNOWN
    if isinstance(a, Dynamic) or isinstance(b, Dynamic):
        return DYNAMIC
    return None


def add(a: Dim, b: Dim) -> Dim:
    """``a + b``; the weaker kind of knowledge wins."""
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    weak = _weakest(a, b)
    if weak is not None:
        return weak
    offset, factors = 0, {}  # type: ignore[var-annotated]
    for side in (a, b):
        if isinstance(side, int):
            offset += side
        elif isinstance(side, Linear):
            offset += side.offset
            for atom, factor in side.factors:
                factors[atom] = factors.get(atom, 0) + factor
    return _linear(offset, factors)


def scale(a: Dim, factor: int) -> Dim:
    """``a * factor`` for a known factor; zero times anything known is zero."""
    if isinstance(a, int):
        size = a * factor
        return size if abs(size) < TOO_LARGE else UNKNOWN
    if isinstance(a, Linear):
        return _linear(a.offset * factor, {atom: f * factor for atom, f in a.factors})
    return a


def subtract(a: Dim, b: Dim) -> Dim:
    """``a - b``."""
    return add(a, scale(b, -1))


def multiply(a: Dim, b: Dim) -> Dim:
    """``a * b``; the product of two unknown sizes is an atom of its own."""
    weak = _weakest(a, b)
    if weak is not None:
        return weak
    if isinstance(a, int):
        return scale(b, a)
    if isinstance(b, int):
        return scale(a, b)
    assert isinstance(a, Linear)
    assert isinstance(b, Linear)
    left, right = sorted((a, b), key=str)
    return Linear(0, ((Product(left, right), 1),))


def floor_divide(a: Dim, divisor: Dim) -> Dim:
    """``a // divisor``; even divisions stay linear, the others become a :class:`Quotient`."""
    weak = _weakest(a, divisor)
    if weak is not None:
        return weak
    if not isinstance(divisor, int):
        return 1 if a == divisor else UNKNOWN
    if divisor == 0:
        return UNKNOWN
    if isinstance(a, int):
        return a // divisor
    assert isinstance(a, Linear)
    if divisor < 0:
        return UNKNOWN
    if all(factor % divisor == 0 for _, factor in a.factors):
        return _linear(a.offset // divisor, {atom: f // divisor for atom, f in a.factors})
    return Linear(0, ((Quotient(a, divisor), 1),))


def ceil_divide(a: Dim, divisor: Dim) -> Dim:
    """Smallest whole number not below ``a / divisor``."""
    if isinstance(divisor, int) and divisor > 0:
        return floor_divide(add(a, divisor - 1), divisor)
    return floor_divide(a, divisor)


def product(dims: tuple[Dim, ...]) -> Dim:
    """Product of sizes; 1 for none."""
    total: Dim = 1
    for dim in dims:
        total = multiply(total, dim)
    return total


def proved_equal(a: Dim, b: Dim) -> bool:
    """Whether the sizes are the same in every run; two dynamic sizes are not proved equal."""
    return not isinstance(a, Dynamic | Unknown) and a == b


def proved_different(a: Dim, b: Dim) -> bool:
    """Whether the sizes differ in every run."""
    difference = subtract(a, b)
    return isinstance(difference, int) and difference != 0


def join(a: Dim, b: Dim) -> Dim:
    """What is known about a size that is ``a`` on one path and ``b`` on another."""
    return a if type(a) is type(b) and a == b else UNKNOWN


def show(dim: Dim) -> str:
    """The size as users write it: ``32``, ``None``, ``2*n + 1``, ``?``."""
    return repr(dim)
