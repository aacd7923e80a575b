from __future__ import annotations

import pytest

from convlint.edits import apply, disjoint
from convlint.findings import Edit, Location


def edit(line, column, end_line, end_column, content, file="a.py"):
    return Edit(Location(file, line, column, end_line, end_column), content)


TEXT = "a = 1\r\nb = 'é\x0c𝄞'\nc = 3"


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        pytest.param([edit(1, 5, 1, 6, "2")], "a = 2\r\nb = 'é\x0c𝄞'\nc = 3", id="carriage returns stay"),
        pytest.param([edit(2, 8, 2, 9, "x")], "a = 1\r\nb = 'é\x0cx'\nc = 3", id="columns count characters"),
        pytest.param(
            [edit(3, 1, 3, 1, "d = 4\n"), edit(1, 1, 1, 2, "z")], "z = 1\r\nb = 'é\x0c𝄞'\nd = 4\nc = 3", id="any order"
        ),
        pytest.param([edit(1, 1, 2, 1, ""), edit(1, 1, 2, 1, "")], "b = 'é\x0c𝄞'\nc = 3", id="the same edit once"),
    ],
)
def test_edits_change_nothing_but_their_span(edits, expected):
    assert apply(TEXT, edits) == expected


def test_edits_that_overlap_are_refused():
    with pytest.raises(ValueError, match="two edits touch"):
        apply(TEXT, [edit(1, 1, 1, 4, "x"), edit(1, 3, 1, 6, "y")])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (edit(1, 1, 1, 3, ""), edit(1, 4, 1, 5, ""), True),
        (edit(1, 1, 1, 3, ""), edit(1, 3, 1, 5, ""), False),
        (edit(1, 1, 1, 3, ""), edit(1, 3, 1, 5, "", "b.py"), True),
        (edit(1, 1, 1, 1, "import keras\n"), edit(1, 1, 1, 1, "import keras\n"), True),
    ],
)
def test_groups_that_can_be_made_at_once(first, second, expected):
    assert disjoint([first], [second]) is expected
