"""The command line as a user meets it: real processes, exit codes, streams."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest

from convlint.cli.help import COMMANDS

BROKEN = """import keras
x = keras.Input((28, 28, 1))
y = keras.layers.Conv2D(8, 3, stride=2)(x)
"""
REPAIRED = BROKEN.replace("stride=", "strides=")
SILENT = """import keras
y = keras.layers.Conv2D(10, 8, padding="same")(keras.Input((1, 32, 32)))
"""


@pytest.fixture
def here(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path


@pytest.fixture
def convlint(here):
    def run(*words, **environment):
        folder = here / "work"
        folder.mkdir(exist_ok=True)
        surroundings = {
            key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")
        }
        surroundings |= {"KERAS_HOME": str(here / "home"), "PYTHONIOENCODING": "utf-8"} | environment
        return subprocess.run(
            [sys.executable, "-m", "convlint", *words], cwd=folder, env=surroundings, capture_output=True, text=True,
            encoding="utf-8", check=False, timeout=120,
        )  # fmt: skip

    return run


@pytest.fixture
def work(here):
    folder = here / "work"
    folder.mkdir(exist_ok=True)
    return folder


def test_findings_go_to_stdout_and_the_summary_to_stderr(convlint, work):
    (work / "model.py").write_text(BROKEN)
    done = convlint("check")
    assert done.returncode == 1
    assert done.stdout.startswith("model.py:3:5: error CL605 torch-argument: ")
    assert done.stdout.endswith(
        "    - y = keras.layers.Conv2D(8, 3, stride=2)(x)\n    + y = keras.layers.Conv2D(8, 3, strides=2)(x)\n"
    )
    assert done.stderr == "1 error in 1 file; repairable: 1 with --fix\n"
    assert "\x1b" not in done.stdout


def test_a_clean_file_is_silent(convlint, work):
    (work / "model.py").write_text(REPAIRED)
    done = convlint("check", "model.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "nothing found in 1 file\n")


def test_a_missing_path_costs_no_other_file(convlint, work):
    (work / "model.py").write_text(BROKEN)
    done = convlint("check", "modle.py", "model.py", "--output-format", "concise")
    assert done.returncode == 2
    assert done.stdout.startswith("model.py:3:5: error CL605")
    assert "convlint: modle.py: no such file or folder; did you mean model.py?\n" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "--select", "CL1O1"], "convlint: --select: no rule is called CL1O1; did you mean CL101?\n"),
        (["check", "--ignore", "CL101,zzz"], "convlint: --ignore: no rule is called zzz\n"),
        (["rule", "chanel-mismatch"], "convlint: no rule is called chanel-mismatch; did you mean channel-mismatch?\n"),
        (["check", "--memory-limit", "much"],
         'convlint: --memory-limit wants a size such as 512MB or 4GB, not "much"\n'),
        (["check", "--image-data-format", "NCHW"],
         'convlint: --image-data-format wants channels_last or channels_first, not "NCHW"\n'),
        (["inspect", "modle.py:f"],
         "convlint: there is no file `modle.py` (from `modle.py:f`); did you mean model.py?\n"),
        (["inspect", "model.py:f", "--arg", "n"],
         "convlint: the argument `n` does not read name=value, as in classes=10\n"),
        (["shapes", "."], "convlint: .: a folder; `convlint shapes` prints files\n"),
        (["shapes", "modle.py"], "convlint: modle.py: no such file or folder; did you mean model.py?\n"),
    ],
)  # fmt: skip
def test_bad_words_get_one_clear_sentence(convlint, work, words, message):
    (work / "model.py").write_text(REPAIRED)
    done = convlint(*words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chek"], "there is no command chek; did you mean convlint check?"),
        (["linter"], "there is no command linter; did you mean convlint rule?"),
        (["clean"], "there is no command clean; results are kept in the folder .convlint_cache, which may be removed"),
        (["xyz"], "there is no command xyz; there are check, inspect, diagnose, compare, shapes, rule, config, server"),
        (["model.py"], "what is to be done with model.py? convlint check model.py looks for mistakes in it"),
        (["--fix", "model.py"], "--fix stands behind its command: convlint check --fix"),
        (["--xyz"], "convlint has no option --xyz; convlint --help lists them"),
        (["check", "--selct", "CL1"], "check has no option --selct; did you mean --select?"),
        (["check", "--add-noqa"], "check has no option --add-noqa: --add-suppressions writes such comments"),
        (["check", "-Z"], "check has no option -Z; convlint check --help lists them"),
        (["check", "--jobs"], "option '--jobs' requires an argument"),
        (["rule", "--all"], "rule has no option --all: without a code it lists all rules"),
        (["server", "--preview"], "server has no option --preview; convlint server --help lists them"),
        (["compare", "a.py:f"], "compare: missing argument 'B'"),
        (["check", "--color", "blue"], "check: invalid value for '--color': 'blue' is not one of 'auto', "),
        (["check", "--output-format", "json-line"], "--output-format wants one of text, concise, json"),
        (["rule", "CL10"], "CL10 begins 9 codes; convlint rule --group CL10 lists them"),
        (["check", "--add-suppressions", "--diff"], "--add-suppressions writes comments in place of fixes"),
        (["config", "selct"], "selct: no such file or folder, and no option; did you mean select?"),
    ],
)  # fmt: skip
def test_a_word_that_nobody_knows_names_the_nearest_or_what_does_it_here(convlint, words, said):
    done = convlint(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"convlint: {said}")
    assert done.stderr.count("\n") == 1


def test_formats_as_other_linters_call_them(convlint, work):
    for word, name in (("full", "text"), ("grouped", "text"), ("json-lines", "jsonl")):
        assert convlint("check", "--output-format", word).stderr.endswith(f'not "{word}"; did you mean {name}?\n')


def test_fix_only_repairs_and_reports_nothing_of_what_is_left(convlint, work):
    left = "z = keras.layers.Conv2D(4, 40)(x)\n"
    (work / "model.py").write_text(BROKEN + left)
    done = convlint("check", "--fix-only", "--show-fixes")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("repaired: model.py:3:5: error CL605 torch-argument: ")
    assert (work / "model.py").read_text() == REPAIRED + left
    assert convlint("check", "--fix-only", "--exit-non-zero-on-fix").returncode == 0
    assert convlint("check").returncode == 1


def test_config_explains_an_option(convlint):
    done = convlint("config", "per-file-ignores")
    assert done.returncode == 0
    assert done.stdout.startswith("per-file-ignores\n\nRules that don't report in the files that a pattern chooses.")
    assert "  command line: --per-file-ignores\n" in done.stdout


def test_files_that_can_not_be_read_or_parsed_are_findings_and_the_rest_is_checked(convlint, work):
    (work / "a_syntax.py").write_text("import keras\nx = (\n")
    (work / "b_bytes.py").write_bytes(b"import keras\nx = '\xe9'\n")
    (work / "c_nested.py").write_text("import keras\nx = " + "(" * 3000 + ")" * 3000 + "\n")
    (work / "d_null.py").write_bytes(b"import keras\x00\n")
    (work / "e_empty.py").write_bytes(b"")
    (work / "model.py").write_text(BROKEN)
    done = convlint("check", "--output-format", "json")
    found = [(one["file"], one["code"]) for one in json.loads(done.stdout)]
    assert done.returncode == 1
    assert ("a_syntax.py", "CL900") in found
    assert ("b_bytes.py", "CL908") in found
    assert ("model.py", "CL605") in found
    assert "Traceback" not in done.stderr


def test_select_and_ignore(convlint, work):
    (work / "model.py").write_text(BROKEN + SILENT)
    codes = lambda *words: [  # noqa: E731
        one["code"] for one in json.loads(convlint("check", "--output-format", "json", *words).stdout)
    ]
    assert codes() == ["CL605", "CL201"]
    assert codes("--select", "CL2") == ["CL201"]
    assert codes("--select", "CL2,torch-argument", "--ignore", "CL201") == ["CL605"]


def test_fix_keeps_encoding_line_endings_mark_and_mode(convlint, work):
    file = work / "model.py"
    text = "# -*- coding: utf-8 -*-\r\n# 卷积  \r\n" + BROKEN.replace("\n", "\r\n")
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    file.chmod(0o755)
    done = convlint("check", "--fix")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "nothing found in 1 file; 1 finding repaired\n"
    assert file.read_bytes() == b"\xef\xbb\xbf" + text.replace("stride=", "strides=").encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o755
    assert os.listdir(work) == ["model.py"]


def test_fix_in_another_encoding(convlint, work):
    file = work / "model.py"
    text = "# coding: gbk\n# 卷积\n" + BROKEN
    file.write_bytes(text.encode("gbk"))
    assert convlint("check", "--fix").returncode == 0
    assert file.read_bytes() == text.replace("stride=", "strides=").encode("gbk")


def test_safe_fixes_leave_unsafe_ones_to_the_user(convlint, work):
    file = work / "model.py"
    file.write_text(SILENT)
    assert convlint("check", "--fix").returncode == 1
    assert file.read_text() == SILENT
    assert convlint("check", "--unsafe-fixes").returncode == 0
    assert file.read_text() == SILENT.replace("(1, 32, 32)", "(32, 32, 1)")


def test_diff_shows_and_changes_nothing(convlint, work):
    file = work / "model.py"
    file.write_text(BROKEN)
    done = convlint("check", "--diff")
    assert done.returncode == 1
    assert (
        done.stdout
        == """\
--- a/model.py
+++ b/model.py
@@ -1,3 +1,3 @@
 import keras
 x = keras.Input((28, 28, 1))
-y = keras.layers.Conv2D(8, 3, stride=2)(x)
+y = keras.layers.Conv2D(8, 3, strides=2)(x)
"""
    )
    assert done.stderr == "nothing found in 1 file; 1 finding would be repaired\n"
    assert file.read_text() == BROKEN


def test_a_read_only_file_is_an_error_and_stays(convlint, work):
    file = work / "model.py"
    file.write_text(BROKEN)
    file.chmod(0o444)
    done = convlint("check", "--fix")
    assert done.returncode == 2
    assert "convlint: model.py: it is read-only, and stays as it was\n" in done.stderr
    assert done.stdout.startswith("model.py:3:5: error CL605")
    assert file.read_text() == BROKEN


@pytest.mark.parametrize(
    ("words", "environment", "colored"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours(convlint, work, words, environment, colored):
    (work / "model.py").write_text(BROKEN)
    assert ("\x1b[" in convlint("check", *words, **environment).stdout) is colored


def test_the_assumed_layout_is_said_where_it_mattered(convlint, work, here):
    (work / "model.py").write_text(SILENT)
    assert "note: image_data_format is taken to be channels_last (Keras' own default)\n" in convlint("check").stderr
    (here / "home" / "keras.json").write_text('{"image_data_format": "channels_first"}')
    done = convlint("check")
    assert (done.returncode, done.stdout) == (0, "")
    assert "note: image_data_format is taken to be channels_first ($KERAS_HOME/keras.json)\n" in done.stderr


def test_a_broken_keras_json_is_a_warning(convlint, work, here):
    (work / "model.py").write_text(REPAIRED)
    (here / "home" / "keras.json").write_text("{")
    done = convlint("check")
    assert done.returncode == 0
    assert done.stderr.startswith("warning: $KERAS_HOME/keras.json can't be read")


def test_a_reader_that_leaves_early_is_no_error(convlint, work, here):
    (work / "model.py").write_text(BROKEN * 400)
    process = subprocess.Popen(
        [sys.executable, "-m", "convlint", "check"], cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    message = process.stderr.read()
    assert process.wait(timeout=120) == 1
    assert "Traceback" not in message
    assert "Exception ignored" not in message


def test_ascii_output_escapes_what_it_lacks(convlint, work):
    (work / "model.py").write_text("# 卷积\n" + BROKEN.replace("x)", "x)  # 卷积"), encoding="utf-8")
    done = convlint("check", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "\\u5377\\u79ef" in done.stdout


def test_a_bug_in_one_file_is_a_finding_and_the_others_are_checked(work, monkeypatch):
    """A fault is put in on purpose: the first analysis raises."""
    from convlint import analysis
    from convlint.api import check_paths

    (work / "a.py").write_text(REPAIRED)
    (work / "b.py").write_text(BROKEN)
    real = analysis.analyse_source

    def sometimes(text, file, *rest):
        if file.endswith("a.py"):
            raise ZeroDivisionError("on purpose")
        return real(text, file, *rest)

    monkeypatch.setattr(analysis, "analyse_source", sometimes)
    run = check_paths([work])
    assert [finding.code for finding in run.findings] == ["CL909", "CL605"]
    assert "ZeroDivisionError: on purpose" in run.findings[0].message
    assert run.exit_code == 1


def test_shapes_prints_the_source_with_shapes(convlint, work):
    (work / "model.py").write_text(REPAIRED)
    done = convlint("shapes", "model.py")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[1].startswith("2 | x = keras.Input((28, 28, 1))")
    assert "x: (None, 28, 28, 1) float32" in lines[1]
    assert "y: (None, 13, 13, 8)" in lines[2]


def test_rule_prints_lists_and_searches(convlint):
    page = convlint("rule", "cl204")
    assert page.returncode == 0
    assert page.stdout.startswith("CL204 kernel-layout-oihw (error)\n")
    listed = convlint("rule")
    assert {"CL101", "CL204", "CL900"} <= {line.split()[0] for line in listed.stdout.splitlines()}
    found = convlint("rule", "--search", "1 != 8")
    assert "CL204" in {line.split()[0] for line in found.stdout.splitlines()}
    assert convlint("rule", "--search", "zzzz").returncode == 1
    assert convlint("rule", "--group", "CL99").returncode == 1


def test_rules_are_filtered(convlint):
    """By the beginning of the code, by severity, and by whether a fix exists; together they narrow down."""
    every = json.loads(convlint("rule", "--output-format", "json").stdout)

    def codes(*options):
        return [one["code"] for one in json.loads(convlint("rule", *options, "--output-format", "json").stdout)]

    assert codes("--group", "CL2") == codes("--group", "2") == [one["code"] for one in every if one["code"][2] == "2"]
    # A rule may judge two problems, and one of them more gravely.
    assert {one["code"] for one in every if one["severity"] == "info"} <= set(codes("--severity", "info"))
    assert not {one["code"] for one in every if one["severity"] == "info"} & set(codes("--severity", "error"))
    fixable, rest = codes("--fixable"), codes("--not-fixable")
    assert sorted(fixable + rest) == [one["code"] for one in every]
    assert "CL204" in fixable
    assert "CL302" in rest
    assert codes("--group", "CL3", "--not-fixable") == [code for code in rest if code.startswith("CL3")]


def test_rule_json_names_the_rule(convlint):
    assert json.loads(convlint("rule", "CL204", "--output-format", "json").stdout)["name"] == "kernel-layout-oihw"


def test_a_users_file_with_the_name_of_a_standard_module_does_no_harm(convlint, work):
    for name in ("random.py", "json.py", "typing.py", "rich.py"):
        (work / name).write_text("raise SystemExit('imported by mistake')\n")
    (work / "model.py").write_text(BROKEN)
    done = convlint("check", "--output-format", "json")
    assert [finding["code"] for finding in json.loads(done.stdout)] == ["CL605"]


def test_what_a_program_prints_is_shown_where_it_is_asked_for(convlint, work):
    pytest.importorskip("keras")
    (work / "model.py").write_text(
        "import keras, sys\n\ndef build():\n    print('a\\x1b[31mred\\nsecond')\n    print('oops', file=sys.stderr)\n"
        "    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])\n"
    )
    assert "second" not in convlint("inspect", "model.py:build").stderr
    done = convlint("inspect", "model.py:build", "--show-output")
    assert "second" not in done.stdout
    assert "what model.py:build wrote to its standard output:\n  a" in done.stderr
    assert "  second\nwhat model.py:build wrote to its standard error:\n  oops\n" in done.stderr
    assert "\x1b" not in done.stderr


def test_inspecting_what_makes_no_layer_is_said(convlint, work):
    pytest.importorskip("keras")
    (work / "model.py").write_text("def number():\n    return 5\n")
    done = convlint("inspect", "model.py:number")
    assert (done.returncode, done.stdout) == (2, "")
    assert "model.py:number: it was run to its end, and no layer was made or called" in done.stderr


def test_a_folder_without_python_files_is_said(convlint, work):
    (work / "empty").mkdir()
    done = convlint("check", "empty")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "note: no Python files in empty\nnothing found in 0 files\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_tells_the_first_sentence_of_their_help(name):
    help = COMMANDS[name].load(name).help
    assert " ".join(help.split("\n\n")[0].split()) == COMMANDS[name].summary
