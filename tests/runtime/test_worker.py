"""Hostile programs: each ends as one clear status, and the next job still works."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from convlint.problems import BuildFailed, InputRankMismatch
from convlint.runtime.client import BuildReport, BuildTarget, RuntimeUnavailable, Workshop
from convlint.runtime.explain import explain
from convlint.runtime.processes import MemoryGuard

Build = Callable[..., BuildReport]
BODY = 7
"""Line of a one-line builder's body: five lines of prelude, then ``def make():``."""


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        pytest.param("sys.exit(3)", "exited", "sys.exit(3)", id="sys.exit"),
        pytest.param("os._exit(7)", "exited", "status 7", id="os._exit"),
        pytest.param("os._exit(0)", "exited", "status 0", id="os._exit as if all went well"),
        pytest.param("os.abort()", "crashed", "SIGABRT", id="abort"),
        pytest.param("import ctypes; ctypes.string_at(0)", "crashed", "SIGSEGV", id="segmentation fault"),
        pytest.param("os.kill(os.getpid(), 9)", "crashed", "SIGKILL", id="kills itself"),
        pytest.param("os.killpg(0, 9)", "crashed", "SIGKILL", id="kills its group"),
        pytest.param("return [bytearray(10**7) for _ in range(10**6)]", "out-of-memory", "memory", id="memory bomb"),
        pytest.param("return tf.ones((60_000, 60_000))", "out-of-memory", "memory", id="memory bomb in TensorFlow"),
        pytest.param("return (lambda f: f(f))(lambda f: f(f))", "raised", "RecursionError", id="endless recursion"),
        pytest.param("raise KeyboardInterrupt", "raised", "KeyboardInterrupt", id="interrupts itself"),
        pytest.param("raise type('E', (Exception,), {'__str__': lambda s: 1 / 0})", "raised", "E", id="bad exception"),
        pytest.param("return input('name? ')", "raised", "EOFError", id="reads from the terminal"),
        pytest.param("return 1 / 0", "raised", "ZeroDivisionError: division by zero", id="its own error"),
    ],
)
def test_the_end_is_named_with_its_line(build: Build, body: str, status: str, part: str) -> None:
    report = build(f"def make():\n    {body}\n", memory_limit=400 << 20, time_limit=30)
    assert (report.status, part in report.message) == (status, True), report.message
    (one,) = explain(report)
    assert isinstance(one.problem, BuildFailed)
    assert one.source == "build"
    # A process that vanishes without a signal or by SIGKILL leaves no trace of where it was.
    line = 6 if "os._exit" in body or "SIGKILL" in part else BODY
    assert (one.location.line, one.location.column) == (line, 1 if line == 6 else 5)


def test_an_endless_loop_is_stopped_and_located(build: Build) -> None:
    started = time.monotonic()
    report = build("def make():\n    n = 0\n    while True:\n        n += 1\n", time_limit=4)
    assert time.monotonic() - started < 20
    assert (report.status, report.message) == ("timeout", "still running after 4 s, and stopped")
    assert [frame.line for frame in report.stack][-1] in (8, 9)


def test_a_loop_that_ignores_signals_is_stopped(build: Build) -> None:
    report = build(
        """
        import signal
        def make():
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGUSR1):
                signal.signal(number, signal.SIG_IGN)
            while True:
                try:
                    while True: pass
                except BaseException:
                    pass
        """,
        time_limit=1,
    )
    assert report.status == "timeout"


def test_killing_the_worker_costs_only_the_own_job(
    build: Build, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(folders))
    report = build("def make():\n    os.killpg(os.getpgid(os.getppid()), 9)\n    import time; time.sleep(60)\n")
    assert report.status == "crashed"
    assert "from outside" in report.message
    assert list(folders.iterdir()) == []
    assert build("def make():\n    return keras.Sequential([keras.Input((3,)), layers.Dense(2)])\n").params == 8


def test_processes_and_threads_left_behind_end_with_the_job(build: Build, tmp_path: Path) -> None:
    report = build(
        f"""
        import threading, time
        def make():
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
                    time.sleep(60)
                os._exit(0)
            threading.Thread(target=time.sleep, args=(60,)).start()
            while not os.path.exists({str(tmp_path / "pid")!r}) or not open({str(tmp_path / "pid")!r}).read():
                time.sleep(0.01)
            return keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        """
    )
    assert report.status == "built"
    if sys.platform == "linux":
        pid = int((tmp_path / "pid").read_text())
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_what_a_program_prints_is_kept_apart_and_bounded(build: Build) -> None:
    report = build(
        """
        def make():
            print("first")
            os.write(1, b"x" * 5_000_000)
            print("{\\"finished\\": 1}")
            print("last", file=sys.stderr)
            return keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        """
    )
    assert report.status == "built"
    assert report.stdout.startswith("first\n")
    assert report.stdout.endswith('{"finished": 1}\n')
    assert len(report.stdout) < 300_000
    assert report.stderr.endswith("last\n")


def test_garbage_on_the_workers_own_pipe_is_no_report(build: Build) -> None:
    report = build(
        """
        def make():
            for descriptor in range(3, 256):
                try:
                    os.write(descriptor, b'{"status": "built"\\n\\xff[1]\\n')
                except OSError:
                    pass
            return keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        """
    )
    assert (report.status, "pipe" in report.message) == ("garbled", True)


def test_closing_all_descriptors_is_no_report(build: Build) -> None:
    report = build("def make():\n    os.closerange(3, 4096)\n    return keras.Sequential()\n")
    assert (report.status, "pipe" in report.message) == ("garbled", True)


def test_files_are_read_where_the_program_lives_and_written_elsewhere(build: Build, tmp_path: Path) -> None:
    (tmp_path / "units.txt").write_text("5")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "old.txt").write_text("old")
    report = build(
        """
        def make():
            units = int(open("units.txt").read())
            open("units.txt", "w").write("gone")
            open("data/old.txt", "a").write("er")
            os.remove("data/old.txt")
            open("new.txt", "w").write("new")
            return keras.Sequential([keras.Input((3,)), layers.Dense(units)])
        """
    )
    assert (report.status, report.params) == ("built", 20)
    assert (tmp_path / "units.txt").read_text() == "5"
    assert (tmp_path / "data" / "old.txt").read_text() == "old"
    assert not (tmp_path / "new.txt").exists()


def test_an_abort_inside_tensorflow_is_a_finding_on_the_users_line(build: Build) -> None:
    """With oneDNN an image without a batch ends the whole process, without an exception."""
    report = build(
        """
        def make():
            image = np.ones((28, 28, 1), "float32")
            doubled = image * 2
            return tf.nn.conv2d(doubled, np.ones((3, 3, 1, 8), "float32"), 1, "SAME")
        """
    )
    assert report.status in ("crashed", "raised")
    (one,) = explain(report)
    assert isinstance(one.problem, InputRankMismatch)
    assert (one.location.line, one.problem.expected_rank) == (9, "4")


def test_hundreds_of_processes_end_with_the_job(build: Build) -> None:
    report = build(
        """
        import time
        def make():
            for _ in range(200):
                if os.fork() == 0:
                    time.sleep(100)
            return keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        """
    )
    assert report.status == "built"
    end = time.monotonic() + 60
    while _below_the_worker() and time.monotonic() < end:
        # On a busy machine killed processes take their time; the worker looks after them behind each job.
        assert build("def make():\n    return keras.Sequential([keras.Input((3,)), layers.Dense(2)])\n").ok
    assert not _below_the_worker()


def _below_the_worker() -> list[str]:
    """Processes that children of this process have; none where there is no ``/proc``."""
    if sys.platform != "linux":
        return []
    own = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [word for child in own for word in Path(f"/proc/{child}/task/{child}/children").read_text().split()]


def test_a_program_may_remove_its_own_folder(build: Build, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "precious.txt").write_text("here")
    report = build(
        """
        import shutil
        def make():
            shutil.rmtree("data", ignore_errors=True)
            shutil.rmtree(os.getcwd())
            return keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        """
    )
    assert report.status == "built", report.message
    assert (tmp_path / "data" / "precious.txt").read_text() == "here"
    assert (tmp_path / "model.py").exists()


def test_temporary_files_go_with_the_job(build: Build, tmp_path: Path) -> None:
    report = build(
        f"""
        import tempfile
        def make():
            names = [tempfile.mkdtemp(), tempfile.mkstemp()[1], tempfile.NamedTemporaryFile(delete=False).name]
            open({str(tmp_path / "names")!r}, "w").write("\\n".join(names))
            return keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        """
    )
    assert report.status == "built"
    names = (tmp_path / "names").read_text().splitlines()
    assert len(names) == 3
    assert not any(map(os.path.exists, names))


def test_no_gpu_is_touched(build: Build) -> None:
    """Whatever the surroundings of convlint say: the worker hides all of them before TensorFlow is imported."""
    report = build(
        """
        def make():
            assert os.environ["CUDA_VISIBLE_DEVICES"] == "-1"
            assert tf.config.list_physical_devices("GPU") == []
            return keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        """
    )
    assert (report.status, report.message) == ("built", "")


def test_a_warm_worker_answers_fast(build: Build) -> None:
    """Importing Keras takes seconds and is paid once; a fork of the worker has it already."""
    source = "def make():\n    return keras.Sequential([keras.Input((3,)), layers.Dense(2)])\n"
    build(source)
    assert build(source).seconds < 1.0


def test_targets_are_built_side_by_side_by_forks_of_one_worker(program: Callable[..., str]) -> None:
    """Two programs that wait for each other both end, though a third one kills the server that runs it."""
    file = program(
        """
        import time
        def meet(mine, other):
            open(mine, "w").close()
            while not os.path.exists(other):
                time.sleep(0.01)
            return keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        def kill():
            os.kill(os.getppid(), 9)
            time.sleep(60)
        """
    )
    folder = Path(file).parent

    def meet(mine: str, other: str) -> BuildTarget:
        return BuildTarget(file, "meet", {"mine": str(folder / mine), "other": str(folder / other)}, time_limit=40)

    with Workshop(jobs=3) as workshop, ThreadPoolExecutor(3) as pool:
        targets = [meet("a", "b"), meet("b", "a"), BuildTarget(file, "kill")]
        assert [report.status for report in pool.map(workshop.build, targets)] == ["built", "built", "crashed"]
        targets = [meet("c", "d"), meet("d", "c")]
        assert [report.status for report in pool.map(workshop.build, targets)] == ["built", "built"]


def test_without_fork_a_fresh_process_does_the_same(
    program: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = program(
        """
        def make():
            print("hello")
            return keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        def hang():
            while True: pass
        def eat():
            return [bytearray(10**7) for _ in range(10**6)]
        """
    )
    # Modules in the working folder must not be taken for the worker's own.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keras.py").write_text("raise SystemExit(1)")
    with Workshop(fork=False) as workshop:
        report = workshop.build(BuildTarget(file, "make"))
        assert (report.status, report.params, report.stdout) == ("built", 8, "hello\n")
        hungry = workshop.build(BuildTarget(file, "eat", memory_limit=300 << 20))
        assert hungry.status == "out-of-memory"
        hanging = workshop.build(BuildTarget(file, "hang", time_limit=1.5))
        assert (hanging.status, [frame.line for frame in hanging.stack]) == ("timeout", [10])


def test_without_keras_there_is_one_clear_error(program: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with Workshop() as workshop, pytest.raises(RuntimeUnavailable) as caught:
        workshop.build(BuildTarget(program(""), "make"))
    assert str(caught.value) == "keras is not installed here; install convlint[runtime]"


def test_the_parent_imports_neither_keras_nor_tensorflow() -> None:
    code = (
        "import sys, convlint.runtime.client, convlint.runtime.explain\n"
        "print(sorted({'keras', 'tensorflow', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_process_that_grows_is_killed() -> None:
    """Where no limit of the system's works, the parent watches the resident size."""
    code = "import time; time.sleep(0.5); x = bytearray(200 << 20); time.sleep(30)"
    process = subprocess.Popen([sys.executable, "-c", code])
    with MemoryGuard(process, 100 << 20, interval=0.02) as guard:
        process.wait(timeout=10)
    assert (guard.fired, process.returncode) == (True, -9)
