"""Which front end states which rule, measured: the bad examples of every page through each of them.

A build and a dry run get each fault of an example alone; ``diagnose`` gets the traceback as a text, without the source;
saved models are made of what an example builds.
"""

from __future__ import annotations

import ast
import linecache
import os
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convlint import api, programs
from convlint.problems import saved
from convlint.rules.registry import load
from convlint.saved.inspection import inspect_saved
from convlint.settings import Settings
from convlint.traceback.reading import read_log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convlint.building import Site
    from convlint.rules.documents import Page
    from convlint.rules.markdown import Example

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "front-ends.md"
FRONT_ENDS = ("static", "build", "saved", "traceback")
YES, POSSIBLE = "yes", "possible cause"
REGISTRY = load()
SETTINGS = Settings(extend_select=tuple(page.code for page in REGISTRY.pages))
ABOUT_FILES = {page.code for page in REGISTRY.pages if set(page.judges) <= set(vars(saved))}

_TEXT = "a matter of the text: what runs does not show it"
_PORT = "a remark on the text, for reading"
_NO_BUILD = {
    "CL519": "a dry run leaves out data that is no array of numbers",
    "CL308": "a dry run does not run losses of the program's own",
    "CL518": "a dry run does not run losses and loops of the program's own",
    "CL601": _TEXT, "CL614": _TEXT, "CL617": _TEXT, "CL703": _TEXT, "CL708": _TEXT, "CL712": _TEXT,
    "CL802": _PORT, "CL803": _PORT, "CL804": _PORT, "CL805": _PORT, "CL807": _PORT, "CL809": _PORT, "CL810": _PORT,
}  # fmt: skip
_NO_SAVED = "Keras saves no model with it, or nothing of it is saved"
_SILENT = "raises nothing"
_OTHER_WORDS = "its message is that of a more general rule"


def pages() -> list[Page]:
    """The rules about programs."""
    return [page for page in REGISTRY.pages if not page.code.startswith("CL9")]


def bad(page: Page) -> list[Example]:
    """The bad examples of a page that are Python."""
    return [example for example in page.examples if example.section == "Example"]


@dataclass(frozen=True)
class Row:
    """One line of the table; a cell says ``yes``, ``possible cause``, or why not."""

    code: str
    name: str
    cells: tuple[str, ...]

    def __str__(self) -> str:
        return f"| {self.code} | {self.name} | {' | '.join(self.cells)} |"


def row(page: Page, site: Site, folder: Path) -> Row:
    """Measure one rule."""
    told, saved_codes = told_and_saved(page, folder)
    cells = {
        "static": "reads no models" if page.code in ABOUT_FILES else YES,
        "build": YES if page.code in built(page, site, folder) else _NO_BUILD.get(page.code, "not stated"),
        "saved": YES if page.code in saved_codes else _PORT if page.code.startswith("CL8") else _NO_SAVED,
        "traceback": told or (_OTHER_WORDS if any(example.raises for example in bad(page)) else _SILENT),
    }
    if page.code in ABOUT_FILES:
        cells |= {"build": "reads no models", "saved": YES}
    return Row(page.code, page.name, tuple(cells[front_end] for front_end in FRONT_ENDS))


# --- builds ---------------------------------------------------------------------------------------


def built(page: Page, site: Site, folder: Path) -> set[str]:
    """Codes that a dry run and the builds of the example's functions give."""
    found: set[str] = set()
    for example in bad(page):
        for number, program in enumerate(_alone(example)):
            file = folder / f"{page.code}_{example.line}_{number}.py"
            file.write_text(program, encoding="utf-8")
            found |= {one.finding.code for one in site.build(programs.read(str(file))).judged}
            if page.code in found:
                return found
    return found


def _alone(example: Example) -> Iterator[str]:
    """The program once for each fault, without the other statements that raise."""
    lines = example.code.splitlines(keepends=True)
    try:
        body = ast.parse(example.code).body
    except SyntaxError:
        return
    raising = {mark.line for mark in example.raises}
    for mark in example.marks:
        wanted = next((one for one in body if one.lineno <= mark.line <= (one.end_lineno or 0)), None)
        kept = list(lines)
        for one in body:
            span = range(one.lineno, (one.end_lineno or 0) + 1)
            later = mark.line not in raising and one.lineno > mark.line
            if one is not wanted and not later and raising.intersection(span) and not isinstance(one, ast.ClassDef):
                kept[one.lineno - 1 : span.stop - 1] = ["\n"] * len(span)
        yield "".join(kept)


# --- tracebacks and saved models ---------------------------------------------------------------------


def told_and_saved(page: Page, folder: Path) -> tuple[str, set[str]]:
    """How surely ``diagnose`` names the rule for an example's exceptions, and the codes of the models that it makes."""
    import keras

    keras.config.disable_traceback_filtering()
    before = Path.cwd()
    os.chdir(folder)
    said: set[str] = set()
    saved_codes: set[str] = set()
    try:
        for example in bad(page):
            keras.backend.clear_session()
            keras.config.set_image_data_format("channels_last")
            namespace: dict[str, Any] = {"__name__": "example"}
            said |= {_told(page, error) for error in _errors(page, example, namespace)}
            for model in _models(namespace):
                saved_codes |= _saved(model)
    finally:
        keras.config.set_image_data_format("channels_last")
        os.chdir(before)
    return (YES if YES in said else POSSIBLE if POSSIBLE in said else ""), saved_codes


def _errors(page: Page, example: Example, namespace: dict[str, Any]) -> Iterator[Exception]:
    """What the statements raise, one after the other; the file that the frames name does not exist."""
    file = f"/nowhere/{page.code}.py"
    linecache.cache[file] = (len(example.code), None, example.code.splitlines(keepends=True), file)
    with suppress(SyntaxError):
        for statement in ast.parse(example.code).body:
            try:
                exec(compile(ast.Module([statement], []), file, "exec"), namespace)
            except Exception as error:
                yield error


def _told(page: Page, error: Exception) -> str:
    text = "".join(traceback.format_exception(error))
    errors = api.diagnose(read_log(text.splitlines(keepends=True)), SETTINGS).errors
    codes = [finding.code for finding in errors[0].findings] if errors else []
    if codes[:1] == [page.code] and errors[0].certain:
        return YES
    return POSSIBLE if page.code in codes else ""


def _models(namespace: dict[str, Any]) -> Iterator[Any]:
    """The models of an example; where it has none, those that lead to its tensors."""
    import keras

    models = [value for value in namespace.values() if isinstance(value, keras.Model)]
    yield from models
    if not models:
        for value in namespace.values():
            if isinstance(value, keras.KerasTensor):
                with suppress(Exception):
                    yield keras.Model(keras.utils.get_source_inputs(value), value)


def _saved(model: Any) -> set[str]:
    with suppress(Exception):  # a model that is never built, or holds what can't be saved
        model.save("model.keras")
        return {REGISTRY.finding(one).code for one in inspect_saved("model.keras").observations}
    return set()


# --- the table ---------------------------------------------------------------------------------------


def draw(rows: list[Row]) -> str:
    """The table as Markdown."""
    counts = [sum(row.cells[place] in (YES, POSSIBLE) for row in rows) for place in range(len(FRONT_ENDS))]
    totals = ", ".join(f"{front_end} {count}" for front_end, count in zip(FRONT_ENDS, counts))
    return "\n".join(
        [
            "# Rules and front ends",
            "",
            "Generated by `python tools/front_ends.py`: the bad examples of every rule page, each through every front",
            "end. *static*: `check`; *build*: `check --build` and `inspect`, which hear the source at the line that",
            "raised, too; *saved*: `inspect` of a saved model; *traceback*: `diagnose` of the bare traceback (beside",
            f"the source it states what *static* does). A cell says `{YES}`, `{POSSIBLE}` (one of several that fit)",
            "or why the front end can't meet the fault.",
            "",
            f"Of {len(rows)} rules: {totals}.",
            "",
            f"| code | rule | {' | '.join(FRONT_ENDS)} |",
            f"|---|---|{'---|' * len(FRONT_ENDS)}",
            *map(str, rows),
            "",
        ]
    )


def listed() -> dict[str, str]:
    """The lines of the table that is there, by code."""
    text = TABLE.read_text(encoding="utf-8") if TABLE.is_file() else ""
    return {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| CL")}
