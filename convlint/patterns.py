"""Patterns for paths, as ``.gitignore`` files write them."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pathspec import GitIgnoreSpec


class Patterns:
    """Lines that speak about paths below one folder; the last line that fits decides.

    Attributes:
        folder: absolute, without symbolic links; the paths are taken relative to it. Empty for patterns about
            names alone, which hold in every folder.
        lines: ``*.py``, ``build/``, ``/top.py``, ``!kept.py``.

    Raises:
        ValueError: a line is no pattern.
    """

    def __init__(self, folder: str, lines: Sequence[str]) -> None:
        self.folder = folder
        self.lines = tuple(lines)

    @cached_property
    def _spec(self) -> GitIgnoreSpec:
        from pathspec import GitIgnoreSpec

        return GitIgnoreSpec.from_lines(self.lines)

    def verdict(self, real: str, is_folder: bool = False) -> bool | None:
        """What the patterns say of a path, or of a folder that it lies in; None where no line fits."""
        if not self.lines:
            return None
        relative = os.path.relpath(real, self.folder).replace(os.sep, "/") if self.folder else os.path.basename(real)
        if relative == "." or relative.startswith("../"):
            return None
        return self._spec.check_file(f"{relative}/" if is_folder else relative).include

    def match(self, real: str, is_folder: bool = False) -> bool:
        """Whether the patterns choose a path."""
        return self.verdict(real, is_folder) is True

    def check(self) -> None:
        """Raise ValueError where a line is no pattern."""
        _ = self._spec
