"""Repairs of arguments; each as a line before and after."""

from __future__ import annotations

import pytest

from convlint.analysis import Analyser
from convlint.repair import offers, repair
from convlint.rules.registry import load
from convlint.settings import FixMode, Settings

HEAD = "import keras\nfrom keras import layers\n"
SAFE, UNSAFE = FixMode.SAFE, FixMode.UNSAFE


def analysed(text: str):
    tool = Analyser(Settings(), load())
    return tool, tool.analyse("model.py", HEAD + text)


@pytest.mark.parametrize(
    ("mode", "before", "after"),
    [
        (SAFE, "layers.Dense(8, activation='rellu')", "layers.Dense(8, activation='relu')"),
        (SAFE, 'layers.Dense(8, "sigmiod")', 'layers.Dense(8, "sigmoid")'),
        (
            SAFE,
            "m = keras.Sequential([keras.Input((4,)), layers.Dense(2)])\nm.compile('adm', loss={'y': 'mse'})",
            "m = keras.Sequential([keras.Input((4,)), layers.Dense(2)])\nm.compile('adam', loss={'y': 'mse'})",
        ),
        (SAFE, "layers.Dense(64 / 2)  # half", "layers.Dense(64 // 2)  # half"),
        (SAFE, "for i in range(8 / 2):\n    pass", "for i in range(8 // 2):\n    pass"),
        (
            SAFE,
            "import numpy as np\nlayers.Dense(np.prod((28, 28)), activation='tanh')  # all pixels",
            "import numpy as np\nlayers.Dense(int(np.prod((28, 28))), activation='tanh')  # all pixels",
        ),
        (SAFE, "layers.Conv2D(8, (6/2, 3.0))", "layers.Conv2D(8, (6//2, 3))"),
        (SAFE, "layers.Reshape((6 / 2, 4))(keras.Input((12,)))", "layers.Reshape((6 // 2, 4))(keras.Input((12,)))"),
        (
            SAFE,
            "m = keras.Sequential([keras.Input((9, 9, 1)), layers.Conv2D(4, 3)])\n"
            "m.add(layers.Conv2D(4, 3, input_shape=(9, 9, 1), name='b'))",
            "m = keras.Sequential([keras.Input((9, 9, 1)), layers.Conv2D(4, 3)])\nm.add(layers.Conv2D(4, 3, name='b'))",
        ),
        (
            UNSAFE,
            "m = keras.Sequential([layers.Dense(4, name='d'), layers.Dense(2, name='d')])",
            "m = keras.Sequential([layers.Dense(4, name='d'), layers.Dense(2, name='d_2')])",
        ),
        (UNSAFE, "layers.Dense('relu', 10)", "layers.Dense(10, 'relu')"),
        (UNSAFE, "layers.Conv2D((3, 3), 32, padding='same')", "layers.Conv2D(32, (3, 3), padding='same')"),
    ],
)  # fmt: skip
def test_a_repair_changes_exactly_this(mode: FixMode, before: str, after: str) -> None:
    """The one finding is repaired, and the repaired program has none."""
    tool, analysis = analysed(before + "\n")
    assert len(analysis.judged) == 1
    result = repair(tool, analysis, mode).analysis
    assert result.text == HEAD + after + "\n"
    assert not result.judged


@pytest.mark.parametrize(
    "text",
    [
        "layers.Dense(8, activation='softmaxx_')",
        "for i in range(2):\n    layers.Dense(65 / 2)",
        "x = i = keras.Input((4,))\nfor _ in range(2):\n    x = layers.Dense(4, name='d')(x)\nm = keras.Model(i, x)",
    ],
)
def test_what_may_be_meant_otherwise_is_only_said(text: str) -> None:
    """Two letters apart, a broken number, one line for both layers: no edit."""
    tool, analysis = analysed(text + "\n")
    assert len(analysis.judged) == 1
    assert not any(fix.edits for fix in offers(tool, analysis, analysis.judged)[0])
