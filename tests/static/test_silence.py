"""Correct programs in which nothing may be found; each of them once raised a false alarm."""

from __future__ import annotations

import pytest

from tests.static.following import problems


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("layers.RandomBrightness(0.1, data_format='channels_last')", id="data_format of any image layer"),
        pytest.param("layers.RandomCrop(8, 8, bounding_box_format='xyxy')", id="bounding boxes of any image layer"),
        pytest.param("layers.GRU(4, zero_output_for_mask=True)", id="keyword of the RNN base class"),
        pytest.param("layers.LayerNormalization(rms_scaling=True)", id="keyword taken out of kwargs"),
        pytest.param("layers.Conv2D(4, 3, lora_rank=2)", id="keyword of BaseConv"),
        pytest.param("layers.InputLayer(input_tensor=keras.Input((4,)))", id="InputLayer around a tensor"),
        pytest.param("def f(t):\n    return layers.InputLayer(input_tensor=t)", id="InputLayer around anything"),
        pytest.param("def f(t):\n    return keras.Input(tensor=t)", id="Input around anything"),
    ],
)
def test_constructors(program: str) -> None:
    """Arguments that the real constructors accept."""
    assert problems(program) == []
