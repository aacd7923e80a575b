"""A sample of the crash hunt: files of the standard library and of Keras, and what the hunt itself notices."""

from __future__ import annotations

import importlib.util
import os
import sysconfig
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="the hunt limits processor time as POSIX does")

from benchmarks.hunt import GROWTH, WARM, Answer, Hunter, growth, hunt, python_files, report, sample


def test_a_sample_is_analysed_without_a_crash() -> None:
    names = sample(list(python_files([Path(sysconfig.get_paths()["stdlib"])])), 30)
    keras = importlib.util.find_spec("keras")
    if keras is not None and keras.origin is not None:
        names += sample(list(python_files([Path(keras.origin).parent])), 12)
    answers = hunt(names, limit=60, everything=True)
    assert [one for one in answers if one.is_bad] == []
    assert sum(one.outcome in ("fine", "cut") for one in answers) > 0.9 * len(names)
    assert max(one.memory for one in answers) < 1e9


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a file that never ends")
def test_a_hang_is_noticed_and_the_hunt_goes_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless.py")
    (tmp_path / "fine.py").write_text("import keras\n", encoding="utf-8")
    (tmp_path / "other.py").write_text("import os\n", encoding="utf-8")
    hunter = Hunter(limit=3, everything=False)
    try:
        outcomes = [hunter.ask(str(tmp_path / name)).outcome for name in ("endless.py", "fine.py", "other.py", "no.py")]
    finally:
        hunter.close()
    assert outcomes == ["hang", "fine", "skipped", "unreadable"]


def test_growing_memory_is_noticed() -> None:
    flat = [Answer("a.py", "fine", memory=100) for _ in range(5 * WARM)]
    growing = [Answer("a.py", "fine", memory=100 + number) for number in range(5 * WARM)]
    assert growth(flat) == 1.0
    assert growth(growing) > GROWTH


def test_what_is_worst_is_told() -> None:
    answers = [
        Answer("a.py", "fine", cpu=3, size=10),
        Answer("b.py", "crash", "KeyError: 1"),
        Answer("c.py", "skipped"),
    ]
    text = "\n".join(report(answers))
    assert text.startswith("3 files: 1 fine, 1 crash, 1 skipped")
    assert "crash: b.py: KeyError: 1" in text
    assert text.index("a.py") < text.rindex("b.py")
