"""Words of other generations and frameworks: Keras 1 arguments, PyTorch arguments.

Sources: the Keras 2.0 release notes and ``keras/legacy/interfaces.py`` of Keras 2.3;
``torch.nn`` and ``torch.nn.functional``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from convlint.catalog.context import Context
from convlint.problems import Keras1Argument
from convlint.shapes.dims import DYNAMIC

KERAS1_RENAMES: Mapping[str, str] = {
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "subsample": "strides",
    "subsample_length": "strides",
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "atrous_rate": "dilation_rate",
    "pool_length": "pool_size",
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "forget_bias_init": "unit_forget_bias",
    "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "U_constraint": "recurrent_constraint",
    "b_constraint": "bias_constraint",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "output_dim": "units",
    "p": "rate",
    "sigma": "stddev",
    "bias": "use_bias",
    "nb_epoch": "epochs",
    "samples_per_epoch": "steps_per_epoch",
    "nb_val_samples": "validation_steps",
    "input": "inputs",
    "output": "outputs",
    "nb_classes": "num_classes",
    "nb_words": "num_words",
}
"""Keras 1 keyword to today's, applied where the callable takes the new word and not the old."""

KERAS1_SHARED_WITH_TORCH = frozenset({"bias"})
"""Words that prove Keras 1 only in the company of another one."""

KERAS1_WINDOWS: Mapping[str, tuple[str, ...]] = {
    "Conv2D": ("nb_row", "nb_col"),
    "SeparableConv2D": ("nb_row", "nb_col"),
    "Conv2DTranspose": ("nb_row", "nb_col"),
    "Conv3D": ("kernel_dim1", "kernel_dim2", "kernel_dim3"),
}
"""Parts from which Keras 1 put the kernel size together."""

KERAS1_LAYOUTS: Mapping[str, str | None] = {"th": "channels_first", "tf": "channels_last", "default": None}

REMOVED_METHODS: Mapping[str, str] = {
    "fit_generator": "fit",
    "evaluate_generator": "evaluate",
    "predict_generator": "predict",
    "predict_proba": "predict",
    "predict_classes": "predict(…).argmax(axis=-1)",
    "to_yaml": "to_json",
    "reset_states": "reset_state() of each stateful layer",
}
"""Methods of models that Keras 3 no longer has. Source: measured with Keras 3.15."""

GENERATOR_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "fit_generator": ("x", "steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data", "validation_steps"),
    "evaluate_generator": ("x", "steps", "callbacks"),
    "predict_generator": ("x", "steps", "callbacks"),
}
"""Parameters of Keras 2's generator methods by position, under the names of their successors."""

_QUEUE = {"workers": "", "use_multiprocessing": "", "max_queue_size": ""}
_QUEUE1 = {"max_q_size": "", "nb_worker": "", "pickle_safe": "", "show_accuracy": ""}
KERAS1_METHOD_WORDS: Mapping[str, Mapping[str, str]] = {
    "fit": {
        "nb_epoch": "epochs",
        "samples_per_epoch": "steps_per_epoch",
        "nb_val_samples": "validation_steps",
        **_QUEUE1,
    },
    "evaluate": {"val_samples": "steps", **_QUEUE1},
    "predict": {"val_samples": "steps", **_QUEUE1},
    "compile": {"class_mode": ""},
}
"""Keywords that methods of models had in Keras 1, and today's; empty where there is none."""

COUNT_SAMPLES = frozenset({"samples_per_epoch", "nb_val_samples", "val_samples"})
"""Words of Keras 1 that count samples, where today's count batches."""

REMOVED_METHOD_WORDS: Mapping[str, Mapping[str, str]] = {
    "fit": _QUEUE,
    "evaluate": _QUEUE,
    "predict": _QUEUE,
    "compile": {
        "sample_weight_mode": "",
        "target_tensors": "",
        "experimental_run_tf_function": "",
        "experimental_steps_per_execution": "steps_per_execution",
        "distribute": "",
        "options": "",
    },
    "save_weights": {"save_format": "", "options": ""},
}
"""Keywords of Keras 2 that methods of models refuse today. Source: measured with Keras 3.15."""

REMOVED_CALL_WORDS: Mapping[str, Mapping[str, str]] = {
    "keras.callbacks.ModelCheckpoint": {"period": "", "options": ""},
    "keras.callbacks.TensorBoard": dict.fromkeys(
        ("write_grads", "batch_size", "embeddings_layer_names", "embeddings_data"), ""
    ),
    "keras.utils.to_categorical": {"dtype": ""},
}
"""The same for classes and functions."""

REMOVED_LAYER_WORDS = frozenset(
    {"batch_input_shape", "batch_shape", "batch_size", "weights", "dynamic", "input_length", "fused",
     "virtual_batch_size", "adjustment", "time_major"}
)  # fmt: skip
"""Keywords of Keras 2 that layers refuse today, unless their own signature has them. Source: measured."""

IGNORED_WORDS: Mapping[tuple[str, str], str] = {
    ("LeakyReLU", "alpha"): "negative_slope",
    ("Embedding", "input_length"): "",
    ("InputLayer", "input_shape"): "shape",
    ("ReduceLROnPlateau", "epsilon"): "min_delta",
}
"""Class and keyword that Keras 3 takes with a warning, and today's word. Source: measured."""

OPTIMIZERS: Mapping[str, str] = {
    "Adadelta": "0.001", "Adafactor": "0.001", "Adagrad": "0.001", "Adam": "0.001", "Adamax": "0.001",
    "AdamW": "0.001", "Ftrl": "0.001", "Lion": "0.001", "Nadam": "0.001", "RMSprop": "0.001", "SGD": "0.01",
}  # fmt: skip
"""Optimizers and the learning rate that they have when none is given."""

MODEL_FILES = (".keras", ".h5", ".hdf5")
CHECKPOINT_FILES = (".keras", ".h5")
WEIGHT_FILES = (".weights.h5",)
"""Endings of file names that Keras 3 takes, for models, ``ModelCheckpoint`` and weights. Source: measured."""


TORCH_RENAMES: Mapping[str, tuple[str, ...]] = {
    "stride": ("strides",),
    "bias": ("use_bias",),
    "kernel_size": ("pool_size", "ksize"),
    "dilation": ("dilation_rate", "dilations"),
    "out_channels": ("filters",),
    "out_features": ("units",),
    "num_embeddings": ("input_dim",),
    "embedding_dim": ("output_dim",),
    "dim": ("axis",),
    "keepdim": ("keepdims",),
    "p": ("rate",),
    "hidden_size": ("units",),
    "eps": ("epsilon",),
    "num_features": ("",),
    "in_channels": ("",),
    "in_features": ("",),
    "padding_mode": ("",),
    "input_size": ("",),
}
"""PyTorch keyword to the Keras words it may stand for; empty where Keras needs none."""


OPS_FOR_BACKEND: Mapping[str, str] = {
    "conv1d": "keras.ops.conv", "conv2d": "keras.ops.conv", "conv3d": "keras.ops.conv",
    "conv2d_transpose": "keras.ops.conv_transpose", "depthwise_conv2d": "keras.ops.depthwise_conv",
    "separable_conv2d": "keras.ops.separable_conv", "permute_dimensions": "keras.ops.transpose",
    "concatenate": "keras.ops.concatenate", "expand_dims": "keras.ops.expand_dims", "squeeze": "keras.ops.squeeze",
    "reshape": "keras.ops.reshape", "sum": "keras.ops.sum", "mean": "keras.ops.mean", "max": "keras.ops.max",
    "min": "keras.ops.min", "square": "keras.ops.square", "sqrt": "keras.ops.sqrt", "abs": "keras.ops.abs",
    "exp": "keras.ops.exp", "log": "keras.ops.log", "dot": "keras.ops.matmul", "batch_dot": "keras.ops.matmul",
    "stack": "keras.ops.stack", "tile": "keras.ops.tile", "cast": "keras.ops.cast", "clip": "keras.ops.clip",
    "softmax": "keras.ops.softmax", "relu": "keras.ops.relu", "sigmoid": "keras.ops.sigmoid",
    "tanh": "keras.ops.tanh", "zeros": "keras.ops.zeros", "ones": "keras.ops.ones", "shape": "keras.ops.shape",
    "argmax": "keras.ops.argmax", "maximum": "keras.ops.maximum", "minimum": "keras.ops.minimum",
    "equal": "keras.ops.equal", "greater": "keras.ops.greater", "less": "keras.ops.less",
    "transpose": "keras.ops.transpose", "one_hot": "keras.ops.one_hot", "int_shape": "x.shape",
    "ndim": "len(x.shape)", "set_image_dim_ordering": "keras.config.set_image_data_format",
    "image_dim_ordering": "keras.config.image_data_format", "random_normal": "keras.random.normal",
    "random_uniform": "keras.random.uniform",
}  # fmt: skip
"""Today's place of what left ``keras.backend``; signatures may differ."""

TORCH_METHODS: Mapping[str, str] = {
    "permute": "keras.ops.transpose",
    "view": "keras.ops.reshape",
    "unsqueeze": "keras.ops.expand_dims",
    "unsqueeze_": "keras.ops.expand_dims",
    "contiguous": "",
    "cuda": "",
    "size": "x.shape",
    "detach": "keras.ops.stop_gradient",
}
"""PyTorch methods that neither Keras nor TensorFlow tensors have, and what does their work."""

TENSORFLOW1_RENAMES: Mapping[str, str] = {
    "filter": "filters",
    "value": "input",
    "dim": "axis",
    "dimension": "axis",
    "concat_dim": "axis",
    "reduction_indices": "axis",
    "squeeze_dims": "axis",
    "keep_dims": "keepdims",
}
"""Words that ``tensorflow.compat.v1`` still takes, and those of TensorFlow 2."""


def tensorflow1_words(keywords: Mapping[str, Any], accepted: Collection[str]) -> dict[str, Any]:
    """The keywords of a ``tensorflow.compat.v1`` call in the words of TensorFlow 2, where it has one for them."""
    return {
        TENSORFLOW1_RENAMES[word] if word not in accepted and TENSORFLOW1_RENAMES.get(word) in accepted else word: value
        for word, value in keywords.items()
    }


def torch_rename(keyword: str, accepted: Collection[str]) -> str | None:
    """Today's Keras word for a PyTorch keyword.

    Returns:
        The word; ``""`` where Keras has no use for the argument; ``None`` where the
        keyword is not PyTorch's or the callable has no equivalent.
    """
    candidates = TORCH_RENAMES.get(keyword)
    if candidates is None:
        return None
    return next((word for word in candidates if word == "" or word in accepted), None)


def modernise_keras1(
    ctx: Context,
    name: str,
    accepted: Collection[str],
    positional: Sequence[object],
    keywords: Mapping[str, object],
) -> tuple[Sequence[object], Mapping[str, object], Keras1Argument | None]:
    """Translate the Keras 1 words of a call.

    Returns:
        Positional and keyword arguments as today's Keras wants them, and the problem, or
        the arguments untouched and ``None`` where there is nothing to translate.
    """
    window = KERAS1_WINDOWS.get(name, ())
    old = [
        word for word in keywords if word not in accepted and (word in window or KERAS1_RENAMES.get(word) in accepted)
    ]
    if not [word for word in old if word not in KERAS1_SHARED_WITH_TORCH]:
        return positional, keywords, None
    positional = list(positional)
    translated: dict[str, object] = {}
    parts = [part for part in window if part in keywords]
    if window and len(positional) > len(window):
        # Convolution2D(32, 3, 3, border_mode="same"): filters, rows, columns.
        translated["kernel_size"] = tuple(positional[1 : 1 + len(window)])
        del positional[1 : 1 + len(window)]
    elif parts:
        given = [*positional[1:], *(keywords[part] for part in parts)]
        translated["kernel_size"] = tuple(given[: len(window)])
        del positional[1:]
    for word, value in keywords.items():
        if word in window:
            continue
        if word not in old:
            translated[word] = value
        elif word == "dim_ordering":
            translated["data_format"] = KERAS1_LAYOUTS.get(value, value) if isinstance(value, str) else value
        else:
            translated[KERAS1_RENAMES[word]] = value
    changed = {key: translated[key] for key in accepted if key in translated and key not in keywords}
    words = ", ".join(f"{key}={show_value(value)}" for key, value in changed.items())
    return positional, translated, Keras1Argument(ctx.operation, tuple(old), words)


def show_value(value: object) -> str:
    """A value as it reads in source; what is not known shows as ``…``."""
    if value is DYNAMIC or value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    if isinstance(value, tuple):
        inner = ", ".join(show_value(part) for part in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, list):
        return f"[{', '.join(show_value(part) for part in value)}]"
    return "…"
