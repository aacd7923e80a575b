"""Analyse a program given as text, in few words."""

from __future__ import annotations

from textwrap import dedent

from convlint.rules.registry import load
from convlint.shapes.shape import shape_as_json
from convlint.static.analysis import StaticResult, StaticSettings, analyse_source

OFF = {judged.problem for page in load().pages if not page.is_default for judged in page.judges.values()}
"""Problems that only a profile or ``--select`` reports."""

HEADER = """
import numpy as np
import tensorflow as tf
import keras
from keras import layers
"""


def analyse(program: str, **settings: object) -> StaticResult:
    """The result for a program; the usual imports stand in front of it, on lines 1 to 5."""
    return analyse_source(HEADER + dedent(program), "program.py", StaticSettings(**settings))  # type: ignore[arg-type]


def problems(program: str, **settings: object) -> list[str]:
    """``line:Problem`` for each observation; lines count from the program's first."""
    offset = HEADER.count("\n")
    return [
        f"{one.location.line - offset}:{type(one.problem).__name__}"
        for one in analyse(program, **settings).observations
        if one.problem.__class__ not in OFF
    ]


def shape_of(program: str, name: str, **settings: object) -> object:
    """The JSON shape of the last tensor that got this name."""
    found = [tensor for tensor in analyse(program, **settings).tensors if tensor.text == name]
    return shape_as_json(found[-1].shape) if found else "no such tensor"
