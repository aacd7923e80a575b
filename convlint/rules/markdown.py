"""The small part of Markdown that a rule page needs: front matter, sections, fenced Python."""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING, NamedTuple

from convlint.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)$")
_MARK = re.compile(
    r"""^\#\s*(?P<severity>error|warning|info)
    (?:\s*:\s*(?:\[(?P<name>[\w-]+)\])?\s*(?:"(?P<text>(?:[^"\\]|\\.)*)")?)?\s*$""",
    re.VERBOSE,
)
_RAISES = re.compile(r"""^\#\s*raises:\s*(?P<exception>[\w.]+)(?:\s+"(?P<text>(?:[^"\\]|\\.)*)")?\s*$""")


class FrontMatter(NamedTuple):
    """A page cut in two; ``header`` starts at line 2, ``body`` at ``body_line`` of the file."""

    header: str
    body: str
    body_line: int


@dataclass(frozen=True)
class Mark:
    """``# error: [name] "text"``: a finding is due on ``line`` of the block.

    ``name`` is a rule's code or name, None for the page's own rule; ``text`` is a part of
    the message, empty for any.
    """

    line: int
    severity: str
    name: str | None
    text: str


@dataclass(frozen=True)
class Raises:
    """``# raises: ValueError "text"``: the installed Keras raises on ``line`` of the block."""

    line: int
    exception: str
    text: str


@dataclass(frozen=True)
class Example:
    """A fenced Python block.

    Attributes:
        section: heading that it stands under.
        line: line of its first code line in the page's file.
        code: the program; its lines are counted from 1.
        marks: findings that are due, in the order of the lines.
        raises: exceptions that are due when the program runs.
    """

    section: str
    line: int
    code: str
    marks: tuple[Mark, ...]
    raises: tuple[Raises, ...]


def split_front_matter(text: str) -> FrontMatter | None:
    """Cut a page at its ``---`` lines; None where there is no front matter."""
    if not text.startswith("---\n"):
        return None
    end = text.find("\n---\n", 3)
    if end < 0:
        return None
    header, body = text[4 : end + 1], text[end + 5 :]
    return FrontMatter(header, body, header.count("\n") + 3)


def _lines(body: str) -> Iterator[tuple[int, str, str | None]]:
    """Each line with its number and the info word of the fence around it (None outside)."""
    fence = info = None
    for number, line in enumerate(body.splitlines(), 1):
        found = _FENCE.match(line)
        if fence is None and found:
            fence, info = found["fence"], found["info"].strip()
            yield number, line, ""
        elif fence is not None and line.startswith(fence) and not line.strip(fence[0]).strip():
            fence = info = None
            yield number, line, ""
        else:
            yield number, line, info


def summary(body: str) -> str:
    """The first paragraph below the title, on one line."""
    match = re.search(r"^# .*\n+(?P<text>(?:(?!#)\S.*\n?)+)", body, re.MULTILINE)
    return " ".join(match["text"].split()) if match else ""


def sections(body: str) -> Mapping[str, str]:
    """Text below each ``##`` heading, in the order of the page."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for _, line, info in _lines(body):
        if info is None and line.startswith("## "):
            current = found.setdefault(line[3:].strip(), [])
        else:
            current.append(line)
    return {heading: "\n".join(lines).strip("\n") for heading, lines in found.items()}


def examples(body: str, body_line: int) -> tuple[Example, ...]:
    """Every block fenced as ``python``, with its marks.

    Args:
        body: the page below its front matter.
        body_line: line of the file on which the body starts.
    """
    blocks: list[Example] = []
    section, start = "", 0
    code: list[str] = []
    for number, line, info in _lines(body):
        if info is None:
            if line.startswith("## "):
                section = line[3:].strip()
        elif info == "" and code:
            blocks.append(_example(section, body_line + start - 1, "\n".join(code) + "\n"))
            code = []
        elif info == "python":
            start = start if code else number
            code.append(line)
    return tuple(blocks)


def _example(section: str, line: int, code: str) -> Example:
    marks: list[Mark] = []
    raises: list[Raises] = []
    for target, comment in _comments(code):
        mark, raised = _MARK.match(comment), _RAISES.match(comment)
        if mark:
            marks.append(Mark(target, mark["severity"], mark["name"], _unescape(mark["text"])))
        elif raised:
            raises.append(Raises(target, raised["exception"], _unescape(raised["text"])))
    return Example(section, line, code, tuple(marks), tuple(raises))


def _unescape(text: str | None) -> str:
    return re.sub(r"\\(.)", r"\1", text or "")


def _comments(code: str) -> Iterator[tuple[int, str]]:
    """Each comment with the line it is about: its own, or the next line of code below it."""
    lines = code.splitlines()
    for row, column, comment in _comment_tokens(code):
        if lines[row - 1][:column].strip():
            yield row, comment
            continue
        below = row
        while below < len(lines) and (not lines[below].strip() or lines[below].lstrip().startswith("#")):
            below += 1
        yield below + 1, comment


def _comment_tokens(code: str) -> Iterator[tuple[int, int, str]]:
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT:
                found.append((*token.start, token.string))
    except (tokenize.TokenError, SyntaxError):
        # The page about programs that don't parse shows one.
        found = [(row, line.index("#"), line[line.index("#") :]) for row, line in _hash_lines(code)]
    yield from found


def _hash_lines(code: str) -> Iterator[tuple[int, str]]:
    return ((row, line) for row, line in enumerate(code.splitlines(), 1) if "#" in line)
