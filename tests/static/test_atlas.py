"""The atlas: every mistake that a rule exists for, and silence everywhere else."""

from __future__ import annotations

import pytest

from tests.static.atlas import Verdict, entries, listed, verdicts

VERDICTS = [pytest.param(verdict, id=verdict.entry.id) for verdict in verdicts()]


def test_every_entry_is_judged() -> None:
    """A mistake has rules that are right for it, or a reason why none is; the atlas is whole."""
    assert len(entries()) == 468
    assert len({entry.id for entry in entries()}) == 468
    for entry in entries():
        assert not (entry.rules and entry.why), entry.id
        assert bool(entry.rules or entry.why) == (entry.outcome != "ok"), entry.id


@pytest.mark.parametrize("verdict", VERDICTS)
def test_nothing_else_is_reported(verdict: Verdict) -> None:
    """A correct program is silent, and one with a mistake says nothing but that mistake."""
    assert verdict.alarms == ()


def test_what_was_found_is_found() -> None:
    """No mistake is lost that the table in `docs/atlas.md` lists as found, and each program is listed there."""
    before, now = listed(), {verdict.entry.id: verdict.status for verdict in verdicts()}
    assert before.keys() == now.keys()
    lost = [name for name, status in before.items() if status == "found" and now[name] != "found"]
    assert lost == []
