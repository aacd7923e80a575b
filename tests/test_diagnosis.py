"""From a text to causes: what is proved, what is only possible, and what is not known."""

from __future__ import annotations

import io
import json

import pytest

from convlint import logs
from convlint.api import diagnose
from convlint.report import View
from convlint.report.diagnosis import write_json, write_text
from convlint.traceback.reading import read_log

BROKEN = """\
import keras

x = keras.Input((28, 28))
y = keras.layers.Conv2D(8, 3)(x)
"""


def explain(text: str):
    return diagnose(read_log(text.splitlines()))


def raised(
    message: str, exception: str = "ValueError", file: str = "gone.py", line: int = 4, source: str = "f(x)"
) -> str:
    frame = f'  File "{file}", line {line}, in <module>\n    {source}\n'
    return f"Traceback (most recent call last):\n{frame}{exception}: {message}\n"


@pytest.mark.parametrize(
    ("message", "code", "told"),
    [
        pytest.param(
            "Dimensions must be equal, but are 3 and 7 for 'Conv2D' (op: 'Conv2D') with input shapes: "
            "[1,64,64,3], [64,3,7,7].",
            "CL204",
            "kernel (64, 3, 7, 7)",
            id="PyTorch's kernel, proved by the shapes",
        ),
        pytest.param(
            "Dimensions must be equal, but are 3 and 5 for 'Conv2D' (op: 'Conv2D') with input shapes: "
            "[1,64,64,3], [7,7,5,8].",
            "CL101",
            "an input with 3 channels",
            id="another number of channels",
        ),
        pytest.param(
            "Computed output size would be negative. Received `inputs shape=(None, 5, 5, 3)`, "
            "`kernel shape=(7, 7, 3, 8)`, `dilation_rate=[1 1]`.",
            "CL106",
            "covers 7 along axis 1",
            id="a window too large",
        ),
        pytest.param(
            "Unrecognized keyword arguments passed to Conv2D: {'stride': (8, 8)}",
            "CL605",
            "`stride`",
            id="PyTorch's word",
        ),
    ],
)
def test_what_the_text_proves(message, code, told):
    (error,) = explain(raised(message)).errors
    assert error.certain
    (finding,) = error.findings
    assert finding.code == code
    assert told in finding.message
    assert (finding.location.file, finding.location.line) == ("gone.py", 4)
    assert finding.source == "traceback"


def test_the_way_to_the_line_is_told_once():
    """A message that lists the user's own line again, as TensorFlow's graphs do, adds no second step."""
    frame = '  File "net.py", line 9, in build\n    y = f(x)\n'
    text = raised("Unrecognized keyword arguments passed to Conv2D: {'stride': 2}").replace(
        "ValueError", f"{frame}ValueError", 1
    )
    text = text.rstrip("\n") + f"\n\nDetected at node 'x' defined at (most recent call last):\n{frame}{frame}"
    (error,) = explain(text).errors
    (finding,) = error.findings
    assert (finding.location.file, finding.location.line) == ("net.py", 9)
    assert [(step.location.line, step.text) for step in finding.evidence] == [(4, "in <module>")]


def test_what_the_text_leaves_open():
    """`1 vs 8` fits two faults: both are told, none as proved, with what would decide."""
    message = "input depth must be evenly divisible by filter depth: 1 vs 8 [Op:Conv2D]"
    (error,) = explain(raised(message, "InvalidArgumentError")).errors
    assert not error.certain
    assert {one.code for one in error.findings} == {"CL101", "CL204"}
    assert "1" in error.findings[0].message and "8" in error.findings[0].message
    assert error.advice


def test_a_shape_with_two_readings():
    """The text does not say whether an earlier layer decided the layout."""
    message = (
        "Negative dimension size caused by subtracting 5 from 1 for 'conv2d_1/convolution' (op: 'Conv2D') with "
        "input shapes: [?,1,28,28], [5,5,28,32]."
    )
    (error,) = explain(raised(message)).errors
    assert not error.certain
    assert [one.code for one in error.findings] == ["CL201", "CL106"]
    assert "(None, 1, 28, 28)" in error.findings[0].message


def test_data_may_be_at_fault_where_a_layer_refuses_it():
    message = 'Input 0 of layer "conv2d" is incompatible with the layer: expected min_ndim=4, found ndim=3.'
    (error,) = explain(raised(message, source="model.fit(x, y)")).errors
    assert not error.certain
    (error,) = explain(raised(message, source="y = conv(x)")).errors
    assert error.certain


def test_what_nobody_knows_is_not_recognised():
    (error,) = explain(raised("zebra", "KeyError")).errors
    assert not error.recognised
    assert "gone.py, line 4" in error.advice


def test_a_wrapped_message_names_the_layer():
    text = raised(
        "Exception encountered when calling Conv2D.call().\n\n"
        "\x1b[1mNegative dimension size caused by subtracting 3 from 2 for 'x'\x1b[0m\n\n"
        "Arguments received by Conv2D.call():\n  • inputs=tf.Tensor(shape=(None, 2, 2, 3), dtype=float32)"
    )
    (error,) = explain(text).errors
    assert error.core.startswith("Negative dimension size")
    assert "(None, 2, 2, 3)" in error.findings[0].message
    assert "window 3" in error.findings[0].message


def test_the_source_is_analysed_again(tmp_path, monkeypatch):
    """Where the file is there, the finding tells the path of the shape."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(BROKEN)
    message = 'Input 0 of layer "conv2d" is incompatible with the layer: expected min_ndim=4, found ndim=3.'
    found = explain(raised(message, file="net.py", source="y = keras.layers.Conv2D(8, 3)(x)"))
    (error,) = found.errors
    assert error.certain
    (finding,) = error.findings
    assert (finding.code, finding.location.line) == ("CL103", 4)
    assert any(step.location.line == 3 for step in finding.evidence)
    assert found.sources["net.py"] == BROKEN


@pytest.mark.parametrize(("line", "code"), [("out = layers.add([y, z])", "CL107"), ("out = changed(y, z)", None)])
def test_the_cell_of_a_notebook_is_analysed_again(tmp_path, monkeypatch, line, code):
    """A cell that has other text by now is not believed; then the text alone decides."""
    monkeypatch.chdir(tmp_path)
    message = "Inputs have incompatible shapes. Received shapes (26, 26, 8) and (26, 26, 4)"
    shown = [
        "ValueError                                Traceback (most recent call last)",
        "Cell In[2], line 4\n      2 y = layers.Conv2D(8, 3)(x)\n      3 z = layers.Dense(4)(y)\n"
        "----> 4 out = layers.add([y, z])\n",
        f"ValueError: {message}",
    ]
    failed = {"output_type": "error", "ename": "ValueError", "evalue": message, "traceback": shown}
    second = f"x = keras.Input((28, 28, 1))\ny = layers.Conv2D(8, 3)(x)\nz = layers.Dense(4)(y)\n{line}\n"
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "A model"},
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": "import keras\nfrom keras import layers\n"},
        {"cell_type": "code", "metadata": {}, "outputs": [failed], "source": second},
    ]
    (tmp_path / "net.ipynb").write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
    )
    (error,) = diagnose(logs.read("net.ipynb"), name="net.ipynb").errors
    (finding,) = error.findings
    assert finding.code == "CL107"
    if code:
        assert (finding.location.cell, finding.location.line) == (3, 4)
        assert {(step.location.cell, step.location.line) for step in finding.evidence} == {(3, 1), (3, 2), (3, 3)}
    else:
        assert finding.location.cell == 0


def test_a_source_that_changed_since_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(BROKEN)
    (error,) = explain(raised("zebra", file="net.py", source="another(line)")).errors
    assert not error.recognised


def test_a_message_without_its_exception():
    (error,) = explain("number of input channels does not match corresponding dimension of filter, 1 != 8").errors
    assert error.recognised
    assert explain("The keras documentation says nothing about that.\n").errors == ()


def test_the_last_error_comes_first():
    text = raised("zebra", "KeyError") + "\n" + raised("Unrecognized keyword arguments passed to Dense: {'foo': 1}")
    assert [error.raised.exception for error in explain(text).errors] == ["ValueError", "KeyError"]


def test_the_cause_may_be_further_up_the_chain():
    first = raised("Unrecognized keyword arguments passed to Conv2D: {'stride': 2}")
    text = (
        f"{first}\nDuring handling of the above exception, another exception occurred:\n\n{raised('zebra', 'OSError')}"
    )
    (error,) = explain(text).errors
    assert error.raised.exception == "OSError"
    assert error.findings[0].code == "CL605"


def test_json():
    out = io.StringIO()
    write_json(explain(raised("Unrecognized keyword arguments passed to Conv2D: {'stride': (8, 8)}")), out, View())
    value = json.loads(out.getvalue())
    assert (value["recognised"], value["exception"], value["findings"][0]["code"]) == (True, "ValueError", "CL605")
    assert (value["file"], value["line"]) == ("gone.py", 4)
    assert value["errors"][0]["findings"] == value["findings"]
    out = io.StringIO()
    write_json(explain("all is well"), out, View())
    assert json.loads(out.getvalue()) == {"recognised": False, "exception": None, "findings": [], "errors": []}


def test_text():
    out = io.StringIO()
    write_text(explain(raised("input depth must be evenly divisible by filter depth: 1 vs 8")), out, View())
    printed = out.getvalue()
    assert printed.startswith("gone.py:4: ValueError: input depth must be")
    assert "     4 | f(x)" in printed
    assert "  1. CL" in printed and "  2. CL" in printed
    assert "  what would decide: " in printed
