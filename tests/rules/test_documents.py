"""Rule pages are read as they are written, and a wrong page says what is wrong and where."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from convlint.problems import (
    ChannelMismatch,
    DiscardedResult,
    DynamicDimInShape,
    Keras1Argument,
    KernelLayoutOIHW,
    TorchArgument,
    UnknownArgument,
)
from convlint.rules import index, markdown
from convlint.rules.documents import PageError, builtin_pages, read_folder, read_page
from convlint.rules.registry import Registry
from convlint.shapes.dims import DYNAMIC, UNKNOWN
from tests.rules.page_runner import run_example

ROOT = Path(__file__).parents[2]

GOOD = """\
---
severity: error
judges: UnknownArgument
message: "`{operation}` takes no `{argument}`"
help:
  - "Did you mean `{nearest}`?"
  - "Look it up."
traceback: "unexpected keyword '(?P<argument>\\\\w+)'"
since: "0.1"
---
# A title

The first
paragraph.

## What goes wrong

Text.

```python
x = 1
```

## Example

```python
## no heading
# error: "part"
# raises: ValueError "a \\"b\\""
y = f(
    1,
)
z = g()  # warning: [channel-mismatch] "other"
text = "# error"
```

```text
# error
```
"""


def page(text: str = GOOD, name: str = "CL999-some-rule.md"):
    return read_page(name, text)


def test_a_page_is_read() -> None:
    """File name, front matter, title paragraph and sections each have their place."""
    found = page()
    assert (found.code, found.name, found.severity, found.since) == ("CL999", "some-rule", "error", "0.1")
    assert found.path == "rules/CL999-some-rule.md"
    assert found.summary == "The first paragraph."
    assert list(found.sections) == ["What goes wrong", "Example"]
    assert found.sections["What goes wrong"].startswith("Text.")
    judgement = found.judges["UnknownArgument"]
    assert judgement.problem is UnknownArgument
    assert judgement.traceback == found.traceback == (r"unexpected keyword '(?P<argument>\w+)'",)


def test_marks_are_about_the_next_line_of_code_or_their_own() -> None:
    """A comment above marks the code below it, one behind code marks that line; strings are no marks."""
    plain, example = page().examples
    assert (plain.section, plain.marks, plain.raises) == ("What goes wrong", (), ())
    assert example.marks == (
        markdown.Mark(4, "error", None, "part"),
        markdown.Mark(7, "warning", "channel-mismatch", "other"),
    )
    assert example.raises == (markdown.Raises(4, "ValueError", 'a "b"'),)
    assert GOOD.splitlines()[example.line - 1] == "## no heading"


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        pytest.param(
            "judges: Unknown",
            "judges: Unknwon",
            3,
            "no Problem is called UnknwonArgument; did you mean UnknownArgument?",
            id="problem",
        ),
        pytest.param(
            "severity: error", "severity: fatal", 2, "severity is one of error, warning, info, not fatal", id="severity"
        ),
        pytest.param("message:", "mesage:", 4, "a page has no key `mesage`; did you mean message?", id="unknown key"),
        pytest.param(
            "{nearest}",
            "{nearst}",
            5,
            "placeholder 'nearst' is no field of UnknownArgument; did you mean nearest?",
            id="placeholder",
        ),
        pytest.param("`{argument}`", "`{argument`", 4, "the template can't be read", id="broken template"),
        pytest.param(
            "(?P<argument>",
            "(?P<argumnt>",
            8,
            "group 'argumnt' is no field of UnknownArgument; did you mean argument?",
            id="group",
        ),
        pytest.param('since: "0.1"\n', "", 2, "`since` is missing", id="missing key"),
        pytest.param("severity: error", "severity: [error", 3, "the front matter is no YAML", id="YAML"),
        pytest.param("severity: error\n", "", 2, "`severity` is missing", id="missing judgement key"),
    ],
)
def test_a_wrong_page_says_where(old: str, new: str, line: int, reason: str) -> None:
    """Errors carry the page, the line and the nearest right word."""
    assert old in GOOD
    with pytest.raises(PageError) as caught:
        page(GOOD.replace(old, new, 1))
    assert str(caught.value).startswith(f"rules/CL999-some-rule.md:{line}: {reason}")


NESTED = """\
---
judges:
  UnknownArgument:
    severity: error
    message: "m"
    help: "h"
  MissingArgument:
    severity: warning
    message: "`{argument}`"
    help: "{nothing}"
since: "0.1"
---
# T
"""


def test_a_wrong_key_of_one_judgement_has_its_own_line() -> None:
    """Lines are found below `judges`, too."""
    with pytest.raises(PageError, match=r":10: placeholder 'nothing' is no field of MissingArgument"):
        page(NESTED)
    assert set(page(NESTED.replace("{nothing}", "x")).judges) == {"UnknownArgument", "MissingArgument"}
    with pytest.raises(PageError, match=r":11: `severity` belongs to each Problem"):
        page(NESTED.replace("{nothing}", "x").replace("since:", "severity: error\nsince:"))


@pytest.mark.parametrize("name", ["channel-mismatch.md", "CL1-x.md", "CL101_channel.md"])
def test_a_file_that_is_not_named_like_a_page(name: str) -> None:
    """Code and name come from the file's name, so it must hold them."""
    with pytest.raises(PageError, match="named by code and rule"):
        page(name=name)


def test_a_page_without_front_matter() -> None:
    """The text alone says nothing about the Problem."""
    with pytest.raises(PageError, match=":1: no front matter"):
        page("# Title\n")


@pytest.mark.parametrize(
    ("problem", "template", "expected"),
    [
        pytest.param(
            ChannelMismatch("K.conv2d", 1, UNKNOWN, (DYNAMIC, 28, 28, 1), (3, 3, 8, 4), "channels_last"),
            "{input_shape} {kernel_channels} {operation}",
            "(None, 28, 28, 1) ? K.conv2d",
            id="shapes as Keras prints them",
        ),
        pytest.param(Keras1Argument("Conv2D", ("nb_row", "nb_col"), ""), "{arguments}", "nb_row, nb_col", id="words"),
        pytest.param(
            DynamicDimInShape("reshape", (DYNAMIC, 4), (0, 2)),
            "{target_shape} {axes:list}",
            "(None, 4) 0, 2",
            id="list",
        ),
        pytest.param(
            KernelLayoutOIHW("conv", (8, 1, 3), (3, 1, 8), (2, 1, 0), 1, 1, ()),
            "{permutation}",
            "(2, 1, 0)",
            id="tuple",
        ),
    ],
)
def test_fields_print_as_users_write_them(problem, template: str, expected: str) -> None:
    """Templates are filled with shapes, words and numbers in the users' spelling."""
    text = GOOD.replace("UnknownArgument", type(problem).__name__)
    text = (
        text.replace("`{operation}` takes no `{argument}`", template)
        .replace("{nearest}", "{operation}")
        .replace("?P<argument>", "")
    )
    assert page(text).judges[type(problem).__name__].message_for(problem) == expected


def test_a_sentence_about_nothing_is_left_out() -> None:
    """Help that names an empty field would say nothing."""
    judgement = page().judges["UnknownArgument"]
    told = judgement.help_for(UnknownArgument("Dense", "activaton", "activation"))
    assert told == "Did you mean `activation`? Look it up."
    assert judgement.help_for(UnknownArgument("Dense", "colour", "")) == "Look it up."


def test_real_pages_leave_no_hole() -> None:
    """Where PyTorch's word or a dropped value has no counterpart, help and message still read well."""
    registry = Registry(read_folder(builtin_pages()))
    for problem in (TorchArgument("Conv2D", "in_channels", ""), DiscardedResult("K.expand_dims", "")):
        judgement = registry.judge_of(type(problem)).judges[type(problem).__name__]
        assert "``" not in judgement.message_for(problem) + judgement.help_for(problem)
        assert judgement.help_for(problem)


def test_the_index_is_fresh() -> None:
    """`python -m convlint.rules.index` would write what rules/README.md holds."""
    written = (ROOT / "rules" / "README.md").read_text(encoding="utf-8")
    assert index.render(Registry(read_folder(builtin_pages()))) == written


def test_no_page_names_the_place_it_was_written_at() -> None:
    """Pages travel; paths of one machine don't."""
    for found in read_folder(builtin_pages()):
        assert "/tmp/" not in found.text
        assert "site-packages" not in found.text


def test_the_wheel_holds_the_pages(tmp_path: Path) -> None:
    """An installed convlint reads the same pages as a checkout."""
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for folder in ("convlint", "rules"):
        shutil.copytree(ROOT / folder, source / folder, ignore=ignored)
    for file in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / file, source / file)
    readme = ROOT / "README.md"
    (source / "README.md").write_text(readme.read_text("utf-8") if readme.exists() else "# convlint\n", "utf-8")
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path / "dist"),
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    packaged = {file.name: file.read_bytes() for file in (tmp_path / "installed/convlint/_rules").iterdir()}
    assert packaged == {file.name: file.read_bytes() for file in (ROOT / "rules").iterdir()}
    script = "from convlint.rules.registry import load; print(*[page.code for page in load().pages])"
    listed = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path / "installed",
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert listed.stdout.split() == [found.code for found in read_folder(builtin_pages())]


def block(code: str) -> markdown.Example:
    text = f"## Example\n\n```python\n{code}\n```\n"
    return markdown.examples(text, 1)[0]


@pytest.mark.parametrize(
    ("code", "difference"),
    [
        pytest.param('int("x")  # raises: ValueError "invalid literal"\ny = 1', None, id="as marked"),
        pytest.param('int("x")', "nothing is marked there", id="raises without a mark"),
        pytest.param('x = 1  # raises: ValueError "no"', "raises nothing", id="marked and silent"),
        pytest.param('int("x")  # raises: ValueError "other text"', "does not say", id="other text"),
        pytest.param('int("x")  # raises: TypeError "invalid"', "TypeError is marked", id="other type"),
        pytest.param(
            'def f():\n    return int("x")\nf()  # raises: ValueError "x"', "nothing is marked", id="other line"
        ),
        pytest.param('def f():\n    return int("x")  # raises: ValueError "x"\nf()', None, id="line inside a function"),
        pytest.param('f(  # raises: SyntaxError "never closed"', None, id="no Python"),
    ],
)
def test_the_runner_of_examples_tells_true_from_false(code: str, difference: str | None) -> None:
    """The harness behind the pages: an example passes only when exactly the marked things happen."""
    differences = run_example(block(code), "<example>", {})
    if difference is None:
        assert differences == []
    else:
        assert difference in "\n".join(differences)
