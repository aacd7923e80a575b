"""Code nobody should write still ends: in known steps, without a crash, and with silence."""

# ruff: noqa: E501

from __future__ import annotations

import random
import string
import sys

import pytest

from convlint.problems import InternalFault, SyntaxFault
from convlint.static.analysis import StaticSettings, analyse_source

HEADER = "import keras\nfrom keras import layers\nimport numpy as np\n"
SETTINGS = StaticSettings(step_budget=200_000)
SLACK = 20_000
"""What one piece of work may cost beyond the last step."""

ENDLESS = {
    "a function that calls itself": "def f(x):\n    return f(x) + f(x)\nf(keras.Input((3,)))\n",
    "two functions that call each other": "def f(n): return g(n) + g(n)\ndef g(n): return f(n) + f(n)\nf(1)\n",
    "a recursion that grows its argument": "def f(x): return f([x, x])\nf([1])\n",
    "Ackermann": (
        "def a(m, n):\n    if m == 0: return n + 1\n    if n == 0: return a(m - 1, 1)\n"
        "    return a(m - 1, a(m, n - 1))\na(4, 4)\n"
    ),
    "Fibonacci": "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\nlayers.Dense(fib(40))\n",
    "a lambda that calls itself": "f = lambda x: f(f(x))\nf(3)\n",
    "the Y combinator": "(lambda x: x(x))(lambda x: x(x))\n",
    "while True": "n = 0\nwhile True:\n    n += 1\n",
    "while True around layers": "x = keras.Input((3,))\nwhile True:\n    x = layers.Dense(3)(x)\n",
    "nested endless loops": "while True:\n    while True:\n        while 1:\n            n = [1]\n",
    "a loop over a range of a billion": "x = keras.Input((3,))\nfor i in range(10**9):\n    x = layers.Dense(i)(x)\n",
    "nested long loops": "\n".join(f"{' ' * i}for i{i} in range(1000):" for i in range(12)) + f"\n{' ' * 12}print(i0)\n",
    "a comprehension of a million layers": "model = keras.Sequential([layers.Dense(3) for i in range(1_000_000)])\n",
    "nested comprehensions": "x = [[[[k for k in range(99)] for j in range(99)] for i in range(99)] for h in range(99)]\n",
    "a product of everything": "import itertools\nfor x in itertools.product(range(1000), repeat=9): pass\n",
    "permutations": "import itertools\nfor x in itertools.permutations(range(40)): pass\n",
    "a generator without end": (
        "def gen():\n    while True:\n        yield np.zeros((2, 3)), np.zeros(2)\n"
        "m = keras.Sequential([layers.Dense(1)])\nm.compile('sgd', 'mse')\nm.fit(gen())\n"
    ),
    "a generator that yields from itself": "def gen():\n    yield 1\n    yield from gen()\nfor x in gen(): pass\n",
    "next without end": "import itertools\nit = itertools.count()\nwhile next(it) >= 0: pass\n",
    "a list that grows while it is read": "a = [1]\nfor x in a:\n    a.append(x)\n",
    "a list that doubles": "a = [1]\nfor i in range(100):\n    a = a + a\n",
    "a list that doubles in place": "a = [1]\nfor i in range(100):\n    a += a\n    a.extend(a)\n",
    "a text that doubles": "s = 'ab'\nfor i in range(100):\n    s = s + s\n    s += s\n    s = f'{s}{s}'\n",
    "a tuple that doubles": "t = (1,)\nfor i in range(100):\n    t = t + t\n    t = (*t, *t)\n",
    "a tuple that deepens": "t = ()\nfor i in range(3_000):\n    t = (t, t)\nlayers.Dense(t)(t)\nprint(t == t)\n",
    "a list that deepens": "t = []\nfor i in range(10_000):\n    t = [t]\nlayers.Dense(t)(t)\nprint(t == t, t in t)\n",
    "a dictionary that deepens": "d = {}\nfor i in range(10_000):\n    d = {'a': d, 'b': d}\nlayers.Dense(**d)(d)\n",
    "two lists of shared parts": (
        "t, u = [1, 2], [1, 3]\nfor i in range(60):\n    t, u = [t, t], [u, u]\nprint(t == u, t in [u])\nif unknown(): t = u\n"
        "x = [t, u]\nfor i in unknown(): x.append(t)\nnp.array(t)\nlayers.Add()(t)\nkeras.Sequential(t)\nunknown(t, x)\n"
    ),
    "two tuples of shared parts": (
        "t, u = (1, 2), (1, 3)\nfor i in range(60):\n    t, u = (t, t), (u, u)\nprint(t == u, hash(t))\nd = {t: 1}\ns = {u}\n"
        "if unknown(): t = u\nx = [t, u]\nfor i in unknown(): x.append(t)\nnp.array(t)\nunknown(t, x)\n"
    ),
    "data sets that double": (
        "import tensorflow as tf\nd = tf.data.Dataset.range(10)\nfor i in range(1000):\n    d = tf.data.Dataset.zip((d, d))\n"
    ),
    "cells that double": (
        "c = [layers.LSTMCell(3)]\nfor i in range(60):\n    c = [layers.StackedRNNCells(c + c)]\n"
        "layers.RNN(c)(keras.Input((3, 3)))\n"
    ),
    "ways that double": (
        "l = layers.LSTM(3)\nfor i in range(300):\n    l = layers.Bidirectional(l)\nl(keras.Input((3, 3)))\n"
    ),
    "numbers that are squared": (
        "import math\nn = 3\nx = np.zeros(3)\nfor i in range(1000):\n    n = math.prod([n, n])\n"
        "    x = np.outer(x, x).reshape(-1)\nlayers.Dense(n)(keras.Input((n,)))\n"
    ),
    "iterators without end": (
        "import itertools, math\nunknown(itertools.count())\nunknown([itertools.repeat(1)])\na, b = itertools.count()\n"
        "unknown(list(itertools.repeat(0, 10**9)))\nmath.prod(range(1, 10**9))\nmath.prod(itertools.count())\n"
    ),
    "arrays of long lists": "x = np.array([[0] * 100_000] * 100_000)\ny = layers.Dense([[0] * 100_000] * 100_000)\n",
    "a list of a hundred thousand layers": "m = keras.Sequential([layers.Dense(1)] * 100_000)\n",
    "a closure that deepens": "f = lambda x: x\nfor i in range(5_000):\n    f = lambda x, g=f: g(x)\nf(1)\n",
    "a partial that deepens": (
        "from functools import partial\nf = print\nfor i in range(5_000):\n    f = partial(f, i)\nf()\n"
    ),
    "huge constants": (
        "a = 10**10**10\nb = 'a' * 10**12\nc = [0] * 10**10\nd = 2 ** 10**9\ne = 1 << 10**10\nf = (1,) * 10**11\n"
        "g = '%0*d' % (10**9, 1)\nh = f'{1:{10**9}}'\ni = '{:{}}'.format(1, 10**9)\nj = '{:1000000000}'.format(1)\n"
        "k = 'a'.zfill(10**10)\nl = 'a'.ljust(10**10)\nm = 'a'.center(10**10)\nn = '%1000000000d' % 1\n"
        "o = b'a' * 10**12\np = -(10**10) ** 10**9\nq = 9.9 ** 10**9\nr = 0.5 ** -10**9\ns = pow(10, 10**9)\n"
        "t = round(1.5, 10**9)\nu = 'a' * -5\nv = int('9' * 10**6)\nw = 10**-400\nx = 'ab'.replace('', 'c' * 10**6)\n"
        "y = ('ab' * 1000).join(['cd' * 1000] * 10_000)\nz = pow(2, -1)\nlayers.Dense(a, b, c)\n"
    ),
    "long ranges": (
        "r = range(-10**18, 10**18)\nlen(r)\nr[5:10**17]\nr[::-1]\nlist(r)\ntuple(r)\nsum(r)\nmax(r)\nsorted(r)\n"
        "set(r)\n5 in r\nany(r)\nlist(zip(r, r))\nlist(enumerate(r))\nlist(map(str, r))\nreversed(r)\n"
        "len(range(10**30))\nrange(10**30)[7]\nlist(filter(None, r))\n','.join(r)\na, *b = r\nprint(*r)\n"
    ),
    "long work again and again": "for i in range(20_000):\n    x = sorted([3] * 100_000)\n    y = 'a' * 100_000\n",
    "sums of lists": "x = sum([[1] * 1000 for i in range(1000)], [])\ny = sum(['a'], '')\n",
    "exponential branching": "x = 0\n" + "".join(f"if a{i}: x = {i}\nelse: x = x + 1\n" for i in range(60)),
    "exponential branching in calls": (
        "".join(f"def f{i}(x):\n    return f{i + 1}(x) if a else f{i + 1}(x) + f{i + 1}(x)\n" for i in range(60))
        + "def f60(x): return x\nf0(1)\n"
    ),
    "calls that double": "".join(f"def f{i}(x): return f{i + 1}(f{i + 1}(x))\n" for i in range(60)) + "f0(1)\n",
    "conditional expressions": "x = " + "".join(f"({i} if a{i} else " for i in range(90)) + "0" + ")" * 90 + "\n",
    "a thousand else-ifs": "if a: x = 1\n" + "".join(f"elif a{i}: x = {i}\n" for i in range(1000)),
    "nested try": "\n".join(f"{' ' * i}try:" for i in range(15))
    + "\n" + " " * 15 + "x = 1\n"
    + "\n".join(f"{' ' * i}except Exception: x = 2" for i in range(14, -1, -1)) + "\n",
    "match with unknown cases": (
        "match a:\n" + "".join(f"    case [{i}, *x]: y = {i}\n    case {{'k': {i}}}: y = x\n" for i in range(200))
    ),
    "loops in branches in loops": "\n".join(
        f"{'  ' * i}for i{i} in unknown():\n{'  ' * i} if i{i}:" for i in range(12)
    ) + f"\n{'  ' * 12}x = keras.Input((3,))\n",
    "with statements": "with " + ", ".join(f"open('{i}') as f{i}" for i in range(500)) + ": pass\n",
}  # fmt: skip

STRANGE = {
    "a list in itself": (
        "a = []\na.append(a)\nb = [a, a]\nif a == b: x = 1\nlayers.Concatenate()(a)\nlayers.Dense(3)(a)\nfor x in a: pass\n"
        "print(a in a, len(a), sorted(a), str(a), np.array(a))\nif unknown():\n    a = [b]\nf'{a}'\n(lambda *x: x)(*a)\n"
    ),
    "two lists in each other": "a = []\nb = [a]\na.append(b)\na == b\nb in a\nlayers.Add()(a)\n",
    "a dictionary in itself": (
        "d = {}\nd['d'] = d\nd.update(d)\nlayers.Dense(**d)\nlayers.Dense(3)(d)\nd == d\n{**d}\nunknown(d)\ndict(d)\n"
    ),
    "an object in itself": (
        "class A: pass\na = A()\na.a = a\na.b = [a]\nunknown(a)\nlayers.Dense(a)(a)\nvars(a)\nif unknown(): a.a = 3\n"
    ),
    "a class that is its own base": "class A(A): pass\nA().x\nclass A(A): pass\nA().x\nisinstance(A(), A)\n",
    "classes in a circle": (
        "class A: pass\nclass B(A): pass\nA.__bases__ = (B,)\nclass C(B, A): pass\nclass D(A, B): pass\nD().x\nC().y\n"
    ),
    "a class with one base twice": "class A: pass\nclass B(A, A): pass\nB().x\nsuper(B, B()).x\n",
    "a metaclass": (
        "class Meta(type):\n    def __new__(m, name, bases, ns): return super().__new__(m, name, bases, ns)\n"
        "    def __call__(cls, *a): return cls\n    def __getattr__(cls, n): return cls.n\n"
        "class A(metaclass=Meta): pass\nA.x.y\nA(3)(4)\n"
    ),
    "a property that reads itself": "class A:\n    @property\n    def x(self): return self.x\nA().x\n",
    "getattr that reads itself": "class A:\n    def __getattr__(self, n): return getattr(self, n)\nA().x.y\n",
    "iteration that never ends": (
        "class A:\n    def __iter__(self): return self\n    def __next__(self): return self\n"
        "for x in A(): pass\nlist(A())\nsum(A())\na, b = A()\nnext(iter(A()))\nprint(*A())\n"
    ),
    "iteration in a circle": (
        "class A:\n    def __iter__(self): return iter(B())\nclass B:\n    def __iter__(self): return iter(A())\n"
        "for x in A(): pass\nlist(A())\n"
    ),
    "lengths that lie": (
        "class A:\n    def __len__(self): return -5\n    def __getitem__(self, i): return self[i]\nlist(A())\nlen(A())\n"
        "for x in A(): pass\nA()[3]\n"
    ),
    "operators in a circle": (
        "class A:\n    def __add__(self, o): return o + self\n    def __radd__(self, o): return self + o\n"
        "    def __eq__(self, o): return o == self\n    def __contains__(self, o): return o in self\n"
        "A() + A()\n1 + A()\nA() == A()\n1 in A()\n"
    ),
    "strange decorators": (
        "@lambda f: f\n@(x := print)\n@3\n@None\n@unknown.thing[0](1)\n@f\ndef f(f, /, *, g=f): return f\nf(3)\n"
        "@f\nclass A: pass\nA()\n@property\ndef p(): pass\np\n@staticmethod\ndef s(): pass\ns()\n"
    ),
    "a decorator that decorates itself": "def d(f): return d(f)\n@d\ndef g(): return g()\ng()\n",
    "shadowed names": (
        "keras = 3\nlayers = None\nlen = str\nrange = print\nsuper = 5\nint = [int]\nTrue_ = False\nlist = {}\n"
        "for keras in range(3): keras.x\nclass print: pass\nlen(range)(super)\nisinstance(3, int)\nimport keras\nkeras.x\n"
    ),
    "names that are deleted": "x = 3\ndel x\nx\ndel (x, [y, (z,)])\ndel x.y, x[0], x[1:2]\ndel keras\nkeras.Input((3,))\n",
    "strange targets": (
        "a = b.c = d[0] = (e, *f), [g] = 1, 2\nfor a.b in c: pass\nfor a[0], *b in [(1, 2)]: pass\n"
        "with a as (b, c), d as e.f: pass\n[] = ()\n() = []\n(a) = 1\nx: int\nx.y: int = 3\n"
        "[a, b] = [b, a] = 1, 2\n*a, = 1, 2\na, b = 3\na, b, *c = 'x'\n"
    ),
    "strange subscripts": (
        "x = [1, 2]\nx[::0]\nx['a']\nx[1.5]\nx[None]\nx[10**30]\nx[-10**30:10**30]\nx[x]\nx[...]\nx[1, 2]\n"
        "x[::-1][::-2]\nx[5] = 1\nx[::2] = [1, 2, 3]\nx['a'] = 3\ndel x[9], x['a'], x[::0]\n'abc'[5]\n(1, 2)[9]\n"
        "{}[[]]\n{[]: 1}\n{(1, []): 1}\n{1: 2}[{}]\nrange(5)[9]\nrange(5)['a']\nNone[0]\n3[0]\n"
    ),
    "wrong arguments": (
        "len()\nrange()\nrange('a')\nrange(1, 2, 0)\nint()\nint([])\nint('x')\nmax()\nmin([])\nsum()\nsum(3)\nzip()\n"
        "map()\nmap(3)\nfilter()\nfilter(3, 4)\nsorted()\nsorted(3, key=4)\nenumerate()\nreversed()\nisinstance()\n"
        "getattr()\ngetattr(3)\ngetattr(3, 4)\nsetattr()\nhasattr()\nnext()\niter()\ntype()\nvars()\ndict(3)\n"
        "dict([1])\ndict([(1, 2, 3)])\nlist(3)\nset([[]])\nabs()\nround('a')\npow()\nchr(-1)\nord('ab')\nslice()\n"
        "''.join()\n''.join([1])\n'a'.format\n'{} {}'.format(1)\n'{x'.format()\n'{:%}'.format('a')\n'%d' % 'a'\n'%' % 1\n"
        "[].append()\n[].pop(5)\n[].pop('a')\n[].insert(1)\n[].index(3)\n[].remove(3)\n{}.pop()\n{}.get()\n{}.popitem()\n"
        "{}.update(3)\n{}.setdefault()\nset().add()\nset().pop()\nset().union(3)\n().index(1)\n().count()\n"
        "super()\nsuper(1)\nsuper(1, 2)\nsuper().x\nglobals()[3]\nlocals()['x']\nprint(**3)\nprint(*3)\nprint(*None)\n"
    ),
    "wrong arguments of the standard library": (
        "import argparse, collections, dataclasses, enum, functools, itertools, json, math, operator, os, types\n"
        "argparse.ArgumentParser().add_argument()\nargparse.ArgumentParser().add_argument(3, dest=4)\n"
        "argparse.ArgumentParser().parse_args().x\ncollections.namedtuple()\ncollections.namedtuple('a', 3)\n"
        "collections.namedtuple('a', 'b c', defaults=[1, 2, 3])\ncollections.namedtuple('a', [1])(1)\n"
        "collections.namedtuple('a', 'b')(1, 2, 3, c=4).d\ncollections.OrderedDict(3)\ncollections.deque(3)\n"
        "collections.defaultdict(3)['a']\ncollections.defaultdict()['a']\ndataclasses.replace()\ndataclasses.field(1)\n"
        "dataclasses.replace(3)\ndataclasses.asdict()\nenum.auto(3)\nfunctools.partial()\nfunctools.reduce()\n"
        "functools.reduce(3, [])\nfunctools.reduce(3, [1, 2])\nfunctools.wraps()\nitertools.product('a', repeat=[])\n"
        "itertools.product(repeat=10**9)\nitertools.chain(3)\nitertools.count('a')\nitertools.count(0, 0)\n"
        "itertools.repeat()\nitertools.repeat(1, 'a')\nitertools.islice()\nitertools.islice([1], -1)\n"
        "itertools.islice([1], 1, 2, 0)\nitertools.accumulate(['a'])\nitertools.combinations([1, 2], -1)\n"
        "json.loads('{')\njson.loads('[' * 100_000)\njson.loads('1' * 5000)\nmath.sqrt(-1)\nmath.log(0)\nmath.gcd(1.5)\n"
        "math.ceil(float('inf'))\nmath.exp(10**6)\nmath.pow(10, 10**9)\nnp.power(10, 10**9)\nnp.divide(1, 0)\n"
        "operator.add()\noperator.itemgetter()(1)\noperator.attrgetter('a.b')(1)\noperator.itemgetter('a')([])\n"
        "os.path.join()\nos.path.join(3)\nos.getenv()\nos.environ.get()\nos.environ['x']\ntypes.SimpleNamespace(3)\n"
    ),
    "dataclasses of every kind": (
        "from dataclasses import dataclass, field, KW_ONLY, InitVar\nfrom typing import ClassVar\n@dataclass\nclass A:\n"
        "    x: int\n    _: KW_ONLY\n    y: ClassVar[int] = 3\n    z: InitVar[int] = 4\n    w: list = field(default_factory=lambda: A)\n"
        "    def __post_init__(self, z): self.a = A(self.x)\nA()\nA(1, 2, 3, 4, 5, q=6)\nA(1).w(2)\n@dataclass\nclass B(B): pass\nB()\n"
    ),
    "enumerations of every kind": (
        "from enum import Enum, auto\nclass E(Enum):\n    A = auto()\n    B = A\n    C = E\n    def f(self): return self.g()\n"
        "    @property\n    def g(self): return self.f\nE(1)\nE('x')\nE()\nE['A']\nE['Z']\nE[3]\nE.A.f()\nE.A.g\nlist(E)\nE.A in E\n3 in E\n"
        "{E.A: 1}[E.A]\nE.A.value.value\nE.Z\nlen(E)\nE.A < E.B\nclass F(E): D = 4\nF.D\n"
    ),
    "assignments to the library": (
        "keras.layers.Dense = 3\nkeras.Input = lambda s: s\nlayers.Dense.call = None\nnp.zeros = None\nkeras.Model.fit = 4\n"
        "keras.Input((3,))\nkeras.layers.Dense(3)\n"
    ),
    "await, async and yield anywhere": (
        "async def f():\n    async with a as b:\n        async for c in d: await e\n    return [x async for x in y if await x]\n"
        "f()\nasync def g():\n    yield 1\n    x = yield\n    y = await (yield x)\ng()\n"
    ),
    "text that is no name": "globals()['a b'] = 3\nsetattr(keras, '', 3)\ngetattr(keras, '')\ngetattr(keras, '\\ud800')\n'\\ud800'\n",
    "format specifications": "x = f'{1!r:>{10}}{2!a}{3=}{{}}{4:{\"x\"}}{5:%}{\"a\":d}{None}{[]}{layers}'\n",
}  # fmt: skip


@pytest.mark.parametrize("name", [*ENDLESS, *STRANGE])
def test_ends_in_silence(name: str) -> None:
    result = analyse_source(HEADER + {**ENDLESS, **STRANGE}[name], "program.py", SETTINGS)
    faults = [one.problem for one in result.observations if isinstance(one.problem, InternalFault | SyntaxFault)]
    assert faults == []
    assert result.steps <= SETTINGS.step_budget + SLACK


@pytest.mark.parametrize("name", ENDLESS)
def test_what_comes_behind_is_still_checked(name: str) -> None:
    """An endless loop hides what follows it, nothing else does."""
    if name in ("while True", "while True around layers", "nested endless loops", "next without end"):
        pytest.skip("what comes behind is never run")
    program = f"{HEADER}{ENDLESS[name]}layers.Conv2D(4, 9)(keras.Input((5, 5, 1)))\n"
    result = analyse_source(program, "program.py", SETTINGS)
    kinds = {type(one.problem).__name__ for one in result.observations}
    assert "WindowTooLarge" in kinds or result.unfinished, kinds


TEXTS = {
    "nothing": "",
    "only a comment": "# keras",
    "no newline at the end": "import keras",
    "carriage returns": "import keras\rx = keras.Input((3,))\r",
    "Windows lines": "import keras\r\nx = keras.Input((3,))\r\n",
    "mixed lines": "import keras\r\nx = 1\ry = 2\n",
    "form feeds": "import keras\n\f\nx = 1\n\fdef f(): pass\n",
    "tabs and blanks": "if 1:\n\tx = 1\n\tif 2:\n\t        y = 3\n",
    "a null": "import keras\nx = '\0'\n",
    "a lone surrogate": "import keras\nx = '\ud800'\n",
    "a byte order mark": "\ufeffimport keras\n",
    "letters of other scripts": "import keras\nмодель = keras.Input((3,))\n模型 = модель\nﬁlters = 3\n",
    "other line separators": "import keras\nx = 'a\u2028b\x85c\x0bd'\n",
    "a long line": "import keras\nx = [" + "1, " * 20_000 + "]\n",
    "a long sum": "import keras\nx = " + "1 + " * 800 + "1\n",
    "a long chain of calls": "import keras\nx = a" + ".b(1)" * 200 + "\n",
    "a long chain of comparisons": "x = " + "1 < " * 800 + "2\n",
    "an endless sum": "x = " + "1 + " * 30_000 + "1\n",
    "an endless sum over lines": "x = (1\n" + "  + 1  # one\n" * 30_000 + ")\n",
    "an endless sum over joined lines": "x = 1 " + "\\\n + 1" * 30_000 + "\n",
    "endless conditions": "x = " + "a and " * 30_000 + "a\n",
    "endless calls": "x = a" + ".b(1, 2)[0]" * 10_000 + "\n",
    "endless lambdas": "x = " + "lambda a=0: " * 30_000 + "a\n",
    "endless else-ifs": "if a:\n    pass\n" + "elif a:\n    pass\n" * 30_000,
    "a sum of 900 and a fault": "from keras import layers\nx = layers.Dense(0" + " + 0" * 900 + ")\n",
    "a long text": "x = '" + "a" * 1_000_000 + "'\n",
    "a long number": "x = " + "9" * 10_000 + "\ny = 1e99999\nz = 0x" + "f" * 10_000 + "\n",
    "deep brackets": "x = " + "[" * 190 + "]" * 190 + "\n",
    "brackets too deep": "x = " + "(" * 5_000 + ")" * 5_000 + "\n",
    "brackets never closed": "x = " + "(" * 5_000 + "\n",
    "a thousand nested calls": "x = " + "f(" * 1_000 + ")" * 1_000 + "\n",
    "deep blocks": "".join(f"{' ' * i}if x:\n" for i in range(99)) + " " * 99 + "y = 1\n",
    "blocks too deep": "".join(f"{' ' * i}if x:\n" for i in range(150)) + " " * 150 + "y = 1\n",
    "deep functions": "".join(f"{' ' * i}def f{i}():\n" for i in range(50)) + " " * 50 + "return 1\n",
    "deep classes": "".join(f"{' ' * i}class A{i}:\n" for i in range(50)) + " " * 50 + "x = 1\n",
    "minus signs": "x = " + "-" * 500 + "1\ny = " + "not " * 500 + "x\n",
    "lambdas in lambdas": "x = " + "lambda: " * 300 + "1\n",
    "statements on one line": "x = 1; " * 2_000 + "\n",
    "Python 2": "import keras\nprint 'hello'\nexec 'x = 3'\n",
    "template strings": "import keras\nx = t'{keras}'\n",
    "except without parentheses": "try:\n    pass\nexcept ValueError, TypeError:\n    pass\n",
    "types of Python 3.12": "type A[T] = list[T]\ndef f[T: int, *U, **V](x: T) -> T: return x\nclass B[T]: pass\nf(3)\nB()\n",
    "types of Python 3.13": "def f[T = int](x: T): return x\nf(3)\n",
    "nested f-strings of Python 3.12": "x = f'{f'{1}'}'\ny = f\"{'\\n'.join([])}\"\n",
    "no Python at all": "<html>keras</html>",
    "a diff": "--- a\n+++ b\n@@ -1 +1 @@\n-import keras\n",
    "a conflict": "<<<<<<< HEAD\nimport keras\n=======\nimport tensorflow\n>>>>>>> x\n",
    "a notebook": '{"cells": [{"cell_type": "code", "source": "import keras"}]}',
    "IPython": "import keras\n%matplotlib inline\n!ls\nkeras?\n",
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_has_an_answer(name: str) -> None:
    result = analyse_source(TEXTS[name], "program.py", StaticSettings())
    assert [one for one in result.observations if isinstance(one.problem, InternalFault)] == []
    assert len([one for one in result.observations if isinstance(one.problem, SyntaxFault)]) <= 1
    for one in result.observations:
        assert one.location.line >= 1
        assert one.location.column >= 1


@pytest.mark.parametrize(
    "text",
    [
        "x = [" + "1 + 2, " * 5_000 + "]\n",
        "x = {\n" + "  'a.b.c': f(1)(2).c,\n" * 5_000 + "}\n",
        "x = '" + "a + " * 5_000 + "'\n",
        "# " + "a + " * 5_000 + "\nx = 1\n",
        'x = """' + "a + (b) or\n" * 5_000 + '"""\n',
        "x = 1 + 1\n" * 5_000,
        "if a: pass\nelif a: pass\n" * 1_500,
        "x = a < b" + " < c" * 3_000 + "\n",
    ],
    ids=["items", "entries", "text", "comment", "documentation", "lines", "ifs", "comparisons"],
)
def test_what_is_long_is_not_deep(text: str) -> None:
    result = analyse_source(text, "program.py", StaticSettings())
    assert [one.problem for one in result.observations if isinstance(one.problem, SyntaxFault)] == []
    assert result.steps > 0


@pytest.mark.parametrize("seed", range(30))
def test_garbage(seed: int) -> None:
    """Pieces of a program in any order."""
    draw = random.Random(seed)
    pieces = ["import keras\n", "def f(", "):\n", "    ", "return ", "x", "=", "[", "]", "(", ")", "{", "}", ":", "\n",
              "'", '"', "#", "\\", "lambda ", "for ", " in ", "if ", "keras.Input((3,))", "*", "**", ",", "@", "class A",
              "yield ", "await ", "\t", "\0", "é", "\ud83d", "0", "1e5", "f'{x}'", "match x:\n case ", "del ", ";"]  # fmt: skip
    text = "".join(draw.choice(pieces) for _ in range(120))
    result = analyse_source(text, "program.py", StaticSettings())
    assert [one for one in result.observations if isinstance(one.problem, InternalFault)] == []


def test_a_very_long_file() -> None:
    """50,000 lines: everything is read, what exceeds the budget is said."""
    block = "def build{0}(x):\n    x = layers.Dense({0} % 7 + 1)(x)\n    x = layers.ReLU()(x)\n    return x\n\n"
    program = HEADER + "".join(block.format(i) for i in range(10_000))
    result = analyse_source(program, "program.py", SETTINGS)
    assert {type(one.problem).__name__ for one in result.observations} <= {"AnalysisIncomplete"}
    assert result.steps <= SETTINGS.steps_for(program) + SLACK


def test_import_cycles(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "a.py").write_text(
        "import keras\nfrom b import *\nfrom b import y\nimport b, a\nx = b.y\nfrom a import x\n"
    )
    (tmp_path / "b.py").write_text(
        "from a import *\nfrom a import x\nimport a\ny = a.x\nfrom . import a\nfrom .. import b\n"
    )
    (tmp_path / "__init__.py").write_text("from . import *\nfrom .a import *\nfrom . import a, b, c\nimport nowhere\n")
    text = (tmp_path / "a.py").read_text()
    result = analyse_source(text, str(tmp_path / "a.py"), StaticSettings(roots=(tmp_path,)))
    assert result.observations == ()


def test_imports_of_what_cannot_be_read(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "binary.py").write_bytes(bytes(range(256)))
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "long.py").write_text("x = (" + "1, " * 400_000 + ")")
    text = (
        "import keras, broken, binary, loop, folder, long, nowhere, os.path, a.b.c, " + ".".join("x" * 90) + "\n"
        "from broken import f\nfrom binary import *\nfrom loop import x\nfrom folder import *\nfrom .... import up\n"
        "from " + "." * 200 + " import far\nbroken.f(3)\nkeras.layers.Dense(long.x)\n"
    )
    result = analyse_source(text, str(tmp_path / "main.py"), StaticSettings(roots=(tmp_path,)))
    assert result.observations == ()


def test_star_imports_of_everything() -> None:
    text = "from keras.layers import *\nfrom tensorflow import *\nfrom numpy import *\nfrom nowhere import *\nDense(3)(Input((4,)))\n"
    result = analyse_source(text, "program.py", StaticSettings())
    assert result.observations == ()


def test_a_low_recursion_limit() -> None:
    """What Python's own stack cannot hold is unknown; the statements behind it are analysed."""
    program = HEADER + "x = " + "-(" * 150 + "1" + ")" * 150 + "\nlayers.Conv2D(4, 9)(keras.Input((5, 5, 1)))\n"
    before = sys.getrecursionlimit()
    result = analyse_source(program, "program.py", StaticSettings())
    assert sys.getrecursionlimit() == before
    assert [type(one.problem).__name__ for one in result.observations] == ["WindowTooLarge"]


@pytest.mark.parametrize("seed", range(10))
def test_random_programs(seed: int) -> None:
    """Programs drawn from a small grammar, wrong in every way but their syntax."""
    draw = random.Random(1000 + seed)
    names = [*string.ascii_lowercase[:6], "len", "keras", "layers", "np", "range", "str"]

    def expression(depth: int = 0) -> str:
        if depth > 3:
            return draw.choice([*names, "0", "1", "-1", "2.5", "'a'", "None", "True", "[]", "()", "{}", "..."])
        a, b, c = (expression(depth + 1 + draw.randrange(2)) for _ in range(3))
        return draw.choice(
            [a, f"({a} + {b})", f"({a} * {b})", f"({a} % {b})", f"({a} - {b})", f"({a} ** {b})", f"[{a}, {b}]", f"({a}, {b})",
             f"{{{a}: {b}}}", f"{{{a}, {b}}}", f"{a}[{b}]" if not a[0].isdigit() else a, f"({a}).{draw.choice('xyz')}",
             f"({a})({b})", f"({a} if {b} else {c})", f"[{a} for {draw.choice(names[:6])} in {b} if {c}]", f"(lambda a: {a})",
             f"({a} == {b})", f"({a} < {b} <= {c})", f"({a} in {b})", f"(not {a})", f"-({a})", f"({a} and {b} or {c})",
             f"f'{{{names[0]}}}'", f"({a}).append({b})", f"({a}).pop()", f"({a}).get({b}, {c})", f"layers.Dense({a})({b})",
             f"keras.Input({a})", f"np.zeros({a})", f"len({a})", f"list({a})", f"sorted({a})", f"({a})[{b}:{c}]",
             f"max({a}, {b})", f"isinstance({a}, {b})", f"({a}).format({b})", f"layers.Concatenate()({a})", f"sum({a})",
             f"dict({a})", f"next(iter({a}))", f"zip({a}, {b})", f"print(*{a})", f"np.array({a})"]
        )  # fmt: skip

    def block(indent: int) -> list[str]:
        lines: list[str] = []
        for _ in range(draw.randrange(1, 4)):
            pad, name = "    " * indent, draw.choice(names[:6])
            kind = draw.randrange(9 if indent < 3 else 4)
            if kind == 0:
                lines.append(f"{pad}{name} = {expression()}")
            elif kind == 1:
                lines.append(f"{pad}{name} {draw.choice(['+=', '*=', '|=', '-='])} {expression()}")
            elif kind == 2:
                lines.append(f"{pad}{expression()}")
            elif kind == 3:
                lines.append(f"{pad}{name}, *{draw.choice(names[:6])} = {expression()}")
            else:
                heads = [f"if {expression()}:", f"for {name} in {expression()}:", f"while {expression()}:",
                         f"def {name}(a, *b, c={expression()}, **d):", f"class {name}({draw.choice(names)}):",
                         f"with {expression()} as {name}:", "try:"]  # fmt: skip
                head = draw.choice(heads)
                lines += [pad + head, *block(indent + 1)]
                if head == "try:":
                    lines += [f"{pad}except Exception as {name}:", *block(indent + 1)]
        return lines

    for _ in range(12):
        program = HEADER + "\n".join(block(0)) + "\n"
        result = analyse_source(program, "program.py", StaticSettings(step_budget=50_000))
        faults = [one.problem for one in result.observations if isinstance(one.problem, InternalFault | SyntaxFault)]
        assert faults == [], program


def test_keys_of_globals_that_are_no_names(tmp_path):
    text = "import keras\nimport numpy as np\nglobals()[np.int64] = globals()[3] = keras.layers.Dense\nlayer = keras.layers.Dense\n"
    (tmp_path / "names.py").write_text(text)
    program = "import keras\nfrom names import *\nx = layer(4, stride=2)\n"
    result = analyse_source(program, str(tmp_path / "program.py"), StaticSettings())
    assert not any(isinstance(one.problem, InternalFault) for one in result.observations)
    assert [one.location.line for one in result.observations] == [3]


def test_attributes_under_keys_that_are_no_names():
    text = """
import keras
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.__dict__[3] = keras.layers.Dense(2)
        self.dense = keras.layers.Dense(2)
    def call(self, x):
        return self.dense(x)
model = Net()
model(keras.Input((3,)))
model.summary()
model.compile(loss="mse")
weights = model.layers
"""
    result = analyse_source(text, "program.py", StaticSettings())
    assert not any(isinstance(one.problem, InternalFault) for one in result.observations)
