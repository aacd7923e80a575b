"""Generated files: written, or compared with what is there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path


def deliver(file: Path, text: str, shown: str = "", *, told: Callable[[str], str] = str) -> int:
    """Write a generated file; with ``--check`` say whether the one that is there is fresh. Returns an exit code.

    Args:
        file: to be written.
        text: its content.
        shown: what messages call it; its name where not given.
        told: what of two texts is compared.
    """
    if "--check" not in sys.argv[1:]:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return 0
    fresh = file.is_file() and told(file.read_text(encoding="utf-8")) == told(text)
    name, tool = shown or file.name, Path(sys.argv[0]).name
    print(f"{name} is fresh" if fresh else f"{name} is not fresh: run python tools/{tool}")
    return 0 if fresh else 1
