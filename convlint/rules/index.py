"""Writes ``rules/README.md``, the table of all rules: ``python -m convlint.rules.index``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from convlint.rules.documents import builtin_pages, read_folder
from convlint.rules.registry import Registry

if TYPE_CHECKING:
    from convlint.rules.documents import Page

GROUPS = {
    "CL1": "Channels, kernels and sizes",
    "CL2": "Data format and layout",
    "CL3": "Symbolic and dynamic dimensions",
    "CL4": "Layer arguments",
    "CL5": "Data, labels and losses",
    "CL6": "API misuse and habits from other frameworks",
    "CL7": "Keras generations",
    "CL8": "Portability, porting and cost",
    "CL9": "convlint itself",
}
"""Beginnings of codes and what the rules below them have in common."""

_HEAD = """\
# Rules

One page per rule: what goes wrong, why, a bad and a good program, and when the rule keeps silent. `convlint rule CL204`
shows a page in the terminal, `convlint rule --search "1 != 8"` finds one by an error text. The test suite analyses
every program on these pages and runs it in the real Keras. Behind the severity stand the profiles of a rule;
such a rule is off unless `--profile` names one of them or `--select` names the rule. Which front end states which rule
(source, build, saved model, traceback), and why another one does not, is [measured](../docs/front-ends.md).

This page is written by `python -m convlint.rules.index`.
"""


def render(registry: Registry) -> str:
    """The index page as Markdown."""
    parts = [_HEAD]
    for prefix, title in GROUPS.items():
        pages = [page for page in registry.pages if page.code.startswith(prefix)]
        if pages:
            rows = "".join(map(_row, pages))
            parts.append(f"## {title}\n\n| code | rule | severity | about |\n|---|---|---|---|\n{rows}")
    return "\n".join(parts)


def _row(page: Page) -> str:
    severities = sorted({judgement.severity for judgement in page.judges.values()})
    file = page.path.rpartition("/")[2]
    profiles = "" if page.is_default else f" ({', '.join(page.profiles)})"
    return f"| {page.code} | [{page.name}]({file}) | {', '.join(severities)}{profiles} | {page.summary} |\n"


if __name__ == "__main__":
    folder = builtin_pages()
    assert isinstance(folder, Path)
    (folder / "README.md").write_text(render(Registry(read_folder(folder))), encoding="utf-8", newline="\n")
