"""Self-contained HTML pages: everything in one file, nothing loaded from anywhere."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from convlint.report.plain import printable

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("convlint.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_shown,
    )  # fmt: skip
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": True, "separators": (",", ":")}
    return made


def _shown(value: object) -> object:
    """Names come from programs and files: control characters and lone surrogates are written out."""
    return printable(value) if type(value) is str else value


def render(template: str, **values: Any) -> str:
    """The text of a page.

    Args:
        template: its name in ``report/templates/``; pages extend ``base.html`` there.
        values: what it shows. Text in them is escaped.
    """
    return _environment().get_template(template).render(**values)
