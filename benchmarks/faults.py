"""Single faults in one program: what a slip of the hand makes of a text that is correct.

Each mutation changes one place of the program's text, found in Python's own syntax tree. Whether the result is faulty
is for Keras to say (``benchmarks/injection.py``), never for this module.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A program with one change.

    Attributes:
        kind: which slip.
        line: where the text was changed.
        text: the whole program.
    """

    kind: str
    line: int
    text: str


@dataclass(frozen=True)
class Edit:
    """The text of a node replaced."""

    kind: str
    node: ast.expr | ast.stmt | ast.keyword
    new: str


def mutants(text: str) -> Iterator[Mutant]:
    """Every single fault that can be made of the program."""
    tree = ast.parse(text)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    starts = [0]
    for line in text.split("\n"):  # as Python counts lines: a form feed ends none
        starts.append(starts[-1] + len(line.encode()) + 1)
    data = text.encode()
    for node in ast.walk(tree):
        for slip in _SLIPS:
            for edit in slip(node, parents):
                place = edit.node
                begin = starts[place.lineno - 1] + place.col_offset
                end = starts[place.end_lineno - 1] + place.end_col_offset
                changed = data[:begin] + edit.new.encode() + data[end:]
                try:
                    ast.parse(changed)
                except SyntaxError:
                    continue
                yield Mutant(edit.kind, place.lineno, changed.decode())


Parents = dict[ast.AST, ast.AST]
Slip = Callable[[ast.AST, Parents], Iterator[Edit]]


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _is_size(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value > 1


_SHAPED = {"shape", "input_shape", "target_shape", "batch_shape"}


def _shapes(node: ast.AST, parents: Parents) -> Iterator[Edit]:
    """An axis left out, added, or at the wrong end of a literal shape."""
    given = isinstance(node, ast.keyword) and node.arg in _SHAPED and isinstance(node.value, ast.Tuple)
    first = _called(node) in ("Input", "Reshape") and node.args and isinstance(node.args[0], ast.Tuple)
    if not (given or first):
        return
    shape = node.value if given else node.args[0]
    parts = [ast.unparse(part) for part in shape.elts]

    def text(items: list[str]) -> str:
        return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"

    if len(parts) > 1:
        yield Edit("shape: last axis left out", shape, text(parts[:-1]))
        yield Edit("shape: first axis left out", shape, text(parts[1:]))
        if parts[-1] != parts[0]:
            yield Edit("shape: last axis first", shape, text([parts[-1], *parts[:-1]]))
    yield Edit("shape: an axis of 1 more", shape, text([*parts, "1"]))
    for part in shape.elts:
        if _is_size(part):
            yield Edit("shape: another size", part, str(part.value + 1))


_LAYERS_WITH_UNITS = {"Dense", "Conv2D", "Conv1D", "LSTM", "GRU", "Embedding", "Conv2DTranspose"}


def _sizes(node: ast.AST, parents: Parents) -> Iterator[Edit]:
    """Another number of units, a window larger than the picture."""
    name = _called(node)
    if isinstance(node, ast.Call) and name in _LAYERS_WITH_UNITS and node.args and _is_size(node.args[0]):
        units = node.args[0]
        yield Edit(f"units: {name}", units, str(units.value + 3))
        yield Edit(f"units: {name} of 1", units, "1")
        if len(node.args) > 1 and name.startswith("Conv"):
            yield Edit("window too large", node.args[1], "99")
    if isinstance(node, ast.Call) and "Pooling" in name and node.args:
        yield Edit("window too large", node.args[0], "77")


_DROPPED = {
    "return_sequences", "padding", "axis", "from_logits", "input_shape", "output_shape", "num_classes", "input_dim",
    "transpose_b", "keepdims", "strides", "activation", "target_size", "num_words", "maxlen",
}  # fmt: skip


def _keywords(node: ast.AST, parents: Parents) -> Iterator[Edit]:
    """A keyword left out or misspelt."""
    if not isinstance(node, ast.Call):
        return
    for keyword in node.keywords:
        if keyword.arg is None:
            continue
        if keyword.arg in _DROPPED:
            kept = [ast.unparse(part) for part in node.args]
            kept += [ast.unparse(part) for part in node.keywords if part is not keyword]
            yield Edit(f"left out: {keyword.arg}", node, f"{ast.unparse(node.func)}({', '.join(kept)})")
        if keyword.arg in ("activation", "kernel_size", "return_sequences", "units", "optimizer", "padding"):
            yield Edit("misspelt keyword", keyword, f"{keyword.arg}s={ast.unparse(keyword.value)}")
        if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant | ast.UnaryOp):
            yield Edit("another axis", keyword.value, "1" if ast.unparse(keyword.value) != "1" else "2")
            yield Edit("axis that is not there", keyword.value, "7")
        if keyword.arg == "num_classes" and _is_size(keyword.value):
            yield Edit("num_classes", keyword.value, str(keyword.value.value + 1))


_WORDS = {
    "categorical_crossentropy": "sparse_categorical_crossentropy",
    "sparse_categorical_crossentropy": "categorical_crossentropy",
    "binary_crossentropy": "categorical_crossentropy",
    "same": "smae",
    "relu": "rleu",
    "adam": "adm",
    "channels_last": "channels_first",
    "accuracy": "acuracy",
}
_OTHERS = {
    "CategoricalCrossentropy": "SparseCategoricalCrossentropy",
    "SparseCategoricalCrossentropy": "CategoricalCrossentropy",
    "BinaryCrossentropy": "CategoricalCrossentropy",
    "Conv2D": "Conv1D",
    "Conv1D": "Conv2D",
    "MaxPooling2D": "MaxPooling1D",
    "GlobalAveragePooling2D": "GlobalAveragePooling1D",
    "GlobalAveragePooling1D": "GlobalAveragePooling2D",
    "UpSampling2D": "UpSampling1D",
    "Concatenate": "Add",
    "Add": "Concatenate",
    "concatenate": "add",
    "Conv2DTranspose": "Conv2D",
    "SeparableConv2D": "Conv2D",
    "matmul": "multiply",
    "concat": "stack",
    "stack": "concat",
    "expand_dims": "squeeze",
    "squeeze": "expand_dims",
}


def _names(node: ast.AST, parents: Parents) -> Iterator[Edit]:
    """One name for another."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in _WORDS:
        yield Edit("word", node, repr(_WORDS[node.value]))
    name = _called(node)
    if isinstance(node, ast.Call) and name in _OTHERS:
        new = _OTHERS[name]
        function = node.func
        text = f"{ast.unparse(function.value)}.{new}" if isinstance(function, ast.Attribute) else new
        if isinstance(function, ast.Attribute):
            yield Edit(f"name: {name}", function, text)


def _left_out(node: ast.AST, parents: Parents) -> Iterator[Edit]:
    """A layer left out of a list or a chain, a preparation of the data left out."""
    name = _called(node)
    if name in ("Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "RepeatVector", "Reshape", "MaxPooling2D",
                "Embedding", "GlobalAveragePooling1D", "MaxPooling1D", "UpSampling2D", "Permute"):  # fmt: skip
        parent = parents.get(node)
        if isinstance(parent, ast.List) and len(parent.elts) > 1:
            kept = ", ".join(ast.unparse(part) for part in parent.elts if part is not node)
            yield Edit(f"layer left out: {name}", parent, f"[{kept}]")
        if isinstance(parent, ast.Call) and parent.func is node and len(parent.args) == 1:
            yield Edit(f"layer left out: {name}", parent, ast.unparse(parent.args[0]))
        statement = parents.get(parent) if parent is not None else None
        if _called(parent) == "add" and isinstance(statement, ast.Expr):
            yield Edit(f"layer left out: {name}", statement, "pass")
    if name in ("to_categorical", "expand_dims", "one_hot", "batch", "pad_sequences") and isinstance(node, ast.Call):
        if name == "batch" and isinstance(node.func, ast.Attribute):
            yield Edit("batch left out", node, ast.unparse(node.func.value))
        elif name != "batch" and node.args:
            yield Edit(f"left out: {name}", node, ast.unparse(node.args[0]))
    if name == "reshape" and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if isinstance(node.func.value, ast.Name) and node.func.value.id in ("np", "tf", "ops", "K"):
            if node.args:
                yield Edit("left out: reshape", node, ast.unparse(node.args[0]))
        else:
            yield Edit("left out: reshape", node, ast.unparse(node.func.value))
        for part in ast.walk(node):
            given = part in node.args or any(part in getattr(one, "elts", ()) for one in node.args)
            if given and _is_size(part):
                yield Edit("reshape: another size", part, str(part.value + 1))


def _data(node: ast.AST, parents: Parents) -> Iterator[Edit]:
    """Arguments of ``fit`` and of models taken for one another."""
    name = _called(node)
    if name in ("fit", "evaluate") and isinstance(node, ast.Call) and len(node.args) >= 2:
        x, y = node.args[0], node.args[1]
        yield Edit("data and labels exchanged", node, ast.unparse(
            ast.Call(node.func, [y, x, *node.args[2:]], node.keywords)))  # fmt: skip
        if isinstance(x, ast.Name):
            yield Edit("half of the samples", x, f"{x.id}[:100]")
            yield Edit("one sample", x, f"{x.id}[0]")
    if name == "Model" and isinstance(node, ast.Call):
        for argument in node.args[:2]:
            if isinstance(argument, ast.List) and len(argument.elts) > 1:
                yield Edit("one of several left out", argument, f"[{ast.unparse(argument.elts[0])}]")
    if isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.args[0], ast.List):
        listed = node.args[0]
        if len(listed.elts) == 2 and name not in ("Sequential", "array", "print"):
            yield Edit("one of two left out", listed, f"[{ast.unparse(listed.elts[0])}]")


_SLIPS: tuple[Slip, ...] = (_shapes, _sizes, _keywords, _names, _left_out, _data)
