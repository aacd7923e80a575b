"""CL6xx: API misuse and habits from other frameworks."""

from __future__ import annotations

from convlint.problems.base import Problem


class DiscardedResult(Problem):
    """The value of a function or layer without side effects is thrown away."""

    argument: str
    """The plain name of the first argument, or empty."""


class TensorInConstructor(Problem):
    """A tensor is passed where the layer's first constructor argument belongs."""

    argument: str


class TorchArgument(Problem):
    """A PyTorch keyword; ``keras_argument`` is empty where Keras has no equivalent."""

    argument: str
    keras_argument: str


class TorchMethod(Problem):
    """A PyTorch method on a Keras or TensorFlow tensor."""

    method: str
    replacement: str


class LayerNotCalled(Problem):
    """A layer object stands where a tensor belongs; ``layer`` is how the program calls it."""

    layer: str


class LayerClassNotMade(Problem):
    """A layer's class stands where an object of it belongs: ``model.add(Flatten)``."""

    layer: str


class MergeInputsNotList(Problem):
    """A function or layer that joins tensors gets them one by one; ``count`` of them."""

    count: int


class WeightsCreatedInCall(Problem):
    """A layer's ``call`` gives the layer new weights or sublayers; ``made`` is what it makes."""

    made: str


class WeightsCreatedInCallSilent(Problem):
    """A layer with weights is made anew on each run of ``call``, and nobody keeps it."""

    made: str


class LambdaCapturesWeights(Problem):
    """The function of a ``Lambda`` calls a layer or model that has weights."""

    captured: str


class MissingSuperInit(Problem):
    """A class derived from a Keras class has an ``__init__`` that never calls its base's; ``base`` is that."""

    base: str


class SequentialAddResult(Problem):
    """The value of ``model.add(...)``, which is ``None``, is used; ``attribute`` is what is asked of it."""

    attribute: str


class ConfigLacksArgument(Problem):
    """``get_config`` leaves out an argument that ``__init__`` needs."""

    argument: str


class ConfigHoldsArgument(Problem):
    """``get_config`` holds a key that ``__init__`` does not take."""

    argument: str


class GraphDisconnected(Problem):
    """The outputs of a model depend on an input that is not among its inputs."""

    input: str


class OverwrittenOutput(Problem):
    """The output of a layer is thrown away: its name is bound to something else before anybody reads it."""

    name: str


class UnusedBranch(Problem):
    """A layer with weights is called on a tensor of a model, and its output is used nowhere."""

    name: str


class MixedKerasPackages(Problem):
    """A layer of one Keras package meets tensors or a model of another."""

    package: str
    other: str


class PrivateKerasImport(Problem):
    """Something is imported from a module that is not part of the public interface; ``replacement`` may be empty."""

    replacement: str
