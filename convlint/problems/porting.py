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


class PortFlattenOrder(Problem):
    """A ``Dense`` behind a ``Flatten`` of maps whose channels come last; PyTorch flattens the channels first."""

    input_shape: Shape
    flattened: Shape


class LoopOverChannels(Problem):
    """A convolution inside a loop takes one channel of a tensor at a time."""

    input_shape: Shape


class BackendSpecificOp(Problem):
    """``tf.*`` inside a layer, which only works while Keras runs on TensorFlow."""


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


class RecurrentWithoutCudnn(Problem):
    """A recurrent layer with an argument that cuDNN's kernels have no place for."""

    argument: str
    given: str
