"""Writing under fire: whatever happens at whichever system call, the file is the old one or the new one, whole."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convlint import files

OLD, NEW = b"import keras\nold = 1\n" * 2_000, b"import keras\nnew = 2\n" * 3_000
COUNTED = ("stat", "fstat", "access", "listdir", "open", "write", "fchown", "listxattr", "chmod", "fsync", "replace",
           "close", "unlink")  # fmt: skip
"""What writing asks of the system. Reading the old content once more is not among them: it changes nothing."""


class Failing:
    """``os`` as ``convlint.files`` sees it, in which one call goes wrong.

    Args:
        number: of the call, from 1.
        fail: does the harm; it gets the function and its arguments.
    """

    def __init__(self, number: int, fail: Callable[..., Any]) -> None:
        self.number, self.fail = number, fail
        self.seen: list[str] = []

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in COUNTED:
            return real

        def call(*positional: Any, **keywords: Any) -> Any:
            self.seen.append(name)
            if len(self.seen) == self.number:
                return self.fail(real, *positional, **keywords)
            return real(*positional, **keywords)

        return call


def kill_before(real: Callable[..., Any], *positional: Any, **keywords: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_behind(real: Callable[..., Any], *positional: Any, **keywords: Any) -> None:
    real(*positional, **keywords)
    os.kill(os.getpid(), signal.SIGKILL)


def kill_within(real: Callable[..., Any], *positional: Any, **keywords: Any) -> None:
    """Half of what was to be written is."""
    if real is os.write:
        os.write(positional[0], bytes(positional[1])[: len(positional[1]) // 2])
    os.kill(os.getpid(), signal.SIGKILL)


def calls_of_a_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the counted calls of a writing that goes well."""
    file = tmp_path / "counted.py"
    file.write_bytes(OLD)
    observer = Failing(0, kill_before)
    with monkeypatch.context() as patch:
        patch.setattr(files, "os", observer)
        files.write_atomically(str(file), NEW, OLD)
    assert file.read_bytes() == NEW
    file.unlink()
    return observer.seen


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("kill", [kill_before, kill_behind, kill_within])
def test_killed_at_each_system_call(tmp_path, monkeypatch, kill):
    calls = calls_of_a_writing(tmp_path, monkeypatch)
    assert {"open", "write", "chmod", "fsync", "replace"} <= set(calls)
    outcomes = set()
    for number in range(1, len(calls) + 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        file = folder / "model.py"
        file.write_bytes(OLD)
        file.chmod(0o640)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the child does nothing but write
            child = os.fork()
        if child == 0:
            try:
                files.os = Failing(number, kill)  # type: ignore[assignment]
                files.write_atomically(str(file), NEW, OLD)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), calls[number - 1]
        content = file.read_bytes()
        outcomes.add(content)
        assert content in (OLD, NEW), calls[number - 1]
        assert stat.S_IMODE(file.stat().st_mode) == 0o640
        # The next run finds nothing in its way and leaves nothing behind.
        files.write_atomically(str(file), NEW, content)
        assert file.read_bytes() == NEW
        assert os.listdir(folder) == ["model.py"]
    assert outcomes == {OLD, NEW}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT, errno.EINTR])
def test_each_system_call_may_fail(tmp_path, monkeypatch, code):
    calls = calls_of_a_writing(tmp_path, monkeypatch)

    def fail(real: Callable[..., Any], *positional: Any, **keywords: Any) -> None:
        if real is os.write:
            os.write(positional[0], bytes(positional[1])[:100])
        if real is os.close:
            os.close(*positional)
        raise OSError(code, os.strerror(code))

    refused: list[str] = []
    for number in range(1, len(calls) + 1):
        file = tmp_path / "model.py"
        file.write_bytes(OLD)
        with monkeypatch.context() as patch:
            patch.setattr(files, "os", Failing(number, fail))
            try:
                files.write_atomically(str(file), NEW, OLD)
                expected = NEW
            except files.FileProblem as problem:
                refused.append(str(problem))
                expected = OLD
        assert file.read_bytes() == expected, calls[number - 1]
        assert os.listdir(tmp_path) == ["model.py"], calls[number - 1]
    assert len(refused) >= 5
    assert all(one.startswith(f"{file}: ") and one.endswith("stays as it was") for one in refused)


def test_an_interrupt_at_each_system_call(tmp_path, monkeypatch):
    """Control-C is no OSError."""
    calls = calls_of_a_writing(tmp_path, monkeypatch)

    def interrupt(real: Callable[..., Any], *positional: Any, **keywords: Any) -> Any:
        result = real(*positional, **keywords) if real is os.close else None
        if real is not os.close:
            raise KeyboardInterrupt
        return result

    for number, name in enumerate(calls, 1):
        if name == "close":
            continue
        file = tmp_path / "model.py"
        file.write_bytes(OLD)
        with monkeypatch.context() as patch:
            patch.setattr(files, "os", Failing(number, interrupt))
            with pytest.raises(KeyboardInterrupt):
                files.write_atomically(str(file), NEW, OLD)
        assert file.read_bytes() in (OLD, NEW)
        assert os.listdir(tmp_path) == ["model.py"], name


def test_a_disk_that_takes_no_more(tmp_path):
    """The kernel itself refuses in the middle of the file."""
    file = tmp_path / "model.py"
    file.write_bytes(OLD)
    script = (
        "import resource, sys\nfrom convlint import files\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))\n"
        "name = sys.argv[1]\nold = open(name, 'rb').read()\n"
        "try:\n    files.write_atomically(name, old + old, old)\n"
        "except files.FileProblem as problem:\n    print(problem)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout == f"{file}: it can't be written ({os.strerror(errno.EFBIG)}), and stays as it was\n"
    assert file.read_bytes() == OLD
    assert os.listdir(tmp_path) == ["model.py"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 10_000


def test_what_is_read_only_stays(tmp_path):
    file = tmp_path / "model.py"
    file.write_bytes(OLD)
    file.chmod(0o444)
    with pytest.raises(files.FileProblem, match="read-only"):
        files.write_atomically(str(file), NEW, OLD)
    file.chmod(0o644)
    if os.geteuid():  # to root no folder is read-only
        tmp_path.chmod(0o555)
        with pytest.raises(files.FileProblem, match="can't be written"):
            files.write_atomically(str(file), NEW, OLD)
        tmp_path.chmod(0o755)
    assert file.read_bytes() == OLD
    assert os.listdir(tmp_path) == ["model.py"]


def test_a_file_that_is_gone(tmp_path):
    with pytest.raises(files.FileProblem, match="can't be written"):
        files.write_atomically(str(tmp_path / "model.py"), NEW, OLD)
    assert os.listdir(tmp_path) == []


def test_two_writers_at_once(tmp_path):
    """Each of them either replaces the file or is told that somebody else did; nothing is mixed or left behind."""
    file = tmp_path / "model.py"
    texts = [bytes([letter]) * 100_000 for letter in b"abcd"]
    problems: list[str] = []

    def write(text: bytes) -> None:
        for _ in range(10):
            try:
                files.write_atomically(str(file), text, file.read_bytes())
            except files.FileProblem as problem:
                problems.append(str(problem))

    file.write_bytes(texts[0])
    writers = [threading.Thread(target=write, args=(text,)) for text in texts]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert file.read_bytes() in texts
    assert os.listdir(tmp_path) == ["model.py"]
    assert all("changed meanwhile" in problem for problem in problems)


def test_the_temporary_file_of_a_run_that_lives_is_left_alone(tmp_path):
    living, descriptor = files._new_file(str(tmp_path))
    file = tmp_path / "model.py"
    file.write_bytes(OLD)
    files.write_atomically(str(file), NEW, OLD)
    assert sorted(os.listdir(tmp_path)) == sorted([os.path.basename(living), "model.py"])
    os.close(descriptor)
    files.write_atomically(str(file), OLD, NEW)
    assert os.listdir(tmp_path) == ["model.py"]


def test_only_convlints_own_files_are_taken_away(tmp_path):
    names = [".convlint-notes.tmp", ".convlint-0123456789abcdef.tmp.py", "x.tmp"]
    for name in names:
        (tmp_path / name).write_text("mine")
    (tmp_path / ".convlint-0123456789abcdef.tmp").symlink_to("x.tmp")
    file = tmp_path / "model.py"
    file.write_bytes(OLD)
    files.write_atomically(str(file), NEW, OLD)
    assert set(names) < set(os.listdir(tmp_path))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_is_kept(tmp_path):
    file = tmp_path / "model.py"
    file.write_bytes(OLD)
    os.chown(file, 1234, 5678)
    file.chmod(0o4755)
    files.write_atomically(str(file), NEW, OLD)
    status = file.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 5678, 0o4755)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="extended attributes of Linux")
def test_extended_attributes_are_kept(tmp_path):
    file = tmp_path / "model.py"
    file.write_bytes(OLD)
    try:
        os.setxattr(file, "user.note", b"mine")
    except OSError:
        pytest.skip("the file system has no extended attributes")
    files.write_atomically(str(file), NEW, OLD)
    assert os.getxattr(file, "user.note") == b"mine"
