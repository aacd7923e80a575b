"""The catalog's signatures against those of the installed libraries."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import pytest

from convlint.catalog.names import _KERAS_OPS, _SAME_IN_KERAS_OPS, keras_ops_name
from convlint.catalog.registry import HOMES, all_functions, all_layers
from convlint.catalog.signature import REQUIRED, Signature
from tests.catalog.agreement import resolve
from tests.catalog.test_sources import SOURCES

OLD_NAMES = {"Deconvolution2D", "Deconv2D", "Deconvolution3D", "Deconv3D"}
"""Class names that Keras 2 had."""
OLD_ARGUMENTS = {"LeakyReLU": {"alpha"}}
"""Arguments that Keras 3 takes out of ``**kwargs``."""


def real_parameters(target: Any) -> list[inspect.Parameter]:
    return [
        parameter
        for parameter in inspect.signature(target).parameters.values()
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL) and parameter.name != "self"
    ]


def plain(value: object) -> object:
    """A default as the catalog writes it: dtypes by name, lists as tuples."""
    if value is inspect.Parameter.empty:
        return REQUIRED
    if type(value).__module__.startswith("tensorflow") or isinstance(value, type):
        return getattr(value, "name", None) or {float: "float64", int: "int64"}.get(value, str(value))  # type: ignore[call-overload]
    if callable(value):
        return None  # a function as a default has no literal
    return tuple(value) if isinstance(value, list) else value


@pytest.mark.parametrize("name", sorted(name.rpartition(".")[2] for name in all_layers()))
def test_layer_signature(name: str, keras: Any) -> None:
    """Parameters of a layer: names, order and defaults."""
    if name in OLD_NAMES:
        assert not hasattr(keras.layers, name)
        return
    signature = all_layers()[f"keras.layers.{name}"].signature
    mine = [(p.name, p.default) for p in signature.parameters if p.name not in OLD_ARGUMENTS.get(name, ())]
    real = [(p.name, plain(p.default)) for p in real_parameters(getattr(keras.layers, name))]
    assert mine == real


def checkable() -> list[str]:
    """Functions whose own signature Python can tell, but for methods and what only Keras 2 had."""
    hidden = ("numpy.ndarray.", "numpy.random.", "sklearn.")
    return sorted(
        name
        for name, entry in all_functions().items()
        if not name.startswith(hidden) and name != "keras.backend.logsumexp" and entry.rule.__module__ not in SOURCES
    )


UNCHECKED = {
    "keras.Variable", "tensorflow.Variable", "numpy.arange", "numpy.clip", "tensorflow.meshgrid",
}  # fmt: skip
"""Signatures that the catalog shortens or that Python can't tell: ``numpy.arange`` has two."""


@pytest.mark.usefixtures("keras")
@pytest.mark.parametrize("name", [name for name in checkable() if name not in UNCHECKED])
def test_function_signature(name: str) -> None:
    """Parameters of a function: names and order; defaults too, outside NumPy, which hides some."""
    target = resolve(name)
    if target is None:
        pytest.fail(f"{name} does not exist")
    signature: Signature = all_functions()[name].signature
    try:
        real = real_parameters(target)
    except ValueError:
        pytest.skip("a built-in without a signature")
    mine = [p.name for p in signature.parameters]
    if signature.takes_any_keyword or name.startswith("numpy."):
        # NumPy's newest keywords need not be listed, but what is listed exists and stands in its place;
        # `newshape` is what NumPy before 2.4 took.
        names = [p.name for p in real]
        assert [p for p in mine if p in names] == [p for p in names if p in mine]
        assert set(mine) - set(names) <= {"start", "equation", "newshape"}
        return
    assert [(p.name, p.default) for p in signature.parameters] == [(p.name, plain(p.default)) for p in real]


@pytest.mark.parametrize("last", sorted({*_KERAS_OPS.values(), *_SAME_IN_KERAS_OPS}))
def test_replacements_exist(last: str, keras: Any) -> None:
    """Every ``keras.ops`` function that a finding may recommend is there."""
    assert hasattr(keras.ops, last)


def test_replacement_names() -> None:
    assert keras_ops_name("tensorflow.reduce_mean") == "keras.ops.mean"
    assert keras_ops_name("keras.backend.permute_dimensions") == "keras.ops.transpose"
    assert keras_ops_name("numpy.exp") == "keras.ops.exp"
    assert keras_ops_name("tensorflow.random.normal") == ""


def home_matches(home: str, declared: str) -> bool:
    """``pandas.*`` is all below ``pandas``."""
    return home == declared or (declared.endswith(".*") and f"{home}.".startswith(declared.removesuffix("*")))


def test_homes_are_as_declared() -> None:
    """A module is imported for the names that live in it, and for no others."""
    found: dict[str, set[str]] = {}
    for name, module in (
        *((name, entry.cls.__module__) for name, entry in all_layers().items()),
        *((name, entry.rule.__module__) for name, entry in all_functions().items()),
    ):
        found.setdefault(module.removeprefix("convlint.catalog."), set()).add(name.rpartition(".")[0])
    assert found.keys() == HOMES.keys()
    for module, homes in found.items():
        declared = HOMES[module].split()
        assert all(any(home_matches(home, one) for one in declared) for home in homes), module
        assert all(any(home_matches(home, one) for home in homes) for one in declared), module


def test_a_layer_does_not_load_the_functions() -> None:
    program = (
        "import sys\n"
        "from convlint.catalog.registry import find_function, find_layer\n"
        "assert find_layer('keras.layers.Conv2D') and not find_function('keras.callbacks.EarlyStopping')\n"
        "assert 'convlint.catalog.functions.creation' not in sys.modules\n"
        "assert find_function('numpy.zeros')\n"
        "assert 'convlint.catalog.functions.creation' in sys.modules\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
