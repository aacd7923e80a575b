"""CL704: the method that does today what a removed one did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.catalog.generations import GENERATOR_PARAMETERS, KERAS1_METHOD_WORDS, REMOVED_METHOD_WORDS
from convlint.catalog.tensor import Tensor
from convlint.fixes.editing import fix, has_keyword, keyword_of, positional_of
from convlint.problems import RemovedMethod
from convlint.static.values import ModelValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Rename the method and name its arguments; pick the class where ``predict_classes`` did."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, RemovedMethod) or call is None or not isinstance(call.func, cst.Attribute):
        return
    if problem.method in GENERATOR_PARAMETERS:
        yield from _generator(case, call, problem.method)
    elif problem.method in ("predict_proba", "to_yaml"):
        edits = [case.replace(call.func.attr, problem.replacement)]
        yield from fix("safe", f"call `{problem.replacement}`", edits)
    elif problem.method == "reset_states" and not call.args:
        model = case.code(call.func.value)
        loop = f'[layer.reset_state() for layer in {model}.layers if getattr(layer, "stateful", False)]'
        yield from fix("unsafe", "reset each stateful layer", [case.replace(call, loop)])
    elif problem.method == "predict_classes":
        edits = [case.replace(call.func.attr, "predict")]
        if _has_one_output(case):
            edits += [case.before(call, "("), case.after(call, ' > 0.5).astype("int32")')]
        else:
            edits.append(case.after(call, ".argmax(axis=-1)"))
        yield from fix("unsafe", "pick the class from what `predict` gives", edits)


def _generator(case: Case, call: cst.Call, method: str) -> Iterator[Fix]:
    assert isinstance(call.func, cst.Attribute)
    today = {"fit_generator": "fit", "evaluate_generator": "evaluate", "predict_generator": "predict"}[method]
    names = GENERATOR_PARAMETERS[method]
    given = positional_of(call)
    if len(given) > len(names) or any(argument.star for argument in call.args):
        return
    old = any(has_keyword(call, word) for word in KERAS1_METHOD_WORDS[today])
    if old and len(given) > 1:
        return  # by position Keras 1 counted samples where Keras 2 counts batches
    edits = [case.replace(call.func.attr, today)]
    for name, argument in list(zip(names, given))[1:]:
        start = case.argument_span(argument)[0]
        edits.append(case.edit(start, start, f"{name}="))
    for word in REMOVED_METHOD_WORDS[today]:
        found = keyword_of(call, word)
        if found is not None:
            edits.append(case.remove_argument(call, found[0]))
    generator = keyword_of(call, "generator")
    if generator is not None:
        edits.append(case.rename_keyword(generator[1], "x"))
    yield from fix("safe", f"call `{today}`, which takes generators, too", edits)


def _has_one_output(case: Case) -> bool:
    model = (case.site.values or {}).get("model")
    outputs = model.state["outputs"] if isinstance(model, ModelValue) else None
    return isinstance(outputs, Tensor) and isinstance(outputs.shape, tuple) and outputs.shape[-1:] == (1,)
