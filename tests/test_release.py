"""Releases: the same source makes the same files, byte for byte, wherever and whenever it is built."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = (
    "convlint",
    "rules",
    "tests",
    "examples",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "SECURITY.md",
)


def built(source: Path, target: Path) -> dict[str, str]:
    """Names and digests of what a build makes."""
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(source)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(target.iterdir())}


def test_two_builds_are_the_same(tmp_path: Path) -> None:
    for name in ("here", "elsewhere"):
        for part in PARTS:
            into = tmp_path / name / part
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, into, ignore=shutil.ignore_patterns("__pycache__", "data", "node_modules"))
            else:
                into.parent.mkdir(exist_ok=True)
                shutil.copy2(ROOT / part, into)
    # Another time of day, and an order in which the files came.
    for file in (tmp_path / "elsewhere").rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    first, second = built(tmp_path / "here", tmp_path / "one"), built(tmp_path / "elsewhere", tmp_path / "two")
    assert len(first) == 2
    assert first == second
