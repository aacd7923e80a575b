"""The plugin for pytest and the extension for IPython, each in its own host."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRONG = "import keras\nx = keras.layers.Conv2D(8, 3, stride=2)(keras.Input((28, 28, 1)))\n"


def run_pytest(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "convlint.pytest_plugin", *words]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "HOME": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "model.py").write_text(WRONG)
    (tmp_path / "fine.py").write_text(WRONG.replace("stride", "strides"))
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert True\n")
    return tmp_path


def test_pytest_checks_files_when_it_is_asked_to(project):
    done = run_pytest(project, "--convlint")
    assert done.returncode == 1
    assert "1 failed, 3 passed" in done.stdout
    assert "model.py:2:" in done.stdout
    assert "stride=2" in done.stdout
    assert "Traceback" not in done.stdout
    assert run_pytest(project, "--convlint", "-m", "convlint", "fine.py").returncode == 0


def test_pytest_without_the_option_is_left_alone(project):
    done = run_pytest(project)
    assert done.returncode == 0
    assert "1 passed" in done.stdout
    code = "import convlint.pytest_plugin, sys; assert not {'libcst', 'rich', 'yaml'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_pytest_goes_by_the_configuration(project):
    (project / "convlint.toml").write_text('ignore = ["CL6"]\nper-file-ignores = {"model.py" = ["ALL"]}\n')
    assert run_pytest(project, "--convlint").returncode == 0


@pytest.fixture
def shell():
    testing = pytest.importorskip("IPython.core.interactiveshell", reason="IPython is not installed")
    shell = testing.InteractiveShell.instance()
    shell.run_line_magic("load_ext", "convlint")
    yield shell
    shell.run_line_magic("unload_ext", "convlint")
    testing.InteractiveShell.clear_instance()


RAISES = (
    'raise ValueError(\'Input 0 of layer "conv2d" is incompatible with the layer: expected axis -1 of input shape to '
    "have value 8, but received input with shape (None, 28, 28, 1)')"
)


def test_ipython_explains_exceptions(shell, capsys):
    shell.run_cell(RAISES)
    told = capsys.readouterr().out
    assert "CL1" in told
    shell.run_line_magic("convlint", "off")
    shell.run_cell(RAISES)
    assert "CL1" not in capsys.readouterr().out
    shell.run_cell("1 / 0")
    assert "CL" not in capsys.readouterr().out
    shell.run_line_magic("convlint", "on")
    shell.run_cell(RAISES)
    assert shell.run_line_magic("convlint", "").recognised


def test_ipython_checks_a_cell_with_those_before_it(shell, capsys):
    shell.run_cell("class keras: pass\n", store_history=True)
    shell.run_cell("size = (28, 28, 1)", store_history=True)
    shell.run_cell("if 0:\n    import keras", store_history=True)
    cell = "%%convlint\nran = 1\nif 0:\n    keras.layers.Conv2D(8, 3, stride=2)(keras.Input(size))\n"
    shell.run_cell(cell, store_history=True)
    assert shell.user_ns["ran"] == 1


def test_a_cell_is_checked_as_the_last_one_of_a_session():
    from convlint.ipython import check_cell

    found = check_cell(["import keras\nsize = (28, 28, 1)", "%matplotlib inline"], WRONG.split("\n", 1)[1])
    assert [(one.location.cell, one.location.line) for one in found] == [(3, 1)]
    assert "stride=2" in str(found)
    assert check_cell([WRONG], "y = 1").ok


def test_ipython_says_what_is_wrong_with_the_configuration(shell, capsys, tmp_path, monkeypatch):
    (tmp_path / "convlint.toml").write_text("keras = 9\n")
    monkeypatch.chdir(tmp_path)
    shell.run_cell(RAISES)
    said = "convlint: convlint.toml:1: `keras` wants 2 or 3, not 9\n"
    assert said in capsys.readouterr().out
    shell.run_cell("%%convlint\nran = 2\n", store_history=True)
    assert capsys.readouterr().out == said
    assert shell.user_ns["ran"] == 2
