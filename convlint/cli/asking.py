"""``--fix --ask``: each repair is shown, and the user says whether it is made."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

from convlint.cli.options import fail
from convlint.cli.terminal import Color, wants_color
from convlint.edits import apply
from convlint.report.concise import headline
from convlint.report.plain import printable

if TYPE_CHECKING:
    from convlint.findings import Finding, Fix

CONTEXT = 2
"""Lines shown around a change."""
_STYLES = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}
_HELP = "y: make it   n: leave it   a: make it and all that follow   q: leave it and all that follow\n"


class Asker:
    """Asks about one repair after the other.

    Raises:
        typer.Exit: there is nobody to ask.
    """

    def __init__(self, color: Color) -> None:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise fail("--ask: there is no terminal to ask in; --fix and --unsafe-fixes ask nobody, --diff only shows")
        self._colored = wants_color(color, sys.stderr)
        self._answer = ""
        self._declined: set[tuple[str, str, str]] = set()

    def __call__(self, finding: Finding, fix: Fix, text: str) -> bool:
        """Whether a repair is to be made.

        Args:
            finding: what it repairs.
            fix: the repair.
            text: of the program that it changes.
        """
        after = apply(text, fix.edits)
        change = list(difflib.unified_diff(text.splitlines(), after.splitlines(), n=CONTEXT, lineterm=""))[2:]
        key = (finding.code, finding.message, "\n".join(line for line in change if line[0] in "+-"))
        if self._answer == "q" or key in self._declined:
            return False
        if self._answer == "a":
            return True
        self._show(finding, fix, change)
        self._answer = self._ask()
        if self._answer in "nq":
            self._declined.add(key)
        return self._answer in "ya"

    def _show(self, finding: Finding, fix: Fix, change: list[str]) -> None:
        out = sys.stderr
        warning = "" if fix.applicability == "safe" else " (changes what the program does)"
        out.write(f"\n{headline(finding)}\n  {printable(fix.description)}{warning}\n")
        for line in change:
            style = _STYLES.get(line[:1], "") if self._colored else ""
            shown = printable(line.replace("\t", "    "))
            out.write(f"    {style}{shown}\x1b[0m\n" if style else f"    {shown}\n")

    def _ask(self) -> str:
        while True:
            sys.stderr.write("Repair this? [y/n/a/q/?] ")
            sys.stderr.flush()
            line = sys.stdin.readline()
            if not line:
                sys.stderr.write("\n")
                return "q"
            answer = line.strip().lower()[:1]
            if answer and answer in "ynaq":
                return answer
            sys.stderr.write(_HELP)
