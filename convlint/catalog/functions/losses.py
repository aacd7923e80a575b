"""Losses and metrics as functions: targets and predictions to one number for each sample."""

from __future__ import annotations

from convlint.catalog.context import Context, Refused
from convlint.catalog.functions.common import as_tensor, kind_of
from convlint.catalog.functions.elementwise import combine
from convlint.catalog.registry import function
from convlint.catalog.tensor import Tensor
from convlint.problems import MergeShapeMismatch
from convlint.shapes.dims import UNKNOWN, Unknown, proved_different


@function(
    "keras.losses.mean_squared_error(y_true: x, y_pred: y)",
    "keras.losses.mean_absolute_error(y_true: x, y_pred: y)",
    "keras.losses.mean_absolute_percentage_error(y_true: x, y_pred: y)",
    "keras.losses.mean_squared_logarithmic_error(y_true: x, y_pred: y)",
    "keras.losses.log_cosh(y_true: x, y_pred: y)",
    "keras.losses.hinge(y_true: x, y_pred: y)",
    "keras.losses.squared_hinge(y_true: x, y_pred: y)",
    "keras.losses.kl_divergence(y_true: x, y_pred: y)",
    "keras.losses.poisson(y_true: x, y_pred: y)",
    "keras.losses.huber(y_true: x, y_pred: y, delta=1.0)",
    "keras.losses.binary_crossentropy(y_true: x, y_pred: y, from_logits=False, label_smoothing=0.0, axis=-1)",
    "keras.losses.binary_focal_crossentropy(y_true: x, y_pred: y, apply_class_balancing=False, alpha=0.25, "
    "gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1)",
    "keras.metrics.mean_squared_error(y_true: x, y_pred: y)",
    "keras.metrics.mean_absolute_error(y_true: x, y_pred: y)",
    "keras.metrics.mean_absolute_percentage_error(y_true: x, y_pred: y)",
    "keras.metrics.mean_squared_logarithmic_error(y_true: x, y_pred: y)",
    "keras.metrics.log_cosh(y_true: x, y_pred: y)",
    "keras.metrics.hinge(y_true: x, y_pred: y)",
    "keras.metrics.squared_hinge(y_true: x, y_pred: y)",
    "keras.metrics.kl_divergence(y_true: x, y_pred: y)",
    "keras.metrics.poisson(y_true: x, y_pred: y)",
    "keras.metrics.huber(y_true: x, y_pred: y, delta=1.0)",
    "keras.metrics.binary_crossentropy(y_true: x, y_pred: y, from_logits=False, label_smoothing=0.0, axis=-1)",
    "keras.metrics.binary_focal_crossentropy(y_true: x, y_pred: y, apply_class_balancing=False, alpha=0.25, "
    "gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1)",
    "keras.metrics.categorical_accuracy(y_true: x, y_pred: y)",
)
def loss(ctx: Context, x: object, y: object, called: str, axis: object = -1) -> Tensor:
    """``(batch, ..., n)`` twice to ``(batch, ...)``: the mean over the last axis.

    Source: ``keras/src/losses/losses.py``; a last axis of 1 that one side lacks is squeezed or added first.
    """
    first, second = as_tensor(x), as_tensor(y)
    kind = kind_of(called, first, second)
    a, b = first.shape, second.shape
    if isinstance(a, Unknown) or isinstance(b, Unknown) or len(a) != len(b) or not a or axis != -1:
        return Tensor(UNKNOWN, UNKNOWN, kind)
    if any(proved_different(one, other) for one, other in zip(a, b)):
        return Tensor(UNKNOWN, UNKNOWN, kind)
    return Tensor(combine(ctx, called, first, second).shape[:-1], UNKNOWN, kind)  # type: ignore[index]


@function(
    "keras.ops.categorical_crossentropy(target: x, output: y, from_logits=False, axis=-1)",
)
def categorical_crossentropy(ctx: Context, x: object, y: object, axis: object, called: str) -> Tensor:
    """Two tensors of one shape to one axis less.

    Raises:
        Refused: the shapes differ.
    """
    first, second = as_tensor(x), as_tensor(y)
    kind = kind_of(called, first, second)
    a, b = first.shape, second.shape
    if isinstance(a, Unknown) or isinstance(b, Unknown) or axis != -1 or not a:
        return Tensor(UNKNOWN, UNKNOWN, kind)
    if len(a) != len(b) or any(proved_different(one, other) for one, other in zip(a, b)):
        raise Refused(MergeShapeMismatch(ctx.operation, a, b))
    return Tensor(a[:-1], UNKNOWN, kind)


@function(
    "keras.ops.binary_crossentropy(target: x, output: y, from_logits=False)",
)
def binary_crossentropy(ctx: Context, x: object, y: object, called: str) -> Tensor:
    """Two tensors of one shape to a number for each entry.

    Raises:
        Refused: the shapes differ.
    """
    first, second = as_tensor(x), as_tensor(y)
    kind = kind_of(called, first, second)
    a, b = first.shape, second.shape
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return Tensor(UNKNOWN, UNKNOWN, kind)
    if len(a) != len(b) or any(proved_different(one, other) for one, other in zip(a, b)):
        raise Refused(MergeShapeMismatch(ctx.operation, a, b))
    return Tensor(a, UNKNOWN, kind)


@function(
    "keras.losses.categorical_crossentropy(y_true: x, y_pred: y, from_logits=False, label_smoothing=0.0, axis=-1)",
    "keras.losses.sparse_categorical_crossentropy(y_true: x, y_pred: y, from_logits=False, ignore_class=None, axis=-1)",
    "keras.losses.categorical_focal_crossentropy(y_true: x, y_pred: y, alpha=0.25, gamma=2.0, from_logits=False, "
    "label_smoothing=0.0, axis=-1)",
    "keras.losses.categorical_hinge(y_true: x, y_pred: y)",
    "keras.losses.categorical_generalized_cross_entropy(y_true: x, y_pred: y, q)",
    "keras.losses.cosine_similarity(y_true: x, y_pred: y, axis=-1)",
    "keras.losses.dice(y_true: x, y_pred: y, axis=None)",
    "keras.losses.tversky(y_true: x, y_pred: y, alpha=0.5, beta=0.5, axis=None)",
    "keras.losses.circle(y_true: x, y_pred: y, ref_labels=None, ref_embeddings=None, remove_diagonal=True, "
    "gamma=80, margin=0.4)",
    "keras.losses.ctc(y_true: x, y_pred: y)",
    "keras.metrics.categorical_crossentropy(y_true: x, y_pred: y, from_logits=False, label_smoothing=0.0, axis=-1)",
    "keras.metrics.sparse_categorical_crossentropy(y_true: x, y_pred: y, from_logits=False, ignore_class=None, "
    "axis=-1)",
    "keras.metrics.categorical_focal_crossentropy(y_true: x, y_pred: y, alpha=0.25, gamma=2.0, from_logits=False,"
    " label_smoothing=0.0, axis=-1)",
    "keras.metrics.categorical_hinge(y_true: x, y_pred: y)",
    "keras.metrics.sparse_categorical_accuracy(y_true: x, y_pred: y)",
    "keras.metrics.top_k_categorical_accuracy(y_true: x, y_pred: y, k=5)",
    "keras.metrics.sparse_top_k_categorical_accuracy(y_true: x, y_pred: y, k=5, from_sorted_ids=False)",
    "keras.metrics.concordance_correlation(y_true: x, y_pred: y, axis=-1)",
    "keras.metrics.pearson_correlation(y_true: x, y_pred: y, axis=-1)",
    "keras.ops.sparse_categorical_crossentropy(target: x, output: y, from_logits=False, axis=-1)",
    "keras.ops.ctc_loss(target: x, output: y, target_length, output_length, mask_index=0)",
    "keras.ops.ctc_decode(inputs: x, sequence_lengths: y, strategy='greedy', beam_width=100, top_paths=1, "
    "merge_repeated=True, mask_index=0)",
    "keras.backend.binary_crossentropy(target: x, output: y, from_logits=False)",
    "keras.backend.categorical_crossentropy(target: x, output: y, from_logits=False, axis=-1)",
    "keras.backend.sparse_categorical_crossentropy(target: x, output: y, from_logits=False, axis=-1, "
    "ignore_class=None)",
    "keras.backend.binary_focal_crossentropy(target: x, output: y, apply_class_balancing=False, alpha=0.25, "
    "gamma=2.0, from_logits=False)",
    "keras.backend.categorical_focal_crossentropy(target: x, output: y, alpha=0.25, gamma=2.0, from_logits=False,"
    " axis=-1)",
    "keras.backend.ctc_batch_cost(y_true: x, y_pred: y, input_length, label_length)",
    "keras.backend.ctc_decode(y_pred: x, input_length: y, greedy=True, beam_width=100, top_paths=1)",
    "tensorflow.nn.sigmoid_cross_entropy_with_logits(labels: x=None, logits: y=None, name=None)",
    "tensorflow.nn.softmax_cross_entropy_with_logits(labels: x, logits: y, axis=-1, name=None)",
    "tensorflow.nn.sparse_softmax_cross_entropy_with_logits(labels: x, logits: y, name=None)",
    "tensorflow.nn.weighted_cross_entropy_with_logits(labels: x, logits: y, pos_weight, name=None)",
    "tensorflow.nn.log_poisson_loss(targets: x, log_input: y, compute_full_loss=False, name=None)",
    "tensorflow.nn.ctc_loss(labels: x, logits: y, label_length, logit_length, logits_time_major=True, "
    "unique=None, blank_index=None, name=None)",
    "tensorflow.nn.l2_loss(t: x, name=None)",
    "keras.metrics.binary_accuracy(y_true: x, y_pred: y, threshold=0.5)",
)
def other_loss(ctx: Context, called: str, x: object, y: object = None) -> Tensor:
    """Numbers for the samples; how many hangs on the encoding of the targets."""
    return Tensor(UNKNOWN, UNKNOWN, kind_of(called, as_tensor(x), as_tensor(y)))
