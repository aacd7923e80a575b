"""Messages of Keras and TensorFlow without their wrappings."""

from __future__ import annotations

import re

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FUNCTION_NODE = re.compile(r"\{\{function_node [^}]*\}\}\s*")
_TRAILERS = (
    re.compile(r"\s*\n\s*Arguments received by .*", re.DOTALL),
    re.compile(r"\s*\n\s*Call arguments received by .*", re.DOTALL),
    re.compile(r"\s*\[\[\{\{node .*", re.DOTALL),
    re.compile(r"\s*\[Op:\w+\](\s*name:.*)?\s*$", re.DOTALL),
)
_WRAPPERS = (
    # Keras 3: "Exception encountered when calling Conv2D.call()." and, around it or inside it,
    # "Could not automatically infer the output shape / dtype of 'x' ... Error encountered:".
    re.compile(r"^Exception encountered when calling \S+\.call\(\)\.\s*", re.DOTALL),
    re.compile(r"^Could not automatically infer the output shape / dtype of .*?Error encountered:\s*", re.DOTALL),
    # Keras 2: "in user code:", the frames, the exception's name; then the layer.
    re.compile(r"^in user code:.*?\n(?=\s*\w*(?:Error|Exception): )", re.DOTALL),
    re.compile(r"^\s*[A-Za-z_.]*(?:Error|Exception): "),
    re.compile(r"^Exception encountered when calling layer .*?\(type \w+\)\.\s*", re.DOTALL),
    re.compile(r"^Graph execution error:\s*", re.DOTALL),
    re.compile(r"^Detected at node .*?defined at \(most recent call last\):\n"
               r"(?:\s*(?:File|<stack)[^\n]*\n(?:\s{4,}[^\n]*\n)*)*", re.DOTALL),
)  # fmt: skip


def core_message(message: str) -> str:
    """The innermost message: what is left when everything that frameworks wrap around it is peeled off.

    Knows the wrappings of Keras 2 and 3, of ``tf.function`` and of eager operations.
    A message without any comes back as it is, stripped.
    """
    text = _ANSI.sub("", message).replace("\r\n", "\n").strip()
    while True:
        before = text
        for wrapper in _WRAPPERS:
            peeled = wrapper.sub("", text, count=1).strip()
            text = peeled or text
        for trailer in _TRAILERS:
            peeled = trailer.sub("", text, count=1).strip()
            text = peeled or text
        peeled = _FUNCTION_NODE.sub("", text).strip()
        text = peeled or text
        if text == before:
            return text
