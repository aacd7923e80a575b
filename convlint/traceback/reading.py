"""Reads a log of any length, line by line, and keeps its errors.

Memory is bounded by what is kept: :data:`MAX_ERRORS` different errors, a few dozen frames and the
beginning and end of each message. A line is looked at once, so that time grows with the length only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field, replace

from convlint.lazy import dataclass
from convlint.traceback.endings import ending_of
from convlint.traceback.frames import Frame, read_arrow, read_frame
from convlint.traceback.lines import clean, like, split_worker

MAX_ERRORS = 50
"""Different errors of one text that are kept: the last ones."""
MAX_FRAMES = 40
"""Frames kept at each end of a traceback: recursion fills thousands."""
MAX_MESSAGE = 12_000
"""Characters of a message that are kept from its beginning; half as many from its end."""
MAX_NOISE = 30
"""Lines of other output that may stand between two frames of a traceback."""
MAX_CHAIN = 8
"""Earlier exceptions of one chain that are kept."""
MAX_WORKERS = 256
"""Processes whose output is taken apart; those beyond share one stream."""

MAX_OPENING = 300
"""Lines up to which a text is short enough to be a message by itself."""

_HEADER = re.compile(r"Traceback \((?:most recent call last|innermost last)\)|(?:回溯|追溯|跟踪)\s?\((?:最近|最后)")
_NOTEBOOK_HEADER = re.compile(r"^(?P<type>[A-Za-z_][\w.]*)\s{2,}Traceback \(most recent call last\)")
_CHAINED = re.compile(
    r"^\s*(?:During handling of the above exception, another exception occurred"
    r"|The above exception was the direct cause of the following exception"
    r"|在处理上述异常(?:期间|的过程中)|上述异常是(?:以下|导致))"
)
_TYPE = r"(?:[A-Za-z_]\w{0,60}\.){0,8}[A-Z]\w{0,60}"
_EXCEPTION = re.compile(rf"^(?P<type>{_TYPE}|(?:[a-z_]\w{{0,60}}\.){{1,8}}[a-z]\w{{0,60}})(?::\s?(?P<message>.*))?$")
"""The line that ends a traceback."""
_BARE = re.compile(
    r"^\s{0,12}(?:[-*•#]{1,6}\s+)?(?:\w{1,20}:\s)?`{0,3}(?P<type>(?:[A-Za-z_]\w{0,60}\.){0,8}[A-Z]\w{0,60}(?:Error|Exception))"
    r"`{0,3}\s?:\s?(?P<message>(?!(?:[Ii]f|[Ww]hen|[Ii]n case) )\S.*)$"
)
"""An exception without a traceback, as in the title of a question; not "ValueError: If …" of a docstring."""
_WRAPPED = re.compile(
    r"Exception encountered|Graph execution error|in user code:|Error encountered:"
    r"|could not be (?:de)?serialized|could not be loaded"
    r"|[Cc]ould not automatically infer|Detected at node|NodeDef|Example error message|Error when deserializing"
)
"""Messages in which empty lines separate the wrapping from what is wrapped."""
_TRAILER = re.compile(
    r"^\s*(?:Arguments received by|Call arguments received by|Original stack trace for|The following previous layers)"
)
_FOREIGN = re.compile(
    r"^(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|[IWEF]\d{4} |[WEF] tensorflow/|>>> |In \[\d+\]:|Out\[\d+\]:"
    r"|Process finished with exit code|make: \*\*\*|WARNING[: ]|INFO[: ]|Epoch \d+/\d+|\s*\d+/\d+ \[)"
)
"""Lines that belong to no message."""
_RULER = re.compile(r"^-{20,}$|^\s*[~^]+\s*$|^\s*\[Previous line repeated|^\s*\.\.\. ?$")
_INNER_TYPE = re.compile(r"^\s{2,}(?P<type>[\w.]*[A-Z]\w*(?:Error|Exception)):\s")


@dataclass(frozen=True)
class Raised:
    """One exception as a text shows it.

    Attributes:
        exception: name of its class without its module; empty where the text ends before it.
        message: everything it says, wrappings included.
        frames: outermost first, those that the message itself lists included.
        earlier: exceptions that this one was raised from or while handling, the nearest first.
        line: of the text, where the exception stands.
        times: how often the same one stands in the text.
    """

    exception: str
    message: str
    frames: tuple[Frame, ...] = ()
    earlier: tuple[Raised, ...] = ()
    line: int = 0
    times: int = 1

    @property
    def user_frame(self) -> Frame | None:
        """The innermost frame in the user's own code, else None."""
        return next((frame for frame in reversed(self.frames) if not frame.is_framework), None)

    @property
    def complete(self) -> bool:
        """Whether the text holds the exception itself and not only the way to it."""
        return bool(self.exception or self.message)


@dataclass(frozen=True)
class Log:
    """What a text held.

    Attributes:
        errors: each once, in the order of the text.
        lines: how many were read.
        opening: the text itself where it is short.
    """

    errors: tuple[Raised, ...]
    lines: int = 0
    opening: tuple[str, ...] = ()


class LogReader:
    """Reads a log while it is being written.

    Attributes:
        opening: the first lines of the text, for texts that hold a message and no exception.
    """

    def __init__(self) -> None:
        self.lines = 0
        self.opening: list[str] = []
        self._found: dict[tuple[object, ...], Raised] = {}
        self._streams: dict[str, _Stream] = {}

    def feed(self, line: str) -> None:
        """Take one line, with or without its end."""
        worker, text = split_worker(clean(line))
        self.lines += 1
        if len(self.opening) < MAX_OPENING:
            self.opening.append(text)
        stream = self._streams.get(worker)
        if stream is None:
            stream = self._streams.setdefault(worker if len(self._streams) < MAX_WORKERS else "", _Stream())
        stream.read(text, self.lines)
        if stream.done:
            self._keep(stream.take())

    def finish(self) -> Log:
        """The text ends: what it held."""
        for stream in self._streams.values():
            stream.end()
            self._keep(stream.take())
        opening = tuple(self.opening) if self.lines <= MAX_OPENING else ()
        return Log(tuple(sorted(self._found.values(), key=lambda one: one.line)), self.lines, opening)

    def _keep(self, errors: Iterable[Raised]) -> None:
        for one in errors:
            place = one.user_frame
            key = (one.exception, one.message[:400], (place.file, place.line) if place else None)
            twin = self._found.pop(key, None)
            if twin is None and len(self._found) >= MAX_ERRORS:
                del self._found[next(iter(self._found))]
            self._found[key] = one if twin is None else replace(twin, line=one.line, times=twin.times + 1)


def read_log(lines: Iterable[str]) -> Log:
    """Read a traceback, a training log, a forum post.

    Args:
        lines: of any length, with or without their ends.
    """
    reader = LogReader()
    for line in lines:
        reader.feed(line)
    return reader.finish()


@dataclass
class _Message:
    """A message while it is read; its middle is dropped where it is long."""

    head: list[str] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, text: str) -> None:
        self.size += len(text) + 1
        if self.size <= MAX_MESSAGE:
            self.head.append(text)
            return
        self.tail.append(text)
        if len(self.tail) > 400:
            del self.tail[:200]

    def text(self) -> str:
        tail = "\n".join(self.tail)[-MAX_MESSAGE // 2 :]
        return "\n".join([*self.head, tail] if tail else self.head).strip()


class _Stream:
    """The output of one process."""

    def __init__(self) -> None:
        self.done: list[Raised] = []
        self.earlier: list[Raised] = []
        self.last: Raised | None = None
        """The exception that ended last, until it is known whether another was chained to it."""
        self.previous = ""
        self.prefix: re.Pattern[str] | None = None
        """What stands in front of each line of the traceback that was opened last."""
        self._clear()

    def _clear(self) -> None:
        self.inside = ""
        """``frames`` of a traceback, ``message`` of an exception, or nothing."""
        self.exception = ""
        self.announced = ""
        self.frames: list[Frame] = []
        self.message = _Message()
        self.wrapped = self.trailing = False
        self.blank = self.noise = self.start = 0
        self.arrow_base: Frame | None = None

    def take(self) -> list[Raised]:
        """The errors that are complete, which the stream forgets."""
        done, self.done = self.done, []
        return done

    def end(self) -> None:
        """The text ends."""
        self._finish()
        self._release()

    def read(self, text: str, number: int) -> None:
        if self.inside and text == self.previous and text.strip() and not text.startswith("-"):
            return  # two processes that print the same traceback at the same time
        self.previous = text
        text = self._without_prefix(text)
        if self.inside == "message":
            self._in_message(text, number)
        elif self.inside == "frames":
            self._in_frames(text, number)
        else:
            self._outside(text, number)

    def _without_prefix(self, text: str) -> str:
        """The line without what stands in front of each line of its traceback; the header shows what that is."""
        header = _HEADER.search(text) if "(" in text else None
        if header is None:
            return text if self.prefix is None else self.prefix.sub("", text, count=1)
        announced = _NOTEBOOK_HEADER.match(text.lstrip())
        before = text[: len(text) - len(text.lstrip())] if announced else text[: header.start()]
        self.prefix = like(before)
        return text if self.prefix is None else text[len(before) :]

    # --- states -----------------------------------------------------------------------------------

    def _outside(self, text: str, number: int) -> None:
        if not text:
            return
        if "(" in text and _HEADER.search(text):
            self._open(text, number)
        elif self.last is not None and _CHAINED.match(text):
            self._chain()
        elif "Error" in text or "Exception" in text:
            found = None if _FOREIGN.match(text) else _BARE.match(text)
            if found:
                self._release()
                self._start_message(found["type"], found["message"], number)
            else:
                self._look_for_ending(text, number)
        else:
            self._look_for_ending(text, number)

    def _look_for_ending(self, text: str, number: int) -> None:
        ending = ending_of(text)
        if ending is not None:
            self._release()
            self.done.append(Raised(ending, text.strip(), line=number))

    def _in_frames(self, text: str, number: int) -> None:
        if not text.strip() or _RULER.match(text):
            return
        if "(" in text and _HEADER.search(text):
            if self.frames and self.noise:
                self._finish()
            self._open(text, number)
            return
        frame = read_frame(text)
        if frame is not None:
            self._add_frame(frame)
            self.noise = 0
            return
        arrow = read_arrow(text)
        if arrow is not None:
            self._point(*arrow)
            return
        if text[0] in " \t":
            self._source(text)
            return
        found = _EXCEPTION.match(text)
        if found and not _FOREIGN.match(text):
            self._start_message(found["type"], found["message"] or "", number)
            return
        if re.match(r"^\d+ ", text):
            return  # context lines of a notebook's traceback that lost their indentation
        self.noise += 1
        if self.noise > MAX_NOISE:
            self._finish()

    def _in_message(self, text: str, number: int) -> None:
        if "(" in text and _HEADER.search(text) and "defined at" not in text:
            self._finish()
            self._open(text, number)
            return
        if _CHAINED.match(text):
            self._finish()
            self._chain()
            return
        if not text.strip():
            self.blank += 1
            if self.blank <= 2:
                return
            if not self.wrapped:
                self._finish()
            return
        if _FOREIGN.match(text) or ending_of(text) is not None:
            self._finish()
            self._outside(text, number)
            return
        goes_on = not self.blank or (self.wrapped and not self.trailing) or text[0] in " \t•" or _TRAILER.match(text)
        if not goes_on or (self.blank > 2 and not self.wrapped):
            self._finish()
            self._outside(text, number)
            return
        if not self.blank and text[0] not in " \t" and _BARE.match(text) and not self.wrapped:
            self._finish()
            self._outside(text, number)
            return
        if self.blank:
            self.message.add("")
            self.blank = 0
        self._add_text(text)

    # --- steps ------------------------------------------------------------------------------------

    def _open(self, text: str, number: int) -> None:
        if not self.earlier:
            self._release()
        frames_kept = self.inside == "frames" and not self.noise and self.frames
        if frames_kept and self.announced:
            self._finish()
        self._clear()
        self.inside, self.start = "frames", number
        announced = _NOTEBOOK_HEADER.match(text)
        self.announced = announced["type"] if announced else ""

    def _start_message(self, name: str, first: str, number: int) -> None:
        self.inside, self.exception, self.start = "message", name.rpartition(".")[2], number
        self._add_text(first)

    def _add_text(self, text: str) -> None:
        self.message.add(text)
        self.wrapped = self.wrapped or _WRAPPED.search(text) is not None
        self.trailing = self.trailing or _TRAILER.match(text) is not None
        frame = read_frame(text) if text[:1] in " \t" or "File " in text[:8] or "文件" in text else None
        if frame is not None:
            self._add_frame(frame)
        elif self.frames and not self.frames[-1].source and text[:4] == "    " and not _INNER_TYPE.match(text):
            self._source(text)

    def _add_frame(self, frame: Frame) -> None:
        self.frames.append(frame)
        if len(self.frames) > 2 * MAX_FRAMES:
            del self.frames[MAX_FRAMES]

    def _source(self, text: str) -> None:
        if self.frames and not self.frames[-1].source and not _RULER.match(text):
            stripped = text.strip()
            if not re.match(r"^\d+ ", stripped) or not self.frames[-1].file.startswith(("<ipython", "Cell", "Input")):
                self.frames[-1] = replace(self.frames[-1], source=stripped)

    def _point(self, line: int, source: str) -> None:
        """The arrow of a notebook's traceback: it knows the line that the frame itself may not name."""
        if self.frames:
            frame = self.frames[-1]
            self.frames[-1] = replace(frame, line=frame.line or line, source=source)

    def _finish(self) -> None:
        """The exception ends here; it is held back until it is clear whether another follows from it."""
        if self.inside:
            one = Raised(
                self.exception or self.announced,
                self.message.text(),
                tuple(self.frames),
                tuple(self.earlier),
                self.start,
            )
            self.earlier = []
            if self.last is not None:
                self.done.append(self.last)
            self.last = one if one.frames or one.complete else None
        self._clear()

    def _chain(self) -> None:
        if self.last is not None:
            self.earlier = [replace(self.last, earlier=()), *self.last.earlier][:MAX_CHAIN]
            self.last = None

    def _release(self) -> None:
        if self.last is not None:
            self.done.append(self.last)
            self.last = None
        if self.earlier:
            # "During handling of …" and then nothing: the text is cut off.
            first, *others = self.earlier
            self.done.append(replace(first, earlier=tuple(others)))
            self.earlier = []
