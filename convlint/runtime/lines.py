"""The user's own lines, read as source: what they call, assign to and compute."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable
from pathlib import Path

from convlint.findings import Location


def line_location(file: str, line: int) -> Location:
    """A whole line, from its first character that is not blank to its end."""
    text = linecache.getline(file, line).rstrip("\r\n")
    stripped = text.strip()
    column = len(text) - len(text.lstrip()) + 1
    return Location(file, max(line, 1), column, max(line, 1), column + max(len(stripped), 1))


_trees: dict[str, tuple[float, ast.Module | None]] = {}


def tree_of(file: str) -> ast.Module | None:
    """The file as it is now; None where it can't be read or parsed."""
    path = Path(file)
    try:
        changed = path.stat().st_mtime
        if file not in _trees or _trees[file][0] != changed:
            linecache.checkcache(file)
            _trees[file] = (changed, ast.parse(path.read_bytes()))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    return _trees[file][1]


def calls_on(file: str, line: int) -> list[ast.Call]:
    """Calls that begin on a line or span it, the innermost first."""
    tree = tree_of(file)
    if tree is None:
        return []
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return sorted(found, key=lambda node: ((node.end_lineno or 0) - node.lineno, abs(node.lineno - line)))


def called_as(file: str, line: int, matches: Callable[[str], bool]) -> str:
    """The callee's text of a call on this line whose last name matches; empty where none does."""
    for node in calls_on(file, line):
        if isinstance(node.func, ast.Name | ast.Attribute):
            text = ast.unparse(node.func)
            if matches(text.rpartition(".")[2]) and "(" not in text:
                return text
    return ""


def data_of(file: str, line: int, method: str) -> tuple[str, str, str]:
    """``model.fit``, ``x_train`` and ``y_train`` as the line spells them."""
    for node in calls_on(file, line):
        if not isinstance(node.func, ast.Attribute):
            continue
        given = {word.arg: word.value for word in node.keywords if word.arg}
        given.update(zip(("x", "y"), node.args))
        texts = [ast.unparse(given[key]) if key in given else "" for key in ("x", "y")]
        data, targets = (text if 0 < len(text) <= 40 else "" for text in texts)
        return ast.unparse(node.func), data or "the data", targets or "the targets"
    return method, "the data", "the targets"


def operation_on(file: str, line: int) -> str:
    """The text of the only arithmetic on a line; empty where there are several."""
    tree = tree_of(file)
    found = [
        node
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.BinOp) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    text = ast.unparse(found[0]) if len(found) == 1 else ""
    return text if len(text) <= 60 else ""


def layer_variable(file: str, line: int, class_name: str) -> str:
    """The variable through which a layer is called on this line; empty where it can't be told."""
    imported = _imported_names(file)
    found: set[str] = set()
    for node in calls_on(file, line):
        text = ast.unparse(node.func)
        if isinstance(node.func, ast.Call):
            if ast.unparse(node.func.func).rpartition(".")[2] == class_name:
                return ""
        elif isinstance(node.func, ast.Name | ast.Attribute) and node.lineno == line:
            root, last = text.partition(".")[0], text.rpartition(".")[2]
            if root not in imported and last not in ("add", "call", "__call__") and last.islower() and "(" not in text:
                found.add(text)
    return found.pop() if len(found) == 1 else ""


def _imported_names(file: str) -> set[str]:
    """Names that the file's imports bind."""
    tree = tree_of(file)
    return {
        (alias.asname or alias.name).partition(".")[0]
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def assigned_name(file: str, line: int) -> str:
    """The name that a statement beginning on this line assigns to."""
    tree = tree_of(file)
    if tree is None:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and node.lineno == line and len(node.targets) == 1:
            return ast.unparse(node.targets[0])
    return ""


def ways_to(file: str, line: int) -> list[list[ast.AST]]:
    """Each statement that begins on or spans a line without holding others, below everything that encloses it."""
    tree = tree_of(file)
    found: list[list[ast.AST]] = []
    stack: list[list[ast.AST]] = [[tree]] if tree is not None else []
    while stack:
        way = stack.pop()
        inner = [
            child
            for child in ast.iter_child_nodes(way[-1])
            if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case)
        ]
        if not inner:
            found.append(way)
        stack += [[*way, child] for child in inner if _spans(child, line)]
    return found


def _spans(node: ast.AST, line: int) -> bool:
    if isinstance(node, ast.match_case):
        return any(_spans(child, line) for child in node.body)
    first = getattr(node, "lineno", 0)
    return first <= line <= (getattr(node, "end_lineno", None) or first)


def divides(file: str, line: int) -> bool:
    """Whether the function or class around a line, or the file where none is, computes a size by floor division."""
    for way in ways_to(file, line):
        body = next((node for node in way if isinstance(node, ast.FunctionDef | ast.ClassDef)), way[0])
        return any(isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv) for node in ast.walk(body))
    return False
