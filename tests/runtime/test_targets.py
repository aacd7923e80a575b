"""What the user types: targets, inputs, arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from convlint.runtime.targets import InputSpec, TargetError, parse_argument, parse_input, parse_target


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("224 224 3", InputSpec((224, 224, 3)), id="sizes"),
        pytest.param("x: 600 300 1", InputSpec((600, 300, 1), "x"), id="named"),
        pytest.param("(None, 300) float64", InputSpec((None, 300), "", "float64"), id="tuple, free axis, dtype"),
        pytest.param("64x64x3", InputSpec((64, 64, 3)), id="crosses"),
        pytest.param("()", InputSpec(()), id="one number a sample"),
        pytest.param("ids: 20 int32", InputSpec((20,), "ids", "int32"), id="integers"),
    ],
)
def test_parse_input(text: str, expected: InputSpec) -> None:
    assert parse_input(text) == expected


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("224 224 tree", "`tree`"),
        ("8 8 flaot32", "did you mean float32?"),
        ("0 8", "`0`"),
        ("-1 8", "`-1`"),
        ("", "no sizes"),
        ("1x: 8", "`1x`"),
    ],
)
def test_parse_input_names_what_is_wrong(text: str, part: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_input(text)
    assert part in str(caught.value)


def test_parse_argument() -> None:
    assert parse_argument("classes=10") == ("classes", 10)
    assert parse_argument("shape=(28, 28, 1)") == ("shape", (28, 28, 1))
    assert parse_argument("name='a=b'") == ("name", "a=b")


@pytest.mark.parametrize(
    ("text", "part"), [("classes", "name=value"), ("mode=fast", "mode='fast'"), ("3=4", "name=value")]
)
def test_parse_argument_says_how_to_write_it(text: str, part: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_argument(text)
    assert part in str(caught.value)


def test_parse_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text("")
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "small.py").write_text("")
    target = parse_target("model.py:build_model", arguments=["classes=3"], inputs=["8 8 1"])
    assert (target.file, target.builder) == ("model.py", "build_model")
    assert (dict(target.arguments), target.inputs) == ({"classes": 3}, (InputSpec((8, 8, 1)),))
    assert parse_target("model.py").builder == ""
    assert Path(parse_target("nets.small:Net").file) == Path("nets/small.py")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("modle.py:f", "did you mean model.py?"),
        ("modle:f", "did you mean model.py?"),
        ("nets:f", "is a folder"),
        ("model.py:f()", "`f()`"),
    ],
)
def test_parse_target_names_the_nearest(text: str, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text("")
    (tmp_path / "nets").mkdir()
    with pytest.raises(TargetError) as caught:
        parse_target(text)
    assert part in str(caught.value)
