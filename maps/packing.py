"""Geometry as short lists of whole numbers: shared borders once, every point as the step from the one before.

Coordinates are millionths of a degree (a tenth of a metre). The rings of all polygon layers are cut into *arcs* where more than
two border edges meet, and an arc that several rings use is written once, which also keeps neighbours' borders the same line on
screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Packed = dict[str, list[int]]

UNITS = 1_000_000
"""Coordinate units per degree."""

_SPREAD = 1 << 32
SMALLEST_RING = 3
"""Corners below which a ring is nothing."""
TWO_EDGES = 2
"""Edges at a point that a border just passes."""


def pack_lines(lines: npt.NDArray[Any]) -> Packed:
    """Pack line strings.

    Parameters
    ----------
    lines : array of LineString
        In degrees; other kinds are left out.

    Returns
    -------
    dict
        ``xy`` the steps of all points (dx, dy, dx, dy …), ``n`` how many points each line has.

    Examples
    --------
    >>> pack_lines(np.array([shapely.LineString([(1, 2), (1.000001, 2)])]))
    {'xy': [1000000, 2000000, 1, 0], 'n': [2]}
    """
    kept = lines[shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING]
    points, owner = shapely.get_coordinates(kept, return_index=True)
    whole = _whole(points)
    keep = ~_repeats(whole, owner)
    return {"xy": _steps(whole[keep]), "n": np.bincount(owner[keep], minlength=len(kept)).tolist()}


def pack_points(points: npt.NDArray[Any]) -> list[int]:
    """Pack points as steps from one to the next.

    Examples
    --------
    >>> pack_points(np.array([shapely.Point(1, 2), shapely.Point(1.5, 2)]))
    [1000000, 2000000, 500000, 0]
    """
    return _steps(_whole(np.column_stack([shapely.get_x(points), shapely.get_y(points)])))


def pack_polygons(layers: Mapping[str, npt.NDArray[Any]], *, units: int = UNITS) -> tuple[Packed, dict[str, Packed]]:
    """Pack the polygons of several layers over one table of arcs.

    Parameters
    ----------
    layers : mapping of name to array of geometries
        In degrees; parts that are not polygons are left out, a missing geometry has no polygons.
    units : int
        Coordinate units per degree; the page must be told of any but `UNITS`.

    Returns
    -------
    arcs : dict
        As `pack_lines`, every arc once, in the order of first use.
    shapes : dict
        Per layer: ``polygons`` of each geometry, ``rings`` of each polygon, ``arcs`` of each ring, and ``use``, one number per
        use of an arc: 0 for the next new arc, 2d-1 for the d-th last one, 2d for that one backwards.

    Examples
    --------
    Two squares side by side share an arc: the second square uses the last but one arc so far, backwards.

    >>> arcs, shapes = pack_polygons({"grids": np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])})
    >>> arcs["n"], shapes["grids"]["use"]
    ([2, 4, 4], [0, 0, 4, 0])
    """
    rings = _rings(layers, units)
    uses = _cut(rings)
    number, first, flipped = _shared(uses)
    codes = np.where(first, 0, 2 * (np.cumsum(first) - number) - 1 + flipped)
    ends = np.cumsum([0, *rings.per_layer])
    split = np.searchsorted(uses.ring, ends)
    per_ring = np.bincount(uses.ring, minlength=rings.count)
    shapes = {
        name: {
            "polygons": polygons.tolist(),
            "rings": of_polygon.tolist(),
            "arcs": per_ring[ends[i] : ends[i + 1]].tolist(),
            "use": codes[split[i] : split[i + 1]].tolist(),
        }
        for i, (name, (polygons, of_polygon)) in enumerate(rings.shapes.items())
    }
    return _written(rings, uses, first), shapes


@dataclass(frozen=True)
class _Rings:
    """All rings, open (last corner not repeated): corners ``xy``, the point number and ring of each corner."""

    xy: Ints
    point: Ints
    start: Ints
    count: int
    per_layer: list[int]
    shapes: dict[str, tuple[Ints, Ints]]

    @property
    def length(self) -> Ints:
        """Return the corners of each ring."""
        return np.diff(np.append(self.start, len(self.xy)))


@dataclass(frozen=True)
class _Uses:
    """Uses of arcs, ring by ring: ``walk`` goes round every ring from one of its cuts, use i walks on from ``first[i]``."""

    walk: Ints
    path: Ints
    ring: Ints
    first: Ints
    size: Ints


def _rings(layers: Mapping[str, npt.NDArray[Any]], units: int) -> _Rings:
    """Take the rings of all layers apart; those that shrink to nothing in whole units are left out."""
    corners, owners, per_layer, shapes = [], [], [], {}
    total = 0
    for name, geometries in layers.items():
        parts, part_of = shapely.get_parts(geometries, return_index=True)
        polygonal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
        parts, part_of = parts[polygonal], part_of[polygonal]
        rings, ring_of = shapely.get_rings(parts, return_index=True)
        xy, owner = shapely.get_coordinates(rings, return_index=True)
        xy, owner, kept = _open(_whole(xy, units), owner, len(rings))
        rings_of_part = np.bincount(ring_of[kept], minlength=len(parts))
        alive = rings_of_part > 0
        shapes[name] = (np.bincount(part_of[alive], minlength=len(geometries)), rings_of_part[alive])
        corners.append(xy)
        owners.append(owner + total)
        per_layer.append(int(kept.sum()))
        total += per_layer[-1]
    all_xy, all_owner = np.concatenate(corners or [np.zeros((0, 2), np.int64)]), np.concatenate(owners or [np.zeros(0, np.int64)])
    point = np.unique(all_xy[:, 0] * _SPREAD + all_xy[:, 1], return_inverse=True)[1]
    return _Rings(all_xy, point, np.searchsorted(all_owner, np.arange(total)), total, per_layer, shapes)


def _open(xy: Ints, owner: Ints, count: int) -> tuple[Ints, Ints, Flags]:
    """Drop repeated corners, the closing one too, and rings of fewer than three; number the kept rings from 0."""
    keep = ~_repeats(xy, owner)
    xy, owner = xy[keep], owner[keep]
    last = np.append(owner[1:] != owner[:-1], True) if len(owner) else np.zeros(0, bool)
    start = np.searchsorted(owner, np.arange(count))
    closing = last & (xy == xy[start[owner]]).all(axis=1) if len(owner) else last
    xy, owner = xy[~closing], owner[~closing]
    kept = np.bincount(owner, minlength=count) >= SMALLEST_RING
    inside = kept[owner]
    return xy[inside], (np.cumsum(kept) - 1)[owner[inside]], kept


def _cut(rings: _Rings) -> _Uses:
    """Cut every ring at its junctions; a ring without one is cut once, at its lowest-numbered corner."""
    ring = np.repeat(np.arange(rings.count), rings.length)
    cut = _junctions(rings.point, rings.point[_following(rings)])[rings.point]
    uncut = np.bincount(ring[cut], minlength=rings.count) == 0
    lowest = np.lexsort((rings.point, ring))[rings.start]
    cut[lowest[uncut]] = True
    walk, ring, step = _walk(rings, np.flatnonzero(cut)[np.searchsorted(ring[cut], np.arange(rings.count))])
    starts = cut[walk] & (step < rings.length[ring])
    first = np.flatnonzero(starts)
    # An arc ends where the ring's next one starts, the last one at the ring's repeated first corner.
    stop = np.append(first[1:], len(walk))
    stop[np.append(ring[first[1:]] != ring[first[:-1]], np.ones(min(len(first), 1), bool))] -= 1
    return _Uses(walk, rings.point[walk], ring[first], first, stop - first + 1)


def _following(rings: _Rings) -> Ints:
    """Return the position of the corner that follows each corner in its ring."""
    after = np.arange(len(rings.xy)) + 1
    after[rings.start + rings.length - 1] = rings.start
    return after


def _walk(rings: _Rings, begin: Ints) -> tuple[Ints, Ints, Ints]:
    """Go round every ring from the position ``begin``, back to it: positions, rings, and steps from the beginning."""
    size = rings.length + 1
    ring = np.repeat(np.arange(rings.count), size)
    step = np.arange(len(ring)) - np.repeat(np.cumsum(size) - size, size)
    start = rings.start[ring]
    return start + (begin[ring] - start + step) % rings.length[ring], ring, step


def _junctions(tail: Ints, head: Ints) -> Flags:
    """Return True for points where other than two different border edges meet."""
    edges = np.unique(np.minimum(tail, head) * _SPREAD + np.maximum(tail, head))
    ends = np.concatenate([edges // _SPREAD, edges % _SPREAD])
    return np.asarray(np.bincount(ends, minlength=int(tail.max(initial=-1)) + 1) != TWO_EDGES)


def _shared(uses: _Uses) -> tuple[Ints, Flags, Flags]:
    """Find uses of the same arc: the arc's number by first use, whether this use is the first, and whether it runs backwards.

    Between junctions every point has two edges, so an arc is known by its first edge from either end.
    """
    last = uses.first + uses.size - 1
    forward = uses.path[uses.first] * _SPREAD + uses.path[uses.first + 1]
    backward = uses.path[last] * _SPREAD + uses.path[last - 1]
    _, earliest, same = np.unique(np.minimum(forward, backward), return_index=True, return_inverse=True)
    first = np.zeros(len(forward), dtype=bool)
    first[earliest] = True
    number = (np.cumsum(first) - 1)[earliest][same]
    return number, first, forward != forward[earliest][same]


def _written(rings: _Rings, uses: _Uses, first: Flags) -> Packed:
    """Write the arcs down at their first use."""
    begin, size = uses.first[first], uses.size[first]
    within = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    return {"xy": _steps(rings.xy[uses.walk[np.repeat(begin, size) + within]]), "n": size.tolist()}


def _steps(points: Ints) -> list[int]:
    """Return the differences of successive points as one flat list."""
    return np.diff(points, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel().tolist()


def _whole(degrees: npt.NDArray[np.float64], units: int = UNITS) -> Ints:
    return np.rint(degrees * units).astype(np.int64)


def _repeats(xy: Ints, owner: Ints) -> Flags:
    """Return True for points that equal the one before in the same line."""
    same = np.zeros(len(xy), dtype=bool)
    same[1:] = (xy[1:] == xy[:-1]).all(axis=1) & (owner[1:] == owner[:-1])
    return same
