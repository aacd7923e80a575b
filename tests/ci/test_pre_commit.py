"""The hooks, run by the real pre-commit on a repository made here.

The hooks' environments take the libraries of this one, so that nothing is downloaded.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WRONG = "import keras\n\nx = keras.Input((28, 28, 1))\ny = keras.layers.Conv2D(8, 3, stride=2)(x)\n"
RIGHT = WRONG.replace("stride=", "strides=")

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def run(*words: str, cwd: Path, env: dict[str, str], status: int | None = 0) -> str:
    done = subprocess.run(words, check=False, cwd=cwd, env=env, capture_output=True, text=True, timeout=600)
    said = done.stdout + done.stderr
    assert status is None or done.returncode == status, said
    return said


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> dict[str, str]:
    """Nothing of the user's own settings, and what is installed here in place of downloads."""
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


@pytest.fixture(scope="module")
def hooks(tmp_path_factory, environment) -> Path:
    """A repository with what a user of the hooks clones."""
    copy = tmp_path_factory.mktemp("hooks") / "convlint"
    copy.mkdir()
    for folder in ("convlint", "rules"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / file, copy)
    run("git", "init", "-q", cwd=copy, env=environment)
    run("git", "add", "-A", cwd=copy, env=environment)
    run("git", "commit", "-q", "-m", "hooks", cwd=copy, env=environment)
    return copy


@pytest.fixture
def project(tmp_path, environment, hooks):
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


def test_a_commit_with_a_mistake_is_refused(project, tmp_path):
    said = project("convlint", {"model.py": WRONG, "notes.txt": "stride=2", "other.py": "x = 1\n"}, status=1)
    assert "model.py:4:5: error CL605 torch-argument" in said
    assert "other.py" not in said
    (tmp_path / "model.py").write_text(RIGHT, encoding="utf-8")
    assert "Passed" in project("convlint", {"model.py": RIGHT}, status=0)


def test_the_fixing_hook_repairs_and_asks_for_another_commit(project, tmp_path):
    said = project("convlint-fix", {"model.py": WRONG}, status=1)
    assert "files were modified by this hook" in said
    assert (tmp_path / "model.py").read_text(encoding="utf-8") == RIGHT
    assert "Passed" in project("convlint-fix", {}, status=0)


def test_what_a_project_excludes_is_left_out(project):
    config = '[tool.convlint]\nexclude = ["old"]\n'
    said = project("convlint", {"pyproject.toml": config, "old/model.py": WRONG}, status=0)
    assert "Passed" in said


def test_the_building_hook_builds(project):
    pytest.importorskip("keras")
    said = project("convlint-build", {"model.py": WRONG}, status=1)
    assert "the installed Keras fails on this line in the same way" in said


def test_the_manifest_is_one(environment):
    run(sys.executable, "-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml", cwd=ROOT, env=environment)
