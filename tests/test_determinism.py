"""The same findings in the same order, whatever the seed of hashes, the order of files, and who checks them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from convlint.rules.documents import builtin_pages

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The blocks of every eighth page, with findings of all kinds, and modules that several of them import."""
    folder = tmp_path_factory.mktemp("project")
    pages = sorted(
        (page for page in builtin_pages().iterdir() if page.name.startswith("CL")), key=lambda page: page.name
    )
    for page in pages[::8]:
        blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        for number, block in enumerate(blocks):
            (folder / f"{page.name[:5].lower()}_{number}.py").write_text(block, encoding="utf-8")
    shared = "import keras\n\ndef head(x):\n    return keras.layers.Conv2D(8, 9, stride=2)(keras.Input((5, 5, 1)))\n"
    (folder / "shared.py").write_text(shared, encoding="utf-8")
    for name in "abc":
        (folder / f"{name}.py").write_text(
            "import keras\nfrom shared import head\nhead(keras.Input((3,)))\n", encoding="utf-8"
        )
    return folder


def checked(project: Path, *words: str, seed: str = "0", paths: tuple[str, ...] = (".",)) -> str:
    """What ``convlint check`` prints, in JSON."""
    surroundings = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "convlint", "check", *paths, "--output-format", "json", *words], cwd=project,
        env=surroundings, capture_output=True, text=True, encoding="utf-8", check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def expected(project: Path) -> str:
    out = checked(project)
    assert out.count('"code"') > 20
    return out


@pytest.mark.parametrize("seed", ["1", "20261121", "random"])
def test_the_seed_of_hashes_does_not_matter(project: Path, expected: str, seed: str) -> None:
    assert checked(project, seed=seed) == expected


def test_the_order_of_files_does_not_matter(project: Path, expected: str) -> None:
    names = sorted((file.name for file in project.glob("*.py")), reverse=True)
    assert checked(project, paths=tuple(names)) == expected


def options() -> str:
    """What ``convlint check --help`` says."""
    done = subprocess.run(
        [sys.executable, "-m", "convlint", "check", "--help"], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("jobs", ["1", "2", "3"])
def test_the_number_of_processes_does_not_matter(project: Path, expected: str, jobs: str) -> None:
    if "--jobs" not in options():
        pytest.skip("one process checks all files")
    assert checked(project, "--jobs", jobs) == expected


def test_the_cache_does_not_matter(project: Path, expected: str) -> None:
    help_text = options()
    if "--no-cache" not in help_text:
        pytest.skip("nothing is kept between runs")
    assert [checked(project, "--no-cache"), checked(project), checked(project)] == [expected] * 3
