"""One analysis: its budget, its state, what it met so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import field, replace
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from convlint.catalog.context import Context
from convlint.catalog.tensor import Kind, Tensor
from convlint.lazy import dataclass
from convlint.problems import InternalFault, Problem
from convlint.shapes.dims import UNKNOWN, Linear, Unknown, symbol
from convlint.shapes.shape import Shape
from convlint.static.disk import Disk
from convlint.static.journal import MISSING, UNBORN, Change, Journal, Slots
from convlint.static.recall import Recall
from convlint.static.syntax import contains_yield
from convlint.static.values import (
    Instance,
    LayerValue,
    ModelValue,
    Namespace,
    Operation,
    Origin,
    ReadDynamic,
    Scope,
    Unit,
    Value,
    join,
    same_value,
)

if TYPE_CHECKING:
    from convlint.static.analysis import StaticSettings

MAX_CALL_DEPTH = 40
CATALOG_STEPS = 20
"""What a question to the catalog costs, in evaluated nodes: about 100 microseconds."""


class BudgetExhausted(Exception):
    """The analysis took its last step; what is known so far stays true."""


STAR = "*"
"""Bound in a scope by ``from module import *``: other names may be bound as well."""

_SEEN = frozenset({Tensor, LayerValue, ModelValue, Instance, int, tuple, Linear, ReadDynamic})
"""Types of values that an editor shows."""

MAX_YIELDED = 256
"""Values that a generator hands out one by one; of one that has more only what they have in common is known."""


class EnoughYielded(Exception):
    """A generator handed out so much that running it further tells nothing new."""


class Completion(IntEnum):
    """How a block of statements ends; the strongest of several branches wins."""

    RAISE = 0
    RETURN = 1
    CONTINUE = 2
    BREAK = 3
    NORMAL = 4


@dataclass(eq=False)
class Loop:
    """A loop that is being run.

    Attributes:
        exits: what rounds that ended early left behind.
        may_end: whether a round met a ``break`` or ``return`` of which it is not known whether it is reached.
    """

    exits: list[list[Change]] = field(default_factory=list)
    may_end: bool = False


@dataclass(eq=False)
class Frame:
    """One activation: of a module, a function or a class body."""

    unit: Unit
    scope: Scope
    symbol: str = ""
    owner: object | None = None
    receiver: Value = None
    statement: cst.CSTNode | None = None
    returned: list[Value] = field(default_factory=list)
    exits: list[list[Change]] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    with_depth: int = 0
    loop_depth: int = 0
    yielded: list[Value] = field(default_factory=list)
    """What a generator hands out; all of it, one after the other, while ``yields_exactly``."""
    yields_exactly: bool = True
    undecided: int = 0
    muted: int = 0
    """How often :meth:`mute_rest` was called."""
    with_body: Callable[[Value], None] | None = None
    """What runs where the generator of a ``with`` statement hands out its value."""

    def mute_rest(self, run: Run) -> None:
        """State nothing more in this activation: what is left of it may not run on these tensors."""
        self.muted += 1
        run.muted += 1

    def mute_until(self, run: Run, before: int) -> None:
        """The end of a branch, before which ``muted`` was ``before``: what the branch muted ends with it."""
        run.muted -= self.muted - before
        self.muted = before

    def hand_out(self, run: Run, value: Value, *, exact: bool = True) -> None:
        """``yield value``. Raises EnoughYielded."""
        if self.with_body is not None:
            self.with_body(value)
            return
        self.yielded.append(value)
        self.yields_exactly = self.yields_exactly and exact and run.undecided == self.undecided
        if len(self.yielded) >= MAX_YIELDED:
            self.yields_exactly = False
            raise EnoughYielded


@dataclass(eq=False)
class Met:
    """A problem as it was met; locations are computed once, at the end."""

    problem: Problem
    frame_unit: Unit
    node: cst.CSTNode
    statement: cst.CSTNode | None
    symbol: str
    tensors: tuple[Tensor, ...]
    names: Mapping[str, str]
    callee: str
    values: Mapping[str, object]
    argument_nodes: Mapping[str, cst.BaseExpression]


MAX_SEEN = 6
"""Values of one expression that are remembered; the last of them always is."""


@dataclass(eq=False)
class Seen:
    """What an expression was, each time another value."""

    unit: Unit
    values: list[Value]
    cut: bool = False

    def add(self, value: Value) -> None:
        """One more value; of many, those in the middle are left out."""
        if len(self.values) == MAX_SEEN:
            self.values.pop()
            self.cut = True
        self.values.append(value)


@dataclass(eq=False)
class Scales:
    """Which expressions were known, each time that they were evaluated."""

    is_known: Callable[[Value], bool]
    weighed: dict[cst.CSTNode, bool] = field(default_factory=dict)

    def weigh(self, node: cst.CSTNode, value: Value) -> None:
        """One more value of an expression."""
        self.weighed[node] = self.weighed.get(node, True) and self.is_known(value)


class _Muting(AbstractContextManager[None]):
    """``run.muted`` counts one more meanwhile. One serves all blocks of a run: a generator for each costs thrice."""

    __slots__ = ("_run",)

    def __init__(self, run: Run) -> None:
        self._run = run

    def __enter__(self) -> None:
        self._run.muted += 1

    def __exit__(self, *error: object) -> None:
        self._run.muted -= 1


class _Undeciding(AbstractContextManager[None]):
    """``run.undecided`` counts one more meanwhile."""

    __slots__ = ("_run",)

    def __init__(self, run: Run) -> None:
        self._run = run

    def __enter__(self) -> None:
        self._run.undecided += 1

    def __exit__(self, *error: object) -> None:
        self._run.undecided -= 1


_NOTHING = nullcontext()


class Run:
    """State of one analysis."""

    scales: Scales | None = None
    """Where somebody wants to know what is not known."""
    registers_names = False
    """Whether a module that was met registers objects under names that Keras then knows."""
    trials = 0
    """How many trials are going on of which nothing stays (:meth:`apart`)."""
    beside = False
    """Whether what runs are not the statements of the file itself: it is imported, or only defined and tried."""
    inside_loss = ""
    assumed_image_data_format = False
    last_raise: tuple[Unit, cst.CSTNode] | None = None

    def __init__(self, settings: StaticSettings, directory: Path, disk: Disk | None = None) -> None:
        self.settings, self.directory, self.disk = settings, directory, disk or Disk()
        self.journal = Journal()
        self.state = Slots({"image_data_format": settings.image_data_format})
        self.names = Slots()
        """How many objects got an automatic name, by the name's stem."""
        self.names.born = UNBORN  # what a remembered call changes of them is told by it
        self.recall = Recall()
        self.flags = Namespace()
        self.units: dict[Path, Unit | None] = {}
        self.sets_defaults: dict[Path, bool] = {}
        self.steps = self.budget = settings.step_budget
        self.depth = self.muted = 0
        self.with_body: Callable[[Value], None] | None = None
        self.undecided = self.imports_guarded = 0
        self.inside_call = self.exercising = False
        self.replaying = False
        """Whether a model runs on new inputs: no layer is called by the program then."""
        self.called_operations: dict[int, Operation] | None = None
        """Every operation that is called, in order, where somebody wants to know."""
        self.met: dict[tuple[type[Problem], cst.CSTNode, str], Met] = {}
        self.refused: set[cst.CSTNode] = set()
        self.tensors: dict[cst.CSTNode, tuple[Unit, str, Tensor]] = {}
        self.data_shapes: set[Shape] = set()
        self.axes_needed: set[cst.CSTNode] = set()
        """Where tensors were made that a layer of fixed rank took as they were."""
        self.readers: dict[int, LayerValue] = {}
        """The first layer behind each input of a model, by the identity of the input's origin."""
        self.called, self.exercised = set[cst.CSTNode](), set[cst.CSTNode]()
        """Functions that were called, and those that were with a known value for each parameter that has a default."""
        self.active: list[cst.CSTNode] = []
        self.recursions: dict[cst.CSTNode, int] = {}
        self.spent: dict[cst.CSTNode, int] = {}
        self.at: cst.CSTNode | None = None
        """The statement of the analysed file that is being run."""
        self.stopped: list[tuple[cst.CSTNode, str]] = []
        self.faults: list[Exception] = []
        self.raised: set[cst.CSTNode] = set()
        """The ``raise`` statements that ran."""
        self._muting, self._undeciding = _Muting(self), _Undeciding(self)
        self.symbols = 0
        self.last_call: tuple[cst.CSTNode | None, Value] = (None, None)
        self.lambdas: list[tuple[LayerValue, cst.CSTNode]] = []
        self.reached: dict[int, Value] = {}
        self.nothing: dict[tuple[int, str], cst.CSTNode] = {}
        self.unread = Slots()
        self.graphs: list[frozenset[tuple[int, int]]] = []
        """The functional models that were made: the tensors between their inputs and outputs."""
        self.seen: dict[cst.CSTNode, Seen] | None = {} if settings.remember or settings.weigh else None
        """What every expression was, where an editor wants to know."""

    def meet(self, path: Path, unit: Unit) -> None:
        """A module of the project begins to run."""
        self.units[path] = unit
        self.registers_names |= unit.source.registers_names

    def see(self, frame: Frame, node: cst.CSTNode, value: Value) -> None:
        """Remember what an expression was, for who looks at it in an editor."""
        if self.seen is None or self.muted:
            return
        if self.scales is not None:
            self.scales.weigh(node, value)
        if type(value) not in _SEEN:
            return
        known = self.seen.get(node)
        if known is None:
            self.seen[node] = Seen(frame.unit, [value])
        elif not any(same_value(value, other) or value == other for other in known.values):
            known.add(value)

    def step(self) -> None:
        """Pay for one evaluated node."""
        self.steps -= 1
        if self.steps < 0:
            raise BudgetExhausted

    def pay(self, steps: int) -> None:
        """Pay for work that is not evaluation of nodes; the next step notices when there was too much of it."""
        self.steps -= steps

    def pay_for_copy(self, sequence: Sequence[object], times: int = 1) -> None:
        """Pay for a sequence that is copied: a thousand entries, of eight bytes each, take no longer than one node."""
        self.steps -= (len(sequence) * times) >> (13 if isinstance(sequence, str) else 10)

    def is_generator(self, node: cst.FunctionDef) -> bool:
        """Whether calling the function only makes a generator."""
        return contains_yield(node)

    @contextmanager
    def contain(self) -> Iterator[None]:
        """A bug of ours ends this part of the analysis, not the others; it is kept in ``faults``."""
        try:
            yield
        except BudgetExhausted:
            raise
        except RecursionError:
            self.stop("expressions nested too deeply")
            self._reset()
        except Exception as error:
            self.faults.append(error)
            self._reset()

    def stop(self, reason: str) -> None:
        """Remember that the analysis left the statement it is at before its end."""
        if self.at is not None and not any(node is self.at for node, _ in self.stopped):
            self.stopped.append((self.at, reason))

    def _reset(self) -> None:
        self.muted, self.depth, self.undecided, self.inside_call = 0, 0, 0, False
        self.active.clear()

    def take_legacy_keras(self) -> None:
        """Judge by Keras 2: the program asks for it, be it on some machines only."""
        if self.settings.keras >= 3:
            self.settings = replace(self.settings, keras=2)

    def mute(self, on: bool = True) -> AbstractContextManager[None]:
        """State nothing meanwhile: the code may not run, or its failure is expected."""
        return self._muting if on else _NOTHING

    def undecidedly(self) -> AbstractContextManager[None]:
        """Whether the code runs at all is not known."""
        return self._undeciding

    @contextmanager
    def apart(self) -> Iterator[Mapping[tuple[type[Problem], cst.CSTNode, str], Met]]:
        """Try something out: what is met is only handed over, what changes is taken back."""
        before, self.met = self.met, {}
        muted, self.muted = self.muted, 0
        self.trials += 1
        mark = self.journal.mark()
        try:
            yield self.met
        finally:
            self.met, self.muted = before, muted
            self.trials -= 1
            self.journal.take_back(mark)

    def context(self, operation: str) -> Context:
        """Surroundings for a catalog entry, as they are at this point of the program."""
        layout = self.state["image_data_format"]
        return Context(
            operation=operation,
            image_data_format=layout if isinstance(layout, str) else UNKNOWN,
            keras=self.settings.keras,
            inside_call=self.inside_call,
            fresh=self.fresh_symbol,
            registers_names=self.registers_names,
        )

    def consult(
        self,
        frame: Frame,
        node: cst.CSTNode,
        operation: str,
        action: Callable[[Context], Value],
        tensors: Sequence[Tensor] = (),
        *,
        callee: str = "",
        values: Mapping[str, object] | None = None,
        argument_nodes: Mapping[str, cst.BaseExpression] | None = None,
    ) -> Value:
        """Ask the catalog; what it notes or refuses is stated about ``node``.

        Returns:
            The catalog's answer, unknown where Keras raises.
        """
        self.steps -= CATALOG_STEPS
        ctx = self.context(operation)
        result: Value = UNKNOWN
        try:
            result = ctx.ask(action)
        except RecursionError:
            raise
        except Exception as error:  # a bug of the catalog's must not cost the file its findings
            ctx.noted.append(InternalFault(operation, f"{type(error).__name__}: {error}"))
        if ctx.assumed_image_data_format:
            self.assumed_image_data_format = True
        for problem in ctx.noted:
            self.state_problem(
                problem, frame, node, tensors, callee=callee, values=values, argument_nodes=argument_nodes
            )
        if node in self.refused:
            # Said already, where the sizes proved it; what the same call gives elsewhere only leads to consequences.
            return UNKNOWN
        if ctx.raised and isinstance(result, Unknown) and not self.muted:
            self.refused.add(node)
        return result

    def state_problem(
        self,
        problem: Problem,
        frame: Frame,
        node: cst.CSTNode,
        tensors: Sequence[Tensor] = (),
        *,
        callee: str = "",
        values: Mapping[str, object] | None = None,
        argument_nodes: Mapping[str, cst.BaseExpression] | None = None,
    ) -> None:
        """Remember a problem, once for each node and kind."""
        if self.muted or (type(problem), node, _word(problem)) in self.met:
            return
        self.met[type(problem), node, _word(problem)] = Met(
            problem,
            frame.unit,
            node,
            frame.statement,
            frame.symbol,
            tuple(tensors),
            external_names(frame.scope),
            callee,
            values or {},
            argument_nodes or {},
        )

    def see_data(self, tensor: Tensor) -> None:
        """Remember the shape of an array: an input declared with it counts the samples."""
        if tensor.kind in (Kind.ARRAY, Kind.EAGER) and not isinstance(tensor.shape, Unknown):
            self.data_shapes.add(tensor.shape)

    def forget_content(self, frame: Frame, changed: Tensor) -> None:
        """An array got other values in place: no name that may stand for it, or for a view of it, keeps a claim."""
        roots = _roots(changed)
        scope: Scope | None = frame.scope
        while scope is not None:
            for name, value in list(scope.variables.items()):
                if isinstance(value, Tensor) and value.content is not None and (roots & _roots(value) or not roots):
                    self.journal.set(scope.variables, name, replace(value, content=None))
            scope = scope.parent

    def fresh_symbol(self, name: str = "i") -> Linear:
        """A whole number that is another one at each asking: the variable of a loop, the columns of a file."""
        self.symbols += 1
        return symbol(f"{name}{self.symbols}")

    def name_tensor(self, frame: Frame, node: cst.CSTNode, name: str, tensor: Tensor) -> None:
        """Remember that a tensor got a name, for ``convlint shapes``."""
        self.see_data(tensor)
        if self.muted:
            return
        self.see(frame, node, tensor)
        known = self.tensors.get(node)
        if known is not None:
            joined = join(known[2], tensor)
            tensor = joined if isinstance(joined, Tensor) else tensor
        self.tensors[node] = (frame.unit, name, tensor)

    def fork(self, frame: Frame, branches: Sequence[Callable[[], Completion]]) -> Completion:
        """Run alternatives from the same state and join what they leave behind."""
        outcomes: list[tuple[Completion, list[Change]]] = []
        with self.undecidedly():
            for branch in branches:
                mark = self.journal.mark()
                try:
                    completion = branch()
                except BaseException:
                    self.journal.take_back(mark)
                    raise
                outcomes.append((completion, self.journal.take_back(mark)))
        return self.bring_together(frame, outcomes)

    def bring_together(self, frame: Frame, outcomes: Sequence[tuple[Completion, list[Change]]]) -> Completion:
        """Join what alternatives left behind that ran from the state that holds now."""
        result = max(completion for completion, _ in outcomes)
        living = [changes for completion, changes in outcomes if completion is result]
        for completion, changes in outcomes:
            if completion is result or completion is Completion.RAISE:
                continue
            if completion is Completion.RETURN or not frame.loops:
                frame.exits.append(changes)
                for loop in frame.loops:
                    loop.may_end = True
            else:
                frame.loops[-1].exits.append(changes)
                frame.loops[-1].may_end |= completion is Completion.BREAK
        if result is not Completion.RAISE:
            self.merge(living)
        return result

    def merge(self, alternatives: Sequence[Sequence[Change]]) -> None:
        """Write the join of alternative changes; a branch without a change keeps what is there."""
        touched: dict[tuple[int, object], Change] = {}
        contents: list[dict[tuple[int, object], object]] = []
        starred: set[int] = set()
        for changes in alternatives:
            content: dict[tuple[int, object], object] = {}
            for change in changes:
                where = id(change.slots), change.key
                touched[where] = change
                content[where] = change.value
                if change.key == STAR:
                    starred.add(where[0])
            contents.append(content)
        for where, change in touched.items():
            before = change.slots.get(change.key, MISSING)
            values = [content.get(where, before) for content in contents]
            if where[0] in starred and MISSING in values:
                values.append(UNKNOWN)  # the other branch's star may bind the name, too
            joined = values[0]
            for value in values:
                if value is not joined:
                    joined = join(joined, value)
            self.journal.set(change.slots, change.key, joined)

    def merge_exits(self, exits: Sequence[Sequence[Change]]) -> None:
        """Join states that left early with the one that came to the end."""
        for changes in exits:
            self.merge([[], changes])


def _roots(tensor: Tensor) -> set[int]:
    """The expressions in which the data of a tensor began."""
    found: set[int] = set()
    queue, budget = [tensor], 50
    while queue and budget:
        budget -= 1
        origin = queue.pop().origin
        if isinstance(origin, Origin):
            queue.extend(origin.parents)
            if not origin.parents:
                found.add(id(origin.node))
    return found


def _word(problem: Problem) -> str:
    """What tells two faults of one kind in one call apart: the argument that each is about."""
    return str(getattr(problem, "argument", ""))


def external_names(scope: Scope) -> dict[str, str]:
    """Visible names that stand for something of a library, by their full names."""
    names: dict[str, str] = {}
    current: Scope | None = scope
    while current is not None:
        names = current.external_names() | names
        current = current.parent
    return names


def stamp(
    tensor: Tensor,
    frame: Frame,
    node: cst.CSTNode,
    label: str,
    parents: Sequence[Tensor],
    maker: LayerValue | None = None,
) -> Tensor:
    """The tensor with its origin."""
    return tensor.made_at(Origin(frame.unit.source, node, label, tuple(parents), maker))
