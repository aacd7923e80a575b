"""One file, analysed and judged: the step that checking, verifying and fixing share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from convlint.findings import Finding, Location, Observation
from convlint.problems import InternalFault, SyntaxFault, UnreadableFile
from convlint.static.analysis import StaticResult, StaticSettings, analyse_source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convlint.rules.registry import Registry
    from convlint.settings import Settings


@dataclass(frozen=True)
class Judged:
    """An observation and the finding that it makes."""

    observation: Observation
    finding: Finding


@dataclass(frozen=True)
class Analysis:
    """What one file told.

    Attributes:
        file: as findings print it.
        text: what was analysed.
        judged: everything met, selected or not, in the order of the source; without what rules say
            that are off by default and that nobody turned on.
        result: the static front end's answer.
    """

    file: str
    text: str
    judged: tuple[Judged, ...]
    result: StaticResult


class Analyser:
    """Analyses texts under the settings of one run.

    Raises:
        convlint.rules.registry.UnknownRule: ``select`` or ``ignore`` name no rule.
    """

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self.settings = settings
        self.registry = registry
        here = Path.cwd()
        self.static = StaticSettings(
            image_data_format=settings.image_data_format.value,
            keras=settings.keras,
            roots=tuple(folder for folder in (here, here / "src") if folder.is_dir()),
            hooks=registry.hooks,
        )
        silenced = {page.code for page in registry.select(settings.silenced)}
        ignored = registry.select(word for one in settings.selections for word in (*one.ignore, *one.extend_ignore))
        # A file that was not read must not look like a clean one because somebody selected other rules.
        unread = {registry.judge_of(problem).code for problem in (SyntaxFault, UnreadableFile)}
        unread -= {page.code for page in ignored}
        self.reporting: frozenset[str] = (registry.reporting(settings.selections, settings.profile) | unread) - silenced
        self._off = frozenset(page.code for page in registry.pages if not page.is_default) - self.reporting

    def analyse(self, file: str, text: str) -> Analysis:
        """Analyse a text as the content of ``file``."""
        result = analyse_source(text, file, self.static)
        return Analysis(file, text, self.judge(result.observations), result)

    def judge(self, observations: Iterable[Observation]) -> tuple[Judged, ...]:
        """Observations with their findings; the same finding is kept once."""
        judged: dict[tuple[str, Location, str], Judged] = {}
        for observation in observations:
            finding = self.registry.finding(observation)
            if finding.code in self._off:
                continue
            judged.setdefault((finding.code, finding.location, finding.message), Judged(observation, finding))
        return tuple(judged.values())

    def reports(self, finding: Finding) -> bool:
        """Whether the rule of this finding is selected."""
        return finding.code in self.reporting

    def internal_fault(self, file: str, error: BaseException) -> Judged:
        """A bug of convlint's own, as a finding about the file that brought it to light."""
        reason = f"{type(error).__name__}: {error}".strip().removesuffix(":")
        place = Location(file, 1, 1, 1, 1)
        return self.judge([Observation(InternalFault(file, reason), place, "static")])[0]
