"""Comments that suppress findings: read from the tokens of a text, applied to findings, written.

::

    y = conv(x)  # convlint: ignore[CL101] the weights are replaced below
    # convlint: ignore[CL101]            the next line of code
    # convlint: ignore-file[CL6]         the whole file
    # convlint: off[CL1]                 from here on ...
    # convlint: on[CL1]                  ... to here
    y = conv(x)  # noqa: CL101

Words are codes, beginnings of codes, names and ``ALL``; without a word every rule is meant.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import field, replace
from difflib import get_close_matches
from functools import lru_cache
from io import StringIO
from tokenize import COMMENT, DEDENT, ENCODING, ENDMARKER, INDENT, NEWLINE, NL, TokenError, generate_tokens
from typing import TYPE_CHECKING, Literal

from convlint.edits import apply, split_lines
from convlint.findings import Edit, Fix, Location, Observation
from convlint.lazy import dataclass
from convlint.problems import BareSuppression, UnknownDirective, UnknownSuppressionCode, UnusedSuppression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from convlint.findings import Finding

Reach = Literal["line", "next", "file", "block"]
_DIRECTIVES: dict[str, Reach | None] = {
    "ignore": "line", "ignore-next-line": "next", "ignore-file": "file", "off": "block", "on": None,
}  # fmt: skip
_COMMENT = re.compile(r"(?<!\S)#[ \t]*(?P<label>convlint|noqa)(?P<colon>[ \t]*:)?[ \t]*(?P<rest>[^#]*)", re.IGNORECASE)
_OWN = re.compile(r"(?P<directive>[A-Za-z][\w-]*)[ \t]*(?:\[(?P<words>[^\]]*)\])?[ \t]*(?P<reason>.*)")
_ALMOST = re.compile(r"[\[(:=]\s*[\w-]*|[A-Za-z]{2,6}\d{1,3}(?![\w-])")
_NOQA_WORD = re.compile(r"[A-Za-z]+\d+(?![\w-])")
_WORD = re.compile(r"[^\s,]+")
_MARKS = re.compile(r"convlint|noqa", re.IGNORECASE)


@dataclass(frozen=True)
class Word:
    """One word of a suppression, and the columns (from 1) between which it stands."""

    text: str
    column: int
    end_column: int


@dataclass(frozen=True)
class Suppression:
    """One comment.

    Attributes:
        line: where it stands.
        column: of its ``#``.
        end_column: behind its last character.
        text: the comment without its reason, as messages name it.
        reach: what it is about.
        first: the first line on which it has a say.
        last: the last one.
        words: the rules that are meant; empty for all.
        reason: what the author says.
        is_noqa: whether it is written in flake8's way, and so perhaps for another tool.
        is_alone: whether nothing else stands on its line.
        in_function: whether callers elsewhere may decide what happens here.
    """

    line: int
    column: int
    end_column: int
    text: str
    reach: Reach
    first: int
    last: int
    words: tuple[Word, ...] = ()
    reason: str = ""
    is_noqa: bool = False
    is_alone: bool = False
    in_function: bool = False

    def covers(self, place: Location) -> bool:
        """Whether it has a say on a finding: on the first or last line of it, for a block on the first."""
        if self.reach == "file":
            return True
        if self.reach == "block":
            return self.first <= place.line <= self.last
        return self.first in (place.line, place.end_line)


@dataclass(frozen=True)
class Misspelt:
    """A comment that looks like a suppression and is none."""

    line: int
    column: int
    end_column: int
    word: str


@dataclass(frozen=True)
class Suppressions:
    """All suppressions of a text."""

    entries: tuple[Suppression, ...] = ()
    misspelt: tuple[Misspelt, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entries or self.misspelt)


NONE = Suppressions()


@dataclass
class _Reader:
    """Reads the tokens of one text."""

    comments: list[tuple[int, int, str, bool, bool]] = field(default_factory=list)
    """Line, column from 0, text, whether alone, whether in a function."""
    code: list[int] = field(default_factory=list)
    """Lines on which tokens of code begin, in order."""
    last: int = 1

    def read(self, text: str) -> None:
        functions: list[bool] = []
        opens = fresh = True
        inside = False
        try:
            # Universal newlines: Python's own line ends, and no others.
            for token in generate_tokens(StringIO(text, newline=None).readline):
                line = token.start[0]
                self.last = max(self.last, token.end[0])
                if token.type == COMMENT:
                    alone = not token.line[: token.start[1]].strip()
                    self.comments.append((line, token.start[1], token.string, alone, inside or any(functions)))
                elif token.type == INDENT:
                    functions.append(opens)
                elif token.type == DEDENT:
                    functions.pop()
                elif token.type == NEWLINE:
                    fresh, inside = True, False
                elif token.type not in (NL, ENCODING, ENDMARKER):
                    if fresh:
                        opens = token.string in ("def", "async")
                        fresh = False
                    inside = inside or token.string in ("def", "lambda")
                    if not self.code or self.code[-1] != line:
                        self.code.append(line)
        except (TokenError, SyntaxError, IndexError):
            pass  # what is no Python has comments up to where it breaks

    def next_code(self, line: int) -> int:
        place = bisect_right(self.code, line)
        return self.code[place] if place < len(self.code) else 0


@lru_cache(maxsize=64)
def read(text: str) -> Suppressions:
    """The suppressions of a text. Comments are those that Python sees: never what a string holds."""
    if _MARKS.search(text) is None:
        return NONE
    reader = _Reader()
    reader.read(text)
    entries: list[Suppression] = []
    misspelt: list[Misspelt] = []
    open_blocks: list[Suppression] = []
    for line, column, comment, alone, in_function in reader.comments:
        for found in _COMMENT.finditer(comment):
            start = column + found.start() + 1
            if found["label"].lower() == "noqa":
                entry = _noqa(found, line, start, alone, in_function)
                if entry is not None:
                    entries.append(entry)
                continue
            own = _OWN.match(found["rest"]) if found["colon"] else None
            if own is None:
                continue
            directive = own["directive"].lower()
            almost = _ALMOST.match(own["reason"]) if own["words"] is None else None
            if directive not in _DIRECTIVES or almost is not None:
                where = column + found.start("rest") + own.start("directive") + 1
                # Without its brackets, `ignore CL101` would suppress every rule.
                end = own.end("directive") if almost is None else own.start("reason") + almost.end()
                word = found["rest"][own.start("directive") : end]
                misspelt.append(Misspelt(line, where, where + len(word), word))
                continue
            offset = column + found.start("rest") + own.start("words") + 1
            words = tuple(
                Word(word.group(), offset + word.start(), offset + word.end())
                for word in _WORD.finditer(own["words"] or "")
            )
            reach = _DIRECTIVES[directive]
            if reach is None:
                _close(open_blocks, entries, words, line)
                continue
            first = last = line
            if reach == "next" or (reach == "line" and alone):
                reach, first = "next", reader.next_code(line)
            elif reach == "block":
                last = reader.last
            head = found.group()[: len(found.group()) - len(own["reason"])] if own["reason"] else found.group()
            entry = Suppression(
                line, start, start + len(found.group().rstrip()), head.rstrip(), reach, first, last, words,
                own["reason"].strip(), is_alone=alone, in_function=in_function,
            )  # fmt: skip
            entries.append(entry)
            if reach == "block":
                open_blocks.append(entry)
    return Suppressions(tuple(entries), tuple(misspelt))


def _noqa(found: re.Match[str], line: int, start: int, alone: bool, in_function: bool) -> Suppression | None:
    words: list[Word] = []
    end = found.end("colon") if found["colon"] else found.end("label")
    if found["colon"]:
        position = found.start("rest")
        for word in _NOQA_WORD.finditer(found.string, position, found.end()):
            if found.string[position : word.start()].strip(" \t,"):
                break  # the rest is prose
            shift = start - found.start()
            words.append(Word(word.group(), shift + word.start(), shift + word.end()))
            position = end = word.end()
        if not words:
            return None
    text = found.string[found.start() : end]
    return Suppression(
        line, start, start + len(text), text, "line", line, line, tuple(words), is_noqa=True, is_alone=alone,
        in_function=in_function,
    )  # fmt: skip


def _close(open_blocks: list[Suppression], entries: list[Suppression], words: Sequence[Word], line: int) -> None:
    """End the blocks that ``on`` names; all of them where it names none."""
    named = {word.text.upper() for word in words}
    for entry in list(open_blocks):
        if not named or {word.text.upper() for word in entry.words} <= named:
            open_blocks.remove(entry)
            entries[entries.index(entry)] = replace(entry, last=line)


# --- applying ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hit:
    """A suppression and the word of it that fits; None where it suppresses every rule."""

    suppression: Suppression
    word: Word | None


def hits(suppressions: Suppressions, finding: Finding, meaning: Callable[[str], frozenset[str]]) -> list[Hit]:
    """What suppresses a finding of the text."""
    found: list[Hit] = []
    for entry in suppressions.entries:
        if not entry.covers(finding.location):
            continue
        if not entry.words:
            found.append(Hit(entry, None))
        else:
            found += [Hit(entry, word) for word in entry.words if finding.code in meaning(word.text)]
    return found


# --- what is wrong with them ---------------------------------------------------------------------


@dataclass(frozen=True)
class Ran:
    """What a run can say about a suppression that suppressed nothing.

    Attributes:
        codes: rules that reported.
        elsewhere: rules that a look at the source can't report: those about builds, saved models, convlint itself.
        default: rules that report where nobody chooses.
        complete: whether the whole text was analysed.
        callers: whether the callers of its functions were analysed, too.
        doubtful: the lines on which a build may find what the source does not show; asked where it matters.
    """

    codes: frozenset[str]
    elsewhere: frozenset[str]
    default: frozenset[str]
    complete: bool
    callers: bool
    doubtful: Callable[[], frozenset[int]]

    def covers(self, codes: frozenset[str]) -> bool:
        """Whether all of these rules had the chance to report."""
        return bool(codes - self.elsewhere) and codes - self.elsewhere <= self.codes


def faults(
    file: str,
    text: str,
    suppressed: Iterable[tuple[Finding, Sequence[Hit]]],
    ran: Ran,
    meaning: Callable[[str], frozenset[str]],
    nearest: Callable[[str], str],
) -> Iterator[Observation]:
    """What is wrong with the suppressions of a text: unknown words (CL902), unused (CL901) and bare ones (CL903).

    Args:
        file: in which the text stands.
        text: with its suppressions.
        suppressed: the findings, with what suppressed them.
        ran: what was looked for.
        meaning: codes that a word stands for.
        nearest: the rule most like an unknown word, empty where nothing is like it.
    """
    found = read(text)
    for wrong in found.misspelt:
        place = Location(file, wrong.line, wrong.column, wrong.line, wrong.end_column)
        near = _intended(wrong.word)
        yield _stated(UnknownDirective("convlint", wrong.word, near), place, _replacing(place, near) if near else None)
    lines = split_lines(text)
    used: dict[Hit, set[str]] = {}
    for finding, by in suppressed:
        for hit in by:
            used.setdefault(hit, set()).add(finding.code)
    for entry in found.entries:
        if not entry.is_noqa:
            for word in entry.words:
                if not meaning(word.text):
                    yield _unknown(file, lines, entry, word, nearest(word.text))
        if not entry.words and Hit(entry, None) in used and not entry.is_noqa:
            yield _bare(file, entry, tuple(sorted(used[Hit(entry, None)])))
        if not _is_certain(entry, ran):
            continue
        unused = [word for word in entry.words if Hit(entry, word) not in used and ran.covers(meaning(word.text))]
        bare = not (entry.words or entry.is_noqa or Hit(entry, None) in used) and ran.covers(ran.default)
        if (unused or bare) and not _may_matter_to_builds(entry, ran, len(lines)):
            names = tuple(word.text for word in unused) or (entry.text,)
            place = Location(file, entry.line, entry.column, entry.line, entry.end_column)
            yield _stated(UnusedSuppression(entry.text, names), place, _without(file, lines, entry, unused))


def _intended(word: str) -> str:
    """What a misspelt comment was to be; empty where that can't be told."""
    parts = re.findall(r"[\w-]+", word)
    near = get_close_matches(parts[0].lower(), _DIRECTIVES, n=1, cutoff=0.6)
    if not near:
        return ""
    return f"{near[0]}[{parts[1]}]" if len(parts) > 1 else near[0]


def _is_certain(entry: Suppression, ran: Ran) -> bool:
    return ran.complete and (ran.callers or not (entry.in_function or entry.reach in ("file", "block")))


def _may_matter_to_builds(entry: Suppression, ran: Ran, lines: int) -> bool:
    """Whether `--build` could report what this one suppresses, where the source leaves something open."""
    about = range(1, lines + 1) if entry.reach == "file" else range(entry.first, max(entry.first, entry.last) + 1)
    return not ran.doubtful().isdisjoint(about)


def _bare(file: str, entry: Suppression, codes: tuple[str, ...]) -> Observation:
    head = Location(file, entry.line, entry.column, entry.line, entry.column + len(entry.text))
    named = f"{entry.text.removesuffix(']').removesuffix('[').rstrip()}[{', '.join(codes)}]"
    return _stated(BareSuppression(entry.text, codes), head, _replacing(head, named))


def _unknown(file: str, lines: Sequence[str], entry: Suppression, word: Word, near: str) -> Observation:
    place = Location(file, entry.line, word.column, entry.line, word.end_column)
    fix = _replacing(place, near) if near else _without(file, lines, entry, [word])
    return _stated(UnknownSuppressionCode(entry.text, word.text, near), place, fix)


def _stated(
    problem: UnusedSuppression | UnknownSuppressionCode | UnknownDirective | BareSuppression,
    place: Location,
    fix: Fix | None,
) -> Observation:
    return Observation(problem, place, "static", site=fix)


def _replacing(place: Location, content: str) -> Fix:
    return Fix("safe", f"write `{content}`", (Edit(place, content),))


def _without(file: str, lines: Sequence[str], entry: Suppression, words: Sequence[Word]) -> Fix:
    """The comment without some of its words; no comment where none are left, no line where nothing is left of it."""
    kept = [word for word in entry.words if word not in words]
    if kept:
        place = Location(file, entry.line, entry.words[0].column, entry.line, entry.words[-1].end_column)
        content = ", ".join(word.text for word in kept)
        return Fix("safe", "take out what suppresses nothing", (Edit(place, content),))
    line = lines[entry.line - 1]
    before, behind = line[: entry.column - 1], line[entry.end_column - 1 :]
    if behind.strip():
        start, end = entry.column, entry.end_column + len(behind) - len(behind.lstrip())
        place = Location(file, entry.line, start, entry.line, end)
    elif entry.is_alone and entry.line < len(lines):
        place = Location(file, entry.line, 1, entry.line + 1, 1)
    else:
        place = Location(file, entry.line, len(before.rstrip()) + 1, entry.line, len(line) + 1)
    return Fix("safe", "take out the comment", (Edit(place, ""),))


# --- writing -------------------------------------------------------------------------------------


def with_suppressions(
    text: str, findings: Iterable[tuple[Location, str]], reason: str = ""
) -> tuple[str, list[Location]]:
    """The text with comments that suppress findings, and the places for which no comment can be written.

    A comment goes behind the first line of a finding, into the brackets of one that is there already; where that line
    can hold none (it ends inside a string, or in a backslash), behind the last line.

    Args:
        text: of a program.
        findings: where they are in the text, and their codes.
        reason: put behind each comment.
    """
    wanted: dict[int, set[str]] = {}
    homeless: list[Location] = []
    free = _free_lines(text)
    for place, code in findings:
        line = next((line for line in (place.line, place.end_line) if line in free), None)
        if line is None:
            homeless.append(place)
        else:
            wanted.setdefault(line, set()).add(code)
    lines = split_lines(text)
    present = {entry.line: entry for entry in read(text).entries if entry.reach == "line" and not entry.is_noqa}
    edits = [_written(lines, line, codes, present.get(line), reason) for line, codes in wanted.items()]
    return apply(text, edits), homeless


def _written(lines: Sequence[str], line: int, codes: set[str], entry: Suppression | None, reason: str) -> Edit:
    if entry is not None and entry.words:
        end = entry.words[-1].end_column
        more = sorted(codes - {word.text.upper() for word in entry.words})
        return Edit(Location("", line, end, line, end), "".join(f", {code}" for code in more))
    content = lines[line - 1]
    end = len(content.rstrip())
    comment = f"  # convlint: ignore[{', '.join(sorted(codes))}]" + (f" {reason}" if reason else "")
    return Edit(Location("", line, end + 1, line, len(content) + 1), comment)


def _free_lines(text: str) -> frozenset[int]:
    """Lines at whose end a comment may stand."""
    free: set[int] = set()
    try:
        for token in generate_tokens(StringIO(text, newline=None).readline):
            if token.type in (NEWLINE, NL, COMMENT):
                free.add(token.start[0])
    except (TokenError, SyntaxError, IndexError):
        pass
    return frozenset(free)
