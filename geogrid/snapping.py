"""Points onto the nearest street, exactly and fast. Private to ``travel``.

Samples stand on every segment, at both its ends and at most ``2 h`` apart between them, in a k-d tree. Let ``d`` be the
distance from a point to its nearest segment. If the nearest place on it is an end, that end is a sample at distance ``d``. If it
lies between two samples, the line to it is perpendicular to the segment and the nearer sample is at most ``h`` along, so its
distance is at most ``sqrt(d² + h²)``. The nearest sample is no nearer than the nearest segment, so ``d <= d1``, its distance.
Hence some sample of the nearest segment lies within ``r = sqrt(d1² + h²)``, and once the k-th sample is farther than ``r`` the
first k hold it: the answer is proven. Points for which it is not are asked again with four times as many samples, in the end
with all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import KDTree

from geogrid.results import Placement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.results import Network

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TIE_M = 1e-6
"""Segments whose distances differ by less are equally near; the working precision."""
SPACING_M = 12.0
"""Aimed distance between samples: on a town's streets four samples then prove 98 points of 100."""
MOST_SAMPLES = 4_000_000
FIRST_ASKED = 4
FEW = 50
"""Of so few points only the surroundings are looked at."""
MOST_ANSWERS = 2_000_000
"""Samples returned by one question to the tree, which bounds the memory."""


@dataclass(frozen=True)
class _Samples:
    """A k-d tree of samples; sample s lies on ``segment[first[s]:first[s + 1]]``; ``half_m`` is the h of the module's proof."""

    tree: KDTree
    first: Ints
    segment: Ints
    half_m: float


@dataclass(frozen=True)
class _Near:
    """Segments that may be nearest: point (counting up), segment, distance and fraction of the segment from its tail."""

    point: Ints
    segment: Ints
    distance_m: Floats
    fraction: Floats


def place(network: Network, xy: Floats, *, max_snap_m: float) -> Placement:
    """Put points (an n × 2 array, metres) onto the nearest segment; see ``travel.snap_to_streets``."""
    may = _around(network, xy, max_snap_m) if 0 < len(xy) <= FEW else network.is_stop
    found = _onto(network, np.flatnonzero(may), xy)
    if may is not network.is_stop and (np.round(found.leg_m, 3) > max_snap_m).any():
        found = _onto(network, np.flatnonzero(network.is_stop), xy)  # how far it is must be said even where it is too far
    too_far = np.round(found.leg_m, 3) > max_snap_m
    found.segment[too_far], found.along_m[too_far] = -1, np.nan
    return found


def _around(network: Network, xy: Floats, max_snap_m: float) -> npt.NDArray[np.bool_]:
    """Return which segments may come within the limit of any of the points: none starts farther off than the longest is long."""
    margin = max_snap_m + 1 + float(network.length_m.max(initial=0.0))
    low, high = xy.min(axis=0) - margin, xy.max(axis=0) + margin
    near = (network.x >= low[0]) & (network.x <= high[0]) & (network.y >= low[1]) & (network.y <= high[1])
    return np.asarray(near[network.tail] & network.is_stop)


def _onto(network: Network, segments: Ints, xy: Floats) -> Placement:
    """Put points onto the nearest of some segments, however far it is."""
    found = Placement(np.full(len(xy), -1, dtype=np.int64), np.full(len(xy), np.nan), np.full(len(xy), np.inf))
    if len(xy) and len(segments):
        # Neighbours ask for the same part of the tree: in the order of a space-filling curve the questions hit the cache.
        order = _along_a_curve(xy)
        nearest, found.along_m[order], found.leg_m[order] = _nearest(_only(network, segments), xy[order])
        found.segment[order] = segments[nearest]
    return found


def _only(network: Network, segments: Ints) -> Network:
    """Return the network with some of its segments: those that points may stand on."""
    columns = {name: getattr(network, name)[segments] for name in ("tail", "head", "length_m")}
    return network if len(segments) == len(network.tail) else replace(network, **columns)


def _along_a_curve(xy: Floats) -> Ints:
    """Return the order of the points along a Z-shaped curve through 65,536 × 65,536 squares."""
    low = xy.min(axis=0)
    size = max(float((xy.max(axis=0) - low).max()), 1.0)
    square = ((xy - low) * (65_535 / size)).astype(np.uint64)
    return np.argsort(_spread(square[:, 0]) | (_spread(square[:, 1]) << np.uint64(1)), kind="stable")


def _spread(value: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Put a zero between all bits of 16-bit numbers."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        value = (value | (value << np.uint64(shift))) & np.uint64(mask)
    return value


def _nearest(network: Network, xy: Floats) -> tuple[Ints, Floats, Floats]:
    """Return segment, distance along it and distance to it of every point."""
    samples = _samples(network)
    segment = np.empty(len(xy), dtype=np.int64)
    fraction, leg_m = np.empty(len(xy)), np.empty(len(xy))
    waiting, asked = np.arange(len(xy)), FIRST_ASKED
    while len(waiting):
        unproven = []
        asked = min(asked, samples.tree.n)
        for part in _parts(waiting, asked):
            near, proven = _candidates(network, samples, xy[part], asked)
            done = part[proven]
            if len(done):
                segment[done], fraction[done], leg_m[done] = _best(near, len(done))
            unproven.append(part[~proven])
        waiting, asked = np.concatenate(unproven), asked * 4
    return segment, fraction * network.length_m[segment], leg_m


def _parts(waiting: Ints, asked: int) -> Iterator[Ints]:
    size = max(MOST_ANSWERS // asked, 1)
    return (waiting[start : start + size] for start in range(0, len(waiting), size))


def _samples(network: Network) -> _Samples:
    """Set samples at the nodes, which all their segments share, and inside the segments longer than the spacing."""
    tail, head = network.tail, network.head
    dx, dy = network.x[head] - network.x[tail], network.y[head] - network.y[tail]
    straight = np.hypot(dx, dy)
    spacing = max(SPACING_M, float(straight.sum()) / MOST_SAMPLES)
    inside = np.maximum(np.ceil(straight / spacing).astype(np.int64) - 1, 0)
    owner = np.repeat(np.arange(len(tail)), inside)
    step = np.arange(1, len(owner) + 1) - np.repeat(np.cumsum(inside) - inside, inside)
    share = step / (inside[owner] + 1)
    x = np.concatenate([network.x, network.x[tail[owner]] + share * dx[owner]])
    y = np.concatenate([network.y, network.y[tail[owner]] + share * dy[owner]])
    sample = np.concatenate([tail, head, len(network.x) + np.arange(len(owner))])
    segment = np.concatenate([np.arange(len(tail)), np.arange(len(tail)), owner])
    count = np.bincount(sample, minlength=len(x))
    used = count > 0  # not every node is an end of a segment that points may stand on
    first = np.concatenate([[0], np.cumsum(count[used])])
    by_sample = np.argsort(sample, kind="stable")
    return _Samples(KDTree(np.column_stack([x[used], y[used]])), first, segment[by_sample], spacing / 2)


def _candidates(network: Network, samples: _Samples, xy: Floats, asked: int) -> tuple[_Near, npt.NDArray[np.bool_]]:
    """Return the segments that may be nearest to the points that ``asked`` samples prove, and which points those are.

    The points of the result are numbered among the proven ones.
    """
    distance, sample = samples.tree.query(xy, k=np.arange(1, asked + 1))
    # Twice the tie, so that equally near segments are found too, whatever the rounding of the tree's own distances.
    reach = np.hypot(distance[:, 0] + 2 * TIE_M, samples.half_m)
    proven = (distance[:, -1] > reach) | (asked == samples.tree.n)
    point, column = np.nonzero(distance[proven] <= reach[proven, None])
    found = sample[proven][point, column]
    count = samples.first[found + 1] - samples.first[found]
    at = np.repeat(samples.first[found] - np.cumsum(count) + count, count) + np.arange(count.sum())
    return _measure(network, xy[proven], np.repeat(point, count), samples.segment[at]), proven


def _measure(network: Network, xy: Floats, point: Ints, segment: Ints) -> _Near:
    """Measure the distance of points to segments: to the foot of the perpendicular, or to the nearer end beyond it."""
    tail, head = network.tail[segment], network.head[segment]
    dx, dy = network.x[head] - network.x[tail], network.y[head] - network.y[tail]
    px, py = xy[point, 0] - network.x[tail], xy[point, 1] - network.y[tail]
    square = dx * dx + dy * dy
    fraction = np.clip(np.divide(px * dx + py * dy, square, out=np.zeros(len(point)), where=square > 0), 0.0, 1.0)
    return _Near(point, segment, np.hypot(px - fraction * dx, py - fraction * dy), fraction)


def _best(near: _Near, points: int) -> tuple[Ints, Floats, Floats]:
    """Return segment, fraction and distance of the nearest candidate of every point; the lowest segment among equals."""
    start = np.searchsorted(near.point, np.arange(points))
    least = np.minimum.reduceat(near.distance_m, start)
    ties = np.flatnonzero(near.distance_m <= least[near.point] + TIE_M)
    row = ties[np.lexsort((near.segment[ties], near.point[ties]))]
    row = row[np.searchsorted(near.point[row], np.arange(points))]
    return near.segment[row], near.fraction[row], near.distance_m[row]


def coordinates(points: npt.NDArray[np.object_]) -> Floats:
    """Return points as an n × 2 array; NaN where a geometry is missing, empty or no point."""
    xy = np.full((len(points), 2), np.nan)
    filled = (shapely.get_type_id(points) == shapely.GeometryType.POINT) & ~shapely.is_empty(points)
    xy[filled] = np.column_stack([shapely.get_x(points[filled]), shapely.get_y(points[filled])])
    return xy
