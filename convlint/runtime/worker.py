"""The worker process: ``python -m convlint.runtime.worker``.

Imports Keras once and forks a child for each job. It talks to :mod:`convlint.runtime.client` in JSON
lines over the pipes that it was started with as standard input and output; both are moved away
before anything else runs, so what a program prints never gets between the lines.

::

    client -> worker   {"build": {...}}  or  {"script": {...}}  or  {"compare": {...}}
    worker -> client   {"ready": {"keras": "3.15.1", ...}}  once, or  {"unavailable": "..."}
    worker -> client   {"started": pid}, then {"finished": {...}}  for each job

With ``--once`` (platforms without ``os.fork``) the process runs a single job by itself, and the
client is the one that enforces the limits.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import json
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from convlint.runtime.processes import HAS_PROC, family, resident_bytes

Event = dict[str, Any]

KEEP_OUTPUT = 64 * 1024
"""Bytes of a program's output that are kept at each end."""
MAX_EVENTS = 64 * 1024 * 1024
"""Bytes of events after which the rest is dropped."""
DUMP_SIGNAL = getattr(signal, "SIGUSR1", None)
DUMP_TIME = 2.0
"""Seconds that a program over its time gets to say where it is; most need a few milliseconds."""
ONCE_DUMP_TIME = 0.3
"""The same where the process itself says it before its time is over."""
REAP_TIME = 5.0
"""Seconds that killed processes get to be gone."""
MEMORY_EXIT = 86
"""Exit status of a child that ran out of memory and could still say so."""
PIPE_EXIT = 87
"""Exit status of a child whose program closed the pipe for events."""


class Unavailable(Exception):
    """Keras or its backend can't be imported."""


class Tail:
    """A stream's beginning and end."""

    def __init__(self, keep: int = KEEP_OUTPUT) -> None:
        self.keep = keep
        self.head = b""
        self.tail = b""
        self.dropped = 0

    def feed(self, data: bytes) -> None:
        """Take in more of the stream."""
        room = self.keep - len(self.head)
        self.head += data[:room]
        self.tail += data[room:] if room > 0 else data
        if len(self.tail) > 2 * self.keep:
            self.dropped += len(self.tail) - self.keep
            self.tail = self.tail[-self.keep :]

    def text(self) -> str:
        """What was kept."""
        middle = f"\n... {self.dropped} bytes left out ...\n".encode() if self.dropped else b""
        return (self.head + middle + self.tail).decode("utf-8", "replace")


# --- inside the child ---------------------------------------------------------------------------


def prepare() -> Event:
    """Import Keras and everything a job needs, and put the watch in place. Raises :class:`Unavailable`."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["MPLBACKEND"] = "Agg"
    try:
        import tensorflow

        from convlint.runtime.inside import building, comparing, dry_run, lazy_weights, tracing  # noqa: F401
        from convlint.runtime.inside.framework import keras
    except ImportError as error:
        raise Unavailable(str(error)) from error
    lazy = lazy_weights.install()
    tracing.install()
    dry_run.install()
    # Collecting garbage writes to every object, and a fork would copy the memory of all that was imported.
    gc.collect()
    gc.freeze()
    return {"keras": keras.__version__, "tensorflow": tensorflow.__version__, "lazy_weights": lazy}


def run_job(job: Event, emit: Callable[[Event], None]) -> None:
    """Run one job in this process; the last event is its outcome."""
    from convlint.runtime.inside import building, comparing, dry_run, loading, tracing
    from convlint.runtime.inside.framework import keras

    ((kind, request),) = job.items()
    keras.config.set_image_data_format(request["image_data_format"])
    file = Path(request["file"])
    tracer = tracing.Tracer(str(loading.package_root(file)), emit)
    folder = loading.ShadowFolder(Path(request["folder"]), Path(os.environ["TMPDIR"]) / "cwd")
    run = {"build": building.build, "script": building.run_script, "compare": comparing.compare}[kind]
    if request["notebook"]:
        dry_run.be_a_notebook()
    folder.enter()
    tracing.active = tracer
    try:
        outcome = run(request, tracer)
    except dry_run.Skipped as skipped:
        outcome = {"status": "skipped", "message": str(skipped)}
    except SystemExit as error:
        outcome = {"status": "exited", "message": f"the program called sys.exit({error.code!r})"}
        outcome |= {"frames": building.describe_failure(error, tracer)["frames"]}
    except KeyboardInterrupt as error:
        outcome = building.describe_failure(error, tracer)
    except MemoryError as error:
        outcome = building.describe_failure(error, tracer) | {"status": "out-of-memory"}
    except BaseException as error:
        outcome = building.describe_failure(error, tracer)
        if outcome["exception"] == "ResourceExhaustedError":
            outcome["status"] = "out-of-memory"
    tracing.active = None
    outcome |= {"replaced": dry_run.replaced(), "dry_run": dry_run.has_trained(), "done": True}
    emit(outcome)


def limit_memory(limit: int) -> None:
    """Let this process allocate ``limit`` bytes more than it has now.

    RLIMIT_AS counts TensorFlow's reserved mappings and kills every build; RLIMIT_DATA counts
    what is private and writable.
    """
    try:
        import resource

        with open("/proc/self/status", encoding="ascii") as status:
            data = next(int(line.split()[1]) for line in status if line.startswith("VmData:")) * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (data + limit, data + limit))
    except (ImportError, OSError, StopIteration, ValueError):
        return  # The worker watches the resident size as well.


def child_main(job: Event, fds: dict[str, int], folder: str) -> None:
    """The forked child: never returns."""
    code = 0
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(fds["stdout"], 1)
        os.dup2(fds["stderr"], 2)
        keep = {0, 1, 2, fds["events"], fds["dump"]}
        _close_all_but(keep)
        faulthandler.enable(fds["dump"], all_threads=True)
        if DUMP_SIGNAL is not None:
            faulthandler.register(DUMP_SIGNAL, fds["dump"], all_threads=True)
        os.environ["TMPDIR"] = folder
        tempfile.tempdir = folder
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False, buffering=1)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="replace", closefd=False, buffering=1)  # noqa: SIM115
        sys.argv = [next(iter(job.values()))["file"]]
        limit_memory(int(next(iter(job.values()))["memory_limit"]))
        broken: list[OSError] = []

        def emit(event: Event) -> None:
            try:
                _write(fds["events"], event)
            except OSError as error:
                broken.append(error)

        run_job(job, emit)
        code = PIPE_EXIT if broken else 0
    except MemoryError:
        code = MEMORY_EXIT
    except BaseException as error:
        with contextlib.suppress(BaseException):
            import traceback

            report = "".join(traceback.format_exception(error))
            _write(fds["events"], {"status": "internal", "message": report, "done": True})
        code = 1
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _close_all_but(keep: set[int]) -> None:
    lower = 0
    for descriptor in [*sorted(keep), 256]:
        if lower < descriptor:  # An empty range closes everything (CPython 3.11).
            os.closerange(lower, descriptor)
        lower = descriptor + 1


_as_json = json.JSONEncoder(check_circular=False).encode


def _write(descriptor: int, event: Event) -> None:
    data = (_as_json(event) + "\n").encode()
    while data:
        data = data[os.write(descriptor, data) :]


# --- the server ---------------------------------------------------------------------------------


class Server:
    """Reads jobs, forks, enforces the limits, reports."""

    def __init__(self, commands: int, answers: int) -> None:
        self.commands = commands
        self.answers = answers
        self.buffer = b""

    def serve(self) -> None:
        """Run until the client closes its end."""
        while True:
            line = self._next_line()
            if line is None:
                return
            job = json.loads(line)
            try:
                finished = self._run(job, next(iter(job.values()))["scratch"])
            finally:
                _reap_strays()
            _write(self.answers, {"finished": finished})

    def _next_line(self) -> bytes | None:
        while b"\n" not in self.buffer:
            data = os.read(self.commands, 65536)
            if not data:
                return None
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line

    def _run(self, job: Event, folder: str) -> Event:
        request = next(iter(job.values()))
        pipes = {name: os.pipe() for name in ("stdout", "stderr", "events", "dump")}
        started = time.monotonic()
        baseline = resident_bytes(os.getpid())
        pid = os.fork()
        if pid == 0:
            child_main(job, {name: pipe[1] for name, pipe in pipes.items()}, folder)
        for _, writing in pipes.values():
            os.close(writing)
        _write(self.answers, {"started": pid})
        watched = _Watch(pid, {name: reading for name, (reading, _) in pipes.items()}, baseline)
        try:
            ended_by = watched.run(started + request["time_limit"], int(request["memory_limit"]), self.commands)
        finally:
            watched.close()
        if ended_by == "abandoned":
            sys.exit(0)
        return {
            "ended_by": ended_by,
            "exit": os.waitstatus_to_exitcode(watched.status or 0),
            "seconds": time.monotonic() - started,
            **{name: stream.text() for name, stream in watched.streams.items()},
        }


class _Watch:
    """One running child: drains its pipes, ends it when it goes over a limit."""

    def __init__(self, pid: int, pipes: dict[str, int], baseline: int) -> None:
        self.pid = pid
        self.names = {descriptor: name for name, descriptor in pipes.items()}
        self.streams = {name: Tail(MAX_EVENTS if name == "events" else KEEP_OUTPUT) for name in pipes}
        self.baseline = baseline
        self.status: int | None = None

    def run(self, deadline: float, memory_limit: int, commands: int) -> str:
        """Wait for the end; says what it was: itself, time, memory, or an abandoned client."""
        next_look = 0.0
        while self.status is None:
            now = time.monotonic()
            if now >= deadline:
                self._ask_where_it_is()
                self._kill()
                return "time"
            if now >= next_look:
                next_look = now + (0.1 if HAS_PROC else 1.0)
                if self._grown() > memory_limit * 1.25 + (256 << 20):
                    self._ask_where_it_is()
                    self._kill()
                    return "memory"
            if self._drain(0.02, commands):
                self._kill()
                return "abandoned"
            self._poll()
        self._kill()
        return "itself"

    def _drain(self, timeout: float, commands: int | None = None) -> bool:
        """Read what is there. True when the client went away."""
        waiting = [*self.names, *([] if commands is None else [commands])]
        if not waiting:
            time.sleep(timeout)
            return False
        ready, _, _ = select.select(waiting, [], [], timeout)
        for descriptor in ready:
            if descriptor == commands:
                # The client sends nothing while a job runs, so this is its end of file.
                return True
            data = os.read(descriptor, 1 << 18)
            if data:
                self.streams[self.names[descriptor]].feed(data)
            else:
                os.close(descriptor)
                del self.names[descriptor]
        return False

    def _poll(self) -> None:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.status = status

    def _ask_where_it_is(self) -> None:
        if DUMP_SIGNAL is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, DUMP_SIGNAL)
        end = time.monotonic() + DUMP_TIME
        said = self.streams["dump"]
        while time.monotonic() < end and self.status is None:
            before = len(said.head)
            self._drain(0.05)
            if 0 < len(said.head) == before:
                return
            self._poll()

    def _kill(self) -> None:
        """End the child and its whole group, and read what it left in the pipes."""
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(self.pid, signal.SIGKILL)
        if self.status is None:
            _, self.status = os.waitpid(self.pid, 0)
        for _ in range(4096):
            before = len(self.names), sum(len(stream.head) + len(stream.tail) for stream in self.streams.values())
            self._drain(0.0)
            if before == (len(self.names), sum(len(s.head) + len(s.tail) for s in self.streams.values())):
                break

    def _grown(self) -> int:
        return sum(max(0, resident_bytes(pid) - self.baseline) for pid in family(self.pid))

    def close(self) -> None:
        """Close what is still open."""
        for descriptor in self.names:
            os.close(descriptor)
        self.names.clear()


def _adopt_orphans() -> None:
    """Become the parent of what a killed child leaves behind in other sessions (Linux)."""
    with contextlib.suppress(Exception):
        import ctypes

        pr_set_child_subreaper = 36
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def _reap_strays() -> None:
    """End processes that a job left behind. The worker has no other children."""
    end = time.monotonic() + REAP_TIME
    while time.monotonic() < end:
        strays = family(os.getpid())[1:]
        for stray in strays:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(stray, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not strays:
            return
        time.sleep(0.01)


# --- starting -----------------------------------------------------------------------------------


def _take_pipes() -> tuple[int, int]:
    """Move standard input and output away from where user code could reach them by accident."""
    commands, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    return commands, answers


def _run_once(commands: int, answers: int) -> None:
    with open(commands, "rb", closefd=False) as stream:
        job = json.loads(stream.readline())
    request = next(iter(job.values()))
    folder = request["scratch"]
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    # The client reads these files after the end.
    outputs: list[IO[Any]] = [open(os.path.join(folder, name), "wb") for name in ("stdout", "stderr", "dump")]  # noqa: SIM115
    os.dup2(outputs[0].fileno(), 1)
    os.dup2(outputs[1].fileno(), 2)
    faulthandler.enable(outputs[2])
    faulthandler.dump_traceback_later(max(request["time_limit"] - ONCE_DUMP_TIME, 0.1), file=outputs[2])
    sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False, buffering=1)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="replace", closefd=False, buffering=1)  # noqa: SIM115
    limit_memory(int(request["memory_limit"]))
    try:
        run_job(job, lambda event: _write(answers, event))
    finally:
        sys.stdout.flush()
        os._exit(0)


def main() -> None:
    """Entry point of the process."""
    commands, answers = _take_pipes()
    try:
        versions = prepare()
    except Unavailable as error:
        _write(answers, {"unavailable": str(error)})
        return
    _write(answers, {"ready": versions})
    if "--once" in sys.argv:
        _run_once(commands, answers)
        return
    # A terminal's Ctrl-C is for the client, which then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lanes = [
        tuple(map(int, word.removeprefix("--lane=").split(":"))) for word in sys.argv if word.startswith("--lane=")
    ]
    if lanes:
        commands, answers = _fork_lanes(lanes, commands)
    _adopt_orphans()
    Server(commands, answers).serve()


def _fork_lanes(lanes: list[tuple[int, ...]], commands: int) -> tuple[int, int]:
    """Servers side by side, which share what is imported: returns in each of them; the first process only waits.

    It has no jobs of its own: what a server finds among its children when a job has ended, it kills.
    """
    for own_commands, own_answers in lanes:
        if os.fork() == 0:
            os.setsid()
            _close_all_but({0, 1, 2, own_commands, own_answers})
            return own_commands, own_answers
    _close_all_but({0, 1, 2, commands})
    os.read(commands, 1)  # The client closes it at the end; then its other pipes are closed as well.
    os._exit(0)


if __name__ == "__main__":
    main()
