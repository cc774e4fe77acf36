"""The ways of one household: to which facilities, along which streets, and what each part of the way costs.

The same costs, counted in the same whole units, as everybody's in ``travel``: what is explained is what was computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import dijkstra

from geogrid.errors import InputError
from geogrid.graph import UNITS_PER_M, measure, to_metres
from geogrid.nearest import along_segments
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.graph import Graph, Places
    from geogrid.results import Placement

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LOOKS_M = (2_000.0, 20_000.0, np.inf)
"""How far to look for facilities, in turn: in a county of a million junctions nobody asks for all of them."""


class Part(NamedTuple):
    """A part of a way: its true length, and what it costs in metres at the mode's pace (the same, on foot)."""

    metres: float
    cost_m: float


class Stretch(NamedTuple):
    """A street along the way, and how far one stays on it."""

    road_id: str
    metres: float


@dataclass(frozen=True, eq=False)
class Route:
    """The cheapest way to one facility.

    Attributes
    ----------
    facility : int
        Position of the facility.
    cost_m : float
        What the whole way costs, in metres at the mode's pace, rounded to 1 mm: the ``metres`` of `travel.nearest_facility`.
    to_street, along, from_street : Part
        From the point straight to its street, along the streets, and straight to the facility.
    xy : array of shape (n, 2)
        The way along the streets, from the household's place on its street to the facility's on its own, in the network's CRS.
    streets : tuple of Stretch
        The streets passed, in order; a street that is left and entered again appears again.
    """

    facility: int
    cost_m: float
    to_street: Part
    along: Part
    from_street: Part
    xy: Floats
    streets: tuple[Stretch, ...]

    @property
    def metres(self) -> float:
        """Return the true length of the way."""
        return self.to_street.metres + self.along.metres + self.from_street.metres


def routes(
    graph: Graph, home: Placement, facilities: Placement, *, facility_ids: Sequence[str], count: int = 3
) -> tuple[Route, ...]:
    """Find the nearest facilities of one household, and the way to each.

    Parameters
    ----------
    graph
        From ``graph.prepare``.
    home
        The place of one household, from ``snap_to_streets`` on the graph's network.
    facilities
        The facilities' places.
    facility_ids
        One per facility; of facilities equally far the smallest id as text comes first.
    count
        How many facilities at most.

    Returns
    -------
    tuple of Route
        Nearest first; none where the household is unreached or no facility can be got to.

    Raises
    ------
    InputError
        Not exactly one household, not one id per facility, a count below 1, or a segment that is not in the network.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from geogrid.graph import prepare
    >>> from geogrid.network import build_network
    >>> from geogrid.travel import snap_to_streets
    >>> streets = gpd.GeoDataFrame(
    ...     {"road_id": ["High Street", "Lane"]},
    ...     geometry=[LineString([(0, 0), (100, 0)]), LineString([(100, 0), (100, 80)])],
    ...     crs=4548,
    ... )
    >>> graph = prepare(build_network(streets))
    >>> home, school = (
    ...     snap_to_streets(gpd.GeoDataFrame(geometry=[p], crs=4548), graph.network) for p in (Point(30, 5), Point(90, 60))
    ... )
    >>> (way,) = routes(graph, home, school, facility_ids=["S1"])
    >>> way.cost_m, way.streets
    (145.0, (Stretch(road_id='High Street', metres=70.0), Stretch(road_id='Lane', metres=60.0)))
    >>> way.xy.tolist()
    [[30.0, 0.0], [100.0, 0.0], [100.0, 60.0]]
    """
    _require_usable(home, facilities, facility_ids, count)
    if home.unreached[0] or not len(facilities.segment):
        return ()
    place, stops = measure(graph, home), measure(graph, facilities)
    search = _search(graph, place, stops, count)
    rank = np.argsort(np.argsort(np.asarray(facility_ids, dtype=str), kind="stable"))
    nearest = np.lexsort((rank, search.units))[:count]
    found = [int(facility) for facility in nearest if np.isfinite(search.units[facility])]
    return tuple(_route(graph, search, (home, place), (facilities, stops), facility) for facility in found)


@dataclass(frozen=True, eq=False)
class _Search:
    """Everything reached from the two ends of the household's segment (rows: its tail, its head), and each facility's units.

    ``by`` says how each facility is got to: along the segment without leaving it (0), from its tail (1) or from its head (2).
    """

    reached: Floats
    previous: npt.NDArray[np.int32]
    units: Floats
    by: Ints


def _search(graph: Graph, place: Places, stops: Places, count: int) -> _Search:
    """Look farther and farther, until as many facilities are found as are wanted, or there are no more.

    Whatever costs no more than the limit is known exactly, and whatever is not found costs more: so the nearest are the nearest.
    """
    for limit in LOOKS_M:
        search = _look(graph, place, stops, limit * UNITS_PER_M)
        if np.sort(search.units)[:count][-1] <= limit * UNITS_PER_M:
            break
    return search


def _look(graph: Graph, place: Places, stops: Places, limit: float) -> _Search:
    ends = np.array([place.tail[0], place.head[0]])
    reached, previous = dijkstra(graph.away, indices=ends, limit=limit, return_predecessors=True)
    reached = reached + np.array([place.to_tail, place.to_head])
    least = reached.min(axis=0)
    direct = np.full(len(stops), np.inf)
    _, stop, units = along_segments(graph, place, stops)
    direct[stop] = units
    ways = np.stack([direct, least[stops.tail] + stops.from_tail, least[stops.head] + stops.from_head])
    return _Search(reached, previous, ways.min(axis=0), ways.argmin(axis=0))


class _Step(NamedTuple):
    """A piece of a segment, between two distances from its tail."""

    segment: int
    begin_m: float
    end_m: float


def _route(
    graph: Graph, search: _Search, home: tuple[Placement, Places], facilities: tuple[Placement, Places], facility: int
) -> Route:
    placement, stops = facilities
    to_street = Part(float(home[0].leg_m[0]), float(home[1].leg[0]) / UNITS_PER_M)
    from_street = Part(float(placement.leg_m[facility]), float(stops.leg[facility]) / UNITS_PER_M)
    steps = _steps(graph, search, home[0], placement, facility)
    metres = sum(abs(step.end_m - step.begin_m) for step in steps)
    cost = float(search.units[facility]) / UNITS_PER_M - to_street.cost_m - from_street.cost_m
    total = float(to_metres(search.units[[facility]])[0])
    return Route(facility, total, to_street, Part(metres, cost), from_street, _vertices(graph, steps), _streets(graph, steps))


def _steps(graph: Graph, search: _Search, home: Placement, facilities: Placement, facility: int) -> list[_Step]:
    """Return the pieces of segments from the household's place to the facility's."""
    network = graph.network
    start, end = int(home.segment[0]), int(facilities.segment[facility])
    at_start, at_end = float(home.along_m[0]), float(facilities.along_m[facility])
    if search.by[facility] == 0:
        return [_Step(start, at_start, at_end)]
    is_head = search.by[facility] == 2  # noqa: PLR2004 -- see _Search
    last = int((network.head if is_head else network.tail)[end])
    source, nodes = _nodes(search, last)
    first = _Step(start, at_start, float(network.length_m[start]) if source else 0.0)
    final = _Step(end, float(network.length_m[end]) if is_head else 0.0, at_end)
    return [first, *(_between(graph, one, other) for one, other in pairwise(nodes)), final]


def _nodes(search: _Search, last: int) -> tuple[int, list[int]]:
    """Return by which end one leaves the household's segment (0 tail, 1 head), and the nodes from there to the last."""
    source = int(search.reached[:, last].argmin())
    nodes = [last]
    while search.previous[source, nodes[-1]] >= 0:
        nodes.append(int(search.previous[source, nodes[-1]]))
    return source, nodes[::-1]


def _between(graph: Graph, one: int, other: int) -> _Step:
    """Return the cheapest segment from a node to the next; the lowest number of those equally cheap."""
    network, (first, incident) = graph.network, graph.incident
    near = np.unique(incident[first[one] : first[one + 1]])
    ahead = (network.tail[near] == one) & (network.head[near] == other) & graph.may_ahead[near]
    back = (network.head[near] == one) & (network.tail[near] == other) & graph.may_back[near]
    cost = np.minimum(np.where(ahead, graph.ahead[near], np.inf), np.where(back, graph.back[near], np.inf))
    best = int(cost.argmin())
    segment, length = int(near[best]), float(network.length_m[near[best]])
    return _Step(segment, 0.0, length) if ahead[best] else _Step(segment, length, 0.0)


def _vertices(graph: Graph, steps: Sequence[_Step]) -> Floats:
    """Return the steps' places in order, without repeats but never fewer than two."""
    places = np.array([_at(graph, steps[0].segment, steps[0].begin_m), *(_at(graph, step.segment, step.end_m) for step in steps)])
    moves = (places[1:] != places[:-1]).any(axis=1)
    kept = places[np.append(True, moves)]
    return kept if len(kept) > 1 else places[[0, -1]]


def _at(graph: Graph, segment: int, along_m: float) -> tuple[float, float]:
    network = graph.network
    tail, head, length = network.tail[segment], network.head[segment], network.length_m[segment]
    share = min(along_m / length, 1.0) if length > 0 else 0.0
    if share in (0.0, 1.0):  # the node itself, to the last bit
        node = head if share else tail
        return float(network.x[node]), float(network.y[node])
    x = network.x[tail] + share * (network.x[head] - network.x[tail])
    return float(x), float(network.y[tail] + share * (network.y[head] - network.y[tail]))


def _streets(graph: Graph, steps: Sequence[_Step]) -> tuple[Stretch, ...]:
    """Return the streets of the steps; consecutive steps on one street as one."""
    passed: list[Stretch] = []
    for step in steps:
        road_id, metres = str(graph.network.road_id[step.segment]), abs(step.end_m - step.begin_m)
        if passed and passed[-1].road_id == road_id:
            passed[-1] = Stretch(road_id, passed[-1].metres + metres)
        elif metres > 0:
            passed.append(Stretch(road_id, metres))
    return tuple(passed)


def _require_usable(home: Placement, facilities: Placement, facility_ids: Sequence[str], count: int) -> None:
    if len(home.segment) != 1:
        raise InputError(_ONE_HOME.fill(n=len(home.segment)))
    if len(facility_ids) != len(facilities.segment):
        raise InputError(_OTHER_COUNT.fill(ids=len(facility_ids), facilities=len(facilities.segment)))
    if count < 1:
        raise InputError(_TOO_FEW.fill(count=count))


_ONE_HOME = Text(
    "给了 {n} 户的位置；一次只说明一户，请只给一个位置",
    "{n} households were given; ways are those of one household, so give one place",
)
_OTHER_COUNT = Text(
    "有 {ids} 个设施编号，却有 {facilities} 个设施；每个设施应有一个编号",
    "there are {ids} facility ids for {facilities} facilities; give one id per facility",
)
_TOO_FEW = Text(
    "设施数 {count} 无效；应为至少 1 的整数，例如 3", "count {count} is not usable; give a whole number from 1 up, such as 3"
)
