"""Borders of the sample town: every point of a fine mesh goes to a villager group, and borders run where neighbours differ.

All levels are made of the same pieces of border, so they share their vertices: groups nest in grids, grids in villages.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import _sample_plan as plan
import shapely
from _sample_streets import RIVER, Point, distance, left, shift, spline, town_node, unit, wander

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

OUTSIDE = -1
Ring = list[Point]


def outline() -> Ring:
    """Return the township's border before it is fitted to the mesh."""
    rng = Random(f"{plan.SEED}/outline")
    closed = [*plan.OUTLINE, plan.OUTLINE[0]]
    return spline(wander(wander(closed, 0.10, rng), 0.12, rng), 70.0)


def _beside(line: Sequence[Point], step: float, width: float, rng: Random) -> list[Point]:
    """Return points in pairs on both sides of a line, so that a border can run along it."""
    points: list[Point] = []
    rest = step / 2
    for a, b in pairwise(line):
        length, ahead = distance(a, b), unit(a, b)
        while rest < length:
            at = shift(a, ahead, rest)
            points += [shift(shift(at, left(ahead), side * width), ahead, 2 * rng.random()) for side in (1, -1)]
            rest += step
        rest -= length
    return points


def _lattice(spacing: float, box: tuple[float, float, float, float], rng: Random) -> list[Point]:
    """Return the points of a square lattice, each moved a little."""
    columns, rows = int((box[2] - box[0]) / spacing), int((box[3] - box[1]) / spacing)
    return [
        (box[0] + spacing * (i + 0.7 * rng.random()), box[1] + spacing * (j + 0.7 * rng.random()))
        for i in range(columns)
        for j in range(rows)
    ]


def mesh() -> list[Point]:
    """Return the points that groups are made of: finer in town, in pairs along river, ridge and town streets."""
    rng = Random(f"{plan.SEED}/mesh")
    town = [[town_node(i, j) for j in range(plan.ROWS)] for i in range(plan.COLUMNS)]
    town += [[town_node(i, j) for i in range(plan.COLUMNS)] for j in range(plan.ROWS)]
    firm = _beside(RIVER, 70.0, 32.0, rng) + _beside(spline(list(plan.RIDGE)), 80.0, 35.0, rng)
    for street in town:
        firm += _beside(street, 34.0, 13.0, rng)
    fine = _lattice(50.0, (4900, 3700, 6900, 5350), rng)
    coarse = [p for p in _lattice(115.0, (-500, -400, 12600, 9500), rng) if not (4900 < p[0] < 6900 and 3700 < p[1] < 5350)]
    kept = _clear(_clear([], firm, 17.0), fine, 30.0)
    return [(round(x, 3), round(y, 3)) for x, y in _clear(kept, coarse, 60.0)]


def _clear(kept: list[Point], more: Iterable[Point], apart: float) -> list[Point]:
    """Return kept plus those of more that are not within some distance of one already there."""
    cells: dict[tuple[int, int], list[Point]] = defaultdict(list)
    result: list[Point] = []

    def put(p: Point) -> None:
        cells[int(p[0] // 64), int(p[1] // 64)].append(p)
        result.append(p)

    for p in kept:
        put(p)
    for p in more:
        column, row = int(p[0] // 64), int(p[1] // 64)
        around = (q for i in (-1, 0, 1) for j in (-1, 0, 1) for q in cells[column + i, row + j])
        if all(distance(p, q) >= apart for q in around):
            put(p)
    return result


def triangles(points: Sequence[Point]) -> list[tuple[int, int, int]]:
    """Return the Delaunay triangles of the mesh, anticlockwise, as positions of their corners, in an order of their own."""
    number = {p: i for i, p in enumerate(points)}
    found: list[tuple[int, int, int]] = []
    for part in shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(points))):
        ring = [(float(x), float(y)) for x, y in shapely.get_coordinates(part)[:3]]
        (ax, ay), (bx, by), (cx, cy) = ring
        turn = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        a, b, c = (number[p] for p in (ring if turn > 0 else ring[::-1]))
        found.append(min((a, b, c), (b, c, a), (c, a, b)))
    return sorted(found)


def grow(points: Sequence[Point], faces: Sequence[tuple[int, int, int]], seeds: Sequence[Sequence[Point]]) -> list[int]:
    """Return the group of every mesh point: the one whose seeds are nearest, streets and ridge being costly to cross.

    The river is never crossed; points outside the township are OUTSIDE.
    """
    inside = shapely.contains_xy(shapely.polygons(outline()), [p[0] for p in points], [p[1] for p in points])
    neighbours = _costs(points, faces)
    label = [OUTSIDE] * len(points)
    tree = shapely.STRtree(shapely.points(points))
    queue: list[tuple[float, int, int]] = []
    for group, places in enumerate(seeds):
        queue += [(0.0, int(nearest), group) for nearest in tree.nearest(shapely.points(places))]
    heapq.heapify(queue)
    while queue:
        cost, i, group = heapq.heappop(queue)
        if label[i] != OUTSIDE or not inside[i]:
            continue
        label[i] = group
        for j, step in neighbours[i]:
            if label[j] == OUTSIDE and inside[j]:
                heapq.heappush(queue, (cost + step, j, group))
    return label


def _costs(points: Sequence[Point], faces: Sequence[tuple[int, int, int]]) -> dict[int, list[tuple[int, float]]]:
    """Return each mesh point's neighbours and what it costs to grow to them."""
    rng = Random(f"{plan.SEED}/growth")
    edges = sorted({(min(a, b), max(a, b)) for f in faces for a, b in zip(f, (*f[1:], f[0]), strict=True)})
    lines = shapely.linestrings([(points[a], points[b]) for a, b in edges])
    town = [shapely.linestrings([town_node(i, j) for j in range(plan.ROWS)]) for i in range(plan.COLUMNS)]
    town += [shapely.linestrings([town_node(i, j) for i in range(plan.COLUMNS)]) for j in range(plan.ROWS)]
    river, ridge = shapely.linestrings(RIVER), shapely.linestrings(spline(list(plan.RIDGE)))
    barred, steep = shapely.intersects(lines, river), shapely.intersects(lines, ridge)
    street = shapely.intersects(lines, shapely.union_all(town))
    neighbours: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for k, (a, b) in enumerate(edges):
        rough = 0.6 + 0.8 * rng.random()
        if not barred[k]:
            cost = distance(points[a], points[b]) * rough * (25.0 if steep[k] else 1.0) * (12.0 if street[k] else 1.0)
            neighbours[a].append((b, cost))
            neighbours[b].append((a, cost))
    return neighbours


class Borders:
    """Directed pieces of border, each with the group on its left and on its right."""

    def __init__(self, points: Sequence[Point], faces: Sequence[tuple[int, int, int]], label: Sequence[int]) -> None:
        pieces: list[tuple[Point, Point, int, int]] = []
        for face in faces:
            pieces += _pieces([points[i] for i in face], [label[i] for i in face])
        self._pieces = _smooth(pieces)

    def rings(self, level: Callable[[int], str]) -> dict[str, list[Ring]]:
        """Return the rings of every area of a level; ``level`` names the area of a group ("" for outside)."""
        following: dict[str, dict[Point, Point]] = defaultdict(dict)
        for start, end, on_left, on_right in self._pieces:
            mine, other = level(on_left), level(on_right)
            if mine != other:
                following[mine][start] = end
                following[other][end] = start
        following.pop("", None)
        return {name: _close(ends) for name, ends in following.items()}


def _pieces(corners: list[Point], groups: list[int]) -> list[tuple[Point, Point, int, int]]:
    """Return the border through one triangle: between two groups midpoint to midpoint, between three by the middle."""
    middles = [_middle(corners[k], corners[(k + 1) % 3]) for k in range(3)]
    if len(set(groups)) == 3:
        heart = (
            round((corners[0][0] + corners[1][0] + corners[2][0]) / 3, 4),
            round((corners[0][1] + corners[1][1] + corners[2][1]) / 3, 4),
        )
        return [(middles[k], heart, groups[k], groups[(k + 1) % 3]) for k in range(3)]
    for k in range(3):
        alone, after, before = groups[k], groups[(k + 1) % 3], groups[k - 1]
        if alone != after and after == before:
            return [(middles[k], middles[k - 1], alone, after)]
    return []


def _middle(a: Point, b: Point) -> Point:
    return (round((a[0] + b[0]) / 2, 4), round((a[1] + b[1]) / 2, 4))


def _smooth(pieces: list[tuple[Point, Point, int, int]]) -> list[tuple[Point, Point, int, int]]:
    """Return the pieces joined into lines from junction to junction, rounded off, and straightened where nearly straight."""
    ends: dict[Point, list[int]] = defaultdict(list)
    for k, (a, b, _, _) in enumerate(pieces):
        ends[a].append(k)
        ends[b].append(k)
    done: set[int] = set()
    result: list[tuple[Point, Point, int, int]] = []
    junctions = sorted(p for p, around in ends.items() if len(around) != 2)
    for start in junctions:
        for first in ends[start]:
            if first not in done:
                line = _walk(pieces, ends, start, first, done)
                on_left, on_right = pieces[first][2:] if pieces[first][0] == start else pieces[first][3:1:-1]
                line = straighten(_rounded(_rounded(line)), 5.0)
                result += [(a, b, on_left, on_right) for a, b in pairwise(line)]
    if len(done) != len(pieces):
        raise ValueError("a group encloses another: move a hamlet")
    return result


def _walk(
    pieces: list[tuple[Point, Point, int, int]], ends: dict[Point, list[int]], start: Point, first: int, done: set[int]
) -> list[Point]:
    """Follow the border from a junction to the next one."""
    line, at = [start], first
    while True:
        done.add(at)
        a, b = pieces[at][:2]
        line.append(b if line[-1] == a else a)
        onward = [k for k in ends[line[-1]] if k not in done]
        if len(ends[line[-1]]) != 2 or not onward:
            return line
        at = onward[0]


def _rounded(line: list[Point]) -> list[Point]:
    """Return the line with every vertex drawn half-way to its neighbours' middle; the ends stay."""
    moved = [
        (round((a[0] + 2 * b[0] + c[0]) / 4, 4), round((a[1] + 2 * b[1] + c[1]) / 4, 4))
        for a, b, c in zip(line, line[1:], line[2:], strict=False)
    ]
    return [line[0], *moved, line[-1]]


def straighten(line: list[Point], tolerance: float) -> list[Point]:
    """Return the line without the vertices that are within the tolerance of the rest (Douglas and Peucker 1973)."""
    if len(line) < 3:
        return line
    a, b = line[0], line[-1]
    dx, dy, base = b[0] - a[0], b[1] - a[1], max(distance(a, b), 1e-9)
    off = [abs((p[0] - a[0]) * dy - (p[1] - a[1]) * dx) / base for p in line[1:-1]]
    worst = max(range(len(off)), key=lambda k: off[k])
    if off[worst] <= tolerance:
        return [a, b]
    return straighten(line[: worst + 2], tolerance)[:-1] + straighten(line[worst + 1 :], tolerance)


def _close(following: dict[Point, Point]) -> list[Ring]:
    """Return the closed rings of an area, each beginning at its smallest vertex."""
    left_over, rings = dict(following), []
    while left_over:
        ring = [min(left_over)]
        while ring[-1] in left_over:
            ring.append(left_over.pop(ring[-1]))
        rings.append(ring)
    return rings
