"""Where texts with errors come from: files, the standard input, notebooks, commands that are run."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, Any

from convlint.traceback.endings import SIGNALS
from convlint.traceback.reading import Log, LogReader, Raised, read_log

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_PIECE = 65_536
"""Bytes of a line that are read at once; a longer one is read in pieces."""
MAX_NOTEBOOK = 200 << 20
"""Bytes of a notebook, which is read as a whole."""
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_SHELL = 128
"""Shells add a signal's number to this for the status of a process that it ended."""


class LogProblem(Exception):  # reads as the sentence it prints
    """A text can't be read, or a command not be run; the text says which and why."""


def read(file: str | None) -> Log:
    """Read the errors of a file; None and ``-`` are the standard input.

    Raises:
        LogProblem: it can't be opened or read.
    """
    if file in (None, "-"):
        return read_log(_decoded(sys.stdin.buffer))
    try:
        with open(str(file), "rb") as stream:
            if str(file).endswith(".ipynb"):
                return read_log(_notebook_lines(stream, str(file)))
            return read_log(_decoded(stream))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise LogProblem(f"{file}: {reason}") from error


def _decoded(stream: IO[bytes]) -> Iterator[str]:
    """Lines of a text in UTF-8 or, as PowerShell writes it, UTF-16; what is neither becomes replacement characters."""
    first = stream.readline(MAX_PIECE)
    encoding = next((name for mark, name in _MARKS if first.startswith(mark)), "utf-8")
    if encoding == "utf-16":
        whole = io.TextIOWrapper(io.BufferedReader(_Joined(first, stream)), encoding=encoding, errors="replace")
        while line := whole.readline(MAX_PIECE):
            yield line
        return
    yield first.decode(encoding, "replace")
    while piece := stream.readline(MAX_PIECE):
        yield piece.decode("utf-8", "replace")


class _Joined(io.RawIOBase):
    """Bytes that were read already, then the rest of their stream."""

    def __init__(self, first: bytes, rest: IO[bytes]) -> None:
        self._first, self._rest = first, rest

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as one piece goes."""
        piece = self._first[: len(buffer)]
        self._first = self._first[len(piece) :]
        if not piece:
            piece = self._rest.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _notebook_lines(stream: IO[bytes], name: str) -> Iterator[str]:
    """What the cells of a notebook printed and raised."""
    data = stream.read(MAX_NOTEBOOK + 1)
    if len(data) > MAX_NOTEBOOK:
        raise LogProblem(f"{name}: the notebook is larger than {MAX_NOTEBOOK >> 20} MB")
    try:
        notebook = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise LogProblem(f"{name}: this is no notebook: {type(error).__name__} while its JSON was read") from error
    for output in _outputs(notebook):
        if output.get("output_type") == "error":
            trace = _text(output.get("traceback"), "\n")
            yield from (trace or f"{output.get('ename', '')}: {output.get('evalue', '')}").splitlines()
        else:
            yield from _text(output.get("text"), "").splitlines()
        yield ""


def _outputs(notebook: Any) -> Iterator[dict[str, Any]]:
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if cells is None and isinstance(notebook, dict) and isinstance(notebook.get("worksheets"), list):
        # Notebooks of format 3.
        cells = [cell for sheet in notebook["worksheets"] if isinstance(sheet, dict) for cell in sheet.get("cells", ())]
    for cell in cells if isinstance(cells, list) else ():
        outputs = cell.get("outputs") if isinstance(cell, dict) else None
        yield from (one for one in (outputs if isinstance(outputs, list) else ()) if isinstance(one, dict))


def _text(value: Any, joint: str) -> str:
    if isinstance(value, list):
        return joint.join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def run(command: Sequence[str], *, quiet: bool = False) -> tuple[int, Log]:
    """Run a command with its output passed through, and read its errors.

    Args:
        command: program and arguments; no shell looks at them.
        quiet: send the command's own output to the standard error instead, because the standard
            output holds convlint's answer.

    Returns:
        The command's status (negative for a signal), and what its output held. A signal that ended it
        is the last error.

    Raises:
        LogProblem: it can't be started.
    """
    if not command:
        raise LogProblem("no command behind --")
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise LogProblem(f"{command[0]}: {reason}") from error
    assert process.stdout is not None and process.stderr is not None
    readers = (LogReader(), LogReader())
    targets = (sys.stderr if quiet else sys.stdout, sys.stderr)
    threads = [
        threading.Thread(target=_pass_on, args=(stream, target, reader), daemon=True)
        for stream, target, reader in zip((process.stdout, process.stderr), targets, readers)
    ]
    for thread in threads:
        thread.start()
    status = _wait(process)
    for thread in threads:
        # A grandchild may keep the pipes open for ever; what the command itself wrote is here long before.
        thread.join(timeout=5)
    logs = [reader.finish() for reader in readers]
    errors = tuple(error for log in logs for error in log.errors)
    lines = sum(log.lines for log in logs)
    ending = _ending(status)
    if ending is not None and not any(error.exception == ending for error in errors):
        errors = (*errors, Raised(ending, f"the process was ended by {ending}", line=lines))
    return status, Log(errors, lines)


def _wait(process: subprocess.Popen[bytes]) -> int:
    """The status of a process; an interruption from the keyboard reaches it, too, and it decides what to do."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)


def _pass_on(stream: IO[bytes], target: IO[str], reader: LogReader) -> None:
    rest = b""
    out = getattr(target, "buffer", None)
    while chunk := os.read(stream.fileno(), MAX_PIECE):
        try:
            if out is not None:
                out.write(chunk)
                out.flush()
            else:
                target.write(chunk.decode("utf-8", "replace"))
        except (OSError, ValueError):
            out = None  # the reader has gone; the command shall still be explained
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            reader.feed(line.decode("utf-8", "replace"))
        if len(rest) > MAX_PIECE:
            reader.feed(rest.decode("utf-8", "replace"))
            rest = b""
    if rest:
        reader.feed(rest.decode("utf-8", "replace"))


def _ending(status: int) -> str | None:
    """The signal that ended a process, by its status; None where it ended by itself."""
    number = -status if status < 0 else status - _SHELL if status > _SHELL else 0
    return next((name for name, value in SIGNALS.items() if value == number), None)


def status_in_words(status: int) -> str:
    """``status 1`` or ``signal 9 (SIGKILL)``."""
    if status >= 0:
        return f"status {status}"
    name = _ending(status)
    return f"signal {-status}" + (f" ({name})" if name else "")
