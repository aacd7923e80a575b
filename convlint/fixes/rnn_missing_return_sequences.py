"""CL104: let the recurrent layer in front return its sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from convlint.fixes.editing import fix, keyword_of, nodes_within
from convlint.problems import SequenceNotReturned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case

_RECURRENT = ("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")


def propose(case: Case) -> Iterator[Fix]:
    """Add ``return_sequences=True`` to the last recurrent layer on the way of the tensor."""
    if not isinstance(case.observation.problem, SequenceNotReturned):
        return
    lines = [step.location.line for step in case.observation.evidence if step.location.file == case.source.file]
    for line in sorted(lines, reverse=True):
        for node in nodes_within(case.source.module):
            if not isinstance(node, cst.Call) or case.source.location(node).line != line:
                continue
            name = node.func.attr.value if isinstance(node.func, cst.Attribute) else getattr(node.func, "value", "")
            if name not in _RECURRENT:
                continue
            found = keyword_of(node, "return_sequences")
            edit = (
                case.add_argument(node, "return_sequences=True")
                if found is None
                else case.replace_value(found[1], "True")
            )
            yield from fix("unsafe", f"let the {name} return its sequence", [edit])
            return
