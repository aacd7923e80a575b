"""Imports: libraries by name, modules of the project by their files."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import libcst as cst

from convlint.catalog.names import canonical
from convlint.static import stdlib
from convlint.static.disk import Disk
from convlint.static.journal import MISSING, Journal, Slots
from convlint.static.run import STAR, Frame, Run
from convlint.static.source import SourceFile, parsed
from convlint.static.values import Deferred, External, ModuleValue, Scope, Unit, Value, resolved

MAX_UNITS = 100

LIBRARIES = frozenset(
    {"tensorflow", "keras", "tf_keras", "numpy", "scipy", "pandas", "sklearn", "cv2", "PIL", "matplotlib", "torch",
     "torchvision", "jax", "os", "sys", "math", "functools", "itertools", "collections", "typing", "re", "random",
     "time", "json", "copy", "pathlib", "dataclasses", "argparse", "logging", "warnings", "tqdm", "h5py",
     "tensorflow_datasets", "imageio", "skimage", "keras_preprocessing", "enum", "operator", "types", "contextlib",
     "absl"}
)  # fmt: skip
"""Top-level names that always mean the library, whatever files lie beside the program."""


def resolve(run: Run, unit: Unit, name: str, level: int = 0) -> Value:
    """The module that ``import name`` (or ``from ..name import``) means."""
    if level == 0 and _is_library(run, unit, name):
        if name.partition(".")[0] == "tf_keras":
            run.take_legacy_keras()
        return External(name)
    path = _find(run, unit, name, level)
    if path is None:
        return External(name if level == 0 else f"{'.' * level}{name}")
    loaded = load(run, path, name or path.stem)
    return External(name) if loaded is None else ModuleValue(loaded)


def _own_library(run: Run, folder: Path) -> str | None:
    """The library whose package the files of a folder are part of."""
    roots = run.disk.remember(("roots", folder), lambda: _package_roots(run.disk, folder))
    name = (folder, *roots)[-2].name if roots else None
    return name if name in LIBRARIES else None


def _is_library(run: Run, unit: Unit, name: str) -> bool:
    """Whether a name means the library, and not a file of the project.

    To a file inside a library its own modules are the project, but for those that hold what the
    catalog knows: it tells more than their source.
    """
    top = name.partition(".")[0]
    if top not in LIBRARIES:
        return False
    if top != _own_library(run, run.disk.folder(unit.source.file)):
        return True
    return f"{canonical(name)}.".startswith(_COVERED)


_PARTS = ("activations", "backend", "initializers", "layers", "models", "ops", "random", "utils")
_COVERED = (
    *(f"keras.{part}." for part in _PARTS),
    "keras.Model.",
    "keras.Sequential.",
)
"""Modules of libraries that the catalog, or the analysis itself, stands for."""


def member(run: Run, unit: Unit, module: Value, name: str) -> Value:
    """``from module import name``."""
    if isinstance(module, External):
        if module.name and set(module.name) <= {"."}:
            return resolve(run, unit, name, level=len(module.name))
        return external_value(run, f"{module.name}.{name}")
    if isinstance(module, ModuleValue):
        found = resolved(module.unit.scope.variables.get(name, MISSING))
        if found is not MISSING:
            return found
        if module.unit.is_package:
            path = _part_of(run.disk, run.disk.folder(module.unit.source.file), name)
            loaded = None if path is None else load(run, path, f"{module.unit.name}.{name}")
            if loaded is not None:
                return ModuleValue(loaded)
        for star in module.unit.star_imports:
            return External(f"{star}.{name}")
        return External(f"{module.unit.name}.{name}")
    return External(name)


def external_value(run: Run, name: str) -> Value:
    """What a full name of a library stands for: a constant that shapes and branches depend on, or the name itself."""
    package, _, last = name.rpartition(".")
    if last == "newaxis" and package.startswith(("numpy", "tensorflow")):
        return None
    if last in ("__version__", "VERSION"):
        library = "keras" if "keras" in package.split(".") else package.partition(".")[0]
        version = stdlib.VERSIONS.get(run.settings.keras, {}).get(library)
        if version is not None:
            return version
    known = stdlib.external_value(run, name)
    return External(name) if known is MISSING else known


def resolve_later(run: Run, frame: Frame, name: str, level: int = 0, wanted: str | None = None) -> Value:
    """The module, or the name ``wanted`` of it; put off where the import only passes a name on.

    A package's ``__init__`` imports all of it, and a program uses little of that. What the
    analysed file itself imports is loaded at once, and so is what changes the default layout.
    """

    def load() -> Value:
        module = resolve(run, frame.unit, name, level)
        return module if wanted is None else member(run, frame.unit, module, wanted)

    library = level == 0 and _is_library(run, frame.unit, name if wanted is None else f"{name}.{wanted}")
    if library and wanted is not None:
        resolve(run, frame.unit, name)
        return external_value(run, f"{name}.{wanted}")
    main = frame.unit.name == "__main__" and Path(frame.unit.source.file).name != "__init__.py"
    if library or main or frame.scope is not frame.unit.scope:
        return load()
    path = _find(run, frame.unit, name, level)
    if path is None:
        return load()
    folder = path.parent if path.name == "__init__.py" else None
    part = None if folder is None or wanted is None else _part_of(run.disk, folder, wanted)
    if any(_sets_defaults(run, run.disk.real(file)) for file in (path, part) if file is not None):
        return load()
    return Deferred(load)


_SETTERS = ("set_image_data_format", "set_image_dim_ordering", "TF_USE_LEGACY_KERAS")
_SETTER = re.compile(rf"\b(?:{'|'.join(_SETTERS)})\b")
_TOP_LEVEL_IMPORT = re.compile(
    r"^(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([\w.]+))", re.MULTILINE
)


def _sets_defaults(run: Run, path: Path) -> bool:
    """Whether importing the file changes the default layout or the Keras in use, as far as its text tells."""
    known = run.sets_defaults.get(path)
    if known is not None:
        return known
    run.sets_defaults[path] = False
    text = run.disk.read(path)
    answer = text is not None and (
        _calls_setter(text)
        or any(
            _sets_defaults(run, file)
            for file in run.disk.remember(("imported", path, run.settings.roots), lambda: _imported(run, path, text))
        )
    )
    run.sets_defaults[path] = answer
    return answer


@lru_cache(maxsize=1024)
def _calls_setter(text: str) -> bool:
    """Whether a setter is named outside functions and classes."""
    if not any(word in text for word in _SETTERS):  # a tenth of the time that the pattern takes
        return False
    heading = ""
    for line in text.splitlines():
        if line[:1].strip() and not line.startswith((")", "]", "}", "#")):
            heading = line
        if _SETTER.search(line) and not heading.startswith(("def ", "async def ", "class ", "from ", "import ")):
            return True
    return False


def _imported(run: Run, path: Path, text: str) -> list[Path]:
    here = Unit(path.stem, SourceFile(str(path), "", cst.Module([])), Scope())
    files: list[Path] = []
    for dots, origin, names, plain in _TOP_LEVEL_IMPORT.findall(text):
        name = plain or origin
        if not dots and name.partition(".")[0] in LIBRARIES:
            continue
        found = _find(run, here, name, len(dots))
        if found is None:
            continue
        files.append(run.disk.real(found))
        if found.name == "__init__.py":
            parts = (_part_of(run.disk, found.parent, word) for word in re.findall(r"\w+", names))
            files.extend(run.disk.real(part) for part in parts if part is not None)
    return files


def import_star(run: Run, frame: Frame, module: Value) -> None:
    """``from module import *``."""
    run.journal.set(frame.scope.variables, STAR, True)
    if isinstance(module, External):
        frame.unit.star_imports.append(module.name)
    elif isinstance(module, ModuleValue):
        for name, value in list(module.unit.scope.variables.items()):
            # A program may put anything into `globals()`; what is no text is no name.
            if isinstance(name, str) and not name.startswith("_"):
                run.journal.set(frame.scope.variables, name, value)
        frame.unit.star_imports.extend(module.unit.star_imports)


def _find(run: Run, unit: Unit, name: str, level: int) -> Path | None:
    here = run.disk.folder(unit.source.file)
    roots = run.settings.roots
    return run.disk.remember((here, name, level, roots), lambda: _find_from(run.disk, here, name, level, roots))


def _find_from(disk: Disk, here: Path, name: str, level: int, roots: tuple[Path, ...]) -> Path | None:
    if level:
        folder = here
        for _ in range(level - 1):
            folder = folder.parent
        return _module_file(disk, folder, name) if name else _package_file(disk, folder)
    for folder in (here, *roots, *_package_roots(disk, here)):
        path = _module_file(disk, folder, name)
        if path is not None:
            return path
    return None


def _package_roots(disk: Disk, folder: Path) -> list[Path]:
    """Folders above a package: absolute imports inside it start there."""
    roots: list[Path] = []
    while disk.is_file(folder / "__init__.py") and folder.parent != folder:
        folder = folder.parent
        roots.append(folder)
    return roots


def _module_file(disk: Disk, folder: Path, name: str) -> Path | None:
    path = folder.joinpath(*name.split("."))
    try:
        module = path.with_name(path.name + ".py")
        return module if disk.is_file(module) else _package_file(disk, path)
    except (OSError, ValueError):
        return None


def _part_of(disk: Disk, package: Path, name: str) -> Path | None:
    """The module of a package, by its name."""
    return disk.remember((package, name), lambda: _module_file(disk, package, name))


def _package_file(disk: Disk, folder: Path) -> Path | None:
    path = folder / "__init__.py"
    return path if disk.is_file(path) else None


def load(run: Run, path: Path, name: str) -> Unit | None:
    """Execute a module of the project once; None where it can't be read or is being loaded."""
    from convlint.static.statements import execute_block

    path = run.disk.real(path)
    if path in run.units:
        return run.units[path]
    if len(run.units) >= MAX_UNITS:
        return None
    run.units[path] = None
    text = run.disk.read(path)
    if text is None:
        return None
    try:
        source = parsed(_shown(run, path), text, whole=False)
    except (ValueError, cst.ParserSyntaxError, RecursionError):
        return None
    scope = Scope(Slots({"__name__": name, "__file__": str(path)}))
    run.journal.epoch.turn()
    unit = Unit(name, source, scope, is_package=path.name == "__init__.py")
    run.meet(path, unit)
    # A module is executed once, whatever branch imports it first: its names outlive that branch.
    outer, run.journal = run.journal, Journal(run.journal.epoch)
    inside, run.inside_call = run.inside_call, False
    beside, run.beside = run.beside, True
    try:
        execute_block(run, source.module.body, Frame(unit, scope))
    finally:
        run.journal, run.inside_call, run.beside = outer, inside, beside
    return unit


def _shown(run: Run, path: Path) -> str:
    """The path as findings print it: relative to where the run started, if it lies below."""
    try:
        return str(path.relative_to(run.directory))
    except ValueError:
        return str(path)
