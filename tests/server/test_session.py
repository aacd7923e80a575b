"""Whole sessions, as an editor has them."""

from __future__ import annotations

import asyncio
import time

import pytest

pytest.importorskip("pygls", reason="the extra `server` is not installed")
pytest.importorskip("pytest_lsp", reason="the extra `dev` is not installed")

from lsprotocol import types

from tests.server.editor import Editor, edited

WRONG = """\
import keras
from keras import layers

inputs = keras.Input((28, 28, 1))
x = layers.Conv2D(8, 3)(inputs)
x = layers.Dense(10)(x)
conv = layers.Conv2D(4, 3)
conv(keras.Input((32, 32, 3)))
conv(inputs)
"""
RIGHT = WRONG.replace("conv(inputs)", "conv(keras.Input((9, 9, 3)))")


def test_findings_come_while_typing_and_go(session):
    async def scenario(me: Editor) -> None:
        uri = me.open("model.py", WRONG)
        (found,) = await me.findings(uri)
        assert found.code in ("CL101", "CL114")
        assert found.severity == types.DiagnosticSeverity.Error
        assert found.source == "convlint"
        assert found.range.start == types.Position(8, 0)
        assert found.range.end == types.Position(8, 12)
        steps = [(one.location.uri, one.location.range.start.line, one.message) for one in found.related_information]
        assert (uri, 3, "inputs: (None, 28, 28, 1)") in steps
        assert found.code_description.href.startswith("file://")

        me.type(uri, 8, 5, "keras.Input((9, 9, 3))", delete=6)
        assert await me.findings(uri) == []
        # The file on the disk, which does not even exist, is never asked.
        assert not (me.folder / "model.py").exists()

    session().run(scenario)


def test_the_latest_text_wins(session):
    async def scenario(me: Editor) -> None:
        uri = me.open("model.py", RIGHT)
        for _ in range(20):
            me.replace(uri, WRONG)
            me.replace(uri, RIGHT)
        assert await me.findings(uri) == []
        me.replace(uri, WRONG)
        assert len(await me.findings(uri)) == 1

    session().run(scenario)


def test_broken_code_keeps_what_is_known_of_the_other_lines(session):
    async def scenario(me: Editor) -> None:
        uri = me.open("model.py", WRONG)
        (before,) = await me.findings(uri)
        hints = await me.hints(uri)
        me.change(
            uri,
            types.TextDocumentContentChangePartial(
                types.Range(types.Position(0, 0), types.Position(0, 0)), "def f(:\n"
            ),
        )
        found = {one.code: one for one in await me.findings(uri)}
        assert set(found) == {"CL900", before.code}
        assert found["CL900"].range.start.line == 0
        assert found[before.code].range.start.line == before.range.start.line + 1
        assert [(line - 1, column, text) for line, column, text in await me.hints(uri)] == hints
        # Nothing is offered for what can't be looked at again.
        assert await me.actions(uri, found[before.code]) == []

    session().run(scenario)


def test_findings_can_be_pulled(session):
    async def scenario(me: Editor) -> None:
        uri = me.open("model.py", WRONG)
        assert [one.range.start.line for one in await me.pull(uri)] == [8]
        me.replace(uri, RIGHT)
        assert await me.pull(uri) == []
        assert me.published == {}
        assert await me.pull("file:///nowhere/else.py") == []

    session(pulls=True).run(scenario)


def test_hover_tells_shape_dtype_layout_and_origin(session):
    async def scenario(me: Editor) -> None:
        uri = me.open("model.py", WRONG)
        shown = await me.hover(uri, 5, 21)
        assert shown is not None
        assert shown.startswith("`(None, 26, 26, 8)` · float32 · channels_last · symbolic")
        assert "line 4" in shown
        assert "inputs: (None, 28, 28, 1)" in shown
        layer = await me.hover(uri, 8, 1)
        assert layer is not None
        assert "`Conv2D` · conv2d_1" in layer
        assert "`(None, 32, 32, 3)` → `(None, 30, 30, 4)`" in layer
        assert "112 weights · kernel `(3, 3, 3, 4)` · channels_last" in layer
        assert await me.hover(uri, 2, 0) is None
        assert await me.hover(uri, 400, 7) is None

    session().run(scenario)


BUILDER = """\
import keras
from keras import layers


def build_model(classes=10):
    x = inputs = keras.Input((28, 28, 1))
    for filters in (4, 8):
        x = layers.Conv2D(filters, 3)(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(classes)(x))


net = keras.Sequential([
    keras.Input((8,)),
    layers.Dense(5),
    layers.Dense(2),
])
"""


def test_shapes_stand_behind_layers(session):
    async def scenario(me: Editor) -> None:
        uri = me.open("model.py", BUILDER)
        assert await me.hints(uri) == [
            (5, 41, "(None, 28, 28, 1)"),
            (7, 40, "(None, 26, 26, 4) … (None, 24, 24, 8)"),
            (8, 27, "(None, 4608)"),
            (9, 55, "(None, 10)"),
            (13, 21, "(None, 8)"),
            (14, 19, "(None, 5)"),
            (15, 19, "(None, 2)"),
        ]

    session().run(scenario)


def test_models_are_symbols_and_builders_can_be_inspected(session):
    async def scenario(me: Editor) -> None:
        uri = me.open("model.py", BUILDER)
        symbols = await me.client.text_document_document_symbol_async(
            types.DocumentSymbolParams(types.TextDocumentIdentifier(uri))
        )
        assert [(one.name, [inner.name for inner in one.children]) for one in symbols] == [
            ("build_model", ["conv2d", "flatten", "functional_1"]),
            ("sequential", ["dense", "dense_1"]),
        ]
        lenses = await me.client.text_document_code_lens_async(types.CodeLensParams(types.TextDocumentIdentifier(uri)))
        assert [(lens.range.start.line, lens.command.title) for lens in lenses] == [
            (4, "inspect build_model"), (12, "inspect net"),
        ]  # fmt: skip
        # The editor's text counts, not the disk's.
        me.replace(uri, BUILDER.replace("Dense(5)", "Dense(6)"))
        answer = await me.client.workspace_execute_command_async(
            types.ExecuteCommandParams(lenses[1].command.command, lenses[1].command.arguments)
        )
        assert [layer["output_shapes"] for layer in answer["model"]["layers"]] == [[[None, 6]], [[None, 2]]]
        assert "Dense" in answer["table"]
        assert answer["message"] == ""

    session(settings={"presentsTables": True}).run(scenario)


TYPO = """\
import keras
from keras import layers

x = layers.Conv2D(8, 3, stride=2)(keras.Input((28, 28, 1)))
y = layers.Conv2D(8, 3, stride=3)(keras.Input((28, 28, 1)))
"""


def test_fixes_and_suppressions_are_offered(session):
    async def scenario(me: Editor) -> None:
        uri = me.open("model.py", TYPO)
        found = await me.findings(uri)
        target = next(one for one in found if one.range.start.line == 4)
        actions = await me.actions(uri, target)
        fix, silence = actions[0], actions[-1]
        assert fix.is_preferred
        assert fix.kind == types.CodeActionKind.QuickFix
        (change,) = fix.edit.document_changes
        assert change.text_document.version == 1
        assert "strides=3" in edited(TYPO, change.edits)
        assert silence.title.startswith(f"Ignore {target.code}")
        quiet = edited(TYPO, silence.edit.document_changes[0].edits)
        assert quiet.splitlines()[4].endswith(f"  # convlint: ignore[{target.code}]")

        me.replace(uri, quiet)
        assert [one.range.start.line for one in await me.findings(uri)] == [3]

        me.replace(uri, TYPO)
        (everything,) = await me.actions(uri, only=["source.fixAll"])
        after = edited(TYPO, everything.edit.document_changes[0].edits)
        assert after == TYPO.replace("stride=", "strides=")
        me.replace(uri, after)
        assert await me.findings(uri) == []

    session().run(scenario)


@pytest.mark.parametrize(
    ("encoding", "start"),
    [
        pytest.param(types.PositionEncodingKind.Utf16, 11, id="utf-16"),
        pytest.param(types.PositionEncodingKind.Utf8, 17, id="utf-8"),
        pytest.param(types.PositionEncodingKind.Utf32, 9, id="utf-32"),
    ],
)
def test_columns_are_counted_as_the_editor_counts_them(session, encoding, start):
    text = WRONG.replace("\nconv(inputs)", '\n"😀é😀é\x0c"; conv(inputs)')
    assert '"😀é😀é\x0c"; conv' in text

    async def scenario(me: Editor) -> None:
        uri = me.open("model.py", text)
        (found,) = await me.findings(uri)
        assert (found.range.start, found.range.end.character) == (types.Position(8, start), start + 12)
        # A change behind such characters lands where the editor means it; a form feed ends no line.
        me.type(uri, 8, start + 5, "keras.Input((9, 9, 3))", delete=6)
        assert await me.findings(uri) == []
        me.type(uri, 8, start + 5, "inputs", delete=22)
        assert [one.range for one in await me.findings(uri)] == [found.range]

    session(encodings=[encoding]).run(scenario)


def cell(number: int, text: str) -> tuple[types.NotebookCell, types.TextDocumentItem]:
    uri = f"vscode-notebook-cell:/book.ipynb#c{number}"
    return (
        types.NotebookCell(types.NotebookCellKind.Code, uri),
        types.TextDocumentItem(uri, "python", 1, text),
    )


def test_a_notebook_is_one_program(session):
    cells = [
        cell(1, "%pip install keras\nimport keras\nfrom keras import layers"),
        cell(2, "inputs = keras.Input((28, 28, 1))"),
        cell(9, "def broken(:"),
        cell(3, "!ls\nconv = layers.Conv2D(4, 3, stride=1)\nconv(keras.Input((32, 32, 3)))\nconv(inputs)"),
    ]

    async def scenario(me: Editor) -> None:
        broken = cells[2][1].uri
        book = (me.folder / "book.ipynb").as_uri()
        me.client.notebook_document_did_open(
            types.DidOpenNotebookDocumentParams(
                types.NotebookDocument(book, "jupyter-notebook", 1, [one for one, _ in cells]),
                [text for _, text in cells],
            )
        )
        uris = [text.uri for _, text in cells if text.uri != broken]
        me.versions.update(dict.fromkeys([*uris, broken], 1))
        assert [one.code for one in await me.findings(broken)] == ["CL900"]
        assert await me.findings(uris[0]) == []
        found = {one.range.start.line: one for one in await me.findings(uris[2])}
        assert set(found) == {1, 3}
        assert any(one.location.uri == uris[1] for one in found[3].related_information)
        assert "(None, 28, 28, 1)" in (await me.hover(uris[1], 0, 2) or "")
        actions = await me.actions(uris[2], found[1])
        assert actions[0].edit.document_changes[0].text_document.uri == uris[2]
        assert [(line, text) for line, _, text in await me.hints(uris[1])] == [(0, "(None, 28, 28, 1)")]

        # Cell 2 gets the channels that the layer was built for.
        which = types.VersionedTextDocumentIdentifier(2, uris[1])
        text = types.TextDocumentContentChangePartial(types.Range(types.Position(0, 30), types.Position(0, 31)), "3")
        me.client.notebook_document_did_change(
            types.DidChangeNotebookDocumentParams(
                types.VersionedNotebookDocumentIdentifier(2, book),
                types.NotebookDocumentChangeEvent(
                    cells=types.NotebookDocumentCellChanges(
                        text_content=[types.NotebookDocumentCellContentChanges(which, [text])]
                    )
                ),
            )
        )
        me.versions[uris[1]] = 2
        assert await me.findings(uris[1]) == []
        assert {one.range.start.line for one in await me.findings(uris[2])} == {1}

    session().run(scenario)


def test_imports_are_those_of_the_workspace(session):
    text = WRONG.replace("inputs = keras.Input((28, 28, 1))", "from parts import inputs")

    async def scenario(me: Editor) -> None:
        (me.folder / "parts.py").write_text("import keras\ninputs = keras.Input((28, 28, 1))\n")
        uri = me.open("model.py", text)
        assert len(await me.findings(uri)) == 1
        (me.folder / "parts.py").write_text("import keras\ninputs = keras.Input((28, 28, 3))\n")
        me.client.workspace_did_change_watched_files(
            types.DidChangeWatchedFilesParams(
                [types.FileEvent((me.folder / "parts.py").as_uri(), types.FileChangeType.Changed)]
            )
        )
        me.published.clear()
        assert await me.findings(uri) == []

    session().run(scenario)


def test_texts_in_no_file_and_in_no_workspace(session):
    async def scenario(me: Editor) -> None:
        for name in ("untitled:Untitled-1", "file:///no/such/folder/model.py"):
            uri = me.open(name, WRONG)
            assert len(await me.findings(uri)) == 1
        notes = me.open("untitled:notes", "")
        assert await me.findings(notes) == []

    session().run(scenario)


def test_a_huge_text_holds_up_nobody(session):
    """A text that takes many seconds is given up as soon as it is not the latest; others go on meanwhile."""
    block = "".join(f"    x = layers.Dense({size})(x)\n" for size in range(1, 4000))
    huge = "".join(
        f"import keras\nfrom keras import layers\ndef build{number}():\n    x = keras.Input((8,))\n{block}"
        for number in range(8)
    )

    async def scenario(me: Editor) -> None:
        uri = me.open("huge.py", huge)
        await asyncio.sleep(2.5)
        before = time.monotonic()
        assert await me.hover("file:///other.py", 0, 0) is None
        assert time.monotonic() - before < 1
        me.replace(uri, WRONG)
        before = time.monotonic()
        assert len(await me.findings(uri)) == 1
        assert time.monotonic() - before < 20

    session().run(scenario)


def test_a_wrong_setting_is_told(session):
    async def scenario(me: Editor) -> None:
        uri = me.open("model.py", WRONG)
        assert await me.findings(uri) == []
        assert any("CL99x" in one.message or "CL999" in one.message for one in me.client.messages)

    session(settings={"select": ["CL999"]}).run(scenario)


def test_rules_can_be_selected(session):
    async def scenario(me: Editor) -> None:
        uri = me.open("model.py", WRONG)
        assert await me.findings(uri) == []
        me.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"convlint": {"ignore": []}}))
        me.published.clear()
        assert len(await me.findings(uri)) == 1

    session(settings={"ignore": ["CL1"]}).run(scenario)


def test_the_configuration_of_the_project_counts(session):
    async def scenario(me: Editor) -> None:
        (me.folder / "quiet").mkdir()
        configuration = me.folder / "quiet" / "pyproject.toml"
        configuration.write_text('[tool.convlint]\nignore = ["CL101", "CL114"]\n')
        uri, other = me.open("quiet/model.py", WRONG), me.open("loud.py", WRONG)
        assert await me.findings(uri) == []
        assert len(await me.findings(other)) == 1
        configuration.write_text("[tool.convlint]\nignroe = []\n")
        changed = types.FileEvent(configuration.as_uri(), types.FileChangeType.Changed)
        me.published.clear()
        me.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([changed]))
        assert await me.findings(uri) == []
        assert any("did you mean `ignore`?" in one.message for one in me.client.messages)

    session().run(scenario)
