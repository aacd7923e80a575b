"""Files on disk: what kind they are, and how they are opened without trusting them.

Nothing is unpacked under a name that the file chose, nothing is read past a bound, and HDF5, whose library is written
in C, is read by a process of its own.
"""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import Any

from convlint.lazy import dataclass

MAX_TEXT = 16 << 20
"""Bytes of a configuration that are read."""
MAX_DIRECTORY = 32 << 20
"""Bytes of an archive's list of contents that are read."""
MAX_UNPACKED = 512 << 20
"""Bytes to which compressed weights are unpacked."""
MAX_ANSWER = 128 << 20
SECONDS = 60
_WORKER = Path(__file__).with_name("hdf5_worker.py")
_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK"
_END_OF_DIRECTORY = b"PK\x05\x06"
SUFFIXES = (".keras", ".h5", ".hdf5", ".json")
_IN_ARCHIVE = ("config.json", "metadata.json", "model.weights.h5")


class Unreadable(Exception):  # reads as the sentence it prints
    """A file is no model, or can't be read; the text says why."""


@dataclass(frozen=True)
class Weights:
    """The arrays of a file.

    Attributes:
        arrays: shape of each by its path; None for an empty one.
        names: lists that the file keeps: ``layer_names`` and ``weight_names`` by the path of their group.
    """

    arrays: Mapping[str, tuple[int, ...] | None] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Content:
    """What a file holds.

    Attributes:
        kind: ``keras``, ``hdf5``, ``json`` or ``savedmodel``.
        config: the model's configuration, None where the file has none.
        weights: None where the file has none, or they could not be read.
        keras_version: that wrote the file; empty where it does not say.
        notes: what was not read, and why.
        escapes: names in an archive that lead out of its folder.
    """

    kind: str
    config: Any = None
    weights: Weights | None = None
    keras_version: str = ""
    notes: tuple[str, ...] = ()
    escapes: tuple[str, ...] = ()


def is_saved(path: str) -> bool:
    """Whether a path is a saved model or a weights file: by its first bytes, or by its name where it can't be read."""
    if os.path.isdir(path):
        return os.path.isfile(os.path.join(path, "saved_model.pb"))
    if path.lower().endswith(SUFFIXES):
        return os.path.exists(path)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with open(path, "rb") as file:
            start = file.read(8)
    except (OSError, ValueError):
        return False
    return start == _HDF5 or start.startswith(b"PK\x03\x04")


def open_content(path: str) -> Content:
    """Read a saved model.

    Raises:
        Unreadable: it is none, it is broken, or it is made to do harm.
    """
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            return _saved_model(Path(path))
        if not stat.S_ISREG(mode):
            raise Unreadable("neither a file nor a folder")
        with open(path, "rb") as file:
            start = file.read(8)
        if not start:
            raise Unreadable("it is empty: a download that broke off?")
        if start == _HDF5:
            return _hdf5(path)
        if start.startswith(_ZIP):
            return _archive(path)
        if path.lower().endswith(".json") or start.lstrip()[:1] in (b"{", b"["):
            return _json(path)
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    except ValueError as error:
        raise Unreadable(str(error)) from error
    wanted = "a .keras archive" if path.lower().endswith(".keras") else "an HDF5 file"
    raise Unreadable(f"its first bytes are not those of {wanted}: a download that broke off, or a Git LFS pointer?")


# --- JSON ----------------------------------------------------------------------------------------


def parse(text: bytes | str, what: str) -> Any:
    """JSON from an untrusted file. Raises Unreadable."""
    try:
        return json.loads(text, object_hook=_without_wrap)
    except RecursionError as error:
        raise Unreadable(f"{what} is nested too deep to be a model") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise Unreadable(f"{what} is no valid JSON: {error}"[:300]) from error


def _without_wrap(value: dict[str, Any]) -> Any:
    """The entries of a tuple or shape as Keras 2 writes them: ``{"class_name": "__tuple__", "items": [...]}``."""
    if value.get("class_name") in ("__tuple__", "TensorShape") and isinstance(value.get("items"), list):
        return value["items"]
    return value


def _json(path: str) -> Content:
    with open(path, "rb") as file:
        data = file.read(MAX_TEXT + 1)
    if len(data) > MAX_TEXT:
        raise Unreadable(f"a configuration of more than {MAX_TEXT >> 20} MB is not read")
    config = parse(data, "the file")
    if isinstance(config, str):  # `json.dump(model.to_json(), file)` encodes twice
        config = parse(config, "the file")
    if not isinstance(config, dict) or "class_name" not in config:
        raise Unreadable("this JSON is no model: it has no class_name")
    return Content("json", config, None, _version(config.get("keras_version")))


def _version(value: Any) -> str:
    return value[:40] if isinstance(value, str) else ""


# --- zip -----------------------------------------------------------------------------------------


def _archive(path: str) -> Content:
    _check_directory(path)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            escapes = tuple(name for name in entries if _leads_out(name))
            if "config.json" not in entries:
                raise Unreadable("this archive is no Keras model: it holds no config.json")
            config = parse(_unpacked(archive, entries["config.json"]), "config.json")
            metadata: Any = {}
            if "metadata.json" in entries:
                metadata = parse(_unpacked(archive, entries["metadata.json"]), "metadata.json")
            notes: list[str] = []
            weights = None
            if "model.weights.h5" in entries:
                with _weights_of(path, archive, entries["model.weights.h5"], notes) as place:
                    weights = _read_weights(*place, notes)[0] if place is not None else None
            else:
                notes.append("it holds no model.weights.h5, so that shapes are not held against weights")
    except zipfile.BadZipFile as error:
        raise Unreadable(f"a broken archive ({error}): a download that broke off?") from error
    except (NotImplementedError, RuntimeError, EOFError) as error:
        raise Unreadable(f"the archive can't be unpacked: {error}") from error
    version = _version(metadata.get("keras_version")) if isinstance(metadata, dict) else ""
    return Content("keras", config, weights, version, tuple(notes), escapes)


def _check_directory(path: str) -> None:
    """Refuse an archive whose list of contents alone would fill the memory."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        file.seek(max(0, size - 66_000))
        tail = file.read()
    place = tail.rfind(_END_OF_DIRECTORY)
    if place < 0:
        raise Unreadable("the archive has no end: a download that broke off?")
    listed = int.from_bytes(tail[place + 12 : place + 16], "little")
    if listed > MAX_DIRECTORY:
        raise Unreadable(f"the archive lists its contents in {listed >> 20} MB; no model does")


def _leads_out(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as file:
        data = file.read(MAX_TEXT + 1)
    if len(data) > MAX_TEXT:
        raise Unreadable(f"{entry.filename} unpacks to more than {MAX_TEXT >> 20} MB; no model's does")
    return data


@contextmanager
def _weights_of(
    path: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, notes: list[str]
) -> Iterator[tuple[str, int, int] | None]:
    """File, offset and size at which the weights lie; Keras stores them as they are."""
    if entry.compress_type == zipfile.ZIP_STORED and not entry.flag_bits & 1:
        with open(path, "rb") as file:
            file.seek(entry.header_offset)
            header = file.read(30)
        names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        yield path, entry.header_offset + 30 + names, entry.file_size
        return
    with tempfile.NamedTemporaryFile(prefix="convlint-") as copy:
        size = 0
        with archive.open(entry) as file:
            while chunk := file.read(1 << 20):
                size += len(chunk)
                if size > MAX_UNPACKED:
                    notes.append(f"the compressed weights unpack to more than {MAX_UNPACKED >> 20} MB and are not read")
                    yield None
                    return
                copy.write(chunk)
        copy.flush()
        yield copy.name, 0, size


# --- HDF5 ----------------------------------------------------------------------------------------


def _hdf5(path: str) -> Content:
    notes: list[str] = []
    weights, attributes = _read_weights(path, 0, os.path.getsize(path), notes)
    if weights is None:
        raise Unreadable(notes[-1] if notes else "it can't be read")
    config = None
    if "model_config" in attributes:
        config = parse(attributes["model_config"], "the model's configuration")
    version = attributes.get("keras_version", "")
    if not version and isinstance(config, dict):
        version = _version(config.get("keras_version"))
    return Content("hdf5", config, weights, version, tuple(notes))


def _read_weights(path: str, offset: int, size: int, notes: list[str]) -> tuple[Weights | None, Mapping[str, str]]:
    """Arrays and attributes of an HDF5 file, read by a process of its own."""
    command = [sys.executable, str(_WORKER), os.path.abspath(path), str(offset), str(size)]
    with tempfile.TemporaryFile() as out:
        try:
            done = subprocess.run(
                command, stdout=out, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            notes.append(f"reading the weights took more than {SECONDS} seconds")
            return None, {}
        out.seek(0)
        text = out.read(MAX_ANSWER + 1)
    if done.returncode != 0 or not text or len(text) > MAX_ANSWER:
        notes.append("the HDF5 library gave up over it: the weights are broken, or made to break it")
        return None, {}
    answer = json.loads(text)
    if "missing" in answer:
        notes.append(f"weights are kept in HDF5, and {answer['missing']} is not installed: pip install h5py")
        return None, {}
    if "error" in answer:
        notes.append(f"the weights can't be read: {answer['error']}")
        return None, {}
    notes += answer["notes"][:20]
    arrays = {name: None if shape is None else tuple(shape) for name, (shape, _) in answer["weights"].items()}
    names = {path: {key: tuple(words) for key, words in lists.items()} for path, lists in answer["groups"].items()}
    return Weights(arrays, names), answer["attributes"]


# --- SavedModel ----------------------------------------------------------------------------------


def _saved_model(folder: Path) -> Content:
    """The configuration that Keras 2 keeps beside TensorFlow's graph."""
    if not (folder / "saved_model.pb").is_file():
        raise Unreadable("a folder without saved_model.pb is no SavedModel")
    metadata = folder / "keras_metadata.pb"
    if not metadata.is_file():
        note = (
            "a SavedModel without Keras' own metadata holds TensorFlow's graph only; its layers can't be told from that"
        )
        return Content("savedmodel", notes=(note,))
    if metadata.stat().st_size > MAX_TEXT:
        raise Unreadable(f"keras_metadata.pb holds more than {MAX_TEXT >> 20} MB")
    for node in _fields(metadata.read_bytes(), 1):
        path, text = b"".join(_fields(node, 3)), b"".join(_fields(node, 5))
        if path == b"root" and text:
            config = parse(text, "keras_metadata.pb")
            note = "weights of a SavedModel are not read"
            version = _version(config.get("keras_version")) if isinstance(config, dict) else ""
            return Content("savedmodel", config, None, version, (note,))
    raise Unreadable("keras_metadata.pb names no root: it is broken, or no model of Keras'")


def _fields(message: bytes, wanted: int) -> Iterator[bytes]:
    """Contents of each length-delimited field of this number. Source: the wire format of protocol buffers."""
    stream = io.BytesIO(message)
    while stream.tell() < len(message):
        tag = _varint(stream)
        kind = tag & 7
        if kind == 0:
            _varint(stream)
        elif kind in (1, 5):
            stream.seek(8 if kind == 1 else 4, io.SEEK_CUR)
        elif kind == 2:
            size = _varint(stream)
            if size > len(message) - stream.tell():
                raise Unreadable("keras_metadata.pb is cut off")
            content = stream.read(size)
            if tag >> 3 == wanted:
                yield content
        else:
            raise Unreadable("keras_metadata.pb is no protocol buffer")


def _varint(stream: io.BytesIO) -> int:
    value = 0
    for place in range(0, 70, 7):
        byte = stream.read(1)
        if not byte:
            raise Unreadable("keras_metadata.pb is cut off")
        value |= (byte[0] & 0x7F) << place
        if byte[0] < 0x80:
            return value
    raise Unreadable("keras_metadata.pb is no protocol buffer")
