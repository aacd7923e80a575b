"""Arrays and labels through NumPy: each program is run and followed, and what is claimed must be so."""

from __future__ import annotations

from pathlib import Path

import pytest

from convlint.catalog.tensor import Classes, Tensor
from tests.catalog.test_sources import compared, followed

HEADER = "import numpy as np\n"

PROGRAMS = {
    "indexing": """
x = np.arange(120).reshape(4, 5, 6)
a, b, c, d = x[0], x[:, 0], x[..., 0], x[:, None, 1:3]
e, f, g = x[[0, 2]], x[[0, 2], [1, 3]], x[:, [0, 1], 0]
h, i, j = x[x > 10], x[np.array([True, False, True, False])], x[:, np.array([0, 1])]
k, l = x[0, :, [1, 2]], x[[0, 1], :, [2, 3]]
m, n, o = x[-1:], x[::2, ::-1], x[np.array([[0, 1], [2, 3]])]
p, q = x[1, 2, 3], x[0, ..., 1]
r = x[:, [[0], [1]], [0, 1, 2]]
s, t = x[0, [0, 1]], x[[0, 1], 1]
u = x[np.newaxis, ..., np.newaxis]
""",
    "labels": """
y = np.array([0, 1, 2, 1, 0])
a, b, c = y.reshape(-1, 1), y.astype("float32"), y - 0
d, e = np.eye(3)[y], np.eye(3)[y][1:]
f, g = np.concatenate([y, y + 1]), np.sort(y)
h, i = y[:2], y[::-1]
j, k = np.max(y), y.max() + 1
l, m = np.expand_dims(y, 1), np.squeeze(y.reshape(5, 1))
n = np.array([[1, 0], [0, 1]])
o, p = n[0], n[:, 0]
q, r = n.reshape(1, 2, 2), n.reshape(-1)
s, t = np.stack([y, y]), np.array([[1], [2]])
u = np.concatenate([n, n], axis=1)
v = np.concatenate([n, n])
""",
    "drawn": """
np.random.seed(0)
y = np.random.randint(0, 10, 1000)
a, b = y[:400], y[:50]
c = np.random.randint(10, size=(1000, 1))
d, e = np.unique(c), len(np.unique(y))
f = np.random.permutation(y)
g = np.random.choice([0, 1], size=500)
h = np.random.choice(4, 500)
i = np.random.randint(2, size=3)
j = np.random.default_rng(0).integers(0, 5, size=400)
k = np.random.default_rng(0).integers(1, 5, size=400, endpoint=True)
""",
    "sets": """
y = np.array([3, 1, 1])
a = np.unique(y)
b, c = np.unique(y, return_counts=True)
d, e, f = np.unique(y, return_index=True, return_inverse=True)
g, h = np.argsort(np.zeros((3, 4))), np.argsort(np.zeros((3, 4)), axis=None)
i, j = np.where(np.eye(3) > 0)
k = np.where(y > 1)
l = np.nonzero(np.eye(2))
m, n = np.diff(np.zeros((4, 7))), np.diff(np.zeros((4, 7)), 2, axis=0)
""",
    "written in place": """
y = np.array([0, 1, 2])
z = y.reshape(3, 1)
w = y.copy()
y[0] = 7
""",
    "windows": """
series = np.arange(100.0)
x, y = [], []
for i in range(10, len(series)):
    x.append(series[i - 10 : i])
    y.append(series[i])
x, y = np.array(x), np.array(y)
parts = np.array_split(series, 3)
pairs = list(zip(x, y))[0]
""",
    "numbered windows": """
data = np.random.rand(int(np.ones(1300).sum()), 2)
x, y = [], []
for i in range(60, 1258):
    x.append(data[i - 60 : i, 0])
    y.append(data[i, 0])
x = np.reshape(np.array(x), (len(x), 60, 1))
""",
    "files": """
np.save("a.npy", np.zeros((4, 6)))
np.savez("b.npz", first=np.zeros((4, 6)), second=np.ones(3))
a = np.load("a.npy")
b = np.load("a.npy").reshape(-1, 3, 2)
c = np.load("b.npz")["first"].reshape(2, 12)
def made(name):
    return np.load(name)[0:2]
d = np.array(list(map(made, ["a.npy", "a.npy"])))
e = [[row, number] for number, row in enumerate(np.load("a.npy"))]
rows, numbers = [], []
for row, number in e:
    rows.append(row)
    numbers.append(number)
f, g = np.array(rows), np.array(numbers)
""",
    "lists": """
import os
rows, numbers = [], []
for name in os.listdir("/"):
    rows.append(np.zeros((4, 5), "float32"))
    numbers.append(len(name))
x, n = np.array(rows), np.array(numbers)
more = np.stack([row[None] for row in rows])
flat = np.concatenate([row for row in rows])
first = rows[0]
both = rows + [np.ones((4, 5), "float32")]
again = np.asarray(both)
for index, (row, number) in enumerate(zip(rows, numbers)):
    last = row
rows.extend([np.ones((4, 5), "float32")])
y = np.array(rows)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_claims_are_true(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared(HEADER + PROGRAMS[name], tmp_path, monkeypatch)


def content_of(name: str, variable: str) -> object:
    found = followed(HEADER + PROGRAMS[name])[variable]
    return found.content if isinstance(found, Tensor) else found


@pytest.mark.parametrize(
    ("name", "variable", "expected"),
    [
        ("labels", "a", Classes(0, 2)),
        ("labels", "f", Classes(0, 3)),
        ("labels", "h", None),
        ("labels", "k", 3),
        ("drawn", "y", Classes(0, 9, even=True, mixed=True)),
        ("drawn", "a", Classes(0, 9, even=True, mixed=True)),
        ("drawn", "b", None),
        ("drawn", "e", 10),
        ("drawn", "i", None),
        ("drawn", "k", Classes(1, 5, even=True, mixed=True)),
        ("written in place", "y", None),
        ("written in place", "z", None),
    ],
)
def test_content(name: str, variable: str, expected: object) -> None:
    """What is known of values, and what is no longer."""
    assert content_of(name, variable) == expected


@pytest.mark.parametrize(
    ("name", "variable", "rank"),
    [
        ("lists", "x", 3),
        ("lists", "more", 4),
        ("windows", "x", 2),
        ("indexing", "r", 3),
        ("numbered windows", "x", 3),
        ("files", "b", 3),
    ],
)
def test_rank(name: str, variable: str, rank: int) -> None:
    """What must be known for a model's input to be judged."""
    found = followed(HEADER + PROGRAMS[name])[variable]
    assert isinstance(found, Tensor)
    assert found.rank == rank
