"""Python's own library, as far as hyper-parameters and the names of layers come from it."""

from __future__ import annotations

import itertools
import json
import math
import operator
import os.path
import posixpath
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import libcst as cst

from convlint.shapes.dims import UNKNOWN, Unknown
from convlint.static import attributes, builtins, calls, expressions, indexing
from convlint.static.journal import MISSING, Slots
from convlint.static.run import Frame, Run
from convlint.static.syntax import dotted
from convlint.static.values import (
    ClassValue,
    DictValue,
    EnumMember,
    External,
    Field,
    FunctionValue,
    Instance,
    IteratorValue,
    ListValue,
    NamedTuple,
    Namespace,
    RecordType,
    Repeated,
    StdlibObject,
    Value,
    forget,
    items_of,
    truth,
)

Arguments = Sequence[Value]
Keywords = Mapping[str, Value]
Handler = Callable[[Run, Frame, cst.CSTNode, Arguments, Keywords], Value]


def _argument(positional: Arguments, keywords: Keywords, index: int, name: str, default: Value = None) -> Value:
    return positional[index] if len(positional) > index else keywords.get(name, default)


# --- records: dataclasses, named tuples, enumerations ----------------------------------------

_DATACLASS_DECORATORS = frozenset(
    {"dataclasses.dataclass", "attr.s", "attr.attrs", "attr.dataclass", "attr.define", "attr.frozen", "attrs.define",
     "attrs.frozen", "attrs.mutable", "chex.dataclass", "flax.struct.dataclass", "pydantic.dataclasses.dataclass"}
)  # fmt: skip
_RECORD_BASES = frozenset({"typing.NamedTuple", "typing_extensions.NamedTuple"})
_MODEL_BASES = frozenset({"pydantic.BaseModel", "pydantic_settings.BaseSettings"})
_ENUM_BASES = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"})


def makes_dataclass(decorator: External) -> bool:
    """Whether a decorator writes a class's constructor from its annotations."""
    return decorator.name in _DATACLASS_DECORATORS


def _decorator(name: str) -> Handler:
    """``@dataclass(frozen=True)``: called with options, a decorator gives itself."""

    def give(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
        if positional and isinstance(positional[0], ClassValue):
            set_fields(positional[0])
            return positional[0]
        return External(name)

    return give


def finish_class(cls: ClassValue) -> Value:
    """A class of the program as its bases make it, once its body has run."""
    bases = set(cls.external_bases())
    if bases & _ENUM_BASES:
        _number_members(cls)
    elif bases & _RECORD_BASES:
        fields = _annotated(cls)
        defaults = {name: cls.scope.variables[name] for name in fields if name in cls.scope.variables}
        return RecordType(cls.name, tuple(fields), defaults, cls)
    elif bases & _MODEL_BASES:
        set_fields(cls)
    return cls


def _number_members(cls: ClassValue) -> None:
    last: Value = 0
    for name, value in list(cls.scope.variables.items()):
        if name.startswith("_") or isinstance(value, FunctionValue | ClassValue):
            continue
        if value == External("enum.auto"):
            value = last + 1 if isinstance(last, int) else UNKNOWN  # noqa: PLW2901
        last = value
        cls.scope.variables[name] = EnumMember(cls, name, value)


def _annotated(cls: ClassValue) -> list[str]:
    names: list[str] = []
    for line in cls.node.body.body:
        if isinstance(line, cst.SimpleStatementLine):
            for part in line.body:
                if isinstance(part, cst.AnnAssign) and isinstance(part.target, cst.Name):
                    annotation = part.annotation.annotation
                    if dotted(annotation).rpartition(".")[2] != "ClassVar":
                        names.append(part.target.value)
    return names


def set_fields(cls: ClassValue) -> None:
    """Make a class take its annotated names, and those of its bases, as arguments."""
    fields: dict[str, None] = {}
    for base in reversed(cls.mro()):
        if isinstance(base, ClassValue):
            fields |= dict.fromkeys(_annotated(base) if base is cls or base.dataclass_fields is not None else ())
    # attrs' older way: `x = attr.ib(default=3)`.
    fields |= dict.fromkeys(name for name, value in cls.scope.variables.items() if isinstance(value, Field))
    cls.dataclass_fields = tuple(fields)


def initialise_fields(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    instance: Instance,
    positional: Arguments,
    keywords: Keywords,
    *,
    open_ended: bool = False,
) -> None:
    """The constructor that a dataclass gets."""
    given = dict(zip(_taken(instance.cls), positional)) | dict(keywords)
    for name in instance.cls.dataclass_fields or ():
        if name in given:
            value = given[name]
        elif open_ended:
            value = UNKNOWN
        else:
            value = _default(run, frame, node, instance.cls.lookup(name))
        run.journal.set(instance.attributes, name, value)
    after = instance.cls.lookup("__post_init__")
    if after is MISSING:
        after = instance.cls.lookup("__attrs_post_init__")
    if isinstance(after, FunctionValue):
        calls.invoke(run, frame, after, [instance], {}, receiver=instance)


def _taken(cls: ClassValue) -> list[str]:
    known = ((name, cls.lookup(name)) for name in cls.dataclass_fields or ())
    return [name for name, value in known if not (isinstance(value, Field) and not value.init)]


def _default(run: Run, frame: Frame, node: cst.CSTNode, value: Value) -> Value:
    if isinstance(value, Field):
        if value.factory is not MISSING:
            return calls.call(run, frame, node, value.factory, [], {})
        value = value.default
    return UNKNOWN if value is MISSING else value


def _field(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    factory = keywords.get("default_factory", keywords.get("factory", MISSING))
    default = keywords.get("default", positional[0] if positional else MISSING)
    return Field(default, factory, truth(keywords.get("init", True)) is not False)


def _replace(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    old = positional[0] if positional else UNKNOWN
    if not isinstance(old, Instance) or old.cls.dataclass_fields is None:
        return UNKNOWN
    kept = {name: old.attributes.get(name, UNKNOWN) for name in _taken(old.cls)}
    new = Instance(old.cls)
    initialise_fields(run, frame, node, new, (), {**kept, **keywords})
    return new


def _as_dict(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    value = positional[0] if positional else UNKNOWN
    if not isinstance(value, Instance) or value.cls.dataclass_fields is None:
        return DictValue(open_ended=True)
    return DictValue({name: value.attributes.get(name, UNKNOWN) for name in value.cls.dataclass_fields})


def _as_tuple(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    made = _as_dict(run, frame, node, positional, keywords)
    return UNKNOWN if not isinstance(made, DictValue) or made.open else tuple(made.entries.values())


def _named_tuple(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    name = _argument(positional, keywords, 0, "typename")
    words = _argument(positional, keywords, 1, "field_names", _argument(positional, keywords, 1, "fields"))
    items = words.replace(",", " ").split() if isinstance(words, str) else items_of(words)
    if isinstance(items, Unknown):
        return UNKNOWN
    fields = [item[0] if isinstance(item, tuple) and item else item for item in items]
    given = items_of(keywords.get("defaults", ()))
    if not all(isinstance(field, str) for field in fields) or isinstance(given, Unknown) or len(given) > len(fields):
        return UNKNOWN
    defaults = dict(zip(fields[len(fields) - len(given) :], given))
    return RecordType(str(name), tuple(map(str, fields)), {str(key): value for key, value in defaults.items()})


def make_record(kind: RecordType, positional: Arguments, keywords: Keywords, *, open_ended: bool = False) -> Value:
    """Call a named tuple's type."""
    defaults = {} if open_ended else kind.defaults
    given = {**defaults, **dict(zip(kind.fields, positional)), **keywords}
    return NamedTuple.of(kind, [given.get(field, UNKNOWN) for field in kind.fields])


def enum_member(cls: ClassValue, positional: Arguments) -> Value:
    """``Color("red")``: the member with this value; MISSING where the class is no enumeration."""
    members = [value for value in cls.scope.variables.values() if isinstance(value, EnumMember)]
    if not members:
        return MISSING
    for member in members:
        same = expressions.equal(member.value, positional[0]) if len(positional) == 1 else None
        if same:
            return member
        if same is None:
            break
    return UNKNOWN


# --- arguments from the command line ---------------------------------------------------------


def _parser(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    return StdlibObject("parser", Slots({"defaults": Namespace()}))


def _flag_value(default: Value, kind: Value) -> Value:
    """The value of an option that nobody gives; a default in words goes through the option's type."""
    if isinstance(default, str) and isinstance(kind, External) and kind.name in ("builtins.int", "builtins.float"):
        return builtins.fold_number(kind.name.rpartition(".")[2], default)
    # Who leaves the default out, or writes None, expects that somebody gives the option.
    return UNKNOWN if default is None else default


def _add_argument(run: Run, parser: StdlibObject, positional: Arguments, keywords: Keywords) -> Value:
    defaults = parser.state["defaults"]
    if not isinstance(defaults, Namespace):
        return UNKNOWN
    names = [name for name in positional if isinstance(name, str)]
    chosen = keywords.get("dest") or next((n for n in names if n.startswith("--")), names[0] if names else None)
    if not isinstance(chosen, str):
        run.journal.set(defaults.state, "open", True)
        return UNKNOWN
    dest = chosen if "dest" in keywords else chosen.lstrip("-").replace("-", "_")
    action = keywords.get("action")
    if action in ("store_true", "store_false") and "default" not in keywords:
        value: Value = action == "store_false"
    elif action in (None, "store", "store_true", "store_false"):
        value = _flag_value(keywords.get("default"), keywords.get("type"))
    else:
        value = UNKNOWN
    if dest not in defaults.entries or defaults.entries[dest] is UNKNOWN:
        run.journal.set(defaults.entries, dest, value)
    return UNKNOWN


def _parser_method(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    parser: StdlibObject,
    name: str,
    positional: Arguments,
    keywords: Keywords,
) -> Value:
    if name == "add_argument":
        return _add_argument(run, parser, positional, keywords)
    if name in ("add_argument_group", "add_mutually_exclusive_group"):
        return parser
    defaults = parser.state["defaults"]
    if not isinstance(defaults, Namespace):
        return UNKNOWN
    if name == "set_defaults":
        for key, value in keywords.items():
            run.journal.set(defaults.entries, key, value)
        return None
    if name in ("parse_args", "parse_known_args", "parse_intermixed_args"):
        read = Namespace(defaults.entries, open_ended=defaults.open)
        return (read, ListValue(UNKNOWN)) if name == "parse_known_args" else read
    if name == "add_subparsers":
        run.journal.set(defaults.state, "open", True)
        return UNKNOWN
    if name == "get_default" and positional:
        return defaults.entries.get(positional[0], UNKNOWN)
    return UNKNOWN


def _define_flag(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    name = _argument(positional, keywords, 0, "name", _argument(positional, keywords, 0, "flag_name"))
    default = _argument(positional, keywords, 1, "default", keywords.get("default_value"))
    if not isinstance(name, str):
        return UNKNOWN
    value = UNKNOWN if default is None else default
    run.journal.set(run.flags.entries, name, value)
    return Namespace({"value": value, "default": value, "name": name})


def _run_app(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    """``app.run(main)`` calls ``main`` with what is left of the command line."""
    main = _argument(positional, keywords, 0, "main", frame.scope.find("main"))
    if isinstance(main, FunctionValue):
        takes = bool(main.node.params.params or main.node.params.star_arg)
        calls.call(run, frame, node, main, [ListValue(UNKNOWN)] if takes else [], {})
    return UNKNOWN


_FLAG_HOMES = ("absl.flags", "tensorflow.app.flags", "tensorflow.flags", "tensorflow.compat.v1.flags",
               "tensorflow.compat.v1.app.flags")  # fmt: skip
_FLAG_KINDS = ("integer", "float", "string", "bool", "boolean", "enum", "list", "spaceseplist", "multi_integer",
               "multi_string", "multi_float")  # fmt: skip


VERSIONS = {2: {"keras": "2.15.0", "tensorflow": "2.15.1"}, 3: {"keras": "3.15.1", "tensorflow": "2.21.0"}}
"""The newest releases of a Keras generation; TensorFlow 2.15 is the last that brings Keras 2."""


def external_value(run: Run, name: str) -> Value:
    """What a name of the library holds, where that is no function; MISSING for the others."""
    if name in _FLAGS_OBJECTS:
        return run.flags
    return _CONSTANTS.get(name, MISSING)


_FLAGS_OBJECTS = frozenset(f"{home}.FLAGS" for home in _FLAG_HOMES)
_CONSTANTS: Mapping[str, Value] = {
    "sys.version_info": (3, 11, 0, "final", 0),
    "sys.maxsize": (1 << 63) - 1,
    "math.pi": 3.141592653589793,
    "math.e": 2.718281828459045,
    "numpy.pi": 3.141592653589793,
    "os.sep": "/",
    "os.path.sep": "/",
    "typing.TYPE_CHECKING": False,
}


def _environment(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    """``os.environ.get(name, default)``: the default, as for an option of the command line."""
    default = _argument(positional, keywords, 1, "default")
    return UNKNOWN if default is None else default


def _keras_version(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    """``keras.version()``."""
    return VERSIONS.get(run.settings.keras, {}).get("keras", UNKNOWN)


def set_environment(run: Run, name: Value, value: Value) -> None:
    """``os.environ[name] = value``: how a program asks for the legacy Keras, for all that is read after it."""
    if name == "TF_USE_LEGACY_KERAS" and value in ("1", "true", "True"):
        run.take_legacy_keras()


def _set_default(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    """``os.environ.setdefault(name, value)``."""
    set_environment(run, _argument(positional, keywords, 0, "key"), _argument(positional, keywords, 1, "value"))
    return UNKNOWN


# --- containers ------------------------------------------------------------------------------


def _namespace(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    """``SimpleNamespace(…)``, ``ConfigDict({…})``: names with values; dictionaries in it are read the same way."""
    made = builtins.make_dict(run, frame, node, positional, keywords)
    assert isinstance(made, DictValue)
    nested = {
        key: Namespace(value.entries, open_ended=value.open) if type(value) is DictValue and positional else value
        for key, value in made.entries.items()
    }
    return Namespace(nested, open_ended=made.open)


def _ordered_dict(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    return builtins.make_dict(run, frame, node, positional, keywords)


def _default_dict(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    made = builtins.make_dict(run, frame, node, positional[1:], keywords)
    if isinstance(made, DictValue) and positional:
        made.state["factory"] = positional[0]
    return made


def _list_like(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    if "maxlen" in keywords or len(positional) > 1:
        return UNKNOWN
    items = builtins.iterate(run, frame, node, positional[0]) if positional else ()
    return ListValue(UNKNOWN if isinstance(items, Unknown) or len(items) > builtins.MAX_ITEMS else items)


# --- functools, itertools, operator ----------------------------------------------------------


def _reduce(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    items = builtins.iterate(run, frame, node, positional[1]) if len(positional) > 1 else UNKNOWN
    if isinstance(items, Unknown) or len(items) > 10_000:
        return UNKNOWN
    values = [*positional[2:3], *items]
    if not values:
        return UNKNOWN
    return reduce(lambda a, b: calls.call(run, frame, node, positional[0], [a, b], {}), values)


def _columns(run: Run, frame: Frame, node: cst.CSTNode, values: Arguments) -> list[Sequence[Value]] | None:
    columns = [builtins.iterate(run, frame, node, value) for value in values]
    known = [column for column in columns if not isinstance(column, Unknown)]
    return known if len(known) == len(columns) else None


def _combined(make: Callable[..., Any], count: Callable[[list[int]], int]) -> Handler:
    """A function of ``itertools`` over known, short iterables."""

    def combine(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
        numbers = [value for value in positional if isinstance(value, int)]
        columns = _columns(run, frame, node, [value for value in positional if not isinstance(value, int)])
        if columns is None or count([len(column) for column in columns]) > 10_000:
            return UNKNOWN
        try:
            made = tuple(itertools.islice(make(*columns, *numbers, **keywords), 10_001))
        except (TypeError, ValueError):
            return UNKNOWN
        run.pay(len(made))
        return UNKNOWN if len(made) > 10_000 else IteratorValue(made)

    return combine


def _product(lengths: list[int]) -> int:
    return reduce(operator.mul, lengths, 1)


def _sums(items: Sequence[Value]) -> Sequence[Value]:
    numbers = [item for item in items if isinstance(item, int | float)]
    if len(numbers) < len(items):
        raise TypeError
    return tuple(itertools.accumulate(numbers))


def _flattened(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    """``itertools.chain.from_iterable``."""
    items = builtins.iterate(run, frame, node, positional[0]) if positional else UNKNOWN
    if isinstance(items, Unknown) or len(items) > 10_000:
        return UNKNOWN
    return _combined(itertools.chain, sum)(run, frame, node, items, {})


_ENDLESS = 1 << 40


def _count(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    start, step = _argument(positional, keywords, 0, "start", 0), _argument(positional, keywords, 1, "step", 1)
    if not isinstance(start, int) or not isinstance(step, int) or not step or abs(start) + abs(step) > _ENDLESS:
        return UNKNOWN
    return IteratorValue(range(start, start + step * _ENDLESS // abs(step), step))


def _repeat(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    times = _argument(positional, keywords, 1, "times", _ENDLESS)
    if not positional or not isinstance(times, int):
        return UNKNOWN
    return IteratorValue(Repeated(positional[0], max(times, 0)))


def _islice(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    bounds = [value for value in positional[1:] if value is None or isinstance(value, int)]
    source = positional[0] if positional else UNKNOWN
    items = source.items if isinstance(source, IteratorValue) else items_of(source)
    if isinstance(items, Unknown) or len(bounds) < len(positional) - 1 or not 1 <= len(bounds) <= 3:
        return UNKNOWN
    if any(isinstance(bound, int) and bound < 0 for bound in bounds) or bounds[2:] == [0]:
        return UNKNOWN
    chosen = range(len(items))[slice(*bounds)]
    if len(chosen) > 10_000:
        return UNKNOWN
    if isinstance(source, IteratorValue):
        run.journal.set(source.state, "items", items[chosen[-1] + 1 if chosen else 0 :])
    return IteratorValue(tuple(items[index] for index in chosen))


def _operator(name: type[cst.BaseBinaryOp]) -> Handler:
    def apply(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
        if len(positional) != 2:
            return UNKNOWN
        return expressions.apply_operator(run, frame, node, name, positional[0], positional[1])

    return apply


def _getter(kind: str) -> Handler:
    def make(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
        return StdlibObject(kind, Slots({"wanted": tuple(positional)}))

    return make


def call_object(run: Run, frame: Frame, node: cst.CSTNode, value: StdlibObject, positional: Arguments) -> Value:
    """Call what ``operator.itemgetter`` or ``attrgetter`` made."""
    wanted = value.state.get("wanted")
    if not isinstance(wanted, tuple) or len(positional) != 1 or not wanted:
        return UNKNOWN
    taken: list[Value] = []
    for key in wanted:
        if value.kind == "itemgetter":
            taken.append(indexing.get(run, frame, node, positional[0], key))
        elif isinstance(key, str):
            base = positional[0]
            for name in key.split("."):
                base = attributes.read(run, frame, node, base, name)
            taken.append(base)
    return taken[0] if len(taken) == 1 else tuple(taken)


def call_method(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    value: StdlibObject,
    name: str,
    positional: Arguments,
    keywords: Keywords,
) -> Value:
    """A method of an object of the library."""
    if value.kind == "parser":
        return _parser_method(run, frame, node, value, name, positional, keywords)
    forget(run.journal, value)
    return UNKNOWN


# --- texts and files -------------------------------------------------------------------------


def _words(function: Callable[..., Any]) -> Handler:
    """A function of texts that only computes."""

    def compute(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
        words = [value for value in positional if isinstance(value, str) and len(value) < 10_000]
        if not words or len(words) < len(positional) or keywords:
            return UNKNOWN
        try:
            made: Value = function(*words)
        except (TypeError, ValueError):
            return UNKNOWN
        return made

    return compute


def _from_json(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    text = positional[0] if positional else UNKNOWN
    if not isinstance(text, str):
        return UNKNOWN
    try:
        return _as_value(json.loads(text))
    except (ValueError, RecursionError):
        return UNKNOWN


def _as_value(content: object) -> Value:
    if isinstance(content, dict):
        return DictValue({key: _as_value(value) for key, value in content.items()})
    if isinstance(content, list):
        return ListValue([_as_value(value) for value in content])
    return UNKNOWN if isinstance(content, int) and abs(content) > 1 << 64 else content


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > 64:
        raise OverflowError
    result = base**exponent
    if isinstance(result, complex):
        raise ValueError
    return float(result) if isinstance(base, float) else result


_KEEP_INTEGERS = frozenset(
    {"abs", "absolute", "power", "round", "maximum", "minimum", "add", "subtract", "multiply", "floor_divide"}
)
"""Functions of NumPy that make integers of integers; the others make floats."""

_MATH: Mapping[str, Callable[..., Any]] = {
    **{name: getattr(math, name) for name in ("ceil", "floor", "sqrt", "log2", "log", "log10", "exp", "trunc", "fabs",
                                              "gcd", "isqrt", "hypot", "sin", "cos", "tan", "tanh", "pow")},
    "abs": abs, "absolute": abs, "power": _power, "round": round, "maximum": max, "minimum": min, "add": operator.add,
    "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv, "floor_divide": operator.floordiv,
}  # fmt: skip


def fold_math(name: str, positional: Arguments) -> Value:
    """``math.ceil(2.5)``, ``np.log2(8)``: a function of plain numbers; MISSING where it is none."""
    home, _, last = name.rpartition(".")
    function = _MATH.get(last) if home in ("math", "numpy") else None
    if function is None or not all(isinstance(value, int | float) for value in positional):
        return MISSING
    if home == "math" and not hasattr(math, last):
        return MISSING
    try:
        result = function(*positional)
    except (TypeError, ValueError, ArithmeticError):
        return UNKNOWN
    return (
        UNKNOWN if isinstance(result, int) and abs(result) > 1 << 64 else float(result) if home == "numpy" else result
    )


def _identity(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    return positional[0] if positional else External("convlint.identity")


_OPERATORS: Mapping[str, type[cst.BaseBinaryOp]] = {
    "add": cst.Add, "sub": cst.Subtract, "mul": cst.Multiply, "truediv": cst.Divide, "floordiv": cst.FloorDivide,
    "mod": cst.Modulo, "pow": cst.Power, "matmul": cst.MatrixMultiply, "concat": cst.Add, "or_": cst.BitOr,
    "and_": cst.BitAnd,
}  # fmt: skip

HANDLERS: Mapping[str, Handler] = {
    **{name: _decorator(name) for name in _DATACLASS_DECORATORS},
    "dataclasses.field": _field,
    "attr.ib": _field,
    "attr.attrib": _field,
    "attr.field": _field,
    "attrs.field": _field,
    "pydantic.Field": _field,
    "dataclasses.replace": _replace,
    "attr.evolve": _replace,
    "attrs.evolve": _replace,
    "dataclasses.asdict": _as_dict,
    "attr.asdict": _as_dict,
    "attrs.asdict": _as_dict,
    "dataclasses.astuple": _as_tuple,
    "collections.namedtuple": _named_tuple,
    "typing.NamedTuple": _named_tuple,
    "enum.auto": lambda run, frame, node, positional, keywords: External("enum.auto"),
    "argparse.ArgumentParser": _parser,
    "argparse.Namespace": _namespace,
    "types.SimpleNamespace": _namespace,
    "types.MappingProxyType": _identity,
    "ml_collections.ConfigDict": _namespace,
    "ml_collections.FrozenConfigDict": _namespace,
    "ml_collections.config_dict.ConfigDict": _namespace,
    "easydict.EasyDict": _namespace,
    "addict.Dict": _namespace,
    "box.Box": _namespace,
    "munch.Munch": _namespace,
    "omegaconf.OmegaConf.create": _namespace,
    **{f"{home}.DEFINE_{kind}": _define_flag for home in _FLAG_HOMES for kind in _FLAG_KINDS},
    "absl.app.run": _run_app,
    "tensorflow.app.run": _run_app,
    "tensorflow.compat.v1.app.run": _run_app,
    "os.environ.get": _environment,
    "os.getenv": _environment,
    "keras.version": _keras_version,
    "os.environ.setdefault": _set_default,
    "collections.OrderedDict": _ordered_dict,
    "collections.defaultdict": _default_dict,
    "collections.deque": _list_like,
    "functools.reduce": _reduce,
    "functools.wraps": lambda run, frame, node, positional, keywords: External("convlint.identity"),
    "itertools.product": _combined(itertools.product, _product),
    "itertools.chain": _combined(itertools.chain, sum),
    "itertools.chain.from_iterable": _flattened,
    "itertools.zip_longest": _combined(itertools.zip_longest, lambda lengths: max(lengths, default=0)),
    "itertools.pairwise": _combined(itertools.pairwise, sum),
    "itertools.accumulate": _combined(_sums, sum),
    "itertools.combinations": _combined(itertools.combinations, lambda lengths: lengths[0] ** 2 if lengths else 0),
    "itertools.permutations": _combined(itertools.permutations, lambda lengths: lengths[0] ** 3 if lengths else 0),
    "itertools.count": _count,
    "itertools.repeat": _repeat,
    "itertools.islice": _islice,
    **{f"operator.{name}": _operator(kind) for name, kind in _OPERATORS.items()},
    "operator.itemgetter": _getter("itemgetter"),
    "operator.attrgetter": _getter("attrgetter"),
    "os.path.join": _words(posixpath.join),
    "os.path.basename": _words(posixpath.basename),
    "os.path.dirname": _words(posixpath.dirname),
    "os.path.splitext": _words(os.path.splitext),
    "json.loads": _from_json,
}  # fmt: skip
"""What the analysis knows of Python's own library, by full name."""
