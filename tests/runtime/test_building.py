"""Builds that go well, and requests that can't be met."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import convlint
from convlint.runtime.client import BuildReport, BuildTarget, Workshop
from convlint.runtime.explain import explain
from convlint.summary import LayerRow

Build = Callable[..., BuildReport]

CNN = """
def make(classes=10):
    x = keras.Input((28, 28, 1), name="image")
    y = layers.Conv2D(8, 3, name="c1")(x)
    y = layers.Flatten()(y)
    model = keras.Model(x, layers.Dense(classes)(y), name="cnn")
    model.compile("adam", "mse")
    return model
"""


def test_the_layer_table(build: Build) -> None:
    report = build(CNN, arguments={"classes": 3})
    file = report.file
    assert (report.status, report.model, report.params) == ("built", "cnn", 80 + 5408 * 3 + 3)
    image, features = (None, 28, 28, 1), (None, 26, 26, 8)
    assert report.layers == (
        LayerRow("image", "InputLayer", (image,), (image,), 0, None, None, file, 7),
        LayerRow("c1", "Conv2D", (image,), (features,), 80, "channels_last", (3, 3, 1, 8), file, 8),
        LayerRow("flatten", "Flatten", (features,), ((None, 5408),), 0, "channels_last", None, file, 9),
        LayerRow("dense", "Dense", ((None, 5408),), ((None, 3),), 16227, None, (5408, 3), file, 10),
    )
    assert explain(report) == ()


def test_a_builder_that_returns_nothing_is_told_so(build: Build) -> None:
    report = build("def make():\n    keras.Sequential([keras.Input((3,)), layers.Dense(2)])\n")
    assert (report.ok, report.params) == (True, 8)
    assert report.notes == ("`make` returns nothing; these are the layers that it called",)


def test_words_that_a_program_wants_on_its_command_line_are_told(build: Build) -> None:
    report = build(
        "def make():\n    import argparse\n    parser = argparse.ArgumentParser()\n"
        "    parser.add_argument('--data', required=True)\n    return parser.parse_args()\n"
    )
    assert report.message == "the program called sys.exit(2): the following arguments are required: --data"


def test_parts_that_keras_layers_make_for_themselves_are_not_the_programs(build: Build) -> None:
    """Attention makes its projections when it is first called, inside the program's own `call`."""
    source = """
        class Net(keras.Model):
            def __init__(self):
                super().__init__()
                self.attention, self.head = layers.MultiHeadAttention(2, 4), layers.Dense(3)
            def call(self, x):
                return self.head(self.attention(x, x))
        class Bad(keras.Model):
            def call(self, x):
                return layers.MultiHeadAttention(2, 4)(x, x)
        """
    assert explain(build(source, "Net", ("5 8",))) == ()
    assert [type(one.problem).__name__ for one in explain(build(source, "Bad", ("5 8",)))] == [
        "WeightsCreatedInCallSilent"
    ]


def test_image_data_format_is_the_users(build: Build) -> None:
    source = "def make():\n    return keras.Sequential([keras.Input((3, 9, 9)), layers.Conv2D(8, 3)])\n"
    report = build(source, image_data_format="channels_first")
    (row,) = [row for row in report.layers if row.class_name == "Conv2D"]
    assert (row.data_format, row.output_shapes, row.kernel_shape) == (
        "channels_first",
        ((None, 8, 7, 7),),
        (3, 3, 3, 8),
    )


def test_ten_billion_weights_cost_no_memory(build: Build) -> None:
    source = "def make():\n    return keras.Sequential([keras.Input((100_000,)), layers.Dense(100_000)])\n"
    report = build(source, memory_limit=100 << 20)
    assert (report.status, report.params) == ("built", 10_000_100_000)


def test_weights_that_the_program_uses_are_real(build: Build) -> None:
    """Lazily allocated weights keep their values, take assignments and train."""
    report = build(
        """
        def make():
            model = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.BatchNormalization()])
            x = np.random.rand(4, 3).astype("float32")
            assert np.array_equal(model(x), model(x))
            before = model.get_weights()
            model.set_weights([w + 1 for w in before])
            assert all(np.array_equal(a + 1, b) for a, b in zip(before, model.get_weights()))
            model.compile("sgd", "mse")
            model.fit(x, np.zeros((4, 2)), verbose=0)
            assert not np.array_equal(before[0] + 1, model.get_weights()[0])
            twin = keras.models.clone_model(model)
            twin.set_weights(model.get_weights())
            assert np.allclose(twin.predict(x, verbose=0), model.predict(x, verbose=0))
            model.save("m.keras")
            assert np.allclose(keras.models.load_model("m.keras").predict(x, verbose=0), model.predict(x, verbose=0))
            return model
        """
    )
    assert (report.status, report.message) == ("built", "")


def test_an_initializer_that_does_not_fit_is_refused_as_ever(build: Build) -> None:
    report = build(
        """
        def make():
            kernel = np.zeros((8, 3, 5, 5), "float32")
            return keras.Sequential([keras.Input((9, 9, 3)), layers.Conv2D(8, 5, kernel_initializer=kernel)])
        """
    )
    assert (report.status, report.failure is not None) == ("raised", True)
    assert "(8, 3, 5, 5)" in report.message


def test_wrong_weights_are_refused_as_ever(build: Build) -> None:
    report = build(
        """
        def make():
            model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
            model.layers[0].kernel.assign(np.zeros((2, 3)))
            return model
        """
    )
    assert report.status == "raised"
    assert "must match" in report.message


def test_a_class_is_called_on_its_inputs(build: Build) -> None:
    source = """
        class Net(keras.Model):
            def __init__(self, units):
                super().__init__()
                self.dense = layers.Dense(units)
                self.merge = layers.Concatenate()
            def call(self, left, right, training=False):
                return self.merge([self.dense(left), right])
        """
    report = build(source, "Net", ("left: 4", "right: 5"), arguments={"units": 3})
    assert [(row.name, row.output_shapes, row.line) for row in report.layers] == [
        ("dense", ((None, 3),), 12),
        ("concatenate", ((None, 8),), 12),
    ]
    assert build(source, "Net", ("4", "5"), arguments={"units": 3}).params == 15
    uncalled = build(source, "Net", arguments={"units": 3})
    assert (uncalled.status, "--input" in uncalled.notes[0]) == ("built", True)


def test_a_function_over_arrays_is_given_arrays(build: Build) -> None:
    report = build("def f(batch):\n    return tf.nn.conv2d(batch, np.ones((7, 7, 3, 1)), 1, 'SAME')\n", "f", ("9 9 3",))
    assert report.status == "built"
    assert [call.name for call in report.calls] == ["tensorflow.nn.conv2d"]
    assert report.calls[0].outputs[0]["shape"] == [1, 9, 9, 1]


def test_a_function_over_symbolic_tensors_is_given_them(build: Build) -> None:
    report = build("def head(x):\n    return keras.Model(x, layers.Dense(3)(x))\n", "head", ("4",))
    assert (report.status, report.params) == ("built", 15)


@pytest.mark.parametrize(
    ("builder", "more", "status", "parts"),
    [
        ("mkae", {}, "no-such-builder", ("`mkae`", "did you mean make?", "make, other")),
        ("", {}, "no-such-builder", ("make, other",)),
        ("other", {}, "missing-arguments", ("`units`", "`depth`", "--arg units=...")),
        ("make", {"arguments": {"clases": 3}}, "bad-arguments", ("`clases`", "did you mean classes?")),
        ("NUMBER", {}, "not-a-builder", ("`NUMBER`", "an int")),
    ],
)
def test_requests_that_cant_be_met(
    build: Build, builder: str, more: dict[str, object], status: str, parts: tuple[str, ...]
) -> None:
    other = "NUMBER = 3\ndef other(units, depth):\n    return keras.Sequential([layers.Dense(units)])\n"
    report = build(CNN + other, builder, **more)
    assert report.status == status
    assert [part for part in parts if part not in report.message] == []
    assert explain(report) == ()


def test_modules_of_the_same_project_are_found(workshop: Workshop, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "parts.py").write_text(
        "from keras import layers\ndef conv(x, size):\n    return layers.Conv2D(8, size)(x)\n"
    )
    (package / "net.py").write_text(
        "import keras\nfrom .parts import conv\ndef make():\n    x = keras.Input((8, 8, 1))\n"
        "    return keras.Model(x, conv(x, 9))\n"
    )
    report = workshop.build(BuildTarget(str(package / "net.py"), "make"))
    (one,) = explain(report)
    assert (Path(one.location.file).name, one.location.line, one.symbol) == ("parts.py", 3, "conv")
    assert type(one.problem).__name__ == "WindowTooLarge"
    report = workshop.run_script(BuildTarget(str(package / "net.py")))
    assert (report.status, report.message) == ("built", "")


def test_no_line_of_convlint_is_the_users(tmp_path: Path) -> None:
    """Where the program lies in the folder that holds convlint's own source."""
    shutil.copytree(Path(convlint.__file__).parent, tmp_path / "convlint", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "model.py").write_text(
        "import keras\ndef make():\n    raise ValueError('its own')\ndef hang():\n    while True: pass\n"
    )
    code = """
from convlint.runtime.client import BuildTarget, Workshop
with Workshop() as workshop:
    print([frame.line for frame in workshop.build(BuildTarget("model.py", "make")).failure.frames])
    print([frame.line for frame in workshop.build(BuildTarget("model.py", "hang", time_limit=1)).stack])
"""
    surroundings = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[3]\n[5]\n"


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("import not_a_module_of_anybody", "not_a_module_of_anybody, which is not installed"),
        ("raise ImportError('install the package PIL')", "install the package PIL"),
        ("open('nowhere.csv')", "a file that is not here"),
        ("keras.datasets.imdb.load_data()", "download"),
    ],
)
def test_what_the_machine_lacks_is_no_fault(build: Build, line: str, part: str) -> None:
    report = build(f"def make():\n    {line}\n")
    assert (report.status, part in report.message) == ("skipped", True), report.message
    assert explain(report) == ()


def test_pretrained_weights_are_not_downloaded(build: Build) -> None:
    report = build("def make():\n    return keras.applications.VGG16(weights='imagenet')\n")
    assert (report.status, report.params) == ("built", 138_357_544)
    assert "get_file" in report.notes[0]
