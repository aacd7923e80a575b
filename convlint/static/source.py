"""One parsed source file: its tree, its text, and where each node stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import libcst as cst
from libcst._nodes.internal import CodegenState

from convlint.findings import Location
from convlint.lazy import dataclass
from convlint.static.nesting import check_nesting
from convlint.static.outline import Account, outline
from convlint.static.syntax import described

_REGISTRATIONS = (
    "register_keras_serializable", "register_serializable", "get_custom_objects", "custom_object_scope",
    "CustomObjectScope",
)  # fmt: skip
READS_CLOCK = re.compile(r"\b(?:time\.time|perf_counter|process_time|monotonic|timeit)\b")
_CELL_MARKS = ("# In[", "# %%", "#%%", "# COMMAND ---")
_SHOWS_ALL = "ast_node_interactivity"
"""A setting of IPython by which every expression of a cell is shown."""


def _is_comment(line: str) -> bool:
    return line.startswith("#") and not line.startswith(_CELL_MARKS)


class _OffsetState(CodegenState):
    """Code generation that remembers the offset of each node, white space around it left out.

    Costs 0.27 of a parse; libcst's own PositionProvider copies the tree first and costs 2.06.
    """

    def __init__(self, module: cst.Module) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.offset = 0
        self.starts: list[int] = []
        self.spans: dict[cst.CSTNode, tuple[int, int]] = {}

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.offset += len(token)

    def add_token(self, value: str) -> None:
        self.offset += len(value)

    def pop_trailing_newline(self) -> None:
        pass

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.starts.append(self.offset)

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self.starts.pop()
        self.spans.setdefault(node, (start, self.offset))

    @contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Iterator[None]:
        start = self.offset
        yield
        first = start if start_node is None else self.spans[start_node][0]
        last = self.offset if end_node is None else self.spans[end_node][1]
        self.spans[node] = (first, last)


class TooLarge(ValueError):
    """More text than is parsed."""


MAX_CHARACTERS = 5_000_000
"""The tree of a text takes 900 bytes for each of its characters."""


def _check_size(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise TooLarge(f"{len(text):,} characters are more than the {MAX_CHARACTERS:,} that are parsed")


@dataclass(eq=False)
class SourceFile:
    """A file that parsed.

    Attributes:
        file: the path as findings print it.
        text: the decoded text, line endings untouched.
        module: the tree; its code is ``text``, byte for byte, unless it is an outline.
        account: of an outline, whose functions are parsed when somebody looks into them; None for a whole tree.
    """

    file: str
    text: str
    module: cst.Module
    account: Account | None = None

    @cached_property
    def registers_names(self) -> bool:
        """Whether Keras may know strings by this file that it does not know by itself."""
        return any(word in self.text for word in _REGISTRATIONS)

    @cached_property
    def reads_clock(self) -> bool:
        """Whether something in the file is timed."""
        return READS_CLOCK.search(self.text) is not None

    def is_output(self, node: cst.CSTNode) -> bool:
        """Whether a cell shows what an expression computes: in a notebook, or in one that was saved as a script."""
        if not any(mark in self.text for mark in _CELL_MARKS):
            return False
        behind = self.text[self.span(node)[1] :].split("\n")[1:]
        following = next((line for line in map(str.strip, behind) if line and not _is_comment(line)), "")
        return not following or following.startswith(_CELL_MARKS) or _SHOWS_ALL in self.text

    @cached_property
    def is_test(self) -> bool:
        """Whether the file's name or a folder's says that it holds tests."""
        path = Path(self.file)
        named = path.stem.startswith("test_") or path.stem.endswith("_test")
        return named or any(part in ("test", "tests") for part in path.parts[:-1])

    @cached_property
    def has_yield(self) -> bool:
        """Whether a function in here may be a generator: looking through all of them takes a tenth of an analysis."""
        return "yield" in self.text

    @classmethod
    def parse(cls, file: str, text: str) -> SourceFile:
        """Parse the text.

        Raises:
            libcst.ParserSyntaxError: it is no Python.
            TooLarge: it is longer than anything that people write.
            TooDeep: it is nested more deeply than can be parsed.
        """
        _check_size(text)
        check_nesting(text)
        return cls(file, text, cst.parse_module(text))

    @classmethod
    def outline(cls, file: str, text: str) -> SourceFile:
        """Parse what is outside functions. Raises like :meth:`parse`, but for what stands in a function."""
        _check_size(text)
        check_nesting(text)
        found = outline(text)
        return cls.parse(file, text) if found is None else cls(file, text, *found)

    @property
    def size(self) -> int:
        """Characters that were parsed."""
        return len(self.text) - (0 if self.account is None else self.account.waiting)

    @cached_property
    def _shown(self) -> dict[cst.CSTNode, str]:
        return {}

    @cached_property
    def _spans(self) -> dict[cst.CSTNode, tuple[int, int]]:
        whole = self.module if self.account is None else cst.parse_module(self.text)
        state = _OffsetState(whole)
        whole._codegen(state)
        if self.account is None:
            return state.spans
        return {mine: state.spans[theirs] for mine, theirs in zip(described(self.module), described(whole))}

    @cached_property
    def _line_starts(self) -> list[int]:
        starts, offset = [0], 0
        for line in self.text.splitlines(keepends=True):
            # Python ends lines at \n, \r\n and \r only; splitlines knows more.
            offset += len(line)
            if line.endswith(("\n", "\r")):
                starts.append(offset)
        return starts

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Offsets of the node's first character and of the one behind its last."""
        return self._spans[node]

    def code(self, node: cst.CSTNode) -> str:
        """The node as it stands in the file."""
        start, end = self.span(node)
        return self.text[start:end]

    def shown(self, node: cst.CSTNode) -> str:
        """The node's code as libcst writes it; remembered, for labels in loops."""
        text = self._shown.get(node)
        if text is None:
            text = self._shown[node] = self.module.code_for_node(node)
        return text

    def location(self, node: cst.CSTNode) -> Location:
        """Where the node stands."""
        return self.location_of(*self.span(node))

    def location_of(self, start: int, end: int) -> Location:
        """Where a stretch of text stands, in 1-based lines and columns."""
        line, column = self._position(start)
        end_line, end_column = self._position(end)
        return Location(self.file, line, column, end_line, end_column)

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1


KEPT_TEXT = 1_000_000
"""Characters of parsed source whose trees are kept: many files of a project import the same modules."""
_kept: OrderedDict[tuple[str, str], SourceFile] = OrderedDict()


def parsed(file: str, text: str, *, whole: bool = True) -> SourceFile:
    """The file parsed, now or not long ago. Raises like :meth:`SourceFile.parse`.

    Args:
        file: the path as findings print it.
        text: with line feeds at the ends of its lines, if it is not to be parsed as a whole.
        whole: whether all of it will be needed.
    """
    key = (file, text)
    known = _kept.get(key)
    if known is not None and (known.account is None or not whole):
        _kept.move_to_end(key)
        return known
    source = SourceFile.parse(file, text) if whole else SourceFile.outline(file, text)
    _kept[key] = source
    _kept.move_to_end(key)
    size = sum(kept.size for kept in _kept.values())
    while size > KEPT_TEXT and len(_kept) > 1:
        size -= _kept.popitem(last=False)[1].size
    return source
