"""Findings, readings and fixes in the words of the protocol."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.uris import from_fs_path

from convlint.edits import split_lines
from convlint.files import FileProblem, read
from convlint.findings import Edit, Evidence, Finding, Location
from convlint.rules.documents import builtin_pages
from convlint.server.desk import Known, line_now
from convlint.server.documents import Program
from convlint.server.positions import units_before
from convlint.static.reading import Expression, Fact, LayerFact, Reading, Symbol, TensorFact
from convlint.summary import TableShape
from convlint.suppressions import with_suppressions

SOURCE = "convlint"
FIX_ALL = "source.fixAll.convlint"
_SEVERITY = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}


# --- diagnostics ---------------------------------------------------------------------------------


def diagnostics(known: Known) -> dict[str, list[types.Diagnostic]]:
    """The findings of a document by the text they are in; texts without findings have an empty list.

    While a text does not parse, the findings of the last one that did stay at the lines that were not changed.
    """
    program = known.program
    found: dict[str, list[types.Diagnostic]] = {part.uri: [] for part in program.parts}
    for index, finding in enumerate(known.findings.findings):
        _add(found, program, finding, {"version": known.checked, "index": index})
    if not known.findings.parsed and known.parsed is not None:
        before, answer = known.parsed
        for finding in answer.findings:
            moved = _moved(before, program, finding)
            if moved is not None:
                _add(found, program, moved, None)
    return found


def _add(found: dict[str, list[types.Diagnostic]], program: Program, finding: Finding, data: Any) -> None:
    if not _same_file(finding.location.file, program.file):
        return  # in a module that this one imports: told where that one is open
    place = program.range(finding.location)
    if place is None:
        if not program.parts:
            return
        part = program.parts[0]
        place = part, types.Range(types.Position(0, 0), types.Position(0, 0))
    part, stretch = place
    text = finding.message + (f"\nhelp: {finding.help}" if finding.help else "")
    page = page_uri(finding)
    found[part.uri].append(
        types.Diagnostic(
            range=stretch,
            message=text,
            severity=_SEVERITY[finding.severity],
            code=finding.code,
            code_description=types.CodeDescription(page) if page else None,
            source=SOURCE,
            related_information=list(_related(program, finding.evidence)) or None,
            data=data,
        )
    )


def _moved(before: Program, now: Program, finding: Finding) -> Finding | None:
    place = finding.location
    lines = {line_now(before, now, line) for line in range(place.line, place.end_line + 1)}
    if None in lines:
        return None
    first = line_now(before, now, place.line)
    assert first is not None
    return replace(finding, location=_shifted(place, first - place.line), evidence=())


def _shifted(place: Location, lines: int) -> Location:
    return replace(place, line=place.line + lines, end_line=place.end_line + lines)


def _related(program: Program, evidence: Sequence[Evidence]) -> Iterator[types.DiagnosticRelatedInformation]:
    """The path of the shape."""
    for step in evidence:
        place = location_of(program, step.location)
        if place is not None:
            yield types.DiagnosticRelatedInformation(place, step.text)


def location_of(program: Program, location: Location) -> types.Location | None:
    """A place, in the program itself or in another file."""
    if _same_file(location.file, program.file):
        found = program.range(location)
        return None if found is None else types.Location(found[0].uri, found[1])
    uri = from_fs_path(str(Path(location.file).absolute()))
    lines = _lines_of(location.file)
    if uri is None:
        return None
    start, end = (
        types.Position(
            line - 1, units_before(lines[line - 1], column - 1, program.encoding) if line <= len(lines) else 0
        )
        for line, column in ((location.line, location.column), (location.end_line, location.end_column))
    )
    return types.Location(uri, types.Range(start, end))


def _lines_of(file: str) -> list[str]:
    try:
        return split_lines(read(file).text)
    except FileProblem:
        return []


def _same_file(a: str, b: str) -> bool:
    return a == b or Path(a) == Path(b)


@lru_cache(maxsize=1)
def _pages() -> dict[str, str]:
    """Addresses of the rule pages on this machine, by file name."""
    folder = builtin_pages()
    found: dict[str, str] = {}
    for page in folder.iterdir():
        if isinstance(page, Path) and page.suffix == ".md":
            found[page.name] = page.as_uri()
    return found


def page_uri(finding: Finding) -> str | None:
    """Where an editor opens the rule's page; None for a rule pack that is in no folder."""
    return _pages().get(finding.url.rpartition("/")[2])


# --- hover, hints --------------------------------------------------------------------------------


def hover(reading: Reading, expression: Expression, program: Program, *, markdown: bool) -> types.Hover:
    """What an expression is and where that comes from."""
    blocks: list[str] = []
    for fact in expression.facts:
        blocks.append(_about(fact, markdown))
    if expression.cut:
        blocks.append("…")
    last = next((fact for fact in reversed(expression.facts) if isinstance(fact, TensorFact)), None)
    path = reading.path(last) if last is not None else ()
    if path:
        steps = [_step(program, step, markdown) for step in path]
        blocks.append("\n".join(steps))
    kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
    found = program.range(expression.location)
    return types.Hover(types.MarkupContent(kind, "\n\n".join(blocks)), None if found is None else found[1])


def _about(fact: Fact, markdown: bool) -> str:
    code = "`{}`" if markdown else "{}"
    if isinstance(fact, TensorFact):
        words = [code.format(fact.shape), fact.dtype, fact.layout, fact.kind]
        return " · ".join(filter(None, words))
    if isinstance(fact, LayerFact):
        return "  \n".join(_row(fact, code)) if markdown else "\n".join(_row(fact, code))
    return code.format(fact.text)


def _row(fact: LayerFact, code: str) -> Iterator[str]:
    row = fact.row
    yield " · ".join(filter(None, [code.format(row.class_name), row.name if row.name != "?" else ""]))
    if row.input_shapes or row.output_shapes:
        yield f"{code.format(_shapes(row.input_shapes))} → {code.format(_shapes(row.output_shapes))}"
    words = [] if fact.layers is None else [f"{fact.layers} layer{'s' if fact.layers != 1 else ''}"]
    if row.params is not None and (row.input_shapes or fact.layers is not None):
        words.append(f"{row.params:,} weights")
    if row.kernel_shape is not None:
        words.append(f"kernel {code.format(_shape(row.kernel_shape))}")
    if row.data_format:
        words.append(row.data_format)
    if words:
        yield " · ".join(words)


def _shape(shape: TableShape) -> str:
    if isinstance(shape, str):
        return shape
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _shapes(shapes: Sequence[TableShape]) -> str:
    return ", ".join(map(_shape, shapes)) or "?"


def _step(program: Program, step: Evidence, markdown: bool) -> str:
    place = location_of(program, step.location)
    where = f"line {step.location.line}"
    if place is not None:
        where = f"line {place.range.start.line + 1}"
        if not _same_file(step.location.file, program.file):
            where = f"{Path(step.location.file).name}:{place.range.start.line + 1}"
        if markdown:
            where = f"[{where}]({place.uri}#L{place.range.start.line + 1})"
    text = f"`{step.text}`" if markdown and "`" not in step.text else step.text
    return f"- {where}: {text}" if markdown else f"{where}: {text}"


def inlay_hints(known: Known, uri: str, wanted: types.Range) -> list[types.InlayHint]:
    """Shapes behind the layers of a stretch of a text."""
    hints: list[types.InlayHint] = []
    program, before = known.program, known.read_program or known.program
    same = before.text == program.text
    for hint in known.reading.reading.hints:
        line = hint.line if same else line_now(before, program, hint.line)
        place = None if line is None else program.position(line, hint.column)
        if place is None or place[0].uri != uri or not wanted.start.line <= place[1].line <= wanted.end.line:
            continue
        hints.append(
            types.InlayHint(
                place[1], hint.label, types.InlayHintKind.Type, tooltip=hint.detail or None, padding_left=True
            )
        )
    return hints


# --- symbols, lenses -----------------------------------------------------------------------------

_SYMBOL_KIND = {
    "function": types.SymbolKind.Function,
    "class": types.SymbolKind.Class,
    "model": types.SymbolKind.Module,
    "layer": types.SymbolKind.Object,
}


def document_symbols(known: Known, uri: str) -> list[types.DocumentSymbol]:
    """Models and layers of one text."""
    program = known.read_program or known.program
    return list(_symbols(program, uri, known.reading.reading.symbols))


def _symbols(program: Program, uri: str, symbols: Sequence[Symbol]) -> Iterator[types.DocumentSymbol]:
    for one in symbols:
        place, selection = program.range(one.location), program.range(one.selection)
        if place is None or selection is None or place[0].uri != uri:
            continue
        inner = list(_symbols(program, uri, one.children))
        yield types.DocumentSymbol(
            one.name, _SYMBOL_KIND[one.kind], place[1], selection[1], one.detail or None, children=inner or None
        )


INSPECT = "convlint.inspect"


def code_lenses(known: Known, uri: str) -> list[types.CodeLens]:
    """A lens over each builder of one text."""
    program, before = known.program, known.read_program or known.program
    lenses: list[types.CodeLens] = []
    for builder in known.reading.builders:
        line = line_now(before, program, builder.line)
        place = None if line is None else program.position(line, 1)
        if place is None or place[0].uri != uri:
            continue
        command = types.Command(f"inspect {builder.name}", INSPECT, arguments=[program.uri, builder.name])
        lenses.append(types.CodeLens(types.Range(place[1], place[1]), command))
    return lenses


# --- edits ---------------------------------------------------------------------------------------


def text_edits(program: Program, edits: Sequence[Edit]) -> dict[str, list[types.TextEdit]] | None:
    """Edits of a program by the text they are in; None where one touches what the editor does not have so."""
    found: dict[str, list[types.TextEdit]] = {}
    for edit in edits:
        place = edit.location
        if not _same_file(place.file, program.file):
            return None
        where = program.range(place)
        last = program.part_at(place.end_line)
        if where is None or last is not where[0] or program.is_altered(where[0], place.line, place.end_line):
            return None
        new = edit.content
        found.setdefault(where[0].uri, []).append(types.TextEdit(where[1], new))
    return found


def replacement(program: Program, after: str) -> list[Edit]:
    """The changed lines between a program and what became of it, as one edit for each stretch."""
    from difflib import SequenceMatcher

    before = program.text.splitlines(keepends=True) if "\r" not in program.text else _keep_ends(program.text)
    lines = after.splitlines(keepends=True) if "\r" not in after else _keep_ends(after)
    edits: list[Edit] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, lines, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        new, end = "".join(lines[c:d]), (b + 1, 1)
        old = before[b - 1] if b > a else ""
        if b > a and d > c and (new.endswith("\n") == old.endswith("\n")):
            # The line's end stays: behind the last line of a cell there is none that the editor knows.
            new, end = new.rstrip("\r\n"), (b, len(old.rstrip("\r\n")) + 1)
        elif b == len(before) and old and not old.endswith("\n"):
            end = (b, len(old) + 1)
        edits.append(Edit(Location(program.file, a + 1, 1, *end), new))
    return edits


def _keep_ends(text: str) -> list[str]:
    return list(io.StringIO(text, newline=""))


def workspace_edit(program: Program, edits: dict[str, list[types.TextEdit]], *, versioned: bool) -> types.WorkspaceEdit:
    """Edits as the editor takes them: bound to the versions of its texts, where it knows that."""
    if not versioned:
        return types.WorkspaceEdit(changes=dict(edits))
    changes = []
    for uri, some in edits.items():
        part = program.part_of(uri)
        version = None if part is None else part.version
        changes.append(types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, version), list(some)))
    return types.WorkspaceEdit(document_changes=changes)


def suppression(program: Program, finding: Finding) -> list[Edit]:
    """The comment that suppresses a finding; nothing where none can stand."""
    after, homeless = with_suppressions(program.text, [(finding.location, finding.code)])
    return [] if homeless else replacement(program, after)
