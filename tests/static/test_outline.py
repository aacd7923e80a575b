"""Trees of modules of which little is needed."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from convlint.static import outline
from convlint.static.source import SourceFile
from convlint.static.syntax import described

TEXT = '''\
"""A module."""
import keras

CONSTANT = 3


def plain(a, b=2):
    # what it does
    LINES
    """Says so."""
    text = """
 not an indent: {a}
"""
    return text


class Net(keras.Model):
    size: int = 4

    def __init__(self):
        @keras.saving.register_keras_serializable()
        class Inner:
            def deep(self):
                return 1

        self.inner = Inner()
        # behind the last statement

    async def wait(self): await self.size

    @property
    def width(
        self,
    ):
        if self.size:
            return self.size
        else:
            return CONSTANT


if CONSTANT:

    async def later():
        return [x async for x in later()]
else:

    def other(): return "é"; CONSTANT = 4
'''.replace("LINES", "\n    ".join(["b += 1"] * 100))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(outline, "SMALL", 0)


def _kinds(module: cst.Module) -> list[tuple[str, object]]:
    return [(type(node).__name__.replace("Body", "IndentedBlock"), getattr(node, "value", None).__class__)
            for node in described(module)]  # fmt: skip


def test_the_tree_is_that_of_the_whole():
    source = SourceFile.outline("net.py", TEXT)
    bodies = [one for one in described(source.module) if isinstance(one, outline.Body)]
    assert len(bodies) == 4
    assert _kinds(source.module) == _kinds(cst.parse_module(TEXT))


def test_positions_are_those_of_the_file():
    outlined, whole = SourceFile.outline("net.py", TEXT), SourceFile.parse("net.py", TEXT)
    mine, theirs = ([one for one in described(s.module) if isinstance(one, cst.Return)] for s in (outlined, whole))
    assert [outlined.location(one) for one in mine] == [whole.location(one) for one in theirs]
    assert [outlined.code(one) for one in mine] == [whole.code(one) for one in theirs]


def test_a_body_is_parsed_when_it_is_looked_at(monkeypatch):
    source = SourceFile.outline("net.py", TEXT)
    parsed: list[str] = []
    real = cst.parse_module
    monkeypatch.setattr(cst, "parse_module", lambda text: parsed.append(text) or real(text))
    before = source.size
    function = next(one for one in source.module.body if isinstance(one, cst.FunctionDef))
    assert parsed == []
    assert function.body.body is function.body.body
    assert len(parsed) == 1
    assert before < source.size < len(TEXT)


def test_what_only_python_reads_is_not_known(monkeypatch):
    source = SourceFile.outline("net.py", TEXT)

    def refuse(text):
        raise cst.ParserSyntaxError("no", lines=[text], raw_line=1, raw_column=0)

    monkeypatch.setattr(cst, "parse_module", refuse)
    function = next(one for one in source.module.body if isinstance(one, cst.FunctionDef))
    (line,) = function.body.body
    assert isinstance(line, cst.SimpleStatementLine)
    assert isinstance(line.body[0], cst.Return)


@pytest.mark.parametrize("text", ["x = 1\n", "def f(:\n    pass\n", "x = [\n", "def f():\n    return 1\n"])
def test_what_brings_nothing_is_parsed_as_a_whole(text):
    assert outline.outline(text) is None


def test_real_modules():
    for file in sorted(Path(outline.__file__).parent.glob("*.py")):
        text = file.read_text(encoding="utf-8")
        assert _kinds(SourceFile.outline(file.name, text).module) == _kinds(cst.parse_module(text)), file
