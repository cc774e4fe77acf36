"""Regions left over by an overlay: which are wide enough to matter, how wide they are, and where each of them is.

The width of a region is the diameter of the largest circle that fits inside. It is found by shrinking: a circle of radius r fits
exactly when something is left after the border has moved inwards by r. That works on a strip of 3 km by 2 cm as well as on a
square, where a search over points would need millions of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geogrid.errors import InputError
from geogrid.rows.shapes import winds
from geogrid.words import Text

if TYPE_CHECKING:
    import numpy.typing as npt

    Shapes = npt.NDArray[np.object_]
    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

WORKING_PRECISION_M = 1e-6
"""One micrometre: widths are rounded to it before they are compared with a limit."""

_CAUTION = 0.99
"""A shrunk border is drawn to within 1 % of the distance, so candidates are taken 1 % early and then measured."""
_CLOSE = 1.002
_ARC = 16
"""A quarter of a circle in so many chords is true to 0.1 %."""
_MAX_HALVINGS = 40
POLYGONAL = 2
_MOST_CROSSINGS = 1_000
_EDGES_AT_ONCE = 500
_BOXES_AT_ONCE = 500
MOST_NEIGHBOURS = 60
"""Boxes that meet a grid's, on average, its own among them: of grids side by side they are some ten."""
PILED = Text(
    "{n} 个面层层相叠，不是一套网格；请核对文件是否重复收录了同一网格，或把多个级别、多套网格当成一套（请写明级别）。",
    "{n} polygons lie in piles upon one another: no set of grids. See whether the file holds grids several times over, or "
    "several levels or sets that it does not tell apart (state the level).",
)


class Pieces(NamedTuple):
    """Connected polygons at least as wide as a limit, and which of the given regions each came from."""

    shapes: Shapes
    source: Ints
    width_m: Floats


def wide_pieces(regions: Shapes, least_width_m: float) -> Pieces:
    """Split regions into connected pieces at least ``least_width_m`` wide and measure them; narrower ones are left out.

    Two rooms joined only by a corridor narrower than the limit are two pieces, and a piece does not include a narrow tail that
    would more than double its extent. (Where neighbours draw a border with different vertices, such tails of a nanometre's width
    run from a real defect along the whole border.) Any other piece keeps its shape to the last bit.

    Parameters
    ----------
    regions : ndarray of shapely geometries
        Of any kind, in metres; points and lines have no width.
    least_width_m : float
        Diameter of the largest circle that must fit.

    Returns
    -------
    Pieces
        In the order of their regions.

    Examples
    --------
    >>> two_rooms = shapely.union_all([shapely.box(0, 0, 4, 4), shapely.box(4, 0, 9, 0.001), shapely.box(9, 0, 12, 3)])
    >>> pieces = wide_pieces(np.array([two_rooms, shapely.box(0, 0, 0.001, 50)]), 0.01)
    >>> pieces.source.tolist(), pieces.width_m.round(3).tolist()
    ([0, 0], [4.0, 3.0])
    """
    parts, source = polygon_parts(regions)
    radius = least_width_m / 2 * _CAUTION
    possible = shapely.area(parts) >= np.pi * radius**2
    parts, source = parts[possible], source[possible]
    cores, part = shapely.get_parts(shapely.buffer(parts, -radius), return_index=True)
    some = ~shapely.is_empty(cores)
    cores, part = cores[some], part[some]
    shapes = _trimmed(parts[part], cores, np.bincount(part, minlength=len(parts))[part], radius)
    width_m = widths(shapes, radius)
    keep = width_m >= least_width_m - WORKING_PRECISION_M / 2
    return Pieces(shapes[keep], source[part][keep], width_m[keep])


def widths(polygons: Shapes, least_radius_m: float = 0.0) -> Floats:
    """Return the width of polygons: the diameter of the largest circle inside, in metres, to 0.2 %.

    Parameters
    ----------
    polygons : ndarray of Polygon or MultiPolygon
        In metres.
    least_radius_m : float
        A circle that is known to fit; saves time.

    Returns
    -------
    ndarray of float
        Never more than the true width, and exact for rectangles; rounded to a micrometre.

    Examples
    --------
    >>> widths(np.array([shapely.box(0, 0, 300, 0.5), shapely.Polygon([(0, 0), (4, 0), (0, 3)])])).round(2).tolist()
    [0.5, 2.0]
    """
    low = np.full(len(polygons), max(least_radius_m, WORKING_PRECISION_M / 2))
    high = np.maximum(_largest_possible(polygons), low)
    # What is left shrinks on: a spiky outline has lost most vertices by then, and to shrink it from the start took a minute.
    cores, done = np.array(polygons, dtype=object), np.zeros(len(polygons))
    for _ in range(_MAX_HALVINGS):
        active = np.flatnonzero(high > low * _CLOSE)
        if not len(active):
            break
        middle = _next_radius(cores[active], done[active], low[active], high[active])
        shrunk = shapely.buffer(cores[active], done[active] - middle, quad_segs=_ARC)
        fits = ~shapely.is_empty(shrunk)
        inside = active[fits]
        cores[inside], low[inside], done[inside] = shrunk[fits], middle[fits], middle[fits]
        high[inside] = np.minimum(high[inside], done[inside] + _largest_possible(shrunk[fits]))
        high[active[~fits]] = middle[~fits]
    return np.asarray(np.round(2 * _clearance(polygons, cores) / WORKING_PRECISION_M) * WORKING_PRECISION_M)


def narrow_parts(polygons: Shapes, width_m: float) -> Shapes:
    """Return the polygons that are narrower than a width.

    Examples
    --------
    >>> narrow_parts(np.array([shapely.box(0, 0, 300, 0.5), shapely.box(0, 0, 9, 2)]), 1.0).tolist()
    [<POLYGON ((300 0, 300 0.5, 0 0.5, 0 0, 300 0))>]
    """
    # The largest circle inside a shape has at least the radius area / outline: most need no measuring.
    perhaps = polygons[2 * shapely.area(polygons) < width_m * shapely.length(polygons)]
    return np.asarray(perhaps[widths(perhaps) < width_m] if len(perhaps) else perhaps, dtype=object)


def polygon_parts(regions: Shapes) -> tuple[Shapes, Ints]:
    """Return the polygons within geometries of any kind, and the position of the geometry that each came from.

    Examples
    --------
    >>> mixed = shapely.GeometryCollection([shapely.Point(0, 0), shapely.box(0, 0, 1, 1)])
    >>> [shape.geom_type for shape in polygon_parts(np.array([mixed]))[0]]
    ['Polygon']
    """
    parts, source = shapely.get_parts(regions, return_index=True)
    # A collection may hold multi-polygons.
    parts, again = shapely.get_parts(parts, return_index=True)
    polygons = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    return parts[polygons], source[again][polygons]


def mended(given: Shapes) -> tuple[Shapes, npt.NDArray[np.bool_]]:
    """Return the polygons of geometries, mended where an outline crosses itself, and which geometries were not fine as given.

    Mending takes each ring as filled or cut out as drawn. What is no polygon, and an outline that crosses itself more than
    1,000 times or `winds` (mending one, or growing it, took minutes, and nobody drew it on purpose), becomes an empty polygon.

    Parameters
    ----------
    given : ndarray of shapely geometries or None
        In any unit.

    Returns
    -------
    tuple of ndarray
        Valid, perhaps empty polygons or multi-polygons, and True for those that are not the geometry given.

    Examples
    --------
    >>> bowtie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> shapes, rough = mended(np.array([bowtie, shapely.box(0, 0, 1, 1), None]))
    >>> shapely.area(shapes).tolist(), rough.tolist()
    ([2.0, 1.0, 0.0], [True, False, True])
    """
    shapes = np.array(given, dtype=object)
    kinds = shapely.get_type_id(shapes)
    polygons = np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    wound = winds(shapes)
    shapes[wound] = shapely.Polygon()
    rough = wound | ~polygons | ~shapely.is_valid(shapes) | shapely.is_empty(shapes)
    for i in np.flatnonzero(rough & ~wound):
        parts = polygon_parts(shapes[i : i + 1])[0]
        whole = shapely.multipolygons(parts) if len(parts) != 1 else parts[0]
        bounded = shapes[i] is not None and not crosses_often(whole)
        shapes[i] = shapely.make_valid(whole, method="structure", keep_collapsed=False) if bounded else shapely.Polygon()
    return shapes, rough


def require_side_by_side(shapes: Shapes) -> None:
    """Refuse polygons of one tiling that lie in piles: to compare each with each takes hours.

    Raises
    ------
    InputError
        When the boxes of more than `MOST_NEIGHBOURS` meet that of each, on average.
    """
    tree, near = shapely.STRtree(shapes), 0
    for start in range(0, len(shapes), _BOXES_AT_ONCE):
        near += tree.query(shapes[start : start + _BOXES_AT_ONCE]).shape[1]
        if near > MOST_NEIGHBOURS * len(shapes):
            raise InputError(PILED.fill(n=f"{len(shapes):,}"))


def crosses_often(shape: Any) -> bool:
    """Return whether the outline of a polygon, or a line, crosses itself more than 1,000 times: nobody drew that on purpose.

    Examples
    --------
    >>> back_and_forth = shapely.LineString([(x, y) for x in range(60) for y in (0, 50)])
    >>> across = shapely.LineString([(-1, y) if y % 2 else (60, y) for y in range(50)])
    >>> crosses_often(shapely.union_all([back_and_forth])), crosses_often(shapely.MultiLineString([back_and_forth, across]))
    (False, True)
    """
    lines = shapely.get_rings(shape) if shapely.get_dimensions(shape) == POLYGONAL else shapely.get_parts(shape)
    coordinates, ring = shapely.get_coordinates(lines, return_index=True)
    inside_ring = ring[1:] == ring[:-1]
    edges = shapely.linestrings(np.stack([coordinates[:-1], coordinates[1:]], axis=1)[inside_ring])
    tree = shapely.STRtree(edges)
    met = 0
    for start in range(0, len(edges), _EDGES_AT_ONCE):
        some = edges[start : start + _EDGES_AT_ONCE]
        # Every edge meets itself and its two neighbours.
        met += tree.query(some, predicate="intersects").shape[1] - 3 * len(some)
        if met > 2 * _MOST_CROSSINGS:
            return True
    return False


def _trimmed(wholes: Shapes, cores: Shapes, siblings: Ints, radius: float) -> Shapes:
    """Return each core's own piece of its region: all of it, unless the region has several cores or is mostly tail."""
    shapes = np.array(wholes, dtype=object)
    cut = np.flatnonzero((siblings > 1) | (_extent(wholes) > 2 * _extent(cores) + 1.0))
    # Twice the radius, so that corners come back too; what little is added is narrower than the limit.
    grown = shapely.buffer(cores[cut], 2 * radius, join_style="mitre")
    parts, of = polygon_parts(shapely.intersection(wholes[cut], grown))
    order = np.lexsort((shapely.area(parts), of))
    largest = order[np.append(of[order][1:] != of[order][:-1], True)] if len(order) else order
    shapes[cut[of[largest]]] = parts[largest]
    return shapes


def _extent(shapes: Shapes) -> Floats:
    bounds = shapely.bounds(shapes)
    return np.asarray(np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]))


def _largest_possible(polygons: Shapes) -> Floats:
    """Return a radius that no circle inside exceeds: that of a circle of the same area, or half the box's shorter side."""
    bounds = shapely.bounds(polygons)
    side = np.minimum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    return np.asarray(np.minimum(np.sqrt(shapely.area(polygons) / np.pi), side / 2) * _CLOSE)


def _next_radius(cores: Shapes, done: Floats, low: Floats, high: Floats) -> Floats:
    """Return the radius to try: half way by ratio, from what surely fits to what would be the last of a convex core.

    A circle of radius area / outline fits into any shape without several holes, and none of twice that radius into a convex one.
    """
    sure = shapely.area(cores) / np.maximum(shapely.length(cores), WORKING_PRECISION_M)
    middle = np.minimum(np.sqrt(np.maximum(low, done + sure) * high), done + 1.99 * sure)
    return np.asarray(np.clip(middle, low * (1 + (_CLOSE - 1) / 4), high))


def _clearance(polygons: Shapes, cores: Shapes) -> Floats:
    """Return the radius of a circle that surely fits: the distance to the border from the middle, or that of what shrinking left.

    The middle of a thin core is known to some micrometres only, that of a rectangle exactly.
    """
    border = shapely.boundary(polygons)
    found = shapely.distance(shapely.point_on_surface(cores), border)
    for middle in (shapely.centroid(cores), shapely.centroid(polygons)):
        found = np.fmax(found, np.where(shapely.contains(polygons, middle), shapely.distance(middle, border), 0.0))
    return np.asarray(np.fmax(found, 0.0))
