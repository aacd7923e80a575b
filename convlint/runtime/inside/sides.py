"""What ``compare`` compares, made applicable to arrays: functions, layers, models, files, expressions, modules."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from convlint.lazy import dataclass
from convlint.runtime.inside import building, loading
from convlint.runtime.inside.framework import GENERATION, keras

Event = dict[str, Any]
Array = Any

PRECISIONS = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
"""Distance from 1 to the next number, for each type (IEEE 754, and 8 bits of bfloat16's significand)."""


@dataclass
class Side:
    """A or B: something that can be applied to arrays.

    Attributes:
        name: as the user wrote it.
        function: what is called; see :meth:`apply`.
        input_shapes: of one sample, None where it does not say.
        parameters: count of arrays that it takes.
        layer: the Keras layer or model that it is.
        module: the PyTorch module that it is.
        fresh: whether its weights are those that it was made with: nobody chose or trained them.
        made: layers that a function made, in order, once it ran.
        order: of the axes in which it wants its input and gives its output, where that is not Keras' own.
    """

    name: str
    function: Callable[..., Any]
    input_shapes: list[tuple[int | None, ...]] | None
    parameters: int
    layer: Any = None
    module: Any = None
    fresh: bool = True
    made: list[Any] | None = None
    order: tuple[int, ...] = ()
    output: int | None = None

    def apply(self, *arrays: Array) -> Any:
        """The output, or all of them, with its axes as Keras has them."""
        if self.order:
            arrays = tuple(np.transpose(x, self.order) if x.ndim == len(self.order) else x for x in arrays)
        result = self.function(*arrays)
        if self.module is None and self.output is None:
            return result
        outputs = list(map(self.seen, as_arrays(result)))
        return outputs if self.output is None else outputs[self.output]

    def only(self, output: int) -> None:
        """From now on :meth:`apply` gives one of its outputs alone."""
        self.output = output

    def seen(self, output: Array) -> Array:
        """An output with its axes as Keras has them."""
        if len(self.order) != output.ndim:
            return output
        return np.transpose(output, np.argsort(self.order))


def load(request: Mapping[str, Any]) -> Side:
    """The side that a request names.

    Raises:
        building.Unbuildable: it is nothing that can be compared.
    """
    if request["saved"]:
        file = Path(request["file"])
        side = _of_layer(file.name, _read(file), fresh=False)
        if file.is_dir():
            side.input_shapes = _signature_shapes(side.layer)
        return side
    arguments = dict(request["arguments"])
    if request["expression"]:
        name, target = request["expression"], _evaluate(request["expression"])
    else:
        file = Path(request["file"])
        name, target = building.resolve(_module(file), file, request["builder"])
    return make(name, target, arguments)


@cache
def _module(file: Path) -> Any:
    """One module for both sides: a layer that the file makes is the same for both."""
    return loading.load_module(file)


def make(name: str, target: Any, arguments: Mapping[str, Any]) -> Side:
    """The side that an object is."""
    arguments = dict(arguments)
    if isinstance(target, type) and (issubclass(target, keras.Layer) or _is_torch_class(target)):
        building._check_arguments(name, target, arguments)
        target, arguments = target(**arguments), {}
    if isinstance(target, keras.Layer):
        return _of_layer(name, target)
    if _is_torch_class(type(target)):
        return _of_module(name, target)
    if not callable(target):
        array = np.asarray(target)
        if array.dtype == object:
            raise building.Unbuildable("not-a-builder", f"`{name}` is a {type(target).__name__}, nothing to compare")
        return Side(name, lambda: array, [], 0)
    signature = building._signature(target)
    if signature is None:
        return Side(name, target, None, 1)
    open_parameters = [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.name not in arguments
    ]
    if open_parameters:
        return Side(name, _partial(target, signature, arguments, open_parameters), None, len(open_parameters))
    building._check_arguments(name, target, arguments)
    result = target(**arguments)
    if isinstance(result, keras.Layer):
        return _of_layer(name, result)
    if _is_torch_class(type(result)):
        return _of_module(name, result)
    if callable(result) and not isinstance(result, tf.Tensor | np.ndarray | keras.Variable):
        return make(name, result, {})
    return Side(name, lambda: result, [], 0)


def _partial(
    target: Callable[..., Any], signature: inspect.Signature, arguments: Mapping[str, Any], names: list[str]
) -> Callable[..., Any]:
    by_place = {name for name, one in signature.parameters.items() if one.kind is one.POSITIONAL_ONLY}

    def apply(*arrays: Array) -> Any:
        given = dict(zip(names, arrays))
        return target(
            *[given[name] for name in names if name in by_place],
            **arguments,
            **{name: array for name, array in given.items() if name not in by_place},
        )

    return apply


def _of_layer(name: str, layer: Any, *, fresh: bool = True) -> Side:
    shapes: list[tuple[int | None, ...]] | None = None
    if isinstance(layer, keras.Model):
        try:
            declared = layer.inputs
        except (AttributeError, ValueError):
            declared = None
        if declared:
            shapes = [tuple(tensor.shape)[1:] for tensor in declared]
    count = len(shapes) if shapes else max(building._positional(layer), 1)
    return Side(name, caller(layer), shapes, count, layer, fresh=fresh)


def caller(layer: Any) -> Callable[..., Any]:
    """A function of arrays that calls the layer on them, one by one or as a list, as it wants them."""

    def apply(*arrays: Array) -> Any:
        if len(arrays) == 1:
            return layer(arrays[0])
        return layer(*arrays) if building._positional(layer) >= len(arrays) else layer(list(arrays))

    return apply


def _of_module(name: str, module: Any) -> Side:
    from convlint.runtime.inside import torch_modules

    return Side(name, torch_modules.caller(module), None, 1, module=module)


def _is_torch_class(cls: type) -> bool:
    """Whether it is a PyTorch module's; torch is never imported for the question."""
    torch = sys.modules.get("torch")
    return torch is not None and issubclass(cls, torch.nn.Module)


def _read(file: Path) -> Any:
    """A saved model as Keras loads it. The client has read it before, and found nothing in it that would run."""
    if file.is_dir():
        if GENERATION == 2:
            return keras.models.load_model(str(file), compile=False)
        return keras.layers.TFSMLayer(str(file), call_endpoint="serving_default")
    if file.suffix == ".json":
        return keras.models.model_from_json(file.read_text(encoding="utf-8"))
    return keras.models.load_model(str(file), compile=False)


def _signature_shapes(layer: Any) -> list[tuple[int | None, ...]] | None:
    """The input of a SavedModel as its signature declares it; None for several, whose order it does not tell."""
    endpoint = getattr(layer, "call_endpoint_fn", None)
    specs = list(endpoint.structured_input_signature[1].values()) if endpoint is not None else []
    if len(specs) != 1 or specs[0].shape.rank in (None, 0):
        return None
    return [tuple(specs[0].shape)[1:]]


# --- expressions ------------------------------------------------------------------------------------


def _evaluate(expression: str) -> Any:
    """The value of an expression of the user's own in which the usual names mean what they always mean."""
    names: dict[str, Any] = {"keras": keras, "layers": keras.layers, "ops": keras.ops, "np": np, "numpy": np, "tf": tf}
    names["tensorflow"] = tf
    used = {node.id for node in ast.walk(ast.parse(expression, mode="eval")) if isinstance(node, ast.Name)}
    if used & {"torch", "nn"}:
        try:
            import torch
        except ImportError:
            raise building.Unbuildable("skipped", f"`{expression}` needs torch, which is not installed here") from None
        names |= {"torch": torch, "nn": torch.nn}
    try:
        return eval(expression, names)  # the user's own words, in the worker
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        raise building.Unbuildable("bad-arguments", f"`{expression}` raises {text}") from error


def as_arrays(result: Any) -> list[Array]:
    """The output as arrays.

    Raises:
        TypeError: it holds something else than numbers.
    """
    flat = keras.tree.flatten(result)
    if not flat:
        raise TypeError("it returns nothing")
    return [_as_array(value) for value in flat]


def _as_array(value: Any) -> Array:
    if isinstance(value, keras.Variable):
        value = value.value
    if isinstance(value, keras.KerasTensor):
        raise TypeError("it returns a symbolic tensor, which has no values; return the model instead")
    dtype = getattr(getattr(value, "dtype", None), "name", None)
    array = value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)
    if array.dtype.kind not in "fiub" and dtype not in PRECISIONS:
        raise TypeError(f"it returns {type(value).__name__}, not numbers")
    return array
