"""The nearest facility of every node and of every placed point, from one run: what steps that ask for ways share.

A facility starts the search at both ends of its segment, with what the way from there to its door costs; who stands on the same
segment sees it directly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geogrid.graph import matrix, ranges

if TYPE_CHECKING:
    from geogrid.graph import Graph, Places

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_PAIRS = 2_000_000
"""Pairs of places on one segment that are compared at once, which bounds the memory."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """Units to the nearest facility (inf where there is no way) and its row (-1 where none), of nodes or of places."""

    units: Floats
    facility: Ints


def search(graph: Graph, stops: Places, rank: Ints) -> Nearest:
    """Find the nearest facility of every node: one run from all of them.

    Parameters
    ----------
    graph
        From ``prepare``.
    stops
        The facilities, from ``measure``.
    rank
        Of each facility, a permutation of 0 … k - 1; among facilities equally far the lowest rank wins.

    Returns
    -------
    Nearest
        Of the nodes.
    """
    return settle(graph.towards, *seeds(stops), rank)


def seeds(stops: Places) -> tuple[Ints, Floats, Ints]:
    """Return where a search for facilities starts: nodes, units from there to the facility, and the facility's row."""
    row = np.arange(len(stops))
    node = np.concatenate([stops.tail, stops.head])
    units = np.concatenate([stops.from_tail, stops.from_head])
    may = np.isfinite(units)
    return node[may], units[may], np.concatenate([row, row])[may]


def settle(costs: csr_array, node: Ints, units: Floats, facility: Ints, rank: Ints) -> Nearest:
    """Return the cheapest facility of every node of a matrix, from seeds (node, units, facility); the lowest rank among equals.

    One Dijkstra run names some facility among equals. Where a shortest way leads from a node into another whose facility has a
    higher rank, a second run, at no cost along shortest ways only, brings the lowest rank to each node.
    """
    nodes = costs.shape[0]
    if not len(node):
        return Nearest(np.full(nodes, np.inf), np.full(nodes, -1, dtype=np.int64))
    known, source = np.unique(facility, return_inverse=True)
    reached, _, found = dijkstra(
        _with_sources(costs, node, units, source), indices=nodes + np.arange(len(known)), min_only=True, return_predecessors=True
    )
    least = reached[:nodes]
    owner = np.append(known, -1)[np.where(np.isfinite(least), found[:nodes] - nodes, len(known))]
    order = np.append(rank, np.iinfo(np.int64).max)
    row = np.repeat(np.arange(nodes, dtype=np.int32), np.diff(costs.indptr))
    with np.errstate(invalid="ignore"):
        tight = (least[row] + costs.data == least[costs.indices]) & np.isfinite(least[row])
    lower = tight & (order[owner[row]] < order[owner[costs.indices]])
    at_seed = units == least[node]
    if lower.any() or (order[facility] < order[owner[node]])[at_seed].any():
        ways = matrix(row[tight].astype(np.int64), costs.indices[tight].astype(np.int64), np.zeros(tight.sum()), nodes)
        started = _with_sources(
            ways, node[at_seed], order[facility[at_seed]].astype(float), np.zeros(at_seed.sum(), dtype=np.int64)
        )
        best = dijkstra(started, indices=nodes)[:nodes]
        owner = np.where(np.isfinite(best), np.argsort(rank)[np.where(np.isfinite(best), best, 0).astype(np.int64)], -1)
    return Nearest(least, owner.astype(np.int64))


def _with_sources(costs: csr_array, node: Ints, units: Floats, source: Ints) -> csr_array:
    """Return the matrix with a node for every source behind the others, joined to its seeds."""
    nodes, sources = costs.shape[0], int(source.max()) + 1
    order = np.lexsort((units, node, source))
    node, units, source = node[order], units[order], source[order]
    keep = np.append(True, (node[1:] != node[:-1]) | (source[1:] != source[:-1]))
    ends = np.searchsorted(source[keep], np.arange(1, sources + 1)) + costs.indptr[-1]
    return csr_array(
        (
            np.concatenate([costs.data, units[keep]]),
            np.concatenate([costs.indices, node[keep].astype(np.int32)]),
            np.concatenate([costs.indptr, ends.astype(np.int32)]),
        ),
        shape=(nodes + sources, nodes + sources),
    )


def at_places(graph: Graph, nearest: Nearest, places: Places, stops: Places, rank: Ints) -> Nearest:
    """Return the nearest facility of placed points: by either end of their segment, or along it without leaving it.

    Parameters
    ----------
    graph
        From ``prepare``.
    nearest
        Of its nodes, from ``search``.
    places
        The points, from ``measure`` on the same graph.
    stops, rank
        As given to ``search``.

    Returns
    -------
    Nearest
        Of the places, in their order.
    """
    order = np.append(rank, np.iinfo(np.int64).max)
    by_tail, by_head = nearest.units[places.tail] + places.to_tail, nearest.units[places.head] + places.to_head
    at_tail, at_head = nearest.facility[places.tail], nearest.facility[places.head]
    is_head = (by_head < by_tail) | ((by_head == by_tail) & (order[at_head] < order[at_tail]))
    units = np.where(is_head, by_head, by_tail)
    facility = np.where(np.isfinite(units), np.where(is_head, at_head, at_tail), -1)
    return _better(Nearest(units, facility), along_segments(graph, places, stops), order)


def along_segments(graph: Graph, places: Places, stops: Places) -> tuple[Ints, Ints, Floats]:
    """Return (place, stop, units) of every place and stop on one segment where the one can be left for the other directly."""
    first, rows = stops.by_segment
    with_stops = np.flatnonzero((places.segment >= 0) & (places.segment < len(first) - 2))
    start, stop = first[places.segment[with_stops] + 1], first[places.segment[with_stops] + 2]
    shared = np.flatnonzero(stop > start)
    parts = [
        _direct(graph, places, stops, np.repeat(with_stops[part], (stop - start)[part]), rows[ranges(start[part], stop[part])])
        for part in _parts(shared, stop - start)
    ]
    if not parts:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    place, other, units = (np.concatenate(column) for column in zip(*parts, strict=True))
    return place, other, units


def _parts(rows: Ints, count: Ints) -> list[Ints]:
    """Return the rows in parts that make few pairs at once."""
    cuts = np.flatnonzero(np.diff(np.cumsum(count[rows]) // MOST_PAIRS)) + 1
    return [part for part in np.split(rows, cuts) if len(part)]


def _direct(graph: Graph, places: Places, stops: Places, place: Ints, other: Ints) -> tuple[Ints, Ints, Floats]:
    """Return pairs of places on one segment with what it costs to go from the one to the other along it."""
    gap = stops.along[other] - places.along[place]
    segment = places.segment[place]
    forth = np.where(graph.may_ahead[segment], stops.ahead[other] - places.ahead[place], np.inf)
    returning = np.where(graph.may_back[segment], places.back[place] - stops.back[other], np.inf)
    units = np.where(gap == 0, 0.0, np.where(gap > 0, forth, returning)) + places.leg[place] + stops.leg[other]
    may = np.isfinite(units)
    return place[may], other[may], units[may]


def _better(nearest: Nearest, direct: tuple[Ints, Ints, Floats], order: Ints) -> Nearest:
    """Return the nearest facility after direct ways were taken into account."""
    place, stop, units = direct
    if not len(place):
        return nearest
    best = np.lexsort((order[stop], units, place))
    best = best[np.append(True, place[best][1:] != place[best][:-1])]
    place, stop, units = place[best], stop[best], units[best]
    old, old_order = nearest.units[place], order[nearest.facility[place]]
    wins = (units < old) | ((units == old) & (order[stop] < old_order))
    all_units, facility = nearest.units.copy(), nearest.facility.copy()
    all_units[place[wins]], facility[place[wins]] = units[wins], stop[wins]
    return Nearest(all_units, facility)
