"""Weights that exist only once somebody asks for their values.

A symbolic build needs their shapes alone: VGG16 takes 0.03 s and 1 MB this way, where allocating
takes a second and 1.3 GB. Reading a value, assigning one or training allocates it first, so programs
see no difference.
"""

from __future__ import annotations

import functools
from typing import Any

from convlint.runtime.inside.framework import GENERATION, keras


def _takes_any_shape(initializer: Any) -> bool:
    """Whether it is one of Keras' own, which can't fail; arrays and the program's own run at once, as ever."""
    if initializer is None or isinstance(initializer, str | dict):
        return True
    known = isinstance(initializer, keras.initializers.Initializer) and type(initializer).__module__.startswith(
        "keras."
    )
    return known and not isinstance(initializer, keras.initializers.Constant)


def install() -> bool:
    """Make weights lazy from now on. Returns False where this Keras' internals are not the known ones."""
    if GENERATION == 2:
        return False
    try:
        from keras.src.backend.common import variables
        from keras.src.backend.common.stateless_scope import in_stateless_scope
    except ImportError:
        return False
    base: Any = variables.KerasVariable if hasattr(variables, "KerasVariable") else variables.Variable
    concrete: Any = keras.Variable
    needed = ("_deferred_initialize", "_direct_assign", "value")
    if not all(hasattr(concrete, name) for name in needed) or not hasattr(variables, "register_uninitialized_variable"):
        return False

    # Keras allocates the variables on this list when the outermost stateless scope ends.
    variables.register_uninitialized_variable = lambda variable: None

    plain_add_weight: Any = keras.Layer.add_weight

    @functools.wraps(plain_add_weight)
    def add_weight(self: Any, *args: Any, **kwargs: Any) -> Any:
        initializer = kwargs.get("initializer", args[1] if len(args) > 1 else None)
        if not _takes_any_shape(initializer):
            return plain_add_weight(self, *args, **kwargs)
        with keras.StatelessScope(initialize_variables=False):
            return plain_add_weight(self, *args, **kwargs)

    keras.Layer.add_weight = add_weight

    plain_value: Any = base.__dict__["value"].fget
    plain_assign: Any = concrete._direct_assign

    def value(self: Any) -> Any:
        if self._value is None and not in_stateless_scope():
            self._deferred_initialize()
        return plain_value(self)

    def direct_assign(self: Any, new_value: Any) -> Any:
        if self._value is None:
            self._deferred_initialize()
        return plain_assign(self, new_value)

    base.value = property(value)
    concrete._direct_assign = direct_assign
    return True
