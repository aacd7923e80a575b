"""Draw the picture in the README: a real run of ``convlint check``, exported by rich as SVG.

``python tools/picture.py`` writes ``docs/check.svg``; ``--check`` fails when it is not fresh.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

from freshness import deliver
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "check.svg"
FILE = "examples/2_channels_first_input/broken.py"
COLUMNS = 132


def draw() -> str:
    """The SVG of a run in the root of the repository, in a terminal of :data:`COLUMNS` columns."""
    run = subprocess.run(
        [sys.executable, "-m", "convlint", "check", FILE, "--color", "always", "--image-data-format", "channels_last"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PATH": "", "COLUMNS": str(COLUMNS), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in (f"$ convlint check {FILE}", *run.stdout.splitlines()):
        console.print(Text.from_ansi(line), overflow="fold")
    svg = console.export_svg(title="convlint", unique_id="convlint")
    return re.sub(r"[ \t]+\n", "\n", svg)


def _words(svg: str) -> str:
    """What the picture says; how rich draws it differs from release to release."""
    return re.sub(r"<style>.*?</style>|<[^>]+>", "", svg, flags=re.DOTALL)


def main() -> int:
    """Write the picture, or compare it with the one that is there."""
    return deliver(PICTURE, draw(), "docs/check.svg", told=_words)


if __name__ == "__main__":
    raise SystemExit(main())
