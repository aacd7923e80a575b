"""All rules: from a Problem to a Finding, and from an error text to a rule."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from convlint.catalog.completion import complete, fits
from convlint.findings import Finding, Observation, SetupError
from convlint.lazy import dataclass
from convlint.rules.documents import Judgement, Page, PageError, builtin_pages, read_folder
from convlint.rules.installed import ENTRY_POINTS, may_have_packs
from convlint.rules.selection import Selection, apply
from convlint.shapes.shape import read_dim, read_shape, show_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from importlib.metadata import EntryPoint
    from types import ModuleType

    from convlint.catalog.seen import Hook
    from convlint.problems import Problem

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_LOOK_ALIKES = str.maketrans("OIL", "011")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Match:
    """A rule that an error message speaks for.

    Attributes:
        page: the rule.
        judgement: the fault, and how it is told.
        facts: fields of its Problem that the message or the caller told.
        certain: whether the message proves the fault; else it is one of several possible causes.
    """

    page: Page
    judgement: Judgement
    facts: Mapping[str, object]
    certain: bool

    @property
    def problem(self) -> Problem | None:
        """The Problem, where every field is known."""
        return _made(self.judgement.problem, self.facts)

    @property
    def message(self) -> str:
        """The rule's message; where the text leaves one of its facts open, the rule's summary with those it tells."""
        told = self.judgement.message_from(self.facts)
        if told is not None:
            return told
        facts = ", ".join(
            f"{name.replace('_', ' ')} {show_fact(value)}"
            for name, value in self.facts.items()
            if value not in ("", ())
        )
        return self.page.summary.rstrip(".") + (f" ({facts})" if facts else "")

    @property
    def help(self) -> str:
        """What to do, as far as the known facts fill it."""
        return self.judgement.help_from(self.facts)


class UnknownRule(LookupError):  # reads as the sentence it prints
    """No rule has this code or name; ``suggestion`` is the nearest one, or None."""

    def __init__(self, word: str, suggestion: str | None) -> None:
        super().__init__(f"no rule is called {word}" + (f"; did you mean {suggestion}?" if suggestion else ""))
        self.word = word
        self.suggestion = suggestion


class RegistryError(SetupError):
    """The pages contradict each other, or there are none."""


class Registry:
    """The rules of one run.

    Args:
        pages: in any order; a function is called when something is asked, which a file without findings never does.
        hooks: ``observe`` of every rule pack that has one.

    Raises:
        RegistryError: there are no pages, or two of them share a code, a name or a Problem.
    """

    def __init__(self, pages: Iterable[Page] | Callable[[], Iterable[Page]], hooks: Iterable[Hook] = ()) -> None:
        self.hooks = tuple(hooks)
        self._given = pages
        if not callable(pages):
            self._judges  # noqa: B018  # tells at once what is wrong

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """All rules by code."""
        pages = tuple(sorted(self._given() if callable(self._given) else self._given, key=lambda page: page.code))
        if not pages:
            raise RegistryError("no rule pages were found, so that no file could be judged")
        return pages

    @cached_property
    def _codes(self) -> dict[str, Page]:
        return _table((page.code, page) for page in self.pages)

    @cached_property
    def _names(self) -> dict[str, Page]:
        return _table((page.name, page) for page in self.pages)

    @cached_property
    def _judges(self) -> dict[str, Page]:
        assert self._codes
        assert self._names  # told to be unique before anything is judged
        return _table((problem, page) for page in self.pages for problem in page.judges)

    def page(self, word: str) -> Page:
        """The rule with this code (``CL204``, or only its number) or name. Raises UnknownRule."""
        code = f"CL{word}" if word.isdigit() else word.upper()
        found = self._codes.get(code) or self._names.get(word.lower())
        if found is None:
            raise self._unknown(word)
        return found

    def select(self, words: Iterable[str]) -> tuple[Page, ...]:
        """Rules that codes, beginnings of codes (``CL2``), names or ``ALL`` stand for.

        Raises:
            UnknownRule: a word stands for none.
        """
        chosen: set[str] = set()
        for word in words:
            upper = word.strip().upper()
            codes = [code for code in self._codes if upper == "ALL" or (upper and code.startswith(upper))]
            if not codes:
                codes = [self.page(word.strip()).code]
            chosen.update(codes)
        return tuple(page for page in self.pages if page.code in chosen)

    def reporting(self, selections: Iterable[Selection] = (), profile: str = "") -> frozenset[str]:
        """Codes of the rules that report.

        Args:
            selections: what each source says, the weakest first; a rule that is off by default is turned on by
                any word that stands for it.
            profile: beside the rules that are always on, or selected, those of this profile report.

        Raises:
            UnknownRule: a word stands for no rule.
        """
        extra = frozenset(page.code for page in self.pages if profile in page.profiles)
        chosen = extra.union(page.code for page in self.pages if page.is_default)
        for selection in selections:
            before = chosen if selection.select is None else extra
            chosen = apply(selection, before, self._codes_of, self._codes)
        return chosen

    def _codes_of(self, word: str) -> list[str]:
        return [page.code for page in self.select([word])]

    def _unknown(self, word: str) -> UnknownRule:
        digits = word.upper()[:2] + word.upper()[2:].translate(_LOOK_ALIKES)
        if digits in self._codes:
            return UnknownRule(word, digits)
        near = get_close_matches(word.upper(), self._codes, n=1, cutoff=0.6) if any(map(str.isdigit, word)) else []
        near = near or get_close_matches(word.lower(), self._names, n=1, cutoff=0.6)
        return UnknownRule(word, near[0] if near else None)

    def judge_of(self, problem: type[Problem]) -> Page:
        """The rule that judges this kind of Problem. Raises RegistryError where none does."""
        page = self._judges.get(problem.__name__)
        if page is None:
            raise RegistryError(f"no rule page judges {problem.__name__}")
        return page

    def finding(self, observation: Observation) -> Finding:
        """The finding that an observation makes."""
        problem = observation.problem
        page = self.judge_of(type(problem))
        judgement = page.judges[type(problem).__name__]
        return Finding(
            code=page.code,
            name=page.name,
            severity=judgement.severity,
            message=judgement.message_for(problem),
            location=observation.location,
            symbol=observation.symbol,
            evidence=observation.evidence,
            help=judgement.help_for(problem),
            source=observation.source,
            url=page.path,
        )

    @cached_property
    def _wordings(self) -> tuple[_Wording, ...]:
        """Every wording, the longest first: it says most about a message that it fits."""
        wordings = [
            _Wording(page, judgement, _compiled(page, pattern), deciding)
            for page in self.pages
            for judgement in page.judges.values()
            for deciding, patterns in ((True, judgement.traceback), (False, judgement.hints))
            for pattern in patterns
        ]
        return tuple(sorted(wordings, key=lambda wording: -len(wording.plain)))

    def search(self, text: str) -> tuple[Page, ...]:
        """Rules that an error text or some words are about, best first.

        A wording that a page lists comes first (the longest of them at the top), then pages that
        hold the whole text (whatever its numbers), then pages that hold every word of three
        letters or more.
        """
        text = _ANSI.sub("", text).strip()
        if not text:
            return ()
        ranks: dict[str, int] = {}
        for place, wording in enumerate(self._wordings, -len(self._wordings)):
            if wording.pattern.search(text):
                ranks.setdefault(wording.page.code, place)
        phrase = _plain(text)
        words = re.findall(r"[^\W\d]{3,}", phrase)
        for page in self.pages:
            held = _plain(f"{page.code} {page.name}\n{page.text}")
            if phrase in held:
                ranks.setdefault(page.code, 1)
            elif words and all(word in held for word in words):
                ranks.setdefault(page.code, 2)
        return tuple(sorted((page for page in self.pages if page.code in ranks), key=lambda page: ranks[page.code]))

    def recognise(self, message: str, known: Mapping[str, object] | None = None) -> Problem | None:
        """The Problem behind a message of Keras', by the wordings that the pages list.

        Args:
            message: what Keras or TensorFlow said.
            known: fields of a Problem that the caller knows for sure and the message need not
                hold, such as ``operation``, ``input_shape`` or ``data_format``.

        Returns:
            None unless the message and ``known`` together fill every field. Of several wordings
            that fit, the longest decides.
        """
        message = _ANSI.sub("", message)
        for wording in self._wordings:
            found = wording.pattern.search(message) if wording.deciding else None
            if found is not None:
                problem = _made(wording.judgement.problem, _facts(wording.judgement, found.groupdict(), known or {}))
                if problem is not None:
                    return problem
        return None

    def matches(
        self, message: str, known: Mapping[str, object] | None = None, apart_from: tuple[str, ...] = ()
    ) -> tuple[Match, ...]:
        """Rules that an error message speaks for, the likeliest first.

        The longest wording that fits decides. It proves its fault unless it is one of the page's
        ``hints``, another page lists the same wording, or a hint of another page fits as well. A wording
        whose numbers contradict its fault does not fit.

        Args:
            message: what Keras or TensorFlow said, wrappings and all.
            known: fields that the caller knows, such as ``operation``; the message's own come first.
            apart_from: beginnings of codes that are out of the question.
        """
        message = _ANSI.sub("", message)
        fitting: dict[str, tuple[_Wording, dict[str, object]]] = {}
        for wording in self._wordings:
            code = wording.page.code
            found = None if code in fitting or code.startswith(apart_from) else wording.pattern.search(message)
            if found is not None:
                facts = _facts(wording.judgement, found.groupdict(), known or {})
                if fits(wording.judgement.problem, facts):
                    fitting[code] = (wording, facts)
        if not fitting:
            return ()
        first, *others = (wording for wording, _ in fitting.values())
        sure = first.deciding and all(other.deciding and other.plain != first.plain for other in others)
        return tuple(
            Match(wording.page, wording.judgement, facts, sure and wording is first)
            for wording, facts in fitting.values()
        )

    def match_of(self, problem: Problem) -> Match:
        """The match of a Problem that is known in full."""
        page = self.judge_of(type(problem))
        return Match(page, page.judges[type(problem).__name__], vars(problem), certain=True)


@dataclass(frozen=True)
class _Wording:
    """One pattern of a page, and whether it proves the fault."""

    page: Page
    judgement: Judgement
    pattern: re.Pattern[str]
    deciding: bool

    @cached_property
    def plain(self) -> str:
        """The pattern without the names of its groups: what two pages are compared by."""
        return re.sub(r"\?P<\w+>", "", self.pattern.pattern)


def _table(entries: Iterable[tuple[str, Page]]) -> dict[str, Page]:
    """Pages by what is theirs alone. Raises RegistryError where two claim it."""
    table: dict[str, Page] = {}
    for key, page in entries:
        other = table.setdefault(key, page)
        if other is not page:
            raise RegistryError(f"{key} is claimed by two pages: {other.path} and {page.path}")
    return table


def _plain(text: str) -> str:
    """Text to compare by: one case, one kind of white space, any number the same."""
    return " ".join(_NUMBER.sub("0", text.lower()).split())


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _compiled(page: Page, pattern: str) -> re.Pattern[str]:
    try:
        return _compile(pattern)
    except re.error as error:
        raise PageError(page.path, 1, f"traceback pattern {pattern!r}: {error}") from error


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip().strip("'\"`") for word in text.split(","))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, _NUMBER.findall(text)))


_READERS: Mapping[str, Callable[[str], object]] = {
    "str": str,
    "int": int,
    "Dim": read_dim,
    "Shape": read_shape,
    "tuple[Dim, ...]": read_shape,
    "tuple[int, ...]": _numbers,
    "tuple[str, ...]": _words,
}
"""Readers of captured text, by the annotation of the field."""


def _facts(judgement: Judgement, captured: Mapping[str, str | None], known: Mapping[str, object]) -> dict[str, object]:
    """Fields of the judged Problem: what the message told, what the caller knows, what the catalog adds."""
    values: dict[str, object] = {}
    for name, annotation in judgement.problem.fields().items():
        text = captured.get(name)
        if text is not None:
            values[name] = _READERS[annotation](text)
        elif name in known:
            values[name] = known[name]
    return complete(judgement.problem, values)


def _made(problem: type[Problem], facts: Mapping[str, Any]) -> Problem | None:
    """The Problem, None while a field is not known."""
    names = problem.fields()
    return problem(**{name: facts[name] for name in names}) if all(name in facts for name in names) else None


def show_fact(value: object) -> str:
    """A field of a Problem as users write it."""
    if isinstance(value, tuple):
        return ", ".join(value) if value and all(isinstance(part, str) for part in value) else show_shape(value)
    return str(value)


@cache
def load() -> Registry:
    """The rules that come with convlint and those of installed rule packs.

    Raises:
        PageError: a page is wrong.
        RegistryError: two pages claim the same, or there are none.
    """
    if not may_have_packs():
        return Registry(lambda: read_folder(builtin_pages()))
    from importlib.metadata import entry_points
    from importlib.resources import files

    pages, hooks = list(read_folder(builtin_pages())), []
    for pack in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        module = _import_pack(pack)
        pages.extend(read_folder(files(module), pack.value, vars(module)))
        hook = getattr(module, "observe", None)
        if hook is not None:
            hooks.append(hook)
    return Registry(pages, hooks)


def _import_pack(pack: EntryPoint) -> ModuleType:
    """The package of an installed rule pack: code that its user chose to install."""
    try:
        module = import_module(pack.value)
        is_package = hasattr(module, "__path__")
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise RegistryError(f"the rule pack {pack.name} can't be used: importing {pack.value}: {reason}") from error
    if not is_package:
        raise RegistryError(f"the rule pack {pack.name} can't be used: {pack.value} is no package of pages")
    return module
