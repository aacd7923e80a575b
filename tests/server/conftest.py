from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.server.editor import Session


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Session]]:
    """An editor as it is wished for; those that wish for the same share one."""
    from tests.server.editor import Session, capabilities

    sessions: dict[str, Session] = {}

    def open_session(settings: dict[str, object] | None = None, **able: object) -> Session:
        key = repr((settings, able))
        if key not in sessions:
            folder = tmp_path_factory.mktemp("workspace")
            sessions[key] = Session(folder, capabilities(**able), settings)  # type: ignore[arg-type]
        return sessions[key]

    yield open_session
    assert [one.end() for one in sessions.values()] == [0] * len(sessions)
