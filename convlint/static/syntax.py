"""Small questions about syntax nodes."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

_fields: dict[type[cst.CSTNode], tuple[str, ...]] = {}
_LAYOUT = ("whitespace", "lpar", "rpar", "comma", "leading_lines", "equal", "colon", "semicolon", "header", "footer")


_nodes: dict[type, bool] = {}


def _is_node(value: object) -> bool:
    # Nodes are abstract base classes: asking them by isinstance is slow.
    kind = type(value)
    known = _nodes.get(kind)
    if known is None:
        known = _nodes[kind] = issubclass(kind, cst.CSTNode)
    return known


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Child nodes, white space and brackets left out; ``CSTNode.children`` runs a visitor and costs ten times more."""
    kind = type(node)
    names = _fields.get(kind)
    if names is None:
        names = tuple(name for name in kind.__dataclass_fields__ if not name.startswith(_LAYOUT))
        _fields[kind] = names
    for name in names:
        value = getattr(node, name)
        if isinstance(value, tuple | list):
            yield from (part for part in value if _is_node(part))
        elif _is_node(value):
            yield value


def descendants(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and everything below it."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))


_BETWEEN = ("whitespace", "leading_lines", "lines_after", "header", "footer", "indent")


def described(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """All nodes but those of white space and comments, a node before its children, in the order of the text."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        inner: list[cst.CSTNode] = []
        for name in type(node).__dataclass_fields__:
            if not name.startswith(_BETWEEN):
                value = getattr(node, name)
                inner.extend(filter(_is_node, value if isinstance(value, tuple | list) else (value,)))
        stack.extend(reversed(inner))


def dotted(node: cst.BaseExpression) -> str:
    """``a.b.c`` for nested attributes of a name; for a call what is called; else ``""``."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr.value}" if before else node.attr.value
    if isinstance(node, cst.Call):
        return dotted(node.func)
    if isinstance(node, cst.Subscript):
        return dotted(node.value)
    return ""


def assigned_attributes(node: cst.CSTNode, owner: str) -> Iterator[str]:
    """Attributes of the name ``owner`` that the code assigns (``self.x = …``)."""
    stack: list[cst.CSTNode] = [node]
    while stack:
        current = stack.pop()
        targets: list[cst.CSTNode] = []
        if isinstance(current, cst.Assign):
            targets = [target.target for target in current.targets]
        elif isinstance(current, cst.AugAssign | cst.AnnAssign):
            targets = [current.target]
        while targets:
            target = targets.pop()
            if isinstance(target, cst.Tuple | cst.List):
                targets.extend(element.value for element in target.elements)
            elif (
                isinstance(target, cst.Attribute) and isinstance(target.value, cst.Name) and target.value.value == owner
            ):
                yield target.attr.value
        stack.extend(children(current))


def contains_yield(node: cst.CSTNode) -> bool:
    """Whether a function's own body yields (nested functions and lambdas do not count)."""
    stack: list[cst.CSTNode] = list(children(node))
    while stack:
        current = stack.pop()
        if isinstance(current, cst.Yield):
            return True
        if not isinstance(current, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            stack.extend(children(current))
    return False


def returned_values(node: cst.CSTNode) -> Iterator[cst.BaseExpression | None]:
    """What the ``return`` statements of a function's own body return; None for a bare one."""
    stack: list[cst.CSTNode] = list(children(node))
    while stack:
        current = stack.pop()
        if isinstance(current, cst.Return):
            yield current.value
        if not isinstance(current, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            stack.extend(children(current))
