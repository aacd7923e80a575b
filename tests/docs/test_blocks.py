"""Every block of code in the documentation: run, or read by what it is written for."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from convlint import toml
from convlint.configuration import Configurations
from tests.ci.conftest import ROOT, WRONG

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
ELSEWHERE = {
    ("README.md", "sh"): ".ci/run",
    ("docs/api.md", "python"): "tests/api/test_api_page.py",
    ("docs/ci.md", "sh"): "tests/ci/test_services.py",
    ("docs/ci.md", "yaml"): "tests/ci/test_services.py",
    ("docs/commands.md", "text"): "tests/docs/test_fresh.py",
    ("docs/formats.md", "sh"): "tests/ci/test_services.py",
    ("docs/formats.md", "console"): "tests/ci/test_services.py",
}
"""What runs the blocks that are not tried here."""


def blocks(page: str, language: str) -> list[str]:
    """The blocks of a page in a language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGES[page], re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == language]


def convlint(*words: str, cwd: Path, status: set[int]) -> str:
    """What a command prints; it must end with one of these statuses."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-m", "convlint", *words], cwd=cwd, env=environment, capture_output=True, text=True,
        encoding="utf-8", check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode in status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What the pages speak of: a program with a mistake, and the examples."""
    (tmp_path / "model.py").write_text(WRONG, encoding="utf-8")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


def commands(page: str, project: Path) -> None:
    """``$ convlint …``, two spaces, what it does."""
    for block in blocks(page, "console"):
        for line in block.splitlines():
            prompt, program, *words = shlex.split(re.split(r"\s{2,}", line)[0])
            assert (prompt, program) == ("$", "convlint")
            convlint(*words, cwd=project, status={0, 1})


def test_commands_of_the_readme(project: Path) -> None:
    pytest.importorskip("keras")
    commands("README.md", project)


def test_commands_about_suppressions(project: Path) -> None:
    shutil.rmtree(project / "examples")
    commands("docs/suppressing.md", project)
    assert "# convlint: ignore[CL605]" in (project / "model.py").read_text(encoding="utf-8")
    known = json.loads((project / "convlint-baseline.json").read_text(encoding="utf-8"))
    assert known["findings"] == []


def test_comments_about_suppressions(tmp_path: Path) -> None:
    """Each comment of the table, and each word that may stand in brackets, does what the page says."""
    table = re.findall(r"`((?:y = conv\(x\)  )?# (?:convlint|noqa)[^`]*)`", PAGES["docs/suppressing.md"])
    assert len(table) == 9
    wrong = WRONG.rstrip("\n")
    head, call = wrong.rsplit("\n", 1)
    for one in table:
        comment = one.replace("CL101", "CL605")
        where = comment.rpartition("# ")[2]
        if comment.startswith("y = conv") or where == "noqa" or where.startswith("noqa: E"):
            text = f"{head}\n{call}  # {where}\n"
        elif "ignore" in comment:
            text = f"{head}\n{comment}\n{call}\n"
        elif ": on" in comment:
            text = f"{head}\n# convlint: off\n{comment.replace('[CL1]', '')}\n{call}\n"
        else:
            text = f"{head}\n{comment.replace('[CL1]', '[CL6]')}\n{call}\n"
        (tmp_path / "model.py").write_text(text, encoding="utf-8")
        silent = ": on" not in comment and "E501" not in comment
        convlint("check", "--isolated", "--ignore", "CL901", "model.py", cwd=tmp_path, status={0 if silent else 1})


@pytest.mark.parametrize("block", blocks("docs/configuration.md", "toml"))
def test_configuration_can_be_read(block: str, project: Path) -> None:
    """Each block is a configuration file by itself; what it names is there."""
    name = "pyproject.toml" if "[tool.convlint" in block else "convlint.toml"
    folder = project / "folder"
    folder.mkdir()
    (project / "pyproject.toml").write_text("[tool.convlint]\n", encoding="utf-8")
    (folder / name).write_text(block, encoding="utf-8")
    described = Configurations(here=folder).describe(str(folder))
    keys = toml.loads(block)
    for key in keys.get("tool", {}).get("convlint", keys):
        row = next((row for row in described.rows if row.key == key), None)
        assert key == "extend" or (row is not None and row.origin.startswith(f"{name}:"))


def test_the_message_about_a_misspelt_rule(tmp_path: Path) -> None:
    (expected,) = blocks("docs/configuration.md", "text")
    line = int(expected.split(":")[2])
    text = "[tool.convlint]\n" + "\n" * (line - 2) + 'select = ["CL1O1"]\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert convlint("check", cwd=tmp_path, status={2}) == expected


def test_json_of_the_formats() -> None:
    for block in blocks("docs/formats.md", "json"):
        assert {"code", "file", "line", "message", "url"} <= set(json.loads(f"{block}"))


def test_magics_of_the_api_page() -> None:
    """IPython knows each magic once the extension is loaded."""
    pytest.importorskip("IPython")
    (block,) = blocks("docs/api.md", "text")
    load, *magics = [line.split()[0] for line in block.splitlines()]
    assert load == "%load_ext"
    script = f"""
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "convlint")
for magic in {magics!r}:
    kind = "cell" if magic.startswith("%%") else "line"
    assert magic.lstrip("%") in shell.magics_manager.magics[kind], magic
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=120)


def _an_extra(text: str) -> None:
    extra = re.fullmatch(r'pip install "convlint\[(\w+)\]"\n', text)
    assert extra is not None
    project = toml.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert extra[1] in project["optional-dependencies"]


def _starts_the_server(text: str) -> None:
    server = toml.loads(text)["language-server"]["convlint"]
    assert [server["command"], *server["args"]] == ["convlint", "server"]


def _starts_the_server_in_place_of_another(text: str) -> None:
    binary = json.loads(text)["lsp"]["pylsp"]["binary"]
    assert [binary["path"], *binary["arguments"]] == ["convlint", "server"]


def _is_lua(text: str) -> None:
    nvim = shutil.which("nvim")
    if nvim is None:
        pytest.skip("Neovim is not installed")
    script = f"lua assert(loadstring({json.dumps(text)})) vim.cmd('qa!')"
    done = subprocess.run([nvim, "--clean", "--headless", "-c", script, "-c", "cq"], check=False, timeout=60)
    assert done.returncode == 0


def _is_lisp(text: str) -> None:
    bare = re.sub(r'"[^"]*"', '""', text)
    assert bare.count("(") == bare.count(")")
    assert '"convlint" "server"' in text
    emacs = shutil.which("emacs")
    if emacs is not None:
        read = f"(with-temp-buffer (insert {json.dumps(text)}) (check-parens))"
        subprocess.run([emacs, "--batch", "--eval", read], check=True, timeout=60)


EDITORS: dict[str, Callable[[str], None]] = {
    "sh": _an_extra, "toml": _starts_the_server, "json": _starts_the_server_in_place_of_another, "lua": _is_lua,
    "elisp": _is_lisp,
}  # fmt: skip


@pytest.mark.parametrize("language", EDITORS)
def test_setups_of_editors(language: str) -> None:
    found = blocks("docs/editors.md", language)
    assert found
    for block in found:
        EDITORS[language](block)


def test_no_block_is_left_out() -> None:
    here = {
        ("README.md", "console"), ("docs/suppressing.md", "console"), ("docs/configuration.md", "toml"),
        ("docs/configuration.md", "text"), ("docs/formats.md", "json"), ("docs/api.md", "text"),
        *(("docs/editors.md", language) for language in EDITORS),
    }  # fmt: skip
    written = {(page, name) for page, text in PAGES.items() for name in re.findall(r"^```(\w+)$", text, re.MULTILINE)}
    assert written == here | set(ELSEWHERE)
    assert all((ROOT / place).is_file() for place in ELSEWHERE.values())
