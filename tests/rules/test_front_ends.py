"""Every front end states what the table in `docs/front-ends.md` says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rules.front_ends import FRONT_ENDS, REGISTRY, SETTINGS, listed, pages, row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from convlint.building import Site
    from convlint.rules.documents import Page


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """One warm worker for all builds."""
    keras = pytest.importorskip("keras")
    if not hasattr(keras, "StatelessScope"):
        pytest.skip("the pages are about Keras 3")
    from convlint.analysis import Analyser
    from convlint.building import Site

    with Site(Analyser(SETTINGS, REGISTRY)) as place:
        yield place


def test_every_rule_is_listed() -> None:
    assert list(listed()) == [page.code for page in pages()]


def test_every_gap_has_a_reason() -> None:
    assert not [line for line in listed().values() if "not stated" in line]


@pytest.mark.parametrize("page", [pytest.param(page, id=page.code) for page in pages()])
def test_a_rule_is_stated_where_the_table_says(page: Page, site: Site, tmp_path: Path) -> None:
    """Each bad example, run through each front end, gives what is written down: nothing is lost, nothing is claimed."""
    measured = str(row(page, site, tmp_path))
    assert measured == listed()[page.code], FRONT_ENDS
