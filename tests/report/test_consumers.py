"""Each format, read by its consumer's own schema or parser."""

from __future__ import annotations

import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import junitparser
import pytest
import xmlschema
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from teamcity.messages import TeamcityServiceMessages

from convlint.edits import apply
from convlint.findings import Edit, Evidence, Finding, Fix, Location
from convlint.report import FORMATS, Checked, View
from convlint.report.fingerprints import fingerprints, line_hashes
from convlint.report.rdjson import merge
from convlint.rules.registry import load
from tests.report.samples import REPAIRABLE, SILENT, SOURCE, WRONG, printed

SCHEMAS = Path(__file__).parents[1] / "data" / "schemas"
PAGES = {page.code: page for page in load().pages}

# A line with a tab, an emoji (two UTF-16 units, four bytes of UTF-8), an umlaut (one and two) and what follows.
ODD = "# first\r\n\tname = '🙂ä'; y = conv(x, stride=2)\r\nz = 1\r\n"
PLACE = Location("odd.py", 2, 15, 2, 34)
assert ODD.splitlines()[1][PLACE.column - 1 : PLACE.end_column - 1] == "y = conv(x, stride="
ODD_FIX = Fix("unsafe", "two edits", (Edit(Location("odd.py", 2, 27, 2, 33), "strides"),
                                      Edit(Location("odd.py", 2, 15, 2, 16), "y🙂")), verified=True)  # fmt: skip
ODDITY = replace(WRONG, location=PLACE, evidence=(Evidence(Location("odd.py", 2, 9, 2, 12), "🙂ä"),), fixes=(ODD_FIX,))
IN_BOOK = replace(WRONG, location=Location("book.ipynb", 2, 1, 2, 5, cell=3), evidence=(), symbol="build")
EVIL = replace(
    WRONG,
    message="\x1b[31m\udc80 <a href='x'>|]&\x00 ]]> %0A '\n##teamcity[x] ::error::\ufffe",
    help="\ud800\x07",
    location=Location("a\udcff\x1b;]: ,%\n<b>.py", 1, 1, 1, 2),
    evidence=(Evidence(Location("\ud800", 1, 1, 1, 1), "\x9b"),),
    symbol="f\udc80",
)
SOURCES = {"model.py": SOURCE, "odd.py": ODD, "book.ipynb:cell 3": "a\nb = c\n"}
FINDINGS = [WRONG, REPAIRABLE, SILENT, ODDITY, IN_BOOK, EVIL]
CHECKED = Checked(7, ("broken one.py",), 2, ("out.py: it is read-only",), ("image_data_format is channels_last",))


def told(name: str, findings: list[Finding], **known) -> str:
    return printed(name, findings, sources=SOURCES, pages=PAGES, checked=CHECKED, **known)


@pytest.mark.parametrize("name", FORMATS)
def test_any_name_and_message_can_be_written_in_any_encoding(name):
    for findings in (FINDINGS, [EVIL], []):
        text = told(name, findings)
        text.encode("utf-8", "backslashreplace").decode("utf-8")
        if name in ("json", "jsonl", "sarif", "gitlab", "rdjson", "junit", "checkstyle", "teamcity"):
            assert text.isascii()
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text.replace("\r\n", "\n"))


# --- SARIF ---------------------------------------------------------------------------------------

POSIX = pytest.mark.skipif(os.name == "nt", reason="a POSIX path")
SARIF = jsonschema.Draft202012Validator(
    json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8")), format_checker=jsonschema.FormatChecker()
)


@pytest.mark.parametrize("findings", [FINDINGS, []], ids=["findings", "nothing"])
@pytest.mark.parametrize("known", [{}, {"pages": PAGES, "checked": CHECKED}], ids=["bare", "whole"])
def test_sarif_is_valid(findings, known):
    log = json.loads(printed("sarif", findings, sources=SOURCES, **known))
    SARIF.validate(log)
    run = log["runs"][0]
    assert [result["ruleId"] for result in run["results"]] == [finding.code for finding in findings]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_sarif_counts_utf16_units():
    run = json.loads(told("sarif", [ODDITY]))["runs"][0]
    result = run["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert run["columnKind"] == "utf16CodeUnits"
    assert place["artifactLocation"] == {"uri": "odd.py", "uriBaseId": "%SRCROOT%"}
    line = ODD.splitlines()[1].encode("utf-16-le")
    region = place["region"]
    assert (
        line[2 * region["startColumn"] - 2 : 2 * region["endColumn"] - 2].decode("utf-16-le")
        == (region["snippet"]["text"])
    )
    assert region["snippet"]["text"] == "y = conv(x, stride="
    assert [step["message"]["text"] for step in result["relatedLocations"]] == ["🙂ä"]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in steps] == ["🙂ä", WRONG.message]
    change = result["fixes"][0]["artifactChanges"][0]
    for replacement, edit in zip(change["replacements"], ODD_FIX.edits):
        deleted = replacement["deletedRegion"]
        cut = line[2 * deleted["startColumn"] - 2 : 2 * deleted["endColumn"] - 2].decode("utf-16-le")
        assert (cut, replacement["insertedContent"]["text"]) == (
            ODD.splitlines()[1][edit.location.column - 1 : edit.location.end_column - 1],
            edit.content,
        )


def test_sarif_carries_the_manual_and_what_was_not_checked():
    run = json.loads(told("sarif", [WRONG]))["runs"][0]
    rule = run["tool"]["driver"]["rules"][0]
    assert rule["help"]["markdown"].startswith("# Channel mismatch")
    assert rule["shortDescription"]["text"] == PAGES["CL101"].summary
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    told_of = {note["message"]["text"]: note["level"] for note in invocation["toolExecutionNotifications"]}
    assert told_of == {
        "out.py: it is read-only": "error",
        "broken one.py could not be read or parsed, so that nothing in it was checked": "error",
        "2 files could not be analysed completely (CL906)": "warning",
        "image_data_format is channels_last": "note",
    }
    assert json.loads(printed("sarif", []))["runs"][0]["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize(
    ("file", "root", "folder", "uri"),
    [
        ("a b/ü.py", "", "", "a%20b/%C3%BC.py"),
        ("C:odd.py", "", "", "C%3Aodd.py"),
        ("a\udcff#?.py", "", "", "a%FF%23%3F.py"),
        ("../up.py", "", "", "../up.py"),
        pytest.param("/root/of/all.py", "", "", "file:///root/of/all.py", marks=POSIX),
        pytest.param("/root/of/all.py", "/root", "", "of/all.py", marks=POSIX),
        pytest.param("model.py", "/root", "/root/sub", "sub/model.py", marks=POSIX),
        pytest.param("../model.py", "/root", "/root/sub", "model.py", marks=POSIX),
        pytest.param("../../model.py", "/root", "/root/sub", "../../model.py", marks=POSIX),
    ],
)
def test_sarif_names_files_by_addresses(file, root, folder, uri):
    finding = replace(WRONG, location=replace(PLACE, file=file), evidence=())
    run = json.loads(printed("sarif", [finding], sources={}, root=root, folder=folder))["runs"][0]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", ["c129715d7a2bc9a3:1"]),
        (" a\nb\n  \t\tc\n d", ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]),
        (
            "Lorem ipsum dolor sit amet.\n" * 8,
            [*(f"a7f2ff13bc495cf2:{number}" for number in (1, 2, 3, 4)), "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1",
             "55ec222b86bcae53:1", "cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1"],
        ),
    ],
)  # fmt: skip
def test_line_hashes_are_those_of_code_scanning(text, hashes):
    """The values are what ``hash`` of github/codeql-action gives for these texts."""
    assert line_hashes(text.split("\n")) == hashes


def test_a_place_in_a_notebook_is_its_start_for_those_who_know_lines_of_files_only():
    (result,) = json.loads(told("sarif", [IN_BOOK]))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "book.ipynb", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 1}}
    assert result["message"]["text"].startswith("cell 3, line 2: ")


def test_suppressed_findings_are_told_as_such_and_not_counted():
    suppressed = replace(WRONG, suppressed="by the comment on line 5: known")
    log = json.loads(told("sarif", [suppressed, SILENT]))
    SARIF.validate(log)
    first, second = log["runs"][0]["results"]
    assert first["suppressions"] == [{"kind": "inSource", "justification": "by the comment on line 5: known"}]
    assert "suppressions" not in second
    page = told("html", [suppressed, SILENT])
    assert "Suppressed by the comment on line 5: known" in page
    assert "convlint: 1 warning in 7 files" in page


# --- GitLab --------------------------------------------------------------------------------------

GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string"},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./)"},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
                },
            },
        },
    },
}
"""GitLab Docs, "Code Quality report format": what it asks for; paths are relative and don't begin with ``./``."""


def test_gitlab_is_what_its_documentation_asks_for():
    issues = json.loads(told("gitlab", FINDINGS))
    jsonschema.validate(issues, GITLAB)
    assert len({issue["fingerprint"] for issue in issues}) == len(FINDINGS)
    assert json.loads(told("gitlab", [])) == []


def test_fingerprints_differ_and_survive_moved_lines():
    twice = [WRONG, replace(WRONG, location=replace(WRONG.location, line=6, end_line=6))]
    text = "\n" * 4 + "y = conv1(x)\n" * 2
    moved = [replace(one, location=replace(one.location, line=one.location.line + 3)) for one in twice]
    before = fingerprints(twice, View({"model.py": text}))
    after = fingerprints(moved, View({"model.py": "\n\n# more\n" + text.replace("y =", "y  =")}))
    assert before == after
    assert len(set(before)) == 2
    assert fingerprints([replace(WRONG, code="CL102")], View({"model.py": text}))[0] not in before


# --- reviewdog -----------------------------------------------------------------------------------

MESSAGES = {
    "DiagnosticResult": "diagnostics:Diagnostic* source:Source severity:Severity",
    "Diagnostic": "message:string location:Location severity:Severity source:Source code:Code suggestions:Suggestion* "
    "original_output:string",
    "Location": "-:string path:string range:Range",
    "Range": "start:Position end:Position",
    "Position": "line:int32 column:int32",
    "Suggestion": "range:Range text:string",
    "Source": "name:string url:string",
    "Code": "value:string url:string",
}
"""The messages of the Reviewdog Diagnostic Format, in the order of their fields."""


def reviewdog_result() -> type:
    """The class that reviewdog's own reader, protobuf's JSON, fills; it refuses fields that it does not know."""
    file = descriptor_pb2.FileDescriptorProto(name="rdf.proto", package="rdf", syntax="proto3")
    severity = file.enum_type.add(name="Severity")
    for number, word in enumerate(("UNKNOWN_SEVERITY", "ERROR", "WARNING", "INFO")):
        severity.value.add(name=word, number=number)
    kinds = {"string": 9, "int32": 5}
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate((word.split(":") for word in fields.split()), 1):
            made = message.field.add(name=field.replace("-", "unused"), number=number, label=3 if "*" in kind else 1)
            of = kind.strip("*")
            made.type = kinds.get(of, 14 if of == "Severity" else 11)
            if of not in kinds:
                made.type_name = f".rdf.{of}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("rdf.DiagnosticResult"))


def test_reviewdog_reads_it_and_its_suggestions_repair():
    result = json_format.Parse(told("rdjson", FINDINGS), reviewdog_result()())
    assert [one.code.value for one in result.diagnostics] == [finding.code for finding in FINDINGS]
    odd = result.diagnostics[3]
    line = ODD.splitlines()[1].encode()
    span = odd.location.range
    assert line[span.start.column - 1 : span.end.column - 1].decode() == "y = conv(x, stride="
    (suggestion,) = odd.suggestions
    start, end = suggestion.range.start.column - 1, suggestion.range.end.column - 1
    repaired = line[:start] + suggestion.text.encode() + line[end:]
    assert repaired.decode() == apply(ODD, ODD_FIX.edits).splitlines()[1]
    assert not result.diagnostics[4].location.HasField("range")


def test_edits_of_several_lines_become_one():
    text = "a = 1\nb = 2\nc = 3\n"
    edits = [Edit(Location("m", 3, 1, 3, 2), "d"), Edit(Location("m", 1, 5, 1, 6), "10")]
    whole = merge(edits, text)
    assert whole == Edit(Location("m", 1, 5, 3, 2), "10\nb = 2\nd")
    assert apply(text, [whole]) == apply(text, edits)


# --- XML -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("findings", [FINDINGS, []], ids=["findings", "nothing"])
def test_junit_is_valid_and_jenkins_counts_right(findings):
    text = told("junit", findings)
    xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd")).validate(text)
    suites = junitparser.JUnitXml.fromstring(text.encode())
    cases = [case for suite in suites for case in suite]
    assert (suites.failures, len(cases)) == (len(findings), max(len(findings), 1))
    assert sum(bool(case.result) for case in cases) == len(findings)


def test_what_could_not_be_checked_is_an_error_and_no_failure():
    suites = junitparser.JUnitXml.fromstring(told("junit", [replace(WRONG, code="CL900")]).encode())
    assert (suites.errors, suites.failures) == (1, 0)
    assert isinstance(next(iter(next(iter(suites)))).result[0], junitparser.Error)


def test_checkstyle():
    root = ElementTree.fromstring(told("checkstyle", FINDINGS))
    assert root.tag == "checkstyle"
    files = {file.get("name"): file for file in root}
    assert len(files) == len(root) == 4
    (odd,) = files["odd.py"]
    assert (odd.get("line"), odd.get("column"), odd.get("severity")) == ("2", "15", "error")
    assert odd.get("source") == "convlint.CL101.channel-mismatch"
    assert odd.get("message") == WRONG.message
    (in_book,) = files["book.ipynb"]
    assert in_book.get("message").startswith("cell 3, line 2: ")
    evil = next(file for name, file in files.items() if name.startswith("a"))
    assert "\\x1b[31m\\udc80 <a href='x'>|]&\\x00" in evil[0].get("message")


# --- lines ---------------------------------------------------------------------------------------


def test_teamcity_is_what_its_own_package_would_write():
    theirs = io.BytesIO()
    messages = TeamcityServiceMessages(output=theirs, now=lambda: 0.0)
    text = told("teamcity", [ODDITY, SILENT])
    page = PAGES["CL101"]
    messages.message("inspectionType", id="CL101", name="CL101 channel-mismatch", description=page.summary,
                     category="convlint")  # fmt: skip
    messages.message("inspection", typeId="CL101", message=f"{WRONG.message}\n{WRONG.help}", file="odd.py", line="2",
                     SEVERITY="ERROR")  # fmt: skip

    def parsed(line):
        name, rest = re.fullmatch(r"##teamcity\[(\w+) (.*)\]", line).groups()
        values = dict(re.findall(r"(\w+)='((?:\|.|[^'|])*)'", rest))
        values.pop("timestamp", None)
        return name, values

    wanted = [parsed(line) for line in theirs.getvalue().decode().splitlines() if line]
    assert [parsed(line) for line in text.splitlines()][:2] == wanted
    assert "|0xd83d|0xde42" in told("teamcity", [replace(ODDITY, message="🙂")])
    assert all(line.startswith("##teamcity[") and line.endswith("]") for line in told("teamcity", [EVIL]).splitlines())


def test_azure_escapes_what_would_end_a_property():
    command = re.compile(r"##vso\[task\.logissue ((?:\w+=[^;\]]*;)+)\](.*)")
    lines = told("azure", [ODDITY, EVIL, IN_BOOK]).splitlines()
    odd, evil, in_book, *gaps = (command.fullmatch(line) for line in lines)
    assert odd[1] == "type=error;sourcepath=odd.py;linenumber=2;columnnumber=16;code=CL101;"
    path = dict(part.split("=", 1) for part in evil[1].strip(";").split(";"))["sourcepath"]
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%3B", ";"), ("%AZP25", "%")):
        path = path.replace(escape, character)
    assert path == "a\\udcff\\x1b;]: ,% <b>.py"
    assert "linenumber" not in in_book[1]
    assert [gap[2] for gap in gaps] == [f"convlint: {text}" for text in (*CHECKED.errors, *CHECKED.gaps)]


def test_pylint_lines_are_what_jenkins_reads():
    """``PyLintParser`` of Jenkins' analysis-model, and the gravity that it reads off the letter."""
    pattern = re.compile(r"(.*):(\d+): \[(\D\d*).*\] (.*)")
    read = [pattern.fullmatch(line).groups() for line in told("pylint", [WRONG, SILENT, IN_BOOK]).splitlines()]
    assert read == [
        ("model.py", "5", "E101", f"CL101 {WRONG.message}"),
        ("model.py", "6", "W201", "CL201 two lines"),
        ("book.ipynb", "1", "E101", f"CL101 cell 3, line 2: {WRONG.message}"),
    ]


def test_github_counts_utf16_units_and_says_what_was_not_checked():
    lines = told("github", [ODDITY, EVIL]).splitlines()
    assert lines[0].startswith(
        "::error file=odd.py,line=2,endLine=2,title=CL101 channel-mismatch,col=16,endColumn=35::"
    )
    assert lines[1].startswith("::error file=a\\udcff\\x1b;]%3A %2C%25 <b>.py,line=1")
    assert lines[2:] == [
        "::error title=convlint::out.py: it is read-only",
        "::warning title=convlint::1 file could not be checked at all (CL900, CL908, CL909)",
        "::warning title=convlint::2 files could not be analysed completely (CL906)",
    ]


def test_jsonl_holds_the_objects_of_json():
    assert [json.loads(line) for line in told("jsonl", FINDINGS).splitlines()] == json.loads(told("json", FINDINGS))


# --- Markdown ------------------------------------------------------------------------------------


def test_markdown_renders_as_tables_with_the_text_as_it_was():
    from markdown_it import MarkdownIt

    text = told(
        "markdown", [*FINDINGS, replace(WRONG, message="a|b `c|d` *e* <f> _g_ [h](i)")], links="https://h/blob/1"
    )
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    rows = [token for token in tokens if token.type == "tr_open"]
    assert len(rows) == len(FINDINGS) + 1 + 4
    assert "[5](https://h/blob/1/model.py#L5)" in text
    cell = next(token for token in tokens if token.type == "inline" and "a|b" in token.content.replace("\\", ""))
    shown = "".join(child.content for child in cell.children if child.type in ("text", "code_inline"))
    assert shown.startswith("a|b c|d *e* <f> _g_ [h](i)")
    assert text.startswith(
        "## convlint: 6 errors, 1 warning in 7 files\n\nNot checked:\n\n- out.py: it is read\\-only"[:60]
    )
    assert "<details><summary>CL101 channel-mismatch</summary>" in text


def test_a_summary_that_would_be_dropped_is_cut(monkeypatch):
    monkeypatch.setattr("convlint.report.markdown.MAX_CHARACTERS", 1000)
    text = told("markdown", [WRONG] * 50)
    assert len(text) < 1500
    assert re.search(r"\nand \d+ more\.\n$", text)
