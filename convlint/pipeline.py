"""A check from paths to findings: which files, what is known of them from earlier runs, who checks the others.

Nothing here loads the analysis before a file needs one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from convlint import files, programs
from convlint.configuration import Configurations
from convlint.findings import Finding
from convlint.lazy import dataclass
from convlint.results import Change, FileResult, unique
from convlint.settings import FixMode, Settings, reporting

if TYPE_CHECKING:
    from convlint import baseline as baselines
    from convlint.analysis import Analyser
    from convlint.cache import Cache
    from convlint.repair import Choice

Progress = Callable[[int, int, str], None]
"""Called before each file with the number done, the number of all, and the file."""


@dataclass(frozen=True)
class Run:
    """What a check brought.

    Attributes:
        findings: those that remain, by file and line.
        files_checked: files looked at, those included that don't mention Keras.
        errors: what convlint could not do, one sentence each.
        notes: what a user may want to know: assumptions, what was not built.
        changes: what fixes changed.
        sources: text of every file that findings speak about.
        unfinished: how many files could not be analysed to their end; CL906 says where and why.
        unread: files that could not be read or parsed, so that nothing in them was checked.
        suppressed: findings that are not counted; ``Finding.suppressed`` says why.
        cached: how many files were not analysed, because an earlier run did.
    """

    findings: tuple[Finding, ...] = ()
    files_checked: int = 0
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    unfinished: int = 0
    unread: tuple[str, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    cached: int = 0

    @property
    def exit_code(self) -> int:
        """0 nothing found, 1 findings or pending changes, 2 convlint could not do its work."""
        if self.errors:
            return 2
        return 1 if self.findings or any(not change.written for change in self.changes) else 0


def check_paths(
    paths: Sequence[str | os.PathLike[str]],
    settings: Settings | Configurations | None = None,
    progress: Progress | None = None,
    choose: Choice | None = None,
) -> Run:
    """Check files and folders.

    Args:
        paths: files, and folders that are searched.
        settings: the same for every file, or those of configuration files; defaults where not given.
        progress: told before each file.
        choose: asked about each repair before it is made.

    Raises:
        convlint.rules.registry.UnknownRule: ``select`` or ``ignore`` name no rule.
        convlint.configuration.ConfigurationError: a configuration file can't be used.
    """
    configurations = settings if isinstance(settings, Configurations) else None
    settings = settings.for_run() if isinstance(settings, Configurations) else settings or Settings()
    settings_for = (lambda _: settings) if configurations is None else configurations.for_file
    known = _known(settings)
    check = _Check(files.find(paths, configurations), settings, settings_for, progress, choose)
    run = check.run()
    return run if known is None else check.without_known(run, known)


def check_text(data: bytes, file: str, settings: Settings | Configurations | None = None) -> Run:
    """Check a text that stands for a file; nothing is written.

    Args:
        data: the content.
        file: its name: findings print it, its ending says how the content is read, configuration and imports are
            looked up beside it. It need not exist.
        settings: as for :func:`check_paths`; of fixes ``Run.changes`` tells what they would change.
    """
    from convlint.checking import Checker

    for_run = settings.for_run() if isinstance(settings, Configurations) else settings or Settings()
    settings_for = settings.for_file if isinstance(settings, Configurations) else lambda _: for_run
    known = _known(for_run)
    check = _Check(files.Found((file,)), for_run, settings_for)
    check.results[0] = Checker().check(file, replace(settings_for(file), diff=True), data)
    run = check.whole()
    try:
        text = run.changes[0].after if run.changes else files.decode(file, data).text
        source = files.SourceText(file, text, "utf-8", b"", data)
        run = replace(run, sources=run.sources | programs.from_source(source).texts())
    except files.FileProblem:
        pass  # it is a finding
    return run if known is None else check.without_known(run, known)


def _known(settings: Settings) -> baselines.Baseline | None:
    if not settings.baseline:
        return None
    from convlint import baseline

    return baseline.read(settings.baseline)


@dataclass(eq=False)
class _Check:
    """A run while it is under way."""

    found: files.Found
    settings: Settings
    settings_for: Callable[[str], Settings]
    progress: Progress | None = None
    choose: Choice | None = None
    results: dict[int, FileResult] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    cached: int = 0
    _own: dict[int, tuple[Settings, dict[bool, Settings]]] = field(default_factory=dict)
    _codes: dict[Settings, frozenset[str]] = field(default_factory=dict)

    def run(self) -> Run:
        """Look up, check what is not known, bring together."""
        cache = self._cache()
        waiting = self._look_up(cache)
        asked = {self._settings(place) for place in waiting}
        for known in asked if self.cached else {self.settings, *asked}:
            if known.names_rules:
                self._reporting(known)
        try:
            for place, result in self._checked(waiting):
                self.results[place] = result
                if cache is not None:
                    cache.add(self._settings(place), result)
        finally:
            if cache is not None:
                cache.save()
        return self.whole()

    def _settings(self, place: int) -> Settings:
        """What holds for a file, its place in the run included."""
        file = self.found.files[place]
        settings = self.settings_for(file)
        # Keyed by identity: there are few objects, and many files to ask for.
        _, own = self._own.setdefault(id(settings), (settings, {}))
        searched = file in self._searched
        if searched not in own:
            own[searched] = replace(settings, callers_known=searched)
        return own[searched]

    @cached_property
    def _searched(self) -> frozenset[str]:
        return frozenset(self.found.searched)

    def _cache(self) -> Cache | None:
        """The cache; none where files are written or code is run."""
        settings = self.settings
        if not settings.cache_folder or settings.fix is not FixMode.NONE or settings.build:
            return None
        from convlint.cache import Cache

        return Cache(settings.cache_folder)

    def _look_up(self, cache: Cache | None) -> list[int]:
        """Answer what can be answered without an analysis; the places of the other files come back."""
        waiting: list[int] = []
        for place, file in enumerate(self.found.files):
            try:
                with open(file, "rb") as stream:
                    data = stream.read()
            except (OSError, ValueError):
                waiting.append(place)
                continue
            result = None
            if files.is_foreign(file, data):
                result = FileResult(file)
            elif cache is not None:
                result = cache.look_up(file, data, self._settings(place))
                self.cached += result is not None
            if result is None:
                waiting.append(place)
                self.sizes[place] = len(data)
            else:
                self._tell(file)
                self.results[place] = result
        return waiting

    def _tell(self, file: str) -> None:
        if self.progress is not None:
            self.progress(len(self.results), len(self.found.files), file)

    def _checked(self, waiting: Sequence[int]) -> Iterator[tuple[int, FileResult]]:
        """Check files, in this process or in several."""
        if not waiting:
            return
        from convlint.workers import check_all, jobs_for, jobs_for_builds

        tasks = [(place, self.found.files[place], self._settings(place)) for place in waiting]
        jobs = (
            1
            if self.settings.build or self.choose is not None
            else jobs_for(self.settings.jobs, [self.sizes.get(at, 0) for at in waiting])
        )
        if jobs > 1:
            tasks.sort(key=lambda task: (-self.sizes.get(task[0], 0), task[0]))
            for place, result in check_all(tasks, jobs, _lost):
                self._tell(result.file)
                yield place, result
            return
        from convlint.checking import Checker

        checker = Checker()
        checker.choose = self.choose
        with ExitStack() as stack:
            if self.settings.build:
                from convlint.building import Site

                site = Site(checker.analyser(self.settings), jobs=jobs_for_builds(self.settings.jobs, len(tasks)))
                checker.site = stack.enter_context(site)
                if self.settings.fix is FixMode.NONE:
                    site.begin([file for _, file, _ in tasks])
            for place, file, settings in tasks:
                self._tell(file)
                yield place, checker.check(file, settings)

    def _reporting(self, settings: Settings) -> frozenset[str]:
        """Codes of the rules that report under these settings. Raises UnknownRule."""
        known = self._codes.get(settings)
        if known is None:
            from convlint.rules.registry import load

            known = reporting(load(), settings)
            self._codes[settings] = known
        return known

    def whole(self) -> Run:
        """What the results of all files, in the order of the files, come to."""
        results = [self.results[place] for place in range(len(self.found.files))]
        used = frozenset[tuple[str, int]]().union(*(result.used for result in results))

        def counts(one: Finding, file: str) -> bool:
            place = one.location
            if one.code == "CL901" and (os.path.realpath(place.file), place.line) in used:
                return False  # a file that imports this one needs the comment
            # A finding in a module that the checked file imports is judged by the settings of that module.
            if place.file == file:
                return True
            theirs = self.settings_for(place.file)
            return theirs == self.settings_for(file) or one.code in self._reporting(theirs)

        findings = unique(one for result in results for one in result.findings if counts(one, result.file))
        suppressed = unique(one for result in results for one in result.suppressed if counts(one, result.file))
        changes = tuple(result.change for result in results if result.change is not None)
        places = [
            place
            for one in (*findings, *suppressed)
            for place in (one.location, *(step.location for step in one.evidence))
        ]
        return Run(
            tuple(findings),
            len(self.found.files),
            (*self.found.errors, *(error for result in results for error in result.errors)),
            tuple(dict.fromkeys(self._notes(results))),
            changes,
            programs.texts(
                {place.file for place in places} | {change.file for change in changes},
                {change.file: change.after for change in changes},
            ),
            sum(result.unfinished for result in results),
            tuple(result.file for result in results if result.unread),
            tuple(suppressed),
            self.cached,
        )

    def _notes(self, results: Sequence[FileResult]) -> Iterator[str]:
        for result in results:
            if not (result.layout_mattered or result.about_keras):
                continue
            settings = self.settings_for(result.file)
            if result.layout_mattered:
                layout = settings.image_data_format
                yield f"image_data_format is taken to be {layout.value} ({layout.origin})"
            if result.about_keras and settings.keras < 3:
                origin = settings.keras_origin
                yield f"Keras {settings.keras} is taken for granted ({origin}); --keras 3 checks for Keras 3"
        for result in results:
            yield from result.notes

    def without_known(self, run: Run, known: baselines.Baseline) -> Run:
        """A run without the findings that a baseline knows, and with what no longer occurs (CL907)."""
        from convlint.analysis import Analyser
        from convlint.rules.registry import load

        complete = {
            os.path.realpath(result.file): result
            for result in self.results.values()
            if result.file in self._searched and not result.unread and not result.unfinished
        }

        def was_judged(file: str, code: str, source: str) -> bool:
            """Whether this run would have found it there, whoever calls the functions of that file."""
            result = complete.get(os.path.realpath(file))
            if result is None or (source == "build" and not self.settings.build):
                return False
            return code in self._reporting(self.settings_for(result.file))

        return _with_baseline(run, known, Analyser(self.settings, load()), was_judged)


def _with_baseline(
    run: Run, baseline: baselines.Baseline, analyser: Analyser, was_judged: Callable[[str, str, str], bool]
) -> Run:
    """A run without the findings that a baseline knows, and with what no longer occurs (CL907)."""
    from convlint import baseline as baselines
    from convlint.fixes import propose

    applied = baselines.apply(baseline, run.findings, run.sources)
    run = replace(run, findings=applied.new, suppressed=tuple(unique((*run.suppressed, *applied.known))))
    stale: dict[baselines.Entry, Finding] = {}
    for entry, observation in baselines.stale_observations(baseline, applied.stale, was_judged):
        for one in analyser.judge([observation]):
            if analyser.reports(one.finding):
                fixes = tuple(replace(fix, verified=True) for fix in propose(observation))
                stale[entry] = replace(one.finding, fixes=fixes)
    if not stale:
        return run
    if analyser.settings.fix is FixMode.NONE:
        sources = run.sources | {baseline.file: baseline.text}
        return replace(run, findings=tuple(unique((*run.findings, *stale.values()))), sources=sources)
    text = baselines.without(baseline, stale)
    written = not analyser.settings.diff
    if written:
        try:
            files.write_atomically(baseline.file, text.encode(), Path(baseline.file).read_bytes())
        except (files.FileProblem, OSError) as problem:
            return replace(run, errors=(*run.errors, str(problem)))
    change = Change(baseline.file, baseline.text, text, tuple(stale.values()), written)
    return replace(run, changes=(*run.changes, change))


def _lost(file: str, settings: Settings, reason: str) -> FileResult:
    """The result of a file over which the process that checked it died."""
    from convlint.checking import Checker

    return Checker().lost(file, settings, reason)
