"""What repairs have in common: the case, edits on syntax nodes, names of libraries in the program's own spelling."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from convlint.findings import Applicability, Edit, Fix
from convlint.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from convlint.findings import Observation
    from convlint.static.site import Site
    from convlint.static.source import SourceFile


@dataclass(frozen=True, eq=False)
class Case:
    """One observation that is to be repaired, with the tools to do it."""

    observation: Observation
    site: Site

    @property
    def source(self) -> SourceFile:
        """The file."""
        return self.site.source

    @property
    def call(self) -> cst.Call | None:
        """The call that the problem is about, if it is about one."""
        return self.site.node if isinstance(self.site.node, cst.Call) else None

    @property
    def inside_call(self) -> bool:
        """Whether the place is inside ``Layer.call``, where ``tf.*`` functions take every tensor."""
        return self.observation.symbol.endswith(".call")

    @cached_property
    def newline(self) -> str:
        """The line ending of the file."""
        return self.source.module.default_newline

    # --- edits ----------------------------------------------------------------------------------

    def edit(self, start: int, end: int, content: str) -> Edit:
        """Replace the text between two offsets."""
        return Edit(self.source.location_of(start, end), content)

    def replace(self, node: cst.CSTNode, content: str) -> Edit:
        """Replace a node; parentheses around it stay."""
        return self.edit(*self.source.span(node), content)

    def before(self, node: cst.CSTNode, content: str) -> Edit:
        """Insert in front of a node."""
        start = self.source.span(node)[0]
        return self.edit(start, start, content)

    def after(self, node: cst.CSTNode, content: str) -> Edit:
        """Insert behind a node."""
        end = self.source.span(node)[1]
        return self.edit(end, end, content)

    def behind(self, node: cst.BaseExpression, content: str) -> Edit:
        """Insert behind an expression and the parentheses around it."""
        end = self._outer(node)[1]
        return self.edit(end, end, content)

    def code(self, node: cst.CSTNode) -> str:
        """A node as it stands in the file."""
        return self.source.code(node)

    # --- arguments ------------------------------------------------------------------------------

    def argument_span(self, argument: cst.Arg) -> tuple[int, int]:
        """Offsets of an argument, its keyword or star included, parentheses around its value too."""
        end = self._outer(argument.value)[1]
        if argument.keyword is not None:
            return self.source.span(argument.keyword)[0], end
        start = self._outer(argument.value)[0]
        return start - len(argument.star), end

    def _outer(self, node: cst.BaseExpression) -> tuple[int, int]:
        """Span of an expression with the parentheses around it."""
        start, end = self.source.span(node)
        text = self.source.text
        for _ in node.lpar:
            start = text.rindex("(", 0, start)
        for _ in node.rpar:
            end = text.index(")", end) + 1
        return start, end

    def value_text(self, argument: cst.Arg) -> str:
        """The value of an argument with the parentheses around it."""
        start, end = self._outer(argument.value)
        return self.source.text[start:end]

    def replace_value(self, argument: cst.Arg, content: str) -> Edit:
        """Another value for an argument."""
        return self.edit(*self._outer(argument.value), content)

    def rename_keyword(self, argument: cst.Arg, word: str) -> Edit:
        """Another keyword for an argument."""
        assert argument.keyword is not None
        return self.replace(argument.keyword, word)

    def remove_argument(self, call: cst.Call, index: int) -> Edit:
        """Take an argument out of a call; comments beside it stay."""
        text = self.source.text
        start, end = self.argument_span(call.args[index])
        is_last = index + 1 == len(call.args)
        comma = _COMMA.match(text, end)
        after_comma = comma.end() if comma else end
        line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
        if not text[line_start:start].strip() and (not is_last or comma):
            rest = _LINE_REST.match(text, after_comma)
            if rest:
                return self.edit(line_start, rest.end(), "")
            return self.edit(start, after_comma, "")
        if not is_last:
            following = self.argument_span(call.args[index + 1])[0]
            if not text[after_comma:following].strip() and "\n" not in text[after_comma:following]:
                return self.edit(start, following, "")
            return self.edit(start, after_comma, "")
        if index:
            previous = self.argument_span(call.args[index - 1])[1]
            if "#" not in text[previous:start]:
                return self.edit(previous, end, "")
        return self.edit(start, after_comma, "")

    def add_argument(self, call: cst.Call, content: str) -> Edit:
        """Put an argument at the end of a call."""
        if not call.args:
            end = self.source.span(call)[1] - 1
            return self.edit(end, end, content)
        last = self.argument_span(call.args[-1])[1]
        return self.edit(last, last, f", {content}")

    # --- names ----------------------------------------------------------------------------------

    def spell(self, *wanted: str) -> tuple[str, tuple[Edit, ...]] | None:
        """How the program would write the first of several library names that it can reach.

        Args:
            wanted: full names, the best first: ``keras.ops.transpose``.

        Returns:
            The spelling, and the edit that adds ``import keras`` where no import reaches any of
            them; None where even that can't be done.
        """
        for full in wanted:
            spelled = self._reachable(full)
            if spelled is not None:
                return spelled, ()
        for full in wanted:
            package = full.partition(".")[0]
            if package == "keras" and package not in self._bound:
                edit = self._import(package)
                return None if edit is None else (full, (edit,))
        return None

    def _reachable(self, full: str) -> str | None:
        found: list[str] = []
        for alias, meaning in self.site.names.items():
            if full == meaning:
                found.append(alias)
            elif full.startswith(f"{meaning}."):
                found.append(f"{alias}{full[len(meaning) :]}")
        return min(found, key=len, default=None)

    @cached_property
    def _bound(self) -> frozenset[str]:
        """Every name that the file binds or reads."""
        code = _MODULE_PATH.sub(r"\1 ", _STRINGS.sub("", self.source.text))
        return frozenset(re.findall(r"[^\W\d]\w*", code)) - frozenset(
            re.findall(r"\.\s*([^\W\d]\w*)", self.source.text)
        ) | frozenset(self.site.names)

    def _import(self, package: str) -> Edit | None:
        """``import package`` behind the last import at the top of the file."""
        last: cst.CSTNode | None = None
        for statement in self.source.module.body:
            if not isinstance(statement, cst.SimpleStatementLine):
                continue
            if any(isinstance(part, cst.Import | cst.ImportFrom) for part in statement.body):
                last = statement.body[-1]
        if last is None:
            return None
        text = self.source.text
        match = _TO_LINE_END.match(text, self.source.span(last)[1])
        assert match is not None
        end = match.end()
        if match["end"]:
            return self.edit(end, end, f"import {package}{self.newline}")
        return self.edit(end, end, f"{self.newline}import {package}")


_COMMA = re.compile(r"\s*,")
_LINE_REST = re.compile(r"[ \t]*(?:\r\n|\r|\n)")
_TO_LINE_END = re.compile(r"[^\r\n]*(?P<end>\r\n|\r|\n|)")
_MODULE_PATH = re.compile(
    r"^[ \t]*(from(?=[ \t]+[\w.]+[ \t]+import)|import(?=[ \t]+[\w.]+[ \t]+as))[ \t]+[\w.]+", re.MULTILINE
)
"""Where a module is named without being bound under that name."""
_STRINGS = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|#[^\n]*")


def fix(
    applicability: Applicability, description: str, edits: Iterable[Edit | None], extra: Sequence[Edit] = ()
) -> Iterator[Fix]:
    """One fix, or nothing when an edit could not be made."""
    made = list(edits)
    if all(edit is not None for edit in made):
        yield Fix(applicability, description, (*(edit for edit in made if edit is not None), *extra))


def advice(description: str) -> Iterator[Fix]:
    """A suggestion without an edit."""
    yield Fix("display", description, ())


def keyword_of(call: cst.Call, word: str) -> tuple[int, cst.Arg] | None:
    """The argument that a call gives by this keyword, with its index."""
    for index, argument in enumerate(call.args):
        if argument.keyword is not None and argument.keyword.value == word:
            return index, argument
    return None


def has_keyword(call: cst.Call, word: str) -> bool:
    """Whether a call gives an argument by this keyword."""
    return keyword_of(call, word) is not None


def positional_of(call: cst.Call) -> list[cst.Arg]:
    """Arguments given by position; empty where a star hides some."""
    if any(argument.star for argument in call.args):
        return []
    return [argument for argument in call.args if argument.keyword is None]


def quoted_like(old: str, word: str) -> str:
    """A word in the quotes of the string that it replaces."""
    quote = '"' if '"' in old else "'"
    return f"{quote}{word}{quote}"


def literal_ints(node: cst.BaseExpression) -> tuple[int, ...] | None:
    """The numbers of a tuple or list of plain integers."""
    if not isinstance(node, cst.Tuple | cst.List):
        return None
    numbers: list[int] = []
    for element in node.elements:
        if not isinstance(element.value, cst.Integer):
            return None
        numbers.append(element.value.evaluated_value)
    return tuple(numbers)


def nodes_within(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and everything below it, in the order of the source."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))
