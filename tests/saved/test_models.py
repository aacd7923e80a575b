"""Saved models as tables: the numbers are Keras' own, whichever file they come from."""

from __future__ import annotations

import json

import pytest

from convlint.saved.inspection import inspect_saved

keras = pytest.importorskip("keras")
pytest.importorskip("h5py")


def small():
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Conv2D(8, 3), layers.BatchNormalization(), layers.MaxPooling2D(),
         layers.Dropout(0.2), layers.Flatten(), layers.Dense(10, activation="softmax")]
    )  # fmt: skip


def branches():
    layers = keras.layers
    image = keras.Input((16, 16, 3), name="image")
    left, right = layers.Conv2D(8, 3, padding="same")(image), layers.Conv2D(8, 1)(image)
    x = layers.Concatenate()([layers.Add()([left, right]), image])
    inner = keras.Sequential([keras.Input((16, 16, 11)), layers.DepthwiseConv2D(3), layers.SeparableConv2D(4, 3)])
    x = layers.GlobalAveragePooling2D()(layers.TimeDistributed(layers.Dense(3))(inner(x)))
    shared = layers.Dense(4)
    return keras.Model(image, layers.Subtract()([shared(x), shared(layers.ReLU()(x))]))


def sequences():
    layers = keras.layers
    words = keras.Input((12,), dtype="int32")
    x = layers.Embedding(50, 6)(words)
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
    x = layers.LayerNormalization()(layers.MultiHeadAttention(2, 3)(x, x))
    return keras.Model(words, layers.Dense(1)(layers.GRU(5)(layers.Conv1D(7, 3, padding="causal")(x))))


@pytest.mark.parametrize("build", [small, branches, sequences], ids=lambda build: build.__name__)
@pytest.mark.parametrize("suffix", ["keras", "h5", "json"])
def test_the_table_is_keras_own(build, suffix, tmp_path, monkeypatch):
    """Names, output shapes and numbers of weights; nothing is wrong with what Keras wrote."""
    monkeypatch.chdir(tmp_path)
    keras.backend.clear_session()
    model = build()
    if suffix == "json":
        (tmp_path / "model.json").write_text(model.to_json())
    else:
        model.save(f"model.{suffix}")
    report = inspect_saved(f"model.{suffix}")
    layers = model._layers if isinstance(model, keras.Sequential) else model.layers
    wanted = [(layer.name, (tuple(layer.output.shape),) if "shared" not in layer.name else (), layer.count_params())
              for layer in layers if len(layer._inbound_nodes) == 1]  # fmt: skip
    once = {name for name, _, _ in wanted}
    assert [(row.name, row.output_shapes, row.params) for row in report.layers if row.name in once] == wanted
    assert report.params == model.count_params()
    assert report.observations == ()


@pytest.mark.parametrize("name", ["MobileNetV2", "DenseNet121", "EfficientNetB0"])
def test_applications(name, tmp_path, monkeypatch):
    """Real graphs, from their configuration alone."""
    monkeypatch.chdir(tmp_path)
    model = getattr(keras.applications, name)(weights=None)
    (tmp_path / "model.json").write_text(model.to_json())
    report = inspect_saved("model.json")
    assert [(row.name, row.output_shapes[0], row.params) for row in report.layers] == [
        (layer.name, tuple(layer.output.shape), layer.count_params()) for layer in model.layers
    ]


def test_weights_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keras.backend.clear_session()
    model = small()
    model.save_weights("model.weights.h5")
    report = inspect_saved("model.weights.h5")
    assert report.params == model.count_params()
    assert {row.kernel_shape for row in report.layers} >= {(3, 3, 1, 8), (1352, 10)}


def test_a_file_of_keras_1(tmp_path, monkeypatch):
    """Its words are told, once for each layer, and its weights are not held against today's order."""
    monkeypatch.chdir(tmp_path)
    convolution = {"name": "c", "nb_filter": 4, "nb_row": 3, "nb_col": 3, "border_mode": "same", "dim_ordering": "tf",
                   "batch_input_shape": [None, 8, 8, 3]}  # fmt: skip
    config = {"class_name": "Sequential", "config": [{"class_name": "Convolution2D", "config": convolution}]}
    (tmp_path / "old.json").write_text(json.dumps(config))
    report = inspect_saved("old.json")
    (found,) = report.observations
    assert "words of Keras 1 (border_mode, dim_ordering, nb_col" in found.problem.what


def test_generations(tmp_path, monkeypatch):
    """What Keras 2 wrote and Keras 3 refuses, and the other way round; silence where both take it."""
    monkeypatch.chdir(tmp_path)
    config = {"class_name": "Functional", "config": {"name": "f", "layers": [
        {"class_name": "TFOpLambda", "config": {"name": "tf.math.add", "function": "math.add"}, "inbound_nodes": []},
        {"class_name": "LSTM", "config": {"name": "l", "units": 3, "time_major": False}, "inbound_nodes": []},
    ]}, "keras_version": "2.11.0"}  # fmt: skip
    (tmp_path / "two.json").write_text(json.dumps(config))
    told = [one.problem.what for one in inspect_saved("two.json").observations if "Keras 2" in one.problem.what]
    assert len(told) == 2
    assert [one for one in inspect_saved("two.json", keras=2).observations if "Keras" in one.problem.what] == []
    keras.backend.clear_session()
    small().save("three.keras")
    (found,) = inspect_saved("three.keras", keras=2).observations
    assert "was written by Keras 3" in found.problem.what


def test_tuples_of_keras_2(tmp_path, monkeypatch):
    """A SavedModel folder writes them as objects; so does nothing else, but reading them costs nothing."""

    def wrapped(value):
        if isinstance(value, dict):
            return {key: wrapped(part) for key, part in value.items()}
        if isinstance(value, list):
            sizes = all(part is None or isinstance(part, int) for part in value) and value
            return {"class_name": "__tuple__", "items": value} if sizes else [wrapped(part) for part in value]
        return value

    monkeypatch.chdir(tmp_path)
    keras.backend.clear_session()
    config = small().to_json()
    (tmp_path / "plain.json").write_text(config)
    (tmp_path / "wrapped.json").write_text(json.dumps(wrapped(json.loads(config))))
    assert "__tuple__" in (tmp_path / "wrapped.json").read_text()
    plain, tuples = inspect_saved("plain.json"), inspect_saved("wrapped.json")
    assert (tuples.layers, tuples.params) == (plain.layers, plain.params)
    assert plain.params == small().count_params()
