"""Which points are linked along the streets: single linkage, exact, without looking at pairs.

Let every place on the streets belong to its nearest point. Where two neighbouring places belong to different points, those two
are linked if the way between them through these places is at most the limit.

This finds the same groups as all pairs would: every link is a real way within the limit, and conversely, on the shortest way from
one point to another within the limit, each place is at least as near to its owner as to either end, so wherever the owner changes
the way between the two owners is no longer than the whole; the owners along the way form a chain of links from end to end. On
such a way no place is farther from its owner than half the limit, which is how far the search must go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

if TYPE_CHECKING:
    from geogrid.results import Network, Placement

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

UNITS_PER_M = 2.0**24
"""Lengths are counted in whole units of 60 nm: sums of whole numbers are the same in any order and on any machine."""

HALF_MM = 0.0005
"""Lengths are compared on metres rounded to 1 mm, so a way may be this much longer than the limit."""


class Edges(NamedTuple):
    """Edges of an undirected graph: two ends and a length in units."""

    start: Ints
    end: Ints
    length: Floats


def street_groups(network: Network, placement: Placement, xy: Floats, *, distance_m: float) -> Ints:
    """Group points that are within a distance of each other along the streets, directly or through others.

    The distance between two points is the way along the streets with the straight legs at both ends; it is zero between points at
    the same coordinates.

    Parameters
    ----------
    network
        Streets.
    placement
        Where the points stand on them; none unreached.
    xy
        Coordinates of the points in metres, shape (n, 2).
    distance_m
        Largest distance of a link, inclusive, compared on metres rounded to 1 mm.

    Returns
    -------
    array of int
        The group of each point; groups are numbered from 0.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from geogrid.network import build_network
    >>> from geogrid.results import Placement
    >>> street = build_network(gpd.GeoDataFrame(geometry=[LineString([(0, 0), (900, 0)])], crs=4548))
    >>> along = np.array([0.0, 150.0, 500.0])
    >>> homes = Placement(np.zeros(3, dtype=int), along, np.full(3, 20.0))
    >>> street_groups(street, homes, np.column_stack([along, np.full(3, 20.0)]), distance_m=200).tolist()
    [0, 0, 1]
    """
    if len(xy) == 0:
        return np.zeros(0, dtype=np.int64)
    _, first, spot_of_point = np.unique(xy[:, 0] + 1j * xy[:, 1], return_index=True, return_inverse=True)
    edges, nodes = _streets_with_spots(network, placement, first)
    spots = np.arange(nodes - len(first), nodes)
    graph = csr_array((edges.length, (edges.start, edges.end)), shape=(nodes, nodes))
    limit = (distance_m / 2 + HALF_MM) * UNITS_PER_M
    far, _, owner = dijkstra(graph, directed=False, indices=spots, min_only=True, limit=limit, return_predecessors=True)
    way_m = np.round((far[edges.start] + edges.length + far[edges.end]) / UNITS_PER_M, 3)
    meets = np.isfinite(way_m) & (owner[edges.start] != owner[edges.end]) & (way_m <= round(distance_m, 3))
    one, other = owner[edges.start[meets]] - spots[0], owner[edges.end[meets]] - spots[0]
    links = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(len(spots), len(spots)))
    _, group = connected_components(links, directed=False)
    grouped: Ints = group[spot_of_point].astype(np.int64)
    return grouped


def _streets_with_spots(network: Network, placement: Placement, points: Ints) -> tuple[Edges, int]:
    """Return the streets, cut where points stand, with a leg to each point; the points are the last nodes."""
    length = np.rint(network.length_m * UNITS_PER_M)
    along = np.clip(np.rint(placement.along_m[points] * UNITS_PER_M), 0, length[placement.segment[points]])
    # Stops are the distinct places on streets where points stand, in order along each segment.
    stops, stop_of_point = np.unique(placement.segment[points] + 1j * along, return_inverse=True)
    segment, along = stops.real.astype(np.int64), stops.imag
    stop_nodes = len(network.x) + np.arange(len(stops))
    nodes = len(network.x) + len(stops) + len(points)
    legs = Edges(
        nodes - len(points) + np.arange(len(points)),
        stop_nodes[stop_of_point],
        np.rint(placement.leg_m[points] * UNITS_PER_M),
    )
    uncut = np.ones(len(length), dtype=np.bool_)
    uncut[segment] = False
    whole = _cheapest(Edges(network.tail[uncut], network.head[uncut], length[uncut]), len(network.x))
    pieces = _pieces(network, length, segment, along, stop_nodes)
    return Edges(*(np.concatenate(each) for each in zip(whole, pieces, legs, strict=True))), nodes


def _pieces(network: Network, length: Floats, segment: Ints, along: Floats, stop_nodes: Ints) -> Edges:
    """Cut segments at their stops: from the tail or the stop before to each stop, and from the last stop to the head."""
    new = np.append(True, segment[1:] != segment[:-1])
    last = np.append(new[1:], True)
    before = np.where(new, network.tail[segment], np.roll(stop_nodes, 1))
    to_stop = Edges(before, stop_nodes, np.where(new, along, along - np.roll(along, 1)))
    to_head = Edges(stop_nodes[last], network.head[segment[last]], (length[segment] - along)[last])
    return Edges(*(np.concatenate(each) for each in zip(to_stop, to_head, strict=True)))


def _cheapest(edges: Edges, nodes: int) -> Edges:
    """Keep the shortest of parallel edges, which a sparse matrix would add up."""
    pair = np.minimum(edges.start, edges.end) * nodes + np.maximum(edges.start, edges.end)
    order = np.lexsort((edges.length, pair))
    kept = order[np.append(True, pair[order][1:] != pair[order][:-1])[: len(order)]]
    return Edges(edges.start[kept], edges.end[kept], edges.length[kept])
