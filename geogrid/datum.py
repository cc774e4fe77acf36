"""The datums of Chinese maps, WGS 84, GCJ-02 and BD-09: converting tables, and telling which datum a table is in.

How :func:`detect_datum` decides: a measure of misfit picked by the kinds of geometry from the table :data:`MEASURES`, the same
sample measured under each candidate, and one rule, :func:`choose`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from geogrid.crs import METRES_PER_DEGREE, SEGMENT_M, WGS84, densify, median_lonlat, project, to_wgs84
from geogrid.errors import DatumError, InputError, NotFoundError
from geogrid.gcj import Floats, Pair, bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, in_china, wgs84_to_gcj02
from geogrid.regions import mended
from geogrid.results import DatumFinding
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyproj import CRS

__all__ = [
    "DATUMS",
    "bd09_to_gcj02",
    "choose",
    "convert_datum",
    "detect_datum",
    "gcj02_to_bd09",
    "gcj02_to_wgs84",
    "wgs84_to_gcj02",
]

DATUMS = ("wgs84", "gcj02", "bd09")
"""The datums known, by the names that ``--datum`` takes."""

MAX_SAMPLE = 2_000
MIN_SAMPLE = 20
PARTNER_M = 100.0
"""Farther than this from the reference under every datum, a point of a border or street has no partner there and says nothing."""

_STEP_DEG = 10.0 / METRES_PER_DEGREE
_MARGIN_DEG = 0.02
_FAR_DEG = 3.0
_SEGMENT_DEG = SEGMENT_M / METRES_PER_DEGREE

_NAMES = {"wgs84": Text("原样（WGS 84）", "as given (WGS 84)"), "gcj02": Text("GCJ-02", "GCJ-02"), "bd09": Text("BD-09", "BD-09")}

Convert = Callable[[Floats, Floats], Pair]


def _same(lon: Floats, lat: Floats) -> Pair:
    return lon, lat


_TO_WGS84: dict[str, Convert] = {
    "wgs84": _same,
    "gcj02": gcj02_to_wgs84,
    "bd09": lambda lon, lat: gcj02_to_wgs84(*bd09_to_gcj02(lon, lat)),
}
_FROM_WGS84: dict[str, Convert] = {
    "wgs84": _same,
    "gcj02": wgs84_to_gcj02,
    "bd09": lambda lon, lat: gcj02_to_bd09(*wgs84_to_gcj02(lon, lat)),
}


def convert_datum(frame: gpd.GeoDataFrame, source: str, target: str = "wgs84") -> gpd.GeoDataFrame:
    """Convert a table's geometries from one datum to another.

    Polygons first get points on every edge longer than 100 m, so that a border stays one line for both neighbours (the formula
    bends an edge of 1 km by 5 cm); heights are dropped.

    Parameters
    ----------
    frame : GeoDataFrame
        Any geometries, in any CRS.
    source, target : {"wgs84", "gcj02", "bd09"}
        The datum that the coordinates are in, and the one wanted.

    Returns
    -------
    GeoDataFrame
        A new frame in longitude and latitude (labelled EPSG:4326, as such files are) with the same rows, index and columns.

    Raises
    ------
    NotFoundError
        When a datum is not known.
    CrsError
        When the frame has no CRS.

    Examples
    --------
    >>> from shapely import Point
    >>> shop = gpd.GeoDataFrame(geometry=[Point(117.235174, 28.28671)], crs=4326)
    >>> round(convert_datum(shop, "gcj02").geometry[0].x, 6)
    117.23
    """
    for name in (source, target):
        _require_known(name)
    degrees = to_wgs84(frame)
    if source == target:
        return degrees

    def move(coordinates: Floats) -> Floats:
        return np.column_stack(_FROM_WGS84[target](*_TO_WGS84[source](coordinates[:, 0], coordinates[:, 1])))

    dense = densify(degrees.geometry.to_numpy(), _SEGMENT_DEG)
    return degrees.set_geometry(gpd.GeoSeries(shapely.transform(dense, move), index=frame.index, crs=WGS84))


def detect_datum(frame: gpd.GeoDataFrame, reference: gpd.GeoDataFrame, *, crs: CRS) -> DatumFinding:
    """Tell which datum a table is in, by how well it fits a reference that is known to be in WGS 84.

    The measure follows from the kinds of geometry (see :data:`MEASURES`): points against streets, the median distance to the
    nearest street; anything against polygons it should lie in, the share outside; borders and streets against lines, the median
    distance of those of their points that come within 100 m of the reference under some datum. At most 2,000 points, picked
    evenly in the order of their coordinates, are measured under every candidate; rows without a position, or 3 degrees from the
    median, are left out. :func:`choose` decides.

    Parameters
    ----------
    frame : GeoDataFrame
        The table in doubt, its coordinates read as longitude and latitude of WGS 84.
    reference : GeoDataFrame
        Streets, boundary lines, areas or other things in WGS 84 that the table should fit.
    crs : pyproj.CRS
        A projected CRS in metres to measure in.

    Returns
    -------
    DatumFinding
        The datum, the measure, and the misfit under each candidate. With fewer than 20 points to compare, or outside China, the
        datum is wgs84, ``misfit`` is empty and ``measure`` says why.

    Raises
    ------
    DatumError
        When no candidate is clearly best; the message gives the figures.
    InputError
        When two tables of points are given: they have no measure.

    Examples
    --------
    >>> streets = gpd.GeoDataFrame(geometry=[shapely.LineString([(117.2, 28.3), (117.3, 28.3)])], crs=4326)
    >>> homes = gpd.GeoDataFrame(geometry=shapely.points(np.linspace(117.21, 117.29, 50), 28.3001), crs=4326)
    >>> export = convert_datum(homes, "wgs84", "gcj02")
    >>> detect_datum(export, streets, crs=streets.estimate_utm_crs()).datum
    'gcj02'
    """
    mine, other = (to_wgs84(part[_has_position(part)]) for part in (frame, reference))
    if not len(mine) or not len(other):
        return _as_given(Text("没有可比较的坐标，按原样使用", "nothing to compare; kept as given"), 0)
    if not in_china(*median_lonlat(mine)):
        return _as_given(Text("位于中国以外，按原样使用", "outside China; kept as given"), 0)
    measure = _measure(_kind(mine), _kind(other))
    misfit, sample = _misfit(measure, _near(mine), _near(other), crs)
    if sample < MIN_SAMPLE:
        return _as_given(
            Text(
                "可比较的点只有 {n} 个（至少 {least} 个），按原样使用",
                "only {n} points to compare ({least} needed); kept as given",
            ).fill(n=sample, least=MIN_SAMPLE),
            sample,
        )
    return DatumFinding(choose(misfit, measure.unit), measure.text, measure.unit, misfit, sample)


def choose(misfit: Mapping[str, float], unit: str) -> str:
    """Pick the datum from the misfit under each, or refuse.

    As given wins when it is as good as the best: at most 1.25 times its misfit plus 10 m (0.01 of a share). Otherwise the best
    wins when it halves the misfit and gains at least 30 m (0.02), and no third datum is as good as it.

    Parameters
    ----------
    misfit : mapping of str to float
        Of wgs84, gcj02 and bd09; smaller is better.
    unit : {"m", "share"}
        What the misfit is counted in.

    Returns
    -------
    str
        The datum.

    Raises
    ------
    DatumError
        When neither holds.

    Examples
    --------
    >>> choose({"wgs84": 371.0, "gcj02": 4.0, "bd09": 640.0}, "m")
    'gcj02'
    >>> choose({"wgs84": 0.02, "gcj02": 0.012, "bd09": 0.3}, "share")
    'wgs84'
    """
    slack, gain = (10.0, 30.0) if unit == "m" else (0.01, 0.02)
    best = min(DATUMS, key=lambda datum: misfit[datum])
    as_good = [datum for datum in DATUMS if misfit[datum] <= 1.25 * misfit[best] + slack]
    if "wgs84" in as_good:
        return "wgs84"
    clearly = misfit[best] <= misfit["wgs84"] / 2 and misfit[best] <= misfit["wgs84"] - gain
    if not clearly or len(as_good) > 1:
        raise DatumError(_undecided(misfit, unit))
    return best


class Measure(NamedTuple):
    """How well one kind of geometry fits another: which points are moved, what they are held against, and what is counted.

    ``swapped``: the points are the reference's, moved the opposite way, because they lie in or on the table in doubt.
    """

    text: Text
    unit: str
    points: Callable[[gpd.GeoDataFrame, gpd.GeoDataFrame], Floats]
    target: Callable[[gpd.GeoDataFrame], Any]
    compare: Callable[[Mapping[str, Any], shapely.STRtree], tuple[dict[str, float], int]]
    swapped: bool = False


def _misfit(measure: Measure, frame: gpd.GeoDataFrame, reference: gpd.GeoDataFrame, crs: CRS) -> tuple[dict[str, float], int]:
    """Measure the same sample under each datum."""
    moving, fixed = (reference, frame) if measure.swapped else (frame, reference)
    sample = _thinned(measure.points(moving, fixed))
    tree = shapely.STRtree(measure.target(project(fixed, crs)))
    convert = _FROM_WGS84 if measure.swapped else _TO_WGS84
    under = {datum: _in_metres(*convert[datum](sample[:, 0], sample[:, 1]), crs) for datum in DATUMS}
    if len(sample) < MIN_SAMPLE:
        return {}, len(sample)
    return measure.compare(under, tree)


def _in_metres(lon: Floats, lat: Floats, crs: CRS) -> Any:
    """Return points in a projected CRS; geopandas keeps the transformation, which takes longer to make than to use."""
    return np.asarray(gpd.points_from_xy(lon, lat, crs=WGS84).to_crs(crs))


def _positions(frame: gpd.GeoDataFrame, _fixed: gpd.GeoDataFrame) -> Floats:
    return np.asarray(shapely.get_coordinates(frame.geometry.to_numpy()))


def _along_lines(frame: gpd.GeoDataFrame, fixed: gpd.GeoDataFrame) -> Floats:
    """Return points every 10 m or more along lines, where the reference is near."""
    west, south, east, north = fixed.total_bounds
    window = (west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG)
    lines = shapely.get_parts(shapely.clip_by_rect(frame.geometry.to_numpy(), *window))
    lengths = shapely.length(lines)
    step = max(_STEP_DEG, float(lengths.sum()) / MAX_SAMPLE)
    counts = np.floor(lengths / step).astype(np.int64)
    line = np.repeat(np.arange(len(lines)), counts)
    nth = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(lines[line], (nth + 0.5) * step)))


def _along_border(frame: gpd.GeoDataFrame, fixed: gpd.GeoDataFrame) -> Floats:
    """Return points along the outer border of all polygons together; borders inside it may have no partner in the reference."""
    whole = shapely.union_all(mended(frame.geometry.to_numpy())[0])
    outer = shapely.get_exterior_ring(shapely.get_parts(whole))
    return _along_lines(gpd.GeoDataFrame(geometry=outer, crs=frame.crs), fixed)


def _shapes(frame: gpd.GeoDataFrame) -> Any:
    return frame.geometry.to_numpy()


def _borders(frame: gpd.GeoDataFrame) -> Any:
    return shapely.boundary(frame.geometry.to_numpy())


def _median_distance(under: Mapping[str, Any], tree: shapely.STRtree) -> tuple[dict[str, float], int]:
    distances = {datum: _distances(points, tree) for datum, points in under.items()}
    return {datum: float(np.median(metres)) for datum, metres in distances.items()}, len(distances["wgs84"])


def _partner_distance(under: Mapping[str, Any], tree: shapely.STRtree) -> tuple[dict[str, float], int]:
    distances = {datum: _distances(points, tree) for datum, points in under.items()}
    partnered = np.min(list(distances.values()), axis=0) <= PARTNER_M
    if not partnered.any():
        return {}, 0
    return {datum: float(np.median(metres[partnered])) for datum, metres in distances.items()}, int(partnered.sum())


def _share_outside(under: Mapping[str, Any], tree: shapely.STRtree) -> tuple[dict[str, float], int]:
    inside = {datum: len(np.unique(tree.query(points, predicate="intersects")[0])) for datum, points in under.items()}
    total = len(under["wgs84"])
    return {datum: 1 - found / total for datum, found in inside.items()}, total


def _distances(points: Any, tree: shapely.STRtree) -> Floats:
    return np.asarray(tree.query_nearest(points, return_distance=True, all_matches=False)[1])


_TO_STREETS = Text("到最近线（道路）距离的中位数", "median distance to the nearest line (street)")
_TO_LINES = Text("边界或线路到最近参照线距离的中位数", "median distance of borders or lines to the nearest reference line")
_OUTSIDE = Text("落在参照面之外的比例", "share outside the reference polygons")

MEASURES: dict[tuple[str, str], Measure] = {
    ("point", "line"): Measure(_TO_STREETS, "m", _positions, _shapes, _median_distance),
    ("line", "point"): Measure(_TO_STREETS, "m", _positions, _shapes, _median_distance, swapped=True),
    ("point", "polygon"): Measure(_OUTSIDE, "share", _positions, _shapes, _share_outside),
    ("polygon", "point"): Measure(_OUTSIDE, "share", _positions, _shapes, _share_outside, swapped=True),
    ("line", "polygon"): Measure(_OUTSIDE, "share", _along_lines, _shapes, _share_outside),
    ("line", "line"): Measure(_TO_LINES, "m", _along_lines, _shapes, _partner_distance),
    ("polygon", "line"): Measure(_TO_LINES, "m", _along_border, _shapes, _partner_distance),
    ("polygon", "polygon"): Measure(_TO_LINES, "m", _along_border, _borders, _partner_distance),
}
"""The measure for a table of one kind of geometry against a reference of another."""


def _measure(mine: str, other: str) -> Measure:
    if (mine, other) not in MEASURES:
        raise InputError(
            Text(
                "无法用点数据核对点数据的坐标基准；请提供道路、边界或网格作参照，或用 --datum 指明。",
                "points cannot tell the datum of points; give streets, boundaries or grids to compare with, "
                "or say which it is with --datum.",
            )
        )
    return MEASURES[mine, other]


def _kind(frame: gpd.GeoDataFrame) -> str:
    """Return the kind of most of the rows."""
    counts = np.bincount(shapely.get_dimensions(frame.geometry.to_numpy()), minlength=3)
    return ("point", "line", "polygon")[int(counts.argmax())]


def _has_position(frame: gpd.GeoDataFrame) -> Any:
    return np.isfinite(shapely.bounds(frame.geometry.to_numpy())).all(axis=1)


def _near(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out rows of another kind and rows with garbage coordinates: more than 3 degrees from the median."""
    geometries = frame.geometry.to_numpy()
    bounds = shapely.bounds(geometries)
    apart = np.abs((bounds[:, :2] + bounds[:, 2:]) / 2 - median_lonlat(frame)).max(axis=1)
    same_kind = shapely.get_dimensions(geometries) == ("point", "line", "polygon").index(_kind(frame))
    return frame[same_kind & (apart <= _FAR_DEG)]


def _thinned(points: Floats) -> Floats:
    """Pick at most 2,000 points evenly in the order of their coordinates, whatever the order of the rows."""
    ordered = points[np.lexsort((points[:, 1], points[:, 0]))]
    picked = np.linspace(0, len(ordered) - 1, min(len(ordered), MAX_SAMPLE)).round().astype(np.int64)
    return np.asarray(ordered[picked])


def _as_given(why: Text, sample: int) -> DatumFinding:
    return DatumFinding("wgs84", why, "m", {}, sample)


def _undecided(misfit: Mapping[str, float], unit: str) -> Text:
    figures = {datum: f"{misfit[datum]:.1f} m" if unit == "m" else f"{misfit[datum]:.1%}" for datum in DATUMS}
    zh = "、".join(f"{_NAMES[datum].zh} {figures[datum]}" for datum in DATUMS)
    en = ", ".join(f"{_NAMES[datum].en} {figures[datum]}" for datum in DATUMS)
    return Text(
        f"无法确定坐标基准：与参照数据的偏差为 {zh}，没有一种明显最好；请用 --datum wgs84、gcj02 或 bd09 指明。",
        f"the datum cannot be told: the misfit to the reference is {en}, and none is clearly best; "
        "say which with --datum wgs84, gcj02 or bd09.",
    )


def _require_known(datum: str) -> None:
    if datum not in DATUMS:
        known = ", ".join(DATUMS)
        raise NotFoundError(
            Text(
                f"没有名为 {datum!r} 的坐标基准；可用的有：{known}。", f"there is no datum {datum!r}; the known ones are {known}."
            )
        )
