"""Small questions about syntax nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Any

import libcst as cst


class _Parts(dict[type[cst.CSTNode], Callable[[cst.CSTNode], tuple[Any, ...]]]):
    """The parts of a node by its type, but for fields with these beginnings."""

    def __init__(self, *left_out: str) -> None:
        self._left_out = left_out

    def __missing__(self, kind: type[cst.CSTNode]) -> Callable[[cst.CSTNode], tuple[Any, ...]]:
        names = [name for name in kind.__dataclass_fields__ if not name.startswith(self._left_out)]
        get: Callable[[cst.CSTNode], Any] = attrgetter(*names) if names else lambda node: ()
        self[kind] = get if len(names) != 1 else lambda node: (get(node),)
        return self[kind]


_inner = _Parts(
    "whitespace", "lpar", "rpar", "comma", "leading_lines", "equal", "colon", "semicolon", "header", "footer"
)
_written = _Parts("whitespace", "leading_lines", "lines_after", "header", "footer", "indent")


_nodes: dict[type, bool] = {}


def _is_node(value: object) -> bool:
    # Nodes are abstract base classes: asking them by isinstance is slow.
    kind = type(value)
    known = _nodes.get(kind)
    if known is None:
        known = _nodes[kind] = issubclass(kind, cst.CSTNode)
    return known


def _nodes_among(parts: tuple[Any, ...]) -> list[cst.CSTNode]:
    found: list[cst.CSTNode] = []
    for part in parts:
        kind = type(part)
        if kind is tuple or kind is list:
            found.extend(filter(_is_node, part))
        elif _is_node(part):
            found.append(part)
    return found


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Child nodes, white space and brackets left out; ``CSTNode.children`` runs a visitor and costs ten times more."""
    return _nodes_among(_inner[type(node)](node))


def descendants(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and everything below it."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))


def described(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """All nodes but those of white space and comments, a node before its children, in the order of the text."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(_nodes_among(_written[type(node)](node))))


def dotted(node: cst.BaseExpression) -> str:
    """``a.b.c`` for nested attributes of a name; for a call what is called; else ``""``."""
    # isinstance would ask an abstract base class, which takes five times as long
    if type(node) is cst.Name:
        return node.value
    if type(node) is cst.Attribute:
        before = dotted(node.value)
        return f"{before}.{node.attr.value}" if before else node.attr.value
    if type(node) is cst.Call:
        return dotted(node.func)
    if type(node) is cst.Subscript:
        return dotted(node.value)
    return ""


_TARGETS = (cst.Tuple, cst.List)
_OWN_BODY = (cst.FunctionDef, cst.Lambda, cst.ClassDef)


def assigned_to_self(node: cst.CSTNode) -> Iterator[str]:
    """Attributes of ``self`` that the code assigns (``self.x = …``)."""
    for current in descendants(node):
        targets: list[cst.CSTNode] = []
        if type(current) is cst.Assign:
            targets = [target.target for target in current.targets]
        elif type(current) is cst.AugAssign or type(current) is cst.AnnAssign:
            targets = [current.target]
        while targets:
            target = targets.pop()
            if isinstance(target, _TARGETS):
                targets.extend(element.value for element in target.elements)
            elif type(target) is cst.Attribute and type(target.value) is cst.Name and target.value.value == "self":
                yield target.attr.value


def _own(function: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What stands in a function's own body: nested functions, lambdas and classes are met, and not looked into."""
    stack = children(function)
    while stack:
        current = stack.pop()
        yield current
        if type(current) not in _OWN_BODY:
            stack.extend(children(current))


@lru_cache(maxsize=512)
def contains_yield(node: cst.CSTNode) -> bool:
    """Whether a function's own body yields (nested functions and lambdas do not count)."""
    return any(type(current) is cst.Yield for current in _own(node))


def returned_values(node: cst.CSTNode) -> Iterator[cst.BaseExpression | None]:
    """What the ``return`` statements of a function's own body return; None for a bare one."""
    return (current.value for current in _own(node) if type(current) is cst.Return)
