from __future__ import annotations

from dataclasses import replace

import pytest

from convlint.findings import Evidence, Location
from convlint.report.plain import chop, columns, cut, wrap
from tests.report.samples import FIX, REPAIRABLE, SILENT, WRONG, printed


def test_a_finding_in_a_pipe():
    assert (
        printed("text", [WRONG])
        == """\
model.py:5:5: error CL101 channel-mismatch: `conv1` was built for 1 input channels and receives 3
   3 | conv1(keras.Input((28, 28, 1)))    builds conv1 for 1 channel
   4 |     x = keras.Input((28, 28, 3))   x: (None, 28, 28, 3)
   5 | y = conv1(x, stride=2)
     |     ^^^^^^^^^^^^^^^^^^
  help: Give color images a layer of their own.
"""
    )


def test_a_finding_at_40_columns():
    assert (
        printed("text", [WRONG], width=40)
        == """\
model.py:5:5: error CL101
    channel-mismatch: `conv1` was built
    for 1 input channels and receives 3
   3 | conv1(keras.Input((28, 28, 1)))
     |     builds conv1 for 1 channel
   4 |     x = keras.Input((28, 28, 3))
     |     x: (None, 28, 28, 3)
   5 | y = conv1(x, stride=2)
     |     ^^^^^^^^^^^^^^^^^^
  help: Give color images a layer of
      their own.
"""
    )


def test_a_repair_shows_the_lines_before_and_after():
    assert (
        printed("text", [REPAIRABLE])
        == """\
model.py:5:5: error CL605 torch-argument: 100%: a, b
   5 | y = conv1(x, stride=2)
     |     ^^^^^^^^^^^^^^^^^^
  confirmed: the installed Keras fails on this line in the same way
  fix (--fix): write `strides` for `stride`
    - y = conv1(x, stride=2)
    + y = conv1(x, strides=2)
"""
    )


def test_several_lines_and_several_repairs():
    other = replace(FIX, applicability="unsafe", description="do something else", edits=())
    finding = replace(SILENT, fixes=(replace(FIX, applicability="unsafe"), other))
    assert (
        printed("text", [finding])
        == """\
model.py:6:5: warning CL201 channels-first-input: two lines
   6 | z = call(
   7 |     a,
   8 |     b)
  fixes: several repairs fit; choose the one that is meant
  fix (--unsafe-fixes): write `strides` for `stride`
    - y = conv1(x, stride=2)
    + y = conv1(x, strides=2)
  fix (--unsafe-fixes): do something else
"""
    )


def test_findings_are_set_apart_by_an_empty_line_and_survive_without_their_source():
    assert (
        printed("text", [SILENT, SILENT], sources={})
        == """\
model.py:6:5: warning CL201 channels-first-input: two lines

model.py:6:5: warning CL201 channels-first-input: two lines
"""
    )


def test_colours_are_in_the_words_not_in_the_layout():
    plain, colored = printed("text", [WRONG, REPAIRABLE], 60), printed("text", [WRONG, REPAIRABLE], 60, color=True)
    assert "\x1b[1;31merror\x1b[0m" in colored
    assert "\x1b" not in plain
    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_nothing_is_wider_than_the_terminal():
    for width in (30, 40, 60, 80):
        for line in printed("text", [WRONG, REPAIRABLE, SILENT], width).splitlines():
            assert columns(line) <= width, line


def test_control_characters_never_reach_the_terminal():
    evil = replace(WRONG, message="a\x1b[31mb", location=Location("mo\x1bdel.py", 1, 1, 1, 2), evidence=())
    text = printed("text", [evil], sources={"mo\x1bdel.py": "x = '\x1b]0;title\x07'\n"})
    assert "\x1b" not in text
    assert "\\x1b[31m" in text


def test_a_long_line_is_cut_around_the_finding():
    line = "x = [" + "0, " * 40 + "conv1(y)" + ", 0" * 40 + "]"
    start = line.index("conv1") + 1
    finding = replace(WRONG, location=Location("model.py", 1, start, 1, start + 8), evidence=(), help="")
    code, carets = printed("text", [finding], 60, sources={"model.py": line}).splitlines()[-2:]
    assert code[carets.index("^") : carets.rindex("^") + 1] == "conv1(y)"


def test_wide_characters_take_two_columns():
    line = "卷积 = conv1(x)"
    finding = replace(WRONG, location=Location("model.py", 1, 6, 1, 14), evidence=(), help="")
    assert printed("text", [finding], sources={"model.py": line}).splitlines()[1:] == [
        "   1 | 卷积 = conv1(x)",
        "     |        ^^^^^^^^",
    ]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("a bb ccc", None, ["a bb ccc"]),
        ("a bb ccc", 4, ["a bb", "ccc"]),
        ("x is (None, 28, 28, 3) here", 20, ["x is", "(None, 28, 28, 3)", "here"]),
        ("(None, 28, 28, 3)", 9, ["(None,", "28, 28,", "3)"]),
        ("", 5, [""]),
        ("unbreakable", 5, ["unbreakable"]),
    ],
)
def test_wrapping(text, width, expected):
    assert wrap(text, width) == expected


def test_cutting_and_chopping_count_columns():
    assert cut("卷积卷积", 5) == "卷积…"
    assert chop("ab  cd", 3) == ["ab ", " cd"]
    assert chop("卷积卷", 4) == ["卷积", "卷"]


def test_a_long_path_shows_its_end_and_says_what_it_left_out():
    source = "".join(f"x{line} = f()\n" for line in range(1, 9))
    steps = tuple(Evidence(Location("model.py", line, 1, line, 3), f"x{line}") for line in range(1, 8))
    finding = replace(WRONG, evidence=steps, location=Location("model.py", 8, 6, 8, 9), help="")
    assert (
        printed("text", [finding], sources={"model.py": source})
        == """\
model.py:8:6: error CL101 channel-mismatch: `conv1` was built for 1 input channels and receives 3
   4 | x4 = f()   x4
   5 | x5 = f()   x5
   6 | x6 = f()   x6
   7 | x7 = f()   x7
   8 | x8 = f()
     |      ^^^
     … 3 earlier steps with --explain
"""
    )


def test_a_path_of_four_lines_is_shown_whole():
    steps = tuple(Evidence(Location("model.py", line, 1, line, 3), "x") for line in (1, 2, 3, 4, 4))
    assert "earlier" not in printed("text", [replace(WRONG, evidence=steps)])
