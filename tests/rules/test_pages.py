"""Every rule page is true: convlint finds what its examples mark, and Keras does what it says."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from convlint.analysis import Analyser
from convlint.problems import saved
from convlint.rules.documents import Page, builtin_pages, read_folder
from convlint.rules.registry import Registry
from convlint.saved.inspection import inspect_saved
from convlint.settings import Settings
from tests.rules.page_runner import run_example

if TYPE_CHECKING:
    from pathlib import Path

    from convlint.rules.markdown import Example, Mark

REGISTRY = Registry(read_folder(builtin_pages()))
PAGES = [pytest.param(page, id=page.code) for page in REGISTRY.pages]
BAD, PROOF, GOOD, GUARD = "Example", "Proof", "Use instead", "When it is silent"
ABOUT_CODE = [param for param in PAGES if not param.id.startswith("CL9") or param.id == "CL900"]
HEADINGS = ["What goes wrong", "Why Keras does this", BAD, PROOF, GOOD, GUARD, "Error messages", "References"]
SAVED = [param for param in PAGES if set(REGISTRY.page(param.id).judges) <= set(vars(saved))]
"""Rules about saved models: their marks stand at the line that names the file."""
BLOCKS = [
    pytest.param(page, example, id=f"{page.code}-{example.section.replace(' ', '-').lower()}-{example.line}")
    for page in REGISTRY.pages
    for example in page.examples
    if example.section in (BAD, GOOD, GUARD)
]


def broken_on_purpose(example: Example) -> bool:
    return any(mark.exception == "SyntaxError" for mark in example.raises)


@pytest.mark.parametrize("page", ABOUT_CODE)
def test_structure(page: Page) -> None:
    """A page has the sections that a reader looks for, in one order, and a bad and a good example."""
    headings = list(page.sections)
    assert headings == [heading for heading in HEADINGS if heading in headings]
    assert set(HEADINGS) - set(headings) <= {PROOF}
    assert page.summary
    shown = [example.section for example in page.examples]
    assert BAD in shown
    assert GOOD in shown
    assert GUARD in shown


@pytest.mark.parametrize("page", ABOUT_CODE)
def test_proof_is_given(page: Page) -> None:
    """Every fault that a page shows is proved: it raises, or a Proof block measures the damage."""
    bad = [example for example in page.examples if example.section == BAD]
    marked = {mark.severity for example in bad for mark in example.marks if mark.name is None}
    assert marked == {judgement.severity for judgement in page.judges.values()}
    assert "error" not in marked or any(example.raises for example in bad)
    assert not marked & {"warning", "info"} or any(example.section == PROOF for example in page.examples)


@pytest.mark.parametrize(("page", "example"), BLOCKS)
def test_example_parses(page: Page, example: Example) -> None:
    """Examples are Python, except where the page is about programs that are not."""
    if broken_on_purpose(example):
        with pytest.raises(SyntaxError):
            ast.parse(example.code)
    else:
        ast.parse(example.code)


@pytest.mark.parametrize(("page", "example"), BLOCKS)
def test_findings_are_the_marked_ones(page: Page, example: Example) -> None:
    """The static analysis finds each marked fault on its line, and nothing else."""
    wanted = {page.code} | {REGISTRY.page(mark.name).code for mark in example.marks if mark.name}
    analyser = Analyser(Settings(extend_select=tuple(sorted(wanted))), REGISTRY)
    judged = analyser.analyse("example.py", example.code).judged
    found = [one.finding for one in judged if analyser.reports(one.finding)]
    if any(page is param.values[0] for param in SAVED):
        assert found == []  # the fault is in the file; `test_saved_files_hold_what_is_marked` looks there
        return
    due = [(mark.line, mark.severity, REGISTRY.page(mark.name or page.code).code) for mark in example.marks]
    assert sorted((f.location.line, f.severity, f.code) for f in found) == sorted(due), [f.message for f in found]
    for mark in example.marks:
        assert any(holds(mark, finding.location.line, finding.message) for finding in found), (
            mark,
            [f.message for f in found],
        )
    if example.section != BAD:
        assert not example.marks


def holds(mark: Mark, line: int, message: str) -> bool:
    return mark.line == line and mark.text in message


@pytest.mark.parametrize("page", SAVED)
def test_saved_files_hold_what_is_marked(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file that an example writes is inspected: what is marked at its line is found, and nothing else."""
    pytest.importorskip("keras")
    for example in page.examples:
        if example.section not in (BAD, GOOD, GUARD):
            continue
        folder = tmp_path / f"line{example.line}"
        folder.mkdir()
        monkeypatch.chdir(folder)
        assert run_example(example, f"<{page.path}:{example.line}>", {}) == []
        lines = example.code.splitlines()
        due = {}
        for mark in example.marks:
            (name,) = [file.name for file in folder.iterdir() if f'"{file.name}"' in lines[mark.line - 1]]
            due[name] = mark
        for file in sorted(folder.iterdir()):
            findings = list(map(REGISTRY.finding, inspect_saved(file.name).observations))
            mark = due.get(file.name)
            assert [one.code for one in findings] == ([page.code] if mark else []), (file.name, findings)
            assert all(mark is None or mark.text in one.message for one in findings), findings


@pytest.mark.parametrize("page", ABOUT_CODE)
def test_keras_agrees(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad examples raise what is marked, and nothing else; good ones run; proofs hold."""
    monkeypatch.chdir(tmp_path)  # some examples write files
    keras = pytest.importorskip("keras")
    if not hasattr(keras, "StatelessScope"):
        pytest.skip("the pages are about Keras 3")
    # Keras cuts its own frames out, and the user's with them where they are called by Keras.
    keras.config.disable_traceback_filtering()
    differences = []
    namespace: dict[str, object] = {}
    before = ""
    for example in page.examples:
        if example.section not in (BAD, PROOF, GOOD, GUARD):
            continue
        if example.section != PROOF or before not in (BAD, PROOF):
            keras.backend.clear_session()
            keras.config.set_image_data_format("channels_last")
            namespace = {}
        before = example.section
        for difference in run_example(example, f"<{page.path}:{example.line}>", namespace):
            differences.append(f"{page.path}:{example.line} ({example.section}): {difference}")
    keras.config.set_image_data_format("channels_last")
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("page", PAGES)
def test_patterns_compile_and_know_their_wordings(page: Page) -> None:
    """Each traceback pattern recognises a wording that the page itself shows."""
    shown = page.sections.get("Error messages", "") + "".join(
        mark.text for example in page.examples for mark in example.raises
    )
    hints = [pattern for judgement in page.judges.values() for pattern in judgement.hints]
    for pattern in (*page.traceback, *hints):
        assert re.search(pattern, shown), f"{pattern} matches nothing below 'Error messages'"


@pytest.mark.parametrize("page", PAGES)
def test_messages_are_sentences_of_users(page: Page) -> None:
    """Messages start in lower case or with a name, end without a full stop, and fit a line."""
    for judgement in page.judges.values():
        assert not judgement.message.endswith(".")
        assert "\n" not in judgement.message.strip()
        assert judgement.help
        assert all(sentence.endswith((".", "?")) for sentence in judgement.help), judgement.help
