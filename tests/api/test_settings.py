from __future__ import annotations

import pytest

from convlint.settings import ImageDataFormat, SettingsError, image_data_format, keras_generation


@pytest.fixture
def home(tmp_path):
    return {"KERAS_HOME": str(tmp_path)}


def test_the_option_comes_first(home, tmp_path):
    (tmp_path / "keras.json").write_text('{"image_data_format": "channels_last"}')
    layout, warning = image_data_format("channels_first", home)
    assert layout == ImageDataFormat("channels_first", "--image-data-format", is_default=False)
    assert warning is None


def test_keras_json_is_honoured_and_named(home, tmp_path):
    (tmp_path / "keras.json").write_text('{"floatx": "float32", "image_data_format": "channels_first"}')
    layout, warning = image_data_format(None, home)
    assert layout == ImageDataFormat("channels_first", "$KERAS_HOME/keras.json", is_default=False)
    assert warning is None


def test_the_file_that_keras_writes_by_itself_is_nobodys_choice(home, tmp_path):
    (tmp_path / "keras.json").write_text('{"image_data_format": "channels_last"}')
    assert image_data_format(None, home)[0].is_default


def test_without_a_file_keras_default_holds_and_nothing_is_written(home, tmp_path):
    assert image_data_format(None, home) == (ImageDataFormat(), None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "$KERAS_HOME/keras.json can't be read (no valid JSON: Expecting property name"),
        ("[]", "$KERAS_HOME/keras.json holds no JSON object"),
        ('{"image_data_format": "NHWC"}', '$KERAS_HOME/keras.json: image_data_format is "NHWC"; Keras knows'),
    ],
)
def test_a_broken_file_is_a_warning(home, tmp_path, content, reason):
    (tmp_path / "keras.json").write_text(content)
    layout, warning = image_data_format(None, home)
    assert layout == ImageDataFormat()
    assert warning is not None
    assert warning.startswith(reason)
    assert warning.endswith("channels_last is assumed")


def test_an_unknown_layout_is_an_error_that_names_the_known_ones():
    with pytest.raises(
        SettingsError, match="--image-data-format NCHW: the layouts are channels_last and channels_first"
    ):
        image_data_format("NCHW", {})


@pytest.mark.parametrize(("value", "generation"), [(None, 3), ("0", 3), ("1", 2), ("true", 2), ("True", 2)])
def test_the_generation_follows_the_environment(value, generation):
    assert keras_generation({} if value is None else {"TF_USE_LEGACY_KERAS": value}) == generation
