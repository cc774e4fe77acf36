"""Who can reach which facility within a limit: not only the nearest, but all of them.

One short search a facility, in no more of the network than the limit lets it see, so that the work grows with what is reached
and not with the county. The ways are those of ``travel.nearest_facility``: legs counted, one-way streets respected, and whoever
lives on the facility's own segment goes straight there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geogrid import graph as ways
from geogrid.errors import InputError
from geogrid.graph import Places
from geogrid.nearest import along_segments
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from geogrid.graph import Graph
    from geogrid.results import Placement

    Somewhere: TypeAlias = Placement | Places

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Ints32 = npt.NDArray[np.int32]

PART = 2_000_000
"""A part of the pairs is closed once it holds so many: 32 MB."""

MOST_PAIRS = 150_000_000
"""So many pairs are held at once at most: 2.4 GB, and twice that while they are put together."""


HALF_MM = 0.0006
SLACK_M = 0.001
"""Room for rounding, above half a millimetre: nobody is left out by it, and nobody let in who is not within the limit."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Households and facilities within reach of each other, facility by facility, each with its households in order.

    ``household`` and ``facility`` are positions, ``metres`` what the way costs at the mode's pace, rounded to 1 mm; 16 bytes a
    pair.
    """

    household: Ints32
    facility: Ints32
    metres: Floats

    def __len__(self) -> int:
        return len(self.metres)


def pairs_within(graph: Graph, households: Somewhere, facilities: Somewhere, *, limit_m: float) -> Pairs:
    """Find every facility that each household reaches within a limit, and how far it is.

    Parameters
    ----------
    graph
        From ``graph.prepare``.
    households, facilities
        Their places on its network, from ``snap_to_streets`` or measured once by ``graph.measure``; whoever is unreached is in no
        pair.
    limit_m
        Metres at the mode's pace, inclusive, compared after rounding to 1 mm (see ``coverage.cutoff_metres``).

    Returns
    -------
    Pairs

    Raises
    ------
    InputError
        The limit is negative, the places are not on this network, or there are more than `MOST_PAIRS` pairs.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from geogrid.graph import prepare
    >>> from geogrid.network import build_network
    >>> from geogrid.travel import snap_to_streets
    >>> network = build_network(gpd.GeoDataFrame(geometry=[LineString([(0, 0), (900, 0)])], crs=4548))
    >>> homes = snap_to_streets(gpd.GeoDataFrame(geometry=[Point(30, 5), Point(500, 0)], crs=4548), network)
    >>> clinics = snap_to_streets(gpd.GeoDataFrame(geometry=[Point(780, 10), Point(0, 0)], crs=4548), network)
    >>> pairs = pairs_within(prepare(network), homes, clinics, limit_m=500)
    >>> pairs.household.tolist(), pairs.facility.tolist(), pairs.metres.tolist()
    ([1, 0, 1], [0, 1, 1], [290.0, 35.0, 500.0])
    """
    parts, held = [], 0
    for part in parts_within(graph, households, facilities, limit_m=limit_m):
        parts.append(part)
        held += len(part)
        if held > MOST_PAIRS:
            raise InputError(_TOO_MANY.fill(most=MOST_PAIRS, limit=limit_m))
    return _joined(parts)


def parts_within(graph: Graph, households: Somewhere, facilities: Somewhere, *, limit_m: float) -> Iterator[Pairs]:
    """Yield the pairs of `pairs_within` in parts, each with all pairs of its facilities: for what need not hold them together.

    Parameters
    ----------
    graph, households, facilities, limit_m
        As for `pairs_within`.

    Yields
    ------
    Pairs
        Of some facilities, in order; a part has at most `PART` pairs and those of one facility more.

    Raises
    ------
    InputError
        As for `pairs_within`, before the first part; any number of pairs is fine.
    """
    if not 0 <= limit_m < np.inf:
        raise InputError(_BAD_LIMIT.fill(value=limit_m))
    homes = households if isinstance(households, Places) else ways.measure(graph, households)
    stops = facilities if isinstance(facilities, Places) else ways.measure(graph, facilities)
    return _parts(_Search.of(graph, homes, stops, limit_m))


def _parts(search: _Search) -> Iterator[Pairs]:
    held: list[Pairs] = []
    for stop in np.flatnonzero(search.stops.segment >= 0):
        held.append(search.of_one(int(stop)))
        if sum(map(len, held)) >= PART:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(parts: list[Pairs]) -> Pairs:
    if not parts:
        return Pairs(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32), np.empty(0))
    return Pairs(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("household", "facility", "metres")))


@dataclass(frozen=True, eq=False)
class _Search:
    """What the searches of all facilities share: nodes from west to east, and two arrays that each leaves as it found them."""

    graph: Graph
    homes: Places
    stops: Places
    limit_m: float
    eastward: Ints
    x: Floats
    beside: tuple[Ints, Ints, Floats]
    local: Ints32
    cost: Floats

    @classmethod
    def of(cls, graph: Graph, homes: Places, stops: Places, limit_m: float) -> _Search:
        """Prepare to search; who lives on a facility's own segment is found once for all, facility by facility."""
        network, nodes = graph.network, len(graph.network.x)
        eastward = np.argsort(network.x, kind="stable")
        home, stop, units = along_segments(graph, homes, stops)
        order = np.argsort(stop, kind="stable")
        beside = (home[order], np.searchsorted(stop[order], np.arange(len(stops) + 1)), units[order])
        local, cost = np.full(nodes, -1, dtype=np.int32), np.full(nodes, np.inf)
        return cls(graph, homes, stops, limit_m, eastward, network.x[eastward], beside, local, cost)

    @property
    def units(self) -> float:
        """Return the limit in units, with what still rounds to it."""
        return (self.limit_m + HALF_MM) * ways.UNITS_PER_M

    def of_one(self, stop: int) -> Pairs:
        """Return the pairs of one facility."""
        stops = self.stops
        node, units = np.array([stops.tail[stop], stops.head[stop]]), np.array([stops.from_tail[stop], stops.from_head[stop]])
        nodes, cost = self._reached(self._near(node, units), node, units)
        self.cost[nodes] = cost
        rows = np.sort(self.homes.on_segments(self._segments_of(nodes, stop)))
        metres = ways.to_metres(self._units(rows, stop))
        self.cost[nodes] = np.inf
        within = metres <= self.limit_m
        found = rows[within].astype(np.int32)
        return Pairs(found, np.full(len(found), stop, dtype=np.int32), metres[within])

    def _near(self, node: Ints, units: Floats) -> Ints:
        """Return the nodes from which a straight line of the least cost reaches one of the seeds within the limit."""
        network = self.graph.network
        reach = (self.units - units) / self.graph.least_factor
        node, reach = node[reach > 0], reach[reach > 0]
        if not len(node):
            return np.empty(0, dtype=np.int64)
        x, y, reach = network.x[node], network.y[node], reach + SLACK_M
        west, east = np.searchsorted(self.x, [(x - reach).min(), (x + reach).max()])
        nodes = self.eastward[west:east]
        near = np.zeros(len(nodes), dtype=bool)
        for seed_x, seed_y, far in zip(x, y, reach, strict=True):
            near |= (network.x[nodes] - seed_x) ** 2 + (network.y[nodes] - seed_y) ** 2 <= far**2
        return nodes[near]

    def _reached(self, nodes: Ints, node: Ints, units: Floats) -> tuple[Ints, Floats]:
        """Return which of the nodes reach a seed within the limit along the streets, and at what cost."""
        self.local[nodes] = np.arange(len(nodes), dtype=np.int32)
        start, seeds = self._part_of_the_network(nodes), self.local[node]
        self.local[nodes] = -1
        inside = seeds >= 0
        costs = _with_source(start, seeds[inside], units[inside])
        cost = dijkstra(costs, indices=len(nodes), limit=self.units)[: len(nodes)]
        reached = np.isfinite(cost)
        return nodes[reached], cost[reached]

    def _part_of_the_network(self, nodes: Ints) -> tuple[Floats, Ints32, Ints]:
        """Return the search matrix of some nodes only, numbered as in ``local``: costs, columns and where rows start."""
        whole = self.graph.towards
        first, after = whole.indptr[nodes].astype(np.int64), whole.indptr[nodes + 1].astype(np.int64)
        at = ways.ranges(first, after)
        column = self.local[whole.indices[at]]
        kept = column >= 0
        start = np.append(0, np.cumsum(kept))[np.append(0, np.cumsum(after - first))]
        return whole.data[at[kept]], column[kept], start

    def _segments_of(self, nodes: Ints, stop: int) -> Ints:
        """Return the segments that end at one of the nodes, and the facility's own."""
        first, segments = self.graph.incident
        return np.unique(np.append(segments[ways.ranges(first[nodes], first[nodes + 1])], self.stops.segment[stop]))

    def _units(self, rows: Ints, stop: int) -> Floats:
        """Return what some households' ways to the facility cost: by either end of their segment, or along it."""
        homes = self.homes
        by_tail = self.cost[homes.tail[rows]] + homes.to_tail[rows]
        units = np.minimum(by_tail, self.cost[homes.head[rows]] + homes.to_head[rows])
        home, first, direct = self.beside
        own = slice(first[stop], first[stop + 1])
        np.minimum.at(units, np.searchsorted(rows, home[own]), direct[own])
        return units


def _with_source(costs: tuple[Floats, Ints32, Ints], node: Ints32, units: Floats) -> csr_array:
    """Return a matrix with one more node, joined to the seeds, from which the search starts."""
    data, column, start = costs
    if len(node) == 2 and node[0] == node[1]:  # noqa: PLR2004 - both ends of a loop: the cheaper way in
        node, units = node[:1], units.min(keepdims=True)
    size = len(start)
    indptr = np.append(start, start[-1] + len(node)).astype(np.int32)
    return csr_array((np.append(data, units), np.append(column, node), indptr), shape=(size, size))


_BAD_LIMIT = Text(
    "距离上限 {value} 米无效；应为不小于 0 的数，例如 1250",
    "a limit of {value} m is not usable; expected metres from 0 up, such as 1250",
)
_TOO_MANY = Text(
    "{limit} 米内的“住户-设施”对超过 {most} 对，内存放不下；请缩短时限，或减少设施",
    "more than {most} pairs of household and facility lie within {limit} m, too many to hold; shorten the cutoff or check fewer "
    "facilities",
)
