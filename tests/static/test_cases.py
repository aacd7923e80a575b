"""Variants of the five user cases, as other people would write them, and the correct programs beside them."""

from __future__ import annotations

import pytest

from tests.static.following import problems, shape_of


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param(
            """
            bank = np.stack([np.outer(np.arange(5), np.arange(5)) for _ in range(12)])[:, np.newaxis]
            y = tf.nn.conv2d(tf.zeros((2, 40, 40, 1)), bank, 1, "VALID")
            """,
            ["3:KernelLayoutOIHW"],
            id="np.newaxis puts the input channel in PyTorch's place",
        ),
        pytest.param(
            """
            import tensorflow.compat.v1 as tf1
            x = tf1.placeholder(tf1.float32, [None, 28, 28, 1])
            y = tf1.nn.conv2d(x, filter=tf1.get_variable("W", [32, 1, 5, 5]), strides=[1, 1, 1, 1], padding="SAME")
            """,
            ["4:KernelLayoutOIHW"],
            id="a graph of TensorFlow 1",
        ),
        pytest.param(
            """
            y = layers.Convolution2D(32, 3, 3, border_mode="same", input_shape=(28, 28, 1))
            """,
            ["2:Keras1Argument"],
            id="words of Keras 1 beside input_shape",
        ),
        pytest.param(
            """
            y = layers.MaxPooling2D(kernel_size=2, stride=2)(keras.Input((8, 8, 3)))
            """,
            ["2:TorchArgument", "2:TorchArgument"],
            id="a pool in PyTorch's words",
        ),
        pytest.param(
            """
            (x, _), _ = keras.datasets.mnist.load_data()
            x = x.reshape(60000, 28, 28, 1) / 255
            y = layers.Conv2D(8, 3)(keras.Input((60000, 28, 28, 1)))
            """,
            ["4:BatchInInputShape"],
            id="the samples of a reshaped data set",
        ),
        pytest.param(
            """
            images = tf.random.normal((4, 600, 600, 3))
            y = layers.Conv2D(8, 3)(keras.Input((4, 600, 600, 3)))
            """,
            ["3:BatchInInputShape"],
            id="the samples of a tensor",
        ),
        pytest.param(
            """
            x_train = keras.datasets.mnist.load_data()[0][0]
            x_train = x_train[..., None] / 255.0
            keras.Sequential([layers.Conv2D(4, 5, input_shape=x_train.shape)])
            """,
            ["4:BatchInInputShape"],
            id="a counted batch of an array made by indexing and arithmetic",
        ),
        pytest.param(
            """
            class Head(keras.Model):
                def __init__(self):
                    super().__init__()
                    self.fc = layers.Dense(2)
                def call(self, x):
                    return self.fc(x.view(x.size(0), -1))
            y = Head()(keras.Input((6, 6, 10)))
            """,
            ["7:TorchMethod", "7:TorchMethod"],
            id="nothing follows from PyTorch's flatten",
        ),
        pytest.param(
            """
            from keras.layers import AtrousConvolution2D, Dense
            """,
            ["2:MovedImport"],
            id="a class that Keras 2 gave up",
        ),
    ],
)
def test_caught(program: str, expected: list[str]) -> None:
    """The fault, on its line, and nothing else."""
    assert problems(program) == expected


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(
            """
            import tensorflow.compat.v1 as tf1
            h = tf1.zeros((2, 28, 28, 8))
            a = tf1.nn.softmax(h, dim=-1)
            b = tf1.expand_dims(h, dim=1)
            c = tf1.reduce_sum(h, reduction_indices=[1], keep_dims=True)
            d = tf1.squeeze(b, squeeze_dims=[1])
            e = tf1.argmax(h, dimension=1)
            f = tf1.nn.dropout(h, keep_prob=0.5)
            g = tf1.nn.max_pool(value=h, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
            """,
            id="tensorflow.compat.v1 keeps the words of TensorFlow 1",
        ),
        pytest.param(
            """
            from packaging import version
            OLD = keras.__version__[0] == "1"
            if OLD:
                conv = layers.Convolution2D(3, 3, 3, border_mode="same")
            if tf.__version__.startswith("1."):
                conv = layers.Convolution2D(3, 3, 3, border_mode="same")
            new = version.parse(tf.__version__) >= version.parse("2.0")
            if not new:
                conv = layers.Convolution2D(3, 3, 3, border_mode="same")
            """,
            id="branches for other versions",
        ),
        pytest.param(
            """
            a = np.arange(12)
            a.resize((3, 4))
            b = np.transpose(a, (1, 0))
            c = np.zeros(28 * 28)
            c.shape = (28, 28)
            d = layers.Conv2D(3, 3)(c[None, :, :, np.newaxis])
            """,
            id="arrays that change their shape in place",
        ),
        pytest.param(
            """
            y = layers.Conv2D(8, 3, padding="same")(keras.Input((1, 100, 3)))
            """,
            id="a strip of color is not channels first",
        ),
        pytest.param(
            """
            a = np.ones(3)
            np.multiply(a, 2, a)
            np.sqrt(a, a)
            """,
            id="the array that takes the result, given by position",
        ),
        pytest.param(
            """
            a = np.zeros((3, 4))
            window = slice(0, 2)
            b = np.expand_dims(a[window], -1)
            c = np.transpose(a[keras.some_index], (1, 0))
            """,
            id="an index of which nothing is known",
        ),
    ],
)
def test_silent(program: str) -> None:
    """Correct programs that come close to a fault."""
    assert problems(program) == []


def test_newaxis_is_an_axis() -> None:
    """``np.newaxis`` and ``tf.newaxis`` are ``None``, however they are imported."""
    program = """
    from numpy import newaxis
    x = np.zeros((4, 5))[:, newaxis, :, tf.newaxis]
    """
    assert shape_of(program, "x") == [4, 1, 5, 1]
