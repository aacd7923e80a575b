"""Rule packs: installed, found by their entry point, asked about calls; broken ones are one message."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from convlint.rules.installed import ENTRY_POINTS, may_have_packs
from convlint.rules.markdown import Example
from convlint.rules.registry import Registry

PACK = Path(__file__).parents[2] / "examples" / "rule-pack"
ROOT = Path(__file__).parents[2]
PROGRAM = """\
import keras

def head(x, rate):
    x = keras.layers.Dropout(rate)(x)
    x = keras.layers.Dropout(rate=0.8)(x)
    return keras.layers.Dropout(0.5)(x)
"""


def convlint(*arguments: object, path: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line with one more folder to import from."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(path), str(ROOT))), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "convlint", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example pack, installed by pip into a folder of its own, without network."""
    pytest.importorskip("hatchling")
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-deps", "--no-index"]
    done = subprocess.run([*command, "--target", str(target), str(PACK)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def test_an_installed_pack_reports(installed: Path, tmp_path: Path) -> None:
    """Its rule finds what it is about, and can be selected, ignored and looked up like any other."""
    (tmp_path / "model.py").write_text(PROGRAM)
    done = convlint("check", "--output-format", "json", "model.py", path=installed, cwd=tmp_path)
    assert [(one["code"], one["line"], one["severity"]) for one in json.loads(done.stdout)] == [
        ("HOUSE101", 5, "warning")
    ]
    assert "drops 0.8 of its input; this house allows 0.6" in done.stdout
    none = convlint("check", "--ignore", "HOUSE", "model.py", path=installed, cwd=tmp_path)
    assert none.returncode == 0
    assert convlint("rule", "heavy-dropout", path=installed, cwd=tmp_path).stdout.startswith("HOUSE101 heavy-dropout")


def test_the_pages_of_the_pack_are_true(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They obey the same marks as convlint's own."""
    from importlib import import_module

    from convlint.rules.documents import read_folder
    from convlint.static.analysis import StaticSettings, analyse_source

    monkeypatch.syspath_prepend(str(installed))
    module = import_module("house_rules")
    pages = read_folder(installed / "house_rules", "house_rules", vars(module))
    registry = Registry(pages, [module.observe])

    def found(example: Example) -> list[tuple[int, str]]:
        result = analyse_source(example.code, "example.py", StaticSettings(hooks=registry.hooks))
        return [(one.location.line, registry.finding(one).message) for one in result.observations]

    for example in pages[0].examples:
        assert len(found(example)) == len(example.marks)
        for (line, message), mark in zip(found(example), example.marks):
            assert line == mark.line
            assert mark.text in message


def pack(folder: Path, init: str, page: str | None = None) -> Path:
    """A pack as pip would have left it: a package, and an entry point that names it."""
    (folder / "broken_rules").mkdir(parents=True)
    (folder / "broken_rules" / "__init__.py").write_text(init)
    if page is not None:
        (folder / "broken_rules" / "BROKEN1-x.md").write_text(page)
    info = folder / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[convlint.rules]\nbroken = broken_rules\n")
    return folder


@pytest.mark.parametrize(
    ("init", "page", "said"),
    [
        pytest.param("import nothing_of_this_name\n", None, "the rule pack broken can't be used: importing "
                     "broken_rules: ModuleNotFoundError", id="does not import"),
        pytest.param("", "no page", "broken_rules/BROKEN1-x.md:1: a page is named by code", id="a wrong page"),
    ],
)  # fmt: skip
def test_a_broken_pack_is_one_message(init: str, page: str | None, said: str, tmp_path: Path) -> None:
    """Exit code 2, one line, no traceback."""
    (tmp_path / "model.py").write_text(PROGRAM)
    done = convlint("check", "model.py", path=pack(tmp_path / "packs", init, page), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"convlint: {said}")
    assert done.stderr.count("\n") == 1


def test_a_pack_that_raises_costs_only_its_own_answer(tmp_path: Path) -> None:
    """The file's other findings stay, and the fault names the pack."""
    (tmp_path / "model.py").write_text("import keras\ny = keras.layers.Conv2D(8, 3, stride=2)\n")
    packs = pack(tmp_path / "packs", "def observe(call):\n    raise RuntimeError('no idea')\n")
    done = convlint("check", "--output-format", "json", "model.py", path=packs, cwd=tmp_path)
    found = {one["code"]: one["message"] for one in json.loads(done.stdout)}
    assert set(found) == {"CL605", "CL909"}
    assert "broken_rules: RuntimeError: no idea" in found["CL909"]


def test_packs_are_not_looked_for_at_start(tmp_path: Path) -> None:
    """`--version` reads no entry points."""
    packs = pack(tmp_path / "packs", "raise SystemExit('imported')\n")
    done = convlint("--version", path=packs, cwd=tmp_path)
    assert done.returncode == 0


def announce_in_folder(folder: Path) -> Path:
    return pack(folder, "")


def announce_in_archive(folder: Path) -> Path:
    pack(folder / "files", "")
    with zipfile.ZipFile(folder / "packs.zip", "w") as archive:
        for file in (folder / "files").rglob("*"):
            archive.write(file, file.relative_to(folder / "files"))
    return folder / "packs.zip"


def announce_in_egg(folder: Path) -> Path:
    pack(folder / "acme.egg", "")
    (folder / "acme.egg" / "broken-1.0.dist-info").rename(folder / "acme.egg" / "EGG-INFO")
    (folder / "acme.egg" / "EGG-INFO" / "METADATA").rename(folder / "acme.egg" / "EGG-INFO" / "PKG-INFO")
    return folder / "acme.egg"


def announce_something_else(folder: Path) -> Path:
    pack(folder, "")
    (folder / "broken-1.0.dist-info" / "entry_points.txt").write_text("[console_scripts]\nx = broken_rules\n")
    return folder


@pytest.mark.parametrize(
    "announce", [announce_in_folder, announce_in_archive, announce_in_egg, announce_something_else]
)
def test_a_quick_look_sees_the_packs_that_python_sees(announce, tmp_path: Path, monkeypatch) -> None:
    """``importlib.metadata`` is asked only where the quick look says so."""
    monkeypatch.setattr(sys, "path", [str(announce(tmp_path))])
    importlib.invalidate_caches()
    assert may_have_packs() == bool(entry_points(group=ENTRY_POINTS))
