"""Calls of ``keras.applications``: the model that a builder makes.

Its layers come from the source of the installed Keras, which is read, never imported; without one the
catalog's table says what goes in and what comes out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import libcst as cst

from convlint.catalog import arguments as read
from convlint.catalog.applications import APPLICATIONS, Application, arranged, output_shape, refusal
from convlint.catalog.tensor import Kind, Tensor
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Unknown
from convlint.shapes.shape import Shape
from convlint.static import calls, graph, imports
from convlint.static.journal import MISSING
from convlint.static.run import Frame, Run, stamp
from convlint.static.syntax import dotted
from convlint.static.values import External, FunctionValue, ListValue, ModelValue, Origin, Value, items_of

STEPS = 10_000
"""What building such a model may cost at most of the budget of a file, in evaluated nodes."""
_PLAIN = frozenset(
    {"include_top", "weights", "input_tensor", "input_shape", "pooling", "classes", "classifier_activation", "name",
     "include_preprocessing", "dropout", "dropout_rate"}
)  # fmt: skip
"""Arguments that leave the widths and depths of a model as they are."""


def is_builder(name: str) -> bool:
    """Whether a canonical name is a builder of ``keras.applications``."""
    return name.startswith("keras.applications.") and name.rpartition(".")[2] in APPLICATIONS


def build(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    external: External,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
    *,
    open_ended: bool,
) -> Value:
    """The model that a builder makes of these arguments."""
    one = APPLICATIONS[external.canonical.rpartition(".")[2]]
    if open_ended:
        return UNKNOWN
    given = {**dict(zip(one.order, positional)), **keywords}
    shape = _input_shape(given.get("input_shape"))
    layout = run.state["image_data_format"]
    if len(positional) <= len(one.order) and isinstance(layout, str) and shape is not UNKNOWN:
        problem = refusal(
            dotted(node.func) if isinstance(node, cst.Call) else one.name,
            one,
            None if isinstance(shape, Unknown) else shape,
            layout,
            weights=given.get("weights", "imagenet"),
            include_top=given.get("include_top", True),
            classes=given.get("classes", 1000),
        )
        if problem is not None:
            run.state_problem(problem, frame, node, callee=external.canonical)
            return UNKNOWN
    found = _from_source(run, frame, one, positional, keywords)
    if isinstance(found, ModelValue):
        return _moved(found, frame, node)
    if len(positional) > len(one.order) or not given.keys() <= _PLAIN or not isinstance(layout, str):
        return UNKNOWN
    return _from_table(run, frame, node, one, given, shape, layout)


def _input_shape(value: Value) -> Shape | Unknown | None:
    """A given ``input_shape``: None without one, unknown where its length is."""
    if value is None:
        return None
    items = items_of(value) if isinstance(value, tuple | ListValue) else UNKNOWN
    return UNKNOWN if isinstance(items, Unknown) else tuple(read.dim(item) for item in items)


# --- from the source of Keras ----------------------------------------------------------------


@cache
def _folder() -> Path | None:
    """Where the source of the installed Keras 3 has its applications; finding it imports nothing."""
    try:
        spec = importlib.util.find_spec("keras")
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "src" / "applications"
    return folder if folder.is_dir() else None


def _from_source(
    run: Run, frame: Frame, one: Application, positional: Sequence[Value], keywords: Mapping[str, Value]
) -> Value:
    folder = _folder() if run.settings.keras >= 3 else None
    if folder is None or run.active.count(_MARK):
        return UNKNOWN
    before, steps, raised = run.inside_call, run.steps, run.last_raise
    run.active.append(_MARK)
    try:
        with run.mute():
            unit = imports.load(run, folder / f"{one.module}.py", f"keras.src.applications.{one.module}")
            builder = MISSING if unit is None else unit.scope.find(one.name)
            if not isinstance(builder, FunctionValue):
                return UNKNOWN
            run.spent.pop(builder.node, None)
            return calls.invoke(run, frame, builder, positional, keywords)
    finally:
        run.active.remove(_MARK)
        run.inside_call, run.last_raise = before, raised
        run.steps = max(run.steps, steps - STEPS)


_MARK = cst.Pass()
"""Stands among the active functions while Keras' own source is read."""


def _moved(model: ModelValue, frame: Frame, node: cst.CSTNode) -> ModelValue:
    """The model as one that the program made: findings about its input stand at the call."""
    model.unit, model.node = frame.unit, node
    for key in ("inputs", "outputs"):
        value = model.state[key]
        model.state[key] = graph.substitute(value, lambda x: _made_here(x, frame, node))
    return model


def _made_here(x: Tensor, frame: Frame, node: cst.CSTNode) -> Tensor:
    call, index = (x.origin.call, x.origin.index) if isinstance(x.origin, Origin) else (None, 0)
    label = dotted(node.func) if isinstance(node, cst.Call) else "model"
    made = stamp(x, frame, node, label, ())
    return graph.from_call(made, call, index)


# --- from the table --------------------------------------------------------------------------


def _from_table(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    one: Application,
    given: Mapping[str, Value],
    shape: Shape | Unknown | None,
    layout: str,
) -> Value:
    """A model of which only the input and the output are known."""
    include_top, tensor = given.get("include_top", True), given.get("input_tensor")
    if isinstance(tensor, Tensor) and not isinstance(tensor.shape, Unknown) and tensor.rank == 4:
        shape = tensor.shape[1:]
    elif tensor is not None or isinstance(shape, Unknown) or (shape is not None and len(shape) != 3):
        return UNKNOWN
    elif shape is None:
        side = one.default if include_top is True else DYNAMIC if include_top is False else UNKNOWN
        shape = arranged(side, side, 3, layout)
    result = output_shape(
        one,
        shape,
        layout,
        include_top=include_top,
        pooling=given.get("pooling"),
        classes=given.get("classes", 1000),
    )
    label = dotted(node.func) if isinstance(node, cst.Call) else one.name
    inputs = stamp(Tensor((DYNAMIC, *shape), "float32", Kind.SYMBOLIC, layout), frame, node, label, ())
    kept = layout if not isinstance(result, Unknown) and len(result) == 4 else None
    model = ModelValue(frame.unit, node, sequential=False)
    model.full_name = UNKNOWN
    model.state["inputs"] = tensor if isinstance(tensor, Tensor) else inputs
    model.state["outputs"] = stamp(Tensor(result, "float32", Kind.SYMBOLIC, kept), frame, node, label, (inputs,))
    model.state["layers"] = UNKNOWN
    return model
