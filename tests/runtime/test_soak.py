"""Many builds in one run leave no process, no file and no memory behind. ``CONVLINT_SOAK=1000`` builds so many."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from convlint.runtime.client import BuildTarget, Workshop
from convlint.runtime.processes import HAS_PROC, family, resident_bytes

BUILDS = int(os.environ.get("CONVLINT_SOAK", "96"))
WARM = 10
"""Builds after which everything is loaded that will be."""
PROGRAMS = {
    "fine": "return keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(64, 3), layers.Flatten()])",
    "broken": "return layers.Conv2D(8, 9)(keras.Input((5, 5, 1)))",
    "prints": "print('x' * 300_000); return keras.Sequential([keras.Input((3,)), layers.Dense(2)])",
    "leaves a file": "open('left.bin', 'wb').write(bytes(100_000)); return keras.Sequential()",
    "leaves a process": "os.fork() or __import__('time').sleep(60); return keras.Sequential()",
    "needs memory": "x = bytearray(30_000_000); return keras.Sequential([keras.Input((len(x) % 7 + 1,))])",
    "exits": "sys.exit(1)",
    "dies": "os._exit(1)",
}  # fmt: skip


@pytest.mark.skipif(not HAS_PROC, reason="asks /proc for processes and memory")
def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras")
    project, scratch = tmp_path / "project", tmp_path / "scratch"
    project.mkdir()
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setenv("TMPDIR", str(scratch))
    names = list(PROGRAMS)
    for name, body in PROGRAMS.items():
        source = f"import os, sys\nimport keras\nfrom keras import layers\n\ndef make():\n    {body}\n"
        (project / f"{name.replace(' ', '_')}.py").write_text(source, encoding="utf-8")
    before = sorted(path.name for path in project.iterdir())
    mine: list[int] = []
    workers: list[int] = []
    with Workshop() as workshop:
        for number in range(BUILDS):
            name = names[number % len(names)]
            report = workshop.build(BuildTarget(str(project / f"{name.replace(' ', '_')}.py"), "make", time_limit=60))
            expected = {"broken": "raised", "exits": "exited", "dies": "exited"}.get(name, "built")
            assert report.status == expected, f"{name}: {report.message}"
            assert workshop._process is not None
            pid = workshop._process.pid
            assert family(pid) == [pid], f"{name} left a process"
            mine.append(resident_bytes(os.getpid()))
            workers.append(resident_bytes(pid))
        worker = workshop._process
    assert worker.poll() is not None
    assert sorted(path.name for path in project.iterdir() if path.name != "__pycache__") == before
    assert list(scratch.iterdir()) == []
    assert mine[-1] - mine[WARM] < 20e6
    assert workers[-1] - workers[WARM] < 20e6
