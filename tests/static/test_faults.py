"""Single faults in programs of the kinds people write: found on their lines, under their codes; nothing beside them.

Most of the faults were run in the installed Keras: what raises there raises as the list says.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from convlint.api import check_paths
from convlint.findings import Finding

DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True)
class Fault:
    program: str
    number: int
    source: str
    code: str
    at: tuple[str, ...]
    missed: str

    def __str__(self) -> str:
        return f"{self.program}-{self.number}"


def _faults() -> list[Fault]:
    faults = []
    for program, entries in yaml.safe_load((DATA / "faults.yaml").read_text(encoding="utf-8")).items():
        source = (DATA / "programs" / f"{program}.py").read_text(encoding="utf-8")
        for number, entry in enumerate(entries, 1):
            assert entry["old"] in source, f"{program} has no {entry['old']!r}"
            changed = source.replace(entry["old"], entry["new"], 1)
            faults.append(
                Fault(
                    program,
                    number,
                    changed,
                    entry["code"],
                    tuple(entry.get("at", "").split("|")),
                    entry.get("missed", ""),
                )
            )
    return faults


FAULTS = _faults()


def _findings(file: Path, source: str) -> list[Finding]:
    file.write_text(source, encoding="utf-8")
    return [finding for finding in check_paths([file]).findings if finding.severity != "info"]


def _stands_at(finding: Finding, fault: Fault) -> bool:
    where = finding.location
    lines = fault.source.splitlines()[where.line - 1 : max(where.line, where.end_line)]
    return any(at in line for line in lines for at in fault.at)


@pytest.mark.parametrize("program", sorted((DATA / "programs").glob("*.py")), ids=lambda path: path.stem)
def test_a_correct_program_is_silent(program: Path, tmp_path: Path) -> None:
    assert _findings(tmp_path / "program.py", program.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.code == "ok"], ids=str)
def test_a_legal_change_is_silent(fault: Fault, tmp_path: Path) -> None:
    assert _findings(tmp_path / "program.py", fault.source) == []


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.code != "ok"], ids=str)
def test_a_fault_is_found(fault: Fault, tmp_path: Path) -> None:
    found = _findings(tmp_path / "program.py", fault.source)
    right = [finding for finding in found if fault.code in ("any", finding.code) and _stands_at(finding, fault)]
    assert bool(right) is not bool(fault.missed), [(one.code, one.location.line, one.message) for one in found]
    assert right or not found, "what is missed must not be taken for something else"
