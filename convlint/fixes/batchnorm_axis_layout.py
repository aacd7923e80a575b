"""CL203: the axis that holds the channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix
from convlint.fixes.layers import constructor, set_argument
from convlint.problems import ChannelAxisMismatch
from convlint.static.values import LayerValue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case

_PLACES = {"BatchNormalization": 0, "GroupNormalization": 1}
"""Where ``axis`` stands among the positional arguments."""


def propose(case: Case) -> Iterator[Fix]:
    """Name the channel axis in the words of the layer."""
    problem, call, layer = case.observation.problem, constructor(case), (case.site.values or {}).get("layer")
    if not isinstance(problem, ChannelAxisMismatch) or call is None or not isinstance(layer, LayerValue):
        return
    if layer.class_name in _PLACES:
        axis = "-1" if problem.layout == "channels_last" else "1"
        edit = set_argument(case, call, "axis", axis, _PLACES[layer.class_name])
        yield from fix("unsafe", f"normalize along axis={axis}", [edit])
    elif layer.class_name == "PReLU":
        axes = "[1, 2]" if problem.layout == "channels_last" else "[2, 3]"
        yield from fix("unsafe", f"share along {axes}", [set_argument(case, call, "shared_axes", axes)])
    else:
        edit = set_argument(case, call, "data_format", f'"{problem.layout}"')
        yield from fix("unsafe", f'drop maps of data_format="{problem.layout}"', [edit])
