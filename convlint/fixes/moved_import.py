"""CL702, CL706: import or reach a name where it lives today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix
from convlint.problems import MovedImport, MovedName, PrivateKerasImport, RemovedLayer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Replace the module of an import, take one name out of it, or write the new name where the old one is used."""
    problem, node = case.observation.problem, case.site.node
    if isinstance(problem, MovedName | RemovedLayer) and problem.replacement:
        yield from _reached(case, problem.replacement)
    if not isinstance(problem, MovedImport | PrivateKerasImport) or not problem.replacement:
        return
    description = f"import from `{problem.replacement}`"
    if isinstance(node, cst.ImportFrom) and node.module is not None and not node.relative:
        if case.code(node.module) == problem.operation:
            yield from fix("safe", description, [case.replace(node.module, problem.replacement)])
        elif not isinstance(node.names, cst.ImportStar) and isinstance(problem, MovedImport):
            yield from _one_name(case, node, problem, description)
    elif isinstance(node, cst.Import):
        for alias in node.names:
            if case.code(alias.name) == problem.operation and alias.asname is not None:
                yield from fix("safe", description, [case.replace(alias.name, problem.replacement)])


def _one_name(case: Case, node: cst.ImportFrom, problem: MovedImport, description: str) -> Iterator[Fix]:
    """One of the names that ``from module import a, b`` lists."""
    module, _, name = problem.replacement.rpartition(".")
    assert node.module is not None and not isinstance(node.names, cst.ImportStar)
    home = case.code(node.module)
    index, alias = next(
        ((i, one) for i, one in enumerate(node.names) if f"{home}.{case.code(one.name)}" == problem.operation),
        (0, None),
    )
    if alias is None or not module:
        return
    bound = case.code(alias.name) if alias.asname is None else case.code(alias.asname.name)
    renamed = name if name == bound else f"{name} as {bound}"
    if len(node.names) == 1:
        edits = [case.replace(node.module, module)]
        if name != case.code(alias.name):
            edits.append(case.replace(alias.name, name if alias.asname is not None else renamed))
        yield from fix("safe", description, edits)
        return
    start, end = case.source.span(alias)
    if index + 1 < len(node.names):
        end = case.source.span(node.names[index + 1])[0]
    else:
        start = case.source.span(node.names[index - 1].name)[1]
        before = node.names[index - 1].asname
        start = start if before is None else case.source.span(before.name)[1]
        end = case.source.span(alias.name if alias.asname is None else alias.asname.name)[1]
    if "#" in case.source.text[start:end]:
        return
    line = case.source.span(node)[0]
    text = case.source.text
    indent = text[max(text.rfind("\n", 0, line), text.rfind("\r", 0, line)) + 1 : line]
    added = f"from {module} import {renamed}{case.newline}{indent}"
    yield from fix("safe", description, [case.edit(line, line, added), case.edit(start, end, "")])


def _reached(case: Case, replacement: str) -> Iterator[Fix]:
    """``tf.random_normal`` becomes ``tf.random.normal``; a module only where something of it is used."""
    node = case.site.node
    if not isinstance(node, cst.Attribute):
        return
    spelled = case.spell(replacement)
    is_module = replacement.rpartition(".")[2].islower() and replacement.count(".") == 1
    used = case.source.text[case.source.span(node)[1] :].lstrip()[:1] == "."
    if spelled is not None and (used or not is_module):
        yield from fix("safe", f"write `{spelled[0]}`", [case.replace(node, spelled[0])], spelled[1])
