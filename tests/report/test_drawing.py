"""The drawing of graphs: nothing overlaps, everything flows down."""

from __future__ import annotations

import time
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from convlint.report.drawing import draw

HEIGHT = 44


@st.composite
def graphs(make):
    count = make(st.integers(1, 14))
    widths = make(st.lists(st.integers(20, 250), min_size=count, max_size=count))
    box = st.integers(0, count - 1)
    edges = make(st.lists(st.tuples(box, box).filter(lambda edge: edge[0] != edge[1]), max_size=24))
    return widths, edges


@given(graphs())
@settings(max_examples=200, deadline=None)
def test_boxes_never_overlap_and_lie_inside_the_drawing(graph):
    widths, edges = graph
    drawing = draw(widths, edges, [60] * len(edges), height=HEIGHT)
    placed = sorted((y, x, x + width) for (x, y), width in zip(drawing.corners, widths))
    for (y, _, right), (other_y, left, _) in pairwise(placed):
        assert y != other_y or right < left
    assert all(x >= -0.001 and x + w <= drawing.width + 0.001 for (x, _), w in zip(drawing.corners, widths))
    assert all(0 <= y <= drawing.height - HEIGHT for _, y in drawing.corners)


@given(graphs())
@settings(max_examples=200, deadline=None)
def test_without_circles_every_edge_goes_down_from_its_box_to_its_box(graph):
    widths, edges = graph
    edges = [(min(edge), max(edge)) for edge in edges]
    drawing = draw(widths, edges, [60] * len(edges), height=HEIGHT)
    for (source, target), path in zip(edges, drawing.paths):
        heights = [y for _, y in path]
        assert heights == sorted(heights)
        for box, (x, y), side in ((source, path[0], HEIGHT), (target, path[-1], 0)):
            left, top = drawing.corners[box]
            assert y == top + side
            assert left < x < left + widths[box]


def test_a_chain_is_a_straight_line():
    widths = [100, 200, 60, 140]
    drawing = draw(widths, [(0, 1), (1, 2), (2, 3)], [60] * 3)
    centres = {round(x + width / 2, 6) for (x, _), width in zip(drawing.corners, widths)}
    assert len(centres) == 1


def test_a_long_edge_passes_the_boxes_beside_it():
    """The shortcut of a residual block keeps clear of the layers that it leaps over."""
    drawing = draw([100] * 4, [(0, 1), (1, 2), (2, 3), (0, 3)], [80] * 4)
    (left, _), right = drawing.corners[1], drawing.corners[1][0] + 100
    assert all(not left <= x <= right for x, _ in drawing.paths[3][1:-1])


def test_nothing_to_draw():
    assert draw([], [], []).corners == ()


def test_two_thousand_boxes_take_seconds_at_most():
    """Twice the largest model of keras.applications, with a shortcut around every block of three."""
    count = 2000
    edges = [(i, i + 1) for i in range(count - 1)] + [(i, i + 4) for i in range(0, count - 4, 3)]
    started = time.process_time()
    draw([150] * count, edges, [100] * len(edges))
    assert time.process_time() - started < 8
