"""CL702, CL706: import or reach a name where it lives today."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from convlint.catalog.gone import successor
from convlint.fixes.editing import fix, keyword_of, nodes_within
from convlint.problems import MovedImport, MovedName, PrivateKerasImport, RemovedLayer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Edit, Fix
    from convlint.fixes.editing import Case


def propose(case: Case) -> Iterator[Fix]:
    """Replace the module of an import, take one name out of it, or write the new name where the old one is used."""
    problem, node = case.observation.problem, case.site.node
    if isinstance(problem, MovedName | RemovedLayer) and problem.replacement:
        yield from _reached(case, problem.replacement)
    if isinstance(problem, MovedImport) and isinstance(node, cst.ImportFrom) and not problem.replacement:
        yield from _without(case, node, problem.operation)
    if not isinstance(problem, MovedImport | PrivateKerasImport) or not problem.replacement:
        return
    description = f"import from `{problem.replacement}`"
    if isinstance(node, cst.ImportFrom) and node.module is not None and not node.relative:
        if case.code(node.module) == problem.operation:
            lost = [
                edit for name in _gone_names(case, node, problem.replacement) for edit in _removed(case, node, name)
            ]
            yield from fix("safe", description, [case.replace(node.module, problem.replacement), *lost])
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
    alias = next((one for one in node.names if f"{home}.{case.code(one.name)}" == problem.operation), None)
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
    removed = _removed(case, node, alias)
    if not removed:
        return
    line = case.source.span(node)[0]
    text = case.source.text
    indent = text[max(text.rfind("\n", 0, line), text.rfind("\r", 0, line)) + 1 : line]
    added = f"from {module} import {renamed}{case.newline}{indent}"
    yield from fix("safe", description, [case.edit(line, line, added), *removed])


def _removed(case: Case, node: cst.ImportFrom, alias: cst.ImportAlias) -> list[Edit]:
    """One name taken out of ``from module import a, b``; nothing where it is the only one or a comment stands by."""
    assert not isinstance(node.names, cst.ImportStar)
    names = list(node.names)
    index = next(place for place, one in enumerate(names) if one is alias)
    start, end = case.source.span(alias)
    if index + 1 < len(names):
        end = case.source.span(names[index + 1])[0]
    elif index:
        before = names[index - 1]
        start = case.source.span(before.name if before.asname is None else before.asname.name)[1]
        end = case.source.span(alias.name if alias.asname is None else alias.asname.name)[1]
    if len(names) == 1 or "#" in case.source.text[start:end]:
        return []
    return [case.edit(start, end, "")]


def _is_unused(case: Case, alias: cst.ImportAlias) -> bool:
    name = case.code(alias.name if alias.asname is None else alias.asname.name)
    return len(re.findall(rf"\b{re.escape(name)}\b", case.source.text)) == 1


def _gone_names(case: Case, node: cst.ImportFrom, home: str) -> list[cst.ImportAlias]:
    """The names that have no place in the new home and that nobody uses; only one, because edits must not touch."""
    if isinstance(node.names, cst.ImportStar):
        return []
    lost = [alias for alias in node.names if successor(f"{home}.{case.code(alias.name)}") == ""]
    return [alias for alias in lost if _is_unused(case, alias)][:1]


_MERGES = {
    "concat": "concatenate", "sum": "add", "mul": "multiply", "ave": "average", "max": "maximum", "dot": "dot",
}  # fmt: skip
_MERGE_WORDS = {"concat_axis": "axis", "dot_axes": "axes"}


def _without(case: Case, node: cst.ImportFrom, operation: str) -> Iterator[Fix]:
    """Drop a name that nobody uses; ``merge(..., mode=...)`` of Keras 1 becomes the function of its mode."""
    if isinstance(node.names, cst.ImportStar) or node.module is None:
        return
    home, name = case.code(node.module), operation.rpartition(".")[2]
    alias = next((one for one in node.names if f"{home}.{case.code(one.name)}" == operation), None)
    if alias is None:
        return
    removed = _removed(case, node, alias)
    if not removed:
        return
    if _is_unused(case, alias):
        yield from fix("safe", f"leave out `{name}`, which nobody uses", removed)
    elif name == "merge" and alias.asname is None:
        edits = [_merged(case, one) for one in nodes_within(case.source.module) if _calls(one, "merge")]
        if all(edits):
            made = [edit for several in edits for edit in several]
            functions = sorted({edit.content for edit in made if edit.content in _MERGES.values()})
            missing = [
                word for word in functions if case.spell(f"{home}.{word}") is None or word not in case.site.names
            ]
            added = "".join(f", {word}" for word in missing)
            keep = [case.edit(*case.source.span(alias), added.removeprefix(", "))] if missing else removed
            yield from fix("unsafe", f"call {', '.join(f'`{word}`' for word in functions)}", [*keep, *made])


def _calls(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == name


def _merged(case: Case, call: cst.CSTNode) -> list[Edit]:
    """``merge(x, mode="sum")`` as ``add(x)``; nothing where the mode is not written out."""
    assert isinstance(call, cst.Call)
    found = keyword_of(call, "mode")
    place, mode = found if found is not None else (1, call.args[1] if len(call.args) > 1 else None)
    if mode is None or (found is None and mode.keyword is not None) or not isinstance(mode.value, cst.SimpleString):
        return []
    function = _MERGES.get(str(mode.value.evaluated_value))
    if function is None:
        return []
    edits = [case.replace(call.func, function), case.remove_argument(call, place)]
    for old, new in _MERGE_WORDS.items():
        word = keyword_of(call, old)
        if word is not None:
            edits.append(case.rename_keyword(word[1], new))
    return edits


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
