"""How far it is along the streets: points onto streets, and every household to its nearest facility."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geogrid import snapping
from geogrid.crs import label, require_projected
from geogrid.errors import CrsError, InputError
from geogrid.graph import Graph, Places, measure, prepare, to_metres
from geogrid.nearest import at_places, search
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from geogrid.nearest import Nearest
    from geogrid.results import Network, Placement

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MINUTES_PER_HOUR = 60.0
M_PER_KM = 1000.0
REASONS = ("", "unreached", "no_path")


def snap_to_streets(points: gpd.GeoDataFrame, network: Network, *, max_snap_m: float = 200.0) -> Placement:
    """Project points onto the nearest street, and say who is too far from any.

    The nearest segment is exact: see the proof in ``snapping``. Of segments equally near (to 1 µm) the lowest number is taken;
    segments that nobody gets on or off (``Network.is_stop``) are passed over.

    Parameters
    ----------
    points
        Points in the network's CRS.
    network
        Streets from ``build_network``.
    max_snap_m
        Points farther than this from every street (compared on metres rounded to 1 mm) are unreached.

    Returns
    -------
    Placement
        In the order of ``points``.

    Raises
    ------
    CrsError
        The points are in another CRS than the network, or in none.
    InputError
        A geometry is missing, empty or not a point, or the limit is negative.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from geogrid.network import build_network
    >>> network = build_network(gpd.GeoDataFrame(geometry=[LineString([(0, 0), (100, 0)])], crs=4548))
    >>> homes = gpd.GeoDataFrame(geometry=[Point(30, 5), Point(50, 900)], crs=4548)
    >>> placement = snap_to_streets(homes, network)
    >>> placement.segment.tolist(), placement.along_m.tolist(), placement.leg_m.tolist()
    ([0, -1], [30.0, nan], [5.0, 900.0])
    """
    require_projected(points)
    if points.crs != network.crs:
        raise CrsError(_OTHER_CRS.fill(points=label(points.crs), streets=label(network.crs)))
    if not max_snap_m >= 0:
        raise InputError(_NEGATIVE_LIMIT.fill(value=max_snap_m))
    xy = snapping.coordinates(points.geometry.to_numpy())
    bad = ~np.isfinite(xy).all(axis=1)
    if bad.any():
        raise InputError(_NOT_POINTS.fill(n=int(bad.sum()), first=int(np.argmax(bad)) + 1))
    return snapping.place(network, xy, max_snap_m=max_snap_m)


def nearest_facility(
    streets: Network | Graph,
    households: Placement | Places,
    facilities: Placement | Places,
    *,
    facility_ids: Sequence[str],
    speed_kmh: float | None = None,
) -> pd.DataFrame:
    """Find the nearest facility of every household along the streets, and the way to it.

    One shortest-path run from all facilities at once. The way counts the straight legs between point and street at both ends;
    household and facility on one segment see each other directly. Where streets are one-way, the way is the one from the
    household to the facility.

    Parameters
    ----------
    streets
        From ``build_network``, or made ready once by ``graph.prepare``.
    households, facilities
        Their places on the network, from ``snap_to_streets``, or measured once by ``graph.measure``. Facilities that are
        unreached count for nobody.
    facility_ids
        One per facility; of facilities equally far, the smallest id as text is named, then the first row.
    speed_kmh
        Another pace than the network's, of people who are slower or faster on every street alike.

    Returns
    -------
    pandas.DataFrame
        A row per household, in order: metres (at the network's pace, which is the length of the way unless some street is slower
        than that; rounded to 1 mm; NaN without a way), minutes, facility (position, or -1) and reason ("", "unreached": too far
        from any street, "no_path": no way along the streets to any facility).

    Raises
    ------
    InputError
        The number of ids or a segment does not fit, or the speed is not positive.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from geogrid.network import build_network
    >>> network = build_network(gpd.GeoDataFrame(geometry=[LineString([(0, 0), (900, 0)])], crs=4548))
    >>> homes = snap_to_streets(gpd.GeoDataFrame(geometry=[Point(30, 5), Point(50, 900)], crs=4548), network)
    >>> schools = snap_to_streets(gpd.GeoDataFrame(geometry=[Point(780, 10), Point(850, 0)], crs=4548), network)
    >>> nearest_facility(network, homes, schools, facility_ids=["S1", "S2"])
       metres  minutes  facility     reason
    0   765.0     9.18         0
    1     NaN      NaN        -1  unreached
    """
    if len(facility_ids) != len(facilities.segment):
        raise InputError(_OTHER_COUNT.fill(ids=len(facility_ids), facilities=len(facilities.segment)))
    graph = streets if isinstance(streets, Graph) else prepare(streets)
    homes = households if isinstance(households, Places) else measure(graph, households)
    stops = facilities if isinstance(facilities, Places) else measure(graph, facilities)
    rank = rank_of(facility_ids)
    answer = at_places(graph, search(graph, stops, rank), homes, stops, rank)
    return as_table(answer, homes, speed_kmh=graph.network.speed_kmh if speed_kmh is None else speed_kmh)


def rank_of(facility_ids: Sequence[str]) -> Ints:
    """Return the place of every facility in the order of ids as text, equal ids in the order of rows.

    Examples
    --------
    >>> rank_of(["b", "10", "9"]).tolist()
    [2, 0, 1]
    """
    return np.argsort(np.argsort(np.asarray(facility_ids, dtype=str), kind="stable"))


def as_table(answer: Nearest, homes: Places, *, speed_kmh: float) -> pd.DataFrame:
    """Return the nearest facilities of households as the table of ``nearest_facility``."""
    metres = to_metres(answer.units)
    code = np.where(homes.segment < 0, 1, np.where(np.isfinite(answer.units), 0, 2))
    reason = np.array(REASONS, dtype=object)[code]
    return pd.DataFrame(
        {"metres": metres, "minutes": minutes_within(metres, speed_kmh), "facility": answer.facility, "reason": reason}
    )


def minutes_within(metres: Floats, speed_kmh: float) -> Floats:
    """Return the minutes that a way takes at a steady speed.

    Parameters
    ----------
    metres
        Lengths; NaN stays NaN.
    speed_kmh
        Speed in kilometres per hour.

    Raises
    ------
    InputError
        The speed is not a positive number.

    Examples
    --------
    >>> minutes_within(np.array([1250.0]), 5.0).tolist()
    [15.0]
    """
    if not 0 < speed_kmh < np.inf:
        text = Text(
            "速度 {value} 公里/小时无效；应为大于 0 的数，例如 5",
            "speed {value} km/h is not usable; give a number above 0, such as 5",
        )
        raise InputError(text.fill(value=speed_kmh))
    return metres * MINUTES_PER_HOUR / (speed_kmh * M_PER_KM)


_OTHER_CRS = Text(
    "点的坐标系是{points}，街道的是 {streets}；请先用 project 转到同一坐标系",
    "the points are in {points} and the streets in {streets}; project both to the same CRS first",
)
_NEGATIVE_LIMIT = Text(
    "吸附上限 {value} 米无效；应为不小于 0 的数，例如 200", "max_snap_m {value} is not usable; give metres from 0 up, such as 200"
)
_NOT_POINTS = Text(
    "{n} 行不是有坐标的点（首个在第 {first} 行）；请先用 read_households 或 read_facilities 读入，或删去这些行",
    "{n} rows are not points with coordinates (the first is row {first}); read the file with read_households or read_facilities, "
    "or remove these rows",
)
_OTHER_COUNT = Text(
    "有 {ids} 个设施编号，却有 {facilities} 个设施；每个设施应有一个编号",
    "there are {ids} facility ids for {facilities} facilities; give one id per facility",
)
