"""How far it is along the streets: points onto streets, and every household to its nearest facility.

All lengths are counted in whole units of 2⁻²⁴ m (60 nm). Sums of whole numbers are exact in any order, so equal ways are equal to
the last bit on every machine, and what breaks a tie is a rule rather than a rounding error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geogrid import snapping
from geogrid.crs import label, require_projected
from geogrid.errors import CrsError, InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from geogrid.results import Network, Placement

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

UNITS_PER_M = float(2**24)
MINUTES_PER_HOUR = 60.0
M_PER_KM = 1000.0
REASONS = ("", "unreached", "no_path")


def snap_to_streets(points: gpd.GeoDataFrame, network: Network, *, max_snap_m: float = 200.0) -> Placement:
    """Project points onto the nearest street, and say who is too far from any.

    The nearest segment is exact: see the proof in ``snapping``. Of segments equally near (to 1 µm) the lowest number is taken.

    Parameters
    ----------
    points
        Points in the network's CRS.
    network
        Streets from ``build_network``.
    max_snap_m
        Points farther than this from every street (compared on metres rounded to 1 mm) are unreached.

    Returns
    -------
    Placement
        In the order of ``points``.

    Raises
    ------
    CrsError
        The points are in another CRS than the network, or in none.
    InputError
        A geometry is missing, empty or not a point, or the limit is negative.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from geogrid.network import build_network
    >>> network = build_network(gpd.GeoDataFrame(geometry=[LineString([(0, 0), (100, 0)])], crs=4548))
    >>> homes = gpd.GeoDataFrame(geometry=[Point(30, 5), Point(50, 900)], crs=4548)
    >>> placement = snap_to_streets(homes, network)
    >>> placement.segment.tolist(), placement.along_m.tolist(), placement.leg_m.tolist()
    ([0, -1], [30.0, nan], [5.0, 900.0])
    """
    require_projected(points)
    if points.crs != network.crs:
        raise CrsError(_OTHER_CRS.fill(points=label(points.crs), streets=label(network.crs)))
    if not max_snap_m >= 0:
        raise InputError(_NEGATIVE_LIMIT.fill(value=max_snap_m))
    xy = snapping.coordinates(points.geometry.to_numpy())
    bad = ~np.isfinite(xy).all(axis=1)
    if bad.any():
        raise InputError(_NOT_POINTS.fill(n=int(bad.sum()), first=int(np.argmax(bad)) + 1))
    return snapping.place(network, xy, max_snap_m=max_snap_m)


def nearest_facility(
    network: Network,
    households: Placement,
    facilities: Placement,
    *,
    facility_ids: Sequence[str],
    speed_kmh: float = 5.0,
) -> pd.DataFrame:
    """Find the nearest facility of every household along the streets, and the way to it.

    One shortest-path run from all facilities at once. The way counts the straight legs between point and street at both ends;
    household and facility on one segment see each other directly. Segments may be walked both ways.

    Parameters
    ----------
    network
        Streets from ``build_network``.
    households, facilities
        Their places on ``network``, from ``snap_to_streets``. Facilities that are unreached count for nobody.
    facility_ids
        One per facility; of facilities equally far, the smallest id as text is named.
    speed_kmh
        Walking speed.

    Returns
    -------
    pandas.DataFrame
        A row per household, in order: metres (rounded to 1 mm; NaN without a way), minutes, facility (position, or -1) and reason
        ("", "unreached": too far from any street, "no_path": no facility on this piece of the network).

    Raises
    ------
    InputError
        The number of ids or a segment does not fit, or the speed is not positive.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from geogrid.network import build_network
    >>> network = build_network(gpd.GeoDataFrame(geometry=[LineString([(0, 0), (900, 0)])], crs=4548))
    >>> homes = snap_to_streets(gpd.GeoDataFrame(geometry=[Point(30, 5), Point(50, 900)], crs=4548), network)
    >>> schools = snap_to_streets(gpd.GeoDataFrame(geometry=[Point(780, 10), Point(850, 0)], crs=4548), network)
    >>> nearest_facility(network, homes, schools, facility_ids=["S1", "S2"])
       metres  minutes  facility     reason
    0   765.0     9.18         0
    1     NaN      NaN        -1  unreached
    """
    _require_fit(network, households, facilities, facility_ids)
    order = np.argsort(np.asarray(facility_ids, dtype=str), kind="stable")
    streets = _with_stops(network, facilities, rank=np.argsort(order))
    units, rank = _at_households(streets, _distances(streets), households)
    found = np.isfinite(units)
    metres = np.where(found, np.round(units / UNITS_PER_M, 3), np.nan)
    facility = np.full(len(units), -1, dtype=np.int64)
    facility[found] = order[rank[found].astype(np.int64)]
    reason = pd.Categorical.from_codes(np.where(households.unreached, 1, np.where(found, 0, 2)), categories=list(REASONS))
    minutes = minutes_within(metres, speed_kmh)
    return pd.DataFrame({"metres": metres, "minutes": minutes, "facility": facility, "reason": reason.astype(str)})


def minutes_within(metres: Floats, speed_kmh: float) -> Floats:
    """Return the minutes that a way takes at a steady speed.

    Parameters
    ----------
    metres
        Lengths; NaN stays NaN.
    speed_kmh
        Speed in kilometres per hour.

    Raises
    ------
    InputError
        The speed is not a positive number.

    Examples
    --------
    >>> minutes_within(np.array([1250.0]), 5.0).tolist()
    [15.0]
    """
    if not 0 < speed_kmh < np.inf:
        text = Text(
            "速度 {value} 公里/小时无效；应为大于 0 的数，例如 5",
            "speed {value} km/h is not usable; give a number above 0, such as 5",
        )
        raise InputError(text.fill(value=speed_kmh))
    return metres * MINUTES_PER_HOUR / (speed_kmh * M_PER_KM)


@dataclass(frozen=True)
class _Streets:
    """Streets cut at the stops: the places on them where facilities stand. Lengths in units.

    Piece i runs along ``segment[i]`` from ``begin[i]`` to ``end[i]`` and joins ``tail[i]`` to ``head[i]``; the pieces of
    segment s are those from ``first[s]`` up to ``first[s + 1]``. Stops are the last nodes; ``leg`` leads from a stop to its
    nearest facility, whose place in the order of ids is ``rank``.
    """

    nodes: int
    segment: Ints
    begin: Floats
    end: Floats
    tail: Ints
    head: Ints
    first: Ints
    leg: Floats
    rank: Floats


def _units(metres: Floats) -> Floats:
    return np.rint(metres * UNITS_PER_M)


def _with_stops(network: Network, facilities: Placement, *, rank: Ints) -> _Streets:
    """Cut the segments wherever a facility stands; the nearest facility, then the smallest id, speaks for its stop."""
    at = np.flatnonzero(~facilities.unreached)
    length = _units(network.length_m)
    where = pd.DataFrame(
        {
            "segment": facilities.segment[at],
            "along": np.minimum(_units(facilities.along_m[at]), length[facilities.segment[at]]),
            "leg": _units(facilities.leg_m[at]),
            "rank": rank[at],
        },
    )
    stops = where.sort_values(["segment", "along", "leg", "rank"]).drop_duplicates(["segment", "along"])
    count, nodes = len(length), len(network.x) + len(stops)
    segment = np.concatenate([np.arange(count), stops["segment"].to_numpy()])
    begin = np.concatenate([np.zeros(count), stops["along"].to_numpy()])
    tail = np.concatenate([network.tail, np.arange(len(network.x), nodes)])
    order = np.lexsort((begin, segment))
    segment, begin, tail = segment[order], begin[order], tail[order]
    first = np.searchsorted(segment, np.arange(count + 1))
    end, head = np.roll(begin, -1), np.roll(tail, -1)
    end[first[1:] - 1], head[first[1:] - 1] = length, network.head
    leg, rank_of_stop = stops["leg"].to_numpy(), stops["rank"].to_numpy(dtype=float)
    return _Streets(nodes, segment, begin, end, tail, head, first, leg, rank_of_stop)


@dataclass(frozen=True)
class _Distances:
    """Of every node: units to the nearest facility, and that one's place in the order of ids (inf where no path)."""

    units: Floats
    rank: Floats


def _distances(streets: _Streets) -> _Distances:
    """Run from all stops at once, twice: for the lengths, and then along shortest ways only for the smallest id.

    The first run starts in a node behind all stops, joined to each by its leg. An edge lies on a shortest way exactly if it makes
    up the whole difference between its ends. On those edges alone, at no cost, with ranks for legs, the second run brings to each
    node the smallest rank of all facilities that are equally near.
    """
    source = streets.nodes
    stops = np.arange(source - len(streets.leg), source)
    tail = np.concatenate([streets.tail, streets.head, np.full(len(stops), source)])
    head = np.concatenate([streets.head, streets.tail, stops])
    cost = np.concatenate([streets.end - streets.begin, streets.end - streets.begin, streets.leg])
    units = _shortest(tail, head, cost, source)
    with np.errstate(invalid="ignore"):
        tight = units[tail] + cost == units[head]
    tight &= np.isfinite(units[tail])
    cost = np.concatenate([np.zeros(2 * len(streets.tail)), streets.rank])
    rank = _shortest(tail[tight], head[tight], cost[tight], source)
    return _Distances(units, rank)


def _shortest(tail: Ints, head: Ints, cost: Floats, source: int) -> Floats:
    """Return the least cost from the source, the last node, to all nodes; parallel edges keep the cheapest."""
    order = np.lexsort((cost, head, tail))
    tail, head, cost = tail[order], head[order], cost[order]
    keep = np.ones(len(tail), dtype=bool)
    keep[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    # Built directly as CSR: from coordinates scipy would add up parallel edges. Stored zeros count as edges without cost.
    start = np.searchsorted(tail[keep], np.arange(source + 2))
    graph = csr_array((cost[keep], head[keep], start), shape=(source + 1, source + 1))
    return np.asarray(dijkstra(graph, directed=True, indices=source))


def _at_households(streets: _Streets, nodes: _Distances, households: Placement) -> tuple[Floats, Floats]:
    """Return units to the nearest facility and its rank: from the piece that the household stands on, by either end."""
    units = np.full(len(households.segment), np.inf)
    rank = np.full(len(units), np.inf)
    at = np.flatnonzero(~households.unreached)
    segment = households.segment[at]
    piece, along = _pieces(streets, segment, _units(households.along_m[at]))
    tail, head = streets.tail[piece], streets.head[piece]
    by_tail = nodes.units[tail] + (along - streets.begin[piece])
    by_head = nodes.units[head] + (streets.end[piece] - along)
    rank_by_tail = np.where(by_tail <= by_head, nodes.rank[tail], np.inf)
    rank_by_head = np.where(by_head <= by_tail, nodes.rank[head], np.inf)
    units[at] = np.minimum(by_tail, by_head) + _units(households.leg_m[at])
    rank[at] = np.minimum(rank_by_tail, rank_by_head)
    return units, rank


def _pieces(streets: _Streets, segment: Ints, along: Floats) -> tuple[Ints, Floats]:
    """Return the piece that holds each position, and the position kept within its segment."""
    piece, after = streets.first[segment], streets.first[segment + 1]
    along = np.minimum(along, streets.end[after - 1])
    cut = np.flatnonzero(after - piece > 1)
    # Few households share a segment with a facility; halving finds their piece in as many steps as pieces have bits.
    low, high = piece[cut], after[cut] - 1
    while (low < high).any():
        middle = (low + high + 1) // 2
        beyond = streets.begin[middle] > along[cut]
        low, high = np.where(beyond, low, middle), np.where(beyond, middle - 1, high)
    piece[cut] = low
    return piece, along


def _require_fit(network: Network, households: Placement, facilities: Placement, facility_ids: Sequence[str]) -> None:
    if len(facility_ids) != len(facilities.segment):
        raise InputError(_OTHER_COUNT.fill(ids=len(facility_ids), facilities=len(facilities.segment)))
    last = max(households.segment.max(initial=-1), facilities.segment.max(initial=-1))
    if last >= len(network.tail):
        raise InputError(_OTHER_NETWORK.fill(segment=int(last), segments=len(network.tail)))


_OTHER_CRS = Text(
    "点的坐标系是{points}，街道的是 {streets}；请先用 project 转到同一坐标系",
    "the points are in {points} and the streets in {streets}; project both to the same CRS first",
)
_NEGATIVE_LIMIT = Text(
    "吸附上限 {value} 米无效；应为不小于 0 的数，例如 200", "max_snap_m {value} is not usable; give metres from 0 up, such as 200"
)
_NOT_POINTS = Text(
    "{n} 行不是有坐标的点（首个在第 {first} 行）；请先用 read_households 或 read_facilities 读入，或删去这些行",
    "{n} rows are not points with coordinates (the first is row {first}); read the file with read_households or read_facilities, "
    "or remove these rows",
)
_OTHER_COUNT = Text(
    "有 {ids} 个设施编号，却有 {facilities} 个设施；每个设施应有一个编号",
    "there are {ids} facility ids for {facilities} facilities; give one id per facility",
)
_OTHER_NETWORK = Text(
    "位置提到第 {segment} 段，但街道网只有 {segments} 段；请在同一街道网上重新吸附",
    "a place is on segment {segment}, but the network has {segments}; snap the points onto this network",
)
