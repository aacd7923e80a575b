"""Evaluation of expressions."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import libcst as cst

from convlint.catalog.tensor import Tensor
from convlint.problems import ArithmeticOnDynamicDim, PythonFlowOnSymbolic
from convlint.shapes import dims
from convlint.shapes.dims import UNKNOWN, Dynamic, Linear, Unknown
from convlint.static import attributes, builtins, calls, datasets, graph, indexing, tensors
from convlint.static.journal import MISSING
from convlint.static.run import Completion, Frame, Run, stamp
from convlint.static.values import (
    ClassValue,
    DictValue,
    EnumMember,
    External,
    FunctionValue,
    Instance,
    IteratorValue,
    ListValue,
    ObjectValue,
    Pairs,
    Scope,
    SetValue,
    SliceValue,
    Value,
    items_of,
    join,
    join_lengths,
    many,
    same_value,
    truth,
)


def evaluate(run: Run, node: cst.CSTNode, frame: Frame) -> Value:
    """The abstract value of an expression; unknown for what is not modelled."""
    run.step()
    evaluator = _EVALUATORS.get(type(node))
    if evaluator is None:
        return UNKNOWN
    if run.seen is None:
        return evaluator(run, node, frame)
    value = evaluator(run, node, frame)
    run.see(frame, node, value)
    return value


_WORDS: dict[str, Value] = {"None": None, "True": True, "False": False}


def _name(run: Run, node: cst.Name, frame: Frame) -> Value:
    if node.value in _WORDS:
        return _WORDS[node.value]
    if run.unread.get(node.value) is not None:
        run.journal.set(run.unread, node.value, None)
    found = frame.scope.find(node.value)
    if found is not MISSING:
        return found
    if node.value in builtins.BUILTINS:
        return External(f"builtins.{node.value}")
    for module in frame.unit.star_imports:
        candidate = External(f"{module}.{node.value}")
        if calls.is_known_library_name(candidate.canonical):
            return candidate
    return UNKNOWN


def _attribute(run: Run, node: cst.Attribute, frame: Frame) -> Value:
    return attributes.read(run, frame, node, evaluate(run, node.value, frame), node.attr.value)


def _literal(run: Run, node: cst.Integer | cst.Float | cst.SimpleString, frame: Frame) -> Value:
    return _literal_value(node.value)


@lru_cache(maxsize=4096)
def _literal_value(text: str) -> Value:
    if text[0] in "'\"" and "\\" not in text and not text.startswith((2 * "'", 2 * '"')):
        return text[1:-1]
    try:
        value: Value = ast.literal_eval(text)
        return UNKNOWN if isinstance(value, int) and abs(value) > _SMALL else value
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return UNKNOWN


def _concatenated(run: Run, node: cst.ConcatenatedString, frame: Frame) -> Value:
    left, right = evaluate(run, node.left, frame), evaluate(run, node.right, frame)
    return _fold(operator.add, left, right)


def _formatted(run: Run, node: cst.FormattedString, frame: Frame) -> Value:
    return _filled(run, node.parts, frame)


def _filled(run: Run, contents: Sequence[cst.BaseFormattedStringContent], frame: Frame) -> Value:
    """The text of an f-string, or of the format that stands in one."""
    parts: list[str] | None = []
    length = 0
    for part in contents:
        if type(part) is cst.FormattedStringText:
            text: Value = part.value.replace("{{", "{").replace("}}", "}")
        else:
            assert isinstance(part, cst.FormattedStringExpression)
            text = _replacement(run, part, frame)
        length += len(text) if isinstance(text, str) else 0
        if parts is not None and isinstance(text, str) and length <= builtins.MAX_ITEMS:
            parts.append(text)
        else:
            parts = None
    return UNKNOWN if parts is None else "".join(parts)


def _replacement(run: Run, part: cst.FormattedStringExpression, frame: Frame) -> Value:
    value = evaluate(run, part.expression, frame)
    form = _filled(run, part.format_spec, frame) if part.format_spec else ""
    if not isinstance(value, str | int | float | bool | None) or not isinstance(form, str) or part.equal is not None:
        return UNKNOWN
    if not builtins.formats_shortly(form, ()):
        return UNKNOWN
    converters: dict[str, Callable[[object], str]] = {"r": repr, "a": ascii, "s": str}
    convert = converters.get(part.conversion or "")
    try:
        return format(value if convert is None else convert(value), form)
    except (ValueError, TypeError, OverflowError, MemoryError):
        return UNKNOWN


def _elements(run: Run, elements: Sequence[cst.BaseElement], frame: Frame) -> tuple[Value, ...] | Unknown:
    values: list[Value] = []
    whole = True
    for element in elements:
        value = evaluate(run, element.value, frame)
        if type(element) is cst.StarredElement:
            items = builtins.iterate(run, frame, element, value)
            if isinstance(items, Unknown) or len(items) > builtins.MAX_ITEMS:
                whole = False
            else:
                values.extend(items)
        else:
            values.append(value)
    return tuple(values) if whole else UNKNOWN


def _tuple(run: Run, node: cst.Tuple, frame: Frame) -> Value:
    return _elements(run, node.elements, frame)


def _list(run: Run, node: cst.List, frame: Frame) -> Value:
    return ListValue(_elements(run, node.elements, frame))


def _set(run: Run, node: cst.Set, frame: Frame) -> Value:
    return builtins.make_set(_elements(run, node.elements, frame))


def _dict(run: Run, node: cst.Dict, frame: Frame) -> Value:
    result = DictValue()
    for element in node.elements:
        if type(element) is cst.StarredDictElement:
            other = evaluate(run, element.value, frame)
            if isinstance(other, DictValue):
                result.entries.update(other.entries)
                result.state["open"] = result.open or other.open
            else:
                result.state["open"] = True
            continue
        assert isinstance(element, cst.DictElement)
        key = evaluate(run, element.key, frame)
        value = evaluate(run, element.value, frame)
        if is_key(key):
            result.entries[key] = value
        else:
            result.state["open"] = True
    return result


def is_key(value: Value) -> bool:
    """Whether a value is a constant that a dictionary or a set can hold."""
    if isinstance(value, tuple):
        return _is_small_key(value)
    return value is None or isinstance(value, bool | int | float | str | External | EnumMember | ClassValue)


MAX_KEY = 1_000
"""Constants in one key: hashing tuples of tuples looks at each of them wherever it stands."""


def _is_small_key(value: tuple[Value, ...]) -> bool:
    waiting: list[Value] = [value]
    room = MAX_KEY
    while waiting:
        one = waiting.pop()
        if not isinstance(one, tuple):
            if not is_key(one):
                return False
            continue
        room -= len(one)
        if room < 0:
            return False
        waiting.extend(one)
    return True


def _subscript(run: Run, node: cst.Subscript, frame: Frame) -> Value:
    base = evaluate(run, node.value, frame)
    index = evaluate_index(run, node, frame)
    if not isinstance(base, Tensor):
        return indexing.get(run, frame, node, base, index)

    def again(positional: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
        result = indexing.get(run, frame, node, positional[0], positional[1])
        return (
            stamp(result, frame, node, frame.unit.source.shown(node), (base,)) if isinstance(result, Tensor) else result
        )

    return graph.apply(run, frame, node, "GetItem", (base, index), {}, again)


def evaluate_index(run: Run, node: cst.Subscript, frame: Frame) -> Value:
    """The index of a subscript; a tuple for several."""
    parts: list[Value] = []
    for element in node.slice:
        inner = element.slice
        if type(inner) is cst.Slice:
            lower, upper, step = (
                None if part is None else evaluate(run, part, frame) for part in (inner.lower, inner.upper, inner.step)
            )
            parts.append(SliceValue(lower, upper, step))
        else:
            assert isinstance(inner, cst.Index)
            parts.append(evaluate(run, inner.value, frame))
    if len(parts) == 1 and type(node.slice[0].comma) is not cst.Comma:
        return parts[0]
    return tuple(parts)


_ARITHMETIC: dict[type[cst.BaseBinaryOp], tuple[str, Callable[[object, object], object]]] = {
    cst.Add: ("add", operator.add),
    cst.Subtract: ("subtract", operator.sub),
    cst.Multiply: ("multiply", operator.mul),
    cst.Divide: ("divide", operator.truediv),
    cst.FloorDivide: ("floor_divide", operator.floordiv),
    cst.Modulo: ("mod", operator.mod),
    cst.Power: ("power", operator.pow),
    cst.MatrixMultiply: ("matmul", operator.matmul),
    cst.LeftShift: ("left_shift", operator.lshift),
    cst.RightShift: ("right_shift", operator.rshift),
    cst.BitAnd: ("bitwise_and", operator.and_),
    cst.BitOr: ("bitwise_or", operator.or_),
    cst.BitXor: ("bitwise_xor", operator.xor),
}

_OPERATIONS: dict[str, str] = {"divide": "TrueDivide", "bitwise_and": "LogicalAnd", "bitwise_or": "LogicalOr",
               "bitwise_xor": "LogicalXor"}  # fmt: skip
"""Operators whose Keras operation has another name. Source: ``keras/src/backend/common/keras_tensor.py``."""

AUGMENTED: dict[type[cst.BaseAugOp], type[cst.BaseBinaryOp]] = {
    cst.AddAssign: cst.Add,
    cst.SubtractAssign: cst.Subtract,
    cst.MultiplyAssign: cst.Multiply,
    cst.DivideAssign: cst.Divide,
    cst.FloorDivideAssign: cst.FloorDivide,
    cst.ModuloAssign: cst.Modulo,
    cst.PowerAssign: cst.Power,
    cst.MatrixMultiplyAssign: cst.MatrixMultiply,
    cst.BitOrAssign: cst.BitOr,
    cst.BitAndAssign: cst.BitAnd,
    cst.BitXorAssign: cst.BitXor,
    cst.LeftShiftAssign: cst.LeftShift,
    cst.RightShiftAssign: cst.RightShift,
}


def _binary(run: Run, node: cst.BinaryOperation, frame: Frame) -> Value:
    left, right = evaluate(run, node.left, frame), evaluate(run, node.right, frame)
    return apply_operator(run, frame, node, type(node.operator), left, right)


def apply_operator(
    run: Run, frame: Frame, node: cst.CSTNode, kind: type[cst.BaseBinaryOp], left: Value, right: Value
) -> Value:
    """``left <op> right`` for numbers, sizes, sequences and tensors."""
    name, function = _ARITHMETIC.get(kind, ("", operator.add))
    if type(left) in _SCALARS and type(right) in _SCALARS:
        return _fold(function, left, right)
    if isinstance(left, Tensor) or isinstance(right, Tensor):

        def again(positional: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
            return tensors.combine(run, frame, node, name, *positional)

        return graph.apply(run, frame, node, _OPERATIONS.get(name) or name, (left, right), {}, again)
    if isinstance(left, Dynamic) or isinstance(right, Dynamic):
        return _arithmetic_on_dynamic(run, frame, node, left, right)
    if isinstance(left, Linear) or isinstance(right, Linear):
        return _arithmetic_on_symbol(kind, left, right)
    if isinstance(left, Instance) or isinstance(right, Instance):
        return _special_operator(run, frame, node, name, left, right)
    if isinstance(left, SetValue) or isinstance(right, SetValue):
        return _combine_sets(name, left, right)
    if isinstance(left, ListValue) or isinstance(right, ListValue):
        return _join_lists(run, kind, left, right)
    if isinstance(left, ObjectValue) or isinstance(right, ObjectValue):
        return datasets.operate(run, left, right)
    if isinstance(left, DictValue) and isinstance(right, DictValue) and kind is cst.BitOr:
        return DictValue({**left.entries, **right.entries}, open_ended=left.open or right.open)
    for side in (left, right):
        if isinstance(side, str | tuple):
            run.pay_for_copy(side)
    return _fold(function, left, right)


_SCALARS = frozenset({int, float, bool, type(None), Unknown})
"""Types of most operands: no operator means anything else for them than Python's own."""

_SPECIAL = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "truediv", "floor_divide": "floordiv", "mod": "mod",
    "power": "pow", "matmul": "matmul", "left_shift": "lshift", "right_shift": "rshift", "bitwise_and": "and",
    "bitwise_or": "or", "bitwise_xor": "xor",
}  # fmt: skip


def _special_operator(run: Run, frame: Frame, node: cst.CSTNode, name: str, left: Value, right: Value) -> Value:
    """An operator that a class of the program defines."""
    word = _SPECIAL.get(name, "")
    if isinstance(left, Instance) and left.cls.lookup(f"__{word}__") is not MISSING:
        return builtins.special(run, frame, node, left, f"__{word}__", right)
    return builtins.special(run, frame, node, right, f"__r{word}__", left)


_SET_METHODS = {
    "bitwise_or": "union", "bitwise_and": "intersection", "subtract": "difference",
    "bitwise_xor": "symmetric_difference",
}  # fmt: skip


def _combine_sets(name: str, left: Value, right: Value) -> Value:
    if name not in _SET_METHODS or not isinstance(left, SetValue) or not isinstance(right, SetValue):
        return UNKNOWN
    if isinstance(left.items, Unknown) or isinstance(right.items, Unknown):
        return SetValue(UNKNOWN)
    return builtins.make_set(tuple(getattr(set(left.items), _SET_METHODS[name])(set(right.items))))


_SMALL = 1 << 64


_SIZED = (str, tuple)
_FOLDED = (int, float, *_SIZED)


def _fold(function: Callable[[object, object], object], left: Value, right: Value) -> Value:
    if not isinstance(left, _FOLDED) or not isinstance(right, _FOLDED):
        return UNKNOWN
    if (isinstance(left, _SIZED) or isinstance(right, _SIZED)) and _is_long(function, left, right):
        return UNKNOWN
    if function in (operator.pow, operator.lshift) and isinstance(right, int) and right > 64:
        return UNKNOWN
    if function is operator.mod and isinstance(left, str):
        filled = right if isinstance(right, tuple) else (right,)
        known = all(isinstance(part, str | int | float) for part in filled)
        if not known or not builtins.formats_shortly(left, filled):
            return UNKNOWN
    try:
        result = function(left, right)
    except (ArithmeticError, TypeError, ValueError, MemoryError):
        return UNKNOWN
    if isinstance(result, int) and abs(result) > _SMALL:
        return UNKNOWN
    return UNKNOWN if isinstance(result, complex) else result


def _is_long(function: Callable[[object, object], object], left: Value, right: Value) -> bool:
    """Whether the result may have more entries than are followed."""
    size = sum(len(part) for part in (left, right) if isinstance(part, _SIZED))
    times = next((part for part in (left, right) if isinstance(part, int)), 1) if function is operator.mul else 1
    return size * times > builtins.MAX_ITEMS


def _arithmetic_on_dynamic(run: Run, frame: Frame, node: cst.CSTNode, left: Value, right: Value) -> Value:
    """``None`` read from a shape takes part in arithmetic: Python's own TypeError."""
    partner = right if isinstance(left, Dynamic) else left
    if isinstance(partner, int | float | Linear | Dynamic):
        tensors.state_dynamic(run, frame, node, (left, right))
    return UNKNOWN


def _arithmetic_on_symbol(kind: type[cst.BaseBinaryOp], left: Value, right: Value) -> Value:
    if not isinstance(left, int | Linear) or not isinstance(right, int | Linear):
        return UNKNOWN
    if kind is cst.Add:
        return dims.add(left, right)
    if kind is cst.Subtract:
        return dims.subtract(left, right)
    if kind is cst.Multiply:
        return dims.multiply(left, right)
    if kind is cst.FloorDivide:
        return dims.floor_divide(left, right)
    return UNKNOWN


def _join_lists(run: Run, kind: type[cst.BaseBinaryOp], left: Value, right: Value) -> Value:
    if kind is cst.Add and isinstance(left, ListValue) and isinstance(right, ListValue):
        if isinstance(left.items, Unknown) or isinstance(right.items, Unknown):
            return ListValue(join_lengths(left.items, right.items))
        joined = (*left.items, *right.items)
        run.pay_for_copy(joined)
        return ListValue(joined if len(joined) <= builtins.MAX_ITEMS else UNKNOWN)
    sequence, times = (left, right) if isinstance(left, ListValue) else (right, left)
    if kind is cst.Multiply and isinstance(sequence, ListValue):
        items = sequence.items
        if isinstance(times, int) and not isinstance(items, Unknown) and len(items) * times <= builtins.MAX_ITEMS:
            run.pay_for_copy(items, max(times, 0))
            return ListValue(tuple(items) * times)
        return ListValue(UNKNOWN)
    return UNKNOWN


def _boolean(run: Run, node: cst.BooleanOperation, frame: Frame) -> Value:
    left = evaluate(run, node.left, frame)
    decided = decide(run, frame, node.left, left)
    stops = type(node.operator) is cst.Or
    if decided is stops:
        return left
    if decided is not None:
        return evaluate(run, node.right, frame)
    with run.mute():
        right = evaluate(run, node.right, frame)
    other = decide(run, frame, node.right, right)
    if other is stops and isinstance(right, bool):
        # `x or True` is true and `x and False` is false, whatever x is.
        return right
    return UNKNOWN if left is UNKNOWN else join(left, right)


def decide(run: Run, frame: Frame, node: cst.CSTNode, value: Value) -> bool | None:
    """Truth of a value where the program asks for it."""
    if isinstance(value, Tensor) and tensors.lacks_values(run, value):
        run.state_problem(PythonFlowOnSymbolic(frame.unit.source.shown(node), "if"), frame, node, (value,))
    return truth(value)


_UNARY: dict[type[cst.BaseUnaryOp], str] = {cst.Minus: "Negative", cst.BitInvert: "LogicalNot"}


def _unary(run: Run, node: cst.UnaryOperation, frame: Frame) -> Value:
    value = evaluate(run, node.expression, frame)
    if type(node.operator) is cst.Not:
        decided = decide(run, frame, node.expression, value)
        return UNKNOWN if decided is None else not decided
    if isinstance(value, Tensor):
        shown = frame.unit.source.shown(node)

        def again(positional: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
            x = positional[0]
            return stamp(replace(x, content=None), frame, node, shown, (x,)) if isinstance(x, Tensor) else UNKNOWN

        return graph.apply(run, frame, node, _UNARY.get(type(node.operator), "positive"), (value,), {}, again)
    if isinstance(value, ObjectValue):
        return datasets.operate(run, value, 0)
    if isinstance(value, Linear) and isinstance(node.operator, cst.Minus):
        return dims.scale(value, -1)
    if isinstance(value, int | float):
        if isinstance(node.operator, cst.Minus):
            return -value
        if isinstance(node.operator, cst.Plus):
            return +value
        if isinstance(value, int):
            return ~value
    return UNKNOWN


_ORDER: dict[type[cst.BaseCompOp], Callable[[Any, Any], bool]] = {
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
}


_SPECIAL_ORDER: dict[type[cst.BaseCompOp], str] = {
    cst.Equal: "__eq__", cst.NotEqual: "__ne__", cst.LessThan: "__lt__", cst.LessThanEqual: "__le__",
    cst.GreaterThan: "__gt__", cst.GreaterThanEqual: "__ge__",
}  # fmt: skip


def _comparison(run: Run, node: cst.Comparison, frame: Frame) -> Value:
    left = evaluate(run, node.left, frame)
    result: Value = True
    for target in node.comparisons:
        right = evaluate(run, target.comparator, frame)
        one = _compare(run, frame, node, target.operator, left, right)
        if one is False:
            return False
        if isinstance(one, Tensor):
            return one
        if one is not True:
            result = UNKNOWN
        left = right
    return result


def _compare(run: Run, frame: Frame, node: cst.CSTNode, op: cst.BaseCompOp, left: Value, right: Value) -> Value:
    kind = type(op)
    if kind is cst.Is or kind is cst.IsNot:
        same = _is(left, right)
        return UNKNOWN if same is None else same is (kind is cst.Is)
    if kind is cst.In or kind is cst.NotIn:
        if isinstance(right, Instance):
            found = truth(builtins.special(run, frame, node, right, "__contains__", left))
        else:
            found = _contains(right, left)
        return UNKNOWN if found is None else found is (kind is cst.In)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        name = "equal" if kind in _EQUALITY else "order"

        def again(positional: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
            return tensors.combine(run, frame, node, name, *positional)

        return graph.apply(run, frame, node, _COMPARED.get(kind, "equal"), (left, right), {}, again)
    if isinstance(left, ObjectValue) or isinstance(right, ObjectValue):
        return datasets.operate(run, left, right, dtype="bool")
    if isinstance(left, Instance) and kind in _SPECIAL_ORDER:
        return builtins.special(run, frame, node, left, _SPECIAL_ORDER[kind], right)
    if kind in _EQUALITY:
        same = equal(left, right)
        return UNKNOWN if same is None else same is (kind is cst.Equal)
    if isinstance(left, Dynamic) or isinstance(right, Dynamic):
        partner = right if isinstance(left, Dynamic) else left
        if isinstance(partner, int | float | Linear):
            tensors.state_dynamic(run, frame, node, (left, right))
        return UNKNOWN
    compare = _ORDER.get(kind)
    if compare is None:
        return UNKNOWN
    try:
        if isinstance(left, int | float | str) and isinstance(right, int | float | str):
            return compare(left, right)
        if isinstance(left, tuple) and isinstance(right, tuple) and all(isinstance(p, int | str) for p in left + right):
            return compare(left, right)
    except TypeError:
        pass
    return UNKNOWN


_EQUALITY = (cst.Equal, cst.NotEqual)
_COMPARED: dict[type[cst.BaseCompOp], str] = {
    cst.LessThan: "Less",
    cst.LessThanEqual: "LessEqual",
    cst.GreaterThan: "Greater",
    cst.GreaterThanEqual: "GreaterEqual",
    cst.NotEqual: "NotEqual",
}


def _is(left: Value, right: Value) -> bool | None:
    for one, other in ((left, right), (right, left)):
        if one is None:
            if isinstance(other, Unknown | Linear):
                return None
            return other is None or isinstance(other, Dynamic)
    if isinstance(left, bool) and isinstance(right, bool):
        return left is right
    if isinstance(left, EnumMember) and isinstance(right, EnumMember):
        return left == right
    if isinstance(left, ClassValue) and isinstance(right, ClassValue):
        return left is right
    if isinstance(left, External) and isinstance(right, External):
        return True if left.canonical == right.canonical else None
    return None


def equal(left: Value, right: Value, compared: Pairs | None = None) -> bool | None:
    """``left == right``; None where that is not known.

    Args:
        compared: what is known of some pairs of sequences.
    """
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if isinstance(left, tuple) and isinstance(right, tuple):
        if len(left) != len(right):
            return False
        compared = {} if compared is None else compared
        pair = id(left), id(right)
        if pair not in compared:
            parts = [equal(a, b, compared) for a, b in zip(left, right)]
            compared[pair] = False if False in parts else None if None in parts else True
        return compared[pair]  # type: ignore[no-any-return]
    if isinstance(left, ListValue) and isinstance(right, ListValue):
        if isinstance(left.items, Unknown) or isinstance(right.items, Unknown):
            return None
        if isinstance(left, SetValue) and isinstance(right, SetValue):
            return set(left.items) == set(right.items)
        if type(left) is not type(right) or left is right:
            return left is right or None
        return equal(left.items, right.items, compared)
    if isinstance(left, Dynamic) or isinstance(right, Dynamic):
        return (left is None or isinstance(left, Dynamic)) and (right is None or isinstance(right, Dynamic))
    if isinstance(left, Linear) or isinstance(right, Linear):
        return True if same_value(left, right) else None
    plain = (bool, int, float, str, bytes, type(None), External, EnumMember, range)
    if isinstance(left, plain) and isinstance(right, plain):
        return left == right
    return None


def _contains(container: Value, item: Value) -> bool | None:
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    if isinstance(container, ClassValue):
        return True if isinstance(item, EnumMember) and item.cls is container else None
    if isinstance(container, DictValue):
        if is_key(item) and item in container.entries:
            return True
        return None if container.open or not is_key(item) else False
    items = container.items if isinstance(container, SetValue) else items_of(container)
    if isinstance(items, Unknown):
        return None
    if isinstance(items, range):
        return item in items if isinstance(item, int) else None
    if len(items) > builtins.MAX_ITEMS:
        return None
    answers = [equal(item, candidate) for candidate in items]
    if True in answers:
        return True
    return None if None in answers else False


def _conditional(run: Run, node: cst.IfExp, frame: Frame) -> Value:
    test = decide(run, frame, node.test, evaluate(run, node.test, frame))
    if test is not None:
        return evaluate(run, node.body if test else node.orelse, frame)
    results: list[Value] = []

    def branch(expression: cst.BaseExpression) -> Callable[[], Completion]:
        def go() -> Completion:
            results.append(evaluate(run, expression, frame))
            return Completion.NORMAL

        return go

    with run.mute():
        run.fork(frame, [branch(node.body), branch(node.orelse)])
    return join(results[0], results[1])


def _lambda(run: Run, node: cst.Lambda, frame: Frame) -> Value:
    return FunctionValue("<lambda>", node, frame.scope, frame.unit, default_values(run, node.params, frame))


def default_values(run: Run, parameters: cst.Parameters, frame: Frame) -> dict[str, Value]:
    """Defaults of a function's parameters, evaluated where the function is defined."""
    every = [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]
    return {param.name.value: evaluate(run, param.default, frame) for param in every if param.default is not None}


def _comprehension(run: Run, node: cst.BaseSimpleComp, frame: Frame) -> Value:
    collected: list[Value] = []
    inner = _inner_frame(frame)
    known = _comprehend(run, node.for_in, inner, lambda: collected.append(evaluate(run, node.elt, inner)))
    if isinstance(node, cst.SetComp):
        return builtins.make_set(tuple(collected) if known else UNKNOWN)
    items = tuple(collected) if known else many(collected)
    return IteratorValue(items) if isinstance(node, cst.GeneratorExp) else ListValue(items)


def _dict_comprehension(run: Run, node: cst.DictComp, frame: Frame) -> Value:
    result = DictValue()
    inner = _inner_frame(frame)

    def collect() -> None:
        key, value = evaluate(run, node.key, inner), evaluate(run, node.value, inner)
        if is_key(key):
            result.entries[key] = value
        else:
            result.state["open"] = True

    if not _comprehend(run, node.for_in, inner, collect):
        return DictValue(open_ended=True)
    return result


def _inner_frame(frame: Frame) -> Frame:
    scope = Scope.local(frame.scope)
    return Frame(frame.unit, scope, frame.symbol, frame.owner, frame.receiver, frame.statement)


def _comprehend(run: Run, clause: cst.CompFor, frame: Frame, collect: Callable[[], None]) -> bool:
    """Run a comprehension's loops; False when it is not known what they met."""
    from convlint.static.statements import bind_target, loop_items

    items, exact = loop_items(run, frame, clause.iter, evaluate(run, clause.iter, frame))
    known = exact
    for item in items:
        run.step()
        bind_target(run, frame, clause.target, item)
        keep: bool | None = True
        for condition in clause.ifs:
            keep = decide(run, frame, condition.test, evaluate(run, condition.test, frame))
            if keep is not True:
                break
        if keep is False:
            continue
        if keep is None:
            known = False
        with run.mute(keep is None):
            if clause.inner_for_in is not None:
                known = _comprehend(run, clause.inner_for_in, frame, collect) and known
            else:
                collect()
    return known


def _named(run: Run, node: cst.NamedExpr, frame: Frame) -> Value:
    from convlint.static.statements import bind_target

    value = evaluate(run, node.value, frame)
    bind_target(run, frame, node.target, value)
    return value


def _call(run: Run, node: cst.Call, frame: Frame) -> Value:
    return calls.evaluate_call(run, node, frame)


def _inner_value(run: Run, node: cst.CSTNode, frame: Frame) -> Value:
    evaluate(run, node.expression, frame)  # type: ignore[attr-defined]
    return UNKNOWN


def _yield(run: Run, node: cst.Yield, frame: Frame) -> Value:
    from convlint.static.statements import loop_items

    value = node.value
    if isinstance(value, cst.From):
        source = evaluate(run, value.item, frame)
        given, exact = loop_items(run, frame, value.item, source)
        for item in given:
            frame.hand_out(run, item, exact=exact)
    else:
        frame.hand_out(run, None if value is None else evaluate(run, value, frame))
    return UNKNOWN


_EVALUATORS: dict[type[cst.CSTNode], Callable[..., Value]] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Call: _call,
    cst.Integer: _literal,
    cst.Float: _literal,
    cst.SimpleString: _literal,
    cst.ConcatenatedString: _concatenated,
    cst.FormattedString: _formatted,
    cst.Tuple: _tuple,
    cst.List: _list,
    cst.Set: _set,
    cst.Dict: _dict,
    cst.Subscript: _subscript,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.UnaryOperation: _unary,
    cst.Comparison: _comparison,
    cst.IfExp: _conditional,
    cst.Lambda: _lambda,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.DictComp: _dict_comprehension,
    cst.NamedExpr: _named,
    cst.Ellipsis: lambda run, node, frame: Ellipsis,
    cst.Await: _inner_value,
    cst.Yield: _yield,
}

__all__ = ["ArithmeticOnDynamicDim", "ClassValue", "apply_operator", "decide", "default_values", "evaluate"]
