"""Correct programs in which nothing may be found; each of them once raised a false alarm."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from convlint.static.analysis import StaticSettings, analyse_source
from convlint.static.source import SourceFile
from convlint.static.values import Scope
from tests.static.following import OFF, problems, shape_of


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("layers.RandomBrightness(0.1, data_format='channels_last')", id="data_format of any image layer"),
        pytest.param("layers.RandomCrop(8, 8, bounding_box_format='xyxy')", id="bounding boxes of any image layer"),
        pytest.param("layers.GRU(4, zero_output_for_mask=True)", id="keyword of the RNN base class"),
        pytest.param("layers.LayerNormalization(rms_scaling=True)", id="keyword taken out of kwargs"),
        pytest.param("layers.Conv2D(4, 3, lora_rank=2)", id="keyword of BaseConv"),
        pytest.param("layers.InputLayer(input_tensor=keras.Input((4,)))", id="InputLayer around a tensor"),
        pytest.param("def f(t):\n    return layers.InputLayer(input_tensor=t)", id="InputLayer around anything"),
        pytest.param("def f(t):\n    return keras.Input(tensor=t)", id="Input around anything"),
    ],
)
def test_constructors(program: str) -> None:
    """Arguments that the real constructors accept."""
    assert problems(program) == []


def test_layer_called_only_maybe() -> None:
    """A layer that one of two branches called is neither built nor not built."""
    program = """
    layer = layers.Dense(4)
    def f(flag, x):
        if flag:
            layer(keras.Input((8,)))
        return layer(x)
    """
    assert problems(program) == []


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(
            """
            def is_symbolic(values):
                for value in tf.nest.flatten(values):
                    if "KerasTensor" in value.__class__.__name__:
                        return True
                return False

            def shape(x):
                if is_symbolic((x,)):
                    return x.shape
                return tf.shape(x)

            shape(keras.Input((4, 4, 3)))
            """,
            id="what stands behind a guard that returned",
        ),
        pytest.param(
            """
            from somewhere import has_ops
            if has_ops():
                from keras.src.ops import *
            else:
                def shape(x):
                    return tf.shape(x)
            shape(keras.Input((4, 4, 3)))
            """,
            id="name that the other branch may have starred in",
        ),
        pytest.param(
            """
            import os
            from somewhere import version
            if version() > 15:
                os.environ["TF_USE_LEGACY_KERAS"] = "1"
            tf.shape(keras.Input((4, 4, 3)))
            keras.optimizers.Adam(lr=0.1)
            """,
            id="Keras 2 on some machines",
        ),
        pytest.param(
            """
            import tf_keras
            x = tf_keras.Input((4, 4, 3))
            tf.shape(x)
            """,
            id="Keras 2 by its package",
        ),
        pytest.param(
            """
            class Join(layers.Layer):
                def __init__(self, axis=None):
                    super().__init__()
                    self.axis = axis
                    self.conv = layers.Conv2D(3, 3)

                def call(self, inputs):
                    parts = []
                    for part in inputs:
                        parts.append(keras.ops.image.resize(part, (8, 8)))
                    return self.conv(keras.ops.concatenate(parts, axis=self.axis))
            """,
            id="axis that is yet to be given",
        ),
        pytest.param(
            """
            class Pack(layers.Layer):
                def __init__(self):
                    super().__init__()
                    self._allow_non_tensor_positional_args = True

                def call(self, texts, length):
                    return texts[:length]

            Pack()(["a b", "c"], 3), Pack()([1.0, 2.0])

            class Converter(keras.layers.Layer):
                def __call__(self, numbers, factor):
                    return np.array(numbers) * factor

            Converter()([1.0, 2.0], 3)
            """,
            id="layers that take anything",
        ),
        pytest.param(
            """
            class Head(layers.Layer):
                def __init__(self, vocabulary=None, embedding=None):
                    super().__init__()
                    if vocabulary is None and embedding is None:
                        raise ValueError("give one of them")
                    self.vocabulary = vocabulary or embedding.input_dim

                def build(self, input_shape):
                    self.bias = self.add_weight(shape=[self.vocabulary])
            """,
            id="size that must be given",
        ),
        pytest.param(
            """
            def attend(layer_class, data):
                return layers.GroupQueryAttention(2, 2, 2)(**data)
            """,
            id="arguments of a layer that nobody knows",
        ),
        pytest.param(
            """
            HASHES = {"small": "0a"}
            def Net(blocks, weights="imagenet", weights_name=None):
                model = keras.Sequential([keras.Input((8,)), *[layers.Dense(4) for _ in range(blocks)]])
                if weights == "imagenet" and weights_name in HASHES:
                    model.load_weights(keras.utils.get_file(weights_name + ".h5", "https://example.org"))
                elif weights is not None:
                    model.load_weights(weights)
                return model

            def SmallNet(weights="imagenet"):
                return Net(2, weights, "small")
            """,
            id="defaults of a helper that nobody takes",
        ),
        pytest.param(
            """
            def one_hot(labels, classes=3):
                return layers.LSTM(2)(np.eye(classes)[labels]), layers.LSTM(2)(np.eye(classes)[labels - 1])

            def batch(rows, columns, size):
                x = np.ones((60, 28, 3))
                noise = np.random.default_rng(1).normal(size=size)
                return layers.LSTM(2)(x[rows]), layers.LSTM(2)(x[:, columns][rows]), keras.ops.pinv(noise)
            """,
            id="parameters that may be arrays, slices and shapes",
        ),
        pytest.param(
            """
            def shape_of(backend, angle, image):
                ops = backend.numpy
                matrix = ops.reshape(angle, [2, 3, 3])
                flat = ops.reshape(angle, -1)
                return matrix[:, :2, :], flat[0, 1], layers.Conv2D(2, 3)(image.reshape(-1, 28, 28, 1))
            """,
            id="function of an unknown module that is called like a method",
        ),
        pytest.param("layers.StringLookup(vocabulary=['a'], vocabulary_size=1)", id="what Keras hands to itself"),
        pytest.param("np.argsort(np.array(3))[0]; keras.ops.argsort(np.array(3))[0]", id="the order of one number"),
        pytest.param(
            """
            import time
            def measure(x):
                tf.matmul(x, x)
                start = time.time()
                tf.matmul(x, x)
                return time.time() - start
            measure(tf.ones((4, 4)))
            """,
            id="warming up before a measurement",
        ),
        pytest.param(
            """
            from contextlib import contextmanager
            @contextmanager
            def layout(name):
                before = keras.config.image_data_format()
                keras.config.set_image_data_format(name)
                yield
                keras.config.set_image_data_format(before)
            with layout("channels_first"):
                layers.Conv2D(4, 9)(keras.Input((3, 32, 32)))
            layers.Conv2D(4, 9)(keras.Input((32, 32, 3)))
            """,
            id="layout inside a with block",
        ),
        pytest.param(
            """
            class Layout:
                def __init__(self, name):
                    self.name = name
                def __enter__(self):
                    self.before = keras.config.image_data_format()
                    keras.config.set_image_data_format(self.name)
                def __exit__(self, *error):
                    keras.config.set_image_data_format(self.before)
            with Layout("channels_first"):
                layers.Conv2D(4, 9)(keras.Input((3, 32, 32)))
            layers.Conv2D(4, 9)(keras.Input((32, 32, 3)))
            """,
            id="layout inside a with block of a class",
        ),
        pytest.param(
            """
            y, p = np.zeros((4, 3, 1)), np.zeros((4, 3, 5))
            loss = keras.losses.SparseCategoricalCrossentropy(reduction="none")
            np.mean(loss(y, p), axis=1)
            loss = tf.keras.losses.SparseCategoricalCrossentropy(reduction=tf.keras.losses.Reduction.NONE)
            np.mean(loss(y, p), axis=1)
            """,
            id="losses of each sample",
        ),
        pytest.param(
            """
            class Space:
                def __init__(self, parts=None):
                    self.parts = parts or []

                def bounds(self):
                    bounds = np.array([[0, 1] for _ in self.parts])
                    return bounds[:, 0]
            """,
            id="an empty list as a default",
        ),
        pytest.param(
            """
            def pairs(lines=None):
                words = [[word for word in line] for line in lines or []]
                return zip(*words)
            left, right = pairs()
            """,
            id="pairs of no lines",
        ),
        pytest.param(
            """
            from somewhere import tensors
            def run(layer, data):
                if isinstance(data, dict):
                    y = layer(**data)
                else:
                    y = layer(data)
                return y
            run(layers.MultiHeadAttention(2, 4), tensors)
            """,
            id="called as the data wants it",
        ),
        pytest.param("layers.StringLookup(has_input_vocabulary=True)", id="a keyword between Keras' own layers"),
        pytest.param("layers.TextVectorization(output_mode='one_hot')", id="one row for each word"),
        pytest.param("keras.ops.image.extract_patches(np.ones((2, 8, 8, 8, 1)), (3, 3, 3))", id="patches of volumes"),
        pytest.param("tf.io.read_file('a.jpg').numpy()[:100]", id="a text in a tensor"),
        pytest.param(
            """
            class Block(layers.Layer):
                def __init__(self, dual=False):
                    super().__init__()
                    self.dual = dual
                    self.count = 3 if dual else 2

                def _several(self, x):
                    a, b, c = keras.ops.split(x, self.count, axis=-1)
                    return a

                def call(self, x):
                    return self._several(x) if self.dual else x
            """,
            id="a helper for instances that are made otherwise",
        ),
    ],
)
def test_programs(program: str) -> None:
    """Programs in the wild, cut down."""
    assert problems(program) == []


def test_with_body_runs_where_the_generator_yields() -> None:
    """The other way round both blocks are wrong."""
    program = """
    from contextlib import contextmanager
    @contextmanager
    def layout(name):
        before = keras.config.image_data_format()
        keras.config.set_image_data_format(name)
        try:
            yield
        finally:
            keras.config.set_image_data_format(before)
    with layout("channels_first"):
        layers.Conv2D(4, 9)(keras.Input((32, 32, 3)))
    layers.Conv2D(4, 9)(keras.Input((3, 32, 32)))
    """
    assert [one.partition(":")[0] for one in problems(program)] == ["12", "13"]


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return folder / "main.py"


def kinds(main: Path) -> list[str]:
    result = analyse_source(main.read_text(), str(main), StaticSettings())
    return [type(one.problem).__name__ for one in result.observations if one.problem.__class__ not in OFF]


SETTINGS = "import keras\nkeras.config.set_image_data_format('channels_first')\n"
MAIN = "import keras\nfrom pack import conv\nconv(keras.Input((1, 28, 28)))\n"
CONV = "import keras\nconv = keras.layers.Conv2D(8, 5)\n"


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"pack/__init__.py": "from pack import settings\nfrom pack.parts import conv"}, id="beside it"),
        pytest.param(
            {
                "pack/__init__.py": "from .parts import conv\nfrom .late import settings",
                "pack/late.py": "from . import settings",
            },
            id="two modules away",
        ),
    ],
)
def test_layout_set_far_away(files: dict[str, str], tmp_path: Path) -> None:
    """An import that changes the default layout is never put off."""
    main = write(tmp_path, {"main.py": MAIN, "pack/settings.py": SETTINGS, "pack/parts.py": CONV, **files})
    assert kinds(main) == []
    (tmp_path / "pack/settings.py").write_text("")
    assert kinds(main) == ["ChannelsFirstInput"]


def test_only_what_is_needed_is_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of many modules costs what the program uses of it."""
    parsed: list[str] = []
    real = SourceFile.parse

    def watch(file: str, text: str) -> SourceFile:
        parsed.append(Path(file).stem)
        return real(file, text)

    names = [f"part{number}" for number in range(20)]
    package = {f"pack/{name}.py": f"from pack import part0\n{CONV}" for name in names}
    package["pack/__init__.py"] = "".join(f"from pack import {name}\n" for name in names) + "from .part3 import conv"
    main = write(tmp_path, {"main.py": MAIN, **package})
    monkeypatch.setattr(SourceFile, "parse", watch)
    assert kinds(main) == ["ChannelsFirstInput"]
    assert parsed == ["main", "__init__", "part3"]


def test_package_that_imports_itself(tmp_path: Path) -> None:
    """``from pack import part`` inside ``pack/__init__.py`` means the module, not itself."""
    calls = "pack.part.conv(keras.Input((28, 28, 1)))\npack.part.conv(keras.Input((28, 28, 3)))\n"
    files = {
        "main.py": f"import keras\nimport pack\n{calls}",
        "pack/__init__.py": "from pack import part\n",
        "pack/part.py": f"import pack\n{CONV}",
    }
    main = write(tmp_path, files)
    assert kinds(main) == ["SharedLayerShapeChange"]


@pytest.mark.parametrize(
    "loop",
    [
        pytest.param("for epoch in range(10_000):", id="epochs"),
        pytest.param("for epoch in range(500):\n        for batch in range(500):", id="batches in epochs"),
        pytest.param("while True:", id="endless"),
    ],
)
def test_training_loop(loop: str) -> None:
    """A loop that trains is not unrolled to its end, and what it changes is not known after it."""
    body = "x = tf.nn.conv2d(x, k, 1, 'SAME')\n            k = tf.concat([k, k], axis=3) if done(k) else k\n"
    start = "import tensorflow as tf\ndef train(x, done):\n    k = tf.ones((3, 3, 8, 8))\n"
    program = f"{start}    {loop}\n            {body}    return x\n"
    result = analyse_source(program, "program.py", StaticSettings())
    assert (result.observations, result.unfinished) == ((), ())


def test_short_loop_is_unrolled() -> None:
    """Blocks of a network differ from round to round; the fault of the last one is found."""
    program = """
    x = keras.Input((64, 64, 3))
    for filters in [8] * 40 + [16]:
        x = layers.Conv2D(filters, 3, padding='same')(x)
    y = layers.Reshape((64, 64, 8))(x)
    """
    assert problems(program) == ["5:ReshapeSizeMismatch"]


def test_values_have_short_names() -> None:
    """A value in a formatted string does not spell out the program behind it."""
    lines = "".join(f"    def f{number}(self):\n        return self\n" for number in range(300))
    use = "a = A()\nb = [a, a.f1, A, {'a': a}]\nc = f'{a} {b}' + '{}'.format(b) + str(b) + '%s' % b\n"
    program = f"class A:\n{lines}{use}"
    result = analyse_source(program, "program.py", StaticSettings())
    assert result.unfinished == ()
    scope = Scope()
    scope.variables["scope"] = scope
    assert len(repr(scope)) < 100


def test_functions_that_call_each_other() -> None:
    """A web of calls ends long before the budget of the file."""
    names = [f"f{number}" for number in range(8)]
    calls = "".join(f"    x = {name}(x)\n" for name in names)
    program = "".join(f"def {name}(x):\n{calls}    return x\n" for name in names)
    result = analyse_source(program, "program.py", StaticSettings())
    assert (result.observations, result.unfinished) == ((), ())


def test_list_in_a_call_cut_short() -> None:
    """What a call that is not followed may change is not known after it."""
    program = """
    def fill(sizes, depth):
        if depth:
            fill(sizes, depth - 1)
        else:
            sizes.append(4)
    sizes = []
    fill(sizes, 50)
    keras.ops.reshape(keras.ops.zeros((8,)), (8 * len(sizes),))[0] + 1
    """
    assert problems(program) == []


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param("tf.zeros((1,))", [], id="waking the device"),
        pytest.param("p = np.ones((3, 4))\nnp.argmax(p[0])", [], id="a look at a part"),
        pytest.param("x = tf.ones((3, 4))\ntf.expand_dims(x, 1)", ["2:DiscardedResult"], id="meant to change"),
        pytest.param("def f():\n    x = [tf.ones(3)]\n    tf.expand_dims(x[0], 1)", ["3:DiscardedResult"], id="inside"),
    ],
)
def test_bare_call(program: str, expected: list[str]) -> None:
    """A bare call outside functions is a fault only where a variable was meant to change."""
    assert problems(program) == expected


@pytest.mark.parametrize("function", ["sum", "max", "argmax", "cumsum", "squeeze"])
def test_axis_of_a_number(function: str) -> None:
    """NumPy reads a number as an array of one entry where it is given the axis 0."""
    assert problems(f"np.{function}(np.float32(3), axis=0).item()\nn = np.{function}(3, axis=-1)") == []


@pytest.mark.parametrize("file", ["tests/shapes.py", "pack/tests/data/shapes.py", "test_shapes.py", "shapes_test.py"])
def test_bare_calls_of_tests(file: str) -> None:
    """Test files call functions to see that nothing raises."""
    program = "import tensorflow as tf\ndef check():\n    x = tf.ones(3)\n    tf.expand_dims(x, 1)\n"
    assert analyse_source(program, file, StaticSettings()).observations == ()
    assert len(analyse_source(program, "latest/shapes.py", StaticSettings()).observations) == 1


def test_default_that_must_be_replaced() -> None:
    """A function nobody calls is not accused of its default 0; a call that passes 0 is."""
    program = "def head(x, units=0):\n    return layers.Dense(units)(x)\n"
    assert problems(program) == []
    assert problems(f"{program}head(keras.Input((3,)))") == ["2:ArgumentSize"]


def test_pool_over_channels() -> None:
    """``tf.nn.max_pool`` may take the largest of several channels, on a CPU."""
    program = "y = tf.nn.max_pool(tf.ones((2, 6, 6, 6)), ksize=(1, 1, 1, 3), strides=(1, 1, 1, 3), padding='VALID')"
    assert problems(program) == []
    assert shape_of(program, "y") == [2, 6, 6, 2]
    assert problems(program.replace("1, 1, 1, 3", "1, 1, 2, 2")) == ["1:StridesLayout"]


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(
            "def f(s):\n    x = np.ones((4, 6)).reshape(-1, *s)\n    return np.pad(x, [[0, 0]] * 3)", id="size"
        ),
        pytest.param("def f(s):\n    return layers.Conv2D(*s, 3)(keras.Input((2, 2, 3)))", id="behind the star"),
        pytest.param("def g(a, n):\n    return layers.Dense(n)\ndef f(s):\n    g(*s, -1)", id="into a function"),
        pytest.param("def f(s):\n    np.zeros((2, 3)) + np.random.rand(4, *s)", id="random"),
    ],
)
def test_arguments_behind_an_unknown_star(program: str) -> None:
    """Nobody knows how many arguments ``*s`` stands for, nor what follows it."""
    assert problems(program) == []


def test_constructor_of_several_bases() -> None:
    """A keyword that the first base does not know may be for the second."""
    program = """
    from elsewhere import Scoped
    class Mine(layers.Dense, Scoped):
        def __init__(self, units):
            super().__init__(units, scope='a')
    Mine(3)
    """
    assert problems(program) == []
    assert problems(program.replace(", Scoped)", ")")) == ["5:UnknownArgument"]


def test_changed_in_place() -> None:
    """``copy=False`` lets NumPy change the array itself."""
    assert problems("def f(c):\n    c = np.ones(3)\n    np.nan_to_num(c, copy=False)\n    return c") == []


def test_signatures_of_keras2() -> None:
    """Programs for Keras 2 may use its own arguments; what is wrong in both is still found."""
    program = """
    x = keras.Input(type_spec=tf.TensorSpec((None, 3)))
    y = keras.Input(batch_input_shape=(2, 3))
    layers.Conv2D(4, 9)(keras.Input((4, 4, 1)))
    layers.Conv2D(4, 3)(keras.Input((5, 8, 8, 1)))
    """
    assert problems(program, keras=2) == ["4:WindowTooLarge"]


def test_keywords_that_tensorflow_drops() -> None:
    assert problems("tf.data.Dataset.range(0, 3, dtype=tf.int64)") == []


def test_defaults_that_somebody_takes() -> None:
    """A helper is tried with its defaults unless its callers give known values for them."""
    helper = "def build(shape=(28, 28)):\n    return keras.Sequential([keras.Input(shape), layers.Conv2D(4, 3)])\n"
    assert problems(helper) == ["2:InputRankMismatch"]
    assert problems(helper + "def train(shape):\n    build(shape)") == ["2:InputRankMismatch"]
    assert problems("def train(shape):\n    build(shape)\n" + helper) == ["4:InputRankMismatch"]
    assert problems(helper + "def train():\n    build((28, 28, 1))") == []
