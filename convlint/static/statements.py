"""Execution of statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache, partial

import libcst as cst

from convlint.catalog.dataset import Dataset
from convlint.catalog.gone import successor
from convlint.catalog.names import canonical
from convlint.catalog.objects import Many
from convlint.catalog.registry import find_layer
from convlint.catalog.tensor import Kind, Numbers, Tensor
from convlint.problems import DiscardedResult, MovedImport, PrivateKerasImport, PythonFlowOnSymbolic
from convlint.shapes.dims import UNKNOWN, Linear, Unknown
from convlint.static import (
    attributes,
    builtins,
    calls,
    datasets,
    imports,
    indexing,
    library,
    patterns,
    stdlib,
    tensors,
    usage,
)
from convlint.static.expressions import AUGMENTED, apply_operator, decide, default_values, evaluate, evaluate_index
from convlint.static.journal import MISSING, Change
from convlint.static.run import Completion, Frame, Loop, Run
from convlint.static.source import READS_CLOCK
from convlint.static.syntax import children, dotted, returned_values
from convlint.static.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    External,
    FunctionValue,
    Instance,
    IteratorValue,
    ListValue,
    ObjectValue,
    Origin,
    Partial,
    Scope,
    SetValue,
    Value,
    join,
)

MAX_UNROLLED = 20_000
MANY_ROUNDS = 64
"""A loop of more rounds trains or fills; one of fewer builds layers, and each round may differ."""
MAX_WIDENING_ROUNDS = 4


def execute_block(run: Run, body: Sequence[cst.BaseStatement | cst.BaseSmallStatement], frame: Frame) -> Completion:
    """Run statements in order until one of them leaves the block."""
    for statement in body:
        completion = execute(run, statement, frame)
        if completion is not Completion.NORMAL:
            return completion
    return Completion.NORMAL


def execute(run: Run, node: cst.CSTNode, frame: Frame) -> Completion:
    """Run one statement."""
    run.step()
    executor = _EXECUTORS.get(type(node))
    if executor is None:
        return Completion.NORMAL
    if executor is not _line:
        frame.statement = node
    return executor(run, node, frame)


def _line(run: Run, node: cst.SimpleStatementLine, frame: Frame) -> Completion:
    return execute_block(run, node.body, frame)


def _expression(run: Run, node: cst.Expr, frame: Frame) -> Completion:
    value = evaluate(run, node.value, frame)
    if type(node.value) is cst.Call:
        last, callee = run.last_call
        if last is node.value and isinstance(callee, External) and callee.name in _ENDS_PROGRAM:
            return Completion.RAISE
        _check_discarded(run, node.value, value, frame)
    return Completion.NORMAL


_ENDS_PROGRAM = frozenset({"sys.exit", "builtins.exit", "builtins.quit", "os._exit", "os.abort"})


@lru_cache(maxsize=64)
def _reads_clock(node: cst.CSTNode) -> bool:
    return READS_CLOCK.search(cst.Module(()).code_for_node(node)) is not None


def _check_discarded(run: Run, node: cst.Call, value: Value, frame: Frame) -> None:
    """State a pure call whose value is dropped.

    Spared are ``with`` blocks (timing, ``raises``), loops of files and functions that read a clock, tests, which
    call to see that nothing raises, and notebooks saved as scripts, in which the last line of a cell is its output.
    """
    if frame.with_depth or not calls.is_pure_call(run, node, value, frame):
        return
    source = frame.unit.source
    smoke_test = frame.symbol.rpartition(".")[2].startswith("test") or source.is_test
    timed = source.reads_clock and (frame.loop_depth > 0 or (bool(run.active) and _reads_clock(run.active[-1])))
    if smoke_test or timed or (not frame.symbol and source.is_output(node)):
        return
    first = node.args[0].value if node.args and node.args[0].keyword is None else None
    if isinstance(node.func, cst.Attribute) and calls.is_method_of_tensor(run):
        first = node.func.value
    name = first.value if isinstance(first, cst.Name) else ""
    if not name and not frame.symbol and not frame.loop_depth:
        # `tf.zeros(1)` to wake the device, `np.argmax(predictions[0])` typed to look at it: no variable was to change.
        return
    run.state_problem(
        DiscardedResult(dotted(node.func), name), frame, node, (value,) if isinstance(value, Tensor) else ()
    )


def _assign(run: Run, node: cst.Assign, frame: Frame) -> Completion:
    value = evaluate(run, node.value, frame)
    for target in node.targets:
        bind_target(run, frame, target.target, value)
    usage.watch_output(run, frame, node, value)
    if value is None and type(node.value) is cst.Call:
        usage.remember_add(run, frame, node)
    return Completion.NORMAL


def _annotated(run: Run, node: cst.AnnAssign, frame: Frame) -> Completion:
    if node.value is not None:
        bind_target(run, frame, node.target, evaluate(run, node.value, frame))
    return Completion.NORMAL


def _augmented(run: Run, node: cst.AugAssign, frame: Frame) -> Completion:
    before = evaluate(run, node.target, frame)
    value = evaluate(run, node.value, frame)
    kind = AUGMENTED.get(type(node.operator))
    if type(before) is ListValue and kind is cst.Add:
        builtins.call_method(run, frame, node, before, "extend", [value], {})
        return Completion.NORMAL
    if isinstance(before, DictValue) and kind is cst.BitOr:
        builtins.update(run, before, [value], {})
        return Completion.NORMAL
    if isinstance(before, SetValue):
        after = apply_operator(run, frame, node, kind or cst.Add, before, value)
        run.journal.set(before.state, "items", after.items if isinstance(after, SetValue) else UNKNOWN)
        return Completion.NORMAL
    result = UNKNOWN if kind is None else apply_operator(run, frame, node, kind, before, value)
    if isinstance(before, Tensor) and before.kind is Kind.ARRAY:
        run.forget_content(frame, before)  # `labels -= 1` changes the array under all its names
    bind_target(run, frame, node.target, result)
    return Completion.NORMAL


def bind_target(run: Run, frame: Frame, target: cst.BaseExpression, value: Value) -> None:
    """Assign to a name, an attribute, a subscript or a pattern of them."""
    binder = _BINDERS.get(type(target))
    if binder is not None:
        binder(run, frame, target, value)


def _bind_name(run: Run, frame: Frame, target: cst.Name, value: Value) -> None:
    if isinstance(value, Tensor):
        value = _named(run, frame, target, value)
    run.journal.set(frame.scope.owner(target.value).variables, target.value, value)


def _bind_attribute(run: Run, frame: Frame, target: cst.Attribute, value: Value) -> None:
    owner = evaluate(run, target.value, frame)
    if isinstance(owner, Tensor) and target.attr.value == "shape":
        library.forget_shape(run, frame, target.value)
    attributes.write(run, owner, target.attr.value, value)


def _bind_subscript(run: Run, frame: Frame, target: cst.Subscript, value: Value) -> None:
    base = evaluate(run, target.value, frame)
    indexing.set_item(run, frame, target, base, evaluate_index(run, target, frame), value)


def _named(run: Run, frame: Frame, target: cst.Name, tensor: Tensor) -> Tensor:
    """The tensor under its new name; ``convlint shapes`` lists it."""
    origin = tensor.origin
    run.name_tensor(frame, target, target.value, tensor)
    if isinstance(origin, Origin) and origin.label != target.value and origin.source is frame.unit.source:
        return tensor.made_at(origin.under(target.value))
    return tensor


def _bind_pattern(run: Run, frame: Frame, target: cst.Tuple | cst.List, value: Value) -> None:
    elements = target.elements
    tensors.state_unpacked(run, frame, elements, value)
    if isinstance(value, Tensor):
        if tensors.lacks_values(run, value) and len(elements) > 1:
            run.state_problem(PythonFlowOnSymbolic(_label(value), "unpacking"), frame, elements[0].value, (value,))
        inner = (
            UNKNOWN
            if isinstance(value.shape, Unknown) or not value.shape
            else replace(value, shape=value.shape[1:], layout=None)
        )
        for element in elements:
            bind_target(run, frame, element.value, inner)
        return
    items = builtins.iterate(run, frame, elements[0] if elements else frame.unit.source.module, value)
    starred = next((i for i, element in enumerate(elements) if isinstance(element, cst.StarredElement)), None)
    if (
        isinstance(items, Unknown)
        or len(items) > builtins.MAX_ITEMS
        or (len(items) != len(elements) if starred is None else len(items) < len(elements) - 1)
    ):
        for element in elements:
            bind_target(run, frame, element.value, UNKNOWN)
        return
    if starred is None:
        for element, item in zip(elements, items):
            bind_target(run, frame, element.value, item)
        return
    behind = len(elements) - starred - 1
    middle = tuple(items[starred : len(items) - behind])
    for element, item in zip(elements[:starred], items):
        bind_target(run, frame, element.value, item)
    bind_target(run, frame, elements[starred].value, ListValue(middle))
    for element, item in zip(elements[starred + 1 :], items[len(items) - behind :]):
        bind_target(run, frame, element.value, item)


_BINDERS: dict[type[cst.CSTNode], Callable[..., None]] = {
    cst.Name: _bind_name,
    cst.Tuple: _bind_pattern,
    cst.List: _bind_pattern,
    cst.StarredElement: lambda run, frame, target, value: bind_target(run, frame, target.value, value),
    cst.Attribute: _bind_attribute,
    cst.Subscript: _bind_subscript,
}


def _label(tensor: Tensor) -> str:
    return tensor.origin.label if isinstance(tensor.origin, Origin) else "tensor"


def _if(run: Run, node: cst.If, frame: Frame) -> Completion:
    value = evaluate(run, node.test, frame)
    test = decide(run, frame, node.test, value)

    def then() -> Completion:
        return execute_block(run, node.body.body, frame)

    def otherwise() -> Completion:
        if node.orelse is None:
            return Completion.NORMAL
        if type(node.orelse) is cst.If:
            return execute(run, node.orelse, frame)
        return execute_block(run, node.orelse.body.body, frame)

    if test is not None:
        return then() if test else otherwise()
    left: list[Completion] = []

    def noted(branch: Callable[[], Completion]) -> Callable[[], Completion]:
        def run_branch() -> Completion:
            before = frame.muted
            completion = branch()
            frame.mute_until(run, before)
            left.append(completion)
            return completion

        return run_branch

    computes, looks = _guards(node.test, frame)
    with run.mute(computes or looks):
        completion = run.fork(frame, [noted(then), noted(otherwise)])
    if looks and completion is Completion.NORMAL and any(one <= Completion.RETURN for one in left):
        frame.mute_rest(run)
    return completion


_PLAIN_CONSTANTS = (cst.SimpleString, cst.ConcatenatedString, cst.FormattedString)


def _guards(test: cst.CSTNode, frame: Frame) -> tuple[bool, bool]:
    """Whether an undecided condition may be the very guard that keeps a branch from running on these shapes.

    A condition that computes with numbers (the first answer) or one on tensors (the second) may be; a switch
    (``if self.deep``, ``if mode == "train"``, ``if weights is None``) is not.
    """
    computes, names = _condition(test)
    return computes, any(isinstance(frame.scope.find(name), Tensor) for name in names)


@lru_cache(maxsize=4096)
def _condition(test: cst.CSTNode) -> tuple[bool, tuple[str, ...]]:
    """Whether a condition computes with numbers, and the names in it."""
    names: list[str] = []
    stack: list[cst.CSTNode] = [test]
    while stack:
        node = stack.pop()
        if type(node) is cst.BinaryOperation or (type(node) is cst.Call and dotted(node.func) == "isinstance"):
            return True, ()
        if type(node) is cst.Comparison:
            for target in node.comparisons:
                switch = isinstance(target.operator, cst.Is | cst.IsNot | cst.In | cst.NotIn)
                if not switch and not isinstance(target.comparator, _PLAIN_CONSTANTS):
                    return True, ()
        if type(node) is cst.Name:
            names.append(node.value)
        elif type(node) is cst.Attribute:
            stack.append(node.value)
            continue
        stack.extend(children(node))
    return False, tuple(names)


def loop_items(run: Run, frame: Frame, node: cst.CSTNode, value: Value) -> tuple[Sequence[Value], bool]:
    """What a loop meets, and whether it meets exactly that, one item after the other."""
    if isinstance(value, Tensor):
        if tensors.lacks_values(run, value):
            run.state_problem(PythonFlowOnSymbolic(_label(value), "for"), frame, node, (value,))
            return [UNKNOWN], False
        if isinstance(value.content, Numbers):
            return value.content.values, True
        if isinstance(value.shape, Unknown) or not value.shape:
            return [UNKNOWN], False
        return [replace(value, shape=value.shape[1:], layout=None, content=None)], False
    if isinstance(value, Dataset | ObjectValue):
        return [datasets.entry(run, frame, node, value)], False
    items = builtins.iterate(run, frame, node, value)
    if isinstance(items, Many):
        return [_renewed(run, items.element)], False
    if isinstance(items, range) and len(items) > MAX_UNROLLED:
        return [run.fresh_symbol()], False
    if isinstance(items, Unknown) or len(items) > MAX_UNROLLED:
        return [UNKNOWN], False
    return items, True


def _renewed(run: Run, item: Value) -> Value:
    """What the next round of a loop meets: its counter is another number than in the rounds before."""
    if isinstance(item, Linear):
        return run.fresh_symbol()
    return tuple(_renewed(run, part) for part in item) if isinstance(item, tuple) else item


def _for(run: Run, node: cst.For, frame: Frame) -> Completion:
    items, exact = loop_items(run, frame, node.iter, evaluate(run, node.iter, frame))

    def body(item: Value) -> Completion:
        bind_target(run, frame, node.target, item)
        return execute_block(run, node.body.body, frame)

    if not exact:
        completion = _repeat_unknown(run, frame, lambda: body(_renewed(run, items[0])))
    else:
        rounds = [partial(body, item) for item in items]
        counted = isinstance(items, range)
        completion = _repeat(run, frame, rounds, lambda: body(run.fresh_symbol() if counted else UNKNOWN))
    if completion is Completion.NORMAL and node.orelse is not None:
        return execute_block(run, node.orelse.body.body, frame)
    return Completion.NORMAL if completion is Completion.BREAK else completion


def _allowance(run: Run, rounds: int) -> int:
    """Steps that a loop may take before the rest of its rounds is run once, on widened values."""
    allowed = (50_000 if rounds > MANY_ROUNDS else 200_000) * run.settings.patience
    return allowed // (10 if run.muted else 1)


def _repeat(
    run: Run,
    frame: Frame,
    rounds: Sequence[Callable[[], Completion]],
    any_round: Callable[[], Completion] | None = None,
    loop: Loop | None = None,
) -> Completion:
    """Run the rounds of a loop whose course is known; past its allowance ``any_round`` stands for the rest."""
    loop = loop or Loop()
    frame.loops.append(loop)
    frame.loop_depth += 1
    completion = Completion.NORMAL
    last = run.steps - _allowance(run, len(rounds))
    cut = False
    try:
        for go in rounds:
            if run.steps < last and any_round is not None:
                cut = True
                break
            completion = go()
            if completion not in (Completion.NORMAL, Completion.CONTINUE):
                break
            completion = Completion.NORMAL
    finally:
        frame.loop_depth -= 1
        frame.loops.pop()
    run.merge_exits(loop.exits)
    return _repeat_unknown(run, frame, any_round) if cut and any_round is not None else completion


def _repeat_unknown(run: Run, frame: Frame, go: Callable[[], Completion]) -> Completion:
    """Run a loop that turns an unknown number of times: first find out what it changes, then once for real."""
    loop = Loop()
    frame.loops.append(loop)
    frame.loop_depth += 1
    try:
        with run.mute(), run.undecidedly():
            last = _widen(run, go)
        if run.muted and last is not None:
            # Once more would tell the same, and nobody listens; loops inside loops would run 2 ** depth times.
            outcome = run.bring_together(frame, [last, (Completion.NORMAL, [])])
        else:
            outcome = run.fork(frame, [go, lambda: Completion.NORMAL])
    finally:
        frame.loop_depth -= 1
        frame.loops.pop()
    run.merge_exits(loop.exits)
    return Completion.NORMAL if outcome is not Completion.BREAK else Completion.BREAK


def _widen(run: Run, go: Callable[[], Completion]) -> tuple[Completion, list[Change]] | None:
    """Run rounds until what they change has stopped growing; how the last one ended, None where it still grew."""
    # Slots that only a later round writes belong to objects born in that round: they can't grow.
    lasting: dict[tuple[int, object], Change] = {}
    for round_number in range(MAX_WIDENING_ROUNDS):
        mark = run.journal.mark()
        completion = Completion.RAISE
        try:
            completion = go()
        finally:
            changes = run.journal.take_back(mark)
        if round_number == 0:
            lasting = {(id(change.slots), change.key): change for change in changes}
        grown = False
        for change in changes:
            before = change.slots.get(change.key, MISSING)
            if before is MISSING or (id(change.slots), change.key) not in lasting:
                continue
            joined = join(before, change.value) if round_number < MAX_WIDENING_ROUNDS - 1 else UNKNOWN
            if not _unchanged(before, joined):
                run.journal.set(change.slots, change.key, joined)
                grown = True
        if not grown:
            return completion, changes
    return None


def _unchanged(before: Value, after: Value, depth: int = 0) -> bool:
    if before is after:
        return True
    if depth > 8:
        return False
    if isinstance(before, ListValue) and isinstance(after, ListValue):
        return _unchanged(before.items, after.items, depth + 1)
    if isinstance(before, Many) and isinstance(after, Many):
        return _unchanged(before.element, after.element, depth + 1)
    if isinstance(before, tuple) and isinstance(after, tuple):
        return len(before) == len(after) and all(_unchanged(a, b, depth + 1) for a, b in zip(before, after))
    try:
        return type(before) is type(after) and bool(before == after)
    except Exception:  # comparing foreign values must not end the analysis
        return False


def _while(run: Run, node: cst.While, frame: Frame) -> Completion:
    last = run.steps - _allowance(run, 1_000)
    endless = isinstance(node.test, cst.Name | cst.Integer) and node.test.value in ("True", "1")
    for rounds in range(1, 1_001):
        if run.steps < last:
            test = None
            break
        test = decide(run, frame, node.test, evaluate(run, node.test, frame))
        if test is not True:
            break
        loop = Loop()
        completion = _repeat(run, frame, [lambda: execute_block(run, node.body.body, frame)], loop=loop)
        if completion is not Completion.NORMAL:
            return Completion.NORMAL if completion is Completion.BREAK else completion
        if loop.may_end and (endless or rounds > MANY_ROUNDS):
            test = None  # `while True` with a `break` that nobody decides: it turns an unknown number of times
            break
    else:
        test = None
    if test is None:
        completion = _repeat_unknown(run, frame, lambda: execute_block(run, node.body.body, frame))
        if completion is Completion.BREAK:
            return Completion.NORMAL
    if node.orelse is not None:
        return execute_block(run, node.orelse.body.body, frame)
    return Completion.NORMAL


def _with(run: Run, node: cst.With, frame: Frame) -> Completion:
    return _within(run, node, frame, node.items)


def _within(run: Run, node: cst.With, frame: Frame, items: Sequence[cst.WithItem]) -> Completion:
    """The body of a ``with`` statement inside these managers."""
    if not items:
        frame.with_depth += 1
        try:
            return execute_block(run, node.body.body, frame)
        finally:
            frame.with_depth -= 1
    item = items[0]
    completions: list[Completion] = []

    def enter(entered: Value, expects_error: bool = False) -> None:
        if item.asname is not None:
            bind_target(run, frame, item.asname.name, entered)
        with run.mute(expects_error):
            completion = _within(run, node, frame, items[1:])
        completions.append(Completion.NORMAL if expects_error else completion)

    run.with_body = enter
    try:
        manager = evaluate(run, item.item, frame)
    finally:
        run.with_body = None
    if not completions:
        swallows = isinstance(manager, Instance) and _may_swallow(manager)
        expects_error = swallows or dotted(item.item).rpartition(".")[2] in _EXPECT_ERRORS
        enter(_enter(run, frame, item, manager), expects_error)
        if isinstance(manager, Instance):
            builtins.special(run, frame, item, manager, "__exit__", None, None, None)
    return max(completions)


def _enter(run: Run, frame: Frame, item: cst.WithItem, manager: Value) -> Value:
    """What ``as`` binds: what ``__enter__`` returns, or what a generator hands out first."""
    if isinstance(manager, IteratorValue):
        return UNKNOWN if isinstance(manager.items, Unknown) else next(iter(manager.items), UNKNOWN)
    if isinstance(manager, Dataset):
        return datasets.entry(run, frame, item, manager)
    if isinstance(manager, Instance):
        return builtins.special(run, frame, item, manager, "__enter__")
    return UNKNOWN


def _may_swallow(manager: Instance) -> bool:
    """Whether the ``__exit__`` of the program's own class may keep an error from going on."""
    leave = manager.cls.lookup("__exit__")
    if not isinstance(leave, FunctionValue):
        return leave is not MISSING or manager.cls.has_unknown_base()
    return any(value is not None and dotted(value) not in ("None", "False") for value in returned_values(leave.node))


_EXPECT_ERRORS = frozenset(
    {"raises", "assert_raises", "assert_raises_regex", "assertRaises", "assertRaisesRegex", "assertRaisesRegexp",
     "assertRaisesWithPredicateMatch", "assertRaisesWithLiteralMatch", "assertRaisesIncompatibleShapesError", "warns",
     "assertWarns", "suppress"}
)  # fmt: skip

_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError"})
_CATCH_IMPORT_ERRORS = _IMPORT_ERRORS | {"Exception", "BaseException", "AttributeError"}
_HARMLESS = _IMPORT_ERRORS | {"KeyboardInterrupt", "SystemExit", "GeneratorExit", "StopIteration", "KeyError",
                              "IndexError", "FileNotFoundError", "OSError", "IOError"}  # fmt: skip
"""Handlers of these do not catch what Keras raises for a wrong shape."""


def _caught(handler: cst.ExceptHandler) -> set[str]:
    kind = handler.type
    if kind is None:
        return {"Exception"}
    if isinstance(kind, cst.Tuple):
        return {dotted(element.value).rpartition(".")[2] for element in kind.elements}
    return {dotted(kind).rpartition(".")[2]}


def _try(run: Run, node: cst.Try | cst.TryStar, frame: Frame) -> Completion:
    handlers = [(one, _caught(one)) for one in node.handlers if isinstance(one, cst.ExceptHandler)]
    catches = any(caught - _HARMLESS for _, caught in handlers)
    guards_imports = any(caught & _CATCH_IMPORT_ERRORS for _, caught in handlers)
    outcomes: list[Completion] = []

    def body() -> Completion:
        run.imports_guarded += guards_imports
        try:
            with run.mute(catches):
                completion = execute_block(run, node.body.body, frame)
        finally:
            run.imports_guarded -= guards_imports
        if completion is Completion.NORMAL and node.orelse is not None:
            completion = execute_block(run, node.orelse.body.body, frame)
        outcomes.append(completion)
        return completion

    def handle(handler: cst.ExceptHandler) -> Callable[[], Completion]:
        def go() -> Completion:
            if handler.name is not None:
                bind_target(run, frame, handler.name.name, UNKNOWN)
            with run.mute():
                return execute_block(run, handler.body.body, frame)

        return go

    # A shim for imports that fail elsewhere: here the first spelling works.
    others = [handle(handler) for handler, caught in handlers if not caught <= _IMPORT_ERRORS]
    completion = run.fork(frame, [body, *others]) if others else body()
    if node.finalbody is not None:
        last = execute_block(run, node.finalbody.body.body, frame)
        if last is not Completion.NORMAL:
            return last
    return completion


def _return(run: Run, node: cst.Return, frame: Frame) -> Completion:
    frame.returned.append(None if node.value is None else evaluate(run, node.value, frame))
    return Completion.RETURN


def _raise(run: Run, node: cst.Raise, frame: Frame) -> Completion:
    run.last_raise = (frame.unit, node)
    if node.exc is not None and node not in run.raised:
        # Once tells all that it needs; the message of an error that is raised again is nobody's concern.
        run.raised.add(node)
        with run.mute():
            evaluate(run, node.exc, frame)
    return Completion.RAISE


def _assert(run: Run, node: cst.Assert, frame: Frame) -> Completion:
    value = evaluate(run, node.test, frame)
    return Completion.RAISE if decide(run, frame, node.test, value) is False else Completion.NORMAL


def _delete(run: Run, node: cst.Del, frame: Frame) -> Completion:
    targets = node.target.elements if isinstance(node.target, cst.Tuple) else [node.target]
    for target in targets:
        inner = target.value if isinstance(target, cst.Element) else target
        if isinstance(inner, cst.Name):
            run.journal.set(frame.scope.owner(inner.value).variables, inner.value, MISSING)
        elif isinstance(inner, cst.Subscript):
            base = evaluate(run, inner.value, frame)
            indexing.delete_item(run, base, evaluate_index(run, inner, frame))
    return Completion.NORMAL


def _global(run: Run, node: cst.Global, frame: Frame) -> Completion:
    frame.scope.global_names |= {item.name.value for item in node.names}
    return Completion.NORMAL


def _nonlocal(run: Run, node: cst.Nonlocal, frame: Frame) -> Completion:
    frame.scope.nonlocal_names |= {item.name.value for item in node.names}
    return Completion.NORMAL


def _function(run: Run, node: cst.FunctionDef, frame: Frame) -> Completion:
    owner = frame.owner if frame.scope.is_class and isinstance(frame.owner, ClassValue) else None
    function = FunctionValue(
        node.name.value, node, frame.scope, frame.unit, default_values(run, node.params, frame), owner
    )
    if not run.muted:
        frame.unit.functions.append(function)
    value: Value = function
    for decorator in reversed(node.decorators):
        value = _decorate(run, frame, decorator, value)
    run.journal.set(frame.scope.owner(node.name.value).variables, node.name.value, value)
    return Completion.NORMAL


def _decorate(run: Run, frame: Frame, decorator: cst.Decorator, value: Value) -> Value:
    name = dotted(decorator.decorator).rpartition(".")[2]
    if name in ("setter", "deleter", "getter"):
        known = frame.scope.variables.get(value.name) if isinstance(value, FunctionValue) else None
        return value if known is None else known
    if isinstance(value, FunctionValue) and name in _BINDINGS:
        value.binding = _BINDINGS[name]
        return value
    with run.mute():
        wrapper = evaluate(run, decorator.decorator, frame)
    if isinstance(value, FunctionValue) and wrapper == External("contextlib.contextmanager"):
        value.manages_context = True
        return value
    if isinstance(value, ClassValue) and isinstance(wrapper, External) and stdlib.makes_dataclass(wrapper):
        stdlib.set_fields(value)
        return value
    # An object of the program whose library base is what is called (an `export` that registers) keeps it, too.
    own = not isinstance(wrapper, Instance) or wrapper.cls.lookup("__call__") is not MISSING
    if own and isinstance(wrapper, FunctionValue | BoundMethod | ClassValue | Instance | Partial):
        return calls.call(run, frame, decorator, wrapper, [value], {})
    # Library decorators (tf.function, register_keras_serializable, lru_cache …) keep the callable.
    return value


_BINDINGS = {"staticmethod": "static", "classmethod": "class", "property": "property", "cached_property": "property"}


def _class(run: Run, node: cst.ClassDef, frame: Frame) -> Completion:
    bases = tuple(evaluate(run, base.value, frame) for base in node.bases)
    bases = tuple(base for base in bases if base != External("builtins.object"))
    scope = Scope(parent=frame.scope, is_class=True)
    cls = ClassValue(node.name.value, node, bases, scope, frame.unit)
    symbol = f"{frame.symbol}.{cls.name}" if frame.symbol else cls.name
    execute_block(run, node.body.body, Frame(frame.unit, scope, symbol, cls, undecided=run.undecided))
    if not run.muted:
        frame.unit.classes.append(cls)
    usage.check_class(run, frame, cls)
    value: Value = stdlib.finish_class(cls)
    for decorator in reversed(node.decorators):
        value = _decorate(run, frame, decorator, value)
    run.journal.set(frame.scope.owner(cls.name).variables, cls.name, value)
    return Completion.NORMAL


def _check_moved(run: Run, frame: Frame, node: cst.Import | cst.ImportFrom, spelled: str) -> None:
    """State the import of a module that Keras 3 no longer has, unless the program expects that."""
    if run.imports_guarded:
        return
    today = successor(spelled, run.settings.keras)
    if today is None:
        _check_private(run, frame, node, spelled)
        return
    if isinstance(node, cst.ImportFrom) and spelled.endswith("keras.layers.merge") and node.module is not None:
        today = today if dotted(node.module) == spelled else ""  # the function of Keras 1, not the module of Keras 2
    if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar) and today.endswith("layers"):
        text = frame.unit.source.text
        names = [dotted(alias.name) for alias in node.names]
        lost = [name for name in names if not _is_layer_name(today, name) and text.count(name) > 1]
        if lost or len(names) == sum(not _is_layer_name(today, name) for name in names):
            today = ""
    if not today and isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
        inner = {f"{spelled}.{dotted(alias.name)}" for alias in node.names}
        moved = {name: successor(name, run.settings.keras) for name in inner} if len(inner) == 1 else {}
        spelled, today = next(((name, new) for name, new in moved.items() if new), (spelled, today))
    run.state_problem(MovedImport(spelled, today), frame, node, callee=spelled)


def _is_layer_name(home: str, name: str) -> bool:
    return name in ("Layer", "InputSpec", "Wrapper") or calls.is_known_library_name(canonical(f"{home}.{name}"))


_PRIVATE = ("keras.src", "keras.api", "keras._tf_keras", "tensorflow.python", "tensorflow.keras.src")


def _check_private(run: Run, frame: Frame, node: cst.Import | cst.ImportFrom, spelled: str) -> None:
    """State an import from modules that Keras and TensorFlow rename as they like."""
    if not any(spelled == home or spelled.startswith(f"{home}.") for home in _PRIVATE):
        return
    if isinstance(node, cst.ImportFrom) and node.module is not None and spelled != dotted(node.module):
        return  # one finding for the module
    public = ""
    if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
        names = [dotted(alias.name) for alias in node.names]
        home = "tensorflow.keras.layers" if spelled.startswith("tensorflow.") else "keras.layers"
        if "keras" in spelled and all(find_layer(f"keras.layers.{name}") is not None for name in names):
            public = home
    run.state_problem(PrivateKerasImport(spelled, public), frame, node, callee=spelled)


def _import(run: Run, node: cst.Import, frame: Frame) -> Completion:
    for alias in node.names:
        full = dotted(alias.name)
        _check_moved(run, frame, node, full)
        module = imports.resolve_later(run, frame, full)
        if alias.asname is not None:
            bind_target(run, frame, alias.asname.name, module)
        else:
            head = full.partition(".")[0]
            bound = module if head == full else imports.resolve_later(run, frame, head)
            run.journal.set(frame.scope.owner(head).variables, head, bound)
    return Completion.NORMAL


def _import_from(run: Run, node: cst.ImportFrom, frame: Frame) -> Completion:
    module_name = "" if node.module is None else dotted(node.module)
    level = len(node.relative)
    if not node.relative:
        _check_moved(run, frame, node, module_name)
    if isinstance(node.names, cst.ImportStar):
        imports.import_star(run, frame, imports.resolve(run, frame.unit, module_name, level))
        return Completion.NORMAL
    for alias in node.names:
        name = dotted(alias.name)
        target = alias.asname.name if alias.asname is not None else alias.name
        if not node.relative:
            _check_moved(run, frame, node, f"{module_name}.{name}")
        value = imports.resolve_later(run, frame, module_name, level, name)
        bind_target(run, frame, target, value)
    return Completion.NORMAL


def _match(run: Run, node: cst.Match, frame: Frame) -> Completion:
    subject = evaluate(run, node.subject, frame)
    return _cases(run, node.cases, subject, frame)


def _cases(run: Run, cases: Sequence[cst.MatchCase], subject: Value, frame: Frame) -> Completion:
    """Run the first case that fits; from where that is not known, each that may."""
    for index, case in enumerate(cases):
        fits = patterns.fits(run, frame, case.pattern, subject)
        if fits and case.guard is not None:
            fits = decide(run, frame, case.guard, evaluate(run, case.guard, frame))
        if fits:
            return execute_block(run, case.body.body, frame)
        if fits is None:
            with run.mute():
                return run.fork(
                    frame,
                    [
                        partial(execute_block, run, case.body.body, frame),
                        partial(_cases, run, cases[index + 1 :], subject, frame),
                    ],
                )
    return Completion.NORMAL


_EXECUTORS: dict[type[cst.CSTNode], Callable[..., Completion]] = {
    cst.SimpleStatementLine: _line,
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Assert: _assert,
    cst.Del: _delete,
    cst.Global: _global,
    cst.Nonlocal: _nonlocal,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.Match: _match,
    cst.Break: lambda run, node, frame: Completion.BREAK,
    cst.Continue: lambda run, node, frame: Completion.CONTINUE,
}
