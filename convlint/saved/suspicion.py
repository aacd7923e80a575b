"""What in a configuration runs code when the model is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MAX_NODES = 2_000_000
"""Values of a configuration that are looked at."""
_HOMES = ("keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras", "keras_core")
"""Modules whose classes loading may make."""
_BUILTIN_TYPES = frozenset({"dict", "list", "tuple", "str", "int", "float", "bool", "complex", "bytes", "set"})
_BYTECODE = "holds Python bytecode, which loading it would run"


def suspicious(config: Any) -> Iterator[tuple[str, str]]:
    """Each place at which loading runs code: the layer around it, and what it is.

    Walks without recursion: the depth of a configuration is the file's choice.
    """
    told: set[tuple[str, str]] = set()
    todo: list[tuple[Any, str]] = [(config, "")]
    looked_at = 0
    while todo and looked_at < MAX_NODES:
        value, layer = todo.pop()
        looked_at += 1
        if isinstance(value, list):
            todo += [(part, layer) for part in reversed(value)]
        elif isinstance(value, Mapping):
            layer = _name_of(value) or layer
            for what in _told_by(value):
                if (layer, what) not in told:
                    told.add((layer, what))
                    yield layer, what
            todo += [(part, layer) for part in reversed(list(value.values()))]


def _name_of(value: Mapping[str, Any]) -> str:
    """The name of the layer that a part of a configuration describes."""
    config = value.get("config")
    name = config.get("name") if isinstance(config, Mapping) else None
    return name if isinstance(name, str) and isinstance(value.get("class_name"), str) else ""


def _told_by(value: Mapping[str, Any]) -> Iterator[str]:
    name, module = value.get("class_name"), value.get("module")
    config = value.get("config")
    if name == "__lambda__":
        yield _BYTECODE
    if not isinstance(name, str):
        return
    if name == "Lambda" and isinstance(config, Mapping):
        yield from _lambda(config)
    home = module if isinstance(module, str) else ""
    if home == "builtins":
        if name == "function" and isinstance(config, str):
            yield f"calls the function `{config[:80]}`, which is not in the file"
        elif name not in _BUILTIN_TYPES | {"function"} and not name.startswith("__"):
            yield f"names `builtins.{name[:80]}`"
    elif home and not _is_keras(home):
        yield f"names `{home[:80]}.{name[:80]}`, which loading it would import and call"
    else:
        registered = value.get("registered_name")
        if isinstance(registered, str) and (not home or ">" in registered):
            yield f"needs the class `{registered[:120]}`, which is not in the file"


def _lambda(config: Mapping[str, Any]) -> Iterator[str]:
    """A Lambda of Keras 2: ``function`` holds marshalled bytecode, or the name of a function."""
    function, kind = config.get("function"), config.get("function_type")
    if isinstance(function, list) or (isinstance(function, str) and kind in ("lambda", "raw")):
        yield _BYTECODE
    elif isinstance(function, str):
        yield f"calls the function `{function[:80]}`, which is not in the file"


def _is_keras(module: str) -> bool:
    return any(module == home or module.startswith(f"{home}.") for home in _HOMES)
