"""Data against model, targets against loss: what is stated, where, and what stays silent."""

from __future__ import annotations

import pytest

from tests.static.following import analyse, problems

DENSE = """
model = keras.Sequential([keras.Input((8,)), layers.Dense(10, activation="softmax")])
model.compile("sgd", "{loss}")
"""


def after(model: str, line: str, **values: str) -> list[str]:
    """Kinds of problems that a line adds to a model."""
    return [found.partition(":")[2] for found in problems(model.format(**values) + line)]


@pytest.mark.parametrize(
    ("loss", "target", "expected"),
    [
        pytest.param("categorical_crossentropy", "np.zeros((6, 10))", [], id="rows of the output's shape"),
        pytest.param("categorical_crossentropy", "np.zeros(6, int)", ["IntegerLabels"], id="numbers for rows"),
        pytest.param("categorical_crossentropy", "np.zeros((6, 1), int)", ["IntegerLabels"], id="a column of numbers"),
        pytest.param("categorical_crossentropy", "np.zeros((6, 5))", ["TargetShapeMismatch"], id="too few columns"),
        pytest.param("sparse_categorical_crossentropy", "np.zeros(6, int)", [], id="numbers"),
        pytest.param("sparse_categorical_crossentropy", "np.zeros((6, 1), int)", [], id="a column that is squeezed"),
        pytest.param("sparse_categorical_crossentropy", "np.zeros((6, 10))", ["OneHotLabels"], id="rows for numbers"),
        pytest.param("mse", "np.zeros((6, 10))", [], id="regression of ten numbers"),
        pytest.param("mse", "np.zeros((6, 1))", ["TargetBroadcast"], id="one number against ten"),
        pytest.param("mse", "np.zeros(6)", ["TargetShapeMismatch"], id="a row against a table"),
        pytest.param("binary_crossentropy", "np.zeros(6)", ["TargetShapeMismatch"], id="yes or no against ten"),
        pytest.param("mse", "unknown()", [], id="unknown targets"),
        pytest.param("my_loss_nobody_knows", "np.zeros(6)", ["UnknownIdentifier"], id="an unknown loss"),
    ],
)
def test_targets(loss: str, target: str, expected: list[str]) -> None:
    """Targets are judged under the loss that was given to compile."""
    assert after(DENSE, f"model.fit(np.zeros((6, 8)), {target})", loss=loss) == expected


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("model.compile('sgd', loss=keras.losses.CategoricalCrossentropy())", id="an object"),
        pytest.param("model.compile('sgd', loss=keras.losses.categorical_crossentropy)", id="a function"),
        pytest.param("model.compile('sgd', loss=tf.keras.losses.CategoricalCrossentropy())", id="of tf.keras"),
        pytest.param("model.compile(optimizer='sgd', loss=['categorical_crossentropy'])", id="a list of one"),
        pytest.param("loss = 'categorical_crossentropy'\nmodel.compile('sgd', loss)", id="a name"),
        pytest.param(
            "options = dict(optimizer='sgd', loss='categorical_crossentropy')\nmodel.compile(**options)", id="**options"
        ),
    ],
)
def test_spellings_of_a_loss(program: str) -> None:
    """A loss is the same by name, as an object, as a function and out of a dictionary."""
    model = 'model = keras.Sequential([keras.Input((8,)), layers.Dense(10, activation="softmax")])\n'
    found = problems(model + program + "\nmodel.fit(np.zeros((6, 8)), np.zeros(6, int))")
    assert [one.partition(":")[2] for one in found] == ["IntegerLabels"]


@pytest.mark.parametrize("call", ["fit(x, y)", "evaluate(x, y)", "train_on_batch(x, y)", "test_on_batch(x, y)",
                                  "fit(x=x, y=y, epochs=3)", "fit(good, rows, validation_data=(x, y))"])  # fmt: skip
def test_every_method_is_judged(call: str) -> None:
    """All methods that compare data with targets, and the validation data."""
    program = DENSE.format(loss="categorical_crossentropy") + (
        f"x, y = np.zeros((6, 8)), np.zeros(6, int)\ngood, rows = np.zeros((6, 8)), np.zeros((6, 10))\nmodel.{call}"
    )
    assert [one.partition(":")[2] for one in problems(program)] == ["IntegerLabels"]


def test_names_and_numbers() -> None:
    """A message names the user's arrays, and the evidence leads to both of them."""
    result = analyse(
        DENSE.format(loss="mse")
        + "x_train = np.zeros((6, 9))\ny_train = np.zeros((6, 10))\nmodel.fit(x_train, y_train)"
    )
    (one,) = result.observations
    assert vars(one.problem) == {
        "operation": "model.fit", "data": "x_train", "data_shape": (6, 9), "input_shape": one.problem.input_shape,
        "axis": 1, "data_size": 9, "input_size": 8, "repair": "",
    }  # fmt: skip
    assert [step.text for step in one.evidence] == ["x_train: (6, 9)", "keras.Input: (None, 8)"]


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("model.fit(np.zeros((6, 8)), np.zeros((6, 10)))", id="fits"),
        pytest.param("model.predict(np.zeros((6, 8, 1)))", id="a last axis of 1 is dropped"),
        pytest.param("model.fit(data(), np.zeros((6, 10)))", id="unknown data"),
        pytest.param("model.fit(tf.data.Dataset.from_generator(make), epochs=2)", id="an unknown data set"),
        pytest.param("model.fit([np.zeros((6, 8))], [np.zeros((6, 10))])", id="lists of one array"),
        pytest.param("model.fit(np.zeros((6, 8)), np.zeros((6, 10)), sample_weight=np.ones((6,)))", id="weights"),
        pytest.param("model.fit(np.zeros((6, 8)), np.zeros((6, 10)), validation_split=0.2)", id="validation_split"),
    ],
)
def test_correct_calls_are_silent(program: str) -> None:
    """What Keras accepts or repairs, and what is not known."""
    assert after(DENSE, program, loss="mse") == []


def test_what_a_branch_compiled() -> None:
    """A loss that depends on a condition is not known."""
    program = """
    model = keras.Sequential([keras.Input((8,)), layers.Dense(10, activation="softmax")])
    if flag:
        model.compile("sgd", "categorical_crossentropy")
    else:
        model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(np.zeros((6, 8)), np.zeros(6, int))
    """
    assert problems(program) == []


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param("model.fit(x, y)", ["FitBeforeCompile"], id="never"),
        pytest.param("model.predict(x)", [], id="not needed"),
        pytest.param("prepare(model)\nmodel.fit(x, y)", [], id="handed to something unknown"),
        pytest.param("if flag:\n    model.compile('sgd', 'mse')\nmodel.fit(x, y)", [], id="maybe"),
        pytest.param("model = keras.models.load_model('m.keras')\nmodel.fit(x, y)", [], id="loaded"),
    ],
)
def test_fit_before_compile(program: str, expected: list[str]) -> None:
    """A model that the program shows from its making to its fit, without a compile between."""
    start = """
model = keras.Sequential([keras.Input((8,)), layers.Dense(10)])
x, y = np.zeros((6, 8)), np.zeros((6, 10))
"""
    assert after(start, program) == expected


def test_models_kept_by_an_object() -> None:
    """Which methods ran before, nobody knows of an object that the program never makes."""
    program = """
    class Trainer:
        def __init__(self):
            self.model = keras.Sequential([keras.Input((8,)), layers.Dense(10)])
        def prepare(self):
            self.model.compile("sgd", "mse")
        def run(self):
            self.model.fit(np.zeros((6, 8)), np.zeros((6, 10)))
    """
    assert problems(program) == []


def test_own_training_step() -> None:
    """A class with a `train_step` of its own decides what its data means."""
    program = """
    class GAN(keras.Model):
        def __init__(self):
            super().__init__()
            self.d = layers.Dense(3)
        def call(self, x):
            return self.d(x)
        def train_step(self, data):
            return {}
    gan = GAN()
    gan.compile("adam", "categorical_crossentropy")
    gan.fit(np.zeros((6, 8)), np.zeros(6, int))
    """
    assert problems(program) == []


def test_classes_of_the_program() -> None:
    """A model class is called with the data, and its output meets the targets."""
    program = """
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = layers.Dense(16, activation="relu")
            self.out = layers.Dense(3, activation="softmax")
        def call(self, x):
            return self.out(self.hidden(x))
    net = Net()
    net.compile("adam", "categorical_crossentropy")
    net.fit(np.zeros((6, 8)), np.zeros((6, 4)))
    """
    assert problems(program) == ["11:TargetShapeMismatch"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("model.predict([a, b])", [], id="two arrays"),
        pytest.param("model.predict({'left': a, 'right': b})", [], id="by name"),
        pytest.param("model.predict({'left': a})", ["InputKeyMissing"], id="a name is missing"),
        pytest.param("model.predict({'left': a, **more})", [], id="unknown names"),
        pytest.param("model.predict(a)", ["InputCountMismatch"], id="one array"),
        pytest.param("model.predict([b, a])", ["DataShapeMismatch"], id="the wrong order"),
    ],
)
def test_several_inputs(call: str, expected: list[str]) -> None:
    """Arrays by place and by name."""
    start = """
left = keras.Input((4,), name="left")
right = keras.Input((6,), name="right")
model = keras.Model([left, right], layers.Concatenate()([left, right]))
a, b = np.zeros((3, 4)), np.zeros((3, 6))
"""
    found = [one.partition(":")[2] for one in problems(start + call)]
    assert found[:1] == expected


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        pytest.param("[np.zeros((3, 2)), np.zeros(3, int)]", [], id="each under its loss"),
        pytest.param("[np.zeros((3, 2)), np.zeros((3, 5))]", ["OneHotLabels"], id="the second is wrong"),
        pytest.param("(np.zeros((3, 7)), np.zeros(3, int))", ["TargetShapeMismatch"], id="the first is wrong"),
    ],
)
@pytest.mark.parametrize(
    "loss",
    [
        "['categorical_crossentropy', 'sparse_categorical_crossentropy']",
        "{'a': 'categorical_crossentropy', 'b': 'sparse_categorical_crossentropy'}",
    ],
)
def test_several_outputs(loss: str, targets: str, expected: list[str]) -> None:
    """Losses by place and by the names of the output layers."""
    program = f"""
    x = keras.Input((4,))
    a = layers.Dense(2, activation="softmax", name="a")(x)
    b = layers.Dense(5, activation="softmax", name="b")(x)
    model = keras.Model(x, [a, b])
    model.compile("sgd", {loss})
    model.fit(np.zeros((3, 4)), {targets})
    """
    assert [one.partition(":")[2] for one in problems(program)] == expected


@pytest.mark.parametrize(
    ("last", "loss", "expected"),
    [
        pytest.param("layers.Dense(3)", "'categorical_crossentropy'", ["LogitsAsProbabilities"], id="no activation"),
        pytest.param("layers.Dense(3, activation='relu')", "'categorical_crossentropy'", ["LogitsAsProbabilities"],
                     id="relu"),
        pytest.param("layers.Dense(1)", "'binary_crossentropy'", ["LogitsAsProbabilities"], id="binary"),
        pytest.param("layers.Dense(3, activation='sigmoid')", "'categorical_crossentropy'", [], id="sigmoids"),
        pytest.param("layers.Dense(3, activation=tf.nn.softmax)", "'categorical_crossentropy'", [], id="tf.nn.softmax"),
        pytest.param("layers.Dense(3, activation=my_softmax)", "'categorical_crossentropy'", [], id="unknown"),
        pytest.param("layers.Dense(3)", "keras.losses.CategoricalCrossentropy(from_logits=True)", [], id="logits"),
        pytest.param("layers.Dense(3)", "keras.losses.CategoricalCrossentropy(**options)", [], id="unknown settings"),
        pytest.param("layers.Dense(3, activation='softmax')", "keras.losses.CategoricalCrossentropy(from_logits=True)",
                     ["ProbabilitiesAsLogits"], id="softmax as logits"),
        pytest.param("layers.Dense(1, activation='sigmoid')", "'categorical_crossentropy'", ["OneUnitCrossentropy"],
                     id="one unit"),
        pytest.param("layers.Dense(1, activation='softmax')", "'categorical_crossentropy'", ["SoftmaxOverOne"],
                     id="softmax over one is told once"),
        pytest.param("layers.Dense(3)", "'mse'", [], id="regression"),
        pytest.param("layers.Dense(3), layers.Dropout(0.5), layers.Softmax()", "'categorical_crossentropy'", [],
                     id="softmax as a layer"),
        pytest.param("layers.Dense(3, activation='softmax'), layers.Softmax()", "'categorical_crossentropy'",
                     ["DoubleSoftmax"], id="softmax twice"),
    ],
)  # fmt: skip
def test_activation_and_loss(last: str, loss: str, expected: list[str]) -> None:
    """What the last layer applies, and what the loss reads."""
    program = f"model = keras.Sequential([keras.Input((8,)), {last}])\nmodel.compile('sgd', {loss})\n"
    assert [one.partition(":")[2] for one in problems(program)] == expected


def test_loss_objects_in_own_loops() -> None:
    """A loss called in a loop of the program's own is judged like one that was compiled."""
    program = """
    model = keras.Sequential([keras.Input((8,)), layers.Dense(3, activation="softmax")])
    loss_fn = keras.losses.CategoricalCrossentropy()
    for step in range(10):
        x, y = np.zeros((16, 8)), np.zeros(16, int)
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x))
    """
    assert problems(program) == ["7:IntegerLabels"]


FLOW = """
generator = tf.keras.preprocessing.image.ImageDataGenerator(rescale=1 / 255)
train = generator.flow_from_directory("x", target_size=(150, 150){more})
model = keras.Sequential([layers.Conv2D(4, 3, input_shape=({size}, {size}, 3)), layers.Flatten()])
model.add(layers.Dense({units}, activation="{activation}"))
model.compile("adam", "{loss}")
"""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"units": 1, "activation": "sigmoid", "loss": "binary_crossentropy"}, ["LoaderLabelMode"],
                     id="one-hot rows for one unit"),
        pytest.param({"units": 1, "activation": "sigmoid", "loss": "binary_crossentropy",
                      "more": ", class_mode='binary'"}, [], id="binary labels for one unit"),
        pytest.param({"units": 3, "activation": "softmax", "loss": "categorical_crossentropy"}, [], id="one-hot rows"),
        pytest.param({"units": 3, "activation": "softmax", "loss": "sparse_categorical_crossentropy"},
                     ["LoaderLabelMode"], id="one-hot rows for numbers"),
        pytest.param({"units": 3, "activation": "softmax", "loss": "categorical_crossentropy", "size": 224},
                     ["LoaderImageSize"], id="another size"),
        pytest.param({"units": 3, "activation": "softmax", "loss": "categorical_crossentropy",
                      "more": ", class_mode=mode"}, [], id="an unknown mode"),
    ],
)  # fmt: skip
def test_loaders(values: dict[str, object], expected: list[str]) -> None:
    """The settings of a loader, its defaults included, against loss, units and input."""
    program = FLOW.format(**{"more": "", "size": 150, **values}) + "model.fit(train, epochs=2)"  # type: ignore[arg-type]
    assert [one.partition(":")[2] for one in problems(program)] == expected


@pytest.mark.parametrize(
    ("units", "target", "expected"),
    [
        pytest.param(9, "y", ["ClassCountMismatch"], id="ten digits, nine units"),
        pytest.param(10, "y", [], id="ten digits, ten units"),
        pytest.param(12, "y", [], id="units to spare"),
        pytest.param(9, "y[y < 9]", [], id="filtered"),
        pytest.param(9, "clean(y)", [], id="through something unknown"),
    ],
)
def test_classes(units: int, target: str, expected: list[str]) -> None:
    """The classes that a known data set holds, against the units."""
    program = f"""
    (x, y), test = keras.datasets.mnist.load_data()
    model = keras.Sequential([layers.Flatten(input_shape=(28, 28)), layers.Dense({units}, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(x, {target})
    """
    assert [one.partition(":")[2] for one in problems(program)] == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("model.fit(ds)", ["DataRankMismatch"], id="nobody batched"),
        pytest.param("model.fit(ds.batch(2))", [], id="batched"),
        pytest.param("model.fit(ds.batch(2).map(lambda x, y: (x, tf.one_hot(y, 10))))", ["OneHotLabels"], id="one-hot"),
        pytest.param("model.fit(ds.batch(2).map(unknown))", [], id="an unknown function"),
        pytest.param("model.fit(ds.map(lambda x, y: (x[:4], y)).batch(2))", ["DataShapeMismatch"], id="cut"),
        pytest.param("model.fit(np.zeros((6, 8)), np.zeros(6), validation_data=ds)", ["DataRankMismatch"],
                     id="as validation data"),
    ],
)  # fmt: skip
def test_data_sets(line: str, expected: list[str]) -> None:
    """Elements of `tf.data` are judged as the model receives them."""
    start = DENSE.format(loss="sparse_categorical_crossentropy")
    start += "ds = tf.data.Dataset.from_tensor_slices((np.zeros((6, 8)), np.zeros(6, int)))\n"
    assert after(start.replace("{", "{{").replace("}", "}}"), line) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param("d = y - model(x)", ["HiddenBroadcast"], id="an operator"),
        pytest.param("d = tf.math.squared_difference(y, model(x))", ["HiddenBroadcast"], id="a function"),
        pytest.param("d = y - model.predict(x)", ["HiddenBroadcast"], id="predictions as arrays"),
        pytest.param("d = y[:, None] - model(x)", [], id="both columns"),
        pytest.param("d = y - tf.squeeze(model(x), -1)", [], id="both rows"),
        pytest.param("d = x[:, :1] - y", [], id="no prediction"),
        pytest.param("d = model(x) > np.linspace(0, 1, 32)", [], id="a table of thresholds"),
        pytest.param("d = keras.losses.mean_squared_error(y, model(x))", [], id="a loss that squeezes"),
    ],
)
def test_hidden_broadcast(lines: str, expected: list[str]) -> None:
    """A column of predictions meets a row of targets."""
    start = """
model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
x, y = np.zeros((32, 4)), np.zeros(32)
"""
    assert [one.partition(":")[2] for one in problems(start + lines)] == expected


CUSTOM = """
def difference(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred))
class Difference(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return tf.abs(y_true - y_pred)
def half_batch(y_true, y_pred):
    return tf.reduce_sum(y_true - y_pred) / (y_pred.shape[0] // 2)
model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
model.compile("sgd", {arguments})
model.fit(np.zeros((32, 4)), np.zeros(32))
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param("difference", [], id="a function: Keras expands the targets"),
        pytest.param("Difference()", ["6:HiddenBroadcast"], id="a class: nobody does"),
        pytest.param("'mse', metrics=[difference]", ["3:HiddenBroadcast"], id="a metric: nobody does"),
        pytest.param("half_batch", ["8:StaticBatchInLoss"], id="the size of the batch is None"),
    ],
)
def test_losses_of_the_program(arguments: str, expected: list[str]) -> None:
    """Losses and metrics of the program run on what `fit` gives them."""
    assert problems("\n" + CUSTOM.format(arguments=arguments).strip("\n")) == expected


@pytest.mark.parametrize(
    ("units", "activation", "loss", "metric", "expected"),
    [
        pytest.param(3, "softmax", "'categorical_crossentropy'", "'accuracy'", [], id="chosen by shapes"),
        pytest.param(3, "softmax", "'sparse_categorical_crossentropy'", "'categorical_accuracy'",
                     ["MetricMismatchSilent"], id="numbers as rows"),
        pytest.param(3, "softmax", "'categorical_crossentropy'", "keras.metrics.SparseCategoricalAccuracy()",
                     ["MetricMismatch"], id="rows as numbers"),
        pytest.param(3, "softmax", "'sparse_categorical_crossentropy'", "keras.metrics.BinaryAccuracy()",
                     ["MetricMismatch"], id="numbers as yes and no"),
        pytest.param(1, "linear", "keras.losses.BinaryCrossentropy(from_logits=True)", "'accuracy'",
                     ["MetricOnLogits"], id="a threshold on logits"),
        pytest.param(1, "linear", "keras.losses.BinaryCrossentropy(from_logits=True)",
                     "keras.metrics.BinaryAccuracy(threshold=0)", [], id="a threshold for logits"),
        pytest.param(1, "linear", "'mse'", "'accuracy'", [], id="what a regression counts is not proved"),
    ],
)  # fmt: skip
def test_metrics(units: int, activation: str, loss: str, metric: str, expected: list[str]) -> None:
    """A metric beside a loss."""
    program = f"""
    model = keras.Sequential([keras.Input((4,)), layers.Dense({units}, activation="{activation}")])
    model.compile("sgd", {loss}, metrics=[{metric}])
    """
    assert [one.partition(":")[2] for one in problems(program)] == expected


def test_a_sequence_class_as_data() -> None:
    """What `__getitem__` returns is a batch."""
    program = """
    class Batches(keras.utils.Sequence):
        def __len__(self):
            return 10
        def __getitem__(self, index):
            return np.zeros((4, 9)), np.zeros((4, 10))
    model = keras.Sequential([keras.Input((8,)), layers.Dense(10)])
    model.compile("sgd", "mse")
    model.fit(Batches())
    """
    assert problems(program) == ["9:DataShapeMismatch"]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        pytest.param("layers.Conv2D(4, 3)(image)", ["DataShapeMismatch"], id="a layer refuses"),
        pytest.param("layers.AveragePooling2D(2)(image)", ["DataShapeMismatchSilent"], id="no layer looks at it"),
    ],
)
def test_a_last_axis_that_keras_does_not_compare(layer: str, expected: list[str]) -> None:
    """A functional model leaves a last axis of 1 out of its comparison; its layers decide."""
    program = f"""
    image = keras.Input((28, 28, 1))
    model = keras.Model(image, {layer})
    model.predict(np.zeros((2, 28, 28, 3)))
    """
    assert [one.partition(":")[2] for one in problems(program)] == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("keras.losses.sparse_categorical_crossentropy(y, p)", ["LogitsAsProbabilities"], id="not told"),
        pytest.param("keras.losses.sparse_categorical_crossentropy(y, p, from_logits=True)", [], id="told by name"),
        pytest.param("keras.losses.sparse_categorical_crossentropy(y, p, True)", [], id="told by place"),
        pytest.param("keras.losses.sparse_categorical_crossentropy(y, p, **options)", [], id="unknown settings"),
        pytest.param("keras.losses.sparse_categorical_crossentropy(y, y_pred=p, from_logits=mode)", [], id="unknown"),
        pytest.param("keras.metrics.categorical_accuracy(tf.one_hot(y, 3), p)", [], id="no loss"),
    ],
)
def test_loss_functions_in_own_loops(call: str, expected: list[str]) -> None:
    """A function of `keras.losses` called on what a model returned."""
    start = """
model = keras.Sequential([keras.Input((8,)), layers.Dense(3)])
y, p = np.zeros(16, int), model(np.zeros((16, 8)))
"""
    assert [one.partition(":")[2] for one in problems(f"{start}loss = {call}")] == expected


OUTPUTS = """
i = keras.Input((4,))
a, b = layers.Dense(1, name="a")(i), layers.Dense(3)(i)
x, y = np.zeros((8, 4)), [np.zeros((8, 1)), np.zeros((8, 3))]
model = keras.Model(i, [a, b])
"""


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        pytest.param("{'a': 'mse', 'b': 'mse'}", ["7:LossKeyUnknown"], id="no output has that name"),
        pytest.param("{'a': 'mse', 'dense': 'mse'}", [], id="a name that Keras gave"),
        pytest.param("dict(zip(names, ['mse', 'mse']))", [], id="names from elsewhere"),
        pytest.param("['mse', 'mse']", [], id="by their order"),
    ],
)
def test_losses_by_name(loss: str, expected: list[str]) -> None:
    program = f"{OUTPUTS}model.compile('sgd', loss={loss})\nmodel.fit(x, y)"
    assert problems(program) == expected


REVIEWS = """
(x, y), _ = keras.datasets.imdb.load_data(num_words=5000)
m = keras.Sequential([layers.Embedding(5000, 8), layers.GlobalAveragePooling1D(), layers.Dense(1, "sigmoid")])
m.compile("adam", "binary_crossentropy")
"""


def test_texts_of_different_lengths() -> None:
    """What ``imdb.load_data`` gives must be made equally long first."""
    assert problems(REVIEWS + "m.fit(x, y)") == ["5:RaggedData"]
    assert problems(REVIEWS + "m.fit(x[:1000], y[:1000])\nm.predict(x[1000:])") == ["5:RaggedData", "6:RaggedData"]
    assert problems(REVIEWS + "x = keras.utils.pad_sequences(x, maxlen=100)\nm.fit(x, y)") == []
    assert problems(REVIEWS + "texts = np.array(['a', 'b'], dtype=object)\nm.predict(texts)") == []
    assert problems(REVIEWS + "one = x[0]\nm.predict(keras.utils.pad_sequences([one, x[1]], maxlen=100))") == []
