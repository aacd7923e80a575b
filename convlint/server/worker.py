"""The process that analyses: jobs in, answers out, one after the other.

It is a process of its own because parsing holds Python's lock for as long as it takes, and because a job that nobody
waits for any longer can be ended. Run as ``python -m convlint.server.worker``; jobs come and answers go pickled, each
behind its length, between this process and the one that started it.
"""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from convlint import api
from convlint.analysis import Analyser, Analysis, Judged
from convlint.configuration import Configurations
from convlint.files import is_excluded
from convlint.findings import Location, Observation, SetupError
from convlint.lazy import dataclass
from convlint.problems import SyntaxFault
from convlint.repair import offers, repair
from convlint.report import View, model
from convlint.rules.registry import Registry, load
from convlint.runtime.discovery import find_candidates
from convlint.runtime.targets import BuildTarget
from convlint.server import jobs
from convlint.settings import FixMode, Settings, SettingsError, for_program

if TYPE_CHECKING:
    from convlint.server.jobs import Answer, Job, Options, Subject

HEAD = struct.Struct("!I")
"""Length of a message, before it."""
MAX_KEPT = 8
"""Analyses that are kept for questions about them."""


@dataclass(frozen=True)
class _Kept:
    subject: Subject
    analysis: Analysis
    chosen: tuple[Judged, ...]
    analyser: Analyser


class Worker:
    """Answers jobs."""

    def __init__(self) -> None:
        self._registry: Registry = load()
        self._round = 0
        self._configurations: dict[tuple[str, Options], Configurations] = {}
        self._analysers: dict[tuple[str, Settings], Analyser] = {}
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def answers(self, job: Job) -> Iterator[Answer]:
        """The answers to a job; never raises but for what ends the process."""
        try:
            yield from self._answers(job)
        except (SetupError, SettingsError) as error:
            yield jobs.Failed(str(error))
        except Exception as error:
            yield jobs.Failed(f"a bug of convlint's own: {type(error).__name__}: {error}")

    def _answers(self, job: Job) -> Iterator[Answer]:
        if isinstance(job, jobs.Check):
            kept = self._analyse(job.subject)
            findings = tuple(one.finding for one in kept.chosen)
            parsed = all(one.finding.code != "CL900" for one in kept.analysis.judged)
            yield jobs.Checked(findings, parsed)
            read = kept.analysis.result.read
            yield jobs.Read() if read is None else jobs.Read(read(), find_candidates(job.subject.text))
        elif isinstance(job, jobs.Offer):
            kept = self._analyse(job.subject)
            wanted = [kept.chosen[index] for index in job.wanted if index < len(kept.chosen)]
            yield jobs.Offered(tuple(offers(kept.analyser, kept.analysis, wanted)))
        elif isinstance(job, jobs.Repair):
            kept = self._analyse(job.subject)
            yield jobs.Repaired(repair(kept.analyser, kept.analysis, FixMode.SAFE).analysis.text)
        elif isinstance(job, jobs.Inspect):
            yield self._inspect(job)
        else:
            self._kept.pop(job.key, None)
            yield jobs.Done()

    def _analyser(self, subject: Subject) -> Analyser:
        """The analyser for a text: under the settings, and with the imports, of a run in its workspace folder.

        Raises:
            SettingsError: a configuration file or an option of the editor can't be used.
        """
        if subject.folder and os.path.isdir(subject.folder):
            os.chdir(subject.folder)
        if subject.round != self._round:
            self._round = subject.round
            self._configurations.clear()
        place = (subject.folder, subject.options)
        configurations = self._configurations.get(place)
        if configurations is None:
            configurations = Configurations(_flags(subject.options), here=subject.folder or None)
            self._configurations[place] = configurations
        settings = for_program(configurations.for_file(subject.file), subject.text.encode("utf-8", "replace"))
        settings = replace(settings, fix=FixMode.NONE, build=False, offer_fixes=False)
        known = self._analysers.get((subject.folder, settings))
        if known is None:
            known = self._analysers[subject.folder, settings] = Analyser(settings, self._registry)
            known.static = replace(known.static, remember=True)
        return known

    def _is_excluded(self, subject: Subject) -> bool:
        configurations = self._configurations.get((subject.folder, subject.options))
        return configurations is not None and is_excluded(subject.file, False, configurations)

    def _analyse(self, subject: Subject) -> _Kept:
        known = self._kept.get(subject.key)
        if known is not None and known.subject == subject:
            return known
        analyser = self._analyser(subject)
        analysis = analyser.analyse(subject.file, subject.text)
        broken = [
            Observation(SyntaxFault(place.file, one.reason), place, "static")
            for one in subject.problems
            for place in (Location(subject.file, one.line, one.column, one.line, one.column),)
        ]
        judged = (*analysis.judged, *analyser.judge(broken))
        chosen = tuple(one for one in judged if analyser.reports(one.finding))
        if self._is_excluded(subject):
            chosen = ()
        kept = self._kept[subject.key] = _Kept(subject, analysis, chosen, analyser)
        self._kept.move_to_end(subject.key)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return kept

    def _inspect(self, job: jobs.Inspect) -> jobs.Inspected:
        subject = job.subject
        analyser = self._analyser(subject)
        target = BuildTarget(subject.file, job.builder)
        inspection = api.inspect_static(target, analyser.settings, text=subject.text)
        report = inspection.report
        table = io.StringIO()
        if report.layers:
            model.write_text(replace(inspection, findings=()), table, View({subject.file: subject.text}))
        message = "" if report.ok else report.message or report.status
        return jobs.Inspected(model.inspection_as_json(inspection), table.getvalue(), message)


def _flags(options: Options) -> dict[str, Any]:
    """What the editor's settings say, as the command line would."""
    flags = {
        "select": list(options.select),
        "ignore": list(options.ignore),
        "profile": options.profile,
        "image-data-format": options.image_data_format,
    }
    return {key: value for key, value in flags.items() if value}


def serve(jobs_in: BinaryIO, answers_out: BinaryIO) -> None:
    """Answer jobs until the other side is gone."""
    worker = Worker()
    while True:
        head = jobs_in.read(HEAD.size)
        if len(head) < HEAD.size:
            return
        (length,) = HEAD.unpack(head)
        job: Job = pickle.loads(jobs_in.read(length))
        for answer in worker.answers(job):
            # A check is answered twice: its findings don't wait for what else is known.
            data = pickle.dumps((answer, not isinstance(answer, jobs.Checked)), pickle.HIGHEST_PROTOCOL)
            answers_out.write(HEAD.pack(len(data)) + data)
            answers_out.flush()


def main() -> None:
    """Talk over the standard streams; whatever prints by accident prints to the log."""
    jobs_in = os.fdopen(os.dup(0), "rb")
    answers_out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115  # for as long as the process lives
    with suppress(BrokenPipeError, KeyboardInterrupt):
        serve(jobs_in, answers_out)


if __name__ == "__main__":
    main()
