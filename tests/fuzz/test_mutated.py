"""Programs with something missing, doubled, exchanged or put in: whatever they are, there is an answer.

``CONVLINT_FUZZ=2000`` tries so many, other ones each time.
"""

from __future__ import annotations

import random
import re
import time
from functools import cache
from pathlib import Path

import pytest

from convlint.problems import InternalFault
from convlint.rules.documents import builtin_pages
from convlint.static.analysis import StaticSettings, analyse_source
from tests.fuzz.test_generated import MORE

ROOT = Path(__file__).parents[2]
CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.py"))
BUDGET = 30_000
_TOKEN = re.compile(r"\w+|[^\w\s]|[ \t]+|\n")
STRANGE = [
    *"()[]{}:,.=*@-…\\\n\t\0\ud800", "**", "    ", "None", "True", "0", "-1", "1e9", "1.5", "10**10", "''", "\'\'\'",
    "lambda:", "yield", "await", "async", "del", "global x", "return", "self", "super()", "layers", "keras", "(None,)",
    "[()]", "{**x}", "*x", "x:=1", "f'{x!r:>{y}}'",
]  # fmt: skip


@cache
def originals() -> list[str]:
    """Blocks of the rules' pages, the examples, and Keras' own layers."""
    texts = [
        block
        for page in sorted(builtin_pages().iterdir(), key=lambda page: page.name)
        if page.name.startswith("CL")
        for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    ]
    texts += [file.read_text(encoding="utf-8") for file in sorted((ROOT / "examples").rglob("*.py"))]
    texts += [file.read_text(encoding="utf-8") for file in CORPUS]
    return texts


def mutated(draw: random.Random, text: str) -> str:
    """The text with one to four accidents."""
    tokens = _TOKEN.findall(text)
    for _ in range(draw.randrange(1, 5)):
        place, other = draw.randrange(len(tokens)), draw.randrange(len(tokens))
        match draw.randrange(8):
            case 0:
                del tokens[place]
            case 1:
                tokens.insert(place, tokens[other])
            case 2:
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case 3:
                tokens[place] = draw.choice(STRANGE)
            case 4:
                tokens.insert(place, draw.choice(STRANGE))
            case 5:
                numbers = [index for index, token in enumerate(tokens) if token.isdigit()]
                if numbers:
                    tokens[draw.choice(numbers)] = draw.choice(["0", "1", "-1", "7", "10**10", "None", "2.5", "()"])
            case 6:
                names = [index for index, token in enumerate(tokens) if token.isidentifier()]
                if names:
                    tokens[draw.choice(names)] = tokens[draw.choice(names)]
            case 7:
                lines = "".join(tokens).split("\n")
                first, last = sorted((draw.randrange(len(lines)), draw.randrange(len(lines))))
                lines[first : first + 1], lines[last : last + 1] = lines[last : last + 1], lines[first : first + 1]
                tokens = _TOKEN.findall("\n".join(lines))
        if not tokens:
            return ""
    return "".join(tokens)


def answered(text: str) -> None:
    """The analysis says something, and nothing about itself."""
    result = analyse_source(text, "program.py", StaticSettings(step_budget=BUDGET))
    faults = [one.problem for one in result.observations if isinstance(one.problem, InternalFault)]
    assert faults == [], text
    assert result.steps <= BUDGET + 20_000
    assert all(one.location.line >= 1 and one.location.column >= 1 for one in result.observations)


def test_mutated_programs() -> None:
    draw = random.Random(None if MORE else 20261121)
    texts = originals()
    assert len(texts) > 200
    for _ in range(MORE or 300):
        answered(mutated(draw, draw.choice(texts)))


def test_programs_of_pythons_grammar() -> None:
    """Whatever Python's grammar allows, however pointless."""
    hypothesmith = pytest.importorskip("hypothesmith", reason="needs hypothesmith")
    from hypothesis import given

    from tests.fuzz.test_generated import drawn

    @drawn(8)
    @given(hypothesmith.from_node())
    def check(text: str) -> None:
        answered(f"import keras\nfrom keras import layers\n{text}")

    check()


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_what_once_went_wrong(file: Path) -> None:
    """Each file of the corpus says in its first line what became of it."""
    text = file.read_text(encoding="utf-8")
    said = text.partition("\n")[0]
    started = time.process_time()
    result = analyse_source(text, str(file), StaticSettings())
    seconds = time.process_time() - started
    assert [one for one in result.observations if isinstance(one.problem, InternalFault)] == []
    found = sorted({type(one.problem).__name__ for one in result.observations})
    assert said.startswith("# ")
    expected = re.search(r"finds: (.*)$", said)
    assert found == (sorted(expected[1].split(", ")) if expected else []), said
    # Each of them took more than twice as long when it was found.
    assert seconds < 10
