"""The extension for Visual Studio Code, by its own tests: the real client library against the real server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

EXTENSION = Path(__file__).parents[2] / "editors" / "vscode"


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
@pytest.mark.skipif(not (EXTENSION / "node_modules").is_dir(), reason="`npm install` has not run in editors/vscode")
def test_the_extension_passes_its_own_tests():
    environment = {**os.environ, "CONVLINT_PYTHON": sys.executable}
    done = subprocess.run(
        ["npm", "test"], cwd=EXTENSION, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
@pytest.mark.skipif(not (EXTENSION / "node_modules").is_dir(), reason="`npm install` has not run in editors/vscode")
def test_the_extension_can_be_packaged(tmp_path):
    file = tmp_path / "convlint.vsix"
    command = ["npm", "run", "package", "--", "--out", str(file)]
    done = subprocess.run(command, cwd=EXTENSION, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(file) as package:
        assert {"extension/package.json", "extension/dist/extension.js"} <= set(package.namelist())
