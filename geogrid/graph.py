"""Streets made ready for searching: what every step that asks for ways shares.

All costs are counted in whole units of 2⁻²⁴ m (60 nm) at the mode's pace. Sums of whole numbers are exact in any order, so equal
ways are equal to the last bit on every machine, and what breaks a tie is a rule rather than a rounding error.

The network is never cut where somebody stands. A facility starts the search at both ends of its segment, with what the way from
there to its door costs; who stands on the same segment sees it directly. So one graph serves every service, every place and every
facility that somebody tries out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from geogrid.results import Network, Placement

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

UNITS_PER_M = float(2**24)


@dataclass(frozen=True, eq=False)
class Graph:
    """A network made ready: costs in units, and the matrix to search.

    ``towards[v, u]`` is the cost of travelling from node u to node v: a run from facilities yields what it costs to get to them.
    ``ahead`` and ``back`` are the segments' costs from tail to head and from head to tail, 0 where ``may_ahead`` or ``may_back``
    is False.
    """

    network: Network
    towards: csr_array
    ahead: Floats
    back: Floats
    may_ahead: Bools
    may_back: Bools

    @cached_property
    def away(self) -> csr_array:
        """Return the matrix for runs from a home: ``away[u, v]`` is the cost of travelling from u to v."""
        return csr_array(self.towards.T)

    @cached_property
    def incident(self) -> tuple[Ints, Ints]:
        """Return (first, segments): node v is an end of ``segments[first[v]:first[v + 1]]``."""
        ends = np.concatenate([self.network.tail, self.network.head])
        order = np.argsort(ends, kind="stable")
        return np.searchsorted(ends[order], np.arange(len(self.network.x) + 1)), order % max(len(self.network.tail), 1)

    @cached_property
    def least_factor(self) -> float:
        """Return the least units that a segment costs for each metre between its ends; never more than at the pace."""
        network = self.network
        dx, dy = network.x[network.head] - network.x[network.tail], network.y[network.head] - network.y[network.tail]
        straight = np.hypot(dx, dy)
        cost = np.minimum(np.where(self.may_ahead, self.ahead, np.inf), np.where(self.may_back, self.back, np.inf))
        long = straight > 0
        return float((cost[long] / straight[long]).min(initial=UNITS_PER_M))


@dataclass(frozen=True, eq=False)
class Places:
    """Points on a graph, measured in units. Unreached ones have segment -1 and infinite costs.

    ``to_tail`` and ``to_head`` are what it costs to leave the point by either end of its segment, ``from_tail`` and ``from_head``
    what it costs to come from there; ``inf`` where one may not go. All hold the leg between the point and the street, ``leg``.
    ``along`` is the length between the segment's tail and the point's place on it, ``ahead`` and ``back`` what that costs. Who
    stands at the very end of a segment stands at the node, whichever way the segment may be used.
    """

    segment: Ints
    tail: Ints
    head: Ints
    to_tail: Floats
    to_head: Floats
    from_tail: Floats
    from_head: Floats
    along: Floats
    ahead: Floats
    back: Floats
    leg: Floats

    @cached_property
    def by_segment(self) -> tuple[Ints, Ints]:
        """Return (first, rows): the points on segment s are ``rows[first[s + 1]:first[s + 2]]``; the unreached come first."""
        rows = np.argsort(self.segment, kind="stable")
        last = int(self.segment.max(initial=-1))
        return np.searchsorted(self.segment[rows], np.arange(-1, last + 2)), rows

    def __len__(self) -> int:
        return len(self.segment)

    def take(self, rows: Ints) -> Places:
        """Return some of the places, in the order of ``rows``."""
        return Places(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    def followed_by(self, other: Places) -> Places:
        """Return these places, then others of the same graph."""
        both = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__dataclass_fields__}
        return Places(**both)

    def only(self, mask: Bools) -> Places:
        """Return all places, those outside the mask as if they were unreached."""
        costs = ("to_tail", "to_head", "from_tail", "from_head")
        barred = {name: np.where(mask, getattr(self, name), np.inf) for name in costs}
        return replace(self, segment=np.where(mask, self.segment, -1), **barred)

    def on_segments(self, segments: Ints) -> Ints:
        """Return the rows of the points on any of these segments, which must be distinct."""
        first, rows = self.by_segment
        segments = segments[segments < len(first) - 2]
        start, stop = first[segments + 1], first[segments + 2]
        return rows[ranges(start, stop)]


def to_units(metres: Floats) -> Floats:
    """Return metres as whole units.

    Examples
    --------
    >>> float(to_units(np.array([0.5]))[0]) == 2.0**23
    True
    """
    return np.asarray(np.rint(metres * UNITS_PER_M), dtype=np.float64)


def to_metres(units: Floats) -> Floats:
    """Return units as metres rounded to 1 mm; NaN where there is no way.

    Examples
    --------
    >>> to_metres(np.array([2.0**23, np.inf])).tolist()
    [0.5, nan]
    """
    return np.where(np.isfinite(units), np.round(units / UNITS_PER_M, 3), np.nan)


def prepare(network: Network) -> Graph:
    """Make a network ready for searching. Parallel segments keep the cheapest.

    Parameters
    ----------
    network
        Streets from ``build_network``.

    Returns
    -------
    Graph
    """
    may_ahead, may_back = np.isfinite(network.forward_m), np.isfinite(network.backward_m)
    ahead = np.where(may_ahead, to_units(np.where(may_ahead, network.forward_m, 0.0)), 0.0)
    back = np.where(may_back, to_units(np.where(may_back, network.backward_m, 0.0)), 0.0)
    row = np.concatenate([network.head[may_ahead], network.tail[may_back]])
    column = np.concatenate([network.tail[may_ahead], network.head[may_back]])
    cost = np.concatenate([ahead[may_ahead], back[may_back]])
    return Graph(network, matrix(row, column, cost, len(network.x)), ahead, back, may_ahead, may_back)


def matrix(row: Ints, column: Ints, cost: Floats, nodes: int) -> csr_array:
    """Return a square sparse matrix of costs; of repeated entries the cheapest stays, and a stored zero is a way without cost."""
    key = row * nodes + column
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.append(True, key[1:] != key[:-1])) if len(key) else np.empty(0, dtype=np.int64)
    least = np.minimum.reduceat(cost[order], first) if len(key) else cost
    # Built directly: from coordinates scipy would add up repeated entries.
    start = np.searchsorted(key[first], np.arange(nodes + 1) * nodes)
    return csr_array((least, (key[first] % nodes).astype(np.int32), start.astype(np.int32)), shape=(nodes, nodes))


def measure(graph: Graph, placement: Placement) -> Places:
    """Return what it costs to leave placed points, and to come to them.

    Parameters
    ----------
    graph
        From ``prepare``.
    placement
        From ``snap_to_streets`` on the graph's network.

    Returns
    -------
    Places
        In the order of the placement.

    Raises
    ------
    InputError
        A segment is not in the network.
    """
    _require_fit(graph, placement)
    network = graph.network
    segment = placement.segment
    on = segment >= 0
    at = np.where(on, segment, 0)
    along = np.where(on, placement.along_m, 0.0)
    leg = np.where(on, to_units(np.where(on, placement.leg_m, 0.0) * network.leg_factor), np.inf)
    length = network.length_m[at]
    whole, place = to_units(length), np.minimum(to_units(along), to_units(length))
    share = np.divide(along, length, out=np.zeros(len(at)), where=length > 0)
    ahead = _cost(place, whole, share, graph.ahead[at])
    back = _cost(place, whole, share, graph.back[at])
    return Places(
        segment=segment,
        tail=network.tail[at],
        head=network.head[at],
        to_tail=_if(graph.may_back[at], back, place == 0) + leg,
        to_head=_if(graph.may_ahead[at], graph.ahead[at] - ahead, place == whole) + leg,
        from_tail=_if(graph.may_ahead[at], ahead, place == 0) + leg,
        from_head=_if(graph.may_back[at], graph.back[at] - back, place == whole) + leg,
        along=place,
        ahead=ahead,
        back=back,
        leg=leg,
    )


def _if(may: Bools, units: Floats, is_there: Bools) -> Floats:
    """Return the units where one may go that way, nothing for who is there already."""
    return np.where(is_there, 0.0, np.where(may, units, np.inf))


def _cost(place: Floats, whole: Floats, share: Floats, units: Floats) -> Floats:
    """Return the units between the tail and a place on a segment; exact where a metre costs a metre."""
    return np.where(units == whole, place, np.minimum(np.rint(share * units), units))


def _require_fit(graph: Graph, placement: Placement) -> None:
    last = int(placement.segment.max(initial=-1))
    if last >= len(graph.network.tail):
        raise InputError(_OTHER_NETWORK.fill(segment=last, segments=len(graph.network.tail)))


def ranges(start: Ints, stop: Ints) -> Ints:
    """Return the whole numbers of all ranges, one range after the other."""
    count = stop - start
    return np.repeat(start - np.cumsum(count) + count, count) + np.arange(count.sum())


_OTHER_NETWORK = Text(
    "位置提到第 {segment} 段，但街道网只有 {segments} 段；请在同一街道网上重新吸附",
    "a place is on segment {segment}, but the network has {segments}; snap the points onto this network",
)
