"""Models of ``keras.applications`` that a program calls: by table, from source, and as Keras makes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convlint.catalog.applications import APPLICATIONS, output_shape, refusal
from convlint.shapes.shape import Shape, shape_as_json
from convlint.static import applications
from tests.static.following import problems, shape_of
from tests.summary import oracle
from tests.summary.test_applications import BUILDERS


@pytest.fixture
def keras() -> Any:
    module = oracle.keras()
    yield module
    module.backend.clear_session()


@pytest.fixture(params=["source", "table"])
def knowledge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the source of the installed Keras, and on a machine without one."""
    if request.param == "table":
        monkeypatch.setattr(applications, "_folder", lambda: None)
    return str(request.param)


def test_the_table_has_every_builder() -> None:
    assert sorted(APPLICATIONS) == sorted(BUILDERS)


@pytest.mark.parametrize("builder", BUILDERS)
def test_features(keras: Any, builder: str) -> None:
    """The features of every builder have the size and channels of the table."""
    one = APPLICATIONS[builder]
    images: list[Shape] = [(one.minimum, 97, 3)]
    if builder in FAMILIES:
        images += [(one.minimum + 1, 331, 3), (160, 127, 3)]
    for image in images:
        model = getattr(keras.applications, builder)(weights=None, include_top=False, input_shape=image)
        found = output_shape(one, image, "channels_last", include_top=False, pooling=None, classes=1000)
        assert shape_as_json(found) == list(model.output_shape)


class _Downloads(Exception):
    pass


SHAPES: list[tuple[int | None, ...] | None] = [
    None, (16, 224, 3), (31, 31, 3), (32, 32, 3), (70, 71, 3), (71, 71, 3), (75, 75, 3), (224, 224, 1), (224, 224, 3),
    (128, 128, 3), (96, 96, 3), (299, 299, 3), (None, None, 3), (20, None, 3),
]  # fmt: skip
OPTIONS: list[dict[str, object]] = [
    {}, {"include_top": False}, {"classes": 10}, {"include_top": False, "classes": 10}, {"weights": None},
    {"weights": None, "include_top": False},
]  # fmt: skip
FAMILIES = ("VGG16", "ResNet50", "ResNet50V2", "DenseNet121", "InceptionV3", "Xception", "MobileNet", "MobileNetV2",
            "MobileNetV3Small", "NASNetMobile", "EfficientNetB0", "EfficientNetV2B0", "ConvNeXtTiny")  # fmt: skip


@pytest.mark.parametrize("builder", FAMILIES)
def test_refusals(keras: Any, builder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the table refuses Keras refuses too, before it downloads anything."""
    utils = __import__("keras.src.utils.file_utils", fromlist=["get_file"])

    def get_file(*args: object, **kwargs: object) -> None:
        raise _Downloads

    monkeypatch.setattr(utils, "get_file", get_file)
    one = APPLICATIONS[builder]
    for shape in SHAPES:
        for options in OPTIONS:
            given = {"weights": "imagenet", "include_top": True, "classes": 1000, **options}
            known = None if shape is None else tuple(shape_or_dynamic(shape))
            problem = refusal("f", one, known, "channels_last", **given)
            if problem is None:
                continue
            with pytest.raises(ValueError, match=r"Input size|3 channels|should be|must be static"):
                getattr(keras.applications, builder)(input_shape=shape, **options)


def shape_or_dynamic(shape: tuple[int | None, ...]) -> Shape:
    from convlint.shapes.shape import shape_from_keras

    return shape_from_keras(shape)


def test_features_of_a_base(knowledge: str) -> None:
    """With and without an installed Keras the same is known of what comes out."""
    program = """
        base = keras.applications.ResNet50(include_top=False, input_shape=(200, 224, 3))
        x = base.output
        pooled = layers.GlobalAveragePooling2D()(x)
        y = base(keras.Input((200, 224, 3)))
        vector = keras.applications.xception.Xception(include_top=False, pooling="avg").output
        probabilities = tf.keras.applications.MobileNetV2(weights=None, classes=7).output
    """
    assert shape_of(program, "x") == [None, 7, 7, 2048]
    assert shape_of(program, "pooled") == [None, 2048]
    assert shape_of(program, "y") == [None, 7, 7, 2048]
    assert shape_of(program, "vector") == [None, 2048]
    assert shape_of(program, "probabilities") == [None, 7]
    assert problems(program) == []


def test_layers_of_a_base(keras: Any) -> None:
    """Where Keras is installed its source tells the layers, and the graph runs again on other sizes."""
    program = """
        base = keras.applications.VGG16(include_top=False, weights=None, input_shape=(None, None, 3))
        skip = base.get_layer("block3_conv3").output
        last = base.layers[-2].output
        encoder = keras.Model(base.input, [skip, base.output])
        a, b = encoder(keras.Input((96, 128, 3)))
    """
    assert shape_of(program, "skip") == [None, None, None, 256]
    assert shape_of(program, "last") == [None, None, None, 512]
    assert shape_of(program, "a") == [None, 24, 32, 256]
    assert shape_of(program, "b") == [None, 3, 4, 512]
    assert problems(program) == []


def test_a_fault_behind_a_base(knowledge: str) -> None:
    assert problems("""
        base = keras.applications.VGG16(include_top=False, weights=None, input_shape=(64, 64, 3))
        x = layers.Conv2D(8, 5)(base.output)
    """) == ["3:WindowTooLarge"]


def test_transfer_learning_from_source(keras: Any, tmp_path: Path) -> None:
    """The table of a model around a base is Keras' own."""
    program = (
        "import keras\n"
        "from keras import layers\n"
        "def build():\n"
        "    base = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(96, 96, 3))\n"
        "    base.trainable = False\n"
        "    x = layers.GlobalAveragePooling2D()(base.output)\n"
        "    return keras.Model(base.input, layers.Dense(5)(x))\n"
    )
    file = tmp_path / "transfer.py"
    file.write_text(program)
    derived = oracle.inspect(program, str(file), "build")
    names: dict[str, Any] = {}
    keras.backend.clear_session()
    exec(compile(program, str(file), "exec"), names)
    model = names["build"]()
    assert oracle.rows_of_source(derived) == oracle.rows_of_keras(model)
    assert derived.params == model.count_params()
