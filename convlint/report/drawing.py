"""Places for the boxes and edges of a graph: in layers from top to bottom, with few crossings and straight lines.

The way of Sugiyama, Tagawa and Toda (1981): ranks, an order within each rank, coordinates. Models are
long and narrow, so a plain version of each step does; a thousand boxes take a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from itertools import pairwise

from convlint.lazy import dataclass

SWEEPS = 8
MAX_BENDS = 50_000
"""Points in between at which edges may bend; past them they go straight to their end."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Drawing:
    """A finished drawing, in pixels.

    Attributes:
        corners: upper left corner of each box.
        paths: of each edge the points where it leaves one rank and enters the next, two by two.
        labels: of each edge the centre of its text.
    """

    width: float
    height: float
    corners: tuple[Point, ...]
    paths: tuple[tuple[Point, ...], ...]
    labels: tuple[Point, ...]


@dataclass
class _Spot:
    """A box, or the place at which a long edge crosses a rank."""

    rank: int
    width: float
    box: bool
    above: list[int] = field(default_factory=list)
    below: list[int] = field(default_factory=list)
    x: float = 0.0
    place: int = 0


def draw(
    widths: Sequence[float],
    edges: Sequence[tuple[int, int]],
    label_widths: Sequence[float],
    *,
    height: float = 44,
    gap: float = 46,
    space: float = 28,
) -> Drawing:
    """Place boxes and edges.

    Args:
        widths: of each box.
        edges: from box to box, by index; an edge that closes a circle is drawn and moves nothing.
        label_widths: of each edge.
        height: of every box.
        gap: between two ranks.
        space: between two boxes of a rank.
    """
    if not widths:
        return Drawing(0, 0, (), (), ())
    forward = _without_circles(len(widths), edges)
    ranks = _ranks(len(widths), [edge for edge, keeps in zip(edges, forward) if keeps])
    spots = [_Spot(rank, width, True) for rank, width in zip(ranks, widths)]
    chains = _chains(spots, edges, forward, label_widths)
    rows: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for index, spot in enumerate(spots):
        rows[spot.rank].append(index)
    _order(rows, spots)
    _place(rows, spots, space)
    left = min(spot.x - spot.width / 2 for spot in spots)
    for spot in spots:
        spot.x -= left
    step = height + gap
    corners = tuple((spot.x - spot.width / 2, spot.rank * step) for spot in spots[: len(widths)])
    ports = _ports(spots, chains)
    paths, labels = [], []
    for number, (start, bends, end) in enumerate(chains):
        leave, arrive = ports[number]
        points: list[Point] = [(leave, spots[start].rank * step + height)]
        for bend in bends:
            top = spots[bend].rank * step
            points += [(spots[bend].x, top), (spots[bend].x, top + height)]
        points.append((arrive, spots[end].rank * step))
        paths.append(tuple(points))
        if bends:
            labels.append((spots[bends[0]].x, spots[bends[0]].rank * step + height / 2))
        else:
            many = len(spots[end].above) > 1
            weight = 0.3 if many else 0.55
            (x0, y0), (x1, y1) = points[0], points[-1]
            labels.append((x0 + _eased(weight) * (x1 - x0), y0 + weight * (y1 - y0)))
    width = max(spot.x + spot.width / 2 for spot in spots)
    return Drawing(width, max(ranks) * step + height, corners, tuple(paths), tuple(labels))


def _eased(t: float) -> float:
    """How far to the side an edge is when it is ``t`` of its way down: both ends are upright."""
    return t * t * (3 - 2 * t)


def _without_circles(count: int, edges: Sequence[tuple[int, int]]) -> list[bool]:
    """For each edge whether it is kept when those that close a circle are left out."""
    following: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for number, (source, target) in enumerate(edges):
        following[source].append((number, target))
    kept = [True] * len(edges)
    state = [0] * count  # 0 not met, 1 on the way, 2 done
    for root in range(count):
        if state[root]:
            continue
        state[root] = 1
        stack = [(root, iter(following[root]))]
        while stack:
            box, rest = stack[-1]
            number, target = next(rest, (-1, -1))
            if number < 0:
                state[box] = 2
                stack.pop()
            elif state[target] == 1:
                kept[number] = False
            elif not state[target]:
                state[target] = 1
                stack.append((target, iter(following[target])))
    return kept


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Each box one below the lowest of those that it needs; a box that needs none right above its first use."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        above[target].append(source)
        below[source].append(target)
    waiting = [len(sources) for sources in above]
    ready = [box for box in range(count) if not waiting[box]]
    ranks = [0] * count
    for box in ready:
        for target in below[box]:
            ranks[target] = max(ranks[target], ranks[box] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for box in range(count):
        if not above[box] and below[box]:
            ranks[box] = min(ranks[target] for target in below[box]) - 1
    return ranks


def _chains(
    spots: list[_Spot], edges: Sequence[tuple[int, int]], forward: Sequence[bool], label_widths: Sequence[float]
) -> list[tuple[int, list[int], int]]:
    """Of each edge its start, its bends and its end; adds the bends to the spots."""
    chains = []
    bends_left = MAX_BENDS
    for (source, target), keeps, label in zip(edges, forward, label_widths):
        bends: list[int] = []
        between = range(spots[source].rank + 1, spots[target].rank)
        if keeps and len(between) <= bends_left:
            bends_left -= len(between)
            for rank in between:
                # The first one carries the text.
                bends.append(len(spots))
                spots.append(_Spot(rank, 12 if len(bends) > 1 else max(label, 12), False))
        if keeps:
            steps = [source, *bends, target]
            for upper, lower in pairwise(steps):
                if spots[upper].rank + 1 == spots[lower].rank:
                    spots[upper].below.append(lower)
                    spots[lower].above.append(upper)
        chains.append((source, bends, target))
    return chains


def _order(rows: list[list[int]], spots: list[_Spot]) -> None:
    """Sort each row by the places of its neighbours, down and up; the order with the fewest crossings stays."""
    _number(rows, spots)
    best, fewest = [list(row) for row in rows], _crossings(rows, spots)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            keys = {index: _middle(spots[index], spots, down=down) for index in row}
            row.sort(key=keys.__getitem__)
            for place, index in enumerate(row):
                spots[index].place = place
        crossings = _crossings(rows, spots)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best
    _number(rows, spots)


def _number(rows: Sequence[Sequence[int]], spots: Sequence[_Spot]) -> None:
    for row in rows:
        for place, index in enumerate(row):
            spots[index].place = place


def _middle(spot: _Spot, spots: Sequence[_Spot], *, down: bool) -> float:
    near = spot.above if down else spot.below
    return sum(spots[index].place for index in near) / len(near) if near else float(spot.place)


def _crossings(rows: Sequence[Sequence[int]], spots: Sequence[_Spot]) -> int:
    """How often edges cross between neighbouring rows."""
    total = 0
    for row in rows:
        ends: list[int] = []
        for index in row:
            for end in sorted(spots[below].place for below in spots[index].below):
                total += sum(1 for other in ends if other > end) if len(ends) < 200 else 0
                ends.append(end)
    return total


def _place(rows: Sequence[Sequence[int]], spots: Sequence[_Spot], space: float) -> None:
    """Give each spot its x: close to its neighbours, in order, without overlaps."""
    for row in rows:
        x = 0.0
        for index in row:
            spots[index].x = x + spots[index].width / 2
            x += spots[index].width + space
    for sweep in range(2 * SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            wishes = [_wish(spots[index], spots, down=down, both=sweep >= SWEEPS) for index in row]
            _settle([spots[index] for index in row], wishes, space)


def _wish(spot: _Spot, spots: Sequence[_Spot], *, down: bool, both: bool) -> tuple[float, float]:
    """Where a spot wants to be, and how strongly: long edges are to be straight first of all."""
    near = [*spot.above, *spot.below] if both else spot.above if down else spot.below
    total = weights = 0.0
    for index in near:
        weight = (1.0 if spot.box else 4.0) * (1.0 if spots[index].box else 8.0 if not spot.box else 0.5)
        total += weight * spots[index].x
        weights += weight
    return (total / weights, weights) if weights else (spot.x, 0.05)


def _settle(row: Sequence[_Spot], wishes: Sequence[tuple[float, float]], space: float) -> None:
    """The nearest places to the wishes, in the least squares, that keep order and space.

    Pools neighbours that want to overlap (the algorithm for isotonic regression).
    """
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + left.width / 2 + space + right.width / 2)
    pools: list[tuple[float, float, int]] = []  # sum of weight * wish, weight, members
    for (wish, weight), offset in zip(wishes, offsets):
        pool = (weight * (wish - offset), weight, 1)
        while pools and pools[-1][0] / pools[-1][1] >= pool[0] / pool[1]:
            last = pools.pop()
            pool = (last[0] + pool[0], last[1] + pool[1], last[2] + pool[2])
        pools.append(pool)
    index = 0
    for total, weight, members in pools:
        for spot, offset in zip(row[index : index + members], offsets[index : index + members]):
            spot.x = total / weight + offset
        index += members


def _ports(spots: Sequence[_Spot], chains: Sequence[tuple[int, list[int], int]]) -> list[tuple[float, float]]:
    """Where each edge leaves its first box and enters its last one: side by side, in the order of where they go."""
    leaving: dict[int, list[tuple[float, int]]] = {}
    arriving: dict[int, list[tuple[float, int]]] = {}
    for number, (start, bends, end) in enumerate(chains):
        steps = [start, *bends, end]
        leaving.setdefault(start, []).append((spots[steps[1]].x, number))
        arriving.setdefault(end, []).append((spots[steps[-2]].x, number))
    ports = [[spots[start].x, spots[end].x] for start, _, end in chains]
    for side, ends in enumerate((leaving, arriving)):
        for box, found in ends.items():
            apart = min(18.0, spots[box].width * 0.6 / len(found))
            for place, (_, number) in enumerate(sorted(found)):
                ports[number][side] += (place - (len(found) - 1) / 2) * apart
    return [(leave, arrive) for leave, arrive in ports]
