"""The settings that hold for a file, and where each comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from convlint.report.json import dump

if TYPE_CHECKING:
    from convlint.configuration import Described
    from convlint.options import Option


def write_text(described: Described, out: TextIO) -> None:
    """One option a line, as a configuration file would hold it, its origin behind it."""
    out.write(f"# settings for {described.name}\n")
    out.write(f"# configuration file: {described.configuration_file or 'none'}\n")
    lines = [
        (f"{row.key} = {_toml(row.value)}" if row.value is not None else f"# {row.key} = {row.default}", row.origin)
        for row in described.rows
    ]
    width = min(max(len(line) for line, _ in lines), 44)
    for line, origin in lines:
        out.write(f"{line:<{width}}  # {origin}\n")
    out.write(f"# {len(described.rules)} rules report: {', '.join(described.rules)}\n")


def write_option(option: Option, out: TextIO) -> None:
    """One option: what it means, what it takes, and a line of TOML."""
    facts = "".join(f"  {fact.replace('`', '')}\n" for fact in option.facts)
    out.write(f"{option.key}\n\n{option.help.replace('`', '')}\n\n{facts}\n  {option.example}\n")


def write_json(described: Described, out: TextIO) -> None:
    """The same as an object: ``settings`` by option, each with ``value`` and ``origin``."""
    settings = {row.key: {"value": row.value, "origin": row.origin} for row in described.rows}
    dump(
        {
            "file": described.name, "configuration_file": described.configuration_file, "settings": settings,
            "rules": list(described.rules),
        },
        out,
    )  # fmt: skip


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
