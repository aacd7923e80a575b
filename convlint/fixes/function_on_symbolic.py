"""CL305, CL306: NumPy or TensorFlow on a symbolic Keras tensor, by ``keras.ops``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convlint.fixes.editing import fix, positional_of
from convlint.problems import NumpyOnSymbolic, TfFunctionOnKerasTensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.findings import Fix
    from convlint.fixes.editing import Case

_SAME_ORDER = frozenset(
    """abs absolute add arange arccos arcsin arctan argmax argmin argsort broadcast_to cast ceil concatenate copy cos
    cosh divide equal exp expand_dims floor greater greater_equal less less_equal log log10 log1p log2 logical_and
    logical_not logical_or matmul max maximum mean min minimum multiply negative not_equal ones_like power prod
    reciprocal relu repeat reshape round rsqrt sigmoid sign sin sinh softmax softplus sqrt square squeeze stack
    subtract sum swapaxes tan tanh tile transpose where zeros_like""".split()  # noqa: SIM905
)
"""Functions of ``keras.ops`` whose positional arguments stand in the order of NumPy's and TensorFlow's."""
_WORDS_TOO = frozenset({"axis", "axes", "keepdims"})
"""Keywords that the two sides share."""


def propose(case: Case) -> Iterator[Fix]:
    """Call the function of ``keras.ops`` that does the same."""
    problem, call = case.observation.problem, case.call
    if not isinstance(problem, NumpyOnSymbolic | TfFunctionOnKerasTensor) or call is None:
        return
    if problem.replacement.rpartition(".")[2] not in _SAME_ORDER or not problem.replacement.startswith("keras.ops."):
        return
    named = [argument.keyword.value for argument in call.args if argument.keyword is not None]
    if len(positional_of(call)) + len(named) != len(call.args) or not _WORDS_TOO.issuperset(named):
        return
    spelled = case.spell(problem.replacement, f"tensorflow.{problem.replacement}")
    if spelled is not None:
        yield from fix("unsafe", f"call `{spelled[0]}`", [case.replace(call.func, spelled[0])], spelled[1])
