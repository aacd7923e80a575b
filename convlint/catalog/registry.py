"""The tables of the catalog: canonical name to layer class or function rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TypeVar

from convlint.catalog.context import Context
from convlint.catalog.layer import BASE_KEYWORDS, Layer
from convlint.catalog.signature import Signature, bind, parse_signature

LayerClass = TypeVar("LayerClass", bound=type[Layer])
Rule = TypeVar("Rule", bound=Callable[..., object])

_layers: dict[str, LayerEntry] = {}
_functions: dict[str, FunctionEntry] = {}

_MODULES = (
    "convlint.catalog.layers.core",
    "convlint.catalog.layers.convolution",
    "convlint.catalog.layers.pooling",
    "convlint.catalog.layers.reshaping",
    "convlint.catalog.layers.merging",
    "convlint.catalog.layers.normalization",
    "convlint.catalog.layers.activation",
    "convlint.catalog.layers.recurrent",
    "convlint.catalog.functions.convolution",
    "convlint.catalog.functions.pooling",
    "convlint.catalog.functions.shaping",
    "convlint.catalog.functions.elementwise",
    "convlint.catalog.functions.reduction",
    "convlint.catalog.functions.linalg",
    "convlint.catalog.functions.creation",
    "convlint.catalog.functions.datasets",
)


@dataclass(frozen=True)
class LayerEntry:
    """A layer class under its canonical name, e.g. ``keras.layers.Conv2D``."""

    name: str
    cls: type[Layer]
    text: str

    @property
    def signature(self) -> Signature:
        """Parameters of the constructor; those of the base class are extra keywords."""
        return parse_signature(self.text, BASE_KEYWORDS)

    def make(
        self, ctx: Context, positional: Sequence[object], keywords: Mapping[str, object], *, open_ended: bool = False
    ) -> Layer:
        """Run the constructor. Raises Refused where Keras' own does."""
        return self.cls(ctx, bind(ctx, self.signature, positional, keywords, open_ended=open_ended))


@dataclass(frozen=True)
class FunctionEntry:
    """A function under its canonical name, e.g. ``tensorflow.nn.conv2d``."""

    name: str
    rule: Callable[..., object]
    text: str
    pure: bool

    @property
    def signature(self) -> Signature:
        """Parameters, with the names under which the rule receives them."""
        return parse_signature(self.text)

    def call(
        self, ctx: Context, positional: Sequence[object], keywords: Mapping[str, object], *, open_ended: bool = False
    ) -> object:
        """Apply the rule. Raises Refused where the real function raises."""
        bound = bind(ctx, self.signature, positional, keywords, open_ended=open_ended)
        wanted = self.rule.__code__.co_varnames[1 : self.rule.__code__.co_argcount + self.rule.__code__.co_kwonlyargcount]
        return self.rule(ctx, **{name: value for name, value in bound.items() if name in wanted})


def layer(text: str, *also: str) -> Callable[[LayerClass], LayerClass]:
    """Enter a layer: its signature as in ``keras.layers``, and other names of the class."""

    def enter(cls: LayerClass) -> LayerClass:
        name = text.partition("(")[0]
        entry = LayerEntry(f"keras.layers.{name}", cls, text)
        for spelling in (name, *also):
            _layers[f"keras.layers.{spelling}"] = entry
        return cls

    return enter


def function(*texts: str, pure: bool = True) -> Callable[[Rule], Rule]:
    """Enter a function under each of its full names, every one with its own signature.

    ``"numpy.reshape(a: x, shape: target, order='C')"`` hands ``a`` to the rule as ``x``.
    ``pure`` says that a call whose value is dropped does nothing.
    """

    def enter(rule: Rule) -> Rule:
        for text in texts:
            name = text.partition("(")[0]
            _functions[name] = FunctionEntry(name, rule, text, pure)
        return rule

    return enter


def _load() -> None:
    if not _layers:
        for module in _MODULES:
            import_module(module)


def find_layer(canonical: str) -> LayerEntry | None:
    """The layer of this canonical name (see ``catalog/names.py``)."""
    _load()
    return _layers.get(canonical)


def find_function(canonical: str) -> FunctionEntry | None:
    """The function of this canonical name."""
    _load()
    return _functions.get(canonical)


def all_layers() -> Mapping[str, LayerEntry]:
    """Every layer, by every canonical spelling."""
    _load()
    return _layers


def all_functions() -> Mapping[str, FunctionEntry]:
    """Every function, by every canonical spelling."""
    _load()
    return _functions
