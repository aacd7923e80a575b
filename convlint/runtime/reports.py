"""What comes back from the worker, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from convlint.lazy import dataclass
from convlint.summary import NO_GRAPH, LayerRow, ModelGraph

Status = Literal[
    "built", "raised", "skipped", "exited", "crashed", "timeout", "out-of-memory",
    "no-such-builder", "missing-arguments", "bad-arguments", "not-a-builder", "garbled",
]  # fmt: skip
"""How a job ended. ``raised``: the program's own exception; ``skipped``: the build can't judge it;
``exited``: it called ``sys.exit`` or ``os._exit``; ``crashed``: a signal ended the process; ``garbled``: it
wrote over the worker's own pipe."""


TRAINING = "keras.Model.fit"
"""Name of the traced call that stands for ``fit``, ``evaluate`` or ``predict`` in a dry run; its keywords are facts."""
COMPILING = "keras.Model.compile"
"""The same for ``compile``."""
GRAPH = "keras.Model.graph"
"""Name of the traced call that stands for a functional model being made; its inputs are the model's ends."""


@dataclass(frozen=True)
class Frame:
    """One of the user's own lines on the stack, 1-based; ``code`` is the line's text, stripped."""

    file: str
    line: int
    function: str
    code: str = ""


@dataclass(frozen=True)
class TracedLayer:
    """A layer as the program made it.

    ``arguments`` and ``keywords`` are the constructor's, encoded as :mod:`convlint.runtime.inside.tracing` does.
    ``class_name`` is ``keras.layers.Conv2D`` for a layer of Keras, otherwise the user's own dotted name.
    """

    number: int
    class_name: str
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    file: str
    line: int
    function: str
    image_data_format: str
    sequence: int
    """Count of events before this one."""
    direct: bool = True
    """Whether the own line itself makes it, and not a layer of Keras' that it makes or calls."""


@dataclass(frozen=True)
class TracedCall:
    """A call of a layer, or of a function of Keras or TensorFlow from the user's own code.

    ``name`` is the layer's name or the function's canonical one. Shapes count the batch.
    ``direct`` says that the own line itself makes the call (or hands the layer to a ``Sequential``);
    ``ended`` that the call came back.
    """

    number: int
    parent: int | None
    layer: int | None
    name: str
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    file: str
    line: int
    function: str
    direct: bool
    inside_call: bool
    image_data_format: str
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...] = ()
    ended: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """An exception that ended the program.

    ``core`` is the message without wrappings; ``frames`` are the user's own, outermost first.
    ``call`` is the number of the traced call that raised, ``layer`` that of the layer whose
    constructor did.
    """

    exception: str
    message: str
    core: str
    frames: tuple[Frame, ...] = ()
    call: int | None = None
    layer: int | None = None


@dataclass(frozen=True)
class BuildReport:
    """How a build or a dry run went.

    Attributes:
        target: as the user named it.
        status: see :data:`Status`.
        message: one sentence for the user; empty when built.
        model: name of the model, or of what was built.
        layers: the layer table, in the model's order.
        params: weights of the whole model.
        graph: what flows where, as far as the build came; without boxes where nothing was called.
        created: every layer that was constructed, in order.
        calls: every traced call, in order.
        failure: the exception, where one ended it.
        candidates: builders that the file has, when the one asked for is not among them.
        missing: parameters that nobody gave.
        notes: what was replaced, skipped or only done in part, and why.
        built: what a dry run built, by name.
        dry_run: whether this was a dry run of a whole script, or stand-ins took the place of its training.
        stack: the user's lines that were running when the process was ended from outside.
        stdout: what the program printed, cut in the middle where it is long.
        stderr: the same for its errors.
        seconds: wall time of the job.
        keras: generation that built it, 2 or 3.
    """

    target: str
    file: str
    status: Status
    message: str = ""
    model: str = ""
    image_data_format: str = "channels_last"
    layers: tuple[LayerRow, ...] = ()
    params: int | None = None
    graph: ModelGraph = NO_GRAPH
    created: tuple[TracedLayer, ...] = ()
    calls: tuple[TracedCall, ...] = ()
    failure: Failure | None = None
    candidates: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    built: tuple[str, ...] = ()
    dry_run: bool = False
    stack: tuple[Frame, ...] = ()
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    keras: int = 3

    @property
    def ok(self) -> bool:
        """Whether it was built to the end."""
        return self.status == "built"


Verdict = Literal["equal", "rounding", "different", "failed"]


@dataclass(frozen=True)
class Comparison:
    """Two implementations over the same values.

    Attributes:
        verdict: ``rounding`` when the difference is what the precision at work explains.
        shapes: of the outputs of A and B.
        dtypes: of the outputs.
        max_abs: largest absolute difference; None where shapes can't be compared.
        max_rel: ``max_abs`` relative to the largest magnitude of the outputs.
        first_difference: name of the first layer that departs, for models of equal length.
        cause: what the difference goes away with, or shows it to be: ``precision``, ``padding``, ``one-sided-padding``,
            ``flipped-kernel``, ``transposed-kernel``, ``data-format``, ``flatten-order``, ``epsilon``, ``bias``,
            ``activation``, ``layout``, ``transposed``, another word of a layer's configuration, or None.
        kernel_shapes: of the first kernel in A and in B, None where there is none.
        position: index of the largest difference.
        notes: how inputs and weights were made equal, and what could not be.
        failures: for each side the report of its failure, or None.
        detail: of the cause, in words.
    """

    verdict: Verdict
    shapes: tuple[tuple[int, ...] | None, tuple[int, ...] | None] = (None, None)
    dtypes: tuple[str | None, str | None] = (None, None)
    max_abs: float | None = None
    max_rel: float | None = None
    first_difference: str | None = None
    cause: str | None = None
    kernel_shapes: tuple[tuple[int, ...] | None, tuple[int, ...] | None] = (None, None)
    position: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()
    message: str = ""
    failures: tuple[BuildReport | None, BuildReport | None] = (None, None)
    detail: str = ""
