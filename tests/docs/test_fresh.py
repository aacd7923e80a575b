"""Pages that programs write say what the programs say now."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.ci.conftest import ROOT


@pytest.mark.parametrize("tool", ["commands", "configuration", "picture"])
def test_the_page_is_fresh(tool: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / f"{tool}.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
