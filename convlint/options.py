"""Every option that a configuration file may hold: its name, what it takes, what it means.

The validation of files, ``convlint config`` and ``docs/configuration.md`` are made from :data:`OPTIONS`.
"""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from convlint.files import SUFFIXES
from convlint.lazy import dataclass
from convlint.report import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

INCLUDE = tuple(f"*{suffix}" for suffix in SUFFIXES)
EXCLUDE = (".*/", "__pycache__/", "__pypackages__/", "node_modules/", "site-packages/")

Scope = Literal["file", "run"]
"""Whether the configuration nearest to each file decides, or the one of the folder that convlint is run in."""


class WrongValue(ValueError):  # reads as the end of a sentence: "wants …"
    """A value that an option can't take."""


@dataclass(frozen=True)
class Kind:
    """What an option takes.

    Attributes:
        name: in words, as in "wants a list of rules".
        read: checks and normalises a value of TOML or of the command line; raises WrongValue.
    """

    name: str
    read: Callable[[Any], Any]


def _expect(value: Any, kind: type | tuple[type, ...], wanted: str) -> Any:
    wrong = not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)
    if wrong:
        raise WrongValue(f"wants {wanted}, not {_told(value)}")
    return value


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else f'"{value}"' if isinstance(value, str) else str(value)


def _words(wanted: str) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        _expect(value, (list, tuple), wanted)
        for word in value:
            _expect(word, str, wanted)
            if not word.strip():
                raise WrongValue(f"wants {wanted}, and one entry is empty")
        return tuple(word.strip() for word in value)

    return read


def _table_of_rules(value: Any) -> dict[str, tuple[str, ...]]:
    wanted = 'a table of patterns and rules, as in {"tests/**" = ["CL6"]}'
    _expect(value, dict, wanted)
    return {pattern: _words("lists of rules behind its patterns")(words) for pattern, words in value.items()}


def _choice(*choices: str, others: Mapping[str, str] = MappingProxyType({})) -> Kind:
    """One of some words; of what other tools call them, the word here is named."""
    wanted = f"one of {', '.join(choices)}" if len(choices) > 2 else " or ".join(choices)

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            near = [others[value]] if value in others else get_close_matches(str(value), choices, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise WrongValue(f"wants {wanted}, not {_told(value)}{hint}")
        return value

    return Kind(" · ".join(f'`"{choice}"`' for choice in choices), read)


def _generation(value: Any) -> int:
    if isinstance(value, bool) or str(value) not in ("2", "3"):
        raise WrongValue(f"wants 2 or 3, not {_told(value)}")
    return int(value)


def _text(wanted: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        text: str = _expect(value, str, wanted)
        if not text.strip() or "\0" in text:
            raise WrongValue(f"wants {wanted}, not an empty text")
        return text

    return read


def _seconds(value: Any) -> float:
    number: float = _expect(value, (int, float), "a number of seconds")
    if not 0.1 <= number < float("inf"):
        raise WrongValue(f"wants at least 0.1 seconds, not {value}")
    return number


def _jobs(value: Any) -> int | str:
    if value == "auto":
        return "auto"
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise WrongValue(f'wants a number of processes from 1, or "auto", not {_told(value)}')
    return int(value)


_SIZE = re.compile(r"^(\d+(?:\.\d+)?)\s*([KMGT]?)I?B?$", re.IGNORECASE)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def size_of(value: Any) -> int:
    """Bytes in ``512MB``, ``4GB`` or a plain number; units are powers of 1024. Raises WrongValue."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    match = _SIZE.match(value.strip()) if isinstance(value, str) else None
    size = int(float(match[1]) * _UNITS[match[2].upper()]) if match else 0
    if size <= 0:
        raise WrongValue(f"wants a size such as 512MB or 4GB, not {_told(value)}")
    return size


def _size(value: Any) -> Any:
    size_of(value)
    return value


RULES = Kind("list of rules", _words('a list of rules, as in ["CL1", "torch-argument"]'))
PATTERNS = Kind("list of patterns", _words('a list of patterns, as in ["build/", "*_old.py"]'))
RULES_BY_PATTERN = Kind("table of patterns and rules", _table_of_rules)
FLAG = Kind("`true` · `false`", lambda value: _expect(value, bool, "true or false"))
PATH = Kind("path", _text("a path"))
SECONDS = Kind("seconds", _seconds)
SIZE = Kind("size", _size)
JOBS = Kind("number of processes", _jobs)


FORMATS_ELSEWHERE = MappingProxyType({
    "full": "text", "grouped": "text", "json-lines": "jsonl", "ndjson": "jsonl", "gl-code-quality": "gitlab",
    "parseable": "pylint", "codeclimate": "gitlab", "md": "markdown",
})  # fmt: skip
"""Formats as other linters call them, and the nearest of convlint's."""


def _shown(words: tuple[str, ...]) -> str:
    return json.dumps(words)


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes:
        key: its name in a file.
        kind: what it takes.
        default: as a file would write it.
        help: what it means, in sentences.
        example: a line of TOML.
        scope: whose configuration decides.
        adds: whether a value is put behind those of weaker sources instead of replacing them.
        flag: its spelling on the command line; empty where there is none.
    """

    key: str
    kind: Kind
    default: str
    help: str
    example: str
    scope: Scope = "file"
    adds: bool = False
    flag: str = ""

    @property
    def facts(self) -> tuple[str, ...]:
        """What it takes, where it may stand and who decides, in short sentences of Markdown."""
        found = [f"takes: {self.kind.name}", f"default: {_code(self.default)}"]
        if self.flag:
            found.append(f"command line: `{self.flag}`")
        found.append(
            "decided by the configuration nearest to each file"
            if self.scope == "file"
            else "decided by the configuration of the folder that convlint runs in"
        )
        if self.adds:
            found.append("adds to what an extended file says")
        return tuple(found)


def _code(default: str) -> str:
    return f"`{default}`" if default[0] in '["{' or default in ("true", "false") or default.isdigit() else default


OPTIONS = (
    Option(
        "extend", PATH, "none",
        "Another configuration file, whose options hold where this one says nothing. Relative to this file; `~` and "
        "chains work.",
        'extend = "../pyproject.toml"',
    ),
    Option(
        "select", RULES, "what is on by default",
        "The rules that report, instead of those that are on by default: codes, beginnings of codes, names, `ALL`. "
        "Of `select` and `ignore` the more precise word wins.",
        'select = ["CL1", "CL2", "torch-argument"]', flag="--select",
    ),
    Option("ignore", RULES, "[]", "Rules that don't report.", 'ignore = ["CL8"]', flag="--ignore"),
    Option(
        "extend-select", RULES, "[]", "Rules that report besides; what an extended file selects is kept.",
        'extend-select = ["CL906"]', adds=True, flag="--extend-select",
    ),
    Option(
        "extend-ignore", RULES, "[]", "Rules that don't report; what an extended file ignores is kept.",
        'extend-ignore = ["CL601"]', adds=True, flag="--extend-ignore",
    ),
    Option(
        "per-file-ignores", RULES_BY_PATTERN, "{}",
        "Rules that don't report in the files that a pattern chooses. A pattern that begins with `!` chooses all other "
        "files.",
        'per-file-ignores = {"tests/**" = ["CL6"], "legacy.py" = ["CL7", "CL8"]}', flag="--per-file-ignores",
    ),
    Option(
        "extend-per-file-ignores", RULES_BY_PATTERN, "{}",
        "The same; what an extended file says is kept.",
        'extend-per-file-ignores = {"examples/**" = ["ALL"]}', adds=True,
    ),
    Option(
        "profile", _choice("strict", "port", "ci"), "none",
        "Turns on rules that are off by default: remarks about style and cost (`strict`), what differs when code or "
        "weights come from PyTorch or go to another backend (`port`), what must not happen on other machines (`ci`).",
        'profile = "strict"', flag="--profile",
    ),
    Option(
        "keras", Kind("`2` · `3`", _generation), "3, unless the project says otherwise",
        "The generation of Keras that the programs run on. Where no file says so it is read from lock files and "
        "requirements, then from the installed packages; a program that only imports `tf_keras` runs on Keras 2.",
        "keras = 3", flag="--keras",
    ),
    Option(
        "image-data-format", _choice("channels_last", "channels_first"), "that of `keras.json`, else channels_last",
        "Keras' default layout before a program changes it.",
        'image-data-format = "channels_first"', flag="--image-data-format",
    ),
    Option(
        "include", PATTERNS, _shown(INCLUDE),
        "Files that are looked at when folders are searched.",
        'include = ["src/**/*.py"]',
    ),
    Option(
        "exclude", PATTERNS, _shown(EXCLUDE),
        "Files and folders that are left out when folders are searched, as `.gitignore` writes them; relative to this "
        "file. Virtual environments are left out always.",
        'exclude = ["third_party/", "*_pb2.py"]', flag="--exclude",
    ),
    Option(
        "extend-exclude", PATTERNS, "[]", "Files and folders that are left out besides.",
        'extend-exclude = ["notebooks/old/"]', adds=True, flag="--extend-exclude",
    ),
    Option(
        "markdown", FLAG, "false",
        "Look for Markdown and Quarto documents, too, when folders are searched; the Python blocks of a document are "
        "one program. One that is named on the command line is always read so.",
        "markdown = true", "run", flag="--markdown",
    ),
    Option(
        "force-exclude", FLAG, "false",
        "Leave out excluded files even when they are named on the command line, as pre-commit does.",
        "force-exclude = true", "run", flag="--force-exclude",
    ),
    Option(
        "respect-gitignore", FLAG, "true", "Leave out what `.gitignore` files exclude.",
        "respect-gitignore = false", "run", flag="--no-respect-gitignore",
    ),
    Option(
        "baseline", PATH, "none",
        "A file of known findings, which are not told again; `--write-baseline` makes it. Relative to this file.",
        'baseline = "convlint-baseline.json"', "run", flag="--baseline",
    ),
    Option(
        "output-format", _choice(*FORMATS, others=FORMATS_ELSEWHERE), '"text"', "How findings are printed.",
        'output-format = "concise"', "run", flag="--output-format",
    ),
    Option("fix", FLAG, "false", "Apply fixes that keep what the program means.", "fix = true", "run", flag="--fix"),
    Option(
        "unsafe-fixes", FLAG, "false", "Together with `fix`: apply fixes that change what the program does, too.",
        "unsafe-fixes = true", "run", flag="--unsafe-fixes",
    ),
    Option(
        "build", FLAG, "false", "Also build with the installed Keras, which runs the code.",
        "build = true", "run", flag="--build",
    ),
    Option(
        "jobs", JOBS, '"auto"',
        "Processes that check files; `auto` starts as many as pay off. The findings are the same.",
        "jobs = 4", "run", flag="--jobs",
    ),
    Option(
        "cache", FLAG, "true", "Keep results for the next run, which then analyses only what changed.",
        "cache = false", "run", flag="--no-cache",
    ),
    Option(
        "cache-dir", PATH, '".convlint_cache"',
        "Where results are kept, relative to the folder that convlint is run in; `CONVLINT_CACHE_DIR` comes first.",
        'cache-dir = "build/convlint"', "run", flag="--cache-dir",
    ),
    Option(
        "time-limit", SECONDS, "60", "Seconds that one build may take.",
        "time-limit = 120", "run", flag="--time-limit",
    ),
    Option(
        "memory-limit", SIZE, '"4GB"', "Memory that one build may take.",
        'memory-limit = "2GB"', "run", flag="--memory-limit",
    ),
)  # fmt: skip
"""Every option, in the order of the documentation."""

BY_KEY = {option.key: option for option in OPTIONS}
