"""The language server: which request of an editor is answered by what."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from convlint import __version__
from convlint.findings import Finding, Fix
from convlint.lazy import dataclass
from convlint.server import answers, jobs
from convlint.server.desk import Desk, Known
from convlint.server.documents import Program, Texts, program_of
from convlint.server.process import WorkerProcess

FIX_ALL_COMMAND = "convlint.fixAll"
_SYNC = types.NotebookDocumentSyncOptions(
    [
        types.NotebookDocumentFilterWithCells(
            [types.NotebookCellLanguage("python")], types.NotebookDocumentFilterNotebookType("jupyter-notebook")
        )
    ]
)


@dataclass(frozen=True)
class Wishes:
    """What the user set in the editor."""

    options: jobs.Options = field(default_factory=jobs.Options)
    hints: bool = True
    lenses: bool = True
    presents_tables: bool = False
    """Whether the client shows what ``convlint.inspect`` returns by itself."""


class ConvlintServer(LanguageServer):
    """One editor's server.

    Findings are pushed to editors that don't pull them.
    """

    def __init__(self) -> None:
        super().__init__("convlint", __version__, notebook_document_sync=_SYNC)
        self.wishes = Wishes()
        self.desk = Desk(WorkerProcess(), self._publish, self._complain)

    # --- what the editor can do --------------------------------------------------------------

    def can(self, *path: str) -> bool:
        """Whether the client has a capability."""
        value: object = self.client_capabilities
        for name in path:
            value = getattr(value, name, None)
        return bool(value)

    @property
    def pulls(self) -> bool:
        """Whether the editor asks for findings by itself."""
        return self.can("text_document", "diagnostic")

    @property
    def reads_markdown(self) -> bool:
        """Whether a hover may be Markdown."""
        hover = getattr(self.client_capabilities.text_document, "hover", None)
        formats = getattr(hover, "content_format", None) or ()
        return types.MarkupKind.Markdown in formats

    # --- documents ---------------------------------------------------------------------------

    def use_texts(self) -> None:
        """Keep texts in :class:`Texts`; pygls offers no other way to say so."""
        before = self.workspace
        self.protocol._workspace = Texts(
            before.root_uri,
            types.TextDocumentSyncKind.Incremental,
            list(before.folders.values()),
            before.position_encoding,
        )

    def program(self, uri: str) -> Program | None:
        """The program that a text belongs to."""
        return program_of(self.workspace, uri)

    def changed(self, uri: str, *, at_once: bool = False) -> None:
        """A text is new, or is not what it was."""
        program = self.program(uri)
        if program is not None:
            self.desk.put(program, self.folder_of(program), self.wishes.options, at_once=at_once)

    def known(self, uri: str) -> Known | None:
        """What is known of the document that a text belongs to."""
        program = self.program(uri)
        return None if program is None else self.desk.documents.get(program.uri)

    def folder_of(self, program: Program) -> str:
        """The innermost workspace folder of a file, else the file's own; none for a text that is in no file."""
        file = Path(program.file)
        if not file.is_absolute():
            return self._first_folder()
        folders = [Path(path) for folder in self.workspace.folders if (path := to_fs_path(folder)) is not None]
        around = [folder for folder in folders if folder in file.parents]
        return str(max(around, key=lambda folder: len(folder.parts), default=file.parent))

    def _first_folder(self) -> str:
        path = next(map(to_fs_path, self.workspace.folders), None) or self.workspace.root_path
        return path or ""

    # --- what the editor is told -------------------------------------------------------------

    def _publish(self, known: Known) -> None:
        if self.pulls:
            return
        for uri, found in answers.diagnostics(known).items():
            part = known.program.part_of(uri)
            version = None if part is None else part.version
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    def clear(self, uris: Sequence[str]) -> None:
        """Texts that are closed have no findings."""
        if not self.pulls:
            for uri in uris:
                self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _complain(self, message: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"convlint: {message}"))

    async def refresh(self) -> None:
        """Everything is checked again, and editors that pull are asked to do so."""
        self.desk.check_again()
        if self.can("workspace", "diagnostics", "refresh_support"):
            await self.workspace_diagnostic_refresh_async(None)
        if self.can("workspace", "inlay_hint", "refresh_support"):
            await self.workspace_inlay_hint_refresh_async(None)

    def wish(self, raw: object) -> None:
        """Read the editor's settings; what is no setting, or no value for it, is told and left out."""
        table = raw.get("convlint", raw) if isinstance(raw, Mapping) else {}
        if isinstance(table, Mapping):
            self.wishes = _read_wishes(table, self.wishes, self._complain)
        for known in self.desk.documents.values():
            known.options = self.wishes.options


def _read_wishes(table: Mapping[str, Any], before: Wishes, complain: Any) -> Wishes:
    def words(name: str) -> tuple[str, ...]:
        value = table.get(name) or ()
        if isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(one, str) for one in value):
            return tuple(value)
        complain(f'the setting convlint.{name} is a list of rules, such as ["CL101"]')
        return ()

    def switch(*names: str) -> bool:
        value: object = table
        for name in names:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value is not False

    layout = table.get("imageDataFormat") or None
    if layout not in (None, "channels_last", "channels_first"):
        complain("the setting convlint.imageDataFormat is channels_last or channels_first")
        layout = None
    profile = table.get("profile") or ""
    options = jobs.Options(words("select"), words("ignore"), profile if isinstance(profile, str) else "", layout)
    presents = bool(table.get("presentsTables", before.presents_tables))
    return Wishes(options, switch("inlayHints", "enable"), switch("codeLens", "enable"), presents)


def make_server() -> ConvlintServer:
    """A server, ready to be started."""
    server = ConvlintServer()
    _add_lifecycle(server)
    _add_documents(server)
    _add_questions(server)
    _add_actions(server)
    return server


# --- lifecycle -----------------------------------------------------------------------------------


def _add_lifecycle(server: ConvlintServer) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.use_texts()
        server.wish(params.initialization_options)

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        await server.desk.worker.start()
        if server.can("workspace", "did_change_watched_files", "dynamic_registration"):
            watchers = [types.FileSystemWatcher(f"**/{name}") for name in ("*.py", "pyproject.toml", "*convlint.toml")]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            registration = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            await server.client_register_capability_async(types.RegistrationParams([registration]))

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:
        server.desk.stop()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def settings_changed(params: types.DidChangeConfigurationParams) -> None:
        settings = params.settings
        if not settings and server.can("workspace", "configuration"):
            asked = types.ConfigurationParams([types.ConfigurationItem(section="convlint")])
            settings = (await server.workspace_configuration_async(asked))[0]
        server.wish(settings or {})
        await server.refresh()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        # A module that an open file imports, or the project's configuration.
        if any(change.uri not in server.workspace.text_documents for change in params.changes):
            await server.refresh()


def _add_documents(server: ConvlintServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.changed(params.text_document.uri, at_once=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        if len(server.desk.documents) > 1:  # others may import it
            await server.refresh()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.desk.close(params.text_document.uri)
        server.clear([params.text_document.uri])

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def notebook_opened(params: types.DidOpenNotebookDocumentParams) -> None:
        server.changed(params.notebook_document.uri, at_once=True)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def notebook_changed(params: types.DidChangeNotebookDocumentParams) -> None:
        structure = params.change.cells.structure if params.change.cells is not None else None
        if structure is not None and structure.did_close:
            server.clear([cell.uri for cell in structure.did_close])
        server.changed(params.notebook_document.uri)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def notebook_closed(params: types.DidCloseNotebookDocumentParams) -> None:
        server.desk.close(params.notebook_document.uri)
        server.clear([cell.uri for cell in params.cell_text_documents])


# --- questions -----------------------------------------------------------------------------------


def _add_questions(server: ConvlintServer) -> None:
    pulled = types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=False, identifier="convlint")

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, pulled)
    async def diagnostic(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        known = server.known(params.text_document.uri)
        found: list[types.Diagnostic] = []
        if known is not None:
            await server.desk.checked(known)
            found = answers.diagnostics(known).get(params.text_document.uri, [])
        return types.RelatedFullDocumentDiagnosticReport(found)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        known = server.known(params.text_document.uri)
        if known is None:
            return None
        read = await server.desk.read(known)
        program = known.read_program
        if program is None or program.text != known.program.text:
            return None
        place = program.place(params.text_document.uri, params.position)
        expression = None if place is None else read.reading.at(*place)
        if expression is None:
            return None
        return answers.hover(read.reading, expression, program, markdown=server.reads_markdown)

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def inlay_hint(params: types.InlayHintParams) -> list[types.InlayHint]:
        known = server.known(params.text_document.uri) if server.wishes.hints else None
        if known is None:
            return []
        await server.desk.read(known)
        return answers.inlay_hints(known, params.text_document.uri, params.range)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def document_symbol(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        known = server.known(params.text_document.uri)
        if known is None:
            return []
        await server.desk.read(known)
        return answers.document_symbols(known, params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    async def code_lens(params: types.CodeLensParams) -> list[types.CodeLens]:
        known = server.known(params.text_document.uri) if server.wishes.lenses else None
        if known is None:
            return []
        await server.desk.read(known)
        return answers.code_lenses(known, params.text_document.uri)


# --- actions -------------------------------------------------------------------------------------


def _add_actions(server: ConvlintServer) -> None:
    kinds = [types.CodeActionKind.QuickFix, answers.FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(kinds))
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        known = server.known(params.text_document.uri)
        if known is None:
            return []
        only = params.context.only
        found: list[types.CodeAction] = []
        if _wants(only, types.CodeActionKind.QuickFix):
            found += await _quick_fixes(server, known, params)
        if only is not None and _wants(only, answers.FIX_ALL):
            edit = await _fix_all(server, known)
            if edit is not None:
                found.append(types.CodeAction("convlint: apply all safe fixes", answers.FIX_ALL, edit=edit))
        return found

    @server.command(answers.INSPECT)
    async def inspect(uri: str, builder: str) -> dict[str, Any]:
        known = server.known(uri)
        if known is None:
            return {"message": "the file is not open", "table": "", "model": None}
        answer = await server.desk.ask(jobs.Inspect(known.subject, builder))
        if not isinstance(answer, jobs.Inspected):
            answer = jobs.Inspected(message=answer.message if isinstance(answer, jobs.Failed) else "")
        if not server.wishes.presents_tables:
            await _present(server, builder, answer)
        return {"message": answer.message, "table": answer.table, "model": answer.model or None}

    @server.command(FIX_ALL_COMMAND)
    async def fix_all(uri: str) -> bool:
        known = server.known(uri)
        edit = None if known is None else await _fix_all(server, known)
        if edit is None:
            return False
        done = await server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, "convlint: fix all"))
        return bool(done.applied)


def _wants(only: Sequence[types.CodeActionKind | str] | None, kind: str) -> bool:
    """Whether an editor that asks for some kinds of actions wants this one: kinds are prefixes."""
    if only is None:
        return True
    words = [one.value if isinstance(one, types.CodeActionKind) else one for one in only]
    return any(word in ("", kind) or kind.startswith(f"{word}.") for word in words)


async def _quick_fixes(server: ConvlintServer, known: Known, params: types.CodeActionParams) -> list[types.CodeAction]:
    """The fixes of the findings that the cursor is in, and comments that silence them."""
    checked = await server.desk.checked(known)
    uri = params.text_document.uri
    chosen: list[tuple[int, Finding, types.Diagnostic]] = []
    for diagnostic in answers.diagnostics(known).get(uri, []):
        if isinstance(diagnostic.data, dict) and _touch(diagnostic.range, params.range):
            index = diagnostic.data["index"]
            chosen.append((index, checked.findings[index], diagnostic))
    if not chosen or not checked.parsed:
        return []
    program, subject = known.program, known.subject
    answer = await server.desk.ask(jobs.Offer(subject, tuple(index for index, _, _ in chosen)))
    offered = answer.fixes if isinstance(answer, jobs.Offered) else ((),) * len(chosen)
    if known.version != subject.version:
        return []
    found: list[types.CodeAction] = []
    for (_, _, diagnostic), fixes in zip(chosen, offered):
        found += [action for fix in fixes if (action := _fix_action(server, program, fix, diagnostic)) is not None]
    for _, finding, diagnostic in chosen:
        edits = answers.text_edits(program, answers.suppression(program, finding))
        if edits:
            title = f"Ignore {finding.code} ({finding.name}) on this line"
            found.append(_action(server, program, title, edits, diagnostic))
    return found


def _touch(a: types.Range, b: types.Range) -> bool:
    return (a.start.line, a.start.character) <= (b.end.line, b.end.character) and (
        b.start.line,
        b.start.character,
    ) <= (a.end.line, a.end.character)


def _fix_action(
    server: ConvlintServer, program: Program, fix: Fix, diagnostic: types.Diagnostic
) -> types.CodeAction | None:
    edits = answers.text_edits(program, fix.edits) if fix.edits else None
    if not edits:
        return None
    safe = fix.applicability == "safe"
    title = fix.description if safe else f"{fix.description} (changes what the program does)"
    return _action(server, program, title[:1].upper() + title[1:], edits, diagnostic, preferred=safe)


def _action(
    server: ConvlintServer,
    program: Program,
    title: str,
    edits: dict[str, list[types.TextEdit]],
    diagnostic: types.Diagnostic,
    *,
    preferred: bool = False,
) -> types.CodeAction:
    versioned = server.can("workspace", "workspace_edit", "document_changes")
    edit = answers.workspace_edit(program, edits, versioned=versioned)
    return types.CodeAction(
        title, types.CodeActionKind.QuickFix, [diagnostic], is_preferred=preferred or None, edit=edit
    )


async def _fix_all(server: ConvlintServer, known: Known) -> types.WorkspaceEdit | None:
    program, subject = known.program, known.subject
    answer = await server.desk.ask(jobs.Repair(subject))
    if not isinstance(answer, jobs.Repaired) or answer.text == program.text or known.version != subject.version:
        return None
    edits = answers.text_edits(program, answers.replacement(program, answer.text))
    if not edits:
        return None
    versioned = server.can("workspace", "workspace_edit", "document_changes")
    return answers.workspace_edit(program, edits, versioned=versioned)


async def _present(server: ConvlintServer, builder: str, answer: jobs.Inspected) -> None:
    """Show a table in an editor that only runs commands: as a document where it can open one, else as a message."""
    if answer.table and server.can("window", "show_document", "support"):
        with tempfile.NamedTemporaryFile(
            "w", prefix=f"{builder}-", suffix=".txt", encoding="utf-8", delete=False
        ) as file:
            file.write(answer.table)
        await server.window_show_document_async(types.ShowDocumentParams(Path(file.name).as_uri(), take_focus=True))
        return
    text = answer.table or answer.message
    server.window_show_message(types.ShowMessageParams(types.MessageType.Info, text))
