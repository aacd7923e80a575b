"""Where a problem was met, for the code that makes fixes."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from convlint.lazy import dataclass
from convlint.static.source import SourceFile


@dataclass(frozen=True, eq=False)
class Site:
    """The syntax behind an observation.

    Attributes:
        source: the file.
        node: the call (or operation) that the problem is about.
        statement: the statement it stands in.
        names: what the module-level and enclosing names of the program stand for, as
            fully qualified names of libraries (``{"tf": "tensorflow", "K": "keras.backend"}``).
        callee: fully qualified name of what is called, as spelled (``tensorflow.keras.backend.conv2d``).
        values: tensors and constants found for the call's arguments, by the rule's names
            (``{"kernel": Tensor(...)}``); empty where the problem is not about a catalog call.
        argument_nodes: the argument expressions, by the rule's names, where the call names them.
    """

    source: SourceFile
    node: cst.CSTNode
    statement: cst.CSTNode | None
    names: Mapping[str, str]
    callee: str = ""
    values: Mapping[str, object] | None = None
    argument_nodes: Mapping[str, cst.BaseExpression] | None = None
