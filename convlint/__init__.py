"""convlint: a linter and diagnosis tool for Keras models.

``convlint.check``, ``inspect``, ``diagnose`` and ``compare`` are loaded when they are first used.
"""

# Nothing is imported here: `python -m convlint` runs this before it can leave the user's folder out of the search.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from convlint.python_api import (
        CheckResult,
        CompareResult,
        DiagnoseResult,
        InspectResult,
        check,
        compare,
        diagnose,
        inspect,
    )

__version__ = "0.1.0"
__all__ = [
    "CheckResult",
    "CompareResult",
    "DiagnoseResult",
    "InspectResult",
    "__version__",
    "check",
    "compare",
    "diagnose",
    "inspect",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from convlint import python_api

    value: object = getattr(python_api, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: object) -> None:
    """``%load_ext convlint``."""
    from convlint.ipython import load

    load(shell)


def unload_ipython_extension(shell: object) -> None:
    """``%unload_ext convlint``."""
    from convlint.ipython import unload

    unload(shell)
