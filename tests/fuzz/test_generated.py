"""Generated programs: silent and of Keras' own shapes where they are valid, and found where one line is at fault.

``CONVLINT_FUZZ=2000`` draws so many programs, other ones each time; without it a fixed few.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from convlint.analysis import Analyser
from convlint.rules.registry import load
from convlint.settings import Settings
from convlint.shapes.dims import Unknown
from tests.catalog.agreement import same_shape
from tests.fuzz.programs import FAULTS, Program, program

MORE = int(os.environ.get("CONVLINT_FUZZ", "0"))


def drawn(few: int) -> settings:
    """So many examples: the same ones in each run, or as many others as were asked for."""
    return settings(
        max_examples=MORE or few,
        derandomize=not MORE,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink] if MORE else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def keras() -> Any:
    return pytest.importorskip("keras")


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return Analyser(Settings(), load())


def told(analyser: Analyser, text: str) -> list[tuple[str, int, str]]:
    """Code, line and message of what is reported."""
    found = [one.finding for one in analyser.analyse("program.py", text).judged]
    return [(one.code, one.location.line, one.message) for one in found if analyser.reports(one)]


@pytest.mark.usefixtures("keras")
def test_a_valid_program_is_silent_and_has_the_shapes_of_keras(analyser):
    known: list[bool] = []

    @drawn(12)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        made = program(data.draw)
        analysis = analyser.analyse("program.py", made.text)
        reported = [one.finding for one in analysis.judged if analyser.reports(one.finding)]
        assert [(one.code, one.location.line, one.message) for one in reported] == [], made.text
        assert analysis.result.unfinished == ()
        shapes = {tensor.text: tensor.shape for tensor in analysis.result.tensors}
        for name, real in made.shapes.items():
            mine: Any = shapes.get(name)
            if mine is None:  # an alias; it has the name that it got first
                continue
            assert same_shape(mine, real), f"{name} is {real}, not {mine}, in\n{made.text}"
            known.append(not isinstance(mine, Unknown) and not any(isinstance(size, Unknown) for size in mine))

    check()
    # Silence that comes from knowing nothing would prove nothing.
    assert sum(known) >= 0.9 * len(known)


@pytest.mark.usefixtures("keras")
def test_one_fault_is_found_where_it_is(analyser):
    tried: set[str] = set()

    @drawn(12)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        # The faults are written in the default layout; beside another one that would be a second fault.
        made = program(data.draw, 4, ["channels_last"])
        end, names = data.draw(st.sampled_from(made.ends))
        possible = {
            kind: line for kind, fault in FAULTS.items() for x in names if (line := fault.line(x, made.shapes[x]))
        }
        # Every kind gets its turn: hypothesis would draw the first one more often than others.
        kind = min(possible, key=lambda one: (one in tried, one), default=None)
        if kind is None:
            return
        tried.add(kind)
        refuses(made, possible[kind])
        lines = [*made.lines[:end], f"wrong = {possible[kind]}", *made.lines[end:]]
        text = "\n".join(lines) + "\n"
        errors = [(code, line) for code, line, _ in told(analyser, text) if code != "CL616"]
        assert errors == [(FAULTS[kind].code, end + 1)], f"{kind} in\n{text}"

    check()
    assert len(tried) >= (len(FAULTS) if MORE else 6)


def refuses(made: Program, line: str) -> None:
    """The fault is one: Keras says so."""
    with pytest.raises(Exception):  # noqa: B017, PT011 (each fault has an error of its own)
        exec(line, dict(made.namespace))
