"""Calls into libraries: the catalog first, then what the analysis itself must know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import libcst as cst

from convlint.catalog import arguments as read
from convlint.catalog.dataset import Dataset
from convlint.catalog.generations import OPS_FOR_BACKEND, TORCH_METHODS, tensorflow1_words
from convlint.catalog.gone import successor
from convlint.catalog.layer import weights_mismatch
from convlint.catalog.objects import Changed, LibraryObject, Many
from convlint.catalog.registry import FunctionEntry, LayerEntry, find_function, find_layer
from convlint.catalog.tensor import Kind, NumpyInt, Tensor
from convlint.problems import (
    DataFormatSpelling,
    RemovedBackendFunction,
    TfFunctionOnKerasTensor,
    TorchMethod,
    ValuesOfSymbolic,
)
from convlint.shapes.dims import UNKNOWN, Dynamic, Linear, Unknown, is_whole, product
from convlint.shapes.shape import Shape
from convlint.static import (
    applications,
    attributes,
    builtins,
    datasets,
    generations,
    graph,
    hooks,
    indexing,
    models,
    objects,
    porting,
    stdlib,
    tensors,
    training,
    usage,
)
from convlint.static.journal import MISSING, Slots
from convlint.static.run import Frame, Run, stamp
from convlint.static.syntax import dotted
from convlint.static.values import (
    DictValue,
    External,
    FunctionValue,
    Instance,
    LayerValue,
    ListValue,
    Method,
    ObjectValue,
    Origin,
    Partial,
    ReadDynamic,
    SliceValue,
    Value,
    forget,
    items_of,
)

Arguments = Sequence[Value]
Keywords = Mapping[str, Value]
Handler = Callable[[Run, Frame, cst.CSTNode, Arguments, Keywords], Value]

_DTYPE_HOMES = ("numpy.", "tensorflow.", "keras.backend.")
_DTYPES = frozenset(
    {"float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
     "uint64", "bool", "bool_", "double", "half", "single", "complex64", "complex128", "string", "str_"}
)  # fmt: skip
_DTYPE_NAMES = {"bool_": "bool", "double": "float64", "half": "float16", "single": "float32"}

BACKEND_IN_KERAS3 = frozenset(
    {"backend", "clear_session", "epsilon", "floatx", "get_uid", "image_data_format", "is_float_dtype", "is_int_dtype",
     "is_keras_tensor", "result_type", "set_epsilon", "set_floatx", "set_image_data_format", "standardize_dtype"}
)  # fmt: skip
"""What ``keras.backend`` still holds. Source: ``dir(keras.backend)`` of Keras 3.15."""


def handles(canonical: str) -> bool:
    """Whether the analysis itself knows what a call of this name does."""
    return canonical in _HANDLERS or canonical in datasets.HANDLERS or canonical in stdlib.HANDLERS


def call_external(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    external: External,
    positional: Arguments,
    keywords: Keywords,
    *,
    open_ended: bool = False,
) -> Value:
    """Call something of a library."""
    name = external.canonical
    generations.check_call(run, frame, node, external, positional, keywords, open_ended=open_ended)
    hooks.ask(run, frame, node, name, positional, keywords, open_ended=open_ended)
    handler = _HANDLERS.get(name) or datasets.HANDLERS.get(name) or stdlib.HANDLERS.get(name)
    if handler is not None:
        if run.settings.keras == 3 and _left_backend(external):
            _state_removed(run, frame, node, external)
        return handler(run, frame, node, positional, keywords)
    if name.startswith("builtins."):
        return builtins.call_builtin(run, frame, node, name[9:], positional, keywords)
    if name.startswith(("keras.losses.", "tensorflow.losses.", "keras.metrics.")):
        return training.call_library(run, frame, node, name, positional, keywords, open_ended=open_ended)
    if name.startswith(("math.", "numpy.")) and positional and not keywords:
        number = stdlib.fold_math(name, positional)
        if number is not MISSING:
            return number
    if applications.is_builder(name):
        return applications.build(run, frame, node, external, positional, keywords, open_ended=open_ended)
    entry = find_layer(name)
    if entry is not None:
        return make_layer(run, frame, node, entry, positional, keywords, open_ended)
    if run.settings.keras == 3 and _left_backend(external):
        _state_removed(run, frame, node, external)
    function = find_function(name)
    if function is not None and external.name.startswith("tensorflow.compat.v1."):
        keywords = tensorflow1_words(keywords, function.signature.by_name)
        if not all(word in function.signature.by_name for word in keywords):
            return Tensor()
    if function is not None:

        def again(positional: Arguments, keywords: Keywords) -> Value:
            return call_function(run, frame, node, function, external.name, positional, keywords, open_ended)

        return graph.apply(run, frame, node, operation_name(name), positional, keywords, again)
    if name.endswith(".shuffle"):
        for value in positional:
            forget(run.journal, value)
    if name in _WRITE_IN_PLACE and positional and isinstance(positional[0], Tensor):
        run.forget_content(frame, positional[0])
    if name.rpartition(".")[2] in _DTYPES and positional and isinstance(positional[0], int | float):
        value, last = positional[0], name.rpartition(".")[2]
        whole = isinstance(value, int) and not isinstance(value, bool) and last.startswith(("int", "uint"))
        return NumpyInt(value) if whole and name.startswith("numpy.") and isinstance(value, int) else value
    return UNKNOWN


_OPERATIONS = {
    "keras.activations.relu": "ReLU", "keras.activations.exponential": "Exp", "keras.activations.swish": "Silu",
    "keras.activations.hard_swish": "HardSilu", "keras.ops.swish": "Silu", "keras.ops.hard_swish": "HardSilu",
    "keras.ops.abs": "Absolute", "keras.ops.conj": "Conjugate",
    "keras.ops.isin": "IsIn", "keras.ops.allclose": "AllClose", "keras.ops.searchsorted": "SearchSorted",
    "keras.ops.batch_normalization": "BatchNorm", "keras.ops.layer_normalization": "LayerNorm",
    "keras.ops.rms_normalization": "RMSNorm", "keras.ops.cdist": "CDist",
    "keras.ops.image.extract_patches_3d": "ExtractPatches",
}  # fmt: skip
"""Functions whose operation has a name of its own. Source: ``symbolic_call`` in ``keras/src/ops``."""


def operation_name(name: str) -> str:
    """The class of the operation that a function becomes when it is applied to a symbolic tensor."""
    return _OPERATIONS.get(name) or name.rpartition(".")[2]


_WRITE_IN_PLACE = frozenset({"numpy.copyto", "numpy.place", "numpy.put", "numpy.putmask", "numpy.fill_diagonal"})


def _left_backend(external: External) -> bool:
    """Whether Keras 3 has no such function in ``keras.backend``; ``tf.keras.backend`` still has most."""
    home, _, name = external.canonical.rpartition(".")
    if external.name.startswith("tensorflow.keras.backend."):
        return successor(external.name) is not None
    return (
        not external.name.startswith("keras.src.")
        and home == "keras.backend"
        and external.name.startswith("keras.")
        and name not in BACKEND_IN_KERAS3
    )


def _state_removed(run: Run, frame: Frame, node: cst.CSTNode, external: External) -> None:
    name = external.name.rpartition(".")[2]
    shown = dotted(node.func) if isinstance(node, cst.Call) else external.name
    run.state_problem(RemovedBackendFunction(shown, OPS_FOR_BACKEND.get(name, "")), frame, node, callee=external.name)


def to_catalog(value: Value, room: list[int] | None = None) -> object:
    """A value as catalog entries take it: lists for lists, strings for dtypes, unknown for the rest.

    Args:
        room: how many more entries the catalog may be handed; behind them all is unknown.
    """
    if isinstance(value, ListValue):
        items = value.items
        return to_catalog(items, room) if isinstance(items, Unknown) else _converted(items, room)
    if isinstance(value, Many):
        return Many(to_catalog(value.element, room))
    if isinstance(value, ObjectValue):
        return value.known
    if isinstance(value, SliceValue):
        return slice(to_catalog(value.lower), to_catalog(value.upper), to_catalog(value.step))
    if isinstance(value, tuple):
        made = _converted(value, room)
        return made if isinstance(made, Unknown) else tuple(made)
    if isinstance(value, range):
        return list(value) if len(value) < 10_000 else UNKNOWN
    if isinstance(value, LayerValue):
        return value.spec
    if isinstance(value, External):
        home, _, last = value.canonical.rpartition(".")
        if home == "cv2" and last.isupper():
            return value.canonical  # a constant: `cv2.IMREAD_GRAYSCALE`
        if last in _DTYPES and (f"{home}." in _DTYPE_HOMES or home == "builtins"):
            return _DTYPE_NAMES.get(last, last)
        return {"builtins.float": "float64", "builtins.int": "int64", "builtins.object": "object"}.get(
            value.canonical, UNKNOWN
        )
    if isinstance(value, DictValue):
        if value.open or not all(isinstance(key, str) for key in value.entries):
            return UNKNOWN
        made = _converted(tuple(value.entries.values()), room)
        return made if isinstance(made, Unknown) else dict(zip(value.entries, made))
    if value is None or value is Ellipsis or isinstance(value, _SAME_IN_CATALOG):
        return value
    return UNKNOWN


def _converted(items: Sequence[Value], room: list[int] | None) -> list[object] | Unknown:
    room = [builtins.MAX_ITEMS] if room is None else room
    room[0] -= len(items)
    return UNKNOWN if room[0] < 0 else [to_catalog(item, room) for item in items]


_SAME_IN_CATALOG = (bool, int, float, str, bytes, Tensor, Linear, Dynamic, Dataset, LibraryObject)


def from_catalog(
    run: Run, frame: Frame, node: cst.CSTNode, result: object, label: str, parents: Sequence[Tensor]
) -> Value:
    """A catalog result as a value; tensors learn where they were made."""
    if isinstance(result, Tensor):
        made = stamp(result, frame, node, label, parents)
        run.see_data(made)
        return made
    if isinstance(result, list):
        return ListValue([from_catalog(run, frame, node, part, label, parents) for part in result])
    if isinstance(result, tuple):
        return tuple(from_catalog(run, frame, node, part, label, parents) for part in result)
    if isinstance(result, dict):
        return DictValue({key: from_catalog(run, frame, node, part, label, parents) for key, part in result.items()})
    if isinstance(result, Many):
        return ListValue(Many(from_catalog(run, frame, node, result.element, label, parents)))
    return ObjectValue(Slots({"object": result})) if isinstance(result, LibraryObject) else result


MAX_LOOKED = 10_000
"""Values among which tensors are searched: lists that share their parts could hold each of them without end."""


def tensors_in(*values: Value) -> list[Tensor]:
    """All tensors in arguments, lists and tuples searched."""
    found: list[Tensor] = []
    waiting = [*reversed(values)]
    room = MAX_LOOKED
    while waiting and room:
        room -= 1
        value = waiting.pop()
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, ListValue | tuple):
            items = items_of(value)
            if not isinstance(items, Unknown):
                waiting.extend(reversed(items[:64]))
        elif isinstance(value, DictValue):
            waiting.extend(reversed(value.entries.values()))
        elif isinstance(value, ObjectValue) and isinstance(value.known, LibraryObject):
            found.append(value.known.array)
        elif isinstance(value, Dataset):
            element = value.element
            waiting.extend(reversed(element) if isinstance(element, tuple) else (element,))
        elif isinstance(value, ReadDynamic):
            found.append(value.tensor)
    return found


def call_function(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    entry: FunctionEntry,
    spelled: str,
    positional: Arguments,
    keywords: Keywords,
    open_ended: bool,
    label: str | None = None,
) -> Value:
    """Apply a function of the catalog."""
    shown = label or (dotted(node.func) if isinstance(node, cst.Call) else spelled.rpartition(".")[2])
    if entry.name in _CONVERT and positional:
        tensors.state_dynamic(run, frame, node, [part for value in positional for part in _entries(value)])
    given = [to_catalog(value) for value in positional]
    named = {key: to_catalog(value) for key, value in keywords.items()}
    inputs = tensors_in(*positional, *keywords.values())
    nodes = argument_nodes(node, entry)
    porting.check_function(run, frame, node, spelled, inputs)
    result = run.consult(
        frame,
        node,
        shown,
        lambda ctx: entry.call(ctx, given, named, open_ended=open_ended),
        inputs,
        callee=spelled,
        values=_by_name(entry, positional, keywords),
        argument_nodes=nodes,
    )
    if isinstance(result, Changed):
        datasets.change(run, positional, result.receiver)
        result = result.result
    if type(result) is Unknown and entry.pure:
        return Tensor() if _returns_tensor(entry) else UNKNOWN
    return from_catalog(run, frame, node, result, shown, inputs)


_CONVERT = frozenset(
    {"tensorflow.cast", "tensorflow.constant", "tensorflow.convert_to_tensor", "tensorflow.stack",
     "tensorflow.range", "keras.ops.arange", "keras.ops.cast", "keras.ops.convert_to_tensor", "keras.ops.stack"}
)  # fmt: skip
"""What makes a tensor of numbers, and refuses ``None`` among them. Source: measured with Keras 3.15."""


def _entries(value: Value) -> tuple[Value, ...]:
    items = items_of(value) if isinstance(value, ListValue | tuple) else (value,)
    return () if isinstance(items, Unknown) else tuple(items)


def _returns_tensor(entry: FunctionEntry) -> bool:
    return str(entry.rule.__annotations__.get("return", "")).startswith("Tensor")


def _by_name(entry: FunctionEntry | LayerEntry, positional: Arguments, keywords: Keywords) -> dict[str, object]:
    signature = entry.signature
    named: dict[str, object] = {p.target: value for p, value in zip(signature.positional, positional)}
    for word, value in keywords.items():
        parameter = signature.by_name.get(word)
        named[parameter.target if parameter is not None else word] = value
    return named


def argument_nodes(node: cst.CSTNode, entry: FunctionEntry | LayerEntry) -> dict[str, cst.BaseExpression]:
    """The argument expressions of a call, by the names under which the rule receives them."""
    if not isinstance(node, cst.Call) or any(argument.star for argument in node.args):
        return {}
    signature = entry.signature
    plain = [argument.value for argument in node.args if argument.keyword is None]
    nodes = {p.target: value for p, value in zip(signature.positional, plain)}
    for argument in node.args:
        if argument.keyword is not None:
            parameter = signature.by_name.get(argument.keyword.value)
            nodes[parameter.target if parameter is not None else argument.keyword.value] = argument.value
    return nodes


def read_shape(value: Value) -> Shape | Unknown:
    """A shape as a program writes it."""
    return read.dims(to_catalog(value))


def make_layer(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    entry: LayerEntry,
    positional: Arguments,
    keywords: Keywords,
    open_ended: bool,
) -> Value:
    """Construct a layer of the catalog."""
    spelled = dotted(node.func) if isinstance(node, cst.Call) else entry.name
    shown = spelled.rpartition(".")[2] or entry.name.rpartition(".")[2]
    generations.check_layer(run, frame, node, entry, shown, positional, keywords)
    given = [to_catalog(value) for value in positional]
    named = {key: to_catalog(value) for key, value in keywords.items()}
    spec = run.consult(
        frame,
        node,
        shown,
        lambda ctx: entry.make(ctx, given, named, open_ended=open_ended),
        tensors_in(*positional, *keywords.values()),
        callee=entry.name,
        values=_by_name(entry, positional, keywords),
        argument_nodes=argument_nodes(node, entry),
    )
    if isinstance(spec, Unknown):
        return UNKNOWN
    chosen = keywords.get("name")
    inner = next(
        (v for v in (*positional, *keywords.values()) if isinstance(v, FunctionValue | LayerValue | Instance)), None
    )
    class_name = entry.name.rpartition(".")[2]
    name_given = chosen if isinstance(chosen, str) else ""
    hidden = open_ended and "name" not in keywords
    full_name = UNKNOWN if hidden else graph.name_of(run, class_name, chosen)
    made = LayerValue(
        spec,  # type: ignore[arg-type]
        class_name,
        shown,
        name_given,
        frame.unit,
        node,
        inner,
        full_name=full_name,
    )
    usage.state_made_in_call(run, frame, node, made, shown)
    porting.check_layer(run, frame, node, made)
    return made


def call_tensor_method(
    run: Run,
    frame: Frame,
    node: cst.CSTNode,
    method: Method,
    positional: Arguments,
    keywords: Keywords,
    open_ended: bool,
) -> Value:
    """``x.method(…)`` for a tensor or array ``x``."""
    x, name = method.receiver, method.name
    assert isinstance(x, Tensor)
    if name == "reshape" and x.kind is Kind.UNKNOWN:
        return _reshaped(run, frame, node, x, positional)
    if name in ("get_shape",):
        return attributes.dims_of(x)
    if name == "numpy" and x.is_symbolic:
        run.state_problem(_values_problem(x, ".numpy()", "keep computing with the tensor"), frame, node, (x,))
        return Tensor()
    if name == "numpy":
        return replace(x, kind=Kind.ARRAY)
    if name == "copy" and x.kind is Kind.ARRAY:
        return x
    if name == "assign" and x.kind is Kind.EAGER and positional and isinstance(positional[0], Tensor):
        _check_assigned(run, frame, node, x, positional[0])
    if name in ("assign", "assign_add", "assign_sub", "read_value", "value") and x.kind is Kind.EAGER:
        return x
    if x.kind in (Kind.SYMBOLIC, Kind.TRACED, Kind.EAGER) and name in TORCH_METHODS:
        if open_ended:
            positional = [UNKNOWN]
        return _torch_method(run, frame, node, x, name, positional)
    if x.kind is Kind.ARRAY and name in ("fill", "put", "itemset", "partition", "byteswap"):
        run.forget_content(frame, x)
        return None
    if x.kind is Kind.ARRAY and name == "resize":
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            forget_shape(run, frame, node.func.value)
        return None
    if x.kind is Kind.ARRAY:
        entry = find_function(f"numpy.ndarray.{name}")
        if entry is not None:
            return call_function(
                run, frame, node, entry, f"numpy.ndarray.{name}", [x, *positional], keywords, open_ended
            )
    return UNKNOWN


def _reshaped(run: Run, frame: Frame, node: cst.CSTNode, x: Tensor, positional: Arguments) -> Value:
    """``x.reshape(-1, 28, 28, 1)`` of what is not known to be an array: whatever has the method makes that shape.

    A function ``ops.reshape(x, shape)`` of a module that is not known gets the array first, and one argument more.
    """
    entry = find_function("numpy.ndarray.reshape")
    sizes = is_whole(positional[0]) or isinstance(positional[0], tuple | ListValue) if positional else False
    if entry is None or not (sizes or (len(positional) > 2 and all(map(is_whole, positional[1:])))):
        return UNKNOWN
    with run.mute():
        made = call_function(run, frame, node, entry, entry.name, [x, *positional], {}, False)
    return replace(made, kind=Kind.UNKNOWN) if isinstance(made, Tensor) else UNKNOWN


def _check_assigned(run: Run, frame: Frame, node: cst.CSTNode, x: Tensor, value: Tensor) -> None:
    """A variable takes only values of its own shape; nothing is broadcast."""
    if isinstance(x.shape, Unknown) or isinstance(value.shape, Unknown) or not isinstance(node, cst.Call):
        return
    if all(isinstance(size, int) for size in (*x.shape, *value.shape)) and x.shape != value.shape:
        name = dotted(node.func.value) if isinstance(node.func, cst.Attribute) else "variable"
        problem = weights_mismatch(f"{name}.assign", name, x.shape, value.shape)
        nodes = {"array": node.args[0].value} if node.args else {}
        run.state_problem(problem, frame, node, (value,), values={"array": value}, argument_nodes=nodes)


def forget_shape(run: Run, frame: Frame, owner: cst.CSTNode) -> None:
    """An array that a name stands for got another shape in place."""
    if isinstance(owner, cst.Name) and isinstance(frame.scope.find(owner.value), Tensor):
        run.journal.set(frame.scope.owner(owner.value).variables, owner.value, Tensor(kind=Kind.ARRAY))


def _values_problem(x: Tensor, words: str, instead: str) -> ValuesOfSymbolic:
    label = x.origin.label if isinstance(x.origin, Origin) else "x"
    return ValuesOfSymbolic(label, words, instead)


def state_item_assignment(run: Run, frame: Frame, node: cst.CSTNode, x: Tensor) -> None:
    """``x[index] = value`` on a tensor that has no values."""
    if x.is_symbolic:
        problem = _values_problem(x, "[...] = value", "keras.ops.where or keras.ops.slice_update make a new tensor")
        run.state_problem(problem, frame, node, (x,))


def _torch_method(run: Run, frame: Frame, node: cst.CSTNode, x: Tensor, name: str, positional: Arguments) -> Value:
    """A method only PyTorch tensors have; the work goes on with what does the same here."""
    replacement = TORCH_METHODS[name]
    label = x.origin.label if isinstance(x.origin, Origin) else "x"
    run.state_problem(TorchMethod(label, name, replacement), frame, node, (x,), values={"x": x})
    if name in ("contiguous", "cuda"):
        return x
    if name == "size":
        shape = attributes.dims_of(x)
        return indexing.get(run, frame, node, shape, positional[0]) if positional else shape
    entry = find_function(replacement)
    if entry is None:
        return UNKNOWN
    arguments: list[Value] = list(positional)
    if name in ("permute", "view") and not (len(arguments) == 1 and isinstance(arguments[0], tuple | ListValue)):
        arguments = [tuple(arguments)]
    if name == "view" and isinstance(arguments[0], tuple) and -1 in arguments[0]:
        # Beside a free batch Keras can't work out the -1; the repair writes numbers, which are not foretold here.
        arguments = [tuple(UNKNOWN if isinstance(size, Dynamic) else size for size in arguments[0])]
    with run.mute():
        return call_function(run, frame, node, entry, replacement, [x, *arguments], {}, False)


# --- functions that the analysis itself must know --------------------------------------------


def _argument(positional: Arguments, keywords: Keywords, index: int, name: str, default: Value = None) -> Value:
    return positional[index] if len(positional) > index else keywords.get(name, default)


def _image_data_format(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    run.assumed_image_data_format = True
    return run.state["image_data_format"]


def _image_dim_ordering(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    run.assumed_image_data_format = True
    return {"channels_last": "tf", "channels_first": "th"}.get(str(run.state["image_data_format"]), UNKNOWN)


def _set_image_data_format(
    run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords
) -> Value:
    value = _argument(positional, keywords, 0, "data_format")
    words = {"th": "channels_first", "tf": "channels_last"}
    shown = dotted(node.func) if isinstance(node, cst.Call) else ""
    if isinstance(value, str) and shown.endswith("set_image_data_format") and value not in words.values():
        wanted = words.get(value) or read.KERAS_LAYOUTS.get(value.upper()) or "channels_last or channels_first"
        run.state_problem(DataFormatSpelling(shown, value, wanted), frame, node)
        value = wanted if wanted in words.values() else UNKNOWN
    run.journal.set(run.state, "image_data_format", words.get(value, value) if isinstance(value, str) else UNKNOWN)
    return None


def _ops_shape(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    """``keras.ops.shape(x)``, which is ``x.shape`` while a functional model is put together.

    Source: ``keras/src/ops/core.py``, ``shape``; measured with Keras 3.15: a reshape to such sizes fails on data.
    """
    x = _argument(positional, keywords, 0, "x")
    if isinstance(x, Tensor) and x.kind is Kind.SYMBOLIC and not run.inside_call:
        return attributes.dims_of(x)
    return _shape_of(run, frame, node, positional, keywords)


def _shape_of(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    """``tf.shape(x)``: sizes that are known when the line runs."""
    x = _argument(positional, keywords, 0, "input", _argument(positional, keywords, 0, "x"))
    if not isinstance(x, Tensor) or isinstance(x.shape, Unknown):
        return UNKNOWN
    return tuple(UNKNOWN if isinstance(dim, Dynamic) else dim for dim in x.shape)


def _tf_shape(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    """``tf.shape(x)``, which Keras 3 refuses outside of a layer."""
    x = _argument(positional, keywords, 0, "input", _argument(positional, keywords, 0, "x"))
    if isinstance(x, Tensor) and x.kind is Kind.SYMBOLIC and not run.inside_call and run.settings.keras >= 3:
        shown = dotted(node.func) if isinstance(node, cst.Call) else "tf.shape"
        problem = TfFunctionOnKerasTensor(shown, "keras.ops.shape")
        run.state_problem(problem, frame, node, (x,), callee="tensorflow.shape")
    return _shape_of(run, frame, node, positional, keywords)


def _int_shape(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    x = _argument(positional, keywords, 0, "x")
    return attributes.dims_of(x) if isinstance(x, Tensor) else UNKNOWN


def _ndim(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    x = positional[0] if positional else None
    return x.rank if isinstance(x, Tensor) and x.rank is not None else UNKNOWN


def _partial(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    return Partial(positional[0], tuple(positional[1:]), dict(keywords)) if positional else UNKNOWN


def _decorated(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    return positional[0] if positional else External("convlint.identity")


def _same(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    return positional[0] if positional else UNKNOWN


def _prod(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    value = positional[0] if positional else UNKNOWN
    items = items_of(value)
    if isinstance(value, Tensor) or isinstance(items, Unknown):
        entry = find_function("numpy.prod")
        if entry is not None and isinstance(value, Tensor):
            return call_function(run, frame, node, entry, "numpy.prod", positional, keywords, False)
        return UNKNOWN
    if len(items) > builtins.MAX_ITEMS:
        return UNKNOWN
    if any(isinstance(item, Dynamic) for item in items):
        tensors.state_dynamic(run, frame, node, items)
        return UNKNOWN
    if all(isinstance(item, int | Linear) for item in items):
        size = product(tuple(items))  # type: ignore[arg-type]
        return NumpyInt(size) if isinstance(size, int) else size
    return UNKNOWN


def _math_prod(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    size = _prod(run, frame, node, positional, keywords)
    return int(size) if isinstance(size, NumpyInt) else size


def _graph_tensor(position: int) -> Handler:
    """A tensor of a TensorFlow 1 graph; its free sizes are ``Dimension(None)``, which is not ``None``."""

    def make(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
        sizes = read.dims(to_catalog(_argument(positional, keywords, position, "shape")))
        if isinstance(sizes, Unknown):
            return Tensor()
        label = dotted(node.func) if isinstance(node, cst.Call) else "tensor"
        shape = tuple(UNKNOWN if isinstance(size, Dynamic) else size for size in sizes)
        return stamp(Tensor(shape), frame, node, label, ())

    return make


def _version(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    """``parse("2.15.0")`` as numbers that compare."""
    text = positional[0] if len(positional) == 1 else UNKNOWN
    if not isinstance(text, str) or not all(part.isdecimal() for part in text.split(".")):
        return UNKNOWN
    return tuple(int(part) for part in text.split("."))


def _input(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
    """``Input(…)``: a tensor, and the ``InputLayer`` that it comes out of."""
    entry = find_function("keras.layers.Input")
    assert entry is not None
    made = call_function(run, frame, node, entry, "keras.layers.Input", positional, keywords, False)
    given = keywords.get("tensor")
    if not isinstance(made, Tensor) or given is not None:
        return made
    name = keywords.get("name", positional[6] if len(positional) > 6 else None)
    return models.input_tensor(run, frame, node, made, name)


def _merging(class_name: str) -> Handler:
    """``keras.layers.add([a, b])``: makes the layer and calls it."""

    def call(run: Run, frame: Frame, node: cst.CSTNode, positional: Arguments, keywords: Keywords) -> Value:
        entry, function = find_layer(f"keras.layers.{class_name}"), find_function(f"keras.layers.{class_name.lower()}")
        assert entry is not None and function is not None
        if len(positional) > len(function.signature.positional) or tensors_in(*positional[1:]):
            # add(a, b): the function's own signature says what is wrong.
            return call_function(run, frame, node, function, function.name, positional, keywords, False)
        inputs = _argument(positional, keywords, 0, "inputs", UNKNOWN)
        options = {key: value for key, value in keywords.items() if key != "inputs"}
        layer = make_layer(run, frame, node, entry, positional[1:], options, False)
        return objects.call_layer(run, frame, node, layer, [inputs], {}) if isinstance(layer, LayerValue) else Tensor()

    return call


_HANDLERS: dict[str, Handler] = {
    "tensorflow.placeholder": _graph_tensor(1),
    "tensorflow.get_variable": _graph_tensor(1),
    **dict.fromkeys(
        (
            "packaging.version.parse",
            "packaging.version.Version",
            "pkg_resources.parse_version",
            "distutils.version.LooseVersion",
            "distutils.version.StrictVersion",
        ),
        _version,
    ),
    "keras.backend.image_data_format": _image_data_format,
    "keras.backend.image_dim_ordering": _image_dim_ordering,
    "keras.backend.set_image_data_format": _set_image_data_format,
    "keras.backend.set_image_dim_ordering": _set_image_data_format,
    "keras.initializers.Constant": lambda run, frame, node, positional, keywords: (
        _argument(positional, keywords, 0, "value", UNKNOWN)
        if isinstance(_argument(positional, keywords, 0, "value", UNKNOWN), Tensor)
        else UNKNOWN
    ),
    "keras.backend.backend": lambda run, frame, node, positional, keywords: "tensorflow",
    "keras.config.backend": lambda run, frame, node, positional, keywords: "tensorflow",
    "keras.backend.int_shape": _int_shape,
    "keras.backend.ndim": _ndim,
    "numpy.ndim": _ndim,
    "numpy.shape": _int_shape,
    "tensorflow.shape": _tf_shape,
    "keras.ops.shape": _ops_shape,
    **dict.fromkeys(("tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "tqdm.tqdm_notebook"), _same),
    "keras.backend.shape": _tf_shape,
    "functools.partial": _partial,
    "tensorflow.function": _decorated,
    "copy.copy": _same,
    "copy.deepcopy": _same,
    "convlint.identity": _same,
    "tensorflow.TensorShape": _same,
    "numpy.prod": _prod,
    "math.prod": _math_prod,
    "numpy.random.default_rng": lambda run, frame, node, positional, keywords: External("numpy.random.Generator"),
    "numpy.random.RandomState": lambda run, frame, node, positional, keywords: External("numpy.random.RandomState"),
    "keras.Sequential": models.make_sequential,
    "keras.Model": models.make_model,
    "keras.layers.Input": _input,
    **{
        f"keras.layers.{name.lower()}": _merging(name)
        for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot")
    },
}

__all__ = ["call_external", "call_function", "from_catalog", "objects", "to_catalog"]
