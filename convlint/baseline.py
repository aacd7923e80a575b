"""Baselines: findings that are known and not to be told again, until their lines change.

A finding is known by its rule, its file and the text of its line, never by the number of the line: code may move.
The file is JSON with one entry a line, in a fixed order, so that its changes are easy to read and to merge.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convlint.edits import split_lines
from convlint.findings import Edit, Fix, Location, Observation
from convlint.lazy import dataclass
from convlint.problems import StaleBaselineEntry
from convlint.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from convlint.findings import Finding

VERSION = 1


@dataclass(frozen=True, order=True)
class Entry:
    """Findings that are known.

    Attributes:
        file: relative to the baseline, with slashes.
        code: of the rule.
        text: of the first line of the findings, white space made one space.
        source: ``build`` for what only a build finds, else ``static``.
        count: how many there are.
    """

    file: str
    code: str
    text: str
    source: str = "static"
    count: int = 1


@dataclass(frozen=True)
class Baseline:
    """A baseline as it was read.

    Attributes:
        file: as messages print it.
        text: of the file.
        entries: in the order of the file.
        lines: on which each of them stands; 0 where that can't be told.
    """

    file: str
    text: str
    entries: tuple[Entry, ...] = ()
    lines: tuple[int, ...] = ()


def read(file: str) -> Baseline:
    """Read a baseline.

    Raises:
        SettingsError: there is none, or the file is something else.
    """
    try:
        text = Path(file).read_bytes().decode("utf-8-sig")
        content = json.loads(text)
    except FileNotFoundError:
        raise SettingsError(f"{file}: there is no such baseline; --write-baseline {file} makes it") from None
    except OSError as error:
        raise SettingsError(f"{file}: the baseline can't be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise SettingsError(f"{file}:{line}: this is no baseline: {getattr(error, 'msg', error)}") from None
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise SettingsError(f'{file}:1: this is no baseline: it wants "version": {VERSION}')
    rows = content.get("findings")
    rows = rows if isinstance(rows, list) else []
    entries = tuple(_entry(file, row) for row in rows)
    places = {_plain(line): number for number, line in enumerate(split_lines(text), start=1) if line.strip()[:1] == "{"}
    return Baseline(file, text, entries, tuple(places.get(_plain(_line(entry)), 0) for entry in entries))


def _entry(file: str, row: Any) -> Entry:
    try:
        source, count = row.get("source", "static"), row.get("count", 1)
        entry = Entry(row["file"], row["code"], row["text"], source, count)
    except (AttributeError, KeyError, TypeError):
        raise SettingsError(f"{file}: this entry of the baseline lacks a file, code or text: {row!r}") from None
    words = (entry.file, entry.code, entry.text, entry.source)
    if not all(isinstance(word, str) for word in words) or not isinstance(count, int) or count < 1:
        raise SettingsError(f"{file}: this entry of the baseline holds something else: {row!r}")
    return entry


def _plain(line: str) -> str:
    return line.strip().rstrip(",")


def _line(entry: Entry) -> str:
    row: dict[str, Any] = {"file": entry.file, "code": entry.code, "text": entry.text}
    if entry.source != "static":
        row["source"] = entry.source
    if entry.count != 1:
        row["count"] = entry.count
    return json.dumps(row)


def written(entries: Iterable[Entry]) -> str:
    """The text of a baseline with these entries."""
    lines = ",\n".join(f"    {_line(entry)}" for entry in sorted(entries))
    rows = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "version": {VERSION},\n  "findings": {rows}\n}}\n'


def entries_of(findings: Iterable[Finding], sources: Mapping[str, str], file: str) -> list[Entry]:
    """What a baseline in ``file`` holds of these findings."""
    counts = Counter(_key(finding, sources, _root(file)) for finding in findings if _may_be_known(finding))
    return [replace(entry, count=count) for entry, count in counts.items()]


def _may_be_known(finding: Finding) -> bool:
    return finding.code not in _NEVER


_NEVER = frozenset({"CL900", "CL907", "CL908", "CL909"})
"""Behind a file that could not be read or analysed there could be anything; a baseline can't hold itself."""


def _root(file: str) -> str:
    return os.path.dirname(os.path.realpath(file))


def _key(finding: Finding, sources: Mapping[str, str], root: str) -> Entry:
    place = finding.location
    lines = split_lines(sources.get(place.home, ""))
    text = " ".join(lines[place.line - 1].split()) if 0 < place.line <= len(lines) else ""
    relative = os.path.relpath(os.path.realpath(place.file), root).replace(os.sep, "/")
    return Entry(relative, finding.code, text, "build" if finding.source == "build" else "static")


@dataclass(frozen=True)
class Applied:
    """What a baseline makes of the findings of a run.

    Attributes:
        new: findings that it does not know.
        known: those that it knows, with :attr:`Finding.suppressed` filled.
        stale: entries for which fewer findings were met than they count, with what is left of the count.
    """

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    stale: tuple[tuple[int, Entry], ...]


def apply(baseline: Baseline, findings: Sequence[Finding], sources: Mapping[str, str]) -> Applied:
    """Split findings into new and known ones, the first ones of a file being the known ones."""
    root = _root(baseline.file)
    left: Counter[Entry] = Counter()
    for entry in baseline.entries:
        left[replace(entry, count=1)] += entry.count
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in findings:
        key = _key(finding, sources, root)
        # What a build confirms may have been found by it alone before, and the other way round.
        other = replace(key, source="static" if key.source == "build" else "build")
        found = next((entry for entry in (key, other) if left[entry] > 0), None)
        if found is None or not _may_be_known(finding):
            new.append(finding)
        else:
            left[found] -= 1
            known.append(replace(finding, suppressed=f"by the baseline {baseline.file}"))
    stale: list[tuple[int, Entry]] = []
    for entry, line in zip(baseline.entries, baseline.lines):
        key = replace(entry, count=1)
        missing = min(left[key], entry.count)
        if missing > 0:
            left[key] -= missing
            stale.append((line, replace(entry, count=missing)))
    return Applied(tuple(new), tuple(known), tuple(stale))


def stale_observations(
    baseline: Baseline, stale: Sequence[tuple[int, Entry]], was_judged: Callable[[str, str, str], bool]
) -> Iterator[tuple[Entry, Observation]]:
    """Entries that no longer occur (CL907).

    Args:
        baseline: as it was read.
        stale: of :class:`Applied`.
        was_judged: whether the run would have found it, from a file, a code and a source.
    """
    root = _root(baseline.file)
    lines = split_lines(baseline.text)
    for number, entry in stale:
        file = os.path.normpath(os.path.join(root, entry.file))
        if os.path.exists(file) and not was_judged(file, entry.code, entry.source):
            continue
        line = max(number, 1)
        content = lines[line - 1] if line <= len(lines) else ""
        start = len(content) - len(content.lstrip()) + 1
        place = Location(baseline.file, line, start, line, max(len(content.rstrip()) + 1, start))
        problem = StaleBaselineEntry(entry.file, entry.code, entry.text)
        yield entry, Observation(problem, place, "static", site=_removal(place, lines) if number else None)


def _removal(place: Location, lines: Sequence[str]) -> Fix:
    """The baseline without a line: with the comma of the line above, where the line is the last one."""
    line, content = place.line, lines[place.line - 1]
    if content.rstrip().endswith(","):
        where = Location(place.file, line, 1, line + 1, 1)
    else:
        above = lines[line - 2].rstrip()
        end = len(above.removesuffix(",")) + 1
        where = Location(place.file, line - 1, end, line, len(content) + 1)
    return Fix("safe", "take the entry out", (Edit(where, ""),))


def without(baseline: Baseline, stale: Iterable[Entry]) -> str:
    """The text of a baseline without what is stale."""
    gone: Counter[Entry] = Counter()
    for entry in stale:
        gone[replace(entry, count=1)] += entry.count
    kept: list[Entry] = []
    for entry in baseline.entries:
        key = replace(entry, count=1)
        taken = min(gone[key], entry.count)
        gone[key] -= taken
        if taken < entry.count:
            kept.append(replace(entry, count=entry.count - taken))
    return written(kept)
