"""From failures to problems: the same facts, on the user's own lines, as the static front end states."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from convlint.problems import (
    AccidentalGroupedConv,
    ArgumentSize,
    BuildFailed,
    ChannelsFirstInput,
    ChannelsFirstInputSilent,
    DynamicDimInShape,
    InputRankMismatch,
    Keras1Argument,
    KernelLayoutOIHW,
    KernelLayoutOIHWSilent,
    MergeShapeMismatch,
    Problem,
    SharedLayerShapeChange,
    StrideWithDilation,
    SyntaxFault,
    TfFunctionOnKerasTensor,
    TorchArgument,
    WindowTooLarge,
)
from convlint.runtime.client import BuildReport
from convlint.runtime.explain import explain
from convlint.shapes.dims import DYNAMIC
from tests.runtime.conftest import without_remarks

Build = Callable[..., BuildReport]

DCT = """
import tensorflow.keras.backend as K
class Dct(layers.Layer):
    def __init__(self):
        super().__init__()
        self.filters = np.zeros((64, 1, 8, 8), "float32")
    def apply_conv(self, image, channel):
        one = tf.expand_dims(image[:, :, :, channel], -1)
        y = K.conv2d(one, {kernel}, strides=(8, 8))
        y = tf.reshape(y, ({batch}, y.shape[1], y.shape[2], 8, 8))
        return tf.transpose(y, (0, 1, 3, 2, 4))
    def call(self, image):
        return tf.concat([self.apply_conv(image, c) for c in range(3)], axis=-1)
"""


def problems(report: BuildReport) -> list[tuple[int, Problem]]:
    return [(one.location.line, one.problem) for one in explain(report)]


def test_a_kernel_in_torch_order_inside_a_layer(build: Build) -> None:
    (one,) = explain(build(DCT.format(kernel="self.filters", batch="-1"), "Dct", ("32 32 3",)))
    assert one.problem == KernelLayoutOIHW(
        "K.conv2d", (64, 1, 8, 8), (8, 8, 1, 64), (2, 3, 1, 0), 1, 8, (DYNAMIC, 32, 32, 1)
    )
    assert (one.location.line, one.location.column, one.symbol) == (13, 9, "apply_conv")
    assert [(step.location.line, step.text) for step in one.evidence] == [(12, "one: (None, 32, 32, 1)")]


def test_a_dynamic_size_in_a_reshape_inside_a_layer(build: Build) -> None:
    turned = "np.transpose(self.filters, (2, 3, 1, 0))"
    report = build(DCT.format(kernel=turned, batch="y.shape[0]"), "Dct", ("32 32 3",))
    assert problems(report) == [(14, DynamicDimInShape("tf.reshape", (DYNAMIC, 4, 4, 8, 8), (0,)))]


def test_the_repaired_layer_is_silent(build: Build) -> None:
    turned = "np.transpose(self.filters, (2, 3, 1, 0))"
    report = build(DCT.format(kernel=turned, batch="-1"), "Dct", ("32 32 3",))
    assert (report.status, explain(report)) == ("built", ())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            """
            def make():
                x = keras.Input((1, 32, 32))
                y = layers.Convolution2D(nb_filter=10, nb_row=8, nb_col=8, border_mode="same")(x)
                return keras.Model(x, y)
            """,
            [
                (
                    8,
                    Keras1Argument(
                        "Convolution2D",
                        ("nb_filter", "nb_row", "nb_col", "border_mode"),
                        "filters=10, kernel_size=(8, 8), padding='same'",
                    ),
                )
            ],
            id="keras 1 arguments",
        ),
        pytest.param(
            """
            def make():
                x = keras.Input((1, 32, 32))
                y = layers.Conv2D(10, (8, 8), padding="same")(x)
                return keras.Model(x, y)
            """,
            [
                (
                    8,
                    ChannelsFirstInputSilent(
                        "Conv2D", (DYNAMIC, 1, 32, 32), (8, 8), 1, 8, (32, 32, 1), 7, (DYNAMIC, 1, 32, 10)
                    ),
                )
            ],
            id="channels first, silent",
        ),
        pytest.param(
            """
            def make():
                first = layers.Conv2D(10, 8)
                x = keras.Input((1, 32, 32))
                return keras.Model(x, first(x))
            """,
            [(9, ChannelsFirstInput("first", (DYNAMIC, 1, 32, 32), (8, 8), 1, 8, (32, 32, 1)))],
            id="channels first, refused",
        ),
        pytest.param(
            """
            def make():
                return keras.Sequential([
                    keras.Input((28, 28, 1)),
                    layers.Conv2D(8, 3),
                    layers.Conv2D(8, 30),
                ])
            """,
            [(10, WindowTooLarge("Conv2D", 1, 26, 30, (DYNAMIC, 26, 26, 8), (30, 30), "channels_last"))],
            id="on the layer's own line in a list",
        ),
        pytest.param(
            "def make():\n    return layers.Conv2D(64, (3, 300, 1))\n",
            [(7, ArgumentSize("Conv2D", "kernel_size", "(3, 300, 1)", "2 integers"))],
            id="kernel_size of the wrong length",
        ),
        pytest.param(
            "def make():\n    return layers.Conv2D(64, 3, strides=2, dilation_rate=2)\n",
            [(7, StrideWithDilation("Conv2D", "(2, 2)", "(2, 2)"))],
            id="strides with dilation",
        ),
        pytest.param(
            "def make():\n    return keras.Sequential([layers.Conv2D(64, 3, input_shape=(4, 600, 600, 3))])\n",
            [(7, InputRankMismatch("Conv2D", "4", 5, (DYNAMIC, 4, 600, 600, 3)))],
            id="batch in input_shape",
        ),
        pytest.param(
            "def make():\n    x = keras.Input((8, 8, 1))\n    return layers.Conv2D(4, 3, stride=2)(x)\n",
            [(8, TorchArgument("Conv2D", "stride", "strides"))],
            id="torch argument",
        ),
        pytest.param(
            "def make():\n    k = tf.ones((3, 3, 2, 1))\n"
            "    return tf.nn.conv2d(tf.ones((1, 8, 8, 1)), k, stride=1, padding='SAME')\n",
            [(8, TorchArgument("tf.nn.conv2d", "stride", "strides"))],
            id="the argument alone raises, not the shapes behind it",
        ),
        pytest.param(
            "def make():\n    x = keras.Input((8, 8, 1))\n    return keras.Model(x, tf.nn.relu(x))\n",
            [(8, TfFunctionOnKerasTensor("tf.nn.relu", "keras.ops.relu"))],
            id="tf function on a symbolic tensor",
        ),
        pytest.param(
            """
            def make():
                x = keras.Input((8,))
                a, b = layers.Dense(3)(x), layers.Dense(4)(x)
                return keras.Model(x, a + b)
            """,
            [(9, MergeShapeMismatch("a + b", (DYNAMIC, 3), (DYNAMIC, 4)))],
            id="operator between tensors",
        ),
        pytest.param(
            """
            def make():
                conv = layers.Conv2D(8, 3)
                conv(keras.Input((28, 28, 1)))
                return conv(keras.Input((28, 28, 3)))
            """,
            [(9, SharedLayerShapeChange("conv", 3, 1, 3, (DYNAMIC, 28, 28, 3)))],
            id="one layer, two inputs",
        ),
        pytest.param(
            "def make():\n    return tf.nn.conv2d(tf.ones((8, 8, 1)), tf.ones((3, 3, 1, 1)), 1, 'SAME')\n",
            [(7, InputRankMismatch("tf.nn.conv2d", "4", 3, (8, 8, 1)))],
            id="what aborts the whole process",
        ),
        pytest.param(
            "def make():\n    return tf.nn.conv2d(tf.ones((2, 32, 32, 3)), np.ones((64, 3, 3, 3), 'f'), 1, 'SAME')\n",
            [
                (
                    7,
                    KernelLayoutOIHWSilent(
                        "tf.nn.conv2d", (64, 3, 3, 3), (3, 3, 3, 64), (2, 3, 1, 0), 3, 3, (2, 32, 32, 3)
                    ),
                )
            ],
            id="torch kernel where the numbers coincide",
        ),
        pytest.param(
            "def make():\n    return tf.nn.conv2d(tf.ones((2, 32, 32, 4)), tf.ones((3, 3, 2, 6)), 1, 'SAME')\n",
            [(7, AccidentalGroupedConv("tf.nn.conv2d", 4, 2, 2, (3, 3, 2, 6)))],
            id="grouped by accident",
        ),
        pytest.param(
            "def make():\n    return {}['key']\n",
            [(7, BuildFailed("make", "KeyError: 'key'"))],
            id="an error of the program's own",
        ),
        pytest.param(
            """
            @tf.function
            def step(x):
                if tf.reduce_sum(x) > 0:
                    x = tf.nn.conv2d(x, tf.ones((3, 3, 5, 2)), 1, "SAME")
                return x
            def make():
                return step(tf.ones((1, 8, 8, 4)))
            """,
            [
                (
                    9,
                    BuildFailed(
                        "step",
                        "ValueError: Depth of input (4) is not a multiple of input depth of filter (5) for "
                        "'{{node cond/Conv2D}} = "
                        'Conv2D[T=DT_FLOAT, data_format="NHWC", dilations=[1, 1, 1, 1], explicit_paddings=[], '
                        'padding="SAME", strides=[1, 1, 1, 1], use_cudnn_on_gpu=true](cond/Conv2D/x, cond/ones)\' with '
                        "input shapes: [1,8,8,4], [3,3,5,2].",
                    ),
                )
            ],
            id="inside a tf.function",
        ),
        pytest.param("def make(:\n    pass\n", [(6, SyntaxFault("model.py", ""))], id="no Python"),
    ],
)
def test_problems(build: Build, source: str, expected: list[tuple[int, Problem]]) -> None:
    found = problems(build(source))
    if isinstance(found[0][1], SyntaxFault):
        found = [(line, SyntaxFault("model.py", "")) for line, _ in found]
    assert found == expected


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            """
            def make():
                x = keras.Input((224, 8, 3))
                y = layers.Conv2D(16, (7, 3), strides=(64, 1), padding="same")(x)
                y = layers.Conv2D(16, (9, 3), padding="same")(y)
                return keras.Model(x, y)
            """,
            id="a kernel larger than a small feature map",
        ),
        pytest.param(
            """
            class Block(layers.Layer):
                def __init__(self):
                    super().__init__()
                    self.conv = layers.Conv2D(8, (9, 9), padding="same")
                def call(self, x):
                    return self.conv(tf.transpose(x, (0, 2, 3, 1))[:, :2])
            def make():
                x = keras.Input((3, 32, 32))
                return keras.Model(x, Block()(x))
            """,
            id="a tensor whose layout nobody followed",
        ),
        pytest.param(
            """
            def make():
                x = keras.Input((8, 8, 4))
                y = layers.Conv2D(8, 3, groups=2)(x)
                try:
                    layers.Conv2D(8, 30)(y)
                except ValueError:
                    y = layers.Conv2D(8, 3)(y)
                return keras.Model(x, y)
            """,
            id="a failure that the program handles",
        ),
        pytest.param(
            "def make():\n    return keras.applications.ResNet50(weights=None, input_shape=(64, 64, 3))\n",
            id="a large model of Keras' own",
        ),
    ],
)
def test_correct_programs_are_silent(build: Build, source: str) -> None:
    report = build(source)
    assert (report.status, without_remarks(explain(report))) == ("built", [])


def test_an_error_after_a_handled_one_is_the_later_one(build: Build) -> None:
    report = build(
        """
        def make():
            try:
                layers.Conv2D(8, 30)(keras.Input((8, 8, 1)))
            except ValueError:
                pass
            return 1 / 0
        """
    )
    assert problems(report) == [(11, BuildFailed("make", "ZeroDivisionError: division by zero"))]


def test_what_a_lambda_hides_is_told_on_its_own_line(build: Build) -> None:
    report = build(
        """
        def stretch(t):
            return t.no_such_thing(3)
        def make():
            return layers.Lambda(stretch)(keras.Input((3,)))
        """
    )
    [(line, problem)] = problems(report)
    assert line == 7
    assert isinstance(problem, BuildFailed)
    assert problem.reason.startswith("AttributeError: ")


def test_messages_that_the_catalog_does_not_explain_are_recognised(build: Build) -> None:
    report = build("def make():\n    return keras.backend.conv2d\n")
    seen: list[str] = []

    def recognise(message: str) -> Problem | None:
        seen.append(message)
        return WindowTooLarge("x", 1, 1, 2, (), (), "")

    assert [type(one.problem) for one in explain(report, recognise)] == [WindowTooLarge]
    assert seen == [report.failure.core if report.failure else ""]
    assert "no attribute 'conv2d'" in seen[0]
