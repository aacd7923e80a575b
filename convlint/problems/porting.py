"""CL8xx: portability, porting and cost."""

from __future__ import annotations

from convlint.problems.base import Problem
from convlint.shapes.shape import Shape


class ChannelsFirstPortability(Problem):
    """A convolution or pooling layer that reads ``channels_first``."""


class RedundantTranspose(Problem):
    """A permutation that undoes the one before it."""

    first: str
    second: str


class FlattenExplosion(Problem):
    """A ``Dense`` behind a ``Flatten`` with very many weights."""

    features: int
    units: int
    weights: int


class PortSamePadding(Problem):
    """``padding="same"`` with a stride: Keras pads the far side, PyTorch both."""

    strides: str


class PortNormalizationDefaults(Problem):
    """A normalization layer with Keras' defaults, which are not PyTorch's; ``defaults`` lists those that apply."""

    defaults: str


class PrecisionCast(Problem):
    """Values of 64 bits are cut to 32 by a layer."""

    input_shape: Shape


class PredictInLoop(Problem):
    """``model.predict`` inside a Python loop."""
