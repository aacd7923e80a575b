"""Each repair as a program before and after; the after is what ``--unsafe-fixes`` writes, byte for byte."""

from __future__ import annotations

import ast

import pytest

from convlint.analysis import Analyser
from convlint.repair import TRIED_ALONE, offers, repair
from convlint.rules.registry import load
from convlint.settings import FixMode, Settings

SAFE, UNSAFE = FixMode.SAFE, FixMode.UNSAFE


def analyser(**options):
    return Analyser(Settings(**options), load())


def repaired(text, mode, **options):
    tool = analyser(**options)
    return repair(tool, tool.analyse("model.py", text), mode).analysis.text


CASES = [
    pytest.param(
        UNSAFE,
        "import tensorflow as tf\n"
        "class First(tf.keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return tf.concat([x, tf.zeros((x.shape[0], 16))], axis=-1)\n"
        "y = First()(tf.keras.Input((8,)))\n",
        "import tensorflow as tf\n"
        "class First(tf.keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return tf.concat([x, tf.zeros((tf.shape(x)[0], 16))], axis=-1)\n"
        "y = First()(tf.keras.Input((8,)))\n",
        id="zeros can not infer a size",
    ),
    pytest.param(
        UNSAFE,
        "import tensorflow as tf\n"
        "class Rows(tf.keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        batch = x.shape[0]\n"
        "        return tf.reshape(x, (batch, -1, 4))\n"
        "y = Rows()(tf.keras.Input((6, 8)))\n",
        "import tensorflow as tf\n"
        "class Rows(tf.keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        batch = x.shape[0]\n"
        "        return tf.reshape(x, (tf.shape(x)[0], -1, 4))\n"
        "y = Rows()(tf.keras.Input((6, 8)))\n",
        id="a named batch size beside -1",
    ),
    pytest.param(
        UNSAFE,
        "import keras\n"
        "class Flat(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return x.view(x.size(0), -1)\n"
        "y = Flat()(keras.Input((6, 6, 10)))\n",
        "import keras\n"
        "class Flat(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return keras.ops.reshape(x, (-1, 360))\n"
        "y = Flat()(keras.Input((6, 6, 10)))\n",
        id="pytorch's flatten",
    ),
    pytest.param(
        UNSAFE,
        "from keras import backend as K\n"
        "from keras import layers, Input\n"
        "K.set_image_dim_ordering('th')\n"
        "x = Input((3, 8, 8))\n"
        "rows = K.int_shape(x)[2]\n"
        "y = K.permute_dimensions(x, (0, 2, 3, 1))\n",
        "from keras import backend as K\n"
        "from keras import layers, Input\n"
        "import keras\n"
        'K.set_image_data_format("channels_first")\n'
        "x = Input((3, 8, 8))\n"
        "rows = tuple(x.shape)[2]\n"
        "y = keras.ops.transpose(x, (0, 2, 3, 1))\n",
        id="keras.backend where only it is imported",
    ),
    pytest.param(
        UNSAFE,
        "from tensorflow.keras.layers import Conv2D, Input\n"
        "def first(shape):\n"
        '    return Conv2D(20, 5, padding="same", input_shape=shape)(Input(shape))\n'
        "depth, rows = 1, 28\n"
        "y = first((depth, rows, rows))\n",
        "from tensorflow.keras.layers import Conv2D, Input\n"
        "def first(shape):\n"
        '    return Conv2D(20, 5, padding="same", input_shape=shape, data_format="channels_first")(Input(shape))\n'
        "depth, rows = 1, 28\n"
        "y = first((depth, rows, rows))\n",
        id="a layout where the shape is put together elsewhere",
    ),
    pytest.param(
        SAFE,
        "import keras\n"
        "x = keras.Input((32, 32, 1))\n"
        "# ten filters\n"
        "y = keras.layers.Convolution2D(nb_filter=10,  nb_row=8, nb_col=4, border_mode='same')(x)  # as in 2015\n",
        "import keras\n"
        "x = keras.Input((32, 32, 1))\n"
        "# ten filters\n"
        "y = keras.layers.Convolution2D(filters=10,  kernel_size=(8, 4), padding='same')(x)  # as in 2015\n",
        id="keras 1 keywords",
    ),
    pytest.param(
        SAFE,
        "from keras.layers import Input, Convolution2D\n"
        "y = Convolution2D(32, 3, 5, border_mode=\"valid\", subsample=(2, 2), dim_ordering='tf')(Input((9, 9, 1)))\n",
        "from keras.layers import Input, Convolution2D\n"
        'y = Convolution2D(32, (3, 5), padding="valid", strides=(2, 2), '
        "data_format='channels_last')(Input((9, 9, 1)))\n",
        id="keras 1 by position",
    ),
    pytest.param(
        SAFE,
        "import keras\n"
        "y = keras.layers.Convolution2D(\n"
        "    8,\n"
        "    nb_row=3,  # rows\n"
        "    nb_col=3,  # columns\n"
        "    border_mode='same',\n"
        ")(keras.Input((9, 9, 1)))\n",
        "import keras\n"
        "y = keras.layers.Convolution2D(\n"
        "    8,\n"
        "    kernel_size=(3, 3),  # rows\n"
        "      # columns\n"
        "    padding='same',\n"
        ")(keras.Input((9, 9, 1)))\n",
        id="keras 1 over several lines keeps comments",
    ),
    pytest.param(
        SAFE,
        "import keras\r\nx = keras.Input((9, 9, 1))\r\nz = keras.layers.Conv2D(8, 3, stride=2, bias=False)(x)\r\n",
        "import keras\r\nx = keras.Input((9, 9, 1))\r\nz = keras.layers.Conv2D(8, 3, strides=2, use_bias=False)(x)\r\n",
        id="pytorch keywords, carriage returns stay",
    ),
    pytest.param(
        SAFE,
        "import keras\ny = keras.layers.Dense(10, activaton='relu')(keras.Input((4,)))\n",
        "import keras\ny = keras.layers.Dense(10, activation='relu')(keras.Input((4,)))\n",
        id="misspelled keyword",
    ),
    pytest.param(
        SAFE,
        "import keras\nx = keras.Input((4))\nz = keras.Input(shape=(5))\n",
        "import keras\nx = keras.Input((4,))\nz = keras.Input(shape=(5,))\n",
        id="scalar shape",
    ),
    pytest.param(
        SAFE,
        "import keras\nx = keras.Input((4, 4))\ny = keras.layers.Flatten(x)\nz = keras.layers.Dense(3)(y)\n",
        "import keras\nx = keras.Input((4, 4))\ny = keras.layers.Flatten()(x)\nz = keras.layers.Dense(3)(y)\n",
        id="tensor in constructor",
    ),
    pytest.param(
        SAFE,
        "import tensorflow as tf\n"
        "class Blocks(tf.keras.layers.Layer):\n"
        "    def call(self, y):\n"
        "        return tf.reshape(y, (y.shape[0], y.shape[1] * y.shape[2], 3))\n"
        "out = Blocks()(tf.keras.Input((4, 5, 3)))\n",
        "import tensorflow as tf\n"
        "class Blocks(tf.keras.layers.Layer):\n"
        "    def call(self, y):\n"
        "        return tf.reshape(y, (-1, y.shape[1] * y.shape[2], 3))\n"
        "out = Blocks()(tf.keras.Input((4, 5, 3)))\n",
        id="batch size in a reshape",
    ),
    pytest.param(
        UNSAFE,
        "import tensorflow as tf\n"
        "class Blocks(tf.keras.layers.Layer):\n"
        "    def call(self, y):\n"
        "        return tf.reshape(y, (y.shape[0], y.shape[1], -1))\n"
        "out = Blocks()(tf.keras.Input((None, 5, 3)))\n",
        "import tensorflow as tf\n"
        "class Blocks(tf.keras.layers.Layer):\n"
        "    def call(self, y):\n"
        "        return tf.reshape(y, (tf.shape(y)[0], tf.shape(y)[1], -1))\n"
        "out = Blocks()(tf.keras.Input((None, 5, 3)))\n",
        id="two free sizes in a reshape",
    ),
    pytest.param(
        UNSAFE,
        "import numpy as np\nimport tensorflow as tf\n"
        "kernel = np.zeros((64, 1, 8, 8), 'float32')\n"
        "y = tf.nn.conv2d(tf.zeros((1, 64, 64, 1)), kernel, strides=8, padding='VALID')\n",
        "import numpy as np\nimport tensorflow as tf\n"
        "kernel = np.zeros((64, 1, 8, 8), 'float32')\n"
        "y = tf.nn.conv2d(tf.zeros((1, 64, 64, 1)), np.transpose(kernel, (2, 3, 1, 0)), strides=8, padding='VALID')\n",
        id="kernel in pytorch's order, NumPy",
    ),
    pytest.param(
        UNSAFE,
        "from tensorflow import zeros, nn\n"
        "y = nn.conv2d(zeros((1, 64, 64, 1)), zeros((64, 1, 8, 8)), strides=8, padding='VALID')\n",
        "from tensorflow import zeros, nn\n"
        "import keras\n"
        "y = nn.conv2d(zeros((1, 64, 64, 1)), "
        "keras.ops.transpose(zeros((64, 1, 8, 8)), (2, 3, 1, 0)), strides=8, padding='VALID')\n",
        id="an import that is missing is added",
    ),
    pytest.param(
        UNSAFE,
        "import keras\n"
        "class Net(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        x = x.permute(0, 2, 1).contiguous().view(x.shape[0], 6, 2)\n"
        "        x.unsqueeze_(1)\n"
        "        return x\n"
        "out = Net()(keras.Input((4, 3)))\n",
        "import keras\n"
        "class Net(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        x = keras.ops.reshape(keras.ops.transpose(x, (0, 2, 1)), (-1, 6, 2))\n"
        "        x = keras.ops.expand_dims(x, 1)\n"
        "        return x\n"
        "out = Net()(keras.Input((4, 3)))\n",
        id="pytorch methods",
    ),
    pytest.param(
        UNSAFE,
        "import keras\ndef front(x):\n    keras.ops.expand_dims(x, 1)\n    return x\ny = front(keras.Input((4, 3)))\n",
        "import keras\n"
        "def front(x):\n"
        "    x = keras.ops.expand_dims(x, 1)\n"
        "    return x\n"
        "y = front(keras.Input((4, 3)))\n",
        id="discarded result",
    ),
    pytest.param(
        UNSAFE,
        "import keras\n"
        "shape = (1, 32, 32)\n"
        "x = keras.Input(shape)\n"
        "y = keras.layers.Conv2D(10, 8, padding='same')(x)\n",
        "import keras\n"
        "shape = (32, 32, 1)\n"
        "x = keras.Input(shape)\n"
        "y = keras.layers.Conv2D(10, 8, padding='same')(x)\n",
        id="channels first, the shape behind a name",
    ),
    pytest.param(
        UNSAFE,
        "from keras import backend as K, Input, layers\n"
        "import keras\n"
        "y = K.permute_dimensions(Input((4, 3)), pattern=(0, 2, 1))\n"
        "z = K.concatenate([y, y])\n",
        "from keras import backend as K, Input, layers\n"
        "import keras\n"
        "y = keras.ops.transpose(Input((4, 3)), axes=(0, 2, 1))\n"
        "z = keras.ops.concatenate([y, y], axis=-1)\n",
        id="removed backend functions",
    ),
    pytest.param(
        SAFE,
        "import tensorflow as tf\n"
        "y = tf.nn.conv2d(tf.zeros((1, 9, 9, 1)), tf.zeros((3, 3, 1, 2)), 1, 'SAME', data_format='channels_last')\n",
        "import tensorflow as tf\n"
        "y = tf.nn.conv2d(tf.zeros((1, 9, 9, 1)), tf.zeros((3, 3, 1, 2)), 1, 'SAME', data_format='NHWC')\n",
        id="layout in Keras' words",
    ),
    pytest.param(
        UNSAFE,
        "import numpy as np\nimport keras\nx = keras.Input((4, 3))\ny = np.transpose(x, (0, 2, 1))\n",
        "import numpy as np\nimport keras\nx = keras.Input((4, 3))\ny = keras.ops.transpose(x, (0, 2, 1))\n",
        id="NumPy on a symbolic tensor",
    ),
    pytest.param(
        SAFE,
        "import keras\nfrom keras import layers\nmodel = keras.Sequential([layers.Flatten, layers.Dense(2)])  # two\n",
        "import keras\nfrom keras import layers\n"
        "model = keras.Sequential([layers.Flatten(), layers.Dense(2)])  # two\n",
        id="a class for a layer",
    ),
    pytest.param(
        UNSAFE,
        "import keras\nfrom keras import layers\n"
        "x = keras.Input((8, 8, 1))\nx = layers.Conv2D(4, 3)  # features\ny = layers.Flatten()(x)\n",
        "import keras\nfrom keras import layers\n"
        "x = keras.Input((8, 8, 1))\nx = layers.Conv2D(4, 3)(x)  # features\ny = layers.Flatten()(x)\n",
        id="a layer for a tensor",
    ),
    pytest.param(
        SAFE,
        "import keras\nfrom keras import layers\na, b = keras.Input((8,)), keras.Input((8,))\n"
        "c = layers.Concatenate()(a,  b)\nd = layers.concatenate(a, b, axis=-1)\n",
        "import keras\nfrom keras import layers\na, b = keras.Input((8,)), keras.Input((8,))\n"
        "c = layers.Concatenate()([a,  b])\nd = layers.concatenate([a, b], axis=-1)\n",
        id="tensors in a list",
    ),
    pytest.param(
        SAFE,
        "import keras\nclass Head(keras.Model):\n    def __init__(self, units):\n        'Scores.'\n"
        "        # how many\n        self.units = units\n",
        "import keras\nclass Head(keras.Model):\n    def __init__(self, units):\n        'Scores.'\n"
        "        # how many\n        super().__init__()\n        self.units = units\n",
        id="the constructor of the base class",
    ),
    pytest.param(
        SAFE,
        "import keras\nmodel = keras.Sequential()\nmodel = model.add(keras.layers.Dense(3))\nmodel.summary()\n",
        "import keras\nmodel = keras.Sequential()\nmodel.add(keras.layers.Dense(3))\nmodel.summary()\n",
        id="the model is kept",
    ),
]


@pytest.mark.parametrize(("mode", "before", "after"), CASES)
def test_a_repair_changes_exactly_this(mode, before, after):
    """And the repaired program has no finding left."""
    tool = analyser()
    analysis = tool.analyse("model.py", before)
    assert analysis.judged
    result = repair(tool, analysis, mode).analysis
    assert result.text == after
    assert [one.finding.message for one in result.judged] == []
    ast.parse(after)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "import keras\ny = keras.layers.Conv2D(8, 3, stride=2, strides=2)(keras.Input((9, 9, 1)))\n",
            id="both words",
        ),
        pytest.param(
            "import keras\nwords = {'stride': 2}\ny = keras.layers.Conv2D(8, 3, **words)(keras.Input((9, 9, 1)))\n",
            id="hidden",
        ),
    ],
)
def test_what_can_not_be_repaired_for_sure_stays(text):
    assert repaired(text, UNSAFE) == text


def test_two_repairs_that_both_fit_are_both_shown_and_neither_is_safe():
    tool = analyser()
    analysis = tool.analyse(
        "model.py", "import keras\ny = keras.layers.Conv2D(10, 8, padding='same')(keras.Input((1, 32, 32)))\n"
    )
    fixes = offers(tool, analysis, analysis.judged)[0]
    assert [(fix.applicability, fix.verified) for fix in fixes] == [("unsafe", True), ("unsafe", True)]
    assert [edit.content for edit in fixes[1].edits] == [', data_format="channels_first"']


def test_safe_mode_leaves_unsafe_repairs_alone():
    text = "import keras\ndef f(x):\n    keras.ops.expand_dims(x, 1)\n    return x\ny = f(keras.Input((4, 3)))\n"
    assert repaired(text, SAFE) == text


def test_a_rule_that_is_not_selected_is_not_repaired():
    text = "import keras\ny = keras.layers.Conv2D(8, 3, stride=2)(keras.Input((9, 9, 1)))\n"
    assert repaired(text, SAFE, ignore=("CL605",)) == text


def test_a_repair_that_does_not_hold_is_not_offered(monkeypatch):
    """The proof is the analysis, not the author of the repair."""
    from convlint import fixes
    from convlint.findings import Edit, Fix

    text = "import keras\ny = keras.layers.Conv2D(8, 3, stride=2)(keras.Input((9, 9, 1)))\n"
    tool = analyser()
    analysis = tool.analyse("model.py", text)
    place = analysis.judged[0].finding.location
    wrong = [
        Fix("safe", "no effect", (Edit(place, "keras.layers.Conv2D(8, 3, stride=3)"),)),
        Fix("safe", "another fault", (Edit(place, "keras.layers.Conv2D(8, 30)"),)),
        Fix("safe", "no Python", (Edit(place, "keras.layers.Conv2D(8,, 3)"),)),
    ]
    for bad in wrong:
        monkeypatch.setattr(fixes, "propose", lambda observation, bad=bad: (bad,))
        assert offers(tool, analysis, analysis.judged)[0] == ()


def test_hundreds_of_findings_do_not_need_hundreds_of_analyses(monkeypatch):
    count = 10 * TRIED_ALONE
    text = "import keras\nx = keras.Input((9, 9, 1))\n" + "y = keras.layers.Conv2D(8, 3, stride=2)(x)\n" * count
    tool = analyser()
    analyses = []
    real = tool.analyse
    monkeypatch.setattr(tool, "analyse", lambda file, text: analyses.append(text) or real(file, text))
    result = repair(tool, tool.analyse("model.py", text), SAFE)
    assert result.analysis.text == text.replace("stride=", "strides=")
    assert len(result.applied) == count
    assert len(analyses) < 10


def test_one_bad_repair_among_many_is_found(monkeypatch):
    from convlint import fixes
    from convlint.findings import Fix

    line = "y = [keras.layers.Conv2D(8, 3, stride=2)(x)]\n"
    text = "import keras\nx = keras.Input((9, 9, 1))\n" + line * (2 * TRIED_ALONE)
    tool = analyser()
    analysis = tool.analyse("model.py", text)
    real = fixes.propose

    def propose(observation):
        proposed = real(observation)
        if observation.location.line != 30:
            return proposed
        edit = proposed[0].edits[0]
        return (Fix("safe", "wrong", (type(edit)(edit.location, "strid"),)),)

    monkeypatch.setattr(fixes, "propose", propose)
    held = offers(tool, analysis, analysis.judged)
    assert [one.finding.location.line for one, fixes in zip(analysis.judged, held) if not fixes] == [30]


def test_repairs_that_undo_each_other_are_told(monkeypatch):
    """Two repairs are put in that turn one word to and fro; each holds alone."""
    from convlint import repair as module
    from convlint.findings import Edit, Fix, Location

    def to_and_fro(tool, analysis, judged):
        line = next(number for number, text in enumerate(analysis.text.split("\n"), 1) if "stride" in text)
        column = analysis.text.split("\n")[line - 1].index("stride") + 1
        word = "strides" if "strides" in analysis.text else "stride"
        place = Location("model.py", line, column, line, column + len(word))
        edit = Edit(place, "stride" if word == "strides" else "strides")
        return [(Fix("safe", "turn it", (edit,), verified=True),) for _ in judged[:1]]

    monkeypatch.setattr(module, "offers", to_and_fro)
    tool = analyser(select=("CL605", "CL901"))
    text = (
        "import keras\nx = keras.Input((8, 8, 1))\ny = keras.layers.Conv2D(8, 3, stride=2)(x)\n"
        "z = keras.layers.Conv2D(8, 3)(x)  # convlint: ignore[CL605]\n"
    )
    done = module.repair(tool, tool.analyse("model.py", text), SAFE)
    assert [one.code for one in done.applied] == ["CL605"]
    assert [one.code for one in done.conflicts] == ["CL901"]
