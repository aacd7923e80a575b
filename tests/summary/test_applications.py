"""The summary from source is the summary of Keras, for every builder of ``keras.applications``."""

from __future__ import annotations

import inspect as python
from pathlib import Path
from typing import Any

import pytest

from tests.static.following import OFF
from tests.summary import oracle

BUILDERS = [
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "InceptionResNetV2",
    "InceptionV3",
    "MobileNet",
    "MobileNetV2",
    "MobileNetV3Large",
    "MobileNetV3Small",
    "NASNetLarge",
    "NASNetMobile",
    "ResNet101",
    "ResNet101V2",
    "ResNet152",
    "ResNet152V2",
    "ResNet50",
    "ResNet50V2",
    "VGG16",
    "VGG19",
    "Xception",
]
CHANNELS_LAST_ONLY = ("ConvNeXt", "DenseNet", "NASNet")
"""Families whose builders raise under channels_first."""


@pytest.fixture
def keras() -> Any:
    module = oracle.keras()
    yield module
    module.backend.clear_session()
    module.config.set_image_data_format("channels_last")


def test_these_are_all_builders(keras: Any) -> None:
    """A builder that a new Keras brings must be added here."""
    applications = keras.applications
    found = [name for name in dir(applications) if name[0].isupper() and callable(getattr(applications, name))]
    assert found == BUILDERS


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
@pytest.mark.parametrize("builder", BUILDERS)
def test_summary_from_source(keras: Any, builder: str, layout: str) -> None:
    """Every layer's name, class, shapes, weights, layout and kernel; or both say that there is no such model."""
    function = getattr(keras.applications, builder)
    file = python.getsourcefile(function)
    assert file is not None
    derived = oracle.inspect(Path(file).read_text("utf-8"), file, builder, layout, weights=None)
    assert [one for one in derived.observations if type(one.problem) not in OFF] == []
    keras.config.set_image_data_format(layout)
    keras.backend.clear_session()
    if layout == "channels_first" and builder.startswith(CHANNELS_LAST_ONLY):
        with pytest.raises(ValueError, match="does not support the `channels_first`"):
            function(weights=None)
        assert derived.status == "raised"
        assert "does not support the `channels_first`" in derived.message
        return
    model = function(weights=None)
    assert (derived.status, derived.model, derived.params) == ("built", model.name, model.count_params())
    assert oracle.rows_of_source(derived) == oracle.rows_of_keras(model)
