"""The error atlas as texts: what Keras 1 to 3 say of each mistake, and whether the right rule is named for it.

``tests/data/atlas_messages.jsonl`` holds one message a line, as a traceback prints it: ``id`` of the program in
``tests/data/atlas.jsonl``, ``version`` that said it, ``exception``, ``message``, and ``line`` and ``source`` of the
user's line. Messages of releases that were not run are ``alone``, the text only. The right ``rules`` are those of the
program unless the message has its own.

A text is judged twice: alone, and beside the program's source.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from convlint.api import diagnose
from convlint.rules.registry import load
from convlint.traceback.reading import read_log
from tests.static.atlas import GROUPS, PRELUDE, ROOT, entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.diagnosis import Explained

MESSAGES = ROOT / "tests" / "data" / "atlas_messages.jsonl"
TABLE = ROOT / "docs" / "atlas-diagnose.md"
STATUSES = ("right", "among", "wrong", "unknown")


@dataclass(frozen=True)
class Spoken:
    """One message of the atlas."""

    id: str
    version: str
    exception: str
    message: str
    line: int
    source: str
    code: str
    rules: tuple[str, ...]

    @property
    def text(self) -> str:
        """As it is pasted: a traceback, or the message alone where only that has come down to us."""
        if not self.source:
            return f"{self.exception}: {self.message}" if self.exception else self.message
        frame = f'  File "trigger.py", line {self.line + PRELUDE.count(chr(10))}, in <module>\n    {self.source}\n'
        return f"Traceback (most recent call last):\n{frame}{self.exception}: {self.message}\n"


@dataclass(frozen=True)
class Verdict:
    """What a diagnosis said of a message."""

    spoken: Spoken
    codes: tuple[str, ...]
    certain: bool
    written: bool
    """Whether a page exists for one of the right rules."""

    @property
    def status(self) -> str:
        """``right`` rule first (none, where no rule is right), ``among`` the possible, ``wrong``, ``unknown``."""
        if not self.spoken.rules or not self.written:
            return "right" if not self.codes else "wrong" if self.certain else "among"
        if not self.codes:
            return "unknown"
        if self.codes[0] in self.spoken.rules:
            return "right"
        return "among" if set(self.codes) & set(self.spoken.rules) and not self.certain else "wrong"

    @property
    def misleading(self) -> bool:
        """A cause that is called proved and is not the right one."""
        return self.certain and self.codes[0] not in self.spoken.rules

    @property
    def group(self) -> str:
        """Of the right rule."""
        return self.spoken.rules[0][:3] if self.spoken.rules else ""


@cache
def messages() -> tuple[Spoken, ...]:
    """Every message, in the order of the atlas."""
    programs = {entry.id: entry for entry in entries()}
    found = []
    for text in MESSAGES.read_text(encoding="utf-8").splitlines():
        read = json.loads(text)
        program = programs[read["id"]]
        alone = read.get("alone", False)
        found.append(
            Spoken(
                read["id"],
                read["version"],
                read.get("exception", ""),
                read["message"],
                read.get("line", 0),
                read.get("source", ""),
                "" if alone else program.code,
                tuple(read.get("rules", program.rules)),
            )
        )
    return tuple(found)


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder to work in."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)


def judge(spoken: Spoken, error: Explained | None) -> Verdict:
    """Hold a diagnosis against the right rules."""
    known = {page.code for page in load().pages}
    codes = tuple(one.code for one in error.findings) if error is not None else ()
    return Verdict(spoken, codes, bool(error and error.certain), bool(known & set(spoken.rules)))


@cache
def verdicts(*, with_source: bool = False) -> tuple[Verdict, ...]:
    """Every message, judged. Messages without a program are left out where the source is to be beside them."""
    judged = []
    with folder() as here:
        for spoken in messages():
            if with_source and not spoken.code:
                continue
            if with_source:
                (here / "trigger.py").write_text(PRELUDE + spoken.code, encoding="utf-8")
            errors = diagnose(read_log(spoken.text.splitlines())).errors
            judged.append(judge(spoken, errors[0] if errors else None))
    return tuple(judged)


def counts(judged: tuple[Verdict, ...]) -> Counter[tuple[str, str]]:
    """How many of each group have each status; those for which no rule is right are the group ``""``."""
    return Counter((verdict.group if verdict.written else "", verdict.status) for verdict in judged)


def draw() -> str:
    """The table as Markdown."""
    alone, beside = verdicts(), verdicts(with_source=True)
    lines = [
        "# The atlas as texts: what `convlint diagnose` makes of each message",
        "",
        "Generated by `python tools/atlas_diagnose.py` from `tests/data/atlas_messages.jsonl`: what Keras 1 to 3 and",
        "TensorFlow 1 and 2 say of the programs in [atlas.md](atlas.md). *right*: the right rule is named first (none,",
        "where no rule is right or its page is not written yet); *among*: it is one of several possible causes, none",
        "of which is called proved; *wrong*: another rule is named; *unknown*: none is.",
        "",
    ]
    for title, judged in (("The text alone", alone), ("The text beside the program's source", beside)):
        table = counts(judged)
        right = sum(verdict.status == "right" for verdict in judged)
        misleading = sum(verdict.misleading for verdict in judged)
        lines += [
            f"## {title}",
            "",
            f"**{right} of {len(judged)}** ({100 * right / len(judged):.1f} %) are right;",
            f"{misleading} are called proved and are not.",
            "",
            "| group | about | " + " | ".join(STATUSES) + " |",
            "|---|---|" + "---|" * len(STATUSES),
        ]
        for group in sorted({group for group, _ in table}):
            about = GROUPS.get(group, "no rule, or none written yet")
            numbers = " | ".join(str(table[group, status]) for status in STATUSES)
            lines.append(f"| {group + 'xx' if group else ''} | {about} | {numbers} |")
        lines.append("")
    lines += [
        "## What is not right",
        "",
        "| program | said by | rules | alone | beside | message |",
        "|---|---|---|---|---|---|",
    ]
    second = {(verdict.spoken.id, verdict.spoken.version): verdict for verdict in beside}
    for verdict in alone:
        other = second.get((verdict.spoken.id, verdict.spoken.version))
        if verdict.status != "right" or (other is not None and other.status != "right"):
            lines.append(_row(verdict, other))
    return "\n".join([*lines, ""])


def _row(verdict: Verdict, other: Verdict | None) -> str:
    def told(one: Verdict | None) -> str:
        return (
            ""
            if one is None
            else f"{one.status} {', '.join(one.codes)}{'' if one.certain or not one.codes else ' ?'}".strip()
        )

    from convlint.messages import core_message

    spoken = verdict.spoken
    core = " ".join(core_message(spoken.message).split())[:90].replace("|", "\\|").replace("`", "'")
    rules = ", ".join(spoken.rules)
    return f"| `{spoken.id}` | {spoken.version} | {rules} | {told(verdict)} | {told(other)} | {core} |"
