"""Layers that wrap another layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from convlint.catalog import arguments as read
from convlint.catalog.context import Context, Refused
from convlint.catalog.layer import Built, Call, Layer
from convlint.catalog.registry import layer
from convlint.catalog.tensor import Kind, Tensor
from convlint.problems import ArgumentSize, InputRankMismatch
from convlint.shapes.dims import UNKNOWN, Unknown, add
from convlint.shapes.shape import AnyShape, Shape


def inner_layer(value: object) -> Layer | None:
    """The catalog's layer in a wrapper's argument, or in the front end's object for one."""
    if isinstance(value, Layer):
        return value
    held = getattr(value, "layer", None)
    return held if isinstance(held, Layer) else None


def prefixed(prefix: str, built: Built) -> tuple[dict[str, Shape], frozenset[str]]:
    """The weights of an inner layer and the fixed ones among them, under ``prefix/``."""
    weights = {f"{prefix}/{name}": shape for name, shape in built.weights.items()}
    return weights, frozenset(f"{prefix}/{name}" for name in built.fixed)


def part_of(built: Built | None, prefix: str, input_shape: AnyShape) -> Built | None:
    """What is fixed of the inner layer whose weights stand under ``prefix/``."""
    if built is None:
        return None
    start = f"{prefix}/"
    weights = {name.removeprefix(start): shape for name, shape in built.weights.items() if name.startswith(start)}
    fixed = frozenset(name.removeprefix(start) for name in built.fixed if name.startswith(start))
    return Built(input_shape, weights, fixed)


class Wrapper(Layer):
    """A layer around another one, which is unknown where the catalog does not have it."""

    def configure(self, ctx: Context) -> None:
        self.inner = inner_layer(self.arguments["layer"])

    def frozen(self, built: Built) -> Built:
        """Nothing of it trains where the wrapper's own ``trainable=False`` says so."""
        return replace(built, fixed=frozenset(built.weights)) if self.arguments.get("trainable") is False else built

    def typed(self, result: object) -> object:
        """Put together, the output has the wrapper's own type, whatever its layer would give."""
        if isinstance(result, tuple):
            return tuple(self.typed(part) for part in result)
        if not isinstance(result, Tensor):
            return result
        same = result.dtype == self.compute_dtype
        return replace(result, dtype=self.compute_dtype if same or result.kind is Kind.SYMBOLIC else UNKNOWN)


@layer("TimeDistributed(layer)")
class TimeDistributed(Wrapper):
    """Calls its layer on each step: ``(batch, steps, *sample)`` as ``(batch, *sample)``.

    Source: ``keras/src/layers/rnn/time_distributed.py``.
    """

    min_rank = 3

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        inputs, built = call.inputs, call.built
        if not isinstance(inputs, Tensor) or isinstance(inputs.shape, Unknown):
            return call.unknown
        x, shape = self.autocast(inputs), inputs.shape
        if len(shape) < 3:
            raise Refused(InputRankMismatch(ctx.operation, "3 or more", len(shape), shape))
        if self.inner is None:
            return Tensor(UNKNOWN, UNKNOWN, x.kind), built or Built(UNKNOWN, {})
        step = replace(x, shape=(shape[0], *shape[2:]), layout=None)
        before = built
        if built is not None and not isinstance(built.input_shape, Unknown):
            before = replace(built, input_shape=(built.input_shape[0], *built.input_shape[2:]))
        result, after = self.inner.call(ctx, replace(call, inputs=step, built=before))
        fixed = self.frozen(replace(after, input_shape=shape))
        if not isinstance(result, Tensor) or isinstance(result.shape, Unknown):
            return Tensor(UNKNOWN, UNKNOWN, x.kind), fixed
        spread = replace(result, shape=(result.shape[0], shape[1], *result.shape[1:]), layout=None)
        return self.typed(spread), fixed


@layer("Bidirectional(layer, merge_mode='concat', weights=None, backward_layer=None)")
class Bidirectional(Wrapper):
    """Runs its layer forwards and another one backwards, and merges the two.

    Source: ``keras/src/layers/rnn/bidirectional.py``.
    """

    modes = ("sum", "mul", "concat", "ave", None)
    alike = ("return_sequences", "return_state", "stateful")

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        self.mode = self.arguments["merge_mode"]
        if isinstance(self.mode, str) and self.mode not in self.modes:
            wanted = '"sum", "mul", "concat", "ave" or None'
            raise Refused(ArgumentSize(ctx.operation, "merge_mode", repr(self.mode), wanted))
        given = self.arguments["backward_layer"]
        if isinstance(self.inner, Bidirectional):
            self.inner = None  # both ways of both ways of …: the work would double with each level
        self.backward = self.inner if given is None else inner_layer(given)
        if self.inner is None or self.backward is None or given is None:
            return
        for name in self.alike:
            mine, other = self.inner.arguments.get(name), self.backward.arguments.get(name)
            if isinstance(mine, bool) and isinstance(other, bool) and mine != other:
                wanted = f"a layer with {name}={mine}, as the forward layer has it"
                raise Refused(ArgumentSize(ctx.operation, "backward_layer", f"{name}={other}", wanted))
        ways = self.inner.arguments.get("go_backwards"), self.backward.arguments.get("go_backwards")
        if all(isinstance(way, bool) for way in ways) and ways[0] == ways[1]:
            wanted = f"a layer with go_backwards={not ways[0]}"
            raise Refused(ArgumentSize(ctx.operation, "backward_layer", f"go_backwards={ways[1]}", wanted))

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        if self.inner is None or self.backward is None or not isinstance(call.inputs, Tensor):
            return call.unknown
        plain = {name: value for name, value in call.keywords.items() if name != "initial_state"}
        results, weights, fixed = [], {}, frozenset[str]()
        states = call.keywords.get("initial_state", call.more[0] if call.more else None)
        middle = len(states) // 2 if isinstance(states, list | tuple) else 0
        halves = (states[:middle], states[middle:]) if isinstance(states, list | tuple) else (None, None)
        for (way, one), start in zip((("forward", self.inner), ("backward", self.backward)), halves):
            shape = UNKNOWN if call.built is None else call.built.input_shape
            before = part_of(call.built, way, shape)
            keywords = plain if start is None else {**plain, "initial_state": start}
            result, after = one.call(ctx, Call(call.inputs, before, (), keywords))
            made, kept = prefixed(way, after)
            results.append(self.typed(result))
            weights.update(made)
            fixed |= kept
        return self._merged(*results), self.frozen(Built(call.inputs.shape, weights, fixed))

    def _merged(self, forward: object, backward: object) -> object:
        first, states = _parted(forward)
        second, more = _parted(backward)
        if not isinstance(first, Tensor) or not isinstance(second, Tensor) or isinstance(self.mode, Unknown):
            return UNKNOWN
        if isinstance(first.shape, Unknown) or isinstance(second.shape, Unknown):
            return UNKNOWN
        if self.mode is None:
            outputs: tuple[object, ...] = (first, second)
        elif self.mode == "concat":
            outputs = (replace(first, shape=(*first.shape[:-1], add(first.shape[-1], second.shape[-1]))),)
        else:
            outputs = (first,)
        if states:
            return (*outputs, *states, *more)
        return outputs[0] if len(outputs) == 1 else outputs


def _parted(result: object) -> tuple[object, tuple[object, ...]]:
    """Output and states of a recurrent layer."""
    return (result[0], result[1:]) if isinstance(result, tuple) and result else (result, ())


@layer("SpectralNormalization(layer, power_iterations=1)")
class SpectralNormalization(Wrapper):
    """Scales the kernel of its layer; the output is the layer's, in the type of the input.

    Source: ``keras/src/layers/normalization/spectral_normalization.py``.
    """

    def configure(self, ctx: Context) -> None:
        super().configure(ctx)
        read.positive(ctx, "power_iterations", self.arguments["power_iterations"])

    def call(self, ctx: Context, call: Call) -> tuple[object, Built]:
        if self.inner is None:
            return call.unknown
        result, after = self.inner.call(ctx, call)
        result = self.typed(result)
        if "vector_u" in after.weights:
            return result, after
        kernel = self._kernel(after.weights)
        if kernel is None and after.weights.keys():
            wanted = "a layer that has a kernel or embeddings"
            raise Refused(ArgumentSize(ctx.operation, "layer", type(self.inner).__name__, wanted))
        vector: Shape = (1, UNKNOWN if not kernel else kernel[-1])
        built = replace(after, weights={"vector_u": vector, **after.weights}, fixed=after.fixed | {"vector_u"})
        return result, self.frozen(built)

    def _kernel(self, weights: Mapping[str, Shape]) -> Shape | None:
        return next((weights[name] for name in ("kernel", "embeddings") if name in weights), None)
