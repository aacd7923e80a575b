"""What the user asks to have built: ``model.py:build_model``, ``x: 224 224 3``, ``classes=10``."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from difflib import get_close_matches
from pathlib import Path

from convlint.lazy import dataclass

DTYPES = ("float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64",
          "uint8", "uint16", "uint32", "uint64", "bool", "string")  # fmt: skip

DEFAULT_TIME_LIMIT = 60.0
"""Seconds of wall time for one job; importing Keras is not counted."""
DEFAULT_MEMORY_LIMIT = 4 << 30
"""Bytes that a job may allocate on top of the imported framework."""


class TargetError(ValueError):
    """A target, an input or an argument that can't be understood; the text names the nearest right one."""


@dataclass(frozen=True)
class InputSpec:
    """One input: the shape of one sample (the batch axis is added), ``None`` for a free axis.

    ``name`` is empty when inputs are told apart by their order; ``dtype`` is None for the
    default of whoever receives it.
    """

    shape: tuple[int | None, ...]
    name: str = ""
    dtype: str | None = None


@dataclass(frozen=True)
class BuildTarget:
    """Something to build, and how.

    Attributes:
        file: path of the Python file as findings shall print it.
        builder: name of a function, class or module-level object (dots lead into classes);
            empty for the only candidate in the file.
        arguments: by name, for the function or the class.
        inputs: for what is called on tensors.
        image_data_format: what ``keras.config.image_data_format()`` is when the file loads.
        time_limit: wall seconds.
        memory_limit: bytes on top of the imported framework.
        expression: Python for the thing itself, as in ``keras.layers.Dense(4)``; then ``file`` only says where it runs.
        saved: whether ``file`` is a saved model.
        notebook: whether it holds the code of a notebook, for which IPython's own names are there.
    """

    file: str
    builder: str = ""
    arguments: Mapping[str, object] = field(default_factory=dict)
    inputs: tuple[InputSpec, ...] = ()
    image_data_format: str = "channels_last"
    time_limit: float = DEFAULT_TIME_LIMIT
    memory_limit: int = DEFAULT_MEMORY_LIMIT
    expression: str = ""
    saved: bool = False
    notebook: bool = False

    def __str__(self) -> str:
        if self.expression:
            return self.expression
        return f"{self.file}:{self.builder}" if self.builder else self.file


def parse_target(text: str, *, arguments: Sequence[str] = (), inputs: Sequence[str] = ()) -> BuildTarget:
    """Read ``model.py:build_model`` or ``package.module:Net``.

    Raises:
        TargetError: the file does not exist, or the text is no target.
    """
    where, separator, builder = text.rpartition(":")
    if not separator or os.sep in builder or (os.altsep or os.sep) in builder:
        # No builder, or the colon of a Windows drive.
        where, builder = text, ""
    if builder and not all(part.isidentifier() for part in builder.split(".")):
        raise TargetError(f"`{builder}` in `{text}` is not a Python name; a target reads model.py:build_model")
    return BuildTarget(
        _existing_file(where, text),
        builder,
        dict(parse_argument(argument) for argument in arguments),
        tuple(parse_input(spec) for spec in inputs),
    )


EXPRESSION_NAMES = ("keras", "layers", "ops", "tf", "tensorflow", "np", "numpy", "torch", "nn")
"""Names that an expression may use without importing them."""


def parse_expression(text: str) -> str | None:
    """The text, where it is an expression over :data:`EXPRESSION_NAMES` and not the name of a file; else None."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if isinstance(tree.body, ast.Attribute | ast.Name) and Path(*text.split(".")).with_suffix(".py").is_file():
        return None
    root: ast.expr = tree.body
    while isinstance(root, ast.Attribute | ast.Call):
        root = root.value if isinstance(root, ast.Attribute) else root.func
    known = isinstance(root, ast.Name) and root.id in EXPRESSION_NAMES and root is not tree.body
    return text.strip() if known or isinstance(tree.body, ast.Lambda) else None


def _existing_file(where: str, text: str) -> str:
    path = Path(where)
    if path.is_file():
        return where
    if path.is_dir():
        raise TargetError(f"`{where}` is a folder; a target names a file and a builder, as in model.py:build_model")
    if path.suffix != ".py" and all(part.isidentifier() for part in where.split(".")):
        for candidate in (Path(*where.split(".")).with_suffix(".py"), Path(*where.split("."), "__init__.py")):
            if candidate.is_file():
                return str(candidate)
    folder = path.parent
    siblings = [entry.name for entry in folder.iterdir() if entry.suffix == ".py"] if folder.is_dir() else []
    nearest = get_close_matches(path.name, siblings, n=1, cutoff=0.6)
    if not nearest and not path.suffix:
        nearest = get_close_matches(f"{path.name}.py", siblings, n=1, cutoff=0.6)
    hint = f"; did you mean {folder / nearest[0]}?" if nearest else ""
    raise TargetError(f"there is no file `{where}` (from `{text}`){hint}")


def parse_input(text: str) -> InputSpec:
    """Read ``"224 224 3"``, ``"x: 224 224 3"``, ``"(None, 300) float64"``: the shape of one sample.

    Raises:
        TargetError: a size that is neither a number above 0 nor ``None``, or an unknown dtype.
    """
    name, separator, rest = text.partition(":")
    name, rest = (name.strip(), rest) if separator else ("", text)
    if name and not name.isidentifier():
        raise TargetError(f"`{name}` in the input `{text}` is not a name; an input reads x: 224 224 3")
    shape: list[int | None] = []
    dtype = None
    for word in re.findall(r"[^\s,()\[\]×]+", re.sub(r"(?<=\d)[xX](?=\d)", " ", rest)):
        if word in ("None", "?"):
            shape.append(None)
        elif word.isdecimal() and int(word) > 0:
            shape.append(int(word))
        elif word in DTYPES and dtype is None:
            dtype = word
        else:
            nearest = get_close_matches(word, DTYPES, n=1)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            raise TargetError(f"`{word}` in the input `{text}` is neither a size, None, nor a dtype{hint}")
    if not shape and "(" not in rest and dtype is None:
        raise TargetError(f"the input `{text}` has no sizes; an input reads x: 224 224 3")
    return InputSpec(tuple(shape), name, dtype)


def parse_argument(text: str) -> tuple[str, object]:
    """Read ``"classes=10"``; the value is a Python literal.

    Raises:
        TargetError: no ``=``, no name, or a value that is not a literal.
    """
    name, separator, value = text.partition("=")
    name = name.strip()
    if not separator or not name.isidentifier():
        raise TargetError(f"the argument `{text}` does not read name=value, as in classes=10")
    try:
        return name, ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise TargetError(
            f"the value `{value}` of the argument `{name}` is not a Python literal; text needs quotes: {name}='{value}'"
        ) from None
