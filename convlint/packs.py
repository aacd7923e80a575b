"""What rule packs are made of; CONTRIBUTING.md shows how, ``examples/rule-pack`` is one.

A pack is a package of rule pages. Its pages judge Problems of convlint's or classes of its own that
derive from :class:`Problem`; its function ``observe(call: SeenCall)`` says what is wrong with a call.
"""

from convlint.catalog.seen import SeenCall
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import Problem
from convlint.shapes.dims import DYNAMIC, UNKNOWN, Dynamic, Unknown

__all__ = ["DYNAMIC", "UNKNOWN", "Dynamic", "Kind", "Problem", "SeenCall", "Tensor", "Unknown"]
