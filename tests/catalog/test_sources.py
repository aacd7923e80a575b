"""What loaders, pipelines and objects of other libraries give, against the installed libraries.

A whole small program is run by the library and followed by the analysis; where the analysis
knows a size, a dtype or a fact about the values, the library must agree.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from convlint.catalog.dataset import Dataset, one_of
from convlint.catalog.objects import LibraryObject
from convlint.catalog.registry import all_functions
from convlint.catalog.tensor import Classes, OneHot, Tensor
from convlint.shapes.dims import Linear, Unknown
from tests.static.following import OFF

SOURCES = frozenset(
    f"convlint.catalog.functions.{name}" for name in ("pipelines", "loaders", "learning", "frames", "pictures")
)
"""Modules whose rules are tested here, by programs, and not by random arguments."""


def contradictions(mine: Any, real: Any, where: str = "value") -> list[str]:
    """What the analysis claims of a value and the value is not."""
    import numpy as np

    if isinstance(mine, Unknown | Linear) or (mine is None and real is None):
        return []
    if isinstance(mine, LibraryObject):
        return contradictions(mine.array, np.asarray(real), where)
    if isinstance(mine, Dataset):
        return contradictions(one_of(mine.element), next(iter(real)), f"{where}.element")
    if isinstance(mine, tuple | list):
        if len(mine) != len(real):
            return [f"{where}: {len(mine)} parts, really {len(real)}"]
        return [text for i, pair in enumerate(zip(mine, real)) for text in contradictions(*pair, f"{where}[{i}]")]
    if isinstance(mine, Mapping):
        return [text for key in mine for text in contradictions(mine[key], real[key], f"{where}[{key!r}]")]
    if isinstance(mine, Tensor):
        return _tensor_contradictions(mine, real, where)
    return [] if mine == real else [f"{where}: {mine!r}, really {real!r}"]


def _tensor_contradictions(mine: Tensor, real: Any, where: str) -> list[str]:
    import numpy as np

    values = np.asarray(real)
    found: list[str] = []
    if isinstance(mine.shape, tuple):
        known = [isinstance(size, int) for size in mine.shape]
        if len(known) != values.ndim or any(k and a != b for k, a, b in zip(known, mine.shape, values.shape)):
            found.append(f"{where}: shape {mine.shape}, really {values.shape}")
    if isinstance(mine.dtype, str) and mine.dtype != "string" and mine.dtype != str(values.dtype):
        found.append(f"{where}: dtype {mine.dtype}, really {values.dtype}")
    if isinstance(mine.content, Classes) and (values.min(), values.max()) != (mine.content.low, mine.content.high):
        found.append(f"{where}: {mine.content}, really {values.min()} to {values.max()}")
    if isinstance(mine.content, OneHot) and not ((values.sum(-1) == 1).all() and set(np.unique(values)) <= {0, 1}):
        found.append(f"{where}: not one-hot")
    return found


def sourced() -> list[str]:
    return sorted(name for name, entry in all_functions().items() if entry.rule.__module__ in SOURCES)


def real_function(name: str) -> Any:
    """The library's own function; None where the library is not installed or has no such name."""
    import importlib

    parts = name.split(".")
    home = {"tensorflow_datasets": None}.get(parts[0], parts[0])
    if home is None:
        return None
    for count in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        for part in parts[count:]:
            found = getattr(found, part, None)
        return found
    return None


@pytest.mark.usefixtures("keras")
@pytest.mark.parametrize("name", sourced())
def test_signature(name: str) -> None:
    """Parameters that the catalog lists are the library's, in its order."""
    entry = all_functions()[name]
    target = real_function(name)
    if target is None:
        pytest.skip("not installed here")
    try:
        parameters = inspect.signature(target).parameters
    except (TypeError, ValueError):
        pytest.skip("Python can't tell the signature")
    real = [p.name for p in parameters.values() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    is_method = bool(real) and real[0] in ("self", "cls")
    mine = entry.signature.parameters[1:] if is_method else entry.signature.parameters
    # What only older releases had stands behind the star; so does what comes in another order now.
    plain = [p.name for p in mine if not p.keyword_only]
    places = [real.index(name, is_method) for name in plain if name in real]
    assert [name for name in plain if name not in real and entry.signature.rest is None] == []
    assert places == sorted(places)


def followed(program: str) -> dict[str, object]:
    """What the analysis knows of a program's variables at its end."""
    from convlint.static.analysis import StaticSettings, _interpret
    from convlint.static.library import to_catalog
    from convlint.static.run import Run
    from convlint.static.source import SourceFile

    run = Run(StaticSettings(), Path.cwd())
    source = SourceFile.parse("program.py", program)
    _interpret(run, source)
    assert run.faults == []
    assert [met.problem for met in run.met.values() if met.problem.__class__ not in OFF] == []
    unit = run.units[Path("program.py").resolve()]
    assert unit is not None
    return {name: to_catalog(value) for name, value in unit.scope.variables.items() if not name.startswith("_")}


def compared(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Run a program and follow it; what is known of its variables, after it was found true."""
    monkeypatch.chdir(tmp_path)
    mine = followed(program)
    real: dict[str, Any] = {}
    exec(compile(program, "program.py", "exec"), real)
    wrong = [text for name in mine if name in real for text in contradictions(mine[name], real[name], name)]
    assert wrong == []
    return mine
