"""What tells one finding from another, and the same finding in a later version of its file.

Lines move, so no number of a line may take part.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from typing import TYPE_CHECKING

from convlint.report.places import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convlint.findings import Finding
    from convlint.report import View

_BLOCK = 100
_FACTOR = 37
_MASK = (1 << 64) - 1
_END_OF_FILE = 0xFFFF


def fingerprints(findings: Iterable[Finding], view: View) -> list[str]:
    """One for each finding, all different.

    Made of the path, the rule, the text of the line and, where all of these agree, how many came before it.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    made = []
    for finding in findings:
        place = finding.location
        lines = view.lines(place.home)
        text = " ".join(lines[place.line - 1].split()) if 0 < place.line <= len(lines) else finding.message
        key = (path_of(place.file, view), finding.code, text)
        seen[key] += 1
        said = "\0".join((*key, str(seen[key])))
        made.append(hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest())
    return made


def line_hashes(lines: Sequence[str]) -> list[str]:
    """For each line, the hash by which GitHub's code scanning recognises it when it has moved.

    The next hundred characters from the line's start, spaces and tabs left out, as a polynomial modulo 2^64;
    behind the colon, how often the hash was met.

    Source: github/codeql-action, ``src/fingerprints.ts``. The action complains about a hash that is not its own.
    """
    codec = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"
    units = memoryview("\n".join(lines).encode(codec, "surrogatepass")).cast("H")
    window, begins = [0] * _BLOCK, [False] * _BLOCK
    first = pow(_FACTOR, _BLOCK, _MASK + 1)
    value = index = 0
    found: list[str] = []
    met: Counter[str] = Counter()

    def put_out() -> None:
        text = f"{value:x}"
        met[text] += 1
        found.append(f"{text}:{met[text]}")
        begins[index] = False

    starts = True
    for unit in (*units, _END_OF_FILE):
        if unit in (0x20, 0x09):
            continue
        if begins[index]:
            put_out()
        if starts:
            begins[index] = True
        starts = unit == 0x0A
        value = (_FACTOR * value + unit - first * window[index]) & _MASK
        window[index] = unit
        index = (index + 1) % _BLOCK
    for _ in range(_BLOCK):
        if begins[index]:
            put_out()
        value = (_FACTOR * value - first * window[index]) & _MASK
        window[index] = 0
        index = (index + 1) % _BLOCK
    return found
