"""One warm worker for all tests of the runtime front end."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from convlint.findings import Observation
from convlint.problems import porting
from convlint.runtime.client import BuildReport, BuildTarget, Workshop, parse_input

PRELUDE = "import os, sys\nimport keras\nfrom keras import layers\nimport numpy as np\nimport tensorflow as tf\n"
"""Five lines in front of every program of :func:`build`."""


def without_remarks(observations: Iterable[Observation]) -> list[Observation]:
    """What is stated where no profile is asked for: remarks for ports are true of correct programs, too."""
    return [one for one in observations if type(one.problem).__module__ != porting.__name__]


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    with Workshop() as shared:
        yield shared


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., str]:
    """Writes a program behind the prelude and gives its path."""

    def write(source: str, name: str = "model.py") -> str:
        path = tmp_path / name
        path.write_text(PRELUDE + textwrap.dedent(source).lstrip("\n"), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def build(workshop: Workshop, program: Callable[..., str]) -> Callable[..., BuildReport]:
    """Writes a program and builds one of its names; inputs as on the command line."""

    def run(
        source: str, builder: str = "make", inputs: tuple[str, ...] = (), *, trains: bool = True, **more: object
    ) -> BuildReport:
        target = BuildTarget(program(source), builder, inputs=tuple(map(parse_input, inputs)), **more)  # type: ignore[arg-type]
        return workshop.build(target, trains=trains)

    return run
