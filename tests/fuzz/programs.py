"""Programs that are valid because Keras ran each of their lines while they were written.

The layers and their arguments are those with which the catalog is compared with Keras; what Keras refuses is left out,
and kept apart as a fault that the installed Keras proves.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from convlint.catalog.registry import find_layer
from tests.catalog.agreement import Inner, Spec
from tests.catalog.test_layers_conformance import CASES

Draw = Callable[[st.SearchStrategy[Any]], Any]
Shape = tuple[int | None, ...]

HEADER = ("import keras", "from keras import layers")
MANY = frozenset({"Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract", "Concatenate", "Dot", "Attention",
                  "AdditiveAttention"})  # fmt: skip
"""Layers that take a list of tensors."""
_TAKES_TEXT = ("Lookup", "Hash", "Vectorization", "Discretization", "CategoryEncoding")
_APART = ("Cell", "RNNCells", "MultiHead", "GroupQuery", "Random", "AugMix", "RandAugment", "Pipeline", "Reversible",
          "Spectral", "RNN", "Embedding", "MelSpectrogram", "STFTSpectrogram", "Adaptive", "EinsumDense")  # fmt: skip
"""Layers that are called in another way or on another dtype; adaptive pooling and EinsumDense refuse a wrong rank only
with data, and Keras 3.15 turns the axes around that ``...`` stands for in an equation."""


@cache
def usable() -> tuple[str, ...]:
    """Layers that are called on one tensor of numbers, or on a list of them."""
    return tuple(name for name in sorted(CASES) if not any(part in name for part in _TAKES_TEXT + _APART))


@dataclass
class Program:
    """A program while it is being written.

    Attributes:
        lines: of the source.
        shapes: what Keras found for each tensor that has a name.
        ends: numbers of lines behind which a statement may be put in, with the names that are bound there.
        refused: statements that Keras refused, and what it said.
    """

    lines: list[str] = field(default_factory=lambda: [*HEADER])
    shapes: dict[str, Shape] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    ends: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    refused: list[tuple[str, str]] = field(default_factory=list)
    namespace: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        exec("\n".join(self.lines), self.namespace)

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def fresh(self, stem: str = "x") -> str:
        """A name that is not taken."""
        number = len(self.lines)
        assert not keyword.iskeyword(f"{stem}{number}")
        return f"{stem}{number}"

    def add(self, name: str, statements: Sequence[str], operands: Sequence[str]) -> bool:
        """Write statements that bind a tensor to ``name``; False where Keras refuses them."""
        try:
            exec("\n".join(statements), self.namespace)
            value = self.namespace[name]
            if isinstance(value, list | tuple):
                statements = [*statements, f"{name} = {name}[0]"]
                exec(statements[-1], self.namespace)
                value = self.namespace[name]
            shape = tuple(value.shape)
        except Exception as error:
            self.refused.append(("\n".join(statements), f"{type(error).__name__}: {error}"))
            return False
        self.lines += [line for statement in statements for line in statement.splitlines()]
        self.shapes[name] = shape
        self.used.update(operands)
        self.ends.append((len(self.lines), tuple(self.shapes)))
        return True

    @property
    def outputs(self) -> list[str]:
        """Tensors that nothing was made of."""
        return [name for name in self.shapes if name not in self.used and name not in self.inputs]


def written(value: Any) -> str:
    """An argument as source."""
    if isinstance(value, Inner):
        return layer_text(value.name, dict(value.arguments))
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return repr(value)


def layer_text(name: str, arguments: dict[str, Any]) -> str:
    """A layer as source."""
    return f"layers.{name}({', '.join(f'{key}={written(value)}' for key, value in arguments.items())})"


def a_layer(draw: Draw, names: Sequence[str], rank: int, layout: str) -> str:
    """A layer that may take a tensor of this rank, in the layout of the program."""
    name = draw(st.sampled_from(names))
    arguments, inputs = CASES[name](draw)[:2]
    for _ in range(3):
        if isinstance(inputs, Spec) and len(inputs.shape) == rank:
            break
        name = draw(st.sampled_from(names))
        arguments, inputs = CASES[name](draw)[:2]
    entry = find_layer(f"keras.layers.{name}")
    assert entry is not None
    if "data_format" in entry.signature.by_name:
        arguments["data_format"] = layout
    if name in ("BatchNormalization", "GroupNormalization"):
        arguments["axis"] = -1 if layout == "channels_last" else 1
    return layer_text(name, arguments)


def an_input(draw: Draw) -> tuple[int | None, ...]:
    """The shape of an input: features, a series, an image or a video."""
    rank = draw(st.sampled_from([1, 2, 3, 3, 3, 4]))
    size = st.integers(5, 12)
    return tuple(draw(st.one_of(size, size, size, st.none()) if axis < rank - 1 else size) for axis in range(rank))


LAYOUTS = ("channels_last", "channels_last", "channels_first")


def program(draw: Draw, steps: int = 6, layouts: Sequence[str] = LAYOUTS) -> Program:
    """A program of inputs, layers, blocks, loops, merges, models in models and classes, in one of the layouts."""
    made = Program()
    layout = draw(st.sampled_from(layouts))
    for _ in range(draw(st.integers(1, 2))):
        name = made.fresh()
        batch = draw(st.sampled_from(["", "", ", batch_size=2"]))
        assert made.add(name, [f"{name} = keras.Input({an_input(draw)!r}{batch})"], [])
        made.inputs.append(name)
    single = [name for name in usable() if name not in MANY]
    for _ in range(steps):
        kind = draw(st.sampled_from([_plain, _plain, _plain, _block, _loop, _merge, _model, _subclass]))
        kind(draw, made, single, layout)
    outputs = made.outputs or made.inputs
    made.lines.append(f"model = keras.Model([{', '.join(made.inputs)}], [{', '.join(outputs)}])")
    try:
        exec(made.lines[-1], made.namespace)
    except ValueError:  # a few layers hand their input on as their output, of which Keras makes no model
        reject()
    return made


def _operand(draw: Draw, made: Program) -> str:
    """A tensor that the program has, rather the latest."""
    names = list(made.shapes)
    return names[-1] if draw(st.booleans()) else draw(st.sampled_from(names))


def _plain(draw: Draw, made: Program, single: Sequence[str], layout: str) -> None:
    x, name = _operand(draw, made), made.fresh()
    layer = a_layer(draw, single, len(made.shapes[x]), layout)
    made.add(name, [f"{name} = {layer}({x})"], [x])


def _block(draw: Draw, made: Program, single: Sequence[str], layout: str) -> None:
    x, name = _operand(draw, made), made.fresh()
    rank = len(made.shapes[x])
    first, second = a_layer(draw, single, rank, layout), a_layer(draw, single, rank, layout)
    function = made.fresh("block")
    body = f"def {function}(x):\n    x = {first}(x)\n    return {second}(x)"
    made.add(name, [body, f"{name} = {function}({x})"], [x])


def _loop(draw: Draw, made: Program, single: Sequence[str], layout: str) -> None:
    x, name = _operand(draw, made), made.fresh()
    sizes = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=3)))
    where = f", data_format={layout!r}" if layout == "channels_first" else ""
    kinds = ["Dense(n)", f"Conv1D(n, 1{where})", f"Conv2D(n, 1{where})", "LSTM(n, return_sequences=True)"]
    layer = draw(st.sampled_from(kinds))
    made.add(name, [f"{name} = {x}", f"for n in {sizes}:\n    {name} = layers.{layer}({name})"], [x])


def _merge(draw: Draw, made: Program, single: Sequence[str], layout: str) -> None:
    merge = draw(st.sampled_from(sorted(MANY - {"Attention", "AdditiveAttention"})))
    arguments = CASES[merge](draw)[0]
    x, name = _operand(draw, made), made.fresh()
    alike = [other for other, shape in made.shapes.items() if len(shape) == len(made.shapes[x])]
    others = [draw(st.sampled_from(alike)) for _ in range(draw(st.integers(1, 2)))]
    operands = [x, *others]
    made.add(name, [f"{name} = {layer_text(merge, arguments)}([{', '.join(operands)}])"], operands)


def _model(draw: Draw, made: Program, single: Sequence[str], layout: str) -> None:
    x, name = _operand(draw, made), made.fresh()
    rank = len(made.shapes[x])
    parts = [a_layer(draw, single, rank, layout) for _ in range(draw(st.integers(1, 2)))]
    inner = made.fresh("inner")
    made.add(name, [f"{inner} = keras.Sequential([{', '.join(parts)}])", f"{name} = {inner}({x})"], [x])


def _subclass(draw: Draw, made: Program, single: Sequence[str], layout: str) -> None:
    x, name = _operand(draw, made), made.fresh()
    rank = len(made.shapes[x])
    first, second = a_layer(draw, single, rank, layout), a_layer(draw, single, rank, layout)
    base = draw(st.sampled_from(["layers.Layer", "keras.Model"]))
    made.add(
        name,
        [
            f"class Net{name}({base}):\n    def __init__(self):\n        super().__init__()\n"
            f"        self.first = {first}\n        self.second = {second}\n"
            "    def call(self, x):\n        return self.second(self.first(x))",
            f"{name} = Net{name}()({x})",
        ],
        [x],
    )


# --- faults ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """One line that Keras refuses, and how convlint calls it.

    Attributes:
        code: of the rule that must name it.
        line: for a tensor and its shape; None where the fault can't be made of it.
    """

    code: str
    line: Callable[[str, Shape], str | None]


def _known(shape: Shape, rank: int) -> bool:
    return len(shape) == rank and None not in shape[1:]


FAULTS: dict[str, Fault] = {}


def _fault(code: str) -> Callable[[Callable[[str, Shape], str | None]], Callable[[str, Shape], str | None]]:
    def register(line: Callable[[str, Shape], str | None]) -> Callable[[str, Shape], str | None]:
        FAULTS[line.__name__] = Fault(code, line)
        return line

    return register


@_fault("CL103")
def wrong_rank(x: str, shape: Shape) -> str | None:
    return f"layers.Conv2D(4, 1)({x})" if len(shape) in (2, 3) else None


@_fault("CL106")
def window_too_large(x: str, shape: Shape) -> str | None:
    return f"layers.Conv2D(4, {max(shape[1:3]) + 1})({x})" if _known(shape, 4) else None  # type: ignore[type-var,operator]


@_fault("CL106")
def pool_too_large(x: str, shape: Shape) -> str | None:
    return f"layers.MaxPooling1D({shape[1] + 2})({x})" if _known(shape, 3) and shape[1] else None


@_fault("CL605")
def torch_word(x: str, shape: Shape) -> str | None:
    return f"layers.Conv2D(4, 1, stride=2)({x})" if len(shape) == 4 else None


@_fault("CL403")
def no_units(x: str, shape: Shape) -> str | None:
    return f"layers.Dense(0)({x})" if shape[-1] is not None else None


@_fault("CL401")
def padding_word(x: str, shape: Shape) -> str | None:
    return f"layers.Conv1D(4, 1, padding='sam')({x})" if len(shape) == 3 else None


@_fault("CL406")
def no_kernel_size(x: str, shape: Shape) -> str | None:
    return f"layers.Conv2D(4)({x})" if len(shape) == 4 else None


@_fault("CL109")
def does_not_fit(x: str, shape: Shape) -> str | None:
    if None in shape[1:]:
        return None
    total = 1
    for size in shape[1:]:
        total *= size or 1
    return f"layers.Reshape(({total + 1},))({x})"


@_fault("CL107")
def merged_with_other_sizes(x: str, shape: Shape) -> str | None:
    if None in shape[1:] or shape[-1] == 1:
        return None
    return f"layers.Add()([{x}, keras.Input({(*shape[1:-1], (shape[-1] or 0) + 2)!r})])"


@_fault("CL108")
def concatenated_with_other_sizes(x: str, shape: Shape) -> str | None:
    if len(shape) < 3 or shape[1] is None:
        return None
    return f"layers.Concatenate()([{x}, keras.Input({(shape[1] + 1, *shape[2:])!r})])"


@_fault("CL403")
def split_unevenly(x: str, shape: Shape) -> str | None:
    return f"keras.ops.split({x}, {shape[-1] + 1}, axis=-1)" if shape[-1] else None
