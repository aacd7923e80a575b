"""What the operating system tells of running processes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parents[1])
"""The folder of convlint itself: no line in it is the user's, wherever the user's files lie."""
HAS_PROC = Path("/proc/self/statm").exists()


def legacy_keras(environment: Mapping[str, str]) -> bool:
    """Whether ``tf.keras`` shall be ``tf_keras``. Source: ``tensorflow/python/util/lazy_loader.py``."""
    return environment.get("TF_USE_LEGACY_KERAS") in ("1", "true", "True")


def resident_bytes(pid: int) -> int:
    """Resident size of a process in bytes; 0 where it is gone or can't be told.

    Read from ``/proc``, elsewhere asked from ``ps``.
    """
    if HAS_PROC:
        try:
            with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
                return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError, IndexError):
            return 0
    try:
        answer = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return int(answer.stdout) * 1024
    except (OSError, ValueError):
        return 0


def family(pid: int, most: int = 200) -> list[int]:
    """A process and its descendants; the process alone where there is no ``/proc``."""
    found: list[int] = []
    waiting = [pid]
    while waiting and len(found) < most:
        process = waiting.pop()
        found.append(process)
        with contextlib.suppress(OSError, ValueError):
            for task in os.listdir(f"/proc/{process}/task"):
                with open(f"/proc/{process}/task/{task}/children", encoding="ascii") as children:
                    waiting.extend(int(child) for child in children.read().split())
    return found


class MemoryGuard:
    """Kills a process that grows by more than ``limit`` bytes while the block runs."""

    def __init__(self, process: subprocess.Popen[bytes], limit: int, interval: float = 0.25) -> None:
        self.process = process
        self.limit = limit
        self.interval = interval
        self.fired = False
        self._baseline = resident_bytes(process.pid)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> MemoryGuard:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(self.interval):
            if resident_bytes(self.process.pid) > self._baseline + self.limit:
                self.fired = True
                self.process.kill()
                return
