"""Watches layers being made and called, and functions being called from the user's own lines."""

from __future__ import annotations

import contextlib
import functools
import importlib
import math
import os
import sys
import sysconfig
import types
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from convlint.catalog.registry import all_functions
from convlint.lazy import dataclass
from convlint.runtime.inside.framework import Functional, keras, role
from convlint.runtime.processes import PACKAGE
from convlint.runtime.reports import GRAPH

Event = dict[str, Any]
Emit = Callable[[Event], None]

MAX_ITEMS = 64
"""Longer lists are data, not arguments."""

_OUTSIDE = tuple(
    os.path.realpath(path) + os.sep
    for path in {*sysconfig.get_paths().values(), os.path.dirname(os.path.dirname(keras.__file__)), PACKAGE}
    if path
)
_SEQUENTIAL = tuple(os.path.join(folder, "sequential.py") for folder in ("models", "engine"))
_REBUILDS = ("__init__", "add", "_maybe_rebuild", "_build_graph_network_for_inferred_shape")


@dataclass(frozen=True)
class FirstCall:
    """What a layer's first call was; holds the layer, so that its ``id`` stays its own."""

    layer: Any
    inputs: list[Event]
    outputs: list[Event]
    place: tuple[str, int, str]


active: Tracer | None = None
"""The tracer of this process's job."""


class Tracer:
    """Turns what the program does into events.

    Args:
        root: the user's project folder; lines in its files are the user's own.
        emit: receives each event as it happens, so that nothing is lost when the process dies.
    """

    def __init__(self, root: str, emit: Emit) -> None:
        self.root = os.path.realpath(root) + os.sep
        self.emit = emit
        self.open_calls: list[tuple[int, bool]] = []
        self.failed: tuple[int, BaseException] | None = None
        self.sequence = 0
        self.created: dict[int, tuple[weakref.ref[Any], int, tuple[str, int, str]]] = {}
        self.last_created: tuple[int, tuple[str, int, str]] | None = None
        self.first_calls: dict[int, FirstCall] = {}
        self._tensors: dict[int, tuple[weakref.ref[Any], Event]] = {}
        self._own: dict[str, bool] = {}
        self._made: dict[int, tuple[str, int, str]] = {}
        self._tensor_count = 0
        self._call_count = 0
        self._layer_count = 0

    # --- places -----------------------------------------------------------------------------

    def is_own(self, filename: str) -> bool:
        """Whether a code object's file belongs to the user's project."""
        known = self._own.get(filename)
        if known is None:
            path = os.path.realpath(filename)
            known = self._own[filename] = (
                path.startswith(self.root)
                and not path.startswith(_OUTSIDE)
                and f"{os.sep}site-packages{os.sep}" not in path
                and os.path.isfile(path)
            )
        return known

    def place(self, frame: types.FrameType | None) -> tuple[tuple[str, int, str], bool, bool]:
        """The innermost own line; whether it calls directly; whether only a ``Sequential`` stands between."""
        direct, sequential = True, False
        while frame is not None:
            code = frame.f_code
            own = self._own.get(code.co_filename)
            if own or (own is None and self.is_own(code.co_filename)):
                return (code.co_filename, frame.f_lineno, code.co_name), direct or sequential, sequential
            direct = False
            sequential = sequential or (code.co_name in _REBUILDS and code.co_filename.endswith(_SEQUENTIAL))
            frame = frame.f_back
        return ("", 0, ""), False, sequential

    # --- values -----------------------------------------------------------------------------

    def encode(self, value: object, depth: int = 0) -> Any:
        """A JSON form of an argument; what has none is ``{"unknown": type}``."""
        if value is None or isinstance(value, (bool, str)):
            return value if not isinstance(value, str) or len(value) < 500 else {"unknown": "str"}
        if isinstance(value, (int, np.integer)):
            return int(value)
        if isinstance(value, float) and math.isfinite(value):
            return value
        if _is_tensor(value):
            return {"tensor": self.tensor(value)}
        if isinstance(value, tf.TensorShape):
            return {"tuple": list(value)} if value.rank is not None else {"unknown": "TensorShape"}
        if isinstance(value, tf.DType):
            return value.name
        if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
            return np.dtype(value).name
        if isinstance(value, keras.Layer) and id(value) in self.created:
            return {"layer": self.created[id(value)][1]}
        if isinstance(value, (list, tuple)) and len(value) <= MAX_ITEMS and depth < 4:
            items = [self.encode(item, depth + 1) for item in value]
            return items if isinstance(value, list) else {"tuple": items}
        return {"unknown": type(value).__name__}

    def tensor(self, value: Any) -> Event:
        """Shape, dtype and kind of a tensor, with a number that stays the same for the same object."""
        known = self._tensors.get(id(value))
        if known is not None and known[0]() is not value:
            known = None
        symbolic = isinstance(value, _SYMBOLIC)
        if known is not None and symbolic:
            return known[1]
        if known is None:
            self._tensor_count += 1
        event = {
            "id": self._tensor_count if known is None else known[1]["id"],
            "shape": _shape(value),
            "dtype": _dtype(value),
            "kind": "symbolic" if symbolic else _kind(value),
            "name": value.name if symbolic else "",
        }
        if known is None:
            with contextlib.suppress(TypeError):
                self._tensors[id(value)] = (weakref.ref(value), event)
        return event

    def tensors(self, value: object, depth: int = 0) -> list[Event]:
        """All tensors in a nested structure."""
        if _is_tensor(value):
            return [self.tensor(value)]
        if isinstance(value, Mapping):
            value = list(value.values())
        if isinstance(value, (list, tuple)) and depth < 4:
            return [tensor for item in value[:MAX_ITEMS] for tensor in self.tensors(item, depth + 1)]
        return []

    # --- what happens -------------------------------------------------------------------------

    def send(self, event: Event) -> None:
        """Hand one event on."""
        self.sequence += 1
        self.emit(event)

    def layer_created(self, layer: object, arguments: Sequence[object], keywords: Mapping[str, object]) -> None:
        """A constructor begins."""
        place, direct, _ = self.place(sys._getframe(2))
        if not place[1]:
            return
        self._layer_count += 1
        number = self._layer_count
        self.created[id(layer)] = (weakref.ref(layer), number, place)
        self.last_created = (number, place)
        self.send(
            {
                "event": "layer",
                "number": number,
                "class_name": class_name(type(layer)),
                "arguments": [self.encode(value) for value in arguments],
                "keywords": {name: self.encode(value) for name, value in keywords.items()},
                "file": place[0],
                "line": place[1],
                "function": place[2],
                "direct": direct,
                "image_data_format": keras.config.image_data_format(),
                "sequence": self.sequence,
            }
        )

    def call(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        *,
        name: str,
        layer: Any = None,
        operator: bool = False,
    ) -> Any:
        """Run a call and tell about it."""
        place, direct, sequential = self.place(sys._getframe(2))
        known = self.created.get(id(layer)) if layer is not None else None
        if known is not None and known[0]() is not layer:
            known = None
        if sequential and known is not None:
            # Sequential([...]) calls the layer on the program's behalf: its own line is where it is made.
            place = known[2]
        self._call_count += 1
        number = self._call_count
        self.failed = None
        inputs = self.tensors((arguments, keywords))
        self.send(
            {
                "event": "call",
                "number": number,
                "parent": self.open_calls[-1][0] if self.open_calls else None,
                "layer": known[1] if known is not None else None,
                "name": name,
                "arguments": [self.encode(value) for value in arguments],
                "keywords": {key: self.encode(value) for key, value in keywords.items()},
                "file": place[0],
                "line": place[1],
                "function": place[2],
                "direct": direct,
                "inside_call": any(is_layer for _, is_layer in self.open_calls),
                "image_data_format": keras.config.image_data_format(),
                "inputs": inputs,
                "class_name": class_name(type(layer)) if layer is not None else "",
                "operator": operator,
            }
        )
        self.open_calls.append((number, layer is not None))
        try:
            result = function(*arguments, **keywords)
        except BaseException as error:
            if self.failed is None:
                self.failed = (number, error)
            raise
        else:
            self.failed = None
        finally:
            self.open_calls.pop()
        details = layer_details(layer) if layer is not None else {}
        outputs = self.tensors(result)
        self.send({"event": "return", "number": number, "outputs": outputs, "details": details})
        # The outermost call that gives a tensor comes back last, and its line is the one that counts.
        self._made.update((tensor["id"], place) for tensor in outputs)
        if layer is not None:
            self.first_calls.setdefault(id(layer), FirstCall(layer, inputs, outputs, place))
        return result

    def place_of(self, tensor: object) -> tuple[str, int, str] | None:
        """The own line whose call gave the tensor."""
        known = self._tensors.get(id(tensor))
        return self._made.get(known[1]["id"]) if known is not None and known[0]() is tensor else None


def class_name(cls: type) -> str:
    """``keras.layers.Conv2D`` for a layer of Keras, otherwise the class's own dotted name."""
    module = cls.__module__
    if module.startswith(("keras.src.layers.", "keras.layers.", "tf_keras.src.layers.")):
        return f"keras.layers.{cls.__name__}"
    if module.startswith(("keras.src.models.", "keras.models.", "keras.src.engine.", "tf_keras.src.engine.")):
        return f"keras.{'Model' if cls.__name__ == 'Functional' else cls.__name__}"
    return f"{module}.{cls.__qualname__}"


def layer_details(layer: Any) -> Event:
    """What a built layer tells about itself."""
    weights = [(role(weight), list(weight.shape)) for weight in layer.weights]
    data_format = getattr(layer, "data_format", None)
    return {
        "weights": weights,
        "params": sum(math.prod(shape) for _, shape in weights),
        "trains": bool(layer.trainable_weights),
        "data_format": data_format if isinstance(data_format, str) else None,
        "kernel_shape": kernel_shape(layer),
    }


def kernel_shape(layer: Any) -> list[int] | None:
    """Shape of the layer's convolution or matrix kernel, None where it has none."""
    for name in ("kernel", "_kernel", "depthwise_kernel"):
        try:
            shape = getattr(layer, name).shape
        except (AttributeError, ValueError):
            continue
        return [int(size) for size in shape]
    return None


_SYMBOLIC: type = keras.KerasTensor
_TENSORS = (_SYMBOLIC, tf.Tensor, tf.Variable, np.ndarray, keras.Variable)


_are_tensors: dict[type, bool] = {}


def _is_tensor(value: object) -> bool:
    cls = type(value)
    known = _are_tensors.get(cls)
    if known is None:
        known = _are_tensors[cls] = isinstance(value, _TENSORS)
    return known


def _shape(value: Any) -> list[int | None] | None:
    try:
        return [None if size is None else int(size) for size in value.shape]
    except (ValueError, TypeError):
        return None


def _dtype(value: Any) -> str:
    dtype = value.dtype
    return str(getattr(dtype, "name", dtype))


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return "array"
    if isinstance(value, tf.Tensor) and not hasattr(value, "_numpy"):
        return "traced"
    return "eager"


# --- putting the watch in place -----------------------------------------------------------------


def install() -> None:
    """Wrap layers and functions, once in the worker before it forks."""
    keras.config.disable_traceback_filtering()
    tf.debugging.disable_traceback_filtering()
    _wrap_layers()
    for canonical in all_functions():
        module, _, name = canonical.rpartition(".")
        for owner in [*_modules(module), *(_modules("keras") if name == "Input" else [])]:
            _wrap_function(owner, name, canonical)
    for cls in (keras.KerasTensor, tf.Tensor):
        for operator in OPERATORS:
            _wrap_operator(cls, operator, reflected=False)
            _wrap_operator(cls, operator, reflected=True)


def _wrap_layers() -> None:
    plain_call, plain_new = keras.Layer.__call__, keras.Layer.__new__

    @functools.wraps(plain_call)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if active is None:
            return plain_call(self, *args, **kwargs)
        return active.call(functools.partial(plain_call, self), args, kwargs, name=self.name, layer=self)

    @functools.wraps(plain_new)
    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        instance = plain_new(cls, *args, **kwargs)
        if active is not None:
            active.layer_created(instance, args, kwargs)
        return instance

    keras.Layer.__call__ = call
    keras.Layer.__new__ = staticmethod(new)
    _wrap_graphs()


def _wrap_graphs() -> None:
    """Tell which tensors a functional model lies between, once it is made."""
    plain_init = Functional.__init__

    @functools.wraps(plain_init)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        plain_init(self, *args, **kwargs)
        if active is not None:
            ends = (*args[:2], *(kwargs[name] for name in ("inputs", "outputs") if name in kwargs))
            active.call(lambda *_: None, ends, {}, name=GRAPH)

    Functional.__init__ = init


def _modules(dotted: str) -> list[Any]:
    """Module objects under which programs find the functions of a canonical module name.

    ``import tensorflow.keras.backend`` makes a second module beside ``tf.keras.backend``.
    """
    root, _, rest = dotted.partition(".")
    roots = {"tensorflow": ["tensorflow"], "keras": [keras.__name__, "tensorflow.keras"]}.get(root, [])
    found: list[Any] = []
    for spelling in roots:
        full = f"{spelling}.{rest}" if rest else spelling
        owner: Any = tf if full.startswith("tensorflow") else keras
        with contextlib.suppress(AttributeError):
            for part in full.split(".")[1:]:
                owner = getattr(owner, part)
            found.append(owner)
        with contextlib.suppress(ImportError):
            found.append(importlib.import_module(full))
    return [owner for index, owner in enumerate(found) if owner not in found[:index] and hasattr(owner, "__name__")]


OPERATORS = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "matmul": "matmul",
             "getitem": "get_item"}  # fmt: skip
"""Python's name of an operator between tensors, and that of the function."""


def _wrap_operator(cls: Any, operator: str, *, reflected: bool) -> None:
    method = f"__{'r' if reflected else ''}{operator}__"
    plain = getattr(cls, method, None)
    if plain is None:
        return

    @functools.wraps(plain)
    def watched(self: Any, other: Any) -> Any:
        if active is None or not active.is_own(sys._getframe(1).f_code.co_filename):
            return plain(self, other)
        sides = (other, self) if reflected else (self, other)
        name = f"{'keras.ops' if cls is keras.KerasTensor else 'tensorflow'}.{OPERATORS[operator]}"
        run = (lambda left, right: plain(right, left)) if reflected else plain
        return active.call(run, sides, {}, name=name, operator=True)

    setattr(cls, method, watched)


def _wrap_function(owner: Any, name: str, canonical: str) -> None:
    plain = getattr(owner, name, None)
    if plain is None or isinstance(plain, type) or not callable(plain) or hasattr(plain, "__convlint__"):
        return

    @functools.wraps(plain)
    def watched(*args: Any, **kwargs: Any) -> Any:
        if active is None or not active.is_own(sys._getframe(1).f_code.co_filename):
            return plain(*args, **kwargs)
        return active.call(plain, args, kwargs, name=canonical)

    watched.__convlint__ = True  # type: ignore[attr-defined]
    setattr(owner, name, watched)
