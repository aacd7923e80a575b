"""CL606: a PyTorch method as a function of Keras or TensorFlow."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import libcst as cst

from convlint.catalog.tensor import Tensor
from convlint.fixes.editing import Case, fix, positional_of
from convlint.problems import TorchMethod
from convlint.shapes.dims import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix

_NAMES = {
    "keras.ops.transpose": "tensorflow.transpose",
    "keras.ops.reshape": "tensorflow.reshape",
    "keras.ops.expand_dims": "tensorflow.expand_dims",
    "keras.ops.stop_gradient": "tensorflow.stop_gradient",
}
_TUPLE_METHODS = ("permute", "view")


def function_names(case: Case, wanted: str, other: str) -> tuple[str, ...]:
    """Full names that do the work here, the best first; ``tf.*`` refuses symbolic tensors outside a layer."""
    kept = (wanted, other, f"tensorflow.{wanted}") if case.inside_call else (wanted, f"tensorflow.{wanted}")
    return tuple(name for name in kept if name)


def propose(case: Case) -> Iterator[Fix]:
    """Call the function that does the same."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, TorchMethod) or call is None or not isinstance(call.func, cst.Attribute):
        return
    if any(argument.star for argument in call.args):
        return
    receiver = call.func.value
    end_of_receiver, end = case.source.span(receiver)[1] + len(receiver.rpar), case.source.span(call)[1]
    if problem.method in ("contiguous", "cuda"):
        edit = case.edit(end_of_receiver, end, "")
        yield from fix("unsafe", f"leave out `.{problem.method}()`", [edit])
        return
    if problem.method == "size":
        yield from fix("unsafe", "read `.shape`", [case.edit(end_of_receiver, end, _shape(case, call))])
        return
    spelled = case.spell(*function_names(case, problem.replacement, _NAMES.get(problem.replacement, "")))
    arguments = _arguments(case, call, problem.method)
    if spelled is None or arguments is None:
        return
    name, extra = spelled
    start = case.source.span(call)[0]
    edits = [
        case.edit(start, start, f"{_assignment(case, call, problem.method)}{name}("),
        case.edit(end_of_receiver, end, f"{arguments})"),
    ]
    yield from fix("unsafe", f"call `{name}`", edits, extra)


def _shape(case: Case, call: cst.Call) -> str:
    if not call.args:
        return ".shape"
    return f".shape[{case.value_text(call.args[0])}]"


def _arguments(case: Case, call: cst.Call, method: str) -> str | None:
    plain = positional_of(call)
    if len(plain) != len(call.args):
        words = [argument.keyword.value for argument in call.args if argument.keyword is not None]
        if method not in ("unsqueeze", "unsqueeze_") or words != ["dim"]:
            return None
        return f", {case.value_text(call.args[0])}"
    if not plain:
        return "" if method == "detach" else None
    text = case.source.text[case.argument_span(plain[0])[0] : case.argument_span(plain[-1])[1]]
    if method == "view" and len(plain) > 1:
        return _view_target(case, plain)
    if method in _TUPLE_METHODS:
        if len(plain) > 1:
            return f", ({text})"
        if isinstance(plain[0].value, cst.Integer | cst.UnaryOperation):
            return f", ({text},)"
    return f", {text}"


def _view_target(case: Case, plain: list[cst.Arg]) -> str | None:
    """The new shape; PyTorch knows the size of the batch, Keras does not while it builds."""
    texts = [case.value_text(argument) for argument in plain]
    batch = [index for index, argument in enumerate(plain) if _is_batch_size(argument.value)]
    rest = _size_without_batch(case, texts, batch)
    if len(batch) == 1 and ("-1" not in texts or rest is not None):
        texts = [str(rest) if text == "-1" else text for text in texts]
        texts[batch[0]] = "-1"
    elif batch:
        spelled = case.spell(*function_names(case, "keras.ops.shape", "tensorflow.shape"))
        if spelled is None or spelled[1]:
            return None
        for index in batch:
            node = plain[index].value
            if isinstance(node, cst.Subscript) and isinstance(node.value, cst.Attribute):
                texts[index] = f"{spelled[0]}({case.code(node.value.value)})[0]"
    return f", ({', '.join(texts)})"


def _size_without_batch(case: Case, texts: list[str], batch: list[int]) -> int | None:
    """What the ``-1`` of ``x.view(x.shape[0], …, -1)`` comes to where every other size is a number."""
    x = (case.site.values or {}).get("x")
    others = [text for index, text in enumerate(texts) if index not in batch and text != "-1"]
    if not isinstance(x, Tensor) or isinstance(x.shape, Unknown) or texts.count("-1") != 1:
        return None
    sizes = [size for size in x.shape[1:] if isinstance(size, int)]
    if len(sizes) != len(x.shape) - 1 or not all(text.isdecimal() and int(text) for text in others):
        return None
    given = prod(int(text) for text in others)
    return None if prod(sizes) % given else prod(sizes) // given


def _is_batch_size(node: cst.BaseExpression) -> bool:
    """``x.shape[0]`` or PyTorch's ``x.size(0)``."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "size":
        value = node.args[0].value if len(node.args) == 1 else None
        return isinstance(value, cst.Integer) and value.evaluated_value == 0
    if not (isinstance(node, cst.Subscript) and isinstance(node.value, cst.Attribute)):
        return False
    if node.value.attr.value != "shape" or len(node.slice) != 1:
        return False
    index = node.slice[0].slice
    return isinstance(index, cst.Index) and isinstance(index.value, cst.Integer) and index.value.evaluated_value == 0


def _assignment(case: Case, call: cst.Call, method: str) -> str:
    """``x = `` for a method that changes its tensor in place, where its statement is nothing else."""
    statement = case.site.statement
    receiver = call.func.value if isinstance(call.func, cst.Attribute) else None
    if method.endswith("_") and isinstance(receiver, cst.Name) and _is_whole_statement(statement, call):
        return f"{receiver.value} = "
    return ""


def _is_whole_statement(statement: cst.CSTNode | None, call: cst.Call) -> bool:
    if isinstance(statement, cst.SimpleStatementLine):
        return any(isinstance(part, cst.Expr) and part.value is call for part in statement.body)
    return isinstance(statement, cst.Expr) and statement.value is call
