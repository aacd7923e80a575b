"""How many single faults in real programs are found, and whether correct ones are left alone: Keras is the judge.

    python -m benchmarks.injection FOLDER... [--faults 12] [--seed 0] [--json OUT]

Every program (``.py`` and notebooks that call ``fit`` or build a model) is run in Keras first, in a process of its own,
with the data sets of Keras drawn at random in their true shapes and one step of training. One that runs is given
single faults (``benchmarks/faults.py``), and each of these programs is run as well:

- it raises: a fault; convlint should have something to say;
- it runs: what convlint says of severity error is a false alarm, unless the line is one that Keras never reached.

This executes the programs of the folders. Run it on code that you would run.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import random
import re
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import convlint
from benchmarks.faults import Mutant, mutants

TIME_LIMIT = 40
"""Seconds for one program."""
_PICTURES = {
    "mnist": ((28, 28), 60000, 10, False),
    "fashion_mnist": ((28, 28), 60000, 10, False),
    "cifar10": ((32, 32, 3), 50000, 10, True),
    "cifar100": ((32, 32, 3), 50000, 100, True),
}
"""Data sets of pictures: shape, pictures to learn from, classes, and whether labels stand in a column."""


@dataclass(frozen=True)
class Ran:
    """How a program ended in Keras.

    Attributes:
        error: class and message of the exception, or ``""``.
        line: the innermost line of the program in its traceback, or 0.
        reached: lines that were run.
    """

    error: str
    line: int
    reached: frozenset[int]


@dataclass(frozen=True)
class Outcome:
    """One program with one fault."""

    file: str
    kind: str
    changed: int
    error: str
    line: int
    found: tuple[tuple[int, str, str], ...]

    @property
    def verdict(self) -> str:
        """What convlint made of it."""
        if self.error:
            if not self.found:
                return "missed"
            return (
                "found"
                if any(abs(line - self.line) <= 1 or line == self.changed for line, _, _ in self.found)
                else "elsewhere"
            )
        return "false alarm" if any(severity == "error" for _, _, severity in self.found) else "silent"


# --- in the process that has Keras ------------------------------------------------------------


def _prepare() -> None:
    """Import Keras; make its data sets up, and training one step long."""
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1", MPLBACKEND="Agg", TF_USE_LEGACY_KERAS="0")
    import keras
    import numpy as np

    rng = np.random.default_rng(0)

    def pictures(shape: tuple[int, ...], train: int, test: int, classes: int, column: bool) -> Any:
        def load_data(*args: object, **kwargs: object) -> Any:
            def part(count: int) -> Any:
                labels = (np.arange(count) % classes).astype("uint8" if not column or classes <= 10 else "int64")
                return np.zeros((count, *shape), "uint8"), labels[:, None] if column else labels

            return part(train), part(test)

        return load_data

    def reviews(train: int, test: int, classes: int) -> Any:
        def load_data(path: str = "", num_words: int | None = None, maxlen: int | None = None, **kwargs: object) -> Any:
            def part(count: int) -> Any:
                texts = np.empty(count, object)
                for index, length in enumerate(rng.integers(20, 60, count)):
                    texts[index] = rng.integers(1, num_words or 30000, length).tolist()
                return texts, np.arange(count) % classes

            return part(train), part(test)

        return load_data

    def table(columns: int, train: int, test: int) -> Any:
        def load_data(*args: object, **kwargs: object) -> Any:
            return (rng.random((train, columns)), rng.random(train)), (rng.random((test, columns)), rng.random(test))

        return load_data

    sets = keras.datasets
    for name, (shape, train, classes, column) in _PICTURES.items():
        getattr(sets, name).load_data = pictures(shape, train, 10000, classes, column)
    sets.imdb.load_data = reviews(25000, 25000, 2)
    sets.reuters.load_data = reviews(8982, 2246, 46)
    for one in (sets.imdb, sets.reuters):
        one.get_word_index = lambda *a, **k: {f"word{i}": i for i in range(1, 30000)}
    sets.boston_housing.load_data = table(13, 404, 102)
    sets.california_housing.load_data = table(8, 16512, 4128)

    def shortened(method: str, **short: object) -> None:
        original = getattr(keras.Model, method)

        def run(self: Any, *args: Any, **kwargs: Any) -> Any:
            import inspect

            bound = inspect.signature(original).bind(self, *args, **kwargs)  # what Keras refuses is refused here
            for name, value in short.items():
                if name != "validation_steps" or bound.arguments.get("validation_data") is not None:
                    bound.arguments[name] = value
            bound.arguments.pop("callbacks", None)
            bound.arguments.pop("initial_epoch", None)
            return original(*bound.args, **bound.kwargs)

        setattr(keras.Model, method, run)

    shortened("fit", epochs=1, steps_per_epoch=1, validation_steps=1, verbose=0)
    shortened("evaluate", steps=1, verbose=0)
    shortened("predict", verbose=0)


def _runs(text: str, file: str, folder: str) -> Ran:
    """Run a program here; called in a child process that ends with it."""
    import linecache

    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    os.chdir(folder)
    sys.argv = [file]
    sys.path.insert(0, folder)
    reached: set[int] = set()

    def trace(frame: Any, event: str, _: object) -> Any:
        if frame.f_code.co_filename != file:
            return None
        reached.add(frame.f_lineno)
        return trace

    error, line = "", 0
    try:
        code = compile(text, file, "exec")
        sys.settrace(trace)
        exec(code, {"__name__": "__main__", "__file__": file})
    except SystemExit:
        pass
    except BaseException as raised:  # whatever the program does is its own
        sys.settrace(None)
        error = f"{type(raised).__name__}: {str(raised)[:400]}"
        frames = [entry.lineno or 0 for entry in traceback.extract_tb(raised.__traceback__) if entry.filename == file]
        told = [int(number) for number in re.findall(rf'{re.escape(file)}", line (\d+)', str(raised))]
        line = (told or frames or [0])[-1]
    finally:
        sys.settrace(None)
    return Ran(error, line, frozenset(reached))


def run_apart(text: str, file: str) -> Ran | None:
    """Run a program in a fork of this process; None where it takes too long or ends the process."""
    read, write = os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if not child:
            os.close(read)
            os.setsid()
            quiet = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(quiet, number)
            signal.alarm(TIME_LIMIT)
            ran = _runs(text, file, folder)
            with os.fdopen(write, "w") as out:
                json.dump([ran.error, ran.line, sorted(ran.reached)], out)
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as answer:
            told = answer.read()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if not told:
        return None
    error, line, reached = json.loads(told)
    return Ran(error, line, frozenset(reached))


# --- in the parent ----------------------------------------------------------------------------


def programs(folders: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Name and text of the programs below the folders."""
    for folder in folders:
        paths = sorted(folder.rglob("*")) if folder.is_dir() else [folder]
        for path in paths:
            if path.suffix not in (".py", ".ipynb") or not path.is_file():
                continue
            try:
                text = path.read_text(encoding="utf-8")
                if path.suffix == ".ipynb":
                    text = _code_of(text)
            except (OSError, ValueError, KeyError):
                continue
            if "keras" in text and re.search(r"\.fit\(|\.summary\(", text) and text.count("\n") < 500:
                yield str(path), text


def _code_of(notebook: str) -> str:
    cells = [cell for cell in json.loads(notebook)["cells"] if cell["cell_type"] == "code"]
    lines = [line for cell in cells for line in [*"".join(cell["source"]).split("\n"), ""]]
    return "\n".join("" if re.match(r"\s*[%!]", line) else line for line in lines) + "\n"


def said(text: str, file: str) -> tuple[tuple[int, str, str], ...]:
    """What convlint finds in a text: line, code, severity."""
    result = convlint.check(source=text, filename=file, isolated=True)
    return tuple((one.location.line, one.code, one.severity) for one in result if one.severity != "info")


def try_program(file: str, text: str, faults: int, seed: int) -> Iterator[Outcome]:
    """The program itself, then some of its single faults; nothing where it does not run."""
    file = file.removesuffix(".ipynb") + ".py" if file.endswith(".ipynb") else file
    ran = run_apart(text, file)
    if ran is None or ran.error:
        reason = ran.error.splitlines()[0][:120] if ran and ran.error else "took too long"
        print(f"does not run: {file}: {reason}", file=sys.stderr, flush=True)
        return
    before = said(text, file)
    yield Outcome(file, "", 0, "", 0, tuple(one for one in before if one[0] in ran.reached))
    known = Counter(code for _, code, _ in before)
    for mutant in _chosen(text, ran, faults, seed):
        now = run_apart(mutant.text, file)
        if now is None:
            continue
        fresh = said(mutant.text, file)
        fresh = tuple(one for one in fresh if one[1] not in known and (now.error or one[0] in now.reached))
        yield Outcome(file, mutant.kind, mutant.line, now.error, now.line, fresh)


def _chosen(text: str, ran: Ran, count: int, seed: int) -> list[Mutant]:
    """Some single faults on lines that run, of as many kinds as there are."""
    every = [mutant for mutant in mutants(text) if mutant.line in ran.reached]
    random.Random(f"{seed} {len(text)}").shuffle(every)
    kinds = Counter[str]()
    ranked = []
    for mutant in every:
        kinds[mutant.kind] += 1
        ranked.append((kinds[mutant.kind], mutant))
    return [mutant for _, mutant in sorted(ranked, key=lambda pair: pair[0])[:count]]


def main() -> None:
    """Run the programs, print what was missed and what was too much, and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--faults", type=int, default=12, help="single faults for each program")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write every outcome there, a line each")
    options = parser.parse_args()
    _prepare()
    counts = Counter[str]()
    kinds: dict[str, Counter[str]] = {}
    out = options.json.open("w") if options.json else None
    for file, text in programs(options.folders):
        try:
            ast.parse(text)
        except SyntaxError:
            continue
        for outcome in try_program(file, text, options.faults, options.seed):
            verdict = outcome.verdict
            if not outcome.kind:
                counts["programs that run"] += 1
            counts[verdict] += 1
            kinds.setdefault(outcome.kind.split(":")[0], Counter())[verdict] += 1
            if verdict in ("missed", "false alarm", "elsewhere"):
                told = outcome.error.splitlines()[0][:160] if outcome.error else "runs"
                print(f"{verdict}: {outcome.file}:{outcome.changed} {outcome.kind}; Keras at {outcome.line}: {told}; "
                      f"convlint: {list(outcome.found)}", flush=True)  # fmt: skip
            if out:
                out.write(json.dumps({"verdict": verdict, **asdict(outcome)}) + "\n")
                out.flush()
    print()
    for kind, verdicts in sorted(kinds.items()):
        print(f"{kind or 'unchanged':32} " + "  ".join(f"{name} {count}" for name, count in sorted(verdicts.items())))
    print(dict(counts))


if __name__ == "__main__":
    main()
