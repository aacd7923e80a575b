"""XML in ASCII: characters that XML forbids are shown as escapes, so that every parser takes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TextIO
from xml.etree import ElementTree

from convlint.report.plain import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORBIDDEN = re.compile("[\ufffe\uffff]")


def xml_text(text: str) -> str:
    """The text with the characters that XML 1.0 knows; others become escapes such as ``\\x1b``."""
    return _FORBIDDEN.sub(lambda match: f"\\u{ord(match.group()):x}", printable(text))


def element(
    parent: ElementTree.Element | None, name: str, attributes: Mapping[str, object], text: str = ""
) -> ElementTree.Element:
    """A new element below another one, or the first one."""
    words = {key: xml_text(str(value)) for key, value in attributes.items()}
    made = ElementTree.Element(name, words) if parent is None else ElementTree.SubElement(parent, name, words)
    if text:
        made.text = xml_text(text)
    return made


def write_xml(root: ElementTree.Element, out: TextIO) -> None:
    """Write a document; ASCII is what every encoding of the reader agrees on."""
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=False).decode("ascii")
    out.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n')
