"""Notebooks become programs; every line keeps its place."""

from __future__ import annotations

import json

import pytest

from convlint.files import Undecodable
from convlint.notebook import plain_python, read_notebook


def notebook(*cells: str, **more: object) -> bytes:
    return json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells], **more}).encode()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("x = 1", "x = 1", id="plain"),
        pytest.param("%matplotlib inline\nx = 1", "pass  # %matplotlib inline\nx = 1", id="line magic"),
        pytest.param(
            "if colab:\n    !pip install keras", "if colab:\n    pass  # !pip install keras", id="alone in a block"
        ),
        pytest.param("files = !ls", "files = get_ipython()  # files = !ls", id="assigned shell output"),
        pytest.param("%%bash\nls -l", "# %%bash\n# ls -l", id="another language"),
        pytest.param("%%time\nfit()", "pass  # %%time\nfit()", id="a cell magic that runs Python"),
        pytest.param("model.fit?", "# model.fit?", id="help"),
        pytest.param("!pip install \\\n  keras\nx = 1", "pass  # !pip install \\\n#   keras\nx = 1", id="continued"),
        pytest.param('text = """\n!dear\n"""', 'text = """\n!dear\n"""', id="no magic inside a string"),
        pytest.param("a = b % c\nd = a\\\n  % c", "a = b % c\nd = a\\\n  % c", id="the operator"),
    ],
)  # fmt: skip
def test_cells(cell: str, expected: str) -> None:
    assert expected == plain_python(cell)


def test_places() -> None:
    """Markdown counts as a cell, broken cells are left out, lines keep their place."""
    data = json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "source": "# Title"},
                {"cell_type": "code", "source": ["a = 1\n", "b = 2"]},
                {"cell_type": "code", "source": "this is no Python"},
                {"cell_type": "code", "source": "c = 3"},
            ]
        }
    ).encode()
    read = read_notebook("n.ipynb", data)
    lines = read.text.splitlines()
    assert read.broken == (3,)
    assert read.place(lines.index("b = 2") + 1) == (2, 2)
    assert read.place(lines.index("c = 3") + 1) == (4, 1)
    compile(read.text, "n", "exec")


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"\xff", b"null", b'{"cells": 1}', b'{"cells": [1]}', b"[" * 100_000]
)
def test_no_notebook(data: bytes) -> None:
    with pytest.raises(Undecodable):
        read_notebook("n.ipynb", data)


def test_old_format() -> None:
    """Version 3 keeps cells in worksheets and code in ``input``."""
    data = json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}]}).encode()
    assert "x = 1" in read_notebook("n.ipynb", data).text
