"""The parent side of the runtime front end: starts the worker, sends jobs, reads reports.

Imports neither Keras nor TensorFlow.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import queue
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from convlint.runtime.discovery import Candidate, find_candidates
from convlint.runtime.graphs import with_trace
from convlint.runtime.processes import PACKAGE, MemoryGuard, legacy_keras
from convlint.runtime.reports import (
    BuildReport,
    Comparison,
    Failure,
    Frame,
    Status,
    TracedCall,
    TracedLayer,
)
from convlint.runtime.targets import (
    BuildTarget,
    InputSpec,
    TargetError,
    parse_argument,
    parse_expression,
    parse_input,
    parse_target,
)
from convlint.summary import Edge, LayerRow, ModelGraph

__all__ = [
    "BuildReport",
    "BuildTarget",
    "Candidate",
    "Comparison",
    "InputSpec",
    "RuntimeUnavailable",
    "TargetError",
    "Workshop",
    "find_candidates",
    "parse_argument",
    "parse_expression",
    "parse_input",
    "parse_target",
]

Event = dict[str, Any]

START_LIMIT = 120.0
"""Seconds that importing Keras may take."""
GRACE = 10.0
"""Seconds after a job's time limit in which the worker must answer."""
_TRACE_LINE = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+) in (?P<function>.+)$')


class RuntimeUnavailable(Exception):
    """Keras or TensorFlow is not installed where convlint runs, or can't be imported."""


class _Line:
    """The pipes to one server: the worker itself, or one of its forks that works beside the others."""

    def __init__(self, process: subprocess.Popen[bytes], commands: int, answers: int) -> None:
        self.process = process
        self.commands = commands
        self.answers = answers
        self._buffer = b""

    def send(self, job: Event) -> None:
        """Hand over a job."""
        data = (json.dumps(job) + "\n").encode()
        while data:
            data = data[os.write(self.commands, data) :]

    def read(self, deadline: float) -> Event | None:
        """The next line, None at the end of the stream, after the deadline, or when it is no JSON."""
        timer = None
        if os.name == "nt":
            timer = threading.Timer(max(deadline - time.monotonic(), 0), self.process.kill)
            timer.start()
        try:
            while b"\n" not in self._buffer:
                if os.name != "nt":
                    left = max(deadline - time.monotonic(), 0)
                    ready, _, _ = select.select([self.answers], [], [], left)
                    if not ready:
                        return None
                data = os.read(self.answers, 1 << 20)
                if not data:
                    return None
                self._buffer += data
        finally:
            if timer is not None:
                timer.cancel()
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError:
            return None
        return answer if isinstance(answer, dict) else None

    def close(self) -> None:
        """End the server behind it."""
        for descriptor in (self.commands, self.answers):
            with contextlib.suppress(OSError):
                os.close(descriptor)


class Workshop:
    """Builds targets in one warm worker process.

    A context manager; the worker starts with the first job and ends with the block. Every job
    gets an answer, whatever the program does, and the next one works. Threads may share it.

    Args:
        fork: None to fork where the platform can; False for a fresh process each time.
        jobs: how many targets are built side by side, each in a fork of the one worker.
    """

    def __init__(self, *, fork: bool | None = None, jobs: int = 1) -> None:
        # The frameworks of macOS don't survive a fork.
        can_fork = hasattr(os, "fork") and sys.platform != "darwin"
        self._fork = can_fork if fork is None else fork
        self.jobs = max(jobs, 1)
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: list[_Line] = []
        self._free: queue.LifoQueue[_Line] = queue.LifoQueue()
        self._starting = threading.Lock()
        self.versions: Mapping[str, str] = {}
        """Versions of Keras and its backend, once the worker has started."""

    def __enter__(self) -> Workshop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- jobs -------------------------------------------------------------------------------------

    def build(self, target: BuildTarget, *, trains: bool = True) -> BuildReport:
        """Build one target symbolically.

        Args:
            target: what to build.
            trains: whether a builder that trains does so; the data's shapes are only checked otherwise.

        Raises:
            RuntimeUnavailable: Keras can't be imported.
        """
        request = self._request(target) | {"trains": trains}
        report = self._report(target, self._run({"build": request}))
        if target.inputs and report.failure is not None and "KerasTensor" in report.failure.core:
            # A function over arrays, not over symbolic tensors: tf.* refuses the latter.
            retried = self._report(target, self._run({"build": request | {"array_inputs": True}}))
            return replace(retried, notes=(*retried.notes, "called on arrays: it does not take symbolic inputs"))
        return report

    def run_script(self, target: BuildTarget, *, as_main: bool = True) -> BuildReport:
        """Run a whole file in a dry run: training, saving and downloads are replaced.

        Raises:
            RuntimeUnavailable: Keras can't be imported.
        """
        request = self._request(target) | {"as_main": as_main}
        return replace(self._report(target, self._run({"script": request})), dry_run=True)

    def compare(self, first: BuildTarget, second: BuildTarget, inputs: Sequence[InputSpec] = ()) -> Comparison:
        """Run two implementations over the same values.

        Args:
            first: A; its limits and image_data_format hold for both.
            second: B.
            inputs: shapes of one sample; those that a model declares where empty.

        Raises:
            RuntimeUnavailable: Keras can't be imported.
        """
        specs = tuple(inputs) or first.inputs or second.inputs
        request = self._request(first) | {"inputs": [vars(spec) for spec in specs]}
        request |= {"a": self._request(first), "b": self._request(second)}
        finished = self._run({"compare": request})
        outcome = _outcome(finished)
        if outcome.get("status") != "compared":
            report = self._report(first, finished)
            message = f"comparing {first} with {second}: {report.message}"
            return Comparison("failed", message=message, notes=report.notes)
        failures: list[BuildReport | None] = [None, None]
        if outcome.get("failure"):
            which = "ab".index(outcome["side"])
            events = [*_events(finished)[:-1], outcome["failure"]]
            failures[which] = self._report((first, second)[which], finished, events)
        return Comparison(
            outcome["verdict"],
            _pair(outcome.get("shapes"), tuple),
            _pair(outcome.get("dtypes"), str),
            outcome.get("max_abs"),
            outcome.get("max_rel"),
            outcome.get("first_difference"),
            outcome.get("cause"),
            _pair(outcome.get("kernel_shapes"), tuple),
            tuple(outcome["position"]) if outcome.get("position") is not None else None,
            tuple(outcome["notes"]),
            outcome.get("message", ""),
            (failures[0], failures[1]),
            outcome.get("detail", ""),
        )

    def _request(self, target: BuildTarget) -> Event:
        file = Path(target.file).resolve()
        here = Path.cwd()
        return {
            "file": str(file),
            "folder": str(here if here in file.parents else file.parent),
            "builder": target.builder,
            "expression": target.expression,
            "saved": target.saved,
            "notebook": target.notebook,
            "label": target.expression or f"{file.name}:{target.builder}".rstrip(":"),
            "arguments": dict(target.arguments),
            "inputs": [vars(spec) for spec in target.inputs],
            "array_inputs": False,
            "image_data_format": target.image_data_format,
            "time_limit": target.time_limit,
            "memory_limit": target.memory_limit,
        }

    # --- the worker ---------------------------------------------------------------------------------

    def close(self) -> None:
        """End the worker. A job that is running ends with it."""
        process, self._process = self._process, None
        lines, self._lines = self._lines, []
        if process is not None:
            _end(process, lines)

    def _spawn(self, *extra: str, lanes: int = 0) -> tuple[subprocess.Popen[bytes], list[_Line]]:
        """A worker that is ready, and the lines to it; ``lanes`` of its forks have lines of their own."""
        _check_installed()
        environment = dict(os.environ)
        if environment.get("PYTHONPATH"):
            folders = environment["PYTHONPATH"].split(os.pathsep)
            environment["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, folders))
        pipes = [(*os.pipe(), *os.pipe()) for _ in range(lanes)]
        theirs = [(commands, answers) for commands, _, _, answers in pipes]
        words = [f"--lane={commands}:{answers}" for commands, answers in theirs]
        process = subprocess.Popen(
            [sys.executable, "-m", "convlint.runtime.worker", *extra, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            pass_fds=[descriptor for pair in theirs for descriptor in pair],
            # -m puts the working folder on the path: a keras.py or random.py of the user's would be imported.
            cwd=Path(__file__).resolve().parents[2],
            start_new_session=True,
        )
        for pair in theirs:
            for descriptor in pair:
                os.close(descriptor)
        assert process.stdin is not None
        assert process.stdout is not None
        main = _Line(process, os.dup(process.stdin.fileno()), os.dup(process.stdout.fileno()))
        process.stdin.close()
        process.stdout.close()
        lines = [main, *(_Line(process, commands, answers) for _, commands, answers, _ in pipes)]
        answer = main.read(time.monotonic() + START_LIMIT)
        if answer is None or "ready" not in answer:
            _end(process, lines)
            reason = (answer or {}).get("unavailable", "the worker process ended before it was ready")
            raise RuntimeUnavailable(f"Keras can't be imported ({reason}); install convlint[runtime]")
        self.versions = answer["ready"]
        return process, lines

    def _run(self, job: Event) -> Event:
        # The parent owns the job's folder: it is the only one sure to be there at the end.
        scratch = tempfile.mkdtemp(prefix="convlint-")
        try:
            os.mkdir(os.path.join(scratch, "cwd"))
            given = {kind: request | {"scratch": scratch} for kind, request in job.items()}
            return self._run_forked(given) if self._fork else self._run_fresh(given, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _take(self) -> _Line:
        """A line that no other job uses; the worker starts where there is none, or none any more."""
        while True:
            with self._starting:
                if self._process is not None and self._process.poll() is not None:
                    self.close()
                if self._process is None:
                    lanes = self.jobs if self.jobs > 1 else 0
                    self._process, self._lines = self._spawn(lanes=lanes)
                    for line in self._lines[1:] if lanes else self._lines:
                        self._free.put(line)
            with contextlib.suppress(queue.Empty):
                line = self._free.get(timeout=0.5)
                if line in self._lines:
                    return line

    def _run_forked(self, job: Event) -> Event:
        """One fork of the warm worker for one job."""
        line = self._take()
        limit = next(iter(job.values()))["time_limit"]
        child = 0
        started = time.monotonic()
        try:
            line.send(job)
            while True:
                answer = line.read(started + limit + GRACE)
                if answer is None:
                    break
                if "finished" in answer:
                    self._free.put(line)
                    return dict(answer["finished"])
                child = answer.get("started", child)
        except OSError:
            pass
        except BaseException:
            self._abandon(line, child)
            raise
        self._abandon(line, child)
        return {"ended_by": "worker", "exit": -signal.SIGKILL, "seconds": time.monotonic() - started}

    def _abandon(self, line: _Line, child: int) -> None:
        """The server behind a line is gone or does not answer: end it and the job; the last one ends the worker."""
        if child:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child, signal.SIGKILL)
        with self._starting:
            if line not in self._lines:
                return
            self._lines.remove(line)
            line.close()
            if len(self._lines) <= (1 if self.jobs > 1 else 0):
                line.process.kill()
                self.close()

    def _run_fresh(self, job: Event, scratch: str) -> Event:
        """One process for one job: where there is no fork."""
        request = next(iter(job.values()))
        process, lines = self._spawn("--once")
        (line,) = lines
        started = time.monotonic()
        ended_by, told = "time", []
        try:
            line.send(job)
            with MemoryGuard(process, int(request["memory_limit"])) as guard:
                while True:
                    answer = line.read(started + request["time_limit"])
                    if answer is None:
                        break
                    told.append(json.dumps(answer))
                    if answer.get("done"):
                        break
            if told and '"done"' in told[-1]:
                ended_by = "itself"
            elif guard.fired:
                ended_by = "memory"
            else:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=max(started + request["time_limit"] - time.monotonic(), 0.1))
                    ended_by = "itself"
            process.kill()
            process.wait()
            files = {name: Path(scratch, name) for name in ("stdout", "stderr", "dump")}
            return {
                "ended_by": ended_by,
                "exit": 0 if ended_by == "itself" and told and '"done"' in told[-1] else process.returncode,
                "seconds": time.monotonic() - started,
                "events": "\n".join(told),
                **{name: _shortened(path) for name, path in files.items()},
            }
        finally:
            _end(process, lines)

    # --- reading the answer ---------------------------------------------------------------------------

    def _report(self, target: BuildTarget, finished: Event, events: list[Event] | None = None) -> BuildReport:
        report = make_report(target, finished, _events(finished) if events is None else events)
        return replace(report, keras=2 if self.versions.get("keras", "3").startswith("2.") else 3)


def _end(process: subprocess.Popen[bytes], lines: Iterable[_Line]) -> None:
    for line in lines:
        line.close()
    try:
        process.wait(timeout=GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _check_installed() -> None:
    for package in ("tf_keras" if legacy_keras(os.environ) else "keras", "tensorflow"):
        if importlib.util.find_spec(package) is None:
            raise RuntimeUnavailable(f"{package} is not installed here; install convlint[runtime]")


def _shortened(path: Path, keep: int = 64 * 1024) -> str:
    try:
        data = path.read_bytes()
    except OSError:
        return ""
    if len(data) > 2 * keep:
        data = data[:keep] + b"\n...\n" + data[-keep:]
    return data.decode("utf-8", "replace")


def _events(finished: Event) -> list[Event]:
    """The events of a job; a line that is none makes the whole answer untrustworthy from there on."""
    events: list[Event] = []
    for line in finished.get("events", "").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            break
        if not isinstance(event, dict):
            break
        events.append(event)
    return events


def _outcome(finished: Event) -> Event:
    events = _events(finished)
    return events[-1] if events and events[-1].get("done") else {}


def _pair(values: Any, convert: Any) -> Any:
    if not values:
        return (None, None)
    return tuple(None if value is None else convert(value) for value in values)


class _Paths:
    """Paths as the user writes them."""

    def __init__(self, target: BuildTarget) -> None:
        self.real = str(Path(target.file).resolve())
        self.shown = target.file
        self.here = str(Path.cwd())

    def show(self, file: str) -> str:
        if not file:
            return ""
        real = os.path.realpath(file)
        if real == self.real:
            return self.shown
        return os.path.relpath(real, self.here) if real.startswith(self.here + os.sep) else real


def make_report(target: BuildTarget, finished: Event, events: Iterable[Event]) -> BuildReport:
    """Put the events of one job together."""
    paths = _Paths(target)
    created: list[TracedLayer] = []
    calls: dict[int, TracedCall] = {}
    outcome: Event = {}
    try:
        for event in events:
            kind = event.get("event")
            if kind == "layer":
                created.append(_traced_layer(event, paths))
            elif kind == "call":
                calls[event["number"]] = _traced_call(event, paths)
            elif kind == "return" and event["number"] in calls:
                calls[event["number"]] = replace(
                    calls[event["number"]],
                    outputs=tuple(event["outputs"]),
                    details=calls[event["number"]].details | event["details"],
                    ended=True,
                )
            elif "status" in event:
                outcome = event
    except (KeyError, TypeError, AttributeError):
        outcome = {}
    report = BuildReport(
        str(target),
        target.file,
        "garbled",
        image_data_format=target.image_data_format,
        created=tuple(created),
        calls=tuple(calls.values()),
        stdout=finished.get("stdout", ""),
        stderr=finished.get("stderr", ""),
        seconds=finished.get("seconds", 0.0),
        stack=_dumped_stack(finished.get("dump", ""), paths, Path(paths.real).parent),
    )
    if finished.get("ended_by") in ("time", "memory", "worker") or not outcome:
        return with_trace(_died(report, target, finished))
    return with_trace(_ended(report, outcome, paths))


def _traced_layer(event: Event, paths: _Paths) -> TracedLayer:
    return TracedLayer(
        event["number"],
        event["class_name"],
        tuple(event["arguments"]),
        event["keywords"],
        paths.show(event["file"]),
        event["line"],
        event["function"],
        event["image_data_format"],
        event["sequence"],
        event["direct"],
    )


def _traced_call(event: Event, paths: _Paths) -> TracedCall:
    return TracedCall(
        event["number"],
        event["parent"],
        event["layer"],
        event["name"],
        tuple(event["arguments"]),
        event["keywords"],
        paths.show(event["file"]),
        event["line"],
        event["function"],
        event["direct"],
        event["inside_call"],
        event["image_data_format"],
        tuple(event["inputs"]),
        details={"class_name": event["class_name"], "operator": event["operator"]},
    )


def _frame(event: Event, paths: _Paths) -> Frame:
    return Frame(paths.show(event["file"]), event["line"], event["function"], event.get("code", ""))


def _dumped_stack(dump: str, paths: _Paths, root: Path) -> tuple[Frame, ...]:
    """The user's lines in faulthandler's output, outermost first; the first thread that has any."""
    for thread in re.split(r"\n\n", dump):
        frames = []
        for line in thread.splitlines():
            match = _TRACE_LINE.match(line)
            if match is None or not os.path.isabs(match["file"]):
                continue
            file = os.path.realpath(match["file"])
            inside = file.startswith(str(root) + os.sep) and f"{os.sep}site-packages{os.sep}" not in file
            if inside and not file.startswith(PACKAGE + os.sep):
                frames.append(Frame(paths.show(file), int(match["line"]), match["function"]))
        if frames:
            return tuple(reversed(frames))
    return ()


def _ended(report: BuildReport, outcome: Event, paths: _Paths) -> BuildReport:
    if outcome["status"] == "internal":
        last = outcome["message"].strip().splitlines()[-1]
        return replace(report, message=f"convlint's own worker failed: {last}", stderr=outcome["message"])
    status: Status = outcome["status"]
    frames = tuple(_frame(frame, paths) for frame in outcome.get("frames", ()))
    failure = None
    message = outcome.get("message", "")
    if "exception" in outcome:
        failure = Failure(
            outcome["exception"],
            outcome["message"],
            outcome["core"],
            frames,
            outcome.get("call"),
            outcome.get("layer"),
        )
        message = f"{outcome['exception']}: {outcome['core']}"
        if status == "out-of-memory":
            message = f"the build needs more memory than it may use ({message.splitlines()[0]})"
        absent = _absent(failure)
        if absent:
            status, message = "skipped", absent
    if status == "exited":
        wanted = _USAGE.search(report.stderr)
        message += f": {wanted[1]}" if wanted is not None else ""
    notes = list(outcome.get("notes", ()))
    if outcome.get("replaced"):
        notes.append(f"replaced in this build: {', '.join(outcome['replaced'])}")
    return replace(
        report,
        status=status,
        message=message,
        model=outcome.get("model", ""),
        params=outcome.get("params"),
        layers=tuple(_row(row, paths) for row in outcome.get("layers", ())),
        graph=_graph(outcome.get("graph") or {}, paths),
        failure=failure,
        stack=frames if failure is None else report.stack,
        candidates=tuple(outcome.get("candidates", ())),
        missing=tuple(outcome.get("missing", ())),
        notes=tuple(notes),
        built=tuple(outcome.get("built", ())),
        dry_run=outcome.get("dry_run", False),
    )


def _row(row: Event, paths: _Paths) -> LayerRow:
    return LayerRow(
        row["name"],
        row["class_name"],
        tuple(tuple(shape) for shape in row["input_shapes"]),
        tuple(tuple(shape) for shape in row["output_shapes"]),
        row["params"],
        row["data_format"],
        tuple(row["kernel_shape"]) if row["kernel_shape"] is not None else None,
        paths.show(row["file"]),
        row["line"],
    )


def _graph(graph: Event, paths: _Paths) -> ModelGraph:
    edges = (Edge(source, target, tuple(shape)) for source, target, shape in graph.get("edges", ()))
    inner = tuple((name, _graph(one, paths)) for name, one in graph.get("inner", {}).items() if one is not None)
    return ModelGraph(tuple(_row(box, paths) for box in graph.get("boxes", ())), tuple(edges), inner=inner)


_USAGE = re.compile(r"^usage: [\s\S]{1,4000}?^\S{1,200}: error: (.{1,300})$", re.MULTILINE)
"""What `argparse` writes before it ends a program that is run without the words it wants."""
_NETWORK = frozenset(
    {"URLError", "HTTPError", "gaierror", "ConnectionError", "ConnectionRefusedError", "ConnectionResetError"}
)


def _absent(failure: Failure) -> str:
    """What the program needs that this machine does not have; empty where the failure is its own."""
    if failure.exception == "FileNotFoundError" and "convlint-not-downloaded" in failure.message:
        return "it needs a file that it would download first"
    if failure.call is not None or failure.layer is not None:
        return ""
    if failure.exception == "ModuleNotFoundError":
        match = re.search(r"No module named '([^']+)'", failure.core)
        module = match[1] if match is not None else ""
        if module and module.split(".")[0] not in ("keras", "tensorflow", "tf_keras"):
            return f"it imports {module}, which is not installed here"
    if failure.exception == "FileNotFoundError":
        return f"it needs a file that is not here: {failure.core}"
    if failure.exception == "ImportError" and not re.search("keras|tensorflow", failure.core):
        return f"it needs something that is not installed here: {failure.core}"
    if failure.exception in _NETWORK:
        return f"it needs the network: {failure.core}"
    return ""


def _died(report: BuildReport, target: BuildTarget, finished: Event) -> BuildReport:
    """What to say of a process that ended without an outcome."""
    ended_by, code = finished.get("ended_by"), finished.get("exit", 0)
    limit = f"{target.memory_limit / 2**30:.3g} GB"
    if ended_by == "time":
        return replace(report, status="timeout", message=f"still running after {target.time_limit:g} s, and stopped")
    if ended_by == "memory" or code == 86 or "std::bad_alloc" in report.stderr:
        return replace(
            report, status="out-of-memory", message=f"the build needs more than the {limit} of memory it may use"
        )
    if ended_by == "worker":
        return replace(report, status="crashed", message="the program ended the process that ran it from outside")
    if code < 0:
        name = _signal_name(-code)
        return replace(report, status="crashed", message=f"the process was ended by {name}")
    if code == 87 or not _all_json(finished):
        return replace(report, status="garbled", message="the program closed or wrote over convlint's own pipe")
    return replace(report, status="exited", message=f"the program ended its process with status {code}")


def _all_json(finished: Event) -> bool:
    return len(_events(finished)) == len(finished.get("events", "").splitlines())


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
