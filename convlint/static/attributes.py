"""Attributes: reading and writing ``value.name``."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from convlint.catalog.dataset import Dataset
from convlint.catalog.tensor import Kind, Tensor
from convlint.shapes.dims import UNKNOWN, Dynamic, Unknown, product
from convlint.static import calls, datasets, generations, graph, imports, usage
from convlint.static.journal import MISSING
from convlint.static.run import Frame, Run
from convlint.static.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    EnumMember,
    External,
    FunctionValue,
    Instance,
    LayerValue,
    ListValue,
    Method,
    ModelValue,
    ModuleValue,
    NamedTuple,
    Namespace,
    ObjectValue,
    Partial,
    ReadDynamic,
    StdlibObject,
    Super,
    Unit,
    Value,
)


def read(run: Run, frame: Frame, node: cst.CSTNode, base: Value, name: str) -> Value:
    """The value of ``base.name``."""
    if isinstance(base, External):
        return imports.external_value(run, generations.check_name(run, frame, node, f"{base.name}.{name}"))
    generations.check_attribute(run, frame, node, base, name)
    if isinstance(base, Tensor):
        return _of_tensor(base, name)
    if isinstance(base, Instance):
        return _of_instance(run, frame, node, base, name)
    if isinstance(base, ClassValue):
        found = base.lookup(name)
        if isinstance(found, FunctionValue) and found.binding == "class":
            return BoundMethod(base, found)
        return _library_attribute(base, name) if found is MISSING else found
    if isinstance(base, ModuleValue):
        return imports.member(run, base.unit, base, name)
    if isinstance(base, Super):
        return _of_super(base, name)
    if isinstance(base, LayerValue):
        return _of_layer(base, name)
    if isinstance(base, ModelValue):
        return _of_model(base, name)
    if isinstance(base, Namespace):
        return base.entries.get(name, UNKNOWN if base.open else Method(base, name))
    if isinstance(base, NamedTuple):
        return _of_named_tuple(run, frame, node, base, name)
    if isinstance(base, EnumMember):
        return _of_member(base, name)
    if isinstance(base, StdlibObject):
        return base.state[name] if name in base.state else Method(base, name)
    if isinstance(base, ListValue | DictValue | str | tuple | range):
        return Method(base, name)
    if isinstance(base, ObjectValue | Dataset):
        return datasets.read(run, frame, node, base, name)
    if isinstance(base, FunctionValue) and name in ("__name__", "__qualname__"):
        return base.name
    if type(base) is Unknown and name == "reshape":
        return Method(Tensor(), name)
    if isinstance(base, Partial) and name == "func":
        return base.function
    if base is None:
        usage.check_nothing(run, frame, node, name)
    return UNKNOWN


def has(base: Value, name: str) -> bool | None:
    """Whether ``base.name`` exists; None where that is not known."""
    if isinstance(base, Instance):
        # What it lacks here, somebody outside may have given it.
        return True if name in base.attributes or base.cls.lookup(name) is not MISSING else None
    if isinstance(base, ClassValue):
        return True if base.lookup(name) is not MISSING else None
    if isinstance(base, Namespace):
        return True if name in base.entries else None if base.open else False
    if isinstance(base, NamedTuple) and name in base.kind.fields:
        return True
    return None


def dictionary_of(base: Value) -> Value:
    """``vars(base)``: a dictionary that shares what the object holds."""
    if isinstance(base, Namespace):
        shared = DictValue()
        shared.entries, shared.state = base.entries, base.state
        return shared
    if isinstance(base, Instance):
        shared = DictValue(open_ended=True)
        shared.entries = base.attributes
        return shared
    return UNKNOWN


def dims_of(tensor: Tensor) -> Value:
    """The value of ``tensor.shape``: a tuple in which dynamic sizes remember their tensor.

    A size that was dynamic while a model was built is a number once real values flow through it.
    """
    if isinstance(tensor.shape, Unknown):
        return UNKNOWN
    return tuple(
        dim if not isinstance(dim, Dynamic) else ReadDynamic(tensor, axis) if tensor.is_symbolic else UNKNOWN
        for axis, dim in enumerate(tensor.shape)
    )


def _of_tensor(tensor: Tensor, name: str) -> Value:
    if name == "shape":
        return dims_of(tensor)
    if name in ("ndim", "rank"):
        return UNKNOWN if tensor.rank is None else tensor.rank
    if name == "dtype":
        return UNKNOWN if isinstance(tensor.dtype, Unknown) else External(f"numpy.{tensor.dtype}")
    if name == "size" and tensor.kind is Kind.ARRAY and not isinstance(tensor.shape, Unknown):
        return product(tensor.shape)
    if name == "T" and not isinstance(tensor.shape, Unknown):
        return Tensor(tuple(reversed(tensor.shape)), tensor.dtype, tensor.kind, origin=graph.outside(tensor.origin))
    return Method(tensor, name)


def _of_instance(run: Run, frame: Frame, node: cst.CSTNode, instance: Instance, name: str) -> Value:
    if name in instance.attributes:
        return instance.attributes[name]
    found = instance.cls.lookup(name)
    if isinstance(found, FunctionValue):
        if found.binding == "static":
            return found
        if found.binding == "property":
            return calls.call(run, frame, node, BoundMethod(instance, found), [], {})
        return BoundMethod(instance.cls if found.binding == "class" else instance, found)
    if name == "__class__":
        return instance.cls
    if found is not MISSING:
        return found
    if usage.keras_role(instance.cls) is not None:
        return Method(instance, name)
    return UNKNOWN


def _of_named_tuple(run: Run, frame: Frame, node: cst.CSTNode, value: NamedTuple, name: str) -> Value:
    if name in value.kind.fields:
        return value[value.kind.fields.index(name)]
    found = MISSING if value.kind.cls is None else value.kind.cls.lookup(name)
    if isinstance(found, FunctionValue):
        method = BoundMethod(value, found)
        return calls.call(run, frame, node, method, [], {}) if found.binding == "property" else method
    if name == "_fields":
        return value.kind.fields
    return Method(value, name) if found is MISSING else found


def _of_member(member: EnumMember, name: str) -> Value:
    if name in ("value", "_value_"):
        return member.value
    if name in ("name", "_name_"):
        return member.name
    found = member.cls.lookup(name)
    if isinstance(found, FunctionValue) and found.binding == "method":
        return BoundMethod(member, found)
    return UNKNOWN


def _library_attribute(cls: ClassValue, name: str) -> Value:
    if name == "__name__":
        return cls.name
    for base in cls.mro():
        if isinstance(base, External):
            return External(f"{base.name}.{name}")
    return UNKNOWN


def _of_super(value: Super, name: str) -> Value:
    passed = False
    instance = value.instance
    if not isinstance(instance, Instance):
        return UNKNOWN
    for cls in instance.cls.mro():
        if cls is value.after:
            passed = True
        elif passed and isinstance(cls, ClassValue):
            found = cls.scope.variables.get(name, MISSING)
            if isinstance(found, FunctionValue):
                return BoundMethod(instance, found)
    return Method(value, name)


def _of_layer(layer: LayerValue, name: str) -> Value:
    if name in layer.state:
        return layer.state[name]
    if name == "name":
        return layer.full_name
    if name in ("input", "output"):
        return graph.ends_of(layer, name)
    arguments: Mapping[str, object] = layer.spec.arguments
    if name in ("filters", "units", "rate", "axis") and isinstance(arguments.get(name), int):
        return arguments[name]
    if layer.built is not None and not isinstance(layer.built.input_shape, Unknown):
        weights = layer.built.weights
        found = next((shape for key, shape in weights.items() if key == name), None)
        if found is not None:
            return Tensor(found, "float32", Kind.EAGER)
    return Method(layer, name)


def _of_model(model: ModelValue, name: str) -> Value:
    state = model.state
    if name == "name":
        return model.full_name
    if name in ("inputs", "outputs", "input", "output"):
        value = state[name if name.endswith("s") else f"{name}s"]
        if value is None:
            return UNKNOWN
        plural = name.endswith("s")
        if isinstance(value, Tensor):
            return ListValue((value,)) if plural else value
        if isinstance(value, tuple):
            return ListValue(value)
        if isinstance(value, DictValue) and not plural:
            return value
        return UNKNOWN
    if name in ("input_shape", "output_shape"):
        value = state[f"{name.partition('_')[0]}s"]
        if isinstance(value, tuple):
            return ListValue([dims_of(part) if isinstance(part, Tensor) else UNKNOWN for part in value])
        return dims_of(value) if isinstance(value, Tensor) else UNKNOWN
    if name == "layers":
        listed = graph.layers_of(model)
        return UNKNOWN if listed is None else ListValue(listed)
    if name in state:
        return state[name]
    return Method(model, name)


def write(run: Run, base: Value, name: str, value: Value) -> None:
    """``base.name = value``."""
    if isinstance(base, Instance):
        run.journal.set(base.attributes, name, value)
    elif isinstance(base, ClassValue):
        run.journal.set(base.scope.variables, name, value)
    elif isinstance(base, LayerValue | ModelValue):
        run.journal.set(base.state, name, value)
    elif isinstance(base, ObjectValue):
        datasets.write(run, base, name, value)
    elif isinstance(base, Namespace):
        run.journal.set(base.entries, name, value)
    elif isinstance(base, StdlibObject):
        run.journal.set(base.state, name, value)
    elif isinstance(base, ModuleValue):
        _write_module(run, base.unit, name, value)


def _write_module(run: Run, unit: Unit, name: str, value: Value) -> None:
    run.journal.set(unit.scope.variables, name, value)
