"""What yields batches or samples: ``tf.data.Dataset``, Keras' loaders, generators, ``Sequence`` classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

from convlint.shapes.dims import UNKNOWN, Dim, Unknown


@dataclass(frozen=True, slots=True)
class Dataset:
    """A source of elements.

    Attributes:
        element: one element as the consumer receives it: a Tensor, a tuple or dict of them
            (``(x, y)`` or ``(x, y, weights)``), or unknown. A batched source's tensors have
            their batch axis in front.
        length: how many elements there are, where known.
        maker: the function that made it as the program spells it (``image_dataset_from_directory``),
            empty once an unknown function has been mapped over it.
        settings: the arguments of that call, defaults included, that decide the element
            (``label_mode``, ``class_mode``, ``image_size``, ``color_mode``, ``batch_size`` …).
    """

    element: object = UNKNOWN
    length: Union[Dim, Unknown] = UNKNOWN
    maker: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
