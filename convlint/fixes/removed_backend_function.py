"""CL707: a ``keras.backend`` function that Keras 3 no longer has, by its successor."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from convlint.fixes.editing import fix, has_keyword, keyword_of, nodes_within, positional_of, quoted_like
from convlint.problems import RemovedBackendFunction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convlint.findings import Edit, Fix
    from convlint.fixes.editing import Case


class Successor(NamedTuple):
    """A function of ``keras.ops`` that takes the same arguments in the same order.

    Attributes:
        name: its full name.
        words: the backend's keywords that it calls otherwise.
        default: an argument that the backend had as a default and the successor has not, with
            its position.
    """

    name: str
    words: Mapping[str, str] = {}
    default: tuple[int, str, str] | None = None


_LAST_AXIS = (1, "axis", "-1")
SUCCESSORS: Mapping[str, Successor] = {
    **{f"conv{rank}d": Successor("keras.ops.conv", {"x": "inputs"}) for rank in (1, 2, 3)},
    "permute_dimensions": Successor("keras.ops.transpose", {"pattern": "axes"}),
    "expand_dims": Successor("keras.ops.expand_dims", default=_LAST_AXIS),
    "squeeze": Successor("keras.ops.squeeze"),
    "reshape": Successor("keras.ops.reshape", {"shape": "newshape"}),
    "concatenate": Successor("keras.ops.concatenate", {"tensors": "xs"}, _LAST_AXIS),
    "stack": Successor("keras.ops.stack"),
    "tile": Successor("keras.ops.tile", {"n": "repeats"}),
    "cast": Successor("keras.ops.cast"),
    "clip": Successor("keras.ops.clip", {"min_value": "x_min", "max_value": "x_max"}),
    "softmax": Successor("keras.ops.softmax"),
    "one_hot": Successor("keras.ops.one_hot", {"indices": "x"}),
    "argmax": Successor("keras.ops.argmax", default=_LAST_AXIS),
    "argmin": Successor("keras.ops.argmin", default=_LAST_AXIS),
    "pow": Successor("keras.ops.power", {"x": "x1", "a": "x2"}),
    **{
        name: Successor(f"keras.ops.{name}", {"x": "x1", "y": "x2"})
        for name in ("maximum", "minimum", "equal", "not_equal", "greater", "greater_equal", "less", "less_equal")
    },
    **{
        name: Successor(f"keras.ops.{name}")
        for name in (
            "sum", "mean", "max", "min", "prod", "any", "all", "std", "var", "logsumexp", "square", "sqrt", "abs",
            "exp", "log", "sign", "sin", "cos", "tanh", "sigmoid", "round", "shape", "transpose",
            "ndim", "stop_gradient", "softplus", "softsign", "zeros_like", "ones_like", "cumsum", "cumprod",
        )
    },
    **{
        name: Successor(f"keras.ops.{name}")
        for name in (
            "zeros", "ones", "arange", "binary_crossentropy", "categorical_crossentropy", "elu", "hard_sigmoid",
            "in_top_k", "selu",
        )
    },
    "dot": Successor("keras.ops.dot", {"x": "x1", "y": "x2"}),
    "flatten": Successor("keras.ops.ravel"),
    "random_normal": Successor("keras.random.normal"),
    "random_uniform": Successor("keras.random.uniform"),
    "repeat_elements": Successor("keras.ops.repeat", {"rep": "repeats"}),
    "switch": Successor("keras.ops.where", {"then_expression": "x1", "else_expression": "x2"}),
    "set_image_dim_ordering": Successor("keras.config.set_image_data_format"),
    "image_dim_ordering": Successor("keras.config.image_data_format"),
}  # fmt: skip
"""``keras.backend`` of Keras 2 against ``keras.ops`` of Keras 3.15, signature by signature."""

_UNARY = {
    "relu": "keras.ops.relu",
    "constant": "keras.ops.convert_to_tensor",
    "variable": "keras.Variable",
    "eye": "keras.ops.eye",
    "eval": "keras.ops.convert_to_numpy",
    "get_value": "keras.ops.convert_to_numpy",
}
"""Functions that agree as long as they get one argument."""
_LAYOUTS = {"th": "channels_first", "tf": "channels_last"}


def propose(case: Case) -> Iterator[Fix]:
    """Call the successor with its own keywords, or ``tf.keras.backend`` where there is none."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, RemovedBackendFunction) or call is None or any(one.star for one in call.args):
        return
    name = case.site.callee.rpartition(".")[2]
    if name == "int_shape" and len(positional_of(call)) == len(call.args) == 1:
        yield from fix("unsafe", "read `.shape`", [case.replace(call, f"tuple({case.code(call.args[0].value)}.shape)")])
        return
    given = positional_of(call)
    if name in ("set_value", "update") and len(given) == len(call.args) == 2:
        variable, value = (case.code(argument.value) for argument in given)
        yield from fix("unsafe", "assign to the variable", [case.replace(call, f"{variable}.assign({value})")])
        return
    successor = SUCCESSORS.get(name)
    if successor is None and name in _UNARY and len(given) == len(call.args) == 1:
        successor = Successor(_UNARY[name])
    if successor is None:
        spelled = case.spell(f"tensorflow.keras.backend.{name}")
        if spelled is not None and not spelled[1]:
            yield from fix("unsafe", f"call `{spelled[0]}`", [case.replace(call.func, spelled[0])])
        return
    backend = f"keras.backend.{successor.name.rpartition('.')[2]}"
    still_there = (backend, f"tensorflow.{backend}") if successor.name.startswith("keras.config.") else ()
    spelled = case.spell(*still_there, successor.name, f"tensorflow.{successor.name}")
    arguments = _arguments(case, call, successor)
    if spelled is not None and arguments is not None:
        edits = [case.replace(call.func, spelled[0]), *arguments]
        yield from fix("unsafe", f"call `{spelled[0]}`", edits, spelled[1])


def _arguments(case: Case, call: cst.Call, successor: Successor) -> list[Edit] | None:
    edits: list[Edit] = []
    for old, new in successor.words.items():
        found = keyword_of(call, old)
        if found is not None:
            edits.append(case.rename_keyword(found[1], new))
    if successor.name.endswith(".image_data_format"):
        edits += _compared_layouts(case, call)
    if successor.name.endswith("set_image_data_format"):
        value = call.args[0].value if call.args else None
        layout = _LAYOUTS.get(str(value.evaluated_value)) if isinstance(value, cst.SimpleString) else None
        if value is None or layout is None:
            return None
        edits.append(case.replace(value, f'"{layout}"'))
    if successor.default is not None:
        position, word, value_text = successor.default
        if len(positional_of(call)) <= position and not has_keyword(call, word):
            edits.append(case.add_argument(call, f"{word}={value_text}"))
    return edits


def _compared_layouts(case: Case, call: cst.Call) -> list[Edit]:
    """``K.image_dim_ordering() == "th"``: the word that the answer is compared with."""
    edits: list[Edit] = []
    for node in nodes_within(case.source.module):
        if isinstance(node, cst.Comparison) and node.left is call:
            for target in node.comparisons:
                word = target.comparator
                if isinstance(word, cst.SimpleString) and word.evaluated_value in _LAYOUTS:
                    layout = _LAYOUTS[str(word.evaluated_value)]
                    edits.append(case.replace(word, quoted_like(word.value, layout)))
    return edits
