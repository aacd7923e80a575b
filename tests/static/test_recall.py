"""Remembered calls give what the same calls give when they are performed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convlint.findings import Location
from convlint.rules.registry import load
from convlint.shapes.shape import show_shape
from convlint.static import analysis
from convlint.static.analysis import StaticSettings, analyse_source
from convlint.static.recall import Recall

HEAD = """\
import keras
import numpy as np
from keras import backend as K

SIZE = 3
SIZES = [1, 2]
TABLE = {"a": 1}

class Box:
    def __init__(self):
        self.size = 4
        self.held = []

    def grow(self, by=1):
        self.size += by
        return self.size

    def hold(self, item):
        self.held.append(item)
        return len(self.held)

    def ask(self):
        return self.size

BOX = Box()

def size():
    return SIZE

def length(items):
    return len(items)

def add(items):
    items.append(1)
    return len(items)

def pair(n):
    return [n, n]

def table():
    return dict(TABLE)

def rank():
    return 4 if K.image_data_format() == "channels_last" else 5

def asked(box):
    return box.ask()

def through(function):
    return function()

def columns():
    total = 0
    for i in range(len(open("file").read())):
        total += i
    return total

def dense(x, units):
    return keras.layers.Dense(units)(x)

"""


def told(text: str, *, remembering: bool) -> tuple[list[tuple[Location, str]], list[tuple[Location, str, str]]]:
    """What the analysis says of a program, with or without remembering calls."""
    with pytest.MonkeyPatch.context() as patch:
        if not remembering:
            patch.setattr(Recall, "ask", lambda *_: None)
        result = analyse_source(text, "program.py", StaticSettings())
    tensors = [(one.location, one.text, show_shape(one.shape)) for one in result.tensors]
    return [(one.location, str(one.problem)) for one in result.observations], tensors


def known_last(body: str) -> str:
    """The shape of ``last`` in a function that nobody calls."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    text = f"{HEAD}def tried(unknown):\n{lines}"
    assert told(text, remembering=True) == told(text, remembering=False)
    return next(shape for _, name, shape in told(text, remembering=True)[1] if name == "last")


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ("global SIZE\nsize()\nSIZE = 5\nlast = keras.Input((size(),))", "(None, 5)"),
        ("xs = [1]\nlength(xs)\nxs.append(2)\nlast = keras.Input((length(xs),))", "(None, 2)"),
        ("xs = []\nadd(xs)\nys = []\nadd(ys)\nlast = keras.Input((len(xs) + len(ys),))", "(None, 2)"),
        ("add(SIZES)\nlast = keras.Input((add(SIZES),))", "(None, 4)"),
        ("xs = pair(2)\nxs.append(1)\nlast = keras.Input((len(pair(2)),))", "(None, 2)"),
        ("t = table()\nt['b'] = 2\nlast = keras.Input((len(table()),))", "(None, 1)"),
        ("TABLE['b'] = 2\nt = table()\nTABLE['c'] = 3\nlast = keras.Input((len(table()),))", "(None, 3)"),
        ("rank()\nK.set_image_data_format('channels_first')\nlast = keras.Input((rank(),))", "(None, 5)"),
        ("asked(BOX)\nBOX.grow()\nlast = keras.Input((asked(BOX),))", "(None, 5)"),
        ("BOX.grow()\nlast = keras.Input((BOX.grow(),))", "(None, 6)"),
        ("box = Box()\nasked(box)\nbox.grow()\nlast = keras.Input((asked(box),))", "(None, 5)"),
        ("box = Box()\nbox.hold(1)\nlast = keras.Input((box.hold(1),))", "(None, 2)"),
        ("n = 1\nf = lambda: n\nthrough(f)\nn = 2\nlast = keras.Input((through(f),))", "(None, 2)"),
        ("def f():\n    return n\nn = 1\nf()\nn = 2\nlast = keras.Input((f(),))", "(None, 2)"),
        ("n = []\nfor i in range(3):\n    n.append(through(lambda: i + 1))\nlast = keras.Input((n[2],))", "(None, 3)"),
        ("if unknown:\n    TABLE['b'] = 2\n    table()\nlast = keras.Input((len(SIZES),))", "(None, 2)"),
    ],
)  # fmt: skip
def test_what_changed_between_two_calls_is_seen(body, shape):
    assert known_last(body) == shape


def test_numbers_that_are_not_known_stay_two_numbers():
    body = "a = keras.Input((columns(),))\nb = keras.Input((columns() + 1,))\nlast = keras.layers.Add()([a, b])"
    text = f"{HEAD}def tried(unknown):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    assert told(text, remembering=True) == told(text, remembering=False)


def test_layers_are_counted_as_if_they_were_made_each_time():
    text = f"""{HEAD}
def helper(unknown):
    keras.layers.Dense(2)
    return 1

def tried(unknown):
    helper(unknown), helper(unknown)
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Dense(5)(keras.layers.Dense(4)(x)))
    last = model.get_layer("dense_2").output
"""
    assert [shape for _, name, shape in told(text, remembering=True)[1] if name == "last"] == ["(None, 5)"]


def test_a_fault_behind_a_remembered_call_is_found():
    text = f"{HEAD}def tried(unknown):\n    dense(unknown, 2)\n    dense(unknown, 2)\n    dense(keras.Input(()), 2)\n"
    assert told(text, remembering=True) == told(text, remembering=False) != ([], [])


_STATEMENTS = [
    "global SIZE; SIZE = {n}", "xs.append({n})", "ys = xs", "xs = pair({n})", "add(xs)", "add(ys)", "add(SIZES)",
    "TABLE['b'] = {n}", "t = table(); t['x'] = {n}", "BOX.grow()", "box.grow({n})", "box = Box()", "BOX.hold(xs)",
    "box = BOX", "K.set_image_data_format('channels_first')", "K.set_image_data_format('channels_last')",
    "f = lambda: n", "n = {n}", "BOX.held.append(ys)", "xs = BOX.held",
]  # fmt: skip
_SIZES = [
    "size()", "length(xs)", "length(ys)", "length(SIZES)", "add(xs)", "len(table())", "rank()", "asked(box)",
    "asked(BOX)", "through(f)", "through(size)", "box.ask()", "BOX.hold(1)", "len(BOX.held)", "length(pair(n))",
]  # fmt: skip


@st.composite
def _blocks(draw, depth=0):
    lines = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.integers(0, 9))
        if kind < 4 or depth == 2:
            lines.append(draw(st.sampled_from(_STATEMENTS)).format(n=draw(st.integers(1, 3))))
        elif kind < 8:
            lines.append(f"v{draw(st.integers(0, 9))} = keras.Input(({draw(st.sampled_from(_SIZES))}, 7))")
        else:
            lines.append(draw(st.sampled_from(["if unknown:", "for i in range(2):", "while unknown:"])))
            lines += [f"    {line}" for line in draw(_blocks(depth + 1))]
    return lines


@given(_blocks(), _blocks())
@settings(max_examples=100, deadline=None)
def test_remembering_changes_nothing(first, second):
    start = ["global SIZE", "n = 1", "xs = []", "ys = []", "box = Box()", "f = lambda: n"]
    text = HEAD
    for name, block in (("first", first), ("second", second)):
        lines = [line.replace("global SIZE; ", "") for line in block]
        text += f"def {name}(unknown):\n" + "".join(f"    {line}\n" for line in (*start, *lines))
    assert told(text, remembering=True) == told(text, remembering=False)


EXAMPLES = [pytest.param(page, id=page.code) for page in load().pages if page.examples]


@pytest.mark.parametrize("page", EXAMPLES)
def test_remembering_changes_nothing_in_the_examples_of_the_rules(page):
    for example in page.examples:
        assert told(example.code, remembering=True) == told(example.code, remembering=False)


@pytest.mark.parametrize("file", sorted(Path(__file__).parents[2].glob("examples/**/*.py")), ids=lambda file: file.stem)
def test_remembering_changes_nothing_in_the_examples(file):
    text = file.read_text(encoding="utf-8")
    assert told(text, remembering=True) == told(text, remembering=False)


def test_calls_of_calls_cost_once():
    """Each function calls the one before twice: performed, that would be 2 ** 18 calls."""
    functions = [f"def f{n}(x):\n    f{n - 1}(x)\n    return f{n - 1}(x)\n" for n in range(1, 19)]
    text = "import keras\ndef f0(x):\n    return x\n" + "".join(functions)
    assert analysis.analyse_source(text, "program.py", StaticSettings()).steps < 5_000
