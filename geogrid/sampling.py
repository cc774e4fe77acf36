"""A fixed lattice of places along the streets: where a picture of reach asks for the time.

The lattice is fixed to the projected CRS (its points have whole multiples of the spacing for coordinates), so that neighbouring
towns and tomorrow's picture are asked at the same places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from pyproj import CRS

    from geogrid.results import Network

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MOST_BOXES = 9_000_000
"""Lattice points inside the bounds of the streets, sampled or not; more are not marked, which bounds the memory."""
WIDEN = 1.02
"""A lattice that is too fine for its number of points is widened by at least this factor at a time."""


@dataclass(frozen=True, eq=False)
class Sampling:
    """Some points of a square lattice.

    Attributes
    ----------
    crs : CRS
        Projected, metres.
    spacing_m : float
        Distance of neighbours; the coordinates of every point are whole multiples of it.
    left, bottom : int
        Column and row, counted from the CRS's origin, of the lattice's first.
    shape : tuple of int
        Rows and columns.
    at : array of int
        The sampled points: row × columns + column, increasing; none in the first or last row or column.
    """

    crs: CRS
    spacing_m: float
    left: int
    bottom: int
    shape: tuple[int, int]
    at: Ints

    @property
    def x(self) -> Floats:
        """Return the eastings of the points, in metres."""
        return np.asarray((self.left + self.at % self.shape[1]) * self.spacing_m, dtype=np.float64)

    @property
    def y(self) -> Floats:
        """Return the northings of the points, in metres."""
        return np.asarray((self.bottom + self.at // self.shape[1]) * self.spacing_m, dtype=np.float64)

    def points(self) -> gpd.GeoDataFrame:
        """Return the points as a frame, to be placed on streets."""
        return gpd.GeoDataFrame(geometry=gpd.points_from_xy(self.x, self.y), crs=self.crs)


def sample_streets(
    network: Network,
    *,
    within_m: float,
    spacing_m: float = 20.0,
    max_points: int = 1_000_000,
    segments: Bools | None = None,
) -> Sampling:
    """Choose the lattice points near streets.

    Parameters
    ----------
    network
        Streets from ``build_network``.
    within_m
        How far from a street points are wanted. All points within that distance are among the sampled, and some
        of up to three spacings beyond.
    spacing_m
        Aimed distance between neighbours. Where that would need more than ``max_points`` points it is widened; the result says to
        what.
    max_points
        Most points to sample.
    segments
        True for the segments to sample along; all when not given.

    Returns
    -------
    Sampling

    Raises
    ------
    InputError
        A number is not positive.

    Examples
    --------
    >>> from shapely import LineString
    >>> from geogrid.network import build_network
    >>> streets = build_network(gpd.GeoDataFrame(geometry=[LineString([(0, 0), (100, 0)])], crs=4548))
    >>> sampling = sample_streets(streets, within_m=50, spacing_m=25)
    >>> sampling.spacing_m, len(sampling.at), float(sampling.x.min()), float(sampling.y.max())
    (25.0, 65, -75.0, 75.0)
    """
    for name, value in (("within_m", within_m), ("spacing_m", spacing_m), ("max_points", max_points)):
        if not 0 < value < math.inf:
            raise InputError(_NOT_POSITIVE.fill(name=name, value=value))
    chosen = np.arange(len(network.tail)) if segments is None else np.flatnonzero(segments)
    lines = _lines(network, chosen)
    if not len(chosen):
        return Sampling(network.crs, spacing_m, 0, 0, (0, 0), np.empty(0, dtype=np.int64))
    spacing_m = max(float(spacing_m), _coarsest(lines, within_m))
    while len((found := _near(network.crs, lines, within_m, spacing_m)).at) > max_points:
        spacing_m *= max(math.sqrt(len(found.at) / max_points), WIDEN)
    return found


class _Lines(NamedTuple):
    """Straight lines: the x and y of their starts, and the steps to their ends."""

    x: Floats
    y: Floats
    dx: Floats
    dy: Floats


def _lines(network: Network, chosen: Ints) -> _Lines:
    tail, head = network.tail[chosen], network.head[chosen]
    x, y = network.x[tail], network.y[tail]
    return _Lines(x, y, network.x[head] - x, network.y[head] - y)


def _coarsest(lines: _Lines, within_m: float) -> float:
    """Return the spacing at which the lattice over the bounds of the lines has the most boxes allowed."""
    width, height = (
        float(np.maximum(low, low + step).max() - np.minimum(low, low + step).min()) + 2 * within_m
        for low, step in ((lines.x, lines.dx), (lines.y, lines.dy))
    )
    return math.sqrt(width * height / MOST_BOXES)


def _near(crs: CRS, lines: _Lines, within_m: float, spacing_m: float) -> Sampling:
    """Return the lattice points near the lines: those whose nearest marked point is within reach.

    Lines are cut into pieces at most a spacing long, and the lattice point nearest to each cut is marked: so no place on a line
    is farther than half a spacing and half a diagonal, 1.21 spacings, from a marked point.
    """
    pieces = np.maximum(np.ceil(np.hypot(lines.dx, lines.dy) / spacing_m).astype(np.int64), 1)
    line = np.repeat(np.arange(len(pieces)), pieces + 1)
    part = (np.arange(len(line)) - np.repeat(np.cumsum(pieces + 1) - pieces - 1, pieces + 1)) / pieces[line]
    column = np.rint((lines.x[line] + part * lines.dx[line]) / spacing_m).astype(np.int64)
    row = np.rint((lines.y[line] + part * lines.dy[line]) / spacing_m).astype(np.int64)
    reach = math.ceil(within_m / spacing_m + 1.25) + 1
    left, bottom = int(column.min()) - reach, int(row.min()) - reach
    shape = (int(row.max()) + reach - bottom + 1, int(column.max()) + reach - left + 1)
    away = np.ones(shape, dtype=np.bool_)
    away[row - bottom, column - left] = False
    near = ndimage.distance_transform_edt(away) <= within_m / spacing_m + 1.25
    return Sampling(crs, spacing_m, left, bottom, shape, np.flatnonzero(near))


_NOT_POSITIVE = Text(
    "{name} = {value} 无效：应为大于 0 的数",
    "{name} = {value} is not usable: expected a number above 0",
)
