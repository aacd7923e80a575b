"""Files checked by several processes: the results are those of one, in the same order."""

from __future__ import annotations

import os
import signal
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from convlint.lazy import dataclass
from convlint.results import FileResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from convlint.settings import Settings

WORTH_A_PROCESS = 100_000
"""Bytes of programs about Keras that pay for the start of another process: half a second's work."""
AHEAD = 2
"""Files that a worker has before it, so that it never waits for the next."""

Task = tuple[int, str, "Settings"]
"""Place of the file among all, the file, its settings."""


def jobs_for(wanted: int, sizes: Sequence[int]) -> int:
    """How many processes to use.

    Args:
        wanted: what the user asked for; 0 to decide here.
        sizes: bytes of the files that need an analysis.
    """
    if wanted:
        return max(min(wanted, len(sizes)), 1)
    return max(min(_processors(), len(sizes), sum(sizes) // WORTH_A_PROCESS), 1)


def jobs_for_builds(wanted: int, count: int) -> int:
    """How many of ``count`` targets to build side by side; each takes longer than the fork that it needs.

    Args:
        wanted: what the user asked for; 0 to decide here.
        count: targets, or files with targets.
    """
    return max(min(wanted or _processors(), count), 1)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(eq=False)
class _Worker:
    """A process, our end of its pipe, and what it was given, the first being checked now."""

    process: SpawnProcess
    pipe: Connection
    given: deque[Task]


def check_all(
    tasks: Sequence[Task], jobs: int, lost: Callable[[str, Settings, str], FileResult]
) -> Iterator[tuple[int, FileResult]]:
    """Check files in ``jobs`` processes; results come as they are ready.

    Args:
        tasks: the files; big ones first keep all processes busy to the end.
        jobs: how many processes.
        lost: makes the result of a file whose worker died over it.
    """
    from multiprocessing import connection

    waiting = deque(tasks)
    workers = [_start() for _ in range(jobs)]
    try:
        for worker in workers:
            _feed(worker, waiting)
        while any(worker.given for worker in workers):
            ready = connection.wait([worker.pipe for worker in workers if worker.given])
            for index, worker in enumerate(workers):
                if worker.pipe not in ready:
                    continue
                try:
                    place, result = worker.pipe.recv()
                    worker.given.popleft()
                except (EOFError, OSError):
                    place, file, settings = worker.given.popleft()
                    worker.process.join()
                    waiting.extendleft(reversed(worker.given))
                    result = lost(file, settings, _ending(worker.process.exitcode))
                    worker = workers[index] = _start()  # noqa: PLW2901  # its successor
                _feed(worker, waiting)
                yield place, result
    finally:
        for worker in workers:
            worker.pipe.close()
            if worker.given:
                worker.process.terminate()
        for worker in workers:
            worker.process.join()


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"the process that checked it was ended by {signal.Signals(-code).name}"
    return f"the process that checked it ended with {code}"


def _start() -> _Worker:
    import multiprocessing

    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours, deque())


def _feed(worker: _Worker, waiting: deque[Task]) -> None:
    while waiting and len(worker.given) < AHEAD:
        task = waiting.popleft()
        worker.given.append(task)
        with suppress(OSError):  # it died; receiving from it will tell
            worker.pipe.send(task)


def _work(pipe: Connection) -> None:
    """What a worker does: check what it is sent until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    from convlint.checking import Checker

    checker = Checker()
    with suppress(EOFError, OSError):
        while True:
            place, file, settings = pipe.recv()
            pipe.send((place, checker.check(file, settings)))
