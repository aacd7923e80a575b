"""Write the table of options in ``docs/configuration.md``.

``python tools/configuration.py`` writes it; ``--check`` fails when it is not fresh.
"""

from __future__ import annotations

import sys
from pathlib import Path

from freshness import deliver

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from convlint.options import OPTIONS  # noqa: E402

PAGE = ROOT / "docs" / "configuration.md"
MARK = "<!-- The rest is written by tools/configuration.py. -->"


def draw() -> str:
    """The page: what stands above the mark, and a section for each option."""
    head = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    return f"{head}{MARK}\n\n## Options\n\n" + "\n".join(_section(option) for option in OPTIONS)


def _section(option) -> str:  # type: ignore[no-untyped-def]
    rows = [f"- {fact}" for fact in option.facts]
    return "\n".join([f"### `{option.key}`", "", option.help, "", *rows, "", "```toml", option.example, "```", ""])


def main() -> int:
    """Write the page, or compare it with the one that is there."""
    return deliver(PAGE, draw())


if __name__ == "__main__":
    raise SystemExit(main())
