"""Which generation of Keras a project runs on, as far as its own files and its environment tell.

Asked in this order, the folder nearest to the program first: lock files, requirements, the
packages that are installed. What allows both generations, or contradicts itself, tells nothing.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from convlint.lazy import dataclass
from convlint.toml import loads

_PACKAGES = ("keras", "tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-macos", "tensorflow-intel")
_FIRST_WITH_KERAS_3 = {"keras": (3, 0), "tensorflow": (2, 16)}
"""TensorFlow 2.16 is the first whose ``tf.keras`` is Keras 3."""
_PROBES = {
    "keras": ["1.2.2", *(f"2.{minor}.0" for minor in range(16)), *(f"3.{minor}.0" for minor in range(30))],
    "tensorflow": ["1.15.0", *(f"2.{minor}.0" for minor in range(40))],
}
"""Releases on which a requirement is tried, besides those that it names itself."""

_LOCKED = re.compile(
    r'^name = "(?P<name>[\w.-]+)"\r?\nversion = "(?P<version>[^"\n]+)"', re.MULTILINE
)  # fmt: skip
_VERSION = re.compile(r"\d+(?:\.\d+)*")
_CONDA = re.compile(r"^\s*-\s*[\"']?(?P<name>[\w.-]+)\s*(?P<pin>[=<>!~][^\"'#\n]*)?", re.MULTILINE)
_INSTALLED = re.compile(r"^(?P<name>[\w.]+)-(?P<version>\d[^-]*)\.dist-info$")
_IMPORT = re.compile(rb"^[ \t]*(?:import|from)[ \t]+(keras|tensorflow|tf_keras)\b", re.MULTILINE)
_TF_DOT_KERAS = re.compile(rb"\b(?:tensorflow|tf)\.keras\b")
_ENVIRONMENTS = (".venv", "venv", ".env", "env")
MAX_SIZE = 16 << 20
"""Bytes of a lock file that are read."""


@dataclass(frozen=True)
class KerasTarget:
    """The generation, 2 or 3, and what told it."""

    generation: int = 3
    origin: str = "nothing names another"
    is_default: bool = True
    """Whether nothing told it."""


def generation_of(package: str, version: str) -> int:
    """The generation of Keras that a release of ``keras`` or ``tensorflow`` brings."""
    found = _VERSION.match(version)
    numbers = tuple(map(int, found.group().split("."))) if found else ()
    return 3 if numbers >= _FIRST_WITH_KERAS_3["keras" if package == "keras" else "tensorflow"] else 2


def generations_allowed(package: str, requirement: str) -> frozenset[int]:
    """The generations among the releases that a version requirement (PEP 440) allows."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        allowed = SpecifierSet(requirement)
    except InvalidSpecifier:
        return frozenset({2, 3})
    probes = _PROBES["keras" if package == "keras" else "tensorflow"]
    named = [match.group() for match in _VERSION.finditer(requirement)]
    return frozenset(
        generation_of(package, version) for version in (*probes, *named) if allowed.contains(version, prereleases=True)
    )


class Detector:
    """Looks up which generation the folders of a run are meant for; each folder is read once."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._pinned: dict[str, KerasTarget | None] = {}
        self._installed: dict[str, KerasTarget | None] = {}
        self._names: dict[str, list[str]] = {}

    def detect(self, folder: str) -> KerasTarget:
        """The generation that the files of a folder, those above it, or the installed packages name."""
        folder = os.path.abspath(folder)
        return self._pins(folder) or self._environments(folder) or self._beside() or KerasTarget()

    def _listed(self, folder: str) -> list[str]:
        if folder not in self._names:
            try:
                self._names[folder] = sorted(os.listdir(folder))
            except OSError:
                self._names[folder] = []
        return self._names[folder]

    def _pins(self, folder: str) -> KerasTarget | None:
        """Of the nearest folder that says something, up to the root of the repository."""
        if folder not in self._pinned:
            names = self._listed(folder)
            found = pinned(Path(folder), names)
            parent = os.path.dirname(folder)
            ends = ".git" in names or parent == folder
            self._pinned[folder] = found if found is not None or ends else self._pins(parent)
        return self._pinned[folder]

    def _environments(self, folder: str) -> KerasTarget | None:
        """Of the nearest virtual environment, up to the root of the repository."""
        if folder not in self._installed:
            names = self._listed(folder)
            homes = [Path(folder, name) for name in _ENVIRONMENTS if name in names]
            found = next((one for home in homes if (one := installed(_site_packages(home), str(home)))), None)
            parent = os.path.dirname(folder)
            ends = ".git" in names or parent == folder
            self._installed[folder] = found if found is not None or ends else self._environments(parent)
        return self._installed[folder]

    def _beside(self) -> KerasTarget | None:
        """Of the active environment, then of the Python that convlint runs in."""
        if "" not in self._installed:
            active = self._environment.get("VIRTUAL_ENV") or self._environment.get("CONDA_PREFIX")
            found = installed(_site_packages(Path(active)), active) if active else None
            self._installed[""] = found or installed([Path(entry) for entry in sys.path if entry], "this Python")
        return self._installed[""]


def only_tf_keras(data: bytes) -> bool:
    """Whether a program uses the package ``tf_keras``, which is Keras 2, and no other Keras."""
    if b"tf_keras" not in data:
        return False
    names = {match.group(1) for match in _IMPORT.finditer(data)}
    return b"tf_keras" in names and b"keras" not in names and not _TF_DOT_KERAS.search(data)


def pinned(folder: Path, names: Sequence[str]) -> KerasTarget | None:
    """What the lock and requirements files of one folder say; None where they leave it open."""
    for group in _GROUPS:
        told: dict[int, str] = {}
        for name in names:
            reader = next((reader for pattern, reader in group if pattern.match(name)), None)
            if reader is None:
                continue
            text = _text(folder / name)
            for package, pin, allowed in reader(text) if "keras" in text or "tensorflow" in text else ():
                if len(allowed) == 1:
                    (generation,) = allowed
                    told.setdefault(generation, f"{package}{pin} in {name}")
        if len(told) == 1:
            ((generation, origin),) = told.items()
            return KerasTarget(generation, origin, is_default=False)
        if told:
            return KerasTarget(3, f"{' and '.join(told.values())} contradict each other")
    return None


_Pin = tuple[str, str, frozenset[int]]
"""Package, requirement as written, the generations that it allows."""


def _strongest(pins: Iterable[tuple[str, str]]) -> Iterator[_Pin]:
    """Pins of ``keras`` where they decide, else those of TensorFlow."""
    read = [
        (package, pin, generations_allowed(package, pin))
        for package, pin in ((_normal(package), pin.strip()) for package, pin in pins)
        if package in _PACKAGES and pin
    ]
    of_keras = [pin for pin in read if pin[0] == "keras" and len(pin[2]) == 1]
    yield from of_keras or read


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def _locked(text: str) -> Iterator[_Pin]:
    return _strongest((found["name"], f"=={found['version']}") for found in _LOCKED.finditer(text))


def _pipfile_lock(text: str) -> Iterator[_Pin]:
    try:
        packages = json.loads(text)["default"]
        pins = [(name, str(entry.get("version", ""))) for name, entry in packages.items()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return iter(())
    return _strongest(pins)


def _requirement(line: str) -> tuple[str, str] | None:
    line = re.split(r"\s(?:#|--)", line, maxsplit=1)[0].strip().rstrip("\\").strip()
    if not line.lower().startswith(("keras", "tensorflow")):
        return None
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return None
    return requirement.name, str(requirement.specifier)


def _requirements(text: str) -> Iterator[_Pin]:
    return _strongest(pin for pin in map(_requirement, text.splitlines()) if pin)


def _conda(text: str) -> Iterator[_Pin]:
    return _strongest((found["name"], _conda_pin(found["pin"] or "")) for found in _CONDA.finditer(text))


def _conda_pin(pin: str) -> str:
    """``=2.3`` of conda, which means ``==2.3.*``."""
    pin = pin.strip()
    exact = re.match(r"^=(?!=)\s*([\d.]+)", pin)
    return f"=={exact[1].rstrip('.')}.*" if exact else pin


def _pyproject(text: str) -> Iterator[_Pin]:
    try:
        content = loads(text)
    except ValueError:
        return
    project = _table(content.get("project"))
    lines = [line for line in _list(project.get("dependencies")) if isinstance(line, str)]
    yield from _strongest(pin for pin in map(_requirement, lines) if pin)
    poetry = _table(_table(_table(content.get("tool")).get("poetry")).get("dependencies"))
    pins = [(name, entry.get("version", "") if isinstance(entry, dict) else entry) for name, entry in poetry.items()]
    yield from _strongest((name, _caret(pin)) for name, pin in pins if isinstance(pin, str))


def _caret(pin: str) -> str:
    """``^2.3`` and ``2.3.1`` of Poetry as PEP 440 writes them."""
    pin = pin.strip()
    if pin[:1].isdigit():
        return f"=={pin}"
    if not pin.startswith("^"):
        return "" if pin.startswith("*") else pin
    found = _VERSION.match(pin[1:])
    if found is None:
        return ""
    return f">={found.group()},<{int(found.group().split('.')[0]) + 1}"


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_SIZE).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


_GROUPS = (
    (
        (re.compile(r"(?:uv|poetry|pdm)\.lock$|pylock(?:\.\w+)?\.toml$"), _locked),
        (re.compile(r"Pipfile\.lock$"), _pipfile_lock),
    ),
    (
        (re.compile(r"requirements[\w.-]*\.txt$"), _requirements),
        (re.compile(r"pyproject\.toml$"), _pyproject),
        (re.compile(r"environment[\w.-]*\.ya?ml$"), _conda),
    ),
)
"""Files that fix versions before files that limit them."""


def _site_packages(home: Path) -> list[Path]:
    if not (home / "pyvenv.cfg").exists() and not (home / "conda-meta").exists():
        return []
    return [*sorted(home.glob("lib/python3*/site-packages")), home / "Lib" / "site-packages"]


def installed(folders: Iterable[Path], where: str) -> KerasTarget | None:
    """What the metadata of installed packages say; nothing is imported.

    Args:
        folders: those that Python looks into, in order.
        where: how messages name them.
    """
    found: dict[str, str] = {}
    for folder in folders:
        try:
            names = os.listdir(folder) if folder.is_dir() else []
        except OSError:
            continue
        for name in names:
            match = _INSTALLED.match(name)
            if match and _normal(match["name"]) in _PACKAGES:
                found.setdefault(_normal(match["name"]), match["version"])
    for package in _PACKAGES:
        if package in found:
            version = found[package]
            return KerasTarget(generation_of(package, version), f"{package} {version} in {where}", is_default=False)
    return None
