"""Repairs around ``compile`` and ``fit``, before and after, byte for byte."""

from __future__ import annotations

import pytest

from convlint.settings import FixMode
from tests.fixes.test_repairs import repaired

HEAD = "import keras\nimport numpy as np\nfrom keras import layers\n"
MODEL = 'model = keras.Sequential([keras.Input((8,)), layers.Dense(10, activation="softmax")])\n'
X = "x = np.zeros((6, 8))\n"

CASES = [
    pytest.param(
        MODEL + 'model.compile("adam", "categorical_crossentropy")\n' + X + "model.fit(x, np.zeros(6, int))\n",
        MODEL + 'model.compile("adam", "sparse_categorical_crossentropy")\n' + X + "model.fit(x, np.zeros(6, int))\n",
        id="class numbers",
    ),
    pytest.param(
        MODEL + "model.compile('adam', keras.losses.SparseCategoricalCrossentropy(),\n"
        "              metrics=['sparse_categorical_accuracy'])\n" + X + "model.fit(x, np.zeros((6, 10)))\n",
        MODEL + "model.compile('adam', keras.losses.CategoricalCrossentropy(),\n"
        "              metrics=['categorical_accuracy'])\n" + X + "model.fit(x, np.zeros((6, 10)))\n",
        id="one-hot rows, an object, and the metric with it",
    ),
    pytest.param(
        "model = keras.Sequential([keras.Input((8,)), layers.Dense(3)])\n"
        "model.compile('adam', 'categorical_crossentropy')\n",
        "model = keras.Sequential([keras.Input((8,)), layers.Dense(3, activation=\"softmax\")])\n"
        "model.compile('adam', 'categorical_crossentropy')\n",
        id="logits for probabilities",
    ),
    pytest.param(
        MODEL + "model.compile('adam', keras.losses.CategoricalCrossentropy(from_logits=True))\n",
        MODEL + "model.compile('adam', keras.losses.CategoricalCrossentropy())\n",
        id="probabilities for logits",
    ),
    pytest.param(
        "y = layers.Dense(1, activation='softmax')(keras.Input((8,)))\n",
        "y = layers.Dense(1, activation='sigmoid')(keras.Input((8,)))\n",
        id="softmax over one",
    ),
    pytest.param(
        MODEL + "model.compile('adam', 'sparse_categorical_crossentropy')\n" + X + "model.fit(x, [0, 1, 2, 3, 4, 5])\n",
        MODEL + "model.compile('adam', 'sparse_categorical_crossentropy')\n" + X
        + "model.fit(x, np.array([0, 1, 2, 3, 4, 5]))\n",
        id="a list of labels",
    ),
    pytest.param(
        MODEL + "one = np.zeros(8)\nmodel.predict(one)\n",
        MODEL + "one = np.zeros(8)\nmodel.predict(one[None])\n",
        id="one sample",
    ),
    pytest.param(
        "model = keras.Sequential([layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)])\n"
        "model.predict(np.zeros((6, 28, 28)))\n",
        "model = keras.Sequential([layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)])\n"
        "model.predict(np.zeros((6, 28, 28))[..., None])\n",
        id="no axis for the channels",
    ),
    pytest.param(
        "model = keras.Sequential([\n    keras.Input((8, 8, 1)),\n    layers.Conv2D(4, 3),\n    layers.Dense(10),\n])\n"
        "model.compile('adam', 'mse')\nmodel.fit(np.zeros((6, 8, 8, 1)), np.zeros((6, 10)))\n",
        "model = keras.Sequential([\n    keras.Input((8, 8, 1)),\n    layers.Conv2D(4, 3),\n    layers.Flatten(),\n"
        "    layers.Dense(10),\n])\nmodel.compile('adam', 'mse')\n"
        "model.fit(np.zeros((6, 8, 8, 1)), np.zeros((6, 10)))\n",
        id="no Flatten in a list",
    ),
    pytest.param(
        "model = keras.Sequential()\nmodel.add(keras.Input((8, 8, 1)))\nmodel.add(layers.Conv2D(4, 3))\n"
        "model.add(layers.Dense(10))\nmodel.compile('adam', 'mse')\n"
        "model.fit(np.zeros((6, 8, 8, 1)), np.zeros((6, 10)))\n",
        "model = keras.Sequential()\nmodel.add(keras.Input((8, 8, 1)))\nmodel.add(layers.Conv2D(4, 3))\n"
        "model.add(layers.Flatten())\nmodel.add(layers.Dense(10))\nmodel.compile('adam', 'mse')\n"
        "model.fit(np.zeros((6, 8, 8, 1)), np.zeros((6, 10)))\n",
        id="no Flatten between calls of add",
    ),
    pytest.param(
        "i = keras.Input((10, 2))\nx = layers.LSTM(4, return_sequences=True)(i)\n"
        "model = keras.Model(i, layers.Dense(1)(x))\n"
        "model.compile('adam', 'mse')\nmodel.fit(np.zeros((6, 10, 2)), np.zeros(6))\n",
        "i = keras.Input((10, 2))\nx = layers.LSTM(4, return_sequences=False)(i)\n"
        "model = keras.Model(i, layers.Dense(1)(x))\n"
        "model.compile('adam', 'mse')\nmodel.fit(np.zeros((6, 10, 2)), np.zeros(6))\n",
        id="a sequence for one target",
    ),
    pytest.param(
        "model = keras.Sequential([keras.Input((8,)), layers.Dense(1, activation='sigmoid')])\n"
        "model.compile('adam', 'categorical_crossentropy')\n",
        "model = keras.Sequential([keras.Input((8,)), layers.Dense(1, activation='sigmoid')])\n"
        "model.compile('adam', 'binary_crossentropy')\n",
        id="one unit",
    ),
    pytest.param(
        MODEL + "model.compile('adam', 'sparse_categorical_crossentropy', metrics=['categorical_accuracy'])\n",
        MODEL + "model.compile('adam', 'sparse_categorical_crossentropy', metrics=['sparse_categorical_accuracy'])\n",
        id="the metric of the other loss",
    ),
    pytest.param(
        "model = keras.Sequential([keras.Input((64, 64, 3)), layers.Flatten()])\n"
        "model.add(layers.Dense(4, activation='softmax'))\n"
        "model.compile('adam', 'categorical_crossentropy')\n"
        "train = keras.utils.image_dataset_from_directory('a', image_size=(64, 64))\nmodel.fit(train)\n",
        "model = keras.Sequential([keras.Input((64, 64, 3)), layers.Flatten()])\n"
        "model.add(layers.Dense(4, activation='softmax'))\n"
        "model.compile('adam', 'categorical_crossentropy')\n"
        "train = keras.utils.image_dataset_from_directory('a', image_size=(64, 64), label_mode=\"categorical\")\n"
        "model.fit(train)\n",
        id="the labels of a loader",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), CASES)
def test_repair(before: str, after: str) -> None:
    """What ``--unsafe-fixes`` makes of the program."""
    assert repaired(HEAD + before, FixMode.UNSAFE) == HEAD + after


def test_a_list_becomes_an_array_safely() -> None:
    """Keras 2 did the same by itself."""
    program = (
        HEAD + MODEL + 'model.compile("adam", "sparse_categorical_crossentropy")\n' + X + "model.fit(x, [0] * 6)\n"
    )
    assert repaired(program, FixMode.SAFE).endswith("model.fit(x, np.array([0] * 6))\n")
