"""Messages of Keras and TensorFlow without their wrappings."""

from __future__ import annotations

import pytest

from convlint.messages import core_message


@pytest.mark.parametrize(
    ("message", "core"),
    [
        pytest.param("  plain\n", "plain", id="nothing to peel"),
        pytest.param(
            "{{function_node __wrapped____MklNativeConv2D_device_/job:localhost/replica:0/task:0/device:CPU:0}} "
            "input depth must be evenly divisible by filter depth: 1 vs 8 [Op:Conv2D] name: ",
            "input depth must be evenly divisible by filter depth: 1 vs 8",
            id="eager operation",
        ),
        pytest.param(
            "Exception encountered when calling Net.call().\n\n\x1b[1mCould not automatically infer the output shape / "
            "dtype of 'net' (of type Net). Either the `Net.call()` method is incorrect, or you need to implement it. "
            "Error encountered:\n\nDimensions must be equal, but are 3 and 4\x1b[0m\n\n"
            "Arguments received by Net.call():\n  • x=1",
            "Dimensions must be equal, but are 3 and 4",
            id="keras 3, both wrappers, bold",
        ),
        pytest.param(
            'in user code:\n\n    File "keras/src/engine/training.py", line 1401, in train_function  *\n'
            "        return step_function(self, iterator)\n"
            '    ValueError: Exception encountered when calling layer "sequential" (type Sequential).\n    \n'
            '    Input 0 of layer "lstm" is incompatible with the layer: expected ndim=3, found ndim=2.\n    \n'
            "    Call arguments received by layer 'sequential' (type Sequential):\n      • training=True\n",
            'Input 0 of layer "lstm" is incompatible with the layer: expected ndim=3, found ndim=2.',
            id="keras 2",
        ),
        pytest.param(
            "Graph execution error:\n\nDetected at node sequential/conv2d/Conv2D defined at (most recent call last):\n"
            '  File "train.py", line 3, in <module>\n\n  File "keras/x.py", line 4, in fit\n\n'
            "input depth must be evenly divisible\n\t [[{{node sequential/conv2d/Conv2D}}]] [Op:__inference_1]",
            "input depth must be evenly divisible",
            id="graph run",
        ),
    ],
)
def test_core_message(message: str, core: str) -> None:
    assert core_message(message) == core


def test_core_message_is_never_empty_for_a_wrapper_alone() -> None:
    """A message that is nothing but a wrapper stays readable."""
    assert core_message("Graph execution error:") == "Graph execution error:"
