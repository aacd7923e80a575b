"""Which problem a call states: the kind of fault, its numbers, and silence for the nearest correct call."""

from __future__ import annotations

from typing import Any

import pytest

from convlint import problems
from convlint.catalog.context import Context, Refused
from convlint.catalog.layer import Call
from convlint.catalog.registry import find_function, find_layer
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import Problem
from convlint.shapes.dims import DYNAMIC, UNKNOWN, symbol


def eager(*shape: Any) -> Tensor:
    return Tensor(shape, "float32", Kind.EAGER)


def symbolic(*shape: Any) -> Tensor:
    return Tensor((DYNAMIC, *shape), "float32", Kind.SYMBOLIC)


def traced(*shape: Any) -> Tensor:
    return Tensor((DYNAMIC, *shape), "float32", Kind.TRACED)


def call(
    name: str, *positional: Any, keras: int = 3, inside_call: bool = False, **keywords: Any
) -> tuple[Any, list[Problem]]:
    """Result (None when refused) and every problem stated, of a function or of a layer's constructor."""
    ctx = Context(operation=name.rpartition(".")[2], keras=keras, inside_call=inside_call)
    function, layer = find_function(name), find_layer(name)
    try:
        if function is not None:
            return function.call(ctx, positional, keywords), ctx.noted
        assert layer is not None
        return layer.make(ctx, positional, keywords), ctx.noted
    except Refused as refusal:
        return None, [*ctx.noted, refusal.problem]


def apply(name: str, x: Any, *positional: Any, **keywords: Any) -> tuple[Any, list[Problem]]:
    """The same for a layer that is made and called."""
    layer = find_layer(f"keras.layers.{name}")
    assert layer is not None
    ctx = Context(operation=name)
    try:
        made = layer.make(ctx, positional, keywords)
        return made.call(ctx, Call(x))[0], ctx.noted
    except Refused as refusal:
        return None, [*ctx.noted, refusal.problem]


def kinds(stated: list[Problem]) -> list[str]:
    return [type(problem).__name__ for problem in stated]


PYTORCH = eager(64, 1, 8, 8)


@pytest.mark.parametrize(
    ("name", "x", "kernel", "arguments", "expected"),
    [
        pytest.param("keras.backend.conv2d", eager(2, 1, 32, 32), PYTORCH, {"data_format": "channels_first"},
                     "KernelLayoutOIHW", id="1 != 8"),
        pytest.param("tensorflow.nn.conv2d", eager(2, 32, 32, 1), PYTORCH, {"strides": 8, "padding": "SAME"},
                     "KernelLayoutOIHW", id="channels_last image"),
        pytest.param("tensorflow.nn.conv3d", eager(2, 8, 8, 8, 3), eager(16, 3, 5, 5, 5),
                     {"strides": [1] * 5, "padding": "SAME"}, "KernelLayoutOIHW", id="3-D"),
        pytest.param("keras.ops.depthwise_conv", eager(2, 8, 8, 6), eager(6, 1, 3, 3), {}, "KernelLayoutOIHW",
                     id="depthwise: (in, 1, h, w)"),
        pytest.param("keras.ops.conv_transpose", eager(2, 8, 8, 6), eager(6, 4, 3, 3), {}, "KernelLayoutOIHW",
                     id="transposed: (in, out, h, w)"),
        pytest.param("tensorflow.nn.conv2d", eager(2, 32, 32, 3), eager(3, 3, 4, 8), {"strides": 1, "padding": "SAME"},
                     "ChannelMismatch", id="plainly another depth"),
        pytest.param("tensorflow.nn.conv2d", eager(2, 32, 32, 3), eager(5, 5, 8, 3), {"strides": 1, "padding": "SAME"},
                     "ChannelMismatch", id="in and out exchanged is not PyTorch's order"),
        pytest.param("keras.ops.conv_transpose", eager(2, 8, 8, 3), eager(3, 3, 3, 8), {}, "ChannelMismatch",
                     id="a plain kernel given to the transposed convolution"),
        pytest.param("tensorflow.nn.conv2d", eager(2, 9, 9, 6), eager(3, 3, 3, 8), {"strides": 1, "padding": "SAME"},
                     "AccidentalGroupedConv", id="6 channels, kernel for 3"),
        pytest.param("keras.ops.conv", symbolic(9, 9, 6), eager(3, 3, 3, 8), {}, "ChannelMismatch",
                     id="keras.ops on a symbolic tensor knows no groups"),
    ],
)  # fmt: skip
def test_kernels(name: str, x: Tensor, kernel: Tensor, arguments: dict[str, Any], expected: str) -> None:
    """The kernel against the input: which fault it is."""
    _, stated = call(name, x, kernel, **arguments)
    assert kinds(stated) == [expected]


def test_kernel_layout_names_the_permutation_that_repairs_it() -> None:
    _, stated = call("keras.backend.conv2d", eager(2, 32, 32, 1), PYTORCH)
    fault = stated[0]
    assert isinstance(fault, problems.KernelLayoutOIHW)
    assert fault.permutation == (2, 3, 1, 0)
    assert fault.expected_shape == (8, 8, 1, 64)
    _, stated = call("keras.ops.depthwise_conv", eager(2, 8, 8, 6), eager(6, 1, 3, 3))
    assert isinstance(stated[0], problems.KernelLayoutOIHW)
    assert stated[0].expected_shape == (3, 3, 6, 1)


@pytest.mark.parametrize(
    ("name", "x", "kernel"),
    [
        ("keras.backend.conv2d", eager(2, 32, 32, 1), eager(8, 8, 1, 64)),
        ("keras.backend.conv2d", eager(2, 32, 32, 3), eager(3, 3, 3, 3)),
        ("keras.backend.conv2d", eager(2, 32, 32, UNKNOWN), PYTORCH),
        ("keras.backend.conv2d", eager(2, 32, 32, symbol("c")), PYTORCH),
        ("keras.ops.depthwise_conv", eager(2, 8, 8, 6), eager(3, 3, 6, 1)),
        ("keras.ops.conv_transpose", eager(2, 8, 8, 6), eager(3, 3, 4, 6)),
    ],
)
def test_right_and_unknown_kernels_are_silent(name: str, x: Tensor, kernel: Tensor) -> None:
    assert call(name, x, kernel, padding="same")[1] == []


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("Flatten", (symbolic(4, 4),), "TensorInConstructor"),
        ("BatchNormalization", (symbolic(4, 4),), "TensorInConstructor"),
        ("Concatenate", ([symbolic(4), symbolic(4)],), "TensorInConstructor"),
        ("Add", ([symbolic(4), symbolic(4)],), "TensorInConstructor"),
        ("Dense", ("relu", 10), "ExchangedArguments"),
        ("Dense", (64 / 2,), "FloatDimension"),
        ("Conv2D", (8, (3, 3, 3)), "ArgumentSize"),
        ("Conv1D", (64, (3, 300)), "ArgumentSize"),
        ("Conv2D", (8, 3, 2, "full"), "InvalidPadding"),
        ("Dropout", (1.5,), "ArgumentSize"),
        ("Permute", ((0, 2, 1),), "NoPermutation"),
        ("Reshape", ((-1, -1),), "TwoInferredDims"),
        ("MaxPooling2D", (2, 2, "SAME"), "PaddingSpelling"),
        ("AveragePooling2D", (), "MissingArgument"),
    ],
)
def test_constructors(name: str, arguments: tuple[Any, ...], expected: str) -> None:
    _, stated = call(f"keras.layers.{name}", *arguments)
    assert kinds(stated) == [expected]


def test_constructors_that_keras_takes() -> None:
    """Convolutions take any case of padding; Keras 2 gave the average pools a size and lowered the word."""
    assert call("keras.layers.Conv2D", 8, 3, padding="SAME")[1] == []
    assert call("keras.layers.AveragePooling2D", keras=2)[1] == []
    assert call("keras.layers.MaxPooling2D", padding="SAME", keras=2)[1] == []
    assert call("keras.layers.LeakyReLU", alpha=0.1)[1] == []
    assert call("keras.layers.Normalization", -1, Tensor((3,), "float64", Kind.ARRAY))[1] == []


@pytest.mark.parametrize(
    ("arguments", "shape", "stated"),
    [
        ({"shape": (28, 28, 1)}, (DYNAMIC, 28, 28, 1), []),
        ({"shape": (None, 3), "batch_size": 4}, (4, DYNAMIC, 3), []),
        ({"batch_shape": (2, 3)}, (2, 3), []),
        ({"shape": 4}, (DYNAMIC, 4), ["ScalarInputShape"]),
        ({"shape": 28, "batch_size": 28}, (DYNAMIC, 28, 28), ["ScalarInputShape"]),
        ({"shape": UNKNOWN}, UNKNOWN, []),
    ],
)
def test_input(arguments: dict[str, Any], shape: Any, stated: list[str]) -> None:
    result, found = call("keras.layers.Input", **arguments)
    assert (result.shape, kinds(found)) == (shape, stated)
    assert result.kind is Kind.SYMBOLIC


@pytest.mark.parametrize("name", ["tensorflow.reshape", "keras.backend.reshape", "keras.ops.reshape"])
def test_dynamic_dim_in_reshape(name: str) -> None:
    """``None`` from ``.shape`` inside ``call`` raises; the size is then taken for the one to infer."""
    result, stated = call(name, traced(4, 4, 3), (DYNAMIC, 16, 3), inside_call=True)
    assert kinds(stated) == ["DynamicDimInShape"]
    assert result.shape == (DYNAMIC, 16, 3)
    assert call(name, traced(4, 4, 3), (-1, 16, 3), inside_call=True)[1] == []
    assert call(name, traced(4, 4, 3), (UNKNOWN, 16, 3), inside_call=True)[1] == []


def test_none_is_a_size_for_keras_ops_outside_call() -> None:
    """The model is built; it fails when it runs, which is said without stopping there."""
    stated = call("keras.ops.reshape", symbolic(4, 4, 3), (DYNAMIC, 16, 3))[1]
    assert [type(one).__name__ for one in stated] == ["DynamicDimInShapeSilent"]


@pytest.mark.parametrize(
    ("name", "keras", "inside_call", "expected"),
    [
        ("tensorflow.reduce_mean", 3, False, ["TfFunctionOnKerasTensor"]),
        ("keras.backend.mean", 3, False, ["TfFunctionOnKerasTensor"]),
        ("tensorflow.reduce_mean", 2, False, []),
        ("tensorflow.reduce_mean", 3, True, []),
        ("keras.ops.mean", 3, False, []),
        ("numpy.mean", 3, False, ["NumpyOnSymbolic"]),
        ("numpy.mean", 2, False, ["NumpyOnSymbolic"]),
    ],
)
def test_functions_on_symbolic_tensors(name: str, keras: int, inside_call: bool, expected: list[str]) -> None:
    """The computation goes on, and the finding knows what to write instead."""
    result, stated = call(name, symbolic(4), -1, keras=keras, inside_call=inside_call)
    assert kinds(stated) == expected
    assert result.shape == (DYNAMIC,)
    assert all(getattr(problem, "replacement", "") == "keras.ops.mean" for problem in stated)


@pytest.mark.parametrize(
    ("name", "x", "arguments", "expected"),
    [
        ("Conv2D", symbolic(1, 28, 28), (8, 3), "ChannelsFirstInput"),
        ("MaxPooling2D", symbolic(1, 28, 28), (2,), "ChannelsFirstInput"),
        ("MaxPooling2D", symbolic(4, 4, 3), (5,), "WindowTooLarge"),
        ("Conv2D", symbolic(28, 28), (8, 3), "InputRankMismatch"),
        ("Dense", symbolic(DYNAMIC), (8,), "UndefinedFeatureDim"),
        ("Add", [symbolic(4, 3), symbolic(4, 5)], (), "MergeShapeMismatch"),
        ("Concatenate", [symbolic(4, 3), symbolic(5, 3)], (), "ConcatShapeMismatch"),
        ("Dot", [symbolic(4, 3), symbolic(4, 5)], (2,), "ContractionMismatch"),
        ("BatchNormalization", symbolic(4), (5,), "AxisOutOfRange"),
        ("Reshape", symbolic(4, 4), ((5, 5),), "ReshapeSizeMismatch"),
        ("Cropping2D", symbolic(4, 4, 3), (2,), "WindowTooLarge"),
    ],
)
def test_layers_on_inputs(name: str, x: Any, arguments: tuple[Any, ...], expected: str) -> None:
    assert kinds(apply(name, x, *arguments)[1]) == [expected]


def test_idle_rows_are_said_of_kernels_only() -> None:
    """7 of the 8 rows of this kernel never learn; a pool has nothing to learn."""
    result, stated = apply("Conv2D", symbolic(1, 32, 32), 10, 8, padding="same")
    assert kinds(stated) == ["ChannelsFirstInputSilent"]
    assert result.shape == (DYNAMIC, 1, 32, 10)
    assert apply("MaxPooling2D", symbolic(1, 32, 32), 8, padding="same")[1] == []


def test_layer_called_on_other_features() -> None:
    ctx = Context(operation="shared")
    entry = find_layer("keras.layers.Dense")
    assert entry is not None
    dense = entry.make(ctx, (4,), {})
    _, built = dense.call(ctx, Call(symbolic(8)))
    assert built.weights == {"kernel": (8, 4), "bias": (4,)}
    assert built.parameters == 36
    with pytest.raises(Refused) as refusal:
        dense.call(ctx, Call(symbolic(9), built))
    assert kinds([refusal.value.problem]) == ["SharedLayerShapeChange"]
    assert dense.call(ctx, Call(symbolic(UNKNOWN), built))[0].shape == (DYNAMIC, 4)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "arguments", "shapes"),
    [
        ("keras.datasets.mnist.load_data", {}, [(60000, 28, 28), (60000,), (10000, 28, 28), (10000,)]),
        ("keras.datasets.cifar10.load_data", {}, [(50000, 32, 32, 3), (50000, 1), (10000, 32, 32, 3), (10000, 1)]),
        ("keras.datasets.imdb.load_data", {"num_words": 1000}, [(25000,), (25000,), (25000,), (25000,)]),
        ("keras.datasets.boston_housing.load_data", {}, [(404, 13), (404,), (102, 13), (102,)]),
        ("keras.datasets.reuters.load_data", {}, [(8982,), (8982,), (2246,), (2246,)]),
    ],
)
def test_datasets(name: str, arguments: dict[str, Any], shapes: list[Any]) -> None:
    """The shapes that the docstrings of ``load_data`` state."""
    (x, y), (x_test, y_test) = call(name, **arguments)[0]
    assert [part.shape for part in (x, y, x_test, y_test)] == shapes


def test_scikit_learn_tables_are_as_measured() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    for name in ("load_digits", "load_iris", "load_wine", "load_breast_cancer", "load_diabetes"):
        real = getattr(datasets, name)(return_X_y=True)
        mine = call(f"sklearn.datasets.{name}", return_X_y=True)[0]
        assert [(part.shape, part.dtype) for part in mine] == [(part.shape, part.dtype.name) for part in real]
    assert call("sklearn.datasets.load_sample_image", "china.jpg")[0].shape == (427, 640, 3)


@pytest.mark.parametrize(
    ("name", "positional", "keywords", "shape"),
    [
        ("numpy.ndarray.reshape", (eager(4, 6), 2, -1), {}, (2, 12)),
        ("numpy.ndarray.reshape", (eager(4, 6), (2, -1)), {}, (2, 12)),
        ("numpy.ndarray.transpose", (eager(4, 6, 2), 2, 0, 1), {}, (2, 4, 6)),
        ("numpy.ndarray.transpose", (eager(4, 6, 2),), {}, (2, 6, 4)),
        ("numpy.random.rand", (3, 4), {}, (3, 4)),
        ("numpy.random.permutation", (10,), {}, (10,)),
        ("numpy.random.choice", (10, (2, 3)), {}, (2, 3)),
        ("numpy.outer", (eager(4), eager(5)), {}, (4, 5)),
        ("tensorflow.slice", (eager(4, 6), [1, 0], [-1, 3]), {}, (3, 3)),
        ("tensorflow.nn.space_to_depth", (eager(2, 8, 8, 3), 2), {}, (2, 4, 4, 12)),
        ("tensorflow.image.extract_patches", (eager(2, 8, 8, 3), [1, 3, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"), {},
         (2, 3, 3, 27)),
        ("keras.backend.batch_flatten", (eager(2, 3, 4),), {}, (2, 12)),
        ("tensorflow.nn.conv2d_transpose", (eager(2, 4, 4, 6), eager(3, 3, 5, 6), (2, 8, 8, 5), 2), {}, (2, 8, 8, 5)),
        ("keras.layers.concatenate", ([symbolic(4), symbolic(5)],), {}, (DYNAMIC, 9)),
        ("keras.layers.add", ([symbolic(4), symbolic(4)],), {}, (DYNAMIC, 4)),
    ],
)  # fmt: skip
def test_results(name: str, positional: tuple[Any, ...], keywords: dict[str, Any], shape: Any) -> None:
    """Functions that the random comparison does not draw."""
    result, stated = call(name, *positional, **keywords)
    assert (result.shape, stated) == (shape, [])


def test_layout_follows_the_channels() -> None:
    """A permutation that moves the channel axis moves what is known of it."""
    image = Tensor((2, 3, 8, 8), "float32", Kind.EAGER, "channels_first")
    assert call("tensorflow.transpose", image, (0, 2, 3, 1))[0].layout == "channels_last"
    assert call("tensorflow.transpose", image, (0, 2, 1, 3))[0].layout is None
    assert call("tensorflow.reshape", image, (2, 8, 8, 3))[0].layout is None


def test_importing_the_catalog_is_cheap() -> None:
    """No signature is read before it is needed."""
    import subprocess
    import sys

    program = (
        "from convlint.catalog.registry import all_layers, all_functions\n"
        "from convlint.catalog.signature import parse_signature\n"
        "assert all_layers() and all_functions()\n"
        "assert parse_signature.cache_info().misses == 0\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
