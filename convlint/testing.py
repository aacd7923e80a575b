"""For tests: ``assert_builds(build_model, input=(224, 224, 3))``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from convlint.python_api import InspectResult, inspect

if TYPE_CHECKING:
    from convlint.python_api import Inputs


def assert_builds(
    builder: object,
    *,
    input: Inputs | None = None,
    args: Mapping[str, object] | None = None,
    output: Sequence[int | None] | None = None,
    static: bool = False,
    time_limit: float | None = None,
) -> InspectResult:
    """Assert that a model can be built, and that convlint finds nothing wrong with it.

    Args:
        builder: as :func:`convlint.inspect` takes it.
        input: shapes of one sample.
        args: arguments of the builder.
        output: the shape that the last layer gives, with the batch.
        static: derive the layers from the source instead of building them.
        time_limit: seconds that the build may take; as configured, else 60.

    Returns:
        The layer table.

    Raises:
        AssertionError: with the report as its text.
    """
    __tracebackhide__ = True
    result = inspect(builder, input=input, args=args, static=static, time_limit=time_limit)
    if not result.ok:
        raise AssertionError(f"{result!r}\n{result}".rstrip())
    if output is not None:
        given = result.layers[-1].output_shapes if result.layers else ()
        if given != (tuple(output),):
            shown = ", ".join(map(str, given)) or "nothing that is known"
            raise AssertionError(f"{result.name} gives {shown}, not {tuple(output)}\n{result}".rstrip())
    return result
