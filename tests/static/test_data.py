"""Data is followed from where it is made to where a model gets it."""

from __future__ import annotations

import pytest

from tests.static.following import problems, shape_of

MNIST = "(x, y), (xt, yt) = keras.datasets.mnist.load_data()\n"


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param(
            MNIST + "for a, b in tf.data.Dataset.from_tensor_slices((x, y)).batch(32):\n    found = a",
            [32, 28, 28],
            id="60000 samples come out even in batches of 32",
        ),
        pytest.param(
            MNIST + "for a, b in tf.data.Dataset.from_tensor_slices((x, y)).batch(64):\n    found = a",
            ["?", 28, 28],
            id="the last batch of 64 is smaller",
        ),
        pytest.param(
            MNIST
            + """
def prepare(image, label):
    return tf.image.resize(image[..., None], (64, 64)), tf.one_hot(label, 10)
ds = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(100).map(prepare).batch(8, drop_remainder=True)
_, found = next(iter(ds.prefetch(tf.data.AUTOTUNE)))
""",
            [8, 10],
            id="a function of the program is mapped",
        ),
        pytest.param(
            """
series = np.arange(1000.0)
ds = tf.data.Dataset.from_tensor_slices(series).window(5, shift=1, drop_remainder=True)
ds = ds.flat_map(lambda window: window.batch(5)).map(lambda window: (window[:-1], window[-1:])).batch(32)
for found, target in ds:
    pass
""",
            ["?", 4],
            id="windows of a series",
        ),
        pytest.param(
            """
def batches():
    while True:
        yield np.zeros((8, 32, 32, 3)), np.zeros((8, 10))
found, y = next(batches())
""",
            [8, 32, 32, 3],
            id="a generator",
        ),
        pytest.param(
            """
def pairs():
    while True:
        yield [np.zeros((8, 3)), np.zeros((8, 4))], np.zeros(8)
inputs, y = next(pairs())
found = inputs[1]
""",
            [8, 4],
            id="a generator of several inputs",
        ),
        pytest.param(
            """
images = []
for name in unknown_names():
    images.append(tf.image.resize(tf.io.decode_png(tf.io.read_file(name), channels=3), [32, 32]))
found = np.array(images)
""",
            ["?", 32, 32, 3],
            id="a list filled by a loop",
        ),
        pytest.param(
            "found = np.array([np.zeros((4, 5)) for name in unknown_names()])",
            ["?", 4, 5],
            id="a comprehension over what is not known",
        ),
        pytest.param(
            """
series, windows = np.zeros(500), []
for i in range(60, unknown_count()):
    windows.append(series[i - 60 : i])
found = np.array(windows)[..., None]
""",
            ["?", 60, 1],
            id="sliding windows",
        ),
        pytest.param(
            """
class Batches(keras.utils.Sequence):
    def __len__(self):
        return 10
    def __getitem__(self, index):
        return np.zeros((16, 5)), np.zeros((16,))
found, y = Batches()[0]
""",
            [16, 5],
            id="a Sequence",
        ),
    ],
)
def test_shape(program: str, expected: object) -> None:
    assert shape_of(program, "found") == expected


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(
            "rows = []\nfor name in unknown_names():\n    rows += [np.zeros(3), 'x']\nx = np.array(rows)",
            id="a list of several kinds",
        ),
        pytest.param(
            "x = tf.data.Dataset.from_tensor_slices(unknown()).map(lambda a, b: (a, b)).batch(2)\n"
            "model = keras.Sequential([layers.Dense(1)])\nmodel.compile('sgd', 'mse')\nmodel.fit(x)",
            id="a data set of which nothing is known",
        ),
    ],
)
def test_silent(program: str) -> None:
    assert problems(program) == []


@pytest.mark.parametrize(
    "change", ["labels -= 1", "labels[0] = 7", "labels.fill(3)", "np.copyto(labels, 3)", "labels.reshape(-1)[0] = 7"]
)
def test_changed_in_place(change: str) -> None:
    """What changes an array under another name leaves nothing proved of its values."""
    before, after = "y = np.array([0, 4, 5])\nlabels = y\n", "\nfound = keras.utils.to_categorical(y)"
    assert shape_of(before + after, "found") == [3, 6]
    assert shape_of(before + change + after, "found") == [3, "?"]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param("", ["6:ClassCountMismatch"], id="all classes go by"),
        pytest.param(".take(3)", [], id="a few samples need not hold the last class"),
        pytest.param(".filter(lambda a, b: b < 9)", [], id="classes are left out"),
        pytest.param(".map(lambda a, b: (a, b - 1))", [], id="classes are numbered anew"),
    ],
)
def test_classes_of_a_data_set(steps: str, expected: list[str]) -> None:
    program = """
model = keras.Sequential([keras.Input((28, 28)), layers.Flatten(), layers.Dense(9, activation="softmax")])
model.compile("sgd", "sparse_categorical_crossentropy")
(x, y), _ = keras.datasets.mnist.load_data()
ds = tf.data.Dataset.from_tensor_slices((x, y))
"""
    assert problems(f"{program}model.fit(ds{steps}.batch(32))") == expected


def test_slices_of_several_lengths() -> None:
    """``from_tensor_slices`` wants one number of entries."""
    assert problems("tf.data.Dataset.from_tensor_slices((np.zeros((5, 2)), np.zeros(4)))") == ["1:ArgumentSize"]


MODEL = """
model = keras.Sequential([keras.Input((9,)), layers.Dense(1)])
model.compile("sgd", "mse")
"""


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param(
            "import pandas as pd\nmodel.fit(pd.read_csv('a.csv')[['a', 'b']], np.zeros(5))", "DataShapeMismatch",
            id="a frame",
        ),
        pytest.param(
            "import pandas as pd\nmodel.predict(pd.read_csv('a.csv').iloc[:, 0:8].values)", "DataShapeMismatch",
            id="columns cut by numbers",
        ),
        pytest.param(
            """
class Batches(keras.utils.Sequence):
    def __getitem__(self, index):
        return np.zeros((16, 5)), np.zeros((16, 1))
model.fit(Batches())
""",
            "DataShapeMismatch",
            id="a Sequence",
        ),
        pytest.param(
            """
def batches():
    while True:
        yield np.zeros((8, 7)), np.zeros((8, 1))
model.fit(batches(), steps_per_epoch=3)
""",
            "DataShapeMismatch",
            id="a generator",
        ),
        pytest.param(
            "model.fit(tf.data.Dataset.from_tensor_slices((np.zeros((10, 9)), np.zeros(10))))",
            "DataRankMismatch",
            id="a data set that nobody batched",
        ),
    ],
)  # fmt: skip
def test_fed(program: str, expected: str) -> None:
    """What a model is fed reaches the judgement."""
    assert [one.partition(":")[2] for one in problems(MODEL + program)] == [expected]


@pytest.mark.parametrize(
    "program",
    [
        "import pandas as pd\nmodel.fit(pd.read_csv('a.csv'), np.zeros(5))",
        "import pandas as pd\ndf = pd.read_csv('a.csv')\nmodel.fit(df.drop(columns=['y']), df['y'])",
        "import pandas as pd\nmodel.predict(pd.read_csv('a.csv').iloc[:, 0:9].values)",
        "words = layers.TextVectorization(output_sequence_length=9)\n"
        "texts = keras.utils.text_dataset_from_directory('texts', batch_size=None)\n"
        "model.fit(texts.map(lambda text, label: (words(text), label)).batch(8))",
        "data = np.loadtxt('a.csv', delimiter=',')\nmodel.fit(data[:, 0:9], data[:, 9])",
        "model.fit(tf.data.Dataset.from_tensor_slices((np.zeros((10, 9)), np.zeros(10))).batch(2))",
        "model.fit(tf.data.Dataset.from_tensor_slices((np.zeros((10, 3, 9)), np.zeros((10, 3)))))",
    ],
)
def test_rightly_fed(program: str) -> None:
    assert problems(MODEL + program) == []


TEXTS = """
(x, y), _ = keras.datasets.imdb.load_data(num_words={words})
x = keras.utils.pad_sequences(x, maxlen={length})
model = keras.Sequential([layers.Embedding({rows}, 8), layers.GlobalAveragePooling1D(), layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(x, y)
"""


@pytest.mark.parametrize(
    ("words", "length", "rows", "expected"),
    [
        (5000, 200, 4000, ["IndexOutOfRange"]),
        (5000, 200, 5000, []),
        (5000, 10, 4000, []),  # ten words of each review need not hold the rare ones
        (50000, 200, 4000, []),  # nobody knows which of the rarest words occur
        ("None", 200, 4000, []),
    ],
)
def test_words_of_the_reviews(words: object, length: int, rows: int, expected: list[str]) -> None:
    """The indices that ``imdb.load_data(num_words=n)`` leaves reach the embedding."""
    program = TEXTS.format(words=words, length=length, rows=rows)
    assert [one.partition(":")[2] for one in problems(program)] == expected
