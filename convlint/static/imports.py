"""Imports: libraries by name, modules of the project by their files."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import libcst as cst

from convlint.static.journal import MISSING, Journal
from convlint.static.run import Frame, Run
from convlint.static.source import SourceFile
from convlint.static.values import External, ModuleValue, Scope, Unit, Value

MAX_UNITS = 200
MAX_MODULE_BYTES = 1_000_000

LIBRARIES = frozenset(
    {"tensorflow", "keras", "tf_keras", "numpy", "scipy", "pandas", "sklearn", "cv2", "PIL", "matplotlib", "torch",
     "torchvision", "jax", "os", "sys", "math", "functools", "itertools", "collections", "typing", "re", "random",
     "time", "json", "copy", "pathlib", "dataclasses", "argparse", "logging", "warnings", "tqdm", "h5py"}
)  # fmt: skip
"""Top-level names that always mean the library, whatever files lie beside the program."""


def resolve(run: Run, unit: Unit, name: str, level: int = 0) -> Value:
    """The module that ``import name`` (or ``from ..name import``) means."""
    if level == 0 and name.partition(".")[0] in LIBRARIES:
        return External(name)
    path = _find(run, unit, name, level)
    if path is None:
        return External(name if level == 0 else f"{'.' * level}{name}")
    loaded = _load(run, path, name or path.stem)
    return External(name) if loaded is None else ModuleValue(loaded)


def member(run: Run, unit: Unit, module: Value, name: str) -> Value:
    """``from module import name``."""
    if isinstance(module, External):
        if module.name and set(module.name) <= {"."}:
            return resolve(run, unit, name, level=len(module.name))
        return External(f"{module.name}.{name}")
    if isinstance(module, ModuleValue):
        found = module.unit.scope.variables.get(name, MISSING)
        if found is not MISSING:
            return found
        if module.unit.is_package:
            submodule = Path(module.unit.source.file).parent
            path = _module_file(submodule, name)
            loaded = None if path is None else _load(run, path, f"{module.unit.name}.{name}")
            if loaded is not None:
                return ModuleValue(loaded)
        for star in module.unit.star_imports:
            return External(f"{star}.{name}")
        return External(f"{module.unit.name}.{name}")
    return External(name)


def import_star(run: Run, frame: Frame, module: Value) -> None:
    """``from module import *``."""
    if isinstance(module, External):
        frame.unit.star_imports.append(module.name)
    elif isinstance(module, ModuleValue):
        for name, value in list(module.unit.scope.variables.items()):
            if not name.startswith("_"):
                run.journal.set(frame.scope.variables, name, value)
        frame.unit.star_imports.extend(module.unit.star_imports)


def _find(run: Run, unit: Unit, name: str, level: int) -> Path | None:
    here = Path(unit.source.file).resolve().parent
    if level:
        folder = here
        for _ in range(level - 1):
            folder = folder.parent
        return _module_file(folder, name) if name else _package_file(folder)
    for folder in (here, *run.settings.roots, *_package_roots(here)):
        path = _module_file(folder, name)
        if path is not None:
            return path
    return None


def _package_roots(folder: Path) -> list[Path]:
    """Folders above a package: absolute imports inside it start there."""
    roots: list[Path] = []
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        folder = folder.parent
        roots.append(folder)
    return roots


def _module_file(folder: Path, name: str) -> Path | None:
    path = folder.joinpath(*name.split("."))
    try:
        if path.with_name(path.name + ".py").is_file():
            return path.with_name(path.name + ".py")
        return _package_file(path)
    except (OSError, ValueError):
        return None


def _package_file(folder: Path) -> Path | None:
    path = folder / "__init__.py"
    return path if path.is_file() else None


def _load(run: Run, path: Path, name: str) -> Unit | None:
    """Execute a module of the project once; None where it can't be read or is being loaded."""
    from convlint.static.statements import execute_block

    path = path.resolve()
    if path in run.units:
        return run.units[path]
    if len(run.units) >= MAX_UNITS:
        return None
    run.units[path] = None
    try:
        if path.stat().st_size > MAX_MODULE_BYTES:
            return None
        source = _parse(_shown(run, path), path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, cst.ParserSyntaxError, RecursionError):
        return None
    scope = Scope({"__name__": name, "__file__": str(path)})
    unit = Unit(name, source, scope, is_package=path.name == "__init__.py")
    run.units[path] = unit
    # A module is executed once, whatever branch imports it first: its names outlive that branch.
    outer, run.journal = run.journal, Journal()
    try:
        execute_block(run, source.module.body, Frame(unit, scope))
    finally:
        run.journal = outer
    return unit


@lru_cache(maxsize=256)
def _parse(shown: str, text: str) -> SourceFile:
    """Many files of a project import the same modules."""
    return SourceFile.parse(shown, text)


def _shown(run: Run, path: Path) -> str:
    """The path as findings print it: relative to where the run started, if it lies below."""
    try:
        return str(path.relative_to(run.directory))
    except ValueError:
        return str(path)
