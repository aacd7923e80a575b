"""What a catalog entry may know of its surroundings, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import TypeVar, Union

from convlint.lazy import dataclass
from convlint.problems import Problem
from convlint.shapes.dims import UNKNOWN, Dim, Unknown

Answer = TypeVar("Answer")


class Refused(Exception):
    """Keras raises here, and ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass
class Context:
    """The surroundings of one call.

    Attributes:
        operation: the layer or function in the user's own words (``conv1``, ``K.conv2d``).
        image_data_format: the default in force, unknown where the program hides it.
        keras: the Keras generation the program runs on, 2 or 3.
        inside_call: whether Keras is tracing a layer's ``call`` or a ``Lambda``.
        noted: problems met by the way. What goes on in spite of them is computed as if
            the user had written what was meant, so that one fault is one finding and the
            next fault is found in the same run.
    """

    operation: str = "?"
    image_data_format: Union[str, Unknown] = "channels_last"
    keras: int = 3
    inside_call: bool = False
    registers_names: bool = False
    """Whether the program registers objects of its own under names that Keras then knows."""
    noted: list[Problem] = field(default_factory=list)
    fresh: Callable[[str], Dim] = lambda name: UNKNOWN
    """Makes a size that is not known but is the same wherever it appears (the columns of one file)."""

    assumed_image_data_format: bool = False
    """Set when an answer depended on ``image_data_format``."""

    faults: list[Problem] = field(default_factory=list)
    """Those of ``noted`` at which Keras would raise, though the computation went on as it was meant."""

    @property
    def raised(self) -> bool:
        """Whether Keras would raise."""
        return bool(self.faults)

    def note(self, problem: Problem) -> None:
        """State a problem that raises nothing."""
        self.noted.append(problem)

    def fault(self, problem: Problem) -> None:
        """State a problem at which Keras raises, where what was meant is evident: the caller goes on with that."""
        self.noted.append(problem)
        self.faults.append(problem)

    def ask(self, action: Callable[[Context], Answer]) -> Answer | Unknown:
        """The catalog's answer, unknown where Keras raises; the reason joins what was noted."""
        try:
            return action(self)
        except Refused as refusal:
            self.fault(refusal.problem)
            return UNKNOWN

    def default_data_format(self) -> Union[str, Unknown]:
        """The default layout, remembering that somebody depended on it."""
        self.assumed_image_data_format = True
        return self.image_data_format
