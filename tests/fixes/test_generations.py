"""Repairs of programs for older Keras, and of layouts and weights: before and after, byte for byte."""

from __future__ import annotations

import pytest

from tests.fixes.test_repairs import SAFE, UNSAFE, repaired

CASES = [
    pytest.param(
        SAFE,
        "from keras.layers.core import Dense, TimeDistributedDense  # layers\n"
        "from keras.engine.topology import Layer\n"
        "y = Dense(3)\n",
        "from keras.layers import Dense  # layers\nfrom keras.layers import Layer\ny = Dense(3)\n",
        id="layers from their old modules, one that is gone and unused",
    ),
    pytest.param(
        SAFE,
        "from tensorflow.keras.layers.experimental import preprocessing\nflip = preprocessing.RandomFlip()\n",
        "from tensorflow.keras import layers as preprocessing\nflip = preprocessing.RandomFlip()\n",
        id="experimental preprocessing",
    ),
    pytest.param(
        UNSAFE,
        "from keras.layers import Input, merge\n"
        "a = Input((4,))\n"
        "s = merge([a, a], mode='sum')  # both\n"
        'c = merge([s, a], mode="concat", concat_axis=-1)\n',
        "from keras.layers import Input, add, concatenate\n"
        "a = Input((4,))\n"
        "s = add([a, a])  # both\n"
        "c = concatenate([s, a], axis=-1)\n",
        id="merge of Keras 1",
    ),
    pytest.param(
        UNSAFE,
        "import keras\n"
        "m = keras.Sequential([keras.Input(batch_shape=(1, 3, 1)), keras.layers.LSTM(8, stateful=True)])\n"
        "for epoch in range(3):\n"
        "    m.reset_states()  # from zero\n",
        "import keras\n"
        "m = keras.Sequential([keras.Input(batch_shape=(1, 3, 1)), keras.layers.LSTM(8, stateful=True)])\n"
        "for epoch in range(3):\n"
        '    [layer.reset_state() for layer in m.layers if getattr(layer, "stateful", False)]  # from zero\n',
        id="reset_states",
    ),
    pytest.param(
        UNSAFE,
        "import keras\n"
        "m = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])\n"
        "m.save_weights('best.h5')\n"
        "m.load_weights('best.h5')\n",
        "import keras\n"
        "m = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])\n"
        "m.save_weights('best.weights.h5')\n"
        "m.load_weights('best.weights.h5')\n",
        id="weights under one name",
    ),
    pytest.param(
        UNSAFE,
        "from keras import backend as K\nif K.image_dim_ordering() == 'th':\n    shape = (3, 8, 8)\n",
        "from keras import backend as K\nif K.image_data_format() == 'channels_first':\n    shape = (3, 8, 8)\n",
        id="layout in Keras 1's words",
    ),
    pytest.param(
        UNSAFE,
        "import keras\nfrom keras import backend as K\nv = keras.Variable(0.0)\nK.set_value(v, K.get_value(v) / 2)\n",
        "import keras\n"
        "from keras import backend as K\n"
        "v = keras.Variable(0.0)\n"
        "v.assign(keras.ops.convert_to_numpy(v) / 2)\n",
        id="get_value, set_value",
    ),
    pytest.param(
        SAFE,
        "import keras\nx = keras.Input((4,))\nrows, columns = x.get_shape().as_list()\n",
        "import keras\nx = keras.Input((4,))\nrows, columns = list(x.shape)\n",
        id="get_shape and as_list",
    ),
    pytest.param(
        SAFE,
        "from keras.layers import Dense\na = Dense(3, bias=False)\nb = Dense(output_dim=4)\n",
        "from keras.layers import Dense\na = Dense(3, use_bias=False)\nb = Dense(units=4)\n",
        id="bias in a Keras 1 program",
    ),
    pytest.param(
        SAFE,
        "import keras, numpy as np\n"
        "m = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])\n"
        'm.compile("sgd", "mse")\n'
        "def batches():\n"
        "    while True:\n"
        "        yield np.zeros((4, 3)), np.zeros((4, 1))\n"
        "m.fit_generator(batches(), 10, 2, workers=4)  # ten steps\n",
        "import keras, numpy as np\n"
        "m = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])\n"
        'm.compile("sgd", "mse")\n'
        "def batches():\n"
        "    while True:\n"
        "        yield np.zeros((4, 3)), np.zeros((4, 1))\n"
        "m.fit(batches(), steps_per_epoch=10, epochs=2)  # ten steps\n",
        id="generators",
    ),
    pytest.param(
        SAFE,
        "import keras\no = keras.optimizers.Adam(lr=1e-3)  # small\n",
        "import keras\no = keras.optimizers.Adam(learning_rate=1e-3)  # small\n",
        id="optimizer",
    ),
    pytest.param(
        UNSAFE,
        "import keras, numpy as np\n"
        'm = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="softmax")])\n'
        "c = m.predict_classes(np.zeros((2, 3)))\n",
        "import keras, numpy as np\n"
        'm = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="softmax")])\n'
        "c = m.predict(np.zeros((2, 3))).argmax(axis=-1)\n",
        id="predict_classes",
    ),
    pytest.param(
        UNSAFE,
        "import keras\ny = keras.layers.Conv2D(8, 3, strides=(1, 2, 2, 1))(keras.Input((9, 9, 1)))\n",
        "import keras\ny = keras.layers.Conv2D(8, 3, strides=(2, 2))(keras.Input((9, 9, 1)))\n",
        id="strides for every axis",
    ),
    pytest.param(
        UNSAFE,
        "import keras\nx = keras.Input((4, 8))\ny = keras.ops.reshape(x, (64, 32))\n",
        "import keras\nx = keras.Input((4, 8))\ny = keras.ops.reshape(x, (-1, 32))\n",
        id="batch in a target",
    ),
    pytest.param(
        UNSAFE,
        "import keras\n"
        "import numpy as np\n"
        'w = np.zeros((10, 64), "float32")\n'
        "fc = keras.layers.Dense(10)\n"
        "fc.build((None, 64))\n"
        "fc.set_weights([w, np.zeros(10)])\n",
        "import keras\n"
        "import numpy as np\n"
        'w = np.zeros((10, 64), "float32")\n'
        "fc = keras.layers.Dense(10)\n"
        "fc.build((None, 64))\n"
        "fc.set_weights([np.transpose(w, (1, 0)), np.zeros(10)])\n",
        id="PyTorch's matrix",
    ),
    pytest.param(
        UNSAFE,
        "import keras\n"
        "import numpy as np\n"
        'x = np.ones((4, 3, 32, 32), "float32")\n'
        "x = x.reshape(4, 32, 32, 3)\n"
        "y = keras.layers.Conv2D(8, 3)(x)\n",
        "import keras\n"
        "import numpy as np\n"
        'x = np.ones((4, 3, 32, 32), "float32")\n'
        "x = np.transpose(x, (0, 2, 3, 1))\n"
        "y = keras.layers.Conv2D(8, 3)(x)\n",
        id="reshape that was to move axes",
    ),
    pytest.param(
        UNSAFE,
        "import keras\n"
        "import numpy as np\n"
        "m = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])\n"
        "y = np.zeros(10)\n"
        "p = m.predict(np.zeros((10, 3)))  # a column\n"
        "error = np.mean((y - p) ** 2)\n"
        "hits = np.mean((p > 0.5) == y)\n",
        "import keras\n"
        "import numpy as np\n"
        "m = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])\n"
        "y = np.zeros(10)\n"
        "p = m.predict(np.zeros((10, 3)))  # a column\n"
        "error = np.mean((y - p[:, 0]) ** 2)\n"
        "hits = np.mean((p > 0.5)[:, 0] == y)\n",
        id="predictions against flat targets",
    ),
    pytest.param(
        UNSAFE,
        "import keras\n"
        "import numpy as np\n"
        'm = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, activation="softmax")])\n'
        'm.compile("adam", "binary_crossentropy")  # one of four\n'
        "m.fit(np.zeros((6, 8)), keras.utils.to_categorical([0, 1, 2, 3, 0, 1], 4))\n",
        "import keras\n"
        "import numpy as np\n"
        'm = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, activation="softmax")])\n'
        'm.compile("adam", "categorical_crossentropy")  # one of four\n'
        "m.fit(np.zeros((6, 8)), keras.utils.to_categorical([0, 1, 2, 3, 0, 1], 4))\n",
        id="binary loss of a softmax",
    ),
    pytest.param(
        UNSAFE,
        "import keras\n"
        "import numpy as np\n"
        "m = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Conv2D(4, 3), keras.layers.Flatten()])\n"
        'images = np.zeros((8, 3, 32, 32), "float32")\n'
        "p = m.predict(images, verbose=0)  # all of them\n",
        "import keras\n"
        "import numpy as np\n"
        "m = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Conv2D(4, 3), keras.layers.Flatten()])\n"
        'images = np.zeros((8, 3, 32, 32), "float32")\n'
        "p = m.predict(np.transpose(images, (0, 2, 3, 1)), verbose=0)  # all of them\n",
        id="images with the channels at the other end",
    ),
]


@pytest.mark.parametrize(("mode", "before", "after"), CASES)
def test_repair(mode, before, after):
    """Comments and formatting stay, and the repaired program is left alone."""
    assert repaired(before, mode) == after
    assert repaired(after, mode) == after


def test_a_name_in_use_is_not_taken_out():
    program = "from keras.layers import Dense, Highway\ny = Highway()(Dense(3))\n"
    assert repaired(program, UNSAFE) == program
