"""The public formulas of GCJ-02 and BD-09, and their inverses, on arrays of degrees.

GCJ-02 means the formula that is publicly known and that every open converter uses: a sum of sines on Krasovsky's ellipsoid that
moves a point by 100 to 700 m, and nothing outside a rectangle round China. BD-09 is a further move of GCJ-02 by about 1 km to the
north-east. Both inverses are iterated until they undo the forward formula, so a round trip is within a millimetre.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = npt.NDArray[np.float64]
Pair = tuple[Floats, Floats]

_KRASOVSKY_A = 6_378_245.0
_KRASOVSKY_E2 = 0.006_693_421_622_965_943
_CENTRE = (105.0, 35.0)
_RECTANGLE = (72.004, 0.829_3, 137.834_7, 55.827_1)
_BD_WAVE = np.pi * 3_000 / 180
_BD_SHIFT_DEG = (0.006_5, 0.006)
_SAME_DEG = 1e-10
"""A hundredth of a millimetre."""
_MAX_ROUNDS = 20
"""The move changes by less than 1 % over its own length, so a round gains two digits and about five are needed."""


def wgs84_to_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Return where GCJ-02 puts points of WGS 84, in degrees.

    Parameters
    ----------
    lon, lat : array_like
        Degrees, of any equal shape.

    Returns
    -------
    tuple of ndarray
        Longitudes and latitudes; unchanged outside 72.004 to 137.8347 degrees east and 0.8293 to 55.8271 degrees north.

    Notes
    -----
    The public formula: a shift in metres, a sum of sines about 105 degrees east and 35 degrees north, turned into degrees
    on Krasovsky's ellipsoid.

    Examples
    --------
    >>> lon, lat = wgs84_to_gcj02(117.23, 28.29)
    >>> round(float(lon), 6), round(float(lat), 6)
    (117.235174, 28.28671)
    """
    x, y = _floats(lon, lat)
    east, north = _gcj_shift(x, y)
    return x + east, y + north


def gcj02_to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Return where points of GCJ-02 lie in WGS 84: the inverse of :func:`wgs84_to_gcj02`, within a millimetre.

    Parameters
    ----------
    lon, lat : array_like
        Degrees, of any equal shape.

    Returns
    -------
    tuple of ndarray
        Longitudes and latitudes; unchanged outside the rectangle of the formula.

    Examples
    --------
    >>> lon, lat = gcj02_to_wgs84(*wgs84_to_gcj02(117.23, 28.29))
    >>> round(float(lon), 9), round(float(lat), 9)
    (117.23, 28.29)
    """
    return _inverse(wgs84_to_gcj02, *_floats(lon, lat))


def gcj02_to_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Return where BD-09 puts points of GCJ-02, in degrees.

    Parameters
    ----------
    lon, lat : array_like
        Degrees, of any equal shape.

    Returns
    -------
    tuple of ndarray
        Longitudes and latitudes.

    Notes
    -----
    The public formula: longitude and latitude as polar coordinates, radius and angle each with a small sine, then moved by 0.0065
    and 0.006 degrees. Like GCJ-02 it is applied inside China's rectangle only.

    Examples
    --------
    >>> lon, lat = gcj02_to_bd09(117.235174, 28.28671)
    >>> round(float(lon), 6), round(float(lat), 6)
    (117.241573, 28.293046)
    """
    given_x, given_y = _floats(lon, lat)
    inside, x, y = _tamed(given_x, given_y)
    radius = np.hypot(x, y) + 0.000_02 * np.sin(y * _BD_WAVE)
    angle = np.arctan2(y, x) + 0.000_003 * np.cos(x * _BD_WAVE)
    return (
        np.where(inside, radius * np.cos(angle) + _BD_SHIFT_DEG[0], given_x),
        np.where(inside, radius * np.sin(angle) + _BD_SHIFT_DEG[1], given_y),
    )


def bd09_to_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    """Return where points of BD-09 lie in GCJ-02: the inverse of :func:`gcj02_to_bd09`, within a millimetre.

    Parameters
    ----------
    lon, lat : array_like
        Degrees, of any equal shape.

    Returns
    -------
    tuple of ndarray
        Longitudes and latitudes.

    Examples
    --------
    >>> lon, lat = bd09_to_gcj02(*gcj02_to_bd09(117.235174, 28.28671))
    >>> round(float(lon), 9), round(float(lat), 9)
    (117.235174, 28.28671)
    """
    return _inverse(gcj02_to_bd09, *_floats(lon, lat))


def _gcj_shift(lon: Floats, lat: Floats) -> Pair:
    inside, lon, lat = _tamed(lon, lat)
    x, y = lon - _CENTRE[0], lat - _CENTRE[1]
    # Every wave is an amplitude in metres and a number of half turns a degree; the first two are the same in both directions.
    both = _waves(x, (20, 6), (20, 2))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += both + _waves(y, (20, 1), (40, 1 / 3), (160, 1 / 12), (320, 1 / 30))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += both + _waves(x, (20, 1), (40, 1 / 3), (150, 1 / 12), (300, 1 / 30))
    flattening = 1 - _KRASOVSKY_E2 * np.sin(np.radians(lat)) ** 2
    meridian_radius = _KRASOVSKY_A * (1 - _KRASOVSKY_E2) / flattening**1.5
    parallel_radius = _KRASOVSKY_A / np.sqrt(flattening) * np.cos(np.radians(lat))
    return np.where(inside, np.degrees(east / parallel_radius), 0.0), np.where(inside, np.degrees(north / meridian_radius), 0.0)


def _waves(degrees: Floats, *waves: tuple[float, float]) -> Floats:
    return sum((2 / 3 * size * np.sin(turns * np.pi * degrees) for size, turns in waves), np.zeros_like(degrees))


def _inverse(forward: Callable[[npt.ArrayLike, npt.ArrayLike], Pair], lon: Floats, lat: Floats) -> Pair:
    inside, aim_x, aim_y = _tamed(lon, lat)
    x, y = aim_x, aim_y
    for _ in range(_MAX_ROUNDS):
        there_x, there_y = forward(x, y)
        miss_x, miss_y = aim_x - there_x, aim_y - there_y
        x, y = x + miss_x, y + miss_y
        if np.max(np.abs([miss_x, miss_y]), initial=0) < _SAME_DEG:
            break
    return np.where(inside, x, lon), np.where(inside, y, lat)


def in_china(lon: float, lat: float) -> bool:
    """Return whether the formulas move a point there.

    Examples
    --------
    >>> in_china(117.23, 28.29), in_china(8.69, 49.41)
    (True, False)
    """
    return bool(_tamed(*_floats(lon, lat))[0])


def _tamed(lon: Floats, lat: Floats) -> tuple[npt.NDArray[np.bool_], Floats, Floats]:
    """Return which points the formulas move, and the points with a harmless one for every other (NaN too)."""
    west, south, east, north = _RECTANGLE
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside, np.where(inside, lon, _CENTRE[0]), np.where(inside, lat, _CENTRE[1])


def _floats(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Pair:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
