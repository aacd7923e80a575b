"""Words, names and habits of older Keras and TensorFlow that today's refuse, ignore or read otherwise."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import libcst as cst

from convlint.catalog.generations import (
    CHECKPOINT_FILES,
    COUNT_SAMPLES,
    IGNORED_WORDS,
    KERAS1_METHOD_WORDS,
    MODEL_FILES,
    OPTIMIZERS,
    REMOVED_CALL_WORDS,
    REMOVED_METHOD_WORDS,
    REMOVED_METHODS,
    WEIGHT_FILES,
    show_value,
)
from convlint.catalog.gone import successor
from convlint.catalog.parameters import parameters_of
from convlint.catalog.signature import bind
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import (
    DictInputGivenList,
    IgnoredArgument,
    InputShapeArgument,
    Keras1Argument,
    LegacyOptimizer,
    MovedName,
    OptimizerArgument,
    OptimizerDecayIgnored,
    PositionalKernelSize,
    RemovedArgument,
    RemovedAttribute,
    RemovedLayer,
    RemovedMethod,
    SavePathExtension,
)
from convlint.shapes.dims import Dynamic, Unknown
from convlint.static.run import Frame, Run
from convlint.static.syntax import dotted
from convlint.static.values import (
    DictValue,
    External,
    Instance,
    LayerValue,
    ListValue,
    Method,
    ModelValue,
    Value,
)

if TYPE_CHECKING:
    from convlint.catalog.registry import LayerEntry

Arguments = Sequence[Value]
Keywords = Mapping[str, Value]


# --- names -----------------------------------------------------------------------------------


def check_name(run: Run, frame: Frame, node: cst.CSTNode, spelled: str) -> str:
    """State a name that its library no longer has; gives the name with which the analysis goes on."""
    today = successor(spelled, run.settings.keras)
    if today is None or ".backend." in spelled:
        return spelled
    if not run.imports_guarded:
        shown = dotted(node) if isinstance(node, cst.Attribute) else spelled
        home, _, last = spelled.rpartition(".")
        if home.endswith("keras.layers") and last[:1].isupper():
            run.state_problem(RemovedLayer(shown, today), frame, node, callee=spelled)
        else:
            library = "Keras 3" if "keras." in spelled else "TensorFlow 2"
            run.state_problem(MovedName(shown, library, today), frame, node, callee=spelled)
    return today or spelled


def exists(run: Run, spelled: str) -> bool:
    """Whether ``hasattr(module, name)`` may hold."""
    return successor(spelled, run.settings.keras) is None


def check_attribute(run: Run, frame: Frame, node: cst.CSTNode, base: Value, name: str) -> None:
    """State an attribute that tensors, shapes, layers and optimizers of Keras 3 no longer have.

    Source: measured. Inside ``call`` the tensors are TensorFlow's own, and have some of them.
    """
    if name not in _GONE or run.settings.keras < 3 or type(node) is not cst.Attribute:
        return
    replacement: str | None = None
    if isinstance(base, Tensor):
        replacement = _SHAPES.get(name) if base.kind is Kind.SYMBOLIC else None
    elif isinstance(base, tuple) and name in _METHODS_OF_SHAPES and _is_shape_of_symbolic(frame, node.value):
        replacement = _METHODS_OF_SHAPES[name]
    elif isinstance(base, int | Dynamic) and name == "value" and isinstance(node.value, cst.Subscript):
        replacement = "" if _is_shape_of_symbolic(frame, node.value.value) else None
    elif isinstance(base, LayerValue) and name in ("output_shape", "input_shape") and name not in base.state:
        replacement = name.partition("_")[0] + ".shape"
    elif isinstance(base, Method) and base.name == "optimizer" and name == "lr":
        replacement = "learning_rate"
    if replacement is not None:
        shown = frame.unit.source.shown(node.value)
        run.state_problem(RemovedAttribute(shown, name, replacement), frame, node)


_SHAPES = {"get_shape": "shape", "_keras_shape": "shape", "_shape": "shape"}
_METHODS_OF_SHAPES = {"as_list": "list(…)", "ndims": "len(…)"}
_GONE = frozenset({*_SHAPES, *_METHODS_OF_SHAPES, "value", "output_shape", "input_shape", "lr"})
"""Every attribute that may be one of them: most are not, and this is asked of each."""


def _is_shape_of_symbolic(frame: Frame, node: cst.CSTNode) -> bool:
    """Whether the expression is ``x.shape`` of a symbolic Keras tensor with a name."""
    if not isinstance(node, cst.Attribute) or node.attr.value != "shape" or not isinstance(node.value, cst.Name):
        return False
    x = frame.scope.find(node.value.value)
    return isinstance(x, Tensor) and x.kind is Kind.SYMBOLIC


# --- calls -----------------------------------------------------------------------------------


def check_call(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    external: External,
    positional: Arguments,
    keywords: Keywords,
    *,
    open_ended: bool = False,
) -> None:
    """State what Keras 3 refuses or ignores in a call of one of its functions and classes."""
    name = external.canonical
    if run.settings.keras < 3 or not name.startswith("keras."):
        return
    shown = dotted(node.func) if isinstance(node, cst.Call) else name
    home, _, last = name.rpartition(".")
    _state_removed(run, frame, node, shown, keywords, REMOVED_CALL_WORDS.get(name, {}))
    _state_ignored(run, frame, node, shown, last, keywords)
    _check_parameters(run, frame, node, name, positional, keywords, _told_elsewhere(name), open_ended)
    if home == "keras.optimizers" and last in OPTIMIZERS:
        _check_optimizer(run, frame, node, shown, keywords)
    elif home == "keras.optimizers.legacy":
        run.state_problem(LegacyOptimizer(shown, f"keras.optimizers.{last}"), frame, node, callee=external.name)
    elif name == "keras.callbacks.ModelCheckpoint":
        weights_only = keywords.get("save_weights_only", positional[4] if len(positional) > 4 else False)
        if isinstance(weights_only, bool):
            endings = WEIGHT_FILES if weights_only else CHECKPOINT_FILES
            _check_path(run, frame, node, shown, _first(positional, keywords, "filepath"), endings)
    elif name in ("keras.models.save_model", "keras.saving.save_model"):
        path = positional[1] if len(positional) > 1 else keywords.get("filepath")
        _check_path(run, frame, node, shown, path, MODEL_FILES)
    elif name in ("keras.models.load_model", "keras.saving.load_model"):
        _check_path(run, frame, node, shown, _first(positional, keywords, "filepath"), MODEL_FILES)


def check_layer(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    entry: LayerEntry,
    shown: str,
    positional: Arguments,
    keywords: Keywords,
) -> None:
    """State what Keras 3 only warns about when a layer is made, and a stride that was meant as a kernel's size."""
    if run.settings.keras < 3:
        return
    last = entry.name.rpartition(".")[2]
    _state_ignored(run, frame, node, shown, last, keywords)
    if last in _CONVOLUTIONS:
        _check_positional_size(run, frame, node, shown, _CONVOLUTIONS[last], positional)
    signature = entry.signature
    for word in ("input_shape", "input_dim"):
        if word in keywords and word not in signature.by_name and signature.is_layer:
            run.state_problem(InputShapeArgument(shown, word), frame, node)


_CONVOLUTIONS = {"Conv2D": 2, "SeparableConv2D": 2, "Conv2DTranspose": 2, "Conv3D": 3}


def _check_positional_size(
    run: Run, frame: Frame, node: cst.CSTNode, shown: str, axes: int, positional: Arguments
) -> None:
    """``Conv2D(32, 3, 3)``: whether it was written for Keras 1 is known at the end (``static/evidence.py``)."""
    sizes = positional[1 : 1 + axes]
    if len(sizes) != axes or not all(type(size) is int and size > 0 for size in sizes):
        return
    filters = show_value(positional[0])
    written = ", ".join(map(show_value, positional[: 1 + axes]))
    meant = f"{shown}({filters}, {show_value(tuple(sizes))})"
    run.state_problem(PositionalKernelSize(shown, f"{shown}({written})", meant, show_value(sizes[1])), frame, node)


def _state_removed(
    run: Run, frame: Frame, node: cst.CSTNode, shown: str, keywords: Keywords, words: Mapping[str, str]
) -> None:
    for word in keywords:
        if word in words:
            run.state_problem(RemovedArgument(shown, word, words[word]), frame, node)


def _state_ignored(run: Run, frame: Frame, node: cst.CSTNode, shown: str, name: str, keywords: Keywords) -> None:
    for word in keywords:
        today = IGNORED_WORDS.get((name, word))
        if today is not None:
            run.state_problem(IgnoredArgument(shown, word, today), frame, node)


@cache
def _told_elsewhere(name: str) -> frozenset[str]:
    """Words of a callable of Keras' that other rules speak of."""
    home, _, last = name.rpartition(".")
    old = {"lr", "decay"} if home == "keras.optimizers" else set[str]()
    return frozenset({*REMOVED_CALL_WORDS.get(name, ()), *(word for cls, word in IGNORED_WORDS if cls == last), *old})


def _check_parameters(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    name: str,
    positional: Arguments,
    keywords: Keywords,
    told: Collection[str],
    open_ended: bool,
) -> None:
    """State what does not fit a callable without a rule of its own; ``told`` are words that other rules speak of."""
    signature = parameters_of(name)
    if signature is not None:
        shown = dotted(node.func) if isinstance(node, cst.Call) else name
        rest = {word: value for word, value in keywords.items() if word not in told}
        run.consult(frame, node, shown, lambda ctx: bool(bind(ctx, signature, positional, rest, open_ended=open_ended)))


def _check_optimizer(run: Run, frame: Frame, node: cst.CSTNode, shown: str, keywords: Keywords) -> None:
    if "lr" in keywords:
        run.state_problem(OptimizerArgument(shown, "lr", "learning_rate"), frame, node)
    decay = keywords.get("decay")
    if "decay" in keywords and not (decay is None or (isinstance(decay, int | float) and decay == 0)):
        run.state_problem(OptimizerDecayIgnored(shown, show_value(decay)), frame, node)


def _first(positional: Arguments, keywords: Keywords, name: str) -> Value:
    return positional[0] if positional else keywords.get(name)


def _check_path(run: Run, frame: Frame, node: cst.CSTNode, shown: str, path: Value, endings: tuple[str, ...]) -> None:
    """State a proved file name with an ending that Keras 3 does not take."""
    if not isinstance(path, str) or not path or "://" in path or path.endswith(endings):
        return
    run.state_problem(SavePathExtension(shown, path, " or ".join(endings)), frame, node)


_PER_BATCH = dict.fromkeys(COUNT_SAMPLES, " // batch_size")


# --- methods of models -----------------------------------------------------------------------


def check_method(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    model: ModelValue | Instance,
    name: str,
    positional: Arguments,
    keywords: Keywords,
    *,
    open_ended: bool,
) -> None:
    """State a method or keyword of a model that Keras 3 no longer has, or never had."""
    shown = dotted(node.func) if isinstance(node, cst.Call) else name
    old = KERAS1_METHOD_WORDS.get(REMOVED_METHODS.get(name, name), {})
    words = tuple(word for word in keywords if word in old)
    if words:
        values = {word: f"{show_value(keywords[word])}{_PER_BATCH.get(word, '')}" for word in words}
        today = ", ".join(f"{old[word]}={values[word]}" for word in words if old[word])
        run.state_problem(Keras1Argument(shown, words, today), frame, node)
    if run.settings.keras < 3:
        return
    if name in REMOVED_METHODS:
        run.state_problem(RemovedMethod(shown, name, REMOVED_METHODS[name]), frame, node, values={"model": model})
    _state_removed(run, frame, node, shown, keywords, REMOVED_METHOD_WORDS.get(name, {}))
    home = "keras.Sequential" if name in ("add", "pop") else "keras.Model"
    told = {*old, *REMOVED_METHOD_WORDS.get(name, ())}
    _check_parameters(run, frame, node, f"{home}.{name}", positional, keywords, told, open_ended)
    if name == "save":
        _check_save(run, frame, node, shown, positional, keywords)
    elif name == "save_weights":
        _check_path(run, frame, node, shown, _first(positional, keywords, "filepath"), WEIGHT_FILES)
    elif name == "load_weights":
        _check_path(run, frame, node, shown, _first(positional, keywords, "filepath"), MODEL_FILES)
    elif name in ("fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"):
        _check_structure(run, frame, node, shown, model, _first(positional, keywords, "x"))


def _check_save(
    run: Run, frame: Frame, node: cst.CSTNode, shown: str, positional: Arguments, keywords: Keywords
) -> None:
    form = keywords.get("save_format")
    if "save_format" in keywords and form in ("keras", "h5"):
        run.state_problem(IgnoredArgument(shown, "save_format", ""), frame, node)
    elif form == "tf":
        run.state_problem(RemovedArgument(shown, "save_format", ""), frame, node)
        return
    _check_path(run, frame, node, shown, _first(positional, keywords, "filepath"), MODEL_FILES)


def _check_structure(
    run: Run, frame: Frame, node: cst.CSTNode, shown: str, model: ModelValue | Instance, x: Value
) -> None:
    """State a list of arrays for a model whose inputs are a dictionary: Keras 3 does not match them by order."""
    inputs = model.state["inputs"] if isinstance(model, ModelValue) else None
    if not isinstance(inputs, DictValue) or inputs.open or not isinstance(x, ListValue):
        return
    items = x.items
    if not isinstance(items, Unknown) and len(items) > 1 and all(isinstance(item, Tensor) for item in items):
        names = tuple(str(key) for key in inputs.entries)
        run.state_problem(DictInputGivenList(shown, names), frame, node)
