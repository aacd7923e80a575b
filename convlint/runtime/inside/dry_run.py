"""What a build does not do: download, train, save, draw. Each has a harmless stand-in.

Training is replaced where a file does it outside of its functions, in the dry run of a whole script and in the builders
of a check, by a check of the data's shape against the model, done by Keras itself. A builder that was asked for by
name is built by training, if it trains.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from convlint.runtime.inside import tracing
from convlint.runtime.inside.framework import GENERATION, keras
from convlint.runtime.reports import COMPILING, TRAINING

MISSING_DOWNLOAD = "convlint-not-downloaded"
"""Name of every file that would have been downloaded."""

MAX_VALUES = 20_000_000
"""Numbers in targets up to which they are looked at."""
_DATASETS: Mapping[str, tuple[tuple[int, ...], tuple[int, ...], int, int]] = {
    # images, labels' trailing shape, samples to train and to test; classes
    "mnist": ((28, 28), (), 60_000, 10),
    "fashion_mnist": ((28, 28), (), 60_000, 10),
    "cifar10": ((32, 32, 3), (1,), 50_000, 10),
    "cifar100": ((32, 32, 3), (1,), 50_000, 100),
}
_done: dict[str, int] = defaultdict(int)


class Skipped(BaseException):
    """The program needs what a build does not do."""


def replaced() -> list[str]:
    """What was replaced in this process, with counts."""
    return [f"{name} ({count} calls)" if count > 1 else name for name, count in _done.items()]


def install() -> None:
    """Put the stand-ins in place that hold for every job, once in the worker before it forks."""
    _no_downloads()
    _no_pictures()
    _watch_compile()


# --- downloads ------------------------------------------------------------------------------------


def _no_downloads() -> None:
    def get_file(fname: str | None = None, origin: str | None = None, *_: Any, **__: Any) -> str:
        _done["get_file"] += 1
        return os.path.join(MISSING_DOWNLOAD, os.path.basename(str(fname or origin or "file")))

    plain_load_weights: Any = keras.Model.load_weights

    @functools.wraps(plain_load_weights)
    def load_weights(self: Any, filepath: Any, *args: Any, **kwargs: Any) -> Any:
        if MISSING_DOWNLOAD in str(filepath):
            _done["load_weights"] += 1
            return None
        return plain_load_weights(self, filepath, *args, **kwargs)

    keras.Model.load_weights = load_weights
    for module in list(sys.modules.values()):
        name = getattr(module, "__name__", "")
        if name.startswith(("keras.", "tf_keras.", "tensorflow.")) or name in ("keras", "tf_keras"):
            for attribute in ("get_file",):
                if callable(vars(module).get(attribute)):
                    setattr(module, attribute, get_file)
    for dataset, (image, label, samples, classes) in _DATASETS.items():
        _replace_dataset(dataset, _images(dataset, image, label, samples, classes))


def _images(
    name: str, image: tuple[int, ...], label: tuple[int, ...], samples: int, classes: int
) -> Callable[..., Any]:
    def load_data(*args: Any, **kwargs: Any) -> Any:
        """Zeros in the true shapes; labels run through all classes, so that counting them works."""
        _done[f"{name}.load_data"] += 1
        return tuple(
            (
                np.zeros((count, *image), dtype="uint8"),
                (np.arange(count) % classes).astype("uint8").reshape((count, *label)),
            )
            for count in (samples, 10_000)
        )

    return load_data


def _replace_dataset(name: str, load_data: Callable[..., Any]) -> None:
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith(("keras.", "tf_keras.", "tensorflow.")) and module_name.endswith(f"datasets.{name}"):
            module.load_data = load_data  # type: ignore[attr-defined]


# --- pictures -------------------------------------------------------------------------------------


def _no_pictures() -> None:
    # matplotlib draws into memory (MPLBACKEND=Agg), where show() does nothing; plot_model needs graphviz.
    def plot_model(*args: Any, **kwargs: Any) -> None:
        _done["plot_model"] += 1

    keras.utils.plot_model = plot_model


# --- notebooks ------------------------------------------------------------------------------------


class _Shell:
    """In place of IPython: what it would run or show is not."""

    def _nothing(self, *args: Any, **kwargs: Any) -> None:
        pass

    magic = run_line_magic = run_cell_magic = system = enable_matplotlib = _nothing


def be_a_notebook() -> None:
    """Put the names in place that a notebook has without importing them."""
    shell = _Shell()

    def get_ipython(*unknown: object) -> Any:
        if unknown:
            raise Skipped("the value of a line that only IPython understands")
        return shell

    vars(builtins).update(get_ipython=get_ipython, display=_nothing)


# --- training -------------------------------------------------------------------------------------


@contextlib.contextmanager
def no_training() -> Iterator[None]:
    """Stand-ins for training and saving inside the block."""
    stand_ins = [
        (keras.Model, name, _counted(name, getattr(keras.Model, name), stand_in))
        for name, stand_in in _STAND_INS.items()
        if hasattr(keras.Model, name)
    ]
    stand_ins += [(owner, "save_model", functools.partial(_nothing, None)) for owner in (keras.saving, keras.models)]
    plain = [(owner, name, getattr(owner, name)) for owner, name, _ in stand_ins]
    for owner, name, stand_in in stand_ins:
        setattr(owner, name, stand_in)
    try:
        yield
    finally:
        for owner, name, function in plain:
            setattr(owner, name, function)


def has_trained() -> bool:
    """Whether a stand-in for training or saving was called: what comes after it may be its own doing."""
    return not _STAND_INS.keys().isdisjoint(_done)


def _watch_compile() -> None:
    # Keras reads a saved model's settings only where nobody overrides the trainer's own method.
    owner: Any = next(cls for cls in keras.Model.__mro__ if "compile" in vars(cls))
    plain = owner.compile

    @functools.wraps(plain)
    def compile(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = plain(self, *args, **kwargs)
        if tracing.active is not None and type(self).compile is compile:
            tracing.active.call(lambda **facts: None, (), _compile_facts(self), name=COMPILING)
        return result

    owner.compile = compile


def _compile_facts(model: Any) -> dict[str, Any]:
    """What the catalog needs to judge a loss and its metrics for an output, in plain values."""
    config = getattr(model, "_compile_config", None)
    given = (config.config.get("metrics") if config is not None else None) or []
    names = [metric for metric in given if isinstance(metric, str)] if isinstance(given, list | tuple) else []
    return {"model": id(model), "metrics": names, **_output_facts(model, _loss(model))}


def _output_facts(model: Any, loss: Any) -> dict[str, Any]:
    ends = getattr(model, "outputs", None) or []
    config = loss.get_config() if loss is not None else {}
    return {
        "end": tracing.active.tensor(ends[0])["id"] if tracing.active is not None and len(ends) == 1 else None,
        "output": _plain(getattr(model, "output_shape", None)),
        "loss": type(loss).__name__ if loss is not None else "",
        "shown_loss": _spelled_loss(model),
        "from_logits": config.get("from_logits", False),
        "ignore_class": config.get("ignore_class"),
    }


def _spelled_loss(model: Any) -> str:
    """The name by which the program chose its loss, empty for an object."""
    config = getattr(model, "_compile_config", None)
    given = config.config.get("loss") if config is not None else getattr(model, "loss", None)
    return given if isinstance(given, str) else ""


def _values(y: Any) -> dict[str, Any]:
    """What targets hold, where they are an array: one-hot rows, or whole numbers between two bounds."""
    if not isinstance(y, np.ndarray) or not y.size or y.size > MAX_VALUES or y.dtype.kind not in "iufb":
        return {}
    if y.ndim > 1 and y.shape[-1] > 1:
        return {"one_hot": bool(np.isin(y, (0, 1)).all() and (y.sum(axis=-1) == 1).all())}
    if not np.isfinite(y).all() or (y != np.round(y)).any():
        return {}
    return {"lowest": int(y.min()), "highest": int(y.max())}


def _counted(name: str, plain: Any, stand_in: Callable[..., Any]) -> Any:
    @functools.wraps(plain)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        _done[name] += 1
        return stand_in(self, *args, **kwargs)

    return call


def _nothing(*args: Any, **kwargs: Any) -> None:
    """In place of what only writes."""


def _check(model: Any, name: str, x: Any, y: Any = None) -> Any:
    """Call the model on data of this shape, and its loss on such targets: Keras itself refuses what does not fit.

    The parent hears of shapes and loss, and asks the catalog what is wrong. Without values, and inside a graph,
    as ``fit`` does it: a call on symbolic Keras tensors skips the layers' own checks.
    """
    specs = _specs(x)
    if specs is None:
        return None
    loss = _loss(model) if y is not None else None
    targets = _specs(y) if loss is not None else None

    def run(**facts: Any) -> Any:
        with keras.StatelessScope(initialize_variables=False), tf.__internal__.FuncGraph("convlint").as_default():
            inputs = tf.nest.map_structure(_placeholder, specs)
            outputs = model(inputs)
            if loss is not None and isinstance(targets, tf.TensorSpec) and tf.is_tensor(outputs):
                loss(_placeholder(targets), outputs)
            return outputs

    if tracing.active is None:
        return run()
    return tracing.active.call(run, (), _facts(model, name, x, y, loss), name=TRAINING)


def _placeholder(spec: tf.TensorSpec) -> Any:
    return tf.compat.v1.placeholder(spec.dtype, spec.shape)


def _loss(model: Any) -> Any:
    """The one loss of Keras that the model was compiled with, as an object; None for others."""
    config = getattr(model, "_compile_config", None)
    given = config.config.get("loss") if config is not None else getattr(model, "loss", None)
    if isinstance(given, keras.losses.Loss):
        return given
    if isinstance(given, str):
        try:
            given = keras.losses.get(given)
        except ValueError:
            return None
    name = getattr(given, "__name__", "")
    classes = [cls for cls in vars(keras.losses).values() if isinstance(cls, type)]
    found = next((cls for cls in classes if name in (cls.__name__, _snake(cls.__name__))), None)
    return found() if found is not None and found is not keras.losses.Loss else None


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _facts(model: Any, name: str, x: Any, y: Any, loss: Any) -> dict[str, Any]:
    """What the catalog needs to judge the call, in plain values."""
    return {
        "method": name,
        "model": id(model),
        "compiled": bool(getattr(model, "compiled", True)),
        "keeps_functions": GENERATION == 3 and isinstance(x, np.ndarray) and not getattr(model, "run_eagerly", False),
        "sequential": isinstance(model, keras.Sequential),
        "declared": _plain(getattr(model, "input_shape", None)),
        "data": _plain(getattr(x, "shape", None)),
        "target": _plain(getattr(y, "shape", None)) if loss is not None else None,
        "values": [[key, value] for key, value in _values(y).items()],
        **_output_facts(model, loss),
    }


def _plain(shape: Any) -> list[int | None] | None:
    if not isinstance(shape, tuple | tf.TensorShape):
        return None
    sizes = list(shape)
    return sizes if all(size is None or isinstance(size, int) for size in sizes) else None


def _specs(x: Any) -> Any:
    if isinstance(x, dict):
        parts = {key: _specs(value) for key, value in x.items()}
        return None if any(part is None for part in parts.values()) else parts
    if isinstance(x, list | tuple) and x and all(hasattr(part, "shape") for part in x):
        several = [_specs(part) for part in x]
        return None if any(part is None for part in several) else several
    shape = getattr(x, "shape", None)
    if shape is None or not hasattr(x, "dtype") or getattr(shape, "rank", 0) is None or len(shape) == 0:
        return None
    dtype = str(getattr(x.dtype, "name", x.dtype))
    if not dtype.startswith(("float", "int", "uint", "bool")):
        return None
    # fit() casts floating-point data to the default precision.
    return tf.TensorSpec((None, *tuple(shape)[1:]), keras.config.floatx() if dtype == "float64" else dtype)


class _Curves(dict[str, Any]):
    """``history.history``: whatever metric the program asks for."""

    def __init__(self, epochs: int) -> None:
        super().__init__(loss=[0.0] * epochs)
        self.epochs = epochs

    def __missing__(self, key: str) -> list[float]:
        return [0.0] * self.epochs


def _fit(self: Any, x: Any = None, y: Any = None, batch_size: Any = None, epochs: int = 1, *_: Any, **__: Any) -> Any:
    _check(self, "fit", *_parts(x, y))
    history = keras.callbacks.History()
    history.set_model(self)
    history.history = _Curves(int(epochs))
    history.epoch = list(range(int(epochs)))
    self.history = history
    return history


def _evaluate(self: Any, x: Any = None, y: Any = None, *_: Any, **kwargs: Any) -> Any:
    _check(self, "evaluate", *_parts(x, y))
    config = getattr(self, "_compile_config", None)
    if GENERATION == 2:
        metrics = getattr(getattr(self, "compiled_metrics", None), "_user_metrics", None) or []
    else:
        metrics = (config.config.get("metrics") if config is not None else None) or []
    count = 1 + (len(metrics) if isinstance(metrics, list | tuple | dict) else 1)
    if kwargs.get("return_dict"):
        return _Curves(1) | {"loss": 0.0}
    return 0.0 if count == 1 else [0.0] * count


def _predict(self: Any, x: Any = None, *_: Any, **__: Any) -> Any:
    outputs = _check(self, "predict", _parts(x, None)[0])
    if outputs is None:
        raise Skipped("predict() on data whose shape is not known without reading it")
    samples = _samples(x)
    return keras.tree.map_structure(lambda output: _zeros(output, samples), outputs)


def _parts(x: Any, y: Any) -> tuple[Any, Any]:
    """What goes into the model and what its output is compared with; of a dataset their specifications."""
    if not isinstance(x, tf.data.Dataset):
        return x, y
    spec = x.element_spec
    if not isinstance(spec, tuple) or not 1 <= len(spec) <= 3:
        return spec, None
    return spec[0], spec[1] if len(spec) > 1 else None


def _samples(x: Any) -> int:
    """How many samples the data holds."""
    if isinstance(x, tf.data.Dataset):
        batches, first = int(x.cardinality()), tf.nest.flatten(x.element_spec)[0]
        if batches < 0 or first.shape.rank is None or first.shape[0] is None:
            raise Skipped("predict() on a dataset whose size is not known without reading it")
        return batches * int(first.shape[0])
    return len(next(iter(x.values())) if isinstance(x, dict) else x[0] if isinstance(x, list | tuple) else x)


def _zeros(output: Any, samples: int) -> Any:
    shape = (samples, *tuple(output.shape)[1:])
    if any(size is None for size in shape):
        raise Skipped("predict() whose output shape depends on the data")
    return np.zeros(shape, dtype=output.dtype.as_numpy_dtype)


_STAND_INS: Mapping[str, Callable[..., Any]] = {
    "fit": _fit,
    "evaluate": _evaluate,
    "predict": _predict,
    "train_on_batch": _evaluate,
    "test_on_batch": _evaluate,
    "predict_on_batch": _predict,
    "save": _nothing,
    "save_weights": _nothing,
    "export": _nothing,
}
"""Methods of a model, and what they do without training."""
