"""Loads the user's file as a module, in an empty folder that looks like the one it would run in."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

MAX_LINKS = 2000

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


def package_root(file: Path) -> Path:
    """The folder that must be on ``sys.path`` for the file's imports: above its outermost package."""
    folder = file.parent
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        folder = folder.parent
    return folder


def load_module(file: Path, *, name: str | None = None) -> ModuleType:
    """Run the file as a module (never as ``__main__`` unless ``name`` says so)."""
    root = package_root(file)
    parts = file.resolve().relative_to(root.resolve()).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    dotted = name or ".".join(parts)
    for folder in dict.fromkeys((str(root), str(file.parent))):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    if dotted in sys.modules or dotted in sys.stdlib_module_names:
        # A model.py called like a module that is already loaded (numpy.py, test.py).
        dotted = f"convlint_target_{file.stem}" if name is None else dotted
    spec = importlib.util.spec_from_file_location(dotted, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} can't be loaded as a Python module")
    module = importlib.util.module_from_spec(spec)
    if name is not None and len(parts) > 1:
        # As `python -m package.module` does, for relative imports.
        module.__package__, module.__spec__ = ".".join(parts[:-1]), None
    sys.modules[dotted] = module
    spec.loader.exec_module(module)
    return module


class ShadowFolder:
    """A temporary working folder with links to what the real one holds.

    Relative paths can be read as usual. What the program writes stays in the temporary folder:
    before a file or folder behind a link is changed, the link gives way to a copy.
    """

    def __init__(self, real: Path, shadow: Path) -> None:
        self.shadow = shadow.resolve()
        self._detaching = False
        _link_entries(real.resolve(), self.shadow)

    def enter(self) -> None:
        """Make it the working folder, and watch for writes from now on."""
        os.chdir(self.shadow)
        sys.addaudithook(self._on_event)

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool((flags or 0) & _WRITES)
            if writes:
                self._detach(path)
        elif event == "os.remove":
            self._detach(arguments[0], itself=False)  # only the link goes
        elif event in ("os.rename", "os.mkdir", "os.rmdir", "os.truncate"):
            for path in arguments[:2]:
                self._detach(path)

    def _detach(self, path: object, *, itself: bool = True) -> None:
        if self._detaching or not isinstance(path, str | bytes | os.PathLike):
            return
        self._detaching = True
        try:
            self._detach_all(path, itself)
        finally:
            self._detaching = False

    def _detach_all(self, path: str | bytes | os.PathLike[Any], itself: bool) -> None:
        full = Path(os.path.abspath(os.fsdecode(path)))
        if self.shadow not in full.parents:
            return
        step = self.shadow
        for part in full.relative_to(self.shadow).parts:
            step = step / part
            if not step.is_symlink() or (step == full and not itself):
                continue
            real = Path(os.path.realpath(step))
            os.unlink(step)
            if real.is_dir():
                os.mkdir(step)
                _link_entries(real, step)
            elif real.is_file():
                step.write_bytes(real.read_bytes())


def _link_entries(real: Path, shadow: Path) -> None:
    try:
        with os.scandir(real) as entries:
            for count, entry in enumerate(entries):
                if count >= MAX_LINKS:
                    break
                os.symlink(entry.path, shadow / entry.name)
    except OSError:
        # No permission to make links (Windows): relative paths are then not found.
        return
