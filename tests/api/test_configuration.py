"""Configuration files: found, inherited, checked; what they and the command line say together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from convlint.analysis import Analyser
from convlint.api import check_paths
from convlint.configuration import Configurations, user_file
from convlint.options import EXCLUDE, INCLUDE, OPTIONS, size_of
from convlint.rules.registry import load
from convlint.settings import FixMode, SettingsError
from convlint.toml import loads

STRIDE = """import keras
y = keras.layers.Conv2D(8, 3, stride=2)(keras.Input((28, 28, 1)))
"""
SILENT = """import keras
y = keras.layers.Conv2D(10, 8, padding="same")(keras.Input((1, 32, 32)))
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    return tmp_path


def write(**files: str) -> None:
    for name, text in files.items():
        path = name.replace("__", "/").replace("_toml", ".toml").replace("_py", ".py").replace("DOT", ".")
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(textwrap.dedent(text))


def rules(file: str, configurations: Configurations | None = None) -> set[str]:
    """The rules that report, but for those about files that could not be read: they always do."""
    settings = (configurations or Configurations()).for_file(file)
    return set(Analyser(settings, load()).reporting) - {"CL900", "CL908"}


def complaint(*words: object, **options: object) -> str:
    with pytest.raises(SettingsError) as caught:
        Configurations(*words, **options).for_file("model.py")  # type: ignore[arg-type]
    return str(caught.value)


# --- finding -------------------------------------------------------------------------------------


def test_the_nearest_file_holds_and_replaces_those_above():
    write(pyproject_toml='[tool.convlint]\nselect = ["CL1"]\n', sub__convlint_toml='ignore = ["CL101"]\n')
    assert {code[:3] for code in rules("model.py")} == {"CL1"}
    below = rules("sub/deep/model.py")
    assert "CL101" not in below
    assert "CL201" in below


@pytest.mark.parametrize(
    ("names", "winner"),
    [
        ([".convlint.toml", "convlint.toml", "pyproject.toml"], ".convlint.toml"),
        (["convlint.toml", "pyproject.toml"], "convlint.toml"),
        (["pyproject.toml"], "pyproject.toml"),
    ],
)
def test_one_file_of_a_folder_counts(here, names, winner):
    for name in names:
        table = "[tool.convlint]\n" if name == "pyproject.toml" else ""
        (here / name).write_text(f'{table}profile = "strict"\n')
    source = Configurations().run.file()
    assert source is not None
    assert source.name == winner


def test_a_pyproject_file_without_the_table_is_passed_over():
    write(
        pyproject_toml='[tool.convlint]\nprofile = "port"\n', sub__pyproject_toml='[project]\nname = "convlint-user"\n'
    )
    assert Configurations().for_file("sub/model.py").profile == "port"


def test_a_broken_pyproject_file_that_says_nothing_of_convlint_is_not_ours():
    write(pyproject_toml="[project\n")
    assert Configurations().run.layers[:-1] == ()


def test_isolated_reads_none():
    write(convlint_toml="nonsense\n")
    assert Configurations(isolated=True).for_file("model.py").profile == ""


def test_a_given_file_replaces_those_that_are_found():
    write(
        convlint_toml='profile = "port"\n',
        other__strict_toml='profile = "strict"\nper-file-ignores = {"a.py" = ["CL1"]}\n',
    )
    configurations = Configurations(config=["other/strict.toml"])
    assert configurations.for_file("model.py").profile == "strict"
    # Its patterns are relative to the folder that convlint runs in.
    assert configurations.for_file("a.py").silenced == ("CL1",)


# --- inheriting ----------------------------------------------------------------------------------


def test_extend_keeps_what_is_not_said_again():
    write(
        base_toml='select = ["CL1", "CL2"]\nextend-select = ["CL906"]\nprofile = "port"\n',
        sub__convlint_toml='extend = "../base.toml"\nextend-ignore = ["CL101"]\nprofile = "strict"\n',
    )
    found = rules("sub/model.py")
    assert {"CL102", "CL201", "CL906"} <= found
    assert not {"CL101", "CL605"} & found
    assert Configurations().for_file("sub/model.py").profile == "strict"


def test_extend_replaces_select_and_keeps_extend_select():
    write(
        base_toml='select = ["CL1"]\nextend-select = ["CL906"]\n',
        convlint_toml='extend = "base.toml"\nextend-select = ["CL605"]\n',
    )
    assert {"CL101", "CL605", "CL906"} <= rules("model.py")
    write(convlint_toml='extend = "base.toml"\nselect = ["CL2"]\n')
    assert "CL906" not in rules("model.py")


def test_patterns_of_an_extended_file_stay_relative_to_it():
    write(
        top__base_toml='extend-exclude = ["/old.py"]\n',
        top__sub__convlint_toml='extend = "../base.toml"\nextend-exclude = ["/new.py"]\n',
    )
    for name in ("old.py", "new.py", "kept.py"):
        write(**{f"top__sub__{name[:-3]}_py": STRIDE})
    write(top__old_py=STRIDE)
    checked = {finding.location.file for finding in check_paths(["top"], Configurations()).findings}
    assert checked == {os.path.join("top", "sub", "old.py"), os.path.join("top", "sub", "kept.py")} | (
        {os.path.join("top", "old.py")}
    )


def test_a_circle_and_a_missing_file_are_named():
    write(convlint_toml='extend = "other.toml"\n', other_toml='extend = "convlint.toml"\n')
    assert complaint() == "convlint.toml:1: `extend` leads back to this file"
    write(convlint_toml='\nextend = "gone.toml"\n')
    assert complaint() == "convlint.toml:2: `extend` names gone.toml, which is no file"


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('# c\n\nselct = ["CL1"]\n', "3: there is no option `selct`; did you mean `select`?"),
        ("extend_select = []\n", "1: there is no option `extend_select`; did you mean `extend-select`?"),
        ("zzzzzzz = 1\n", "1: there is no option `zzzzzzz`"),
        ('select = [\n  "CL1",\n  "CL1O1",\n]\n', "3: `select` names CL1O1, which no rule has; did you mean CL101?"),
        ('select = "CL1"\n',
         '1: `select` wants a list of rules, as in ["CL1", "torch-argument"], not "CL1"'),
        ("fix = 1\n", "1: `fix` wants true or false, not 1"),
        ("keras = true\n", "1: `keras` wants 2 or 3, not true"),
        ('profile = "hard"\n', '1: `profile` wants one of strict, port, ci, not "hard"'),
        ("time-limit = 0\n", "1: `time-limit` wants at least 0.1 seconds, not 0"),
        ('memory-limit = "much"\n', '1: `memory-limit` wants a size such as 512MB or 4GB, not "much"'),
        ('\n[per-file-ignores]\n"a.py" = ["CL1"]\n"b.py" = ["chanel-mismatch"]\n',
         "4: `per-file-ignores` names chanel-mismatch, which no rule has; did you mean channel-mismatch?"),
        ("x = \n", "1: this is no TOML: Invalid value"),
        ('a = "' + "\n", "1: this is no TOML: Illegal character '\\n'"),
        ('include = [""]\n', "1: `include` wants a list of patterns"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_and_the_nearest_right_word(here, text, told):
    write(convlint_toml=text)
    assert complaint().startswith(f"convlint.toml:{told}")
    (here / "convlint.toml").unlink()
    if told.startswith("1: this is no TOML"):
        return
    table = text.replace("[per", "[tool.convlint.per") if "[per" in text else f"[tool.convlint]\n{text}"
    write(pyproject_toml='[project]\nname = "x"\n' + ("\n" if "[per" in text else "") + table)
    line, _, rest = told.partition(": ")
    assert complaint().startswith(f"pyproject.toml:{int(line) + 3}: {rest}")


def test_every_fault_of_a_file_is_told_at_once():
    write(convlint_toml='ignor = []\nselect = ["CL1O1"]\n')
    assert len(complaint().splitlines()) == 2


def test_a_fault_on_the_command_line_names_the_option():
    assert complaint({"select": ("CL1O1",)}) == "--select: no rule is called CL1O1; did you mean CL101?"
    assert complaint({"keras": "4"}) == '--keras wants 2 or 3, not "4"'
    assert complaint(config=["ignore = 3"]).startswith("--config: `ignore` wants a list of rules")
    assert complaint(config=["gone.toml"]) == "--config gone.toml: neither a file nor `key = value`"
    assert complaint(config=["a = [1"]).startswith("--config a = [1: this is no TOML")


def test_bytes_that_are_no_text_are_told(here):
    (here / "convlint.toml").write_bytes(b"\xff\xfe")
    assert complaint().startswith("convlint.toml:1: it can't be read (it is not valid UTF-8")


# --- together ------------------------------------------------------------------------------------


def test_the_command_line_comes_first():
    write(convlint_toml='select = ["CL1"]\nprofile = "port"\nkeras = 2\nfix = true\n')
    settings = Configurations({"profile": "strict", "fix": False}, config=["keras = 3"]).for_file("model.py")
    assert (settings.profile, settings.keras, settings.fix) == ("strict", 3, FixMode.NONE)
    assert Configurations().for_file("model.py").fix is FixMode.SAFE
    found = rules("m.py", Configurations({"extend-select": ("CL2",), "ignore": ("CL1", "CL8")}))
    assert {code[:3] for code in found} == {"CL2"}


def test_a_bare_word_needs_no_quotes_on_the_command_line():
    assert Configurations(config=["profile=strict"]).for_file("model.py").profile == "strict"


@pytest.mark.parametrize(
    ("select", "ignore", "inside", "outside"),
    [
        (["CL1"], ["CL101"], "CL102", "CL101"),
        (["CL101"], ["CL1"], "CL101", "CL102"),
        (["ALL"], ["CL1"], "CL201", "CL101"),
        (["CL10"], ["CL1"], "CL101", "CL111"),
        (["channel-mismatch"], ["CL10"], "CL101", "CL102"),
        (["CL1"], ["CL1"], None, "CL101"),
        (["CL101"], ["channel-mismatch"], None, "CL101"),
    ],
)
def test_the_more_precise_word_wins(select, ignore, inside, outside):
    found = rules("model.py", Configurations({"select": tuple(select), "ignore": tuple(ignore)}))
    assert inside is None or inside in found
    assert outside not in found


def test_per_file_ignores_hold_below_the_folder_of_their_file(here):
    write(
        convlint_toml="""\
        [per-file-ignores]
        "tests/**" = ["CL605"]
        "!src/**" = ["CL2"]
        "/only.py" = ["ALL"]
        """,
        src__a_py=STRIDE + SILENT, tests__a_py=STRIDE + SILENT, only_py=STRIDE, sub__only_py=STRIDE,
    )  # fmt: skip
    found = {
        (one.location.file.replace(os.sep, "/"), one.code) for one in check_paths(["."], Configurations()).findings
    }
    assert found == {("src/a.py", "CL605"), ("src/a.py", "CL201"), ("sub/only.py", "CL605")}


def test_a_finding_in_an_imported_module_is_judged_by_the_settings_of_that_module():
    write(
        app_py="import keras\nfrom lib.layers import block\nblock(keras.Input((28, 28, 1)))\n",
        lib__layers_py="import keras\n\ndef block(x):\n    return keras.layers.Conv2D(8, 3, stride=2)(x)\n",
    )
    assert [one.location.file for one in check_paths(["app.py"], Configurations()).findings] == [
        os.path.join("lib", "layers.py")
    ]
    write(lib__convlint_toml='ignore = ["CL605"]\n')
    assert check_paths(["app.py"], Configurations()).findings == ()


# --- files ---------------------------------------------------------------------------------------


def checked(*paths: str, **flags: object) -> list[str]:
    from convlint import files

    keys = {key.replace("_", "-"): value for key, value in flags.items()}
    return [file.replace(os.sep, "/") for file in files.find(paths or ["."], Configurations(keys)).files]


def test_include_and_exclude():
    write(a_py="", b_py="", old__c_py="", old__keep__d_py="", third__e_py="", DOThidden__f_py="", data_txt="")
    assert checked() == ["a.py", "b.py", "old/c.py", "old/keep/d.py", "third/e.py"]
    write(convlint_toml='exclude = ["old/*", "!old/keep/"]\nextend-exclude = ["/third/"]\n')
    assert checked() == [".hidden/f.py", "a.py", "b.py", "old/keep/d.py"]
    write(convlint_toml='include = ["a.*", "/old/**/*.py"]\n')
    assert checked() == ["a.py", "old/c.py", "old/keep/d.py"]
    assert checked(exclude=("a.py",)) == ["old/c.py", "old/keep/d.py"]


def test_what_is_named_is_taken_unless_exclusion_is_forced():
    write(convlint_toml='extend-exclude = ["gen/"]\n', gen__a_py="", gen__sub__b_py="", c_py="", node_modules__d_py="")
    assert checked("gen") == ["gen/a.py", "gen/sub/b.py"]
    assert checked("gen/a.py", "c.py", "node_modules/d.py") == ["gen/a.py", "c.py", "node_modules/d.py"]
    assert checked("gen/a.py", "gen", "gen/sub/b.py", "c.py", "node_modules/d.py", force_exclude=True) == ["c.py"]


def test_gitignore_counts_unless_told_otherwise(here):
    write(a_py="", build__b_py="")
    (here / ".gitignore").write_text("build/\n")
    assert checked() == ["a.py"]
    assert checked(respect_gitignore=False) == ["a.py", "build/b.py"]
    assert checked("build") == ["build/b.py"]


def test_quoted_patterns_are_expanded(here):
    write(src__a_py="", src__deep__b_py="", src__c_txt="")
    assert checked("src/*.py") == ["src/a.py"]
    assert checked("src/**/*.py") == ["src/a.py", "src/deep/b.py"]
    from convlint import files

    assert files.find(["src/*.pyx"]).errors == ("src/*.pyx: no file or folder fits this pattern",)
    (here / "odd[1].py").write_text("")
    assert checked("odd[1].py") == ["odd[1].py"]


# --- the generation of Keras ---------------------------------------------------------------------


def target(folder: str = ".") -> tuple[int, str]:
    found = Configurations().target(folder)
    return found.generation, found.origin


@pytest.mark.parametrize(
    ("name", "text", "generation", "origin"),
    [
        ("requirements.txt", "numpy\nkeras==2.3.1  # old\n", 2, "keras==2.3.1 in requirements.txt"),
        ("requirements.txt", "tensorflow>=2.16,<3\nkeras\n", 3, "tensorflow<3,>=2.16 in requirements.txt"),
        ("requirements-gpu.txt", "tensorflow-gpu~=2.4.0\n", 2, "tensorflow-gpu~=2.4.0 in requirements-gpu.txt"),
        ("requirements.txt", "tensorflow[and-cuda]==2.15.1 --hash=sha256:00\n", 2,
         "tensorflow==2.15.1 in requirements.txt"),
        ("pyproject.toml", '[project]\ndependencies = ["keras<3", "numpy"]\n', 2, "keras<3 in pyproject.toml"),
        ("pyproject.toml", '[tool.poetry.dependencies]\ntensorflow = "^2.3"\nkeras = {version = "2.4.3"}\n', 2,
         "keras==2.4.3 in pyproject.toml"),
        ("poetry.lock", '[[package]]\nname = "keras"\nversion = "3.3.3"\n', 3, "keras==3.3.3 in poetry.lock"),
        ("uv.lock", '[[package]]\nname = "tensorflow"\nversion = "2.12.0"\n', 2, "tensorflow==2.12.0 in uv.lock"),
        ("Pipfile.lock", json.dumps({"default": {"keras": {"version": "==2.8.0"}}}), 2, "keras==2.8.0 in Pipfile.lock"),
        ("environment.yml", "dependencies:\n  - python=3.7\n  - keras=2.2\n", 2, "keras==2.2.* in environment.yml"),
    ],
)  # fmt: skip
def test_the_project_names_its_keras(here, name, text, generation, origin):
    (here / name).write_text(text)
    (here / "src").mkdir()
    assert target("src") == (generation, origin)


@pytest.mark.parametrize(
    "text",
    [
        "keras\n",
        "keras>=2.4\n",
        "tensorflow>=2.4\n",
        "keras-tuner==1.0\n",
        "tf-keras==2.15.0\n",
        'keras==2.15.0; python_version < "3.9"\nkeras==3.0; python_version >= "3.9"\n',
        "keras===what\nkeras @ file:///x\n-e .\n--index-url x\n",
    ],
)
def test_what_allows_both_or_contradicts_itself_decides_nothing(here, text):
    (here / "requirements.txt").write_text(text)
    (here / ".git").mkdir()
    (here / "venv").mkdir()
    assert target()[0] == 3


def test_a_lock_file_comes_before_requirements_and_the_user_before_both(here):
    (here / "requirements.txt").write_text("keras>=3\n")
    (here / "poetry.lock").write_text('[[package]]\nname = "keras"\nversion = "2.15.0"\n')
    assert target()[0] == 2
    write(convlint_toml="keras = 3\n")
    assert target() == (3, "convlint.toml:1")
    assert Configurations({"keras": "2"}).target(".").origin == "--keras"


def test_the_nearest_requirements_count(here):
    (here / "requirements.txt").write_text("keras==2.3\n")
    (here / "new").mkdir()
    (here / "new" / "requirements.txt").write_text("keras==3.1\n")
    assert (target()[0], target("new")[0]) == (2, 3)


def test_the_packages_of_a_virtual_environment_count(here):
    packages = here / ".venv" / "lib" / "python3.8" / "site-packages"
    (packages / "keras-2.6.0.dist-info").mkdir(parents=True)
    (here / ".venv" / "pyvenv.cfg").write_text("")
    assert target()[0] == 2
    assert target()[1].startswith("keras 2.6.0 in ")


def test_a_program_that_only_imports_tf_keras_runs_on_keras_2(here):
    write(
        a_py="import tf_keras\nx = tf_keras.backend.get_session()\n",
        b_py="import keras\nx = keras.backend.get_session()\n",
    )
    assert {one.location.file for one in check_paths(["."], Configurations()).findings} == {"b.py"}


def test_what_the_project_says_is_told_where_programs_use_keras(here):
    (here / "requirements.txt").write_text("keras==2.3.1\n")
    write(b_py="import keras\nx = keras.backend.get_session()\n")
    run = check_paths(["."], Configurations())
    assert run.findings == ()
    assert run.notes == (
        "Keras 2 is taken for granted (keras==2.3.1 in requirements.txt); --keras 3 checks for Keras 3",
    )
    assert len(check_paths(["."], Configurations({"keras": 3})).findings) == 1


# --- the table -----------------------------------------------------------------------------------


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_every_option_is_documented_and_its_example_holds(option, here):
    if option.key == "extend":
        (here.parent / "pyproject.toml").write_text("")
    table = loads(option.example)
    assert list(table) == [option.key]
    option.kind.read(table[option.key])
    assert option.help.endswith(".")
    write(convlint_toml=option.example)
    Configurations().for_file("model.py")
    (here.parent / "pyproject.toml").unlink(missing_ok=True)


def test_defaults_are_those_that_hold():
    described = {row.key: row.value for row in Configurations(isolated=True).describe().rows}
    assert (described["include"], described["exclude"]) == (list(INCLUDE), list(EXCLUDE))
    settings = Configurations(isolated=True).for_file("model.py")
    assert described["time-limit"] == settings.time_limit
    assert size_of(described["memory-limit"]) == settings.memory_limit


def test_the_page_about_configuration_is_fresh():
    done = subprocess.run(
        [sys.executable, Path(__file__).parents[2] / "tools" / "configuration.py", "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "configuration.md is fresh\n", done.stdout + done.stderr


# --- the user's own ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "windows", "expected"),
    [
        pytest.param({"XDG_CONFIG_HOME": "/x"}, False, "/x/convlint/convlint.toml", id="named"),
        pytest.param(
            {"XDG_CONFIG_HOME": "x"}, False, "~/.config/convlint/convlint.toml", id="relative ones don't count"
        ),
        pytest.param({}, False, "~/.config/convlint/convlint.toml", id="default"),
        pytest.param({"APPDATA": "/y", "XDG_CONFIG_HOME": "/x"}, True, "/y/convlint/convlint.toml", id="Windows"),
    ],
)
def test_where_the_users_own_configuration_lies(environment, windows, expected):
    assert Path(user_file(environment, windows)) == Path(expected).expanduser()


def test_the_users_own_configuration_is_the_weakest(here, monkeypatch):
    home = here / "home"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("APPDATA", str(home))
    write(home__convlint__convlint_toml='select = ["CL1"]\nexclude = ["old/"]\n', project__convlint_toml="")
    assert all(code.startswith("CL1") for code in rules("model.py"))
    assert "CL201" in rules("project/model.py")
    assert "CL201" in rules("model.py", Configurations(isolated=True))
    (exclude,) = Configurations().for_folder(str(here)).exclude
    assert exclude.match(str(here / "old"), is_folder=True)  # relative to the folder that convlint runs in
