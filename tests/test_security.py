"""SECURITY.md, proved: a project in which everything that could be imported leaves a mark is left without one."""

from __future__ import annotations

import base64
import json
import marshal
import os
import pickle
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MODEL = """{leave_mark}
import keras
import tensorflow as tf
from helpers import units
from package.blocks import block
from sibling import *

def build():
    x = keras.Input((28, 28, 1))
    y = keras.layers.Conv2D(units, 3, stride=2, name="\x1b]0;owned\x07")(x)
    return keras.Model(x, block(y))

model = build()
model.fit(open("data.txt").read(), exec({code!r}))
"""
SHADOWS = ("sitecustomize", "usercustomize", "keras", "tensorflow", "libcst", "numpy", "yaml", "rich", "typer", "click",
           "h5py", "json", "random", "re", "tomllib", "tomli", "pathspec", "packaging", "msgpack", "conftest", "setup",
           "encodings", "tokenize", "evil_pack", "pygls", "lsprotocol", "multiprocessing", "pickle")  # fmt: skip
"""What convlint or Python might import by name, and what tools are used to run."""


class Bait:
    """Leaves a mark where it is unpickled."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        return exec, (self.code,)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project made to do harm; ``marks/`` beside it is where harm shows."""
    top = tmp_path_factory.mktemp("hostile")
    marks, folder = top / "marks", top / "project"
    marks.mkdir()
    folder.mkdir()

    def code(name: str) -> str:
        return f"open({str(marks / name)!r}, 'a').close()"

    (folder / "model.py").write_text(MODEL.format(leave_mark=code("model"), code=code("exec")))
    (folder / "helpers.py").write_text(f"import keras\n{code('helpers')}\nunits = 8\n")
    (folder / "sibling.py").write_text(f"{code('sibling')}\n")
    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").write_text(code("package"))
    (folder / "package" / "blocks.py").write_text(f"import keras\n{code('blocks')}\ndef block(x):\n    return x\n")
    for name in SHADOWS:
        (folder / f"{name}.py").write_text(f"{code(name)}\nraise SystemExit('shadowed')\n")
    (folder / "pyproject.toml").write_text('[tool.convlint]\nimage-data-format = "channels_last"\n')
    announced = folder / "evil_pack-1.0.dist-info"
    announced.mkdir()
    (announced / "METADATA").write_text("Metadata-Version: 2.1\nName: evil_pack\nVersion: 1.0\n")
    (announced / "entry_points.txt").write_text("[convlint.rules]\nevil = evil_pack\n")
    (folder / "evil.pth").write_text(f"import os; {code('pth')}\n")
    (folder / "notebook.ipynb").write_text(
        json.dumps(
            {
                "cells": [{"cell_type": "code", "source": f"import keras\n{code('cell')}\n!touch {marks / 'shell'}"}],
                "metadata": {},
                "nbformat": 4,
                "nbformat_minor": 5,
            }
        )
    )
    bytecode = base64.b64encode(marshal.dumps(compile(code("lambda"), "x", "exec"))).decode()
    layers = [
        {"class_name": "InputLayer", "module": "keras.layers", "config": {"batch_shape": [None, 4], "name": "a"}},
        {
            "class_name": "Lambda",
            "module": "keras.layers",
            "config": {
                "name": "b",
                "function": {"class_name": "__lambda__", "config": {"code": bytecode, "defaults": None}},
            },
        },
        {"class_name": "Thing", "module": "helpers", "registered_name": "helpers>Thing", "config": {"name": "c"}},
    ]
    config = json.dumps({"class_name": "Sequential", "module": "keras", "config": {"name": "m", "layers": layers}})
    (folder / "saved.json").write_text(config)
    bait = pickle.dumps(Bait(code("unpickled")))
    with zipfile.ZipFile(folder / "saved.keras", "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.writestr("model.weights.h5", bait)
        archive.writestr("assets/x.pkl", bait)
    (folder / "saved_model").mkdir()
    (folder / "saved_model" / "saved_model.pb").write_bytes(bait)
    (folder / "weights.pkl").write_bytes(bait)
    (folder / "weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bait)
    (folder / "log.txt").write_text(
        f'Traceback (most recent call last):\n  File "{folder / "model.py"}", line 10, in build\n'
        "ValueError: Unrecognized keyword arguments passed to Conv2D: {'stride': 2}\n"
    )
    return folder


COMMANDS = {
    "check": ["check", "."],
    "check with fixes": ["check", "--fix", "--unsafe-fixes", "."],
    "a difference": ["check", "--diff", "model.py"],
    "shapes": ["shapes", "model.py"],
    "inspect from the source": ["inspect", "--static", "model.py:build"],
    "a rule": ["rule", "CL101"],
    "the configuration": ["config"],
    "a log": ["diagnose", "log.txt"],
    "JSON": ["inspect", "saved.json"],
    "an archive": ["inspect", "saved.keras"],
    "a SavedModel": ["inspect", "saved_model"],
    "HDF5": ["inspect", "weights.h5"],
    "a pickle": ["inspect", "--static", "weights.pkl:build"],
}


def marks(project: Path) -> list[str]:
    """What ran since the last time this was asked."""
    found = sorted((project.parent / "marks").iterdir())
    for mark in found:
        mark.unlink()
    return [mark.name for mark in found]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """One command in the folder, which ``python -m`` puts first on the module path."""
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    # The package under test comes from where this test runs, which is not the hostile folder.
    surroundings["PYTHONPATH"] = str(Path(__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-m", "convlint", *words], cwd=folder, env=surroundings, capture_output=True, text=True,
        encoding="utf-8", errors="replace", check=False, timeout=300,
    )  # fmt: skip


def test_the_marks_are_left_where_the_project_runs(project: Path) -> None:
    """The test can fail: Python itself falls for the project."""
    marks(project)
    subprocess.run([sys.executable, "-c", "import sibling, helpers"], cwd=project, capture_output=True, check=False)
    assert marks(project) == ["keras", "sibling"]
    bait = "import pickle; pickle.load(open('project/weights.pkl', 'rb'))"
    subprocess.run([sys.executable, "-c", bait], cwd=project.parent, capture_output=True, check=True)
    assert marks(project) == ["unpickled"]


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_in_a_project_runs(project: Path, name: str) -> None:
    marks(project)
    done = run(project, *COMMANDS[name])
    assert marks(project) == [], done.stderr
    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in done.stderr
    assert "bug of convlint" not in done.stderr
    if name != "a difference":  # `patch` needs the file's own bytes
        assert "\x1b" not in done.stdout + done.stderr
    if name.startswith("check"):
        assert "CL605" in done.stdout or "strides=2" in (project / "model.py").read_text()


def test_nothing_in_a_workspace_runs(project: Path) -> None:
    """The language server reads what an editor opens, and the project around it."""
    pytest.importorskip("pygls")
    marks(project)
    surroundings = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-m", "convlint", "server"], cwd=project, env=surroundings,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as server:  # fmt: skip
        guard = threading.Timer(120, server.kill)  # then its stream ends, and nobody waits any longer
        guard.start()
        assert server.stdin is not None
        assert server.stdout is not None

        def send(method: str, parameters: object, number: int | None = None) -> None:
            message = {"jsonrpc": "2.0", "method": method, "params": parameters}
            data = json.dumps(message if number is None else message | {"id": number}).encode()
            server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
            server.stdin.flush()

        def wait_for(holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
            while True:
                size = 0
                while line := server.stdout.readline().strip():
                    name, _, value = line.partition(b":")
                    size = int(value) if name.lower() == b"content-length" else size
                assert size, "the server ended"
                message: dict[str, Any] = json.loads(server.stdout.read(size))
                if holds(message):
                    return message

        send("initialize", {"processId": None, "rootUri": project.as_uri(), "capabilities": {}}, 1)
        wait_for(lambda message: message.get("id") == 1)
        send("initialized", {})
        for name, language in (("model.py", "python"), ("helpers.py", "python")):
            document = {"uri": (project / name).as_uri(), "languageId": language, "version": 1}
            send("textDocument/didOpen", {"textDocument": document | {"text": (project / name).read_text()}})
        told = wait_for(lambda message: bool(message.get("params", {}).get("diagnostics")))
        # Another test may have repaired the stride meanwhile; that the model was never compiled stays.
        assert "CL513" in [one["code"] for one in told["params"]["diagnostics"]]
        model = {"uri": (project / "model.py").as_uri()}
        send("textDocument/hover", {"textDocument": model, "position": {"line": 9, "character": 4}}, 2)
        wait_for(lambda message: message.get("id") == 2)
        send("textDocument/codeAction", {"textDocument": model, "range": told["params"]["diagnostics"][0]["range"],
                                         "context": {"diagnostics": told["params"]["diagnostics"]}}, 3)  # fmt: skip
        wait_for(lambda message: message.get("id") == 3)
        send("shutdown", None, 4)
        wait_for(lambda message: message.get("id") == 4)
        send("exit", None)
        server.wait(timeout=30)
        guard.cancel()
    assert marks(project) == []


@pytest.mark.parametrize(
    "setting",
    ['plugins = ["evil_pack"]', 'rules = "evil_pack"', '"rule-packs" = ["evil_pack"]', 'extend = "evil_pack.py"'],
)
def test_configuration_names_no_code(project: Path, tmp_path: Path, setting: str) -> None:
    (tmp_path / "evil_pack.py").write_text((project / "evil_pack.py").read_text())
    (tmp_path / "model.py").write_text("import keras\n")
    (tmp_path / "pyproject.toml").write_text(f"[tool.convlint]\n{setting}\n")
    marks(project)
    done = run(tmp_path, "check", ".")
    assert marks(project) == []
    assert done.returncode == 2
    assert "pyproject.toml" in done.stderr or "evil_pack.py" in done.stderr
