"""How often Python looks for garbage."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEW_OBJECTS = 50_000
"""Python's own 700 make it look through all kept trees several times for each file: a quarter of an analysis."""


def collect_rarely() -> None:
    """Let Python look less often from now on: modules and syntax trees are many objects, and no garbage."""
    threshold, *older = gc.get_threshold()
    if threshold:  # else somebody turned it off
        gc.set_threshold(max(threshold, NEW_OBJECTS), *older)


@contextmanager
def rare_collections() -> Iterator[None]:
    """The same for a while."""
    before = gc.get_threshold()
    collect_rarely()
    try:
        yield
    finally:
        gc.set_threshold(*before)


def collect_nothing_at_the_end() -> None:
    """What is left when Python ends goes with the process; looking for garbage in it takes an eighth of a short run."""
    atexit.register(gc.freeze)
