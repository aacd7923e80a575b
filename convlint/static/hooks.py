"""Asking rule packs about a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from convlint.catalog.seen import SeenCall
from convlint.problems import InternalFault, Problem
from convlint.static import library
from convlint.static.run import Frame, Run
from convlint.static.syntax import dotted
from convlint.static.values import Value


def ask(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    name: str,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
    *,
    open_ended: bool = False,
) -> None:
    """State what the rule packs find wrong with a call; one that may hold more arguments is not shown to them.

    A pack that raises costs its own answer only; the fault is a finding (CL909).
    """
    if not run.settings.hooks or open_ended:
        return
    given = tuple(library.to_catalog(value) for value in positional)
    named = {word: library.to_catalog(value) for word, value in keywords.items()}
    shown = dotted(node.func) if isinstance(node, cst.Call) else name
    seen = SeenCall(name, shown, given, named, run.inside_call)
    tensors = library.tensors_in(*positional, *keywords.values())
    for hook in run.settings.hooks:
        pack = getattr(hook, "__module__", "a rule pack")
        try:
            found = [problem for problem in hook(seen) or () if isinstance(problem, Problem)]
        except Exception as error:
            found = [InternalFault(shown, f"{pack}: {type(error).__name__}: {error}")]
        for problem in found:
            run.state_problem(problem, frame, node, tensors)
