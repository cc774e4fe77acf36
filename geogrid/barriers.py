"""Lines that must not be crossed: on which sides of rivers, railways and trunk roads a grid stands, and what lies across."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.regions import wide_pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Shapes = npt.NDArray[np.object_]

STANDS = 1 / 20
"""A grid stands on a side of a barrier where at least this share of it lies; less is a fringe of inexact lines."""
NARROWEST_M = 1.0
BESIDE_M = 1.0
"""How much further than a grid a barrier is looked at."""


def crossed(shape: Any, former: Any, got: Any, barriers: Sequence[Any] | Shapes, *, is_part: bool = False) -> Any:
    """Return the land that a grid got across a barrier from where it stands, or None.

    Parameters
    ----------
    shape, former : Polygon or MultiPolygon
        The grid now and before. A new grid stands where most of it lies and has no ``former``; a part (``is_part``) of
        its ``former`` may also stand where that one stood, and keeps its fringes: what straddles a river can be divided.
    got : Polygon or MultiPolygon
        What it got.
    barriers : sequence of lines
        What dangles inside the grid divides nothing.

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
    lines = _near(barriers, shape)
    if not len(lines):
        return None
    sides = sides_of(shape, lines)
    standing = _standing(former, lines)
    if is_part or former is None:
        size = shapely.area(sides)
        standing = shapely.union(standing, sides[size.argmax()])
        sides = sides[size >= STANDS * shape.area] if is_part else sides
    across = [side for side in sides if shapely.intersection(side, standing).area < NARROWEST_M]
    pieces = wide_pieces(_array([shapely.intersection(side, got) for side in across]), NARROWEST_M).shapes
    return shapely.multipolygons(pieces) if len(pieces) else None


def sides_of(shape: Any, lines: Shapes) -> Shapes:
    """Return the pieces in which lines cut a polygon."""
    west, south, east, north = shape.bounds
    near = shapely.clip_by_rect(lines, west - BESIDE_M, south - BESIDE_M, east + BESIDE_M, north + BESIDE_M)
    noded = shapely.union_all([shapely.boundary(shape), *near])
    pieces = np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))), dtype=object)
    return pieces[shapely.intersects(shape, shapely.point_on_surface(pieces))] if len(pieces) else pieces


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
