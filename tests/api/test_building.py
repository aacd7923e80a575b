"""What a real build says about static findings."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from convlint.analysis import Analyser, Judged
from convlint.api import check_paths
from convlint.building import Built, merge
from convlint.findings import Location, Observation
from convlint.problems import BatchInInputShapeSilent, BuildFailed, InputRankMismatch, PythonFlowOnSymbolic
from convlint.rules.registry import load
from convlint.runtime.reports import BuildReport, TracedCall
from convlint.settings import Settings
from convlint.shapes.dims import DYNAMIC

LINE = Location("m.py", 4, 5, 4, 20)
WHOLE_LINE = Location("m.py", 4, 1, 4, 30)
RANK = InputRankMismatch("Conv2D", "4", 3, (DYNAMIC, 28, 28))


@pytest.fixture(scope="module")
def analyser():
    return Analyser(Settings(), load())


def judged(analyser, problem, place, source="static"):
    return analyser.judge([Observation(problem, place, source)])[0]


def call(shape, *, ended, line=4):
    inputs = ({"id": 1, "shape": shape, "dtype": "float32"},)
    return TracedCall(0, None, 0, "conv", (), {}, "m.py", line, "f", True, False, "channels_last", inputs, ended=ended)


def merged(analyser, static: Judged, built: Built):
    return merge(analyser, [static], [static.finding], built)


def test_a_fault_met_again_is_confirmed_and_told_once(analyser):
    static = judged(analyser, RANK, LINE)
    built = Built((judged(analyser, RANK, WHOLE_LINE, "build"),))
    assert merged(analyser, static, built) == [replace(static.finding, confirmed=True)]


@pytest.mark.parametrize("problem", [BuildFailed("f", "some message"), PythonFlowOnSymbolic("x", "if")])
def test_a_line_raises_only_once_whatever_the_message(analyser, problem):
    static = judged(analyser, RANK, LINE)
    built = Built((judged(analyser, problem, WHOLE_LINE, "build"),))
    assert merged(analyser, static, built) == [replace(static.finding, confirmed=True)]


def test_data_that_does_not_fit_a_declared_batch_confirms_the_declaration(analyser):
    silent = BatchInInputShapeSilent("Dense", (1000, 8), (8,), 1000)
    static = judged(analyser, silent, LINE)
    fit = Location("m.py", 9, 1, 9, 20)
    met = BuildFailed("net", "ValueError: Expected shape (None, 1000, 8), but input has incompatible shape (None, 8)")
    assert merged(analyser, static, Built((judged(analyser, met, fit, "build"),))) == [
        replace(static.finding, confirmed=True)
    ]
    other = judged(analyser, BuildFailed("net", "ValueError: Expected shape (None, 1000, 9)"), fit, "build")
    assert merged(analyser, static, Built((other,))) == [static.finding, other.finding]


def test_what_only_the_build_met_is_added_in_order(analyser):
    static = judged(analyser, RANK, LINE)
    other = judged(analyser, RANK, Location("m.py", 2, 1, 2, 9), "build")
    assert merged(analyser, static, Built((other,))) == [other.finding, static.finding]
    assert other.finding.source == "build"


def test_a_claim_that_the_build_contradicts_is_withdrawn(analyser):
    static = judged(analyser, RANK, LINE)
    report = BuildReport("m.py", "m.py", "built", calls=(call([None, 28, 28], ended=True),))
    (finding,) = merged(analyser, static, Built((), (report,)))
    assert (finding.code, finding.location) == ("CL905", LINE)
    assert "CL103" in finding.message


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param((), id="the line never ran"),
        pytest.param((call([None, 28, 28], ended=False),), id="it did not come back"),
        pytest.param((call([None, 28, 28, 1], ended=True),), id="it ran on another shape"),
        pytest.param(
            (call([None, 28, 28], ended=True), call([None, 9, 9, 1], ended=True)), id="once so, once otherwise"
        ),
        pytest.param((call([None, 28, 28], ended=True, line=9),), id="another line"),
    ],
)
def test_a_claim_stands_unless_the_very_call_went_well(analyser, calls):
    static = judged(analyser, RANK, LINE)
    report = BuildReport("m.py", "m.py", "built", calls=calls)
    assert merged(analyser, static, Built((), (report,))) == [static.finding]


def test_a_check_with_the_installed_keras(keras, tmp_path, monkeypatch):
    """One static fault confirmed, one that only a build can see, one program that leaves early."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text("import keras\nx = keras.Input((28, 28))\ny = keras.layers.Conv2D(8, 3)(x)\n")
    (tmp_path / "b.py").write_text(
        "import keras\nimport importlib\nsize = getattr(importlib.import_module('math'), 'floor')(2.5)\n"
        "def build():\n    x = keras.Input((28, 28, 1))\n"
        "    return keras.Model(x, keras.layers.Conv2D(8, 30 - size)(x))\n"
        "def broken():\n    x = keras.Input((28, 28, 1))\n"
        "    return keras.Model(x, keras.layers.Conv2D(8, 31 - size)(x))\n"
    )
    (tmp_path / "c.py").write_text("import keras, sys\nsys.exit(3)\n")
    run = check_paths(["."], Settings(build=True))
    found = [(one.location.file, one.location.line, one.code, one.source, one.confirmed) for one in run.findings]
    assert found == [("a.py", 3, "CL103", "static", True), ("b.py", 9, "CL106", "build", None)]
    assert run.notes == ("c.py: the program called sys.exit(3)",)
    assert run.exit_code == 1


def test_a_fix_that_the_build_refutes_is_not_offered(keras, tmp_path, monkeypatch):
    """The static analysis can't follow the made-up fix, so only a build can tell that it repairs nothing."""
    from convlint import fixes
    from convlint.findings import Edit, Fix

    monkeypatch.chdir(tmp_path)
    (tmp_path / "helper.py").write_text("import keras\nlayer = keras.layers.Conv2D(8, 3)\n")
    (tmp_path / "a.py").write_text(
        "import keras\nfrom helper import layer\nx = keras.Input((28, 28))\ny = keras.layers.Conv2D(8, 3)(x)\n"
    )

    def propose(observation):
        place = observation.location
        inside = Location(place.file, place.line, place.end_column - 2, place.line, place.end_column - 1)
        return tuple(
            Fix("unsafe", content, (Edit(inside, content),))
            for content in ("eval('x')", "keras.ops.expand_dims(eval('x'), -1)")
        )

    monkeypatch.setattr(fixes, "propose", propose)
    static = check_paths(["a.py"], Settings())
    built = check_paths(["a.py"], Settings(build=True))
    assert [[fix.description for fix in one.fixes] for one in static.findings] == [
        ["eval('x')", "keras.ops.expand_dims(eval('x'), -1)"]
    ]
    assert [[fix.description for fix in one.fixes] for one in built.findings] == [
        ["keras.ops.expand_dims(eval('x'), -1)"]
    ]


def test_a_second_fault_in_the_line_does_not_refute_the_fix_of_the_first(keras, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text(
        "import keras\nx = keras.Input((28, 28))\ny = keras.layers.Conv2D(8, 3, stride=2)(x)\n"
    )
    run = check_paths(["a.py"], Settings(build=True))
    assert [(one.code, one.confirmed, len(one.fixes)) for one in run.findings] == [
        ("CL605", True, 1),
        ("CL103", None, 0),
    ]


def test_a_program_that_trains_is_checked_without_training(keras, tmp_path, monkeypatch):
    """One warning, told where the model is compiled, though the dry run meets it where the model trains."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text(
        "import keras\n"
        "from keras import layers\n"
        "def build():\n    return keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)])\n"
        "(x, y), _ = keras.datasets.mnist.load_data()\nmodel = build()\n"
        'model.compile("adam", "sparse_categorical_crossentropy")\nmodel.fit(x, y, epochs=100_000)\n'
    )
    run = check_paths(["a.py"], Settings(build=True, time_limit=30))
    assert [(one.code, one.location.line, one.source, one.confirmed) for one in run.findings] == [
        ("CL508", 7, "static", True)
    ]


def notebook(*cells):
    code = [{"cell_type": "code", "source": text, "metadata": {}, "outputs": []} for text in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": code})


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_notebook_is_run_dry(keras, tmp_path, monkeypatch, jobs):
    """A static fault is confirmed, and one that only a build can see stands at its cell and line."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sizes.py").write_text("import importlib\nsize = importlib.import_module('math').floor(2.5)\n")
    (tmp_path / "a.ipynb").write_text(
        notebook(
            "%matplotlib inline\n!pip install keras\nimport keras\nfrom keras import layers\nfrom sizes import size",
            "get_ipython().run_line_magic('matplotlib', 'inline')\nx = keras.Input((28, 28, 1))\ndisplay(x)",
            "try:\n    layers.Conv2D(8, 3)(keras.Input((28, 28)))\nexcept ValueError:\n    pass",
            "def build():\n    y = keras.Input((9, 9, 1))\n    return keras.Model(y, layers.Conv2D(8, 14 - size)(y))",
        )
    )
    (tmp_path / "b.ipynb").write_text(
        notebook("import keras", "files = !ls", "keras.Sequential([keras.layers.Dense(len(files[0]))])")
    )
    (tmp_path / "c.ipynb").write_text(
        notebook("import keras", "# here\nkeras.layers.Conv2D(8, 3)(keras.Input((28, 28)))")
    )
    run = check_paths(["."], Settings(build=True, jobs=jobs))
    found = [
        (one.location.file, one.location.cell, one.location.line, one.code, one.source, one.confirmed)
        for one in run.findings
    ]
    assert found == [("a.ipynb", 4, 3, "CL106", "build", None), ("c.ipynb", 2, 2, "CL103", "static", True)]
    assert run.notes == ("b.ipynb: the value of a line that only IPython understands",)
