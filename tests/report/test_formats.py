from __future__ import annotations

import json

import pytest

from convlint.report import FORMATS, reporter
from tests.report.samples import REPAIRABLE, SILENT, WRONG, printed


def test_concise_is_one_line_a_finding():
    assert printed("concise", [WRONG, SILENT]) == (
        "model.py:5:5: error CL101 channel-mismatch: `conv1` was built for 1 input channels and receives 3\n"
        "model.py:6:5: warning CL201 channels-first-input: two lines\n"
    )


def test_github_puts_errors_first_and_escapes():
    assert printed("github", [SILENT, REPAIRABLE]) == (
        "::error file=model.py,line=5,endLine=5,title=CL605 torch-argument,col=5,endColumn=23::100%25: a, b\n"
        "::warning file=model.py,line=6,endLine=8,title=CL201 channels-first-input::two%0Alines\n"
    )


def test_json_is_the_contract():
    first, second = json.loads(printed("json", [WRONG, REPAIRABLE]))
    assert first == {
        "code": "CL101",
        "name": "channel-mismatch",
        "severity": "error",
        "message": "`conv1` was built for 1 input channels and receives 3",
        "file": "model.py",
        "cell": None,
        "line": 5,
        "column": 5,
        "end_line": 5,
        "end_column": 23,
        "symbol": "",
        "evidence": [
            {"line": 4, "column": 2, "text": "x: (None, 28, 28, 3)"},
            {"line": 3, "column": 1, "text": "builds conv1 for 1 channel"},
        ],
        "help": "Give color images a layer of their own.",
        "fix": None,
        "source": "static",
        "confirmed": None,
        "url": "rules/CL101-channel-mismatch.md",
    }
    assert second["confirmed"] is True
    assert second["fix"] == {
        "applicability": "safe",
        "description": "write `strides` for `stride`",
        "verified": True,
        "edits": [{"line": 5, "column": 14, "end_line": 5, "end_column": 20, "content": "strides"}],
    }


@pytest.mark.parametrize(("name", "nothing"), [("text", ""), ("concise", ""), ("json", "[]\n"), ("github", "")])
def test_nothing_found_prints_nothing_or_an_empty_list(name, nothing):
    assert printed(name, []) == nothing


def test_every_format_has_a_writer():
    assert all(callable(reporter(name)) for name in FORMATS)
