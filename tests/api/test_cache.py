"""Results of earlier runs: never stale, never in the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from convlint import cache
from convlint.api import check_paths
from convlint.cache import Cache
from convlint.findings import Edit, Evidence, Finding, Fix, Location
from convlint.results import FileResult
from convlint.settings import FixMode, Settings

ROOT = Path(__file__).parents[2]
BROKEN = "import keras\nx = keras.Input((28, 28, 1))\ny = keras.layers.Conv2D(8, 3, stride=2)(x)\n"
SOUND = BROKEN.replace("stride=", "strides=")
KEPT = Settings(cache_folder="kept")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def codes(run):
    return [(one.location.file, one.code) for one in run.findings]


def stored(here: Path) -> Path:
    (file,) = (here / "kept").glob("*.json")
    return file


def test_a_second_run_analyses_nothing_and_finds_the_same(here, monkeypatch):
    (here / "a.py").write_text(BROKEN)
    (here / "b.py").write_text(SOUND)
    (here / "c.py").write_text("x = 1\n")
    first = check_paths(["."], KEPT)
    assert (first.cached, codes(first)) == (0, [("a.py", "CL605")])
    monkeypatch.delattr("convlint.checking.Checker.check")
    second = check_paths(["."], KEPT)
    assert second.cached == 2
    assert second == replace(first, cached=2)


def test_content_counts_and_time_does_not(here):
    file = here / "a.py"
    file.write_text(BROKEN)
    check_paths(["a.py"], KEPT)
    before = file.stat()
    file.write_text(BROKEN.replace("(28, 28, 1)", "(28, 28, 3)"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert check_paths(["a.py"], KEPT).cached == 0
    file.write_text(BROKEN)
    os.utime(file, (1, 1))
    assert check_paths(["a.py"], KEPT).cached == 0, "the other content was kept last"
    os.utime(file, (2, 2))
    assert check_paths(["a.py"], KEPT).cached == 1


def package_instead(module: Path) -> None:
    module.unlink()
    package = module.with_suffix("")
    package.mkdir()
    (package / "__init__.py").write_text("size = 20\n")


PROGRAM = "import keras\nfrom net import size\nx = keras.layers.Conv2D(8, size)(keras.Input((9, 9, 1)))\n"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(lambda here: (here / "net.py").write_text("size = 20\n"), ["CL106"], id="what it imports"),
        pytest.param(lambda here: (here / "net.py").unlink(), [], id="that module is gone"),
        pytest.param(lambda here: package_instead(here / "net.py"), ["CL106"], id="a package instead of it"),
        pytest.param(lambda here: (here / "below.py").write_text("size = 20\n"), ["CL106"], id="one that it imports"),
    ],
)  # fmt: skip
def test_what_a_file_depends_on(here, change, expected):
    (here / "main.py").write_text(PROGRAM)
    (here / "net.py").write_text("from below import size\n")
    (here / "below.py").write_text("size = 3\n")
    (here / "other.py").write_text("import keras\n")
    assert codes(check_paths(["."], KEPT)) == []
    change(here)
    run = check_paths(["."], KEPT)
    assert ([code for _, code in codes(run)], run.cached) == (expected, 1)


def test_a_module_that_was_looked_for_and_not_there(here):
    (here / "main.py").write_text(PROGRAM)
    assert codes(check_paths(["main.py"], KEPT)) == []
    (here / "net.py").write_text("size = 20\n")
    assert codes(check_paths(["main.py"], KEPT)) == [("main.py", "CL106")]


def test_a_link_that_leads_elsewhere(here):
    (here / "main.py").write_text(PROGRAM)
    (here / "small.py").write_text("size = 3\n")
    (here / "big.py").write_text("size = 20\n")
    (here / "net.py").symlink_to("small.py")
    assert codes(check_paths(["main.py"], KEPT)) == []
    (here / "net.py").unlink()
    (here / "net.py").symlink_to("big.py")
    assert codes(check_paths(["main.py"], KEPT)) == [("main.py", "CL106")]


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"ignore": ("CL605",)}, id="selection"),
        pytest.param({"profile": "strict"}, id="profile"),
        pytest.param({"offer_fixes": False}, id="fixes"),
        pytest.param({"keras": 2}, id="generation"),
    ],
)
def test_settings_are_kept_apart(here, settings):
    (here / "a.py").write_text(BROKEN)
    check_paths(["a.py"], KEPT)
    other = Settings(cache_folder="kept", **settings)
    run = check_paths(["a.py"], other)
    assert run.cached == 0
    assert run.findings == check_paths(["a.py"], Settings(**settings)).findings
    assert check_paths(["a.py"], KEPT).cached == check_paths(["a.py"], other).cached == 1, (
        "one does not drive out the other"
    )


def test_another_version_another_folder(here, monkeypatch):
    (here / "a.py").write_text(BROKEN)
    check_paths(["a.py"], KEPT)
    monkeypatch.setattr(cache, "__version__", "0.0.1")
    assert check_paths(["a.py"], KEPT).cached == 0
    monkeypatch.undo()
    (here / "sub").mkdir()
    (here / "sub" / "a.py").write_text(BROKEN)
    monkeypatch.chdir(here / "sub")
    assert check_paths(["a.py"], Settings(cache_folder=str(here / "kept"))).cached == 0


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut off"),
        pytest.param(lambda data: b"\x80\x04\x95pickle", id="no JSON"),
        pytest.param(lambda data: b"[" * 100_000, id="nested"),
        pytest.param(lambda data: b"[]", id="another shape"),
        pytest.param(lambda data: b'{"asked": 1, "files": {}}', id="no list"),
        pytest.param(lambda data: b'{"asked": [], "files": []}', id="no mapping"),
        pytest.param(lambda data: b'{"asked": [[1, 2]], "files": {}}', id="no paths"),
        pytest.param(lambda data: data.replace(b'"error"', b'"grave"'), id="an unknown severity"),
        pytest.param(lambda data: data.replace(b'"CL605"', b"605"), id="a number for a text"),
        pytest.param(lambda data: data.replace(b"28", b'"x"'), id="texts for numbers"),
        pytest.param(lambda data: json.dumps(_emptied(data)).encode(), id="no entry"),
        pytest.param(lambda data: json.dumps(_renumbered(data)).encode(), id="a number that stands for nothing"),
    ],
)
def test_a_spoiled_cache_is_thrown_away(here, spoil):
    (here / "net.py").write_text("size = 3\n")
    (here / "a.py").write_text(f"from net import size\n{BROKEN}")
    first = check_paths(["a.py"], KEPT)
    data = stored(here).read_bytes()
    stored(here).write_bytes(spoil(data))
    assert check_paths(["a.py"], KEPT).findings == first.findings
    assert check_paths(["a.py"], KEPT).findings == first.findings
    assert stored(here).read_bytes() == data


def _emptied(data: bytes) -> object:
    return {"asked": [], "files": dict.fromkeys(json.loads(data)["files"], 1)}


def _renumbered(data: bytes) -> object:
    content = json.loads(data)
    for entry in content["files"].values():
        entry[1] = "99 -1"
    content["asked"].append(["missing", "+"])
    return content


def test_a_folder_that_can_not_be_written(here):
    (here / "a.py").write_text(BROKEN)
    (here / "kept").write_text("a file in its place")
    assert codes(check_paths(["a.py"], KEPT)) == [("a.py", "CL605")]
    assert (here / "kept").read_text() == "a file in its place"


def test_the_folder_keeps_itself_out_of_git_and_backups(here):
    (here / "a.py").write_text(BROKEN)
    check_paths(["a.py"], KEPT)
    assert (here / "kept" / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert "*" in (here / "kept" / ".gitignore").read_text().splitlines()


def test_runs_at_once_add_up(here):
    """Whoever saves last keeps what the others wrote; nobody reads half a cache."""
    names = [f"m{index}.py" for index in range(6)]
    for name in names:
        (here / name).write_text(BROKEN)

    def command(name: str) -> int:
        line = [sys.executable, "-m", "convlint", "check", name, "--cache-dir", "kept", "--quiet"]
        return subprocess.run(
            line, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=False
        ).returncode

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(command, names)) == [1] * 6
    assert {name.split(" ")[1] for name in json.loads(stored(here).read_bytes())["files"]} <= set(names)
    assert {one.location.file for one in check_paths(["."], KEPT).findings} == set(names)


def test_what_is_gone_is_dropped(here):
    (here / "a.py").write_text(BROKEN)
    (here / "b.py").write_text(BROKEN)
    check_paths(["."], KEPT)
    (here / "b.py").unlink()
    (here / "a.py").write_text(SOUND)
    check_paths(["."], KEPT)
    assert [name.split(" ")[1] for name in json.loads(stored(here).read_bytes())["files"]] == ["a.py"]


def test_fixes_are_made_whatever_is_cached(here):
    (here / "a.py").write_text(BROKEN)
    check_paths(["a.py"], KEPT)
    run = check_paths(["a.py"], Settings(cache_folder="kept", fix=FixMode.SAFE))
    assert (run.findings, (here / "a.py").read_text()) == ((), SOUND)
    assert codes(check_paths(["a.py"], KEPT)) == []


def test_a_result_survives_the_way_through_json(here):
    place = Location("a.ipynb", 1, 2, 3, 4, 5)
    fix = Fix("safe", "write é", (Edit(place, "é\n"),), verified=True)
    evidence = (Evidence(Location("b.py", 9, 1, 9, 2), "x: (None, 3)"),)
    finding = Finding(
        "CL101", "n", "error", "m\ud800", place, "f", evidence, "h", "static", "u", (fix,), None, "by a comment"
    )
    plain = FileResult(
        "a.ipynb", (finding,), (), ("a note",), None, True, True, True, True, (finding,), frozenset({("/a.py", 3)})
    )
    result = replace(plain, digest="0" * 32, asked={"net.py": "-"})
    kept = Cache("kept")
    kept.add(KEPT, result)
    kept.save()
    value = json.loads(json.dumps(cache._result_to(result)))
    assert cache._result_from("a.ipynb", value) == plain


@pytest.mark.parametrize("format", ["concise", "text"])
def test_a_known_tree_loads_nothing_heavy(here, format):
    """Neither the analysis nor the rules nor what draws."""
    (here / "a.py").write_text(SOUND)
    (here / "b.py").write_text("x = 1\n")
    (here / "c.py").write_text("x = 'é'\n", encoding="utf-8")
    (here / "pyproject.toml").write_text('[project]\ndependencies = ["torch>=2", "numpy"]\n')
    arguments = ["convlint", "check", ".", "--output-format", format]
    script = (
        f"import sys; sys.argv = {arguments}\n"
        "from convlint.cli.app import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    print(end.code, *sys.modules, sep='\\n')\n"
    )
    # What measures coverage loads modules of its own.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    environment |= {"PYTHONPATH": str(ROOT)}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True
        )
    code, *modules = done.stdout.split()
    modules = modules[modules.index("sys") :]
    assert code == "0"
    heavy = {"libcst", "rich", "pydantic", "yaml", "numpy", "markdown_it", "multiprocessing", "hypothesis", "packaging"}
    assert not {name.partition(".")[0] for name in modules} & heavy


def test_suppressions_are_kept_too(here):
    (here / "a.py").write_text(BROKEN.replace("(x)\n", "(x)  # convlint: ignore[CL605] a reason\n"))
    first = check_paths(["."], KEPT)
    assert [one.code for one in first.suppressed] == ["CL605"]
    assert check_paths(["."], KEPT) == replace(first, cached=1)
