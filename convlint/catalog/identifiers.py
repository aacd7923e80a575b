"""The words by which Keras knows activations, initializers, losses and their like.

Source: ``ALL_OBJECTS_DICT`` of ``keras/src/{activations,initializers,…}/__init__.py`` in Keras 3.15, and the words that
Keras 2.15 knew besides (``OLDER``): a program for it is no fault here.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache

from convlint.catalog.context import Context
from convlint.catalog.generations import show_value
from convlint.problems import UnknownIdentifier


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


KNOWN: Mapping[str, frozenset[str]] = {
    "activation": _names(
        """celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear
        log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus
        sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold"""
    ),
    "initializer": _names(
        """Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer Initializer LecunNormal
        LecunUniform Ones Orthogonal OrthogonalInitializer RandomNormal RandomUniform STFT STFTInitializer
        TruncatedNormal VarianceScaling Zeros constant glorot_normal glorot_uniform he_normal he_uniform identity
        initializer lecun_normal lecun_uniform normal one ones orthogonal random_normal random_uniform stft
        truncated_normal uniform variance_scaling zero zeros"""
    ),
    "regularizer": _names("L1 L1L2 L2 OrthogonalRegularizer Regularizer l1 l1l2 l2 orthogonal_regularizer regularizer"),
    "constraint": _names(
        """Constraint MaxNorm MinMaxNorm NonNeg UnitNorm constraint max_norm min_max_norm non_neg unit_norm"""
    ),
    "loss": _names(
        """BCE BinaryCrossentropy BinaryFocalCrossentropy CTC CategoricalCrossentropy CategoricalFocalCrossentropy
        CategoricalHinge Circle CosineSimilarity Dice Hinge Huber KLD KLDivergence LogCosh Loss LossFunctionWrapper MAE
        MAPE MSE MSLE MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError
        Poisson SparseCategoricalCrossentropy SquaredHinge Tversky bce binary_crossentropy binary_focal_crossentropy
        categorical_crossentropy categorical_focal_crossentropy categorical_hinge circle cosine_similarity ctc dice
        hinge huber kl_divergence kld log_cosh mae mape mean_absolute_error mean_absolute_percentage_error
        mean_squared_error mean_squared_logarithmic_error mse msle poisson sparse_categorical_crossentropy
        squared_hinge tversky"""
    ),
    "metric": _names(
        """AUC Accuracy BCE BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy CategoricalCrossentropy
        CategoricalHinge ConcordanceCorrelation CosineSimilarity F1Score FBetaScore FalseNegatives FalsePositives Hinge
        IoU KLDivergence LogCoshError MAE MAPE MSE MSLE Mean MeanAbsoluteError MeanAbsolutePercentageError MeanIoU
        MeanMetricWrapper MeanSquaredError MeanSquaredLogarithmicError Metric OneHotIoU OneHotMeanIoU
        PearsonCorrelation Poisson Precision PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError
        SensitivityAtSpecificity SparseCategoricalAccuracy SparseCategoricalCrossentropy
        SparseTopKCategoricalAccuracy SpecificityAtSensitivity SquaredHinge Sum TopKCategoricalAccuracy TrueNegatives
        TruePositives acc accuracy auc bce binary_accuracy binary_crossentropy binary_io_u categorical_accuracy
        categorical_crossentropy categorical_hinge ce concordance_correlation cosine_similarity crossentropy f1_score
        f_beta_score false_negatives false_positives hinge io_u kl_divergence log_cosh_error mae mape mean
        mean_absolute_error mean_absolute_percentage_error mean_io_u mean_metric_wrapper mean_squared_error
        mean_squared_logarithmic_error metric mse msle one_hot_io_u one_hot_mean_io_u pearson_correlation poisson
        precision precision_at_recall r2_score recall recall_at_precision root_mean_squared_error
        sensitivity_at_specificity sparse_categorical_accuracy sparse_categorical_crossentropy
        sparse_top_k_categorical_accuracy specificity_at_sensitivity squared_hinge sum top_k_categorical_accuracy
        true_negatives true_positives"""
    ),
    "optimizer": _names(
        """adadelta adafactor adagrad adam adamax adamw ftrl lion lossscaleoptimizer multioptimizer muon nadam optimizer
        optimizermap rmsprop schedulefreeadamw sgd"""
    ),
    "interpolation": _names("area bicubic bilinear gaussian lanczos3 lanczos5 mitchellcubic nearest"),
}

OLDER: Mapping[str, frozenset[str]] = {
    "regularizer": frozenset(["l1_l2", "L1L2"]),
    "loss": _names("logcosh kullback_leibler_divergence cosine_proximity"),
    "metric": _names("logcosh kullback_leibler_divergence cosine_proximity cosine"),
    "initializer": frozenset(["glorot", "random"]),
    "optimizer": frozenset(["experimentaladam"]),
}

_SUFFIXES = ("activation", "initializer", "regularizer", "constraint")


@lru_cache(maxsize=4096)
def kind_of(argument: str) -> str | None:
    """What an argument of a layer names: ``kernel_initializer`` an initializer."""
    return next((kind for kind in _SUFFIXES if argument == kind or argument.endswith(f"_{kind}")), None)


def unknown_identifier(ctx: Context, argument: str, kind: str, given: object) -> UnknownIdentifier | None:
    """The fault of a string that Keras does not know; None for what it knows, and for what is no string.

    A name with ``>`` or a dot belongs to a package that registered it.
    """
    if not isinstance(given, str) or not given.replace("_", "").isalnum():
        return None
    word = given.lower() if kind == "optimizer" else given
    if word in KNOWN[kind] or (ctx.keras < 3 and word in OLDER.get(kind, ())):
        return None
    near = get_close_matches(
        given.lower(), sorted(name for name in KNOWN[kind] if name == name.lower()), n=1, cutoff=0.75
    )
    return UnknownIdentifier(ctx.operation, argument, kind, show_value(given), near[0] if near else "")
