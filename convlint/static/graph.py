"""The graph behind functional models: which call made which symbolic tensor, and what Keras calls everything.

Keras gives each layer, model and operation a name when it is made, counting by class, and lists the
layers of a functional model by their depth below the outputs. Both are repeated here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import libcst as cst

from convlint.catalog.layers.core import InputLayer
from convlint.catalog.tensor import Kind, Tensor
from convlint.lazy import dataclass
from convlint.shapes.dims import UNKNOWN, Unknown
from convlint.static.journal import Slots
from convlint.static.run import Frame, Run
from convlint.static.values import (
    Applied,
    DictValue,
    GraphNode,
    Instance,
    LayerValue,
    ListValue,
    ModelValue,
    Operation,
    Origin,
    Value,
)

FIRST = "keras first call"
"""Key under which an operation keeps its first call; no program can write it."""

_NO_TENSORS = frozenset({"training", "mask"})
"""Arguments of a call that hold no tensor of the graph even where they are not known."""


# --- names -----------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def snake_case(name: str) -> str:
    """``Conv2DTranspose`` as ``conv2d_transpose``. Source: ``keras/src/utils/naming.py``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def automatic_name(run: Run, class_name: str) -> Value:
    """The name of the next nameless object of a class: ``conv2d``, then ``conv2d_1``; unknown once the count is."""
    prefix = snake_case(class_name)
    count = run.names.get(prefix, 0)
    if not isinstance(count, int):
        return UNKNOWN
    run.journal.set(run.names, prefix, count + 1)
    return f"{prefix}_{count}" if count else prefix


def full_name(layer: Value) -> Value:
    """What Keras calls a layer or model."""
    if isinstance(layer, LayerValue | ModelValue):
        return layer.full_name
    return layer.attributes.get("name", UNKNOWN) if isinstance(layer, Instance) else UNKNOWN


def name_of(run: Run, class_name: str, given: Value) -> Value:
    """The given name, or an automatic one for None."""
    if given is None:
        return automatic_name(run, class_name)
    return given if isinstance(given, str) else UNKNOWN


def layers_of(model: ModelValue) -> tuple[Value, ...] | None:
    """``model.layers``: without the input of a ``Sequential``, and without what is no layer; None where not known."""
    layers = model.state["layers"]
    if not isinstance(layers, tuple):
        return None
    if not model.sequential:
        return layers
    return tuple(layer for layer in layers if not is_input(layer))


def is_input(layer: Value) -> bool:
    """Whether something in a ``Sequential`` only declares its input."""
    return isinstance(layer, Tensor) or (isinstance(layer, LayerValue) and isinstance(layer.spec, InputLayer))


# --- nodes -----------------------------------------------------------------------------------


def in_graph(x: Tensor) -> bool:
    """Whether the tensor is a symbolic one of Keras, as far as is known."""
    if x.kind is Kind.SYMBOLIC:
        return True
    return x.kind is Kind.UNKNOWN and isinstance(x.origin, Origin) and x.origin.call is not None


def record(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    operation: Operation,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
    result: Value,
) -> Value:
    """Remember a call of an operation; the result's tensors learn that they come out of it."""
    if run.replaying:
        return result
    inputs = _inputs((*positional, *(value for key, value in keywords.items() if key not in _NO_TENSORS)))
    call = GraphNode(operation, tuple(positional), dict(keywords), inputs, frame.unit, node)
    state = state_of(operation)
    symbolic = not run.inside_call and any(in_graph(x) for x in tensors_of((*positional, *keywords.values())))
    if symbolic:
        if isinstance(result, Unknown):
            result = Tensor()  # whatever comes out of a symbolic call is a tensor, or several
        outputs: list[Tensor] = []
        result = _give(result, call, outputs)
        call.outputs = tuple(outputs)
    else:
        call.outputs = tuple(tensors_of([result]))
    if run.called_operations is not None:
        run.called_operations.setdefault(id(operation), operation)
    if state is not None and state.get(FIRST) is None:
        run.journal.set(state, FIRST, call)
    return result


def produce(frame: Frame, node: cst.CSTNode, operation: Operation, tensor: Tensor) -> Tensor:
    """The tensor as what comes out of an operation without inputs: ``Input``."""
    call = GraphNode(operation, (), {}, (), frame.unit, node)
    origin = tensor.origin
    if not isinstance(origin, Origin):
        origin = Origin(frame.unit.source, node, "input")
    made = tensor.made_at(origin.out_of(call, 0))
    call.outputs = (made,)
    state = state_of(operation)
    if state is not None:
        state[FIRST] = call
    return made


def from_call(x: Tensor, call: GraphNode | None, index: int) -> Tensor:
    """The tensor as an output of a call."""
    return x.made_at(x.origin.out_of(call, index)) if isinstance(x.origin, Origin) else x


def outside(origin: object) -> object:
    """The origin of something that was made of a tensor without Keras seeing it: it is in no graph."""
    return replace(origin, call=None, index=0) if isinstance(origin, Origin) else origin


def ends_of(layer: Value, which: str) -> Value:
    """``layer.input`` or ``layer.output``: what its first call on symbolic tensors took or gave."""
    state = state_of(layer) if isinstance(layer, LayerValue | ModelValue | Instance) else None
    first = None if state is None else state.get(FIRST)
    if not isinstance(first, GraphNode):
        return UNKNOWN
    found = first.inputs if which == "input" else first.outputs
    if not found or not all(map(in_graph, found)):
        return UNKNOWN
    return found[0] if len(found) == 1 else ListValue(found)


def state_of(operation: Operation) -> Slots | None:
    """Where an operation keeps what changes."""
    if isinstance(operation, LayerValue | ModelValue):
        return operation.state
    return operation.attributes if isinstance(operation, Instance) else None


def first_call(operation: Operation) -> GraphNode | None:
    """The first call of an operation."""
    state = state_of(operation)
    found = None if state is None else state.get(FIRST)
    return found if isinstance(found, GraphNode) else None


MAX_FLATTENED = 100_000
"""Values looked at for the tensors of one call; lists that share their parts could go on without end."""


def tensors_of(values: Iterable[Value]) -> Iterator[Tensor]:
    """All tensors in values and the containers among them, in Keras' order: dictionaries by key."""
    waiting = [*values][::-1]
    room = MAX_FLATTENED
    while waiting and room:
        room -= 1
        value = waiting.pop()
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple):
            waiting.extend(reversed(value))
        elif isinstance(value, ListValue) and not isinstance(value.items, Unknown):
            waiting.extend(reversed(value.items))
        elif isinstance(value, DictValue) and not value.open:
            waiting.extend(reversed(by_key(value)))


def by_key(value: DictValue) -> list[Value]:
    """The values of a dictionary in the order in which Keras flattens it."""
    entries = value.entries
    keys = sorted(entries) if all(isinstance(key, str) for key in entries) else list(entries)
    return [entries[key] for key in keys]


def _inputs(values: Sequence[Value]) -> tuple[Tensor, ...] | None:
    """The symbolic tensors among arguments; None where an unknown one may be among them."""
    found: list[Tensor] = []
    return tuple(found) if _gather(values, found) else None


def _gather(values: Sequence[Value], found: list[Tensor]) -> bool:
    for value in values:
        if isinstance(value, Tensor):
            if in_graph(value):
                found.append(value)
            elif value.kind is Kind.UNKNOWN:
                return False
        elif isinstance(value, Unknown) and value is UNKNOWN:
            return False
        elif isinstance(value, ListValue):
            if isinstance(value.items, Unknown) or not _gather(value.items, found):
                return False
        elif isinstance(value, tuple):
            if not _gather(value, found):
                return False
        elif isinstance(value, DictValue) and (value.open or not _gather(by_key(value), found)):
            return False
    return True


def _give(result: Value, call: GraphNode, outputs: list[Tensor]) -> Value:
    """The result with the call in each of its tensors, which are collected in order."""
    if isinstance(result, Tensor):
        origin = result.origin
        if not isinstance(origin, Origin):
            origin = Origin(call.unit.source, call.node, "tensor")
        made = result.made_at(origin.out_of(call, len(outputs)))
        outputs.append(made)
        return made
    if isinstance(result, tuple):
        return tuple(_give(part, call, outputs) for part in result)
    if isinstance(result, ListValue) and not isinstance(result.items, Unknown):
        return ListValue([_give(part, call, outputs) for part in result.items])
    if isinstance(result, DictValue):
        return DictValue({key: _give(part, call, outputs) for key, part in result.entries.items()})
    return result


def apply(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    class_name: str,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
    again: Callable[[Sequence[Value], Mapping[str, Value]], Value],
) -> Value:
    """Apply a function; on symbolic tensors Keras makes an operation of the class ``class_name`` for it."""
    result = again(positional, keywords)
    if run.replaying or run.inside_call or not any(in_graph(x) for x in tensors_of((*positional, *keywords.values()))):
        return result
    return record(run, frame, node, Applied(automatic_name(run, class_name), again), positional, keywords, result)


# --- graphs ----------------------------------------------------------------------------------

Place = tuple[int, int]


def place_of(x: Tensor) -> Place | None:
    """What tells a tensor of the graph from all others: its call and its place among the outputs."""
    origin = x.origin
    return (id(origin.call), origin.index) if isinstance(origin, Origin) and origin.call is not None else None


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """What lies between inputs and outputs.

    Attributes:
        nodes: every node after those that it needs.
        operations: in the order in which Keras lists them.
        inputs: the places of the inputs.
    """

    nodes: tuple[GraphNode, ...]
    operations: tuple[Operation, ...]
    inputs: tuple[Place, ...]


def collect(inputs: Sequence[Tensor], outputs: Sequence[Tensor], new_input: Callable[[Tensor], Tensor]) -> Graph | None:
    """The graph between tensors; None where it is not known, or where the outputs don't hang on the inputs.

    Args:
        inputs: where it begins.
        outputs: where it ends.
        new_input: makes the input that stands for a tensor in the middle of another graph.

    Source: ``keras/src/ops/function.py``, ``map_graph`` and ``_build_map``.
    """
    walk = _Walk(inputs, new_input)
    if not all(map(walk.visit, outputs)):
        return None
    depths: dict[int, int] = {}
    operation_depths: dict[int, int] = {}
    operations: dict[int, Operation] = {}
    for node in reversed(walk.finished):
        depth = max(depths.setdefault(id(node), 0), operation_depths.get(id(node.operation), 0))
        operations[id(node.operation)] = node.operation
        operation_depths[id(node.operation)] = depths[id(node)] = depth
        for x in node.inputs or ():
            before = walk.call_of(x)
            if before is not None and id(before) in walk.in_graph:
                depths[id(before)] = max(depth + 1, depths.get(id(before), 0))
    order = dict(walk.indices)
    finished = list(walk.finished)
    for call in map(walk.call_of, inputs):
        if call is not None and not call.inputs and id(call.operation) not in operation_depths:
            operations[id(call.operation)] = call.operation
            operation_depths[id(call.operation)] = 0
            order[id(call.operation)] = -1
            finished.append(call)
    ranked = sorted(operations, key=lambda key: (-operation_depths[key], order[key]))
    places = tuple(place for place in map(place_of, inputs) if place is not None)
    return Graph(tuple(finished), tuple(operations[key] for key in ranked), places)


def missing_input(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> Tensor | None:
    """An ``Input`` on which the outputs depend though it is none of the inputs; None where none is proved.

    What else the outputs depend on may be unknown: one path to such an input is enough for Keras to refuse.
    """
    listed = set(map(place_of, inputs))
    if None in listed:
        return None
    waiting, seen = list(reversed(outputs)), set[Place | None]()
    while waiting:
        x = waiting.pop()
        place, call = place_of(x), _call_of(x)
        if place in listed or place in seen or call is None:
            continue
        seen.add(place)
        if not call.inputs and call.inputs is not None:
            return x
        waiting.extend(reversed(call.inputs or ()))
    return None


def _call_of(x: Tensor) -> GraphNode | None:
    return x.origin.call if isinstance(x.origin, Origin) else None


class _Walk:
    """Depth first from outputs to inputs; recursion would end at a thousand layers."""

    def __init__(self, inputs: Sequence[Tensor], new_input: Callable[[Tensor], Tensor]) -> None:
        self.starts: dict[Place | None, GraphNode | None] = {}
        for x in inputs:
            call = _call_of(x)
            self.starts[place_of(x)] = _call_of(new_input(x)) if call is not None and call.inputs else call
        self.finished: list[GraphNode] = []
        self.in_graph: set[int] = set()
        self.indices: dict[int, int] = {}
        self._seen: set[int] = set()

    def visit(self, output: Tensor) -> bool:
        """Walk everything that an output needs; False where something of it is not known."""
        start = self._enter(output)
        if start is None:
            return False
        stack = [] if start is _NOTHING else [(start, iter(start.inputs or ()))]
        while stack:
            node, rest = stack[-1]
            x = next(rest, None)
            if x is None:
                stack.pop()
                self.finished.append(node)
                self.in_graph.add(id(node))
                continue
            following = self._enter(x)
            if following is None:
                return False
            if following is not _NOTHING:
                stack.append((following, iter(following.inputs or ())))
        return True

    def call_of(self, x: Tensor) -> GraphNode | None:
        """The node that a tensor comes out of in this graph: an input of its own where the graph begins with it."""
        place = place_of(x)
        return self.starts[place] if place in self.starts else _call_of(x)

    def _enter(self, x: Tensor) -> GraphNode | None:
        call = self.call_of(x)
        if call is None or call.inputs is None:
            return None
        if id(call) in self._seen:
            return _NOTHING
        if not call.inputs and place_of(x) not in self.starts:
            return None  # an Input that the model does not name: Keras raises
        self._seen.add(id(call))
        self.indices.setdefault(id(call.operation), len(self.indices))
        return call


_NOTHING = GraphNode(Applied("", lambda positional, keywords: UNKNOWN), (), {}, (), None, cst.Pass())  # type: ignore[arg-type]
"""Stands for a node that is not to be walked."""


def replay(
    graph: Graph, given: Sequence[Value], call: Callable[[GraphNode, Sequence[Value], Mapping[str, Value]], Value]
) -> dict[Place, Value]:
    """Run a graph on other inputs.

    Args:
        graph: what to run.
        given: a value for each input.
        call: runs one node on other arguments.

    Returns:
        What stands at each place.
    """
    known: dict[Place, Value] = dict(zip(graph.inputs, given))
    for node in graph.nodes:
        if not node.inputs:
            continue
        positional = [_put(value, known) for value in node.positional]
        keywords = {key: _put(value, known) for key, value in node.keywords.items()}
        result = call(node, positional, keywords)
        for index, tensor in enumerate(tensors_of([result])):
            known[id(node), index] = tensor
    return known


def _put(value: Value, known: Mapping[Place, Value]) -> Value:
    """The value with the tensors of the graph replaced."""
    return substitute(value, lambda x: x if place_of(x) is None else known.get(place_of(x), Tensor()))  # type: ignore[arg-type]


def substitute(value: Value, change: Callable[[Tensor], Value]) -> Value:
    """The value with each tensor in it changed."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple):
        return tuple(substitute(item, change) for item in value)
    if isinstance(value, ListValue) and not isinstance(value.items, Unknown):
        return ListValue([substitute(item, change) for item in value.items])
    if isinstance(value, DictValue):
        return DictValue({k: substitute(v, change) for k, v in value.entries.items()}, open_ended=value.open)
    return value
