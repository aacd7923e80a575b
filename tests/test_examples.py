"""The five user cases in ``examples/``: found, explained, repaired, and the repaired ones run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from convlint.shapes.shape import shape_as_json
from convlint.static.analysis import StaticSettings, analyse_source

EXAMPLES = Path(__file__).parents[1] / "examples"

FOUND = {
    "1_kernel_layout": ["37 CL204", "37 CL605", "38 CL606", "39 CL301", "41 CL301", "44 CL601"],
    "2_channels_first_input": ["11 CL201", "11 CL701", "18 CL701", "20 CL701", "21 CL701"],
    "4_conv1d_as_conv2d": ["9 CL403"],
    "5_conv2d_arguments": ["12 CL105", "23 CL402"],
}
"""Line and code of every finding in ``broken.py``; nothing more is found."""

ADVICE_ONLY = {"4_conv1d_as_conv2d": {9}, "5_conv2d_arguments": {23}}
"""Lines that no fix repairs: what was meant can't be known."""


def convlint(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    command = [sys.executable, "-m", "convlint", *map(str, arguments)]
    environment = {**os.environ, "NO_COLOR": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False)


def findings(*arguments: str | Path) -> list[dict[str, object]]:
    """What ``check`` prints as JSON."""
    return json.loads(convlint("check", "--output-format", "json", *arguments).stdout)  # type: ignore[no-any-return]


@pytest.mark.parametrize("case", FOUND)
def test_broken_is_explained(case: str) -> None:
    """Each fault is found, on its line, under its own code."""
    found = sorted(f"{one['line']} {one['code']}" for one in findings(EXAMPLES / case / "broken.py"))
    assert found == sorted(FOUND[case])


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/*.py")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_all_others_are_silent(path: Path) -> None:
    """Repaired programs and those that were never broken get no word."""
    if path.name != "broken.py":
        assert findings(path) == []


@pytest.mark.parametrize("case", FOUND)
def test_repaired_is_what_the_fixes_make(case: str, tmp_path: Path) -> None:
    """``--fix --unsafe-fixes`` on the broken program gives the repaired one, but for lines that only get advice."""
    copy = tmp_path / "broken.py"
    shutil.copy(EXAMPLES / case / "broken.py", copy)
    convlint("check", "--fix", "--unsafe-fixes", copy)
    fixed = copy.read_text(encoding="utf-8").splitlines()
    repaired = (EXAMPLES / case / "repaired.py").read_text(encoding="utf-8").splitlines()
    assert len(fixed) == len(repaired)
    different = {number for number, lines in enumerate(zip(fixed, repaired), start=1) if lines[0] != lines[1]}
    assert different == ADVICE_ONLY.get(case, set())


@pytest.mark.parametrize("case", FOUND)
def test_repaired_runs(case: str) -> None:
    """The repaired program runs on the installed Keras."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, str(EXAMPLES / case / "repaired.py")]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False)
    assert run.returncode == 0, run.stderr


def test_the_tour_of_conv2d_is_exact() -> None:
    """The static front end gives the shapes that Keras computes, every one."""
    path = EXAMPLES / "5_conv2d_arguments" / "tour.py"
    text = path.read_text(encoding="utf-8")
    static = {t.text: shape_as_json(t.shape) for t in analyse_source(text, str(path), StaticSettings()).tensors}
    tensors = "{name: list(value.shape) for name, value in globals().items() if tf.is_tensor(value)}"
    program = f"{text}\nimport json\nprint(json.dumps({tensors}))\n"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8", env=environment, check=True
    )
    assert static == json.loads(run.stdout)
    assert static["filters"] == [4, 600, 600, 64]
    assert static["window"] == [4, 599, 599, 64]
    assert static["strided"] == [4, 300, 300, 64]
    assert [static[name] for name in "abcd"] == [
        [4, 300, 300, 64],
        [4, 300, 300, 64],
        [4, 600, 600, 64],
        [4, 598, 598, 64],
    ]


def test_two_convolutions_differ_by_rounding_only() -> None:
    """tf.nn.conv2d in float64 against Conv2D in float32: precision, about one part in a million."""
    path = EXAMPLES / "3_rounding" / "two_convolutions.py"
    run = convlint(
        "compare", f"{path}:by_function", f"{path}:by_layer", "--input", "64 64 3", "--output-format", "json"
    )
    result = json.loads(run.stdout)
    assert result["verdict"] == "rounding"
    assert result["cause"] == "precision"
    assert result["dtypes"] == ["float64", "float32"]
    assert result["shapes"] == [[1, 64, 64, 1], [1, 64, 64, 1]]
    assert 1e-8 < result["max_rel"] < 1e-5


def test_conv1d_is_a_conv2d() -> None:
    """With shared weights the two compute the same numbers; their kernels differ by an axis of 1."""
    path = EXAMPLES / "4_conv1d_as_conv2d" / "sentences.py"
    run = convlint("compare", f"{path}:by_conv1d", f"{path}:by_conv2d", "--output-format", "json")
    result = json.loads(run.stdout)
    assert result["verdict"] in ("equal", "rounding")
    assert result["max_rel"] < 1e-5
    assert result["kernel_shapes"] == [[3, 300, 64], [3, 300, 1, 64]]


def test_the_readme_of_each_example_shows_real_output() -> None:
    """Every finding that a walk-through quotes is one that convlint prints."""
    quoted = 0
    for readme in EXAMPLES.glob("*/README.md"):
        shown = readme.read_text(encoding="utf-8")
        printed = convlint("check", "--output-format", "concise", readme.parent).stdout.replace("\\", "/")
        messages = [line.partition(": ")[2] for line in printed.splitlines()]
        for line in shown.splitlines():
            if line.startswith(("error CL", "warning CL")):
                quoted += 1
                assert line in messages, f"{readme}: {line}"
    assert quoted >= 10


MIGRATED = sorted((EXAMPLES / "migration").glob("*/before.py"))


@pytest.mark.parametrize("before", MIGRATED, ids=lambda path: path.parent.name)
def test_the_fixes_take_a_program_to_keras_3(before: Path, tmp_path: Path) -> None:
    """``--select CL7`` with all fixes makes ``after.py``, byte for byte, and nothing is left to say about it."""
    after = before.with_name("after.py")
    copy = tmp_path / "program.py"
    shutil.copy(before, copy)
    convlint("check", "--select", "CL7", "--fix", "--unsafe-fixes", copy)
    assert copy.read_bytes() == after.read_bytes()
    assert findings(after) == []
    assert findings("--select", "CL7", after) == []


@pytest.mark.parametrize("before", MIGRATED, ids=lambda path: path.parent.name)
def test_a_program_taken_to_keras_3_trains_there(before: Path) -> None:
    """The program of old fails on the installed Keras; what the fixes made of it builds and trains."""
    pytest.importorskip("keras")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    for path, expected in ((before, False), (before.with_name("after.py"), True)):
        run = subprocess.run(
            [sys.executable, str(path)], capture_output=True, text=True, encoding="utf-8", env=environment, check=False
        )
        assert (run.returncode == 0) is expected, run.stderr
