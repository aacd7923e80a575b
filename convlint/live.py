"""Objects of a running program: Keras models and layers are recognised and read without importing Keras."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from convlint.runtime.reports import BuildReport
from convlint.summary import LayerRow, TableShape


def is_keras_object(value: object) -> bool:
    """Whether a value is a layer or a model, of Keras or derived from one."""
    return any(
        cls.__name__ == "Layer" and cls.__module__.partition(".")[0] in ("keras", "tf_keras", "tensorflow")
        for cls in type(value).__mro__
    )


def report_on(value: Any, name: str, layout: str) -> BuildReport:
    """The layer table of a model, or of a layer alone."""
    layers = list(value.layers) if hasattr(value, "layers") else [value]
    rows = tuple(_row(layer) for layer in layers)
    params = _weights([value])
    title = str(getattr(value, "name", name))
    return BuildReport(name, "", "built", model=title, image_data_format=layout, layers=rows, params=params)


def _row(layer: Any) -> LayerRow:
    data_format = getattr(layer, "data_format", None)
    kernel = None
    for attribute in ("kernel", "depthwise_kernel"):
        shape = _shape(_read(layer, attribute))
        if shape is not None:
            kernel = shape
            break
    return LayerRow(
        str(getattr(layer, "name", "?")),
        type(layer).__name__,
        tuple(_shapes(_read(layer, "input"))),
        tuple(_shapes(_read(layer, "output"))),
        _weights([layer]),
        data_format if isinstance(data_format, str) else None,
        kernel,
        "",
        0,
    )


def _read(layer: Any, name: str) -> Any:
    """An attribute; None where Keras has none to give yet."""
    try:
        return getattr(layer, name)
    except (AttributeError, ValueError, RuntimeError):
        return None


def _shapes(value: Any) -> Iterator[TableShape]:
    if isinstance(value, Mapping):
        value = list(value.values())
    for one in value if isinstance(value, list | tuple) else [value]:
        shape = _shape(one)
        if shape is not None:
            yield shape


def _shape(value: Any) -> tuple[int | None, ...] | None:
    shape = getattr(value, "shape", None)
    try:
        return None if shape is None else tuple(None if size is None else int(size) for size in shape)
    except (TypeError, ValueError):
        return None


def _weights(objects: list[Any]) -> int:
    weights = {id(weight): weight for one in objects for weight in getattr(one, "weights", ())}
    return sum(math.prod(size or 0 for size in _shape(weight) or (0,)) for weight in weights.values())


def home_of(builder: Callable[..., Any]) -> tuple[str, str] | None:
    """File and dotted name by which another process finds a function or class; None where it can't.

    It can't where the object was made inside a function, typed at a prompt or in a notebook, or replaced meanwhile.
    """
    name = getattr(builder, "__qualname__", "")
    module = sys.modules.get(getattr(builder, "__module__", ""))
    if not name or "<" in name or module is None:
        return None
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    try:
        file = inspect.getsourcefile(builder)
    except TypeError:
        return None
    if found is not builder or file is None or not Path(file).is_file():
        return None
    return file, name


def called(value: Any, shapes: list[tuple[str, tuple[int | None, ...], str | None]]) -> Any:
    """A layer or model called on new inputs; itself where there are none."""
    keras = next((sys.modules[name] for name in ("keras", "tf_keras") if name in sys.modules), None)
    if keras is None or not shapes:
        return value
    tensors = {name or f"input_{index}": keras.Input(shape=shape, dtype=dtype)
               for index, (name, shape, dtype) in enumerate(shapes)}  # fmt: skip
    given = list(tensors.values())
    output = value(given[0] if len(given) == 1 else tensors if shapes[0][0] else given)
    return value if hasattr(value, "layers") else keras.Model(given, output)
