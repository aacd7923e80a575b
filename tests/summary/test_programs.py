"""Random functional and sequential programs: the table from source is the table of Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.summary import oracle

Draw = Callable[[st.SearchStrategy[Any]], Any]

HEADER = "import keras\nfrom keras import layers, ops\n"
NAMES = st.sampled_from(["", "", "", ", name='own{n}'"])


@pytest.fixture(scope="module")
def keras() -> Any:
    return oracle.keras()


@st.composite
def functional(draw: Draw) -> str:
    """A builder that puts a graph together: shared layers, merges, operators, nested and cut models."""
    rank = draw(st.sampled_from([2, 4]))
    size = (8,) if rank == 2 else (8, 8, 3)
    lines = [f"inputs = keras.Input({size}{draw(NAMES).format(n=0)})", "tensors = [inputs]"]
    layer = "layers.Dense(8)" if rank == 2 else "layers.Conv2D(3, 3, padding='same')"
    lines += [f"shared = {layer}"]
    for number in range(1, draw(st.integers(1, 8)) + 1):
        x, y = (f"tensors[{draw(st.integers(0, number - 1))}]" for _ in range(2))
        name = draw(NAMES).format(n=number)
        step = draw(
            st.sampled_from(
                [
                    f"{layer[:-1]}{name})({x})",
                    f"layers.BatchNormalization({name[2:]})({x})",
                    f"layers.Activation('relu'{name})({x})",
                    f"layers.Dropout(0.5{name})({x})",
                    f"layers.Add({name[2:]})([{x}, {y}])",
                    f"layers.multiply([{x}, {y}]{name})",
                    f"shared({x})",
                    f"{x} + {y}",
                    f"2 * {x} - {y}",
                    f"ops.relu({x})",
                    f"keras.activations.relu({x})",
                    f"-{x}",
                    f"keras.Sequential([{layer}, layers.ReLU()]{name})({x})",
                    f"keras.Sequential([keras.Input({size}), {layer}, layers.ReLU()]{name})({x})",
                    f"keras.Model(tensors[0], {x}{name})({y})",
                ]
            )
        )
        lines.append(f"tensors.append({step})")
    last = draw(st.sampled_from(["tensors[-1]", "[tensors[-1], tensors[0]]", "{'a': tensors[-1], 'b': tensors[-2]}"]))
    lines.append(f"return keras.Model(inputs, {last})")
    return "def build():\n" + "".join(f"    {line}\n" for line in lines)


@st.composite
def sequential(draw: Draw) -> str:
    """A builder that stacks layers, and takes some away again."""
    first = draw(st.sampled_from(["keras.Input((16, 16, 2))", "layers.Conv2D(4, 3, input_shape=(16, 16, 2))"]))
    more = st.sampled_from(
        ["layers.Conv2D(4, 3, padding='same')", "layers.BatchNormalization()", "layers.ReLU()",
         "layers.MaxPooling2D(2, padding='same')", "layers.SeparableConv2D(5, 3, padding='same')",
         "layers.Conv2D(6, 1, name='{}')"]
    )  # fmt: skip
    made = [draw(more).format(f"own{number}") for number in range(draw(st.integers(1, 6)))]
    if draw(st.booleans()):
        lines = [f"model = keras.Sequential([{', '.join([first, *made])}])"]
    else:
        lines = ["model = keras.Sequential()", *(f"model.add({one})" for one in [first, *made])]
    if len(made) > 1 and draw(st.booleans()):
        lines.append("model.pop()")
    lines += ["model.add(layers.Flatten())", "model.add(layers.Dense(3))", "return model"]
    return "def build():\n" + "".join(f"    {line}\n" for line in lines)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(program=st.one_of(functional(), sequential()))
def test_table_from_source(keras: Any, program: str) -> None:
    """Names, classes, shapes, weights and order of the layers; a program that Keras refuses has no table."""
    text = HEADER + program
    names: dict[str, Any] = {}
    keras.backend.clear_session()
    try:
        exec(compile(text, "program.py", "exec"), names)
        model = names["build"]()
    except ValueError:
        return
    derived = oracle.inspect(text, "program.py", "build")
    assert (derived.status, derived.model) == ("built", model.name), text
    assert oracle.rows_of_source(derived) == oracle.rows_of_keras(model), text
    assert derived.params == model.count_params(), text
