"""Whole files in a dry run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from convlint.problems import BuildFailed, DataShapeMismatch, InputRankMismatch, IntegerLabels, TargetBroadcast
from convlint.runtime.client import BuildReport, BuildTarget, Workshop
from convlint.runtime.explain import explain

TRAINING = """
(x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
x = x{axis}.astype("float32") / 255
y = keras.utils.to_categorical(y)
model = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(8, 3), layers.Flatten()])
model.add(layers.Dense(y.shape[1], activation="softmax"))
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, epochs=3, validation_split=0.1)
best = max(history.history["val_accuracy"])
loss, accuracy = model.evaluate(x_test[..., None], keras.utils.to_categorical(y_test))
classes = model.predict(x_test[..., None]).argmax(-1)
assert classes.shape == y_test.shape
model.save("model.keras")
if __name__ == "__main__":
    print("the end", len(history.epoch), y.shape)
"""


def run(workshop: Workshop, file: str) -> BuildReport:
    return workshop.run_script(BuildTarget(file, memory_limit=2 << 30))


def test_a_training_program_runs_to_its_end_without_training(workshop: Workshop, program: Callable[..., str]) -> None:
    report = run(workshop, program(TRAINING.format(axis="[..., None]")))
    assert (report.status, report.message, report.stdout) == ("built", "", "the end 3 (60000, 10)\n")
    assert (report.dry_run, report.built, report.params) == (True, ("model",), 80 + 5408 * 10 + 10)
    assert report.notes == ("replaced in this build: mnist.load_data, fit, evaluate, predict, save",)
    assert explain(report) == ()
    assert report.seconds < 10


def test_data_that_does_not_fit_is_refused_by_keras_itself(workshop: Workshop, program: Callable[..., str]) -> None:
    source = """
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(8, 3)])
    model.compile("adam", "mse")
    model.fit(np.zeros((10, 28, 28, 3)), np.zeros((10, 26, 26, 8)))
    """
    (one,) = explain(run(workshop, program(source)))
    assert (one.location.line, one.problem.operation) == (8, "model.fit")
    assert isinstance(one.problem, DataShapeMismatch)
    assert (one.problem.axis, one.problem.data_size, one.problem.input_size) == (3, 3, 1)


def test_targets_that_the_loss_refuses(workshop: Workshop, program: Callable[..., str]) -> None:
    source = """
    model = keras.Sequential([keras.Input((8,)), layers.Dense(10, activation="softmax")])
    model.compile("adam", "categorical_crossentropy")
    x_train, y_train = np.zeros((6, 8)), np.zeros(6, "int32")
    model.fit(x_train, y_train)
    """
    (one,) = explain(run(workshop, program(source)))
    assert (one.location.line, one.problem.operation, one.problem.target) == (9, "model.fit", "y_train")
    assert isinstance(one.problem, IntegerLabels)


def test_targets_that_the_loss_stretches(workshop: Workshop, program: Callable[..., str]) -> None:
    source = """
    model = keras.Sequential([keras.Input((8,)), layers.Dense(10)])
    model.compile("adam", "mse")
    model.fit(np.zeros((6, 8)), np.zeros((6, 1)))
    """
    report = run(workshop, program(source))
    assert report.status == "built"
    (one,) = explain(report)
    assert (one.location.line, type(one.problem)) == (8, TargetBroadcast)


DATASET = """
model = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(8, 3), layers.Flatten(), layers.Dense(10)])
model.compile("adam", keras.losses.{loss}(from_logits=True), metrics=["accuracy"])
images, labels = np.zeros((100, 28, 28{channels})), np.zeros(100, "int32")
data = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(100){batch}
model.fit(data, epochs=2)
loss, accuracy = model.evaluate(data)
print(model.predict(data.map(lambda image, label: image)).shape)
"""


def test_a_program_with_a_dataset_runs_to_its_end(workshop: Workshop, program: Callable[..., str]) -> None:
    source = DATASET.format(loss="SparseCategoricalCrossentropy", channels=", 1", batch=".batch(20, True)")
    report = run(workshop, program(source))
    assert (report.status, report.message, report.stdout) == ("built", "", "(100, 10)\n")
    assert explain(report) == ()


@pytest.mark.parametrize(
    ("loss", "channels", "batch", "problem"),
    [
        ("SparseCategoricalCrossentropy", ", 3", ".batch(20)", DataShapeMismatch),
        ("CategoricalCrossentropy", ", 1", ".batch(20)", IntegerLabels),
    ],
)
def test_a_dataset_that_does_not_fit(
    workshop: Workshop, program: Callable[..., str], loss: str, channels: str, batch: str, problem: type
) -> None:
    (one,) = explain(run(workshop, program(DATASET.format(loss=loss, channels=channels, batch=batch))))
    assert (type(one.problem), one.location.line) == (problem, 10)


def test_a_fault_at_module_level_stands_on_its_line(workshop: Workshop, program: Callable[..., str]) -> None:
    (one,) = explain(run(workshop, program("x = keras.Input((28, 28))\nprint()\ny = layers.Conv2D(8, 3)(x)\n")))
    assert (one.location.line, one.symbol, type(one.problem)) == (8, "", InputRankMismatch)


def test_what_only_the_dry_run_may_have_caused_is_not_stated(workshop: Workshop, program: Callable[..., str]) -> None:
    report = run(workshop, program("data = {}\nprint(data['epochs'])\n"))
    assert (report.status, report.message) == ("raised", "KeyError: 'epochs'")
    assert explain(report) == ()


def test_a_file_that_trains_is_not_trained_for_its_builders(build: Callable[..., BuildReport]) -> None:
    """Neither outside of its functions nor, in a check, inside of them; a builder asked for by name does train."""
    source = """
    def make():
        model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        model.compile("sgd", "mse")
        history = model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0).history["loss"]
        assert (history[0] > 0) is trains
        return model
    trains = {}
    model = keras.Sequential([keras.Input((300,)), layers.Dense(200)])
    model.compile("sgd", "mse")
    while model.fit(np.ones((4, 300)), np.ones((4, 200))).history["loss"][-1] > 0:
        pass
    """
    for trains in (True, False):
        report = build(source.format(trains), trains=trains, time_limit=30)
        assert (report.status, report.message, report.params) == ("built", "", 8)
        assert report.dry_run


def test_what_the_stand_ins_may_have_caused_is_not_stated(build: Callable[..., BuildReport]) -> None:
    source = (
        "def make():\n    keras.Sequential([keras.Input((3,)), layers.Dense(2)]).save('a.keras')\n    return 1 / 0\n"
    )
    assert [type(one.problem) for one in explain(build(source))] == [BuildFailed]
    assert explain(build(source, trains=False)) == ()
