"""The floors and walls of ARCHITECTURE.md, asserted from the imports themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "convlint"
FLOORS = {
    "shapes": 1,
    "problems": 1,
    "findings": 1,
    "summary": 1,
    "messages": 1,
    "edits": 1,
    "garbage": 1,
    "lazy": 1,
    "catalog": 2,
    "static": 3,
    "runtime": 3,
    "traceback": 3,
    "saved": 3,
    "rules": 4,
    "fixes": 4,
    "report": 5,
    "packs": 6,
    "settings": 6,
    "patterns": 6,
    "toml": 6,
    "keras_target": 6,
    "options": 6,
    "configuration": 6,
    "suppressions": 6,
    "baseline": 6,
    "files": 6,
    "notebook": 6,
    "programs": 6,
    "analysis": 6,
    "checking": 6,
    "digest": 1,
    "results": 6,
    "cache": 6,
    "workers": 6,
    "pipeline": 6,
    "repair": 6,
    "building": 6,
    "logs": 6,
    "diagnosis": 6,
    "api": 6,
    "live": 6,
    "python_api": 6,
    "ipython": 7,
    "testing": 7,
    "pytest_plugin": 7,
    "cli": 7,
    "server": 7,
    "__main__": 8,
}
"""Floor of each part of the package; a part imports from its own floor's folder and from below."""
APART = ({"static", "runtime", "traceback", "saved"}, {"rules", "fixes"})
"""Parts of one floor that don't know each other."""
ONLY_IN = {
    "libcst": {"static", "fixes"},
    "rich": {"cli", "report"},
    "jinja2": {"report"},
    "markdown_it": {"report", "programs"},
    "typer": {"cli"},
    "tensorflow": {"runtime"},
    "keras": {"runtime"},
    "yaml": {"rules"},
    "h5py": {"saved"},
    "pathspec": {"patterns"},
    "packaging": {"keras_target"},
    "pygls": {"server"},
    "lsprotocol": {"server"},
}


def part_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(file: Path, *, with_types: bool) -> list[tuple[str, int]]:
    """Modules that a file imports, with lines; those under ``if TYPE_CHECKING`` on demand."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    found: list[tuple[str, int]] = []
    for node in ast.walk(tree):
        if id(node) in typing_only and not with_types:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}:{node.lineno}: relative import"
            module = node.module or ""
            found += [
                (f"{module}.{alias.name}" if module == "convlint" else module, node.lineno) for alias in node.names
            ]
    return found


FILES = sorted(PACKAGE.rglob("*.py"))


def test_every_part_of_the_package_has_a_floor():
    assert {part_of(file) for file in FILES} - {"__init__"} == set(FLOORS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_file_imports_only_from_below(file):
    """Types may be named from above; nothing above is imported when the program runs."""
    here = part_of(file)
    for module, line in imports_of(file, with_types=False):
        name, _, rest = module.partition(".")
        other = rest.partition(".")[0]
        if name != "convlint" or other in ("", "__version__") or here in ("__init__", other):
            continue
        where = f"{file}:{line} imports {module}"
        assert FLOORS[other] <= FLOORS[here], f"{where}, which lies above"
        assert not any({here, other} <= pair for pair in APART), f"{where}, which is another front end"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_heavy_libraries_stay_behind_their_walls(file):
    for module, line in imports_of(file, with_types=True):
        allowed = ONLY_IN.get(module.partition(".")[0])
        assert allowed is None or part_of(file) in allowed, f"{file}:{line} imports {module}"


def test_keras_is_imported_only_inside_the_worker():
    """The modules that may import it are not among those that the parent side loads."""
    importing = {
        file.relative_to(PACKAGE).as_posix()
        for file in FILES
        if any(module.partition(".")[0] in ("keras", "tensorflow") for module, _ in imports_of(file, with_types=False))
    }
    assert importing
    assert all(name.startswith("runtime/inside/") or name == "runtime/worker.py" for name in importing)


def loaded_by(code: str) -> set[str]:
    script = (
        f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize(
    "code",
    [
        "import convlint",
        "sys.argv = ['convlint', '--version']; from convlint.cli.app import main; main()",
        "sys.argv = ['convlint', '--help']; from convlint.cli.app import main; main()",
        "sys.argv = ['convlint', 'check', '--help']; from convlint.cli.app import main; main()",
    ],
)
def test_starting_loads_nothing_heavy(code):
    assert not loaded_by(code) & {
        "libcst",
        "rich",
        "tensorflow",
        "keras",
        "numpy",
        "yaml",
        "pathspec",
        "tomllib",
        "packaging",
    }


def test_the_server_leaves_the_analysis_to_its_worker():
    pytest.importorskip("pygls", reason="the extra `server` is not installed")
    assert not loaded_by("import convlint.server.language_server") & {"libcst", "tensorflow", "keras", "numpy", "rich"}


def test_the_parent_of_a_build_does_not_load_keras():
    assert not loaded_by("import convlint.api, convlint.building") & {"tensorflow", "keras", "numpy", "rich", "typer"}
