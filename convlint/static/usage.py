"""What programs do with layers, models and classes that Keras refuses, or accepts and ignores.

Each function is asked at the place where the interpreter meets the deed, and states what is proved.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import libcst as cst

from convlint.catalog.layer import Layer
from convlint.catalog.registry import find_layer
from convlint.catalog.tensor import Kind, Tensor
from convlint.lazy import dataclass
from convlint.problems import (
    ConfigHoldsArgument,
    ConfigLacksArgument,
    GraphDisconnected,
    LambdaCapturesWeights,
    LayerClassNotMade,
    LayerNotCalled,
    MissingSuperInit,
    MixedKerasPackages,
    NumbersForTensor,
    OverwrittenOutput,
    PositionalFlag,
    Problem,
    SequentialAddResult,
    UnusedBranch,
    WeightsCreatedInCall,
    WeightsCreatedInCallSilent,
)
from convlint.shapes.dims import Linear, Unknown
from convlint.static import graph
from convlint.static.journal import MISSING
from convlint.static.run import Frame, Met, Run
from convlint.static.syntax import children, descendants, dotted
from convlint.static.values import (
    ClassValue,
    DictValue,
    External,
    FunctionValue,
    Instance,
    LayerValue,
    ListValue,
    Method,
    ModelValue,
    Origin,
    Unit,
    Value,
    items_of,
)

KERAS_LAYER, KERAS_MODELS = "keras.layers.Layer", frozenset({"keras.Model", "keras.Sequential"})


def keras_role(cls: ClassValue) -> str | None:
    """Whether a class derives from a Keras ``layer`` or ``model``."""
    for base in cls.external_bases():
        if base in KERAS_MODELS:
            return "model"
        if base == KERAS_LAYER or find_layer(base) is not None:
            return "layer"
    return None


# --- numbers and flags where tensors belong ----------------------------------------------------


def check_inputs(run: Run, frame: Frame, node: cst.CSTNode, callee: Value, positional: Sequence[Value]) -> None:
    """State what is no tensor among the positional arguments of a layer or model; Keras 2 took it.

    Source: ``Layer.__call__`` of Keras 3.15; None and what only a build can tell are left alone.
    """
    if run.settings.keras < 3 or not isinstance(node, cst.Call) or any(argument.star for argument in node.args):
        return
    if isinstance(callee, Instance) and (_LETS_PASS in callee.attributes or not _is_called_by_keras(callee.cls)):
        return
    if isinstance(callee, LayerValue) and callee.spec.takes_numbers:
        return
    given = [argument for argument in node.args if argument.keyword is None]
    operation = dotted(node.func) or name_of(callee)
    for place, (value, argument) in enumerate(zip(positional, given)):
        if place and (_is_plain(value) or _is_training(frame, argument)):
            text = frame.unit.source.shown(argument.value)
            problem: Problem = PositionalFlag(operation, text, _parameter(callee, place, value))
            run.state_problem(problem, frame, node)
            return
        if not place and _holds_numbers(value):
            text = " ".join(frame.unit.source.shown(argument.value).split())
            run.state_problem(NumbersForTensor(operation, text), frame, node)
            return


_LETS_PASS = "_allow_non_tensor_positional_args"
"""An attribute with which a layer says that it takes anything; layers that prepare data set it."""


def _is_called_by_keras(cls: ClassValue) -> bool:
    return keras_role(cls) is not None and cls.has_known_methods() and cls.lookup("__call__") is MISSING


def _is_plain(value: Value) -> bool:
    return type(value) in (bool, int, float, str)


def _holds_numbers(value: Value, depth: int = 0) -> bool:
    if isinstance(value, ListValue | tuple) and depth < MAX_NESTING:
        items = items_of(value)
        return not isinstance(items, Unknown) and any(_holds_numbers(item, depth + 1) for item in items[:MAX_NESTING])
    return type(value) in (bool, int, float)


MAX_NESTING = 8
"""How deep, and how far along, lists are searched for numbers."""


def _is_training(frame: Frame, argument: cst.Arg) -> bool:
    """Whether this is the parameter ``training`` of the ``call`` that is running: Keras gives True or False for it."""
    name = argument.value
    inside = isinstance(frame.receiver, Instance) and keras_role(frame.receiver.cls) is not None
    if (
        not inside
        or not isinstance(name, cst.Name)
        or name.value != "training"
        or frame.symbol.split(".")[-1] != "call"
    ):
        return False
    value = frame.scope.variables.get("training", MISSING)
    return value is None or isinstance(value, Unknown | Linear | bool)


def _parameter(callee: Value, place: int, value: Value) -> str:
    """What the argument at this place is called; a guess for layers of Keras, which take ``training`` by name."""
    if isinstance(callee, Instance):
        method = callee.cls.lookup("call")
        if isinstance(method, FunctionValue):
            names = [param.name.value for param in method.node.params.params][1:]
            return names[place] if place < len(names) else ""
    return "training" if place == 1 and not isinstance(value, str) else ""


# --- a layer where a tensor belongs ----------------------------------------------------------


def state_uncalled(run: Run, frame: Frame, node: cst.CSTNode, operation: str, inputs: Value) -> bool:
    """State a layer, or a layer's class, among what should be tensors; True where one was met."""
    items = items_of(inputs) if isinstance(inputs, ListValue | tuple) else (inputs,)
    found = next((item for item in ([] if isinstance(items, Unknown) else items) if _is_layer(item)), None)
    if found is None:
        return False
    run.state_problem(LayerNotCalled(operation, name_of(found)), frame, node, values={"layer": found})
    return True


def state_class_for_layer(run: Run, frame: Frame, node: cst.CSTNode, operation: str, layer: Value) -> bool:
    """State a layer's class where an object of it belongs; True where it is one."""
    if not _is_layer_class(layer):
        return False
    run.state_problem(LayerClassNotMade(operation, name_of(layer)), frame, node, values={"layer": layer})
    return True


def _is_layer(value: Value) -> bool:
    return isinstance(value, LayerValue) or _is_layer_class(value)


def _is_layer_class(value: Value) -> bool:
    if isinstance(value, External):
        return find_layer(value.canonical) is not None
    return isinstance(value, ClassValue) and keras_role(value) == "layer"


def name_of(value: Value) -> str:
    """A layer, model or class as the program calls it."""
    if isinstance(value, LayerValue):
        return value.name or value.shown
    if isinstance(value, Instance):
        return value.cls.name
    if isinstance(value, ClassValue | ModelValue):
        return value.name
    return value.name.rpartition(".")[2] if isinstance(value, External) else "the layer"


# --- weights that nobody keeps ---------------------------------------------------------------


def has_weights(layer: Value) -> bool:
    """Whether the layer is proved to have weights."""
    if not isinstance(layer, LayerValue):
        return False
    if layer.class_name == "Lambda":
        return False
    if isinstance(layer.function, LayerValue):
        return has_weights(layer.function)
    arguments = layer.spec.arguments
    plain = arguments.get("scale") is False and arguments.get("center") is False
    own = type(layer.spec).weights is not Layer.weights or layer.class_name == "MultiHeadAttention"
    return own and not (plain and "Batch" not in layer.class_name)


def state_made_in_call(run: Run, frame: Frame, node: cst.CSTNode, made: Value, what: str) -> None:
    """State a layer or weight that ``call`` makes: Keras forgets it, or refuses it.

    Source: measured with Keras 3.15. A layer that is only called leaves no trace in
    ``weights``; one assigned to the layer, like ``add_weight``, raises "You cannot add new
    elements of state", weights or not, because the layer is built and locked by then.
    """
    function = run.active[-1] if run.active else None
    owner = frame.owner
    if not isinstance(owner, ClassValue) or not isinstance(function, cst.FunctionDef):
        return
    if function.name.value != "call" or frame.symbol != f"{owner.name}.call" or keras_role(owner) is None:
        return
    if _is_conditional(function, node):
        return
    kept = what == "add_weight" or _is_kept(frame, node)
    if kept:
        run.state_problem(WeightsCreatedInCall(f"{owner.name}.call", what), frame, node)
    elif has_weights(made):
        run.state_problem(WeightsCreatedInCallSilent(f"{owner.name}.call", what), frame, node)


def _is_kept(frame: Frame, node: cst.CSTNode) -> bool:
    """Whether the statement is ``self.name = <node>``."""
    statement = frame.statement
    if not isinstance(statement, cst.Assign) or statement.value is not node:
        return False
    return any(
        isinstance(target.target, cst.Attribute)
        and isinstance(target.target.value, cst.Name)
        and frame.receiver is not None
        and frame.scope.variables.get(target.target.value.value) is frame.receiver
        for target in statement.targets
    )


_CONDITIONS = (cst.If, cst.IfExp, cst.Try, cst.TryStar, cst.BooleanOperation, cst.Match, cst.With)


def _is_conditional(function: cst.FunctionDef, node: cst.CSTNode) -> bool:
    """Whether something in the function decides whether the node is reached, or encloses it in a context."""
    stack: list[tuple[cst.CSTNode, bool]] = [(function.body, False)]
    while stack:
        current, conditional = stack.pop()
        if current is node:
            return conditional
        conditional = conditional or isinstance(current, _CONDITIONS)
        stack.extend((child, conditional) for child in children(current))
    return True


def state_captured(run: Run, frame: Frame, call: cst.CSTNode, layer: Value) -> None:
    """State a layer or model with weights that only the function of a ``Lambda`` calls."""
    if not run.lambdas:
        run.reached[id(layer)] = layer
        return
    outer, node = run.lambdas[-1]
    if isinstance(layer, ModelValue):
        layers = layer.state["layers"]
        owned = isinstance(layers, tuple) and any(map(has_weights, layers))
        frozen = layer.state.get("trainable") is False
    else:
        owned = has_weights(layer)
        frozen = isinstance(layer, LayerValue) and (
            layer.state.get("trainable") is False or layer.spec.arguments.get("trainable") is False
        )
    if owned and not frozen:
        named = isinstance(call, cst.Call) and isinstance(call.func, cst.Name | cst.Attribute)
        shown = dotted(call.func) if isinstance(call, cst.Call) and named else name_of(layer)
        run.state_problem(LambdaCapturesWeights(outer.shown, shown), frame, node, values={"captured": layer})


def is_reached(run: Run, met: Met) -> bool:
    """Whether the program also calls directly what a ``Lambda`` captures: then the model has its weights."""
    return isinstance(met.problem, LambdaCapturesWeights) and id(met.values["captured"]) in run.reached


# --- graphs ----------------------------------------------------------------------------------


def state_disconnected(
    run: Run, frame: Frame, node: cst.CSTNode, shown: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor]
) -> bool:
    """State an input on which the outputs of a model depend and which the model does not name; True where one is."""
    missing = graph.missing_input(inputs, outputs) if inputs and outputs else None
    if missing is not None:
        label = missing.origin.label if isinstance(missing.origin, Origin) else "input"
        run.state_problem(GraphDisconnected(shown, " ".join(label.split())), frame, node, (missing,))
    return missing is not None


def watch_output(run: Run, frame: Frame, statement: cst.Assign, value: Value) -> None:
    """Remember the output of a layer made on the spot until its name is read; state it where the name is bound anew.

    The layer has no name, so nobody can reach it any more: it is in no model. Both outputs must
    come from the same tensor, which is how ``x = Dense(8)(inputs)`` twice in a row looks.
    """
    target = statement.targets[0].target
    if len(statement.targets) != 1 or type(target) is not cst.Name:
        return
    name = target.value
    before = run.unread.get(name)
    if not isinstance(value, Tensor) or not _is_layer_on_the_spot(statement.value):
        if before is not None:
            run.journal.set(run.unread, name, None)
        return
    call = value.origin.call if isinstance(value.origin, Origin) else None
    sources = tuple(map(graph.place_of, call.inputs or ())) if call is not None else ()
    if value.kind is not Kind.SYMBOLIC or call is None or not sources or not has_weights(call.operation):
        run.journal.set(run.unread, name, None)
        return
    if isinstance(before, Unread) and before.sources == sources and before.scope is frame.scope:
        run.state_problem(OverwrittenOutput(before.layer, name), before.frame, before.node)
    body = run.active[-1] if frame.symbol and run.active else frame.unit.source.module
    where = None if frame.loop_depth else body
    seen = Unread(frame.scope, frame, statement.value, sources, name_of(call.operation), where)
    run.journal.set(run.unread, name, seen)


def check_unread(run: Run) -> None:
    """State layers whose output nobody reads, next to a model that goes on from the same tensor.

    The name stands nowhere else in the function or file: it is neither read in another round nor under a condition.
    """
    for name, unread in list(run.unread.items()):
        if not isinstance(unread, Unread) or unread.body is None or name.startswith("_"):
            continue
        if any(set(unread.sources) <= places for places in run.graphs) and _mentions(unread.body, name) == 1:
            run.state_problem(UnusedBranch(unread.layer, name), unread.frame, unread.node)


def remember_graph(run: Run, found: graph.Graph) -> None:
    """Remember which tensors a functional model is made of."""
    places = {(id(node), index) for node in found.nodes for index in range(len(node.outputs or ()))}
    run.graphs.append(frozenset(places.union(found.inputs)))


def _mentions(body: cst.CSTNode, name: str) -> int:
    return sum(type(node) is cst.Name and node.value == name for node in descendants(body))


def _is_layer_on_the_spot(node: cst.BaseExpression) -> bool:
    """``Layer(...)(x)``."""
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Call)


@dataclass(frozen=True, eq=False)
class Unread:
    """The output of a layer that nobody has read yet."""

    scope: object
    frame: Frame
    node: cst.CSTNode
    sources: tuple[graph.Place | None, ...]
    layer: str
    body: cst.CSTNode | None
    """The function or file in which the name lives; None inside a loop, whose next round may read it."""


# --- packages --------------------------------------------------------------------------------

_PACKAGES = (
    ("tensorflow.python.keras", "tensorflow.python.keras"),
    ("tf_keras", "tf_keras"),
    ("tensorflow.keras", "keras"),
    ("keras", "keras"),
)


def package_of(unit: Unit, node: cst.CSTNode) -> str:
    """The Keras package that a call reaches: ``keras`` (which is ``tf.keras``), one of its copies, or empty."""
    if not isinstance(node, cst.Call):
        return ""
    head, _, rest = dotted(node.func).partition(".")
    found = unit.scope.find(head)
    full = f"{found.name}.{rest}" if isinstance(found, External) else ""
    return next((package for prefix, package in _PACKAGES if full.startswith(f"{prefix}.")), "")


def check_packages(run: Run, frame: Frame, node: cst.CSTNode, layer: Value, other: str) -> None:
    """State a layer of a copy of Keras that is put into a model of another one.

    Source: measured for ``keras`` 3, ``tf_keras`` 2.21 and ``tensorflow.python.keras``, each with each.
    """
    if run.settings.keras < 3 or not isinstance(layer, LayerValue) or not other:
        return
    package = package_of(layer.unit, layer.node)
    if package and package != other:
        run.state_problem(MixedKerasPackages(layer.shown, package, other), frame, node)


def check_package_of_input(run: Run, frame: Frame, node: cst.CSTNode, layer: LayerValue, inputs: Value) -> None:
    """State a layer of an old copy of Keras that is called on a tensor of Keras 3. The reverse raises later."""
    if not isinstance(inputs, Tensor) or inputs.kind is not Kind.SYMBOLIC or not isinstance(inputs.origin, Origin):
        return
    call = inputs.origin.call
    if node is layer.node:  # inside a Sequential, which says so itself
        return
    if call is None or package_of(layer.unit, layer.node) in ("", "keras"):
        return
    if package_of(call.unit, call.node) == "keras":
        check_packages(run, frame, node, layer, "keras")


# --- classes of the program ------------------------------------------------------------------


def check_class(run: Run, frame: Frame, cls: ClassValue) -> None:
    """State an ``__init__`` that never reaches the one of its Keras base class."""
    initialiser = cls.scope.variables.get("__init__")
    role = keras_role(cls)
    if role is None or not isinstance(initialiser, FunctionValue) or initialiser.owner is not cls:
        return
    if cls.has_unknown_base() or cls.node.decorators or not isinstance(initialiser.node, cst.FunctionDef):
        return
    if not initialiser.node.params.params or _may_initialise(initialiser.node):
        return
    base = next((name_of(base) for base in cls.bases if isinstance(base, ClassValue | External)), "Layer")
    run.state_problem(MissingSuperInit(cls.name, base), frame, initialiser.node.name, values={"init": initialiser})


@lru_cache(maxsize=256)
def _may_initialise(function: cst.FunctionDef) -> bool:
    """Whether the body of a method may reach the base's ``__init__``, or never comes to an end."""
    receiver = function.params.params[0].name.value
    assigns = False
    for node in descendants(function.body):
        kind = type(node)
        if type(node) is cst.Name and node.value in ("super", "__init__"):
            return True
        if kind is cst.Raise or kind is cst.Yield:
            return True
        if type(node) is cst.Arg and type(node.value) is cst.Name and node.value.value == receiver:
            return True
        if type(node) is cst.Call and dotted(node.func).startswith(f"{receiver}."):
            return True
        assigns = assigns or kind is cst.Assign or kind is cst.AnnAssign
    return not assigns


BASE_CONFIG = ("name", "trainable", "dtype")
"""Keys of ``keras.Layer.get_config``. Source: measured with Keras 3.15; the same in Keras 2."""


def base_config(instance: Value) -> DictValue:
    """What ``super().get_config()`` gives where the base class is the library's."""
    known = isinstance(instance, Instance) and instance.cls.external_bases() == (KERAS_LAYER,)
    return DictValue(dict.fromkeys(BASE_CONFIG, "?") if known else {}, open_ended=not known)


_BASES = ("Base", "Abstract")
"""How the names of classes begin whose subclasses supply what their own configuration leaves out."""


def check_config(run: Run, frame: Frame, function: FunctionValue, receiver: Value, config: Value) -> None:
    """State a configuration from which the class can't be made again.

    ``from_config`` calls ``cls(**config)``: every argument without a default must be in it, and
    nothing that ``__init__`` does not take.
    """
    if function.name != "get_config" or not isinstance(receiver, Instance) or not isinstance(config, DictValue):
        return
    cls = receiver.cls
    initialiser = cls.lookup("__init__")
    if (
        cls.name.lstrip("_").startswith(_BASES)
        or config.open
        or cls.has_unknown_base()
        or cls.external_bases() != (KERAS_LAYER,)
    ):
        return
    if function.owner is not cls or not isinstance(initialiser, FunctionValue) or initialiser.owner is not cls:
        return
    if any(isinstance(base, ClassValue) and "from_config" in base.scope.variables for base in cls.mro()):
        return
    parameters = initialiser.node.params
    every = [param.name.value for param in (*parameters.params, *parameters.kwonly_params)][1:]
    if parameters.posonly_params or not isinstance(function.node, cst.FunctionDef):
        return
    where = function.node.name
    keys = {key for key in config.entries if isinstance(key, str)}
    for name in every:
        if name not in keys and name not in initialiser.defaults:
            run.state_problem(ConfigLacksArgument(cls.name, name), frame, where)
    if parameters.star_kwarg is None:
        extra = [key for key in config.entries if isinstance(key, str) and key not in every]
        for name in extra[:1]:
            run.state_problem(ConfigHoldsArgument(cls.name, name), frame, where)


# --- model.add --------------------------------------------------------------------------------


def remember_add(run: Run, frame: Frame, statement: cst.Assign) -> None:
    """Names that are bound to the ``None`` of ``model.add(...)``."""
    call = statement.value
    if run.last_call[0] is not call or not is_add(run.last_call[1]):
        return
    for target in statement.targets:
        if isinstance(target.target, cst.Name):
            run.nothing[id(frame.scope.owner(target.target.value).variables), target.target.value] = call


def is_add(callee: Value) -> bool:
    """Whether a called value is the ``add`` of a ``Sequential``."""
    if not isinstance(callee, Method) or callee.name != "add":
        return False
    return isinstance(callee.receiver, ModelValue) and callee.receiver.sequential


def check_nothing(run: Run, frame: Frame, node: cst.CSTNode, attribute: str) -> None:
    """State that something is asked of the ``None`` that ``model.add(...)`` gave back."""
    if not isinstance(node, cst.Attribute):
        return
    owner = node.value
    call: cst.CSTNode | None = None
    if isinstance(owner, cst.Name):
        call = run.nothing.get((id(frame.scope.owner(owner.value).variables), owner.value))
    elif isinstance(owner, cst.Call) and run.last_call[0] is owner and is_add(run.last_call[1]):
        call = owner
    if isinstance(call, cst.Call):
        shown = owner.value if isinstance(owner, cst.Name) else f"{dotted(call.func)}(…)"
        run.state_problem(SequentialAddResult(shown, attribute), frame, node, values={"call": call})
