"""Functions inside ``Layer.call``, where sizes are dynamic and Keras traces a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from convlint.catalog.context import Context
from convlint.catalog.layer import Call
from convlint.catalog.registry import find_function, find_layer
from convlint.catalog.tensor import Kind
from tests.catalog.agreement import NOTHING, Spec, abstract, by_catalog, by_library, disagreement, resolve, same_shape

IMAGE = Spec((None, 4, 4, 3))
FREE = Spec((None, None, 4, 3))
KERNEL = Spec((2, 2, 3, 5))


@pytest.fixture(scope="module")
def inside(keras: Any) -> Callable[[Callable[[Any], Any], Spec], Any]:
    """Runs a function as the ``call`` of a layer on a symbolic input."""

    class Probe(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, function: Callable[[Any], Any]) -> None:
            super().__init__()
            self.function = function

        def call(self, x: Any) -> Any:
            return self.function(x)

    return lambda function, spec: Probe(function)(keras.Input(batch_shape=spec.shape, dtype=spec.dtype))


RESHAPES = ("tensorflow.reshape", "keras.backend.reshape", "keras.ops.reshape")
CASES = [
    *((name, IMAGE, (target,)) for name in RESHAPES for target in [
        (-1, 48), (-1, 4, 12), (-1, 7), (2, 48), (2, 49), (None, 16, 3), (None, 48), (None, None, 3), (3, -1, 5)
    ]),
    *((name, FREE, (target,)) for name in RESHAPES for target in [(-1, 4, 3), (-1, 12), (None, None, 12)]),
    *((f"{home}conv2d", IMAGE, (KERNEL, 1, padding)) for home, padding in [
        ("tensorflow.nn.", "SAME"), ("tensorflow.nn.", "VALID"), ("tensorflow.nn.", "same"),
        ("keras.backend.", "same"), ("keras.backend.", "SAME"),
    ]),
    ("tensorflow.nn.conv2d", IMAGE, (Spec((5, 1, 3, 2)), 1, "VALID")),
    ("tensorflow.nn.conv2d", IMAGE, (Spec((2, 2, 2, 5)), 1, "SAME")),
    ("tensorflow.nn.conv2d", FREE, (Spec((5, 1, 3, 2)), 1, "VALID")),
    ("keras.ops.conv", IMAGE, (KERNEL,)),
    ("keras.ops.conv", IMAGE, (Spec((5, 1, 3, 2)),)),
    ("tensorflow.nn.max_pool2d", IMAGE, (5, 1, "VALID")),
    ("tensorflow.nn.max_pool2d", FREE, (2, 2, "VALID")),
    ("tensorflow.transpose", FREE, ((0, 3, 1, 2),)),
    ("tensorflow.expand_dims", FREE, (1,)),
    ("tensorflow.squeeze", IMAGE, (1,)),
    ("tensorflow.tile", IMAGE, ((1, 2, 2, 1),)),
    ("tensorflow.tile", IMAGE, ((None, 4, 4, 3),)),
    ("tensorflow.broadcast_to", IMAGE, ((None, 4, 4, 3),)),
    ("tensorflow.matmul", FREE, (Spec((3, 5)),)),
    ("tensorflow.matmul", FREE, (Spec((4, 5)),)),
    ("tensorflow.add", FREE, (Spec((4, 3)),)),
    ("tensorflow.add", FREE, (Spec((5, 3)),)),
    ("tensorflow.reduce_mean", FREE, ([1, 2],)),
    ("tensorflow.image.resize", FREE, ((8, 8),)),
    ("keras.ops.expand_dims", FREE, (-1,)),
    ("numpy.mean", FREE, (1,)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "x", "rest"), CASES, ids=lambda value: str(value).replace("dtype='float32'", ""))
def test_agreement_inside_call(name: str, x: Spec, rest: tuple[Any, ...], inside: Any) -> None:
    """Same output shape, or both refuse, while Keras traces ``call`` with a free batch."""
    import tensorflow as tf

    entry = find_function(name)
    assert entry is not None
    ctx = Context(operation=name, inside_call=True)
    positional = [abstract(x, Kind.TRACED), *(abstract(value, Kind.EAGER) for value in rest)]
    given = [tf.zeros(value.shape) if isinstance(value, Spec) else value for value in rest]
    mine = by_catalog(ctx, lambda: (entry.call(ctx, positional, {}), NOTHING))
    real = by_library(lambda: (inside(lambda traced: resolve(name)(traced, *given), x), ()))
    assert not disagreement(mine, real)


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
@pytest.mark.parametrize("sizes", [(None, None), (None, 10), (10, None), (3, None), (10, 10), (3, 3)], ids=str)
def test_a_cut_inside_call(sizes: tuple[int | None, int | None], layout: str, keras: Any, inside: Any) -> None:
    """Of a free size Keras cuts a free size, though the layer itself would know better."""
    shape = (2, *sizes, 8) if layout == "channels_last" else (2, 8, *sizes)
    entry = find_layer("keras.layers.CenterCrop")
    assert entry is not None
    ctx = Context(operation="CenterCrop", inside_call=True)
    layer = entry.make(ctx, [5, 7], {"data_format": layout})
    made, _ = layer.call(ctx, Call(abstract(Spec(shape), Kind.TRACED), None, (), {}))
    real = inside(keras.layers.CenterCrop(5, 7, data_format=layout), Spec(shape))
    assert same_shape(made.shape, real.shape)
