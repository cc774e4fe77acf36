"""Settlements of a made-up place and the streets that join them: lanes with houses in each piece of land, roads between them.

Streets meet in shared points, and all of them hang together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial import Delaunay, KDTree

if TYPE_CHECKING:
    import numpy.typing as npt
    from _place_land import Land

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

LANE_M, HOUSE_M, BACK_M = 52.0, 15.0, 11.0
"""Between lanes, between houses along a lane, and from the lane to a house."""
CLEAR_M = 6.0
"""Left between a settlement and the border of its land."""
MORE_ROADS = 0.3
"""Share of the other roads to a neighbouring settlement that are there beside those that join all."""
NODE_M = 15.0
"""Between the points of a street from which times are told."""
METRES_A_MINUTE = 5000 / 60
ROW_M, WELL_M, DEEP_M, GAP_M = 34.0, 15.0, 11.0, 13.0
"""Of apartment buildings: from row to row, from stairwell to stairwell, depth, and gap to the next one in the row."""


@dataclass(frozen=True, eq=False)
class Streets:
    """Streets: ``lines``, their class, the leaf of a lane (-1 for a road), and whether it is the main lane of its settlement."""

    lines: npt.NDArray[np.object_]
    highway: npt.NDArray[np.object_]
    leaf: Ints
    is_main: npt.NDArray[np.bool_]

    @cached_property
    def _graph(self) -> tuple[KDTree, csr_array]:
        points, line = shapely.get_coordinates(shapely.segmentize(self.lines, NODE_M), return_index=True)
        _, first, node = np.unique(np.rint(points * 1000).astype(np.int64), axis=0, return_index=True, return_inverse=True)
        step = line[1:] == line[:-1]
        a, b = node.ravel()[:-1][step], node.ravel()[1:][step]
        metres = np.linalg.norm(points[1:] - points[:-1], axis=1)[step] + 1e-6
        return KDTree(points[first]), coo_array((metres, (a, b)), shape=(len(first), len(first))).tocsr()

    def near(self, points: Floats) -> tuple[Floats, Ints]:
        """Return how far each point (n, 2) is from the street, and the node there."""
        metres, node = self._graph[0].query(points)
        return metres, node

    def minutes(self, near: tuple[Floats, Ints], places: Floats) -> Floats:
        """Return about how long each home, given by what is near it, walks to the nearest of the places (k, 2)."""
        (from_home, end), graph = near, self._graph[1]
        if not len(places):
            return np.full(len(end), np.inf)
        from_place, start = self.near(places)
        metres = dijkstra(graph, directed=False, indices=np.unique(start), min_only=True)
        return np.asarray((metres[end] + from_home + from_place.min()) / METRES_A_MINUTE)


@dataclass(frozen=True, eq=False)
class Settled:
    """Streets, and where households and buildings stand.

    ``homes`` (n, 2) with their leaf and stairwell (-1 where there are none); ``wells`` rectangles (m, 4, 2) with their building;
    ``buildings`` rectangles (k, 4, 2) with their leaf.
    """

    streets: Streets
    homes: Floats
    leaf: Ints
    well: Ints
    wells: Floats
    well_building: Ints
    buildings: Floats
    building_leaf: Ints

    @cached_property
    def near(self) -> tuple[Floats, Ints]:
        """Return how far each household is from its street, and the node there."""
        return self.streets.near(self.homes)


@lru_cache(maxsize=4000)
def _hamlet(houses: int) -> tuple[Floats, Floats]:
    """Return lanes (k, 2, 2), the main one first, and places of houses (n, 2), of a hamlet around the origin."""
    reach = int(np.sqrt(houses)) + 2
    lane, side, step, up = np.meshgrid(np.arange(-reach, reach + 1), (-1, 1), np.arange(reach + 3), (-1, 1), indexing="ij")
    x, y = lane * LANE_M + side * BACK_M, up * (14 + HOUSE_M * step)
    order = np.argsort((np.hypot(x, y) + 0.01 * x).ravel(), kind="stable")[:houses]
    x, y, lane = x.ravel()[order], y.ravel()[order], lane.ravel()[order]
    used = np.unique(lane)
    main = [[min(used[0], -1) * LANE_M - 3, 0.0], [max(used[-1], 1) * LANE_M + 3, 0.0]]
    ends = [[[k * LANE_M, min(y[lane == k].min(), 0.0) - 4], [k * LANE_M, max(y[lane == k].max(), 0.0) + 4]] for k in used]
    return np.array([main, *ends]), np.column_stack([x, y])


@lru_cache(maxsize=4000)
def _estate(wells: tuple[int, ...]) -> tuple[Floats, Floats, Floats]:
    """Return lanes (k, 2, 2), stairwells (n, 4, 2) and buildings (m, 4, 2) of an estate, by how many stairwells each has."""
    columns = max(1, round(np.sqrt(len(wells) / 2)))
    rows = -(-len(wells) // columns)
    long = max(wells) * WELL_M + GAP_M
    corner = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2
    spots = [((i % columns + 0.5 - columns / 2) * long, (i // columns + 0.5 - rows / 2) * ROW_M) for i in range(len(wells))]
    at, houses = [], []
    for (x, y), number in zip(spots, wells, strict=True):
        own = [(x + WELL_M * (k + 0.5 - number / 2), y) for k in range(number)]
        at += [each + corner * (WELL_M, DEEP_M) for each in own]
        houses.append((x, y) + corner * (number * WELL_M, DEEP_M))
    width = columns * long / 2
    low, high = (-rows / 2 + 0.2) * ROW_M - 3, (rows / 2) * ROW_M
    spine = width - 3 if columns % 2 else 0.0
    lanes = [[(spine, low - 6), (spine, high)]]
    lanes += [[(-width, y), (width, y)] for y in ((k + 0.5 - rows / 2) * ROW_M - DEEP_M / 2 - 8 for k in range(rows))]
    return np.array(lanes), np.array(at), np.array(houses)


def _placed(points: Floats, centre: Floats, turn: float, scale: float) -> Floats:
    cos, sin = np.cos(turn), np.sin(turn)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]) * scale + centre)


def settle(land: Land, homes: Ints, wells: list[tuple[int, ...]] | None, *, seed: int) -> Settled:
    """Return the settlements of a place: a hamlet in every leaf or, with the stairwells of its buildings, an estate."""
    rng = np.random.default_rng([seed, 2])
    centre, room = land.heart
    turn = rng.uniform(0, np.pi, len(homes))
    made = [
        _hamlet_at(centre[i], room[i], turn[i], int(n)) if wells is None else _estate_at(centre[i], room[i], turn[i], wells[i])
        for i, n in enumerate(homes)
    ]
    lanes = [each[0] for each in made]
    leaf = np.repeat(np.arange(len(homes)), [len(each) for each in lanes])
    is_main = np.concatenate([np.arange(len(each)) == 0 for each in lanes])
    ends = np.array([main[0].mean(axis=0) for main in lanes])
    roads, highway = _roads(ends, rng)
    # The middle of a main lane, where roads begin, is a point of it: else rounding may keep them apart.
    drawn = [*(np.insert(lane, 1, lane.mean(axis=0), axis=0) for lane in np.concatenate(lanes)), *roads]
    lines = _met(np.array([shapely.LineString(each) for each in drawn], dtype=object))
    kinds = np.concatenate([np.full(len(leaf), "residential", dtype=object), highway])
    streets = Streets(
        lines, kinds, np.concatenate([leaf, np.full(len(roads), -1)]), np.concatenate([is_main, np.zeros(len(roads), bool)])
    )
    return _with_homes(streets, made, homes, is_estate=wells is not None, rng=rng)


def _hamlet_at(centre: Floats, room: float, turn: float, houses: int) -> tuple[Floats, Floats, Floats]:
    lanes, spots = _hamlet(houses)
    scale = min(1.0, (room - CLEAR_M) / max(np.hypot(*spots.T).max() + 6, np.hypot(*lanes.reshape(-1, 2).T).max()))
    return _placed(lanes, centre, turn, scale), _placed(spots, centre, turn, scale), np.empty((0, 4, 2))


def _estate_at(centre: Floats, room: float, turn: float, wells: tuple[int, ...]) -> tuple[Floats, Floats, Floats]:
    lanes, at, houses = _estate(wells)
    scale = min(1.0, (room - CLEAR_M) / max(np.hypot(*lanes.reshape(-1, 2).T).max(), np.hypot(*houses.reshape(-1, 2).T).max()))
    return tuple(_placed(each, centre, turn, scale) for each in (lanes, at, houses))  # type: ignore[return-value]


def _with_homes(
    streets: Streets, made: list[tuple[Floats, Floats, Floats]], homes: Ints, *, is_estate: bool, rng: np.random.Generator
) -> Settled:
    """Set the households: each in a house of its own, or at the stairwells of its estate in turn."""
    leaf = np.repeat(np.arange(len(homes)), homes)
    spots = np.concatenate([each[1] for each in made])
    buildings = np.concatenate([each[2] for each in made])
    building_leaf = np.repeat(np.arange(len(made)), [len(each[2]) for each in made])
    if not is_estate:
        at = np.round(spots + rng.uniform(-2, 2, spots.shape), 3)
        nothing = np.full(len(leaf), -1)
        return Settled(streets, at, leaf, nothing, np.empty((0, 4, 2)), np.empty(0, np.int64), buildings, building_leaf)
    many = np.array([len(each[1]) for each in made])
    number = np.arange(len(leaf)) - np.repeat(np.cumsum(homes) - homes, homes)
    well = (np.cumsum(many) - many)[leaf] + number % many[leaf]
    middle, beside = spots.mean(axis=1), _candidates(building_leaf, many)
    near = np.argmin(np.linalg.norm(middle[:, None] - buildings.mean(axis=1)[beside], axis=2), axis=1)
    off = rng.uniform(-0.12, 0.12, (len(well), 2, 1))
    sides = spots[well][:, [1, 3]] - spots[well][:, [0]]
    at = np.round(middle[well] + (off * sides).sum(axis=1), 3)
    of = beside[np.arange(len(spots)), near]
    return Settled(streets, at, leaf, well, np.round(spots, 3), of, np.round(buildings, 3), building_leaf)


def _candidates(building_leaf: Ints, wells: Ints) -> Ints:
    """Return for each stairwell the buildings of its leaf, the last one repeated."""
    many = np.bincount(building_leaf, minlength=len(wells))
    leaf = np.repeat(np.arange(len(wells)), wells)
    return np.asarray((np.cumsum(many) - many)[leaf][:, None] + np.minimum(np.arange(many.max()), (many - 1)[leaf][:, None]))


def _roads(centres: Floats, rng: np.random.Generator) -> tuple[list[Floats], npt.NDArray[np.object_]]:
    """Return roads between neighbouring settlements, bent a little, and their classes."""
    if len(centres) < 4:
        raise ValueError("a place has four settlements or more")
    faces = Delaunay(centres).simplices
    pairs = np.unique(np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1), axis=0)
    length = np.linalg.norm(centres[pairs[:, 0]] - centres[pairs[:, 1]], axis=1)
    tree = minimum_spanning_tree(
        coo_array((length * rng.uniform(0.8, 1.2, len(length)), pairs.T), shape=(len(centres),) * 2)
    ).tocoo()
    needed = set(zip(np.minimum(*tree.coords).tolist(), np.maximum(*tree.coords).tolist(), strict=True))
    is_needed = np.array([(a, b) in needed for a, b in pairs.tolist()])
    taken = is_needed | ((rng.random(len(pairs)) < MORE_ROADS) & (length < 1.8 * np.median(length)))
    a, b = centres[pairs[taken, 0]], centres[pairs[taken, 1]]
    across = (b - a) @ np.array([[0, 1], [-1, 0]])
    bends = [a + (b - a) * share + across * rng.uniform(-0.05, 0.05, (len(a), 1)) for share in (1 / 3, 2 / 3)]
    kinds = np.where(is_needed[taken], "tertiary", "unclassified").astype(object)
    return list(np.stack([a, *bends, b], axis=1)), kinds


def _met(lines: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return the lines with a shared point wherever two of them meet."""
    lines = shapely.transform(lines, lambda xy: np.round(xy, 3))
    first, second = shapely.STRtree(lines).query(lines, predicate="intersects")
    first, second = first[first < second], second[first < second]
    met = shapely.intersection(lines[first], lines[second])
    points, which = shapely.get_coordinates(met, return_index=True)
    points = np.round(points, 3)
    line = np.concatenate([first[which], second[which]])
    both = np.concatenate([points, points])
    own, of = shapely.get_coordinates(lines, return_index=True)
    line, both = np.concatenate([of, line]), np.concatenate([own, both])
    along = shapely.line_locate_point(lines[line], shapely.points(both))
    order = np.lexsort((along, line))
    line, both = line[order], both[order]
    fresh = np.r_[True, (line[1:] != line[:-1]) | (both[1:] != both[:-1]).any(axis=1)]
    return np.asarray(shapely.linestrings(both[fresh], indices=line[fresh]), dtype=object)
