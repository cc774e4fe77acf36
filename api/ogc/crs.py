"""Coordinate reference systems by their addresses at the OGC, with the order of axes that each of them states."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Transformer

from geogrid.crs import WGS84
from geogrid.errors import CrsError
from geogrid.words import Text

if TYPE_CHECKING:
    import numpy.typing as npt

    Shapes = npt.NDArray[np.object_]

BASE = "http://www.opengis.net/def/crs"
CRS84 = f"{BASE}/OGC/1.3/CRS84"
"""Longitude and latitude of WGS 84, in this order: what is meant when nothing is said."""

OFFERED = (4326, 4490, 3857)
"""EPSG codes that every collection is offered in, besides CRS84 and the projected one of the place."""

_NOWHERE = Text("坐标超出坐标系的范围", "coordinates lie outside the range of their reference system")
DEGREE_DECIMALS, METRE_DECIMALS = 7, 3
"""About a centimetre, and a millimetre."""


@dataclass(frozen=True)
class Crs:
    """One coordinate reference system.

    Attributes
    ----------
    uri : str
    crs : pyproj.CRS
    is_swapped : bool
        Whether its first axis runs north, as EPSG:4326 and the Gauss-Krüger zones state.
    decimals : int
        Written of each coordinate.
    """

    uri: str
    crs: CRS = field(compare=False)
    is_swapped: bool = False
    decimals: int = DEGREE_DECIMALS


@lru_cache(maxsize=64)
def epsg(code: int) -> Crs:
    """Return the system of an EPSG code.

    Examples
    --------
    >>> epsg(4326).is_swapped, epsg(3857).is_swapped, epsg(4548).is_swapped, epsg(4548).uri
    (True, False, True, 'http://www.opengis.net/def/crs/EPSG/0/4548')
    """
    known = CRS.from_epsg(code)
    decimals = DEGREE_DECIMALS if known.is_geographic else METRE_DECIMALS
    return Crs(f"{BASE}/EPSG/0/{code}", known, known.axis_info[0].direction == "north", decimals)


LONLAT = Crs(CRS84, WGS84)


def offered(local: CRS | None) -> tuple[Crs, ...]:
    """Return the systems of a place, CRS84 first.

    Parameters
    ----------
    local : pyproj.CRS or None
        The projected one that the place is measured in; one without a code has no address.

    Examples
    --------
    >>> [each.uri.rpartition("/")[2] for each in offered(CRS.from_epsg(4547))]
    ['CRS84', '4326', '4490', '3857', '4547']
    """
    code = None if local is None else local.to_epsg()
    codes = [*OFFERED, *([code] if code and code not in OFFERED else [])]
    return (LONLAT, *(epsg(each) for each in codes))


def stored_in(local: CRS) -> Crs:
    """Return the system that a workspace keeps shapes in; one without a code is described as CRS84, into which it is brought."""
    code = local.to_epsg()
    return LONLAT if code is None else epsg(code)


def moved(shapes: Shapes, source: CRS, target: CRS) -> Shapes:
    """Return shapes in another system, x (east) first; a missing one stays missing.

    Raises
    ------
    CrsError
        When a place does not exist in the other.
    """
    return shapely.transform(shapes, transformation(source, target))  # type: ignore[no-any-return]


def written(shapes: Shapes, source: CRS, target: Crs) -> list[str | None]:
    """Return GeoJSON geometries in the axis order of a system; None where a shape is missing or empty.

    Examples
    --------
    >>> written(np.array([shapely.Point(117.2, 28.3), None]), WGS84, epsg(4326))
    ['{"type":"Point","coordinates":[28.3,117.2]}', None]
    """
    move = transformation(source, target.crs)

    def ordered(xy: Any) -> Any:
        there = np.round(move(xy), target.decimals) + 0.0
        return there[:, ::-1] if target.is_swapped else there

    return shapely.to_geojson(shapely.transform(without_empty(shapes), ordered)).tolist()  # type: ignore[no-any-return]


def without_empty(shapes: Shapes) -> Shapes:
    """Return shapes with None in place of those that are empty."""
    full = shapes.copy()
    full[shapely.is_empty(full)] = None
    return full


def read(shapes: Shapes, given: Crs, target: CRS) -> Shapes:
    """Return shapes that a caller wrote, in the axis order of their system, in another one.

    Raises
    ------
    CrsError
        When a place does not exist in the other.
    """
    turned = shapely.transform(shapes, lambda xy: xy[:, ::-1]) if given.is_swapped else shapes
    return moved(turned, given.crs, target)


def transformation(source: CRS, target: CRS) -> Any:
    """Return a function from coordinates, shape (n, 2), to those in another system."""
    if source == target:
        return lambda xy: xy
    transformer = _transformer(source, target)

    def move(xy: Any) -> Any:
        there = np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
        if not np.isfinite(there).all():
            raise CrsError(_NOWHERE)
        return there

    return move


@lru_cache(maxsize=64)
def _transformer(source: CRS, target: CRS) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)
