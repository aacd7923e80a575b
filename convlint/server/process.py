"""The worker as the server sees it: a process that is started when it is needed and ended when nobody waits for it."""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from convlint.server.jobs import Answer, Job

_HEAD_SIZE = 4


class WorkerGone(Exception):
    """The worker ended before it had answered: it was stopped, or died of the text."""


class WorkerProcess:
    """One worker; jobs wait in line."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> asyncio.subprocess.Process:
        """The running process; starting it takes as long as importing libcst."""
        if self._process is None or self._process.returncode is not None:
            here = Path(__file__).parents[2]
            # It starts beside the package: in the user's folder a json.py of theirs would become convlint's own.
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "convlint.server.worker", stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, cwd=here, limit=1 << 24,
            )  # fmt: skip
        return self._process

    async def ask(self, job: Job) -> AsyncIterator[Answer]:
        """The answers to a job as they come.

        Raises:
            WorkerGone: there will be no more of them.
        """
        async with self._turn:
            process = await self.start()
            assert process.stdin is not None
            assert process.stdout is not None
            is_last = False
            try:
                data = pickle.dumps(job, pickle.HIGHEST_PROTOCOL)
                process.stdin.write(len(data).to_bytes(_HEAD_SIZE, "big") + data)
                await process.stdin.drain()
                while not is_last:
                    length = int.from_bytes(await process.stdout.readexactly(_HEAD_SIZE), "big")
                    answer, is_last = pickle.loads(await process.stdout.readexactly(length))
                    yield answer
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                raise WorkerGone from error
            except GeneratorExit:
                if not is_last:
                    # Answers that nobody reads would be taken for those to the next job.
                    self.stop()
                raise

    def stop(self) -> None:
        """End the worker, whatever it is doing; the next job starts another one."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
