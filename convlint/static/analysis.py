"""The static front end's door: source text in, observations and tensors out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Union

from convlint.findings import Location, Observation
from convlint.shapes.dims import Unknown
from convlint.shapes.shape import AnyShape


@dataclass(frozen=True)
class StaticSettings:
    """What an analysis starts from.

    Attributes:
        image_data_format: the default before the program changes it.
        keras: the Keras generation that the program runs on.
        roots: folders in which absolute imports of project modules are looked up.
        step_budget: evaluated nodes per file, after which everything is unknown.
    """

    image_data_format: str = "channels_last"
    keras: int = 3
    roots: tuple[Path, ...] = ()
    step_budget: int = 2_000_000


@dataclass(frozen=True)
class KnownTensor:
    """A tensor that got a name: ``text`` is the target of the assignment."""

    location: Location
    text: str
    shape: AnyShape
    dtype: Union[str, Unknown]
    layout: str | None


@dataclass(frozen=True)
class StaticResult:
    """What one file told.

    Attributes:
        observations: problems met, in the order of the source.
        tensors: the tensors that got names, in the order of the source.
        unfinished: what was not analysed, and why.
        assumed_image_data_format: the default layout that an answer depended on, or None.
    """

    observations: tuple[Observation, ...] = ()
    tensors: tuple[KnownTensor, ...] = ()
    unfinished: tuple[str, ...] = ()
    assumed_image_data_format: str | None = None
    notes: dict[str, str] = field(default_factory=dict)


def analyse_source(text: str, file: str, settings: StaticSettings) -> StaticResult:
    """Analyse one file.

    Args:
        text: decoded source, line endings untouched.
        file: the path as findings shall print it; project imports are resolved beside it.
        settings: see there.

    Returns:
        Never raises for any input: a file that does not parse is one observation
        (``SyntaxFault``).
    """
    raise NotImplementedError
