"""Names that a library no longer has, and where they are today.

Source: ``dir()`` of Keras 1.2.2, 2.3.1 and 2.15 and of ``tensorflow.compat.v1``, each name looked up
in Keras 3.15 and TensorFlow 2.21; ``tests/catalog/test_gone.py`` looks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

_LAYER_MODULES = (
    "advanced_activations", "convolutional", "convolutional_recurrent", "core", "embeddings", "experimental",
    "experimental.preprocessing", "local", "merge", "noise", "normalization", "pooling", "recurrent", "wrappers",
)  # fmt: skip
_LOST_LAYERS = [
    "AbstractRNNCell",
    "AtrousConvolution1D",
    "AtrousConvolution2D",
    "DenseFeatures",
    "Highway",
    "LocallyConnected1D",
    "LocallyConnected2D",
    "MaxoutDense",
    "Merge",
    "TimeDistributedDense",
]

GONE: Mapping[str, str] = {
    **{f"keras.layers.{name}": "keras.layers" for name in _LAYER_MODULES},
    **{f"keras.layers.{name}": "" for name in _LOST_LAYERS},
    "keras.layers.Deconvolution2D": "keras.layers.Conv2DTranspose",
    "keras.layers.Deconvolution3D": "keras.layers.Conv3DTranspose",
    "keras.layers.CuDNNLSTM": "keras.layers.LSTM",
    "keras.layers.CuDNNGRU": "keras.layers.GRU",
    "keras.engine": "keras.layers",
    "keras.engine.base_layer": "keras.layers",
    "keras.engine.input_layer": "keras.layers",
    "keras.engine.topology": "keras.layers",
    "keras.engine.training": "keras.models",
    "keras.engine.sequential": "keras.models",
    "keras.utils.generic_utils": "keras.utils",
    "keras.utils.np_utils": "keras.utils",
    "keras.utils.vis_utils": "keras.utils",
    "keras.utils.data_utils": "keras.utils",
    "keras.utils.visualize_util": "",
    "keras.utils.visualize_util.plot": "keras.utils.plot_model",
    "keras.utils.conv_utils": "",
    "keras.utils.layer_utils": "",
    "keras.utils.io_utils": "",
    "keras.utils.multi_gpu_model": "",
    "keras.utils.multi_gpu_utils": "",
    "keras.utils.GeneratorEnqueuer": "",
    "keras.utils.OrderedEnqueuer": "",
    "keras.utils.SequenceEnqueuer": "",
    "keras.utils.experimental": "",
    "keras.wrappers.scikit_learn": "",
    "keras.objectives": "keras.losses",
    "keras.initializations": "keras.initializers",
    "keras.datasets.cifar": "",
    "keras.estimator": "",
    "keras.experimental": "",
    "keras.experimental.CosineDecay": "keras.optimizers.schedules.CosineDecay",
    "keras.callbacks.BaseLogger": "",
    "keras.callbacks.experimental": "keras.callbacks",
    "keras.metrics.MeanRelativeError": "",
    "keras.metrics.MeanTensor": "",
    "keras.models.model_from_config": "",
    "keras.models.model_from_yaml": "keras.models.model_from_json",
    "keras.optimizers.experimental": "keras.optimizers",
    **{f"keras.optimizers.{name.lower()}": f"keras.optimizers.{name}"
       for name in ("Adadelta", "Adagrad", "Adam", "Adamax", "Nadam", "RMSprop", "SGD")},
    "keras.regularizers.l1l2": "keras.regularizers.l1_l2",
    "keras.regularizers.WeightRegularizer": "keras.regularizers.L1L2",
    "keras.regularizers.activity_l1": "keras.regularizers.l1",
    "keras.regularizers.activity_l2": "keras.regularizers.l2",
    "keras.regularizers.activity_l1l2": "keras.regularizers.l1_l2",
    "keras.constraints.maxnorm": "keras.constraints.max_norm",
    "keras.constraints.nonneg": "keras.constraints.non_neg",
    "keras.constraints.unitnorm": "keras.constraints.unit_norm",
    "keras.applications.regnet": "",
    "keras.applications.resnet_rs": "",
}  # fmt: skip
"""Gone from ``keras`` and from ``tensorflow.keras`` of Keras 3; empty without a successor."""

_IMAGES = [
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
]
ONLY_IN_TENSORFLOW: frozenset[str] = frozenset(
    {
        *(f"keras.preprocessing.image.{name}" for name in _IMAGES),
        *(
            f"keras.preprocessing.sequence.{name}"
            for name in ("TimeseriesGenerator", "make_sampling_table", "skipgrams")
        ),
        "keras.preprocessing.text",
        "keras.layers.RandomHeight",
        "keras.layers.RandomWidth",
        "keras.layers.ThresholdedReLU",
    }
)
"""Gone from ``keras``, while ``tensorflow.keras`` keeps a copy of the old one."""

_BACKEND = [
    "function",
    "get_session",
    "set_session",
    "learning_phase",
    "set_learning_phase",
    "learning_phase_scope",
    "in_train_phase",
    "in_test_phase",
    "image_dim_ordering",
    "set_image_dim_ordering",
    "placeholder",
    "print_tensor",
    "is_placeholder",
    "is_tensor",
    "is_variable",
    "is_symbolic",
    "get_variable_shape",
    "identity",
    "logsumexp",
    "manual_variable_initialization",
    "random_binomial",
    "reset_uids",
    "local_conv1d",
    "local_conv2d",
    "normalize_batch_in_training",
    "separable_conv1d",
    "control_dependencies",
]
BACKEND: Mapping[str, str] = {
    **{f"keras.backend.{name}": "" for name in _BACKEND},
    "keras.backend.set_image_dim_ordering": "keras.backend.set_image_data_format",
    "keras.backend.image_dim_ordering": "keras.backend.image_data_format",
}
"""Gone even from ``tensorflow.keras.backend``, which keeps most of the old backend."""

_RENAMED = """
random_normal=random.normal random_uniform=random.uniform truncated_normal=random.truncated_normal
random_shuffle=random.shuffle set_random_seed=random.set_seed log=math.log log1p=math.log1p is_nan=math.is_nan
is_inf=math.is_inf is_finite=math.is_finite ceil=math.ceil erf=math.erf erfc=math.erfc lgamma=math.lgamma
digamma=math.digamma rint=math.rint rsqrt=math.rsqrt reciprocal=math.reciprocal expm1=math.expm1
squared_difference=math.squared_difference conj=math.conj real=math.real imag=math.imag angle=math.angle
cumprod=math.cumprod floordiv=math.floordiv floormod=math.floormod mod=math.mod
div_no_nan=math.divide_no_nan logical_xor=math.logical_xor log_sigmoid=math.log_sigmoid polygamma=math.polygamma
zeta=math.zeta betainc=math.betainc igamma=math.igamma igammac=math.igammac lbeta=math.lbeta
confusion_matrix=math.confusion_matrix invert_permutation=math.invert_permutation
unsorted_segment_sum=math.unsorted_segment_sum unsorted_segment_mean=math.unsorted_segment_mean
unsorted_segment_max=math.unsorted_segment_max segment_sum=math.segment_sum segment_mean=math.segment_mean
segment_max=math.segment_max cross=linalg.cross cholesky=linalg.cholesky svd=linalg.svd qr=linalg.qr trace=linalg.trace
diag=linalg.tensor_diag diag_part=linalg.tensor_diag_part matrix_inverse=linalg.inv matrix_determinant=linalg.det
matrix_diag=linalg.diag matrix_diag_part=linalg.diag_part matrix_band_part=linalg.band_part
matrix_transpose=linalg.matrix_transpose matrix_solve=linalg.solve self_adjoint_eig=linalg.eigh
global_norm=linalg.global_norm fft=signal.fft fft2d=signal.fft2d ifft=signal.ifft ifft2d=signal.ifft2d
depth_to_space=nn.depth_to_space space_to_depth=nn.space_to_depth parse_example=io.parse_example
parse_single_example=io.parse_single_example FixedLenFeature=io.FixedLenFeature VarLenFeature=io.VarLenFeature
FixedLenSequenceFeature=io.FixedLenSequenceFeature decode_raw=io.decode_raw decode_csv=io.decode_csv
read_file=io.read_file write_file=io.write_file matching_files=io.matching_files
regex_replace=strings.regex_replace string_to_number=strings.to_number py_func=numpy_function
check_numerics=debugging.check_numerics assert_greater_equal=debugging.assert_greater_equal
assert_less_equal=debugging.assert_less_equal assert_integer=debugging.assert_integer
assert_positive=debugging.assert_positive lin_space=linspace image.resize_images=image.resize
image.resize_image_with_crop_or_pad=image.resize_with_crop_or_pad
nn.softmax_cross_entropy_with_logits_v2=nn.softmax_cross_entropy_with_logits gfile=io.gfile
dimension_value=compat.dimension_value train.cosine_decay=keras.optimizers.schedules.CosineDecay
"""
_LOST = """
AUTO_REUSE ConfigProto Dimension GPUOptions GraphKeys InteractiveSession Print RunMetadata RunOptions Session
SparseTensorValue VariableScope accumulate_n add_to_collection all_variables app arg_max arg_min assign assign_add
assign_sub clip_by_average_norm colocate_with contrib convert_to_tensor_or_sparse_tensor count_nonzero
create_partitioned_variables disable_eager_execution disable_v2_behavior distributions div enable_eager_execution
enable_resource_variables enable_v2_behavior executing_eagerly_outside_functions extract_image_patches flags
get_collection get_default_graph get_default_session get_local_variable get_seed get_variable get_variable_scope
global_variables global_variables_initializer glorot_normal_initializer glorot_uniform_initializer
initialize_all_variables initialize_local_variables initialize_variables layers local_variables
local_variables_initializer logging make_template multinomial orthogonal_initializer placeholder
placeholder_with_default python_io quantize_v2 random_crop random_gamma reset_default_graph reverse_v2 scatter_add
scatter_update sparse_add sparse_concat sparse_placeholder sparse_reduce_sum sparse_reorder sparse_reshape
sparse_tensor_dense_matmul sparse_tensor_to_dense sparse_to_dense string_join substr tables_initializer to_bfloat16
to_double to_float to_int32 to_int64 trainable_variables truncated_normal_initializer uniform_unit_scaling_initializer
variable_op_scope variable_scope variables_initializer variance_scaling_initializer verify_tensor_all_finite where_v2
nn.bidirectional_dynamic_rnn nn.conv2d_backprop_filter nn.conv2d_backprop_input nn.ctc_loss_v2
nn.depthwise_conv2d_native nn.dynamic_rnn nn.fused_batch_norm nn.relu_layer nn.rnn_cell nn.static_rnn
nn.static_bidirectional_rnn nn.xw_plus_b train.AdadeltaOptimizer train.AdagradOptimizer train.AdamOptimizer
train.FtrlOptimizer train.GradientDescentOptimizer train.MomentumOptimizer train.RMSPropOptimizer train.Optimizer
train.Saver train.MonitoredTrainingSession train.Supervisor train.QueueRunner train.start_queue_runners
train.get_global_step train.get_or_create_global_step train.global_step train.create_global_step
train.exponential_decay train.piecewise_constant train.polynomial_decay train.inverse_time_decay train.batch
train.shuffle_batch train.import_meta_graph train.string_input_producer image.resize_bilinear image.resize_bicubic
image.resize_nearest_neighbor image.resize_area image.resize_image_with_pad image.extract_image_patches
summary.FileWriter summary.merge_all summary.merge random.set_random_seed
"""
TENSORFLOW1: Mapping[str, str] = {
    **{f"tensorflow.{name}": "" for name in _LOST.split()},
    **{f"tensorflow.{old}": f"tensorflow.{new}" for old, new in (pair.split("=") for pair in _RENAMED.split())},
    "tensorflow.contrib.keras": "tensorflow.keras",
}
"""Names of TensorFlow 1 and those of TensorFlow 2 that take the same arguments; the others are in ``tf.compat.v1``."""


@cache
def successor(spelled: str, keras: int = 3) -> str | None:
    """Today's place of a name that is gone.

    Args:
        spelled: the full name as the program reaches it (``tensorflow.keras.layers.merge``).
        keras: the Keras generation that the program runs on.

    Returns:
        The successor's full name, ``""`` where there is none, and None where nothing is gone.
    """
    if spelled in TENSORFLOW1:
        return TENSORFLOW1[spelled]
    if keras < 3:
        return None
    if spelled in ONLY_IN_TENSORFLOW:
        return f"tensorflow.{spelled}"
    home = "tensorflow." if spelled.startswith("tensorflow.keras.") else ""
    plain = spelled.removeprefix(home)
    if home and plain in BACKEND:
        return f"{home}{BACKEND[plain]}" if BACKEND[plain] else ""
    today = GONE.get(plain)
    return f"{home}{today}" if today else today
