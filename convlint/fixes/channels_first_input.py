"""CL201: a channels-first shape that is read as channels_last; two ways out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.catalog.names import canonical
from convlint.catalog.registry import find_layer
from convlint.fixes.editing import Case, fix, has_keyword, literal_ints
from convlint.fixes.inputs import declarations
from convlint.problems import ChannelsFirstInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix


def propose(case: Case) -> Iterator[Fix]:
    """Declare the shape with the channels last, or tell the layer that they come first."""
    problem = case.observation.problem
    if not isinstance(problem, ChannelsFirstInput):
        return
    yield from _moved(case, problem)
    layer = _constructor(case)
    if layer is not None and not has_keyword(layer, "data_format"):
        edit = case.add_argument(layer, 'data_format="channels_first"')
        yield from fix("unsafe", "tell the layer that the channels come first", [edit])


def _moved(case: Case, problem: ChannelsFirstInput) -> Iterator[Fix]:
    for word, node in declarations(case):
        numbers = literal_ints(node)
        batch = 1 if word.startswith("batch") else 0
        if numbers is None or numbers[batch:] != problem.input_shape[1:]:
            continue
        assert isinstance(node, cst.Tuple | cst.List)
        elements = [element.value for element in node.elements]
        texts = [case.code(element) for element in elements]
        moved = [*texts[:batch], *texts[batch + 1 :], texts[batch]]
        edits = [case.replace(element, text) for element, text in zip(elements, moved)]
        shown = ", ".join(moved[batch:])
        yield from fix("unsafe", f"declare the input as ({shown}), and bring the data into that order", edits)
        return


def _constructor(case: Case) -> cst.Call | None:
    """The call that makes the layer, where the finding's own expression holds it."""
    call = case.call
    if call is None:
        return None
    if isinstance(call.func, cst.Call):
        return call.func
    if isinstance(call.func, cst.Attribute) and call.func.attr.value == "add" and call.args:
        value = call.args[0].value
        return value if isinstance(value, cst.Call) else None
    if _names_a_layer(case, call.func):
        return call
    return _assigned(case, call.func)


def _names_a_layer(case: Case, function: cst.BaseExpression) -> bool:
    first, dot, rest = case.code(function).partition(".")
    return find_layer(canonical(f"{case.site.names.get(first, '')}{dot}{rest}")) is not None


def _assigned(case: Case, function: cst.BaseExpression) -> cst.Call | None:
    """The only call that is assigned to this name or attribute in the file."""
    wanted = case.code(function)
    found: list[cst.BaseExpression] = []
    for node in _assignments(case.source.module):
        found += [node.value for target in node.targets if case.code(target.target) == wanted]
    return found[0] if len(found) == 1 and isinstance(found[0], cst.Call) else None


def _assignments(module: cst.Module) -> Iterator[cst.Assign]:
    from convlint.fixes.editing import nodes_within

    for node in nodes_within(module):
        if isinstance(node, cst.Assign):
            yield node
