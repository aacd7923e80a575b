"""Two implementations over the same values."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from convlint.runtime.client import BuildTarget, Comparison, Workshop, parse_input

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
    assert (result.verdict, result.cause, result.max_abs, result.dtypes) == ("identical", None, 0.0, ("float32",) * 2)


@pytest.mark.parametrize(("a", "b", "inputs"), [("conv1d", "conv2d", ()), ("one_layer", "other_layer", ("600 300",))])
def test_conv1d_is_conv2d_over_the_whole_width(
    compare: Callable[..., Comparison], a: str, b: str, inputs: tuple[str, ...]
) -> None:
    result = compare(a, b, *inputs)
    assert result.verdict in ("identical", "rounding")
    assert result.kernel_shapes == ((3, 300, 64), (3, 300, 1, 64))
    assert result.shapes == ((1, 598, 64), (1, 598, 1, 64))
    assert "B uses the weights of A, (3, 300, 64) read as (3, 300, 1, 64)" in result.notes
    assert f"`{b}` gets the same values as (1, 600, 300, 1)" in result.notes


def test_with_same_padding_they_are_not(compare: Callable[..., Comparison]) -> None:
    result = compare("conv1d", "conv2d", padding="same")
    assert (result.verdict, result.shapes) == ("shapes-differ", ((1, 600, 64), (1, 600, 300, 64)))


@pytest.mark.parametrize(
    ("a", "b", "verdict", "cause"),
    [
        ("plain", "flipped", "different", "flipped-kernel"),
        ("flipped", "plain", "different", "flipped-kernel"),
        ("plain", "mirrored_border", "different", "padding"),
        ("three", "channels_first", "shapes-differ", "layout"),
        ("same", "turned", "different", "transposed"),
        ("plain", "three", "shapes-differ", None),
        ("same", "same", "identical", None),
        ("a_tenth", "three_tenths_less", "rounding", "precision"),
        ("holes", "no_holes", "different", None),
        ("holes", "holes", "identical", None),
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
    assert (result.verdict, any("could not be shared" in note for note in result.notes)) == ("shapes-differ", True)


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
