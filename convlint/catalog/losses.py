"""Losses: which targets each one takes for an output, and what it wants the output to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Union

from convlint.catalog.context import Context
from convlint.catalog.signature import bind, parse_signature
from convlint.lazy import dataclass
from convlint.shapes.dims import UNKNOWN, Dim, Unknown, proved_different
from convlint.shapes.shape import Shape, broadcast


class Family(Enum):
    """How a loss compares targets with outputs."""

    POINTWISE = "pointwise"
    """Entry by entry, broadcast."""
    ROWS = "rows"
    """One-hot rows, of exactly the output's shape."""
    NUMBERS = "numbers"
    """Class numbers: the output's shape without its last axis."""
    BINARY = "binary"
    """Entry by entry, of exactly the output's shape."""


@dataclass(frozen=True)
class LossFacts:
    """What is known of one loss.

    Attributes:
        name: of the function in ``keras.losses``.
        family: see there.
        squeezes: the function itself brings targets and output to one rank; the loss objects
            and ``compile`` do it for every loss.
        wants: the activation that makes what the loss takes without ``from_logits``.
    """

    name: str
    family: Family
    squeezes: bool = False
    wants: str = ""


FACTS = {
    facts.name: facts
    for facts in (
        LossFacts("mean_squared_error", Family.POINTWISE, squeezes=True),
        LossFacts("mean_absolute_error", Family.POINTWISE, squeezes=True),
        LossFacts("mean_absolute_percentage_error", Family.POINTWISE, squeezes=True),
        LossFacts("mean_squared_logarithmic_error", Family.POINTWISE, squeezes=True),
        LossFacts("huber", Family.POINTWISE, squeezes=True),
        LossFacts("log_cosh", Family.POINTWISE, squeezes=True),
        LossFacts("kl_divergence", Family.POINTWISE),
        LossFacts("poisson", Family.POINTWISE),
        LossFacts("hinge", Family.POINTWISE),
        LossFacts("squared_hinge", Family.POINTWISE),
        LossFacts("categorical_crossentropy", Family.ROWS, wants="softmax"),
        LossFacts("sparse_categorical_crossentropy", Family.NUMBERS, wants="softmax"),
        LossFacts("binary_crossentropy", Family.BINARY, wants="sigmoid"),
        LossFacts("binary_focal_crossentropy", Family.BINARY, wants="sigmoid"),
    )
}
"""Source: ``keras/src/losses/losses.py`` of Keras 3.15; ``tests/catalog/test_losses_conformance.py`` compares them."""

_SPELLINGS = {
    "mse": "mean_squared_error", "MSE": "mean_squared_error",
    "mae": "mean_absolute_error", "MAE": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error", "MAPE": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error", "MSLE": "mean_squared_logarithmic_error",
    "logcosh": "log_cosh", "kld": "kl_divergence", "KLD": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence", "bce": "binary_crossentropy", "BCE": "binary_crossentropy",
}  # fmt: skip

_COMMON = "reduction='sum_over_batch_size', name=None, dtype=None"
_REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight")
_CLASSES = {
    "MeanSquaredError": ("mean_squared_error", ""),
    "MeanAbsoluteError": ("mean_absolute_error", ""),
    "MeanAbsolutePercentageError": ("mean_absolute_percentage_error", ""),
    "MeanSquaredLogarithmicError": ("mean_squared_logarithmic_error", ""),
    "Huber": ("huber", "delta=1.0, "),
    "LogCosh": ("log_cosh", ""),
    "KLDivergence": ("kl_divergence", ""),
    "Poisson": ("poisson", ""),
    "Hinge": ("hinge", ""),
    "SquaredHinge": ("squared_hinge", ""),
    "CategoricalCrossentropy": ("categorical_crossentropy", "from_logits=False, label_smoothing=0.0, axis=-1, "),
    "SparseCategoricalCrossentropy": (
        "sparse_categorical_crossentropy",
        "from_logits=False, ignore_class=None, *, axis=-1, ",
    ),
    "BinaryCrossentropy": ("binary_crossentropy", "from_logits=False, label_smoothing=0.0, axis=-1, "),
    "BinaryFocalCrossentropy": (
        "binary_focal_crossentropy",
        "apply_class_balancing=False, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1, ",
    ),
}
"""Class in ``keras.losses``, the function it wraps and its own parameters."""


@dataclass(frozen=True)
class Loss:
    """A loss with its settings, as a program chose it.

    Attributes:
        facts: of the function.
        shown: as the program spells it.
        from_logits: whether the output is read as logits; unknown where it is computed.
        plain: a function called directly, so that nothing brings the ranks together first.
        ignore_class: a class that targets may hold without a unit of its own, or None.
        reduces: whether it gives one number for all samples; false where that is not known.
    """

    facts: LossFacts
    shown: str
    from_logits: Union[bool, Unknown] = False
    plain: bool = False
    ignore_class: object = None
    reduces: bool = True

    @property
    def spelled_as_object(self) -> bool:
        """Whether the program names the class of the loss."""
        return self.shown in _CLASSES


def function_facts(name: str) -> LossFacts | None:
    """The facts of a loss by any of its spellings in ``compile``: ``mse``, ``MeanSquaredError``."""
    if name in _CLASSES:
        name = _CLASSES[name][0]
    return FACTS.get(_SPELLINGS.get(name, name))


def loss_named(name: str, *, plain: bool = False) -> Loss | None:
    """The loss that a string stands for, or the function of that name; None for one that is not in the table."""
    facts = function_facts(name)
    return None if facts is None else Loss(facts, name, plain=plain)


def make_loss(
    ctx: Context, name: str, positional: Sequence[object], keywords: Mapping[str, object], *, open_ended: bool = False
) -> Loss | None:
    """The object that ``keras.losses.Name(…)`` makes; None for a class that is not in the table.

    Raises:
        Refused: the arguments do not fit the constructor.
    """
    known = _CLASSES.get(name)
    if known is None:
        return None
    function, own = known
    bound = bind(ctx, parse_signature(f"{name}({own}{_COMMON})"), positional, keywords, open_ended=open_ended)
    facts = FACTS[function]
    axis = bound.get("axis", -1)
    if facts.family is not Family.POINTWISE and axis != -1:
        return None  # classes along another axis: not followed
    logits = bound.get("from_logits", False)
    return Loss(
        facts,
        name,
        logits if isinstance(logits, bool) else UNKNOWN,
        ignore_class=bound.get("ignore_class"),
        reduces=bound.get("reduction", _REDUCTIONS[0]) in _REDUCTIONS,
    )


class Outcome(Enum):
    """What a loss does with a pair of shapes."""

    FITS = "fits"
    RAISES = "raises"
    STRETCHES = "stretches"
    """Runs, on a common shape that is not the output's or not the target's."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Meeting:
    """Outcome of a loss on targets and outputs; ``common`` is the shape on which it compares them."""

    outcome: Outcome
    common: Shape = ()


def same_rank(first: Shape, second: Shape) -> tuple[Shape, Shape]:
    """Both shapes after Keras' own repair of a last axis of 1.

    Source: ``keras/src/losses/loss.py``, ``squeeze_or_expand_to_same_rank``.
    """
    if len(first) == len(second) + 1 and first[-1] == 1:
        return (first, (*second, 1)) if len(second) == 1 else (first[:-1], second)
    if len(second) == len(first) + 1 and second[-1] == 1:
        return ((*first, 1), second) if len(first) == 1 else (first, second[:-1])
    return first, second


def meet(loss: Loss, target: Shape, output: Shape) -> Meeting:
    """What happens to targets and an output of these shapes, the same batch in front of both.

    Shape: both whole, batch included; the batch may be unknown.

    Source: ``keras/src/losses/losses.py`` and ``keras/src/backend/tensorflow/nn.py``.
    """
    family = loss.facts.family
    if not target or not output:
        return Meeting(Outcome.UNKNOWN)
    longer = max(target, output, key=len)
    if abs(len(target) - len(output)) == 1 and not isinstance(longer[-1], int):
        return Meeting(Outcome.UNKNOWN)  # Keras' repair depends on whether it is 1
    if not loss.plain:
        target, output = same_rank(target, output)
    if family is Family.POINTWISE:
        if loss.plain and loss.facts.squeezes:
            target, output = same_rank(target, output)
        return _meet_pointwise(target, output)
    if family is Family.NUMBERS:
        if len(target) == len(output):
            if isinstance(target[-1], int):
                target = target[:-1] if target[-1] == 1 else target
            else:
                return Meeting(Outcome.UNKNOWN)
        if len(target) != len(output) - 1:
            return Meeting(Outcome.RAISES)
        return _meet_exactly(target, output[:-1])
    if len(target) != len(output):
        return Meeting(Outcome.RAISES)
    return _meet_exactly(target, output)


def _meet_exactly(target: Shape, output: Shape) -> Meeting:
    if any(proved_different(a, b) for a, b in zip(target, output)):
        return Meeting(Outcome.RAISES)
    return Meeting(Outcome.FITS, output)


def _meet_pointwise(target: Shape, output: Shape) -> Meeting:
    common = broadcast(target, output)
    if common is None:
        return Meeting(Outcome.RAISES)
    assert not isinstance(common, Unknown)
    if len(target) == len(output):
        pairs = list(zip(target[1:], output[1:]))
        if any(_stretched(a, b) for a, b in pairs):
            return Meeting(Outcome.STRETCHES, common)
        return Meeting(Outcome.FITS, common)
    # Aligned from the right, the batch of one meets a feature of the other.
    shorter = min(target, output, key=len)
    longer = max(target, output, key=len)
    met = longer[len(longer) - len(shorter) :]
    if any(not isinstance(size, int) for size in (*shorter, *met)):
        return Meeting(Outcome.UNKNOWN, common)
    return Meeting(Outcome.STRETCHES, common)


def _stretched(a: Dim, b: Dim) -> bool:
    return isinstance(a, int) and isinstance(b, int) and a != b
