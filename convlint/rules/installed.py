"""Which packages are installed, and which of them announce rule packs.

``importlib.metadata`` takes longer to load than all rules; it is asked only where there is a pack.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRY_POINTS = "convlint.rules"
"""Group of entry points whose values name packages of rule pages."""
_SECTION = f"[{ENTRY_POINTS}]"


def announcements() -> Iterator[os.DirEntry[str]]:
    """What stands beside packages and says that they are installed, in the order in which modules are searched."""
    for folder in sys.path:
        with suppress(OSError):
            for entry in sorted(os.scandir(folder or os.curdir), key=lambda entry: entry.name):
                if entry.name.endswith((".dist-info", ".egg-info", ".pth")):
                    yield entry


def packs(announcement: os.DirEntry[str]) -> list[str]:
    """The entry points for rule packs of one installed package, ``name = module``."""
    try:
        with open(os.path.join(announcement.path, "entry_points.txt"), encoding="utf-8", errors="replace") as stream:
            text = stream.read()
    except OSError:
        return []
    return [line for line in text.partition(_SECTION)[2].partition("\n[")[0].splitlines() if "=" in line]


def may_have_packs() -> bool:
    """Whether there is a rule pack, as far as a look into folders tells; archives may hold one."""
    archives = any(folder.endswith(".egg") or os.path.isfile(folder) for folder in sys.path)
    return archives or any(packs(announcement) for announcement in announcements())
