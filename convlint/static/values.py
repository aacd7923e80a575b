"""Abstract values: what an expression of the analysed program may be.

Python's own constants, tuples and ranges stand for themselves; ``Linear``, ``DYNAMIC`` and
``UNKNOWN`` are numbers that are not known; tensors are ``catalog.tensor.Tensor``. This
module adds what can be changed, called or looked into. Everything mutable keeps its state
in dictionaries that only the journal writes. What leads to syntax or to other values has no
``repr`` of its own: it would spell out the whole program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Union

import libcst as cst

from convlint.catalog.dataset import Dataset
from convlint.catalog.layer import Built, Layer
from convlint.catalog.losses import Loss
from convlint.catalog.names import canonical
from convlint.catalog.objects import LibraryObject, Many
from convlint.catalog.tensor import Kind, NumpyInt, Tensor
from convlint.lazy import dataclass
from convlint.shapes.dims import UNKNOWN, Dynamic, Linear, Unknown
from convlint.shapes.shape import join_shapes
from convlint.static.journal import MISSING, UNBORN, Journal, Slots

if TYPE_CHECKING:
    from convlint.static.source import SourceFile

Value = object
ItemsOrUnknown = Union[Sequence[Value], Unknown]


@dataclass(frozen=True, eq=False, repr=False)
class Origin:
    """Where a tensor was made: the expression, the name it got, and what it was made from."""

    source: SourceFile
    node: cst.CSTNode
    label: str
    parents: tuple[Tensor, ...] = ()
    maker: LayerValue | None = None
    """The layer that returned the tensor."""
    call: GraphNode | None = None
    """The node of the model graph that the tensor comes out of, and its place among the outputs."""
    index: int = 0

    def under(self, label: str) -> Origin:
        """The same place under another name."""
        return Origin(self.source, self.node, label, self.parents, self.maker, self.call, self.index)

    def out_of(self, call: GraphNode | None, index: int) -> Origin:
        """The same place as an output of a call."""
        return Origin(self.source, self.node, self.label, self.parents, self.maker, call, index)


class ReadDynamic(Dynamic):
    """``None`` that the program read out of a tensor's ``.shape``."""

    __slots__ = ("axis", "tensor")

    def __init__(self, tensor: Tensor, axis: int) -> None:
        self.tensor = tensor
        self.axis = axis


@dataclass(eq=False, repr=False)
class Deferred:
    """What a module of the project imports from another one; loaded when somebody asks for the name."""

    load: Callable[[], Value]
    value: Value = MISSING
    loading: bool = False


def resolved(value: Value) -> Value:
    """The value itself, loaded where its import was put off; ``MISSING`` while it is being loaded."""
    if not isinstance(value, Deferred):
        return value
    if value.value is MISSING and not value.loading:
        value.loading = True
        try:
            value.value = value.load()
        finally:
            value.loading = False
    return value.value


MANY_NAMES = 1_000
"""Names of one scope from which on looking through them takes longer than a fault."""


@dataclass(eq=False, repr=False)
class Scope:
    """Names and what they are bound to."""

    variables: Slots = field(default_factory=Slots)
    parent: Scope | None = None
    is_class: bool = False
    global_names: frozenset[str] = frozenset()
    nonlocal_names: frozenset[str] = frozenset()
    _known: tuple[int, dict[str, str]] = field(default=(0, {}))

    def external_names(self) -> dict[str, str]:
        """Names in here that stand for something of a library, by their full names.

        Asked at every fault. Where there are thousands of names and faults, answers of a moment ago will do: repairs
        are what needs them, and those are proved.
        """
        size, names = self._known
        if not MANY_NAMES <= size <= len(self.variables) <= size + size // 64:
            names = {name: value.name for name, value in self.variables.items() if isinstance(value, External)}
            self._known = len(self.variables), names
        return names

    @classmethod
    def local(cls, parent: Scope) -> Scope:
        """Variables of a function or comprehension, which nobody sees but the functions inside it."""
        scope = cls(parent=parent)
        scope.variables.born = UNBORN
        return scope

    @property
    def is_global(self) -> bool:
        """Whether no variable of a function is visible here."""
        scope: Scope | None = self
        while scope is not None:
            if scope.variables.born == UNBORN:
                return False
            scope = scope.parent
        return True

    def module_scope(self) -> Scope:
        """The outermost scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def find(self, name: str) -> Value:
        """The value a name is bound to, ``MISSING`` where it is not bound."""
        if name in self.global_names:
            return resolved(self.module_scope().variables.get(name, MISSING))
        scope: Scope | None = self
        first = True
        while scope is not None:
            if (first or not scope.is_class) and name in scope.variables:
                return resolved(scope.variables[name])
            scope, first = scope.parent, False
        return MISSING

    def owner(self, name: str) -> Scope:
        """The scope that an assignment to the name writes."""
        if name in self.global_names:
            return self.module_scope()
        if name in self.nonlocal_names:
            scope = self.parent
            while scope is not None and name not in scope.variables:
                scope = scope.parent
            return scope or self
        return self


@dataclass(eq=False, repr=False)
class Unit:
    """One module of the analysed project."""

    name: str
    source: SourceFile
    scope: Scope
    star_imports: list[str] = field(default_factory=list)
    functions: list[FunctionValue] = field(default_factory=list)
    classes: list[ClassValue] = field(default_factory=list)
    is_package: bool = False


class ListValue:
    """A list; its items are a tuple, or unknown."""

    __slots__ = ("state",)

    def __init__(self, items: Sequence[Value] | Unknown) -> None:
        self.state = Slots({"items": items if isinstance(items, Unknown) else tuple(items)})

    @property
    def items(self) -> tuple[Value, ...] | Unknown:
        """The items now."""
        return self.state["items"]  # type: ignore[return-value]


class DictValue:
    """A dictionary with constant keys; ``open`` once it may hold others."""

    __slots__ = ("entries", "state")

    def __init__(self, entries: Mapping[Any, Value] | None = None, *, open_ended: bool = False) -> None:
        self.entries = Slots(entries or {})
        self.state = Slots({"open": open_ended})

    @property
    def open(self) -> bool:
        """Whether there may be keys that are not known."""
        return bool(self.state["open"])


class SetValue(ListValue):
    """A set: its items stand in no order that a program may rely on."""

    __slots__ = ()


class IteratorValue(ListValue):
    """What hands out its items once: a generator, ``iter(x)``. ``items`` are those still to come."""

    __slots__ = ()

    def __init__(self, items: Sequence[Value] | Unknown) -> None:
        self.state = Slots({"items": items})


class Repeated(Sequence[Value]):
    """One value many times, without holding it many times."""

    def __init__(self, value: Value, times: int) -> None:
        self.value = value
        self.times = times

    def __len__(self) -> int:
        return self.times

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Repeated(self.value, len(range(self.times)[index]))
        if not -self.times <= index < self.times:
            raise IndexError(index)
        return self.value


class Namespace(DictValue):
    """Names with values, read as attributes: ``argparse.Namespace``, ``SimpleNamespace``, ``ConfigDict``."""

    __slots__ = ()


class NamedTuple(tuple[Value, ...]):
    """A tuple whose items have names."""

    kind: RecordType

    @classmethod
    def of(cls, kind: RecordType, items: Sequence[Value]) -> NamedTuple:
        """The tuple with these items, one for each field."""
        made = cls(items)
        made.kind = kind
        return made


@dataclass(eq=False, repr=False)
class RecordType:
    """``namedtuple("Name", fields)``, or a class that derives from ``NamedTuple``."""

    name: str
    fields: tuple[str, ...]
    defaults: Mapping[str, Value]
    cls: ClassValue | None = None


@dataclass(frozen=True, repr=False)
class EnumMember:
    """A member of an enumeration of the program."""

    cls: ClassValue
    name: str
    value: Value = field(compare=False)


@dataclass(frozen=True, eq=False, repr=False)
class Field:
    """``dataclasses.field(default=…, default_factory=…)``; ``MISSING`` where not given."""

    default: Value = MISSING
    factory: Value = MISSING
    init: bool = True


@dataclass(eq=False, repr=False)
class StdlibObject:
    """An object of Python's own library that the analysis follows: a parser of arguments, a flag …"""

    kind: str
    state: Slots = field(default_factory=Slots)


@dataclass(frozen=True)
class SliceValue:
    """``lower:upper:step`` in a subscript."""

    lower: Value
    upper: Value
    step: Value


@dataclass(frozen=True)
class External:
    """A name of a library, as the program spells it: ``tensorflow.keras.layers.Conv2D``."""

    name: str

    @property
    def canonical(self) -> str:
        """The catalog's name for it."""
        return canonical(self.name)


@dataclass(eq=False, repr=False)
class FunctionValue:
    """A function or lambda with its closure."""

    name: str
    node: cst.FunctionDef | cst.Lambda
    scope: Scope
    unit: Unit
    defaults: dict[str, Value]
    owner: ClassValue | None = None
    binding: str = "method"
    """How an attribute access binds it: ``method``, ``static``, ``class`` or ``property``."""
    manages_context: bool = False
    """Whether it is a generator under ``contextlib.contextmanager``."""


@dataclass(eq=False, repr=False)
class ClassValue:
    """A class of the program."""

    name: str
    node: cst.ClassDef
    bases: tuple[Value, ...]
    scope: Scope
    unit: Unit
    dataclass_fields: tuple[str, ...] | None = None
    """Fields in the order of the constructor, those of the bases first; None for other classes."""
    _order: tuple[ClassValue | External, ...] | None = None

    def mro(self) -> tuple[ClassValue | External, ...]:
        """This class and its bases in the order in which Python looks names up (C3).

        Bases that are not known are left out; where Python would find no order, bases stand depth first.
        """
        if self._order is None:
            self._order = (self,)  # a class can't be its own base; whoever tries meets an end here
            self._order = (self, *_merged([b for b in self.bases if isinstance(b, ClassValue | External)]))
        return self._order

    def lookup(self, name: str) -> Value:
        """A class attribute; ``MISSING`` where none of the program's classes has it."""
        for cls in self.mro():
            if isinstance(cls, ClassValue) and name in cls.scope.variables:
                return cls.scope.variables[name]
        return MISSING

    def external_bases(self) -> tuple[str, ...]:
        """Canonical names of the library classes it derives from."""
        return tuple(base.canonical for base in self.mro() if isinstance(base, External))

    def has_unknown_base(self) -> bool:
        """Whether some base could not be resolved."""
        return any(
            not isinstance(base, ClassValue | External)
            for cls in self.mro()
            if isinstance(cls, ClassValue)
            for base in cls.bases
        )

    def has_known_methods(self) -> bool:
        """Whether every method is the program's or Keras' own: a base of another library may override any of them."""
        return not self.has_unknown_base() and all(base.startswith(_WITHOUT_METHODS) for base in self.external_bases())


_WITHOUT_METHODS = ("keras.", "builtins.", "abc.", "typing.")


def _merged(bases: Sequence[ClassValue | External]) -> list[ClassValue | External]:
    """The order of all that the bases bring (C3): each class before its own bases, and bases as they are listed."""
    lines = [list(base.mro()) if isinstance(base, ClassValue) else [base] for base in bases]
    lines.append(list(bases))
    merged: list[ClassValue | External] = []
    while any(lines):
        lines = [line for line in lines if line]
        head = next((line[0] for line in lines if not any(line[0] in other[1:] for other in lines)), lines[0][0])
        merged.append(head)
        lines = [[one for one in line if one != head] for line in lines]
    return merged


@dataclass(eq=False, repr=False)
class Instance:
    """An object of a class of the program.

    ``attributes`` may hold ``spec``, ``built`` and ``model`` under keys no program can write
    (they contain a space): what a Keras base class keeps.
    """

    cls: ClassValue
    attributes: Slots = field(default_factory=Slots)


@dataclass(eq=False, repr=False)
class LayerValue:
    """A layer object of the library; ``state`` holds ``built``."""

    spec: Layer
    class_name: str
    shown: str
    """The class as the program spells it (``Convolution2D``)."""
    name: str
    unit: Unit
    node: cst.CSTNode
    function: Value = None
    """The function of a ``Lambda``; the layer inside a wrapper."""
    state: Slots = field(default_factory=lambda: Slots({"built": None}))
    full_name: Value = UNKNOWN
    """What Keras calls it: ``name``, or one made from the class (``conv2d_1``)."""

    @property
    def built(self) -> Built | None:
        """What earlier calls fixed."""
        known = self.state["built"]
        return known if known is None or isinstance(known, Built) else Built(UNKNOWN, {})


@dataclass(eq=False, repr=False)
class ModelValue:
    """A functional or sequential model.

    ``state``: ``layers`` (tuple), ``inputs`` and ``outputs`` (a Tensor, a tuple or dict of
    them, unknown, or None while a Sequential has no input shape yet), and ``keras graph``, the
    nodes of a functional model (None where they are not known).
    """

    unit: Unit
    node: cst.CSTNode
    sequential: bool
    name: str = "model"
    state: Slots = field(
        default_factory=lambda: Slots({"layers": (), "inputs": None, "outputs": None, "keras graph": None})
    )
    full_name: Value = UNKNOWN
    """What Keras calls it."""


@dataclass(frozen=True, eq=False, repr=False)
class Applied:
    """A function applied to symbolic tensors: Keras makes an operation of it, with a name but without a row of its own.

    ``again`` applies it to other arguments.
    """

    name: Value
    again: Callable[[Sequence[Value], Mapping[str, Value]], Value]


Operation = Union[LayerValue, ModelValue, Instance, Applied]


@dataclass(eq=False, repr=False)
class GraphNode:
    """One call of an operation; on symbolic tensors it is a node of the graph that functional models are cut from.

    Attributes:
        operation: what was called.
        positional: the arguments by position, as the program gave them.
        keywords: those by name.
        inputs: the tensors among the arguments, in order; None where something unknown may hide more.
        unit: the module of the call.
        node: the expression of the call.
        outputs: the tensors that came back, in order; None where it is not known how many there are.
    """

    operation: Operation
    positional: tuple[Value, ...]
    keywords: Mapping[str, Value]
    inputs: tuple[Tensor, ...] | None
    unit: Unit
    node: cst.CSTNode
    outputs: tuple[Tensor, ...] | None = None


@dataclass(eq=False, repr=False)
class ObjectValue:
    """An object of a library that data passes through: a scaler, a data frame, an image.

    ``state`` holds ``object``, what the catalog knows of it; unknown once something unknown may have changed it.
    """

    state: Slots

    @property
    def known(self) -> LibraryObject | Unknown:
        """What is known of the object now."""
        found = self.state["object"]
        return found if isinstance(found, LibraryObject) else UNKNOWN


COMPILED = "keras compiled"
"""Where a model keeps what ``compile`` was given; no program can write a name with a space."""


@dataclass(frozen=True, eq=False, repr=False)
class LossValue:
    """A loss object of the library."""

    loss: Loss


@dataclass(frozen=True, eq=False, repr=False)
class MetricValue:
    """A metric object of the library: its name as ``compile`` would take it, and as the program spells it."""

    name: str
    shown: str


@dataclass(frozen=True, eq=False, repr=False)
class BoundMethod:
    """A function of the program with its receiver."""

    receiver: Value
    function: FunctionValue


@dataclass(frozen=True, eq=False, repr=False)
class Method:
    """A method that the analysis implements itself: of a list, a tensor, a model …"""

    receiver: Value
    name: str


@dataclass(frozen=True, eq=False, repr=False)
class Super:
    """``super()`` inside a method."""

    instance: Value
    after: ClassValue


@dataclass(frozen=True, eq=False, repr=False)
class Partial:
    """``functools.partial``."""

    function: Value
    positional: tuple[Value, ...]
    keywords: Mapping[str, Value]


@dataclass(frozen=True, eq=False, repr=False)
class ModuleValue:
    """An imported module of the project."""

    unit: Unit


_ALWAYS_TRUE = (
    FunctionValue, ClassValue, LayerValue, LossValue, ModelValue, External, BoundMethod, ModuleValue, EnumMember,
    RecordType, StdlibObject,
)  # fmt: skip


def truth(value: Value) -> bool | None:
    """Whether the value counts as true; None when that is not known."""
    if value is None or isinstance(value, bool | int | float | str | bytes | tuple | range):
        return bool(value)
    if isinstance(value, Dynamic):
        return False
    if isinstance(value, IteratorValue | Namespace):
        return None
    if isinstance(value, ListValue):
        return None if isinstance(value.items, Unknown) else bool(value.items)
    if isinstance(value, DictValue):
        return True if value.entries else (None if value.open else False)
    if isinstance(value, _ALWAYS_TRUE):
        return True
    return None


Pairs = dict[tuple[int, int], Any]
"""What is known of two sequences, by their identities: those that share their parts are looked into once."""


def same_value(a: Value, b: Value, same: Pairs | None = None) -> bool:
    """Whether two values are proved to be the same; ``True`` and ``1`` are not.

    Args:
        same: pairs that are the same, unless one of the others is not.
    """
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple) and isinstance(b, tuple):
        if len(a) != len(b):
            return False
        same = {} if same is None else same
        if (id(a), id(b)) in same:
            return True
        same[id(a), id(b)] = True
        return all(same_value(one, other, same) for one, other in zip(a, b))
    if isinstance(a, bool | int | float | str | bytes | Linear | Dynamic | External | EnumMember | range):
        return a == b
    return False


def join(a: Value, b: Value, joined: Pairs | None = None) -> Value:
    """What is known of a value that is ``a`` on one path and ``b`` on another.

    Args:
        joined: what some pairs of sequences have in common.
    """
    if a is MISSING:
        return b
    if b is MISSING or same_value(a, b):
        return int(a) if isinstance(a, NumpyInt) and not isinstance(b, NumpyInt) and b is not MISSING else a
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return replace(
            a,
            shape=join_shapes(a.shape, b.shape),
            dtype=a.dtype if a.dtype == b.dtype else UNKNOWN,
            kind=a.kind if a.kind is b.kind else Kind.UNKNOWN,
            layout=a.layout if a.layout == b.layout else None,
            content=a.content if a.content == b.content else None,
            origin=_join_origins(a.origin, b.origin),
        )
    if isinstance(a, tuple | Many) and isinstance(b, tuple | Many):
        joined = {} if joined is None else joined
        if (id(a), id(b)) not in joined:
            joined[id(a), id(b)] = _join_sequences(a, b, joined)
        return joined[id(a), id(b)]
    if isinstance(a, Dataset) and isinstance(b, Dataset):
        return _join_datasets(a, b)
    if isinstance(a, LibraryObject) and isinstance(b, LibraryObject) and a.cls == b.cls:
        return LibraryObject(a.cls, {key: join(a.facts[key], b.facts[key]) for key in a.facts if key in b.facts})
    if isinstance(a, ObjectValue) and isinstance(b, ObjectValue):
        return ObjectValue(Slots({"object": join(a.known, b.known)}))
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return {key: join(a[key], b[key]) for key in a}
    if isinstance(a, Built) and isinstance(b, Built):
        return Built(join_shapes(a.input_shape, b.input_shape), a.weights if a.weights == b.weights else {})
    if type(a) is type(b) is ListValue and isinstance(a, ListValue) and isinstance(b, ListValue):
        return ListValue(join(a.items, b.items, joined))  # type: ignore[arg-type]
    return UNKNOWN


def _join_sequences(a: tuple[Value, ...] | Many, b: tuple[Value, ...] | Many, known: Pairs) -> Value:
    """Sequences of one length entry by entry; of several lengths what all entries have in common."""
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        joined = tuple(join(one, other, known) for one, other in zip(a, b))
        if isinstance(a, NamedTuple) and isinstance(b, NamedTuple) and a.kind is b.kind:
            return NamedTuple.of(a.kind, joined)
        return joined
    entries = [part for side in (a, b) for part in ((side.element,) if isinstance(side, Many) else side)]
    return many(entries)


def _alike(a: Value, b: Value, known: Pairs) -> Value:
    """What two entries of a list have in common: of two numbers that they are numbers."""
    if a is b:
        return a
    if _is_number(a) and _is_number(b) and not same_value(a, b):
        kinds = {x.dtype if isinstance(x, Tensor) else "int64" if isinstance(x, int) else "float64" for x in (a, b)}
        return Tensor((), kinds.pop() if len(kinds) == 1 else UNKNOWN, Kind.ARRAY)
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        if (id(a), id(b)) not in known:
            known[id(a), id(b)] = tuple(_alike(one, other, known) for one, other in zip(a, b))
        return known[id(a), id(b)]
    if isinstance(a, ListValue) and isinstance(b, ListValue):
        one, other = a.items, b.items
        if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
            return ListValue(_alike(one, other, known))  # type: ignore[arg-type]
    return join(a, b)


def _is_number(value: Value) -> bool:
    return type(value) in (int, float) or (isinstance(value, Tensor) and value.shape == ())


def many(entries: Sequence[Value]) -> Many | Unknown:
    """A sequence of unknown length of such entries; plainly unknown where they have nothing in common."""
    common: Value = MISSING
    for entry in entries:
        common = _alike(common, entry, {})
        if type(common) is Unknown:
            return UNKNOWN
    return UNKNOWN if common is MISSING else Many(common)


def join_lengths(a: ItemsOrUnknown, b: ItemsOrUnknown) -> Many | Unknown:
    """Two lists one behind the other, at least one of unknown length."""
    if type(a) is Unknown or type(b) is Unknown:
        return UNKNOWN
    entries: list[Value] = []
    for side in (a, b):
        entries.extend((side.element,) if isinstance(side, Many) else side)  # type: ignore[arg-type]
    return many(entries)


def _join_datasets(a: Dataset, b: Dataset) -> Dataset:
    same = a.maker == b.maker
    length = a.length if type(a.length) is type(b.length) and a.length == b.length else UNKNOWN
    settings = {key: value for key, value in a.settings.items() if key in b.settings and b.settings[key] == value}
    return Dataset(join(a.element, b.element), length, a.maker if same else "", settings if same else {})


def _join_origins(a: object, b: object) -> object:
    """The first path's origin, without its place in the model graph where the other path has another one."""
    if not isinstance(a, Origin) or a.call is None:
        return a
    same = isinstance(b, Origin) and a.call is b.call and a.index == b.index
    return a if same else replace(a, call=None, index=0)


def forget(journal: Journal, value: Value, seen: dict[int, int] | None = None, depth: int = 0) -> None:
    """Something unknown got hold of the value: what can be changed of it is unknown from now on."""
    if type(value) in _UNCHANGEABLE or depth > 3:
        return
    seen = {} if seen is None else seen
    if seen.get(id(value), depth + 1) <= depth:
        return
    if isinstance(value, ListValue | DictValue | tuple):
        seen[id(value)] = depth
    if isinstance(value, ListValue):
        if not isinstance(value.items, Unknown):
            forget(journal, value.items, seen, depth)
            journal.set(value.state, "items", UNKNOWN)
    elif isinstance(value, DictValue):
        for key, item in list(value.entries.items()):
            forget(journal, item, seen, depth + 1)
            journal.set(value.entries, key, UNKNOWN)
        journal.set(value.state, "open", True)
    elif isinstance(value, tuple):
        for item in value:
            forget(journal, item, seen, depth + 1)
    elif isinstance(value, Repeated):
        forget(journal, value.value, seen, depth + 1)
    elif isinstance(value, Instance):
        for name in (*value.attributes, COMPILED):
            journal.set(value.attributes, name, UNKNOWN)
    elif isinstance(value, ObjectValue):
        journal.set(value.state, "object", UNKNOWN)
    elif isinstance(value, StdlibObject):
        for key in list(value.state):
            journal.set(value.state, key, UNKNOWN)
    elif isinstance(value, LayerValue):
        journal.set(value.state, "built", Built(UNKNOWN, {}))
    elif isinstance(value, ModelValue):
        for key in ("layers", "inputs", "outputs", "keras graph", COMPILED) if value.sequential else (COMPILED,):
            journal.set(value.state, key, UNKNOWN)


_UNCHANGEABLE = frozenset(
    {Unknown, Linear, Tensor, External, FunctionValue, ClassValue, bool, int, float, str, type(None)}
)
"""Types of most values that unknown functions get: of these nothing changes."""


def items_of(value: Value) -> ItemsOrUnknown:
    """What a loop over the value meets, in order; unknown where that is not known."""
    if isinstance(value, tuple | range):
        return value
    if isinstance(value, SetValue):
        return UNKNOWN if isinstance(value.items, Unknown) or len(value.items) > 1 else value.items
    if isinstance(value, ListValue):
        return value.items
    if isinstance(value, DictValue):
        return UNKNOWN if value.open else tuple(value.entries)
    if isinstance(value, str):
        return tuple(value)
    return value if isinstance(value, Many) else UNKNOWN
