"""What must not be crossed: on which sides of rivers, railways and trunk roads a grid stands, and where bridges open them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.modes import street_use
from geogrid.regions import POLYGONAL, wide_pieces
from geogrid.vertices import levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import numpy.typing as npt

    Shapes = npt.NDArray[np.object_]

STANDS = 1 / 20
"""A grid stands on a side of a barrier where at least this share of it lies; less is a fringe of inexact lines."""
NARROWEST_M = 1.0
BESIDE_M = 1.0
"""How much further than a grid a barrier is looked at."""
BRIDGE_M = 5.0
"""Half the width of the opening that a bridge or tunnel makes."""
ALONG_DEG = 20.0
"""A way that meets a barrier at a smaller angle runs along it."""
LOOK_M = 2.0
"""How far from a crossing directions are read."""
ON_M = 1e-6


def crossed(shape: Any, former: Any, got: Any, barriers: Sequence[Any] | Shapes, *, is_part: bool = False) -> Any:
    """Return the land that a grid got across a barrier from where it stands, or None.

    Parameters
    ----------
    shape, former : Polygon or MultiPolygon
        The grid now and before. A new grid stands where most of it lies, keeps its fringes and has no ``former``; a part
        (``is_part``) of its ``former`` may also stand where that one stood: what straddles a river can be divided.
    got : Polygon or MultiPolygon
        What it got.
    barriers : sequence of lines or polygons
        What dangles inside the grid divides nothing. A polygon divides along its outline; its own surface, the water of a wide
        river, may belong to either side.

    Returns
    -------
    MultiPolygon or None
        Pieces at least a metre wide.

    Examples
    --------
    >>> west, both = shapely.box(0, 0, 50, 50), shapely.box(0, 0, 100, 50)
    >>> river = shapely.LineString([(60, -5), (60, 55)])
    >>> crossed(both, west, shapely.box(50, 0, 100, 50), [river]).area
    2000.0
    """
    near = _near(barriers, shape)
    if not len(near):
        return None
    lines, surface = outlines(near), shapely.union_all(near[shapely.get_dimensions(near) == POLYGONAL])
    sides = sides_of(shape, lines)
    standing = _standing(former, lines)
    if is_part or former is None:
        size = shapely.area(sides)
        standing = shapely.union(standing, sides[shapely.area(shapely.difference(sides, surface)).argmax()])
        sides = sides[size >= STANDS * shape.area]
    across = [side for side in sides if shapely.intersection(side, standing).area < NARROWEST_M]
    land = _array([shapely.difference(shapely.intersection(side, got), surface) for side in across])
    pieces = wide_pieces(land, NARROWEST_M).shapes
    return shapely.multipolygons(pieces) if len(pieces) else None


def sides_of(shape: Any, lines: Shapes) -> Shapes:
    """Return the pieces in which lines cut a polygon."""
    west, south, east, north = shape.bounds
    near = shapely.clip_by_rect(lines, west - BESIDE_M, south - BESIDE_M, east + BESIDE_M, north + BESIDE_M)
    noded = shapely.union_all([shapely.boundary(shape), *near])
    pieces = np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))), dtype=object)
    return pieces[shapely.intersects(shape, shapely.point_on_surface(pieces))] if len(pieces) else pieces


def outlines(barriers: Sequence[Any] | Shapes) -> Shapes:
    """Return the lines along which barriers divide: themselves, and the outlines of polygons."""
    shapes = _array(list(barriers))
    return np.asarray(np.where(shapely.get_dimensions(shapes) == POLYGONAL, shapely.boundary(shapes), shapes), dtype=object)


def ways_across(roads: gpd.GeoDataFrame) -> Shapes:
    """Return the bridges and tunnels among streets that may be walked, as lines joined end to end.

    Parameters
    ----------
    roads : GeoDataFrame
        With what of ``bridge``, ``tunnel``, ``highway``, ``foot``, ``access`` and the like there is; see `modes.street_use`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> lines = [shapely.LineString([(0, y), (9, y)]) for y in (0, 1, 2)]
    >>> roads = gpd.GeoDataFrame({"bridge": ["yes", "yes", None], "foot": [None, "no", None]}, geometry=lines)
    >>> ways_across(roads).tolist()
    [<LINESTRING (0 0, 9 0)>]
    """
    if not len(roads):
        return _array([])
    _, bridge, tunnel = levels(roads).T
    walked = street_use(roads, "walk")["reason"].eq("").to_numpy(dtype=bool)
    parts = shapely.get_parts(np.asarray(roads.geometry, dtype=object)[walked & ((bridge > 0) | (tunnel > 0))])
    if not len(parts):
        return _array([])
    return np.asarray(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(list(parts)))), dtype=object)


def openings(barriers: Sequence[Any] | Shapes, ways: Sequence[Any] | Shapes) -> list[Any]:
    """Return for each barrier the land on which bridges and tunnels lead across it; empty where none does.

    Parameters
    ----------
    barriers : sequence of lines or polygons
        In metres.
    ways : sequence of lines
        From `ways_across`. One that ends at a barrier or runs along it does not cross it; across a polygon it must lead from
        bank to bank.
    """
    shapes = _array(list(barriers))
    found: list[list[Any]] = [[] for _ in shapes]
    lines = _array(list(ways))
    way, barrier = shapely.STRtree(shapes).query(lines, predicate="intersects") if len(shapes) and len(lines) else ((), ())
    for i, j in zip(way, barrier, strict=True):
        is_wide = shapely.get_dimensions(shapes[j]) == POLYGONAL
        found[j] += _decks(lines[i], shapes[j]) if is_wide else _crossings(lines[i], shapes[j])
    return [shapely.union_all([shapely.buffer(each, BRIDGE_M) for each in some]) for some in found]


def opened(barriers: Sequence[Any] | Shapes, ways: Sequence[Any] | Shapes) -> list[Any]:
    """Return barriers without the stretches at which bridges and tunnels lead across them.

    Parameters
    ----------
    barriers, ways
        As for `openings`.

    Returns
    -------
    list of lines and polygons
        In their order; barriers of which nothing is left are left out.

    Examples
    --------
    >>> river, bridge = shapely.LineString([(0, -50), (0, 50)]), shapely.LineString([(-20, 0), (20, 0)])
    >>> [round(line.length, 3) for line in opened([river], [bridge])[0].geoms]
    [45.0, 45.0]
    """
    left = [
        barrier if gap.is_empty else shapely.difference(barrier, gap)
        for barrier, gap in zip(barriers, openings(barriers, ways), strict=True)
    ]
    return [shape for shape in left if not shape.is_empty]


def unlived(barriers: Sequence[Any] | Shapes, areas: Sequence[Any] | Shapes, homes: Sequence[Any] | Shapes) -> list[Any]:
    """Return the land that barriers cut off inside areas and where nobody lives: like a river's water, it goes with any side.

    Parameters
    ----------
    barriers : sequence of lines or polygons
        As from `opened`.
    areas : sequence of polygons
        What grids never leave.
    homes : sequence of points

    Returns
    -------
    list of Polygon

    Examples
    --------
    >>> village, rail = shapely.box(0, 0, 100, 50), shapely.LineString([(60, -5), (60, 55)])
    >>> [shape.area for shape in unlived([rail], [village], [shapely.Point(10, 10)])]
    [2000.0]
    """
    lines, land = outlines(barriers), _array(list(areas))
    cut = land[np.unique(shapely.STRtree(land).query(lines, predicate="intersects")[1])] if len(land) else land
    cells = [side for area in cut for side in sides_of(area, lines[shapely.intersects(lines, area)])]
    lived_in = {*shapely.STRtree(_array(list(homes))).query(_array(cells), predicate="intersects")[0].tolist()}
    return [cell for position, cell in enumerate(cells) if position not in lived_in]


def _decks(way: Any, polygon: Any) -> list[Any]:
    """Return the stretches of a way that lead from bank to bank."""
    parts = shapely.get_parts(shapely.intersection(way, polygon))
    parts = parts[shapely.get_dimensions(parts) == 1]
    ends = shapely.points(np.stack([shapely.get_coordinates(part)[[0, -1]] for part in parts])) if len(parts) else parts
    bank = shapely.boundary(polygon)
    return [part for part, pair in zip(parts, ends, strict=True) if (shapely.distance(pair, bank) <= ON_M).all()]


def _crossings(way: Any, line: Any) -> list[Any]:
    """Return the points at which a way crosses a line, other than by ending there or running along it."""
    points = shapely.get_parts(shapely.intersection(way, line))
    points = points[shapely.get_dimensions(points) == 0]
    return [
        point
        for point in points
        if shapely.distance(point, shapely.boundary(way)) > ON_M and _angle(way, line, point) >= ALONG_DEG
    ]


def _angle(one: Any, other: Any, point: Any) -> float:
    """Return the angle in degrees, at most 90, at which two lines meet in a point."""
    near = point.buffer(LOOK_M)
    vectors = []
    for line in (one, other):
        parts = shapely.get_parts(shapely.line_merge(shapely.intersection(line, near)))
        xy = shapely.get_coordinates(parts[shapely.distance(parts, point).argmin()])
        vectors.append(xy[-1] - xy[0])
    (a, b), (c, d) = vectors
    return float(np.degrees(np.arctan2(abs(a * d - b * c), abs(a * c + b * d))))


def _near(barriers: Sequence[Any] | Shapes, shape: Any) -> Shapes:
    lines = _array(list(barriers))
    return lines[shapely.intersects(lines, shape)] if len(lines) else lines


def _standing(former: Any, lines: Shapes) -> Any:
    """Return the land on whose sides a grid stood; of a new grid nothing."""
    if former is None:
        return shapely.Polygon()
    old = sides_of(former, lines)
    return shapely.union_all(old[shapely.area(old) >= STANDS * former.area])


def _array(shapes: Sequence[Any] | Shapes) -> Shapes:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array
