"""Which pieces of land lie side by side, along what, and where one can be joined with the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from geogrid.barriers import NARROWEST_M, outlines
from geogrid.faces import common_edges
from geogrid.regions import POLYGONAL
from geogrid.vertices import segments

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
    Shapes = npt.NDArray[np.object_]

ON_M = 2e-5
"""Cutting moves a line by a few micrometres: what is nearer than this lies on it."""
ALONG_M = 5.0
"""A border this near to a street or water runs along it."""


class Sides(NamedTuple):
    """Pairs of neighbours, ``first`` < ``second``, each once, with metres of common border.

    ``street_m`` lies on streets, water or barriers to the micrometre, ``along_m`` beside them, ``closed_m`` on barriers.
    """

    first: Ints
    second: Ints
    border_m: Floats
    street_m: Floats
    along_m: Floats
    closed_m: Floats

    @property
    def open_m(self) -> Floats:
        """Return the metres of border that can be crossed."""
        return np.maximum(self.border_m - self.closed_m, 0.0)

    @property
    def soft_m(self) -> Floats:
        """Return the metres of border on no street, water or barrier."""
        return np.maximum(self.border_m - self.street_m, 0.0)

    @property
    def is_open(self) -> Bools:
        """Return whether one can be joined with the other: over a metre, or half of a shorter border."""
        return np.asarray(self.open_m >= np.minimum(NARROWEST_M, self.border_m / 2))


def sides_between(shapes: Shapes, streets: Sequence[Any] | Shapes, barriers: Sequence[Any] | Shapes) -> Sides:
    """Return which polygons lie side by side.

    Parameters
    ----------
    shapes : ndarray of polygons
        That fit together corner by corner, on the lattice, in metres.
    streets : sequence of lines
        Streets and water.
    barriers : sequence of lines or polygons
        Open where they can be crossed; see `barriers.opened`. Nothing inside a polygon (on the water of a river) can be.

    Examples
    --------
    >>> west, east = shapely.box(0, 0, 40, 40), shapely.box(40, 0, 80, 40)
    >>> river = shapely.LineString([(40, -5), (40, 30)])
    >>> sides = sides_between(np.array([west, east]), [], [river])
    >>> sides.border_m.tolist(), sides.open_m.round(1).tolist(), sides.is_open.tolist()
    ([40.0], [10.0], [True])
    """
    common = common_edges(shapes)
    differ = common.first != common.second
    edges = np.asarray(shapely.linestrings(np.stack([common.start, common.end], axis=1)[differ]), dtype=object)
    pair, position = np.unique(common.first[differ] * len(shapes) + common.second[differ], return_inverse=True)
    first, second = np.divmod(pair, max(len(shapes), 1))
    length = shapely.length(edges)
    middles = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    lines = _segments(streets)
    closed_m = np.where(_inside(middles, barriers), length, np.minimum(_closed_m(edges, _segments(barriers)), length))
    is_on = _beside(middles, lines, ON_M) | (2 * closed_m > length)
    metres = (length, length * is_on, length * _beside(middles, lines, ALONG_M), closed_m)
    border_m, street_m, along_m, closed_m = (
        np.bincount(position, each, minlength=len(pair)).astype(np.float64) for each in metres
    )
    return Sides(first, second, border_m, street_m, along_m, closed_m)


def joined(sides: Sides, label: Ints) -> Sides:
    """Return the sides between groups of polygons, by the number of the group of each (-1: none).

    Examples
    --------
    >>> row = sides_between(np.array([shapely.box(x, 0, x + 1, 1) for x in range(3)]), [], [])
    >>> both = joined(row, np.array([0, 0, 1]))
    >>> both.first.tolist(), both.second.tolist(), both.border_m.tolist()
    ([0], [1], [1.0])
    """
    one, other = label[sides.first], label[sides.second]
    across = (one != other) & (one >= 0) & (other >= 0)
    low, high = np.minimum(one, other)[across], np.maximum(one, other)[across]
    count = int(label.max(initial=-1)) + 1
    pair, position = np.unique(low * count + high, return_inverse=True)
    first, second = np.divmod(pair, max(count, 1))
    border_m, street_m, along_m, closed_m = (
        np.bincount(position, each[across], minlength=len(pair)).astype(np.float64) for each in sides[2:]
    )
    return Sides(first, second, border_m, street_m, along_m, closed_m)


def components(count: int, first: Ints, second: Ints) -> Ints:
    """Return the number of the connected component of each of ``count`` nodes.

    Examples
    --------
    >>> components(4, np.array([0, 2]), np.array([1, 1])).tolist()
    [0, 0, 0, 1]
    """
    graph = sparse.coo_array((np.ones(len(first), dtype=bool), (first, second)), shape=(count, count))
    return np.asarray(csgraph.connected_components(graph, directed=False)[1], dtype=np.int64)


def lines_of(shapes: Sequence[Any] | Shapes) -> Shapes:
    """Return the single lines of lines and outlines of polygons; collections of both may be among them."""
    parts = shapely.get_parts(shapely.get_parts(_array(shapes)))
    parts = parts[shapely.get_dimensions(parts) >= POLYGONAL - 1]
    return np.asarray(shapely.get_parts(outlines(parts)), dtype=object)


def _segments(shapes: Sequence[Any] | Shapes) -> Shapes:
    return segments(lines_of(shapes)).drawn()


def _beside(points: Shapes, lines: Shapes, within_m: float) -> Bools:
    found = np.zeros(len(points), dtype=bool)
    if len(lines) and len(points):
        found[shapely.STRtree(lines).query(points, predicate="dwithin", distance=within_m)[0]] = True
    return found


def _inside(points: Shapes, barriers: Sequence[Any] | Shapes) -> Bools:
    """Return which points lie inside barriers that are polygons."""
    shapes = _array(barriers)
    found = np.zeros(len(points), dtype=bool)
    surfaces = shapes[shapely.get_dimensions(shapes) == POLYGONAL]
    if len(surfaces):
        found[shapely.STRtree(points).query(surfaces, predicate="contains")[1]] = True
    return found


def _closed_m(edges: Shapes, lines: Shapes) -> Floats:
    """Return how many metres of each edge lie on lines."""
    if not len(lines) or not len(edges):
        return np.zeros(len(edges))
    edge, line = shapely.STRtree(lines).query(edges, predicate="dwithin", distance=ON_M)
    shared = shapely.length(shapely.intersection(edges[edge], shapely.buffer(lines[line], ON_M, cap_style="flat")))
    return np.bincount(edge, shared, minlength=len(edges)).astype(np.float64)


def _array(shapes: Sequence[Any] | Shapes) -> Shapes:
    array = np.empty(len(shapes), dtype=object)
    array[:] = list(shapes)
    return array
