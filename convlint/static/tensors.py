"""Operators between tensors, and what Python does with sizes that are ``None``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import libcst as cst

from convlint.catalog.content import entry_by_entry, shifted
from convlint.catalog.functions.common import as_tensor, result_kind
from convlint.catalog.registry import find_function
from convlint.catalog.shaping import note_fixed_batch
from convlint.catalog.tensor import Content, Kind, Tensor
from convlint.catalog.training import hidden_broadcast
from convlint.problems import (
    ArithmeticOnDynamicDim,
    MergeShapeMismatch,
    Problem,
    StaticBatchInLoss,
    TooManyIndices,
    UnpackedCount,
)
from convlint.shapes.dims import UNKNOWN, Dynamic, Linear, Unknown
from convlint.shapes.shape import broadcast
from convlint.static.run import Frame, Run, stamp
from convlint.static.syntax import descendants, dotted
from convlint.static.values import External, ListValue, Origin, ReadDynamic, Value, items_of


def lacks_values(run: Run, value: Value) -> bool:
    """Whether Python's ``if``, ``for`` and ``len`` fail on a value: a tensor that has no values when the line runs.

    Source: measured with Keras 3.15 on TensorFlow: ``call`` is traced in a plain graph, by a functional model and by
    ``fit``; nothing rewrites it.
    """
    if not isinstance(value, Tensor) or value.kind is Kind.SYMBOLIC:
        return isinstance(value, Tensor)
    traced = value.kind is Kind.TRACED and run.inside_call and not run.inside_loss and run.settings.keras >= 3
    return traced and not any(map(_works_on_graphs, run.active))


_ASKS = frozenset({"autograph", "executing_eagerly", "inside_function"})


@lru_cache(maxsize=64)
def _works_on_graphs(function: cst.CSTNode) -> bool:
    """Whether TensorFlow rewrites a function for graphs, or the function itself asks whether there are values."""
    if not isinstance(function, cst.FunctionDef):
        return False
    rewritten = any("function" in dotted(decorator.decorator) for decorator in function.decorators)
    return rewritten or any(isinstance(node, cst.Name) and node.value in _ASKS for node in descendants(function))


_COMPARISONS = frozenset({"equal", "order"})
_ARITHMETIC = frozenset({"add", "subtract", "multiply", "divide", "floor_divide", "mod", "power"})


def combine(run: Run, frame: Frame, node: cst.CSTNode, name: str, left: Value, right: Value) -> Value:
    """``left <op> right`` where at least one side is a tensor."""
    tensors = [side for side in (left, right) if isinstance(side, Tensor)]
    if isinstance(left, ReadDynamic) or isinstance(right, ReadDynamic):
        if name in _ARITHMETIC:
            state_dynamic(run, frame, node, (left, right))
        return Tensor(tensors[0].shape, kind=tensors[0].kind)
    sides = [_operand(side) for side in (left, right)]
    text = frame.unit.source.shown(node) if isinstance(node, cst.BaseExpression) else name
    if name == "matmul":
        rule = find_function("tensorflow.matmul") or find_function("numpy.matmul")
        if rule is None:
            return UNKNOWN
        found = rule
        result = run.consult(frame, node, "@", lambda ctx: found.rule(ctx, sides[0], sides[1]), tensors)
        return stamp(result, frame, node, text, tensors) if isinstance(result, Tensor) else UNKNOWN
    kind = (
        result_kind(*(side for side in sides if side.kind is not Kind.ARRAY))
        if _any_framework(sides)
        else _array_kind(sides)
    )
    shape = broadcast(sides[0].shape, sides[1].shape)
    if shape is None:
        first, second = sides[0].shape, sides[1].shape
        assert not isinstance(first, Unknown) and not isinstance(second, Unknown)
        run.state_problem(MergeShapeMismatch(_short(text), first, second), frame, node, tensors)
        return Tensor(kind=kind)
    run.consult(frame, node, _short(text), lambda ctx: note_fixed_batch(ctx, tensors), tensors)
    if name in ("subtract", "equal"):
        hidden = hidden_broadcast(_short(text), *sides)
        if hidden is not None:
            run.state_problem(hidden, frame, node, tensors)
    layouts = {tensor.layout for tensor in tensors}
    layout = layouts.pop() if len(layouts) == 1 else None
    content: Content | None = None
    if name == "add":
        content = shifted(sides[0], right) or shifted(sides[1], left)
    elif name == "subtract" and isinstance(right, int):
        content = shifted(sides[0], -right)
    if content is None and isinstance(left, int | float) != isinstance(right, int | float):
        content = entry_by_entry(tensors[0])
    return stamp(Tensor(shape, _dtype(name, sides), kind, layout, content), frame, node, _short(text), tensors)


def _operand(value: Value) -> Tensor:
    if isinstance(value, bool):
        return Tensor((), "bool", Kind.ARRAY)
    if isinstance(value, int):
        return Tensor((), "python int", Kind.ARRAY)
    if isinstance(value, float):
        return Tensor((), "python float", Kind.ARRAY)
    return as_tensor(value)


def _any_framework(sides: Sequence[Tensor]) -> bool:
    return any(side.kind is not Kind.ARRAY for side in sides)


def _array_kind(sides: Sequence[Tensor]) -> Kind:
    return Kind.ARRAY if all(side.kind is Kind.ARRAY for side in sides) else Kind.UNKNOWN


def _dtype(name: str, sides: Sequence[Tensor]) -> str | Unknown:
    """Result type by NumPy's promotion, for the cases that programs rely on."""
    if name in _COMPARISONS:
        return "bool"
    kinds = [side.dtype for side in sides]
    if any(isinstance(kind, Unknown) for kind in kinds):
        return UNKNOWN
    plain = [str(kind) for kind in kinds if not str(kind).startswith("python ")]
    if not plain:
        return UNKNOWN
    floats = [kind for kind in plain if "float" in kind]
    if floats:
        return floats[0] if len(set(plain)) == 1 or len(plain) == 1 else UNKNOWN
    if name == "divide" or "python float" in kinds:
        return "float64" if all(side.kind is Kind.ARRAY for side in sides) else UNKNOWN
    return plain[0] if len(set(plain)) == 1 else UNKNOWN


def _short(text: str, limit: int = 40) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def state_dynamic(run: Run, frame: Frame, node: cst.CSTNode, values: Sequence[Value]) -> None:
    """Python meets ``None`` where it needs a number."""
    read = next((value for value in values if isinstance(value, ReadDynamic)), None)
    if read is None:
        return
    tensor = read.tensor
    label = tensor.origin.label if isinstance(tensor.origin, Origin) else "x"
    code = frame.unit.source.shown
    text = code(node) if isinstance(node, cst.BaseExpression) else dotted_text(node)
    place = values.index(read)
    operands = _operands(node)
    written = code(operands[place]) if place < len(operands) else ""
    read_here = "shape" in written and not written.startswith(("[", "("))
    source = written if read_here else f"{_short(label)}.shape[{read.axis}]"
    problem: Problem = ArithmeticOnDynamicDim(_short(text), _short(text), _short(source))
    if run.inside_loss and read.axis == 0:
        problem = StaticBatchInLoss(run.inside_loss, _short(text), _short(source))
    run.state_problem(problem, frame, node, (tensor,))


def _is_number(dtype: object) -> bool:
    return isinstance(dtype, str) and dtype not in ("string", "object", "str", "bytes")


def state_indices(run: Run, frame: Frame, node: cst.CSTNode, base: Tensor, index: object) -> None:
    """State an index with more places than the tensor has axes."""
    assert not isinstance(base.shape, Unknown)
    if 0 in base.shape or (not base.shape and not _is_number(base.dtype)):
        return  # an empty list is the default of what is filled elsewhere; a text has places of its own
    text = frame.unit.source.shown(node) if isinstance(node, cst.BaseExpression) else dotted_text(node)
    count = sum(part is not None and part is not Ellipsis for part in index) if isinstance(index, tuple) else 1
    run.state_problem(TooManyIndices(_short(text), count, base.shape), frame, node, (base,))


def state_unpacked(run: Run, frame: Frame, names: Sequence[cst.BaseElement], value: Value) -> None:
    """State ``a, b, c = …`` where what is unpacked has another number of entries.

    Only where the statement's own right side is a call or a ``.shape``: tuples that travelled through the program may
    be a default that nobody uses.
    """
    statement = frame.statement
    if not isinstance(statement, cst.Assign) or any(isinstance(name, cst.StarredElement) for name in names):
        return
    source = statement.value
    if not any(getattr(target.target, "elements", None) is names for target in statement.targets):
        return
    called = run.last_call[0] is source and not _is_builtin(run.last_call[1])
    called = called or (isinstance(source, cst.Attribute) and source.attr.value == "shape")
    entries: object = None
    if isinstance(value, Tensor) and value.kind in (Kind.ARRAY, Kind.EAGER) and not isinstance(value.shape, Unknown):
        entries = value.shape[0] if value.shape else None
    elif called and isinstance(value, tuple | ListValue):
        items = items_of(value)
        if isinstance(items, tuple) and all(isinstance(item, _ENTRIES) for item in items):
            entries = len(items)
    # Nothing at all is what a file that nobody read, or a list that nobody filled, gives.
    if type(entries) is int and entries not in (0, len(names)):
        text = frame.unit.source.shown(source)
        found = (value,) if isinstance(value, Tensor) else ()
        run.state_problem(UnpackedCount(_short(text), len(names), entries), frame, source, found)


_ENTRIES = (Tensor, int, Dynamic, Linear, Unknown, tuple)
"""What shapes, layers and libraries give several of at a time."""


def _is_builtin(callee: Value) -> bool:
    return isinstance(callee, External) and callee.canonical.startswith("builtins.")


def _operands(node: cst.CSTNode) -> list[cst.BaseExpression]:
    if isinstance(node, cst.BinaryOperation):
        return [node.left, node.right]
    if isinstance(node, cst.Call):
        return [argument.value for argument in node.args]
    return []


def dotted_text(node: cst.CSTNode) -> str:
    """A short name for a node that is no expression."""
    return dotted(node) if isinstance(node, cst.BaseExpression) else type(node).__name__
