"""What a file costs against its size.

    python -m benchmarks.scaling [KIND...] [--lines 1000,5000,20000,50000] [--layers 100,1000,10000] [--json OUT]

Programs are generated, one kind of growth each, and analysed in processes of their own. Printed are microseconds of
CPU time for each line (each layer for networks that a loop builds) and the whole cost in parses of the same text; both
stay flat where the cost is linear. The last column is the growth of the cost of a line from the smallest size to the
largest.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HEAD = "import keras\nfrom keras import layers\n"


def flat(lines: int) -> str:
    """One layer after the other."""
    body = "".join(f"x = layers.Dense({n % 64 + 1}, name='d{n}')(x)\n" for n in range(lines))
    return f"{HEAD}x = keras.Input((8,))\n{body}model = keras.Model(x, x)\n"


def functions(lines: int) -> str:
    """Many functions, each called by the next."""
    parts = [
        f"def block{n}(x, width={n % 64 + 1}):\n    y = layers.Dense(width)(x)\n"
        f"    y = layers.ReLU()(y)\n    return layers.add([y, layers.Dense(width)(x)])\n\n"
        for n in range(lines // 5)
    ]
    return f"{HEAD}\n" + "".join(parts)


def classes(lines: int) -> str:
    """Many layers of the program's own."""
    parts = [
        f"class Block{n}(layers.Layer):\n    def __init__(self, width=8, **more):\n        super().__init__(**more)\n"
        f"        self.dense = layers.Dense(width)\n        self.drop = layers.Dropout(0.{n % 9})\n\n"
        f"    def call(self, x):\n        y = self.dense(x)\n        return self.drop(y)\n\n"
        for n in range(lines // 10)
    ]
    return f"{HEAD}\n" + "".join(parts)


def methods(lines: int) -> str:
    """One class with many methods."""
    parts = [
        f"    def step{n}(self, x):\n        y = layers.Dense({n % 64 + 1})(x)\n"
        f"        self.last = y\n        return y\n\n"
        for n in range(lines // 5)
    ]
    return f"{HEAD}\nclass Net:\n" + "".join(parts)


def table(lines: int) -> str:
    """Long lists and dictionaries."""
    rows = "".join(f"    ({n}, 'name{n}', {{'units': {n % 64}}}),\n" for n in range(lines // 2))
    entries = "".join(f"    'key{n}': [{n}, {n + 1}, {n + 2}],\n" for n in range(lines // 2))
    return f"{HEAD}ROWS = [\n{rows}]\nTABLE = {{\n{entries}}}\nx = layers.Dense(3)(keras.Input((4,)))\n"


def function(lines: int) -> str:
    """One huge function that nobody calls."""
    body = "".join(f"    x = layers.Dense({n % 64 + 1})(x)\n" for n in range(lines))
    return f"{HEAD}def build(x):\n{body}    return x\n"


def choices(lines: int) -> str:
    """Many undecided conditions."""
    body = "".join(
        f"    if flags[{n}]:\n        x = layers.Dense({n % 64 + 1})(x)\n    else:\n        x = layers.ReLU()(x)\n"
        for n in range(lines // 4)
    )
    return f"{HEAD}def build(x, flags):\n{body}    return x\n"


def chain(lines: int) -> str:
    """``elif`` after ``elif``, as deep as Python's own compiler goes, over and over."""
    parts = []
    for start in range(0, lines // 2, 50):
        parts.append(f"def make{start}(name, x):\n    if name == 'a':\n        return x\n")
        parts += [f"    elif name == 'n{n}':\n        return layers.Dense({n + 1})(x)\n" for n in range(50)]
    return f"{HEAD}\n" + "".join(parts)


def text(lines: int) -> str:
    """A text that grows line by line."""
    return f"{HEAD}text = ''\n" + "".join(f"text = text + 'line {n} of a long text'\n" for n in range(lines))


def collected(lines: int) -> str:
    """A list and a dictionary that grow line by line."""
    half = lines // 2
    return f"{HEAD}found, known = [], {{}}\n" + "".join(
        f"found.append(layers.Dense({n % 64 + 1}))\nknown['k{n}'] = {n}\n" for n in range(half)
    )


def imports(lines: int) -> str:
    """Imports, and names that are used."""
    return f"{HEAD}" + "".join(
        f"from keras.layers import Dense as Dense{n}\nx{n} = Dense{n}({n % 64 + 1})\n" for n in range(lines // 2)
    )


def comments(lines: int) -> str:
    """Comments and documentation."""
    return f"{HEAD}x = keras.Input((8,))\n" + "".join(
        f"# note {n}: what stands here is read by people\n" for n in range(lines)
    )


def faults(lines: int) -> str:
    """A fault on every fourth line."""
    return f"{HEAD}x = keras.Input((8,))\n" + "".join(
        f"y{n} = layers.Dense({n % 64 + 1})(x)\ny{n} = layers.ReLU()(y{n})\nz{n} = y{n}\n"
        f"w{n} = layers.Conv2D(3, 3)(y{n})\n"
        for n in range(lines // 4)
    )


def sequential(layers: int) -> str:
    """``Sequential.add`` in a loop."""
    return (
        f"{HEAD}model = keras.Sequential()\nmodel.add(keras.Input((8,)))\n"
        f"for n in range({layers}):\n    model.add(layers.Dense(8))\nmodel.summary()\n"
    )


def functional(layers: int) -> str:
    """A functional model built in a loop."""
    return (
        f"{HEAD}x = inputs = keras.Input((8,))\n"
        f"for n in range({layers}):\n    x = layers.Dense(8)(x)\nmodel = keras.Model(inputs, x)\n"
    )


def residual(layers: int) -> str:
    """A loop with a shortcut around each layer."""
    return (
        f"{HEAD}x = inputs = keras.Input((8,))\n"
        f"for n in range({layers} // 2):\n    x = layers.Add()([x, layers.Dense(8)(x)])\n"
        "model = keras.Model(inputs, x)\n"
    )


def listed(layers: int) -> str:
    """A list of layers, made at once and called in a loop."""
    return (
        f"{HEAD}parts = [layers.Dense(8, name=f'd{{n}}') for n in range({layers})]\n"
        "x = inputs = keras.Input((8,))\nfor part in parts:\n    x = part(x)\nmodel = keras.Model(inputs, x)\n"
    )


def kept(layers: int) -> str:
    """Layers that a layer of the program's own keeps in a list."""
    return (
        f"{HEAD}class Stack(layers.Layer):\n    def __init__(self, **more):\n        super().__init__(**more)\n"
        f"        self.parts = []\n        for n in range({layers}):\n"
        "            self.parts.append(layers.Dense(8))\n\n"
        "    def call(self, x):\n        for part in self.parts:\n            x = part(x)\n        return x\n\n"
        "y = Stack()(keras.Input((8,)))\n"
    )


BY_LINES: dict[str, Callable[[int], str]] = {
    one.__name__: one
    for one in (
        flat, functions, classes, methods, table, function, choices, chain, text, collected, imports, comments, faults,
    )
}  # fmt: skip
BY_LAYERS: dict[str, Callable[[int], str]] = {
    one.__name__: one for one in (sequential, functional, residual, listed, kept)
}


def measure(kind: str, size: int) -> dict[str, object]:
    """One analysis in this process: what it and a parse cost, and how far it came."""
    import libcst

    from convlint.garbage import collect_rarely
    from convlint.static.analysis import StaticSettings, analyse_source

    collect_rarely()
    program = (BY_LINES | BY_LAYERS)[kind](size)
    analyse_source(HEAD, "start.py", StaticSettings())  # loads the catalog
    gc.collect()
    started = time.process_time()
    libcst.parse_module(program)
    parsed = time.process_time()
    result = analyse_source(program, "program.py", StaticSettings())
    done = time.process_time()
    return {
        "kind": kind, "size": size, "lines": program.count("\n"), "parse": parsed - started, "check": done - parsed,
        "steps": result.steps, "found": len(result.observations), "unfinished": list(result.unfinished),
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__.split("\n")[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join((*BY_LINES, *BY_LAYERS)))
    parser.add_argument("--lines", default="1000,5000,20000,50000")
    parser.add_argument("--layers", default="100,1000,10000")
    parser.add_argument("--limit", type=float, default=300, help="seconds that one analysis may take")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--json", metavar="OUT")
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(measure(options.kinds[0], options.one)))
        return
    rows = []
    for kind in options.kinds or (*BY_LINES, *BY_LAYERS):
        sizes = [int(size) for size in (options.lines if kind in BY_LINES else options.layers).split(",")]
        costs = []
        for size in sizes:
            command = [sys.executable, "-m", "benchmarks.scaling", kind, "--one", str(size)]
            try:
                done = subprocess.run(
                    command,
                    capture_output=True,
                    text=True,
                    check=True,
                    timeout=options.limit,
                    cwd=Path(__file__).parents[1],
                )
            except subprocess.TimeoutExpired:
                print(f"{kind:12} {size:7}  not done after {options.limit:.0f} s", flush=True)
                break
            row = json.loads(done.stdout)
            rows.append(row)
            costs.append(row["check"] / size)
            print(
                f"{kind:12} {size:7} {1e6 * costs[-1]:8.0f} us {row['check'] / row['parse']:6.2f} parses "
                f"{row['steps'] / size:7.1f} steps {row['found']:6} found {'; '.join(row['unfinished'])[:60]}",
                flush=True,
            )
        if len(costs) > 1:
            print(f"{kind:12} {'growth':>7} {costs[-1] / costs[0]:8.2f}", flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
