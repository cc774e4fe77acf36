"""A grid divided into equal shares by straight cuts: a simple start for a planner, not the best division there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from shapely.ops import split

from geogrid.boundaries import on_lattice, parts_of
from geogrid.errors import RefusedError
from geogrid.words import Text

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

DIRECTIONS = 24
"""Directions of a cut that are tried, evenly round half a circle."""
ROUND_M = 0.01
"""A cut lies on whole centimetres, so that it says nothing exact of any household."""
MOST_SHARES = 100
CLOSE = 0.02


def even_cuts(shape: Any, shares: int, homes: Floats) -> Any:
    """Return straight lines that divide a polygon into shares with equally many households.

    Each cut makes two connected sides whose households are in the proportion of the shares still to be made on each, as nearly
    as households at one place (a tall building) allow; of the directions tried whose proportion is within a fiftieth of the best,
    the shortest cut is taken, then both sides are cut again. Without households the land is shared.

    Parameters
    ----------
    shape : Polygon
        In metres.
    shares : int
        At least 2.
    homes : ndarray of float, n × 2
        Where the households are.

    Returns
    -------
    MultiLineString
        For `geogrid.operations.Split`.

    Raises
    ------
    RefusedError
        When no straight cut leaves two connected sides, or there are too few households.

    Examples
    --------
    >>> homes = np.array([[5.0, 5.0], [15.0, 5.0], [25.0, 5.0], [95.0, 5.0]])
    >>> even_cuts(shapely.box(0, 0, 100, 10), 2, homes).bounds
    (20.0, -1.0, 20.0, 11.0)
    """
    if not 1 < shares <= MOST_SHARES or 0 < len(homes) < shares:
        raise RefusedError(_TOO_FEW.fill(shares=shares, homes=len(homes), most=MOST_SHARES), shape)
    if len(parts_of(shape)) > 1:
        raise RefusedError(_NO_CUT.fill(shares=shares), shape)
    spots = homes if len(homes) else _spread(shape)
    return shapely.multilinestrings(_cuts(shape, shares, spots))


def _cuts(shape: Any, shares: int, homes: Floats) -> list[Any]:
    if shares == 1:
        return []
    first = shares // 2
    cuts = [_cut(shape, homes, first / shares, angle) for angle in np.arange(DIRECTIONS) * np.pi / DIRECTIONS]
    found = [cut for cut in cuts if cut is not None]
    if not found:
        raise RefusedError(_NO_CUT.fill(shares=shares), shape)
    limit = min(cut.off for cut in found) + CLOSE * len(homes)
    close = [cut for cut in found if cut.off <= limit]
    line, near, far, _ = min(close, key=lambda cut: round(shapely.length(shapely.intersection(cut.line, shape)), 3))
    inside = shapely.intersects_xy(near, homes)
    return [line, *_cuts(near, first, homes[inside]), *_cuts(far, shares - first, homes[~inside])]


class _Cut(NamedTuple):
    """A line, its two sides, and how many households more or fewer than wanted the first one has."""

    line: Any
    near: Any
    far: Any
    off: float


def _cut(shape: Any, homes: Floats, share: float, angle: float) -> _Cut | None:
    """Cut across one direction; return the line and its two sides, or None where a side is not connected or has nobody."""
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    centre = shapely.get_coordinates(shapely.centroid(shape))[0]
    place = np.sort((homes - centre) @ along)
    wanted = share * len(place)
    # Nobody is cut off from those at the same place.
    between = 1 + np.flatnonzero(np.diff(place) >= 2 * ROUND_M)
    if not len(between):
        return None
    count = int(between[np.abs(between - wanted).argmin()])
    middle = np.floor((place[count - 1] + place[count]) / 2 / ROUND_M) * ROUND_M
    reach = (shapely.get_coordinates(shape) - centre) @ across
    ends = [centre + along * middle + across * side for side in (reach.min() - 1, reach.max() + 1)]
    line = on_lattice([shapely.intersection(shapely.LineString(ends), shapely.buffer(shape, 1.0))])[0]
    sides = shapely.get_parts(split(shape, line)) if line.geom_type == "LineString" else np.array([])
    if len(sides) != 2:  # noqa: PLR2004 - a line has two sides
        return None
    near, far = sorted(
        sides, key=lambda side: float((shapely.get_coordinates(shapely.point_on_surface(side))[0] - centre) @ along)
    )
    return _Cut(line, near, far, abs(count - wanted))


def _spread(shape: Any) -> Floats:
    """Return points spread evenly over a polygon."""
    west, south, east, north = shape.bounds
    x, y = np.meshgrid(*(np.linspace(low, high, 201) for low, high in ((west, east), (south, north))))
    inside = shapely.contains_xy(shape, x.ravel(), y.ravel())
    return np.asarray(np.column_stack([x.ravel(), y.ravel()])[inside])


_TOO_FEW = Text(
    "不能把 {homes} 户的网格分成 {shares} 份；份数应为 2 到 {most}，且不多于户数。",
    "a grid with {homes} households cannot be divided into {shares}; give 2 to {most}, and no more than households.",
)
_NO_CUT = Text(
    "没有一条直线能把这里分成 {shares} 份且每份连成一片；请自己画线拆分。",
    "no straight line divides this into {shares} connected shares; draw the lines yourself.",
)
