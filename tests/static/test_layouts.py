"""Which layer wrote which layout, and who reads it otherwise."""

from __future__ import annotations

import pytest

from tests.static.following import problems

FIRST = "x = layers.Conv2D(16, 3, padding='same', data_format='channels_first')(keras.Input((3, 32, 32)))\n"
LAST = "x = layers.Conv2D(16, 3, padding='same')(keras.Input((32, 32, 3)))\n"
SEQUENCE = "x = layers.Conv1D(8, 3)(keras.Input((9, 4)))\n"


@pytest.mark.parametrize(
    ("program", "found"),
    [
        pytest.param(FIRST + "y = layers.MaxPooling2D(2)(layers.ReLU()(x))", "2:MixedDataFormatSilent", id="pool"),
        pytest.param(FIRST + "y = layers.Resizing(8, 8)(x)", "2:MixedDataFormatSilent", id="resizing"),
        pytest.param(FIRST + "y = layers.MaxPooling2D(40)(x)", "2:MixedDataFormat", id="too large as well"),
        pytest.param(LAST + "y = layers.GroupNormalization(8, axis=1)(x)", "2:ChannelAxisMismatchSilent", id="groups"),
        pytest.param(
            FIRST
            + "y = layers.MaxPooling2D(2)(x)\nz = layers.Conv2D(4, 3)(y)\nw = layers.BatchNormalization(axis=1)(y)",
            "2:MixedDataFormatSilent",
            id="told once",
        ),
        pytest.param(
            "m = keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(8, 3)])\n"
            "m.add(layers.BatchNormalization(axis=1))\nm.add(layers.Activation('relu'))",
            "2:ChannelAxisMismatchSilent",
            id="sequential",
        ),
    ],
)
def test_found(program: str, found: str) -> None:
    assert problems(program) == [found]


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(FIRST + "y = layers.MaxPooling2D(2)(keras.ops.transpose(x, (0, 2, 3, 1)))", id="transposed"),
        pytest.param(FIRST + "y = layers.MaxPooling2D(2)(layers.Reshape((16, 32, 32))(x))", id="reshaped"),
        pytest.param(
            FIRST + "y = layers.Lambda(lambda t: tf.transpose(t, (0, 2, 3, 1)))(x)\nz = layers.MaxPooling2D(2)(y)",
            id="transposed in a function",
        ),
        pytest.param(FIRST + "def f(g):\n    return layers.MaxPooling2D(2)(g(x))", id="through anything"),
        pytest.param(FIRST + "def f(d):\n    return layers.MaxPooling2D(2, data_format=d)(x)", id="unknown format"),
        pytest.param(FIRST + "def f(a):\n    return layers.BatchNormalization(axis=a)(x)", id="unknown axis"),
        pytest.param(FIRST + "y = layers.Dense(8)(x)", id="a dense layer along the width may be meant"),
        pytest.param(FIRST + "y = layers.LayerNormalization()(x)", id="each pixel row by itself may be meant"),
        pytest.param(LAST + "y = layers.BatchNormalization(axis=2)(x)", id="a statistic per column may be meant"),
        pytest.param(LAST + "y = layers.BatchNormalization(axis=3)(x)", id="the channels by their number"),
        pytest.param(LAST + "y = layers.PReLU(shared_axes=[1, 2])(x)", id="shared over the image"),
        pytest.param(SEQUENCE + "y = layers.MaxPooling1D(2, data_format='channels_first')(x)", id="over the features"),
        pytest.param(SEQUENCE + "y = layers.BatchNormalization(axis=1)(x)", id="a statistic for each step"),
        pytest.param(
            "x = layers.ConvLSTM2D(8, 3, return_sequences=True)(keras.Input((4, 9, 9, 3)))\ny = layers.Conv3D(4, 3)(x)",
            id="frames",
        ),
        pytest.param(
            "axis = 1 if keras.backend.image_data_format() == 'channels_first' else 3\n"
            + LAST
            + "y = layers.BatchNormalization(axis=axis)(x)",
            id="axis by the default layout",
        ),
    ],
)  # fmt: skip
def test_silent(program: str) -> None:
    assert problems(program) == []
