"""What analyses ask the disk: which modules of a project there are, and what is in them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

from convlint.digest import ABSENT, LINK, PRESENT, digest_of

MAX_MODULE_BYTES = 1_000_000
Answer = TypeVar("Answer")


class Disk:
    """The files of a project, each asked for once, and a record of what was asked.

    One may serve many analyses: while they last files are taken to stay as they are, but for those that fixes rewrite
    (:meth:`forget`). What an analysis tells depends on its text, its settings and the answers in ``asked``, and on
    nothing else.

    Attributes:
        asked: since :meth:`record`, by path: what was found there, as :mod:`convlint.digest` writes it.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Ask anew from now on: something was written."""
        self.asked: dict[str, str] = {}
        self._states: dict[Path, str] = {}
        self._texts: dict[Path, tuple[str | None, str]] = {}
        self._real: dict[Path, Path] = {}
        self._folders: dict[str, Path] = {}
        self._answers: dict[Hashable, tuple[object, dict[str, str]]] = {}
        self._counted: set[Hashable] = set()

    def record(self) -> dict[str, str]:
        """Begin a new record, and return it."""
        self.asked, self._counted = {}, set()
        return self.asked

    def folder(self, file: str) -> Path:
        """The folder in which a file really stands."""
        known = self._folders.get(file)
        if known is None:
            known = self._folders[file] = self.real(Path(file)).parent
        return known

    def real(self, path: Path) -> Path:
        """The path without symbolic links."""
        known = self._real.get(path)
        if known is None:
            known = self._real[path] = path.resolve()
        return known

    def is_file(self, path: Path) -> bool:
        """Whether there is such a file."""
        state = self._states.get(path)
        if state is None:
            state = ABSENT
            if path.is_file():
                real = self.real(path)
                state = PRESENT if real == path else f"{LINK}{real}"
            self._states[path] = state
        self.asked.setdefault(str(path), state)
        return state != ABSENT

    def read(self, path: Path) -> str | None:
        """The text of a module; None where it can't be read, is no UTF-8 or too long."""
        known = self._texts.get(path)
        if known is None:
            known = self._texts[path] = _read(path)
        self.asked[str(path)] = known[1]
        return known[0]

    def remember(self, question: Hashable, answer: Callable[[], Answer]) -> Answer:
        """The answer to a question about the disk, found once; what it took counts as asked each time."""
        known: Any = self._answers.get(question)
        if known is None:
            outer = self.asked, self._counted
            self.asked, self._counted = {}, set()
            try:
                known = self._answers[question] = (answer(), self.asked)
            finally:
                self.asked, self._counted = outer
        if question not in self._counted:
            self._counted.add(question)
            for path, state in known[1].items():
                self.asked.setdefault(path, state)
        return known[0]  # type: ignore[no-any-return]


def _read(path: Path) -> tuple[str | None, str]:
    try:
        if path.stat().st_size > MAX_MODULE_BYTES:
            return None, PRESENT
        data = path.read_bytes()
    except (OSError, ValueError):
        return None, ABSENT
    digest = digest_of(data)
    try:
        text = data.decode("utf-8-sig")
    except ValueError:
        return None, digest
    # As open() reads: every line end is a line feed.
    return (text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text), digest
