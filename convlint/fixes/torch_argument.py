"""CL605: a PyTorch keyword as Keras has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import advice, fix, has_keyword, keyword_of
from convlint.problems import TorchArgument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case

_READ_FROM_INPUT = frozenset({"in_channels", "in_features", "input_size", "num_features"})
"""Sizes that a Keras layer takes from its input when it is first called."""


def propose(case: Case) -> Iterator[Fix]:
    """Rename the keyword; say what to do with one that Keras does not have."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, TorchArgument) or call is None:
        return
    found = keyword_of(call, problem.argument)
    if found is None:
        return
    index, argument = found
    if problem.keras_argument:
        if not has_keyword(call, problem.keras_argument):
            edit = case.rename_keyword(argument, problem.keras_argument)
            yield from fix("safe", f"write `{problem.keras_argument}` for `{problem.argument}`", [edit])
    elif problem.argument in _READ_FROM_INPUT:
        description = f"leave out `{problem.argument}`: the layer reads the number from its input"
        yield from fix("display", description, [case.remove_argument(call, index)])
    else:
        yield from advice(f"Keras layers have no `{problem.argument}`; a layer in front can do its work")
