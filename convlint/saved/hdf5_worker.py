"""Reads the skeleton of an HDF5 file: names, shapes and a few attributes, never the numbers. A process of its own.

``python hdf5_worker.py FILE OFFSET SIZE`` prints one JSON object. It imports nothing of convlint. HDF5 is a C library
with a long list of crashes over files made for that; here it may crash.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any

MAX_OBJECTS = 200_000
MAX_DEPTH = 60
MAX_ATTRIBUTE = 64 << 20
MAX_MEMORY = 1 << 30
MAX_ANSWER = 128 << 20
SECONDS = 60
_TEXTS = ("model_config", "keras_version", "backend")
_NAMES = ("layer_names", "weight_names")


class Window(io.RawIOBase):
    """A stretch of a file, as a file of its own."""

    def __init__(self, name: str, offset: int, size: int) -> None:
        self._file = open(name, "rb")  # noqa: SIM115 (closed with the process)
        self._offset, self._size, self._place = offset, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, place: int, whence: int = 0) -> int:
        self._place = max(0, place + (0, self._place, self._size)[whence])
        return self._place

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._offset + self._place)
        data = self._file.read(max(0, min(len(buffer), self._size - self._place)))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)


def limit() -> None:
    """No more memory, time or files than reading a skeleton takes."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        import resource
    except ImportError:
        return
    for kind, most in (
        ("RLIMIT_DATA", MAX_MEMORY),
        ("RLIMIT_CPU", SECONDS),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", MAX_ANSWER),
    ):
        number = getattr(resource, kind, None)
        if number is not None:
            _, hard = resource.getrlimit(number)
            resource.setrlimit(number, (most if hard < 0 else min(most, hard), hard))


def read(name: str, offset: int, size: int) -> dict[str, Any]:
    """The skeleton of the file."""
    import h5py

    found: dict[str, Any] = {"attributes": {}, "groups": {}, "weights": {}, "notes": []}
    with h5py.File(Window(name, offset, size), "r") as file:
        seen: set[int] = set()
        todo: list[tuple[Any, str, int]] = [(file, "", 0)]
        while todo:
            group, path, depth = todo.pop()
            _attributes(group, path, found)
            for key in group:
                shown = f"{path}/{key}" if path else key
                link = group.get(key, getlink=True)
                if not isinstance(link, h5py.HardLink):
                    # It may name any file on this machine.
                    found["notes"].append(f"{shown} is a link ({type(link).__name__}), which is not followed")
                    continue
                child = group[key]
                address = h5py.h5o.get_info(child.id).addr
                if address in seen:
                    continue
                seen.add(address)
                if len(seen) > MAX_OBJECTS or depth > MAX_DEPTH:
                    found["notes"].append("there is more in it than convlint reads")
                    return found
                if isinstance(child, h5py.Group):
                    todo.append((child, shown, depth + 1))
                elif isinstance(child, h5py.Dataset):
                    shape = None if child.shape is None else [int(entry) for entry in child.shape]
                    found["weights"][shown] = [shape, str(child.dtype)]
                    if child.external:
                        found["notes"].append(f"{shown} takes its numbers from other files, which are not read")
    return found


def _attributes(group: Any, path: str, found: dict[str, Any]) -> None:
    for key in group.attrs:
        if key not in _TEXTS and not key.startswith(_NAMES):
            continue
        if _size(group.attrs.get_id(key)) > MAX_ATTRIBUTE:
            found["notes"].append(f"the attribute {key} holds more than {MAX_ATTRIBUTE >> 20} MB")
            continue
        value = group.attrs[key]
        if key in _TEXTS and not path:
            found["attributes"][key] = _text(value)
        elif key.startswith(_NAMES) and hasattr(value, "__iter__"):
            found["groups"].setdefault(path, {})[key] = [_text(one) for one in value]


def _size(attribute: Any) -> int:
    try:
        return int(attribute.get_storage_size())
    except RuntimeError:  # h5py takes the size 0 of an empty attribute for an error
        return 0


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def main() -> None:
    """Print the skeleton of the file that the command line names."""
    name, offset, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    limit()
    try:
        answer = read(name, offset, size)
    except ModuleNotFoundError as error:
        answer = {"missing": str(error.name)}
    except (OSError, ValueError, KeyError, RuntimeError, MemoryError, TypeError) as error:
        answer = {"error": f"{type(error).__name__}: {error}"[:500]}
    text = json.dumps(answer)
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
