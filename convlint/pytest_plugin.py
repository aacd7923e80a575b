"""``pytest --convlint``: every Python file and notebook that is collected is an item, and fails with its findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from convlint.checking import Checker
    from convlint.configuration import Configurations
    from convlint.findings import Finding

_TOOLS: pytest.StashKey[tuple[Checker, Configurations]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--convlint``."""
    group = parser.getgroup("convlint", "mistakes in Keras programs")
    group.addoption("--convlint", action="store_true", help="check Python files and notebooks with convlint")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker of the items known."""
    config.addinivalue_line("markers", "convlint: an item of --convlint")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """An item for each file, beside whatever else is collected from it."""
    if parent.config.getoption("--convlint") and file_path.suffix in (".py", ".ipynb"):
        found: pytest.Collector = ConvlintFile.from_parent(parent, path=file_path)
        return found
    return None


def _tools(config: pytest.Config) -> tuple[Checker, Configurations]:
    """What one run of pytest shares."""
    known = config.stash.get(_TOOLS, None)
    if known is None:
        from convlint.checking import Checker
        from convlint.configuration import Configurations

        known = config.stash[_TOOLS] = Checker(), Configurations()
    return known


class ConvlintFile(pytest.File):
    """A file with its one item."""

    def collect(self) -> Iterator[pytest.Item]:
        """The item."""
        yield ConvlintItem.from_parent(self, name="convlint")


def _sources(findings: Sequence[Finding]) -> Mapping[str, str]:
    from convlint import programs

    places = [place for one in findings for place in (one.location, *(step.location for step in one.evidence))]
    return programs.texts({place.file for place in places}, {})


class ConvlintFailed(Exception):
    """A file with findings; reads as their report."""


class ConvlintItem(pytest.Item):
    """The check of one file."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.add_marker("convlint")

    def runtest(self) -> None:
        """Check the file under the configuration that is nearest to it."""
        from convlint.python_api import CheckResult

        checker, configurations = _tools(self.config)
        file = str(self.path)
        found = checker.check(file, configurations.for_file(file))
        result = CheckResult(found.findings, 1, found.errors, found.notes, _sources(found.findings))
        if not result.ok:
            raise ConvlintFailed(str(result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report instead of a traceback."""
        if isinstance(excinfo.value, ConvlintFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """What the item is called where it fails."""
        return self.path, None, f"convlint {self.path.name}"
