"""Rules that only this house has. The pages beside this file say how they read."""

from collections.abc import Iterator

from convlint.packs import Problem, SeenCall


class HeavyDropout(Problem):
    """A dropout that leaves less than the house allows."""

    rate: float
    allowed: float


ALLOWED = 0.6


def observe(call: SeenCall) -> Iterator[Problem]:
    """Say what is wrong with one call; values that are not known come as ``UNKNOWN`` and are no numbers."""
    if call.name == "keras.layers.Dropout":
        rate = call.argument("rate", 0)
        if isinstance(rate, float) and ALLOWED < rate < 1:
            yield HeavyDropout(call.shown, rate, ALLOWED)
