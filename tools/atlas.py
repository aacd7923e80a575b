"""Write ``docs/atlas.md``: which mistakes of the error atlas are found, which are missed, and why.

``python tools/atlas.py`` writes it; ``--check`` fails when it is not fresh.
"""

from __future__ import annotations

import sys
from pathlib import Path

from freshness import deliver

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.static.atlas import TABLE, draw, recall, verdicts  # noqa: E402


def main() -> int:
    """Write the table, or compare it with the one that is there, and print the recall of each group."""
    table = draw()
    for group, found, every in recall(verdicts()):
        print(f"{group}xx: {found} of {every}")
    return deliver(TABLE, table, "docs/atlas.md")


if __name__ == "__main__":
    raise SystemExit(main())
