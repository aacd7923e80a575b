"""Write ``docs/commands.md``: the help of every command, as it prints it.

``python tools/commands.py`` writes it; ``--check`` fails when it is not fresh.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from freshness import deliver

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

PAGE = ROOT / "docs" / "commands.md"
HEAD = """\
# Commands

What every command prints with `--help`. The options of `convlint check` that a project wants always stand in its
[configuration](configuration.md); the [formats](formats.md), [CI services](ci.md) and [suppressions](suppressing.md)
have pages of their own.

Exit codes: 0 nothing found, 1 findings, 2 convlint could not do its work. Findings go to the standard output,
everything else to the standard error.
"""


def help_of(*words: str) -> str:
    """The help of a command, in 100 columns."""
    script = "import sys; from convlint.cli.app import main; sys.argv = ['convlint', *sys.argv[1:]]; main()"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(
        [sys.executable, "-c", script, *words, "--help"], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.rstrip("\n")


def draw() -> str:
    """The page."""
    from convlint.cli.help import COMMANDS

    parts = [HEAD, f"\n```text\n{help_of()}\n```\n"]
    parts += [f"\n## `convlint {name}`\n\n```text\n{help_of(name)}\n```\n" for name in COMMANDS]
    return "".join(parts)


def main() -> int:
    """Write the page, or compare it with the one that is there."""
    return deliver(PAGE, draw())


if __name__ == "__main__":
    raise SystemExit(main())
