"""Two models beside each other, layer by layer: their weights made equal, their inner outputs compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from convlint.runtime.inside import causes, measuring
from convlint.runtime.inside.framework import keras, role
from convlint.runtime.inside.sides import Side, as_arrays, make

Array = Any
_TRAINING_ONLY = ("momentum", "rate", "stddev", "noise_shape", "l1", "l2", "recurrent_dropout", "dropout")


def share(found: list[Side], notes: list[str], generator: np.random.Generator) -> None:
    """Give the second side the weights of the first; a Keras side takes those of a PyTorch module.

    Weights that a new layer fills with one number (biases, the statistics of a normalization) get random values
    first, or a missing one would not show.
    """
    parts = [_parts(side) for side in found]
    if any(side.layer is None and side.module is None for side in found) or not all(parts):
        return
    if not any(side.fresh for side in found):
        notes.append("each side keeps the weights that it was saved with")
        return
    if len(parts[0]) != len(parts[1]):
        notes.append(f"the weights could not be shared: {_listed(found)}")
        return
    saved = [not side.fresh for side in found]
    from_second = found[1].module is not None and found[0].module is None
    source, goal = (1, 0) if saved[1] or (from_second and not saved[0]) else (0, 1)
    if all(side.fresh for side in found):
        for side, own in zip(found, parts):
            _scramble(side, own, generator)
    pairs = [(_weights(a), b) for (_, a), (_, b) in zip(parts[source], parts[goal])]
    plans = [_plan(have, part) for have, part in pairs]
    if any(plan is None for plan in plans):
        notes.append(f"the weights could not be shared: {_listed(found)}")
        return
    reshaped = []
    for (have, part), plan in zip(pairs, plans):
        for name, value in (plan or {}).items():
            _assign(part, name, value)
            if have[name].shape != value.shape:
                reshaped.append(f", {have[name].shape} read as {value.shape}")
    letters = "AB"
    notes.append(f"{letters[goal]} uses the weights of {letters[source]}{''.join(dict.fromkeys(reshaped))}")
    _note_differences(parts, notes)


def _listed(found: list[Side]) -> str:
    kinds = []
    for side in found:
        shapes = [str(tuple(value.shape)) for _, part in _parts(side) for value in _weights(part).values()]
        kinds.append(", ".join(shapes) or "none")
    return f"A has {kinds[0]}; B has {kinds[1]}"


def _parts(side: Side) -> list[tuple[str, Any]]:
    """The layers or modules with weights, in order."""
    if side.module is not None:
        from convlint.runtime.inside import torch_modules

        return list(torch_modules.leaves(side.module))
    return [(layer.name, layer) for layer in measuring.layers_of(side) if side.layer is not None and layer.weights]


def _weights(part: Any) -> dict[str, Array]:
    if isinstance(part, keras.Layer):
        return {role(weight): np.asarray(weight) for weight in part.weights if _counts(weight)}
    from convlint.runtime.inside import torch_modules

    return torch_modules.weights(part)


def _counts(weight: Any) -> bool:
    return "seed_generator" not in getattr(weight, "path", "")


def _plan(have: dict[str, Array], part: Any) -> dict[str, Array] | None:
    """What each weight of a layer becomes; None where the two can't be the same kind of layer."""
    wanted = _weights(part)
    if not wanted or not have:
        return None
    if set(have) != set(wanted) and not set(have) & set(wanted):
        return None
    plan = {}
    for name in have.keys() & wanted.keys():
        value, shape = have[name], wanted[name].shape
        if value.shape != shape:
            from convlint.runtime.inside import torch_modules

            grouped = torch_modules.depthwise(value, shape) if name == "kernel" else None
            if grouped is not None and grouped.shape == shape:
                value = grouped
            elif measuring.without_ones(value.shape) == measuring.without_ones(shape):
                value = value.reshape(shape)
            else:
                return None
        plan[name] = value
    return plan


def _assign(part: Any, name: str, value: Array) -> None:
    if isinstance(part, keras.Layer):
        next(weight for weight in part.weights if role(weight) == name).assign(value)
        return
    import torch

    # Both sides are PyTorch modules: names and shapes are those of weights(), which turned the kernel around.
    state = part.state_dict()
    key = {"kernel": "weight", "gamma": "weight", "beta": "bias", "embeddings": "weight",
           "moving_mean": "running_mean", "moving_variance": "running_var"}.get(name, name)  # fmt: skip
    if key not in state:
        raise KeyError(name)
    turned = value.transpose(value.ndim - 1, value.ndim - 2, *range(value.ndim - 2)) if name == "kernel" else value
    with torch.no_grad():
        state[key].copy_(torch.from_numpy(np.array(turned)))


def _scramble(side: Side, parts: list[tuple[str, Any]], generator: np.random.Generator) -> None:
    from convlint.runtime.inside import torch_modules

    if side.module is not None:
        torch_modules.scramble(side.module, generator)
        return
    for _, layer in parts:
        for weight in layer.weights:
            name = role(weight)
            value = np.asarray(weight)
            if _counts(weight) and "kernel" not in name and value.size and np.all(value == value.flat[0]):
                weight.assign(torch_modules.random_like(name, value.shape, generator))


def _note_differences(parts: list[list[tuple[str, Any]]], notes: list[str]) -> None:
    """Words of configurations that only have a say in training."""
    for (name, first), (_, second) in zip(*parts):
        if isinstance(first, keras.Layer) and type(first) is type(second):
            found = causes.differing(first, second)
        elif isinstance(first, keras.Layer) != isinstance(second, keras.Layer):
            layer, module = (first, second) if isinstance(first, keras.Layer) else (second, first)
            mine, theirs = getattr(layer, "momentum", None), getattr(module, "momentum", None)
            # PyTorch counts the share of the new value, Keras that of the old one.
            known = isinstance(mine, float) and isinstance(theirs, float) and abs(1 - theirs - mine) > 1e-9
            found = {"momentum": (mine, 1 - theirs)} if known and theirs is not None else {}
        else:
            found = {}
        for word, (mine, other) in found.items():
            if word in _TRAINING_ONLY:
                notes.append(f"{word} of `{name}` is {mine:g} and {other:g}, which has a say in training only")


# --- layer by layer -----------------------------------------------------------------------------------


def steps(pair: causes.Pair) -> Iterator[tuple[str, causes.Pair]]:
    """Each layer of A beside its like in B, both on what A's layer is given in the whole model."""
    first, second = pair.sides
    if isinstance(first.layer, keras.Model) and isinstance(second.layer, keras.Model):
        yield from _between_models(pair)
    elif isinstance(first.layer, keras.Layer) and second.module is not None:
        yield from _with_module(pair)
    elif first.module is not None and isinstance(second.layer, keras.Layer):
        for name, inner in _with_module(pair.swapped()):
            yield name, inner.swapped()


def _inner(model: Any, chain: list[Any], given: list[Array]) -> list[tuple[list[Array], Array]]:
    """Inputs and output of each layer in a run of a model."""
    if not isinstance(model, keras.Model):
        return [(given, as_arrays(model(*given))[0])]
    probe = keras.Model(model.inputs, [[layer.input, layer.output] for layer in chain])
    values = probe(given[0] if len(given) == 1 else given)
    return [(as_arrays(inputs), as_arrays(output)[0]) for inputs, output in values]


def _between_models(pair: causes.Pair) -> Iterator[tuple[str, causes.Pair]]:
    models = [side.layer for side in pair.sides]
    chains = [[layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)] for model in models]
    if len(chains[0]) != len(chains[1]):
        chains = [[layer for layer in chain if layer.weights] for chain in chains]
    if len(chains[0]) != len(chains[1]):
        return
    results = [_inner(model, chain, given) for model, chain, given in zip(models, chains, pair.given)]
    for one, other, (given, a), (theirs, b) in zip(*chains, *results):
        sides = (make(one.name, one, {}), make(other.name, other, {}))
        yield one.name, causes.Pair(sides, (given, theirs), (a, b), pair.allowed)


def _with_module(pair: causes.Pair) -> Iterator[tuple[str, causes.Pair]]:
    """Layers with weights of a Keras model beside the modules with weights of a PyTorch one, behind the activation."""
    from convlint.runtime.inside import torch_modules

    side, other = pair.sides
    layers = [layer for layer in measuring.layers_of(side) if layer.weights]
    modules = list(torch_modules.leaves(other.module))
    if len(layers) != len(modules) or (len(layers) > 1 and not isinstance(side.layer, keras.Model)):
        return
    met = torch_modules.outputs(other.module, lambda: other.apply(*pair.given[1]))
    for layer, (name, module), (given, a) in zip(layers, modules, _inner(side.layer, layers, pair.given[0])):
        theirs, output = met[name]
        face = make(name, module, {})
        if theirs.ndim > 2 and torch_modules.spatial_rank(module) == theirs.ndim - 2 and other.order:
            face.order = (0, theirs.ndim - 1, *range(1, theirs.ndim - 1))
        b = face.seen(output)
        activation = getattr(layer, "activation", None)
        if activation is not None and not isinstance(layer, keras.layers.RNN):
            b = np.asarray(activation(b))
        shown = [face.seen(theirs)] if a.shape == b.shape else given
        yield layer.name, causes.Pair((make(layer.name, layer, {}), face), (given, shown), (a, b), pair.allowed)
