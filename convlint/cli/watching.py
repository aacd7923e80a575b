"""``--watch``: check again whenever a file changes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from convlint.cli.options import fail
from convlint.cli.terminal import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

QUIET_FOLDERS = frozenset({".git", "__pycache__", "node_modules", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
"""Folders in which nothing of the program changes."""


def rounds(paths: Sequence[str], matters: Callable[[str], bool]) -> Iterator[None]:
    """One round at once, and one after every change of a file that matters, until the user interrupts.

    Args:
        paths: files and folders to watch.
        matters: whether a changed file calls for another round.

    Raises:
        typer.Exit: the package that watches is not installed, or there is nothing to watch.
    """
    try:
        import watchfiles
    except ImportError:
        raise fail("--watch needs the package watchfiles: pip install 'convlint[watch]'") from None
    roots = {path if os.path.isdir(path) else os.path.dirname(path) or os.curdir for path in paths}
    missing = sorted(root for root in roots if not os.path.isdir(root))
    if missing:
        raise fail(f"--watch: there is no folder {missing[0]}")

    def wanted(_: watchfiles.Change, file: str) -> bool:
        return not QUIET_FOLDERS.intersection(file.split(os.sep)) and matters(file)

    changes = watchfiles.watch(*sorted(roots), watch_filter=wanted, raise_interrupt=False)
    yield
    _waiting()
    for _ in changes:
        if sys.stdout.isatty():
            sys.stdout.write("\x1b[2J\x1b[H")
            sys.stdout.flush()
        yield
        _waiting()


def _waiting() -> None:
    sys.stdout.flush()
    say("waiting for changes; Ctrl-C ends")
