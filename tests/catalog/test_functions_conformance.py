"""Every function of the catalog against the installed library, on random arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convlint.catalog.registry import FunctionEntry, all_functions
from convlint.catalog.signature import REQUIRED
from convlint.shapes.dims import Unknown
from tests.catalog.agreement import Spec, disagreement, fully_known, function_outcomes, resolve
from tests.catalog.test_sources import SOURCES

Draw = Callable[[st.SearchStrategy[Any]], Any]
Arguments = dict[str, Any]

SIZES = st.integers(1, 4)
FLOATS = ("float32", "float32", "float64")


def shape(draw: Draw, low: int = 0, high: int = 4) -> tuple[int, ...]:
    return tuple(draw(st.lists(SIZES, min_size=low, max_size=high)))


def freed(draw: Draw, called: str, sizes: tuple[int, ...]) -> tuple[int | None, ...]:
    """The shape with a dynamic batch, for the functions that take symbolic tensors."""
    return (None, *sizes[1:]) if called.startswith("keras.ops.") and sizes and draw(st.booleans()) else sizes


def tensor(draw: Draw, called: str, low: int = 0, high: int = 4, dtypes: tuple[str, ...] = FLOATS) -> Spec:
    dtype = draw(st.sampled_from(dtypes)) if called.startswith("numpy.") else "float32"
    return Spec(freed(draw, called, shape(draw, low, high)), dtype)


def one(draw: Draw, called: str) -> Arguments:
    last = called.rpartition(".")[2]
    low = 2 if last in ("tril", "triu", "bias_add") or called == "keras.backend.softmax" else 1
    x = tensor(draw, called, low)
    if ".image." in called:
        return image_arguments(draw, called)
    if "bitwise" in last:
        x = Spec(x.shape, "int32")
    if last == "logical_not":
        x = Spec(x.shape, "bool")
    if last == "local_response_normalization":
        x = Spec((1, 2, 2, 1))
    needed = {parameter.target for parameter in all_functions()[called].signature.parameters}
    extra = {
        "bias": Spec((x.shape[-1],)) if last == "bias_add" else 0.5,
        "rate": 0.5,
        "level": 0.5,
        "a": 2.0,
        "threshold": 0.5,
        "default_value": 0.0,
    }
    limits = {
        "x_min": 0.0,
        "x_max": 1.0,
        "min_value": 0.0,
        "max_value": 1.0,
        "clip_value_min": 0.0,
        "clip_value_max": 1.0,
    }
    return {"x": x, **{key: value for key, value in {**extra, **limits}.items() if key in needed}}


def pair(draw: Draw, called: str) -> Arguments:
    base = shape(draw, 0, 3)
    dtype = "float32"
    if "logical" in called:
        dtype = "bool"
    if any(word in called for word in ("bitwise", "_shift", "gcd", "lcm")):
        dtype = "int32"
    sides = []
    for _ in range(2):
        sizes = tuple(draw(st.sampled_from([size, size, size, 1, size + 1])) for size in base)
        sides.append(sizes[draw(st.sampled_from([0, 0, 1])) :])
    specs = [Spec(freed(draw, called, sides[0]), dtype), Spec(sides[1], dtype)]
    if called.startswith("numpy.") and draw(st.booleans()) and dtype == "float32":
        specs[1] = Spec(sides[1], draw(st.sampled_from(["float64", "int32", "uint8", "int64"])))
    if called.endswith("ldexp"):
        specs[1] = Spec(specs[1].shape, "int32")
    return {"x": specs[0], "y": specs[1]}


def where(draw: Draw, called: str) -> Arguments:
    both = pair(draw, called)
    return {"condition": Spec(both["y"].shape, "bool"), "x": both["x"], "y": Spec(both["y"].shape, both["x"].dtype)}


def axis_of(draw: Draw, rank: int, several: bool = True) -> Any:
    number = st.integers(-rank - 1, rank) if draw(st.integers(0, 7)) == 0 else st.integers(-rank, max(rank - 1, 0))
    if several and rank > 1 and draw(st.integers(0, 3)) == 0:
        return tuple(draw(st.permutations(range(rank))))[:2]
    return draw(number)


def reduction(draw: Draw, called: str) -> Arguments:
    last = called.rpartition(".")[2]
    dtype = "bool" if last in ("all", "any", "reduce_all", "reduce_any") else "float32"
    if dtype == "float32" and called.startswith("numpy.") and "linalg" not in called:
        dtype = draw(st.sampled_from(["float32", "float64", "int64", "uint8", "int32"]))
    sizes = shape(draw, 1, 4)
    single = "arg" in last or last == "norm"
    axis = draw(st.none()) if draw(st.integers(0, 3)) == 0 and not single else axis_of(draw, len(sizes), not single)
    arguments: Arguments = {"x": Spec(freed(draw, called, sizes), dtype), "axis": axis}
    if "arg" not in last:
        arguments["keepdims"] = draw(st.booleans())
    return arguments


def reshape(draw: Draw, called: str) -> Arguments:
    sizes = shape(draw, 1, 4)
    target = list(draw(st.permutations(sizes)))
    change = draw(st.integers(0, 3))
    if change == 0:
        target[0] = -1
    elif change == 1:
        target = draw(st.lists(st.sampled_from([-1, 1, 2, 3, 4, 6, 12]), min_size=1, max_size=3))
    return {"x": Spec(freed(draw, called, sizes)), "target": tuple(target)}


def transpose(draw: Draw, called: str) -> Arguments:
    sizes = shape(draw, 2, 4)
    order = tuple(draw(st.permutations(range(len(sizes)))))
    if draw(st.integers(0, 6)) == 0:
        order = (*order[:-1], order[0])
    arguments: Arguments = {"x": Spec(freed(draw, called, sizes))}
    if not called.endswith("backend.transpose"):
        arguments["order"] = order
    return arguments


def swap(draw: Draw, called: str) -> Arguments:
    x = tensor(draw, called, 1)
    rank = len(x.shape)
    return {"x": x, "axis1": axis_of(draw, rank, False), "axis2": axis_of(draw, rank, False)}


def move(draw: Draw, called: str) -> Arguments:
    x = tensor(draw, called, 1)
    rank = len(x.shape)
    return {"x": x, "source": axis_of(draw, rank, False), "destination": axis_of(draw, rank, False)}


def roll(draw: Draw, called: str) -> Arguments:
    x = tensor(draw, called, 1)
    rank = len(x.shape)
    return {"x": x, "axis": axis_of(draw, rank, False), "start": draw(st.integers(-rank, rank))}


def expand(draw: Draw, called: str) -> Arguments:
    x = tensor(draw, called, 0, 3)
    return {"x": x, "axis": axis_of(draw, len(x.shape) + 1, False)}


def squeeze(draw: Draw, called: str) -> Arguments:
    sizes = tuple(draw(st.lists(st.sampled_from([1, 1, 2, 3]), min_size=1, max_size=4)))
    axis = axis_of(draw, len(sizes), False)
    return {"x": Spec(sizes), "axis": axis if "backend" in called or draw(st.booleans()) else None}


def several(draw: Draw, called: str) -> Arguments:
    base = shape(draw, 1, 3)
    specs = []
    for _ in range(draw(st.integers(1, 3))):
        specs.append(Spec(tuple(draw(st.sampled_from([size] * 5 + [size + 1])) for size in base)))
    return {"values": specs, "axis": axis_of(draw, len(base), False)}


def piles(draw: Draw, called: str) -> Arguments:
    return {"values": several(draw, called)["values"]}


def split(draw: Draw, called: str) -> Arguments:
    size = draw(st.integers(1, 6))
    lead = shape(draw, 0, 2)
    sections = draw(st.integers(1, 4))
    return {"x": Spec((*lead, size)), "sections": sections, "axis": draw(st.sampled_from([-1, len(lead)]))}


def unstack(draw: Draw, called: str) -> Arguments:
    sizes = shape(draw, 1, 3)
    return {"x": Spec(sizes), "axis": axis_of(draw, len(sizes), False)}


def tile(draw: Draw, called: str) -> Arguments:
    sizes = shape(draw, 1, 3)
    times = tuple(draw(SIZES) for _ in range(draw(st.sampled_from([len(sizes)] * 4 + [len(sizes) + 1]))))
    return {"x": Spec(sizes), "repeats": times}


def repeat(draw: Draw, called: str) -> Arguments:
    sizes = shape(draw, 1, 3)
    axis = axis_of(draw, len(sizes), False)
    return {
        "x": Spec(sizes),
        "repeats": draw(SIZES),
        "axis": axis if "backend" in called or draw(st.booleans()) else None,
    }


def pad(draw: Draw, called: str) -> Arguments:
    sizes = shape(draw, 1, 3)
    count = draw(st.sampled_from([len(sizes)] * 5 + [len(sizes) + 1]))
    width = [(draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in range(count)]
    return {"x": Spec(freed(draw, called, sizes)), "width": width}


def flip(draw: Draw, called: str) -> Arguments:
    sizes = shape(draw, 2, 4)
    axis = axis_of(draw, len(sizes), False)
    if called.endswith((".fliplr", ".flipud")):
        return {"x": Spec(sizes)}
    listed = called in ("tensorflow.reverse", "keras.backend.reverse")
    arguments: Arguments = {"x": Spec(sizes), "axis": [axis] if listed else axis}
    return {**arguments, "shift": 1} if called.endswith("roll") else arguments


def broadcast(draw: Draw, called: str) -> Arguments:
    target = shape(draw, 1, 3)
    source = tuple(draw(st.sampled_from([size, 1, size, size + 1])) for size in target)
    return {"x": Spec(source[draw(st.integers(0, 1)) :]), "target": target}


def take(draw: Draw, called: str) -> Arguments:
    sizes = shape(draw, 1, 3)
    indices = Spec(shape(draw, 0, 2), "int32")
    arguments: Arguments = {"x": Spec(sizes), "indices": indices}
    if called not in ("keras.backend.gather", "tensorflow.nn.embedding_lookup"):
        arguments["axis"] = axis_of(draw, len(sizes), False)
    return arguments


def one_hot(draw: Draw, called: str) -> Arguments:
    return {"x": Spec(shape(draw, 1, 3), "int32"), "depth": draw(st.integers(1, 5))}


def product(draw: Draw, called: str) -> Arguments:
    inner = draw(SIZES)
    other = draw(st.sampled_from([inner] * 4 + [inner + 1]))
    low = 1 if called.startswith(("tensorflow.", "keras.backend.")) else 0
    first = (*shape(draw, low, 2), inner)
    lead = () if len(first) > 2 and draw(st.booleans()) else first[:-2]
    second = (*lead, other, draw(SIZES)) if low or draw(st.booleans()) else (other,)
    arguments: Arguments = {}
    if called.startswith("tensorflow.") and draw(st.booleans()):
        turned = draw(st.sampled_from(["transpose_a", "transpose_b", "adjoint_a", "adjoint_b"]))
        arguments[turned] = True
        if turned.endswith("a"):
            first = (*first[:-2], first[-1], first[-2])
        else:
            second = (*second[:-2], second[-1], second[-2])
    first = freed(draw, called, first) if len(first) > 1 else first
    return {"x": Spec(first), "y": Spec(second), **arguments}


def tensordot(draw: Draw, called: str) -> Arguments:
    both = pair(draw, "")
    first, second = Spec(shape(draw, 2, 3)), Spec(shape(draw, 2, 3))
    if draw(st.booleans()):
        second = Spec((first.shape[-1], *second.shape[1:]))
    assert both
    return {"x": first, "y": second, "axes": draw(st.sampled_from([1, [[-1], [0]]]))}


def filled(draw: Draw, called: str) -> Arguments:
    arguments: Arguments = {"shape": shape(draw, 1, 3)}
    if "stateless" in called:
        arguments["seed"] = [1, 2]
    if called.endswith(("fill", "full")):
        arguments["value"] = 1.0
    if called.endswith("_variable"):
        arguments.update({"mean": 0.0, "scale": 1.0} if "normal" in called else {"low": 0.0, "high": 1.0})
    if called.endswith(("gamma", "beta", "binomial")):
        arguments.update({"alpha": 1.0} if "binomial" not in called else {"counts": 5.0, "probabilities": 0.5})
        arguments.update({"beta": 1.0} if called.endswith("beta") else {})
    if called.endswith("randint"):
        arguments.update({"minval": 0, "maxval": 5})
    return arguments


def like(draw: Draw, called: str) -> Arguments:
    arguments: Arguments = {"x": tensor(draw, called)}
    return {**arguments, "fill_value": 1} if called.endswith("full_like") else arguments


def eye(draw: Draw, called: str) -> Arguments:
    arguments: Arguments = {"rows": draw(SIZES)}
    if "identity" not in called and "backend" not in called:
        arguments["columns"] = draw(st.sampled_from([None, 3]))
    return arguments


def arange(draw: Draw, called: str) -> Arguments:
    number = st.integers(0, 12)
    start = draw(number)
    # TensorFlow refuses a limit below the start; NumPy's range is empty then.
    stop = draw(number) if called.startswith("numpy.") else start + draw(number)
    return {"start": start, "stop": stop, "step": draw(st.integers(1, 4))}


def linspace(draw: Draw, called: str) -> Arguments:
    return {"start": 1.0, "stop": 2.0, "num": draw(SIZES)}


def layouts(draw: Draw, called: str, rank: int) -> tuple[Any, bool]:
    """A data_format word and whether it is channels_last. TensorFlow's kernels run channels_last here."""
    if not called.startswith(("keras.ops.", "keras.backend.")):
        return {1: "NWC", 2: "NHWC", 3: "NDHWC"}[rank], True
    last = called.startswith("keras.backend.") or draw(st.booleans())
    return "channels_last" if last else "channels_first", last


def rank_of(draw: Draw, called: str, most: int = 3) -> int:
    digits = [int(part) for part in called if part.isdigit()]
    return digits[0] if digits else draw(st.integers(1, most))


def image(draw: Draw, called: str, rank: int, last: bool, channels: int) -> Spec:
    sizes = [draw(st.integers(2, 7)) for _ in range(rank)]
    batch = None if called.startswith("keras.ops.") else 2
    return Spec((batch, *sizes, channels) if last else (batch, channels, *sizes))


def padding(draw: Draw, called: str) -> str:
    word = draw(
        st.sampled_from(["same", "valid", "valid", "VALID"] if draw(st.integers(0, 5)) == 0 else ["same", "valid"])
    )
    return word.upper() if called.startswith("tensorflow.") and draw(st.integers(0, 9)) else word


def conv(draw: Draw, called: str) -> Arguments:
    rank = rank_of(draw, called)
    word, last = layouts(draw, called, rank)
    channels = draw(SIZES)
    depth = draw(st.sampled_from([channels] * 4 + [channels + 1, max(1, channels // 2)]))
    strides = draw(st.sampled_from([1, 1, 2]))
    window = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    filters = draw(SIZES)
    if called == "tensorflow.nn.conv3d":
        strides = [1, strides, strides, strides, 1]
    transposed = "transpose" in called
    x = image(draw, called, rank, last, channels)
    kernel = Spec((*window, filters, depth) if transposed else (*window, depth, filters))
    arguments: Arguments = {
        "x": x, "kernel": kernel, "strides": strides, "padding": padding(draw, called), "data_format": word,
    }  # fmt: skip
    if "atrous" in called:
        return {"x": x, "kernel": kernel, "padding": arguments["padding"], "dilations": 1}
    return arguments


def depthwise(draw: Draw, called: str) -> Arguments:
    rank = rank_of(draw, called, 2)
    word, last = layouts(draw, called, rank)
    channels = draw(SIZES)
    depth = draw(st.sampled_from([channels] * 4 + [channels + 1]))
    steps = draw(st.sampled_from([1, 1, 2]))
    times, filters = draw(st.integers(1, 2)), draw(SIZES)
    window = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    arguments: Arguments = {
        "x": image(draw, called, rank, last, channels), "kernel": Spec((*window, depth, times)),
        "strides": [1, steps, steps, 1] if called.startswith("tensorflow.") else (steps,) * rank,
        "padding": padding(draw, called), "data_format": word,
    }  # fmt: skip
    if "separable" in called:
        arguments["pointwise"] = Spec((*(1,) * rank, depth * times, filters))
    return arguments


def pool(draw: Draw, called: str) -> Arguments:
    rank = rank_of(draw, called)
    word, last = layouts(draw, called, rank)
    window = draw(st.integers(1, 4))
    steps = min(window, draw(st.integers(1, 3))) if called.endswith("nn.pool") else draw(st.integers(1, 3))
    arguments: Arguments = {
        "x": image(draw, called, rank, last, draw(SIZES)),
        "size": (window,) * rank, "strides": (steps,) * rank, "padding": padding(draw, called),
        "data_format": word,
    }  # fmt: skip
    return {**arguments, "pooling_type": "MAX"} if called.endswith("nn.pool") else arguments


def photograph(draw: Draw, called: str) -> Arguments:
    return {"x": Spec((2, draw(SIZES), draw(SIZES), 1 if "grayscale_to" in called else 3))}


def resize(draw: Draw, called: str) -> Arguments:
    return {
        **photograph(draw, called),
        "size": (draw(SIZES), draw(SIZES)),
        "method": draw(st.sampled_from(["nearest", "bilinear"])),
    }


def ops_resize(draw: Draw, called: str) -> Arguments:
    return {**photograph(draw, called), "size": (draw(SIZES), draw(SIZES)), "data_format": "channels_last"}


def cast(draw: Draw, called: str) -> Arguments:
    return {"x": tensor(draw, called), "dtype": draw(st.sampled_from(["float32", "int32", "uint8"]))}


def convert(draw: Draw, called: str) -> Arguments:
    if called in ("keras.backend.get_value", "keras.backend.eval"):
        return {"x": tensor(draw, called)}
    return {"x": draw(st.sampled_from([[1, 2, 3], [[1.0, 2.0]], [[[1], [2]]], [[1, 2.5]]]))}


def meshgrid(draw: Draw, called: str) -> Arguments:
    return {"rest": (Spec((draw(SIZES),)), Spec((draw(SIZES),))), "indexing": draw(st.sampled_from(["xy", "ij"]))}


def einsum(draw: Draw, called: str) -> Arguments:
    sizes = {letter: draw(SIZES) for letter in "abcd"}
    left, right = draw(st.sampled_from([("ab", "bc"), ("abc", "acd"), ("abc", "bd"), ("ab", "ab")]))
    first, second = ([sizes[letter] for letter in term] for term in (left, right))
    if draw(st.integers(0, 4)) == 0:
        second[0] += 1
    out = "".join(sorted(set(left) ^ set(right) | {"a"}))
    return {"equation": f"{left},{right}->{out}", "rest": (Spec(tuple(first)), Spec(tuple(second)))}


def drawn(draw: Draw, called: str) -> Arguments:
    last = called.rpartition(".")[2]
    arguments: Arguments = {"size": draw(st.one_of(SIZES, st.tuples(SIZES, SIZES)))}
    if last in ("randint", "integers"):
        arguments.update(low=0, high=5)
    elif last == "beta":
        arguments.update(a=1.0, b=1.0)
    elif last in ("gamma", "chisquare"):
        arguments.update(a=1.0)
    elif last == "binomial":
        arguments.update(a=3, b=0.5)
    return arguments


def splitter(draw: Draw, called: str) -> Arguments:
    count = draw(st.integers(3, 20))
    return {
        "rest": (Spec((count, 3)), Spec((count,))),
        "test_size": draw(st.sampled_from([None, 0.2, 0.33, 1])),
        "train_size": draw(st.sampled_from([None, None, 0.5])),
    }


def image_arguments(draw: Draw, called: str) -> Arguments:
    """Colour images, and whatever else the function needs."""
    batch = None if called.startswith("keras.ops.") else 2
    given = {
        "delta": 0.1, "max_delta": 0.1, "lower": 0.1, "upper": 0.5, "seed": [1, 2], "contrast_factor": 0.5,
        "saturation_factor": 0.5, "transform": Spec((batch, 8)), "start_points": Spec((batch, 4, 2)),
        "end_points": Spec((batch, 4, 2)), "max_jpeg_quality": 90, "min_jpeg_quality": 50, "jpeg_quality": 80,
    }  # fmt: skip
    entry = all_functions()[called]
    needed = {p.name for p in entry.signature.parameters if p.default is REQUIRED}
    needed |= {"seed"} if "stateless" in called else set()
    picture = Spec((batch, draw(SIZES), draw(SIZES), 3))
    if "jpeg" in called:
        picture = Spec(picture.shape[1:])
    return {"x": picture, **{key: value for key, value in given.items() if key in needed}}


def matrix(draw: Draw, called: str) -> Arguments:
    rows = draw(SIZES)
    columns = draw(st.sampled_from([rows, rows, rows, rows + 1]))
    return {"x": Spec(freed(draw, called, (2, *shape(draw, 0, 1), rows, columns)))}


def symbolic(spec: Spec) -> Spec:
    return Spec((None, *spec.shape[1:]), spec.dtype)


def matrix_symbolic(draw: Draw, called: str) -> Arguments:
    """A free batch, so that nobody computes with zeros."""
    arguments = matrix(draw, called)
    return {"x": symbolic(arguments["x"])} if called.startswith("keras.") else arguments


def equations(draw: Draw, called: str) -> Arguments:
    size = draw(SIZES)
    rows = draw(st.sampled_from([size, size, size, size + 1]))
    left, right = Spec((2, size, size)), Spec((2, rows, draw(SIZES)))
    return {"x": symbolic(left), "y": symbolic(right)} if called.startswith("keras.") else {"x": left, "y": right}


def with_axis(draw: Draw, called: str, low: int = 1) -> Arguments:
    x = tensor(draw, called, low)
    return {"x": x, "axis": axis_of(draw, len(x.shape), several=False)}


def diagonals(draw: Draw, called: str) -> Arguments:
    """Square planes: for others Keras' eager ``trace`` fails, and a diagonal outside is TensorFlow's error."""
    size = draw(SIZES)
    sizes = (size, size, *shape(draw, 0, 2))
    return {"x": Spec(sizes), "offset": draw(st.integers(1 - size, size - 1)), "axis1": 0, "axis2": 1}


def differences(draw: Draw, called: str) -> Arguments:
    return {**with_axis(draw, called), "n": draw(st.integers(1, 2))}


def along(draw: Draw, called: str) -> Arguments:
    x = tensor(draw, called, 1)
    axis = draw(st.integers(-len(x.shape), len(x.shape) - 1))
    indices = list(x.shape)
    indices[axis] = draw(SIZES)
    return {"x": x, "indices": Spec(tuple(indices), "int32"), "axis": axis}


def two(draw: Draw, called: str) -> Arguments:
    return {"x": tensor(draw, called, 1, 3), "y": Spec(shape(draw, 1, 3))}


def both_axes(draw: Draw, called: str) -> Arguments:
    x = shape(draw, 1, 3)
    axis = draw(st.one_of(st.none(), st.integers(0, len(x) - 1)))
    return {"x": Spec(x), "values": Spec(x), "axis": axis}


def complex_pair(draw: Draw, called: str) -> Arguments:
    x = tensor(draw, called, 1, 3)
    other = Spec((*x.shape, 2)) if draw(st.integers(0, 5)) == 0 else x
    if called.endswith("irfft"):
        return {"x": (Spec((2, 3)), Spec((2, 3))), "length": draw(st.sampled_from([None, 4, 3]))}
    return {"x": (x, other)}


def spectrum(draw: Draw, called: str) -> Arguments:
    return {"x": tensor(draw, called, 1, 3), "length": draw(st.sampled_from([None, 4, 7]))}


def sound(draw: Draw, called: str) -> Arguments:
    arguments: Arguments = {
        "x": Spec((2, draw(st.integers(20, 60)))),
        "length": 8,
        "step": draw(st.sampled_from([3, 4])),
    }
    if called == "keras.ops.stft":
        arguments.update(fft_length=draw(st.sampled_from([8, 16])), center=draw(st.booleans()))
        arguments["x"] = symbolic(arguments["x"])
    if called == "tensorflow.signal.stft":
        arguments["fft_length"] = draw(st.sampled_from([None, 16]))
    if called == "keras.ops.extract_sequences":
        arguments["x"] = symbolic(arguments["x"])
    return arguments


def pixels(draw: Draw, called: str) -> Arguments:
    last = draw(st.booleans())
    spec = (None, 4, 8, 8) if last else (None, 8, 4, 8)
    return {"x": Spec(spec), "block_size": 2, "data_format": "channels_last" if last else "channels_first"}


def samples(draw: Draw, called: str) -> Arguments:
    sizes = shape(draw, 1, 3)
    other = (*sizes[:-1], sizes[-1] + 1) if draw(st.integers(0, 5)) == 0 else sizes
    return {"x": Spec(sizes), "y": Spec(sizes if ".losses." in called or ".metrics." in called else other)}


def best(draw: Draw, called: str) -> Arguments:
    sizes = shape(draw, 1, 3)
    return {"x": Spec(sizes), "k": draw(st.integers(1, sizes[-1]))}


def normalizing(draw: Draw, called: str) -> Arguments:
    x = tensor(draw, called, 2, 4)
    channels = Spec((x.shape[-1],))
    given = {
        "mean": channels, "variance": channels, "offset": None, "scale": None, "variance_epsilon": 0.1,
        "beta": channels, "gamma": channels, "var": channels, "clip_norm": 1.0, "var_": channels,
    }  # fmt: skip
    needed = {p.target for p in all_functions()[called].signature.parameters if p.default is REQUIRED}
    if "lrn" in called:
        x = Spec((1, 2, 2, 1))
    arguments = {"x": x, **{key: value for key, value in given.items() if key in needed}}
    return {**arguments, "axis": -1} if "axis" in needed or "cumprod" in called else arguments


def attended(draw: Draw, called: str) -> Arguments:
    query = Spec((None, draw(SIZES), 2, 4))
    other = Spec((None, draw(SIZES), 2, 4))
    query = query if draw(st.integers(0, 4)) else Spec((None, 2, 4))
    return {"x": query, "key": other, "value": other}


def grouped(draw: Draw, called: str) -> Arguments:
    rows = draw(SIZES)
    return {"x": Spec((rows, *shape(draw, 0, 2))), "ids": Spec((rows,), "int32"), "segments": draw(st.integers(1, 4))}


def adaptive(draw: Draw, called: str) -> Arguments:
    rank = draw(st.integers(1, 3))
    word, last = layouts(draw, called, rank)
    size = tuple(draw(SIZES) for _ in range(rank))
    return {"x": image(draw, called, rank, last, 2), "size": size, "data_format": word}


def part_of_rows(draw: Draw, called: str) -> Arguments:
    arguments = reduction(draw, "keras.ops.mean")
    return {**arguments, "q": draw(st.sampled_from([0.5, 0.25, [0.1, 0.9]]))}


def averaged(draw: Draw, called: str) -> Arguments:
    arguments = reduction(draw, "keras.ops.mean")
    if "cum" in called:
        arguments["axis"] = draw(st.sampled_from([None, 0, -1]))
    if not called.endswith("ptp"):
        del arguments["keepdims"]
    if called.endswith("average") and isinstance(arguments["axis"], tuple):
        arguments["axis"] = arguments["axis"][0]  # of several axes Keras' symbolic average makes a TypeError
    return arguments


def cut(draw: Draw, called: str) -> Arguments:
    sizes = [draw(SIZES) * 2 for _ in range(3 if "dsplit" in called else draw(st.integers(2, 3)))]
    return {"x": Spec(tuple(sizes)), "sections": draw(st.sampled_from([1, 2, 3]))}


MORE_RULES: dict[str, Callable[[Draw, str], Arguments]] = {
    "diagonal": diagonals,
    "diag": lambda draw, called: {"x": draw(st.sampled_from([Spec((3,)), Spec((2, 3)), Spec((3, 3))])), "offset": 1},
    "diff": differences, "trapezoid": with_axis, "append_tensors": both_axes, "kron": two, "take_along_axis": along,
    "argsort": lambda draw, called: {**with_axis(draw, called), **({"kth": 0} if "partition" in called else {})},
    "places_among": lambda draw, called: {
        "x": Spec((draw(SIZES),)),
        **({"sorted_sequence": Spec((3,))} if "search" in called else {"bins": [1.0, 2.0]}),
    },
    "tri": lambda draw, called: {"rows": draw(SIZES), "columns": draw(st.sampled_from([None, 3]))},
    "vander": lambda draw, called: {"x": Spec((draw(SIZES),)), "columns": draw(st.sampled_from([None, 3]))},
    "scatter": lambda draw, called: {
        "indices": Spec((3, 1), "int32"), "values": Spec((3,)), "target": (draw(st.integers(3, 6)),),
    },
    "extract_sequences": sound, "exchange_pixels": pixels,
    "number_of_two": lambda draw, called: {
        **dict.fromkeys(("x", "y"), Spec((draw(SIZES),))), **({"max_val": 1.0} if "psnr" in called else {}),
    },
    "ensure_shape": lambda draw, called: {"x": Spec((2, 3)), "target": draw(st.sampled_from([(2, 3), (None, 3)]))},
    "close": lambda draw, called: {"x": Spec((draw(SIZES), 3)), "elements" if "isin" in called else "y": Spec((3,))},
    "square_matrix": matrix_symbolic, "determinant": matrix_symbolic, "trace_of": matrix_symbolic,
    "eigenvalues": matrix_symbolic, "pseudo_inverse": matrix_symbolic,
    "qr": lambda draw, called: {
        **matrix_symbolic(draw, called), "mode": draw(st.sampled_from(["reduced", "complete"])),
    },
    "svd": lambda draw, called: {
        **matrix_symbolic(draw, called), "full": draw(st.booleans()), "compute": draw(st.booleans()),
    },
    "solve": equations, "transform": complex_pair, "inverse_real_transform": complex_pair, "real_transform": spectrum,
    "short_time": sound, "frame": sound, "tf_stft": sound,
    "window": lambda draw, called: {"n": draw(SIZES), **({"beta": 1.0} if "kaiser" in called else {})},
    "tf_window": lambda draw, called: {"n": draw(SIZES) * 2},
    "loss": samples, "categorical_crossentropy": samples, "binary_crossentropy": samples, "normalized": normalizing,
    "glu": with_axis, "crelu": with_axis, "dot_product_attention": attended, "top_k": best,
    "in_top_k": lambda draw, called: {"x": Spec((3,), "int32"), "predictions": Spec((3, draw(SIZES))), "k": 1},
    "multi_hot": lambda draw, called: {"x": Spec((2, draw(SIZES)), "int32"), "classes": draw(SIZES)},
    "segments": grouped, "adaptive_pool": adaptive,
    "resize_volumes": lambda draw, called: {
        "x": Spec((2, 2, 3, 2, 1)), "depth": 2, "height": draw(SIZES), "width": 1, "data_format": "channels_last",
    },
    "quantile": part_of_rows, "average": averaged, "split_along": cut,
    "categorical": lambda draw, called: {
        "x": Spec((draw(SIZES), 3)), "number": draw(SIZES), **({"seed": [1, 2]} if "stateless" in called else {}),
    },
    "drawn_for_each": lambda draw, called: {
        "shape": (draw(SIZES),), "a": draw(st.sampled_from([0.5, [0.5, 1.0]])),
    },
    "sequence_mask": lambda draw, called: {
        "lengths": Spec((draw(SIZES),), "int32"), "most": draw(st.sampled_from([3, 5])),
    },
    "ops_to_gray": lambda draw, called: {
        "x": Spec((None, draw(SIZES), draw(SIZES), 3)), "data_format": "channels_last",
    },
    "ops_patches": lambda draw, called: {
        "x": Spec((None, draw(st.integers(2, 9)), 9, 3)), "size": draw(st.sampled_from([2, (2, 3)])),
        "strides": draw(st.sampled_from([None, 1, 2])), "padding": draw(st.sampled_from(["valid", "same"])),
        "data_format": "channels_last",
    },
}  # fmt: skip
"""The arguments of the rarer rules."""

RULES: dict[str, Callable[[Draw, str], Arguments]] = {
    "keep": one, "softmax": one, "log_softmax": one, "float_function": one, "truth_function": one, "arithmetic": pair,
    "combination": pair, "quotient": pair,
    "comparison": pair, "where": where, "reduce": reduction, "place": reduction, "reshape": reshape,
    "ravel": lambda draw, called: {"x": tensor(draw, called)}, "transpose": transpose, "swapaxes": swap,
    "moveaxis": move, "rollaxis": roll, "expand_dims": expand, "squeeze": squeeze, "concatenate": several,
    "stack": several, "pile": piles, "split": split, "unstack": unstack, "tile": tile, "repeat": repeat, "pad": pad,
    "flip": flip, "broadcast_to": broadcast, "take": take, "one_hot": one_hot, "matmul": product, "dot": product,
    "tensordot": tensordot, "filled": filled, "full": filled, "random_integers": filled, "like": like, "eye": eye,
    "arange": arange, "linspace": linspace, "tf_conv": conv, "tf_general_conv": conv, "backend_conv": conv,
    "ops_conv": conv, "ops_transposed": conv, "tf_depthwise": depthwise, "backend_depthwise": depthwise,
    "ops_depthwise": depthwise, "tf_separable": depthwise, "backend_separable": depthwise, "ops_separable": depthwise,
    "tf_pool": pool, "tf_general_pool": pool, "ops_pool": pool, "backend_pool": pool, "to_gray": photograph,
    "to_rgb": photograph, "standardized": photograph, "resize": resize, "ops_resize": ops_resize, "cast": cast,
    "convert": convert, "meshgrid": meshgrid, "einsum": einsum, "draw": drawn, "draw_integers": drawn,
    "train_test_split": splitter,
}  # fmt: skip
"""The arguments of a rule, by the rule's own names."""
RULES.update(MORE_RULES)

NOT_DRAWN = {
    "make_input": "tested by itself",
    "merge_function": "the layers are compared", "concatenate_function": "the layers are compared",
    "dot_function": "the layers are compared",
    "tf_transposed": "the caller states the output shape", "backend_transposed": "the caller states the output shape",
    "add_many": "a loop over arithmetic", "cast_to_floatx": "one dtype",
    "count_nonzero": "like reduce", "moments": "like reduce", "reshape_method": "like reshape",
    "transpose_method": "like transpose", "matrix_transpose": "like swapaxes", "batch_flatten": "tested by itself",
    "repeat_vector": "the layer is compared", "spatial_padding": "the layer is compared", "rot90": "like swapaxes",
    "slice_of": "tested by itself", "exchange_depth": "tested by itself", "at_least": "tested by itself",
    "append": "like concatenate", "cumulate": "keeps the shape", "image_patches": "tested by itself",
    "unknown_array": "says nothing", "other_product": "says nothing", "outer": "tested by itself",
    "unique": "tested by itself", "order_of": "keeps the shape", "places_of_truth": "tested by itself",
    "differences": "tested by itself", "draw_counts": "like draw",
    "draw_vectors": "tested by itself", "entry_of_bunch": "tested by itself",
    "inverse": "keeps the shape", "rand": "sizes are its arguments", "choice": "tested by itself",
    "permutation": "tested by itself", "load_images": "needs a download", "load_texts": "needs a download",
    "load_tables": "needs a download", "load_table": "tested by itself", "load_sample_image": "tested by itself",
    "load_sample_images": "like load_sample_image", "to_size": "states the output shape",
    "resize_images": "the layer is compared", "random_crop": "states the output shape",
    "recoloured": "keeps the shape",
    "updated": "keeps the shape", "some_of": "says nothing", "counted": "says nothing",
    "other_decomposition": "says nothing", "other_spectrum": "says nothing", "other_loss": "says nothing",
    "other_neural": "says nothing", "other_image": "says nothing", "same_spectrum": "keeps the shape",
    "cepstrum": "keeps the shape", "mel_matrix": "sizes are its arguments",
}  # fmt: skip

_EMPTY = (
    "WindowTooLarge",
    "eagerly TensorFlow 2.21 raises only below zero positions; with none it returns an empty tensor, and with oneDNN "
    "(the default) the unconvolved input: tf.nn.conv2d of (2, 4, 4, 3) with a (5, 1, 3, 2) kernel gives (2, 4, 4, 3). "
    "In a graph, in keras.ops and in every layer it raises",
)
_EMPTY_KERNEL = ("KernelLayoutOIHW", f"{_EMPTY[1]}; here the kernel fits in PyTorch's order")
_DEPTH_3D = (
    "depth",
    "the CPU kernel of a 3-D convolution refuses the groups that shape inference accepts; other devices may not",
)

_ADAPTIVE = (
    "shapes: catalog",
    "symbolically Keras 3.15 leaves one spatial axis in: adaptive_average_pool of (None, 2, 7, 2) to (4, 4) says "
    "(None, 2, 4, 4, 2); called on values it gives (2, 4, 4, 2)",
)
_PARTITION = (
    "does not index into shape",
    "Keras 3.15 on TensorFlow mixes the axes up where the axis is not the last one; other backends return the shape",
)

_FIRST_SHAPE = (
    "shapes: catalog",
    "symbolically Keras 3.15 states the shape of the first argument: bitwise_and of (None,) and (1, 1) says (None,); "
    "called on values it broadcasts",
)
_NOT_LAST = (
    "has no `len()`",
    "on TensorFlow keras.ops.trapezoid along another axis than the last raises 'Scalar tensor has no `len()`' on "
    "values; symbolically it gives the catalog's shape",
)
_FIRST_SHAPED = ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift", "left_shift",
                 "right_shift", "polar")  # fmt: skip

LIBRARY_DISAGREES: dict[str, tuple[tuple[str, str], ...]] = {
    **{f"keras.ops.{name}": (_FIRST_SHAPE,) for name in _FIRST_SHAPED},
    "keras.ops.trapezoid": (_NOT_LAST,),
    "keras.ops.adaptive_average_pool": (_ADAPTIVE,),
    "keras.ops.adaptive_max_pool": (_ADAPTIVE,),
    "keras.ops.argpartition": (_PARTITION,),
    **{
        f"{home}{name}": (_EMPTY, _EMPTY_KERNEL, _DEPTH_3D)
        for home in ("tensorflow.nn.", "keras.backend.")
        for name in (
            "conv1d",
            "conv2d",
            "conv3d",
            "depthwise_conv2d",
            "separable_conv2d",
            "convolution",
            "atrous_conv2d",
        )
    },
}
"""Function, a mark in the disagreement, and the evidence that the library is at fault."""


def test_every_rule_is_drawn() -> None:
    """A rule that enters the catalog is compared with the library, or a reason is written down."""
    rules = {entry.rule.__name__ for entry in all_functions().values() if entry.rule.__module__ not in SOURCES}
    assert rules == RULES.keys() | NOT_DRAWN.keys()


ONLY_KERAS2 = ("keras.backend.logsumexp",)
"""What ``keras.backend`` lost with Keras 3, for programs of Keras 2."""


def written(entry: FunctionEntry, arguments: Arguments) -> tuple[list[Any], dict[str, Any]]:
    """The rule's arguments as a call of the library."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    left = dict(arguments)
    leading = True
    for parameter in entry.signature.parameters:
        if parameter.target not in left:
            leading = False
            continue
        value = left.pop(parameter.target)
        if leading and not parameter.keyword_only:
            positional.append(value)
        else:
            keywords[parameter.name] = value
    positional += left.pop("rest", ())
    assert not [name for name in left if name not in ("method", "keepdims")], left
    return positional, keywords


def names() -> list[str]:
    homeless = ("numpy.random.Generator.", "numpy.random.RandomState.", *ONLY_KERAS2, "keras.backend.switch")
    return sorted(
        name
        for name, entry in all_functions().items()
        if entry.rule.__name__ in RULES
        and entry.rule.__module__ not in SOURCES
        and not name.startswith(homeless)
        and not name.endswith("img_to_array")
    )


KNOWN = {"keras.ops.vstack": 0.4, "keras.ops.kron": 0.4}
"""How much of the accepted results is fully known, where free sizes hide more."""


@pytest.mark.usefixtures("keras")
@pytest.mark.parametrize("name", names())
def test_function_agrees_with_library(name: str) -> None:
    """Same output shape and dtype, or both refuse."""
    entry = all_functions()[name]
    if not name.startswith("numpy.ndarray."):
        assert resolve(name) is not None, f"{name} does not exist"
    make = RULES[entry.rule.__name__]
    accepted, known = 0, 0

    @settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        nonlocal accepted, known
        positional, keywords = written(entry, make(data.draw, name))
        mine, real = function_outcomes(name, positional, keywords)
        fault = disagreement(mine, real)
        excused = any(mark in fault for mark, _ in LIBRARY_DISAGREES.get(name, ()))
        assert not fault or excused, f"{name}({positional}, {keywords}): {fault}"
        if not mine.refused and not real.refused:
            accepted += 1
            known += fully_known(mine)
            pairs = zip(mine.dtypes, real.dtypes)
            wrong = [(a, b) for a, b in pairs if not isinstance(a, Unknown) and a != b]
            assert not wrong, f"{name}({positional}, {keywords}): dtypes {wrong}"

    compare()
    assert accepted >= 2
    assert known >= KNOWN.get(name, 0.75) * accepted
