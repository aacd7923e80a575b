"""What keeps convlint fast, in counts that no noise can move."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import libcst
import pytest

from benchmarks import scaling
from convlint.api import check_paths
from convlint.settings import Settings
from convlint.static import values
from convlint.static.analysis import StaticSettings, analyse_source
from convlint.static.builtins import MAX_ITEMS
from convlint.static.values import External, Scope

ROOT = Path(__file__).parents[2]
SOUND = "import keras\nx = keras.Input((28, 28, 1))\ny = keras.layers.Conv2D(8, 3)(x)\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def parsed(monkeypatch):
    texts: list[str] = []
    real = libcst.parse_module

    def parse_module(text, *more):
        texts.append(text)
        return real(text, *more)

    monkeypatch.setattr(libcst, "parse_module", parse_module)
    monkeypatch.setattr("convlint.static.source._kept", type("Kept", (dict,), {"move_to_end": lambda *_: None})())
    return texts


def test_a_file_is_parsed_once_however_many_import_it(here, parsed):
    (here / "net.py").write_text(SOUND)
    for name in ("a.py", "b.py", "z.py"):
        (here / name).write_text(f"from net import y\n{SOUND}# {name}\n")
    assert check_paths(["."]).findings == ()
    assert sorted(parsed) == sorted(file.read_text() for file in here.glob("*.py"))


def test_a_file_without_findings_needs_no_positions(here, monkeypatch):
    """Positions take another 0.27 of a parse."""

    def refuse(*_):
        raise AssertionError("positions were computed")

    monkeypatch.setattr("convlint.static.source._OffsetState", refuse)
    (here / "a.py").write_text(SOUND)
    assert check_paths(["a.py"], Settings()).findings == ()


def test_files_about_other_things_are_neither_parsed_nor_decoded(here, parsed):
    (here / "a.py").write_text("import torch\n")
    assert check_paths(["."]).files_checked == 1
    assert parsed == []


def test_no_metadata_and_no_matchers(here):
    """``libcst.matchers`` takes longer to import than libcst; a metadata provider costs two parses and more."""
    (here / "a.py").write_text(SOUND.replace("8, 3", "8, 3, stride=2"))
    script = (
        "import sys; sys.argv = ['convlint', 'check', 'a.py', '--no-cache', '--output-format', 'json']\n"
        "import libcst.metadata as metadata\n"
        "def refuse(*_): raise SystemExit('a provider was asked')\n"
        "metadata.MetadataWrapper.__init__ = refuse\n"
        "from convlint.cli.app import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n"
        "    print(end.code, 'libcst.matchers' in sys.modules, file=sys.stderr)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert done.stderr.splitlines()[-1] == "1 False", done.stderr


def test_a_clean_file_loads_nothing_that_only_findings_need(here):
    """Start-up is most of what a small file costs."""
    (here / "a.py").write_text(SOUND)
    script = (
        "import sys\n"
        "sys.argv = ['convlint', 'check', 'a.py', '--isolated', '--no-cache']\n"
        "from convlint.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    print(end.code, *sys.modules, sep='\\n')\n"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    environment |= {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    code, *modules = done.stdout.split()
    assert code == "0"
    heavy = {"rich", "yaml", "packaging", "tomllib", "tempfile", "secrets", "email", "zipfile", "multiprocessing"}
    heavy |= {"importlib.metadata", "importlib.resources", "libcst.matchers", "convlint.building"}
    assert heavy & set(modules) == set()


def test_functions_that_no_program_calls_are_not_parsed(here, parsed):
    """A program runs few of the functions of what it imports."""
    body = "".join(f"    x = layers.Conv2D({n}, 3)(x)\n" for n in range(1, 200))
    (here / "net.py").write_text(f"from keras import layers\n\ndef unused(x):\n{body}    return x\n")
    (here / "a.py").write_text("import net\n")
    assert check_paths(["a.py"]).findings == ()
    assert len("".join(parsed)) < 200


def _steps(text: str) -> int:
    return analyse_source(text, "a.py", StaticSettings()).steps


def test_loops_inside_loops_cost_their_depth():
    """Each loop of unknown length is tried before it is run; a try inside a try must not multiply."""

    def nested(depth: int) -> str:
        heads = "".join(f"{'    ' * n}for a{n} in given():\n" for n in range(depth))
        return f"import keras\n{heads}{'    ' * depth}x = keras.layers.Dense(3)\n"

    steps = {depth: _steps(nested(depth)) for depth in (3, 6, 12)}
    assert steps[12] - steps[6] < 3 * (steps[6] - steps[3])


def test_a_loop_that_may_end_at_any_round_is_not_unrolled():
    body = "    trial = oracle.create()\n    if trial.status == 'stopped':\n        break\n    trial.run()\n"
    assert _steps(f"import keras\nfrom somewhere import oracle\nwhile True:\n{body}") < 200


@pytest.mark.parametrize("kind", scaling.BY_LINES)
def test_steps_grow_with_the_lines(kind):
    """``python -m benchmarks.scaling`` measures the time; the steps tell the same without noise."""
    few, many = (_steps(scaling.BY_LINES[kind](lines)) / lines for lines in (200, 2_000))
    # A text that grows is copied on each line, until it is longer than the longest that is made.
    assert many <= 1.1 * few + (MAX_ITEMS >> 13 if kind == "text" else 1)


@pytest.mark.parametrize("kind", scaling.BY_LAYERS)
def test_steps_grow_with_the_layers(kind):
    few, many = (
        analyse_source(scaling.BY_LAYERS[kind](layers), "a.py", StaticSettings(patience=10)).steps / layers
        for layers in (100, 1_000)
    )
    assert many <= 1.2 * few + 1


def test_a_long_file_is_analysed_to_its_end():
    """Fifty thousand lines that each make and call a layer: the budget grows with the text, and is enough."""
    few = scaling.flat(500)
    need = analyse_source(few, "a.py", StaticSettings()).steps / len(few)
    long = "x" * 50_000 * (len(few) // 500)
    assert 1.5 * need * len(long) < StaticSettings().steps_for(long)


def test_a_text_that_no_memory_holds_is_not_parsed(parsed):
    """It is said that the file was not analysed."""
    result = analyse_source("import keras\n" + "x = 1\n" * 1_000_000, "a.py", StaticSettings())
    assert [type(one.problem).__name__ for one in result.observations] == ["AnalysisIncomplete"]
    assert result.unfinished == ("6,000,013 characters are more than the 5,000,000 that are parsed",)
    assert parsed == []


def test_names_are_looked_up_afresh_in_files_of_any_usual_size():
    """What a repair calls a library's module by may have changed on the line before."""
    scope = Scope({f"x{n}": n for n in range(values.MANY_NAMES - 2)})
    assert scope.external_names() == {}
    scope.variables["k"] = External("keras")
    assert scope.external_names() == {"k": "keras"}
    scope.variables["k"] = External("tensorflow.keras")
    assert scope.external_names() == {"k": "tensorflow.keras"}
