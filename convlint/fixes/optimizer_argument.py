"""CL705: the words and the home of optimizers; ``decay`` as the schedule that it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.catalog.generations import OPTIMIZERS
from convlint.fixes.editing import fix, keyword_of, nodes_within, positional_of
from convlint.problems import LegacyOptimizer, OptimizerDecayIgnored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """``decay=d`` becomes an ``InverseTimeDecay``; ``optimizers.legacy.Adam`` becomes ``optimizers.Adam``."""
    problem, call = case.observation.problem, case.call
    if call is None:
        return
    if isinstance(problem, OptimizerDecayIgnored):
        yield from _schedule(case, call, problem)
    if isinstance(problem, LegacyOptimizer):
        yield from _without_legacy(case, call)


def _schedule(case: Case, call: cst.Call, problem: OptimizerDecayIgnored) -> Iterator[Fix]:
    """Keras 2 divided the rate by ``1 + decay * step``: an ``InverseTimeDecay`` with steps of 1."""
    decay = keyword_of(call, "decay")
    rate = keyword_of(call, "learning_rate") or keyword_of(call, "lr")
    first = positional_of(call)[:1]
    spelled = case.spell(
        "keras.optimizers.schedules.InverseTimeDecay", "tensorflow.keras.optimizers.schedules.InverseTimeDecay"
    )
    default = OPTIMIZERS.get(problem.operation.rpartition(".")[2])
    if decay is None or spelled is None or default is None:
        return
    argument = rate[1] if rate is not None else first[0] if first else None
    text = default if argument is None else case.value_text(argument)
    schedule = f"{spelled[0]}({text}, decay_steps=1, decay_rate={case.value_text(decay[1])})"
    if argument is None:
        edits = [case.edit(*case.argument_span(decay[1]), f"learning_rate={schedule}")]
    elif argument.keyword is None:
        edits = [case.replace_value(argument, schedule), case.remove_argument(call, decay[0])]
    else:
        new = case.edit(*case.argument_span(argument), f"learning_rate={schedule}")
        edits = [new, case.remove_argument(call, decay[0])]
    yield from fix("unsafe", "let the learning rate fall as Keras 2 did", edits, spelled[1])


def _without_legacy(case: Case, call: cst.Call) -> Iterator[Fix]:
    text = case.code(call.func)
    if ".legacy." in text:
        yield from fix("unsafe", "use today's optimizer", [case.replace(call.func, text.replace(".legacy.", ".", 1))])
        return
    for node in nodes_within(case.source.module):
        if isinstance(node, cst.ImportFrom) and node.module is not None:
            module = case.code(node.module)
            if module.endswith("optimizers.legacy"):
                edits = [case.replace(node.module, module.removesuffix(".legacy"))]
                yield from fix("unsafe", "use today's optimizer", edits)
                return
