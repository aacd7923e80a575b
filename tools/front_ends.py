"""Write ``docs/front-ends.md``: which front end states which rule, and why another one does not.

``python tools/front_ends.py`` measures (builds every bad example, five minutes). The suite compares line by line.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from freshness import deliver

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from convlint.analysis import Analyser  # noqa: E402
from convlint.building import Site  # noqa: E402
from tests.rules.front_ends import REGISTRY, SETTINGS, TABLE, draw, pages, row  # noqa: E402


def main() -> int:
    """Measure every rule and write the table."""
    with Site(Analyser(SETTINGS, REGISTRY)) as site:
        rows = []
        for page in pages():
            with tempfile.TemporaryDirectory() as folder:
                rows.append(row(page, site, Path(folder)))
    return deliver(TABLE, draw(rows), "docs/front-ends.md")


if __name__ == "__main__":
    raise SystemExit(main())
