"""Files: which ones a run looks at, how they are decoded, and how they are written back."""

from __future__ import annotations

import codecs
import glob
import io
import os
import re
import stat
import tokenize
from contextlib import suppress
from dataclasses import field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from convlint.lazy import dataclass
from convlint.patterns import Patterns

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from convlint.configuration import Configuration, Configurations

NOTEBOOKS = (".ipynb",)
SUFFIXES = (".py", ".pyw", *NOTEBOOKS)
"""What folders are searched for."""
DOCUMENTS = (".md", ".qmd", ".markdown", ".rmd", ".myst")
"""Markdown, Quarto, R Markdown and MyST: searched for on demand; their Python blocks are one program."""


class FileProblem(Exception):  # reads as the sentence it prints
    """A file can't be read, decoded or written; the text says which and why."""


class Undecodable(FileProblem):
    """The bytes of a file are not what its encoding declaration says."""


@dataclass(frozen=True)
class Found:
    """What the paths of a command line stand for.

    Attributes:
        files: as findings print them, in order, each once.
        errors: one sentence for each path that stands for nothing.
        searched: the files that were found in folders, beside everything else there.
        excluded: paths that were named and are excluded.
    """

    files: tuple[str, ...]
    errors: tuple[str, ...] = ()
    searched: frozenset[str] = field(default=frozenset(), compare=False)
    excluded: tuple[str, ...] = ()


def find(paths: Sequence[str | os.PathLike[str]], configurations: Configurations | None = None) -> Found:
    """Python files and notebooks that paths stand for, and Markdown documents where the configuration wants them.

    Folders are searched with everything below them; what ``.gitignore`` files and the configuration
    exclude and virtual environments are left out. A file named by the user is taken whatever its name,
    unless ``force-exclude`` is set. A path with ``*``, ``?`` or ``[`` that does not exist is a pattern.

    Raises:
        convlint.configuration.ConfigurationError: a configuration file can't be used.
    """
    if configurations is None:
        from convlint.configuration import Configurations

        configurations = Configurations(isolated=True)
    forced = bool(configurations.run.get("force-exclude", False))
    files: dict[str, str] = {}
    errors: list[str] = []
    excluded: list[str] = []
    searched: set[str] = set()
    for given in _expanded(paths):
        if not os.fspath(given):
            # A shell variable that is not set must not stand for the whole folder, least of all under --fix.
            errors.append("a path is empty; write . for the current folder")
            continue
        path = os.path.normpath(os.fspath(given))
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError) as error:
            errors.append(_missing(path, error))
            continue
        if forced and is_excluded(path, stat.S_ISDIR(mode), configurations):
            excluded.append(path)
            continue
        if stat.S_ISDIR(mode):
            for file, real in _Search(path, configurations).files():
                searched.add(files.setdefault(real, file))
        elif stat.S_ISREG(mode):
            files.setdefault(os.path.realpath(path), path)
        else:
            errors.append(f"{path}: neither a file nor a folder")
    return Found(tuple(files.values()), tuple(errors), frozenset(searched), tuple(excluded))


def _missing(path: str, error: OSError | ValueError) -> str:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return f"{path}: {reason}"
    if glob.has_magic(path):
        return f"{path}: no file or folder fits this pattern"
    near = nearest(path)
    return f"{path}: no such file or folder" + (f"; did you mean {near}?" if near else "")


def nearest(path: str) -> str | None:
    """The existing path most like one that does not exist, None where nothing is like it."""
    if "\\" in path and os.path.exists(path.replace("\\", "/")):
        return path.replace("\\", "/")
    folder, name = os.path.split(path)
    if folder and not os.path.isdir(folder):
        better = nearest(folder)
        if better is None or not os.path.isdir(better):
            return None
        candidate = os.path.join(better, name)
        return candidate if os.path.exists(candidate) else better
    with suppress(OSError, ValueError):
        siblings = [
            entry.name
            for entry in os.scandir(folder or os.curdir)
            if not entry.name.startswith(".") and (entry.is_dir() or entry.name.endswith(SUFFIXES))
        ]
        wanted = [name] if name.endswith(SUFFIXES) else [name, f"{name}.py"]
        for word in wanted:
            for found in get_close_matches(word, siblings, n=1, cutoff=0.6):
                return os.path.join(folder, found)
    return None


def _expanded(paths: Sequence[str | os.PathLike[str]]) -> Iterator[str]:
    """Paths, patterns that a shell did not expand replaced by what they stand for."""
    for given in [os.fspath(path) for path in paths]:
        if glob.has_magic(given) and not os.path.lexists(given):
            yield from sorted(glob.iglob(given, recursive=True)) or [given]
        else:
            yield given


def is_excluded(path: str, is_folder: bool, configurations: Configurations) -> bool:
    """Whether the configuration excludes a path, or a folder that it lies in."""
    real = _real(path)
    if any(patterns.match(real, is_folder) for patterns in configurations.for_folder(os.path.dirname(real)).exclude):
        return True
    parent = os.path.dirname(path)
    return bool(parent) and parent != path and is_excluded(parent, True, configurations)


def _real(path: str) -> str:
    """An absolute path in which only the last name may be a symbolic link."""
    return os.path.join(os.path.realpath(os.path.dirname(path) or os.curdir), os.path.basename(path))


class _Search:
    """The search of a folder that the user named; what excludes that folder itself has no say."""

    def __init__(self, folder: str, configurations: Configurations) -> None:
        self._folder = folder
        self._real = os.path.realpath(folder)
        self._configurations = configurations
        self._respects_git = bool(configurations.run.get("respect-gitignore", True))
        self._also = DOCUMENTS if configurations.run.get("markdown", False) else ()
        self._excluding: dict[int, list[Patterns]] = {}

    def files(self) -> Iterator[tuple[str, str]]:
        """Each file as it is called from here, and where it really lies."""
        above = list(_rules_above(self._folder)) if self._respects_git else []
        yield from self._below(self._folder, [rules for rules in above if not rules.match(self._real, True)])

    def _below(self, folder: str, ignoring: list[Patterns]) -> Iterator[tuple[str, str]]:
        own = _rules_in(folder) if self._respects_git else None
        if own is not None:
            ignoring = [*ignoring, own]
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            return
        shown = "" if folder == os.curdir else folder
        real_folder = os.path.realpath(folder)
        configuration = self._configurations.for_folder(folder)
        for entry in entries:
            path, real = os.path.join(shown, entry.name), os.path.join(real_folder, entry.name)
            try:
                is_folder = entry.is_dir(follow_symlinks=False)
                is_file = not is_folder and self._included(configuration, real) and entry.is_file()
            except OSError:
                continue
            if not (is_folder or is_file) or self._excluded(configuration, real, is_folder, ignoring):
                continue
            if is_file:
                yield path, os.path.realpath(real) if entry.is_symlink() else real
            elif not os.path.exists(os.path.join(path, "pyvenv.cfg")):
                yield from self._below(path, ignoring)

    def _included(self, configuration: Configuration, real: str) -> bool:
        return bool(configuration.include.match(real)) or real.lower().endswith(self._also)

    def _excluded(self, configuration: Configuration, real: str, is_folder: bool, ignoring: list[Patterns]) -> bool:
        excluding = self._excluding.get(id(configuration))
        if excluding is None:
            excluding = [one for one in configuration.exclude if not one.folder or not one.match(self._real, True)]
            self._excluding[id(configuration)] = excluding
        if any(patterns.match(real, is_folder) for patterns in excluding):
            return True
        # Of the .gitignore files that say something, the deepest decides.
        verdicts = (patterns.verdict(real, is_folder) for patterns in reversed(ignoring))
        return next((verdict for verdict in verdicts if verdict is not None), False)


def _rules_above(folder: str) -> Iterator[Patterns]:
    """Rules of the folders between the root of the repository and this folder."""
    above = list(Path(os.path.realpath(folder)).parents)
    root = next((index for index, parent in enumerate(above) if (parent / ".git").exists()), None)
    if root is None or (Path(folder) / ".git").exists():
        return
    for parent in reversed(above[: root + 1]):
        rules = _rules_in(str(parent))
        if rules is not None:
            yield rules


def _rules_in(folder: str) -> Patterns | None:
    try:
        lines = Path(folder, ".gitignore").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    patterns = Patterns(os.path.realpath(folder), lines)
    try:
        patterns.check()
    except ValueError:
        return None
    return patterns


@dataclass(frozen=True)
class SourceText:
    """A decoded file.

    Attributes:
        file: as findings print it.
        text: line endings untouched, without a byte order mark.
        encoding: a Python codec.
        mark: the byte order mark, empty where there is none.
        data: the bytes as they were read.
    """

    file: str
    text: str
    encoding: str
    mark: bytes
    data: bytes

    def encode(self, text: str) -> bytes:
        """Another text in the encoding of this file.

        Raises:
            FileProblem: the encoding lacks one of its characters.
        """
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise FileProblem(f"{self.file}: {self.encoding} has no {text[error.start]!r}") from error


def read(file: str) -> SourceText:
    """Read and decode a file; any but a Python file is UTF-8.

    Raises:
        FileProblem: it can't be opened.
        Undecodable: its bytes are not in the encoding it declares (PEP 263), UTF-8 without a declaration.
    """
    try:
        data = Path(file).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileProblem(reason) from error
    return decode(file, data)


def decode(file: str, data: bytes) -> SourceText:
    """Decode the bytes of a file. Raises Undecodable."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    if file.lower().endswith(NOTEBOOKS + DOCUMENTS):
        try:
            return SourceText(file, data[len(mark) :].decode("utf-8"), "utf-8", mark, data)
        except UnicodeDecodeError as error:
            raise Undecodable(_encoding_reason(data, "it is not valid utf-8", error)) from error
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise Undecodable(_encoding_reason(data, str(error.msg))) from error
    encoding = "utf-8" if mark else encoding
    try:
        return SourceText(file, data[len(mark) :].decode(encoding), encoding, mark, data)
    except (UnicodeDecodeError, LookupError) as error:
        raise Undecodable(_encoding_reason(data, f"it is not valid {encoding}", error)) from error


def _encoding_reason(data: bytes, reason: str, error: Exception | None = None) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "it is UTF-16, and Python reads UTF-8 unless a declaration names another encoding"
    if b"\0" in data[:1024]:
        return "it holds null bytes and is no Python source"
    if error is None:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as found:
            error = found if "encoding problem" not in reason and "unknown encoding" not in reason else None
    if isinstance(error, UnicodeDecodeError):
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        return f"line {line} holds the byte 0x{byte:02x}, which is not valid {error.encoding}"
    return reason


def mentions_keras(data: bytes) -> bool:
    """Whether a file can be about Keras at all; everything else is skipped without parsing it."""
    return b"keras" in data or b"tensorflow" in data


def is_foreign(file: str, data: bytes) -> bool:
    """Whether a file is readable and can't be about Keras."""
    if mentions_keras(data):
        return False
    if not data.isascii() or b"\0" in data:
        try:
            decode(file, data)
        except Undecodable:
            return False
    return True


def write_atomically(file: str, data: bytes, expected: bytes) -> None:
    """Replace the content of a file in one step, or not at all.

    Keeps permission bits, owner, extended attributes and symbolic links. Nobody ever sees half a file, whenever
    the process or the machine stops; a temporary file that was left behind then is removed by the next writing
    into the folder.

    Args:
        file: exists.
        data: the new content.
        expected: the content on which the new one is based.

    Raises:
        FileProblem: the file may not be written, or holds something else by now.
    """
    target = os.path.realpath(file)
    folder = os.path.dirname(target)
    temporary, descriptor = "", -1
    try:
        status = os.stat(target)
        mode = stat.S_IMODE(status.st_mode)
        if not os.access(target, os.W_OK) or not mode & 0o222:
            raise FileProblem(f"{file}: it is read-only, and stays as it was")
        _remove_abandoned(folder)
        temporary, descriptor = _new_file(folder)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        _take_over(target, status, descriptor, temporary)
        os.fsync(descriptor)
        if Path(target).read_bytes() != expected:
            raise FileProblem(f"{file}: it was changed meanwhile, and stays as it is now")
        if fcntl is None:  # Windows renames no open file
            os.close(descriptor)
            descriptor = -1
        os.replace(temporary, target)
        temporary = ""
        _settle(folder)
    except OSError as error:
        raise FileProblem(f"{file}: it can't be written ({error.strerror or error}), and stays as it was") from error
    finally:
        if descriptor >= 0:
            with suppress(OSError):
                os.close(descriptor)
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)


_TEMPORARY = re.compile(r"\.convlint-[0-9a-f]{16}\.tmp")


def _new_file(folder: str) -> tuple[str, int]:
    """A new file in the folder and its descriptor, locked while this process writes it. Raises OSError."""
    while True:
        path = os.path.join(folder, f".convlint-{os.urandom(8).hex()}.tmp")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags, 0o600)
        try:
            locked = _locked(descriptor)
            if locked is False or (locked and not os.path.samestat(os.fstat(descriptor), os.stat(path))):
                raise FileNotFoundError
        except FileNotFoundError:  # another run takes it for abandoned, or did before it was locked
            os.close(descriptor)
            with suppress(OSError):
                os.unlink(path)
            continue
        except BaseException:
            os.close(descriptor)
            os.unlink(path)
            raise
        return path, descriptor


def _locked(descriptor: int) -> bool | None:
    """Lock a file for this process, as long as it lives; False where somebody holds it, None where nothing can be."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _remove_abandoned(folder: str) -> None:
    """Remove the temporary files of runs that were killed: those that nobody holds locked."""
    with suppress(OSError):
        for name in os.listdir(folder):
            if _TEMPORARY.fullmatch(name) is None:
                continue
            with suppress(OSError):
                path = os.path.join(folder, name)
                descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
                try:
                    if _locked(descriptor):
                        os.unlink(path)
                finally:
                    os.close(descriptor)


def _take_over(target: str, status: os.stat_result, descriptor: int, temporary: str) -> None:
    """Give the new file what the old one has besides its content. Raises OSError."""
    now = os.fstat(descriptor)
    if (now.st_uid, now.st_gid) != (status.st_uid, status.st_gid) and hasattr(os, "fchown"):
        os.fchown(descriptor, status.st_uid, status.st_gid)
    if hasattr(os, "listxattr"):
        with suppress(OSError):  # not every file system has them, and some are the kernel's own
            for name in os.listxattr(target):
                os.setxattr(temporary, name, os.getxattr(target, name))
    os.chmod(temporary, stat.S_IMODE(status.st_mode))


def _settle(folder: str) -> None:
    """Make a renaming last, should the machine stop now."""
    if fcntl is None:
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def kept_lines(text: str) -> list[str]:
    """Python's lines with their ends."""
    return _LINE.findall(text)


_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def sources(files: Iterable[str]) -> dict[str, str]:
    """Texts of those files that can be read, by name."""
    texts: dict[str, str] = {}
    for file in files:
        with suppress(FileProblem):
            texts[file] = read(file).text
    return texts
