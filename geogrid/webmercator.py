"""The WebMercatorQuad tiling of the world: where a tile lies, which tiles lie over a place, and degrees in its metres.

Tile matrix set of OGC 17-083r4 (annex D): zoom z has 2^z columns from west to east and 2^z rows from north to south, of squares.
Its metres are EPSG:3857's; they are true at the equator only, and nothing is measured in them.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import shapely

from geogrid.gcj import wgs84_to_gcj02

RADIUS_M = 6_378_137.0
EDGE_M = math.pi * RADIUS_M
"""From the middle of the world to its edge."""
EDGE_LAT = 85.051_128_779_806_59
"""Where the square world ends."""
EXTENT = 4096
"""Units along the side of a vector tile."""
DEEPEST = 24
"""Zooms that the set has."""

Box = tuple[float, float, float, float]


class Tile(NamedTuple):
    """One tile by its zoom, column (from the west) and row (from the north)."""

    z: int
    column: int
    row: int

    @property
    def exists(self) -> bool:
        """Return whether the set has such a tile.

        Examples
        --------
        >>> Tile(1, 1, 1).exists, Tile(1, 2, 0).exists, Tile(-1, 0, 0).exists
        (True, False, False)
        """
        return 0 <= self.z <= DEEPEST and 0 <= self.column < 2**self.z and 0 <= self.row < 2**self.z

    @property
    def side_m(self) -> float:
        """Return the length of a side in metres of EPSG:3857."""
        return float(2 * EDGE_M / 2**self.z)

    @property
    def box_m(self) -> Box:
        """Return west, south, east and north in metres of EPSG:3857.

        Examples
        --------
        >>> [round(each) for each in Tile(1, 1, 0).box_m]
        [0, 0, 20037508, 20037508]
        """
        west, north = self.column * self.side_m - EDGE_M, EDGE_M - self.row * self.side_m
        return west, north - self.side_m, west + self.side_m, north


class Limits(NamedTuple):
    """The tiles of one zoom that something lies in; both ends belong to it."""

    z: int
    first_column: int
    last_column: int
    first_row: int
    last_row: int

    def has(self, tile: Tile) -> bool:
        """Return whether a tile is among them."""
        across = self.first_column <= tile.column <= self.last_column
        return tile.z == self.z and across and self.first_row <= tile.row <= self.last_row


def limits(box_deg: Box, z: int) -> Limits:
    """Return the tiles of a zoom that a box of degrees (west, south, east, north) touches.

    Examples
    --------
    >>> limits((117.0, 28.2, 117.1, 28.3), 8)
    Limits(z=8, first_column=211, last_column=211, first_row=107, last_row=107)
    """
    (west, east), (south, north) = mercator([box_deg[0], box_deg[2]], [box_deg[1], box_deg[3]])
    side, last = 2 * EDGE_M / 2**z, 2**z - 1

    def at(metres: float) -> int:
        return int(min(max(math.floor(metres / side), 0), last))

    return Limits(z, at(west + EDGE_M), at(east + EDGE_M), at(EDGE_M - north), at(EDGE_M - south))


def mercator(lon: Any, lat: Any) -> tuple[Any, Any]:
    """Return metres of EPSG:3857 of degrees; what lies beyond the square world is put on its edge.

    Examples
    --------
    >>> [round(float(each), 3) for each in mercator(180.0, 0.0)]
    [20037508.343, 0.0]
    """
    x = np.radians(np.asarray(lon, dtype=np.float64)) * RADIUS_M
    y = np.radians(np.clip(np.asarray(lat, dtype=np.float64), -EDGE_LAT, EDGE_LAT))
    return x, np.arctanh(np.sin(y)) * RADIUS_M


def to_mercator(shapes: Any, *, is_gcj: bool = False) -> Any:
    """Return shapes of degrees in metres of EPSG:3857.

    Parameters
    ----------
    shapes : array of geometries
        WGS 84, longitude before latitude.
    is_gcj : bool
        Whether they are to lie where a map of GCJ-02 has them.
    """

    def moved(xy: Any) -> Any:
        lon, lat = wgs84_to_gcj02(xy[:, 0], xy[:, 1]) if is_gcj else (xy[:, 0], xy[:, 1])
        return np.column_stack(mercator(lon, lat))

    return shapely.transform(np.asarray(shapes, dtype=object), moved)


def degrees_of(box_m: Box) -> Box:
    """Return a box of metres of EPSG:3857 in degrees.

    Examples
    --------
    >>> [round(each, 6) for each in degrees_of((0.0, 0.0, EDGE_M, EDGE_M))]
    [0.0, 0.0, 180.0, 85.051129]
    """
    west, south, east, north = (each / RADIUS_M for each in box_m)
    lats = (math.degrees(math.atan(math.sinh(each))) for each in (south, north))
    return math.degrees(west), next(lats), math.degrees(east), next(lats)
