"""Results of earlier runs, found by content: of the file, of all that was looked up for it, of convlint itself.

One JSON file for each folder that convlint is run in. Whatever is wrong with it, the run goes on without.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from convlint import __version__
from convlint.digest import digest_of, holds
from convlint.findings import Edit, Evidence, Finding, Fix, Location
from convlint.results import FileResult
from convlint.rules.installed import announcements, packs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from convlint.settings import Settings

FORMAT = 1
MAX_BYTES = 64 << 20
"""Size of a cache that is read at all."""
OLD = 30 * 24 * 3600
"""Seconds after which the cache of another version or folder is thrown away."""
_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file is a cache directory tag: https://bford.info/cachedir/\n"
)  # fmt: skip

_Entry = list[Any]
"""Digest of the content, numbers of what was asked, the result; under digest of the settings, a space and the file."""


class Cache:
    """What is known from earlier runs, and what this one adds.

    Args:
        folder: holds the caches of all folders and versions; made when something is saved.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        here = f"{FORMAT}\0{os.getcwd()}\0{environment()}"
        self._path = os.path.join(folder, f"{digest_of(here.encode('utf-8', 'surrogateescape'))}.json")
        self._asked: list[list[str]] = []
        self._entries: dict[str, _Entry] = {}
        self._new: dict[str, tuple[str, FileResult]] = {}
        self._holding: list[bool] | None = None
        self._every = False
        self._settings: dict[Settings, str] = {}
        self._read()

    def _read(self) -> None:
        with suppress(OSError, ValueError, RecursionError, TypeError, KeyError):
            if os.path.getsize(self._path) > MAX_BYTES:
                return
            with open(self._path, "rb") as stream:
                content = json.loads(stream.read())
            asked, entries = content["asked"], content["files"]
            for path, state in asked:
                _text(path), _text(state)
            if not isinstance(entries, dict):
                raise TypeError(entries)
            self._asked, self._entries = asked, entries

    def key(self, settings: Settings) -> str:
        """Digest of all that the settings say."""
        known = self._settings.get(settings)
        if known is None:
            known = self._settings[settings] = digest_of(repr(settings).encode())
        return known

    def look_up(self, file: str, data: bytes, settings: Settings) -> FileResult | None:
        """The result of checking this very content under these settings; None where it is not known."""
        entry = self._entries.get(f"{self.key(settings)} {file}")
        if entry is None:
            return None
        try:
            digest, numbers, result = entry
            if digest != digest_of(data):
                return None
            if not (self._all_hold() or all(self._holds(int(number)) for number in numbers.split())):
                return None
            return _result_from(file, result)
        except (ValueError, TypeError, AttributeError, IndexError):
            return None

    def _all_hold(self) -> bool:
        if self._holding is None:
            self._holding = [holds(path, state) for path, state in self._asked]
            self._every = all(self._holding)
        return self._every

    def _holds(self, number: int) -> bool:
        assert self._holding is not None
        return number >= 0 and self._holding[number]

    def add(self, settings: Settings, result: FileResult) -> None:
        """Remember a result, unless it says that it must not be kept."""
        if result.digest:
            self._new[result.file] = (self.key(settings), result)

    def save(self) -> None:
        """Write what this run added, together with what other runs wrote meanwhile; silently nothing if that fails."""
        if not self._new:
            return
        self._asked, self._entries, self._holding = [], {}, None
        self._read()
        numbers: dict[tuple[str, str], int] = {}
        asked: list[list[str]] = []

        def number(path: str, state: str) -> str:
            place = numbers.setdefault((path, state), len(asked))
            if place == len(asked):
                asked.append([path, state])
            return str(place)

        files: dict[str, _Entry] = {}
        for name, entry in self._entries.items():
            with suppress(ValueError, TypeError, AttributeError, IndexError):
                key, file = name.split(" ", 1)
                digest, known, result = entry
                newer = self._new.get(file)
                # What was found under other settings stays while the file does.
                if os.path.exists(file) if newer is None else (newer[1].digest == digest and newer[0] != key):
                    again = " ".join(number(*self._asked[int(one)]) for one in known.split())
                    files[name] = [_text(digest), again, result]
        for file, (key, checked) in self._new.items():
            states = " ".join(number(path, state) for path, state in sorted(checked.asked.items()))
            files[f"{key} {file}"] = [checked.digest, states, _result_to(checked)]
        data = json.dumps({"asked": asked, "files": files}, separators=(",", ":")).encode()
        with suppress(OSError):
            self._write(data)

    def _write(self, data: bytes) -> None:
        os.makedirs(self._folder, exist_ok=True)
        for name, text in (("CACHEDIR.TAG", _TAG), (".gitignore", "# Made by convlint.\n*\n")):
            path = os.path.join(self._folder, name)
            if not os.path.exists(path):
                _replace(path, text.encode())
        _replace(self._path, data)
        for entry in os.scandir(self._folder):
            if entry.name.endswith((".json", ".tmp")) and time.time() - entry.stat().st_mtime > OLD:
                os.unlink(entry.path)


def _replace(path: str, data: bytes) -> None:
    """Write a file in one step: others see the old content or the new."""
    descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


# --- what convlint itself is made of -------------------------------------------------------------


def environment() -> str:
    """Digest of all but files and settings that a result depends on: Python, packages, rules and rule packs."""
    parts = [__version__, sys.version, sys.platform]
    package = os.path.dirname(os.path.abspath(__file__))
    if not os.path.isdir(os.path.join(package, "_rules")):
        # A checkout: its version says nothing about what is in it.
        parts += _contents(package, ".py")
        parts += _contents(os.path.join(os.path.dirname(package), "rules"), ".md")
    for announcement in announcements():
        parts.append(announcement.name)
        for pack in packs(announcement):
            parts += _pack(pack)
    return digest_of("\0".join(parts).encode("utf-8", "surrogateescape"))


def _contents(folder: str, *suffixes: str) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(suffixes):
                path = os.path.join(place, name)
                with suppress(OSError), open(path, "rb") as stream:
                    yield f"{path}={digest_of(stream.read())}"


def _pack(entry_point: str) -> Iterator[str]:
    """The files of a rule pack, which may be edited where they are installed from."""
    from importlib.util import find_spec

    name = entry_point.partition("=")[2].partition(":")[0].strip()
    with suppress(ImportError, ValueError, AttributeError):
        spec = find_spec(name) if name else None
        for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
            yield from _contents(folder, ".py", ".md")


# --- results as JSON -----------------------------------------------------------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _result_to(result: FileResult) -> list[Any] | None:
    """The result as JSON; None for the commonest, which found nothing."""
    flags = [result.unfinished, result.layout_mattered, result.unread]
    if not (result.findings or result.notes or result.suppressed or result.used or any(flags)):
        return None
    findings, suppressed = ([_finding_to(one) for one in found] for found in (result.findings, result.suppressed))
    return [findings, list(result.notes), flags, suppressed, sorted(result.used)]


def _result_from(file: str, value: Any) -> FileResult:
    if value is None:
        return FileResult(file, about_keras=True)
    findings, notes, (unfinished, layout_mattered, unread), suppressed, used = value
    return FileResult(
        file, tuple(map(_finding_from, findings)), notes=tuple(map(_text, notes)), unfinished=bool(unfinished),
        layout_mattered=bool(layout_mattered), unread=bool(unread), about_keras=True,
        suppressed=tuple(map(_finding_from, suppressed)),
        used=frozenset((_text(path), int(line)) for path, line in used),
    )  # fmt: skip


def _place_to(place: Location) -> list[Any]:
    return [place.file, place.line, place.column, place.end_line, place.end_column, place.cell]


def _place_from(value: Any) -> Location:
    file, *numbers = value
    if len(numbers) != 6 - 1 or not all(type(number) is int for number in numbers):
        raise TypeError(value)
    return Location(_text(file), *numbers)


def _finding_to(one: Finding) -> list[Any]:
    words = [one.code, one.name, one.severity, one.message, one.symbol, one.help, one.source, one.url, one.suppressed]
    fixes = [
        [
            fix.applicability,
            fix.description,
            [[_place_to(edit.location), edit.content] for edit in fix.edits],
            fix.verified,
        ]
        for fix in one.fixes
    ]
    evidence = [[_place_to(step.location), step.text] for step in one.evidence]
    return [words, _place_to(one.location), evidence, fixes, one.confirmed]


_CHOICES: Mapping[str, Sequence[Any]] = {
    "severity": ("error", "warning", "info"),
    "source": ("static", "build", "saved", "traceback"),
    "applicability": ("safe", "unsafe", "display"),
}


def _choice(what: str, value: Any) -> Any:
    if value not in _CHOICES[what]:
        raise TypeError(value)
    return value


def _finding_from(value: Any) -> Finding:
    words, place, evidence, fixes, confirmed = value
    code, name, severity, message, symbol, advice, source, url, suppressed = map(_text, words)
    if not isinstance(confirmed, bool | None):
        raise TypeError(confirmed)
    return Finding(
        code, name, _choice("severity", severity), message, _place_from(place), symbol,
        tuple(Evidence(_place_from(at), _text(text)) for at, text in evidence),
        advice, _choice("source", source), url,
        tuple(
            Fix(
                _choice("applicability", applicability), _text(description),
                tuple(Edit(_place_from(at), _text(content)) for at, content in edits), bool(verified),
            )
            for applicability, description, edits, verified in fixes
        ),
        confirmed, suppressed,
    )  # fmt: skip
