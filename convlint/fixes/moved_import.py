"""CL702: import from where the name lives today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix
from convlint.problems import MovedImport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Replace the module of ``from old import name``, or the name of ``import old as name``."""
    problem, node = case.observation.problem, case.site.node
    if not isinstance(problem, MovedImport) or not problem.replacement:
        return
    description = f"import from `{problem.replacement}`"
    if isinstance(node, cst.ImportFrom) and node.module is not None and not node.relative:
        if case.code(node.module) == problem.operation:
            yield from fix("safe", description, [case.replace(node.module, problem.replacement)])
        elif not isinstance(node.names, cst.ImportStar) and len(node.names) == 1:
            alias = node.names[0]
            full = f"{case.code(node.module)}.{case.code(alias.name)}"
            module, _, name = problem.replacement.rpartition(".")
            if full == problem.operation and module:
                edits = [case.replace(node.module, module)]
                if name != case.code(alias.name):
                    if alias.asname is None:
                        name = f"{name} as {case.code(alias.name)}"
                    edits.append(case.replace(alias.name, name))
                yield from fix("safe", description, edits)
    elif isinstance(node, cst.Import):
        for alias in node.names:
            if case.code(alias.name) == problem.operation and alias.asname is not None:
                yield from fix("safe", description, [case.replace(alias.name, problem.replacement)])
