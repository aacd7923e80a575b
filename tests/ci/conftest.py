"""Environments in which what users of CI services run is run: nothing is downloaded, nothing of the user's is read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRONG = "import keras\n\nx = keras.Input((28, 28, 1))\ny = keras.layers.Conv2D(8, 3, stride=2)(x)\n"
RIGHT = WRONG.replace("stride=", "strides=")


def run(*words: str, cwd: Path, env: dict[str, str], status: int | None = 0) -> str:
    """What a command printed.

    Raises:
        AssertionError: it exits with another status.
    """
    done = subprocess.run(words, check=False, cwd=cwd, env=env, capture_output=True, text=True, timeout=600)
    said = done.stdout + done.stderr
    assert status is None or done.returncode == status, said
    return said


@pytest.fixture(scope="session")
def environment(tmp_path_factory) -> dict[str, str]:
    """For pip, the libraries that are installed here take the place of downloads."""
    home = tmp_path_factory.mktemp("home")
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "SYSTEMROOT", "TMPDIR", "LANG")}
    author = {
        f"GIT_{who}_{what}": "someone@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    return {
        **kept, **author, "HOME": str(home), "PRE_COMMIT_HOME": str(home / "cache"), "GIT_CONFIG_GLOBAL": os.devnull,
        "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "false", "PIP_CONFIG_FILE": os.devnull,
        "PYTHONPATH": sysconfig.get_path("purelib"), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "NO_COLOR": "1",
    }  # fmt: skip


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Path:
    """What a user of this repository gets."""
    copy = tmp_path_factory.mktemp("checkout") / "convlint"
    copy.mkdir()
    for folder in ("convlint", "rules"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml", "action.yml"):
        shutil.copy(ROOT / file, copy)
    return copy


@pytest.fixture(scope="session")
def machine(tmp_path_factory, environment, checkout) -> dict[str, str]:
    """The environment of a fresh machine: a Python with pip in front of the PATH, ``$CONVLINT`` to be installed."""
    venv = tmp_path_factory.mktemp("machine") / "venv"
    run(sys.executable, "-m", "venv", str(venv), cwd=ROOT, env=environment)
    path = os.pathsep.join((str(venv / ("Scripts" if os.name == "nt" else "bin")), environment["PATH"]))
    return {**environment, "PATH": path, "CONVLINT": str(checkout)}


@pytest.fixture
def project(tmp_path) -> Path:
    """A folder with one program that has a mistake."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "model.py").write_text(WRONG, encoding="utf-8")
    return folder
