"""Baselines: what is known stays known while code moves, what is new is told, what is gone is stale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convlint import baseline
from convlint.api import check_paths
from convlint.settings import FixMode, Settings, SettingsError

HEAD = "import keras\nx = keras.Input((28, 28, 1))\n"
FAULT = "print(keras.layers.Conv2D(8, 3, stride=2)(x))\n"
RIGHT = FAULT.replace("stride=", "strides=")
OTHER = "y = keras.layers.Conv2D(8, 3, stride=2)(x)\n"
FILE = "known.json"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_known() -> None:
    run = check_paths(["."])
    Path(FILE).write_text(baseline.written(baseline.entries_of(run.findings, run.sources, FILE)))


def told(*paths: str, **settings: object) -> list[tuple[str, str, int]]:
    run = check_paths(paths or ["."], Settings(baseline=FILE, **settings))  # type: ignore[arg-type]
    return [(one.code, one.location.file, one.location.line) for one in run.findings]


def test_what_is_known_is_not_told_and_code_may_move():
    Path("a.py").write_text(HEAD + FAULT)
    write_known()
    assert told() == []
    Path("a.py").write_text(HEAD + "\n\nif True:\n        " + FAULT)
    assert told() == []
    (known,) = check_paths(["."], Settings(baseline=FILE)).suppressed
    assert known.suppressed == "by the baseline known.json"


def test_one_more_of_a_kind_and_another_line_or_file_are_new():
    Path("a.py").write_text(HEAD + FAULT)
    write_known()
    Path("a.py").write_text(HEAD + FAULT + FAULT)
    assert told() == [("CL605", "a.py", 4)]
    Path("a.py").write_text(HEAD + FAULT + OTHER)
    assert told() == [("CL605", "a.py", 4)]
    Path("b.py").write_text(HEAD + FAULT)
    assert ("CL605", "b.py", 3) in told()


def test_the_file_has_one_entry_a_line_in_a_fixed_order():
    Path("b.py").write_text(HEAD + FAULT + OTHER + FAULT)
    Path("a.py").write_text(HEAD + FAULT)
    write_known()
    text = Path(FILE).read_text()
    assert text == (
        '{\n  "version": 1,\n  "findings": [\n'
        '    {"file": "a.py", "code": "CL605", "text": "print(keras.layers.Conv2D(8, 3, stride=2)(x))"},\n'
        '    {"file": "b.py", "code": "CL605", "text": "print(keras.layers.Conv2D(8, 3, stride=2)(x))", "count": 2},\n'
        '    {"file": "b.py", "code": "CL605", "text": "y = keras.layers.Conv2D(8, 3, stride=2)(x)"}\n'
        "  ]\n}\n"
    )
    assert json.loads(baseline.written([])) == {"version": 1, "findings": []}


def test_what_no_longer_occurs_is_stale_and_is_taken_out():
    Path("a.py").write_text(HEAD + FAULT + OTHER)
    Path("b.py").write_text(HEAD + FAULT)
    write_known()
    Path("a.py").write_text(HEAD + RIGHT + OTHER)
    Path("b.py").unlink()
    assert told() == [("CL907", FILE, 4), ("CL907", FILE, 6)]
    run = check_paths(["."], Settings(baseline=FILE))
    assert run.findings[0].message == "CL605 no longer occurs in a.py: `print(keras.layers.Conv2D(8, 3, stride=2)(x))`"
    # Each fix alone leaves a baseline that can be read.
    from convlint.edits import apply

    for finding in run.findings:
        text = apply(run.sources[FILE], finding.fixes[0].edits)
        assert len(json.loads(text)["findings"]) == 2
    before = Path(FILE).read_text()
    shown = check_paths(["."], Settings(baseline=FILE, fix=FixMode.SAFE, diff=True))
    assert Path(FILE).read_text() == before
    assert shown.changes[-1].file == FILE
    assert told(fix=FixMode.SAFE) == []
    assert told() == []


def test_a_smaller_count_is_stale():
    fault = 'print(keras.layers.Conv2D(10, 8, padding="same")(keras.Input((1, 32, 32))))\n'  # no safe fix
    Path("a.py").write_text(HEAD + fault * 3)
    write_known()
    Path("a.py").write_text(HEAD + fault)
    assert told() == [("CL907", FILE, 4)]
    assert told(fix=FixMode.SAFE) == []
    Path("a.py").write_text(HEAD + fault * 2)
    assert told() == [("CL201", "a.py", 4)]


def test_what_was_not_looked_at_is_not_stale():
    Path("a.py").write_text(HEAD + FAULT)
    (Path("sub")).mkdir()
    Path("sub/b.py").write_text(HEAD + OTHER)
    write_known()
    Path("a.py").write_text(HEAD)
    Path("sub/b.py").write_text(HEAD)
    assert told("a.py") == []  # its callers may lie elsewhere
    assert told("sub") == [("CL907", FILE, 5)]
    assert told(ignore=("CL605",)) == []
    assert told(ignore=("CL907",)) == []
    Path("a.py").write_text(HEAD + "x = (\n")
    assert told("a.py") == [("CL900", "a.py", 3)]


def test_what_can_not_be_parsed_is_never_known():
    Path("a.py").write_text(HEAD + "x = (\n")
    write_known()
    assert [code for code, _, _ in told()] == ["CL900"]


def test_paths_are_relative_to_the_baseline(monkeypatch):
    Path("sub").mkdir()
    Path("sub/a.py").write_text(HEAD + FAULT)
    write_known()
    monkeypatch.chdir("sub")
    run = check_paths(["a.py"], Settings(baseline="../known.json"))
    assert run.findings == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "known.json: there is no such baseline; --write-baseline known.json makes it"),
        ("{", "known.json:1: this is no baseline: Expecting property name"),
        ("[]", 'known.json:1: this is no baseline: it wants "version": 1'),
        ('{"version": 2}', 'known.json:1: this is no baseline: it wants "version": 1'),
        ('{"version": 1, "findings": [3]}', "known.json: this entry of the baseline lacks a file, code or text: 3"),
        ('{"version": 1, "findings": [{"file": 1, "code": "x", "text": ""}]}',
         "known.json: this entry of the baseline holds something else"),
    ],
)  # fmt: skip
def test_a_baseline_that_is_none_is_told(text, message):
    if text is not None:
        Path(FILE).write_text(text)
    with pytest.raises(SettingsError) as caught:
        check_paths(["."], Settings(baseline=FILE))
    assert str(caught.value).startswith(message)


def test_a_baseline_that_was_written_by_hand_is_read():
    Path("a.py").write_text(HEAD + FAULT)
    write_known()
    Path(FILE).write_text(json.dumps(json.loads(Path(FILE).read_text())))
    assert told() == []
    Path("a.py").write_text(HEAD)
    (stale,) = check_paths(["."], Settings(baseline=FILE)).findings
    assert (stale.location.line, stale.fixes) == (1, ())
