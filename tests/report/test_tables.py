from __future__ import annotations

import io
import json
from xml.etree import ElementTree

from convlint.api import Inspection, Shapes
from convlint.findings import Location
from convlint.report import View, comparison, model, shapes
from convlint.runtime.reports import BuildReport, Comparison
from convlint.shapes.dims import DYNAMIC, UNKNOWN, symbol
from convlint.static.reading import KnownTensor
from convlint.summary import LayerRow

REPORT = BuildReport(
    "vgg.py:build",
    "vgg.py",
    "built",
    model="vgg16",
    params=1792,
    layers=(
        LayerRow("in", "InputLayer", (), ((None, 224, 224, 3),), 0, None, None, "", 0),
        LayerRow("conv", "Conv2D", ((None, 224, 224, 3),), ((None, 224, 224, 64),), 1792, "channels_last",
                 (3, 3, 3, 64), "vgg.py", 9),
    ),
)  # fmt: skip


def written(write, *values, width=None):
    out = io.StringIO()
    write(*values, out, View(width=width))
    return out.getvalue()


def test_layers_side_by_side():
    assert (
        written(model.write_text, Inspection(REPORT))
        == """\
vgg16 (channels_last)
layer  class       input                output                params  layout         kernel         line
in     InputLayer                       (None, 224, 224, 3)        0
conv   Conv2D      (None, 224, 224, 3)  (None, 224, 224, 64)   1,792  channels_last  (3, 3, 3, 64)  vgg.py:9
1,792 weights
"""
    )


def test_layers_in_a_narrow_terminal():
    assert (
        written(model.write_text, Inspection(REPORT), width=40)
        == """\
vgg16 (channels_last)
in
  class: InputLayer
  output: (None, 224, 224, 3)
  params: 0
conv
  class: Conv2D
  input: (None, 224, 224, 3)
  output: (None, 224, 224, 64)
  params: 1,792
  layout: channels_last
  kernel: (3, 3, 3, 64)
  line: vgg.py:9
1,792 weights
"""
    )


def test_layers_as_json():
    value = json.loads(written(model.write_json, Inspection(REPORT)))
    assert value["model"] == "vgg16"
    assert value["params"] == 1792
    assert value["findings"] == []
    assert value["layers"][1] == {
        "name": "conv", "class": "Conv2D", "input_shapes": [[None, 224, 224, 3]],
        "output_shapes": [[None, 224, 224, 64]], "params": 1792, "data_format": "channels_last",
        "kernel_shape": [3, 3, 3, 64], "file": "vgg.py", "line": 9,
    }  # fmt: skip


ROUNDING = Comparison(
    "rounding", ((1, 64, 64, 1),) * 2, ("float64", "float32"), 6e-05, 8e-07, None, "precision", ((3, 3, 1, 1), None)
)


def test_a_comparison():
    assert (
        written(comparison.write_text, ROUNDING, ("a.py:f", "b.py:g"))
        == """\
        output          dtype    kernel
a.py:f  (1, 64, 64, 1)  float64  (3, 3, 1, 1)
b.py:g  (1, 64, 64, 1)  float32
the same function up to rounding: largest difference 6e-05, 8e-07 of the largest value; \
they compute with different precision (float64 and float32)
"""
    )


def test_a_comparison_as_json():
    value = json.loads(written(comparison.write_json, ROUNDING, ("a.py:f", "b.py:g")))
    assert value["verdict"] == "rounding"
    assert value["shapes"] == [[1, 64, 64, 1], [1, 64, 64, 1]]
    assert (value["max_abs"], value["max_rel"], value["first_difference"], value["cause"]) == (
        6e-05,
        8e-07,
        None,
        "precision",
    )
    assert value["kernel_shapes"] == [[3, 3, 1, 1], None]


TENSORS = (
    KnownTensor(Location("m.py", 2, 1, 2, 2), "x", (DYNAMIC, 28, symbol("n"), UNKNOWN), "float32", "channels_last"),
    KnownTensor(Location("m.py", 3, 1, 3, 2), "y", UNKNOWN, UNKNOWN, None),
)
SHAPES = Shapes("m.py", "import keras\nx = f()\ny = g(x)\n\n", TENSORS)


def test_shapes_beside_the_source():
    assert (
        written(shapes.write_text, [SHAPES])
        == """\
1 | import keras
2 | x = f()    x: (None, 28, n, ?) float32 channels_last
3 | y = g(x)   y: ?
"""
    )


def test_shapes_as_json():
    first, second = json.loads(written(shapes.write_json, [SHAPES]))
    assert first == {
        "file": "m.py", "line": 2, "column": 1, "end_line": 2, "end_column": 2, "text": "x",
        "shape": [None, 28, "n", "?"], "dtype": "float32", "layout": "channels_last",
    }  # fmt: skip
    assert (second["shape"], second["dtype"]) == ("?", None)


def test_shapes_of_layers_without_names_and_of_loops():
    """What has a line for itself needs no name; in a loop the first and the last shape are shown."""
    text = "for f in (1, 2):\n    x = Conv(f)(x)\nmodel = Sequential([\n    Dense(5),\n    A(), B(),\n])\n"
    several = ((DYNAMIC, 1), (DYNAMIC, 3), (DYNAMIC, 2))
    tensors = (
        KnownTensor(Location("m.py", 2, 5, 2, 6), "x", (DYNAMIC, UNKNOWN), UNKNOWN, None, several),
        KnownTensor(Location("m.py", 4, 5, 4, 13), "Dense(5)", (DYNAMIC, 5), "float32", None),
        KnownTensor(Location("m.py", 5, 5, 5, 8), "A()", (DYNAMIC, 6), UNKNOWN, "channels_first"),
        KnownTensor(Location("m.py", 5, 10, 5, 13), "B()", (DYNAMIC, 7), UNKNOWN, None),
    )
    assert (
        written(shapes.write_text, [Shapes("m.py", text, tensors)])
        == """\
1 | for f in (1, 2):
2 |     x = Conv(f)(x)   x: (None, 1) … (None, 2)
3 | model = Sequential([
4 |     Dense(5),        (None, 5) float32
5 |     A(), B(),        A(): (None, 6) channels_first
  |                      B(): (None, 7)
6 | ])
"""
    )
    value = json.loads(written(shapes.write_json, [Shapes("m.py", text, tensors)]))
    assert value[0]["shapes"] == [[None, 1], [None, 3], [None, 2]]
    assert "shapes" not in value[1]


def test_shapes_of_several_files_and_of_cells():
    one = KnownTensor(Location("b.ipynb", 1, 1, 1, 2, 3), "x", (DYNAMIC,), UNKNOWN, None)
    book = Shapes("b.ipynb", "", (one,), (), ((1, "import keras"), (3, "x = f()")))
    assert (
        written(shapes.write_text, [SHAPES, book], width=60).partition("\n\n")[2]
        == """\
b.ipynb:cell 1
1 | import keras

b.ipynb:cell 3
1 | x = f()   x: (None,)
"""
    )
    assert json.loads(written(shapes.write_json, [book]))[0]["cell"] == 3


EVIL = 'x = "</td><script>alert(1)</script>&\x1b[31m 漢字 😀"\n'


def test_shapes_as_a_page():
    tensors = (KnownTensor(Location("<m>.py", 1, 1, 1, 2), "x", (DYNAMIC, 1), "float32", "channels_first"),)
    page = written(shapes.write_html, [Shapes("<m>.py", EVIL, tensors)])
    assert page.isascii()
    assert "<script" not in page
    assert "\x1b" not in page
    assert '<span class="note channels_first">x: (None, 1) float32 channels_first</span>' in page
    assert "<title>Shapes in &lt;m&gt;.py</title>" in page


def test_shapes_as_a_picture():
    """Whatever the font, text takes the columns that a terminal gives it: two for a wide character."""
    tensors = (KnownTensor(Location("m.py", 1, 1, 1, 2), "x", (DYNAMIC, 1), "float32", "channels_first"),)
    text = written(shapes.write_svg, [Shapes("<m>.py", EVIL, tensors)])
    assert text.isascii()
    picture = ElementTree.fromstring(text)
    number, line, note = picture.iter("{http://www.w3.org/2000/svg}text")
    assert (number.text, note.text) == ("1", "x: (None, 1) float32 channels_first")
    assert line.text == EVIL.rstrip().replace("\x1b", "\\x1b")
    assert float(line.get("textLength")) == shapes.CELL * (len(line.text) + 3)
    assert float(note.get("x")) >= float(line.get("x")) + float(line.get("textLength")) + shapes.CELL * shapes.GAP
    assert float(picture.get("width")) > float(note.get("x")) + float(note.get("textLength"))
