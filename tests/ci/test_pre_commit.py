"""The hooks, run by the real pre-commit on a repository made here."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from tests.ci.conftest import RIGHT, ROOT, WRONG, run

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory, environment, checkout) -> Path:
    """A repository of the hooks, as users clone it."""
    copy = tmp_path_factory.mktemp("hooks") / "convlint"
    shutil.copytree(checkout, copy)
    run("git", "init", "-q", cwd=copy, env=environment)
    run("git", "add", "-A", cwd=copy, env=environment)
    run("git", "commit", "-q", "-m", "hooks", cwd=copy, env=environment)
    return copy


@pytest.fixture
def repository(tmp_path, environment, hooks):
    """A repository that uses the hooks, and a function that commits to it."""
    revision = run("git", "rev-parse", "HEAD", cwd=hooks, env=environment).strip()
    run("git", "init", "-q", cwd=tmp_path, env=environment)

    def commit(hook: str, files: dict[str, str], status: int) -> str:
        config = {"repos": [{"repo": str(hooks), "rev": revision, "hooks": [{"id": hook}]}]}
        (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        run(sys.executable, "-m", "pre_commit", "install", cwd=tmp_path, env=environment)
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        run("git", "add", "-A", cwd=tmp_path, env=environment)
        return run("git", "commit", "-m", "one", cwd=tmp_path, env=environment, status=status)

    return commit


def test_a_commit_with_a_mistake_is_refused(repository, tmp_path):
    cell = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": WRONG}
    book = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    files = {"model.py": WRONG, "book.ipynb": book, "notes.txt": "stride=2", "other.py": "x = 1\n"}
    said = repository("convlint", files, status=1)
    assert "book.ipynb:cell 1:4:5: error CL605 torch-argument" in said
    assert "model.py:4:5: error CL605 torch-argument" in said
    assert "other.py" not in said
    assert "Passed" in repository(
        "convlint", {"model.py": RIGHT, "book.ipynb": book.replace("stride", "strides")}, status=0
    )


def test_the_fixing_hook_repairs_and_asks_for_another_commit(repository, tmp_path):
    said = repository("convlint-fix", {"model.py": WRONG}, status=1)
    assert "files were modified by this hook" in said
    assert (tmp_path / "model.py").read_text(encoding="utf-8") == RIGHT
    assert "Passed" in repository("convlint-fix", {}, status=0)


def test_what_a_project_excludes_is_left_out(repository):
    config = '[tool.convlint]\nexclude = ["old"]\n'
    said = repository("convlint", {"pyproject.toml": config, "old/model.py": WRONG}, status=0)
    assert "Passed" in said


def test_the_building_hook_builds(repository):
    pytest.importorskip("keras")
    said = repository("convlint-build", {"model.py": WRONG}, status=1)
    assert "the installed Keras fails on this line in the same way" in said


def test_the_manifest_is_one(environment):
    run(sys.executable, "-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml", cwd=ROOT, env=environment)
