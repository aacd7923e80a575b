"""Asking, watching, the standard input, completion: what a user does at a terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.cli.test_commands import BROKEN, REPAIRED, SILENT, convlint, here, work

__all__ = ["convlint", "here", "work"]

pty = pytest.importorskip("pty")


def piped(folder, text, *words):
    return subprocess.run(
        [sys.executable, "-m", "convlint", *words], cwd=folder, input=text, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip


# --- standard input ------------------------------------------------------------------------------


def test_the_standard_input_is_checked_under_its_name(work):
    (work / "convlint.toml").write_text('[per-file-ignores]\n"old/*" = ["CL605"]\n')
    (work / "helper.py").write_text("def size():\n    return 3\n")
    done = piped(work, BROKEN, "check", "-", "--output-format", "concise")
    assert done.returncode == 1
    assert done.stdout.startswith("-:3:5: error CL605")
    done = piped(work, BROKEN, "check", "-", "--stdin-filename", "new/model.py", "--output-format", "json")
    assert [one["file"] for one in json.loads(done.stdout)] == ["new/model.py"]
    assert piped(work, BROKEN, "check", "-", "--stdin-filename", "old/model.py").returncode == 0
    assert piped(work, "x = (\n", "check", "-").returncode == 0  # nothing of Keras in it
    assert "CL900" in piped(work, "import keras\nx = (\n", "check", "-").stdout
    assert piped(work, BROKEN, "check", "-", "model.py").stderr == (
        "convlint: - is the standard input, and stands alone\n"
    )


def test_the_standard_input_is_repaired_to_the_standard_output(work):
    done = piped(work, BROKEN + SILENT, "check", "-", "--fix")
    assert (done.returncode, done.stdout) == (1, REPAIRED + SILENT)
    assert "CL201" in done.stderr
    assert "1 finding repaired" in done.stderr
    assert piped(work, REPAIRED, "check", "-", "--fix").stdout == REPAIRED
    done = piped(work, BROKEN, "check", "-", "--diff", "--stdin-filename", "model.py")
    assert done.stdout.startswith("--- a/model.py\n+++ b/model.py\n")
    assert os.listdir(work) == []


# --- asking --------------------------------------------------------------------------------------


class Terminal:
    """A command in a terminal, with answers typed when its question stands there."""

    def __init__(self, folder, *words):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "convlint", *words], cwd=folder, stdin=slave, stdout=slave, stderr=slave,
            env=os.environ | {"TERM": "dumb"},
        )  # fmt: skip
        os.close(slave)
        self.shown = ""

    def until(self, text):
        while text not in self.shown:
            try:
                data = os.read(self.master, 65536).decode()
            except OSError:
                return
            if not data:
                return
            self.shown += data.replace("\r\n", "\n")

    def answer(self, *answers):
        for text in answers:
            self.until("[y/n/a/q/?] ")
            self.shown = ""
            os.write(self.master, f"{text}\n".encode())
        self.until("\0")
        os.close(self.master)
        return self.process.wait(timeout=60)


TWO = BROKEN + "z = keras.layers.Conv2D(4, 3, stride=2)(x)\nprint(y, z)\n"


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        (["y", "y"], TWO.replace("stride=", "strides=")),
        (["?", "n", "y"], TWO.replace("4, 3, stride=", "4, 3, strides=")),
        (["y", "n"], TWO.replace("8, 3, stride=", "8, 3, strides=")),
        (["a"], TWO.replace("stride=", "strides=")),
        (["q"], TWO),
    ],
)
def test_each_repair_is_asked_for(work, answers, text):
    (work / "model.py").write_text(TWO)
    terminal = Terminal(work, "check", "--fix", "--ask")
    terminal.until("[y/n/a/q/?] ")
    assert "-y = keras.layers.Conv2D(8, 3, stride=2)(x)" in terminal.shown
    assert "+y = keras.layers.Conv2D(8, 3, strides=2)(x)" in terminal.shown
    terminal.answer(*answers)
    assert (work / "model.py").read_text() == text


def test_unsafe_repairs_are_asked_for_and_say_so(work):
    (work / "model.py").write_text(SILENT)
    terminal = Terminal(work, "check", "--ask")
    terminal.until("[y/n/a/q/?] ")
    assert "(changes what the program does)" in terminal.shown
    assert terminal.answer("y") == 0


def test_nobody_is_asked_in_a_pipe(work):
    (work / "model.py").write_text(BROKEN)
    done = piped(work, "y\n", "check", "--fix", "--ask")
    assert done.returncode == 2
    assert done.stderr.startswith("convlint: --ask: there is no terminal to ask in")
    assert (work / "model.py").read_text() == BROKEN


# --- watching ------------------------------------------------------------------------------------


def heed_interrupts():
    """A shell lets what it runs in the background ignore Ctrl-C, and that is inherited."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_watching_checks_again_when_a_file_changes(work):
    pytest.importorskip("watchfiles")
    (work / "model.py").write_text(REPAIRED)
    process = subprocess.Popen(
        [sys.executable, "-m", "convlint", "check", "--watch", "--output-format", "concise"],
        cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509  # no thread runs here
    )  # fmt: skip
    assert process.stderr is not None
    told = []
    try:
        for text in (BROKEN, REPAIRED, None):
            for line in process.stderr:
                told.append(line)
                if line.startswith("waiting"):
                    break
            if text is not None:
                time.sleep(1.0)  # the first look of the watcher is not announced
                (work / "model.py").write_text(text)
        time.sleep(1.0)  # as above: only a watcher that looks is interrupted
        process.send_signal(signal.SIGINT)
        out, rest = process.communicate(timeout=60)
    finally:
        process.kill()
    assert [line for line in told if " in 1 file" in line] == [
        "nothing found in 1 file\n",
        "1 error in 1 file\n",
        "nothing found in 1 file\n",
    ]
    assert "Traceback" not in rest
    assert out.startswith("model.py:3:5: error CL605")
    assert process.returncode == 0


def test_watching_without_its_package_is_one_sentence(work):
    (work / "model.py").write_text(BROKEN)
    code = (
        "import sys; sys.modules['watchfiles'] = None; sys.argv = ['convlint', 'check', '--watch']\n"
        "from convlint.cli.app import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=work, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        2, "convlint: --watch needs the package watchfiles: pip install 'convlint[watch]'\n",
    )  # fmt: skip


# --- completion ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("convlint che", {"check"}),
        ("convlint check --extend-s", {"--extend-select"}),
        ("convlint check --output-format js", {"json", "jsonl"}),
        ("convlint check --profile ", {"strict", "port", "ci"}),
        ("convlint check --select CL90", {"CL900", "CL901", "CL902", "CL903"}),
    ],
)
def test_completion(convlint, words, expected):
    done = convlint(
        _CONVLINT_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1)
    )  # fmt: skip
    found = {line.strip() for line in done.stdout.split()}
    assert expected <= found
    assert all(word.startswith(words.split(" ")[-1]) for word in found)


def test_completion_is_shown_for_a_shell(convlint):
    done = convlint("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert done.returncode == 0
    assert "_CONVLINT_COMPLETE=complete_bash" in done.stdout
