"""Several processes: the findings of one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from convlint.api import check_paths
from convlint.settings import Settings
from convlint.workers import WORTH_A_PROCESS, jobs_for, jobs_for_builds

ROOT = Path(__file__).parents[2]
BROKEN = "import keras\nx = keras.Input((28, 28, {}))\ny = keras.layers.Conv2D(8, 3, stride=2)(x)\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("wanted", "sizes", "expected"),
    [
        pytest.param(1, [10**9] * 9, 1, id="one"),
        pytest.param(3, [1, 1], 2, id="no more than files"),
        pytest.param(3, [], 1, id="nothing to do"),
        pytest.param(0, [100, 100], 1, id="too little to pay"),
        pytest.param(0, [WORTH_A_PROCESS * 50] * 50, len(os.sched_getaffinity(0)), id="as many as processors"),
    ],
)  # fmt: skip
def test_jobs(wanted, sizes, expected):
    assert jobs_for(wanted, sizes) == expected


@pytest.mark.parametrize(
    ("wanted", "count", "expected"),
    [(1, 9, 1), (3, 2, 2), (3, 0, 1), (0, 1, 1), (0, 500, len(os.sched_getaffinity(0)))],
)
def test_jobs_for_builds(wanted, count, expected):
    """A build always pays for its fork."""
    assert jobs_for_builds(wanted, count) == expected


def test_two_processes_find_what_one_finds(here):
    (here / "net.py").write_text("import keras\ndef net(x):\n    return keras.layers.Conv2D(8, 3, stride=2)(x)\n")
    for index in range(6):
        (here / f"m{index}.py").write_text(BROKEN.format(index + 1) + "from net import net\nz = net(x)\n")
    (here / "latin.py").write_bytes(b"import keras\nx = '\xff'\n")
    alone = check_paths(["."])
    told = []
    assert check_paths(["."], Settings(jobs=2), lambda *news: told.append(news)) == alone
    assert (len(alone.findings), len(told)) == (8, 8)


KILLER = """
import os, signal, sys
import convlint.checking as checking
whole = checking.Checker.check
def check(self, file, settings):
    if "deadly" in file:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(self, file, settings)
checking.Checker.check = check
"""


def test_a_worker_that_dies_costs_only_its_file(here, monkeypatch):
    """The file over which it died is told (CL909); what it had before it is checked by its successor."""
    (here / "sitecustomize.py").write_text(KILLER)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(here), str(ROOT)]))
    (here / "code").mkdir()
    for name in ("a", "b", "deadly", "e", "f", "g"):
        (here / "code" / f"{name}.py").write_text(BROKEN.format(1))
    run = check_paths(["code"], Settings(jobs=2))
    found = {one.location.file: one for one in run.findings}
    assert {Path(file).stem: one.code for file, one in found.items()} == {
        "a": "CL605", "b": "CL605", "deadly": "CL909", "e": "CL605", "f": "CL605", "g": "CL605",
    }  # fmt: skip
    assert "SIGKILL" in found[os.path.join("code", "deadly.py")].message
    assert run.unread == (os.path.join("code", "deadly.py"),)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_ends_all(here):
    slow = "import keras\nfor i in range(19000):\n    x = keras.layers.Dense(i)(keras.Input((3,)))\n" * 8
    for index in range(40):  # more than two processes check before the signal comes
        (here / f"m{index}.py").write_text(slow)
    command = [sys.executable, "-m", "convlint", "check", ".", "--jobs", "2", "--no-cache"]
    process = subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # a shell may have it ignored
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while len(_family(process.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    family = _family(process.pid)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in complaint
    deadline = time.monotonic() + 20
    while _alive(family) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _alive(family)


def _alive(family: list[int]) -> list[int]:
    return [pid for pid in family if _state(pid) not in "ZX"]


def _family(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in found.stdout.split()]


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def test_the_same_whatever_the_hash_seed_and_the_order(here):
    for index in range(3):
        (here / f"m{index}.py").write_text(BROKEN.format(index + 1))
    outputs = set()
    for seed, order in (("0", "m0.py m1.py m2.py"), ("1", "m2.py m0.py m1.py"), ("2", "m1.py m2.py m0.py")):
        command = [sys.executable, "-m", "convlint", "check", "--output-format", "json", "--no-cache", *order.split()]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        outputs.add(done.stdout)
    assert len(outputs) == 1
