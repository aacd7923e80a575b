"""What is known of each open document, and who gets the worker next: of each document the latest text wins."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import field

from convlint.edits import split_lines
from convlint.files import mentions_keras
from convlint.lazy import dataclass
from convlint.server import jobs
from convlint.server.documents import Program
from convlint.server.jobs import Answer, Job, Options, Subject
from convlint.server.process import WorkerGone, WorkerProcess

PAUSE = 0.05
"""Seconds without a keystroke before a text is analysed, while somebody types."""
CALM = 0.5
"""Seconds after which a keystroke is no longer one of several: the text is analysed at once."""
PATIENCE = 1.5
"""Seconds that a check may take once its text is no longer the latest; starting another worker takes half a second."""


def line_now(before: Program, now: Program, line: int) -> int | None:
    """Where a line of an earlier text stands in a later one; None where it was changed."""
    old, new = split_lines(before.text), split_lines(now.text)
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    tail = next((i for i in range(shorter - head) if old[-1 - i] != new[-1 - i]), shorter - head)
    if line <= head:
        return line
    return line + len(new) - len(old) if line > len(old) - tail else None


@dataclass
class Known:
    """A document: its latest text, and what the latest answers said.

    Attributes:
        version: counts texts; ``checked`` and ``read`` say which of them the answers are about.
        program: the latest text.
        findings: of the text ``checked``.
        parsed: the last text that parses, with its findings.
        reading: of ``read_program``, the last one that parses.
    """

    program: Program
    folder: str
    options: Options
    version: int = 1
    checked: int = 0
    read: int = 0
    findings: jobs.Checked = field(default_factory=jobs.Checked)
    parsed: tuple[Program, jobs.Checked] | None = None
    reading: jobs.Read = field(default_factory=jobs.Read)
    read_program: Program | None = None
    due: float = 0.0
    changed: float = 0.0
    closed: bool = False
    round: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def subject(self) -> Subject:
        """The latest text as the worker wants it."""
        program = self.program
        return Subject(
            program.uri,
            self.version,
            program.file,
            program.text,
            self.folder,
            self.options,
            program.problems,
            self.round,
        )

    def tell(self) -> None:
        """Wake up everybody who waits for an answer."""
        self.news.set()
        self.news = asyncio.Event()


class Desk:
    """Keeps documents checked.

    Args:
        worker: does the work.
        publish: told about a document whose findings are new.
        complain: told about what keeps convlint from its work.
    """

    def __init__(
        self, worker: WorkerProcess, publish: Callable[[Known], None], complain: Callable[[str], None]
    ) -> None:
        self.worker = worker
        self.documents: dict[str, Known] = {}
        self._publish = publish
        self._complain = complain
        self._running: tuple[Known, int, float] | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._told: set[str] = set()
        self._round = 0

    # --- documents ---------------------------------------------------------------------------

    def put(self, program: Program, folder: str, options: Options, *, at_once: bool = False) -> None:
        """A document was opened or changed."""
        known = self.documents.get(program.uri)
        if known is None:
            known = self.documents[program.uri] = Known(program, folder, options, round=self._round)
            at_once = True
        else:
            known.program, known.folder, known.options = program, folder, options
            known.version += 1
        now = time.monotonic()
        known.due = now if at_once or now - known.changed > CALM else now + PAUSE
        known.changed = now
        self._go_on()

    def check_again(self) -> None:
        """Something changed that any document may depend on."""
        self._round += 1
        for known in self.documents.values():
            known.version += 1
            known.round = self._round
        self._go_on()

    def close(self, uri: str) -> None:
        """A document was closed."""
        known = self.documents.pop(uri, None)
        if known is not None:
            known.closed = True
            known.tell()
            self._go_on()

    def stop(self) -> None:
        """The server ends."""
        if self._task is not None:
            self._task.cancel()
        self.worker.stop()

    # --- answers -----------------------------------------------------------------------------

    async def checked(self, known: Known) -> jobs.Checked:
        """The findings of the text as it is now, or of a later one."""
        wanted = known.version
        while known.checked < wanted and not known.closed:
            await known.news.wait()
        return known.findings

    async def read(self, known: Known) -> jobs.Read:
        """What else is known of the text; where it does not parse, of the last one that did."""
        wanted = known.version
        while known.read < wanted and not known.closed:
            await known.news.wait()
        return known.reading

    async def ask(self, job: Job) -> Answer:
        """One answer to a question about a document.

        A worker that is ended meanwhile, for a text that nobody waits for, is asked again once.
        """
        for _ in range(2):
            try:
                answers = [answer async for answer in self.worker.ask(job)]
            except WorkerGone:
                continue
            return answers[-1]
        return jobs.Failed("the analysis ended before its time; CONVLINT_DEBUG=1 and the server's log may tell why")

    # --- the work ----------------------------------------------------------------------------

    def _go_on(self) -> None:
        self._wake.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work())
        self._give_up_stale()

    def _give_up_stale(self) -> None:
        """End a check that takes long and whose text is no longer the latest."""
        if self._running is None:
            return
        known, version, since = self._running
        if known.version == version and not known.closed:
            return
        left = since + PATIENCE - time.monotonic()
        if left <= 0:
            self.worker.stop()
        else:
            asyncio.get_running_loop().call_later(left + 0.01, self._give_up_stale)

    async def _work(self) -> None:
        while True:
            waiting = [known for known in self.documents.values() if known.read < known.version]
            if not waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            # What was changed last is what the user looks at.
            known = max(waiting, key=lambda one: one.due)
            pause = known.due - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
                continue
            await self._check(known)

    async def _check(self, known: Known) -> None:
        program, version = known.program, known.version
        if not mentions_keras(program.text.encode("utf-8", "replace")):
            self._take(known, version, program, jobs.Checked())
            self._take(known, version, program, jobs.Read())
            return
        self._running = (known, version, time.monotonic())
        try:
            async for answer in self.worker.ask(jobs.Check(known.subject)):
                self._take(known, version, program, answer)
        except WorkerGone:
            if known.version == version and not known.closed:
                # Not ended by us: the text was too much for it. It is not tried again until it changes.
                self._take(known, version, program, jobs.Failed("the analysis of this file ended before its time"))
        finally:
            self._running = None

    def _take(self, known: Known, version: int, program: Program, answer: Answer) -> None:
        if isinstance(answer, jobs.Failed):
            if answer.message not in self._told:
                self._told.add(answer.message)
                self._complain(answer.message)
            self._take(known, version, program, jobs.Checked())
            known.read = version
            known.tell()
            return
        if known.version == version and not known.closed and isinstance(answer, jobs.Checked):
            known.findings, known.checked = answer, version
            if answer.parsed:
                known.parsed = program, answer
            self._publish(known)
        elif isinstance(answer, jobs.Read):
            known.read = max(known.read, version)
            if answer.reading.expressions or known.findings.parsed:
                known.reading, known.read_program = answer, program
        known.tell()
