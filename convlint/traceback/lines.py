"""Lines as they were printed, without colours, progress bars and worker prefixes."""

from __future__ import annotations

import html
import re

MAX_LINE = 4_000
"""Characters of one line that are read: its beginning. A message that matters stands there."""

_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]{0,40}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)?|[@-Z\\-_])|\[\d{1,3}(?:;\d{1,3}){0,4}m"
)
"""Terminal commands; colours also without the escape character, which forums drop."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\ufeff\ud800-\udfff]")
_PUNCTUATION = str.maketrans("“”„‘’：，（）！；＝＃\u00a0\u3000", '"""\'\':,()!;=#  ')
"""Characters that translations and word processors put in place of ASCII."""
_TORCH_SHAPE = re.compile(r"torch\.Size\(\[(?:(\w+)|([\w, ]*))\]\)")
"""A shape as Keras prints it on PyTorch."""
_QUOTE = re.compile(r"^(?:> ?)+")
_WORKER = re.compile(
    r"^(?:"
    r"\[\d{1,6},\d{1,6}\]<std(?:out|err|diag)>:\s?"  # mpirun --tag-output
    r"|\[(?:default|rank ?)?\d{1,6}\]:(?:\[rank\d{1,6}\]:)?\s?"  # torchrun, horovodrun
    r"|\((?:\w{1,80} )?pid=\d{1,10}(?:, ip=[\d.]{1,40})?\)\s?"  # Ray
    r"|[\w.-]{1,60} {0,30}\| "  # docker compose
    r")"
)
_TIME = re.compile(
    r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
    r"(?:$| (?!\[?[A-Z]+\b)(?:std(?:out|err) [FP] )?)"
)
"""A time in front of each line: ``kubectl logs --timestamps``."""

MAX_PREFIX = 120
"""Characters that may stand in front of each line of a traceback."""


def clean(line: str) -> str:
    """One line as a terminal would show it, quotation marks and brackets in ASCII."""
    line = line[:MAX_LINE]
    if line.isascii() and line.isprintable():
        text = _ESCAPE.sub("", line) if "[" in line else line
    else:
        line = line.rstrip("\r\n")
        if "\r" in line:
            # A progress bar rewrites its line; what was written last is seen.
            line = next((part for part in reversed(line.split("\r")) if part.strip()), "")
        text = _CONTROL.sub("", _ESCAPE.sub("", line)).translate(_PUNCTUATION)
    if "&" in text and ";" in text:
        text = html.unescape(text)
    if "torch.Size(" in text:
        text = _TORCH_SHAPE.sub(lambda found: f"({found[1]},)" if found[1] else f"({found[2]})", text)
    if text.startswith(">") and not text.startswith(">>>"):
        text = _QUOTE.sub("", text)
    return text.rstrip()


def split_worker(line: str) -> tuple[str, str]:
    """The prefix that names the process that printed a line, and the line itself."""
    if line[:4].isdigit():
        line = _TIME.sub("", line, count=1)
    found = _WORKER.match(line)
    return (found.group().strip(), line[found.end() :]) if found else ("", line)


def like(prefix: str) -> re.Pattern[str] | None:
    """What begins as a line begins: the same words, other numbers. None where nothing stands there, or too much.

    A logger writes its time and name in front of each line of a traceback; posts indent or number it.
    """
    if not prefix or len(prefix) > MAX_PREFIX:
        return None
    words = prefix.strip()
    if not words:
        return re.compile(f"^{prefix}")
    behind = prefix[len(prefix.rstrip()) :]
    numbers = re.sub(r"\d+", r"\\d+", re.escape(words))
    return re.compile(rf"^\s*{numbers}(?:{behind}|\s*$)")
