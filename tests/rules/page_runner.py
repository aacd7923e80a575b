"""Runs the examples of rule pages in the installed Keras."""

from __future__ import annotations

import ast
import builtins
import linecache
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from convlint.rules.markdown import Example, Raises


def run_example(example: Example, file: str, namespace: dict[str, object]) -> list[str]:
    """Run a block statement by statement and compare what raises with its marks.

    A statement that raises as marked is done; the program goes on behind it, so that one
    block can show several errors.

    Returns:
        Differences, empty when everything happened as the page says.
    """
    linecache.cache[file] = (len(example.code), None, example.code.splitlines(keepends=True), file)
    namespace.setdefault("__name__", "example")
    due = {mark.line: mark for mark in example.raises}
    differences: list[str] = []
    try:
        statements = ast.parse(example.code, file).body
    except SyntaxError as error:
        return _judge(error, error.lineno or 0, due) + _missing(due)
    for statement in statements:
        code = compile(ast.Module([statement], []), file, "exec")
        try:
            exec(code, namespace)
        except Exception as error:
            differences += _judge(error, _line(error.__traceback__, file), due)
    return differences + _missing(due)


def _line(trace: TracebackType | None, file: str) -> int:
    """The innermost line of the block that the exception went through."""
    return next((frame.lineno or 0 for frame in reversed(traceback.extract_tb(trace)) if frame.filename == file), 0)


def _judge(error: BaseException, line: int, due: dict[int, Raises]) -> list[str]:
    mark = due.pop(line, None)
    met = f"line {line} raises {type(error).__name__}: {error}"
    if mark is None:
        return [f"{met}\n  but nothing is marked there"]
    kind = getattr(builtins, mark.exception, None)
    if type(error).__name__ != mark.exception and not (isinstance(kind, type) and isinstance(error, kind)):
        return [f"{met}\n  but {mark.exception} is marked"]
    return [] if mark.text in str(error) else [f"{met}\n  which does not say {mark.text!r}"]


def _missing(due: dict[int, Raises]) -> list[str]:
    return [f"line {mark.line} is marked `raises: {mark.exception}` and raises nothing" for mark in due.values()]
