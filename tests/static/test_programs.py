"""Python as people write it around a model: where the hyper-parameters come from, and who calls whom."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.static.following import problems, shape_of

FOLLOWED = {
    "dataclass defaults": (
        """
        from dataclasses import dataclass, field, replace
        @dataclass
        class Config:
            filters: int = 16
            size: int = 3
            blocks: list = field(default_factory=lambda: [8, 4])
        c = replace(Config(), size=5)
        y = layers.Conv2D(c.blocks[0], c.size)(keras.Input((28, 28, 1)))
        """,
        [None, 24, 24, 8],
    ),
    "dataclass given by position and name": (
        """
        import dataclasses
        @dataclasses.dataclass(frozen=True)
        class Config:
            filters: int
            size: int
            stride: int = 2
            def __post_init__(self):
                self.double = self.filters * 2
        c = Config(16, size=3)
        y = layers.Conv2D(c.double, c.size, strides=c.stride)(keras.Input((9, 9, 1)))
        """,
        [None, 4, 4, 32],
    ),
    "dataclass that inherits fields": (
        """
        from dataclasses import dataclass
        @dataclass
        class Base:
            filters: int = 4
        @dataclass
        class Wide(Base):
            size: int = 3
        c = Wide(8)
        y = layers.Conv2D(c.filters, c.size)(keras.Input((9, 9, 1)))
        """,
        [None, 7, 7, 8],
    ),
    "dataclass to dict": (
        """
        from dataclasses import dataclass, asdict
        @dataclass
        class Config:
            filters: int = 4
            kernel_size: int = 3
        y = layers.Conv2D(**asdict(Config()))(keras.Input((9, 9, 1)))
        """,
        [None, 7, 7, 4],
    ),
    "argparse defaults": (
        """
        import argparse
        parser = argparse.ArgumentParser(description="train")
        parser.add_argument("--filters", type=int, default=8, help="how many")
        parser.add_argument("-k", "--kernel-size", type=int, default="5")
        parser.add_argument("--deep", action="store_true")
        args = parser.parse_args()
        y = layers.Conv2D(args.filters, args.kernel_size)(keras.Input((9, 9, 1)))
        """,
        [None, 5, 5, 8],
    ),
    "argparse in groups, known arguments, vars": (
        """
        import argparse
        def read():
            parser = argparse.ArgumentParser()
            group = parser.add_argument_group("model")
            group.add_argument("--units", dest="width", type=int, default=12)
            return parser.parse_known_args()
        args, rest = read()
        options = vars(args)
        y = layers.Dense(options["width"])(keras.Input((3,)))
        """,
        [None, 12],
    ),
    "argparse set_defaults": (
        """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--units", type=int)
        parser.set_defaults(units=7)
        y = layers.Dense(parser.parse_args([]).units)(keras.Input((3,)))
        """,
        [None, 7],
    ),
    "absl flags": (
        """
        from absl import app, flags
        FLAGS = flags.FLAGS
        flags.DEFINE_integer("units", 6, "how many")
        SIZE = flags.DEFINE_integer("size", 4, "how large")
        def main(argv):
            result = layers.Dense(FLAGS.units)(keras.Input((SIZE.value,)))
        app.run(main)
        """,
        [None, 6],
    ),
    "namespace": (
        """
        from types import SimpleNamespace
        c = SimpleNamespace(units=5, act="relu")
        c.units = c.units + 1
        y = layers.Dense(c.units, activation=c.act)(keras.Input((3,)))
        """,
        [None, 6],
    ),
    "named tuple": (
        """
        from collections import namedtuple
        Block = namedtuple("Block", ["filters", "size"])
        Other = namedtuple("Other", "filters, stride", defaults=[2])
        y = keras.Input((16, 16, 1))
        for b in [Block(4, 3), Block(8, size=1)]:
            y = layers.Conv2D(b.filters, b.size)(y)
        o = Other(16)
        filters, stride = o
        y = layers.Conv2D(filters, 1, strides=stride)(y)
        """,
        [None, 7, 7, 16],
    ),
    "typing.NamedTuple": (
        """
        from typing import NamedTuple
        class Block(NamedTuple):
            filters: int
            size: int = 3
        b = Block(4)
        c = b._replace(size=5)
        y = layers.Conv2D(b[0], c.size)(keras.Input((9, 9, 1)))
        """,
        [None, 5, 5, 4],
    ),
    "enum": (
        """
        from enum import Enum
        class Size(Enum):
            SMALL = 8
            LARGE = 64
        y = layers.Dense(Size.LARGE.value)(keras.Input((3,)))
        if Size.SMALL is Size.LARGE:
            y = None
        """,
        [None, 64],
    ),
    "config class": (
        """
        class Config:
            UNITS = 5
            SIZES = [3, 4]
        class Large(Config):
            UNITS = 50
        y = layers.Dense(Large.UNITS)(keras.Input((Config.SIZES[1],)))
        """,
        [None, 50],
    ),
    "nested config dict": (
        """
        CONFIG = {"model": {"filters": [8, 16], "kernel": (3, 3)}, "name": "net"}
        y = keras.Input((20, 20, 3))
        for i, f in enumerate(CONFIG["model"]["filters"]):
            y = layers.Conv2D(f, CONFIG["model"]["kernel"], name=f"{CONFIG['name']}_{i:02d}")(y)
        """,
        [None, 16, 16, 16],
    ),
    "ml_collections": (
        """
        import ml_collections
        def get_config():
            config = ml_collections.ConfigDict()
            config.units = 9
            config.model = ml_collections.ConfigDict({"size": 4})
            return config
        c = get_config()
        y = layers.Dense(c.units)(keras.Input((c.model.size,)))
        """,
        [None, 9],
    ),
    "reduce": (
        """
        from functools import reduce
        y = reduce(lambda x, f: layers.Dense(f)(x), [4, 5, 6], keras.Input((3,)))
        """,
        [None, 6],
    ),
    "a decorator with wraps": (
        """
        import functools
        def logged(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                print(function.__name__)
                return function(*args, **kwargs)
            return wrapper
        @logged
        def block(x, units=4):
            return layers.Dense(units)(x)
        y = block(keras.Input((3,)), units=8)
        """,
        [None, 8],
    ),
    "a decorator with arguments": (
        """
        def scaled(factor):
            def decorate(function):
                def wrapper(x, units):
                    return function(x, units * factor)
                return wrapper
            return decorate
        @scaled(3)
        def block(x, units):
            return layers.Dense(units)(x)
        y = block(keras.Input((3,)), 4)
        """,
        [None, 12],
    ),
    "an object of a library's class as decorator": (
        """
        import namex
        class export(namex.export):
            def __init__(self, path):
                super().__init__(package="mine", path=path)
        @export("mine.Block")
        class Block:
            def __call__(self, x):
                return layers.Dense(6)(x)
        y = Block()(keras.Input((3,)))
        """,
        [None, 6],
    ),
    "match on a constant": (
        """
        def head(x, kind):
            match kind:
                case "avg":
                    return layers.GlobalAveragePooling2D()(x)
                case "flat" | "flatten":
                    return layers.Flatten()(x)
                case _:
                    return x
        y = head(keras.Input((4, 4, 2)), "flatten")
        """,
        [None, 32],
    ),
    "match with capture and sequence": (
        """
        def size(spec):
            match spec:
                case int(n):
                    return n
                case (a, b):
                    return a * b
                case {"units": u}:
                    return u
        y = layers.Dense(size((3, 4)) + size(5) + size({"units": 6, "x": 1}))(keras.Input((3,)))
        """,
        [None, 23],
    ),
    "walrus": (
        """
        if (n := len([1, 2, 3])) > 2:
            y = layers.Dense(n)(keras.Input((3,)))
        """,
        [None, 3],
    ),
    "starred assignment": (
        """
        first, *rest, last = [4, 5, 6, 7]
        y = keras.Input((3,))
        for u in (first, *rest[::-1], last):
            y = layers.Dense(u)(y)
        """,
        [None, 7],
    ),
    "set comprehension and sorted": (
        """
        sizes = sorted({n % 3 + 1 for n in range(10)})
        y = layers.Dense(sizes[-1] + len(sizes))(keras.Input((3,)))
        """,
        [None, 6],
    ),
    "sorted by key, reversed": (
        """
        blocks = sorted([("a", 4), ("b", 2)], key=lambda pair: pair[1], reverse=True)
        y = keras.Input((3,))
        for name, units in reversed(blocks):
            y = layers.Dense(units, name=name)(y)
        """,
        [None, 4],
    ),
    "min and max with key and default": (
        """
        best = max([("a", 4), ("b", 9)], key=lambda p: p[1])
        y = layers.Dense(best[1] + max([], default=1) + min(3, 2))(keras.Input((3,)))
        """,
        [None, 12],
    ),
    "filter, map, any, all, sum of a generator": (
        """
        units = list(filter(lambda n: n > 2, map(int, ["1", "3", "5"])))
        y = layers.Dense(sum(u * 2 for u in units))(keras.Input((3,)))
        if any(u > 4 for u in units) and all(units):
            y = layers.Dense(2)(y)
        """,
        [None, 2],
    ),
    "dict methods": (
        """
        d = dict(a=1, b=2)
        d.update({"c": 3}, e=5)
        d |= {"f": 6}
        d.pop("a")
        d.setdefault("z", 7)
        total = sum(d.values()) + len(d.keys()) + {**d, "b": 0}["b"]
        y = layers.Dense(total)(keras.Input((3,)))
        """,
        [None, 28],
    ),
    "list methods": (
        """
        a = [3, 1, 2]
        a.sort()
        a.append(9)
        a.insert(0, 7)
        a.remove(9)
        a += [4]
        del a[0]
        a[1:2] = [5, 6]
        y = layers.Dense(a.index(6) * 10 + a.count(4) + len(a))(keras.Input((3,)))
        """,
        [None, 26],
    ),
    "strings": (
        """
        spec = "conv_32_3x3".split("_")
        size = tuple(int(s) for s in spec[2].split("x"))
        name = "{}-{}".format(spec[0].upper(), spec[1].zfill(4))
        width = int(name[-2:]) if name.startswith("CONV") else 1
        y = layers.Conv2D(width, size)(keras.Input((9, 9, 1)))
        """,
        [None, 7, 7, 32],
    ),
    "a layer class by its name": (
        """
        kind = "Global" + "Max" + "Pooling2D"
        y = getattr(layers, kind)()(keras.Input((9, 9, 5)))
        """,
        [None, 5],
    ),
    "a table of layer classes": (
        """
        POOL = {"max": layers.MaxPooling2D, "avg": layers.AveragePooling2D}
        y = POOL.get("max", None)(3)(keras.Input((9, 9, 5)))
        """,
        [None, 3, 3, 5],
    ),
    "globals": (
        """
        def make_small(x):
            return layers.Dense(2)(x)
        y = globals()["make_" + "small"](keras.Input((3,)))
        """,
        [None, 2],
    ),
    "isinstance of what was given": (
        """
        def pair(v):
            if isinstance(v, (list, tuple)):
                return tuple(v)
            elif isinstance(v, int):
                return (v, v)
            raise ValueError(v)
        y = layers.Conv2D(4, pair(3))(keras.Input((9, 9, 1)))
        """,
        [None, 7, 7, 4],
    ),
    "inheritance, super and properties": (
        """
        class Base:
            width = 4
            def __init__(self, depth, **kwargs):
                self.depth = depth
                self.options = kwargs
            @property
            def total(self):
                return self.width * self.depth
            def build(self, x):
                return layers.Dense(self.total, **self.options)(x)
        class Net(Base):
            width = 5
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.depth += 1
            def build(self, x):
                return super().build(x)
        y = Net(2, activation="relu").build(keras.Input((3,)))
        """,
        [None, 15],
    ),
    "mixins by the method resolution order": (
        """
        class A:
            def n(self): return 1
        class B(A):
            def n(self): return super().n() + 10
        class C(A):
            def n(self): return super().n() + 100
        class D(B, C):
            pass
        y = layers.Dense(D().n())(keras.Input((3,)))
        """,
        [None, 111],
    ),
    "a callable object": (
        """
        class Block:
            def __init__(self, units): self.units = units
            def __call__(self, x): return layers.Dense(self.units)(x)
        y = Block(5)(keras.Input((3,)))
        """,
        [None, 5],
    ),
    "container protocol": (
        """
        class Sizes:
            def __init__(self): self.s = [4, 5]
            def __getitem__(self, i): return self.s[i]
            def __len__(self): return len(self.s)
            def __iter__(self): return iter(self.s)
            def __contains__(self, n): return n in self.s
            def __eq__(self, other): return True
        s = Sizes()
        y = layers.Dense(s[1] * len(s) + sum(list(s)) if 4 in s else 1)(keras.Input((3,)))
        """,
        [None, 19],
    ),
    "class and static methods": (
        """
        class Net:
            sizes = (3, 4)
            @classmethod
            def make(cls, x): return cls.head(x, cls.sizes[0])
            @staticmethod
            def head(x, n): return layers.Dense(n)(x)
        y = Net.make(keras.Input((3,)))
        """,
        [None, 3],
    ),
    "a layer of the program with build and call": (
        """
        @keras.saving.register_keras_serializable(package="mine")
        class Linear(keras.layers.Layer):
            def __init__(self, units=32, **kwargs):
                super().__init__(**kwargs)
                self.units = units
            def build(self, input_shape):
                self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="normal")
                super().build(input_shape)
            def call(self, inputs):
                return keras.ops.matmul(inputs, self.w)
            def get_config(self):
                return {**super().get_config(), "units": self.units}
        y = Linear(5)(keras.Input((3,)))
        """,
        [None, 5],
    ),
    "import shim": (
        """
        try:
            from tensorflow.keras.layers import Dense
        except ImportError:
            from keras.layers import Dense
        y = Dense(4)(keras.Input((3,)))
        """,
        [None, 4],
    ),
    "strategy and name scope": (
        """
        strategy = tf.distribute.MirroredStrategy()
        with strategy.scope(), tf.name_scope("net"):
            y = layers.Dense(4)(keras.Input((3,)))
        """,
        [None, 4],
    ),
    "nonlocal": (
        """
        def maker():
            width = 2
            def grow(x):
                nonlocal width
                width *= 2
                return layers.Dense(width)(x)
            return grow
        g = maker()
        y = g(g(keras.Input((3,))))
        """,
        [None, 8],
    ),
    "global": (
        """
        WIDTH = 2
        def wider():
            global WIDTH
            WIDTH = WIDTH * 5
        wider()
        y = layers.Dense(WIDTH)(keras.Input((3,)))
        """,
        [None, 10],
    ),
    "recursion": (
        """
        def unet(x, depth):
            if depth == 0:
                return layers.Conv2D(8, 3, padding="same")(x)
            down = layers.MaxPooling2D()(x)
            inner = unet(down, depth - 1)
            up = layers.UpSampling2D()(inner)
            return layers.Concatenate()([x, up])
        y = unet(keras.Input((16, 16, 1)), 3)
        """,
        [None, 16, 16, 11],
    ),
    "main with argv": (
        """
        import sys
        def main(argv=None):
            result = layers.Dense(4)(keras.Input((3,)))
            return 0
        if __name__ == "__main__":
            sys.exit(main(sys.argv[1:]))
        """,
        [None, 4],
    ),
    "environment with a default": (
        """
        import os
        n = int(os.environ.get("UNITS", 8))
        m = int(os.getenv("SIZE", "4"))
        y = layers.Dense(4)(keras.Input((3,)))
        """,
        [None, 4],
    ),
    "chained comparison": (
        """
        n = 5
        y = layers.Dense(10 if 1 < n <= 5 != 4 else 20)(keras.Input((3,)))
        """,
        [None, 10],
    ),
    "shape arithmetic": (
        """
        x = keras.Input((32, 32, 24))
        c = x.shape[-1]
        r = max(1, c // 16)
        h, w, ch = x.shape[1:]
        import math
        n = int(math.ceil(c * 0.3)) + int(round(c / 7)) + r + int(np.prod(x.shape[1:3])) // 256
        y = layers.Dense(n + h // 2 - w // 2 + abs(-1) + pow(2, 3))(x)
        """,
        [None, 32, 32, 25],
    ),
    "forwarding": (
        """
        def conv_bn(x, *args, **kwargs):
            kwargs.setdefault("padding", "same")
            act = kwargs.pop("activation", "relu")
            x = layers.Conv2D(*args, **kwargs)(x)
            return layers.Activation(act)(layers.BatchNormalization()(x))
        def stage(x, f, **kw):
            return conv_bn(conv_bn(x, f, 3, **kw), f * 2, kernel_size=1)
        y = stage(keras.Input((9, 9, 1)), 4, strides=3, activation="elu")
        """,
        [None, 3, 3, 8],
    ),
    "keyword-only and positional-only": (
        """
        def f(x, /, units, *, twice=False):
            return layers.Dense(units * 2 if twice else units)(x)
        y = f(keras.Input((3,)), 4, twice=True)
        """,
        [None, 8],
    ),
    "a generator of the program": (
        """
        def widths(n):
            for i in range(n):
                yield 2 ** i
        y = keras.Input((3,))
        for w in widths(4):
            y = layers.Dense(w)(y)
        """,
        [None, 8],
    ),
    "yield from and next": (
        """
        def inner():
            yield 3
            yield 4
        def outer():
            yield from inner()
            yield 5
        it = iter(outer())
        next(it)
        y = layers.Dense(next(it) + sum(it))(keras.Input((3,)))
        """,
        [None, 9],
    ),
    "itertools": (
        """
        import itertools
        total = 0
        for a, b in itertools.product([1, 2], [3]):
            total += a * b
        for n in itertools.chain([1], (2,)):
            total += n
        for a, b in itertools.zip_longest([1], [1, 2], fillvalue=0):
            total += a
        for a, b in zip(itertools.repeat(1), [5]):
            total += b
        for i in itertools.islice(itertools.count(10), 2):
            total += i
        for a, b in itertools.pairwise([1, 2, 3]):
            total += b - a
        y = layers.Dense(total)(keras.Input((3,)))
        """,
        [None, 41],
    ),
    "ordered dict, defaultdict, deque": (
        """
        from collections import OrderedDict, defaultdict, deque, Counter
        d = OrderedDict([("a", 4), ("b", 5)])
        e = defaultdict(list)
        e["x"].append(6)
        q = deque([1, 2])
        q.append(3)
        y = layers.Dense(d["b"] + e["x"][0] + q[-1])(keras.Input((3,)))
        """,
        [None, 14],
    ),
    "string formatting with percent": (
        """
        names = ["block%d_conv%d" % (b, c) for b in (1, 2) for c in (1, 2)]
        y = layers.Dense(len(names), name=names[0])(keras.Input((3,)))
        """,
        [None, 4],
    ),
    "a while loop": (
        """
        y = keras.Input((64, 64, 3))
        while y.shape[1] > 8:
            y = layers.MaxPooling2D()(y)
        """,
        [None, 8, 8, 3],
    ),
    "for else, break, continue": (
        """
        y = keras.Input((3,))
        for n in range(10):
            if n % 2:
                continue
            if n > 6:
                break
            y = layers.Dense(n + 1)(y)
        else:
            y = layers.Dense(99)(y)
        """,
        [None, 7],
    ),
    "try, else and finally": (
        """
        try:
            n = int("12")
        except ValueError:
            n = 5
        else:
            n += 1
        finally:
            m = 2
        y = layers.Dense(m)(keras.Input((3,)))
        """,
        [None, 2],
    ),
    "a model class that holds layers in a list": (
        """
        class Net(keras.Model):
            def __init__(self, widths):
                super().__init__()
                self.blocks = [layers.Dense(w) for w in widths]
                self.head = keras.Sequential([layers.Dense(7), layers.ReLU()])
            def call(self, x, training=False):
                for block in self.blocks:
                    x = block(x)
                return self.head(x)
        y = Net([4, 5])(keras.Input((3,)))
        """,
        [None, 7],
    ),
    "lambdas in a dict": (
        """
        make = {"dense": lambda n: layers.Dense(n), "drop": lambda n: layers.Dropout(0.5)}
        y = keras.Input((3,))
        for kind, n in [("dense", 4), ("drop", 0)]:
            y = make[kind](n)(y)
        """,
        [None, 4],
    ),
    "composition": (
        """
        def compose(*funcs):
            from functools import reduce
            return reduce(lambda f, g: lambda *a, **kw: g(f(*a, **kw)), funcs)
        y = compose(layers.Dense(4), layers.ReLU(), layers.Dense(5))(keras.Input((3,)))
        """,
        [None, 5],
    ),
    "operator": (
        """
        import operator
        from functools import reduce
        n = reduce(operator.mul, (2, 3, 4), 1)
        y = layers.Dense(n + operator.itemgetter(1)((5, 6)))(keras.Input((3,)))
        """,
        [None, 30],
    ),
    "type annotations and conditional expressions": (
        """
        from typing import Optional, Tuple, Union
        Shape = Tuple[int, ...]
        units: Optional[int] = None
        width: int = units or 4
        size: "Shape" = (3,) if units is None else (units,)
        y: object = layers.Dense(width)(keras.Input(size))
        """,
        [None, 4],
    ),
    "numbers in many spellings": (
        """
        y = layers.Dense(0x10 + 0b1 + 1_0 + int(1e1) + int("7") + True + int(2.9) + -(-3) // 2)(keras.Input((3,)))
        """,
        [None, 48],
    ),
    "tuple arithmetic": (
        """
        shape = (28, 28) + (1,)
        y = layers.Reshape(shape[:2] + (shape[2] * 1,))(keras.Input((784,)))
        """,
        [None, 28, 28, 1],
    ),
    "json config in the source": (
        """
        import json
        c = json.loads('{"units": 5, "sizes": [1, 2]}')
        y = layers.Dense(c["units"] + c["sizes"][1])(keras.Input((3,)))
        """,
        [None, 7],
    ),
    "partialmethod of layers by loop": (
        """
        from functools import partial
        Conv = partial(layers.Conv2D, kernel_size=3, padding="same")
        Down = partial(Conv, strides=2)
        y = Down(filters=8)(Conv(4)(keras.Input((8, 8, 1))))
        """,
        [None, 4, 4, 8],
    ),
    "a context manager of the program": (
        """
        from contextlib import contextmanager
        @contextmanager
        def scaled(n):
            yield n * 2
        class Timer:
            def __enter__(self):
                self.n = 5
                return self
            def __exit__(self, *a):
                return False
        with scaled(3) as n, Timer() as t:
            y = layers.Dense(n + t.n)(keras.Input((3,)))
        """,
        [None, 11],
    ),
    "tf.function of the program": (
        """
        @tf.function(jit_compile=True)
        def half(x):
            return x[:, ::2]
        y = layers.Lambda(half)(keras.Input((8, 3)))
        """,
        [None, 4, 3],
    ),
    "cached function": (
        """
        from functools import lru_cache, cache
        @lru_cache(maxsize=None)
        def width(n): return n * 3
        @cache
        def more(n): return n + 1
        y = layers.Dense(more(width(2)))(keras.Input((3,)))
        """,
        [None, 7],
    ),
    "class attribute counters": (
        """
        class Namer:
            count = 0
            def next(self):
                Namer.count += 1
                return f"layer_{Namer.count}"
        n = Namer()
        n.next()
        y = layers.Dense(int(n.next()[-1]), name=n.next())(keras.Input((3,)))
        """,
        [None, 2],
    ),
    "lists of lists": (
        """
        grid = [[0] * 3 for _ in range(2)]
        grid[1][2] = 9
        flat = [c for row in grid for c in row]
        y = layers.Dense(flat[-1] + len(flat))(keras.Input((3,)))
        """,
        [None, 15],
    ),
    "numpy numbers as sizes": (
        """
        sizes = np.array([4, 5, 6])
        y = layers.Dense(int(len(sizes) + np.int64(3)) + int(np.ceil(2.1)))(keras.Input((3,)))
        """,
        [None, 9],
    ),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_followed(name: str) -> None:
    program, expected = FOLLOWED[name]
    assert expected == shape_of(f"{dedent(program)}\nresult = y\n", "result")
    assert problems(program) == []
