"""The static front end's door: source text in, observations and tensors out."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import field
from functools import cached_property, partial
from pathlib import Path

import libcst as cst

from convlint.catalog.seen import Hook
from convlint.findings import Location, Observation
from convlint.garbage import rare_collections
from convlint.lazy import dataclass
from convlint.problems import AnalysisIncomplete, InternalFault, Problem, SyntaxFault
from convlint.shapes.dims import UNKNOWN
from convlint.static.calls import call_with_symbols
from convlint.static.disk import Disk
from convlint.static.doubts import doubtful_lines, is_known
from convlint.static.evidence import MAX_STEPS, observations
from convlint.static.journal import Slots
from convlint.static.objects import inside_call
from convlint.static.reader import named_tensors, read
from convlint.static.reading import KnownTensor, Reading
from convlint.static.run import BudgetExhausted, Completion, Frame, Run, Scales
from convlint.static.source import SourceFile, TooLarge, parsed
from convlint.static.statements import execute
from convlint.static.syntax import assigned_to_self
from convlint.static.usage import check_unread
from convlint.static.values import ClassValue, FunctionValue, Instance, Scope, Unit

_NAMES = re.compile(r"\w+")
BUDGET_CHARACTERS = 250_000
"""Characters that one budget is meant for; where each line makes and calls a layer they take a third of it."""
MAX_BUDGETS = 10


@dataclass(frozen=True)
class StaticSettings:
    """What an analysis starts from.

    Attributes:
        image_data_format: the default before the program changes it.
        keras: the Keras generation that the program runs on.
        roots: folders in which absolute imports of project modules are looked up.
        step_budget: evaluated nodes per file, after which everything is unknown; long files have more of it.
        patience: how much longer than usual one function and one loop may take.
        hooks: what rule packs have to say about a call.
        wants: whether somebody wants to hear of problems of a kind; of others no place is looked up.
        remember: keep what every expression was, for :attr:`StaticResult.read`.
        weigh: keep on which lines something was not known, for :attr:`StaticResult.doubtful`.
        path_steps: how many steps of the path of a shape are told.
    """

    image_data_format: str = "channels_last"
    keras: int = 3
    roots: tuple[Path, ...] = ()
    step_budget: int = 1_000_000
    patience: int = 1
    hooks: tuple[Hook, ...] = ()
    wants: Callable[[type[Problem]], bool] = lambda kind: True
    remember: bool = False
    weigh: bool = False
    path_steps: int = MAX_STEPS

    def steps_for(self, text: str) -> int:
        """The budget of a text: that of a usual file, and as much again for each further stretch as long as one."""
        return int(self.step_budget * min(max(1, len(text) / BUDGET_CHARACTERS), MAX_BUDGETS))


@dataclass(frozen=True)
class StaticResult:
    """What one file told.

    Attributes:
        observations: problems met, in the order of the source.
        naming: finds :attr:`tensors` when they are first asked for: it takes the positions of all nodes.
        unfinished: what was not analysed, and why.
        assumed_image_data_format: the default layout that an answer depended on, or None.
        steps: evaluated nodes.
        read: what an editor shows of the program; computed when it is called, None unless it was to be remembered.
        doubtful: lines on which a build may meet what the source does not show; None unless they were kept.
    """

    observations: tuple[Observation, ...] = ()
    naming: Callable[[], tuple[KnownTensor, ...]] | None = field(default=None, compare=False, repr=False)
    unfinished: tuple[str, ...] = ()
    assumed_image_data_format: str | None = None
    steps: int = 0
    read: Callable[[], Reading] | None = field(default=None, compare=False, repr=False)
    doubtful: frozenset[int] | None = field(default=None, compare=False, repr=False)

    @cached_property
    def tensors(self) -> tuple[KnownTensor, ...]:
        """The tensors that got names, in the order of the source."""
        return () if self.naming is None else self.naming()


def analyse_source(text: str, file: str, settings: StaticSettings, disk: Disk | None = None) -> StaticResult:
    """Analyse one file.

    Args:
        text: decoded source, line endings untouched.
        file: the path as findings shall print it; project imports are resolved beside it.
        settings: see there.
        disk: answers and records what is asked about other files; a fresh one where not given.

    Returns:
        Never raises for any input: a file that does not parse is one observation
        (``SyntaxFault``).
    """
    with rare_collections():
        source = parse(text, file)
        if isinstance(source, StaticResult):
            return source
        with deep_stack():
            run = Run(settings, Path.cwd(), disk)
            run.steps = run.budget = settings.steps_for(text)
            run.scales = Scales(is_known) if settings.weigh else None
            with to_the_end(run):
                _interpret(run, source)
            return result_of(run, source)


MAX_FRAMES = 6_000
"""Python's own limit of 1,000 frames would end the analysis within a chain of some 60 `elif`."""


@contextmanager
def deep_stack() -> Iterator[None]:
    """Room for programs that are nested as deeply as Python allows."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, MAX_FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def parse(text: str, file: str) -> SourceFile | StaticResult:
    """The parsed file, or the result that says why it does not parse."""
    try:
        return parsed(file, text)
    except cst.ParserSyntaxError as error:
        return StaticResult((_syntax_fault(file, text, error),))
    except TooLarge as error:
        incomplete = Observation(AnalysisIncomplete(file, str(error)), Location(file, 1, 1, 1, 1), "static")
        return StaticResult((incomplete,), unfinished=(str(error),))
    except (RecursionError, ValueError, UnicodeError) as error:
        reason = "nested too deeply to parse" if isinstance(error, RecursionError) else str(error)
        return StaticResult((Observation(SyntaxFault(file, reason), Location(file, 1, 1, 1, 1), "static"),))


@contextmanager
def to_the_end(run: Run) -> Iterator[None]:
    """What ends an analysis early is remembered."""
    try:
        yield
    except BudgetExhausted:
        run.stop(f"step budget of {run.budget} reached")
    except RecursionError:
        run.stop("expressions nested too deeply")


def result_of(run: Run, source: SourceFile) -> StaticResult:
    """What the analysis of a file told."""
    faults = [_internal_fault(source, error) for error in run.faults]
    cut = [
        Observation(AnalysisIncomplete(source.file, reason), source.location(node), "static")
        for node, reason in run.stopped
    ]
    return StaticResult(
        (*observations(run), *faults, *cut),
        partial(named_tensors, run, source),
        tuple(reason for _, reason in run.stopped),
        run.settings.image_data_format if run.assumed_image_data_format else None,
        run.budget - run.steps,
        partial(_read, run, source) if run.seen is not None else None,
        doubtful_lines(run.scales, source) if run.scales is not None else None,
    )


def _read(run: Run, source: SourceFile) -> Reading:
    with deep_stack():
        return read(run, source)


def _interpret(run: Run, source: SourceFile) -> None:
    frame = execute_module(run, source, "__main__")
    _call_the_uncalled(run, frame.unit, frame)


def execute_module(run: Run, source: SourceFile, name: str) -> Frame:
    """Run the file's module."""
    scope = Scope(Slots({"__name__": name, "__file__": source.file}))
    run.journal.epoch.turn()
    unit = Unit("__main__", source, scope)
    run.meet(run.disk.real(Path(source.file)), unit)
    frame = Frame(unit, scope)
    for statement in source.module.body:
        completion = Completion.NORMAL
        run.at = statement
        with run.contain():
            completion = execute(run, statement, frame)
        if completion is not Completion.NORMAL:
            break
    return frame


def _call_the_uncalled(run: Run, unit: Unit, frame: Frame) -> None:
    """Analyse once what the program only defines: with defaults, and symbols for the rest."""
    named = Counter(_NAMES.findall(unit.source.text)) if unit.functions else Counter[str]()
    done = 0
    run.beside = True
    while done < len(unit.functions):
        batch = unit.functions[done:]
        done = len(unit.functions)
        for function in _callers_first(batch, named):
            if function.owner is None and function.node not in run.exercised:
                run.at = function.node if isinstance(function.node, cst.FunctionDef) else run.at
                with run.contain(), _out_of_reach(run, _needs_arguments(function)):
                    call_with_symbols(run, frame, function)
    run.exercising = True
    for cls in unit.classes:
        run.at = cls.node
        with run.contain(), _out_of_reach(run, True):
            _exercise(run, frame, cls)


@contextmanager
def _out_of_reach(run: Run, is_so: bool) -> Iterator[None]:
    """Code that no build reaches either: nobody calls it, and what it takes is not known."""
    scales = run.scales
    if scales is None or not is_so:
        yield
        return
    scales.is_known = lambda _: True
    try:
        yield
    finally:
        scales.is_known = is_known


def _needs_arguments(function: FunctionValue) -> bool:
    params = function.node.params
    return any(param.default is None for param in (*params.posonly_params, *params.params, *params.kwonly_params))


def _callers_first(functions: Sequence[FunctionValue], named: Mapping[str, int]) -> list[FunctionValue]:
    """Functions in an order that lets a helper meet what it is called with before anybody tries it with its defaults.

    What the text names once is called by nobody there; of the rest a helper stands above those that call it, mostly.
    ``named`` counts how often the file's text has each word.
    """
    places = sorted(range(len(functions)), key=lambda place: (named[functions[place].name] > 1, -place))
    return [functions[place] for place in places]


def _exercise(run: Run, frame: Frame, cls: ClassValue) -> None:
    """Call the methods of a class that nobody called, each on an instance as ``__init__`` leaves it.

    A private method to which others of the class pass, and which they did not reach, is left out: it is for instances
    that are made otherwise.
    """
    methods = [
        value
        for value in cls.scope.variables.values()
        if isinstance(value, FunctionValue) and value.owner is cls and value.node not in run.called
    ]
    changing = [
        name
        for method in cls.scope.variables.values()
        if isinstance(method, FunctionValue) and method.name != "__init__"
        for name in assigned_to_self(method.node)
    ]
    ready: Instance | None = None
    for method in sorted(methods, key=lambda method: _is_private(method.name)):
        if method.node in run.called or (_is_private(method.name) and f"self.{method.name}" in cls.unit.source.text):
            continue
        if method.binding in ("static", "class"):
            call_with_symbols(run, frame, method, cls if method.binding == "class" else None)
            continue
        if method.name == "__init__":
            call_with_symbols(run, frame, method, Instance(cls))
            continue
        if ready is None:
            ready = Instance(cls)
            _initialise(run, frame, cls, ready)
            # What other methods assign may hold something else by the time one runs.
            ready.attributes.update(dict.fromkeys(changing, UNKNOWN))
        with _undone(run), inside_call(run) if method.name == "call" else nullcontext():
            call_with_symbols(run, frame, method, ready)


@contextmanager
def _undone(run: Run) -> Iterator[None]:
    """What changes meanwhile is taken back; what is told at the end of a program is told here."""
    mark = run.journal.mark()
    try:
        yield
        check_unread(run)
    finally:
        run.journal.take_back(mark)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _initialise(run: Run, frame: Frame, cls: ClassValue, instance: Instance) -> None:
    initialiser = cls.lookup("__init__")
    if isinstance(initialiser, FunctionValue):
        with run.mute(initialiser.node in run.called):
            call_with_symbols(run, frame, initialiser, instance)


def _internal_fault(source: SourceFile, error: Exception) -> Observation:
    """A bug of convlint's is a finding too; it names itself and costs only what was left to analyse."""
    return Observation(
        InternalFault(source.file, f"{type(error).__name__}: {error}"), Location(source.file, 1, 1, 1, 1), "static"
    )


def _syntax_fault(file: str, text: str, error: cst.ParserSyntaxError) -> Observation:
    line, column = max(error.raw_line, 1), error.raw_column + 1
    reason = error.message.strip().splitlines()[0] if error.message.strip() else "invalid syntax"
    try:
        ast.parse(text)
    except SyntaxError as own:
        # Python's own words are those that people know; libcst lists the tokens it would have liked.
        line, column, reason = own.lineno or line, own.offset or 1, own.msg
    except (ValueError, RecursionError, MemoryError):
        pass
    else:
        reason = "Python reads this line, and convlint's parser does not"
    lines = text.splitlines() or [""]
    line = min(max(line, 1), len(lines))
    column = min(max(column, 1), len(lines[line - 1]) + 1)
    return Observation(SyntaxFault(file, reason), Location(file, line, column, line, column), "static")
