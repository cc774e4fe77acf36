"""How much each street is used: by whose way to the nearest facility, counted for every segment without walking any way twice.

All shortest ways together form a forest whose roots are the nodes from which a facility's own segment is entered. What passes
along a segment is the number of households in the tree behind it: one sum from the leaves to the roots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geogrid.errors import InputError
from geogrid.graph import Places, measure
from geogrid.nearest import Nearest, along_segments, at_places, search, seeds
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.graph import Graph
    from geogrid.results import Network, Placement

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

WAYS = "ways_"
"""Prefix of the columns that hold one service's ways."""


@dataclass(frozen=True, eq=False)
class _Forest:
    """The way on from every node: the next node and the segment to it, -1 at roots (0 hops) and where there is no way."""

    hops: Floats
    onward: Ints
    segment: Ints


def segment_ways(
    graph: Graph, households: Placement | Places, facilities: Placement | Places, *, facility_ids: Sequence[str]
) -> Ints:
    """Count for every segment the households whose way to their nearest facility uses it.

    A household's own segment counts, and the facility's. Of equally short ways to the nearest facility (of facilities equally far
    the smallest id) the one along the household's own segment is taken, else the one by that segment's tail, and then the one
    with the fewest segments and, of those, the lowest next number.

    Parameters
    ----------
    graph
        From ``graph.prepare``.
    households, facilities
        Their places on the graph's network, measured already or not. The unreached and those without a way use nothing.
    facility_ids
        One per facility.

    Returns
    -------
    array
        Households per segment.

    Raises
    ------
    InputError
        Not one id per facility, or a segment that is not in the network.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from geogrid.graph import prepare
    >>> from geogrid.network import build_network
    >>> from geogrid.travel import snap_to_streets
    >>> lines = [LineString([(0, 0), (50, 0), (100, 0)]), LineString([(50, 0), (50, 40)])]
    >>> network = build_network(gpd.GeoDataFrame({"road_id": ["a", "b"]}, geometry=lines, crs=4548))
    >>> homes, clinic = (
    ...     snap_to_streets(gpd.GeoDataFrame(geometry=points, crs=4548), network)
    ...     for points in ([Point(10, 0), Point(50, 30)], [Point(90, 0)])
    ... )
    >>> segment_ways(prepare(network), homes, clinic, facility_ids=["F"]).tolist()
    [1, 1, 2]
    """
    if len(facility_ids) != len(facilities.segment):
        text = Text(
            "有 {ids} 个设施编号，却有 {n} 个设施", "there are {ids} facility ids for {n} facilities; give one id per facility"
        )
        raise InputError(text.fill(ids=len(facility_ids), n=len(facilities.segment)))
    homes, stops = (at if isinstance(at, Places) else measure(graph, at) for at in (households, facilities))
    rank = np.argsort(np.argsort(np.asarray(facility_ids, dtype=str), kind="stable"))
    nodes = search(graph, stops, rank)
    forest = _forest(graph, nodes, stops)
    nearest = at_places(graph, nodes, homes, stops, rank)
    return _counted(graph, (homes, stops), (nodes, nearest), forest)


def _forest(graph: Graph, nodes: Nearest, stops: Places) -> _Forest:
    """Find the way on from every node that has one."""
    count = len(nodes.units)
    at, units, facility = seeds(stops)
    roots = np.unique(at[(units == nodes.units[at]) & (facility == nodes.facility[at])])
    none = _Forest(np.full(count, np.inf), np.full(count, -1), np.full(count, -1))
    if not len(roots):
        return none
    start, end, segment = _shortest_moves(graph, nodes)
    ones = csr_array((np.ones(len(start)), (end, start)), shape=(count, count))
    none.hops[:] = dijkstra(ones, indices=roots, min_only=True, unweighted=True)
    nearer = none.hops[end] == none.hops[start] - 1
    start, end, segment = start[nearer], end[nearer], segment[nearer]
    order = np.lexsort((segment, start))
    first = order[np.unique(start[order], return_index=True)[1]]
    none.onward[start[first]], none.segment[start[first]] = end[first], segment[first]
    return none


def _shortest_moves(graph: Graph, nodes: Nearest) -> tuple[Ints, Ints, Ints]:
    """Return the moves (from node, to node, segment) that lie on a shortest way to the nearest facility of where they start."""
    network, number = graph.network, np.arange(len(graph.network.tail))
    start = np.concatenate([network.tail[graph.may_ahead], network.head[graph.may_back]])
    end = np.concatenate([network.head[graph.may_ahead], network.tail[graph.may_back]])
    segment = np.concatenate([number[graph.may_ahead], number[graph.may_back]])
    cost = np.concatenate([graph.ahead[graph.may_ahead], graph.back[graph.may_back]])
    known = np.isfinite(nodes.units[start])
    on = known & (nodes.units[end] + cost == nodes.units[start]) & (nodes.facility[end] == nodes.facility[start])
    return start[on], end[on], segment[on]


def _counted(graph: Graph, places: tuple[Places, Places], found: tuple[Nearest, Nearest], forest: _Forest) -> Ints:
    """Add up the households from where they come onto the street to the facilities."""
    (homes, stops), (nodes, nearest) = places, found
    way = np.flatnonzero(nearest.facility >= 0)
    direct = _is_direct(graph, homes, stops, nearest)[way]
    own, goal = homes.segment[way], stops.segment[nearest.facility[way]]
    by_tail = nodes.units[homes.tail[way]] + homes.to_tail[way] == nearest.units[way]
    by_tail &= nodes.facility[homes.tail[way]] == nearest.facility[way]
    leave = np.where(by_tail, homes.tail[way], homes.head[way])
    total = _gathered(np.bincount(leave[~direct], minlength=len(nodes.units)), forest)
    ways = np.zeros(len(graph.network.tail), dtype=np.int64)
    moved, roots = np.flatnonzero(forest.segment >= 0), np.flatnonzero(forest.hops == 0)
    np.add.at(ways, forest.segment[moved], total[moved])
    np.add.at(ways, stops.segment[nodes.facility[roots]], total[roots])
    # A segment that the way passes anyway, as its first or its last, is not the household's once more.
    alone = direct | ((own != forest.segment[leave]) & (own != goal))
    np.add.at(ways, own[alone], 1)
    return ways


def _is_direct(graph: Graph, homes: Places, stops: Places, nearest: Nearest) -> Bools:
    """Return True for households that reach their facility without leaving their segment."""
    place, stop, units = along_segments(graph, homes, stops)
    direct = np.zeros(len(homes), dtype=bool)
    direct[place[(units == nearest.units[place]) & (stop == nearest.facility[place])]] = True
    return direct


def _gathered(count: Ints, forest: _Forest) -> Ints:
    """Return for every node the households of the whole tree behind it, adding from the farthest nodes to the roots."""
    total = count.astype(np.int64)
    nodes = np.flatnonzero(forest.onward >= 0)
    nodes = nodes[np.argsort(-forest.hops[nodes], kind="stable")]
    for level in np.split(nodes, np.flatnonzero(np.diff(forest.hops[nodes])) + 1):
        np.add.at(total, forest.onward[level], total[level])
    return total


def stretches(network: Network, households: Placement, ways: Mapping[str, Ints]) -> gpd.GeoDataFrame:
    """Draw the streets in stretches that are used alike.

    Parameters
    ----------
    network
        Streets.
    households
        Their places on it.
    ways
        By service, from ``segment_ways``.

    Returns
    -------
    GeoDataFrame
        A row per street and kind of use: road_id, metres, homes (households that stand on it), ways (of all services together;
        a household counts once for each), ``ways_<service>``, geometry. Sorted by street.

    Examples
    --------
    >>> from geogrid.network import build_network
    >>> from geogrid.results import Placement
    >>> line = shapely.LineString([(0, 0), (50, 0), (90, 0), (100, 0)])
    >>> network = build_network(gpd.GeoDataFrame({"road_id": ["a"]}, geometry=[line], crs=4548))
    >>> home = Placement(np.array([1]), np.array([5.0]), np.array([0.0]))
    >>> stretches(network, home, {"medical": np.array([0, 1, 1])})[["metres", "homes", "ways"]].values.tolist()
    [[50.0, 0.0, 0.0], [50.0, 1.0, 1.0]]
    """
    columns = {f"{WAYS}{service}": counts for service, counts in ways.items()}
    on = households.segment[households.segment >= 0]
    table = pd.DataFrame(
        {
            "road_id": network.road_id,
            "metres": network.length_m,
            "homes": np.bincount(on, minlength=len(network.tail)),
            "ways": np.sum(list(ways.values()), axis=0, dtype=np.int64) if ways else 0,
            **columns,
        }
    )
    alike = table.groupby(["road_id", "ways", *columns], sort=True)
    number = alike.ngroup().to_numpy()
    rows = alike.agg(metres=("metres", "sum"), homes=("homes", "sum")).reset_index()
    order = np.argsort(number, kind="stable")
    drawn = shapely.line_merge(shapely.multilinestrings(_drawn(network)[order], indices=number[order]))
    kept = ["road_id", "metres", "homes", "ways", *columns]
    return gpd.GeoDataFrame(rows[kept], geometry=drawn, crs=network.crs)


def _drawn(network: Network) -> npt.NDArray[np.object_]:
    ends = [np.column_stack([network.x[at], network.y[at]]) for at in (network.tail, network.head)]
    return np.asarray(shapely.linestrings(np.stack(ends, axis=1)), dtype=object)


def by_street(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row per street: metres and homes of all its stretches, and the ways along the busiest one.

    Parameters
    ----------
    table
        From ``stretches``; of several modes one after the other, whose ways then add up.

    Returns
    -------
    GeoDataFrame
        The same columns but ``mode``, sorted by street; metres and homes are those of the mode that has more of the street.
    """
    counts = [column for column in table.columns if column.startswith("ways")]
    by_mode = table["mode"] if "mode" in table.columns else pd.Series("", index=table.index)
    grouped = pd.DataFrame(table.drop(columns="geometry")).groupby([table["road_id"], by_mode], sort=True)
    each = grouped.agg({"metres": "sum", "homes": "sum", **dict.fromkeys(counts, "max")})
    street = each.groupby(level=0, sort=True).agg({"metres": "max", "homes": "max", **dict.fromkeys(counts, "sum")})
    parts, row = shapely.get_parts(table.geometry.to_numpy(), return_index=True)
    number = np.searchsorted(street.index.to_numpy(dtype=str), table["road_id"].to_numpy(dtype=str))[row]
    order = np.argsort(number, kind="stable")
    drawn = shapely.multilinestrings(parts[order], indices=number[order])
    return gpd.GeoDataFrame(street.rename_axis("road_id").reset_index(), geometry=drawn, crs=table.crs)
