"""What classes and methods of Keras take that have no rule about shapes: optimizers, callbacks, metrics, ``fit``.

Source: ``inspect.signature`` of Keras 3.15; ``tests/catalog/test_parameters.py`` compares all of them.
"""

from __future__ import annotations

from functools import cache

from convlint.catalog.signature import REQUIRED, Parameter, Signature

_TABLE = """
keras.callbacks
  BackupAndRestore: backup_dir save_freq= double_checkpoint= delete_checkpoint=
  CSVLogger: filename separator= append=
  EarlyStopping: monitor= min_delta= patience= verbose= mode= baseline= restore_best_weights= start_from_epoch=
  LambdaCallback: on_epoch_begin= on_epoch_end= on_train_begin= on_train_end= on_train_batch_begin=
    on_train_batch_end= **
  LearningRateScheduler: schedule verbose=
  ModelCheckpoint: filepath monitor= verbose= save_best_only= save_weights_only= mode= save_freq=
    initial_value_threshold=
  OrbaxCheckpoint: directory monitor= verbose= save_best_only= mode= save_freq= initial_value_threshold= max_to_keep=
    save_on_background= save_weights_only=
  ReduceLROnPlateau: monitor= factor= patience= verbose= mode= min_delta= cooldown= min_lr= **
  RemoteMonitor: root= path= field= headers= send_as_json=
  SwapEMAWeights: swap_on_epoch=
  TensorBoard: log_dir= histogram_freq= write_graph= write_images= write_steps_per_second= update_freq= profile_batch=
    embeddings_freq= embeddings_metadata=
  TerminateOnNaN: raise_error=
keras.optimizers
  Adadelta: learning_rate= rho= epsilon= weight_decay= &
  Adafactor: learning_rate= beta_2_decay= epsilon_1= epsilon_2= clip_threshold= relative_step= weight_decay= &
  Adagrad: learning_rate= initial_accumulator_value= epsilon= weight_decay= &
  Adam: learning_rate= beta_1= beta_2= epsilon= amsgrad= weight_decay= &
  AdamW: learning_rate= weight_decay= beta_1= beta_2= epsilon= amsgrad= &
  Adamax Lamb Nadam: learning_rate= beta_1= beta_2= epsilon= weight_decay= &
  Ftrl: learning_rate= learning_rate_power= initial_accumulator_value= l1_regularization_strength=
    l2_regularization_strength= l2_shrinkage_regularization_strength= beta= weight_decay= &
  Lion: learning_rate= beta_1= beta_2= weight_decay= &
  Muon: learning_rate= adam_beta_1= adam_beta_2= adam_weight_decay= epsilon= weight_decay= & exclude_layers=
    exclude_embeddings= muon_a= muon_b= muon_c= adam_lr_ratio= momentum= ns_steps= nesterov= rms_rate=
  RMSprop: learning_rate= rho= momentum= epsilon= centered= weight_decay= &
  SGD: learning_rate= momentum= nesterov= weight_decay= &
  ScheduleFreeAdamW: learning_rate= beta_1= beta_2= epsilon= warmup_steps= weight_decay= &
keras.optimizers.schedules
  CosineDecay: initial_learning_rate decay_steps alpha= name= warmup_target= warmup_steps=
  CosineDecayRestarts: initial_learning_rate first_decay_steps t_mul= m_mul= alpha= name=
  ExponentialDecay InverseTimeDecay: initial_learning_rate decay_steps decay_rate staircase= name=
  PiecewiseConstantDecay: boundaries values name=
  PolynomialDecay: initial_learning_rate decay_steps end_learning_rate= power= cycle= name=
keras.metrics
  AUC: num_thresholds= curve= summation_method= name= dtype= thresholds= multi_label= num_labels= label_weights=
    from_logits=
  Accuracy CategoricalAccuracy CategoricalHinge Hinge KLDivergence: name= dtype=
  LogCoshError Mean MeanAbsoluteError MeanAbsolutePercentageError: name= dtype=
  MeanSquaredError MeanSquaredLogarithmicError Poisson RootMeanSquaredError: name= dtype=
  SparseCategoricalAccuracy SquaredHinge Sum: name= dtype=
  BinaryAccuracy: name= dtype= threshold=
  BinaryCrossentropy: name= dtype= from_logits= label_smoothing=
  BinaryIoU: target_class_ids= threshold= name= dtype=
  CategoricalCrossentropy: name= dtype= from_logits= label_smoothing= axis=
  ConcordanceCorrelation CosineSimilarity PearsonCorrelation: name= dtype= axis=
  F1Score: average= threshold= name= dtype=
  FBetaScore: average= beta= threshold= name= dtype=
  FalseNegatives FalsePositives TrueNegatives TruePositives: thresholds= name= dtype=
  IoU: num_classes target_class_ids name= dtype= ignore_class= sparse_y_true= sparse_y_pred= axis=
  MeanIoU: num_classes name= dtype= ignore_class= sparse_y_true= sparse_y_pred= axis=
  OneHotIoU: num_classes target_class_ids name= dtype= ignore_class= sparse_y_pred= axis=
  OneHotMeanIoU: num_classes name= dtype= ignore_class= sparse_y_pred= axis=
  Precision Recall: thresholds= top_k= class_id= name= dtype=
  PrecisionAtRecall: recall num_thresholds= class_id= name= dtype=
  R2Score: class_aggregation= num_regressors= name= dtype=
  RecallAtPrecision: precision num_thresholds= class_id= name= dtype=
  SensitivityAtSpecificity: specificity num_thresholds= class_id= name= dtype=
  SparseCategoricalCrossentropy: name= dtype= from_logits= ignore_class= axis=
  SparseTopKCategoricalAccuracy: k= name= dtype= from_sorted_ids=
  SpecificityAtSensitivity: sensitivity num_thresholds= class_id= name= dtype=
  TopKCategoricalAccuracy: k= name= dtype=
keras.regularizers
  L1 l1: l1=
  L1L2 l1_l2: l1= l2=
  L2 l2: l2=
  OrthogonalRegularizer orthogonal_regularizer: factor= mode=
keras.initializers
  Constant constant: value=
  GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform: seed= input_axes= output_axes=
  glorot_normal glorot_uniform he_normal he_uniform lecun_normal: seed= input_axes= output_axes=
  lecun_uniform: seed= input_axes= output_axes=
  Identity IdentityInitializer identity: gain=
  Orthogonal OrthogonalInitializer orthogonal: gain= seed=
  RandomNormal TruncatedNormal random_normal truncated_normal: mean= stddev= seed=
  RandomUniform random_uniform: minval= maxval= seed=
  STFT STFTInitializer stft: side= window= scaling= periodic=
  VarianceScaling variance_scaling: scale= mode= distribution= seed= input_axes= output_axes=
keras.constraints
  MaxNorm max_norm: max_value= axis=
  MinMaxNorm min_max_norm: min_value= max_value= rate= axis=
  UnitNorm unit_norm: axis=
keras.Model
  compile: optimizer= loss= loss_weights= metrics= weighted_metrics= run_eagerly= steps_per_execution= jit_compile=
    auto_scale_loss=
  fit: x= y= batch_size= epochs= verbose= callbacks= validation_split= validation_data= shuffle= class_weight=
    sample_weight= initial_epoch= steps_per_epoch= validation_steps= validation_batch_size= validation_freq=
  evaluate: x= y= batch_size= verbose= sample_weight= steps= callbacks= return_dict=
  predict: x batch_size= verbose= steps= callbacks=
  train_on_batch: x y= sample_weight= class_weight= return_dict=
  test_on_batch: x y= sample_weight= return_dict=
  predict_on_batch: x
  summary: line_length= positions= print_fn= expand_nested= show_trainable= layer_range=
  save_weights: filepath overwrite= max_shard_size=
  get_layer: name= index=
  set_weights: weights
keras.Sequential
  add: layer rebuild=
  pop: rebuild=
"""
"""Below each module its callables: names that take the same, then parameters, ``=`` behind those that have a default.

``*`` stands before those that must be named, ``**`` for keywords of any name, ``&`` for what every optimizer takes.
"""

_OPTIMIZER = (
    "clipnorm= clipvalue= global_clipnorm= use_ema= ema_momentum= ema_overwrite_frequency= loss_scale_factor= "
    "gradient_accumulation_steps= name="
)


def parameters_of(name: str) -> Signature | None:
    """What ``keras.callbacks.EarlyStopping`` or ``keras.Model.fit`` takes in Keras 3; None for what is not listed."""
    words = _entries().get(name)
    return None if words is None else _signature(name.rpartition(".")[2], words)


def listed() -> frozenset[str]:
    """Every name of the table."""
    return frozenset(_entries())


@cache
def _entries() -> dict[str, str]:
    entries: dict[str, str] = {}
    home, names = "", list[str]()
    for line in _TABLE.replace("&", _OPTIMIZER).splitlines():
        if line and not line.startswith(" "):
            home = line
        elif ":" in line:
            left, _, words = line.partition(":")
            names = left.split()
            entries.update({f"{home}.{name}": words for name in names})
        else:
            for name in names:
                entries[f"{home}.{name}"] = entries.get(f"{home}.{name}", "") + line
    return entries


@cache
def _signature(name: str, words: str) -> Signature:
    found: list[Parameter] = []
    by_name_only = False
    for word in words.split():
        if word.startswith("*"):
            by_name_only = True
            continue
        parameter = word.rstrip("=")
        found.append(Parameter(parameter, parameter, None if word.endswith("=") else REQUIRED, by_name_only))
    known = {parameter.name: parameter for parameter in found}
    return Signature(name, tuple(found), takes_any_keyword="**" in words, by_name=known)
