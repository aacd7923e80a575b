"""The public API of the installed libraries: every name has a rule, or a reason why not."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest

from convlint.catalog.names import canonical
from convlint.catalog.registry import find_function, find_layer

_FOLLOWED = "calls a function of the program, which the interpreter follows or leaves open"
_ASKS = "asks about a tensor: the interpreter answers"
_SETS = "changes a setting, a variable or a name; nothing comes out"
_SAVES = "names, configurations and files, no tensors"
_VALUES = "what comes out is decided by values"
_RARE = "not met in the programs studied; its result is unknown"
_OPERATORS = "linear operators are objects of their own"
_STRINGS = "strings have no sizes that a layer would read"

UNMODELLED: Mapping[str, Mapping[str, str]] = {
    "keras.layers": {
        "a base class: the classes of the program that derive from it are followed": "Layer Wrapper",
        "runs a model or a module that only another framework knows": "FlaxLayer JaxLayer TFSMLayer TorchModuleWrapper",
        _SAVES: "InputSpec deserialize serialize",
    },
    "keras.ops": {
        _FOLLOWED: "associative_scan cond custom_gradient fori_loop map scan switch vectorize vectorized_map "
        "while_loop",
        _ASKS: "dtype is_tensor ndim shape size",
        _VALUES: "allclose",
        _RARE: "cdist view_as_complex view_as_real",
    },
    "keras.ops.nn": {},
    "keras.ops.numpy": {_FOLLOWED: "vectorize", _ASKS: "ndim size", _VALUES: "allclose"},
    "keras.ops.linalg": {},
    "keras.ops.image": {},
    "keras.random": {"a state, no tensor": "SeedGenerator"},
    "keras.activations": {_SAVES: "deserialize get serialize"},
    "keras.losses": {_SAVES: "deserialize get serialize"},
    "keras.metrics": {_SAVES: "deserialize get serialize"},
    "keras.backend": {
        _FOLLOWED: "foldl foldr map_fn rnn",
        _ASKS: "count_params dtype int_shape is_sparse ndim shape",
        _SETS: "batch_set_value moving_average_update name_scope set_value update update_add update_sub",
        _VALUES: "batch_get_value ctc_label_dense_to_sparse gradients in_top_k to_dense",
        "no functions of Keras: what the module itself uses": "keras_export py_all py_any tf",
    },
    "tensorflow.nn": {
        "cells of TensorFlow 1": "RNNCellDeviceWrapper RNNCellDropoutWrapper RNNCellResidualWrapper",
        _VALUES: "all_candidate_sampler collapse_repeated compute_accidental_hits ctc_beam_search_decoder "
        "ctc_greedy_decoder ctc_unique_labels fixed_unigram_candidate_sampler learned_unigram_candidate_sampler",
        _RARE: "approx_max_k approx_min_k atrous_conv2d_transpose batch_norm_with_global_normalization "
        "compute_average_loss depthwise_conv2d_backprop_filter depthwise_conv2d_backprop_input "
        "embedding_lookup_sparse isotonic_regression nce_loss normalize_moments safe_embedding_lookup_sparse "
        "sampled_softmax_loss scale_regularization_loss space_to_batch with_space_to_batch zero_fraction",
    },
    "tensorflow.math": {
        _VALUES: "is_non_decreasing is_strictly_increasing zero_fraction",
        _RARE: "accumulate_n add_n angle approx_max_k approx_min_k bessel_i0e bessel_i1e betainc igamma igammac "
        "invert_permutation lbeta log_softmax polygamma polyval scalar_mul sobol_sample zeta",
    },
    "tensorflow.linalg": {
        _OPERATORS: "LinearOperator LinearOperatorAdjoint LinearOperatorBlockDiag LinearOperatorBlockLowerTriangular "
        "LinearOperatorCirculant LinearOperatorCirculant2D LinearOperatorCirculant3D LinearOperatorComposition "
        "LinearOperatorDiag LinearOperatorFullMatrix LinearOperatorHouseholder LinearOperatorIdentity "
        "LinearOperatorInversion LinearOperatorKronecker LinearOperatorLowRankUpdate LinearOperatorLowerTriangular "
        "LinearOperatorPermutation LinearOperatorScaledIdentity LinearOperatorToeplitz LinearOperatorTridiag "
        "LinearOperatorZeros",
        _RARE: "banded_triangular_solve cholesky_solve eigh_tridiagonal eigvals eigvalsh global_norm "
        "lu_matrix_inverse lu_reconstruct lu_solve tensor_diag tensor_diag_part triangular_solve tridiagonal_matmul "
        "tridiagonal_solve",
    },
    "tensorflow.image": {
        _VALUES: "combined_non_max_suppression extract_jpeg_shape generate_bounding_box_proposals is_jpeg "
        "non_max_suppression non_max_suppression_overlaps non_max_suppression_padded non_max_suppression_with_scores "
        "sample_distorted_bounding_box stateless_sample_distorted_bounding_box",
        _SAVES: "ResizeMethod encode_jpeg encode_png",
        _RARE: "decode_and_crop_jpeg decode_jxl decode_webp stateless_random_jpeg_quality",
    },
    "tensorflow.signal": {_RARE: "fftnd ifftnd inverse_stft_window_fn irfftnd rfftnd"},
    "tensorflow.strings": {
        _STRINGS: "bytes_split format join length lower ngrams reduce_join regex_full_match regex_replace split strip "
        "substr to_hash_bucket to_hash_bucket_fast to_hash_bucket_strong to_number unicode_decode "
        "unicode_decode_with_offsets unicode_encode unicode_script unicode_split unicode_split_with_offsets "
        "unicode_transcode unsorted_segment_join upper",
    },
    "tensorflow.random": {
        "a state, no tensor": "Algorithm Generator create_rng_state fold_in get_global_generator set_global_generator "
        "set_seed split",
        _VALUES: "all_candidate_sampler fixed_unigram_candidate_sampler learned_unigram_candidate_sampler "
        "log_uniform_candidate_sampler uniform_candidate_sampler",
        _RARE: "stateless_binomial stateless_gamma stateless_parameterized_truncated_normal stateless_poisson",
    },
}
"""Names that the catalog has no rule for, by module and reason."""

_PLACES = {"keras.backend": "keras.src.legacy.backend"}


def public(home: str) -> dict[str, Any]:
    """The public names of a module, submodules left out, and classes where the module is about functions."""
    package, _, rest = _PLACES.get(home, home).partition(".")
    module: Any = importlib.import_module(package)
    if home in _PLACES:
        module = importlib.import_module(_PLACES[home])
    else:
        for part in rest.split("."):
            module = getattr(module, part)
    found = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    functions_only = home in ("keras.losses", "keras.metrics")
    return {
        name: value
        for name, value in found.items()
        if not isinstance(value, ModuleType) or name == "tf"
        if not (functions_only and isinstance(value, type))
    }


def modelled(home: str, name: str) -> bool:
    """Whether the catalog has a rule under this name, in any of its spellings."""
    found = canonical(f"{home}.{name}")
    return find_layer(found) is not None or find_function(found) is not None


@pytest.mark.usefixtures("keras")
@pytest.mark.parametrize("home", sorted(UNMODELLED))
def test_every_public_name_has_a_rule_or_a_reason(home: str) -> None:
    """Neither a name without a rule nor a reason for one that has a rule, or is gone."""
    listed = [name for names in UNMODELLED[home].values() for name in names.split()]
    without = {name for name in public(home) if not modelled(home, name)}
    assert len(listed) == len(set(listed))
    assert set(listed) == without
