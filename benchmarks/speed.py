"""What convlint costs, in ratios that another machine can repeat.

    python -m benchmarks.speed [FOLDER...] [--runs 5] [--json OUT]

Without a folder the corpus is the Python source of the installed Keras. Each figure is the median of whole processes
that run in turn with their yardstick, so that a machine whose speed drifts moves both. The yardsticks are
``python -c "import libcst"`` for what starts up, and ``libcst.parse_module`` over the files that mention Keras or
TensorFlow for what checks. Other linters are measured beside it where they are installed (extra ``benchmarks``).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

ROOT = Path(__file__).parents[1]
# Files that are no Python are no part of the yardstick; the linters skip them, too.
PARSE = (
    "import sys, libcst\n"
    "for file in open(sys.argv[1]).read().split('\\n'):\n"
    "    try:\n"
    "        libcst.parse_module(open(file, 'rb').read())\n"
    "    except Exception:\n"
    "        pass\n"
)
OTHERS = {
    "ruff": ["ruff", "check", "--no-cache", "--exit-zero", "--quiet"],
    "flake8": ["flake8", "--jobs", "1", "--exit-zero"],
    "pylint": ["pylint", "--jobs", "1", "--exit-zero", "--score", "n"],
    "fixit": ["fixit", "--quiet", "lint"],
    "torchfix": ["torchfix"],
}
"""Other linters and how each checks files in one process without a cache."""


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        name: what was measured.
        seconds: its median, CPU or wall.
        yardstick: the median of what it is held against.
        goal: the ratio that it should stay below; None for what is only shown.
        clock: ``cpu`` or ``wall``.
    """

    name: str
    seconds: float
    yardstick: float
    goal: float | None = None
    clock: str = "cpu"

    @property
    def ratio(self) -> float:
        """Cost in yardsticks."""
        return self.seconds / self.yardstick

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"{self.goal:8.2f}"
        return f"{self.name:46} {self.seconds:9.3f} s {self.clock:4} {self.ratio:8.2f} {goal}"


def measure(command: Sequence[str], folder: Path) -> dict[str, float]:
    """CPU and wall seconds of one process, those of its children included."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, started = _spent(), time.perf_counter()
    subprocess.run(
        list(command), cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return {"wall": time.perf_counter() - started, "cpu": _spent() - before}


def _spent() -> float:
    """CPU seconds of all children so far."""
    if resource is None:
        return sum(os.times()[2:4])
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)  # in microseconds, where os.times counts hundredths
    return usage.ru_utime + usage.ru_stime


def in_turn(
    first: Callable[[], dict[str, float]], second: Callable[[], dict[str, float]], runs: int, clock: str
) -> tuple[float, float]:
    """Medians of two measurements that take turns, after one of each that is thrown away."""
    first(), second()
    pairs = [(first()[clock], second()[clock]) for _ in range(runs)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def corpus(folders: Sequence[str]) -> list[Path]:
    """Python files below the folders; those of the installed Keras where none are given."""
    if not folders:
        spec = importlib.util.find_spec("keras")
        if spec is None or spec.origin is None:
            raise SystemExit("benchmarks.speed: Keras is not installed; name a folder")
        folders = [str(Path(spec.origin).parent / "src")]
    return sorted(file for folder in folders for file in Path(folder).rglob("*.py"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=int, default=10_000, help="files of the corpus that are used, spread over it")
    parser.add_argument("--only", default="", help="measure what has one of these words in its name: 'tree,ruff'")
    parser.add_argument("--json", metavar="OUT")
    options = parser.parse_args()
    files = corpus(options.folders)
    files = files[:: max(1, len(files) // options.limit)][: options.limit]
    with tempfile.TemporaryDirectory(prefix="convlint-speed-") as scratch:
        measured = _figures(files, Path(scratch), options.runs, options.only.split(","))
        figures = [figure for figure in measured if figure is not None]
    if options.json:
        rows = [asdict(figure) | {"ratio": figure.ratio} for figure in figures]
        Path(options.json).write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def _figures(files: Sequence[Path], scratch: Path, runs: int, words: Sequence[str]) -> Iterator[Figure | None]:
    python = sys.executable
    convlint = [python, "-m", "convlint"]
    check = [*convlint, "check", "--isolated", "--output-format", "concise", "--quiet"]
    tree = scratch / "tree"
    common = Path(os.path.commonpath([file.parent for file in files]))
    for file in files:
        # A copy: neither the cache nor what lies around the corpus has a say.
        copy = tree / common.name / file.relative_to(common)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    about = [
        file for file in tree.rglob("*.py") if any(word in file.read_bytes() for word in (b"keras", b"tensorflow"))
    ]
    listed = scratch / "about.txt"
    listed.write_text("\n".join(map(str, about)), encoding="utf-8")
    print(f"{len(files)} files, {len(about)} about Keras or TensorFlow, {sum(f.stat().st_size for f in about):,} bytes")
    print(f"{'':46} {'median':>11} {'':4} {'ratio':>8} {'goal':>8}")

    def figure(name, command, yardstick, goal=None, clock="cpu", before=lambda: None, repeat=runs):
        if not any(word in name for word in words):
            return None

        def run() -> dict[str, float]:
            before()
            return measure(command, tree)

        found = Figure(name, *in_turn(run, lambda: measure(yardstick, tree), repeat, clock), goal, clock)
        print(found, flush=True)
        return found

    start = [python, "-c", "import libcst"]
    parse = [python, "-c", PARSE, str(listed)]
    yield figure("--version", [*convlint, "--version"], start, 0.45)
    yield figure("--help", [*convlint, "--help"], start, 0.45)
    small = scratch / "small.py"
    layer = "x = keras.layers.Conv2D({}, 3, padding='same', activation='relu')(x)\n"
    small.write_text("import keras\n\nx = keras.Input((64, 64, 3))\n" + "".join(map(layer.format, range(1, 120))))
    yield figure("one file of 8 kB, no cache", [*check, "--no-cache", str(small)], start, 1.6)
    yield figure(
        "a tree, one process, no cache", [*check, "--no-cache", "--jobs", "1", "."], parse, 1.5, repeat=min(runs, 3)
    )
    alone = [*check, "--no-cache", "--jobs", "1", "."]
    yield figure(
        "a tree, two processes against one", [*check, "--no-cache", "--jobs", "2", "."], alone, 0.6, "wall",
        repeat=min(runs, 3),
    )  # fmt: skip
    yield figure("a tree, nothing changed", [*check, "--cache-dir", str(scratch / "cache"), "."], start, 0.65)
    changed = about[len(about) // 2]

    def touch() -> None:
        with changed.open("a", encoding="utf-8") as stream:
            stream.write("# changed\n")

    yield figure(
        "a tree, one file changed", [*check, "--cache-dir", str(scratch / "cache"), "."], start, None, before=touch
    )
    for name, command in OTHERS.items():
        if shutil.which(command[0]):
            yield figure(f"{name}, the same tree", [*command, *map(str, about)], parse, repeat=1)


if __name__ == "__main__":
    main()
