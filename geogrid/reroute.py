"""What changes when facilities come and go: the nearest facility again, only where the change can be felt.

A facility that closes is felt at the nodes whose nearest it was: they are settled anew, from the facilities left among them and
from the nodes around them, whose answers stay. A facility that opens is felt only where it is nearer than what was there: a node
farther from it in a straight line than its nearest facility costs cannot be among them, nor can the way to such a node matter.
Both answers equal a full run to the last unit, names included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from geogrid.graph import UNITS_PER_M, ranges
from geogrid.nearest import Nearest, at_places, search, seeds, settle

if TYPE_CHECKING:
    from geogrid.graph import Graph, Places

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SLACK = 1e-9
"""Of a straight distance, taken off before it is compared: rounding must not lose a node."""
ROUNDING = 4.0
"""Units by which a facility's place on its segment may be rounded."""


@dataclass(frozen=True, eq=False)
class Standing:
    """The nearest facility of every node and of every household, among the facilities that count.

    ``stops`` are all facilities, counting or not, ``counts`` says which do, and ``rank`` their order by id as text.
    """

    graph: Graph
    homes: Places
    stops: Places
    rank: Ints
    counts: npt.NDArray[np.bool_]
    nodes: Nearest
    households: Nearest


def stand(graph: Graph, homes: Places, stops: Places, rank: Ints, counts: npt.NDArray[np.bool_]) -> Standing:
    """Find the nearest facility of every node and household from scratch.

    Parameters
    ----------
    graph
        From ``graph.prepare``.
    homes, stops
        Households and facilities, from ``graph.measure``.
    rank
        Of every facility: its place in the order of ids, see ``travel.rank_of``.
    counts
        Whether a facility counts.

    Returns
    -------
    Standing
    """
    start = Standing(graph, homes, stops, rank, counts, _nobody(len(graph.network.x)), _nobody(len(homes)))
    nodes = search(graph, stops.only(counts), rank)
    return replace(start, nodes=nodes, households=_at_homes(replace(start, nodes=nodes), np.arange(len(homes))))


def change(standing: Standing, *, stops: Places, rank: Ints, counts: npt.NDArray[np.bool_]) -> tuple[Standing, Ints]:
    """Let facilities come and go.

    Parameters
    ----------
    standing
        As it is.
    stops, rank
        All facilities again: the rows there were, in place, and new ones behind them. A facility that moves is a new row.
    counts
        Whether each counts from now on.

    Returns
    -------
    Standing
        As it will be; equal to ``stand`` of the same facilities.
    array of int
        Rows of the households that were looked at again, ascending; all others keep their answer.
    """
    before = np.append(standing.counts, np.zeros(len(counts) - len(standing.counts), dtype=bool))
    closed, opened = np.flatnonzero(before & ~counts), np.flatnonzero(counts & ~before)
    nodes = Nearest(standing.nodes.units.copy(), standing.nodes.facility.copy())
    grown = replace(standing, stops=stops, rank=rank, counts=before & counts, nodes=nodes)
    felt = np.union1d(_without(grown, closed), _with(grown, opened))
    after = replace(grown, counts=counts)
    rows = _households_near(after, felt, np.concatenate([closed, opened]))
    there = _at_homes(after, rows)
    units, facility = standing.households.units.copy(), standing.households.facility.copy()
    units[rows], facility[rows] = there.units, there.facility
    return replace(after, households=Nearest(units, facility)), rows


def make_ready(standing: Standing) -> None:
    """Work out, before the first change is tried, what every change needs."""
    _ = standing.graph.away, standing.graph.incident, standing.graph.least_factor, standing.homes.by_segment


def _nobody(rows: int) -> Nearest:
    return Nearest(np.full(rows, np.inf), np.full(rows, -1, dtype=np.int64))


def _without(standing: Standing, closed: Ints) -> Ints:
    """Settle anew, in place, the nodes whose nearest facility closes, and return them."""
    felt = np.flatnonzero(np.isin(standing.nodes.facility, closed)) if len(closed) else closed
    if not len(felt):
        return felt
    inner, (row, outside, cost) = _part(standing, felt)
    units, facility = standing.nodes.units[outside] + cost, standing.nodes.facility[outside]
    known = np.isfinite(units)
    node, own_units, own = seeds(standing.stops.only(standing.counts))
    at = np.searchsorted(felt, node)
    within = (at < len(felt)) & (felt[np.minimum(at, len(felt) - 1)] == node)
    new = settle(
        inner,
        np.concatenate([row[known], at[within]]),
        np.concatenate([units[known], own_units[within]]),
        np.concatenate([facility[known], own[within]]),
        standing.rank,
    )
    standing.nodes.units[felt], standing.nodes.facility[felt] = new.units, new.facility
    return felt


def _with(standing: Standing, opened: Ints) -> Ints:
    """Let new facilities win, in place, the nodes that are nearer to them, and return these."""
    is_new = np.zeros(len(standing.stops), dtype=bool)
    is_new[opened] = True
    node, units, facility = seeds(standing.stops.only(is_new))
    near = _may_win(standing, opened)
    if not len(near):
        return near
    inner, _ = _part(standing, near)
    at = np.searchsorted(near, node)
    within = (at < len(near)) & (near[np.minimum(at, len(near) - 1)] == node)
    new = settle(inner, at[within], units[within], facility[within], standing.rank)
    order = np.append(standing.rank, np.iinfo(np.int64).max)
    old = standing.nodes.units[near]
    wins = (new.units < old) | ((new.units == old) & (order[new.facility] < order[standing.nodes.facility[near]]))
    wins &= np.isfinite(new.units)
    won: Ints = near[wins]
    standing.nodes.units[won], standing.nodes.facility[won] = new.units[wins], new.facility[wins]
    return won


def _may_win(standing: Standing, opened: Ints) -> Ints:
    """Return the nodes that are no farther from one of the facilities, in a straight line, than what they have costs."""
    graph, stops, nodes = standing.graph, standing.stops, standing.nodes.units
    factor = graph.least_factor * (1 - SLACK)
    near = np.zeros(len(nodes), dtype=bool)
    for row in opened[stops.segment[opened] >= 0]:
        dx, dy = (ends - at for ends, at in zip((graph.network.x, graph.network.y), _foot(standing, int(row)), strict=True))
        dx *= dx
        dy *= dy
        dx += dy
        reach = nodes - (stops.leg[row] - ROUNDING)
        reach /= factor
        np.maximum(reach, 0, out=reach)
        reach *= reach
        near |= dx <= reach
    return np.flatnonzero(near)


def _foot(standing: Standing, row: int) -> tuple[float, float]:
    """Return the place on its segment of a facility."""
    network, segment = standing.graph.network, int(standing.stops.segment[row])
    tail, head, length = int(network.tail[segment]), int(network.head[segment]), float(network.length_m[segment])
    share = float(standing.stops.along[row]) / UNITS_PER_M / length if length else 0.0
    x, y = network.x, network.y
    return float(x[tail] + share * (x[head] - x[tail])), float(y[tail] + share * (y[head] - y[tail]))


def _part(standing: Standing, nodes: Ints) -> tuple[csr_array, tuple[Ints, Ints, Floats]]:
    """Return the search matrix among some nodes (ascending), and the ways out of them: (place in nodes, other node, cost)."""
    away = standing.graph.away
    start, stop = away.indptr[nodes].astype(np.int64), away.indptr[nodes + 1].astype(np.int64)
    entry = ranges(start, stop)
    row, other, cost = np.repeat(np.arange(len(nodes)), stop - start), away.indices[entry].astype(np.int64), away.data[entry]
    at = np.minimum(np.searchsorted(nodes, other), len(nodes) - 1)
    inside = nodes[at] == other
    column, first = at[inside].astype(np.int32), np.searchsorted(row[inside], np.arange(len(nodes) + 1)).astype(np.int32)
    # Row by row these are the ways out of each node, so the search runs on their transpose.
    inner = csr_array((cost[inside], column, first), shape=(len(nodes), len(nodes)))
    return csr_array(inner.T), (row[~inside], other[~inside], cost[~inside])


def _households_near(standing: Standing, nodes: Ints, facilities: Ints) -> Ints:
    """Return the households on segments that end in one of the nodes or on which one of the facilities stands."""
    first, segments = standing.graph.incident
    around = segments[ranges(first[nodes], first[nodes + 1])]
    on = standing.stops.segment[facilities]
    return np.sort(standing.homes.on_segments(np.unique(np.concatenate([around, on[on >= 0]]))))


def _at_homes(standing: Standing, rows: Ints) -> Nearest:
    """Return the nearest facility of some households."""
    homes, stops = standing.homes.take(rows), standing.stops.only(standing.counts)
    return at_places(standing.graph, standing.nodes, homes, stops, standing.rank)
