"""All formats of one run over files that are hard to name, to decode and to count in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from convlint.report import FORMATS

LINE = "\tname = '🙂ä'; y = keras.layers.Conv2D(8, 3, stride=2)(x)"
ODD = f"\ufeffimport keras\r\nx = keras.Input((28, 28, 1))\r\nif x is not None:\r\n{LINE}\r\n".encode()
PLAIN = b"import keras\nx = keras.Input((28, 28, 1))\ny = keras.layers.Conv2D(8, 3, stride=2)(x)\n"
BROKEN = b"import keras\nx = (\n"
CALL = "keras.layers.Conv2D(8, 3, stride=2)"


def check(folder, *words, encoding="utf-8"):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "CI_"))}
    return subprocess.run(
        [sys.executable, "-m", "convlint", "check", "--isolated", *words],
        cwd=folder, env=environment | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}, capture_output=True,
        check=False, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Every format as a file of the same run."""
    folder = tmp_path_factory.mktemp("odd")
    (folder / "odd.py").write_bytes(ODD)
    names = [b"broken.py"]
    if sys.platform == "linux":
        names += [b"latin-\xe4.py", b"new\nline;]:,%25\x1b[31m.py"]
    for name in names:
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(BROKEN if name == b"broken.py" else PLAIN)
    done = check(folder, "--quiet", *(f"--report={name}=report.{name}" for name in FORMATS), ".")
    assert (done.returncode, done.stderr) == (1, b"")
    return {name: (folder / f"report.{name}").read_bytes().decode("utf-8") for name in FORMATS}


def test_every_report_is_there_and_holds_no_control_characters(reports):
    for name, text in reports.items():
        assert text, name
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text.replace("\\r\\n", "")), name


def test_characters(reports):
    """JSON and ``concise`` count characters; the byte order mark is none."""
    (found,) = [one for one in json.loads(reports["json"]) if one["file"] == "odd.py"]
    assert (found["line"], found["column"]) == (4, LINE.index(CALL) + 1)
    assert LINE[found["column"] - 1 : found["end_column"] - 1] == CALL
    assert f"odd.py:4:{found['column']}: error CL605" in reports["concise"]
    edit = found["fix"]["edits"][0]
    assert LINE[edit["column"] - 1 : edit["end_column"] - 1] == "stride"


def test_utf16(reports):
    results = json.loads(reports["sarif"])["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    (region,) = [place["region"] for place in places if place["artifactLocation"]["uri"] == "odd.py"]
    units = LINE.encode("utf-16-le")
    assert units[2 * region["startColumn"] - 2 : 2 * region["endColumn"] - 2].decode("utf-16-le") == CALL
    assert f"file=odd.py,line=4,endLine=4,title=CL605 torch-argument,col={region['startColumn']}," in reports["github"]
    assert f"sourcepath=odd.py;linenumber=4;columnnumber={region['startColumn']};" in reports["azure"]
    if sys.platform == "linux":
        uris = {place["artifactLocation"]["uri"] for place in places}
        assert {"latin-%E4.py", "new%0Aline;%5D%3A,%2525%1B%5B31m.py"} <= uris


def test_utf8(reports):
    diagnostics = json.loads(reports["rdjson"])["diagnostics"]
    (odd,) = [one for one in diagnostics if one["location"]["path"] == "odd.py"]
    line = LINE.encode()
    span, (suggestion,) = odd["location"]["range"], odd["suggestions"]
    assert line[span["start"]["column"] - 1 : span["end"]["column"] - 1].decode() == CALL
    place = suggestion["range"]
    repaired = line[: place["start"]["column"] - 1] + suggestion["text"].encode() + line[place["end"]["column"] - 1 :]
    assert repaired.decode() == LINE.replace("stride=", "strides=")


def test_all_see_the_same_findings(reports):
    count = len(json.loads(reports["json"]))
    counts = {
        "jsonl": len(reports["jsonl"].splitlines()),
        "gitlab": len({one["fingerprint"] for one in json.loads(reports["gitlab"])}),
        "rdjson": len(json.loads(reports["rdjson"])["diagnostics"]),
        "checkstyle": len(ElementTree.fromstring(reports["checkstyle"]).findall("file/error")),
        "junit": len(ElementTree.fromstring(reports["junit"]).findall("testsuite/testcase")),
        "pylint": len(reports["pylint"].splitlines()),
        "concise": len(reports["concise"].splitlines()),
        "teamcity": reports["teamcity"].count("##teamcity[inspection "),
        "azure": len(re.findall(r"code=CL\d+;\]", reports["azure"])),
        "github": len(re.findall(r"^::\w+ file=", reports["github"], re.M)),
        "html": reports["html"].count("<article "),
    }
    assert counts == dict.fromkeys(counts, count)


@pytest.mark.parametrize("name", ["text", "concise", "github", "markdown", "azure"])
def test_a_stream_that_knows_ascii_only(tmp_path, name):
    (tmp_path / "odd.py").write_bytes(ODD)
    done = check(tmp_path, "--output-format", name, "odd.py", encoding="ascii")
    assert done.returncode == 1
    assert done.stdout.isascii()
    assert b"torch-argument" in done.stdout
    assert b"Traceback" not in done.stderr


def test_a_format_that_nobody_knows_names_the_nearest(tmp_path):
    for words in (["--output-format", "gitlap"], ["--report", "gitlap=x"]):
        done = check(tmp_path, *words)
        assert done.returncode == 2
        assert b"did you mean gitlab?" in done.stderr
    assert b"after the format and = comes a file: gitlab=FILE" in check(tmp_path, "--report", "gitlab").stderr
    assert b"No such file or directory" in check(tmp_path, "--report", "gitlab=nowhere/x.json").stderr
