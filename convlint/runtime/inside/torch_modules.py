"""PyTorch modules as one side of ``compare``. torch is imported by the program itself, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Array = Any


def caller(module: Any) -> Callable[..., Any]:
    """A function of arrays: in evaluation mode, without gradients, in the module's own precision."""
    import torch

    module.eval()

    def apply(*arrays: Array) -> Any:
        dtype = next((weight.dtype for weight in module.parameters() if weight.is_floating_point()), torch.float32)
        given = [torch.from_numpy(np.array(array)) for array in arrays]
        with torch.no_grad():
            result = module(*[x.to(dtype) if x.is_floating_point() else x.long() for x in given])
        # Recurrent modules give their state as well.
        return result[0] if isinstance(result, tuple) and type(module).__name__ in _RECURRENT else result

    return apply


_RECURRENT = ("RNN", "LSTM", "GRU")


def spatial_rank(module: Any) -> int | None:
    """Count of spatial axes that the first layer with a layout wants, behind the channels; None where there is none."""
    for part in module.modules():
        name = type(part).__name__
        if name.rstrip("123d").endswith(("Conv", "ConvTranspose", "Pool", "BatchNorm", "InstanceNorm", "PixelShuffle")):
            digits = [int(letter) for letter in name if letter.isdigit()]
            if digits:
                return digits[-1]
        elif name == "Linear":
            return None
    return None


def leaves(module: Any) -> Iterator[tuple[str, Any]]:
    """The modules that have weights of their own, in order."""
    for name, part in module.named_modules():
        if any(True for _ in part.parameters(recurse=False)) or "running_mean" in part.state_dict():
            yield name or type(part).__name__, part


def weights(module: Any) -> dict[str, Array]:
    """The weights of one module under the names and in the shapes of the Keras layer that does the same."""
    state = {name: value.detach().cpu().numpy() for name, value in module.state_dict().items()}
    name = type(module).__name__
    if name.startswith("Conv"):
        found = {"kernel": state["weight"].transpose(*range(2, state["weight"].ndim), 1, 0)}
    elif name == "Linear":
        found = {"kernel": state["weight"].T}
    elif name == "Embedding":
        return {"embeddings": state["weight"]}
    elif name in _RECURRENT:
        return _recurrent(name, module, state)
    elif "running_mean" in state or "Norm" in name:
        names = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
        return {names[key]: value for key, value in state.items() if key in names}
    else:
        return dict(state)
    return found | ({"bias": state["bias"]} if "bias" in state else {})


def _recurrent(name: str, module: Any, state: dict[str, Array]) -> dict[str, Array]:
    """Gates are stacked along the rows; a GRU of Keras has the update gate first, PyTorch the reset gate."""
    if module.num_layers > 1 or module.bidirectional:
        return {}
    gates = {"GRU": (1, 0, 2)}.get(name)

    def ordered(array: Array) -> Array:
        if gates is None:
            return array
        parts = np.split(array, 3)
        return np.concatenate([parts[gate] for gate in gates])

    found = {
        "kernel": ordered(state["weight_ih_l0"]).T,
        "recurrent_kernel": ordered(state["weight_hh_l0"]).T,
    }
    if "bias_ih_l0" in state:
        both = [ordered(state["bias_ih_l0"]), ordered(state["bias_hh_l0"])]
        found["bias"] = np.stack(both) if name == "GRU" else both[0] + both[1]
    return found


def depthwise(kernel: Array, shape: tuple[int, ...]) -> Array | None:
    """The kernel of a grouped convolution, as :func:`weights` gives it, as that of a ``DepthwiseConv``."""
    *sizes, one, filters = kernel.shape
    if one != 1 or len(shape) != kernel.ndim or filters != shape[-1] * shape[-2]:
        return None
    return kernel.reshape(*sizes, shape[-2], shape[-1])


def scramble(module: Any, generator: np.random.Generator) -> None:
    """Give what a new module fills with one number random values, so that it has a say."""
    import torch

    with torch.no_grad():
        for name, value in module.state_dict().items():
            if value.is_floating_point() and value.ndim == 1 and value.numel() and bool((value == value[0]).all()):
                value.copy_(torch.from_numpy(random_like(name, tuple(value.shape), generator)))


def random_like(name: str, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    """Small numbers around 0 for what is added, around 1 for what is multiplied."""
    centre = 1.0 if name.endswith(("gamma", "variance", "var", "weight", "scale")) else 0.0
    return (centre + 0.2 * generator.random(shape)).astype("float32")


def outputs(module: Any, apply: Callable[[], Any]) -> dict[str, tuple[Array, Array]]:
    """Input and output of each module with weights in one run, of its first call."""
    met: dict[str, tuple[Array, Array]] = {}

    def watch(name: str) -> Callable[..., None]:
        def hook(_: Any, given: Any, result: Any) -> None:
            first = result[0] if isinstance(result, tuple) else result
            met.setdefault(name, (given[0].detach().cpu().numpy(), first.detach().cpu().numpy()))

        return hook

    hooks = [part.register_forward_hook(watch(name)) for name, part in leaves(module)]
    try:
        apply()
    finally:
        for hook in hooks:
            hook.remove()
    return met
