"""The jobs "build" and "script": load the user's file, find the builder and build it, describe the outcome."""

from __future__ import annotations

import inspect
import linecache
import math
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from convlint.messages import core_message
from convlint.runtime.discovery import find_candidates
from convlint.runtime.inside import dry_run, loading
from convlint.runtime.inside.framework import keras
from convlint.runtime.inside.tracing import Tracer, kernel_shape

Event = dict[str, Any]
_CONTROL = ("training", "mask", "initial_state", "verbose")
MAX_FRAMES = 40
MAX_DEPTH = 6
"""Models inside models whose graphs are told."""


class Unbuildable(Exception):
    """The job ends without a build; ``outcome`` says why."""

    def __init__(self, status: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.outcome: Event = {"status": status, "message": message, **more}


def build(job: Mapping[str, Any], tracer: Tracer) -> Event:
    """Run one build job; returns the outcome event."""
    file = Path(job["file"])
    try:
        with dry_run.no_training():
            module = loading.load_module(file)
        name, target = resolve(module, file, job["builder"])
        with nullcontext() if job["trains"] else dry_run.no_training():
            result, notes = construct(name, target, job["arguments"], job["inputs"], arrays=job["array_inputs"])
    except Unbuildable as unbuildable:
        return unbuildable.outcome
    return {"status": "built", "notes": notes, **describe(result, name, tracer)}


def run_script(job: Mapping[str, Any], tracer: Tracer) -> Event:
    """Run one script job: the whole file, with nothing trained; returns the outcome event."""
    file = Path(job["file"])
    if job["as_main"]:
        sys.path.insert(0, str(file.parent))
    with dry_run.no_training():
        module = loading.load_module(file, name="__main__" if job["as_main"] else None)
    models = {name: value for name, value in vars(module).items() if isinstance(value, keras.Model)}
    last = next(reversed(models.values()), None)
    return {"status": "built", "built": list(models), "notes": [], **describe(last, file.stem, tracer)}


def resolve(module: Any, file: Path, builder: str) -> tuple[str, Any]:
    """The object that the builder's name stands for."""
    if not builder:
        candidates = _candidates(file)
        if len(candidates) != 1:
            which = f"it has {', '.join(candidates)}" if candidates else "none was found in it"
            raise Unbuildable("no-such-builder", f"{file.name} needs a builder's name: {which}", candidates=candidates)
        builder = candidates[0]
    target: Any = module
    for part in builder.split("."):
        if not hasattr(target, part):
            candidates = _candidates(file)
            nearest = get_close_matches(builder, [*candidates, *_public_names(module)], n=1, cutoff=0.5)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            listed = f" Builders in the file: {', '.join(candidates)}." if candidates else ""
            raise Unbuildable("no-such-builder", f"{file.name} has no `{builder}`{hint}{listed}", candidates=candidates)
        target = getattr(target, part)
    return builder, target


def _candidates(file: Path) -> list[str]:
    return [candidate.name for candidate in find_candidates(file)]


def _public_names(module: Any) -> list[str]:
    return [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]


def construct(
    name: str, target: Any, arguments: Mapping[str, Any], specs: list[Event], *, arrays: bool
) -> tuple[Any, list[str]]:
    """Build the target: call a function, instantiate a class, call a layer on inputs."""
    notes: list[str] = []
    if isinstance(target, keras.Layer):
        if arguments:
            raise Unbuildable("bad-arguments", f"`{name}` is a finished {type(target).__name__} and takes no arguments")
        return call_layer(name, target, specs, arrays=arrays, notes=notes), notes
    if not callable(target):
        raise Unbuildable(
            "not-a-builder", f"`{name}` is {_a(type(target).__name__)}, not a function, a class, a layer or a model"
        )
    is_layer_class = isinstance(target, type) and issubclass(target, keras.Layer)
    given = dict(arguments)
    used: list[Event] = []
    if not is_layer_class:
        used = _fill_with_inputs(target, given, specs, arrays=arrays)
    _check_arguments(name, target, given)
    result = target(**given)
    if result is None:
        notes.append(f"`{name}` returns nothing; these are the layers that it called")
    rest = [spec for spec in specs if spec not in used]
    if isinstance(result, keras.Layer) and (rest or not _is_built(result)):
        call_layer(name, result, rest, arrays=arrays, notes=notes)
    return result, notes


def _a(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _signature(target: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(target)
    except (ValueError, TypeError):
        return None


def _fill_with_inputs(target: Any, given: dict[str, Any], specs: list[Event], *, arrays: bool) -> list[Event]:
    signature = _signature(target)
    if signature is None:
        return []
    used = []
    for spec in specs:
        if spec["name"] in signature.parameters:
            given[spec["name"]] = make_input(spec, arrays=arrays)
            used.append(spec)
    open_names = [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        and parameter.name not in given
    ]
    unnamed = [spec for spec in specs if not spec["name"]]
    for parameter_name, spec in zip(open_names, unnamed):
        given[parameter_name] = make_input(spec, arrays=arrays)
        used.append(spec)
    return used


def _check_arguments(name: str, target: Any, given: Mapping[str, Any]) -> None:
    signature = _signature(target)
    if signature is None:
        return
    parameters = signature.parameters
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    for argument in given:
        if argument not in parameters and not open_ended:
            nearest = get_close_matches(argument, list(parameters), n=1, cutoff=0.5)
            hint = f"; did you mean {nearest[0]}?" if nearest else f"; it takes {', '.join(parameters) or 'none'}"
            raise Unbuildable("bad-arguments", f"`{name}` takes no argument `{argument}`{hint}")
    missing = [
        parameter.name
        for parameter in parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        and parameter.name not in given
    ]
    if missing:
        how = " ".join(f"--arg {argument}=..." for argument in missing)
        raise Unbuildable(
            "missing-arguments",
            f"`{name}` needs {', '.join(f'`{argument}`' for argument in missing)}, which nobody gave; use {how}"
            ' (or --input "224 224 3" for a tensor)',
            missing=missing,
        )


def make_input(spec: Event, *, arrays: bool = False) -> Any:
    """A symbolic Keras input, or an array of one sample of zeros."""
    if arrays:
        shape = (1, *(16 if size is None else size for size in spec["shape"]))
        return np.zeros(shape, dtype=spec["dtype"] or "float64")
    return keras.Input(tuple(spec["shape"]), dtype=spec["dtype"], name=spec["name"] or None)


def _is_built(layer: Any) -> bool:
    if not layer.built:
        return False
    return not isinstance(layer, keras.Model) or bool(layer.layers)


def call_layer(name: str, layer: Any, specs: list[Event], *, arrays: bool, notes: list[str]) -> Any:
    """Call a layer or model on its inputs, where they are known."""
    if not specs:
        if not _is_built(layer):
            notes.append(f"`{name}` was made but not called: give the shape of its input with --input")
        return layer
    named = {spec["name"]: make_input(spec, arrays=arrays) for spec in specs if spec["name"]}
    unnamed = [make_input(spec, arrays=arrays) for spec in specs if not spec["name"]]
    parameters = _signature(layer.call)
    if parameters is not None and named and all(key in parameters.parameters for key in named):
        layer(*unnamed, **named)
    elif named and not unnamed:
        layer(named if len(named) > 1 else next(iter(named.values())))
    else:
        tensors = [*unnamed, *named.values()]
        takes = _positional(layer)
        if len(tensors) == 1:
            layer(tensors[0])
        elif takes >= len(tensors):
            layer(*tensors)
        else:
            layer(tensors)
    return layer


def _positional(layer: Any) -> int:
    signature = _signature(layer.call)
    if signature is None:
        return 1
    required = [
        parameter
        for parameter in signature.parameters.values()
        if parameter.name not in _CONTROL and parameter.default is parameter.empty
    ]
    return len(required)


# --- describing ---------------------------------------------------------------------------------


def describe(result: Any, name: str, tracer: Tracer) -> Event:
    """The layer table of what was built."""
    if isinstance(result, list | tuple):
        models = [part for part in result if isinstance(part, keras.Layer)]
        result = models[0] if models else result
    if isinstance(result, keras.Model):
        layers = list(result.layers)
    elif isinstance(result, keras.Layer):
        layers = [result]
    else:
        layers = [call.layer for call in tracer.first_calls.values() if not isinstance(call.layer, keras.Model)]
    by_layer = {id(layer): _row(layer, tracer) for layer in layers}
    rows = list(by_layer.values())
    graph = _graph(result, tracer, by_layer) if isinstance(result, keras.Model) else None
    if isinstance(result, keras.Layer):
        total = sum(math.prod(weight.shape) for weight in result.weights)
        title = result.name
    else:
        total, title = sum(row["params"] for row in rows), name
    return {"model": title, "layers": rows, "params": int(total), "graph": graph}


def _graph(model: Any, tracer: Tracer, rows: Mapping[int, Event], depth: int = 0) -> Event | None:
    """Boxes and edges of a functional model, as Keras keeps them; None for a model that has no such graph.

    ``rows`` are its layers' rows by the identity of the layer.
    """
    model = getattr(model, "_functional", None) or model
    by_depth = getattr(model, "_nodes_by_depth", None)
    if not by_depth:
        return None
    nodes = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    numbers = {id(node): number for number, node in enumerate(nodes)}
    edges = []
    for number, node in enumerate(nodes):
        for tensor in _ends(node, "input"):
            maker, index = tensor._keras_history[:2]
            source = numbers.get(id(maker._inbound_nodes[index]))
            if source is not None and source != number:
                edges.append([source, number, _shape_of(tensor)])
    inner = {}
    for node in nodes:
        operation = _operation(node)
        if isinstance(operation, keras.Model) and operation.name not in inner and depth < MAX_DEPTH:
            inner[operation.name] = _graph(operation, tracer, rows, depth + 1)
    return {"boxes": [_box(node, tracer, rows) for node in nodes], "edges": edges, "inner": inner}


def _operation(node: Any) -> Any:
    return node.operation if hasattr(node, "operation") else node.layer


def _ends(node: Any, which: str) -> list[Any]:
    """The tensors that a node takes or gives: Keras 3 and Keras 2 name them differently."""
    tensors = getattr(node, f"{which}_tensors", None)
    return list(keras.tree.flatten(getattr(node, f"{which}s") if tensors is None else tensors))


def _shape_of(tensor: Any) -> list[int | None]:
    return [None if size is None else int(size) for size in tensor.shape]


def _box(node: Any, tracer: Tracer, rows: Mapping[int, Event]) -> Event:
    """One call of a layer or an operation as a row."""
    operation = _operation(node)
    outputs = _ends(node, "output")
    given = [_shape_of(tensor) for tensor in _ends(node, "input")]
    made = [_shape_of(tensor) for tensor in outputs]
    if isinstance(operation, keras.Layer):
        row = rows.get(id(operation)) or _row(operation, tracer)
    else:
        name, cls = operation.name, type(operation).__name__
        row = {"name": name, "class_name": cls, "params": None, "data_format": None, "kernel_shape": None}
        row |= {"file": "", "line": 0}
    place = tracer.place_of(outputs[0]) if outputs else None
    if place is not None and place[1]:
        row |= {"file": place[0], "line": place[1]}
    return row | {"input_shapes": given or made, "output_shapes": made}


def _row(layer: Any, tracer: Tracer) -> Event:
    first = tracer.first_calls.get(id(layer))
    if first is not None:
        inputs, outputs = [t["shape"] for t in first.inputs], [t["shape"] for t in first.outputs]
        place = first.place
    else:
        inputs, outputs, place = [], [], ("", 0, "")
        if isinstance(layer, keras.layers.InputLayer):
            inputs = outputs = [list(getattr(layer, "batch_shape", None) or layer._batch_input_shape)]
        created = tracer.created.get(id(layer))
        if created is not None and created[0]() is layer:
            place = created[2]
    data_format = getattr(layer, "data_format", None)
    return {
        "name": layer.name,
        "class_name": type(layer).__name__,
        "input_shapes": [shape for shape in inputs if shape is not None],
        "output_shapes": [shape for shape in outputs if shape is not None],
        "params": int(sum(math.prod(weight.shape) for weight in layer.weights)),
        "data_format": data_format if isinstance(data_format, str) else None,
        "kernel_shape": kernel_shape(layer),
        "file": place[0],
        "line": place[1],
    }


def describe_failure(error: BaseException, tracer: Tracer) -> Event:
    """The outcome event of an exception that ended the program."""
    outer, error = error, _behind_lambda(error)
    frames = [
        {"file": frame.filename, "line": frame.lineno or 0, "function": frame.name, "code": _line(frame)}
        for one in ([error] if outer is error else [outer, error])
        for frame in traceback.extract_tb(one.__traceback__)
        if tracer.is_own(frame.filename)
    ]
    if isinstance(error, SyntaxError) and error.filename and tracer.is_own(error.filename):
        frames.append(
            {"file": error.filename, "line": error.lineno or 1, "function": "", "code": (error.text or "").strip()}
        )
    try:
        message = str(error)
    except Exception:  # a user's own exception class may fail to print itself
        message = type(error).__name__
    frames += _converted_frames(message, tracer)
    if len(frames) > MAX_FRAMES:
        # Endless recursion: where it began and where it ended.
        frames = [*frames[: MAX_FRAMES // 2], *frames[-MAX_FRAMES // 2 :]]
    call = None
    if tracer.failed is not None and tracer.failed[1] in _chain(outer):
        call = tracer.failed[0]
    layer = None
    if call is None and tracer.last_created is not None and frames:
        number, place = tracer.last_created
        innermost = frames[-1]
        if (place[0], place[1]) == (innermost["file"], innermost["line"]) and _in_constructor(error, tracer):
            layer = number
    return {
        "status": "raised",
        "exception": type(error).__name__,
        "message": message[:20_000],
        "core": core_message(message[:20_000]),
        "frames": frames,
        "call": call,
        "layer": layer,
    }


_CONVERTED = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>\S+)', re.MULTILINE)


def _converted_frames(message: str, tracer: Tracer) -> list[Event]:
    """Own lines inside a ``tf.function``: they run as generated code and stand in the message only."""
    if not message.startswith("in user code:"):
        return []
    return [
        {
            "file": match["file"],
            "line": int(match["line"]),
            "function": match["function"],
            "code": linecache.getline(match["file"], int(match["line"])).strip(),
        }
        for match in _CONVERTED.finditer(message)
        if tracer.is_own(match["file"])
    ]


def _line(frame: traceback.FrameSummary) -> str:
    return (linecache.getline(frame.filename, frame.lineno or 0) or frame.line or "").strip()


def _behind_lambda(error: BaseException) -> BaseException:
    """What went wrong inside a ``Lambda``: Keras only says that it could not infer the shape."""
    if not isinstance(error, NotImplementedError) or "the shape of the Lambda's output" not in str(error):
        return error
    return next((one for one in _chain(error) if not isinstance(one, NotImplementedError)), error)


def _chain(error: BaseException) -> list[BaseException]:
    """The exception and those it came from, also where ``from None`` hides them."""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        seen.append(current)
        current = current.__cause__ or current.__context__
    return seen


def _in_constructor(error: BaseException, tracer: Tracer) -> bool:
    """Whether the exception came out of a constructor that an own line called."""
    after = ""
    for frame in traceback.extract_tb(error.__traceback__):
        after = "" if tracer.is_own(frame.filename) else after or frame.name
    return after in ("", "__init__", "__new__") and (after != "" or isinstance(error, TypeError))
