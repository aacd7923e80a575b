"""The interpreter follows shapes through the ways in which people write programs."""

from __future__ import annotations

import pytest

from convlint.problems import SyntaxFault
from tests.static.following import analyse, problems, shape_of

CONV = "layers.Conv2D(8, 3)"


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param(
            "y = layers.Conv2D(8, 3)(keras.Input((28, 28, 1)))", [None, 26, 26, 8], id="a layer called inline"
        ),
        pytest.param(
            """
            def block(x, filters, size=3):
                x = layers.Conv2D(filters, size, padding="same")(x)
                return layers.MaxPooling2D()(x)
            y = block(block(keras.Input((32, 32, 3)), 16), 32, size=5)
            """,
            [None, 8, 8, 32],
            id="helper functions with defaults and keywords",
        ),
        pytest.param(
            """
            x = keras.Input((64, 64, 3))
            for filters in [8, 16, 32]:
                x = layers.Conv2D(filters, 3, strides=2, padding="same")(x)
            y = x
            """,
            [None, 8, 8, 32],
            id="a loop over a list",
        ),
        pytest.param(
            """
            def scale(factor):
                def apply(x):
                    return layers.UpSampling2D(factor)(x)
                return apply
            y = scale(3)(keras.Input((10, 10, 4)))
            """,
            [None, 30, 30, 4],
            id="a closure",
        ),
        pytest.param(
            """
            from functools import partial
            conv = partial(layers.Conv2D, padding="same", strides=2)
            y = conv(4, kernel_size=3)(keras.Input((9, 9, 1)))
            """,
            [None, 5, 5, 4],
            id="functools.partial",
        ),
        pytest.param(
            """
            options = {"filters": 6, "kernel_size": 5}
            options["strides"] = 2
            y = layers.Conv2D(**options)(keras.Input((21, 21, 1)))
            """,
            [None, 9, 9, 6],
            id="a dictionary of options",
        ),
        pytest.param(
            """
            sizes = [2 * n for n in range(1, 4) if n != 2]
            x = keras.Input((20, 20, 1))
            for index, (a, b) in enumerate(zip(sizes, reversed(sizes))):
                x = layers.Conv2D(a, (a, b), name=f"conv_{index}")(x)
            y = x
            """,
            [None, 14, 14, 6],
            id="comprehension, zip, reversed, enumerate, f-string",
        ),
        pytest.param(
            """
            class Block(keras.layers.Layer):
                def __init__(self, filters, **kwargs):
                    super().__init__(**kwargs)
                    self.conv = layers.Conv2D(filters, 3)
                    self.pool = layers.MaxPooling2D()
                def call(self, inputs, training=None):
                    return self.pool(self.conv(inputs))
            y = Block(5)(keras.Input((12, 12, 2)))
            """,
            [None, 5, 5, 5],
            id="a subclassed layer",
        ),
        pytest.param(
            """
            class Scale(layers.Layer):
                def build(self, input_shape):
                    self.units = input_shape[-1] * 2
                    self.kernel = self.add_weight(shape=(input_shape[-1], self.units))
                def call(self, inputs):
                    return tf.matmul(inputs, self.kernel)
            y = Scale()(keras.Input((7,)))
            """,
            [None, 14],
            id="build computes weights from the input shape",
        ),
        pytest.param(
            """
            model = keras.Sequential()
            model.add(layers.Conv2D(8, 3, input_shape=(28, 28, 1)))
            model.add(layers.Flatten())
            y = model(np.zeros((4, 28, 28, 1)))
            """,
            [4, 5408],
            id="a Sequential model called on an array",
        ),
        pytest.param(
            """
            inputs = keras.Input((16, 16, 3))
            encoder = keras.Model(inputs, layers.Conv2D(4, 3)(inputs))
            y = layers.Flatten()(encoder(keras.Input((16, 16, 3))))
            """,
            [None, 784],
            id="a model inside a model",
        ),
        pytest.param(
            """
            x = keras.Input((30, 30, 1))
            if keras.backend.image_data_format() == "channels_first":
                x = layers.Permute((3, 1, 2))(x)
            y = layers.Conv2D(2, 3)(x)
            """,
            [None, 28, 28, 2],
            id="a branch on the image data format",
        ),
        pytest.param(
            """
            try:
                from tensorflow.keras.layers import Conv2D
            except ImportError:
                from keras.layers import Conv2D
            y = Conv2D(3, 2)(keras.Input((5, 5, 1)))
            """,
            [None, 4, 4, 3],
            id="an import shim",
        ),
        pytest.param(
            """
            y = layers.Lambda(lambda t: t[:, ::2, 1:, :1])(keras.Input((8, 8, 3)))
            """,
            [None, 4, 7, 1],
            id="a Lambda layer with slices",
        ),
        pytest.param(
            """
            a = keras.Input((8, 8, 3))
            b = layers.Conv2D(3, 3, padding="same")(a)
            y = a + b * 2
            """,
            [None, 8, 8, 3],
            id="operators between tensors",
        ),
        pytest.param(
            """
            def build(n):
                return layers.Conv2D(n, 3, padding="same")(keras.Input((n, 2 * n, 3)))
            """,
            "no such tensor",
            id="a function that nobody calls names nothing here",
        ),
        pytest.param(
            """
            keras.config.set_image_data_format("channels_first")
            y = layers.Conv2D(6, 3)(keras.Input((1, 32, 32)))
            """,
            [None, 6, 30, 30],
            id="the program sets the image data format",
        ),
        pytest.param(
            """
            from keras.layers import *
            y = Dense(3)(Input((4,)))
            """,
            [None, 3],
            id="a star import",
        ),
        pytest.param(
            """
            n = 3
            while n > 1:
                n -= 1
            y = layers.Dense(n)(keras.Input((4,)))
            """,
            [None, 1],
            id="a while loop with known numbers",
        ),
        pytest.param(
            """
            @tf.function
            def apply(x):
                return tf.transpose(x, (0, 3, 1, 2))
            y = apply(tf.zeros((2, 5, 6, 7)))
            """,
            [2, 7, 5, 6],
            id="tf.function keeps the function",
        ),
    ],
)
def test_follows(program: str, expected: object) -> None:
    """The shape of ``y`` is the one Keras computes."""
    assert expected == shape_of(program, "y")


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param(
            """
            import random
            n = 8 if random.random() > 0.5 else 16
            y = layers.Dense(n)(keras.Input((4,)))
            """,
            [None, "?"],
            id="a value that differs by branch is unknown",
        ),
        pytest.param(
            """
            import sys
            x = keras.Input((32, 32, 3))
            if len(sys.argv) > 1:
                x = layers.MaxPooling2D()(x)
            y = x
            """,
            [None, "?", "?", 3],
            id="a shape that differs by branch keeps what agrees",
        ),
        pytest.param(
            """
            import os
            x = keras.Input((64, 64, 3))
            for name in os.listdir("."):
                x = layers.MaxPooling2D()(x)
            y = x
            """,
            [None, "?", "?", 3],
            id="a loop that turns an unknown number of times",
        ),
        pytest.param(
            """
            from somewhere import change
            sizes = [3, 3]
            change(sizes)
            y = layers.Conv2D(4, sizes)(keras.Input((9, 9, 1)))
            """,
            [None, 7, 7, 4],
            id="a library function keeps its hands off lists",
        ),
        pytest.param(
            """
            def run(change):
                sizes = [3, 3]
                change(sizes)
                y = layers.Conv2D(4, sizes)(keras.Input((9, 9, 1)))
            """,
            [None, "?", "?", 4],
            id="an unknown function may change a list",
        ),
        pytest.param("y = layers.Dense(3)(keras.Input((None, 5)))", [None, None, 3], id="a dynamic size stays dynamic"),
    ],
)
def test_admits_what_it_does_not_know(program: str, expected: object) -> None:
    """What could be otherwise when the program runs is unknown."""
    assert expected == shape_of(program, "y")


def test_symbols_prove_equality() -> None:
    """In a function nobody calls, a parameter is the same number wherever it appears."""
    program = """
    def build(n):
        a = layers.Conv2D(4, 1)(keras.Input((n, n, 3)))
        b = layers.Conv2D(4, 1)(keras.Input((n + 1, n, 3)))
        return layers.Concatenate()([a, b])
    """
    assert problems(program) == ["5:ConcatShapeMismatch"]


def test_findings_name_the_function_and_the_path() -> None:
    """An observation knows its function and how the shape came about."""
    program = """
    def build():
        image = keras.Input((8, 8, 3))
        small = layers.MaxPooling2D()(image)
        return layers.Conv2D(4, 5)(small)
    """
    (one,) = analyse(program).observations
    assert one.symbol == "build"
    assert [step.text for step in one.evidence] == ["image: (None, 8, 8, 3)", "small: (None, 4, 4, 3)"]


def test_a_fault_is_stated_once() -> None:
    """A function that is called twenty times with the same fault has one fault."""
    program = """
    def block(x):
        return layers.Conv2D(4, 9)(x)
    for _ in range(20):
        block(keras.Input((4, 4, 1)))
    """
    assert problems(program) == ["3:WindowTooLarge"]


def test_what_follows_from_a_fault_is_silent() -> None:
    """Nothing is said of layers behind the one that raises."""
    program = """
    x = layers.Conv2D(4, 9)(keras.Input((4, 4, 1)))
    x = layers.Conv2D(4, 9)(x)
    x = layers.MaxPooling2D(7)(x)
    """
    assert problems(program) == ["2:WindowTooLarge"]


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(
            """
            import pytest
            with pytest.raises(ValueError):
                layers.Conv2D(8, 9)(keras.Input((4, 4, 1)))
            """,
            id="a test expects the error",
        ),
        pytest.param(
            """
            with np.testing.assert_raises((ValueError, TypeError)):
                layers.Conv2D(8, 9)(keras.Input((4, 4, 1)))
            """,
            id="a test of NumPy's kind expects the error",
        ),
        pytest.param(
            """
            try:
                layers.Conv2D(8, 9)(keras.Input((4, 4, 1)))
            except ValueError as error:
                print(error)
            """,
            id="the program catches the error",
        ),
        pytest.param(
            """
            def call(x):
                if len(x.shape) == 4:
                    return layers.Conv2D(8, 3)(x)
                return layers.Conv1D(8, 3)(x)
            call(keras.Input((5, 5)))
            """,
            id="a guard on the rank",
        ),
        pytest.param(
            """
            def call(x):
                height = x.shape[1] or 7
                if x.shape[2] is None:
                    return height * 2
                return height * x.shape[2]
            call(keras.Input((None, None, 3)))
            """,
            id="guards on dynamic sizes",
        ),
        pytest.param(
            """
            def is_image(x):
                return x.ndim == 4 and check(x)
            def call(x):
                if is_image(x):
                    return layers.Conv2D(8, 3)(x)
            call(keras.Input((5, 5)))
            """,
            id="a guard in a function",
        ),
        pytest.param(
            """
            def scale(x, axis):
                return tf.expand_dims(x, axis)
            """,
            id="parameters may be anything",
        ),
        pytest.param(
            """
            class Base:
                pass
            class Net(Base):
                def __init__(self, conv):
                    self.conv = conv
                def forward(self, x):
                    x.permute(0, 2, 1)
                    return self.conv(x, stride=2)
            """,
            id="classes that are not Keras",
        ),
        pytest.param(
            """
            import torch
            layer = torch.nn.Conv2d(3, 8, 3, stride=2)
            x = torch.zeros(1, 3, 8, 8).permute(0, 2, 3, 1).view(1, -1)
            """,
            id="PyTorch itself",
        ),
    ],
)
def test_silence(program: str) -> None:
    """Correct programs, and faults that the program itself expects, get no word."""
    assert problems(program) == []


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("def f(x):\n    return f(x)\nf(1)\n", id="endless recursion"),
        pytest.param("while True:\n    pass\n", id="an endless loop"),
        pytest.param("for i in range(10**9):\n    x = i\n", id="a very long loop"),
        pytest.param("x = [keras.layers.Dense(i) for i in range(10**7)]\n", id="a very long comprehension"),
        pytest.param("x = " + "(" * 150 + "1" + ")" * 150, id="deep brackets"),
        pytest.param("x = " + "f(" * 900 + "1" + ")" * 900, id="a thousand nested calls"),
        pytest.param("x = 'a' * 10**12\ny = [0] * 10**12\nz = 2 ** 10**9\n", id="values too large to hold"),
        pytest.param(
            "from . import nothing\nfrom .. import more\nimport program\nfrom program import *\n", id="strange imports"
        ),
        pytest.param("class A(A):\n    x = A()\nA()()\n", id="a class that is its own base"),
        pytest.param("keras = 3\nlayers = None\nlayers.Conv2D(2)(keras)\n", id="shadowed names"),
        pytest.param("match 3:\n    case [a, *b]:\n        pass\n    case _:\n        pass\n", id="match statements"),
        pytest.param("", id="an empty file"),
        pytest.param("x = (yield)\nlambda: (yield)\nawait x\n", id="yield where none belongs"),
        pytest.param("del x, y[0], z.w\nglobal q\n", id="deleting what is not there"),
    ],
)
def test_every_program_ends(program: str) -> None:
    """Code that nobody should write ends within the budget, without a bug of ours."""
    result = analyse("", step_budget=200_000)
    assert result.observations == ()
    from convlint.static.analysis import StaticSettings, analyse_source

    result = analyse_source("import keras\n" + program, "program.py", StaticSettings(step_budget=200_000))
    assert [one for one in result.observations if type(one.problem).__name__ == "InternalFault"] == []


def test_a_file_that_does_not_parse_is_one_observation() -> None:
    """The place of a syntax error is that of the parser."""
    result = analyse("x = (1,\ny = 2\n")
    assert [type(one.problem).__name__ for one in result.observations] == ["SyntaxFault"]


def test_nothing_is_imported_or_run(tmp_path) -> None:
    """Static mode promises never to run the user's code."""
    mark = tmp_path / "mark"
    (tmp_path / "helper.py").write_text(f"open({str(mark)!r}, 'w')\n")
    program = tmp_path / "program.py"
    program.write_text(f"import helper\nopen({str(mark)!r}, 'w')\n__import__('helper')\neval('1')\n")
    from convlint.static.analysis import StaticSettings, analyse_source

    analyse_source(program.read_text(), str(program), StaticSettings())
    assert not mark.exists()


def test_modules_of_the_project_are_followed(tmp_path) -> None:
    """A fault in an imported module stands in that module."""
    (tmp_path / "blocks.py").write_text("from keras import layers\ndef block(x):\n    return layers.Conv2D(4, 5)(x)\n")
    program = tmp_path / "main.py"
    program.write_text("import keras\nfrom blocks import block\nblock(keras.Input((3, 3, 1)))\n")
    from convlint.static.analysis import StaticSettings, analyse_source

    (one,) = analyse_source(program.read_text(), str(program), StaticSettings()).observations
    assert one.location.file.endswith("blocks.py")
    assert one.location.line == 3


def test_a_syntax_error_is_told_in_pythons_words() -> None:
    """The message and the place are those that Python itself gives."""
    (one,) = analyse("def f(:\n    pass\n").observations
    assert one.problem == SyntaxFault("program.py", "invalid syntax")
    assert (one.location.line, one.location.column) == (6, 7)
