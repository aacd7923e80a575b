"""What scripts, tests and notebooks call: ``convlint.check``, ``inspect``, ``diagnose``, ``compare``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import convlint
from convlint.settings import SettingsError

ROOT = Path(__file__).parents[2]
WRONG = """\
import keras
x = keras.layers.Conv2D(8, 3, stride=2)(keras.Input((28, 28, 1)))
"""
BUILDER = """\
import keras

def build(classes=10):
    x = inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3)(x)
    return keras.Model(inputs, keras.layers.Dense(classes)(keras.layers.Flatten()(x)), name="small")

def broken():
    return keras.layers.Conv2D(4, 9)(keras.Input((8, 8, 3)))
"""


def test_the_package_is_light_until_something_is_used():
    code = "import convlint, sys; dir(convlint); assert 'convlint.python_api' not in sys.modules; convlint.check"
    subprocess.run([sys.executable, "-c", f"{code}; assert 'convlint.python_api' in sys.modules"], check=True, cwd=ROOT)


def test_every_public_name_is_there():
    assert set(convlint.__all__) <= set(dir(convlint))
    for name in convlint.__all__:
        assert getattr(convlint, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        _ = convlint.chekc


def test_check_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(WRONG)
    result = convlint.check("model.py")
    assert not result.ok
    assert [one.code for one in result] == [result[0].code]
    assert repr(result) == "<CheckResult: 1 finding in 1 file>"
    assert "model.py:2:" in str(result)
    assert "stride=2" in str(result)
    assert result.as_json()[0]["line"] == 2
    assert convlint.check("model.py", ignore=[result[0].code]).ok
    assert str(convlint.check("model.py", ignore=result[0].code)) == "nothing found\n"
    Path("pyproject.toml").write_text(f'[tool.convlint]\nignore = ["{result[0].code}"]\n')
    assert convlint.check(tmp_path).ok
    assert len(convlint.check("model.py", isolated=True)) == 1
    assert convlint.check("modle.py").errors == ("modle.py: no such file or folder; did you mean model.py?",)


def test_check_a_text():
    result = convlint.check(source=WRONG)
    (found,) = result
    assert (found.location.file, found.location.line) == ("<source>", 2)
    assert "stride=2" in str(result)
    assert convlint.check(source="print(1)").ok
    assert convlint.check(source="import keras\nx = (").findings[0].code == "CL900"


def test_results_in_a_notebook_are_escaped():
    result = convlint.check(source=WRONG.replace("stride=2", 'stride=2, name="<script>"'))
    page = result._repr_html_()
    assert page.startswith("<pre")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "color: #" in page


@pytest.mark.parametrize("call", [convlint.check, lambda: convlint.check("a.py", source="")])
def test_check_wants_paths_or_a_text(call):
    with pytest.raises(TypeError, match="takes paths, or source="):
        call()


def test_options_that_do_not_exist_are_told():
    with pytest.raises(SettingsError, match="CL999"):
        convlint.check(source=WRONG, select=["CL999"])


def test_inspect_static(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(BUILDER)
    result = convlint.inspect("model.py:build", static=True, args={"classes": 3})
    assert result.ok
    assert [layer.class_name for layer in result] == ["InputLayer", "Conv2D", "Flatten", "Dense"]
    assert (result.name, result.params) == ("small", 112 + 144 * 3 + 3)
    assert repr(result) == "<InspectResult: small, 4 layers>"
    assert result.as_json()["layers"][-1]["output_shapes"] == [[None, 3]]
    failed = convlint.inspect("model.py:broken", static=True)
    assert not failed.ok
    assert [one.code for one in failed.findings] == ["CL105"] or failed.findings
    missing = convlint.inspect("model.py:biuld", static=True)
    assert (missing.status, bool(missing)) == ("no-such-builder", False)
    assert "did you mean build?" in str(missing)


TRACEBACK = """\
Traceback (most recent call last):
  File "train.py", line 3, in <module>
    conv(x)
ValueError: Input 0 of layer "conv2d" is incompatible with the layer: expected axis -1 of input shape to have \
value 8, but received input with shape (None, 28, 28, 1)
"""


def test_diagnose_a_text():
    result = convlint.diagnose(TRACEBACK)
    assert result.recognised
    assert result.findings[0].code in str(result)
    assert repr(result).startswith("<DiagnoseResult: 1 error, CL1")
    assert result.as_json()["recognised"] is True
    nothing = convlint.diagnose("all is well")
    assert not nothing
    assert str(nothing) == "no error in the text\n"


def test_diagnose_an_exception():
    try:
        raise ValueError(TRACEBACK.splitlines()[-1].removeprefix("ValueError: "))
    except ValueError as error:
        result = convlint.diagnose(error)
    assert result.recognised
    with pytest.raises(TypeError, match="a text or an exception, not int"):
        convlint.diagnose(3)  # type: ignore[arg-type]


def test_targets_that_no_other_process_finds():
    with pytest.raises(TypeError, match="is in no file"):
        convlint.compare(lambda x: x, "a.py:f")
    with pytest.raises(TypeError, match="a target, a builder or a model, not int"):
        convlint.inspect(3)


# --- with Keras ----------------------------------------------------------------------------------


def test_inspect_builds_and_compares_functions_of_files(tmp_path, monkeypatch):
    """A function of a file is built by another process, which needs no import of Keras here."""
    monkeypatch.chdir(tmp_path)
    # The module itself imports Keras only when it builds.
    text = BUILDER.replace("import keras\n", "", 1).replace("():\n", "():\n    import keras\n")
    Path("small_model.py").write_text(text.replace("(classes=10):\n", "(classes=10):\n    import keras\n"))
    monkeypatch.syspath_prepend(str(tmp_path))
    import small_model

    from convlint.testing import assert_builds

    result = assert_builds(small_model.build, args={"classes": 3}, output=(None, 3))
    assert result.params == 112 + 144 * 3 + 3
    with pytest.raises(AssertionError, match=r"gives \(None, 10\), not \(None, 5\)"):
        assert_builds(small_model.build, output=(None, 5))
    with pytest.raises(AssertionError, match="CL1"):
        assert_builds(small_model.broken)
    same = convlint.compare(small_model.build, "small_model.py:build")
    assert same
    assert repr(same).startswith(("<CompareResult: equal", "<CompareResult: rounding"))


HERE = """
import convlint, keras
from convlint.testing import assert_builds
x = inputs = keras.Input((8, 8, 3))
model = keras.Model(inputs, keras.layers.Conv2D(4, 3, name="c")(x), name="live")
result = convlint.inspect(model)
print(result)
assert result.params == 112 and result.layers[1].kernel_shape == (3, 3, 3, 4), result.layers
assert result.layers[1].output_shapes == ((None, 6, 6, 4),)
layer = convlint.inspect(keras.layers.Dense(5), input=(7,))
assert layer.layers[-1].output_shapes == ((None, 5),) and layer.params == 40
made = convlint.inspect(lambda n=2: keras.Sequential([keras.Input((3,)), keras.layers.Dense(n)]), args={"n": 4})
assert made.params == 16
failed = convlint.inspect(lambda: keras.layers.Conv2D(4, 9)(keras.Input((8, 8, 3))))
assert not failed and failed.status == "raised" and failed.findings, failed
try:
    assert_builds(lambda: 3)
except AssertionError as error:
    assert "no model and no layer" in str(error)
else:
    raise SystemExit(1)
"""


def test_inspect_objects_of_this_program():
    done = subprocess.run([sys.executable, "-c", HERE], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "live (channels_last)" in done.stdout
