"""Repairs: from an observation to text edits. One module per rule, named after the rule."""

from __future__ import annotations

from convlint.findings import Fix, Observation


def propose(observation: Observation) -> tuple[Fix, ...]:
    return ()
