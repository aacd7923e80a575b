from __future__ import annotations

from functools import partial

import pytest

from convlint.api import check_paths, shapes_of
from convlint.rules.registry import UnknownRule
from convlint.settings import FixMode, ImageDataFormat, Settings
from convlint.static.analysis import StaticSettings

BROKEN = "import keras\nx = keras.Input((28, 28, 1))\ny = keras.layers.Conv2D(8, 3, stride=2)(x)\n"
SILENT = 'import keras\ny = keras.layers.Conv2D(10, 8, padding="same")(keras.Input((1, 32, 32)))\n'


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_says_everything_a_caller_may_print(here):
    (here / "model.py").write_text(BROKEN)
    (here / "torch_only.py").write_text("import torch\n")
    run = check_paths(["model.py", "torch_only.py", "nowhere.py"])
    assert [finding.code for finding in run.findings] == ["CL605"]
    assert (run.files_checked, run.exit_code) == (2, 2)
    assert run.errors == ("nowhere.py: no such file or folder",)
    assert run.sources == {"model.py": BROKEN}


def test_progress_is_told_before_each_file(here):
    (here / "a.py").write_text("x = 1\n")
    (here / "b.py").write_text("x = 1\n")
    told = []
    check_paths(["."], progress=lambda *news: told.append(news))
    assert told == [(0, 2, "a.py"), (1, 2, "b.py")]


def test_the_layout_of_the_run_decides(here):
    (here / "model.py").write_text(SILENT)
    first = Settings(image_data_format=ImageDataFormat("channels_first", "--image-data-format", is_default=False))
    run = check_paths(["model.py"], first)
    assert run.findings == ()
    assert run.notes == ("image_data_format is taken to be channels_first (--image-data-format)",)


def test_a_layout_that_did_not_matter_is_not_mentioned(here):
    (here / "model.py").write_text(BROKEN)
    assert check_paths(["model.py"]).notes == ()


def test_a_module_that_two_programs_import_is_judged_once(here):
    (here / "net.py").write_text("import keras\ndef net(x):\n    return keras.layers.Conv2D(8, 3, stride=2)(x)\n")
    for name in ("one.py", "two.py"):
        (here / name).write_text("import keras\nfrom net import net\ny = net(keras.Input((9, 9, 1)))\n")
    run = check_paths(["."])
    assert [(one.location.file, one.code, len(one.fixes)) for one in run.findings] == [("net.py", "CL605", 1)]


def test_a_change_tells_before_after_and_what_it_repaired(here):
    (here / "model.py").write_text(BROKEN)
    (change,) = check_paths(["model.py"], Settings(fix=FixMode.SAFE)).changes
    assert (change.before, change.after) == (BROKEN, BROKEN.replace("stride=", "strides="))
    assert [finding.code for finding in change.repaired] == ["CL605"]
    assert change.written
    assert (here / "model.py").read_text() == change.after


def test_pending_changes_fail_the_run(here):
    (here / "model.py").write_text(BROKEN)
    run = check_paths(["model.py"], Settings(fix=FixMode.SAFE, diff=True))
    assert (run.findings, run.exit_code) == ((), 1)
    assert (here / "model.py").read_text() == BROKEN


def test_an_unknown_rule_is_an_error_with_the_nearest(here):
    with pytest.raises(UnknownRule) as caught:
        check_paths([], Settings(select=("CL1O1",)))
    assert caught.value.suggestion == "CL101"


def test_shapes_of_a_file(here):
    (here / "model.py").write_text(BROKEN)
    shapes = shapes_of("model.py")
    assert [(tensor.text, str(tensor.shape)) for tensor in shapes.tensors] == [
        ("x", "(None, 28, 28, 1)"),
        ("y", "(None, 13, 13, 8)"),
    ]
    assert [finding.code for finding in shapes.findings] == ["CL605"]


def test_what_is_not_analysed_to_its_end_is_counted(here, monkeypatch):
    """CL906 is off by default, and the file is counted all the same."""
    monkeypatch.setattr("convlint.analysis.StaticSettings", partial(StaticSettings, step_budget=500))
    (here / "long.py").write_text("import keras\nx = [[i * j for i in range(100)] for j in range(100)]\n")
    quiet = check_paths(["long.py"])
    assert (quiet.findings, quiet.unfinished) == ((), 1)
    found = check_paths(["long.py"], Settings(select=("CL906",))).findings
    assert [(one.code, one.location.line) for one in found] == [("CL906", 2)]


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        pytest.param(Settings(), ["CL900", "CL908"], id="by default"),
        pytest.param(Settings(select=("CL1",)), ["CL900", "CL908"], id="others are selected"),
        pytest.param(Settings(ignore=("CL900",)), ["CL908"], id="one is ignored by name"),
        pytest.param(Settings(ignore=("CL9",)), [], id="all are ignored"),
    ],
)
def test_what_was_not_read_is_told_unless_it_is_ignored_and_counted_in_any_case(here, settings, codes):
    (here / "broken.py").write_text("import keras\nx = (\n")
    (here / "latin.py").write_bytes(b"import keras\n\xff\n")
    run = check_paths(["."], settings)
    assert [finding.code for finding in run.findings] == codes
    assert run.unread == ("broken.py", "latin.py")
    assert run.exit_code == (1 if codes else 0)
