"""Syntax trees of modules of which little is needed: the body of a function is parsed when somebody looks into it.

A program runs few of the functions of the modules that it imports. Python's own parser, which takes an eighth of the
time of libcst's, says where their bodies begin and end.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence

import libcst as cst

from convlint.lazy import dataclass
from convlint.static.syntax import children

SMALL = 3_000
"""Characters of a module that is parsed as a whole at once."""


@dataclass(frozen=True)
class _Stretch:
    """The body of a function: its lines, counted from 0, the one behind the last, and the function's name."""

    start: int
    end: int
    name: str
    asynchronous: bool


@dataclass(eq=False)
class Account:
    """How many characters of a module are not parsed yet."""

    waiting: int = 0


class Body(cst.IndentedBlock):
    """A block whose statements are parsed when they are first asked for."""

    _text: str
    _asynchronous: bool
    _statements: Sequence[cst.BaseStatement] | None
    _account: Account

    @classmethod
    def over(cls, block: cst.IndentedBlock, text: str, asynchronous: bool, account: Account) -> Body:
        """The block that stands for ``text``, the lines of the body as they are."""
        made = cls.__new__(cls)
        for name in ("header", "indent", "footer"):
            object.__setattr__(made, name, getattr(block, name))
        object.__setattr__(made, "_text", text)
        object.__setattr__(made, "_asynchronous", asynchronous)
        object.__setattr__(made, "_statements", None)
        object.__setattr__(made, "_account", account)
        account.waiting += len(text)
        return made

    @property
    def body(self) -> Sequence[cst.BaseStatement]:  # type: ignore[override]
        """The statements."""
        if self._statements is None:
            found = _parsed(self._text, self._asynchronous)
            object.__setattr__(self, "_statements", found)
            self._account.waiting -= len(self._text)
            return found
        return self._statements


def _parsed(text: str, asynchronous: bool) -> Sequence[cst.BaseStatement]:
    try:
        module = cst.parse_module(f"{'async ' if asynchronous else ''}def f():\n{text}")
    except (cst.ParserSyntaxError, ValueError, RecursionError):
        # Python reads it and libcst does not: what it returns is not known.
        return (cst.SimpleStatementLine((cst.Return(cst.Name("_unreadable")),)),)
    function = module.body[0]
    assert isinstance(function, cst.FunctionDef)
    return function.body.body  # type: ignore[return-value]  # a block: the text begins a line


def outline(text: str) -> tuple[cst.Module, Account] | None:
    """The tree of a module whose functions are not parsed yet; None where that brings nothing.

    Args:
        text: with line feeds at the ends of its lines.
    """
    if len(text) < SMALL:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the file's own matter
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    lines = text.split("\n")
    stretches = list(_stretches(tree, lines))
    kept: list[str] = []
    behind = 0
    for stretch in stretches:
        first = lines[stretch.start]
        kept += lines[behind : stretch.start]
        kept.append(f"{first[: len(first) - len(first.lstrip())]}...")
        behind = stretch.end
    short = "\n".join((*kept, *lines[behind:]))
    if len(short) > len(text) // 2:
        return None
    module = cst.parse_module(short)
    functions = [function for function in _functions(module) if isinstance(function.body, cst.IndentedBlock)]
    if [function.name.value for function in functions] != [stretch.name for stretch in stretches]:
        return None
    account = Account()
    for function, stretch in zip(functions, stretches):
        assert isinstance(function.body, cst.IndentedBlock)
        code = "\n".join((*lines[stretch.start : stretch.end], ""))
        object.__setattr__(function, "body", Body.over(function.body, code, stretch.asynchronous, account))
    return module, account


def _stretches(tree: ast.AST, lines: Sequence[str]) -> Iterator[_Stretch]:
    """The bodies of the functions that stand in no other function, in the order of the text."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not isinstance(node, ast.expr):
                yield from _stretches(node, lines)
            continue
        first = node.body[0]
        decorators = getattr(first, "decorator_list", ())
        start = min((first.lineno, *(one.lineno for one in decorators)))
        if first.lineno == start and lines[start - 1][: first.col_offset].strip():
            continue  # on the line of its header
        yield _Stretch(start - 1, node.end_lineno or start, node.name, isinstance(node, ast.AsyncFunctionDef))


def _functions(root: cst.CSTNode) -> Iterator[cst.FunctionDef]:
    """The functions that stand in no other function, in the order of the text."""
    for node in children(root):
        if isinstance(node, cst.FunctionDef):
            yield node
        elif isinstance(node, cst.BaseCompoundStatement | cst.BaseSuite | cst.Else | cst.Finally | cst.ExceptHandler
                        | cst.ExceptStarHandler | cst.MatchCase):  # fmt: skip
            yield from _functions(node)
