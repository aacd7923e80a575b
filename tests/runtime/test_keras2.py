"""The worker under Keras 2; ``python tools/keras2.py`` makes an environment that has it, and runs these there."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from convlint.problems import MergeShapeMismatch
from convlint.runtime.client import BuildReport, BuildTarget, Workshop, parse_input
from convlint.runtime.explain import explain
from convlint.saved.inspection import inspect_saved
from tests.runtime.conftest import without_remarks

PROGRAM = """
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

def residual(strides=1):
    inputs = keras.Input((32, 32, 3), name="image")
    x = layers.Conv2D(8, 3, padding="same", name="a")(inputs)
    y = layers.Conv2D(8, 3, padding="same", strides=strides, name="b")(x * 0.5)
    return keras.Model(inputs, layers.Dense(3)(layers.Flatten()(layers.add([x, y]))))

def broken():
    return residual(2)

def chain():
    return keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)])

def chain_with_relu():
    return keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, activation="relu"), layers.Flatten(),
                             layers.Dense(3)])

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv, self.dense = layers.Conv2D(4, 3), layers.Dense(3)
    def call(self, x):
        return self.dense(tf.nn.relu(self.conv(x)))

def save(folder):
    model = chain()
    model.save(folder)
    model.save(folder + ".h5")
    return model

if __name__ == "__main__":
    model = chain()
    model.compile("adam", "mse", metrics=["mae"])
    history = model.fit(np.zeros((10, 8, 8, 3)), np.zeros((10, 3)), epochs=2)
    loss, error = model.evaluate(np.zeros((10, 8, 8, 3)), np.zeros((10, 3)))
    assert model.predict(np.zeros((10, 8, 8, 3))).shape == (10, 3)
    model.save("model.h5")
"""


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    with pytest.MonkeyPatch.context() as patch:
        if importlib.util.find_spec("tf_keras") is not None:
            patch.setenv("TF_USE_LEGACY_KERAS", "1")
        elif not importlib.metadata.version("keras").startswith("2."):
            pytest.skip("neither tf_keras nor a Keras 2 is installed")
        with Workshop() as shared:
            yield shared


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "model.py"
    path.write_text(textwrap.dedent(PROGRAM).lstrip(), encoding="utf-8")
    return str(path)


@pytest.fixture
def build(workshop: Workshop, file: str) -> Callable[..., BuildReport]:
    def run(builder: str, *inputs: str) -> BuildReport:
        return workshop.build(BuildTarget(file, builder, inputs=tuple(map(parse_input, inputs))))

    return run


def test_it_is_keras_2(workshop: Workshop, build: Callable[..., BuildReport]) -> None:
    assert build("chain").keras == 2
    assert workshop.versions["keras"].startswith("2.")


def test_no_thread_of_tensorflow_starts_before_the_fork(workshop: Workshop, tmp_path: Path) -> None:
    """A fork lacks the threads of its parent: what waits for one of them waits for ever."""
    path = tmp_path / "probe.py"
    path.write_text(
        "from tensorflow.python.eager import context\n"
        "def probe():\n"
        "    assert context._context is None or not context._context._initialized\n"
        "    import tensorflow as tf\n"
        "    return tf.keras.Sequential()\n"
    )
    report = workshop.build(BuildTarget(str(path), "probe"))
    assert "AssertionError" not in report.message, report.message


def test_a_functional_model_has_its_table_and_its_graph(build: Callable[..., BuildReport]) -> None:
    report = build("residual")
    assert (report.status, report.message) == ("built", "")
    rows = {row.name: (row.class_name, row.output_shapes, row.params, row.line) for row in report.layers}
    assert rows["image"] == ("InputLayer", ((None, 32, 32, 3),), 0, 7)
    assert rows["a"] == ("Conv2D", ((None, 32, 32, 8),), 224, 8)
    assert rows["b"] == ("Conv2D", ((None, 32, 32, 8),), 584, 9)
    boxes = [box.name for box in report.graph.boxes]
    edges = {(boxes[edge.source], boxes[edge.target]) for edge in report.graph.edges}
    assert {("image", "a"), ("a", "add"), ("b", "add"), ("add", "flatten")} <= edges


def test_a_fault_is_the_same_problem_on_the_same_line(build: Callable[..., BuildReport]) -> None:
    (one,) = without_remarks(explain(build("broken")))
    assert isinstance(one.problem, MergeShapeMismatch)
    assert one.location.line == 10


def test_sequential_and_subclassed_models(build: Callable[..., BuildReport]) -> None:
    assert [row.params for row in build("chain").layers] == [112, 0, 435]
    assert [(row.class_name, row.params) for row in build("Net", "8 8 3").layers] == [("Conv2D", 112), ("Dense", 15)]


def test_a_program_runs_dry(workshop: Workshop, file: str) -> None:
    report = workshop.run_script(BuildTarget(file))
    assert (report.status, report.message, report.built) == ("built", "", ("model",))
    assert "fit" in " ".join(report.notes)
    assert not (Path(file).parent / "model.h5").exists()


def test_compare(workshop: Workshop, file: str) -> None:
    assert workshop.compare(BuildTarget(file, "chain"), BuildTarget(file, "chain")).verdict == "equal"
    apart = workshop.compare(BuildTarget(file, "chain"), BuildTarget(file, "chain_with_relu"))
    assert (apart.verdict, apart.cause, apart.first_difference) == ("different", "activation", "conv2d")


def test_savedmodel_folders(workshop: Workshop, file: str, build: Callable[..., BuildReport], tmp_path: Path) -> None:
    """Their table is that of the build; they are compared as they are."""
    folder = str(tmp_path / "folder")
    assert workshop.build(BuildTarget(file, "save", {"folder": folder})).ok
    report = inspect_saved(folder, keras=2)
    rows = [(row.class_name, row.output_shapes, row.params) for row in report.layers if row.class_name != "InputLayer"]
    assert rows == [(row.class_name, row.output_shapes, row.params) for row in build("chain").layers]
    assert (report.params, report.observations) == (547, ())
    saved = BuildTarget(folder, saved=True)
    assert workshop.compare(saved, BuildTarget(f"{folder}.h5", saved=True)).verdict == "equal"
