"""The tables of the catalog: canonical name to layer class or function rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from importlib import import_module
from typing import TypeVar

from convlint.catalog.context import Context, Refused
from convlint.catalog.generations import show_value
from convlint.catalog.identifiers import KNOWN, kind_of, unknown_identifier
from convlint.catalog.layer import BASE_KEYWORDS, KERAS2_KEYWORDS, Layer
from convlint.catalog.names import keras_ops_name
from convlint.catalog.signature import Signature, bind, parse_signature
from convlint.catalog.tensor import Kind, Tensor
from convlint.lazy import dataclass
from convlint.problems import (
    AxisOutOfRange,
    ExchangedArguments,
    MergeInputsNotList,
    NumpyOnSymbolic,
    Problem,
    TensorInConstructor,
    TfFunctionOnKerasTensor,
)
from convlint.shapes.dims import UNKNOWN

LayerClass = TypeVar("LayerClass", bound=type[Layer])
Rule = TypeVar("Rule", bound=Callable[..., object])

_layers: dict[str, LayerEntry] = {}
_functions: dict[str, FunctionEntry] = {}
_attributes: dict[str, Callable[..., object]] = {}

HOMES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "layers.core",
            "layers.convolution",
            "layers.pooling",
            "layers.reshaping",
            "layers.merging",
            "layers.normalization",
            "layers.activation",
            "layers.preprocessing",
            "layers.recurrent",
            "layers.attention",
            "layers.wrapping",
            "layers.categorical",
            "layers.spectrogram",
        ),
        "keras.layers",
    ),
    "functions.convolution": "keras.ops keras.backend tensorflow.nn",
    "functions.pooling": "keras.ops keras.backend tensorflow.nn",
    "functions.shaping": "keras.ops keras.backend keras.utils tensorflow tensorflow.nn tensorflow.linalg "
    "tensorflow.image numpy numpy.ndarray",
    "functions.elementwise": "keras.ops keras.ops.image keras.backend keras.activations keras.random keras.utils "
    "tensorflow tensorflow.math tensorflow.nn tensorflow.linalg tensorflow.random tensorflow.image numpy numpy.ndarray",
    "functions.reduction": "keras.ops keras.backend tensorflow tensorflow.math tensorflow.nn numpy numpy.ndarray "
    "numpy.linalg",
    "functions.linalg": "keras.ops keras.backend tensorflow tensorflow.linalg numpy numpy.linalg numpy.ndarray",
    "functions.creation": "keras keras.ops keras.backend keras.random tensorflow tensorflow.linalg "
    "tensorflow.random numpy numpy.random numpy.random.RandomState numpy.random.Generator",
    "functions.image": "keras.ops.image keras.backend tensorflow.image",
    "functions.rearranging": "keras.ops tensorflow tensorflow.linalg numpy",
    "functions.decompositions": "keras.ops tensorflow tensorflow.linalg numpy.linalg",
    "functions.spectra": "keras.ops tensorflow.signal numpy numpy.fft",
    "functions.losses": "keras.ops keras.losses keras.metrics keras.backend tensorflow.nn",
    "functions.neural": "keras.ops keras.activations keras.backend tensorflow tensorflow.math tensorflow.nn",
    "functions.datasets": "keras.datasets.boston_housing keras.datasets.california_housing keras.datasets.cifar10 "
    "keras.datasets.cifar100 keras.datasets.fashion_mnist keras.datasets.imdb keras.datasets.mnist "
    "keras.datasets.reuters sklearn.datasets sklearn.model_selection sklearn.utils.Bunch",
    "functions.loaders": "keras.utils keras.preprocessing.* keras.applications.*",
    "functions.learning": "sklearn.* scipy.sparse.csr_matrix",
    "functions.frames": "pandas pandas.* numpy numpy.loadtxt.* numpy.load.*",
    "functions.pictures": "PIL.* cv2 matplotlib.* imageio.* imageio skimage.*",
    "functions.pipelines": "tensorflow tensorflow.data.* tensorflow.io tensorflow.image tensorflow.strings "
    "tensorflow.audio tensorflow_datasets keras.utils",
}
"""The modules of the catalog and where the names in them live; a module is imported for the first name it may hold."""


@dataclass(frozen=True)
class LayerEntry:
    """A layer class under its canonical name, e.g. ``keras.layers.Conv2D``."""

    name: str
    cls: type[Layer]
    text: str
    keras2: str = ""

    @cached_property
    def signature(self) -> Signature:
        """Parameters of the constructor; those of the base class are extra keywords."""
        return parse_signature(self.text, frozenset() if self.cls.closed else BASE_KEYWORDS | self.cls.passed_on)

    def signature_in(self, keras: int) -> Signature:
        """The signature in a Keras generation."""
        if keras >= 3:
            return self.signature
        return self._signature_in_keras2

    @cached_property
    def _signature_in_keras2(self) -> Signature:
        return parse_signature(self.keras2 or self.text, BASE_KEYWORDS | KERAS2_KEYWORDS | self.cls.passed_on)

    def make(
        self, ctx: Context, positional: Sequence[object], keywords: Mapping[str, object], *, open_ended: bool = False
    ) -> Layer:
        """Run the constructor. Raises Refused where Keras' own does."""
        self._refuse_tensor(ctx, positional)
        signature = self.signature_in(ctx.keras)
        positional = self._in_order(ctx, signature, positional)
        arguments = bind(ctx, signature, positional, keywords, open_ended=open_ended)
        made = self.cls(ctx, arguments)
        self._check_identifiers(ctx, arguments)
        return made

    def _in_order(self, ctx: Context, signature: Signature, positional: Sequence[object]) -> Sequence[object]:
        """The arguments as they were meant: ``Dense("relu", 10)`` has a word where a number belongs."""
        if len(positional) < 2 or len(signature.positional) < 2:
            return positional
        first, second = positional[:2]
        names = (signature.positional[0].name, signature.positional[1].name)
        word_first = isinstance(first, str) and first.lower() in KNOWN["activation"] and names[1] == "activation"
        window_first = isinstance(first, tuple | list) and names[0] == "filters"
        if not (word_first or window_first) or not isinstance(second, int) or isinstance(second, bool):
            return positional
        ctx.fault(ExchangedArguments(ctx.operation, *names, show_value(first), show_value(second)))
        return [second, first, *positional[2:]]

    def _check_identifiers(self, ctx: Context, arguments: Mapping[str, object]) -> None:
        for argument, value in arguments.items():
            kind = "interpolation" if argument == "interpolation" else kind_of(argument)
            problem = unknown_identifier(ctx, argument, kind, value) if kind is not None else None
            if problem is not None and not ctx.registers_names:
                ctx.fault(problem)

    def _refuse_tensor(self, ctx: Context, positional: Sequence[object]) -> None:
        """``Flatten(x)``, ``Concatenate([a, b])``: a symbolic tensor is no constructor argument."""
        if not positional or not is_symbolic(positional[0]):
            return
        slots = self.signature.positional
        raise Refused(TensorInConstructor(ctx.operation, slots[0].name if slots else "inputs"))


@dataclass(frozen=True)
class FunctionEntry:
    """A function under its canonical name, e.g. ``tensorflow.nn.conv2d``."""

    name: str
    rule: Callable[..., object]
    text: str
    pure: bool
    foreign: bool = False
    """Of a library whose releases differ: a call that does not fit the signature is not known, never a fault."""

    @cached_property
    def signature(self) -> Signature:
        """Parameters, with the names under which the rule receives them."""
        return parse_signature(self.text)

    def call(
        self, ctx: Context, positional: Sequence[object], keywords: Mapping[str, object], *, open_ended: bool = False
    ) -> object:
        """Apply the rule. Raises Refused where the real function raises.

        A rule that serves several functions may ask for ``called``, the canonical name; one that treats a default
        otherwise than the same value given asks for ``given``, the names of what the call holds.
        """
        self._note_symbolic(ctx, positional, keywords)
        self._refuse_unlisted(ctx, positional)
        if open_ended and self.signature.rest is not None:
            return UNKNOWN  # `reshape(-1, *sizes)` with unknown sizes
        # The signatures of Keras' functions are those of Keras 3.
        lenient = self.foreign or (ctx.keras < 3 and self.name.startswith("keras."))
        try:
            within = Context(ctx.operation) if lenient else ctx
            bound = bind(within, self.signature, positional, keywords, open_ended=open_ended)
        except Refused:
            if lenient:
                return UNKNOWN
            raise
        bound["called"], bound["given"] = self.name, bound.given
        try:
            return self.rule(ctx, **{name: value for name, value in bound.items() if name in self._wanted})
        except Refused as refused:
            if self.name.startswith("numpy.") and _is_axis_of_scalar(refused.problem):
                return UNKNOWN
            raise

    @cached_property
    def _wanted(self) -> frozenset[str]:
        """What the rule takes, by its names."""
        code = self.rule.__code__
        return frozenset(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])

    def _refuse_unlisted(self, ctx: Context, positional: Sequence[object]) -> None:
        """``concatenate(a, b)``: the second tensor is taken for the axis.

        Source: measured for each; a tensor of rank 0 may be an axis.
        """
        if self.name in _JOINS and len(positional) > 1 and all(map(_has_axes, positional[:2])):
            count = next((place for place, value in enumerate(positional) if not _has_axes(value)), len(positional))
            raise Refused(MergeInputsNotList(ctx.operation, count))

    def _note_symbolic(self, ctx: Context, positional: Sequence[object], keywords: Mapping[str, object]) -> None:
        """State that a function of TensorFlow or NumPy can't take a symbolic Keras tensor."""
        of_numpy = self.name.startswith("numpy.") and not self.name.startswith("numpy.ndarray.")
        if not of_numpy and (ctx.keras < 3 or ctx.inside_call or not self.name.startswith(_TENSORFLOW)):
            return
        if self.name in _TAKE_SYMBOLIC:
            return
        if not any(_reaches(value, of_numpy) for value in (*positional, *keywords.values())):
            return
        problem = NumpyOnSymbolic if of_numpy else TfFunctionOnKerasTensor
        ctx.fault(problem(ctx.operation, keras_ops_name(self.name)))


def _is_axis_of_scalar(problem: Problem) -> bool:
    """Whether the only fault is the axis 0 or -1 of a number, which most NumPy functions allow.

    Source: measured with NumPy 2: ``np.sum(3, axis=0)`` is 3; ``np.mean`` refuses.
    """
    return isinstance(problem, AxisOutOfRange) and problem.input_shape == () and problem.axis in ("0", "-1")


_JOINS = frozenset(
    {f"keras.layers.{name}" for name in ("add", "average", "concatenate", "dot", "maximum", "minimum", "multiply",
                                         "subtract")}
    | {f"{home}.{name}" for home in ("keras.ops", "keras.backend", "numpy") for name in ("concatenate", "stack")}
    | {"tensorflow.concat", "tensorflow.stack", "keras.ops.hstack", "keras.ops.vstack"}
)  # fmt: skip
"""Functions whose first argument is a list of tensors."""


def _has_axes(value: object) -> bool:
    return isinstance(value, Tensor) and value.rank is not None and value.rank > 0


_TENSORFLOW = ("tensorflow.", "keras.backend.")
_TAKE_SYMBOLIC = frozenset(
    {
        "keras.backend.int_shape",
        "keras.backend.is_keras_tensor",
        "tensorflow.is_tensor",
        "numpy.shape",
        "numpy.ndim",
        "numpy.squeeze",
    }
)
"""What only looks at the tensor from outside, or calls a method that symbolic tensors have.

Source: measured with Keras 3.15; every other function tried raises.
"""


def _reaches(value: object, traced: bool) -> bool:
    """Whether a symbolic tensor is among the values: a Keras one, or also a traced one."""
    if isinstance(value, Tensor):
        return value.kind is Kind.SYMBOLIC or (traced and value.kind is Kind.TRACED)
    return isinstance(value, list | tuple) and any(_reaches(part, traced) for part in value)


def is_symbolic(value: object) -> bool:
    """Whether this is a symbolic tensor, or a list of nothing else."""
    if isinstance(value, Tensor):
        return value.is_symbolic and (value.rank is None or value.rank > 1)
    return isinstance(value, list | tuple) and len(value) > 0 and all(map(is_symbolic, value))


def layer(text: str, *also: str, keras2: str = "") -> Callable[[LayerClass], LayerClass]:
    """Enter a layer: its signature as in ``keras.layers``, and other names of the class.

    ``keras2`` is the signature that Keras 2 had, where programs of today's shape would not fit it.
    """

    def enter(cls: LayerClass) -> LayerClass:
        name = text.partition("(")[0]
        entry = LayerEntry(f"keras.layers.{name}", cls, text, keras2)
        for spelling in (name, *also):
            _layers[f"keras.layers.{spelling}"] = entry
        return cls

    return enter


def function(*texts: str, pure: bool = True, foreign: bool = False) -> Callable[[Rule], Rule]:
    """Enter a function under each of its full names, every one with its own signature.

    ``"numpy.reshape(a: x, shape: target, order='C')"`` hands ``a`` to the rule as ``x``.
    ``pure`` says that a call whose value is dropped does nothing; of ``foreign`` functions (see
    there) nothing of the kind is claimed.
    """

    def enter(rule: Rule) -> Rule:
        declared = HOMES[rule.__module__.removeprefix("convlint.catalog.")].split()
        for text in texts:
            name = text.partition("(")[0]
            if not _is_home(name.rpartition(".")[0], declared):
                raise LookupError(
                    f"{name}: HOMES in catalog/registry.py does not say that {rule.__module__} may hold it"
                )
            if name in _functions:
                raise LookupError(f"{name} is entered twice")
            _functions[name] = FunctionEntry(name, rule, text, pure and not foreign, foreign)
        return rule

    return enter


def attribute(*names: str) -> Callable[[Rule], Rule]:
    """Enter an attribute of a library's objects under its full names (``pandas.DataFrame.shape``).

    The rule gets the object and the attribute's full name.
    """

    def enter(rule: Rule) -> Rule:
        for name in names:
            _attributes[name] = rule
        return rule

    return enter


def _is_home(home: str, declared: Sequence[str]) -> bool:
    """Whether the names of a home may stand in a module that declares these; ``pandas.*`` is all below ``pandas``."""
    return home in declared or any(
        one.endswith(".*") and f"{home}.".startswith(one.removesuffix("*")) for one in declared
    )


@cache
def _load(home: str) -> None:
    """Import the modules that may hold a name of this home."""
    for module, homes in HOMES.items():
        if _is_home(home, homes.split()):
            import_module(f"convlint.catalog.{module}")


def find_layer(canonical: str) -> LayerEntry | None:
    """The layer of this canonical name (see ``catalog/names.py``)."""
    if canonical.startswith("keras.layers."):
        _load("keras.layers")
    return _layers.get(canonical)


def find_function(canonical: str) -> FunctionEntry | None:
    """The function of this canonical name."""
    _load(canonical.rpartition(".")[0])
    return _functions.get(canonical)


def find_attribute(canonical: str) -> Callable[..., object] | None:
    """The rule of an attribute of a library's objects."""
    _load(canonical.rpartition(".")[0])
    return _attributes.get(canonical)


def all_layers() -> Mapping[str, LayerEntry]:
    """Every layer, by every canonical spelling."""
    _load("keras.layers")
    return _layers


def all_functions() -> Mapping[str, FunctionEntry]:
    """Every function, by every canonical spelling."""
    for homes in HOMES.values():
        for home in homes.split():
            _load(home)
    return _functions
