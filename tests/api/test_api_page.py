"""Every block of docs/api.md, run as a reader would."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def test_the_blocks_of_the_page_run(tmp_path):
    model, *blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 5
    (tmp_path / "model.py").write_text(model)
    script = "\n".join(blocks)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{script}"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "model.py:7" in done.stdout


def test_every_public_name_is_on_the_page():
    import convlint

    for name in ("check", "inspect", "diagnose", "compare"):
        assert name in convlint.__all__
        assert f"\n## {name}\n" in PAGE
