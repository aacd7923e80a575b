"""For each rule the nearest correct programs, and small programs with one fault; all of them were run in Keras."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from convlint.rules.registry import load
from convlint.static.analysis import StaticSettings, analyse_source

DATA = Path(__file__).parents[1] / "data"
REGISTRY = load()


def _programs(name: str) -> list[object]:
    text = (DATA / name).read_text(encoding="utf-8")
    parts = re.split(r"^#### (.*)$", text, flags=re.MULTILINE)[1:]
    return [pytest.param(title, code, id=title) for title, code in zip(parts[::2], parts[1::2])]


def _codes(program: str, asked: str) -> list[str]:
    found = [REGISTRY.finding(one) for one in analyse_source(program, "program.py", StaticSettings()).observations]
    return [one.code for one in found if REGISTRY.page(one.code).is_default or one.code in asked]


@pytest.mark.parametrize(("title", "program"), _programs("guards.txt"))
def test_a_correct_program_is_left_alone(title: str, program: str) -> None:
    assert _codes(program, title) == []


@pytest.mark.parametrize(("title", "program"), _programs("fresh_faults.txt"))
def test_a_fault_is_found_under_its_code(title: str, program: str) -> None:
    assert title.split(maxsplit=1)[0] in _codes(program, title)
