"""Findings made by hand: reporters are tested without the analysis."""

from __future__ import annotations

import io
from dataclasses import replace

from convlint.findings import Edit, Evidence, Finding, Fix, Location
from convlint.report import View, reporter

SOURCE = """import keras
conv1 = keras.layers.Conv2D(8, 3)
conv1(keras.Input((28, 28, 1)))
\tx = keras.Input((28, 28, 3))
y = conv1(x, stride=2)
z = call(
    a,
    b)
"""

WRONG = Finding(
    code="CL101",
    name="channel-mismatch",
    severity="error",
    message="`conv1` was built for 1 input channels and receives 3",
    location=Location("model.py", 5, 5, 5, 23),
    symbol="",
    evidence=(
        Evidence(Location("model.py", 4, 2, 4, 3), "x: (None, 28, 28, 3)"),
        Evidence(Location("model.py", 3, 1, 3, 32), "builds conv1 for 1 channel"),
    ),
    help="Give color images a layer of their own.",
    source="static",
    url="rules/CL101-channel-mismatch.md",
)
FIX = Fix("safe", "write `strides` for `stride`", (Edit(Location("model.py", 5, 14, 5, 20), "strides"),), verified=True)
REPAIRABLE = replace(
    WRONG, code="CL605", name="torch-argument", message="100%: a, b", evidence=(), fixes=(FIX,), confirmed=True, help=""
)
SILENT = replace(
    WRONG,
    code="CL201",
    name="channels-first-input",
    severity="warning",
    message="two\nlines",
    location=Location("model.py", 6, 5, 8, 7),
    evidence=(),
    help="",
)


def printed(name, findings, width=None, color=False, sources=None, **known):
    out = io.StringIO()
    reporter(name)(findings, out, View({"model.py": SOURCE} if sources is None else sources, width, color, **known))
    return out.getvalue()
