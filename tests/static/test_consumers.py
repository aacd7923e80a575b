"""What a layer proves of the tensor that it reads, and the weights that it is given."""

from __future__ import annotations

import pytest

from tests.static.following import problems

PHOTOS = "p = np.zeros((4, 3, 32, 32), 'float32')\n"
DENSE = "d = layers.Dense(4)\nd.build((None, 3))\n"


@pytest.mark.parametrize(
    ("program", "found"),
    [
        pytest.param(
            PHOTOS + "q = np.reshape(p, (-1, 32, 32, 3)).astype('float32') / 255\ny = layers.Conv2D(4, 3)(q)",
            "2:ReshapeNotTranspose",
            id="through a cast",
        ),
        pytest.param(
            PHOTOS
            + "q = p.reshape(4, 32, 32, 3)\nm = keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(4, 3)])\n"
            "m.predict(q)",
            "2:ReshapeNotTranspose",
            id="as data",
        ),
        pytest.param(
            "(x, y), _ = keras.datasets.cifar10.load_data()\nx = x.reshape(50000, 3, 32, 32)\n"
            "m = keras.Sequential([keras.Input((3, 32, 32)), layers.Conv2D(4, 3, data_format='channels_first')])\n"
            "m.predict(x)",
            "2:ReshapeNotTranspose",
            id="a known data set",
        ),
        pytest.param(
            "k = np.zeros((8, 3, 5, 5))\nc = layers.Conv2D(8, 5, use_bias=False)\nc.build((None, 8, 8, 3))\n"
            "c.set_weights([k.reshape(5, 5, 3, 8)])",
            "4:ReshapeNotTranspose",
            id="a kernel",
        ),
        pytest.param(DENSE + "d.set_weights([np.zeros((4, 3)), np.zeros(4)])", "3:WeightsShapeMismatch", id="matrix"),
        pytest.param(DENSE + "d.kernel.assign(np.zeros((3, 1)))", "3:WeightsShapeMismatch", id="no broadcasting"),
        pytest.param(
            "c = layers.Conv2D(8, 5, kernel_initializer=keras.initializers.Constant(np.zeros((8, 3, 5, 5))))\n"
            "y = c(keras.Input((8, 8, 3)))",
            "2:WeightsShapeMismatch",
            id="initializer",
        ),
        pytest.param("d = layers.Dense(4)\nd.set_weights([np.zeros((3, 4))])", "2:WeightsCountMismatch", id="unbuilt"),
        pytest.param(
            "m = keras.Sequential([keras.Input((2,)), layers.Embedding(10, 4)])\nm.predict(np.array([[1, 10]]))",
            "2:IndexOutOfRange",
            id="index in data",
        ),
        pytest.param(
            "x = np.random.randint(0, 20, (1000, 5))\ny = layers.Embedding(10, 4)(x)", "2:IndexOutOfRange", id="drawn"
        ),
        pytest.param(
            "class L(layers.Layer):\n    def call(self, x):\n        return tf.reshape(x, (32, 6, 2))\n"
            "y = L()(keras.Input((3, 4)))",
            "3:HardCodedBatch",
            id="batch",
        ),
    ],
)
def test_found(program: str, found: str) -> None:
    assert problems(program) == [found]


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(PHOTOS + "y = layers.Conv2D(4, 3)(p.reshape(4, 3, 32, 32))", id="the same shape"),
        pytest.param(PHOTOS + "y = layers.Conv2D(4, 3)(p.transpose(0, 2, 3, 1))", id="transposed"),
        pytest.param(PHOTOS + "y = layers.Conv2D(4, 3)(p.reshape(4, 96, 32, 1))", id="another picture"),
        pytest.param(
            "p = np.zeros((4, 1, 28, 28))\ny = layers.Conv2D(4, 3)(p.reshape(4, 28, 28, 1))", id="one channel"
        ),
        pytest.param(
            "x = layers.Reshape((8, 8, 16))(keras.Input((1024,)))\nx = layers.Reshape((8, 16, 8))(x)\n"
            "y = layers.Conv2D(4, 3)(x)",
            id="no channels of an image",
        ),
        pytest.param(DENSE + "d.set_weights([np.zeros((3, 4)), np.zeros(4)])", id="the right weights"),
        pytest.param(DENSE + "def f(w):\n    d.set_weights(w)\n    d.set_weights([w, w])", id="unknown weights"),
        pytest.param(
            """
            class M(keras.Model):
                def __init__(self):
                    super().__init__()
                    self.d = layers.Dense(4)
                def load(self):
                    self.d.set_weights([np.zeros((3, 4)), np.zeros(4)])
            """,
            id="who knows what ran before",
        ),
        pytest.param(
            "c = layers.Conv2D(3, 3, kernel_initializer=keras.initializers.Constant([1.0, 2.0, 3.0]))\n"
            "y = c(keras.Input((8, 8, 3)))",
            id="a constant for each filter",
        ),
        pytest.param("v = tf.Variable(tf.zeros((2, 3)))\nv.assign(tf.ones((2, 3)))", id="a variable of its shape"),
        pytest.param("y = layers.Embedding(11, 4)(np.array([[1, 10]]))", id="in range"),
        pytest.param(
            "class L(layers.Layer):\n    def call(self, x):\n        return tf.reshape(x, (2, -1, 3, 4))\n"
            "y = L()(keras.Input((3, 4)))",
            id="groups of samples",
        ),
        pytest.param("y = keras.ops.reshape(keras.Input(batch_shape=(32, 3, 4)), (32, 12))", id="a fixed batch"),
        pytest.param("y = keras.ops.reshape(keras.Input((3, 4)), (1, 12))", id="one sample at a time"),
        pytest.param(
            "x = layers.Reshape((-1, 4, 4, 1))(keras.Input((16,)))\ny = layers.ConvLSTM2D(2, 3)(x)", id="frames"
        ),
    ],
)
def test_silent(program: str) -> None:
    assert problems(program) == []
