"""In a real terminal: width, colours, progress."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

pty = pytest.importorskip("pty")

BROKEN = """import keras
x = keras.Input((28, 28, 1))
y = keras.layers.Conv2D(8, 3, stride=2)(x)
"""


def in_terminal(folder, columns, code, *words):
    """What a terminal of so many columns shows of a run; ``code`` runs first."""
    import fcntl
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    patience = (
        "import convlint.cli.progress as progress\nprogress.PATIENCE = 3600"  # a slow machine shows no bar either
    )
    script = f"import sys\nsys.argv[0] = 'convlint'\n{patience}\n{code}\nfrom convlint.cli.app import main\nmain()"
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    process = subprocess.Popen(
        [sys.executable, "-c", script, *words],
        cwd=folder, stdin=slave, stdout=slave, stderr=slave, env=environment | {"TERM": "xterm"},
    )  # fmt: skip
    os.close(slave)
    shown = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(master)
    return process.wait(timeout=60), shown.decode().replace("\r\n", "\n")


@pytest.fixture
def work(tmp_path):
    (tmp_path / "model.py").write_text(BROKEN)
    return tmp_path


def test_a_narrow_terminal_gets_colours_and_no_line_too_long(work):
    status, shown = in_terminal(work, 40, "", "check", "--output-format", "text")
    report = shown.partition("\n1 error in")[0]
    assert status == 1
    assert "\x1b[1;31merror" in report
    lines = re.sub(r"\x1b\[[0-9;]*m", "", report).splitlines()
    assert lines[0] == "model.py:3:5: error CL605"
    assert max(map(len, lines)) <= 40


def test_a_terminal_that_can_not_show_colours_gets_none(work):
    _, shown = in_terminal(work, 80, "import os; os.environ['TERM'] = 'dumb'", "check")
    assert "\x1b" not in shown


def test_a_rule_page_is_rendered(work):
    status, shown = in_terminal(work, 60, "", "rule", "CL101")
    assert status == 0
    assert "## " not in shown


def test_a_run_that_takes_long_shows_progress(work):
    (work / "other.py").write_text("import keras\n")
    patience = "from convlint.cli import progress; progress.PATIENCE = {}"
    _, slow = in_terminal(work, 80, patience.format("0.0"), "check")
    _, quick = in_terminal(work, 80, patience.format("1000.0"), "check")
    assert "0/2" in slow
    assert "0/2" not in quick


def test_a_pipe_never_sees_progress(work):
    code = (
        "import sys; sys.argv = ['convlint', 'check']\n"
        "from convlint.cli import progress; progress.PATIENCE = 0.0\n"
        "from convlint.cli.app import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=work, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "1 error in 1 file; repairable: 1 with --fix"
    assert "\x1b" not in done.stderr
    assert "0/1" not in done.stderr


def test_a_difference_sends_no_commands_to_the_terminal(work):
    with (work / "model.py").open("a") as stream:
        stream.write("z = 1  # \x1b[31mred\n")
    _, shown = in_terminal(work, 80, "", "check", "--diff")
    assert "\x1b" not in shown
    assert "\\x1b[31mred" in shown
