"""Dead ends that come near a street without joining it. Private to ``findings``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely

from geogrid.graph import ranges

if TYPE_CHECKING:
    from geogrid.results import Network

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Misses:
    """Dead ends and the street that each misses.

    ``own`` is the dead end's segment, ``segment`` the one that it misses, ``metres`` the gap, ``link`` (n × 2 × 2) the missing
    link from the dead end to the nearest place on the other street.
    """

    own: Ints
    segment: Ints
    metres: Floats
    link: Floats


def near_misses(network: Network, dead_ends: Ints, level: Ints, *, near_m: float, meets_within_m: float) -> Misses:
    """Find the nearest street that each dead end misses; of two dead ends that miss each other, one.

    Parameters
    ----------
    network
        Streets.
    dead_ends
        Nodes with one segment, in ascending order.
    level
        A number of each segment's level; streets of another level are not missed.
    near_m
        How near the street must be, inclusive.
    meets_within_m
        A street that the dead end meets within so many metres along the streets, whatever the direction, is not missed.

    Returns
    -------
    Misses
        By dead end; of equally near segments the lowest.
    """
    own_of = _segment_of(network, dead_ends)
    drawn = _drawn(network)
    row, segment = shapely.STRtree(drawn).query(_points(network, dead_ends), predicate="dwithin", distance=near_m)
    own, end = own_of[row], dead_ends[row]
    near = (network.tail[segment] != end) & (network.head[segment] != end) & (level[own] == level[segment])
    own, end, segment = own[near], end[near], segment[near]
    along = shapely.line_locate_point(drawn[segment], _points(network, end))
    apart = np.flatnonzero(_way_round(network, (end, segment, along), meets_within_m) > meets_within_m)
    metres = shapely.distance(_points(network, end), drawn[segment])
    order = apart[np.lexsort((segment[apart], metres[apart], end[apart]))]
    order = order[np.unique(end[order], return_index=True)[1]]
    foot = shapely.line_interpolate_point(drawn[segment[order]], along[order])
    start = np.column_stack([network.x[end[order]], network.y[end[order]]])
    link = np.stack([start, np.column_stack([shapely.get_x(foot), shapely.get_y(foot)])], axis=1)
    once = ~_is_said_already(own[order], segment[order], len(network.tail))
    order = order[once]
    return Misses(own[order], segment[order], metres[order], link[once])


def _is_said_already(own: Ints, segment: Ints, count: int) -> Bools:
    """Return True where two dead ends miss each other's segments and the other one's own segment is the lower."""
    return (own > segment) & np.isin(own * count + segment, segment * count + own)


def _points(network: Network, node: Ints) -> npt.NDArray[np.object_]:
    return np.asarray(shapely.points(network.x[node], network.y[node]), dtype=object)


def _drawn(network: Network) -> npt.NDArray[np.object_]:
    ends = [np.column_stack([network.x[at], network.y[at]]) for at in (network.tail, network.head)]
    return np.asarray(shapely.linestrings(np.stack(ends, axis=1)), dtype=object)


def _segment_of(network: Network, dead_ends: Ints) -> Ints:
    """Return the only segment of each dead end."""
    segment = np.zeros(len(network.x), dtype=np.int64)
    segment[network.tail] = segment[network.head] = np.arange(len(network.tail))
    return segment[dead_ends]


def _way_round(network: Network, pairs: tuple[Ints, Ints, Floats], most_m: float) -> Floats:
    """Return the metres along the streets from nodes to places on segments; inf where more than ``most_m`` to its ends.

    All searches run side by side: in each round every one goes one segment farther from where it got nearer in the round before.
    """
    node, segment, along = pairs
    ends, other = np.concatenate([network.tail, network.head]), np.concatenate([network.head, network.tail])
    order = np.argsort(ends, kind="stable")
    first, other = np.searchsorted(ends[order], np.arange(len(network.x) + 1)), other[order]
    length = np.concatenate([network.length_m, network.length_m])[order]
    count = len(network.x)
    key = np.unique(node) * (count + 1)
    known, far = key, np.zeros(len(key))
    new, new_far = known, far
    while len(new):
        at = new % count
        steps = first[at + 1] - first[at]
        edge = ranges(first[at], first[at + 1])
        next_far = np.repeat(new_far, steps) + length[edge]
        next_key = np.repeat(new // count * count, steps) + other[edge]
        within = next_far <= most_m
        known, far, new, new_far = _nearer(known, far, next_key[within], next_far[within])
    by_tail = _looked_up(known, far, node * count + network.tail[segment]) + along
    by_head = _looked_up(known, far, node * count + network.head[segment]) + network.length_m[segment] - along
    return np.minimum(by_tail, by_head)


def _nearer(known: Ints, far: Floats, key: Ints, key_far: Floats) -> tuple[Ints, Floats, Ints, Floats]:
    """Put new distances among the known ones; return all that are least, and those of them that are new."""
    is_new = np.append(np.zeros(len(known), dtype=bool), np.ones(len(key), dtype=bool))
    every, distance = np.concatenate([known, key]), np.concatenate([far, key_far])
    order = np.lexsort((is_new, distance, every))
    order = order[np.unique(every[order], return_index=True)[1]]
    fresh = order[is_new[order]]
    return every[order], distance[order], every[fresh], distance[fresh]


def _looked_up(known: Ints, far: Floats, key: Ints) -> Floats:
    at = np.minimum(np.searchsorted(known, key), max(len(known) - 1, 0))
    return np.where(known[at] == key, far[at], np.inf) if len(known) else np.full(len(key), np.inf)
