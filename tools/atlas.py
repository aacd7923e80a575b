"""Write ``docs/atlas.md``: which mistakes of the error atlas are found, which are missed, and why.

``python tools/atlas.py`` writes it; ``--check`` fails when it is not fresh.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.static.atlas import TABLE, draw, recall, verdicts  # noqa: E402


def main() -> int:
    """Write the table, or compare it with the one that is there, and print the recall of each group."""
    table = draw()
    for group, found, every in recall(verdicts()):
        print(f"{group}xx: {found} of {every}")
    if "--check" in sys.argv[1:]:
        fresh = TABLE.is_file() and TABLE.read_text(encoding="utf-8") == table
        print("docs/atlas.md is fresh" if fresh else "docs/atlas.md is not fresh: run python tools/atlas.py")
        return 0 if fresh else 1
    TABLE.write_text(table, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
