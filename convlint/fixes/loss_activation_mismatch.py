"""CL508: the last layer and the loss agree on probabilities or on logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix, keyword_of
from convlint.fixes.training import called, calls_named, constructor, layers_on_the_way
from convlint.problems import LogitsAsProbabilities, ProbabilitiesAsLogits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Edit, Fix
    from convlint.fixes.editing import Case

_TAKE_ACTIVATION = ("Dense", "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose")


def propose(case: Case) -> Iterator[Fix]:
    """The activation that the loss wants; or logits for a loss that was told so."""
    problem = case.observation.problem
    if isinstance(problem, LogitsAsProbabilities):
        yield from fix("unsafe", f"apply {problem.wanted} in the last layer", [_activation(case, problem.wanted)])
        losses = calls_named(case, problem.loss)
        if problem.activation == "linear" and len(losses) == 1 and keyword_of(losses[0], "from_logits") is None:
            edit = case.add_argument(losses[0], "from_logits=True")
            yield from fix("unsafe", "tell the loss that it gets logits", [edit])
    elif isinstance(problem, ProbabilitiesAsLogits):
        for loss in calls_named(case, problem.loss):
            found = keyword_of(loss, "from_logits")
            if found is not None:
                edit = case.remove_argument(loss, found[0])
                yield from fix("unsafe", "tell the loss that it gets probabilities", [edit])
                return


def _activation(case: Case, name: str) -> Edit | None:
    for layer in layers_on_the_way(case):
        made = constructor(layer)
        if called(made) not in _TAKE_ACTIVATION:
            return None
        found = keyword_of(made, "activation")
        if found is None:
            return case.add_argument(made, f'activation="{name}"')
        return case.replace_value(found[1], f'"{name}"')
    return None
