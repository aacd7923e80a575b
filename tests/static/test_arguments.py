"""Arguments of layers: found, and silent on the nearest correct programs."""

from __future__ import annotations

import pytest

from tests.static.following import problems

MODEL = "m = keras.Sequential([keras.Input((4,)), layers.Dense(2)])\n"


@pytest.mark.parametrize(
    ("program", "found"),
    [
        (MODEL + "m.compile('adam', ['mse', 'maee'])", "2:UnknownIdentifier"),
        (MODEL + "m.compile('adam', 'mse', metrics={'y': ['acuracy']})", "2:UnknownIdentifier"),
        (MODEL + "m.compile('adam', losss='mse')", "2:UnknownArgument"),
        (MODEL + "m.compile('adam', 'mse')\nm.fit(np.ones((9, 4)), np.ones((9, 2)), epoch=3)", "3:UnknownArgument"),
        (MODEL + "m.predict(np.ones((9, 4)), 1, 0, None, [], 7)", "2:UnknownArgument"),
        ("keras.callbacks.EarlyStopping(patient=3)", "1:UnknownArgument"),
        ("keras.callbacks.LearningRateScheduler()", "1:MissingArgument"),
        ("keras.optimizers.Adam(learning_rat=0.1)", "1:UnknownArgument"),
        ("keras.metrics.MeanIoU(classes=3, num_classes=3)", "1:UnknownArgument"),
        ("x = tf.nn.softmax(tf.ones((2, 3)), axis=2)", "1:AxisOutOfRange"),
        ("x = keras.ops.log_softmax(keras.Input((3,)), axis=2)", "1:AxisOutOfRange"),
        ("layers.UpSampling2D(2, interpolation='linear')", "1:UnknownIdentifier"),
        ("layers.LSTM('tanh', 10)", "1:ExchangedArguments"),
        (MODEL + "m.add(layers.Dense(4, input_shape=(10,)))", "2:IgnoredInputShape"),
        (
            "def block(x):\n    return layers.Conv2D(3, 1, name='c')(x)\n"
            "x = keras.Input((8, 8, 3))\nm = keras.Model(x, block(block(x)))",
            "4:DuplicateLayerName",
        ),
        (
            "m = keras.Sequential([keras.Input((8,))])\nfor i in range(2):\n    m.add(layers.Dense(4, name='d'))",
            "3:DuplicateLayerName",
        ),
    ],
)
def test_found(program: str, found: str) -> None:
    assert problems(program) == [found]


@pytest.mark.parametrize(
    "program",
    [
        MODEL + "m.compile('Adam', 'MSE', metrics=['acc', 'AUC', 'binary_crossentropy', 'ce'])",
        MODEL + "def f(loss):\n    m.compile('sgd', loss, metrics=[loss, None])",
        MODEL + "def f(**options):\n    m.compile('adam', 'mse', **options)\n    m.fit(*options, **options)",
        "from somewhere import Mixin\nclass Net(Mixin, keras.Model):\n    def run(self):\n        self.fit(speed=3)",
        "class Net(keras.Model):\n    def fit(self, x, speed):\n        return super().fit(x)\nNet().fit(1, speed=2)",
        "keras.callbacks.ReduceLROnPlateau(foo=1)\nkeras.optimizers.SGD(0.1, 0.9, True, clipnorm=1.0, name='s')",
        "x = tf.nn.softmax(tf.ones((2, 3)), axis=1), tf.nn.softmax(tf.ones(3), axis=-1)",
        "keras.utils.get_custom_objects()['mish2'] = 1\nlayers.Dense(2, activation='mish2')",
        "layers.Dense(2, activation='package>steep', kernel_initializer='HeNormal', kernel_regularizer='l1l2')",
        "layers.Dense(2, activation=None, kernel_constraint=None)",
        "layers.Dense(int(64 / 2))\nlayers.Dropout(1 / 2)\nlayers.Dense(64 // 2)",
        "layers.Dense(10, 'relu')",
        "def f(a, b):\n    return layers.Dense(a, b)",
        "d = layers.Dense(10, input_shape=(None, 5))\nd(tf.zeros([10, 5]))",
        MODEL + "m.add(layers.Dense(4, input_shape=(2,)))",
        "x = layers.Dense(4, input_shape=(7,))(keras.Input((7,)))\ny = layers.Dense(4, input_shape=(None,))(x)",
        "x = layers.Conv2D(3, 3, input_shape=(None, None, 3))(keras.Input((9, 9, 3)))",
        "d = layers.Dense(3, name='d')\nx = keras.Input((3,))\nm = keras.Model(x, d(d(x)))",
        "x = keras.Input((3,))\na = keras.Model(x, layers.Dense(3, name='d')(x))\n"
        "b = keras.Model(x, layers.Dense(3, name='d')(a(x)))",
        """
        class Block(layers.Layer):
            def __init__(self):
                super().__init__()
                self.inner = layers.Dense(3, name='inner')
            def call(self, x):
                return self.inner(x)
        x = keras.Input((3,))
        m = keras.Model(x, Block()(Block()(x)))
        """,
        "x = keras.Input((3,))\nfor i in range(3):\n    x = layers.Dense(3, name=f'd{i}')(x)\nm = keras.Model(x, x)",
    ],
)  # fmt: skip
def test_silent(program: str) -> None:
    assert problems(program) == []
