"""``convlint diagnose`` as a user meets it: files, pipes, notebooks and commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

TRACE = """\
Traceback (most recent call last):
  File "gone.py", line 4, in <module>
    y = keras.layers.Conv2D(8, 3, stride=2)(x)
ValueError: Unrecognized keyword arguments passed to Conv2D: {'stride': 2}
"""
COLOURED = ["\x1b[0;31m---------------------------------------------------------------------------\x1b[0m",
            "\x1b[0;31mValueError\x1b[0m                                Traceback (most recent call last)",
            "Cell \x1b[0;32mIn[5], line 1\x1b[0m\n\x1b[0;32m----> 1\x1b[0m y \x1b[38;5;241m=\x1b[39m Conv2D(8)",
            "\x1b[0;31mValueError\x1b[0m: Unrecognized keyword arguments passed to Conv2D: {'stride': 2}"]  # fmt: skip


@pytest.fixture
def diagnose(tmp_path):
    def run(*words, text: str | bytes = b""):
        data = text.encode() if isinstance(text, str) else text
        environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
        done = subprocess.run(
            [sys.executable, "-m", "convlint", "diagnose", *words], cwd=tmp_path, input=data, capture_output=True,
            env=environment | {"KERAS_HOME": str(tmp_path), "PYTHONIOENCODING": "utf-8"}, check=False, timeout=120,
        )  # fmt: skip
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


@pytest.mark.parametrize("words", [(), ("-",), ("log.txt",)])
def test_a_text(diagnose, tmp_path, words):
    (tmp_path / "log.txt").write_text(TRACE)
    status, out, _ = diagnose(*words, text=TRACE)
    assert status == 1
    assert "gone.py:4: ValueError: Unrecognized keyword" in out
    assert "error CL605 torch-argument: `stride` is PyTorch's word" in out


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_encodings_of_windows(diagnose, encoding):
    assert "CL605" in diagnose(text=TRACE.replace("\n", "\r\n").encode(encoding))[1]


def test_a_text_without_an_error(diagnose):
    status, out, err = diagnose(text="Epoch 1/2\nloss: 0.1\n")
    assert (status, out) == (0, "")
    assert "no error in 2 lines" in err


def test_a_notebook(diagnose, tmp_path):
    output = {"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": COLOURED}
    printed = {"output_type": "stream", "name": "stdout", "text": ["Epoch 1/2\n"]}
    cells = [{"cell_type": "code", "outputs": [printed, output]}, {"cell_type": "markdown", "source": "x"}]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}))
    status, out, _ = diagnose("a.ipynb", "--output-format", "json")
    value = json.loads(out)
    assert (status, value["findings"][0]["code"], value["file"], value["line"]) == (1, "CL605", "Cell In[5]", 1)
    (tmp_path / "b.ipynb").write_text("[" * 100_000)
    status, out, err = diagnose("b.ipynb")
    assert (status, out) == (2, "")
    assert "b.ipynb: this is no notebook" in err


def test_a_command_that_fails(diagnose, tmp_path):
    """Its output is passed through, then its failure is explained."""
    (tmp_path / "train.py").write_text(f"import sys\nprint('epoch 1')\nsys.stderr.write({TRACE!r})\nsys.exit(3)\n")
    status, out, err = diagnose("--", sys.executable, "train.py")
    assert status == 1
    assert out.startswith("epoch 1\n")
    assert "CL605" in out
    assert TRACE in err
    assert "the command ended with status 3" in err
    status, out, err = diagnose("--output-format", "json", "--", sys.executable, "train.py")
    assert json.loads(out)["recognised"] is True
    assert "epoch 1" in err


def test_a_command_that_succeeds(diagnose):
    status, out, _ = diagnose("--", sys.executable, "-c", "print('-- well')")
    assert (status, out) == (0, "-- well\n")


def test_a_command_that_is_killed(diagnose):
    status, out, _ = diagnose("--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    assert status == 1
    assert "SIGKILL" in out and "memory" in out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("missing.log",), "missing.log: No such file"),
        ((".",), ".: Is a directory"),
        (("--", "no-such-program-here"), "no-such-program-here: No such file"),
        (("--",), "no command behind --"),
        (("a.log", "--", "true"), "not both"),
        (("a\0b",), "null byte"),
    ],
)
def test_what_can_not_be_done(diagnose, words, reason):
    if "\0" in words[0]:
        from convlint.logs import LogProblem, read

        with pytest.raises(LogProblem, match=reason):
            read(words[0])
        return
    status, out, err = diagnose(*words)
    assert (status, out) == (2, "")
    assert reason in err
