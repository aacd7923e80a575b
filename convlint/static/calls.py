"""Calls: what is called, with which arguments, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial, reduce

import libcst as cst

from convlint.catalog.dataset import Dataset
from convlint.catalog.registry import FunctionEntry, find_function, find_layer
from convlint.catalog.tensor import Kind, Tensor
from convlint.shapes.dims import UNKNOWN, Given, Linear, Unknown, symbol
from convlint.static import (
    builtins,
    datasets,
    expressions,
    library,
    objects,
    statements,
    stdlib,
    training,
    usage,
)
from convlint.static.journal import MISSING
from convlint.static.run import MAX_CALL_DEPTH, Completion, EnoughYielded, Frame, Run
from convlint.static.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    External,
    FunctionValue,
    Instance,
    LayerValue,
    LossValue,
    Method,
    ModelValue,
    ObjectValue,
    Partial,
    RecordType,
    Scope,
    StdlibObject,
    Super,
    Value,
    forget,
    join,
)

MAX_SAME_FUNCTION = 6
MAX_FUNCTION_STEPS = 200_000
"""Evaluated nodes that all calls of one function may take together; later calls tell nothing new."""
MAX_STEPS_BESIDE = 50_000
"""The same in what is imported, and where only code that nobody calls calls it. With 200,000, half of the time of a
package of forty variants of each network went into the variants; in all corpora that found only port advice."""
MAX_RECURSIONS = 60
"""Calls of a function by itself while its first call runs; two in a body would make 2 ** 6 otherwise."""


def is_known_library_name(canonical: str) -> bool:
    """Whether a name that a star import may have brought is one the analysis knows."""
    return find_layer(canonical) is not None or find_function(canonical) is not None or library.handles(canonical)


def evaluate_call(run: Run, node: cst.Call, frame: Frame) -> Value:
    """The value of a call expression."""
    if type(node.func) is cst.Name and node.func.value == "super" and frame.scope.find("super") is MISSING:
        return _super(run, node, frame)
    callee = expressions.evaluate(run, node.func, frame)
    positional: list[Value] = []
    keywords: dict[str, Value] = {}
    open_ended = False
    unplaced = False  # behind `*unknown` nobody knows which parameter a value is for
    for argument in node.args:
        value = expressions.evaluate(run, argument.value, frame)
        if argument.star == "*":
            items = builtins.iterate(run, frame, node, value)
            if isinstance(items, Unknown) or len(items) > builtins.MAX_ITEMS:
                open_ended = unplaced = True
            elif not unplaced:
                positional.extend(items)
        elif argument.star == "**":
            if isinstance(value, DictValue):
                keywords.update({key: item for key, item in value.entries.items() if isinstance(key, str)})
                open_ended = open_ended or value.open
            else:
                open_ended = True
        elif argument.keyword is not None:
            keywords[argument.keyword.value] = value
        elif not unplaced:
            positional.append(value)
    result = call(run, frame, node, callee, positional, keywords, open_ended=open_ended)
    run.last_call = (node, callee)
    return result


def _super(run: Run, node: cst.Call, frame: Frame) -> Value:
    receiver, owner = frame.receiver, frame.owner
    if len(node.args) == 2:
        owner = expressions.evaluate(run, node.args[0].value, frame)
        receiver = expressions.evaluate(run, node.args[1].value, frame)
    if isinstance(owner, ClassValue):
        return Super(receiver, owner)
    return UNKNOWN


def call(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    callee: Value,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
    *,
    open_ended: bool = False,
) -> Value:
    """Call a value.

    Args:
        run: the analysis.
        frame: the activation that calls.
        node: the expression that findings are about.
        callee: what is called.
        positional: arguments by position.
        keywords: arguments by name.
        open_ended: whether ``*args`` or ``**kwargs`` may hold more that is not known.

    Returns:
        The result; unknown where the callee is, and then whatever the arguments hold that
        can change is unknown too.
    """
    run.step()
    if isinstance(callee, LayerValue | ModelValue | Instance):
        usage.check_inputs(run, frame, node, callee, positional)
    match callee:
        case FunctionValue():
            return invoke(run, frame, callee, positional, keywords, open_ended=open_ended)
        case BoundMethod():
            return invoke(
                run, frame, callee.function, [callee.receiver, *positional], keywords,
                open_ended=open_ended, receiver=callee.receiver,
            )  # fmt: skip
        case External():
            return library.call_external(run, frame, node, callee, positional, keywords, open_ended=open_ended)
        case LayerValue():
            return objects.call_layer(run, frame, node, callee, positional, keywords, open_ended=open_ended)
        case ModelValue():
            return objects.call_model(run, frame, node, callee, positional, keywords)
        case ClassValue():
            return objects.instantiate(run, frame, node, callee, positional, keywords, open_ended=open_ended)
        case Instance():
            return objects.call_instance(run, frame, node, callee, positional, keywords, open_ended=open_ended)
        case LossValue():
            return training.call_loss(run, frame, node, callee.loss, positional, keywords)
        case Partial():
            return call(
                run, frame, node, callee.function, [*callee.positional, *positional],
                {**callee.keywords, **keywords}, open_ended=open_ended,
            )  # fmt: skip
        case RecordType():
            return stdlib.make_record(callee, positional, keywords, open_ended=open_ended)
        case StdlibObject():
            return stdlib.call_object(run, frame, node, callee, positional)
        case Method():
            return _call_method(run, frame, node, callee, positional, keywords, open_ended)
        case _:
            for value in (*positional, *keywords.values()):
                forget(run.journal, value)
            return UNKNOWN


def _call_method(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    method: Method,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
    open_ended: bool,
) -> Value:
    match method.receiver:
        case Tensor():
            return library.call_tensor_method(run, frame, node, method, positional, keywords, open_ended)
        case ModelValue():
            return objects.call_model_method(
                run, frame, node, method.receiver, method.name, positional, keywords, open_ended=open_ended
            )
        case LayerValue():
            return objects.call_layer_method(
                run, frame, node, method.receiver, method.name, positional, keywords, open_ended=open_ended
            )
        case Instance():
            return objects.call_keras_method(
                run, frame, node, method.receiver, method.name, positional, keywords, open_ended=open_ended
            )
        case Dataset() | ObjectValue():
            return datasets.call_method(
                run, frame, node, method.receiver, method.name, positional, keywords, open_ended
            )
        case StdlibObject():
            return stdlib.call_method(run, frame, node, method.receiver, method.name, positional, keywords)
        case Super():
            return objects.call_super_method(
                run, frame, node, method.receiver, method.name, positional, keywords, open_ended
            )
        case _:
            return builtins.call_method(run, frame, node, method.receiver, method.name, positional, keywords)


def invoke(
    run: Run,
    frame: Frame,
    function: FunctionValue,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
    *,
    open_ended: bool = False,
    receiver: Value = None,
) -> Value:
    """Run a function of the program; the join of everything it may return."""
    node = function.node
    run.called.add(node)
    running = run.active.count(node)
    run.recursions[node] = run.recursions[node] + 1 if running else 0
    if (
        run.depth >= MAX_CALL_DEPTH
        or running >= MAX_SAME_FUNCTION
        or run.recursions[node] > MAX_RECURSIONS
        or run.spent.get(node, 0) > (MAX_STEPS_BESIDE if run.beside else MAX_FUNCTION_STEPS) * run.settings.patience
    ):
        for value in (*positional, *keywords.values()):
            forget(run.journal, value)
        return UNKNOWN
    question = run.recall.ask(run, function, positional, keywords, open_ended, receiver)
    if question is None:
        return _run(run, frame, function, positional, keywords, open_ended, receiver)
    known = run.recall.answer(run, question)
    if known is not MISSING:
        return known
    perform = partial(_run, run, frame, function, positional, keywords, open_ended, receiver)
    return run.recall.listen(run, question, perform)


def _run(
    run: Run,
    frame: Frame,
    function: FunctionValue,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
    open_ended: bool,
    receiver: Value,
) -> Value:
    node = function.node
    scope = Scope.local(function.scope)
    _bind_parameters(scope, function, positional, keywords, open_ended)
    if not any(isinstance(scope.variables[name], Unknown | Linear) for name in function.defaults):
        run.exercised.add(node)
    if receiver is None and function.owner is not None and function.binding == "method" and positional:
        receiver = positional[0]
    symbol = _symbol(function, frame)
    inner = Frame(function.unit, scope, symbol, function.owner, receiver, undecided=run.undecided)
    if function.manages_context:
        inner.with_body, run.with_body = run.with_body, None
    run.depth += 1
    running, spent, before = node in run.active, run.spent.get(node, 0), run.steps
    run.active.append(node)
    try:
        if isinstance(node, cst.Lambda):
            inner.statement = frame.statement
            return expressions.evaluate(run, node.body, inner)
        completion = statements.execute_block(run, node.body.body, inner)
    except EnoughYielded:
        return datasets.generated(inner)
    finally:
        run.muted -= inner.muted
        run.depth -= 1
        run.active.pop()
        if not running:
            run.spent[node] = spent + before - run.steps
    run.merge_exits(inner.exits)
    if node.asynchronous is not None:
        return UNKNOWN
    if function.unit.source.has_yield and run.is_generator(node):
        return datasets.generated(inner)
    results = inner.returned
    if completion is Completion.NORMAL:
        results = [*results, None]
    result = reduce(join, results) if results else UNKNOWN
    usage.check_config(run, inner, function, receiver, result)
    return result


def _symbol(function: FunctionValue, frame: Frame) -> str:
    if function.owner is not None:
        return f"{function.owner.name}.{function.name}"
    return frame.symbol if function.name == "<lambda>" else function.name


def _bind_parameters(
    scope: Scope,
    function: FunctionValue,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
    open_ended: bool,
) -> None:
    parameters = function.node.params
    plain = [param.name.value for param in (*parameters.posonly_params, *parameters.params)]
    only = [param.name.value for param in parameters.kwonly_params]
    bound = scope.variables
    bound.update(zip(plain, positional))
    if isinstance(parameters.star_arg, cst.Param):
        bound[parameters.star_arg.name.value] = UNKNOWN if open_ended else tuple(positional[len(plain) :])
    rest: dict[Value, Value] = {}
    for name, value in keywords.items():
        if name in plain or name in only:
            bound[name] = value
        else:
            rest[name] = value
    if parameters.star_kwarg is not None:
        bound[parameters.star_kwarg.name.value] = DictValue(rest, open_ended=open_ended)
    for name in (*plain, *only):
        if name not in bound:
            bound[name] = UNKNOWN if open_ended else function.defaults.get(name, UNKNOWN)


def call_with_symbols(run: Run, frame: Frame, function: FunctionValue, receiver: Value = None) -> Value:
    """Call a function that the program itself never calls: defaults, and symbols for the rest."""
    parameters = function.node.params
    every = [*parameters.posonly_params, *parameters.params]
    positional: list[Value] = []
    for index, param in enumerate(every):
        name = param.name.value
        if index == 0 and receiver is not None:
            positional.append(receiver)
        else:
            positional.append(_assumed(function, name))
    keywords = {param.name.value: _assumed(function, param.name.value) for param in parameters.kwonly_params}
    # Every plain parameter is given, so that only ``*args`` and ``**kwargs`` stay open.
    open_ended = isinstance(parameters.star_arg, cst.Param) or parameters.star_kwarg is not None
    return invoke(run, frame, function, positional, keywords, open_ended=open_ended, receiver=receiver)


def _assumed(function: FunctionValue, name: str) -> Value:
    """A parameter's default, or a symbol; a default of 0 (``units=0``) often stands for "must be given"."""
    value = function.defaults.get(name, symbol(Given(name)))
    return UNKNOWN if type(value) is int and value == 0 else value


def is_pure_call(run: Run, node: cst.Call, value: Value, frame: Frame) -> bool:
    """Whether the call just evaluated does nothing but compute its value."""
    last, callee = run.last_call
    in_place = any(argument.keyword is not None and argument.keyword.value in ("out", "copy") for argument in node.args)
    if last is not node or in_place:
        return False
    if isinstance(value, LayerValue) and value.node is node:
        return True
    if isinstance(callee, LayerValue):
        return isinstance(node.func, cst.Call) and isinstance(value, Tensor)
    if isinstance(callee, External):
        entry = find_function(callee.canonical)
        return entry is not None and entry.pure and isinstance(value, Tensor) and not _writes_out(node, entry, 0)
    if isinstance(callee, Method) and isinstance(callee.receiver, Tensor):
        receiver = callee.receiver
        if receiver.kind is not Kind.ARRAY:
            return False
        entry = find_function(f"numpy.ndarray.{callee.name}")
        return entry is not None and entry.pure and not _writes_out(node, entry, 1)
    return False


def _writes_out(node: cst.Call, entry: FunctionEntry, receivers: int) -> bool:
    """Whether an argument given by position is the array that takes the result: ``np.add(a, b, a)``."""
    slots = [parameter.name for parameter in entry.signature.positional]
    return "out" in slots and len(node.args) + receivers > slots.index("out")


def is_method_of_tensor(run: Run) -> bool:
    """Whether the call just evaluated was a method of a tensor."""
    callee = run.last_call[1]
    return isinstance(callee, Method) and isinstance(callee.receiver, Tensor)
