"""Shapes that a message prints, and what the catalog says of the call they stand in.

TensorFlow names the operation, its attributes and the shapes it met; Keras 3 prints the shapes of a
convolution that does not fit. With these the fault can be told as exactly as from the source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from convlint.catalog.context import Context, Refused
from convlint.catalog.registry import find_function
from convlint.catalog.tensor import Kind, Tensor
from convlint.lazy import dataclass
from convlint.problems import ChannelMismatch, ChannelsFirstInput, KernelLayoutOIHW, Problem
from convlint.shapes.dims import UNKNOWN
from convlint.shapes.shape import AnyShape, Shape, read_shape

_NODE = re.compile(
    r"for '(?:\{\{node )?(?P<name>[\w./-]{1,300})\}?\}?"
    r"(?: = (?P<op>\w{1,60})\[(?P<attributes>[^()]{0,1500})\]\([^']{0,2000})?'"
    r"(?: \(op: '(?P<old_op>\w{1,60})'\))? with input shapes: (?P<shapes>\[[\d?,\[\] ]{0,400}\])"
)
_CONV = re.compile(
    r"Received `inputs shape=(?P<inputs>\([^)]{1,200}\))`, `kernel shape=(?P<kernel>\([^)]{1,200}\))`, "
    r"`dilation_rate=\[(?P<dilation>[\d ]{1,40})\]`"
    r"(?:, `strides=(?P<strides>\([\d, ]{1,40}\))`, `padding=(?P<padding>\w{1,10})`)?"
)
_POOL = re.compile(
    r"Received: `inputs\.shape=\[(?P<inputs>[\w ]{1,200})\]`, `pool_size=\[(?P<size>[\d ]{1,40})\]`, "
    r"`strides=(?P<strides>\([\d, ]{1,40}\))`, `padding=(?P<padding>\w{1,10})`"
)
_ATTRIBUTE = re.compile(r'(\w+)=(?:"([^"]*)"|\[([\d, -]*)\]|([\w.]+))')
_LAYER_NODE = re.compile(r"(?:conv|dense|lstm|gru)\w*/[\w/]+$")
"""A node inside a layer that owns its kernel, where the kernel's order is no fault of the user's."""
_LOSS_NODE = re.compile(r"loss|error|entropy|divergence|metric|gradient", re.IGNORECASE)
"""A node that compares targets with outputs: its shapes are the data's, not a layer's."""
_ANY_PADDING = "VALID"


@dataclass(frozen=True)
class Operation:
    """A call as a message shows it: the function that does the same and what it was given."""

    function: str
    tensors: tuple[Shape, ...]
    keywords: Mapping[str, object]
    owns_kernel: bool = False

    def problems(self, operation: str) -> tuple[Problem, ...]:
        """What the catalog says of it, the likeliest first; several where the shapes alone leave a choice.

        A text does not say whether an earlier layer has decided which axis holds the channels. Where it may
        not have, a shape that looks channels-first has two readings.

        Args:
            operation: the user's own name for the layer or function.
        """
        found = self._asked(operation, None)
        if any(isinstance(one, ChannelsFirstInput) for one in found):
            decided = self._asked(operation, "channels_last")
            square = len(set(self.tensors[0][2:])) == 1
            found = (*found, *decided) if square else (*decided, *found)
        return found

    def _asked(self, operation: str, layout: str | None) -> tuple[Problem, ...]:
        entry = find_function(self.function)
        if entry is None:
            return ()
        ctx = Context(operation or self.function.replace("tensorflow.", "tf."), inside_call=True)
        tensors = [Tensor(shape, UNKNOWN, Kind.EAGER, layout) for shape in self.tensors]
        try:
            entry.call(ctx, tensors, self.keywords)
        except Refused as refused:
            if refused.problem is not None:
                ctx.noted.append(refused.problem)
        except Exception:  # what a message prints may be nothing that the catalog ever meets: then it has no opinion
            return ()
        return tuple(
            one
            for one in ctx.noted
            if not (self.owns_kernel and isinstance(one, ChannelMismatch | KernelLayoutOIHW))
            and not type(one).__name__.endswith("Silent")
        )


def read_operation(message: str) -> Operation | None:
    """The operation that a message names with all its shapes, else None."""
    found = _CONV.search(message)
    if found is not None:
        return _convolution(found)
    found = _POOL.search(message)
    if found is not None:
        size = _numbers(found["size"])
        keywords = {"ksize": size, "strides": _numbers(found["strides"]), "padding": found["padding"].upper()}
        return Operation("tensorflow.nn.max_pool", (read_shape(found["inputs"]),), keywords)
    found = _NODE.search(message)
    return None if found is None else _node(found)


def _convolution(found: re.Match[str]) -> Operation:
    inputs, kernel = read_shape(found["inputs"]), read_shape(found["kernel"])
    first = len(inputs) > 2 and inputs[-1] != kernel[-2] and inputs[1] == kernel[-2]
    keywords = {
        "data_format": "channels_first" if first else "channels_last",
        "dilation_rate": _numbers(found["dilation"]),
        "strides": _numbers(found["strides"] or "1"),
        "padding": found["padding"] or "valid",
    }
    keywords = {
        key: value[0] if isinstance(value, tuple) and len(value) == 1 else value for key, value in keywords.items()
    }
    return Operation("keras.ops.conv", (inputs, kernel), keywords, owns_kernel=True)


def _node(found: re.Match[str]) -> Operation | None:
    op = found["op"] or found["old_op"]
    shapes = tuple(read_shape(part) for part in re.findall(r"\[([^\[\]]*)\]", found["shapes"]))
    attributes = {
        name: text or (_numbers(numbers) if numbers else word)
        for name, text, numbers, word in _ATTRIBUTE.findall(found["attributes"] or "")
    }
    owns_kernel = _LAYER_NODE.search(found["name"]) is not None
    if op in ("Conv1D", "Conv2D", "Conv3D") and len(shapes) == 2:
        rank = len(shapes[0]) - 2
        keywords = _sliding(attributes, rank)
        keywords["dilations"] = attributes.get("dilations") or None
        return Operation(
            f"tensorflow.nn.conv{rank}d" if rank != 1 else "tensorflow.nn.convolution", shapes, keywords, owns_kernel
        )
    if op in ("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D") and len(shapes) == 1 and "ksize" in attributes:
        keywords = {**_sliding(attributes, len(shapes[0]) - 2), "ksize": attributes["ksize"]}
        return Operation("tensorflow.nn.max_pool", shapes, keywords)
    if op in _ELEMENTWISE and len(shapes) == 2 and not _LOSS_NODE.search(found["name"]):
        return Operation(_ELEMENTWISE[op], shapes, {})
    if op == "MatMul" and len(shapes) == 2 and not owns_kernel:
        return Operation("tensorflow.matmul", shapes, {})
    return None


_ELEMENTWISE = {
    "Add": "tensorflow.add",
    "AddV2": "tensorflow.add",
    "Sub": "tensorflow.subtract",
    "Mul": "tensorflow.multiply",
    "Maximum": "tensorflow.maximum",
    "Minimum": "tensorflow.minimum",
}


def _sliding(attributes: Mapping[str, object], rank: int) -> dict[str, object]:
    formats = ("NWC", "NHWC", "NDHWC")
    return {
        "strides": attributes.get("strides") or [1] * (rank + 2),
        "padding": attributes.get("padding") or _ANY_PADDING,
        "data_format": attributes.get("data_format") or (formats[rank - 1] if 1 <= rank <= 3 else None),
    }


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"-?\d+", text)))


_WRAPPER = re.compile(
    r"Exception encountered when calling "
    r"(?:layer \"(?P<name>[^\"]{1,200})\" \(type (?P<cls>\w{1,100})\)|(?P<keras3>\w{1,100})\.\w{1,60}\(\))"
)
_RECEIVED = re.compile(
    r"rguments received by [^\n]{1,300}:\n\s*[•*-]? ?\w{1,60}=[^\n]{0,160}?shape=(?P<shape>\([^)\n]{0,200}\))"
)


@dataclass(frozen=True)
class Surroundings:
    """What the wrappings of a message tell.

    Attributes:
        layers: classes of the layers that were being called, the innermost last.
        input_shape: of the innermost layer's first argument, UNKNOWN where it is not printed.
    """

    layers: tuple[str, ...]
    input_shape: AnyShape


def surroundings(message: str) -> Surroundings:
    """The layers around the fault and what the innermost was called on."""
    layers = tuple(found["cls"] or found["keras3"] for found in _WRAPPER.finditer(message))
    received = _RECEIVED.search(message)
    return Surroundings(layers, read_shape(received["shape"]) if received else UNKNOWN)
