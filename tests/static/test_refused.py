"""What Keras or TensorFlow refuse by rules of their own, and the nearest programs that they take."""

from __future__ import annotations

import pytest

from tests.static.following import problems

TENSORS = "k = tf.keras.backend\nx = keras.Input((4, 4, 3))\n"


@pytest.mark.parametrize(
    ("program", "found"),
    [
        (TENSORS + "n = tf.shape(x)[0]", "3:TfFunctionOnKerasTensor"),
        (TENSORS + "n = k.shape(x)[1]", "3:TfFunctionOnKerasTensor"),
        ("keras.config.set_image_data_format('th')", "1:DataFormatSpelling"),
        (TENSORS + "y = keras.ops.reshape(x, (x.shape[0], 48))", "3:DynamicDimInShapeSilent"),
        (
            "q, k = keras.Input((5, 16)), keras.Input((7, 8))\ny = layers.Attention()([q, k])",
            "2:ContractionMismatchSilent",
        ),
        ("y = tf.nn.conv3d(tf.zeros((1, 8, 8, 8, 3)), tf.ones((3, 3, 3, 3, 8)), 1, 'SAME')", "1:StridesLayout"),
        (
            "y = tf.nn.convolution(tf.zeros((1, 9, 9, 3)), tf.ones((3, 3, 3, 8)), strides=2, dilations=2)",
            "1:StrideWithDilation",
        ),
        ("y = tf.image.grayscale_to_rgb(tf.zeros((8, 28, 28)))", "1:ArgumentSize"),
        ("x = keras.Input((10, 16))\ny = layers.MultiHeadAttention(2, 8)([x, x])", "2:MissingArgument"),
    ],
)  # fmt: skip
def test_found(program: str, found: str) -> None:
    assert problems(program) == [found]


@pytest.mark.parametrize(
    "program",
    [
        TENSORS + "n = keras.ops.shape(x)[0]\ns = k.int_shape(x)",
        "class L(layers.Layer):\n    def call(self, x):\n        return tf.reshape(x, (tf.shape(x)[0], -1))\n"
        "y = L()(keras.Input((3, 4)))",
        "x = tf.ones((2, 3))\nn = tf.shape(x)[0]\nv = x.numpy()\nv[0] = 1",
        "keras.config.set_image_data_format('channels_first')",
        "def f(word):\n    keras.config.set_image_data_format(word)",
        TENSORS + "y = keras.ops.reshape(x, (-1, 48))",
        "q, k = keras.Input((5, 16)), keras.Input((7, 16))\ny = layers.Attention()([q, k])",
        "q, k = keras.Input((5, 16)), keras.Input((7, 8))\ny = layers.AdditiveAttention()([q, q])",
        "y = tf.nn.conv3d(tf.zeros((1, 8, 8, 8, 3)), tf.ones((3, 3, 3, 3, 8)), [1, 1, 1, 1, 1], 'SAME')",
        "y = tf.nn.convolution(tf.zeros((1, 9, 9, 3)), tf.ones((3, 3, 3, 8)), strides=2, dilations=1)",
        "y = tf.image.grayscale_to_rgb(tf.zeros((28, 28, 1)))",
    ],
)
def test_silent(program: str) -> None:
    assert problems(program) == []
