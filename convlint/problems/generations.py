"""CL7xx: Keras generations."""

from __future__ import annotations

from convlint.problems.base import Problem


class Keras1Argument(Problem):
    """Keywords of Keras 1; ``keras_arguments`` is how today's call reads."""

    arguments: tuple[str, ...]
    keras_arguments: str


class MovedImport(Problem):
    """A module or name that moved or went; ``replacement`` is empty where it has no successor."""

    replacement: str


class RemovedBackendFunction(Problem):
    """A ``keras.backend`` function that Keras 3 no longer has."""

    replacement: str
