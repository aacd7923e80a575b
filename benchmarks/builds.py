"""``inspect`` against Keras' own build: ``python -m benchmarks.builds``.

Prints ratios only: time and memory of ten models of ``keras.applications``, each built in a fork of a process that
has Keras already, plainly and by the worker; the processor's time with and without the trace; and ten targets in one
run against ten runs.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from convlint.runtime import worker
from convlint.runtime.client import BuildTarget, Workshop

MODELS = ("VGG16", "ResNet50", "ResNet50V2", "MobileNet", "MobileNetV2", "DenseNet121", "InceptionV3", "Xception",
          "EfficientNetB0", "NASNetMobile")  # fmt: skip
REPEATS = 7
POPULATE_READ = 22
"""``MADV_POPULATE_READ``, Linux 5.14."""


class Cost(NamedTuple):
    """What a run cost: seconds on the wall and of the processor, bytes that the process grew by at its largest."""

    wall: float
    cpu: float
    memory: float


def largest() -> int:
    """The largest resident size of this process so far."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024


def map_libraries() -> None:
    """Have the whole of every loaded library mapped: all its pages are the imported framework, used before or not."""
    system = ctypes.CDLL(None)
    system.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        addresses, rights, *rest = line.split(None, 5)
        if rights.startswith("r") and rest[-1].startswith("/"):
            start, end = (int(word, 16) for word in addresses.split("-"))
            system.madvise(start, end - start, POPULATE_READ)


def in_fork(run: Callable[[], object]) -> Cost:
    """Run in a child of this process."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        map_libraries()
        Path("/proc/self/clear_refs").write_text("5")  # forget the parent's largest size
        before, wall, cpu = largest(), time.perf_counter(), time.process_time()
        run()
        cost = Cost(time.perf_counter() - wall, time.process_time() - cpu, max(largest() - before, 0))
        os.write(writing, json.dumps(cost).encode())
        os._exit(0)
    os.close(writing)
    os.wait()
    answer = os.read(reading, 4096)
    os.close(reading)
    return Cost(*json.loads(answer))


def best(*runs: Callable[[], object]) -> list[Cost]:
    """The best of some rounds for each, in turn: what else the machine does only adds to a cost."""
    rounds = [[in_fork(run) for run in runs] for _ in range(REPEATS)]
    return [Cost(*map(min, zip(*costs))) for costs in zip(*rounds)]


def plain(name: str) -> object:
    """Keras' own build."""
    import keras

    return getattr(keras.applications, name)(weights=None)


def program(folder: Path) -> Path:
    """A file with a builder for each model."""
    lines = [f"def {name.lower()}():\n    return keras.applications.{name}(weights=None)\n" for name in MODELS]
    file = folder / "models.py"
    file.write_text("import keras\n\n" + "\n".join(lines), encoding="utf-8")
    return file


def job(file: Path, name: str, scratch: str) -> dict[str, Any]:
    """What the client sends for one build."""
    return {
        "build": {
            "file": str(file), "folder": str(file.parent), "builder": name.lower(), "arguments": {}, "inputs": [],
            "array_inputs": False, "image_data_format": "channels_last", "scratch": scratch, "expression": "",
            "saved": False, "label": name, "trains": True, "notebook": False,
        }
    }  # fmt: skip


def by_worker(file: Path, name: str) -> None:
    """The worker's job, every event of it written out."""
    with tempfile.TemporaryDirectory() as scratch, open(os.devnull, "w", encoding="ascii") as sink:
        os.mkdir(os.path.join(scratch, "cwd"))
        os.environ["TMPDIR"] = scratch
        worker.run_job(job(file, name, scratch), lambda event: sink.write(json.dumps(event)) and None)
        os.chdir("/")


def without_trace(file: Path, name: str) -> None:
    """The same job, except that nothing of layers and calls is written down."""
    from convlint.runtime.inside.tracing import Tracer

    Tracer.call = lambda self, function, arguments, keywords, **_: function(*arguments, **keywords)
    Tracer.layer_created = lambda *_: None
    by_worker(file, name)


def mean(values: list[float]) -> float:
    """Geometric mean."""
    return statistics.geometric_mean(values)


def runs(file: Path) -> tuple[float, float]:
    """Seconds of one run over all targets, and of a run for each."""
    targets = [BuildTarget(str(file), name.lower()) for name in MODELS]
    started = time.perf_counter()
    with Workshop() as workshop:
        assert all(workshop.build(target).ok for target in targets)
    together = time.perf_counter() - started
    started = time.perf_counter()
    for target in targets:
        with Workshop() as workshop:
            assert workshop.build(target).ok
    return together, time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        file = program(Path(folder))
        together, apart = runs(file)
        os.environ.update({"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"})
        import keras

        assert keras.__version__
        gc.collect()
        gc.freeze()  # as the worker does, so that no side copies what it shares with this process
        own = {name: best(lambda name=name: plain(name))[0] for name in MODELS}
        worker.prepare()
        built = {
            name: best(lambda name=name: by_worker(file, name), lambda name=name: without_trace(file, name))
            for name in MODELS
        }
    print(f"{'model':16} {'time':>8} {'memory':>8} {'tracing':>8}")
    ratios = {
        name: (traced.wall / own[name].wall, traced.memory / own[name].memory, traced.cpu / untraced.cpu)
        for name, (traced, untraced) in built.items()
    }
    for name, (seconds, memory, tracing) in ratios.items():
        print(f"{name:16} {seconds:8.2f} {memory:8.3f} {tracing:8.2f}")
    columns = list(zip(*ratios.values()))
    print(f"{'geometric mean':16} {mean(columns[0]):8.2f} {mean(columns[1]):8.3f} {mean(columns[2]):8.2f}")
    print(f"{len(MODELS)} targets in one run take {together / apart:.2f} of the time of {len(MODELS)} runs")


if __name__ == "__main__":
    sys.exit(main())
