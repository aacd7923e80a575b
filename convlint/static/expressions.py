"""Evaluation of expressions."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import libcst as cst

from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import ArithmeticOnDynamicDim, PythonFlowOnSymbolic
from convlint.shapes import dims
from convlint.shapes.dims import UNKNOWN, Dynamic, Linear, Unknown
from convlint.static import attributes, calls, datasets, graph, indexing, tensors
from convlint.static.builtins import BUILTINS
from convlint.static.journal import MISSING
from convlint.static.run import Completion, Frame, Run, stamp
from convlint.static.values import (
    ClassValue,
    DictValue,
    External,
    FunctionValue,
    ListValue,
    ObjectValue,
    Scope,
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
    return UNKNOWN if evaluator is None else evaluator(run, node, frame)


_WORDS: dict[str, Value] = {"None": None, "True": True, "False": False}


def _name(run: Run, node: cst.Name, frame: Frame) -> Value:
    if node.value in _WORDS:
        return _WORDS[node.value]
    found = frame.scope.find(node.value)
    if found is not MISSING:
        return found
    if node.value in BUILTINS:
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
    try:
        value: Value = ast.literal_eval(text)
        return value
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return UNKNOWN


def _concatenated(run: Run, node: cst.ConcatenatedString, frame: Frame) -> Value:
    left, right = evaluate(run, node.left, frame), evaluate(run, node.right, frame)
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return UNKNOWN


def _formatted(run: Run, node: cst.FormattedString, frame: Frame) -> Value:
    parts: list[str] = []
    known = True
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            parts.append(part.value)
            continue
        assert isinstance(part, cst.FormattedStringExpression)
        value = evaluate(run, part.expression, frame)
        text = _format(part, value)
        if text is None:
            known = False
        else:
            parts.append(text)
    return "".join(parts) if known else UNKNOWN


def _format(part: cst.FormattedStringExpression, value: Value) -> str | None:
    """``{value!r:>{width}}`` as text; None where a piece of it is not known."""
    if not isinstance(value, str | int | float | bool):
        return None
    spec = part.format_spec or ()
    if not all(isinstance(piece, cst.FormattedStringText) for piece in spec):
        return None
    how = "".join(piece.value for piece in spec if isinstance(piece, cst.FormattedStringText))
    if len(how) > 20 or sum(map(str.isdigit, how)) > 4:
        return None  # a width of a billion
    try:
        return format(repr(value) if part.conversion in ("r", "a") else value, how)
    except (ValueError, TypeError):
        return None


def _elements(run: Run, elements: Sequence[cst.BaseElement], frame: Frame) -> tuple[Value, ...] | Unknown:
    values: list[Value] = []
    whole = True
    for element in elements:
        value = evaluate(run, element.value, frame)
        if isinstance(element, cst.StarredElement):
            items = items_of(value)
            if isinstance(items, Unknown):
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
    _elements(run, node.elements, frame)
    return UNKNOWN


def _dict(run: Run, node: cst.Dict, frame: Frame) -> Value:
    result = DictValue()
    for element in node.elements:
        if isinstance(element, cst.StarredDictElement):
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
        if _is_key(key):
            result.entries[key] = value
        else:
            result.state["open"] = True
    return result


def _is_key(value: Value) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_key, value))
    return value is None or isinstance(value, bool | int | float | str | External)


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
        if isinstance(inner, cst.Slice):
            lower, upper, step = (
                None if part is None else evaluate(run, part, frame) for part in (inner.lower, inner.upper, inner.step)
            )
            parts.append(SliceValue(lower, upper, step))
        else:
            assert isinstance(inner, cst.Index)
            parts.append(evaluate(run, inner.value, frame))
    if len(parts) == 1 and not isinstance(node.slice[0].comma, cst.Comma):
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
}


def _binary(run: Run, node: cst.BinaryOperation, frame: Frame) -> Value:
    left, right = evaluate(run, node.left, frame), evaluate(run, node.right, frame)
    return apply_operator(run, frame, node, type(node.operator), left, right)


def apply_operator(
    run: Run, frame: Frame, node: cst.CSTNode, kind: type[cst.BaseBinaryOp], left: Value, right: Value
) -> Value:
    """``left <op> right`` for numbers, sizes, sequences and tensors."""
    name, function = _ARITHMETIC.get(kind, ("", operator.add))
    if isinstance(left, Tensor) or isinstance(right, Tensor):

        def again(positional: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
            return tensors.combine(run, frame, node, name, *positional)

        return graph.apply(run, frame, node, _OPERATIONS.get(name) or name, (left, right), {}, again)
    if isinstance(left, Dynamic) or isinstance(right, Dynamic):
        return _arithmetic_on_dynamic(run, frame, node, left, right)
    if isinstance(left, Linear) or isinstance(right, Linear):
        return _arithmetic_on_symbol(kind, left, right)
    if isinstance(left, ListValue) or isinstance(right, ListValue):
        return _join_lists(kind, left, right)
    if isinstance(left, ObjectValue) or isinstance(right, ObjectValue):
        return datasets.operate(run, left, right)
    return _fold(function, left, right)


_SMALL = 1 << 64


def _fold(function: Callable[[object, object], object], left: Value, right: Value) -> Value:
    plain = (bool, int, float, str, tuple)
    if not isinstance(left, plain) or not isinstance(right, plain):
        return UNKNOWN
    if function is operator.mul:
        size = max(len(part) if isinstance(part, str | tuple) else 0 for part in (left, right))
        times = next((part for part in (left, right) if isinstance(part, int)), 0)
        if size * times > 100_000:
            return UNKNOWN
    if function in (operator.pow, operator.lshift) and isinstance(right, int) and right > 64:
        return UNKNOWN
    if function is operator.mod and isinstance(left, str):
        filled = right if isinstance(right, tuple) else (right,)
        if not all(isinstance(part, str | int | float) for part in filled):
            return UNKNOWN
    try:
        result = function(left, right)
    except (ArithmeticError, TypeError, ValueError):
        return UNKNOWN
    if isinstance(result, int) and abs(result) > _SMALL:
        return UNKNOWN
    return UNKNOWN if isinstance(result, complex) else result


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


def _join_lists(kind: type[cst.BaseBinaryOp], left: Value, right: Value) -> Value:
    if kind is cst.Add and isinstance(left, ListValue) and isinstance(right, ListValue):
        if isinstance(left.items, Unknown) or isinstance(right.items, Unknown):
            return ListValue(join_lengths(left.items, right.items))
        return ListValue(left.items + right.items)
    sequence, times = (left, right) if isinstance(left, ListValue) else (right, left)
    if kind is cst.Multiply and isinstance(sequence, ListValue):
        items = sequence.items
        if isinstance(times, int) and not isinstance(items, Unknown) and len(items) * times <= 100_000:
            return ListValue(items * times)
        return ListValue(UNKNOWN)
    return UNKNOWN


def _boolean(run: Run, node: cst.BooleanOperation, frame: Frame) -> Value:
    left = evaluate(run, node.left, frame)
    decided = decide(run, frame, node.left, left)
    stops = isinstance(node.operator, cst.Or)
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
    if isinstance(value, Tensor) and value.kind is Kind.SYMBOLIC:
        run.state_problem(PythonFlowOnSymbolic(frame.unit.source.shown(node), "if"), frame, node, (value,))
    return truth(value)


_UNARY: dict[type[cst.BaseUnaryOp], str] = {cst.Minus: "Negative", cst.BitInvert: "LogicalNot"}


def _unary(run: Run, node: cst.UnaryOperation, frame: Frame) -> Value:
    value = evaluate(run, node.expression, frame)
    if isinstance(node.operator, cst.Not):
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
    if isinstance(op, cst.Is | cst.IsNot):
        same = _is(left, right)
        return UNKNOWN if same is None else same is isinstance(op, cst.Is)
    if isinstance(op, cst.In | cst.NotIn):
        found = _contains(right, left)
        return UNKNOWN if found is None else found is isinstance(op, cst.In)
    if isinstance(left, Tensor) or isinstance(right, Tensor):

        def again(positional: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
            return tensors.combine(run, frame, node, "equal", *positional)

        return graph.apply(run, frame, node, _COMPARED.get(type(op), "equal"), (left, right), {}, again)
    if isinstance(left, ObjectValue) or isinstance(right, ObjectValue):
        return datasets.operate(run, left, right, dtype="bool")
    if isinstance(op, cst.Equal | cst.NotEqual):
        equal = _equal(left, right)
        return UNKNOWN if equal is None else equal is isinstance(op, cst.Equal)
    if isinstance(left, Dynamic) or isinstance(right, Dynamic):
        partner = right if isinstance(left, Dynamic) else left
        if isinstance(partner, int | float | Linear):
            tensors.state_dynamic(run, frame, node, (left, right))
        return UNKNOWN
    compare = _ORDER.get(type(op))
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
    return None


def _equal(left: Value, right: Value) -> bool | None:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if isinstance(left, tuple) and isinstance(right, tuple):
        if len(left) != len(right):
            return False
        parts = [_equal(a, b) for a, b in zip(left, right)]
        if False in parts:
            return False
        return None if None in parts else True
    if isinstance(left, ListValue) and isinstance(right, ListValue):
        if isinstance(left.items, Unknown) or isinstance(right.items, Unknown):
            return None
        return _equal(left.items, right.items)
    if isinstance(left, Dynamic) or isinstance(right, Dynamic):
        return (left is None or isinstance(left, Dynamic)) and (right is None or isinstance(right, Dynamic))
    if isinstance(left, Linear) or isinstance(right, Linear):
        return True if same_value(left, right) else None
    plain = (bool, int, float, str, bytes, type(None), External, range)
    if isinstance(left, plain) and isinstance(right, plain):
        return left == right
    return None


def _contains(container: Value, item: Value) -> bool | None:
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    if isinstance(container, DictValue):
        if _is_key(item) and item in container.entries:
            return True
        return None if container.open or not _is_key(item) else False
    items = items_of(container)
    if isinstance(items, Unknown):
        return None
    if isinstance(items, range):
        return item in items if isinstance(item, int) else None
    answers = [_equal(item, candidate) for candidate in items]
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
        return UNKNOWN
    return ListValue(collected if known else many(collected))


def _dict_comprehension(run: Run, node: cst.DictComp, frame: Frame) -> Value:
    result = DictValue()
    inner = _inner_frame(frame)

    def collect() -> None:
        key, value = evaluate(run, node.key, inner), evaluate(run, node.value, inner)
        if _is_key(key):
            result.entries[key] = value
        else:
            result.state["open"] = True

    if not _comprehend(run, node.for_in, inner, collect):
        return DictValue(open_ended=True)
    return result


def _inner_frame(frame: Frame) -> Frame:
    scope = Scope(parent=frame.scope)
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
        given, _ = loop_items(run, frame, value.item, evaluate(run, value.item, frame))
    else:
        given = [None if value is None else evaluate(run, value, frame)]
    for item in given:
        frame.yielded = join(frame.yielded, item)
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
