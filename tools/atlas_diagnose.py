"""Write ``docs/atlas-diagnose.md``: which messages of the error atlas are recognised, and which are not.

``python tools/atlas_diagnose.py`` writes it; ``--check`` fails when it is not fresh.
"""

from __future__ import annotations

import sys
from pathlib import Path

from freshness import deliver

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.traceback.atlas import TABLE, draw, verdicts  # noqa: E402


def main() -> int:
    """Write the table, or compare it with the one that is there, and print how many are right."""
    table = draw()
    for with_source in (False, True):
        judged = verdicts(with_source=with_source)
        right, misleading = sum(one.status == "right" for one in judged), sum(one.misleading for one in judged)
        print(f"{'with' if with_source else 'without'} source: {right} of {len(judged)} right, {misleading} misleading")
    return deliver(TABLE, table)


if __name__ == "__main__":
    raise SystemExit(main())
