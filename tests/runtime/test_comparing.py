"""Two implementations over the same values."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from convlint.api import compare as compare_in_api
from convlint.files import FileProblem
from convlint.runtime.client import BuildTarget, Comparison, Workshop, parse_expression, parse_input

SOURCE = '''
KERNEL = np.arange(9, dtype="float32").reshape(3, 3, 1, 1)

def by_function(batch):
    """The textbook's own."""
    channels = batch.shape[-1]
    filters = np.ones(shape=(7, 7, channels, 1), dtype=np.float32)
    return tf.nn.conv2d(batch, filters, strides=1, padding="SAME", data_format="NHWC")

def by_layer(batch):
    inputs = layers.Input(shape=batch.shape[1:])
    conv = layers.Conv2D(1, 7, padding="SAME", kernel_initializer="ones", activation="linear")
    return keras.Model(inputs, conv(inputs)).predict(batch, verbose=0)

def conv1d(padding="valid"):
    return keras.Sequential([keras.Input((600, 300)), layers.Conv1D(64, 3, padding=padding)])

def conv2d(padding="valid"):
    return keras.Sequential([keras.Input((600, 300, 1)), layers.Conv2D(64, (3, 300), padding=padding)])

one_layer, other_layer = layers.Conv1D(64, 3), layers.Conv2D(64, (3, 300))

def deep(activation=None, units=4):
    return keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(4, 3, name="same"),
                             layers.Conv2D(4, 3, activation=activation, name="departs"), layers.Dense(units)])

def plain():
    conv = layers.Conv2D(1, 3, padding="same", use_bias=False)
    model = keras.Sequential([keras.Input((16, 16, 1)), conv])
    conv.kernel.assign(KERNEL)
    return model

def flipped(x): return tf.nn.conv2d(x, KERNEL[::-1, ::-1], 1, "SAME")
def mirrored_border(x):
    return tf.nn.conv2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT"), KERNEL, 1, "VALID")
def three(x): return tf.nn.conv2d(x, np.concatenate([KERNEL, KERNEL * 2, KERNEL - 1], -1), 1, "SAME")
def channels_first(x): return tf.transpose(three(x), (0, 3, 1, 2))
def turned(x): return tf.transpose(x, (0, 2, 1, 3))
def same(x): return x
def broken(x): return tf.nn.conv2d(x, np.ones((3, 3, 5, 1)), 1, "SAME")
def a_tenth(): return np.full(4, 0.1)
def three_tenths_less(): return np.full(4, 0.3) - 0.2
def holes(): return np.array([1, np.nan])
def no_holes(): return np.array([1.0, 2.0])
'''


@pytest.fixture
def compare(workshop: Workshop, program: Callable[..., str]) -> Callable[..., Comparison]:
    file = program(SOURCE)

    def run(a: str, b: str, *inputs: str, **arguments: object) -> Comparison:
        sides = [BuildTarget(file, name, arguments=arguments) for name in (a, b)]
        return workshop.compare(sides[0], sides[1], tuple(map(parse_input, inputs)))

    return run


def test_a_function_against_a_layer_is_rounding(compare: Callable[..., Comparison]) -> None:
    """NumPy's division makes the image float64; the function follows it, the layer casts to float32."""
    result = compare("by_function", "by_layer", "427 640 3")
    assert (result.verdict, result.cause) == ("rounding", "precision")
    assert result.dtypes == ("float64", "float32")
    assert result.shapes == ((1, 427, 640, 1), (1, 427, 640, 1))
    assert result.max_rel is not None
    assert 1e-7 < result.max_rel < 5e-6
    assert result.kernel_shapes[1] == (7, 7, 3, 1)


def test_both_in_float32_are_identical(compare: Callable[..., Comparison]) -> None:
    result = compare("by_function", "by_layer", "64 64 3 float32")
    assert (result.verdict, result.cause, result.max_abs, result.dtypes) == ("equal", None, 0.0, ("float32",) * 2)


@pytest.mark.parametrize(("a", "b", "inputs"), [("conv1d", "conv2d", ()), ("one_layer", "other_layer", ("600 300",))])
def test_conv1d_is_conv2d_over_the_whole_width(
    compare: Callable[..., Comparison], a: str, b: str, inputs: tuple[str, ...]
) -> None:
    result = compare(a, b, *inputs)
    assert result.verdict in ("equal", "rounding")
    assert result.kernel_shapes == ((3, 300, 64), (3, 300, 1, 64))
    assert result.shapes == ((1, 598, 64), (1, 598, 1, 64))
    assert "B uses the weights of A, (3, 300, 64) read as (3, 300, 1, 64)" in result.notes
    assert f"`{b}` gets the same values as (1, 600, 300, 1)" in result.notes


def test_with_same_padding_they_are_not(compare: Callable[..., Comparison]) -> None:
    result = compare("conv1d", "conv2d", padding="same")
    assert (result.verdict, result.shapes) == ("different", ((1, 600, 64), (1, 600, 300, 64)))


@pytest.mark.parametrize(
    ("a", "b", "verdict", "cause"),
    [
        ("plain", "flipped", "different", "flipped-kernel"),
        ("flipped", "plain", "different", "flipped-kernel"),
        ("plain", "mirrored_border", "different", "padding"),
        ("three", "channels_first", "different", "layout"),
        ("same", "turned", "different", "transposed"),
        ("plain", "three", "different", None),
        ("same", "same", "equal", None),
        ("a_tenth", "three_tenths_less", "rounding", "precision"),
        ("holes", "no_holes", "different", None),
        ("holes", "holes", "equal", None),
    ],
)
def test_causes_are_found_by_experiment(
    compare: Callable[..., Comparison], a: str, b: str, verdict: str, cause: str | None
) -> None:
    result = compare(a, b, "16 16 1")
    assert (result.verdict, result.cause) == (verdict, cause)


def test_the_first_layer_that_departs_is_named(workshop: Workshop, program: Callable[..., str]) -> None:
    file = program(SOURCE)
    result = workshop.compare(BuildTarget(file, "deep"), BuildTarget(file, "deep", {"activation": "relu"}))
    assert (result.verdict, result.first_difference) == ("different", "departs")


def test_weights_that_cant_be_shared_are_said(workshop: Workshop, program: Callable[..., str]) -> None:
    file = program(SOURCE)
    result = workshop.compare(BuildTarget(file, "deep"), BuildTarget(file, "deep", {"units": 5}))
    assert (result.verdict, any("could not be shared" in note for note in result.notes)) == ("different", True)


def test_a_side_that_fails_is_named_with_its_line(compare: Callable[..., Comparison]) -> None:
    result = compare("same", "broken", "16 16 1")
    assert (result.verdict, result.message) == (
        "failed",
        "model.py:broken fails: input depth must be evenly divisible by filter depth: 1 vs 5",
    )
    assert result.failures[0] is None
    assert result.failures[1] is not None
    assert result.failures[1].failure is not None
    assert result.failures[1].failure.frames[-1].code.startswith("def broken")


@pytest.mark.parametrize(
    ("a", "b", "inputs", "part"),
    [
        ("same", "turned", (), "--input"),
        ("plain", "nothing", (), "no `nothing`"),
        ("plain", "flipped", ("16 15 1",), "declares an input of (16, 16, 1)"),
    ],
)
def test_comparisons_that_cant_be_made(
    compare: Callable[..., Comparison], a: str, b: str, inputs: tuple[str, ...], part: str
) -> None:
    result = compare(a, b, *inputs)
    assert (result.verdict, part in result.message) == ("failed", True), result.message


def test_sizes_that_only_work_as_a_whole_batch_are_read_as_one(compare: Callable[..., Comparison]) -> None:
    result = compare("by_function", "by_layer", "2 64 64 3")
    assert result.verdict == "rounding"
    assert result.shapes == ((2, 64, 64, 1), (2, 64, 64, 1))
    assert any("whole batch" in note for note in result.notes)


MODELS = """
def base(first="same", **normalization):
    x = inputs = keras.Input((16, 16, 3))
    if first == "zeros":
        x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(8, 3, strides=2, padding="same" if first == "same" else "valid", name="conv")(x)
    x = layers.BatchNormalization(name="bn", **normalization)(x)
    if first == "turned":
        x = layers.Permute((3, 1, 2))(x)
    return keras.Model(inputs, layers.Dense(5, name="dense")(layers.Flatten()(x)))

def epsilon(): return base(epsilon=1e-5)
def momentum(): return base(momentum=0.9)
def padded(): return base("zeros")
def turned():
    x = inputs = keras.Input((16, 16, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", name="conv")(x)
    x = layers.Permute((3, 1, 2))(layers.BatchNormalization(name="bn")(x))
    return keras.Model(inputs, layers.Dense(5, name="dense")(layers.Flatten()(x)))

conv = layers.Conv2D(4, 3, strides=2, padding="same")
pool = layers.MaxPooling2D(3, 2, padding="same")
square = layers.Conv2D(3, 3, padding="same", use_bias=False)

def conv_like_torch(x): return tf.nn.conv2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), conv.kernel, 2, "VALID")
def pool_like_torch(x):
    return tf.nn.max_pool2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=-1e9), 3, 2, "VALID")
def exchanged(x): return tf.nn.conv2d(x, tf.transpose(square.kernel, (0, 1, 3, 2)), 1, "SAME")
def channels_first(x):
    return keras.ops.transpose(square(keras.ops.transpose(x, (0, 2, 3, 1))), (0, 3, 1, 2))
def two(x): return x, 2 * x
def two_and_more(x): return x, 2 * x + 0.5
def save(path=""):
    model = base()
    model.layers[1].bias.assign(np.ones(8))
    model.save(path)
    return model
"""


@pytest.mark.parametrize(
    ("a", "b", "inputs", "cause", "first"),
    [
        ("base", "epsilon", (), "epsilon", "bn"),
        ("base", "padded", (), "one-sided-padding", "conv"),
        ("base", "turned", (), "flatten-order", "dense"),
        ("turned", "base", (), "flatten-order", "dense"),
        ("conv", "conv_like_torch", ("8 8 3 float32",), "one-sided-padding", None),
        ("pool", "pool_like_torch", ("8 8 3 float32",), "one-sided-padding", None),
        ("square", "exchanged", ("8 8 3 float32",), "transposed-kernel", None),
        ("square", "channels_first", ("3 3 3 float32",), "data-format", None),
        ("two", "two_and_more", ("4 5",), "bias", None),
        ("keras.layers.Dense(4)", "keras.layers.Dense(4, use_bias=False)", ("8",), "bias", None),
        ("keras.layers.Dense(4)", "keras.layers.Dense(4, activation='relu')", ("8",), "activation", None),
        ("keras.ops.negative", "lambda x: keras.ops.relu(-x) + 0", ("8",), "activation", None),
        ("keras.layers.Conv1D(4, 3)", "keras.layers.Conv1D(4, 3, dilation_rate=2)", ("9 2",), None, None),
        ("keras.layers.LeakyReLU(0.3)", "keras.layers.LeakyReLU(0.3)", ("9",), None, None),
    ],
)
def test_causes_between_layers_models_and_expressions(
    workshop: Workshop, program: Callable[..., str], a: str, b: str, inputs: tuple[str, ...], cause: str | None,
    first: str | None,
) -> None:  # fmt: skip
    file = program(MODELS)
    sides = [BuildTarget(file, "" if "." in name else name, expression=name if "." in name else "") for name in (a, b)]
    result = workshop.compare(sides[0], sides[1], tuple(map(parse_input, inputs)))
    assert (result.cause, result.first_difference, result.message) == (cause, first, "")
    assert result.verdict == ("equal" if a == b else "different")


def test_what_has_a_say_in_training_only_is_a_note(workshop: Workshop, program: Callable[..., str]) -> None:
    file = program(MODELS)
    result = workshop.compare(BuildTarget(file, "base"), BuildTarget(file, "momentum"))
    assert (result.verdict, result.notes[-1]) == (
        "equal",
        "momentum of `bn` is 0.99 and 0.9, which has a say in training only",
    )


def test_saved_files_keep_their_weights_and_lend_them(
    workshop: Workshop, program: Callable[..., str], tmp_path: Path
) -> None:
    file = program(MODELS)
    paths = [str(tmp_path / name) for name in ("a.keras", "b.h5", "c.keras")]
    for path in paths:
        assert workshop.build(BuildTarget(file, "save", {"path": path})).ok
    first, second, third = (BuildTarget(path, saved=True) for path in paths)
    assert workshop.compare(first, first).verdict == "equal"
    apart = workshop.compare(first, second)
    assert (apart.verdict, "each side keeps the weights that it was saved with" in apart.notes) == ("different", True)
    borrowed = workshop.compare(BuildTarget(file, "base"), third)
    assert (borrowed.verdict, "A uses the weights of B" in borrowed.notes) == ("equal", True)


def test_savedmodel_folders(workshop: Workshop, program: Callable[..., str], tmp_path: Path) -> None:
    """What `model.export` writes; its signature tells the shape of the input."""
    source = """
    def export(folder, file):
        model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(2)])
        model.export(folder, verbose=False)
        model.save(file)
        model.layers[-1].bias.assign([1.0, 2.0])
        model.save(file.replace("same", "other"))
    """
    folder, same, other = (str(tmp_path / name) for name in ("folder", "same.keras", "other.keras"))
    report = workshop.build(BuildTarget(program(source), "export", {"folder": folder, "file": same}))
    assert report.ok, report.message
    exported = BuildTarget(folder, saved=True)
    assert workshop.compare(exported, BuildTarget(same, saved=True)).verdict in ("equal", "rounding")
    apart = workshop.compare(BuildTarget(other, saved=True), exported)
    assert (apart.verdict, apart.max_abs, apart.message) == ("different", pytest.approx(2, abs=1e-5), "")


def test_a_saved_model_that_runs_code_is_not_loaded(
    workshop: Workshop, program: Callable[..., str], tmp_path: Path
) -> None:
    source = """
    def make():
        model = keras.Sequential([keras.Input((3,)), layers.Lambda(lambda x: x * 2)])
        model.save({path!r})
        return model
    """
    path = str(tmp_path / "code.keras")
    assert workshop.build(BuildTarget(program(source.format(path=path)), "make")).ok
    with pytest.raises(FileProblem, match="is not loaded, because"):
        compare_in_api(BuildTarget(path, saved=True), BuildTarget(path, saved=True))
    weights = tmp_path / "w.json"
    weights.write_text("{}")
    with pytest.raises(FileProblem):
        compare_in_api(BuildTarget(str(weights), saved=True), BuildTarget(str(weights), saved=True))


@pytest.mark.parametrize(
    ("text", "is_expression"),
    [
        ("keras.layers.Dense(4)", True),
        ("np.exp", True),
        ("lambda x: x + 1", True),
        ("tf.keras.layers.Conv2D(8, 3)(x)", True),
        ("model.py:build", False),
        ("package.module", False),
        ("keras", False),
        ("model.py", False),
        ("os.system('true')", False),
        ("saved.keras", False),
    ],
)
def test_what_is_an_expression(text: str, is_expression: bool) -> None:
    assert (parse_expression(text) is not None) is is_expression


def test_an_expression_that_raises_says_so(workshop: Workshop, tmp_path: Path) -> None:
    side = BuildTarget("expression.py", expression="keras.layers.Dense(units='x')")
    result = workshop.compare(side, side)
    assert result.verdict == "failed"
    assert "`keras.layers.Dense(units='x')` raises" in result.message


def test_without_torch_its_side_is_skipped_with_a_message(workshop: Workshop) -> None:
    if importlib.util.find_spec("torch") is not None:
        pytest.skip("torch is installed")
    side = BuildTarget("expression.py", expression="torch.nn.Linear(8, 4)")
    result = workshop.compare(side, BuildTarget("expression.py", expression="np.exp"), (parse_input("8"),))
    assert result.message.endswith("needs torch, which is not installed here")


TORCH = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, dense=True):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8)
        self.dense = nn.Linear(512, 5) if dense else None
    def forward(self, x):
        x = torch.relu(self.bn(self.conv(x)))
        return x if self.dense is None else self.dense(torch.flatten(x, 1))

def without_dense(): return Net(False)

def features(padding="zeros", epsilon=1e-5):
    x = inputs = keras.Input((16, 16, 3))
    if padding == "zeros":
        x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(8, 3, strides=2, padding="same" if padding == "same" else "valid", name="conv")(x)
    return keras.Model(inputs, layers.ReLU()(layers.BatchNormalization(epsilon=epsilon, name="bn")(x)))

def same(): return features("same")
def epsilon(): return features(epsilon=1e-3)
def dense(turned=False):
    inner = features()
    x = layers.Permute((3, 1, 2))(inner.output) if turned else inner.output
    return keras.Model(inner.input, layers.Dense(5, name="dense")(layers.Flatten()(x)))
def turned(): return dense(True)
"""


@pytest.mark.parametrize(
    ("a", "b", "inputs", "verdict", "cause"),
    [
        ("features", "without_dense", (), "rounding", None),
        ("same", "without_dense", (), "different", "one-sided-padding"),
        ("without_dense", "same", (), "different", "one-sided-padding"),
        ("epsilon", "without_dense", (), "different", "epsilon"),
        ("dense", "Net", (), "different", "flatten-order"),
        ("turned", "Net", (), "rounding", None),
        ("torch.nn.Linear(8, 4)", "keras.layers.Dense(4)", ("8",), "rounding", "precision"),
        ("torch.nn.Conv1d(8, 4, 3)", "keras.layers.Conv1D(4, 3)", ("5 8",), "rounding", None),
        (
            "torch.nn.Conv2d(3, 6, 3, groups=3)",
            "keras.layers.DepthwiseConv2D(3, depth_multiplier=2)",
            ("5 5 3",),
            "rounding",
            None,
        ),
        (
            "torch.nn.ConvTranspose2d(3, 4, 2, stride=2)",
            "keras.layers.Conv2DTranspose(4, 2, strides=2)",
            ("5 5 3",),
            "rounding",
            None,
        ),
        (
            "torch.nn.LSTM(8, 4, batch_first=True)",
            "keras.layers.LSTM(4, return_sequences=True)",
            ("5 8",),
            "rounding",
            "precision",
        ),
        (
            "torch.nn.GRU(8, 4, batch_first=True)",
            "keras.layers.GRU(4, return_sequences=True)",
            ("5 8",),
            "rounding",
            "precision",
        ),
        ("torch.nn.LayerNorm(8)", "keras.layers.LayerNormalization()", ("5 8",), "different", "epsilon"),
    ],
)
def test_a_pytorch_module_may_be_one_side(
    workshop: Workshop, program: Callable[..., str], a: str, b: str, inputs: tuple[str, ...], verdict: str,
    cause: str | None,
) -> None:  # fmt: skip
    pytest.importorskip("torch", reason="torch is not installed")
    file = program(TORCH)
    sides = [BuildTarget(file, "" if "." in name else name, expression=name if "." in name else "") for name in (a, b)]
    result = workshop.compare(sides[0], sides[1], tuple(map(parse_input, inputs)))
    assert result.message == ""
    assert (result.verdict if result.verdict != "equal" else "rounding") == verdict
    assert result.cause in (cause, "precision" if verdict == "rounding" else cause)
