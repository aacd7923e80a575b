"""Comments that suppress findings: which count, what they are about, what is wrong with them, how they are written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from convlint.analysis import Analyser
from convlint.api import add_suppressions, check_paths
from convlint.edits import apply
from convlint.rules.registry import load
from convlint.settings import FixMode, Settings
from convlint.suppressions import read

HEAD = "import keras\nx = keras.Input((28, 28, 1))\n"
FAULT = "keras.layers.Conv2D(8, 3, stride=2)(x)"
RIGHT = "keras.layers.Conv2D(8, 3, strides=2)(x)"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def analysis(body: str, **settings: object):
    tool = Analyser(Settings(**settings), load())  # type: ignore[arg-type]
    return tool, tool.analyse("model.py", HEAD + body)


def found(body: str, **settings: object) -> list[tuple[str, int]]:
    """Codes and lines, counted below the head."""
    tool, result = analysis(body, **settings)
    reported = [one.finding for one in result.judged if tool.reports(one.finding)]
    return [(one.code, one.location.line - 2) for one in reported]


@pytest.mark.parametrize(
    "body",
    [
        f"y = {FAULT}  # convlint: ignore[CL605]",
        f"y = {FAULT}  # convlint: ignore[CL605] because of the paper",
        f"y = {FAULT}  #convlint:ignore[ cl605 , CL101 ]".replace(" , CL101", ""),
        f"y = {FAULT}  # convlint: ignore[torch-argument]",
        f"y = {FAULT}  # convlint: ignore[CL6]",
        f"y = {FAULT}  # convlint: ignore[ALL]",
        f"y = {FAULT}  # convlint: ignore",
        f"y = {FAULT}  # fmt: skip  # convlint: ignore[CL605]",
        f"y = {FAULT}  # noqa: CL605",
        f"y = {FAULT}  # noqa:E501,CL605 long",
        f"y = {FAULT}  # NOQA: E501, CL605",
        f"y = {FAULT}  # noqa",
        f"# convlint: ignore[CL605]\ny = {FAULT}",
        f"# convlint: ignore[CL605]\n\n# why\ny = {FAULT}",
        f"# convlint: ignore-next-line[CL605]\ny = {FAULT}",
        f"if x is not None:\n    # convlint: ignore[CL605]\n    y = {FAULT}",
        f"y = {FAULT}\n# convlint: ignore-file[CL605]",
        f"# convlint: off[CL605]\ny = {FAULT}\n# convlint: on[CL605]",
        f"# convlint: off\ny = {FAULT}\n# convlint: on",
        f"# convlint: off[CL6]\ny = {FAULT}",
        "y = keras.layers.Conv2D(  # convlint: ignore[CL605]\n    8, 3, stride=2,\n)(x)",
        "y = keras.layers.Conv2D(\n    8, 3, stride=2,\n)(x)  # convlint: ignore[CL605]",
        f"y = [\n    # convlint: ignore[CL605]\n    {FAULT},\n]",
    ],
)  # fmt: skip
def test_what_suppresses(body):
    assert found(body) == []


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (f"y = {FAULT}  # convlint: ignore CL101", 1),
        (f"y = {FAULT}  # convlint: ignore[CL605", 1),
        (f'y = {FAULT}; t = "# convlint: ignore[CL605]"', 1),
        (f'"""\n# convlint: ignore-file[CL605]\n"""\ny = {FAULT}', 4),
        (f"y = {FAULT}  # noqa: E501", 1),
        (f"y = {FAULT}  # noqa : E501, D100", 1),
        (f"y = {FAULT}  # see `# convlint: ignore[CL605]`", 1),
        (f"y = {FAULT}  # convlint ignore[CL605]", 1),
        (f"# convlint: off[CL605]\n# convlint: on[CL605]\ny = {FAULT}", 3),
        (f"# convlint: ignore[CL605]\nz = 1\ny = {FAULT}", 3),
        (f"y = {FAULT}\n# noqa: CL605", 1),
        ("y = keras.layers.Conv2D(\n    8, 3,  # noqa\n    stride=2,\n)(x)", 1),
    ],
)
def test_what_does_not(body, line):
    assert ("CL605", line) in found(body)


def test_a_block_ends_where_it_is_said():
    body = f"# convlint: off[CL605]\na = {FAULT}\n# convlint: on[CL605]\nb = {FAULT}\n"
    assert found(body) == [("CL605", 4)]


def test_lines_are_those_of_python():
    text = HEAD.replace("\n", "\r\n") + f"s = 'a\x0cb\u2028'\r\ny = {FAULT}  # convlint: ignore[CL605]\r\n"
    tool = Analyser(Settings(), load())
    assert tool.analyse("model.py", text).judged == ()


def test_text_that_is_no_python_has_the_comments_before_it_breaks():
    entries = read("x = 1  # convlint: ignore[CL605]\ny = (\n").entries
    assert [(entry.line, [word.text for word in entry.words]) for entry in entries] == [(1, ["CL605"])]
    assert read("\tx\n  y  # noqa\n z\n").entries is not None


# --- what is wrong with them ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "codes", "repaired"),
    [
        (f"y = {RIGHT}  # convlint: ignore[CL605] why\n", ["CL901"], f"y = {RIGHT}\n"),
        (f"y = {RIGHT}  # fmt: skip  # convlint: ignore[CL605]\n", ["CL901"], f"y = {RIGHT}  # fmt: skip\n"),
        (f"y = {RIGHT}  # convlint: ignore[CL605]  # fmt: skip\n", ["CL901"], f"y = {RIGHT}  # fmt: skip\n"),
        (f"# convlint: ignore[CL605]\ny = {RIGHT}\n", ["CL901"], f"y = {RIGHT}\n"),
        (f"y = {RIGHT}  # noqa: E501, CL605\n", ["CL901"], f"y = {RIGHT}  # noqa: E501\n"),
        (f"y = {RIGHT}  # convlint: ignore\n", ["CL901"], f"y = {RIGHT}\n"),
        (f"y = {FAULT}  # convlint: ignore[CL605, CL101]\n", ["CL901"], f"y = {FAULT}  # convlint: ignore[CL605]\n"),
        (f"y = {FAULT}  # convlint: ignore[CL6O5]\n", ["CL605", "CL902"], None),
        (f"y = {RIGHT}  # convlint: ignore[zzzzz]\n", ["CL902"], f"y = {RIGHT}\n"),
        (f"y = {FAULT}  # convlint: ingore[CL605]\n", ["CL605", "CL902"], None),
        (f"y = {RIGHT}  # noqa\n", [], None),
        (f"y = {RIGHT}  # noqa: CL999, E501\n", [], None),
        (f"y = {RIGHT}  # convlint: a note of somebody's\n".replace("convlint:", "convlint -"), [], None),
    ],
)
def test_faults_of_comments_and_their_repairs(body, codes, repaired):
    assert sorted(code for code, _ in found(body)) == codes
    if repaired is None:
        return
    Path("model.py").write_text(HEAD + body)
    assert check_paths(["model.py"], Settings(fix=FixMode.SAFE)).findings == ()
    assert Path("model.py").read_text() == HEAD + repaired


def test_a_misspelt_word_is_corrected_and_then_suppresses():
    for comment in ("ignore[CL6O5]", "ignroe[CL605]", "ignore CL605", "ignore(CL605", "ignore: CL605"):
        Path("model.py").write_text(f"{HEAD}y = {FAULT}  # convlint: {comment} why\n")
        _, result = analysis(f"y = {FAULT}  # convlint: {comment} why\n")
        (fix,) = [one.observation.site for one in result.judged if one.finding.code == "CL902"]
        assert apply(result.text, fix.edits) == f"{HEAD}y = {FAULT}  # convlint: ignore[CL605] why\n"


def test_a_bare_comment_is_told_on_demand_and_gets_its_codes():
    body = f"y = {FAULT}  # convlint: ignore  the paper\n"
    assert found(body) == []
    assert found(body, extend_select=("CL903",)) == [("CL903", 1)]
    Path("model.py").write_text(HEAD + body)
    check_paths(["model.py"], Settings(fix=FixMode.SAFE, profile="strict"))
    assert Path("model.py").read_text() == f"{HEAD}y = {FAULT}  # convlint: ignore[CL605]  the paper\n"


@pytest.mark.parametrize(
    ("body", "settings"),
    [
        (f"y = {RIGHT}  # convlint: ignore[CL605]", {"ignore": ("CL605",)}),
        (f"y = {RIGHT}  # convlint: ignore[CL6]", {"select": ("CL605", "CL901")}),
        (f"y = {RIGHT}  # convlint: ignore[CL810]", {}),
        (f"y = {RIGHT}  # convlint: ignore", {"ignore": ("CL1",)}),
        (f"y = {RIGHT}  # convlint: ignore[CL904]", {}),
        (f"def f(x):\n    return {RIGHT}  # convlint: ignore[CL605]", {}),
        (f"f = lambda x: {RIGHT}  # convlint: ignore[CL605]", {}),
        ("# convlint: ignore-file[CL605]", {}),
    ],
)
def test_what_did_not_run_makes_no_suppression_unused(body, settings):
    assert found(body, **settings) == []


def test_an_analysis_that_did_not_end_makes_no_suppression_unused(monkeypatch):
    from convlint import analysis as module

    real = module.analyse_source
    monkeypatch.setattr(
        module, "analyse_source",
        lambda text, file, settings, *_: real(text, file, type(settings)(**{**vars(settings), "step_budget": 20})),
    )  # fmt: skip
    assert found("for i in range(100):\n    print(i)\n" + f"y = {RIGHT}  # convlint: ignore[CL605]\n") == []


def test_comments_in_functions_are_judged_when_their_callers_are_known():
    Path("lib.py").write_text(f"import keras\ndef f(x):\n    return {RIGHT}  # convlint: ignore[CL605]\n")
    assert check_paths(["lib.py"]).findings == ()
    assert [one.code for one in check_paths(["."]).findings] == ["CL901"]


def test_a_comment_that_another_file_needs_is_used():
    Path("lib.py").write_text(
        "import keras\ndef block(x, size):\n    return keras.layers.Conv2D(8, size)(x)  # convlint: ignore[CL106]\n"
    )
    Path("app.py").write_text("import keras\nfrom lib import block\nblock(keras.Input((4, 4, 1)), 9)\n")
    run = check_paths(["."])
    assert run.findings == ()
    assert [(one.code, one.location.file, one.suppressed) for one in run.suppressed] == [
        ("CL106", "lib.py", "by the comment on line 3")
    ]
    assert check_paths(["app.py"]).findings == ()
    os.remove("app.py")
    assert [one.code for one in check_paths(["."]).findings] == ["CL901"]


def test_what_is_suppressed_is_not_repaired():
    text = f"{HEAD}y = {FAULT}  # convlint: ignore[CL605]\nz = {FAULT}\n"
    Path("model.py").write_text(text)
    run = check_paths(["model.py"], Settings(fix=FixMode.SAFE))
    assert run.findings == ()
    assert Path("model.py").read_text() == text.replace(f"z = {FAULT}", f"z = {RIGHT}")
    assert [one.code for one in run.suppressed] == ["CL605"]


def test_a_fault_of_convlint_itself_can_not_be_suppressed(monkeypatch):
    from convlint import analysis as module

    def broken(text, file, settings):
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(module, "analyse_source", broken)
    Path("model.py").write_text("# convlint: ignore-file\nimport keras\n")
    assert [one.code for one in check_paths(["model.py"]).findings] == ["CL909"]


# --- writing -------------------------------------------------------------------------------------


def test_suppressions_are_written_where_they_hold():
    lines = [
        f"a = {FAULT}@\r\n",
        f"b = {FAULT}   # a note@  \n",
        f"c = {FAULT}  # convlint: ignore[CL101#] why\n",
        "d = keras.layers.Conv2D(8, 3, stride=2)(keras.Input((32, 32, 1)))@\n",
        f"e = [\n    {FAULT},@\n]\n",
        f"f = {FAULT}@",
    ]
    text = HEAD + "".join(lines)
    Path("model.py").write_bytes(text.replace("@", "").replace("#]", "]").encode())
    settings = Settings(ignore=("CL901",))
    done = add_suppressions(["."], settings, "for now")
    assert check_paths(["."], settings).findings == ()
    assert (len(done.findings), done.files, done.errors) == (6, ("model.py",), ())
    wanted = text.replace("note@  ", "note@").replace("@", "  # convlint: ignore[CL605] for now")
    assert Path("model.py").read_bytes().decode() == wanted.replace("#]", ", CL605]")


def test_what_has_no_place_for_a_comment_is_told():
    Path("model.py").write_text(HEAD + f"a = {FAULT}, \\\n    1\n")
    done = add_suppressions(["."])
    assert (done.findings, done.files) == ((), ())
    assert done.errors == ("model.py:3: no place for a comment about CL605",)
    Path("model.py").write_text("import keras\nx = (\n")
    assert "CL900 is not suppressed" in add_suppressions(["."]).errors[0]


def test_comments_in_notebooks(here):
    import json

    def book(*cells):
        return {
            "cells": [{"cell_type": "code", "source": text, "outputs": [], "metadata": {}} for text in cells],
            "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
        }  # fmt: skip

    cells = [HEAD, f"%matplotlib inline\ny = {FAULT}\nprint(y)", f"z = {RIGHT}  # convlint: ignore[CL605]"]
    Path("book.ipynb").write_text(json.dumps(book(*cells), indent=1))
    assert [(one.code, one.location.cell, one.location.line) for one in check_paths(["."]).findings] == [
        ("CL605", 2, 2), ("CL901", 3, 1),
    ]  # fmt: skip
    assert [one.code for one in add_suppressions(["."], Settings(ignore=("CL901",))).findings] == ["CL605"]
    written = json.loads(Path("book.ipynb").read_text())
    assert "".join(written["cells"][1]["source"]).split("\n")[1] == f"y = {FAULT}  # convlint: ignore[CL605]"
    run = check_paths(["."])
    assert [(one.code, one.suppressed) for one in run.suppressed] == [("CL605", "by the comment on cell 2, line 2")]
    assert [one.code for one in run.findings] == ["CL901"]


@pytest.mark.parametrize(
    ("before", "line", "reported"),
    [
        pytest.param("", f"y = {RIGHT}", True, id="everything is known"),
        pytest.param("import theirs\nsize = theirs.SIZE\n", "y = keras.layers.Conv2D(8, size)(x)", False, id="a size"),
        pytest.param("from theirs import x\n", "y = keras.layers.Conv2D(8, 3)(x)", False, id="what is convolved"),
        pytest.param("import theirs\nm = theirs.model()\n", "m.fit(x)", False, id="a model"),
        pytest.param("m = keras.Sequential([keras.layers.Dense(3)])\n", "m.summary()", False, id="no shapes"),
        pytest.param(
            "m = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Dense(3)])\n", "y = m(x)", True,
            id="a model with shapes",
        ),
        pytest.param("import theirs\n", "y = theirs.wrapped(x)", False, id="somebody else's function"),
        pytest.param("import theirs\n", "y = 3", True, id="nothing that a build could refuse"),
        pytest.param("def later():\n    from theirs import f\n", "later()", True, id="a body elsewhere"),
    ],
)  # fmt: skip
def test_a_comment_that_a_build_may_need_is_not_called_unused(before, line, reported):
    """Only where everything on the line is known has a build nothing to add."""
    head = f"import keras\nx = keras.Input((28, 28, 1))\n{before}"
    for comment in (f"{head}{line}  # convlint: ignore[CL1]\n", f"{head}# convlint: ignore[CL1]\n{line}\n"):
        Path("model.py").write_text(comment)
        assert [one.code for one in check_paths(["."]).findings] == (["CL901"] if reported else [])
