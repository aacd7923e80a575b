"""What a file was when a result was derived from it, in a few characters: by its content, never by its time."""

from __future__ import annotations

import os
from hashlib import blake2b

ABSENT, PRESENT, LINK = "-", "+", ">"
"""No file; a file whose content did not matter; a link, followed by where it leads. Anything else is a content."""


def digest_of(data: bytes) -> str:
    """The content, as 32 hexadecimal digits."""
    return blake2b(data, digest_size=16).hexdigest()


def holds(path: str, state: str) -> bool:
    """Whether a file is still what it was."""
    try:
        if state == ABSENT:
            return not os.path.isfile(path)
        if state == PRESENT:
            return os.path.isfile(path)
        if state.startswith(LINK):
            return os.path.realpath(path) == state[len(LINK) :] and os.path.isfile(path)
        with open(path, "rb") as stream:
            return digest_of(stream.read()) == state
    except (OSError, ValueError):
        return state == ABSENT
