"""``%load_ext convlint``: explains exceptions, and checks cells before they run.

``%convlint`` explains the last exception; ``%convlint off`` and ``on`` stop and start explaining each one as it
happens. ``%%convlint`` checks a cell together with those that ran before it, then runs it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from convlint.findings import SetupError
from convlint.python_api import CheckResult, DiagnoseResult, check, diagnose

_STATE: dict[int, _Extension] = {}


class _Extension:
    """What is registered in one shell."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.explains = True

    def load(self) -> None:
        """Register the magics, and listen to cells that fail."""
        self.shell.register_magic_function(self.line, "line", "convlint")
        self.shell.register_magic_function(self.cell, "cell", "convlint")
        self.shell.events.register("post_run_cell", self.after)

    def unload(self) -> None:
        """Take it back."""
        self.shell.events.unregister("post_run_cell", self.after)
        for kind in ("line", "cell"):
            self.shell.magics_manager.magics[kind].pop("convlint", None)

    def line(self, line: str) -> DiagnoseResult | None:
        """``%convlint``."""
        word = line.strip()
        if word in ("on", "off"):
            self.explains = word == "on"
            return None
        if word:
            print("%convlint explains the last exception; on and off say whether every one is explained as it happens")
            return None
        try:
            return diagnose()
        except TypeError:
            print("there was no exception yet")
        except SetupError as error:
            print(f"convlint: {error}")
        return None

    def cell(self, line: str, cell: str) -> None:
        """``%%convlint``."""
        try:
            result = check_cell(self._before(), cell)
        except SetupError as error:
            print(f"convlint: {error}")
        else:
            if not result.ok:
                _display(result)
        self.shell.run_cell(cell)

    def after(self, result: Any) -> None:
        """Explain what ended a cell, where a rule knows it."""
        error = getattr(result, "error_in_exec", None)
        if not self.explains or not isinstance(error, Exception):
            return
        try:
            explained = diagnose(error)
        except SetupError as fault:
            print(f"convlint: {fault}")
            return
        if explained.recognised:
            _display(explained)

    def _before(self) -> list[str]:
        """The cells that ran, as they were typed; this one left out."""
        typed = self.shell.user_ns.get("_ih") or self.shell.user_ns.get("In") or []
        return [text for text in typed[1:-1] if isinstance(text, str)]


def check_cell(before: Sequence[str], cell: str) -> CheckResult:
    """The findings of a cell, as the last one of a session."""
    cells = [{"cell_type": "code", "source": text} for text in (*before, cell)]
    session = check(source=json.dumps({"cells": cells}), filename="session.ipynb")
    findings = tuple(one for one in session.findings if one.location.cell == len(cells))
    return replace(session, findings=findings)


def _display(value: object) -> None:
    from IPython.display import display

    display(value)


def load(shell: Any) -> None:
    """Start explaining in a shell."""
    if id(shell) not in _STATE:
        _STATE[id(shell)] = extension = _Extension(shell)
        extension.load()


def unload(shell: Any) -> None:
    """Stop it."""
    extension = _STATE.pop(id(shell), None)
    if extension is not None:
        extension.unload()
