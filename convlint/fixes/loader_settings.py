"""CL515 and CL516: the setting of the loader that fits loss and model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix, keyword_of
from convlint.fixes.training import calls_named
from convlint.problems import LoaderImageSize, LoaderLabelMode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Another value for the loader's argument, in every call of the loader: training and validation go together."""
    problem = case.observation.problem
    if not isinstance(problem, LoaderLabelMode | LoaderImageSize) or not problem.wanted:
        return
    edits = []
    for call in calls_named(case, problem.loader):
        found = keyword_of(call, problem.argument)
        wanted = problem.wanted.replace("'", '"')
        edits.append(
            case.add_argument(call, f"{problem.argument}={wanted}")
            if found is None
            else case.replace_value(found[1], wanted)
        )
    if edits:
        yield from fix("unsafe", f"load with `{problem.argument}={problem.wanted}`", edits)
