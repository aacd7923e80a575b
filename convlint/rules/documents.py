"""Reads rule pages: one Markdown file with YAML front matter per rule.

Code and name stand in the file name (``CL101-channel-mismatch.md``) and nowhere else.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, get_args

from convlint import problems
from convlint.findings import SetupError, Severity
from convlint.lazy import dataclass
from convlint.problems import Problem
from convlint.rules import markdown
from convlint.shapes.dims import show
from convlint.shapes.shape import show_shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.abc import Traversable

FILE_NAME = re.compile(r"^(?P<code>[A-Z]{2,6}\d{3})-(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)\.md$")
_JUDGEMENT_KEYS = ("severity", "message", "help", "traceback", "hints")
_PAGE_KEYS = ("judges", "since", "profiles", *_JUDGEMENT_KEYS)

PROFILES = {
    "strict": "everything that convlint can prove, remarks about style and cost included",
    "port": "what differs when code or weights come from PyTorch or go to another backend",
    "ci": "what must not happen on another machine than yours",
}
"""Profiles by name, and what each turns on; a rule that names none is always on."""
_GROUP = re.compile(r"\(\?P<(\w+)>")


class PageError(SetupError):
    """A rule page is wrong. Prints as ``rules/CL101-….md:4: what is wrong``."""

    def __init__(self, page: str, line: int, reason: str) -> None:
        super().__init__(f"{page}:{line}: {reason}")
        self.page = page
        self.line = line
        self.reason = reason


class ProblemFormatter(Formatter):
    """Fills templates with the fields of a Problem.

    Shapes print as Keras prints them, several words are joined by commas; the format
    ``{axes:list}`` joins the entries of any tuple.
    """

    def format_field(self, value: Any, format_spec: str) -> str:
        """One field as text."""
        if isinstance(value, tuple):
            if format_spec == "list" or (value and all(isinstance(part, str) for part in value)):
                return ", ".join(part if isinstance(part, str) else show(part) for part in value)
            return show_shape(value) if value else ""
        return str(value)


_FORMATTER = ProblemFormatter()


@dataclass(frozen=True)
class Judgement:
    """How one kind of Problem is reported.

    Attributes:
        problem: the class.
        severity: of the finding.
        message: template with the Problem's fields.
        help: templates, one a sentence; a sentence with an empty field is left out.
        traceback: regular expressions that know the fault by Keras' message. Named groups
            are fields of the Problem.
        hints: the same for messages that other faults bring about, too: they make the rule
            a possible cause and prove nothing.
    """

    problem: type[Problem]
    severity: Severity
    message: str
    help: tuple[str, ...]
    traceback: tuple[str, ...]
    hints: tuple[str, ...] = ()

    def message_for(self, problem: Problem) -> str:
        """The message about this Problem."""
        return self._told(vars(problem))

    def help_for(self, problem: Problem) -> str:
        """What to do, in sentences."""
        return self.help_from(vars(problem))

    def help_from(self, facts: Mapping[str, object]) -> str:
        """The sentences of the help whose facts are all there."""
        told = (
            sentence
            for sentence in self.help
            if all(facts.get(field, "") not in ("", ()) for field in _fields(sentence))
        )
        return " ".join(_FORMATTER.vformat(sentence, (), facts) for sentence in told)

    def message_from(self, facts: Mapping[str, object]) -> str | None:
        """The message where facts are all that is known of the Problem; None where they do not fill it."""
        if all(field in facts for field in _fields(self.message)):
            return self._told(facts)
        return None

    def _told(self, facts: Mapping[str, object]) -> str:
        """The message; the shape of a single number is ``()`` in it, no words are nothing."""
        kinds = self.problem.fields()
        shown = {name: "()" if value == () and kinds.get(name) == "Shape" else value for name, value in facts.items()}
        return _FORMATTER.vformat(self.message, (), shown)


@dataclass(frozen=True)
class Page:
    """One rule.

    Attributes:
        code: ``CL101``.
        name: ``channel-mismatch``.
        judges: what the rule says, by the name of the Problem's class.
        since: release that brought the rule.
        profiles: profiles that turn the rule on; empty for a rule that is on by default.
        path: file as users may open it, relative to the repository (``rules/CL101-….md``).
        text: the whole file.
    """

    code: str
    name: str
    judges: Mapping[str, Judgement]
    since: str
    path: str
    text: str
    profiles: tuple[str, ...] = ()

    @property
    def is_default(self) -> bool:
        """Whether the rule reports where nobody chose a profile."""
        return not self.profiles

    @property
    def severity(self) -> Severity:
        """The gravest severity that the rule gives."""
        order = get_args(Severity)
        return min((judgement.severity for judgement in self.judges.values()), key=order.index)

    @property
    def traceback(self) -> tuple[str, ...]:
        """All wordings by which the rule knows its fault."""
        return tuple(pattern for judgement in self.judges.values() for pattern in judgement.traceback)

    @cached_property
    def _parts(self) -> markdown.FrontMatter:
        parts = markdown.split_front_matter(self.text)
        assert parts is not None
        return parts

    @property
    def body(self) -> str:
        """The page without its front matter."""
        return self._parts.body

    @cached_property
    def summary(self) -> str:
        """The rule in one sentence."""
        return markdown.summary(self.body)

    @cached_property
    def sections(self) -> Mapping[str, str]:
        """Markdown below each ``##`` heading, in the order of the page."""
        return markdown.sections(self.body)

    @cached_property
    def examples(self) -> tuple[markdown.Example, ...]:
        """The Python blocks of the page, with their marks."""
        return markdown.examples(self.body, self._parts.body_line)


def builtin_pages() -> Traversable:
    """Folder of the rule pages: inside an installed wheel, or beside the package in a checkout."""
    from importlib.resources import files

    packaged = files("convlint") / "_rules"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "rules"


def read_folder(
    folder: Traversable, shown: str = "rules", vocabulary: Mapping[str, object] | None = None
) -> tuple[Page, ...]:
    """Read every page of a folder, sorted by code.

    Args:
        folder: holds ``CL101-name.md`` files; ``README.md`` is no page.
        shown: how errors and findings name the folder.
        vocabulary: Problems of a rule pack's own, by name; they come before convlint's.

    Raises:
        PageError: a page is wrong, or a Markdown file is not named like a page.
    """
    pages = []
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".md") and file.name.lower() != "readme.md":
            pages.append(read_page(file.name, file.read_text(encoding="utf-8"), shown, vocabulary))
    return tuple(pages)


def read_page(file_name: str, text: str, shown: str = "rules", vocabulary: Mapping[str, object] | None = None) -> Page:
    """Read one page.

    Raises:
        PageError: naming the page, the line and the nearest right word.
    """
    path = f"{shown}/{file_name}"
    named = FILE_NAME.match(file_name)
    if named is None:
        raise PageError(path, 1, "a page is named by code and rule, such as CL101-channel-mismatch.md")
    text = text.replace("\r\n", "\n")
    parts = markdown.split_front_matter(text)
    if parts is None:
        raise PageError(path, 1, "no front matter between --- lines")
    reader = _Reader(path, parts.header, {**vars(problems), **(vocabulary or {})})
    raw = reader.load()
    profiles = reader.profiles(raw)
    return Page(named["code"], named["name"], reader.judgements(raw), str(raw["since"]), path, text, profiles)


class _Reader:
    """Turns front matter into judgements; knows the line of each key when something is wrong."""

    def __init__(self, path: str, header: str, vocabulary: Mapping[str, object]) -> None:
        self.path = path
        self.header = header
        self.vocabulary = vocabulary

    def fail(self, where: tuple[str, ...], reason: str) -> PageError:
        return PageError(self.path, self._line(where), reason)

    def _line(self, where: tuple[str, ...]) -> int:
        """Line of a key in the file; the front matter's first line for a missing one."""
        import yaml

        node, line = yaml.compose(self.header, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), 0
        for key in where:
            for name, value in getattr(node, "value", None) or []:
                if name.value == key:
                    node, line = value, name.start_mark.line
                    break
        return line + 2

    def load(self) -> Mapping[str, Any]:
        import yaml

        try:
            raw = yaml.load(self.header, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 2 if error.problem_mark else 1
            raise PageError(self.path, line, f"the front matter is no YAML: {error.problem}") from error
        if not isinstance(raw, dict):
            raise PageError(self.path, 2, "the front matter is not a mapping of keys")
        self._check_keys(raw, _PAGE_KEYS, ())
        for key in ("judges", "since"):
            if key not in raw:
                raise self.fail((), f"`{key}` is missing")
        return raw

    def profiles(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        names = self._texts(raw, "profiles", ())
        for name in names:
            if name not in PROFILES:
                raise self.fail(("profiles",), f"no profile is called {name}{_nearest(name, PROFILES)}")
        return names

    def judgements(self, raw: Mapping[str, Any]) -> Mapping[str, Judgement]:
        judged = raw["judges"]
        if isinstance(judged, str):
            return {judged: self._judgement(judged, raw, ())}
        if not isinstance(judged, dict) or not judged:
            raise self.fail(("judges",), "`judges` names a Problem, or maps Problems to what is said about each")
        for key in _JUDGEMENT_KEYS:
            if key in raw:
                raise self.fail((key,), f"`{key}` belongs to each Problem below `judges`")
        found = {}
        for name, fields in judged.items():
            where = ("judges", str(name))
            if not isinstance(fields, dict):
                raise self.fail(where, f"`{name}` needs severity, message and help")
            self._check_keys(fields, _JUDGEMENT_KEYS, where)
            found[str(name)] = self._judgement(str(name), fields, where)
        return found

    def _judgement(self, name: str, raw: Mapping[str, Any], where: tuple[str, ...]) -> Judgement:
        problem = self.vocabulary.get(name)
        if not (isinstance(problem, type) and issubclass(problem, Problem)):
            known = [key for key, value in self.vocabulary.items() if isinstance(value, type)]
            raise self.fail(where or ("judges",), f"no Problem is called {name}{_nearest(name, known)}")
        for key in ("severity", "message", "help"):
            if key not in raw:
                raise self.fail(where, f"`{key}` is missing")
        severity = raw["severity"]
        if severity not in get_args(Severity):
            raise self.fail((*where, "severity"), f"severity is one of {', '.join(get_args(Severity))}, not {severity}")
        message, sentences = raw["message"], self._texts(raw, "help", where)
        if not isinstance(message, str) or not message:
            raise self.fail((*where, "message"), "`message` is a text")
        for key, templates in (("message", (message,)), ("help", sentences)):
            for template in templates:
                self._check_names((*where, key), self._template_fields((*where, key), template), problem, "placeholder")
        patterns = {key: self._texts(raw, key, where) for key in ("traceback", "hints")}
        for key, texts in patterns.items():
            for pattern in texts:
                self._check_names((*where, key), _GROUP.findall(pattern), problem, "group")
        return Judgement(problem, severity, message, sentences, patterns["traceback"], patterns["hints"])

    def _texts(self, raw: Mapping[str, Any], key: str, where: tuple[str, ...]) -> tuple[str, ...]:
        value = raw.get(key, [])
        texts = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else (value,)
        if not all(isinstance(text, str) and text for text in texts):
            raise self.fail((*where, key), f"`{key}` is a text or a list of texts")
        return texts

    def _template_fields(self, where: tuple[str, ...], template: str) -> Iterable[str]:
        try:
            return _fields(template)
        except ValueError as error:
            raise self.fail(where, f"the template can't be read: {error}") from error

    def _check_names(self, where: tuple[str, ...], names: Iterable[str], problem: type[Problem], what: str) -> None:
        fields = problem.fields()
        for name in names:
            if name not in fields:
                raise self.fail(where, f"{what} {name!r} is no field of {problem.__name__}{_nearest(name, fields)}")

    def _check_keys(self, raw: Mapping[str, Any], known: Iterable[str], where: tuple[str, ...]) -> None:
        for key in raw:
            if key not in known:
                raise self.fail((*where, str(key)), f"a page has no key `{key}`{_nearest(str(key), known)}")


def _fields(template: str) -> tuple[str, ...]:
    """Names of a template's placeholders."""
    return tuple(name for _, name, _, _ in _FORMATTER.parse(template) if name is not None)


def _nearest(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
