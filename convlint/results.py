"""What the check of a file hands out: plain data, which can come out of another process or a cache."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from convlint.findings import Finding
from convlint.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Change:
    """A file that fixes changed, or would change.

    Attributes:
        before: text as it was.
        after: text with the fixes.
        repaired: the findings that are gone.
        written: whether the file holds ``after`` now.
    """

    file: str
    before: str
    after: str
    repaired: tuple[Finding, ...]
    written: bool


@dataclass(frozen=True)
class FileResult:
    """What the check of one file brought.

    Attributes:
        file: as findings print it.
        findings: of the rules that report under the file's settings, with fixes where the run offers them. Some
            lie in other files: in the modules that this one imports.
        errors: what convlint could not do, one sentence each.
        notes: what a user may want to know.
        change: what fixes changed.
        unfinished: whether the analysis left something out.
        unread: whether the file could not be read or parsed, so that nothing in it was checked.
        layout_mattered: whether the assumed ``image_data_format`` had a say in what is reported.
        about_keras: whether the file mentions Keras, so that it was analysed.
        suppressed: findings that comments suppress.
        used: comments in other files that suppressed something, by file and line.
        digest: of the file's content; empty where the result must not be kept.
        asked: what else was looked up on the disk, and what was there, as :mod:`convlint.digest` writes it.
    """

    file: str
    findings: tuple[Finding, ...] = ()
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    change: Change | None = None
    unfinished: bool = False
    layout_mattered: bool = False
    unread: bool = False
    about_keras: bool = False
    suppressed: tuple[Finding, ...] = ()
    used: frozenset[tuple[str, int]] = frozenset()
    digest: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)


def unique(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in order; what two files told about a module that both import is told once."""
    kept: dict[tuple[object, ...], Finding] = {}
    for one in findings:
        place = one.location
        key = (one.code, os.path.realpath(place.file), place.cell, place.line, place.column, one.message)
        known = kept.get(key)
        if known is None or (one.fixes and not known.fixes) or (one.confirmed and not known.confirmed):
            kept[key] = one
    return sorted(kept.values(), key=lambda one: (one.location, one.code))
