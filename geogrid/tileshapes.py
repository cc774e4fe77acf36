"""Shapes as a tile of some zoom needs them: simplified so that neighbours still fit, and in whole units of the tile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from geogrid.webmercator import EDGE_M, EXTENT

if TYPE_CHECKING:
    import numpy.typing as npt

    Shapes = npt.NDArray[np.object_]

Kind = Literal["tiling", "lines", "shapes"]
"""How a layer is simplified: polygons that share borders, lines one by one, or not at all."""

POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def simplified(shapes: Shapes, tiers: npt.NDArray[Any], *, kind: Kind, tolerance: float) -> Shapes:
    """Simplify shapes; those of one tiling together, so that they still fit. What would break is left as it was.

    Parameters
    ----------
    shapes : ndarray of geometries
    tiers : ndarray
        The tiling of each.
    kind : Kind
    tolerance : float
        In the units of the shapes; of polygons the square root of the area of the corners that go.

    Examples
    --------
    >>> west = shapely.Polygon([(0, 0), (5, 0), (5.01, 5), (5, 10), (0, 10)])
    >>> east = shapely.Polygon([(5, 0), (9, 0), (9, 10), (5, 10), (5.01, 5)])
    >>> done = simplified(np.array([west, east]), np.array(["", ""]), kind="tiling", tolerance=1)
    >>> shapely.get_num_coordinates(done).tolist(), done[0].touches(done[1])
    ([5, 5], True)
    """
    if kind == "shapes" or not len(shapes):
        return shapes
    if kind == "lines":
        return np.asarray(shapely.simplify(shapes, tolerance), dtype=object)
    done = shapes.copy()
    for tier in np.unique(tiers):
        own = np.flatnonzero((tiers == tier) & np.isin(shapely.get_type_id(shapes), POLYGONS) & ~shapely.is_empty(shapes))
        done[own] = _whole(shapely.coverage_simplify(shapes[own], tolerance), shapes[own])
    return done


def _whole(simple: Shapes, before: Shapes) -> Shapes:
    """Keep what simplifying left valid: where grids overlap, it may break one."""
    return np.where(shapely.is_valid(simple) & ~shapely.is_empty(simple), simple, before)


def in_units(shapes: Shapes, z: int) -> Shapes:
    """Return shapes in units of the tiles of a zoom, counted from the world's north-west corner, rows downwards.

    Corners are whole numbers, so what two shapes share they still share. What vanishes in them is empty.

    Parameters
    ----------
    shapes : ndarray of geometries
        In metres of EPSG:3857.
    z : int

    Examples
    --------
    >>> in_units(np.array([shapely.box(0, 0, 1, 1)]), 0)[0].wkt
    'POLYGON EMPTY'
    >>> in_units(np.array([shapely.Point(0, EDGE_M)]), 1)[0].wkt
    'POINT (4096 0)'
    """
    unit = 2 * EDGE_M / 2**z / EXTENT
    exact = shapely.transform(shapes, lambda xy: np.column_stack([xy[:, 0] + EDGE_M, EDGE_M - xy[:, 1]]) / unit)
    whole = shapely.transform(exact, np.rint)
    spoilt = ~shapely.is_valid(whole) & ~shapely.is_missing(whole)
    whole[spoilt] = shapely.set_precision(exact[spoilt], 1.0)
    return np.asarray(shapely.orient_polygons(shapely.remove_repeated_points(whole)), dtype=object)
