"""Run the worker's tests under Keras 2, in an environment of their own: ``python tools/keras2.py [FOLDER]``.

Up to Python 3.11 that is TensorFlow 2.15, whose ``tf.keras`` is Keras 2; later on today's TensorFlow with ``tf_keras``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEST = "tests/runtime/test_keras2.py"


def main() -> int:
    """Make the environment where it is not there yet, and run the tests in it."""
    with tempfile.TemporaryDirectory(prefix="convlint-keras2-") as scratch:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else scratch)
        python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
        if not python.exists():
            venv.create(folder, with_pip=True)
            install = [str(python), "-m", "pip", "install", "--quiet"]
            if sys.version_info < (3, 12):
                subprocess.run([*install, "tensorflow-cpu<2.16", "pytest"], check=True)
                subprocess.run([*install, "--editable", str(ROOT)], check=True)
            else:
                subprocess.run([*install, "--editable", f"{ROOT}[runtime]", "pytest"], check=True)
                # It asks for the whole `tensorflow`, and `tensorflow-cpu` is there.
                subprocess.run([*install, "--no-deps", "tf_keras"], check=True)
        return subprocess.run([str(python), "-m", "pytest", "-q", "-ra", TEST], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
