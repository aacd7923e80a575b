"""An editor for the tests: a real client that talks to ``convlint server`` over its standard streams."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from lsprotocol import types
from pytest_lsp import LanguageClient
from pytest_lsp.client import make_test_lsp_client

ROOT = Path(__file__).parents[2]
WAIT = 60.0


def capabilities(
    *, pulls: bool = False, encodings: Sequence[types.PositionEncodingKind] = (), versioned: bool = True
) -> types.ClientCapabilities:
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=list(encodings) or None),
        text_document=types.TextDocumentClientCapabilities(
            diagnostic=types.DiagnosticClientCapabilities() if pulls else None,
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True),
        ),
        workspace=types.WorkspaceClientCapabilities(
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=versioned)
        ),
    )


class Editor:
    """What a person does in an editor."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.versions: dict[str, int] = {}
        self.published: dict[str, types.PublishDiagnosticsParams] = {}

    def uri(self, name: str) -> str:
        return name if ":" in name else (self.folder / name).as_uri()

    def open(self, name: str, text: str) -> str:
        uri = self.uri(name)
        self.versions[uri] = 1
        item = types.TextDocumentItem(uri, "python", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, *changes: types.TextDocumentContentChangeEvent) -> int:
        self.versions[uri] += 1
        which = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(which, list(changes)))
        return self.versions[uri]

    def replace(self, uri: str, text: str) -> int:
        return self.change(uri, types.TextDocumentContentChangeWholeDocument(text))

    def type(self, uri: str, line: int, character: int, text: str, delete: int = 0) -> int:
        place = types.Range(types.Position(line, character), types.Position(line, character + delete))
        return self.change(uri, types.TextDocumentContentChangePartial(place, text))

    async def findings(self, uri: str) -> list[types.Diagnostic]:
        """What is pushed for the latest version of a text."""
        wanted = self.versions[uri]

        async def pushed() -> list[types.Diagnostic]:
            while True:
                known = self.published.get(uri)
                if known is not None and known.version == wanted:
                    return list(known.diagnostics)
                await asyncio.sleep(0.005)

        return await asyncio.wait_for(pushed(), WAIT)

    async def pull(self, uri: str) -> list[types.Diagnostic]:
        params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
        report = await asyncio.wait_for(self.client.text_document_diagnostic_async(params), WAIT)
        return list(report.items)

    async def hover(self, uri: str, line: int, character: int) -> str | None:
        params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, character))
        found = await asyncio.wait_for(self.client.text_document_hover_async(params), WAIT)
        return None if found is None else found.contents.value

    async def hints(self, uri: str, lines: int = 1000) -> list[tuple[int, int, str]]:
        stretch = types.Range(types.Position(0, 0), types.Position(lines, 0))
        params = types.InlayHintParams(types.TextDocumentIdentifier(uri), stretch)
        found = await asyncio.wait_for(self.client.text_document_inlay_hint_async(params), WAIT)
        return [(one.position.line, one.position.character, one.label) for one in found or ()]

    async def actions(
        self, uri: str, diagnostic: types.Diagnostic | None = None, only: Sequence[str] | None = None
    ) -> list[types.CodeAction]:
        stretch = (
            diagnostic.range if diagnostic is not None else types.Range(types.Position(0, 0), types.Position(0, 0))
        )
        context = types.CodeActionContext([diagnostic] if diagnostic else [], list(only) if only else None)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), stretch, context)
        return list(await asyncio.wait_for(self.client.text_document_code_action_async(params), WAIT) or ())


class Session:
    """An editor with its own server; a test runs its scenario in it, and many tests may share one."""

    def __init__(self, folder: Path, able: types.ClientCapabilities, settings: dict[str, object] | None) -> None:
        self.loop = asyncio.new_event_loop()
        self.editor = self.loop.run_until_complete(_start(folder, able, settings))

    def run(self, scenario: Callable[[Editor], Awaitable[None]]) -> None:
        """Run a scenario and close what it opened."""

        async def whole() -> None:
            try:
                await scenario(self.editor)
                assert self.editor.client.error is None
            finally:
                for uri in self.editor.versions:
                    document = types.TextDocumentIdentifier(uri)
                    self.editor.client.text_document_did_close(types.DidCloseTextDocumentParams(document))
                self.editor.versions.clear()
                self.editor.published.clear()

        self.loop.run_until_complete(whole())

    def end(self) -> int | None:
        """Say goodbye; returns the server's exit code."""
        client = self.editor.client
        self.loop.run_until_complete(client.shutdown_session())
        code = client._server.returncode if client._server is not None else None
        self.loop.run_until_complete(client.stop())
        self.loop.close()
        return code


async def _start(folder: Path, able: types.ClientCapabilities, settings: dict[str, object] | None) -> Editor:
    client = make_test_lsp_client()
    person = Editor(client, folder)
    client.protocol.fm.features.pop(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # the client's own drops versions

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def published(params: types.PublishDiagnosticsParams) -> None:
        person.published[params.uri] = params

    environment = {**os.environ, "PYTHONPATH": str(ROOT), "KERAS_HOME": str(folder / "no-keras-home")}
    await client.start_io(sys.executable, "-m", "convlint", "server", env=environment, cwd=str(folder))
    await client.initialize_session(
        types.InitializeParams(
            capabilities=able,
            workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name)],
            initialization_options=settings,
        )
    )
    return person


def edited(text: str, edits: Sequence[types.TextEdit]) -> str:
    """A text of plain ASCII after edits."""
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines) + 1)]

    def offset(place: types.Position) -> int:
        return starts[place.line] + place.character

    for edit in sorted(edits, key=lambda one: offset(one.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text
