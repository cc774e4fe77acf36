"""Which polygon each of very many points touches: a lattice settles most points by indexing, exact predicates the rest.

Mark every box of a lattice that a border passes. Unmarked boxes that are side by side hold no border between them, so a connected
group of them lies in exactly the same polygons: one exact test per group settles all points of its boxes. Only points in marked
boxes are tested one by one, against the polygons whose bounding box they are in.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from geogrid.late import Late

if TYPE_CHECKING:
    from scipy import ndimage
else:
    ndimage = Late("scipy.ndimage")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

MOST_BOXES = 2_000_000
"""More boxes cost more to label than they save for a few million points (measured: tests/bench/bench_join.py)."""

FRAME = 2
"""Unmarked boxes around everything, so that outside is a group like any other."""

MARGIN = 1e-6
"""A border marks the boxes within this part of a box, far above the rounding of box numbers."""


class Touch(NamedTuple):
    """For each point the lowest position of a polygon that it touches (-1: none), and whether it touches several."""

    first: Ints
    several: Bools


class Lattice(NamedTuple):
    """Square boxes of width ``size`` from ``(left, bottom)``, numbered row by row."""

    left: float
    bottom: float
    size: float
    rows: int
    columns: int


def touching(xy: Floats, polygons: Geometries, *, tolerance: float) -> Touch:
    """Find the first polygon, in the order given, that each point touches.

    Parameters
    ----------
    xy
        Coordinates of the points, shape (2, n); a point with NaN touches nothing.
    polygons
        Shapely polygons in order of preference; they may overlap, be empty or missing.
    tolerance
        Points that touch no polygon count as touching those within this distance, in units of the coordinates: neighbours whose
        common border has different vertices leave cracks of rounding between them.

    Returns
    -------
    Touch
        One entry per point.

    Examples
    --------
    >>> west, east = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    >>> touching(np.array([[0.5, 1, 3], [0.5, 0.5, 0.5]]), np.array([west, east]), tolerance=1e-6)
    Touch(first=array([ 0,  0, -1]), several=array([False,  True, False]))
    """
    # Copies, because preparing a geometry changes it, and the caller may share his between threads.
    polygons = shapely.force_2d(polygons)
    present = np.flatnonzero(~(shapely.is_missing(polygons) | shapely.is_empty(polygons)))
    if len(present) < len(polygons):
        first, several = touching(xy, polygons[present], tolerance=tolerance)
        return Touch(np.append(present, -1)[first], several)
    if len(polygons) == 0:
        return Touch(np.full(xy.shape[1], -1), np.zeros(xy.shape[1], dtype=np.bool_))
    lattice = _lattice(polygons, xy.shape[1])
    marked = _marked(lattice, polygons, margin=max(MARGIN, tolerance / lattice.size))
    group, groups = ndimage.label(~marked)
    box = _boxes(lattice, xy)
    of_point = group.ravel()[box]
    first, several = (each[of_point] for each in _touching_groups(lattice, group, groups, polygons))
    rest = np.flatnonzero(of_point == 0)
    first[rest], several[rest] = _touching_each(xy[:, rest], _candidates(lattice, box[rest], polygons), polygons, tolerance)
    return Touch(first, several)


def _lattice(polygons: Geometries, boxes: int) -> Lattice:
    """Lay about as many boxes over the polygons as there are points."""
    left, bottom, right, top = shapely.total_bounds(polygons).tolist()
    width, height, boxes = right - left, top - bottom, min(max(boxes, 1), MOST_BOXES)
    # The second term keeps a strip without height from needing boxes without end.
    size = max(math.sqrt(width * height / boxes), max(width, height) / boxes) or 1.0
    rows, columns = (int(extent / size) + 1 + 2 * FRAME for extent in (height, width))
    return Lattice(left - FRAME * size, bottom - FRAME * size, size, rows, columns)


def _marked(lattice: Lattice, polygons: Geometries, *, margin: float) -> Bools:
    """Return True for the boxes that a border passes, or comes within ``margin`` boxes of."""
    start, end = _border_pieces(lattice, polygons)
    low = np.floor(np.minimum(start, end) - margin).astype(np.int64)
    high = np.floor(np.maximum(start, end) + margin).astype(np.int64)
    marked = np.zeros((lattice.rows, lattice.columns), dtype=np.bool_)
    # A piece spans at most two columns and two rows: the corners of its bounding box are all of its boxes.
    for column in (low[0], high[0]):
        for row in (low[1], high[1]):
            marked[row, column] = True
    return marked


def _border_pieces(lattice: Lattice, polygons: Geometries) -> tuple[Floats, Floats]:
    """Cut all borders into pieces at most half a box long; return their ends in boxes, shape (2, pieces)."""
    corner, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(polygons)), return_index=True)
    corner = _in_boxes(lattice, corner.T)
    joined = ring[1:] == ring[:-1]
    start, step = corner[:, :-1][:, joined], np.diff(corner, axis=1)[:, joined]
    pieces = np.maximum(np.ceil(2 * np.abs(step).max(axis=0)).astype(np.int64), 1)
    number = _count_up(pieces)
    step = np.repeat(step / pieces, pieces, axis=1)
    start = np.repeat(start, pieces, axis=1) + step * number
    return start, start + step


def _in_boxes(lattice: Lattice, xy: Floats) -> Floats:
    """Measure coordinates in boxes from the lattice's corner."""
    scaled: Floats = (xy - [[lattice.left], [lattice.bottom]]) / lattice.size
    return scaled


def _boxes(lattice: Lattice, xy: Floats) -> Ints:
    """Return the number of each point's box; points outside the lattice stand in its first box, which is outside too."""
    column, row = _in_boxes(lattice, xy)
    inside = (column >= 0) & (column < lattice.columns) & (row >= 0) & (row < lattice.rows)
    column, row = np.where(inside, column, 0), np.where(inside, row, 0)
    return row.astype(np.int64) * lattice.columns + column.astype(np.int64)


def _touching_groups(lattice: Lattice, group: npt.NDArray[np.int32], groups: int, polygons: Geometries) -> Touch:
    """Test the middle of some box of each group; entry 0 stands for the marked boxes, which are in no group."""
    some_box = np.zeros(groups + 1, dtype=np.int64)
    some_box[group.ravel()] = np.arange(group.size)
    row, column = np.divmod(some_box[1:], lattice.columns)
    middle = shapely.points(lattice.left + (column + 0.5) * lattice.size, lattice.bottom + (row + 0.5) * lattice.size)
    point, polygon = shapely.STRtree(polygons).query(middle, predicate="intersects")
    return _lowest(point + 1, polygon, groups + 1)


def _candidates(lattice: Lattice, box: Ints, polygons: Geometries) -> tuple[Ints, Ints]:
    """Pair every point with the polygons whose bounding box covers its box; pairs of a polygon stand together."""
    low, high = np.hsplit(shapely.bounds(polygons), 2)
    first_column, first_row = np.floor(_in_boxes(lattice, low.T) - MARGIN).astype(np.int64)
    last_column, last_row = np.floor(_in_boxes(lattice, high.T) + MARGIN).astype(np.int64)
    # One run of boxes for each row of each polygon, found among the sorted boxes of the points.
    rows = last_row - first_row + 1
    run_row = np.repeat(first_row, rows) + _count_up(rows)
    order = np.argsort(box, kind="stable")
    start = np.searchsorted(box[order], run_row * lattice.columns + np.repeat(first_column, rows), side="left")
    stop = np.searchsorted(box[order], run_row * lattice.columns + np.repeat(last_column, rows), side="right")
    found = stop - start
    point = order[np.repeat(start, found) + _count_up(found)]
    return point, np.repeat(np.repeat(np.arange(len(polygons)), rows), found)


def _touching_each(xy: Floats, candidates: tuple[Ints, Ints], polygons: Geometries, tolerance: float) -> Touch:
    """Test pairs of points and polygons exactly, then look for those within the tolerance of points that touch none."""
    point, polygon = candidates
    shapely.prepare(polygons)
    touches = shapely.intersects_xy(polygons[polygon], xy[0, point], xy[1, point])
    first, several = _lowest(point[touches], polygon[touches], xy.shape[1])
    missed = np.flatnonzero(first < 0)
    near_polygon, near = shapely.STRtree(shapely.points(xy[:, missed].T)).query(polygons, predicate="dwithin", distance=tolerance)
    first[missed], several[missed] = _lowest(near, near_polygon, len(missed))
    return Touch(first, several)


def _lowest(point: Ints, polygon: Ints, points: int) -> Touch:
    """Reduce pairs of points and polygons to the lowest polygon of each point."""
    first = np.full(points, np.iinfo(np.int64).max)
    np.minimum.at(first, point, polygon)
    times = np.bincount(point, minlength=points)
    first[times == 0] = -1
    return Touch(first, times > 1)


def _count_up(lengths: Ints) -> Ints:
    """Count 0, 1, 2 … anew for each length: lengths 2 and 3 give 0 1 0 1 2."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
