"""Repairs: from an observation to text edits. One module per rule, named after the rule.

A module has ``propose(case) -> Iterable[Fix]``: the one repair, or every plausible one with the
likeliest first. What it proposes is a guess that :mod:`convlint.repair` proves or drops.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from convlint.findings import Fix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from convlint.findings import Observation
    from convlint.fixes.editing import Case

REPAIRS = {
    "ArithmeticOnDynamicDim": "dynamic_dim_arithmetic",
    "BatchInInputShape": "batch_in_input_shape",
    "BatchInInputShapeSilent": "batch_in_input_shape",
    "ChannelAxisMismatch": "batchnorm_axis_layout",
    "ChannelAxisMismatchSilent": "batchnorm_axis_layout",
    "ChannelsFirstInput": "channels_first_input",
    "ChannelsFirstInputSilent": "channels_first_input",
    "DataFormatSpelling": "data_format_spelling",
    "DataRankMismatch": "data_rank_mismatch",
    "DataShapeMismatch": "data_rank_mismatch",
    "DefaultAxisMismatch": "axis_default",
    "DefaultAxisMismatchSilent": "axis_default",
    "DiscardedResult": "discarded_result",
    "DuplicateLayerName": "duplicate_layer_name",
    "DynamicDimInShape": "unknown_dim_in_reshape",
    "IgnoredArgument": "removed_argument",
    "InputShapeArgument": "input_shape_argument",
    "IntegerLabels": "label_encoding_mismatch",
    "DynamicDimInShapeSilent": "unknown_dim_in_reshape",
    "ExchangedArguments": "exchanged_arguments",
    "FloatDimension": "float_dimension",
    "FloatDimensionSilent": "float_dimension",
    "HiddenBroadcast": "hidden_broadcast",
    "HardCodedBatch": "hard_coded_batch",
    "IgnoredInputShape": "ignored_input_shape",
    "Keras1Argument": "keras1_argument",
    "KernelLayoutOIHW": "kernel_layout_oihw",
    "KernelLayoutOIHWSilent": "kernel_layout_oihw",
    "KernelLayoutOIHWWindow": "kernel_layout_oihw",
    "LayerClassNotMade": "layer_not_called",
    "LayerNotCalled": "layer_not_called",
    "LegacyOptimizer": "optimizer_argument",
    "ListAsData": "data_structure_mismatch",
    "LoaderImageSize": "loader_settings",
    "LoaderLabelMode": "loader_settings",
    "LogitsAsProbabilities": "loss_activation_mismatch",
    "MergeInputsNotList": "merge_inputs_not_list",
    "MetricMismatch": "metric_mismatch",
    "MetricMismatchSilent": "metric_mismatch",
    "MissingSuperInit": "missing_super_init",
    "MixedDataFormat": "mixed_data_format",
    "MixedDataFormatSilent": "mixed_data_format",
    "MovedImport": "moved_import",
    "MovedName": "moved_import",
    "NumpyInteger": "numpy_integer",
    "NumpyOnSymbolic": "function_on_symbolic",
    "OneHotLabels": "label_encoding_mismatch",
    "OneUnitCrossentropy": "one_unit_cross_entropy",
    "OptimizerArgument": "removed_argument",
    "OptimizerDecayIgnored": "optimizer_argument",
    "OutputNotReduced": "output_not_reduced",
    "OutputNotReducedSilent": "output_not_reduced",
    "PaddingSpelling": "padding_spelling",
    "PositionalWeightName": "positional_weight_name",
    "NumbersForTensor": "positional_argument",
    "PositionalFlag": "positional_argument",
    "PositionalKernelSize": "positional_kernel_size",
    "PrivateKerasImport": "moved_import",
    "ProbabilitiesAsLogits": "loss_activation_mismatch",
    "RemovedArgument": "removed_argument",
    "RemovedAttribute": "removed_attribute",
    "RemovedBackendFunction": "removed_backend_function",
    "RemovedLayer": "moved_import",
    "RemovedMethod": "removed_method",
    "ReshapeIncludesBatchSilent": "reshape_includes_batch",
    "ReshapeNotTranspose": "reshape_not_transpose",
    "SavePathExtension": "save_path_extension",
    "ScalarInputShape": "scalar_input_shape",
    "SequenceNotReturned": "rnn_missing_return_sequences",
    "SequentialAddResult": "sequential_add_result",
    "SoftmaxWithBinaryLoss": "softmax_with_binary_loss",
    "SoftmaxOverOne": "softmax_over_one",
    "StridesForEveryAxis": "strides_layout",
    "StridesLayout": "strides_layout",
    "TensorInConstructor": "tensor_in_constructor",
    "TfFunctionOnKerasTensor": "function_on_symbolic",
    "TorchArgument": "torch_argument",
    "TorchMethod": "torch_method",
    "UnknownArgument": "unknown_argument",
    "UnknownIdentifier": "unknown_identifier",
    "WeightsShapeMismatch": "weights_shape_mismatch",
}
"""Name of a Problem's class and the module that repairs it."""


CARRIED = frozenset(
    {"UnusedSuppression", "UnknownSuppressionCode", "UnknownDirective", "BareSuppression", "StaleBaselineEntry"}
)
"""Problems about comments: the observation brings its repair along."""


def is_repairable(problem: str) -> bool:
    """Whether some repair of this kind of Problem is known."""
    return problem in REPAIRS or problem in CARRIED


def propose(observation: Observation) -> tuple[Fix, ...]:
    """The repairs that might hold; empty for an observation without syntax behind it."""
    from convlint.fixes.editing import Case
    from convlint.static.site import Site

    if isinstance(observation.site, Fix):
        return (observation.site,)
    module = REPAIRS.get(type(observation.problem).__name__)
    if module is None or not isinstance(observation.site, Site):
        return ()
    return tuple(_repair(module)(Case(observation, observation.site)))


@cache
def _repair(module: str) -> Callable[[Case], Iterable[Fix]]:
    repair: Callable[[Case], Iterable[Fix]] = import_module(f"convlint.fixes.{module}").propose
    return repair
