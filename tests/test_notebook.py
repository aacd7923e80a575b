"""Notebooks become programs; every line keeps its place."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convlint.api import check_paths
from convlint.configuration import Configurations
from convlint.files import FileProblem, Undecodable
from convlint.notebook import read_notebook
from convlint.programs import plain_python
from convlint.report import View, reporter
from convlint.settings import FixMode, Settings


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
        pytest.param("%time x = f()", "if 1: x = f()", id="what is timed runs"),
        pytest.param("! pip install x\ny = 1", "pass  # ! pip install x\ny = 1", id="a blank behind the mark"),
        pytest.param("%ls\nx = (y\n!= z)", "pass  # %ls\nx = (y\n!= z)", id="unequal in a line of its own"),
        pytest.param("cd data\nx = 1", "pass  # cd data\nx = 1", id="automagic"),
        pytest.param("ls = [1\n]\n!x", "ls = [1\n]\npass  # !x", id="a name like an automagic"),
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


# --- checked and repaired ------------------------------------------------------------------------

INDENTED = """{
 "cells": [
  {
   "cell_type": "markdown",
   "metadata": {},
   "source": ["# Größe"]
  },
  {
   "cell_type": "code",
   "execution_count": 3,
   "metadata": {"tags": [ ]},
   "outputs": [{"output_type": "stream", "name": "stdout", "text": ["\\u001b[1mkeep\\u001b[0m 1e5 1.0e+05\\n"]}],
   "source": [
    "%matplotlib inline\\n",
    "import keras  # é\\n",
    "\\n",
    "x = keras.Input((28, 28, 1))"
   ]
  },
  {"cell_type": "code", "source": "keras.layers.Conv2D(8, 30, stride=2)(x)", "outputs": [], "metadata": {}}
 ],
 "nbformat_minor": 5, "nbformat": 4,
 "metadata": {"zebra": 1, "apple": [1,2 , 3]}
}
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "book.ipynb"
    path.write_text(INDENTED, encoding="utf-8")
    return path


def test_findings_say_cell_and_line(book):
    """Names cross cells; markdown cells count."""
    run = check_paths(["book.ipynb"])
    assert codes(run) == [("CL605", 3, 1), ("CL106", 3, 1)]
    found = run.findings[1]
    assert found.location.home == "book.ipynb:cell 3"
    assert [step.location.home for step in found.evidence] == ["book.ipynb:cell 2"]
    assert run.sources["book.ipynb:cell 3"].startswith("keras.layers")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("concise", "book.ipynb:cell 3:1:1: error CL605"),
        ("text", "  in book.ipynb:cell 2\n   4 | x = keras.Input((28, 28, 1))"),
    ],
)
def test_printed(book, form, expected):
    run = check_paths(["book.ipynb"])
    out = io.StringIO()
    reporter(form)(run.findings, out, View(run.sources))
    assert expected in out.getvalue()


def test_json_tells_the_cell(book):
    out = io.StringIO()
    reporter("json")(check_paths(["book.ipynb"]).findings, out, View())
    found, other = json.loads(out.getvalue())
    assert (found["file"], found["cell"], found["line"]) == ("book.ipynb", 3, 1)
    assert (other["evidence"][0]["cell"], other["evidence"][0]["line"]) == (2, 4)
    assert found["fix"]["edits"][0] | {"content": "strides"} == found["fix"]["edits"][0]


def test_a_fix_touches_nothing_but_its_line(book):
    run = check_paths(["book.ipynb"], Settings(fix=FixMode.SAFE))
    assert (codes(run), run.errors) == ([("CL106", 3, 1)], ())
    assert book.read_text(encoding="utf-8") == INDENTED.replace("stride=2", "strides=2")


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_bytes_survive_a_fix(tmp_path, monkeypatch, ascii_only, newline, mark):
    """Escapes, line ends of the file and of the source, the byte order mark and a missing last line end stay."""
    monkeypatch.chdir(tmp_path)
    source = ["import keras  # é\u2028\n".replace("\n", newline), f"y = 'ü'{newline}", BROKEN_LINE]
    text = json.dumps(
        {"nbformat": 4, "cells": [{"cell_type": "code", "source": source}]}, ensure_ascii=ascii_only, indent=1
    )
    before = mark + text.replace("\n", newline).encode()
    (tmp_path / "b.ipynb").write_bytes(before)
    run = check_paths(["b.ipynb"], Settings(fix=FixMode.SAFE))
    assert (run.findings, run.errors) == ((), ())
    assert (tmp_path / "b.ipynb").read_bytes() == before.replace(b"stride=", b"strides=")


BROKEN_LINE = "y = keras.layers.Conv2D(8, 3, stride=2)(keras.Input((9, 9, 1)))"


def written(tmp_path, *cells: object, name: str = "b.ipynb", **more: object) -> str:
    parts = [cell if isinstance(cell, dict) else {"cell_type": "code", "source": cell} for cell in cells]
    (tmp_path / name).write_text(json.dumps({"nbformat": 4, "cells": parts, **more}))
    return name


def codes(run):
    return [(one.code, one.location.cell, one.location.line) for one in run.findings]


def test_a_cell_that_is_no_python_is_told_at_its_place(tmp_path, monkeypatch):
    """What stands behind it is analysed, but nothing is known of the names in it."""
    monkeypatch.chdir(tmp_path)
    name = written(
        tmp_path,
        "import keras\nx = keras.Input((9, 9, 1))\nz = keras.Input((9, 9, 1))",
        "x = keras.Input((9, 9, 3)",
        "a = keras.layers.Conv2D(8, 3, groups=2)(x)",
        "b = keras.layers.Conv2D(8, 3, groups=2)(z)",
    )
    found = codes(check_paths([name]))
    assert found[0][:2] == ("CL900", 2)
    assert [cell for _, cell, _ in found[1:]] == [4]


def test_the_last_line_of_a_cell_is_its_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = "import keras\nx = keras.Input((9, 9, 1))\nkeras.ops.squeeze(x, -1)"
    (tmp_path / "a.py").write_text(shown)
    assert [one.code for one in check_paths(["a.py"]).findings] == ["CL601"]
    assert codes(check_paths([written(tmp_path, shown)])) == []
    for behind in ("\n\n# as wide as before\n", "  # look\n", ";"):
        assert codes(check_paths([written(tmp_path, shown + behind, "y = x")])) == []


def test_a_line_before_the_last_one_of_a_cell_shows_nothing(tmp_path, monkeypatch):
    """Unless IPython was told to show every expression."""
    monkeypatch.chdir(tmp_path)
    cell = "import keras\nx = keras.Input((9, 9, 1))\nkeras.ops.squeeze(x, -1)\n\ny = x"
    assert [code for code, *_ in codes(check_paths([written(tmp_path, cell)]))] == ["CL601"]
    setting = (
        "from IPython.core.interactiveshell import InteractiveShell\nInteractiveShell.ast_node_interactivity = 'all'"
    )
    assert codes(check_paths([written(tmp_path, setting, cell)])) == []


def test_a_cell_that_is_meant_to_raise(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cell = {"cell_type": "code", "source": BROKEN_LINE, "metadata": {"tags": ["raises-exception"]}}
    assert codes(check_paths([written(tmp_path, "import keras", cell)])) == []


def test_other_languages_are_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    r = written(tmp_path, "library(keras)", metadata={"language_info": {"name": "R"}})
    assert codes(check_paths([r])) == []


def test_a_line_put_behind_a_cell_stays_in_it():
    read = read_notebook("n.ipynb", notebook("import a", "b = 1"))
    assert "import a\\nimport c" in read.written(read.text.replace("import a\n", "import a\nimport c\n"))


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda text: text.replace("# In[2]:", "# changed"), id="a mark"),
        pytest.param(lambda text: text.replace("pass  #", "skip  #"), id="a magic"),
    ],
)
def test_what_is_no_code_is_never_written(changed):
    read = read_notebook("n.ipynb", notebook("%matplotlib inline", "b = 1"))
    with pytest.raises(FileProblem, match="stays as it was"):
        read.written(changed(read.text))


lines = st.lists(st.sampled_from(["x = 1", "", "%ls", "y = 'é\u2028'", "def f():\n    pass", "z", "!pip"]), max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cells=st.lists(lines, min_size=1, max_size=4), indent=st.sampled_from([None, 1, 4]), data=st.data())
def test_changing_one_line_changes_one_line(cells, indent, data):
    """For any notebook: what is written back reads as the changed text, and all other bytes are the same."""
    sources = ["\n".join(cell).splitlines(keepends=True) for cell in cells]
    raw = json.dumps({"cells": [{"cell_type": "code", "source": s, "outputs": [1.0]} for s in sources]}, indent=indent)
    read = read_notebook("n.ipynb", raw.encode())
    assert read.written(read.text) == raw
    places = [i for i, line in enumerate(read.text.split("\n")) if line in ("x = 1", "z")]
    if places:
        changed = read.text.split("\n")
        at = data.draw(st.sampled_from(places))
        changed[at] = "changed_line = 2"
        after = read.written("\n".join(changed))
        assert read_notebook("n.ipynb", after.encode()).text == "\n".join(changed)
        assert after.count("changed_line = 2") == 1
        assert len(after) - len(raw) == len("changed_line = 2") - len(read.text.split("\n")[at])


# --- other texts with Python in them -------------------------------------------------------------

DOCUMENT = """---
title: A tutorial
---
# Strides

```python
import keras
x = keras.Input((28, 28, 1))
```

Not this: ```python stride=2``` nor

```bash
pip install keras
```

- a list
  ```{python}
  y = keras.layers.Conv2D(8, 3, stride=2)(x)
  ```

> ```py
> keras.ops.squeeze(x, -1)
> ```

```python raises
keras.layers.Conv2D(8, 3, groups=3)(x)
```

```
keras.layers.Conv2D(8, 3, stride=2)(x)
```
"""


def test_documents(tmp_path, monkeypatch):
    """The Python blocks of a document are one program; places and repairs are those of the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text(DOCUMENT)
    run = check_paths(["a.md"])
    (found,) = run.findings
    assert (found.code, found.location.home, found.location.line, found.location.column) == ("CL605", "a.md", 19, 7)
    assert run.sources == {"a.md": DOCUMENT}
    assert check_paths(["a.md"], Settings(fix=FixMode.SAFE)).errors == ()
    assert (tmp_path / "a.md").read_text() == DOCUMENT.replace("stride=2)(x)\n  ", "strides=2)(x)\n  ")


def test_folders_are_searched_for_documents_on_demand(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text(DOCUMENT)
    assert check_paths(["."]).files_checked == 0
    assert [one.code for one in check_paths(["."], Configurations({"markdown": True}, isolated=True)).findings] == [
        "CL605"
    ]


def test_a_percent_script_with_magics(tmp_path, monkeypatch):
    """Editors run such cells with IPython."""
    monkeypatch.chdir(tmp_path)
    script = f"# %%\n%matplotlib inline\nimport keras\n# %%\n{BROKEN_LINE}\n"
    (tmp_path / "a.py").write_text(script)
    (found,) = check_paths(["a.py"]).findings
    assert (found.code, found.location.line, found.location.home) == ("CL605", 5, "a.py")
    assert check_paths(["a.py"], Settings(fix=FixMode.SAFE)).errors == ()
    assert (tmp_path / "a.py").read_text() == script.replace("stride=", "strides=")
