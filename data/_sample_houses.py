"""Houses and facilities of the sample town, set beside its streets."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import _sample_plan as plan
import shapely
from _sample_streets import (
    RIVER,
    Point,
    Street,
    Streets,
    build_hamlet,
    build_roads,
    build_town,
    distance,
    left,
    node,
    shift,
    town_node,
    unit,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

TOWN_HOUSES = 1990
ROADSIDE_HOUSES = 40


def build() -> tuple[list[Street], list[Point], list[list[Point]]]:
    """Return the streets, the houses (one point per household), and the places that each villager group grows from."""
    streets = Streets()
    build_town(streets)
    in_town = len(streets.all)
    build_roads(streets)
    through = range(in_town, len(streets.all))
    hamlets = [hamlet for village in plan.VILLAGES.values() for grid in village for hamlet in grid]
    lanes = [build_hamlet(streets, hamlet) for hamlet in (*hamlets, *plan.FRINGE)]
    noded = node(streets)
    ground = Ground(noded)
    seeds = [ground.hamlet(place, [noded[k] for k in used]) for place, used in zip((*hamlets, *plan.FRINGE), lanes, strict=True)]
    ground.town(noded[:in_town])
    ground.roadside([noded[k] for k in through if noded[k].highway in ("secondary", "tertiary", "unclassified")])
    return noded, [*ground.houses, *plan.FOREST_FARM, *_estates()], seeds[: len(hamlets)] + town_seeds()


def town_seeds() -> list[list[Point]]:
    """Return the middles of the blocks of every residents' group."""
    groups = [group for community in plan.COMMUNITIES.values() for grid in community for group in grid]
    return [[_block(column, row, 0.5, 0.5) for column, row in group] for group in groups]


def _block(column: int, row: int, across: float, up: float) -> Point:
    """Return the point of a block at shares of its width and height."""
    (ax, ay), (bx, by) = town_node(column, row), town_node(column + 1, row)
    (cx, cy), (dx, dy) = town_node(column, row + 1), town_node(column + 1, row + 1)
    w, e, n = 1 - across, across, up
    return (
        (ax * w + bx * e) * (1 - n) + (cx * w + dx * e) * n,
        (ay * w + by * e) * (1 - n) + (cy * w + dy * e) * n,
    )


def _estates() -> list[Point]:
    """Return the households of apartment buildings: twelve to a building, at its stairwells."""
    homes: list[Point] = []
    for column, row, households in plan.ESTATES:
        rng = Random(f"{plan.SEED}/estate/{column}/{row}")
        buildings = households // 12
        for k in range(households):
            building = k % buildings
            across, up = 0.28 + 0.22 * (building % 3), 0.3 + 0.4 * (building // 3) / max(1, (buildings - 1) // 3)
            x, y = _block(column, row, across, up)
            homes.append((x + 22 * (rng.random() - 0.5), y + 7 * (rng.random() - 0.5)))
    return homes


class Ground:
    """Where houses already stand, and where streets and the river leave no room."""

    def __init__(self, streets: Sequence[Street]) -> None:
        lines = [shapely.linestrings(street.points) for street in streets if street.highway != "path"]
        self._streets = shapely.STRtree(lines)
        self._river = shapely.linestrings(RIVER)
        shapely.prepare(self._river)
        self._cells: dict[tuple[int, int], list[Point]] = defaultdict(list)
        self.houses: list[Point] = []

    def hamlet(self, hamlet: plan.Hamlet, lanes: Sequence[Street]) -> list[Point]:
        """Set the houses of a hamlet as near to its middle as there is room, and return them."""
        x, y, households = hamlet
        rng = Random(f"{plan.SEED}/houses/{x}/{y}")
        fronts = [front for lane in lanes for front in _fronts(lane.points, 15.0, rng) if distance(front, (x, y)) < 420]
        ranked = sorted((distance(front, (x, y)) * (0.4 + 1.2 * rng.random()), front) for front in fronts)
        before = len(self.houses)
        self._fill([front for _, front in ranked], households)
        return self.houses[before:]

    def town(self, streets: Sequence[Street]) -> None:
        """Set the houses of the town centre, dense in the middle."""
        rng = Random(f"{plan.SEED}/town")
        middle = town_node(plan.MAIN_COLUMN, plan.MAIN_ROW)
        fronts = [front for street in streets for front in _fronts(street.points, 10.0, rng)]
        ranked = sorted((distance(front, middle) * (0.3 + 0.9 * rng.random()), front) for front in fronts)
        self._fill([front for _, front in ranked], TOWN_HOUSES)

    def roadside(self, roads: Sequence[Street]) -> None:
        """Set single houses along the through roads."""
        rng = Random(f"{plan.SEED}/roadside")
        fronts = [front for road in roads for front in _fronts(road.points, 60.0, rng)]
        self._fill([front for _, front in sorted((rng.random(), front) for front in fronts)], ROADSIDE_HOUSES)

    def _fill(self, ranked: Sequence[Point], households: int) -> None:
        free = self._clear_of_streets(ranked)
        wanted = len(self.houses) + households
        for p in (p for p, ok in zip(ranked, free, strict=True) if ok):
            if len(self.houses) < wanted and self._room(p):
                self._cells[int(p[0] // 16), int(p[1] // 16)].append(p)
                self.houses.append(p)
        if len(self.houses) < wanted:
            raise ValueError(f"no room for {wanted - len(self.houses)} of {households} houses")

    def _clear_of_streets(self, places: Sequence[Point]) -> list[bool]:
        """Return True for places at least 8 m from every street and 40 m from the river's bank."""
        points = shapely.points(places)
        (asked, _), metres = self._streets.query_nearest(points, return_distance=True, all_matches=False)
        near = dict(zip(asked.tolist(), metres.tolist(), strict=True))
        wet = (shapely.distance(points, self._river) < plan.RIVER_HALF_WIDTH_M + 40).tolist()
        return [near[i] >= 8 and not wet[i] for i in range(len(places))]

    def _room(self, p: Point) -> bool:
        column, row = int(p[0] // 16), int(p[1] // 16)
        around = (q for i in (-1, 0, 1) for j in (-1, 0, 1) for q in self._cells[column + i, row + j])
        return all(distance(p, q) >= 8.5 for q in around)


def _fronts(line: Sequence[Point], spacing: float, rng: Random) -> list[Point]:
    """Return places for houses on both sides of a line, back a little from the street."""
    found: list[Point] = []
    rest = spacing * rng.random()
    for a, b in pairwise(line):
        length, ahead = distance(a, b), unit(a, b)
        while rest < length:
            for side in (1, -1):
                along = rest + 4 * (rng.random() - 0.5)
                found.append(shift(shift(a, ahead, along), left(ahead), side * (9 + 9 * rng.random() + 8 * rng.random())))
            rest += spacing * (0.8 + 0.4 * rng.random())
        rest -= length
    return found


def front(streets: Sequence[Street], place: Point) -> Point:
    """Return the place moved to 16 m from the nearest street, on its own side of it."""
    lines = [street.points for street in streets if street.highway != "path" and street.ground]
    pieces = [(a, b) for line in lines for a, b in pairwise(line)]
    segments = shapely.linestrings(pieces)
    at = shapely.points(place)
    a, b = pieces[int(shapely.distance(segments, at).argmin())]
    ahead = unit(a, b)
    along = (place[0] - a[0]) * ahead[0] + (place[1] - a[1]) * ahead[1]
    foot = shift(a, ahead, min(max(along, 0.0), distance(a, b)))
    side = 1 if (place[0] - foot[0]) * -ahead[1] + (place[1] - foot[1]) * ahead[0] >= 0 else -1
    return shift(foot, left(ahead), 16.0 * side)
