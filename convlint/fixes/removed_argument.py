"""CL701, CL705, CL706, CL712: a keyword that Keras 3 calls otherwise, or no longer takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.catalog.generations import COUNT_SAMPLES, KERAS1_METHOD_WORDS
from convlint.fixes import input_shape_argument
from convlint.fixes.editing import fix, has_keyword, keyword_of
from convlint.problems import IgnoredArgument, Keras1Argument, OptimizerArgument, RemovedArgument

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from convlint.findings import Edit, Fix
    from convlint.fixes.editing import Case

_WITHOUT_EFFECT = frozenset(
    {"workers", "use_multiprocessing", "max_queue_size", "max_q_size", "nb_worker", "pickle_safe", "fused",
     "experimental_run_tf_function", "distribute", "class_mode", "write_grads", "batch_size", "dynamic", "input_length",
     "options", "show_accuracy"}
)  # fmt: skip
"""Words about speed, defaults of today, or reports: without them the program computes the same."""


def propose(case: Case) -> Iterator[Fix]:
    """Rename the keyword, or take it out."""
    problem, call = case.observation.problem, case.call
    if call is None or not isinstance(problem, RemovedArgument | IgnoredArgument | OptimizerArgument):
        return
    found = keyword_of(call, problem.argument)
    if found is None:
        return
    if problem.argument == "batch_input_shape":
        yield from input_shape_argument.propose(case)
        return
    if problem.replacement:
        if not has_keyword(call, problem.replacement):
            edits = [case.rename_keyword(found[1], problem.replacement)]
            yield from fix("safe", f"write `{problem.replacement}`", edits)
        return
    value = case.value_text(found[1])
    same = isinstance(problem, IgnoredArgument) or problem.argument in _WITHOUT_EFFECT
    harmless = same or (problem.argument, value) in (("period", "1"), ("time_major", "False"))
    edits = [case.remove_argument(call, found[0])]
    yield from fix("safe" if harmless else "unsafe", f"leave out `{problem.argument}`", edits)


def old_words(case: Case, call: cst.Call, method: str) -> list[Edit] | None:
    """Edits for the Keras 1 words in a call of a model's method; None where a number means something else today."""
    problem = case.observation.problem
    if not isinstance(problem, Keras1Argument):
        return None
    edits: list[Edit] = []
    for word in problem.arguments:
        found = keyword_of(call, word)
        today = KERAS1_METHOD_WORDS[method].get(word)
        if found is None or today is None or word in COUNT_SAMPLES or (today and has_keyword(call, today)):
            return None
        edits.append(case.rename_keyword(found[1], today) if today else case.remove_argument(call, found[0]))
    return edits
