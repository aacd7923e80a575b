"""A hunt for crashes, hangs and leaks: many files, whatever they are about, and what is worst among them.

    python -m benchmarks.hunt [FOLDER...] [--all] [--sample 500] [--state OUT.jsonl]

Without folders: every Python file of the running interpreter's standard library, its tests included, and of
site-packages. One process analyses the files one after the other, repairs are proposed and proved as by ``convlint
check``; ``--all`` analyses files that don't mention Keras, too. Ends with 1 where there was

- a crash: a CL909 finding, an exception, or a process that died;
- a hang: a file that took longer than ``--limit`` seconds of processor time, or ten times that on the wall;
- a file that took more than its budget of steps (one that was cut there is fine, and counted: CL906 says so);
- memory that grows with the number of files.

With ``--state`` every answer is written down at once, and a hunt that was interrupted goes on where it was; an
answer is thrown away where the state was written by another version of ``convlint/``.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import math
import multiprocessing
import os
import resource
import signal
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from convlint import files
from convlint.analysis import Analyser
from convlint.problems import AnalysisIncomplete, InternalFault
from convlint.repair import with_fixes
from convlint.rules.registry import load
from convlint.settings import Settings

WARM = 50
"""Files after which a process has loaded what it needs; from there on its memory may not grow."""
SLACK = 20_000
"""Steps that one question to the catalog may cost beyond the budget; the next step notices."""
GROWTH = 1.5
"""How much the memory in use may grow from then on: caches fill, arenas stay mapped."""


@dataclass(frozen=True)
class Answer:
    """What became of one file.

    Attributes:
        file: where it lies.
        outcome: ``fine``, ``cut`` (at its budget of steps), ``skipped`` (not about Keras), ``unreadable``, ``crash``,
            ``hang``, ``died`` or ``budget`` (above it).
        detail: of what is not fine, one line.
        size: bytes.
        cpu: seconds of processor time.
        steps: evaluated nodes.
        memory: bytes resident behind the file, 0 where that is not known.
        findings: how many.
    """

    file: str
    outcome: str
    detail: str = ""
    size: int = 0
    cpu: float = 0.0
    steps: int = 0
    memory: int = 0
    findings: int = 0

    @property
    def is_bad(self) -> bool:
        """Whether this must not happen."""
        return self.outcome not in ("fine", "cut", "skipped", "unreadable")


def answer(analyser: Analyser, file: str, everything: bool) -> Answer:
    """Check one file in this process."""
    started = time.process_time()
    try:
        source = files.read(file)
    except files.FileProblem as problem:
        return Answer(file, "unreadable", str(problem))
    size = len(source.data)
    if not everything and not files.mentions_keras(source.data):
        return Answer(file, "skipped", size=size)
    outcome, details, steps, found = "fine", "", 0, 0
    try:
        analysis = analyser.analyse(file, source.text)
        steps = analysis.result.steps
        with_fixes(analyser, analysis, [one for one in analysis.judged if analyser.reports(one.finding)])
        found = len(analysis.judged)
        for one in analysis.result.observations:
            if isinstance(one.problem, InternalFault):
                outcome, details = "crash", one.problem.reason
            elif isinstance(one.problem, AnalysisIncomplete) and "step budget" in one.problem.reason:
                outcome = "cut"
        if steps > analyser.static.steps_for(source.text) + SLACK:
            outcome, details = "budget", f"{steps:,} steps"
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # libcst's parser panics with an exception that is no Exception
        outcome, details = "crash", f"{type(error).__name__}: {error}"
    return Answer(file, outcome, details[:500], size, time.process_time() - started, steps, _resident(), found)


def _resident() -> int:
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    except (OSError, ValueError):
        return 0


def _work(pipe: Connection, limit: float, everything: bool) -> None:
    analyser = Analyser(Settings(), load())
    pipe.send("ready")
    done = 0
    while (file := pipe.recv()) is not None:
        # Cycles of one file would otherwise be counted as the memory of another.
        done += 1
        if done % WARM == 0:
            gc.collect()
        # A busy machine makes no file slow; the kernel ends what takes too long, in the parser's machine code as well.
        soft = math.ceil(time.process_time() + limit)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
        pipe.send(answer(analyser, file, everything))


class Hunter:
    """One process that analyses files, and another one where it had to be ended."""

    def __init__(self, limit: float, everything: bool) -> None:
        self._limit, self._everything = limit, everything
        self._context = multiprocessing.get_context("spawn")
        self._start()

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(target=_work, args=(theirs, self._limit, self._everything), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe.recv()

    def ask(self, file: str) -> Answer:
        """The answer about one file, also where there was none."""
        self._pipe.send(file)
        try:
            if self._pipe.poll(10 * self._limit):
                found = self._pipe.recv()
                assert isinstance(found, Answer)
                return found
            lost = Answer(file, "hang", f"no answer within {10 * self._limit:g} s on the wall")
        except (EOFError, OSError):
            self._process.join(5)
            if self._process.exitcode == -signal.SIGXCPU:
                lost = Answer(file, "hang", f"no answer within {self._limit:g} s of processor time")
            else:
                lost = Answer(file, "died", f"the process ended with {self._process.exitcode}")
        self.close()
        self._start()
        return lost

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def python_files(folders: Iterable[Path]) -> Iterator[str]:
    """Every Python file below some folders, in an order that does not change; no link is followed."""
    seen: set[str] = set()
    for folder in folders:
        for root, below, names in os.walk(folder):
            below.sort()
            for name in sorted(names):
                path = os.path.join(root, name)
                if name.endswith((".py", ".pyw")) and path not in seen and not os.path.islink(path):
                    seen.add(path)
                    yield path


def installed() -> list[Path]:
    """Where the standard library and everything installed lies."""
    paths = sysconfig.get_paths()
    return [Path(paths[name]) for name in ("stdlib", "purelib", "platlib")]


def sample(names: Sequence[str], number: int) -> list[str]:
    """Some of the files, the same ones on every machine that has them."""

    def draw(name: str) -> bytes:
        return hashlib.sha256("/".join(Path(name).parts[-3:]).encode()).digest()

    return sorted(sorted(names, key=draw)[:number])


def version() -> str:
    """A word for the state of the code that is hunted."""
    digest = hashlib.sha256()
    for file in sorted((Path(__file__).parents[1] / "convlint").rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def hunt(
    names: Sequence[str], limit: float, everything: bool, tell: Callable[[Answer], None] = lambda _: None
) -> list[Answer]:
    """Answers about files, in their order."""
    hunter = Hunter(limit, everything)
    answers = []
    try:
        for name in names:
            answers.append(hunter.ask(name))
            tell(answers[-1])
    finally:
        hunter.close()
    return answers


def growth(answers: Sequence[Answer]) -> float:
    """How much more memory the last files found in use than those behind the first :data:`WARM`.

    The median of a window is compared, since one large file may need much for a moment.
    """
    used = [one.memory for one in answers if one.memory]
    if len(used) < 4 * WARM:
        return 1.0
    first, last = sorted(used[WARM : 2 * WARM]), sorted(used[-WARM:])
    return last[WARM // 2] / first[WARM // 2]


def report(answers: Sequence[Answer]) -> Iterator[str]:
    """What was found, the worst first."""
    asked = [one for one in answers if one.outcome != "skipped"]
    counts = Counter(one.outcome for one in answers)
    size, cpu = sum(one.size for one in asked) / 1e6, sum(one.cpu for one in asked)
    yield f"{len(answers):,} files: " + ", ".join(f"{number:,} {name}" for name, number in counts.most_common())
    yield f"{size:,.1f} MB analysed in {cpu:,.0f} s of processor time"
    used = [one.memory / 1e6 for one in answers if one.memory]
    if used:
        warm = used[min(WARM, len(used) - 1)]
        yield f"memory: {warm:,.0f} MB when warm, {used[-1]:,.0f} MB at the end, {max(used):,.0f} MB at most"
        yield f"growth: {growth(answers):.2f} (median of the last {WARM} files by that of the first when warm)"
    for one in answers:
        if one.is_bad:
            yield f"{one.outcome}: {one.file}: {one.detail}"
    yield "slowest:"
    for one in sorted(asked, key=lambda one: one.cpu, reverse=True)[:10]:
        yield f"  {one.cpu:7.2f} s {one.steps:9,} steps {one.size / 1e3:8,.0f} kB  {one.file}"


def main() -> int:
    """Hunt. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Analyse many files and look for crashes, hangs and leaks.")
    parser.add_argument("folders", nargs="*", type=Path, help="instead of the standard library and site-packages")
    parser.add_argument("--all", action="store_true", help="also files that don't mention Keras")
    parser.add_argument("--sample", type=int, help="only so many files, always the same ones")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of processor time that one file may take")
    parser.add_argument("--state", type=Path, help="where answers are kept, so that a hunt can go on")
    options = parser.parse_args()
    names = list(python_files(options.folders or installed()))
    if options.sample:
        names = sample(names, options.sample)
    known: dict[str, Answer] = {}
    now = version()
    if options.state and options.state.exists():
        for line in options.state.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.pop("version") == now:
                known[row["file"]] = Answer(**row)
    stream = options.state.open("a", encoding="utf-8") if options.state else None

    def tell(one: Answer) -> None:
        known[one.file] = one
        if stream is not None:
            stream.write(json.dumps(asdict(one) | {"version": now}) + "\n")
            stream.flush()
        if one.is_bad:
            print(f"{one.outcome}: {one.file}: {one.detail}", file=sys.stderr, flush=True)

    fresh = hunt([name for name in names if name not in known], options.limit, options.all, tell)
    if stream is not None:
        stream.close()
    print("\n".join(report([known[name] for name in names])))
    leaks = growth(fresh) > GROWTH
    return 1 if leaks or any(known[name].is_bad for name in names) else 0


if __name__ == "__main__":
    sys.exit(main())
