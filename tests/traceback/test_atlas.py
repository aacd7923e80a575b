"""The atlas as texts: the right rule first, and never a confident wrong answer."""

from __future__ import annotations

import pytest

from tests.traceback.atlas import Verdict, messages, verdicts


def test_the_messages_belong_to_programs() -> None:
    """Each message names a program of the atlas and stands there once for each release."""
    assert len(messages()) > 600
    assert len({(one.id, one.version, one.message) for one in messages()}) == len(messages())


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside the source"])
def test_the_right_rule_is_named_first(beside: bool) -> None:
    """At least 95 of 100 messages of mistakes for which there is a rule."""
    due = [one for one in verdicts(with_source=beside) if one.spoken.rules and one.written]
    right = [one for one in due if one.status == "right"]
    assert len(right) >= 0.95 * len(due)


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside the source"])
def test_nothing_wrong_is_called_proved(beside: bool) -> None:
    """What the text does not decide is told as possible."""
    wrong = [_told(one) for one in verdicts(with_source=beside) if one.misleading]
    assert wrong == []


def _told(verdict: Verdict) -> str:
    spoken = verdict.spoken
    return f"{spoken.id} ({spoken.version}): {verdict.codes[0]} instead of {', '.join(spoken.rules) or 'nothing'}"
