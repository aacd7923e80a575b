"""What a rule pack is shown of a call: names and values, no syntax."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field

from convlint.lazy import dataclass
from convlint.problems import Problem


@dataclass(frozen=True)
class SeenCall:
    """One call of a library's function or class, or of a model's method, as far as it is known.

    Attributes:
        name: full name under which Keras has it today, however the program spells it:
            ``keras.layers.Conv2D``, ``keras.ops.reshape``; methods of models as ``keras.Model.fit``.
        shown: the same in the program's own words.
        positional: values given by position.
        keywords: values given by name.
        inside_call: whether a layer's ``call`` is being traced.

    Numbers, texts, tuples and lists are themselves, tensors are ``Tensor``, everything else is ``UNKNOWN``.
    """

    name: str
    shown: str
    positional: Sequence[object] = ()
    keywords: Mapping[str, object] = field(default_factory=dict)
    inside_call: bool = False

    def argument(self, word: str, place: int, default: object = None) -> object:
        """An argument by name or by its place (from 0); the default where it is not given."""
        return self.positional[place] if place < len(self.positional) else self.keywords.get(word, default)


Hook = Callable[[SeenCall], Iterable[Problem]]
"""``observe`` of a rule pack."""
