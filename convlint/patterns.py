"""Patterns for paths, as ``.gitignore`` files write them."""

from __future__ import annotations

import os
import re
from fnmatch import translate
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pathspec import GitIgnoreSpec


class Patterns:
    """Lines that speak about paths below one folder; the last line that fits decides.

    Attributes:
        folder: absolute, without symbolic links; the paths are taken relative to it.
        lines: ``*.py``, ``build/``, ``/top.py``, ``!kept.py``.
    """

    def __init__(self, folder: str, lines: Sequence[str]) -> None:
        self.folder = folder
        self.lines = tuple(lines)
        self._prefix = folder if folder.endswith(os.sep) else folder + os.sep

    @cached_property
    def _spec(self) -> GitIgnoreSpec:
        from pathspec import GitIgnoreSpec

        return GitIgnoreSpec.from_lines(self.lines)

    @cached_property
    def _any(self) -> re.Pattern[str]:
        """Fits whatever one of the lines fits: most paths need no closer look."""
        sources = [one.regex.pattern for one in self._spec.patterns if one.regex is not None]
        return re.compile("|".join(f"(?:{_GROUP_NAME.sub('?:', source)})" for source in sources) or r"(?!)")

    def verdict(self, real: str, is_folder: bool = False) -> bool | None:
        """What the patterns say of a path, or of a folder that it lies in; None where no line fits."""
        if not self.lines or not real.startswith(self._prefix):
            return None
        relative = real[len(self._prefix) :].replace(os.sep, "/") + ("/" if is_folder else "")
        return self._spec.check_file(relative).include if self._any.match(relative) else None

    def match(self, real: str, is_folder: bool = False) -> bool:
        """Whether the patterns choose a path."""
        return self.verdict(real, is_folder) is True

    def check(self) -> None:
        """Raise ValueError where a line is no pattern."""
        _ = self._spec


_GROUP_NAME = re.compile(r"\?P<\w+>")


class NamePatterns(Patterns):
    """Patterns about names alone, with ``*`` and ``?``, for folders with a slash behind; they hold in every folder."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("", lines)

    @cached_property
    def _names(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """What fits a file, and what fits a folder."""
        for_files = [translate(line) for line in self.lines if not line.endswith("/")]
        for_folders = [translate(line.removesuffix("/")) for line in self.lines]
        return re.compile("|".join(for_files) or r"(?!)"), re.compile("|".join(for_folders) or r"(?!)")

    def verdict(self, real: str, is_folder: bool = False) -> bool | None:
        """Whether the name of a file or folder fits; None where it does not."""
        return True if self._names[is_folder].match(os.path.basename(real)) else None
