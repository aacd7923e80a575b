"""Spellings: from the dotted name a program uses to the catalog's canonical one."""

from __future__ import annotations

from functools import lru_cache

_PREFIXES = (
    ("tensorflow.compat.v1.keras", "keras"),
    ("tensorflow.compat.v2.keras", "keras"),
    ("tensorflow.compat.v1", "tensorflow"),
    ("tensorflow.compat.v2", "tensorflow"),
    ("tensorflow.python.keras", "keras"),
    ("tensorflow.keras", "keras"),
    ("tensorflow.contrib.keras", "keras"),
    ("tensorflow.experimental.numpy", "numpy"),
    ("tf_keras.src", "keras"),
    ("tf_keras", "keras"),
    ("keras.api._v2.keras", "keras"),
    ("keras.api", "keras"),
    ("keras._tf_keras.keras", "keras"),
    ("keras_preprocessing", "keras.preprocessing"),
    ("keras.src.legacy.preprocessing", "keras.preprocessing"),
    ("keras.utils.image_utils", "keras.utils"),
    ("keras.utils.data_utils", "keras.utils"),
    ("PIL.Image.Resampling", "PIL.Image"),
    ("keras.layers.convolutional", "keras.layers"),
    ("keras.layers.core", "keras.layers"),
    ("keras.layers.pooling", "keras.layers"),
    ("keras.layers.merge", "keras.layers"),
    ("keras.layers.normalization", "keras.layers"),
    ("keras.layers.recurrent", "keras.layers"),
    ("keras.layers.embeddings", "keras.layers"),
    ("keras.layers.wrappers", "keras.layers"),
    ("keras.layers.noise", "keras.layers"),
    ("keras.layers.local", "keras.layers"),
    ("keras.layers.advanced_activations", "keras.layers"),
    ("keras.layers.experimental.preprocessing", "keras.layers"),
    ("keras.engine.topology", "keras.layers"),
    ("keras.engine.input_layer", "keras.layers"),
    ("keras.engine.base_layer", "keras.layers"),
    ("keras.engine.training", "keras.models"),
    ("keras.engine.sequential", "keras.models"),
    ("keras.engine", "keras.layers"),
    *(
        (f"keras.src.{part}", f"keras.{part}")
        for part in ("activations", "applications", "initializers", "layers", "models", "ops", "random", "utils")
    ),
    *((f"keras.ops.{part}", "keras.ops") for part in ("core", "linalg", "math", "nn", "numpy")),
)
"""Module prefixes and what they mean; the longest match wins, and the result is looked up again."""

_NAMES = {
    "keras.Input": "keras.layers.Input",
    "keras.InputLayer": "keras.layers.InputLayer",
    "keras.Layer": "keras.layers.Layer",
    "keras.models.Input": "keras.layers.Input",
    "keras.layers.Model": "keras.Model",
    "keras.models.Model": "keras.Model",
    "keras.models.Functional": "keras.Model",
    "keras.Functional": "keras.Model",
    "keras.models.Sequential": "keras.Sequential",
    "keras.layers.Sequential": "keras.Sequential",
    "keras.config.image_data_format": "keras.backend.image_data_format",
    "keras.src.backend": "keras.backend",
    **{
        f"keras.src.backend.{name}": f"keras.backend.{name}"
        for name in ("backend", "floatx", "get_uid", "image_data_format", "is_keras_tensor", "standardize_dtype")
    },
    "keras.config.set_image_data_format": "keras.backend.set_image_data_format",
    "keras.utils.np_utils.to_categorical": "keras.utils.to_categorical",
}

_SORTED_PREFIXES = sorted(_PREFIXES, key=lambda pair: -len(pair[0]))


@lru_cache(maxsize=4096)
def canonical(dotted: str) -> str:
    """The catalog's name for a fully qualified name; unknown names come back unchanged.

    ``tensorflow.keras.layers.Convolution2D`` gives ``keras.layers.Convolution2D`` (the layer
    table knows both class names), ``keras.Input`` gives ``keras.layers.Input``.
    """
    for prefix, meaning in _SORTED_PREFIXES:
        if dotted == prefix or dotted.startswith(prefix + "."):
            return canonical(meaning + dotted[len(prefix) :])
    if dotted.startswith("keras.layers.") and dotted.count(".") > 2:
        # keras.src.layers.core.input_layer.InputLayer: the modules inside Keras hold a class each.
        *modules, last = dotted.split(".")
        if last[:1].isupper() and all(part.islower() for part in modules):
            return f"keras.layers.{last}"
    return _NAMES.get(dotted, dotted)


_KERAS_OPS = {
    "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan",
    "atan2": "arctan2", "atanh": "arctanh", "clip_by_value": "clip", "concat": "concatenate",
    "constant": "convert_to_tensor", "identity": "copy", "permute_dimensions": "transpose",
    "pow": "power", "range": "arange", "reverse": "flip", "gather": "take", "fill": "full",
    "reduce_all": "all", "reduce_any": "any", "reduce_logsumexp": "logsumexp", "reduce_max": "max",
    "reduce_mean": "mean", "reduce_min": "min", "reduce_prod": "prod", "reduce_std": "std",
    "reduce_sum": "sum", "reduce_variance": "var", "repeat_elements": "repeat", "truediv": "true_divide",
    "floordiv": "floor_divide", "floormod": "mod", "conv1d": "conv", "conv2d": "conv", "conv3d": "conv",
    "convolution": "conv", "conv1d_transpose": "conv_transpose", "conv2d_transpose": "conv_transpose",
    "conv3d_transpose": "conv_transpose", "depthwise_conv2d": "depthwise_conv",
    "separable_conv2d": "separable_conv", "max_pool1d": "max_pool", "max_pool2d": "max_pool",
    "max_pool3d": "max_pool", "avg_pool": "average_pool", "avg_pool1d": "average_pool",
    "avg_pool2d": "average_pool", "avg_pool3d": "average_pool", "asarray": "array", "flatten": "ravel",
    "is_nan": "isnan", "is_inf": "isinf", "is_finite": "isfinite", "l2_normalize": "normalize",
    "to_float": "cast", "astype": "cast", "matrix_transpose": "swapaxes",
}  # fmt: skip
"""Last part of a TensorFlow, backend or NumPy name and the ``keras.ops`` function that does the same."""

_SAME_IN_KERAS_OPS = frozenset(
    """abs absolute add all any arange argmax argmin argsort array average broadcast_to cast ceil clip
    concatenate conj convert_to_tensor copy cos cosh count_nonzero cross cumprod cumsum diag diagonal
    divide divide_no_nan dot einsum elu equal exp expand_dims expm1 flip floor floor_divide full
    full_like gelu greater greater_equal hard_sigmoid hstack isfinite isinf isnan leaky_relu less less_equal
    linspace log log10 log1p log2 log_softmax logical_and logical_not logical_or logical_xor matmul
    max maximum mean median meshgrid min minimum mod moments moveaxis multiply negative norm not_equal
    one_hot ones ones_like outer pad power prod ravel reciprocal relu relu6 repeat reshape roll round
    rsqrt selu shape sigmoid sign silu sin sinh softmax softplus softsign sort split sqrt square
    squeeze stack std stop_gradient subtract sum swapaxes swish take tan tanh tensordot tile top_k
    trace transpose tril triu true_divide unstack var vstack where zeros zeros_like amax amin
    max_pool conv rot90 separable_conv fliplr flipud""".split()  # noqa: SIM905 (a list of a hundred strings reads worse)
)


def keras_ops_name(name: str) -> str:
    """The ``keras.ops`` function that does what this one does; empty where there is none."""
    last = name.rpartition(".")[2]
    if name.startswith("tensorflow.image."):
        return "keras.ops.image.resize" if last == "resize" else ""
    if name.startswith(("tensorflow.random.", "numpy.random.", "keras.backend.random")):
        return ""
    found = _KERAS_OPS.get(last) or (last if last in _SAME_IN_KERAS_OPS else "")
    return f"keras.ops.{found}" if found else ""
