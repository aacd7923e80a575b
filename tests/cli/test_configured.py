"""Configuration, selection and output of ``check`` and ``config`` as a user meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.cli.test_commands import BROKEN, REPAIRED, SILENT, convlint, here, work

__all__ = ["convlint", "here", "work"]


def test_a_faulty_configuration_ends_the_run_with_its_line(convlint, work):
    (work / "pyproject.toml").write_text('[project]\nname = "x"\n\n[tool.convlint]\nselct = ["CL1"]\nfix = 3\n')
    (work / "model.py").write_text(BROKEN)
    done = convlint("check")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "convlint: pyproject.toml:5: there is no option `selct`; did you mean `select`?\n"
        "pyproject.toml:6: `fix` wants true or false, not 3\n"
    )


def test_a_faulty_configuration_below_is_met_when_its_files_are(convlint, work):
    (work / "sub").mkdir()
    (work / "sub" / "convlint.toml").write_text("keras = 9\n")
    (work / "sub" / "model.py").write_text(BROKEN)
    done = convlint("check")
    assert (done.returncode, done.stderr) == (
        2, f"convlint: {os.path.join('sub', 'convlint.toml')}:1: `keras` wants 2 or 3, not 9\n",
    )  # fmt: skip


def test_config_prints_what_holds_and_why(convlint, work):
    (work / "convlint.toml").write_text('select = ["CL1"]\n\n[per-file-ignores]\n"model.py" = ["CL101"]\n')
    (work / "requirements.txt").write_text("keras==2.3.1\n")
    (work / "model.py").write_text(BROKEN)
    done = convlint("config", "model.py")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[:2] == ["# settings for model.py", "# configuration file: convlint.toml"]
    assert any(line.startswith('select = ["CL1"] ') and line.endswith("# convlint.toml:1") for line in lines)
    assert any(line.startswith("keras = 2 ") and line.endswith("# keras==2.3.1 in requirements.txt") for line in lines)
    told = json.loads(convlint("config", "model.py", "--output-format", "json").stdout)
    assert told["settings"]["per-file-ignores"] == {"value": {"model.py": ["CL101"]}, "origin": "convlint.toml:3"}
    assert "CL102" in told["rules"]
    assert not {"CL101", "CL201"} & set(told["rules"])
    assert (
        convlint("config", "modle.py").stderr == "convlint: modle.py: no such file or folder; did you mean model.py?\n"
    )


def test_what_config_prints_is_a_configuration_that_says_the_same(convlint, work):
    (work / "convlint.toml").write_text('select = ["CL1"]\n[per-file-ignores]\n"a b.py" = ["CL101"]\n')
    first = convlint("config").stdout
    (work / "convlint.toml").write_text(first)
    again = convlint("config").stdout
    assert [line.split("  # ")[0] for line in first.splitlines()] == [
        line.split("  # ")[0] for line in again.splitlines()
    ]


def test_options_of_files_hold_for_the_run(convlint, work):
    (work / "convlint.toml").write_text('output-format = "concise"\nfix = true\n')
    (work / "model.py").write_text(BROKEN + SILENT)
    done = convlint("check")
    assert done.stdout.startswith("model.py:5:") and done.stdout.count("\n") == 1
    assert (work / "model.py").read_text() == REPAIRED + SILENT
    (work / "model.py").write_text(BROKEN)
    assert convlint("check", "--no-fix").returncode == 1
    assert (work / "model.py").read_text() == BROKEN
    assert convlint("check", "--exit-non-zero-on-fix").returncode == 1
    assert (work / "model.py").read_text() == REPAIRED


def test_show_files_statistics_quiet_verbose_and_output_file(convlint, work):
    (work / "model.py").write_text(BROKEN + SILENT + BROKEN)
    (work / "other.py").write_text(REPAIRED)
    assert convlint("check", "--show-files").stdout == "model.py\nother.py\n"
    done = convlint("check", "--statistics")
    assert (done.returncode, done.stdout) == (1, "2  CL605  torch-argument\n1  CL201  channels-first-input\n")
    counted = json.loads(convlint("check", "--statistics", "--output-format", "json").stdout)
    assert counted[0] == {"code": "CL605", "name": "torch-argument", "count": 2}
    assert convlint("check", "-q").stderr == ""
    told = convlint("check", "--verbose").stderr
    assert "configuration: none\n" in told
    assert "Keras generation: 3 " in told
    done = convlint("check", "--output-file", "report.txt", "--output-format", "concise")
    assert (done.returncode, done.stdout) == (1, "")
    assert (work / "report.txt").read_text().count("\n") == 3
    assert convlint("check", "--output-file", "no/report.txt").stderr == (
        "convlint: --output-file no/report.txt: No such file or directory\n"
    )
    assert "# settings for model.py\n" in convlint("check", "--show-settings").stdout


def test_help_fits(convlint):
    """The list of commands in a terminal of 24 lines; no line of any help is longer than 80 columns."""
    top = convlint("--help").stdout
    assert len(top.splitlines()) <= 24
    for words in ([], ["check"], ["config"], ["shapes"], ["inspect"], ["compare"], ["diagnose"], ["rule"]):
        assert max(map(len, convlint(*words, "--help").stdout.splitlines())) <= 80


def test_every_option_of_the_table_stands_in_the_help(convlint):
    from convlint.options import OPTIONS

    told = convlint("check", "--help").stdout
    assert [option.flag for option in OPTIONS if option.flag not in told] == []


def test_suppressions_and_baseline_from_the_command_line(convlint, work):
    (work / "model.py").write_text(BROKEN)
    done = convlint("check", "--write-baseline", "known.json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "1 finding of 1 file written to known.json\n")
    assert convlint("check", "--baseline", "known.json").returncode == 0
    (work / "convlint.toml").write_text('baseline = "known.json"\n')
    done = convlint("check", "--show-suppressed", "--output-format", "json")
    assert done.returncode == 0
    assert [one["suppressed"] for one in json.loads(done.stdout)] == ["by the baseline known.json"]
    (work / "convlint.toml").unlink()
    done = convlint("check", "--add-suppressions=the lecture")
    assert (done.returncode, done.stderr) == (0, "1 finding suppressed in 1 file\n")
    assert (work / "model.py").read_text().endswith("  # convlint: ignore[CL605] the lecture\n")
    assert convlint("check").returncode == 0
    shown = convlint("check", "--show-suppressed").stdout
    assert "suppressed: by the comment on line 3: the lecture" in shown
    sarif = json.loads(convlint("check", "--show-suppressed", "--output-format", "sarif").stdout)
    (result,) = sarif["runs"][0]["results"]
    assert result["suppressions"][0]["kind"] == "inSource"
    assert convlint("check", "--show-suppressed", "--output-format", "junit").stderr == (
        "convlint: --show-suppressed: the format junit has no way to say that a finding is suppressed\n"
    )
    assert convlint("check", "--baseline", "gone.json").stderr == (
        "convlint: gone.json: there is no such baseline; --write-baseline gone.json makes it\n"
    )


def test_explain_shows_every_step(convlint, work):
    steps = "x = keras.layers.Conv2D(8, 3)(x)\n" * 8
    (work / "model.py").write_text(
        f"import keras\nx = keras.Input((17, 17, 1))\n{steps}x = keras.layers.Conv2D(8, 9)(x)\n"
    )
    short, long = convlint("check").stdout, convlint("check", "--explain").stdout
    assert "with --explain" in short
    assert "earlier step" not in long
    assert "(None, 17, 17, 1)" in long
    assert "(None, 17, 17, 1)" not in short


FIRST = """\
import keras
image = keras.Input((3, 32, 32))
features = keras.layers.Conv2D(8, 3)(image)


def build():
    image = keras.Input((3, 32, 32))
    return keras.Model(image, keras.layers.Conv2D(8, 3)(image))
"""


def test_every_command_goes_by_the_configuration_nearest_to_the_file(convlint, work):
    """Not by that of the folder it is run in."""
    (work / "torch").mkdir()
    (work / "torch" / "convlint.toml").write_text('image-data-format = "channels_first"\n')
    (work / "torch" / "model.py").write_text(FIRST)
    (work / "convlint.toml").write_text('image-data-format = "channels_last"\nignore = ["ALL"]\n')
    file = os.path.join("torch", "model.py")
    assert "features: (None, 8, 30, 30)" in convlint("shapes", file).stdout
    assert "(None, 8, 30, 30)" in convlint("inspect", "--static", f"{file}:build").stdout
    assert "(None, 8, 30, 30)" not in convlint("shapes", file, "--isolated").stdout
    last = convlint("shapes", file, "--config", "image-data-format=channels_last").stdout
    assert "features: (None, 1, 30, 8)" in last
    assert "(None, 1, 30, 8)" in convlint("inspect", "--static", f"{file}:build", "--isolated").stdout


def test_diagnose_goes_by_the_configuration_nearest_to_the_line(convlint, work):
    (work / "old").mkdir()
    (work / "old" / "convlint.toml").write_text("keras = 2\n")
    text = "from tensorflow import keras\nx = keras.Input((8,))\ny = keras.layers.Dense(3, weights=[])(x)\n"
    log = 'Traceback (most recent call last):\n  File "{}", line 3, in <module>\nValueError: something odd\n'
    for folder in ("old", "."):
        (work / folder / "model.py").write_text(text)
        (work / "log.txt").write_text(log.format(os.path.join(folder, "model.py")))
        told = json.loads(convlint("diagnose", "log.txt", "--output-format", "json").stdout)
        assert bool(told["errors"][0]["findings"]) is (folder == ".")


def test_a_faulty_configuration_is_said_by_every_command(convlint, work):
    (work / "sub").mkdir()
    (work / "sub" / "convlint.toml").write_text("keras = 9\n")
    file = os.path.join("sub", "model.py")
    (work / file).write_text(FIRST)
    for words in (["shapes", file], ["inspect", "--static", f"{file}:build"]):
        done = convlint(*words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"convlint: {os.path.join('sub', 'convlint.toml')}:1: `keras` wants 2 or 3, not 9\n"


def test_the_users_own_configuration_holds_where_a_project_has_none(convlint, work):
    home = work / "home of a user"
    (home / "convlint").mkdir(parents=True)
    (home / "convlint" / "convlint.toml").write_text('ignore = ["CL6"]\noutput-format = "concise"\n')
    (work / "model.py").write_text(BROKEN)
    told = json.loads(convlint("config", "model.py", "--output-format", "json", XDG_CONFIG_HOME=str(home)).stdout)
    assert told["settings"]["output-format"]["value"] == "concise"
    assert told["settings"]["ignore"]["origin"].endswith("convlint.toml:1")
    (work / "convlint.toml").write_text("")
    told = json.loads(convlint("config", "model.py", "--output-format", "json", XDG_CONFIG_HOME=str(home)).stdout)
    assert told["settings"]["output-format"] == {"value": "text", "origin": "default"}


def test_the_name_of_the_standard_input_means_the_standard_input(convlint, work):
    (work / "model.py").write_text(BROKEN)
    done = convlint("check", "--stdin-filename", "other.py", "--output-format", "concise")
    assert (done.returncode, done.stdout) == (0, "")
    done = convlint("check", "--stdin-filename", "other.py", "model.py")
    assert done.stderr == "convlint: --stdin-filename names the standard input; give - in place of files\n"


def test_a_machine_may_choose_the_format(convlint, work):
    """By the environment: stronger than configuration files, weaker than the option."""
    (work / "model.py").write_text(BROKEN)
    (work / "convlint.toml").write_text('output-format = "concise"\n')
    assert convlint("check", CONVLINT_OUTPUT_FORMAT="github").stdout.startswith("::error file=model.py")
    assert json.loads(convlint("check", "--output-format", "json", CONVLINT_OUTPUT_FORMAT="github").stdout)


def test_what_is_excluded_is_called_excluded(convlint, work):
    (work / "model.py").write_text(BROKEN)
    done = convlint("check", "model.py", "--exclude", "model.py", "--force-exclude")
    assert (done.returncode, done.stderr) == (0, "note: model.py is excluded\nnothing found in 0 files\n")


def test_a_path_of_another_system_names_the_one_here(convlint, work):
    (work / "src").mkdir()
    (work / "src" / "model.py").write_text(BROKEN)
    if os.sep == "/":
        done = convlint("check", "src\\model.py")
        assert "src\\model.py: no such file or folder; did you mean src/model.py?" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device here")
@pytest.mark.parametrize("words", ["check model.py", "rule", "config", "shapes model.py", "--help"])
def test_a_stream_that_takes_no_more(work, words):
    (work / "model.py").write_text(BROKEN)
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "convlint", *words.split()], cwd=work, stdout=full, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert "convlint: the output can't be written: No space left on device\n" in done.stderr
    assert "bug" not in done.stderr
