"""The documentation as a site, for MkDocs (``mkdocs.yml`` names this file as a hook).

The site has the folders of the repository, so that every link in its files means the same in both: pages are the
documents in ``docs/``, the rule pages, and what they link to; other files that they link to are copied as they are.
Nothing of that is written into the repository.
"""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from convlint.report.rules import is_fixable  # noqa: E402
from convlint.rules.documents import Page, read_folder  # noqa: E402
from convlint.rules.index import GROUPS  # noqa: E402

GUIDES = ("configuration", "suppressing", "ci", "editors", "api", "formats", "commands")
NAV: list[Any] = [
    {"Home": "README.md"},
    {"Guide": [f"docs/{name}.md" for name in GUIDES]},
    {"Examples": ["examples/README.md", "examples/migration/README.md", "examples/rule-pack/README.md"]},
    {
        "The project": [
            "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "docs/atlas.md",
            "docs/atlas-diagnose.md", "docs/front-ends.md",
        ]
    },
]  # fmt: skip
LEFT_OUT_OF_SEARCH = (
    "docs/atlas.md",
    "docs/atlas-diagnose.md",
    "docs/front-ends.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
)
_LINK = re.compile(r"\]\(<?(?!\w+:|#)([^)\s#>]+)")
_FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.M | re.S)
_HEADING = re.compile(r"^# (.*)$", re.M)

_rules: dict[str, Page] = {}


def on_config(config: Any) -> Any:
    """The navigation, with the rules by group."""
    _rules.clear()
    _rules.update({f"rules/{Path(page.path).name}": page for page in read_folder(ROOT / "rules")})
    groups = [
        {title: [file for file, page in _rules.items() if page.code.startswith(prefix)]}
        for prefix, title in GROUPS.items()
    ]
    config.nav = [*NAV[:2], {"Rules": ["rules/README.md", *groups]}, *NAV[2:]]
    return config


def on_files(files: Files, config: Any) -> Files:
    """The files of the site: those of the navigation and what they link to."""
    theirs = [file for file in files if file.abs_src_path is None or not file.is_documentation_page()]
    found = Files([file for file in theirs if not (file.abs_src_path or "").startswith(config.docs_dir)])
    waiting = list(_paths(config.nav))
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        file = File(path, str(ROOT), config.site_dir, config.use_directory_urls)
        if not (ROOT / path).is_file():
            raise PluginError(f"{path}: a page links to it, and there is no such file")
        found.append(file)
        if file.is_documentation_page():
            text = _FENCE.sub("", (ROOT / path).read_text(encoding="utf-8"))
            new = {posixpath.normpath(posixpath.join(posixpath.dirname(path), link)) for link in _LINK.findall(text)}
            waiting += new - seen
            seen |= new
    return found


def _paths(entries: list[Any]) -> list[str]:
    paths: list[str] = []
    for entry in entries:
        if isinstance(entry, str):
            paths.append(entry)
        else:
            for value in entry.values():
                paths += _paths(value) if isinstance(value, list) else [value]
    return paths


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """A rule's page with its code and name, and what the front matter says of it; what a search finds first."""
    if page.file.src_uri in LEFT_OUT_OF_SEARCH:
        page.meta["search"] = {"exclude": True}
    rule = _rules.get(page.file.src_uri)
    if rule is None:
        return markdown
    page.meta["search"] = {"boost": 2}
    page.title = f"{rule.code} {rule.name}"
    severities = sorted({judgement.severity for judgement in rule.judges.values()})
    facts = [f"`{rule.name}`", " or ".join(severities), f"since {rule.since}"]
    if rule.profiles:
        facts.append(f"off but for `--profile {'` and `--profile '.join(rule.profiles)}`")
    if is_fixable(rule):
        facts.append("convlint can propose a repair")
    head = f"# {rule.code}: {{}}\n\n{' · '.join(facts)}"
    return _HEADING.sub(lambda heading: head.format(heading[1]), markdown, count=1)
