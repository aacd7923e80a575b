"""Repairs of layers that read another layout than the one in front of them; each as a line before and after."""

from __future__ import annotations

import pytest

from convlint.analysis import Analyser
from convlint.repair import repair
from convlint.rules.registry import load
from convlint.settings import FixMode, Settings

PROGRAM = """\
from keras import Input, layers
x = layers.Conv2D(8, 3, padding='same', data_format='channels_first')(Input((3, 16, 16)))
{}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("y = layers.MaxPooling2D(2)(x)", 'y = layers.MaxPooling2D(2, data_format="channels_first")(x)'),
        (
            "y = layers.MaxPooling2D(2, data_format='channels_last')(x)  # half",
            'y = layers.MaxPooling2D(2, data_format="channels_first")(x)  # half',
        ),
        (
            "pool = layers.MaxPooling2D(2)\ny = pool(x)",
            'pool = layers.MaxPooling2D(2, data_format="channels_first")\ny = pool(x)',
        ),
        ("y = layers.BatchNormalization()(x)", "y = layers.BatchNormalization(axis=1)(x)"),
        ("y = layers.BatchNormalization(-1)(x)", "y = layers.BatchNormalization(1)(x)"),
        ("y = layers.GroupNormalization(4)(x)", "y = layers.GroupNormalization(4, axis=1)(x)"),
        ("y = layers.PReLU(shared_axes=[1, 2])(x)", "y = layers.PReLU(shared_axes=[2, 3])(x)"),
        ("y = layers.SpatialDropout2D(0.1)(x)", 'y = layers.SpatialDropout2D(0.1, data_format="channels_first")(x)'),
        ("y = layers.Concatenate()([x, x])", "y = layers.Concatenate(axis=1)([x, x])"),
        ("y = layers.concatenate([x, x])", "y = layers.concatenate([x, x], axis=1)"),
        ("y = layers.Softmax()(x)", "y = layers.Softmax(axis=1)(x)"),
    ],
)
def test_the_layer_follows_the_layout(before: str, after: str) -> None:
    """The one finding is repaired, and the repaired program has none."""
    tool = Analyser(Settings(), load())
    analysis = tool.analyse("model.py", PROGRAM.format(before))
    assert len(analysis.judged) == 1
    result = repair(tool, analysis, FixMode.UNSAFE).analysis
    assert result.text == PROGRAM.format(after)
    assert not result.judged
