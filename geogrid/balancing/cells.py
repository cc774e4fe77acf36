"""Cells within a block: the land nearest to each building or unit, cut further by straight lines between households.

A cell's border is known before any land is cut: half-way lines between samples of different owners, and lines that halve the
households of an owner again and again. Afterwards each face asks whose it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from scipy.spatial import KDTree, Voronoi

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Shapes = npt.NDArray[np.object_]

BEYOND_M = 1.0
"""How far lines lead beyond the block, so that they surely meet its border; what sticks out bounds no face."""
SAME_PLACE_M = 0.01
_ONWARD_M = 0.001
_FAR = 10.0
_FEWEST = 2


@dataclass(frozen=True, eq=False)
class Samples:
    """Places that stand for owners (buildings, units): the land nearest to them is theirs."""

    xy: Floats
    owner: Ints

    def nearest(self, xy: Floats) -> Ints:
        """Return the owner nearest to each place."""
        return np.asarray(self.owner[KDTree(self.xy).query(xy)[1]], dtype=np.int64)


def samples_of(xy: Floats, owner: Ints) -> Samples:
    """Take samples, those at one place (to 1 cm) once, in order."""
    _, first = np.unique(np.rint(xy / SAME_PLACE_M), axis=0, return_index=True)
    first = np.sort(first)
    return Samples(xy[first], owner[first])


class Halfway(NamedTuple):
    """Lines as near to samples of one owner as to those of another, and which two; ``one`` is the lower number."""

    one: Ints
    other: Ints
    lines: Shapes

    def between(self, owner: Ints) -> Shapes:
        """Return the lines between owners that differ once each has become another, by its number."""
        return np.asarray(self.lines[owner[self.one] != owner[self.other]], dtype=object)


def halfway(samples: Samples, block: Any) -> Halfway:
    """Return the lines within a block between the land nearest to each owner.

    Parameters
    ----------
    samples : Samples
    block : Polygon or MultiPolygon
        In metres; the lines end a little beyond it.

    Examples
    --------
    >>> two = samples_of(np.array([[1.0, 2], [3, 2], [7, 2]]), np.array([0, 0, 1]))
    >>> found = halfway(two, shapely.box(0, 0, 9, 4))
    >>> found.one.tolist(), found.other.tolist(), [shapely.normalize(line).wkt for line in found.lines]
    ([0], [1], ['LINESTRING (5 -1, 5 5)'])
    """
    if len(np.unique(samples.owner)) < _FEWEST:
        none = np.empty(0, dtype=np.int64)
        return Halfway(none, none, np.empty(0, dtype=object))
    west, south, east, north = block.bounds
    middle, reach = np.array([(west + east) / 2, (south + north) / 2]), _FAR * (east - west + north - south + 1)
    # Near zero floats are finest; four samples far away make every line between the others finite.
    far = np.array([[-reach, -reach], [reach, -reach], [-reach, reach], [reach, reach]])
    cells = Voronoi(np.vstack([samples.xy - middle, far]))
    owner = np.append(samples.owner, np.full(len(far), -1))
    pairs, ends = owner[np.asarray(cells.ridge_points)], np.asarray(cells.ridge_vertices)
    wanted = (pairs[:, 0] != pairs[:, 1]) & (pairs >= 0).all(axis=1) & (ends >= 0).all(axis=1)
    lines, which = _clipped(shapely.linestrings(cells.vertices[ends[wanted]] + middle), block)
    pairs = np.sort(pairs[wanted][which], axis=1)
    return Halfway(pairs[:, 0], pairs[:, 1], lines)


class Cut(NamedTuple):
    """A line that divides places: where ``across`` of a place is at least ``at`` it lies on the far side."""

    across: Floats
    at: float
    near: Cut | int
    far: Cut | int


class Halved(NamedTuple):
    """How places were divided: the first cut (or 0 where there is none), how many parts there are, and the lines drawn."""

    root: Cut | int
    parts: int
    lines: Shapes


def part_of(cut: Cut | int, xy: Floats) -> Ints:
    """Return the part in which each place lies."""
    if isinstance(cut, int):
        return np.full(len(xy), cut, dtype=np.int64)
    beyond = xy @ cut.across >= cut.at
    found = np.empty(len(xy), dtype=np.int64)
    found[~beyond] = part_of(cut.near, xy[~beyond])
    found[beyond] = part_of(cut.far, xy[beyond])
    return found


def halved(xy: Floats, weight: Ints, most: int, block: Any) -> Halved:
    """Divide places by straight lines, along and across the block, until no part weighs more than ``most``.

    Parameters
    ----------
    xy : array (n, 2)
        In metres.
    weight : array of int (n)
    most : int
        A part that stands in one place may weigh more.
    block : Polygon or MultiPolygon
        The lines end a little beyond it.

    Examples
    --------
    >>> four = np.array([[1.0, 1], [2, 1], [6, 1], [7, 1]])
    >>> done = halved(four, np.ones(4, dtype=int), 2, shapely.box(0, 0, 8, 3))
    >>> part_of(done.root, four).tolist(), [line.wkt for line in done.lines]
    ([0, 0, 1, 1], ['LINESTRING (4 -1, 4 4)'])
    """
    axes = _axes(block)
    corners = shapely.get_coordinates(block) @ axes.T
    low, high = corners.min(axis=0) - BEYOND_M, corners.max(axis=0) + BEYOND_M
    maker = _Maker(axes, most, [])
    root, parts = maker.divide(xy @ axes.T, weight, np.stack([low, high]), 0)
    lines = [np.stack([start, end]) @ axes for start, end in maker.lines]
    return Halved(root, parts, _clipped(shapely.linestrings(lines), block)[0] if lines else np.empty(0, dtype=object))


@dataclass(frozen=True)
class _Maker:
    """Divides places within a box, in the block's own directions, and notes the lines."""

    axes: Floats
    most: int
    lines: list[tuple[Floats, Floats]]

    def divide(self, uv: Floats, weight: Ints, box: Floats, number: int) -> tuple[Cut | int, int]:
        """Return the cuts, and the number after the last part."""
        total = int(weight.sum())
        if total <= self.most:
            return number, number + 1
        extent = np.ptp(uv, axis=0)
        for axis in (0, 1) if extent[0] >= extent[1] else (1, 0):
            at = self._between(uv[:, axis], weight, total)
            if at is not None:
                break
        else:
            return number, number + 1
        self._note(box, axis, at)
        beyond = uv[:, axis] >= at
        low, high = box.copy(), box.copy()
        low[1, axis] = high[0, axis] = at
        near, number = self.divide(uv[~beyond], weight[~beyond], low, number)
        far, number = self.divide(uv[beyond], weight[beyond], high, number)
        return Cut(self.axes[axis], at, near, far), number

    def _between(self, along: Floats, weight: Ints, total: int) -> float | None:
        """Return where to cut so that the near side has its share of the parts needed; None where all stand in one line."""
        parts = -(-total // max(self.most, 1))
        order = np.argsort(along, kind="stable")
        before = np.cumsum(weight[order])[:-1]
        gaps = np.diff(along[order])
        possible = np.flatnonzero(gaps > SAME_PLACE_M)
        if not len(possible):
            return None
        best = possible[np.argmin(np.abs(before[possible] - total * (parts // 2) / parts))]
        return float(along[order[best]] + gaps[best] / 2)

    def _note(self, box: Floats, axis: int, at: float) -> None:
        start, end = box[0] - _ONWARD_M, box[1] + _ONWARD_M
        start[axis] = end[axis] = at
        self.lines.append((start, end))


def _axes(block: Any) -> Floats:
    """Return the directions along the sides of the smallest rectangle around a block, as rows."""
    ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(block))
    side = ring[1] - ring[0]
    length = float(np.hypot(*side))
    along = side / length if length > 0 else np.array([1.0, 0.0])
    # The same directions whichever corner the rectangle begins with.
    turns = np.array([along, (-along[1], along[0]), -along, (along[1], -along[0])])
    east = turns[np.argmax(np.round(turns @ np.array([1.0, 1e-3]), 9))]
    return np.array([east, (-east[1], east[0])]) + 0.0


def _clipped(lines: Shapes, block: Any) -> tuple[Shapes, Ints]:
    """Return the parts of lines in a block and a little beyond, and the line that each is of."""
    around = shapely.buffer(block, BEYOND_M, join_style="mitre")
    shapely.prepare(around)
    some = np.flatnonzero(shapely.intersects(around, lines))
    cut = lines[some]
    crossing = ~shapely.contains_properly(around, cut)
    cut[crossing] = shapely.intersection(cut[crossing], around)
    parts, which = shapely.get_parts(cut, return_index=True)
    long = shapely.get_dimensions(parts) == 1
    return np.asarray(parts[long], dtype=object), some[which[long]]
